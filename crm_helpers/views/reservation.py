"""The pages on bookings: what became of them, when people return, and what a next booking goes with."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.reservation import HORIZON, WINDOW
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.curves import Curve, draw_curves
from crm_helpers.views.dots import Frame, Row, draw_rows
from crm_helpers.views.theme import MAIN, TYPE, fit

SAID = 34.0  # mm of a headline that a client's own text may take, at the size of a chart label


def _finding(name: str, sentence: Sentence, told: dict[str, Fact]) -> LedgerRow:
    return LedgerRow(
        row_id("finding", name),
        "finding",
        sentence,
        {name: told | {"definition": name}},
        "reservations",
        (row_id("kpi", "customers"),),
    )


@view
def outcomes(table: pd.DataFrame) -> Draft:
    """Kept bookings by part (`metrics.reservation.outcomes`)."""
    whole, *parts = records(table)
    apart = [row for row in parts if row["gap_low"] > 0 or row["gap_high"] < 0]
    worst = min(apart, key=lambda row: row["gap"]) if apart else None
    span = f"{whole['start']}/{whole['end']}"
    facts: dict[str, Fact] = {
        "n": int(whole["n"]),
        "kept": float(whole["rate"]),
        "low": float(whole["low"]),
        "high": float(whole["high"]),
        "cancelled": int(whole["cancelled"]) / int(whole["n"]),
        "missed": float(whole["missed"]),
        "missed_n": int(whole["no_show"]),
        "unknown": int(whole["unknown"]),
        "parts": len(parts),
        "part": fit(str(worst["element"]), SAID, TYPE["label"]) if worst else None,
        "part_rate": fact(worst["rate"]) if worst else None,
    }
    columns = (
        plain_column("element", "reservation.column.element", "term"),
        *(
            plain_column(c, f"reservation.column.{c}", "int", "reservation.unit_bookings")
            for c in ("n", "kept", "cancelled", "no_show")
        ),
        plain_column("rate", "reservation.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("missed", "reservation.column.missed", "pct1_number", "sales.unit.percent"),
    )
    shown = [*parts[:7], whole]
    cells: tuple[tuple[Fact, ...], ...] = tuple(
        (_label(row), *(int(row[c]) for c in ("n", "kept", "cancelled", "no_show")), float(row["rate"]), float(row["missed"]))
        for row in shown
    )
    forms = tuple(("term" if str(c[0]).startswith("reservation.") else "text", *(col.form for col in columns[1:])) for c in cells)
    kind = "apart" if worst else "together"
    headline = Sentence(f"reservation.headline.{kind}", facts)
    return Draft(
        name="reservation.outcomes",
        page="SV-01",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("reservation.title"),
                Sentence("reservation.unit"),
                "M",
                lambda voice: _draw_outcomes(parts[:7], whole, voice),
            ),
            TablePanel(
                Sentence("reservation.table"), Sentence("reservation.table_unit"), Table(columns, cells, total=True, forms=forms)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("reservation.key"), Sentence("reservation.key_number", facts), Sentence("reservation.key_compare", facts)
        ),
        reading=(Sentence("reservation.read"),),
        claim=(Sentence("reservation.sure" if worst else "reservation.sure_together", facts),),
        next_move=NextMove(Sentence("reservation.next", facts)),
        note=(Sentence("reservation.note", facts),),
        sample=Sentence("reservation.sample", facts),
        source=Sentence("reservation.source"),
        period=span,
        definitions=("DF-33",),
        rows=(_finding("no_show", headline, {"value": facts["missed"], "unit": "percent", "n": facts["n"], "period": span}),),
    )


def _label(row: dict[str, Any]) -> str:
    return str(row["element"])


def _draw_outcomes(parts: list[dict[str, Any]], whole: dict[str, Any], voice: Voice) -> Figure:
    rows = []
    for row in parts:
        cells: tuple[tuple[Fact, str], ...] = (
            (int(row["n"]), "int"),
            (float(row["rate"]), "pct1_number"),
            (float(row["missed"]), "pct1_number"),
        )
        tone = "told" if row["gap_low"] > 0 else "against" if row["gap_high"] < 0 else "open"
        rows.append(
            Row(
                voice.say(f"reservation.row.{row['dimension']}", element=row["element"]),
                row["rate"],
                row["low"],
                row["high"],
                tone,
                cells,
            )
        )
    least = min(row["low"] for row in parts) if parts else 0.0
    heads = ("reservation.column.n", "reservation.column.rate", "reservation.column.missed")
    frame = Frame(
        58.0,
        (64.0, 80.0),
        (158.0, 176.0, MAIN),
        heads,
        "reservation.column.element",
        (max(0.0, least - 0.1), 1.0),
        float(whole["rate"]),
        "reservation.all",
        "pct1",
    )
    return draw_rows(rows, frame, voice, name="kept")


@view
def returning(table: pd.DataFrame, *, span: str) -> Draft:
    """The second visit by days since the first (`metrics.reservation.returning`)."""
    at = table.set_index("day")
    first = table.iloc[0]
    facts: dict[str, Fact] = {
        "n": int(first["customers"]),
        "days": HORIZON,
        "rate": float(at["rate"][HORIZON]),
        "low": float(at["low"][HORIZON]),
        "high": float(at["high"][HORIZON]),
        "short": WINDOW,
        "soon": float(at["rate"][WINDOW]),
        "cycle": None if first["cycle"] != first["cycle"] else int(first["cycle"]),
        "cycles": int(first["cycles"]),
        "booked": int(first["booked"]),
    }
    columns = tuple(
        plain_column(
            c,
            f"reservation.returning.column.{c}",
            "int" if c == "day" else "pct1_number",
            "" if c == "day" else "sales.unit.percent",
        )
        for c in ("day", "rate", "low", "high")
    )
    cells = tuple((d, *(float(at[c][d]) for c in ("rate", "low", "high"))) for d in (30, 60, 90, 180, 365))
    headline = Sentence(
        "reservation.returning.headline" if facts["cycle"] is not None else "reservation.returning.headline_plain", facts
    )
    return Draft(
        name="reservation.returning",
        page="SV-02",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("reservation.returning.title"),
                Sentence("reservation.returning.unit"),
                "M",
                lambda voice: draw_curves(
                    (Curve("returned", voice.say("reservation.returning.label", n=facts["n"]), table),),
                    voice,
                    axis="reservation.returning.axis",
                    at=(WINDOW, HORIZON),
                ),
            ),
            TablePanel(
                Sentence("reservation.returning.table"),
                Sentence("reservation.returning.table_unit"),
                Table(columns, cells, focus=4),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("reservation.returning.key", facts),
            Sentence("reservation.returning.key_number", facts),
            Sentence("reservation.returning.key_between", facts),
        ),
        reading=(Sentence("reservation.returning.read"),),
        claim=(Sentence("reservation.returning.sure" if facts["booked"] else "reservation.returning.sure_none", facts),),
        next_move=NextMove(Sentence("reservation.returning.next", facts)),
        sample=Sentence("reservation.returning.sample", facts),
        source=Sentence("reservation.source"),
        period=span,
        definitions=("DF-32",),
        rows=(
            _finding(
                "return_visit",
                headline,
                {
                    "value": facts["rate"],
                    "unit": "percent",
                    "n": facts["n"],
                    "low": facts["low"],
                    "high": facts["high"],
                    "period": span,
                },
            ),
        ),
    )


@view
def next_booking(table: pd.DataFrame, *, span: str) -> Draft:
    """Return with and without a next booking (`metrics.reservation.next_booking`)."""
    yes, other = records(table)
    facts: dict[str, Fact] = {
        "share": float(yes["share"]),
        "share_low": float(yes["share_low"]),
        "share_high": float(yes["share_high"]),
        "rate": float(yes["rate"]),
        "other": float(other["rate"]),
        "gap": float(yes["gap"]),
        "gap_low": float(yes["gap_low"]),
        "gap_high": float(yes["gap_high"]),
        "n": int(yes["visits"]) + int(other["visits"]),
        "days": WINDOW,
    }
    columns = (
        plain_column("booked", "reservation.ahead.column.booked", "term"),
        plain_column("visits", "reservation.ahead.column.visits", "int", "reservation.unit_visits"),
        plain_column("came", "reservation.ahead.column.came", "int", "reservation.unit_visits"),
        *(plain_column(c, f"reservation.ahead.column.{c}", "pct1_number", "sales.unit.percent") for c in ("rate", "low", "high")),
    )
    cells: tuple[tuple[Fact, ...], ...] = tuple(
        (
            f"reservation.ahead.booked_{row['booked']}".lower(),
            int(row["visits"]),
            int(row["came"]),
            *(float(row[c]) for c in ("rate", "low", "high")),
        )
        for row in (yes, other)
    )
    headline = Sentence("reservation.ahead.headline", facts)
    return Draft(
        name="reservation.next_booking",
        page="SV-03",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("reservation.ahead.title", facts),
                Sentence("reservation.ahead.unit"),
                "S",
                lambda voice: _draw_next((yes, other), voice),
            ),
            TablePanel(Sentence("reservation.ahead.table"), Sentence("reservation.ahead.table_unit"), Table(columns, cells)),
        ),
        key_figure=KeyFigure(
            Sentence("reservation.ahead.key"),
            Sentence("reservation.ahead.key_number", facts),
            Sentence("reservation.ahead.key_between", facts),
        ),
        reading=(Sentence("reservation.ahead.read"),),
        claim=(Sentence("reservation.ahead.sure", facts),),
        next_move=NextMove(Sentence("reservation.ahead.next")),
        sample=Sentence("reservation.ahead.sample", facts),
        source=Sentence("reservation.source"),
        period=span,
        definitions=("DF-33",),
        rows=(
            _finding(
                "next_booking",
                headline,
                {
                    "value": facts["share"],
                    "unit": "percent",
                    "n": facts["n"],
                    "low": facts["share_low"],
                    "high": facts["share_high"],
                    "period": span,
                },
            ),
        ),
        evidence="association",
    )


def _draw_next(rows: tuple[dict[str, Any], ...], voice: Voice) -> Figure:
    drawn = []
    for row in rows:
        cells: tuple[tuple[Fact, str], ...] = ((int(row["visits"]), "int"), (float(row["rate"]), "pct1_number"))
        drawn.append(
            Row(
                voice.say(f"reservation.ahead.booked_{row['booked']}".lower()),
                row["rate"],
                row["low"],
                row["high"],
                "told" if row["booked"] else "open",
                cells,
            )
        )
    frame = Frame(
        50.0,
        (56.0, 100.0),
        (176.0, MAIN),
        ("reservation.ahead.column.visits", "reservation.ahead.column.rate"),
        "reservation.ahead.column.booked",
        (0, 1.02),
    )
    return draw_rows(drawn, frame, voice, height="S", name="next")
