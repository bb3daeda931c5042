"""The exact splits, held to Das Gupta's published examples (1993; figures from the DasGuptR documentation)."""

import random

import pytest

from crm_helpers.metrics.decomposition import lmdi, methods_differ, shapley, whole

TWO = ((10930, 0.717892), (16591, 0.825974))
THREE = ((51.78746, 0.45919, 0.52638), (84.90502, 0.75756, 0.51065))
FOUR = ((25.3, 0.214, 0.279, 0.949), (32.7, 0.290, 0.473, 0.986))


@pytest.mark.parametrize(
    ("example", "parts"),
    [
        (TWO, [4369.913, 1487.262]),
        (THREE, [10.4340333, 10.5608476, -0.6670084]),
        (FOUR, [0.6889411, 0.8125381, 1.3829055, 0.1047547]),
    ],
)
def test_shapley_gives_das_guptas_published_effects(example, parts):
    assert shapley(*example) == pytest.approx(parts, rel=1e-5)


def test_lmdi_gives_the_published_four_factor_split():
    assert [round(p, 4) for p in lmdi(*FOUR)] == [0.6807, 0.8063, 1.4006, 0.1015]


@pytest.mark.parametrize("split", [lmdi, shapley])
def test_parts_add_up_to_the_change_and_do_not_depend_on_the_order_of_factors(split):
    chance = random.Random(7)
    for _ in range(50):
        before, after = ([chance.uniform(0.1, 500) for _ in range(4)] for _ in range(2))
        parts = split(before, after)
        change = after[0] * after[1] * after[2] * after[3] - before[0] * before[1] * before[2] * before[3]
        assert sum(parts) == pytest.approx(change)
        assert list(reversed(split(before[::-1], after[::-1]))) == pytest.approx(parts)


def test_a_factor_that_did_not_move_contributes_nothing():
    assert lmdi((4, 2, 3), (8, 2, 3)) == pytest.approx([24, 0, 0])


def test_lmdi_refuses_a_zero_that_shapley_takes():
    with pytest.raises(ValueError, match="positive"):
        lmdi((0, 2), (3, 2))
    assert shapley((0, 2), (3, 2)) == pytest.approx([6, 0])


def test_whole_parts_add_up_to_the_yen():
    assert whole([33.4, 33.3, 33.3], 100) == [34, 33, 33]
    assert whole([-0.5, -0.5], -1) == [0, -1]
    assert sum(whole([1.9, -7.2, 3.3], -2)) == -2


def test_the_guard_speaks_only_when_the_two_methods_part():
    assert not methods_differ((100, 2.0), (104, 2.1))
    assert methods_differ((1, 1000, 1), (60, 1100, 0.5))
