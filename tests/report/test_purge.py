"""A purge deletes what is personal and nothing else, goes on after a crash, and certifies every file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from crm_helpers.data import access_log, keys
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params.load import load
from crm_helpers.report import publish, purge

GOES = {
    "data/acme/orders.csv": "1,田中",
    "data/acme/客/members.zip": "PK",
    "data/acme/.cache/tables/ab/order_lines.parquet": "PAR1",
    "data/acme/.cache/executed/02.ipynb": "{}",
    "data/acme/notebooks/02.ipynb": "{}",
    "data/acme/lists/spring.csv": "A1",
    "data/acme/quality.xlsx": "PK",
    "reports/acme/2023-12-31-aaaa/quality.xlsx": "PK",
    "reports/acme/quality.xlsx": "PK",
    "reports/acme/.staging-x/ja/book.html": "<p>",
    "reports/acme/unfinished/book.html": "<p>",
    "reports/acme/monthly/unfinished/monthly.html": "<p>",
}
STAYS = {
    "data/acme/ledger/2023-12-31/02.json": "[]",
    "reports/acme/2023-12-31-aaaa/manifest.json": "{}",
    "reports/acme/2023-12-31-aaaa/ja/book.html": "<p>",
    "reports/acme/2023-12-31-aaaa/ja/book.pdf": "%PDF",
    "reports/acme/2023-12-31-aaaa/ledger/02.json": "[]",
    "data/acme/ledger/monthly/2023-11-30/05.json": "[]",
    "reports/acme/monthly/2023-11-30-bbbb/manifest.json": "{}",
    "reports/acme/monthly/2023-11-30-bbbb/ja/monthly.pdf": "%PDF",
    "reports/acme/monthly/current": "2023-11-30-bbbb",
    "data/other/orders.csv": "1",
}
PARAMS = """client: acme
name: {ja: 見本商店, en: Sample & Co}
as_of: 2023-12-31
privacy: {data_status: entrusted}
entrustment: {contract: K-1, purpose: 分析, received_on: 2023-01-01, delete_by: 2024-01-31, persons: [担当]}
data: {order_lines: {files: orders.csv, columns: {ordered_on: a, amount: b}}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {**GOES, **STAYS, "params/acme.yaml": PARAMS, "notebooks/02_x.ipynb": ""}.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    keys.make("acme")
    access_log.record("acme", "import", {})
    return tmp_path


def held(project: Path) -> set[str]:
    return {p.relative_to(project).as_posix() for p in project.rglob("*") if p.is_file()}


def test_what_goes_and_what_stays(project: Path) -> None:
    loaded = load("acme")
    files = purge.plan(loaded)
    key = keys.key_file("acme").relative_to(project).as_posix()
    assert {file.shown for file in files} == {*GOES, key}
    made = purge.purge(loaded, files)
    own = {
        "params/acme.yaml",
        "notebooks/02_x.ipynb",
        "data/acme/access_log.jsonl",
        "data/acme/.access_log.lock",
        "reports/acme/.lock",
    }
    assert held(project) == {*STAYS, *own, *made}
    assert not (project / "data/acme/客").exists(), "nor empty folders"
    assert not (project / "data/acme/.cache").exists()


def test_the_certificate_names_every_file_with_its_hash_in_both_languages(project: Path) -> None:
    loaded = load("acme")
    made = purge.purge(loaded, purge.plan(loaded))
    told = json.loads((project / made[2]).read_text("utf-8"))
    assert [Path(path).name for path in made] == ["certificate.en.html", "certificate.ja.html", "certificate.json"]
    files = {file["file"]: file for file in told["files"]}
    for name, text in GOES.items():
        data = text.encode()
        assert files[name] == {"file": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert [file["sha256"] for file in told["files"] if file["file"].endswith(".key")] == [""], "a secret's hash is not told"
    assert (told["contract"], told["delete_by"]) == ("K-1", "2024-01-31")
    japanese, english = ((project / made[n]).read_text("utf-8") for n in (1, 0))
    assert "消去証明書" in japanese
    assert "見本商店様" in japanese
    assert "Sample &amp; Co" in english
    assert all(file["sha256"] in page for file in told["files"] for page in (japanese, english))
    assert "://" not in japanese, "asks the network for nothing"


def test_a_purge_that_was_killed_goes_on_and_certifies_what_is_gone_already(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load("acme")
    deleted, delete = [], purge._delete

    def dies(path: Path) -> bool:
        if len(deleted) == 4:
            raise KeyboardInterrupt
        deleted.append(path)
        return delete(path)

    monkeypatch.setattr(purge, "_delete", dies)
    with pytest.raises(KeyboardInterrupt):
        purge.purge(loaded, purge.plan(loaded))
    assert not list((project / "reports/acme").glob("deletion-*"))
    monkeypatch.setattr(purge, "_delete", delete)
    made = purge.purge(loaded, purge.plan(loaded))
    told = json.loads((project / made[2]).read_text("utf-8"))
    assert set(GOES) < {file["file"] for file in told["files"]}
    assert purge.plan(loaded) == []
    assert [entry.action for entry in access_log.history("acme").entries] == ["import", "purge"]


def test_a_file_that_cannot_be_deleted_is_no_purge(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load("acme")
    delete = purge._delete
    monkeypatch.setattr(purge, "_delete", lambda path: path.name != "orders.csv" and delete(path))
    with pytest.raises(CrmError) as caught:
        purge.purge(loaded, purge.plan(loaded))
    assert (caught.value.key, caught.value.values["has"]) == ("purge.left", ["data/acme/orders.csv"])
    assert not list((project / "reports/acme").glob("deletion-*"))


def test_a_link_is_deleted_and_what_it_leads_to_is_not_ours(project: Path, tmp_path: Path) -> None:
    (project / "data/acme/shared").symlink_to(project / "data/other", target_is_directory=True)
    loaded = load("acme")
    purge.purge(loaded, purge.plan(loaded))
    assert not (project / "data/acme/shared").is_symlink()
    assert (project / "data/other/orders.csv").is_file()


def test_examples_are_not_purged_nor_a_client_whose_run_is_under_way(project: Path) -> None:
    with pytest.raises(UsageError) as caught:
        purge.plan(load("acme", ["example=true"]))
    assert caught.value.key == "purge.example"
    loaded = load("acme")
    with publish.alone("acme"), pytest.raises(CrmError) as caught:
        purge.purge(loaded, purge.plan(loaded))
    assert caught.value.key == "run.under_way"
    assert (project / "data/acme/orders.csv").is_file()
