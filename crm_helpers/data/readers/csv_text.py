"""Separated text: comma, tab, semicolon or bar; quotes, line breaks inside quotes, short and long records.

DuckDB parses; records of the wrong shape are its rejects. It numbers records, not lines, so places are found here: its
byte position of a reject gives the physical line, and the line of a staged row is found by walking the same text with
Python's csv reader, which opens quotes by the same rule and knows how many lines it has read.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from crm_helpers.data.staging import Staged, make, plain, quoted
from crm_helpers.params.schema import Source

if TYPE_CHECKING:
    from crm_helpers.data.kept import Kept

WANTS = "text"
FAULT = "data.column"
DELIMITERS = ",\t;|"
LONGEST_CELL = 2**31 - 1


def columns(text: Path, source: Source) -> tuple[str, ...]:
    """The header's names; column numbers from 1 when the file has no header."""
    csv.field_size_limit(LONGEST_CELL)
    with text.open(encoding="utf-8", newline="") as lines:
        first = next(filter(None, csv.reader(lines, delimiter=_delimiter(text, source))), [])
    if not source.header:
        return tuple(str(i + 1) for i in range(len(first)))
    return tuple(plain(name) for name in first)


def stage(
    con: duckdb.DuckDBPyConnection, name: str, text: Path, source: Source, wanted: Sequence[str], kept: Kept | None = None
) -> Staged:
    """See `staging`."""
    has = columns(text, source)
    delimiter = _delimiter(text, source)
    picked = [has.index(plain(column)) for column in wanted]
    blanked: list[int] = []
    read = _read_csv(text, header=source.header, delimiter=delimiter, width=len(has), rejects=name)
    rows = f"select {', '.join(f'c{place} as s{i}' for i, place in enumerate(picked))} from {read}"
    file, swallowed = _stage(con, name, rows, text, kept)
    if swallowed:
        # A quote that never closes swallows the lines after it. Give up quotes that span lines in this file.
        blanked = _blank_open_quotes(text)
        file, _ = _stage(con, name, rows, text, kept)
    starts = [place for (place,) in con.execute(f"select distinct line_byte_position from {name}_errors").fetchall()]
    rejected = sorted([*_lines_at(text, starts), *blanked])

    def lines(rows: Sequence[int]) -> dict[int, int]:
        return _lines_of(text, rows, delimiter, source.header, rejected, single=len(has) == 1)

    return Staged(tuple(rejected), lines, kept=file)


def _delimiter(text: Path, source: Source) -> str:
    if source.delimiter is not None:
        return source.delimiter
    with text.open(encoding="utf-8", newline="") as lines:
        head = next(itertools.dropwhile(_blank, lines), "")
    outside = "".join(itertools.islice(head.split('"'), 0, None, 2))
    return max(DELIMITERS, key=outside.count)


def _blank(line: str) -> bool:
    return line == "\n"


def _read_csv(text: Path, *, header: bool, delimiter: str, width: int, rejects: str) -> str:
    types = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    with text.open(encoding="utf-8", newline="") as lines:
        above = sum(1 for _ in itertools.takewhile(_blank, lines))
    return (
        f"read_csv({quoted(str(text))}, auto_detect = false, header = {str(header).lower()}, skip = {above},"
        f" columns = {{{types}}},"
        f" delim = {quoted(delimiter)}, quote = '\"', escape = '\"', new_line = '\\n', strict_mode = true,"
        f" null_padding = false, store_rejects = true, rejects_table = '{rejects}_errors', rejects_scan = '{rejects}_scans')"
    )


def _stage(
    con: duckdb.DuckDBPyConnection, name: str, rows: str, text: Path, kept: Kept | None
) -> tuple[Path | None, bool]:
    """`staging.make`, and whether a record swallowed the lines after it."""
    for table in (f"{name}_errors", f"{name}_scans"):
        con.execute(f"drop table if exists {table}")
    file = make(con, name, rows, text, kept)
    found = con.execute(
        f"select count(*) from {name}_errors where contains(rtrim(csv_line, chr(10)), chr(10))"
        " or cast(error_type as varchar) = 'LINE SIZE OVER MAXIMUM'"
    ).fetchone()
    return file, found is not None and found[0] > 0


def _blank_open_quotes(text: Path) -> list[int]:
    """Empty every line with an odd number of quotes, so that line numbers stay; the lines emptied."""
    blanked: list[int] = []
    mended = text.with_suffix(".mended")
    with text.open(encoding="utf-8", newline="") as lines, mended.open("w", encoding="utf-8", newline="") as out:
        for number, line in enumerate(lines, start=1):
            odd = line.count('"') % 2 == 1
            out.write("\n" if odd else line)
            blanked += [number] if odd else []
    mended.replace(text)
    return blanked


def _lines_at(text: Path, starts: Sequence[int]) -> Iterator[int]:
    """The physical lines that begin at byte positions (1-based)."""
    wanted, place = set(starts), 1
    if wanted:
        with text.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if place in wanted:
                    yield number
                place += len(line)


def _lines_of(
    text: Path, rows: Sequence[int], delimiter: str, header: bool, rejected: Sequence[int], *, single: bool
) -> dict[int, int]:
    wanted, skipped, row = set(rows), set(rejected), -1 - header
    found: dict[int, int] = {}
    with text.open(encoding="utf-8", newline="") as lines:
        records, line = csv.reader(lines, delimiter=delimiter), 1
        for record in records:
            if (record or single) and line not in skipped:  # an empty line is no record unless there is one column only
                row += 1
                if row in wanted:
                    found[row] = line
            line = records.line_num + 1
            if len(found) == len(wanted):
                break
    return found
