"""Put a document into words: every key looked up, every number written, in one language.

The result (`report/pages.py`) is all that the HTML and the PDF renderer see, so both say the same.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crm_helpers.document import Block, Opened, Panel, Table
from crm_helpers.params.load import load
from crm_helpers.params.paths import YEARLY
from crm_helpers.params.schema import Params
from crm_helpers.report import calendar
from crm_helpers.report.audiences import CLIENT, for_audience, pages_added
from crm_helpers.report.basis import sections_of
from crm_helpers.report.executed import Cell, Executed, Told, executed, number
from crm_helpers.report.maps import page_sheet
from crm_helpers.report.page_set import arranged
from crm_helpers.report.pages import (
    Chapter,
    Cover,
    Page,
    PageChart,
    PagePanel,
    PageTable,
    Rail,
    RailFigure,
    Report,
    TableColumn,
)
from crm_helpers.report.speech import say, voice_of, who_and_when
from crm_helpers.report.summary import summary_of
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.prose import SOURCE_LANGUAGE, translated

UI = ("read", "sure", "next", "comment", "contents", "basis", "colophon", "confidential", "page", "question", "skip")


@dataclass(frozen=True)
class Made:
    """How a set was made; printed in the colophon."""

    run: str = ""
    data: str = ""
    software: str = ""


@dataclass
class _Writer:
    """Everything that words one report: the client's settings, the language, and what had to stay untranslated."""

    params: Params
    lang: str
    made: Made
    audience: str = CLIENT
    untranslated: dict[str, str] = field(default_factory=dict)  # for the terminal → cell id, for the colophon

    def voice(self, block: Block | None = None) -> Voice:
        money = block.money if block else None
        return voice_of(self.params, self.lang, money.largest if money else 0)

    def prose(self, notebook: str, cell: Cell) -> str:
        told = translated(self.lang, number(notebook), cell.id, cell.source)
        if told.state != "written":
            self.untranslated[f"{notebook}: {cell.id} ({told.state})"] = cell.id
        return self.voice().worded(told.text)

    def reading(self, line: str) -> str:
        """A line of a reading without the words 読み方:, which the page prints as a heading."""
        heads = "|".join(re.escape(Voice(lang).say("report.ui.read")) for lang in (self.lang, SOURCE_LANGUAGE))
        return re.sub(rf"^({heads})\s*[:：]\s*", "", _plain(line))

    @property
    def title(self) -> str:
        """The report's name: the client's setting, or the usual one; another edition than the year's has a name of its own."""
        own = self.params.report.title
        if self.params.edition != YEARLY:
            return self.voice().say(f"report.edition.{self.params.edition}")
        return own.in_language(self.lang) if own else self.voice().say("report.name")

    def mark(self, audience: str) -> str:
        """What a page or a report says of its readers; nothing where it is for the client."""
        return "" if audience == CLIENT else self.voice().say(f"report.audience.{audience}.mark")

    @property
    def author(self) -> str:
        """Who made the report."""
        own = self.params.report.author
        return own.in_language(self.lang) if own else self.voice().say("report.no_author")


@dataclass(frozen=True)
class Worded:
    """A report in one language, and the notebook cells that have no (or a stale) translation."""

    report: Report
    untranslated: tuple[str, ...]


def report_of(
    chapters: Sequence[Executed], params: Params, lang: str, made: Made | None = None, *, audience: str = CLIENT
) -> Worded:
    """The report of one or more executed notebooks of a client, in one language and for one circle of readers."""
    chapters = [for_audience(chapter, audience) for chapter in chapters]
    writer = _Writer(params, lang, made or Made(), audience)
    voice = writer.voice()
    opened = chapters[0].document.opened
    name, title = params.name.in_language(lang), writer.title
    period = opened.current or f"{opened.as_of}/{opened.as_of}"
    worded = _said_once([_chapter(writer, chapter) for chapter in chapters])
    yearly = params.edition == YEARLY
    period = period if yearly else _month(params.as_of)
    rest = tuple(page for chapter in chapters for page in _pages(writer, chapter, appendix=True))
    appendix = (Chapter("", voice.say("report.appendix"), rest, ()),) if rest else ()
    report = Report(
        lang=lang,
        title=" ".join(filter(None, (voice.say("report.index.title", name=name, title=title), writer.mark(audience)))),
        client=name,
        book=voice.say("report.cover.book", title=title, period=period),
        author=writer.author,
        stamp=params.report.stamp.in_language(lang) if params.report.stamp else "",
        date=(params.report.issued if yearly and params.report.issued else params.as_of).isoformat(),
        ui={key: voice.say(f"report.ui.{key}") for key in UI},
        audience=writer.mark(audience),
        cover=_cover(writer, opened, [c.title for c in worded], pages_added(chapters)),
        chapters=(*worded, *appendix),
        summary=summary_of(chapters, params, lang) if yearly else None,  # four pages need none
        colophon=_colophon(writer, chapters),
    )
    return Worded(report, tuple(writer.untranslated))


