"""Why a list may not be made: each reason names its rule (`privacy_rules.yaml`) and what would mend it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from crm_helpers.data.tables import Tables
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params.load import Loaded
from crm_helpers.targets.campaign import Campaign


def refusals(loaded: Loaded, tables: Tables, asked: Campaign, on: datetime.date) -> list[CrmError]:
    """Every reason, in the order of the rules; none when the list may be made for sending on that day."""
    return [
        *_basis(tables, asked),
        *_fresh(loaded, tables, on),
        *_purpose(loaded, asked),
        *_record(loaded),
        *_approval(asked, on),
    ]


def without_condition(loaded: Loaded, asked: Campaign) -> UsageError | None:
    """The fault of a campaign whose people are a rule in words, which nobody can carry out the same way twice."""
    if asked.segment:
        return None
    return UsageError("targets.segment", campaign=asked.id, found=asked.told_segment, has=list(loaded.params.segments))


def _basis(tables: Tables, asked: Campaign) -> Iterator[CrmError]:
    if not asked.channel:
        yield CrmError("targets.channel", rule="PR16", campaign=asked.id, found=asked.told_channel)
    elif asked.basis == "platform":
        yield CrmError("targets.platform", rule="PR25", campaign=asked.id, found=asked.told_channel)
    elif asked.basis == "booking":
        if not tables.has("reservations.status"):
            yield CrmError("targets.no_bookings", rule="PR16", campaign=asked.id)
    elif asked.basis == "opt_in" and not (tables.has("consents") and _recorded(tables, asked.asked)):
        yield CrmError("targets.no_consents", rule="PR16", campaign=asked.id, found=asked.told_channel)


def _recorded(tables: Tables, channel: str) -> bool:
    found = tables.sql("select count(*) as n from consents where channel = :channel and agreed", channel=channel)
    return bool(found["n"].iloc[0])


def _fresh(loaded: Loaded, tables: Tables, on: datetime.date) -> Iterator[CrmError]:
    if not tables.has("stops"):
        yield CrmError("targets.no_stops", rule="PR17")
    age, most = (on - tables.as_of).days, loaded.params.delivery.fresh_days
    if age > most:
        days = {"day": tables.as_of.isoformat(), "on": on.isoformat()}
        yield CrmError("targets.stale", where=loaded.where("as_of"), rule="PR17", n=age, most=most, **days)


def _purpose(loaded: Loaded, asked: Campaign) -> Iterator[CrmError]:
    if asked.published is None:
        has = list(loaded.params.delivery.purposes)
        where = loaded.where("delivery", "purposes")
        yield CrmError("targets.purpose", where=where, rule="PR20", campaign=asked.id, found=asked.purpose, has=has)


def _record(loaded: Loaded) -> Iterator[CrmError]:
    entrusted, record = loaded.params.privacy.data_status, loaded.params.entrustment
    lacking = [] if entrusted else ["privacy.data_status"]
    lacking += [f"entrustment.{name}" for name in ("contract", "purpose") if not getattr(record, name)]
    if lacking:
        yield CrmError("targets.no_record", where=loaded.where("entrustment"), rule="PR24", has=lacking)


def _approval(asked: Campaign, on: datetime.date) -> Iterator[CrmError]:
    if asked.approved_on is None:
        yield CrmError("targets.not_approved", rule="PR40", campaign=asked.id)
    elif asked.approved_on > on:
        yield _day_fault("approved_later", asked, asked.approved_on, on)
    if asked.ends_on is not None and asked.ends_on < on:
        yield _day_fault("ended", asked, asked.ends_on, on)
    if asked.starts_on is not None and on < asked.starts_on:
        yield _day_fault("not_begun", asked, asked.starts_on, on)


def _day_fault(key: str, asked: Campaign, day: datetime.date, on: datetime.date) -> CrmError:
    return CrmError(f"targets.{key}", rule="PR40", campaign=asked.id, day=day.isoformat(), on=on.isoformat())
