"""The consultant's own page on media: three ways to credit them with finished visits, none of which is an effect."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.metrics.chains import OTHERS
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, strip

WAYS = (("last", "o"), ("removal", "s"), ("shapley", "D"))


@view
def media(table: pd.DataFrame, *, periods: Periods) -> Draft:
    """Shares by the last visit, by removal and by Shapley (`metrics.chains.media`); not for the client's board."""
    rows = records(table)
    spread = max(abs(float(row["shapley"]) - float(row["last"])) for row in rows)
    facts: dict[str, Fact] = {
        "medium": str(rows[0]["medium"]),
        "share": float(rows[0]["shapley"]),
        "spread": spread,
        "paths": int(rows[0]["paths"]),
        "done": int(rows[0]["done"]),
        "media": len(rows),
        "order": fact(rows[0]["order"]),
        "current": str(periods.current),
    }
    kind = "order_2" if float(rows[0]["order"]) > 0 else "order_1"
    return Draft(
        name="chains.media",
        page="CJ-04b",
        headline=Sentence("chains.headline.media", facts),
        panels=(
            ChartPanel(Sentence("chains.title"), Sentence("chains.unit", facts), "M", lambda v: _draw(rows, v)),
            TablePanel(Sentence("chains.table"), Sentence("chains.table_unit"), _table(rows)),
        ),
        key_figure=KeyFigure(Sentence("chains.key"), Sentence("chains.key_number", facts), Sentence("chains.key_compare", facts)),
        reading=(Sentence("chains.read"),),
        claim=(Sentence("chains.sure"), Sentence(f"chains.{kind}", facts)),
        next_move=NextMove(Sentence("chains.next")),
        sample=Sentence("chains.sample", facts),
        source=Sentence("visits.source"),
        period=str(periods.current),
        audience="internal",
        evidence="association",
        definitions=("DF-130",),
    )


def _table(rows: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("medium", "chains.column.medium", "text"),
        plain_column("visits", "chains.column.visits", "int", "visits.unit_visits"),
        *(plain_column(name, f"chains.column.{name}", "pct1_number", "sales.unit.percent") for name, _ in WAYS),
    )
    told = tuple((_name(row), *(fact(row[column.name]) for column in columns[1:])) for row in rows)
    rest = tuple(column.form for column in columns[1:])
    return Table(columns, told, forms=tuple(("term" if row[0] == "chains.others" else "text", *rest) for row in told))


def _name(row: dict[str, Any]) -> str:
    return "chains.others" if row["medium"] == OTHERS else str(row["medium"])


def _draw(rows: list[dict[str, Any]], voice: Voice) -> Figure:
    """For each medium three marks on one line; the closer they are, the less the way of crediting matters."""
    figure, axes = board("M")
    step = min(11.0, (HEIGHT["M"] - 12) / len(rows))
    dots = strip(figure, 60.0, MAIN - 64)
    top = max(float(row[name]) for row in rows for name, _ in WAYS)
    dots.set_xlim(0, top * 1.15)
    for i, (name, shape) in enumerate(WAYS):
        axes.plot(
            [62 + 44 * i], [HEIGHT["M"] - 4], shape, ms=5, color=COLOUR["accent"], mfc=COLOUR["paper"] if i else COLOUR["accent"]
        )
        axes.text(65 + 44 * i, HEIGHT["M"] - 4, voice.say(f"chains.column.{name}"), va="center", size=TYPE["small"])
    at = [HEIGHT["M"] - 10 - step * (i + 0.5) for i in range(len(rows))]
    for row, place in zip(rows, at, strict=True):
        told = voice.say(_name(row)) if row["medium"] == OTHERS else str(row["medium"])
        axes.text(0, place, fit(told, 56, TYPE["label"]), size=TYPE["label"], weight="bold", va="center")
        dots.plot([0, top * 1.15], [place, place], color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    for i, (name, shape) in enumerate(WAYS):
        (line,) = dots.plot([float(row[name]) for row in rows], at, shape, ms=5, color=COLOUR["accent"],
                            mfc=COLOUR["paper"] if i else COLOUR["accent"], ls="none")  # fmt: skip
        mark(line, name, along="x")
    return figure
