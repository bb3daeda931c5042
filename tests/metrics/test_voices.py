"""Answers of customers, worked by hand."""

import datetime
import math

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.voices import net, nps, touchpoints
from tests.metrics.sample import HALVES, SHOP, shop


def answered(*groups):
    """Surveys from (touchpoint, measure, day, scores)."""
    rows = [
        {"touchpoint": place, "measure": measure, "answered_on": day, "score": score, "wave": day[:7]}
        for place, measure, day, scores in groups
        for score in scores
    ]
    frame = pd.DataFrame(rows).assign(answered_on=lambda t: pd.to_datetime(t["answered_on"]))
    frame["response_id"], frame["question"] = [f"r{i}" for i in range(len(frame))], "q"
    return Tables.of(order_lines=SHOP, surveys=frame, as_of=datetime.date(2025, 6, 30))


def test_the_variance_of_the_net_promoter_score():
    """50 promoters, 20 detractors of 100: 30 points, (0.5 + 0.2 − 0.09) / 100 · 10⁴ = 61."""
    assert net(50, 20, 100) == (pytest.approx(30), pytest.approx(61))


def test_waves_are_compared_with_both_variances():
    waves = nps(
        answered(("all", "nps", "2025-01-10", [10] * 50 + [8] * 30 + [0] * 20), ("all", "nps", "2025-06-10", [9] * 100)), k=5
    )
    first, last = waves.to_dict("records")
    assert (first["answers"], first["nps"]) == (100, pytest.approx(30))
    assert first["high"] - 30 == pytest.approx(1.959964 * math.sqrt(61), rel=1e-5)
    assert math.isnan(first["change"])
    assert (last["nps"], last["change"]) == (100, pytest.approx(70))
    assert last["change_high"] - 70 == pytest.approx(1.959964 * math.sqrt(61), rel=1e-5), "the second wave has no variance"


def test_the_least_satisfied_touchpoint_comes_first():
    found = touchpoints(
        answered(
            ("app", "csat", "2025-05-01", [5] * 10 + [2] * 30),
            ("app", "ces", "2025-05-01", [7] * 20 + [1] * 20),
            ("web", "csat", "2025-05-01", [4] * 30 + [3] * 10),
            ("shop", "csat", "2025-05-01", [5] * 12),
            ("web", "csat", "2025-01-01", [1] * 50),
        ),
        periods=HALVES,
        k=5,
    )
    assert list(found["touchpoint"]) == ["app", "web"], "twelve answers are too few, answers before the period are not counted"
    app = found.iloc[0]
    assert (app["answers"], app["csat"]) == (40, 0.25)
    assert app["gap"] == pytest.approx(-0.5)
    assert app["gap_high"] < 0
    assert app["ces"] == 4
    assert app["ces_high"] - 4 == pytest.approx(1.959964 * math.sqrt(9 / 39), rel=1e-5)
    assert math.isnan(found.iloc[1]["ces"])


def test_what_cannot_be_told_is_said():
    assert isinstance(touchpoints(shop(), periods=HALVES, k=5), Unavailable)
    assert len(nps(shop(), k=5)) == 0
    one = answered(("app", "csat", "2025-05-01", [5] * 40))
    assert touchpoints(one, periods=HALVES, k=5).reason == "voices.few"
