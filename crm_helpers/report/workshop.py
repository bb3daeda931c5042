"""A client's own copies of the chapters, for analysts to change in JupyterLab; the originals stay beside them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from crm_helpers.params import paths
from crm_helpers.report import fingerprint
from crm_helpers.report.execute import notebooks

BASE = ".base"


def prepare(client: str) -> Path:
    """Copy every chapter, with `client` set, to `data/<client>/notebooks/`; a copy that was worked on is kept.

    The unchanged original of each copy goes to `.base/`, so that later changes on either side can be told apart.
    """
    folder = paths.data_folder(client) / "notebooks"
    (folder / BASE).mkdir(parents=True, exist_ok=True)
    for chapter in notebooks():
        copy, base = folder / chapter.name, folder / BASE / chapter.name
        if copy.is_file() and base.is_file() and fingerprint.sources(copy) != fingerprint.sources(base):
            continue
        text = for_client(chapter, client)
        copy.write_text(text, "utf-8")
        base.write_text(text, "utf-8")
    return folder


def for_client(chapter: Path, client: str) -> str:
    """The chapter with its parameters cell naming `client`."""
    notebook = json.loads(chapter.read_text("utf-8"))
    for cell in notebook["cells"]:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            cell["source"] = [f'client = "{client}"\n' if line.startswith("client =") else line for line in cell["source"]]
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def open_lab(folder: Path) -> int:
    """Start JupyterLab there and wait for it."""
    return subprocess.run([sys.executable, "-m", "jupyterlab", str(folder)], check=False).returncode
