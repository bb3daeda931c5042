"""Business days over Golden Week and the New Year of 2026, by the Cabinet Office's list of holidays."""

import datetime

from hypothesis import given
from hypothesis import strategies as st

from crm_helpers.domain import business_days as days
from crm_helpers.domain.schedule import before as needed
from crm_helpers.domain.schedule import chain, chain_of, closed_days

D = datetime.date
CLOSED = closed_days(D(2025, 1, 1), D(2027, 12, 31), japanese=True)


def test_golden_week_of_2026():
    # 4/29 Wed Showa Day; 5/3 Sun, 5/4 Mon, 5/5 Tue holidays, 5/6 Wed the substitute of Sunday: 4/30, 5/1, 5/7, 5/8 are open
    assert days.between(D(2026, 4, 28), D(2026, 5, 8), CLOSED) == [
        D(2026, 4, 28), D(2026, 4, 30), D(2026, 5, 1), D(2026, 5, 7), D(2026, 5, 8),
    ]  # fmt: skip
    assert days.before(D(2026, 5, 8), 4, CLOSED) == D(2026, 4, 28)
    assert days.after(D(2026, 4, 28), 3, CLOSED) == D(2026, 5, 7)


def test_silver_week_of_2026_has_a_day_between_two_holidays():
    # 9/21 Mon Respect for the Aged, 9/22 Tue between two holidays, 9/23 Wed equinox
    assert days.after(D(2026, 9, 18), 1, CLOSED) == D(2026, 9, 24)


def test_new_year_is_closed_from_29_december_to_3_january():
    assert days.before(D(2026, 1, 5), 1, CLOSED) == D(2025, 12, 26), "1/4 is a Sunday, 12/27 and 28 are a weekend"
    assert days.after(D(2026, 12, 28), 1, CLOSED) == D(2027, 1, 4)


def test_the_company_may_close_and_elsewhere_only_weekends_do():
    own = closed_days(D(2026, 1, 1), D(2026, 12, 31), japanese=False, also=[(D(2026, 8, 12), D(2026, 8, 14))])
    assert own == {D(2026, 8, 12), D(2026, 8, 13), D(2026, 8, 14)}
    assert days.after(D(2026, 8, 11), 1, own) == D(2026, 8, 17)


def test_no_days_is_the_day_itself():
    sunday = D(2026, 5, 3)
    assert days.before(sunday, 0, CLOSED) == days.after(sunday, 0, CLOSED) == sunday
    assert days.between(D(2026, 5, 8), D(2026, 5, 7), CLOSED) == []


@given(st.dates(D(2025, 2, 1), D(2027, 10, 1)), st.integers(1, 40))
def test_back_and_forth_is_the_same_and_counts_right(day, count):
    then = days.after(day, count, CLOSED)
    assert days.is_open(then, CLOSED)
    assert len(days.between(day + days.DAY, then, CLOSED)) == count
    back = days.before(then, count, CLOSED)
    assert len(days.between(back, then - days.DAY, CLOSED)) == count


def test_a_channel_takes_only_its_steps_and_hands_on_what_they_wait_for():
    whole = chain()
    mail = {step.name: step.after for step in chain_of(whole, "mail")}
    assert "print" not in mail
    assert mail["send"] == ("test",)
    assert {step.name: step.after for step in chain_of(whole, "post")}["send"] == ("test", "print")
    short = {step.name: step.after for step in chain({"approval": {"days": 0}, "creative": {"days": 15}})}
    assert "approval" not in short
    assert short["set_up"] == ("targets", "creative")
    assert needed("approval", whole) == {"brief", "targets", "creative", "approval"}
    assert needed("targets", whole) == {"brief", "targets"}
    assert needed("nothing", whole) == frozenset()
