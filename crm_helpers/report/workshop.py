"""The analyst's workshop: copies of the chapters for one client to change in JupyterLab, the originals beside them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from crm_helpers.report.copies import BASE, chapter_of, folder, for_client
from crm_helpers.report.execute import notebooks


def prepare(client: str) -> Path:
    """Copy every chapter, with `client` set, to `data/<client>/notebooks/`; a copy that was worked on is kept.

    The unchanged original of each copy goes to `.base/`, so that later changes on either side can be told apart.
    """
    home = folder(client)
    (home / BASE).mkdir(parents=True, exist_ok=True)
    for chapter in notebooks():
        if chapter_of(client, chapter).changed:
            continue
        text = for_client(chapter, client)
        (home / chapter.name).write_text(text, "utf-8")
        (home / BASE / chapter.name).write_text(text, "utf-8")
    return home


def open_lab(home: Path) -> int:
    """Start JupyterLab there and wait for it."""
    return subprocess.run([sys.executable, "-m", "jupyterlab", str(home)], check=False).returncode
