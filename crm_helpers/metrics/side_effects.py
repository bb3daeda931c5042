"""What campaigns cost besides money: people who opt out, complaints, reductions given away, sends to those who had refused."""

from __future__ import annotations

import datetime
import math

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.arms import Moments, rate_gap, total
from crm_helpers.metrics.effect import people
from crm_helpers.metrics.intervals import wilson


@needs("contacts.opted_out_at")
def by_campaign(
    tables: Tables, *, effects: pd.DataFrame | Unavailable, as_of: datetime.date, k: int
) -> pd.DataFrame | Unavailable:
    """Opt-outs of what arrived, and, where a hold-out holds, complaints and reductions against it.

    Returns:
        `id`, `name`, `channel`, `arrived`, `opted_out`, `rate`, `low`, `high` (Wilson), `complaint`, `complaint_low`,
        `complaint_high` (difference of the share that complained in the window, Newcombe), `discount`, `discount_low`,
        `discount_high` (reductions the treated got beyond the hold-out's, minor units, all treated); NaN where there is nothing
        to compare. The rate is NaN where the channel never records an opt-out, and where fewer than `k` people opted
        out (`hidden`).
    """
    if isinstance(effects, Unavailable):
        return Unavailable("side_effects.by_campaign", effects.missing, effects.reason, effects.facts)
    sent, arms = _sent(tables, as_of), _arms(tables, as_of)
    recorded = set(tables.sql("select distinct channel from contacts where opted_out_at is not null")["channel"])
    rows = []
    for row in records(effects):
        ids = str(row["ids"]).split()
        mine = sent[sent["campaign_id"].isin(ids)]
        arrived, out = int(mine["arrived"].sum()), int(mine["opted_out"].sum())
        if not arrived:
            continue
        low, high = wilson(out, arrived)
        told = {"id": row["id"], "name": row["name"], "channel": row["channel"], "arrived": arrived, "opted_out": out}
        small = 0 < out < k
        unknown = row["channel"] not in recorded and not out
        told |= {"hidden": small, "rate": math.nan if small or unknown else out / arrived, "low": low, "high": high}
        rows.append(told | (_against(arms, ids) if row["grade"] == "A" else dict.fromkeys(_COMPARED, math.nan)))
    if not rows:
        return Unavailable("side_effects.by_campaign", reason="side_effects.none")
    return pd.DataFrame(rows).sort_values(["rate", "id"], ascending=[False, True], ignore_index=True)


@needs("contacts.opted_out_at", "contacts.sent_at")
def sent_after_refusal(tables: Tables) -> pd.DataFrame | Unavailable:
    """People who opted out of a channel and were sent something by it later than the day after.

    Returns:
        One row: `refused` (people who could be sent to afterwards), `still` (of them, sent to), `messages`, `low`, `high` (of
        the share).
    """
    found = tables.sql(
        """
        with refused as (
          select customer_id, channel, min(opted_out_at) as since from contacts
          where opted_out_at is not null group by customer_id, channel),
        last as (select max(sent_at) as sent_at from contacts),
        later as (
          select r.customer_id, r.channel, count(k.contact_id) as messages, min(r.since) as since
          from refused r left join contacts k on k.customer_id = r.customer_id and k.channel = r.channel
            and date_diff('day', r.since, k.sent_at) > 1
          group by r.customer_id, r.channel)
        select count(distinct l.customer_id) as refused,
               count(distinct case when l.messages > 0 then l.customer_id end) as still,
               cast(coalesce(sum(l.messages), 0) as bigint) as messages
        from later l cross join last where date_diff('day', l.since, last.sent_at) > 1
        """
    )
    refused, still = int(found["refused"].iloc[0]), int(found["still"].iloc[0])
    low, high = wilson(still, refused)
    return found.assign(low=low, high=high)


_COMPARED = tuple(f"{name}{end}" for name in ("complaint", "discount") for end in ("", "_low", "_high"))


def _sent(tables: Tables, as_of: datetime.date) -> pd.DataFrame:
    """What arrived and who opted out, by campaign: from the log, and from counts where only those are left."""
    return tables.sql(
        """
        select campaign_id, count(*) as arrived, count(opted_out_at) as opted_out from contacts
        where sent_at is not null and (delivered is null or delivered) and cast(sent_at as date) <= :as_of
        group by campaign_id
        union all
        select campaign_id, cast(sum(coalesce(delivered, sent)) as bigint), cast(sum(opted_out) as bigint) from contact_totals
        where opted_out is not null group by campaign_id
        """,
        as_of=as_of,
    )


def _arms(tables: Tables, as_of: datetime.date) -> dict[tuple[str, bool], dict[str, float]]:
    """By campaign and arm: people whose window is over, who complained in it, and sums of the reductions they got."""
    found = tables.sql(
        f"""
        with contacted as (select * from {people(tables)}),
        given as (
          select customer_id, ordered_on, cast(sum(coalesce(discount, 0)) as bigint) as discount from order_lines
          where customer_id is not null and discount <> 0 group by customer_id, ordered_on),
        reduced as (
          select a.campaign_id, a.customer_id, min(a.held) as held, cast(coalesce(sum(g.discount), 0) as double) as d
          from contacted a left join given g on g.customer_id = a.customer_id
            and date_diff('day', a.since, g.ordered_on) between 0 and a.days - 1
          where date_diff('day', a.since, :as_of) >= a.days - 1 group by a.campaign_id, a.customer_id),
        complained as (
          select distinct a.campaign_id, a.customer_id from contacted a join inquiries i on i.customer_id = a.customer_id
          where i.complaint and date_diff('day', a.since, i.opened_at) between 0 and a.days - 1)
        select r.campaign_id, r.held, count(*) as n, count(p.customer_id) as complaints, sum(r.d) as d, sum(r.d * r.d) as dd
        from reduced r left join complained p on p.campaign_id = r.campaign_id and p.customer_id = r.customer_id
        group by r.campaign_id, r.held
        """,
        as_of=as_of,
    )
    return {(str(row["campaign_id"]), bool(row["held"])): row for row in records(found)}


def _against(arms: dict[tuple[str, bool], dict[str, float]], ids: list[str]) -> dict[str, float]:
    pairs = [(arms[i, False], arms[i, True]) for i in ids if (i, False) in arms and (i, True) in arms]
    pairs = [pair for pair in pairs if min(arm["n"] for arm in pair) > 1]
    if not pairs:
        return dict.fromkeys(_COMPARED, math.nan)
    gap = rate_gap([(int(t["complaints"]), int(t["n"]), int(c["complaints"]), int(c["n"])) for t, c in pairs])
    given = total(
        [(Moments(int(t["n"]), t["d"], t["dd"]), Moments(int(c["n"]), c["d"], c["dd"])) for t, c in pairs], adjusted=False
    )
    told = {"complaint": gap.value, "complaint_low": gap.low, "complaint_high": gap.high}
    return told | {"discount": given.value, "discount_low": given.low, "discount_high": given.high}
