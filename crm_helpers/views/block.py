"""What a view returns, and how a cell shows it: text digest, picture for JupyterLab, or the whole block for the report.

The digest is one line of the numbers read back from what was drawn, so that nbval catches a chart of the wrong column.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import math
import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.needs import Unavailable
from crm_helpers.document import (
    BLOCK_MIME,
    Block,
    Calendar,
    Chart,
    Column,
    KeyFigure,
    LedgerRow,
    MapCell,
    Money,
    NextMove,
    Panel,
    Sentence,
    Sheet,
    Table,
    to_json,
)
from crm_helpers.text.catalogue import Voice
from crm_helpers.views import theme

P = ParamSpec("P")
MODES = ("lab", "digest", "run")


@dataclass(frozen=True)
class ChartPanel:
    """A chart: `draw(voice)` makes it in one language, at one of the three heights."""

    title: Sentence
    unit: Sentence
    height: str
    draw: Callable[[Voice], Figure]


@dataclass(frozen=True)
class TablePanel:
    """A table beside or under a chart."""

    title: Sentence
    unit: Sentence
    table: Table


@dataclass(frozen=True)
class MapPanel:
    """A journey map, a sheet of its own: `draw(voice)` makes its curve of feelings, as wide as its stages."""

    title: Sentence
    unit: Sentence
    sheet: Sheet
    draw: Callable[[Voice], Figure]


@dataclass(frozen=True)
class Draft:
    """A page without words: data, text keys and how to draw. `book.show` makes a `Block` of it."""

    name: str
    page: str
    headline: Sentence
    panels: tuple[ChartPanel | TablePanel | MapPanel, ...]
    key_figure: KeyFigure
    reading: tuple[Sentence, ...]
    claim: tuple[Sentence, ...]
    next_move: NextMove
    sample: Sentence
    source: Sentence
    period: str
    largest: int = 0
    note: tuple[Sentence, ...] = ()
    definitions: tuple[str, ...] = ()
    rows: tuple[LedgerRow, ...] = ()
    audience: str = "client"
    stake: int = 0
    evidence: str = "fact"
    calendar: Calendar | None = None
    more: tuple[Draft, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A page that cannot be made from this client's data: what it would show and why it does not."""

    name: str
    would_show: Sentence
    because: tuple[Sentence, ...]


@dataclass(frozen=True)
class Context:
    """What the book adds to every block; `own` are the client's own texts, by language."""

    as_of: str
    currency: str
    languages: tuple[str, ...]
    lang: str = "ja"
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def voice(self, lang: str, largest: int = 0) -> Voice:
        """Who speaks on a page whose largest amount is `largest`."""
        return Voice(lang, self.currency, largest, self.own.get(lang))


def view(make: Callable[P, Draft]) -> Callable[P, Draft | LeftOut]:
    """A view that passes `Unavailable` through: the step is left out with its reason."""

    @functools.wraps(make)
    def passed(*args: P.args, **kwargs: P.kwargs) -> Draft | LeftOut:
        lacking = next((a for a in (*args, *kwargs.values()) if isinstance(a, Unavailable)), None)
        return make(*args, **kwargs) if lacking is None else _left_out(make, lacking)

    return passed


def _left_out(make: Callable[..., Draft], lacking: Unavailable) -> LeftOut:
    module, metric = lacking.would_show.split(".")
    because = [_not_sent(name) for name in lacking.missing]
    if lacking.reason:
        area, key = lacking.reason.split(".")
        because.append(Sentence(f"{area}.unavailable.{key}", lacking.facts))
    name = f"{make.__module__.rsplit('.', 1)[-1]}.{make.__name__}"
    return LeftOut(name, Sentence(f"{module}.would_show.{metric}"), tuple(because))


