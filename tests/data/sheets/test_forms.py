"""Every form in every language: written, filled in as a respondent would, and read back to the word."""

import io
import shutil
import subprocess
import zipfile

import pytest
from openpyxl import load_workbook

from crm_helpers.data.contract import TABLES
from crm_helpers.data.sheets.definition import fills, form, forms
from crm_helpers.data.sheets.reading import read
from crm_helpers.data.sheets.values import folded
from crm_helpers.data.sheets.writing import write
from crm_helpers.text.catalogue import languages
from tests.data.sheets.respondent import Sheet, filled

EVERY = [(name, lang) for name in forms() for lang in languages()]
each = pytest.mark.parametrize(("name", "lang"), EVERY)


def contract(made, row):
    return {key: value for key, value in row.items() if key in TABLES[made.table].names}


@each
def test_what_is_filled_in_is_read_back(name, lang):
    sheet, rows = filled(name, lang)
    if sheet.form.grid and sheet.form.grid.months:
        pytest.skip("a table of months has a test of its own")
    (told,) = sheet.back()
    assert [str(fault) for fault in told.faults] == []
    assert told.noticed == []
    assert [dict(row.values) for row in told.rows] == [contract(sheet.form, row) for row in rows]
    assert told.language == lang


@each
def test_a_blank_form_is_blank_and_always_the_same_bytes(name, lang):
    content = write(form(name), lang)
    assert write(form(name), lang) == content
    (told,) = read(content, "x.xlsx")
    assert (told.done, told.rows, told.faults) == (0, [], [])
    assert [notice.key for notice in told.noticed] == ["forms.noticed.empty"]


@each
def test_labels_tell_the_fields_apart_and_nothing_is_a_formula_but_the_progress(name, lang):
    made = form(name)
    labels = [folded(entry.label[lang]) for entry in (*made.fields, *made.columns)]
    assert len(labels) == len(set(labels))
    book = load_workbook(io.BytesIO(write(made, lang)))
    formulas = [c.coordinate for s in book.worksheets for row in s.iter_rows() for c in row if c.data_type == "f"]
    assert len(formulas) == (2 if made.grid else 1)


@pytest.mark.parametrize("name", forms())
def test_a_form_fills_its_contract_table(name):
    made = form(name)
    table = TABLES[made.table]
    assert {column.name for column in table.columns if column.required} <= set(fills(made))
    for entry in (*made.fields, *made.columns):
        if entry.key in table.names and table.column(entry.key).choices:
            assert {choice.code for choice in entry.choices} <= set(table.column(entry.key).choices), entry.key
        for choice in entry.choices:
            assert set(choice.gives) <= set(table.names)


@pytest.mark.parametrize("lang", languages())
def test_cells_are_locked_but_for_those_to_be_filled_in_and_drop_downs_list_the_answers(lang):
    sheet = Sheet("self_check", lang)
    assert sheet.table.protection.sheet
    assert not sheet.table.protection.password
    assert sheet.cell("answer", 1).protection.locked is False
    assert sheet.cell("question", 1).protection.locked is True
    rule = next(v for v in sheet.table.data_validations.dataValidation if sheet.cell("answer", 7).coordinate in v.cells)
    listed = [c.value for (c,) in sheet.book["_lists"][rule.formula1.split("!")[1]]]
    assert listed == [choice.label[lang] for choice in sheet.form.columns[8].choices]


