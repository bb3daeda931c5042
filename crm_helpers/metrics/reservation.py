"""Bookings: what became of them, when people return, and what a next booking goes with. Counted by the day the visit was due."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import newcombe, wilson
from crm_helpers.metrics.repeat import FEWEST, kaplan_meier

HORIZON = 365
WINDOW = 90  # days in which a visit counts as a return
PARTS = ("channel", "menu")
SHOWN = 8
ALL = "reservation.all"


@needs("reservations.status")
def outcomes(tables: Tables, *, as_of: datetime.date, k: int) -> pd.DataFrame | Unavailable:
    """Bookings due in the last 365 days (all when fewer than FEWEST) that were kept, cancelled or not honoured, by part.

    Returns:
        One row a part (`dimension`, `element`; ALL first): `n`, `kept`, `cancelled`, `no_show`, `unknown` (still booked after
        the day),
        `rate`, `low`, `high` (kept, Wilson), `missed`, `missed_low`, `missed_high` (no-show), `gap`, `gap_low`, `gap_high`
        (kept, to the
        others); on all rows `start`, `end` (ISO).
    """
    day = "cast(visit_at as date)"
    dims = [name for name in PARTS if tables.has(f"reservations.{name}")]
    parts = " union all ".join(
        [
            "select '' as dimension, '' as element, status from due",
            *(f"select '{d}' as dimension, {d} as element, status from due where {d} is not null" for d in dims),
        ]
    )
    for start in (as_of - datetime.timedelta(days=364), datetime.date(1900, 1, 1)):
        found = tables.sql(
            f"""
            with due as (select * from reservations where {day} between :start and :as_of)
            select dimension, element, count(*) as n, cast(sum(case when status = 'kept' then 1 else 0 end) as bigint) as kept,
                   cast(sum(case when status = 'cancelled' then 1 else 0 end) as bigint) as cancelled,
                   cast(sum(case when status = 'no_show' then 1 else 0 end) as bigint) as no_show,
                   cast(sum(case when status = 'booked' then 1 else 0 end) as bigint) as unknown
            from ({parts}) as told group by dimension, element order by dimension, n desc, element
            """,
            start=start,
            as_of=as_of,
        )
        if len(found) and found["n"].iloc[0] >= FEWEST:
            break
    if not len(found) or found["n"].iloc[0] < FEWEST:
        return Unavailable("reservation.outcomes", reason="reservation.few", facts={"n": FEWEST})
    whole = found.iloc[0]
    rows = []
    for row in records(found):
        if row["dimension"] and row["n"] < max(FEWEST, k):
            continue
        kept, n = int(row["kept"]), int(row["n"])
        gap = newcombe(kept, n, int(whole["kept"]) - kept, int(whole["n"]) - n)
        low, high = wilson(kept, n)
        missed = wilson(int(row["no_show"]), n)
        rows.append(
            row
            | {
                "element": row["element"] if row["dimension"] else ALL,
                "rate": kept / n,
                "low": low,
                "high": high,
                "missed": row["no_show"] / n,
                "missed_low": missed[0],
                "missed_high": missed[1],
                **dict(zip(("gap", "gap_low", "gap_high"), gap, strict=True)),
            }
        )
    first = (
        start.isoformat()
        if start.year > 1900
        else str(tables.sql("select cast(min(visit_at) as date) as d from reservations")["d"].iloc[0])[:10]
    )
    return pd.DataFrame(rows[: SHOWN + 1]).assign(start=first, end=as_of.isoformat())


_VISITS = """
        with kept as (
          select distinct customer_id, cast(visit_at as date) as day from reservations
          where status = 'kept' and customer_id is not null and cast(visit_at as date) <= :as_of),
        seen as (
          select customer_id, day, row_number() over (partition by customer_id order by day) as nth,
                 lead(day) over (partition by customer_id order by day) as next_on from kept)
