"""The scan of the best customers: planted marks are found, random fields never are, an index by hand."""

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import difference
from crm_helpers.views import difference as pages
from tests.metrics.sample import AS_OF, HALVES


def company(seed, *, planted=True, people=600):
    """Customers whose spend depends on how they joined (if planted), and on nothing else."""
    chance = np.random.default_rng(seed)
    members, lines = [], []
    for n in range(people):
        source = str(chance.choice(["紹介", "検索", "SNS"]))
        spend = chance.lognormal(7, 0.8) * (0.4 if planted and source == "SNS" else 1)
        born = int(chance.integers(1950, 2004))
        members.append((f"c{n}", source, str(chance.choice(["女性", "男性"])), born, str(chance.choice(["東京都", "大阪府"]))))
        for i in range(int(chance.integers(1, 8))):
            kind = str(chance.choice(["豆", "器具", "菓子"]))
            lines.append((f"o{n}-{i}", f"2025-05-{i + 1:02d}", f"c{n}", kind, str(chance.choice(["EC", "店"])), round(spend)))
    members = pd.DataFrame(members, columns=["customer_id", "joined_by", "gender", "birth_year", "prefecture"])
    frame = pd.DataFrame(lines, columns=["order_id", "ordered_on", "customer_id", "product_id", "channel", "amount"])
    kinds = pd.DataFrame({"product_id": ["豆", "器具", "菓子"], "category": ["豆", "器具", "菓子"]})
    frame = frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"]))
    return Tables.of(order_lines=frame, customers=members, products=kinds, as_of=AS_OF)


def scan(data, k=5):
    return difference.scan(data, periods=HALVES, k=k)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_planted_is_the_headline_and_random_fields_never_are(seed):
    table = scan(company(seed))
    assert (table["dimension"].iloc[0], table["value"].iloc[0]) == ("difference.dimension.joined_by", "SNS")
    page = pages.scan(table, periods=HALVES)
    assert page.headline.key == "difference.headline.low_word"
    assert page.headline.facts["value"] == "SNS"


def test_where_nothing_differs_hardly_anything_is_told():
    told = [bool(scan(company(seed, planted=False))["told"].any()) for seed in range(100, 120)]
    assert sum(told) <= 3, "5 % of clients are expected; without the correction half of them would have a mark"


def test_an_index_by_hand():
    # 90 customers, one order each: the 30 best spend 200. 24 of these, and 12 of the others, are of 紹介
    best = [(f"b{n}", 200, "紹介" if n < 24 else "検索") for n in range(30)]
    rest = [(f"r{n}", 100, "紹介" if n < 12 else "検索") for n in range(60)]
    members = pd.DataFrame([(who, source) for who, _, source in (*best, *rest)], columns=["customer_id", "joined_by"])
    members["gender"], members["prefecture"] = "女性", ["東京都", "大阪府", "愛知県"] * 30
    rows = [(f"o{who}", "2025-05-01", who, amount) for who, amount, _ in (*best, *rest)]
    frame = pd.DataFrame(rows, columns=["order_id", "ordered_on", "customer_id", "amount"])
    data = Tables.of(order_lines=frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"])), customers=members, as_of=AS_OF)
    table = scan(data)
    row = table.set_index("value").loc["紹介"]
    assert row["index"] == pytest.approx(100 * (24 / 30) / (36 / 90))
    assert row["people"] == 36
    assert row["told"]
    assert row["low"] > 100
    assert "profile.women" not in set(table["value"]), "a field with one value tells nothing"
    assert (table["looks"] == len(table)).all()
    assert (table["customers"].iloc[0], table["best"].iloc[0]) == (90, 30)


def test_few_customers_are_not_scanned():
    assert isinstance(scan(company(1, people=60)), Unavailable)
