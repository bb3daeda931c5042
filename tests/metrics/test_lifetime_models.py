"""The models of buying held to the numbers published for CDNOW and for the contracts of Fader and Hardie (2007)."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_helpers.metrics import lifetime_models as models

SAMPLE = Path(__file__).parents[2] / "data/cdnow/CDNOW_sample.txt"
END = pd.Timestamp("1997-09-30")


@pytest.fixture(scope="module")
def cdnow():
    lines = pd.read_csv(
        SAMPLE, sep=r"\s+", header=None, names=["master", "customer", "day", "items", "amount"], dtype={"day": str}
    )
    lines["day"] = pd.to_datetime(lines["day"], format="%Y%m%d")
    days = lines[lines["day"] <= END].groupby(["customer", "day"])["amount"].sum().reset_index()
    people = days.groupby("customer").agg(first=("day", "min"), last=("day", "max"), x=("day", "count"))
    repeats = days[days.groupby("customer").cumcount() > 0].groupby("customer")["amount"].mean()
    return pd.DataFrame(
        {
            "x": people["x"] - 1.0,
            "t_x": (people["last"] - people["first"]).dt.days / 7,
            "age": (END - people["first"]).dt.days / 7,
            "mean": repeats.reindex(people.index).fillna(0),
        }
    )


def columns(frame):
    told = frame.groupby(["x", "t_x", "age"]).size().reset_index(name="n")
    return [told[c].to_numpy(float) for c in ("x", "t_x", "age", "n")]


def one(value):
    return np.array([float(value)])


def test_bg_nbd_agrees_with_fader_hardie_and_lee(cdnow):
    fit = models.fit_orders("bgnbd", *columns(cdnow))
    assert [round(v, 3) for v in fit.values] == [0.243, 4.414, 0.793, 2.426]
    assert fit.log_likelihood == pytest.approx(-9582.43, abs=0.005)
    assert fit.sound
    expected = models.expected_orders("bgnbd", fit.values, one(2), one(30.43), one(38.86), 39)
    assert expected[0] == pytest.approx(1.226, abs=0.0005)
    new = [models.expected_orders("bgnbd", fit.values, one(0), one(0), one(0), weeks)[0] for weeks in (1, 31.857, 78)]
    assert new == pytest.approx([0.0532, 1.0405, 1.8576], abs=5e-4)


def test_mbg_nbd_agrees_with_the_published_fit(cdnow):
    fit = models.fit_orders("mbgnbd", *columns(cdnow))
    assert [round(v, 3) for v in fit.values] == pytest.approx([0.525, 6.183, 0.891, 1.614], abs=0.0011)


def test_gamma_gamma_agrees_with_fader_and_hardie(cdnow):
    again = cdnow[cdnow["x"] > 0]
    fit = models.fit_money(again["x"].to_numpy(), again["mean"].to_numpy(), np.ones(len(again)))
    assert len(again) == 946
    assert [round(v, 2) for v in fit.values] == pytest.approx([6.25, 3.74, 15.44], abs=0.011)
    assert fit.log_likelihood == pytest.approx(-4055.92, abs=0.005)
    first = models.expected_money(fit.values, cdnow["x"].to_numpy()[:10], cdnow["mean"].to_numpy()[:10])
    assert [round(v, 2) for v in first] == [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]


def test_shifted_beta_geometric_agrees_with_the_regular_contracts():
    alive = np.array([1000, 631, 468, 382, 326, 289, 262, 241])
    fit = models.fit_renewals(-np.diff(alive), np.array([0] * 6 + [241]))
    assert [round(v, 3) for v in fit.values] == [0.704, 1.182]
    assert fit.log_likelihood == pytest.approx(-1680.27, abs=0.005)
    assert models.survival(fit.values, 2)[1] == pytest.approx(1.182 / (0.704 + 1.182), abs=1e-3)


@pytest.mark.parametrize("model", models.MODELS)
def test_the_gradient_is_that_of_the_likelihood(model):
    rng = np.random.default_rng(1)
    age = rng.uniform(5, 60, 40)
    x = rng.integers(0, 6, 40).astype(float)
    data = models._Orders.of(
        model, x, np.where(x > 0, age * rng.uniform(0.1, 1, 40), 0), age, rng.integers(1, 9, 40).astype(float)
    )
    at = np.array([0.7, 5.0, 0.6, 1.4])
    _, slope = data.gradient(at)
    for i in range(4):
        step = 1e-6 * np.eye(4)[i]
        assert slope[i] == pytest.approx((data.gradient(at + step)[0] - data.gradient(at - step)[0]) / 2e-6, rel=1e-5)


def test_digamma_is_the_slope_of_the_log_gamma():
    at = np.array([0.05, 0.5, 1.0, 3.7, 40.0])
    slope = [(math.lgamma(v + 1e-5) - math.lgamma(v - 1e-5)) / 2e-5 for v in at]
    assert models._digamma(at) == pytest.approx(slope, rel=1e-6)
    assert models._digamma(np.array([1.0]))[0] == pytest.approx(-0.5772156649, abs=1e-9)


def test_expected_orders_agree_with_simulated_customers():
    """1,000,000 customers who buy and stop as BG/NBD says: those with 1 repeat at 20 weeks, over the 10 weeks to come."""
    rng = np.random.default_rng(5)
    values = np.array([1.5, 10.0, 1.2, 2.5])
    size = 400_000
    rate, stop = rng.gamma(values[0], 1 / values[1], size), rng.beta(values[2], values[3], size)
    clock, alive = np.zeros(size), np.ones(size, bool)
    before, after = np.zeros(size), np.zeros(size)
    for _ in range(80):
        clock = clock + rng.exponential(1, size) / rate
        came = alive & (clock < 30)
        before += came & (clock < 20)
        after += came & (clock >= 20)
        alive = came & (rng.random(size) > stop)
    told = models.expected_orders("bgnbd", values, one(0), one(0), one(20.0), 10)[0]
    assert after[before == 0].mean() == pytest.approx(told, rel=0.03)


def test_a_fit_that_runs_to_the_boundary_is_not_sound():
    same = models.fit_orders("bgnbd", np.full(3, 4.0), np.array([19.0, 19.5, 20.0]), np.full(3, 20.0), np.full(3, 50.0))
    assert not same.sound, "everybody alike and nobody gone: r and alpha run away, and so does b"
