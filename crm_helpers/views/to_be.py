"""The page on how the journey should change: today's rates beside the goals, and what is to be changed where."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.params.journey import Journey
from crm_helpers.params.periods import Periods
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.dots import Frame, Row, draw_rows
from crm_helpers.views.journey import stage_key
from crm_helpers.views.theme import MAIN

NOTES = ("pain", "idea", "owner")
FRAME = Frame(
    54.0,
    (58.0, 66.0),
    (144.0, 162.0, MAIN - 1),
    ("to_be.head.rate", "to_be.head.target", "to_be.head.more"),
    "to_be.head.step",
    (0.0, 1.0),
    dots_head="to_be.head.dots",
)


@view
def changes(
    targets: pd.DataFrame, notes: pd.DataFrame, campaigns: pd.DataFrame | None, *, journey: Journey, periods: Periods
) -> Draft:
    """Rates now and as they are to be (`metrics.to_be.targets`), over the workshop's ideas by stage.

    `notes`, `campaigns`: of `metrics.journey_map`; campaigns None where the client sent no list.
    """
    rows = records(targets)
    top = rows[0]
    changed, table = _table(notes, campaigns, journey)
    facts: dict[str, Fact] = {
        "changes": changed,
        "goals": len(rows),
        "start": stage_key(str(top["start"])),
        "stage": stage_key(str(top["stage"])),
        "rate": float(top["rate"]),
        "low": float(top["low"]),
        "high": float(top["high"]),
        "target": float(top["target"]),
        "gap": float(top["target"] - top["rate"]),
        "more": int(top["more"]),
        "n": int(top["n"]),
        "window": int(top["window"]),
        "current": str(periods.current),
    }
    kind = "reached" if top["more"] == 0 else "plain" if changed else "bare"
    sure = "inside" if top["inside"] else "outside"
    return Draft(
        name="to_be.changes",
        page="CJ-08",
        headline=Sentence(f"to_be.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("to_be.title"), Sentence("to_be.unit", facts), "S", lambda voice: draw_rows(
                [_row(row, voice) for row in rows], FRAME, voice, height="S", name="rate")),
            TablePanel(Sentence("to_be.table"), Sentence("to_be.table_unit"), table),
        ),
        key_figure=KeyFigure(
            Sentence("to_be.key", facts), Sentence("to_be.key_number", facts), Sentence("to_be.key_compare", facts)
        ),
        reading=(Sentence("to_be.read"),),
        claim=(Sentence("to_be.sure"), *(() if kind == "reached" else (Sentence(f"to_be.sure_{sure}", facts),))),
        next_move=NextMove(Sentence("to_be.next_reached" if kind == "reached" else "to_be.next", facts)),
        note=(Sentence("to_be.note"),),
        sample=Sentence("to_be.sample", facts),
        source=Sentence("journey_map.source"),
        period=str(periods.current),
        definitions=("DF-120", "DF-121", "DF-123"),
    )  # fmt: skip


def _row(row: dict[str, Any], voice: Any) -> Row:
    """A step: today's rate as a dot, the goal as a diamond; hollow where the goal lies inside today's interval."""
    name = voice.say("to_be.step", start=stage_key(str(row["start"])), stage=stage_key(str(row["stage"])))
    cells: tuple[tuple[Fact, str], ...] = (
        (float(row["rate"]), "pct1"), (float(row["target"]), "pct0"), (int(row["more"]), "int"),
    )  # fmt: skip
    tone = "open" if row["inside"] or row["more"] == 0 else "told"
    low, high = (float(row[name]) if not math.isnan(row[name]) else math.nan for name in ("low", "high"))
    return Row(name, float(row["rate"]), low, high, tone, cells, float(row["target"]))


def _table(notes: pd.DataFrame, campaigns: pd.DataFrame | None, journey: Journey) -> tuple[int, Table]:
    """How many stages are to change, and a row for each: pain, idea, owner, whether a campaign is there."""
    columns = (
        plain_column("stage", "to_be.column.stage", "term", weight=1.2),
        plain_column("pain", "to_be.column.pain", "text", weight=2.0),
        plain_column("idea", "to_be.column.idea", "text", weight=2.0),
        plain_column("owner", "to_be.column.owner", "text", weight=1.4),
        plain_column("served", "to_be.column.served", "term", weight=0.9),
    )
    said = {(str(row["stage"]), str(row["row"])): str(row["note"]) for row in records(notes)}
    served = set(campaigns["stage"].astype(str)) if campaigns is not None else None
    rows: list[tuple[Fact, ...]] = []
    for stage in journey.stages:
        if (stage.id, "idea") in said:
            there = "to_be.unlisted" if served is None else "pains.served" if stage.id in served else "pains.not_served"
            rows.append((stage_key(stage.id), *(said.get((stage.id, name)) for name in NOTES), there))
    if not rows:
        return 0, Table(columns, (("to_be.no_ideas", None, None, None, "to_be.unlisted"),))
    return len(rows), Table(columns, tuple(rows))


def planned(
    targets: pd.DataFrame | Unavailable,
    notes: pd.DataFrame,
    campaigns: pd.DataFrame | Unavailable,
    *,
    journey: Journey,
    periods: Periods,
) -> Any:
    """`changes` with the campaigns where the client sent them."""
    there = None if isinstance(campaigns, Unavailable) else campaigns
    return changes(targets, notes, there, journey=journey, periods=periods)  # type: ignore[arg-type]
