"""A workbook's cells as text, as Excel shows them and as exactly as it keeps them.

Excel keeps 15 digits of a number, days as serial numbers (from 1900, with a 29 February that never was, or from 1904) and
everything else about a value in its number format: that a number is a day, a code of five digits, a percentage. Formats are
those of Office Open XML (ECMA-376, 18.8.30), and the ids 27 to 36 and 50 to 58, which are days in Japanese Excel.
xlsx and xlsm are read with openpyxl's parser, which streams; what it calls private (`_reader`) is held by the range in
pyproject.toml. An xls is read with calamine, which knows neither formats of codes, nor hidden rows, nor errors.
"""

from __future__ import annotations

import datetime
import functools
import math
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol

import python_calamine
from openpyxl import load_workbook
from openpyxl.styles.numbers import BUILTIN_FORMATS_MAX_SIZE, builtin_format_code, is_date_format, is_datetime, is_timedelta_format
from openpyxl.cell.text import Text
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import MAC_EPOCH, from_ISO8601
from openpyxl.worksheet._reader import FORMULA_TAG, INLINE_STRING, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import SHEET_MAIN_NS

from crm_helpers.errors import CrmError

JAPANESE_TIMES = {32, 33}  # h時mm分, h時mm分ss秒
JAPANESE_DAYS = {*range(27, 37), *range(50, 59)} - JAPANESE_TIMES
EPOCH = datetime.date(1899, 12, 30)  # serial 61 is 1 March 1900; below it, one day later
EPOCH_1904 = datetime.date(1904, 1, 1)
LEAP_BUG = 60  # the serial of 29 February 1900, a day that never was
LAST_SERIAL = 2958465  # 31 December 9999
CODE = re.compile(r"0[0-]*0")
TEXT_TAG = f"{{{SHEET_MAIN_NS}}}t"
QUOTED = re.compile(r'\\(.)|"([^"]*)"|\[[^\]]*\]|_.')

Sort = Literal["day", "time", "elapsed", "code", "percent", "number"]


@dataclass(frozen=True)
class Format:
    """What a number format says of a number; `zeros` is the pattern of a code, such as 000-0000."""

    sort: Sort
    zeros: str = ""


