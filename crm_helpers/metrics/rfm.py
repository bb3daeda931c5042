"""RFM: customers by recency and number of orders, in absolute or in quantile bands, with named segments.

Recency looks at all history, orders and sales at the window that ends at `as_of`. Bands are cut points (params), so equal
customers always share a score and two years compare. Quantile bands (`ranks`) say who stands where among today's customers;
they are cut anew each time, so they compare nobody between years.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import wilson
from crm_helpers.metrics.suppression import Cell, hidden_cells
from crm_helpers.params.periods import Periods, first_day, month_key, whole_months

SCORES = (5, 4, 3, 2, 1)
FEWEST_MONTHS = 3  # of history before a period, under which scores at its start say nothing


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


@dataclass(frozen=True)
class Ranks:
    """Customers in quantile bands: cells of recency × orders, and the cut points found in this client's own values.

    `cells`: a row for each `r` and `f` that occur (scores 1–5, r falling, f rising): `segment`, `customers`, `orders`, `sales`
    (minor units), `hidden`. `recency_days`, `orders`: inclusive upper bounds of all bands but the last; fewer than four where
    many customers share a value. `changed`: customers whose segment is another than in the fixed bands; None when that, or
    the rest, is under k people.
    """

    cells: pd.DataFrame
    recency_days: tuple[int, ...]
    orders: tuple[int, ...]
    changed: int | None


@needs("order_lines.customer_id")
def ranks(tables: Tables, *, as_of: datetime.date, bands: Bands, k: int) -> Ranks | Unavailable:
    """The customers of `cells` in bands of a fifth each as far as equal values allow; `bands` gives the window."""
    people = _histogram(tables, as_of, bands.window_months)
    if not len(people):
        return Unavailable("rfm.ranks", reason="rfm.no_customers")
    cuts = {name: fifths(people[name], people["customers"]) for name in ("idle", "orders")}
    people["r"] = 5 - np.searchsorted(cuts["idle"], people["idle"])
    people["f"] = 1 + np.searchsorted(cuts["orders"], people["orders"])
    fixed_r = 5 - np.searchsorted(bands.recency_days, people["idle"])
    fixed_f = 1 + np.searchsorted(bands.orders, people["orders"])
    people["segment"] = [segment_of(int(r), int(f)) for r, f in zip(people["r"], people["f"], strict=True)]
    fixed = [segment_of(int(r), int(f)) for r, f in zip(fixed_r, fixed_f, strict=True)]
    bounds = {name: _bounds(cuts[name], int(people[name].max())) for name in cuts}
    changed = int(people.loc[people["segment"] != fixed, "customers"].sum())
    total = int(people["customers"].sum())
    told = (changed == 0 or changed >= k) and (changed == total or total - changed >= k)
    people["orders"] *= people["customers"]
    rows, columns = sorted(people["r"].unique(), reverse=True), sorted(people["f"].unique())
    grid = pd.MultiIndex.from_product([rows, columns], names=["r", "f"])
    table = people.groupby(["r", "f"])[["customers", "orders", "sales"]].sum().reindex(grid, fill_value=0).reset_index()
    table["segment"] = [segment_of(int(r), int(f)) for r, f in zip(table["r"], table["f"], strict=True)]
    heads = table["customers"].to_numpy(dtype="int64").reshape(len(rows), len(columns))
    parts = [
        [(int(at) // len(columns), int(at) % len(columns)) for at in np.flatnonzero(table["segment"] == name)]
        for name in SEGMENTS
    ]
    table["hidden"] = hidden_cells(heads, k, [part for part in parts if part]).ravel()
    return Ranks(table, bounds["idle"], bounds["orders"], changed if told else None)


def fifths(values: pd.Series, customers: pd.Series) -> tuple[int, ...]:
    """The values at which a fifth, two, three and four fifths of the customers are reached, from a histogram.

    Equal values share a band, so a value that many share can be more than one of the four.
    """
    heads = customers.groupby(values).sum().sort_index()
    reached = heads.cumsum()
    return tuple(int(heads.index[int((reached * 5 >= i * int(heads.sum())).argmax())]) for i in range(1, 5))


def _bounds(cuts: tuple[int, ...], largest: int) -> tuple[int, ...]:
    """Distinct cut points that part somebody from somebody."""
    return tuple(sorted({cut for cut in cuts if cut < largest}))


def _histogram(tables: Tables, as_of: datetime.date, window_months: int) -> pd.DataFrame:
    """Buyers of the window by days since the last order and orders: `idle`, `orders`, `customers`, `sales`."""
    return tables.sql(
        """
        with per_customer as (
          select customer_id, date_diff('day', max(ordered_on), :as_of) as idle,
                 cast(sum(case when ordered_on >= :start then orders else 0 end) as bigint) as orders,
                 cast(sum(case when ordered_on >= :start then amount else 0 end) as bigint) as sales
          from customer_day where ordered_on <= :as_of and orders > 0 group by customer_id)
        select idle, orders, count(*) as customers, cast(sum(sales) as bigint) as sales
        from per_customer where orders > 0 group by idle, orders order by idle, orders
        """,
        as_of=as_of,
        start=window_start(as_of, window_months),
    )


def matrix(table: pd.DataFrame, column: str) -> np.ndarray:
    """A column of `cells` as 5 × 5: rows from recent to long ago, columns from few orders to many."""
    return table[column].to_numpy().reshape(5, 5)


def _year_before(day: datetime.date) -> datetime.date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


SCORED = """
  per_customer as (
    select customer_id, date_diff('day', max(ordered_on), :as_of) as idle,
           sum(case when ordered_on >= :start then orders else 0 end) as orders,
           sum(case when ordered_on >= :start then amount else 0 end) as sales
    from customer_day where ordered_on <= :as_of and orders > 0 group by customer_id),
  scored as (
    select customer_id, case when idle <= :r1 then 5 when idle <= :r2 then 4 when idle <= :r3 then 3 when idle <= :r4 then 2
                        else 1 end as r,
           case when orders <= :f1 then 1 when orders <= :f2 then 2 when orders <= :f3 then 3 when orders <= :f4 then 4
                else 5 end as f, orders, sales
    from per_customer where orders > 0)
