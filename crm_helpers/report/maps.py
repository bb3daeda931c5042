"""Journey maps in words: what both renderers lay out, every string final."""

from __future__ import annotations

from dataclasses import dataclass

from crm_helpers.document import MapCell, Sheet
from crm_helpers.report.speech import say
from crm_helpers.text.catalogue import Voice

GROUPS = {"experience": 6, "issues": 2, "response": 3}  # rows under one band: the curve of feelings is one of the first
CLASSES = ("A", "B", "C", "D")


@dataclass(frozen=True)
class PageItem:
    label: str
    share: float | None  # 0 to 1
    written: str


@dataclass(frozen=True)
class PageCell:
    lead: str
    text: str
    items: tuple[PageItem, ...]
    evidence: str  # A to D, or empty
    note: str  # n, or the word for a hypothesis
    mark: str  # gap, changed or empty


@dataclass(frozen=True)
class PageRow:
    name: str
    title: str
    sub: str
    cells: tuple[PageCell, ...]


@dataclass(frozen=True)
class PageStage:
    name: str
    sub: str
    worst: bool


@dataclass(frozen=True)
class PageSheet:
    """One A3 page."""

    kicker: str
    headline: str
    persona: tuple[tuple[str, str], ...]
    stages: tuple[PageStage, ...]
    rows: tuple[PageRow, ...]
    stage_title: str
    emotion_title: str
    scale: tuple[str, ...]  # from high to low
    groups: tuple[tuple[str, int], ...]  # band, and how many rows it spans
    worst: str
    hypothesis: str
    legend: str
    classes: tuple[tuple[str, str], ...]
    points: str


def page_sheet(voice: Voice, sheet: Sheet) -> PageSheet:
    """A map in words."""

    def word(key: str) -> str:
        return voice.say(f"journey_map.{key}")

    subs = voice.has
    rows = tuple(
        PageRow(
            row.name,
            word(f"row.{row.name}"),
            word(f"row_sub.{row.name}") if subs(f"journey_map.row_sub.{row.name}") else "",
            tuple(_cell(voice, cell) for cell in row.cells),
        )
        for row in sheet.rows
    )
    return PageSheet(
        kicker=say(voice, sheet.kicker),
        headline=say(voice, sheet.headline),
        persona=tuple((say(voice, label), say(voice, value)) for label, value in sheet.persona),
        stages=tuple(PageStage(say(voice, s.name), say(voice, s.sub), s.worst) for s in sheet.stages),
        rows=rows,
        stage_title=word("row.stage"),
        emotion_title=word("row.emotion"),
        scale=tuple(word(f"scale.{name}") for name in ("high", "middle", "low")),
        groups=tuple((word(f"groups.{name}"), count) for name, count in GROUPS.items()),
        worst=word("worst"),
        hypothesis=word("hypothesis"),
        legend=word("legend"),
        classes=tuple((name, word(f"evidence.{name}")) for name in CLASSES),
        points=word("points"),
    )


def _cell(voice: Voice, cell: MapCell) -> PageCell:
    if cell.evidence == "D":
        note = voice.say("journey_map.hypothesis")
    else:
        note = voice.say("journey_map.n", n=cell.n) if cell.n is not None else ""
    return PageCell(
        lead=say(voice, cell.lead) if cell.lead else "",
        text=say(voice, cell.text) if cell.text else "",
        items=tuple(PageItem(say(voice, i.label), i.share, voice.number(i.share, "pct0")) for i in cell.items),
        evidence=cell.evidence,
        note=note,
        mark=cell.mark,
    )
