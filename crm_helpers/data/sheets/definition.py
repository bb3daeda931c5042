"""What a form is: `domain/forms/<form>.yaml`, read once and checked.

A form has fields (one value a file) and at most one table. A table has rows that are given (the items of the self-check)
and blank ones. What a field or column says goes to the contract column of its key; keys that the contract does not have
are for the reader of the paper only. A given row is known by its key, which stands in a hidden column.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crm_helpers import domain
from crm_helpers.data.contract import TABLES
from crm_helpers.domain import content

FORMS = Path(domain.__file__).parent / "forms"
Kind = Literal["id", "text", "long", "choice", "integer", "number", "percent", "money", "date"]
Words = dict[str, str]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(_Part):
    """One answer of a drop-down.

    Args:
        gives: contract columns that this answer fills; left out, the code goes to the column of the field's own key.
    """

    code: str
    label: Words
    gives: dict[str, str] = Field(default_factory=dict)


class Entry(_Part):
    """A field, or a column of the table.

    Args:
        shown: printed for the reader of the form; never read.
        width: of a column, in characters.
        least: characters that a text must have.
        customers_own: a reason as the customer sees it; the company's own reasons are told.
    """

    key: str
    label: Words
    help: Words = Field(default_factory=dict)
    kind: Kind = "text"
    choices: tuple[Choice, ...] = ()
    required: bool = False
    shown: bool = False
    width: int = 16
    least: int = 0
    customers_own: bool = False


class Section(_Part):
    """Fields under one title."""

    title: Words
    fields: tuple[Entry, ...]


class Row(_Part):
    """A given row: its key, and what its cells say; a cell that is given is not filled in by anybody."""

    key: str
    cells: dict[str, Words | str] = Field(default_factory=dict)
    short: bool = False


class Grid(_Part):
    """The table of a form.

    Args:
        key: the contract column that a given row's key fills.
        rows: given rows; in the file also the name of the content they are made of (`content.ROWS`).
        blank: rows to be filled in freely.
        unique: columns that no two rows of one respondent may share.
        counts: a given row is filled in when this column is.
        months: how many columns of months follow; each of their cells is a row of the contract.
        numbered: the contract column that numbers the rows, behind the field named by `numbered_by`.
        pages_wide: printed on so many pages side by side, the first two columns on each.
    """

    title: Words
    columns: tuple[Entry, ...]
    key: str = ""
    rows: tuple[Row, ...] = ()
    blank: int = 0
    unique: tuple[str, ...] = ()
    counts: str = ""
    months: int = 0
    numbered: str = ""
    numbered_by: str = ""
    pages_wide: int = 1


class Form(_Part):
    """One form.

    Args:
        order: its place among the forms, as a client meets them.
        table: the contract table that it fills.
        identity: fields that name a respondent; two files of the same respondent are told.
    """

    id: str
    version: str
    order: int
    table: str
    title: Words
    purpose: Words
    instructions: tuple[Words, ...]
    sections: tuple[Section, ...] = ()
    grid: Grid | None = None
    identity: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[Entry, ...]:
        """The fields of all sections."""
        return tuple(field for section in self.sections for field in section.fields)

    @property
    def columns(self) -> tuple[Entry, ...]:
        """The columns of the table; none without one."""
        return self.grid.columns if self.grid else ()

    def file_name(self, lang: str) -> str:
        """How its file is called when it is written."""
        return f"{self.title[lang].replace('/', '-')}.xlsx"


def forms(business_type: str = "") -> Mapping[str, Form]:
    """Every form by id, in the order in which a client meets them."""
    found = [form(path.stem, business_type) for path in FORMS.glob("*.yaml")]
    return {made.id: made for made in sorted(found, key=lambda made: made.order)}


@functools.cache
def form(name: str, business_type: str = "") -> Form:
    """The form of that id, in the words of the kind of business.

    Raises:
        AssertionError: its definition is faulty; what is wrong is told.
    """
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    said = yaml.load((FORMS / f"{name}.yaml").read_text("utf-8"), loader)
    try:
        return Form.model_validate(_expanded(said, business_type))
    except ValidationError as error:
        raise AssertionError(f"{name}.yaml: {error}") from None


def fills(form: Form) -> tuple[str, ...]:
    """The contract columns that a form can fill, in the contract's order."""
    entries = [entry for entry in (*form.fields, *form.columns) if not entry.shown]
    own = {entry.key for entry in entries} | {column for e in entries for choice in e.choices for column in choice.gives}
    if form.grid:
        own |= {form.grid.key, form.grid.numbered} | ({"month", "amount", "count"} if form.grid.months else set())
    return tuple(name for name in TABLES[form.table].names if name in own)


def filled(table: str) -> tuple[str, ...]:
    """The contract columns that any form of the table can fill; none where it has no form."""
    own = {name for form in forms().values() if form.table == table for name in fills(form)}
    return tuple(name for name in TABLES[table].names if name in own) if own else ()


def _expanded(said: dict[str, Any], business_type: str) -> dict[str, Any]:
    """The YAML with its shorthands written out: choices and rows by name, and `{code: [ja, en]}` for a choice."""
    named = said.pop("choices", {})
    grid = said.get("grid", {})
    entries = [entry for section in said.get("sections", []) for entry in section["fields"]] + grid.get("columns", [])
    for entry in entries:
        chosen = entry.get("choices")
        if isinstance(chosen, str):
            chosen = named[chosen] if chosen in named else content.CHOICES[chosen](business_type)
        if chosen:
            entry["choices"] = [_choice(code, told) for code, told in chosen.items()]
    rows = grid.get("rows")
    if isinstance(rows, str):
        grid["rows"] = content.ROWS[rows](business_type)
    elif rows:
        grid["rows"] = [{"key": row.pop("key"), "short": row.pop("short", False), "cells": row} for row in rows]
    return said


def _choice(code: str, told: Any) -> dict[str, Any]:
    if isinstance(told, list):
        return {"code": str(code), "label": {"ja": told[0], "en": told[1]}}
    return {"code": str(code), **told}


def month_columns(first: datetime.date, count: int) -> tuple[tuple[str, Words], ...]:
    """(`2026-04`, label) of `count` months from the month of `first`."""
    months = [(first.year + (first.month - 1 + i) // 12, (first.month - 1 + i) % 12 + 1) for i in range(count)]
    return tuple((f"{y}-{m:02d}", {"ja": f"{y}年{m}月", "en": f"{y}-{m:02d}"}) for y, m in months)
