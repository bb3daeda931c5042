"""The money bridge: the published-form toy, groups that are told apart, small groups that are not told, sums to the yen."""

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.metrics import bridge
from crm_helpers.metrics.decomposition import lmdi
from tests.metrics.sample import HALVES, SHOP, lines, shop

# S⁰ 16,400 → −5,000 +1,200 +2,600 −600 = 14,600 (Q1 → Q2). The three retained: 2 → 5/3 orders each, 5/3 → 1.8 items an
# order, 1,140 → 1,200 an item.
TOY = lines(
    ("l1", "2025-02-01", "去った", 3, 5000),
    ("n1", "2025-05-01", "新しい", 1, 1200),
    ("x0", "2024-06-01", "戻った", 1, 900), ("x1", "2025-06-01", "戻った", 2, 2600),
    *((f"a{i}", f"2025-01-0{i}", f"続{i % 3}", 2 if i < 5 else 1, 1900) for i in range(1, 7)),
    *((f"b{i}", f"2025-04-0{i}", f"続{i % 3}", 2 if i < 5 else 1, 2160) for i in range(1, 6)),
)  # fmt: skip


def parts(frame=TOY, *, first_orders_known=True, k=1):
    return bridge.bridge(shop(frame), periods=HALVES, first_orders_known=first_orders_known, k=k).set_index("part")


def groups(table):
    return table[table["parent"] == ""]


def test_the_toy():
    table = parts()
    assert groups(table)["change"].to_dict() == {"lapsed": -5000, "new": 1200, "reactivated": 2600, "retained": -600}
    assert groups(table)["heads"].to_dict() == {"lapsed": 1, "new": 1, "reactivated": 1, "retained": 3}
    assert groups(table)["compare"].sum() == 16_400
    assert groups(table)["current"].sum() == 14_600
    assert lmdi((3, 2, 5 / 3, 1140), (3, 5 / 3, 1.8, 1200)) == pytest.approx([0, -2023.2764, 854.0595, 569.2169], abs=1e-4)
    assert table.loc[table["parent"] == "retained", "change"].to_dict() == {
        "orders_per_customer": -2023, "items_per_order": 854, "price_per_item": 569,
    }  # fmt: skip
    assert table.loc["items_per_order", ["compare", "current"]].tolist() == pytest.approx([5 / 3, 1.8])


def test_groups_of_the_tiny_shop_with_guests_and_a_return():
    table = parts(SHOP)
    assert groups(table)["change"].to_dict() == {
        "lapsed": -2000, "new": 6000, "reactivated": 0, "retained": -1800, "guests": -500,
    }  # fmt: skip
    assert pd.isna(table.loc["guests", "heads"])


def test_when_first_orders_are_not_known_new_and_reactivated_are_one():
    table = parts(first_orders_known=False)
    assert list(groups(table).index) == ["lapsed", "unseen", "retained"]
    assert table.loc["unseen", ["heads", "current", "change"]].tolist() == [2, 3800, 3800]


def test_the_last_day_of_a_period_belongs_to_it():
    frame = lines(("a", "2025-03-31", "客", 1, 100), ("b", "2025-04-01", "客", 1, 150))
    assert groups(parts(frame))["heads"].to_dict() == {"lapsed": 0, "new": 0, "reactivated": 0, "retained": 1}


def test_returns_of_a_member_without_an_order_stand_with_the_guests():
    frame = pd.concat([TOY, lines(("r", "2025-06-01", "返品だけ", -1, -700))])
    assert groups(parts(frame))["change"].to_dict()["guests"] == -700


def test_a_refund_after_the_last_order_stays_with_those_who_did_not_buy_again():
    frame = pd.concat([TOY, lines(("r", "2025-04-02", "去った", -1, -300))])
    assert groups(parts(frame))["change"].to_dict()["lapsed"] == -5300


