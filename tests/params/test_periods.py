"""Which days are compared."""

import datetime

import pytest

from crm_helpers.params.periods import Period, default_periods, whole_months

D = datetime.date


@pytest.mark.parametrize(
    ("first", "as_of", "compare", "current"),
    [
        (D(2023, 1, 1), D(2025, 12, 31), "2024-01-01/2024-12-31", "2025-01-01/2025-12-31"),
        (D(2023, 4, 1), D(2026, 3, 15), "2024-03-01/2025-02-28", "2025-03-01/2026-02-28"),
        (D(1997, 1, 1), D(1998, 6, 30), "1997-01-01/1997-09-30", "1997-10-01/1998-06-30"),
        (D(2025, 1, 3), D(2025, 2, 28), "2025-01-01/2025-01-31", "2025-02-01/2025-02-28"),
        (D(2024, 11, 20), D(2025, 3, 31), "2024-12-01/2025-01-31", "2025-02-01/2025-03-31"),
    ],
)
def test_last_twelve_whole_months_or_halves_of_what_there_is(first, as_of, compare, current):
    periods = default_periods(first, as_of)
    assert (str(periods.compare), str(periods.current)) == (compare, current)


def test_under_two_whole_months_nothing_is_compared():
    assert default_periods(D(2025, 1, 4), D(2025, 2, 28)) is None
    assert default_periods(D(2025, 2, 1), D(2025, 1, 1)) is None


def test_a_month_cut_by_as_of_is_not_whole():
    assert whole_months(D(2025, 1, 1), D(2025, 3, 30))[1] == 2
    assert whole_months(D(2025, 1, 1), D(2025, 3, 31))[1] == 3


def test_a_period_counts_both_its_ends():
    assert Period(D(2024, 1, 1), D(2024, 12, 31)).days == 366
