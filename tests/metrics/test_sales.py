"""Sales by month and the two periods, worked by hand."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.checks import WHOLE
from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import sales
from crm_helpers.metrics.products import categories
from crm_helpers.params.periods import Period, Periods
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


def test_a_month_with_more_sundays_is_expected_to_sell_more_where_sundays_sell_more():
    days = pd.date_range("2024-01-01", "2025-12-31")
    rows = [(f"o{n}", day, None, 1, 300 if day.weekday() == 6 else 100) for n, day in enumerate(days)]
    years = Periods(current=Period(D(2025, 1, 1), D(2025, 12, 31)), compare=Period(D(2024, 1, 1), D(2024, 12, 31)))
    tables = shop(lines(*rows), D(2025, 12, 31))
    months = sales.by_month(tables, as_of=D(2025, 12, 31), periods=years).set_index("first")
    march = months.loc["2025-03-01"]  # five Sundays each year, but May has four in 2025 and 2024, June five in both
    assert march["sales"] == march["year_before"] == 31 * 100 + 5 * 200
    august = months.loc["2025-08-01"]
    assert (august["sales"], august["year_before"]) == (31 * 100 + 5 * 200, 31 * 100 + 4 * 200)
    for month in ("2025-02-01", "2025-08-01", "2025-11-01"):
        assert months.loc[month, "expected"] == pytest.approx(months.loc[month, "sales"]), "only the calendar differs"
    both = sales.totals(tables, periods=years, holidays=())
    assert both["sales"].iloc[1] / both["load"].iloc[1] == pytest.approx(both["sales"].iloc[0] / both["load"].iloc[0])
    assert "load" not in sales.totals(tables, periods=years)


def test_holidays_are_a_kind_of_day_of_their_own_when_there_are_enough():
    off = [D(2025, 1, 1) + datetime.timedelta(days=7 * n) for n in range(10)]  # Wednesdays
    rows = [
        (f"o{n}", day, None, 1, 500 if day.date() in off else 100) for n, day in enumerate(pd.date_range("2025-01-01", AS_OF))
    ]
    tables = shop(lines(*rows))
    loads = sales.day_loads(tables, periods=HALVES, holidays=off)
    assert loads[sales.HOLIDAY] / loads[2] == pytest.approx(5)
    assert sales.HOLIDAY not in sales.day_loads(tables, periods=HALVES, holidays=off[:7]), "seven are too few for a mean"
    both = sales.totals(tables, periods=HALVES, holidays=off)
    assert both["sales"].iloc[0] * both["load"].iloc[1] / both["load"].iloc[0] == pytest.approx(both["sales"].iloc[1])


def test_no_sales_weigh_every_day_alike():
    returned = lines(("a", "2025-01-31", "佐藤", 1, 100), ("b", "2025-06-30", "佐藤", -1, -100))
    assert set(sales.day_loads(shop(returned), periods=HALVES)) == {1.0}


def test_events_are_stores_then_the_dearest_short_campaigns_of_the_months_shown():
    stores = pd.DataFrame({"store_id": ["1", "2"], "name": ["本店", "駅前店"], "opened_on": ["2020-01-01", "2025-05-01"]})
    starts = ["2025-02-01", "2025-03-01", "2025-04-01", "2025-05-01", "2025-06-01", "2025-01-01", "2024-01-01"]
    ends = ["2025-02-07", None, "2025-04-30", "2025-05-02", "2025-06-30", "2025-06-30", "2024-01-02"]
    campaigns = pd.DataFrame({"campaign_id": list("abcdefg"), "name": list("ABCDEFG"), "starts_on": starts, "ends_on": ends,
                              "cost": [5, 4, None, None, 1, 9, 9], "planned_cost": [None, None, 6, None, 8, 1, 1]})  # fmt: skip
    tables = Tables.of(order_lines=SHOP, stores=stores, campaigns=campaigns, as_of=AS_OF)
    found = sales.events(tables, months=sales.by_month(tables, as_of=AS_OF, periods=HALVES))
    assert [tuple(row) for row in found[["kind", "name", "start", "end"]].to_numpy()] == [
        ("campaign", "A", "2025-02-01", "2025-02-07"),
        ("campaign", "B", "2025-03-01", "2025-03-01"),
        ("campaign", "C", "2025-04-01", "2025-04-30"),
        ("opened", "駅前店", "2025-05-01", "2025-05-01"),
        ("campaign", "E", "2025-06-01", "2025-06-30"),
    ], "F runs half a year, G lies before the months, D costs nothing"
    assert not len(sales.events(shop(), months=sales.by_month(shop(), as_of=AS_OF, periods=HALVES)))
