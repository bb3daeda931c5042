"""From a client's files to Parquet, once: decode, read, clean, set aside, write.

The result is a folder of one Parquet file a contract table and `import.json`; it appears by one rename, so a killed
import leaves nothing that is taken for whole, and of two imports at once the second finds the work done.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crm_helpers.data import checks, clean, decode, mapping, sources, suspicion
from crm_helpers.data.contract import Table
from crm_helpers.data.engine import connect
from crm_helpers.data.quality import places, references
from crm_helpers.data.sources import InputFile
from crm_helpers.data.staging import Staged, plain, quoted, reader
from crm_helpers.document import Basis, Received, Sentence, SetAside, from_json, to_json
from crm_helpers.errors import FULL_WORDS, CrmError, Faults, UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded, nearest
from crm_helpers.params.schema import Source

FACTS = "import.json"
PARTIAL = ".importing-"
SMALL = 64 * 1024 * 1024  # bytes of input below which a second thread costs more than it gives (tried)
UNUSED = 3600  # seconds without being opened after which a folder is taken to be in nobody's use


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


@dataclass
class _File:
    """One file of a table during the import."""

    file: InputFile
    text: Path
    decoded: decode.Decoded
    staged: Staged | None = None
    read: int = 0


def imported(loaded: Loaded, fingerprint: str) -> tuple[Path, Imported]:
    """The folder of the client's imported tables and their facts; imports when there is none of this fingerprint.

    Raises:
        CrmError, Faults: the mapping or the files cannot be used.
    """
    store = paths.cache_folder(loaded.params.client) / "tables"
    folder = store / fingerprint
    if not (folder / FACTS).is_file():
        work = store / f"{PARTIAL}{uuid.uuid4().hex}-{os.getpid()}"
        work.mkdir(parents=True)
        _forget(store, keep=fingerprint)  # first what killed imports left: it may be what fills the disk
        try:
            _import(loaded, work)
            _publish(work, folder)
        except duckdb.Error as error:
            raise _of_engine(error, work) from None
        finally:
            shutil.rmtree(work, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.utime(folder)
    return folder, _facts(folder)


def _of_engine(error: duckdb.Error, work: Path) -> Exception:
    """What DuckDB says of a full disk or too little memory, as a fault; anything else as it is."""
    if any(words in str(error) for words in FULL_WORDS):
        return CrmError("system.full", where=paths.shown(work.parent))
    return CrmError("data.memory", where=paths.shown(work.parent)) if isinstance(error, duckdb.OutOfMemoryException) else error


def _facts(folder: Path) -> Imported:
    told = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    return Imported(told["filled"], told["first"], told["last"], from_json(Basis, told["basis"]))


def _publish(work: Path, folder: Path) -> None:
    try:
        work.rename(folder)
    except OSError:
        if not (folder / FACTS).is_file():  # not another process that was quicker
            raise


def _forget(store: Path, keep: str) -> None:
    """Remove older imports and what killed imports left, but none that another process may be reading or making."""
    for old in store.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process was quicker
            if old.name != keep and (_orphaned(old) or time.time() - old.stat().st_mtime > UNUSED):
                shutil.rmtree(old, ignore_errors=True)


def _orphaned(folder: Path) -> bool:
    """Whether a partial import is of a process that no longer lives; where a process cannot be asked for, its age decides."""
    process = folder.name.rpartition("-")[2]
    if not folder.name.startswith(PARTIAL) or not process.isdigit() or os.name != "posix":
        return False
    try:
        os.kill(int(process), 0)
    except OSError as error:
        return isinstance(error, ProcessLookupError)
    return False


def _import(loaded: Loaded, work: Path) -> None:
    con = connect(work / "spill", threads=1 if _bytes(loaded) < SMALL else None)
    try:
        for macro in clean.MACROS:
            con.execute(macro)
        job = _Job(loaded, con, work)
        for name in references.named_first(loaded.params.data):  # so that a row's references can be asked at once
            job.table(mapping.contract_table(name, loaded.params.data[name]))
        facts = job.finish()
    finally:
        con.close()
    shutil.rmtree(work / "spill", ignore_errors=True)
    (work / FACTS).write_text(json.dumps(to_json(facts), ensure_ascii=False), encoding="utf-8")


def _bytes(loaded: Loaded) -> int:
    """Size on disk of what is imported."""
    files = [sources.on_disk(loaded, ("data", name, "files"), s.files) for name, s in loaded.params.data.items()]
    return sum(path.stat().st_size for path in {path for found in files for path in found.values()})


class _Job:
    """One import: its connection and what it has found so far."""

    def __init__(self, loaded: Loaded, con: duckdb.DuckDBPyConnection, work: Path) -> None:
        self._loaded, self._con, self._work = loaded, con, work
        self._faults: list[CrmError] = []
        self._received: list[Received] = []
        self._set_aside: list[SetAside] = []
        self._statements: list[Sentence] = []
        self._filled: dict[str, list[str]] = {}
        self._days = ("", "")
        self._shapes: dict[tuple[int, int], tuple[str, str]] = {}
        self._rows: list[places.Row] = []

    def table(self, table: Table) -> None:
        """Import one contract table; faults of the mapping are kept, so that the next tables are looked at too."""
        source = self._loaded.params.data[table.name]
        try:
            inputs = sources.resolve(self._loaded, ("data", table.name, "files"), source.files)
        except CrmError as fault:
            self._faults.append(fault)
            return
        files = [found for number, file in enumerate(inputs) if (found := self._file(table, source, number, file))]
        if not self._faults:
            self._clean(table, source, files)
            self._faults += self._unusable(table, files)
        if not self._faults:
            checks.mark_duplicates(self._con, table)
            self._account(table, source, files)
            self._keep_rows(table, source, files)
            self._write(table)
            self._con.execute(f"drop table cleaned_{table.name}")
        for found in files:
            found.text.unlink()

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

    def _keep_rows(self, table: Table, source: Source, files: Sequence[_File]) -> None:
        """Keep the places of rows that checks are about, while the files can be walked."""
        self._rows += places.of_table(
            self._con,
            table,
            list(source.columns),
            files=[places.Read(found.file.shown, found.staged) for found in files],
            unread=_unread(table, source),
            shapes=self._shapes,
            work=self._work,
            as_of=self._loaded.params.as_of,
        )

    def _file(self, table: Table, source: Source, number: int, file: InputFile) -> _File | None:
        where = self._loaded.where("data", table.name, "files")
        text = self._work / f"text-{number}"
        try:
            with sources.unpacking(file, where):
                if strange := suspicion.kind_of(sources.head(file, 512).read()):
                    raise CrmError("data.not_text", where=where, file=self._shown(file), kind=f"data.kinds.{strange}")
                found = _File(file, text, decode.decode(file.open, text, source.encoding))
        except CrmError as fault:
            self._faults.append(fault)
            return None
        except UnicodeError:
            where = self._loaded.where("data", table.name, "encoding")
            self._faults.append(UsageError("data.not_encoded", where=where, file=self._shown(file), found=source.encoding))
            return None
        kind = reader(source.format)
        has = kind.columns(text, source)
        told = {(fault.where, fault.values.get("found")) for fault in self._faults}  # twelve months lack the same column
        if _any_text(text):
            mistaken = self._mistaken(table, source, file, has)
            lacking = any(fault.key == "data.column" for fault in mistaken)
            if lacking and (doubt := suspicion.of_header(text, has, _wanted(source))):
                key, line = doubt
                where = self._loaded.where("data", table.name, "columns")
                mistaken = [UsageError(key, where=where, file=self._shown(file), found=line, above=line - 1, has=list(has))]
            self._faults += [fault for fault in mistaken if (fault.where, fault.values["found"]) not in told]
        if has and not self._faults:
            found.staged = kind.stage(self._con, f"stage_{number}", text, source, _wanted(source))
            found.read = self._count(f"stage_{number}") + len(found.staged.rejected)
        return found

    def _mistaken(self, table: Table, source: Source, file: InputFile, has: Sequence[str]) -> list[CrmError]:
        """Mapped columns that the file lacks or has twice."""
        shown = self._shown(file)
        found: list[CrmError] = []
        free = [name for name in has if name not in map(plain, _wanted(source))]
        for name, parts in _mapped(source).items():
            where = self._loaded.where("data", table.name, "dimensions" if name in source.dimensions else "columns", name)
            for part in parts:
                if plain(part) not in has:
                    key, near = reader(source.format).FAULT, nearest(plain(part), free)
                    told = {"column": name, "found": part, "file": shown, "has": list(has), "nearest": near}
                    found.append(UsageError(key, where=where, **told))
                elif has.count(plain(part)) > 1:
                    found.append(UsageError("data.column_twice", where=where, column=name, found=part, file=shown))
        return found

    def _unusable(self, table: Table, files: Sequence[_File]) -> list[CrmError]:
        """Files of which nothing or too little can be read, and order lines of which none is left."""
        found: list[CrmError] = []
        for number, file in enumerate(files):
            rejected = file.staged.rejected if file.staged else ()
            if not suspicion.too_few(file.read, len(rejected) + self._unreadable(table, number)):
                continue
            most = self._con.execute(
                f"select reason, count(*), min(row_no) from cleaned_{table.name}"
                f" where file_no = {number} and reason in {checks.UNREADABLE} group by reason order by 2 desc, 1 limit 1"
            ).fetchone()
            reason, rows, row = most if most and most[1] >= len(rejected) else ("wrong_columns", len(rejected), None)
            line = rejected[0] if row is None else file.staged.lines([row]).get(row) if file.staged else ""
            found.append(self._told_unusable(table, reason, rows, file.read, f"{self._shown(file.file)}:{line}"))
        if table.name == "order_lines" and not found and not self._count("cleaned_order_lines where reason is null"):
            read = sum(file.read for file in files)
            shown = self._shown(files[0].file)
            found.append(
                self._told_unusable(table, "future", read, read, shown)
                if read
                else CrmError("data.no_rows", where=self._loaded.where("data", table.name, "files"), file=shown)
            )
        return found

    def _unreadable(self, table: Table, number: int) -> int:
        return self._count(f"cleaned_{table.name} where file_no = {number} and reason in {checks.UNREADABLE}")

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

    def _shown(self, file: InputFile) -> str:
        return paths.shown(paths.data_folder(self._loaded.params.client) / file.shown)

    def _clean(self, table: Table, source: Source, files: Sequence[_File]) -> None:
        """All staged rows of a table, typed and with their reasons, as `cleaned_<table>`."""
        wanted = _wanted(source)
        cells = {name: [f"s{wanted.index(part)}" for part in parts] for name, parts in _mapped(source).items()}
        staged = [number for number, found in enumerate(files) if found.staged]
        rows = " union all ".join(f"select {number} as file_no, rowid as row_no, * from stage_{number}" for number in staged)
        empty = f"select 0 as file_no, 0 as row_no, {', '.join(f'null as s{i}' for i in range(len(wanted)))} where false"
        params = self._loaded.params
        query = clean.select(table, source, cells, rows=rows or empty, currency=params.currency, as_of=params.as_of)
        self._con.execute(f"create table cleaned_{table.name} as {query}")
        self._shapes = places.shapes_of(self._con, table, cells, staged)
        for number in staged:
            self._con.execute(f"drop table stage_{number}")

    def _account(self, table: Table, source: Source, files: Sequence[_File]) -> None:
        """Received, set aside and noticed of one table. Rows read = accepted + set aside, file by file."""
        for number, found in enumerate(files):
            accepted, first, last = self._accepted(table, number)
            aside = len(found.staged.rejected) if found.staged else 0
            aside += self._count(f"cleaned_{table.name} where file_no = {number} and reason is not null")
            if accepted + aside != found.read:
                raise AssertionError(f"{found.file.shown}: {found.read} rows read, {accepted} + {aside} accounted for")
            period = f"{first}/{last}" if first else ""
            self._received.append(Received(table.name, found.file.shown, found.read, accepted, aside, period))
            self._statements += _damage(found)
        self._set_aside += _rejected(table, files)
        for reason, (rows, place) in checks.reasons(self._con, table).items():
            self._set_aside.append(SetAside(table.name, reason, rows, _first(files, place)))
        self._statements += [*self._unread(table, source, files), *checks.mixed_orders(self._con, table)]

    def _accepted(self, table: Table, number: int) -> tuple[int, str, str]:
        days = f"min({table.dated}), max({table.dated})" if table.name == "order_lines" else "null, null"
        row = self._con.execute(
            f"select count(*), {days} from cleaned_{table.name} where file_no = {number} and reason is null"
        ).fetchone()
        count, first, last = row if row else (0, None, None)
        return int(count), str(first or ""), str(last or "")

    def _unread(self, table: Table, source: Source, files: Sequence[_File]) -> list[Sentence]:
        """Optional cells that hold something that cannot be read: they count as empty, and are told."""
        found: list[Sentence] = []
        for name in _unread(table, source):
            rows = checks.places(self._con, table, f"reason is null and unread_{name}")
            if rows is not None:
                count, place = rows
                terms = {"table": f"contract.tables.{table.name}", "column": f"contract.columns.{name}"}
                found.append(Sentence("data.noticed.unread", {**terms, "n": count, "first": _first(files, place)}))
        return found

    def _write(self, table: Table) -> None:
        counts = ", ".join(f"count({name})" for name in table.names)
        accepted = f"cleaned_{table.name} where reason is null"
        total, *held = self._con.execute(f"select count(*), {counts} from {accepted}").fetchone() or (0,)
        full = [name for name, n in zip(table.names, held, strict=True) if n == total]
        order = ", ".join(f"{name} nulls first" for name in _sorting(table, full))
        columns = ", ".join(table.names)
        if "order_id" in table.names and "order_id" not in full:
            own = f"'#' || row_number() over (order by {order})"
            columns = columns.replace("order_id", f"coalesce(order_id, {own}) as order_id", 1)
        path = quoted(str(self._work / f"{table.name}.parquet"))
        self._con.execute(
            f"copy (select {columns} from {accepted} order by {order}) to {path} (format parquet, compression zstd)"
        )
        self._filled[table.name] = [name for name, n in zip(table.names, held, strict=True) if n]
        if table.name == "order_lines":
            days = self._con.execute(f"select min(ordered_on), max(ordered_on) from {accepted}").fetchone() or ("", "")
            self._days = (str(days[0] or ""), str(days[1] or ""))

    def _count(self, rows: str) -> int:
        found = self._con.execute(f"select count(*) from {rows}").fetchone()
        return int(found[0]) if found else 0


def _told_at(fault: CrmError) -> int:
    """The line of the params file that a fault names: tables are not imported in the order in which they stand there."""
    line = fault.where.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _wanted(source: Source) -> list[str]:
    """The file's columns that the mapping uses, each once."""
    return list(dict.fromkeys(part for parts in _mapped(source).values() for part in parts))


