"""A statement and its values: `:name` becomes a literal in the syntax tree, so that no text is ever pasted into SQL."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sqlglot
from sqlglot import exp

DIALECT = "duckdb"


@dataclass(frozen=True)
class Statement:
    """A query without placeholders, and the tables that it names."""

    text: str
    tables: tuple[str, ...]


def bind(text: str, values: Mapping[str, object]) -> Statement:
    """The query with its values.

    Raises:
        ValueError: not one query, a value missing or too many, a value that has no literal.
    """
    tree = _parsed(text).copy()
    wanted = {str(node.this) for node in tree.find_all(exp.Placeholder)}
    if wanted != set(values):
        raise ValueError(f"values missing: {sorted(wanted - set(values))}; not in the statement: {sorted(set(values) - wanted)}")
    for node in list(tree.find_all(exp.Placeholder)):
        _put(node, values[str(node.this)])
    own = {cte.alias_or_name for cte in tree.find_all(exp.CTE)}
    tables = {table.name for table in tree.find_all(exp.Table)} - own
    return Statement(tree.sql(DIALECT), tuple(sorted(tables)))


@functools.lru_cache(maxsize=256)
def _parsed(text: str) -> exp.Query:
    trees = [tree for tree in sqlglot.parse(text, read=DIALECT) if tree is not None]
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise ValueError(f"one query is wanted: {text.strip()[:80]}")
    return trees[0]


def _put(node: exp.Expression, value: object) -> None:
    if not isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        node.replace(_literal(value))
        return
    inside = node.find_ancestor(exp.In)
    if inside is None or node not in inside.expressions:
        raise ValueError(f"a list stands only in `in (:{node.this})`")
    items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else list(value)
    if items:
        inside.set("expressions", [_literal(item) for item in items])
    else:
        inside.replace(exp.false())


def _literal(value: object) -> exp.Expr:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, datetime.datetime):
        if value.time() != datetime.time():
            raise ValueError(f"a day is wanted, not a time: {value}")
        value = value.date()
    if isinstance(value, datetime.date):
        return exp.cast(exp.Literal.string(value.isoformat()), "date")
    if value is None or isinstance(value, (bool, int, float, str)):
        return exp.convert(value)
    raise ValueError(f"{type(value).__name__} has no literal")
