"""The health score: areas by counting pairs, a score that adds something and one that does not."""

import datetime

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.tables import Tables
from crm_helpers.metrics import health

AS_OF = datetime.date(2025, 12, 31)


def by_pairs(score, came):
    one, two = score[came], score[~came]
    return np.mean([(a > b) + 0.5 * (a == b) for a in one for b in two])


def test_the_area_is_the_share_of_pairs_ranked_rightly_ties_half():
    score, came = np.array([[1.0, 2, 2, 3, 5, 4]]), np.array([False, True, False, False, True, True])
    areas, _ = health.delong(score, came)
    assert areas[0] == pytest.approx(by_pairs(score[0], came))
    assert health.delong(np.array([[0.0, 0, 1, 1]]), np.array([False, False, True, True]))[0][0] == 1
    assert health.delong(np.array([[7.0, 7, 7, 7]]), np.array([False, False, True, True]))[0][0] == 0.5


def test_the_error_of_the_gain_agrees_with_a_bootstrap():
    rng = np.random.default_rng(0)
    came = rng.random(600) < 0.4
    scores = np.array([came + rng.normal(0, 1, 600), came + rng.normal(0, 2, 600)])
    _, covariance = health.delong(scores, came)
    told = []
    for _ in range(300):
        pick = rng.integers(0, 600, 600)
        areas, _ = health.delong(scores[:, pick], came[pick])
        told.append(areas[0] - areas[1])
    assert np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]) == pytest.approx(np.std(told), rel=0.15)


def test_logistic_regression_finds_the_weights_it_was_made_with():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(40_000, 2))
    came = rng.random(40_000) < 1 / (1 + np.exp(-(-0.5 + features @ [1.0, -2.0])))
    assert health.logistic(features, came.astype(float)) == pytest.approx([-0.5, 1.0, -2.0], abs=0.06)


def market(seed, *, pace=True):
    """People who order at their own pace and may stop; without `pace` all have the same, and days since the last order say it all."""
    rng = np.random.default_rng(seed)
    rows, start = [], pd.Timestamp("2023-06-01")
    for i in range(1500):
        gap, day = (rng.choice([10.0, 90.0]) if pace else 40.0), rng.uniform(0, 500)
        while day < 944:
            rows.append((f"o{len(rows)}", f"c{i}", start + pd.Timedelta(days=int(day)), 1000))
            if rng.random() < gap / 400:
                break
            day += 1 + rng.exponential(gap)
    return Tables.of(order_lines=pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_on", "amount"]), as_of=AS_OF)


def test_a_score_that_knows_the_pace_beats_the_days_since_the_last_order_on_a_later_period():
    table = health.validated(market(1), as_of=AS_OF, k=5)
    assert table["gain_low"].iloc[0] > 0
    assert table["auc"].iloc[0] > table["base"].iloc[0]
    assert table["actual"].is_monotonic_increasing or table["actual"].iloc[-1] > table["actual"].iloc[0] + 0.3
    assert (table["made"].iloc[0], table["tested"].iloc[0]) == ("2025-01-05", "2025-07-04")


def test_where_days_say_it_all_no_gain_is_claimed():
    table = health.validated(market(2, pace=False), as_of=AS_OF, k=5)
    assert abs(table["gain"].iloc[0]) < 0.02


def test_too_short_or_too_few():
    late = Tables.of(
        order_lines=pd.DataFrame(
            {"order_id": ["a"], "ordered_on": [pd.Timestamp("2025-06-01")], "amount": [1], "customer_id": ["c"]}
        ),
        as_of=AS_OF,
    )
    assert health.validated(late, as_of=AS_OF, k=5).reason == "health.short"
    early = Tables.of(
        order_lines=pd.DataFrame(
            {"order_id": ["a"], "ordered_on": [pd.Timestamp("2022-06-01")], "amount": [1], "customer_id": ["c"]}
        ),
        as_of=AS_OF,
    )
    assert health.validated(early, as_of=AS_OF, k=5).reason == "health.few"
