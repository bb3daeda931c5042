"""A form as an Excel workbook: cover sheet with the fields, table sheet, drop-downs, protection, print set-up.

Places are kept as defined names, which move with inserted rows and columns: `crm_field_<key>` is the input cell of a field,
`crm_column_<key>` the header cell of a column, `crm_key` the header of the hidden column of row keys. The hidden sheet
`_form` says which form it is. Cells are locked but for the input cells; there is no password.
The same form is the same bytes: every time stamp inside the file is fixed.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter as letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from crm_helpers.data.sheets.definition import Entry, Form, Row, month_columns
from crm_helpers.look import TOKENS
from crm_helpers.text.catalogue import Voice

COLOUR: Mapping[str, str] = {name: code.lstrip("#") for name, code in TOKENS["colour"].items()}
FAMILY = "Yu Gothic"  # on every Windows and Mac that has Office in Japanese; others take their own
EPOCH = datetime.datetime(2000, 1, 1)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
COVER = (26, 46, 50)  # widths of label, input and help
MONTH_WIDTH = 11
PROMPT = 250  # Excel shows at most 255 characters
FORMATS = {"date": "yyyy/mm/dd", "money": "#,##0", "integer": "#,##0", "id": "@", "text": "@", "long": "@", "choice": "@"}
FORM, LISTS = "_form", "_lists"
LINE = 1.35  # height of a line of text, in its points


@dataclass
class _Job:
    """One form being written in one language."""

    form: Form
    lang: str
    values: Mapping[str, str]
    told: Mapping[str, Mapping[str, str]]
    rows: Sequence[Row]
    months: tuple[tuple[str, Mapping[str, str]], ...]
    business_type: str
    book: Workbook = field(default_factory=Workbook)
    lists: dict[tuple[str, ...], str] = field(default_factory=dict)

    def say(self, key: str, **facts: Any) -> str:
        return Voice(self.lang).say(f"forms.sheet.{key}", **facts)


def write(
    form: Form,
    lang: str,
    *,
    business_type: str = "",
    short: bool = False,
    values: Mapping[str, str] | None = None,
    told: Mapping[str, Mapping[str, str]] | None = None,
    first_month: datetime.date = datetime.date(2026, 4, 1),
) -> bytes:
    """The workbook's bytes.

    Args:
        business_type: the kind of business whose words `form` was read in; kept, so that the form is read in the same words.
        short: only the rows of the short form.
        values: field key → value that is filled in already.
        told: row key → column → what the software has to say there.
        first_month: of the columns of months.
    """
    grid = form.grid
    rows = [row for row in grid.rows if row.short or not short] if grid else []
    months = month_columns(first_month, grid.months) if grid else ()
    job = _Job(form, lang, values or {}, told or {}, rows, months, business_type)
    cover = job.book.active
    assert isinstance(cover, Worksheet)
    cover.title = _sheet_name(job.say("cover") if grid else form.title[lang])
    table = job.book.create_sheet(_sheet_name(grid.title[lang])) if grid else None
    progress = _table(job, table) if table is not None else None
    _cover(job, cover, progress)
    _identity(job)
    _lists(job)
    return _same_bytes(job.book)


def header_row() -> int:
    """The row of the column labels on a table sheet as it is written."""
    return 3


# ---------------------------------------------------------------- the cover sheet
def _cover(job: _Job, sheet: Worksheet, table: str | None) -> None:
    form, lang = job.form, job.lang
    for place, width in enumerate((2, *COVER), start=1):
        sheet.column_dimensions[letter(place)].width = width
    _title(sheet, 1, 4, form.title[lang])
    _merged(sheet, 2, 2, 4, form.purpose[lang], size=10.5, lines=_lines(form.purpose[lang], sum(COVER)))
    row = 4
    for words in form.instructions:
        text = f"・{words[lang]}" if lang == "ja" else f"• {words[lang]}"
        _merged(sheet, row, 2, 4, text, size=10, lines=_lines(text, sum(COVER)), colour="text2")
        row += 1
    _legend(job, sheet, row + 1)
    state = row + 2
    row += 4
    inputs: list[tuple[Entry, str]] = []
    for section in form.sections:
        _band(sheet, row, section.title[lang], 4)
        row += 1
        for entry in section.fields:
            _field(job, sheet, row, entry)
            inputs.append((entry, f"$C${row}"))
            row += 1
        row += 1
    _progress(job, sheet, state, inputs, table)
    if form.columns:
        row = _guide(job, sheet, row)
    _paper(job, sheet, landscape=False)
    sheet.print_area = f"A1:D{row}"


def _field(job: _Job, sheet: Worksheet, row: int, entry: Entry) -> None:
    label = entry.label[job.lang] + (f" {job.say('required')}" if entry.required else "")
    _put(sheet.cell(row, 2), label, bold=True, fill="wash", border=True)
    cell = sheet.cell(row, 3)
    _input(job, sheet, cell, entry, f"C{row}", blank=entry.required)
    if (value := job.values.get(entry.key)) is not None:
        _put(cell, _shown(entry, value, job.lang), border=True, unlocked=True, form=FORMATS.get(entry.kind, "General"))
    told = entry.help.get(job.lang, "")
    _put(sheet.cell(row, 4), told, colour="mute", size=9)
    sheet.cell(row, 4).alignment = Alignment(horizontal="left", wrap_text=True, vertical="center", indent=1)
    sheet.row_dimensions[row].height = max(22, _height(max(_lines(told, COVER[2]), 3 if entry.kind == "long" else 1), 10))
    _name(job, f"crm_field_{entry.key}", sheet, f"$C${row}")


def _progress(job: _Job, sheet: Worksheet, row: int, inputs: Sequence[tuple[Entry, str]], table: str | None) -> None:
    """How far the form is filled in, as a formula."""
    needed = [cell for entry, cell in inputs if entry.required]
    fields = "+".join(f"({cell}<>\"\")" for cell in needed)
    parts = [f'"{job.say("fields_done")} "&({fields})&" / {len(needed)}"'] if needed else []
    parts += [table] if table else []
    cell = sheet.cell(row, 2)
    sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=4)
    _put(cell, "", bold=True, colour="accent")
    cell.value = "=" + '&"     "&'.join(parts)
    sheet.row_dimensions[row].height = 20


def _legend(job: _Job, sheet: Worksheet, row: int) -> None:
    _put(sheet.cell(row, 2), job.say("legend_needed"), fill="alert_soft", border=True, size=9)
    _put(sheet.cell(row, 3), job.say("legend_free"), border=True, size=9)
    _put(sheet.cell(row, 4), job.say("legend_locked"), fill="wash", border=True, size=9)
    sheet.row_dimensions[row].height = 18


def _guide(job: _Job, sheet: Worksheet, row: int) -> int:
    """What the columns of the table mean and which answers there are."""
    _band(sheet, row, job.say("guide"), 4)
    for entry in (entry for entry in job.form.columns if not entry.shown):
        row += 1
        answers = job.say("join").join(choice.label[job.lang] for choice in entry.choices)
        told = entry.help.get(job.lang, "") or (job.say("choose") if entry.choices else job.say(f"kinds.{entry.kind}"))
        required = f" {job.say('required')}" if entry.required else ""
        _put(sheet.cell(row, 2), entry.label[job.lang] + required, size=9, fill="wash", border=True)
        _put(sheet.cell(row, 3), told, size=9, border=True)
        _put(sheet.cell(row, 4), answers, size=9, border=True, colour="text2")
        lines = max(_lines(told, COVER[1] * 1.1), _lines(answers, COVER[2] * 1.1), _lines(entry.label[job.lang] + required, COVER[0]))
        sheet.row_dimensions[row].height = _height(lines, 9)
    return row


# ---------------------------------------------------------------- the table sheet
def _table(job: _Job, sheet: Worksheet) -> str:
    """Write the table; the formula that tells how far it is filled in, without its sign."""
    grid, lang = job.form.grid, job.lang
    assert grid is not None
    head = header_row()
    entries = [*grid.columns, *(Entry(key=key, label=dict(label), kind="number", width=MONTH_WIDTH) for key, label in job.months)]
    width = len(entries) + 1
    sheet.column_dimensions["A"].width = 2
    sheet.column_dimensions["A"].hidden = True
    _put(sheet.cell(head, 1), "key", colour="mute")
    _name(job, "crm_key", sheet, f"$A${head}")
    for place, entry in enumerate(entries, start=2):
        sheet.column_dimensions[letter(place)].width = entry.width
        required = f" {job.say('required')}" if entry.required else ""
        _put(sheet.cell(head, place), entry.label[lang] + required, bold=True, colour="paper", fill="accent", border=True, middle=True)
        if entry.key not in dict(job.months):
            _name(job, f"crm_column_{entry.key}", sheet, f"${letter(place)}${head}")
    deepest = max(_lines(entry.label[lang] + " (*)", entry.width * 0.95) for entry in entries)
    sheet.row_dimensions[head].height = _height(deepest, 10) + 6
    _title(sheet, 1, width, f"{job.form.title[lang]}  {grid.title[lang]}")
    first, last = head + 1, head + len(job.rows) + grid.blank
    for number, row in enumerate([*job.rows, *[None] * grid.blank]):
        _row(job, sheet, first + number, row, number + 1, entries)
    _lists_of(job, sheet, entries, first, last)
    formula = _counted(job, sheet, entries, first, last)
    sheet.cell(2, 2).value = f"={formula}"
    _style(sheet.cell(2, 2), size=10, bold=True, colour="accent", wrap=False)
    sheet.row_dimensions[2].height = 20
    sheet.freeze_panes = f"{letter(2 + _kept(entries))}{first}"
    _paper(job, sheet, landscape=True, pages=grid.pages_wide)
    sheet.print_title_rows = f"{head}:{head}"
    if grid.pages_wide > 1:
        sheet.print_title_cols = "B:C"
    sheet.print_area = f"B1:{letter(width)}{last}"
    prefix = f"'{sheet.title}'!"
    return re.sub(r"(?<![A-Z$])\$[A-Z]+\$\d+", lambda found: prefix + found[0], formula.replace(":$", ":~")).replace(":~", ":$")


def _kept(entries: Sequence[Entry]) -> int:
    """How many columns stay in sight: the printed ones at the left, as far as they leave room."""
    width = kept = 0
    for entry in entries[:3]:
        width += entry.width
        if width > 50 or (kept and not entry.shown):
            break
        kept += 1
    return max(kept, 1)


def _row(job: _Job, sheet: Worksheet, at: int, row: Row | None, number: int, entries: Sequence[Entry]) -> None:
    grid = job.form.grid
    assert grid is not None
    _put(sheet.cell(at, 1), row.key if row else "", colour="mute", size=8)
    deepest = 1
    for place, entry in enumerate(entries, start=2):
        cell = sheet.cell(at, place)
        said = row.cells.get(entry.key) if row else None
        told = job.told.get(row.key, {}).get(entry.key) if row else None
        if grid.numbered and entry.shown:
            said = str(number)
        if told is not None or said is not None or entry.shown:
            text = told if told is not None else said[job.lang] if isinstance(said, dict) else said or ""
            text = next((choice.label[job.lang] for choice in entry.choices if choice.code == text), text)
            _put(cell, text, fill="wash", border=True, size=9)
            deepest = max(deepest, _lines(text, entry.width * 1.12))
        else:
            form = "#,##0" if entry.kind in ("money", "integer") else FORMATS.get(entry.kind, "General")
            _put(cell, "", border=True, unlocked=True, size=9, form=form)
    sheet.row_dimensions[at].height = max(20, _height(deepest, 9) + 2)


def _lists_of(job: _Job, sheet: Worksheet, entries: Sequence[Entry], first: int, last: int) -> None:
    """Drop-downs and what Excel tells and refuses, column by column."""
    grid = job.form.grid
    assert grid is not None
    for place, entry in enumerate(entries, start=2):
        if entry.shown:
            continue
        given = [i for i, row in enumerate(job.rows) if entry.key in row.cells]
        start = first + len(job.rows) if len(given) == len(job.rows) else first
        if start > last:
            continue
        cells = f"{letter(place)}{start}:{letter(place)}{last}"
        _validated(job, sheet, entry, cells)
        if entry.key == grid.counts and job.rows:
            end = first + len(job.rows) - 1
            at = f"{letter(place)}{first}"
            rule = FormulaRule(formula=[f'{at}=""'], fill=_solid("alert_soft"))
            sheet.conditional_formatting.add(f"{at}:{letter(place)}{end}", rule)


def _counted(job: _Job, sheet: Worksheet, entries: Sequence[Entry], first: int, last: int) -> str:
    grid = job.form.grid
    assert grid is not None
    places = {entry.key: letter(place) for place, entry in enumerate(entries, start=2)}
    if grid.counts and job.rows:
        column = places[grid.counts]
        end = first + len(job.rows) - 1
        done = f"COUNTA(${column}${first}:${column}${end})"
        return f'"{job.say("rows_done")} "&{done}&" / {len(job.rows)}"'
    wanted = next(entry.key for entry in entries if not entry.shown and (not job.rows or entry.key in dict(job.months)))
    column = places[wanted]
    return f'"{job.say("rows_filled")} "&COUNTA(${column}${first}:${column}${last})'


# ---------------------------------------------------------------- cells
def _input(job: _Job, sheet: Worksheet, cell: Cell, entry: Entry, at: str, *, blank: bool) -> None:
    _put(cell, "", border=True, unlocked=True, form=FORMATS.get(entry.kind, "General"))
    _validated(job, sheet, entry, at)
    if blank:
        sheet.conditional_formatting.add(at, FormulaRule(formula=[f'{at}=""'], fill=_solid("alert_soft")))


def _validated(job: _Job, sheet: Worksheet, entry: Entry, cells: str) -> None:
    """What a cell takes: a list is held to, all else only warned of, for a date may be written in many ways."""
    told = entry.help.get(job.lang, "") or job.say(f"kinds.{entry.kind}")
    rule = DataValidation(allow_blank=True, showInputMessage=True, promptTitle=entry.label[job.lang][:30], prompt=told[:PROMPT])
    if entry.choices:
        rule.type, rule.formula1 = "list", _list(job, tuple(choice.label[job.lang] for choice in entry.choices))
        rule.showErrorMessage, rule.errorStyle = True, "stop"
        rule.errorTitle, rule.error = job.say("wrong_title"), job.say("wrong_choice")
    elif entry.kind in ("date", "integer", "number", "percent", "money"):
        rule.type = "date" if entry.kind == "date" else "whole" if entry.kind == "integer" else "decimal"
        rule.operator, rule.formula1 = "greaterThan", "1" if entry.kind == "date" else "-1000000000000"
        rule.showErrorMessage, rule.errorStyle = True, "warning"
        rule.errorTitle, rule.error = job.say("wrong_title"), job.say(f"kinds.{entry.kind}")
    rule.add(cells)
    sheet.add_data_validation(rule)


def _list(job: _Job, labels: tuple[str, ...]) -> str:
    """The range of the hidden sheet that holds the labels."""
    if labels not in job.lists:
        column = letter(len(job.lists) + 1)
        job.lists[labels] = f"{LISTS}!${column}$1:${column}${len(labels)}"
    return job.lists[labels]


def _shown(entry: Entry, value: str, lang: str) -> str:
    return next((choice.label[lang] for choice in entry.choices if choice.code == value), value)


def _put(
    cell: Cell,
    text: str,
    *,
    bold: bool = False,
    size: float = 10,
    colour: str = "ink",
    fill: str = "",
    border: bool = False,
    unlocked: bool = False,
    form: str = "",
    middle: bool = False,
) -> None:
    """A text as text: nothing that a definition or a client's word says is taken for a formula."""
    if text:
        cell.value = text
        cell.data_type = "s"
        if text.startswith(DANGEROUS):
            cell.quotePrefix = True
    _style(cell, bold=bold, size=size, colour=colour, fill=fill, border=border, middle=middle)
    if unlocked:
        cell.protection = Protection(locked=False)
    if form:
        cell.number_format = form