def report_of_notebook(notebook: Mapping[str, Any], resources: Mapping[str, Any] | None = None) -> Report:
    """The report of one executed notebook, for `jupyter nbconvert --to crm_html`.

    `resources["crm"]["lang"]` chooses the language; the client's first language by default.
    """
    resources = resources or {}
    name = Path(str(resources.get("metadata", {}).get("name", "notebook"))).stem
    read = executed(notebook, name)
    params = load(read.document.opened.client).params
    chapter = arranged(read, params)
    lang = resources.get("crm", {}).get("lang", params.languages[0])
    return report_of([chapter], params, lang).report


def _month(day: datetime.date) -> str:
    """The month of a day, as a period."""
    return f"{day.replace(day=1).isoformat()}/{day.isoformat()}"


# ---------------------------------------------------------------- pages
def _chapter(writer: _Writer, chapter: Executed) -> Chapter:
    name = chapter.document.notebook
    title = writer.prose(name, chapter.title).partition("\n")[0].removeprefix("# ").strip()
    pages, counted = _pages(writer, chapter, appendix=False), number(name)
    if writer.params.edition != YEARLY:
        counted, title = "", writer.voice().say("report.edition.chapter")
    return Chapter(counted, title, pages, tuple(sections_of(chapter, writer.params, writer.lang)))


def _said_once(chapters: Sequence[Chapter]) -> tuple[Chapter, ...]:
    """A part of the basis that all chapters repeat word for word (data received, reconciliation …) stands in the last alone."""
    last = chapters[-1].sections
    return (*(replace(c, sections=tuple(s for s in c.sections if s not in last)) for c in chapters[:-1]), chapters[-1])


def _pages(writer: _Writer, chapter: Executed, *, appendix: bool) -> tuple[Page, ...]:
    """The chapter's pages, of the main report or of the appendix."""
    shown = [s for s in chapter.document.steps if s.block.kind != "left_out"]
    wanted = [step for step in shown if (step.id in chapter.appendix) == appendix]
    name = chapter.document.notebook
    return tuple(
        _page(writer, name, step.id, block, chapter.told[step.id], n)
        for step in wanted
        for n, block in enumerate((step.block, *step.block.more))
    )


def _page(writer: _Writer, notebook: str, step: str, block: Block, told: Told, nth: int = 0) -> Page:
    """A page of a step; `nth` counts its further pages, which have no prose of their own."""
    voice = writer.voice(block)
    heading, _, rest = writer.prose(notebook, told.heading).partition("\n")
    prose = [_plain(text) for text in (rest, *(writer.prose(notebook, cell) for cell in told.prose)) if text.strip()]
    headline = say(voice, block.headline)
    return Page(
        id=block.page,
        anchor=f"{number(notebook)}-{step}" + (f"-{nth + 1}" if nth else ""),
        question=heading.removeprefix("## ").strip(),
        headline=headline,
        panels=tuple(_panel(voice, panel, headline) for panel in block.panels),
        rail=_rail(writer, notebook, step, block, told),
        foot_left=_foot(voice, block),
        prose=() if nth else tuple(prose),
        calendar=calendar.worded(block.calendar, voice) if block.calendar else None,
        mark=writer.mark(block.audience),
    )


def _rail(writer: _Writer, notebook: str, step: str, block: Block, told: Told) -> Rail:
    voice, params = writer.voice(block), writer.params
    figure = None
    if block.key_figure:
        value, _, unit = say(voice, block.key_figure.number).partition("|")
        figure = RailFigure(say(voice, block.key_figure.label), value, unit, say(voice, block.key_figure.compare))
    reading = [writer.reading(line) for cell in told.reading for line in _paragraphs(writer.prose(notebook, cell))]
    return Rail(
        figure=figure,
        read=(*reading, *(say(voice, s) for s in block.reading)),
        sure=tuple(say(voice, s) for s in block.claim),
        next_what=say(voice, block.next_move.what) if block.next_move else "",
        next_who=who_and_when(params, step, voice) if block.next_move else "",
        comment=params.notes[step].in_language(writer.lang) if step in params.notes else "",
        note="".join(say(voice, s) + ("" if writer.lang == "ja" else " ") for s in block.note).strip(),
    )


def _panel(voice: Voice, panel: Panel, headline: str) -> PagePanel:
    title, unit = say(voice, panel.title), say(voice, panel.unit)
    if panel.chart:
        alt = headline.replace("|", "").replace("/", " ") if voice.lang == "ja" else headline
        chart = PageChart(panel.chart.svg[voice.lang], panel.chart.height, f"{title}: {alt}")
        return PagePanel(title, unit, chart=chart, sheet=page_sheet(voice, panel.sheet) if panel.sheet else None)
    return PagePanel(title, unit, table=_table(voice, panel.table) if panel.table else None)


