"""Chains of paths against published and hand-worked numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_helpers.metrics.chains import DONE, LOST, START, absorbing, done_chance, media, order_test, removal, shapley
from tests.metrics.test_visits import JOURNEY, WEEK, tables


def test_the_drunkards_walk():
    """Grinstead and Snell, example 11.13: corners 1 to 3, home and bar absorb."""
    inside = np.array([[0, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0]])
    visits, steps, ends = absorbing(inside, np.array([[0.5, 0], [0, 0], [0, 0.5]]))
    assert visits == pytest.approx(np.array([[1.5, 1, 0.5], [1, 2, 1], [0.5, 1, 1.5]]))
    assert steps == pytest.approx([3, 4, 3])
    assert ends == pytest.approx(np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75]]))


COUNTS = {(START, "a"): 2.0, (START, "b"): 2.0, ("a", "b"): 1.0, ("a", LOST): 1.0, ("b", DONE): 2.0, ("b", LOST): 1.0}


def test_removal_takes_every_path_through_the_medium_away():
    """Done = ½·½·⅔ + ½·⅔ = ½; without a: ½·⅔ = ⅓ (effect ⅓); without b: 0 (effect 1); shares ¼ and ¾."""
    assert done_chance(COUNTS) == pytest.approx(0.5)
    assert done_chance(COUNTS, "a") == pytest.approx(1 / 3)
    assert done_chance(COUNTS, "b") == 0
    assert removal(COUNTS) == pytest.approx({"a": 0.25, "b": 0.75})


def test_the_glove_game():
    """One left glove, two right ones, a pair is worth 1: Shapley's ⅔, ⅙, ⅙."""
    sets = ["L", "R", "S", "LR", "LS", "RS", "LRS"]
    worth = {frozenset(names): float("L" in names and len(names) > 1) for names in sets}
    assert shapley(worth) == pytest.approx({"L": 2 / 3, "R": 1 / 6, "S": 1 / 6})
    assert shapley({}) == {}


@given(st.dictionaries(st.sampled_from([frozenset(s) for s in ("a", "b", "c", "ab", "ac", "bc", "abc")]), st.floats(0, 10)))
def test_shapley_values_add_up_to_the_worth_of_all(values):
    everybody = frozenset().union(*values) if values else frozenset()
    assert sum(shapley(values).values()) == pytest.approx(values.get(everybody, 0.0), abs=1e-9)


def test_a_chain_of_order_one_needs_no_second_step():
    first = {(a, b, c): 100 for a in "xy" for b in "xy" for c in "xy"}
    ratio, free, better = order_test(first)
    assert (ratio, free) == (pytest.approx(0), 2)
    assert better < 0
    told = {("x", "z", "x"): 100, ("y", "z", "y"): 100}  # after z one goes back to where one came from
    ratio, free, better = order_test(told)
    assert (ratio, free) == (pytest.approx(2 * 200 * np.log(2)), 1)
    assert better > 0


def test_media_are_credited_along_the_visits_of_a_person():
    rows = []
    for i in range(40):
        rows += [
            (f"c{i}", f"s{i}-1", "view", 1, "search"),
            (f"c{i}", f"s{i}-2", "view", 2, "mail"),
            (f"c{i}", f"s{i}-2", "done", 3, "mail"),
        ]
        rows += [(f"c{i}", f"s{i}-3", "view", 4, "search")]  # a new path, which ends unfinished
    found = media(tables(rows), JOURNEY, periods=WEEK)
    told = found.set_index("medium")
    assert told.loc["search", "visits"] == 80
    assert told.loc["mail", "last"] == 1
    assert int(found["paths"].iloc[0]) == 80
    assert found["removal"].sum() == pytest.approx(1)
    assert found["shapley"].sum() == pytest.approx(1)
    assert told.loc["mail", "removal"] == pytest.approx(0.5), "without either, nothing is finished"
    assert isinstance(found, pd.DataFrame)
