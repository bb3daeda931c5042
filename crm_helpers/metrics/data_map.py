"""Where customer information lies: places, how they are linked, what each holds, and what needs care."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.domain.content import audit_plan
from crm_helpers.params.periods import Periods

HOLDS = ("identity", "contact", "consent", "purchase", "contact_history", "inquiry", "web", "points")
METHODS = ("realtime_api", "batch_daily", "batch_weekly", "batch_monthly", "manual_csv", "rekey", "none")  # quick to slow
BY_HAND = ("manual_csv", "rekey")
DIRECT = ("PD1_direct", "PD4_sensitive")
LOOSE = ("spreadsheet", "paper")  # no rights, no log
RISKS = ("loose", "no_retention", "by_hand", "no_consent")
SUBJECTS = ("member", "buyer_nonmember")


@needs("data_map")
def places(tables: Tables) -> pd.DataFrame | Unavailable:
    """One row a place, by id: `system`, `name`, `kind`, `department`, `vendor`, `subject`, `pd_class`, `consent`, `retention`,
    `used_for`, `records` (NA when it was not told), `holds_*` (master, copy), `targets` (ids that it gives data to), `method`,
    `match` (share), `linked` (a link goes in or out)."""
    holds = ", ".join(f"holds_{name}" for name in HOLDS)
    found = tables.sql(
        f"""
        select system_id as system, system_name as name, kind, owner_department as department, vendor, subject, pd_class,
               consent_held as consent, retention, used_for, record_count as records, links_to, link_method as method,
               match_percent / 100.0 as match, {holds}
        from data_map order by system_id
        """
    )
    ids = set(found["system"])
    found["targets"] = [_targets(told, own, ids) for told, own in zip(found["links_to"], found["system"], strict=True)]
    reached = {target for targets in found["targets"] for target in targets}
    found["linked"] = [bool(t) or s in reached for t, s in zip(found["targets"], found["system"], strict=True)]
    return found.drop(columns="links_to")


def _targets(told: object, own: str, ids: set[str]) -> tuple[str, ...]:
    parts = re.split(r"[、,，;；\s]+", told) if isinstance(told, str) else []
    return tuple(dict.fromkeys(part for part in parts if part in ids and part != own))


def links(found: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """One row a pair of linked places: `one`, `other`, `method` (the slower of the two directions), `match` (the lower share)."""
    if isinstance(found, Unavailable):
        return found
    pairs: dict[tuple[str, str], dict[str, Any]] = {}
    for row in found.to_dict("records"):
        for target in row["targets"]:
            one, other = sorted((str(row["system"]), target))
            told = {"one": one, "other": other, "method": row["method"], "match": row["match"]}
            pairs[one, other] = _slower(pairs.get((one, other)), told)
    return pd.DataFrame(list(pairs.values()), columns=["one", "other", "method", "match"])


def _slower(was: dict[str, Any] | None, now: dict[str, Any]) -> dict[str, Any]:
    if was is None:
        return now
    method = max((m for m in (was["method"], now["method"]) if m in METHODS), key=METHODS.index, default=None)
    shares = [m for m in (was["match"], now["match"]) if pd.notna(m)]
    return {**now, "method": method, "match": min(shares) if shares else None}


def matrix(found: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """What each place holds: `group` (of HOLDS), `system`, `held` (master, copy), `masters` (how many places are master of the
    group)."""
    if isinstance(found, Unavailable):
        return found
    rows = [
        {"group": group, "system": row["system"], "held": row[f"holds_{group}"]}
        for group in HOLDS
        for row in found.to_dict("records")
        if row[f"holds_{group}"] in ("master", "copy")
    ]
    table = pd.DataFrame(rows, columns=["group", "system", "held"])
    masters = table[table["held"] == "master"].groupby("group").size()
    return table.assign(masters=table["group"].map(masters).fillna(0).astype(int))


def risks(found: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """One row a place and risk, by place: `system`, `name`, `department`, `risk`, `records`.

    loose: direct or sensitive personal data on paper or in a spreadsheet; no_retention: personal data kept for no decided time;
    by_hand: linked by typing or by files carried; no_consent: used to contact people without holding consent.
    """
    if isinstance(found, Unavailable):
        return found
    rows = [
        {"system": row["system"], "name": row["name"], "department": row["department"], "risk": risk, "records": row["records"]}
        for row in records(found)
        for risk in RISKS
        if _at_risk(row, risk)
    ]
    return pd.DataFrame(rows, columns=["system", "name", "department", "risk", "records"])


def _at_risk(row: dict[str, Any], risk: str) -> bool:
    used = str(row["used_for"] or "").casefold()
    personal = row["pd_class"] not in ("PD0_none", "PD5_statistical") and isinstance(row["pd_class"], str)
    told = {
        "loose": row["pd_class"] in DIRECT and row["kind"] in LOOSE,
        "no_retention": personal and not isinstance(row["retention"], str),
        "by_hand": row["method"] in BY_HAND,
        "no_consent": row["consent"] == "none" and any(word.casefold() in used for word in audit_plan()["contacting"]),
    }
    return told[risk]


def five_questions(tables: Tables, found: pd.DataFrame | Unavailable, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """The five questions on customer information, one row each: `question` (places, asked_again, history, channel, reason),
    `n`, `of` (NA where the tables cannot tell).

    places: where members and buyers are kept; asked_again: kinds of information entered in more than one place; history:
    departments that see a customer's purchases; channel: members with a channel of their choice; reason: campaigns of the period
    that the customer's own time sets off.
    """
    if isinstance(found, Unavailable):
        return found
    held = matrix(found)
    assert isinstance(held, pd.DataFrame)
    kinds = held.drop_duplicates("group")
    rows = {
        "places": (int(found["subject"].isin(SUBJECTS).sum()), len(found)),
        "asked_again": (int((kinds["masters"] > 1).sum()), len(kinds)) if len(kinds) else None,
        "history": _seen(tables),
        "channel": _chosen(tables),
        "reason": _reasons(tables, periods),
    }
    told = [{"question": name, "n": pair[0], "of": pair[1]} if pair else {"question": name} for name, pair in rows.items()]
    return pd.DataFrame(told, columns=["question", "n", "of"]).astype({"n": "Int64", "of": "Int64"})


def _counted(tables: Tables, text: str, **values: object) -> tuple[int, int] | None:
    row = tables.sql(text, **values).iloc[0]
    return (int(row["n"] or 0), int(row["total"])) if int(row["total"] or 0) else None


def _seen(tables: Tables) -> tuple[int, int] | None:
    if not tables.has("feature_use"):
        return None
    return _counted(
        tables,
        """
        select count(distinct case when use in ('often', 'sometimes') then department end) as n,
               count(distinct department) as total
        from feature_use where feature = 'profile' or feature like '%購入履歴%' or lower(feature) like '%purchases%'
        """,
    )


def _chosen(tables: Tables) -> tuple[int, int] | None:
    if not tables.has("customers.preferred_channel"):
        return None
    return _counted(tables, "select count(preferred_channel) as n, count(*) as total from customers")


def _reasons(tables: Tables, periods: Periods | None) -> tuple[int, int] | None:
    if periods is None or not tables.has("campaigns.trigger"):
        return None
    return _counted(
        tables,
        "select count(trigger) as n, count(*) as total from campaigns where starts_on between :start and :end",
        start=periods.current.start,
        end=periods.current.end,
    )
