"""The pages of a kind of business: their order, the appendix, what is not of it."""

import dataclasses

import pytest

from crm_helpers.document import Basis, Block, Document, LedgerRow, Opened, Panel, Sentence, Step
from crm_helpers.domain import business
from crm_helpers.params.load import load
from crm_helpers.report.executed import Cell, Executed, Told
from crm_helpers.report.page_set import arranged
from crm_helpers.report.summary import summary_of
from crm_helpers.report.wording import report_of
from tests.report.test_summary import block

IDS = ("sales-trend", "stores", "rfm", "an-analysts-own", "hours", "concentration", "f2", "cohort")


def chapter():
    def made(step):
        row = LedgerRow(f"finding:{step}", "finding", Sentence("rfm.key"), {}, "order_lines")
        panel = Panel(Sentence("stores.title"), Sentence("basis.nothing"))
        return dataclasses.replace(
            block(f"BA-{step}", 10 + IDS.index(step)), panels=(panel,), rows=(row,), definitions=("DF-01",)
        )

    steps = tuple(Step(name, f"## {name}", (), made(name)) for name in IDS[:-1])
    absent = Block("cohort.triangle", "left_out", "", Sentence("cohort.would_show.by_month"), Sentence("basis.nothing"),
                   Sentence("basis.nothing"), "2023-12-31", "", missing=(Sentence("repeat.unavailable.starts_in_the_middle"),))  # fmt: skip
    steps = (*steps, Step("cohort", "## cohort", (), absent))
    opened = Opened("retail", ("ja", "en"), "2023-12-31", "", "", "JPY", Basis())
    told = {s.id: Told(Cell(f"{s.id}-question", s.heading), (), ()) for s in steps}
    return Executed(Document("02_customer_analysis", "章", opened, steps), Cell("", "# 章"), told)


def params(kind):
    return load("retail").params.model_copy(update={"type": kind})


def shown(made):
    return [step.id for step in made.document.steps if step.block.kind != "left_out"]


def test_without_a_kind_of_business_a_chapter_stays_as_it_is():
    assert arranged(chapter(), params(None)) == chapter()


def test_a_business_orders_its_pages_and_a_page_that_it_does_not_know_follows_the_main_ones():
    made = arranged(chapter(), params("clinic"))
    assert shown(made) == ["sales-trend", "f2", "stores", "hours", "an-analysts-own", "rfm"]
    assert made.appendix == business.pack("clinic").pages.appendix


def test_a_page_not_of_this_business_leaves_only_its_reason():
    made = arranged(chapter(), params("clinic"))
    out = {step.id: step.block for step in made.document.steps if step.block.kind == "left_out"}
    assert [s.key for s in out["concentration"].missing] == ["basis.not_of_business"]
    assert not out["concentration"].definitions
    assert "finding:concentration" not in {row.id for row in made.rows}
    assert [s.key for s in out["cohort"].missing] == ["repeat.unavailable.starts_in_the_middle"], "its own reason stays"


@pytest.mark.parametrize(("lang", "title", "reason"), [
    ("ja", "付録", "業態「クリニック・歯科」の診断では使わない内容のため。"),
    ("en", "Appendix", "It is not of this kind of business (Clinic)."),
])  # fmt: skip
def test_the_appendix_follows_the_basis_and_the_basis_tells_what_is_not_of_this_business(lang, title, reason):
    settings = params("clinic")
    report = report_of([arranged(chapter(), settings)], settings, lang).report
    assert [c.title for c in report.chapters][1:] == [title]
    assert [p.anchor for p in report.chapters[1].pages] == ["02-rfm"]
    assert title not in report.cover.subtitle
    told = [row for section in report.chapters[0].sections if section.table for row in section.table.rows]
    assert reason in {row[-1] for row in told}


def test_conclusions_come_from_the_main_report():
    settings = params("salon")  # concentration, the weightiest but f2, stands in its appendix
    found = summary_of([arranged(chapter(), settings)], settings, "ja")
    assert "BA-concentration" not in {c.id for c in found.conclusions}
    assert found.conclusions[0].id == "BA-f2"
