"""The page on inquiries: how fast they are answered, and whether those customers buy again."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.inquiries import AFTER, ALL, PROMISED, slowest
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, mark, number, strip


@view
def recovery(bands: pd.DataFrame, reasons: pd.DataFrame, *, periods: Periods) -> Draft:
    """Buying again by speed of the first reply (`metrics.inquiries.recovery`) over handling by reason (`handling`)."""
    rows = records(bands)
    first, whole, most = rows[0], records(reasons)[-1], slowest(reasons)
    kind = "faster" if first["gap_low"] > 0 else "slower" if first["gap_high"] < 0 else "same"
    facts: dict[str, Fact] = {name: fact(first[name]) for name in ("gap", "gap_low", "gap_high", "fast_rate", "slow_rate")}
    facts |= {
        "fast": int(first["fast"]),
        "slow": int(first["slow"]),
        "points": abs(float(first["gap"])),
        "days": AFTER,
        "hours": PROMISED,
        "n": int(first["fast"]) + int(first["slow"]),
        "inquiries": int(whole["inquiries"]),
        "replied": fact(whole["replied"]),
        "open": fact(whole["open"]),
        "reason": str(most["reason"]) if most["reason"] != ALL else "—",
        "complaint_share": fact(most["complaint_share"]),
        "current": str(periods.current),
        "since": str(periods.compare.start),
    }
    return Draft(
        name="inquiries.recovery",
        page="CJ-06",
        headline=Sentence(f"inquiries.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("inquiries.title", facts), Sentence("inquiries.unit", facts), "S", lambda v: _draw(rows, v)),
            TablePanel(Sentence("inquiries.table"), Sentence("inquiries.table_unit", facts), _table(reasons)),
        ),
        key_figure=KeyFigure(
            Sentence("inquiries.key", facts), Sentence("inquiries.key_number", facts), Sentence("inquiries.key_compare", facts)
        ),
        reading=(Sentence("inquiries.read", facts),),
        claim=(Sentence(f"inquiries.sure_{kind}", facts), Sentence("inquiries.sure")),
        next_move=NextMove(Sentence(f"inquiries.next_{kind}", facts)),
        note=(Sentence("inquiries.note", facts),),
        sample=Sentence("inquiries.sample", facts),
        source=Sentence("inquiries.source"),
        period=str(periods.current),
        evidence="association",
        definitions=("DF-126", "DF-127", "DF-33"),
        rows=_rows(facts, kind),
    )


def _rows(facts: dict[str, Fact], kind: str) -> tuple[LedgerRow, ...]:
    value: dict[str, Fact] = {
        "value": facts["gap"],
        "unit": "points",
        "n": facts["n"],
        "low": facts["gap_low"],
        "high": facts["gap_high"],
        "period": facts["current"],
        "definition": "bought_after_inquiry",
    }
    parents = (row_id("kpi", "orders_per_customer"),)
    text = Sentence(f"inquiries.headline.{kind}", facts)
    return (LedgerRow(row_id("finding", "inquiries"), "finding", text, {"gap": value}, "inquiries", parents),)


def _table(reasons: pd.DataFrame) -> Table:
    columns = (
        plain_column("reason", "inquiries.column.reason", "text"),
        plain_column("inquiries", "inquiries.column.inquiries", "int", "inquiries.cases"),
        plain_column("complaint_share", "inquiries.column.complaint_share", "pct1_number", "sales.unit.percent"),
        plain_column("replied", "inquiries.column.replied", "pct1_number", "sales.unit.percent"),
        plain_column("hours", "inquiries.column.hours", "int", "inquiries.hours"),
        plain_column("days", "inquiries.column.days", "int", "journey.days"),
        plain_column("open", "inquiries.column.open", "int", "inquiries.cases"),
    )
    rows = tuple((str(row["reason"]), *(fact(row[column.name]) for column in columns[1:])) for row in records(reasons))
    rest = tuple(column.form for column in columns[1:])
    forms = tuple(("term" if str(row[0]).startswith("inquiries.") else "text", *rest) for row in rows)
    return Table(columns, rows, total=True, forms=forms)


# ---------------------------------------------------------------- drawing
NAMES, DOTS, PEOPLE, RATE, INTERVAL, HEAD, DROP = 46.0, (50.0, 84.0), 150.0, 168.0, MAIN - 1, 9.0, 1.05


def _draw(rows: list[dict[str, Any]], voice: Voice) -> Figure:
    """A dot with its interval for each band of hours, on a scale that begins at 0."""
    figure, axes = board("S")
    step = min(12.0, (HEIGHT["S"] - HEAD) / len(rows))
    at = [HEIGHT["S"] - HEAD - step * (i + 0.5) for i in range(len(rows))]
    dots = strip(figure, *DOTS)
    dots.set_xlim(0, min(1.0, max(float(row["high"]) for row in rows) * 1.1))
    style = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y = HEIGHT["S"] - 3 - DROP
    axes.text(0, y, voice.say("inquiries.head.band"), **style)
    axes.text(DOTS[0], y, voice.say("inquiries.head.dots"), **style)
    for name, x in (("cases", PEOPLE), ("rate", RATE), ("interval", INTERVAL)):
        axes.text(x, y, voice.say(f"inquiries.head.{name}"), ha="right", **style)
    top = HEIGHT["S"] - HEAD + 1.5
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    dots.plot([0, 0], [at[-1] - step / 2, top], color=COLOUR["mark"], lw=LINE["hair"])
    for row, place in zip(rows, at, strict=True):
        open_ended = row["last"] is None or math.isnan(row["last"])
        band = voice.say(
            "inquiries.band_open" if open_ended else "inquiries.band", first=int(row["first"]), last=fact(row["last"])
        )
        axes.text(0, place - DROP, band, size=TYPE["label"], weight="bold", va="baseline")
        right = {"va": "baseline", "ha": "right", "size": TYPE["label"]}
        dots.plot([row["low"], row["high"]], [place, place], color=COLOUR["accent"], lw=LINE["interval"])
        (dot,) = dots.plot([row["rate"]], [place], "o", ms=5, color=COLOUR["accent"])
        mark(dot, "rate", along="x")
        number(axes, PEOPLE, place - DROP, int(row["inquiries"]), "int", voice, color=COLOUR["text2"], **right)
        number(axes, RATE, place - DROP, float(row["rate"]), "pct1_number", voice, weight="bold", **right)
        ends = voice.number(float(row["low"]), "pct1_number"), voice.number(float(row["high"]), "pct1_number")
        axes.text(INTERVAL, place - DROP, f"[{ends[0]}, {ends[1]}]", color=COLOUR["text2"], **right)
        axes.plot([0, MAIN], [place - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    return figure
