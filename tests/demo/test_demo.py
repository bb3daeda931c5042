"""The demo client is whole: every table, every setting, its own control totals, no personal data, the same bytes again."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import yaml

from crm_helpers.data.checks import reconcile
from crm_helpers.data.contract import TABLES
from crm_helpers.data.tables import open_tables
from crm_helpers.params.load import load
from crm_helpers.params.schema import Params, Source
from tools.demo.days import LAST, PRICE_RISE, era
from tools.demo.deflate import deflate
from tools.demo.make import write

DATA = Path("data/demo")
MOST = 8 * 1024 * 1024


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_rows(demo, name) -> None:
    assert getattr(demo, name).count() > 0


def test_every_column_of_the_mapping_holds_something(demo) -> None:
    mapped = [f"{name}.{column}" for name, sources in load("demo").params.data.items() for s in sources for column in s.columns]
    assert len(mapped) > 250
    unread = {"accounts.name", "accounts.since"}  # mostly consumers: no names of companies; days of the Japanese era
    assert {name for name in mapped if not demo.has(name)} <= unread


def test_the_import_agrees_with_the_control_totals(demo) -> None:
    figures = reconcile(demo, load("demo"))
    assert len(figures) == 36 * 5
    assert [f for f in figures if f.client != f.ours] == []


def test_what_is_set_aside_is_what_was_planted(demo) -> None:
    aside = {(a.table, a.reason): a.rows for a in demo.basis.set_aside}
    assert {reason for table, reason in aside if table != "order_lines"} == {"erased"}
    assert {reason for table, reason in aside if table == "order_lines"} == {"duplicate_line", "missing_date", "test_account"}
    assert aside["customers", "erased"] == 4
    assert aside["order_lines", "missing_date"] == 1
    assert 40 < aside["order_lines", "duplicate_line"] < 200


def test_a_run_for_an_earlier_day_sees_nothing_later() -> None:
    earlier = open_tables(load("demo", ["as_of=2025-03-31", "periods=", "control_totals="]))
    for name, table in TABLES.items():
        for column in table.columns:
            if column.kind in ("date", "moment") and not column.planned and earlier.has(f"{name}.{column.name}"):
                late = earlier.sql(f"select count(*) as n from {name} where cast({column.name} as date) > date '2025-03-31'")
                late_stores = name in ("stores", "products", "campaigns")
                assert late["n"].item() == 0 or late_stores, f"{name}.{column.name}"


def test_every_setting_is_used() -> None:
    said = yaml.safe_load(Path("params/demo.yaml").read_text("utf-8"))
    assert set(said) == set(Params.model_fields) - {"type", "states"}, "neutral words, and lines from the data"
    assert set(said["data"]) == set(TABLES)
    sources = [one for source in said["data"].values() for one in (source if isinstance(source, list) else [source])]
    used = {key for source in sources for key in source}
    elsewhere = {"connection", "table", "query", "constants", "signs", "tax", "tax_rate", "rounding"}  # other origins
    assert used == set(Source.model_fields) - elsewhere


def test_names_and_addresses_stay_in_the_file(demo) -> None:
    with zipfile.ZipFile(DATA / "masters.zip") as archive:
        member = next(i for i in archive.infolist() if i.orig_filename.encode("cp437").decode("cp932") == "会員マスタ.csv")
        head, first = archive.read(member).decode("cp932").splitlines()[:2]
    cells = dict(zip(head.split(","), first.split(","), strict=True))
    assert cells["メールアドレス"].endswith("@example.jp")
    assert cells["電話番号"].startswith("000-")
    kept = demo.sql("select * from customers where customer_id = :who", who=cells["会員番号"]).iloc[0].astype(str).tolist()
    assert not {cells[c] for c in ("氏名", "メールアドレス", "電話番号", "住所")} & set(kept)


def test_the_generator_makes_the_committed_bytes(tmp_path) -> None:
    write(tmp_path)
    made = sorted(tmp_path.iterdir())
    assert [p.name for p in made if p.read_bytes() != (DATA / p.name).read_bytes()] == []
    assert sum(p.stat().st_size for p in made) < MOST


def test_the_packer_is_plain_deflate() -> None:
    zlib = pytest.importorskip("zlib")
    for data in (b"", b"a", b"abc" * 1000, bytes(range(256)) * 50, Path("data/cdnow/CDNOW_sample.txt").read_bytes()):
        assert zlib.decompress(deflate(data), -15) == data


def test_eras_and_days() -> None:
    assert era(PRICE_RISE) == "令和7年4月1日"
    assert LAST - PRICE_RISE == 364
