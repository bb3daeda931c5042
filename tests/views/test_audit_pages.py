"""The audit's pages: what they say with answers, with few, and with none; who may read them."""

import datetime

import pandas as pd
import pytest

from crm_helpers import metrics, views
from crm_helpers.data.tables import Tables
from crm_helpers.params.load import load
from crm_helpers.params.own_texts import own_texts
from crm_helpers.params.schema import AuditItem
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.audit_detail import SPOKES, gap_id
from crm_helpers.views.block import Context, LeftOut, bundle
from tests.metrics.sample import AS_OF, HALVES, SHOP
from tests.metrics.test_audit import full


def said(sentence, lang="ja"):
    return Voice(lang, "JPY", 0).say(sentence.key, **sentence.facts)


def tables(rows=()):
    given = pd.DataFrame(rows).rename(columns={"item": "item_id"}) if len(rows) else None
    return Tables.of(order_lines=SHOP, as_of=AS_OF, **({} if given is None else {"audit_answers": given}))


def overall(given):
    answered = metrics.audit.answers(given)
    items = metrics.audit.items(answered)
    audit = metrics.audit
    return views.audit.overall(audit.overall(items), audit.groups(items), audit.gates(items), audit.people(answered))


def disagreement(given):
    answered = metrics.audit.answers(given)
    items = metrics.audit.items(answered)
    people = metrics.audit.people(answered)
    return views.audit_detail.disagreement(metrics.audit.disagreements(items), metrics.audit.by_department(answered), people)


@pytest.fixture(autouse=True)
def _digest(monkeypatch):
    monkeypatch.setenv("CRM_DISPLAY", "digest")


def shown(draft):
    """The page drawn in both languages; it must say the same numbers in each."""
    own = {lang: own_texts(load("demo").params, lang) for lang in ("ja", "en")}
    return bundle(draft, Context(AS_OF.isoformat(), "JPY", ("ja", "en"), own=own))["text/plain"]


def test_no_answers_at_all_give_an_empty_form_that_invites():
    made = overall(tables())
    assert made.headline.key == "audit.overall.headline.invitation"
    assert "21問" in said(made.headline)
    assert [row[1] for row in made.panels[1].table.rows] == ["audit.gate.unconfirmed"] * 4
    assert "headline=invitation" in shown(made)


def test_no_answers_still_show_what_the_data_tell():
    nothing = metrics.audit.answers(tables())
    made = views.audit.heat_map(nothing, nothing, metrics.proof.idic(tables(), periods=HALVES), nothing)
    assert made.headline.key == "audit.heat_map.headline.unanswered"
    assert made.headline.facts["identify"] == 1.0
    assert shown(made)


def test_a_failed_gate_holds_the_level_and_is_said_first():
    made = overall(tables(full(4, X02=1)))
    assert said(made.headline).startswith("総合は部分整備")
    assert made.key_figure.compare.key == "audit.overall.key_capped"
    assert made.panels[1].table.rows[0][:2] == ("audit.item.X02", "audit.gate.failed")


def test_an_unanswered_gate_prints_as_not_confirmed():
    made = overall(tables([row for row in full(4) if row["item"] != "R02"]))
    assert made.headline.key == "audit.overall.headline.unconfirmed"
    assert Voice("ja").say(made.panels[1].table.rows[0][1]) == "□ 未確認"


def test_one_respondent_is_a_guide_only():
    made = overall(tables(full(3, who=("1",), depts=("A",))))
    assert "目安" in said(made.note[0])
    assert [note.key for note in overall(tables(full(3))).note] == ["audit.overall.note"], "four are no guide"


def test_departments_are_for_the_sponsor_and_technical_figures_for_nobody_outside():
    answered = metrics.audit.answers(tables(full(3)))
    assert disagreement(tables(full(3))).audience == "sponsor"
    people = metrics.audit.people(answered)
    made = views.audit_detail.checks(
        metrics.audit.leave_one_out(answered), metrics.audit.alpha(answered), metrics.audit.styles(answered), people
    )
    assert made.audience == "internal"


