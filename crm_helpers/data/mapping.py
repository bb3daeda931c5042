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
ONE_PART = ("money", "quantity", "integer")


def faults(loaded: Loaded) -> list[CrmError]:
    """Every fault of `data:` and `control_totals:`, each with its line."""
    found: list[CrmError] = []
    for name, source in loaded.params.data.items():
        found += _files(loaded, ("data", name, "files"), source.files)
        found += _table(loaded, TABLES[name], source)
    totals = loaded.params.control_totals
    if totals is not None:
        found += _files(loaded, ("control_totals", "file"), [totals.file])
    if totals is not None and totals.encoding and known_encoding(totals.encoding) is None:
        found.append(_encoding(loaded, ("control_totals", "encoding"), totals.encoding))
    return found


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
    if source.encoding and known_encoding(source.encoding) is None:
        found.append(_encoding(loaded, (*place, "encoding"), source.encoding))
    return found + _formats(loaded, table, source)


def _formats(loaded: Loaded, table: Table, source: Source) -> list[CrmError]:
    found: list[CrmError] = []
    dated = [name for name in source.columns if name in table.names and table.column(name).kind in ("date", "time", "year")]
    for name, form in source.formats.items():
        where = loaded.where("data", table.name, "formats", name)
        if name not in dated:
            found.append(UsageError("data.format_column", where=where, found=name, has=dated, nearest=nearest(name, dated)))
        elif not set(CODES.findall(form)) or set(CODES.findall(form)) - KNOWN_CODES:
            found.append(UsageError("data.format", where=where, column=name, found=form))
    return found


def _encoding(loaded: Loaded, place: tuple[str, ...], name: str) -> CrmError:
    return UsageError("data.encoding", where=loaded.where(*place), found=name, has=["cp932", "utf-8", "utf-16"])
