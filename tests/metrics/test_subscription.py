"""Contracts worked by hand: the stock adds up, a step counts only what is decided, reasons, restarts, recurring revenue."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.tables import Tables
from crm_helpers.metrics import subscription
from crm_helpers.params.periods import Period, Periods

D = datetime.date
AS_OF = D(2025, 12, 31)
YEARS = Periods(current=Period(D(2025, 1, 1), AS_OF), compare=Period(D(2024, 1, 1), D(2024, 12, 31)))


def contract(name, started, shipments, cancelled=None, *, offer="通常", reason=None, restarted=None, who=None, **more):
    return {"contract_id": name, "customer_id": who or f"c-{name}", "started_on": started, "shipments": shipments, "cancelled_on": cancelled,
            "offer": offer, "cancel_reason": reason, "restarted_from": restarted, "cycle_days": 30, "price": 3000, **more}  # fmt: skip


def ships(rows):
    """A shipment every 30 days from the start on."""
    told = []
    for row in rows:
        first = pd.Timestamp(row["started_on"])
        told += [(row["contract_id"], first + pd.Timedelta(days=30 * n), "ship", n + 1) for n in range(row["shipments"] or 0)]
    return pd.DataFrame(told, columns=["contract_id", "changed_on", "change", "shipment_no"])


def shop(rows, changes=None, orders=(), **others):
    lines = pd.DataFrame(
        [("o0", pd.Timestamp("2024-01-01"), "x", 100), *orders], columns=["order_id", "ordered_on", "customer_id", "amount"]
    )
    frame = pd.DataFrame(rows)
    for column in ("started_on", "cancelled_on"):
        frame[column] = pd.to_datetime(frame[column])
    changed = ships(rows) if changes is None else pd.concat([ships(rows), changes])
    return Tables.of(order_lines=lines, contracts=frame, contract_changes=changed, as_of=AS_OF, **others)


def many(n, *, lost=0, start="2025-01-01", name="a", went=2, **more):
    """`n` contracts, `lost` of which are cancelled after the first shipment and the rest have had `went`."""
    return [contract(f"{name}{i}", start, 1 if i < lost else went, "2025-01-20" if i < lost else None, **more) for i in range(n)]


def test_the_stock_at_the_start_and_what_moves_it_make_the_stock_at_the_end():
    rows = [
        *many(40, start="2024-03-01", name="old"),
        *many(30, lost=10, name="new"),
        contract("again", "2025-05-01", 3, restarted="new0"),
    ]
    table = subscription.stock(shop(rows), as_of=AS_OF, periods=YEARS, k=5)
    now = table[table["period"] == "current"]
    assert [int(now["start"].iloc[0]), now["new"].sum(), now["restarted"].sum(), now["cancelled"].sum(), now["end"].iloc[-1]] == [
        40,
        30,
        1,
        10,
        61,
    ]
    assert (table["start"] + table["new"] + table["restarted"] - table["cancelled"] == table["end"]).all()
    assert table["paused"].iloc[0] == 0


def test_few_paused_contracts_are_not_told():
    pause = pd.DataFrame(
        {
            "contract_id": ["new0"],
            "changed_on": pd.Timestamp("2025-12-01"),
            "change": "pause",
            "until": pd.Timestamp("2026-02-01"),
        }
    )
    rows = many(40, name="new")
    assert pd.isna(subscription.stock(shop(rows, pause), as_of=AS_OF, periods=YEARS, k=5)["paused"].iloc[0])
    assert subscription.stock(shop(rows, pause), as_of=AS_OF, periods=YEARS, k=1)["paused"].iloc[0] == 1


def test_a_contract_that_waits_for_its_next_shipment_is_not_in_the_rate():
    rows = [*many(100, lost=30, went=2), *many(20, went=1, start="2025-12-20", name="waiting")]
    table = subscription.continuation(shop([*rows, *many(40, went=3, name="third")]), as_of=AS_OF)
    first, second = table.iloc[0], table.iloc[1]
    assert (first["at_risk"], first["went"], first["waiting"]) == (140, 110, 20)
    assert first["rate"] == pytest.approx(110 / 140)
    assert (second["at_risk"], second["went"], second["waiting"]) == (40, 40, 70)
    assert second["reached"] == pytest.approx(110 / 140)


def test_contracts_from_before_the_data_and_restarted_ones_are_left_out_of_continuation():
    rows = [*many(50, lost=10), *many(50, lost=50, start="2023-06-01", name="old"), *many(40, went=3, name="third")]
    rows += [contract(f"r{i}", "2025-02-01", 1, "2025-03-01", restarted="a0") for i in range(30)]
    assert subscription.continuation(shop(rows), as_of=AS_OF)["at_risk"].iloc[0] == 90


def test_a_forecast_that_misses_what_came_is_not_told():
    steady = [contract(f"s{i}", "2024-02-01", 3 + i % 9, None if i % 3 else "2025-02-15") for i in range(200)]
    lost = [contract(f"l{i}", "2024-02-01", 1, "2024-02-20") for i in range(60)]
    told = subscription.renewals(shop([*steady, *lost]), as_of=AS_OF)
    all_gone = [row | {"cancelled_on": "2025-03-01"} for row in steady[:190]]
    missed = subscription.renewals(shop([*all_gone, *steady[190:], *lost]), as_of=AS_OF)
    assert told is not None
    assert missed is not None
    assert missed.error > told.error
    assert not missed.told


def test_continuation_and_upgrade_by_offer():
    rows = [*many(100, lost=40, offer="半額", name="h"), *many(100, lost=20, offer="通常", name="n")]
    orders = [
        (f"p{i}", pd.Timestamp("2024-11-01" if i < 30 else "2024-06-01"), f"c-h{i}" if i < 60 else f"z{i}", 100)
        for i in range(100)
    ]
    table = subscription.offers(shop(rows, orders=orders), as_of=AS_OF, k=5).set_index("offer")
    assert table.loc["半額", ["rate_2", "n_2"]].tolist() == [0.6, 100]
    assert table.loc["半額", "gap"] == pytest.approx(-0.2)
    assert table.loc["半額", "gap_high"] < 0
    assert table.loc[subscription.ALL, "rate_2"] == 0.7
    assert (table["buyers"].iloc[0], table["upgraded"].iloc[0]) == (101, 30), (
        "c-h30 … 59 began their contract after more than 90 days"
    )


def test_reasons_of_all_and_of_those_before_the_second_shipment():
    rows = many(60, lost=40, reason="余っている")
    rows += [contract(f"p{i}", "2025-01-01", 4, "2025-06-01", reason="高い") for i in range(20)]
    rows += [contract(f"q{i}", "2025-01-01", 1, "2025-01-20", reason="高い") for i in range(10)]
    skips = pd.DataFrame({"contract_id": [f"p{i}" for i in range(5)], "changed_on": pd.Timestamp("2025-05-01"), "change": "skip"})
    table = subscription.reasons(shop(rows, skips), as_of=AS_OF, k=5).set_index("reason")
    assert table["n"].to_dict() == {"余っている": 40, "高い": 30}
    assert table.loc["余っている", ["rate", "early_rate"]].tolist() == pytest.approx([40 / 70, 40 / 50])
    assert table["signs"].iloc[0] == pytest.approx(5 / 20)
    assert table["signs_still"].iloc[0] == 0


def test_after_cancelling_restarts_and_single_orders_are_counted_by_themselves():
    rows = [contract(f"a{i}", "2024-02-01", 2, "2024-06-01") for i in range(40)]
    rows += [contract(f"b{i}", "2024-08-30", 2, None, who=f"c-a{i}", restarted=f"a{i}") for i in range(10)]
    orders = [(f"p{i}", pd.Timestamp("2024-06-11"), f"c-a{i}", 100) for i in range(5, 25)]
    table = subscription.after(shop(rows, orders=orders), as_of=AS_OF).set_index(["kind", "day"])["rate"]
    assert table["restart", 89] == 0
    assert table["restart", 90] == pytest.approx(0.25)
    assert (table["single", 9], table["single", 10]) == (0, pytest.approx(0.5))


def test_recurring_revenue_adds_up_and_seats_are_those_of_the_day():
    def seat(name, started, seats, cancelled=None, cycle=30):
        return contract(name, started, 0, cancelled, who=None, seats=seats, account_id=f"acc-{name}") | {
            "customer_id": None,
            "price": 1000,
            "cycle_days": cycle,
        }

    rows = [seat("kept", "2023-06-01", 2), seat("grew", "2023-06-01", 5), seat("gone", "2023-06-01", 1, "2025-05-01"), seat("new", "2025-03-01", 3),
            seat("yearly", "2023-06-01", 1, cycle=365), seat("kept2", "2023-06-01", 1)]  # fmt: skip
    seats = pd.DataFrame(
        {"contract_id": ["grew"], "changed_on": pd.Timestamp("2025-04-01"), "change": "seats", "old_value": "2", "new_value": "5"}
    )
    table = subscription.recurring(shop(rows, seats), periods=YEARS, k=5).set_index("period")
    now = table.loc["current"]
    assert now[["start", "new", "expansion", "contraction", "churn", "end"]].tolist() == [6083, 3000, 3000, 0, -1000, 11083]
    assert now["start"] + now["new"] + now["expansion"] + now["contraction"] + now["churn"] == now["end"]
    assert (now["logo_churn"], now["lost"]) == (0.2, 1)
    assert now["net_retention"] == pytest.approx((6083 + 3000 - 1000) / 6083)


def test_without_contracts_the_pages_are_left_out():
    data = Tables.of(order_lines=pd.DataFrame({"ordered_on": [pd.Timestamp("2025-01-01")], "amount": [1]}), as_of=AS_OF)
    assert "contracts.customer_id" in subscription.stock(data, as_of=AS_OF, periods=YEARS, k=5).missing
    assert subscription.renewals(data, as_of=AS_OF) is None
    assert subscription.continuation(shop(many(5)), as_of=AS_OF).reason == "subscription.few"
