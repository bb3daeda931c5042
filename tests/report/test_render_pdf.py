"""The PDF: pages, bookmarks, contents, literal text, and what happens when there is too much of something."""

from __future__ import annotations

import io
import re
import tempfile
import unicodedata
from dataclasses import replace
from functools import cache
from pathlib import Path

import pypdf
import pytest

from crm_helpers.report.pages import Chapter, Page, PagePanel, Rail, RailFigure, Report, Section
from crm_helpers.report.render_pdf import to_pdf
from tests.report.sample import HOSTILE, ROWS, UI, WORDS, in_order, long_table, report, segments

MM = 72 / 25.4
BOTH = pytest.mark.parametrize("lang", ["ja", "en"])


@cache
def pdf_of(lang: str) -> bytes:
    return to_pdf(report(lang))


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def squeezed(text: str) -> str:
    """Text without spaces and line ends: where a line breaks is not the matter."""
    return re.sub(r"\s|\u200b", "", unicodedata.normalize("NFKC", text))


def text_of(page: pypdf.PageObject) -> str:
    return squeezed(page.extract_text())


def bookmarks(reader: pypdf.PdfReader) -> list[tuple[int, str, int]]:
    """Level, title and page (from 1) of each bookmark."""
    found: list[tuple[int, str, int]] = []

    def walk(items: list, level: int) -> None:
        for item in items:
            if isinstance(item, list):
                walk(item, level + 1)
            else:
                found.append((level, item.title, reader.get_destination_page_number(item) + 1))

    walk(reader.outline, 1)
    return found


def lines(page: pypdf.PageObject, left: float = 0) -> list[tuple[float, str]]:
    """Baseline in mm from the upper edge, and text, of each line that starts right of `left` mm; downwards."""
    rows: dict[float, list[tuple[float, str]]] = {}

    def visit(text: str, cm: list[float], tm: list[float], *_: object) -> None:
        x, y = tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        if text.strip() and x / MM > left:
            rows.setdefault(round((float(page.mediabox.height) - y) / MM, 1), []).append((x, text))

    page.extract_text(visitor_text=visit)
    return [(y, squeezed("".join(text for _, text in sorted(row)))) for y, row in sorted(rows.items())]


def one_page(lang: str = "ja", **changes: object) -> Report:
    whole = report(lang)
    page = replace(whole.chapters[0].pages[0], **changes)
    return replace(whole, chapters=(Chapter("1", "章", (page,), ()),), colophon=())


@BOTH
def test_a4_landscape_with_title_language_and_date(lang: str) -> None:
    reader = read(pdf_of(lang))
    assert {(round(float(p.mediabox.width) / MM), round(float(p.mediabox.height) / MM)) for p in reader.pages} == {(297, 210)}
    assert reader.metadata.title == report(lang).title
    assert reader.metadata["/CreationDate"].startswith("D:20260420")
    assert reader.trailer["/Root"]["/Lang"] == lang
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_object().get_data()


@BOTH
def test_bookmarks_are_chapters_then_questions(lang: str) -> None:
    one, two = report(lang).chapters
    got = [(level, title) for level, title, _ in bookmarks(read(pdf_of(lang)))]
    assert got == [
        (1, UI[lang]["contents"]),
        (1, f"1 {one.title}"),
        *((2, page.question) for page in one.pages),
        (2, UI[lang]["basis"]),
        *((3, section.title) for section in one.sections),
        (1, f"2 {two.title}"),
        (2, two.pages[0].question),
        (1, UI[lang]["colophon"]),
    ]


@BOTH
def test_the_contents_name_the_pages_where_things_stand(lang: str) -> None:
    reader = read(pdf_of(lang))
    contents = text_of(reader.pages[1])
    pages = {title: number for level, title, number in bookmarks(reader) if level < 3}
    for title, number in pages.items():
        if title not in (UI[lang]["contents"], UI[lang]["colophon"]):  # these are not listed
            after = contents.split(squeezed(title), 1)[1]
            assert re.match(rf"(?:.*?\.{{3}})?{number}", after), title
    links = [a.get_object() for a in reader.pages[1]["/Annots"]]
    assert len(links) >= len(pages) - 2
    for number, page in enumerate(reader.pages, start=1):
        if number > 1:
            assert squeezed(f"{number} / {len(reader.pages)}") in text_of(page)


