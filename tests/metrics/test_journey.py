"""Stages of the journey, worked by hand on boxes of which some are cancelled before the second."""

import datetime
import math

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.journey import EVERYBODY, measured, reach, rule_of, start_of, weakest
from crm_helpers.params.journey import Journey, Stage
from crm_helpers.params.periods import Period, Periods
from crm_helpers.params.schema import Condition, Reached, Segment, Words
from tests.metrics.sample import AS_OF, HALVES, shop

D = datetime.date
YEARS = Periods(current=Period(D(2025, 1, 1), D(2025, 12, 31)), compare=Period(D(2024, 1, 1), D(2024, 12, 31)))


def stage(name, by=None, nth=1, kind="way", **more):
    rule = Reached(by=by, nth=nth) if by else None
    return Stage(name, {"ja": name, "en": name}, {"ja": "g"}, {"ja": "a"}, rule, kind, owner="crm", **more)


BOXES = Journey(
    (
        stage("know"),
        stage("try", "shipments", 1, reasons=("late",), campaigns=("C1",), touchpoints=("box",)),
        stage("second", "shipments", 2, known_as=("2回目",)),
        stage("leave", "contract_cancelled", kind="leaving"),
    )
)
SENT = {"segments": {}, "as_of": D(2025, 12, 31), "periods": YEARS, "currency": "JPY", "first_orders_known": True}


def boxes(*groups, **others):
    """Contracts from (how many, day of the first box, days to the second or None, days to cancelling or None, reason)."""
    contracts, changes, lines, n = [], [], [], 0
    for many, first, second, cancelled, reason in groups:
        for _ in range(many):
            n += 1
            day = pd.Timestamp(first)
            end = day + pd.Timedelta(days=cancelled) if cancelled is not None else pd.NaT
            contracts.append((f"k{n}", f"c{n}", day, end, reason))
            shipped = [day] + ([day + pd.Timedelta(days=second)] if second is not None else [])
            changes += [(f"k{n}", at, "ship", i) for i, at in enumerate(shipped, 1)]
            lines += [(f"o{n}-{i}", at, f"c{n}", 1000) for i, at in enumerate(shipped, 1)]
    return Tables.of(
        order_lines=pd.DataFrame(lines, columns=["order_id", "ordered_on", "customer_id", "amount"]),
        contracts=pd.DataFrame(contracts, columns=["contract_id", "customer_id", "started_on", "cancelled_on", "cancel_reason"]),
        contract_changes=pd.DataFrame(changes, columns=["contract_id", "changed_on", "change", "shipment_no"]),
        as_of=D(2025, 12, 31),
        **others,
    )


# 2025: of 100, 60 get the second box after 30 days, 40 cancel after 20. 2024: 45 of 50, all after 30 days.
TWO_YEARS = (
    (60, "2025-02-01", 30, None, None),
    (40, "2025-02-01", None, 20, "too much"),
    (45, "2024-02-01", 30, None, None),
    (5, "2024-02-01", None, 20, "price"),
)


def told(found, persona=EVERYBODY):
    return found[found["persona"] == persona].set_index("stage")


def test_who_goes_on_and_who_leaves():
    found = told(reach(boxes(*TWO_YEARS), BOXES, k=5, **SENT))
    assert list(found.index) == ["know", "try", "second", "leave"]
    assert list(found["measured"]) == [False, True, True, True]
    assert (found.loc["try", "people"], found.loc["try", "ever"]) == (100, 150)
    second = found.loc["second"]
    assert (second["start"], second["n"], second["window"], second["went"]) == ("try", 100, 180, 60)
    assert second["rate"] == pytest.approx(0.6)
    assert second["low"] < 0.6 < second["high"]
    assert (second["q25"], second["median"], second["q75"]) == (30, 30, 30)
    assert (second["before_n"], second["before_rate"]) == (50, pytest.approx(0.9))
    assert second["gap"] == pytest.approx(-0.3)
    assert second["gap_high"] < 0
    assert found.loc["leave", "rate"] == pytest.approx(0.4), "leaving is counted from the first stage"
    assert weakest(found.reset_index()) == "second"


def test_who_cancelled_stays_in_the_base_and_who_is_young_is_watched_so_long():
    """20 began 10 days ago: they are at risk for 10 days only, and take nothing from the 60 %."""
    found = told(reach(boxes(*TWO_YEARS, (20, "2025-12-21", None, None, None)), BOXES, k=5, **SENT))
    assert found.loc["second", "n"] == 120
    assert found.loc["second", "rate"] == pytest.approx(0.6)


def test_each_persona_is_told_apart():
    customers = pd.DataFrame({"customer_id": [f"c{n}" for n in range(1, 151)], "joined_by": ["SNS"] * 80 + ["shop"] * 70})
    segments = {
        "sns": Segment(name=Words({"ja": "SNS", "en": "SNS"}), where=Condition(field="joined_by", op="is", value=["SNS"])),
        "shop": Segment(name=Words({"ja": "店", "en": "Shop"}), where=Condition(field="joined_by", op="is", value=["shop"])),
    }
    journey = Journey(BOXES.stages, ("sns", "shop"))
    found = reach(boxes(*TWO_YEARS, customers=customers), journey, k=5, **{**SENT, "segments": segments})
    assert told(found, "sns").loc["second", "n"] == 80
    assert told(found, "sns").loc["second", "rate"] == pytest.approx(60 / 80)
    assert math.isnan(told(found, "shop").loc["second", "rate"]), "20 people are too few"
    assert told(found, "shop").loc["second", "n"] == 20


