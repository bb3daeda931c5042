"""The page on the stages of the journey: how many reach each, how many go on, and where the most people stop."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Column, Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.journey import EVERYBODY, weakest
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip


def stage_key(stage: str) -> str:
    """Text key of a stage's name: the client's own, or that of its kind of business."""
    return f"journey.stage.{stage}"


def persona_key(persona: str) -> str:
    """Text key of whose journey it is: a segment's name, or all customers."""
    return "journey.everybody" if persona == EVERYBODY else f"segments.name.{persona}"


def rounded(amount: float) -> int:
    """An estimated amount to three digits: more would look like an account."""
    return int(float(f"{amount:.3g}"))


def unit_of(estimate: float) -> int:
    """The amount that chooses the money unit of a page of estimates: one step up, so that three digits are all that is
    written."""
    return int(10 * abs(estimate))


@view
def stages(table: pd.DataFrame, *, periods: Periods) -> Draft:
    """People and going on by stage over the same for every persona (`metrics.journey.reach`)."""
    first = str(table["persona"].iloc[0])
    mine = [row for row in records(table[table["persona"] == first]) if row["measured"] and row["kind"] == "way"]
    steps = {str(row["stage"]): row for row in records(table[table["persona"] == first])}
    told = steps[weakest(table)]
    kind = _kind(told)
    facts = _facts(told, steps, first, periods)
    names = [str(name) for name in table["persona"].unique()]
    return Draft(
        name="journey.stages",
        page="CJ-03",
        headline=Sentence(f"journey.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("journey.title"), Sentence("journey.unit", facts), "M", lambda v: _draw(mine, told, v)),
            TablePanel(Sentence("journey.table"), Sentence("journey.table_unit", facts), _table(table, names, told)),
        ),
        key_figure=KeyFigure(
            Sentence("journey.key", facts),
            Sentence("journey.key_number", facts),
            Sentence("journey.key_compare" if facts["gap"] is not None else "journey.key_interval", facts),
        ),
        reading=(Sentence("journey.read", facts),),
        claim=(Sentence("journey.sure", facts), Sentence(f"journey.sure_{kind}", facts)),
        next_move=NextMove(Sentence("journey.next", facts)),
        note=(*([Sentence("journey.note_cancel", facts)] if facts["leaving"] is not None else []), Sentence("journey.note")),
        sample=Sentence("journey.sample", facts),
        source=Sentence("journey.source"),
        period=str(periods.current),
        definitions=("DF-120", "DF-121", "DF-32"),
        rows=_rows(facts, kind, told),
    )


def _kind(told: dict[str, Any]) -> str:
    """Whether going on rose, fell or stayed against the period before; `alone` where that cannot be told."""
    if math.isnan(told["gap"]):
        return "alone"
    return "rose" if told["gap_low"] > 0 else "fell" if told["gap_high"] < 0 else "same"


def _facts(told: dict[str, Any], steps: dict[str, dict[str, Any]], persona: str, periods: Periods) -> dict[str, Fact]:
    n, rate = int(told["n"]), float(told["rate"])
    leaving = next((row for row in steps.values() if row["kind"] == "leaving" and not math.isnan(row["rate"])), None)
    return {
        "persona": persona_key(persona),
        "start": stage_key(str(told["start"])),
        "stage": stage_key(str(told["stage"])),
        "stages": sum(bool(row["measured"]) for row in steps.values()),
        "of": len(steps),
        "window": int(told["window"]),
        "n": n,
        "rate": rate,
        "low": float(told["low"]),
        "high": float(told["high"]),
        "lost": round(n * (1 - rate)),
        "median": fact(told["median"]),
        "before": fact(told["before_rate"]),
        "before_n": int(told["before_n"]),
        "gap": fact(told["gap"]),
        "points": None if math.isnan(told["gap"]) else abs(float(told["gap"])),
        "gap_low": fact(told["gap_low"]),
        "gap_high": fact(told["gap_high"]),
        "current": str(periods.current),
        "compare": str(periods.compare),
        "leaving": fact(leaving["rate"]) if leaving else None,
        "leaves": stage_key(str(leaving["stage"])) if leaving else None,
    }


def _rows(facts: dict[str, Fact], kind: str, told: dict[str, Any]) -> tuple[LedgerRow, ...]:
    value: dict[str, Fact] = {name: facts[name] for name in ("n", "low", "high")}
    value |= {"value": facts["rate"], "unit": "percent", "period": facts["current"], "definition": "stage_conversion"}
    kpi = row_id("kpi", "stage_conversion", stage=str(told["stage"]))
    values = {"current": value}
    if facts["before"] is not None:
        values["compare"] = {
            "value": facts["before"],
            "unit": "percent",
            "n": facts["before_n"],
            "period": facts["compare"],
            "definition": "stage_conversion",
        }
    return (
        LedgerRow(kpi, "kpi", Sentence("journey.node", facts), values, "journey", (row_id("kpi", "customers"),)),
        LedgerRow(
            row_id("finding", "journey"),
            "finding",
            Sentence(f"journey.headline.{kind}", facts),
            {"rate": value},
            "journey",
            (kpi,),
        ),
    )


