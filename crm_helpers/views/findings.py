"""The page of findings: what moved in one part as it did not in the others, by the money at stake."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.findings import FIRST, RATES
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.dots import Frame, Row, draw_rows
from crm_helpers.views.identification import warning
from crm_helpers.views.theme import MAIN, TYPE, fit

SAID = 30.0  # mm of a headline that an element may take, at the size of a chart label
KPI = {
    "buyers": "customers",
    "frequency": "orders_per_customer",
    "basket": "aov",
    "sales": "sales",
    "stay": "existing",
    "f2": "f2_rate",
}


@view
def findings(table: pd.DataFrame, *, periods: Periods, shares: pd.DataFrame | None = None) -> Draft:
    """The first findings of the scan with their money at stake (`metrics.findings.scan`)."""
    first = table.iloc[0]
    told = records(table[table["found"]].head(FIRST))
    losses, gains = [r for r in told if r["stake"] < 0], [r for r in told if r["stake"] > 0]
    lead = losses[0] if losses else gains[0] if gains else None
    facts: dict[str, Fact] = {
        "family": int(first["family"]),
        "found": int(table["found"].sum()),
        "shown": len(told),
        "current": str(periods.current),
        "compare": str(periods.compare),
        "halves": str(first["halves"]),
        "shifted": str(first["shifted"]).replace(",", "・"),
    }
    if lead:
        facts |= _facts(lead) | {"way": f"findings.way.{'loss' if losses else 'gain'}"}
    kind = "none" if lead is None else f"{'rate' if lead['measure'] in RATES else 'change'}"
    split = (
        [
            Sentence(
                "findings.mix",
                {"mix": lead["mix"], "within": lead["within"], "measure": f"findings.measure.{lead['measure']}"},
            )
        ]
        if (lead is not None and not math.isnan(lead["mix"]))
        else []
    )
    return Draft(
        name="findings.findings",
        page="BA-22",
        headline=Sentence(f"findings.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("findings.title" if told else "findings.title_none"),
                Sentence("findings.unit", facts),
                "M",
                lambda voice: _draw(told or records(table.head(FIRST)), voice),
            ),
            TablePanel(
                Sentence("findings.table"), Sentence("findings.table_unit", facts), _table(told or records(table.head(FIRST)))
            ),
        ),
        key_figure=KeyFigure(
            Sentence("findings.key_lead" if lead else "findings.key", facts),
            Sentence("findings.key_money" if lead else "findings.key_number", facts),
            Sentence("findings.key_between" if lead else "findings.key_family", facts),
        ),
        reading=(Sentence("findings.read", facts), *split),
        claim=(Sentence("findings.sure" if told else "findings.sure_none", facts), *warning(shares)),
        next_move=NextMove(Sentence(f"findings.next.{lead['measure']}" if lead else "findings.next.none", facts)),
        note=(Sentence("findings.note"), *([Sentence("findings.note_shifted", facts)] if first["shifted"] else [])),
        sample=Sentence("findings.sample", facts),
        source=Sentence("findings.source"),
        period=str(periods.current),
        largest=int(first["sales"]) or 1,
        definitions=("DF-184", "DF-185", "DF-186"),
        rows=_rows(told, str(periods.current)),
        stake=abs(round(lead["stake"])) if lead else 0,
        evidence="association",
    )


def _facts(row: dict[str, Any]) -> dict[str, Fact]:
    return {
        "element": fit(str(row["label"]), SAID, TYPE["label"]),
        "measure": f"findings.measure.{row['measure']}",
        "own": float(row["own"]),
        "rest": float(row["rest"]),
        "gap": float(row["gap"]),
        "points": abs(float(row["gap"])),
        "n": int(row["n"]),
        "stake": round(float(row["stake"])),
        "stake_low": round(float(row["stake_low"])),
        "stake_high": round(float(row["stake_high"])),
        "q": float(row["q"]),
        "sure": f"findings.confidence.{row['sure']}",
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("label", "findings.column.label", "text"),
        plain_column("measure", "findings.column.measure", "term"),
        plain_column("n", "findings.column.n", "int", "sales.unit.people"),
        plain_column("q", "findings.column.q", "dec3"),
        plain_column("sure", "findings.column.sure", "term"),
        plain_column("ask", "findings.column.ask", "term"),
    )
    told = [
        (
            fit(str(row["label"]), SAID, TYPE["label"]),
            f"findings.measure.{row['measure']}",
            int(row["n"]),
            float(row["q"]),
            f"findings.confidence.{row['sure']}",
            f"findings.ask.{row['measure']}",
        )
        for row in rows
    ]
    focus = next((i for i, row in enumerate(rows) if row["stake"] < 0), 0) if rows else None
    return Table(columns, tuple(told), focus=focus)


def _draw(rows: list[dict[str, Any]], voice: Voice) -> Figure:
    low, high = min(0.0, *(r["stake_low"] for r in rows)), max(0.0, *(r["stake_high"] for r in rows))
    room = 0.04 * (high - low or 1)
    drawn = []
    for row in rows:
        form = "pct1" if row["measure"] in RATES else "pct1_signed"
        label = voice.say("findings.row", element=str(row["label"]), measure=f"findings.measure.{row['measure']}")
        tone = "open" if not row["found"] else "told" if row["stake"] > 0 else "against"
        cells: tuple[tuple[Fact, str], ...] = (
            (float(row["own"]), form),
            (float(row["rest"]), form),
            (round(float(row["stake"])), "money_number_signed"),
        )
        drawn.append(Row(label, round(float(row["stake"])), float(row["stake_low"]), float(row["stake_high"]), tone, cells))
    heads = ("findings.head.own", "findings.head.rest", "findings.head.stake")
    frame = Frame(
        56.0,
        (60.0, 76.0),
        (154.0, 174.0, MAIN),
        heads,
        "findings.column.label",
        (low - room, high + room),
        dots_head="findings.head.dots",
    )
    return draw_rows(drawn, frame, voice, name="stake")


def _rows(told: list[dict[str, Any]], period: str) -> tuple[LedgerRow, ...]:
    """Each finding under its KPI and, of parts that are people, one segment under all findings of the part."""
    findings: list[LedgerRow] = []
    people: dict[str, tuple[dict[str, Fact], list[str]]] = {}
    for row in told:
        facts = _facts(row)
        key = {"dimension": str(row["dimension"]), "element": str(row["element"])}
        stake: dict[str, Fact] = {
            "value": facts["stake"],
            "unit": "money",
            "n": facts["n"],
            "low": facts["stake_low"],
            "high": facts["stake_high"],
            "period": period,
            "definition": f"difference_{row['measure']}",
        }
        gap: dict[str, Fact] = {
            "value": facts["gap"],
            "unit": "percent",
            "n": facts["n"],
            "period": period,
            "definition": str(row["measure"]),
        }
        sentence = Sentence(f"findings.finding.{'rate' if row['measure'] in RATES else 'change'}", facts)
        parent = row_id("kpi", "f2_rate", days="90") if row["measure"] == "f2" else row_id("kpi", KPI[row["measure"]])
        finding = row_id("finding", "difference", **key, measure=str(row["measure"]))
        findings.append(LedgerRow(finding, "finding", sentence, {"stake": stake, "gap": gap}, "order_lines", (parent,)))
        if row["people"]:
            people.setdefault(row_id("segment", "difference", **key), (facts, []))[1].append(finding)
    segments = [
        LedgerRow(
            name,
            "segment",
            Sentence("findings.segment", facts),
            {"customers": {"value": facts["n"], "unit": "people", "n": facts["n"], "period": period, "definition": "difference"}},
            "customers",
            tuple(parents),
        )
        for name, (facts, parents) in people.items()
    ]
    return (*findings, *segments)
