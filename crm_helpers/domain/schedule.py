"""The chain of work of a campaign, from `schedule.yaml`, and the days on which nobody works."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from crm_helpers.domain.holidays import holidays

HERE = Path(__file__).parent
LAUNCH, RESULT, APPROVAL = "send", "result", "approval"


@dataclass(frozen=True)
class WorkStep:
    """One step of the chain.

    Args:
        days: business days that it takes.
        after: the steps that must be done before.
        work: its weight in the campaign's person-days.
        channels: the channels that need it; all when empty.
    """

    name: str
    days: int
    after: tuple[str, ...]
    work: float
    channels: tuple[str, ...] = ()


@functools.cache
def _content() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load((HERE / "schedule.yaml").read_text("utf-8"))
    return found


def steps() -> tuple[str, ...]:
    """The names of the steps in their order; a step stands behind all that must be done before it."""
    return tuple(_content()["steps"])


def chain(own: Mapping[str, Mapping[str, int]] | None = None) -> tuple[WorkStep, ...]:
    """The chain with a client's own `days` and `work` by step; a step of 0 days is left out and hands on what it waits for."""
    made = []
    for name, told in _content()["steps"].items():
        mine = {**told, **(own or {}).get(name, {})}
        made.append(WorkStep(name, mine["days"], tuple(mine["after"]), mine["work"], tuple(mine.get("channels", ()))))
    return _without({step.name for step in made if not step.days and step.name != LAUNCH}, made)


def chain_of(whole: Iterable[WorkStep], channel: str) -> tuple[WorkStep, ...]:
    """The steps that a channel needs."""
    held = list(whole)
    return _without({step.name for step in held if step.channels and channel not in step.channels}, held)


def _without(gone: set[str], whole: list[WorkStep]) -> tuple[WorkStep, ...]:
    """The chain without some steps: what waited for one of them waits for what that one waited for."""
    waits: dict[str, tuple[str, ...]] = {}
    for step in whole:
        needed = (name for other in step.after for name in (waits[other] if other in gone else (other,)))
        waits[step.name] = tuple(dict.fromkeys(needed))
    return tuple(
        WorkStep(step.name, step.days, waits[step.name], step.work, step.channels) for step in whole if step.name not in gone
    )


def before(name: str, whole: Iterable[WorkStep]) -> frozenset[str]:
    """A step and all that must be done before it; nothing for a name that is no step."""
    waits = {step.name: step.after for step in whole}
    if name not in waits:
        return frozenset()
    return frozenset({name}).union(*(before(other, whole) for other in waits[name]))


def closed_days(
    start: datetime.date, end: datetime.date, *, japanese: bool, also: Iterable[tuple[datetime.date, datetime.date]] = ()
) -> frozenset[datetime.date]:
    """Days from `start` to `end` without work: Japan's holidays, the days around New Year, and the spans of `also`."""
    found = set(holidays(start, end)) if japanese else set()
    for year in range(start.year, end.year + 1):
        found |= {datetime.date.fromisoformat(f"{year}-{day}") for day in _content()["closed"]} if japanese else set()
    for first, last in also:
        found |= {first + datetime.timedelta(days=n) for n in range((last - first).days + 1)}
    return frozenset(day for day in found if start <= day <= end)
