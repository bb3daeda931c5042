"""Metric tables to pages: the same module names as `metrics`."""

from crm_helpers.views import hours, kpi, products, rfm, sales, stores

__all__ = ["hours", "kpi", "products", "rfm", "sales", "stores"]
