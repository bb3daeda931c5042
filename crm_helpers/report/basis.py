"""The basis pages in words (前提と定義): what was received and set aside, how it reconciles, what is left out, definitions."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from crm_helpers.data.quality.rules import CHARACTERISTICS
from crm_helpers.data.quality.telling import sentence
from crm_helpers.document import Opened, Received, Reconciled, Sentence
from crm_helpers.params.paths import YEARLY
from crm_helpers.params.schema import Params
from crm_helpers.report.executed import Executed
from crm_helpers.report.pages import PageTable, Section, TableColumn
from crm_helpers.report.speech import say, voice_of
from crm_helpers.text.catalogue import Voice, texts

GRAVE = 8  # findings printed; the others stand in the workbook
MEASURES = ("lines", "orders", "customers", "items", "sales")


def sections_of(chapter: Executed, params: Params, lang: str) -> list[Section]:
    """The basis of one chapter: statements, reconciliation, data received and set aside, what is left out, definitions.

    An edition that is made more often than the year's leaves reconciliation and data to `crm check` and the year's report.
    """
    voice, opened = voice_of(params, lang), chapter.document.opened
    told = tuple(say(voice, s) for s in opened.basis.statements if not _is_reason(s))
    sections = [Section(voice.say("basis.statements.title"), paragraphs=told)]
    if params.edition == YEARLY:
        sections += [_reconciled(voice, params, opened), *_quality(params, opened, lang)]
        sections += [_received(voice, opened), _set_aside(voice, opened)]
    left_out = _left_out(voice, chapter, opened)
    return [*sections, *([left_out] if left_out else []), _definitions(voice, chapter)]


def _is_reason(sentence: Sentence) -> bool:
    """A statement that is the reason of contents left out: it stands in that table."""
    return sentence.key.endswith("starts_in_the_middle")


def _quality(params: Params, opened: Opened, lang: str) -> list[Section]:
    """The gravest findings of the checks, with the sales they concern, and the scores; nothing when nothing was checked."""
    basis = opened.basis
    if not basis.scores:
        return []
    grave = [finding for finding in basis.findings if finding.severity != "note"][:GRAVE]
    voice = Voice(lang, params.currency, max((abs(finding.money or 0) for finding in grave), default=0))
    title = voice.say("quality.basis.title")
    rest = len(basis.findings) - len(grave)
    told = [voice.say("quality.basis.none")] if not grave else []
    told += [voice.say("quality.basis.more", n=rest)] if rest else []
    rows = tuple(
        (
            voice.say(f"quality.severity.{finding.severity}"),
            say(voice, sentence(finding, "finding")),
            voice.number(finding.money, "money_number"),
            say(voice, sentence(finding, "means")),
        )
        for finding in grave
    )
    styles = {"severity": ("left", 0.5), "finding": ("left", 3.0), "money": ("right", 0.9), "means": ("left", 2.6)}
    columns = tuple(
        TableColumn(voice.say(f"quality.basis.columns.{name}"), "", align, share) for name, (align, share) in styles.items()
    )
    findings = Section(title, voice.say("quality.basis.unit"), tuple(told), PageTable(columns, rows) if rows else None)
    return [findings, _scores(voice, opened)]


def _scores(voice: Voice, opened: Opened) -> Section:
    """Scores by table and characteristic; a dash where nothing was checked."""
    shares = {(score.table, score.characteristic): _points(score.share) for score in opened.basis.scores}
    tables = list(dict.fromkeys(score.table for score in opened.basis.scores))
    rows = tuple(
        (voice.say(f"contract.tables.{table}"), *(voice.number(shares.get((table, name)), "dec1") for name in CHARACTERISTICS))
        for table in tables
    )
    names = (voice.say(f"quality.characteristics.{name}") for name in CHARACTERISTICS)
    columns = (TableColumn(voice.say("quality.basis.scores.table"), "", "left", 1.6), *(TableColumn(name) for name in names))
    where = "quality.basis.scores"
    return Section(
        voice.say(f"{where}.title"), voice.say(f"{where}.unit"), (voice.say(f"{where}.text"),), PageTable(columns, rows)
    )


def _points(share: float) -> float:
    """A share as points out of 100, cut and not rounded: 100.0 means that nothing was found."""
    return math.floor(share * 1000) / 10


def _received(voice: Voice, opened: Opened) -> Section:
    """One row a table and folder (or archive): a client of monthly files reads pages of them in the manifest, not here."""
    alike = itertools.groupby(opened.basis.received, key=lambda r: (r.table, r.file.rpartition("/")[0]))
    rows = tuple(
        (
            voice.say(f"contract.tables.{r.table}"),
            r.file if n == 1 else voice.say("basis.received.files", first=r.file, rest=n - 1),
            *(voice.number(v, "int") for v in (r.read, r.accepted, r.set_aside)),
            voice.number(r.period, "period") if r.period else "—",
        )
        for r, n in (_together(list(files)) for _, files in alike)
    )
    columns = _columns(voice, "received", {"table": ("left", 0.9), "file": ("left", 2.6), "period": ("left", 1.8)})
    return Section(
        voice.say("basis.received.title"),
        voice.say("basis.received.unit"),
        (voice.say("basis.received.check"),),
        PageTable(columns, rows),
    )


def _together(files: list[Received]) -> tuple[Received, int]:
    """The rows of several files as one, and how many files they are."""
    days = sorted(day for file in files if file.period for day in file.period.split("/"))
    sums = {name: sum(getattr(file, name) for file in files) for name in ("read", "accepted", "set_aside")}
    return replace(files[0], **sums, period=f"{days[0]}/{days[-1]}" if days else ""), len(files)


def _set_aside(voice: Voice, opened: Opened) -> Section:
    title, unit = voice.say("basis.set_aside.title"), voice.say("basis.set_aside.unit")
    if not opened.basis.set_aside:
        return Section(title, unit, (voice.say("basis.set_aside.none"),))
    rows = tuple(
        (
            voice.say(f"contract.tables.{s.table}"),
            voice.say(f"data.reasons.{s.reason}"),
            voice.number(s.rows, "int"),
            s.first,
        )
        for s in opened.basis.set_aside
    )
    columns = _columns(voice, "set_aside", {"table": ("left", 1.0), "reason": ("left", 3.0), "first": ("left", 2.0)})
    return Section(title, unit, (), PageTable(columns, rows))


def _reconciled(voice: Voice, params: Params, opened: Opened) -> Section:
    lines = opened.basis.reconciled
    title = voice.say("basis.reconciled.title")
    if not lines or params.control_totals is None:
        return Section(title, "", (voice.say("basis.reconciled.none"),))
    supplied = [line for line in lines if line.client is not None]
    differing = sum(line.client != line.ours for line in supplied)
    key = "differs" if differing else "exact"
    summary = voice.say(f"basis.reconciled.{key}", n=len(supplied), m=differing)
    measures = [m for m in MEASURES if any(line.measure == m for line in supplied)]
    columns = [TableColumn(voice.say("basis.reconciled.columns.month"), "", "left", 1.2)]
    for measure in measures:
        name = voice.say(f"basis.reconciled.measure.{measure}")
        columns.append(TableColumn(name, voice.say("basis.reconciled.columns.client"), "right", 1.2))
        columns.append(TableColumn("", voice.say("basis.reconciled.columns.gap"), "right", 0.6))
    months = list(dict.fromkeys(line.month for line in lines))
    rows = tuple(
        _month_row(voice, month, measures, {line.measure: line for line in lines if line.month == month}) for month in months
    )
    unit = voice.say("basis.reconciled.unit", stated_by=params.control_totals.stated_by.in_language(voice.lang))
    return Section(title, unit, (summary,), PageTable(tuple(columns), rows, total=not _is_month(months[-1])))


def _month_row(voice: Voice, month: str, measures: Sequence[str], lines: Mapping[str, Reconciled]) -> tuple[str, ...]:
    label = voice.number(f"{month}-01", "month_year") if _is_month(month) else voice.say("basis.reconciled.whole")
    cells = [label]
    for measure in measures:
        line = lines.get(measure)
        if line is None or line.client is None:
            cells += ["—", "—"]
            continue
        form = "price_number" if measure == "sales" else "int"
        cells += [
            voice.number(line.client, form),
            "0" if line.client == line.ours else voice.number(line.ours - line.client, f"{form}_signed"),
        ]
    return tuple(cells)


def _is_month(label: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d{2}", label))


def _left_out(voice: Voice, chapter: Executed, opened: Opened) -> Section | None:
    rows = [(voice.say("basis.statements.new"), say(voice, s)) for s in opened.basis.statements if _is_reason(s)]
    for step in chapter.document.steps:
        if step.block.kind == "left_out":
            because = (" " if voice.lang != "ja" else "").join(say(voice, s) for s in step.block.missing)
            rows.append((say(voice, step.block.headline), because))
    if not rows:
        return None
    columns = _columns(voice, "left_out", {"page": ("left", 1.0), "because": ("left", 3.0)})
    return Section(voice.say("basis.left_out.title"), "", (), PageTable(columns, tuple(rows)))


def _definitions(voice: Voice, chapter: Executed) -> Section:
    ids = sorted({d for step in chapter.document.steps for d in step.block.definitions})
    rows = tuple((i, voice.say(f"definitions.{i}.term"), voice.say(f"definitions.{i}.text")) for i in ids)
    columns = _columns(voice, "definitions", {"id": ("left", 0.5), "term": ("left", 1.3), "text": ("left", 5.0)})
    return Section(voice.say("basis.definitions.title"), "", (), PageTable(columns, rows))


def _columns(voice: Voice, part: str, styles: Mapping[str, tuple[str, float]]) -> tuple[TableColumn, ...]:
    names = texts(voice.lang, "basis")[part]["columns"]
    return tuple(TableColumn(title, "", *styles.get(key, ("right", 0.8))) for key, title in names.items())
