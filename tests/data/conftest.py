"""A project in a temporary folder, so that a test writes exports and settings as a client's consultant would."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from crm_helpers.data.tables import Tables, open_tables
from crm_helpers.params.load import Loaded, load

COLUMNS = {"order_id": "注文", "ordered_on": "日付", "customer_id": "顧客", "amount": "金額"}
HEAD = "注文,日付,顧客,金額\n"


class Project:
    """Writes `data/acme/` and `params/acme.yaml`, and opens them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "data" / "acme"
        for folder in ("params", "notebooks", "data/acme"):
            (root / folder).mkdir(parents=True)
        (root / "notebooks" / "01_x.ipynb").touch()  # what makes a folder a project
        self.params: dict[str, object] = {}

    def write(self, name: str, content: str | bytes, encoding: str = "cp932") -> Path:
        file = self.data / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return file

    def load(self, *sets: str, tables: dict[str, object] | None = None, lines: dict[str, object] | None = None, **params):
        source = {"files": "*.csv", "columns": COLUMNS} | (lines or {})
        text = {
            "client": "acme",
            "name": {"ja": "例", "en": "Example"},
            "as_of": "2023-12-31",
            "data": {"order_lines": source, **(tables or {})},
        } | params
        text = {**text, "example": params.get("example", True)}
        file = self.root / "params" / "acme.yaml"
        file.write_text(yaml.safe_dump(text, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return load("acme", sets)

    def open(self, *sets: str, **settings) -> Tables:
        return open_tables(self.load(*sets, **settings))

    def lines(self, body: str | bytes, head: str = HEAD, encoding: str = "cp932", **settings) -> Tables:
        """The tables of one export of order lines."""
        content = head.encode(encoding) + body if isinstance(body, bytes) else (head + body).encode(encoding)
        self.write("a.csv", content)
        return self.open(**settings)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return made


def aside(tables: Tables) -> dict[str, tuple[int, str]]:
    """Reason → rows and first place; also checks that nothing was lost."""
    received = tables.basis.received
    assert all(r.read == r.accepted + r.set_aside for r in received)
    assert sum(r.set_aside for r in received) == sum(s.rows for s in tables.basis.set_aside)
    return {s.reason: (s.rows, s.first) for s in tables.basis.set_aside}


def amounts(tables: Tables) -> list[int]:
    return tables.sql("select amount from order_lines order by amount")["amount"].tolist()


__all__ = ["Loaded", "Project", "amounts", "aside"]
