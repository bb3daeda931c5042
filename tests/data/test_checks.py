from __future__ import annotations

import pytest

from crm_helpers.data.checks import reconcile
from crm_helpers.data.tables import open_tables
from crm_helpers.text.catalogue import keys
from tests.data.conftest import COLUMNS, HEAD, Project, amounts, aside

GOOD = "1,2023-01-05,A,100\n2,2023-01-06,B,200\n"


def test_a_total_row_at_the_end_is_set_aside(project: Project) -> None:
    assert aside(project.lines(GOOD + "合計,,,300\n")) == {"missing_date": (1, "a.csv:4")}
    assert aside(project.lines(GOOD + ",合計,,300\n")) == {"bad_date": (1, "a.csv:4")}


def test_every_reason_with_its_place(project: Project) -> None:
    tables = project.lines(
        "1,2023-01-05,A,1,100\n2,,A,1,100\n3,2023-13-01,A,1,100\n4,2023-01-05,A,1,\n5,2023-01-05,A,1,百円\n"
        "6,2023-01-05,A,ひとつ,100\n7,2024-01-01,A,1,100\n8,0023-01-05,A,1,100\n",
        head="注文,日付,顧客,数量,金額\n",
        lines={"columns": COLUMNS | {"quantity": "数量"}},
    )
    assert aside(tables) == {
        "missing_date": (1, "a.csv:3"),
        "bad_date": (2, "a.csv:4"),
        "missing_amount": (1, "a.csv:5"),
        "bad_amount": (1, "a.csv:6"),
        "bad_quantity": (1, "a.csv:7"),
        "future": (1, "a.csv:8"),
    }
    assert tables.order_lines.count() == 1


def test_lines_that_came_twice_count_once_whatever_the_order_of_files(project: Project) -> None:
    lines = {"columns": COLUMNS | {"line_no": "行"}}
    head, first, second = "注文,行,日付,顧客,金額\n", "1,1,2023-01-05,A,100\n1,2,2023-01-05,A,50\n", "1,1,2023-01-05,A,90\n"
    for one, other in ((first, second), (second, first)):
        project.write("a.csv", head + one)
        project.write("b.csv", head + other)
        tables = project.open(lines=lines)
        assert amounts(tables) == [50, 90]
        assert aside(tables)["duplicate_line"][0] == 1


def test_an_order_number_that_mixes_customers_is_told(project: Project) -> None:
    tables = project.lines("1,2023-01-05,A,100\n1,2023-01-05,B,100\n2,2023-01-05,B,1\n2,2023-01-05,B,1\n")
    assert [(s.key, s.facts["n"]) for s in tables.basis.statements] == [("data.noticed.mixed_orders", 1)]


def test_masters_keep_the_first_of_a_key(project: Project) -> None:
    project.write(
        "m.txt",
        "番号,入会,氏名,住所,生年\nA,2020/1/1,山田,東京,1980\nA,2021/1/1,山田,東京,1980年\n,2020/1/1,x,y,\nB,いつか,x,y,1990-02-03\n",
    )
    columns = {"customer_id": "番号", "joined_on": "入会", "birth_year": "生年"}
    tables = project.lines(GOOD, tables={"customers": {"files": "m.txt", "columns": columns}})
    frame = tables.sql("select customer_id, joined_on, birth_year from customers order by customer_id")
    assert frame["customer_id"].tolist() == ["A", "B"]
    assert frame["birth_year"].tolist() == [1980, 1990]
    assert str(frame["joined_on"][0].date()) == "2020-01-01"
    assert aside(tables) == {"duplicate_key": (1, "m.txt:3"), "missing_key": (1, "m.txt:4")}
    (unread,) = tables.basis.statements
    assert unread.facts == {
        "table": "contract.tables.customers", "column": "contract.columns.joined_on", "n": 1, "first": "m.txt:5"
    }  # fmt: skip


# ---------------------------------------------------------------- control totals
CONTROL = {
    "file": "c.txt",
    "columns": {"month": "年月", "lines": "件数", "sales": "売上"},
    "stated_by": {"ja": "表", "en": "sheet"},
}


@pytest.mark.parametrize("month", ["202301", "2023-01", "2023/1", "2023年1月", "２０２３０１"])
def test_control_totals(project: Project, month: str) -> None:
    project.write("c.txt", f'年月,件数,売上\n{month},2,"￥1,300"\n合計,2,300\n')
    project.write("a.csv", HEAD + GOOD)
    loaded = project.load(control_totals=CONTROL)
    figures = [(f.month, f.measure, f.client, f.ours) for f in reconcile(open_tables(loaded), loaded)]
    assert figures == [
        ("2023-01", "lines", 2, 2), ("2023-01", "sales", 1300, 300), ("total", "lines", 2, 2), ("total", "sales", 300, 300)
    ]  # fmt: skip


def test_months_that_are_not_whole_are_not_compared(project: Project) -> None:
    project.write("c.txt", "年月,件数,売上\n202301,2,300\n202302,1,1\n計,3,301\n")
    project.write("a.csv", HEAD + GOOD + "3,2023-02-05,C,1\n")
    loaded = project.load(control_totals=CONTROL, as_of="2023-02-10")
    assert {f.month for f in reconcile(open_tables(loaded), loaded)} == {"2023-01"}


def test_a_month_without_a_control_row_has_no_client_figure(project: Project) -> None:
    project.write("c.txt", "年月,件数,売上\n202301,2,300\n")
    project.write("a.csv", HEAD + GOOD + "3,2023-02-05,C,1\n")
    loaded = project.load(control_totals=CONTROL)
    assert [(f.month, f.client) for f in reconcile(open_tables(loaded), loaded) if f.measure == "lines"] == [
        ("2023-01", 2),
        ("2023-02", None),
    ]


def test_a_control_column_that_is_not_there_is_told(project: Project) -> None:
    project.write("c.txt", "年月,件数,売上高\n202301,2,300\n")
    project.write("a.csv", HEAD + GOOD)
    loaded = project.load(control_totals=CONTROL)
    with pytest.raises(Exception, match=r"data\.column\(column='sales'"):
        reconcile(open_tables(loaded), loaded)


def test_every_reason_and_statement_has_its_words_in_both_languages() -> None:
    ours = [{key for key in keys(lang) if key.startswith("data.")} for lang in ("ja", "en")]
    assert ours[0] == ours[1]
    assert {key.rpartition(".")[2] for key in ours[0] if key.startswith("data.reasons.")} == {
        *("missing_date", "bad_date", "missing_amount", "bad_amount", "bad_quantity", "missing_key", "bad_key", "future"),
        *("wrong_columns", "total_row", "duplicate_line", "duplicate_key", "missing_value", "bad_value", "erased"),
        *("cancelled", "test_account", "staff_account", "non_goods", "reversal"),
    }
