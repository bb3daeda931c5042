"""What is kept of a large text while it is parsed: values where a cell is plain, and its text where it is not.

A table of the text of a 1 GB export is larger than what an import may hold in memory. So a text is not staged as it is: a
column of numbers or days is typed while the text is parsed, and becomes `v<i>`, the value of a plain cell, and `s<i>`, the
text of any other. All other cells stay text. What is kept is a Parquet file, of which nothing but what is asked for is
read again; where nothing needs cleaning it is the imported table.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crm_helpers.data import clean, convert
from crm_helpers.data.contract import EXPONENT, Table
from crm_helpers.data.staging import KEPT, READING, quoted
from crm_helpers.params.schema import Cleaning, Source

TYPED = ("integer", "quantity", "money", "date", "moment")
ODD = "{} as written"
"""The kept column of the text of odd cells: no column of the contract and no dimension has a gap in its name."""
PARQUET = "format parquet, compression zstd, write_bloom_filter false"  # the filters cost 5 %, and nothing looks up single keys


@dataclass(frozen=True)
class Cell:
    """One column of what is kept.

    Args:
        stored: its name in the file: that of a contract column where it holds the values of one.
        made: SQL over `Kept.read`.
        name: its name among the staged rows; empty when it is there for the imported table only.
    """

    stored: str
    made: str
    name: str


@dataclass(frozen=True)
class Kept:
    """The columns that are kept of a source's text.

    Args:
        values: contract column → the column of its plain values (`v<i>`).
        reads, tests: SQL of what a cell is as a value (`p<i>`), and whether it is plain (`ok<i>`), by those names.
    """

    cells: tuple[Cell, ...]
    values: Mapping[str, str]
    reads: Mapping[str, str]
    tests: Mapping[str, str]

    def to_file(self, rows: str, file: str) -> str:
        """A statement that writes the file of a query of the staged text; `file` is a SQL literal."""
        cells = ", ".join(f'{cell.made} as "{cell.stored}"' for cell in self.cells)
        return f"copy (select {cells} from {self.read(f'({rows})')}) to {file} ({PARQUET})"

    def read(self, rows: str) -> str:
        """What follows `from` to have the text with its values and tests, each worked out once."""
        for made in (self.reads, self.tests):
            rows = f"(select *{''.join(f', {sql} as {name}' for name, sql in made.items())} from {rows})"
        return rows

    def view(self, name: str, file: str) -> str:
        """A statement that gives the file the staged names, with `rowid`."""
        cells = ", ".join(f'"{cell.stored}" as {cell.name}' for cell in self._staged)
        return f"create or replace view {name} as select file_row_number as rowid, {cells} from read_parquet({file}, file_row_number = true)"

    def of_file(self, number: int, rows: str) -> str:
        """A query of the staged rows of a file that is kept: file_no, row_no and the cells."""
        cells = "".join(f", {cell.name}" for cell in self._staged)
        return f"select {number} as file_no, rowid as row_no{cells} from {rows}"

    def of_text(self, number: int, rows: str) -> str:
        """The same of staged text."""
        cells = "".join(f", {cell.made} as {cell.name}" for cell in self._staged)
        return f"select {number} as file_no, rowid as row_no{cells} from {self.read(rows)}"

    @property
    def _staged(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.name]


def of(table: Table, source: Source, *, cleaning: Cleaning, currency: str, basis: str) -> Kept:
    """What is kept of a source's text.

    Args:
        basis: `sales.tax`, what the report's amounts are to be.
    """
    wanted = convert.wanted(source)
    theirs = convert.columns(source)
    _, staged = convert.select(source, table, "", currency=currency, basis=basis)
    used = Counter([part for parts in theirs.values() for part in parts] + list(source.signs))
    alone = {f"s{wanted.index(parts[0])}": name for name, parts in theirs.items() if len(parts) == 1 and used[parts[0]] == 1}
    cells: list[Cell] = []
    values: dict[str, str] = {}
    reads: dict[str, str] = {}
    tests: dict[str, str] = {}
    for i in range(len(wanted)):
        cell = f"s{i}"
        name = alone.get(cell, "")
        column = table.column(name) if name else None
        test = None
        if column and column.kind in TYPED and staged[name] == [cell] and not _read_as_written(name, source, cleaning, basis):
            test = clean.test_of(column, table, source, staged, cleaning, EXPONENT[currency])
        if column and test:
            values[name] = f"v{i}"
            reads[f"p{i}"] = clean.cast_plain(column, cell, source, places=EXPONENT[currency])
            tests[f"ok{i}"] = clean.plain_by_value(column, f"p{i}", cell, test)
            cells.append(Cell(name, f"case when ok{i} then p{i} end", f"v{i}"))
            cells.append(Cell(ODD.format(name), f"case when ok{i} then null else {cell} end", cell))
        else:
            cells.append(Cell(name if staged.get(name) == [cell] else cell, cell, cell))
    cells += [Cell(c.name, f"cast(null as {c.sql_type})", "") for c in table.columns if c.name not in staged]
    return Kept(tuple(cells), values, reads, tests)


def _read_as_written(name: str, source: Source, cleaning: Cleaning, basis: str) -> bool:
    """Whether the text of a column is needed for another one: the rate for the amounts, the hour for the day of business."""
    timed = cleaning.late_hours != "same_day" or cleaning.day_starts_at > 0
    return (name == "tax_percent" and convert.taxed(source, basis)) or (name == "ordered_on" and timed)


def unchanged(kept: Kept, table: Table, source: Source, staged: Mapping[str, Sequence[str]], seen: clean.Seen) -> bool:
    """Whether what is kept is what cleaning would make of it, rows that are set aside apart."""
    own = {cell.name: cell.stored for cell in kept.cells}
    for name, parts in staged.items():
        column = table.column(name)
        if name in kept.values:
            same = name in seen.plain
        else:
            guests = name == "customer_id" and source.guests
            same = own.get(parts[0]) == name and name in (seen.plain | seen.unified) and not guests and column.kind != "month"
        late = column.kind in ("date", "moment") and not column.planned and name != table.dated
        if not same or late or name in clean.REDUCED:
            return False
    return True


def cleaned(con: duckdb.DuckDBPyConnection, table: Table, file: str, number: int, mapped: Collection[str]) -> None:
    """Make a file whose rows all count as they are the rows of `cleaned_<table>`.

    Args:
        number: of the file among the table's.
    """
    unread = "".join(f", false as unread_{c.name}" for c in clean.optional(table) if c.name in mapped)
    _based(
        con,
        f"cleaned_{table.name}",
        f"select file_row_number as rowid, {number} as file_no, file_row_number as row_no, cast(null as varchar) as aside,"
        f" {', '.join(table.names)}{unread} from read_parquet({file}, file_row_number = true)",
    )
    con.execute(f"comment on view cleaned_{table.name} is '{KEPT}'")


def written(con: duckdb.DuckDBPyConnection, rows: str, work: Path) -> str:
    """The file of a query's rows, as a SQL literal."""
    file = quoted(str(work / READING / uuid.uuid4().hex))
    con.execute(f"copy ({rows}) to {file} ({PARQUET})")
    return file


