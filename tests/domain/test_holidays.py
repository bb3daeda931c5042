"""Japan's public holidays against the Cabinet Office's lists."""

import datetime

import pytest

from crm_helpers.domain.holidays import holidays

# 内閣府「国民の祝日について」, month/day
LISTS = {
    2009: "1/1 1/12 2/11 3/20 4/29 5/3 5/4 5/5 5/6 7/20 9/21 9/22 9/23 10/12 11/3 11/23 12/23",
    2019: "1/1 1/14 2/11 3/21 4/29 4/30 5/1 5/2 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/23 10/14 10/22 11/3 11/4 11/23",
    2020: "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/23 7/24 8/10 9/21 9/22 11/3 11/23",
    2021: "1/1 1/11 2/11 2/23 3/20 4/29 5/3 5/4 5/5 7/22 7/23 8/8 8/9 9/20 9/23 11/3 11/23",
    2023: "1/1 1/2 1/9 2/11 2/23 3/21 4/29 5/3 5/4 5/5 7/17 8/11 9/18 9/23 10/9 11/3 11/23",
    2024: "1/1 1/8 2/11 2/12 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/22 9/23 10/14 11/3 11/4 11/23",
    2025: "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/21 8/11 9/15 9/23 10/13 11/3 11/23 11/24",
    2026: "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23",
}


@pytest.mark.parametrize("year", LISTS)
def test_a_year_is_the_official_list(year):
    told = {datetime.date(year, *map(int, day.split("/"))) for day in LISTS[year].split()}
    assert holidays(datetime.date(year, 1, 1), datetime.date(year, 12, 31)) == told


def test_only_days_of_the_span_and_none_before_the_law_as_it_stands():
    assert holidays(datetime.date(2025, 1, 2), datetime.date(2025, 2, 10)) == {datetime.date(2025, 1, 13)}
    assert not holidays(datetime.date(1997, 1, 1), datetime.date(1998, 12, 31))
