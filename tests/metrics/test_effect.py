"""Campaigns of a made-up shop: planted effects and none, checks that fail, sends read together, decisions by the rule."""

import datetime
import math

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import after, effect, learnings, programme, sensitivity, side_effects
from crm_helpers.params.periods import Period, Periods

D = datetime.date
YEAR = Periods(Period(D(2025, 4, 1), D(2026, 3, 31)), Period(D(2024, 4, 1), D(2025, 3, 31)))
AS_OF = D(2026, 3, 31)
PRODUCTS = pd.DataFrame({"product_id": ["p"], "unit_cost": [400]})
BRIEF = {
    "name": "夏の案内", "segment": "全員", "offer": "なし", "channel": "メール", "window_days": 10, "control_percent": 50.0,
    "eligible": 2000, "expected_rate": 20.0, "expected_control_rate": 10.0, "cost": 1000, "starts_on": "2025-06-01",
}  # fmt: skip


class Shop:
    """Collects lines and contacts; every order is one item of 1,000 that costs 400."""

    def __init__(self):
        self.lines, self.contacts, self.campaigns = [], [], []

    def campaign(self, campaign="C1", *, day="2025-06-01", treated=1000, control=1000, buys=0, held_buys=0, later=(0, 0),
                 before=(0, 0), brief=True, **changed):  # fmt: skip
        """People of both arms; `buys` of the treated buy on the third day, `later` three weeks after, `before` a month before."""
        if brief:
            row = BRIEF | {"campaign_id": campaign} | changed
            self.campaigns.append(row | {"starts_on": pd.Timestamp(day)})
        start = pd.Timestamp(day)
        for arm, n, now, then, was in (("treatment", treated, buys, later[0], before[0]),
                                       ("control", control, held_buys, later[1], before[1])):  # fmt: skip
            for i in range(n):
                who = f"{campaign}-{arm}-{i}"
                self.contacts.append(
                    {"contact_id": who, "campaign_id": campaign, "customer_id": who, "arm": arm,
                     "assigned_at": start + pd.Timedelta(hours=9), "channel": "メール",
                     "sent_at": start + pd.Timedelta(hours=9) if arm == "treatment" else pd.NaT}
                )  # fmt: skip
                for many, days in ((now, 3), (then, 21), (was, -30)):
                    if i < many:
                        self.order(who, start + pd.Timedelta(days=days))
        return self

    def order(self, who, day, amount=1000, **more):
        self.lines.append({"order_id": f"o{len(self.lines)}", "ordered_on": day.normalize(), "customer_id": who, "product_id": "p",
                           "quantity": 1, "amount": amount} | more)  # fmt: skip

    def tables(self, **others):
        self.order("base", pd.Timestamp("2024-05-01"))
        self.order("base", pd.Timestamp("2026-03-31"))
        contacts = pd.DataFrame(self.contacts)
        return Tables.of(
            order_lines=pd.DataFrame(self.lines),
            products=PRODUCTS,
            campaigns=pd.DataFrame(self.campaigns) if self.campaigns else pd.DataFrame({"campaign_id": [], "name": []}),
            contacts=contacts,
            as_of=AS_OF,
            **others,
        )


def results(shop, tables=None):
    return effect.results(tables or shop.tables(), as_of=AS_OF, periods=YEAR, tax_included=False)


def one(shop):
    found = results(shop)
    assert len(found) == 1
    return found.iloc[0].to_dict()


# ---------------------------------------------------------------- estimates
def test_a_planted_effect_by_hand():
    """200 of 1,000 buy against 100: +10 points; each buyer brings 600 of profit: 60 a head less, 60,000 in all."""
    row = one(Shop().campaign(buys=200, held_buys=100))
    assert (row["grade"], row["failed"], row["decision"], row["reason"]) == ("A", "", "widen", "gain")
    assert (row["rate"], row["base"]) == pytest.approx((0.2, 0.1))
    assert row["gap_low"] < 0.1 < row["gap_high"]
    assert row["profit"] == pytest.approx(60_000)
    spread = 600**2 * (0.2 * 0.8 + 0.1 * 0.9) * 1000 / 999 / 1000
    assert row["profit_error"] == pytest.approx(1000 * math.sqrt(spread), rel=1e-6)
    assert row["net"] == pytest.approx(59_000)
    assert row["sales"] == pytest.approx(100_000)
    assert row["told"]


