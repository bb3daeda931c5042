"""The forecast of a year: worked by hand on shops that do not change, and tested on their own past."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import forecast

AS_OF = datetime.date(2025, 12, 31)


def steady(months=36, new=10, every=1000, order="x"):
    """Ten people a month come for the first time, and each buys once more in the next month and never again."""
    rows = []
    for m in range(months):
        day = datetime.date(2023 + m // 12, m % 12 + 1, 2)
        for n in range(new):
            rows.append((f"{order}{m}-{n}", day, f"客{m}-{n}", 1, every))
            if m + 1 < months:
                later = datetime.date(2023 + (m + 1) // 12, (m + 1) % 12 + 1, 20)
                rows.append((f"{order}{m}-{n}b", later, f"客{m}-{n}", 1, every))
    return pd.DataFrame(rows, columns=["order_id", "ordered_on", "customer_id", "quantity", "amount"])


def past_of(frame, as_of=AS_OF, known=True):
    return forecast.history(Tables.of(order_lines=frame, as_of=as_of), as_of=as_of, first_orders_known=known)


def test_people_are_counted_by_months_of_silence():
    past = past_of(steady())
    assert past.months == 36
    assert past.new.tolist() == [10] * 36
    assert past.bought.sum(axis=(1, 2)).tolist() == [0] + [10] * 35
    assert past.stock[1, 0, 0] == 10, "after the first month ten stand at one month, once bought"
    assert past.stock[2, :, 0].tolist() == [10, 10], "those of the second month, and those who came again"
    assert past.stock[-1].sum() == 360
    assert past.sales.tolist() == [10_000.0] + [20_000.0] * 35


def test_a_shop_that_does_not_change_goes_on_as_it_is():
    base = forecast.baseline(past_of(steady()))
    assert base["sales"].to_numpy() == pytest.approx([20_000] * 12)
    assert base["new"].to_numpy() == pytest.approx([10] * 12)
    assert base["before"].tolist() == [20_000] * 12
    assert base["month"].iloc[0] == 2026 * 12


def test_the_season_of_the_last_years_comes_again():
    frame = steady()
    december = frame[frame["ordered_on"].map(lambda day: day.month) == 12].copy()
    december["order_id"] += "+"
    base = forecast.baseline(past_of(pd.concat([frame, december])))
    assert base["sales"].iloc[11] == pytest.approx(2 * base["sales"].iloc[0], rel=0.01)


def test_sales_without_a_customer_go_on_too_and_stand_apart():
    frame = steady()
    guests = frame.assign(order_id=frame["order_id"] + "g", customer_id=None)
    base = forecast.baseline(past_of(pd.concat([frame, guests])))
    assert base["rest"].to_numpy() == pytest.approx([20_000] * 12, rel=1e-6)
    assert base["sales"].to_numpy() == pytest.approx([40_000] * 12, rel=1e-6)


def test_the_band_is_the_largest_error_that_was_made():
    past = past_of(steady())
    damped, tested = forecast.chosen(past)
    every = {way: (forecast.back_test(past, damped=way)["error"] ** 2).mean() for way in forecast.DAMPED}
    assert damped == min(every, key=every.get), "the damping that would have erred least"
    assert len(tested) == 36 - forecast.LEARN - 12 + 1
    base = forecast.baseline(past)
    assert base["half"].iloc[0] == pytest.approx(tested["error"].abs().max())
    assert base["tested"].iloc[0] == len(tested)


def test_too_few_tested_years_say_nothing_of_the_error():
    frame = steady(30)
    base = forecast.baseline(past_of(frame, as_of=datetime.date(2025, 6, 30)))
    assert np.isnan(base["half"].iloc[0])
    assert base["damped"].iloc[0] == forecast.DAMPED[1]


def test_without_two_years_or_known_first_orders_there_is_none():
    short = past_of(steady(20), as_of=datetime.date(2024, 8, 31))
    assert isinstance(short, Unavailable)
    assert short.facts == {"months": 24, "found": 20}
    assert isinstance(past_of(steady(), known=False), Unavailable)
    assert isinstance(forecast.baseline(short), Unavailable)


def test_rows_in_another_order_make_the_same_forecast():
    frame = steady()
    one, other = forecast.baseline(past_of(frame)), forecast.baseline(past_of(frame.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(one, other)
