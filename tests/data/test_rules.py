"""A hostile export, one item at a time: read to the right value, or refused with file, line and reason; always told."""

from __future__ import annotations

import datetime

import pytest

from crm_helpers.data.rules import text
from crm_helpers.data.tables import Tables
from crm_helpers.errors import Faults
from crm_helpers.text.catalogue import Voice
from tests.data.conftest import COLUMNS, HEAD, Project, amounts, aside

FILL = "".join(f"f{n},2023-02-{n:02d},Z{n:03d},1\n" for n in range(1, 29))
"""Lines in order, so that what is dirty is few."""


def told(tables: Tables) -> dict[str, dict[str, object]]:
    """Rule → facts; each can be said in both languages."""
    found = {s.key.removeprefix("rules.told."): s for s in tables.basis.statements if s.key.startswith("rules.")}
    for sentence in found.values():
        for lang in ("ja", "en"):
            assert Voice(lang).say(sentence.key, **sentence.facts)
    return {rule: dict(sentence.facts) for rule, sentence in found.items()}


def column(tables: Tables, name: str, where: str = "true") -> list[object]:
    values = tables.sql(f"select {name} as v from order_lines where {where} order by amount, order_id")["v"].tolist()
    return [None if value is None or value == "" or str(value) in ("nan", "NaT") else value for value in values]


def days(tables: Tables, where: str = "true") -> list[str]:
    return [str(day)[:10] for day in column(tables, "ordered_on", where)]


# ---------------------------------------------------------------- text
def test_spellings_of_one_value_take_the_most_frequent_form(project: Project) -> None:
    said = [
        "コーヒー",
        "コーヒー",
        "ｺｰﾋｰ",
        "コーヒ－",
        "コーヒー　",
        "コ\u200bーヒー",
        "Ｃafe",
        "CAFE",
        "CAFE",
        "東 京",
        "東京",
        "朝〜昼",
        "朝～昼",
        "　",
    ]
    body = "".join(f"{n},2023-01-05,A,{n},{value}\n" for n, value in enumerate(said, 1))
    tables = project.lines(
        body, head="注文,日付,顧客,金額,販路\n", encoding="utf-8", lines={"columns": COLUMNS | {"channel": "販路"}}
    )
    shown = column(tables, "channel")
    assert shown[:9] == ["コーヒー"] * 6 + ["CAFE"] * 3
    assert shown[9:] == ["東 京", "東京", "朝〜昼", "朝〜昼", None]
    assert told(tables)["text.spelling"] | {"table": ""} == {
        "n": 4, "values": 4, "first": "a.csv:4", "column": "contract.columns.channel", "table": "",
    }  # fmt: skip
    assert told(tables)["text.invisible"]["n"] == 1


def test_spellings_may_stay(project: Project) -> None:
    settings = {"lines": {"columns": COLUMNS | {"channel": "販路"}}, "cleaning": {"spellings": "false"}}
    tables = project.lines("1,2023-01-05,A,1,ＥＣ\n2,2023-01-05,A,2,EC\n", head="注文,日付,顧客,金額,販路\n", **settings)
    assert column(tables, "channel") == ["ＥＣ", "EC"]
    assert "text.spelling" not in told(tables)


def test_two_columns_of_one_cell_do_not_disturb_each_other(project: Project) -> None:
    lines = {"columns": COLUMNS | {"ordered_at": "日付"}}
    tables = project.lines("1,令和5年1月5日 9:05,A,1\n2,2023-01-06,A,2\n", lines=lines)
    assert days(tables) == ["2023-01-05", "2023-01-06"]
    assert column(tables, "ordered_at") == ["09:05", None]


@pytest.mark.parametrize(("a", "b"), [("ｶﾞｽ", "ガス"), ("A‐1", "a-1"), ("スーパー", "ｽｰﾊﾟｰ"), ("㈱山", "(株)山")])
def test_likeness(a: str, b: str) -> None:
    assert text.likeness(a) == text.likeness(b)