def test_tax_is_not_profit():
    shop = Shop().campaign(buys=200, held_buys=100)
    for line in shop.lines:
        line["tax_percent"] = 10.0
    tables = shop.tables()
    with_tax = effect.results(tables, as_of=AS_OF, periods=YEAR, tax_included=True).iloc[0]
    assert with_tax["profit"] == pytest.approx(100 * (round(1000 / 1.1) - 400))


def test_without_a_hold_out_nothing_is_judged_however_large_the_response():
    row = one(Shop().campaign(control=0, buys=900))
    assert (row["grade"], row["decision"], row["reason"]) == ("C", "hold", "no_control")
    assert row["rate"] == 0.9
    assert all(math.isnan(row[name]) for name in ("gap", "profit", "net", "p"))


def test_no_effect_with_a_cost_that_cannot_come_back_is_stopped():
    row = one(Shop().campaign(treated=4000, control=4000, buys=800, held_buys=800, cost=200_000, eligible=8000))
    assert not row["told"]
    assert (row["decision"], row["reason"]) == ("stop", "loss")


def test_few_buyers_are_no_verdict_on_money():
    row = one(Shop().campaign(buys=30, held_buys=20))
    assert row["few"]
    assert (row["decision"], row["reason"]) == ("hold", "too_few")
    assert math.isnan(row["profit"])
    assert row["needed"] > 2000


def test_what_comes_back_missing_was_pulled_forward():
    shop = Shop().campaign(buys=300, held_buys=100, later=(60, 260))
    row = one(shop)
    assert row["pulled"] == "yes"
    assert (row["decision"], row["reason"]) == ("mend", "pulled")
    assert row["whole"] == pytest.approx(row["inside"] + row["after"])
    curve = after.running(shop.tables(), effects=results(shop), as_of=AS_OF, tax_included=False).set_index("day")
    assert curve.loc[10, "value"] == pytest.approx(row["inside"])
    assert curve.loc[38, "value"] == pytest.approx(row["whole"])
    assert curve.loc[3, "value"] == 0, "nobody has bought before the fourth day"


def test_a_gain_that_stays_is_not_pulled_forward():
    assert one(Shop().campaign(buys=300, held_buys=100, later=(150, 150)))["pulled"] == "no"


def test_unknown_unit_costs_leave_money_undecided():
    shop = Shop().campaign(buys=200, held_buys=100)
    tables = Tables.of(order_lines=pd.DataFrame(shop.lines), campaigns=pd.DataFrame(shop.campaigns),
                       contacts=pd.DataFrame(shop.contacts), as_of=AS_OF)  # fmt: skip
    row = results(shop, tables).iloc[0]
    assert math.isnan(row["profit"])
    assert row["sales"] == pytest.approx(100_000)
    assert (row["decision"], row["reason"]) == ("hold", "no_margin")


def test_a_window_that_is_not_over_waits():
    row = one(Shop().campaign(day="2026-03-25", buys=200, held_buys=100))
    assert (row["treated"], row["waiting"]) == (0, 2000)
    assert row["grade"] == "C"


# ---------------------------------------------------------------- checks
def test_an_uneven_split_stops_the_verdict():
    row = one(Shop().campaign(treated=1000, control=850, buys=300, held_buys=100))
    assert (row["grade"], row["failed"], row["decision"], row["reason"]) == ("X", "ratio", "hold", "check_ratio")
    assert math.isnan(row["profit"])


def test_sends_to_the_hold_out_stop_the_verdict():
    shop = Shop().campaign(buys=300, held_buys=100)
    for contact in shop.contacts[-30:]:
        contact["sent_at"] = contact["assigned_at"]
    assert one(shop)["failed"] == "leak"


