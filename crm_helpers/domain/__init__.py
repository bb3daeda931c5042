"""Consulting content as data: what practitioners agree on, in files that a consultant can read and mend."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent


@functools.cache
def column_names() -> Mapping[str, Mapping[str, list[str]]]:
    """Contract table → contract column → usual names in exports, the most telling first."""
    tables: Mapping[str, Mapping[str, list[str]]] = _read()["tables"]
    return tables


@functools.cache
def telling_columns() -> Mapping[str, list[str]]:
    """Contract table → columns of which a file must have one to be taken for it."""
    tables: Mapping[str, list[str]] = _read()["telling"]
    return tables


@functools.cache
def named_constants() -> Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]:
    """Table → column → column that its name in the file tells → word in that name → value."""
    tables: Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]] = _read()["constants"]
    return tables


def usual_values(table: str, column: str) -> Mapping[str, str]:
    """Usual words of a column with fixed values → the contract's."""
    words: Mapping[str, str] = _read()["values"].get(f"{table}.{column}", {})
    return words


@functools.cache
def _read() -> Any:
    return yaml.safe_load((HERE / "column_names.yaml").read_text("utf-8"))
