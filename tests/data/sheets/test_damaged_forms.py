"""Forms as they come back: moved, sorted, merged, retyped, copied. Each is read to the word or told; none is misread."""

import datetime
import io

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import PatternFill

from crm_helpers.data.sheets.definition import forms
from crm_helpers.data.sheets.reading import read, together
from crm_helpers.errors import CrmError
from crm_helpers.text.catalogue import Voice, languages
from tests.data.sheets.respondent import Sheet, filled


def answered(name="self_check"):
    sheet, rows = filled(name)
    return sheet, {row[sheet.form.grid.key]: row for row in rows}


def moved_by_names(sheet, *, rows=0, columns=0):
    """What Excel does to defined names when rows or columns are inserted above or before them; openpyxl does not."""
    for name, defined in sheet.book.defined_names.items():
        where, row, column = sheet.place(name)
        if where is sheet.table:
            letter = sheet.table.cell(row + rows, column + columns)
            defined.attr_text = f"'{where.title}'!${letter.column_letter}${letter.row}"


def rename_sheet(sheet):
    sheet.table.title = "回答シート(営業)"
    for defined in sheet.book.defined_names.values():
        defined.attr_text = defined.attr_text.replace("'設問'", "'回答シート(営業)'")


def insert_rows(sheet):
    sheet.table.insert_rows(1, 4)
    moved_by_names(sheet, rows=4)


def insert_columns(sheet):
    sheet.table.insert_cols(1, 2)
    moved_by_names(sheet, columns=2)


def insert_row_between(sheet):
    sheet.table.insert_rows(10, 3)


def rows_above_without_names(sheet):
    sheet.table.insert_rows(1, 5)
    sheet.book.defined_names.clear()


def names_lost(sheet):
    sheet.book.defined_names.clear()


def all_marks_lost(sheet):
    sheet.book.defined_names.clear()
    del sheet.book["_form"], sheet.book["_lists"]


def values_into_a_new_workbook(sheet):
    new = Workbook()
    new.remove(new.active)
    for old in sheet.book.worksheets[:2]:
        copy = new.create_sheet(f"{old.title} のコピー")
        for row in old.iter_rows():
            for cell in row:
                copy.cell(cell.row + 2, cell.column).value = cell.value if cell.data_type != "f" else None
    sheet.book = new


def sorted_rows(sheet):
    head, table = sheet.place("crm_key")[1], sheet.table
    rows = [[c.value for c in row] for row in table.iter_rows(min_row=head + 1)]
    for number, row in enumerate(sorted(rows, key=lambda r: str(r[-2])), start=head + 1):
        for place, value in enumerate(row, start=1):
            table.cell(number, place).value = value


def sorted_without_the_hidden_column(sheet):
    head, table = sheet.place("crm_key")[1], sheet.table
    rows = [[c.value for c in row][1:] for row in table.iter_rows(min_row=head + 1)]
    for number, row in enumerate(reversed(rows), start=head + 1):
        for place, value in enumerate(row, start=2):
            table.cell(number, place).value = value


def hidden_column_deleted(sheet):
    sheet.table.delete_cols(1)
    del sheet.book.defined_names["crm_key"]
    for name, defined in sheet.book.defined_names.items():
        where, row, column = sheet.place(name)
        if where.title == "設問":
            defined.attr_text = f"'設問'!${where.cell(row, column - 1).column_letter}${row}"


def columns_swapped_by_hand(sheet):
    """The labels of two columns retyped over each other: names and labels disagree."""
    one, other = sheet.cell("answer", 0), sheet.cell("comment", 0)
    one.value, other.value = other.value, one.value


def label_retyped(sheet):
    sheet.cell("comment", 0).value = "コメント欄"


def label_in_english(sheet):
    sheet.cell("answer", 0).value = "ANSWER"


def answer_column_deleted(sheet):
    column = sheet.column("answer")
    del sheet.book.defined_names["crm_column_answer"]
    for row in sheet.table.iter_rows(min_col=column, max_col=column):
        row[0].value = None


def answer_column_twice(sheet):
    del sheet.book.defined_names["crm_column_answer"]
    sheet.table.cell(3, sheet.table.max_column + 1).value = "回答"


def merged_answers(sheet):
    column = sheet.table.cell(1, sheet.column("answer")).column_letter
    sheet.table.merge_cells(f"{column}6:{column}8")


def row_copied(sheet):
    for place in range(1, 13):
        sheet.table.cell(60, place).value = sheet.table.cell(5, place).value


def question_rewritten(sheet):
    sheet.cell("question", 3).value = "顧客を大事にしている。"


