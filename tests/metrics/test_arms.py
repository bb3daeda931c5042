"""Estimators against hand-worked and published numbers, and by simulation: what an interval promises, it keeps."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_helpers.metrics.arms import (
    Moments,
    bootstrap,
    differences,
    rate_gap,
    sample_ratio,
    student,
    theta,
    total,
    two_sided,
    unbalanced,
)
from crm_helpers.metrics.effect import FEWEST
from crm_helpers.metrics.intervals import newcombe


def moments(y, x=None):
    y = np.asarray(y, float)
    x = np.zeros(len(y)) if x is None else np.asarray(x, float)
    return Moments(len(y), y.sum(), (y * y).sum(), x.sum(), (x * x).sum(), (x * y).sum())


def spend(rng, n, rate, scale=1.0):
    """Zero for most, log-normal for buyers: a heavy tail."""
    return np.where(rng.random(n) < rate, rng.lognormal(8, 0.8, n) * scale, 0.0)


# ---------------------------------------------------------------- by hand
@pytest.mark.parametrize(("degrees", "value"), [(4, 2.776), (10, 2.228), (30, 2.042), (1000, 1.962)])
def test_quantiles_of_student_as_in_the_tables(degrees, value):
    assert student(degrees) == pytest.approx(value, abs=0.011 if degrees < 5 else 0.001)


def test_welch_by_hand():
    """Treated 2, 4, 6 (mean 4, s² 4), left out 1, 3 (mean 2, s² 2): difference 2, error √(4/3 + 2/2)."""
    found = total([(moments([2, 4, 6]), moments([1, 3]))], adjusted=False)
    assert found.value == 3 * 2
    assert found.error == pytest.approx(3 * math.sqrt(4 / 3 + 1))
    degrees = (4 / 3 + 1) ** 2 / ((4 / 3) ** 2 / 2 + 1)
    assert found.high - found.value == pytest.approx(found.error * student(max(degrees, 4)))


def test_sends_add_up_each_against_its_own_hold_out():
    one, other = (moments([2, 4, 6]), moments([1, 3])), (moments([10, 10, 12, 8]), moments([9, 11, 10]))
    both = total([one, other], adjusted=False)
    parts = [total([pair], adjusted=False) for pair in (one, other)]
    assert both.value == pytest.approx(sum(part.value for part in parts))
    assert both.error == pytest.approx(math.hypot(*(part.error for part in parts)))


def test_one_send_is_newcombes_published_example():
    """56 of 70 against 48 of 80 (Newcombe 1998)."""
    found = rate_gap([(56, 70, 48, 80)])
    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)


@given(st.integers(0, 40), st.integers(40, 60), st.integers(0, 30), st.integers(30, 50))
def test_one_send_is_newcombe(count, n, other, other_n):
    found = rate_gap([(count, n, other, other_n)])
    assert (found.value, found.low, found.high) == pytest.approx(newcombe(count, n, other, other_n))


def test_sample_ratio_by_hand_and_as_published():
    assert sample_ratio(50, 50, 0.5) == 1.0
    assert sample_ratio(60, 40, 0.5) == pytest.approx(0.0455, abs=0.0001)  # χ² = 4
    assert sample_ratio(821588, 815482, 0.5) == pytest.approx(1.8e-6, rel=0.02)  # Kohavi and others
    assert sample_ratio(1000, 500, 1 / 3) == pytest.approx(1.0)


def test_two_sided_p():
    assert two_sided(1.959964) == pytest.approx(0.05, abs=1e-6)
    assert two_sided(-1.959964) == two_sided(1.959964)


# ---------------------------------------------------------------- CUPED
def test_cuped_takes_out_what_the_spending_before_foretells():
    """y = x + effect exactly: the adjusted difference is the effect and has no error."""
    x, base = np.array([1.0, 2, 3, 4]), np.array([5.0, 7, 9])
    found = total([(moments(x + 10, x), moments(base, base))])
    assert theta([(moments(x + 10, x), moments(base, base))]) == pytest.approx(1)
    assert found.value == pytest.approx(4 * 10)
    assert found.error == pytest.approx(0, abs=1e-6)


@given(st.floats(-0.95, 0.95), st.integers(0, 1000))
def test_cuped_leaves_the_share_one_less_rho_squared_of_the_variance(rho, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(500)
    y = rho * x + math.sqrt(1 - rho**2) * rng.standard_normal(500)
    arm = moments(y, x)
    pooled = [(arm, arm)]
    assert arm.variance(theta(pooled)) / arm.variance() == pytest.approx(1 - np.corrcoef(x, y)[0, 1] ** 2, abs=1e-9)


# ---------------------------------------------------------------- simulation
def covered(make, truth, runs=1500, seed=1):
    rng = np.random.default_rng(seed)
    found = [make(rng) for _ in range(runs)]
    return np.mean([one.low <= truth <= one.high for one in found])


def test_the_interval_of_money_covers_with_a_heavy_tail():
    """4 % buy, log-normal amounts, twice as many treated, and an effect of a tenth of the amount: 95 % within 1.5 points."""
    truth = 5000 * 0.04 * 0.1 * math.exp(8 + 0.8**2 / 2)
    rate = covered(lambda r: total([(moments(spend(r, 5000, 0.04, 1.1)), moments(spend(r, 2500, 0.04)))], adjusted=False), truth)
    assert rate == pytest.approx(0.95, abs=0.015)


def test_fewer_buyers_than_the_floor_do_not_keep_the_promise():
    """With a tenth left out and five buyers in it the interval is wrong far more often than it says; hence FEWEST."""

    def made(buyers):
        n = round(buyers / 0.03)
        return lambda r: total([(moments(spend(r, 9 * n, 0.03)), moments(spend(r, n, 0.03)))], adjusted=False)

    assert covered(made(5), 0) < 0.91
    assert covered(made(FEWEST), 0) > 0.925


def test_rates_of_several_small_sends_are_covered_together():
    def made(rng):
        return rate_gap([(rng.binomial(3000, 0.03), 3000, rng.binomial(350, 0.03), 350) for _ in range(12)])

    assert covered(made, 0.0) == pytest.approx(0.95, abs=0.015)


def test_no_effect_is_found_one_time_in_twenty():
    """A/A: both arms alike, heavy tail."""
    rng = np.random.default_rng(7)
    found = [total([(moments(spend(rng, 3000, 0.1)), moments(spend(rng, 3000, 0.1)))], adjusted=False).p for _ in range(1500)]
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.015)


def test_the_bootstrap_agrees_and_is_the_same_every_time():
    rng = np.random.default_rng(3)
    treated, left_out = spend(rng, 4000, 0.05, 1.3), spend(rng, 2000, 0.05)
    strata = [(treated[treated > 0], 4000, left_out[left_out > 0], 2000)]
    plain, drawn = total([(moments(treated), moments(left_out))], adjusted=False), bootstrap(strata)
    assert drawn.value == pytest.approx(plain.value)
    assert drawn.error == pytest.approx(plain.error, rel=0.08)
    assert bootstrap(strata) == drawn


def test_difference_in_differences_finds_a_planted_effect_and_none():
    rng = np.random.default_rng(11)
    treated, others = rng.normal(100, 20, (2, 4000, 3))
    treated += 30  # the groups differed all along
    treated[:, 2] += 8
    change = moments(treated[:, 2] - treated[:, 1]), moments(others[:, 2] - others[:, 1])
    before = moments(treated[:, 1] - treated[:, 0]), moments(others[:, 1] - others[:, 0])
    moved, placebo = differences(change, before)
    assert moved.low <= 4000 * 8 <= moved.high
    assert moved.low > 0
    assert placebo.low <= 0 <= placebo.high


def test_balance_is_measured_in_standard_deviations():
    gap, p = unbalanced(moments([0, 0, 0], [2, 4, 6]), moments([0, 0, 0], [1, 3, 5]))
    assert gap == pytest.approx(1 / 2)
    assert p == pytest.approx(two_sided(1 / math.sqrt(4 / 3 + 4 / 3)))
    assert unbalanced(moments([1, 2]), moments([1, 2])) == (0.0, 1.0)
