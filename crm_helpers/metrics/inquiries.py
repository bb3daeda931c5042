"""How inquiries and complaints are handled, and what those customers did afterwards (service recovery).

Times are Kaplan–Meier: an inquiry without a reply, or still open, is watched to `as_of` and no longer. Whether a fast reply
goes with buying again is compared within the same reason and kind (complaint or not) by Mantel and Haenszel's difference of
rates, with Sato's variance (Sato 1989, Biometrics 45:1323): who gets a fast reply is not drawn by lot, so it is an association.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import Z, wilson
from crm_helpers.metrics.repeat import FEWEST, kaplan_meier
from crm_helpers.metrics.suppression import hidden_cells
from crm_helpers.params.periods import Periods

AFTER = 90  # days after an inquiry within which buying again counts
PROMISED = 24  # hours: a reply within a day
BANDS = ((0, 3), (3, 12), (12, 24), (24, None))  # hours to the first reply
REASONS = 6  # with a row of their own
OTHERS = "inquiries.others"
ALL = "inquiries.all"


@needs("inquiries.first_reply_at")
def handling(tables: Tables, *, as_of: datetime.date, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Inquiries of the current period by reason, most first; all of them last.

    Returns:
        `reason` (the client's words, OTHERS or ALL), `inquiries`, `complaints`, `complaint_share`, `replied` (share with a
        first reply within PROMISED hours, of those watched so long) with `low`, `high` (Wilson), `hours` (median to the first
        reply), `days` (median to closing; NaN where half are not closed yet) and `open` (not closed at `as_of`). Reasons under
        `k` are in OTHERS; counts of 1 to `k` − 1, and what would give one away, are NaN.
    """
    if periods is None:
        return Unavailable("inquiries.handling", reason="sales.too_short")
    found = tables.sql(
        """
        select coalesce(reason, '') as reason, case when complaint then 1 else 0 end as complaint,
               date_diff('hour', opened_at, first_reply_at) as hours, date_diff('day', opened_at, closed_at) as days,
               date_diff('hour', opened_at, cast(:after as timestamp)) as watched, count(*) as inquiries
        from inquiries where cast(opened_at as date) between :start and :end
        group by coalesce(reason, ''), case when complaint then 1 else 0 end, date_diff('hour', opened_at, first_reply_at),
          date_diff('day', opened_at, closed_at), date_diff('hour', opened_at, cast(:after as timestamp))
        """,
        start=periods.current.start,
        end=periods.current.end,
        after=as_of + datetime.timedelta(days=1),
    )
    if int(found["inquiries"].sum()) < FEWEST:
        return Unavailable("inquiries.handling", reason="inquiries.few", facts={"n": FEWEST})
    sizes = found.groupby("reason")["inquiries"].sum().sort_values(ascending=False, kind="stable")
    shown = [str(name) for name, n in sizes.items() if n >= max(k, 5) and name][:REASONS]
    rest = found[~found["reason"].isin(shown)]
    parts = [(name, found[found["reason"] == name]) for name in shown]
    if int(rest["inquiries"].sum()) >= k:
        parts.append((OTHERS, rest))
    table = pd.DataFrame([_handled(name, part) for name, part in [*parts, (ALL, found)]])
    for count, columns in (("complaints", ["complaints", "complaint_share"]), ("open", ["open"])):
        few = hidden_cells(np.array([table[count].iloc[:-1].to_numpy(dtype=np.int64)]), k)[0]
        table = table.astype(dict.fromkeys(columns, "float64"))
        table.loc[np.append(few, 0 < table[count].iloc[-1] < k), columns] = np.nan
    return table


