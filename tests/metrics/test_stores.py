"""Stores: like for like, opened and closed add up; the floor; an interval held to the jackknife."""

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import stores
from crm_helpers.metrics.products import Z95
from tests.metrics.sample import AS_OF, HALVES

MONTHS = (1, 2, 3, 4, 5, 6)


def sold(store, months=MONTHS, people=40, before=100, after=100):
    """Each of `people` customers of a store buys once in each of the months."""
    return [
        (f"{store}-{m}-{n}", f"2025-{m:02d}-10", f"{store}{n}", store, before if m <= 3 else after)
        for m in months
        for n in range(people)
    ]


def frame(*parts):
    made = pd.DataFrame(
        [row for part in parts for row in part], columns=["order_id", "ordered_on", "customer_id", "store_id", "amount"]
    )
    return made.assign(ordered_on=pd.to_datetime(made["ordered_on"]))


def tables(data, names=None):
    return Tables.of(order_lines=data, stores=names, as_of=AS_OF)


def by_store(data, k=5, names=None):
    return stores.by_store(tables(data, names), periods=HALVES, k=k)


def groups(data, k=5):
    return stores.groups(tables(data), by_store(data, k), periods=HALVES, k=k).set_index("group")


CHAIN = frame(
    sold("A", after=150), sold("B", after=90), sold("開", (5, 6)), sold("閉", (1, 2)), sold("休", (1, 3, 6)),
    [("x", "2025-04-10", "客", None, 777)],
)  # fmt: skip


def test_a_store_is_existing_opened_closed_or_interrupted():
    found = by_store(CHAIN).set_index("store_id")["group"].to_dict()
    assert found == {
        "A": "like_for_like",
        "B": "like_for_like",
        "開": "opened",
        "閉": "closed",
        "休": "interrupted",
        "": "unknown",
    }


def test_the_groups_add_up_to_the_change_to_the_yen():
    table = groups(CHAIN)
    assert table.loc["like_for_like", ["compare", "current", "change"]].tolist() == [24000, 28800, 4800]
    assert table.loc[["grown", "shrunk"], "change"].tolist() == [6000, -1200]
    parts = ["like_for_like", "opened", "closed", "interrupted", "unknown"]
    assert table.loc[parts, "change"].sum() == table.loc["total", "change"] == CHAIN["amount"].where(
        CHAIN["ordered_on"] >= "2025-04-01", -CHAIN["amount"]
    ).sum()  # fmt: skip
    assert table["stores"].to_dict() == {
        "like_for_like": 2, "grown": 1, "shrunk": 1, "opened": 1, "closed": 1, "interrupted": 1, "unknown": 0, "total": 5
    }  # fmt: skip


def test_groups_of_few_people_are_merged_and_if_still_few_not_told():
    merged = groups(frame(sold("A"), sold("B"), sold("開", (5, 6), people=20), sold("閉", (1, 2, 4), people=35)))
    assert "opened" not in merged.index
    assert merged.loc["other", "change"] == 20 * 2 * 100 - 35 * 100
    secret = groups(frame(sold("A"), sold("B"), sold("開", (5, 6), people=20)))
    assert secret.loc[["like_for_like", "grown", "shrunk", "other"], "change"].isna().all(), "the total would give it away"
    assert secret.loc["like_for_like", "rate"] == 0
    assert np.isnan(secret.loc["other", "rate"])


def test_stores_under_thirty_customers_are_not_printed_nor_one_alone_left_out():
    data = frame(sold("A"), sold("B", people=41), sold("C", people=42), sold("D", people=29))
    printed = by_store(data).set_index("store_id")["printed"]
    assert printed.to_dict() == {"A": False, "B": True, "C": True, "D": False}, "all less B and C would give D away; A hides it"


def test_one_store_is_no_comparison():
    assert by_store(frame(sold("A"))) == Unavailable("stores.by_store", reason="stores.too_few", facts={"floor": 30})
    left = stores.groups(tables(frame(sold("A"))), by_store(frame(sold("A"))), periods=HALVES, k=5)
    assert left.reason == "stores.too_few"


def test_without_stores_or_periods_the_page_is_left_out():
    assert by_store(frame(sold("A")).assign(store_id=None)).missing == ("order_lines.store_id",)
    assert stores.by_store(tables(CHAIN), periods=None, k=5).reason == "sales.too_short"


def test_the_interval_agrees_with_the_jackknife_over_customers():
    random = np.random.default_rng(7)
    spend = random.gamma(1.5, 2000, (200, 2)).astype(int)
    rows = [
        (f"A{n}-{p}-{m}", f"2025-{3 * p + m:02d}-10", f"A{n}", "A", int(spend[n, p]) // 3)
        for n in range(200)
        for p in (0, 1)
        for m in (1, 2, 3)
    ]
    row = by_store(frame(rows, sold("B"))).set_index("store_id").loc["A"]
    y, x = (spend // 3 * 3).T
    without = np.log([(x.sum() - x[n]) / (y.sum() - y[n]) for n in range(200)])
    error = np.sqrt(199 / 200 * ((without - without.mean()) ** 2).sum())
    assert row["rate"] == pytest.approx(x.sum() / y.sum() - 1)
    assert np.log((1 + row["high"]) / (1 + row["rate"])) == pytest.approx(Z95 * error, rel=0.02)


def test_without_customer_ids_receipts_stand_for_people():
    data = frame(sold("A"), sold("B")).assign(customer_id=None)
    table = by_store(data)
    assert table["printed"].all()
    assert table["customers"].isna().all()
    assert groups(data)["customers"].isna().all()


def test_names_come_from_the_master_and_may_repeat():
    names = pd.DataFrame({"store_id": ["A", "B"], "name": ["仲六郷店", "仲六郷店"]})
    assert by_store(frame(sold("A"), sold("B")), names=names)["name"].tolist() == ["仲六郷店"] * 2


def test_the_order_of_rows_does_not_matter():
    pd.testing.assert_frame_equal(by_store(CHAIN.sample(frac=1, random_state=5)), by_store(CHAIN))
