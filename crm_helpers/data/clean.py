"""Staged text to contract types, in SQL: spaces, full-width signs, Japanese number and date habits, composite keys.

Only the import uses this; the functions are DuckDB's.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from crm_helpers.data.contract import EXPONENT, Column, Table
from crm_helpers.data.rules import dates, ids, numbers
from crm_helpers.data.staging import quoted
from crm_helpers.params.schema import Cleaning, Source

FULL = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "　￥−‐‑"
HALF = "".join(chr(code) for code in range(0x21, 0x7F)) + " ¥---"
FOLD = str.maketrans(FULL, HALF)
EDGES = " \t\u3000\u00a0"
FIRST_YEAR, LAST_YEAR = 1900, 2199  # a date outside is a typing error, such as year 23 or 9999
BETWEEN = f"{{}} between date '{FIRST_YEAR}-01-01' and date '{LAST_YEAR}-12-31'"
CLOCK = r"\d{1,2}:\d{2}(:\d{2})?"
YES = (
    "1",
    "true",
    "yes",
    "y",
    "t",
    "on",
    "ok",
    "○",
    "〇",
    "◯",
    "有",
    "あり",
    "可",
    "許可",
    "同意",
    "同意する",
    "希望",
    "はい",
    "済",
)
NO = ("0", "false", "no", "n", "f", "off", "ng", "×", "✕", "無", "なし", "不可", "拒否", "同意しない", "不要", "いいえ", "未")
SHORT = {"date": "date", "moment": "date", "month": "date", "money": "amount", "quantity": "quantity", "id": "key", "text": "key"}
DEFAULTS = Cleaning()
NO_GAP = re.compile(r"%[YymdHMS]%[YymdHMS]")

# tidy: without spaces around and Excel's ="00123"; empty is NULL. fold: full-width letters, digits, signs to half-width.
# digits: the bare number of ▲1,234 / (1,234) / 1,234- / ¥1,234 / 1,234円; NULL when commas do not part thousands.
# A backslash is a yen sign: they share a code in cp932. The first branches serve most values at a tenth of the cost.
MACROS = (
    f"""create or replace temp macro tidy(x) as nullif(case
        when strlen(x) = length(x) and not contains(x, ' ') and not contains(x, '="') and not contains(x, chr(9)) then x
        when starts_with(trim(x, {quoted(EDGES)}), '="') then trim(regexp_extract(x, '="(.*)"', 1), {quoted(EDGES)})
        else trim(x, {quoted(EDGES)}) end, '')""",
    f"""create or replace temp macro fold(x) as case when strlen(x) = length(x) then x
        when not regexp_matches(x, '[{FULL}]') then x
        else trim(translate(x, {quoted(FULL)}, {quoted(HALF)})) end""",
    r"""create or replace temp macro unsigned(x) as regexp_replace(x, '^\(|^[-+▲△]|[-)]$', '', 'g')""",
    r"""create or replace temp macro minus(x) as
        case when regexp_matches(x, '^[-▲△]|-$|^\(.*\)$') then '-' else '' end""",
    r"""create or replace temp macro grouped(x) as
        case when regexp_matches(unsigned(x), '^(\d+|\d{1,3}(,\d{3})+)(\.\d*)?$')
        then minus(x) || replace(unsigned(x), ',', '') end""",
    r"""create or replace temp macro digits(x) as grouped(regexp_replace(fold(x), '[\s¥\\$€円]', '', 'g'))""",
    r"""create or replace temp macro day(x) as rtrim(regexp_replace(regexp_extract(fold(x),
        '^(\d{8}|\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日)([ T].*)?$', 1),
        '[/年月]', '-', 'g'), '日')""",
    "create or replace temp macro items(x) as cast(case when x = floor(x) then x else sign(x) end as bigint)",
    f"""create or replace temp macro plausible(x) as
        case when year(x) between {FIRST_YEAR} and {LAST_YEAR} then cast(x as date) end""",
)


@dataclass(frozen=True)
class Seen:
    """What a look at the staged rows has found.

    Args:
        plain: columns in which every cell is plain.
        serial: columns of days in which every cell is an Excel serial.
        unified: text columns whose values have been worked out over the distinct ones and stand in the rows as they are said.
    """

    plain: frozenset[str] = frozenset()
    serial: frozenset[str] = frozenset()
    unified: frozenset[str] = frozenset()


def raw(parts: Sequence[str]) -> str:
    """The text of a contract column: one tidy staged column, or several joined with "-"; NULL when all are empty."""
    if len(parts) == 1:
        return parts[0]
    joined = ", ".join(f"coalesce(fold({part}), '')" for part in parts)
    return f"case when coalesce({', '.join(parts)}) is not null then concat_ws('-', {joined}) end"


def plain(column: Column, cell: str, source: Source, *, places: int) -> str | None:
    """SQL: whether a staged cell is already in the type's own form, NULL for an empty one; None for kinds that have none."""
    if column.name in source.formats:
        return None
    decimals = rf"(\.\d{{1,{places}}})?" if places else ""
    day, moment_day = (BETWEEN.format(read) for read in (f"try_cast({cell} as date)", f"cast(try_cast({cell} as timestamp) as date)"))
    tests = {
        "id": f"regexp_full_match({cell}, '[0-9A-Za-z_/#:@-]+')",
        "date": f"({cell} like '____-__-__' and coalesce({day}, {cell} is null))",
        "moment": f"({cell} like '____-__-__ __:__:__' and coalesce({moment_day}, {cell} is null))",
        "time": f"regexp_full_match({cell}, '([01][0-9]|2[0-3]):[0-5][0-9]')",
        "money": rf"regexp_full_match({cell}, '-?(\d{{1,14}}|\d{{1,3}}(,\d{{3}}){{1,4}}){decimals}')",
        "quantity": rf"regexp_full_match({cell}, '-?\d{{1,14}}')",
        "integer": rf"regexp_full_match({cell}, '-?\d{{1,14}}')",
    }
    return tests.get(column.kind)


