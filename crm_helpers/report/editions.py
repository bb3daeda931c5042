"""Editions: another selection of the chapters' own steps, published apart from the year's report.

A step belongs to the monthly edition when its code cell is tagged `monthly:1`, `monthly:2` …: the number is its page. Such a step
uses only names that `open` and the tagged steps before it have made (tests/notebooks/test_grammar.py), so that the others need
not be executed.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crm_helpers.errors import UsageError
from crm_helpers.params.load import Loaded
from crm_helpers.params.paths import YEARLY

MONTHLY = "monthly"


def settings(edition: str | None, as_of: str | None) -> list[str]:
    """What an edition sets as `--set` would; a monthly one compares the last 12 months with those before it."""
    told = [f"as_of={as_of}"] if as_of else []
    told += [f"edition={edition}"] if edition else []
    return [*told, "periods="] if edition == MONTHLY else told


def check(loaded: Loaded) -> None:
    """Refuse a monthly edition that would end within a month.

    Raises:
        UsageError: with the month ends before and after.
    """
    day = loaded.params.as_of
    if loaded.params.edition != MONTHLY or (day + datetime.timedelta(days=1)).day == 1:
        return
    before = day.replace(day=1) - datetime.timedelta(days=1)
    after = (day.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(days=1)
    has = [before.isoformat(), after.isoformat()]
    raise UsageError("run.month_end", where=loaded.where("as_of"), found=day.isoformat(), has=has)


def has_steps(notebook: Path, edition: str) -> bool:
    """Whether a chapter has a page in the edition."""
    return edition == YEARLY or bool(_pages(json.loads(notebook.read_text("utf-8"))["cells"], edition))


def cut(notebook: Mapping[str, Any], edition: str) -> dict[str, Any]:
    """The chapter with the edition's steps only, in the order of their pages: question, code and reading of each."""
    cells = list(notebook["cells"])
    pages = _pages(cells, edition)
    first = next(i for i, cell in enumerate(cells) if _heads(cell))
    kept = cells[:first]
    for place in sorted(pages, key=lambda i: pages[i]):
        begin = max(i for i in range(place) if _heads(cells[i]))
        end = next((i for i in range(place + 1, len(cells)) if cells[i]["cell_type"] == "code" or _heads(cells[i])), len(cells))
        kept += cells[begin:end]
    return {**notebook, "cells": kept}


def _pages(cells: list[Mapping[str, Any]], edition: str) -> dict[int, int]:
    """Place of a tagged cell → the number of its page."""
    tags = {i: " ".join(cell.get("metadata", {}).get("tags", [])) for i, cell in enumerate(cells)}
    found = {i: re.search(rf"\b{edition}:(\d+)", told) for i, told in tags.items()}
    return {i: int(match[1]) for i, match in found.items() if match}


def _heads(cell: Mapping[str, Any]) -> bool:
    return cell["cell_type"] == "markdown" and "".join(cell["source"]).startswith("## ")
