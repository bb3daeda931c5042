"""The HTML: one file, no request, literal text, a sound structure, the same bytes each time."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from types import ModuleType

import pytest

from crm_helpers.fonts import ALWAYS
from crm_helpers.look import TOKENS
from crm_helpers.report import render_html
from crm_helpers.report.drawing import inline_svg
from crm_helpers.report.pages import PageChart, characters_of
from crm_helpers.report.render_html import to_html
from tests.report.sample import HOSTILE, ROWS, UI, WORDS, report

BOTH = pytest.mark.parametrize("lang", ["ja", "en"])
VOID = {"meta", "col", "br"}


class Tree(HTMLParser):
    """Tags with their attributes in order, the text by tag, and whether all tags close."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[tuple[tuple[str, ...], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append((tuple(self.open), data))

    def shown(self) -> str:
        return "".join(text for where, text in self.text if "style" not in where)

    def headings(self) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for where, text in self.text:
            level = next((int(tag[1]) for tag in where if re.fullmatch("h[1-6]", tag)), None)
            if level:
                found.append((level, text))
        return found


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {lang: to_html(report(lang)) for lang in ("ja", "en")}


@BOTH
def test_it_asks_the_network_for_nothing(pages: dict[str, str], lang: str) -> None:
    page = pages[lang]
    assert not re.search(r"(?:src|href|action|data|poster)\s*=\s*[\"']?\s*(?:https?:)?//", page)
    assert all(url.startswith(("data:font/woff", "#")) for url in re.findall(r"url\([\"']?([^)\"']{1,30})", page))
    assert "@import" not in page
    assert re.sub(r"xmlns(?::\w+)?=\"http[^\"]*\"", "", page).count("http://") == 0
    tree = Tree(page)
    assert not [tag for tag, _ in tree.tags if tag in {"script", "link", "iframe", "img", "object"}]
    assert page.split("<body>")[0].count("<style>") == 1


@BOTH
def test_both_weights_are_inside(pages: dict[str, str], lang: str) -> None:
    assert re.findall(r"font-weight:(\d+);src:url\(data:font/woff;base64,\w", pages[lang]) == ["400", "700"]
    assert pages["ja"].count("base64,") == 2
    assert len(pages[lang].encode()) < 600_000


@BOTH
def test_same_bytes_twice(pages: dict[str, str], lang: str) -> None:
    assert to_html(report(lang)) == pages[lang]


@BOTH
def test_hostile_text_comes_out_as_it_is(pages: dict[str, str], lang: str) -> None:
    assert Tree(pages[lang]).shown().count(HOSTILE) >= 7
    assert "alert(1)</script>" not in pages[lang]
    assert "49" not in re.findall(r"\{\{ (\S+) \}\}", pages[lang])


@BOTH
def test_headings_are_in_order_and_without_a_skip(pages: dict[str, str], lang: str) -> None:
    levels = [level for level, _ in Tree(pages[lang]).headings()]
    kinds = [int(tag[1]) for tag, _ in Tree(pages[lang]).tags if re.fullmatch("h[1-6]", tag)]
    assert kinds.count(1) == 1
    assert kinds[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(kinds))
    assert set(levels) == {1, 2, 3, 4}
    assert kinds.count(3) == 4  # three pages and one basis
    words = [text for level, text in Tree(pages[lang]).headings() if level == 2]
    assert words == [UI[lang]["contents"], *(f"{c.number} {c.title}" for c in report(lang).chapters), UI[lang]["colophon"]]


