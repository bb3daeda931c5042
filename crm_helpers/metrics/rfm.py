"""RFM: customers by recency and number of orders, in absolute bands, with named segments.

Recency looks at all history, orders and sales at the window that ends at `as_of`. Bands are cut points (params), so equal
customers always share a score and two years compare.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.suppression import Cell, hidden_cells
from crm_helpers.params.periods import first_day, month_key

SCORES = (5, 4, 3, 2, 1)


@dataclass(frozen=True)
class Bands:
    """Inclusive upper bounds of the first four recency bands (days) and order bands, and the window in months."""

    recency_days: tuple[int, ...]
    orders: tuple[int, ...]
    window_months: int


def segment_of(r: int, f: int) -> str:
    """The named segment of a cell: r and f are scores 1 (weak) to 5 (strong)."""
    if f == 1:
        return "new" if r >= 4 else "once"
    if r == 3:
        return "at_risk"
    if r >= 4:
        return "best" if f >= 4 else "growing"
    return "lapsed_best" if f >= 4 else "lapsed"


SEGMENTS: dict[str, tuple[Cell, ...]] = {
    name: tuple((5 - r, f - 1) for r in SCORES for f in range(1, 6) if segment_of(r, f) == name)
    for name in ("best", "growing", "new", "at_risk", "lapsed_best", "lapsed", "once")
}
"""Cells of each segment as (row, column): row 0 is the most recent band, column 0 the fewest orders."""


def window_start(as_of: datetime.date, months: int) -> datetime.date:
    """First day of the window: the day after the same day `months` earlier, or the month's first for a month end."""
    after = as_of + datetime.timedelta(days=1)
    first = first_day(month_key(after) - months)
    return first + datetime.timedelta(days=min(after.day, 28) - 1)


@needs("order_lines.customer_id")
def cells(
    tables: Tables, *, as_of: datetime.date, bands: Bands, k: int, history_complete: bool = False
) -> pd.DataFrame | Unavailable:
    """Heads, orders and sales of the 25 cells; buyers of the window only.

    Returns:
        25 rows: `r`, `f` (scores 1–5), `segment`, `customers`, `orders`, `sales` (minor units), `hidden` (a head-count below
        `k`, or one that would give such a count away) and `customers_before`: heads a year earlier, NA where the data do
        not reach that far back.
    """
    now = _count(tables, as_of, bands)
    if not int(now["customers"].sum()):
        return Unavailable("rfm.cells", reason="rfm.no_customers")
    year_ago = _year_before(as_of)
    begins = tables.span[0] if tables.span else as_of
    reaches = begins < year_ago and (history_complete or begins <= window_start(year_ago, bands.window_months))
    before = _count(tables, year_ago, bands)["customers"] if reaches else None
    now["segment"] = [segment_of(r, f) for r, f in zip(now["r"], now["f"], strict=True)]
    now["customers_before"] = before.astype("Int64") if before is not None else pd.Series(pd.NA, now.index, "Int64")
    now["hidden"] = hidden_cells(matrix(now, "customers"), k, tuple(SEGMENTS.values())).ravel()
    return now


def matrix(table: pd.DataFrame, column: str) -> np.ndarray:
    """A column of `cells` as 5 × 5: rows from recent to long ago, columns from few orders to many."""
    return table[column].to_numpy().reshape(5, 5)


def _year_before(day: datetime.date) -> datetime.date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _count(tables: Tables, as_of: datetime.date, bands: Bands) -> pd.DataFrame:
    r1, r2, r3, r4 = bands.recency_days
    f1, f2, f3, f4 = bands.orders
    found = tables.sql(
        """
        with per_customer as (
          select customer_id, date_diff('day', max(ordered_on), :as_of) as idle,
                 sum(case when ordered_on >= :start then orders else 0 end) as orders,
                 sum(case when ordered_on >= :start then amount else 0 end) as sales
          from customer_day where ordered_on <= :as_of and orders > 0 group by customer_id),
        scored as (
          select case when idle <= :r1 then 5 when idle <= :r2 then 4 when idle <= :r3 then 3 when idle <= :r4 then 2
                      else 1 end as r,
                 case when orders <= :f1 then 1 when orders <= :f2 then 2 when orders <= :f3 then 3 when orders <= :f4 then 4
                      else 5 end as f, orders, sales
          from per_customer where orders > 0)
        select r, f, count(*) as customers, cast(sum(orders) as bigint) as orders, cast(sum(sales) as bigint) as sales
        from scored group by r, f
        """,
        as_of=as_of,
        start=window_start(as_of, bands.window_months),
        r1=r1,
        r2=r2,
        r3=r3,
        r4=r4,
        f1=f1,
        f2=f2,
        f3=f3,
        f4=f4,
    )
    grid = pd.MultiIndex.from_product([SCORES, range(1, 6)], names=["r", "f"])
    return found.set_index(["r", "f"]).reindex(grid, fill_value=0).reset_index()
