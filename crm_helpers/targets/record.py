"""What was put on earlier lists: `data/<client>/.lists/`, one pair of files a list, until the purge.

A list's people and their arms are kept, because an arm is for good, and because what was listed after the data end counts
towards the cap: the client's own contacts do not show it yet. Lists are numbered in the order in which they were first made;
one that is made again keeps its number and sees only those before it, so that it comes out the same.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.params import paths

FOLDER = ".lists"
END = "\x1e"  # ends a person's record; an id may hold anything that is printed
MARKS = {"t": "treatment", "c": "control"}


@dataclass(frozen=True)
class Earlier:
    """What earlier lists say: arms of this campaign, and who is on lists that the client's data do not show yet.

    Args:
        number: of this list.
        arms: person → the first arm in this campaign.
    """

    number: int
    arms: Mapping[str, str] = field(default_factory=dict)
    _contacts: Mapping[str, int] = field(default_factory=dict)
    _own: Mapping[str, int] = field(default_factory=dict)

    def contacts(self, ids: pd.Series[str]) -> NDArray[np.int64]:
        """Contacts within the window that count towards the cap, by other campaigns."""
        return _counts(ids, self._contacts)

    def own(self, ids: pd.Series[str]) -> NDArray[np.int64]:
        """Contacts by this campaign on earlier days."""
        return _counts(ids, self._own)


def earlier(client: str, campaign: str, on: datetime.date, *, as_of: datetime.date, window: int) -> Earlier:
    """What the client's earlier lists say to a list of that campaign for that day."""
    heads = _heads(client)
    same = [int(head["number"]) for head in heads if (head["campaign"], head["on"]) == (campaign, on.isoformat())]
    number = same[0] if same else max((int(head["number"]) for head in heads), default=0) + 1
    arms: dict[str, str] = {}
    contacts: dict[str, int] = {}
    own: dict[str, int] = {}
    for head in heads:
        day, mine, listed = datetime.date.fromisoformat(head["on"]), head["campaign"] == campaign, int(head["number"])
        unseen = as_of < day <= on and listed < number
        counted = unseen and head["counts"] and (on - day).days < window
        if not mine and not counted:
            continue
        for person, arm in _people(client, listed):
            if mine:
                arms.setdefault(person, arm)
            if arm == "treatment" and counted:
                contacts[person] = contacts.get(person, 0) + 1
            if arm == "treatment" and mine and unseen:
                own[person] = own.get(person, 0) + 1
    return Earlier(number, arms, contacts, own)


def keep(
    client: str,
    number: int,
    *,
    campaign: str,
    on: datetime.date,
    counts: bool,
    ids: Sequence[str],
    out: Sequence[bool],
    files: Sequence[Path],
    expires: datetime.date,
) -> None:
    """Keep a list's people and arms, its files and the day by which they are to be deleted.

    Who was on it when it was made before stays.
    """
    told = dict(_people(client, number)) if _file(client, number).is_file() else {}
    told |= {person: "control" if held else "treatment" for person, held in zip(ids, out, strict=True)}
    text = END.join([arm[0] + person for person, arm in told.items()])
    head = {"number": number, "campaign": campaign, "on": on.isoformat(), "counts": counts}
    head |= {"files": [str(file.resolve()) for file in files], "expires": expires.isoformat()}
    folder = _folder(client)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write(_file(client, number), text.encode())
    write(_file(client, number).with_suffix(".json"), json.dumps(head, ensure_ascii=False).encode())


def lying(client: str, *, before: datetime.date | None = None) -> list[Path]:
    """The files of lists that still lie where they were put; with a day those that were to be deleted before it."""
    heads = [head for head in _heads(client) if before is None or head["expires"] < before.isoformat()]
    named = dict.fromkeys(Path(name) for head in heads for name in head["files"])
    return [file for file in named if file.is_file()]


def write(file: Path, content: bytes) -> None:
    """The file appears whole or not at all, readable by its owner only."""
    partial = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _heads(client: str) -> list[dict[str, Any]]:
    """What each list was, in the order of their numbers."""
    return [json.loads(file.read_text("utf-8")) for file in sorted(_folder(client).glob("[0-9]*.json"))]


def _people(client: str, number: int) -> list[tuple[str, str]]:
    return [(line[1:], MARKS[line[0]]) for line in _file(client, number).read_bytes().decode().split(END) if line]


def _folder(client: str) -> Path:
    return paths.data_folder(client) / FOLDER


def _file(client: str, number: int) -> Path:
    return _folder(client) / f"{number:06d}.arms"


def _counts(ids: pd.Series[str], of: Mapping[str, int]) -> NDArray[np.int64]:
    if not of:
        return np.zeros(len(ids), dtype=np.int64)
    return np.array([of.get(person, 0) for person in ids], dtype=np.int64)
