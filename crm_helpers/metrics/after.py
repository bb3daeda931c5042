"""What the difference to the hold-out becomes as days go by: inside the window, after it, and half a year on.

The running sum of gross profit per person is followed from the day of assignment; its square grows by (c + g)² − c² with each
purchase, so SQL hands over days only, whatever the size of the client. Adjusted by the spending before, as in `metrics.effect`.
"""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.arms import Moments, total
from crm_helpers.metrics.effect import AFTER, FOLLOWED, money_days, people, sums

LONG = (30, 90, FOLLOWED)  # days on which treated and held out are compared beyond a campaign


def running(
    tables: Tables, *, effects: pd.DataFrame | Unavailable, as_of: datetime.date, tax_included: bool
) -> pd.DataFrame | Unavailable:
    """The difference in gross profit, all treated together, summed up to each day of the window and the 28 days after it.

    Of the judged campaigns whose window and 28 days are over, by send; the one that was pulled forward first, then the largest.
    The first has every day, the others the last of the window and the last of all.

    Returns:
        `id`, `name`, `window`, `cost`, `pulled`, `day` (from 1), `treated`, `left_out`, `value`, `low`, `high` (minor units).
    """
    if isinstance(effects, Unavailable):
        return Unavailable("after.running", effects.missing, effects.reason, effects.facts)
    rows = [row for row in records(effects) if not pd.isna(row["whole"])]
    if not rows:
        return Unavailable("after.running", reason="after.none")
    rows.sort(key=lambda row: (row["pulled"] != "yes", row["pulled"] != "maybe", -abs(row["inside"])))
    flows = _flows(tables, effects, {int(row["window"]) + AFTER for row in rows}, as_of, tax_included)
    found = []
    for place, row in enumerate(rows):
        days = int(row["window"]) + AFTER
        told = {name: row[name] for name in ("id", "name", "window", "cost", "pulled")}
        for day in (int(row["window"]), days) if place else range(1, days + 1):
            found.append(told | _difference(flows, row, day, watched=days))
    return pd.DataFrame(found)


def long_run(tables: Tables, *, effects: pd.DataFrame | Unavailable, as_of: datetime.date, tax_included: bool) -> pd.DataFrame:
    """Gross profit per person of the treated less that of the hold-out, 30, 90 and 180 days on, of sends watched that long.

    Returns:
        `id`, `name`, `days`, `treated`, `left_out`, `value`, `low`, `high` (minor units per person); no row where nobody was
        watched for so many days, or nothing was judged.
    """
    names = ["id", "name", "days", "treated", "left_out", "value", "low", "high"]
    if isinstance(effects, Unavailable) or effects["profit"].isna().all():
        return pd.DataFrame(columns=names)
    rows = [row for row in records(effects) if not pd.isna(row["profit"])]
    flows = _flows(tables, effects, set(LONG), as_of, tax_included)
    found = []
    for row in rows:
        for days in LONG:
            told = _difference(flows, row, days, watched=days)
            if told["treated"]:
                each = {name: told[name] / told["treated"] for name in ("value", "low", "high")}
                found.append({"id": row["id"], "name": row["name"], "days": days} | told | each)
    return pd.DataFrame(found, columns=names)


def _flows(tables: Tables, effects: pd.DataFrame, horizons: set[int], as_of: datetime.date, tax_included: bool) -> pd.DataFrame:
    """Per send, arm, horizon and day: what is added to the sums of people, profit, its square, and with the spending before.

    Who is in are those whose so many days are over. Day −1 carries, in two rows, the people and their spending before.
    """
    ids = sorted({i for row in records(effects) if row["grade"] in ("A", "B") for i in str(row["ids"]).split()})
    run = tables.hold(
        "running_profit",
        f"""
        with flows as (
          select b.campaign_id, b.customer_id, b.held, b.since, b.x, date_diff('day', b.since, d.ordered_on) as day,
                 cast(d.profit as double) as g
          from {sums(tables, as_of=as_of, tax_included=tax_included)} b
          join {money_days(tables, tax_included=tax_included)} d on d.customer_id = b.customer_id
            and date_diff('day', b.since, d.ordered_on) between 0 and b.days + :most - 1
          where b.campaign_id in (:ids))
        select campaign_id, held, since, x, day, g,
               sum(g) over (partition by campaign_id, customer_id order by day rows unbounded preceding) as c
        from flows
        """,
        ids=ids,
        most=FOLLOWED,
    )
    return tables.sql(
        f"""
        with horizons as ({" union all ".join(f"select {days} as horizon" for days in sorted(horizons))})
        select b.campaign_id, b.held, h.horizon, -1 as day, count(*) as n, cast(0 as double) as x, cast(0 as double) as xx,
               cast(0 as double) as y, cast(0 as double) as yy, cast(0 as double) as xy
        from {people(tables)} b join horizons h on date_diff('day', b.since, :as_of) >= h.horizon - 1
        where b.campaign_id in (:ids) group by b.campaign_id, b.held, h.horizon
        union all
        select b.campaign_id, b.held, h.horizon, -1, 0, sum(b.x), sum(b.x * b.x), 0, 0, 0
        from {sums(tables, as_of=as_of, tax_included=tax_included)} b join horizons h on b.watched >= h.horizon - 1
        where b.campaign_id in (:ids) group by b.campaign_id, b.held, h.horizon
        union all
        select r.campaign_id, r.held, h.horizon, r.day, 0, 0, 0, sum(r.g), sum(r.c * r.c - (r.c - r.g) * (r.c - r.g)),
               sum(r.x * r.g)
        from {run} r join horizons h on date_diff('day', r.since, :as_of) >= h.horizon - 1 and r.day < h.horizon
        group by r.campaign_id, r.held, h.horizon, r.day
        order by campaign_id, held, horizon, day
        """,
        ids=ids,
        as_of=as_of,
    )


def _difference(flows: pd.DataFrame, row: dict[str, Any], day: int, *, watched: int) -> dict[str, Any]:
    """The difference summed over the first `day` days, of the sends of a campaign with `watched` days behind them."""
    mine = flows[flows["campaign_id"].isin(str(row["ids"]).split()) & (flows["horizon"] == watched) & (flows["day"] < day)]
    sums = mine.groupby(["campaign_id", "held"])[["n", "y", "yy", "x", "xx", "xy"]].sum()
    arms = {
        key: Moments(int(part["n"]), *(float(part[name]) for name in ("y", "yy", "x", "xx", "xy")))
        for key, part in sums.iterrows()
    }
    sends = sorted({str(key[0]) for key in arms})  # type: ignore[index]
    pairs = [(arms[i, 0], arms[i, 1]) for i in sends if (i, 0) in arms and (i, 1) in arms]
    pairs = [pair for pair in pairs if min(arm.n for arm in pair) > 1]
    told = {"day": day, "treated": sum(t.n for t, _ in pairs), "left_out": sum(c.n for _, c in pairs)}
    if not pairs:
        return told | dict.fromkeys(("value", "low", "high"), float("nan"))
    found = total(pairs)
    return told | {"value": found.value, "low": found.low, "high": found.high}
