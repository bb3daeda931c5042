"""Which columns of many rows hold anything that passes a test, at the least cost.

A text column of an export mostly repeats a few values: of such a column each value is asked once, because to group is much
cheaper than a pattern.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

MANY = 100_000  # rows below which asking each is cheapest, and of which the number of values is looked at
REPEATED = 20  # rows a value from which on values are asked instead


def holding(con: duckdb.DuckDBPyConnection, rows: str, tests: Mapping[str, tuple[str, str]]) -> set[str]:
    """The names of which any cell passes.

    Args:
        rows: what stands behind `from`.
        tests: name → a column of the rows, and SQL of the test over that column alone.
    """
    few = _repeated(con, rows, {column for column, _ in tests.values()})
    found: set[str] = set()
    each = {name: test for name, (column, test) in tests.items() if column not in few}
    if each:
        counts = ", ".join(f"count_if({test})" for test in each.values())
        met = con.execute(f"select {counts} from {rows}").fetchone() or ()
        found |= {name for name, n in zip(each, met, strict=True) if n}
    for name, (column, test) in tests.items():
        if column in few and con.execute(f"select 1 from (select distinct {column} from {rows}) where {test} limit 1").fetchone():
            found.add(name)
    return found


def _repeated(con: duckdb.DuckDBPyConnection, rows: str, columns: set[str]) -> set[str]:
    """The columns of many rows whose first ones repeat few values."""
    total = con.execute(f"select count(*) from {rows}").fetchone() or (0,)
    if total[0] < MANY or not columns:
        return set()
    names = sorted(columns)
    counts = ", ".join(f"count(distinct {name})" for name in names)
    found = con.execute(f"select {counts} from (select {', '.join(names)} from {rows} limit {MANY})").fetchone() or ()
    return {name for name, n in zip(names, found, strict=True) if n * REPEATED <= MANY}
