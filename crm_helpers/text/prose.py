"""The notebooks' own prose in other languages: Japanese in the notebook, translations by cell id.

`text/<lang>/notebooks.yaml` holds `{"02": {<cell id>: {of: <8 hex of the Japanese source>, text: …}}}`. The Japanese file holds
only cells with words that differ by kind of business (`{word.member}`); with the usual words they read as in the notebook.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from crm_helpers.text.catalogue import texts

SOURCE_LANGUAGE = "ja"
State = Literal["written", "missing", "stale"]


@dataclass(frozen=True)
class Prose:
    """A markdown cell in one language; `missing` and `stale` cells stay Japanese."""

    text: str
    state: State


def digest(source: str) -> str:
    """Eight hex digits of a cell's Japanese source: how a translation knows what it translates."""
    return hashlib.sha256(source.strip().encode()).hexdigest()[:8]


def translated(lang: str, notebook: str, cell: str, source: str) -> Prose:
    """The cell's text in `lang`, the words of the business not yet put in; `notebook` is its number (`02`)."""
    entry = texts(lang, "notebooks").get(notebook, {}).get(cell)
    if lang == SOURCE_LANGUAGE or not source.strip():
        return Prose(entry["text"] if entry and entry["of"] == digest(source) else source, "written")
    if entry is None:
        return Prose(source, "missing")
    return Prose(entry["text"], "written") if entry["of"] == digest(source) else Prose(source, "stale")
