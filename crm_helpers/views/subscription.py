"""The pages on contracts: the stock, continuation by shipment, offers, reasons, after cancelling, and recurring revenue."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.subscription import AFTER_DAYS, BEFORE_DAYS, NO_REASON, OTHERS, UPGRADE_DAYS, Renewals
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.curves import Curve, draw_curves
from crm_helpers.views.dots import Frame, Row, draw_rows
from crm_helpers.views.flows import draw_flow
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, fit, mark, number

SAID = 34.0  # mm of a headline that a client's own text may take, at the size of a chart label
WRITTEN = 12  # shipments whose values are written on the chart and in the table


def _finding(
    name: str, sentence: Sentence, value: Fact, n: Fact, period: str, *, unit: str = "percent", **more: Fact
) -> LedgerRow:
    told: dict[str, Fact] = {"value": value, "unit": unit, "n": n, "period": period, "definition": name} | more
    parent = (row_id("kpi", "customers"),)
    return LedgerRow(row_id("finding", name), "finding", sentence, {name: told}, "contracts", parent)


# ---------------------------------------------------------------- stock
@view
def stock(table: pd.DataFrame, *, periods: Periods) -> Draft:
    """The bridge of running contracts over the current period (`metrics.subscription.stock`)."""
    spans = {}
    for name in ("compare", "current"):
        part = table[table["period"] == name]
        spans[name] = {
            "start": int(part["start"].iloc[0]),
            "new": int(part["new"].sum()),
            "restarted": int(part["restarted"].sum()),
            "cancelled": int(part["cancelled"].sum()),
            "end": int(part["end"].iloc[-1]),
            "faced": int((part["start"]).sum()),
        }
    now, was = spans["current"], spans["compare"]
    facts: dict[str, Fact] = {
        **now,
        "net": now["end"] - now["start"],
        "diff": abs(now["end"] - now["start"]),
        "churn": now["cancelled"] / now["faced"] if now["faced"] else None,
        "churn_before": was["cancelled"] / was["faced"] if was["faced"] else None,
        "paused": fact(table["paused"].iloc[-1]),
        "customers": int(table["customers"].iloc[-1]),
        "current": str(periods.current),
        "compare": str(periods.compare),
    }
    kind = "up" if now["end"] > now["start"] else "down" if now["end"] < now["start"] else "same"
    parts = (
        ("subscription.stock.start", now["start"]),
        ("subscription.stock.new", now["new"]),
        ("subscription.stock.restarted", now["restarted"]),
        ("subscription.stock.cancelled", -now["cancelled"]),
        ("subscription.stock.end", now["end"]),
    )
    columns = (
        plain_column("period", "subscription.stock.column.period", "period"),
        *(
            plain_column(c, f"subscription.stock.{c}", "int", "subscription.contracts_unit")
            for c in ("start", "new", "restarted", "cancelled", "end")
        ),
        plain_column("churn", "subscription.stock.column.churn", "pct1_number", "sales.unit.percent"),
    )
    rows = [
        (
            str(span),
            *(told[c] for c in ("start", "new", "restarted", "cancelled", "end")),
            told["cancelled"] / told["faced"] if told["faced"] else None,
        )
        for span, told in ((periods.compare, was), (periods.current, now))
    ]
    headline = Sentence(f"subscription.stock.headline.{kind}", facts)
    return Draft(
        name="subscription.stock",
        page="SB-01",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("subscription.stock.title"),
                Sentence("subscription.stock.unit", facts),
                "M",
                lambda voice: draw_flow(parts, "int", voice, name="contracts"),
            ),
            TablePanel(
                Sentence("subscription.stock.table"),
                Sentence("subscription.stock.table_unit"),
                Table(columns, tuple(rows), focus=1),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("subscription.stock.key"),
            Sentence("subscription.stock.key_number", facts),
            Sentence("subscription.stock.key_compare", facts),
        ),
        reading=(Sentence("subscription.stock.read"),),
        claim=(Sentence("subscription.stock.sure"),),
        next_move=NextMove(Sentence("subscription.stock.next", facts)),
        note=(Sentence("subscription.stock.note" if facts["paused"] is not None else "subscription.stock.note_hidden", facts),),
        sample=Sentence("subscription.stock.sample", facts),
        source=Sentence("subscription.source"),
        period=str(periods.current),
        definitions=("DF-187",),
        rows=(_finding("subscription_stock", headline, now["end"], facts["customers"], str(periods.current), unit="contracts"),),
    )


# ---------------------------------------------------------------- continuation
@view
def continuation(table: pd.DataFrame, told: Renewals | None, *, span: str) -> Draft:
    """Steps from shipment to shipment and what they leave (`metrics.subscription.continuation`, `.renewals`)."""
    rows = records(table)
    weak = min(rows[:-1] or rows, key=lambda row: row["rate"])
    twelfth = next((row["reached"] for row in rows if row["shipment"] == WRITTEN), None)
    facts: dict[str, Fact] = {
        "shipment": int(weak["shipment"]),
        "next": int(weak["shipment"]) + 1,
        "rate": float(weak["rate"]),
        "low": float(weak["low"]),
        "high": float(weak["high"]),
        "lost": 1 - float(weak["rate"]),
        "n": int(weak["at_risk"]),
        "all": int(rows[0]["at_risk"] + rows[0]["waiting"]),
        "waiting": int(sum(row["waiting"] for row in rows)),
        "twelfth": twelfth,
        "reach": float(rows[-1]["reached"]),
        "last": int(rows[-1]["shipment"]),
    }
    kind = "long" if twelfth is not None else "short"
    claim = [Sentence("subscription.continuation.sure", facts)]
    if told is not None:
        test: dict[str, Fact] = {
            "error": told.error,
            "missed": told.missed,
            "n": told.n,
            "expected": told.expected,
            "horizon": told.horizon,
        }
        claim.append(Sentence(f"subscription.continuation.{'forecast' if told.told else 'failed'}", test))
    columns = (
        plain_column("shipment", "subscription.continuation.column.shipment", "int"),
        plain_column("reached", "subscription.continuation.column.reached", "pct1_number", "sales.unit.percent"),
        plain_column("rate", "subscription.continuation.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("low", "subscription.continuation.column.low", "pct1_number", "sales.unit.percent"),
        plain_column("high", "subscription.continuation.column.high", "pct1_number", "sales.unit.percent"),
        plain_column("at_risk", "subscription.continuation.column.at_risk", "int", "subscription.contracts_unit"),
        plain_column("waiting", "subscription.continuation.column.waiting", "int", "subscription.contracts_unit"),
    )
    shown = [row for row in rows if row["shipment"] in (1, 2, 3, 4, 6, 12, 24)]
    cells = tuple(tuple(int(row[c.name]) if c.form == "int" else float(row[c.name]) for c in columns) for row in shown)
    headline = Sentence(f"subscription.continuation.headline.{kind}", facts)
    return Draft(
        name="subscription.continuation",
        page="SB-02",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("subscription.continuation.title"),
                Sentence("subscription.continuation.unit"),
                "M",
                lambda voice: _draw_steps(rows, int(weak["shipment"]), voice),
            ),
            TablePanel(
                Sentence("subscription.continuation.table"),
                Sentence("subscription.continuation.table_unit"),
                Table(columns, cells, focus=next((i for i, row in enumerate(shown) if row is weak), None)),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("subscription.continuation.key", facts),
            Sentence("subscription.continuation.key_number", facts),
            Sentence("subscription.continuation.key_between", facts),
        ),
        reading=(Sentence("subscription.continuation.read"),),
        claim=tuple(claim),
        next_move=NextMove(Sentence("subscription.continuation.next", facts)),
        note=(Sentence("subscription.continuation.note"),),
        sample=Sentence("subscription.continuation.sample", facts),
        source=Sentence("subscription.source"),
        period=span,
        definitions=("DF-188", "DF-189", "DF-33") if told and told.told else ("DF-188", "DF-33"),
        rows=(_finding("continuation", headline, facts["rate"], facts["n"], span, low=facts["low"], high=facts["high"]),),
    )


def _draw_steps(rows: list[dict[str, Any]], weak: int, voice: Voice) -> Figure:
    figure, axes = canvas("M", (11.0, 11.0, MAIN - 12, HEIGHT["M"] - 15))
    at = [row["shipment"] for row in rows]
    colours = [COLOUR["alert"] if row["shipment"] == weak + 1 else COLOUR["mark"] for row in rows]
    bars = axes.bar(at, [row["reached"] for row in rows], 0.66, color=colours)
    mark(bars, "reached")
    for row in rows:
        if row["shipment"] <= WRITTEN or row["shipment"] % 6 == 0:
            number(
                axes,
                row["shipment"],
                row["reached"] + 0.015,
                float(row["reached"]),
                "pct0_number",
                voice,
                ha="center",
                va="bottom",
                size=TYPE["label"],
                weight="bold",
            )
    step = next(row for row in rows if row["shipment"] == weak)
    words = voice.say(
        "subscription.continuation.weak", shipment=weak, next=weak + 1, rate=step["rate"], low=step["low"], high=step["high"]
    )
    x = weak + 1.7
    axes.annotate(
        words,
        (weak + 1, step["reached"] * step["rate"] + 0.08),
        (x, 0.93),
        size=TYPE["subhead"],
        weight="bold",
        color=COLOUR["alert"],
        va="center",
        arrowprops={"arrowstyle": "-", "color": COLOUR["alert"], "lw": LINE["second"]},
    )
    axes.set(
        xlim=(0.4, max(at) + 0.6),
        ylim=(0, 1.1),
        xticks=[s for s in at if s <= WRITTEN or s % 6 == 0],
        yticks=[0, 0.25, 0.5, 0.75, 1],
    )
    axes.set_yticklabels(["0", "25", "50", "75", "100%"])
    axes.set_xlabel(voice.say("subscription.continuation.axis"), labelpad=2)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="both", length=0)
    axes.yaxis.grid(True)
    axes.set_axisbelow(True)
    return figure


# ---------------------------------------------------------------- offers
@view
def offers(table: pd.DataFrame, *, span: str) -> Draft:
    """Continuation by offer and the upgrade rate (`metrics.subscription.offers`)."""
    *own, whole = records(table)
    sure = [row for row in own if row["gap_low"] > 0 or row["gap_high"] < 0]
    worst = min(sure or own, key=lambda row: row["gap"])
    facts: dict[str, Fact] = {
        "offer": fit(str(worst["offer"]), SAID, TYPE["label"]) if not str(worst["offer"]).startswith("subscription.") else "—",
        "rate": float(worst["rate_2"]),
        "others": float(worst["rate_2"]) - float(worst["gap"]),
        "points": abs(float(worst["gap"])),
        "gap": float(worst["gap"]),
        "gap_low": float(worst["gap_low"]),
        "gap_high": float(worst["gap_high"]),
        "upgraded": float(whole["upgraded"]) / float(whole["buyers"]) if whole["buyers"] else None,
        "upgraded_n": int(whole["upgraded"]),
        "buyers": int(whole["buyers"]),
        "days": UPGRADE_DAYS,
        "n": int(whole["contracts"]),
        "whole": float(whole["rate_2"]),
        "offers": len(own),
    }
    kind = ("lower" if worst["gap"] < 0 else "higher") if sure else "same"
    columns = (
        plain_column("offer", "subscription.offers.column.offer", "term"),
        plain_column("contracts", "subscription.offers.column.contracts", "int", "subscription.contracts_unit"),
        *(
            plain_column(c, f"subscription.offers.column.{c}", "pct1_number", "sales.unit.percent")
            for c in ("rate_2", "low_2", "high_2", "rate_4")
        ),
        plain_column("gap", "subscription.offers.column.gap", "pt1_number_signed", "subscription.points"),
    )
    cells: list[tuple[Fact, ...]] = [
        (row["offer"], int(row["contracts"]), *(fact(row[c]) for c in ("rate_2", "low_2", "high_2", "rate_4", "gap")))
        for row in [*own, whole]
    ]
    forms = tuple(
        ("term" if str(c[0]).startswith("subscription.") else "text", *(col.form for col in columns[1:])) for c in cells
    )
    headline = Sentence(f"subscription.offers.headline.{kind}", facts)
    return Draft(
        name="subscription.offers",
        page="SB-03",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("subscription.offers.title"),
                Sentence("subscription.offers.unit"),
                "M",
                lambda voice: _draw_offers(own, whole, voice),
            ),
            TablePanel(
                Sentence("subscription.offers.table"),
                Sentence("subscription.offers.table_unit"),
                Table(columns, tuple(cells), focus=own.index(worst) if sure else None, total=True, forms=forms),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("subscription.offers.key", facts),
            Sentence("subscription.offers.key_number", facts),
            Sentence("subscription.offers.key_between", facts),
        ),
        reading=(Sentence("subscription.offers.read", facts),),
        claim=(Sentence("subscription.offers.sure" if sure else "subscription.offers.sure_same", facts),),
        next_move=NextMove(Sentence(f"subscription.offers.next_{kind}", facts)),
        note=(Sentence("subscription.offers.note", facts),),
        sample=Sentence("subscription.offers.sample", facts),
        source=Sentence("subscription.source"),
        period=span,
        definitions=("DF-188", "DF-190", "DF-33"),
        rows=(_finding("offers", headline, facts["gap"], facts["n"], span, low=facts["gap_low"], high=facts["gap_high"]),),
        evidence="association",
    )


def _said(name: object, voice: Voice) -> str:
    return voice.say(str(name)) if str(name).startswith("subscription.") else str(name)


def _draw_offers(own: list[dict[str, Any]], whole: dict[str, Any], voice: Voice) -> Figure:
    rows = []
    for row in own:
        for step in (2, 4):
            if math.isnan(row[f"rate_{step}"]):
                continue
            label = voice.say(f"subscription.offers.step_{step}", offer=fit(_said(row["offer"], voice), 32.0, TYPE["label"]))
            clear = row["gap_low"] > 0 or row["gap_high"] < 0
            tone = "open" if step == 4 or not clear else "against" if row["gap"] < 0 else "told"
            cells: tuple[tuple[Fact, str], ...] = ((int(row[f"n_{step}"]), "int"), (float(row[f"rate_{step}"]), "pct1_number"))
            rows.append(Row(label, row[f"rate_{step}"], row[f"low_{step}"], row[f"high_{step}"], tone, cells))
    frame = Frame(
        52.0,
        (58.0, 100.0),
        (176.0, MAIN),
        ("subscription.contracts_head", "subscription.offers.head"),
        "subscription.offers.column.offer",
        (0, 1),
        float(whole["rate_2"]),
        "subscription.offers.level",
        "pct1",
    )
    return draw_rows(rows, frame, voice, name="offers")


# ---------------------------------------------------------------- reasons
@view
def reasons(table: pd.DataFrame, *, span: str) -> Draft:
    """Reasons of cancelling, all against those before the second shipment (`metrics.subscription.reasons`)."""
    rows = records(table)
    named = [row for row in rows if row["reason"] not in (OTHERS, NO_REASON)]
    early = max(named or rows, key=lambda row: row["early"])
    first = rows[0]
    facts: dict[str, Fact] = {
        "reason": fit(str(early["reason"]), SAID, TYPE["label"]),
        "rate": fact(early["early_rate"]),
        "low": fact(early["early_low"]),
        "high": fact(early["early_high"]),
        "overall": float(early["rate"]),
        "cancelled": int(first["cancelled"]),
        "early": int(first["cancelled_early"]),
        "early_share": int(first["cancelled_early"]) / int(first["cancelled"]),
        "signs": fact(first["signs"]),
        "still": fact(first["signs_still"]),
        "signs_n": int(first["signs_n"]),
        "still_n": int(first["signs_still_n"]),
        "days": BEFORE_DAYS,
    }
    columns = (
        plain_column("reason", "subscription.reasons.column.reason", "term"),
        plain_column("n", "subscription.reasons.column.n", "int", "subscription.contracts_unit"),
        plain_column("rate", "subscription.reasons.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("early", "subscription.reasons.column.early", "int", "subscription.contracts_unit"),
        plain_column("early_rate", "subscription.reasons.column.early_rate", "pct1_number", "sales.unit.percent"),
        plain_column("early_low", "subscription.continuation.column.low", "pct1_number", "sales.unit.percent"),
        plain_column("early_high", "subscription.continuation.column.high", "pct1_number", "sales.unit.percent"),
    )
    cells: list[tuple[Fact, ...]] = [
        (
            row["reason"],
            int(row["n"]),
            float(row["rate"]),
            int(row["early"]),
            *(fact(row[c]) for c in ("early_rate", "early_low", "early_high")),
        )
        for row in rows
    ]
    forms = tuple(
        ("term" if str(c[0]).startswith("subscription.") else "text", *(col.form for col in columns[1:])) for c in cells
    )
    headline = Sentence(
        "subscription.reasons.headline.signs" if facts["signs"] is not None else "subscription.reasons.headline.plain", facts
    )
    return Draft(
        name="subscription.reasons",
        page="SB-04",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("subscription.reasons.title"),
                Sentence("subscription.reasons.unit"),
                "M",
                lambda voice: _draw_reasons(rows, early, voice),
            ),
            TablePanel(
                Sentence("subscription.reasons.table"),
                Sentence("subscription.reasons.table_unit", facts),
                Table(columns, tuple(cells), focus=rows.index(early), forms=forms),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("subscription.reasons.key", facts),
            Sentence("subscription.reasons.key_number", facts),
            Sentence("subscription.reasons.key_between", facts),
        ),
        reading=(Sentence("subscription.reasons.read"),),
        claim=(
            Sentence("subscription.reasons.sure"),
            *([Sentence("subscription.reasons.signs", facts)] if facts["signs"] is not None else []),
        ),
        next_move=NextMove(Sentence("subscription.reasons.next", facts)),
        note=(Sentence("subscription.reasons.note"),),
        sample=Sentence("subscription.reasons.sample", facts),
        source=Sentence("subscription.source"),
        period=span,
        definitions=("DF-188", "DF-33"),
        rows=(_finding("cancel_reasons", headline, facts["rate"], facts["early"], span, low=facts["low"], high=facts["high"]),),
    )


def _draw_reasons(rows: list[dict[str, Any]], early: dict[str, Any], voice: Voice) -> Figure:
    drawn = []
    for row in rows:
        cells: tuple[tuple[Fact, str], ...] = (
            (int(row["early"]), "int"),
            (float(row["early_rate"]), "pct1_number"),
            (float(row["rate"]), "pct1_number"),
        )
        drawn.append(
            Row(
                _said(row["reason"], voice),
                row["early_rate"],
                row["early_low"],
                row["early_high"],
                "against" if row is early else "open",
                cells,
                row["rate"],
            )
        )
    heads = ("subscription.reasons.head.n", "subscription.reasons.head.early", "subscription.reasons.head.all")
    most = max(max(row["early_high"], row["rate"]) for row in rows)
    frame = Frame(
        46.0,
        (52.0, 84.0),
        (152.0, 176.0, MAIN),
        heads,
        "subscription.reasons.column.reason",
        (0, most * 1.06),
        dots_head="subscription.reasons.marks",
    )
    return draw_rows(drawn, frame, voice, name="reasons")


# ---------------------------------------------------------------- after
@view
def after(table: pd.DataFrame, *, span: str) -> Draft:
    """Restarting and single orders after cancelling (`metrics.subscription.after`)."""
    at = {kind: table[(table["kind"] == kind) & (table["day"] == AFTER_DAYS)].iloc[0] for kind in ("restart", "single")}
    facts: dict[str, Fact] = {"days": AFTER_DAYS, "n": int(at["restart"]["customers"])}
    for kind, row in at.items():
        facts |= {kind: float(row["rate"]), f"{kind}_low": float(row["low"]), f"{kind}_high": float(row["high"])}
    columns = (
        plain_column("kind", "subscription.after.column.kind", "term"),
        *(
            plain_column(f"d{d}", f"subscription.after.column.d{d}", "pct1_number", "sales.unit.percent")
            for d in (30, 90, 180, 365)
        ),
        plain_column("low", "subscription.continuation.column.low", "pct1_number", "sales.unit.percent"),
        plain_column("high", "subscription.continuation.column.high", "pct1_number", "sales.unit.percent"),
    )
    cells: list[tuple[Fact, ...]] = []
    for kind, row in at.items():
        rate = table[table["kind"] == kind].set_index("day")["rate"]
        cells.append(
            (f"subscription.after.{kind}", *(float(rate[d]) for d in (30, 90, 180, 365)), float(row["low"]), float(row["high"]))
        )
    headline = Sentence("subscription.after.headline", facts)
    return Draft(
        name="subscription.after",
        page="SB-05",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("subscription.after.title"),
                Sentence("subscription.after.unit"),
                "M",
                lambda voice: _draw_after(table, voice),
            ),
            TablePanel(
                Sentence("subscription.after.table"), Sentence("subscription.after.table_unit"), Table(columns, tuple(cells))
            ),
        ),
        key_figure=KeyFigure(
            Sentence("subscription.after.key", facts),
            Sentence("subscription.after.key_number", facts),
            Sentence("subscription.after.key_between", facts),
        ),
        reading=(Sentence("subscription.after.read"),),
        claim=(Sentence("subscription.after.sure"),),
        next_move=NextMove(Sentence("subscription.after.next", facts)),
        sample=Sentence("subscription.after.sample", facts),
        source=Sentence("subscription.source_orders"),
        period=span,
        definitions=("DF-91", "DF-32"),
        rows=(
            _finding(
                "after_cancel", headline, facts["restart"], facts["n"], span, low=facts["restart_low"], high=facts["restart_high"]
            ),
        ),
    )


def _draw_after(table: pd.DataFrame, voice: Voice) -> Figure:
    curves = [
        Curve(kind, voice.say(f"subscription.after.{kind}"), table[table["kind"] == kind].reset_index(drop=True), colour)
        for kind, colour in (("single", "accent"), ("restart", "alert"))
    ]
    return draw_curves(curves, voice, axis="subscription.after.axis", at=(90, 365))


# ---------------------------------------------------------------- recurring revenue
@view
def recurring(table: pd.DataFrame, *, periods: Periods) -> Draft:
    """The bridge of monthly recurring revenue with churn of accounts and of revenue (`metrics.subscription.recurring`)."""
    was, now = records(table)
    facts: dict[str, Fact] = {
        **{
            key: fact(now[key])
            for key in (
                "accounts_start",
                "accounts_end",
                "start",
                "end",
                "new",
                "expansion",
                "churn",
                "lost",
                "logo_churn",
                "low",
                "high",
                "revenue_churn",
                "net_retention",
                "contraction",
            )
        },
        "growth": now["end"] / now["start"] - 1 if now["start"] else None,
        "before_retention": fact(was["net_retention"]),
        "current": str(periods.current),
        "loss": abs(int(now["churn"]) + int(now["contraction"])),
    }
    parts = tuple(
        (f"subscription.recurring.{key}", int(now[key])) for key in ("start", "new", "expansion", "contraction", "churn", "end")
    )
    columns = (
        plain_column("period", "subscription.stock.column.period", "period"),
        *(
            plain_column(c, f"subscription.recurring.{c}", "money_number", "sales.unit.money")
            for c in ("start", "new", "expansion", "contraction", "churn", "end")
        ),
        plain_column("logo_churn", "subscription.recurring.column.logo", "pct1_number", "sales.unit.percent"),
        plain_column("net_retention", "subscription.recurring.column.net", "pct1_number", "sales.unit.percent"),
    )
    cells = tuple(
        (
            str(span),
            *(int(row[c]) for c in ("start", "new", "expansion", "contraction", "churn", "end")),
            fact(row["logo_churn"]),
            fact(row["net_retention"]),
        )
        for span, row in ((periods.compare, was), (periods.current, now))
    )
    kind = "up" if now["end"] > now["start"] else "down" if now["end"] < now["start"] else "same"
    headline = Sentence(f"subscription.recurring.headline.{kind}", facts)
    return Draft(
        name="subscription.recurring",
        page="SB-06",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("subscription.recurring.title"),
                Sentence("subscription.recurring.unit", facts),
                "M",
                lambda voice: draw_flow(parts, "money_number", voice, name="mrr"),
            ),
            TablePanel(
                Sentence("subscription.recurring.table"),
                Sentence("subscription.recurring.table_unit"),
                Table(columns, cells, focus=1),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("subscription.recurring.key"),
            Sentence("subscription.recurring.key_number", facts),
            Sentence("subscription.recurring.key_compare", facts),
        ),
        reading=(Sentence("subscription.recurring.read"),),
        claim=(Sentence("subscription.recurring.sure", facts),),
        next_move=NextMove(Sentence("subscription.recurring.next", facts)),
        note=(Sentence("subscription.recurring.note"),),
        sample=Sentence("subscription.recurring.sample", facts),
        source=Sentence("subscription.source"),
        period=str(periods.current),
        largest=max(int(now["end"]), int(now["start"]), 1),
        definitions=("DF-92", "DF-33"),
        rows=(_finding("mrr", headline, facts["end"], facts["accounts_end"], str(periods.current), unit="money"),),
        stake=int(facts["loss"] or 0) * 12,
    )
