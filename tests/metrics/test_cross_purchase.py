"""Cross purchase: Mantel and Haenszel by hand; frequency alone makes no pair."""

import datetime

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.tables import Tables
from crm_helpers.metrics import cross_purchase
from crm_helpers.params.periods import Period, Periods

D = datetime.date
AS_OF = D(2025, 12, 31)
YEARS = Periods(current=Period(D(2025, 1, 1), AS_OF), compare=Period(D(2024, 1, 1), D(2024, 12, 31)))


def test_the_ratio_of_one_stratum_is_the_plain_one_and_that_of_two_is_weighted():
    one = [np.array([float(v)]) for v in (30, 100, 20, 200)]
    ratio, error = cross_purchase.mantel_haenszel(*one)
    assert ratio == pytest.approx((30 / 100) / (20 / 200))
    assert error == pytest.approx(np.sqrt(1 / 30 - 1 / 100 + 1 / 20 - 1 / 200), rel=1e-9), "as the log of a ratio of two risks"
    two = [np.array([float(a), float(b)]) for a, b in ((10, 80), (100, 100), (5, 40), (100, 100))]
    assert cross_purchase.mantel_haenszel(*two)[0] == pytest.approx(2)
    # frequent buyers take both more often, nothing else: plain 2.3 times, stratified 1
    plain = cross_purchase.mantel_haenszel(*(np.array([v]) for v in (2 + 160.0, 20 + 200.0, 18 + 16.0, 180 + 20.0)))[0]
    strata = cross_purchase.mantel_haenszel(*(np.array(v) for v in ((2.0, 160.0), (20.0, 200.0), (18.0, 16.0), (180.0, 20.0))))[0]
    assert plain > 4
    assert strata == pytest.approx(1)


def market(seed, *, pulled=0.0):
    """People who buy more or less often, each time one of three things; buyers of tea take a cup more often when `pulled`."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(1200):
        tea = False
        for n in range(1 + rng.poisson(rng.gamma(0.8, 5))):
            day = pd.Timestamp("2025-01-02") + pd.Timedelta(days=int(rng.integers(0, 360)))
            what = rng.choice(["tea", "cup", "cake"], p=[0.1, 0.1, 0.8])
            tea = tea or what == "tea"
            rows.append((f"{i}-{n}", f"c{i}", day, what, 500, 1))
        if tea and rng.random() < pulled:
            rows.append((f"{i}-x", f"c{i}", rows[-1][2], "cup", 500, 1))
    lines = pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_on", "product_id", "amount", "quantity"])
    return Tables.of(
        order_lines=lines,
        products=pd.DataFrame({"product_id": ["tea", "cup", "cake"], "category": ["茶", "器", "菓子"]}),
        as_of=AS_OF,
    )


def test_who_buys_often_meets_everything_and_that_is_no_finding():
    table = cross_purchase.pairs(market(1), periods=YEARS, k=5).set_index(["a", "b"])
    assert table.loc[("茶", "器"), "lift"] > 1.15
    assert table.loc[("茶", "器"), "ratio"] < table.loc[("茶", "器"), "lift"]
    assert not table["told"].any()


def test_a_pair_that_is_bought_together_is_told():
    table = cross_purchase.pairs(market(2, pulled=0.5), periods=YEARS, k=5)
    top = table.iloc[0]
    assert {top["a"], top["b"]} == {"茶", "器"}
    assert top["told"]
    assert top["low"] > 1
    assert top["both"] <= min(top["n_a"], top["n_b"])
    assert top["rate"] == pytest.approx(top["both"] / top["n_a"])
    assert top["q"] <= cross_purchase.TOLD


def test_next_counts_a_later_day_within_ninety_days_of_people_watched_so_long():
    rows = [(f"a{i}", f"c{i}", "2025-01-10", "tea") for i in range(40)] + [
        (f"b{i}", f"c{i}", "2025-03-01", "cup") for i in range(10)
    ]
    rows += [(f"s{i}", f"c{i}", "2025-01-10", "cup") for i in range(10, 14)] + [
        (f"l{i}", f"d{i}", "2025-12-20", "tea") for i in range(5)
    ]
    rows += [(f"e{i}", f"e{i}", "2025-05-01", "cup" if i < 30 else "cake") for i in range(60)]
    lines = pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_on", "product_id"]).assign(amount=100)
    lines["ordered_on"] = pd.to_datetime(lines["ordered_on"])
    data = Tables.of(
        order_lines=lines,
        products=pd.DataFrame({"product_id": ["tea", "cup", "cake"], "category": ["茶", "器", "菓子"]}),
        as_of=AS_OF,
    )
    row = cross_purchase.pairs(data, periods=YEARS, k=1).set_index(["a", "b"]).loc[("茶", "器")]
    assert (row["n_a"], row["both"]) == (45, 14)
    assert (row["next_n"], row["next_rate"]) == (40, 0.25)


def test_without_categories_or_buyers_the_page_is_left_out():
    assert cross_purchase.pairs(
        Tables.of(order_lines=pd.DataFrame({"ordered_on": [pd.Timestamp(AS_OF)], "amount": [1]})), periods=YEARS, k=5
    ).missing
    few = Tables.of(
        order_lines=pd.DataFrame(
            {"order_id": ["a"], "ordered_on": [pd.Timestamp(AS_OF)], "amount": [1], "customer_id": ["a"], "product_id": ["p"]}
        ),
        products=pd.DataFrame({"product_id": ["p"], "category": ["茶"]}),
    )
    assert cross_purchase.pairs(few, periods=YEARS, k=5).reason == "cross_purchase.few"
