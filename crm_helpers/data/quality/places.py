"""Where the rows stand that a check is about: file, line and value, kept at import while the files are open.

Kept are at most `MOST` rows a check, in `rows.parquet` beside the tables. Values are those of ids, numbers and days; of a cell
that could not be read only its shape is kept (digits, and `x` for every other letter), because a person's name may stand in it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crm_helpers.data.contract import Table
from crm_helpers.data.quality.references import references_of
from crm_helpers.data.quality.rules import counts, rules_of
from crm_helpers.data.staging import Staged, quoted

FILE = "rows.parquet"
MOST = 1000
LONGEST = 40
SHOWN_DIGITS = 8  # a date or an amount; more may be a telephone number
BORN = ("birth_year", "birth_month")
FORM = "create table kept_rows (id varchar, tbl varchar, file varchar, line bigint, col varchar, value varchar, nth bigint)"


@dataclass(frozen=True)
class Row:
    """One row that a check is about."""

    id: str
    table: str
    file: str
    line: int
    column: str
    value: str


@dataclass(frozen=True)
class Read:
    """One file of a table as the import has it: its name and its way back from rows to lines."""

    shown: str
    staged: Staged | None


Found = tuple[str, int, int, str, str]  # id, file number, row number, column, value


def of_table(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    mapped: Sequence[str],
    *,
    files: Sequence[Read],
    unread: Sequence[str],
    shapes: Mapping[tuple[int, int], tuple[str, str]],
    work: Path,
    as_of: datetime.date,
) -> list[Row]:
    """The rows of a cleaned table that a check is about, before the table is written.

    Args:
        unread: optional columns of which some cells could not be read.
        shapes: (file number, row number) → column and shape of the cell for which the row was set aside (`shapes_of`).
        work: where the tables that this one names are already written.
    """
    found = [
        *_set_aside(con, table, shapes),
        *_unread(con, table, unread),
        *_rules(con, table, mapped, as_of),
        *_unresolved(con, table, mapped, work),
    ]
    lines = _lines(files, found)
    rejected = [
        Row(f"set_aside:{table.name}.wrong_columns", table.name, file.shown, line, "", "")
        for file in files
        for line in (file.staged.rejected if file.staged else ())
    ]
    placed = [Row(id_, table.name, files[n].shown, lines.get((n, row), 0), column, value) for id_, n, row, column, value in found]
    return [*rejected[:MOST], *placed]


def write(con: duckdb.DuckDBPyConnection, rows: Sequence[Row], work: Path) -> None:
    """Keep the rows beside the tables; no file when there is none."""
    if not rows:
        return
    con.execute(FORM)
    nth: dict[str, int] = {}
    told = []
    for row in rows:
        nth[row.id] = nth.get(row.id, 0) + 1
        told.append([row.id, row.table, row.file, row.line, row.column, row.value, nth[row.id]])
    for start in range(0, len(told), 500):
        some = told[start : start + 500]
        cells = ", ".join("(" + ", ".join(quoted(v) if isinstance(v, str) else str(v) for v in row) + ")" for row in some)
        con.execute(f"insert into kept_rows values {cells}")
    con.execute(f"copy (select * from kept_rows order by id, nth) to {quoted(str(work / FILE))} (format parquet, compression zstd)")
    con.execute("drop table kept_rows")


def kept(folder: Path | None) -> list[Row]:
    """The rows that an import kept, by check and then as they stand in the files."""
    if folder is None or not (folder / FILE).is_file():
        return []
    con = duckdb.connect()
    try:
        path = quoted(str(folder / FILE))
        rows = con.execute(f"select id, tbl, file, line, col, value from read_parquet({path}) order by id, nth").fetchall()
    finally:
        con.close()
    return [Row(*row) for row in rows]


def first(folder: Path | None) -> dict[str, str]:
    """For each check with kept rows its first place."""
    found: dict[str, str] = {}
    for row in kept(folder):
        found.setdefault(row.id, f"{row.file}:{row.line}")
    return found


def shapes_of(
    con: duckdb.DuckDBPyConnection, table: Table, cells: Mapping[str, Sequence[str]], staged: Sequence[int]
) -> dict[tuple[int, int], tuple[str, str]]:
    """The cells for which rows were set aside: asked while the staged text is still there.

    Args:
        cells: contract column → its staged columns.
        staged: numbers of the staged files.
    """
    culprits = [c for c in table.columns if c.name in cells and (c.required or c.kind == "quantity")]
    if not culprits:
        return {}
    texts = ", ".join(f"concat_ws(' ', {', '.join(f's.{part}' for part in cells[c.name])})" for c in culprits)
    blank = ", ".join(f"c.{c.name} is null" for c in culprits)
    found: dict[tuple[int, int], tuple[str, str]] = {}
    aside = con.execute(f"select distinct file_no from cleaned_{table.name} where aside is not null").fetchall()
    for number in sorted({number for (number,) in aside} & set(staged)):
        rows = con.execute(
            f"select c.row_no, {blank}, {texts} from ("
            f"  select *, row_number() over (partition by aside order by row_no) as nth from cleaned_{table.name}"
            f"  where aside is not null and file_no = {number}) c"
            f" join stage_{number} s on s.rowid = c.row_no where c.nth <= {MOST}"
        ).fetchall()
        for row, *rest in rows:
            missing, told = rest[: len(culprits)], rest[len(culprits) :]
            for column, lacking, text in zip(culprits, missing, told, strict=True):
                if lacking:
                    found[number, row] = (column.name, shape(str(text or ""), column.name))
                    break
    return found


def shape(text: str, column: str) -> str:
    """A cell that could not be read without what may name a person: letters as x, long or private digits as 9."""
    cell = " ".join(text.split())[:LONGEST]
    plain = re.sub(r"[^\W\d_]", "x", cell)
    many = sum(c.isdigit() for c in plain) > SHOWN_DIGITS or column in BORN or column.endswith("_id")
    return re.sub(r"\d", "9", plain) if many else plain


def _lines(files: Sequence[Read], found: Sequence[Found]) -> dict[tuple[int, int], int]:
    """The physical lines of rows: each file is walked once."""
    lines: dict[tuple[int, int], int] = {}
    for number, file in enumerate(files):
        rows = sorted({row for _, n, row, _, _ in found if n == number})
        if rows and file.staged:
            lines |= {(number, row): line for row, line in file.staged.lines(rows).items()}
    return lines


def _select(con: duckdb.DuckDBPyConnection, rows: str, test: str, cells: str) -> list[tuple[int, int, str]]:
    """The first rows that pass a test, each with its values as text."""
    return con.execute(
        f"select file_no, row_no, {cells} from {rows} where {test} order by file_no, row_no limit {MOST}"
    ).fetchall()


def _told(table: Table, columns: Sequence[str]) -> str:
    """SQL of the values of columns as one text; a text column in the client's words is not told."""
    shown = [c for c in columns if table.column(c).kind not in ("text", "free_text")]
    values = ", ".join(f"coalesce(cast({name} as varchar), '')" for name in shown)
    return f"concat_ws(' / ', {values})" if shown else "''"


