"""F2 by source: the second order of first buyers by how they joined (`customers.joined_by`).

Only first buyers watched for the whole window are counted, so the estimates are plain rates with Wilson's interval. Each
source is tested against all other first buyers together (two-sided z test of two rates with the pooled variance), and the
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
from crm_helpers.metrics.repeat import FEWEST

WINDOWS = (90, 180)
SHOWN = 6  # sources with a row of their own
OTHERS = "sources.others"
ALL = "sources.all"
UNKNOWN = "sources.unknown"


@needs("order_lines.customer_id", "customers.joined_by")
def f2(tables: Tables, *, as_of: datetime.date, k: int, first_orders_known: bool) -> pd.DataFrame | Unavailable:
    """F2 within 90 and 180 days of first buyers by source, most first buyers first; all of them last.

    Members who joined before the data begin are left out: what looks like their first order need not be one. Sources under
    FEWEST (or `k`) people, and those beyond SHOWN, are one row (OTHERS), with the next smallest when it is still too small.

    Returns:
        One row a `source` (a text of the client, UNKNOWN, OTHERS or ALL, which comes last): `customers` (watched for
        the window), `rate`, `low`, `high` of the window, `rate_90` (of those watched for 90 days), `gap`, `gap_low`,
        `gap_high` (to all others, Newcombe; NaN for ALL), `told` (BH at 5 %), and on every row `window` (180, or 90 where too
        few were watched), `first`, `last` (ISO days of the first orders counted).
    """
    if not first_orders_known or tables.span is None:
        return Unavailable("sources.f2", reason="repeat.starts_in_the_middle")
    found = _counts(tables, as_of, tables.span[0])
    for window in reversed(WINDOWS):
        parts = _pooled(found, window, max(FEWEST, k))
        if len(parts) > 1:
            return _table(parts, window, tables, as_of)
    return Unavailable("sources.f2", reason="sources.few", facts={"n": max(FEWEST, k), "days": WINDOWS[0]})


def _counts(tables: Tables, as_of: datetime.date, begins: datetime.date) -> pd.DataFrame:
    """Per source and window: first buyers watched to the end of it, and those of them who came back within it."""
    return tables.sql(
        """
        with joined as (
          select customer_id, min(nullif(trim(joined_by), '')) as source, min(joined_on) as joined_on
          from customers group by customer_id),
        firsts as (
          select coalesce(joined.source, '') as source, date_diff('day', v.first_on, :as_of) as watched,
                 date_diff('day', v.ordered_on, v.next_on) as waited
          from visits as v left join joined on joined.customer_id = v.customer_id
          where v.nth = 1 and (joined.joined_on is null or joined.joined_on >= :begins))
        select source, cast(sum(case when watched >= 90 then 1 else 0 end) as bigint) as n_90,
               cast(sum(case when watched >= 90 and waited <= 90 then 1 else 0 end) as bigint) as came_90,
               cast(sum(case when watched >= 180 then 1 else 0 end) as bigint) as n_180,
               cast(sum(case when watched >= 180 and waited <= 180 then 1 else 0 end) as bigint) as came_180
        from firsts group by source
        """,
        as_of=as_of,
        begins=begins,
    )


def _pooled(found: pd.DataFrame, window: int, floor: int) -> list[dict[str, int | str]]:
    """Sources with enough people, the rest as one of at least `floor` people."""
    rows = records(found.sort_values([f"n_{window}", "source"], ascending=[False, True]))
    own = [row for row in rows if row[f"n_{window}"] >= floor][:SHOWN]
    rest = [row for row in rows if row not in own]
    while rest and own and sum(row[f"n_{window}"] for row in rest) < floor:
        rest.append(own.pop())
    columns = [str(name) for name in found if name != "source"]
    others = [{"source": OTHERS} | {name: sum(row[name] for row in rest) for name in columns}] if rest and own else []
    return [row | {"source": row["source"] or UNKNOWN} for row in own] + others


def _table(parts: list[dict[str, int | str]], window: int, tables: Tables, as_of: datetime.date) -> pd.DataFrame:
    n, came = f"n_{window}", f"came_{window}"
    whole = {name: sum(int(part[name]) for part in parts) for name in (n, came, "n_90", "came_90")}
    rows, chances = [], []
    for part in [*parts, {"source": ALL} | whole]:
        people, back = int(part[n]), int(part[came])
        low, high = wilson(back, people)
        others = (whole[came] - back, whole[n] - people)
        gap, gap_low, gap_high = newcombe(back, people, *others)
        chances.append(two_rates(back, people, *others))
        rows.append(
            {
                "source": part["source"],
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
