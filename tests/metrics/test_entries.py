"""F2 by source: counts by hand, small sources pooled, chance not told."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import entries
from crm_helpers.metrics.intervals import newcombe, wilson

AS_OF = datetime.date(2026, 3, 31)


def found(groups, *, joined_on="2025-01-01", again="2025-03-01", as_of=AS_OF, k=5, first="2025-01-05"):
    """`groups`: source → (first buyers, of them with a second order)."""
    people = [(f"{source}{n}", source, n < back) for source, (size, back) in groups.items() for n in range(size)]
    days = [(who, first) for who, _, _ in people] + [(who, again) for who, _, back in people if back] + [("0", "2025-01-01")]
    lines = pd.DataFrame(days, columns=["customer_id", "ordered_on"]).assign(amount=100)
    lines["order_id"] = [f"o{n}" for n in range(len(lines))]
    lines["ordered_on"] = pd.to_datetime(lines["ordered_on"])
    members = pd.DataFrame({"customer_id": [p[0] for p in people], "joined_by": [p[1] for p in people]})
    members["joined_on"] = pd.Timestamp(joined_on)
    stranger = pd.DataFrame({"customer_id": ["0"], "joined_by": ["前から"], "joined_on": pd.Timestamp("2020-01-01")})
    data = Tables.of(order_lines=lines, customers=pd.concat([members, stranger]), as_of=as_of)
    return entries.by_source(data, as_of=as_of, k=k, first_orders_known=True)


def test_rates_and_gaps_by_hand():
    table = found({"SNS": (100, 20), "紹介": (200, 120)}).set_index("entry")
    assert table["customers"].to_dict() == {"紹介": 200, "SNS": 100, entries.ALL: 300}, "who joined before the data is left out"
    assert table.loc["SNS", ["rate", "low", "high"]].tolist() == pytest.approx([0.2, *wilson(20, 100)])
    assert table.loc["SNS", ["gap", "gap_low", "gap_high"]].tolist() == pytest.approx(newcombe(20, 100, 120, 200))
    assert table.loc[entries.ALL, "rate"] == pytest.approx(140 / 300)
    assert table["told"].tolist() == [True, True, False]
    assert table["window"].unique().tolist() == [180]


def test_second_orders_after_the_window_do_not_count_and_windows_differ():
    late = found({"SNS": (100, 50), "紹介": (100, 60)}, again="2025-07-05").set_index("entry")  # 181 days
    assert late["rate"].tolist() == [0, 0, 0]
    middle = found({"SNS": (100, 50), "紹介": (100, 60)}, again="2025-05-01").set_index("entry")  # 116 days
    assert middle.loc["SNS", ["rate", "rate_90"]].tolist() == [0.5, 0]


def test_a_difference_of_chance_is_not_told():
    assert not found({"SNS": (100, 48), "紹介": (100, 52), "検索": (100, 50)})["told"].any()


def test_small_sources_are_pooled_until_they_are_people_enough():
    table = found({"A": (100, 50), "B": (60, 30), "C": (40, 20), "D": (20, 10), "E": (5, 1)})
    assert table["entry"].tolist() == ["A", "B", entries.OTHERS, entries.ALL], (
        "25 alone are too few: the next smallest joins them"
    )
    assert table["customers"].tolist() == [100, 60, 65, 225]


def test_more_sources_than_rows_are_pooled():
    table = found({name: (40 + n, 20) for n, name in enumerate("ABCDEFGHI")})
    assert len(table) == entries.SHOWN + 2
    assert table["customers"].iloc[:-1].sum() == table["customers"].iloc[-1]


def test_a_young_base_is_read_at_90_days_and_a_younger_one_not_at_all():
    groups = {"SNS": (100, 20), "紹介": (200, 120)}
    assert found(groups, as_of=datetime.date(2025, 5, 1))["window"].unique().tolist() == [90]
    few = found(groups, as_of=datetime.date(2025, 3, 2))
    assert isinstance(few, Unavailable)
    assert few.reason == "entries.few"


def begun(rows, *, k=5, as_of=AS_OF, **others):
    """`rows`: (customer, day, product, amount)."""
    lines = pd.DataFrame(rows, columns=["customer_id", "ordered_on", "product_id", "amount"])
    lines["order_id"] = lines["customer_id"] + lines["ordered_on"]
    lines["ordered_on"] = pd.to_datetime(lines["ordered_on"])
    products = pd.DataFrame({"product_id": ["豆1", "豆2", "器1"], "category": ["豆", "豆", "器具"]})
    data = Tables.of(order_lines=lines, products=products, as_of=as_of, **others)
    return entries.by_first_product(data, as_of=as_of, k=k, first_orders_known=True)


def beginners(name, product, n, back, then="器1"):
    first = [(f"{name}{i}", "2025-01-05", product, 500) for i in range(n)]
    return first + [(f"{name}{i}", "2025-02-05", then, 300) for i in range(back)]


def test_the_entry_is_where_most_was_spent_on_the_first_day_and_what_came_next_is_told():
    rows = [*beginners("甲", "豆1", 40, 10), *beginners("乙", "器1", 50, 40, then="豆2")]
    rows += [(f"甲{i}", "2025-01-05", "器1", 300) for i in range(40)]  # less than the beans of that day
    rows += [(f"甲{i}", "2025-01-05", "豆2", 10) for i in range(40)]
    table = begun(rows).set_index("entry")
    assert table["customers"].to_dict() == {"器具": 50, "豆": 40, entries.ALL: 90}
    assert table.loc["豆", ["rate", "next", "next_share"]].tolist() == [0.25, "器具", 1.0]
    assert table.loc["器具", ["rate", "next", "next_share"]].tolist() == [0.8, "豆", 1.0]
    assert pd.isna(table.loc[entries.ALL, "next"])


def test_equal_amounts_are_named_by_name_and_rows_in_another_order_change_nothing():
    rows = [*beginners("甲", "豆1", 40, 20), *((f"甲{i}", "2025-01-05", "器1", 500) for i in range(40))]
    rows += beginners("乙", "豆2", 45, 15)
    table = begun(rows)
    assert table["entry"].tolist() == ["豆", "器具", entries.ALL]
    pd.testing.assert_frame_equal(table, begun(rows[::-1]))


def test_what_few_bought_next_is_not_told_and_a_product_without_category_is_unknown():
    table = begun([*beginners("甲", "豆1", 40, 4), *beginners("乙", "謎", 40, 30)]).set_index("entry")
    assert pd.isna(table.loc["豆", "next"]), "four came back"
    assert table.loc[entries.UNKNOWN, "customers"] == 40


def test_the_day_of_the_first_order_counts_as_one():
    table = begun([*beginners("甲", "豆1", 40, 0), *beginners("乙", "器1", 40, 0), ("甲0", "2025-01-05", "豆2", 100)])
    assert table["rate"].tolist() == [0, 0, 0], "a second order on the first day is not F2"
