"""Receipts without names: a split by hand that adds up, distributions, and the months until ids would tell."""

import math

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import basket
from tests.metrics.sample import AS_OF, HALVES


def tables(*receipts, who=None):
    """`receipts`: (how many, day, items, amount)."""
    rows = [(f"{n}-{i}", day, who, items, amount) for n, (count, day, items, amount) in enumerate(receipts) for i in range(count)]
    frame = pd.DataFrame(rows, columns=["order_id", "ordered_on", "customer_id", "quantity", "amount"])
    return Tables.of(order_lines=frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"])), as_of=AS_OF)


def test_the_parts_add_up_and_what_did_not_change_contributes_nothing():
    table = basket.change(tables((10, "2025-02-01", 2, 200), (15, "2025-05-01", 2, 200)), periods=HALVES).set_index("node")
    assert table.loc["receipts", ["compare", "current", "contribution"]].tolist() == [10, 15, 1000]
    assert table.loc[["items_per_receipt", "price_per_item", "value_per_receipt"], "contribution"].tolist() == [0, 0, 0]


def test_a_split_of_everything_adds_up_to_the_change():
    table = basket.change(tables((10, "2025-02-01", 2, 200), (12, "2025-05-01", 3, 330)), periods=HALVES).set_index("node")
    parts = table.loc[["receipts", "items_per_receipt", "price_per_item"], "contribution"]
    assert parts.sum() == table.loc["sales", "contribution"] == 12 * 330 - 2000
    assert (parts > 0).all()
    assert table.loc["value_per_receipt", "contribution"] == parts.iloc[1:].sum()


def test_without_quantities_the_split_stops_at_the_value_of_a_receipt():
    table = basket.change(tables((10, "2025-02-01", None, 200), (12, "2025-05-01", None, 330)), periods=HALVES)
    assert table["node"].tolist() == ["sales", "receipts", "value_per_receipt"]


def test_bands_of_few_receipts_are_merged_and_shares_are_whole():
    parts = [(20, day, 1, 90) for day in ("2025-02-01", "2025-05-01")] + [
        (10, day, 2, 250) for day in ("2025-02-01", "2025-05-01")
    ]
    parts += [(2, "2025-05-01", 12, 900), (1, "2025-02-01", 12, 900)]
    table = basket.spread(tables(*parts), periods=HALVES, k=5)
    for _, part in table.groupby("measure"):
        assert part["share"].sum() == pytest.approx(1)
        assert (part["receipts"] >= 5).all()
        assert math.isnan(part["high"].iloc[-1])
    items = table[table["measure"] == "items"]
    assert items["low"].tolist() == [1, 2]
    assert items["receipts"].tolist() == [20, 12]


def test_a_client_that_knows_its_customers_has_no_page_of_receipts():
    known = basket.change(tables((10, "2025-02-01", 1, 10), (10, "2025-05-01", 1, 10), who="佐藤"), periods=HALVES)
    assert isinstance(known, Unavailable)
    assert known.reason == "basket.known"
    assert (
        basket.with_ids(tables((10, "2025-05-01", 1, 10), (9, "2025-02-01", 1, 1), who="佐藤"), periods=HALVES).reason
        == "basket.known"
    )


def test_months_until_f2_by_hand():
    # 300 receipts in the three months: 300 / (91 days / 30.4375) = 100.3 a month; 385 people
    months = basket.with_ids(tables((300, "2025-05-01", 1, 10), (9, "2025-02-01", 1, 1)), periods=HALVES)
    f2 = months[(months["aim"] == "f2")].set_index(["share", "visits"])["months"]
    assert f2[(1.0, 1)] == math.ceil(385 / 100.34) + 3 == 7
    assert f2[(0.5, 2)] == math.ceil(4 * 385 / 100.34) + 3
    assert (f2.unstack().diff().dropna() <= 0).all().all(), "the more receipts carry an id, the sooner"
