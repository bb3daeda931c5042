"""Hours of the week: weekdays as the calendar has them, per day, small cells."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import hours
from crm_helpers.params.periods import Period
from tests.metrics.sample import AS_OF, HALVES, SHOP

D = datetime.date


def orders(*rows):
    """Orders from (day, time, customer, amount)."""
    frame = pd.DataFrame(rows, columns=["ordered_on", "ordered_at", "customer_id", "amount"])
    return frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"]), order_id=[f"o{n}" for n in range(len(frame))])


def week(frame, k=1):
    return hours.by_hour(Tables.of(order_lines=frame, as_of=AS_OF), periods=HALVES, k=k)


TIMED = orders(
    ("2025-01-01", "09:30", "佐藤", 100), ("2025-04-07", "09:00", "佐藤", 100), ("2025-04-14", "09:59", "鈴木", 300),
    ("2025-04-12", "17:05", None, 500), ("2025-04-12", "17:06", "佐藤", -50), ("2025-06-30", None, "佐藤", 900),
)  # fmt: skip


def test_orders_stand_at_their_weekday_and_hour():
    cells = week(TIMED).set_index(["weekday", "hour"])
    assert cells.loc[(0, 9), ["orders", "sales", "days", "orders_before"]].tolist() == [2, 400, 13, 0], "two Mondays"
    assert cells.loc[(5, 17), ["orders", "sales"]].tolist() == [1, 450], "the return is money but no order"
    assert cells.loc[(2, 9), ["orders", "orders_before", "days_before"]].tolist() == [0, 1, 13], "New Year's Day was a Wednesday"
    assert cells["orders"].sum() == 3
    assert cells["untimed"].unique().tolist() == [1]


@pytest.mark.parametrize("day", ["1997-01-06", "2000-02-28", "2025-06-30", "2032-03-01"])
def test_mondays_of_any_century_are_mondays(day):
    at = D.fromisoformat(day)
    span = Period(at.replace(day=1), at)
    found = hours._count(Tables.of(order_lines=orders((day, "10:00", "佐藤", 1))), span)
    assert found.loc[(0, 10), "orders"] == 1


def test_weekdays_are_counted_as_the_calendar_has_them():
    for start, end in ((D(2025, 4, 1), D(2025, 6, 30)), (D(2024, 2, 29), D(2024, 3, 1)), (D(2025, 1, 1), D(2025, 1, 14))):
        days = [start + datetime.timedelta(n) for n in range((end - start).days + 1)]
        assert hours.weekdays(Period(start, end)) == [sum(day.weekday() == w for day in days) for w in range(7)]


def test_hours_of_few_people_are_hidden_with_those_that_give_them_away():
    many = [(f"2025-04-{7 + w:02d}", f"{h:02d}:00", f"c{n}", 10) for w in range(7) for h in (10, 11, 12) for n in range(8)]
    few = [("2025-04-07", "13:00", f"c{n}", 10) for n in range(2)] + [("2025-04-08", "13:00", f"c{n}", 10) for n in range(9)]
    cells = week(orders(*many, *few), k=5).set_index(["weekday", "hour"])["hidden"]
    assert cells.loc[(0, 13)]
    hidden = cells[cells].index
    assert all(sum(day == other for other, _ in hidden) > 1 for day, _ in hidden)
    assert all(sum(hour == other for _, other in hidden) > 1 for _, hour in hidden)


def test_without_times_or_with_few_people_the_page_is_left_out():
    assert hours.by_hour(Tables.of(order_lines=SHOP), periods=HALVES, k=5).missing == ("order_lines.ordered_at",)
    assert week(TIMED, k=5) == Unavailable("hours.by_hour", reason="hours.too_few", facts={"k": 5})
    assert week(TIMED[TIMED["ordered_on"] < "2025-04-01"]).reason == "hours.no_times"
    assert hours.by_hour(Tables.of(order_lines=TIMED), periods=None, k=5).reason == "sales.too_short"


def test_the_order_of_rows_does_not_matter():
    pd.testing.assert_frame_equal(week(TIMED.sample(frac=1, random_state=1)), week(TIMED))


def test_orders_of_contracts_are_shipping_batches_and_are_left_out():
    boxes = TIMED.assign(order_id=[f"box{n}" for n in range(len(TIMED))], contract_id="K1", ordered_at="03:00")
    table = week(pd.concat([TIMED, boxes]))
    assert table["orders"].tolist() == week(TIMED)["orders"].tolist()
    assert table["shipped"].unique().tolist() == [4], "the return is no order, one order lies before the period"
    assert table["untimed"].unique().tolist() == [1]