def _style(
    cell: Cell,
    *,
    bold: bool = False,
    size: float = 10,
    colour: str = "ink",
    fill: str = "",
    border: bool = False,
    middle: bool = False,
    wrap: bool = True,
) -> None:
    cell.font = Font(name=FAMILY, size=size, bold=bold, color=COLOUR[colour])
    cell.alignment = Alignment(
        wrap_text=wrap, vertical="center", horizontal="center" if middle else "left", indent=0 if middle or not border else 1
    )
    if fill:
        cell.fill = _solid(fill)
    if border:
        side = Side(style="thin", color=COLOUR["paper" if fill == "accent" else "rule"])
        cell.border = Border(left=side, right=side, top=side, bottom=side)


def _solid(colour: str) -> PatternFill:
    return PatternFill("solid", start_color=COLOUR[colour], end_color=COLOUR[colour])


def _title(sheet: Worksheet, row: int, columns: int, text: str) -> None:
    for place in range(1, columns + 1):
        sheet.cell(row, place).fill = _solid("accent")
    cell = sheet.cell(row, 2)
    cell.value = text
    _style(cell, bold=True, size=15, colour="paper", fill="accent", wrap=False)
    cell.alignment = Alignment(horizontal="left", vertical="center", indent=1)
    sheet.row_dimensions[row].height = 36


