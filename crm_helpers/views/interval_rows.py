"""A chart of rows, each an estimate as a dot on its 95 % interval against the level of all, with the numbers beside it.

A filled dot differs clearly from the level (the caller's verdict, corrected for many looks), a hollow one does not. Rows may
carry a bar on the left for how much they weigh; a row whose people are too few is named and hatched.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.text.catalogue import Voice
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip

HEAD, DROP = 9.0, 1.05  # mm of column heads; from the middle of a row to the baseline of its text
INTERVAL = MAIN - 1
WIDEST = 11.0  # mm of a row
FEW = 56.0  # mm that a few rows take together


@dataclass(frozen=True)
class IntervalRow:
    """One row: `told` is 1 above the level, −1 below, 0 where no difference is told; None numbers are not written."""

    name: str
    people: int | None
    value: float | None
    low: float | None
    high: float | None
    told: int = 0
    weight: float | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Heads:
    """Text keys of the column heads; `level` names the upright line, `weight` the bars (empty: no bars)."""

    name: str
    people: str
    value: str
    interval: str
    level: str
    weight: str = ""


@dataclass(frozen=True)
class _Places:
    """Millimetres: width of names, left and width of the dots, right edges of people and value."""

    names: float
    dots: tuple[float, float]
    people: float
    value: float


PLAIN = _Places(46.0, (50.0, 92.0), 154.0, 168.0)
WEIGHED = _Places(36.0, (82.0, 56.0), 151.0, 168.0)
BARS = (38.0, 26.0)  # left and width of the bars; their numbers follow on the right


def interval_rows(
    rows: Sequence[IntervalRow],
    heads: Heads,
    *,
    level: float | None,
    form: str,
    voice: Voice,
    height: str = "M",
    from_zero: bool = True,
) -> Figure:
    """Draw the rows from the top. `form` writes the value: pct1, price, dec1 …; the axis of the dots is linear.

    `from_zero`: whether the axis begins at 0 (rates and means) or at the lowest bound (indices around 100).
    """
    figure, axes = board(height)
    places = WEIGHED if heads.weight else PLAIN
    step = min(max(WIDEST, FEW / len(rows)), (HEIGHT[height] - HEAD) / len(rows))
    at = [HEIGHT[height] - HEAD - step * (i + 0.5) for i in range(len(rows))]
    dots = strip(figure, *places.dots)
    dots.set_xlim(*_reach(rows, level, from_zero))
    _uprights(axes, dots, heads, places, level, form, (at[-1] - step / 2, HEIGHT[height] - HEAD + 1), voice)
    bare = f"{form}_number"
    for row, y in zip(rows, at, strict=True):
        weight = "bold" if row.told else "regular"
        right = {"va": "baseline", "ha": "right", "size": TYPE["label"]}
        axes.text(0, y - DROP, fit(row.name, places.names, TYPE["label"]), size=TYPE["label"], weight=weight)
        axes.plot([0, MAIN], [y - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
        if row.hidden:
            left, wide = places.dots
            axes.add_patch(
                Rectangle((left, y - step / 3), wide, step / 1.5, fc="none", ec=COLOUR["mark"], hatch=HATCH, lw=LINE["hair"])
            )
            continue
        if heads.weight and row.weight is not None:
            _bar(axes, rows, row, y, step, voice)
        if row.people is not None:
            number(axes, places.people, y - DROP, row.people, "int", voice, color=COLOUR["text2"], **right)
        if row.value is None or math.isnan(row.value):
            continue
        _dot(dots, row, y)
        number(axes, places.value, y - DROP, row.value, bare, voice, weight=weight, **right)
        if row.low is not None and row.high is not None and not math.isnan(row.low):
            ends = voice.number(row.low, bare), voice.number(row.high, bare)
            axes.text(INTERVAL, y - DROP, f"[{ends[0]}, {ends[1]}]", color=COLOUR["text2"], **right)
    return figure


def _reach(rows: Sequence[IntervalRow], level: float | None, from_zero: bool) -> tuple[float, float]:
    """The ends of the axis: every interval, cut where one very wide interval would leave the others no room."""
    shown = [row for row in rows if not row.hidden and row.value is not None and not math.isnan(row.value)]
    tops = [row.high if row.high is not None and not math.isnan(row.high) else float(row.value or 0) for row in shown]
    lows = [row.low if row.low is not None and not math.isnan(row.low) else float(row.value or 0) for row in shown]
    values = [float(row.value or 0) for row in shown] + ([level] if level is not None else [])
    top = min(max([*tops, *values]), 2.5 * max(values))
    low = 0.0 if from_zero else min([*lows, *values])
    room = (top - low or 1.0) * 0.06
    return (low if from_zero else low - room), top + room


def _uprights(
    axes: Axes, dots: Axes, heads: Heads, places: _Places, level: float | None, form: str, ends: tuple[float, float], voice: Voice
) -> None:
    style = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    bottom, top = ends
    y = top + HEAD - 4 - DROP
    if dots.get_xlim()[0] == 0:
        dots.plot([0, 0], [bottom, top], color=COLOUR["mark"], lw=LINE["hair"], zorder=1)
    if level is not None:
        dots.plot([level, level], [bottom, top], color=COLOUR["ink"], lw=LINE["interval"], zorder=1)
        number(dots, level, y, level, form, voice, within=voice.say(heads.level) + " {}", ha="center", **style)
    axes.text(0, y, voice.say(heads.name), **style)
    for key, x in ((heads.people, places.people), (heads.value, places.value), (heads.interval, INTERVAL)):
        axes.text(x, y, voice.say(key), ha="right", **style)
    if heads.weight:
        axes.text(BARS[0], y, voice.say(heads.weight), **style)
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])


def _dot(dots: Axes, row: IntervalRow, y: float) -> None:
    colour = (COLOUR["text2"], COLOUR["accent"], COLOUR["alert"])[row.told]  # −1 is the last
    if row.low is not None and row.high is not None:
        dots.plot([row.low, row.high], [y, y], color=colour, lw=LINE["interval"])
    fill = colour if row.told else COLOUR["paper"]
    (dot,) = dots.plot([float(row.value or 0.0)], [y], "o", ms=5, mfc=fill, mec=colour, mew=LINE["interval"])
    mark(dot, "estimate", along="x")


def _bar(axes: Axes, rows: Sequence[IntervalRow], row: IntervalRow, y: float, step: float, voice: Voice) -> None:
    """How much the row weighs, as a share of all, from zero."""
    most = max(other.weight or 0.0 for other in rows)
    wide = BARS[1] * (row.weight or 0.0) / most if most else 0.0
    axes.add_patch(Rectangle((BARS[0], y - min(4.0, step * 0.5) / 2), wide, min(4.0, step * 0.5), fc=COLOUR["mark"], lw=0))
    number(axes, BARS[0] + wide + 1.2, y - DROP, row.weight, "pct1", voice, va="baseline", size=TYPE["label"])
