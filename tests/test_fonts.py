"""The font files, the glyph check and the subsets."""

from __future__ import annotations

import base64
import io
import subprocess
import sys

import pytest
from fontTools.ttLib import TTFont

from crm_helpers import fonts
from crm_helpers.errors import CrmError


def covered(encoded: str) -> dict[int, str]:
    return TTFont(io.BytesIO(base64.b64decode(encoded))).getBestCmap()


def test_the_two_files_are_the_family_of_the_theme() -> None:
    names = [TTFont(path, lazy=True)["name"] for path in fonts.font_files()]
    assert [(n.getDebugName(1), n.getDebugName(2)) for n in names] == [
        ("Noto Sans CJK JP", "Regular"),
        ("Noto Sans CJK JP", "Bold"),
    ]


def test_an_absent_package_is_a_told_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "PACKAGES", ("noto_cjk_sans_jp_regular", "noto_cjk_sans_jp_none"))
    with pytest.raises(CrmError) as told:
        fonts.font_files.__wrapped__()
    assert told.value.key == "fonts.missing"
    assert told.value.values == {"package": "noto-cjk-sans-jp-none"}


def test_missing_glyphs_agrees_with_the_font() -> None:
    text = "売上\t\n 1,756百万円▲−① 髙﨑𠮷 葛\U000e0100 \u200b😀ก😀"
    assert fonts.missing_glyphs(text) == "😀ก"
    cmap = TTFont(fonts.font_files()[0], lazy=True).getBestCmap()
    every = "".join(map(chr, range(0x20, 0x3000)))
    assert all(ord(c) not in cmap for c in fonts.missing_glyphs(every))
    assert not set(map(ord, fonts.missing_glyphs(every))) & set(cmap)


def test_a_subset_covers_its_text_and_little_else() -> None:
    for encoded in fonts.subset_woff("売上診断\n"):
        assert {ord(c) for c in "売上診断" + fonts.ALWAYS} == set(covered(encoded))
        assert len(encoded) < 70_000


def test_a_subset_is_the_same_bytes_each_time() -> None:
    path = fonts.font_files()[0]
    assert fonts._cut(path, "売上a") == fonts._cut(path, "a売上売")


def test_importing_fonts_is_cheap() -> None:
    code = (
        "import sys, crm_helpers.fonts; print([m for m in ('fontTools', 'uharfbuzz', 'matplotlib', 'numpy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
