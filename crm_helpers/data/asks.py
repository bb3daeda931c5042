"""What a kind of business asks the client for, and what of it the settings do not name yet."""

from __future__ import annotations

from dataclasses import dataclass

from crm_helpers.data import sources
from crm_helpers.domain.business import Pack
from crm_helpers.params.load import Loaded


@dataclass(frozen=True)
class Asked:
    """A contract table, or columns of one that is there, to ask the client for."""

    table: str
    columns: tuple[str, ...]


def lacking(loaded: Loaded) -> list[Asked]:
    """What the client's kind of business asks for and `data:` does not name; nothing without a kind of business."""
    pack = loaded.params.business
    if pack is None:
        return []
    there: dict[str, set[str]] = {}
    for table, _, source in sources.of(loaded):
        there.setdefault(table, set()).update(source.columns, source.constants)
    return asked(pack, there)


def asked(pack: Pack, there: dict[str, set[str]]) -> list[Asked]:
    """What of a pack's wishes the tables and columns `there` leave open, in the pack's order."""
    open_ = (Asked(table, tuple(c for c in wanted if c not in there.get(table, ()))) for table, wanted in pack.asks.items())
    return [asked for asked in open_ if asked.columns]
