"""Faults of a client's mapping that show before any file is read: files, unknown and missing columns, formats, encodings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from crm_helpers.data import entrustment, sources
from crm_helpers.data.contract import TABLES, WORDED, Table
from crm_helpers.data.decode import known_encoding
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params.load import Loaded, Place, nearest
from crm_helpers.params.schema import Source

CODES = re.compile(r"%(.)")
KNOWN_CODES = set("YymdbBeHIMSpfjT%")
ONE_PART = ("money", "quantity", "integer", "number", "flag", "choice")
DATED = ("date", "moment", "month", "time", "year")


def faults(loaded: Loaded) -> list[CrmError]:
    """Every fault of `data:`, `cleaning:` and `control_totals:`, each with its line.

    Args:
        loaded: settings that are `complete`.
    """
    found: list[CrmError] = entrustment.faults(loaded)
    for name, place, source in sources.of(loaded):
        if source.files:
            found += _files(loaded, (*place, "files"), source.files)
        found += _table(loaded, place, TABLES[name], source) if name in TABLES else [_unknown(loaded, name)]
        found += _refused(loaded, place, source)
    found += _cleaning(loaded)
    totals = loaded.params.control_totals
    if totals is not None:
        found += _files(loaded, ("control_totals", "file"), [totals.file])
    if totals is not None and totals.encoding and known_encoding(totals.encoding) is None:
        found.append(_encoding(loaded, ("control_totals", "encoding"), totals.encoding))
    return found


def _cleaning(loaded: Loaded) -> list[CrmError]:
    """Tables and columns that `cleaning:` names and that the mapping does not fill, or that its setting cannot be about."""
    data, cleaning = loaded.params.data, loaded.params.cleaning
    has = [name for name in data if name in TABLES]
    tables = {name: contract_table(name, data[name]) for name in has}
    filled = {name: [c for source in data[name] for c in (*source.columns, *source.constants, *source.dimensions)] for name in has}
    found: list[CrmError] = []

    def unknown_table(setting: str, key: str, table: str) -> None:
        told = {"setting": setting, "found": table, "has": has, "nearest": nearest(table, has)}
        found.append(UsageError("data.cleaning_table", where=loaded.where("cleaning", setting, key), **told))

    def unknown_column(setting: str, key: str, column: str, usable: Sequence[str]) -> None:
        told = {"setting": setting, "found": column, "has": list(usable), "nearest": nearest(column, usable)}
        found.append(UsageError("data.cleaning_column", where=loaded.where("cleaning", setting, key), **told))

    for key in cleaning.units:
        name = key.partition(".")[0]
        money = [f"{name}.{c.name}" for c in tables[name].columns if c.kind == "money" and c.name in filled[name]] if name in has else []
        if name not in has:
            unknown_table("units", key, name)
        elif key not in money:
            unknown_column("units", key, key, money)
    for name in cleaning.duplicates:
        if name not in has:
            unknown_table("duplicates", name, name)
        elif not tables[name].key:
            found.append(UsageError("data.cleaning_key", where=loaded.where("cleaning", "duplicates", name), found=name))
    declared = cleaning.cancelled
    lines = list(dict.fromkeys(filled.get("order_lines", ())))
    if declared is not None and lines and declared.column not in lines:
        unknown_column("cancelled", "column", declared.column, lines)
    return found


def _refused(loaded: Loaded, place: Place, source: Source) -> list[CrmError]:
    """Columns that the client's kind of business does not hand out, such as diagnoses, unless somebody has approved them."""
    pack = loaded.params.business
    if pack is None or loaded.params.privacy.sensitive_approved is not None:
        return []
    return [
        UsageError("data.refused", where=loaded.where(*place, part, name), found=theirs, name=name)
        for part, mapped in (("columns", source.columns), ("dimensions", source.dimensions))
        for name, columns in mapped.items()
        for theirs in columns
        if pack.refused(theirs) or (part == "dimensions" and pack.refused(name))
    ]


def complete(loaded: Loaded) -> Loaded:
    """The settings with the mapping of returned forms written out: each contract column is called what the contract calls it."""
    if not any(_a_form(source) for _, _, source in sources.of(loaded)):
        return loaded
    data = {name: [_mapped(name, source) for source in several] for name, several in loaded.params.data.items()}
    return replace(loaded, params=loaded.params.model_copy(update={"data": data}))


def contract_table(name: str, several: Sequence[Source]) -> Table:
    """The contract table with the dimensions that the client declares in any of its sources."""
    return TABLES[name].extended(dict.fromkeys(name for source in several for name in source.dimensions))


def together(several: Sequence[Source]) -> Source:
    """All sources of a table as one mapping, for what looks at columns and their names only."""
    columns: dict[str, list[str]] = {}
    dimensions: dict[str, list[str]] = {}
    for source in several:
        for into, own in ((columns, source.columns), (dimensions, source.dimensions)):
            for name, parts in own.items():
                into[name] = list(dict.fromkeys([*into.get(name, []), *parts]))
    return several[0].model_copy(update={"columns": columns, "dimensions": dimensions})


def _a_form(source: Source) -> bool:
    return source.format == "form" and not source.columns


