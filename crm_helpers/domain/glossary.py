"""The words of the trade in Japanese and English, with the identifier that stands for them in code and ledgers."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "glossary.csv"


@dataclass(frozen=True)
class Term:
    """One term; `identifier` is its name in code, tables and ledger ids."""

    term_ja: str
    term_en: str
    identifier: str
    definition_ja: str
    definition_en: str


@functools.cache
def terms() -> tuple[Term, ...]:
    """All terms, in the file's order: from the work as a whole to its details."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        return tuple(Term(**row) for row in csv.DictReader(lines))
