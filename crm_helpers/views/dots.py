"""Rows of a dot with its interval: a name, the drawing, and numbers at the right, the way several pages compare groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.document import Fact
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, TYPE, board, fit, mark, number, strip

HEAD, DROP = 9.0, 1.05  # mm of column heads; from the middle of a row to the baseline of its text
STEP = 11.0  # mm of a row where there is room


@dataclass(frozen=True)
class Row:
    """One line: `tone` is told (accent), against (alert) or open (grey and hollow); NaN draws nothing. `other` is a diamond."""

    label: str
    value: float
    low: float
    high: float
    tone: str = "told"
    cells: tuple[tuple[Fact, str], ...] = ()
    other: float = math.nan


@dataclass(frozen=True)
class Frame:
    """Where things stand on the board (mm), the text keys of the heads, and the axis.

    `names` is the width of the names; `places` are the right edges of the number columns, `heads` their keys. `level` is an
    upright line at a value that all are compared with, `level_key` its name and `level_form` how it is written.
    """

    names: float
    dots: tuple[float, float]
    places: tuple[float, ...]
    heads: tuple[str, ...]
    name_head: str
    span: tuple[float, float]
    level: float | None = None
    level_key: str = ""
    level_form: str = ""
    left: float = 0.0
    dots_head: str = ""


def draw_rows(rows: Sequence[Row], frame: Frame, voice: Voice, *, height: str = "M", name: str = "rows") -> Figure:
    """A whole chart of such rows."""
    figure, axes = board(height)
    add_rows(figure, axes, rows, frame, voice, height=height, name=name)
    return figure


def add_rows(
    figure: Figure, axes: Axes, rows: Sequence[Row], frame: Frame, voice: Voice, *, height: str = "M", name: str = "rows"
) -> None:
    """Rows on a board that may hold more: heads at the top, a hair line under each row."""
    tall, right = HEIGHT[height], max((sum(frame.dots), *frame.places))
    step = min(STEP, (tall - HEAD) / max(len(rows), 1))
    at = [tall - HEAD - step * (i + 0.5) for i in range(len(rows))]
    dots = strip(figure, *frame.dots)
    dots.set_xlim(*frame.span)
    bottom, top = at[-1] - step / 2, tall - HEAD + 1
    style = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y = tall - 3 - DROP
    axes.text(frame.left, y, voice.say(frame.name_head), **style)
    for key, x in zip(frame.heads, frame.places, strict=True):
        axes.text(x, y, voice.say(key), ha="right", **style)
    if frame.dots_head:
        axes.text(sum(frame.dots) - frame.dots[1] / 2, y, voice.say(frame.dots_head), ha="center", **style)
    if frame.span[0] <= 0 <= frame.span[1]:
        dots.plot([0, 0], [bottom, top], color=COLOUR["mark"], lw=LINE["hair"], zorder=1)
    if frame.level is not None:
        dots.plot([frame.level] * 2, [bottom, top], color=COLOUR["ink"], lw=LINE["interval"], zorder=1)
        if frame.level_form:
            number(
                dots,
                frame.level,
                y,
                frame.level,
                frame.level_form,
                voice,
                within=voice.say(frame.level_key) + " {}",
                ha="center",
                **style,
            )
    axes.plot([frame.left, right], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    for row, place in zip(rows, at, strict=True):
        _row(axes, dots, row, place, frame, voice, name)
        axes.plot([frame.left, right], [place - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)


def _row(axes: Axes, dots: Axes, row: Row, place: float, frame: Frame, voice: Voice, name: str) -> None:
    colour = {"told": COLOUR["accent"], "against": COLOUR["alert"], "open": COLOUR["text2"]}[row.tone]
    weight = "regular" if row.tone == "open" else "bold"
    axes.text(
        frame.left, place - DROP, fit(row.label, frame.names, TYPE["label"]), size=TYPE["label"], weight=weight, va="baseline"
    )
    if not math.isnan(row.value):
        low, high = (min(max(v, frame.span[0]), frame.span[1]) for v in (row.low, row.high))
        dots.plot([low, high], [place, place], color=colour, lw=LINE["interval"])
        fill = COLOUR["paper"] if row.tone == "open" else colour
        (dot,) = dots.plot([row.value], [place], "o", ms=5, mfc=fill, mec=colour, mew=LINE["interval"])
        mark(dot, name, along="x")
    if not math.isnan(row.other):
        (diamond,) = dots.plot([row.other], [place], "D", ms=5.5, mfc=COLOUR["paper"], mec=COLOUR["ink"], mew=LINE["second"])
        mark(diamond, f"{name}_other", along="x")
    for (value, form), x in zip(row.cells, frame.places, strict=True):
        if form == "text":
            axes.text(x, place - DROP, str(value), ha="right", va="baseline", size=TYPE["label"], color=COLOUR["text2"])
        else:
            number(axes, x, place - DROP, value, form, voice, ha="right", va="baseline", size=TYPE["label"], weight=weight)  # type: ignore[arg-type]