@dataclass
class Grid:
    """The cells of a sheet.

    Args:
        rows: Excel's row number → its cells from column A, as text; rows without any value are left out.
        merged: (top, left, bottom, right), rows as in Excel, columns from 0.
        hidden: rows that are hidden or filtered away.
        errors, uncached: (row, column) of errors such as #N/A, and of formulas whose value was not saved.
    """

    rows: dict[int, list[str]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    errors: list[tuple[int, int]] = field(default_factory=list)
    uncached: list[tuple[int, int]] = field(default_factory=list)


class Workbook(Protocol):
    """An opened workbook: `sheets` are its worksheets in order, `hidden` those that Excel does not show."""

    sheets: tuple[str, ...]
    hidden: frozenset[str]

    def grid(self, sheet: str) -> Grid:
        """The cells of a sheet."""


def opened(file: Path) -> Workbook:
    """The workbook.

    Raises:
        CrmError: it is damaged or protected by a password.
    """
    with file.open("rb") as stream:
        modern = stream.read(2) == b"PK"
    try:
        if modern and "xl/workbook.bin" not in zipfile.ZipFile(file).namelist():
            return _Modern(file)
        return _Old(file)
    except (zipfile.BadZipFile, python_calamine.CalamineError, KeyError, ValueError, OSError, SyntaxError):
        raise CrmError("data.damaged", kind="data.kinds.workbook") from None


class _Modern:
    """An xlsx or xlsm."""

    def __init__(self, file: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of decoration that it cannot keep
            # A stream, because openpyxl would judge a path by its ending, and an unpacked member has none.
            self._book = load_workbook(file.open("rb"), read_only=True, data_only=True)
        self._sheets = {sheet.title: sheet for sheet in self._book.worksheets}
        self.sheets = tuple(self._sheets)
        self.hidden = frozenset(name for name, sheet in self._sheets.items() if sheet.sheet_state != "visible")
        customs = self._book._number_formats
        ids = [style.numFmtId for style in self._book._cell_styles]
        self._formats = [_format(i, customs) for i in ids]

    def grid(self, sheet: str) -> Grid:
        grid = Grid()
        with self._sheets[sheet]._get_source() as source, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parser = _Parser(source, self._sheets[sheet]._shared_strings, grid)
            try:
                for number, cells in parser.parse():
                    row = list(self._texts(cells, grid))
                    if any(row):
                        grid.rows[number] = row
            except (SyntaxError, zipfile.BadZipFile, EOFError, IndexError, ValueError):
                raise CrmError("data.damaged", kind="data.kinds.workbook") from None
        grid.hidden = [int(row) for row, told in parser.row_dimensions.items() if told.get("hidden") in ("1", "true")]
        ranges = parser.merged_cells.mergeCell if parser.merged_cells else []
        grid.merged = [(r.min_row, r.min_col - 1, r.max_row, r.max_col - 1) for r in ranges]
        return grid

    def _texts(self, cells: list[dict[str, Any]], grid: Grid) -> Iterator[str]:
        place = 0
        for cell in cells:
            while place < cell["column"] - 1:
                place += 1
                yield ""
            place += 1
            value, kind = cell["value"], cell["data_type"]
            if kind == "e":
                grid.errors.append((cell["row"], place - 1))
                yield ""
            elif kind == "n" and isinstance(value, (int, float)):
                yield written(value, self._formats[cell["style_id"]], mac=self._book.epoch == MAC_EPOCH)
            else:
                yield _plain(value)


class _Parser(WorkSheetParser):  # type: ignore[misc]  # openpyxl has no types
    """openpyxl's, which leaves days as numbers here and notes formulas that were saved without their value."""

    def __init__(self, source: Any, strings: Any, grid: Grid) -> None:
        super().__init__(source, strings, data_only=True)
        self._grid = grid

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """openpyxl's for the values that are read here, at a fifth of its cost."""
        kind, place = element.get("t", "n"), element.get("r")
        self.col_counter = _column(place.rstrip("0123456789")) if place else self.col_counter + 1
        value: Any = element.findtext(VALUE_TAG) or None
        if kind == "inlineStr":
            value, kind = _inline(element.find(INLINE_STRING)), "s"
        elif value is None:
            self._note_uncached(element)
        elif kind == "s":
            value = self.shared_strings[int(value)]
        elif kind == "n":
            value = float(value) if "." in value or "e" in value.lower() else int(value)
        elif kind == "b":
            value = bool(int(value))
        elif kind == "d":
            value = from_ISO8601(value)
        style = int(element.get("s", 0))
        return {"row": self.row_counter, "column": self.col_counter, "value": value, "data_type": kind, "style_id": style}

    def _note_uncached(self, element: Any) -> None:
        kept_empty = element.get("t") == "str" and element.find(VALUE_TAG) is not None  # a formula that gave ""
        if element.find(FORMULA_TAG) is not None and not kept_empty:
            self._grid.uncached.append((self.row_counter, self.col_counter - 1))


@functools.cache
def _column(letters: str) -> int:
    return int(column_index_from_string(letters))


def _inline(element: Any) -> str | None:
    """The text of a cell that carries its own; where it is written in several styles, or with readings, openpyxl knows how."""
    if element is None:
        return None
    text: str | None = element.findtext(TEXT_TAG) if len(element) == 1 else None
    return Text.from_tree(element).content if text is None else text


class _Old:
    """An xls or xlsb."""

    def __init__(self, file: Path) -> None:
        self._book = python_calamine.CalamineWorkbook.from_path(file)
        told = [m for m in self._book.sheets_metadata if m.typ == python_calamine.SheetTypeEnum.WorkSheet]
        self.sheets = tuple(m.name for m in told)
        self.hidden = frozenset(m.name for m in told if m.visible != python_calamine.SheetVisibleEnum.Visible)

    def grid(self, sheet: str) -> Grid:
        cells = self._book.get_sheet_by_name(sheet)
        rows = {n: list(map(_plain, row)) for n, row in enumerate(cells.to_python(skip_empty_area=False), start=1)}
        merged = [(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in cells.merged_cell_ranges or ()]
        return Grid({n: row for n, row in rows.items() if any(row)}, merged)


def written(number: float, form: Format, *, mac: bool = False) -> str:
    """A number as its format means it."""
    if form.sort in ("day", "time", "elapsed") and 0 <= number <= LAST_SERIAL:
        return _moment(number, form.sort, mac=mac)
    if form.sort == "number" and isinstance(number, int):
        return str(number)
    exact = Decimal(number) if isinstance(number, int) else Decimal(f"{number:.15g}")
    if form.sort == "percent":
        exact *= 100
    if form.sort == "code" and exact == exact.to_integral_value() and exact >= 0:
        return _coded(str(int(exact)), form.zeros)
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment(serial: float, sort: Sort, *, mac: bool) -> str:
    seconds = round((serial - math.floor(serial)) * 86400)
    days, seconds = math.floor(serial) + seconds // 86400, seconds % 86400
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if sort == "elapsed":
        return f"{days * 24 + seconds // 3600}{clock[2:]}"
    if days == 0 and (sort == "time" or (seconds and not mac)):
        return clock
    day = _day(days, mac=mac)
    return f"{day} {clock}" if seconds else day


@functools.cache
def _day(days: int, *, mac: bool) -> str:
    if mac:
        return (EPOCH_1904 + datetime.timedelta(days)).isoformat()
    if days == LEAP_BUG:
        return "1900-02-29"  # refused as no day when it is read
    return (EPOCH + datetime.timedelta(days + (days < LEAP_BUG))).isoformat()


def _coded(digits: str, zeros: str) -> str:
    """The digits in a pattern such as 000-0000, from the right; more digits than zeros stand in front."""
    filled, left = [], digits.zfill(zeros.count("0"))
    for sign in reversed(zeros):
        filled.append(left[-1] if sign == "0" else sign)
        left = left[:-1] if sign == "0" else left
    return left + "".join(reversed(filled))


def _format(number: int, customs: list[str]) -> Format:
    if number in JAPANESE_TIMES:
        return Format("time")
    if number in JAPANESE_DAYS:
        return Format("day")
    own = number - BUILTIN_FORMATS_MAX_SIZE
    told = customs[own] if 0 <= own < len(customs) else builtin_format_code(number) or "General"
    if is_timedelta_format(told):
        return Format("elapsed")
    if is_date_format(told):
        return Format("time" if is_datetime(told) == "time" else "day")
    bare = QUOTED.sub(r"\1\2", told.split(";")[0])
    if CODE.fullmatch(bare):
        return Format("code", bare)
    return Format("percent" if bare.endswith("%") else "number")


def _plain(value: object) -> str:
    """A value that has no number format: text, yes and no, a day of calamine's."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("_x000D_", "").replace("\r\n", "\n")
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    if isinstance(value, datetime.timedelta):
        return written(value.total_seconds() / 86400, Format("elapsed"))
    if isinstance(value, (int, float)):
        return written(value, Format("number"))
    return str(value)