def sheet_copied(sheet):
    sheet.book.copy_worksheet(sheet.table).title = "田中分"


def text_outside(sheet):
    sheet.table.cell(5, 20).value = "ここは来週もう一度"


def notes_below(sheet):
    sheet.cell("comment", 48).value = "以上、よろしくお願いします"


def coloured(sheet):
    for row in sheet.table.iter_rows(min_row=4):
        row[3].fill = PatternFill("solid", start_color="FFFF00")


def hidden_rows(sheet):
    for number in range(6, 12):
        sheet.table.row_dimensions[number].hidden = True


def older(sheet):
    sheet.book["_form"]["B2"] = "0.9"


def newer(sheet):
    sheet.book["_form"]["B2"] = "2.0"


def ditto(sheet):
    sheet.put("answer", 4, "〃").put("comment", 5, "同上")


def formula(sheet):
    sheet.put("comment", 4, "=A1&B1")


def error_value(sheet):
    cell = sheet.cell("answer", 4)
    cell.value = "#N/A"
    cell.data_type = "e"


def not_an_answer(sheet):
    sheet.put("answer", 4, "3か4").put("answer", 5, 5).put("answer", 6, 2.5).put("answer", 7, "〇")


def name_for_number(sheet):
    sheet.field("respondent", "例田 花子")


def no_department(sheet):
    sheet.field("department", None)


DAMAGED = [  # damage, faults that must be told (as often), what must be noticed, rows that may be lost
    (rename_sheet, [], [], 0),
    (insert_rows, [], [], 0),
    (insert_columns, [], [], 0),
    (insert_row_between, [], [], 0),
    (rows_above_without_names, [], [], 0),
    (names_lost, [], [], 0),
    (all_marks_lost, [], ["by_labels"], 0),
    (values_into_a_new_workbook, [], ["by_labels"], 0),
    (sorted_rows, [], [], 0),
    (sorted_without_the_hidden_column, ["row_mixed"] * 42, [], 42),
    (hidden_column_deleted, [], [], 0),
    (columns_swapped_by_hand, ["column_unsure"] * 2, [], 42),
    (label_retyped, [], ["outside"], 0),
    (label_in_english, [], [], 0),
    (answer_column_deleted, ["column_missing"], [], 0),
    (answer_column_twice, ["column_twice"], [], 0),
    (merged_answers, ["merged"], ["outside"], 3),
    (row_copied, ["row_twice"], [], 0),
    (question_rewritten, ["row_mixed"], ["outside"], 1),
    (sheet_copied, ["sheet_twice"], [], 42),
    (text_outside, [], ["outside"], 0),
    (notes_below, ["row_unknown"], [], 0),
    (coloured, [], [], 0),
    (hidden_rows, [], [], 0),
    (older, [], ["older"], 0),
    (newer, [], ["newer"], 0),
    (ditto, ["ditto", "ditto"], [], 0),
    (formula, ["formula"], [], 0),
    (error_value, ["error_cell"], [], 0),
    (not_an_answer, ["choice"] * 4, [], 0),
    (name_for_number, ["hidden_value"], [], 0),
    (no_department, ["required"], [], 0),
]


@pytest.mark.parametrize(("damage", "faults", "noticed", "lost"), DAMAGED, ids=lambda x: getattr(x, "__name__", ""))
def test_a_damaged_self_check_is_read_or_told_and_never_misread(damage, faults, noticed, lost):
    sheet, truth = answered()
    damage(sheet)
    (told,) = sheet.back()
    assert [fault.key for fault in told.faults if fault.key != "forms.merged"] + sorted(
        {f.key for f in told.faults} & {"forms.merged"}
    ) == [f"forms.{key}" for key in faults]
    seen = {notice.key.rpartition(".")[2] for notice in told.noticed}
    assert seen - ({"outside"} if faults else set()) == set(noticed) - ({"outside"} if faults else set())
    in_words(told)
    for row in told.rows:
        wanted = truth[row.values["item_id"]]
        assert {key: value for key, value in row.values.items() if wanted.get(key) != value} == {}, "misread"
    assert len(told.rows) == 42 - lost
    if not faults:
        assert [row.values["level"] for row in told.rows if "level" in row.values]
        assert all(len(row.values) >= 8 - (damage is formula) for row in told.rows)


def in_words(told):
    """Every fault and notice has words in every language, and every fault its place."""
    for voice in map(Voice, languages()):
        for fault in told.faults:
            assert voice.say(f"forms.errors.{fault.key.partition('.')[2]}", **fault.values)
            assert fault.where.startswith("forms/returned.xlsx")
        for notice in told.noticed:
            assert voice.say(notice.key, **notice.facts)