def _not_sent(name: str) -> Sentence:
    table, _, column = name.partition(".")
    terms: dict[str, int | float | str] = {"table": f"contract.tables.{table}"}
    if not column:
        return Sentence("basis.not_sent", terms)
    return Sentence("basis.column_not_sent", {**terms, "column": f"contract.columns.{column}"})


def mode() -> str:
    """How cells display, from CRM_DISPLAY: lab (default), digest, or run."""
    chosen = os.environ.get("CRM_DISPLAY", "lab")
    if chosen not in MODES:
        raise ValueError(f"CRM_DISPLAY is {chosen!r}; it may be {', '.join(MODES)}")
    return chosen


def bundle(draft: Draft | LeftOut, context: Context) -> dict[str, Any]:
    """The MIME bundle of a cell in the current display mode."""
    if isinstance(draft, LeftOut):
        return _bundle_left_out(draft, context)
    figures = {lang: [_draw(panel, draft, context, lang) for panel in draft.panels] for lang in context.languages}
    digests = {lang: digest(draft, figures[lang]) for lang in context.languages}
    first = digests[context.languages[0]]
    if any(other != first for other in digests.values()):
        raise AssertionError(f"{draft.name} draws other numbers in another language: {digests}")
    shown: dict[str, Any] = {"text/plain": first}
    if mode() == "lab":
        lang = context.lang if context.lang in figures else context.languages[0]
        shown["text/html"] = _lab_html(draft, context, figures[lang], lang)
    if mode() == "run":
        shown[BLOCK_MIME] = to_json(_block(draft, context, figures, first))
    return shown


def _draw(panel: ChartPanel | TablePanel | MapPanel, draft: Draft, context: Context, lang: str) -> Figure | None:
    if isinstance(panel, TablePanel):
        return None
    return panel.draw(context.voice(lang, draft.largest))


def _kind(draft: Draft, panels: Sequence[Panel]) -> str:
    """Which layout a block asks of the renderers."""
    if draft.calendar:
        return "calendar"
    if any(panel.sheet for panel in panels):
        return "map"
    return "chart" if any(panel.chart for panel in panels) else "table"


def _block(draft: Draft, context: Context, figures: dict[str, list[Figure | None]], line: str) -> Block:
    panels = []
    for i, panel in enumerate(draft.panels):
        if isinstance(panel, TablePanel):
            panels.append(Panel(panel.title, panel.unit, table=panel.table))
        else:
            drawn = {lang: theme.svg(made) for lang in context.languages if (made := figures[lang][i]) is not None}
            if isinstance(panel, MapPanel):
                panels.append(Panel(panel.title, panel.unit, Chart("map", drawn), sheet=panel.sheet))
            else:
                panels.append(Panel(panel.title, panel.unit, chart=Chart(panel.height, drawn)))
    return Block(
        name=draft.name,
        kind=_kind(draft, panels),
        page=draft.page,
        headline=draft.headline,
        source=draft.source,
        sample=draft.sample,
        as_of=context.as_of,
        period=draft.period,
        panels=tuple(panels),
        key_figure=draft.key_figure,
        reading=draft.reading,
        claim=draft.claim,
        next_move=draft.next_move,
        note=draft.note,
        money=Money(context.currency, draft.largest) if draft.largest else None,
        definitions=draft.definitions,
        audience=draft.audience,
        rows=draft.rows,
        stake=draft.stake,
        evidence=draft.evidence,
        data_hash=hashlib.sha256(line.encode()).hexdigest()[:16],
        calendar=draft.calendar,
        more=tuple(_further(other, context) for other in draft.more),
    )


def _further(draft: Draft, context: Context) -> Block:
    """A further page of the same step: tables only."""
    nothing: list[Figure | None] = [None] * len(draft.panels)
    return _block(draft, context, dict.fromkeys(context.languages, nothing), digest(draft, nothing))