def plain_by_value(column: Column, value: str, cell: str, test: str) -> str:
    """SQL of what `plain` tests, and true for an empty cell, where its value is at hand.

    Text that is written as its value would be needs no pattern, which is what costs most.

    Args:
        value: SQL of `cast_plain`.
        test: SQL of `plain`.
    """
    sound = BETWEEN.format(f"cast({value} as date)") if column.kind in ("date", "moment") else f"strlen({cell}) < 16"
    return f"case when cast({value} as varchar) = {cell} and {sound} then true else coalesce({test}, true) end"


def cast_plain(column: Column, cell: str, source: Source, *, places: int) -> str:
    """SQL of the value of a plain cell; NULL for one that is not, though it may cost more to find that out."""
    number = f"replace({cell}, ',', '')"
    by_kind = {
        "date": f"try_cast({cell} as date)",
        "moment": f"try_cast({cell} as timestamp)",
        "money": f"cast(try_cast({number} as decimal(18, {places})) * {10**places} as bigint)"
        if places
        else f"try_cast({number} as bigint)",
        "quantity": f"try_cast({cell} as bigint)",
        "integer": f"try_cast({cell} as bigint)",
    }
    return without_guests(column, by_kind.get(column.kind, cell), source)


def typed(
    column: Column,
    text: str,
    source: Source,
    currency: str,
    cleaning: Cleaning = DEFAULTS,
    *,
    table: str = "",
    serial: bool = False,
) -> str:
    """SQL that turns the text (an SQL name) into the column's type; NULL when it cannot be read.

    Args:
        table: the contract table, for what `cleaning` says of its columns.
        serial: the column holds Excel serials.
    """
    form = source.formats.get(column.name)
    day = f"cast({dates.serial(text)} as date)" if serial else date(text, form, cleaning.timezone)
    unit = cleaning.units.get(f"{table}.{column.name}")
    percent = _number(f"rtrim(fold({text}), '% ')", 6)
    by_kind = {
        "id": f"case when not regexp_matches(fold({text}), '{ids.LOST}') then fold({text}) end",
        "text": text,
        "money": numbers.multiplied(text, money(text, EXPONENT[currency]), EXPONENT[currency], unit)
        if unit
        else money(text, EXPONENT[currency]),
        "quantity": f"items({_number(text, 3)})",
        "integer": f"cast({_number(text, 0)} as bigint)",
        "date": day,
        "moment": dates.serial(text) if serial else moment(text, form, cleaning.timezone),
        "month": f"cast(date_trunc('month', coalesce({day}, {_month(text)})) as date)",
        "free_text": text,
        "choice": _choice(column, text, source),
        "flag": _flag(text),
        "number": f"cast({percent} as double)",
        "year": f"coalesce(cast(year({day}) as bigint), {_year(text)})",
        "time": _time(text, form),
    }
    read = REDUCED[column.name](text, day) if column.name in REDUCED else by_kind[column.kind]
    return without_guests(column, read, source)