def test_sending_before_the_assignment_stops_the_verdict():
    shop = Shop().campaign(buys=300, held_buys=100)
    for contact in shop.contacts[:30]:
        contact["sent_at"] = contact["assigned_at"] - pd.Timedelta(days=1)
    assert one(shop)["failed"] == "early"


def test_arms_that_differed_before_fall_back_on_their_change_or_on_nothing():
    """They differ a month before, outside the two windows whose change is compared: level placebo, grade B."""
    row = one(Shop().campaign(buys=300, held_buys=100, before=(500, 200)))
    assert (row["grade"], row["failed"]) == ("B", "")
    assert row["profit"] == pytest.approx(200 * 600)
    drifting = Shop().campaign(buys=300, held_buys=100, before=(500, 200))
    for i in range(400):  # and the treated were already on the rise
        drifting.order(f"C1-treatment-{i}", pd.Timestamp("2025-05-28"))
    row = one(drifting)
    assert (row["grade"], row["failed"]) == ("X", "balance")


def test_checks_rarely_stop_what_is_in_order():
    """Random splits of 2,000 with a tenth left out: of 60 none fails."""
    rng = np.random.default_rng(2)
    for _ in range(60):
        held = int(rng.binomial(2000, 0.1))
        counts = {"assigned": 2000 - held, "sent": 2000 - held, "early": 0, "n": 2000 - held}
        sums = {f"s_{name}": 0.0 for name in ("y", "yy")} | {"s_xy": 0.0}
        x = rng.lognormal(7, 1, 2000)
        treated = counts | sums | {"s_x": x[held:].sum(), "s_xx": (x[held:] ** 2).sum(), "campaign_id": "C"}
        control = {"assigned": held, "sent": 0, "early": 0, "n": held, "campaign_id": "C"} | sums
        control |= {"s_x": x[:held].sum(), "s_xx": (x[:held] ** 2).sum()}
        assert effect._failed([(treated, control)], [{"campaign_id": "C", "control_percent": 10.0}]) == ""


# ---------------------------------------------------------------- kinds and origin
def test_sends_of_one_kind_are_read_together_each_against_its_own_hold_out():
    shop = Shop().campaign("C1", name="6月 まとめ割", buys=200, held_buys=100)
    shop.campaign("C2", day="2025-07-01", name="7月 まとめ割", buys=150, held_buys=150, cost=3000)
    row = one(shop)
    assert (row["id"], row["sends"], row["ids"], row["name"]) == ("C1", 2, "C1 C2", "まとめ割")
    assert row["profit"] == pytest.approx(60_000)
    assert row["cost"] == 4000
    assert row["gap"] == pytest.approx(0.05)


def test_another_offer_is_another_kind():
    shop = (
        Shop().campaign("C1", buys=200, held_buys=100).campaign("C2", day="2025-07-01", offer="送料無料", buys=150, held_buys=150)
    )
    assert sorted(results(shop)["id"]) == ["C1", "C2"]


def test_a_campaign_without_a_brief_is_recorded():
    shop = Shop().campaign("C1", buys=200, held_buys=100).campaign("C9", control=0, brief=False)
    assert results(shop).set_index("id")["origin"].to_dict() == {"C1": "brief", "C9": "recorded"}


def test_campaigns_of_other_years_and_plans_are_left_out():
    shop = Shop().campaign(day="2024-06-01", buys=200, held_buys=100)
    assert results(shop) == Unavailable("effect.results", reason="effect.no_campaigns")


def test_rows_in_another_order_give_the_same():
    shop = Shop().campaign(buys=200, held_buys=100)
    once = results(shop)
    shop.contacts.reverse()
    shop.lines.reverse()
    pd.testing.assert_frame_equal(once, results(shop))


