"""Broken params files and broken exports: one screen says where, what, and what to do; nothing is published.

The command is called in this process, with its real arguments, output and exit code.
"""

import io
import sys
import unicodedata
import zipfile

import pytest

from crm_helpers import cli

SCREEN = (24, 80)
GOOD = """\
client: acme
name: {ja: アクメ, en: Acme}
as_of: 2026-03-31
data:
  order_lines:
    files: orders.csv
    columns: {order_id: 注文番号, ordered_on: 受注日, customer_id: 会員番号, amount: 金額}
"""
EXAMPLE = "example: true\n"  # last, so that lines keep their numbers
HEAD = "注文番号,受注日,会員番号,金額\n"
ROWS = "".join(f"D{n},2026-0{n % 3 + 1}-1{n % 10},M{n % 7},{1000 + n}\n" for n in range(60))


@pytest.fixture
def shop(tmp_path, monkeypatch):
    for folder in ("params", "notebooks", "data/acme"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "notebooks" / "02_chapter.ipynb").write_text('{"cells": []}')  # never reached
    (tmp_path / "params" / "acme.yaml").write_text(GOOD + EXAMPLE, "utf-8")
    (tmp_path / "data" / "acme" / "orders.csv").write_text(HEAD + ROWS, "cp932")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=["ja_JP.UTF-8", "C"])
