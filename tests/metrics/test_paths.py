"""Paths over visits, worked by hand."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_helpers.data.needs import Unavailable
from crm_helpers.metrics.paths import END, LONGEST, common, transitions
from crm_helpers.params.journey import Journey, Stage
from tests.metrics.sample import HALVES, shop
from tests.metrics.test_visits import JOURNEY, WEEK, tables

EVENTS = ("view", "cart", "done")


def walks(*groups):
    """Events of people from (how many, events in their order); each event is a visit of its own."""
    rows, n = [], 0
    for many, events in groups:
        for _ in range(many):
            n += 1
            rows += [(f"c{n}", f"s{n}-{at}", event, 10 * at, "web") for at, event in enumerate(events)]
    return rows


# 40 straight to the end; 20 put back and go on; 30 stop after the view; 10 finish twice.
WALKED = walks(
    (40, ["view", "cart", "done"]),
    (20, ["view", "cart", "view", "cart", "done"]),
    (30, ["view", "view"]),
    (10, ["view", "done", "view", "cart", "done"]),
)


def test_transitions_count_steps_returns_and_ends():
    found = transitions(tables(WALKED), JOURNEY, periods=WEEK).set_index(["source", "target"])
    assert found.loc[("view", "cart"), "n"] == 40 + 2 * 20 + 10
    assert found.loc[("view", END), "n"] == 30, "the same event twice counts once"
    assert found.loc[("view", "done"), "n"] == 10
    assert found.loc[("view", "cart"), "share"] == pytest.approx(90 / 130)
    assert (found.loc[("cart", "view"), "n"], found.loc[("cart", "view"), "back"]) == (20, 20)
    assert found.loc[("view", "cart"), "back"] == 20, "cart, view, cart: back where one came from"
    assert "done" not in found.index.get_level_values("source"), "a finished path is over"
    assert list(dict.fromkeys(found.index.get_level_values("source"))) == ["view", "cart"]


def test_common_paths_and_those_that_turn_back():
    found = common(tables(WALKED), JOURNEY, periods=WEEK, k=5)
    told = {row.steps: (row.n, row.done, row.longer) for row in found.itertuples()}
    assert told[("view", "cart", "done")] == (40 + 10, True, False), "the second path of those who finish twice is one of these"
    assert told[("view", "done")] == (10, True, False)
    assert told[("view",)] == (30, False, False)
    assert (found["paths"].iloc[0], found["finished"].iloc[0], found["looped"].iloc[0]) == (110, 80, 20)
    assert found["share"].sum() == pytest.approx(1)


def test_a_path_of_a_few_is_not_shown_and_long_ones_are_cut():
    many = ["view", "cart"] * 5 + ["done"]
    found = common(tables([*WALKED, *_other(4, many)]), JOURNEY, periods=WEEK, k=5)
    assert not [steps for steps in found["steps"] if len(steps) == LONGEST], "four people"
    assert found["paths"].iloc[0] == 114, "they count in the whole"
    shown = common(tables([*WALKED, *_other(6, many)]), JOURNEY, periods=WEEK, k=5)
    (long,) = [row for row in shown.itertuples() if row.longer]
    assert (len(long.steps), long.done, long.n) == (LONGEST, True, 6)


def _other(many, events):
    return [(f"x{row[0]}", f"x{row[1]}", *row[2:]) for row in walks((many, events))]


def test_the_order_of_rows_does_not_matter():
    for found in (transitions, lambda t, j, periods: common(t, j, periods=periods, k=5)):
        pd.testing.assert_frame_equal(
            found(tables(WALKED), JOURNEY, periods=WEEK), found(tables(WALKED[::-1]), JOURNEY, periods=WEEK)
        )


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=7), min_size=40, max_size=60))
def test_all_that_leaves_an_event_adds_up(each):
    found = transitions(tables(walks(*((1, events) for events in each))), JOURNEY, periods=WEEK)
    if isinstance(found, Unavailable):  # too few
        return
    assert found.groupby("source")["share"].sum().to_numpy() == pytest.approx(1)
    assert (found["back"] <= found["n"]).all()


def test_what_cannot_be_told_is_said():
    assert transitions(shop(), JOURNEY, periods=HALVES) == Unavailable("paths.transitions", ("events",))
    nothing = Journey((Stage("buy", {"ja": "買う"}),))
    assert common(tables(WALKED), nothing, periods=WEEK, k=5).reason == "visits.no_steps"
    assert transitions(tables(WALKED[:6]), JOURNEY, periods=WEEK).reason == "paths.few"
    assert common(tables(WALKED[:6]), JOURNEY, periods=WEEK, k=5).reason == "paths.few"
    assert common(tables(WALKED), JOURNEY, periods=None, k=5).reason == "sales.too_short"