# ---------------------------------------------------------------- dates
def test_eras_are_read_and_days_they_did_not_have_refused(project: Project) -> None:
    cells = [
        "令和5年4月1日",
        "R5.4.2",
        "r5/4/3",
        "平成31/4/30",
        "H31.5.1",
        "令和元年5月1日",
        "昭和64年1月7日",
        "S64.1.8",
        "R5.2.30",
        "R0.1.1",
    ]
    tables = project.lines("".join(f"{n},{cell},A,{n}\n" for n, cell in enumerate(cells, 1)) + FILL)
    assert days(tables, "customer_id = 'A'") == [
        "2023-04-01", "2023-04-02", "2023-04-03", "2019-04-30", "2019-05-01", "1989-01-07",
    ]  # fmt: skip
    assert aside(tables) == {"bad_date": (4, "a.csv:6")}
    assert (told(tables)["dates.era"]["n"], told(tables)["dates.era"]["first"]) == (6, "a.csv:2")
    assert told(tables)["dates.era_refused"]["n"] == 4
    assert told(tables)["dates.mixed"]["n"] == 6


def test_excel_serials_only_when_the_whole_column_is(project: Project) -> None:
    tables = project.lines("1,44927,A,1\n2,44927.75,A,2\n3,,A,3\n")
    assert days(tables) == ["2023-01-01", "2023-01-01"]
    assert told(tables)["dates.serial"]["n"] == 2
    tables = project.lines("1,44927,A,1\n" + FILL)
    assert aside(tables) == {"bad_date": (1, "a.csv:2")}


def test_moments_with_an_offset_are_local_days(project: Project) -> None:
    body = "1,2023-01-05T14:59:59Z,A,1\n2,2023-01-05T15:00:00Z,A,2\n3,2023-01-05T23:30:00+09:00,A,3\n4,2023-01-05 00:10:00,A,4\n"
    assert days(project.lines(body)) == ["2023-01-05", "2023-01-06", "2023-01-05", "2023-01-05"]
    assert told(project.open())["dates.zone"]["n"] == 3
    assert days(project.open("cleaning.timezone=UTC")) == ["2023-01-05"] * 4


LATE = "1,2023-01-05,25:30,A,1\n2,2023-01-05,03:00,A,2\n3,2023-01-05,12:00,A,3\n4,2023-01-05,36:00,A,4\n"


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ((), ["05", "05", "05", "05"]),
        (("cleaning.late_hours=next_day",), ["06", "05", "05", "05"]),
        (("cleaning.day_starts_at=5",), ["05", "04", "05", "05"]),
        (("cleaning.late_hours=next_day", "cleaning.day_starts_at=5"), ["05", "04", "05", "05"]),
    ],
)
def test_hours_after_midnight_and_the_start_of_the_day(project: Project, sets: tuple[str, ...], expected: list[str]) -> None:
    lines = {"columns": COLUMNS | {"ordered_at": "時刻"}}
    project.write("a.csv", "注文,日付,時刻,顧客,金額\n" + LATE)
    tables = project.open(*sets, lines=lines)
    assert [day[8:] for day in days(tables)] == expected
    assert column(tables, "ordered_at") == ["01:30", "03:00", "12:00", None]
    assert told(tables)["dates.late"]["n"] == 1


# ---------------------------------------------------------------- numbers
def test_units_are_read_only_when_declared(project: Project) -> None:
    body = "1,2023-01-05,A,12千円\n2,2023-01-05,A,1.5万円\n3,2023-01-05,A,▲2万\n" + FILL
    assert aside(project.lines(body)) == {"bad_amount": (3, "a.csv:2")}
    assert told(project.open())["numbers.unit_refused"]["n"] == 3
    tables = project.open(cleaning={"units": {"order_lines.amount": "written"}})
    assert column(tables, "amount", "customer_id = 'A'") == [-20000, 12000, 15000]
    tables = project.lines('1,2023-01-05,A,1.5\n2,2023-01-05,A,"1,234"\n', cleaning={"units": {"order_lines.amount": "1000"}})
    assert amounts(tables) == [1500, 1234000]