def _bundle_left_out(draft: LeftOut, context: Context) -> dict[str, Any]:
    keys = " ".join(f"{s.key}({', '.join(map(str, s.facts.values()))})" for s in draft.because)
    shown: dict[str, Any] = {"text/plain": f"{draft.name}: left out: {keys}"}
    if mode() == "lab":
        voice = context.voice(context.lang)
        reasons = [voice.say(s.key, **s.facts) for s in draft.because]
        shown["text/html"] = f"<p><b>{_escape(voice.say(draft.would_show.key))}</b>: {_escape(' '.join(reasons))}</p>"
    if mode() == "run":
        nothing = Sentence("basis.nothing")
        shown[BLOCK_MIME] = to_json(
            Block(draft.name, "left_out", "", draft.would_show, nothing, nothing, context.as_of, "", missing=draft.because)
        )
    return shown


# ---------------------------------------------------------------- digest
def digest(draft: Draft, figures: Sequence[Figure | None]) -> str:
    """`sales.trend: headline=up sales(n=12 sum=141396138 last=13148323 #9c2e) …`: the same in every language."""
    parts = [f"headline={draft.headline.key.rsplit('.', 1)[-1]}"]
    for panel, figure in zip(draft.panels, figures, strict=True):
        series = _table_series(panel.table) if isinstance(panel, TablePanel) else _drawn_series(figure)
        told = [_series(name, values) for name, values in series]
        if isinstance(panel, MapPanel):
            told += [_series(name, values) for name, values in _sheet_series(panel.sheet)]
        if not told and isinstance(panel, TablePanel) and panel.table.rows:
            told = [_words(panel.table)]
        if not told:
            raise AssertionError(f"{draft.name}: the panel {panel.title.key} has no marked numbers")
        parts += told
    parts.append(_facts(draft))
    if draft.more:
        others = "\n".join(digest(other, [None] * len(other.panels)) for other in draft.more)
        parts.append(f"more(n={len(draft.more)} #{zlib.crc32(others.encode()) & 0xFFFF:04x})")
    return f"{draft.name}: " + " ".join(parts)


def _drawn_series(figure: Figure | None) -> Iterator[tuple[str, list[float]]]:
    assert figure is not None
    for axes in figure.axes:
        for line in axes.get_lines():
            if str(line.get_gid() or "").startswith(theme.DATA):
                along = line.get_xdata() if getattr(line, "crm_along", "y") == "x" else line.get_ydata()
                yield str(line.get_gid())[len(theme.DATA) :], [float(v) for v in np.atleast_1d(along)]
        for bars in axes.containers:
            if str(bars.get_label()).startswith(theme.DATA):
                flat = getattr(bars, "orientation", "vertical") == "horizontal"
                lengths = [float(bar.get_width() if flat else bar.get_height()) for bar in bars]
                yield str(bars.get_label())[len(theme.DATA) :], lengths
        written = [text.crm_value for text in axes.texts if hasattr(text, "crm_value")]
        if written:
            yield "written", [math.nan if value is None else float(value) for value in written]


def _table_series(table: Table) -> Iterator[tuple[str, list[float]]]:
    for i, column in enumerate(table.columns):
        values = [row[i] for row in table.rows]
        if all(isinstance(v, (int, float)) or v is None for v in values):
            yield column.name, [math.nan if v is None else float(v) for v in values]


def _sheet_series(sheet: Sheet) -> Iterator[tuple[str, list[float]]]:
    """The numbers that a map's rows hold: shares, and the facts of its sentences."""
    for row in sheet.rows:
        said = [s for cell in row.cells for s in (cell.lead, cell.text) if s is not None]
        facts = [v for s in said for _, v in sorted(s.facts.items()) if isinstance(v, (int, float))]
        shares = [item.share for cell in row.cells for item in cell.items if item.share is not None]
        if facts or shares:
            yield row.name, [float(v) for v in (*facts, *shares)]


