"""The page on paths: the most common ones as sequences, and from which event people go on to which."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.data.frames import records
from crm_helpers.document import Column, Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.metrics.intervals import wilson
from crm_helpers.metrics.paths import END
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip

SAID = 30.0  # mm of a headline that an event's name may take, at the size of a chart label


@view
def walked(common: pd.DataFrame, moves: pd.DataFrame, *, periods: Periods) -> Draft:
    """The most common paths (`metrics.paths.common`) over the transitions (`metrics.paths.transitions`)."""
    rows = records(common)
    paths, looped = int(rows[0]["paths"]), int(rows[0]["looped"])
    low, high = wilson(looped, paths)
    turns = moves.sort_values("back", ascending=False, kind="stable").iloc[0]
    ends = moves[moves["target"] == END].sort_values("n", ascending=False, kind="stable")
    facts: dict[str, Fact] = {
        "paths": paths,
        "finished": int(rows[0]["finished"]),
        "done": int(rows[0]["finished"]) / paths,
        "looped": looped,
        "share": looped / paths,
        "low": low,
        "high": high,
        "top": float(rows[0]["share"]),
        "steps": len(rows[0]["steps"]),
        "last": _short(rows[0]["steps"][-1]),
        "source": _short(turns["source"]),
        "target": _short(turns["target"]),
        "back": int(turns["back"]),
        "end": _short(ends["source"].iloc[0]) if len(ends) else None,
        "end_share": float(ends["share"].iloc[0]) if len(ends) else None,
        "end_n": int(ends["n"].iloc[0]) if len(ends) else None,
        "current": str(periods.current),
    }
    kind = "loops" if int(turns["back"]) else "straight"
    return Draft(
        name="paths.walked",
        page="CJ-04c",
        headline=Sentence(f"paths.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("paths.title"), Sentence("paths.unit", facts), "M", lambda v: _draw(rows, v)),
            TablePanel(Sentence("paths.table"), Sentence("paths.table_unit"), _matrix(moves)),
        ),
        key_figure=KeyFigure(Sentence("paths.key"), Sentence("paths.key_number", facts), Sentence("paths.key_compare", facts)),
        reading=(Sentence("paths.read"),),
        claim=(Sentence("paths.sure"),),
        next_move=NextMove(Sentence(f"paths.next_{kind}", facts)),
        note=(Sentence("paths.note"),),
        sample=Sentence("paths.sample", facts),
        source=Sentence("visits.source"),
        period=str(periods.current),
        definitions=("DF-131",),
    )


def _short(event: object) -> str:
    return fit(str(event), SAID, TYPE["label"])


def _matrix(moves: pd.DataFrame) -> Table:
    """From each event (rows) the share that goes on to each other one, and that goes no further."""
    sources = list(dict.fromkeys(moves["source"]))
    targets = [name for name in dict.fromkeys([*sources, *moves["target"]]) if name != END]
    shares = {(row["source"], row["target"]): float(row["share"]) for row in records(moves)}
    leaving = moves.groupby("source")["n"].sum()
    columns = (
        plain_column("source", "paths.column.source", "text", weight=1.6),
        plain_column("n", "paths.column.n", "int"),
        *(
            Column(f"to_{i}", Sentence("journey.own", {"text": name}), Sentence("sales.unit.percent"), "pct1_number")
            for i, name in enumerate(targets)
        ),
        plain_column("end", "paths.column.end", "pct1_number", "sales.unit.percent"),
    )
    rows = tuple(
        (source, int(leaving[source]), *(shares.get((source, target)) for target in (*targets, END))) for source in sources
    )
    return Table(columns, rows)


# ---------------------------------------------------------------- drawing
BARS, HEAD, BOX = (154.0, 28.0), 9.0, 23.0  # mm


def _draw(rows: list[dict[str, Any]], voice: Voice) -> Figure:
    """A row a path: its events as boxes from left to right, a bar of its share at the right; finished ones end in a full box."""
    figure, axes = board("M")
    step = min(11.0, (HEIGHT["M"] - HEAD) / len(rows))
    at = [HEIGHT["M"] - HEAD - step * (i + 0.5) for i in range(len(rows))]
    bars = strip(figure, *BARS)
    bars.set_xlim(0, max(float(row["share"]) for row in rows))
    head = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y = HEIGHT["M"] - 4
    axes.text(0, y, voice.say("paths.head.path"), **head)
    axes.text(BARS[0], y, voice.say("paths.head.share"), **head)
    top = HEIGHT["M"] - HEAD + 1.5
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    colours = [COLOUR["accent"] if row["done"] else COLOUR["mark"] for row in rows]
    mark(bars.barh(at, [float(row["share"]) for row in rows], height=step * 0.45, color=colours), "share")
    right: dict[str, Any] = {"ha": "right", "va": "center", "size": TYPE["label"], "weight": "bold"}
    for row, place in zip(rows, at, strict=True):
        _boxes(axes, row, place, step, voice)
        number(axes, MAIN - 1, place, float(row["share"]), "pct1", voice, **right)
        axes.plot([0, MAIN], [place - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    return figure


def _boxes(axes: Axes, row: dict[str, Any], place: float, step: float, voice: Voice) -> None:
    tall, x = step * 0.62, 0.0
    events = list(row["steps"])
    for i, event in enumerate(events):
        last = row["done"] and not row["longer"] and i + 1 == len(events)
        seen = event in events[:i]  # a return is outlined
        fill = COLOUR["accent"] if last else COLOUR["paper"] if seen else COLOUR["accent_soft"]
        axes.add_patch(
            Rectangle((x, place - tall / 2), BOX - 3, tall, fc=fill, ec=COLOUR["alert"] if seen and not last else "none",
                      lw=LINE["rule"])
        )  # fmt: skip
        axes.text(x + (BOX - 3) / 2, place, fit(event, BOX - 4, TYPE["foot"]), ha="center", va="center", size=TYPE["foot"],
                  color=COLOUR["paper"] if last else COLOUR["ink"])  # fmt: skip
        if i + 1 < len(events):
            axes.text(x + BOX - 1.5, place, "→", ha="center", va="center", size=TYPE["foot"], color=COLOUR["text2"])
        x += BOX
    ending = {(True, True): "longer_done", (True, False): "longer", (False, False): "stopped"}.get((row["longer"], row["done"]))
    if ending:
        axes.text(x, place, voice.say(f"paths.{ending}"), va="center", size=TYPE["foot"], color=COLOUR["mute"])
