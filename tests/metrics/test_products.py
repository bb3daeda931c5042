"""Categories: sums that add up, the top third with its ties, and an index held to the jackknife."""

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import products
from crm_helpers.metrics.products import Z95
from tests.metrics.sample import AS_OF, HALVES, SHOP

MASTER = pd.DataFrame({"product_id": ["p1", "p2", "p3"], "category": ["茶", "菓子", None]})


def lines(*rows):
    """Order lines from (day, customer, product, amount)."""
    frame = pd.DataFrame(rows, columns=["ordered_on", "customer_id", "product_id", "amount"])
    return frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"]), order_id=[f"o{n}" for n in range(len(frame))])


def table(frame, master=MASTER, k=1):
    return products.categories(Tables.of(order_lines=frame, products=master, as_of=AS_OF), periods=HALVES, k=k)


SOLD = lines(
    ("2025-01-10", "佐藤", "p1", 1000), ("2025-02-10", "鈴木", "p2", 400), ("2025-03-10", None, "p9", 50),
    ("2025-04-10", "佐藤", "p1", 700), ("2025-05-10", "鈴木", "p2", 900), ("2025-06-10", "田中", "p2", 300),
    ("2025-06-11", "田中", "p2", -100), ("2025-06-12", "田中", "p3", 60), ("2025-06-13", None, None, 40),
)  # fmt: skip


def test_the_rows_add_up_to_the_sales_and_lines_without_a_category_stand_apart():
    rows = table(SOLD).set_index("category")
    assert rows.loc["菓子", ["compare", "current", "change", "customers"]].tolist() == [400, 1100, 700, 2]
    assert rows.loc["茶", ["compare", "current", "change"]].tolist() == [1000, 700, -300]
    assert rows.loc["", ["compare", "current", "known"]].tolist() == [50, 100, False], (
        "p3 has no category, p9 is not in the master"
    )
    assert list(rows.index) == ["菓子", "茶", ""]
    assert rows["current"].sum() == 1900
    assert rows["share"].sum() == pytest.approx(1)


def test_a_category_of_one_period_is_there_with_zero_in_the_other():
    rows = table(lines(("2025-01-10", "佐藤", "p1", 100), ("2025-04-10", "佐藤", "p2", 200))).set_index("category")
    assert rows.loc["茶", ["compare", "current"]].tolist() == [100, 0]
    assert rows.loc["菓子", ["compare", "current"]].tolist() == [0, 200]


def test_counts_under_k_are_not_told():
    rows = table(SOLD, k=3).set_index("category")
    assert rows["customers"].isna().loc["菓子"]
    assert rows["few"].loc["菓子"]


def test_a_product_twice_in_the_master_does_not_double_its_sales():
    twice = pd.concat([MASTER, MASTER.assign(category="龍")])
    assert table(SOLD, twice)["current"].sum() == 1900


def shop(customers=90, seed=4):
    """Customers of gamma spend on tea and sweets; half as likely to buy tea when they spend little."""
    random = np.random.default_rng(seed)
    tea, sweets = random.gamma(1.2, 4000, customers).astype(int) + 1, random.gamma(2, 2000, customers).astype(int) + 1
    rows = [("2025-05-01", f"c{n}", "p1", int(tea[n])) for n in range(customers)]
    return lines(*rows, *(("2025-05-01", f"c{n}", "p2", int(sweets[n])) for n in range(customers))), tea, sweets


def test_the_index_is_the_share_among_the_top_third_over_the_share_of_all():
    frame, tea, sweets = shop()
    best = (tea + sweets) >= np.sort(tea + sweets)[-30]
    row = table(frame).set_index("category").loc["茶"]
    expected = 100 * (tea[best].sum() / (tea + sweets)[best].sum()) / (tea.sum() / (tea + sweets).sum())
    assert row["index"] == pytest.approx(expected)
    assert (row["base"], row["best"]) == (90, 30)


def test_the_interval_agrees_with_the_jackknife_over_customers():
    frame, tea, sweets = shop(600)
    best = (tea + sweets) >= np.sort(tea + sweets)[-200]

    def log_index(kept):
        both = tea + sweets
        top = kept & best
        return np.log(tea[top].sum() / both[top].sum() / (tea[kept].sum() / both[kept].sum()))

    without = np.array([log_index(np.arange(600) != n) for n in range(600)])
    error = np.sqrt(599 / 600 * ((without - without.mean()) ** 2).sum())
    row = table(frame).set_index("category").loc["茶"]
    assert np.log(row["high"] / row["index"]) == pytest.approx(Z95 * error, rel=0.02)
    assert np.log(row["index"] / row["low"]) == pytest.approx(Z95 * error, rel=0.02)


def test_who_spends_as_much_as_the_last_of_the_best_is_one_too():
    same = [("2025-05-01", f"c{n}", "p1" if n % 2 else "p2", 100) for n in range(90)]
    rows = table(lines(*same))
    assert rows["best"].tolist() == [90, 90]
    assert rows["index"].isna().all(), "everybody is best: nothing to compare"


def test_too_few_best_customers_and_negative_sales_have_no_index():
    assert table(SOLD)["index"].isna().all()
    back = lines(
        *(("2025-05-01", f"c{n}", "p1", 100 + n) for n in range(90)), *(("2025-05-01", f"c{n}", "p2", -1) for n in range(90))
    )
    rows = table(back).set_index("category")
    assert np.isnan(rows.loc["菓子", "index"])
    assert rows.loc["茶", "index"] > 0


def test_the_order_of_rows_does_not_matter():
    frame, *_ = shop()
    pd.testing.assert_frame_equal(table(frame.sample(frac=1, random_state=2)), table(frame))


def test_without_master_categories_or_periods_the_page_is_left_out_with_its_reason():
    assert table(SOLD, None).missing == ("products.category",)
    assert products.categories(Tables.of(order_lines=SHOP, products=MASTER), periods=HALVES, k=5).missing == (
        "order_lines.product_id",
    )
    assert table(SOLD[SOLD["product_id"] == "p1"]).reason == "products.one_category"
    bare = Tables.of(order_lines=SOLD, products=MASTER)
    assert products.categories(bare, periods=None, k=5) == Unavailable("products.categories", reason="sales.too_short")


def test_without_customer_ids_there_are_sales_and_no_heads():
    rows = table(SOLD.assign(customer_id=None))
    assert rows["customers"].isna().all()
    assert rows["base"].tolist() == [0, 0, 0]
    assert rows["current"].sum() == 1900