def _set_aside(
    con: duckdb.DuckDBPyConnection, table: Table, shapes: Mapping[tuple[int, int], tuple[str, str]]
) -> list[Found]:
    reasons = [r for (r,) in con.execute(f"select distinct aside from cleaned_{table.name} where aside is not null").fetchall()]
    found: list[Found] = []
    for reason in sorted(reasons):
        named = table.key if reason.startswith("duplicate") else (table.dated,) if reason == "future" and table.dated else ()
        for number, row, value in _select(con, f"cleaned_{table.name}", f"aside = {quoted(reason)}", _told(table, named)):
            column, seen = (" / ".join(named), value) if named else shapes.get((number, row), ("", ""))
            found.append((f"set_aside:{table.name}.{reason}", number, row, column, seen))
    return found


def _unread(con: duckdb.DuckDBPyConnection, table: Table, unread: Sequence[str]) -> list[Found]:
    return [
        (f"unread:{table.name}.{name}", number, row, name, "")
        for name in unread
        for number, row, _ in _select(con, f"cleaned_{table.name}", f"aside is null and unread_{name}", "''")
    ]


def _rules(con: duckdb.DuckDBPyConnection, table: Table, mapped: Sequence[str], as_of: datetime.date) -> list[Found]:
    day = f"date '{as_of.isoformat()}'"
    rules = rules_of(table.name, set(mapped))
    if not rules:
        return []
    cells = ", ".join(cell.replace(":as_of", day) for cell in counts(rules)[::3])
    hits = con.execute(f"select {cells} from cleaned_{table.name} where aside is null").fetchone() or ()
    found: list[Found] = []
    for rule, hit in zip(rules, hits, strict=True):
        if not hit:
            continue
        test = f"aside is null and ({rule.test.replace(':as_of', day)})"
        for number, row, value in _select(con, f"cleaned_{table.name}", test, _told(table, rule.columns)):
            found.append((rule.id, number, row, " / ".join(rule.columns), value))
    return found


def _unresolved(con: duckdb.DuckDBPyConnection, table: Table, mapped: Sequence[str], work: Path) -> list[Found]:
    found: list[Found] = []
    for reference in references_of(table.name):
        path = work / f"{reference.target}.parquet"
        own = reference.target == table.name
        if reference.column not in mapped or not (own or path.is_file()):
            continue
        target = f"(select * from cleaned_{table.name} where aside is null)" if own else f"read_parquet({quoted(str(path))})"
        named = f"select distinct {reference.column} as id from cleaned_{table.name} where aside is null"
        con.execute(
            f"create or replace temp table lost as select id from ({named}) n"
            f" where id is not null and not exists (select 1 from {target} known where known.{reference.key} = n.id)"
        )
        if not con.execute("select 1 from lost limit 1").fetchone():
            continue  # most references resolve, and their rows need not be looked for
        test = f"aside is null and {reference.column} in (select id from lost)"
        for number, row, value in _select(con, f"cleaned_{table.name}", test, f"cast({reference.column} as varchar)"):
            found.append((f"unresolved:{table.name}.{reference.column}", number, row, reference.column, value))
    return found