def test_a_place_is_file_sheet_and_cell_and_a_name_is_never_repeated():
    sheet, _ = answered()
    name_for_number(sheet)
    not_an_answer(sheet)
    (told,) = sheet.back()
    assert told.faults[0].where == "forms/returned.xlsx:はじめに!C14"
    assert "例田" not in " ".join(str(fault) for fault in told.faults)
    assert told.faults[1].where == "forms/returned.xlsx:設問!J7"
    assert told.faults[1].values["found"] == "3か4"


@pytest.mark.parametrize(
    ("value", "level"),
    [("3", "3"), (3, "3"), (3.0, "3"), ("３", "3"), ("3 標準運用", "3"), ("標準運用", "3"), ("3 Managed", "3"), ("managed", "3"),
     ("３　標準運用", "3"), ("0", "0"), (0, "0")],
)  # fmt: skip
def test_an_answer_may_be_a_label_in_any_language_or_its_code(value, level):
    sheet, _ = answered()
    (told,) = sheet.put("answer", 1, value).back()
    assert (told.faults, told.rows[0].values["level"]) == ([], level)


DATES = [
    ("2026/4/1", "2026-04-01"), ("2026-04-01", "2026-04-01"), ("２０２６／４／１", "2026-04-01"), ("2026年4月1日", "2026-04-01"),
    ("2026年4月1日(水)", "2026-04-01"), ("2026.4.1", "2026-04-01"), ("令和8年4月1日", "2026-04-01"), ("R8.4.1", "2026-04-01"),
    ("令和元年5月1日", "2019-05-01"), ("H31.4.30", "2019-04-30"), (46113, "2026-04-01"), ("46113", "2026-04-01"), ("20260401", "2026-04-01"),
    (datetime.datetime(2026, 4, 1, 9, 30), "2026-04-01"), ("2026/4/1 9:30", "2026-04-01"),
    ("26/4/1", None), ("4/1/2026", None), ("4月1日", None), ("2026/13/1", None), ("2026/2/30", None), ("令和8年", None), ("H32.4.1", None),
    ("R1.4.30", None), ("8.4.1", None), ("来月", None), (12, None), (True, None),
]  # fmt: skip


@pytest.mark.parametrize(("value", "day"), DATES)
def test_days_are_read_in_many_ways_and_refused_when_they_may_be_several(value, day):
    sheet, _ = answered()
    (told,) = sheet.field("answered_on", value).back()
    assert told.rows[0].values.get("answered_on") == day
    assert [fault.key for fault in told.faults] == ([] if day else ["forms.value"])


