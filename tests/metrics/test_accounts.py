"""Corporate accounts and deals worked by hand; the estimator of competing ends against counting."""

import datetime

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.tables import Tables
from crm_helpers.metrics import accounts
from crm_helpers.params.periods import Period, Periods

D = datetime.date
AS_OF = D(2025, 12, 31)
YEARS = Periods(current=Period(D(2025, 1, 1), AS_OF), compare=Period(D(2024, 1, 1), D(2024, 12, 31)))


def trade(rows, tree):
    lines = pd.DataFrame(rows, columns=["account_id", "ordered_on", "amount"])
    lines["order_id"], lines["ordered_on"] = [f"o{i}" for i in range(len(lines))], pd.to_datetime(lines["ordered_on"])
    return Tables.of(order_lines=lines, accounts=pd.DataFrame(tree, columns=["account_id", "parent_id"]), as_of=AS_OF)


TREE = [("P", None), ("p1", "P"), ("p2", "p1"), ("Q", None), ("R", None), ("S", None), ("T", None)]
SOLD = [("p1", "2024-05-01", 100), ("p2", "2025-05-01", 300), ("P", "2025-06-01", 100), ("Q", "2024-05-01", 500), ("Q", "2025-05-01", 200),
        ("R", "2025-05-01", 50), ("S", "2024-05-01", 70), ("T", "2024-05-01", 10), ("T", "2025-05-01", 10)]  # fmt: skip


def test_sales_roll_up_to_the_top_however_deep():
    table = accounts.parents(trade(SOLD, TREE), periods=YEARS)
    assert table["now"].tolist() == [400, 200, 50, 10, 0]
    assert table["sites"].tolist()[0] == 3
    assert table["share"].tolist()[:2] == pytest.approx([400 / 660, 200 / 660])
    assert (table["half"].iloc[0], table["accounts"].iloc[0], table["all_sites"].iloc[0]) == (1, 4, 7)
    assert table["now"].sum() == table["total"].iloc[0] == 660
    assert (table["label"].tolist()[0], table["label"].tolist()[-1]) == ("", accounts.OTHERS), "no name where none is kept"


def test_new_grown_shrunk_and_stopped_add_up_to_the_change():
    table = accounts.growth(trade(SOLD, TREE), periods=YEARS).set_index("move")
    assert table["accounts"].to_dict() == {"new": 1, "expansion": 2, "contraction": 1, "stopped": 1}
    assert table["change"].to_dict() == {"new": 50, "expansion": 300, "contraction": -300, "stopped": -70}
    assert table["change"].sum() == table["total"].iloc[0] - table["total_before"].iloc[0]


def test_three_months_under_last_year_run_down():
    rows = [
        (who, f"{year}-{month:02d}-10", 100 if year == 2024 else amount)
        for who, amount in (("P", 90), ("Q", 110))
        for year in (2024, 2025)
        for month in range(1, 13)
    ]
    rows += [(who, day, 10) for who in ("R", "S", "T") for day in ("2024-02-01", "2025-02-01")]
    table = accounts.growth(trade(rows, TREE), periods=YEARS)
    assert (table["running_down"].iloc[0], table["watched"].iloc[0]) == (1, 2)


def pipeline():
    """10 stop at the visit, 10 at the offer (2 of them still open), 10 are won."""
    deals, stages = [], []
    for i in range(30):
        opened = pd.Timestamp("2025-01-01") + pd.Timedelta(days=i)
        won, lost = (
            (opened + pd.Timedelta(days=60) if i >= 20 else pd.NaT),
            (opened + pd.Timedelta(days=40) if i < 18 else pd.NaT),
        )
        deals.append((f"d{i}", opened, won, lost, 1000 + i))
        stages.append((f"d{i}", "訪問", opened))
        if i >= 10:
            stages.append((f"d{i}", "見積", opened + pd.Timedelta(days=20)))
        if i >= 20:
            stages.append((f"d{i}", "受注", opened + pd.Timedelta(days=60)))
    return Tables.of(
        order_lines=pd.DataFrame({"ordered_on": [pd.Timestamp("2025-01-01")], "amount": [1]}),
        deals=pd.DataFrame(deals, columns=["deal_id", "opened_on", "won_on", "lost_on", "amount"]),
        deal_stages=pd.DataFrame(stages, columns=["deal_id", "stage", "entered_on"]),
        as_of=AS_OF,
    )


def test_open_deals_wait_and_are_in_no_rate():
    table = accounts.stages(pipeline(), as_of=AS_OF)
    assert table[["stage", "reached", "went", "lost", "waiting"]].to_numpy().tolist() == [
        ["訪問", 30, 20, 10, 0],
        ["見積", 20, 10, 8, 2],
    ]
    assert table["rate"].tolist() == pytest.approx([20 / 30, 10 / 18])
    assert (table["won"].iloc[0], table["decided"].iloc[0], table["open"].iloc[0]) == (10, 28, 2)
    assert table["won_amount"].iloc[0] == pytest.approx(1024.5)


def test_without_censoring_the_incidence_is_the_plain_share():
    day, ended = np.array([1, 2, 2, 3]), np.array([1, 2, 1, 1])
    curve = accounts.incidence(day, ended, 4)
    assert curve[0].tolist() == pytest.approx([0, 0.25, 0.5, 0.75, 0.75])
    assert curve[1].tolist() == pytest.approx([0, 0, 0.25, 0.25, 0.25])


def test_a_censored_deal_leaves_its_share_to_those_still_open():
    curve = accounts.incidence(np.array([1, 2, 3, 3]), np.array([1, 0, 1, 2]), 3)
    assert curve[0].tolist() == pytest.approx([0, 1 / 4, 1 / 4, 1 / 4 + 3 / 8])
    assert curve[:, -1].sum() == pytest.approx(1)


def test_days_to_contract_by_hand():
    table = accounts.days_to_contract(pipeline(), as_of=AS_OF)
    assert (table["median"].iloc[0], table["open"].iloc[0], table["won"].iloc[0]) == (60, 2, 10)
    won = table[table["kind"] == "won"].set_index("day")["rate"]
    assert won[59] == 0
    assert won[60] == pytest.approx(10 / 30, abs=1e-9), "the open deals are watched for longer than 60 days"


def test_few_accounts_or_deals_are_left_out():
    assert accounts.parents(trade(SOLD[:3], TREE), periods=YEARS).reason == "accounts.few"
    assert accounts.parents(trade(SOLD, TREE), periods=None).reason == "accounts.no_periods"
    nothing = Tables.of(order_lines=pd.DataFrame({"ordered_on": [pd.Timestamp(AS_OF)], "amount": [1]}))
    assert accounts.stages(nothing, as_of=AS_OF).missing
