"""The page on side effects: opt-outs by campaign, sends to those who had refused, complaints, and reductions given away."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.formats import shortened
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.dot_rows import Layout, Row, draw
from crm_helpers.views.effect import COARSE, NAME_EM

MOST = 7
LAYOUT = Layout(
    58.0,
    84.0,
    ("side_effects.column.arrived", "side_effects.column.out", "side_effects.column.rate"),
    "pct2",
    "effect.column.campaign",
)


@view
def overview(campaigns: pd.DataFrame, refused: pd.DataFrame, *, periods: Periods | None, k: int) -> Draft:
    """Opt-outs by campaign over what a hold-out says of complaints and reductions (`metrics.side_effects`)."""
    rows = records(campaigns)[:MOST]
    known = [row for row in rows if not math.isnan(row["rate"])]
    compared = [row for row in records(campaigns) if not math.isnan(row["complaint"])]
    after = records(refused)[0]
    told = after["refused"] >= k and (after["still"] == 0 or after["still"] >= k)
    kind = "ignored" if told and after["still"] else "kept" if told else "quiet"
    leak = max(compared, key=lambda row: row["discount"], default=None)
    facts: dict[str, Fact] = {name: fact(after[name]) for name in ("refused", "still", "messages", "low", "high")} if told else {}
    arrived, out = (sum(int(row[name]) for row in records(campaigns)) for name in ("arrived", "opted_out"))
    facts |= {"share": after["still"] / after["refused"] if told else None, "arrived": arrived, "out": out, "n": len(campaigns)}
    facts["rate"] = out / arrived if arrived else None
    facts |= {f"leak{end}": fact(leak[f"discount{end}"]) if leak else None for end in ("", "_low", "_high")}
    facts |= {"name": shortened(str(leak["name"]), NAME_EM) if leak else None}
    tables = (
        [TablePanel(Sentence("side_effects.table"), Sentence("side_effects.table_unit"), _table(compared))] if compared else []
    )
    return Draft(
        name="side_effects.overview",
        page="ER-08",
        headline=Sentence(f"side_effects.headline.{kind}{'_leak' if leak and leak['discount_low'] > 0 else ''}", facts),
        panels=(
            ChartPanel(
                Sentence("side_effects.title"),
                Sentence("side_effects.unit"),
                "M" if tables else "L",
                lambda voice: draw("M" if tables else "L", [_row(row, voice) for row in rows], LAYOUT, voice),
            ),
            *tables,
        ),
        key_figure=KeyFigure(
            Sentence("side_effects.key" if told else "side_effects.key_rate"),
            Sentence("side_effects.key_number" if told else "side_effects.key_rate_number", facts),
            Sentence("side_effects.key_compare" if told else "side_effects.key_rate_compare", facts),
        ),
        reading=(),
        claim=(
            Sentence("side_effects.sure"),
            *([Sentence("side_effects.sure_unknown")] if len(known) + sum(row["hidden"] for row in rows) < len(rows) else []),
        ),
        next_move=NextMove(Sentence(f"side_effects.next_{kind}")),
        note=(Sentence("side_effects.note"),),
        sample=Sentence("side_effects.sample", facts),
        source=Sentence("side_effects.source"),
        period=str(periods.current) if periods else "",
        largest=round(COARSE * max((abs(row[f"discount{end}"]) for row in compared for end in ("_low", "_high")), default=0))
        or 1,
        definitions=("DF-163", "DF-169"),
    )


def _row(row: dict[str, Any], voice: Voice) -> Row:
    known = not math.isnan(row["rate"])
    rate, low, high = (fact(row[name]) if known else None for name in ("rate", "low", "high"))
    cells = ((int(row["arrived"]), "int"), (int(row["opted_out"]) if known else None, "int"), (rate, "pct2"))
    blank = voice.say(f"side_effects.{'hidden' if row['hidden'] else 'unknown'}")
    return Row(str(row["name"]), str(row["channel"] or ""), rate, low, high, blank=blank, colour="text2", cells=cells)


def _table(compared: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("name", "effect.column.campaign", "text"),
        plain_column("complaint", "side_effects.column.complaint", "pt2_signed", ""),
        plain_column("complaint_low", "after.column.low", "pt2_number", ""),
        plain_column("complaint_high", "after.column.high", "pt2_number", ""),
        plain_column("discount", "side_effects.column.discount", "money_number_signed", "sales.unit.money"),
        plain_column("discount_low", "after.column.low", "money_number", "sales.unit.money"),
        plain_column("discount_high", "after.column.high", "money_number", "sales.unit.money"),
    )
    names = [f"{name}{end}" for name in ("complaint", "discount") for end in ("", "_low", "_high")]
    rows = [(shortened(str(row["name"]), NAME_EM), *(fact(row[name]) for name in names)) for row in compared[:6]]
    focus = max(range(len(rows)), key=lambda i: abs(compared[i]["discount"]))
    return Table(columns, tuple(rows), focus=focus)
