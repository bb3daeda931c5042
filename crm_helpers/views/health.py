"""The page on the health score: how well it foretold the next period, against days since the last order."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.dots import Frame, Row, draw_rows
from crm_helpers.views.theme import MAIN

FAR = 0.03  # a mean forecast further than this from what came: only the order of the score is used


@view
def score(table: pd.DataFrame) -> Draft:
    """Calibration by tenths over the areas under the curves (`metrics.health.validated`)."""
    rows = records(table)
    first = rows[0]
    names = (
        "auc",
        "auc_low",
        "auc_high",
        "base",
        "base_low",
        "base_high",
        "gain",
        "gain_low",
        "gain_high",
        "brier",
        "brier_base",
        "alert",
        "lost",
    )
    facts: dict[str, Fact] = {name: float(first[name]) for name in names}
    facts |= {
        "n": int(first["n"]),
        "made": str(first["made"]),
        "tested": str(first["tested"]),
        "horizon": int(first["horizon"]),
        "lowest": int(first["customers"]),
    }
    means = [float((table[c] * table["customers"]).sum() / table["customers"].sum()) for c in ("predicted", "actual")]
    facts |= {"predicted": means[0], "actual": means[1]}
    off = abs(means[0] - means[1]) > FAR
    kind = "better" if first["gain_low"] > 0 else "same"
    end = (pd.Timestamp(first["tested"]) + pd.Timedelta(days=int(first["horizon"]))).date().isoformat()
    columns = (
        plain_column("what", "health.column.what", "term"),
        *(plain_column(c, f"health.column.{c}", "dec3") for c in ("value", "low", "high")),
    )
    cells = (
        ("health.row.score", facts["auc"], facts["auc_low"], facts["auc_high"]),
        ("health.row.base", facts["base"], facts["base_low"], facts["base_high"]),
        ("health.row.gain", facts["gain"], facts["gain_low"], facts["gain_high"]),
        ("health.row.brier", facts["brier"], None, None),
        ("health.row.brier_base", facts["brier_base"], None, None),
    )
    headline = Sentence(f"health.headline.{kind}", facts)
    told: dict[str, Fact] = {
        "value": facts["gain"],
        "unit": "auc",
        "n": facts["n"],
        "low": facts["gain_low"],
        "high": facts["gain_high"],
        "period": f"{first['tested']}/{end}",
        "definition": "health_score",
    }
    return Draft(
        name="health.score",
        page="BA-23",
        headline=headline,
        panels=(
            ChartPanel(Sentence("health.title", facts), Sentence("health.unit"), "M", lambda voice: _draw(rows, voice)),
            TablePanel(Sentence("health.table"), Sentence("health.table_unit"), Table(columns, cells, focus=2)),
        ),
        key_figure=KeyFigure(Sentence("health.key"), Sentence("health.key_number", facts), Sentence("health.key_between", facts)),
        reading=(Sentence("health.read", facts),),
        claim=(Sentence(f"health.sure_{kind}", facts), *([Sentence("health.apart", facts)] if off else [])),
        next_move=NextMove(Sentence(f"health.next_{kind}", facts)),
        note=(Sentence("health.note"),),
        sample=Sentence("health.sample", facts),
        source=Sentence("sales.source"),
        period=f"{first['tested']}/{end}",
        definitions=("DF-99",),
        rows=(
            LedgerRow(
                row_id("finding", "health_score"),
                "finding",
                headline,
                {"gain": told},
                "order_lines",
                (row_id("kpi", "existing"),),
            ),
        ),
        evidence="association",
    )


def _draw(rows: list[dict[str, Any]], voice: Voice) -> Figure:
    drawn = []
    for row in rows:
        cells: tuple[tuple[Fact, str], ...] = (
            (int(row["customers"]), "int"),
            (float(row["predicted"]), "pct1_number"),
            (float(row["actual"]), "pct1_number"),
        )
        drawn.append(
            Row(
                voice.say("health.group", group=int(row["group"])),
                row["actual"],
                row["low"],
                row["high"],
                "told",
                cells,
                row["predicted"],
            )
        )
    heads = ("health.head.customers", "health.head.predicted", "health.head.actual")
    frame = Frame(40.0, (46.0, 96.0), (158.0, 178.0, MAIN), heads, "health.head.group", (0, 1.02), dots_head="health.marks")
    return draw_rows(drawn, frame, voice, name="tenths")