def _words(table: Table) -> str:
    """A table of words alone: how many rows, and a check over its cells."""
    return f"cells(n={len(table.rows)} #{zlib.crc32(repr(table.rows).encode()) & 0xFFFF:04x})"


def _series(name: str, values: Sequence[float]) -> str:
    told = [_plain(v) for v in values]
    seen = [v for v in values if not math.isnan(v)]
    check = zlib.crc32(",".join(told).encode()) & 0xFFFF
    return f"{name}(n={len(seen)} sum={_plain(math.fsum(seen))} last={told[-1] if told else ''} #{check:04x})"


def _plain(value: float) -> str:
    if math.isnan(value):
        return "-"
    return str(int(value)) if float(value).is_integer() else f"{value:.6g}"


def _facts(draft: Draft) -> str:
    facts = {**draft.headline.facts, **draft.key_figure.number.facts}
    told = (f"{name}={_plain(float(v)) if isinstance(v, (int, float)) else v}" for name, v in sorted(facts.items()))
    return "facts(" + " ".join(told) + ")"


# ---------------------------------------------------------------- JupyterLab
def _lab_html(draft: Draft, context: Context, figures: Sequence[Figure | None], lang: str) -> str:
    voice = context.voice(lang, draft.largest)
    headline = voice.say(draft.headline.key, **draft.headline.facts).replace("|", "").replace("/", "<br>")
    out = [f"<div style='max-width:60rem'><p style='font-size:1.3em;font-weight:bold'>{headline}</p>"]
    for panel, figure in zip(draft.panels, figures, strict=True):
        title = f"<b>{_escape(voice.say(panel.title.key, **panel.title.facts))}</b>"
        out.append(f"<p>{title} <small>{_escape(voice.say(panel.unit.key, **panel.unit.facts))}</small></p>")
        if isinstance(panel, MapPanel):
            out.append(_lab_sheet(panel.sheet, voice))
        if figure is not None:
            picture = base64.b64encode(theme.png(figure)).decode()
            out.append(f"<img style='max-width:100%' alt='' src='data:image/png;base64,{picture}'>")
        elif isinstance(panel, TablePanel):
            out.append(_lab_table(panel.table, voice))
    return "\n".join([*out, "</div>"])


def _lab_sheet(sheet: Sheet, voice: Voice) -> str:
    """A map's rows in short: what each cell says first. The report draws the whole map."""

    def first(cell: MapCell) -> str:
        said = [s for s in (cell.lead, cell.text, *(item.label for item in cell.items[:1])) if s is not None]
        return " ".join(_escape(voice.say(s.key, **s.facts)) for s in said)

    head = "".join(f"<th>{_escape(voice.say(stage.name.key, **stage.name.facts))}</th>" for stage in sheet.stages)
    titles = [_escape(voice.say(f"journey_map.row.{row.name}")) for row in sheet.rows]
    cells = ["".join(f"<td>{first(cell)}</td>" for cell in row.cells) for row in sheet.rows]
    rows = (f"<tr><th>{title}</th>{told}</tr>" for title, told in zip(titles, cells, strict=True))
    return f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table>"


def _lab_table(table: Table, voice: Voice) -> str:
    head = "".join(f"<th>{_escape(voice.say(c.title.key, **c.title.facts))}</th>" for c in table.columns)
    rows = ("".join(f"<td>{_escape(cell)}</td>" for cell in row) for row in voice.cells(table.rows, table.cell_forms))
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _escape(text: str) -> str:
    return html.escape(text)


def plain_column(name: str, title: str, form: str, unit: str = "", *, weight: float | None = None) -> Column:
    """A column whose title and unit are text keys without facts."""
    return Column(name, Sentence(title), Sentence(unit) if unit else None, form, weight)


def fact(value: Any) -> int | float | None:
    """A number as JSON keeps it: numpy becomes plain, NA becomes None."""
    if pd.isna(value):
        return None
    return int(value) if isinstance(value, (int, np.integer)) else float(value)
