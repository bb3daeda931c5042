"""Which contents of the reports need which tables and columns: read from the metrics' `@needs`, without running them."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from pathlib import Path

METRICS = Path(__file__).resolve().parents[1] / "metrics"


@dataclass(frozen=True)
class Content:
    """One metric: its words are `words`, and it cannot do without `needs` (`order_lines.customer_id`, `surveys`)."""

    words: str
    needs: tuple[str, ...]


@functools.cache
def contents() -> tuple[Content, ...]:
    """Every metric that says what it needs, by module and then as they stand in it."""
    found = []
    for path in sorted(METRICS.glob("[a-z]*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and (names := _needs(node)):
                found.append(Content(f"{path.stem}.would_show.{node.name}", names))
    return tuple(found)


def _needs(function: ast.FunctionDef) -> tuple[str, ...]:
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "needs":
            return tuple(arg.value for arg in mark.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    return ()
