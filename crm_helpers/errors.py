"""The one kind of error a person sees: a text key and the values of its message.

Nothing here knows a language. `cli.py` looks the key up in `text/<lang>/errors.yaml` and prints one line or a few.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FULL_WORDS = ("No space left on device", "File too large", "Disk quota exceeded")  # as libraries quote the system


class CrmError(Exception):
    """A fault to be told to a person: where it is, what was found, what is allowed, what to do.

    Args:
        key: name of the message in `text/<lang>/errors.yaml`.
        where: file and line, such as `params/acme.yaml:14`; empty when the fault has no place.
        values: what the message quotes.
    """

    exit_code = 1

    def __init__(self, key: str, *, where: str = "", **values: object) -> None:
        super().__init__(key)
        self.key, self.where, self.values = key, where, values

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.where + ': ' if self.where else ''}{self.key}({told})"


class UsageError(CrmError):
    """Wrong use of the command, or a params file that cannot be used: exit code 2."""

    exit_code = 2


class Faults(CrmError):
    """Several faults found in one look, so that a person mends them in one go."""

    def __init__(self, faults: Sequence[CrmError]) -> None:
        super().__init__("faults", n=len(faults))
        self.faults = tuple(faults)
        self.exit_code = max((fault.exit_code for fault in faults), default=1)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


def from_system(error: OSError) -> CrmError | None:
    """What the operating system refused, when a person can mend it: a full disk, a file that may not be read or written."""
    where = str(error.filename or "")
    if error.errno in FULL:
        return CrmError("system.full", where=where)
    return CrmError("system.permission", where=where) if isinstance(error, PermissionError) else None
