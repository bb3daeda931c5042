"""Stated against actual: who would recommend us and who buys again; how members want to hear from us and how they do.

What people say is compared with what they did afterwards: the last answer of each customer that lies at least DAYS days back,
and orders from the day after it. Who answers at all likes us more than who does not; the page says so.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Mapping

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.domain import usual_values
from crm_helpers.metrics.estimates import ENOUGH, benjamini_hochberg, two_rates
from crm_helpers.metrics.intervals import newcombe, wilson
from crm_helpers.params.periods import Periods

DAYS = 90
GROUPS = {"promoter": (9, 10), "passive": (7, 8), "detractor": (0, 6)}  # of the recommendation score, Reichheld 2003


@needs("surveys.score", "surveys.customer_id", "order_lines.customer_id")
def intentions(tables: Tables, *, as_of: datetime.date, k: int) -> pd.DataFrame | Unavailable:
    """Customers by what they said they would do (recommend us, 0–10), and who ordered within DAYS days after saying so.

    Returns:
        One row a `group` (promoter, passive, detractor, all): `customers`, `bought`, `rate` with `low`, `high` (Wilson),
        `told` (against all others, BH at 5 %), and on every row `gap`, `gap_low`, `gap_high` (promoters less detractors,
        Newcombe), `first`, `last` (ISO days of the answers).
    """
    found = tables.sql(
        """
        with answers as (
          select customer_id, answered_on, score,
                 row_number() over (partition by customer_id order by answered_on desc, score) as nth
          from surveys where measure = 'nps' and customer_id is not null and score between 0 and 10
            and date_diff('day', answered_on, :as_of) >= :days),
        said as (select customer_id, answered_on, score from answers where nth = 1),
        days as (
          select distinct customer_id, ordered_on from orders where is_order and contract_id is null and customer_id is not null),
        marked as (
          select said.customer_id, said.score, said.answered_on,
                 max(case when days.customer_id is not null then 1 else 0 end) as bought
          from said left join days on days.customer_id = said.customer_id
            and date_diff('day', said.answered_on, days.ordered_on) between 1 and :days
          group by said.customer_id, said.score, said.answered_on)
        select score, count(*) as customers, cast(sum(bought) as bigint) as bought, min(answered_on) as first,
               max(answered_on) as last
        from marked group by score order by score
        """,
        as_of=as_of,
        days=DAYS,
    )
    floor = max(ENOUGH, k)
    parts = {name: found[found["score"].between(*ends)] for name, ends in GROUPS.items()}
    sizes = {name: (int(part["bought"].sum()), int(part["customers"].sum())) for name, part in parts.items()}
    if min(sizes["promoter"][1], sizes["detractor"][1]) < floor or sizes["passive"][1] < k:
        return Unavailable("stated.intentions", reason="stated.few", facts={"n": floor, "days": DAYS})
    whole = int(found["bought"].sum()), int(found["customers"].sum())
    rows, chances = [], []
    for name, (bought, n) in (*sizes.items(), ("all", whole)):
        low, high = wilson(bought, n)
        rows.append({"group": name, "customers": n, "bought": bought, "rate": bought / n, "low": low, "high": high})
        chances.append(two_rates(bought, n, whole[0] - bought, whole[1] - n))
    gap, gap_low, gap_high = newcombe(*sizes["promoter"], *sizes["detractor"])
    return pd.DataFrame(rows).assign(
        told=[*benjamini_hochberg(chances[:-1]), False], gap=gap, gap_low=gap_low, gap_high=gap_high,
        first=found["first"].min().date().isoformat(), last=found["last"].max().date().isoformat(),
    )  # fmt: skip


@needs("customers.preferred_channel", "contacts.sent_at", "contacts.channel")
def channels(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Members by the channel they asked for, and through which the messages of the current period came.

    Returns:
        One row a `preferred` (mail, line, post …), most members first: `customers` (members who were sent anything),
        `messages`, `matched` (messages through the channel asked for), `match_rate`, `reached` (members with at least one such
        message), `reach_rate`. Rows of under `k` members, or `k` reached where any were, are left out.
    """
    if periods is None:
        return Unavailable("stated.channels", reason="sales.too_short")
    found = tables.sql(
        """
        with wanted as (
          select customer_id, min(preferred_channel) as preferred from customers where preferred_channel is not null
          group by customer_id),
        sent as (
          select customer_id, coalesce(trim(channel), '') as channel, count(*) as messages from contacts
          where sent_at is not null and cast(sent_at as date) between :start and :end and coalesce(arm, '') <> 'control'
          group by customer_id, coalesce(trim(channel), '')),
        counted as (
          select wanted.preferred, sent.channel, count(*) as customers, cast(sum(sent.messages) as bigint) as messages
          from wanted join sent on sent.customer_id = wanted.customer_id group by wanted.preferred, sent.channel
          union all
          select wanted.preferred, cast(null as varchar), count(distinct sent.customer_id), cast(sum(sent.messages) as bigint)
          from wanted join sent on sent.customer_id = wanted.customer_id group by wanted.preferred)
        select preferred, channel, customers, messages from counted order by preferred, channel
        """,
        start=periods.current.start,
        end=periods.current.end,
    )
    words = usual_values("customers", "preferred_channel")
    rows = []
    for row in records(found[found["channel"].isna()]):
        own = found[(found["preferred"] == row["preferred"]) & found["channel"].notna()]
        same = own[[_channel(word, words) == row["preferred"] for word in own["channel"]]]
        reached = int(same["customers"].max()) if len(same) else 0
        if row["customers"] < k or 0 < reached < k:
            continue
        rows.append(
            {
                "preferred": row["preferred"],
                "customers": int(row["customers"]),
                "messages": int(row["messages"]),
                "matched": int(same["messages"].sum()),
                "match_rate": float(same["messages"].sum()) / row["messages"],
                "reached": reached,
                "reach_rate": reached / row["customers"],
            }
        )
    if not rows:
        return Unavailable("stated.channels", reason="stated.nobody", facts={"k": k})
    return pd.DataFrame(rows).sort_values(["customers", "preferred"], ascending=[False, True]).reset_index(drop=True)


def _channel(word: str, words: Mapping[str, str]) -> str:
    """The contract's channel for the client's word; the word itself where it is unknown."""
    told = unicodedata.normalize("NFKC", word)
    return words.get(told, told.lower())
