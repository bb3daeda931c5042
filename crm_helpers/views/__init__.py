"""Metric tables to pages: the same module names as `metrics`."""

from crm_helpers.views import cohort, kpi, repeat, rfm, sales

__all__ = ["cohort", "kpi", "repeat", "rfm", "sales"]
