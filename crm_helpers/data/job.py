"""One import, table by table: receive, type, set aside, protect, apply the rules, account for every row, write."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crm_helpers.data import checks, clean, convert, kept, mapping, privacy
from crm_helpers.data.contract import EXPONENT, Table
from crm_helpers.data.quality import places
from crm_helpers.data.received import File, Receiver, kept_cells, name_of
from crm_helpers.data.rules import cells
from crm_helpers.data.rules import rows as row_rules
from crm_helpers.data.rules.model import FILE, Met
from crm_helpers.data import suspicion
from crm_helpers.data.staging import READING, quoted
from crm_helpers.document import Basis, Received, Sentence, SetAside
from crm_helpers.errors import CrmError, Faults
from crm_helpers.params.load import Loaded
from crm_helpers.params.schema import Source


@dataclass(frozen=True)
class Imported:
    """What an import found out.

    Args:
        filled: contract table → its mapped columns that hold any value; only for tables that are mapped.
        first, last: first and last day of the order lines that count, ISO; empty when there are none.
    """

    filled: dict[str, list[str]]
    first: str
    last: str
    basis: Basis


class Job:
    """One import: its connection and what it has found so far."""

    def __init__(self, loaded: Loaded, con: duckdb.DuckDBPyConnection, work: Path) -> None:
        self._loaded, self._con, self._work = loaded, con, work
        self._protection = privacy.Protection(loaded, con, work)
        self._faults: list[CrmError] = []
        self._receiver = Receiver(loaded, con, work, self._faults)
        self._received: list[Received] = []
        self._set_aside: list[SetAside] = []
        self._statements: list[Sentence] = []
        self._filled: dict[str, list[str]] = {}
        self._days = ("", "")
        self._met: list[Met] = []
        self._shapes: dict[tuple[int, int], tuple[str, str]] = {}
        self._rows: list[places.Row] = []

    def table(self, table: Table) -> None:
        """Import one contract table; faults of the mapping are kept, so that the next tables are looked at too."""
        files = self._receiver.table(table)
        sources_of = self._loaded.params.data[table.name]
        one = mapping.together(sources_of)
        if not self._faults:
            self._clean(table, sources_of, files)
            self._faults += self._unusable(table, files)
        if not self._faults:
            faults, told = self._protection.apply(table, one, name_of(self._loaded, files[0].file))
            self._faults += faults
            self._statements += told
        if not self._faults:
            params = self._loaded.params
            self._met += row_rules.apply(
                row_rules.Cleaned(self._con, table, one, params.cleaning, self._work, len(files), params.as_of)
            )
            self._account(table, sources_of, files)
            self._keep_rows(table, sources_of, list(one.columns), files)
            self._write(table, files)
            kept.drop(self._con, f"cleaned_{table.name}")
        shutil.rmtree(self._work / READING, ignore_errors=True)  # not before: a row's line is looked up in its text

    def finish(self) -> Imported:
        """The facts, or every fault that was found."""
        if self._faults:
            raise Faults(sorted(self._faults, key=_told_at))
        places.write(self._con, self._rows, self._work)
        order = list(self._loaded.params.data)
        received = sorted(self._received, key=lambda part: order.index(part.table))
        aside = sorted(self._set_aside, key=lambda part: order.index(part.table))
        basis = Basis(tuple(received), tuple(aside), (), tuple(self._statements))
        return Imported({name: self._filled[name] for name in order}, *self._days, basis)

    def _keep_rows(self, table: Table, several: Sequence[Source], mapped: list[str], files: Sequence[File]) -> None:
        """Keep the places of rows that checks are about, while the files can be walked."""
        self._rows += places.of_table(
            self._con,
            table,
            mapped,
            files=[places.Read(found.file.shown, found.staged) for found in files],
            unread=_unread(table, several),
            shapes=self._shapes,
            work=self._work,
            as_of=self._loaded.params.as_of,
        )

    def _unusable(self, table: Table, files: Sequence[File]) -> list[CrmError]:
        """Files of which nothing or too little can be read, and order lines of which none is left."""
        found: list[CrmError] = []
        unreadable = self._unreadable(table)
        for number, file in enumerate(files):
            rejected = file.staged.rejected if file.staged else ()
            if not suspicion.too_few(file.read, len(rejected) + unreadable.get(number, 0)):
                continue
            most = self._con.execute(
                f"select aside, count(*), min(row_no) from cleaned_{table.name}"
                f" where file_no = {number} and aside in {checks.UNREADABLE} group by aside order by 2 desc, 1 limit 1"
            ).fetchone()
            reason, rows, row = most if most and most[1] >= len(rejected) else ("wrong_columns", len(rejected), None)
            line = rejected[0] if row is None else file.staged.lines([row]).get(row) if file.staged else ""
            found.append(self._told_unusable(table, reason, rows, file.read, f"{name_of(self._loaded, file.file)}:{line}"))
        if table.name == "order_lines" and not found and not self._count("cleaned_order_lines where aside is null"):
            read = sum(file.read for file in files)
            shown = name_of(self._loaded, files[0].file)
            found.append(
                self._told_unusable(table, "future", read, read, shown)
                if read
                else CrmError("data.no_rows", where=self._loaded.where("data", table.name, "files"), file=shown)
            )
        return found

    def _unreadable(self, table: Table) -> dict[int, int]:
        """File number → rows that could not be read."""
        query = f"select file_no, count(*) from cleaned_{table.name} where aside in {checks.UNREADABLE} group by 1"
        return dict(self._con.execute(query).fetchall())

    def _told_unusable(self, table: Table, reason: str, rows: int, read: int, first: str) -> CrmError:
        """A fault with the reason that most rows share and what to look at; the day that counts is said in as_of."""
        where = self._loaded.where("as_of") if reason == "future" else self._loaded.where("data", table.name)
        return CrmError(
            "data.unusable",
            where=where,
            file=first,
            rows=rows,
            read=read,
            reason=f"data.reasons.{reason}",
            advice=f"data.advice.{reason}",
            as_of=self._loaded.params.as_of.isoformat(),
        )

    def _clean(self, table: Table, several: Sequence[Source], files: Sequence[File]) -> None:
        """All staged rows of a table, typed and with their reasons, as `cleaned_<table>`."""
        params = self._loaded.params
        staged = [number for number, found in enumerate(files) if found.staged]
        self._met = []
        large = any(file.kept for file in files)
        made: list[str] = []
        own_of: list[tuple[Source, list[int]]] = []
        for source in several:
            own = [number for number in staged if files[number].source is source]
            own_of.append((source, own))
            keeping = kept_cells(self._loaded, table, source)
            rows = " union all ".join(
                keeping.of_file(number, f"stage_{number}")
                if files[number].kept
                else keeping.of_text(number, f"(select rowid, * from stage_{number})")
                for number in own
            )
            if not own:
                nothing = ", ".join(["0 as rowid", *(f"'' as s{i}" for i in range(len(convert.wanted(source))))])
                rows = keeping.of_text(0, f"(select {nothing} where false)")
            rows, mapped = convert.select(source, table, rows, currency=params.currency, basis=params.sales.tax)
            if not large:  # many small files are put together and converted once, for all that is asked of them
                self._con.execute(f"create or replace temp table looked_at as {rows}")
                rows = "select * from looked_at"
            seen = cells.look(
                self._con, table, source, mapped, rows=rows, cleaning=params.cleaning, currency=params.currency,
                values=keeping.values,
            )  # fmt: skip
            self._met += seen.met
            alone = files[own[0]].kept if len(several) == 1 and len(staged) == 1 == len(own) else None
            if alone and kept.unchanged(keeping, table, source, seen.staged, seen.seen) and self._whole(table, alone):
                kept.cleaned(self._con, table, quoted(str(alone)), own[0], mapped)
                continue
            query = clean.select(
                table, source, seen.staged, rows=seen.rows, currency=params.currency, as_of=params.as_of, cleaning=params.cleaning,
                seen=seen.seen, values=keeping.values,
            )  # fmt: skip
            if large:
                made.append(kept.written(self._con, query, self._work))
            else:
                made.append(f"cleaned_{table.name}" if len(several) == 1 else f"cleaned_part_{len(made)}")
                self._make(made[-1], query, table, mapped)
        if large and made:
            kept.of_files(self._con, f"cleaned_{table.name}", made)
        elif len(made) > 1:
            parts = " union all by name ".join(f"(select * from {name})" for name in made)
            self._con.execute(f"create table cleaned_{table.name} as {parts}")
            for name in made:
                self._con.execute(f"drop table {name}")
        self._shapes = {}
        for source, own in own_of:
            places_of = convert.wanted(source)
            raw = {name: [f"s{places_of.index(part)}" for part in parts] for name, parts in convert.columns(source).items()}
            self._shapes |= places.shapes_of(self._con, table, raw, own)
        for number in staged:
            kept.drop(self._con, f"stage_{number}")

    def _whole(self, table: Table, file: Path) -> bool:
        """Whether no row of the kept file is to be set aside: what is required is there, and nothing came after as_of."""
        needed = [c.name for c in table.columns if c.required]
        late = f"count_if(cast({table.dated} as date) > date '{self._loaded.params.as_of}')" if table.dated else "0"
        counts = ", ".join(f"count(*) - count({name})" for name in needed)
        row = self._con.execute(f"select {counts}, {late} from read_parquet({quoted(str(file))})").fetchone()
        return row is not None and not any(row)

    def _make(self, name: str, query: str, table: Table, mapped: Collection[str]) -> None:
        """A query of `clean.select` as a table in which empty columns take no room: most of a contract's are not mapped."""
        held = {"file_no": "integer", "row_no": "bigint", "aside": "varchar"}
        held |= {c.name: c.sql_type for c in table.columns if c.name in mapped}
        held |= {f"unread_{c.name}": "boolean" for c in clean.optional(table) if c.name in mapped}
        columns = [f"{c} {kind}" for c, kind in held.items()]
        empty = [c for c in table.columns if c.name not in mapped]
        columns += [f"{c.name} {c.sql_type} generated always as (cast(null as {c.sql_type})) virtual" for c in empty]
        self._con.execute(f"create table {name} ({', '.join(columns)})")
        names = ", ".join(held)
        self._con.execute(f"insert into {name} ({names}) select {names} from ({query})")

    def _account(self, table: Table, several: Sequence[Source], files: Sequence[File]) -> None:
        """Received, set aside and noticed of one table. Rows read = accepted + set aside, file by file."""
        counted = self._counted(table)
        for number, found in enumerate(files):
            accepted, held, period = counted.get(number, (0, 0, ""))
            aside = held + (len(found.staged.rejected) + len(found.staged.totals) if found.staged else 0)
            if accepted + aside != found.read:
                raise AssertionError(f"{found.file.shown}: {found.read} rows read, {accepted} + {aside} accounted for")
            self._received.append(Received(table.name, found.file.shown, found.read, accepted, aside, period))
            self._statements += _damage(found)
        self._set_aside += _rejected(table, files)
        for reason, (rows, place) in checks.reasons(self._con, table).items():
            self._set_aside.append(SetAside(table.name, reason, rows, _first(files, place)))
        self._statements += [*self._unread(table, several, files), *checks.mixed_orders(self._con, table)]
        self._statements += [self._told(table, met, files) for met in self._met]

    def _told(self, table: Table, met: Met, files: Sequence[File]) -> Sentence:
        """A cleaning rule that was met, with its rows, money and first place."""
        facts: dict[str, int | float | str] = {"n": met.rows, "table": f"contract.tables.{table.name}", **dict(met.facts)}
        if met.place is not None:
            facts["first"] = _first(files, checks.Place(*divmod(met.place, FILE)))
        if met.column:
            own = table.column(met.column).dimension
            facts["column"] = "rules.own_column" if own else f"contract.columns.{met.column}"
        if met.amount is not None:
            places = EXPONENT[self._loaded.params.currency]
            facts["sum"] = f"{met.amount / 10**places:,.{places}f} {self._loaded.params.currency}"
        return Sentence(f"rules.told.{met.id}", facts)

    def _counted(self, table: Table) -> dict[int, tuple[int, int, str]]:
        """Of each file the rows that count and those set aside, and the first and last day of order lines that count."""
        days = f"min({table.dated}), max({table.dated})" if table.name == "order_lines" else "null, null"
        rows = self._con.execute(
            f"select file_no, aside is null, count(*), {days} from cleaned_{table.name} group by 1, 2"
        ).fetchall()
        found: dict[int, tuple[int, int, str]] = {}
        for number, counts, n, first, last in rows:
            accepted, aside, period = found.get(number, (0, 0, ""))
            told = (n, aside, f"{first}/{last}" if first else "") if counts else (accepted, n, period)
            found[number] = told
        return found

    def _unread(self, table: Table, several: Sequence[Source], files: Sequence[File]) -> list[Sentence]:
        """Optional cells that hold something that cannot be read: they count as empty, and are told."""
        found: list[Sentence] = []
        for name in _unread(table, several):
            rows = checks.places(self._con, table, f"aside is null and unread_{name}")
            if rows is not None:
                count, place = rows
                terms = {"table": f"contract.tables.{table.name}", "column": f"contract.columns.{name}"}
                found.append(Sentence("data.noticed.unread", {**terms, "n": count, "first": _first(files, place)}))
        return found

    def _write(self, table: Table, files: Sequence[File]) -> None:
        """The accepted rows as Parquet, in the order of their content; what was kept is that already where nothing changed."""
        name = f"cleaned_{table.name}"
        accepted = f"{name} where aside is null"
        counts = ", ".join(f"count({name})" for name in table.names)
        total, *held = self._con.execute(f"select count(*), {counts} from {accepted}").fetchone() or (0,)
        full = [name for name, n in zip(table.names, held, strict=True) if n == total]
        sorting = _sorting(table, full)
        order = ", ".join(f"{name} nulls first" for name in sorting)
        cells = {c.name: c.name if n else f"cast(null as {c.sql_type})" for c, n in zip(table.columns, held, strict=True)}
        numberless = table.name == "order_lines" and "order_id" not in full
        if numberless:  # a line without a number is an order of its own
            cells["order_id"] = f"coalesce(order_id, '#' || row_number() over (order by {order}))"
        columns = ", ".join(f"{cell} as {name}" for name, cell in cells.items())
        path = self._work / f"{table.name}.parquet"
        sorted_ = set(sorting) <= set(full) and checks.in_order(self._con, sorting, accepted)
        if sorted_ and not numberless and kept.is_kept(self._con, name):
            next(found.kept for found in files if found.kept).rename(path)
        else:
            sort = "" if sorted_ else f" order by {order}"
            self._con.execute(f"copy (select {columns} from {accepted}{sort}) to {quoted(str(path))} ({kept.PARQUET})")
        self._filled[table.name] = [name for name, n in zip(table.names, held, strict=True) if n]
        if table.name == "order_lines":
            days = self._con.execute(f"select min(ordered_on), max(ordered_on) from {quoted(str(path))}").fetchone() or ("", "")
            self._days = (str(days[0] or ""), str(days[1] or ""))

    def _count(self, rows: str) -> int:
        found = self._con.execute(f"select count(*) from {rows}").fetchone()
        return int(found[0]) if found else 0


