"""Rows of a PostgreSQL server; skipped where none is named by CRM_TEST_POSTGRESQL (`.ci/run` starts one)."""

from __future__ import annotations

import os

import pytest

from crm_helpers.errors import CrmError
from tests.data.conftest import Project, amounts, aside
from tests.data.test_database import asked, forget

ADDRESS = os.environ.get("CRM_TEST_POSTGRESQL", "")
pytestmark = pytest.mark.skipif(not ADDRESS, reason="needs a PostgreSQL server (CRM_TEST_POSTGRESQL); .ci/run starts one")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlalchemy

    engine = sqlalchemy.create_engine(ADDRESS)
    with engine.begin() as con:
        con.exec_driver_sql('drop table if exists "注文明細"')
        con.exec_driver_sql('create table "注文明細" (注文 text, 日付 date, 顧客 varchar(9), 金額 numeric(12, 2), 氏名 text)')
        con.exec_driver_sql(
            "insert into \"注文明細\" values ('001', '2023-01-05', 'A', 100, '山田'), ('002', '2023-01-06', null, 10000000, '佐藤'),"
            " ('003', null, 'B', 3, '鈴木')"
        )
    engine.dispose()
    monkeypatch.setenv("CRM_DB_URL", ADDRESS)
    forget()
    yield
    forget()


@pytest.mark.parametrize("source", [{"table": "注文明細"}, {"table": "public.注文明細"}, {"query": "select * from 注文明細;"}])
def test_the_rows_of_a_table_and_of_a_query(project: Project, shop: None, source: dict[str, object]) -> None:
    tables = project.open(**asked(**source))
    assert amounts(tables) == [100, 10000000]
    assert list(aside(tables)) == ["missing_date"]
    assert tables.sql("select order_id from order_lines order by order_id")["order_id"].tolist() == ["001", "002"]
    kept = next((project.data / ".cache" / "database").glob("*.csv")).read_text("utf-8")
    assert "山田" not in kept


def test_nothing_can_be_written(project: Project, shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm_helpers.data import database

    monkeypatch.setattr(database, "one_select", lambda *_: True)
    with pytest.raises(CrmError) as caught:
        project.open(**asked(query="with gone as (delete from 注文明細 returning *) select * from gone"))
    assert caught.value.key == "data.database"
    forget()
    monkeypatch.undo()
    monkeypatch.setenv("CRM_DB_URL", ADDRESS)
    monkeypatch.chdir(project.root)
    assert amounts(project.open(**asked(table="注文明細"))) == [100, 10000000]
