"""The summary: the weightiest conclusions first, in the words of their pages."""

import pytest

from crm_helpers.document import Basis, Block, Document, KeyFigure, LedgerRow, Money, NextMove, Opened, Sentence, Step
from crm_helpers.params.load import load
from crm_helpers.report.executed import Cell, Executed, Told
from crm_helpers.report.summary import summary_of

MONEY = Money("JPY", 71_749_164)
FACTS = {
    "sales": 71_749_164, "compare": "2023-01-01/2023-06-30", "diff": 2_102_190, "rate": 0.0301835, "top": "kpi.phrase.price_per_item",
    "top_value": 1_763_536, "low": "kpi.phrase.items_per_order", "low_value": -743_183,
}  # fmt: skip


def block(page, stake, evidence="fact", **changes):
    number = Sentence("sales.money_change", {"value": stake})
    given = {
        "name": page, "kind": "chart", "page": page, "headline": Sentence("kpi.headline.up_mixed", FACTS), "source": Sentence("sales.source"),
        "sample": Sentence("sales.source"), "as_of": "2023-12-31", "period": "", "money": MONEY, "stake": stake, "evidence": evidence,
        "key_figure": KeyFigure(Sentence("rfm.key"), number, Sentence("rfm.key")), "next_move": NextMove(Sentence("kpi.next.aov")),
    }  # fmt: skip
    return Block(**(given | changes))


def summary(*blocks, lang="ja", **settings):
    steps = tuple(Step(f"step-{b.page.lower()}", "## 問い", (), b) for b in blocks)
    opened = Opened("retail", ("ja", "en"), "2023-12-31", "", "", "JPY", Basis())
    told = {s.id: Told(Cell("", ""), (), ()) for s in steps}
    executed = Executed(Document("02_customer_analysis", "章", opened, steps), Cell("", "# 章"), told)
    return summary_of([executed], load("retail").params.model_copy(update=settings), lang)


def test_conclusions_are_ordered_by_their_money_and_lead_to_their_pages():
    found = summary(block("BA-02", 10), block("BA-03", 30), block("BA-08", 20), block("BA-09", 5))
    assert [c.id for c in found.conclusions] == ["BA-03", "BA-08", "BA-02"]
    assert found.conclusions[0].to == "02-step-ba-03"


@pytest.mark.parametrize(
    ("lang", "fact"),
    [
        ("ja", "売上は7,175万円で、1〜6月より210万円（3.0%）増えた"),
        ("en", "Sales were JPY 71.75 m, up JPY 2.10 m (3.0%) on Jan–Jun"),
    ],
)
def test_a_conclusion_says_the_fact_first_and_a_decomposition_its_parts_first(lang, fact):
    plain, parts = summary(block("BA-02", 20), block("BA-03", 10, "decomposition"), lang=lang).conclusions
    assert plain.title == fact
    assert parts.text == fact
    assert parts.title == plain.text


def test_pages_that_are_left_out_internal_or_without_money_are_no_conclusions():
    nothing = [block("BA-02", 0), block("BA-03", 9, kind="left_out"), block("BA-08", 9, audience="internal")]
    assert summary(*nothing) is None
    assert len(summary(*nothing, block("BA-09", 1)).conclusions) == 1


def test_decisions_are_the_consultants_own_and_none_is_made_up():
    assert summary(block("BA-02", 1), decisions=[]).decisions is None
    rows = summary(block("BA-02", 1)).decisions.rows
    assert len(rows) == len(load("retail").params.decisions)
    assert rows[0][3] == "2月9日"


def test_who_and_when_come_from_the_params_or_are_left_to_the_meeting():
    (move,) = summary(block("BA-02", 1)).moves
    assert move[1] == "担当・期限は報告会で決定"


def test_key_figures_need_both_periods():
    told = {"value": 591, "unit": "int", "n": 591, "period": "", "definition": "customers"}
    whole = LedgerRow(
        "kpi:customers", "kpi", Sentence("kpi.node.customers"), {"current": told, "compare": told | {"value": 586}}, ""
    )
    half = LedgerRow("kpi:sales", "kpi", Sentence("kpi.node.sales"), {"current": told | {"unit": "money"}}, "")
    assert summary(block("BA-02", 1, rows=(whole, half))).kpis == (("客数", "591人", "+0.9%"),)