def _band(sheet: Worksheet, row: int, text: str, columns: int) -> None:
    for place in range(2, columns + 1):
        cell = sheet.cell(row, place)
        cell.border = Border(bottom=Side(style="medium", color=COLOUR["accent"]))
    _put(sheet.cell(row, 2), text, bold=True, size=11.5, colour="accent")
    sheet.cell(row, 2).border = Border(bottom=Side(style="medium", color=COLOUR["accent"]))
    sheet.row_dimensions[row].height = 22


def _merged(
    sheet: Worksheet, row: int, first: int, last: int, text: str, *, size: float, lines: int, colour: str = "ink"
) -> None:
    sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)
    _put(sheet.cell(row, first), text, size=size, colour=colour)
    sheet.row_dimensions[row].height = _height(lines, size) + 2


def _lines(text: str, width: float) -> int:
    """Lines that a text takes in so many characters of width; a full-width character takes two."""
    return sum(max(1, -(-sum(2 if ord(c) > 0x2000 else 1 for c in line) // max(1, int(width)))) for line in text.split("\n"))


def _height(lines: int, size: float) -> float:
    return round(lines * size * LINE + 5, 1)


# ---------------------------------------------------------------- the workbook
def _name(job: _Job, name: str, sheet: Worksheet, cell: str) -> None:
    job.book.defined_names[name] = DefinedName(name, attr_text=f"'{sheet.title}'!{cell}")


def _paper(job: _Job, sheet: Worksheet, *, landscape: bool, pages: int = 1) -> None:
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = pages, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.45
    sheet.page_margins.top, sheet.page_margins.bottom = 0.5, 0.75
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.left.text = f"{job.form.title[job.lang].replace('&', '&&')}  v{job.form.version}"
    sheet.oddFooter.center.text = "&P / &N"
    sheet.oddFooter.right.text = job.say("confidential")
    for part in (sheet.oddFooter.left, sheet.oddFooter.center, sheet.oddFooter.right):
        part.size = 8
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 100
    sheet.protection.sheet = True
    for allowed in ("formatColumns", "formatRows", "formatCells", "insertRows", "sort", "autoFilter"):
        setattr(sheet.protection, allowed, False)  # False: not forbidden


def _identity(job: _Job) -> None:
    sheet = job.book.create_sheet(FORM)
    told = {"form": job.form.id, "version": job.form.version, "language": job.lang, "business_type": job.business_type}
    told |= {f"given_{key}": value for key, value in job.values.items()}
    for row, (key, value) in enumerate(told.items(), start=1):
        sheet.cell(row, 1).value = key
        if value:
            sheet.cell(row, 2).value = value
            sheet.cell(row, 2).data_type = "s"
    sheet.sheet_state = "hidden"


def _lists(job: _Job) -> None:
    sheet = job.book.create_sheet(LISTS)
    for place, labels in enumerate(job.lists, start=1):
        for row, label in enumerate(labels, start=1):
            cell = sheet.cell(row, place)
            cell.value = label
            cell.data_type = "s"
            cell.number_format = "@"
    sheet.sheet_state = "hidden"


def _sheet_name(title: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", title)[:31].strip()


def _same_bytes(book: Workbook) -> bytes:
    """The file with every time stamp fixed and its parts in one order."""
    book.properties.creator = "CRM workbook"
    book.properties.created = book.properties.modified = EPOCH
    raw = io.BytesIO()
    book.save(raw)
    made = io.BytesIO()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in _parts(old):
            entry = zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            new.writestr(entry, content)
    return made.getvalue()


def _parts(old: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for name in old.namelist():
        content = old.read(name)
        if name == "docProps/core.xml":  # openpyxl writes the time of saving
            content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", content)
        yield name, content
