"""The access log is a chain: whoever changes it is found, and a killed writer does not stop it."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from crm_helpers.data import access_log
from tests.data.conftest import HEAD, Project

GOOD = "1,2023-01-05,A0001,100\n"


@pytest.fixture
def file(project: Project) -> Path:
    for n in range(3):
        access_log.record("acme", "check", {"n": n}, purpose="分析", destination="x")
    return access_log.log_file("acme")


def test_entries_are_kept_in_order_with_who_and_what(file: Path) -> None:
    told = access_log.history("acme")
    assert [entry.what["n"] for entry in told.entries] == [0, 1, 2]
    assert {(entry.action, entry.purpose, entry.destination) for entry in told.entries} == {("check", "分析", "x")}
    assert all(entry.who and entry.at.endswith("+00:00") for entry in told.entries)
    assert (told.broken, told.torn_end) == ((), False)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda lines: [lines[0], lines[1].replace('"n": 1', '"n": 9'), lines[2]], (2,)),
        (lambda lines: [lines[0], lines[2]], (2,)),
        (lambda lines: [lines[0], lines[1], lines[1], lines[2]], (3,)),
        (lambda lines: [lines[1], lines[0], lines[2]], (1, 2, 3)),
        (lambda lines: [lines[0], "{", lines[1], lines[2]], (2,)),
        (lambda lines: [lines[0], lines[1], lines[2], "{"], (4,)),
    ],
    ids=["changed", "removed", "put in", "moved", "half a line", "rubbish at the end"],
)
def test_whatever_was_changed_is_named(file: Path, change, broken: tuple[int, ...]) -> None:
    file.write_text("\n".join(change(file.read_text("utf-8").splitlines())) + "\n", "utf-8")
    assert access_log.history("acme").broken == broken


@pytest.mark.parametrize("cut", [1, 40, 150])
def test_half_a_line_of_a_killed_process_is_told_and_the_chain_goes_on(file: Path, cut: int) -> None:
    whole = file.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    file.write_bytes(whole + last[:cut])
    torn = access_log.history("acme")
    assert (len(torn.entries), torn.broken, torn.torn_end) == (3, (), True)
    access_log.record("acme", "check", {"n": 3})
    told = access_log.history("acme")
    assert [entry.what["n"] for entry in told.entries] == [0, 1, 2, 3]
    assert (told.broken, told.torn_end, told.entries[-1].torn) == ((), False, True)


def test_an_entry_that_lacks_only_its_line_end_counts(file: Path) -> None:
    file.write_bytes(file.read_bytes().rstrip(b"\n"))
    access_log.record("acme", "check", {"n": 3})
    told = access_log.history("acme")
    assert (len(told.entries), told.broken, told.entries[-1].torn) == (4, (), False)


def test_long_entries_are_found_again(project: Project) -> None:
    for n in range(3):
        access_log.record("acme", "import", {"n": n, "columns": ["x" * 50_000] * 3})
    assert access_log.history("acme").broken == ()


def _write(root: Path, start) -> None:
    os.chdir(root)
    start.wait()
    for n in range(20):
        access_log.record("acme", "check", {"n": n})


def test_writers_at_once_keep_one_chain(project: Project) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(3)
    writers = [context.Process(target=_write, args=(project.root, start)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    told = access_log.history("acme")
    assert (len(told.entries), told.broken) == (60, ())


def test_an_import_is_on_record_with_hashes_rows_and_columns_and_no_value(project: Project) -> None:
    project.lines(GOOD)
    project.open()  # nothing new is imported, nothing is recorded
    (entry,) = access_log.history("acme").entries
    assert entry.action == "import"
    assert entry.what["rows"] == {"order_lines": 1}
    assert entry.what["columns"] == {"order_lines": ["order_id", "ordered_on", "customer_id", "amount"]}
    assert len(entry.what["files"]["a.csv"]) == 64
    assert "A0001" not in access_log.log_file("acme").read_text("utf-8")


def test_the_log_is_no_export_of_the_client(project: Project) -> None:
    project.write("a.csv", HEAD + GOOD)
    access_log.record("acme", "check", {})
    tables = project.open(lines={"files": "*"})
    assert [part.file for part in tables.basis.received] == ["a.csv"]
    assert json.loads(access_log.log_file("acme").read_text("utf-8").splitlines()[0])["action"] == "check"