@BOTH
def test_headlines_stand_on_their_pages_once(lang: str) -> None:
    reader = read(pdf_of(lang))
    where = {title: number for _, title, number in bookmarks(reader)}
    for chapter in report(lang).chapters:
        for page in chapter.pages:
            words = page.headline.replace("|", "").replace("/", "") if lang == "ja" else page.headline
            assert text_of(reader.pages[where[page.question] - 1]).count(squeezed(words)) == 1
            assert squeezed(page.rail.next_what) in text_of(reader.pages[where[page.question] - 1])


@BOTH
def test_hostile_text_comes_out_as_it_is(lang: str) -> None:
    reader = read(pdf_of(lang))
    whole = "".join(map(text_of, reader.pages))
    assert whole.count(squeezed(HOSTILE)) >= 6  # contents, sub-head, comment, prose, basis, colophon


@BOTH
def test_fonts_are_embedded_subsets_of_the_two_weights(lang: str) -> None:
    names = set()
    for page in read(pdf_of(lang)).pages:
        for font in page["/Resources"].get("/Font", {}).values():
            below = font.get_object()["/DescendantFonts"][0].get_object()
            names.add(str(font.get_object()["/BaseFont"]).split("+")[1].split("-Identity")[0])
            assert "/FontFile3" in below["/FontDescriptor"].get_object()
    assert names == {"NotoSansCJKjp-Regular", "NotoSansCJKjp-Bold"}


@BOTH
def test_chart_text_is_searchable_and_pictures_have_words(lang: str) -> None:
    reader = read(pdf_of(lang))
    assert squeezed(WORDS[lang]["client"] + " 1,756") in text_of(reader.pages[2])
    alts, seen = [], set()

    def walk(node: object) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for part in node:
                walk(part)
        elif isinstance(node, dict) and id(node) not in seen:
            seen.add(id(node))
            if node.get("/S") == "/Figure":
                alts.append(node.get("/Alt"))
            if "/K" in node:
                walk(node["/K"])

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    assert alts == [WORDS[lang]["chart"]] * 4


@BOTH
def test_same_bytes_twice_and_small(lang: str) -> None:
    assert to_pdf(report(lang)) == pdf_of(lang)
    assert len(pdf_of(lang)) < 400_000


def test_nothing_of_the_machine_is_in_the_file() -> None:
    reader = read(pdf_of("ja"))
    everything = pdf_of("ja") + b"".join(
        x.get_data() for n in range(1, len(reader.xref[0]) + 1) if hasattr(x := reader.get_object(n), "get_data")
    )
    assert tempfile.gettempdir().encode() not in everything
    assert b"crm-pdf-" not in everything
    assert str(Path(__file__).parents[2]).encode() not in everything


def test_a_long_table_breaks_with_its_header_and_loses_no_row() -> None:
    reader = read(pdf_of("ja"))
    start = next(number for _, title, number in bookmarks(reader) if title == "受領データ")
    pages = [text_of(page) for page in reader.pages[start - 1 :]]
    everything = "".join(pages)
    assert in_order(everything, [f"受注明細{n}月分{n + 7000:,}" for n in range(ROWS)])
    holding = [page for page in pages if re.search(r"受注明細\d+月分7,0", page)]
    assert len(holding) == 3
    assert all("顧客層人数" in page for page in holding)


@pytest.mark.parametrize("rows", range(14, 26))
def test_a_sub_head_and_its_paragraph_stay_with_the_table(rows: int) -> None:
    sections = (Section("前", "", (), long_table("ja", rows)), Section("後の節", "単位", ("段落です。",), segments("ja")))
    whole = replace(report("ja"), chapters=(Chapter("1", "章", (), sections),), colophon=())
    holding = next(text for page in read(to_pdf(whole)).pages[2:] if "後の節単位" in (text := text_of(page)))
    assert "段落です。" in holding
    assert "優良28,560" in holding


