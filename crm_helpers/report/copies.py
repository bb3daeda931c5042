"""A client's own copies of the chapters: which of them a run executes, and what differs from the chapters we ship.

Three versions of a chapter meet, cell by cell: `base` (the original that the copy was made from, in `.base/`), `copy` (what the
analyst made of it) and `shipped` (what we ship today, with `client` set). A cell is followed by its id.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from crm_helpers.errors import CrmError
from crm_helpers.params import paths

BASE = ".base"
How = Literal["changed", "added", "removed", "moved"]
Notebook = Mapping[str, Any]


@dataclass(frozen=True)
class Version:
    """A cell on one side; `moved` says that it stands at another place among the cells of the base."""

    source: str
    kind: str
    tags: tuple[str, ...]
    moved: bool = False


@dataclass(frozen=True)
class Difference:
    """A cell that is not the same everywhere; None where a side does not have it."""

    cell: str
    base: Version | None
    copy: Version | None
    shipped: Version | None

    @property
    def by_analyst(self) -> bool:
        """The copy's cell is neither the original nor what we ship today."""
        return self.copy not in (self.base, self.shipped)

    @property
    def by_us(self) -> bool:
        """We changed the cell since, and the copy does not have it as we ship it."""
        return self.shipped not in (self.base, self.copy)

    def how(self, side: Version | None) -> How:
        """What happened to the cell between the base and that side."""
        if self.base is None:
            return "added"
        if side is None:
            return "removed"
        return "moved" if (side.source, side.kind, side.tags) == (self.base.source, self.base.kind, self.base.tags) else "changed"


@dataclass(frozen=True)
class Chapter:
    """A chapter as a run of one client takes it: the file it executes, and how that differs from the shipped one."""

    path: Path
    differences: tuple[Difference, ...] = ()

    @property
    def name(self) -> str:
        """`02_customer_analysis`."""
        return self.path.stem

    @property
    def changed(self) -> tuple[tuple[str, How], ...]:
        """The cells that the analyst changed, with what was done to them."""
        return tuple((d.cell, d.how(d.copy)) for d in self.differences if d.by_analyst)

    @property
    def behind(self) -> bool:
        """A copy is used that lacks what we changed since it was made."""
        return bool(self.changed) and any(d.by_us for d in self.differences)


def folder(client: str) -> Path:
    """`data/<client>/notebooks/`: the copies, with `.base/` beside them."""
    return paths.data_folder(client) / "notebooks"


def for_client(chapter: Path, client: str) -> str:
    """The chapter with its parameters cell naming `client`."""
    notebook = json.loads(chapter.read_text("utf-8"))
    for cell in notebook["cells"]:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            cell["source"] = [f'client = "{client}"\n' if line.startswith("client =") else line for line in cell["source"]]
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def chapter_of(client: str, shipped: Path) -> Chapter:
    """What a run of `client` executes for a shipped chapter: the client's copy when an analyst changed it.

    A copy whose `.base/` is gone is compared with the shipped chapter.

    Raises:
        CrmError: the copy or its original cannot be read as a notebook.
    """
    copy, original = folder(client) / shipped.name, folder(client) / BASE / shipped.name
    if not copy.is_file():
        return Chapter(shipped)
    now = json.loads(for_client(shipped, client))
    found = three_way(_read(original) if original.is_file() else now, _read(copy), now)
    return Chapter(copy if any(d.by_analyst for d in found) else shipped, found)


def three_way(base: Notebook, copy: Notebook, shipped: Notebook) -> tuple[Difference, ...]:
    """The cells that an analyst or we changed, in the copy's order; what the copy lacks comes last."""
    first = _versions(base, ())
    sides = [first, *(_versions(notebook, tuple(first)) for notebook in (copy, shipped))]
    cells = dict.fromkeys(cell for side in (sides[1], sides[2], sides[0]) for cell in side)
    found = (Difference(cell, *(side.get(cell) for side in sides)) for cell in cells)
    return tuple(d for d in found if d.by_analyst or d.by_us)


def unified(difference: Difference) -> Iterator[str]:
    """The lines of a cell's difference: the analyst's, then ours, each against the original."""
    sides = [("copy", difference.copy, difference.by_analyst), ("shipped", difference.shipped, difference.by_us)]
    for name, side, differs in sides:
        if differs:
            yield from difflib.unified_diff(_lines(difference.base), _lines(side), "original", name, lineterm="")


def _lines(version: Version | None) -> list[str]:
    return version.source.splitlines() if version else []


def _read(path: Path) -> Notebook:
    try:
        notebook = json.loads(path.read_text("utf-8"))
        return {"cells": list(notebook["cells"])}
    except (ValueError, KeyError, TypeError):
        raise CrmError("lab.unreadable", where=paths.shown(path)) from None


def _versions(notebook: Notebook, base: tuple[str, ...]) -> dict[str, Version]:
    """A notebook's cells by id; a cell without one is named by its place."""
    cells = {str(cell.get("id", f"cell-{i}")): cell for i, cell in enumerate(notebook["cells"], 1)}
    moved = _moved(base, tuple(cells)) if base else set()
    return {
        name: Version("".join(cell["source"]), cell["cell_type"], tuple(cell.get("metadata", {}).get("tags", [])), name in moved)
        for name, cell in cells.items()
    }


def _moved(base: tuple[str, ...], now: tuple[str, ...]) -> set[str]:
    """The cells of both that do not stand in the same order."""
    before, after = [c for c in base if c in now], [c for c in now if c in base]
    kept = difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return set(after) - {cell for block in kept for cell in after[block.b : block.b + block.size]}
