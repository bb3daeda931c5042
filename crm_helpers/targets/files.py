"""The files of a list: only the columns that the channel needs, no cell that a spreadsheet would run, whole or not at all.

A list goes into the agreed folder as CSV, or as one AES zip (256 bits, WinZip's AE-2), with a receipt beside it that names
nobody. CSV is UTF-8 with a byte order mark or cp932, so that Excel shows Japanese right, with CRLF.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crm_helpers.domain import plan
from crm_helpers.errors import UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded
from crm_helpers.targets.campaign import Campaign
from crm_helpers.targets.record import write

PASSWORD = "CRM_ZIP_PASSWORD"
SHORTEST = 12  # characters of the password
STARTS = tuple("=+-@\t\r\n＝＋－＠")  # what a spreadsheet takes for the begin of a formula, full-width as Japanese Excel does
BETWEEN = "\0"  # joins cells that are looked at together; no cell holds it
FORMULA = re.compile(f"(?:^|{BETWEEN})[ \u3000]*[" + re.escape("".join(STARTS)) + "]")
QUOTED = re.compile('[",\\r\\n]')
END = "\r\n"
SAFE = "'"
LONGEST = 80  # characters of a campaign's id within a file's name


@dataclass(frozen=True)
class Made:
    """A file that was made: its name, its bytes, and how many cells carry SAFE before what the client wrote."""

    name: str
    content: bytes
    guarded: int = 0

    @property
    def sha256(self) -> str:
        """The hash of the bytes."""
        return hashlib.sha256(self.content).hexdigest()


def needed(asked: Campaign, *, hours: bool) -> tuple[str, ...]:
    """What the channel needs: the member's number, and for what rings the member's own hours where the data have any."""
    return ("member", "quiet_from", "quiet_until") if hours and plan.rings(asked.channel) else ("member",)


def listed(loaded: Loaded, name: str, columns: Mapping[str, Sequence[str]]) -> Made:
    """The CSV of a list, from the cells of each column by its head.

    Raises:
        UsageError: a number cannot be written in the encoding that was agreed.
    """
    cells, guarded = list(columns.values()), 0
    joined = [BETWEEN.join(column) for column in cells]
    if any(map(FORMULA.search, joined)):  # else no cell is looked at alone
        guarded = sum(any(map(runs, row)) for row in zip(*cells, strict=True))
        cells = [[guard(cell) for cell in column] for column in cells]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=END)
    writer.writerow(columns)
    if any(map(QUOTED.search, joined)):
        writer.writerows(zip(*cells, strict=True))
    else:  # what csv would write, in a third of the time
        lines = cells[0] if len(cells) == 1 else map(",".join, zip(*cells, strict=True))
        out.write("".join([line + END for line in lines]))
    encoding = loaded.params.delivery.encoding
    try:
        return Made(name, out.getvalue().encode(encoding), guarded)
    except UnicodeEncodeError:
        raise UsageError("targets.encoding", where=loaded.where("delivery", "encoding"), found=encoding) from None


def runs(cell: str) -> bool:
    """Whether a spreadsheet might run a cell."""
    return cell.lstrip(" \u3000").startswith(STARTS)


def guard(cell: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe before it."""
    return SAFE + cell if runs(cell) else cell


def stem(asked: Campaign, on: str) -> str:
    """What the files of a list are called: campaign and day, without what a file system would take amiss."""
    plain = re.sub(r"[^\w.-]+", "_", asked.id).strip("._")[:LONGEST]
    changed = "" if plain == asked.id else "-" + hashlib.sha256(asked.id.encode()).hexdigest()[:8]
    return f"{plain or 'list'}{changed}_{on}"


def password(loaded: Loaded) -> str | None:
    """The password of the zip; None where lists are no zip.

    Raises:
        UsageError: there is none, or it is too short.
    """
    if not loaded.params.delivery.zip:
        return None
    told = os.environ.get(PASSWORD, "")
    if len(told) < SHORTEST:
        raise UsageError("targets.password", where=loaded.where("delivery", "zip"), found=PASSWORD, n=SHORTEST)
    return told


def zipped(name: str, files: Sequence[Made], secret: str) -> Made:
    """The files as one zip encrypted with AES-256; names of members are not secret and name nobody."""
    import pyzipper

    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(secret.encode())
        for file in files:
            archive.writestr(file.name, file.content)
    return Made(name, out.getvalue(), sum(file.guarded for file in files))


def folder_of(loaded: Loaded) -> Path:
    """The folder that was agreed; made, for its owner only, where it is not there yet.

    Raises:
        UsageError: no folder is agreed, or it lies among the client's exports.
    """
    told, client = loaded.params.delivery.folder, loaded.params.client
    where = loaded.where("delivery", "folder")
    if told is None:
        raise UsageError("targets.no_folder", where=where, client=client)
    folder = Path(told).expanduser()
    folder = folder if folder.is_absolute() else paths.root() / folder
    if folder.resolve().is_relative_to((paths.root() / "data").resolve()):
        raise UsageError("targets.folder", where=where, found=told)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except FileExistsError:
        raise UsageError("targets.folder", where=where, found=told) from None
    return folder


def deliver(folder: Path, files: Sequence[Made], receipt: Made) -> list[Path]:
    """Put the files into the folder, the receipt last: a list without one is not whole."""
    for file in (*files, receipt):
        write(folder / file.name, file.content)
    return [folder / file.name for file in (*files, receipt)]


def receipt(name: str, lines: Mapping[str, str]) -> Made:
    """The receipt: what is said of the list, one fact a line, for any editor."""
    text = "".join(f"{key}: {told}\r\n" for key, told in lines.items())
    return Made(name, text.encode("utf-8-sig"))