@pytest.mark.parametrize("rows", range(18, 26))
def test_a_sub_head_stays_with_the_first_row_of_its_table(rows: int) -> None:
    sections = (Section("前", "", (), long_table("ja", rows)), Section("後の節", "単位", (), segments("ja")))
    whole = replace(report("ja"), chapters=(Chapter("1", "章", (), sections),), colophon=())
    holding = next(text for page in read(to_pdf(whole)).pages[2:] if "後の節単位" in (text := text_of(page)))
    assert "優良28,560" in holding


def test_a_table_too_long_for_its_panel_goes_on_on_the_next_page() -> None:
    middle = report("ja").chapters[0].pages[0].panels[1]
    pages = read(to_pdf(one_page(panels=(middle, PagePanel("表", "", table=long_table("ja", 40)))))).pages[2:]
    assert len(pages) == 3
    assert all("章│売上はなぜA" in text_of(page) for page in pages[1:])  # the strip says what is continued
    assert all("顧客層人数" in text_of(page) for page in pages)
    assert in_order("".join(map(text_of, pages)), [f"受注明細{n}月分" for n in range(40)])


@pytest.mark.parametrize(("rows", "pages"), [(8, 1), (9, 1), (12, 2)])
def test_rows_shrink_before_a_table_goes_on(rows: int, pages: int) -> None:
    middle = report("ja").chapters[0].pages[0].panels[1]
    table = PagePanel("表", "", table=long_table("ja", rows))
    assert len(read(to_pdf(one_page(panels=(middle, table)))).pages[2:]) == pages


@pytest.mark.parametrize("repeat", [1, 2, 3])
def test_a_headline_however_long_keeps_to_its_box(repeat: int) -> None:
    words = "優良顧客は|28,560人（14.2%）で、|" * repeat + "/" + "増えている|要注意の|20,470人を、|" * repeat
    page = read(to_pdf(one_page(headline=words))).pages[2]
    assert squeezed(words.replace("|", "").replace("/", "")) in text_of(page)
    assert max(y for y, text in lines(page) if "要注意" in text or "20,470" in text) < 18 + 17


def test_a_headline_without_a_place_to_break_breaks_all_the_same() -> None:
    page = read(to_pdf(one_page(headline="分" * 120))).pages[2]
    rows = [(y, text) for y, text in lines(page) if "分分" in text]
    assert 2 <= len(rows) <= 3
    assert rows[-1][0] < 18 + 17
    assert sum(text.count("分") for _, text in rows) == 120


def rail(words: int, note: str = "") -> Rail:
    long = "左の値は、右の枝の掛け算または足し算に一致する。" * words
    figure = RailFigure("名", "▲1,234,567,890", "百万円", "比較")
    return Rail(figure, (long, long), (long,), "一手を打つ", "担当・期日", comment="所見" + long, note=note)


@pytest.mark.parametrize("words", [1, 2, 3, 4, 8, 20])
def test_a_full_rail_never_meets_the_next_move(words: int) -> None:
    pages = read(to_pdf(one_page(rail=rail(words)))).pages[2:]
    column = [(y, text) for y, text in lines(pages[0], left=215) if 35 < y < 193]
    top = next(y for y, text in column if text == "次の一手")
    assert [text for y, text in column if y >= top] == ["次の一手", "一手を打つ", "担当・期日"]
    assert max(y for y, _ in column if y < top) < top - 7  # a gap, and the white of the box
    everything = "".join(map(text_of, pages))
    assert everything.count("左の値は、右の枝の掛け算または足し算に一致する。") == 4 * words  # moved, never lost


def test_the_next_move_ends_at_the_same_height_on_every_page() -> None:
    ends = [y for page in read(pdf_of("ja")).pages for y, text in lines(page, left=215) if text.endswith("5月31日まで")]
    assert len(ends) == 3
    assert len(set(ends)) == 1


def test_a_long_note_is_read_elsewhere() -> None:
    note = "注記は長い。" * 40
    pages = read(to_pdf(one_page(rail=rail(1, note)))).pages[2:]
    assert "".join(map(text_of, pages)).count("注記は長い。") == 40


def test_the_least_report_compiles() -> None:
    empty = Rail(None, (), ())
    page = Page("X", "x", "問い", "見出し", (), empty, ())
    whole = replace(report("ja"), chapters=(Chapter("", "章", (page,), ()),), colophon=(), stamp="")
    assert len(read(to_pdf(whole)).pages) == 3
