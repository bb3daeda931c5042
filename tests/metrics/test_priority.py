"""Where to begin, by hand: zones, gates first, what waits for what, horizons."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.metrics import audit, priority
from crm_helpers.params.schema import AuditItem
from tests.metrics.test_audit import answer, full, prepared


def planned(*rows):
    found = audit.items(prepared(*rows))
    return priority.plan(audit.gaps(found), audit.gates(found)).set_index("item")


def test_impact_counts_as_much_as_the_gap_is_of_the_widest():
    found = planned(*full(3, S01=0, S03=2))  # S01: gap 3 of 3, impact 5; S03: gap 1, impact 5
    assert found.loc["S01", "impact"] == 5
    assert found.loc["S03", "impact"] == pytest.approx(5 / 3)
    assert (found.loc["S01", "zone"], found.loc["S03", "zone"]) == ("quick", "fill_in")


def test_open_gates_come_first_and_within_thirty_days():
    rows = [row for row in full(3, X02=1, S01=0) if row["item"] != "R03"]
    found = planned(*rows)
    assert list(found.index[:2]) == ["X02", "R03"]
    assert found.loc[["X02", "R03"], "gate"].tolist() == ["failed", "unconfirmed"]
    assert found.loc[["X02", "R03"], "horizon"].tolist() == [30, 30]
    assert pd.isna(found.loc["R03", "score"])


def test_what_waits_is_chosen_with_what_comes_first_and_no_earlier():
    found = planned(*full(3, P09=0, P02=1, S02=1))  # S02 → P02 → P09
    assert found.loc["P09", "waits_for"] == ("P02",)
    assert found.loc[["S02", "P02", "P09"], "chosen"].all()
    assert found.loc["P09", "horizon"] >= found.loc["P02", "horizon"] >= found.loc["S02", "horizon"]


def test_an_item_at_two_holds_nothing_back():
    assert planned(*full(3, P09=0, P02=2)).loc["P09", "waits_for"] == ()


def test_at_most_eight_are_chosen_and_four_quick_wins_leave_room_for_the_rest():
    found = planned(*full(0))
    chosen = found[found["chosen"]]
    assert len(chosen) == 8
    assert int((chosen["gate"] == "").sum()) == 4, "four gates are open"
    found = planned(*full(1, R01=3, R02=3, R03=3, X02=3))
    chosen = found[found["chosen"]]
    assert {"quick", "major"} == set(chosen["zone"])
    assert int((chosen["zone"] == "quick").sum()) <= priority.MOST


def test_integration_takes_a_year():
    assert planned(*full(3, D01=0)).loc["D01", "horizon"] == 365


def test_nothing_below_target_leaves_the_page_out():
    found = audit.items(prepared(*full(4)))
    assert priority.plan(audit.gaps(found), audit.gates(found)) == Unavailable("priority.plan", reason="priority.no_gaps")


def test_decisions_are_the_gates_and_the_first_of_each_zone_with_a_day():
    found = audit.items(prepared(*full(3, X02=1, S01=0, D01=0)))
    asked = priority.decisions(priority.plan(audit.gaps(found), audit.gates(found)), as_of=datetime.date(2025, 1, 1))
    assert asked[["item", "by", "kind"]].to_numpy().tolist() == [
        ["S01", "2025-01-31", "quick"], ["X02", "2025-01-31", "gate"], ["D01", "2026-01-01", "major"],
    ]  # fmt: skip


def test_without_answers_there_is_no_plan():
    nothing = Unavailable("audit.answers", ("audit_answers",))
    assert priority.plan(nothing, nothing) is nothing
    assert priority.decisions(nothing, as_of=datetime.date(2025, 1, 1)) is nothing


def test_gaps_are_weighted_and_their_shares_add_up():
    gaps = audit.gaps(audit.items(prepared(answer("S01", 1), answer("S09", 1), answer("S02", 4))))
    assert gaps[["item", "gap", "weighted"]].to_numpy().tolist() == [["S01", 2, 6], ["S09", 2, 2]]
    assert gaps["share"].tolist() == [0.75, 0.25]


def test_what_the_consultant_set_counts_and_is_named():
    """S01: usual target 3, effort 2, impact 5. With target 4 its gap at 0 is the widest, 4, and S03 counts a quarter, not a third."""
    rows = full(3, S01=0, S03=2)
    reviewed = {"S01": AuditItem(target=4, effort=4), "R03": AuditItem(effort=3)}
    found = audit.items(prepared(*[row for row in rows if row["item"] != "R03"]), reviewed)
    told = priority.plan(audit.gaps(found), audit.gates(found), reviewed).set_index("item")
    assert told.loc["S01", ["target", "effort", "impact", "zone", "own"]].tolist() == [4, 4, 5.0, "major", "target,effort"]
    assert told.loc["S03", "impact"] == pytest.approx(5 / 4)
    assert told.loc["R03", ["effort", "own"]].tolist() == [3, "effort"], "a gate that nobody confirmed as well"
    assert (told.drop(index=["S01", "R03"])["own"] == "").all()
    assert told.loc["S01", "horizon"] == 365, "much effort takes long"


def test_the_instrument_itself_is_not_changed():
    audit.items(prepared(*full(3)), {"S01": AuditItem(target=0)})
    assert audit.instrument().loc["S01", "target"] == 3