def _table(table: pd.DataFrame, names: list[str], told: dict[str, Any]) -> Table:
    """A row a step: the first persona in full, the others' rates beside it."""
    columns = [
        plain_column("step", "journey.column.step", "term_short"),
        plain_column("n", "journey.column.n", "int", "sales.unit.people"),
        plain_column("rate", "journey.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("low", "journey.column.low", "pct1_number", "sales.unit.percent"),
        plain_column("high", "journey.column.high", "pct1_number", "sales.unit.percent"),
        plain_column("before", "journey.column.before", "pct1_number", "sales.unit.percent"),
        plain_column("median", "journey.column.median", "int", "journey.days"),
    ]
    columns += [
        Column(f"rate_{i}", Sentence(persona_key(name)), Sentence("sales.unit.percent"), "pct1_number")
        for i, name in enumerate(names[1:], 1)
    ]
    steps = [row for row in records(table[table["persona"] == names[0]]) if row["start"]]
    others = {(row["persona"], row["stage"]): fact(row["rate"]) for row in records(table)}
    rows = tuple(
        (
            stage_key(str(row["stage"])),
            int(row["n"]),
            *(fact(row[name]) for name in ("rate", "low", "high", "before_rate", "median")),
            *(others[name, row["stage"]] for name in names[1:]),
        )
        for row in steps
    )
    return Table(tuple(columns), rows, focus=[row["stage"] for row in steps].index(told["stage"]))


# ---------------------------------------------------------------- drawing
NAMES, BARS, PEOPLE, DOTS, RATE, DAYS = 44.0, (46.0, 38.0), 100.0, (106.0, 48.0), 174.0, MAIN - 1
HEAD, DROP = 9.0, 1.05  # mm of column heads; from the middle of a row to the baseline of its text


def _draw(rows: list[dict[str, Any]], told: dict[str, Any], voice: Voice) -> Figure:
    """A row a stage: a bar of its people, and between two stages the share that goes on with its interval."""
    figure, axes = board("M")
    tall = (HEIGHT["M"] - HEAD) / max(len(rows), 2)
    step = min(24.0, tall)
    at = [HEIGHT["M"] - HEAD - step * (i + 0.5) for i in range(len(rows))]
    bars, dots = strip(figure, *BARS), strip(figure, *DOTS)
    most = max(1, *(int(row["people"]) for row in rows))
    bars.set_xlim(0, most)
    dots.set_xlim(0, 1)
    style = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y = HEIGHT["M"] - 4 - DROP
    axes.text(0, y, voice.say("journey.head.stage"), **style)
    for name, x in (("people", PEOPLE), ("rate", RATE), ("days", DAYS)):
        axes.text(x, y, voice.say(f"journey.head.{name}"), ha="right", **style)
    axes.text(DOTS[0], y, voice.say("journey.head.dots"), **style)
    top = HEIGHT["M"] - HEAD + 1.5
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    foot = at[-1] - step / 2
    for x in (0.0, 0.5, 1.0):
        dots.plot([x, x], [foot, top], color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    mark(bars.barh(at, [int(row["people"]) for row in rows], height=min(7.0, step * 0.5), color=COLOUR["mark"]), "people")
    for row, place in zip(rows, at, strict=True):
        axes.text(0, place - DROP, fit(voice.say(stage_key(str(row["stage"]))), NAMES, TYPE["label"]), size=TYPE["label"],
                  weight="bold", va="baseline")  # fmt: skip
        number(axes, PEOPLE, place - DROP, int(row["people"]), "int", voice, ha="right", va="baseline", size=TYPE["label"])
        axes.plot([0, DOTS[0] - 3], [place - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    for row, place in zip(rows[1:], [high - step / 2 for high in at[:-1]], strict=True):
        _step(figure.axes, row, place, row["stage"] == told["stage"], voice)
    return figure


def _step(parts: list[Any], row: dict[str, Any], place: float, focus: bool, voice: Voice) -> None:
    """The share that goes on, on the line between two stages; the one that the headline names in alert."""
    axes, dots = parts[0], parts[2]
    right = {"ha": "right", "va": "baseline", "size": TYPE["label"]}
    if math.isnan(row["rate"]):
        if row["n"]:
            axes.text(RATE, place - DROP, voice.say("journey.unwatched"), color=COLOUR["text2"], **right)
        return
    colour = COLOUR["alert"] if focus else COLOUR["accent"]
    if not math.isnan(row["before_rate"]):
        dots.plot([row["before_rate"]], [place], "D", ms=4, mfc=COLOUR["paper"], mec=COLOUR["mark"], mew=LINE["axis"], zorder=3)
    dots.plot([row["low"], row["high"]], [place, place], color=colour, lw=LINE["interval"], zorder=4)
    (dot,) = dots.plot([row["rate"]], [place], "o", ms=6 if focus else 5, color=colour, zorder=5)
    mark(dot, "rate", along="x")
    within = ("▶ " if focus else "") + "{}"
    number(axes, RATE, place - DROP, float(row["rate"]), "pct1", voice, within=within, weight="bold", color=colour, **right)
    number(axes, DAYS, place - DROP, fact(row["median"]), "int", voice, within=voice.say("journey.in_days"), **right)
