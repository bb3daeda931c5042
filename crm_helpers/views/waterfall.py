"""The waterfall of a money change: a total, its parts, the total after; totals are cut with the break mark and say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, fit, mark, number

WIDTH = 0.62
NAME_SIZE = {True: TYPE["label"], False: TYPE["foot"]}
MANY = 8  # from so many bars on their names are written small
FOOT = 12.0  # mm under the bars: the names and, under them, what moved
LINE_MM = 3.4  # a second line of what moved
BRACE = 6.0  # mm more when a brace names what some bars have in common


@dataclass(frozen=True)
class Part:
    """One bar: its name, its money in minor units and, in words, what moved (`3.62 → 3.58回`)."""

    name: str
    money: int
    moved: str = ""


@dataclass(frozen=True)
class Brace:
    """A line under the bars `first` to `last` (positions in the parts) and the words for what they are together."""

    first: int
    last: int
    words: str


def draw(before: int, parts: Sequence[Part], main: int, periods: Periods, voice: Voice, brace: Brace | None = None) -> Figure:
    """The compared total, the parts that add up to the change, the current total; `main` is the part that stands out."""
    size = TYPE["small"]
    slot, large = (MAIN - 1) / (len(parts) + 2), NAME_SIZE[len(parts) + 1 < MANY]
    moved = [_in_slot(part.moved, slot, size) for part in parts]
    heads = [voice.say("kpi.total", period=str(p)) for p in (periods.compare, periods.current)]
    names = [_in_slot(name, slot - 1, large) for name in (heads[0], *(part.name for part in parts), heads[1])]
    lines = [LINE_MM if any("\n" in words for words in told) else 0.0 for told in (names, moved)]
    line = sum(lines)
    foot = FOOT + line + (BRACE if brace else 0)
    figure, axes = canvas("M", (0.5, foot, MAIN - 1, HEIGHT["M"] - foot - 2))
    money = [part.money for part in parts]
    shown = voice.formats.rounded_parts(money, keep=main)
    levels = before + np.concatenate([[0], np.cumsum(money)])
    floor = _floor(float(levels.min()), float(levels.max()))
    reach, last = max(float(levels.max()), 0.0) - floor or 1.0, len(parts) + 1
    for position, total in ((0, before), (last, int(levels[-1]))):
        _draw_total(axes, position, total, floor, reach, voice, COLOUR["text2"] if position else COLOUR["mark"])
    for i, part in enumerate(parts):
        _draw_part(axes, i + 1, float(levels[i]), part.money, shown[i], i == main, reach, voice)
    for position, level in enumerate(levels):
        axes.plot([position + WIDTH / 2, position + 1 - WIDTH / 2], [level, level], color=COLOUR["mark"], lw=LINE["axis"])
    axes.set(xlim=(-0.5, last + 0.5), ylim=(floor, floor + reach * 1.1), yticks=[])
    axes.spines["left"].set_visible(False)
    if floor < 0:
        axes.axhline(0, color=COLOUR["mark"], lw=LINE["axis"])
        axes.spines["bottom"].set_visible(False)
    axes.set_xticks(range(last + 1), names, size=large, weight="bold", color=COLOUR["ink"])
    axes.tick_params(axis="x", length=0, pad=4)
    tall = HEIGHT["M"] - foot - 2
    depth = (8.5 + lines[0] + lines[1] / 2) / tall
    for position, words in enumerate(moved, start=1):
        _under(axes, position, depth, words, size, COLOUR["text2"])
    if floor > 0:
        _under(axes, 0.0, depth, voice.say("kpi.cut", floor=round(floor)), TYPE["foot"], COLOUR["mute"])
    if brace:
        _draw_brace(axes, brace, 11.5 + line, tall)
    return figure


def _floor(low: float, high: float) -> float:
    """Where the cut totals start: a round number under the lowest level that leaves the changes two thirds of the height.

    Nothing is cut when that is 0 or less; sales below 0 need the room under 0.
    """
    wanted = low - (high - low) * 0.6
    step = 10.0 ** np.floor(np.log10(max(high - low, 1.0)))
    return max(min(0.0, low * 1.2), float(np.floor(wanted / step) * step))


def _draw_total(axes: Axes, position: int, total: int, floor: float, reach: float, voice: Voice, colour: str) -> None:
    foot = max(floor, 0.0)
    axes.bar(position, total - foot, bottom=foot, width=WIDTH, color=colour)
    number(
        axes,
        position,
        max(total, foot) + reach * 0.02,
        total,
        "money_number",
        voice,
        ha="center",
        weight="bold",
        size=TYPE["subhead"],
    )
    if floor > 0:
        for shift in (0.0, 0.02):  # the cut in the bar
            xs = np.linspace(position - 0.36, position + 0.36, 7)
            axes.plot(xs, floor + reach * (0.09 + shift + 0.014 * (np.arange(7) % 2)), color=COLOUR["paper"], lw=1.6)


def _draw_part(axes: Axes, position: int, level: float, part: int, shown: int, main: bool, reach: float, voice: Voice) -> None:
    gain = part >= 0
    colour = COLOUR["accent"] if gain else COLOUR["alert"]
    fill = (COLOUR["accent"] if main else COLOUR["accent_soft"]) if gain else COLOUR["alert"] if main else COLOUR["alert_soft"]
    bars = axes.bar(position, part, bottom=level, width=WIDTH, ec=colour, lw=LINE["second"], fc=fill)
    mark(bars, f"part{position}")
    number(
        axes,
        position,
        max(level, level + part) + reach * 0.02,
        shown,
        "money_number_signed",
        voice,
        ha="center",
        weight="bold",
        size=TYPE["subhead"],
        color=colour,
    )


def _under(axes: Axes, position: float, depth: float, words: str, size: float, colour: str) -> None:
    """Words under a bar, `depth` of the axes' height below it."""
    axes.text(position, -depth, words, transform=axes.get_xaxis_transform(), ha="center", va="center", size=size, color=colour)


def _in_slot(words: str, wide: float, size: float) -> str:
    """Words in two lines where one is wider than the bar's slot (mm): before an arrow, after a dash, or at the middle space."""
    if fit(words, wide, size) == words:
        return words
    for sign, instead in ((" → ", "\n→ "), ("–", "–\n")):
        if sign in words:
            return words.replace(sign, instead, 1)
    spaces = [at for at, letter in enumerate(words) if letter == " "]
    middle = min(spaces, key=lambda at: abs(at - len(words) / 2), default=None)
    return words if middle is None else f"{words[:middle]}\n{words[middle + 1 :]}"


def _draw_brace(axes: Axes, brace: Brace, under: float, tall: float) -> None:
    """The brace `under` mm below the bars of an axes `tall` mm high."""
    left, right = brace.first + 1 - WIDTH / 2, brace.last + 1 + WIDTH / 2
    depth = under / tall
    axes.plot(
        [left, left, right, right],
        [-depth + 1 / tall, -depth, -depth, -depth + 1 / tall],
        transform=axes.get_xaxis_transform(),
        color=COLOUR["mark"],
        lw=LINE["axis"],
        clip_on=False,
    )
    _under(axes, (left + right) / 2, (under + 3.1) / tall, brace.words, TYPE["small"], COLOUR["ink"])
