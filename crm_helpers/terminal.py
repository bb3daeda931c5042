"""What the person at a terminal, a log file or another program hears of a command: progress, faults, results.

Results go to standard output, all else to standard error. As JSON everything goes to standard output, one object a line with
the keys event (`progress`, `fault`, `result`), where, key, message and values.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import unicodedata
from collections.abc import Mapping
from typing import Any

from crm_helpers.document import Sentence
from crm_helpers.errors import CrmError, Faults
from crm_helpers.text.catalogue import Voice, languages

COLUMNS, ROWS = 80, 20  # faults fill at most so much of a screen of 24 rows
NAMES = 12  # a message lists at most so many names
LONGEST = 160  # characters of a quoted value
LIVE = ("run.reading", "run.running", "run.rendering")  # on a terminal one line with the seconds, until the next word
CLEAR = "\r\x1b[2K"


class Terminal:
    """One command's voice, in the person's language.

    Args:
        quiet: say only faults and results.
        as_json: say everything as JSON lines.
    """

    def __init__(self, *, quiet: bool = False, as_json: bool = False) -> None:
        self._quiet, self._json = quiet, as_json
        self._voice = Voice(language())
        self._live: _Live | None = None

    def progress(self, key: str, /, **values: object) -> None:
        """What is going on: `cli.<key>`."""
        self.settle()
        if self._json:
            self._line("progress", "", key, self._say(f"cli.{key}", values), values)
        elif not self._quiet and key in LIVE and sys.stderr.isatty():
            self._live = _Live(self._say(f"cli.{key}", values), self._voice)
        elif not self._quiet:
            _write(sys.stderr, self._say(f"cli.{key}", values))

    def result(self, key: str, /, **values: object) -> None:
        """What the command was asked for: `cli.<key>`."""
        self.settle()
        text = self._say(f"cli.{key}", values)
        if self._json:
            self._line("result", "", key, text, values)
        else:
            _write(sys.stdout, text)

    def fault(self, error: CrmError) -> None:
        """What is wrong, where, and what to do; of many faults as many as fit a screen."""
        self.settle()
        faults = error.faults if isinstance(error, Faults) else (error,)
        if self._json:
            for fault in faults:
                self._line("fault", fault.where, fault.key, self._message(fault), fault.values)
            return
        used = 0
        for told, fault in enumerate(faults):
            text = self.told(fault)
            used += _rows(text)
            if told and used > ROWS:
                _write(sys.stderr, self._say("errors.more", {"n": len(faults) - told}))
                return
            _write(sys.stderr, text)

    def told(self, fault: CrmError) -> str:
        """A fault as one line: its place, its words."""
        return f"{fault.where}: {self._message(fault)}" if fault.where else self._message(fault)

    def say(self, key: str, /, **values: object) -> str:
        """A text in the person's language, for a question."""
        return self._say(key, values)

    def settle(self) -> None:
        """End the line that is being rewritten."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _message(self, fault: CrmError) -> str:
        values = {name: _short(value) for name, value in fault.values.items()}
        names = fault.values.get("has")
        if isinstance(names, (list, tuple)) and len(names) > NAMES:
            values["has"] = [*map(_short, names[:NAMES]), self._say("errors.more_names", {"n": len(names) - NAMES})]
        if "expected" in values:
            values["allowed"] = self._say(f"errors.params.expected.{values['expected']}", values)
        key = f"errors.{fault.key}"
        group, _, rest = fault.key.partition(".")  # messages of the data layer and of forms stand beside their other words
        keys = (key, f"{group}.errors.{rest}", f"data.errors.{rest}")
        text = self._say(next(filter(self._voice.has, keys), keys[-1]), values)
        return text.replace(".  ", ". ")  # where no nearest name stood between two sentences

    def _say(self, key: str, values: Mapping[str, object]) -> str:
        told = {name: self._say(v.key, v.facts) if isinstance(v, Sentence) else v for name, v in values.items()}
        return self._voice.say(key, **told).rstrip()

    def _line(self, event: str, where: str, key: str, message: str, values: Mapping[str, object]) -> None:
        told = {"event": event, "where": where, "key": key, "message": message.strip(), "values": values}
        _write(sys.stdout, json.dumps(told, ensure_ascii=False, default=_plain))


class _Live:
    """One line on a terminal, rewritten every second with the seconds so far."""

    def __init__(self, text: str, voice: Voice) -> None:
        self._text, self._voice, self._since = text, voice, time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Clear the line, for what is said next."""
        self._ended.set()
        self._thread.join()
        sys.stderr.write(CLEAR)
        sys.stderr.flush()

    def _run(self) -> None:
        while not self._ended.is_set():
            seconds = int(time.monotonic() - self._since)
            sys.stderr.write(CLEAR + self._voice.say("cli.run.elapsed", text=self._text, seconds=seconds))
            sys.stderr.flush()
            self._ended.wait(1)


def language() -> str:
    """The person's language, from the locale, when there is a folder of texts for it; else English."""
    told = next((v for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(name))), "")
    lang = told[:2].lower()
    return lang if lang in languages() else "en"


def _write(stream: Any, text: str) -> None:
    try:
        stream.write(text + "\n")
    except UnicodeEncodeError:  # a console that cannot show Japanese still gets the rest of the line
        stream.write(text.encode(stream.encoding, "replace").decode(stream.encoding) + "\n")
    stream.flush()


def _plain(value: object) -> object:
    return value.key if isinstance(value, Sentence) else str(value)


def _short(value: object) -> object:
    """A quoted value without line breaks and not longer than a person reads."""
    if isinstance(value, Mapping):
        value = "{" + ", ".join(f"{name}: {part}" for name, part in value.items()) + "}"
    if not isinstance(value, str):
        return value
    flat = " ".join(value.split())
    return flat if len(flat) <= LONGEST else flat[:LONGEST] + "…"


def _rows(text: str) -> int:
    """Rows of a screen that a text takes; a full-width character takes two columns."""
    wide = sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)
    return max(1, -(-wide // COLUMNS))
