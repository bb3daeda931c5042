"""The page on pains and opportunities: where money is lost along the journey, why, and what the company thinks of doing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.journey import EVERYBODY, personas
from crm_helpers.metrics.journey_map import LOSSES_SHOWN
from crm_helpers.metrics.visits import farthest
from crm_helpers.params.journey import Journey
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.journey import persona_key, rounded, stage_key, unit_of
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip

Pain = dict[str, Any]


@view
def opportunities(
    stakes: pd.DataFrame,
    found: pd.DataFrame,
    *,
    journey: Journey,
    periods: Periods,
    told: Mapping[str, pd.DataFrame | Unavailable],
    order_value: int | None,
    known: Sequence[LedgerRow],
) -> Draft:
    """Money at stake of each pain with its interval, over reason, idea and owner (`metrics.journey_map.stakes`, `evidence`).

    `told`: `notes` and `campaigns` of `metrics.journey_map`, and `visits` where there are; `known`: the rows of notebook 02.
    """
    notes = {(str(r["stage"]), str(r["row"])): str(r["note"]) for r in _records(told["notes"])}
    served = {str(r["stage"]) for r in _records(told["campaigns"])}
    pains = [_of_stage(row, found, notes, served) for row in records(stakes)]
    pains += _of_visit(told.get("visits"), order_value, notes, served)
    pains = sorted(pains, key=lambda pain: -(pain["stake"] if pain["stake"] is not None else -1))
    first = personas(journey)[0]
    shown = [pain for pain in pains if pain["persona"] in (first, None)][:LOSSES_SHOWN]
    top = shown[0]
    kind = "money" if top["stake"] is not None else "people"
    facts = {
        "count": len(shown),
        "persona": persona_key(first),
        "pain": top["name"].key,
        "start": top["name"].facts["start"],
        "stage": top["name"].facts["stage"],
        **{name: top[name] for name in ("stake", "stake_low", "stake_high", "lost", "rate")},
        "current": str(periods.current),
    }
    place = "visit" if top["persona"] is None else "stage"
    return Draft(
        name="pains.opportunities",
        page="CJ-07",
        headline=Sentence(f"pains.headline.{kind}_{place}", facts),
        panels=(
            ChartPanel(Sentence("pains.title"), Sentence("pains.unit", facts), "S", lambda v: _draw(shown, v)),
            TablePanel(Sentence("pains.table"), Sentence("pains.table_unit"), _table(shown)),
        ),
        key_figure=KeyFigure(
            Sentence("pains.key"),
            Sentence(f"pains.number_{kind}", facts),
            Sentence(f"pains.compare_{kind}", facts),
        ),
        reading=(Sentence("pains.read"),),
        claim=(Sentence("pains.sure"),),
        next_move=NextMove(Sentence(f"pains.next_{place}", facts)),
        note=(Sentence("pains.note"),),
        sample=Sentence("pains.sample", facts),
        source=Sentence("pains.source"),
        period=str(periods.current),
        largest=unit_of(max((pain["stake_high"] or 0 for pain in shown), default=1) or 1),
        stake=int(top["stake"] or 0),
        evidence="association",
        definitions=("DF-121", "DF-124", "DF-123"),
        rows=_rows(pains, journey, periods, {row.id for row in known}),
    )


def _records(table: pd.DataFrame | Unavailable | None) -> list[dict[str, Any]]:
    return records(table) if isinstance(table, pd.DataFrame) else []


def _of_stage(row: dict[str, Any], found: pd.DataFrame, notes: dict[tuple[str, str], str], served: set[str]) -> Pain:
    """The pain of stopping before a stage, with the reason that most of those who left there gave."""
    start, stage = str(row["start"]), str(row["stage"])
    mine = found[(found["persona"] == row["persona"]) & (found["stage"] == start) & (found["row"] == "cancel")]
    reasons = records(mine.sort_values(["people", "label"], ascending=[False, True]))
    money = {name: None if math.isnan(row[name]) else rounded(row[name]) for name in ("stake", "stake_low", "stake_high")}
    reason = Sentence("pains.reason", {"reason": reasons[0]["label"], "share": float(reasons[0]["share"])}) if reasons else None
    return {
        "id": row_id("pain", "stage", persona=str(row["persona"]) or "everybody", stage=stage),
        "persona": str(row["persona"]),
        "stage": stage,
        "name": Sentence("pains.name", {"start": stage_key(start), "stage": stage_key(stage)}),
        "parent": row_id("finding", "journey"),
        "rate": float(row["rate"]),
        "rate_low": float(row["rate_low"]),
        "rate_high": float(row["rate_high"]),
        "lost": int(row["lost"]),
        "n": int(row["n"]),
        "reason": reason,
        **_thought(notes, served, start, stage),
        **money,
    }


def _of_visit(
    visits: pd.DataFrame | Unavailable | None,
    order_value: int | None,
    notes: dict[tuple[str, str], str],
    served: set[str],
) -> list[Pain]:
    """The pain of a step of a visit at which one channel clearly falls behind."""
    told = farthest(visits) if isinstance(visits, pd.DataFrame) else None
    if told is None or not isinstance(visits, pd.DataFrame):
        return []
    stage = str(visits["stage"].iloc[0])
    n = int(str(told["lower_n"]))
    low, middle, high = (-float(str(told[name])) * n for name in ("gap_high", "gap", "gap_low"))
    money = {
        name: None if order_value is None else rounded(value * order_value)
        for name, value in (("stake", middle), ("stake_low", low), ("stake_high", high))
    }
    event = str(told["event"])
    return [
        {
            "id": row_id("pain", "visit", event=event, channel=str(told["lower_channel"])),
            "persona": None,
            "stage": stage,
            "name": Sentence("pains.name_visit", {"start": str(told["lower_channel"]), "stage": event}),
            "parent": row_id("finding", "visits"),
            "rate": 1 - float(str(told["lower_rate"])),
            "rate_low": math.nan,
            "rate_high": math.nan,
            "lost": n - int(str(told["lower_went"])),
            "n": n,
            "reason": None,
            **_thought(notes, served, stage, stage),
            **money,
        }
    ]


def _thought(notes: dict[tuple[str, str], str], served: set[str], start: str, stage: str) -> dict[str, Any]:
    """The workshop's idea and owner for the stage not reached, else for the one before; whether a campaign serves it."""
    return {
        **{row: notes.get((stage, row)) or notes.get((start, row)) for row in ("idea", "owner")},
        "served": stage in served or start in served,
    }


