"""A report in words: what both renderers read. Every string is final; no renderer looks up a text or formats a number.

Headlines carry `|` where a line may break and `/` where it must (Japanese); English headlines carry neither.
"""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from crm_helpers.report.maps import PageSheet


@dataclass(frozen=True)
class TableColumn:
    title: str
    unit: str = ""
    align: str = "right"  # left | right
    weight: float = 1.0  # share of the width


@dataclass(frozen=True)
class PageTable:
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    focus: int | None = None  # this row is filled and carries ▶ in its first cell already
    total: bool = False  # the last row stands under an ink rule


@dataclass(frozen=True)
class PageChart:
    svg: str
    height: str  # S | M | L of theme.json
    alt: str


@dataclass(frozen=True)
class PagePanel:
    title: str
    unit: str
    chart: PageChart | None = None
    table: PageTable | None = None
    sheet: PageSheet | None = None  # a journey map: an A3 page of its own; the chart is its curve


@dataclass(frozen=True)
class RailFigure:
    label: str
    value: str
    unit: str
    compare: str


@dataclass(frozen=True)
class Rail:
    figure: RailFigure | None
    read: tuple[str, ...]
    sure: tuple[str, ...]
    next_what: str = ""
    next_who: str = ""
    comment: str = ""  # the consultant's own note for this client, printed between 確からしさ and 次の一手
    note: str = ""


@dataclass(frozen=True)
class Page:
    """One A4 page: two panels at most (L, or M over S, or S over M, or M over a table of S)."""

    id: str  # BA-03
    anchor: str  # unique, ASCII: 02-kpi-tree
    question: str  # the notebook's heading: the client's question; goes to the contents
    headline: str
    panels: tuple[PagePanel, ...]
    rail: Rail
    foot_left: tuple[str, ...]  # 出典: …, n, 基準日: …, 定義: …
    prose: tuple[str, ...] = ()  # paragraphs an analyst wrote into the notebook (plain text)
    calendar: dict[str, Any] | None = None  # the year page (report/calendar.py), A3; the panels are the same as a table
    mark: str = ""  # For the sponsor: the page is not in the client's report


@dataclass(frozen=True)
class Section:
    """A part of the basis page: a sub-head, paragraphs, and a table of any length."""

    title: str
    unit: str = ""
    paragraphs: tuple[str, ...] = ()
    table: PageTable | None = None


@dataclass(frozen=True)
class Chapter:
    number: str
    title: str
    pages: tuple[Page, ...]
    sections: tuple[Section, ...]  # the basis pages of this chapter: data received, reconciliation, left out, definitions


@dataclass(frozen=True)
class Conclusion:
    """One conclusion of the summary: a number, what it means, where it stands, what kind of evidence it is."""

    label: str
    value: str
    unit: str
    title: str
    text: str
    to: str  # anchor of its page
    id: str  # BA-03
    evidence: str


@dataclass(frozen=True)
class Summary:
    """The first page after the contents: up to three conclusions, the decisions requested, key figures, next moves."""

    title: str
    headline: str
    subhead: str
    unit: str
    conclusions: tuple[Conclusion, ...]
    decisions_title: str
    decisions: PageTable | None
    kpi_title: str
    kpis: tuple[tuple[str, str, str], ...]  # name, value, change
    read: tuple[str, ...]
    moves: tuple[tuple[str, str], ...]  # what, who and by when
    note: str
    foot_left: tuple[str, ...]


@dataclass(frozen=True)
class Cover:
    client: str  # 見本珈琲株式会社 御中
    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    handling: str
    handling_text: str
    statement: str = ""  # what the data are, for example clients


@dataclass(frozen=True)
class Report:
    lang: str
    title: str  # document title: client and report name
    client: str
    book: str  # CRM診断レポート 2023年
    author: str
    stamp: str  # boxed at the top right of each page; may be empty
    date: str  # ISO, the document's fixed date
    ui: dict[str, str]  # furniture: read, sure, next, comment, contents, basis, colophon, confidential, question, page
    cover: Cover
    chapters: tuple[Chapter, ...]
    colophon: tuple[tuple[str, str], ...] = field(default=())
    summary: Summary | None = None
    audience: str = ""  # For the sponsor, Internal: on the cover and at the foot of each page; nothing on the client's report


ALWAYS_DRAWN = "·"  # the templates' own sign between items


def strings(thing: Any) -> Iterator[str]:
    """All strings of a report or of a part of it, whatever they are nested in; entities of drawings as characters."""
    if isinstance(thing, str):
        yield html.unescape(thing)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for item in dataclasses.fields(thing):
            yield from strings(getattr(thing, item.name))
    elif isinstance(thing, dict):
        yield from strings(tuple(thing.values()))
    elif isinstance(thing, (tuple, list)):
        for item in thing:
            yield from strings(item)


def characters_of(report: Report) -> str:
    """Every character that the report shows, once each and sorted: what its font subset must hold."""
    return "".join(sorted({character for text in strings(report) for character in text} | set(ALWAYS_DRAWN)))
