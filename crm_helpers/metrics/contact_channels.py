"""Channels beside each other, and wide lists beside narrow ones: what arrived, was opened, clicked and refused.

These are responses of those who were written to. They say how a message was received, not what it added.
"""

from __future__ import annotations

import datetime
import math

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.arms import rate_gap
from crm_helpers.metrics.intervals import wilson
from crm_helpers.params.periods import Periods

WIDE = 0.5  # a list of at least this part of the channel's longest is a send to everybody
FEWEST = 100  # messages that arrived under which a send has no rate of its own


def sends(tables: Tables, *, as_of: datetime.date, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """Every campaign of the current period by channel: how many were sent, arrived, opened, clicked, refused, and the cost.

    Returns:
        `campaign_id`, `name`, `channel`, `sent`, `arrived`, `opened`, `clicked`, `opted_out` (NaN where it is never recorded for
        the channel), `cost` (minor units), `list` (people of one day at most: a campaign that goes on has short lists).
    """
    if not (tables.has("contacts") or tables.has("contact_totals")):
        return Unavailable("contact_channels.sends", ("contacts",))
    start, end = (periods.current.start, periods.current.end) if periods else (datetime.date.min, as_of)
    found = tables.sql(
        """
        with daily as (
          select campaign_id, channel, cast(sent_at as date) as sent_on, count(*) as sent,
                 cast(sum(case when delivered is null or delivered then 1 else 0 end) as bigint) as arrived,
                 count(opened_at) as opened, count(clicked_at) as clicked, count(opted_out_at) as opted_out,
                 cast(sum(cost) as bigint) as cost
          from contacts where sent_at is not null and cast(sent_at as date) between :start and :end
          group by campaign_id, channel, cast(sent_at as date)
          union all
          select campaign_id, channel, sent_on, sent, coalesce(delivered, sent), opened, clicked, opted_out, cast(null as bigint)
          from contact_totals where sent_on between :start and :end)
        select d.campaign_id, min(coalesce(c.name, d.campaign_id)) as name, coalesce(d.channel, '') as channel,
               cast(sum(d.sent) as bigint) as sent, cast(sum(d.arrived) as bigint) as arrived,
               cast(sum(d.opened) as bigint) as opened, cast(sum(d.clicked) as bigint) as clicked,
               cast(sum(d.opted_out) as bigint) as opted_out, cast(sum(d.cost) as bigint) as cost, max(d.sent) as list
        from daily d left join campaigns c on c.campaign_id = d.campaign_id
        group by d.campaign_id, coalesce(d.channel, '') order by d.campaign_id, channel
        """,
        start=start,
        end=end,
    )
    if not len(found):
        return Unavailable("contact_channels.sends", reason="contact_channels.none")
    for name in ("opened", "clicked", "opted_out"):  # a channel that never records it did not measure it
        sums = found.groupby("channel")[name].transform("sum")
        found[name] = found[name].astype("float64").where(sums > 0)
    return found


def compared(sent: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """The channels: rates of what arrived, with Wilson's interval, and the cost of a message.

    Returns:
        `channel`, `sends`, `sent`, `arrived`, and for `arrival` (of sent), `open`, `click`, `opt_out` (of arrived) the rate with
        `_low` and `_high`, NaN where not measured; `cost` a message in minor units.
    """
    if isinstance(sent, Unavailable):
        return sent
    rows = []
    for channel, part in sent.groupby("channel"):
        sums = part[["sent", "arrived", "cost"]].sum()
        row: dict[str, object] = {
            "channel": channel,
            "sends": len(part),
            "sent": int(sums["sent"]),
            "arrived": int(sums["arrived"]),
        }
        spent = part["cost"].notna().any() and int(sums["sent"])
        row["cost"] = float(sums["cost"]) / int(sums["sent"]) if spent else math.nan
        for name, of, column in (
            ("arrival", "sent", "arrived"),
            ("open", "arrived", "opened"),
            ("click", "arrived", "clicked"),
            ("opt_out", "arrived", "opted_out"),
        ):
            told = part[part[column].notna()]
            count, n = int(told[column].sum()), int(told[of].sum())
            low, high = wilson(count, n)
            row |= {name: count / n if n else math.nan, f"{name}_low": low, f"{name}_high": high}
        rows.append(row)
    return pd.DataFrame(rows).sort_values(["sent", "channel"], ascending=[False, True], ignore_index=True)


def breadth(sent: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """Clicks of wide and of narrow lists, channel by channel, put together.

    Returns:
        One row: `wide`, `narrow` (messages that arrived), `wide_rate`, `narrow_rate` (at the channels' mix of the narrow lists),
        `gap`, `low`, `high` (narrow less wide, stratified by channel; NaN without both kinds in a channel).
    """
    if isinstance(sent, Unavailable):
        return sent
    strata = []
    for _, part in sent[sent["clicked"].notna()].groupby("channel"):
        wide = part["list"] >= WIDE * part["list"].max()
        big, small = part[wide], part[~wide]
        if min(big["arrived"].sum(), small["arrived"].sum()) >= FEWEST:
            strata.append(tuple(int(p[name].sum()) for p in (small, big) for name in ("clicked", "arrived")))
    if not strata:
        return pd.DataFrame([dict.fromkeys(("wide", "narrow", "wide_rate", "narrow_rate", "gap", "low", "high"), math.nan)])
    told = rate_gap([(a, b, c, d) for a, b, c, d in strata])
    narrow = sum(n for _, n, _, _ in strata)
    rate = sum(count for count, _, _, _ in strata) / narrow
    row = {"wide": sum(n for _, _, _, n in strata), "narrow": narrow, "narrow_rate": rate, "wide_rate": rate - told.value}
    return pd.DataFrame([row | {"gap": told.value, "low": told.low, "high": told.high}])


def kept(sent: pd.DataFrame) -> pd.DataFrame:
    """The sends with enough messages for a rate of their own, `click` with `low` and `high`."""
    told = sent[sent["clicked"].notna() & (sent["arrived"] >= FEWEST)]
    rows = []
    for row in records(told):
        low, high = wilson(int(row["clicked"]), int(row["arrived"]))
        rows.append(row | {"click": row["clicked"] / row["arrived"], "low": low, "high": high})
    return pd.DataFrame(rows)
