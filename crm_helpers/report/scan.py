"""Read what was rendered as a reader could, and stop what must not leave: the files themselves, HTML and PDF, page by page.

Looked for are mail addresses, telephone and card numbers, addresses, ids of the client's customers, paths and code. Figures are
no contacts: a number with commas, a date, a share or a code beginning otherwise is none of these (`data/personal.py`).
"""

from __future__ import annotations

import functools
import html
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crm_helpers.data import personal
from crm_helpers.data.staging import quoted
from crm_helpers.errors import CrmError

HIDDEN = re.compile(r"<style\b.*?</style>|url\(data:[^)]*\)|data:[a-z]+/[^\"')]*", re.S)
TITLES = re.compile(r'\b(?:alt|title|aria-label|content)="([^"]*)"')
ANCHOR = re.compile(r'<(?:section|article|div|main)\b[^>]*\bid="([^"]+)"')
INLINE = re.compile(r"</?(?:span|wbr|a|b|i|em|strong|small|tspan|sup|sub)\b[^>]*>")
TAG = re.compile(r"<[^>]*>")
STREET = re.compile(rf"丁目|番|号|\d{personal.DASH}\d")  # in a table a place and the next column's figure stand side by side
PATH = re.compile(r"/home/\w|/Users/\w|[A-Za-z]:\\\\?Users|/root/\w|/tmp/\w")
CODE = re.compile(
    r"book\.show\(|import crm_helpers|open_book\(|Traceback \(most recent|\bselect [\w, ]+ from (?:order_lines|customers)\b"
)
WORD = re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]{5,64}(?![A-Za-z0-9_-]))[A-Za-z0-9_-]*[A-Za-z0-9]")
TOKEN = re.compile(  # of a page's content: where a run stands, its font, its strings (balanced brackets stand unescaped)
    rb"(?P<begin>\bBT\b)|(?P<end>\bET\b)|-?[\d.]+ (?P<place>-?[\d.]+) cm\b|/(?P<font>\w+) [\d.]+ Tf"
    rb"|(?P<text>\((?:\\.|[^\\()]|\((?:\\.|[^\\()]|\((?:\\.|[^\\()])*\))*\))*\)|<(?:[0-9A-Fa-f]{2})+>)",
    re.S,
)
ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
SHORTEST_NUMBER = 8  # digits; shorter ids that are bare numbers cannot be told from figures


def scan(folder: Path, tables: Path) -> list[CrmError]:
    """The faults of every HTML and PDF file below the folder, each with file, page and kind, never the value.

    Args:
        tables: the imported tables, whose customer ids are looked for.
    """
    pages = {
        (file.relative_to(folder).as_posix(), page): text
        for file in sorted(folder.rglob("*"))
        if file.suffix in (".html", ".pdf")
        for page, text in (of_html(file.read_text("utf-8")) if file.suffix == ".html" else of_pdf(file.read_bytes())).items()
    }
    words = {place: {word for word in WORD.findall(text) if _is_id_like(word)} for place, text in pages.items()}
    ids = _customers(set().union(*words.values()), tables)
    return [
        CrmError("privacy.scan", where=file, page=page, kind=f"privacy.kinds.{kind}")
        for (file, page), text in pages.items()
        for kind in _kinds(text, bool(words[file, page] & ids))
    ]


def _kinds(text: str, customers: bool) -> Iterator[str]:
    yield from dict.fromkeys(one.kind for one in personal.found(text, personal.IN_REPORTS) if _is_told(one, text))
    if customers or personal.PSEUDONYM.search(text):
        yield "id"
    if PATH.search(text):
        yield "path"
    if CODE.search(text):
        yield "code"


def _is_told(one: personal.Found, text: str) -> bool:
    """Whether it is one thing, and not figures of neighbouring columns (08 2023 2024) that look like it."""
    words = text[one.start : one.end]
    if one.kind == "card":
        return all(len(group) > 2 for group in words.split(" "))  # a card stands in groups of four; a heat map in 31 24 19
    return " " not in words if one.kind == "phone" else one.kind != "address" or STREET.search(words) is not None


