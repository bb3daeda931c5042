"""One value at a time: what a cell means."""

from __future__ import annotations

import datetime

import duckdb
import pytest

from crm_helpers.data import clean
from crm_helpers.data.contract import ORDER_LINES
from crm_helpers.params.schema import Source
from tests.data.conftest import Project, amounts, aside

CON = duckdb.connect()
for macro in clean.MACROS:
    CON.execute(macro)


def read(expression: str, cell: str) -> object:
    return CON.execute(f"select {expression} from (select tidy(?) as x)", [cell]).fetchone()[0]


@pytest.mark.parametrize(
    ("cell", "yen"),
    [
        ("100", 100),
        (" 100 ", 100),
        ("1,234", 1234),
        ("1,234,567", 1234567),
        ("１，２３４", 1234),
        ("▲1,234", -1234),
        ("△1,234", -1234),
        ("▲ 1,234", -1234),
        ("(1,234)", -1234),
        ("（1,234）", -1234),
        ("1,234-", -1234),
        ("-1,234", -1234),
        ("－1,234", -1234),
        ("−5", -5),
        ("+5", 5),
        ("¥1,234", 1234),
        ("￥1,234", 1234),
        ("\\1,234", 1234),
        ("¥▲1,234", -1234),
        ("▲¥1,234", -1234),
        ("1,234円", 1234),
        ("$5", 5),
        ('="100"', 100),
        ("198.5", 199),
        ("-198.5", -199),
        ("198.4", 198),
        ("1,198.0", 1198),
        ("1E+05", 100000),
        ("0", 0),
        ("", None),
        ("　", None),
        ("-", None),
        ("1,5", None),
        ("12,34", None),
        ("百円", None),
        ("1 000x", None),
        ("1-2", None),
        ("99999999999999999999", None),
    ],
)
def test_amounts_in_yen(cell: str, yen: int | None) -> None:
    assert read(clean.money("x", 0), cell) == yen


@pytest.mark.parametrize(
    ("cell", "cents"), [("29.33", 2933), ("0.005", 1), ("-0.005", -1), ("2.675", 268), ("1,000.5", 100050), ("(0.10)", -10)]
)
def test_amounts_in_cents_are_rounded_half_away_from_zero(cell: str, cents: int) -> None:
    assert read(clean.money("x", 2), cell) == cents


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2023-01-05", (2023, 1, 5)),
        ("2023/1/5", (2023, 1, 5)),
        ("2023/01/05 12:34:56", (2023, 1, 5)),
        ("2023-01-05T12:34", (2023, 1, 5)),
        ("20230105", (2023, 1, 5)),
        ("20230105 0930", (2023, 1, 5)),
        ("2023年1月5日", (2023, 1, 5)),
        ("２０２３／０１／０５", (2023, 1, 5)),
        ("2023-02-30", None),
        ("23/1/5", None),
        ("05/01/2023", None),
        ("2023011", None),
        ("99991231", None),
        ("0023-01-05", None),
        ("20230105x", None),
        ("2023-1/5", None),
    ],
)
def test_days_without_a_format_are_year_first(cell: str, day: tuple[int, int, int] | None) -> None:
    assert read(clean.date("x", None), cell) == (datetime.date(*day) if day else None)


@pytest.mark.parametrize(
    ("form", "cell", "day"),
    [
        ("%Y%m%d", "20230105", (2023, 1, 5)),
        ("%Y%m%d", "２０２３０１０５", (2023, 1, 5)),
        ("%Y%m%d", "2023015", None),
        ("%Y%m%d", "202301055", None),
        ("%d/%m/%Y", "5/1/2023", (2023, 1, 5)),
        ("%Y/%m/%d %H:%M", "2023/1/5 9:30", (2023, 1, 5)),
        ("%Y年%m月%d日", "2023年1月5日", (2023, 1, 5)),
        ("%y.%m.%d", "23.1.5", (2023, 1, 5)),
        ("%Y/%m/%d", "23/1/5", None),
    ],
)
def test_days_with_a_format(form: str, cell: str, day: tuple[int, int, int] | None) -> None:
    assert read(clean.date("x", form), cell) == (datetime.date(*day) if day else None)


@pytest.mark.parametrize(
    ("column", "form", "cell", "value"),
    [
        ("ordered_at", None, "9:05", "09:05"),
        ("ordered_at", None, "2023-01-05 21:05:59", "21:05"),
        ("ordered_at", None, "25:00", "01:00"),
        ("ordered_at", None, "36:00", None),
        ("ordered_at", "%H%M", "0905", "09:05"),
        ("ordered_at", "%H:%M", "9:5x", None),
        ("quantity", None, "2", 2),
        ("quantity", None, "2.0", 2),
        ("quantity", None, "0.350", 1),
        ("quantity", None, "-0.350", -1),
        ("quantity", None, "▲２", -2),
        ("quantity", None, "0", 0),
        ("customer_id", None, '="00123"', "00123"),
        ("customer_id", None, "００１２３", "00123"),
        ("customer_id", None, "ZZ", None),
        ("customer_id", None, "ＺＺ", None),
        ("channel", None, " ＥＣ ", "ＥＣ"),
    ],
)
def test_other_kinds(column: str, form: str | None, cell: str, value: object) -> None:
    source = Source(files=["x"], columns={}, formats={column: form} if form else {}, guests=["ZZ"])
    assert read(clean.typed(ORDER_LINES.column(column), "x", source, "JPY"), cell) == value


def test_composite_keys_are_joined_trimmed() -> None:
    row = "(select tidy(' 2023 ') as a, tidy('') as b, tidy('７') as c)"
    assert CON.execute(f"select {clean.raw(['a', 'b', 'c'])} from {row}").fetchone() == ("2023--7",)
    assert CON.execute(f"select {clean.raw(['b', 'b'])} from {row}").fetchone() == (None,)


def test_guests_are_empty_or_a_given_number(project: Project) -> None:
    tables = project.lines(
        "1,2023-01-05,,100\n2,2023-01-05,9999,200\n3,2023-01-05,　,300\n4,2023-01-05,A,400\n", lines={"guests": ["9999"]}
    )
    assert tables.sql("select amount from order_lines where customer_id is null order by 1")["amount"].tolist() == [
        100, 200, 300
    ]  # fmt: skip


def test_two_date_formats_in_one_export(project: Project) -> None:
    tables = project.lines("1,2023/1/5,A,100\n2,20230106,A,200\n3,2023年1月7日,A,300\n4,7.1.2023,A,400\n")
    assert amounts(tables) == [100, 200, 300]
    assert aside(tables) == {"bad_date": (1, "a.csv:5")}
