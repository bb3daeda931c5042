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
def personal_words() -> tuple[str, ...]:
    """Words in a column's name that say that it identifies a person; such columns are never proposed."""
    return tuple(_read()["personal"])


@functools.cache
def _read() -> Any:
    return yaml.safe_load((HERE / "column_names.yaml").read_text("utf-8"))
