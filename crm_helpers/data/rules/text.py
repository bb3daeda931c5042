"""One value, one spelling: width, half-width kana, case, dashes, spaces and invisible characters of text columns.

Worked out over the distinct values of a column. Values that differ only so are one value, written as most rows write
it (of equally many: the first in code order); which is told. Two texts are the same when their `likeness` is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

MOST = 50_000
"""Distinct values above which a column is free text rather than a vocabulary: it is only tidied."""
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
GAPS = re.compile(r"[\s\u00a0\u3000]+")
DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー─━－ｰ", "-") | dict.fromkeys("〜～∼˜", "~"))
KANA = re.compile(r"(?<=[\u3040-\u30ff\uff66-\uff9f])-")
LONG = "ー"


def likeness(value: str) -> str:
    """What two spellings of one value share: NFKC, lower case, one dash, one wave, no invisible characters, no outer spaces.

    A dash behind kana is the long vowel, however it was typed: コーヒー, ｺｰﾋｰ and コーヒ－ are one. A gap within stays
    one gap, so that 東 京 and 東京 remain two values.
    """
    folded = unicodedata.normalize("NFKC", INVISIBLE.sub("", value)).translate(DASHES).casefold()
    return KANA.sub(LONG, GAPS.sub(" ", folded).strip())


def neat(value: str) -> str:
    """The value without invisible characters and outer spaces, composed (NFC); gaps are single spaces of their own width."""
    bare = INVISIBLE.sub("", value).replace("\u00a0", " ").strip(" \t\r\u3000")
    return unicodedata.normalize("NFC", bare.removeprefix('="').removesuffix('"') if bare.startswith('="') else bare)


def unified(counted: Sequence[tuple[str, int]]) -> dict[str, str | None]:
    """Value as written → as it is to be written, for the values that change; None for a value without any content.

    Args:
        counted: distinct values with their rows.
    """
    groups: dict[str, dict[str, int]] = {}
    for value, rows in counted:
        spellings = groups.setdefault(likeness(value), {})
        spellings[neat(value)] = spellings.get(neat(value), 0) + rows
    chosen = {like: min(spellings, key=lambda said: (-spellings[said], said)) for like, spellings in groups.items()}
    said = {value: chosen[likeness(value)] or None for value, _ in counted}
    return {value: ours for value, ours in said.items() if ours != value}
