"""The 47 prefectures: their codes (JIS X 0401), names, and places on a grid of equal tiles."""

from __future__ import annotations

import csv
import functools
import unicodedata
from collections.abc import Mapping
from pathlib import Path

FILE = Path(__file__).parent / "prefectures.csv"


@functools.cache
def tiles() -> Mapping[str, tuple[int, int]]:
    """Code → column (from the west) and row (from the north) on the grid."""
    return {row["code"]: (int(row["tile_column"]), int(row["tile_row"])) for row in _rows()}


def code_of(text: str) -> str:
    """The code of a prefecture written in full or without 都, 府, 県, or as its code; nothing when it is none."""
    told = unicodedata.normalize("NFKC", text).strip()
    return _codes().get(told.zfill(2) if told.isdecimal() else told, "")


@functools.cache
def _codes() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for row in _rows():
        name = row["name"]
        short = name if name == "北海道" else name[:-1]
        found |= dict.fromkeys((name, short, row["code"]), row["code"])
    return found


@functools.cache
def _rows() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
