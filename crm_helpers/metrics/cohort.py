"""Cohorts: customers by month of their first order, and what they buy in the months after.

Age is in calendar months: age 0 is the month of the first order. Everything is divided by the initial size of the cohort. A
cell of a month that is not over is blank (NaN), never 0; cells are averaged only over cohorts that have reached that age.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import newcombe
from crm_helpers.metrics.margins import COSTED, INCLUDED, NEEDED
from crm_helpers.metrics.repeat import FEWEST
from crm_helpers.metrics.suppression import hidden_cells
from crm_helpers.params.periods import first_day, month_key

COHORTS_SHOWN = 24  # rows of the page
AGES = 24  # ages 0 to 23
HALF_YEAR = 6


@dataclass(frozen=True)
class Change:
    """Retention in the month after the first order: the newest half-year of cohorts and the same months a year before.

    `now`, `before`: row numbers; `rate`, `rate_before` (0–1); `gap` with its 95 % bounds (Newcombe).
    """

    now: slice
    before: slice
    rate: float
    rate_before: float
    gap: float
    low: float
    high: float


MEASURES = {"sales": "amount", "orders": "orders", "items": "items", "margin": "margin"}
DAYS = "select customer_id, ordered_on, orders, items, amount, cast(0 as bigint) as margin from customer_day"


@needs("order_lines.customer_id")
def by_month(
    tables: Tables, *, as_of: datetime.date, k: int, first_orders_known: bool, measure: str = "sales", tax: str = ""
) -> pd.DataFrame | Unavailable:
    """Who of each month's first buyers bought in which month after, and how much; the last 24 whole months with any.

    Args:
        measure: what is summed: sales, orders, items, or margin (`metrics.margins`; `tax`: the setting `sales.tax`).

    Returns:
        One row a cohort `month` (year × 12 + month − 1) and `age` (months, 0 up to the oldest cohort's, at most 23): `first`
        (ISO date), `size`, `active` (members who ordered in that month), `value` (the measure in that month; money in minor
        units), `hidden` (a cohort under `k` people, or one that would give it away), and `measure` on every row. `active` and
        `value` are NaN where the month is not over.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure may be {', '.join(MEASURES)}, not {measure!r}")
    if measure == "margin" and (missing := tuple(name for name in NEEDED if not tables.has(name))):
        return Unavailable("cohort.by_month", missing=missing)
    if measure == "items" and not tables.has("order_lines.quantity"):
        return Unavailable("cohort.by_month", missing=("order_lines.quantity",))
    if not first_orders_known:
        return Unavailable("cohort.by_month", reason="repeat.starts_in_the_middle")
    margins = f"""{COSTED}, days as (
      {DAYS} union all
      select customer_id, ordered_on, 0, 0, 0, cast(sum(margin) as bigint) from costed
      where customer_id is not null group by customer_id, ordered_on)"""
    days = margins if measure == "margin" else f"days as ({DAYS})"
    taxed = {"taxed": tax == INCLUDED} if measure == "margin" else {}
    last = month_key(as_of + datetime.timedelta(days=1)) - 1  # the last whole month
    found = tables.sql(
        f"""
        with {days},
        firsts as (
          select customer_id, min(ordered_on) as first_on
          from customer_day where orders > 0 and ordered_on <= :as_of group by customer_id),
        aged as (
          select d.customer_id, d.orders, d.{MEASURES[measure]} as value, year(f.first_on) * 12 + month(f.first_on) - 1 as month,
                 (year(d.ordered_on) - year(f.first_on)) * 12 + month(d.ordered_on) - month(f.first_on) as age
          from days as d join firsts as f on d.customer_id = f.customer_id
          where d.ordered_on between f.first_on and :as_of)
        select month, age, count(distinct case when orders > 0 then customer_id end) as active,
               cast(sum(value) as bigint) as value
        from aged where age < :ages and month + age <= :last group by month, age
        """,
        as_of=as_of,
        ages=AGES,
        last=last,
        **taxed,
    )
    sizes = found[found["age"] == 0].set_index("month")["active"].sort_index().tail(COHORTS_SHOWN)
    hidden = pd.Series(hidden_cells(sizes.to_numpy(dtype="int64").reshape(1, -1), k)[0] if len(sizes) else [], sizes.index, bool)
    if int(sizes[(sizes.index < last) & ~hidden].sum()) < FEWEST:
        return Unavailable("cohort.by_month", reason="cohort.few", facts={"n": FEWEST})
    oldest = min(AGES - 1, last - int(sizes.index.min()))
    grid = pd.MultiIndex.from_product([sizes.index, range(oldest + 1)], names=["month", "age"])
    table = found.set_index(["month", "age"]).reindex(grid, fill_value=0).reset_index()
    over = table["month"] + table["age"] <= last
    return pd.DataFrame(
        {
            "month": table["month"],
            "first": [first_day(int(m)).isoformat() for m in table["month"]],
            "age": table["age"],
            "size": table["month"].map(sizes),
            "active": table["active"].where(over).astype(float),
            "value": table["value"].where(over).astype(float),
            "hidden": table["month"].map(hidden),
            "measure": measure,
        }
    )


def matrix(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """A column of `by_month` as cohorts × ages; hidden cohorts are NaN."""
    shown: NDArray[np.float64] = table[column].where(~table["hidden"]).to_numpy(dtype=float)
    return shown.reshape(table["month"].nunique(), -1)


def retention(table: pd.DataFrame) -> NDArray[np.float64]:
    """The share of each cohort (rows) that bought at each age (columns); NaN where blank."""
    share: NDArray[np.float64] = matrix(table, "active") / matrix(table, "size")
    return share


def cumulative(table: pd.DataFrame) -> NDArray[np.float64]:
    """The measure from age 0 to each age (columns) per initial customer of each cohort (rows); NaN where blank."""
    total: NDArray[np.float64] = np.cumsum(matrix(table, "value"), axis=1) / matrix(table, "size")
    return total


def pooled(table: pd.DataFrame, rows: slice = slice(None)) -> pd.DataFrame:
    """Cohorts taken together, age by age, over those that have reached the age.

    Returns:
        Per `age`: `customers` (initial size of the cohorts that have reached it), `active`, `rate` (NaN where none has).
    """
    active, size = matrix(table, "active")[rows], matrix(table, "size")[rows]
    people = np.where(np.isnan(active), 0, size).sum(axis=0)
    came = np.nansum(active, axis=0)
    rate = np.divide(came, people, out=np.full(len(people), np.nan), where=people > 0)
    return pd.DataFrame(
        {"age": np.arange(len(people)), "customers": people.astype(int), "active": came.astype(int), "rate": rate}
    )


def lifetime(table: pd.DataFrame, age: int) -> tuple[float, float, int]:
    """The measure per initial customer from age 0 to `age`, the part of age 0, and the customers.

    Only cohorts that have reached `age`, so both figures are of the same people; NaN and 0 people where none has.
    """
    value, size = matrix(table, "value"), matrix(table, "size")
    whole = ~np.isnan(value[:, age])
    people = float(size[whole, 0].sum())
    if not people:
        return np.nan, np.nan, 0
    return float(value[whole, : age + 1].sum() / people), float(value[whole, 0].sum() / people), int(people)


def common_age(table: pd.DataFrame) -> int:
    """The longest of 12, 6 and 3 months that cohorts with at least half of the people have reached, else 1."""
    people = pooled(table)["customers"]
    return next((age for age in (12, 6, 3) if age < len(people) and people[age] * 2 >= people[0]), 1)


def halves(table: pd.DataFrame) -> list[slice]:
    """Rows of the cohorts that have reached age 1 in half-years, the newest whole, oldest first."""
    rows = int((~np.isnan(table["active"].to_numpy().reshape(table["month"].nunique(), -1)[:, 1])).sum())
    starts = range(rows % HALF_YEAR - HALF_YEAR if rows % HALF_YEAR else 0, rows, HALF_YEAR)
    return [slice(max(0, start), start + HALF_YEAR) for start in starts]


def change(table: pd.DataFrame) -> Change | None:
    """The newest half-year of cohorts that have reached age 1 against the same months a year before.

    None when the months of both are not all there.
    """
    parts = halves(table)
    if len(parts) < 3:
        return None
    now, before = parts[-1], parts[-3]
    months = table["month"].drop_duplicates().to_numpy()
    if before.stop - before.start != HALF_YEAR or not np.array_equal(months[now], months[before] + 12):
        return None
    late, early = (records(pooled(table, rows))[1] for rows in (now, before))
    if not late["customers"] or not early["customers"]:
        return None
    told = newcombe(*(int(part[name]) for part in (late, early) for name in ("active", "customers")))
    return Change(now, before, float(late["rate"]), float(early["rate"]), *told)