def test_forms_of_numbers_are_told(project: Project) -> None:
    tables = project.lines("1,2023-01-05,A,▲100\n2,2023-01-05,A,１００\n3,2023-01-05,A,￥100\n4,2023-01-05,A,(100)\n" + FILL)
    assert {rule: facts["n"] for rule, facts in told(tables).items() if rule.startswith("numbers")} == {
        "numbers.minus": 2, "numbers.full_width": 1, "numbers.currency": 1,
    }  # fmt: skip


# ---------------------------------------------------------------- codes
def test_codes_that_became_floats_or_exponents(project: Project) -> None:
    tables = project.lines("1,2023-01-05,12345.0,1\n2,2023-01-05,12345,2\n3,2023-01-05,777.0,3\n4,2023-01-05,1.23457E+12,4\n")
    assert column(tables, "customer_id") == ["12345", "12345", "777.0", None]
    assert (told(tables)["ids.exponent"]["n"], told(tables)["ids.exponent"]["first"]) == (1, "a.csv:5")
    tables = project.lines("1,2023-01-05,12345.0,1\n2,2023-01-05,777.0,3\n")
    assert column(tables, "customer_id") == ["12345", "777"]


def test_zeros_come_back_only_where_the_master_has_them(project: Project) -> None:
    project.write("m.txt", "番号\n" + "".join(f"{n:06d}\n" for n in range(1, 30)))
    masters = {"customers": {"files": "m.txt", "columns": {"customer_id": "番号"}}}
    tables = project.lines("1,2023-01-05,17,1\n2,2023-01-05,000017,2\n3,2023-01-05,99,3\n", tables=masters)
    assert column(tables, "customer_id") == ["000017", "000017", "99"]
    assert told(tables)["ids.zeros"]["n"] == 1
    assert told(tables)["ids.zeros_lost"]["first"] == "a.csv:4"
    tables = project.open("cleaning.restore_zeros=false", tables=masters)
    assert column(tables, "customer_id") == ["17", "000017", "99"]


def test_numbers_of_nobody_are_guests_and_giants_told(project: Project) -> None:
    giant = "".join(f"g{n},2023-03-01,BIG,2\n" for n in range(150))
    tables = project.lines("1,2023-01-05,0,10\n2,2023-01-05,ゲスト,20\n3,2023-01-05,9999,30\n" + giant + FILL)
    assert column(tables, "customer_id", "amount > 2") == [None, None, "9999"], "one line of 9999 may be a member"
    assert told(tables)["ids.nobody"] | {"table": ""} == {"n": 2, "sum": "30 JPY", "first": "a.csv:2", "table": ""}
    assert told(tables)["ids.anonymous"]["n"] == 150
    assert column(project.open("cleaning.anonymous=false"), "customer_id", "amount > 2") == ["0", "ゲスト", "9999"]


# ---------------------------------------------------------------- rows
def test_the_row_of_a_key_that_stays_is_declared(project: Project) -> None:
    columns = COLUMNS | {"line_no": "行"}
    project.write("a.csv", "注文,行,日付,顧客,金額\n1,1,2023-01-05,A,50\n1,1,2023-01-05,A,90\n1,1,2023-01-05,A,20\n")
    for policy, stays in (("smallest", [20]), ("first", [50]), ("last", [20]), ("keep", [20, 50, 90])):
        tables = project.open(lines={"columns": columns}, cleaning={"duplicates": {"order_lines": policy}})
        assert amounts(tables) == stays, policy


def test_a_day_in_two_files_is_told_where_no_key_proves_it(project: Project) -> None:
    day = "1,2023-01-31,A,100\n2,2023-01-31,B,200\n"
    project.write("a.csv", HEAD + "9,2023-01-30,C,5\n" + day)
    project.write("b.csv", HEAD + day + "3,2023-02-01,A,1\n")
    found = told(project.open())["rows.overlapping"]
    assert (found["n"], found["sum"], found["first"]) == (2, "300 JPY", "b.csv:2")
    project.write("b.csv", HEAD + "4,2023-01-31,A,100\n5,2023-01-31,B,7\n6,2023-01-31,B,8\n")
    assert "rows.overlapping" not in told(project.open())