def test_without_quantities_the_retained_are_split_into_orders_and_their_value():
    table = parts(TOY.drop(columns="quantity"))
    told = table.loc[table["parent"] == "retained", "change"]
    assert list(told.index) == ["orders_per_customer", "aov"]
    assert told.sum() == -600


def test_a_factor_at_or_below_zero_is_split_by_shapley():
    frame = pd.concat([TOY, lines(("r", "2025-06-29", "続0", -1, -50_000))])
    table = parts(frame)
    assert table["method"].iloc[0] == "shapley"
    assert table.loc[table["parent"] == "retained", "change"].sum() == -50_600


def many(gone, arrived, stayed, back=0):
    rows = [(f"l{i}", "2025-01-05", f"去{i}", 1, 100) for i in range(gone)]
    rows += [(f"n{i}", "2025-05-05", f"新{i}", 1, 100) for i in range(arrived)]
    rows += [(f"k{i}-{day}", day, f"続{i}", 1, 100) for i in range(stayed) for day in ("2025-01-05", "2025-05-05")]
    rows += [(f"x{i}-{day}", day, f"戻{i}", 1, 100) for i in range(back) for day in ("2024-01-05", "2025-05-05")]
    return lines(*rows)


@pytest.mark.parametrize(
    ("frame", "names"),
    [
        (many(5, 5, 5, 5), ["lapsed", "new", "reactivated", "retained"]),
        (many(5, 0, 5, 0), ["lapsed", "new", "reactivated", "retained"]),
        (many(5, 3, 5, 2), ["lapsed", "unseen", "retained"]),
        (many(2, 3, 5, 0), ["moved", "retained"]),
    ],
)
def test_small_groups_are_merged_until_none_is_under_k(frame, names):
    assert list(groups(parts(frame, k=5)).index) == names


def test_merged_movers_have_no_heads_and_no_sums_that_would_give_them_away():
    table = groups(parts(many(2, 3, 5), k=5))
    assert table[["heads", "compare", "current"]].isna().all().all()
    assert table["change"].tolist() == [100, 0]


@pytest.mark.parametrize("frame", [many(2, 2, 9), many(9, 9, 3), many(0, 4, 9)])
def test_too_few_people_to_tell_apart_leave_the_page_out(frame):
    told = bridge.bridge(shop(frame), periods=HALVES, first_orders_known=True, k=5)
    assert told == Unavailable("bridge.bridge", reason="bridge.too_few", facts={"k": 5})


def test_without_ids_periods_or_buyers_the_page_is_left_out():
    known = {"first_orders_known": True, "k": 1}
    assert bridge.bridge(shop(SHOP.assign(customer_id=None)), periods=HALVES, **known).missing == ("order_lines.customer_id",)
    assert bridge.bridge(shop(), periods=None, **known).reason == "sales.too_short"
    late = SHOP[SHOP["ordered_on"] >= "2025-04-01"]
    assert bridge.bridge(shop(late), periods=HALVES, **known).reason == "bridge.no_customers"


def test_parts_add_up_for_any_shop_and_row_order_does_not_matter():
    chance = np.random.default_rng(3)
    for _ in range(12):
        frame = lines(
            *(
                (f"o{i}", f"2025-{chance.integers(1, 7):02d}-{chance.integers(1, 29):02d}",
                 f"c{chance.integers(1, 30)}" if chance.random() > 0.1 else None, int(chance.integers(0, 5)),
                 int(chance.integers(-200, 5000)))
                for i in range(90)
            )
        )  # fmt: skip
        table = parts(frame)
        in_current = frame["ordered_on"] >= "2025-04-01"
        change = frame.loc[in_current, "amount"].sum() - frame.loc[~in_current, "amount"].sum()
        assert groups(table)["change"].sum() == change
        assert table.loc[table["parent"] == "retained", "change"].sum() == table.loc["retained", "change"]
        pd.testing.assert_frame_equal(parts(frame.sample(frac=1, random_state=1)), table)
