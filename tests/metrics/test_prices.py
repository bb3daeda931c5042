"""Price against volume: indices worked by hand, parts to the yen."""

import math

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import prices
from tests.metrics.sample import AS_OF, HALVES, SHOP, shop


def sold(*rows):
    """Order lines from (day, product, quantity, amount)."""
    frame = pd.DataFrame(rows, columns=["ordered_on", "product_id", "quantity", "amount"])
    return frame.assign(
        ordered_on=pd.to_datetime(frame["ordered_on"]), order_id=[f"o{n}" for n in range(len(frame))], customer_id="A"
    )


# Before: tea 10 at 100, cake 5 at 200, old 300. Now: tea 8 at 110, cake 6 at 250, new 400.
# Laspeyres (10·110 + 5·250) / 2,000 = 1.175; Paasche (880 + 1,500) / (8·100 + 6·200) = 1.19.
TWO = (
    ("2025-01-10", "tea", 4, 400), ("2025-02-10", "tea", 6, 600), ("2025-03-10", "cake", 5, 1000), ("2025-03-11", "old", 3, 300),
    ("2025-04-10", "tea", 8, 880), ("2025-05-10", "cake", 6, 1500), ("2025-06-10", "new", 4, 400),
)  # fmt: skip
KINDS = pd.DataFrame({"product_id": ["tea", "cake", "old", "new"], "category": ["飲", "食", "食", "食"]})


SOLD = sold(*TWO)


def split(frame=SOLD, **others):
    return prices.split(Tables.of(order_lines=frame, as_of=AS_OF, **others), periods=HALVES)


def test_indices_of_two_items_by_hand():
    total = split().iloc[-1]
    assert total["laspeyres"] == pytest.approx(1.175)
    assert total["paasche"] == pytest.approx(1.19)
    assert total["fisher"] == pytest.approx(math.sqrt(1.175 * 1.19))
    assert (total["items"], total["new_items"], total["ended_items"]) == (2, 1, 1)


def test_parts_add_up_to_the_change_and_the_real_change_is_at_last_periods_prices():
    total = split().iloc[-1]
    deflated = 2380 / math.sqrt(1.175 * 1.19)
    assert (total["compare"], total["current"]) == (2300, 2780)
    assert total["price"] == pytest.approx(2380 - deflated, abs=1)
    assert total["range"] == 100
    assert total[list(prices.PARTS)].sum() == 480
    assert total["real"] == pytest.approx((deflated + 400) / 2300 - 1, abs=0.001)


def test_categories_have_their_own_index():
    table = split(products=KINDS).set_index("category")
    assert table.loc["飲", ["compare", "current"]].tolist() == [1000, 880]
    assert table.loc["飲", "fisher"] == pytest.approx(1.1)
    assert table.loc["飲", "real"] == pytest.approx(-0.2)
    assert table.loc["食", "range"] == 100


def test_one_product_in_two_channels_is_two_items_so_that_a_shift_is_no_price():
    rows = sold(
        ("2025-01-10", "tea", 10, 1000),
        ("2025-01-11", "tea", 10, 500),
        ("2025-04-10", "tea", 2, 200),
        ("2025-04-11", "tea", 20, 1000),
    )
    total = split(rows.assign(channel=["店", "卸", "店", "卸"])).iloc[-1]
    assert total["price"] == 0
    assert total["volume"] == -300


def test_a_price_of_another_pack_is_another_item():
    total = split(sold(*TWO, ("2025-01-10", "box", 10, 1000), ("2025-04-10", "box", 1, 1000))).iloc[-1]
    assert total["fisher"] == pytest.approx(math.sqrt(1.175 * 1.19))
    assert (total["new_items"], total["ended_items"]) == (2, 2)


def test_lines_without_a_quantity_or_product_stand_apart():
    rows = sold(*TWO, ("2025-01-10", None, 1, 200), ("2025-04-10", "tea", None, 500))
    total = split(rows).iloc[-1]
    assert total["unpriced"] == 300
    assert total[list(prices.PARTS)].sum() == 480 + 300


def test_day_totals_are_priced_by_category_and_store():
    days = pd.DataFrame(
        {
            "sold_on": pd.to_datetime(["2025-01-05", "2025-04-05"]),
            "store_id": "S",
            "category": "飲",
            "quantity": [10, 10],
            "amount": [1000, 1200],
        }
    )
    total = split(products=KINDS, day_totals=days).iloc[-1]
    assert total["items"] == 3
    assert total["pooled"] == pytest.approx(1200 / 3580)
    assert total[list(prices.PARTS)].sum() == 480 + 200


def test_rows_in_any_order_give_the_same():
    frame = sold(*TWO)
    pd.testing.assert_frame_equal(split(frame.sample(frac=1, random_state=1), products=KINDS), split(frame, products=KINDS))


def test_without_products_or_with_too_few_matched_there_is_no_page():
    assert prices.split(shop(SHOP), periods=HALVES).missing == ("order_lines.product_id",)
    few = split(sold(("2025-01-10", "tea", 1, 100), ("2025-01-10", "old", 1, 900), ("2025-04-10", "tea", 1, 100)))
    assert isinstance(few, Unavailable)
    assert few.reason == "prices.few"
    assert prices.split(shop(SHOP.assign(product_id="x")), periods=None).reason == "sales.too_short"
