"""Read an executed notebook back as a `Document`: its head, and one step for each displayed block."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from crm_helpers.document import BLOCK_MIME, BOOK_MIME, Block, Document, LedgerRow, Opened, Step, from_json
from crm_helpers.errors import CrmError

SHOW = re.compile(r"\bbook\.show\(")
NUMBER = re.compile(r"\d\d")
APPENDIX = "appendix"  # the tag of a step that is not of the main report in any kind of business
CHANGED = "crm_changed"  # in the metadata of an executed notebook


@dataclass(frozen=True)
class Cell:
    """A markdown cell of the notebook, with its id for translation."""

    id: str
    source: str


@dataclass(frozen=True)
class Told:
    """The prose around one step: the question, free paragraphs, and the reading after the page."""

    heading: Cell
    prose: tuple[Cell, ...]
    reading: tuple[Cell, ...]


@dataclass(frozen=True)
class Executed:
    """A document with the prose of its steps (by step id) and its title cell, still in the notebook's language."""

    document: Document
    title: Cell
    told: Mapping[str, Told]
    changed: tuple[tuple[str, str], ...] = ()  # cells that an analyst changed for this client, and how
    appendix: tuple[str, ...] = ()  # steps that do not belong to the main report

    @property
    def rows(self) -> tuple[LedgerRow, ...]:
        """The thread's rows of all steps; of a row that two steps tell, the later one, which tells more."""
        return tuple({row.id: row for step in self.document.steps for row in step.block.rows}.values())


def read(path: Path) -> Executed:
    """The executed notebook at `path`."""
    return executed(json.loads(path.read_text("utf-8")), path.stem)


def executed(notebook: Mapping[str, Any], name: str) -> Executed:
    """A notebook (as JSON) as a document.

    Raises:
        CrmError: it was not executed by `crm run`, or a cell that shows a page emitted none or several.
    """
    opened, steps, told = None, [], {}
    prose: list[Cell] = []
    apart: list[str] = []
    title, heading = Cell("", name), Cell("", "")
    cells = list(notebook["cells"])
    for i, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            first = source.partition("\n")[0]
            if first.startswith("# "):
                title = Cell(cell.get("id", ""), source)
            elif first.startswith("## "):
                heading, prose = Cell(cell.get("id", ""), source), []
            elif heading.id and not _after_show(cells, i):
                prose.append(Cell(cell.get("id", ""), source))
            continue
        outputs = list(_bundles(cell))
        opened = next((from_json(Opened, data[BOOK_MIME]) for data in outputs if BOOK_MIME in data), opened)
        blocks = [from_json(Block, data[BLOCK_MIME]) for data in outputs if BLOCK_MIME in data]
        if len(blocks) != (1 if SHOW.search(source) else 0):
            raise CrmError("report.blocks", where=f"{name}: {cell.get('id', i)}", found=len(blocks))
        if blocks:
            steps.append(Step(cell["id"], heading.source, tuple(c.source for c in prose), blocks[0]))
            if APPENDIX in cell.get("metadata", {}).get("tags", []):
                apart.append(cell["id"])
            told[cell["id"]] = Told(heading, tuple(prose), tuple(_reading(cells, i)))
            heading, prose = Cell("", ""), []
    if opened is None:
        raise CrmError("report.not_executed", where=name)
    changed = tuple((cell, how) for cell, how in notebook.get("metadata", {}).get(CHANGED, []))
    return Executed(Document(name, title.source, opened, tuple(steps)), title, told, changed, tuple(apart))


def needs(path: Path) -> tuple[str, ...]:
    """The chapters whose rows a notebook reads: `needs:02` among the tags of its cells."""
    return _tagged(path, "needs")


def needs_before(path: Path) -> tuple[str, ...]:
    """The chapters of whose rows it reads those of an earlier day: `before:04` among the tags of its cells."""
    return _tagged(path, "before")


def _tagged(path: Path, name: str) -> tuple[str, ...]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    tags = [tag.partition(":") for cell in cells for tag in cell.get("metadata", {}).get("tags", [])]
    return tuple(sorted({value for kind, _, value in tags if kind == name and value}))


def in_order(chapters: Sequence[Path]) -> list[Path]:
    """The chapters as they are executed: in reading order, but each after those whose rows it reads.

    Raises:
        CycleError: chapters need each other.
    """
    by = {number(path.stem): path for path in chapters}
    order = TopologicalSorter({name: [other for other in needs(path) if other in by] for name, path in sorted(by.items())})
    order.prepare()
    found: list[Path] = []
    while order.is_active():
        ready = sorted(order.get_ready())
        found += [by[name] for name in ready]
        order.done(*ready)
    return found


def keep_changed(path: Path, changed: Sequence[tuple[str, str]]) -> None:
    """Write into an executed notebook which of its cells an analyst changed, so that its pages can always say so."""
    notebook = json.loads(path.read_text("utf-8"))
    notebook["metadata"][CHANGED] = list(changed)
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", "utf-8")


def number(name: str) -> str:
    """`02` of `02_customer_analysis`."""
    match = NUMBER.match(name)
    return match.group() if match else name


def _bundles(cell: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for output in cell.get("outputs", []):
        if "data" in output:
            yield output["data"]


def _after_show(cells: list[Any], i: int) -> bool:
    """Whether a markdown cell stands directly after a page: it is the page's reading."""
    before = next((c for c in reversed(cells[:i]) if c["cell_type"] == "code" or "".join(c["source"]).startswith("#")), None)
    return before is not None and before["cell_type"] == "code" and bool(SHOW.search("".join(before["source"])))


def _reading(cells: list[Any], i: int) -> Iterator[Cell]:
    for cell in cells[i + 1 :]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "markdown" or source.startswith("#"):
            return
        yield Cell(cell.get("id", ""), source)