def without_guests(column: Column, read: str, source: Source) -> str:
    """SQL of the column's value, NULL for the codes that the mapping calls guests."""
    if column.name == "customer_id" and source.guests:
        guests = ", ".join(quoted(guest.strip(EDGES).translate(FOLD)) for guest in source.guests)
        return f"case when {read} not in ({guests}) then {read} end"
    return read


def _birth_month(text: str, day: str) -> str:
    """SQL of a month of birth, 1 to 12, from the month or a full date, of which no more is kept."""
    month = f"try_cast(regexp_extract(fold({text}), '^(\\d{{1,2}})月?$', 1) as bigint)"
    return f"coalesce(cast(month({day}) as bigint), case when {month} between 1 and 12 then {month} end)"


def _postal_area(text: str, day: str) -> str:  # noqa: ARG001
    """SQL of the first three digits of a Japanese postal code, of which no more is kept."""
    return f"nullif(regexp_extract(fold({text}), '^〒? ?(\\d{{3}})(?:-?\\d{{4}})?$', 1), '')"


REDUCED = {"birth_month": _birth_month, "postal_area": _postal_area}  # columns that keep less than the file says


def date(text: str, form: str | None, zone: str = DEFAULTS.timezone) -> str:
    """SQL of a date from text: by the mapping's format, else by forms that cannot be misread.

    Those are year-first days, days with an era, and moments with an offset, of which the day in `zone` counts.
    """
    if form is None:
        first = f"plausible(try_strptime(day({text}), ['%Y-%m-%d', '%Y%m%d']))"
        offset = f"regexp_matches(fold({text}), '{dates.OFFSET}')"
        return f"case when {offset} then plausible({dates.local(text, zone)}) else coalesce({first}, {dates.era(text)}) end"
    read = f"try_strptime(fold({text}), {quoted(form.translate(FOLD))})"
    if NO_GAP.search(form):  # 2023011 is not %Y%m%d, although strptime takes it
        width = len(datetime.datetime(2022, 11, 22, 11, 11, 11).strftime(form))
        read = f"case when length({text}) = {width} then {read} end"
    return f"plausible({read})"


def moment(text: str, form: str | None, zone: str = DEFAULTS.timezone) -> str:
    """SQL of a local time from text: by the mapping's format, else a date as in `date` with or without a time.

    25:30 is half past one of the next day; a moment with an offset is brought to `zone`.
    """
    if form is not None:
        read = f"try_strptime(fold({text}), {quoted(form.translate(FOLD))})"
        return f"case when year({read}) between {FIRST_YEAR} and {LAST_YEAR} then {read} end"
    clock = f"nullif(regexp_extract(fold({text}), {quoted(CLOCK)}), '')"
    early = f"{date(text, None, zone)} + coalesce(try_cast({clock} as time), time '00:00:00')"
    late = f"({date(text, None, zone)} + 1) + try_cast({dates.clock(text)} as time)"
    offset = f"regexp_matches(fold({text}), '{dates.OFFSET}')"
    return f"case when {offset} then {dates.local(text, zone)} when {dates.is_late(text)} then {late} else {early} end"


