"""The pages of the journey speak and draw in both languages; the map's curve invents nothing."""

import dataclasses
import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_helpers import metrics, views
from crm_helpers.data.needs import Unavailable
from crm_helpers.document import Panel, from_json, to_json
from crm_helpers.params.journey import Journey
from crm_helpers.text.catalogue import Voice
from crm_helpers.views import theme
from crm_helpers.views.block import LeftOut, MapPanel, TablePanel
from crm_helpers.views.journey_map import _Point, monotone, runs
from tests.metrics.test_inquiries import YEARS as ASKED_YEARS
from tests.metrics.test_inquiries import asked
from tests.metrics.test_journey import BOXES, SENT, TWO_YEARS, YEARS, boxes
from tests.metrics.test_journey_further import ASKED as FURTHER
from tests.metrics.test_journey_further import CAMPAIGNS
from tests.metrics.test_journey_map import ASKED, SURVEYS
from tests.metrics.test_paths import WALKED, walks
from tests.metrics.test_visits import JOURNEY, TWO, WEEK, tables, visits
from tests.metrics.test_voices import answered

OWN = {f"journey.{part}.{stage.id}": stage.id for part in ("stage", "goal", "action") for stage in BOXES.stages}
WORKSHOP = pd.DataFrame(
    {
        **{"note_id": ["n1", "n2", "n3"], "held_on": pd.to_datetime(["2025-06-01"] * 3), "stage": ["second"] * 3},
        **{"row": ["pain", "emotion", "idea"], "note": ["残る", "つらい", "間隔の案内"], "score": [None, -2, None]},
    }
)


def map_of(groups=TWO_YEARS, listed=True, **others):
    held = boxes(*groups, **others)
    found = metrics.journey_map.evidence(held, BOXES, k=5, **SENT)
    reach = metrics.journey.reach(held, BOXES, k=5, **SENT)
    told = {
        "who": metrics.journey_map.who(held, BOXES, **SENT),
        "notes": metrics.journey_map.notes(held, BOXES),
        "campaigns": metrics.journey_map.campaigns(held, BOXES, periods=YEARS),
        "visits": Unavailable("visits.steps"),
    }
    stakes = metrics.journey_map.stakes(reach, found)
    return views.journey_map.sheets(found, reach, stakes, journey=BOXES, periods=YEARS, told=told)


def stages_of(*groups):
    return views.journey.stages(metrics.journey.reach(boxes(*groups), BOXES, k=5, **SENT), periods=YEARS)


def pains_of(**more):
    held = boxes(*TWO_YEARS, workshop=WORKSHOP)
    found = metrics.journey_map.evidence(held, BOXES, k=5, **SENT)
    stakes = metrics.journey_map.stakes(metrics.journey.reach(held, BOXES, k=5, **SENT), found)
    told = {
        "notes": metrics.journey_map.notes(held, BOXES),
        "campaigns": metrics.journey_map.campaigns(held, BOXES, periods=YEARS),
        "visits": more.get("visits", Unavailable("visits.steps")),
    }
    return views.pains.opportunities(
        more.get("stakes", stakes), found, journey=BOXES, periods=YEARS, told=told, order_value=1000, known=()
    )


def recovered(bought):
    held = asked(("a", True, 2, 1, 80, "2025-02-01"), ("a", True, 30, 1, 80, "2025-02-01"), bought=bought)
    at = {"as_of": datetime.date(2025, 12, 31), "periods": ASKED_YEARS, "k": 5}
    return views.inquiries.recovery(
        metrics.inquiries.recovery(held, **at), metrics.inquiries.handling(held, **at), periods=ASKED_YEARS
    )


def rated(app, web):
    held = answered(
        ("アプリ", "csat", "2025-05-01", app), ("Web", "csat", "2025-05-01", web), ("all", "nps", "2025-05-01", [10, 3] * 30)
    )
    told = metrics.voices.touchpoints(held, periods=metrics_halves(), k=5)
    return views.voices.touchpoints(told, metrics.voices.nps(held, k=5), periods=metrics_halves())


def metrics_halves():
    from tests.metrics.sample import HALVES

    return HALVES


def visited(rows, value=1000):
    return views.visits.steps(metrics.visits.steps(tables(rows), JOURNEY, periods=WEEK), order_value=value)


def walked(rows):
    common = metrics.paths.common(tables(rows), JOURNEY, periods=WEEK, k=5)
    return views.paths.walked(common, metrics.paths.transitions(tables(rows), JOURNEY, periods=WEEK), periods=WEEK)


def to_be_of(target, workshop):
    journey = Journey(tuple(dataclasses.replace(s, target=target) if s.id == "second" else s for s in BOXES.stages))
    held = boxes(*TWO_YEARS, **({"workshop": workshop} if workshop is not None else {}))
    targets = metrics.to_be.targets(metrics.journey.reach(held, journey, k=5, **SENT), journey)
    runs = metrics.journey_map.campaigns(held, journey, periods=YEARS)
    return views.to_be.planned(targets, metrics.journey_map.notes(held, journey), runs, journey=journey, periods=YEARS)