NUMBERS = [
    ("cost", "1,200円", "1200"), ("cost", "￥１，２００", "1200"), ("cost", "120万円", "1200000"), ("cost", "1.5億", "150000000"), ("cost", "▲300", "-300"),
    ("cost", "(300)", "-300"), ("cost", 1200.0, "1200"), ("cost", "約1200", None), ("cost", "1200〜1500", None), ("cost", "1,20", None), ("cost", "未定", None),
    ("reached", "1,200人", "1200"), ("reached", 12.5, None), ("reached", "千人くらい", None), ("reached", "-", None),
    ("control_percent", "10%", "10"), ("control_percent", 10, "10"), ("control_percent", "0.5%", "0.5"), ("control_percent", 0.1, None),
    ("control_percent", "１０％", "10"), ("control_percent", "一割", None),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value", "told"), NUMBERS)
def test_numbers_are_read_with_units_and_refused_when_unsure(column, value, told):
    sheet, _ = filled("campaign_inventory")
    (back,) = sheet.put(column, 1, value).back()
    assert back.rows[0].values.get(column) == told
    assert [fault.key for fault in back.faults] == ([] if told or value == "-" else ["forms.value"])


def test_a_percentage_cell_shows_percent():
    sheet, _ = filled("campaign_inventory")
    cell = sheet.cell("control_percent", 1)
    cell.value, cell.number_format = 0.1, "0%"
    assert sheet.back()[0].rows[0].values["control_percent"] == "10"


def test_a_row_of_totals_and_a_changed_unit_are_told():
    sheet = Sheet("budget").field("filled_on", "2026/4/1")
    sheet.put("item", 9, "合計").put("measure", 9, "円")
    sheet.table.cell(12, 6).value = 5
    sheet.table.cell(4, 6).value = 10
    sheet.put("measure", 1, "数")
    (told,) = sheet.back()
    assert sorted(fault.key for fault in told.faults) == ["forms.row_mixed", "forms.total_row"]
    assert told.rows == []


def test_fields_whose_labels_were_retyped_over_each_other_are_told():
    sheet, _ = answered()
    (cover, one, column), (_, other, _) = sheet.place("crm_field_wave"), sheet.place("crm_field_department")
    labels = [cover.cell(row, column - 1) for row in (one, other)]
    labels[0].value, labels[1].value = labels[1].value, labels[0].value
    (told,) = sheet.back()
    assert [fault.key for fault in told.faults] == ["forms.field_unsure"] * 2
    assert not {"wave", "department"} & set(told.rows[0].values)


def test_two_files_of_one_respondent_are_told():
    one, other = answered()[0], answered()[0]
    returned = [*read(one.bytes(), "a.xlsx"), *read(other.bytes(), "b.xlsx")]
    (fault,) = together(returned)
    assert (fault.key, fault.where, fault.values["other"]) == ("forms.same_respondent", "b.xlsx:設問", "a.xlsx")
    assert together([*read(one.bytes(), "a.xlsx"), *read(other.field("respondent", "B2").bytes(), "b.xlsx")]) == []


def test_the_same_row_in_two_files_is_told():
    one, other = filled("data_map")[0], filled("data_map")[0]
    faults = together([*read(one.bytes(), "a.xlsx"), *read(other.bytes(), "b.xlsx")])
    assert [fault.key for fault in faults] == ["forms.same_row"] * 3
    assert faults[0].values["other"].startswith("a.xlsx:")


def test_a_note_without_a_number_counts_on_and_a_copied_number_is_told():
    sheet, _ = filled("journey_workshop")
    sheet.cell("number", 3).value = None
    assert [row.values["note_id"] for row in sheet.back()[0].rows] == ["A00-1", "A00-2", "A00-81"]
    sheet.cell("number", 3).value = 1
    assert [fault.key for fault in sheet.back()[0].faults] == ["forms.row_twice"]


def test_what_is_no_form_is_told():
    blank = io.BytesIO()
    Workbook().save(blank)
    with pytest.raises(CrmError, match=r"forms\.not_a_form"):
        read(blank.getvalue(), "x.xlsx")
    for content in (b"", b"a,b\n1,2\n", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600):
        with pytest.raises(CrmError, match=r"forms\.not_a_workbook"):
            read(content, "x.xlsx")


def test_another_form_and_an_unknown_one_are_told():
    sheet, _ = answered()
    with pytest.raises(CrmError, match=r"forms\.other_form"):
        read(sheet.bytes(), "x.xlsx", table="budget")
    sheet.book["_form"]["B1"] = "self_chek"
    with pytest.raises(CrmError, match=r"forms\.unknown_form") as told:
        read(sheet.bytes(), "x.xlsx")
    assert told.value.values["nearest"] == "self_check"


@pytest.mark.parametrize("name", forms())
def test_every_form_is_known_by_its_labels_alone(name):
    sheet, rows = filled(name)
    all_marks_lost(sheet)
    (told,) = sheet.back()
    assert told.form.id == name
    assert told.faults == []
    if not (told.form.grid and told.form.grid.months):
        assert len(told.rows) == len(rows)


def test_saved_again_nothing_changes():
    sheet, _ = answered()
    again = io.BytesIO()
    load_workbook(io.BytesIO(sheet.bytes())).save(again)
    assert [row.values for row in read(again.getvalue(), "x.xlsx")[0].rows] == [row.values for row in sheet.back()[0].rows]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("why_me", "前回と同じ理由", ("forms.short", 7)),
        ("why_now", "3月末の決算までに在庫を減らしたいため、この時期に送る", ("forms.company_reason", "決算")),
        ("why_now", "We want to clear stock before the new models arrive", ("forms.company_reason", "clear stock")),
        ("why_me", "今期の ノ ルマまで届かず、あと少し足りないからです", None),
        ("why_me", "3か月前に買った浄水カートリッジの交換時期です", None),
        ("why_now", "You asked for a quotation three weeks ago", None),
        ("why_now", "営業のノルマがあり、今月のうちに売りたいからです", ("forms.company_reason", "ノルマ")),
    ],
)
def test_why_me_and_why_now_are_the_customers_own_reasons(key, value, told):
    sheet, _ = filled("campaign_brief")
    (back,) = sheet.field(key, value).back()
    if told is None:
        assert (back.faults, back.rows[0].values[key]) == ([], value)
        return
    (fault,) = back.faults
    book, row, column = sheet.place(f"crm_field_{key}")
    assert (fault.key, fault.values.get("found") or fault.values["n"]) == told
    assert fault.where == f"forms/returned.xlsx:{book.title}!{book.cell(row, column).coordinate}"
    assert not any(key in row.values for row in back.rows)
