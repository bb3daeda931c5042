"""The page on messages by channel: delivered, opened, clicked, bought, each with its interval; never an effect."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.response import DAYS, OTHERS, UNNAMED
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip

SHOWN = ("opened", "clicked", "bought", "opted_out")  # strips of the chart; nearly all is delivered
SAID = 30.0  # mm of a headline that a channel's name may take


@view
def by_channel(table: pd.DataFrame, *, contact_totals: bool = False) -> Draft:
    """Four strips of rates, one row a channel, over the counts (`metrics.response.by_channel`).

    `contact_totals`: whether the client also gave counts without people, which are not here.
    """
    rows = records(table)
    named = [row for row in rows if row["channel"] not in (OTHERS, UNNAMED)] or rows
    judged = [row for row in named if not math.isnan(row["bought_rate"])] or named
    bought = max(judged, key=lambda row: row["bought_rate"])
    low = min(judged, key=lambda row: row["bought_rate"])
    kind = "one" if len(judged) == 1 else "several"
    span = f"{rows[0]['first']}/{rows[0]['last']}"
    sent = sum(row["sent"] for row in rows)
    quits = sum(0 if pd.isna(row["opted_out"]) else int(row["opted_out"]) for row in rows)
    facts: dict[str, Fact] = {
        "days": DAYS,
        "channel": _said(bought),
        "rate": float(bought["bought_rate"]),
        "low": float(bought["bought_low"]),
        "high": float(bought["bought_high"]),
        "other": _said(low),
        "other_rate": float(low["bought_rate"]),
        "sent": sent,
        "n": int(bought["delivered"]) if not pd.isna(bought["delivered"]) else int(bought["sent"]),
        "opted_out": quits,
        "channels": len(named),
        "span": span,
    }
    notes = [Sentence("response.note", facts)]
    notes += [Sentence("response.note_unknown")] if any(math.isnan(row["opened_rate"]) for row in rows) else []
    notes += [Sentence("response.note_totals")] if contact_totals else []
    return Draft(
        name="response.by_channel",
        page="BA-19c",
        headline=Sentence(f"response.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("response.title"), Sentence("response.unit", facts), "M", lambda voice: _draw(rows, voice)),
            TablePanel(Sentence("response.table"), Sentence("response.table_unit", facts), _table(rows)),
        ),
        key_figure=KeyFigure(
            Sentence("response.key", facts), Sentence("response.number", facts), Sentence("response.key_between", facts)
        ),
        reading=(Sentence("response.read", facts),),
        claim=(Sentence("response.sure", facts),),
        next_move=NextMove(Sentence("response.next", facts)),
        note=tuple(notes),
        sample=Sentence("response.sample", facts),
        source=Sentence("response.source"),
        period=span,
        definitions=("DF-66",),
        evidence="association",
        rows=(_finding(facts, kind),),
    )


def _said(row: dict[str, Any]) -> str:
    return fit(str(row["channel"]), SAID, TYPE["label"])


def _is_key(row: dict[str, Any]) -> bool:
    return row["channel"] in (OTHERS, UNNAMED)


def _table(rows: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("channel", "response.column.channel", "text"),
        plain_column("customers", "response.column.customers", "int", "sales.unit.people"),
        plain_column("sent", "response.column.sent", "int", "response.messages"),
        plain_column("delivered", "response.column.delivered", "pct1_number", "sales.unit.percent"),
        plain_column("opened", "response.column.opened", "int", "response.messages"),
        plain_column("clicked", "response.column.clicked", "int", "response.messages"),
        plain_column("bought", "response.column.bought", "int", "response.messages"),
        plain_column("opted_out", "response.column.opted_out", "int", "response.messages"),
    )
    cells = [
        (
            str(row["channel"]) if _is_key(row) else _said(row), int(row["customers"]), int(row["sent"]),
            fact(row["delivered_rate"]),
            *(fact(row[step]) for step in ("opened", "clicked", "bought", "opted_out")),
        )
        for row in rows
    ]  # fmt: skip
    forms = tuple(("term" if _is_key(row) else "text", *(c.form for c in columns[1:])) for row in rows)
    return Table(columns, tuple(cells), forms=forms)


# ---------------------------------------------------------------- drawing
NAMES, GAP, HEAD, TALLEST = 24.0, 5.0, 10.0, 24.0  # mm


def _draw(rows: list[dict[str, Any]], voice: Voice) -> Figure:
    figure, axes = board("M")
    step = min(TALLEST, (HEIGHT["M"] - HEAD) / len(rows))
    at = [HEIGHT["M"] - HEAD - step * (i + 0.5) for i in range(len(rows))]
    wide = (MAIN - NAMES) / len(SHOWN) - GAP
    head = {"size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold", "va": "center"}
    axes.plot([0, MAIN], [HEIGHT["M"] - HEAD + 1] * 2, color=COLOUR["ink"], lw=LINE["rule"])
    for row, y in zip(rows, at, strict=True):
        name = voice.say(row["channel"]) if _is_key(row) else str(row["channel"])
        axes.text(0, y, fit(name, NAMES - 2, TYPE["label"]), va="center", size=TYPE["label"])
        axes.plot([0, MAIN], [y - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    for i, name in enumerate(SHOWN):
        left = NAMES + i * (wide + GAP)
        axes.text(left, HEIGHT["M"] - 4, voice.say(f"response.step.{name}", days=DAYS), **head)
        part = strip(figure, left, wide)
        highs = [row[f"{name}_high"] for row in rows if not math.isnan(row[f"{name}_rate"])]
        top = max([*highs, 1e-4])
        part.set_xlim(-0.03 * top, 1.05 * top)  # a dot at 0 is whole
        part.plot([0, 0], [at[-1] - step / 2, HEIGHT["M"] - HEAD + 1], color=COLOUR["mark"], lw=LINE["rule"], zorder=1)
        for row, y in zip(rows, at, strict=True):
            rate = float(row[f"{name}_rate"])
            if math.isnan(rate):
                why = "response.few" if row[f"{name}_few"] else "response.not_recorded"
                axes.text(left + 1, y, voice.say(why), va="center", size=TYPE["foot"], color=COLOUR["mute"])
                continue
            colour = COLOUR["text2"] if name == "opted_out" else COLOUR["accent"]
            part.plot([row[f"{name}_low"], row[f"{name}_high"]], [y - 1.5] * 2, color=colour, lw=LINE["interval"])
            (dot,) = part.plot([rate], [y - 1.5], "o", ms=5, color=colour)
            mark(dot, name, along="x")
            form = "pct2" if name == "opted_out" else "pct1"
            number(axes, left + 1, y + min(3.0, step * 0.3), rate, form, voice, va="center", size=TYPE["label"])
    return figure


def _finding(facts: dict[str, Fact], kind: str) -> LedgerRow:
    told = {
        "value": facts["rate"], "low": facts["low"], "high": facts["high"], "unit": "percent", "n": facts["n"],
        "period": facts["span"], "definition": "bought_after_message",
    }  # fmt: skip
    sentence = Sentence(f"response.headline.{kind}", facts)
    return LedgerRow(
        row_id("finding", "response"), "finding", sentence, {"bought": told}, "contacts", (row_id("kpi", "orders_per_customer"),)
    )
