"""Basis, cap, hours, preferred channel and stop list against cases worked by hand."""

from __future__ import annotations

import datetime

import pytest

from crm_helpers.targets import people, record
from crm_helpers.targets.campaign import campaign as brief
from tests.targets.conftest import AS_OF, ON, campaign, tables

OLD, LATER, LAST = "2023-01-01 10:00", "2023-07-01 10:00", "2023-12-01 10:00"
FIRST_DAY = datetime.date(2023, 12, 5)  # of the 28 days that end with the day of sending
IDS = list("abcdefghijklmnopqrst")
YES = "cghijklmnopqrst"  # who plainly agreed to mail


def said(id_, agreed, at, channel="mail"):
    return {"customer_id": id_, "channel": channel, "agreed": agreed, "changed_at": at}


CONSENTS = [
    said("a", True, OLD),
    said("b", True, OLD), said("b", False, LATER),          # agreed, then refused
    said("c", False, OLD),                                  # refused, then (below) agreed
    # d said nothing
    said("e", True, LATER), said("e", False, LATER),        # both at once: the refusal holds
    said("f", True, OLD),
    *(said(id_, True, LATER) for id_ in YES),
    said("t", False, LAST, "line"),
]  # fmt: skip


def sent(id_, day, *, campaign_id="X", channel="メール", out=None, arm=None):
    at = None if day is None else f"{day} 10:00"
    return {"contact_id": f"{campaign_id}{id_}{day}{channel}", "campaign_id": campaign_id, "customer_id": id_, "channel": channel,
            "assigned_at": at or f"{FIRST_DAY} 09:00", "sent_at": at, "opted_out_at": out, "arm": arm}  # fmt: skip


def days(n, start=FIRST_DAY):
    return [start + datetime.timedelta(days=i) for i in range(n)]


CONTACTS = [
    sent("f", "2023-03-01", out="2023-06-01 12:00"),                    # opted out after agreeing
    sent("g", "2023-03-01", out="2023-06-01 12:00"),                    # opted out, agreed again in July
    sent("h", "2023-08-01", channel="LINE", out="2023-08-02 12:00"),    # opted out of another channel
    *(sent("i", day) for day in days(8)),                               # 8 in the window: at the cap
    *(sent("j", day) for day in days(7)), *(sent("j", day, channel="DM") for day in days(3, datetime.date(2023, 12, 2))),
    *(sent("k", day, channel="同梱") for day in days(9)),               # with the box: does not disturb
    sent("p", "2023-12-10", campaign_id="C1"),                          # has had this campaign
]  # fmt: skip

CUSTOMERS = [
    {"customer_id": "l", "quiet_from": "08:00", "quiet_until": "21:00"},   # the whole day
    {"customer_id": "m", "quiet_from": "20:00", "quiet_until": "10:00"},
    {"customer_id": "n", "preferred_channel": "line"},
    {"customer_id": "o", "preferred_channel": "mail"},
    {"customer_id": "r", "left_on": datetime.date(2023, 6, 1)},
    {"customer_id": "s", "kind": "staff"},
]  # fmt: skip

STOPS = [{"customer_id": "q", "reason": "complaint"}]
BOOKINGS = [
    {"reservation_id": f"r{id_}", "customer_id": id_, "visit_at": at, "status": status, "booked_at": OLD}
    for id_, at, status in [("d", "2024-01-05 10:00", "booked"), ("b", "2024-01-05 10:00", "booked"), ("q", "2024-01-05 10:00", "booked"),
                            ("i", "2024-01-05 10:00", "booked"), ("c", "2024-01-05 10:00", "cancelled"), ("a", "2023-12-05 10:00", "booked")]
]  # fmt: skip


def shop(**more):
    return tables(IDS, consents=CONSENTS, contacts=CONTACTS, customers=CUSTOMERS, stops=STOPS, reservations=BOOKINGS,
                  campaigns=[campaign(**more)])  # fmt: skip


def chosen(loaded, earlier=None, **more):
    held = shop(**more)
    return people.chosen(loaded, held, brief(loaded, held, "C1"), ON, earlier or record.Earlier(1))


