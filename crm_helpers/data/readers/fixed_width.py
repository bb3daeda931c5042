"""Fixed-width text: a column is named by its first and last position, counted from 1 (`13-20`).

Positions are those of the client's own layout sheet, where a full-width character takes two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from crm_helpers.data.staging import Staged, make, plain, quoted
from crm_helpers.params.schema import Source

if TYPE_CHECKING:
    from crm_helpers.data.kept import Kept

WANTS = "text"
FAULT = "data.position"
POSITION = re.compile(r"([1-9]\d*)-([1-9]\d*)")
FILLER = "\x01"  # stands behind a full-width character while positions are counted
WIDE = "[^\x01-\x7f｡-ﾟ]"


def columns(text: Path, source: Source) -> tuple[str, ...]:
    """The positions of the mapping that are positions, for a file that has any line."""
    if text.stat().st_size == 0:
        return ()
    return tuple(dict.fromkeys(plain(name) for names in source.columns.values() for name in names if _span(plain(name))))


def stage(
    con: duckdb.DuckDBPyConnection, name: str, text: Path, source: Source, wanted: Sequence[str], kept: Kept | None = None
) -> Staged:
    """See `staging`. A line that ends before its last column begins is rejected."""
    spans = [span for span in map(_span, map(plain, wanted)) if span]
    least = max(first for first, _ in spans)
    con.execute(
        f"create or replace temp view {name}_lines as"
        f" select regexp_replace(c0, '({WIDE})', '\\1{FILLER}', 'g') as content"
        f" from read_csv({quoted(str(text))}, auto_detect = false, header = {str(source.header).lower()},"
        f" columns = {{'c0': 'VARCHAR'}}, delim = '\x02', quote = '', escape = '', new_line = '\\n')"
    )
    cells = ", ".join(
        f"replace(substr(content, {first}, {last - first + 1}), '{FILLER}', '') as s{i}" for i, (first, last) in enumerate(spans)
    )
    file = make(con, name, f"select {cells} from {name}_lines where length(content) >= {least}", text, kept)
    short = con.execute(f"select count(*) from {name}_lines where length(content) < {least} and trim(content) <> ''").fetchone()
    rejected = tuple(_short(text, source.header, least)) if short and short[0] else ()

    def lines(rows: Sequence[int]) -> dict[int, int]:
        wanted_rows = set(rows)
        return {row: line for row, line in enumerate(_long(text, source.header, least)) if row in wanted_rows}

    return Staged(rejected, lines, kept=file)


def _span(name: str) -> tuple[int, int] | None:
    found = POSITION.fullmatch(name)
    return (int(found[1]), int(found[2])) if found and int(found[1]) <= int(found[2]) else None


def _long(text: Path, header: bool, least: int) -> Iterator[int]:
    return (number for number, line in _numbered(text, header) if _width(line) >= least)


def _short(text: Path, header: bool, least: int) -> Iterator[int]:
    return (number for number, line in _numbered(text, header) if _width(line) < least and line.strip(" "))


def _numbered(text: Path, header: bool) -> Iterator[tuple[int, str]]:
    with text.open(encoding="utf-8", newline="") as lines:
        for number, line in enumerate(lines, start=1):
            if number > header:
                yield number, line.removesuffix("\n")


def _width(line: str) -> int:
    return len(line) + len(re.findall(WIDE, line))
