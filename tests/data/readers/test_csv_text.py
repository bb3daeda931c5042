from __future__ import annotations

import pytest

from crm_helpers.errors import Faults
from tests.data.conftest import COLUMNS, HEAD, Project, amounts, aside

GOOD = "1,2023-01-05,A,100\n2,2023-01-06,B,200\n"


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_encodings_and_delimiters(project: Project, encoding: str, delimiter: str) -> None:
    project.write("a.csv", (HEAD + GOOD).replace(",", delimiter).replace("\n", "\r\n"), encoding)
    tables = project.open()
    assert amounts(tables) == [100, 200]
    assert aside(tables) == {}


def test_rows_of_the_wrong_shape_are_set_aside_with_their_lines(project: Project) -> None:
    tables = project.lines(
        '1,2023-01-05,"A\nB",100\n2,2023-01-06\n\n3,2023-01-07,C,300\n4,2023-01-08,D,400,x\n5,oops,E,500\n6,2023-01-09,F,600\n'
    )
    assert amounts(tables) == [100, 300, 600]
    assert aside(tables) == {"wrong_columns": (2, "a.csv:4"), "bad_date": (1, "a.csv:8")}
    assert tables.basis.received[0].read == 6


def test_a_quote_that_never_closes_costs_its_line_only(project: Project) -> None:
    body = '1,2023-01-05,A,100\n2,2023-01-06,"B,200\n' + "".join(f"{n},2023-01-07,C,{n}\n" for n in range(3, 3000))
    tables = project.lines(body)
    assert aside(tables) == {"wrong_columns": (1, "a.csv:3")}
    assert tables.order_lines.count() == 2998


def test_an_empty_file_and_a_file_of_a_header_only(project: Project) -> None:
    project.write("a.csv", b"")
    project.write("b.csv", HEAD)
    with pytest.raises(Faults) as caught:
        project.open()
    assert [f.key for f in caught.value.faults] == ["data.no_rows"]
    project.write("c.csv", HEAD + GOOD)
    tables = project.open()
    assert tables.order_lines.count() == 2
    assert [r.read for r in tables.basis.received] == [0, 0, 2]


def test_all_missing_columns_are_told_at_once_with_their_lines(project: Project) -> None:
    project.write("a.csv", "注文,注文日,顧客ID,金額\n")
    project.write("b.csv", "注文,注文日,顧客ID,金額\n")
    project.write("m.txt", "番号\n1\n")
    masters = {"customers": {"files": "m.txt", "columns": {"customer_id": "会員番号"}}}
    with pytest.raises(Faults) as caught:
        project.open(tables=masters)
    told = [(f.key, f.where, f.values["found"], f.values["file"]) for f in caught.value.faults]
    assert caught.value.faults[1].values["nearest"] == "顧客ID"
    assert told == [
        ("data.column", "params/acme.yaml:11", "日付", "data/acme/a.csv"),
        ("data.column", "params/acme.yaml:12", "顧客", "data/acme/a.csv"),
        ("data.column", "params/acme.yaml:17", "会員番号", "data/acme/m.txt"),
    ]


def test_a_heading_that_is_there_twice_is_refused(project: Project) -> None:
    project.write("a.csv", "注文,日付,顧客,金額,金額\n")
    with pytest.raises(Faults) as caught:
        project.open()
    assert [f.key for f in caught.value.faults] == ["data.column_twice"]


def test_headings_match_whatever_their_width(project: Project) -> None:
    columns = COLUMNS | {"amount": "金額(税込)"}
    tables = project.lines(GOOD, head=" 注文 ,日付,顧客,金額（税込）\n", lines={"columns": columns})
    assert amounts(tables) == [100, 200]


def test_columns_may_stand_in_another_order_in_each_file(project: Project) -> None:
    project.write("a.csv", HEAD + GOOD)
    project.write("b.csv", "金額,余分,顧客,日付,注文\n300,x,C,2023-01-07,3\n")
    assert amounts(project.open()) == [100, 200, 300]


def test_without_a_header_columns_are_numbers(project: Project) -> None:
    lines = {"header": "false", "columns": {"ordered_on": "2", "amount": "4"}}
    tables = project.lines(GOOD + "x\n", head="", lines=lines)
    assert amounts(tables) == [100, 200]
    assert aside(tables) == {"wrong_columns": (1, "a.csv:3")}


@pytest.mark.parametrize("head", ["", "\n", "\n\n"])
def test_blank_lines_before_the_header_are_skipped(project: Project, head: str) -> None:
    tables = project.lines(GOOD + "3,oops,C,1\n4,short\n", head=head + HEAD)
    assert amounts(tables) == [100, 200]
    assert aside(tables) == {"bad_date": (1, f"a.csv:{4 + len(head)}"), "wrong_columns": (1, f"a.csv:{5 + len(head)}")}


def test_a_heading_of_two_lines(project: Project) -> None:
    head = HEAD.replace("金額", '"金額\n(税込)"')
    tables = project.lines(GOOD + "3,oops,C,1\n4,short\n", head=head, lines={"columns": COLUMNS | {"amount": "金額\n(税込)"}})
    assert amounts(tables) == [100, 200]
    assert aside(tables) == {"bad_date": (1, "a.csv:5"), "wrong_columns": (1, "a.csv:6")}


def test_a_large_export_keeps_its_places(project: Project) -> None:
    rows = [f'{n},2023-01-05,"C\n{n}",{n}' if n % 997 == 0 else f"{n},2023-01-05,C{n},{n}" for n in range(1, 60_001)]
    rows[50_000] = "50001,2023-01-05,C"
    rows[55_000] = "55001,oops,C,1"
    rows[58_000] = '58001,2023-01-05,"C"x,1'
    tables = project.lines("\n".join(rows) + "\n")
    line = lambda n: 2 + n + sum(1 for m in range(1, n + 1) if m % 997 == 0)  # noqa: E731
    assert aside(tables) == {"wrong_columns": (2, f"a.csv:{line(50_000)}"), "bad_date": (1, f"a.csv:{line(55_000)}")}
    assert tables.order_lines.count() == 59_997
