"""A finding as sentences, the same at the terminal, in the workbook and in the report."""

from __future__ import annotations

from typing import Literal

from crm_helpers.document import Fact, Finding, Sentence


def sentence(finding: Finding, part: Literal["finding", "means", "ask"]) -> Sentence:
    """What was found, what it means for the diagnosis, or what to ask the client."""
    facts: dict[str, Fact] = {
        "table": f"contract.tables.{finding.table}",
        "affected": finding.affected,
        "of": finding.of,
        "share": finding.affected / finding.of if finding.of else None,
    }
    names = (f"contract.columns.{column}" for column in finding.columns)
    facts |= dict(zip(("column", "other"), names, strict=False))
    return Sentence(f"quality.checks.{finding.check}.{part}", facts | dict(finding.facts))
