"""The year plan: gap, levers, increments, measurability, contacts, each worked by hand."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.document import LedgerRow, Sentence
from crm_helpers.metrics import forecast, plan
from crm_helpers.metrics.power import rates_people
from crm_helpers.params.schema import Condition, Segment, Words
from tests.metrics.test_forecast import AS_OF, past_of, steady

JANUARY = 2026 * 12


def tables(budget=None, campaigns=None, frame=None, **others):
    given_ = {"budget": budget, "campaigns": campaigns, **others}
    return Tables.of(
        order_lines=steady() if frame is None else frame, as_of=AS_OF, **{k: v for k, v in given_.items() if v is not None}
    )


def budget(amount=25_000, item="売上", months=12):
    days = [datetime.date(2026, m + 1, 1) for m in range(months)]
    return pd.DataFrame({"month": days, "item": item, "amount": amount, "channel": "EC"})


def brief(**more):
    told = {
        "campaign_id": "C1", "name": "次の一袋", "stage": "現役", "purpose": "frequency", "segment": "常連", "channel": "同梱",
        "starts_on": datetime.date(2026, 3, 1), "ends_on": datetime.date(2026, 3, 31), "control_percent": 20.0, "expected_rate": 30.0,
        "expected_control_rate": 20.0, "response_value": 5_000, "planned_cost": 10_000, "contact_cost": 10, "offer_cost": 100,
        "offer_in_net": False, "sends": 1, "work_days": 3.0, "why_me": "前の豆を飲み切る頃だから", "why_now": "28日がたったから",
    }  # fmt: skip
    return {**told, **more}


SEGMENTS = {
    "regulars": Segment(
        name=Words({"ja": "常連", "en": "Regulars"}), where=Condition(field="orders", op="at_least", value=["2"]), tag=True
    )
}


def planned(*rows, frame=None, **others):
    held = tables(campaigns=pd.DataFrame(rows), frame=frame, **others)
    who = plan.people(held, SEGMENTS, as_of=AS_OF, currency="JPY")
    return plan.briefs(held, who, SEGMENTS, as_of=AS_OF), who


def test_the_gap_is_target_less_what_comes_by_itself():
    base = forecast.baseline(past_of(steady()))
    found = plan.gap(tables(budget()), base)
    assert found["gap"].to_numpy() == pytest.approx([5_000] * 12)
    both = pd.concat([budget(20_000), budget(5_000).assign(channel="店舗"), budget(9, item="販促費")])
    assert plan.gap(tables(both), base)["target"].tolist() == [25_000] * 12, "parts add up, other items do not count"


def test_a_budget_of_some_months_is_no_target():
    found = plan.gap(tables(budget(months=5)), forecast.baseline(past_of(steady())))
    assert isinstance(found, Unavailable)
    assert found.facts == {"found": 5}


def test_a_lever_has_no_room_where_months_do_not_differ_and_all_levers_add_up_to_their_joint():
    missing = plan.gap(tables(budget()), forecast.baseline(past_of(steady())))
    found = plan.cascade(past_of(steady()), missing, Unavailable("plan.briefs"))
    assert found["net"].sum() == pytest.approx(found["joint"].iloc[0], abs=1)
    assert found["change"].max() == pytest.approx(0, abs=1e-9)
    assert found["unfilled"].iloc[0] == pytest.approx(60_000, abs=1)


def test_the_cascade_is_an_identity_net_of_overlap_and_never_over_a_fifth():
    rng = np.random.default_rng(5)
    frame = steady()
    frame["amount"] = (frame["amount"] * rng.uniform(0.5, 2.0, len(frame))).round().astype(int)
    past = past_of(frame)
    missing = plan.gap(tables(budget(60_000)), forecast.baseline(past))
    found = plan.cascade(past, missing, Unavailable("plan.briefs"))
    assert found["net"].sum() == pytest.approx(found["joint"].iloc[0], rel=1e-9)
    assert found["joint"].iloc[0] - found["alone"].sum() == pytest.approx(found["overlap"].iloc[0])
    assert found["change"].between(0, plan.MOST).all()
    assert found["change"].max() > 0
    assert found["taken"].sum() + found["unfilled"].iloc[0] == pytest.approx(found["gap"].iloc[0])


def test_moving_every_lever_moves_the_year_in_its_direction():
    made = forecast.drivers(past_of(steady()), damped=0.0)
    alone = forecast.simulate(made)["sales"].sum()
    for name in ("new", "price", "items", "frequency"):
        assert forecast.simulate(plan.pulled(made, {name: 0.1}))["sales"].sum() > alone, name
    tenth = forecast.simulate(plan.pulled(made, {"price": 0.1}))["sales"].sum()
    assert tenth == pytest.approx(1.1 * alone)


@pytest.mark.parametrize(
    ("in_net", "offers", "spend"), [(False, 1_000 * 0.30 * 100, 10_000 + 10_000 + 30_000), (True, 0.0, 10_000 + 10_000)]
)
def test_an_offer_is_paid_to_all_who_take_it_up_unless_net_sales_carry_it_already(in_net, offers, spend):
    found = plan.increment(1_000, 0.30, 0.20, value=5_000, margin=0.4, fixed=10_000, contact=10, offer=100, offer_in_net=in_net)
    assert found["responses"] == pytest.approx(100)
    assert found["sales"] == pytest.approx(500_000)
    assert found["profit"] == pytest.approx(200_000)
    assert (found["offers"], found["spend"]) == (pytest.approx(offers), pytest.approx(spend))
    assert found["roi"] == pytest.approx((200_000 - spend) / spend)
    assert found["break_even"] == pytest.approx(spend / (1_000 * 5_000 * 0.4))


def test_at_the_break_even_difference_profit_meets_cost():
    found = plan.increment(800, 0.25, 0.20, value=4_000, margin=0.5, fixed=20_000, contact=5, offer=0, offer_in_net=False)
    even = plan.increment(
        800, 0.20 + found["break_even"], 0.20, value=4_000, margin=0.5, fixed=20_000, contact=5, offer=0, offer_in_net=False
    )
    assert even["profit"] == pytest.approx(even["spend"])


def test_the_published_numbers_of_people():
    assert round(rates_people(0.25, 0.20) / 2) == 1_094
    assert round(rates_people(0.035, 0.030) / 2) == pytest.approx(19_743, abs=1)
    total = rates_people(0.035, 0.030, share=0.9)
    assert (round(total * 0.1), round(total * 0.9)) == (pytest.approx(11_220, abs=2), pytest.approx(100_975, abs=2))


@pytest.mark.parametrize(
    ("people", "share", "verdict"), [(2_188, 0.5, "yes"), (2_100, 0.5, "no"), (2_300, 0.2, "half"), (9_999, 0.0, "none")]
)
def test_a_campaign_can_be_judged_only_with_people_enough_on_both_sides(people, share, verdict):
    assert plan.measurable(people, share, 0.25, 0.20)["verdict"] == verdict


@given(st.integers(50, 50_000), st.floats(0.05, 0.5), st.floats(0.02, 0.5), st.floats(0.01, 0.3))
def test_who_can_be_judged_sees_a_difference_no_larger_than_assumed(people, share, base, lift):
    found = plan.measurable(people, share, min(base + lift, 0.95), base)
    if found["verdict"] == "yes" and not math.isnan(found["smallest"]):
        assert found["smallest"] <= min(base + lift, 0.95) - base + 1e-3


def test_a_square_root_response_is_split_at_equal_marginal_return():
    assert plan.equal_margins([3, 2, 1], 140) == [90, 40, 10]
    assert sum(a * math.sqrt(b) for a, b in zip((3, 2, 1), plan.equal_margins([3, 2, 1], 140), strict=True)) == pytest.approx(
        44.272, abs=1e-3
    )
    assert plan.equal_margins([0, 0], 10) == [0, 0]


def test_the_people_of_a_brief_are_those_of_its_condition():
    found, who = planned(brief())
    row = found.iloc[0]
    assert row["segment_name"] == "regulars"
    assert row["found"] == row["reach"] == 350, "the last month's ten have bought once"
    assert (row["treated"], row["held"]) == (pytest.approx(280), pytest.approx(70))
    assert row["sales"] == pytest.approx(280 * 0.10 * 5_000)
    assert who.size(who.flag("regulars")) == 350


def test_consent_and_the_stop_list_bound_whom_a_campaign_reaches():
    consents = pd.DataFrame({"customer_id": ["客0-0", "客0-1", "客0-2"], "channel": "mail", "agreed": [True, True, False],
                             "changed_at": pd.Timestamp("2025-01-01")})  # fmt: skip
    stops = pd.DataFrame({"customer_id": ["客0-1"], "reason": ["opt_out"]})
    found, _ = planned(brief(channel="メール"), consents=consents, stops=stops)
    assert found["found"].iloc[0] == 350
    assert found["reach"].iloc[0] == 1


def test_a_trigger_counts_the_people_of_the_year_and_a_rule_in_words_has_no_condition():
    found, _ = planned(brief(trigger="28日後", eligible=700), brief(campaign_id="C2", segment="よく来る人", eligible=90))
    rows = found.set_index("campaign_id")
    assert rows.loc["C1", "people"] == pytest.approx(700)
    assert rows.loc["C1", "always"]
    assert rows.loc["C2", "people"] == pytest.approx(90)
    assert rows.loc["C2", "segment_name"] == ""
    assert pd.isna(rows.loc["C2", "found"])


def test_campaigns_that_have_begun_are_no_plan():
    found, _ = planned(brief(starts_on=datetime.date(2025, 3, 1)))
    assert isinstance(found, Unavailable)


def test_the_cap_counts_contacts_of_the_same_person_in_a_month():
    rows = [
        brief(campaign_id=f"C{n}", channel="メール", control_percent=0.0, ends_on=datetime.date(2026, 3, 20)) for n in range(3)
    ]
    found, who = planned(*rows)
    months = plan.load(found, who, first=JANUARY, cap=2).set_index("month")
    assert months.loc[JANUARY + 2, "most"] == 3
    assert months.loc[JANUARY + 2, "over"] == 350
    assert months.drop(JANUARY + 2)["most"].max() == 0
    assert plan.load(found, who, first=JANUARY, cap=3)["over"].sum() == 0, "as many as the cap is not over it"
    boxes, who = planned(*(brief(campaign_id=f"C{n}") for n in range(3)))
    assert plan.load(boxes, who, first=JANUARY, cap=2)["most"].max() == 0, "a card in the box does not disturb"


def test_two_campaigns_meet_only_within_a_week_of_each_other():
    near = brief(campaign_id="C2", starts_on=datetime.date(2026, 4, 7), ends_on=datetime.date(2026, 4, 9))
    far = brief(campaign_id="C3", starts_on=datetime.date(2026, 4, 20), ends_on=datetime.date(2026, 4, 22))
    found, who = planned(brief(), near, far)
    pairs = plan.overlaps(found, who, k=5).set_index(["one", "other"])
    assert list(pairs.index) == [("C1", "C2")]
    assert pairs["both"].iloc[0] == 350
    assert pairs["share"].iloc[0] == 1.0


def test_work_of_a_spot_stands_in_its_first_month_and_of_an_always_on_one_over_all():
    found, _ = planned(
        brief(), brief(campaign_id="C2", trigger="毎月", starts_on=datetime.date(2026, 1, 1), ends_on=datetime.date(2026, 12, 31))
    )
    days = plan.by_month(found, "work_days", first=JANUARY)
    assert days.sum() == pytest.approx(6.0)
    assert days[2] == pytest.approx(3.25)
    assert days[0] == pytest.approx(0.25)


def test_what_is_asked_of_the_board_is_what_is_open():
    found, _ = planned(brief(approved_on=datetime.date(2025, 12, 1)), brief(campaign_id="C2", expected_rate=20.5))
    missing = plan.gap(tables(budget()), forecast.baseline(past_of(steady())))
    asked = plan.approvals(found, missing, 0).set_index("item")
    assert asked.loc["drafts", "count"] == 1
    assert "work" not in asked.index
    assert asked.loc["blind", "count"] == 2


# ---------------------------------------------------------------- what the review taught
def learning(name="learning:C9", status="adopted", expires="2027-01-31", rate=0.42, base=0.30):
    values = {"rate": {"value": rate}, "control_rate": {"value": base}, "expires": {"value": expires}}
    return LedgerRow(name, "learning", Sentence("x"), values, "contacts", ("effect:C9",), status)


def learnt(told, **more):
    held = tables(campaigns=pd.DataFrame([brief(**({"expected_rate": None, "expected_control_rate": None} | more))]))
    who = plan.people(held, SEGMENTS, as_of=AS_OF, currency="JPY")
    return plan.briefs(held, who, SEGMENTS, as_of=AS_OF, learned=told).iloc[0]


def test_a_brief_without_rates_starts_from_the_adopted_learning_that_it_answers():
    found = learnt([learning()], because="finding:f2 learning:C9")
    assert (found["rate"], found["base_rate"], found["learnt"]) == (0.42, 0.30, True)


@pytest.mark.parametrize(
    "told",
    [learning(status="retest"), learning(expires="2025-12-30"), learning("learning:C8")],
    ids=["to be tested again", "expired", "another learning"],
)
def test_no_other_learning_lends_its_rates(told):
    found = learnt([told], because="learning:C9")
    assert math.isnan(found["rate"])
    assert not found["learnt"]


def test_the_briefs_own_rates_come_first():
    assert learnt([learning()], because="learning:C9", expected_rate=30.0, expected_control_rate=20.0)["rate"] == 0.30


def test_a_response_without_a_worth_is_worth_the_mean_order():
    found = learnt([learning()], because="learning:C9", response_value=None)
    held = tables()
    assert found["valued"]
    assert found["sales"] == pytest.approx(found["responses"] * plan.mean_order(held, as_of=AS_OF))


def test_what_is_to_be_tested_again_is_looked_for_in_the_plan():
    rows = [brief(because="learning:C9"), brief(campaign_id="C2", because="learning:C8", control_percent=0.0)]
    found, _ = planned(*rows)
    told = [
        learning(status="retest"),
        learning("learning:C8", "retest"),
        learning("learning:C7", "retest"),
        learning("learning:C6"),
    ]
    again = plan.retests(told, found)
    assert again.to_dict("records") == [
        {"id": "learning:C9", "campaigns": "C1", "held": True},
        {"id": "learning:C8", "campaigns": "C2", "held": False},
        {"id": "learning:C7", "campaigns": "", "held": False},
    ]


def test_a_purpose_in_free_words_is_no_lever():
    found, _ = planned(brief(purpose="記念日の利用"))
    assert found["lever"].tolist() == [""]
