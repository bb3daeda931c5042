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

MAY = {  # of who has a last word on the channel: the latest one; at one moment, or without a day, the refusal holds
    "opt_in": "coalesce(said.yes, false)",
    "no_refusal": "not coalesce(said.no, false)",
    "booking": "not coalesce(said.no, false) and booked.customer_id is not null",
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
    everybody, rows = _asked(loaded, tables, asked, on)
    ids = rows["customer_id"]
    recent = rows["recent"].to_numpy() + earlier.contacts(ids)
    sent = rows["sent"].to_numpy() + earlier.own(ids)
    cap = loaded.params.plan.contacts_a_month or int(limits()["freq_cap_28d"])
    capped = plan.counts(asked.channel) and not asked.transactional
    out: dict[str, Booleans] = {
        "cap": (recent >= cap) if capped else np.zeros(len(rows), dtype=bool),
        "hours": rows["silent"].to_numpy(dtype=bool),
        "preferred": rows["elsewhere"].to_numpy(dtype=bool),
        "already": np.zeros(len(rows), dtype=bool) if asked.transactional else sent >= asked.sends,
        "stopped": rows["stopped"].to_numpy(dtype=bool),
    }
    stays: Booleans = np.ones(len(rows), dtype=bool)
    left_out = {"basis": everybody - len(rows)}
    for name in TESTS[1:]:
        left_out[name] = int((stays & out[name]).sum())
        stays &= ~out[name]
    kept = rows[stays]
    names = kept["customer_id"].tolist()
    kept = kept.iloc[sorted(range(len(names)), key=names.__getitem__)]  # cheaper here than all columns of all rows in the query
    return Chosen(
        found=everybody,
        left_out=left_out,
        ids=kept["customer_id"].tolist(),
        stratum=_strata(kept, loaded),
        quiet=(_texts(kept["quiet_from"]), _texts(kept["quiet_until"])),
        first_arm=_texts(kept["first_arm"]),
    )


def _asked(loaded: Loaded, tables: Tables, asked: Campaign, on: datetime.date) -> tuple[int, pd.DataFrame]:
    """Of how many people the condition is true, and one row each of those with a basis, with what the other tests ask."""
    where, wheres = condition(loaded, asked)
    who = compiled(where, tables=tables, as_of=tables.as_of, currency=loaded.params.currency, segments=wheres)
    words = {str(word): plan.channel(word) for word in tables.sql("select distinct channel from contacts")["channel"].dropna()}
    night, morning = str(limits()["quiet_hours"]).split("-")
    found = tables.sql(
        f"""
        with who as ({who.text}),
        dated as (
          select customer_id, max(changed_at) as last_at, max(case when agreed then changed_at end) as yes_at,
                 max(case when agreed then null else changed_at end) as other_at,
                 max(case when agreed = false then changed_at end) as no_at,
                 min(case when agreed then 1 else 0 end) as only_yes, max(case when agreed = false then 1 else 0 end) as some_no
          from consents where channel = :asked group by customer_id),
        said as (
          select customer_id, last_at,
                 case when last_at is null then only_yes = 1
                      else coalesce(yes_at = last_at, false) and coalesce(other_at < last_at, true) end as yes,
                 case when last_at is null then some_no = 1 else coalesce(no_at = last_at, false) end as no
          from dated),
        touched as (
          select customer_id,
                 cast(sum(case when cast(sent_at as date) between :since and :day and coalesce(channel, '') in (:counting)
                          then 1 else 0 end) as bigint) as recent,
                 cast(sum(case when campaign_id = :campaign and sent_at is not null then 1 else 0 end) as bigint) as sent,
                 max(case when coalesce(channel, '') in (:same) then opted_out_at end) as out_at,
                 min(case when campaign_id = :campaign and arm is not null
                     then concat(cast(assigned_at as varchar), ' ', arm) end) as first_arm
          from contacts
          where customer_id is not null and (sent_at >= :since or campaign_id = :campaign or opted_out_at is not null)
          group by customer_id),
        booked as (
          select distinct customer_id from reservations
          where status = 'booked' and cast(visit_at as date) >= :day and customer_id is not null),
        told as (
          select who.customer_id, touched.first_arm, touched.recent, touched.sent
          from who left join said on said.customer_id = who.customer_id
          left join touched on touched.customer_id = who.customer_id
          left join booked on booked.customer_id = who.customer_id
          where {MAY[asked.basis]} and (:free or touched.out_at is null
                or coalesce(said.yes and said.last_at > touched.out_at, false))),
        bought as (
          select customer_id, cast(sum(orders) as bigint) as orders, max(case when orders > 0 then ordered_on end) as last_on
          from customer_day group by customer_id),
        stopped as (
          select customer_id from stops where customer_id is not null
          union select customer_id from customers where left_on is not null or kind in ('staff', 'test')),
        people as (
          select customer_id, max(preferred_channel) as preferred, max(quiet_from) as quiet_from, max(quiet_until) as quiet_until,
                 coalesce(max(quiet_from), :night) as lasts_from, coalesce(max(quiet_until), :morning) as lasts_until
          from customers where preferred_channel is not null or quiet_from is not null or quiet_until is not null
          group by customer_id),
        everybody_found as (select count(*) as n from who)
        select everybody_found.n as everybody, told.customer_id, told.first_arm, people.quiet_from, people.quiet_until,
               coalesce(told.recent, 0) as recent, coalesce(told.sent, 0) as sent,
               case when :rings and (people.quiet_from is not null or people.quiet_until is not null) and (
                      people.lasts_from = people.lasts_until
                      or (people.lasts_from <= :morning and people.lasts_until >= :night)
                      or (people.lasts_from > people.lasts_until
                          and (people.lasts_from <= :morning or people.lasts_until >= :night)))
                    then 1 else 0 end as silent,
               case when :chosen and people.preferred is not null and people.preferred <> :asked then 1 else 0 end as elsewhere,
               case when stopped.customer_id is not null then 1 else 0 end as stopped,
               coalesce(bought.orders, 0) as orders,
               coalesce(date_diff('day', bought.last_on, :as_of), 999999) as silence
        from everybody_found left join told on true
        left join bought on bought.customer_id = told.customer_id
        left join stopped on stopped.customer_id = told.customer_id
        left join people on people.customer_id = told.customer_id
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
    return int(found["everybody"].iloc[0]), found[found["customer_id"].notna()]


def _strata(rows: pd.DataFrame, loaded: Loaded) -> NDArray[np.int64]:
    """Orders and recency in the bands of params: people who buy alike."""
    rfm = loaded.params.rfm
    orders = np.searchsorted(np.array(rfm.orders), rows["orders"].to_numpy(), side="left")
    recency = np.searchsorted(np.array(rfm.recency_days), rows["silence"].to_numpy(), side="left")
    both: NDArray[np.int64] = (orders * (len(rfm.recency_days) + 1) + recency).astype(np.int64)
    return both


def _texts(column: pd.Series[str]) -> list[str]:
    return column.fillna("").tolist()
