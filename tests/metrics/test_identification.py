"""The identified share by month: told when it moves by more than three points, and the month of a jump."""

import pandas as pd
import pytest

from crm_helpers.data.tables import Tables
from crm_helpers.metrics import identification
from crm_helpers.views.identification import jumped, warning
from tests.metrics.sample import AS_OF, HALVES, SHOP, shop


def months(*shares):
    """A table as of `shares` with these shares as levels: the first half is the compared period, each month sells 1,000."""
    half = len(shares) // 2
    return pd.DataFrame(
        {
            "first": [f"2025-{n + 1:02d}-01" for n in range(len(shares))],
            "period": ["compare" if n < half else "current" for n in range(len(shares))],
            "sales": 1000,
            "identified": [round(1000 * share) for share in shares],
            "share": shares,
            "level": shares,
        }
    )


def test_shares_of_the_tiny_shop():
    table = identification.shares(shop(), periods=HALVES)
    assert table["share"].tolist() == pytest.approx([1, 1, 2000 / 2500, 1, 1, 1])
    assert identification.moved(table) == pytest.approx((5000 / 5500, 1.0))


def test_the_level_is_free_of_the_mix_of_places():
    rows = [
        (f"{place}{month}{who}", f"2025-{month:02d}-05", who, place, amount)
        for month in range(1, 7)
        for place, who, amount in (
            ("S", "A", 200), ("S", None, 800), (None, "A", 900 if month < 6 else 90000), (None, None, 100 if month < 6 else 10000),
        )
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["order_id", "ordered_on", "customer_id", "store_id", "amount"])
    table = identification.shares(
        Tables.of(order_lines=frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"])), as_of=AS_OF), periods=HALVES
    )
    assert table["share"].iloc[-1] > table["share"].iloc[0] + 0.3
    assert table["level"].nunique() == 1 or table["level"].std() < 1e-9


def test_a_jump_has_a_month_and_a_slow_rise_or_one_odd_month_has_none():
    assert identification.jump(months(0.2, 0.21, 0.2, 0.19, 0.31, 0.3, 0.32, 0.31)) == ("2025-05-01", pytest.approx(0.11))
    assert identification.jump(months(*(0.2 + 0.02 * n for n in range(8)))) is None
    assert identification.jump(months(0.2, 0.21, 0.2, 0.35, 0.2, 0.19, 0.2, 0.21)) is None
    assert identification.jump(months(0.2, 0.2, 0.4, 0.4)) is None, "two months are no level"


def test_what_is_said():
    (risen,) = warning(months(0.2, 0.2, 0.3, 0.3))
    assert risen.key == "identification.risen"
    assert (risen.facts["low_month"], risen.facts["high_month"]) == ("2025-01-01", "2025-04-01")
    assert warning(months(0.3, 0.3, 0.2, 0.2))[0].key == "identification.fallen"
    assert warning(months(0.2, 0.2, 0.22, 0.22)) == ()
    assert warning(None) == jumped(None) == ()


def test_without_periods_or_ids_nothing_is_said():
    assert warning(identification.shares(shop(), periods=None)) == ()
    nobody = identification.shares(shop(SHOP.assign(customer_id=None)), periods=HALVES)
    assert warning(nobody) == jumped(nobody) == ()
