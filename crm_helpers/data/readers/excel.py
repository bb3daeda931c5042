"""Excel workbooks: which sheet, where the header stands, what is filled down, and which rows sum up others.

The header may stand below titles and over two rows, whose names are joined with "/". A cell merged over several rows counts
for each of them in columns of codes, days and words; an amount or a number counts once, in the first. A row that sums up
others says so in a word (合計, 小計, total …) and lacks a code or a day; it is no record. Places are Excel's own row numbers.
"""

from __future__ import annotations

import csv
import fnmatch
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from crm_helpers.data.contract import TABLES
from crm_helpers.data.readers._workbook import Grid, Workbook, opened
from crm_helpers.data.staging import Noticed, Staged, plain, quoted
from crm_helpers.errors import UsageError
from crm_helpers.params.load import nearest
from crm_helpers.params.schema import Source

WANTS = "file"
FAULT = "data.column"
LOOKED_AT = 30  # rows in which the header is looked for
DEEPEST = 3  # rows that a header may take
TOTAL = re.compile(r"(?:.*\s)?(?:合計|総合計|小計|総計|計|集計|累計|total|totals|sub-?total|grand total|sum)", re.IGNORECASE)
TOTAL_ONLY = re.compile(r"(?:合計|総合計|小計|総計|計|累計|total|totals|sub-?total|grand total)", re.IGNORECASE)
VALUE = re.compile(r"[-\d\s,./:¥\\%]+|\d+年\d+月(\d+日)?")
KINDS = {column.name: column.kind for table in TABLES.values() for column in table.columns}
MEASURES = {name for name, kind in KINDS.items() if kind in ("money", "quantity", "integer", "number")}
NAMING = {name for name, kind in KINDS.items() if kind in ("id", "date", "moment", "month")}


@dataclass
class Sheet:
    """One sheet as a table: `names` are its columns as (name, place from 0), `first` is the row of its first record."""

    name: str
    source: Source
    grid: Grid
    others: tuple[str, ...] = ()
    fault: str = FAULT
    names: list[tuple[str, int]] = field(init=False)
    first: int = field(init=False)

    def __post_init__(self) -> None:
        self.names, self.first = _header(self.grid, self.source)

    @property
    def columns(self) -> tuple[str, ...]:
        """See `staging.Part`."""
        return tuple(name for name, _ in self.names)

    def stage(self, con: duckdb.DuckDBPyConnection, name: str, wanted: Sequence[str]) -> Staged:
        """See `staging.Part`."""
        places = dict(self.names)
        picked = [places[plain(column)] for column in wanted]
        naming, measures = self._places(NAMING, places), self._places(MEASURES, places)
        numbers: list[int] = []
        totals: list[int] = []
        above = _filling(self.grid, self.first, [place for place in picked if place not in measures])
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder) / "sheet.csv"
            with text.open("w", encoding="utf-8", newline="") as out:
                write = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
                for number, row in self.grid.rows.items():
                    if number < self.first:
                        continue
                    if _is_total(row, naming):
                        totals.append(number)
                        continue
                    fill = above.get(number, {})
                    write.writerow([_at(row, place) or fill.get(place, "") for place in picked])
                    numbers.append(number)
            types = ", ".join(f"'s{i}': 'VARCHAR'" for i in range(len(picked)))
            con.execute(
                f"create or replace table {name} as select * from read_csv({quoted(str(text))}, auto_detect = false,"
                f" header = false, columns = {{{types}}}, delim = ',', quote = '\"', escape = '\"', new_line = '\\n',"
                f" max_line_size = 100000000)"
            )
        return Staged(
            (), lambda rows: {row: numbers[row] for row in rows}, tuple(totals), tuple(self._noticed(picked, len(above)))
        )

    def _places(self, ours: set[str], places: dict[str, int]) -> set[int]:
        """The columns of the sheet that are mapped to any of these contract columns."""
        mapped = [plain(part) for name, parts in self.source.columns.items() if name in ours for part in parts]
        return {places[name] for name in mapped if name in places}

    def _noticed(self, picked: Sequence[int], filled: int) -> Iterator[Noticed]:
        rows = self.grid.rows
        told = {
            "hidden_rows": [number for number in self.grid.hidden if number in rows and number >= self.first],
            "error_cells": [row for row, place in self.grid.errors if place in picked and row >= self.first],
            "uncached": [row for row, place in self.grid.uncached if place in picked and row >= self.first],
        }
        yield from (Noticed(key, len(found), min(found)) for key, found in told.items() if found)
        if filled:
            yield Noticed("merged", filled, self.first)
        if self.others:
            yield Noticed("sheets", len(self.others), 0, ", ".join(self.others))


def parts(file: Path, source: Source) -> Iterator[Sheet]:
    """The sheets that `sheet:` names, or the first that can be seen and has the columns, or else any data.

    Raises:
        UsageError: a name or pattern of `sheet:` matches nothing.
        CrmError: the workbook is damaged or protected.
    """
    book = opened(file)
    if source.sheet:
        for name in _named(book, source.sheet):
            yield Sheet(name, source, book.grid(name))
        return
    seen = [Sheet(name, source, book.grid(name)) for name in book.sheets if name not in book.hidden]
    filled = [sheet for sheet in seen if sheet.grid.rows] or seen[:1]
    wanted = _wanted(source)
    chosen = next((sheet for sheet in filled if wanted <= set(sheet.columns)), next(iter(filled), None))
    if chosen is not None:
        chosen.others = tuple(sheet.name for sheet in filled if sheet is not chosen)
        yield chosen


