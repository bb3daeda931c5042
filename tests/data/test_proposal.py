"""What `crm new` makes of a client's folder."""

from __future__ import annotations

import datetime
import io
import zipfile

import openpyxl
import pytest

from crm_helpers.data import proposal
from crm_helpers.data.contract import TABLES
from crm_helpers.data.mapping import faults
from crm_helpers.data.tables import open_tables
from crm_helpers.domain import column_names, telling_columns, usual_values
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
    assert [fault.key for fault in faults(loaded)] == ["privacy.record"], "what only the contract tells"
    loaded = load("acme", ["example=true"])
    assert faults(loaded) == []
    assert open_tables(loaded).order_lines.count() == 19
    assert loaded.params.data["order_lines"][0].columns == {
        "order_id": ["伝票番号"], "ordered_on": ["受注日"], "customer_id": ["会員ID"], "quantity": ["個数"], "amount": ["税込金額"],
    }  # fmt: skip


def test_personal_columns_are_named_and_never_proposed(project: Project) -> None:
    project.write("a.csv", ORDERS.replace("個数", "メールアドレス"))
    made = proposal.create("acme")
    assert made.proposed[0].personal == ("氏名", "メールアドレス")
    assert "氏名" not in str(load("acme", ["example=true"]).params)


def test_what_could_not_be_found_is_told_with_the_files_columns(project: Project) -> None:
    project.write("a.csv", "日づけ,伝票番号,お金\n2025-04-01,1,200\n")
    made = proposal.create("acme")
    assert made.left == ("as_of", "data.order_lines.columns.ordered_on", "data.order_lines.columns.amount")
    text = (project.root / "params" / "acme.yaml").read_text("utf-8")
    assert "日づけ, お金" in text
    with pytest.raises(Faults) as caught:
        load("acme", ["example=true"])
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
    assert load("acme", ["example=true"]).params.data["order_lines"][0].files == ["e.zip/売上_*.csv"]
    assert open_tables(load("acme", ["example=true"])).stores.count() == 1


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
    assert load("acme", ["example=true"]).params.data["order_lines"][0].columns["amount"] == [name]


def test_the_usual_names_are_columns_of_the_contract_and_none_is_personal() -> None:
    for table, columns in column_names().items():
        assert set(columns) <= set(TABLES[table].names)
        words = [word for usual in columns.values() for word in usual]
        assert len(words) == len(set(words))
        assert not [word for word in words if proposal.is_personal(word)]


# ---------------------------------------------------------------- every table of the contract
FILES = {
    "order_lines": "オーダー番号,オーダー日時,会員ID,商品コード,商品名,個数,単価,小計",
    "day_totals": "営業日,店舗コード,客数,点数,売上金額",
    "customers": "会員番号,氏名,生年月日,性別,登録日,会員ランク,メールアドレス",
    "accounts": "取引先ID,取引先名,業種,従業員数,親取引先ID,取引開始日",
    "products": "商品コード,商品名,大分類,定価,原価",
    "stores": "店舗コード,店舗名,都道府県,開店日",
    "campaigns": "施策ID,施策名,対象,手段,開始日,終了日,予算",
    "contacts": "配信ID,会員番号,配信日時,開封日時,クリック日時,群",
    "contact_totals": "メッセージID,配信日,配信数,開封数,クリック数",
    "events": "イベント日時,イベント名,会員ID,ページ,セッションID",
    "surveys": "回答ID,回答日,会員番号,推奨度,その理由",
    "inquiries": "チケットID,受付日時,完了日時,会員番号,問い合わせ種別,内容",
    "contracts": "契約番号,会員番号,契約開始日,プラン,月額,解約日,解約理由",
    "contract_changes": "契約番号,変更日,変更区分,変更前,変更後",
    "reservations": "予約番号,会員番号,店舗コード,予約受付日時,来店日時,ステータス,メニュー,金額",
    "usage": "契約番号,利用者ID,利用日,機能,利用回数",
    "leads": "リードID,作成日,リードソース,状況,商談化日",
    "deals": "商談ID,取引先ID,商談作成日,フェーズ,商談金額,完了予定日,失注理由",
    "deal_stages": "商談ID,変更後フェーズ,変更日時",
    "points": "会員番号,処理日,ポイント区分,増減ポイント,有効期限",
    "consents": "会員番号,手段,同意区分,同意日時",
    "stops": "会員番号,停止理由,申出日",
    "budget": "年月,費目,予算額",
    "acquisition_cost": "年月,媒体,広告費,獲得数",
    "audit_answers": "回,回答者番号,部署,項目番号,水準,コメント",
    "interviews": "ヒアリング番号,実施日,部署,役割,質問,回答",
    "workshop": "付箋番号,開催日,段階,観点,付箋内容,感情値",
    "documents": "資料名,区分,有無,更新日,内容",
    "data_map": "システム番号,システム名,種別,管理部門",
    "five_c": "5C,設問番号,事実,出典,示唆",
    "feature_use": "部署,機能名,利用状況,必要度",
    "product_fit": "事業,特性,適合度,根拠",
    "data_request": "依頼データ,提供状況,提供予定日,備考",
    "definitions": "用語,状況,貴社の定義,合意した定義",
}  # fmt: skip


