"""RFM: cut points, ties, windows, names of all cells."""

import datetime

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.metrics import rfm
from crm_helpers.metrics.intervals import wilson
from crm_helpers.metrics.rfm import SEGMENTS, Bands, segment_of, window_start
from tests.metrics.sample import HALVES, lines, shop

D = datetime.date
BANDS = Bands((30, 90, 180, 365), (1, 2, 5, 11), 24)
AS_OF = D(2025, 6, 30)


def cells(frame, k=1, **settings):
    return rfm.cells(shop(frame, AS_OF), as_of=AS_OF, bands=BANDS, k=k, **settings)


def bought(customer, *days, amount=1000):
    return [(f"{customer}-{day}", day, customer, 1, amount) for day in days]


def test_cut_points_are_inclusive():
    frame = lines(*bought("30日前", "2025-05-31"), *bought("31日前", "2025-05-30"), *bought("366日前", "2024-06-29"))
    table = cells(frame).set_index(["r", "f"])["customers"]
    assert (table[5, 1], table[4, 1], table[1, 1]) == (1, 1, 1)
    assert table.sum() == 3


def test_equal_customers_always_share_a_cell():
    """Ten identical customers: quantile scoring would spread them over all scores."""
    frame = lines(*(row for n in range(10) for row in bought(f"客{n}", "2025-06-01", "2025-06-02")))
    table = cells(frame)
    assert sorted(table["customers"])[-1] == 10
    assert (table["customers"] > 0).sum() == 1


def test_orders_are_counted_in_the_window_and_recency_in_all_history():
    frame = lines(*bought("古い客", "2022-01-01", "2023-06-30"), *bought("客", "2023-07-01", "2025-06-30"))
    table = cells(frame)
    assert int(table["customers"].sum()) == 1, "the last order of 古い客 is one day before the window"
    assert int(table.loc[(table["r"] == 5) & (table["f"] == 2), "sales"].iloc[0]) == 2000


def test_every_cell_belongs_to_one_named_segment():
    owners = [name for part in SEGMENTS.values() for name in part]
    assert len(owners) == len(set(owners)) == 25
    assert segment_of(5, 5) == "best"
    assert segment_of(3, 1) == "once"
    assert segment_of(2, 4) == "lapsed_best"


def test_heads_and_sales_of_the_cells_add_up_to_the_whole_and_row_order_does_not_matter():
    chance = np.random.default_rng(5)
    frame = lines(
        *(
            (f"o{i}", f"2025-0{chance.integers(1, 7)}-{chance.integers(1, 29):02d}", f"c{chance.integers(1, 40)}", 1, int(chance.integers(1, 900)))
            for i in range(300)
        )
    )  # fmt: skip
    table = cells(frame)
    assert table["customers"].sum() == frame["customer_id"].nunique()
    assert table["sales"].sum() == frame["amount"].sum()
    assert cells(frame.sample(frac=1, random_state=1)).equals(table)


def test_heads_a_year_earlier_are_blank_where_the_data_do_not_reach():
    frame = lines(*bought("客", "2024-01-01", "2025-06-30"))
    assert cells(frame)["customers_before"].isna().all()
    assert cells(frame, history_complete=True)["customers_before"].sum() == 1


def test_small_cells_are_hidden():
    frame = lines(*(row for n in range(9) for row in bought(f"客{n}", "2025-06-01")), *bought("一人", "2024-01-01"))
    table = cells(frame, k=5).set_index(["r", "f"])
    assert bool(table.loc[(1, 1), "hidden"])


def test_without_ids_or_without_buyers_the_page_is_left_out():
    nobody = lines(("g", "2025-06-01", None, 1, 100))
    assert cells(nobody) == Unavailable("rfm.cells", ("order_lines.customer_id",))
    long_ago = lines(*bought("客", "2020-01-01"))
    assert cells(long_ago).reason == "rfm.no_customers"


@pytest.mark.parametrize(
    ("as_of", "months", "start"),
    [
        (D(2023, 12, 31), 12, D(2023, 1, 1)),
        (D(2024, 2, 29), 12, D(2023, 3, 1)),
        (D(2025, 6, 15), 24, D(2023, 6, 16)),
    ],
)
def test_the_window_ends_at_as_of_and_holds_whole_months(as_of, months, start):
    assert window_start(as_of, months) == start


# ---------------------------------------------------------------- quantile bands
def ranks(frame, k=1):
    return rfm.ranks(shop(frame, AS_OF), as_of=AS_OF, bands=BANDS, k=k)


def test_ten_customers_in_fifths():
    """One order each, 1 to 10 days ago: two customers a band, cut at 2, 4, 6 and 8 days; orders are one band."""
    frame = lines(*(row for n in range(1, 11) for row in bought(f"客{n}", f"2025-06-{30 - n:02d}")))
    found = ranks(frame)
    assert found.recency_days == (2, 4, 6, 8)
    assert found.orders == ()
    assert found.cells["r"].tolist() == [5, 4, 3, 2, 1]
    assert found.cells["customers"].tolist() == [2] * 5
    assert set(found.cells["f"]) == {1}


