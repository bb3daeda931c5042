"""Workbooks as they come: every cell read to the value that Excel shows, or told with sheet and row."""

from __future__ import annotations

import datetime
import io
import random
import zipfile
from collections.abc import Callable
from decimal import Decimal

import openpyxl
import pytest

from crm_helpers.data.readers import _workbook
from crm_helpers.data.readers._workbook import Format, Grid, written
from crm_helpers.errors import Faults
from tests.data.conftest import COLUMNS, Project, amounts, aside

HEADER = ["注文", "日付", "顧客", "金額"]
DAY = datetime.date(2023, 1, 5)
ROWS = [[1, DAY, "A", 100], [2, DAY, "B", 200]]


def book(*rows: list[object], change: Callable[[openpyxl.Workbook], None] | None = None, **sheets: list[list[object]]) -> bytes:
    """A workbook of the rows in `Sheet1`, and of further sheets."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Sheet1"
    for row in rows:
        sheet.append(row)
    for name, more in sheets.items():
        other = made.create_sheet(name)
        for row in more:
            other.append(row)
    if change:
        change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def told(tables) -> dict[str, tuple[int, str]]:
    return {s.key.removeprefix("data.noticed."): (s.facts["n"], s.facts["first"]) for s in tables.basis.statements}


def fault(project: Project, **settings):
    with pytest.raises(Faults) as caught:
        project.open(**settings)
    (only,) = caught.value.faults
    return only


LINES = {"files": "a.xlsx"}


def test_a_plain_workbook_is_found_to_be_one(project: Project) -> None:
    project.write("a.xlsx", book(HEADER, *ROWS))
    tables = project.open(lines=LINES)
    assert tables.order_lines.to_pandas(limit=9)[["order_id", "customer_id", "amount"]].values.tolist() == [["1", "A", 100], ["2", "B", 200]]
    assert [str(d)[:10] for d in tables.sql("select ordered_on from order_lines")["ordered_on"]] == ["2023-01-05"] * 2
    assert [r.file for r in tables.basis.received] == ["a.xlsx!Sheet1"]
    assert aside(tables) == {}
    assert told(tables) == {}


def test_a_glob_may_hold_text_and_workbooks_and_a_zip_both(project: Project) -> None:
    with zipfile.ZipFile(project.data / "e.zip", "w") as archive:
        archive.writestr("3.xlsx", book(HEADER, [3, DAY, "C", 300]))
        archive.writestr("4.xlsm", book(HEADER, [4, DAY, "C", 400]))
        archive.writestr("5.csv", ("注文,日付,顧客,金額\n5,2023-01-05,C,500\n").encode("cp932"))
    project.write("1.csv", "注文,日付,顧客,金額\n1,2023-01-05,A,100\n")
    project.write("2.xlsx", book(HEADER, [2, DAY, "B", 200]))
    assert amounts(project.open(lines={"files": ["*.csv", "*.xlsx", "e.zip"]})) == [100, 200, 300, 400, 500]


def test_sheets_by_pattern_each_with_its_own_rows_and_order_of_columns(project: Project) -> None:
    second = [["金額", "顧客", "日付", "注文"], [300, "C", DAY, 3], [400, "C", "いつか", 4]]
    months = {"2025年1月": [HEADER, *ROWS], "2025年2月": second, "メモ": [["x"]]}
    project.write("a.xlsx", book(**months))
    tables = project.open(lines=LINES | {"sheet": "2025*"})
    assert amounts(tables) == [100, 200, 300]
    assert aside(tables) == {"bad_date": (1, "a.xlsx!2025年2月:3")}
    assert [(r.file, r.read) for r in tables.basis.received] == [("a.xlsx!2025年1月", 2), ("a.xlsx!2025年2月", 2)]


def test_without_a_name_the_first_sheet_that_fits_is_read_and_the_others_are_told(project: Project) -> None:
    def hide(made: openpyxl.Workbook) -> None:
        made["裏"].sheet_state = "hidden"

    project.write("a.xlsx", book(["説明"], change=hide, 裏=[HEADER, *ROWS], 明細=[HEADER, *ROWS]))
    tables = project.open(lines=LINES)
    assert amounts(tables) == [100, 200]
    assert tables.basis.received[0].file == "a.xlsx!明細"
    (statement,) = tables.basis.statements
    assert (statement.key, statement.facts["names"]) == ("data.noticed.sheets", "Sheet1")


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(project: Project) -> None:
    project.write("a.xlsx", book(HEADER, 明細=[HEADER]))
    found = fault(project, lines=LINES | {"sheet": "明細書"})
    assert (found.key, found.where, found.values["has"], found.values["nearest"]) == (
        "data.sheet", "params/acme.yaml:14", ["Sheet1", "明細"], "明細",
    )  # fmt: skip


@pytest.mark.parametrize("setting", [{}, {"header_row": 4}])
def test_a_header_below_titles(project: Project, setting: dict[str, object]) -> None:
    rows = [["売上一覧 2023年1月"], ["作成", None, None, "営業部"], [], HEADER, *ROWS, [3, "x", "C", 1]]
    project.write("a.xlsx", book(*rows))
    tables = project.open(lines=LINES | setting)
    assert amounts(tables) == [100, 200]
    assert aside(tables) == {"bad_date": (1, "a.xlsx!Sheet1:7")}


def test_a_header_row_that_is_empty_is_told(project: Project) -> None:
    project.write("a.xlsx", book(HEADER, [], *ROWS))
    found = fault(project, lines=LINES | {"header_row": 2})
    assert (found.key, found.where) == ("data.header_row", "params/acme.yaml:14")


def test_two_header_rows_with_merged_cells_are_joined(project: Project) -> None:
    def merge(made: openpyxl.Workbook) -> None:
        for cells in ("A1:D1", "A2:A3", "B2:B3", "C2:D2"):
            made["Sheet1"].merge_cells(cells)

    rows = [["売上一覧"], ["日付", "顧客", "売上"], [None, None, "金\n額", "数量"], [DAY, "A", 100, 2]]
    project.write("a.xlsx", book(*rows, change=merge))
    columns = {"ordered_on": "日付", "customer_id": "顧客", "amount": "売上/金額", "quantity": "売上/数量"}
    tables = project.open(lines={"files": "a.xlsx", "columns": columns})
    assert tables.sql("select amount, quantity from order_lines").values.tolist() == [[100, 2]]
    found = fault(project, lines={"files": "a.xlsx", "columns": columns | {"amount": "金額"}})
    assert (found.values["has"], found.values["file"]) == (["日付", "顧客", "売上/金額", "売上/数量"], "data/acme/a.xlsx!Sheet1")


def test_merged_codes_are_filled_down_and_merged_amounts_are_not(project: Project) -> None:
    def merge(made: openpyxl.Workbook) -> None:
        for cells in ("A2:A4", "B2:B4", "D3:D4"):
            made["Sheet1"].merge_cells(cells)

    project.write("a.xlsx", book(HEADER, [7, DAY, "A", 100], [None, None, "A", 50], [None, None, "B", None], change=merge))
    tables = project.open(lines=LINES)
    assert tables.sql("select order_id, amount from order_lines order by amount").values.tolist() == [["7", 50], ["7", 100]]
    assert aside(tables) == {"missing_amount": (1, "a.xlsx!Sheet1:4")}
    assert told(tables)["merged"] == (2, "a.xlsx!Sheet1:2")


def test_rows_that_sum_up_others_are_set_aside_with_their_reason(project: Project) -> None:
    rows = [
        HEADER, *ROWS,
        [None, None, "小計", 300], ["東京店 計", None, None, 300], ["合　計", None, None, 300], [None, "総計", None, 300],
        ["Total", "", "", 300], [3, DAY, "計", 5], ["T計", DAY, "体重計", 6], [None, DAY, "総計画", 7],
    ]  # fmt: skip
    rows[5][0] = "合計"
    project.write("a.xlsx", book(*rows))
    tables = project.open(lines=LINES)
    assert amounts(tables) == [6, 7, 100, 200]
    assert aside(tables) == {"total_row": (6, "a.xlsx!Sheet1:4")}
    assert tables.basis.received[0].read == 10


def test_a_customer_that_is_called_like_a_sum_is_kept_where_no_code_column_says_so(project: Project) -> None:
    columns = {"ordered_on": "日付", "amount": "金額", "channel": "顧客"}
    project.write("a.xlsx", book(HEADER, [1, DAY, "計", 100]))
    assert amounts(project.open(lines={"files": "a.xlsx", "columns": columns})) == [100]


def test_errors_hidden_rows_and_formulas_without_value_are_told(project: Project) -> None:
    def spoil(made: openpyxl.Workbook) -> None:
        sheet = made["Sheet1"]
        sheet["C2"], sheet["C3"] = "#N/A", "#REF!"
        sheet["D4"] = "=1+1"
        sheet.row_dimensions[3].hidden = True
        sheet.row_dimensions[5].hidden = True
        sheet["F2"] = "#N/A"  # of a column that nobody asked for

    project.write("a.xlsx", book(HEADER, *ROWS, [3, DAY, "C", 0], [4, DAY, "D", 400], change=spoil))
    tables = project.open(lines=LINES)
    assert amounts(tables) == [100, 200, 400]
    assert aside(tables) == {"missing_amount": (1, "a.xlsx!Sheet1:4")}
    assert told(tables) == {
        "hidden_rows": (2, "a.xlsx!Sheet1:3"), "error_cells": (2, "a.xlsx!Sheet1:2"), "uncached": (1, "a.xlsx!Sheet1:4"),
    }  # fmt: skip
    assert tables.sql("select count(customer_id) as n from order_lines")["n"].tolist() == [1]


def test_codes_days_and_amounts_as_excel_shows_them(project: Project) -> None:
    def shape(made: openpyxl.Workbook) -> None:
        sheet = made["Sheet1"]
        for cell, form in (("A2", "00000"), ("A3", "000-0000"), ("B2", 'ggge"年"m"月"d"日"'), ("B3", "[$-411]ge.m.d;@"), ("C3", "@"), ("C4", "0.00E+00")):
            sheet[cell].number_format = form

    rows = [[123, 44931, 12345.0, 100000.0], [1000001, 44931.75, "00012", 0.1 + 0.2], ["9", DAY, 123456789012, 1e5]]
    project.write("a.xlsx", book(HEADER, *rows, change=shape))
    tables = project.open(lines=LINES, currency="USD")
    found = tables.sql("select order_id, customer_id, amount, ordered_on from order_lines order by order_id")
    assert found.iloc[:, :3].values.tolist() == [["00123", "12345", 10000000], ["100-0001", "00012", 30], ["9", "123456789012", 10000000]]
    assert {str(day)[:10] for day in found["ordered_on"]} == {"2023-01-05"}


def test_the_days_of_1904_and_the_day_that_never_was(project: Project) -> None:
    def mac(made: openpyxl.Workbook) -> None:
        made.epoch = openpyxl.utils.datetime.MAC_EPOCH
        made["Sheet1"]["B2"] = 43469
        made["Sheet1"]["B2"].number_format = "yyyy/m/d"

    project.write("a.xlsx", book(HEADER, [1, 0, "A", 100], change=mac))
    assert str(project.open(lines=LINES).span[0]) == "2023-01-05"
    cases = {0: "1899-12-31", 1: "1900-01-01", 59: "1900-02-28", 60: "1900-02-29", 61: "1900-03-01", 44931: "2023-01-05"}
    assert {n: written(n, Format("day")) for n in cases} == cases
    assert written(0.75, Format("time")) == "18:00:00"
    assert written(44930.999999999, Format("day")) == "2023-01-05"
    assert written(1.25, Format("elapsed")) == "30:00:00"


@pytest.mark.parametrize(("number", "sort"), [(14, "day"), (27, "day"), (31, "day"), (57, "day"), (58, "day"), (32, "time"), (20, "time"), (46, "elapsed"), (10, "percent"), (0, "number"), (3, "number")])  # fmt: skip
def test_the_formats_that_have_no_text(number: int, sort: str) -> None:
    assert _workbook._format(number, []).sort == sort


@pytest.mark.parametrize(("told", "form"), [
    ("00000", Format("code", "00000")), ("0", Format("number")), ("#,##0", Format("number")), ('0"個"', Format("number")), (r"000\-0000", Format("code", "000-0000")),
    ("0.0%", Format("percent")), ("[h]:mm", Format("elapsed")), ("h:mm", Format("time")), ('yyyy"年"m"月"', Format("day")), ("¥#,##0;[Red]-¥#,##0", Format("number")),
])  # fmt: skip
def test_formats_by_their_text(told: str, form: Format) -> None:
    assert _workbook._format(_workbook.BUILTIN_FORMATS_MAX_SIZE, [told]) == form


def test_numbers_and_codes_come_through_excel_as_they_are(project: Project) -> None:
    """Property: whatever 15 digits go in come out, without exponent and without a digit more."""
    rng = random.Random(11)
    numbers = [Decimal(rng.randrange(10**15)).scaleb(-rng.randrange(0, 16)) for _ in range(3000)]
    numbers += [Decimal(10) ** n for n in range(15)] + [Decimal("0.1"), Decimal("1e-9"), Decimal(99999999999999)]
    made = book(*([float(n) for n in numbers[i : i + 3]] for i in range(0, len(numbers), 3)))
    file = project.write("n.xlsx", made)
    read = [cell for row in _workbook.opened(file).grid("Sheet1").rows.values() for cell in row]
    assert [Decimal(cell) for cell in read] == numbers
    assert not [cell for cell in read if "E" in cell.upper()]
    for _ in range(500):
        code, width = rng.randrange(10**9), rng.randrange(2, 12)
        assert written(code, Format("code", "0" * width)) == str(code).zfill(width)


def test_rows_are_accounted_for_whatever_the_mess(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_helpers.data.suspicion.too_few", lambda *_: False)
    rng = random.Random(5)
    cells = [None, 1, 44931, DAY, "合計", "小計", "2023-01-05", "x\ny", '"', "", "=1", True, 1e300, -5, "#N/A", datetime.time(3), "計"]
    for _ in range(8):
        rows = [[rng.choice(cells) for _ in range(4)] for _ in range(80)]
        content = book(HEADER, ["D", DAY, "A", 100], *rows)
        project.write("a.xlsx", content)
        tables = project.open(lines=LINES)
        aside(tables)
        blank = sum(not any(row) for row in _texts(project))
        assert tables.basis.received[0].read == len(_texts(project)) - blank
        tables.close()


def _texts(project: Project) -> list[list[str]]:
    grid = _workbook.opened(project.data / "a.xlsx").grid("Sheet1")
    return [row for number, row in grid.rows.items() if number > 1]


# ---------------------------------------------------------------- files that are no workbook, or another
def test_a_workbook_under_another_format_is_told_what_to_write(project: Project) -> None:
    project.write("a.xlsx", book(HEADER, *ROWS))
    found = fault(project, lines=LINES | {"format": "csv_text"})
    assert (found.key, found.where, found.values["kind"]) == ("data.other_format", "params/acme.yaml:14", "data.kinds.workbook")
    project.write("a.xlsx", "注文,日付\n")
    found = fault(project, lines=LINES | {"format": "excel"})
    assert (found.key, found.values["kind"]) == ("data.other_format", "data.kinds.text")


def test_what_cannot_be_opened_is_told(project: Project) -> None:
    whole = book(HEADER, *ROWS)
    project.write("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"EncryptedPackage" * 99)  # a password, or damage
    assert fault(project, lines=LINES).key == "data.damaged"
    project.write("a.xlsx", whole[: len(whole) // 2])
    assert fault(project, lines=LINES).key == "data.not_text"
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name)[:400] if "sheet1" in name else source.read(name))
    project.write("a.xlsx", broken.getvalue())
    found = fault(project, lines=LINES)
    assert (found.key, found.where, found.values["file"]) == ("data.damaged", "params/acme.yaml:8", "data/acme/a.xlsx")


def test_a_zip_in_a_zip_and_a_document_are_told_plainly(project: Project) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.csv", "x")
    with zipfile.ZipFile(project.data / "e.zip", "w") as archive:
        archive.writestr("in.zip", inner.getvalue())
    found = fault(project, lines={"files": "e.zip"})
    assert (found.key, found.values["file"]) == ("data.zip_inside", "data/acme/e.zip/in.zip")
    project.write("a.docx", inner.getvalue())
    found = fault(project, lines={"files": "a.docx"})
    assert (found.key, found.values["kind"]) == ("data.not_text", "data.kinds.zip")


def test_an_xls_is_read_by_the_other_library(project: Project) -> None:
    file = project.write("a.xlsx", book(HEADER, [1, DAY, "A", 100.5], [], [None, datetime.datetime(2023, 1, 5, 9, 30), True, 0.1]))
    made = _workbook._Old(file)
    assert made.sheets == ("Sheet1",)
    assert made.grid("Sheet1") == Grid({1: HEADER, 2: ["1", "2023-01-05", "A", "100.5"], 4: ["", "2023-01-05 09:30:00", "TRUE", "0.1"]})


def test_a_sheet_without_header_and_an_empty_one(project: Project) -> None:
    project.write("a.xlsx", book(*ROWS))
    numbered = {"order_id": "1", "ordered_on": "2", "customer_id": "3", "amount": "4"}
    assert amounts(project.open(lines={"files": "a.xlsx", "header": False, "columns": numbered})) == [100, 200]
    project.write("a.xlsx", book())
    assert fault(project, lines=LINES).key == "data.no_rows"
    project.write("a.xlsx", book(HEADER))
    assert fault(project, lines=LINES | {"columns": COLUMNS}).key == "data.no_rows"
