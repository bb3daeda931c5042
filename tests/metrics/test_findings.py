"""Change and difference: published p-values, counts by hand, what is planted is found and what is shuffled is not."""

import datetime

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.tables import Tables
from crm_helpers.metrics import findings
from crm_helpers.metrics.estimates import benjamini_hochberg
from crm_helpers.params.periods import Period, Periods

D = datetime.date
AS_OF = D(2025, 12, 31)
YEARS = Periods(current=Period(D(2025, 1, 1), AS_OF), compare=Period(D(2024, 1, 1), D(2024, 12, 31)))
PUBLISHED = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]


def test_benjamini_and_hochbergs_fifteen_p_values():
    """Their 1995 example: the procedure rejects 4 at 5 %, Bonferroni 3."""
    assert sum(benjamini_hochberg(PUBLISHED, 0.05)) == 4
    assert sum(p <= 0.05 / 15 for p in PUBLISHED) == 3
    q = findings.adjusted(np.array(PUBLISHED))
    assert (q <= 0.05).sum() == 4
    assert q[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])
    assert findings.adjusted(np.array(PUBLISHED[::-1])) == pytest.approx(q[::-1])


def test_mix_and_rate_add_up_and_show_simpsons_paradox():
    heads, rates = np.array([[80.0, 20.0], [20.0, 80.0]]), np.array([[1.0, 3.0], [0.9, 2.8]])
    mix, within = findings.mix_and_rate(heads, rates)
    assert mix + within == pytest.approx((20 * 0.9 + 80 * 2.8) / 100 - (80 * 1.0 + 20 * 3.0) / 100)
    assert mix > 0 > within, "the mean rises while it falls in each group"
    assert within == pytest.approx(0.5 * -0.1 + 0.5 * -0.2)
    shifted = findings.mix_and_rate(heads, rates + 10)
    assert shifted == pytest.approx((mix, within)), "neither part depends on the level"


def market(seed, *, slow=(), people=900, colours=("茶", "紺")):
    """Customers of five prefectures who order at the same rate in both years; those of `slow` at half of it in the second."""
    rng = np.random.default_rng(seed)
    homes = rng.choice(["東京都", "兵庫県", "大阪府", "福岡県", "愛知県"], people)
    sexes = rng.choice(["男性", "女性"], people)
    pace = rng.gamma(3, 1.5, people)
    rows = []
    for i in range(people):
        for year, factor in ((2024, 1.0), (2025, 0.45 if homes[i] in slow else 1.0)):
            for _ in range(rng.poisson(pace[i] * factor)):
                day = D(year, 1, 1) + datetime.timedelta(days=int(rng.integers(0, 365)))
                rows.append((f"o{len(rows)}", f"c{i}", pd.Timestamp(day), int(rng.gamma(4, 500)) + 1, rng.choice(colours)))
    lines = pd.DataFrame(rows, columns=["order_id", "customer_id", "ordered_on", "amount", "channel"])
    members = pd.DataFrame({"customer_id": [f"c{i}" for i in range(people)], "prefecture": homes, "gender": sexes})
    return Tables.of(order_lines=lines, customers=members, as_of=AS_OF)


def scan(tables, periods=YEARS):
    return findings.scan(tables, as_of=AS_OF, periods=periods, k=5, first_orders_known=False)


def test_a_prefecture_that_slowed_is_the_first_finding():
    table = scan(market(2, slow=("兵庫県",)))
    top = table[table["found"]].iloc[0]
    assert (top["element"], top["measure"], top["sure"]) == ("兵庫県", "frequency", "high")
    assert top["gap"] == pytest.approx(-0.5, abs=0.15)
    assert top["low"] < top["gap"] < top["high"] < 0
    assert top["stake"] < 0
    assert top["family"] == len(table)
    assert top["mix"] + top["within"] < 0
    assert not table.loc[table["found"], "element"].isin(["男性", "女性", "茶", "紺"]).any()


