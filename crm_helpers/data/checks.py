"""Nothing is lost silently: rows that count twice, what was set aside and why, and the client's own monthly figures.

Reasons: `wrong_columns` (too many or too few fields), `missing_date`, `bad_date`, `missing_amount`, `bad_amount`,
`bad_quantity`, `missing_key`, `bad_key`, `missing_value`, `bad_value`, `future` (after as_of), `duplicate_line`, `duplicate_key`. A row has one
reason, the first that applies. Its place is the physical line in the file, as the client sees it in an editor.
"""

from __future__ import annotations

import calendar
import datetime
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from crm_helpers.data import clean, decode, kept, sources
from crm_helpers.data.contract import EXPONENT, Table
from crm_helpers.data.engine import connect
from crm_helpers.data.staging import plain, reader
from crm_helpers.document import Reconciled, Sentence
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded, nearest
from crm_helpers.params.schema import ControlTotals, Source

if TYPE_CHECKING:
    from crm_helpers.data.tables import Tables

MONTH = re.compile(r"(\d{4})[-/年]?(\d{1,2})月?(?:[-/]0?1)?")
TOTAL = "total"
UNREADABLE = (
    *("wrong_columns", "missing_date", "bad_date", "missing_amount", "bad_amount"),
    *("bad_quantity", "missing_key", "bad_key", "missing_value", "bad_value"),
)


@dataclass(frozen=True)
class Place:
    """A row before its line is known: the file's number and the row's within it."""

    file: int
    row: int


def mark_duplicates(con: duckdb.DuckDBPyConnection, table: Table, policy: str | None = None) -> bool:
    """Give all but one of the rows of a key a reason, in the cleaned table of that name.

    Of order lines the row that is smallest by content stays, so that the order of files does not decide; of masters the
    first stays. Whether any row was marked.

    Args:
        policy: another row to stay (`smallest`, `first`, `last`), or `keep` for all of them.
    """
    if policy == "keep" or not table.key:
        return False
    key = ", ".join(table.key)
    whole = " and ".join(["aside is null", *(f"{name} is not null" for name in table.key)])
    reason = "duplicate_line" if table.log else "duplicate_key"
    orders = {"smallest": ", ".join(table.names) + ", file_no, row_no", "first": "file_no, row_no"}
    orders["last"] = "file_no desc, row_no desc"
    order = orders[policy or ("smallest" if table.log else "first")]
    rows = f"cleaned_{table.name} where {whole}"
    falls, same = _walked(con, table.key, rows, _same(table.key))
    if not falls and not same:
        return False
    again = f"select {key} from {rows} group by {key} having count(*) > 1"
    if not falls:  # then equal keys stand together
        again = f"select distinct {key} from (select {key}, {_same(table.key)} as same from {rows}) where same"
    con.execute(f"create or replace temp table twice as {again}")
    if not (con.execute("select count(*) from twice").fetchone() or (0,))[0]:
        return False
    again = (
        f"select place from (select c.rowid as place, row_number() over (partition by {key} order by {order}) as nth"
        f" from cleaned_{table.name} c join twice using ({key}) where {whole}) where nth > 1"
    )
    kept.change(con, f"cleaned_{table.name}", again, {"aside": f"'{reason}'"})
    return True


def in_order(con: duckdb.DuckDBPyConnection, names: Sequence[str], rows: str) -> bool:
    """Whether the rows of a table come in ascending order of columns without gaps, as exports mostly do: one cheap pass.

    Args:
        rows: what stands behind `from`.
    """
    return not _walked(con, names, rows)[0]


def _walked(con: duckdb.DuckDBPyConnection, names: Sequence[str], rows: str, met: str = "false") -> tuple[bool, bool]:
    """Whether any row comes before one that it should follow by these columns, and whether any passes the test `met`."""
    before = ""
    for name in reversed(names):  # a row comparison of the engine costs several times as much
        here = f"{name} < lag({name}) over ()"
        before = f"({here} or ({name} = lag({name}) over () and {before}))" if before else here
    found = con.execute(f"select count_if(falls), count_if(met) from (select {before} as falls, {met} as met from {rows})").fetchone()
    return (bool(found[0]), bool(found[1])) if found else (False, False)


def _same(names: Sequence[str]) -> str:
    """SQL: whether a row has the values of the row before it."""
    return "(" + " and ".join(f"{name} = lag({name}) over ()" for name in names) + ")"


def reasons(con: duckdb.DuckDBPyConnection, table: Table) -> dict[str, tuple[int, Place]]:
    """Rows set aside of a cleaned table: reason → (rows, first place)."""
    met = con.execute(f"select distinct aside from cleaned_{table.name} where aside is not null order by 1").fetchall()
    found = {reason: places(con, table, f"aside = '{reason}'") for (reason,) in met}
    return {reason: rows for reason, rows in found.items() if rows is not None}


def places(con: duckdb.DuckDBPyConnection, table: Table, test: str) -> tuple[int, Place] | None:
    """How many rows of a cleaned table pass the test and where the first is; None for no row."""
    cleaned = f"cleaned_{table.name} where {test}"
    row = con.execute(f"select count(*), min(file_no) from {cleaned}").fetchone()
    if row is None or not row[0]:
        return None
    first = con.execute(f"select min(row_no) from {cleaned} and file_no = {row[1]}").fetchone()
    return int(row[0]), Place(row[1], first[0] if first else 0)


