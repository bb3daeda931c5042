"""What a check saw, and what all checks of a client's tables come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm_helpers.document import Fact, Finding, Score


@dataclass(frozen=True)
class Checked:
    """What one check saw. Without a severity it is only scored; `scored` is False where no share of rows is meant."""

    check: str
    characteristic: str
    table: str
    columns: tuple[str, ...]
    affected: int
    of: int
    severity: str = ""
    money: int | None = None
    first: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    scored: bool = True

    @property
    def id(self) -> str:
        """Made from meaning, never from order."""
        return f"{self.check}:{'.'.join((self.table, *self.columns))}"


@dataclass(frozen=True)
class Quality:
    """Findings, the gravest first, and scores."""

    findings: tuple[Finding, ...]
    scores: tuple[Score, ...]

    @property
    def stops(self) -> bool:
        """Whether a report on these data would mislead."""
        return any(finding.severity == "stop" for finding in self.findings)


def missing(value: object) -> bool:
    """Whether a cell of a result is empty."""
    return value is None or value != value  # noqa: PLR0124  (NaT is not itself)
