"""The first step of an import: a table's files are opened, decoded and staged, and what is wrong with them is told.

Every file becomes one part or several (the sheets of a workbook), each staged as `stage_<number>`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from crm_helpers.data import convert, decode, kept, sources, staging, suspicion
from crm_helpers.data.contract import Table
from crm_helpers.data.sources import InputFile
from crm_helpers.data.staging import READING, Part, Staged, plain
from crm_helpers.errors import CrmError, Faults, UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded, Place, nearest
from crm_helpers.params.schema import Source

LARGE = 32 * 1024 * 1024  # bytes of a table's text from which on it is typed while it is parsed; less costs less as a table


@dataclass
class File:
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

    @property
    def kept(self) -> Path | None:
        """The file of what is kept of the part."""
        return self.staged.kept if self.staged else None


class Receiver:
    """Stages tables, and adds the faults of their files and mappings to `faults`, so that the next tables are looked at too."""

    def __init__(self, loaded: Loaded, con: duckdb.DuckDBPyConnection, work: Path, faults: list[CrmError]) -> None:
        self._loaded, self._con, self._work, self._faults = loaded, con, work, faults
        self._text = 0  # bytes of text that were staged of the table at hand

    def table(self, table: Table) -> list[File]:
        """The parts of a contract table's files."""
        self._text = 0
        files: list[File] = []
        for name, place, source in sources.of(self._loaded):
            if name != table.name:
                continue
            try:
                inputs = self._inputs(place, source)
            except CrmError as fault:
                self._faults.append(fault)
                continue
            for file in inputs:
                files += list(self._parts(table, place, source, file, len(files)))
        if forms := [file.form for file in files if file.form]:
            self._faults += staging.between("form", forms)
        return files

    def _inputs(self, place: Place, source: Source) -> list[InputFile]:
        """The files of a source; the rows of a database are one."""
        if source.connection is None:
            return sources.resolve(self._loaded, (*place, "files"), source.files)
        from crm_helpers.data import database

        return [database.fetched(self._loaded, place, source)[0]]

    def _parts(self, table: Table, place: Place, source: Source, file: InputFile, number: int) -> Iterator[File]:
        """The tables of a file, staged as `stage_<number>` and so on; what is wrong with it is kept as faults."""
        where = self._loaded.where(*place, "files")
        folder = self._work / READING / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with sources.unpacking(file, where):
                kind, path, decoded = self._opened(place, source, file, folder)
                for i, part in enumerate(staging.parts(kind, path, source, table=table.name, shown=name_of(self._loaded, file))):
                    shown = replace(file, shown=f"{file.shown}!{part.name}") if part.name else file
                    found = File(shown, source, decoded, form=part if staging.reads_forms(kind) else None)
                    self._stage(table, place, found, part, f"stage_{number + i}", path if decoded else None)
                    yield found
                (folder / sources.MEMBER).unlink(missing_ok=True)
        except Faults as several:
            self._faults += several.faults  # a form's, each with its place
        except CrmError as fault:
            setting = {"data.sheet": "sheet", "data.header_row": "header_row"}.get(fault.key, "files")
            place_of = self._loaded.where(*place, setting)
            told = {"file": name_of(self._loaded, file)} | fault.values
            self._faults.append(type(fault)(fault.key, where=fault.where or place_of, **told))
        except UnicodeError:
            where = self._loaded.where(*place, "encoding")
            self._faults.append(UsageError("data.not_encoded", where=where, file=name_of(self._loaded, file), found=source.encoding))

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
        told = {"where": self._loaded.where(*place, "files"), "file": name_of(self._loaded, file), "kind": f"data.kinds.{strange or 'text'}"}
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

    def _stage(self, table: Table, place: Place, found: File, part: Part, name: str, text: Path | None) -> None:
        """Stage a part when its columns are as mapped; faults are told once, though twelve months lack the same column."""
        source, has = found.source, part.columns
        told = {(fault.where, fault.values.get("found")) for fault in self._faults}
        if _any_text(text) if text else has:
            mistaken = self._mistaken(place, source, found.file, part)
            lacking = any(fault.key == "data.column" for fault in mistaken)
            if text and lacking and (doubt := suspicion.of_header(text, has, convert.wanted(source))):
                key, line = doubt
                where = self._loaded.where(*place, "columns")
                shown = name_of(self._loaded, found.file)
                mistaken = [UsageError(key, where=where, file=shown, found=line, above=line - 1, has=list(has))]
            self._faults += [fault for fault in mistaken if (fault.where, fault.values["found"]) not in told]
        if has and not self._faults:
            wanted = convert.wanted(source)
            self._text += part.text.stat().st_size if isinstance(part, staging.Text) else 0
            if isinstance(part, staging.Text) and self._text >= LARGE:
                found.staged = part.stage(self._con, name, wanted, kept_cells(self._loaded, table, source))
            else:
                found.staged = part.stage(self._con, name, wanted)
            found.read = (self._con.execute(f"select count(*) from {name}").fetchone() or (0,))[0] + len(found.staged.rejected) + len(found.staged.totals)

    def _mistaken(self, place: Place, source: Source, file: InputFile, part: Part) -> list[CrmError]:
        """Mapped columns that the file lacks or has twice."""
        shown, has = name_of(self._loaded, file), part.columns
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


def name_of(loaded: Loaded, file: InputFile) -> str:
    """A file as messages name it."""
    return paths.shown(paths.data_folder(loaded.params.client) / file.shown)


def kept_cells(loaded: Loaded, table: Table, source: Source) -> kept.Kept:
    """What is kept of a source's text, by the client's settings."""
    params = loaded.params
    return kept.of(table, source, cleaning=params.cleaning, currency=params.currency, basis=params.sales.tax)


def _sections(source: Source) -> dict[str, dict[str, list[str]]]:
    """The parts of a mapping that name columns of the file: section → name → columns."""
    return {"columns": source.columns, "dimensions": source.dimensions, "signs": {name: [name] for name in source.signs}}


def _any_text(text: Path) -> bool:
    with text.open(encoding="utf-8") as lines:
        return any(line.strip() for line in lines)
