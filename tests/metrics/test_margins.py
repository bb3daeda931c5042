"""Margins by hand: tax taken out, lines without a cost left out, returns taken off."""

import pandas as pd
import pytest

from crm_helpers.data.tables import Tables
from crm_helpers.metrics import margins
from tests.metrics.sample import AS_OF, HALVES, lines

ROWS = lines(("a", "2025-01-10", "佐藤", 2, 216), ("b", "2025-04-10", "佐藤", 3, 330), ("r", "2025-04-11", "佐藤", -1, -110),
             ("g", "2025-04-12", None, 1, 500)).assign(product_id=["豆", "器", "器", "謎"], tax_percent=[8, 10, 10, 10])  # fmt: skip
COSTS = pd.DataFrame({"product_id": ["豆", "器"], "unit_cost": [40, 60]})


def totals(frame=ROWS, tax="included", products=COSTS):
    return margins.totals(Tables.of(order_lines=frame, products=products, as_of=AS_OF), periods=HALVES, tax=tax)


def test_tax_comes_out_and_a_return_takes_its_margin_back():
    table = totals().set_index("period")
    assert table.loc["compare", ["margin", "net"]].tolist() == [200 - 80, 200]
    assert table.loc["current", ["margin", "net"]].tolist() == [300 - 100 - 120, 200]
    assert table.loc["current", "rate"] == pytest.approx(0.4)
    assert table.loc["current", "covered"] == pytest.approx(220 / 720), "the product without a cost is not covered"


def test_amounts_without_tax_are_taken_as_they_are():
    assert totals(tax="excluded").set_index("period").loc["compare", "net"] == 216
    assert totals(tax="unstated").set_index("period").loc["compare", "net"] == 216


def test_the_rate_of_the_product_stands_in_for_that_of_the_line():
    rates = COSTS.assign(tax_percent=[8, 10])
    pd.testing.assert_frame_equal(totals(ROWS.drop(columns="tax_percent"), products=rates), totals())
    assert totals(ROWS.drop(columns="tax_percent")) is None, "tax is in the amounts and nobody knows how much"


def test_without_costs_there_is_no_margin():
    assert margins.totals(Tables.of(order_lines=ROWS, as_of=AS_OF), periods=HALVES, tax="") is None
    assert margins.totals(Tables.of(order_lines=ROWS, products=COSTS, as_of=AS_OF), periods=None, tax="") is None
    assert totals(ROWS[1:]) is None, "nothing with a cost was sold in the compared period"
