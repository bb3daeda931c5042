"""Sales by month and the two periods, worked by hand."""

import datetime

import pandas as pd

from crm_helpers.data.checks import WHOLE
from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import sales
from crm_helpers.metrics.products import categories
from tests.metrics.sample import AS_OF, HALVES, SHOP, lines, shop

D = datetime.date


def test_totals_of_the_tiny_shop():
    compare, current = sales.totals(shop(), periods=HALVES).to_dict("records")
    assert (compare["sales"], compare["guest_sales"], compare["identified_sales"]) == (5500, 500, 5000)
    assert (compare["orders"], compare["identified_orders"], compare["customers"], compare["items"]) == (4, 3, 2, 5)
    assert (current["sales"], current["guest_sales"]) == (7200, 0)
    assert (current["orders"], current["customers"]) == (4, 2), "the return is money but no order"
    assert current["items"] == 7, "the gift at 0 yen is no item, the returned one is taken off"
    assert compare["days"], current["days"] == (90, 91)


def test_months_are_in_order_and_know_their_period():
    months = sales.by_month(shop(), as_of=AS_OF, periods=HALVES)
    assert list(months["sales"]) == [1000, 2000, 2500, 3200, 2000, 2000]
    assert list(months["period"]) == ["compare"] * 3 + ["current"] * 3
    assert months["sales"].sum() == SHOP["amount"].sum()


def test_the_first_month_is_cut_when_data_begin_on_the_tenth_and_the_last_when_as_of_is_before_its_end():
    months = sales.by_month(shop(as_of=D(2025, 6, 29)), as_of=D(2025, 6, 29), periods=HALVES)
    assert list(months["complete"]) == [False, True, True, True, True, False]


def test_a_month_without_sales_is_there_with_zero():
    gap = lines(("a", "2025-01-01", "佐藤", 1, 100), ("b", "2025-03-31", "佐藤", 1, 100))
    months = sales.by_month(shop(gap, D(2025, 3, 31)), as_of=D(2025, 3, 31), periods=HALVES)
    assert list(months["sales"]) == [100, 0, 100]


def test_the_same_month_of_the_year_before_is_unknown_before_the_data_start():
    rows = [(f"o{m}", f"{2024 + (m - 1) // 12}-{(m - 1) % 12 + 1:02d}-01", "佐藤", 1, 100 * m) for m in range(1, 15)]
    months = sales.by_month(shop(lines(*rows), D(2025, 2, 28)), as_of=D(2025, 2, 28), periods=HALVES)
    assert months["year_before"].isna().sum() == 12
    assert list(months["year_before"].tail(2)) == [100, 200]


def test_without_periods_the_page_says_that_the_data_are_too_short():
    assert sales.totals(shop(), periods=None) == Unavailable("sales.totals", reason="sales.too_short")


def test_the_order_of_rows_does_not_matter():
    shuffled = SHOP.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(sales.totals(shop(shuffled), periods=HALVES), sales.totals(shop(), periods=HALVES))


TILL = pd.DataFrame(
    {
        "sold_on": ["2025-01-31", "2025-01-31", "2025-04-30"],
        "store_id": ["S1", "S1", "S1"],
        "channel": ["店舗"] * 3,
        "category": ["豆", "器具", "豆"],
        "receipts": [3, 1, 5],
        "quantity": [4, 1, 6],
        "amount": [4000, 900, 6000],
    }
)


def test_totals_of_a_day_are_guests_money_and_receipts_but_no_customer_and_no_line():
    plain, with_till = shop(), Tables.of(order_lines=SHOP, day_totals=TILL, as_of=AS_OF)
    before, after = (sales.totals(t, periods=HALVES).set_index("period") for t in (plain, with_till))
    assert list(after["sales"] - before["sales"]) == [4900, 6000]
    assert list(after["guest_sales"] - before["guest_sales"]) == [4900, 6000]
    assert list(after["orders"] - before["orders"]) == [4, 5]
    for same in ("identified_sales", "identified_orders", "customers", "items"):
        assert list(after[same]) == list(before[same]), same
    months = sales.by_month(with_till, as_of=AS_OF, periods=HALVES)
    assert months["sales"].sum() == SHOP["amount"].sum() + 10900


def test_totals_of_a_day_add_to_the_bridge_the_categories_and_the_reconciled_figures():
    products = pd.DataFrame({"product_id": ["p1"], "category": ["豆"]})
    tables = Tables.of(order_lines=SHOP.assign(product_id="p1"), day_totals=TILL, products=products, as_of=AS_OF)
    shown = categories(tables, periods=HALVES, k=1).set_index("category")
    assert shown.loc["器具", ["compare", "current"]].tolist() == [900, 0]
    assert shown[["compare", "current"]].sum().sum() == SHOP["amount"].sum() + 10900
    assert tables.sql(WHOLE)["sales"].iloc[0] == SHOP["amount"].sum() + 10900
