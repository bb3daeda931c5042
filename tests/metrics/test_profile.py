"""Age and gender: counts by hand, birth dates that nobody has, bands merged until they are people enough."""

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import profile
from tests.metrics.sample import AS_OF, HALVES


def people(*groups):
    """`groups`: (how many, year, month, gender, spend each) → tables in which everybody bought once in each half."""
    rows, lines = [], []
    for at, (size, year, month, gender, spend) in enumerate(groups):
        for n in range(size):
            who = f"{at}-{n}"
            rows.append((who, year, month, gender))
            lines += [(f"a{who}", "2025-02-01", who, 100), (f"b{who}", "2025-05-01", who, spend)]
    members = pd.DataFrame(rows, columns=["customer_id", "birth_year", "birth_month", "gender"])
    frame = pd.DataFrame(lines, columns=["order_id", "ordered_on", "customer_id", "amount"])
    return Tables.of(order_lines=frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"])), customers=members, as_of=AS_OF)


def ages(*groups, k=5):
    return profile.ages(people(*groups), periods=HALVES, k=k)


def test_age_is_counted_at_the_end_of_the_period_and_the_rows_add_up():
    # AS_OF is 30 June 2025: born in June 1995 is 30, born in July 1995 still 29
    table = ages((40, 1995, 6, "女性", 200), (40, 1995, 7, "男性", 100), (40, 1970, 1, "", 300)).set_index("band")
    assert table["customers"].to_dict() == {"–29": 40, "30–49": 40, "50–": 40, profile.ALL: 120}, "empty bands join a neighbour"
    assert table.loc["30–49", ["per_head", "share"]].tolist() == pytest.approx([200, 1 / 3])
    assert table.loc["50–", "index"] == pytest.approx(300 / 150), "against all the others, not against everybody"
    assert table["share"].iloc[:-1].sum() == pytest.approx(1)


def test_a_birth_date_that_nobody_has_is_unknown_and_counted():
    usual = [(12, year, 1, "女性", 100) for year in range(1975, 1985)]
    table = ages(*usual, (100, 1980, 1, "女性", 100), (30, 1900, 1, "女性", 100), (7, 2030, 5, "女性", 100))
    assert table["impossible"].unique().tolist() == [37], "125 years old, and not born yet"
    assert table["heaped"].unique().tolist() == [112], "January 1980 holds nine times its neighbours: 1 January of a form"
    assert table.set_index("band").loc[profile.UNKNOWN, "customers"] == 149


def test_an_ordinary_january_is_believed():
    assert ages(*((30, year, 1, "女性", 100) for year in range(1975, 1985)))["heaped"].unique().tolist() == [0]


def test_few_people_make_few_bands_and_very_few_none():
    small = [(12, 2005 - 10 * n, 3, "女性", 100) for n in range(8)]
    table = ages(*small)
    assert (table["customers"] >= 30).all()
    assert len(table) == 3, "two bands of at least 30 and the total"
    none = ages((20, 1990, 1, "女性", 100))
    assert isinstance(none, Unavailable)
    assert none.reason == "profile.few"


def test_a_few_unknown_do_not_follow_from_the_total():
    table = ages((40, 1990, 3, "", 100), (40, 1970, 3, "", 100), (2, None, None, "", 100)).set_index("band")
    assert table.loc[profile.UNKNOWN, ["customers", "share", "per_head"]].isna().all()
    assert table["customers"].isna().sum() == 2, "one more, or 82 less the others would tell it"


def test_a_clear_difference_is_told_and_chance_is_not():
    table = ages(*((n, 1990, 3, "", spend) for n, spend in ((30, 90), (30, 110))), *((60, 1960, 3, "", s) for s in (290, 310)))
    assert table["told"].tolist() == [True, True, False]
    same = ages(*((30, year, 3, "", spend) for year in (1990, 1960) for spend in (90, 110)))
    assert not same["told"].any()


@pytest.mark.parametrize(
    ("word", "gender"),
    [("女性", "women"), ("Ｆ", "women"), ("2", "women"), ("男", "men"), ("male", "men"), ("回答しない", "others"), ("不明", "unknown"), ("", "unknown")],
)  # fmt: skip
def test_gender_in_the_words_of_clients(word, gender):
    assert profile.gender_of(word) == f"profile.{gender}"


def test_genders_too_few_to_tell_are_among_the_others():
    table = profile.genders(
        people((50, 1990, 1, "女性", 100), (8, 1990, 1, "男性", 100), (6, 1990, 1, "", 100)), periods=HALVES, k=5
    )
    assert table.set_index("gender")["customers"].to_dict() == {
        profile.WOMEN: 50,
        profile.OTHERS: 8,
        profile.UNKNOWN: 6,
        profile.ALL: 64,
    }


def test_without_birth_years_or_gender_the_page_says_what_lacks():
    bare = people((50, None, None, None, 100))
    assert profile.ages(bare, periods=HALVES, k=5).missing == ("customers.birth_year",)
    assert profile.genders(bare, periods=HALVES, k=5).missing == ("customers.gender",)