def sheets(file: Path, source: Source) -> Iterator[Sheet]:
    """Every sheet that can be seen and holds data, whatever `sheet:` says."""
    book = opened(file)
    for name in book.sheets:
        if name not in book.hidden and (grid := book.grid(name)).rows:
            yield Sheet(name, source, grid)


def _named(book: Workbook, patterns: Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    for pattern in patterns:
        matched = [name for name in book.sheets if plain(name) == plain(pattern) or fnmatch.fnmatchcase(plain(name), plain(pattern))]
        if not matched:
            raise UsageError("data.sheet", found=pattern, has=list(book.sheets), nearest=nearest(pattern, book.sheets))
        found.update(dict.fromkeys(matched))
    return [name for name in book.sheets if name in found]


def _wanted(source: Source) -> set[str]:
    """The names that the mapping uses."""
    mapped = [*source.columns.values(), *source.dimensions.values(), list(source.signs)]
    return {plain(part) for parts in mapped for part in parts}


# ---------------------------------------------------------------- the header
def _header(grid: Grid, source: Source) -> tuple[list[tuple[str, int]], int]:
    """The columns, and the row of the first record."""
    if not grid.rows:
        return [], 1
    if not source.header:
        width = max(map(len, grid.rows.values()))
        return [(str(place + 1), place) for place in range(width)], source.header_row or 1
    if source.header_row is not None:
        names, first = _names(grid, source.header_row)
        if not names:
            raise UsageError("data.header_row", found=source.header_row)
        return names, first
    rows = [number for number in grid.rows][:LOOKED_AT]
    wanted = _wanted(source)
    best = max(rows, key=lambda number: (len(wanted & {name for name, _ in _names(grid, number)[0]}), -number))
    if wanted & {name for name, _ in _names(grid, best)[0]}:
        return _names(grid, best)
    return _names(grid, next((number for number in rows if _like_header(grid, number, rows)), rows[0]))


def _names(grid: Grid, top: int) -> tuple[list[tuple[str, int]], int]:
    """The names of a header that begins in row `top`, as deep as its merged cells say, and the row below it."""
    ranges = [r for r in grid.merged if r[0] == top]
    deep = max((bottom - top + 1 + (right > left) for _, left, bottom, right in ranges), default=1)
    deep = deep if deep <= DEEPEST and not _title(grid, top) else 1
    rows = [_spread(grid, number) for number in range(top, top + deep)]
    found: list[tuple[str, int]] = []
    for place in range(max(map(len, rows), default=0)):
        told = [name for row in rows if (name := plain(_at(row, place)).replace("\n", ""))]
        joined = "/".join(dict.fromkeys(told))
        found += [(joined, place)] if joined else []
    return found, top + deep


def _spread(grid: Grid, number: int) -> list[str]:
    """A row with every merged cell in each of the columns and rows that it spans."""
    row = list(grid.rows.get(number, []))
    for top, left, bottom, right in grid.merged:
        if top <= number <= bottom:
            row += [""] * (right + 1 - len(row))
            row[left : right + 1] = [_at(grid.rows.get(top, []), left)] * (right + 1 - left)
    return row


def _title(grid: Grid, number: int) -> bool:
    """Whether a row says one thing only, merged or not."""
    return len({cell for cell in _spread(grid, number) if cell}) < 2


def _like_header(grid: Grid, number: int, rows: Sequence[int]) -> bool:
    names = [name for name, _ in _names(grid, number)[0]]
    widest = max(sum(map(bool, grid.rows[n])) for n in rows)
    return len(set(names)) >= max(2, widest * 0.6) and not any(VALUE.fullmatch(name) for name in names)


# ---------------------------------------------------------------- rows
def _at(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _filling(grid: Grid, first: int, places: Sequence[int]) -> dict[int, dict[int, str]]:
    """Row → column → what a cell merged from above says, for records."""
    found: dict[int, dict[int, str]] = {}
    for top, left, bottom, right in grid.merged:
        if bottom > top >= first and left in places and left == right:
            for number in range(top + 1, bottom + 1):
                if number in grid.rows:
                    found.setdefault(number, {})[left] = _at(grid.rows[top], left)
    return found


def _is_total(row: Sequence[str], naming: set[int]) -> bool:
    """Whether a row sums up others: a column of codes or days says so, or another does and a code or a day is lacking."""
    cells = {place: plain(cell) for place, cell in enumerate(row) if cell}
    if any(TOTAL.fullmatch(cells[place]) for place in naming if place in cells):
        return True
    lacking = any(place not in cells for place in naming)
    first = next(iter(cells.values()), "")
    return lacking and bool(TOTAL.fullmatch(first) or any(TOTAL_ONLY.fullmatch(cell) for cell in cells.values()))
