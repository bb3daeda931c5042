"""The change by part: drivers and parts add up, few people are no part, margins by hand."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import changes, sales
from crm_helpers.metrics.decomposition import lmdi
from tests.metrics.sample import AS_OF, HALVES

D = datetime.date
MONEY = ["compare", "current", "change", "customers", "frequency", "value", "rest"]


def bought(*rows):
    """(day, channel, customer, amount): an order each."""
    frame = pd.DataFrame(rows, columns=["ordered_on", "channel", "customer_id", "amount"])
    frame["order_id"] = [f"o{n}" for n in range(len(frame))]
    return frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"]))


def people(day, channel, n, amount, orders=1):
    return [(day, channel, f"{channel}{i}", amount) for i in range(n) for _ in range(orders)]


# EC: 5 people 1 order each at 100 → 10 people 2 orders each at 100; shop: 6 people at 200 → 6 at 150, and guests
ROWS = [*people("2025-01-10", "EC", 5, 100), *people("2025-04-10", "EC", 10, 100, orders=2),
        *people("2025-02-10", "店", 6, 200), *people("2025-05-10", "店", 6, 150),
        ("2025-03-01", "店", None, 300), ("2025-06-01", "店", None, 1000)]  # fmt: skip


def by_part(frame, k=5, part="channel", tax="", **others):
    return changes.by_part(Tables.of(order_lines=frame, as_of=AS_OF, **others), periods=HALVES, k=k, part=part, tax=tax)


def test_parts_and_drivers_by_hand():
    table = by_part(bought(*ROWS)).set_index("part")
    assert table.index.tolist() == ["EC", "店", changes.ALL] or table.index.tolist() == ["店", "EC", changes.ALL]
    assert table.loc["EC", ["compare", "current", "change"]].tolist() == [500, 2000, 1500]
    assert table.loc["EC", ["customers", "frequency", "value"]].tolist() == pytest.approx(lmdi((5, 1, 100), (10, 2, 100)), abs=1)
    assert table.loc["EC", "value"] == 0, "a driver that did not change contributes nothing"
    assert table.loc["店", ["customers", "frequency", "value", "rest"]].tolist() == [0, 0, -300, 700]


def test_everything_that_sums_sums():
    tables = Tables.of(order_lines=bought(*ROWS), as_of=AS_OF)
    table = changes.by_part(tables, periods=HALVES, k=5).set_index("part")
    parts, whole = table.drop(changes.ALL), table.loc[changes.ALL]
    assert parts[MONEY].sum().tolist() == whole[MONEY].tolist()
    assert (table[["customers", "frequency", "value", "rest"]].sum(axis=1) == table["change"]).all()
    assert [whole["compare"], whole["current"]] == sales.totals(tables, periods=HALVES)["sales"].tolist()


def test_rows_in_another_order_change_nothing():
    frame = bought(*ROWS)
    pd.testing.assert_frame_equal(by_part(frame), by_part(frame.sample(frac=1, random_state=5)))


def test_a_part_of_few_members_is_pooled_and_never_alone():
    few = [*ROWS, *people("2025-01-10", "催事", 2, 900), *people("2025-04-10", "催事", 2, 100)]
    table = by_part(bought(*few, *people("2025-01-10", "卸", 7, 10), *people("2025-04-10", "卸", 7, 10)))
    assert "催事" not in set(table["part"])
    others = table.set_index("part").loc[changes.OTHERS]
    assert others["compare"] == 1800 + 70, "two people alone would be told: the next smallest joins them"


def test_more_parts_than_rows_are_pooled():
    rows = [row for n in range(12) for day in ("2025-01-10", "2025-04-10") for row in people(day, f"c{n:02}", 5, 100 + n)]
    table = by_part(bought(*rows))
    assert len(table) == changes.SHOWN + 2
    assert table["part"].tolist()[-2:] == [changes.OTHERS, changes.ALL]


def test_totals_of_a_day_are_the_rest_of_their_channel():
    till = pd.DataFrame({"sold_on": ["2025-01-31", "2025-04-30"], "channel": ["店", "店"], "amount": [4000, 1000]})
    table = by_part(bought(*ROWS), day_totals=till).set_index("part")
    assert table.loc["店", "rest"] == 700 - 3000
    assert by_part(bought(*ROWS), part="gender", day_totals=till, customers=members()).set_index("part").loc[
        changes.UNKNOWN, "compare"
    ] == 4000 + 300  # fmt: skip


def members():
    ids = [f"EC{n}" for n in range(10)] + [f"店{n}" for n in range(6)]
    return pd.DataFrame({"customer_id": ids, "gender": ["女性"] * 10 + ["男性"] * 6})


def test_a_trait_of_the_customers_and_an_unknown_part():
    table = by_part(bought(*ROWS), part="gender", customers=members()).set_index("part")
    assert table.loc["女性", "change"] == 1500
    assert table.loc[changes.UNKNOWN, ["change", "rest"]].tolist() == [700, 700], "guests have no trait"
    with pytest.raises(ValueError, match="part may be"):
        by_part(bought(*ROWS), part="shoe_size")


def test_margins_without_tax_and_only_where_a_cost_is_known():
    frame = bought(*ROWS).assign(product_id="豆", quantity=1, tax_percent=10)
    frame.loc[frame["channel"] == "店", "product_id"] = "謎"
    products = pd.DataFrame({"product_id": ["豆", "謎"], "unit_cost": [40, None]})
    table = by_part(frame, tax="included", products=products).set_index("part")
    assert table.loc["EC", ["margin_before", "margin"]].tolist() == [5 * (91 - 40), 20 * (91 - 40)], "100 / 1.1 is 91"
    assert table.loc["EC", ["net", "costed"]].tolist() == [20 * 91, 2000]
    assert pd.isna(table.loc["店", "margin"])
    assert table.loc[changes.ALL, "margin"] == table.loc["EC", "margin"]
    bare = by_part(frame, tax="excluded", products=products).set_index("part")
    assert bare.loc["EC", "margin"] == 20 * (100 - 40)
    assert by_part(bought(*ROWS))["margin"].isna().all(), "no product master, no margin"


def test_what_cannot_be_told():
    assert by_part(bought(*ROWS).drop(columns="channel")).missing == ("order_lines.channel",)
    assert by_part(bought(*ROWS), part="gender").missing == ("customers.gender",)
    assert by_part(bought(*people("2025-01-10", "EC", 5, 100))).reason == "changes.one_part"
    tables = Tables.of(order_lines=bought(*ROWS), as_of=AS_OF)
    assert isinstance(changes.by_part(tables, periods=None, k=5), Unavailable)
