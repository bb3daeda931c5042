"""The pages on F2 by source and by first product: which ways in lead to a second order."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Column, Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.entries import ALL, OTHERS, UNKNOWN
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.interval_rows import Heads, IntervalRow, interval_rows
from crm_helpers.views.theme import TYPE, fit

SAID = 34.0  # mm of a headline that a source's name may take, at the size of a chart label


@view
def by_source(table: pd.DataFrame, *, k: int) -> Draft:
    """Rates of the sources with their intervals over a table of both windows (`metrics.entries.by_source`)."""
    return _page(table, "source", k)


@view
def by_first_product(table: pd.DataFrame, *, k: int) -> Draft:
    """The same by what was bought first, with what was bought next (`metrics.entries.by_first_product`)."""
    return _page(table, "product", k)


def _page(table: pd.DataFrame, way: str, k: int) -> Draft:
    *rows, whole = records(table)
    told = [row for row in rows if row["told"]]
    named = [row for row in told if row["entry"] not in (OTHERS, UNKNOWN)]
    far = max(named, key=lambda row: abs(row["gap"])) if named else None
    kind = "same" if far is None else "lower" if far["gap"] < 0 else "higher"
    span = f"{whole['first']}/{whole['last']}"
    facts: dict[str, Fact] = {
        "window": int(whole["window"]),
        "n": int(whole["customers"]),
        "entries": len(rows),
        "told": len(told),
        "rate": float(whole["rate"]),
        "low": min(float(row["rate"]) for row in rows),
        "high": max(float(row["rate"]) for row in rows),
        "span": span,
        "k": k,
    }
    if far:
        facts |= {
            "entry": fit(str(far["entry"]), SAID, TYPE["label"]),
            "people": int(far["customers"]),
            "far_rate": float(far["rate"]),
            "rest_rate": float(far["rate"]) - float(far["gap"]),
            "points": abs(float(far["gap"])),
            "gap": float(far["gap"]),
            "gap_low": float(far["gap_low"]),
            "gap_high": float(far["gap_high"]),
        }
    return Draft(
        name="entries.by_source" if way == "source" else "entries.by_first_product",
        page="BA-10b",
        headline=Sentence(f"entries.{way}.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence(f"entries.{way}.title", facts),
                Sentence("entries.unit", facts),
                "M",
                lambda voice: _draw(rows, whole, way, voice),
            ),
            TablePanel(Sentence(f"entries.{way}.table"), Sentence("entries.table_unit", facts), _table([*rows, whole], way, far)),
        ),
        key_figure=KeyFigure(
            Sentence(f"entries.{way}.key_gap" if far else "entries.key", facts),
            Sentence("entries.gap_number" if far else "entries.number", facts),
            Sentence("entries.key_between" if far else "entries.key_range", facts),
        ),
        reading=(Sentence("entries.read", facts),),
        claim=(Sentence(f"entries.{way}.sure_told" if far else "entries.sure_same", facts),),
        next_move=NextMove(Sentence(f"entries.{way}.next_{kind}", facts)),
        note=(Sentence("entries.note"), *([Sentence("entries.product.note")] if way == "product" else [])),
        sample=Sentence("entries.sample", facts),
        source=Sentence(f"entries.{way}.source"),
        period=span,
        definitions=("DF-31", "DF-33", "DF-55"),
        rows=(_finding(facts, way, kind),),
    )


def _table(rows: list[dict[str, Any]], way: str, far: dict[str, Any] | None) -> Table:
    columns: tuple[Column, ...] = (
        plain_column("entry", f"entries.{way}.column", "term"),
        plain_column("customers", "entries.column.customers", "int", "sales.unit.people"),
        *([] if way == "product" else [plain_column("rate_90", "entries.column.rate_90", "pct1_number", "sales.unit.percent")]),
        plain_column("rate", "entries.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("low", "entries.column.low", "pct1_number", "sales.unit.percent"),
        plain_column("high", "entries.column.high", "pct1_number", "sales.unit.percent"),
        plain_column("gap", "entries.column.gap", "pt1_number_signed", "entries.points"),
        plain_column("told", "entries.column.told", "term"),
    )
    if way == "product":
        columns += (
            plain_column("next", "entries.column.next", "text"),
            plain_column("next_share", "entries.column.next_share", "pct0_number", "sales.unit.percent"),
        )
    names = ("customers", *(() if way == "product" else ("rate_90",)), "rate", "low", "high", "gap")
    told = [
        (
            row["entry"],
            *(fact(row[name]) for name in names),
            "entries.none" if row["entry"] == ALL else f"entries.told_{bool(row['told'])}".lower(),
            *((None if pd.isna(row["next"]) else row["next"], fact(row["next_share"])) if way == "product" else ()),
        )
        for row in rows
    ]
    rest_forms = tuple(column.form for column in columns[1:])
    forms = tuple(("term" if str(row[0]).startswith("entries.") else "text", *rest_forms) for row in told)
    focus = None if far is None else rows.index(far)
    return Table(columns, tuple(told), focus=focus, total=True, forms=forms)


# ---------------------------------------------------------------- drawing
def _draw(rows: list[dict[str, Any]], whole: dict[str, Any], way: str, voice: Voice) -> Figure:
    shown = [
        IntervalRow(
            _name(row, voice), int(row["customers"]), float(row["rate"]), float(row["low"]), float(row["high"]), _way(row)
        )
        for row in rows
    ]
    heads = Heads(
        f"entries.{way}.column", "entries.head.customers", "entries.head.rate", "entries.head.interval", "entries.level"
    )
    return interval_rows(shown, heads, level=float(whole["rate"]), form="pct1", voice=voice)


def _way(row: dict[str, Any]) -> int:
    return 0 if not row["told"] else 1 if row["gap"] > 0 else -1


def _name(row: dict[str, Any], voice: Voice) -> str:
    entry = str(row["entry"])
    return voice.say(entry) if entry.startswith("entries.") else entry


def _finding(facts: dict[str, Fact], way: str, kind: str) -> LedgerRow:
    name = f"f2_by_{way}"
    told = {"value": facts["rate"], "unit": "percent", "n": facts["n"], "period": facts["span"], "definition": name}
    if "gap" in facts:
        told |= {"value": facts["gap"], "low": facts["gap_low"], "high": facts["gap_high"], "n": facts["people"]}
    sentence = Sentence(f"entries.{way}.headline.{kind}", facts)
    return LedgerRow(
        row_id("finding", f"f2_{way}"), "finding", sentence, {"f2": told}, "customers", (row_id("kpi", "customers"),)
    )
