"""Personas, the journey as it is to be, and coverage, worked by hand on the boxes of the stages' tests."""

import dataclasses

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.metrics import coverage, journey_map, personas, register, to_be
from crm_helpers.metrics.journey import EVERYBODY, reach
from crm_helpers.params.journey import Journey
from crm_helpers.params.schema import Condition, Segment, Words
from tests.metrics.test_journey import BOXES, SENT, TWO_YEARS, YEARS, boxes

OFTEN = {
    "often": Segment(name=Words({"ja": "2回の人", "en": "Twice"}), where=Condition(field="orders", op="at_least", value=["2"]))
}
ASKED = {**SENT, "segments": OFTEN}
GOALS = Journey(tuple(dataclasses.replace(s, target=80) if s.id == "second" else s for s in BOXES.stages))
CAMPAIGNS = pd.DataFrame(
    {
        **{"campaign_id": ["C1", "C2", "C3"], "name": ["box", "sale", "old"]},
        "starts_on": pd.to_datetime(["2025-03-01", "2025-05-01", "2023-01-01"]),
        "ends_on": pd.to_datetime(["2025-03-10", "2025-05-10", "2023-01-10"]),
        "control_percent": [10.0, None, None],
    }
)


def test_a_persona_beside_all_who_bought():
    """In 2025 100 people bought: 60 two boxes of 1,000 each, 40 one. Of those with two boxes 45 are of 2024 and bought nothing."""
    found = personas.sizes(boxes(*TWO_YEARS), Journey(BOXES.stages, ("often",)), k=5, **ASKED)
    often, everybody = found.to_dict("records")
    assert (often["persona"], everybody["persona"]) == ("often", EVERYBODY)
    assert (often["people"], often["buyers"], often["orders"], often["sales"]) == (105, 60, 120, 120_000)
    assert (everybody["buyers"], everybody["sales"]) == (100, 160_000)
    assert (often["buyers_share"], often["sales_share"]) == (pytest.approx(0.6), pytest.approx(0.75))
    assert (often["orders_each"], often["sales_each"], everybody["sales_each"]) == (2, 2000, 1600)


def test_without_personas_or_people_the_page_is_left_out_with_its_reason():
    held = boxes(*TWO_YEARS)
    assert personas.sizes(held, BOXES, k=5, **SENT).reason == "personas.nobody_named"
    assert personas.sizes(held, Journey(BOXES.stages, ("often",)), k=61, **ASKED).reason == "personas.few"


def test_the_people_that_a_goal_is_short_of():
    """60 of 100 go on and 80 are to: 20 people more; the interval of 60 % at n = 100 ends under 80 %."""
    found = to_be.targets(reach(boxes(*TWO_YEARS), GOALS, k=5, **SENT), GOALS)
    (row,) = found.to_dict("records")
    assert (row["start"], row["stage"], row["target"], row["more"], row["inside"]) == ("try", "second", 0.8, 20, False)
    reached = Journey(tuple(dataclasses.replace(s, target=50) if s.id == "second" else s for s in BOXES.stages))
    assert to_be.targets(reach(boxes(*TWO_YEARS), reached, k=5, **SENT), reached)["more"].tolist() == [0]
    near = Journey(tuple(dataclasses.replace(s, target=62) if s.id == "second" else s for s in BOXES.stages))
    assert to_be.targets(reach(boxes(*TWO_YEARS), near, k=5, **SENT), near)["inside"].tolist() == [True]


def test_without_goals_the_page_is_left_out():
    assert to_be.targets(reach(boxes(*TWO_YEARS), BOXES, k=5, **SENT), BOXES).reason == "to_be.no_goals"
    known = Journey(tuple(dataclasses.replace(s, target=80) if s.id == "know" else s for s in BOXES.stages))
    assert to_be.targets(reach(boxes(*TWO_YEARS), known, k=5, **SENT), known).reason == "to_be.no_goals", "it is not measured"


def served(held, journey=BOXES):
    return coverage.stages(journey_map.campaigns(held, journey, periods=YEARS), register.campaigns(held, periods=YEARS), journey)


def test_campaigns_of_the_period_by_stage_and_those_of_none():
    contacts = pd.DataFrame(
        {"customer_id": ["c1", "c2", "c3"], "campaign_id": ["C1", "C2", "C2"], "assigned_at": pd.to_datetime(["2025-05-01"] * 3)}
    )
    contacts["sent_at"] = contacts["assigned_at"]
    found = served(boxes(*TWO_YEARS, campaigns=CAMPAIGNS, contacts=contacts)).set_index("stage")
    assert list(found.index) == ["know", "try", "second", "leave", coverage.NONE]
    assert found["campaigns"].tolist() == [0, 1, 0, 0, 1], "the campaign of 2023 is over"
    assert found.loc["try", ["controlled", "sent", "names"]].tolist() == [1, 1, ("box",)]
    assert found.loc[coverage.NONE, ["controlled", "sent", "names"]].tolist() == [0, 2, ("sale",)]


def test_a_client_that_gives_no_campaign_to_a_stage_is_told():
    assert served(boxes(*TWO_YEARS)) == Unavailable("register.campaigns", ("campaigns.starts_on",))
    assert served(boxes(*TWO_YEARS, campaigns=CAMPAIGNS.iloc[1:])).reason == "coverage.nothing_assigned"