def _mapped(name: str, source: Source) -> Source:
    if not _a_form(source):
        return source
    from crm_helpers.data.sheets.definition import filled  # only a client with forms pays for reading them

    said = (*source.constants, *source.dimensions)
    return source.model_copy(update={"columns": {column: [column] for column in filled(name) if column not in said}})


def _unknown(loaded: Loaded, name: str) -> CrmError:
    has = list(TABLES)
    return UsageError("data.table", where=loaded.where("data", name), found=name, has=has, nearest=nearest(name, has))


def _files(loaded: Loaded, place: Place, patterns: list[str]) -> list[CrmError]:
    try:
        sources.on_disk(loaded, place, patterns)
    except CrmError as fault:
        return [fault]
    return []


def _table(loaded: Loaded, place: Place, table: Table, source: Source) -> list[CrmError]:
    said = (*source.columns, *source.constants)
    found: list[CrmError] = [
        UsageError("data.contract_column", where=loaded.where(*place, section, name), found=name, table=table.name,
                   has=list(table.names), nearest=nearest(name, table.names))
        for section, mapped in (("columns", source.columns), ("constants", source.constants))
        for name in mapped if name not in table.names
    ]  # fmt: skip
    if source.format == "form" and not source.columns:
        from crm_helpers.data.sheets.definition import forms

        has = list(dict.fromkeys(form.table for form in forms().values()))
        return [UsageError("data.no_form", where=loaded.where(*place, "format"), found=table.name, has=has)]
    found += [
        UsageError("data.required", where=loaded.where(*place, "columns"), table=table.name, column=column.name)
        for column in table.columns if column.required and column.name not in said
    ]  # fmt: skip
    found += [
        UsageError("data.said_twice", where=loaded.where(*place, "constants", name), found=name)
        for name in source.constants if name in source.columns or name in source.dimensions
    ]  # fmt: skip
    found += [
        UsageError("data.one_column", where=loaded.where(*place, "columns", name), column=name, found=list(parts))
        for name, parts in source.columns.items()
        if len(parts) > 1 and name in table.names and (table.column(name).kind in ONE_PART or name in source.values)
    ]
    found += [
        UsageError("data.dimension", where=loaded.where(*place, "dimensions", name), found=name, table=table.name)
        for name in source.dimensions if name in table.names
    ]  # fmt: skip
    found += _values(loaded, place, table, source)
    found += _figures(loaded, place, table, source)
    if source.encoding and known_encoding(source.encoding) is None:
        found.append(_encoding(loaded, (*place, "encoding"), source.encoding))
    return found + _formats(loaded, place, table, source)


def _values(loaded: Loaded, place: Place, table: Table, source: Source) -> list[CrmError]:
    """Value maps of columns that take none, and values and constants that are no choice."""
    found: list[CrmError] = []
    columns = {column.name: column for column in table.extended(source.dimensions).columns}
    mappable = [name for name, column in columns.items() if column.choices or column.kind in WORDED]
    for name, mapped in source.values.items():
        where = loaded.where(*place, "values", name)
        if name not in mappable or name not in (*source.columns, *source.dimensions):
            has = [name for name in mappable if name in (*source.columns, *source.dimensions)]
            found.append(UsageError("data.values_column", where=where, found=name, has=has, nearest=nearest(name, has)))
            continue
        choices = columns[name].choices
        found += [
            UsageError("data.value", where=loaded.where(*place, "values", name, theirs), found=ours,
                       column=name, has=list(choices), nearest=nearest(ours, choices))
            for theirs, ours in mapped.items() if choices and ours not in choices
        ]  # fmt: skip
    found += [
        UsageError("data.value", where=loaded.where(*place, "constants", name), found=value, column=name,
                   has=list(columns[name].choices), nearest=nearest(value, columns[name].choices))
        for name, value in source.constants.items()
        if name in columns and columns[name].choices and value not in columns[name].choices
    ]  # fmt: skip
    return found


def _figures(loaded: Loaded, place: Place, table: Table, source: Source) -> list[CrmError]:
    """Signs and tax of a table without amounts, and tax that is to be converted at a rate that is not said."""
    found: list[CrmError] = [
        UsageError("data.no_amount", where=loaded.where(*place, name), found=name, table=table.name)
        for name, said in (("signs", bool(source.signs)), ("tax", source.tax is not None))
        if said and "amount" not in table.names
    ]
    basis = loaded.params.sales.tax
    if source.tax is not None and basis in ("included", "excluded") and source.tax != basis and source.tax_rate is None:
        found.append(UsageError("data.no_rate", where=loaded.where(*place, "tax"), found=source.tax, basis=basis))
    return found


def _formats(loaded: Loaded, place: Place, table: Table, source: Source) -> list[CrmError]:
    found: list[CrmError] = []
    dated = [name for name in source.columns if name in table.names and table.column(name).kind in DATED]
    for name, form in source.formats.items():
        where = loaded.where(*place, "formats", name)
        if name not in dated:
            found.append(UsageError("data.format_column", where=where, found=name, has=dated, nearest=nearest(name, dated)))
        elif not set(CODES.findall(form)) or set(CODES.findall(form)) - KNOWN_CODES:
            found.append(UsageError("data.format", where=where, column=name, found=form))
    return found


def _encoding(loaded: Loaded, place: Place, name: str) -> CrmError:
    return UsageError("data.encoding", where=loaded.where(*place), found=name, has=["cp932", "utf-8", "utf-16"])
