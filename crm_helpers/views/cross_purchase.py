"""The page on cross purchase: which other class the buyers of one class buy more often than equally frequent buyers."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.cross_purchase import DAYS
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.dots import Frame, Row, draw_rows
from crm_helpers.views.theme import MAIN, TYPE, fit

SHOWN = 7
SAID = 24.0  # mm of a headline that the name of a class may take, at the size of a chart label


@view
def pairs(table: pd.DataFrame, *, k: int) -> Draft:
    """Stratified ratios of the strongest pairs beside their plain lift (`metrics.cross_purchase.pairs`)."""
    told = table[table["told"]]
    rows = records((told if len(told) else table.sort_values(["lift", "a", "b"], ascending=[False, True, True])).head(SHOWN))
    lead = rows[0]
    facts: dict[str, Fact] = {
        "a": fit(str(lead["a"]), SAID, TYPE["label"]),
        "b": fit(str(lead["b"]), SAID, TYPE["label"]),
        "ratio": float(lead["ratio"]),
        "low": float(lead["low"]),
        "high": float(lead["high"]),
        "lift": float(lead["lift"]),
        "rate": float(lead["rate"]),
        "rate_all": float(lead["rate_all"]),
        "next": fact(lead["next_rate"]),
        "n": int(lead["n_a"]),
        "both": int(lead["both"]),
        "customers": int(lead["customers"]),
        "family": int(lead["family"]),
        "told": len(told),
        "days": DAYS,
        "k": k,
    }
    kind = "told" if len(told) else "none"
    period = f"{lead['start']}/{lead['end']}"
    columns = (
        plain_column("a", "cross_purchase.column.a", "text"),
        plain_column("b", "cross_purchase.column.b", "text"),
        plain_column("both", "cross_purchase.column.both", "int", "sales.unit.people"),
        plain_column("rate", "cross_purchase.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("next_rate", "cross_purchase.column.next", "pct1_number", "sales.unit.percent"),
        plain_column("q", "cross_purchase.column.q", "dec3"),
    )
    cells = tuple(
        (
            fit(str(row["a"]), 28.0, TYPE["label"]),
            fit(str(row["b"]), 28.0, TYPE["label"]),
            int(row["both"]),
            float(row["rate"]),
            fact(row["next_rate"]),
            float(row["q"]),
        )
        for row in rows
    )
    headline = Sentence(f"cross_purchase.headline.{kind}", facts)
    value: dict[str, Fact] = {
        "value": facts["ratio"],
        "unit": "times",
        "n": facts["n"],
        "low": facts["low"],
        "high": facts["high"],
        "period": period,
        "definition": "lift",
    }
    return Draft(
        name="cross_purchase.pairs",
        page="BA-15",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("cross_purchase.title" if len(told) else "cross_purchase.title_none"),
                Sentence("cross_purchase.unit"),
                "M",
                lambda voice: _draw(rows, voice),
            ),
            TablePanel(
                Sentence("cross_purchase.table"), Sentence("cross_purchase.table_unit", facts), Table(columns, cells, focus=0)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("cross_purchase.key", facts),
            Sentence("cross_purchase.key_number", facts),
            Sentence("cross_purchase.key_between", facts),
        ),
        reading=(Sentence("cross_purchase.read"),),
        claim=(Sentence(f"cross_purchase.sure_{kind}", facts),),
        next_move=NextMove(Sentence(f"cross_purchase.next_{kind}", facts)),
        note=(Sentence("cross_purchase.note", facts),),
        sample=Sentence("cross_purchase.sample", facts),
        source=Sentence("cross_purchase.source"),
        period=period,
        definitions=("DF-93", "DF-94"),
        rows=(
            LedgerRow(
                row_id("finding", "cross_purchase"),
                "finding",
                headline,
                {"lift": value},
                "order_lines",
                (row_id("kpi", "orders_per_customer"),),
            ),
        ),
        evidence="association",
    )


def _draw(rows: list[dict[str, Any]], voice: Voice) -> Figure:
    drawn = []
    for row in rows:
        cells: tuple[tuple[Fact, str], ...] = ((float(row["ratio"]), "dec2"), (float(row["lift"]), "dec2"))
        drawn.append(
            Row(
                voice.say("cross_purchase.row", a=row["a"], b=row["b"]),
                row["ratio"],
                row["low"],
                row["high"],
                "told" if row["told"] else "open",
                cells,
                row["lift"],
            )
        )
    most = max(max(row["high"], row["lift"]) for row in rows)
    least = min(0.9, *(row["low"] for row in rows), *(row["lift"] for row in rows))
    frame = Frame(
        72.0,
        (76.0, 80.0),
        (180.0, MAIN),
        ("cross_purchase.head.ratio", "cross_purchase.head.lift"),
        "cross_purchase.head.pair",
        (least - 0.05, min(most, 6.0) + 0.05),
        1.0,
        dots_head="cross_purchase.marks",
    )
    return draw_rows(drawn, frame, voice, name="pairs")
