"""The record on which a real client's data are held: whether it is whole, and whether the day of deletion has passed.

The only place that compares with today's date; no result depends on it.
"""

from __future__ import annotations

import datetime

from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params.load import Loaded

SOON = 30  # days before the day of deletion from which on it is told
NEEDED = ("contract", "purpose", "received_on", "delete_by", "persons")


def faults(loaded: Loaded) -> list[CrmError]:
    """What the record of a real client lacks, in one fault; a deletion before the receipt in another."""
    params = loaded.params
    if params.example:
        return []
    lacking = [] if params.privacy.data_status else ["privacy.data_status"]
    lacking += [f"entrustment.{name}" for name in NEEDED if not getattr(params.entrustment, name)]
    found: list[CrmError] = []
    if lacking:
        found.append(UsageError("privacy.record", where=loaded.where("entrustment"), has=lacking, n=len(lacking)))
    received, deleted = params.entrustment.received_on, params.entrustment.delete_by
    if received and deleted and deleted < received:
        found.append(UsageError("privacy.days", where=loaded.where("entrustment", "delete_by"), found=deleted.isoformat()))
    return found


def overdue(loaded: Loaded, today: datetime.date) -> CrmError | None:
    """The fault that the data should have been deleted by now; example clients have no such day."""
    day = loaded.params.entrustment.delete_by
    if loaded.params.example or day is None or today <= day:
        return None
    where = loaded.where("entrustment", "delete_by")
    return CrmError("privacy.overdue", where=where, day=day.isoformat(), client=loaded.params.client)


def days_left(loaded: Loaded, today: datetime.date) -> int | None:
    """Days until the deletion, from `SOON` days before on."""
    day = loaded.params.entrustment.delete_by
    left = (day - today).days if day and not loaded.params.example else None
    return left if left is not None and 0 <= left <= SOON else None
