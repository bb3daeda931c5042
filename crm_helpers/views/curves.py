"""Curves of a share by days with their bands, each named at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.text.catalogue import Voice
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

LEFT, BOTTOM, RIGHT, TOP = 11.0, 11.0, 46.0, 4.0
POINTS = 90  # a curve of more days is drawn at some of them


@dataclass(frozen=True)
class Curve:
    """`table` has day, rate, low, high; `label` is written at the end in `colour` (a token)."""

    name: str
    label: str
    table: pd.DataFrame
    colour: str = "accent"


def draw_curves(
    curves: Sequence[Curve], voice: Voice, *, axis: str, at: Sequence[int] = (), height: str = "M", half: bool = False
) -> Figure:
    """Curves from day 0; the shares at the days `at` are written on them. `half` marks where a curve passes one half."""
    figure, axes = canvas(height, (LEFT, BOTTOM, MAIN - LEFT - RIGHT, HEIGHT[height] - BOTTOM - TOP))
    last = max(int(curve.table["day"].max()) for curve in curves)
    top = min(1.0, max(0.05, 1.18 * max(float(curve.table["high"].max()) for curve in curves)))
    ends = sorted(((float(curve.table["rate"].iloc[-1]), curve) for curve in curves), key=lambda pair: pair[0])
    place = -1.0
    close = len(ends) > 1 and ends[1][0] - ends[0][0] < 0.15 * top  # then the lower values are written under their curve
    for end, curve in ends:
        under = close and curve is ends[0][1]
        table, colour = curve.table, COLOUR[curve.colour]
        drawn = table.iloc[sorted({*range(0, len(table), max(1, len(table) // POINTS)), len(table) - 1})]
        axes.fill_between(drawn["day"], drawn["low"], drawn["high"], color=colour, alpha=0.18, lw=0)
        (line,) = axes.plot(drawn["day"], drawn["rate"], color=colour, lw=LINE["main"])
        mark(line, curve.name)
        place = max(end, place + 0.16 * top)
        axes.text(
            last * 1.02,
            min(place, 0.95 * top),
            curve.label.replace("|", "\n"),
            va="center",
            size=TYPE["label"],
            weight="bold",
            color=colour,
            linespacing=1.45,
        )
        for day in at:
            row = table[table["day"] == day]
            if len(row):
                y = float(row["rate"].iloc[0])
                axes.plot(day, y, "o", color=colour, ms=4.5, zorder=5, clip_on=False)
                number(
                    axes,
                    day,
                    y + (-0.045 if under else 0.045) * top,
                    y,
                    "pct1",
                    voice,
                    ha="center" if day < last else "right",
                    va="top" if under else "bottom",
                    size=TYPE["label"],
                    weight="bold",
                    color=colour,
                )
        if half and (table["rate"] >= 0.5).any():
            day = int(table.loc[table["rate"] >= 0.5, "day"].iloc[0])
            axes.plot([day, day], [0, 0.5], color=COLOUR["ink"], lw=LINE["second"])
            number(
                axes,
                day + 0.012 * last,
                0.06 * top,
                day,
                "int",
                voice,
                within=voice.template("curves.half"),
                ha="left",
                va="center",
                size=TYPE["label"],
                weight="bold",
            )
    axes.set(xlim=(0, last), ylim=(0, top))
    step = next(s for s in (0.02, 0.05, 0.1, 0.2, 0.25) if top / s <= 6 or s == 0.25)
    ticks = [i * step for i in range(int(top / step + 1e-9) + 1)]
    axes.set_yticks(ticks, [f"{round(t * 100)}%" if t == ticks[-1] else f"{round(t * 100)}" for t in ticks])
    days = next(s for s in (5, 10, 30, 60, 90, 120, 180, 365) if last / s <= 7 or s == 365)
    axes.set_xticks(range(0, last + 1, days))
    axes.set_xlabel(voice.say(axis), labelpad=2)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.yaxis.grid(True)
    axes.set_axisbelow(True)
    return figure
