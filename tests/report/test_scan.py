"""What a reader could find in a rendered file is found before it is published; figures are no contacts."""

from __future__ import annotations

import dataclasses
import io
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from pypdf import PdfReader

from crm_helpers.report import scan
from crm_helpers.report.render_html import to_html
from crm_helpers.report.render_pdf import to_pdf
from tests.report.sample import report

FIGURES = [
    "090,123,456円 と 0.905",
    "08 2023 2024 09 1200 1300",
    "2023-01-05〜2023-12-31",
    "03-05-07月",
    "東京都 港区店 1,234",
    "1,234-5,678 4111-1111",
    "合計 4,111,111,111,111,111",
    "run 2023-12-31-09012345",
    "sha256 090123456789abcd",
    "12:34 10-20-30",
    "30 23 28 21 34 25 20 23",
]
LEAKS = [
    ("info@example.jp", "mail"),
    ("090-1234-5678", "phone"),
    ("電話0312345678", "phone"),
    ("4111 1111 1111 1111", "card"),
    ("東京都港区芝公園4-2-8", "address"),
    ("M00123さん", "id"),
    ("h" + "0af1" * 8, "id"),
    ("/home/someone/x", "path"),
    ("book.show(views.x)", "code"),
]


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    folder = tmp_path / "tables"
    folder.mkdir()
    duckdb.sql("select * from (values ('M00123'), ('12345')) t(customer_id)").write_parquet(str(folder / "customers.parquet"))
    return folder


def faults(folder: Path, tables: Path, text: str) -> list[tuple[str, str, str]]:
    folder.mkdir(exist_ok=True)
    page = f'<html><style>a{{}}</style><section id="one">あ</section><section id="two"><p>{text}</p></section></html>'
    (folder / "a.html").write_text(page, "utf-8")
    return [(f.where, str(f.values["page"]), str(f.values["kind"])) for f in scan.scan(folder, tables)]


@pytest.mark.parametrize(("text", "kind"), LEAKS)
def test_a_leak_is_told_with_its_page_and_kind_and_not_its_value(tmp_path: Path, tables: Path, text: str, kind: str) -> None:
    assert faults(tmp_path / "set", tables, text) == [("a.html", "#two", f"privacy.kinds.{kind}")]
    assert text not in "".join(map(str, scan.scan(tmp_path / "set", tables)))


@pytest.mark.parametrize("text", [*FIGURES, "12345 人"])
def test_figures_are_no_contacts(tmp_path: Path, tables: Path, text: str) -> None:
    assert faults(tmp_path / "set", tables, text) == []


@pytest.mark.parametrize("text", ["<span>090-</span><span>1234-5678</span>", '<img alt="090-1234-5678">', "&#48;90-1234-5678"])
def test_markup_hides_nothing(tmp_path: Path, tables: Path, text: str) -> None:
    assert faults(tmp_path / "set", tables, text) == [("a.html", "#two", "privacy.kinds.phone")]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_text_of_a_pdf_is_read_to_the_last_character(lang: str) -> None:
    data = to_pdf(report(lang))
    ours = scan.of_pdf(data)
    for number, page in enumerate(PdfReader(io.BytesIO(data)).pages, start=1):
        told = "".join(page.extract_text().split())
        assert Counter("".join(ours[f"p.{number}"].split())) == Counter(told), f"page {number}"


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_clean_report_passes_and_a_leak_is_found_in_both_forms(tmp_path: Path, tables: Path, lang: str) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    made = report(lang)
    for leak, expected in (("", []), ("070-1234-5678", ["a.html", "a.pdf"])):
        pages = made.chapters[0].pages
        page = dataclasses.replace(pages[0], headline=f"{pages[0].headline} {leak}")
        changed = dataclasses.replace(made.chapters[0], pages=(page, *pages[1:]))
        told = dataclasses.replace(made, chapters=(changed, *made.chapters[1:]))
        (folder / "a.html").write_text(to_html(told), "utf-8")
        (folder / "a.pdf").write_bytes(to_pdf(told))
        assert sorted({fault.where for fault in scan.scan(folder, tables)}) == expected