def select(
    table: Table,
    source: Source,
    staged: Mapping[str, Sequence[str]],
    *,
    rows: str,
    currency: str,
    as_of: datetime.date,
    cleaning: Cleaning = DEFAULTS,
    seen: Seen = Seen(),
    values: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A query of file_no, row_no, `aside` (why a row is set aside), the contract columns and `unread_<column>`.

    The text of a column is worked out only where it is not plain: `raw_<column>` is NULL for a plain or an empty cell.

    Args:
        staged: contract column → its staged columns.
        rows: query of the staged rows with file_no and row_no.
        values: contract column → the column of its plain values, where its staged column has the text of odd cells only.
    """
    places = EXPONENT[currency]
    columns = [column for column in table.columns if column.name in staged]
    tests = {c.name: test_of(c, table, source, staged, cleaning, places) for c in columns}
    tests |= {name: f"{value} is not null" for name, value in values.items()}
    direct = {c.name for c in columns if c.name in seen.plain and tests[c.name]} | set(seen.unified)
    cells: list[str] = []
    raws: list[str] = []
    for column in columns:
        name, parts = column.name, staged[column.name]
        if name in direct:
            raws.append(f"cast(null as varchar) as raw_{name}")
            value = cast_plain(column, parts[0], source, places=places)
            value = f"coalesce({values[name]}, {value})" if name in values else value
        else:
            text = raw([f"tidy({part})" for part in parts])
            test = tests[name]
            raws.append(f"{f'case when {test} then null else {text} end' if test else text} as raw_{name}")
            value = typed(column, f"raw_{name}", source, currency, cleaning, table=table.name, serial=name in seen.serial)
            if test:
                fast = values.get(name) or cast_plain(column, parts[0], source, places=places)
                value = f"case when {test} then {fast} when raw_{name} is not null then {value} end"
        if name == "ordered_on" and table.name == "order_lines":
            value = _business_day(value, staged, source, cleaning)
        cells.append(f"{value} as {name}")
    cells += [f"cast(null as {c.sql_type}) as {c.name}" for c in table.columns if c.name not in staged]
    reason = " ".join(f"when {test} then '{name}'" for name, test in _reasons(table, staged, as_of))
    unread = [
        f"raw_{column.name} is not null and {column.name} is null as unread_{column.name}"
        for column in optional(table)
        if column.name in staged
    ]
    shown = [
        "file_no",
        "row_no",
        f"case {reason} else null end as aside",
        *[_seen(column, table, staged, as_of) for column in table.columns],
        *unread,
    ]
    return (
        f"with raws as (select *, {', '.join(raws)} from ({rows})),"
        f" cells as (select *, {', '.join(cells)} from raws) select {', '.join(shown)} from cells"
    )


def test_of(
    column: Column, table: Table, source: Source, staged: Mapping[str, Sequence[str]], cleaning: Cleaning, places: int
) -> str | None:
    """The test of `plain` for a column that is read from one cell and has no declared unit."""
    parts = staged[column.name]
    guests = column.required and column.name == "customer_id" and source.guests  # a guest is no missing code
    if len(parts) > 1 or guests or column.name in REDUCED or f"{table.name}.{column.name}" in cleaning.units:
        return None
    return plain(column, parts[0], source, places=places)


def _business_day(day: str, staged: Mapping[str, Sequence[str]], source: Source, cleaning: Cleaning) -> str:
    """The day that an order counts on: hours past 24:00 and hours before the start of the business day, as declared."""
    if cleaning.late_hours == "same_day" and not cleaning.day_starts_at:
        return day
    timed = "ordered_at" if "ordered_at" in staged else "ordered_on"
    cell = f"coalesce(raw_{timed}, {staged[timed][0]})"
    late = dates.is_late(cell)
    shift = f"case when {late} then {int(cleaning.late_hours == 'next_day')} else 0 end"
    if cleaning.day_starts_at:
        clock = _time(cell, source.formats.get(timed))
        early = f"try_cast(left({clock}, 2) as integer) < {cleaning.day_starts_at}"
        kept = "" if cleaning.late_hours == "next_day" else f" and not {late}"
        shift += f" - case when {early}{kept} then 1 else 0 end"
    return f"{day} + cast({shift} as integer)"


def optional(table: Table) -> list[Column]:
    """The columns that may be unreadable in a row that still counts."""
    return [
        c
        for c in table.columns
        if not c.required and (c.name in REDUCED or c.kind not in ("id", "text", "free_text", "quantity"))
    ]


def _seen(column: Column, table: Table, staged: Mapping[str, Sequence[str]], as_of: datetime.date) -> str:
    """The column as it stood at the end of as_of: a day that came later is blank, unless it is a plan."""
    late = column.kind in ("date", "moment") and column.name in staged and not column.planned and column.name != table.dated
    name = column.name
    return f"case when cast({name} as date) <= date '{as_of.isoformat()}' then {name} end as {name}" if late else name


def _reasons(table: Table, staged: Mapping[str, Sequence[str]], as_of: datetime.date) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for column in table.columns:
        short = SHORT.get(column.kind, "value")
        if column.required:
            found.append((f"missing_{short}", f"raw_{column.name} is null and {column.name} is null"))
        if column.name in staged and (column.required or column.kind == "quantity"):
            found.append((f"bad_{short}", f"raw_{column.name} is not null and {column.name} is null"))
    if table.dated is not None:
        found.append(("future", f"cast({table.dated} as date) > date '{as_of.isoformat()}'"))
    return found


def _number(text: str, places: int) -> str:
    kind = f"decimal(18, {places})"
    plain = f"try_cast({text} as {kind})"
    return f"case when {plain} is null then try_cast(digits({text}) as {kind}) else {plain} end"


def money(text: str, places: int) -> str:
    """SQL of an amount in minor units, rounded half away from zero; NULL when it cannot be read."""
    number = _number(text, places)
    return (
        f"cast({number} as bigint)" if places == 0 else f"cast(cast({number} as decimal(38, {places})) * {10**places} as bigint)"
    )


def _year(text: str) -> str:
    digits = f"try_cast(regexp_extract(fold({text}), '^(\\d{{4}})年?$', 1) as bigint)"
    return f"case when {digits} between {FIRST_YEAR} and {LAST_YEAR} then {digits} end"


def _time(text: str, form: str | None) -> str:
    if form is not None:
        return f"strftime(try_strptime(fold({text}), {quoted(form.translate(FOLD))}), '%H:%M')"
    early = f"lpad(nullif(regexp_extract(fold({text}), '(?:^|\\D)((?:[01]?\\d|2[0-3]):[0-5]\\d)', 1), ''), 5, '0')"
    return f"case when {dates.is_late(text)} then {dates.clock(text)} else {early} end"


def _month(text: str) -> str:
    parted = f"regexp_extract(fold({text}), '^(\\d{{4}})[-/年]?(\\d{{1,2}})月?$', ['y', 'm'])"
    return f"try_cast({parted}.y || '-' || {parted}.m || '-1' as date)"


def _choice(column: Column, text: str, source: Source) -> str:
    """SQL of one of the column's choices: as it is said, or as `values:` maps it; NULL for anything else."""
    word = f"lower(fold({text}))"
    mapped = {theirs.strip(EDGES).translate(FOLD).lower(): ours for theirs, ours in source.values.get(column.name, {}).items()}
    cases = [f"when {quoted(theirs)} then {quoted(ours)}" for theirs, ours in ({c: c for c in column.choices} | mapped).items()]
    return f"case {word} {' '.join(cases)} end"


def _flag(text: str) -> str:
    word = f"lower(fold({text}))"
    return f"case when {word} in ({_listed(YES)}) then true when {word} in ({_listed(NO)}) then false end"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(quoted(word) for word in words)