def mixed_orders(con: duckdb.DuckDBPyConnection, table: Table) -> list[Sentence]:
    """Order numbers that hold several days or customers: a sign that order_id lacks a part."""
    if table.name != "order_lines":
        return []
    rows = f"cleaned_{table.name} where aside is null and order_id is not null"
    alike = " and ".join(f"{name} is not distinct from lag({name}) over ()" for name in ("ordered_on", "customer_id"))
    if _walked(con, ("order_id",), rows, f"{_same(('order_id',))} and not ({alike})") == (False, False):
        return []
    found = con.execute(
        f"select count(*) from (select order_id from cleaned_{table.name} where aside is null and order_id is not null"
        " group by order_id having min(ordered_on) <> max(ordered_on) or min(customer_id) <> max(customer_id))"
    ).fetchone()
    return [Sentence("data.noticed.mixed_orders", {"n": found[0]})] if found and found[0] else []


def reconcile(tables: Tables, loaded: Loaded) -> tuple[Reconciled, ...]:
    """Our figures beside the client's control totals: month by month, and `total` where the client gives one.

    Months that as_of cuts short are not compared, nor is a total over them. `sales` is in minor units, `orders` leaves
    out orders with a negative total, `customers` are identified buyers. A month without a control row has None for the
    client; a client who gives only a total is compared only by it.

    Raises:
        CrmError: the control file is missing or lacks a column.
    """
    totals = loaded.params.control_totals
    if totals is None:
        return ()
    theirs = _control(totals, loaded)
    ours = _ours(tables)
    as_of = loaded.params.as_of
    cut = [m for m in {*theirs, *ours} - {TOTAL} if _last_day(m) > as_of]
    measures = [name for name in totals.columns if name != "month"]
    given = set(theirs) - {TOTAL}
    months = sorted((given | (set(ours) if given else set())) - {TOTAL, *cut})
    months += [TOTAL] if TOTAL in theirs and not cut else []
    return tuple(
        Reconciled(month, measure, theirs.get(month, {}).get(measure), ours.get(month, {}).get(measure, 0))
        for month in months
        for measure in measures
    )


def differing(supplied: Sequence[Reconciled], loaded: Loaded) -> list[CrmError]:
    """One fault for each of the client's figures that is not ours."""
    totals = loaded.params.control_totals
    columns = dict(totals.columns) if totals else {}

    def told(line: Reconciled, figure: int | None) -> str:
        places = EXPONENT[loaded.params.currency] if line.measure == "sales" else 0
        return f"{(figure or 0) / 10**places:,.{places}f}"

    return [
        CrmError(
            "data.differs",
            where=loaded.where("control_totals", "columns", line.measure),
            month=line.month,
            column=columns.get(line.measure, line.measure),  # type: ignore[call-overload]
            theirs=told(line, line.client),
            ours=told(line, line.ours),
        )
        for line in supplied
        if line.client != line.ours
    ]


def _control(totals: ControlTotals, loaded: Loaded) -> dict[str, dict[str, int | None]]:
    """The client's figures: `yyyy-mm` or `total` → measure → figure."""
    file = sources.resolve(loaded, ("control_totals", "file"), [totals.file])[0]
    source = Source(files=[totals.file], encoding=totals.encoding, columns={k: [v] for k, v in totals.columns.items()})
    csv_text = reader("csv_text")
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "control.txt"
        decode.decode(file.open, text, totals.encoding)
        has = csv_text.columns(text, source)
        for name, column in totals.columns.items():
            if plain(column) not in has:
                raise UsageError(
                    "data.column", where=loaded.where("control_totals", "columns", name), column=name, found=column,
                    file=paths.shown(paths.data_folder(loaded.params.client) / file.shown), has=list(has),
                    nearest=nearest(column, has),
                )  # fmt: skip
        con = connect(None, threads=1)
        for macro in clean.MACROS:
            con.execute(macro)
        csv_text.stage(con, "stage", text, source, list(totals.columns.values()))
        cells = ", ".join(_figure(name, i, loaded.params.currency) for i, name in enumerate(totals.columns))
        rows = con.execute(f"select {cells} from stage").fetchall()
        con.close()
    named = [dict(zip(totals.columns, row, strict=True)) for row in rows]
    return {_label(row.pop("month")): row for row in named if row["month"]}


def _figure(name: str, place: int, currency: str) -> str:
    if name == "month":
        return f"fold(tidy(s{place}))"
    return clean.money(f"tidy(s{place})", EXPONENT[currency] if name == "sales" else 0)


def _label(label: str) -> str:
    """A month as yyyy-mm; any other label stands for the whole."""
    found = MONTH.fullmatch(label)
    return f"{found[1]}-{int(found[2]):02d}" if found and 1 <= int(found[2]) <= 12 else TOTAL


def _last_day(month: str) -> datetime.date:
    year, number = int(month[:4]), int(month[5:])
    return datetime.date(year, number, calendar.monthrange(year, number)[1])


FIGURES = """
  cast(coalesce(sum(lines), 0) as bigint) as lines, cast(coalesce(sum(receipts), 0) as bigint) as orders,
  count(distinct coalesce(customer_id, apart_id)) as customers, cast(coalesce(sum(pieces), 0) as bigint) as items,
  cast(coalesce(sum(amount), 0) as bigint) as sales from orders
"""
MONTHLY = f"""
select extract(year from ordered_on) * 100 + extract(month from ordered_on) as month, {FIGURES}
group by extract(year from ordered_on) * 100 + extract(month from ordered_on)
"""
WHOLE = f"select 0 as month, {FIGURES}"


def _ours(tables: Tables) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for text in (MONTHLY, WHOLE):
        for row in tables.sql(text).to_dict("records"):
            figures = {str(name): int(value) for name, value in row.items()}
            month = figures.pop("month")
            found.setdefault(f"{month // 100}-{month % 100:02d}" if month else TOTAL, {}).update(figures)
    return found