# ---------------------------------------------------------------- the rule
BASE = {"grade": "A", "failed": "", "few": False, "profit": 100.0, "cost": 50.0, "pulled": "no", "told": True, "gap": 0.01,
        "net": 50.0, "net_low": 10.0, "net_high": 90.0, "chance": 0.99, "whole_high": 120.0}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "decision"),
    [
        ({}, "widen"),
        ({"told": False}, "continue"),
        ({"net_low": -5.0, "chance": 0.81}, "continue"),
        ({"net_low": -5.0, "chance": 0.79}, "mend"),
        ({"net_low": -5.0, "chance": 0.79, "told": False}, "hold"),
        ({"net": -50.0, "net_low": -90.0, "net_high": -10.0, "chance": 0.0}, "mend"),
        ({"net": -50.0, "net_low": -90.0, "net_high": -10.0, "chance": 0.0, "told": False}, "stop"),
        ({"net": -50.0, "net_low": -90.0, "net_high": -10.0, "chance": 0.0, "gap": -0.01}, "stop"),
        ({"pulled": "yes"}, "mend"),
        ({"pulled": "maybe", "whole_high": 40.0}, "stop"),
        ({"few": True}, "hold"),
        ({"cost": math.nan}, "hold"),
        ({"grade": "C"}, "hold"),
    ],
)
def test_the_rule_decides(changed, decision):
    assert effect.decide(BASE | changed)[0] == decision


# ---------------------------------------------------------------- what is built on it
def test_the_parts_of_the_gap_to_the_plan_add_up():
    told = effect.against_plan(results(Shop().campaign(buys=150, held_buys=100))).iloc[0]
    assert told["planned"] == pytest.approx(1000 * 0.1)
    assert told["actual"] == pytest.approx(50)
    assert told[["reach", "response", "natural"]].sum() == pytest.approx(told["actual"] - told["planned"])
    assert (told["main"], told["response"], told["natural"]) == ("response", pytest.approx(-50), pytest.approx(0))


def test_the_contribution_adds_up_to_the_change_of_sales():
    shop = Shop().campaign(buys=200, held_buys=100)
    parts = programme.contribution(shop.tables(), effects=results(shop), periods=YEAR)
    by = parts.set_index("part")["value"]
    assert by["total_compare"] + by["guests"] + by["drift"] + by["effect"] == by["total_current"]
    assert by["effect"] == 100_000


def test_other_ways_of_estimating_agree_where_nothing_is_odd():
    shop = Shop().campaign(buys=200, held_buys=100)
    told = sensitivity.ways(shop.tables(), effects=results(shop), as_of=AS_OF, tax_included=False).set_index("way")
    assert told["value"].to_numpy() == pytest.approx(60_000)
    assert told.loc["bootstrap", ["low", "high"]].tolist() == pytest.approx(told.loc["plain", ["low", "high"]].tolist(), rel=0.05)


def test_learnings_are_adopted_when_the_rule_could_decide_and_expire():
    told = learnings.register(results(Shop().campaign(buys=200, held_buys=100))).iloc[0]
    assert (told["status"], told["expires"]) == ("adopted", "2027-06-01")
    assert isinstance(learnings.register(results(Shop().campaign(control=0))), Unavailable)


@pytest.mark.parametrize(
    ("shop", "field", "after_"),
    [
        (Shop().campaign(control=0, buys=300), "control", 0.5),
        (Shop().campaign(treated=4000, control=4000, buys=800, held_buys=800, cost=200_000, eligible=8000), "sends", 0),
        (Shop().campaign(buys=300, held_buys=100, later=(60, 260)), "window", 38),
        (Shop().campaign(buys=200, held_buys=100), "rates", 0.2),
        (Shop().campaign(buys=200, held_buys=100, cost=200_000), "cost", 60),
    ],
)
def test_the_next_plan_changes_the_field_that_the_reason_names(shop, field, after_):
    told = learnings.changes(results(shop)).iloc[0]
    assert (told["field"], told["after"]) == (field, pytest.approx(after_))


def test_the_record_counts_sends():
    shop = Shop().campaign("C1", result="済", buys=200, held_buys=100).campaign("C2", day="2025-07-01", offer="別", control=0)
    told = learnings.record(results(shop)).set_index("step")["count"].to_dict()
    assert told == {"sends": 2, "message": 0, "expected": 2, "control": 1, "result": 1, "decided": 0}


