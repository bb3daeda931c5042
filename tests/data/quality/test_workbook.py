"""The workbook as openpyxl reads it back."""

from __future__ import annotations

import datetime
import os
import stat
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from crm_helpers.data.quality.examine import quality
from crm_helpers.data.quality.workbook import HEAD, write
from crm_helpers.data.tables import open_tables
from tests.data.conftest import COLUMNS, Project

LINES = {"columns": COLUMNS | {"product_id": "商品"}, "guests": ["0000"]}
PRODUCTS = {"products": {"files": "p.txt", "columns": {"product_id": "商品"}}}


def made(project: Project, **settings) -> Path:
    project.write("a.csv", "注文,日付,顧客,商品,金額\n1,2023-12-30,A,=1+1,100\n2,2023-12-30,0000,+81,25\n3,2023-12-30,A,@x,1\n4,2023-12-30,A,-5,1\n")
    project.write("p.txt", "商品\nP\n")
    loaded = project.load(lines=LINES, tables=PRODUCTS, **settings)
    tables = open_tables(loaded)
    return write(tables, loaded, quality(tables, loaded))


def cells(sheet: Worksheet) -> list[dict[str, object]]:
    head = [cell.value for cell in sheet[HEAD]]
    return [dict(zip(head, row, strict=True)) for row in sheet.iter_rows(min_row=HEAD + 1, values_only=True)]


def test_the_sheets_and_what_they_hold(project: Project) -> None:
    book = load_workbook(made(project))
    assert book.sheetnames == ["所見", "明細", "名寄せ候補", "用語・定義", "受領データ"]
    first = cells(book["所見"])[0]
    assert (first["区分"], first["特性"], first["点検番号"]) == ("中止", "一貫性", "unresolved:order_lines.product_id")
    assert (first["最初の箇所"], first["該当する売上（円）"]) == ("a.csv:2", 127)
    assert first["見つかったこと"] == "受注明細の商品コードのうち4個（4行、100.0%）が商品マスタにない"
    terms = {row["用語"]: row["本書での意味"] for row in cells(book["用語・定義"])}
    assert "0000" in terms["非会員のコード"]
    assert terms["注文"] == "注文が同じ明細を1件の注文とする"
    received = cells(book["受領データ"])
    assert [(row["表"], row["読み込み"], row["採用"]) for row in received] == [("受注明細", 4, 4), ("商品マスタ", 1, 1)]
    assert received[0]["最初の日"] == datetime.datetime(2023, 12, 30)


def test_no_cell_is_a_formula(project: Project) -> None:
    book = load_workbook(made(project))
    values = [(cell.value, cell.data_type, cell.quotePrefix) for cell in next(c for c in book["明細"].columns if c[HEAD - 1].value == "値")[HEAD:]]
    assert values == [("=1+1", "s", True), ("+81", "s", True), ("@x", "s", True), ("-5", "s", True)]
    assert not [c for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]


def test_it_is_laid_out_to_be_worked_through(project: Project) -> None:
    for sheet in load_workbook(made(project)):
        assert sheet.freeze_panes == f"A{HEAD + 1}"
        assert sheet.auto_filter.ref.startswith(f"A{HEAD}:")
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_title_rows == f"${HEAD}:${HEAD}"
        assert all(sheet.column_dimensions[cell.column_letter].width >= 6 for cell in sheet[HEAD])


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_only_its_owner_may_read_it(project: Project) -> None:
    assert stat.S_IMODE(made(project).stat().st_mode) == 0o600


def test_answers_of_the_client_are_kept(project: Project) -> None:
    path = made(project)
    book = load_workbook(path)
    sheet = book["所見"]
    answer = next(cell.column for cell in sheet[HEAD] if cell.value == "お客様のご回答")
    sheet.cell(HEAD + 1, answer).value = "量り売りです"
    terms = book["用語・定義"]
    terms.cell(HEAD + 2, 3).value = "4月から"
    book.save(path)
    again = load_workbook(made(project))
    assert cells(again["所見"])[0]["お客様のご回答"] == "量り売りです"
    assert [row["お客様のご回答"] for row in cells(again["用語・定義"])][1] == "4月から"


def test_a_file_that_is_no_workbook_is_put_aside(project: Project) -> None:
    (project.data / "quality.xlsx").write_text("notes of the client")
    made(project)
    assert (project.data / "quality-old.xlsx").read_text() == "notes of the client"


def test_it_speaks_the_reports_language(project: Project) -> None:
    book = load_workbook(made(project, languages=["en"]))
    assert book.sheetnames == ["Findings", "Rows", "Same person", "Definitions", "Received"]
    assert cells(book["Findings"])[0]["Severity"] == "stop"
