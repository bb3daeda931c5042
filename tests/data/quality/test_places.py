"""Rows keep their file and line, and nothing of a person gets out."""

from __future__ import annotations

import pytest

from crm_helpers.data.checks import reconcile
from crm_helpers.data.quality import places
from crm_helpers.data.quality.examine import quality
from crm_helpers.data.tables import open_tables
from tests.data.conftest import COLUMNS, Project

MEMBERS = {"files": "m.txt", "columns": {"customer_id": "番号", "joined_on": "入会", "left_on": "退会", "birth_year": "生年"}}
HEAD = "注文,日付,顧客,商品,金額\n"
LINES = {"columns": COLUMNS | {"product_id": "商品"}}


def opened(project: Project, **settings):
    loaded = project.load(**settings)
    tables = open_tables(loaded)
    return tables, quality(tables, loaded, reconcile(tables, loaded))


def rows(tables) -> list[tuple[str, str, int, str, str]]:
    return [(row.id, row.file, row.line, row.column, row.value) for row in places.kept(tables.folder)]


def test_every_row_is_where_the_client_sees_it(project: Project) -> None:
    project.write("a.csv", HEAD + '1,2023-12-30,A,P,100\n2,2023-12-30,"A\nB",Q,100\n3,12月のいつか,A,P,100\n4,2023-12-30,A,R,100\n')
    project.write("b.csv", HEAD + "5,2023-12-31,A,Q,50\n")
    project.write("p.txt", "商品\nP\n")
    project.write("m.txt", "番号,入会,退会,生年\nA,2023-05-02,2023-05-01,1980\nB,2023-05-02,,1905\nC,2023-05-02,,むかし\n")
    products = {"files": "p.txt", "columns": {"product_id": "商品"}}
    tables, found = opened(project, lines=LINES, tables={"products": products, "customers": MEMBERS})
    assert rows(tables) == [
        ("age:customers.birth_year", "m.txt", 3, "birth_year", "1905"),
        ("date_order:customers.joined_on.left_on", "m.txt", 2, "joined_on / left_on", "2023-05-02 / 2023-05-01"),
        ("set_aside:order_lines.bad_date", "a.csv", 5, "ordered_on", "12xxxxx"),
        ("unread:customers.birth_year", "m.txt", 4, "birth_year", ""),
        ("unresolved:order_lines.customer_id", "a.csv", 3, "customer_id", "A\nB"),
        ("unresolved:order_lines.product_id", "a.csv", 3, "product_id", "Q"),
        ("unresolved:order_lines.product_id", "a.csv", 6, "product_id", "R"),
        ("unresolved:order_lines.product_id", "b.csv", 2, "product_id", "Q"),
    ]
    first = {finding.id: finding.first for finding in found.findings}
    assert first["unresolved:order_lines.product_id"] == "a.csv:3"
    assert first["age:customers.birth_year"] == "m.txt:3"
    assert first["set_aside:order_lines.bad_date"] == "a.csv:5"
    assert found.stops


def test_tables_are_told_in_the_order_of_the_settings(project: Project) -> None:
    project.write("p.txt", "商品\nP\n")
    tables = project.lines(
        "1,2023-12-30,A,P,100\n", head=HEAD, lines=LINES, tables={"products": {"files": "p.txt", "columns": {"product_id": "商品"}}}
    )
    assert [part.table for part in tables.basis.received] == ["order_lines", "products"]


def test_a_thousand_rows_a_check_are_kept_and_all_are_counted(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST", 3)
    project.write("a.csv", HEAD + "".join(f"{i},2023-12-30,A,Q,100\n" for i in range(9)))
    project.write("p.txt", "商品\nP\n")
    tables, found = opened(project, lines=LINES, tables={"products": {"files": "p.txt", "columns": {"product_id": "商品"}}})
    assert [row[2] for row in rows(tables)] == [2, 3, 4]
    assert next(f for f in found.findings if f.check == "unresolved").affected == 9


@pytest.mark.parametrize(
    ("text", "column", "kept"),
    [
        ("2023-13-01", "ordered_on", "2023-13-01"),
        ("山田 花子", "ordered_on", "xx xx"),
        ("090-1234-5678", "ordered_on", "999-9999-9999"),
        ("1980-02-30", "birth_year", "9999-99-99"),
        ("hanako@example.com", "customer_id", "xxxxxx@xxxxxxx.xxx"),
        ("12", "customer_id", "99"),
    ],
)
def test_the_shape_of_a_cell_names_nobody(text: str, column: str, kept: str) -> None:
    assert places.shape(text, column) == kept


def test_an_explained_finding_stops_nothing(project: Project) -> None:
    project.write("a.csv", HEAD + "1,2023-12-31,A,Q,100\n")
    project.write("p.txt", "商品\nP\n")
    settings = {"lines": LINES, "tables": {"products": {"files": "p.txt", "columns": {"product_id": "商品"}}}}
    assert opened(project, **settings)[1].stops
    words = {"unresolved:order_lines.product_id": {"ja": "量り売り", "en": "by weight"}}
    _, found = opened(project, **settings, quality={"explained": words})
    assert not found.stops
    assert "unresolved:order_lines.product_id" in {f.id for f in found.findings if f.severity == "note"}


def test_what_the_import_set_aside_is_a_finding_by_its_share(project: Project) -> None:
    good = "".join(f"{i},2023-12-31,A,P,100\n" for i in range(95))
    project.write("a.csv", HEAD + good + "x,,A,P,100\n" * 5)
    _, found = opened(project, lines=LINES)
    finding = next(f for f in found.findings if f.check == "set_aside")
    assert (finding.id, finding.severity, finding.characteristic) == ("set_aside:order_lines.missing_date", "warn", "completeness")
    assert (finding.affected, finding.of, finding.first) == (5, 100, "a.csv:97")


def test_figures_that_differ_stop(project: Project) -> None:
    project.write("a.csv", HEAD + "1,2023-12-31,A,P,100\n")
    project.write("c.txt", "年月,売上\n202312,130\n")
    control = {"file": "c.txt", "columns": {"month": "年月", "sales": "売上"}, "stated_by": {"ja": "表", "en": "sheet"}}
    _, found = opened(project, lines=LINES, control_totals=control)
    assert [(f.id, f.severity, f.money) for f in found.findings][0] == ("reconciled:order_lines", "stop", 30)
