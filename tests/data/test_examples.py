"""The two example clients, to the yen and the cent."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_helpers.data.checks import reconcile
from crm_helpers.data.contract import TABLES
from crm_helpers.data.tables import Tables, open_tables
from crm_helpers.params.load import Loaded, load


@pytest.fixture(scope="module")
def retail() -> tuple[Tables, Loaded]:
    loaded = load("retail")
    return open_tables(loaded), loaded


@pytest.fixture(scope="module")
def cdnow() -> tuple[Tables, Loaded]:
    loaded = load("cdnow")
    return open_tables(loaded), loaded


def test_retail_is_the_published_total(retail) -> None:
    tables, _ = retail
    lines = tables.sql(
        "select count(*) as n, cast(sum(amount) as bigint) as yen, count(distinct customer_id) as people,"
        " sum(case when customer_id is null then 1.0 else 0 end) as guests,"
        " cast(sum(case when customer_id is null then amount end) as bigint) as guest_yen from order_lines"
    )
    assert lines.iloc[0].tolist() == [440307, 141396138, 600, 25686, 9095889]
    assert tables.sql("select count(*) as n from orders where is_order")["n"].item() == 43448
    assert [str(day) for day in tables.span or ()] == ["2023-01-01", "2023-12-31"]


def test_retail_reconciles_in_every_month(retail) -> None:
    figures = reconcile(*retail)
    assert len(figures) == 13 * 5
    assert [f for f in figures if f.client != f.ours] == []


def test_retail_masters(retail) -> None:
    tables, _ = retail
    assert [getattr(tables, name).count() for name in ("customers", "products", "stores")] == [1629, 10030, 53]
    orphans = "select count(*) as n from order_lines l left join {} t on l.{} = t.{} where t.{} is null and l.{} is not null"
    for table, key in (("customers", "customer_id"), ("products", "product_id"), ("stores", "store_id")):
        assert tables.sql(orphans.format(table, key, key, key, key))["n"].item() == 0


def test_every_row_of_retail_is_accounted_for(retail) -> None:
    tables, _ = retail
    assert len(tables.basis.received) == 15
    assert all(r.read == r.accepted and r.set_aside == 0 for r in tables.basis.received)
    assert tables.basis.received[0].period == "2023-01-01/2023-01-31"


def test_no_name_or_address_is_kept(retail) -> None:
    tables, loaded = retail
    folder = Path("data/retail/.cache/tables") / tables.fingerprint
    kept = {f"{name}.{column}" for name in ("customers", "stores") for column in TABLES[name].names if tables.has(f"{name}.{column}")}
    assert kept == {
        *("customers.customer_id", "customers.joined_on", "customers.joined_store_id", "customers.gender"),
        *("stores.store_id", "stores.name", "stores.prefecture"),
    }
    files = sorted(p.name for p in (loaded.file.parents[1] / folder).iterdir())
    assert [name for name in files if not name.endswith(".parquet")] in (["import.json"], ["import.json", "quality.json"])
    cells = tables.sql("select * from customers where customer_id = 'CS001212000018'").iloc[0].tolist()
    assert "神戸 エリカ" not in map(str, cells)


def test_cdnow_is_the_published_sample(cdnow) -> None:
    tables, _ = cdnow
    lines = tables.sql(
        "select count(*) as n, cast(sum(amount) as bigint) as cents, count(distinct customer_id) as people from order_lines"
    )
    assert lines.iloc[0].tolist() == [6919, 24409194, 2357]
    assert [(f.measure, f.client, f.ours) for f in reconcile(*cdnow)] == [
        ("lines", 6919, 6919),
        ("customers", 2357, 2357),
        ("sales", 24409194, 24409194),
    ]
    assert tables.has("order_lines.quantity")
    assert not tables.has("order_lines.product_id")
    assert not tables.has("customers")
