"""One look at the staged rows before they are typed: which columns are plain, and which cell rules were met.

A column is plain when every cell is already in the type's own form; such a column is cast and nothing else. Of any
other the odd cells are grouped, and everything that costs something is asked of the distinct odd values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import duckdb

from crm_helpers.data import asking, clean
from crm_helpers.data.contract import EXPONENT, Column, Table
from crm_helpers.data.rules import dates, ids, numbers, text
from crm_helpers.data.rules.model import FILE, CellRule, Met
from crm_helpers.params.schema import Cleaning, Source

MOST = 200_000
"""Distinct odd values above which the rows are read one by one."""
DATED = ("date", "moment", "month", "year")
RULES: Mapping[str, tuple[CellRule, ...]] = (
    dict.fromkeys(DATED, dates.RULES)
    | {"time": (dates.RULES[-1],), "id": ids.RULES}
    | dict.fromkeys(("money", "quantity", "integer", "number"), numbers.RULES)
)


@dataclass(frozen=True)
class Look:
    """What was seen, and the rows as they are to be read.

    Args:
        rows: a query like the one that was given, with a cell of its own for each column whose odd values were worked out.
        staged: contract column → its staged columns in `rows`.
        met: cell rules that were met.
    """

    seen: clean.Seen
    rows: str
    staged: Mapping[str, Sequence[str]]
    met: tuple[Met, ...]


@dataclass(frozen=True)
class _Staged:
    """The staged rows of a table and how they are to be read."""

    con: duckdb.DuckDBPyConnection
    table: Table
    source: Source
    rows: str
    cleaning: Cleaning
    currency: str
    values: Mapping[str, str]

    def held(self, column: Column, cell: str) -> int:
        """How many cells of a column hold anything."""
        kept = f" + count({self.values[column.name]})" if column.name in self.values else ""
        found = self.con.execute(f"select count(tidy({cell})){kept} from ({self.rows})").fetchone() or (0,)
        return int(found[0])


def look(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    source: Source,
    staged: Mapping[str, Sequence[str]],
    *,
    rows: str,
    cleaning: Cleaning,
    currency: str,
    values: Mapping[str, str] = MappingProxyType({}),
) -> Look:
    """Look at the staged rows.

    Args:
        rows: a query with file_no, row_no and the staged columns.
        values: contract column → the column of its plain values, where its staged column has the text of odd cells only.
    """
    given = _Staged(con, table, source, rows, cleaning, currency, values)
    columns = [column for column in table.columns if column.name in staged]
    single = {column.name: staged[column.name][0] for column in columns if len(staged[column.name]) == 1}
    tests = {c.name: clean.test_of(c, table, source, staged, cleaning, EXPONENT[currency]) for c in columns}
    tests |= {name: f"{single[name]} is null" for name in values}
    tested = {name: test for name, test in tests.items() if test}
    odd = asking.holding(con, f"({rows})", {name: (single[name], f"not {test}") for name, test in tested.items()})
    plain = set(tested) - odd
    met: list[Met] = []
    serial: set[str] = set()
    unified: set[str] = set()
    said: dict[str, str] = {}
    for column in (column for column in columns if column.name in single and column.name not in plain):
        name, cell, test = column.name, single[column.name], tests[column.name]
        if column.kind == "text" and name not in clean.REDUCED and cleaning.spellings and (change := _unify(given, name, cell)) is not None:
            made, told = change
            unified.add(name)
            met += told
            said |= {name: made} if made else {}
        if column.kind not in RULES:
            continue
        _group(con, rows, cell, test)
        dated = column.kind in DATED and name not in source.formats
        if dated and _serial(given, column, cell):
            serial.add(name)
            met.append(_whole(con, "dates.serial", name))
            continue
        _read(given, column)
        met += _asked(given, column)
        met += _mixed(given, column, cell) if dated and column.kind != "year" else []
        if test and _worked_out(given, column):
            made, whole = _values(given, column, cell)
            said[name] = made
            plain |= {name} if whole else set()
    con.execute("drop table if exists odd")
    cells = sorted({cell for parts in staged.values() for cell in parts} | set(values.values()))
    own = {name: [f"own_{name}"] if name in said else list(parts) for name, parts in staged.items()}
    seen = clean.Seen(frozenset(plain), frozenset(serial), frozenset(unified))
    return Look(seen, _said(rows, cells, {name: (single[name], made) for name, made in said.items()}), own, tuple(met))


def _said(rows: str, cells: Sequence[str], said: Mapping[str, tuple[str, str]]) -> str:
    """The rows with a further cell for each column of `said` (its cell, and the table of raw and said)."""
    if not said:
        return rows
    own = [
        f"case when {made}.raw is null then r.{cell} else {made}.said end as own_{name}" for name, (cell, made) in said.items()
    ]
    joins = " ".join(f"left join {made} on r.{cell} = {made}.raw" for cell, made in said.values())
    return f"select r.file_no, r.row_no, {', '.join([f'r.{cell}' for cell in cells] + own)} from ({rows}) r {joins}"


def _worked_out(given: _Staged, column: Column) -> bool:
    """Whether the odd cells are read by their distinct values: not where the day of business needs the time as written."""
    cleaning = given.cleaning
    kept = cleaning.late_hours == "next_day" or cleaning.day_starts_at > 0
    if (column.name in ("ordered_on", "ordered_at") and kept) or (column.kind == "money" and EXPONENT[given.currency]):
        return False
    values = given.con.execute("select count(*) from odd").fetchone() or (0,)
    return bool(values[0] <= MOST)


def _values(given: _Staged, column: Column, cell: str) -> tuple[str, bool]:
    """The table of odd values that can be read (raw) and their plain form (said), and whether that is all of them."""
    text = "strftime(value, '%Y-%m-%d %H:%M:%S')" if column.kind == "moment" else "cast(value as varchar)"
    made = f"said_{given.table.name}_{column.name}"
    if column.kind == "id":
        text = f"coalesce((select said from points where points.code = {text}), {text})"
        _without_point(given, cell)
    given.con.execute(
        f"create or replace temp table {made} as select raw, {text} as said from odd where x is null or value is not null"
    )
    left = given.con.execute(f"select count(*) from odd where raw not in (select raw from {made})").fetchone() or (0,)
    return made, not left[0]


def _group(con: duckdb.DuckDBPyConnection, rows: str, cell: str, test: str | None) -> None:
    """The distinct odd values of a cell as `odd`: raw, x (tidied), n, place of the first."""
    which = f"not {test}" if test else f"{cell} is not null"
    con.execute(
        f"create or replace temp table odd as select {cell} as raw, tidy({cell}) as x, count(*) as n,"
        f" min(file_no * {FILE} + row_no) as place from ({rows}) where {which} group by 1"
    )


def _read(given: _Staged, column: Column) -> None:
    """What each odd value is read as, as the column `value` of `odd`: once, because reading a date is a long expression."""
    read = clean.typed(column, "x", given.source, given.currency, given.cleaning, table=given.table.name)
    given.con.execute(f"create or replace temp table odd as select *, {read} as value from odd")


def _asked(given: _Staged, column: Column) -> list[Met]:
    rules = RULES[column.kind]
    tests = [_met(rule) for rule in rules]
    told = ", ".join(f"sum(n) filter ({test}), min(place) filter ({test})" for test in tests)
    found = given.con.execute(f"select {told} from odd").fetchone() or ()
    return [
        Met(rule.id, int(found[2 * i]), found[2 * i + 1], column.name) for i, rule in enumerate(rules) if found and found[2 * i]
    ]


def _met(rule: CellRule) -> str:
    if rule.read is None:
        return rule.test
    return f"{rule.test} and value is {'not ' if rule.read else ''}null"


def _serial(given: _Staged, column: Column, cell: str) -> bool:
    """Whether every cell of the column is an Excel serial: the odd ones are, and there are no others."""
    strange = f"count_if(not regexp_matches(fold(x), '{dates.SERIAL}'))"
    found = given.con.execute(f"select coalesce(sum(n), 0), {strange} from odd where x is not null").fetchone() or (0, 1)
    return bool(found[0] and not found[1]) and given.held(column, cell) == found[0]


def _whole(con: duckdb.DuckDBPyConnection, rule: str, column: str) -> Met:
    rows, place = con.execute("select sum(n), min(place) from odd").fetchone() or (0, None)
    return Met(rule, int(rows), place, column)


FORMS = (
    f"case when regexp_matches(fold(x), '{dates.ERA}') then 'era' when regexp_matches(fold(x), '^\\d{{8}}') then 'bare'"
    " when regexp_matches(fold(x), '^\\d{4}-') then 'dash' when regexp_matches(fold(x), '^\\d{4}/') then 'slash'"
    " when regexp_matches(fold(x), '^\\d{4}年') then 'kanji' end"
)


def _mixed(given: _Staged, column: Column, cell: str) -> list[Met]:
    """Days in several forms within one column: all are read, and the rarer ones told."""
    con = given.con
    odd = con.execute("select coalesce(sum(n), 0) from odd where x is not null").fetchone() or (0,)
    plain = given.held(column, cell) - int(odd[0])
    forms = con.execute(
        f"select {FORMS} as form, sum(n), min(place) from odd where value is not null group by 1 having form is not null"
    ).fetchall()
    counted = {form: (int(n), place) for form, n, place in forms}
    if plain:  # what is not odd is yyyy-mm-dd
        counted["dash"] = (counted.get("dash", (0, None))[0] + plain, None)
    if len(counted) < 2:
        return []
    most = max(counted, key=lambda form: (counted[form][0], form))
    rest = [counted[form] for form in counted if form != most]
    places = [place for _, place in rest if place is not None]
    return [Met("dates.mixed", sum(n for n, _ in rest), min(places, default=None), column.name)]


def _unify(given: _Staged, name: str, cell: str) -> tuple[str, list[Met]] | None:
    """The table of the values of a text column that change ("" when none does) and what is told; None for free text."""
    counted = given.con.execute(
        f"select {cell}, count(*), min(file_no * {FILE} + row_no) from ({given.rows})"
        f" where {cell} is not null group by 1 order by 1 limit {text.MOST + 1}"
    ).fetchall()
    if len(counted) > text.MOST:
        return None
    changes = text.unified([(value, n) for value, n, _ in counted])
    if not changes:
        return "", []
    told = [(n, place) for value, n, place in counted if (said := changes.get(value)) is not None and text.neat(value) != said]
    hidden = [(n, place) for value, n, place in counted if text.INVISIBLE.search(value) or "\u00a0" in value]
    met = [
        Met(rule, sum(n for n, _ in found), min(place for _, place in found), name, facts=(("values", len(found)),))
        for rule, found in (("text.spelling", told), ("text.invisible", hidden))
        if found
    ]
    made = f"said_{given.table.name}_{name}"
    given.con.execute(f"create or replace temp table {made} (raw varchar, said varchar)")
    given.con.executemany(f"insert into {made} values (?, ?)", [[raw, said] for raw, said in changes.items()])
    return made, met


def _without_point(given: _Staged, cell: str) -> None:
    """The table `points` of codes that became floats (12345.0) and what they were, where the column shows it.

    That is where the same code stands without its point too, or where every code of the column has become a float.
    """
    given.con.execute(
        "create or replace temp table points as with"
        f" floats as (select distinct fold(x) as code, regexp_replace(fold(x), '\\.0+$', '') as said from odd"
        f" where regexp_matches(fold(x), '{ids.FLOAT}')),"
        f" held as (select distinct {cell} as code from ({given.rows}) where {cell} is not null)"
        " select code, said from floats where said in (select code from held)"
        f" or not exists (select 1 from held where not regexp_matches(code, '{ids.FLOAT}'))"
    )
