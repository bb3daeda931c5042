"""What the map knows, worked by hand on the boxes of the stages' tests."""

import math

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.metrics.journey import EVERYBODY, reach
from crm_helpers.metrics.journey_map import campaigns, evidence, notes, stakes, who
from tests.metrics.sample import shop
from tests.metrics.test_journey import BOXES, SENT, TWO_YEARS, YEARS, boxes

SURVEYS = pd.DataFrame(
    {
        **{"response_id": [f"r{i // 2}" for i in range(40)], "question": ["a", "b"] * 20, "touchpoint": "box"},
        **{
            "measure": ["csat", "ces"] * 20,
            "score": [5, 7] * 10 + [1, 1] * 10,
            "customer_id": [f"c{i // 2 + 1}" for i in range(40)],
        },
        "answered_on": pd.Timestamp("2025-03-01"),
    }
)
ASKED = pd.DataFrame(
    {
        **{"inquiry_id": [f"i{n}" for n in range(12)], "customer_id": [f"c{n + 1}" for n in range(12)], "reason": "late"},
        "opened_at": pd.Timestamp("2025-03-01"),
    }
)


def found_of(*groups, **others):
    return evidence(boxes(*groups, **others), BOXES, k=5, **SENT)


def rows(found, row, stage="try"):
    return found[(found["row"] == row) & (found["stage"] == stage)].to_dict("records")


def test_feelings_are_means_of_answers_on_one_scale():
    """Ten answers of +2 on both questions, ten of −2: mean 0, standard deviation of twenty answers √(80/19)."""
    (told,) = rows(found_of(*TWO_YEARS, surveys=SURVEYS), "feeling")
    assert (told["people"], told["score"], told["evidence"]) == (20, 0, "B")
    assert told["high"] == pytest.approx(1.959964 * math.sqrt(80 / 19) / math.sqrt(20), rel=1e-5)
    few = rows(found_of(*TWO_YEARS, surveys=SURVEYS.head(14)), "feeling")
    assert few[0]["evidence"] == "C", "seven answers are a talk with a few people"
    assert not rows(found_of(*TWO_YEARS, surveys=SURVEYS.head(8)), "feeling"), "four people are not told"


def test_reasons_of_those_who_left_at_the_stage():
    found = found_of(
        (40, "2025-02-01", None, 20, "too much"), (10, "2025-02-01", None, 20, "price"), (60, "2025-02-01", 30, 100, "taste")
    )
    assert [(r["label"], r["people"], r["of"]) for r in rows(found, "cancel")] == [("too much", 40, 50), ("price", 10, 50)]
    assert [(r["label"], r["share"]) for r in rows(found, "cancel", "second")] == [("taste", 1.0)]


def test_a_reason_of_a_few_does_not_come_out_of_the_rest():
    found = found_of(
        (40, "2025-02-01", None, 20, "too much"), (6, "2025-02-01", None, 20, "price"), (3, "2025-02-01", None, 20, "x")
    )
    assert [r["label"] for r in rows(found, "cancel")] == ["too much"], "46 of 49 shown would tell of three"


def test_inquiries_and_contacts_are_shares_of_those_who_began():
    sent = pd.DataFrame(
        {
            **{"contact_id": [f"m{n}" for n in range(30)], "campaign_id": "C1", "customer_id": [f"c{n + 1}" for n in range(30)]},
            **{"assigned_at": pd.Timestamp("2025-03-01"), "sent_at": pd.Timestamp("2025-03-01"), "channel": "mail"},
        }
    )
    found = found_of(*TWO_YEARS, inquiries=ASKED, contacts=sent)
    assert [(r["label"], r["people"], r["of"], r["share"], r["evidence"]) for r in rows(found, "inquiry")] == [
        ("late", 12, 100, 0.12, "B")
    ]
    assert [(r["label"], r["share"], r["evidence"]) for r in rows(found, "contact")] == [("mail", 0.3, "A")]


def test_money_at_stake_is_the_difference_times_those_who_stopped():
    """Those who go on spend 2,000 in 180 days, the others 1,000; 40 of 100 stopped in 2025: 40 × 1,000."""
    tables = boxes(*TWO_YEARS)
    found = evidence(tables, BOXES, k=5, **SENT)
    (told,) = rows(found, "worth", "second")
    assert (told["score"], told["people"], told["of"]) == (1000, 105, 150)
    money = stakes(reach(tables, BOXES, k=5, **SENT), found)
    assert list(money["stage"]) == ["second"], "leaving is no pain of its own"
    row = money.iloc[0]
    assert (row["start"], row["lost"], row["rate"]) == ("try", 40, pytest.approx(0.4))
    assert row["stake"] == pytest.approx(40_000)
    assert row["stake_low"] <= row["stake"] <= row["stake_high"]


def test_an_order_log_alone_makes_no_map():
    told = evidence(shop(), BOXES, k=5, **SENT)
    assert (told.would_show, told.reason) == ("journey_map.evidence", "journey.no_voices")
    assert isinstance(stakes(told, told), Unavailable)
    assert len(who(shop(), BOXES, **{**SENT, "first_orders_known": False})) == 0
    assert len(notes(shop(), BOXES)) == 0
    assert campaigns(shop(), BOXES, periods=YEARS) == Unavailable("journey_map.campaigns", ("campaigns",))


def test_the_size_of_a_persona():
    (row,) = who(boxes(*TWO_YEARS), BOXES, **SENT).to_dict("records")
    assert (row["persona"], row["people"], row["sales"], row["share"]) == (EVERYBODY, 150, 160_000, 1)


def test_notes_of_the_last_workshop_by_any_name_of_the_stage():
    workshop = pd.DataFrame(
        {
            "note_id": ["n1", "n2", "n3", "n4", "old"],
            "held_on": pd.to_datetime(["2025-06-01"] * 4 + ["2024-06-01"]),
            "stage": ["try", "2回目", "2回目", "elsewhere", "try"],
            "row": ["pain", "emotion", "emotion", "pain", "goal"],
            "note": ["dear", "hm", "well", "lost", "old"],
            "score": [None, -2, -1, None, None],
        }
    )
    told = notes(boxes(*TWO_YEARS, workshop=workshop), BOXES).to_dict("records")
    assert [(r["stage"], r["row"], r["note"], r["count"]) for r in told] == [
        ("try", "pain", "dear", 1),
        ("second", "emotion", "hm", 2),
    ]
    assert told[1]["score"] == -1.5


def test_campaigns_of_the_period_stand_at_the_stage_they_serve():
    listed = pd.DataFrame(
        {
            **{"campaign_id": ["C1", "C2"], "name": ["mail", "other"]},
            **{"starts_on": pd.to_datetime(["2025-03-01"] * 2), "ends_on": pd.to_datetime(["2025-04-01"] * 2)},
        }
    )
    told = campaigns(boxes(*TWO_YEARS, campaigns=listed), BOXES, periods=YEARS)
    assert told.to_dict("records") == [{"stage": "try", "campaign_id": "C1", "name": "mail"}]
    past = listed.assign(starts_on=pd.Timestamp("2024-01-01"), ends_on=pd.Timestamp("2024-02-01"))
    assert len(campaigns(boxes(*TWO_YEARS, campaigns=past), BOXES, periods=YEARS)) == 0
