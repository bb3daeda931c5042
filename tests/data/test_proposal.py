"""What `crm new` makes of a client's folder."""

from __future__ import annotations

import zipfile

import pytest

from crm_helpers.data import proposal
from crm_helpers.data.contract import TABLES
from crm_helpers.data.mapping import faults
from crm_helpers.data.tables import open_tables
from crm_helpers.domain import column_names
from crm_helpers.errors import Faults, UsageError
from crm_helpers.params.load import load
from tests.data.conftest import Project

ROWS = "2025-04-{:02d},D{},{},佐藤花子,1200,2\n"
ORDERS = "受注日,伝票番号,会員ＩＤ,氏名,税込金額,個数\n" + "".join(ROWS.format(d, d, d % 3) for d in range(1, 20))


def test_one_ordinary_export_can_be_checked_at_once(project: Project) -> None:
    project.write("受注一覧.csv", ORDERS)
    made = proposal.create("acme")
    assert (made.file, made.left) == ("params/acme.yaml", ())
    loaded = load("acme")
    assert loaded.params.as_of.isoformat() == "2025-04-19"
    assert faults(loaded) == []
    assert open_tables(loaded).order_lines.count() == 19
    assert loaded.params.data["order_lines"].columns == {
        "order_id": ["伝票番号"], "ordered_on": ["受注日"], "customer_id": ["会員ID"], "quantity": ["個数"], "amount": ["税込金額"],
    }  # fmt: skip


def test_personal_columns_are_named_and_never_proposed(project: Project) -> None:
    project.write("a.csv", ORDERS.replace("個数", "メールアドレス"))
    made = proposal.create("acme")
    assert made.proposed[0].personal == ("氏名", "メールアドレス")
    assert "氏名" not in str(load("acme").params)


def test_what_could_not_be_found_is_told_with_the_files_columns(project: Project) -> None:
    project.write("a.csv", "日づけ,伝票番号,お金\n2025-04-01,1,200\n")
    made = proposal.create("acme")
    assert made.left == ("as_of", "data.order_lines.columns.ordered_on", "data.order_lines.columns.amount")
    text = (project.root / "params" / "acme.yaml").read_text("utf-8")
    assert "日づけ, お金" in text
    with pytest.raises(Faults) as caught:
        load("acme")
    assert [f.values["found"] for f in caught.value.faults] == list(made.left)


def test_months_and_masters_in_a_zip_find_their_tables(project: Project) -> None:
    with zipfile.ZipFile(project.data / "e.zip", "w") as archive:
        for month in (1, 2):
            archive.writestr(f"売上_20250{month}.csv", ORDERS.encode("cp932"))
        archive.writestr("会員.csv", "会員番号,氏名,入会日,性別\n1,佐藤,2020-01-01,F\n".encode("cp932"))
        archive.writestr("商品.csv", "商品コード,商品名,大分類\n1,茶,飲料\n".encode("cp932"))
        archive.writestr("店舗.csv", "店舗コード,店舗名\n1,本店\n".encode("cp932"))
    made = proposal.create("acme")
    assert {p.table: len(p.files) for p in made.proposed} == {"order_lines": 2, "customers": 1, "products": 1, "stores": 1}
    assert load("acme").params.data["order_lines"].files == ["e.zip/売上_*.csv"]
    assert open_tables(load("acme")).stores.count() == 1


def test_an_existing_file_is_never_changed(project: Project) -> None:
    project.write("a.csv", ORDERS)
    proposal.create("acme")
    file = project.root / "params" / "acme.yaml"
    file.write_text("mine", "utf-8")
    with pytest.raises(UsageError) as caught:
        proposal.create("acme")
    assert caught.value.key == "client.exists"
    assert file.read_text("utf-8") == "mine"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04\x14\x00\x06\x00,\x08\x00", b"<html><body>, login</body>", b"1,2,3\n4,5,6\n"])
def test_a_folder_with_nothing_readable_gives_no_file(project: Project, content: bytes) -> None:
    project.write("a.csv", content)
    with pytest.raises(UsageError) as caught:
        proposal.create("acme")
    assert caught.value.key == "client.no_data"
    assert not (project.root / "params" / "acme.yaml").exists()


@pytest.mark.parametrize("name", ['金額: "税込"', "# 金額", "- 金額", "true", "金 額", "1", "{金額}", "金額'", "*金額", "no"])
def test_awkward_column_names_survive_yaml(project: Project, name: str) -> None:
    made = proposal.Proposed("order_lines", ("a.csv",), {"ordered_on": "受注日", "amount": name}, (), ())
    file = project.root / "params" / "acme.yaml"
    file.write_text(proposal.filled("acme", None, [made]).replace("as_of:", "as_of: 2025-01-01", 1), "utf-8")
    assert load("acme").params.data["order_lines"].columns["amount"] == [name]


def test_the_usual_names_are_columns_of_the_contract_and_none_is_personal() -> None:
    for table, columns in column_names().items():
        assert set(columns) <= set(TABLES[table].names)
        words = [word for usual in columns.values() for word in usual]
        assert len(words) == len(set(words))
        assert not [word for word in words if proposal.is_personal(word)]


def test_a_kind_of_business_is_written_with_what_it_asks_for(project: Project) -> None:
    project.write("受注一覧.csv", ORDERS)
    made = proposal.create("acme", "salon")
    assert load("acme").params.type == "salon"
    assert {wish.table for wish in made.wishes} == {"customers", "reservations", "stores", "contacts"}
    text = (project.root / "params" / "acme.yaml").read_text("utf-8")
    assert "to ask for in this business: reservations (customer_id, store_id, booked_at, visit_at, status, staff_id, menu)" in text


def test_a_kind_of_business_that_is_not_there_writes_nothing(project: Project) -> None:
    project.write("受注一覧.csv", ORDERS)
    with pytest.raises(UsageError) as caught:
        proposal.create("acme", "saloon")
    assert (caught.value.key, caught.value.values["nearest"]) == ("client.type", "salon")
    assert not (project.root / "params" / "acme.yaml").exists()