def of_html(text: str) -> Mapping[str, str]:
    """What a page shows and says, by the id of its part: texts, alternative texts, and any embedded data."""
    plain = HIDDEN.sub(" ", text)
    parts = ANCHOR.split(plain)
    named = {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))
    return {
        f"#{name}": html.unescape("\n".join([TAG.sub("\n", INLINE.sub("", part)), *TITLES.findall(part)]))
        for name, part in named.items()
    }


def of_pdf(data: bytes) -> Mapping[str, str]:
    """The text of each page as our typesetter wrote it, and the document's own properties.

    pypdf opens the file, but its own extraction takes 0.3 s a page (tried); the texts alone take a hundredth of that.
    """
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    pages = {"p.0": "\n".join(str(value) for value in (reader.metadata or {}).values())}
    for number, page in enumerate(reader.pages, start=1):
        fonts: Any = page["/Resources"].get_object()["/Font"]  # type: ignore[index]
        maps = {
            name[1:].encode(): _characters(font.get_object()["/ToUnicode"].get_object().get_data())
            for name, font in fonts.items()
        }
        contents = page.get_contents()
        pages[f"p.{number}"] = "".join(_runs(b"" if contents is None else contents.get_data(), maps))
    return pages


def _runs(content: bytes, maps: Mapping[bytes, Mapping[bytes, str]]) -> Iterator[str]:
    """The runs of text of a page: a space between those of one line, a line feed between lines."""
    line, font, inside = b"", b"", False
    for token in TOKEN.finditer(content):
        if token["begin"]:
            inside = True
        elif token["end"]:
            inside = False
        elif token["place"]:
            yield " " if token["place"] == line else "\n"
            line = token["place"]
        elif token["font"]:
            font = token["font"]
        elif inside:
            codes = _bytes(token["text"])
            told = maps.get(font, {})
            yield "".join(told.get(codes[at : at + 2], "") for at in range(0, len(codes), 2))


def _bytes(literal: bytes) -> bytes:
    """The bytes of a PDF string: `(…)` with escapes, or `<…>` in hex (ISO 32000-1, 7.3.4)."""
    if literal.startswith(b"<"):
        return bytes.fromhex(literal[1:-1].decode())
    return ESCAPE.sub(_unescaped, literal[1:-1])


def _unescaped(found: re.Match[bytes]) -> bytes:
    sign = found[1]
    return bytes([int(sign, 8) & 0xFF]) if sign[:1].isdigit() else ESCAPES.get(sign, sign)


@functools.cache
def _characters(cmap: bytes) -> Mapping[bytes, str]:
    """Glyph code (two bytes) → characters, from a font's ToUnicode map (ISO 32000-1, 9.10.3)."""
    found: dict[bytes, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.S):
        for code, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[bytes.fromhex(code.decode())] = bytes.fromhex(text.decode()).decode("utf-16-be", "replace")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.S):
        for first, last, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[(int(first, 16) + step).to_bytes(2, "big")] = chr(int(text, 16) + step)
    return found


def _is_id_like(word: str) -> bool:
    return any(sign.isdigit() for sign in word) and (not word.isdigit() or len(word) >= SHORTEST_NUMBER)


def _customers(words: set[str], tables: Path) -> set[str]:
    """The words that are ids of the client's customers."""
    from crm_helpers.data.engine import connect

    files = [file for name in ("customers", "order_lines") if (file := tables / f"{name}.parquet").is_file()]
    if not words or not files:
        return set()
    con = connect(None)
    try:
        lists = " union all ".join(f"select customer_id from read_parquet({quoted(str(file))})" for file in files)
        known = f"select distinct customer_id from ({lists}) where customer_id in (select unnest($1))"
        return {found for (found,) in con.execute(known, [sorted(words)]).fetchall()}
    finally:
        con.close()