"""


@needs("reservations.status", "reservations.customer_id")
def returning(tables: Tables, *, as_of: datetime.date) -> pd.DataFrame | Unavailable:
    """The share with a second visit by days since the first, and the cycle of later visits (Kaplan–Meier).

    Returns:
        Per `day` 0–365: `rate`, `low`, `high`; on all rows `customers`, `cycle` (median days between visits of those that
        came, NaN when
        fewer than FEWEST), `cycles` (how many), `booked` (people with a booking still to come).
    """
    found = tables.sql(
        _VISITS
        + """
        select case when date_diff('day', day, coalesce(next_on, :as_of)) < :most then date_diff('day', day, coalesce(next_on,
          :as_of))
                    else :most end as waited,
               case when next_on is not null and date_diff('day', day, next_on) <= :most then 1 else 0 end as came, count(*) as n
        from seen where nth = 1 group by 1, 2 order by 1, 2
        """,
        as_of=as_of,
        most=HORIZON,
    )
    if not len(found) or found["n"].sum() < FEWEST:
        return Unavailable("reservation.returning", reason="reservation.few", facts={"n": FEWEST})
    counts = [np.zeros(HORIZON + 1, int), np.zeros(HORIZON + 1, int)]
    for row in records(found):
        counts[int(row["came"])][int(row["waited"])] += int(row["n"])
    curve = kaplan_meier(counts[1], counts[0]).ffill()
    gaps = tables.sql(
        _VISITS
        + "select date_diff('day', day, next_on) as gap, count(*) as n from seen where next_on is not null group by 1 order by 1",
        as_of=as_of,
    )
    total = int(gaps["n"].sum()) if len(gaps) else 0
    cycle = float(gaps.loc[gaps["n"].cumsum() >= total / 2, "gap"].iloc[0]) if total >= FEWEST else np.nan
    ahead = tables.sql(
        """
        select count(distinct customer_id) as n from reservations
        where status = 'booked' and customer_id is not null and cast(visit_at as date) > :as_of
        """,
        as_of=as_of,
    )
    return curve[["day", "rate", "low", "high"]].assign(
        customers=int(found["n"].sum()), cycle=cycle, cycles=total, booked=int(ahead["n"].iloc[0])
    )


@needs("reservations.status", "reservations.customer_id", "reservations.booked_at")
def next_booking(tables: Tables, *, as_of: datetime.date, k: int) -> pd.DataFrame | Unavailable:
    """Visits watched for 90 days: whether the next one was booked by the day after, and who came back within 90 days.

    Returns:
        Two rows, `booked` True and False: `visits`, `came`, `rate`, `low`, `high`; on all rows `share` (of visits with a next
        booking),
        `share_low`, `share_high`, `gap`, `gap_low`, `gap_high` (of the two rates, Newcombe).
    """
    found = tables.sql(
        _VISITS
        + """,
        ahead as (
          select s.customer_id, s.day, s.next_on,
                 max(case when r.booked_at is not null then 1 else 0 end) as booked
          from seen as s left join reservations as r on r.customer_id = s.customer_id and cast(r.visit_at as date) > s.day
            and date_diff('day', s.day, cast(r.booked_at as date)) <= 1
          where date_diff('day', s.day, :as_of) >= :days group by s.customer_id, s.day, s.next_on)
        select booked, count(*) as visits,
               cast(sum(case when next_on is not null and date_diff('day', day, next_on) <= :days then 1 else 0 end) as bigint)
                 as came
        from ahead group by booked order by booked desc
        """,
        as_of=as_of,
        days=WINDOW,
    )
    if len(found) < 2 or found["visits"].min() < max(FEWEST, k):
        return Unavailable("reservation.next_booking", reason="reservation.few_next", facts={"n": max(FEWEST, k)})
    (yes, other), total = records(found), int(found["visits"].sum())
    rows = []
    for row in (yes, other):
        low, high = wilson(int(row["came"]), int(row["visits"]))
        rows.append(
            {
                "booked": bool(row["booked"]),
                "visits": int(row["visits"]),
                "came": int(row["came"]),
                "rate": row["came"] / row["visits"],
                "low": low,
                "high": high,
            }
        )
    gap = newcombe(int(yes["came"]), int(yes["visits"]), int(other["came"]), int(other["visits"]))
    low, high = wilson(int(yes["visits"]), total)
    return pd.DataFrame(rows).assign(
        share=yes["visits"] / total, share_low=low, share_high=high, **dict(zip(("gap", "gap_low", "gap_high"), gap, strict=True))
    )
