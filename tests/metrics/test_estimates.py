"""Means and ratios from sums against the textbook and against a simulation; many looks at once."""

import math

import numpy as np
import pytest

from crm_helpers.metrics.estimates import UNKNOWN, Estimate, benjamini_hochberg, chance, mean, quotient, ratio, two_rates


def sums(x, y):
    return len(x), x.sum(), y.sum(), (x * x).sum(), (x * y).sum(), (y * y).sum()


def test_a_mean_from_sums_by_hand():
    x = np.array([1.0, 2.0, 3.0, 4.0])
    told = mean(4, x.sum(), (x * x).sum())
    assert told.value == 2.5
    assert told.spread == pytest.approx(x.std(ddof=1) / 2 / 2.5), "the usual standard error over the mean"


def test_the_interval_of_a_ratio_covers_as_often_as_it_says():
    chances = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        y = chances.lognormal(0, 0.8, 200)
        x = y * chances.lognormal(0, 0.5, 200) * 1.3
        told = ratio(*sums(x, y))
        covered += told.low <= 1.3 * math.exp(0.125) <= told.high
    assert 0.91 <= covered / 400 <= 0.98


def test_what_cannot_be_estimated_is_not_told():
    assert math.isnan(ratio(1, 5, 5, 25, 25, 25).value)
    assert math.isnan(mean(10, -5, 100).value), "a mean of money under 0 has no logarithm"
    assert chance(UNKNOWN) == 1
    assert math.isnan(quotient(UNKNOWN, Estimate(1, 0.1)).value)


def test_a_quotient_adds_the_variances():
    told = quotient(Estimate(6, 0.3), Estimate(3, 0.4))
    assert (told.value, told.spread) == (2, pytest.approx(0.5))
    assert chance(Estimate(math.exp(1.959964), 1)) == pytest.approx(0.05, abs=1e-6)
    assert chance(Estimate(1, 0)) == 1


def test_two_rates_by_hand():
    # pooled 31/68, standard error .12079, z = −.5 / .12079 = −4.139
    assert two_rates(7, 34, 24, 34) == pytest.approx(3.48e-5, rel=0.01)
    assert two_rates(0, 0, 1, 2) == 1


def test_benjamini_hochberg_steps_up():
    # their example (1995, table of 15 p-values): four are discoveries at 5 %
    told = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert sum(benjamini_hochberg(told)) == 4
    assert benjamini_hochberg([0.04, 0.05]) == [True, True], "both pass at the last step"
    assert benjamini_hochberg([]) == []
