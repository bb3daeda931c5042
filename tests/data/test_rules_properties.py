"""Whatever a day, a number or a code is written like: read back right, or refused; never made into something else."""

from __future__ import annotations

import datetime
import re

import duckdb
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crm_helpers.data import clean
from crm_helpers.data.contract import ORDER_LINES
from crm_helpers.data.rules import dates, ids, text
from crm_helpers.params.schema import Source
from tests.data.conftest import HEAD, Project, aside

CON = duckdb.connect(config={"threads": 1})
for macro in clean.MACROS:
    CON.execute(macro)
SOURCE = Source(files=["x"], columns={})
DAY = clean.typed(ORDER_LINES.column("ordered_on"), "x", SOURCE, "JPY")
YEN = clean.typed(ORDER_LINES.column("amount"), "x", SOURCE, "JPY")
CODE = clean.typed(ORDER_LINES.column("customer_id"), "x", SOURCE, "JPY")
WIDE = str.maketrans("0123456789,.-/", "０１２３４５６７８９，．－／")
FEW = settings(max_examples=60, deadline=None, derandomize=True, database=None)

days = st.dates(datetime.date(1912, 7, 30), datetime.date(2199, 12, 31))


def read(expression: str, cell: str) -> object:
    return CON.execute(f"select {expression} from (select tidy(?) as x)", [cell]).fetchone()[0]


def both(column: str, cell: str) -> set[object]:
    """What a cell is read as by the general way and, where it is plain, by the short one."""
    kind = ORDER_LINES.column(column)
    general = read(clean.typed(kind, "x", SOURCE, "JPY"), cell)
    plain = CON.execute(
        f"select {clean.plain(kind, 'x', SOURCE, places=0)}, {clean.cast_plain(kind, 'x', SOURCE, places=0)} from (select ? as x)",
        [cell],
    ).fetchone()
    return {general, plain[1]} if plain[0] else {general}


def era(day: datetime.date) -> tuple[str, str, int]:
    for names, before, first, last in dates.ERAS:
        if first <= day.isoformat() <= last:
            kanji, _, letter = names.split("|")
            return kanji, letter, day.year - before
    raise AssertionError(day)


@FEW
@given(days, st.integers(0, 9), st.booleans())
def test_a_day_in_any_supported_form_is_that_day(day: datetime.date, form: int, wide: bool) -> None:
    kanji, letter, year = era(day)
    assume(year <= 99)
    forms = [
        day.isoformat(), f"{day.year}/{day.month}/{day.day}", f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日",
        f"{day.isoformat()} 23:59:59", f"{kanji}{'元' if year == 1 else year}年{day.month}月{day.day}日", f"{letter}{year}.{day.month}.{day.day}",
        f"{kanji}{year}/{day.month:02d}/{day.day:02d}", f"{letter.lower()}{year:02d}-{day.month:02d}-{day.day:02d}", f"　{day.isoformat()} ",
    ]  # fmt: skip
    cell = forms[form].translate(WIDE) if wide else forms[form]
    assert both("ordered_on", cell) == {day}


@FEW
@given(days, st.sampled_from(dates.ERAS))
def test_an_era_that_had_not_the_day_is_refused(day: datetime.date, named: tuple[str, int, str, str]) -> None:
    names, before, first, last = named
    year = day.year - before
    assume(1 <= year <= 99)
    expected = day if first <= day.isoformat() <= last else None
    assert read(DAY, f"{names[:2]}{year}年{day.month}月{day.day}日") == expected


@FEW
@given(st.integers(20000, 79999), st.floats(0, 0.99))
def test_a_serial_is_its_day(number: int, part: float) -> None:
    day = datetime.date(1899, 12, 30) + datetime.timedelta(days=number)
    assert read(f"cast({dates.serial('x')} as date)", str(number)) == day
    assert read(f"cast({dates.serial('x')} as date)", f"{number}.{int(part * 100):02d}") == day


@FEW
@given(st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2199, 12, 30)), st.integers(-12, 14))
def test_a_moment_with_an_offset_is_a_day_in_japan(moment: datetime.datetime, hours: int) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=hours))
    here = moment.replace(microsecond=0, tzinfo=zone).astimezone(datetime.timezone(datetime.timedelta(hours=9)))
    assert read(DAY, moment.replace(microsecond=0, tzinfo=zone).isoformat()) == here.date()


