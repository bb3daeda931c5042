"""The self-check scored: worked by hand, and alpha against the published example."""

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import audit
from tests.metrics.sample import SHOP

NAN = float("nan")


def answer(item, level=None, *, who="1", dept="A", evidence=None, no_level=None, wave="w1", role=None, day="2025-01-01"):
    return {
        "wave": wave,
        "respondent": who,
        "department": dept,
        "role": role,
        "item": item,
        "level": level,
        "no_level": no_level,
        "evidence": evidence,
        "answered_on": pd.Timestamp(day),
    }


def prepared(*rows):
    return audit.prepared(pd.DataFrame(rows))


def scored(*rows):
    return audit.items(prepared(*rows)).set_index("item")


def tables(*rows):
    frame = pd.DataFrame(rows).rename(columns={"item": "item_id"})
    return Tables.of(order_lines=SHOP, audit_answers=frame)


def full(level=3, *, who=("1", "2", "3", "4"), depts=("A", "A", "B", "B"), **change):
    """Everybody answers every item alike; `change` overrides an item's level."""
    return [
        answer(item, change.get(item, level), who=w, dept=d)
        for item in audit.instrument().index
        for w, d in zip(who, depts, strict=True)
    ]


def test_the_instrument_has_42_items_4_gates_and_every_cell():
    listed = audit.instrument()
    assert (len(listed), int(listed["gate"].sum()), int(listed["short_form"].sum())) == (42, 4, 21)
    cells = listed.dropna(subset=["idic"]).groupby(["axis", "idic"]).size()
    assert all((axis, letter) in cells.index for axis in audit.SHORT_AXES for letter in audit.IDIC)


def test_the_score_is_the_median_over_departments_of_the_median_within():
    # A: 0 0 0 → 0; B: 2 4 → 3; C: 1 3 → 2. Median of 0, 3, 2 is 2. One big department does not decide (plain median: 1).
    rows = [
        answer("S01", level, who=w, dept=d)
        for level, w, d in [
            (0, "1", "A"),
            (0, "2", "A"),
            (0, "3", "A"),
            (2, "4", "B"),
            (4, "5", "B"),
            (1, "6", "C"),
            (3, "7", "C"),
        ]
    ]
    row = scored(*rows).loc["S01"]
    assert (row["score"], row["low"], row["high"], row["low_in"], row["high_in"]) == (2, 0, 3, "A", "B")


@pytest.mark.parametrize(
    ("level", "evidence", "held"),
    [
        (4, "none", 2),
        (3, "none", 2),
        (2, "none", 2),
        (1, "none", 1),
        (4, None, 4),
        (3, "partly", 3),
        (4, "confirmed", 4),
        (4, "contradicted", 1),
        (2, "contradicted", 1),
        (0, "contradicted", 0),
    ],
)
def test_an_answer_without_evidence_is_held_and_one_that_data_contradict_is_held_lower(level, evidence, held):
    found = prepared(answer("S01", level, evidence=evidence))
    assert (found["level"].item(), found["held"].item()) == (held, held < level)


def test_a_score_of_three_that_nobody_reviewed_is_marked():
    assert scored(answer("S01", 3))["unseen"].tolist()[0]
    assert not scored(answer("S01", 3, evidence="confirmed"))["unseen"].tolist()[0]


def test_not_applicable_leaves_the_item_out_and_not_known_counts_against_it():
    rows = [
        answer("S01", 3, who="1"),
        answer("S01", None, who="2", no_level="not_applicable"),
        answer("S02", 3, who="1"),
        answer("S02", None, who="2", no_level="not_known"),
        answer("S03", None, who="1", no_level="not_applicable"),
        answer("S05", 3, who="1"),
        answer("S05", 1, who="3"),
        answer("S05", None, who="2"),
    ]
    found = scored(*rows)
    assert found.loc["S01", "state"] == "scored"
    assert found.loc["S02", "state"] == "not_known", "half do not know"
    assert np.isnan(found.loc["S02", "score"])
    assert found.loc["S03", "state"] == "not_applicable"
    assert found.loc["S05", "state"] == "scored", "a blank is not known: one of three"
    assert found.loc["P01", "state"] == "unasked"


