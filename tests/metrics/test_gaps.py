"""Gaps between purchases: a published example, a shop worked by hand, and a simulated year held out."""

import datetime

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import gaps
from crm_helpers.metrics.states import calibrated

D = datetime.date


def bought(days, as_of):
    """Tables of customers who bought on these days (customer → days from 2023-01-01)."""
    start = D(2023, 1, 1)
    rows = [(f"{who}-{day}", start + datetime.timedelta(days=int(day)), who, 100) for who, on in days.items() for day in on]
    frame = pd.DataFrame(rows, columns=["order_id", "ordered_on", "customer_id", "amount"])
    return Tables.of(order_lines=frame, as_of=as_of)


def simulated(people, years, seed=7):
    """Gamma-Poisson buyers who drop out at a constant rate of their own, observed for some years."""
    random = np.random.default_rng(seed)
    days = {}
    for number in range(people):
        rate = random.gamma(1.2, 1 / 40)  # a purchase every 33 days on average
        life = random.exponential(1 / random.gamma(1.5, 1 / 500))
        start = random.integers(0, 365 * years)  # customers join all the time, as they do
        at, on = float(start), [start]
        while (at := at + random.exponential(1 / rate)) < min(365 * years, start + life):
            on.append(int(at))
        days[f"c{number}"] = sorted(set(on))
    return bought(days, D(2023, 1, 1) + datetime.timedelta(days=365 * years - 1))


def test_the_6_mp_arm_of_freireich():
    events = {6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1}
    censored = {6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 19: 1, 20: 1, 25: 1, 32: 2, 34: 1, 35: 1}
    counts = np.array([[21 if day == 0 else 0, events.get(day, 0), censored.get(day, 0)] for day in range(36)])
    kept = gaps.survival(counts)
    assert [round(kept[day], 3) for day in (6, 10, 23)] == [0.857, 0.753, 0.448]
    assert np.flatnonzero(kept <= 0.5)[0] == 23


def test_every_gap_is_counted_once_and_the_last_is_censored():
    tables = bought({"a": [0, 10, 30], "b": [5], "c": [0, 10]}, D(2023, 2, 10))
    found = gaps.gaps(tables, as_of=D(2023, 2, 10))
    first, repeat = found.first.sum(axis=0), found.repeat.sum(axis=0)
    assert first[10, 1:].tolist() == [2, 0]
    assert first[35, 1:].tolist() == [0, 1], "b has been silent for 35 days"
    assert repeat[20, 1:].tolist() == [1, 0]
    assert repeat[10, 1:].tolist() == [0, 1]
    assert repeat[30, 1:].tolist() == [0, 1]
    assert repeat[0, 0] == 3, "all came under watch at once"
    assert found.closed == 1


def test_nothing_after_as_of_is_seen():
    tables = bought({"a": [0, 10, 30], "c": [0, 10, 12]}, D(2023, 3, 1))
    early = gaps.gaps(tables, as_of=D(2023, 1, 12))
    assert early.closed == 0
    assert early.repeat.sum(axis=0)[1, 1:].tolist() == [0, 2]


def test_the_chance_to_return_is_one_less_the_share_that_stays_silent():
    kept = np.array([1.0, 0.8, 0.5, 0.4])
    assert gaps.chance(kept, 2).tolist() == pytest.approx([0.5, 0.5])


def test_few_gaps_give_no_curve():
    tables = bought({"a": [0, 10, 30]}, D(2023, 2, 10))
    assert gaps.returning(tables, as_of=D(2023, 2, 10)) == Unavailable(
        "gaps.returning", reason="gaps.few", facts={"n": gaps.FEWEST, "found": 1}
    )


@pytest.fixture(scope="module")
def shop():
    return simulated(12000, 4)


def test_a_gap_older_than_the_watch_comes_under_it_at_its_age():
    tables = bought({"a": [0, 10, 400], "b": [0, 10, 20]}, D(2024, 2, 10))  # day 405; watched from day 40
    repeat = gaps.gaps(tables, as_of=D(2024, 2, 10)).repeat.sum(axis=0)
    assert repeat[30, 0] == 1, "a was silent for 30 days when the watch began"
    assert repeat[390, 1:].tolist() == [1, 0]
    assert repeat[20, 0] == 1, "b too, after 20"
    assert repeat[:, 1].sum() == 1, "b's gap from day 10 to 20 was over before"


def test_the_prediction_is_calibrated_on_a_year_that_it_has_not_seen(shop):
    tested = gaps.back_test(shop, as_of=D(2026, 12, 30))
    assert len(tested) == len(gaps.IDLE) - 1
    assert calibrated(tested)
    error = (tested["predicted"] - tested["actual"]).abs()
    assert (error * tested["customers"]).sum() / tested["customers"].sum() <= 0.05
    assert ((tested["predicted"] >= tested["low"] - 0.02) & (tested["predicted"] <= tested["high"] + 0.02)).all()


def test_finished_gaps_alone_look_too_short(shop):
    found = gaps.quantiles(shop, as_of=D(2026, 12, 30)).set_index("gap")
    assert found.loc["repeat", "observed_q90"] < found["q90"].fillna(np.inf)["repeat"]


def test_the_curve_falls_with_silence_and_carries_an_interval(shop):
    curve = gaps.returning(shop, as_of=D(2026, 12, 30))
    assert curve["chance"].iloc[0] > curve["chance"].iloc[200] + 0.2
    assert ((curve["low"] <= curve["chance"]) & (curve["chance"] <= curve["high"])).all()
    assert 0 < (curve["high"] - curve["low"]).iloc[30] < 0.1
