"""Rows of names, each with a dot and its 95 % interval on one axis, a tick for the level that matters, and numbers beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.document import Fact
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip

HEAD = 9.0  # mm over the rows
TALLEST = 17.0
SMALL = 10.0  # mm under which a row has one line


@dataclass(frozen=True)
class Row:
    """One row: `value` None has no dot but the words `blank`; `cells` are numbers with their forms, left to right."""

    name: str
    under: str
    value: float | None
    low: float | None = None
    high: float | None = None
    tick: float | None = None
    blank: str = ""
    colour: str = "accent"
    hollow: bool = False
    cells: tuple[tuple[Fact, str], ...] = ()


@dataclass(frozen=True)
class Layout:
    """`names` and `dots` are widths in mm; the rest is for the numbers under `heads`. `form` writes the ends of the axis."""

    names: float
    dots: float
    heads: tuple[str, ...]
    form: str
    head: str
    tick: str = ""


def draw(height: str, rows: Sequence[Row], layout: Layout, voice: Voice) -> Figure:
    """The rows from the top, as high as their number allows."""
    figure, axes = board(height)
    top = HEIGHT[height] - HEAD
    high = min(TALLEST, (top - 0.5) / max(1, len(rows)))
    dots = strip(figure, layout.names, layout.dots)
    dots.set_xlim(*_reach(rows))
    edges = _edges(layout)
    _heads(axes, dots, top, len(rows) * high, layout, edges, voice)
    (line,) = dots.plot([math.nan if row.value is None else row.value for row in rows],
                        [top - (i + 0.5) * high for i in range(len(rows))], linestyle="none")  # fmt: skip
    mark(line, "value", along="x")
    named = False
    for i, row in enumerate(rows):
        y = top - (i + 0.5) * high
        axes.plot([0, MAIN], [y - high / 2] * 2, color=COLOUR["rule"], lw=LINE["hair"])
        two = high >= SMALL and row.under
        axes.text(0, y + (2.1 if two else 0), fit(row.name, layout.names - 3, TYPE["label"]), va="center", size=TYPE["label"],
                  weight="bold")  # fmt: skip
        if two:
            axes.text(0, y - 2.1, fit(row.under, layout.names - 3, TYPE["foot"]), va="center", size=TYPE["foot"],
                      color=COLOUR["text2"])  # fmt: skip
        named = _dot(dots, y, high, row, layout, named=named, voice=voice)
        for edge, (value, form) in zip(edges, row.cells, strict=True):
            if form == "text":
                axes.text(edge, y, str(value or ""), ha="right", va="center", size=TYPE["small"], color=COLOUR["text2"])
            else:
                number(axes, edge, y, value, form, voice, ha="right", va="center", size=TYPE["label"])  # type: ignore[arg-type]
    return figure


def _reach(rows: Sequence[Row]) -> tuple[float, float]:
    ends = [end for row in rows for end in (row.low, row.high, row.value, row.tick) if end is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.07 * (high - low or 1.0)
    return low - room, high + room


def _edges(layout: Layout) -> list[float]:
    """Right edges of the numbers' columns."""
    left = layout.names + layout.dots
    wide = (MAIN - left) / max(1, len(layout.heads))
    return [left + wide * (i + 1) for i in range(len(layout.heads))]


def _heads(axes: Axes, dots: Axes, top: float, tall: float, layout: Layout, edges: Sequence[float], voice: Voice) -> None:
    style = {"size": TYPE["small"], "weight": "bold", "color": COLOUR["text2"], "va": "center"}
    axes.text(0, top + 3.2, voice.say(layout.head), **style)
    for edge, key in zip(edges, layout.heads, strict=True):
        axes.text(edge, top + 3.2, voice.say(key), ha="right", **style)
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    dots.plot([0, 0], [top - tall, top], color=COLOUR["ink"], lw=LINE["axis"], zorder=1)
    dots.text(0, top + 3.2, "0", ha="center", va="center", size=TYPE["small"], color=COLOUR["text2"])
    low, high = dots.get_xlim()
    for end, side in ((low, "left"), (high, "right")):
        if abs(end) > 0.3 * (high - low):
            dots.text(end, top + 3.2, voice.number(end, layout.form), ha=side, va="center", size=TYPE["small"],
                      color=COLOUR["text2"])  # fmt: skip


def _dot(dots: Axes, y: float, high: float, row: Row, layout: Layout, *, named: bool, voice: Voice) -> bool:
    """The dot with its interval and tick, or the words why there is none; whether the tick has had its name."""
    if row.value is None:
        dots.text(0, y, "  " + row.blank, va="center", size=TYPE["foot"], color=COLOUR["mute"],
                  bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 1.0})  # fmt: skip
        return named
    colour = COLOUR[row.colour]
    if row.low is not None and row.high is not None:
        dots.plot([row.low, row.high], [y, y], color=colour, lw=LINE["interval"])
    dots.plot(row.value, y, "o", ms=6, mfc=COLOUR["paper"] if row.hollow else colour, mec=colour, mew=LINE["interval"])
    if row.tick is None:
        return named
    tall = min(4.2, high / 2 - 1)
    dots.plot([row.tick] * 2, [y - tall, y + tall], color=COLOUR["ink"], lw=LINE["main"])
    if not named and layout.tick:
        left, right = dots.get_xlim()
        end = row.tick > left + 0.8 * (right - left)
        dots.annotate(voice.say(layout.tick), (row.tick, y + tall), xytext=(-2 if end else 2, 0), textcoords="offset points",
                      ha="right" if end else "left", va="center", size=TYPE["foot"], color=COLOUR["ink"])  # fmt: skip
    return True
