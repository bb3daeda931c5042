"""Response to messages by channel: delivered, opened, clicked, bought within DAYS days; opted out.

Rates are per message sent and per message delivered; the same people get many, so intervals take customers as units (a ratio of
two sums over customers). Whoever was left out for comparison got nothing and is not here: what a message *does* is a question of
the effect review, which has those people. Here channels differ also because their recipients do.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.estimates import ENOUGH, UNKNOWN, Estimate, ratio
from crm_helpers.params.periods import Periods

DAYS = 14
STEPS = ("delivered", "opened", "clicked", "bought", "opted_out")
RESPONSES = ("opened", "clicked", "bought")  # per message delivered
SHOWN = 5
OTHERS, UNNAMED = "response.others", "response.unnamed"


@needs("contacts.sent_at", "contacts.channel", "order_lines.customer_id")
def by_channel(tables: Tables, *, as_of: datetime.date, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Messages of the current period that were sent at least DAYS days before `as_of`, by channel, most messages first.

    A step is known for a channel when at least one of its messages has it: nobody records who opened a letter, and no opt-out
    at all cannot be told from none recorded. Deliveries are known when the column is filled. Orders of a contract are not
    counted as bought.

    Returns:
        One row a `channel`: `sent`, `customers`, and for each step of STEPS its count `<step>`, rate `<step>_rate` with
        `<step>_low`, `<step>_high` (95 %). Delivered and opted out are per message sent, the others per message delivered
        (sent where deliveries are not known); NaN where the step is not known or has under `k`
        (`<step>_few`). On every row `first`, `last` (ISO days).
    """
    if periods is None:
        return Unavailable("response.by_channel", reason="sales.too_short")
    first = periods.current.start
    last = min(periods.current.end, as_of - datetime.timedelta(days=DAYS))
    found = _sums(tables, first, last)
    floor = max(ENOUGH, k)
    own = found[found["customers"] >= floor].head(SHOWN)
    rest = found.drop(own.index)
    if not len(own):
        return Unavailable("response.by_channel", reason="response.few", facts={"n": floor, "days": DAYS})
    rows = [_row(row, k) for row in records(own)]
    if len(rest) and int(rest["customers"].sum()) >= floor:
        sums: dict[Any, Any] = rest.drop(columns="channel").sum().to_dict()
        rows.append(_row(sums | {"channel": OTHERS}, k))
    return pd.DataFrame(rows).assign(first=first.isoformat(), last=last.isoformat())


def _sums(tables: Tables, first: datetime.date, last: datetime.date) -> pd.DataFrame:
    """Per channel over customers: s sent, d delivered and each step: Σ, Σ of squares, Σ of products with s or d."""
    per_delivered = ", ".join(f"sum({z}) as {z}, sum({z} * {z}) as {z}_xx, sum({z} * d) as {z}_xy" for z in RESPONSES)
    return tables.sql(
        f"""
        with sent as (
          select customer_id, coalesce(nullif(trim(channel), ''), :unnamed) as channel, cast(sent_at as date) as sent_on,
                 delivered, opened_at, clicked_at, opted_out_at
          from contacts where sent_at is not null and cast(sent_at as date) between :first and :last
            and coalesce(arm, '') <> 'control'),
        days as (
          select distinct customer_id, ordered_on from orders where is_order and contract_id is null and customer_id is not null),
        followed as (
          select distinct sent.customer_id, sent.sent_on from sent
          join days on days.customer_id = sent.customer_id
            and date_diff('day', sent.sent_on, days.ordered_on) between 0 and :days),
        known as (
          select channel, count(delivered) as deliveries, count(opened_at) as openings, count(clicked_at) as clicks
          from sent group by channel),
        marked as (
          select sent.channel, sent.customer_id,
                 case when known.deliveries > 0 and not coalesce(sent.delivered, false) then 0.0 else 1.0 end as arrived,
                 case when sent.opened_at is not null then 1.0 else 0.0 end as opened,
                 case when sent.clicked_at is not null then 1.0 else 0.0 end as clicked,
                 case when followed.customer_id is not null then 1.0 else 0.0 end as bought,
                 case when sent.opted_out_at is not null then 1.0 else 0.0 end as opted_out,
                 known.deliveries, known.openings, known.clicks
          from sent join known on known.channel = sent.channel
          left join followed on followed.customer_id = sent.customer_id and followed.sent_on = sent.sent_on),
        each as (
          select channel, customer_id, cast(count(*) as double) as s, cast(sum(arrived) as double) as d,
                 {", ".join(f"cast(sum({z} * arrived) as double) as {z}" for z in RESPONSES)},
                 cast(sum(opted_out) as double) as o, min(deliveries) as deliveries, min(openings) as openings,
                 min(clicks) as clicks
          from marked group by channel, customer_id)
        select channel, count(*) as customers, sum(s) as s, sum(d) as d, sum(s * s) as ss, sum(d * d) as dd, sum(s * d) as sd,
               sum(o) as o, sum(o * o) as oo, sum(o * s) as os, {per_delivered}, min(deliveries) as deliveries,
               min(openings) as openings, min(clicks) as clicks
        from each group by channel order by s desc, channel
        """,
        first=first,
        last=last,
        days=DAYS,
        unnamed=UNNAMED,
    )


def _row(s: Mapping[Any, Any], k: int) -> dict[str, Any]:
    """One channel's counts, and rates with intervals of the steps that are recorded for it."""
    n = float(s["customers"])
    row: dict[str, Any] = {"channel": s["channel"], "sent": int(s["s"]), "customers": int(n)}
    told = {"delivered": s["deliveries"], "opened": s["openings"], "clicked": s["clicks"], "bought": 1, "opted_out": s["o"]}
    found = {
        "delivered": (s["d"], ratio(n, s["d"], s["s"], s["dd"], s["sd"], s["ss"])),
        "opted_out": (s["o"], ratio(n, s["o"], s["s"], s["oo"], s["os"], s["ss"])),
        **{z: (s[z], ratio(n, s[z], s["d"], s[f"{z}_xx"], s[f"{z}_xy"], s["dd"])) for z in RESPONSES},
    }
    for step in STEPS:
        count, rate = found[step]
        few = bool(told[step]) and 0 < count < k
        known = bool(told[step]) and not few
        row |= {step: int(count) if known else pd.NA, f"{step}_few": few}
        row |= _rate(step, count, s["s"], rate if known else UNKNOWN, known=known)
    return row


def _rate(step: str, count: float, sent: float, rate: Estimate, *, known: bool) -> dict[str, float]:
    """Rate and bounds of a step; of none among many the upper bound is the rule of three (3/n), the lower 0."""
    if known and not count:
        return {f"{step}_rate": 0.0, f"{step}_low": 0.0, f"{step}_high": min(1.0, 3 / sent)}
    return {f"{step}_rate": rate.value, f"{step}_low": rate.low, f"{step}_high": min(1.0, rate.high)}
