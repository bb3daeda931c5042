"""The page on channels: what arrives, is opened, clicked and refused, and whether narrow lists are read more than wide ones."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.metrics.contact_channels import kept
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.formats import shortened
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

ROWS = 6
MARKS = ("o", "s", "^", "D")
ROOM = 0.035  # of the axis, between names written beside dots


@view
def compare(sends: pd.DataFrame, channels: pd.DataFrame, breadth: pd.DataFrame, *, periods: Periods | None) -> Draft:
    """Click rate by length of the list over the channels (`metrics.contact_channels`: sends, compared, breadth)."""
    rows, wide = records(channels), records(breadth)[0]
    clicked = [row for row in rows if not math.isnan(row["click"])]
    best = max(clicked, key=lambda row: row["click"]) if clicked else rows[0]
    known = not math.isnan(wide["gap"])
    kind = (
        "unread"
        if not clicked
        else "alone"
        if not known
        else "narrow"
        if wide["low"] > 0
        else "wide"
        if wide["high"] < 0
        else "same"
    )
    facts: dict[str, Fact] = {"n": int(sum(row["sends"] for row in rows)), "channels": len(rows), "best": _name(best["channel"])}
    facts |= {name: fact(best[name]) for name in ("click", "click_low", "click_high", "arrived", "sent")}
    facts |= {name: fact(wide[name]) for name in ("wide", "narrow", "wide_rate", "narrow_rate", "gap", "low", "high")}
    facts["all"] = int(sum(row["sent"] for row in rows))
    points = kept(sends)
    drawn = ChartPanel(Sentence("contact_channels.title"), Sentence("contact_channels.unit"), "M", lambda v: _draw(points, v))
    chart = [drawn] if len(points) else []
    return Draft(
        name="contact_channels.compare",
        page="ER-11",
        headline=Sentence(f"contact_channels.headline.{kind}", facts),
        panels=(*chart, TablePanel(Sentence("contact_channels.table"), Sentence("contact_channels.table_unit"), _table(rows))),
        key_figure=KeyFigure(
            Sentence("contact_channels.key_gap" if known else "contact_channels.key_click", facts),
            Sentence("contact_channels.key_gap_number" if known else "contact_channels.key_click_number", facts),
            Sentence("contact_channels.key_gap_compare" if known else "contact_channels.key_click_compare", facts),
        ),
        reading=(),
        claim=(Sentence("contact_channels.sure"), Sentence("contact_channels.sure_channels")),
        next_move=NextMove(Sentence(f"contact_channels.next_{'record' if kind == 'unread' else 'test'}")),
        note=(Sentence("contact_channels.note"),),
        sample=Sentence("contact_channels.sample", facts),
        source=Sentence("contact_channels.source"),
        period=str(periods.current) if periods else "",
        definitions=("DF-170",),
        largest=1,
        evidence="association",
    )


def _name(channel: Any) -> str:
    return shortened(str(channel), 8) if channel else "—"


def _table(rows: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("channel", "contact_channels.column.channel", "text"),
        plain_column("sends", "contact_channels.column.sends", "int"),
        plain_column("sent", "contact_channels.column.sent", "int"),
        plain_column("arrival", "contact_channels.column.arrival", "pct1", ""),
        plain_column("open", "contact_channels.column.open", "pct1", ""),
        plain_column("click", "contact_channels.column.click", "pct1", ""),
        plain_column("click_low", "after.column.low", "pct1", ""),
        plain_column("click_high", "after.column.high", "pct1", ""),
        plain_column("opt_out", "contact_channels.column.opt_out", "pct2", ""),
        plain_column("cost", "contact_channels.column.cost", "price_number", "sales.unit.money_base"),
    )
    names = ("arrival", "open", "click", "click_low", "click_high", "opt_out", "cost")
    told = [(_name(row["channel"]), int(row["sends"]), int(row["sent"]), *(fact(row[n]) for n in names)) for row in rows[:ROWS]]
    return Table(columns, tuple(told))


def _draw(points: pd.DataFrame, voice: Voice) -> Figure:
    """Each send by the length of its list (log) and its click rate; a mark a channel, named at its largest list."""
    figure, axes = canvas("M", (14, 13, MAIN - 40, HEIGHT["M"] - 16))
    axes.set_xscale("log")
    top = float(points["high"].max())
    placed: list[float] = []
    for i, (channel, part) in enumerate(points.groupby("channel")):
        colour = (COLOUR["accent"], COLOUR["text2"], COLOUR["mark"], COLOUR["ink"])[i % 4]
        for row in records(part):
            axes.plot([row["arrived"]] * 2, [row["low"], row["high"]], color=colour, lw=LINE["axis"], alpha=0.6)
        (line,) = axes.plot(part["arrived"], part["click"], MARKS[i % 4], color=colour, ms=5)
        mark(line, f"click{i}")
        longest = max(records(part), key=lambda row: row["arrived"])
        y = float(longest["click"])
        while any(abs(y - other) < 0.13 * top for other in placed):
            y += 0.13 * top
        placed.append(y)
        axes.text(
            1.02,
            y / (1.1 * top) + 0.02,
            _name(channel),
            transform=axes.transAxes,
            size=TYPE["label"],
            weight="bold",
            color=colour,
        )
        rate = float(part["clicked"].sum() / part["arrived"].sum())
        number(axes, 1.02, y / (1.1 * top) - ROOM, rate, "pct1", voice, transform=axes.transAxes, va="center", size=TYPE["label"],
               color=colour)  # fmt: skip
    axes.set(ylim=(0, top * 1.1))
    ticks = [tick for tick in (100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
             if points["arrived"].min() * 0.6 <= tick <= points["arrived"].max() * 1.6]  # fmt: skip
    axes.set_xticks(ticks, [voice.number(tick, "int") for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel(voice.say("contact_channels.across"))
    axes.yaxis.set_major_formatter(lambda v, _: voice.number(v, "pct0"))
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.grid(True)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure
