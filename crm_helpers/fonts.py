"""The report's typeface: where its two files lie, which characters it has, and its woff2 subsets for HTML.

The files come from the PyPI packages noto-cjk-sans-jp-regular and -bold; nothing else in the project knows that.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.metadata
import importlib.util
import io
import os
import struct
import tempfile
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path

from crm_helpers.errors import CrmError

PACKAGES = ("noto_cjk_sans_jp_regular", "noto_cjk_sans_jp_bold")
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


def subset_woff2(characters: Iterable[str], cache: Path) -> tuple[str, str]:
    """The regular and the bold font cut down to `characters`, each as base64 of a woff2 file.

    Args:
        characters: every character that will be shown, in any order; pass the union of all reports of a client so that
            they share one subset. Control characters and characters without a glyph are left out.
        cache: folder in which the subsets are kept; made if it does not exist.

    Raises:
        CrmError: `fonts.missing`, if a font package is not installed.
    """
    wanted = "".join(sorted({c for c in characters if unicodedata.category(c) != "Cc"} | set(ALWAYS)))
    kept = cache / f"{_key(wanted)}.woff2.b64"
    if kept.is_file():
        regular, bold = kept.read_text("ascii").split("\n")
        return regular, bold
    regular, bold = (base64.b64encode(_cut(path, wanted)).decode("ascii") for path in font_files())
    _write(kept, f"{regular}\n{bold}")
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


def _key(characters: str) -> str:
    """The name under which a subset is kept: what it depends on, and nothing that differs between machines."""
    sizes = ",".join(str(path.stat().st_size) for path in font_files())
    cutter = importlib.metadata.version("fonttools")
    return hashlib.sha256(f"{characters}\n{sizes}\n{cutter}\n{','.join(FEATURES)}".encode()).hexdigest()


def _cut(path: Path, characters: str) -> bytes:
    """The woff2 subset of one font file. No hints, no subroutines: with woff2 the smallest and the quickest."""
    from fontTools import subset

    options = subset.Options(layout_features=list(FEATURES), hinting=False, desubroutinize=True, name_IDs=[], notdef_outline=True)
    options.drop_tables += ["BASE", "GSUB", "VORG", "vhea", "vmtx"]
    font = subset.load_font(str(path), options, dontLoadGlyphNames=True, lazy=True)
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all, also when two runs write the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(text)
    Path(temporary).replace(path)
