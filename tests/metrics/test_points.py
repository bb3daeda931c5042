"""Points worked by hand: first to expire, first used."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_helpers.data.tables import Tables
from crm_helpers.metrics import points

D = datetime.date
AS_OF = D(2026, 3, 31)
LINES = pd.DataFrame({"customer_id": ["甲"], "ordered_on": pd.to_datetime(["2025-01-01"]), "amount": [1]})


def tables(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "booked_on", "kind", "points", "expires_on"])
    frame["point_id"] = [f"{n:03d}" for n in range(len(frame))]
    for name in ("booked_on", "expires_on"):
        frame[name] = pd.to_datetime(frame[name])
    return Tables.of(order_lines=LINES, as_of=AS_OF, points=frame)


ROWS = (
    ("甲", "2025-04-01", "granted", 100, "2026-04-30"),
    ("甲", "2025-05-01", "granted", 50, "2026-04-10"),  # booked later, runs out first
    ("甲", "2025-06-01", "used", 60, None),             # 50 of the second, 10 of the first: 90 left, due within a month
    ("乙", "2025-04-01", "granted", 200, "2026-06-30"), # within three months, the last day counts
    ("乙", "2025-04-02", "granted", 30, None),          # no last day
    ("乙", "2025-04-03", "returned", 20, None),
    ("丙", "2025-04-01", "granted", 40, "2026-03-30"),  # run out yesterday, not booked as expired
    ("丁", "2025-04-01", "granted", 70, "2025-10-01"), ("丁", "2025-10-02", "expired", 70, None),
    ("戊", "2025-05-01", "used", 15, None),             # points from before the data
)  # fmt: skip


def test_what_is_held_and_until_when_by_hand():
    found = points.outstanding(tables(*ROWS), as_of=AS_OF, k=1, value=Decimal("0.5"))
    held = {row.due: (row.points, row.customers, row.money) for row in found.itertuples()}
    assert held == {"1": (90, 1, 45), "3": (180, 1, 90), "undated": (30, 1, 15), "overdue": (40, 1, 20)}
    told = found.attrs
    assert (told["granted"], told["used"], told["expired"], told["returned"]) == (490, 75, 70, 20)
    assert (told["held"], told["short"], told["holders"]) == (340, 15, 3)
    assert told["held"] == 490 - 75 - 70 - 20 + 15
    assert told["used_share"] == pytest.approx(75 / 145)


def test_a_point_without_value_has_no_money_and_few_people_are_hidden():
    found = points.outstanding(tables(*ROWS), as_of=AS_OF, k=2)
    assert found["money"].isna().all()
    assert found["points"].isna().all()
    assert found.attrs["held"] == 340
    assert math.isnan(found.attrs["each"])


def test_months_hold_every_booking_and_the_balance_runs_on():
    found = points.by_month(tables(*ROWS), as_of=AS_OF)
    assert found["month"].iloc[0] == "2025-04-01"
    assert found["month"].iloc[-1] == "2026-03-01"
    assert found["granted"].tolist()[:2] == [440, 50]
    assert found["outstanding"].iloc[-1] == 490 - 75 - 70 - 20
    assert found.set_index("month").loc["2025-10-01", "expired"] == 70


def test_months_end_with_the_month():
    assert [points._months_on(D(2026, 3, 31), n) for n in (1, 3, 6, 12)] == [
        D(2026, 4, 30), D(2026, 6, 30), D(2026, 9, 30), D(2027, 3, 31),
    ]  # fmt: skip
    assert points._months_on(D(2026, 2, 28), 1) == D(2026, 3, 31), "the end of a month goes to the end of a month"
    assert points._months_on(D(2026, 1, 15), 1) == D(2026, 2, 15)


def test_no_grants_no_page():
    assert points.outstanding(tables(("甲", "2025-05-01", "used", 15, None)), as_of=AS_OF, k=1).reason == "points.nothing"
    assert points.by_month(Tables.of(order_lines=LINES), as_of=AS_OF).missing == ("points.points",)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.dates(D(2025, 4, 1), AS_OF),
            st.sampled_from(["granted", "used", "expired", "returned"]),
            st.integers(1, 500),
            st.one_of(st.none(), st.dates(D(2025, 4, 1), D(2028, 1, 1))),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_held_points_are_what_was_granted_less_what_went_and_never_negative(rows):
    told = [(who, day, kind, n, until if kind == "granted" else None) for who, day, kind, n, until in rows]
    found = points.outstanding(tables(("z", D(2025, 4, 1), "granted", 1, None), *told), as_of=AS_OF, k=1)
    sums = {who: sum(n if kind == "granted" else -n for w, _, kind, n, _ in told if w == who) for who in "abc"}
    assert found.attrs["held"] == 1 + sum(max(total, 0) for total in sums.values())
    assert found["points"].sum() == found.attrs["held"]
    assert (found["points"] > 0).all()
