"""Each reason for which a list may not be made, alone, with its rule; and nothing is refused that may go."""

from __future__ import annotations

import datetime

import pytest

from crm_helpers.targets.campaign import campaign as brief
from crm_helpers.targets.refusals import refusals, without_condition
from tests.targets.conftest import ON, SETTINGS, campaign, tables

D = datetime.date
AGREED = [{"customer_id": "a", "channel": "mail", "agreed": True, "changed_at": "2023-01-01 10:00"}]
BOOKED = [{"reservation_id": "r", "customer_id": "a", "visit_at": "2024-01-05 10:00", "status": "booked"}]


def told(loaded, on=ON, consents=AGREED, stops=None, reservations=None, **more):
    others = {"consents": consents, "stops": stops, "reservations": reservations}
    held = tables(["a"], campaigns=[campaign(**more)], **{name: rows for name, rows in others.items() if rows is not None})
    return [(fault.values["rule"], fault.key) for fault in refusals(loaded, held, brief(loaded, held, "C1"), on)]


@pytest.mark.parametrize("channel", ["メール", "DM", "電話", "同梱", "店頭"])
def test_an_approved_campaign_with_its_basis_may_go(loaded, channel):
    assert told(loaded, channel=channel) == []


@pytest.mark.parametrize(
    ("more", "rule", "key"),
    [
        ({"channel": "鳩"}, "PR16", "targets.channel"),
        ({"channel": None}, "PR16", "targets.channel"),
        ({"channel": "LINE"}, "PR16", "targets.no_consents"),
        ({"consents": [AGREED[0] | {"agreed": False}]}, "PR16", "targets.no_consents"),
        ({"purpose": "reminder"}, "PR16", "targets.no_bookings"),
        ({"channel": "広告"}, "PR25", "targets.platform"),
        ({"on": D(2024, 1, 2)}, "PR17", "targets.stale"),
        ({"purpose": "winback"}, "PR20", "targets.purpose"),
        ({"purpose": None}, "PR20", "targets.purpose"),
        ({"approved_on": None}, "PR40", "targets.not_approved"),
        ({"approved_on": D(2024, 1, 2)}, "PR40", "targets.approved_later"),
        ({"ends_on": D(2023, 12, 31)}, "PR40", "targets.ended"),
        ({"starts_on": D(2024, 1, 2)}, "PR40", "targets.not_begun"),
    ],
)
def test_what_may_not_go_names_its_rule(loaded, more, rule, key):
    assert told(loaded, **more) == [(rule, key)]


def test_a_reminder_may_go_without_any_consent(loaded):
    assert told(loaded, purpose="予約のお知らせ", consents=None, reservations=BOOKED) == [("PR20", "targets.purpose")]
    assert told(loaded, purpose="reminder", consents=None, reservations=BOOKED) == []


def test_no_stop_list_is_no_empty_one(loaded):
    import pandas as pd

    from crm_helpers.data.tables import Tables
    from tests.targets.conftest import AS_OF, lines

    held = Tables.of(order_lines=lines(["a"]), as_of=AS_OF, campaigns=pd.DataFrame([campaign(channel="同梱")]))
    faults = refusals(loaded, held, brief(loaded, held, "C1"), ON)
    assert [(f.values["rule"], f.key) for f in faults] == [("PR17", "targets.no_stops")]


def test_without_a_contract_on_record_nothing_leaves(project):
    loaded = project.load(**(SETTINGS | {"entrustment": {}, "privacy": {}}))
    assert told(loaded) == [("PR24", "targets.no_record")]


def test_all_reasons_are_told_at_once(loaded):
    assert [rule for rule, _ in told(loaded, approved_on=None, purpose="x", channel="鳩", on=D(2024, 2, 1))] == [
        "PR16",
        "PR17",
        "PR20",
        "PR40",
    ]


def test_a_rule_in_words_is_no_condition(loaded):
    held = tables(["a"], campaigns=[campaign(segment="いつもの人")])
    assert without_condition(loaded, brief(loaded, held, "C1")).exit_code == 2
    held = tables(["a"], campaigns=[campaign(segment="Ｂｕｙｅｒｓ")])
    assert without_condition(loaded, brief(loaded, held, "C1")) is None