def test_mail_goes_to_who_agreed_last_and_nothing_keeps_from_it(loaded):
    found = chosen(loaded)
    assert "".join(found.ids) == "acghjkmot"
    assert found.left_out == {"basis": 4, "cap": 1, "hours": 1, "preferred": 1, "already": 1, "stopped": 3}  # bdef i l n p qrs
    assert found.found == 20


def test_the_cap_takes_all_channels_that_disturb_and_28_days(loaded):
    """j had 7 mails and, on 2 to 4 December, 3 letters: those lie before the window. One more contact, and j is at the cap."""
    held = tables(IDS, consents=CONSENTS, contacts=[*CONTACTS, sent("j", "2023-12-31", channel="電話")], campaigns=[campaign()])
    found = people.chosen(loaded, held, brief(loaded, held, "C1"), ON, record.Earlier(1))
    assert "j" not in found.ids
    assert found.left_out["cap"] == 2


def test_the_clients_own_cap_comes_before_the_usual_one(project):
    from tests.targets.conftest import SETTINGS

    found = chosen(project.load(**SETTINGS, plan={"contacts_a_month": 7}))
    assert "j" not in found.ids
    assert found.left_out["cap"] == 2


def test_post_may_go_to_who_said_nothing_and_not_to_who_refused(loaded):
    refused = said("d", False, OLD, "post")
    assert "d" in chosen(loaded, channel="DM").ids
    held = tables(IDS, consents=[*CONSENTS, refused], campaigns=[campaign(channel="DM")])
    found = people.chosen(loaded, held, brief(loaded, held, "C1"), ON, record.Earlier(1))
    assert found.left_out["basis"] == 1
    assert "d" not in found.ids
    assert "l" in chosen(loaded, channel="DM").ids, "a letter rings at no hour"


@pytest.mark.parametrize(("channel", "asked"), [("LINE", "line"), ("SMS", "sms"), ("アプリ", "push")])
def test_permission_of_one_channel_is_none_of_another(loaded, channel, asked):
    held = tables(IDS, consents=[*CONSENTS, said("d", True, OLD, asked)], campaigns=[campaign(channel=channel)])
    assert people.chosen(loaded, held, brief(loaded, held, "C1"), ON, record.Earlier(1)).ids == ["d"]


def test_a_reminder_goes_to_who_has_a_visit_ahead_outside_the_cap_and_without_consent_to_advertising(loaded):
    """d never agreed, i is at the cap: both are reminded. b refused mail, q is on the stop list, c cancelled, a has been."""
    found = chosen(loaded, purpose="reminder")
    assert found.ids == ["d", "i"]
    assert (found.left_out["cap"], found.left_out["stopped"]) == (0, 1)


def test_what_was_listed_after_the_data_end_counts_towards_the_cap(loaded):
    found = chosen(loaded, record.Earlier(2, {}, {"j": 1, "a": 1}))
    assert "j" not in found.ids
    assert "a" in found.ids


@pytest.mark.parametrize(
    ("start", "end", "silent"),
    [("08:00", "21:00", 1), ("08:01", "21:00", 0), ("22:00", "21:00", 1), ("22:00", "20:59", 0), ("07:00", "06:00", 1), ("12:00", "12:00", 1),
     ("08:00", None, 1), ("09:00", None, 0), (None, "21:00", 1), (None, "12:00", 0)],
)  # fmt: skip
def test_who_may_be_contacted_at_no_hour_of_the_day_is_left_out(loaded, start, end, silent):
    held = tables(["a"], consents=CONSENTS, customers=[{"customer_id": "a", "quiet_from": start, "quiet_until": end}])
    found = people.chosen(loaded, held, brief(loaded, held, "C1"), ON, record.Earlier(1))
    assert found.left_out["hours"] == silent
    assert AS_OF < ON


def test_the_hours_and_the_arm_of_the_data_come_along(loaded):
    held = tables(["a", "m"], consents=CONSENTS, customers=CUSTOMERS, contacts=[sent("a", None, campaign_id="C1", arm="control")])
    found = people.chosen(loaded, held, brief(loaded, held, "C1"), ON, record.Earlier(1))
    assert found.quiet == (["", "20:00"], ["", "10:00"])
    assert [arm.rpartition(" ")[2] for arm in found.first_arm] == ["control", ""]
