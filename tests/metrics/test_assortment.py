"""ABC and price bands: cuts, ties, sums, and bands that are large enough, by hand."""

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.tables import Tables
from crm_helpers.metrics import assortment, sales
from tests.metrics.sample import AS_OF, HALVES


def sold(*rows):
    """(day, product, quantity, amount)."""
    frame = pd.DataFrame(rows, columns=["ordered_on", "product_id", "quantity", "amount"])
    frame["order_id"] = [f"o{n}" for n in range(len(frame))]
    return frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"]))


def tables(frame, **others):
    return Tables.of(order_lines=frame, as_of=AS_OF, **others)


# ten products: 400, 300 (A: 70 % of 1,000), 100, 100 (B: to 90 %), and six of 100 in all (C)
SPEND = {"a": 400, "b": 300, "c": 100, "d": 100, "e": 50, "f": 10, "g": 10, "h": 10, "i": 10, "j": 10}
NOW = [("2025-04-05", name, 1, amount) for name, amount in SPEND.items()]
ROWS = [*NOW, ("2025-01-05", "a", 1, 500), ("2025-01-05", "c", 1, 499), ("2025-01-05", "j", 1, 1)]


def test_classes_by_hand():
    found = assortment.abc(tables(sold(*ROWS)), periods=HALVES)
    table = found.classes.set_index("class")
    assert table["products"].to_dict() == {"A": 2, "B": 2, "C": 6, "all": 10}
    assert table["sales"].to_dict() == {"A": 700, "B": 200, "C": 100, "all": 1000}
    assert table["share"].tolist() == pytest.approx([0.7, 0.2, 0.1, 1])
    assert table["stayed"].to_dict() == {"A": 1, "B": 0, "C": 1, "all": 2}, "c was A before, j was C, the others not there"
    assert found.top["name"].tolist() == ["a", "b", "c", "d", "e", "f", "g", "h"]
    assert found.covered == 1


def test_equal_products_share_a_class_and_the_one_that_crosses_a_cut_is_above_it():
    even = assortment.abc(tables(sold(*(("2025-04-05", f"p{n:02}", 1, 10) for n in range(20)))), periods=HALVES)
    assert even.classes.set_index("class")["products"].to_dict() == {"A": 20, "B": 0, "C": 0, "all": 20}
    crossing = [
        ("2025-04-05", "big", 1, 690),
        ("2025-04-05", "next", 1, 150),
        *(("2025-04-05", f"p{n}", 1, 20) for n in range(8)),
    ]
    table = assortment.abc(tables(sold(*crossing)), periods=HALVES).classes.set_index("class")
    assert table["products"].to_dict() == {"A": 2, "B": 8, "C": 0, "all": 10}


def test_the_curve_rises_to_all_and_rows_in_another_order_change_nothing():
    chance = np.random.default_rng(3)
    rows = [("2025-04-05", f"p{n:03}", 1, int(chance.integers(1, 5000))) for n in range(300)]
    one, other = (assortment.abc(tables(frame), periods=HALVES) for frame in (sold(*rows), sold(*rows[::-1])))
    assert len(one.curve) <= assortment.POINTS
    assert one.curve.iloc[-1].tolist() == pytest.approx([1, 1])
    assert (one.curve.diff().dropna() > 0).all(axis=None)
    pd.testing.assert_frame_equal(one.classes, other.classes)
    pd.testing.assert_frame_equal(one.top, other.top)


def test_sales_without_a_product_and_gifts_are_in_no_class_but_the_share_is_told():
    rows = [*NOW, ("2025-04-06", None, 1, 1000), ("2025-04-06", "gift", 1, 0), ("2025-04-06", "back", -1, -5)]
    found = assortment.abc(tables(sold(*rows)), periods=HALVES)
    assert int(found.classes["products"].iloc[-1]) == 10
    assert found.covered == pytest.approx(1000 / 1995)


