"""Whatever a day, a number or a code is written like in a cell: read back right, or refused; never made into something else."""

import datetime
import io
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from crm_helpers.data.sheets.definition import Entry
from crm_helpers.data.sheets.values import ERAS, Unsure, read

FEW = settings(max_examples=100, deadline=None, derandomize=True, database=None)
WIDE = str.maketrans("0123456789,./-", "０１２３４５６７８９，．／－")
days = st.dates(datetime.date(1950, 1, 1), datetime.date(2199, 12, 31))


def entry(kind):
    return Entry(key="x", label={"ja": "x", "en": "x"}, kind=kind)


def through_excel(values):
    """What openpyxl reads of cells that it wrote: a day is a serial number and a format there."""
    book, out = Workbook(), io.BytesIO()
    for row, value in enumerate(values, start=1):
        book.active.cell(row, 1).value = value
    book.save(out)
    return [row[0] for row in load_workbook(io.BytesIO(out.getvalue())).active.iter_rows()]


@settings(FEW, max_examples=10)
@given(st.lists(days, min_size=20, max_size=20))
def test_a_day_in_a_cell_of_days_is_that_day(asked):
    cells = through_excel([datetime.datetime.combine(day, datetime.time()) for day in asked])
    assert [read(entry("date"), c.value, c.number_format)["x"] for c in cells] == [day.isoformat() for day in asked]


@FEW
@given(days, st.booleans())
def test_a_day_in_words_is_that_day(day, wide):
    told = [day.isoformat(), f"{day.year}/{day.month}/{day.day}", f"{day.year}年{day.month}月{day.day}日"]
    told += [f"{day:%Y%m%d}"] if day.year < 2100 else []
    if era := next((name for name, (first, last) in ERAS.items() if first <= day <= last and day.year - first.year < 99), ""):
        year = day.year - ERAS[era][0].year + 1
        told += [f"{era}{year}年{day.month}月{day.day}日", f"{'RHS'[list(ERAS).index(era)]}{year}.{day.month}.{day.day}"]
    for text in told:
        assert read(entry("date"), text.translate(WIDE) if wide else text) == {"x": day.isoformat()}, text


@FEW
@given(days)
def test_a_day_without_its_whole_year_is_refused(day):
    for text in (f"{day.month}/{day.day}", f"{day:%y}/{day.month}/{day.day}", f"{day.month}/{day.day}/{day.year}"):
        with pytest.raises(Unsure):
            read(entry("date"), text)


@settings(FEW, max_examples=10)
@given(st.lists(st.integers(-(10**12), 10**12), min_size=20, max_size=20))
def test_a_whole_number_in_a_cell_is_that_number(asked):
    for kind in ("integer", "money", "number"):
        assert [read(entry(kind), c.value, c.number_format)["x"] for c in through_excel(asked)] == [str(n) for n in asked]


@FEW
@given(st.integers(0, 10**12), st.booleans(), st.sampled_from(["", "-", "▲", "△"]))
def test_an_amount_in_words_is_that_amount(number, wide, sign):
    wanted = f"-{number}" if sign and number else str(number)
    for text in (f"{sign}{number}", f"{sign}{number:,}", f"{sign}{number:,}円"):
        told = read(entry("money"), text.translate(WIDE) if wide else text)["x"]
        assert Decimal(told) == Decimal(wanted), text
    assert Decimal(read(entry("money"), f"{sign}{number}万")["x"]) == Decimal(wanted) * 10000


@FEW
@given(st.decimals(-10000, 10000, places=3, allow_nan=False))
def test_a_share_of_one_is_refused_and_a_percentage_kept(number):
    (cell,) = through_excel([float(number)])
    if 0 < abs(number) <= 1:
        with pytest.raises(Unsure):
            read(entry("percent"), cell.value, cell.number_format)
    else:
        assert Decimal(read(entry("percent"), cell.value, cell.number_format)["x"]) == number


@FEW
@given(st.from_regex(r"[0-9]{1,12}", fullmatch=True), st.sampled_from(["", "A", "S-"]))
def test_a_code_keeps_its_leading_zeros(code, before):
    assert read(entry("id"), before + code) == {"x": before + code}
    (cell,) = through_excel([int(code)])
    assert read(entry("id"), cell.value, "0" * max(2, len(code))) == {"x": code.zfill(2) if len(code) < 2 else code}