def of_files(con: duckdb.DuckDBPyConnection, name: str, files: Sequence[str]) -> None:
    """Make the rows of files, which may be written from `name` itself, those of `name`: a table of them, outside memory."""
    parts: list[str] = []
    before = 0
    for file in files:
        parts.append(
            f"select file_row_number + {before} as rowid, * exclude (file_row_number)"
            f" from read_parquet({file}, file_row_number = true)"
        )
        before += (con.execute(f"select count(*) from read_parquet({file})").fetchone() or (0,))[0]
    if is_view(con, name):
        drop(con, name)
    _based(con, name, " union all by name ".join(parts))


def change(con: duckdb.DuckDBPyConnection, name: str, places: str, said: Mapping[str, str]) -> None:
    """Give cells of some rows other values.

    Rows in files stay as they are: what changes is kept beside them.

    Args:
        places: query of the rowids.
        said: column → SQL over the row.
    """
    if not is_view(con, name):
        values = ", ".join(f"{column} = {value}" for column, value in said.items())
        con.execute(f"update {name} set {values} where rowid in ({places})")
        return
    values = ", ".join(f"case when false then {column} else {value} end as {column}" for column, value in said.items())
    con.execute(f"create or replace temp table said as select rowid as place, {values} from {name} where rowid in ({places})")
    for column in said:
        changed = f"changed_{name}__{column}"
        con.execute(f"create table if not exists {changed} as select place, {column} from said limit 0")
        con.execute(f"delete from {changed} where place in (select place from said)")
        con.execute(f"insert into {changed} select place, {column} from said")
    columns = [found.rpartition("__")[2] for found in _changed(con, name)]
    cells = ", ".join(f"case when {c}__.place is null then b.{c} else {c}__.{c} end as {c}" for c in columns)
    joins = " ".join(f"left join changed_{name}__{c} {c}__ on {c}__.place = b.rowid" for c in columns)
    con.execute(f"create or replace view {name} as select b.* replace ({cells}) from base_{name} b {joins}")


def is_view(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether it is a view of rows in files."""
    found = con.execute("select count(*) from duckdb_views() where view_name = $1", [name]).fetchone()
    return bool(found and found[0])


def is_kept(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a cleaned table is still a kept file as it is."""
    found = con.execute("select comment from duckdb_views() where view_name = $1", [name]).fetchone()
    return bool(found and found[0] == KEPT) and not _changed(con, name)


def drop(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Drop a table, or a view with what belongs to it."""
    if not is_view(con, name):
        con.execute(f"drop table {name}")
        return
    con.execute(f"drop view {name}")
    con.execute(f"drop view if exists base_{name}")
    for changed in _changed(con, name):
        con.execute(f"drop table {changed}")


def _based(con: duckdb.DuckDBPyConnection, name: str, rows: str) -> None:
    con.execute(f"create or replace view base_{name} as {rows}")
    con.execute(f"create or replace view {name} as select * from base_{name}")


def _changed(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """The tables of changed cells, one a column."""
    query = "select table_name from duckdb_tables() where starts_with(table_name, $1) order by 1"
    return [found for (found,) in con.execute(query, [f"changed_{name}__"]).fetchall()]
