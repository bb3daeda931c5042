"""Parquet: typed columns as text. Days, moments and decimals are exact; a float is written as the shortest number that is it.

A place is the number of the record, from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crm_helpers.data.engine import connect
from crm_helpers.data.staging import Noticed, Staged, plain, quoted
from crm_helpers.errors import CrmError
from crm_helpers.params.schema import Source

WANTS = "file"
FAULT = "data.column"
FLOATS = ("FLOAT", "DOUBLE")
NESTED = ("STRUCT", "MAP", "UNION", "[", "BLOB")
UTC = "TIMESTAMP WITH TIME ZONE"


@dataclass(frozen=True)
class Parquet:
    """A Parquet file; `types` is its columns with their types."""

    file: Path
    types: dict[str, str]
    name: str = ""
    fault: str = FAULT

    @property
    def columns(self) -> tuple[str, ...]:
        """See `staging.Part`."""
        return tuple(map(plain, self.types))

    def stage(self, con: duckdb.DuckDBPyConnection, name: str, wanted: Sequence[str]) -> Staged:
        """See `staging.Part`."""
        theirs = {plain(column): column for column in self.types}
        picked = [theirs[plain(column)] for column in wanted]
        for column in picked:
            if any(mark in self.types[column] for mark in NESTED):
                raise CrmError("data.nested", found=column, type=self.types[column])
        cells = ", ".join(f"{_text(column, self.types[column])} as s{i}" for i, column in enumerate(picked))
        con.execute(f"create or replace table {name} as select {cells or '1'} from read_parquet({quoted(str(self.file))})")
        zoned = [column for column in picked if self.types[column] == UTC]
        noticed = (Noticed("utc", len(zoned), 0, ", ".join(zoned)),) if zoned else ()
        return Staged((), lambda rows: {row: row + 1 for row in rows}, noticed=noticed)


def parts(file: Path, source: Source) -> Iterator[Parquet]:  # noqa: ARG001  every reader of files is asked alike
    """See `staging`.

    Raises:
        CrmError: the file is damaged.
    """
    con = connect(None, threads=1)
    try:
        described = con.execute(f"describe select * from read_parquet({quoted(str(file))})").fetchall()
    except duckdb.Error:
        raise CrmError("data.damaged", kind="data.kinds.parquet") from None
    finally:
        con.close()
    yield Parquet(file, {str(row[0]): str(row[1]) for row in described})


def _text(column: str, kind: str) -> str:
    """SQL of a cell as text. A float beyond the decimals is no amount, code or date, and stays as it is written."""
    name = '"' + column.replace('"', '""') + '"'
    if kind in FLOATS:
        exact = f"cast(try_cast({name} as decimal(38, 12)) as varchar)"
        return f"coalesce(rtrim(rtrim({exact}, '0'), '.'), cast({name} as varchar))"
    if kind == UTC:
        return f"strftime(timezone('UTC', {name}), '%Y-%m-%d %H:%M:%S')"
    return f"cast({name} as varchar)"
