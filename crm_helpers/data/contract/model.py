"""What a contract table and its columns are made of.

Units: money is a BIGINT of minor units of the client's currency (`EXPONENT`), rounded half away from zero once, at
import. A quantity is a BIGINT number of items; a line sold by weight (0.350) counts as one item, with its sign. Dates
are local dates, moments local dates with a time, a month is its first day. A time is text `HH:MM`. A choice is one of
the column's `choices`; the client's words are mapped to them (`values:` of a source). Free text is masked at import.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from crm_helpers.text.formats import MINOR

Kind = Literal[
    "id", "text", "free_text", "choice", "flag", "integer", "number", "quantity", "money", "date", "moment", "month", "time", "year"
]

EXPONENT = MINOR
"""Decimal places of the minor unit of each currency."""

SQL_TYPE: dict[Kind, str] = {
    "id": "varchar",
    "text": "varchar",
    "free_text": "varchar",
    "choice": "varchar",
    "flag": "boolean",
    "integer": "bigint",
    "number": "double",
    "quantity": "bigint",
    "money": "bigint",
    "date": "date",
    "moment": "timestamp",
    "month": "date",
    "time": "varchar",
    "year": "bigint",
}


WORDED: tuple[Kind, ...] = ("id", "text", "flag", "integer")
"""Kinds besides a choice whose values a source may replace by others (`values:`)."""


@dataclass(frozen=True)
class Column:
    """One column: its kind decides how it is read; a row without a `required` column is set aside.

    Args:
        choices: what a choice may say.
        dimension: an extra column of the client's, declared in `dimensions:`.
        planned: a day that may lie after as_of; any other day after as_of has not happened yet and is blank.
    """

    name: str
    kind: Kind
    about: str
    required: bool = False
    choices: tuple[str, ...] = ()
    dimension: bool = False
    planned: bool = False

    @property
    def sql_type(self) -> str:
        """Its type in every engine."""
        return SQL_TYPE[self.kind]


@dataclass(frozen=True)
class Table:
    """One contract table.

    Args:
        key: names its rows; of rows that share it one counts. Empty: rows have no name, and equal rows all count.
        dated: the column that `as_of` is compared with.
        log: a log grows by rows, so a repeated row is a line that came twice; a master is corrected, so the first counts.
    """

    name: str
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    dated: str | None = None
    log: bool = False

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: the contract has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)

    def extended(self, dimensions: Iterable[str]) -> Table:
        """The table with the client's own columns behind its own, as text."""
        own = tuple(Column(name, "text", "The client's own dimension.", dimension=True) for name in dimensions)
        return replace(self, columns=(*self.columns, *own))


def required(name: str, kind: Kind, about: str, choices: tuple[str, ...] = ()) -> Column:
    """A column without which a row is set aside."""
    return Column(name, kind, about, required=True, choices=choices)
