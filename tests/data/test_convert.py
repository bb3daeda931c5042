"""Several sources of one table, constants, words for codes, returns, tax: the value of every line."""

from __future__ import annotations

import random
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

import pytest

from crm_helpers.data.mapping import faults
from tests.data.conftest import COLUMNS, HEAD, Project, amounts, aside

SHOP = {"files": "ec.csv", "columns": COLUMNS, "constants": {"channel": "EC"}}
TILL = {
    "files": "pos.csv",
    "columns": {"order_id": "伝票", "ordered_on": "売上日", "store_id": "店", "channel": "区分", "amount": "売上"},
    "formats": {"ordered_on": "%d/%m/%Y"},
    "values": {"channel": {"1": "店舗", "２": "外商"}, "store_id": {"A店": "001"}},
    "guests": ["0"],
}


def both(project: Project, till: str, **changed: object):
    project.write("ec.csv", HEAD + "1,2023-01-05,A,100\n2,x,B,200\n")
    project.write("pos.csv", "売上,店,区分,伝票,売上日\n" + till)
    return project.open(data={"order_lines": [SHOP, TILL | changed]})


def test_a_shop_and_a_till_feed_one_table(project: Project) -> None:
    tables = both(project, "300,A店,1,7,06/01/2023\n400,B店,２,8,07/01/2023\n500,B店,9,9,99\n")
    found = tables.sql("select order_id, channel, store_id, customer_id, amount from order_lines order by order_id")
    assert found.astype(object).where(found.notna(), None).values.tolist() == [
        ["1", "EC", None, "A", 100], ["7", "店舗", "001", None, 300], ["8", "外商", "B店", None, 400],
    ]  # fmt: skip
    assert [(r.file, r.read, r.accepted) for r in tables.basis.received] == [("ec.csv", 2, 1), ("pos.csv", 3, 2)]
    assert aside(tables) == {"bad_date": (2, "ec.csv:3")}
    assert tables.has("order_lines.channel")


def test_dimensions_may_stand_in_one_source_only_and_take_values(project: Project) -> None:
    project.write("ec.csv", HEAD + "1,2023-01-05,A,100\n")
    project.write("pos.csv", "売上,売上日,ギフト\n5,2023-01-06,1\n6,2023-01-06,\n")
    till = {"files": "pos.csv", "columns": {"ordered_on": "売上日", "amount": "売上"}, "dimensions": {"gift": "ギフト"}, "values": {"gift": {"1": "あり"}}}
    tables = project.open(data={"order_lines": [{"files": "ec.csv", "columns": COLUMNS}, till]})
    assert tables.sql("select amount from order_lines where gift = 'あり'")["amount"].tolist() == [5]


def test_returns_booked_as_positive_become_negative(project: Project) -> None:
    head = "注文,日付,顧客,金額,数量,区分\n"
    body = "1,2023-01-05,A,100,2,売上\n2,2023-01-05,A,\"1,200\",1,返品\n3,2023-01-05,A,▲50,-1, 返品\n4,2023-01-05,A,0,0,取消\n5,2023-01-05,A,abc,1,返品\n"
    tables = project.lines(body, head=head, lines={"columns": COLUMNS | {"quantity": "数量"}, "signs": {"区分": ["返品", "取消"]}})
    found = tables.sql("select order_id, amount, quantity from order_lines order by order_id").values.tolist()
    assert found == [["1", 100, 2], ["2", -1200, -1], ["3", -50, -1], ["4", 0, 0]]
    assert aside(tables) == {"bad_amount": (1, "a.csv:6")}


ROUNDING = {"half_up": ROUND_HALF_UP, "down": ROUND_DOWN, "up": ROUND_UP}


