"""The pages of the year plan: what they say, draw and hang on, in every language."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from crm_helpers import views
from crm_helpers.document import Block, LedgerRow, Sentence, from_json
from crm_helpers.domain import seasons
from crm_helpers.domain.plan import legal_checks
from crm_helpers.domain.schedule import chain, closed_days
from crm_helpers.metrics import forecast, plan, schedule
from crm_helpers.params.schema import Event, PlanSettings, Words
from crm_helpers.report import calendar
from crm_helpers.text.catalogue import Voice, as_fact, in_languages
from crm_helpers.views.block import Context, bundle
from crm_helpers.views.campaigns import answers
from tests.metrics.test_forecast import AS_OF, past_of, steady
from tests.metrics.test_plan import JANUARY, brief, budget, planned, tables

DEMO = Path("data/demo/ledger/2026-03-31")
KNOWN = (LedgerRow("finding:gaps", "finding", Sentence("sales.source"), {}, "order_lines", ("kpi:orders_per_customer",)),)
SETTINGS = PlanSettings(
    contacts_a_month=2,
    work_days_a_month=2,
    events=[
        Event(name=Words({"ja": "棚卸し", "en": "Stocktaking"}), start=datetime.date(2026, 9, 1), end=datetime.date(2026, 9, 3))
    ],
    reviews=[datetime.date(2026, 7, 15)],
)


OWN = {"ja": {"segments.name.regulars": "常連"}, "en": {"segments.name.regulars": "Regulars"}}


CLOSED = closed_days(datetime.date(2025, 1, 1), datetime.date(2027, 12, 31), japanese=True)
MONTHS = {"first": JANUARY, "cap": 2, "closed": CLOSED}


def campaigns():
    """Three briefs of the shop that does not change, and the people they are for."""
    rows = [
        brief(because="finding:gaps", channel="メール"),
        brief(
            campaign_id="C2",
            trigger="毎月",
            eligible=500,
            starts_on=datetime.date(2026, 1, 1),
            ends_on=datetime.date(2026, 12, 31),
        ),
        brief(campaign_id="C3", segment="よく来る人", eligible=90, control_percent=0.0, approved_on=datetime.date(2025, 12, 1)),
    ]
    return planned(*rows)


def scheduled(found):
    """The tasks and person-days of briefs."""
    told = schedule.tasks(found, as_of=AS_OF, chain=chain(), closed=CLOSED)
    return told, schedule.work(told, as_of=AS_OF, **MONTHS)


FOUND, WHO = campaigns()
TASKS, WORK = scheduled(FOUND)


def everything():
    """Every page of the plan for the shop that does not change."""
    past = past_of(steady())
    base = forecast.baseline(past)
    missing = plan.gap(tables(budget()), base)
    found, who = FOUND, WHO
    levers = plan.cascade(past, missing, found)
    contacts = plan.load(found, who, first=JANUARY, cap=2)
    return {
        "gap": views.plan.gap(missing),
        "cascade": views.plan.cascade(levers, known=KNOWN),
        "tornado": views.plan.tornado(plan.tornado(past), base),
        "year": views.year.calendar(found, contacts, missing=missing, levers=levers, work=WORK, settings=SETTINGS),
        "gantt": views.schedule.gantt(TASKS, WORK, links=schedule.links(found, TASKS), as_of=AS_OF, closed=CLOSED),
        "effort": views.schedule.load(TASKS, WORK, as_of=AS_OF),
        "overview": views.campaigns.overview(found, missing, known=KNOWN),
        "money": views.campaigns.money(found, missing),
        "measurability": views.campaigns.measurability(found, missing),
        "load": views.campaigns.load(contacts, plan.overlaps(found, who, k=5), found),
        "sheets": views.briefs.sheets(found, missing, known=KNOWN),
        "approvals": views.briefs.approvals(plan.approvals(found, missing, 1), found, missing),
        "chains": views.briefs.chains(found, missing, known=KNOWN),
    }


PAGES = everything()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_shown_and_is_the_same_block_again(name, monkeypatch):
    monkeypatch.setenv("CRM_DISPLAY", "run")
    shown = bundle(PAGES[name], Context("2025-12-31", "JPY", ("ja", "en"), own=OWN))
    block = from_json(Block, json.loads(json.dumps(shown["application/vnd.crm.block+json"])))
    assert block.page.startswith("AP-")
    for lang in ("ja", "en"):
        voice = Voice(lang, "JPY", block.money.largest if block.money else 0, OWN[lang])
        said = [voice.say(s.key, **s.facts) for s in (block.headline, *block.reading, *block.claim, *block.note)]
        assert all(said)
        for panel in block.panels:
            if panel.table:
                voice.cells(panel.table.rows, panel.table.cell_forms)
            else:
                assert len(panel.chart.svg[lang].encode()) < (25_000 if panel.chart.height != "L" else 50_000)


def test_a_page_without_a_target_speaks_of_the_campaigns_alone():
    found, _ = planned(brief())
    assert views.campaigns.overview(found).headline.key.endswith("no_target")
    assert views.year.calendar(found, settings=PlanSettings()).calendar.above == ()


def test_the_gap_within_the_forecasts_error_is_no_gap():
    base = forecast.baseline(past_of(steady()))
    assert views.plan.gap(plan.gap(tables(budget(20_000)), base)).headline.key.endswith("level")
    assert views.plan.gap(plan.gap(tables(budget(25_000)), base)).headline.key.endswith("missing")
    assert views.plan.gap(plan.gap(tables(budget(15_000)), base)).headline.key.endswith("over")


def test_every_campaign_has_one_sheet_and_its_own_words():
    first = PAGES["sheets"]
    assert len(first.more) == 2
    assert {page.headline.facts["code"] for page in (first, *first.more)} == {"C1", "C2", "C3"}
    assert Voice("ja").say(first.headline.key, **first.headline.facts) == "前の豆を飲み切る頃だから/28日がたったから"


def test_a_campaign_hangs_on_its_kpi_its_segment_what_it_answers_and_its_lever():
    rows = {row.id: row for row in PAGES["overview"].rows}
    assert rows["campaign:C1"].parents == ("kpi:sales", "segment:regulars", "finding:gaps", "gap:lever:name=frequency")
    assert set(rows["segment:regulars"].parents) == {"finding:gaps", "kpi:sales"}
    assert rows["campaign:C1"].status == "draft"
    assert rows["campaign:C3"].status == "approved"


def test_a_brief_may_name_a_row_by_the_parts_that_tell_it_apart():
    known = {"pain:stage:persona=b:stage=second", "pain:stage:persona=a:stage=second", "pain:stage:persona=a:stage=settle"}
    assert answers({"because": "pain:stage:stage=second, finding:none"}, known) == ["pain:stage:persona=a:stage=second"]
    assert answers({"because": None}, known) == []


def test_a_lane_without_a_campaign_for_more_than_three_months_has_a_gap():
    lanes = {lane.title.key: lane for lane in PAGES["year"].calendar.lanes}
    assert [(gap.first, gap.last) for gap in lanes["year.lane.best"].gaps] == [(0.0, 12.0)]
    assert lanes["year.lane.prospect"].gaps == (), "no gap where the stance is to economise"
    assert lanes["year.lane.active"].gaps == ()


def test_campaigns_that_meet_share_no_track():
    made = calendar.worded(PAGES["year"].calendar, Voice("ja", "JPY", 10_000_000))
    active = next(lane for lane in made["lanes"] if lane["title"] == "現役の育成")
    assert active["tracks"] == len({strip["track"] for strip in active["strips"]}) == 3
    over = [cell["over"] for cell in made["below"][-1]["cells"]]
    assert over == WORK["over"].tolist()[:12], "the months that the page of the schedule names"
    assert any(over)
    assert made["events"][0]["label"] == "棚卸し"


def test_seasons_fall_on_their_days():
    assert {s.ja: s.day for s in seasons.of_month(2026, 5)}["母の日"] == datetime.date(2026, 5, 10)
    assert {s.ja: s.day for s in seasons.of_month(2026, 9)}["敬老の日"] == datetime.date(2026, 9, 21)
    assert {s.ja: s.day for s in seasons.of_month(2026, 11)}["ブラックフライデー"] == datetime.date(2026, 11, 27)
    assert {s.ja: s.day for s in seasons.of_month(2026, 3)}["ホワイトデー"] == datetime.date(2026, 3, 14)
    assert all(seasons.of_month(2026, month) for month in range(1, 13))


def test_a_brief_is_held_against_the_rules_that_its_words_and_offer_call_for():
    assert legal_checks(channel_code="mail", offer_cost=0, offer_in_net=False, text="いつもの豆") == ("PR18",)
    assert legal_checks(channel_code="box", offer_cost=100, offer_in_net=False, text="定期便") == ("PR26", "PR29")
    assert legal_checks(channel_code="box", offer_cost=100, offer_in_net=True, text="クーポン") == ()


def test_a_clients_words_are_said_in_the_language_of_the_report():
    both = in_languages(ja="次の一袋", en="One more bag")
    assert (Voice("ja").number(both, "said"), Voice("en").number(both, "said")) == ("次の一袋", "One more bag")
    assert Voice("en").number(in_languages(ja="次の一袋", en=""), "said") == "次の一袋"
    assert Voice("ja").number(None, "said") == "—"
    fact = as_fact("plan.cascade.headline.no_gap", {"lever1": "plan.lever.f2", "net1": 5})
    assert Voice("ja", "JPY").number(fact, "sentence") == "目標は成り行きで届く"


# ---------------------------------------------------------------- the demo
def rows_of(*chapters):
    return [row for chapter in chapters for row in json.loads((DEMO / f"{chapter}.json").read_text("utf-8"))]


def test_the_demo_plans_twelve_campaigns_or_more_none_of_them_an_orphan_or_a_blanket_discount():
    own, before = rows_of("04"), rows_of("01", "02", "03", "05")  # a plan may answer a learning
    ids = {row["id"] for row in (*own, *before)}
    campaigns = [row for row in own if row["kind"] == "campaign"]
    assert len(campaigns) >= 12
    assert [row["id"] for row in own if not row["parents"] or set(row["parents"]) - ids] == []
    for row in campaigns:
        kinds = {parent.partition(":")[0] for parent in row["parents"]}
        assert {"kpi", "gap"} <= kinds or row["id"] == "campaign:FY26-CON-001", row["id"]
        assert kinds & {"finding", "pain", "gap", "learning"}, row["id"]
    told = " ".join(row["text"]["facts"]["name"] for row in campaigns)
    assert "お届け間隔の変更案内" in told, "what the story found to work"
    assert "20%OFF" not in told


def test_the_demos_segments_hang_on_findings():
    found = {row["id"]: row for row in rows_of("04") if row["kind"] == "segment"}
    assert len(found) >= 8
    assert all(any(p.startswith("finding:") for p in row["parents"]) for row in found.values())


def test_the_schedule_says_who_misses_the_day_and_when_it_can_be():
    made = PAGES["gantt"]
    assert made.headline.key == "schedule.headline.late_over"
    # C2 is to begin on New Year's day with nothing done: by box 33 business days from 1/5 (1/12 and 2/11
    # are holidays) end on 2/20, and 2/23 is a holiday
    late = made.headline.facts
    assert (late["missed"], late["earliest"]) == (1, "2026-02-24")
    assert "「次の一袋」は|最短で2月24日" in Voice("ja").say(made.headline.key, **late)
    rows = PAGES["effort"].panels[1].table.rows
    assert rows[0][1:] == ("schedule.step.brief", "2025-11-17", -33, "2026-01-01", "2026-02-24", None)


def test_a_schedule_that_holds_says_who_has_least_to_spare():
    found, _ = planned(brief(work_days=1.0, approved_on=datetime.date(2025, 12, 1)))
    told, work = scheduled(found)
    made = views.schedule.gantt(told, work, links=schedule.links(found, told), as_of=AS_OF, closed=CLOSED)
    assert made.headline.key == "schedule.headline.even"
    assert views.schedule.load(told, work, as_of=AS_OF).headline.key == "schedule.load.headline.within"
