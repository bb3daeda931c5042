"""Content of the year plan from `plan.yaml`, and the seasons of Japan from `season_jp.csv`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from crm_helpers.domain.privacy import flat

HERE = Path(__file__).parent
LEVERS = ("new", "f2", "frequency", "items", "price", "retention", "winback", "consent")
CASES = {"low": 0.60, "base": 0.75, "high": 0.90}
"""How far a lever may go: the quantile of the client's own months."""


@functools.cache
def content() -> Mapping[str, Any]:
    """`plan.yaml` as it stands."""
    found: Mapping[str, Any] = yaml.safe_load((HERE / "plan.yaml").read_text("utf-8"))
    return found


def lanes() -> Mapping[str, Mapping[str, Any]]:
    """Lane → stance, states, words; in the order of the year page."""
    found: Mapping[str, Mapping[str, Any]] = content()["lanes"]
    return found


def channel(words: object) -> str:
    """The code of a channel by what the client calls it; nothing for one that is not known."""
    return _named("channels").get(flat(str(words)), "")


def consent_of(code: str) -> str:
    """The channel of consent that a send needs; nothing where none is needed or the channel is not known."""
    return str(content()["channels"][code]["consent"]) if code else ""


def counts(code: str) -> bool:
    """Whether a contact of this channel counts towards the cap; one of an unknown channel does."""
    return bool(content()["channels"][code]["counts"]) if code else True


def basis_of(code: str) -> tuple[str, str]:
    """On what a person may be put on a list of this channel (opt_in, no_refusal, none, platform), and whose consent is asked."""
    told = content()["channels"][code]
    return str(told["basis"]), str(told["asked"])


def rings(code: str) -> bool:
    """Whether a contact of this channel meets the person at an hour: those keep to the hours without contact."""
    return bool(content()["channels"][code]["hours"])


def transactional(purpose: object) -> bool:
    """Whether a purpose is what a booking itself asks for, such as a reminder, and no advertising."""
    return flat(str(purpose)) in {flat(word) for word in content()["transactional"]}


def lane(words: object) -> str:
    """The lane by what the client calls the stage; the lane of everybody where it is not known."""
    return _named("lanes").get(flat(str(words)), "all")


def lane_of_state(state: str) -> str:
    """The lane in which customers of a state stand."""
    return next((name for name, told in lanes().items() if state in told["states"]), "all")


def budget_words(figure: str) -> frozenset[str]:
    """What budgets call a figure, as `flat` writes it."""
    return frozenset(flat(word) for word in content()["budget"][figure])


@functools.cache
def _named(part: str) -> Mapping[str, str]:
    return {flat(word): code for code, told in content()[part].items() for word in (code, *told["words"])}


def legal_checks(*, channel_code: str, offer_cost: float, offer_in_net: bool, text: str) -> tuple[str, ...]:
    """Ids of the privacy rules of the stage plan that a brief must be held against before it is approved."""
    found = []
    if channel_code in ("mail", "sms", "line"):
        found.append("PR18")
    if offer_cost > 0 and not offer_in_net:
        found.append("PR26")
    found += [rule for rule, words in content()["legal"].items() if any(flat(word) in flat(text) for word in words)]
    return tuple(sorted(found))
