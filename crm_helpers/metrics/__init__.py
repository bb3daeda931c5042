"""Tables to small tables: one module a concept; no words, no drawing, no clock."""

from crm_helpers.metrics import decomposition, kpi, quality, rfm, sales

__all__ = ["decomposition", "kpi", "quality", "rfm", "sales"]
