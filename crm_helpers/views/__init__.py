"""Metric tables to pages: the same module names as `metrics`."""

from crm_helpers.views import kpi, rfm, sales

__all__ = ["kpi", "rfm", "sales"]
