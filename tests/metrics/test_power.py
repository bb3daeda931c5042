"""Power and sample size against published numbers and by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_helpers.metrics.power import (
    means_people,
    means_power,
    means_smallest,
    rates_people,
    rates_power,
    rates_smallest,
)

RATES = st.floats(0.01, 0.95)
PEOPLE = st.integers(20, 100_000)


def test_power_of_two_rates_as_in_the_help_of_r():
    assert rates_power(0.5, 0.75, 50, 50) == pytest.approx(0.740, abs=0.0005)
    assert rates_people(0.5, 0.75, power=0.9) / 2 == pytest.approx(76.7, abs=0.05)


def test_people_needed_as_published():
    assert math.ceil(rates_people(0.25, 0.20) / 2) == 1094
    assert math.ceil(rates_people(0.035, 0.030) / 2) == 19743
    total = rates_people(0.035, 0.030, share=0.9)  # a tenth is left out
    assert (math.ceil(total * 0.1), math.ceil(total * 0.9)) == (11220, 100975)


@pytest.mark.parametrize(
    ("base", "rise", "people"), [(0.01, 0.1, 326_200), (0.05, 0.2, 16_400), (0.10, 0.3, 3_600), (0.20, 0.1, 13_100)]
)
def test_the_table_of_needed_people(base, rise, people):
    """Half and half; the table is rounded to hundreds."""
    assert rates_people(base * (1 + rise), base) == pytest.approx(people, abs=100)


def test_means_follow_the_normal_approximation():
    assert means_people(5, 100) == pytest.approx(4 * 2 * (1.959964 + 0.841621) ** 2 * 100**2 / (2 * 5**2), rel=1e-5)
    assert means_people(0.1 * 1, 2, share=0.1) == pytest.approx(34_900, rel=0.01)  # CV 2, 10 %: 35k
    assert means_people(5, 100, correlation=0.6) / means_people(5, 100) == pytest.approx(1 - 0.36)
    assert means_smallest(1, 100, 50) == pytest.approx(2.8016 * math.sqrt(1 / 100 + 1 / 50), rel=1e-4)


def test_nothing_to_show_needs_everybody():
    assert math.isinf(rates_people(0.1, 0.1))
    assert math.isinf(means_people(0, 1))
    assert rates_smallest(0.5, 3, 2) is None


@given(RATES, PEOPLE, PEOPLE)
def test_the_smallest_rise_is_the_one_with_the_power_asked_for(base, n, other):
    found = rates_smallest(base, n, other)
    if found is not None:
        assert rates_power(base + found, base, n, other) == pytest.approx(0.8, abs=0.002)


@given(RATES, RATES, st.floats(0.1, 0.9))
def test_as_many_people_as_needed_have_the_power(p, other, share):
    if abs(p - other) > 0.01:
        total = rates_people(p, other, share=share)
        assert rates_power(p, other, total * share, total * (1 - share)) == pytest.approx(0.8, abs=1e-6)


@given(st.floats(0.1, 10), st.floats(1, 100), PEOPLE, PEOPLE)
def test_more_people_never_show_less(difference, deviation, n, other):
    assert means_power(difference, deviation, n + 10, other) >= means_power(difference, deviation, n, other)


def test_power_is_how_often_a_difference_is_seen():
    """Ten thousand tests of 3 % against 5 % with 1,000 and 1,500 people, the pooled z test."""
    rng = np.random.default_rng(5)
    one, other = rng.binomial(1000, 0.03, 10_000) / 1000, rng.binomial(1500, 0.05, 10_000) / 1500
    mean = (one * 1000 + other * 1500) / 2500
    z = np.abs(one - other) / np.sqrt(mean * (1 - mean) * (1 / 1000 + 1 / 1500))
    assert (z > 1.959964).mean() == pytest.approx(rates_power(0.03, 0.05, 1000, 1500), abs=0.015)
