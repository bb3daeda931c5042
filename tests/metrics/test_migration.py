"""Moves between states, by hand; every sum stands and nothing small can be worked out."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.tables import Tables
from crm_helpers.metrics import states
from crm_helpers.metrics.states import Windows
from crm_helpers.params.periods import Period, Periods
from tests.metrics.sample import lines

D = datetime.date
LINES = Windows(new=30, active=60, at_risk=90, dormant=120)
YEAR = Periods(current=Period(D(2025, 1, 1), D(2025, 12, 31)), compare=Period(D(2024, 1, 1), D(2024, 12, 31)))


def bought(customer, *days, n=1):
    return [(f"{customer}{i}-{day}", day, f"{customer}{i}", 1, 100) for i in range(n) for day in days]


ROWS = [
    *bought("続く", "2024-10-01", "2024-12-20", "2025-12-20", n=6),
    *bought("離れる", "2024-11-01", "2024-12-24", "2025-01-10", n=5),
    *bought("戻る", "2023-01-01", "2023-02-01", "2025-12-01", n=7),
    *bought("眠ったまま", "2023-01-01", "2023-02-01", n=9),
    *bought("新顔", "2025-12-15", n=8),
]


def moved(rows=ROWS, k=5, known=True, **others):
    tables = Tables.of(order_lines=lines(*rows), as_of=D(2025, 12, 31), **others)
    return states.migration(tables, periods=YEAR, lines=LINES, k=k, first_orders_known=known)


def test_moves_by_hand():
    table = moved().set_index(["was", "now_in"])
    told = table.loc[table["customers"] > 0]
    assert {pair: (row["customers"], row["sales"], row["kind"]) for pair, row in told.iterrows()} == {
        ("active", "active"): (6, 600, "kept"),
        ("active", "lapsed"): (5, 500, "lost"),
        ("lapsed", "active"): (7, 700, "revived"),
        ("lapsed", "lapsed"): (9, 0, "away"),
        ("first", "new"): (8, 800, "first"),
    }
    assert not table["hidden"].any()


def test_everybody_is_in_one_cell_and_rows_in_another_order_change_nothing():
    table = moved()
    assert table["customers"].sum() == 35
    assert table["sales"].sum() == sum(row[4] for row in ROWS if row[1] >= "2025-01-01")
    frame = lines(*ROWS).sample(frac=1, random_state=4)
    other = states.migration(
        Tables.of(order_lines=frame, as_of=D(2025, 12, 31)), periods=YEAR, lines=LINES, k=5, first_orders_known=True
    )
    pd.testing.assert_frame_equal(table, other)


def test_a_small_move_is_hidden_with_another_so_that_no_sum_tells_it():
    table = moved([*ROWS, *bought("三人", "2024-10-01", "2024-12-20", "2025-11-20", "2025-10-10", n=1), *bought("少し", "2024-10-01", "2024-12-20", "2025-09-20", n=2)])  # fmt: skip
    hidden = table[table["hidden"]]
    assert ("active", "dormant") in set(zip(hidden["was"], hidden["now_in"], strict=True))
    assert hidden.groupby("was").size().min() >= 2


def test_a_running_contract_stands_outside():
    contracts = pd.DataFrame({"contract_id": ["c"] * 1, "customer_id": ["離れる0"], "started_on": ["2024-12-01"]})
    table = moved(k=1, contracts=contracts).set_index(["was", "now_in"])
    assert table.loc[("outside", "outside"), ["customers", "kind"]].tolist() == [1, "kept"]
    assert table.loc[("active", "lapsed"), "customers"] == 4


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        ("new", "one_time", "fell"),
        ("at_risk", "booked", "returned"),
        ("one_time", "lapsed", "away"),
        ("prospect", "new", "returned"),
    ],
)
def test_kinds(was, now, kind):
    assert states.kind_of_move(was, now) == kind


def test_what_cannot_be_told():
    assert moved(bought("新顔", "2025-12-15", n=8)).reason == "states.nobody"
    assert moved(bought("続く", "2024-12-20", "2025-12-20"), known=False).reason == "states.short"
