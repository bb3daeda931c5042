"""Parquet files, typed as data teams hand them over."""

from __future__ import annotations

import duckdb
import pytest

from crm_helpers.errors import Faults
from tests.data.conftest import COLUMNS, Project, amounts, aside

LINES = {"files": "a.parquet"}


def parquet(project: Project, query: str) -> None:
    duckdb.sql(query).write_parquet(str(project.data / "a.parquet"))


def row(**cells: str) -> str:
    told = {"注文": "1", "日付": "date '2023-01-05'", "顧客": "'A'", "金額": "100"} | cells
    return "select " + ", ".join(f'{value} as "{name}"' for name, value in told.items())


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, ["1", "2023-01-05", "A", 10000]),
        ({"金額": "cast(0.1 as double) + 0.2"}, ["1", "2023-01-05", "A", 30]),
        ({"金額": "cast('1234567.89' as decimal(20, 2))"}, ["1", "2023-01-05", "A", 123456789]),
        ({"金額": "cast(1e7 as double)"}, ["1", "2023-01-05", "A", 1000000000]),
        ({"注文": "cast(12345 as double)"}, ["12345", "2023-01-05", "A", 10000]),
        ({"注文": "cast(12345678901234567 as bigint)", "顧客": "'００7'"}, ["12345678901234567", "2023-01-05", "007", 10000]),
        ({"日付": "timestamp '2023-01-05 23:59:59'", "顧客": "null"}, ["1", "2023-01-05", None, 10000]),
        ({"注文": "uuid '00000000-0000-0000-0000-000000000001'"}, ["00000000-0000-0000-0000-000000000001", "2023-01-05", "A", 10000]),
    ],
)
def test_typed_columns_come_through_exactly(project: Project, cells: dict[str, str], expected: list[object]) -> None:
    parquet(project, row(**cells))
    tables = project.open(lines=LINES, currency="USD")
    found = tables.sql("select order_id, cast(ordered_on as varchar) as day, customer_id, amount from order_lines").values.tolist()[0]
    found[1] = str(found[1])[:10]
    assert [None if cell != cell else cell for cell in found] == expected
    assert aside(tables) == {}


def test_rows_that_cannot_be_read_are_told_by_record(project: Project) -> None:
    parquet(project, f"{row()} union all {row(日付='null')} union all {row(注文='3')}")
    tables = project.open(lines=LINES)
    assert amounts(tables) == [100, 100]
    assert aside(tables) == {"missing_date": (1, "a.parquet:2")}


def test_moments_with_a_time_zone_are_told(project: Project) -> None:
    parquet(project, row(日付="timestamptz '2023-01-05 00:30:00+09'"))
    tables = project.open(lines=LINES)
    assert str(tables.span[0]) == "2023-01-04"
    (statement,) = tables.basis.statements
    assert (statement.key, statement.facts["names"]) == ("data.noticed.utc", "日付")


@pytest.mark.parametrize(
    ("query", "key", "where"),
    [
        (row().replace("顧客", "客"), "data.column", "params/acme.yaml:12"),
        (row(顧客="[1, 2]"), "data.nested", "params/acme.yaml:8"),
        (row(顧客="{'a': 1}"), "data.nested", "params/acme.yaml:8"),
    ],
)
def test_columns_that_cannot_be_used_are_told(project: Project, query: str, key: str, where: str) -> None:
    parquet(project, query)
    with pytest.raises(Faults) as caught:
        project.open(lines=LINES)
    (fault,) = caught.value.faults
    assert (fault.key, fault.where, fault.values["file"]) == (key, where, "data/acme/a.parquet")


def test_a_damaged_file_is_told(project: Project) -> None:
    project.write("a.parquet", b"PAR1" + b"x" * 99)
    with pytest.raises(Faults) as caught:
        project.open(lines=LINES | {"columns": COLUMNS})
    assert [fault.key for fault in caught.value.faults] == ["data.damaged"]
