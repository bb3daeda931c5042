"""Value of first buyers worked by hand; the forecast is passed on only when it stood its test."""

import datetime

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import lifetime_value as ltv

D = datetime.date
AS_OF = D(2025, 12, 31)


def order(n, who, day, amount, product="tea", tax=10):
    return {"order_id": f"o{n}", "customer_id": who, "ordered_on": pd.Timestamp(day), "amount": amount, "product_id": product,
            "quantity": 1, "tax_percent": tax}  # fmt: skip


def shop(*, costs=True, products=True):
    """40 first buyers of January 2024, all 1,100 yen (1,000 without tax, cost 400); 10 of them again after 31 days and on day 365."""
    rows = []
    for i in range(40):
        rows.append(order(f"{i}a", f"c{i}", "2024-01-01", 1100))
        if i < 10:
            rows.append(order(f"{i}b", f"c{i}", "2024-02-01", 1100))
            rows.append(order(f"{i}c", f"c{i}", "2024-12-31", 1100))
            rows.append(order(f"{i}d", f"c{i}", "2025-01-01", 1100))
    more = {
        "customers": pd.DataFrame(
            {"customer_id": [f"c{i}" for i in range(40)], "joined_by": ["SNS"] * 40, "joined_on": pd.Timestamp("2024-01-01")}
        )
    }
    if products:
        more["products"] = pd.DataFrame({"product_id": ["tea"], "unit_cost": [400]})
    if costs:
        more["acquisition_cost"] = pd.DataFrame(
            {"month": pd.to_datetime(["2024-01-01", "2023-06-01"]), "medium": ["SNS", "SNS"], "amount": [40 * 700, 9999]}
        )
    return Tables.of(order_lines=pd.DataFrame(rows), as_of=AS_OF, **more)


def cumulative(tables, tax="included"):
    return ltv.cumulative(tables, as_of=AS_OF, first_orders_known=True, tax=tax)


def test_profit_per_first_buyer_by_hand():
    found = cumulative(shop())
    whole = found[found["group"] == ltv.ALL].set_index("age")
    assert whole["value"][[0, 1, 2, 11, 12]].tolist() == pytest.approx([600, 600, 750, 750, 900]), (
        "day 31 is month 2, day 366 is 13"
    )
    assert whole["customers"].iloc[0] == 40
    each = np.array([1800.0] * 10 + [600.0] * 30)
    assert whole["high"][12] - whole["value"][12] == pytest.approx(1.959964 * each.std(ddof=1) / np.sqrt(40), rel=1e-6)
    assert (whole["basis"].iloc[0], whole["cost"].iloc[0]) == ("profit", 700)
    assert whole["span"].iloc[0] == "2024-01-01/2024-01-31"


def test_amounts_without_tax_stay_and_without_costs_they_are_sales():
    assert cumulative(shop(), "excluded")["value"].iloc[0] == 700
    sales = cumulative(shop(products=False))
    assert (sales["value"].iloc[0], sales["basis"].iloc[0]) == (1000, "sales")
    assert np.isnan(cumulative(shop(costs=False))["cost"].iloc[0])


def test_a_source_is_paid_back_when_the_whole_interval_is_above_its_cost():
    found = ltv.by_source(shop(), as_of=AS_OF, k=5, first_orders_known=True, tax="included").set_index("source")
    assert found.loc["SNS", ["value", "cost", "payback"]].tolist() == [900, 700, 2]
    assert found.loc["SNS", "verdict"] == "paid"
    assert found.index.tolist() == ["SNS", ltv.ALL]
    alone = ltv.by_source(shop(costs=False), as_of=AS_OF, k=5, first_orders_known=True, tax="included")
    assert alone["source"].tolist() == [ltv.ALL]
    assert np.isnan(alone["payback"].iloc[0])


def test_those_watched_for_less_than_a_year_are_not_in_the_mean():
    early = D(2024, 12, 31)
    found = ltv.cumulative(shop(), as_of=early, first_orders_known=True, tax="included")
    assert found == Unavailable("lifetime_value.cumulative", reason="lifetime_value.few", facts={"n": 30, "months": 12})
    assert ltv.cumulative(shop(), as_of=AS_OF, first_orders_known=False, tax="included").reason == "repeat.starts_in_the_middle"


def buyers(seed, *, stop_after=None):
    """1,500 customers as BG/NBD says; with `stop_after` everybody stops on that day (a hold-out no model foretells)."""
    rng = np.random.default_rng(seed)
    rows, start = [], pd.Timestamp("2024-01-01")
    for i in range(1500):
        rate, stop, level = rng.gamma(1.5, 1 / 60), rng.beta(1.0, 4.0), 2000 / rng.gamma(4)
        day = float(rng.integers(0, 360))
        while day < 731 and (stop_after is None or day < stop_after):
            rows.append((f"o{len(rows)}", f"c{i}", start + pd.Timedelta(days=int(day)), int(rng.gamma(4, level)) + 1))
            if rng.random() < stop:
                break
            day += 1 + rng.exponential(1 / rate)
    return pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_on", "amount"])


def forecast(frame):
    return ltv.forecast(Tables.of(order_lines=frame, as_of=AS_OF), as_of=AS_OF, k=5, first_orders_known=True)


def test_a_forecast_of_customers_who_buy_as_the_model_says_stands_its_test():
    told = forecast(buyers(3))
    assert abs(told.error) < ltv.FAR_OFF
    assert told.tracked["actual"].iloc[-1] == pytest.approx((told.tested["actual"] * told.tested["customers"]).sum())
    assert told.tracked["predicted"].iloc[-1] == pytest.approx((told.tested["predicted"] * told.tested["customers"]).sum())
    assert told.now["customers"].sum() == 1500
    assert (told.now["low"] <= told.now["orders"]).all()
    assert told.now["alive"].between(0, 1).all()


def test_a_forecast_that_failed_is_not_passed_on_and_the_reason_has_its_numbers():
    told = forecast(buyers(3, stop_after=420))
    assert told.reason == "lifetime_value.failed"
    assert told.facts["error"] > ltv.FAR_OFF


def test_too_few_to_test_a_forecast():
    assert forecast(buyers(3).head(200)).reason == "lifetime_value.few_repeats"


def test_the_order_of_rows_does_not_matter():
    frame = buyers(4)
    one, other = forecast(frame), forecast(frame.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(one.now, other.now)
