"""Customer states worked by hand, and windows from the client's own curve."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.tables import Tables
from crm_helpers.metrics import states
from crm_helpers.metrics.states import Windows
from crm_helpers.params.periods import Period, Periods
from tests.metrics.test_gaps import bought, shop  # noqa: F401 - the fixture

D = datetime.date
LINES = Windows(30, 60, 90, 120)
START = D(2023, 1, 1)
# days after 1 January 2023; as_of is 31 December (day 364)
PEOPLE = {
    "new": [340],
    "one_time": [300],
    "gone_after_one": [100],
    "active": [0, 310],
    "at_risk": [0, 290],
    "dormant": [0, 260],
    "lapsed": [0, 200],
    "came_back": [0, 20, 330],
}
AS_OF = D(2023, 12, 31)


def at_end(tables):
    found = states.by_month(tables, as_of=AS_OF, lines=LINES, first_orders_known=True)
    last = found[pd.to_datetime(found["day"]).dt.date == AS_OF]
    return dict(zip(last["state"], last["customers"], strict=True))


def test_each_customer_is_in_one_state_by_days_of_silence():
    counted = at_end(bought(PEOPLE, AS_OF))
    assert counted == {"new": 1, "one_time": 1, "active": 2, "at_risk": 1, "dormant": 1, "lapsed": 2}


def test_a_state_is_that_of_its_day_and_not_of_today():
    found = states.by_month(bought(PEOPLE, AS_OF), as_of=AS_OF, lines=LINES, first_orders_known=True)
    january = found[found["day"].astype(str).str.startswith("2023-01-31")]
    assert dict(zip(january["state"], january["customers"], strict=True)) == {"new": 4, "active": 1}, "came_back had bought twice"
    held = found.groupby("day")["customers"].sum()
    assert held.is_monotonic_increasing, "nobody leaves the people ever seen"


def test_start_and_moves_add_up_to_the_end():
    moves = states.flow(bought(PEOPLE, AS_OF), as_of=AS_OF, lines=LINES, first_orders_known=True)
    assert (moves["start"] + moves["new"] + moves["returned"] - moves["left"] == moves["end"]).all()
    assert moves["end"].iloc[:-1].tolist() == moves["start"].iloc[1:].tolist()
    assert int(moves["returned"].sum()) == 5, "active, at_risk, dormant, lapsed and came_back bought again after falling silent"


def test_a_running_contract_and_a_booking_stand_outside():
    lines = pd.DataFrame({"order_id": ["1", "2"], "ordered_on": [D(2023, 1, 1)] * 2, "customer_id": ["a", "b"], "amount": [1, 1]})
    tables = Tables.of(
        order_lines=lines,
        contracts=pd.DataFrame({"contract_id": ["k"], "customer_id": ["a"], "started_on": [D(2023, 1, 1)]}),
        reservations=pd.DataFrame(
            {"customer_id": ["b", "c"], "booked_at": ["2023-12-30 10:00"] * 2, "visit_at": ["2024-01-05 10:00"] * 2}
        ),
        as_of=AS_OF,
    )
    assert at_end(tables) == {"contract": 1, "booked": 2}


def test_sales_are_told_by_the_state_before_the_period():
    periods = Periods(current=Period(D(2023, 11, 1), AS_OF), compare=Period(D(2023, 9, 1), D(2023, 10, 31)))
    found = states.sales_by_state(bought(PEOPLE, AS_OF), periods=periods, lines=LINES, first_orders_known=True)
    table = found.set_index("state")
    assert table.loc["first", ["customers", "buyers", "sales"]].tolist() == [1, 1, 100]
    assert table["sales"].sum() == 300
    assert table.loc["lapsed", "buyers"] == 2, "active and came_back had been silent for more than 120 days"


def test_lines_thirty_days_later_move_people_and_lose_nobody():
    found = states.moved_lines(bought(PEOPLE, AS_OF), as_of=AS_OF, lines=LINES)
    by = found.pivot_table(index="moved", columns="state", values="customers", fill_value=0)
    assert by.sum(axis=1).tolist() == [8, 8, 8]
    assert by["lapsed"].is_monotonic_decreasing


def test_windows_come_from_the_curve_when_it_can_carry_them(shop):  # noqa: F811
    found = states.windows(shop, as_of=D(2026, 12, 30), default=LINES)
    assert found.source == "derived"
    assert found.active < found.at_risk < found.dormant
    assert {found.new, found.active, found.at_risk, found.dormant} <= set(states.ROUND)


@pytest.mark.parametrize(("days", "why"), [({"a": [0, 10]}, "few")])
def test_too_few_gaps_take_the_industrys_lines_and_say_so(days, why):
    found = states.windows(bought(days, AS_OF), as_of=AS_OF, default=LINES)
    assert (found.source, found.why, found.active) == ("industry", why, LINES.active)
    own = states.windows(bought(days, AS_OF), as_of=AS_OF, default=LINES, declared=Windows(1, 2, 3, 4))
    assert own == Windows(1, 2, 3, 4, "declared")
