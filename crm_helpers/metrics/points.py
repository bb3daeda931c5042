"""Points that customers still hold: what was granted, used and expired, and when the rest runs out.

What a customer used or lost is taken from the points that run out first (those without a day last): the client's system may
book it otherwise, but the sum of what is left is the same. Outstanding points are counted at their face value; what of them
will be used is told by the points whose fate is known, and is no forecast.
"""

from __future__ import annotations

import datetime
import math
from decimal import Decimal

import pandas as pd

from crm_helpers.data.contract.model import EXPONENT
from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import Z
from crm_helpers.params.periods import first_day, month_key

SHOWN = 24  # months
AHEAD = (1, 3, 6, 12)  # upper bounds of the months to the day of expiry
OVERDUE, UNDATED = "overdue", "undated"
KINDS = ("granted", "used", "expired", "returned")


@needs("points.points")
def by_month(tables: Tables, *, as_of: datetime.date) -> pd.DataFrame | Unavailable:
    """Points booked by month and what was outstanding at its end; at most the last 24 months.

    Returns:
        `month` (ISO first day), `granted`, `used`, `expired`, `returned` (taken back with goods), `outstanding`.
    """
    found = tables.sql(
        """
        select year(booked_on) * 12 + month(booked_on) - 1 as month, kind, cast(sum(abs(points)) as bigint) as points
        from points where booked_on <= :as_of group by year(booked_on) * 12 + month(booked_on) - 1, kind
        """,
        as_of=as_of,
    )
    if not len(found):
        return Unavailable("points.by_month", reason="points.nothing")
    wide = found.pivot_table(index="month", columns="kind", values="points", aggfunc="sum", fill_value=0)
    wide = wide.reindex(range(int(found["month"].min()), month_key(as_of) + 1), fill_value=0)
    wide = wide.reindex(columns=list(KINDS), fill_value=0).astype("int64")
    wide["outstanding"] = (wide["granted"] - wide["used"] - wide["expired"] - wide["returned"]).cumsum()
    table = wide.tail(SHOWN).reset_index()
    return table.assign(month=[first_day(int(month)).isoformat() for month in table["month"]])[["month", *KINDS, "outstanding"]]


@needs("points.points")
def outstanding(
    tables: Tables, *, as_of: datetime.date, k: int, value: Decimal | None = None, currency: str = "JPY"
) -> pd.DataFrame | Unavailable:
    """The points that are held on `as_of` by when they run out.

    Args:
        value: of one point in the currency's own unit; None where it is not known.

    Returns:
        One row a `due`: 1, 3, 6, 12 (months to the last day, at most), later, undated, overdue (run out, not booked as such):
        `points`, `customers` (NaN for 1 to `k` − 1, and then their points, too), `money` (minor units; NaN without a value). The
        table's `attrs`: `granted`, `used`, `expired`, `returned`, `holders`, `held` (all outstanding), `short` (booked out beyond
        what was granted: points from before the data), and of the grants that ran out by `as_of` `run_out`, `used_share`, `low`,
        `high` (95 % over customers).
    """
    days = "e.expires_on" if tables.has("points.expires_on") else "cast(null as date)"
    names = {f"m{n}": _months_on(as_of, month) for n, month in enumerate(AHEAD)}
    due = " ".join(f"when expires_on <= :m{n} then '{month}'" for n, month in enumerate(AHEAD))
    lots = f"""
        with lots as (
          select e.customer_id, e.points, {days} as expires_on,
                 cast(sum(e.points) over (partition by e.customer_id order by coalesce({days}, :never), e.booked_on, e.point_id
                   rows between unbounded preceding and current row) as bigint) as upto
          from points e where e.kind = 'granted' and e.booked_on <= :as_of),
        gone as (
          select customer_id, cast(sum(abs(points)) as bigint) as taken,
                 cast(sum(case when kind = 'used' then abs(points) else 0 end) as bigint) as used
          from points where kind <> 'granted' and booked_on <= :as_of group by customer_id),
        rest as (
          select l.customer_id, l.expires_on, l.points, coalesce(g.used, 0) as used,
                 case when l.upto <= coalesce(g.taken, 0) then 0 when l.upto - l.points >= coalesce(g.taken, 0) then l.points
                      else l.upto - coalesce(g.taken, 0) end as held
          from lots l left join gone g on g.customer_id = l.customer_id)"""
    held = tables.sql(
        f"""{lots}
        select case when expires_on is null then '{UNDATED}' when expires_on < :as_of then '{OVERDUE}' {due}
                    else 'later' end as due,
               cast(sum(held) as bigint) as points, count(distinct customer_id) as customers
        from rest where held > 0
        group by case when expires_on is null then '{UNDATED}' when expires_on < :as_of then '{OVERDUE}' {due} else 'later' end
        """,
        as_of=as_of,
        never=datetime.date(9999, 12, 31),
        **names,
    )
    whole = _whole(tables, as_of)
    if not whole["granted"]:
        return Unavailable("points.outstanding", reason="points.nothing")
    order = [*map(str, AHEAD), "later", UNDATED, OVERDUE]
    table = held.set_index("due").reindex([name for name in order if name in set(held["due"])]).reset_index()
    few = table["customers"].between(1, k - 1)
    table["points"] = table["points"].astype(float).mask(few)
    table["customers"] = table["customers"].astype(float).mask(few)
    minor = None if value is None else value * 10 ** EXPONENT[currency]
    table["money"] = [math.nan if minor is None or math.isnan(p) else float(round(Decimal(p) * minor)) for p in table["points"]]
    table.attrs |= whole | {"held": int(held["points"].sum()), "each": math.nan if minor is None else float(minor)}
    return table