def test_messages_after_an_opt_out_are_counted_by_person():
    shop = Shop().campaign("C1", buys=200, held_buys=100).campaign("C2", day="2025-07-01", control=0)
    for i in range(10):
        first, second = shop.contacts[i], shop.contacts[2000 + i]
        second["customer_id"] = first["customer_id"]
        first["opted_out_at"] = first["sent_at"] + pd.Timedelta(hours=1)
        if i >= 8:
            second["sent_at"] = first["sent_at"] + pd.Timedelta(hours=20)  # the next day: it may have been on its way
    told = side_effects.sent_after_refusal(shop.tables()).iloc[0]
    assert (told["refused"], told["still"], told["messages"]) == (10, 8, 8)


def test_opt_outs_and_reductions_by_campaign():
    shop = Shop().campaign(buys=200, held_buys=100)
    for contact in shop.contacts[:6]:
        contact["opted_out_at"] = contact["sent_at"] + pd.Timedelta(hours=1)
    for line in shop.lines[:200]:
        line["discount"] = 50
    tables = shop.tables()
    told = side_effects.by_campaign(tables, effects=results(shop, tables), as_of=AS_OF, k=5).iloc[0]
    assert (told["arrived"], told["opted_out"], told["rate"]) == (1000, 6, 0.006)
    assert told["discount"] == pytest.approx(200 * 50)
    assert told["complaint"] == 0


def test_opt_outs_of_few_people_are_hidden():
    shop = Shop().campaign(buys=200, held_buys=100)
    for contact in shop.contacts[:4]:
        contact["opted_out_at"] = contact["sent_at"] + pd.Timedelta(hours=1)
    tables = shop.tables()
    told = side_effects.by_campaign(tables, effects=results(shop, tables), as_of=AS_OF, k=5).iloc[0]
    assert told["hidden"]
    assert math.isnan(told["rate"])


# ---------------------------------------------------------------- the universal hold-out
def kept_out():
    """1,000 people, 500 of them kept out of everything for 60 days: 200 against 100 buy; one campaign of 10 days within it."""
    made = Shop().campaign(
        "ALL", day="2025-06-01", treated=500, control=500, buys=200, held_buys=100, window_days=60, segment="u"
    )
    made.contacts = [row | {"sent_at": pd.NaT} for row in made.contacts]
    return made.campaign("C1", day="2025-06-10", treated=600, control=600, buys=240, held_buys=60)


def asked(tables):
    told = {"as_of": AS_OF, "periods": YEAR, "tax_included": False}
    return effect.results(tables, **told), effect.universal(tables, **told)


def test_an_assignment_without_any_send_is_the_universal_hold_out_and_no_campaign():
    effects, whole = asked(kept_out().tables())
    assert effects["id"].tolist() == ["C1"]
    assert (whole["id"], whole["treated"], whole["left_out"]) == ("ALL", 500, 500)
    assert whole["gap"] == pytest.approx(0.2)
    assert whole["sales"] == pytest.approx(100_000), "500 people × 200 yen each"


def test_a_log_that_does_not_hold_sends_knows_no_universal_hold_out():
    made = kept_out()
    made.contacts = [row | {"sent_at": pd.NaT} for row in made.contacts]
    effects, whole = asked(made.tables())
    assert sorted(effects["id"]) == ["ALL", "C1"]
    assert whole is None


def test_the_overlap_makes_the_parts_add_up_to_the_universal_difference_and_to_the_change_of_sales():
    tables = kept_out().tables()
    effects, whole = asked(tables)
    parts = programme.contribution(tables, effects=effects, periods=YEAR, whole=whole).set_index("part")["value"]
    own = parts["effect"]
    assert own == pytest.approx(180_000), "600 × (0.4 − 0.1) × 1,000"
    assert parts["overlap"] == 100_000 - own, "together they added less than each by itself"
    assert parts.drop("total_current").sum() == parts["total_current"]
    without = programme.contribution(tables, effects=effects, periods=YEAR).set_index("part")["value"]
    assert "overlap" not in without
