"""F2 by how customers came in: by the source of joining (`customers.joined_by`), or by what they bought first.

Only first buyers watched for the whole window are counted, so the estimates are plain rates with Wilson's interval. Each
entry is tested against all other first buyers together (two-sided z test of two rates with the pooled variance), and the
p-values are corrected by Benjamini and Hochberg (1995, JRSS B 57:289): of the differences that are told, at most 5 % are chance.
"""

from __future__ import annotations

import datetime
import math

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.estimates import benjamini_hochberg, two_rates
from crm_helpers.metrics.intervals import newcombe, wilson
from crm_helpers.metrics.products import CATEGORY
from crm_helpers.metrics.repeat import FEWEST

WINDOWS = (90, 180)
SHOWN = 6  # entries with a row of their own
OTHERS = "entries.others"
ALL = "entries.all"
UNKNOWN = "entries.unknown"

SOURCE = """
  joined as (
    select customer_id, min(nullif(trim(joined_by), '')) as entry, min(joined_on) as joined_on
    from customers group by customer_id),
  firsts as (
    select v.customer_id, coalesce(joined.entry, '') as entry, '' as next_entry, date_diff('day', v.first_on, :as_of) as watched,
           date_diff('day', v.ordered_on, v.next_on) as waited
    from visits as v left join joined on joined.customer_id = v.customer_id
    where v.nth = 1 and (joined.joined_on is null or joined.joined_on >= :begins))
"""

PRODUCT = f"""
  joined as (select customer_id, min(joined_on) as joined_on from customers group by customer_id),
  bags as (
    select v.customer_id, v.nth, category.category, sum(line.amount) as amount
    from visits as v join bought as line on line.customer_id = v.customer_id and line.ordered_on = v.ordered_on
      left join {CATEGORY} as category on category.product_id = line.product_id
    where v.nth <= 2 group by v.customer_id, v.nth, category.category),
  ranked as (
    select customer_id, nth, coalesce(category, '') as category,
           row_number() over (partition by customer_id, nth order by amount desc, coalesce(category, '')) as place
    from bags),
  firsts as (
    select v.customer_id, one.category as entry, coalesce(two.category, '') as next_entry,
           date_diff('day', v.first_on, :as_of) as watched, date_diff('day', v.ordered_on, v.next_on) as waited
    from visits as v join ranked as one on one.customer_id = v.customer_id and one.nth = 1 and one.place = 1
      left join ranked as two on two.customer_id = v.customer_id and two.nth = 2 and two.place = 1
      left join joined on joined.customer_id = v.customer_id
    where v.nth = 1 and (joined.joined_on is null or joined.joined_on >= :begins))
"""


@needs("order_lines.customer_id", "customers.joined_by")
def by_source(tables: Tables, *, as_of: datetime.date, k: int, first_orders_known: bool) -> pd.DataFrame | Unavailable:
    """F2 within 90 and 180 days of first buyers by source of joining, most first buyers first; all of them last.

    Members who joined before the data begin are left out: what looks like their first order need not be one. Entries under
    FEWEST (or `k`) people, and those beyond SHOWN, are one row (OTHERS), with the next smallest when it is still too small.

    Returns:
        One row an `entry` (a text of the client, UNKNOWN, OTHERS or ALL, which comes last): `customers` (watched for
        the window), `rate`, `low`, `high` of the window, `rate_90` (of those watched for 90 days), `gap`, `gap_low`,
        `gap_high` (to all others, Newcombe; NaN for ALL), `told` (BH at 5 %), `next` and `next_share` (the entry's most
        frequent main category of the second order, and its share of those who came back within the window; empty and NaN
        for sources and under `k` people), and on every row `window` (180, or 90 where too few were watched), `first`,
        `last` (ISO days of the first orders counted).
    """
    return _f2("entries.by_source", SOURCE, tables, as_of, k, first_orders_known)


@needs("order_lines.customer_id", "order_lines.product_id", "products.category")
def by_first_product(tables: Tables, *, as_of: datetime.date, k: int, first_orders_known: bool) -> pd.DataFrame | Unavailable:
    """The same by the category on which most was spent on the day of the first order (equal amounts: by name)."""
    return _f2("entries.by_first_product", PRODUCT, tables, as_of, k, first_orders_known)


