"""Files about a client are their owner's alone, and locks that the system lets go of when a process ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

OTHERS = 0o077


def close_to_others() -> None:
    """From here on, what this process and its children write is readable by its owner only (POSIX; Windows inherits)."""
    os.umask(OTHERS)


def tighten(folder: Path) -> None:
    """Take from others what an earlier version left open below the folder."""
    if os.name != "posix" or not folder.is_dir() or not folder.stat().st_mode & OTHERS:
        return
    for path in (folder, *folder.rglob("*")):
        with contextlib.suppress(OSError):  # another process was quicker
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & ~OTHERS)


@contextlib.contextmanager
def locked(file: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock of that file; True when held. `wait` until whoever holds it lets go, else give up at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as handle:
        yield _lock(handle.fileno(), wait)


def _lock(file: int, wait: bool) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