@BOTH
def test_ids_are_unique_and_links_find_them(pages: dict[str, str], lang: str) -> None:
    tree = Tree(pages[lang])
    ids = Counter(attrs["id"] for _, attrs in tree.tags if "id" in attrs)
    assert [name for name, count in ids.items() if count > 1] == []
    wanted = [attrs["href"] for tag, attrs in tree.tags if "href" in attrs]
    wanted += ["#" + attrs["aria-labelledby"] for _, attrs in tree.tags if attrs.get("aria-labelledby")]
    wanted += re.findall(r"url\((#[^)]+)\)", pages[lang])
    assert len(wanted) > 20
    assert {target[1:] for target in wanted} <= set(ids)
    contents = [attrs["href"] for tag, attrs in tree.tags if tag == "a"]
    for chapter in report(lang).chapters:
        assert all(f"#{page.anchor}" in contents for page in chapter.pages)


@BOTH
def test_landmarks_language_and_pictures(pages: dict[str, str], lang: str) -> None:
    tree = Tree(pages[lang])
    count = Counter(tag for tag, _ in tree.tags)
    assert (count["main"], count["nav"], count["header"], count["aside"]) == (1, 2, 1, 3)
    assert next(attrs for tag, attrs in tree.tags if tag == "html")["lang"] == lang
    figures = [attrs for tag, attrs in tree.tags if tag == "svg"]
    assert [(f["role"], f["aria-label"]) for f in figures] == [("img", WORDS[lang]["chart"])] * 4
    assert count["figure"] == count["figcaption"] == 4
    assert next(attrs for tag, attrs in tree.tags if tag == "a")["href"] == "#main"  # the skip link is first
    assert not re.search(r"<\?xml|<!DOCTYPE svg|<metadata|Matplotlib v", pages[lang])


@BOTH
def test_tables_name_their_rows_and_columns(pages: dict[str, str], lang: str) -> None:
    tree = Tree(pages[lang])
    scopes = Counter(attrs.get("scope") for tag, attrs in tree.tags if tag == "th")
    assert scopes == {"col": 5 + 3 + 5, "row": 8 + ROWS + 8}
    assert [attrs["class"] for tag, attrs in tree.tags if tag == "tr" and "class" in attrs] == ["focus", "total"] * 2
    focus = re.search(r'<tr class="focus">(.*?)</tr>', pages[lang])[1]
    assert WORDS[lang]["segments"][3] in focus
    assert '<td class="right">20,470</td>' in focus


def test_a_japanese_headline_breaks_where_its_marks_say(pages: dict[str, str]) -> None:
    first = re.search(r'<h3 id="01-two-charts-title">(.*?)</h3>', pages["ja"])[1]
    assert first.startswith('<span class="chunk">売上は</span><span class="chunk">1,756百万円で、</span>')
    assert first.count("<br>") == 1
    assert "|" not in first
    assert '<h3 id="02-table-title" class="long">' in pages["ja"]
    assert '<h3 id="02-table-title" class="long">' in pages["en"]
    assert '<h3 id="01-two-charts-title" class="long">' not in pages["en"]


def test_intervals_are_kept_whole_and_escaped() -> None:
    assert str(render_html.whole("区間は[▲4.6, ▲3.0]、<b>差 ▲2.5pt")) == (
        '区間は<span class="whole">[▲4.6, ▲3.0]</span>、&lt;b&gt;差 <span class="whole">▲2.5pt</span>'
    )


def test_colours_are_the_tokens_and_no_others(pages: dict[str, str]) -> None:
    sheet = (render_html.TEMPLATES / "crm" / "report.css").read_text("utf-8")
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsl", sheet)
    used = set(re.findall(r"var\(--([\w-]+)\)", sheet)) - {"columns"}
    defined = set(re.findall(r"--([\w-]+):", render_html.custom_properties()))
    assert used <= defined
    for name, value in TOKENS["colour"].items():
        assert f"--{name.replace('_', '-')}:{value}" in pages["ja"]


SVG = (
    '<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="10pt" height="5pt" viewBox="0 0 10 5" onload="alert(1)"><metadata>m</metadata><script>alert(2)</script>'
    "<defs><style>*{stroke: red} .a{fill: url(https://evil.example/x)} @import 'https://evil.example/y';</style>"
    '<clipPath id="c"><path d="M0 0"/></clipPath></defs><foreignObject><b>x</b></foreignObject>'
    '<g id="g" clip-path="url(#c)" onclick="alert(3)" style="fill: url(\'#h\')"><text>a &lt; b</text>'
    '<use xlink:href="#g"/><use xlink:href="https://evil.example/z"/><a xlink:href="javascript:alert(4)">'
    "<text>t</text></a></g></svg>"
)  # fmt: skip