def _months_on(day: datetime.date, count: int) -> datetime.date:
    """The last day of `count` months from `day`: the same day of the month, or the month's last."""
    key = month_key(day) + count
    last = (first_day(key + 1) - datetime.timedelta(days=1)).day
    return (
        first_day(key).replace(day=min(day.day, last))
        if (day + datetime.timedelta(days=1)).day != 1
        else first_day(key).replace(day=last)
    )


def _whole(tables: Tables, as_of: datetime.date) -> dict[str, float]:
    """What was booked in all, by customer, with the share of points that ran out used rather than lost."""
    row = records(
        tables.sql(
            """
            with each as (
              select customer_id, cast(sum(case when kind = 'granted' then points else 0 end) as bigint) as granted,
                     cast(sum(case when kind = 'used' then abs(points) else 0 end) as bigint) as used,
                     cast(sum(case when kind = 'expired' then abs(points) else 0 end) as bigint) as expired,
                     cast(sum(case when kind = 'returned' then abs(points) else 0 end) as bigint) as returned
              from points where booked_on <= :as_of group by customer_id)
            select cast(sum(granted) as bigint) as granted, cast(sum(used) as bigint) as used,
                   cast(sum(expired) as bigint) as expired, cast(sum(returned) as bigint) as returned,
                   cast(sum(case when granted > used + expired + returned then 1 else 0 end) as bigint) as holders,
                   cast(sum(case when granted < used + expired + returned then used + expired + returned - granted else 0 end)
                     as bigint) as short,
                   cast(sum(case when used + expired > 0 then 1 else 0 end) as bigint) as settled,
                   sum(cast(used as double) * used) as uu, sum(cast(used + expired as double) * (used + expired)) as tt,
                   sum(cast(used as double) * (used + expired)) as ut
            from each
            """,
            as_of=as_of,
        )
    )[0]
    told = {name: int(row[name]) if row[name] == row[name] else 0 for name in (*KINDS, "holders", "short", "settled")}
    total = told["used"] + told["expired"]
    if not total or told["settled"] < 2:
        return told | {"used_share": math.nan, "low": math.nan, "high": math.nan}
    rate, n = told["used"] / total, told["settled"]
    # a ratio of two sums over customers: delta method, the residuals are used − rate × (used + expired)
    spread = (row["uu"] - 2 * rate * row["ut"] + rate * rate * row["tt"]) * n / (n - 1)
    reach = Z * math.sqrt(max(spread, 0.0)) / total
    return told | {"used_share": rate, "low": max(0.0, rate - reach), "high": min(1.0, rate + reach)}
