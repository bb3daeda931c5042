"""A large text is typed while it is parsed: what comes of it is what a table of its text would have given."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from crm_helpers.data import received
from crm_helpers.data.quality import places
from crm_helpers.data.tables import open_tables
from tests.data.conftest import Project

HEAD = "注文,行,日付,時刻,顧客,商品,販路,数量,金額,状態\n"
COLUMNS = {
    **{"order_id": "注文", "line_no": "行", "ordered_on": "日付", "ordered_at": "時刻", "customer_id": "顧客"},
    **{"product_id": "商品", "channel": "販路", "quantity": "数量", "amount": "金額"},
}
CLEAN = "".join(
    f'O{n // 2:03d},{n % 2 + 1},2023-{n // 20 + 1:02d}-05,10:{n % 60:02d},{n % 7 + 1:08d},P{n % 5},店舗,1,"{n + 1},000",完了\n'
    for n in range(200)
)
DIRTY = "".join(
    (
        "O900,1,令和5年1月6日,25:30,guest,P1,ｱﾌﾟﾘ,２,▲100,完了\n",
        "O901,001,2023/1/7,9:00,123,P1,店舗　,1,￥200円,キャンセル\n",
        "O902,1,2023-13-01,,00000001,P1,店舗,1,100,完了\n",
        "O903,1,2023-01-08,,00000000,P1,店舗,x,100,完了\n",
        "O904,1,,,00000001,P1,店舗,1,100,完了\n",
        "O905,1,2024-01-08,,00000001,P1,店舗,1,100,完了\n",
        "O906,1,2023-01-08,,00000001,P1,店舗,1,,完了\n",
        "O000,1,2023-01-05,10:00,00000001,P0,店舗,1,100,完了\n",
        "O907,1,2023-01-08,,00000001,P1,店舗,1,-300,完了\n",
        "O908,1,2023-01-08,,00000001,P1,店舗,1,300,完了\n",
        "O909,x,2023-01-09,,00000001,P1,店舗,1,0,完了\n",
        "O910,1,2023-01-09\n",
    )
)


def imported(project: Project, **settings: object) -> tuple[list[object], object, object]:
    tables = project.open(lines={"columns": COLUMNS, "dimensions": {"status": "状態"}, "files": "*.csv"}, **settings)
    rows = tables.order_lines.to_pandas(limit=1000)
    assert tables.folder is not None
    return [list(rows.columns), rows.astype(str).to_dict("records")], tables.basis, places.kept(tables.folder)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"cleaning": {"units": {"order_lines.amount": "1000"}}},
        {"cleaning": {"late_hours": "next_day", "day_starts_at": "5"}},
        {"cleaning": {"cancelled": {"column": "status", "values": ["キャンセル"]}, "reversals": "set_aside"}},
        {"currency": "USD"},
    ],
)
@pytest.mark.parametrize("files", [(CLEAN,), (CLEAN + DIRTY,), (CLEAN, DIRTY), (DIRTY, CLEAN), (CLEAN, CLEAN)])
def test_a_large_text_gives_what_a_small_one_gives(
    project: Project, monkeypatch: pytest.MonkeyPatch, files: tuple[str, ...], settings: dict[str, object]
) -> None:
    for n, content in enumerate(files):
        project.write(f"{n}.csv", HEAD + content)
    small = imported(project, **settings)
    (project.data / ".cache").rename(project.root / "small")
    monkeypatch.setattr(received, "LARGE", 0)
    assert imported(project, **settings) == small


def test_what_was_kept_of_a_clean_text_is_the_imported_table(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(received, "LARGE", 0)
    project.write("0.csv", HEAD + CLEAN)
    tables = open_tables(project.load(lines={"columns": COLUMNS}))
    assert tables.folder is not None
    file: Path = tables.folder / "order_lines.parquet"
    stored = {name for name, *_ in duckdb.sql(f"describe from '{file}'").fetchall()}
    assert {"ordered_on as written", "amount as written"} <= stored
    assert "amount as written" not in tables.order_lines.columns
    assert duckdb.sql(f"select count(\"amount as written\"), sum(amount) from '{file}'").fetchall() == [(0, sum(range(1, 201)) * 1000)]
    assert not list(tables.folder.glob("**/kept.parquet"))
