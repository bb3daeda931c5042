"""Season: an index by hand, days of the month and growth taken out, two whole years at least."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.domain.season_months import seasons
from crm_helpers.metrics import season

AS_OF = datetime.date(2025, 12, 31)


def tables(of_day, first="2024-01-01", last="2025-12-31", products=None):
    days = pd.date_range(first, last)
    rows = [(f"o{n}-{p}", day, f"c{n}", p, amount) for n, day in enumerate(days) for p, amount in of_day(day).items()]
    frame = pd.DataFrame(rows, columns=["order_id", "ordered_on", "customer_id", "product_id", "amount"])
    others = {"products": products} if products is not None else {}
    return Tables.of(order_lines=frame, as_of=datetime.date.fromisoformat(last), **others)


def test_months_of_equal_days_are_100_whatever_their_length():
    table = season.by_month(tables(lambda day: {"p": 100}), as_of=AS_OF)
    assert table["index"].tolist() == pytest.approx([100] * 24, abs=0.2), "February is short, not weak; 2024 is a leap year"


def test_a_december_of_double_sales_by_hand():
    table = season.by_month(tables(lambda day: {"p": 200 if day.month == 12 else 100}), as_of=AS_OF)
    december = table[table["month"] == 12]["index"]
    # 2025: 31 days of 200 among 365: the mean day is (334·100 + 31·200)/365 = 108.49
    assert december.iloc[1] == pytest.approx(100 * 200 / 108.493, abs=0.2)
    assert table["year"].unique().tolist() == [0, 1]


def test_steady_growth_is_no_season():
    growing = season.by_month(
        tables(lambda day: {"p": round(100_000 * 2 ** ((day - pd.Timestamp(2024, 1, 1)).days / 365))}), as_of=AS_OF
    )
    assert growing["index"].between(96, 104).all(), "sales double every year; without the correction they run from 70 to 140"


def test_categories_with_their_own_peak_and_none_for_the_small():
    kinds = pd.DataFrame({"product_id": ["g", "b", "x"], "category": ["贈答", "豆", "小"]})
    made = tables(lambda day: {"g": 600 if day.month == 7 else 10, "b": 500, "x": 1}, products=kinds)
    table = season.by_month(made, as_of=AS_OF)
    assert set(table["category"]) == {season.ALL, "贈答", "豆"}, "小 is under one per cent"
    gift = table[table["category"] == "贈答"].groupby("month")["index"].mean()
    assert gift.idxmax() == 7
    assert gift[7] > 900


def test_23_months_are_too_few():
    short = season.by_month(tables(lambda day: {"p": 1}, first="2024-02-01"), as_of=AS_OF)
    assert isinstance(short, Unavailable)
    assert short.facts == {"months": 24}


def test_every_month_has_its_seasons():
    assert sorted(seasons()) == list(range(1, 13))
    assert "ochugen" in seasons()[7]
    assert "oseibo" in seasons()[12]