def test_a_period_in_which_hardly_anybody_begins_is_not_compared():
    """All first boxes came in 2024; those who get the third one in 2025 are the slow ones of the same people."""
    third = Journey((*BOXES.stages[1:3], stage("third", "shipments", 3)))
    early = [
        (f"k{n}", f"c{n}", day) for n, day in enumerate([pd.Timestamp("2024-03-01")] * 60 + [pd.Timestamp("2024-12-20")] * 60)
    ]
    changes = [(contract, day + pd.Timedelta(days=30 * i), "ship", i + 1) for contract, _, day in early for i in range(3)]
    tables = Tables.of(
        order_lines=pd.DataFrame(
            [("o", "2025-12-31", "z", 1)], columns=["order_id", "ordered_on", "customer_id", "amount"]
        ).assign(ordered_on=lambda t: pd.to_datetime(t["ordered_on"])),
        contracts=pd.DataFrame(early, columns=["contract_id", "customer_id", "started_on"]),
        contract_changes=pd.DataFrame(changes, columns=["contract_id", "changed_on", "change", "shipment_no"]),
        as_of=D(2025, 12, 31),
    )
    found = told(reach(tables, third, k=5, **SENT))
    assert found.loc["third", "rate"] == 1
    assert math.isnan(found.loc["third", "gap"])


def test_shipments_without_contracts_are_orders():
    rule = rule_of(BOXES.stages[2], shop())
    assert (rule.by, rule.nth) == ("orders", 2)
    assert rule_of(BOXES.stages[3], shop()) is None
    assert [s.id for s in measured(BOXES, shop(), first_orders_known=True)] == ["try", "second"]
    assert measured(BOXES, shop(), first_orders_known=False) == [], "what looks like the first order need not be one"


def test_a_stage_beside_the_way_is_reached_from_the_one_before_it():
    way, aside, later = stage("a", "orders"), stage("b", "categories", 2, "beside"), stage("c", "orders", 2)
    shown = [way, aside, later]
    assert start_of(way, shown) is None
    assert start_of(aside, shown) == way
    assert start_of(later, shown) == way
    assert start_of(stage("leave", "contract_cancelled", kind="leaving"), shown) is None, "not measured"


def test_what_cannot_be_told_is_said():
    assert reach(shop(), BOXES, k=5, **{**SENT, "as_of": AS_OF, "periods": HALVES}).reason == "journey.few"
    assert reach(shop(), Journey(BOXES.stages[:1]), k=5, **SENT).reason == "journey.one_stage"
    assert reach(shop(), BOXES, k=5, **{**SENT, "periods": None}).reason == "sales.too_short"
    nobody = shop().order_lines.head(3).drop(columns="customer_id")
    assert isinstance(reach(Tables.of(order_lines=nobody), BOXES, k=5, **SENT), Unavailable)


@pytest.mark.parametrize(
    ("by", "nth", "day"),
    [
        ("bookings", 1, "2025-01-05"),
        ("bookings", 2, "2025-02-05"),
        ("visits", 1, "2025-02-10"),
        ("contract_started", 1, "2025-01-01"),
        ("contract_cancelled", 1, "2025-03-01"),
        ("events", 2, "2025-01-09"),
        ("categories", 2, "2025-01-20"),
        ("orders", 2, "2025-01-20"),
    ],
)
def test_every_rule_finds_its_day(by, nth, day):
    from crm_helpers.metrics.journey import Placed

    days = pd.to_datetime
    tables = Tables.of(
        order_lines=pd.DataFrame(
            {
                **{"order_id": ["o1", "o2"], "customer_id": ["a", "a"], "amount": [1, 1], "product_id": ["p1", "p2"]},
                "ordered_on": days(["2025-01-10", "2025-01-20"]),
            }
        ),
        products=pd.DataFrame({"product_id": ["p1", "p2"], "category": ["tea", "cups"]}),
        contracts=pd.DataFrame(
            {
                **{"contract_id": ["k1"], "customer_id": ["a"]},
                **{"started_on": days(["2025-01-01"]), "cancelled_on": days(["2025-03-01"])},
            }
        ),
        reservations=pd.DataFrame(
            {
                **{"reservation_id": ["r1", "r2"], "customer_id": ["a", "a"], "status": ["no_show", "kept"]},
                "booked_at": days(["2025-01-05 10:00", "2025-02-05 10:00"]),
                "visit_at": days(["2025-01-10 10:00", "2025-02-10 10:00"]),
            }
        ),
        events=pd.DataFrame(
            {
                **{"event_id": ["e1", "e2", "e3"], "customer_id": ["a"] * 3, "event": ["view", "like", "view"]},
                "happened_at": days(["2025-01-07", "2025-01-08", "2025-01-09"]),
            }
        ),
        as_of=D(2025, 12, 31),
    )
    journey = Journey((stage("here", by, nth, events=("view",)),))
    whose = Placed(tables, journey, {}, as_of=D(2025, 12, 31), currency="JPY", first_orders_known=True)
    assert [str(at)[:10] for at in whose.sql("last as (select * from placed) select reached_on from last")["reached_on"]] == [day]
