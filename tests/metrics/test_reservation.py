"""Bookings by hand: outcomes by the day due, returns, next bookings."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.tables import Tables
from crm_helpers.metrics import reservation
from crm_helpers.metrics.intervals import wilson

AS_OF = datetime.date(2025, 12, 31)


def book(rows):
    """(customer, booked, due, status, channel)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "booked_at", "visit_at", "status", "channel"])
    frame["reservation_id"] = [f"r{i}" for i in range(len(frame))]
    for column in ("booked_at", "visit_at"):
        frame[column] = pd.to_datetime(frame[column])
    return Tables.of(
        order_lines=pd.DataFrame({"ordered_on": [pd.Timestamp("2025-01-01")], "amount": [1]}), reservations=frame, as_of=AS_OF
    )


def test_outcomes_count_by_the_day_due_and_a_booking_ahead_is_not_counted():
    rows = [(f"c{i}", "2025-05-01", "2025-06-01", "kept" if i < 30 else "no_show", "電話") for i in range(40)]
    rows += [(f"d{i}", "2025-05-01", "2025-06-01", "kept" if i < 38 else "cancelled", "Web") for i in range(40)]
    rows += [(f"e{i}", "2025-12-01", "2026-01-05", "booked", "Web") for i in range(9)]
    rows += [(f"f{i}", "2024-05-01", "2024-06-01", "no_show", "Web") for i in range(50)]
    table = reservation.outcomes(book(rows), as_of=AS_OF, k=5).set_index("element")
    assert table.loc[reservation.ALL, ["n", "kept", "cancelled", "no_show"]].tolist() == [80, 68, 2, 10]
    assert table.loc["電話", ["rate", "low", "high"]].tolist() == pytest.approx([0.75, *wilson(30, 40)])
    assert table.loc["電話", "gap"] == pytest.approx(0.75 - 0.95)
    assert table["start"].iloc[0] == "2025-01-01"


def test_a_second_visit_by_days_and_the_cycle_of_those_who_came():
    rows = [(f"c{i}", "2024-05-01", "2024-06-01", "kept", "Web") for i in range(60)]
    rows += [(f"c{i}", "2024-06-05", "2024-07-01", "kept", "Web") for i in range(30)]
    rows += [("c59", "2025-12-01", "2026-02-01", "booked", "Web"), ("c58", "2024-06-02", "2024-06-03", "no_show", "Web")]
    table = reservation.returning(book(rows), as_of=AS_OF).set_index("day")
    assert table["rate"][[29, 30, 365]].tolist() == pytest.approx([0, 0.5, 0.5])
    assert (table["cycle"].iloc[0], table["cycles"].iloc[0], table["booked"].iloc[0], table["customers"].iloc[0]) == (
        30,
        30,
        1,
        60,
    )


def test_return_with_and_without_a_next_booking():
    rows = [(f"c{i}", "2024-05-01", "2024-06-01", "kept", "Web") for i in range(100)]
    rows += [(f"c{i}", "2024-06-01", "2024-07-01", "kept" if i < 30 else "no_show", "Web") for i in range(40)]
    rows += [(f"c{i}", "2024-06-20", "2024-08-01", "kept", "Web") for i in range(40, 55)]
    table = reservation.next_booking(book(rows), as_of=AS_OF, k=5).set_index("booked")
    assert table.loc[True, ["visits", "came"]].tolist() == [40, 30], "booked by the day after; a no-show is no return"
    assert table.loc[False, ["visits", "came"]].tolist() == [105, 15], (
        "the second visits have none booked, and nobody came a third time"
    )
    assert table["share"].iloc[0] == pytest.approx(40 / 145)


def test_few_bookings_are_left_out():
    data = book([("c", "2025-05-01", "2025-06-01", "kept", "Web")])
    assert reservation.outcomes(data, as_of=AS_OF, k=5).reason == "reservation.few"
    assert reservation.returning(data, as_of=AS_OF).reason == "reservation.few"
    assert reservation.next_booking(data, as_of=AS_OF, k=5).reason == "reservation.few_next"