def _handled(name: str, part: pd.DataFrame) -> dict[str, object]:
    n = int(part["inquiries"].sum())
    complaints = int(part.loc[part["complaint"] == 1, "inquiries"].sum())
    old = part[(part["watched"] >= PROMISED) | part["hours"].notna()]
    told = int(old["inquiries"].sum())
    quick = int(old.loc[old["hours"] <= PROMISED, "inquiries"].sum())
    low, high = wilson(quick, told)
    return {
        "reason": name,
        "inquiries": n,
        "complaints": complaints,
        "complaint_share": complaints / n,
        "replied": quick / told if told else math.nan,
        "low": low,
        "high": high,
        "hours": _median(part["hours"], part["watched"], part["inquiries"]),
        "days": _median(part["days"], part["watched"] // 24, part["inquiries"]),
        "open": int(part.loc[part["days"].isna(), "inquiries"].sum()),
    }


def _median(waited: pd.Series, watched: pd.Series, weight: pd.Series) -> float:
    """The time by which half are done (Kaplan and Meier); NaN where the curve does not get there."""
    done = waited.notna()
    at = waited.where(done, watched).clip(lower=0).astype(int)
    days = range(int(at.max()) + 1)
    events, censored = (weight.where(mask, 0).groupby(at).sum().reindex(days, fill_value=0) for mask in (done, ~done))
    curve = kaplan_meier(events.to_numpy(), censored.to_numpy())
    reached = curve[curve["rate"] >= 0.5]
    return float(reached["day"].iloc[0]) if len(reached) else math.nan


@needs("inquiries.customer_id", "inquiries.first_reply_at", "order_lines.customer_id")
def recovery(tables: Tables, *, as_of: datetime.date, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Who buys again within AFTER days of an inquiry, by how fast the first reply came; inquiries since the compared period.

    Returns:
        One row a band of hours (`first`, `last`; NaN for no upper end): `inquiries`, `bought`, `rate`, `low`, `high` (Wilson),
        and the same in each row: `gap` (within PROMISED hours less later, within the same reason and kind) with `gap_low`,
        `gap_high`, `fast`, `slow` (inquiries) and `fast_rate`, `slow_rate` (plain).
    """
    if periods is None:
        return Unavailable("inquiries.recovery", reason="sales.too_short")
    found = tables.sql(
        """
        with asked as (
          select inquiry_id, customer_id, coalesce(reason, '') as reason, case when complaint then 1 else 0 end as complaint,
                 date_diff('hour', opened_at, first_reply_at) as hours, cast(opened_at as date) as opened_on
          from inquiries where customer_id is not null and first_reply_at is not null
            and cast(opened_at as date) between :since and :until),
        after as (
          select asked.inquiry_id, asked.reason, asked.complaint, asked.hours,
                 max(case when v.ordered_on > asked.opened_on and v.ordered_on <= asked.opened_on + :days then 1 else 0 end)
                 as bought
          from asked left join visits as v on v.customer_id = asked.customer_id
          group by asked.inquiry_id, asked.reason, asked.complaint, asked.hours)
        select reason, complaint, hours, count(*) as inquiries, cast(sum(bought) as bigint) as bought
        from after group by reason, complaint, hours
        """,
        since=periods.compare.start,
        until=as_of - datetime.timedelta(days=AFTER),
        days=AFTER,
    )
    quick = found["hours"] <= PROMISED
    sizes = [int(found.loc[mask, "inquiries"].sum()) for mask in (quick, ~quick)]
    if min(sizes) < max(k, FEWEST):
        return Unavailable("inquiries.recovery", reason="inquiries.one_speed", facts={"n": max(k, FEWEST), "hours": PROMISED})
    strata = []
    for _, part in found.groupby(["reason", "complaint"]):
        fast, slow = part[part["hours"] <= PROMISED], part[part["hours"] > PROMISED]
        strata.append(tuple(int(side[name].sum()) for side in (fast, slow) for name in ("bought", "inquiries")))
    gap, low, high = mantel_haenszel(strata)
    rates = [found.loc[mask, "bought"].sum() / n for mask, n in zip((quick, ~quick), sizes, strict=True)]
    rows = []
    for first, last in BANDS:
        inside = found[(found["hours"] > first) | (first == 0)]
        inside = inside[inside["hours"] <= last] if last else inside
        n, bought = int(inside["inquiries"].sum()), int(inside["bought"].sum())
        if n < k:
            continue
        bounds = wilson(bought, n)
        rows.append((first, last, n, bought, bought / n, *bounds))
    table = pd.DataFrame(rows, columns=["first", "last", "inquiries", "bought", "rate", "low", "high"])
    return table.assign(gap=gap, gap_low=low, gap_high=high, fast=sizes[0], slow=sizes[1], fast_rate=rates[0], slow_rate=rates[1])


def mantel_haenszel(strata: Sequence[tuple[int, ...]]) -> tuple[float, float, float]:
    """The common difference of two rates over strata (a of n, b of m), with Sato's 95 % interval; NaN without a stratum of
    both."""
    used = [(a, n, b, m) for a, n, b, m in strata if n and m]
    weight = sum(n * m / (n + m) for _, n, _, m in used)
    if not weight:
        return math.nan, math.nan, math.nan
    gap = sum((a * m - b * n) / (n + m) for a, n, b, m in used) / weight
    p = sum((n * n * b - m * m * a + n * m * (m - n) / 2) / (n + m) ** 2 for a, n, b, m in used)
    q = sum((a * (m - b) + b * (n - a)) / (2 * (n + m)) for a, n, b, m in used)
    half = Z * math.sqrt(max(0.0, gap * p + q)) / weight
    return gap, gap - half, gap + half


def slowest(table: pd.DataFrame) -> dict[str, object]:
    """The reason with the largest share of complaints among those with FEWEST inquiries (`handling`); all where none is so
    large."""
    named = [row for row in records(table) if row["reason"] not in (ALL, OTHERS) and row["inquiries"] >= FEWEST]
    named = [row for row in named if not math.isnan(row["complaint_share"])]
    return max(named, key=lambda row: float(row["complaint_share"]), default=records(table)[-1])
