"""The report's typeface: where its two files lie, which characters it has, and its woff subsets for HTML.

The files come from the PyPI packages noto-cjk-sans-jp-regular and -bold; nothing else in the project knows that.
"""

from __future__ import annotations

import base64
import functools
import importlib.util
import io
import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path

from crm_helpers.errors import CrmError

PACKAGES = ("noto_cjk_sans_jp_regular", "noto_cjk_sans_jp_bold")
UNUSED_TABLES = ("BASE", "GSUB", "VORG", "vhea", "vmtx")  # vertical setting and glyph variants
FEATURES = ("kern", "halt")  # Latin kerning; half-width punctuation, which browsers need to trim 約物

# In every subset, whatever the text: a new number or a new kana word then costs no new subset.
KANA = (*range(0x3041, 0x3097), *range(0x30A1, 0x30FD))
ALWAYS = "".join(map(chr, (*range(0x20, 0x7F), *KANA))) + "、。・「」（）：％▲▼−–—…→×"


@functools.cache
def font_files() -> tuple[Path, Path]:
    """The regular and the bold font file.

    Raises:
        CrmError: `fonts.missing`, if a font package is not installed or holds no font.
    """
    regular, bold = (_font_in(package) for package in PACKAGES)
    return regular, bold


def missing_glyphs(text: str) -> str:
    """The characters of `text` that the regular font cannot show, once each, in order of first use."""
    starts, ends = _covered(font_files()[0])
    missing = []
    for character in dict.fromkeys(text):
        code = ord(character)
        at = bisect_right(starts, code) - 1
        if (at < 0 or code > ends[at]) and not _invisible(character):
            missing.append(character)
    return "".join(missing)


def subset_woff(characters: str) -> tuple[str, str]:
    """The regular and the bold font cut down to `characters`, each as base64 of a woff file.

    HarfBuzz cuts both in a tenth of a second, so each report has its own and nothing is kept between runs. Control
    characters and characters without a glyph are left out.

    Raises:
        CrmError: `fonts.missing`, if a font package is not installed.
    """
    wanted = {c for c in characters if unicodedata.category(c) != "Cc"} | set(ALWAYS)
    regular, bold = (base64.b64encode(_cut(path, wanted)).decode("ascii") for path in font_files())
    return regular, bold


def _font_in(package: str) -> Path:
    """The one .otf of a font package, found without importing the package."""
    found = importlib.util.find_spec(package)
    for folder in (found.submodule_search_locations or ()) if found else ():
        for path in sorted(Path(folder).rglob("*.otf")):
            return path
    raise CrmError("fonts.missing", package=package.replace("_", "-"))


def _invisible(character: str) -> bool:
    """Whether a character shows nothing by itself: spaces, controls, and selectors of a variant of the one before."""
    variation_selector = character in "\ufe00\ufe01\ufe02\ufe0e\ufe0f" or 0xE0100 <= ord(character) <= 0xE01EF
    return variation_selector or unicodedata.category(character) in {"Cc", "Cf", "Zs", "Zl", "Zp"}


@functools.cache
def _covered(path: Path) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First and last code points of the runs a font covers.

    Read from the font's format 12 character map by hand: fontTools takes half a second for it, this a millisecond.
    """
    with path.open("rb") as font:
        tables = struct.unpack(">H", font.read(12)[4:6])[0]
        directory = [struct.unpack(">4sLLL", font.read(16)) for _ in range(tables)]
        start = next(offset for tag, _, offset, _ in directory if tag == b"cmap")
        font.seek(start)
        count = struct.unpack(">HH", font.read(4))[1]
        maps = {(platform, kind): at for platform, kind, at in struct.iter_unpack(">HHL", font.read(8 * count))}
        font.seek(start + maps[3, 10])  # Windows, all of Unicode
        groups = struct.unpack(">HHLLL", font.read(16))[4]
        runs = list(struct.iter_unpack(">LLL", font.read(12 * groups)))
    return tuple(first for first, _, _ in runs), tuple(last for _, last, _ in runs)


def _cut(path: Path, characters: Iterable[str]) -> bytes:
    """The woff subset of one font file. No hints and no subroutines: smaller and quicker to unpack."""
    import uharfbuzz
    from fontTools.ttLib import TTFont

    wanted = uharfbuzz.SubsetInput()
    wanted.unicode_set.set([ord(character) for character in characters])
    wanted.layout_feature_tag_set.clear()
    wanted.layout_feature_tag_set.update(map(_tag, FEATURES))
    wanted.drop_table_tag_set.update(map(_tag, UNUSED_TABLES))
    wanted.name_id_set.clear()
    flags = uharfbuzz.SubsetFlags
    wanted.flags = flags.NO_HINTING | flags.DESUBROUTINIZE | flags.NOTDEF_OUTLINE
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
    font = TTFont(io.BytesIO(uharfbuzz.subset(face, wanted).blob.data), lazy=True, recalcBBoxes=False, recalcTimestamp=False)
    font.flavor = "woff"
    out = io.BytesIO()
    font.save(out, reorderTables=False)
    return out.getvalue()


def _tag(name: str) -> int:
    """A four-letter OpenType tag as HarfBuzz counts it."""
    return int.from_bytes(name.encode("ascii"), "big")