def test_ties_are_never_parted_and_bands_merge():
    """Orders 1 × 6, 2 × 2, 3, 4: fifths are reached at 1, 1, 1, 2; the three bands are 1, 2, 3 and more."""
    times = [1] * 6 + [2] * 2 + [3, 4]
    days = ["2025-06-01", "2025-06-02", "2025-06-03", "2025-06-04"]
    frame = lines(*(row for i, n in enumerate(times) for row in bought(f"客{i}", *days[4 - n :])))
    found = ranks(frame)
    assert found.orders == (1, 2)
    assert found.recency_days == (), "all bought last on the same day"
    assert found.cells.set_index("f")["customers"].to_dict() == {1: 6, 4: 2, 5: 2}


def test_quantile_bands_do_not_depend_on_the_order_of_rows_and_add_up():
    chance = np.random.default_rng(6)
    rows = [
        (f"o{i}", f"2025-0{chance.integers(1, 7)}-{chance.integers(1, 29):02d}", f"c{chance.integers(1, 60)}", 1, 100)
        for i in range(300)
    ]
    frame = lines(*rows, ("g", "2025-06-01", None, 1, 999))
    found, again = ranks(frame), ranks(frame.sample(frac=1, random_state=2))
    assert found.cells.equals(again.cells)
    assert (found.recency_days, found.orders, found.changed) == (again.recency_days, again.orders, again.changed)
    assert found.cells["customers"].sum() == 60 - (60 - frame["customer_id"].nunique())
    assert found.cells["sales"].sum() == 300 * 100, "guests are never scored"
    assert found.cells["orders"].sum() == frame[frame["customer_id"].notna()]["order_id"].nunique()


def test_who_changes_segment_between_the_bandings():
    """Ten days 1 to 10 ago, one order: fixed bands say new (all within 30 days); in fifths 6 of them are away: once."""
    frame = lines(*(row for n in range(1, 11) for row in bought(f"客{n}", f"2025-06-{30 - n:02d}")))
    assert ranks(frame).changed == 6
    assert ranks(frame, k=5).changed is None, "the four who stay are too few"


def test_quantile_bands_need_ids_and_buyers():
    assert ranks(lines(("g", "2025-06-01", None, 1, 100))) == Unavailable("rfm.ranks", ("order_lines.customer_id",))
    assert ranks(lines(*bought("客", "2020-01-01"))).reason == "rfm.no_customers"


def answered(frame, k=1, bands=BANDS, as_of=AS_OF):
    return rfm.response(shop(frame, as_of), periods=HALVES, bands=bands, k=k)


def test_the_response_is_scored_before_the_period_and_counted_in_it():
    frame = lines(
        *bought("先", "2024-12-01"),
        *bought("戻る", "2025-01-05", "2025-03-20", "2025-04-02", "2025-04-03"),
        *bought("戻らない", "2025-03-21"),
        *bought("期中に初めて", "2025-04-01", amount=700),
        ("返品", "2025-05-01", "戻らない", -1, -300),
    )
    table = answered(frame)
    by = table.set_index(["r", "f"])
    assert by.loc[(5, 2), ["customers", "buyers", "sales"]].tolist() == [1, 1, 2000], "戻る, two orders before the period"
    assert by.loc[(5, 1), ["customers", "buyers", "sales"]].tolist() == [1, 0, -300], "a return is no purchase"
    assert by.loc[(3, 1), ["customers", "buyers"]].tolist() == [1, 0]
    assert by.loc[(5, 2), ["low", "high"]].tolist() == pytest.approx(wilson(1, 1))
    assert table["rest"].iloc[0] == 700
    assert table["customers"].sum() == 3
    assert table["months"].iloc[0] == 4, "there are four whole months before the period, not 24"


def test_nothing_of_the_period_moves_a_score():
    before = [row for n in range(30) for row in bought(f"客{n}", f"2024-{1 + n % 12:02d}-10", "2025-02-01")]
    after = [row for n in range(0, 30, 3) for row in bought(f"客{n}", "2025-04-10", "2025-05-10")]
    one, other = answered(lines(*before)), answered(lines(*before, *after))
    assert one["customers"].tolist() == other["customers"].tolist()
    assert (one["buyers"].sum(), other["buyers"].sum()) == (0, 10)
    assert answered(lines(*before, *after), k=5)["hidden"].equals(answered(lines(*before), k=5)["hidden"])


def test_rates_of_the_cells_come_from_all_and_nobody_is_counted_twice():
    chance = np.random.default_rng(8)
    frame = lines(
        *((f"o{i}", f"{2024 + i % 2}-{chance.integers(1, 7):02d}-{chance.integers(1, 29):02d}", f"c{chance.integers(1, 60)}", 1, 100)
          for i in range(300))
    )  # fmt: skip
    table = answered(frame)
    pd.testing.assert_frame_equal(table, answered(frame.sample(frac=1, random_state=2)))
    bought_now = frame[frame["ordered_on"] >= "2025-04-01"]
    assert table["sales"].sum() + table["rest"].iloc[0] == bought_now["amount"].sum()


def test_too_little_history_for_scores_at_the_start():
    late = lines(*bought("客", "2025-03-01", "2025-05-01"))
    assert answered(late).reason == "rfm.short"
    assert rfm.response(shop(late, AS_OF), periods=None, bands=BANDS, k=1).reason == "sales.too_short"
