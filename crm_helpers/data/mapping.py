"""Faults of a client's mapping that show before any file is read: files, unknown and missing columns, formats, encodings."""

from __future__ import annotations

import re

from crm_helpers.data import sources
from crm_helpers.data.contract import TABLES, Table
from crm_helpers.data.decode import known_encoding
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params.load import Loaded, nearest
from crm_helpers.params.schema import Source

CODES = re.compile(r"%(.)")
KNOWN_CODES = set("YymdbBeHIMSpfjT%")
ONE_PART = ("money", "quantity", "integer", "number", "flag", "choice")
DATED = ("date", "moment", "month", "time", "year")


def faults(loaded: Loaded) -> list[CrmError]:
    """Every fault of `data:` and `control_totals:`, each with its line."""
    found: list[CrmError] = []
    for name, source in loaded.params.data.items():
        found += _files(loaded, ("data", name, "files"), source.files)
        found += _table(loaded, TABLES[name], source) if name in TABLES else [_unknown(loaded, name)]
        found += _refused(loaded, name, source)
    totals = loaded.params.control_totals
    if totals is not None:
        found += _files(loaded, ("control_totals", "file"), [totals.file])
    if totals is not None and totals.encoding and known_encoding(totals.encoding) is None:
        found.append(_encoding(loaded, ("control_totals", "encoding"), totals.encoding))
    return found


def _refused(loaded: Loaded, table: str, source: Source) -> list[CrmError]:
    """Columns that the client's kind of business does not hand out, such as diagnoses, unless somebody has approved them."""
    pack = loaded.params.business
    if pack is None or loaded.params.privacy.sensitive_approved is not None:
        return []
    return [
        UsageError("data.refused", where=loaded.where("data", table, part, name), found=theirs, name=name)
        for part, mapped in (("columns", source.columns), ("dimensions", source.dimensions))
        for name, columns in mapped.items()
        for theirs in columns
        if pack.refused(theirs) or (part == "dimensions" and pack.refused(name))
    ]


def contract_table(name: str, source: Source) -> Table:
    """The contract table with the dimensions that the client declares."""
    return TABLES[name].extended(source.dimensions)


def _unknown(loaded: Loaded, name: str) -> CrmError:
    has = list(TABLES)
    return UsageError("data.table", where=loaded.where("data", name), found=name, has=has, nearest=nearest(name, has))


def _files(loaded: Loaded, place: tuple[str, ...], patterns: list[str]) -> list[CrmError]:
    try:
        sources.on_disk(loaded, place, patterns)
    except CrmError as fault:
        return [fault]
    return []


def _table(loaded: Loaded, table: Table, source: Source) -> list[CrmError]:
    place = ("data", table.name)
    found: list[CrmError] = [
        UsageError("data.contract_column", where=loaded.where(*place, "columns", name), found=name, table=table.name,
                   has=list(table.names), nearest=nearest(name, table.names))
        for name in source.columns if name not in table.names
    ]  # fmt: skip
    found += [
        UsageError("data.required", where=loaded.where(*place, "columns"), table=table.name, column=column.name)
        for column in table.columns if column.required and column.name not in source.columns
    ]  # fmt: skip
    found += [
        UsageError("data.one_column", where=loaded.where(*place, "columns", name), column=name, found=list(parts))
        for name, parts in source.columns.items()
        if len(parts) > 1 and name in table.names and table.column(name).kind in ONE_PART
    ]
    found += [
        UsageError("data.dimension", where=loaded.where(*place, "dimensions", name), found=name, table=table.name)
        for name in source.dimensions if name in table.names
    ]  # fmt: skip
    found += _values(loaded, table, source)
    if source.encoding and known_encoding(source.encoding) is None:
        found.append(_encoding(loaded, (*place, "encoding"), source.encoding))
    return found + _formats(loaded, table, source)


def _values(loaded: Loaded, table: Table, source: Source) -> list[CrmError]:
    """Value maps of columns that have no choices, and values that are no choice."""
    found: list[CrmError] = []
    choosing = {column.name: column.choices for column in table.columns if column.choices}
    for name, mapped in source.values.items():
        where = loaded.where("data", table.name, "values", name)
        if name not in choosing:
            told = {"found": name, "has": list(choosing), "nearest": nearest(name, list(choosing))}
            found.append(UsageError("data.values_column", where=where, **told))
            continue
        found += [
            UsageError("data.value", where=loaded.where("data", table.name, "values", name, theirs), found=ours,
                       column=name, has=list(choosing[name]), nearest=nearest(ours, choosing[name]))
            for theirs, ours in mapped.items() if ours not in choosing[name]
        ]  # fmt: skip
    return found


def _formats(loaded: Loaded, table: Table, source: Source) -> list[CrmError]:
    found: list[CrmError] = []
    dated = [name for name in source.columns if name in table.names and table.column(name).kind in DATED]
    for name, form in source.formats.items():
        where = loaded.where("data", table.name, "formats", name)
        if name not in dated:
            found.append(UsageError("data.format_column", where=where, found=name, has=dated, nearest=nearest(name, dated)))
        elif not set(CODES.findall(form)) or set(CODES.findall(form)) - KNOWN_CODES:
            found.append(UsageError("data.format", where=where, column=name, found=form))
    return found


def _encoding(loaded: Loaded, place: tuple[str, ...], name: str) -> CrmError:
    return UsageError("data.encoding", where=loaded.where(*place), found=name, has=["cp932", "utf-8", "utf-16"])
