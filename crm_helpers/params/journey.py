"""The journey of one client: the stages of its kind of business, with what the client's settings say about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_helpers.domain.business import journeys
from crm_helpers.domain.content import USUAL
from crm_helpers.params.schema import Params, Reached

BY_CONTRACT = "subscription_ec"  # the journey of a client that sends its contracts and does not say its kind of business


@dataclass(frozen=True)
class Stage:
    """One stage.

    Args:
        names, goal, action: language → text; goal and action are starting text, a hypothesis until evidence is attached.
        reached: which record shows that somebody got here; None where only asking would tell.
        kind: `way` for a stage of going on, `leaving`, or `beside` for one that not everybody is meant to reach.
        known_as: other names of it in the workshop's notes.
        events, touchpoints, reasons, campaigns: what belongs here of events.event, surveys.touchpoint, inquiries.reason and
            campaigns.campaign_id, in the client's words.
        target: the share that is to go on from here, percent.
        owner: who looks after it by default; a key of `journey.owner`.
    """

    id: str
    names: Mapping[str, str]
    goal: Mapping[str, str] = field(default_factory=dict)
    action: Mapping[str, str] = field(default_factory=dict)
    reached: Reached | None = None
    kind: str = "way"
    known_as: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    touchpoints: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    target: int | None = None
    owner: str = ""

    def is_called(self, name: str) -> bool:
        """Whether a note of the workshop means this stage: by its id, a name of it, or what else the client calls it."""
        return name.strip() in (self.id, *self.names.values(), *self.known_as)


@dataclass(frozen=True)
class Journey:
    """The stages in their order, and whose maps are drawn (names of segments; nobody: one map of all customers)."""

    stages: tuple[Stage, ...]
    personas: tuple[str, ...] = ()


def journey(params: Params) -> Journey:
    """The client's journey: stages of its settings' type, of its kind of business, or what its tables suggest."""
    told = params.journey
    usual = BY_CONTRACT if "contracts" in params.data else USUAL
    kind = told.type or (params.business.journey if params.business else usual)
    stages = []
    for given in journeys()[kind]["stages"]:
        own = told.stages.get(given["id"])
        rule = Reached.model_validate(given["reached"]) if "reached" in given else None
        stages.append(
            Stage(
                given["id"],
                {**given["name"], **(own.name.root if own and own.name else {})},
                given["goal"],
                given["action"],
                own.reached if own and own.reached else rule,
                given.get("kind", "way"),
                *((tuple(own.known_as), tuple(own.events), tuple(own.touchpoints)) if own else ((), (), ())),
                *((tuple(own.reasons), tuple(own.campaigns), own.target) if own else ((), (), None)),
                given["owner"],
            )
        )
    return Journey(tuple(stages), tuple(told.personas))