def _rows(pains: list[Pain], journey: Journey, periods: Periods, known: set[str]) -> tuple[LedgerRow, ...]:
    """Pains under their finding and their segment; a segment that notebook 02 does not show stands here."""
    rows = []
    for persona in journey.personas:
        if row_id("segment", persona) not in known:
            text = Sentence(persona_key(persona))
            rows.append(LedgerRow(row_id("segment", persona), "segment", text, {}, "journey", (row_id("finding", "journey"),)))
    for pain in pains:
        segment = (row_id("segment", pain["persona"]),) if pain["persona"] not in (None, EVERYBODY) else ()

        def value(name: str, unit: str, pain: Pain = pain) -> dict[str, Fact]:
            ends = {side: fact(pain[f"{name}_{side}"]) for side in ("low", "high") if pain.get(f"{name}_{side}") is not None}
            told: dict[str, Fact] = {"value": pain[name], "unit": unit, "n": pain["n"], "period": str(periods.current)}
            return told | ends | {"definition": f"pain_{name}"}

        values = {"stake": value("stake", "money"), "rate": value("rate", "percent"), "lost": value("lost", "people")}
        for row in ("idea", "owner"):
            if pain[row]:
                values[row] = {"value": pain[row], "unit": "text", "definition": f"pain_{row}"}
        if pain["reason"]:
            values["reason"] = {"value": pain["reason"].facts["reason"], "unit": "text", "definition": "pain_reason"}
        values["stage"] = {"value": pain["stage"], "unit": "text", "definition": "pain_stage"}
        rows.append(LedgerRow(pain["id"], "pain", pain["name"], values, "journey", (pain["parent"], *segment)))
    return tuple(rows)


def _table(pains: list[Pain]) -> Table:
    columns = (
        plain_column("pain", "pains.column.pain", "text"),
        plain_column("lost", "pains.column.lost", "int"),
        plain_column("rate", "pains.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("reason", "pains.column.reason", "text"),
        plain_column("idea", "pains.column.idea", "text"),
        plain_column("owner", "pains.column.owner", "text"),
        plain_column("served", "pains.column.served", "term"),
    )
    rows = tuple(
        (
            f"P{i}",
            pain["lost"],
            pain["rate"],
            pain["reason"].facts["reason"] if pain["reason"] else None,
            pain["idea"],
            pain["owner"],
            "pains.served" if pain["served"] else "pains.not_served",
        )
        for i, pain in enumerate(pains, 1)
    )
    return Table(columns, rows, focus=0)


# ---------------------------------------------------------------- drawing
NAMES, BARS, MONEY, HEAD = 76.0, (80.0, 56.0), 158.0, 9.0  # mm


def _draw(pains: list[Pain], voice: Voice) -> Figure:
    """A bar of money for each pain with its interval, the largest in alert; hatched words where money cannot be told."""
    figure, axes = board("S")
    step = min(11.0, (HEIGHT["S"] - HEAD) / len(pains))
    at = [HEIGHT["S"] - HEAD - step * (i + 0.5) for i in range(len(pains))]
    bars = strip(figure, *BARS)
    bars.set_xlim(0, max((pain["stake_high"] or 0 for pain in pains), default=0) or 1)
    style = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y = HEIGHT["S"] - 4
    for key, x, side in (("pain", 0.0, "left"), ("money", BARS[0], "left"), ("interval", MAIN - 1, "right")):
        axes.text(x, y, voice.say(f"pains.head.{key}"), ha=side, **style)
    top = HEIGHT["S"] - HEAD + 1.5
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    colours = [COLOUR["alert"] if i == 0 else COLOUR["mark"] for i in range(len(pains))]
    mark(bars.barh(at, [pain["stake"] or 0 for pain in pains], height=step * 0.5, color=colours), "stake")
    for i, (pain, place) in enumerate(zip(pains, at, strict=True)):
        name = f"P{i + 1} " + voice.say(pain["name"].key, **pain["name"].facts)
        axes.text(0, place, fit(name, NAMES, TYPE["label"]), size=TYPE["label"], weight="bold", va="center")
        axes.plot([0, MAIN], [place - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
        if pain["stake"] is None:
            axes.text(BARS[0], place, voice.say("pains.no_money"), size=TYPE["small"], color=COLOUR["text2"], va="center")
            continue
        bars.plot([pain["stake_low"], pain["stake_high"]], [place, place], color=COLOUR["ink"], lw=LINE["interval"])
        number(axes, MONEY, place, pain["stake"], "money_number", voice, ha="right", va="center",
               size=TYPE["label"], weight="bold")  # fmt: skip
        ends = (voice.number(pain[name], "money_number") for name in ("stake_low", "stake_high"))
        axes.text(MAIN - 1, place, "[{}, {}]".format(*ends), ha="right", va="center", size=TYPE["small"], color=COLOUR["text2"])
    return figure
