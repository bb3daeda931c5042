"""The stored form of a notebook: sources, tags, stable cell ids, and outputs that are one line of numbers.

nbval compares those lines; git merges them; a diff shows which numbers moved. Written by `crm store`, guarded by `--check`.
"""

from __future__ import annotations

import ast
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crm_helpers import ledger
from crm_helpers.errors import CrmError
from crm_helpers.params import paths
from crm_helpers.params.load import load
from crm_helpers.report.execute import execute
from crm_helpers.report.executed import executed, number

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
PRIVATE = re.compile(r"/home/|/Users/|[A-Za-z]:\\\\|[\w.+-]+@[\w-]+\.[\w.]+")


def store(path: Path) -> bool:
    """Execute the notebook for the client of its parameters cell and write its stored form and, for an example, the ledger.

    Returns whether anything changed.
    """
    client = client_of(path)
    loaded = load(client)
    params = loaded.params
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / path.name
        execute(path, made, loaded, staging=Path(folder))
        ran = json.loads(made.read_text("utf-8"))
    if params.example:
        rows = executed(ran, path.stem).rows
        ledger.write(paths.ledger_folder(client) / params.as_of.isoformat(), number(path.stem), rows)
    text = as_text(stored(ran))
    changed = text != path.read_text("utf-8")
    if changed:
        path.write_text(text, "utf-8")
    return changed


def client_of(path: Path) -> str:
    """The client that the notebook's parameters cell names."""
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            for node in ast.parse("".join(cell["source"])).body:
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "client":
                    return str(ast.literal_eval(node.value))
    raise CrmError("store.no_client", where=paths.shown(path))


def stored(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """A notebook, however it was saved, in its stored form; the cell that Papermill injects is dropped."""
    cells = [_cell(c) for c in notebook["cells"] if "injected-parameters" not in c.get("metadata", {}).get("tags", [])]
    return {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def faults(path: Path) -> list[CrmError]:
    """What keeps a notebook from being in stored form; nothing is executed."""
    text = path.read_text("utf-8")
    notebook = json.loads(text)
    found = []
    if as_text(stored(notebook)) != text:
        found.append(CrmError("store.form", where=paths.shown(path)))
    for cell in notebook["cells"]:
        where = f"{paths.shown(path)}: {cell.get('id', '')}"
        if (
            cell["cell_type"] == "code"
            and not cell.get("outputs")
            and "book" in "".join(cell["source"])
            and "show" in "".join(cell["source"])
        ):
            found.append(CrmError("store.no_output", where=where))
        if PRIVATE.search("".join(_texts(cell))):
            found.append(CrmError("store.private", where=where))
    return found


def as_text(notebook: Mapping[str, Any]) -> str:
    """The bytes of the stored form: indent 1, Japanese unescaped, one line feed at the end."""
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    tags = cell.get("metadata", {}).get("tags", [])
    kept: dict[str, Any] = {"cell_type": cell["cell_type"]}
    if cell["cell_type"] == "code":
        kept["execution_count"] = 1
    kept |= {"id": cell["id"], "metadata": {"tags": tags} if tags else {}}
    if cell["cell_type"] == "code":
        kept["outputs"] = [_output(o) for o in cell.get("outputs", []) if "text/plain" in o.get("data", {})]
    return kept | {"source": "".join(cell["source"]).splitlines(keepends=True)}


def _output(output: Mapping[str, Any]) -> dict[str, Any]:
    plain = "".join(output["data"]["text/plain"]).splitlines(keepends=True)
    return {"data": {"text/plain": plain}, "metadata": {}, "output_type": "display_data"}


def _texts(cell: Mapping[str, Any]) -> list[str]:
    return ["".join(o["data"]["text/plain"]) for o in cell.get("outputs", []) if "text/plain" in o.get("data", {})]
