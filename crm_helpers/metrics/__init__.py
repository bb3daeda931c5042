"""Tables to small tables: one module a concept; no words, no drawing, no clock."""

from crm_helpers.metrics import decomposition, hours, kpi, products, quality, rfm, sales, stores

__all__ = ["decomposition", "hours", "kpi", "products", "quality", "rfm", "sales", "stores"]
