from __future__ import annotations

import io
from pathlib import Path

import pytest

from crm_helpers.data import decode


def decoded(content: bytes, tmp_path: Path, encoding: str | None = None) -> tuple[str, decode.Decoded]:
    target = tmp_path / "text"
    found = decode.decode(lambda: io.BytesIO(content), target, encoding)
    return target.read_bytes().decode("utf-8"), found


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("①㈱髙﨑～,円\r\n".encode("cp932"), "cp932"),
        ("①㈱髙﨑～,円\r\n".encode(), "utf-8"),
        ("①㈱髙﨑～,円\r\n".encode("utf-8-sig"), "utf-8-sig"),
        ("①㈱髙﨑～,円\r\n".encode("utf-16"), "utf-16"),
        (b"plain\r\n", "utf-8"),
    ],
)
def test_the_encoding_is_found(content: bytes, encoding: str, tmp_path: Path) -> None:
    text, found = decoded(content, tmp_path)
    assert found.encoding == encoding
    assert text == ("plain\n" if content.isascii() else "①㈱髙﨑～,円\n")
    assert (found.bad.count, found.lines) == (0, 1)


def test_the_encoding_is_found_when_the_first_japanese_comes_late(tmp_path: Path) -> None:
    content = b"1,2\n" * 100_000 + "3,渋谷\n".encode("cp932")
    assert decoded(content, tmp_path)[1].encoding == "cp932"


def test_utf8_with_one_cut_character_stays_utf8(tmp_path: Path) -> None:
    text, found = decoded("商品\nりんご,ばなな\n".encode() + "柿".encode()[:2] + b",1\n", tmp_path)
    assert found.encoding == "utf-8"
    assert (found.bad.count, found.bad.line) == (1, 3)
    assert text.startswith("商品\nりんご")


def test_shift_jis_means_cp932(tmp_path: Path) -> None:
    assert decoded("①㈱髙\n".encode("cp932"), tmp_path, "Shift_JIS")[0] == "①㈱髙\n"
    assert decode.known_encoding("no such thing") is None
    assert decode.known_encoding("base64") is None


def test_a_lost_trail_byte_damages_one_place_and_keeps_the_line_end(tmp_path: Path) -> None:
    text, found = decoded("商品,数\n".encode("cp932") + b"\x83\x81\x83\n3,4\n5,\x81,6\n", tmp_path)
    assert text == "商品,数\nメ�\n3,4\n5,�,6\n"
    assert (found.bad.count, found.bad.line) == (2, 2)


def test_gaiji_are_counted_and_kept(tmp_path: Path) -> None:
    text, found = decoded("名\n".encode("cp932") + b"\xf0\x40\n\xa0\n", tmp_path)
    assert (found.gaiji.count, found.gaiji.line, found.bad.count) == (2, 2, 0)
    assert "\ue000" in text


def test_nul_and_the_end_mark_of_dos_are_dropped(tmp_path: Path) -> None:
    text, found = decoded(b"a,b\n1\0\0,2\n\x1a", tmp_path)
    assert text == "a,b\n1,2\n"
    assert (found.nul.count, found.nul.line) == (3, 2)


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n"])
def test_line_ends(end: bytes, tmp_path: Path) -> None:
    text, found = decoded(b"a" + end + b"b" + end + b"c", tmp_path)
    assert (text, found.lines) == ("a\nb\nc", 3)


def test_characters_and_line_ends_split_between_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "BLOCK", 3)
    text, found = decoded("日本\r\n語\r\n".encode("cp932") + b"\x81\n", tmp_path)
    assert text == "日本\n語\n�\n"
    assert (found.bad.line, found.lines) == (3, 3)
