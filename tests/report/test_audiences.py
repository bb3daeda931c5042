"""One execution, several papers: the client's report holds nothing of the pages that are for others."""

import dataclasses
import os
import re
import stat

import pytest

from crm_helpers.document import Basis, Column, Document, Opened, Panel, Sentence, Step, Table
from crm_helpers.params.load import load
from crm_helpers.report import pipeline, publish
from crm_helpers.report.audiences import for_audience, further
from crm_helpers.report.executed import Cell, Executed, Told
from crm_helpers.report.render_html import to_html
from crm_helpers.report.render_pdf import to_pdf
from crm_helpers.report.scan import of_html, of_pdf
from crm_helpers.report.wording import report_of
from tests.report.test_publish import made as made_set
from tests.report.test_publish import project as a_project
from tests.report.test_summary import block

project = a_project
WHOSE = {"everybody": "client", "departments": "sponsor", "technical": "internal"}  # step → audience
MARKS = {"ja": ("スポンサー限り", "社内限り"), "en": ("For the sponsor", "Internal")}


def chapter(whose=WHOSE, name="02_customer_analysis"):
    def made(step, audience):
        cell = Table((Column("note", Sentence("rfm.key")),), ((f"cell of {step}",),))
        panel = Panel(Sentence("rfm.key"), Sentence("basis.nothing"), table=cell)
        return block(f"BA-{step}", 10, audience=audience, panels=(panel,), definitions=(f"DF-0{1 + list(whose).index(step)}",))

    steps = tuple(Step(step, f"## {step}?", (), made(step, audience)) for step, audience in whose.items())
    opened = Opened("retail", ("ja", "en"), "2023-12-31", "", "", "JPY", Basis())
    told = {s.id: Told(Cell(f"{s.id}-question", s.heading), (), ()) for s in steps}
    return Executed(Document(name, "章", opened, steps), Cell("", "# 章"), told)


def report(audience, lang):
    return report_of([chapter()], load("retail").params, lang, audience=audience).report


def seen(text, words):
    return re.sub(r"\s+", "", words) in text


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_clients_report_holds_nothing_of_the_other_pages(lang):
    made = report("client", lang)
    html, pdf = "".join(of_html(to_html(made)).values()), "".join(of_pdf(to_pdf(made)).values())
    for text in (re.sub(r"\s+", "", html), re.sub(r"\s+", "", pdf)):
        assert seen(text, "cell of everybody")
        for step in ("departments", "technical"):
            for words in (f"cell of {step}", f"BA-{step}", f"{step}?"):
                assert not seen(text, words), words
        assert not any(seen(text, mark) for mark in MARKS[lang])
        assert "DF-01" in text
        assert not {"DF-02", "DF-03"} & set(re.findall(r"DF-\d\d", text)), "nor their definitions"


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize(("audience", "pages"), [("sponsor", ["everybody", "departments"]), ("internal", list(WHOSE))])
def test_an_audience_shows_the_clients_pages_and_its_own_and_says_on_each_page_whose_it_is(lang, audience, pages):
    made = report(audience, lang)
    sponsor, internal = MARKS[lang]
    own = sponsor if audience == "sponsor" else internal
    assert [p.anchor for p in made.chapters[0].pages] == [f"02-{step}" for step in pages]
    assert [p.mark for p in made.chapters[0].pages] == ["", sponsor, internal][: len(pages)]
    assert made.title.endswith(own)
    assert all(f"BA-{step}" in made.cover.handling_text for step in pages[1:])
    sheets = of_pdf(to_pdf(made))
    for number, text in sheets.items():
        assert seen(re.sub(r"\s+", "", text), own), f"page {number} of the PDF"
    parts = of_html(to_html(made))
    feet = re.findall(r'<p class="foot">.*?</p>', to_html(made))
    assert feet
    assert all(own in foot for foot in feet)
    assert all(f"cell of {step}" in "".join(parts.values()) for step in pages)


def test_an_audience_is_made_only_where_there_are_pages_for_it():
    plain = chapter({"everybody": "client"})
    assert further([plain]) == ()
    assert further([plain, chapter({"everybody": "client", "technical": "internal"})]) == ("internal",)
    assert further([chapter()]) == ("sponsor", "internal")


def test_a_further_page_of_a_step_has_readers_of_its_own():
    whole = chapter({"everybody": "client"})
    step = whole.document.steps[0]
    inner = dataclasses.replace(step.block, audience="internal")
    steps = (dataclasses.replace(step, block=dataclasses.replace(step.block, more=(inner,))),)
    whole = dataclasses.replace(whole, document=dataclasses.replace(whole.document, steps=steps))
    assert further([whole]) == ("internal",)
    assert not for_audience(whole, "sponsor").document.steps[0].block.more
    assert for_audience(whole, "internal") == whole


def test_the_papers_are_the_chapters_with_pages_of_their_own():
    one, two = chapter(), chapter({"everybody": "client", "technical": "internal"}, "03_journey_mapping")
    papers = pipeline._papers("yearly", [one, two])
    assert papers["client"] == [("book", [one, two]), ("02_customer_analysis", [one]), ("03_journey_mapping", [two])]
    assert [name for name, _ in papers["sponsor"]] == ["02_customer_analysis"]
    assert [name for name, _ in papers["internal"]] == ["02_customer_analysis", "03_journey_mapping"]
    assert pipeline._added("internal", papers["internal"]) == ["BA-departments", "BA-technical", "BA-technical"]


def test_what_is_not_for_the_client_lies_beside_the_set_and_is_its_owners_alone(project):
    for _ in range(2):  # a run made again finds a name that is free for both
        staged = made_set("r")
        inner = publish.restricted(staged) / "internal" / "ja"
        inner.mkdir(parents=True)
        (inner / "page-internal.html").write_text("not for you")
        folder = publish.publish(staged, "acme", "r")
        assert not [f for f in folder.rglob("*") if "internal" in f.as_posix()]
        kept = publish.restricted(folder) / "internal/ja/page-internal.html"
        assert kept.read_text() == "not for you"
        if os.name == "posix":
            assert stat.S_IMODE(kept.stat().st_mode) == 0o600
            assert stat.S_IMODE(publish.restricted(folder).stat().st_mode) == 0o700
    assert folder.name == "r-2"
    publish.staging("acme", "killed").with_name(".staging-killed-restricted").mkdir()
    publish.sweep("acme")
    assert not list((project / "reports/acme").glob(".staging-*")), "what a killed run left of it goes as well"
