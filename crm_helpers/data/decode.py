"""Bytes of an export to a UTF-8 text file with plain line ends, block by block; damage is replaced, counted and placed.

Japanese exports are cp932 (Windows), never shift_jis: the latter fails on ①㈱髙.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

BLOCK = 32 * 1024  # small, so that many blocks are plain and what is made of one stays in the cache (tried)
ASCII_INSIDE = ("cp932", "utf-8")
NOTHING_PENDING = (b"", 0)  # the decoder holds no half character and no carriage return
SAMPLE = 64 * 1024  # bytes before and after the first doubtful one that decide between UTF-8 and cp932
REPLACEMENT = "\ufffd"
GAIJI = re.compile("[\x80-\x9f\ue000-\uf8ff]")  # private use, and the C1 controls that cp932 lets through
DAMAGED = re.compile("[\x80-\x9f\ue000-\uf8ff\ufffd]")
GAIJI_BYTES = (  # these in UTF-8: the first byte, which is quick to look for, and what may follow it
    (b"\xee", re.compile(b"\xee")),
    (b"\xef", re.compile(b"\xef[\x80-\xa3]")),
    (b"\xc2", re.compile(b"\xc2[\x80-\x9f]")),
)
LONE = re.compile(rb"\r(?!\n)")
DROPPED = (b"\0", b"\x1a")  # NUL, and the end mark of MS-DOS
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SHIFT_JIS = {"shift_jis", "shift-jis", "sjis", "s_jis", "ms_kanji", "windows-31j", "ms932", "mskanji"}


@dataclass
class Damage:
    """How many characters of one sort were met, and the physical line of the first (1-based)."""

    count: int = 0
    line: int = 0

    def add(self, count: int, line: Callable[[], int]) -> None:
        """Count `count` more; `line` is asked only for the first."""
        if count and not self.count:
            self.line = line()
        self.count += count


@dataclass
class Decoded:
    """What was found: the encoding, lines, unreadable bytes, characters outside the standard (gaiji), NULs removed."""

    encoding: str
    lines: int
    bad: Damage
    gaiji: Damage
    nul: Damage


def known_encoding(name: str) -> str | None:
    """The codec to use for an encoding named in params, or None when there is no such text encoding."""
    plain = name.strip().lower()
    if plain in SHIFT_JIS:
        return "cp932"
    try:
        codec = codecs.lookup(plain)
        "a".encode(codec.name)
    except LookupError:
        return None
    return "utf-8-sig" if codec.name == "utf-8" else codec.name


def decode(opened: Callable[[], IO[bytes]], target: Path, encoding: str | None = None) -> Decoded:
    """Write the text of a file to `target` as UTF-8 with `\\n` line ends.

    Args:
        opened: gives a new stream of the bytes; called again when a guess turns out wrong.
        encoding: from params; None finds it (BOM, else UTF-8 if all of it is, else cp932).
    """
    if encoding is not None:
        return _write(opened, target, known_encoding(encoding) or encoding, "replace")
    with opened() as stream:
        head = stream.read(SAMPLE)
    for bom, name in BOMS:
        if head.startswith(bom):
            return _write(opened, target, name, "replace")
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
        return _write(opened, target, "utf-8", "strict")
    except UnicodeDecodeError as error:
        start = error.object.rfind(b"\n", 0, max(0, error.start - SAMPLE)) + 1
        return _write(opened, target, _less_damaged(error.object[start : error.start + SAMPLE]), "replace")


def _less_damaged(sample: bytes) -> str:
    """UTF-8 with a broken character somewhere is still UTF-8; everything else is cp932."""
    damage = {name: len(DAMAGED.findall(sample.decode(name, "replace"))) for name in ("cp932", "utf-8")}
    return min(damage, key=lambda name: damage[name])


def _write(opened: Callable[[], IO[bytes]], target: Path, encoding: str, errors: str) -> Decoded:
    decoder, ends = codecs.getincrementaldecoder(encoding)(errors), io.IncrementalNewlineDecoder(None, translate=True)
    found = Decoded(encoding, 0, Damage(), Damage(), Damage())
    ended = True
    with opened() as stream, target.open("wb") as out:
        while True:
            block = _line_ends(stream.read(BLOCK), encoding)
            settled = decoder.getstate() == NOTHING_PENDING and ends.getstate() == NOTHING_PENDING
            if settled and _plain(block, encoding):
                data = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            else:
                text = decoder.decode(block, final=not block)
                if ends.getstate() != NOTHING_PENDING or "\r" in text or not block:  # telling line ends apart costs as much as half the decoding
                    text = ends.decode(text, final=not block)
                data = _inspect(text, found)
            if data:
                out.write(data)
                found.lines += data.count(b"\n")
                ended = data.endswith(b"\n")
            if not block:
                break
    found.lines += not ended
    return found


def _line_ends(block: bytes, encoding: str) -> bytes:
    """The block without carriage returns, where each stands before a line feed of the same block; else as it is."""
    if encoding not in (*ASCII_INSIDE, "utf-8-sig") or LONE.search(block):
        return block
    return block.replace(b"\r", b"")


def _plain(block: bytes, encoding: str) -> bool:
    """Whether the block is its own decoding but for its line ends: most of an export is codes and numbers."""
    plain = encoding in ASCII_INSIDE and block.isascii() and not block.endswith(b"\r")
    return bool(block) and plain and not any(mark in block for mark in DROPPED)


def _inspect(text: str, found: Decoded) -> bytes:
    """Count the damage of a block; its UTF-8 without NULs. Bytes are searched first: most blocks have no damage."""
    data = text.encode()
    so_far = found.lines

    def line_of(place: int) -> int:
        return so_far + text.count("\n", 0, place) + 1

    if b"\xef" in data and REPLACEMENT.encode() in data:
        found.bad.add(text.count(REPLACEMENT), lambda: line_of(text.index(REPLACEMENT)))
    if any(lead in data and whole.search(data) for lead, whole in GAIJI_BYTES):
        places = [match.start() for match in GAIJI.finditer(text)]
        found.gaiji.add(len(places), lambda: line_of(places[0]))
    if any(mark in data for mark in DROPPED):
        places = [match.start() for match in re.finditer("[\0\x1a]", text)]
        found.nul.add(len(places), lambda: line_of(places[0]))
        data = data.translate(None, b"".join(DROPPED))
    return data
