"""The rules of privacy and the words by which personal data are told, from `privacy_rules.yaml` and `personal_data.yaml`."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

HERE = Path(__file__).parent
Stage = Literal["import", "report", "extract", "plan", "ops"]
Severity = Literal["block", "warn", "info"]


@dataclass(frozen=True)
class Rule:
    """One rule: what is checked, why, how hard, and where the software holds it (empty: people do).

    Args:
        check: what is looked at, exactly.
        basis: the law or practice behind it, for counsel to confirm.
        enforced: modules of this package, comma-separated.
    """

    id: str
    stage: Stage
    severity: Severity
    ja: str
    en: str
    check: str
    basis: str
    enforced: str
    note: str = ""


@dataclass(frozen=True)
class ColumnWords:
    """Words in a column's name: anywhere, as the whole name, or as an ASCII word."""

    contains: Sequence[str]
    exact: Sequence[str]
    ascii: Sequence[str]

    def match(self, name: str) -> bool:
        """Whether the name says so, whatever its width and case."""
        told = flat(name)
        words = "_" + re.sub(r"[^0-9a-z]+", "_", told) + "_"
        return (
            any(flat(word) in told for word in self.contains)
            or told in map(flat, self.exact)
            or any(f"_{word}_" in words for word in self.ascii)
        )


@functools.cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of their ids."""
    return tuple(Rule(**rule) for rule in _read("privacy_rules")["rules"])


@functools.cache
def limits() -> Mapping[str, Any]:
    """The numbers of the rules: days, hours, people."""
    found: Mapping[str, Any] = _read("privacy_rules")["defaults"]
    return found


@functools.cache
def identifying_columns() -> Mapping[str, ColumnWords]:
    """Kind of direct identifier (name, kana, mail, phone, address, card) → words in a column's name."""
    return {kind: ColumnWords(**words) for kind, words in _read("personal_data")["columns"].items()}


@functools.cache
def sensitive_columns() -> ColumnWords:
    """Words in the name of a column of sensitive personal information."""
    return ColumnWords(exact=(), **_read("personal_data")["sensitive"]["columns"])


@functools.cache
def sensitive_values() -> tuple[str, ...]:
    """Words in values that are sensitive personal information."""
    return tuple(_read("personal_data")["sensitive"]["values"])


@functools.cache
def words(name: Literal["nobody", "corporate", "prefectures", "japan"]) -> tuple[str, ...]:
    """A list of words by its name in the file."""
    return tuple(_read("personal_data")[name])


@functools.cache
def surnames() -> Mapping[str, str]:
    """Frequent family names → their reading in katakana."""
    found: Mapping[str, str] = _read("personal_data")["surnames"]
    return found


def flat(text: str) -> str:
    """Text as it is compared: NFKC, without spaces around, case folded."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


@functools.cache
def _read(name: str) -> Any:
    return yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))