def test_a_drawing_can_neither_run_nor_load_anything() -> None:
    svg = str(inline_svg(SVG, "f1", 'a "quoted" <alt>'))
    for gone in ("alert", "evil.example", "metadata", "script", "foreignObject", "onload", "<?xml", "DOCTYPE", "http"):
        assert gone not in svg, gone
    for kept in ('id="f1-0"', 'clip-path="url(#f1-0)"', "url(#f1-1)", 'href="#f1-2"', "a &lt; b", 'viewBox="0 0 10 5"'):
        assert kept in svg, kept
    assert "#svg-f1 *{stroke: red}" in svg  # matplotlib's rule for all elements stays within its figure
    assert 'aria-label="a &quot;quoted&quot; &lt;alt&gt;"' in svg
    assert "width=" not in svg.split(">", maxsplit=1)[0]


def test_a_figure_leaves_the_ids_of_its_neighbour_alone() -> None:
    whole = report("ja")
    page = whole.chapters[0].pages[0]
    twice = replace(page, panels=tuple(replace(p, chart=PageChart(SVG, "S", "図")) for p in page.panels))
    two = replace(whole, chapters=(replace(whole.chapters[0], pages=(twice,), sections=()),))
    html = to_html(two)
    assert 'id="01-two-charts-1-0"' in html
    assert 'id="01-two-charts-2-0"' in html


def test_a_drawing_of_many_marks_says_once_what_they_share() -> None:
    marks = "".join(
        f'<g id="patch_{at}"><path d="M {at}.04 0.26  L {at}.96 10  z " clip-path="url(#p)" style="fill: #558d9a"/></g>'
        for at in range(50)
    )
    text = "<text style=\"font-size: 8px; font-family: 'Noto Sans CJK JP'; text-anchor: end\">a</text>"
    clip = '<clipPath id="p"><path d="M 0 0"/></clipPath>'
    small = str(inline_svg(f'<svg xmlns="http://www.w3.org/2000/svg">{marks}{text}<defs>{clip}</defs></svg>', "f1", "x"))
    assert small.count("fill: #558d9a") == 1
    assert small.count("url(#f1-0)") == 1
    assert '<path d="M3 0.3L4 10z" class="s0" />' in small
    assert "<g" not in small
    assert "font-family" not in small, "the page's own font"
    assert "text-anchor: end" in small


def test_characters_are_all_of_a_report_drawings_included() -> None:
    found = characters_of(report("ja"))
    assert set("見本珈琲▲→<&") <= set(found)
    assert list(found) == sorted(set(found))
    assert set(WORDS["ja"]["client"]) - set(ALWAYS) <= set(found)


def test_rendering_a_page_needs_no_notebook_machinery() -> None:
    code = "import sys, crm_helpers.report.render_html, crm_helpers.report.render_pdf; print('nbconvert' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_the_exporters_word_the_notebook_and_render_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbconvert.exporters import get_exporter

    from crm_helpers.report.render_pdf import to_pdf

    wording = ModuleType("crm_helpers.report.wording")
    wording.report_of_notebook = lambda *_: report("en")
    monkeypatch.setitem(sys.modules, "crm_helpers.report.wording", wording)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# never shown")])
    exporter = get_exporter("crm_html")()
    page, resources = exporter.from_notebook_node(notebook)
    assert page == to_html(report("en"))
    assert resources["output_extension"] == ".html"
    pdf, resources = get_exporter("crm_pdf")().from_notebook_node(notebook)
    assert pdf == to_pdf(report("en"))
    assert resources["output_extension"] == ".pdf"