def test_every_table_is_known_by_its_columns(project: Project) -> None:
    assert set(FILES) == set(TABLES)
    for table, names in FILES.items():
        project.write(f"{table}.csv", f"{names}\n{','.join('1' for _ in names.split(','))}\n")
    project.write("what.csv", "あれ,これ\n1,2\n")
    made = proposal.create("acme")
    assert {p.files: p.table for p in made.proposed} == {(f"{table}.csv",): table for table in TABLES}
    assert made.unplaced == ("what.csv",)
    text = (project.root / "params" / "acme.yaml").read_text("utf-8").replace("as_of:\n", "as_of: 2023-12-31\n")
    assert "not placed: what.csv: あれ, これ" in text
    (project.root / "params" / "acme.yaml").write_text(text, "utf-8")
    loaded = load("acme", ["example=true"])
    assert faults(loaded) == []
    assert loaded.params.data["surveys"][0].constants == {"measure": "nps"}
    assert "氏名" not in str(loaded.params)


SHOPS = [
    ("Name,Email,Created at,Lineitem quantity,Lineitem price,Lineitem sku", {"ordered_on", "quantity", "amount", "product_id"}),
    ("受注番号,受注日時,会員ID,お名前,商品コード,数量,税込金額", {"order_id", "ordered_on", "customer_id", "product_id", "quantity", "amount"}),
    ("取引ID,取引日時,店舗ID,会員コード,商品ID,数量,値引額,合計金額", {"order_id", "ordered_on", "store_id", "customer_id", "product_id", "quantity", "discount", "amount"}),
]  # fmt: skip


@pytest.mark.parametrize(("names", "columns"), SHOPS)
def test_exports_of_shops_and_tills(names: str, columns: set[str]) -> None:
    assert proposal.fits("order_lines", names.split(","))
    assert set(proposal.match("order_lines", names.split(","))) == columns


def test_two_systems_feed_one_table_and_can_be_checked_at_once(project: Project) -> None:
    project.write("ec.csv", ORDERS)
    till = [["店舗日報"], [], ["取引日時", "取引ID", "店舗ID", "合計金額"], [datetime.datetime(2025, 4, 25, 9), "T1", "001", 300], ["合計", None, None, 300]]
    project.write("pos.xlsx", workbook({"2025年3月": till, "2025年4月": till[2:], "凡例": [["記号", "意味"], ["T", "店"]]}))
    made = proposal.create("acme")
    assert made.left == ()
    loaded = load("acme", ["example=true"])
    assert loaded.params.as_of.isoformat() == "2025-04-25"
    assert [source.sheet for source in loaded.params.data["order_lines"]] == [[], ["2025年*月"]]
    assert open_tables(loaded).order_lines.count() == 21
    text = (project.root / "params" / "acme.yaml").read_text("utf-8")
    assert "not placed: pos.xlsx (凡例): 記号, 意味" in text


def test_usual_words_get_their_value_and_others_are_told(project: Project) -> None:
    project.write("a.csv", ORDERS)
    project.write("予約.csv", "予約番号,来店日時,ステータス\n1,2025-04-01 10:00,来店済\n2,2025-04-02 10:00,無断キャンセル\n3,2025-04-02 11:00,保留中\n4,2025-04-02 11:00,kept\n")
    proposal.create("acme")
    loaded = load("acme", ["example=true"])
    assert loaded.params.data["reservations"][0].values == {"status": {"来店済": "kept", "無断キャンセル": "no_show"}}
    assert "保留中" in (project.root / "params" / "acme.yaml").read_text("utf-8")
    found = open_tables(loaded).sql("select status, count(*) as n from reservations where status is not null group by status order by status")
    assert found.values.tolist() == [["kept", 2], ["no_show", 1]]


def test_consents_in_the_members_own_file_are_one_source_a_channel(project: Project) -> None:
    project.write("a.csv", ORDERS)
    project.write("会員.csv", "会員番号,氏名,登録日,メルマガ購読,LINE許諾,DM可否,同意日\n1,佐藤花子,2025-01-01,1,0,可,2025-01-02\n")
    proposal.create("acme")
    loaded = load("acme", ["example=true"])
    tables = open_tables(loaded)
    assert tables.customers.count() == 1
    assert tables.sql("select channel, agreed from consents order by channel").values.tolist() == [["line", False], ["mail", True], ["post", True]]


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_the_usual_values_are_the_contracts() -> None:
    for table, told in column_names().items():
        for column in TABLES[table].columns:
            usual = usual_values(table, column.name)
            assert set(usual.values()) <= set(column.choices)
            assert not usual or column.name in told
    assert set(column_names()) == set(telling_columns()) == set(TABLES)


# ---------------------------------------------------------------- kinds of business
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