def test_own_and_rest_by_hand():
    data = market(2)
    table = scan(data).set_index(["dimension", "element", "measure"])
    orders = data.order_lines.to_pandas(limit=10**6).merge(data.customers.to_pandas(limit=10**6)[["customer_id", "prefecture"]])
    orders["now"] = orders["ordered_on"] >= "2025-01-01"
    part = orders[orders["prefecture"] == "東京都"]
    each = part.groupby("now")["order_id"].nunique() / part.groupby("now")["customer_id"].nunique()
    assert table.loc[("prefecture", "東京都", "frequency"), "own"] == pytest.approx(each[True] / each[False] - 1)
    early = part[part["now"] & (part["ordered_on"] < "2025-07-02")]["customer_id"].unique()
    late = part[part["now"] & (part["ordered_on"] >= "2025-07-02")]["customer_id"].unique()
    assert table.loc[("prefecture", "東京都", "stay"), ["n", "own"]].tolist() == pytest.approx(
        [len(early), np.isin(early, late).mean()]
    )


def test_the_error_is_that_of_drawing_customers_anew():
    """The linear Poisson bootstrap against 400 real ones."""
    data = market(3, people=400)
    orders = data.order_lines.to_pandas(limit=10**6)
    homes = data.customers.to_pandas(limit=10**6).set_index("customer_id")["prefecture"]
    orders["now"] = (orders["ordered_on"] >= "2025-01-01").astype(int)
    counts = orders.groupby(["customer_id", "now"])["order_id"].nunique().unstack(fill_value=0).reindex(homes.index, fill_value=0)
    own = (homes == "東京都").to_numpy()
    rng, told = np.random.default_rng(0), []
    for _ in range(400):
        weights = rng.poisson(1, len(homes))[:, None]
        each = [
            (counts.to_numpy() * weights)[side].sum(axis=0) / ((counts.to_numpy() > 0) * weights)[side].sum(axis=0)
            for side in (own, ~own)
        ]
        told.append(np.log(each[0][1] / each[0][0]) - np.log(each[1][1] / each[1][0]))
    row = scan(data).set_index(["dimension", "element", "measure"]).loc[("prefecture", "東京都", "frequency")]
    error = (np.log(1 + row["rest"] + (row["high"] - 0)) - np.log(1 + row["rest"] + row["low"])) / (2 * 1.96)
    assert error == pytest.approx(np.std(told), rel=0.12)


def test_shuffled_customers_seldom_show_a_finding():
    """20 runs without any difference: q = 0.10 lets through about 2; the two halves must agree besides."""
    shown = sum(scan(market(seed, people=300))["found"].any() for seed in range(100, 120))
    assert shown <= 4


def test_staff_and_channels_whose_members_are_newly_known_are_not_compared():
    data = market(2, slow=("兵庫県",))
    lines = data.order_lines.to_pandas(limit=10**6)
    brown = lines["channel"] == "茶"
    lines.loc[brown & (lines["ordered_on"] < "2025-01-01") & (lines.index % 2 == 0), "customer_id"] = None
    again = Tables.of(order_lines=lines, customers=data.customers.to_pandas(limit=10**6), as_of=AS_OF)
    table = scan(again)
    assert table["shifted"].iloc[0] == "茶"
    assert table[(table["dimension"] == "channel") & (table["measure"] == "sales")].empty


def test_without_periods_or_people_there_is_no_scan():
    assert scan(market(1), None).reason == "findings.no_periods"
    assert scan(market(1, people=20)).reason == "findings.few"


def test_the_order_of_rows_does_not_matter():
    data = market(5, people=200)
    lines = data.order_lines.to_pandas(limit=10**6).sample(frac=1, random_state=1)
    again = Tables.of(order_lines=lines, customers=data.customers.to_pandas(limit=10**6), as_of=AS_OF)
    pd.testing.assert_frame_equal(scan(data), scan(again))
