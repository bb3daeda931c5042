"""Checks of law and personal data that the client's own tables can answer, beside the audit's legal gates. Not legal advice.

Each check counts what breaks the rule of what was looked at; a rule that nothing can tell is not confirmed, never met.
"""

from __future__ import annotations

import pandas as pd

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.domain.content import audit_plan
from crm_helpers.metrics import audit, data_map
from crm_helpers.params.periods import Periods

CAP, CAP_DAYS = 8, 28  # contacts of one person in as many days: privacy_rules.yaml
QUIET_FROM, QUIET_UNTIL = 21, 8  # hours
SEVERITY = {  # what a broken rule asks for
    "after_opt_out": "mend",
    "without_consent": "mend",
    "over_cap": "confirm",
    "quiet_hours": "confirm",
    "undated_consent": "confirm",
    "loose": "mend",
    "no_retention": "confirm",
    "policy_paper": "confirm",
}
ORDER = ("mend", "confirm", "unconfirmed", "fine")


def checks(tables: Tables, gates: pd.DataFrame | Unavailable, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """One row a check, the urgent first.

    Returns:
        `check` (of SEVERITY, or the item of a gate), `kind` (data, gate), `state` (mend, confirm, unconfirmed, fine),
        `broken`, `of` (NA where nothing tells), `people` (whether people are counted).
    """
    found = data_map.places(tables)
    told = {
        "after_opt_out": _after_opt_out(tables, periods),
        "without_consent": _without_consent(tables, periods),
        "over_cap": _over_cap(tables, periods),
        "quiet_hours": _quiet(tables, periods),
        "undated_consent": _undated(tables),
        **{risk: _places(found, risk) for risk in ("loose", "no_retention")},
        "policy_paper": _policy(tables),
    }
    rows = [
        {
            "check": name,
            "kind": "data",
            "state": "unconfirmed" if pair is None else SEVERITY[name] if pair[0] else "fine",
            "broken": pair[0] if pair else None,
            "of": pair[1] if pair else None,
            "people": name in ("after_opt_out", "over_cap"),
        }
        for name, pair in told.items()
    ]
    if isinstance(gates, Unavailable) and not any(told.values()):
        return Unavailable("compliance.checks", reason="compliance.nothing")
    if isinstance(gates, Unavailable):
        listed = audit.instrument()
        rows += [{"check": g, "kind": "gate", "state": "unconfirmed", "people": False} for g in listed.index[listed["gate"]]]
    else:
        state = {"failed": "mend", "unconfirmed": "unconfirmed", "met": "fine"}
        rows += [
            {"check": g, "kind": "gate", "state": state[s], "people": False}
            for g, s in zip(gates["item"], gates["state"], strict=True)
        ]
    table = pd.DataFrame(rows).astype({"broken": "Int64", "of": "Int64"})
    keyed = table.assign(order=table["state"].map(ORDER.index), gate=table["kind"] != "gate")
    return keyed.sort_values(["order", "gate"], kind="stable").drop(columns=["order", "gate"]).reset_index(drop=True)


def _channel(column: str) -> str:
    """SQL of the consent's channel that the words of a contact's channel mean."""
    cases = " ".join(
        f"when lower({column}) like '%{word.casefold()}%' then '{name}'"
        for name, words in audit_plan()["channels"].items()
        for word in words
    )
    return f"case {cases} end"


def _pair(tables: Tables, text: str, **values: object) -> tuple[int, int] | None:
    row = tables.sql(text, **values).iloc[0]
    return (int(row["broken"] or 0), int(row["total"])) if int(row["total"] or 0) else None


def _after_opt_out(tables: Tables, periods: Periods | None) -> tuple[int, int] | None:
    """People who opted out of a channel and were sent something by it more than a day later, without agreeing again."""
    if periods is None or not (tables.has("contacts.opted_out_at") and tables.has("contacts.sent_at")):
        return None
    again = f"""and not exists (
            select 1 from consents a where a.customer_id = o.customer_id and a.channel = {_channel("o.channel")} and a.agreed
              and a.changed_at > o.out_at and a.changed_at <= c.sent_at)"""
    return _pair(
        tables,
        f"""
        with o as (
          select customer_id, channel, min(opted_out_at) as out_at from contacts
          where opted_out_at is not null and cast(opted_out_at as date) between :start and :end group by customer_id, channel),
        hit as (
          select distinct o.customer_id from o join contacts c on c.customer_id = o.customer_id and c.channel = o.channel
          where c.sent_at is not null and date_diff('day', o.out_at, c.sent_at) > 1 {again})
        select (select count(*) from hit) as broken, count(distinct customer_id) as total from o
        """,
        start=periods.current.start,
        end=periods.current.end,
    )


def _without_consent(tables: Tables, periods: Periods | None) -> tuple[int, int] | None:
    """Mails and LINE messages to people whose last word on that channel was no, or who never agreed."""
    if periods is None or not (tables.has("contacts.sent_at") and tables.has("consents.changed_at")):
        return None
    return _pair(
        tables,
        f"""
        with sends as (
          select contact_id, customer_id, sent_at, {_channel("channel")} as channel from contacts
          where sent_at is not null and cast(sent_at as date) between :start and :end),
        told as (
          select s.contact_id, s.customer_id, s.sent_at, a.agreed, row_number() over (
            partition by s.contact_id, s.customer_id, s.sent_at order by a.changed_at desc, a.agreed) as nth
          from sends s left join consents a
            on a.customer_id = s.customer_id and a.channel = s.channel and a.changed_at <= s.sent_at
          where s.channel in ('mail', 'line'))
        select cast(sum(case when coalesce(agreed, false) then 0 else 1 end) as bigint) as broken, count(*) as total
        from told where nth = 1
        """,
        start=periods.current.start,
        end=periods.current.end,
    )


def _over_cap(tables: Tables, periods: Periods | None) -> tuple[int, int] | None:
    """People with more contacts in any 28 days than the cap."""
    if periods is None or not tables.has("contacts.sent_at"):
        return None
    return _pair(
        tables,
        f"""
        with sends as (
          select customer_id, cast(sent_at as date) as day,
                 lag(cast(sent_at as date), {CAP}) over (partition by customer_id order by sent_at) as before
          from contacts where sent_at is not null and cast(sent_at as date) between :start and :end),
        people as (
          select customer_id,
                 max(case when before is not null and date_diff('day', before, day) < :days then 1 else 0 end) as over
          from sends group by customer_id)
        select cast(sum(over) as bigint) as broken, count(*) as total from people
        """,
        start=periods.current.start,
        end=periods.current.end,
        days=CAP_DAYS,
    )


def _quiet(tables: Tables, periods: Periods | None) -> tuple[int, int] | None:
    """Contacts sent between 21:00 and 8:00; post has no hour, and a log without hours tells nothing."""
    if periods is None or not tables.has("contacts.sent_at"):
        return None
    return _pair(
        tables,
        f"""
        with sends as (
          select extract(hour from sent_at) as hour, extract(minute from sent_at) as minute from contacts
          where sent_at is not null and cast(sent_at as date) between :start and :end
            and coalesce({_channel("channel")}, '') <> 'post')
        select cast(sum(case when hour >= {QUIET_FROM} or hour < {QUIET_UNTIL} then 1 else 0 end) as bigint) as broken,
               case when max(hour * 60 + minute) > 0 then count(*) else 0 end as total from sends
        """,
        start=periods.current.start,
        end=periods.current.end,
    )


def _undated(tables: Tables) -> tuple[int, int] | None:
    """Consents without a date, a source or the wording that was shown."""
    if not tables.has("consents"):
        return None
    return _pair(
        tables,
        """
        select cast(sum(case when changed_at is null or source is null or wording is null then 1 else 0 end) as bigint) as broken,
               count(*) as total
        from consents where agreed
        """,
    )


def _places(found: pd.DataFrame | Unavailable, risk: str) -> tuple[int, int] | None:
    at_risk = data_map.risks(found)
    if isinstance(found, Unavailable) or isinstance(at_risk, Unavailable) or not found["pd_class"].notna().any():
        return None
    return int((at_risk["risk"] == risk).sum()), len(found)


def _policy(tables: Tables) -> tuple[int, int] | None:
    """Documents on personal data that do not exist, or only in part."""
    if not tables.has("documents"):
        return None
    return _pair(
        tables,
        """
        select cast(sum(case when coalesce(state, 'unknown') = 'exists' then 0 else 1 end) as bigint) as broken, count(*) as total
        from documents
        where document_id like '%個人情報%' or document_id like '%プライバシー%' or document_id like '%委託%'
          or document_id like '%消去%' or document_id like '%停止%'
          or lower(document_id) like '%privacy%' or lower(document_id) like '%retention%'
          or lower(document_id) like '%processor%' or lower(document_id) like '%consent%' or document_id like '%同意%'
        """,
    )
