"""The access log: `data/<client>/access_log.jsonl`, one entry a line, each with the hash of the one before.

An entry that is changed, removed or put in between breaks the chain at its place. A process that is killed while it writes
leaves half a line: the next entry says so (`torn`), and the chain goes on from the last whole one. The log holds hashes,
counts and names of files and columns, never a value of the client's data.
"""

from __future__ import annotations

import datetime
import getpass
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm_helpers.data.private import locked
from crm_helpers.params import paths

NAME = "access_log.jsonl"
LOCK = ".access_log.lock"
FIRST = "0" * 64  # what the first entry names as the hash before it


@dataclass(frozen=True)
class Entry:
    """One entry. `line` is its place in the file, from 1.

    Args:
        at: UTC, ISO 8601.
        who: the person's name at the operating system.
        action: import, check, publish, purge, extract.
        what: hashes, rows, columns, files.
        torn: half a line of a killed process stands before it.
    """

    line: int
    at: str
    who: str
    action: str
    what: Mapping[str, Any]
    purpose: str
    destination: str
    torn: bool


@dataclass(frozen=True)
class History:
    """What the log says, the lines at which its chain is broken, and whether its end is half a line."""

    entries: tuple[Entry, ...]
    broken: tuple[int, ...]
    torn_end: bool


def log_file(client: str) -> Path:
    """Where the client's log lies."""
    return paths.data_folder(client) / NAME


def record(client: str, action: str, what: Mapping[str, Any], *, purpose: str = "", destination: str = "") -> None:
    """Add an entry; waits for whoever else is writing.

    Raises:
        OSError: it cannot be written. What is not on record must not happen.
    """
    file = log_file(client)
    with locked(file.with_name(LOCK), wait=True):
        before, torn, open_line = _end(file)
        told: dict[str, Any] = {
            "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "who": getpass.getuser(),
            "action": action,
            "what": dict(what),
            "purpose": purpose,
            "destination": destination,
            "torn": torn,
            "before": before,
        }
        line = ("\n" if open_line else "") + json.dumps({**told, "hash": _hash(told)}, ensure_ascii=False, sort_keys=True) + "\n"
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as out:
            out.write(line.encode())
            out.flush()
            os.fsync(out.fileno())


def history(client: str) -> History:
    """All entries and the state of the chain."""
    file = log_file(client)
    text = file.read_bytes().decode("utf-8", errors="replace") if file.is_file() else ""
    lines = text.split("\n")
    if _parsed(lines[-1]) is not None:  # whole but for its line end
        lines.append("")
    entries: list[Entry] = []
    broken: list[int] = []
    before, unread = FIRST, None
    for number, line in enumerate(lines[:-1], start=1):
        told = _parsed(line)
        if told is None:
            broken += [unread] if unread else []
            unread = number
            continue
        if unread and not told.get("torn"):
            broken.append(unread)
        elif told.get("torn") and not unread:
            broken.append(number)
        unread = None
        own = told.pop("hash")
        if told.pop("before") != before or own != _hash({**told, "before": before}):
            broken.append(number)
        before = own
        entries.append(Entry(line=number, **told))
    broken += [unread] if unread else []
    return History(tuple(entries), tuple(dict.fromkeys(broken)), bool(lines[-1]))


def _parsed(line: str) -> dict[str, Any] | None:
    """An entry's fields; None for anything that is no entry."""
    try:
        told: dict[str, Any] = json.loads(line)
        names = set(told)
    except (ValueError, TypeError):
        return None
    return told if names == {*Entry.__dataclass_fields__, "before", "hash"} - {"line"} else None


def _end(file: Path) -> tuple[str, bool, bool]:
    """The hash of the last whole entry, whether half a line stands behind it, and whether the last line has no end."""
    if not file.is_file():
        return FIRST, False, False
    size = 1 << 16
    with file.open("rb") as stream:
        length = stream.seek(0, os.SEEK_END)
        while True:
            stream.seek(max(0, length - size))
            lines = stream.read().split(b"\n")
            whole = next((told for line in reversed(lines) if (told := _parsed(line.decode("utf-8", "replace")))), None)
            if whole or size >= length:
                torn = bool(lines[-1]) and _parsed(lines[-1].decode("utf-8", "replace")) is None
                return (str(whole["hash"]) if whole else FIRST), torn, bool(lines[-1])
            size *= 4


def _hash(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
