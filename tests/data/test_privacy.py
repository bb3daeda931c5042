"""Personal data at import: refused, replaced, masked, counted; nothing of them in anything that is written."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from crm_helpers.data import job, keys
from crm_helpers.data.privacy import order
from crm_helpers.data.tables import Tables
from crm_helpers.errors import CrmError, Faults, UsageError
from tests.data.conftest import HEAD, Project, aside

GOOD = "1,2023-01-05,A0001,100\n2,2023-01-06,B0001,200\n"
RECORD = {"contract": "K-1", "purpose": "分析", "received_on": "2023-01-01", "delete_by": "2033-01-01", "persons": ["担当"]}
REAL = {"example": False, "privacy": {"data_status": "entrusted"}, "entrustment": RECORD}
SECRET = "0123456789abcdef" * 4
NAMES = ["佐藤花子", "鈴木一郎", "高橋 健", "田中美咲", "伊藤翔"]
PSEUDONYM = re.compile(r"h[0-9a-f]{32}")


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.delenv("CRM_KEY", raising=False)


def fault(project: Project, **settings) -> CrmError:
    with pytest.raises(Faults) as caught:
        project.open(**settings)
    assert len(caught.value.faults) == 1, caught.value
    return caught.value.faults[0]


def members(column: str, values: list[str], **settings) -> dict[str, object]:
    """A table of customers with one more column, of which the mapping makes a dimension."""
    return {"tables": {"customers": {"files": "m.txt", "columns": {"customer_id": "番号"}, "dimensions": {"extra": column}}}} | settings


def with_members(project: Project, column: str, values: list[str]) -> None:
    project.write("a.csv", HEAD + GOOD)
    project.write("m.txt", f"番号,{column}\n" + "".join(f"C{n:04d},{value}\n" for n, value in enumerate(values)))


# ---------------------------------------------------------------- refused columns
@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("備考", NAMES, "name"),
        ("備考", ["サトウ ハナコ", "スズキイチロウ", "タカハシ ケン"], "kana"),
        ("区分", ["a@example.jp", "b@example.jp", "c@example.jp", "なし"], "mail"),
        ("区分", ["090-1234-5678", "03-1234-5678", "09011112222"], "phone"),
        ("場所", ["東京都港区芝1-2-3", "大阪府大阪市北区梅田2-1", "京都府京都市中京区3-4-5"], "address"),
        ("支払", ["4111111111111111", "5555555555554444", "378282246310005"], "card"),
        ("氏名", ["X", "Y"], "name"),
        ("フリガナ", ["X", "Y"], "kana"),
        ("住所1", ["X", "Y"], "address"),
    ],
)
def test_columns_of_direct_identifiers_are_refused_by_name_or_by_value(project: Project, column: str, values: list[str], kind: str) -> None:
    with_members(project, column, values)
    found = fault(project, **members(column, values))
    assert (found.key, found.exit_code, found.values["kind"]) == ("privacy.column", 2, f"privacy.kinds.{kind}")
    assert found.values["column"] == column
    assert str(found.values["file"]).endswith("m.txt")
    assert re.fullmatch(r"params/acme\.yaml:\d+", found.where)
    assert not any(value in str(found) for value in values if len(value) > 1), "never the value itself"


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("メルマガ区分", ["希望", "不要"]),
        ("電話連絡", ["可", "否"]),
        ("市", ["山口県", "石川町", "福島駅前店", "千葉市"]),
        ("ランク", ["森", "原", "東"]),
        ("商品", ["小野田セメント", "ホット コーヒー", "国産 牛肉"]),
        ("型", ["1234567890123456", "20230105123456", "4901234567894"]),
    ],
)
def test_columns_that_only_sound_like_it_are_read(project: Project, column: str, values: list[str]) -> None:
    with_members(project, column, values)
    assert project.open(**members(column, values)).has("customers.extra")


def test_sensitive_columns_need_an_approval(project: Project) -> None:
    with_members(project, "既往歴", ["あり", "なし"])
    assert fault(project, **members("既往歴", [])).key == "privacy.sensitive"
    with_members(project, "メモ区分", ["糖尿病", "なし"])
    assert fault(project, **members("メモ区分", [])).key == "privacy.sensitive"
    approved = {"privacy": {"sensitive_approved": {"by": "管理者", "on": "2023-01-01"}}}
    assert project.open(**members("メモ区分", [], **approved)).has("customers.extra")


# ---------------------------------------------------------------- stray identifiers
def test_stray_contacts_and_cards_in_a_text_column_are_masked_and_told(project: Project) -> None:
    values = [f"値{n}" for n in range(60)]
    with_members(project, "区分", [*values, "問合せはa@example.jp", "4111111111111111", "tel 090-1234-5678"])
    tables = project.open(**members("区分", []))
    held = set(tables.sql("select extra from customers")["extra"])
    assert held == {*values, "問合せは[mail]", "[card]", "tel [phone]"}
    told = {s.facts["kind"]: s.facts["n"] for s in tables.basis.statements if s.key == "privacy.noticed.masked"}
    assert told == {"privacy.kinds.mail": 1, "privacy.kinds.card": 1, "privacy.kinds.phone": 1}


def test_free_text_is_masked_with_the_clients_own_customer_ids(project: Project) -> None:
    project.write("a.csv", HEAD + GOOD)
    project.write("s.txt", "日,種類,感想\n2023-02-01,text,店員の田中さんへ。A0001です。注文番号0312345678\n2023-02-02,text,ふつう\n")
    source = {"files": "s.txt", "columns": {"answered_on": "日", "measure": "種類", "comment": "感想"}}
    tables = project.open(tables={"surveys": source})
    assert set(tables.sql("select comment from surveys")["comment"]) == {"店員の[name]さんへ。[id]です。注文番号0312345678", "ふつう"}


# ---------------------------------------------------------------- pseudonyms
def contacts(project: Project, **settings) -> Tables:
    """The shop knows customers by mail and telephone; its two files write them differently."""
    project.write("a.csv", HEAD + "1,2023-01-05,Taro@Example.JP,100\n2,2023-01-06,090-1234-5678,200\n3,2023-01-07,C0003,300\n")
    project.write("m.txt", "番号\nｔａｒｏ@example.jp\n09012345678\nC0003\n", "utf-8")
    return project.open(tables={"customers": {"files": "m.txt", "columns": {"customer_id": "番号"}}}, **settings)


def test_contact_like_ids_are_hashed_alike_in_every_table_and_others_stay(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_KEY", SECRET)
    tables = contacts(project, **REAL)
    joined = tables.sql("select l.customer_id from order_lines l join customers c on l.customer_id = c.customer_id")["customer_id"]
    assert sorted(joined) == sorted(["C0003", keys.pseudonym(SECRET, "taro@example.jp"), keys.pseudonym(SECRET, "09012345678")])
    told = [(s.facts["table"], s.facts["n"]) for s in tables.basis.statements if s.key == "privacy.noticed.hashed"]
    assert sorted(told) == [("contract.tables.customers", 2), ("contract.tables.order_lines", 2)]


def test_pseudonymised_data_have_all_ids_hashed_and_ids_made_of_them(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_KEY", SECRET)
    columns = {"order_id": ["顧客", "日付"], "ordered_on": "日付", "customer_id": "顧客", "amount": "金額"}
    settings = REAL | {"privacy": {"data_status": "pseudonymised"}, "lines": {"columns": columns}}
    tables = contacts(project, **settings)
    ids = tables.sql("select customer_id, order_id from order_lines")
    assert all(PSEUDONYM.fullmatch(value) for name in ids for value in ids[name])
    joined = "select count(*) as n from order_lines join customers using (customer_id)"
    assert tables.sql(joined)["n"].item() == 3


def test_a_column_called_a_contact_has_every_value_hashed(project: Project) -> None:
    project.write("a.csv", HEAD.replace("顧客", "電話番号") + "1,2023-01-05,9012345678,100\n")
    columns = {"order_id": "注文", "ordered_on": "日付", "customer_id": "電話番号", "amount": "金額"}
    tables = project.open(lines={"columns": columns})
    assert PSEUDONYM.fullmatch(tables.sql("select customer_id from order_lines")["customer_id"].item())


def test_a_real_client_without_a_key_is_told_how_to_make_one_only_when_one_is_needed(project: Project) -> None:
    with pytest.raises(Faults) as caught:
        contacts(project, **REAL)
    (found,) = caught.value.faults
    assert (found.key, found.exit_code, found.values["client"]) == ("privacy.no_key", 2, "acme")
    assert project.lines(GOOD, **REAL).order_lines.count() == 2
    keys.make("acme")
    assert contacts(project, **REAL).customers.count() == 3


def test_the_key_is_its_owners_alone_and_never_replaced(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    file = keys.make("acme")
    assert file.stat().st_mode & 0o777 == 0o600
    assert project.root in file.parents, "the test's own settings"
    with pytest.raises(UsageError) as caught:
        keys.make("acme")
    assert caught.value.key == "privacy.key_exists"
    file.chmod(0o644)
    with pytest.raises(UsageError) as caught:
        keys.key_of(project.load(**REAL))
    assert caught.value.key == "privacy.key_open"
    monkeypatch.setenv("CRM_KEY", "short")
    with pytest.raises(UsageError) as caught:
        keys.key_of(project.load(**REAL))
    assert caught.value.key == "privacy.key_short"


def test_another_key_is_another_import(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_KEY", SECRET)
    first = contacts(project, **REAL).fingerprint
    monkeypatch.setenv("CRM_KEY", SECRET[::-1])
    assert contacts(project, **REAL).fingerprint != first


# ---------------------------------------------------------------- coarser values
def test_birth_dates_and_postal_codes_are_cut(project: Project) -> None:
    project.write("a.csv", HEAD + GOOD)
    project.write("m.txt", "番号,生年月日,郵便番号\n1,1980-04-09,105-0011\n2,1991/12/31,〒5300001\n3,,１５０\n4,7月,東京\n")
    columns = {"customer_id": "番号", "birth_year": "生年月日", "birth_month": "生年月日", "postal_area": "郵便番号"}
    tables = project.open(tables={"customers": {"files": "m.txt", "columns": columns}})
    held = tables.sql("select birth_year, birth_month, postal_area from customers order by customer_id")
    assert held["birth_year"].dropna().tolist() == [1980, 1991]
    assert held["birth_month"].dropna().tolist() == [4, 12, 7]
    assert held["postal_area"].dropna().tolist() == ["105", "530", "150"]
    unread = {s.facts["column"]: s.facts["n"] for s in tables.basis.statements if s.key == "data.noticed.unread"}
    assert unread == {"contract.columns.birth_year": 1, "contract.columns.postal_area": 1}


# ---------------------------------------------------------------- people who asked to be erased
def test_who_asked_to_be_erased_is_nowhere_and_only_counted(project: Project) -> None:
    project.write("a.csv", HEAD + GOOD + "3,2023-01-07,C0001,300\n")
    project.write("m.txt", "番号,紹介\nA0001,B0001\nB0001,\nC0001,\n")
    project.write("k.txt", "契約,番号,日\nK1,B0001,2023-01-01\nK2,A0001,2023-01-01\n")
    project.write("h.txt", "契約,日,変更\nK1,2023-02-01,skip\nK2,2023-02-01,skip\n")
    project.write("t.txt", "番号,理由,日\nB0001,erase,2024-06-01\nC0001,stop_use,2023-02-01\nA0001,opt_out,2023-02-01\n")
    tables = project.open(
        tables={
            "contract_changes": {"files": "h.txt", "columns": {"contract_id": "契約", "changed_on": "日", "change": "変更"}},
            "contracts": {"files": "k.txt", "columns": {"contract_id": "契約", "customer_id": "番号", "started_on": "日"}},
            "customers": {"files": "m.txt", "columns": {"customer_id": "番号", "referred_by": "紹介"}},
            "stops": {"files": "t.txt", "columns": {"customer_id": "番号", "reason": "理由", "asked_on": "日"}},
        }
    )
    for name in ("order_lines", "customers", "contracts", "stops"):
        assert set(tables.sql(f"select customer_id from {name}")["customer_id"]) == {"A0001"}, name
    assert set(tables.sql("select contract_id from contract_changes")["contract_id"]) == {"K2"}
    assert tables.sql("select count(referred_by) as n from customers")["n"].item() == 0, "nor who brought whom"
    told = [s.facts for s in tables.basis.statements if s.key == "privacy.noticed.erased"]
    assert told == [{"n": 2}]
    aside(tables)
    assert sum(a.rows for a in tables.basis.set_aside if a.reason == "erased") == 2 + 2 + 1 + 1 + 1
    assert sum(a.rows for a in tables.basis.set_aside if a.reason == "future") == 1, "asked after as_of: honoured all the same"


def test_tables_come_in_an_order_in_which_they_can_be_protected(project: Project) -> None:
    [source] = project.load().params.data["order_lines"]
    text = source.model_copy(update={"columns": {"comment": ["c"]}})
    data = {"surveys": [text], "usage": [source], "order_lines": [source], "stops": [source], "customers": [source]}
    assert order(data) == ["stops", "order_lines", "customers", "surveys", "usage"]


# ---------------------------------------------------------------- companies
ACCOUNTS = "番号,名前\n1,株式会社みほん\n2,田中太郎\n3,山田 花子\n"


@pytest.mark.parametrize(
    ("kind", "kept", "told"),
    [("corporate", ["株式会社みほん"], ("sole_traders", 2)), ("consumer", [], ("company_names", 3))],
)
def test_names_of_companies_are_kept_only_for_corporate_clients_and_never_a_persons(
    project: Project, kind: str, kept: list[str], told: tuple[str, int]
) -> None:
    project.write("a.csv", HEAD + GOOD)
    project.write("c.txt", ACCOUNTS)
    source = {"files": "c.txt", "columns": {"account_id": "番号", "name": "名前"}}
    tables = project.open(tables={"accounts": source}, privacy={"customer_kind": kind})
    assert tables.sql("select name from accounts where name is not null")["name"].tolist() == kept
    assert [(s.key.rpartition(".")[2], s.facts["n"]) for s in tables.basis.statements] == [told]


# ---------------------------------------------------------------- the record
def test_a_real_client_needs_the_record_of_the_entrustment_in_one_message(project: Project) -> None:
    project.write("a.csv", HEAD + GOOD)
    found = fault(project, example=False, entrustment={"purpose": "分析"})
    assert (found.key, found.exit_code) == ("privacy.record", 2)
    assert found.values["has"] == [
        *("privacy.data_status", "entrustment.contract", "entrustment.received_on", "entrustment.delete_by", "entrustment.persons")
    ]
    late = fault(project, **(REAL | {"entrustment": RECORD | {"delete_by": "2022-12-31"}}))
    assert late.key == "privacy.days"


def test_members_abroad_and_web_logs_are_pointed_out(project: Project) -> None:
    project.write("a.csv", HEAD + GOOD)
    project.write("m.txt", "番号,国\n1,日本\n2,JP\n3,フランス\n4,US\n")
    project.write("e.txt", "時,何\n2023-01-05 10:00,閲覧\n")
    tables = project.open(
        tables={
            "customers": {"files": "m.txt", "columns": {"customer_id": "番号", "country": "国"}},
            "events": {"files": "e.txt", "columns": {"happened_at": "時", "event": "何"}},
        }
    )
    told = {s.key: s.facts for s in tables.basis.statements}
    assert told["privacy.noticed.abroad"] == {"n": 2, "countries": "US, フランス"}
    assert "privacy.noticed.web_logs" in told


# ---------------------------------------------------------------- files
def test_what_the_import_writes_is_its_owners_alone(project: Project) -> None:
    (project.data / ".cache").mkdir(mode=0o755)
    (project.data / ".cache" / "hashes.json").touch(mode=0o644)
    project.lines(GOOD).orders.count()
    written = [project.data / "access_log.jsonl", *(project.data / ".cache").rglob("*"), project.data / ".cache"]
    assert len(written) > 5
    assert [p for p in written if p.stat().st_mode & 0o077] == []


def test_a_killed_import_leaves_no_text_of_the_export_behind(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job.Job, "finish", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        project.lines(GOOD)
    assert [p for p in (project.data / ".cache").rglob("*") if p.is_file() and p.name != "hashes.json"] == []


def test_nothing_is_looked_at_value_by_value_where_nothing_is_found(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm_helpers.data import privacy

    def never(*_: object) -> None:
        raise AssertionError("a value was read")

    monkeypatch.setattr(privacy.Protection, "_values", never)
    monkeypatch.setattr(privacy.Protection, "_rewrite", never)
    assert project.lines(GOOD).order_lines.count() == 2


def decoded(file: Path) -> str:
    """What a file says, Parquet through DuckDB."""
    if file.suffix == ".parquet":
        return "\n".join(str(row) for row in duckdb.sql(f"select * from '{file}'").fetchall())
    return file.read_bytes().decode("utf-8", "replace")
