"""Small cells stay hidden, also from somebody who can subtract."""

import numpy as np
import pytest

from crm_helpers.metrics import suppression
from crm_helpers.metrics.rfm import SEGMENTS
from crm_helpers.metrics.suppression import hidden_cells, sealed

RETAIL = np.array([[6, 19, 82, 151, 103], [9, 12, 35, 30, 3], [8, 17, 29, 16, 1], [16, 14, 15, 6, 0], [18, 8, 1, 1, 0]])


def singles(hidden, groups=()):
    rows, columns = hidden.shape
    sums = [[(r, c) for c in range(columns)] for r in range(rows)] + [[(r, c) for r in range(rows)] for c in range(columns)]
    return [s for s in (*sums, *groups) if len(s) > 1 and sum(hidden[c] for c in s) == 1]


def test_every_cell_of_one_to_four_people_is_hidden_and_none_can_be_worked_out():
    hidden = hidden_cells(RETAIL, 5, tuple(SEGMENTS.values()))
    assert hidden[(RETAIL > 0) & (RETAIL < 5)].all()
    assert singles(hidden, tuple(SEGMENTS.values())) == []
    assert hidden.sum() <= 9, "no more than needed"


def test_nothing_is_hidden_when_all_cells_are_large_or_empty():
    assert not hidden_cells(np.array([[5, 0], [12, 7]]), 5).any()


def test_one_small_cell_takes_three_more_with_it_in_a_two_by_two_table():
    assert hidden_cells(np.array([[3, 20], [30, 40]]), 5).all()


def test_the_quick_way_also_leaves_no_single_hidden_cell(monkeypatch):
    monkeypatch.setattr(suppression, "TRIALS", 0)
    chance = np.random.default_rng(3)
    for _ in range(30):
        counts = chance.poisson(6, (6, 7))
        hidden = hidden_cells(counts, 5)
        assert hidden[(counts > 0) & (counts < 5)].all()
        assert singles(hidden) == []


@pytest.mark.parametrize("k", [1, 3, 10])
def test_k_moves_the_line(k):
    hidden = hidden_cells(np.array([[2, 9, 50, 60], [70, 80, 90, 100]]), k)
    assert hidden[0, 0] == (k > 2)
    assert hidden[0, 1] == (k > 2), "the 9 goes with the 2, or by itself"


def test_sealed_hides_k_people_together_in_every_sum():
    """3 beside 20 and 40: the 20 goes with it; in the column the 30 and then the square closes."""
    counts = np.array([3, 20, 40, 30, 50, 60])
    hidden = sealed(counts, 5, [[0, 1, 2], [3, 4, 5], [0, 3], [1, 4], [2, 5]])
    assert hidden.tolist() == [True, True, False, True, True, False]


def test_sealed_leaves_no_cell_that_the_equations_give():
    """a + b, b + c and a + c are printed: with two in each sum hidden all three still follow, so d is hidden too."""
    counts = np.array([3, 9, 9, 40])
    assert sealed(counts, 5, [[0, 1], [1, 2], [0, 2, 3]]).all()


def test_sealed_hides_nothing_without_small_cells():
    assert not sealed(np.array([0, 5, 9]), 5, [[0, 1, 2]]).any()
