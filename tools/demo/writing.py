"""Files as Japanese systems write them: CSV in cp932, zips as Windows makes them, an Excel workbook."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence

from tools.demo.deflate import deflate

Rows = Iterable[Sequence[object]]
STAMP = (2026 - 1980) << 25 | 4 << 21 | 6 << 16 | 9 << 11  # 2026-04-06 09:00 as MS-DOS writes it


def csv(head: Sequence[str], rows: Rows, encoding: str = "cp932") -> bytes:
    """Comma separated, CRLF; quotes only where they are needed."""
    lines = [",".join(map(_cell, row)) for row in (head, *rows)]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text


def zipped(files: Mapping[str, bytes], names: str = "cp932") -> bytes:
    """A zip with names in cp932 and no flag that says so, as Windows Explorer makes it in Japan."""
    body, index = bytearray(), bytearray()
    for name, data in files.items():
        packed, told = deflate(data), name.encode(names)
        head = struct.pack("<HHHIIIIHH", 20, 0, 8, STAMP, zlib.crc32(data), len(packed), len(data), len(told), 0)
        index += b"PK\x01\x02" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + told
        body += b"PK\x03\x04" + head + told + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(index), len(body), 0)
    return bytes(body + index + b"PK\x05\x06" + end)


def workbook(sheet: str, title: str, head: Sequence[str], rows: Rows) -> bytes:
    """An Excel workbook of one sheet, with a title above the header as people leave it."""
    cells: list[list[object]] = [[title], [], list(head), *map(list, rows)]
    data = "".join(
        f'<row r="{r}">{"".join(_excel(value, _column(c) + str(r)) for c, value in enumerate(row))}</row>'
        for r, row in enumerate(cells, start=1)
    )
    main, office = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://schemas.openxmlformats.org/officeDocument/2006",
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}/relationships">'
        f'<sheets><sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{data}</sheetData></worksheet>',
    }
    mark = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return zipped({name: (mark + text).encode() for name, text in parts.items()}, "ascii")


def _excel(value: object, place: str) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, int):
        return f'<c r="{place}"><v>{value}</v></c>'
    text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def _column(number: int) -> str:
    return chr(65 + number) if number < 26 else chr(64 + number // 26) + chr(65 + number % 26)