def _told_at(fault: CrmError) -> int:
    """The line of the params file that a fault names: tables are not imported in the order in which they stand there."""
    line = fault.where.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _unread(table: Table, several: Sequence[Source]) -> list[str]:
    return [c.name for c in clean.optional(table) if any(c.name in (*s.columns, *s.constants) for s in several)]


def _sorting(table: Table, full: Sequence[str]) -> list[str]:
    """A total order by content: the same rows give the same file, whatever order they came in.

    A key without gaps is one, because what came twice has been set aside.
    """
    first = [table.dated] if table.name == "order_lines" and table.dated else []
    rest = [] if table.key and set(table.key) <= set(full) else table.names
    return list(dict.fromkeys([*first, *table.key, *rest]))


def _damage(found: File) -> list[Sentence]:
    """What decoding and reading noticed of a file."""
    shown = found.file.shown
    decoded = found.decoded
    told = {"bad_bytes": decoded.bad, "gaiji": decoded.gaiji, "nul": decoded.nul} if decoded else {}
    damage = [Sentence(f"data.noticed.{key}", {"n": d.count, "first": f"{shown}:{d.line}"}) for key, d in told.items() if d.count]
    return damage + [
        Sentence(f"data.noticed.{n.key}", {"n": n.count, "first": f"{shown}:{n.line}" if n.line else shown, "names": n.names})
        for n in (found.staged.noticed if found.staged else ())
    ]


def _rejected(table: Table, files: Sequence[File]) -> list[SetAside]:
    """Rows that no reader took for a record."""
    aside: list[SetAside] = []
    for reason in ("wrong_columns", "total_row"):
        lines = [
            f"{found.file.shown}:{line}"
            for found in files
            if found.staged
            for line in (found.staged.rejected if reason == "wrong_columns" else found.staged.totals)
        ]
        aside += [SetAside(table.name, reason, len(lines), lines[0])] if lines else []
    return aside


def _first(files: Sequence[File], place: checks.Place) -> str:
    found = files[place.file]
    line = found.staged.lines([place.row]).get(place.row) if found.staged else None
    return f"{found.file.shown}:{line}"
