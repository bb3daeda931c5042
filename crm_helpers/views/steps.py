"""The page on F2 … Fn: how many go on from each purchase to the next."""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number


@view
def ladder(table: pd.DataFrame, *, as_of: datetime.date) -> Draft:
    """The rate of each step with its interval, and who is left of 100 first buyers (`metrics.repeat.steps`)."""
    rows = records(table)
    first, last = rows[0], rows[-1]
    weakest = min(rows, key=lambda row: row["rate"])
    later = rows[1] if len(rows) > 1 else None
    span = f"{first['begins']}/{as_of.isoformat()}"
    facts: dict[str, Fact] = {
        "window": int(first["window"]),
        "n": int(first["customers"]),
        "first": float(first["rate"]),
        "low": float(first["low"]),
        "high": float(first["high"]),
        "of_100": fact(last["of_100"]),
        "nth": int(last["step"]) + 1,
        "weak_from": int(weakest["step"]),
        "weak_to": int(weakest["step"]) + 1,
        "weak": float(weakest["rate"]),
        "half": fact(weakest["half"]),
    }
    if later is not None:
        facts |= {"second": float(later["rate"]), "best": max(float(row["rate"]) for row in rows)}
    kind = "one" if later is None else "first" if weakest is first else "later"
    return Draft(
        name="steps.ladder",
        page="BA-10",
        headline=Sentence(f"steps.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("steps.title", facts), Sentence("steps.unit", facts), "M", lambda voice: _draw(rows, voice)),
            TablePanel(Sentence("steps.table"), Sentence("steps.table_unit", facts), _table(rows)),
        ),
        key_figure=KeyFigure(Sentence("steps.key", facts), Sentence("steps.number", facts), Sentence("steps.key_compare", facts)),
        reading=(Sentence("steps.read"),),
        claim=(Sentence("steps.sure"),),
        next_move=NextMove(Sentence("steps.next" if facts["half"] is not None else "steps.next_none", facts)),
        note=(Sentence("steps.note", facts),),
        sample=Sentence("steps.sample", facts),
        source=Sentence("sales.source"),
        period=span,
        definitions=("DF-31", "DF-32", "DF-73"),
        rows=(_finding(facts, kind, span),),
    )


def _table(rows: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("step", "steps.column.step", "text"),
        plain_column("customers", "steps.column.customers", "int", "sales.unit.people"),
        plain_column("rate_90", "steps.column.rate_90", "pct1_number", "sales.unit.percent"),
        plain_column("rate", "steps.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("low", "steps.column.low", "pct1_number", "sales.unit.percent"),
        plain_column("high", "steps.column.high", "pct1_number", "sales.unit.percent"),
        plain_column("half", "steps.column.half", "int", "steps.days"),
        plain_column("of_100", "steps.column.of_100", "dec1", "sales.unit.people"),
    )
    told = tuple(
        (
            f"{int(row['step'])} → {int(row['step']) + 1}",
            *(fact(row[name]) for name in ("customers", "rate_90", "rate", "low", "high", "half", "of_100")),
        )
        for row in rows
    )
    weakest = min(range(len(rows)), key=lambda i: rows[i]["rate"])
    return Table(columns, told, focus=weakest)


def _draw(rows: list[dict[str, Any]], voice: Voice) -> Figure:
    """A bar a step with its interval; under it who is left of 100 first buyers."""
    foot = 19.0
    figure, axes = canvas("M", (26, foot, MAIN - 27, HEIGHT["M"] - foot - 4))
    at = list(range(len(rows)))
    weakest = min(at, key=lambda i: rows[i]["rate"])
    colours = [COLOUR["accent"] if i == weakest else COLOUR["mark"] for i in at]
    mark(axes.bar(at, [row["rate"] for row in rows], 0.5, color=colours), "rate")
    top = max(row["high"] for row in rows)
    for i, row in enumerate(rows):
        axes.plot([i, i], [row["low"], row["high"]], color=COLOUR["ink"], lw=LINE["interval"])
        number(axes, i, row["high"] + 0.02 * top, float(row["rate"]), "pct1", voice, ha="center", va="bottom",
               size=TYPE["subhead"], weight="bold", color=COLOUR["accent"] if i == weakest else COLOUR["text2"])  # fmt: skip
    axes.set(xlim=(-0.5, len(rows) - 0.5), ylim=(0, 1.12 * top), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.set_xticks(at, [voice.say("steps.step", before=int(r["step"]), after=int(r["step"]) + 1) for r in rows], weight="bold")
    axes.tick_params(axis="x", length=0, pad=3)
    tall = HEIGHT["M"] - foot - 4
    under: dict[str, Any] = {
        "transform": axes.get_xaxis_transform(),
        "va": "center",
        "size": TYPE["label"],
        "color": COLOUR["text2"],
    }
    left = -0.5 - 1.5 * len(rows) / (MAIN - 27)
    for key, name, form, depth in (("people", "customers", "int", 9.5), ("left", "of_100", "dec1", 15.0)):
        axes.text(left, -depth / tall, voice.say(f"steps.{key}"), ha="right", **under)
        for i, row in enumerate(rows):
            number(axes, i, -depth / tall, fact(row[name]), form, voice, ha="center", **under)
    return figure


def _finding(facts: dict[str, Fact], kind: str, span: str) -> LedgerRow:
    told: dict[str, Fact] = {"value": facts["first"], "unit": "percent", "n": facts["n"], "low": facts["low"],
                             "high": facts["high"], "period": span, "definition": "f2"}  # fmt: skip
    text = Sentence(f"steps.headline.{kind}", facts)
    return LedgerRow(row_id("finding", "fn"), "finding", text, {"f2": told}, "order_lines", (row_id("kpi", "customers"),))
