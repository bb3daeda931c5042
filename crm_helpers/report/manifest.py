"""`manifest.json` of a set: what went in, with what it was made, what came out, and how long it took."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TOLD = ("crm-helpers", "pandas", "duckdb", "matplotlib", "papermill", "nbconvert", "typst")


@functools.cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages that make the numbers and the pages."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in TOLD}


def software() -> str:
    """One line for the colophon."""
    return ", ".join(f"{name} {version}" for name, version in versions().items())


def write(folder: Path, told: Mapping[str, Any], seconds: Mapping[str, float]) -> None:
    """Write the manifest last: its presence says that the set is whole."""
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.name != "manifest.json")
    outputs = {f.relative_to(folder).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
    manifest = {
        **told,
        "versions": versions(),
        "outputs": outputs,
        "seconds": {k: round(v, 2) for k, v in seconds.items()},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
