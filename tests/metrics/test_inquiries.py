"""Handling of inquiries and what follows, worked by hand."""

import datetime
import math

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.inquiries import ALL, OTHERS, handling, mantel_haenszel, recovery, slowest
from crm_helpers.params.periods import Period, Periods
from tests.metrics.sample import shop

D = datetime.date
YEARS = Periods(current=Period(D(2025, 1, 1), D(2025, 12, 31)), compare=Period(D(2024, 1, 1), D(2024, 12, 31)))


def asked(*groups, bought=()):
    """Inquiries from (reason, complaint, hours or None, days or None, how many, opened); `bought`: who orders 30 days later."""
    rows, n = [], 0
    for reason, complaint, hours, days, many, opened in groups:
        for _ in range(many):
            n += 1
            at = pd.Timestamp(opened)
            rows.append(
                {
                    **{"inquiry_id": f"i{n}", "customer_id": f"c{n}", "opened_at": at, "reason": reason, "complaint": complaint},
                    "first_reply_at": at + pd.Timedelta(hours=hours) if hours is not None else pd.NaT,
                    "closed_at": at + pd.Timedelta(days=days) if days is not None else pd.NaT,
                }
            )
    days = [row["opened_at"].normalize() + pd.Timedelta(days=30) for row in rows if int(row["customer_id"][1:]) in bought]
    who = [row["customer_id"] for row in rows if int(row["customer_id"][1:]) in bought]
    orders = [(f"o{i}", day, one, 100) for i, (day, one) in enumerate(zip(days, who, strict=True))]
    lines = pd.DataFrame(
        [*orders, ("z", pd.Timestamp("2025-12-31"), "z", 1)], columns=["order_id", "ordered_on", "customer_id", "amount"]
    )
    return Tables.of(order_lines=lines, inquiries=pd.DataFrame(rows), as_of=D(2025, 12, 31))


def test_replies_and_closings_by_reason_with_open_ones_censored():
    found = handling(
        asked(
            ("box", True, 2, 1, 20, "2025-03-01"),
            ("box", False, 48, 3, 20, "2025-03-01"),
            ("app", False, 10, None, 30, "2025-03-01"),
            ("odd", False, 1, 1, 2, "2025-03-01"),
            ("box", False, 1, 1, 9, "2024-03-01"),
        ),
        as_of=D(2025, 12, 31),
        periods=YEARS,
        k=5,
    )
    told = found.set_index("reason")
    assert list(told.index) == ["box", "app", ALL], "two inquiries are too few for a row, even of others"
    assert (told.loc["box", "inquiries"], told.loc["box", "replied"]) == (40, 0.5)
    assert told.loc["box", "hours"] == 2
    assert math.isnan(told.loc["app", "days"]), "none of them is closed"
    assert told.loc["app", "open"] == 30
    assert OTHERS not in told.index


def test_few_complaints_are_hidden_with_what_would_give_them_away():
    groups = [("a", True, 1, 1, 2, "2025-03-01"), ("a", False, 1, 1, 40, "2025-03-01")]
    groups += [("b", True, 1, 1, 9, "2025-03-01"), ("b", False, 1, 1, 40, "2025-03-01")]
    groups += [("c", True, 1, 1, 20, "2025-03-01"), ("c", False, 1, 1, 20, "2025-03-01")]
    told = handling(asked(*groups), as_of=D(2025, 12, 31), periods=YEARS, k=5).set_index("reason")
    assert math.isnan(told.loc["a", "complaint_share"])
    assert math.isnan(told.loc["b", "complaint_share"]), "the total less c less b would be a"
    assert told.loc["c", "complaint_share"] == 0.5
    assert slowest(told.reset_index())["reason"] == "c"


def test_the_difference_within_strata():
    """One stratum is the plain difference; a second with the same difference changes nothing."""
    assert mantel_haenszel([(30, 40, 10, 40)])[0] == pytest.approx(0.5)
    gap, low, high = mantel_haenszel([(30, 40, 10, 40), (8, 10, 6, 20)])
    assert gap == pytest.approx(0.5)
    assert low < 0.5 < high
    assert math.isnan(mantel_haenszel([(3, 3, 0, 0)])[0]), "nobody to compare with"


def test_a_mix_of_reasons_alone_is_no_recovery():
    """Reason a is answered fast and buys, b slowly and does not: within each there is no difference."""
    groups = [("a", False, 2, 1, 80, "2025-02-01"), ("a", False, 30, 1, 20, "2025-02-01")]
    groups += [("b", False, 2, 1, 20, "2025-02-01"), ("b", False, 30, 1, 80, "2025-02-01")]
    bought = {*range(1, 61), *range(81, 96), *range(101, 106), *range(121, 141)}  # ¾ of a, ¼ of b, at each speed
    found = recovery(asked(*groups, bought=bought), as_of=D(2025, 12, 31), periods=YEARS, k=5)
    row = found.iloc[0]
    assert (row["fast_rate"], row["slow_rate"]) == (0.65, 0.35), "a plain difference of 30 points"
    assert row["gap"] == pytest.approx(0)
    assert row["gap_low"] < 0 < row["gap_high"]
    assert list(found["inquiries"]) == [100, 100]


def test_inquiries_too_young_to_tell_are_not_counted():
    groups = [("a", False, 2, 1, 40, "2025-02-01"), ("a", False, 30, 1, 40, "2025-02-01"), ("a", False, 2, 1, 40, "2025-12-01")]
    assert recovery(asked(*groups), as_of=D(2025, 12, 31), periods=YEARS, k=5)["fast"].iloc[0] == 40
    few = recovery(asked(groups[0]), as_of=D(2025, 12, 31), periods=YEARS, k=5)
    assert few.reason == "inquiries.one_speed"
    assert isinstance(recovery(shop(), as_of=D(2025, 6, 30), periods=YEARS, k=5), Unavailable)
    assert isinstance(handling(shop(), as_of=D(2025, 6, 30), periods=YEARS, k=5), Unavailable)