def test_margins_of_the_classes_where_costs_are_known():
    products = pd.DataFrame({"product_id": list(SPEND), "unit_cost": [100, 100, None, 40, *[5] * 6], "tax_percent": 10,
                             "name": [f"品{n}" for n in SPEND]})  # fmt: skip
    found = assortment.abc(tables(sold(*ROWS), products=products), periods=HALVES, tax="included")
    table = found.classes.set_index("class")
    assert table["margin"]["A"] == (364 - 100) + (273 - 100)
    assert table["net"]["B"] == 91, "c has no cost"
    assert table["margin"]["all"] == table["margin"][["A", "B", "C"]].sum()
    assert found.top["name"].iloc[0] == "品a"


def test_too_few_products_say_nothing():
    assert assortment.abc(tables(sold(*NOW[:9])), periods=HALVES).reason == "assortment.few"
    assert assortment.abc(tables(sold(*NOW).drop(columns="product_id")), periods=HALVES).missing == ("order_lines.product_id",)


# ---------------------------------------------------------------- price bands
def priced(*groups):
    """(day, price, items): a line of so many items."""
    return sold(*((day, f"p{price}", items, price * items) for day, price, items in groups))


def test_bands_by_hand():
    frame = priced(("2025-01-05", 100, 60), ("2025-01-05", 400, 40), ("2025-04-05", 100, 30), ("2025-04-05", 400, 70))
    table = assortment.price_bands(tables(frame), periods=HALVES)
    assert len(table) == 3, "two bands and all"
    assert table["share_before"].tolist() == pytest.approx([0.6, 0.4, 1])
    assert table["share"].tolist() == pytest.approx([0.3, 0.7, 1])
    assert table["change"].tolist() == pytest.approx([-0.3, 0.3, 0])
    assert table["sales"].tolist() == [3000, 28000, 31000]
    edge = table["high"][0]
    assert 100 < edge <= 400
    assert table["low"].tolist()[1] == edge
    assert assortment.largest_change(table)["share_before"] == 0.6, "equal changes: the cheaper band"


def test_a_price_on_the_edge_is_in_the_band_above():
    frame = priced(("2025-01-05", 99, 50), ("2025-01-05", 100, 50), ("2025-04-05", 99, 50), ("2025-04-05", 100, 50))
    table = assortment.price_bands(tables(frame), periods=HALVES)
    assert table["high"][0] == 100
    assert table["items"].tolist() == [50, 50, 100]


def test_bands_are_few_large_enough_and_hold_every_item():
    chance = np.random.default_rng(7)
    days = ["2025-01-05", "2025-04-05"]
    frame = priced(*((days[n % 2], int(price), 1) for n, price in enumerate(chance.lognormal(7, 1, 800))))
    table = assortment.price_bands(tables(frame), periods=HALVES)
    bands = table.iloc[:-1]
    assert len(bands) <= assortment.BANDS
    assert ((bands["items"] + bands["items_before"]) >= assortment.SMALLEST * 800).all()
    assert table["items"].iloc[-1] == bands["items"].sum() == 400
    assert table["sales"].iloc[-1] == sales.totals(tables(frame), periods=HALVES)["sales"].iloc[1]
    pd.testing.assert_frame_equal(table, assortment.price_bands(tables(frame.sample(frac=1, random_state=1)), periods=HALVES))


def test_returns_gifts_and_lines_without_a_product_have_no_band():
    frame = pd.concat([priced(("2025-01-05", 100, 60), ("2025-01-05", 400, 40), ("2025-04-05", 100, 30), ("2025-04-05", 400, 70)),
                       sold(("2025-04-05", "p100", -1, -100), ("2025-04-05", "gift", 1, 0), ("2025-04-05", None, 1, 900))
                       .assign(order_id=["x", "y", "z"])])  # fmt: skip
    assert assortment.price_bands(tables(frame), periods=HALVES)["items"].tolist() == [30, 70, 100]


def test_what_has_no_bands():
    assert assortment.price_bands(tables(priced(("2025-01-05", 100, 5))), periods=HALVES).reason == "assortment.one_period"
    same = priced(("2025-01-05", 100, 5), ("2025-04-05", 100, 5))
    assert assortment.price_bands(tables(same), periods=HALVES).reason == "assortment.one_price"
