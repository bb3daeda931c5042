"""A journey map with long words and three personas: A3 pages that nothing overflows, and a table that reads aloud."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache

import pypdf
import pytest

from crm_helpers.document import MapCell, MapItem, MapRow, MapStage, Sentence, Sheet
from crm_helpers.report.maps import GROUPS, page_sheet
from crm_helpers.report.pages import Chapter, Page, PageChart, PagePanel, Report
from crm_helpers.report.render_html import to_html
from crm_helpers.report.render_pdf import to_pdf
from crm_helpers.text.catalogue import Voice
from tests.report.sample import HOSTILE, report

MM = 72 / 25.4
BOTH = pytest.mark.parametrize("lang", ["ja", "en"])
LONG = {
    "ja": "届いた豆を飲み切る前に次の箱が着き、置き場所に困って受け取りを一度だけ先に延ばした人が多かった月である",
    "en": "The next box arrived before the last one was finished, so many customers postponed it once",
}
CURVE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 374 46"><path d="M0 9H9"/><path d="M0 5H5"/><path d="M0 2H2"/></svg>'
)
STAGES = 8
ROWS = ("period", "goal", "action", "touch", "thought", "pain", "idea", "campaign", "kpi", "owner")


def own(text: str) -> Sentence:
    return Sentence("journey.own", {"text": text})


def cells(name: str, words: str) -> tuple[MapCell, ...]:
    items = tuple(MapItem(own(words), share) for share in (0.87, 0.5, 0.03, None))
    classes = "ABCD" * 2
    lead = Sentence("journey_map.kpi_to", {"rate": 0.741, "target": 0.8}) if name == "kpi" else own("87.4%")
    full = {
        "period": MapCell(own("30〜45日"), own("中央値30日"), evidence="A"),
        "campaign": MapCell(text=own(words), mark="gap"),
    }
    usual = [MapCell(lead, own(words), items, mark, 12_345) for mark in classes]
    return tuple(full.get(name, cell) if i % 2 else cell for i, cell in enumerate(usual)) if name in full else tuple(usual)


def sheet(lang: str, words: str) -> Sheet:
    return Sheet(
        own("ジャーニー"),
        own(words),
        tuple((own("人数"), own(words[:20])) for _ in range(5)),
        tuple(MapStage(own(words[:22]), own(words[:30]), i == 3) for i in range(STAGES)),
        tuple(MapRow(name, cells(name, words)) for name in ROWS),
    )


@cache
def mapped(lang: str, words: str) -> Report:
    """Three maps on one page of the notebook, and nothing else."""
    whole = report(lang)
    given = whole.chapters[0].pages[0]
    chart = PageChart(CURVE, "map", "curve")
    told = page_sheet(Voice(lang), sheet(lang, words))
    panels = tuple(PagePanel("地図", "A〜D", chart=chart, sheet=told) for _ in range(3))
    page: Page = replace(given, panels=panels)
    return replace(whole, chapters=(Chapter("03", "章", (page,), ()),), colophon=(), summary=None)


@cache
def pdf(lang: str, words: str) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(to_pdf(mapped(lang, words))))


@BOTH
@pytest.mark.parametrize("words", [LONG["ja"], LONG["en"], HOSTILE, "短い"])
def test_each_persona_takes_one_sheet_of_a3_and_no_text_is_too_small(lang: str, words: str) -> None:
    sizes = [
        tuple(round(float(side) / MM) for side in (page.mediabox.width, page.mediabox.height)) for page in pdf(lang, words).pages
    ]
    assert sizes == [(297, 210)] * 2 + [(420, 297)] * 3, "cover, contents, three maps: a row too tall would make a sixth page"
    smallest: list[float] = []
    outside: list[str] = []

    def visit(text: str, cm: list[float], tm: list[float], _: object, size: float) -> None:
        if text.strip():
            scale = abs((tm[0] * tm[3] - tm[1] * tm[2]) * (cm[0] * cm[3] - cm[1] * cm[2])) ** 0.5
            smallest.append(size * scale)
            x, y = tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]
            if not (0 <= x <= 420 * MM and 0 <= y <= 297 * MM):
                outside.append(text)

    pdf(lang, words).pages[2].extract_text(visitor_text=visit)
    assert min(smallest) >= 7.49
    assert not outside


def test_the_map_is_in_the_bookmarks_and_the_contents_once() -> None:
    reader = pdf("ja", LONG["ja"])
    titles = [item.title for level in reader.outline for item in (level if isinstance(level, list) else [level])]
    question = mapped("ja", LONG["ja"]).chapters[0].pages[0].question
    assert titles.count(question) == 1
    assert question in reader.pages[1].extract_text().replace("\n", "")


@BOTH
def test_in_html_the_map_is_a_table_with_heads_and_nothing_is_cut(lang: str) -> None:
    page = to_html(mapped(lang, LONG[lang]))
    table = re.search(r'<table class="map".*?</table>', page, re.DOTALL)
    assert table
    root = ET.fromstring(table.group().replace("&nbsp;", " "))
    assert len(root.findall("./thead/tr/th[@scope='col']")) == STAGES + 1
    assert len(root.findall("./tbody/tr/th[@scope='row']")) == len(ROWS) + 1, "the curve has a row of its own"
    assert len(root.findall("./tbody/tr/td[@colspan]")) == 1
    assert root.find(".//svg[@role='img']") is not None or root.find(".//{*}svg") is not None
    assert page.count(LONG[lang]) > 100, "HTML never cuts"
    assert "仮説" in page if lang == "ja" else "Hypothesis" in page


def test_words_of_a_client_are_text_and_nothing_else() -> None:
    assert "<script>alert" not in to_html(mapped("ja", HOSTILE))


def test_the_bands_span_all_rows() -> None:
    assert sum(GROUPS.values()) == len(ROWS) + 1