def test_a_group_is_a_weighted_mean_with_its_coverage():
    # technology: T01 and T02, both of weight 2; privacy: P07 2, X02 3, R01 3, R02 3, R03 2 = 13
    found = audit.groups(audit.items(prepared(answer("T01", 1), answer("R01", 4), answer("P07", 2), answer("X02", 1))))
    by = found[found["kind"] == "foundation"].set_index("foundation")
    assert (by.loc["technology", "score"], by.loc["technology", "coverage"], by.loc["technology", "state"]) == (
        1,
        0.5,
        "reference",
    )
    assert by.loc["privacy", "score"] == pytest.approx((3 * 4 + 2 * 2 + 3 * 1) / 8)
    assert by.loc["privacy", "coverage"] == pytest.approx(8 / 13)
    assert by.loc["privacy", "state"] == "sure"
    assert by.loc["data", "state"] == "hidden"
    assert np.isnan(by.loc["data", "score"])


def test_not_applicable_is_not_in_the_weight_of_coverage():
    found = audit.groups(audit.items(prepared(answer("T01", 1), answer("T02", no_level="not_applicable"), answer("S04", 1))))
    assert found.set_index("foundation").loc["technology", "coverage"] == 1.0


@pytest.mark.parametrize(
    ("score", "level"), [(0, 0), (0.49, 0), (0.5, 1), (1.49, 1), (1.5, 2), (2.5, 3), (3.49, 3), (3.5, 4), (4, 4)]
)
def test_levels_begin_where_they_begin(score, level):
    assert audit.level(score) == level


def test_the_whole_is_the_mean_of_axes_and_foundations():
    change = {item: 1 for item in audit.instrument().index if audit.instrument().loc[item, "axis"] == "plan"}
    whole = audit.overall(audit.items(prepared(*full(3, **change)))).iloc[0]
    assert whole["score"] == pytest.approx((3 + 1 + 3 + 3) / 4)
    assert (whole["level"], whole["level_by_score"], whole["coverage"], whole["state"]) == (3, 3, 1.0, "sure")


def test_a_failed_gate_holds_the_level_at_two():
    whole = audit.overall(audit.items(prepared(*full(4, X02=1)))).iloc[0]
    assert (whole["level"], whole["level_by_score"], whole["failed"]) == (2, 4, 1)


def test_a_gate_at_two_is_met():
    assert audit.overall(audit.items(prepared(*full(4, X02=2)))).iloc[0]["level"] == 4


@pytest.mark.parametrize("no_level", ["not_known", "not_applicable", None])
def test_an_unanswered_gate_is_unconfirmed_and_never_met(no_level):
    rows = [row if row["item"] != "R01" else {**row, "level": None, "no_level": no_level} for row in full(4)]
    found = audit.items(prepared(*rows))
    assert audit.gates(found).set_index("item").loc["R01", "state"] == "unconfirmed"
    assert audit.overall(found).iloc[0]["level"] == 2


def test_a_gate_that_was_not_asked_is_unconfirmed():
    found = audit.gates(audit.items(prepared(answer("S01", 4))))
    assert found["state"].tolist() == ["unconfirmed"] * 4


def test_the_short_form_alone_is_the_instrument_of_who_got_only_it():
    listed = audit.instrument()
    short = [answer(item, 3) for item in listed.index[listed["short_form"]]]
    found = audit.items(prepared(*short))
    assert len(found) == 21
    assert audit.overall(found).iloc[0]["coverage"] == 1.0


def test_leave_one_out_is_the_range_without_each_respondent():
    rows = [
        answer(item, level, who=w, dept="A") for item in audit.instrument().index for w, level in (("1", 1), ("2", 1), ("3", 4))
    ]
    found = audit.leave_one_out(prepared(*rows)).iloc[0]
    assert (found["score"], found["low"], found["high"]) == (1, 1, 2.5)  # without one of the two: median of 1 and 4


