"""`data/<client>/quality.xlsx`: findings, rows, same-person candidates, assumptions, data received; for the client to answer.

What the client has answered in an older file is carried over by the hidden key of each row. Values are those of `places.py`.
The file is readable by its owner only. Cells that begin with = + - @ stay text.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from crm_helpers.data.contract import EXPONENT
from crm_helpers.data.frames import records
from crm_helpers.data.quality import persons, places
from crm_helpers.data.quality.checked import Quality
from crm_helpers.data.quality.telling import sentence
from crm_helpers.data.mapping import together
from crm_helpers.data.tables import Tables
from crm_helpers.document import Fact, Finding
from crm_helpers.look import TOKENS
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded
from crm_helpers.params.periods import default_periods
from crm_helpers.params.schema import Params
from crm_helpers.text.catalogue import Voice, texts

FONT = {"ja": "Yu Gothic", "en": "Calibri"}
HEAD = 3  # row of the column names; above them the client's name and what the sheet is
RISKY = ("=", "+", "-", "@", "\t", "\r")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
LINE = 15.5  # points of one line of text
ANSWER = "answer"
KEY = "key"
WIDTHS = {
    "number": 6, "severity": 8, "characteristic": 10, "table": 14, "finding": 46, "money": 15, "first": 26, "means": 36, "ask": 36,
    "id": 26, "answer": 34, "file": 34, "line": 9, "column": 22, "value": 30, "rule": 60, "reason": 44, "group": 8,
    "customer_id": 26, "term": 24, "text": 80, "read": 12, "accepted": 12, "set_aside": 10, "last": 13,
}  # fmt: skip
Cell = str | int | float | datetime.date | None


@dataclass(frozen=True)
class Sheet:
    """One sheet: rows of cells by column name, as `quality.workbook.<name>.columns` names them; `key` finds answers again."""

    name: str
    rows: Sequence[Mapping[str, Cell]]
    note: str = ""


def write(tables: Tables, loaded: Loaded, found: Quality) -> Path:
    """Write the workbook in the client's language; the file.

    Raises:
        OSError: the file cannot be written, such as while it is open in Excel.
    """
    params = loaded.params
    lang = "ja" if "ja" in params.languages else params.languages[0]
    voice = Voice(lang, params.currency)
    sheets = [
        Sheet("findings", _findings(voice, params, found)),
        Sheet("rows", _rows(voice, tables, found), _cut(voice, tables, found)),
        Sheet("persons", _persons(voice, tables)),
        Sheet("definitions", _definitions(voice, tables, params)),
        Sheet("received", _received(voice, tables)),
    ]
    path = paths.quality_file(params.client)
    answers = _answers(path)
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _lay_out(book, voice, params, sheet, answers.get(sheet.name, {}))
    return _save(book, path)


# ---------------------------------------------------------------- content
def _findings(voice: Voice, params: Params, found: Quality) -> list[dict[str, Cell]]:
    rows: list[dict[str, Cell]] = []
    for number, finding in enumerate(found.findings, start=1):
        known = params.quality.explained.get(finding.id)
        rows.append(
            {
                "number": number,
                "severity": voice.say(f"quality.severity.{finding.severity}"),
                "characteristic": voice.say(f"quality.characteristics.{finding.characteristic}"),
                "table": voice.say(f"contract.tables.{finding.table}"),
                "finding": _said(voice, finding, "finding"),
                "money": None if finding.money is None else _major(finding.money, params.currency),
                "first": finding.first or None,
                "means": _said(voice, finding, "means"),
                "ask": _said(voice, finding, "ask"),
                "id": finding.id,
                ANSWER: known.in_language(voice.lang) if known else None,
                KEY: finding.id,
            }
        )
    return rows


def _said(voice: Voice, finding: Finding, part: Any) -> str:
    told = sentence(finding, part)
    return voice.say(told.key, **told.facts)


def _major(minor: int, currency: str) -> int | float:
    places_ = EXPONENT[currency]
    return minor / 10**places_ if places_ else minor


def _rows(voice: Voice, tables: Tables, found: Quality) -> list[dict[str, Cell]]:
    numbers = {finding.id: (i, finding) for i, finding in enumerate(found.findings, start=1)}
    rows: list[dict[str, Cell]] = []
    for row in places.kept(tables.folder):
        if row.id not in numbers:
            continue  # a rule that few rows break: below the share from which it is a finding
        number, finding = numbers[row.id]
        columns = [voice.say(f"contract.columns.{name}") if voice.has(f"contract.columns.{name}") else name
                   for name in row.column.split(" / ") if name]  # fmt: skip
        rows.append(
            {
                "number": number,
                "table": voice.say(f"contract.tables.{row.table}"),
                "file": row.file,
                "line": row.line or None,
                "column": " / ".join(columns) or None,
                "value": row.value or None,
                "rule": _said(voice, finding, "finding"),
            }
        )
    return sorted(rows, key=lambda cells: int(str(cells["number"])))


def _cut(voice: Voice, tables: Tables, found: Quality) -> str:
    """Which findings have more rows than are listed."""
    listed: dict[str, int] = {}
    for row in places.kept(tables.folder):
        listed[row.id] = listed.get(row.id, 0) + 1
    cut = [
        f"No.{number} " + voice.say("quality.workbook.rows.cut", kept=listed[finding.id], n=finding.affected)
        for number, finding in enumerate(found.findings, start=1)
        if listed.get(finding.id, 0) and finding.affected > listed[finding.id]
    ]
    return "　".join(cut)


def _persons(voice: Voice, tables: Tables) -> list[dict[str, Cell]]:
    return [
        {
            "reason": voice.say(f"quality.alike.{row['reason']}"),
            "group": int(row["nth"]),
            "customer_id": str(row["customer_id"]),
            KEY: f"{row['reason']}:{row['customer_id']}",
        }
        for row in records(persons.candidates(tables, limit=places.MOST))
    ]


def _definitions(voice: Voice, tables: Tables, params: Params) -> list[dict[str, Cell]]:
    rows = [_assumed(voice, name, facts) for name, facts in _assumptions(tables, params).items()]
    for name in sorted(texts(voice.lang, "definitions")):
        term, text = (voice.say(f"definitions.{name}.{part}") for part in ("term", "text"))
        rows.append({"term": term, "text": text, KEY: name})
    return rows


def _assumed(voice: Voice, name: str, facts: Mapping[str, Any]) -> dict[str, Cell]:
    term, text = (voice.say(f"quality.assumed.{name}.{part}", **facts) for part in ("term", "text"))
    return {"term": term, "text": text, KEY: name}


def _assumptions(tables: Tables, params: Params) -> dict[str, Mapping[str, Any]]:
    """What was settled without asking: `quality.assumed.<name>` with its facts."""
    source = together(params.data["order_lines"])
    found: dict[str, Mapping[str, Any]] = {"as_of": {"as_of": params.as_of.isoformat()}}
    found |= _periods(tables, params)
    found["fiscal_year"] = {"month": params.fiscal_year_start}
    found["currency"] = {"currency": params.currency}
    found[f"tax_{params.sales.tax}"] = {}
    found["returns"] = {}
    parts = source.columns.get("order_id")
    found["order" if parts else "order_line"] = {"columns": list(parts or ())}
    if "customer_id" in source.columns:
        found["customer"] = {}
        found |= {"guests": {"codes": source.guests}} if source.guests else {}
        found["new_complete" if params.history_complete else "new"] = {}
        rfm = params.rfm
        found["rfm"] = {"months": rfm.window_months, "days": rfm.recency_days, "orders": rfm.orders}
    return found


def _periods(tables: Tables, params: Params) -> dict[str, Mapping[str, Fact]]:
    if params.periods:
        current, compare = (f"{span.start}/{span.end}" for span in (params.periods.current, params.periods.compare))
        return {"periods": {"current": current, "compare": compare}}
    usual = default_periods(tables.span[0], params.as_of) if tables.span else None
    return {"periods": {"current": str(usual.current), "compare": str(usual.compare)}} if usual else {"no_periods": {}}


def _received(voice: Voice, tables: Tables) -> list[dict[str, Cell]]:
    rows: list[dict[str, Cell]] = []
    for part in tables.basis.received:
        first, _, last = part.period.partition("/")
        rows.append(
            {
                "table": voice.say(f"contract.tables.{part.table}"),
                "file": part.file,
                "read": part.read,
                "accepted": part.accepted,
                "set_aside": part.set_aside,
                "first": datetime.date.fromisoformat(first) if first else None,
                "last": datetime.date.fromisoformat(last) if last else None,
            }
        )
    return rows


# ---------------------------------------------------------------- answers
def _answers(path: Path) -> dict[str, dict[str, str]]:
    """Sheet → key → what the client wrote into the workbook that stands there; a file that cannot be read is put aside."""
    if not path.is_file():
        return {}
    try:
        book = load_workbook(path)
    except Exception:  # whatever is in it, it is not ours to throw away
        path.replace(path.with_name("quality-old.xlsx"))
        return {}
    found: dict[str, dict[str, str]] = {}
    for sheet, name in zip(book.worksheets, ("findings", "rows", "persons", "definitions", "received"), strict=False):
        rows = list(sheet.iter_rows(min_row=HEAD, values_only=True))
        if not rows or rows[0][-1] != KEY:
            continue
        found[name] = {str(row[-1]): str(row[-2]) for row in rows[1:] if row[-1] and row[-2]}
    return found


# ---------------------------------------------------------------- form
def _lay_out(book: Workbook, voice: Voice, params: Params, content: Sheet, answers: Mapping[str, str]) -> None:
    where = f"quality.workbook.{content.name}"
    names = dict(texts(voice.lang, "quality")["workbook"][content.name]["columns"])
    titles = {name: voice.say(f"{where}.columns.{name}") for name in names}
    columns = [*titles, *([KEY] if ANSWER in titles else [])]  # the answer is the last to be seen, the key stands behind it
    sheet = book.create_sheet(voice.say(f"quality.workbook.sheets.{content.name}"))
    font, colour = FONT.get(voice.lang, FONT["en"]), {name: told.removeprefix("#") for name, told in TOKENS["colour"].items()}
    client = params.name.in_language(voice.lang)
    _put(sheet, 1, 1, voice.say("quality.workbook.note", client=client, as_of=params.as_of.isoformat()))
    note = "　".join(filter(None, (voice.say(f"{where}.title", n=places.MOST), content.note)))
    _put(sheet, 2, 1, note)
    sheet.cell(1, 1).font = Font(name=font, size=13, bold=True, color=colour["accent"])
    sheet.cell(2, 1).font = Font(name=font, size=10, color=colour["text2"])
    thin = Side(style="thin", color=colour["hair"])
    for place, name in enumerate(columns, start=1):
        cell = _put(sheet, HEAD, place, titles.get(name, name))
        cell.font = Font(name=font, size=10, bold=True, color=colour["paper"])
        cell.fill = PatternFill("solid", fgColor=colour["accent"])
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = WIDTHS.get(name, 13)
        sheet.column_dimensions[letter].hidden = name == KEY
    rows: Sequence[Mapping[str, Cell]] = content.rows or [{columns[0]: voice.say("quality.workbook.none")}]
    for number, row in enumerate(rows, start=HEAD + 1):
        told = {**row, ANSWER: answers.get(str(row.get(KEY))) or row.get(ANSWER)}
        for place, name in enumerate(columns, start=1):
            cell = _put(sheet, number, place, told.get(name))
            cell.font = Font(name=font, size=10)
            cell.border = Border(bottom=thin)
            cell.alignment = Alignment(vertical="top", wrap_text=True, horizontal="right" if _is_number(told.get(name)) else "left")
            if name == ANSWER and content.rows:
                cell.fill = PatternFill("solid", fgColor="FFF9DB")
            if name == "severity" and told.get(name) == voice.say("quality.severity.stop"):
                cell.font = Font(name=font, size=10, bold=True, color=colour["alert"])
            _form(cell, name, params.currency)
        sheet.row_dimensions[number].height = LINE * max(_height(told.get(name), WIDTHS.get(name, 13)) for name in columns[:-1])
    sheet.row_dimensions[HEAD].height = 2 * LINE
    _set_up(sheet, len(columns) - (KEY in columns), HEAD + len(rows))


def _put(sheet: Worksheet, row: int, column: int, value: Cell) -> Any:
    """Set a cell; text is never a formula, whatever it begins with."""
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = CONTROL.sub("", value)
        cell.data_type = "s"
        if value.startswith(RISKY):
            cell.quotePrefix = True
    else:
        cell.value = value
    return cell


def _is_number(value: Cell) -> bool:
    return isinstance(value, (int, float))


def _form(cell: Any, name: str, currency: str) -> None:
    if isinstance(cell.value, datetime.date):
        cell.number_format = "yyyy/mm/dd"
    elif name == "money":
        cell.number_format = "#,##0" if not EXPONENT[currency] else "#,##0." + "0" * EXPONENT[currency]
    elif isinstance(cell.value, int):
        cell.number_format = "0" if name in ("line", "number", "group") else "#,##0"


def _height(value: Cell, width: int) -> int:
    """Lines that a text takes in its column; a full-width character takes two."""
    if not isinstance(value, str):
        return 1
    wide = sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in value)
    return max(1, -(-wide // max(1, width - 2)))


def _set_up(sheet: Worksheet, columns: int, last: int) -> None:
    """Frozen head, filter, A4 landscape one page wide with the head on each page."""
    sheet.freeze_panes = sheet.cell(HEAD + 1, 1)
    sheet.auto_filter.ref = f"A{HEAD}:{get_column_letter(columns)}{last}"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{HEAD}:{HEAD}"
    sheet.print_area = f"A1:{get_column_letter(columns)}{last}"
    sheet.oddFooter.center.text = "&P / &N"
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.5


def _save(book: Workbook, path: Path) -> Path:
    """Whole or not at all, and readable by its owner only."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        partial.unlink()
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        book.save(file)
    partial.replace(path)
    return path
