"""Intervals of rates against published figures."""

import math

import pytest

from crm_helpers.metrics.intervals import newcombe, wilson


def test_wilson_agrees_with_newcombes_example():
    """Newcombe 1998 (Statistics in Medicine 17:857): 81 of 263."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_the_difference_agrees_with_newcombes_example():
    """Newcombe 1998 (Statistics in Medicine 17:873): 56 of 70 against 48 of 80."""
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_bounds_stay_inside_what_is_possible():
    assert wilson(0, 10)[0] == pytest.approx(0)
    assert 0 < wilson(0, 10)[1] < 1
    assert wilson(10, 10)[1] == 1
    assert newcombe(10, 10, 0, 10)[2] == pytest.approx(1)


def test_swapping_the_groups_turns_the_sign():
    gap, low, high = newcombe(30, 100, 20, 90)
    assert newcombe(20, 90, 30, 100) == pytest.approx((-gap, -high, -low))


def test_nobody_gives_nothing():
    assert all(math.isnan(v) for v in (*wilson(0, 0), *newcombe(1, 2, 0, 0)))
