"""The stages of a client's journey: of its kind of business, with its own words, and what is mistyped."""

from pathlib import Path

import pytest

from crm_helpers.domain import business
from crm_helpers.errors import Faults
from crm_helpers.params.journey import journey
from crm_helpers.params.load import parse
from crm_helpers.params.schema import Reached

HEAD = "client: acme\nname: {ja: A, en: A}\nas_of: 2026-03-31\n"
DATA = "data:\n  order_lines:\n    files: o.csv\n    columns: {ordered_on: d, amount: a}\n"
CONTRACTS = DATA + "  contracts:\n    files: c.csv\n    columns: {contract_id: k, started_on: s}\n"


def params(text="", data=DATA):
    return parse(HEAD + data + text, Path("params/acme.yaml"), client="acme").params


def ids(given):
    return [stage.id for stage in journey(given).stages]


def test_the_stages_follow_the_kind_of_business_or_what_was_sent():
    assert "first_buy" in ids(params())
    assert "second" in ids(params(data=CONTRACTS))
    assert "reserve" in ids(params("type: salon\n"))
    assert "need" in ids(params("type: salon\njourney: {type: b2b_saas}\n")), "the client's own setting comes first"


def test_a_client_says_what_belongs_to_a_stage_and_how_it_is_reached():
    told = """
journey:
  stages:
    repeat:
      name: {ja: 再来店, en: Return}
      reached: {by: orders, nth: 3}
      known_as: [リピート]
      reasons: [ポイント]
      target: 60
"""
    stage = next(s for s in journey(params(told)).stages if s.id == "repeat")
    assert (stage.names["ja"], stage.reached, stage.target, stage.reasons) == (
        "再来店",
        Reached(by="orders", nth=3),
        60,
        ("ポイント",),
    )
    assert all(stage.is_called(name) for name in ("repeat", "再来店", "Return", "リピート"))
    assert not stage.is_called("来る")
    assert stage.goal["ja"], "what the client does not say stays as its kind of business has it"


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("journey:\n  stages:\n    again: {target: 60}\n", 10, "again"),
        ("journey:\n  personas: [vip]\n", 9, "vip"),
        ("journey:\n  type: shop\n", 9, "shop"),
        ("journey:\n  stages:\n    repeat: {reached: {by: hope}}\n", 10, "hope"),
        ("journey:\n  stages:\n    repeat: {target: 120}\n", 10, "120"),
        ("audit:\n  items:\n    S99: {effort: 2}\n", 10, "S99"),
        ("audit:\n  items:\n    S01: {effort: 6}\n", 10, "6"),
    ],
)
def test_what_is_mistyped_is_named_with_its_line(text, line, found):
    with pytest.raises(Faults) as caught:
        params(text)
    (fault,) = caught.value.faults
    assert fault.where.endswith(f":{line}")
    assert fault.values["found"] == found


def test_every_shipped_stage_can_be_drawn():
    for told in business.journeys().values():
        assert 7 <= len(told["stages"]) <= 9, "more columns than nine are too narrow for A3"
        for stage in told["stages"]:
            assert {"ja", "en"} <= set(stage["name"]) & set(stage["goal"]) & set(stage["action"])
            assert len(stage["goal"]["ja"]) <= 30
            assert Reached.model_validate(stage.get("reached", {"by": "orders"}))
