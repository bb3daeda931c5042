"""A client's database: read-only, one SELECT, no address and no personal column in any file."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from crm_helpers.data import database, fingerprint
from crm_helpers.data.database import one_select
from crm_helpers.errors import CrmError, Faults, UsageError
from tests.data.conftest import COLUMNS, Project, amounts, aside

pytest.importorskip("sqlalchemy")
BAD = "いつか"


@pytest.fixture
def shop(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A SQLite database that a client's system might have, and its address in the environment."""
    file = project.root / "shop.db"
    with sqlite3.connect(file) as con:
        con.execute('create table "注文明細" (注文 text, 日付 text, 顧客 text, 金額 numeric, 氏名 text)')
        con.executemany(
            'insert into "注文明細" values (?, ?, ?, ?, ?)',
            [("001", "2023-01-05", "A", 100, "山田"), ("002", "2023-01-06", None, 1e7, "佐藤"), ("003", BAD, 'B"\n', 3, "鈴木")],
        )
    con.close()
    monkeypatch.setenv("CRM_DB_URL", f"sqlite:///{file}")
    forget()
    yield file
    forget()


def forget() -> None:
    """What a new command begins without."""
    for name in [name for name in os.environ if name.startswith(database.FETCHED)]:
        del os.environ[name]


def asked(**source: object) -> dict[str, object]:
    return {"data": {"order_lines": {"connection": "CRM_DB_URL", "columns": COLUMNS} | source}}


@pytest.mark.parametrize("source", [{"table": "注文明細"}, {"query": "select * from 注文明細;"}])
def test_the_rows_of_a_table_and_of_a_query(project: Project, shop: Path, source: dict[str, object]) -> None:
    tables = project.open(**asked(**source))
    assert amounts(tables) == [100, 10000000]
    assert aside(tables) == {"bad_date": (1, f"CRM_DB_URL!{source.get('table', 'query')}:4")}
    assert tables.sql("select order_id from order_lines order by order_id")["order_id"].tolist() == ["001", "002"]


def test_no_personal_column_and_no_address_is_kept(project: Project, shop: Path) -> None:
    project.open(**asked(table="注文明細"))
    for file in (p for p in (project.data / ".cache").rglob("*") if p.is_file()):
        assert "山田".encode() not in file.read_bytes()
        assert b"sqlite" not in file.read_bytes()


def test_the_rows_are_the_fingerprint_and_one_command_asks_once(project: Project, shop: Path) -> None:
    loaded = project.load(**asked(table="注文明細"))
    first = fingerprint.fingerprint(loaded)
    with sqlite3.connect(shop) as con:
        con.execute("insert into 注文明細 values ('004', '2023-01-07', 'C', 5, '')")
    assert fingerprint.fingerprint(loaded) == first, "this command, and processes that it starts, read one state"
    forget()
    assert fingerprint.fingerprint(loaded) != first
    with sqlite3.connect(shop) as con:
        con.execute("delete from 注文明細 where 注文 = '004'")
        con.execute("update 注文明細 set 氏名 = 'x'")
    con.close()
    forget()
    assert fingerprint.fingerprint(loaded) == first
    kept = list((project.data / ".cache" / "database").iterdir())
    assert len(kept) == 1
    assert kept[0].stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "query",
    [
        "delete from 注文明細", "select 1; drop table 注文明細", "update 注文明細 set 金額 = 0", "pragma query_only = off", "", "attach 'x' as y",
        "with x as (delete from 注文明細 returning *) select * from x", "select * into y from 注文明細", "create table y as select 1",
        "select * from 注文明細) as a; delete from 注文明細 --", "vacuum", "insert into 注文明細 (注文) values (1)",
    ],
)  # fmt: skip
def test_anything_but_one_select_is_refused(project: Project, shop: Path, query: str) -> None:
    before = shop.read_bytes()
    with pytest.raises((UsageError, Faults)) as caught:
        project.open(**asked(query=query or ";"))
    fault = caught.value.faults[0] if isinstance(caught.value, Faults) else caught.value
    assert (fault.key, fault.where) == ("data.not_select", "params/acme.yaml:14")
    assert shop.read_bytes() == before


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_is_one_select(dialect: str) -> None:
    for query in ("select 1", "select * from a union all select * from b;", "with x as (select 1) select * from x", "select 'delete from a; b'"):
        assert one_select(query, dialect)
    for query in ("select 1; select 2", "truncate a", "copy a to 'x'", "select * from a for update", "call f()", "do $$ begin end $$", "set role x", "(("):
        assert not one_select(query, dialect)


def test_the_session_is_read_only_even_if_a_query_were_not(project: Project, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "one_select", lambda *_: True)
    before = shop.read_bytes()
    with pytest.raises(CrmError) as caught:
        project.open(**asked(query="select 1 as 注文) as a; delete from 注文明細; --"))
    assert caught.value.key == "data.database"
    assert shop.read_bytes() == before


@pytest.mark.parametrize(
    ("address", "source", "key", "line"),
    [
        ("", {}, "data.no_connection", 8),
        ("no address", {}, "data.address", 8),
        ("duckdb+nothing://x", {}, "data.address", 8),
        ("sqlite:////nowhere/secret-password/x.db", {}, "data.database", 8),
        (None, {"table": "無い"}, "data.database", 8),
        (None, {"columns": COLUMNS | {"amount": "税込"}}, "data.column", 13),
    ],
)
def test_what_cannot_be_used_is_told_without_the_address(
    project: Project, shop: Path, monkeypatch: pytest.MonkeyPatch, address: str | None, source: dict[str, object], key: str, line: int
) -> None:
    if address is not None:
        monkeypatch.setenv("CRM_DB_URL", address)
    with pytest.raises(CrmError) as caught:
        project.open(**asked(**({"table": "注文明細"} | source)))
    fault = caught.value.faults[0] if isinstance(caught.value, Faults) else caught.value
    assert (fault.key, fault.where) == (key, f"params/acme.yaml:{line}")
    assert "secret" not in str(fault)


@pytest.mark.parametrize(
    "source", [{"connection": "postgresql://me:secret@host/x", "table": "a"}, {}, {"table": "a", "query": "select 1"}, {"table": "a", "files": "a.csv"}]
)
def test_a_password_or_two_origins_in_the_params_file_are_refused(project: Project, source: dict[str, object]) -> None:
    with pytest.raises(Faults) as caught:
        project.load(**asked(**source))
    assert [fault.key for fault in caught.value.faults] == ["params.value"]
