"""The KPI tree: branches give the trunk, and the parts give the change, to the yen."""

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.metrics import kpi
from crm_helpers.metrics.decomposition import lmdi
from tests.metrics.sample import HALVES, SHOP, lines, shop


def tree(frame=SHOP, *, first_orders_known=True):
    return kpi.tree(shop(frame), periods=HALVES, first_orders_known=first_orders_known).set_index("node")


def test_a_business_without_items_stops_at_the_value_of_an_order_and_keeps_its_own_order():
    nodes = ("orders_per_customer", "customers", "aov")
    table = kpi.tree(shop(), periods=HALVES, first_orders_known=True, nodes=nodes)
    assert table["node"].tolist() == [
        "sales", "identified_sales", "orders_per_customer", "customers", "aov", "guest_sales",
    ]  # fmt: skip
    assert table["contribution"].sum() == 1700, "7,200 − 5,500: the parts are whole without items"
    assert not table["no_quantity"].any(), "the data do hold items; the business does not ask"


def test_nodes_of_the_tiny_shop():
    nodes = tree()
    assert nodes.loc["customers", ["compare", "current"]].tolist() == [2, 2]
    assert nodes.loc["orders_per_customer", ["compare", "current"]].tolist() == [1.5, 2.0]
    assert nodes.loc["aov", ["compare", "current"]].tolist() == pytest.approx([5000 / 3, 1800])
    assert nodes.loc["items_per_order", ["compare", "current"]].tolist() == pytest.approx([5 / 3, 7 / 4])
    assert nodes.loc["price_per_item", ["compare", "current"]].tolist() == pytest.approx([1000, 7200 / 7])
    assert nodes.loc["new", ["compare", "current"]].tolist() == [2, 1]
    assert nodes.loc["existing", ["compare", "current"]].tolist() == [0, 1]


def test_branches_multiply_and_add_to_the_trunk():
    nodes = tree()
    for period in ("compare", "current"):
        n = nodes[period]
        assert n["identified_sales"] == pytest.approx(
            n["customers"] * n["orders_per_customer"] * n["items_per_order"] * n["price_per_item"]
        )
        assert n["sales"] == n["identified_sales"] + n["guest_sales"]
        assert n["customers"] == n["new"] + n["existing"]


def test_contributions_add_up_to_the_change_to_the_yen():
    nodes = tree()
    assert nodes["contribution"].sum() == 7200 - 5500
    assert nodes.loc["guest_sales", "contribution"] == -500


def test_contributions_are_those_of_lmdi():
    nodes = tree(first_orders_known=False)  # data that start in the middle: customers are one factor
    expected = lmdi((2, 1.5, 5 / 3, 1000), (2, 2.0, 7 / 4, 7200 / 7))
    told = nodes.loc[["customers", "orders_per_customer", "items_per_order", "price_per_item"], "contribution"]
    assert np.abs(told.astype(float) - expected).max() < 1


def test_one_customer_more_or_less_carries_the_same_money_whether_new_or_existing():
    nodes = tree()
    a_new, an_existing = nodes.loc["new", "contribution"], nodes.loc["existing", "contribution"]
    assert a_new == -an_existing, "−1 new and +1 existing: heads did not change, so the two cancel out"
    assert a_new < 0


def test_data_that_start_in_the_middle_say_nothing_on_new_customers():
    assert "new" not in tree(first_orders_known=False).index


def test_without_quantities_the_tree_stops_at_the_value_of_an_order():
    frame = SHOP.drop(columns="quantity")
    nodes = kpi.tree(shop(frame), periods=HALVES, first_orders_known=True).set_index("node")
    assert "items_per_order" not in nodes.index
    assert nodes["contribution"].sum() == 1700
    assert bool(nodes.loc["aov", "leaf"])


def test_without_customer_ids_the_page_is_left_out():
    told = kpi.tree(shop(SHOP.assign(customer_id=None)), periods=HALVES, first_orders_known=True)
    assert told == Unavailable("kpi.tree", ("order_lines.customer_id",))


def test_a_period_without_an_identified_buyer_is_left_out_with_its_reason():
    frame = SHOP[(SHOP["ordered_on"] >= "2025-04-01") | SHOP["customer_id"].isna()]
    assert kpi.tree(shop(frame), periods=HALVES, first_orders_known=True).reason == "kpi.no_customers"


def test_returns_larger_than_sales_are_split_by_shapley():
    frame = pd.concat([SHOP, lines(("r9", "2025-06-30", "田中", -9, -20_000))])
    nodes = tree(frame)
    assert nodes["method"].iloc[0] == "shapley"
    assert nodes["contribution"].sum() == (7200 - 20_000) - 5500


def test_parts_add_up_for_any_shop():
    chance = np.random.default_rng(11)
    for _ in range(15):
        n = 60
        frame = lines(
            *(
                (f"o{i}", f"2025-{chance.integers(1, 7):02d}-{chance.integers(1, 29):02d}", f"c{chance.integers(1, 9)}",
                 int(chance.integers(1, 5)), int(chance.integers(-200, 5000)))
                for i in range(n)
            )
        )  # fmt: skip
        nodes = tree(frame)
        assert nodes["contribution"].sum() == nodes.loc["sales", "current"] - nodes.loc["sales", "compare"]
