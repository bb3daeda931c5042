"""A tiny shop whose numbers can be worked out by hand."""

import datetime

import pandas as pd

from crm_helpers.data.tables import Tables
from crm_helpers.params.periods import Period, Periods

D = datetime.date
HALVES = Periods(current=Period(D(2025, 4, 1), D(2025, 6, 30)), compare=Period(D(2025, 1, 1), D(2025, 3, 31)))
AS_OF = D(2025, 6, 30)


def lines(*rows):
    """Order lines from (order, day, customer, quantity, amount)."""
    frame = pd.DataFrame(rows, columns=["order_id", "ordered_on", "customer_id", "quantity", "amount"])
    return frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"]))


# Q1: 佐藤 2 orders 3,000 円 (4 items), 鈴木 1 order 2,000 円 (1 item), guest 500 円          → identified 5,000
# Q2: 佐藤 1 order 1,200 円 (2 items), 田中 3 orders 6,600 円 (6 items), a return of 田中 −600 円 → identified 7,200
SHOP = lines(
    ("a1", "2025-01-10", "佐藤", 2, 1000), ("a2", "2025-02-11", "佐藤", 1, 1500), ("a2", "2025-02-11", "佐藤", 1, 500),
    ("b1", "2025-03-31", "鈴木", 1, 2000), ("g1", "2025-03-05", None, 1, 500),
    ("a3", "2025-04-01", "佐藤", 2, 1200), ("c1", "2025-04-15", "田中", 2, 2000), ("c2", "2025-05-15", "田中", 2, 2000),
    ("c3", "2025-06-30", "田中", 2, 2600), ("c3", "2025-06-30", "田中", 1, 0), ("r1", "2025-06-30", "田中", -1, -600),
)  # fmt: skip


def shop(frame=SHOP, as_of=AS_OF):
    return Tables.of(order_lines=frame, as_of=as_of)
