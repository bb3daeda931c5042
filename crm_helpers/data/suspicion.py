"""What a file probably is when it is not what the mapping says: the advice that saves a telephone call to the client."""

from __future__ import annotations

import contextlib
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from crm_helpers.data.staging import plain

MAGIC = (  # first bytes → `data.kinds.<name>`
    (b"PK\x03\x04", "workbook_or_zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"PAR1", "parquet"),
)
FORMATS = {"workbook": ("excel", "form"), "parquet": ("parquet",)}
"""Kinds of file that have readers of their own, the first of them where none is said; any text is read as separated text."""
WEB = re.compile(rb"\s*(?:\xef\xbb\xbf)?<(?:!doctype\s+html|html|\?xml)", re.IGNORECASE)
VALUE = re.compile(r"[-\d\s,./:¥\\]+|\d+年\d+月\d+日")
SEPARATORS = ",\t;|"
LOOKED_AT = 30  # lines in which a header is looked for below titles
MANY = 20  # rows from which on more than half being unreadable stops the import; below, only all


def kind_of(head: bytes) -> str | None:
    """What a file is that is no text: a key of `data.kinds`; None for text."""
    if WEB.match(head):
        return "web_page"
    return next((kind for magic, kind in MAGIC if head.startswith(magic)), None)


def kind_of_file(head: bytes, file: Path) -> str | None:
    """`kind_of`, and whether what looks like a zip is a workbook: a zip of parts, one of which is `xl/workbook.…`."""
    kind = kind_of(head)
    if kind != "workbook_or_zip":
        return kind
    with contextlib.suppress(zipfile.BadZipFile), zipfile.ZipFile(file) as archive:
        return "workbook" if any(name.startswith("xl/workbook.") for name in archive.namelist()) else "zip"
    return kind


def of_header(text: Path, has: Sequence[str], wanted: Sequence[str]) -> tuple[str, int] | None:
    """Why none or few of the wanted columns are in a header: a message's key, and the line where the header stands."""
    if any("\ufffd" in name or not name.isprintable() for name in has):
        return "data.header_unreadable", 1
    names = {plain(name) for name in wanted}
    with text.open(encoding="utf-8") as lines:
        for number, line in zip(range(1, LOOKED_AT + 1), lines, strict=False):
            cells = {plain(cell.strip('"')) for cell in re.split(f"[{SEPARATORS}]", line.rstrip("\n"))}
            if names <= cells:
                return ("data.header_below", number) if number > 1 else ("data.delimiter", 1)
    if not names & set(has) and sum(bool(VALUE.fullmatch(name)) for name in has) * 2 >= len(has):
        return "data.no_header", 1
    return None


def too_few(read: int, unreadable: int) -> bool:
    """Whether so many rows cannot be read that a report on the rest would mislead."""
    return 0 < read == unreadable or (read >= MANY and unreadable * 2 > read)
