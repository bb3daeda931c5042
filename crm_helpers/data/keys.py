"""The client's secret key, with which contact-like ids become pseudonyms: where it lies, how it is made, what it does.

The key is the variable `CRM_KEY` or a file of the user's own settings, never of the project: `crm key <client>` makes it.
Example clients are invented people, so their key is a constant.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sys
from pathlib import Path

from crm_helpers.data import personal
from crm_helpers.errors import UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded

VARIABLE = "CRM_KEY"
SHORTEST = 32  # characters; a word that can be guessed would let anyone recompute the pseudonyms
FOLDER = "crm-workbook"
EXAMPLE = "the key of example clients, whose people are invented"
MARK = "h"  # what a pseudonym begins with
DIGITS = 32  # 128 of the 256 bits: no two of a thousand million people share one


def pseudonym(key: str, value: str) -> str:
    """`h` and 32 hex digits of the HMAC-SHA256 (RFC 2104) of the normalised id; the same person has the same everywhere."""
    told = personal.normalised(value).encode()
    return MARK + hmac.new(key.encode(), told, hashlib.sha256).hexdigest()[:DIGITS]


def key_of(loaded: Loaded) -> str | None:
    """The client's key; None when there is none yet.

    Raises:
        UsageError: the key is too short, or others than its owner may read its file.
    """
    if loaded.params.example:
        return EXAMPLE
    if told := os.environ.get(VARIABLE):
        return _long_enough(told.strip(), VARIABLE)
    file = key_file(loaded.params.client)
    if not file.is_file():
        return None
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise UsageError("privacy.key_open", where=str(file), found=str(file))
    return _long_enough(file.read_text("ascii", errors="replace").strip(), str(file))


def mark(loaded: Loaded) -> str:
    """What changes when the key does, and tells nothing of it."""
    key = key_of(loaded)
    return hmac.new(key.encode(), b"fingerprint", hashlib.sha256).hexdigest() if key else ""


def make(client: str) -> Path:
    """Make the client's key, readable by its owner only.

    Raises:
        UsageError: there is one already; it is never replaced, because pseudonyms made with it would no longer join.
    """
    file = key_file(client)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError("privacy.key_exists", where=str(file), client=client) from None
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(32) + "\n")
    return file


def key_file(client: str) -> Path:
    """Where the client's key lies in this user's settings."""
    return _settings() / FOLDER / "keys" / f"{paths.check_name(client)}.key"


def _settings() -> Path:
    """The folder of the user's settings, as the system has it."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _long_enough(key: str, where: str) -> str:
    if len(key) < SHORTEST:
        raise UsageError("privacy.key_short", where=where, n=SHORTEST)
    return key
