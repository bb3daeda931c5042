"""The page on the steps of a visit: how far visits get, and at which step one channel falls behind another."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.visits import ALL, farthest
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.journey import rounded, unit_of
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip

SAID = 34.0  # mm of a headline that an event's name may take, at the size of a chart label


@view
def steps(table: pd.DataFrame, *, order_value: int | None) -> Draft:
    """Going on from step to step by channel, over visits by step (`metrics.visits.steps`).

    `order_value`: the mean order of the period, minor units; None where it cannot be told.
    """
    rows = records(table)
    channels = [str(name) for name in table["channel"].unique() if name != ALL] or [ALL]
    told = farthest(table)
    everybody = [row for row in rows if row["channel"] == ALL]
    kind = "channel" if told else "step"
    facts = _facts(everybody, told, order_value)
    return Draft(
        name="visits.steps",
        page="CJ-04",
        headline=Sentence(f"visits.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("visits.title"), Sentence("visits.unit", facts), "M", lambda v: _draw(rows, channels, facts, v)),
            TablePanel(Sentence("visits.table"), Sentence("visits.table_unit"), _table(rows, facts)),
        ),
        key_figure=KeyFigure(
            Sentence(f"visits.key_{kind}", facts),
            Sentence(f"visits.number_{kind}", facts),
            Sentence(f"visits.compare_{kind}", facts),
        ),
        reading=(Sentence("visits.read", facts),),
        claim=(Sentence(f"visits.sure_{kind}", facts), *([Sentence("visits.stake", facts)] if facts["stake"] else [])),
        next_move=NextMove(Sentence(f"visits.next_{kind}", facts)),
        note=(Sentence("visits.note"),),
        sample=Sentence("visits.sample", facts),
        source=Sentence("visits.source"),
        period=str(facts["span"]),
        largest=unit_of(float(facts["stake"] or 0)),
        evidence="association",
        definitions=("DF-125", "DF-33"),
        rows=_rows(facts, kind),
    )


def _facts(everybody: list[dict[str, Any]], told: dict[str, Any] | None, order_value: int | None) -> dict[str, Fact]:
    weak = min((row for row in everybody if not math.isnan(row["rate"])), key=lambda row: float(row["rate"]), default=None)
    focus = told["place"] if told else weak["place"] if weak else 1
    at = next(row for row in everybody if row["place"] == focus)
    before = next(row for row in everybody if row["place"] == focus - 1)
    facts: dict[str, Fact] = {
        "visits": int(everybody[0]["visits"]),
        "before": fit(str(before["event"]), SAID, TYPE["label"]),
        "event": fit(str(at["event"]), SAID, TYPE["label"]),
        "place": int(focus),
        "n": int(at["n"]),
        "rate": fact(at["rate"]),
        "low": fact(at["low"]),
        "high": fact(at["high"]),
        "lost": int(at["n"] - at["went"]),
        "span": f"{at['first']}/{at['last']}",
        "stake": None,
    }
    if told:
        missing = round(told["lower_n"] * (told["higher_rate"] - told["lower_rate"]))
        facts |= {
            name: fact(told[name]) for name in ("gap", "gap_low", "gap_high", "pairs", "lower_rate", "higher_rate", "lower_n")
        }
        facts |= {"lower": str(told["lower_channel"]), "higher": str(told["higher_channel"]), "missing": missing}
        facts["points"] = abs(float(told["gap"]))
        if order_value:
            facts |= {"order_value": order_value, "stake": rounded(-float(told["gap"]) * told["lower_n"] * order_value)}
    return facts


def _rows(facts: dict[str, Fact], kind: str) -> tuple[LedgerRow, ...]:
    value: dict[str, Fact] = {name: facts[name] for name in ("n", "low", "high")}
    value |= {"value": facts["rate"], "unit": "percent", "period": facts["span"], "definition": "step_conversion"}
    kpi = row_id("kpi", "step_conversion", event=str(facts["event"]))
    values = {"rate": value}
    if "gap" in facts:
        values["gap"] = {
            "value": facts["gap"],
            "unit": "points",
            "n": facts["lower_n"],
            "low": facts["gap_low"],
            "high": facts["gap_high"],
            "period": facts["span"],
            "definition": "step_conversion",
        }
    return (
        LedgerRow(
            kpi, "kpi", Sentence("visits.node", facts), {"current": value}, "events", (row_id("kpi", "orders_per_customer"),)
        ),
        LedgerRow(row_id("finding", "visits"), "finding", Sentence(f"visits.headline.{kind}", facts), values, "events", (kpi,)),
    )


def _table(rows: list[dict[str, Any]], facts: dict[str, Fact]) -> Table:
    columns = (
        plain_column("channel", "visits.column.channel", "text"),
        plain_column("event", "visits.column.event", "text"),
        plain_column("n", "visits.column.n", "int", "visits.unit_visits"),
        plain_column("went", "visits.column.went", "int", "visits.unit_visits"),
        plain_column("rate", "visits.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("low", "visits.column.low", "pct1_number", "sales.unit.percent"),
        plain_column("high", "visits.column.high", "pct1_number", "sales.unit.percent"),
    )
    shown = [row for row in rows if row["place"] == facts["place"]]
    told = tuple(
        (
            str(row["channel"]) if row["channel"] != ALL else "visits.all",
            str(row["event"]),
            int(row["n"]),
            int(row["went"]),
            *(fact(row[name]) for name in ("rate", "low", "high")),
        )
        for row in sorted(shown, key=lambda row: row["channel"] == ALL)
    )
    rest = tuple(column.form for column in columns[1:])
    forms = tuple(("term" if row[0] == "visits.all" else "text", *rest) for row in told)
    focus = next((i for i, row in enumerate(told) if row[0] == facts.get("lower")), None)
    return Table(columns, told, focus=focus, total=len(told) > 1, forms=forms)


# ---------------------------------------------------------------- drawing
NAMES, LEFT, COLUMN, GAP, HEAD = 46.0, 48.0, 70.0, 6.0, 10.0  # mm
INKS = ("accent", "text2", "mark", "mark")


def _draw(rows: list[dict[str, Any]], channels: list[str], facts: dict[str, Fact], voice: Voice) -> Figure:
    """Left: bars of visits by step; right: the share that goes on from the step before, a dot for each channel."""
    figure, axes = board("M")
    everybody = [row for row in rows if row["channel"] == ALL]
    step = min(18.0, (HEIGHT["M"] - HEAD) / len(everybody))
    at = [HEIGHT["M"] - HEAD - step * (i + 0.5) for i in range(len(everybody))]
    bars, dots = strip(figure, LEFT, COLUMN - 18), strip(figure, LEFT + COLUMN + GAP, MAIN - LEFT - COLUMN - GAP - 4)
    bars.set_xlim(0, max(int(row["visits"]) for row in everybody))
    dots.set_xlim(0, 1)
    style = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y = HEIGHT["M"] - 4
    for key, x in (("event", 0.0), ("visits", LEFT), ("rates", LEFT + COLUMN + GAP)):
        axes.text(x, y, voice.say(f"visits.head.{key}"), **style)
    axes.plot([0, MAIN], [HEIGHT["M"] - HEAD + 2.5] * 2, color=COLOUR["ink"], lw=LINE["rule"])
    mark(bars.barh(at, [int(row["visits"]) for row in everybody], height=step * 0.4, color=COLOUR["mark"]), "visits")
    for row, place in zip(everybody, at, strict=True):
        axes.text(0, place, fit(str(row["event"]), NAMES, TYPE["label"]), size=TYPE["label"], weight="bold", va="center")
        wide = (COLUMN - 18) * int(row["visits"]) / max(int(r["visits"]) for r in everybody)
        number(axes, LEFT + wide + 1.5, place, int(row["visits"]), "int", voice, va="center", size=TYPE["label"])
        axes.plot([0, MAIN], [place - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
        mine = [r for r in rows if r["place"] == row["place"] and r["channel"] in channels and not math.isnan(r["rate"])]
        _dots(dots, mine, channels, place, step, row["place"] == facts["place"], facts, voice)
    for x in (0.0, 0.5, 1.0):
        dots.plot([x, x], [at[-1] - step / 2, HEIGHT["M"] - HEAD + 2.5], color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    return figure


def _dots(
    dots: Axes,
    rows: list[dict[str, Any]],
    channels: list[str],
    place: float,
    step: float,
    focus: bool,
    facts: dict[str, Fact],
    voice: Voice,
) -> None:
    """A line for each channel: its dot, interval, name and share; the one that falls behind in alert."""
    apart = step * 0.8 / max(1, len(rows))
    for i, row in enumerate(rows):
        y = place + (len(rows) - 1) * apart / 2 - i * apart
        low = focus and row["channel"] == facts.get("lower", ALL)
        colour = COLOUR["alert"] if low else COLOUR[INKS[channels.index(str(row["channel"]))]]
        dots.plot([row["low"], row["high"]], [y, y], color=colour, lw=LINE["interval"])
        (dot,) = dots.plot([row["rate"]], [y], "o", ms=5, color=colour)
        mark(dot, "rate", along="x")
        name = fit(str(row["channel"]), 24, TYPE["small"]) if row["channel"] != ALL else ""
        right = row["rate"] < 0.6
        within = f"{name} {{}}" if right else f"{{}} {name}"
        x = float(row["high"]) + 0.02 if right else float(row["low"]) - 0.02
        number(dots, x, y, float(row["rate"]), "pct1", voice, within=within.strip(), ha="left" if right else "right", va="center",
               size=TYPE["small"], weight="bold" if low else "regular", color=colour if low else COLOUR["ink"],
               bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 0.4})  # fmt: skip
