"""What every reader gives, and how a row finds its way back to its line in the file.

A reader is one module of `readers/`, found by its name (`format:` of a source), with

- `FAULT`: text key of the message for a mapped column that the file does not have;
- `columns(text, source)`: the column names that a mapping may use;
- `stage(con, name, text, source, wanted)`: makes the table `name` with the wanted columns as VARCHAR named `s0, s1, …`
  in the order of `wanted`, one row a record in the order of the file, and returns a `Staged`.

`text` is UTF-8 with `\\n` line ends (`decode.py`); a reader never sees bytes, types or the contract.
"""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import duckdb

from crm_helpers.params.schema import Source


@dataclass(frozen=True)
class Staged:
    """A staged file.

    Args:
        rejected: physical lines (1-based) that are no record of the file's shape; they are not in the table.
        lines: physical line of each given row number (0-based), for messages. Read from the text when asked.
    """

    rejected: tuple[int, ...]
    lines: Callable[[Sequence[int]], dict[int, int]]


class Reader(Protocol):
    """A module of `readers/`."""

    FAULT: str

    def columns(self, text: Path, source: Source) -> tuple[str, ...]:
        """The column names that a mapping may use; none for an empty file."""

    def stage(self, con: duckdb.DuckDBPyConnection, name: str, text: Path, source: Source, wanted: Sequence[str]) -> Staged:
        """Make the table `name`."""


def reader(kind: str) -> Reader:
    """The reader of that name; params have checked that it exists."""
    return cast(Reader, importlib.import_module(f"crm_helpers.data.readers.{kind}"))


def plain(name: str) -> str:
    """A column's name as people compare it: whatever its width, without spaces around."""
    return unicodedata.normalize("NFKC", name).strip()


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