@pytest.mark.parametrize("rounding", ROUNDING)
@pytest.mark.parametrize("currency", ["JPY", "USD"])
@pytest.mark.parametrize(("tax", "basis"), [("excluded", "included"), ("included", "excluded"), ("included", "included"), (None, "included")])
def test_tax_is_converted_once_from_the_files_figure(project: Project, rounding: str, currency: str, tax: str | None, basis: str) -> None:
    """Property: the same as exact arithmetic on the figure as it stands in the file, whatever its decimals."""
    rng = random.Random(3)
    lines = [(Decimal(rng.randrange(-(10**7), 10**7)).scaleb(-rng.randrange(4)), rng.choice(["8", "10", "８％", ""])) for _ in range(400)]
    lines += [(Decimal(text), "10") for text in ("5", "-5", "15", "0", "0.5", "-0.5", "1.5", "999999999999")]
    body = "".join(f"{i},2023-01-05,A,{amount},{rate}\n" for i, (amount, rate) in enumerate(lines))
    source = {"columns": COLUMNS | {"tax_percent": "税率"}, "tax_rate": 10, "rounding": rounding} | ({"tax": tax} if tax else {})
    tables = project.lines(body, head="注文,日付,顧客,金額,税率\n", lines=source, currency=currency, sales={"tax": basis})
    places = Decimal(1) if currency == "JPY" else Decimal("0.01")
    expected = []
    for amount, rate in lines:
        share = 1 + Decimal(8 if rate in ("8", "８％") else 10) / 100
        exact = amount if tax in (None, basis) else amount * share if basis == "included" else amount / share
        expected.append(int(exact.quantize(places, ROUNDING[rounding]) / places))
    assert amounts(tables) == sorted(expected)


def test_words_for_numbers_of_a_rate(project: Project) -> None:
    source = {"columns": COLUMNS | {"tax_percent": "税"}, "tax": "excluded", "tax_rate": 10, "values": {"tax_percent": {"軽減": "8"}}}
    tables = project.lines("1,2023-01-05,A,100,軽減\n2,2023-01-05,A,100,標準\n", head="注文,日付,顧客,金額,税\n", lines=source, sales={"tax": "included"})
    assert amounts(tables) == [108, 110]
    assert [s.key for s in tables.basis.statements] == ["data.noticed.unread"], "a rate that is no number is told"


@pytest.mark.parametrize(
    ("lines", "key", "where"),
    [
        ({"constants": {"chanel": "EC"}}, "data.contract_column", 15),
        ({"constants": {"amount": "1"}}, "data.said_twice", 15),
        ({"values": {"channel": {"1": "店舗"}}}, "data.values_column", 15),
        ({"values": {"amount": {"1": "2"}}}, "data.values_column", 15),
        ({"tax": "excluded"}, "data.no_rate", 14),
        ({"columns": COLUMNS | {"channel": ["a", "b"]}, "values": {"channel": {"1": "店舗"}}}, "data.one_column", 14),
    ],
)
def test_faults_have_their_line(project: Project, lines: dict[str, object], key: str, where: int) -> None:
    project.write("a.csv", "x")
    (fault,) = faults(project.load(lines=lines, sales={"tax": "included"}))
    assert (fault.key, fault.where) == (key, f"params/acme.yaml:{where}")


def test_faults_of_the_second_source_have_theirs(project: Project) -> None:
    project.write("a.csv", "x")
    second = {"files": "a.csv", "columns": {"ordered_on": "日付", "amount": "金額", "oops": "x"}, "encoding": "jis-x"}
    told = faults(project.load(data={"order_lines": [{"files": "a.csv", "columns": COLUMNS}, second]}))
    assert [(f.key, f.where) for f in told] == [("data.contract_column", "params/acme.yaml:18"), ("data.encoding", "params/acme.yaml:19")]


def test_signs_and_tax_of_a_table_without_amounts_are_told(project: Project) -> None:
    project.write("a.csv", "x")
    stores = {"files": "a.csv", "columns": {"store_id": "店"}, "tax": "included", "signs": {"区分": "x"}}
    told = faults(project.load(tables={"stores": stores}))
    assert [(f.key, f.values["found"]) for f in told] == [("data.no_amount", "signs"), ("data.no_amount", "tax")]


def test_a_column_of_signs_that_is_not_there_is_told(project: Project) -> None:
    project.write("a.csv", HEAD + "1,2023-01-05,A,100\n")
    with pytest.raises(Exception, match=r"params/acme.yaml:15: data\.column") as caught:
        project.open(lines={"signs": {"区分": ["返品"]}})
    assert caught.value.faults[0].values["found"] == "区分"
