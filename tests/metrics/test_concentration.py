"""Deciles: equal heads, shares that sum to 1, ties that are told, moves that hide small groups."""

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.metrics import concentration
from tests.metrics.sample import HALVES, SHOP, lines, shop


def spend(amounts, day="2025-05-01", name="客"):
    return [(f"{name}{i}-{day}", day, f"{name}{i}", 1, amount) for i, amount in enumerate(amounts)]


def deciles(rows, k=1):
    return concentration.deciles(shop(lines(*rows)), periods=HALVES, k=k)


def moves(*rows, k=1):
    table = concentration.moves(shop(lines(*(row for part in rows for row in part))), periods=HALVES, k=k)
    return table.set_index("to")["customers"].to_dict()


def test_ten_customers_one_a_decile():
    table = deciles(spend(range(100, 1100, 100)))  # 100 … 1,000, sum 5,500
    assert table["customers"].tolist() == [1] * 10
    assert table["sales"].tolist() == list(range(1000, 0, -100))
    assert table["share"].iloc[0] == pytest.approx(1000 / 5500)
    assert table["cumulative"].iloc[2] == pytest.approx(2700 / 5500)
    assert table["gini"].iloc[0] == pytest.approx(0.3), "(n − 1) / 3n for 1 … n"


def test_published_form_of_gini_for_one_who_buys_all_but_a_yen_each():
    table = deciles(spend([1] * 9 + [10**9]))
    assert table["gini"].iloc[0] == pytest.approx(0.9, abs=1e-6)


def test_equal_spend_has_gini_zero_and_every_boundary_tells_its_tie():
    table = deciles(spend([500] * 20))
    assert table["gini"].iloc[0] == 0
    assert table["share"].tolist() == pytest.approx([0.1] * 10)
    assert table["tied"].tolist() == [20] * 9 + [0]


def test_a_tie_inside_a_group_is_no_tie_at_a_boundary():
    table = deciles(spend([10, 10, 9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1]))
    assert table["tied"].tolist() == [0] * 10
    table = deciles(spend([10, 9, 9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1]))
    assert table["tied"].tolist() == [3] + [0] * 9


@pytest.mark.parametrize("n", [10, 11, 19, 57, 103])
def test_heads_within_one_shares_sum_to_one_row_order_does_not_matter(n):
    rows = spend(np.random.default_rng(n).integers(1, 40, n))
    table = deciles(rows)
    assert table["customers"].sum() == n
    assert table["customers"].max() - table["customers"].min() <= 1
    assert table["share"].sum() == pytest.approx(1)
    assert table["cumulative"].is_monotonic_increasing
    assert (table["lowest"].to_numpy()[:-1] >= table["highest"].to_numpy()[1:]).all()
    pd.testing.assert_frame_equal(deciles(rows[::-1]), table)


def test_groups_hold_at_least_k_people_and_thirds_take_over():
    assert len(deciles(spend(range(1, 51)), k=5)) == 10
    assert deciles(spend(range(1, 50)), k=5)["customers"].tolist() == [17, 16, 16]
    assert deciles(spend(range(1, 15)), k=5) == Unavailable(
        "concentration.deciles", reason="concentration.too_few", facts={"k": 15}
    )


def test_the_entry_level_is_the_mean_of_k_people():
    table = deciles(spend(range(1, 51)), k=5)
    assert table["entry"].iloc[0] == np.mean([46, 47, 48, 49, 50])
    assert deciles(spend(range(1, 101)), k=5)["entry"].iloc[0] == np.mean([91, 92, 93, 94, 95])


def test_buyers_whose_returns_are_as_large_as_their_purchases_stand_apart():
    back = [("r", "2025-05-02", "客0", -1, -100), ("s", "2025-05-02", "客1", -1, -900)]
    table = deciles([*spend(range(100, 1300, 100)), *back])
    assert table["customers"].sum() == 10
    assert set(table["outside"]) == {2}


def test_only_the_current_period_is_ranked_and_guests_are_not():
    rows = [*spend(range(1, 11)), *spend([9999], day="2025-03-31", name="前"), ("g", "2025-05-01", None, 1, 9999)]
    assert deciles(rows)["sales"].sum() == 55


def test_where_the_first_group_went():
    before = spend([*range(100, 120), 500, 400], "2025-02-01")  # first of ten: 22 people → 3: 客20, 客21, 客19
    now = spend([*range(100, 119), 1, 900], "2025-05-01")  # 客19 low, 客20 first, 客21 gone
    assert moves(before, now) == {"first": 1, "lower": 1, "gone": 1}


def test_a_return_is_no_purchase():
    before = spend([*range(100, 120), 500, 400], "2025-02-01")
    now = [*spend([*range(100, 119), 1, 900], "2025-05-01"), ("r", "2025-05-05", "客21", -1, -400)]
    assert moves(before, now)["gone"] == 1


def test_moves_of_few_people_are_merged_or_not_told():
    before = spend(range(1000, 1100), "2025-02-01")  # first of ten: 客90 … 客99
    low = spend([*range(2000, 2090)], "2025-05-01")
    stay = [(f"x{i}", "2025-05-01", f"客{i}", 1, 9000) for i in range(90, 95)]
    few = [(f"y{i}", "2025-05-01", f"客{i}", 1, 10) for i in range(95, 98)]
    assert moves(before, low, stay, few) == {"first": 5, "lower": 3, "gone": 2}
    assert moves(before, low, stay, few, k=5) == {"first": 5, "out": 5}
    assert moves(before, low, stay[:4], few, k=5) == {}


def test_a_compared_period_of_few_customers_tells_no_moves():
    assert moves(spend(range(1, 20), "2025-02-01"), spend(range(1, 60)), k=5) == {}


def test_without_ids_or_periods_the_page_is_left_out():
    for metric in (concentration.deciles, concentration.moves):
        nobody = metric(shop(SHOP.assign(customer_id=None)), periods=HALVES, k=1)
        assert nobody.missing == ("order_lines.customer_id",)
        assert metric(shop(), periods=None, k=1).reason == "sales.too_short"
