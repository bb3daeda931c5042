"""The page on prices: the change in sales without what the same items cost more or less."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.prices import PARTS
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views import waterfall
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import TYPE, fit
from crm_helpers.views.waterfall import Part

LEVEL = 0.005  # prices that moved by less than half a percent of the sales are told as level
SAID = 40.0  # mm that a name may take in the table
SHOWN = 5  # categories with a row of their own; the others are one row, so that the rows stay seven


@view
def split(table: pd.DataFrame, *, periods: Periods) -> Draft:
    """The waterfall of price, volume and range over the categories (`metrics.prices.split`)."""
    total = records(table)[-1]
    before, now = int(total["compare"]), int(total["current"])
    share = int(total["price"]) / before
    by_item = bool(total["by_item"])
    kind = "level" if abs(share) < LEVEL else "rise" if share > 0 else "cut"
    parts = [name for name in PARTS if name != "unpriced" or int(total[name])]
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "compare": str(periods.compare),
        "rate": now / before - 1,
        "real": float(total["real"]),
        "price": float(total["fisher"]) - 1,
        "price_size": abs(float(total["fisher"]) - 1),
        "money": int(total["price"]),
        "index": 100 * float(total["fisher"]),
        "laspeyres": 100 * float(total["laspeyres"]),
        "paasche": 100 * float(total["paasche"]),
        "items": int(total["items"]),
        "new_items": int(total["new_items"]),
        "ended_items": int(total["ended_items"]),
        "pooled": float(total["pooled"]),
    }
    notes = [Sentence("prices.note_pooled", facts)] if facts["pooled"] else []
    notes += [Sentence("prices.note_unpriced")] if "unpriced" in parts else []
    return Draft(
        name="prices.split",
        page="BA-04b",
        headline=Sentence(f"prices.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("prices.title"),
                Sentence("prices.unit", facts),
                "M",
                lambda voice: _draw(total, parts, facts, periods, voice),
            ),
            TablePanel(
                Sentence("prices.table_items" if by_item else "prices.table"),
                Sentence("prices.table_unit", facts),
                _table(table, by_item=by_item),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("prices.key", facts),
            Sentence("prices.key_number", {"value": facts["real"]}),
            Sentence("prices.key_compare", facts),
        ),
        reading=(Sentence("prices.read", facts),),
        claim=(Sentence("prices.sure"),),
        next_move=NextMove(Sentence(f"prices.next_{kind}")),
        note=(*notes, Sentence("prices.note_range", facts)),
        sample=Sentence("prices.sample", facts),
        source=Sentence("prices.source"),
        period=str(periods.current),
        largest=max(before, now),
        definitions=("DF-01", "DF-52", "DF-53"),
        stake=abs(int(total["price"])),
        evidence="decomposition",
        rows=(_finding(facts, kind, periods),),
    )


def _draw(total: dict[str, Any], parts: list[str], facts: dict[str, Fact], periods: Periods, voice: Voice) -> Figure:
    moved = {name: voice.say(f"prices.moved.{name}", **facts) for name in ("price", "range")}
    bars = [Part(voice.say(f"prices.bar.{name}"), int(total[name]), moved.get(name, "")) for name in parts]
    return waterfall.draw(int(total["compare"]), bars, parts.index("price"), periods, voice)


def _table(table: pd.DataFrame, *, by_item: bool) -> Table:
    """Categories with their price index; those beyond the largest are one row without an index, the total comes last."""
    columns = (
        plain_column("category", "prices.column.item" if by_item else "prices.column.category", "term"),
        plain_column("compare", "prices.column.compare", "money_number", "sales.unit.money"),
        plain_column("current", "prices.column.current", "money_number", "sales.unit.money"),
        plain_column("rate", "prices.column.rate", "pct1_number_signed", "sales.unit.percent"),
        plain_column("price", "prices.column.price", "pct1_number_signed", "sales.unit.percent"),
        plain_column("real", "prices.column.real", "pct1_number_signed", "sales.unit.percent"),
        plain_column("items", "prices.column.items", "int"),
    )
    *categories, total = records(table)
    shown = categories if len(categories) <= SHOWN + 1 else categories[:SHOWN]
    rows = [_told(fit(row["category"], SAID, TYPE["label"]) or "prices.no_category", row) for row in shown]
    if rest := categories[len(shown) :]:
        before, now, items = (sum(int(row[name]) for row in rest) for name in ("compare", "current", "items"))
        rows.append(("prices.others", before, now, now / before - 1 if before > 0 else None, None, None, items))
    told = (*rows, _told("prices.total", total))
    rest_forms = tuple(column.form for column in columns[1:])
    forms = tuple(("term" if str(row[0]).startswith("prices.") else "text", *rest_forms) for row in told)
    return Table(columns, told, total=True, forms=forms)


def _told(name: str, row: dict[str, Any]) -> tuple[Fact, ...]:
    before, now = int(row["compare"]), int(row["current"])
    rate = now / before - 1 if before > 0 else None
    return (name, before, now, rate, fact(row["fisher"] - 1), fact(row["real"]), int(row["items"]))


def _finding(facts: dict[str, Fact], kind: str, periods: Periods) -> LedgerRow:
    told = {
        name: {"value": facts[name], "unit": "rate", "n": facts["items"], "period": str(periods.current), "definition": name}
        for name in ("price", "real")
    }
    return LedgerRow(
        row_id("finding", "prices"),
        "finding",
        Sentence(f"prices.headline.{kind}", facts),
        told,
        "order_lines",
        (row_id("kpi", "sales"),),
    )