def _f2(
    name: str, entry: str, tables: Tables, as_of: datetime.date, k: int, first_orders_known: bool
) -> pd.DataFrame | Unavailable:
    if not first_orders_known or tables.span is None:
        return Unavailable(name, reason="repeat.starts_in_the_middle")
    counted = _counts(tables, entry, as_of, tables.span[0])
    numbers = [column for column in map(str, counted) if column.startswith(("n_", "came_"))]
    found = counted.groupby("entry", as_index=False)[numbers].sum()
    for window in reversed(WINDOWS):
        parts = _pooled(found, window, max(FEWEST, k))
        if len(parts) > 1:
            return _table(parts, window, tables, as_of).merge(_next(counted, window, k), on="entry", how="left")
    return Unavailable(name, reason="entries.few", facts={"n": max(FEWEST, k), "days": WINDOWS[0]})


def _next(counted: pd.DataFrame, window: int, k: int) -> pd.DataFrame:
    """Per entry the main category that most second orders have; by name among equals."""
    came = f"came_{window}"
    told = counted[(counted["next_entry"] != "") & (counted[came] > 0)]
    told = told.sort_values(["entry", came, "next_entry"], ascending=[True, False, True])
    best = told.groupby("entry", as_index=False).first()[["entry", "next_entry", came]]
    whole = counted.groupby("entry")[came].sum()
    best["next_share"] = best[came] / best["entry"].map(whole)
    best = best[best[came] >= k]
    return best.rename(columns={"next_entry": "next"})[["entry", "next", "next_share"]].replace({"entry": {"": UNKNOWN}})


def _counts(tables: Tables, entry: str, as_of: datetime.date, begins: datetime.date) -> pd.DataFrame:
    """Per entry, next entry and window: first buyers watched to the end of it, and those of them who came back within it."""
    return tables.sql(
        f"""
        with {entry}
        select entry, next_entry, cast(sum(case when watched >= 90 then 1 else 0 end) as bigint) as n_90,
               cast(sum(case when watched >= 90 and waited <= 90 then 1 else 0 end) as bigint) as came_90,
               cast(sum(case when watched >= 180 then 1 else 0 end) as bigint) as n_180,
               cast(sum(case when watched >= 180 and waited <= 180 then 1 else 0 end) as bigint) as came_180
        from firsts group by entry, next_entry
        """,
        as_of=as_of,
        begins=begins,
    )


def _pooled(found: pd.DataFrame, window: int, floor: int) -> list[dict[str, int | str]]:
    """Entries with enough people, the rest as one of at least `floor` people."""
    rows = records(found.sort_values([f"n_{window}", "entry"], ascending=[False, True]))
    own = [row for row in rows if row[f"n_{window}"] >= floor][:SHOWN]
    rest = [row for row in rows if row not in own]
    while rest and own and sum(row[f"n_{window}"] for row in rest) < floor:
        rest.append(own.pop())
    columns = [str(name) for name in found if name != "entry"]
    others = [{"entry": OTHERS} | {name: sum(row[name] for row in rest) for name in columns}] if rest and own else []
    return [row | {"entry": row["entry"] or UNKNOWN} for row in own] + others


def _table(parts: list[dict[str, int | str]], window: int, tables: Tables, as_of: datetime.date) -> pd.DataFrame:
    n, came = f"n_{window}", f"came_{window}"
    whole = {name: sum(int(part[name]) for part in parts) for name in (n, came, "n_90", "came_90")}
    rows, chances = [], []
    for part in [*parts, {"entry": ALL} | whole]:
        people, back = int(part[n]), int(part[came])
        low, high = wilson(back, people)
        others = (whole[came] - back, whole[n] - people)
        gap, gap_low, gap_high = newcombe(back, people, *others)
        chances.append(two_rates(back, people, *others))
        rows.append(
            {
                "entry": part["entry"],
                "customers": people,
                "rate": back / people,
                "low": low,
                "high": high,
                "rate_90": int(part["came_90"]) / int(part["n_90"]) if part["n_90"] else math.nan,
                "gap": gap,
                "gap_low": gap_low,
                "gap_high": gap_high,
            }
        )
    table = pd.DataFrame(rows)
    table["told"] = [*benjamini_hochberg(chances[:-1]), False]
    begins = tables.span[0] if tables.span else as_of
    last = as_of - datetime.timedelta(days=window)
    return table.assign(window=window, first=begins.isoformat(), last=last.isoformat())
