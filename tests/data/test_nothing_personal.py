"""The proof: after an import of exports full of people, nobody is in anything that was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_helpers.data import keys, personal, privacy
from crm_helpers.data.tables import open_tables
from crm_helpers.document import to_json
from crm_helpers.params.load import load
from tests import people
from tests.data.conftest import Project


@pytest.fixture
def proof(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.delenv("CRM_KEY", raising=False)
    people.write(project.root)
    keys.make(people.CLIENT)
    return project.root


def test_nobody_is_in_what_an_import_writes(proof: Path) -> None:
    tables = open_tables(load(people.CLIENT))
    tables.orders.count()
    tables.customer_day.count()
    assert people.leaks(people.written(proof)) == []
    assert people.leaks([("basis", str(to_json(tables.basis)))]) == []
    joined = tables.sql("select count(*) as n from order_lines join customers using (customer_id)")["n"].item()
    assert joined == len(people.PEOPLE) * 12, "and everybody still joins"
    assert tables.sql("select count(distinct customer_id) as n from customers")["n"].item() == len(people.PEOPLE)


@pytest.mark.parametrize("broken", ["_change_id", "_change_text", "_change_company"])
def test_the_proof_fails_when_a_protection_does(proof: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    monkeypatch.setattr(privacy.Protection, broken, lambda *_: [])
    open_tables(load(people.CLIENT))
    assert people.leaks(people.written(proof)) != []


@pytest.mark.parametrize("kind", ["mail", "card", "phone", "address", "name"])
def test_the_proof_fails_when_a_kind_is_not_looked_for(proof: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(personal, "LOOKS", {**personal.LOOKS, kind: lambda _: iter(())})
    open_tables(load(people.CLIENT))
    assert people.leaks(people.written(proof)) != []
