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
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from crm_helpers.data import access_log, checks, clean, convert, decode, kept, mapping, privacy, sources, staging, suspicion
from crm_helpers.data.contract import EXPONENT, Table
from crm_helpers.data.engine import connect
from crm_helpers.data.fingerprint import file_hashes
from crm_helpers.data.private import tighten
from crm_helpers.data.quality import places, references
from crm_helpers.data.rules import cells
from crm_helpers.data.rules import rows as row_rules
from crm_helpers.data.rules.model import FILE, Met
from crm_helpers.data.sources import InputFile
from crm_helpers.data.staging import READING, Part, Staged, plain, quoted
from crm_helpers.document import Basis, Received, Sentence, SetAside, from_json, to_json
from crm_helpers.errors import FULL_WORDS, CrmError, Faults, UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded, Place, nearest
from crm_helpers.params.schema import Source

FACTS = "import.json"
PARTIAL = ".importing-"
LARGE = 32 * 1024 * 1024  # bytes of a table's text from which on it is typed while it is parsed; less costs less as a table
MEMORY = "700MB"  # of DuckDB alone: with what the process holds besides, an import of 1 GB stays below 1 GB (benchmarks/)
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
    """One file, or one sheet of a workbook, of a table during the import.

    Args:
        form: the part itself where it is a form, which is looked at beside the table's other forms.
    """

    file: InputFile
    source: Source
    decoded: decode.Decoded | None
    staged: Staged | None = None
    read: int = 0
    form: Part | None = None


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
        tighten(store.parent)
        _forget(store, keep=fingerprint)  # first what killed imports left: it may be what fills the disk
        try:
            _import(loaded, work)
            _publish(work, folder)
            _record(loaded, folder)
        except duckdb.Error as error:
            raise _of_engine(error, work) from None
        finally:
            shutil.rmtree(work, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.utime(folder)
    return folder, _facts(folder)


def _record(loaded: Loaded, folder: Path) -> None:
    """Put the import on record (PR32): files with hashes, rows and columns of each table."""
    facts = _facts(folder)
    rows = {name: sum(part.accepted for part in facts.basis.received if part.table == name) for name in facts.filled}
    access_log.record(
        loaded.params.client,
        "import",
        {"files": file_hashes(loaded), "rows": rows, "columns": facts.filled},
        purpose=loaded.params.entrustment.purpose or "",
        destination=paths.shown(folder),
    )


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
    con = connect(work / "spill", threads=1, memory=MEMORY)  # a second one costs more than it gives (tried)
    try:
        for macro in clean.MACROS:
            con.execute(macro)
        job = _Job(loaded, con, work)
        named = references.named_first(loaded.params.data)  # so that a row's references can be asked at once
        for name in privacy.order({name: loaded.params.data[name] for name in named}):
            job.table(mapping.contract_table(name, loaded.params.data[name]))
        facts = job.finish()
    finally:
        con.close()
    shutil.rmtree(work / "spill", ignore_errors=True)
    (work / FACTS).write_text(json.dumps(to_json(facts), ensure_ascii=False), encoding="utf-8")


class _Job:
    """One import: its connection and what it has found so far."""

    def __init__(self, loaded: Loaded, con: duckdb.DuckDBPyConnection, work: Path) -> None:
        self._loaded, self._con, self._work = loaded, con, work
        self._protection = privacy.Protection(loaded, con, work)
        self._faults: list[CrmError] = []
        self._received: list[Received] = []
        self._set_aside: list[SetAside] = []
        self._statements: list[Sentence] = []
        self._filled: dict[str, list[str]] = {}
        self._days = ("", "")
        self._text = 0  # bytes of text that were staged of the table at hand
        self._met: list[Met] = []
        self._shapes: dict[tuple[int, int], tuple[str, str]] = {}
        self._rows: list[places.Row] = []

    def table(self, table: Table) -> None:
        """Import one contract table; faults of the mapping are kept, so that the next tables are looked at too."""
        self._text = 0
        files: list[_File] = []
        several = [(place, source) for name, place, source in sources.of(self._loaded) if name == table.name]
        for place, source in several:
            try:
                inputs = self._inputs(place, source)
            except CrmError as fault:
                self._faults.append(fault)
                continue
            for file in inputs:
                files += list(self._parts(table, place, source, file, len(files)))
        sources_of = [source for _, source in several]
        if forms := [file.form for file in files if file.form]:
            self._faults += staging.between("form", forms)
        if not self._faults:
            self._clean(table, sources_of, files)
            self._faults += self._unusable(table, files)
        if not self._faults:
            faults, told = self._protection.apply(table, mapping.together(sources_of), self._shown(files[0].file))
            self._faults += faults
            self._statements += told
        if not self._faults:
            params, one = self._loaded.params, mapping.together(sources_of)
            self._met += row_rules.apply(
                row_rules.Cleaned(self._con, table, one, params.cleaning, self._work, len(files), params.as_of)
            )
            self._account(table, sources_of, files)
            self._keep_rows(table, sources_of, files)
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

    def _keep_rows(self, table: Table, several: Sequence[Source], files: Sequence[_File]) -> None:
        """Keep the places of rows that checks are about, while the files can be walked."""
        self._rows += places.of_table(
            self._con,
            table,
            list(mapping.together(several).columns),
            files=[places.Read(found.file.shown, found.staged) for found in files],
            unread=_unread(table, several),
            shapes=self._shapes,
            work=self._work,
            as_of=self._loaded.params.as_of,
        )

    def _inputs(self, place: Place, source: Source) -> list[InputFile]:
        """The files of a source; the rows of a database are one."""
        if source.connection is None:
            return sources.resolve(self._loaded, (*place, "files"), source.files)
        from crm_helpers.data import database

        return [database.fetched(self._loaded, place, source)[0]]

    def _parts(self, table: Table, place: Place, source: Source, file: InputFile, number: int) -> Iterator[_File]:
        """The tables of a file, staged as `stage_<number>` and so on; what is wrong with it is kept as faults."""
        where = self._loaded.where(*place, "files")
        folder = self._work / READING / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with sources.unpacking(file, where):
                kind, path, decoded = self._opened(place, source, file, folder)
                for i, part in enumerate(staging.parts(kind, path, source, table=table.name, shown=self._shown(file))):
                    shown = replace(file, shown=f"{file.shown}!{part.name}") if part.name else file
                    found = _File(shown, source, decoded, form=part if staging.reads_forms(kind) else None)
                    self._stage(table, place, found, part, f"stage_{number + i}", path if decoded else None)
                    yield found
                (folder / sources.MEMBER).unlink(missing_ok=True)
        except Faults as several:
            self._faults += several.faults  # a form's, each with its place
        except CrmError as fault:
            setting = {"data.sheet": "sheet", "data.header_row": "header_row"}.get(fault.key, "files")
            place_of = self._loaded.where(*place, setting)
            told = {"file": self._shown(file)} | fault.values
            self._faults.append(type(fault)(fault.key, where=fault.where or place_of, **told))
        except UnicodeError:
            where = self._loaded.where(*place, "encoding")
            self._faults.append(UsageError("data.not_encoded", where=where, file=self._shown(file), found=source.encoding))

    def _opened(
        self, place: Place, source: Source, file: InputFile, folder: Path
    ) -> tuple[str, Path, decode.Decoded | None]:
        """The format of a file, said or found from its first bytes, and what the reader of that format reads.

        Raises:
            CrmError: the file is of a kind that cannot be read, or of another than is said.
        """
        head = sources.head(file, 512).read()
        local = sources.local(file, folder) if suspicion.kind_of(head) else file.path
        strange = suspicion.kind_of_file(head, local)
        told = {"where": self._loaded.where(*place, "files"), "file": self._shown(file), "kind": f"data.kinds.{strange or 'text'}"}
        if strange and strange not in suspicion.FORMATS:
            raise CrmError("data.zip_inside" if strange == "zip" and file.member else "data.not_text", **told)
        fitting = suspicion.FORMATS.get(strange or "", ("csv_text",))
        kind = source.format or fitting[0]
        if kind not in fitting if strange else not staging.reads_text(kind):
            told["where"] = self._loaded.where(*place, "format")
            raise UsageError("data.other_format", found=kind, **told)
        if strange:
            return kind, local, None
        text = folder / "text"
        return kind, text, decode.decode(file.open, text, source.encoding)

    def _stage(self, table: Table, place: Place, found: _File, part: Part, name: str, text: Path | None) -> None:
        """Stage a part when its columns are as mapped; faults are told once, though twelve months lack the same column."""
        source, has = found.source, part.columns
        told = {(fault.where, fault.values.get("found")) for fault in self._faults}
        if _any_text(text) if text else has:
            mistaken = self._mistaken(place, source, found.file, part)
            lacking = any(fault.key == "data.column" for fault in mistaken)
            if text and lacking and (doubt := suspicion.of_header(text, has, convert.wanted(source))):
                key, line = doubt
                where = self._loaded.where(*place, "columns")
                shown = self._shown(found.file)
                mistaken = [UsageError(key, where=where, file=shown, found=line, above=line - 1, has=list(has))]
            self._faults += [fault for fault in mistaken if (fault.where, fault.values["found"]) not in told]
        if has and not self._faults:
            wanted = convert.wanted(source)
            self._text += part.text.stat().st_size if isinstance(part, staging.Text) else 0
            if isinstance(part, staging.Text) and self._text >= LARGE:
                found.staged = part.stage(self._con, name, wanted, self._kept(table, source))
            else:
                found.staged = part.stage(self._con, name, wanted)
            found.read = self._count(name) + len(found.staged.rejected) + len(found.staged.totals)

    def _mistaken(self, place: Place, source: Source, file: InputFile, part: Part) -> list[CrmError]:
        """Mapped columns that the file lacks or has twice."""
        shown, has = self._shown(file), part.columns
        found: list[CrmError] = []
        free = [name for name in has if name not in map(plain, convert.wanted(source))]
        used = [(section, name, parts) for section, mapped in _sections(source).items() for name, parts in mapped.items()]
        for section, name, parts in used:
            where = self._loaded.where(*place, section, name)
            for theirs in parts:
                if plain(theirs) not in has:
                    told = {"column": name, "found": theirs, "file": shown, "has": list(has), "nearest": nearest(plain(theirs), free)}
                    found.append(UsageError(part.fault, where=where, **told))
                elif has.count(plain(theirs)) > 1:
                    found.append(UsageError("data.column_twice", where=where, column=name, found=theirs, file=shown))
        return found

    def _unusable(self, table: Table, files: Sequence[_File]) -> list[CrmError]:
        """Files of which nothing or too little can be read, and order lines of which none is left."""
        found: list[CrmError] = []
        for number, file in enumerate(files):
            rejected = file.staged.rejected if file.staged else ()
            if not suspicion.too_few(file.read, len(rejected) + self._unreadable(table, number)):
                continue
            most = self._con.execute(
                f"select aside, count(*), min(row_no) from cleaned_{table.name}"
                f" where file_no = {number} and aside in {checks.UNREADABLE} group by aside order by 2 desc, 1 limit 1"
            ).fetchone()
            reason, rows, row = most if most and most[1] >= len(rejected) else ("wrong_columns", len(rejected), None)
            line = rejected[0] if row is None else file.staged.lines([row]).get(row) if file.staged else ""
            found.append(self._told_unusable(table, reason, rows, file.read, f"{self._shown(file.file)}:{line}"))
        if table.name == "order_lines" and not found and not self._count("cleaned_order_lines where aside is null"):
            read = sum(file.read for file in files)
            shown = self._shown(files[0].file)
            found.append(
                self._told_unusable(table, "future", read, read, shown)
                if read
                else CrmError("data.no_rows", where=self._loaded.where("data", table.name, "files"), file=shown)
            )
        return found

    def _unreadable(self, table: Table, number: int) -> int:
        return self._count(f"cleaned_{table.name} where file_no = {number} and aside in {checks.UNREADABLE}")

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

    def _clean(self, table: Table, several: Sequence[Source], files: Sequence[_File]) -> None:
        """All staged rows of a table, typed and with their reasons, as `cleaned_<table>`."""
        params = self._loaded.params
        staged = [number for number, found in enumerate(files) if found.staged]
        self._met = []
        large = any(map(_file, files))
        made: list[str] = []
        own_of: list[tuple[Source, list[int]]] = []
        for source in several:
            own = [number for number in staged if files[number].source is source]
            own_of.append((source, own))
            keeping = self._kept(table, source)
            rows = " union all ".join(
                keeping.of_file(number, f"stage_{number}")
                if _file(files[number])
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
            alone = _file(files[own[0]]) if len(several) == 1 and len(staged) == 1 == len(own) else None
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

    def _kept(self, table: Table, source: Source) -> kept.Kept:
        params = self._loaded.params
        return kept.of(table, source, cleaning=params.cleaning, currency=params.currency, basis=params.sales.tax)

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

    def _account(self, table: Table, several: Sequence[Source], files: Sequence[_File]) -> None:
        """Received, set aside and noticed of one table. Rows read = accepted + set aside, file by file."""
        for number, found in enumerate(files):
            accepted, first, last = self._accepted(table, number)
            aside = len(found.staged.rejected) + len(found.staged.totals) if found.staged else 0
            aside += self._count(f"cleaned_{table.name} where file_no = {number} and aside is not null")
            if accepted + aside != found.read:
                raise AssertionError(f"{found.file.shown}: {found.read} rows read, {accepted} + {aside} accounted for")
            period = f"{first}/{last}" if first else ""
            self._received.append(Received(table.name, found.file.shown, found.read, accepted, aside, period))
            self._statements += _damage(found)
        self._set_aside += _rejected(table, files)
        for reason, (rows, place) in checks.reasons(self._con, table).items():
            self._set_aside.append(SetAside(table.name, reason, rows, _first(files, place)))
        self._statements += [*self._unread(table, several, files), *checks.mixed_orders(self._con, table)]
        self._statements += [self._told(table, met, files) for met in self._met]

    def _told(self, table: Table, met: Met, files: Sequence[_File]) -> Sentence:
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

    def _accepted(self, table: Table, number: int) -> tuple[int, str, str]:
        days = f"min({table.dated}), max({table.dated})" if table.name == "order_lines" else "null, null"
        row = self._con.execute(
            f"select count(*), {days} from cleaned_{table.name} where file_no = {number} and aside is null"
        ).fetchone()
        count, first, last = row if row else (0, None, None)
        return int(count), str(first or ""), str(last or "")

    def _unread(self, table: Table, several: Sequence[Source], files: Sequence[_File]) -> list[Sentence]:
        """Optional cells that hold something that cannot be read: they count as empty, and are told."""
        found: list[Sentence] = []
        for name in _unread(table, several):
            rows = checks.places(self._con, table, f"aside is null and unread_{name}")
            if rows is not None:
                count, place = rows
                terms = {"table": f"contract.tables.{table.name}", "column": f"contract.columns.{name}"}
                found.append(Sentence("data.noticed.unread", {**terms, "n": count, "first": _first(files, place)}))
        return found

    def _write(self, table: Table, files: Sequence[_File]) -> None:
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
            next(file for found in files if (file := _file(found))).rename(path)
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


def _file(found: _File) -> Path | None:
    """The file of what is kept of a part."""
    return found.staged.kept if found.staged else None


def _sections(source: Source) -> dict[str, dict[str, list[str]]]:
    """The parts of a mapping that name columns of the file: section → name → columns."""
    return {"columns": source.columns, "dimensions": source.dimensions, "signs": {name: [name] for name in source.signs}}


def _told_at(fault: CrmError) -> int:
    """The line of the params file that a fault names: tables are not imported in the order in which they stand there."""
    line = fault.where.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _any_text(text: Path) -> bool:
    with text.open(encoding="utf-8") as lines:
        return any(line.strip() for line in lines)


def _unread(table: Table, several: Sequence[Source]) -> list[str]:
    return [c.name for c in clean.optional(table) if any(c.name in (*s.columns, *s.constants) for s in several)]


def _sorting(table: Table, full: Sequence[str]) -> list[str]:
    """A total order by content: the same rows give the same file, whatever order they came in.

    A key without gaps is one, because what came twice has been set aside.
    """
    first = [table.dated] if table.name == "order_lines" and table.dated else []
    rest = [] if table.key and set(table.key) <= set(full) else table.names
    return list(dict.fromkeys([*first, *table.key, *rest]))


def _damage(found: _File) -> list[Sentence]:
    """What decoding and reading noticed of a file."""
    shown = found.file.shown
    decoded = found.decoded
    told = {"bad_bytes": decoded.bad, "gaiji": decoded.gaiji, "nul": decoded.nul} if decoded else {}
    damage = [Sentence(f"data.noticed.{key}", {"n": d.count, "first": f"{shown}:{d.line}"}) for key, d in told.items() if d.count]
    return damage + [
        Sentence(f"data.noticed.{n.key}", {"n": n.count, "first": f"{shown}:{n.line}" if n.line else shown, "names": n.names})
        for n in (found.staged.noticed if found.staged else ())
    ]


def _rejected(table: Table, files: Sequence[_File]) -> list[SetAside]:
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


def _first(files: Sequence[_File], place: checks.Place) -> str:
    found = files[place.file]
    line = found.staged.lines([place.row]).get(place.row) if found.staged else None
    return f"{found.file.shown}:{line}"
