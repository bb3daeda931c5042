"""Publish a set: written in a staging folder, put in place by one rename, `current` pointed at it.

A reader of `reports/<client>/current` sees the old set or the whole new one. What is not for the client lies beside the set,
never in it: `reports/<client>/<run>-restricted/`, so that a set that is zipped and sent holds nothing of it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from crm_helpers.data.private import locked, tighten
from crm_helpers.errors import CrmError
from crm_helpers.params import paths

POINTER = "current"
LOCK = ".lock"
WHOLE = "manifest.json"  # written last: a set with it is complete
BESIDE = "-restricted"


@contextlib.contextmanager
def alone(client: str) -> Iterator[None]:
    """Hold the client's lock while a set is made; the system lets go of it when the process ends, however it ends.

    Raises:
        CrmError: another run holds it.
    """
    home = paths.reports_folder(client)
    with locked(home / LOCK, wait=False) as held:
        if not held:
            raise CrmError("run.under_way", where=paths.shown(home), client=client)
        yield


def staging(client: str, run: str) -> Path:
    """A fresh staging folder beside the published sets (same file system, so that the rename is one step)."""
    folder = paths.reports_folder(client) / f".staging-{run}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def published(client: str, edition: str = paths.YEARLY) -> Path | None:
    """The set that `current` of an edition shows, when it is whole."""
    folder = paths.reports_folder(client, edition)
    pointer = folder / POINTER
    target = folder / pointer.read_text("utf-8").strip() if pointer.is_file() else pointer
    return target.resolve() if (target / WHOLE).is_file() else None


def restricted(folder: Path) -> Path:
    """The folder beside a set (or its staging folder) for what is not for the client; it exists where there is any."""
    return folder.with_name(folder.name + BESIDE)


def publish(folder: Path, client: str, run: str, edition: str = paths.YEARLY) -> Path:
    """Move a finished staging folder to `reports/<client>/<run>`, with what lies beside it, and point `current` at it; an
    edition has its own of both.

    A run that was made again (`--fresh`) gets `-2`, `-3` … beside the old one, so that no published file ever changes.
    """
    home, beside = paths.reports_folder(client, edition), restricted(folder)
    home.mkdir(parents=True, exist_ok=True)
    free = (home / (run if n == 1 else f"{run}-{n}") for n in range(1, 1000))
    target = next(t for t in free if not t.exists() and not restricted(t).exists())
    if beside.is_dir():  # first, so that a set that is shown is never without it
        _sync(beside)
        tighten(beside)
        beside.rename(restricted(target))
    _sync(folder)
    folder.rename(target)
    point(client, target.name, edition)
    return target


def point(client: str, name: str, edition: str = paths.YEARLY) -> None:
    """Let `current` show the set of that name: a link, or on systems without links a file that holds the name."""
    home = paths.reports_folder(client, edition)
    fresh = home / f".{POINTER}-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    try:
        fresh.symlink_to(name, target_is_directory=True)
    except OSError:
        fresh.write_text(name + "\n", "utf-8")
    fresh.replace(home / POINTER)


def sweep(client: str) -> None:
    """Remove the staging folders that killed runs left; whoever holds the client's lock is the only run there is."""
    for folder in paths.reports_folder(client).glob(".staging-*"):
        shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Make sure the bytes are on disk before the rename says that they are."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
