"""The programme as a whole: what campaigns added to the year's sales, and whether new customers are worth more than a year ago.

What a hold-out showed is the only money that is put down to a campaign; the rest of the change is what would have come about
anyway, and stays unexplained. Last year's campaigns had an effect, too, which nobody measured: it is in that rest.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.arms import Moments, student
from crm_helpers.metrics.effect import money_days, profit_known
from crm_helpers.params.periods import Periods, first_day

AGE = 180  # days after the first order at which vintages are compared
QUARTER = 3  # months
FEWEST = 30  # first buyers under whom a vintage says nothing
SHOWN = 12  # quarters


def contribution(
    tables: Tables,
    *,
    effects: pd.DataFrame | Unavailable,
    periods: Periods | None,
    whole: Mapping[str, Any] | None = None,
) -> pd.DataFrame | Unavailable:
    """The change of sales: of non-members, what members' campaigns added by their hold-outs, and what moved without them.

    With a universal hold-out (`whole`: `metrics.effect.universal`) what all campaigns added is known: a part `overlap` takes what
    the campaigns' own figures have too much (or too little: sends nobody was left out of), so that the parts add up to that.

    Returns:
        One row a `part`: total_compare, guests, drift, one an effect (its `id` and `name`, sales with `low` and `high`; of one
        that was pulled forward, with the 28 days after it), overlap (`low` and `high` of the whole), total_current. `value` in
        minor units.
    """
    if isinstance(effects, Unavailable):
        return Unavailable("programme.contribution", effects.missing, effects.reason, effects.facts)
    if periods is None:
        return Unavailable("programme.contribution", reason="programme.no_periods")
    judged = [row for row in records(effects) if not math.isnan(row["sales"])]
    if not judged:
        return Unavailable("programme.contribution", reason="programme.none_judged")
    found = tables.sql(
        """
        select case when ordered_on >= :start then 'current' else 'compare' end as period,
               cast(sum(amount) as bigint) as sales,
               cast(coalesce(sum(case when customer_id is not null then amount end), 0) as bigint) as known
        from orders where ordered_on between :was_start and :was_end or ordered_on between :start and :end group by 1
        """,
        start=periods.current.start,
        end=periods.current.end,
        was_start=periods.compare.start,
        was_end=periods.compare.end,
    )
    told = {str(row["period"]): (int(row["sales"]), int(row["known"])) for row in records(found)}
    (now, known), (before, known_before) = told.get("current", (0, 0)), told.get("compare", (0, 0))
    known -= known_before
    parts = []
    for row in judged:
        name = "whole_sales" if row["pulled"] in ("yes", "maybe") else "sales"
        part = {"part": "effect", "id": row["id"], "name": row["name"], "value": round(row[name])}
        parts.append(part | {"low": row[f"{name}_low"], "high": row[f"{name}_high"]})
    if whole is not None:
        extra = round(whole["sales"]) - sum(int(part["value"]) for part in parts)
        ends = {end: whole[f"sales_{end}"] for end in ("low", "high")}
        parts.append({"part": "overlap", "id": str(whole["id"]), "name": "", "value": extra} | ends)
    added = sum(int(part["value"]) for part in parts)
    rows = [
        {"part": "total_compare", "value": before},
        {"part": "guests", "value": now - before - known},
        {"part": "drift", "value": known - added},
        *parts,
        {"part": "total_current", "value": now},
    ]
    return pd.DataFrame(rows, columns=["part", "id", "name", "value", "low", "high"])


@needs("order_lines.customer_id")
def vintages(
    tables: Tables, *, as_of: datetime.date, k: int, first_orders_known: bool, tax_included: bool
) -> pd.DataFrame | Unavailable:
    """What a new customer brought in the first 180 days, by quarter of the first order; only quarters watched that long.

    Members who joined before the data begin are left out: what looks like their first order need not be one.

    Returns:
        `first` (ISO first day of the quarter), `customers`, `measure` (profit, or sales where unit costs are unknown), `value`,
        `low`, `high` (minor units a customer), `before` (the same quarter a year earlier) and `gap`, `gap_low`, `gap_high`
        (Welch), NaN where there is none; quarters under 30 (or `k`) customers are NaN.
    """
    if not first_orders_known or tables.span is None:
        return Unavailable("programme.vintages", reason="repeat.starts_in_the_middle")
    measure = "profit" if profit_known(tables) else "sales"
    days = money_days(tables, tax_included=tax_included)
    found = tables.sql(
        f"""
        with joined as (select customer_id, min(joined_on) as joined_on from customers group by customer_id),
        firsts as (
          select v.customer_id, v.ordered_on as first_on from visits v left join joined j on j.customer_id = v.customer_id
          where v.nth = 1 and (j.joined_on is null or j.joined_on >= :begins)),
        told as (
          select f.customer_id, f.first_on,
                 cast(sum(case when date_diff('day', f.first_on, d.ordered_on) between 0 and :age - 1 then d.{measure}
                               else 0 end) as double) as y
          from firsts f join {days} d on d.customer_id = f.customer_id group by f.customer_id, f.first_on)
        select year(first_on) * 12 + month(first_on) - 1 as month, count(*) as n, sum(y) as y, sum(y * y) as yy
        from told group by 1 order by month
        """,
        age=AGE,
        begins=tables.span[0],
    )
    found["quarter"] = found["month"] // QUARTER
    sums = records(found.groupby("quarter")[["n", "y", "yy"]].sum().reset_index())
    told = {int(row["quarter"]): Moments(int(row["n"]), float(row["y"]), float(row["yy"])) for row in sums}
    told = {quarter: arm for quarter, arm in told.items() if _ripe(quarter, tables, as_of)}
    table = pd.DataFrame([_vintage(quarter, told, measure, max(FEWEST, k)) for quarter in sorted(told)][-SHOWN:])
    if not len(table) or table["value"].isna().all():
        return Unavailable("programme.vintages", reason="repeat.few", facts={"n": FEWEST, "days": AGE})
    return table


def _ripe(quarter: int, tables: Tables, as_of: datetime.date) -> bool:
    """Whether the data hold all of the quarter and 180 days after its last day."""
    end = first_day((quarter + 1) * QUARTER) - datetime.timedelta(days=1)
    begins = tables.span[0] if tables.span else as_of
    return first_day(quarter * QUARTER) >= begins.replace(day=1) and (as_of - end).days >= AGE - 1


def _vintage(quarter: int, told: dict[int, Moments], measure: str, floor: int) -> dict[str, object]:
    mine, old = told[quarter], told.get(quarter - 4)
    row: dict[str, object] = {"first": first_day(quarter * QUARTER).isoformat(), "customers": mine.n, "measure": measure}
    row |= dict.fromkeys(("value", "low", "high", "before", "gap", "gap_low", "gap_high"), math.nan)
    if mine.n < floor:
        return row
    spread = mine.variance() / mine.n
    reach = student(mine.n - 1) * math.sqrt(spread)
    row |= {"value": mine.mean, "low": mine.mean - reach, "high": mine.mean + reach}
    if old is None or old.n < floor:
        return row
    parts = spread, old.variance() / old.n
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / (mine.n - 1) + parts[1] ** 2 / (old.n - 1)) if sum(parts) else math.inf
    reach, gap = student(degrees) * math.sqrt(sum(parts)), mine.mean - old.mean
    return row | {"before": old.mean, "gap": gap, "gap_low": gap - reach, "gap_high": gap + reach}
