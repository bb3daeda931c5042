"""What a result depends on, as one hash: the same fingerprint means nothing needs to be executed or rendered again."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from crm_helpers.params import paths
from crm_helpers.params.load import Loaded

PACKAGE = Path(__file__).resolve().parents[1]
# joined when pages are rendered, never executed
RENDER_ONLY = {"notes", "next_moves", "decisions", "report", "name", "statement"}
NO_RESULT = {"run", "entrustment"}  # how a run works and on what record, not what it makes


def of_text(*parts: str) -> str:
    """sha256 over the parts, each with its length, so that no two lists of parts collide."""
    made = hashlib.sha256()
    for part in parts:
        data = part.encode()
        made.update(f"{len(data)}:".encode() + data)
    return made.hexdigest()


def of_files(files: Iterable[Path], base: Path) -> str:
    """One hash over files, by their relative names and contents."""
    return of_text(
        *(text for f in sorted(files) for text in (f.relative_to(base).as_posix(), hashlib.sha256(f.read_bytes()).hexdigest()))
    )


@functools.cache
def code() -> str:
    """The package without its templates and tests: what a notebook's numbers and charts can depend on."""
    inside = (f for f in PACKAGE.rglob("*") if f.suffix in (".py", ".yaml", ".json", ".csv") and f.is_file())
    return of_files((f for f in inside if "templates" not in f.parts), PACKAGE)


@functools.cache
def templates() -> str:
    """The templates: what a page's look can depend on besides the code."""
    folder = PACKAGE / "report" / "templates"
    return of_files((f for f in folder.rglob("*") if f.is_file()), PACKAGE)


@functools.cache
def lock() -> str:
    """The locked versions of everything installed."""
    file = paths.root() / "requirements.lock"
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def of_notebook(notebook: Path, loaded: Loaded, inputs: Mapping[str, str], ledgers: Iterable[Path]) -> str:
    """What an executed notebook depends on."""
    settings = loaded.params.model_dump(mode="json", exclude=RENDER_ONLY | NO_RESULT)
    return of_text(
        sources(notebook),
        as_json(settings),
        as_json(dict(inputs)),
        code(),
        lock(),
        *(f.read_text("utf-8") for f in ledgers),
    )


def of_set(notebooks: Mapping[str, str], loaded: Loaded) -> str:
    """What a rendered set depends on: its notebooks' fingerprints, all settings, the templates."""
    return of_text(
        as_json(dict(notebooks)), as_json(loaded.params.model_dump(mode="json", exclude=NO_RESULT)), templates(), code()
    )


def sources(notebook: Path) -> str:
    """A notebook's cells without outputs and counts; a cell's id is the id of its step."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return as_json([(c.get("id"), c["cell_type"], "".join(c["source"]), c.get("metadata", {}).get("tags", [])) for c in cells])


def as_json(thing: Any) -> str:
    """JSON with sorted keys: the same thing gives the same text."""
    return json.dumps(thing, ensure_ascii=False, sort_keys=True, default=str)
