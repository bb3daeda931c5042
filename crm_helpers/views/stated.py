"""The page on what customers say and what they do: recommendation and the next order, channel asked for and channel used."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.stated import DAYS
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.interval_rows import Heads, IntervalRow, interval_rows

HEEDED = 0.8  # share of messages by the channel asked for from which the wish is called heeded


def intentions(found: pd.DataFrame | Unavailable, channels: pd.DataFrame | Unavailable) -> Any:
    """`answers` with the table of channels where there is one; without it the groups themselves are the table."""
    return answers(found, channels=None if isinstance(channels, Unavailable) else channels)  # type: ignore[arg-type]


@view
def answers(found: pd.DataFrame, *, channels: pd.DataFrame | None = None) -> Draft:
    """Rates of the next order by what was said (`metrics.stated.intentions`), over `metrics.stated.channels`."""
    *rows, whole = records(found)
    by = {row["group"]: row for row in rows}
    kind = "same" if whole["gap_low"] <= 0 <= whole["gap_high"] else "more" if whole["gap"] > 0 else "less"
    wanted = records(channels) if channels is not None else []
    worst = min(wanted, key=lambda row: row["match_rate"]) if wanted else None
    facts: dict[str, Fact] = {
        "days": DAYS,
        "n": int(whole["customers"]),
        "promoter": float(by["promoter"]["rate"]),
        "detractor": float(by["detractor"]["rate"]),
        "promoters": int(by["promoter"]["customers"]),
        "detractors": int(by["detractor"]["customers"]),
        "gap": float(whole["gap"]),
        "gap_low": float(whole["gap_low"]),
        "gap_high": float(whole["gap_high"]),
        "span": f"{whole['first']}/{whole['last']}",
    }
    if worst:
        facts |= {"preferred": f"stated.channel.{worst['preferred']}", "match": float(worst["match_rate"])}
        facts |= {"asked": int(worst["customers"])}
    tail = "channel" if worst and worst["match_rate"] < HEEDED else "plain"
    return Draft(
        name="stated.answers",
        page="BA-21b",
        headline=Sentence(f"stated.headline.{kind}_{tail}", facts),
        panels=(
            ChartPanel(
                Sentence("stated.title", facts), Sentence("stated.unit", facts), "M", lambda voice: _draw(rows, whole, voice)
            ),
            TablePanel(
                Sentence("stated.table_channel" if worst else "stated.table"),
                Sentence("stated.table_unit_channel" if worst else "stated.table_unit", facts),
                _channels(wanted, worst) if worst else _groups([*rows, whole]),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("stated.key", facts), Sentence("stated.number", facts), Sentence("stated.key_between", facts)
        ),
        reading=(Sentence("stated.read", facts),),
        claim=(Sentence(f"stated.sure_{'same' if kind == 'same' else 'told'}", facts),),
        next_move=NextMove(Sentence(f"stated.next_{tail}", facts)),
        note=(Sentence("stated.note", facts),),
        sample=Sentence("stated.sample", facts),
        source=Sentence("stated.source"),
        period=str(facts["span"]),
        definitions=("DF-33", "DF-67"),
        evidence="association",
        rows=(_finding(facts, f"{kind}_{tail}"),),
    )


def _groups(rows: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("group", "stated.column.group", "term"),
        plain_column("customers", "stated.column.customers", "int", "sales.unit.people"),
        plain_column("rate", "stated.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("low", "stated.column.low", "pct1_number", "sales.unit.percent"),
        plain_column("high", "stated.column.high", "pct1_number", "sales.unit.percent"),
    )
    cells = tuple(
        (f"stated.group.{row['group']}", int(row["customers"]), float(row["rate"]), float(row["low"]), float(row["high"]))
        for row in rows
    )
    return Table(columns, cells, total=True)


def _channels(rows: list[dict[str, Any]], worst: dict[str, Any]) -> Table:
    columns = (
        plain_column("preferred", "stated.column.preferred", "term"),
        plain_column("customers", "stated.column.customers", "int", "sales.unit.people"),
        plain_column("messages", "stated.column.messages", "int", "response.messages"),
        plain_column("matched", "stated.column.matched", "int", "response.messages"),
        plain_column("match_rate", "stated.column.match_rate", "pct1_number", "sales.unit.percent"),
        plain_column("reach_rate", "stated.column.reach_rate", "pct1_number", "sales.unit.percent"),
    )
    cells = tuple(
        (
            f"stated.channel.{row['preferred']}", int(row["customers"]), int(row["messages"]), int(row["matched"]),
            float(row["match_rate"]), float(row["reach_rate"]),
        )
        for row in rows[:8]
    )  # fmt: skip
    return Table(columns, cells, focus=rows.index(worst) if worst in rows[:8] and worst["match_rate"] < HEEDED else None)


def _draw(rows: list[dict[str, Any]], whole: dict[str, Any], voice: Voice) -> Figure:
    shown = [
        IntervalRow(
            voice.say(f"stated.group.{row['group']}"), int(row["customers"]), float(row["rate"]), float(row["low"]),
            float(row["high"]), 0 if not row["told"] else 1 if row["rate"] > whole["rate"] else -1,
        )
        for row in rows
    ]  # fmt: skip
    heads = Heads("stated.column.group", "stated.column.customers", "stated.head.rate", "stated.head.interval", "stated.level")
    return interval_rows(shown, heads, level=float(whole["rate"]), form="pct1", voice=voice)


def _finding(facts: dict[str, Fact], kind: str) -> LedgerRow:
    told = {
        "value": facts["gap"], "low": facts["gap_low"], "high": facts["gap_high"], "unit": "points", "n": facts["n"],
        "period": facts["span"], "definition": "promoters_less_detractors",
    }  # fmt: skip
    sentence = Sentence(f"stated.headline.{kind}", facts)
    return LedgerRow(
        row_id("finding", "stated"), "finding", sentence, {"gap": told}, "surveys", (row_id("kpi", "orders_per_customer"),)
    )
