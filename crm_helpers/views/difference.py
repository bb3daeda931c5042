"""The page on what marks the best customers: the surest differences with their intervals, over what was looked at."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.interval_rows import Heads, IntervalRow, interval_rows
from crm_helpers.views.theme import TYPE, fit

SHOWN = 8  # rows of the chart
ROWS = 7  # dimensions of the table
SAID = 34.0  # mm of a headline that a value may take
KEYS = ("difference.", "regions.", "profile.")  # values that are text keys; all others are the client's words


@view
def scan(table: pd.DataFrame, *, periods: Periods) -> Draft:
    """The surest differences as dots around 100 (`metrics.difference.scan`)."""
    rows = records(table)
    told = [row for row in rows if row["told"]]
    far = told[0] if told else None
    way = "same" if far is None else "high" if far["index"] > 100 else "low"
    written = "term" if far and _is_key(far) else "word"
    first = rows[0]
    facts: dict[str, Fact] = {
        "looks": int(first["looks"]),
        "told": len(told),
        "n": int(first["customers"]),
        "best": int(first["best"]),
        "dimensions": len({row["dimension"] for row in rows}),
        "current": str(periods.current),
    }
    if far:
        facts |= {
            "dimension": str(far["dimension"]),
            "value": str(far["value"]) if _is_key(far) else fit(str(far["value"]), SAID, TYPE["label"]),
            "index": float(far["index"]),
            "low": float(far["low"]),
            "high": float(far["high"]),
            "people": int(far["people"]),
        }
    kind = f"{way}_{written}" if far else "same"
    return Draft(
        name="difference.scan",
        page="BA-21",
        headline=Sentence(f"difference.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("difference.title"), Sentence("difference.unit", facts), "M", lambda voice: _draw(rows[:SHOWN], voice)
            ),
            TablePanel(Sentence("difference.table"), Sentence("difference.table_unit", facts), _table(rows)),
        ),
        key_figure=KeyFigure(
            Sentence(f"difference.key_{written}" if far else "difference.key_same", facts),
            Sentence("difference.number" if far else "difference.number_same", facts),
            Sentence("difference.key_between" if far else "difference.key_looks", facts),
        ),
        reading=(Sentence("difference.read", facts),),
        claim=(Sentence("difference.sure_told" if far else "difference.sure_same", facts),),
        next_move=NextMove(Sentence("difference.next_told" if far else "difference.next_same", facts)),
        note=(Sentence("difference.note"),),
        sample=Sentence("difference.sample", facts),
        source=Sentence("difference.source"),
        period=str(periods.current),
        definitions=("DF-61", "DF-65"),
        evidence="association",
        rows=(_finding(facts, kind, periods),),
    )


def _is_key(row: dict[str, Any]) -> bool:
    return str(row["value"]).startswith(KEYS)


def _value(row: dict[str, Any], voice: Voice) -> str:
    return voice.say(row["value"]) if _is_key(row) else str(row["value"])


def _table(rows: list[dict[str, Any]]) -> Table:
    """Per dimension how many values were compared, how many differ, and the surest of them."""
    columns = (
        plain_column("dimension", "difference.column.dimension", "term"),
        plain_column("looks", "difference.column.looks", "int", "difference.values"),
        plain_column("told", "difference.column.told", "int", "difference.values"),
        plain_column("value", "difference.column.value", "text"),
        plain_column("people", "difference.column.people", "int", "sales.unit.people"),
        plain_column("index", "difference.column.index", "int", "difference.hundred"),
        plain_column("low", "difference.column.low", "int", "difference.hundred"),
        plain_column("high", "difference.column.high", "int", "difference.hundred"),
    )
    names = list(dict.fromkeys(row["dimension"] for row in rows))
    shown = names if len(names) <= ROWS else names[: ROWS - 1]
    cells, forms = [], []
    for name in shown:
        part = [row for row in rows if row["dimension"] == name]
        top = part[0]
        value = top["value"] if _is_key(top) else fit(str(top["value"]), SAID, TYPE["label"])
        heads = (len(part), sum(bool(row["told"]) for row in part), value, int(top["people"]))
        cells.append((name, *heads, *(float(top[column]) for column in ("index", "low", "high"))))
        forms.append(tuple("term" if c.name == "value" and _is_key(top) else c.form for c in columns))
    rest = [row for row in rows if row["dimension"] not in shown]
    sums = [("difference.others", rest)] if rest else []
    for name, part in (*sums, ("difference.total", rows)):
        cells.append((name, len(part), sum(bool(row["told"]) for row in part), "", None, None, None, None))
        forms.append(tuple(column.form for column in columns))
    return Table(columns, tuple(cells), focus=0 if rows[0]["told"] else None, total=True, forms=tuple(forms))


def _draw(rows: list[dict[str, Any]], voice: Voice) -> Figure:
    shown = [
        IntervalRow(
            f"{voice.say(row['dimension'])} {_value(row, voice)}", int(row["people"]), float(row["index"]), float(row["low"]),
            float(row["high"]), 0 if not row["told"] else 1 if row["index"] > 100 else -1,
        )
        for row in rows
    ]  # fmt: skip
    heads = Heads(
        "difference.head.what", "difference.head.people", "difference.head.index", "difference.head.interval", "difference.level"
    )
    return interval_rows(shown, heads, level=100.0, form="int", voice=voice, from_zero=False)


def _finding(facts: dict[str, Fact], kind: str, periods: Periods) -> LedgerRow:
    period = str(periods.current)
    told: dict[str, Fact] = {"value": facts["told"], "unit": "count", "n": facts["n"], "period": period, "definition": "scan"}
    if "index" in facts:
        told |= {name: facts[other] for name, other in (("value", "index"), ("low", "low"), ("high", "high"), ("n", "people"))}
        told["unit"] = "index"
    sentence = Sentence(f"difference.headline.{kind}", facts)
    return LedgerRow(
        row_id("finding", "best_customers"), "finding", sentence, {"index": told}, "customers", (row_id("kpi", "customers"),)
    )
