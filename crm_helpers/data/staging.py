"""What every reader gives, and how a row finds its way back to its line in the file.

A reader is one module of `readers/`, found by its name (`format:` of a source), with `FAULT`, the text key of the message
for a mapped column that the file does not have, and `WANTS`, what it reads:

- `text`: decoded UTF-8 with `\\n` line ends (`decode.py`); such a reader never sees bytes, types or the contract.
  `columns(text, source)` gives the column names that a mapping may use; `stage(con, name, text, source, wanted, kept)` makes
  the table `name` with the wanted columns as VARCHAR named `s0, s1, …` in the order of `wanted`, one row a record in the order
  of the file, or what is `kept` of it (`make`), and returns a `Staged`.
- `file`: the file itself. `parts(file, source)` gives the tables in it (the sheets of a workbook), each a `Part`.
- `form`: the file itself, of which the columns are the contract's. `parts(file, table, shown)` gives the forms in it, each a
  `Part`; `between(parts)` the faults that show only beside the table's other forms.
"""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import duckdb

from crm_helpers.errors import CrmError
from crm_helpers.params.schema import Source

if TYPE_CHECKING:
    from crm_helpers.data.kept import Kept

READING = "reading"  # the folder in which an import decodes, unpacks and keeps files until their table is written
KEPT = "kept.parquet"


@dataclass(frozen=True)
class Noticed:
    """What a reader tells of a file.

    Args:
        key: its sentence is `data.noticed.<key>`.
        line: the first place; 0 for the whole file.
        names: what the sentence quotes besides.
    """

    key: str
    count: int
    line: int
    names: str = ""


@dataclass(frozen=True)
class Staged:
    """A staged file or part of one.

    Args:
        rejected: physical lines (1-based) that are no record of the file's shape; they are not in the table.
        lines: physical line of each given row number (0-based), for messages. Read from the text when asked.
        totals: lines that sum up others; they are not in the table.
        noticed: what else is to be told of the file.
        kept: the file of what is kept, where that is asked for.
    """

    rejected: tuple[int, ...]
    lines: Callable[[Sequence[int]], dict[int, int]]
    totals: tuple[int, ...] = ()
    noticed: tuple[Noticed, ...] = ()
    kept: Path | None = None


class Part(Protocol):
    """One table of a file; a text is one, without a name."""

    @property
    def name(self) -> str:
        """Its name inside the file, as messages say it."""

    @property
    def fault(self) -> str:
        """`FAULT` of its reader."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names that a mapping may use; none for an empty file."""

    def stage(self, con: duckdb.DuckDBPyConnection, name: str, wanted: Sequence[str]) -> Staged:
        """Make the table `name`."""


class Reader(Protocol):
    """A module of `readers/` that reads text."""

    FAULT: str

    def columns(self, text: Path, source: Source) -> tuple[str, ...]:
        """See above."""

    def stage(
        self, con: duckdb.DuckDBPyConnection, name: str, text: Path, source: Source, wanted: Sequence[str], kept: Kept | None = None
    ) -> Staged:
        """See above."""


@dataclass(frozen=True)
class Text:
    """A decoded text as the one part of its file."""

    reader: Reader
    text: Path
    source: Source
    name: str = ""

    @property
    def fault(self) -> str:
        """See `Part`."""
        return self.reader.FAULT

    @property
    def columns(self) -> tuple[str, ...]:
        """See `Part`."""
        return self.reader.columns(self.text, self.source)

    def stage(
        self, con: duckdb.DuckDBPyConnection, name: str, wanted: Sequence[str], kept: Kept | None = None
    ) -> Staged:
        """See `Part`. With `kept`, `name` is a view of what is kept of the cells, in a file beside the text."""
        return self.reader.stage(con, name, self.text, self.source, wanted, kept)


def make(con: duckdb.DuckDBPyConnection, name: str, rows: str, text: Path, kept: Kept | None) -> Path | None:
    """A query of staged cells as the table `name`, or as a view of what is kept of them; the file of that."""
    if kept is None:
        con.execute(f"create or replace table {name} as {rows}")
        return None
    file = text.with_name(KEPT)
    con.execute(kept.to_file(rows, quoted(str(file))))
    con.execute(kept.view(name, quoted(str(file))))
    return file


def reads_text(kind: str) -> bool:
    """Whether the reader of that name reads decoded text."""
    return str(_module(kind).WANTS) == "text"


def reader(kind: str) -> Reader:
    """The reader of text of that name; params have checked that it exists."""
    return cast(Reader, _module(kind))


def reads_forms(kind: str) -> bool:
    """Whether the reader of that name reads forms of the contract's own columns."""
    return str(_module(kind).WANTS) == "form"


def parts(kind: str, file: Path, source: Source, *, table: str = "", shown: str = "") -> Iterator[Part]:
    """The tables of a file, one at a time; `file` is the decoded text for a reader of text.

    Args:
        table: the contract table, which a form must fill.
        shown: the file as messages name it.

    Raises:
        CrmError: without a place: the file cannot be read, or a sheet is not in it. Of a form all faults, with their places.
    """
    if reads_text(kind):
        yield Text(reader(kind), file, source)
    elif reads_forms(kind):
        yield from _module(kind).parts(file, table, shown)
    else:
        yield from _module(kind).parts(file, source)


def between(kind: str, parts: Sequence[Part]) -> list[CrmError]:
    """Faults between the parts of a table, where they are forms."""
    found: list[CrmError] = _module(kind).between(parts)
    return found


def _module(kind: str) -> Any:
    return importlib.import_module(f"crm_helpers.data.readers.{kind}")


def plain(name: str) -> str:
    """A column's name as people compare it: whatever its width, without spaces around."""
    return unicodedata.normalize("NFKC", name).strip()


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