def test_cancelled_lines_are_set_aside(project: Project) -> None:
    lines = {"dimensions": {"status": "状態"}}
    body = "1,2023-01-05,A,100,完了\n2,2023-01-05,A,200,ｷｬﾝｾﾙ\n3,2023-01-05,A,300,キャンセル\n4,2023-01-05,A,400,キャンセル\n"
    cleaning = {"cancelled": {"column": "status", "values": ["キャンセル"]}}
    tables = project.lines(body, head=HEAD.strip() + ",状態\n", lines=lines, cleaning=cleaning)
    assert aside(tables) == {"cancelled": (3, "a.csv:3")}
    assert told(tables)["rows.cancelled"]["sum"] == "900 JPY"


def test_staff_stay_in_sales_and_test_accounts_do_not(project: Project) -> None:
    project.write("m.txt", "番号,区分\nA,staff\nB,test\nC,consumer\n")
    masters = {"customers": {"files": "m.txt", "columns": {"customer_id": "番号", "kind": "区分"}}}
    body = "1,2023-01-05,A,10\n2,2023-01-05,B,20\n3,2023-01-05,C,30\n4,2023-01-05,D,40\n"
    tables = project.lines(body, tables=masters, cleaning={"accounts": {"staff": ["D"]}})
    assert column(tables, "customer_id") == [None, "C", None]
    assert aside(tables) == {"test_account": (1, "a.csv:3")}
    assert (told(tables)["rows.staff_guest"]["n"], told(tables)["rows.staff_guest"]["sum"]) == (2, "50 JPY")


def test_postage_is_money_but_no_goods(project: Project) -> None:
    project.write("p.txt", "コード,名\nP1,茶\nS1,送料(関東)\n")
    settings = {
        "tables": {"products": {"files": "p.txt", "columns": {"product_id": "コード", "name": "名"}}},
        "lines": {"columns": COLUMNS | {"product_id": "品", "quantity": "数"}},
    }
    project.write("a.csv", "注文,日付,顧客,金額,品,数\n1,2023-01-05,A,100,P1,1\n1,2023-01-05,A,500,S1,1\n")
    assert told(project.open(**settings))["rows.non_goods_suspected"]["sum"] == "500 JPY"
    tables = project.open(**settings, cleaning={"non_goods": {"names": ["送料"]}})
    assert column(tables, "product_id") == ["P1", None]
    assert amounts(tables) == [100, 500]
    assert "rows.non_goods_suspected" not in told(tables)
    tables = project.open(**settings, cleaning={"non_goods": {"products": ["S1"], "treat": "set_aside"}})
    assert aside(tables) == {"non_goods": (1, "a.csv:3")}


def test_returns_count_on_the_day_declared(project: Project) -> None:
    lines = {"columns": COLUMNS | {"returned_order_id": "元"}}
    project.write("a.csv", HEAD.strip() + ",元\n1,2023-01-05,A,100,\n2,2023-02-20,A,-40,1\n3,2023-02-21,A,-5,x\n")
    assert days(project.open(lines=lines)) == ["2023-02-20", "2023-02-21", "2023-01-05"]
    tables = project.open("cleaning.returns=origin", lines=lines)
    assert days(tables) == ["2023-01-05", "2023-02-21", "2023-01-05"]
    assert (told(tables)["rows.returns_moved"]["n"], told(tables)["rows.returns_lost"]["first"]) == (1, "a.csv:4")


def test_an_order_and_its_full_reversal(project: Project) -> None:
    body = (
        "1,2023-01-05,A,100\n1,2023-01-05,A,50\n2,2023-01-09,A,-150\n3,2023-01-10,A,-150\n4,2023-01-20,B,7\n5,2023-01-30,B,-7\n"
    )
    tables = project.lines(body)
    found = told(tables)["rows.reversals"]
    assert (found["pairs"], found["n"], found["sum"], aside(tables)) == (1, 3, "150 JPY", {})
    tables = project.open("cleaning.reversals=set_aside", "cleaning.reversal_days=10")
    assert aside(tables) == {"reversal": (5, "a.csv:2")}
    assert amounts(tables) == [-150]


