"""The page on F2 by source: which ways in lead to a second order."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.sources import ALL, OTHERS, UNKNOWN
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.interval_rows import Heads, IntervalRow, interval_rows
from crm_helpers.views.theme import TYPE, fit

SAID = 34.0  # mm of a headline that a source's name may take, at the size of a chart label


@view
def f2(table: pd.DataFrame, *, k: int) -> Draft:
    """Rates of the sources with their intervals over a table of both windows (`metrics.sources.f2`)."""
    *rows, whole = records(table)
    told = [row for row in rows if row["told"]]
    named = [row for row in told if row["source"] not in (OTHERS, UNKNOWN)]
    far = max(named, key=lambda row: abs(row["gap"])) if named else None
    kind = "same" if far is None else "lower" if far["gap"] < 0 else "higher"
    span = f"{whole['first']}/{whole['last']}"
    facts: dict[str, Fact] = {
        "window": int(whole["window"]),
        "n": int(whole["customers"]),
        "sources": len(rows),
        "told": len(told),
        "rate": float(whole["rate"]),
        "low": min(float(row["rate"]) for row in rows),
        "high": max(float(row["rate"]) for row in rows),
        "span": span,
        "k": k,
    }
    if far:
        facts |= {
            "source": fit(str(far["source"]), SAID, TYPE["label"]),
            "people": int(far["customers"]),
            "far_rate": float(far["rate"]),
            "rest_rate": float(far["rate"]) - float(far["gap"]),
            "points": abs(float(far["gap"])),
            "gap": float(far["gap"]),
            "gap_low": float(far["gap_low"]),
            "gap_high": float(far["gap_high"]),
        }
    return Draft(
        name="sources.f2",
        page="BA-10b",
        headline=Sentence(f"sources.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("sources.title", facts), Sentence("sources.unit", facts), "M", lambda voice: _draw(rows, whole, voice)
            ),
            TablePanel(Sentence("sources.table"), Sentence("sources.table_unit", facts), _table([*rows, whole])),
        ),
        key_figure=KeyFigure(
            Sentence("sources.key_gap" if far else "sources.key", facts),
            Sentence("sources.gap_number" if far else "sources.number", facts),
            Sentence("sources.key_between" if far else "sources.key_range", facts),
        ),
        reading=(Sentence("sources.read", facts),),
        claim=(Sentence(f"sources.sure_{'told' if far else 'same'}", facts),),
        next_move=NextMove(Sentence(f"sources.next_{kind}", facts)),
        note=(Sentence("sources.note"),),
        sample=Sentence("sources.sample", facts),
        source=Sentence("sources.source"),
        period=span,
        definitions=("DF-31", "DF-33", "DF-55"),
        rows=(_finding(facts, kind),),
    )


def _table(rows: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("source", "sources.column.source", "term"),
        plain_column("customers", "sources.column.customers", "int", "sales.unit.people"),
        plain_column("rate_90", "sources.column.rate_90", "pct1_number", "sales.unit.percent"),
        plain_column("rate", "sources.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("low", "sources.column.low", "pct1_number", "sales.unit.percent"),
        plain_column("high", "sources.column.high", "pct1_number", "sales.unit.percent"),
        plain_column("gap", "sources.column.gap", "pt1_number_signed", "sources.points"),
        plain_column("told", "sources.column.told", "term"),
    )
    names = ("customers", "rate_90", "rate", "low", "high", "gap")
    told = [
        (
            row["source"],
            *(fact(row[name]) for name in names),
            "sources.none" if row["source"] == ALL else f"sources.told_{bool(row['told'])}".lower(),
        )
        for row in rows
    ]
    rest_forms = tuple(column.form for column in columns[1:])
    forms = tuple(("term" if str(row[0]).startswith("sources.") else "text", *rest_forms) for row in told)
    return Table(columns, tuple(told), focus=3, total=True, forms=forms)


# ---------------------------------------------------------------- drawing
def _draw(rows: list[dict[str, Any]], whole: dict[str, Any], voice: Voice) -> Figure:
    shown = [
        IntervalRow(
            _name(row, voice), int(row["customers"]), float(row["rate"]), float(row["low"]), float(row["high"]), _way(row)
        )
        for row in rows
    ]
    heads = Heads(
        "sources.column.source", "sources.head.customers", "sources.head.rate", "sources.head.interval", "sources.level"
    )
    return interval_rows(shown, heads, level=float(whole["rate"]), form="pct1", voice=voice)


def _way(row: dict[str, Any]) -> int:
    return 0 if not row["told"] else 1 if row["gap"] > 0 else -1


def _name(row: dict[str, Any], voice: Voice) -> str:
    source = str(row["source"])
    return voice.say(source) if source.startswith("sources.") else source


def _finding(facts: dict[str, Fact], kind: str) -> LedgerRow:
    told = {"value": facts["rate"], "unit": "percent", "n": facts["n"], "period": facts["span"], "definition": "f2_by_source"}
    if "gap" in facts:
        told |= {"value": facts["gap"], "low": facts["gap_low"], "high": facts["gap_high"], "n": facts["people"]}
    sentence = Sentence(f"sources.headline.{kind}", facts)
    return LedgerRow(
        row_id("finding", "f2_source"), "finding", sentence, {"f2": told}, "customers", (row_id("kpi", "customers"),)
    )
