"""Data that start in the middle of their customers' history."""

import pytest

from crm_helpers.metrics import quality
from tests.metrics.sample import lines, shop


def customers(first_month, later):
    rows = [(f"a{n}", "2025-01-15", f"客a{n}", 1, 100) for n in range(first_month)]
    rows += [(f"b{n}", "2025-04-15", f"客b{n}", 1, 100) for n in range(later)]
    return shop(lines(*rows))


@pytest.mark.parametrize(("first", "later", "middle"), [(2, 8, False), (3, 8, True), (10, 0, True)])
def test_more_than_a_fifth_first_seen_in_the_first_month_means_a_start_in_the_middle(first, later, middle):
    assert quality.starts_in_the_middle(quality.data_start(customers(first, later))) is middle


def test_the_clients_word_that_the_history_is_complete_counts():
    assert not quality.starts_in_the_middle(quality.data_start(customers(10, 0)), history_complete=True)


def test_the_share_is_told_with_its_numbers():
    start = quality.data_start(customers(3, 9)).iloc[0]
    assert (start["customers"], start["first_month_customers"], start["share"]) == (12, 3, 0.25)