def _mapped(source: Source) -> dict[str, list[str]]:
    """Contract columns and dimensions, each with the file's columns."""
    return source.columns | source.dimensions


def _any_text(text: Path) -> bool:
    with text.open(encoding="utf-8") as lines:
        return any(line.strip() for line in lines)


def _unread(table: Table, source: Source) -> list[str]:
    return [column.name for column in clean.optional(table) if column.name in source.columns]


def _sorting(table: Table, full: Sequence[str]) -> list[str]:
    """A total order by content: the same rows give the same file, whatever order they came in.

    A key without gaps is one, because what came twice has been set aside.
    """
    first = [table.dated] if table.name == "order_lines" and table.dated else []
    rest = [] if set(table.key) <= set(full) else table.names
    return list(dict.fromkeys([*first, *table.key, *rest]))


def _damage(found: _File) -> list[Sentence]:
    told = {"bad_bytes": found.decoded.bad, "gaiji": found.decoded.gaiji, "nul": found.decoded.nul}
    return [
        Sentence(f"data.noticed.{key}", {"n": damage.count, "first": f"{found.file.shown}:{damage.line}"})
        for key, damage in told.items()
        if damage.count
    ]


def _rejected(table: Table, files: Sequence[_File]) -> list[SetAside]:
    lines = [f"{found.file.shown}:{line}" for found in files if found.staged for line in found.staged.rejected]
    return [SetAside(table.name, "wrong_columns", len(lines), lines[0])] if lines else []


def _first(files: Sequence[_File], place: checks.Place) -> str:
    found = files[place.file]
    line = found.staged.lines([place.row]).get(place.row) if found.staged else None
    return f"{found.file.shown}:{line}"
