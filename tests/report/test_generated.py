"""The generated pages of docs/ are what the code says today."""

from pathlib import Path

import pytest

from crm_helpers.data.contract import TABLES
from crm_helpers.report import generated

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", generated.PAGES)
def test_the_committed_page_is_fresh(name):
    assert (ROOT / name).read_text("utf-8") == generated.PAGES[name](), f"{name} is out of date: run `crm store`"


def test_the_contract_page_has_every_column():
    text = generated.data_contract()
    for table in TABLES.values():
        assert f"## {table.name}\n" in text
        assert all(f"| `{column.name}` | {column.kind} |" in text for column in table.columns)


def test_a_page_that_is_out_of_date_is_written_once(tmp_path, monkeypatch):
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "02_x.ipynb").touch()
    monkeypatch.chdir(tmp_path)
    assert sorted(path.name for path in generated.write()) == ["conditions.md", "data_contract.md", "glossary.md"]
    assert generated.stale() == generated.write() == []
    page = tmp_path / "docs" / "glossary.md"
    page.write_text(page.read_text("utf-8") + "typed by hand", "utf-8")
    assert generated.stale() == [page]