def test_print_set_up_is_a4_with_the_header_on_every_page():
    sheet = Sheet("self_check").table
    assert (sheet.page_setup.paperSize, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (9, 1, 0)
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.oddFooter.center.text == "&P / &N"


def test_the_short_form_has_21_items_with_every_legal_gate():
    short = Sheet("self_check", short=True)
    keys = [c.value for c in short.table["A"] if c.value not in (None, "key")]
    assert len(keys) == 21
    assert {"X02", "R01", "R02", "R03"} <= set(keys)
    short.field("wave", "2026-04").field("respondent", "R01").field("department", "本部").field("role", "分析").field(
        "answered_on", "2026/4/10"
    )
    (told,) = short.put("answer", 1, "3 標準運用").back()
    assert (told.done, told.of, told.faults) == (6, 26, [])


def test_questions_and_stages_follow_the_kind_of_business():
    made = form("self_check", "saas")
    book = load_workbook(io.BytesIO(write(made, "ja", business_type="saas")))
    texts = {c.value for row in book.worksheets[1].iter_rows() for c in row}
    assert "売上を契約数×席数×単価と解約率に分け、目標を配分している。" in texts
    for kind, stage in (("b2b", "導入・初期設定"), ("salon", "予約する"), ("", "また来る")):
        labels = [choice.label["ja"] for choice in form("journey_workshop", kind).columns[1].choices]
        assert stage in labels


def test_an_answer_of_another_kind_of_business_is_read_in_its_own_words():
    sheet = Sheet("self_check")
    sheet.book = load_workbook(io.BytesIO(write(form("self_check", "b2b"), "ja", business_type="b2b")))
    for key, value in {
        "wave": "2026-04",
        "respondent": "R01",
        "department": "営業",
        "role": "店舗・営業",
        "answered_on": "2026/4/10",
    }.items():
        sheet.field(key, value)
    (told,) = sheet.put("answer", 5, "2 部分整備").back()
    assert told.faults == []
    assert told.rows[0].values["item_id"] == "S05"


def test_months_are_read_from_their_headings():
    sheet = Sheet("budget")
    head = sheet.place("crm_key")[1]
    first = next(c.column for c in sheet.table[head] if c.value == "2026年4月")
    sheet.field("filled_on", "2026/3/1")
    sheet.table.cell(head + 1, first).value = "1,200万円"
    sheet.table.cell(head + 1, first + 9).value = 9_000_000
    sheet.table.cell(head + 2, first).value = 350
    sheet.put("item", 9, "イベント費").put("measure", 9, "円").put("channel", 9, "EC")
    sheet.table.cell(head + 9, first + 1).value = 50000
    (told,) = sheet.back()
    assert told.faults == []
    assert [dict(row.values) for row in told.rows] == [
        {"month": "2026-04", "item": "sales", "amount": "12000000"},
        {"month": "2027-01", "item": "sales", "amount": "9000000"},
        {"month": "2026-04", "item": "new_customers", "count": "350"},
        {"month": "2026-05", "item": "イベント費", "channel": "EC", "amount": "50000"},
    ]


def test_what_the_software_fills_in_is_shown_and_not_taken_for_a_remark():
    sheet = Sheet(
        "data_request", told={"order_lines": {"received": "=HYPERLINK(0) 受領 orders.csv"}}, values={"department": "EC部"}
    )
    cell = sheet.cell("received", 1)
    assert (cell.value, cell.data_type) == ("=HYPERLINK(0) 受領 orders.csv", "s")
    sheet.field("filled_on", "2026/4/1").put("state", 1, "送付済み")
    (told,) = sheet.back()
    assert told.noticed == []
    assert dict(told.rows[0].values) == {"data": "order_lines", "state": "given", "department": "EC部", "filled_on": "2026-04-01"}


def test_several_briefs_may_lie_on_sheets_of_one_file():
    sheet, (row,) = filled("campaign_brief")
    twin = sheet.book.copy_worksheet(sheet.book.worksheets[0])
    twin.title = "2本目"
    _, number, column = sheet.place("crm_field_campaign_id")
    twin.cell(number, column).value = "FY26-002"
    first, second = sheet.back()
    assert dict(first.rows[0].values) == contract(sheet.form, row)
    assert dict(second.rows[0].values) == contract(sheet.form, row) | {"campaign_id": "FY26-002"}
    assert first.faults == second.faults == []


OFFICE = shutil.which("soffice")


@pytest.mark.skipif(not OFFICE, reason="needs LibreOffice (soffice); .ci/run has it")
def test_saved_by_libreoffice_a_form_still_has_its_drop_downs_and_is_read(tmp_path):
    wanted = {}
    for name, lang in EVERY:
        sheet, rows = filled(name, lang)
        (tmp_path / f"{name}_{lang}.xlsx").write_bytes(sheet.bytes())
        wanted[name, lang] = [contract(sheet.form, row) for row in rows]
    files = [str(path) for path in sorted(tmp_path.glob("*.xlsx"))]
    command = [OFFICE, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "xlsx", "--outdir"]
    subprocess.run([*command, str(tmp_path / "saved"), *files], check=True, capture_output=True, timeout=300)
    for (name, lang), rows in wanted.items():
        saved = tmp_path / "saved" / f"{name}_{lang}.xlsx"
        (told,) = read(saved.read_bytes(), saved.name)
        assert [str(fault) for fault in told.faults] == []
        if not (told.form.grid and told.form.grid.months):
            assert [dict(row.values) for row in told.rows] == rows, name
        book = load_workbook(saved)
        lists = [v for s in book.worksheets for v in s.data_validations.dataValidation if v.type == "list"]
        entries = [e for e in (*told.form.fields, *told.form.columns) if e.choices]
        assert len(lists) >= len([e for e in entries if e.key not in ("axis", "family", "c", "question_id", "measure")])
        assert all(zipfile.is_zipfile(path) for path in files)
