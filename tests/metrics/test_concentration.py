"""Deciles: equal heads, shares that sum to 1, ties that are told, moves between groups that hide few people."""

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
    return concentration.moves(shop(lines(*(row for part in rows for row in part))), periods=HALVES, k=k)


def heads(table):
    told = table[table["customers"] > 0]
    return {(w, n): c for w, n, c in zip(told["was"], told["now_in"], told["customers"], strict=True)}


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


def test_half_of_the_sales():
    assert set(deciles(spend([50, 30, 20, *[1] * 7]))["half"]) == {2}, "53.5 of 107: 50 is less, 50 + 30 is enough"
    assert set(deciles(spend([53, 47, *[1] * 6, 0, 0]), k=1)["half"]) == {1}, "53 of 106 is half"
    assert deciles(spend([10**6, *range(1, 60)]), k=5)["half"].isna().all(), "one person"


def test_nine_customers_in_thirds_move():
    """Thirds of nine: 客8 客7 客6 | 客5 客4 客3 | 客2 客1 客0; 客8 stops, 客0 comes up, 客9 is there for the first time."""
    before = spend([1, 2, 3, 4, 5, 6, 7, 8, 9], "2025-02-01")
    now = [*spend([99, 2, 3, 4, 5, 6, 7, 8], "2025-05-01"), ("x", "2025-05-01", "客9", 1, 1)]
    table = moves(before, now)
    assert heads(table) == {(1, 1): 2, (1, 0): 1, (2, 2): 3, (3, 1): 1, (3, 3): 2, (0, 3): 1}
    assert table.groupby("kind")["customers"].sum().to_dict() == {"came": 1, "fell": 0, "gone": 1, "near": 7, "rose": 1}
    assert table["compare"].sum() == 45
    assert table["current"].sum() == 135


def test_a_return_is_no_purchase():
    before = spend(range(1, 10), "2025-02-01")
    now = [*spend(range(1, 11), "2025-05-01"), ("r", "2025-05-05", "客8", -1, -9)]
    assert heads(moves(before, now))[1, 0] == 1


def test_row_order_and_equal_spend_do_not_matter():
    before, now = spend([5] * 30, "2025-02-01"), spend([7] * 30, "2025-05-01")
    table = moves(before, now)
    assert heads(table) == {(1, 1): 10, (2, 2): 10, (3, 3): 10}, "equal spend keeps its place"
    pd.testing.assert_frame_equal(moves(now[::-1], before[::-1]), table)


@pytest.mark.parametrize(
    ("was", "now_in", "kind"), [(1, 2, "near"), (5, 3, "some"), (4, 1, "rose"), (1, 4, "fell"), (3, 0, "gone"), (0, 9, "came")]
)
def test_kinds_of_tenths(was, now_in, kind):
    assert concentration.kind_of(was, now_in, 10) == kind


def test_small_cells_are_hidden_and_follow_from_no_printed_sum():
    chance = np.random.default_rng(4)
    before = chance.integers(1, 9000, 520)
    after = np.maximum(1, before + chance.integers(-1500, 1500, 520))
    table = moves(spend(before, "2025-02-01"), spend(after, "2025-05-01"), k=5)
    assert table["was"].max() == 10
    assert table["hidden"][table["customers"].between(1, 4)].all()
    hidden = table[table["hidden"]]
    equations = [(hidden["was"] == p) for p in range(11)] + [(hidden["now_in"] == p) for p in range(11)]
    equations += [
        (hidden["kind"] == kind)
        for kind in hidden["kind"].unique()
        if not hidden.loc[hidden["kind"] == kind, "kind_hidden"].any()
    ]
    among = np.array(equations, dtype=float)
    assert (np.diag(np.linalg.pinv(among) @ among) < 0.999).all(), "a cell follows from the sums"
    sums = among @ hidden["customers"].to_numpy()
    assert not ((sums > 0) & (sums < 5)).any(), "hidden cells of a sum hold k people together"


def test_few_customers_tell_no_moves():
    assert moves(spend(range(1, 20), "2025-02-01"), spend(range(1, 60)), k=5) == Unavailable(
        "concentration.moves", reason="concentration.few_moves", facts={"k": 45}
    )


def test_without_ids_or_periods_the_page_is_left_out():
    for metric in (concentration.deciles, concentration.moves):
        nobody = metric(shop(SHOP.assign(customer_id=None)), periods=HALVES, k=1)
        assert nobody.missing == ("order_lines.customer_id",)
        assert metric(shop(), periods=None, k=1).reason == "sales.too_short"