@FEW
@given(st.text(st.sampled_from("0123456789-/.年月日令和平成RHS元 :T"), max_size=12))
def test_a_day_is_never_guessed(cell: str) -> None:
    """What is read has the year, month and day in the text, in that order."""
    for day in both("ordered_on", cell) - {None}:
        numbers = [int(n) for n in re.findall(r"\d+", cell.replace("元", "1"))]
        bare = re.match(r"\d{8}", cell.strip())
        year, month, dom = (int(bare[0][:4]), int(bare[0][4:6]), int(bare[0][6:])) if bare else numbers[:3]
        assert (day.month, day.day) == (month, dom)
        assert day.year == year or day.year - year in {before for _, before, *_ in dates.ERAS}


@FEW
@given(st.integers(-(10**13), 10**13), st.integers(0, 8), st.booleans())
def test_an_amount_in_any_supported_form_is_that_amount(yen: int, form: int, wide: bool) -> None:
    size = abs(yen)
    forms = [str(yen), f"{yen:,}", f"¥{yen:,}", f"{yen}円", f"{yen}.0"]
    forms += (
        [f"▲{size:,}", f"△ {size}", f"({size:,})", f"{size:,}-"]
        if yen < 0
        else [f"+{size}", f" {size} ", f"￥{size}", f"{size:,}円"]
    )
    cell = forms[form].translate(WIDE) if wide else forms[form]
    assert both("amount", cell) == {yen}


@FEW
@given(st.text(st.sampled_from("0123456789,.-+()▲¥円千万eE "), max_size=9))
def test_an_amount_keeps_the_digits_of_its_text(cell: str) -> None:
    (yen,) = both("amount", cell)
    assume(yen is not None)
    bare = re.sub(r"[^0-9.eE+-]", "", cell).strip("-+")
    assert not set("千万") & set(cell)
    assert abs(abs(float(bare)) - abs(yen)) <= 0.5
    assert (yen <= 0) or not re.search(r"[▲(]|^\s*¥?\s*-|-\s*円?\s*$", cell)


@FEW
@given(st.text(st.sampled_from("0123456789ABCabc-_.E+"), min_size=1, max_size=14))
def test_a_code_is_itself_or_lost(cell: str) -> None:
    found = both("customer_id", cell)
    assert found == ({None} if re.match(ids.LOST, cell) else {cell})


@FEW
@given(st.lists(st.tuples(st.text(max_size=8), st.integers(1, 50)), max_size=12, unique_by=lambda pair: pair[0]))
def test_spellings_are_unified_once_and_stay_what_they_are(counted: list[tuple[str, int]]) -> None:
    changes = text.unified(counted)
    final = [changes.get(value, value) for value, _ in counted]
    for (value, _), said in zip(counted, final, strict=True):
        assert text.likeness(said or "") == text.likeness(value)
    said_once = [(said, 1) for said in dict.fromkeys(final) if said is not None]
    assert {text.likeness(said) for said, _ in said_once} == {text.likeness(value) for value, _ in counted} - {""}
    assert len(said_once) == len({text.likeness(said) for said, _ in said_once})


CELLS = st.sampled_from(
    [
        "",
        "　",
        "1",
        "2023-01-05",
        "R5.1.5",
        "44931",
        "令和5年13月1日",
        "0",
        "guest",
        "▲1,234",
        "12千円",
        "1.2E+12",
        "12.0",
        "12",
        "\ufeffA",
        "合計",
        "25:30",
    ]
)


@settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=30))
def test_rows_read_are_accepted_or_set_aside(project: Project, rows: list[tuple[str, ...]]) -> None:
    good = "".join(f"g{n},2023-01-{n % 28 + 1:02d},Z{n},1\n" for n in range(200))
    project.write("a.csv", HEAD + good + "".join(",".join(row) + "\n" for row in rows), "utf-8")
    tables = project.open()
    aside(tables)
    assert tables.order_lines.count() == tables.basis.received[0].accepted
    tables.close()
