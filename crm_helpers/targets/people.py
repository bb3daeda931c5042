"""Who is on a campaign's list: condition, basis per channel, cap, hours, preferred channel, and the stop list last.

One query tells of everybody of whom the condition is true what the tests need; each person is counted where the first test
leaves them out. Whoever is left out is so in both arms: the arms are made of those who may be contacted.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.conditions import compiled
from crm_helpers.data.contract.people import CHANNELS
from crm_helpers.data.tables import Tables
from crm_helpers.domain import plan
from crm_helpers.domain.privacy import limits
from crm_helpers.params.load import Loaded
from crm_helpers.targets.campaign import Campaign, condition
from crm_helpers.targets.record import Earlier

WINDOW = 28  # days over which contacts are counted, the day of sending included
TESTS = ("basis", "cap", "hours", "preferred", "already", "stopped")
Booleans = NDArray[np.bool_]

MAY = {
    "opt_in": "coalesce(said.yes, 0) = 1",
    "no_refusal": "coalesce(said.no, 0) = 0",
    "booking": "coalesce(said.no, 0) = 0 and booked.customer_id is not null",
    "none": "true",
}


@dataclass(frozen=True)
class Chosen:
    """The people of a list in the order of their ids, and how many each test left out.

    Args:
        left_out: test → people, in the order of TESTS.
        stratum: of each, by orders and recency in the client's own bands.
        quiet: each one's own hours without contact, (from, until); empty where there are none.
        first_arm: the arm in which the client's data have each one already; empty where they have none.
    """

    found: int
    left_out: Mapping[str, int]
    ids: list[str]
    stratum: NDArray[np.int64]
    quiet: tuple[list[str], list[str]]
    first_arm: list[str]


def chosen(loaded: Loaded, tables: Tables, asked: Campaign, on: datetime.date, earlier: Earlier) -> Chosen:
    """Who may be contacted on that day."""
    rows = _asked(loaded, tables, asked, on)
    ids = rows["customer_id"]
    recent = rows["recent"].to_numpy() + earlier.contacts(ids)
    sent = rows["sent"].to_numpy() + earlier.own(ids)
    cap = loaded.params.plan.contacts_a_month or int(limits()["freq_cap_28d"])
    capped = plan.counts(asked.channel) and not asked.transactional
    out: dict[str, Booleans] = {
        "basis": ~rows["may"].to_numpy(dtype=bool),
        "cap": (recent >= cap) if capped else np.zeros(len(rows), dtype=bool),
        "hours": rows["silent"].to_numpy(dtype=bool),
        "preferred": rows["elsewhere"].to_numpy(dtype=bool),
        "already": np.zeros(len(rows), dtype=bool) if asked.transactional else sent >= asked.sends,
        "stopped": rows["stopped"].to_numpy(dtype=bool),
    }
    stays: Booleans = np.ones(len(rows), dtype=bool)
    left_out: dict[str, int] = {}
    for name in TESTS:
        left_out[name] = int((stays & out[name]).sum())
        stays &= ~out[name]
    kept = rows[stays]
    return Chosen(
        found=len(rows),
        left_out=left_out,
        ids=kept["customer_id"].tolist(),
        stratum=_strata(kept, loaded),
        quiet=(_texts(kept["quiet_from"]), _texts(kept["quiet_until"])),
        first_arm=_texts(kept["first_arm"]),
    )


def _asked(loaded: Loaded, tables: Tables, asked: Campaign, on: datetime.date) -> pd.DataFrame:
    """One row a person of whom the condition is true, with what the tests ask."""
    where, wheres = condition(loaded, asked)
    who = compiled(where, tables=tables, as_of=tables.as_of, currency=loaded.params.currency, segments=wheres)
    words = {str(word): plan.channel(word) for word in tables.sql("select distinct channel from contacts")["channel"].dropna()}
    night, morning = str(limits()["quiet_hours"]).split("-")
    return tables.sql(
        f"""
        with who as ({who.text}),
        last as (select customer_id, max(changed_at) as changed_at from consents where channel = :asked group by customer_id),
        said as (
          select c.customer_id, max(c.changed_at) as changed_at, min(case when c.agreed then 1 else 0 end) as yes,
                 max(case when c.agreed then 0 when c.agreed is null then 0 else 1 end) as no
          from consents as c join last on last.customer_id = c.customer_id
          where c.channel = :asked and (c.changed_at = last.changed_at or last.changed_at is null) group by c.customer_id),
        touched as (
          select customer_id,
                 cast(sum(case when cast(sent_at as date) between :since and :day and coalesce(channel, '') in (:counting)
                          then 1 else 0 end) as bigint) as recent,
                 cast(sum(case when campaign_id = :campaign and sent_at is not null then 1 else 0 end) as bigint) as sent,
                 max(case when coalesce(channel, '') in (:same) then opted_out_at end) as out_at,
                 min(case when campaign_id = :campaign and arm is not null
                     then concat(cast(assigned_at as varchar), ' ', arm) end) as first_arm
          from contacts where customer_id is not null group by customer_id),
        booked as (
          select distinct customer_id from reservations
          where status = 'booked' and cast(visit_at as date) >= :day and customer_id is not null),
        bought as (
          select customer_id, cast(sum(orders) as bigint) as orders, max(case when orders > 0 then ordered_on end) as last_on
          from customer_day group by customer_id),
        stopped as (
          select customer_id from stops where customer_id is not null
          union select customer_id from customers where left_on is not null or kind in ('staff', 'test')),
        people as (
          select customer_id, max(preferred_channel) as preferred, max(quiet_from) as quiet_from, max(quiet_until) as quiet_until
          from customers group by customer_id),
        hours as (
          select customer_id, coalesce(quiet_from, :night) as lasts_from, coalesce(quiet_until, :morning) as lasts_until
          from people where quiet_from is not null or quiet_until is not null)
        select who.customer_id, people.quiet_from, people.quiet_until, touched.first_arm,
               coalesce(touched.recent, 0) as recent, coalesce(touched.sent, 0) as sent,
               case when {MAY[asked.basis]} and (:free or touched.out_at is null
                         or (said.yes = 1 and said.changed_at > touched.out_at)) then 1 else 0 end as may,
               case when :rings and hours.customer_id is not null and (
                      hours.lasts_from = hours.lasts_until
                      or (hours.lasts_from < hours.lasts_until and hours.lasts_from <= :morning and hours.lasts_until >= :night)
                      or (hours.lasts_from > hours.lasts_until and (hours.lasts_from <= :morning or hours.lasts_until >= :night)))
                    then 1 else 0 end as silent,
               case when :chosen and people.preferred is not null and people.preferred <> :asked then 1 else 0 end as elsewhere,
               case when stopped.customer_id is not null then 1 else 0 end as stopped,
               coalesce(bought.orders, 0) as orders,
               coalesce(date_diff('day', bought.last_on, :as_of), 999999) as silence
        from who
        left join said on said.customer_id = who.customer_id
        left join touched on touched.customer_id = who.customer_id
        left join booked on booked.customer_id = who.customer_id
        left join bought on bought.customer_id = who.customer_id
        left join stopped on stopped.customer_id = who.customer_id
        left join people on people.customer_id = who.customer_id
        left join hours on hours.customer_id = who.customer_id
        order by who.customer_id
        """,
        asked=asked.asked,
        campaign=asked.id,
        since=on - datetime.timedelta(days=WINDOW - 1),
        day=on,
        as_of=tables.as_of,
        counting=["", *(word for word, code in words.items() if plan.counts(code))],
        same=["", *(word for word, code in words.items() if code == asked.channel)],
        free=asked.basis == "none",
        rings=plan.rings(asked.channel),
        chosen=asked.asked in CHANNELS,
        night=night,
        morning=morning,
        **who.values,
    )


def _strata(rows: pd.DataFrame, loaded: Loaded) -> NDArray[np.int64]:
    """Orders and recency in the bands of params: people who buy alike."""
    rfm = loaded.params.rfm
    orders = np.searchsorted(np.array(rfm.orders), rows["orders"].to_numpy(), side="left")
    recency = np.searchsorted(np.array(rfm.recency_days), rows["silence"].to_numpy(), side="left")
    both: NDArray[np.int64] = (orders * (len(rfm.recency_days) + 1) + recency).astype(np.int64)
    return both


def _texts(column: pd.Series[str]) -> list[str]:
    return column.fillna("").tolist()
