"""Companies, staff and tests: in every total, in no count of customers."""

import pandas as pd
import pytest

from crm_helpers import metrics
from crm_helpers.data.tables import Tables
from tests.metrics.sample import AS_OF, HALVES, lines

# Q1: two consumers 1,000 + 2,000, five companies 10,000 each, guest 500. Q2: one consumer 1,500 twice, five companies 12,000, guest 700.
FIRMS = [f"F{n}" for n in range(5)]
SALES = lines(
    ("a1", "2025-01-10", "A", 1, 1000), ("b1", "2025-02-10", "B", 1, 2000), ("g1", "2025-03-05", None, 1, 500),
    ("a2", "2025-04-01", "A", 1, 1500), ("a3", "2025-05-01", "A", 1, 1500), ("g2", "2025-05-05", None, 1, 700),
    *((f"{firm}-1", "2025-02-01", firm, 10, 10000) for firm in FIRMS),
    *((f"{firm}-2", "2025-05-01", firm, 12, 12000) for firm in FIRMS),
)  # fmt: skip
KINDS = pd.DataFrame({"customer_id": ["A", "B", *FIRMS], "kind": ["consumer", "consumer", *["corporate"] * 5]})


def tables(kinds=KINDS, customers_are=None):
    return Tables.of(order_lines=SALES, customers=kinds, as_of=AS_OF, customers_are=customers_are)


def totals(**settings):
    return metrics.sales.totals(tables(**settings), periods=HALVES).set_index("period")


def test_companies_are_money_of_their_own_and_no_customers():
    both = totals()
    assert both["sales"].tolist() == [53500, 63700], "nothing is lost"
    assert both["apart_sales"].tolist() == [50000, 60000]
    assert both["guest_sales"].tolist() == [500, 700]
    assert both["customers"].tolist() == [2, 1]
    assert both["items"].tolist() == [2, 2]
    assert both["identified_share"].tolist() == pytest.approx([3000 / 3500, 3000 / 3700])


def test_customers_may_be_the_companies_or_everybody():
    assert totals(customers_are="corporate")["customers"].tolist() == [5, 5]
    assert totals(customers_are="all")["customers"].tolist() == [7, 6]
    assert totals(customers_are="all")["apart_sales"].tolist() == [0, 0]
    assert totals(kinds=KINDS.assign(kind=None))["customers"].tolist() == [7, 6], "without kinds everybody counts"
    assert totals(kinds=KINDS.assign(kind="corporate"))["customers"].tolist() == [7, 6], "no consumer: everybody counts"


def test_tree_and_bridge_add_up_with_a_line_apart():
    tree = metrics.kpi.tree(tables(), periods=HALVES, first_orders_known=True).set_index("node")
    assert tree["contribution"].sum() == 63700 - 53500
    assert tree.loc["apart_sales", "contribution"] == 10000
    moves = metrics.bridge.bridge(tables(), periods=HALVES, first_orders_known=True, k=1)
    groups = moves[moves["parent"] == ""].set_index("part")["change"]
    assert groups.sum() == 63700 - 53500
    assert groups["apart"] == 10000


def test_fewer_than_k_companies_are_told_with_the_guests():
    few = KINDS.assign(kind=["consumer", "consumer", "corporate", *["consumer"] * 4])
    both = totals(kinds=few)
    assert both["apart_sales"].tolist() == [0, 0]
    assert both["guest_sales"].tolist() == [10500, 12700]
    assert both["customers"].tolist() == [6, 5]
    tree = metrics.kpi.tree(tables(kinds=few), periods=HALVES, first_orders_known=True).set_index("node")
    assert "apart_sales" not in tree.index
    assert tree["contribution"].sum() == 63700 - 53500


def test_a_reconciliation_counts_the_buyers_apart_too():
    data = tables()
    counted = data.sql("select count(distinct coalesce(customer_id, apart_id)) as n from orders")
    assert int(counted["n"].iloc[0]) == 7
    assert int(data.sql("select count(distinct customer_id) as n from timeline")["n"].iloc[0]) == 7