def test_no_page_for_the_client_tells_alpha_or_the_range():
    answered = metrics.audit.answers(tables(full(3, S01=1, X02=1)))
    items, people = metrics.audit.items(answered), metrics.audit.people(answered)
    pages = [
        overall(tables(full(3, S01=1, X02=1))),
        views.audit_detail.foundations(metrics.audit.groups(items), metrics.audit.blocked(items), people),
        views.audit_detail.gap(metrics.audit.gaps(items), people),
    ]
    assert all(page.audience == "client" for page in pages)
    assert not any("alpha" in page.headline.facts or "low" in page.headline.facts for page in pages)
    assert all(shown(page) for page in pages)


def test_the_radar_has_at_most_eight_spokes():
    assert len(metrics.audit.FOUNDATIONS) <= SPOKES


def test_every_gap_is_a_row_that_the_plan_can_find_and_its_parent_is_one_too():
    given = tables(full(3, S01=1, X02=1))
    answered = metrics.audit.answers(given)
    items, people = metrics.audit.items(answered), metrics.audit.people(answered)
    gaps = {row.id: row for row in views.audit_detail.gap(metrics.audit.gaps(items), people).rows}
    assert set(gaps) == {gap_id("S01"), gap_id("X02")} == {"gap:audit:item=S01", "gap:audit:item=X02"}
    known = {row.id for row in overall(given).rows}
    assert all(parent in known for row in gaps.values() for parent in row.parents)


def test_the_pages_without_answers_are_left_out_with_their_reason():
    nothing = metrics.audit.answers(tables())
    made = views.audit_detail.gap(metrics.audit.gaps(metrics.audit.items(nothing)), metrics.audit.people(nothing))
    assert isinstance(made, LeftOut)
    assert made.because[0].facts["table"] == "contract.tables.audit_answers"


def test_priorities_roadmap_and_decisions_can_be_drawn():
    answered = metrics.audit.answers(tables(full(2, S01=0, X02=1, D01=0, P09=0)))
    items, people = metrics.audit.items(answered), metrics.audit.people(answered)
    planned = metrics.priority.plan(metrics.audit.gaps(items), metrics.audit.gates(items))
    asked = metrics.priority.decisions(planned, as_of=datetime.date(2025, 6, 30))
    for page in (
        views.priority.matrix(planned, people),
        views.priority.roadmap(planned, people),
        views.priority.decisions(asked, people),
    ):
        assert shown(page)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_what_the_consultant_set_is_printed_as_such(lang):
    own = {"S01": AuditItem(target=4, effort=1), "X04": AuditItem(impact=2)}
    answered = metrics.audit.answers(tables(full(1)))
    items, people = metrics.audit.items(answered, own), metrics.audit.people(answered)
    gaps = metrics.audit.gaps(items)
    page = views.priority.matrix(metrics.priority.plan(gaps, metrics.audit.gates(items), own), people)
    voice = Voice(lang)
    assert "2" in voice.say(page.claim[0].key, **page.claim[0].facts)
    table = page.panels[1].table
    assert table.columns[-1].name == "own"
    assert "priority.own.target_effort" in {row[-1] for row in table.rows}
    voice.cells(table.rows, table.cell_forms)
    assert "audit_detail.gap.own" in {s.key for s in views.audit_detail.gap(gaps, people).note}
    usual = metrics.audit.gaps(metrics.audit.items(answered))
    plain = views.priority.matrix(metrics.priority.plan(usual, metrics.audit.gates(items)), people)
    assert plain.claim[0].key == "priority.matrix.sure"
    assert plain.panels[1].table.columns[-1].name != "own"
    assert "audit_detail.gap.own" not in {s.key for s in views.audit_detail.gap(usual, people).note}
