"""Returned Excel forms (`data/sheets`): their columns are the contract's own names, so a mapping needs none.

A form with any fault gives nothing: what cannot be read for certain is mended in the form, not guessed here. Places are
Excel's own row numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crm_helpers.data.sheets.reading import Returned, read
from crm_helpers.data.staging import Staged, plain
from crm_helpers.errors import Faults
from crm_helpers.params import paths
from crm_helpers.params.schema import Source

WANTS = "file"
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
        """The contract columns that the form can fill."""
        return self.told.columns

    def stage(self, con: duckdb.DuckDBPyConnection, name: str, wanted: Sequence[str]) -> Staged:
        """Make the table `name` with the wanted columns as VARCHAR named `s0, s1, …`."""
        types = ", ".join(f"s{i} varchar" for i in range(len(wanted)))
        con.execute(f"create or replace table {name} ({types})")
        rows = [[row.values.get(plain(column)) for column in wanted] for row in self.told.rows]
        if rows:
            con.executemany(f"insert into {name} values ({', '.join('?' for _ in wanted)})", rows)
        return Staged((), lambda asked: {row: self.told.rows[row].row for row in asked})


def parts(file: Path, source: Source) -> Iterator[Sheet]:  # noqa: ARG001  # a form needs no settings
    """The forms of a workbook: one, or one a sheet where a form has no table.

    Raises:
        CrmError, Faults: it is no form, or not all of it can be read; with file, sheet and cell.
    """
    told = read(file.read_bytes(), paths.shown(file))
    if faults := [fault for form in told for fault in form.faults]:
        raise Faults(faults)
    yield from map(Sheet, told)