WIDE = {"said": 2.0, "sentence": 3.0}  # columns of clients' words and of sentences
LABELS = ("text", "said", "sentence", "term", "term_short", "date", "period_label")


def _table(voice: Voice, table: Table) -> PageTable:
    rows = voice.cells(table.rows, table.cell_forms)
    if table.focus is not None:
        rows[table.focus][0] = f"▶ {rows[table.focus][0]}"
    first = table.cell_forms[0] if table.rows else tuple(c.form for c in table.columns)
    columns = tuple(
        TableColumn(
            say(voice, c.title),
            say(voice, c.unit) if c.unit else "",
            "left" if form in LABELS else "right",
            c.weight or (1.4 if i == 0 else WIDE.get(form, 1.0)),
        )
        for i, (c, form) in enumerate(zip(table.columns, first, strict=True))
    )
    return PageTable(columns, tuple(tuple(row) for row in rows), table.focus, table.total)


def _foot(voice: Voice, block: Block) -> tuple[str, ...]:
    source = f"{voice.say('report.ui.source')}: {say(voice, block.source)}"
    as_of = f"{voice.say('report.ui.as_of')}: {voice.number(block.as_of, 'date')}"
    parts = [source, say(voice, block.sample), as_of]
    if block.definitions:
        parts.append(f"{voice.say('report.ui.definition')}: {', '.join(block.definitions)}")
    return tuple(parts)


def _cover(writer: _Writer, opened: Opened, titles: Sequence[str], added: Sequence[str]) -> Cover:
    voice, params, lang = writer.voice(), writer.params, writer.lang
    words = _under(voice, "report.cover")
    facts = (
        [
            (words("period"), voice.number(opened.current, "period")),
            (words("compare"), voice.number(opened.compare, "period")),
        ]
        if opened.current
        else []
    )
    facts.append((words("as_of"), voice.number(opened.as_of, "date")))
    if params.report.issued and params.edition == YEARLY:  # the settings say when the year's report was issued
        facts.append((words("issued"), voice.number(params.report.issued.isoformat(), "date")))
    facts.append((words("version"), voice.say("report.cover.version_number", version=params.report.version)))
    facts.append((words("author"), writer.author))
    return Cover(
        client=voice.say("report.cover.addressee", name=params.name.in_language(lang)),
        title=writer.title,
        subtitle=voice.template("formats.comma").join(titles),
        facts=tuple(facts),
        handling=writer.mark(writer.audience) or words("handling"),
        handling_text=_handling(writer, added),
        statement=params.statement.in_language(lang) if params.statement else "",
    )


def _handling(writer: _Writer, added: Sequence[str]) -> str:
    """Who may read it: of an audience that is not the client's, which pages it has besides."""
    voice = writer.voice()
    if writer.audience == CLIENT:
        return voice.say("report.cover.handling_text", k=writer.params.privacy.k)
    return voice.say(f"report.audience.{writer.audience}.handling_text", pages=voice.template("formats.comma").join(added))


def _colophon(writer: _Writer, chapters: Sequence[Executed]) -> tuple[tuple[str, str], ...]:
    voice, params, made = writer.voice(), writer.params, writer.made
    words = _under(voice, "report.colophon")
    comma = voice.template("formats.comma")
    rows = [
        (words("title"), writer.title),
        (words("client"), params.name.in_language(writer.lang)),
        (words("author"), writer.author),
        (words("version"), params.report.version),
        (voice.say("report.audience.name"), writer.mark(writer.audience)),
        (words("as_of"), voice.number(params.as_of.isoformat(), "date")),
        (words("notebook"), comma.join(c.document.notebook for c in chapters)),
        (words("changed"), comma.join(_changed(voice, chapters)) or words("unchanged")),
        (words("untranslated"), comma.join(dict.fromkeys(writer.untranslated.values()))),
        (words("data"), made.data),
        (words("run"), made.run),
        (words("software"), made.software),
        (words("typeface"), "Noto Sans CJK JP (SIL Open Font License 1.1)"),
    ]
    return tuple((name, value) for name, value in rows if value)


def _changed(voice: Voice, chapters: Sequence[Executed]) -> list[str]:
    """The cells that differ from the shipped chapters, with the chapter's number when there are several."""
    told = []
    for chapter in chapters:
        before = f"{number(chapter.document.notebook)} " if len(chapters) > 1 else ""
        told += [voice.say(f"report.colophon.how.{how}", cell=f"{before}{cell}") for cell, how in chapter.changed]
    return told


# ---------------------------------------------------------------- words
def _under(voice: Voice, area: str) -> Callable[[str], str]:
    """Say the texts under one key."""
    return lambda key: voice.say(f"{area}.{key}")


def _paragraphs(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _plain(markdown: str) -> str:
    """A paragraph without its markdown signs: bold, code, list marks, link targets."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown.strip())
    text = re.sub(r"(\*\*|__|`)", "", text)
    return re.sub(r"^\s*[-*]\s+", "・", text, flags=re.M)
