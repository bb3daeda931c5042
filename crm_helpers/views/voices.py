"""The page on touchpoints: which one customers rate lowest, and how willing they are to recommend."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip

SAID = 40.0  # mm of a headline that a touchpoint's name may take, at the size of a chart label


@view
def touchpoints(table: pd.DataFrame, waves: pd.DataFrame, *, periods: Periods) -> Draft:
    """Satisfaction of each touchpoint with its interval over satisfaction and effort (`metrics.voices`)."""
    rows = records(table)
    low = rows[0]
    kind = "lower" if low["gap_high"] < 0 else "same"
    facts: dict[str, Fact] = {
        "touchpoint": fit(str(low["touchpoint"]), SAID, TYPE["label"]),
        "n": int(low["answers"]),
        "rest": float(low["csat"]) - float(low["gap"]),
        "points": abs(float(low["gap"])),
        "answers": int(table["answers"].sum()),
        "touchpoints": len(rows),
        "current": str(periods.current),
        **{name: fact(low[name]) for name in ("csat", "low", "high", "gap", "gap_low", "gap_high")},
    }
    wave = records(waves)[-1] if len(waves) else None
    if wave:
        facts |= {"wave": str(wave["wave"]), "nps": fact(wave["nps"]), "nps_n": int(wave["answers"])}
        facts |= {f"nps_{side}": fact(wave[side]) for side in ("low", "high")}
    return Draft(
        name="voices.touchpoints",
        page="CJ-05",
        headline=Sentence(f"voices.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("voices.title"), Sentence("voices.unit", facts), "M", lambda v: _draw(rows, kind, v)),
            TablePanel(Sentence("voices.table"), Sentence("voices.table_unit"), _table(rows)),
        ),
        key_figure=KeyFigure(
            Sentence("voices.key", facts), Sentence("voices.key_number", facts), Sentence("voices.key_compare", facts)
        ),
        reading=(Sentence("voices.read"),),
        claim=(Sentence(f"voices.sure_{kind}", facts), *([Sentence("voices.nps", facts)] if wave else [])),
        next_move=NextMove(Sentence("voices.next", facts)),
        note=(Sentence("voices.note"),),
        sample=Sentence("voices.sample", facts),
        source=Sentence("voices.source"),
        period=str(periods.current),
        evidence="association",
        definitions=("DF-128", "DF-129", "DF-33"),
        rows=_rows(facts, kind),
    )


def _rows(facts: dict[str, Fact], kind: str) -> tuple[LedgerRow, ...]:
    value: dict[str, Fact] = {"value": facts["csat"], "unit": "percent", "period": facts["current"], "definition": "csat"}
    value |= {name: facts[name] for name in ("n", "low", "high")}
    kpi = row_id("kpi", "csat", touchpoint=str(facts["touchpoint"]))
    text = Sentence(f"voices.headline.{kind}", facts)
    return (
        LedgerRow(kpi, "kpi", Sentence("voices.node", facts), {"current": value}, "surveys", (row_id("kpi", "customers"),)),
        LedgerRow(row_id("finding", "touchpoints"), "finding", text, {"csat": value}, "surveys", (kpi,)),
    )


def _table(rows: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("touchpoint", "voices.column.touchpoint", "text"),
        plain_column("answers", "voices.column.answers", "int", "voices.unit_answers"),
        plain_column("csat", "voices.column.csat", "pct1_number", "sales.unit.percent"),
        plain_column("low", "voices.column.low", "pct1_number", "sales.unit.percent"),
        plain_column("high", "voices.column.high", "pct1_number", "sales.unit.percent"),
        plain_column("ces", "voices.column.ces", "dec1", "voices.unit_ces"),
        plain_column("ces_low", "voices.column.low", "dec1", "voices.unit_ces"),
        plain_column("ces_high", "voices.column.high", "dec1", "voices.unit_ces"),
    )
    told = tuple((str(row["touchpoint"]), *(fact(row[column.name]) for column in columns[1:])) for row in rows)
    return Table(columns, told, focus=0)


# ---------------------------------------------------------------- drawing
NAMES, DOTS, PEOPLE, RATE, HEAD, DROP = 56.0, (60.0, 100.0), 176.0, MAIN - 1, 9.0, 1.05


def _draw(rows: list[dict[str, Any]], kind: str, voice: Voice) -> Figure:
    """The share of satisfied answers with its interval, 0 to 100 %; the lowest in alert where it is clearly lower."""
    figure, axes = board("M")
    step = min(15.0, (HEIGHT["M"] - HEAD) / len(rows))
    at = [HEIGHT["M"] - HEAD - step * (i + 0.5) for i in range(len(rows))]
    dots = strip(figure, *DOTS)
    dots.set_xlim(0, 1)
    style = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y, top = HEIGHT["M"] - 3 - DROP, HEIGHT["M"] - HEAD + 1.5
    axes.text(0, y, voice.say("voices.head.touchpoint"), **style)
    axes.text(DOTS[0], y, voice.say("voices.head.dots"), **style)
    axes.text(PEOPLE, y, voice.say("voices.head.answers"), ha="right", **style)
    axes.text(RATE, y, voice.say("voices.head.csat"), ha="right", **style)
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    for x in (0.0, 0.5, 1.0):
        dots.plot([x, x], [at[-1] - step / 2, top], color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    for i, (row, place) in enumerate(zip(rows, at, strict=True)):
        focus = i == 0 and kind == "lower"
        colour = COLOUR["alert"] if focus else COLOUR["accent"]
        name = ("▶ " if focus else "") + fit(str(row["touchpoint"]), NAMES - 6, TYPE["label"])
        axes.text(
            0, place - DROP, name, size=TYPE["label"], weight="bold", va="baseline", color=colour if focus else COLOUR["ink"]
        )
        dots.plot([row["low"], row["high"]], [place, place], color=colour, lw=LINE["interval"])
        (dot,) = dots.plot([row["csat"]], [place], "o", ms=5, color=colour)
        mark(dot, "csat", along="x")
        right = {"va": "baseline", "ha": "right", "size": TYPE["label"]}
        number(axes, PEOPLE, place - DROP, int(row["answers"]), "int", voice, color=COLOUR["text2"], **right)
        number(axes, RATE, place - DROP, float(row["csat"]), "pct1", voice, weight="bold", color=colour, **right)
        axes.plot([0, MAIN], [place - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    return figure
