"""The page on points: what was granted, used and lost, and what is still held."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.metrics.points import OVERDUE, UNDATED
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

SOON = ("1", "3")  # rows that run out within three months


@view
def liability(months: pd.DataFrame, held: pd.DataFrame) -> Draft:
    """Points by month over those still held by when they run out (`metrics.points.by_month`, `outstanding`)."""
    told, rows = held.attrs, records(held)
    soon = sum(0 if math.isnan(row["points"]) else row["points"] for row in rows if row["due"] in SOON)
    each = float(told["each"])
    money = None if math.isnan(each) else round(told["held"] * each)
    facts: dict[str, Fact] = {
        "granted": int(told["granted"]),
        "used": int(told["used"]),
        "expired": int(told["expired"]),
        "held": int(told["held"]),
        "money": money,
        "soon": round(soon),
        "holders": int(told["holders"]),
        "used_share": fact(told["used_share"]),
        "low": fact(told["low"]),
        "high": fact(told["high"]),
        "settled": int(told["used"]) + int(told["expired"]),
        "short": int(told["short"]),
        "overdue": round(sum(row["points"] for row in rows if row["due"] == OVERDUE and not math.isnan(row["points"]))),
        "first": str(months["month"].iloc[0]),
        "months": len(months),
    }
    dated = any(row["due"] != UNDATED for row in rows)
    kind = "unused" if facts["used_share"] is None else "lost" if told["expired"] > told["used"] else "used"
    valued = "money" if money is not None else "points"
    period = f"{facts['first']}/{_end(str(months['month'].iloc[-1]))}"
    return Draft(
        name="points.liability",
        page="AP-10c",
        headline=Sentence(f"points.headline.{kind}_{valued}", facts),
        panels=(
            ChartPanel(Sentence("points.title"), Sentence("points.unit", facts), "M", lambda v: _draw(months, v)),
            TablePanel(Sentence("points.table"), Sentence("points.table_unit"), _table(rows, facts, each)),
        ),
        key_figure=KeyFigure(
            Sentence("points.key"),
            Sentence("points.key_number", {"value": facts["held"]}),
            Sentence(f"points.key_compare_{valued}", facts),
        ),
        reading=(Sentence("points.read"),),
        claim=(Sentence("points.sure"), *((Sentence("points.sure_share", facts),) if kind != "unused" else ())),
        next_move=NextMove(Sentence("points.next_soon" if dated and soon else "points.next", facts)),
        note=tuple(
            Sentence(f"points.{name}", facts)
            for name in ("note", "note_overdue", "note_short")
            if name == "note" or facts[name.removeprefix("note_")]
        ),
        sample=Sentence("points.sample", facts),
        source=Sentence("points.source"),
        period=period,
        largest=0 if money is None else money,
        definitions=("DF-204", "DF-205"),
    )


def _end(month: str) -> str:
    return str((pd.Timestamp(month) + pd.offsets.MonthEnd(0)).date())


def _table(rows: list[dict[str, Any]], facts: dict[str, Fact], each: float) -> Table:
    columns = (
        plain_column("due", "points.column.due", "term"),
        plain_column("points", "points.column.points", "int", "points.point"),
        plain_column("share", "points.column.share", "pct0_number", "sales.unit.percent"),
        plain_column("customers", "points.column.customers", "int", "sales.unit.people"),
        *((plain_column("money", "points.column.money", "money_number", "sales.unit.money"),) if not math.isnan(each) else ()),
    )
    whole = float(facts["held"] or 0)
    told = [
        (
            f"points.due.{row['due']}",
            fact(row["points"]),
            fact(row["points"] / whole if whole else math.nan),
            fact(row["customers"]),
            *((fact(row["money"]),) if not math.isnan(each) else ()),
        )
        for row in rows
    ]
    total = ("points.due.all", facts["held"], 1.0 if whole else None, facts["holders"])
    return Table(columns, (*told, (*total, *((facts["money"],) if not math.isnan(each) else ()))), total=True)


def _draw(months: pd.DataFrame, voice: Voice) -> Figure:
    """What was granted above the line, what was used and lost below it; what is held at each month's end as a line."""
    figure, axes = canvas("M", (2, 12, MAIN - 4, HEIGHT["M"] - 20))
    rows = records(months)
    at = list(range(len(rows)))
    gone = [-row["used"] - row["returned"] for row in rows]
    lost = [-row["expired"] for row in rows]
    mark(axes.bar(at, [row["granted"] for row in rows], 0.62, color=COLOUR["mark"]), "granted")
    mark(axes.bar(at, gone, 0.62, color=COLOUR["accent"]), "used")
    low = axes.bar(at, lost, 0.62, bottom=gone, color=COLOUR["alert_soft"], ec=COLOUR["alert"], lw=LINE["rule"])
    mark(low, "expired")
    (line,) = axes.plot(at, [row["outstanding"] for row in rows], color=COLOUR["ink"], lw=LINE["main"])
    mark(line, "outstanding")
    top = max(*(row["outstanding"] for row in rows), *(row["granted"] for row in rows), 1)
    bottom = min(a + b for a, b in zip(gone, lost, strict=True))
    axes.axhline(0, color=COLOUR["ink"], lw=LINE["axis"])
    peak = max(at, key=lambda i: rows[i]["outstanding"])
    for i in sorted({peak, at[-1]}):
        number(axes, i, rows[i]["outstanding"] + 0.02 * (top - bottom), rows[i]["outstanding"], "int", voice, ha="center",
               va="bottom", size=TYPE["label"], weight="bold")  # fmt: skip
    worst = max(at, key=lambda i: rows[i]["expired"])
    if rows[worst]["expired"]:
        number(axes, worst, gone[worst] + lost[worst] - 0.02 * (top - bottom), rows[worst]["expired"], "int", voice, ha="center",
               va="top", size=TYPE["label"], weight="bold", color=COLOUR["alert"])  # fmt: skip
    axes.set(xlim=(-0.6, len(rows) - 0.4), ylim=(bottom - 0.12 * (top - bottom), top * 1.2), yticks=[])
    every = 1 if len(rows) <= 12 else 3
    axes.set_xticks(
        at[::-1][::every][::-1],
        [voice.say("loyalty.review", first=rows[i]["month"], year=int(rows[i]["month"][:4])) for i in at[::-1][::every][::-1]],
    )
    axes.tick_params(axis="x", length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.text(0, 1.02, voice.say("points.marks"), transform=axes.transAxes, size=TYPE["small"], color=COLOUR["text2"])
    return figure