def covered(campaigns, journey=BOXES):
    held = boxes(*TWO_YEARS, campaigns=campaigns)
    runs = metrics.journey_map.campaigns(held, journey, periods=YEARS)
    served = metrics.coverage.stages(runs, metrics.register.campaigns(held, periods=YEARS), journey)
    return views.coverage.by_stage(served, pains_table(), periods=YEARS)


def carded(journey, workshop=WORKSHOP, **others):
    held = boxes(*TWO_YEARS, workshop=workshop, **others)
    sizes = metrics.personas.sizes(held, journey, k=5, **FURTHER)
    found = metrics.journey_map.evidence(held, journey, k=5, **FURTHER)
    return views.personas.cards(sizes, found, metrics.journey_map.notes(held, journey), journey=journey, periods=YEARS)


BEFORE = (45, "2024-02-01", 30, None, None), (45, "2024-02-01", None, 20, "x")
PAGES = {
    "fell": lambda: stages_of(*TWO_YEARS),
    "rose": lambda: stages_of((90, "2025-02-01", 30, None, None), (10, "2025-02-01", None, 20, "x"), *BEFORE),
    "same": lambda: stages_of((46, "2025-02-01", 30, None, None), (45, "2025-02-01", None, 20, "x"), *BEFORE),
    "alone": lambda: stages_of(*TWO_YEARS[:2]),
    "draft_reason": lambda: map_of(surveys=SURVEYS, inquiries=ASKED),
    "channel": lambda: visited(TWO),
    "step": lambda: visited(visits("web", 100, 80, 60)),
    "money_stage": pains_of,
    "money_visit": lambda: pains_of(
        visits=metrics.visits.steps(tables(TWO * 1), JOURNEY, periods=WEEK), stakes=poor(pains_table())
    ),
    "faster": lambda: recovered(set(range(1, 81))),
    "slower": lambda: recovered(set(range(81, 161))),
    "lower": lambda: rated([5] * 10 + [2] * 60, [5] * 60 + [2] * 10),
    "loops": lambda: walked(WALKED),
    "straight": lambda: walked(walks((40, ["view", "cart", "done"]), (20, ["view"]))),
    "plain": lambda: to_be_of(80, WORKSHOP),
    "bare": lambda: to_be_of(80, None),
    "reached": lambda: to_be_of(50, WORKSHOP),
    "money": lambda: covered(CAMPAIGNS),
    "full": lambda: covered(CAMPAIGNS, Journey(tuple(dataclasses.replace(s, campaigns=("C1",)) for s in BOXES.stages))),
    "media": lambda: views.chains.media(metrics.chains.media(tables(TWO), JOURNEY, periods=WEEK), periods=WEEK),
}


def pains_table():
    held = boxes(*TWO_YEARS)
    return metrics.journey_map.stakes(
        metrics.journey.reach(held, BOXES, k=5, **SENT), metrics.journey_map.evidence(held, BOXES, k=5, **SENT)
    )


def poor(table):
    return table.assign(stake=np.nan, stake_low=np.nan, stake_high=np.nan)


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("kind", PAGES)
def test_the_page_says_what_happened(kind, lang):
    page = PAGES[kind]()
    assert page.headline.key.endswith(f".headline.{kind}")
    voice = Voice(lang, "JPY", page.largest or 1, OWN)
    sentences = [page.headline, *page.reading, *page.claim, *page.note, page.next_move.what, page.sample, page.source]
    sentences += [getattr(page.key_figure, f.name) for f in dataclasses.fields(page.key_figure)]
    sentences += [s for panel in page.panels for s in (panel.title, panel.unit)] + [row.text for row in page.rows]
    assert all(voice.say(s.key, **s.facts) for s in sentences)
    assert len(voice.say(page.headline.key, **page.headline.facts)) <= 175
    for panel in page.panels:
        if isinstance(panel, TablePanel):
            assert all(len(row) == len(panel.table.columns) for row in panel.table.rows)
            voice.cells(panel.table.rows, panel.table.cell_forms)
        else:
            assert len(theme.svg(panel.draw(voice))) < 25_000, "small enough to look at on a telephone"


def test_pains_stand_in_the_thread_under_their_finding_and_with_their_stake():
    rows = {row.id: row for row in pains_of().rows}
    pain = rows["pain:stage:persona=everybody:stage=second"]
    assert pain.parents == ("finding:journey",)
    assert pain.values["stake"]["value"] == 40_000
    assert pain.values["idea"]["value"] == "間隔の案内"
    assert pain.values["lost"]["value"] == 40


