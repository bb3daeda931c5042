"""The page on whose journeys are mapped: how much they weigh, and what is known of them apart from what is supposed."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.metrics.journey import EVERYBODY
from crm_helpers.params.journey import Journey
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.journey import persona_key, stage_key
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip

FACTS = ("cancel", "contact", "inquiry", "change")  # what the records tell of a persona, the weightiest first
SUPPOSED = ("goal", "thought")  # what the workshop thinks of them
MOST = 3  # lines of each kind


def cards(
    sizes: pd.DataFrame | Unavailable,
    found: pd.DataFrame | Unavailable,
    notes: pd.DataFrame,
    *,
    journey: Journey,
    periods: Periods,
) -> Any:
    """`who` with what the map's evidence tells; where there is none the facts are the sizes alone."""
    told = found.head(0) if isinstance(found, pd.DataFrame) else pd.DataFrame(columns=["persona", "row", "people"])
    return who(sizes, found if isinstance(found, pd.DataFrame) else told, notes, journey=journey, periods=periods)  # type: ignore[arg-type]


@view
def who(sizes: pd.DataFrame, found: pd.DataFrame, notes: pd.DataFrame, *, journey: Journey, periods: Periods) -> Draft:
    """Shares of buyers and of sales by persona (`metrics.personas.sizes`), over facts and suppositions of the first one.

    `found` is `metrics.journey_map.evidence`, `notes` the workshop's.
    """
    rows = records(sizes)
    *shown, whole = rows
    first = shown[0]
    facts: dict[str, Fact] = {
        "name": persona_key(str(first["persona"])),
        "people": int(first["people"]),
        "buyers": int(first["buyers"]),
        "sales": int(first["sales"]),
        "share": float(first["sales_share"]),
        "of_buyers": float(first["buyers_share"]),
        "index": float(first["sales_each"] / whole["sales_each"]),
        "each": round(first["sales_each"]),
        "whole_each": round(whole["sales_each"]),
        "all": int(whole["buyers"]),
        "count": len(shown),
        "current": str(periods.current),
    }
    told = _known(first, found, notes, journey)
    return Draft(
        name="personas.who",
        page="CJ-01",
        headline=Sentence("personas.headline", facts),
        panels=(
            ChartPanel(Sentence("personas.title"), Sentence("personas.unit", facts), "S", lambda v: _draw(shown, whole, v)),
            TablePanel(Sentence("personas.table", facts), Sentence("personas.table_unit"), told),
        ),
        key_figure=KeyFigure(
            Sentence("personas.key", facts), Sentence("personas.key_number", facts), Sentence("personas.key_compare", facts)
        ),
        reading=(Sentence("personas.read"),),
        claim=(Sentence("personas.sure"),),
        next_move=NextMove(Sentence("personas.next", facts)),
        note=(Sentence("personas.note"),),
        sample=Sentence("personas.sample", facts),
        source=Sentence("journey_map.source"),
        period=str(periods.current),
        largest=int(whole["sales_each"]),
        definitions=("DF-123",),
    )


def _known(persona: dict[str, Any], found: pd.DataFrame, notes: pd.DataFrame, journey: Journey) -> Table:
    """What the records tell with its n, then what the workshop thinks; each line says which it is."""
    columns = (
        plain_column("kind", "personas.column.kind", "term", weight=0.6),
        plain_column("what", "personas.column.what", "term", weight=1.4),
        plain_column("told", "personas.column.told", "text", weight=2.6),
        plain_column("share", "personas.column.share", "pct1_number", "sales.unit.percent", weight=0.7),
        plain_column("n", "personas.column.n", "int", weight=0.7),
        plain_column("evidence", "personas.column.evidence", "text", weight=0.6),
    )
    mine = found[found["persona"] == persona["persona"]] if len(found) else found
    lines: list[tuple[Fact, ...]] = []
    for kind in FACTS:
        part = records(mine[mine["row"] == kind].sort_values("people", ascending=False, kind="stable")) if len(mine) else []
        for row in part[:1]:
            word = f"journey_map.change.{row['label']}" if kind == "change" else str(row["label"])
            lines.append(
                ("personas.fact", f"personas.what.{kind}", word, float(row["share"]), int(row["of"]), str(row["evidence"]))
            )
    lines = lines[:MOST]
    said = {(str(row["stage"]), str(row["row"])): str(row["note"]) for row in records(notes)}
    for stage in journey.stages:
        for kind in SUPPOSED:
            if (stage.id, kind) in said and len([line for line in lines if line[0] == "personas.supposed"]) < MOST:
                lines.append(("personas.supposed", stage_key(stage.id), said[stage.id, kind], None, None, "D"))
    if not lines:
        lines.append(("personas.fact", "personas.what.none", "personas.nothing", None, None, ""))
    forms = tuple(("term", "term", "term" if _is_key(str(line[2])) else "text", "pct1_number", "int", "text") for line in lines)
    return Table(columns, tuple(lines), forms=forms)


def _is_key(words: str) -> bool:
    return words.startswith(("journey_map.change.", "personas."))


# ---------------------------------------------------------------- drawing
NAMES, BARS, NUMBERS, HEAD = 52.0, (54.0, 70.0), (150.0, 174.0, MAIN - 1), 9.0  # mm


def _draw(rows: list[dict[str, Any]], whole: dict[str, Any], voice: Voice) -> Figure:
    """Two bars a persona: its share of the buyers (grey) and of the sales; beside them people, orders and money of one."""
    figure, axes = board("S")
    every = [*rows, whole]
    step = min(15.0, (HEIGHT["S"] - HEAD) / len(every))
    at = [HEIGHT["S"] - HEAD - step * (i + 0.5) for i in range(len(every))]
    bars = strip(figure, *BARS)
    most = max(float(row[name]) for row in rows for name in ("buyers_share", "sales_share"))
    bars.set_xlim(0, most * 1.25)
    style = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y = HEIGHT["S"] - 4
    axes.text(0, y, voice.say("personas.head.name"), **style)
    axes.text(BARS[0], y, voice.say("personas.head.shares"), **style)
    for key, x in zip(("buyers", "orders", "sales"), NUMBERS, strict=True):
        axes.text(x, y, voice.say(f"personas.head.{key}"), ha="right", **style)
    top = HEIGHT["S"] - HEAD + 1.5
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    thick = min(4.2, step * 0.36)
    for name, lift, colour in (("buyers_share", thick / 2, "mark"), ("sales_share", -thick / 2, "accent")):
        ends = [place + lift for place in at[: len(rows)]]
        mark(bars.barh(ends, [float(row[name]) for row in rows], height=thick, color=COLOUR[colour]), name)
        for row, place in zip(rows, ends, strict=True):
            number(bars, float(row[name]) + most * 0.02, place, float(row[name]), "pct1", voice, va="center", size=TYPE["small"],
                   weight="bold" if name == "sales_share" else "regular")  # fmt: skip
    for row, place in zip(every, at, strict=True):
        name = voice.say("personas.all" if row["persona"] == EVERYBODY else persona_key(str(row["persona"])))
        weight = "regular" if row["persona"] == EVERYBODY else "bold"
        axes.text(0, place, fit(name, NAMES, TYPE["label"]), size=TYPE["label"], weight=weight, va="center")
        axes.plot([0, MAIN], [place - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
        cells = ((int(row["buyers"]), "int"), (float(row["orders_each"]), "dec1"), (round(row["sales_each"]), "price"))
        for (value, form), x in zip(cells, NUMBERS, strict=True):
            number(axes, x, place, value, form, voice, ha="right", va="center", size=TYPE["label"], weight=weight)
    return figure
