"""Look texts up and fill them in: `Voice(lang).say("sales.trend.headline.up", sales=…)`.

A key is `<file>.<path in the file>`; a template quotes facts with their form, `{sales:money}`, `{driver:term}`, and the words
that differ by kind of business, `{word.order}` (`{word.Order}` at the begin of an English sentence). A client's own texts, the
words of its business and the names it gives, come before those of the files.
"""

from __future__ import annotations

import functools
import json
import re
import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from crm_helpers.text.formats import NOTHING, Formats, shortened

HERE = Path(__file__).parent
SHORT = 14.0  # em: a client's name in a headline and over the key figure
WORD = re.compile(r"\{word\.(\w+)\}")


class MissingText(KeyError):
    """No such key in the language; a test holds both languages to the same keys."""


@functools.cache
def texts(lang: str, file: str) -> Mapping[str, Any]:
    """The content of `text/<lang>/<file>.yaml`; empty when the language has no such file."""
    path = HERE / lang / f"{file}.yaml"
    if not path.is_file():
        return {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text("utf-8"), loader) or {}


@functools.cache
def languages() -> list[str]:
    """Every language that has a folder."""
    return sorted(p.name for p in HERE.iterdir() if p.is_dir() and len(p.name) == 2)


def keys(lang: str) -> dict[str, str]:
    """Every key of a language with its template, for the tests of completeness."""
    found: dict[str, str] = {}
    for path in sorted((HERE / lang).glob("*.yaml")):
        _collect(texts(lang, path.stem), path.stem, found)
    return found


class Voice:
    """One language speaking about one page: its texts and, where the page has money, its money unit.

    Args:
        own: the client's own texts by key, such as `words.order` or `segments.name.<name>`.
    """

    def __init__(self, lang: str, currency: str | None = None, largest: int = 0, own: Mapping[str, str] | None = None) -> None:
        self.lang, self.own = lang, own or {}
        self.formats = Formats(texts(lang, "formats"), currency, largest)
        self._fill = _Filler(self)

    def say(self, key: str, /, **facts: Any) -> str:
        """The text of `key` with its facts written in this language."""
        return self._fill.vformat(self.template(key), (), facts)

    def template(self, key: str) -> str:
        """The text of `key` with the words of the business in it, its facts not yet written."""
        if key in self.own:
            return self.own[key]
        file, *path = key.split(".")
        found: Any = texts(self.lang, file)
        for part in path:
            found = found.get(part) if isinstance(found, Mapping) else None
        if not isinstance(found, str):
            raise MissingText(f"{self.lang}: {key}")
        return self.worded(found)

    def worded(self, template: str) -> str:
        """A template with the words of the business put in."""
        return WORD.sub(lambda match: self._word(match[1]), template)

    def _word(self, name: str) -> str:
        """`order` as it is, `Order` with a capital."""
        word = self.template(f"words.{name[0].lower()}{name[1:]}")
        return word[0].upper() + word[1:] if name[0].isupper() else word

    def has(self, key: str) -> bool:
        """Whether this language has the text."""
        try:
            return bool(self.template(key))
        except MissingText:
            return False

    def number(self, value: Any, form: str) -> str:
        """One value in a form of `Formats.write`, or a text key when the form is `term` (`term_short`: cut for a headline)."""
        if form in ("term", "term_short"):
            told = NOTHING if value is None else self.say(str(value))
            return told if form == "term" else shortened(told, SHORT)
        if form == "said":
            return _said(value, self.lang)
        if form == "sentence":
            return self._first_half(value)
        if form == "money_unit":
            return self.formats.money_label()
        return self.formats.write(value, form)

    def _first_half(self, value: Any) -> str:
        """The fact of a headline given by `as_fact`, without what follows from it and without marks for line breaks."""
        if not value:
            return NOTHING
        told = json.loads(str(value))
        said = self.say(told["key"], **told["facts"])
        parts = said.replace("|", "").split("/") if self.lang == "ja" else said.split(". ")
        return parts[0].removesuffix("。")

    def cells(self, rows: Sequence[Sequence[Any]], forms: Sequence[Sequence[str]]) -> list[list[str]]:
        """A table's cells as text, each in its form."""
        return [
            [self.number(value, form) for value, form in zip(row, wanted, strict=True)]
            for row, wanted in zip(rows, forms, strict=True)
        ]


class _Filler(string.Formatter):
    """`{name:form}` → the fact in that form; without a form the fact as text."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if key == "money_unit":
            return self.voice.formats.money_label()
        if key == "price_unit":
            return self.voice.formats.price_label()
        return super().get_value(key, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "list":
            return self.voice.template("formats.comma").join(map(str, value))
        if format_spec == "didyoumean":
            return self.voice.say("formats.didyoumean", found=value) if value else ""
        return self.voice.number(value, format_spec) if format_spec else str(value)


def in_languages(**told: str) -> str:
    """A client's own words in several languages as one fact (form `said`); empty ones are left out.

    >>> in_languages(ja="朝の豆", en="")
    '{"ja": "朝の豆"}'
    """
    return json.dumps({lang: words for lang, words in told.items() if words}, ensure_ascii=False)


def as_fact(key: str, facts: Mapping[str, Any]) -> str:
    """A sentence with its facts as one fact (form `sentence`), for cells of tables."""
    return json.dumps({"key": key, "facts": dict(facts)}, ensure_ascii=False)


def _said(value: Any, lang: str) -> str:
    """The words of `in_languages` in a language, in the first written one where it has none."""
    told = json.loads(str(value)) if value else {}
    return str(told.get(lang) or next(iter(told.values()), NOTHING))


def _collect(node: Any, key: str, found: dict[str, str]) -> None:
    if isinstance(node, Mapping):
        for name, child in node.items():
            _collect(child, f"{key}.{name}", found)
    elif isinstance(node, str):
        found[key] = node
