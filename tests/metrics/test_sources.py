"""F2 by source: counts by hand, small sources pooled, chance not told."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import sources
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
    return sources.f2(data, as_of=as_of, k=k, first_orders_known=True)


def test_rates_and_gaps_by_hand():
    table = found({"SNS": (100, 20), "紹介": (200, 120)}).set_index("source")
    assert table["customers"].to_dict() == {"紹介": 200, "SNS": 100, sources.ALL: 300}, "who joined before the data is left out"
    assert table.loc["SNS", ["rate", "low", "high"]].tolist() == pytest.approx([0.2, *wilson(20, 100)])
    assert table.loc["SNS", ["gap", "gap_low", "gap_high"]].tolist() == pytest.approx(newcombe(20, 100, 120, 200))
    assert table.loc[sources.ALL, "rate"] == pytest.approx(140 / 300)
    assert table["told"].tolist() == [True, True, False]
    assert table["window"].unique().tolist() == [180]


def test_second_orders_after_the_window_do_not_count_and_windows_differ():
    late = found({"SNS": (100, 50), "紹介": (100, 60)}, again="2025-07-05").set_index("source")  # 181 days
    assert late["rate"].tolist() == [0, 0, 0]
    middle = found({"SNS": (100, 50), "紹介": (100, 60)}, again="2025-05-01").set_index("source")  # 116 days
    assert middle.loc["SNS", ["rate", "rate_90"]].tolist() == [0.5, 0]


def test_a_difference_of_chance_is_not_told():
    assert not found({"SNS": (100, 48), "紹介": (100, 52), "検索": (100, 50)})["told"].any()


def test_small_sources_are_pooled_until_they_are_people_enough():
    table = found({"A": (100, 50), "B": (60, 30), "C": (40, 20), "D": (20, 10), "E": (5, 1)})
    assert table["source"].tolist() == ["A", "B", sources.OTHERS, sources.ALL], (
        "25 alone are too few: the next smallest joins them"
    )
    assert table["customers"].tolist() == [100, 60, 65, 225]


def test_more_sources_than_rows_are_pooled():
    table = found({name: (40 + n, 20) for n, name in enumerate("ABCDEFGHI")})
    assert len(table) == sources.SHOWN + 2
    assert table["customers"].iloc[:-1].sum() == table["customers"].iloc[-1]


def test_a_young_base_is_read_at_90_days_and_a_younger_one_not_at_all():
    groups = {"SNS": (100, 20), "紹介": (200, 120)}
    assert found(groups, as_of=datetime.date(2025, 5, 1))["window"].unique().tolist() == [90]
    few = found(groups, as_of=datetime.date(2025, 3, 2))
    assert isinstance(few, Unavailable)
    assert few.reason == "sources.few"
