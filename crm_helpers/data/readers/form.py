"""Returned Excel forms (`data/sheets`): their columns are the contract's own names, so a mapping needs none.

A form with any fault gives nothing: what cannot be read for certain is mended in the form, not guessed here. Places are
Excel's own row numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crm_helpers.data.sheets.definition import filled
from crm_helpers.data.sheets.reading import Returned, read, together
from crm_helpers.data.staging import Noticed, Part, Staged, plain
from crm_helpers.errors import CrmError, Faults

WANTS = "form"
FAULT = "data.column"


@dataclass(frozen=True)
class Sheet:
    """One returned form as a table."""

    told: Returned
    fault: str = FAULT

    @property
    def name(self) -> str:
        """The sheet that holds the rows."""
        return self.told.sheet

    @property
    def columns(self) -> tuple[str, ...]:
        """The contract columns that forms of this table can fill; one that this form has not is blank."""
        return filled(self.told.form.table)

    def stage(self, con: duckdb.DuckDBPyConnection, name: str, wanted: Sequence[str]) -> Staged:
        """Make the table `name` with the wanted columns as VARCHAR named `s0, s1, …`."""
        types = ", ".join(f"s{i} varchar" for i in range(len(wanted)))
        con.execute(f"create or replace table {name} ({types})")
        rows = [[row.values.get(plain(column)) for column in wanted] for row in self.told.rows]
        if rows:
            con.executemany(f"insert into {name} values ({', '.join('?' for _ in wanted)})", rows)
        return Staged((), lambda asked: {row: self.told.rows[row].row for row in asked}, noticed=self._noticed())

    def _noticed(self) -> tuple[Noticed, ...]:
        """What the form tells of itself: another version, words beside the cells, nothing filled in."""
        return tuple(
            Noticed(
                f"form_{notice.key.rpartition('.')[2]}",
                int(notice.facts.get("n") or 1),
                0,
                str(notice.facts.get("first") or notice.facts.get("found", "")),
            )
            for notice in self.told.noticed
        )


def parts(file: Path, table: str, shown: str) -> Iterator[Sheet]:
    """The forms of a workbook: one, or one a sheet where a form has no table.

    Args:
        table: the contract table that they must fill.
        shown: the file as messages name it.

    Raises:
        CrmError, Faults: it is no form, or one of another table, or not all of it can be read; with file, sheet and cell.
    """
    told = read(file.read_bytes(), shown, table=table)
    if faults := [fault for form in told for fault in form.faults]:
        raise Faults(faults)
    yield from map(Sheet, told)


def between(forms: Sequence[Part]) -> list[CrmError]:
    """Faults between the forms of a table: two of one respondent, a row that two of them have."""
    return together([form.told for form in forms if isinstance(form, Sheet)])
