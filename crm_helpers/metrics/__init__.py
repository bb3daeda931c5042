"""Tables to small tables: one module a concept; no words, no drawing, no clock."""

from crm_helpers.metrics import cohort, decomposition, intervals, kpi, quality, repeat, rfm, sales

__all__ = ["cohort", "decomposition", "intervals", "kpi", "quality", "repeat", "rfm", "sales"]