def crm(request, monkeypatch, capsys):
    """The command in one language: (exit code, what it said)."""
    monkeypatch.setenv("LC_ALL", request.param)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["crm", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        said = capsys.readouterr()
        return stop.value.code, said.out + said.err

    call.lang = "ja" if request.param.startswith("ja") else "en"
    return call


def rows(text):
    """Rows of a screen that the text takes."""
    width = [sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in line) for line in text.splitlines()]
    return sum(max(1, -(-w // SCREEN[1])) for w in width)


def refused(crm, shop, codes, *words):
    code, said = crm("run", "acme")
    assert code in codes, said
    assert "Traceback" not in said
    assert rows(said) <= SCREEN[0], said
    assert not [word for word in words if word not in said], said
    assert ("。" in said) == (crm.lang == "ja"), said
    assert not [f for f in (shop / "reports").rglob("*") if f.name not in ("acme", ".lock")]
    return said


# ---------------------------------------------------------------- params files
MANY = "".join(f"setting_{n}: 1\n" for n in range(60))
PARAMS = {
    "tabs instead of spaces": (GOOD.replace("    files", "\tfiles"), ["acme.yaml:6"]),
    "a bracket left open": (GOOD.replace("金額}", "金額"), ["acme.yaml"]),
    "saved in cp932": (GOOD.encode("cp932"), ["acme.yaml:2", "UTF-8"]),
    "empty": ("", ["client", "as_of", "data"]),
    "a key mistyped": (GOOD.replace("as_of", "asof"), ["acme.yaml:3", "asof", "as_of"]),
    "a day that is none": (GOOD.replace("2026-03-31", "2026-02-30"), ["acme.yaml:3", "2026-02-30", "2026-03-31"]),
    "no order lines": (GOOD.replace("order_lines", "customers"), ["acme.yaml:4", "order_lines"]),
    "a column that the contract lacks": (GOOD.replace("customer_id:", "customer:"), ["acme.yaml:7", "customer_id"]),
    "a column mapped to nothing": (GOOD.replace("amount: 金額", "amount:"), ["acme.yaml:7", "amount"]),
    "sixty faults": (GOOD + MANY, ["acme.yaml:8", "setting_0"]),
    "a file outside": (GOOD.replace("orders.csv", "../../etc/passwd"), ["acme.yaml:6", "data/"]),
    "an encoding that is none": (GOOD.replace("    files", "    encoding: cp9322\n    files"), ["acme.yaml:6", "cp9322", "cp932"]),
    "a format without codes": (GOOD + "    formats: {ordered_on: YYYYMMDD}\n", ["acme.yaml:8", "YYYYMMDD", "%Y%m%d"]),
    "the name of another client": (GOOD.replace("client: acme", "client: acne"), ["acme.yaml:1", "acne"]),
    "the same setting twice": (GOOD + "as_of: 2025-12-31\n", ["acme.yaml:8", "as_of"]),
    "a period that ends before it starts": (
        GOOD + "periods:\n  current: {start: 2026-03-01, end: 2026-02-01}\n  compare: {start: 2025-03-01, end: 2025-04-01}\n",
        ["acme.yaml:9"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PARAMS)
def test_a_broken_params_file(crm, shop, name):
    text, words = PARAMS[name]
    (shop / "params" / "acme.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(crm, shop, {2}, *words)


# ---------------------------------------------------------------- exports
def zipped(**members):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return made.getvalue()


def locked():
    """A zip whose member says that it is encrypted."""
    data = bytearray(zipped(orders__csv="x"))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def climbing():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("../orders.csv", "x")
    return made.getvalue()


def said(text):
    return text.encode("cp932")


EXPORTS = {
    "empty": (b"", "", {1, 2}, ["orders.csv"]),
    "only a header": (said(HEAD), "", {1, 2}, ["orders.csv"]),
    "a workbook named csv": (zipped(xl="sheet", a="b") * 3, "", {1, 2}, ["orders.csv", "CSV"]),
    "an old workbook named csv": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "", {1, 2}, ["orders.csv", "Excel"]),
    "a login page": (b"<!DOCTYPE html><html><body>login, please\n</body></html>", "", {1, 2}, ["orders.csv"]),
    "a pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj, x\n", "", {1, 2}, ["orders.csv"]),
    "a column renamed": (said((HEAD + ROWS).replace("金額", "税込金額")), "", {2}, ["acme.yaml:7", "金額", "税込金額"]),
    "a column twice": (said((HEAD + ROWS).replace("会員番号", "金額")), "", {2}, ["acme.yaml:7", "金額"]),
    "titles above the header": (said("売上一覧\n2026年度\n" + HEAD + ROWS), "", {2}, ["orders.csv", "3"]),
    "no header": (said(ROWS), "", {2}, ["acme.yaml:7", "header: false"]),
    "another delimiter than told": (said(HEAD + ROWS), 'delimiter: ";"', {2}, ["acme.yaml:7", "delimiter"]),
    "another encoding than told": (said(HEAD + ROWS), "encoding: utf-16", {1, 2}, ["orders.csv", "encoding"]),
    "days of another order": (said(HEAD + ROWS.replace("2026-", "31/12/")), "", {1}, ["orders.csv:2", "formats"]),
    "amounts that are words": (said(HEAD + "".join(f"D{n},2026-01-01,M1,約千円\n" for n in range(9))), "", {1}, ["orders.csv:2", "amount"]),
    "all after as_of": (said((HEAD + ROWS).replace("2026", "2027")), "", {1}, ["acme.yaml:3", "orders.csv", "as_of"]),
    "most lines cut short": (said(HEAD + ROWS + "D9,2026-01-01\n" * 90), "", {1}, ["orders.csv:62"]),
    "a quote that never closes, everywhere": (said(HEAD + 'D1,2026-01-01,"M1,100\n' * 60), "", {1}, ["orders.csv:2"]),
    "a broken zip": (b"PK\x03\x04 cut off", "files: orders.zip", {1, 2}, ["acme.yaml:6", "orders.zip"]),
    "a locked zip": (locked(), "files: orders.zip", {1, 2}, ["acme.yaml:6", "orders.zip"]),
    "a zip that climbs out": (climbing(), "files: orders.zip", {1, 2}, ["acme.yaml:6", "../orders.csv"]),
    "a zip without the file": (zipped(items__csv="x"), "files: orders.zip/orders.csv", {2}, ["acme.yaml:6", "items.csv"]),
    "a zip in a zip": (zipped(inner__zip=zipped(a__csv="x")), "files: orders.zip", {1, 2}, ["inner.zip"]),
    "a zip whose bytes are damaged": (None, "files: orders.zip", {1, 2}, ["orders.zip"]),
    "a gzip": (b"\x1f\x8b\x08\x00" + bytes(range(200)), "", {1, 2}, ["orders.csv"]),
    "nothing but NULs": (bytes(5000), "", {1, 2}, ["orders.csv"]),
    "positions past the end": (said(ROWS), "format: fixed_width\n    header: false\n    columns: {ordered_on: 200-210, amount: 220-230}", {1, 2}, ["orders.csv:1"]),
    "positions that are names": (said(ROWS), "format: fixed_width", {2}, ["acme.yaml:8", "13-20"]),
}  # fmt: skip


def damaged_zip():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("orders.csv", said(HEAD + ROWS * 50))
    data = bytearray(made.getvalue())
    data[60:90] = bytes(30)
    return bytes(data)


@pytest.mark.parametrize("name", EXPORTS)
def test_a_broken_export(crm, shop, name):
    content, setting, codes, words = EXPORTS[name]
    text = GOOD
    if setting.startswith("files:"):
        text = text.replace("files: orders.csv", setting)
    elif "columns:" in setting:
        text = text[: text.index("    columns")] + f"    {setting}\n"
    elif setting:
        text = text.replace("    files", f"    {setting}\n    files")
    (shop / "params" / "acme.yaml").write_text(text + EXAMPLE, "utf-8")
    (shop / "data" / "acme" / "orders.csv").unlink()
    file = "orders.zip" if "orders.zip" in setting else "orders.csv"
    (shop / "data" / "acme" / file).write_bytes(content if content is not None else damaged_zip())
    refused(
        crm, shop, codes, *[word.replace("acme.yaml:7", "acme.yaml:8") if setting.startswith("delim") else word for word in words]
    )


def test_files_that_are_not_there(crm, shop):
    for n in range(200):
        (shop / "data" / "acme" / f"{n:03}_売上明細.csv").write_text("x")
    (shop / "data" / "acme" / "orders.csv").unlink()
    refused(crm, shop, {2}, "acme.yaml:6", "orders.csv", "data/acme")
