"""The page on whether a verdict hangs on how it was estimated."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.formats import shortened
from crm_helpers.views.block import ChartPanel, Draft, fact, view
from crm_helpers.views.dot_rows import Layout, Row, draw
from crm_helpers.views.effect import COARSE, NAME_EM

LAYOUT = Layout(
    60.0,
    72.0,
    ("sensitivity.column.value", "after.column.low", "after.column.high"),
    "money_number",
    "effect.column.campaign",
    "effect.cost",
)


@view
def ways(estimates: pd.DataFrame, *, periods: Periods | None) -> Draft:
    """The added profit by four ways of estimating (`metrics.sensitivity.ways`)."""
    rows = records(estimates)
    main = [row for row in rows if row["id"] == rows[0]["id"]]
    sides = {_side(row) for row in main}
    facts: dict[str, Fact] = {
        "name": shortened(str(main[0]["name"]), NAME_EM),
        "ways": len(main),
        "buyers": int(main[0]["buyers"]),
    }
    facts |= {"least": fact(min(row["low"] for row in main)), "most": fact(max(row["high"] for row in main))}
    facts |= {"treated": int(main[0]["treated"]), "left_out": int(main[0]["left_out"])}
    facts |= {name: fact(main[0][name]) for name in ("value", "low", "high")}
    kind = "same" if len(sides) == 1 else "differs"
    return Draft(
        name="sensitivity.ways",
        page="ER-14",
        headline=Sentence(f"sensitivity.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("sensitivity.title"),
                Sentence("sensitivity.unit"),
                "L",
                lambda voice: draw("L", [_row(row, voice) for row in rows], LAYOUT, voice),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("sensitivity.key", facts),
            Sentence("sensitivity.key_number", facts),
            Sentence("sensitivity.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence(f"sensitivity.sure_{kind}"),),
        next_move=NextMove(Sentence(f"sensitivity.next_{kind}")),
        note=(Sentence("sensitivity.note"),),
        sample=Sentence("sensitivity.sample", facts),
        source=Sentence("effect.source"),
        period=str(periods.current) if periods else "",
        largest=round(COARSE * max(abs(row[end]) for row in rows for end in ("low", "high"))) or 1,
        definitions=("DF-160", "DF-174"),
        evidence="cause",
    )


def _side(row: dict[str, Any]) -> int:
    """Of the cost: wholly above, wholly below, or on both sides."""
    return 1 if row["low"] > row["cost"] else -1 if row["high"] < row["cost"] else 0


def _row(row: dict[str, Any], voice: Voice) -> Row:
    first = row["way"] == "cuped"
    value, low, high = (fact(row[name]) for name in ("value", "low", "high"))
    cells = ((value, "money_number_signed"), (low, "money_number"), (high, "money_number"))
    words = voice.say(f"sensitivity.way.{row['way']}")
    colour = "accent" if first else "text2"
    tick = fact(row["cost"])
    return Row(str(row["name"]) if first else "", words, value, low, high, tick, colour=colour, hollow=not first, cells=cells)