def test_zero_yen_and_a_month_that_is_cut_short_are_told(project: Project) -> None:
    tables = project.lines("1,2023-01-05,A,0\n2,2023-01-06,A,5\n", as_of="2023-01-10")
    assert told(tables)["rows.zero"]["n"] == 1
    assert told(tables)["rows.partial_month"]["day"] == "2023-01-06"
    assert "rows.partial_month" not in told(project.open(as_of="2023-02-28"))


def test_tax_rates_by_day_and_class(project: Project) -> None:
    project.write("p.txt", "コード,大分類\nP1,食品\nP2,雑貨\n")
    settings = {
        "tables": {"products": {"files": "p.txt", "columns": {"product_id": "コード", "category": "大分類"}}},
        "lines": {"columns": COLUMNS | {"product_id": "品", "tax_percent": "税"}},
        "cleaning": {"tax": {"derive": "true", "reduced": ["食品"]}},
    }
    rows = [
        "2014-03-31,P1,",
        "2014-04-01,P1,",
        "2019-09-30,P2,",
        "2019-10-01,P2,",
        "2019-10-01,P1,",
        "2019-10-01,P1,10",
        "2020-01-01,P2,5",
    ]
    project.write("a.csv", "注文,日付,品,税,顧客,金額\n" + "".join(f"{n},{row},A,{n}\n" for n, row in enumerate(rows)))
    tables = project.open(**settings)
    assert column(tables, "tax_percent") == [5, 8, 8, 10, 8, 10, 5]
    assert {rule: facts["n"] for rule, facts in told(tables).items()} == {
        "tax.odd": 1,
        "tax.differs": 1,
        "tax.derived": 5,
        "rows.zero": 1,
    }


def test_settings_are_checked(project: Project) -> None:
    for wrong in (
        {"timezone": "Tokio"},
        {"late_hours": "never"},
        {"units": {"order_lines.amount": "7"}},
        {"day_starts_at": "12"},
    ):
        with pytest.raises(Faults):
            project.load(cleaning=wrong)


@pytest.mark.parametrize(
    ("cleaning", "key", "found", "nearest"),
    [
        ({"units": {"order_line.amount": "1000"}}, "data.cleaning_table", "order_line", "order_lines"),
        ({"units": {"order_lines.amont": "1000"}}, "data.cleaning_column", "order_lines.amont", "order_lines.amount"),
        ({"units": {"order_lines.customer_id": "1000"}}, "data.cleaning_column", "order_lines.customer_id", None),
        ({"units": {"order_lines.discount": "1000"}}, "data.cleaning_column", "order_lines.discount", None),
        ({"duplicates": {"order_line": "keep"}}, "data.cleaning_table", "order_line", "order_lines"),
        ({"cancelled": {"column": "statsu", "values": ["x"]}}, "data.cleaning_column", "statsu", "status"),
    ],
)
def test_cleaning_of_what_is_not_mapped_is_a_fault_with_its_line(
    project: Project, cleaning: dict[str, object], key: str, found: str, nearest: str | None
) -> None:
    project.write("a.csv", HEAD.strip() + ",状態\n1,2023-01-05,A,100,\n")
    with pytest.raises(Faults) as faults:
        project.open(lines={"columns": COLUMNS, "dimensions": {"status": "状態"}}, cleaning=cleaning)
    (fault,) = faults.value.faults
    assert (fault.key, fault.values["found"]) == (key, found)
    assert nearest is None or fault.values["nearest"] == nearest
    file, _, line = fault.where.rpartition(":")
    text = (project.root / "params" / "acme.yaml").read_text("utf-8").splitlines()
    assert file.endswith("acme.yaml")
    assert text[int(line) - 1].strip().startswith(("order_line", "column: statsu"))


def test_a_clean_export_says_nothing(project: Project) -> None:
    tables = project.lines(FILL)
    assert told(tables) == {}
    assert aside(tables) == {}
    assert tables.sql("select min(ordered_on) as d from order_lines")["d"].iloc[0] == datetime.datetime(2023, 2, 1)
