"""The pages on corporate accounts: who carries sales, whether they grow, where deals stop, how long they take."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.accounts import OTHERS
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.curves import Curve, draw_curves
from crm_helpers.views.dots import Frame, Row, draw_rows
from crm_helpers.views.flows import draw_flow
from crm_helpers.views.theme import MAIN, TYPE, fit

SAID = 34.0  # mm of a headline that a client's own text may take, at the size of a chart label


def _finding(name: str, sentence: Sentence, told: dict[str, Fact], source: str, parent: str = "customers") -> LedgerRow:
    return LedgerRow(
        row_id("finding", name), "finding", sentence, {name: told | {"definition": name}}, source, (row_id("kpi", parent),)
    )


# ---------------------------------------------------------------- who carries sales
@view
def parents(table: pd.DataFrame, *, periods: Periods) -> Draft:
    """The largest parents, this period and before (`metrics.accounts.parents`)."""
    rows = records(table)
    own = [row for row in rows if row["label"] != OTHERS]
    first = rows[0]
    top = sum(row["now"] for row in own)
    facts: dict[str, Fact] = {
        "top": len(own),
        "share": top / int(first["total"]),
        "half": int(first["half"]),
        "accounts": int(first["accounts"]),
        "sites": int(first["all_sites"]),
        "total": int(first["total"]),
        "before": int(first["total_before"]),
        "first": float(first["share"]),
        "current": str(periods.current),
        "compare": str(periods.compare),
    }
    named = any(row["label"] for row in own)
    columns = (
        plain_column("label", "accounts.column.label", "term"),
        plain_column("sites", "accounts.column.sites", "int", "accounts.site_unit"),
        plain_column("before", "accounts.column.before", "money_number", "sales.unit.money"),
        plain_column("now", "accounts.column.now", "money_number", "sales.unit.money"),
        plain_column("change", "accounts.column.change", "pct1_signed"),
        plain_column("share", "accounts.column.share", "pct1_number", "sales.unit.percent"),
    )
    cells: list[tuple[Fact, ...]] = []
    forms = []
    for row in rows:
        label = row["label"] if row["label"] else f"accounts.rank_{int(row['rank'])}"
        cells.append(
            (
                str(label),
                int(row["sites"]),
                int(row["before"]),
                int(row["now"]),
                row["now"] / row["before"] - 1 if row["before"] else None,
                float(row["share"]),
            )
        )
        forms.append(("term" if str(label).startswith("accounts.") else "text", *(c.form for c in columns[1:])))
    headline = Sentence("accounts.headline", facts)
    return Draft(
        name="accounts.parents",
        page="BB-01",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("accounts.title"), Sentence("accounts.unit", facts), "M", lambda voice: _draw_parents(own, voice)
            ),
            TablePanel(
                Sentence("accounts.table"),
                Sentence("accounts.table_unit"),
                Table(columns, tuple(cells), focus=0, forms=tuple(forms)),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("accounts.key", facts), Sentence("accounts.key_number", facts), Sentence("accounts.key_compare", facts)
        ),
        reading=(Sentence("accounts.read"),),
        claim=(Sentence("accounts.sure"),),
        next_move=NextMove(Sentence("accounts.next", facts)),
        note=(Sentence("accounts.note_named" if named else "accounts.note"),),
        sample=Sentence("accounts.sample", facts),
        source=Sentence("accounts.source"),
        period=str(periods.current),
        largest=max(int(first["total"]), int(first["total_before"])),
        definitions=("DF-95",),
        rows=(
            _finding(
                "accounts",
                headline,
                {"value": facts["share"], "unit": "percent", "n": facts["accounts"], "period": facts["current"]},
                "order_lines",
            ),
        ),
    )


def _draw_parents(own: list[dict[str, Any]], voice: Voice) -> Figure:
    drawn = []
    for row in own:
        label = str(row["label"]) if row["label"] else voice.say(f"accounts.rank_{int(row['rank'])}")
        cells: tuple[tuple[Fact, str], ...] = (
            (int(row["sites"]), "int"),
            (int(row["before"]), "money_number"),
            (int(row["now"]), "money_number"),
        )
        drawn.append(
            Row(
                label,
                float(row["now"]),
                float(row["now"]),
                float(row["now"]),
                "told" if row["now"] >= row["before"] else "against",
                cells,
                float(row["before"]),
            )
        )
    most = max(max(row["now"], row["before"]) for row in own)
    frame = Frame(
        48.0,
        (54.0, 78.0),
        (148.0, 172.0, MAIN),
        ("accounts.column.sites", "accounts.column.before", "accounts.column.now"),
        "accounts.column.label",
        (0, most * 1.06),
        dots_head="accounts.marks",
    )
    return draw_rows(drawn, frame, voice, name="parents")


# ---------------------------------------------------------------- growth
@view
def growth(table: pd.DataFrame, *, periods: Periods) -> Draft:
    """What accounts that are new, grew, shrank or stopped add to the change (`metrics.accounts.growth`)."""
    by = {row["move"]: row for row in records(table)}
    first = table.iloc[0]
    facts: dict[str, Fact] = {name: int(row["accounts"]) for name, row in by.items()}
    facts |= {
        "loss": abs(int(by["contraction"]["change"]) + int(by["stopped"]["change"])),
        "gain": int(by["expansion"]["change"]) + int(by["new"]["change"]),
        "total": int(first["total"]),
        "before": int(first["total_before"]),
        "rate": int(first["total"]) / int(first["total_before"]) - 1 if first["total_before"] else None,
        "running_down": int(first["running_down"]),
        "watched": int(first["watched"]),
        "current": str(periods.current),
        "n": sum(int(row["accounts"]) for row in by.values()),
    }
    parts = (
        ("accounts.growth.before", int(first["total_before"])),
        *((f"accounts.growth.{name}", int(row["change"])) for name, row in by.items()),
        ("accounts.growth.now", int(first["total"])),
    )
    columns = (
        plain_column("move", "accounts.growth.column.move", "term"),
        plain_column("accounts", "accounts.growth.column.accounts", "int", "accounts.account_unit"),
        plain_column("before", "accounts.column.before", "money_number", "sales.unit.money"),
        plain_column("now", "accounts.column.now", "money_number", "sales.unit.money"),
        plain_column("change", "accounts.growth.column.change", "money_number_signed", "sales.unit.money"),
    )
    cells: list[tuple[Fact, ...]] = [
        (f"accounts.growth.{name}", *(int(row[c.name]) for c in columns[1:])) for name, row in by.items()
    ]
    cells.append(
        (
            "accounts.growth.all",
            int(facts["n"] or 0),
            int(first["total_before"]),
            int(first["total"]),
            int(first["total"]) - int(first["total_before"]),
        )
    )
    headline = Sentence("accounts.growth.headline", facts)
    return Draft(
        name="accounts.growth",
        page="BB-04",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("accounts.growth.title"),
                Sentence("accounts.growth.unit", facts),
                "M",
                lambda voice: draw_flow(parts, "money_number", voice, name="growth"),
            ),
            TablePanel(
                Sentence("accounts.growth.table"),
                Sentence("accounts.growth.table_unit"),
                Table(columns, tuple(cells), focus=2, total=True),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("accounts.growth.key"),
            Sentence("accounts.growth.key_number", facts),
            Sentence("accounts.growth.key_compare", facts),
        ),
        reading=(Sentence("accounts.growth.read"),),
        claim=(Sentence("accounts.growth.sure", facts),),
        next_move=NextMove(Sentence("accounts.growth.next", facts)),
        sample=Sentence("accounts.growth.sample", facts),
        source=Sentence("accounts.source"),
        period=str(periods.current),
        largest=max(int(first["total"]), int(first["total_before"])),
        definitions=("DF-95", "DF-96"),
        rows=(
            _finding(
                "account_growth",
                headline,
                {"value": -int(facts["loss"] or 0), "unit": "money", "n": facts["n"], "period": facts["current"]},
                "order_lines",
                "sales",
            ),
        ),
        stake=int(facts["loss"] or 0),
    )


# ---------------------------------------------------------------- stages
@view
def stages(table: pd.DataFrame, *, span: str) -> Draft:
    """Conversion from stage to stage and the win rate (`metrics.accounts.stages`)."""
    rows = records(table)
    weak = min((row for row in rows if row["rate"] == row["rate"]), key=lambda row: row["rate"])
    first = rows[0]
    facts: dict[str, Fact] = {
        "stage": fit(str(weak["stage"]), SAID, TYPE["label"]),
        "next": fit(str(weak["next"]), SAID, TYPE["label"]),
        "rate": float(weak["rate"]),
        "low": float(weak["low"]),
        "high": float(weak["high"]),
        "lost": int(weak["lost"]),
        "win": fact(first["win_rate"]),
        "win_low": fact(first["win_low"]),
        "win_high": fact(first["win_high"]),
        "won": int(first["won"]),
        "decided": int(first["decided"]),
        "open": int(first["open"]),
        "amount": None if first["won_amount"] != first["won_amount"] else round(float(first["won_amount"])),
        "n": int(first["decided"]) + int(first["open"]),
    }
    columns = (
        plain_column("stage", "accounts.stages.column.stage", "text"),
        *(
            plain_column(c, f"accounts.stages.column.{c}", "int", "accounts.deal_unit")
            for c in ("reached", "went", "lost", "waiting")
        ),
        *(plain_column(c, f"accounts.stages.column.{c}", "pct1_number", "sales.unit.percent") for c in ("rate", "low", "high")),
    )
    cells = tuple((fit(str(row["stage"]), SAID, TYPE["label"]), *(fact(row[c.name]) for c in columns[1:])) for row in rows)
    headline = Sentence("accounts.stages.headline" if facts["amount"] is not None else "accounts.stages.headline_plain", facts)
    return Draft(
        name="accounts.stages",
        page="BB-02",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("accounts.stages.title"),
                Sentence("accounts.stages.unit"),
                "M",
                lambda voice: _draw_stages(rows, weak, voice),
            ),
            TablePanel(
                Sentence("accounts.stages.table"),
                Sentence("accounts.stages.table_unit"),
                Table(columns, cells, focus=rows.index(weak)),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("accounts.stages.key"),
            Sentence("accounts.stages.key_number", facts),
            Sentence("accounts.stages.key_between", facts),
        ),
        reading=(Sentence("accounts.stages.read"),),
        claim=(Sentence("accounts.stages.sure", facts),),
        next_move=NextMove(Sentence("accounts.stages.next", facts)),
        sample=Sentence("accounts.stages.sample", facts),
        source=Sentence("accounts.source_deals"),
        period=span,
        definitions=("DF-97", "DF-33"),
        rows=(
            _finding(
                "deal_stages",
                headline,
                {
                    "value": facts["win"],
                    "unit": "percent",
                    "n": facts["decided"],
                    "low": facts["win_low"],
                    "high": facts["win_high"],
                    "period": span,
                },
                "deals",
            ),
        ),
    )


def _draw_stages(rows: list[dict[str, Any]], weak: dict[str, Any], voice: Voice) -> Figure:
    drawn = []
    for row in rows:
        cells: tuple[tuple[Fact, str], ...] = (
            (int(row["reached"]), "int"),
            (int(row["lost"]), "int"),
            (fact(row["rate"]), "pct1_number"),
        )
        drawn.append(
            Row(
                voice.say("accounts.stages.row", stage=row["stage"], next=row["next"]),
                row["rate"],
                row["low"],
                row["high"],
                "against" if row is weak else "told",
                cells,
            )
        )
    heads = ("accounts.stages.column.reached", "accounts.stages.column.lost", "accounts.stages.column.rate")
    frame = Frame(62.0, (68.0, 76.0), (158.0, 176.0, MAIN), heads, "accounts.stages.head", (0, 1.02))
    return draw_rows(drawn, frame, voice, name="stages")


# ---------------------------------------------------------------- days
@view
def days_to_contract(table: pd.DataFrame, *, span: str) -> Draft:
    """Won and lost by days since opening (`metrics.accounts.days_to_contract`)."""
    first = table.iloc[0]
    won, lost = (table[table["kind"] == kind].reset_index(drop=True) for kind in ("won", "lost"))
    facts: dict[str, Fact] = {
        "median": int(first["median"]),
        "low": round(float(first["median_low"])),
        "high": round(float(first["median_high"])),
        "wins": float(first["wins"]),
        "won": int(first["won"]),
        "open": int(first["open"]),
        "n": int(first["deals"]),
        "last": int(table["day"].max()),
        "half_lost": int((lost["rate"] >= lost["rate"].iloc[-1] / 2).idxmax()),
    }
    columns = (
        plain_column("kind", "accounts.days.column.kind", "term"),
        *(plain_column(f"d{d}", f"accounts.days.column.d{d}", "pct1_number", "sales.unit.percent") for d in (30, 60, 90, 120)),
        plain_column("end", "accounts.days.column.end", "pct1_number", "sales.unit.percent"),
    )
    cells: list[tuple[Fact, ...]] = []
    for kind, part in (("won", won), ("lost", lost)):
        at = part["rate"]
        cells.append((f"accounts.days.{kind}", *(float(at[min(d, len(at) - 1)]) for d in (30, 60, 90, 120)), float(at.iloc[-1])))
    headline = Sentence("accounts.days.headline", facts)
    return Draft(
        name="accounts.days_to_contract",
        page="BB-03",
        headline=headline,
        panels=(
            ChartPanel(
                Sentence("accounts.days.title"),
                Sentence("accounts.days.unit"),
                "M",
                lambda voice: draw_curves(
                    (
                        Curve("won", voice.say("accounts.days.won"), won),
                        Curve("lost", voice.say("accounts.days.lost"), lost, "alert"),
                    ),
                    voice,
                    axis="accounts.days.axis",
                    at=(int(won["day"].max()),),
                ),
            ),
            TablePanel(Sentence("accounts.days.table"), Sentence("accounts.days.table_unit"), Table(columns, tuple(cells))),
        ),
        key_figure=KeyFigure(
            Sentence("accounts.days.key"),
            Sentence("accounts.days.key_number", facts),
            Sentence("accounts.days.key_between", facts),
        ),
        reading=(Sentence("accounts.days.read"),),
        claim=(Sentence("accounts.days.sure", facts),),
        next_move=NextMove(Sentence("accounts.days.next", facts)),
        sample=Sentence("accounts.days.sample", facts),
        source=Sentence("accounts.source_deals"),
        period=span,
        definitions=("DF-98",),
        rows=(
            _finding(
                "days_to_contract",
                headline,
                {
                    "value": facts["median"],
                    "unit": "days",
                    "n": facts["n"],
                    "low": facts["low"],
                    "high": facts["high"],
                    "period": span,
                },
                "deals",
            ),
        ),
    )
