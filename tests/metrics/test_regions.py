"""Regions: a change by hand and by the jackknife, 47 looks, small prefectures pooled."""

import math

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.domain.prefectures import code_of, tiles
from crm_helpers.metrics import regions
from tests.metrics.sample import AS_OF, HALVES


def orders(prefecture, people, before, after, contract=None):
    """`before`, `after`: orders of each person in each half."""
    return [
        (f"{prefecture}{n}-{half}{i}", day, f"{prefecture}{n}", prefecture, contract)
        for n in range(people)
        for half, day, each in (("a", "2025-02-01", before), ("b", "2025-05-01", after))
        for i in range(each[n % len(each)])
    ]


def tables(*parts):
    frame = pd.DataFrame(
        [row for part in parts for row in part], columns=["order_id", "ordered_on", "customer_id", "prefecture", "contract_id"]
    )
    members = frame[["customer_id", "prefecture"]].drop_duplicates()
    lines = frame.drop(columns="prefecture").assign(ordered_on=pd.to_datetime(frame["ordered_on"]), amount=100)
    return Tables.of(order_lines=lines, customers=members, as_of=AS_OF)


def found(*parts, k=5):
    return regions.prefectures(tables(*parts), periods=HALVES, k=k)


LEVEL = ("東京都", "大阪府", "愛知県", "福岡県", "北海道")


def test_the_one_that_slowed_is_told_with_its_number_and_the_others_are_not():
    table = found(orders("兵庫県", 100, (4, 5, 3), (3, 2, 3)), *(orders(p, 100, (4, 5, 3), (4, 3, 5)) for p in LEVEL))
    row = table.set_index("code").loc["28"]
    assert (row["orders_before"], row["orders"]) == (pytest.approx(4.00), pytest.approx(2.67))
    assert row["change"] == pytest.approx(2.67 / 4.00 - 1)
    assert row["rest"] == pytest.approx(0, abs=0.01)
    assert table.loc[table["told"], "code"].tolist() == ["28"]
    assert table["looks"].unique().tolist() == [6]
    assert table["code"].iloc[-1] == regions.ALL
    assert table["sales"].iloc[:-1].sum() == table["sales"].iloc[-1]


def test_the_interval_is_that_of_the_jackknife():
    chance = np.random.default_rng(3)
    each = [(int(a), int(b)) for a, b in chance.poisson([2.0, 1.5], (60, 2))]
    rows = orders("兵庫県", 60, [a for a, _ in each], [b for _, b in each])
    row = found(rows, *(orders(p, 40, (2,), (2,)) for p in LEVEL)).set_index("code").loc["28"]

    def log_change(people):
        before, after = ([n for n in counts if n] for counts in zip(*people, strict=True))
        return math.log((sum(after) / len(after)) / (sum(before) / len(before)))

    people = [pair for pair in each if any(pair)]
    left_out = [log_change(people[:i] + people[i + 1 :]) for i in range(len(people))]
    spread = math.sqrt((len(people) - 1) / len(people) * sum((x - np.mean(left_out)) ** 2 for x in left_out))
    assert math.log1p(row["change"]) == pytest.approx(log_change(people))
    assert math.log1p(row["high"]) - math.log1p(row["low"]) == pytest.approx(2 * 1.96 * spread, rel=0.03)


def test_of_many_level_prefectures_hardly_ever_one_is_told():
    chance = np.random.default_rng(11)
    codes = list(tiles())
    told = 0
    for _ in range(10):
        rows = []
        for code in codes[:20]:
            counts = chance.poisson(2.0, (40, 2))
            rows.append(orders(code, 40, counts[:, 0], counts[:, 1]))
        told += bool(found(*rows)["told"].any())
    assert told <= 2, "without the correction about six of the ten would name a prefecture"


def test_deliveries_of_a_contract_are_no_orders_and_small_prefectures_are_pooled():
    table = found(
        *(orders(p, 40, (2,), (2,)) for p in LEVEL), orders("兵庫県", 40, (5,), (9,), contract="k"), orders("奈良県", 3, (1,), (1,)),
        orders("滋賀県", 4, (1,), (1,)), orders("カナダ", 6, (1,), (1,)),
    ).set_index("code")  # fmt: skip
    assert math.isnan(table.loc["28", "change"])
    assert table.loc[regions.OTHERS, "customers"] == 7
    assert table.loc[regions.ELSEWHERE, "customers"] == 6


def test_the_last_of_the_pooled_never_follows_from_the_total():
    table = found(*(orders(p, 40 + n, (2,), (2,)) for n, p in enumerate(LEVEL)), orders("奈良県", 3, (1,), (1,))).set_index(
        "code"
    )
    assert table.loc[regions.OTHERS, "customers"] == 43, "the smallest joins the three"


def test_one_prefecture_is_no_comparison():
    none = found(orders("東京都", 90, (2,), (2,)), orders("兵庫県", 10, (2,), (2,)))
    assert isinstance(none, Unavailable)
    assert none.reason == "regions.few"


@pytest.mark.parametrize(
    ("text", "code"), [("東京都", "13"), ("東京", "13"), (" 北海道", "01"), ("1", "01"), ("京都", "26"), ("パリ", ""), ("", "")]
)
def test_a_prefecture_is_known_by_its_name_or_code(text, code):
    assert code_of(text) == code


def test_47_prefectures_stand_on_47_tiles():
    assert len(tiles()) == len(set(tiles().values())) == 47