"""


def _scores(as_of: datetime.date, bands: Bands) -> dict[str, object]:
    """The values that SCORED quotes."""
    cuts = {f"{axis}{i}": cut for axis, part in (("r", bands.recency_days), ("f", bands.orders)) for i, cut in enumerate(part, 1)}
    return {"as_of": as_of, "start": window_start(as_of, bands.window_months), **cuts}


def _count(tables: Tables, as_of: datetime.date, bands: Bands) -> pd.DataFrame:
    found = tables.sql(
        f"""
        with {SCORED}
        select r, f, count(*) as customers, cast(sum(orders) as bigint) as orders, cast(sum(sales) as bigint) as sales
        from scored group by r, f
        """,
        **_scores(as_of, bands),
    )
    return _gridded(found)


def _gridded(found: pd.DataFrame) -> pd.DataFrame:
    grid = pd.MultiIndex.from_product([SCORES, range(1, 6)], names=["r", "f"])
    return found.set_index(["r", "f"]).reindex(grid, fill_value=0).reset_index()


@needs("order_lines.customer_id")
def response(tables: Tables, *, periods: Periods | None, bands: Bands, k: int) -> pd.DataFrame | Unavailable:
    """What the cells at the start of the current period did in it: the share that bought, and their sales.

    The scores use nothing later than the day before the period, so the rates are those of a score that could have been used.
    The window is that of `bands`, or as many whole months as there are before the period.

    Returns:
        25 rows: `r`, `f`, `segment`, `customers` (at the start), `buyers` (of them, in the current period), `rate` with its
        95 % bounds `low` and `high` (Wilson; NaN without customers), `sales` (of the current period, minor units), `hidden`
        (a head-count below `k`, or one that would give it away), `months` (of the window) and `rest` (sales of the current
        period of those in no cell: new, or longer away).
    """
    if periods is None:
        return Unavailable("rfm.response", reason="sales.too_short")
    day = periods.current.start - datetime.timedelta(days=1)
    there = whole_months(tables.span[0], day)[1] if tables.span else 0
    if there < FEWEST_MONTHS:
        return Unavailable("rfm.response", reason="rfm.short", facts={"months": FEWEST_MONTHS})
    used = Bands(bands.recency_days, bands.orders, min(bands.window_months, there))
    found = tables.sql(
        f"""
        with {SCORED},
        later as (
          select customer_id, max(case when orders > 0 then 1 else 0 end) as bought, cast(sum(amount) as bigint) as amount
          from customer_day where ordered_on between :first and :last group by customer_id)
        select r, f, cast(sum(case when r is not null then 1 else 0 end) as bigint) as customers,
               cast(coalesce(sum(case when r is not null then bought end), 0) as bigint) as buyers,
               cast(coalesce(sum(amount), 0) as bigint) as sales
        from scored full join later on later.customer_id = scored.customer_id group by r, f
        """,
        first=periods.current.start,
        last=periods.current.end,
        **_scores(day, used),
    )
    table = _gridded(found.dropna().astype("int64"))
    if not int(table["customers"].sum()):
        return Unavailable("rfm.response", reason="rfm.no_customers")
    table["segment"] = [segment_of(r, f) for r, f in zip(table["r"], table["f"], strict=True)]
    table["rate"] = table["buyers"] / table["customers"].where(table["customers"] > 0)
    bounds = [wilson(int(came), int(n)) for came, n in zip(table["buyers"], table["customers"], strict=True)]
    table["low"], table["high"] = zip(*bounds, strict=True)
    table["hidden"] = hidden_cells(matrix(table, "customers"), k, tuple(SEGMENTS.values())).ravel()
    return table.assign(months=used.window_months, rest=int(found.loc[found["r"].isna(), "sales"].sum()))