def test_alpha_is_that_of_the_published_example():
    # Krippendorff 2011, section E: 4 observers, 12 units, missing values; ordinal alpha 0.815
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
    assert audit.krippendorff(np.array(observers).T) == pytest.approx(0.815, abs=5e-4)


def test_alpha_is_one_in_full_agreement_and_nothing_for_one_respondent():
    assert audit.krippendorff(np.array([[1.0, 1.0], [3.0, 3.0]])) == pytest.approx(1)
    assert np.isnan(audit.krippendorff(np.array([[1.0], [3.0]])))


def departments(*people):
    frame = pd.DataFrame(people, columns=["respondent", "department", "role"])
    return audit.departments(frame)


def test_departments_of_one_respondent_are_merged_with_their_own_side():
    found = departments(
        ("1", "経営", None),
        ("2", "マーケティング部", None),
        ("3", "マーケティング部", None),
        ("4", "店舗運営部", None),
        ("5", "店舗運営部", None),
    )
    assert found == {
        "1": "マーケティング部+経営",
        "2": "マーケティング部+経営",
        "3": "マーケティング部+経営",
        "4": "店舗運営部",
        "5": "店舗運営部",
    }


def test_lone_respondents_join_each_other():
    assert set(departments(("1", "経営", None), ("2", "経理", None), ("3", "店", None), ("4", "店", None)).values()) == {
        "経理+経営",
        "店",
    }


@pytest.mark.parametrize("n", range(1, 8))
def test_no_department_is_a_person_where_there_are_two(n):
    found = departments(*((str(i), f"部{i % 4}", ["exec", "cs"][i % 2]) for i in range(n)))
    sizes = pd.Series(found).value_counts()
    assert len(found) == n
    assert n == 1 or int(sizes.min()) >= 2


def test_who_is_high_and_who_low_says_what_the_gap_means():
    rows = [
        answer("S01", level, who=w, dept=d)
        for level, w, d in [(4, "1", "経営"), (4, "2", "経営"), (1, "3", "店舗"), (1, "4", "店舗")]
    ]
    found = audit.disagreements(audit.items(prepared(*rows))).iloc[0]
    assert (found["item"], found["range"], found["direction"], bool(found["wide"])) == ("S01", 3, "office_high", True)


def test_two_waves_are_compared_on_the_same_items_and_respondents_only():
    rows = [
        answer("S01", 1, who="1", wave="w1"),
        answer("S01", 3, who="1", wave="w2"),
        answer("S01", 4, who="2", wave="w2"),  # came later: not compared
        answer("S02", 2, who="1", wave="w1"),
        answer("S02", None, who="1", wave="w2"),  # no level now: not compared
        answer("S03", 2, who="1", wave="w2"),
    ]  # not asked before
    found = audit.compared(pd.DataFrame(rows), "w1", "w2")
    assert found[["item", "before", "after", "change"]].to_numpy().tolist() == [["S01", 1, 3, 2]]
    assert (found.attrs["respondents"], found.attrs["pairs"]) == (1, 1)


def test_the_last_wave_is_the_one_answered_last():
    given = tables(answer("S01", 1, wave="b", day="2025-01-01"), answer("S01", 4, wave="a", day="2025-02-01"))
    assert audit.answers(given)["level"].tolist() == [4]
    assert audit.waves(given)[["before", "after"]].to_numpy().tolist() == [[1, 4]]


def test_one_wave_or_no_answers_leave_the_pages_out():
    assert audit.waves(tables(answer("S01", 1))) == Unavailable("audit.waves", reason="audit.one_wave")
    nothing = audit.answers(Tables.of(order_lines=SHOP))
    assert nothing == Unavailable("audit.answers", ("audit_answers",))
    assert audit.overall(audit.items(nothing)) is nothing


def test_answers_to_items_that_do_not_exist_are_not_scored():
    assert audit.answers(tables(answer("S01", 1), answer("Z99", 4)))["item"].tolist() == ["S01"]


def test_the_order_of_the_rows_does_not_matter():
    rows = full(3, S01=1, P02=4)
    turned = audit.items(prepared(*rows[::-1]))
    pd.testing.assert_frame_equal(audit.items(prepared(*rows)), turned)
