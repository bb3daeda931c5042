"""A campaign as a list needs it: its brief, whose condition it names, by which channel, for which published purpose."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.tables import Tables
from crm_helpers.domain import plan
from crm_helpers.domain.privacy import flat
from crm_helpers.errors import UsageError
from crm_helpers.metrics.plan import segment_words
from crm_helpers.params.load import Loaded, nearest
from crm_helpers.params.schema import Condition, Words


@dataclass(frozen=True)
class Campaign:
    """One brief.

    Args:
        name: in every language that it has.
        segment: the name of the condition in params; empty for a rule in words.
        channel: a code of `plan.yaml`; empty for one that is not known.
        told_channel: the channel in the client's words.
        purpose: the campaign's own, as the brief says it.
        published: the published purpose that covers it; None where none does.
        transactional: what a booking asks for, and no advertising.
        share: left out for comparison, 0 to 1.
        sends: contacts a person.
    """

    id: str
    name: Words
    segment: str
    told_segment: str
    channel: str
    told_channel: str
    purpose: str
    published: Words | None
    transactional: bool
    share: float
    sends: int
    starts_on: datetime.date | None
    ends_on: datetime.date | None
    approved_on: datetime.date | None

    @property
    def asked(self) -> str:
        """The channel whose consent counts; empty where none is asked."""
        return plan.basis_of(self.channel)[1] if self.channel else ""

    @property
    def basis(self) -> str:
        """On what a person may be on the list: opt_in, no_refusal, none, booking, platform; empty for an unknown channel."""
        if not self.channel:
            return ""
        told = plan.basis_of(self.channel)[0]
        return "booking" if self.transactional and told in ("opt_in", "no_refusal") else told


def campaign(loaded: Loaded, tables: Tables, wanted: str) -> Campaign:
    """The brief of that id.

    Raises:
        UsageError: the data have no such campaign.
    """
    rows = records(tables.sql("select * from campaigns where campaign_id = :wanted", wanted=wanted))
    if not rows:
        has = tables.sql("select distinct campaign_id from campaigns order by campaign_id desc")["campaign_id"].tolist()
        raise UsageError("targets.campaign", found=wanted, has=has, nearest=nearest(wanted, has))
    row = {name: None if pd.isna(value) else value for name, value in rows[0].items()}
    purpose = str(row["purpose"] or "")
    covered = {flat(name): words for name, words in loaded.params.delivery.purposes.items()}
    names = {"ja": row["name"], "en": row["name_en"] or row["name"]}
    return Campaign(
        id=str(row["campaign_id"]),
        name=Words({lang: str(name) for lang, name in names.items()}),
        segment=segment_words(loaded.params.segments).get(flat(str(row["segment"] or "")), ""),
        told_segment=str(row["segment"] or ""),
        channel=plan.channel(row["channel"] or ""),
        told_channel=str(row["channel"] or ""),
        purpose=purpose,
        published=covered.get(flat(purpose)) if purpose else None,
        transactional=plan.transactional(purpose),
        share=min(max(float(row["control_percent"] or 0) / 100, 0.0), 1.0),
        sends=max(int(row["sends"] or 1), 1),
        **{name: _day(row, name) for name in ("starts_on", "ends_on", "approved_on")},
    )


def condition(loaded: Loaded, asked: Campaign) -> tuple[Condition, Mapping[str, Condition]]:
    """The campaign's condition and those that it may refer to."""
    wheres = {name: segment.where for name, segment in loaded.params.segments.items()}
    return wheres[asked.segment], wheres


def _day(row: Mapping[str, Any], name: str) -> datetime.date | None:
    return pd.Timestamp(row[name]).date() if row[name] is not None else None
