"""One look at the staged rows before they are typed: which columns are plain, and which cell rules were met.

A column is plain when every cell is already in the type's own form; such a column is cast and nothing else. Of any
other the odd cells are grouped, and everything that costs something is asked of the distinct odd values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from crm_helpers.data import clean
from crm_helpers.data.contract import EXPONENT, Column, Table
from crm_helpers.data.rules import dates, ids, numbers, text
from crm_helpers.data.rules.model import FILE, CellRule, Met
from crm_helpers.params.schema import Cleaning, Source

DATED = ("date", "moment", "month", "year")
RULES: Mapping[str, tuple[CellRule, ...]] = (
    dict.fromkeys(DATED, dates.RULES)
    | {"time": (dates.RULES[-1],), "id": ids.RULES}
    | dict.fromkeys(("money", "quantity", "integer", "number"), numbers.RULES)
)


@dataclass(frozen=True)
class Look:
    """What was seen, the rows as they are to be read (values unified), and the cell rules that were met."""

    seen: clean.Seen
    rows: str
    met: tuple[Met, ...]


def look(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    source: Source,
    staged: Mapping[str, Sequence[str]],
    *,
    rows: str,
    cleaning: Cleaning,
    currency: str,
) -> Look:
    """Look at the staged rows (`rows`: a query with file_no, row_no and the staged columns)."""
    columns = [column for column in table.columns if column.name in staged]
    single = {column.name: staged[column.name][0] for column in columns if len(staged[column.name]) == 1}
    tests = {c.name: clean.test_of(c, table, source, staged, cleaning, EXPONENT[currency]) for c in columns}
    plain = _plain(con, {name: test for name, test in tests.items() if test}, rows)
    met: list[Met] = []
    serial: set[str] = set()
    unified: set[str] = set()
    changed: dict[str, str] = {}
    for column in (column for column in columns if column.name in single and column.name not in plain):
        name, cell = column.name, single[column.name]
        if column.kind == "text" and cleaning.spellings:
            change = _unify(con, table, name, cell, rows)
            if change is not None:
                made, told = change
                unified.add(name)
                met += told
                changed |= {cell: made} if made else {}
        if column.kind not in RULES:
            continue
        _group(con, rows, cell, tests[name])
        dated = column.kind in DATED and name not in source.formats
        if dated and _serial(con, cell, rows):
            serial.add(name)
            met.append(_whole(con, "dates.serial", name))
            continue
        met += _asked(con, column, table, source, currency, cleaning)
        met += _mixed(con, column, cell, rows) if dated else []
        if column.kind == "id" and any(rule.id == "ids.float" for rule in met if rule.column == name):
            changed[cell] = _without_point(con, table, name, cell, rows)
    con.execute("drop table if exists odd")
    seen = clean.Seen(frozenset(plain), frozenset(serial), frozenset(unified))
    return Look(seen, _said(rows, sorted({c for parts in staged.values() for c in parts}), changed), tuple(met))


def _said(rows: str, cells: Sequence[str], changed: Mapping[str, str]) -> str:
    """The rows with the cells of `changed` as their tables (raw, said) say them."""
    if not changed:
        return rows
    shown = [
        f"case when {changed[c]}.raw is null then r.{c} else {changed[c]}.said end as {c}" if c in changed else f"r.{c}"
        for c in cells
    ]
    joins = " ".join(f"left join {made} on r.{cell} = {made}.raw" for cell, made in changed.items())
    return f"select r.file_no, r.row_no, {', '.join(shown)} from ({rows}) r {joins}"


def _plain(con: duckdb.DuckDBPyConnection, tested: Mapping[str, str], rows: str) -> set[str]:
    if not tested:
        return set()
    counts = ", ".join(f"count_if(not {test})" for test in tested.values())
    found = con.execute(f"select {counts} from ({rows})").fetchone() or ()
    return {name for name, odd in zip(tested, found, strict=True) if not odd}


def _group(con: duckdb.DuckDBPyConnection, rows: str, cell: str, test: str | None) -> None:
    """The distinct odd values of a cell as `odd`: x (tidied), n, place of the first."""
    which = f"not {test}" if test else f"{cell} is not null"
    con.execute(
        f"create or replace temp table odd as select tidy({cell}) as x, count(*) as n,"
        f" min(file_no * {FILE} + row_no) as place from ({rows}) where {which} group by 1 having x is not null"
    )


def _asked(
    con: duckdb.DuckDBPyConnection, column: Column, table: Table, source: Source, currency: str, cleaning: Cleaning
) -> list[Met]:
    rules = RULES[column.kind]
    read = clean.typed(column, "x", source, currency, cleaning, table=table.name)
    tests = [_met(rule, read) for rule in rules]
    told = ", ".join(f"sum(n) filter ({test}), min(place) filter ({test})" for test in tests)
    found = con.execute(f"select {told} from odd").fetchone() or ()
    return [
        Met(rule.id, int(found[2 * i]), found[2 * i + 1], column.name) for i, rule in enumerate(rules) if found and found[2 * i]
    ]


def _met(rule: CellRule, read: str) -> str:
    if rule.read is None:
        return rule.test
    return f"{rule.test} and ({read}) is {'not ' if rule.read else ''}null"


def _serial(con: duckdb.DuckDBPyConnection, cell: str, rows: str) -> bool:
    """Whether every cell of the column is an Excel serial: the odd ones are, and there are no others."""
    strange = f"count_if(not regexp_matches(fold(x), '{dates.SERIAL}'))"
    found = con.execute(f"select coalesce(sum(n), 0), {strange} from odd").fetchone() or (0, 1)
    if not found[0] or found[1]:
        return False
    held = con.execute(f"select count(tidy({cell})) from ({rows})").fetchone() or (0,)
    return bool(held[0] == found[0])


def _whole(con: duckdb.DuckDBPyConnection, rule: str, column: str) -> Met:
    rows, place = con.execute("select sum(n), min(place) from odd").fetchone() or (0, None)
    return Met(rule, int(rows), place, column)


FORMS = (
    f"case when regexp_matches(fold(x), '{dates.ERA}') then 'era' when regexp_matches(fold(x), '^\\d{{8}}') then 'bare'"
    " when regexp_matches(fold(x), '^\\d{4}-') then 'dash' when regexp_matches(fold(x), '^\\d{4}/') then 'slash'"
    " when regexp_matches(fold(x), '^\\d{4}年') then 'kanji' end"
)


def _mixed(con: duckdb.DuckDBPyConnection, column: Column, cell: str, rows: str) -> list[Met]:
    """Days in several forms within one column: all are read, and the rarer ones told."""
    held = con.execute(f"select count({cell}) - (select coalesce(sum(n), 0) from odd) from ({rows})").fetchone() or (0,)
    forms = con.execute(f"select {FORMS} as form, sum(n), min(place) from odd group by 1 having form is not null").fetchall()
    counted = {form: (int(n), place) for form, n, place in forms}
    if held[0]:  # what is not odd is yyyy-mm-dd
        counted["dash"] = (counted.get("dash", (0, None))[0] + int(held[0]), None)
    if len(counted) < 2:
        return []
    most = max(counted, key=lambda form: (counted[form][0], form))
    rest = [counted[form] for form in counted if form != most]
    places = [place for _, place in rest if place is not None]
    return [Met("dates.mixed", sum(n for n, _ in rest), min(places, default=None), column.name)]


def _unify(con: duckdb.DuckDBPyConnection, table: Table, name: str, cell: str, rows: str) -> tuple[str, list[Met]] | None:
    """The table of the values of a text column that change ("" when none does) and what is told; None for free text."""
    counted = con.execute(
        f"select {cell}, count(*), min(file_no * {FILE} + row_no) from ({rows}) where {cell} is not null group by 1 order by 1"
        f" limit {text.MOST + 1}"
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
    return _keep(con, table, name, changes), met


def _keep(con: duckdb.DuckDBPyConnection, table: Table, name: str, changes: Mapping[str, str | None]) -> str:
    made = f"said_{table.name}_{name}"
    con.execute(f"create or replace temp table {made} (raw varchar, said varchar)")
    con.executemany(f"insert into {made} values (?, ?)", [[raw, said] for raw, said in changes.items()])
    return made


def _without_point(con: duckdb.DuckDBPyConnection, table: Table, name: str, cell: str, rows: str) -> str:
    """The table of codes that became floats (12345.0) and what they were, where the column shows it.

    That is where the same code stands without its point too, or where every code of the column has become a float.
    """
    made = f"said_{table.name}_{name}"
    con.execute(
        f"create or replace temp table {made} as with"
        f" codes as (select distinct {cell} as raw, fold(tidy({cell})) as code from ({rows}) where {cell} is not null),"
        f" parted as (select raw, code, regexp_matches(code, '{ids.FLOAT}') as float,"
        " regexp_replace(code, '\\.0+$', '') as said from codes where code is not null)"
        " select raw, said from parted where float and (said in (select code from parted where not float)"
        " or not exists (select 1 from parted where not float))"
    )
    return made
