"""The thread's rows: KPI nodes, findings, segments … with ids made from meaning, kept one file a notebook.

`data/<client>/ledger/<as_of>/<NN>.json` is written only at publication (and by `crm store` for example clients). A run
reads its own staging first, then the client's folder, then the newest older day. Other editions than the year's keep theirs in
`data/<client>/ledger/<edition>/`, so that a month never stands for a year.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterable
from pathlib import Path

from crm_helpers.document import LedgerRow, from_json, to_json

STAGING = "CRM_STAGING"


def row_id(kind: str, definition: str, **dimensions: str) -> str:
    """`kpi:customers`, `segment:rfm:name=best`: the same thing has the same id in every year."""
    return ":".join([kind, definition, *(f"{name}={value}" for name, value in sorted(dimensions.items()))])


def write(folder: Path, notebook: str, rows: Iterable[LedgerRow]) -> Path:
    """Write a notebook's rows, sorted by id, one a line group, so that two runs compare as text."""
    path = folder / f"{notebook}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = sorted((to_json(row) for row in rows), key=lambda row: str(row["id"]))
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(ordered, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    partial.replace(path)
    return path


def read(folder: Path, as_of: datetime.date, notebook: str, *, published: bool = False) -> tuple[LedgerRow, ...] | None:
    """The rows of a notebook; None when it has never been published up to `as_of`.

    Args:
        folder: what holds a folder for each day.
        published: only what was published; else the rows that the run under way has made come first.
    """
    file = find(folder, as_of, notebook, published=published)
    return tuple(from_json(LedgerRow, row) for row in json.loads(file.read_text("utf-8"))) if file else None


def find(folder: Path, as_of: datetime.date, notebook: str, *, published: bool = False) -> Path | None:
    """Where those rows lie: the run's staging, this day's folder, or the newest older one."""
    staged = [Path(os.environ[STAGING]) / "ledger"] if STAGING in os.environ and not published else []
    days = sorted((p for p in folder.glob("????-??-??") if p.name <= as_of.isoformat()), reverse=True)
    return next((f for place in (*staged, *days) if (f := place / f"{notebook}.json").is_file()), None)
