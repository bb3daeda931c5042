"""Channels: sales that add up, sets of channels by hand, and a comparison between customers with the same number of orders."""

import math

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import channels
from tests.metrics.sample import AS_OF, HALVES


def tables(*rows):
    """(customer, channel, orders, amount each, day) → tables."""
    lines = [(f"{who}-{channel}-{day}-{i}", day, who, channel, amount) for who, channel, n, amount, day in rows for i in range(n)]
    frame = pd.DataFrame(lines, columns=["order_id", "ordered_on", "customer_id", "channel", "amount"])
    return Tables.of(order_lines=frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"])), as_of=AS_OF)


def found(*rows, k=5):
    data = tables(*rows)
    sold = channels.by_channel(data, periods=HALVES)
    return channels.overlap(data, sold, periods=HALVES, k=k)


NOW, BEFORE = "2025-05-01", "2025-02-01"


def test_channels_add_up_and_the_small_ones_are_one():
    data = tables(
        *((None, name, 1, 100 * n, day) for n, name in enumerate("abcdefg", 1) for day in (NOW, BEFORE)), (None, "", 1, 7, NOW)
    )
    sold = channels.by_channel(data, periods=HALVES)
    assert sold["channel"].tolist() == ["g", "f", "e", "d", "c", channels.OTHERS, channels.UNKNOWN]
    assert sold["sales"].tolist() == [700, 600, 500, 400, 300, 300, 7]
    assert sold["share"].sum() == pytest.approx(1)
    assert sold["sales_before"].sum() == 2800


def test_sets_of_channels_by_hand():
    rows = [(f"e{n}", "EC", 1, 100, NOW) for n in range(40)] + [(f"s{n}", "店", 2, 300, NOW) for n in range(35)]
    rows += [(f"b{n}", channel, 1, 500, NOW) for n in range(32) for channel in ("EC", "店")]
    table = found(*rows).set_index("used")
    # 店 sells 35·600 + 32·500 = 37,000, EC 40·100 + 32·500 = 20,000: 店 is the first flag
    assert table["customers"].to_dict() == {"01": 40, "10": 35, "11": 32, channels.ALL: 107}
    assert table.loc["11", ["per_head", "orders_each", "share"]].tolist() == pytest.approx([1000, 2, 32 / 107])
    assert table["people"].unique().tolist() == [32]
    assert table["ratio"].iloc[0] == pytest.approx(1000 / ((40 * 100 + 35 * 600) / 75))
    assert table["like"].iloc[0] == pytest.approx(1000 / 600), "only those with two orders: 店 alone"


def test_who_orders_often_uses_more_channels_and_between_equals_nothing_is_left():
    chance = np.random.default_rng(1)
    rows = []
    for n in range(1500):
        count = int(chance.choice([1, 2, 4, 8]))
        for i in range(count):
            rows.append((f"c{n}", str(chance.choice(["EC", "店"])), 1, int(chance.integers(500, 1500)), f"2025-05-{i + 1:02d}"))
    table = found(*rows)
    assert table["ratio"].iloc[0] > 2, "who uses both ordered more often to begin with"
    assert table["like_low"].iloc[0] < 1 < table["like_high"].iloc[0]


def test_sets_of_few_people_are_one_row_of_enough():
    rows = [(f"e{n}", "EC", 1, 100, NOW) for n in range(60)] + [(f"s{n}", "店", 1, 300, NOW) for n in range(20)]
    rows += [(f"b{n}", channel, 1, 500, NOW) for n in range(3) for channel in ("EC", "店")]
    table = found(*rows).set_index("used")
    assert table.loc[channels.OTHERS, "customers"] == 23, "three alone would follow from the total"
    assert pd.isna(table["people"]).all()


def test_one_channel_is_no_page():
    sold = channels.by_channel(tables(("a", "EC", 1, 100, NOW)), periods=HALVES)
    assert isinstance(sold, Unavailable)
    assert sold.reason == "channels.one"


def test_money_of_nobody_gives_no_ratio():
    table = found(*((f"e{n}", "EC", 1, 100, NOW) for n in range(40)), ("x", "店", 1, 1, NOW))
    assert math.isnan(table["ratio"].iloc[0])
