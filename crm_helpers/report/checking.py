"""`crm check`: what was received, what is wrong with it, what it can carry; and the workbook that the client works through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crm_helpers.data import checks, conditions
from crm_helpers.data.asks import lacking
from crm_helpers.data.quality import workbook
from crm_helpers.data.quality.checked import Quality
from crm_helpers.data.quality.examine import SIDES, quality
from crm_helpers.data.quality.telling import sentence
from crm_helpers.data.tables import Tables, open_tables
from crm_helpers.document import Finding, Received
from crm_helpers.errors import CrmError
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded
from crm_helpers.report.needed import contents
from crm_helpers.text.catalogue import Voice

SCREEN = 8  # findings shown without --all: with what was received they fit a screen
TOLD = ("data.noticed.unread", "data.noticed.mixed_orders")  # statements that are findings already

Tell = Callable[..., None]


@dataclass(frozen=True)
class Outcome:
    """What a check ends with: faults (segments that cannot be asked, the client's figures that are not ours), whether a finding
    stops, and of which import."""

    faults: Sequence[CrmError]
    stopped: bool
    fingerprint: str


def check(loaded: Loaded, *, everything: bool, lang: str, tell: Tell, result: Tell) -> Outcome:
    """Open the client's tables, tell what was found, write the workbook.

    Args:
        everything: tell every file, every finding and every row set aside, not one screen of them.
        lang: the language in which money is written for `tell` and `result`.

    Raises:
        CrmError, Faults: the mapping or the files cannot be used.
    """
    tables = open_tables(loaded)
    reconciled = checks.reconcile(tables, loaded)
    found = quality(tables, loaded, reconciled)
    _received(tables, everything, tell)
    _findings(found, loaded, everything, lang, result)
    supplied = [line for line in reconciled if line.client is not None]
    explained = any(f.check == "reconciled" and f.severity != "stop" for f in found.findings)
    faults = [*conditions.faults(loaded, tables), *([] if explained else checks.differing(supplied, loaded))]
    if supplied and not any(line.client != line.ours for line in supplied):
        tell("check.reconciled", n=len(supplied))
    _contents(tables, tell)
    for wish in lacking(loaded):
        tell("check.ask", table=f"contract.tables.{wish.table}", columns=list(wish.columns))
    path = workbook.write(tables, loaded, found)
    tell("check.workbook", path=paths.shown(path))
    return Outcome(faults, found.stops and not faults, tables.fingerprint)


def _received(tables: Tables, everything: bool, tell: Tell) -> None:
    by_table: dict[str, list[Received]] = {}
    for part in tables.basis.received:
        by_table.setdefault(part.table, []).append(part)
    for name, parts in by_table.items():
        for part in parts if everything or len(parts) == 1 else ():
            tell("check.line", table=f"contract.tables.{name}", file=part.file, read=part.read, accepted=part.accepted)
        if len(parts) > 1:
            read, accepted = sum(p.read for p in parts), sum(p.accepted for p in parts)
            tell("check.lines", table=f"contract.tables.{name}", files=len(parts), read=read, accepted=accepted)
    for aside in tables.basis.set_aside:
        if everything or aside.reason.partition("_")[0] not in SIDES:
            tell("check.aside", rows=aside.rows, reason=f"data.reasons.{aside.reason}", first=aside.first)
    for statement in tables.basis.statements:
        if statement.key not in TOLD:
            tell("check.warning", statement=statement)


def _findings(found: Quality, loaded: Loaded, everything: bool, lang: str, result: Tell) -> None:
    shown = found.findings if everything else found.findings[:SCREEN]
    for finding in shown:
        money = _money(finding, loaded.params.currency, lang)
        told = f"{money}{'  ' if money and finding.first else ''}{finding.first}"
        result(
            "check.finding",
            severity=f"quality.severity.{finding.severity}",
            finding=sentence(finding, "finding"),
            told=f"  ({told})" if told else "",
            id=finding.id,
            table=finding.table,
            affected=finding.affected,
            of=finding.of,
            minor_units=finding.money,
            first=finding.first,
        )
    if len(shown) < len(found.findings):
        result("check.more", n=len(found.findings) - len(shown), client=loaded.params.client)


def _money(finding: Finding, currency: str, lang: str) -> str:
    return Voice(lang, currency, abs(finding.money)).number(finding.money, "money") if finding.money else ""


def _contents(tables: Tables, tell: Tell) -> None:
    """Which contents the data can feed, and what the others lack."""
    lacking: dict[str, dict[str, None]] = {}
    for content in contents():
        lacking.setdefault(content.words, {}).update({name: None for name in content.needs if not tables.has(name)})
    missing = {words: list(names) for words, names in lacking.items() if names}
    tell("check.contents", can=len(lacking) - len(missing), n=len(lacking))
    for words, names in missing.items():
        tell("check.lacking", content=words, names=names)