def test_a_persona_that_notebook_02_does_not_show_becomes_a_segment_row():
    journey = Journey(BOXES.stages, ("vip",))
    held = boxes(*TWO_YEARS)
    found = metrics.journey_map.evidence(held, BOXES, k=5, **SENT).assign(persona="vip")
    stakes = pains_table().assign(persona="vip")
    told = {
        "notes": metrics.journey_map.notes(held, BOXES),
        "campaigns": metrics.journey_map.campaigns(held, BOXES, periods=YEARS),
    }
    page = views.pains.opportunities(stakes, found, journey=journey, periods=YEARS, told=told, order_value=None, known=())
    rows = {row.id: row for row in page.rows}
    assert rows["segment:vip"].parents == ("finding:journey",)
    assert rows["pain:stage:persona=vip:stage=second"].parents == ("finding:journey", "segment:vip")


def test_what_is_missing_leaves_the_page_out():
    assert isinstance(
        views.journey.stages(Unavailable("journey.reach", reason="journey.few", facts={"n": 30}), periods=YEARS), LeftOut
    )


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_persona_has_its_facts_apart_from_suppositions(lang):
    thought = WORKSHOP.assign(row=["pain", "thought", "goal"])
    page = carded(Journey(BOXES.stages, ("often",)), thought, inquiries=ASKED)
    own = OWN | {"segments.name.often": "Twice"}
    voice = Voice(lang, "JPY", page.largest, own)
    assert "2,000" in theme.svg(page.panels[0].draw(voice)), "what one buyer spent"
    table = page.panels[1].table
    assert {(row[0], row[-1]) for row in table.rows} == {("personas.fact", "B"), ("personas.supposed", "D")}
    assert all(row[3] is None for row in table.rows if row[0] == "personas.supposed"), "no number is made up for them"
    cells = voice.cells(table.rows, table.cell_forms)
    assert "late" in {cell for row in cells for cell in row}
    assert voice.say(page.headline.key, **page.headline.facts)


def test_pages_without_what_they_need_say_why():
    assert isinstance(carded(BOXES), LeftOut), "no personas are named"
    assert isinstance(covered(CAMPAIGNS.iloc[1:]), LeftOut)
    assert isinstance(to_be_of(None, WORKSHOP), LeftOut)


# ---------------------------------------------------------------- the map
def sheet(page):
    (panel,) = page.panels
    assert isinstance(panel, MapPanel)
    return panel.sheet


def cell(page, row, stage):
    at = [s.id for s in BOXES.stages].index(stage)
    return next(r for r in sheet(page).rows if r.name == row).cells[at]


def test_every_cell_says_what_it_rests_on():
    page = map_of(surveys=SURVEYS, inquiries=ASKED, workshop=WORKSHOP)
    assert [stage.worst for stage in sheet(page).stages] == [False, True, False, False]
    assert cell(page, "pain", "try").evidence == "A"
    assert cell(page, "pain", "try").items[0].share == 1.0
    assert cell(page, "pain", "second").evidence == "D", "the workshop's pain is a hypothesis"
    assert cell(page, "pain", "know").evidence == ""
    assert cell(page, "goal", "know").evidence == "D"
    assert cell(page, "touch", "try").items[0].share == 0.12
    assert cell(page, "thought", "try").text.key == "journey_map.no_survey", "no voice is made up"


def test_a_stage_without_campaigns_is_a_gap_only_where_campaigns_are_listed():
    other = pd.DataFrame({"campaign_id": ["C9"], "name": ["x"]})
    assert cell(map_of(surveys=SURVEYS), "campaign", "try").text.key == "journey_map.unlisted"
    assert cell(map_of(surveys=SURVEYS, campaigns=other), "campaign", "try").mark == "gap"


def test_the_sheet_survives_the_notebook():
    panel = Panel(
        sheet(map_of(surveys=SURVEYS)).kicker, sheet(map_of(surveys=SURVEYS)).kicker, sheet=sheet(map_of(surveys=SURVEYS))
    )
    assert from_json(Panel, to_json(panel)) == panel


POINT = _Point(0.5, 0.4, 0.6, "B", 100)


def test_the_curve_never_bridges_a_stage_without_a_score():
    assert runs([POINT, POINT, None, POINT, None, None, POINT, POINT]) == [[0, 1], [3], [6, 7]]
    assert runs([None, None]) == []


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=9))
def test_the_curve_stays_between_neighbouring_scores(scores):
    x, y = np.arange(len(scores)) + 0.5, np.array(scores)
    at = np.linspace(x[0], x[-1], 200)
    curve = monotone(x, y, at)
    k = np.clip(np.searchsorted(x, at, "right") - 1, 0, len(x) - 2)
    low, high = np.minimum(y[k], y[k + 1]), np.maximum(y[k], y[k + 1])
    assert (curve >= low - 1e-9).all()
    assert (curve <= high + 1e-9).all()
    assert monotone(x, y, x) == pytest.approx(y)
