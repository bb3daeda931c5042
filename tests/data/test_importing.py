"""Dirty exports, as they come."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
from pathlib import Path

import duckdb
import pytest

from crm_helpers.data import fingerprint, importing, suspicion
from crm_helpers.data.tables import open_tables
from tests.data.conftest import HEAD, Project, amounts, aside

GOOD = "1,2023-01-05,A,100\n2,2023-01-06,B,200\n"


def test_damaged_and_private_characters_are_told_with_their_lines(project: Project) -> None:
    tables = project.lines(b"1,2023-01-05," + b"\x83\x81\x83,100\r\n" + b"2,2023-01-06,\xf0\x40,200\r\n")
    assert amounts(tables) == [100, 200]
    told = {s.key: (s.facts["n"], s.facts["first"]) for s in tables.basis.statements}
    assert told == {"data.noticed.bad_bytes": (1, "a.csv:2"), "data.noticed.gaiji": (1, "a.csv:3")}


def test_a_lost_trail_byte_before_a_comma_costs_one_cell_only(project: Project) -> None:
    tables = project.lines(b"1,2023-01-05,\x83,100\r\n" + GOOD[19:].encode())
    assert amounts(tables) == [100, 200]


def test_the_order_of_rows_and_files_does_not_matter(project: Project) -> None:
    rows = [f"{n % 7},2023-0{n % 9 + 1}-05,C{n % 5},{n}\n" for n in range(40)]
    frames = []
    for seed in (1, 2):
        random.Random(seed).shuffle(rows)
        project.write("a.csv", HEAD + "".join(rows[:20]))
        project.write("b.csv", HEAD + "".join(rows[20:]))
        frames.append(project.open().order_lines.to_pandas(limit=100))
    assert frames[0].equals(frames[1])


def test_as_of_in_the_middle(project: Project) -> None:
    tables = project.lines(GOOD, as_of="2023-01-05")
    assert amounts(tables) == [100]
    assert aside(tables) == {"future": (1, "a.csv:3")}
    assert str(tables.span[1]) == "2023-01-05"


def test_orders_without_number_are_orders_of_one_line(project: Project) -> None:
    tables = project.lines(",2023-01-05,A,100\n,2023-01-05,A,100\n7,2023-01-05,A,1\n7,2023-01-05,A,2\n")
    assert tables.sql("select lines from orders order by lines, order_id")["lines"].tolist() == [1, 1, 2]


def test_personal_columns_are_nowhere_in_the_cache(project: Project) -> None:
    project.write("m.txt", "番号,氏名,住所\nA,山田花子,東京都港区\n")
    project.lines(GOOD, tables={"customers": {"files": "m.txt", "columns": {"customer_id": "番号"}}})
    kept = [p for p in (project.data / ".cache").rglob("*") if p.is_file()]
    assert len(kept) == 5
    for file in kept:
        data = file.read_bytes()
        assert not any(word.encode(code) in data for word in ("山田", "東京", "氏名") for code in ("utf-8", "cp932"))
        if file.suffix == ".parquet":
            columns = duckdb.sql(f"select * from '{file}'").columns
            assert not {"氏名", "住所"} & set(columns)


def test_rows_are_accounted_for_whatever_the_mess(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspicion, "too_few", lambda *_: False)
    random.seed(7)
    cells = ["1", "", "2023-01-05", "2023/1/5", "9999", "A", "ZZ", "100", "▲1,234", "１２３", '"x\ny"', '"', "合計", '="001"']
    for _ in range(25):
        rows = ["D1,2023-01-05,A,100"]  # one line stands whatever comes
        rows += [",".join(random.choices(cells, k=random.choice([4, 4, 4, 3, 5]))) for _ in range(60)]
        project.write("a.csv", HEAD + "\n".join(rows) + "\n", "utf-8")
        tables = project.open()
        aside(tables)
        assert tables.order_lines.count() == tables.basis.received[0].accepted
        tables.close()


# ---------------------------------------------------------------- the cache
def stored(project: Project) -> list[str]:
    return sorted(p.name for p in (project.data / ".cache" / "tables").iterdir())


def test_nothing_is_imported_again_and_old_imports_go(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    first = project.lines(GOOD).fingerprint
    monkeypatch.setattr(importing, "_import", None)
    assert project.open().fingerprint == first
    monkeypatch.undo()
    monkeypatch.chdir(project.root)
    second = project.lines(GOOD + "3,2023-01-07,C,1\n").fingerprint
    assert stored(project) == sorted([first, second])  # another process may still read the first
    os.utime(project.data / ".cache" / "tables" / first, (0, 0))
    third = project.lines(GOOD + "3,2023-01-07,C,2\n").fingerprint
    assert stored(project) == sorted([second, third])


def test_an_import_does_not_take_the_tables_from_an_open_one(project: Project) -> None:
    tables = project.lines(GOOD)
    project.open("as_of=2023-01-05")
    assert tables.customer_day.count() == 2


@pytest.mark.parametrize("setting", ["as_of=2023-01-05", "currency=USD", "data.order_lines.guests=A"])
def test_settings_that_change_the_tables_change_the_fingerprint(project: Project, setting: str) -> None:
    project.write("a.csv", HEAD + GOOD)
    assert fingerprint.fingerprint(project.load()) != fingerprint.fingerprint(project.load(setting))
    assert fingerprint.fingerprint(project.load()) == fingerprint.fingerprint(project.load("fiscal_year_start=1"))


def test_a_killed_import_leaves_nothing_that_is_taken_for_whole(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "_publish", killed)
    with pytest.raises(KeyboardInterrupt):
        project.lines(GOOD)
    monkeypatch.undo()
    monkeypatch.chdir(project.root)
    assert stored(project) == []
    left = project.data / ".cache" / "tables" / f"{importing.PARTIAL}dead"
    left.mkdir()
    os.utime(left, (0, 0))
    tables = project.open()
    assert stored(project) == [tables.fingerprint]


def _open(root: Path, start: object, counts: object) -> None:
    os.chdir(root)
    from crm_helpers.params.load import load

    start.wait()
    counts.put(open_tables(load("acme")).orders.count())


def test_two_processes_at_once_both_succeed(project: Project) -> None:
    project.write("a.csv", HEAD + "".join(f"{n},2023-01-05,A,100\n" for n in range(20000)))
    project.load()
    context = multiprocessing.get_context("spawn")
    start, counts = context.Barrier(2), context.Queue()
    both = [context.Process(target=_open, args=(project.root, start, counts)) for _ in range(2)]
    for process in both:
        process.start()
    assert [counts.get(timeout=60) for _ in both] == [20000, 20000]
    for process in both:
        process.join()
    assert len(stored(project)) == 1


def test_a_read_only_project_folder_of_hashes_does_not_stop(project: Project) -> None:
    project.lines(GOOD)
    shutil.rmtree(project.data / ".cache")
    (project.data / ".cache").mkdir()
    (project.data / ".cache" / "hashes.json").mkdir()
    assert amounts(project.open()) == [100, 200]


def test_a_column_called_reason_is_not_the_reason_of_a_row_set_aside(project: Project) -> None:
    project.write("stops.csv", "顧客,理由\nA,停止\nA,停止\nA,苦情\nB,不明\n")
    stops = {
        "files": "stops.csv",
        "columns": {"customer_id": "顧客", "reason": "理由"},
        "values": {"reason": {"停止": "opt_out", "苦情": "complaint"}},
    }
    tables = project.lines(GOOD, lines={"files": "a.csv"}, tables={"stops": stops})
    assert tables.sql("select reason from stops order by reason")["reason"].tolist() == ["complaint", "opt_out"]
    assert aside(tables) == {"bad_value": (1, "stops.csv:5"), "duplicate_key": (1, "stops.csv:3")}


def test_only_order_lines_get_an_order_number_of_their_own(project: Project) -> None:
    project.write("points.csv", "番号,顧客,日付,区分,点,注文\np1,A,2023-01-05,granted,10,1\np2,A,2023-01-06,used,5,\n")
    columns = {"point_id": "番号", "customer_id": "顧客", "booked_on": "日付", "kind": "区分", "points": "点", "order_id": "注文"}
    tables = project.lines(GOOD, lines={"files": "a.csv"}, tables={"points": {"files": "points.csv", "columns": columns}})
    assert tables.sql("select order_id from points where order_id is not null")["order_id"].tolist() == ["1"]
