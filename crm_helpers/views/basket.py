"""The pages of a client who does not know who bought: receipts, and what ids would tell."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.sales import direction, rate_of
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, canvas, mark, number

FORMS = {"sales": "money_number", "receipts": "int", "items_per_receipt": "dec2"}
UNITS = {"sales": "sales.unit.money", "receipts": "basket.receipts", "items_per_receipt": "basket.items"}
SHOWN = (0.1, 0.3, 0.5, 1.0)  # shares of the table
HARDEST = 4  # the scenario of the headline: visits a month of one person, the slowest to gather people


@view
def receipts(change: pd.DataFrame, spread: pd.DataFrame, *, periods: Periods) -> Draft:
    """Distributions of receipts over the split of the change (`metrics.basket.change`, `metrics.basket.spread`)."""
    by = {row["node"]: row for row in records(change)}
    sold, count, value = by["sales"], by["receipts"], by["value_per_receipt"]
    rate = rate_of(sold["current"], sold["compare"])
    way = direction(rate)
    parts = [name for name in ("receipts", "items_per_receipt", "price_per_item", "value_per_receipt") if name in by]
    parts = parts[:3] if "items_per_receipt" in by else parts
    top = max(parts, key=lambda name: abs(by[name]["contribution"]))
    facts: dict[str, Fact] = {
        "n": int(count["current"]),
        "value": fact(round(value["current"])),
        "diff": abs(int(sold["contribution"])),
        "rate": abs(rate),
        "top": f"basket.node.{top}",
        "top_value": int(by[top]["contribution"]),
        "value_rate": fact(rate_of(value["current"], value["compare"])),
        "current": str(periods.current),
        "compare": str(periods.compare),
    }
    return Draft(
        name="basket.receipts",
        page="NI-01",
        headline=Sentence(f"basket.headline.{way}", facts),
        panels=(
            ChartPanel(Sentence("basket.title"), Sentence("basket.unit", facts), "M", lambda voice: _draw(spread, voice)),
            TablePanel(Sentence("basket.table"), Sentence("basket.table_unit", facts), _table(by)),
        ),
        key_figure=KeyFigure(
            Sentence("basket.key"), Sentence("basket.number", {"value": facts["value"]}), Sentence("basket.key_compare", facts)
        ),
        reading=(Sentence("basket.read"),),
        claim=(Sentence("basket.sure"),),
        next_move=NextMove(Sentence("basket.next", facts)),
        note=(Sentence("basket.note"),),
        sample=Sentence("basket.sample", facts),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=int(max(sold["current"], sold["compare"])),
        definitions=("DF-01", "DF-05", "DF-68"),
        stake=abs(int(sold["contribution"])),
        evidence="decomposition",
        rows=(_row(facts, way, periods),),
    )


def _table(by: dict[str, dict[str, Any]]) -> Table:
    columns = (
        plain_column("node", "basket.column.node", "term"),
        plain_column("compare", "basket.column.compare", "text"),
        plain_column("current", "basket.column.current", "text"),
        plain_column("change", "basket.column.change", "pct1_number_signed", "sales.unit.percent"),
        plain_column("contribution", "basket.column.contribution", "money_number_signed", "sales.unit.money"),
    )
    order = [n for n in ("receipts", "items_per_receipt", "price_per_item", "value_per_receipt", "sales") if n in by]
    rows, forms = [], []
    for name in order:
        row = by[name]
        form = FORMS.get(name, "price_number")
        told = (row["compare"], row["current"]) if form == "dec2" else (round(row["compare"]), round(row["current"]))
        rows.append((f"basket.node.{name}", *told, rate_of(row["current"], row["compare"]), int(row["contribution"])))
        forms.append(("term", form, form, columns[3].form, columns[4].form))
    return Table(columns, tuple(rows), total=True, forms=tuple(forms))


def _row(facts: dict[str, Fact], way: str, periods: Periods) -> LedgerRow:
    """Receipts and their value head the thread where there are no customers."""
    told = {"value": facts["value"], "unit": "money", "n": facts["n"], "period": str(periods.current), "definition": "receipt"}
    return LedgerRow(row_id("kpi", "receipts"), "kpi", Sentence(f"basket.headline.{way}", facts), {"value": told}, "order_lines")


# ---------------------------------------------------------------- drawing
BOTTOM, TOP, GAP = 10.0, 12.0, 10.0  # mm


def _draw(spread: pd.DataFrame, voice: Voice) -> Figure:
    """One row of columns for each measure: share of receipts now, a tick for the compared period."""
    _, axes = board("M")
    measures = list(dict.fromkeys(spread["measure"]))
    wide = (MAIN - GAP * (len(measures) - 1)) / len(measures)
    for i, measure in enumerate(measures):
        _columns(axes, records(spread[spread["measure"] == measure]), measure, i * (wide + GAP), wide, voice)
    return axes.figure  # type: ignore[return-value]


def _columns(axes: Axes, rows: list[dict[str, Any]], measure: str, left: float, wide: float, voice: Voice) -> None:
    style = {"size": TYPE["small"], "color": COLOUR["text2"]}
    axes.text(left, HEIGHT["M"] - 4, voice.say(f"basket.measure.{measure}"), weight="bold", va="center", **style)
    step, high = wide / len(rows), HEIGHT["M"] - BOTTOM - TOP
    most = max(max(row["share"], row["share_before"]) for row in rows)
    for i, row in enumerate(rows):
        x, tall = left + step * (i + 0.5), high * row["share"] / most
        axes.add_patch(Rectangle((x - step * 0.31, BOTTOM), step * 0.62, tall, fc=COLOUR["accent"], lw=0))
        before = BOTTOM + high * row["share_before"] / most
        axes.plot([x - step * 0.4, x + step * 0.4], [before] * 2, color=COLOUR["ink"], lw=LINE["interval"])
        number(
            axes, x, max(BOTTOM + tall, before) + 2.2, float(row["share"]), "pct1", voice, ha="center", va="center",
            size=TYPE["small"],
        )  # fmt: skip
        axes.text(x, BOTTOM - 4, _band(row, measure, voice), ha="center", va="center", **style)
    axes.plot([left, left + wide], [BOTTOM] * 2, color=COLOUR["ink"], lw=LINE["rule"])


def _band(row: dict[str, Any], measure: str, voice: Voice) -> str:
    """`3`, `6–9`, `10–`; money in the currency's own unit."""
    form = "int" if measure == "items" else "price_number"
    low = voice.number(int(row["low"]), form)
    if math.isnan(row["high"]):
        return f"{low}–"
    if measure == "items":
        return low if row["high"] - row["low"] == 1 else f"{low}–{voice.number(int(row['high']) - 1, form)}"
    return f"–{voice.number(int(row['high']), form)}" if not row["low"] else low + "–"


# ---------------------------------------------------------------- NI-02
@view
def with_ids(table: pd.DataFrame, *, periods: Periods) -> Draft:
    """Months until F2 can be measured by the share of receipts with an id (`metrics.basket.with_ids`)."""
    f2 = table[table["aim"] == "f2"]
    hardest = f2[f2["visits"] == HARDEST]
    within = hardest[hardest["months"] <= 12]
    chosen = records(within if len(within) else hardest.tail(1))[0]
    full = int(hardest["months"].iloc[-1])
    facts: dict[str, Fact] = {
        "share": float(chosen["share"]),
        "months": int(chosen["months"]),
        "people": int(chosen["people"]),
        "visits": HARDEST,
        "receipts": float(chosen["receipts"]),
        "full": full,
        "current": str(periods.current),
    }
    return Draft(
        name="basket.with_ids",
        page="NI-02",
        headline=Sentence("basket.ids.headline.when", facts),
        panels=(
            ChartPanel(Sentence("basket.ids.title"), Sentence("basket.ids.unit", facts), "M", lambda voice: _lines(f2, voice)),
            TablePanel(Sentence("basket.ids.table"), Sentence("basket.ids.table_unit", facts), _aims(table)),
        ),
        key_figure=KeyFigure(
            Sentence("basket.ids.key", facts), Sentence("basket.ids.number", facts), Sentence("basket.ids.key_compare", facts)
        ),
        reading=(Sentence("basket.ids.read", facts),),
        claim=(Sentence("basket.ids.sure", facts),),
        next_move=NextMove(Sentence("basket.ids.next", facts)),
        note=(Sentence("basket.ids.note"),),
        sample=Sentence("basket.ids.sample", facts),
        source=Sentence("sales.source"),
        period=str(periods.current),
        definitions=("DF-31", "DF-69"),
    )


def _aims(table: pd.DataFrame) -> Table:
    columns = (
        plain_column("aim", "basket.ids.column.aim", "term"),
        plain_column("people", "basket.ids.column.people", "int", "sales.unit.people"),
        *(
            plain_column(f"share_{round(100 * share)}", f"basket.ids.share.p{round(100 * share)}", "int", "basket.ids.months")
            for share in SHOWN
        ),
    )
    rows: list[tuple[Fact, ...]] = []
    for aim in dict.fromkeys(table["aim"]):
        part = table[(table["aim"] == aim) & (table["visits"] == HARDEST)].set_index("share")
        months = (int(part.loc[share, "months"]) for share in SHOWN)
        rows.append((f"basket.ids.aim.{aim}", int(part["people"].iloc[0]), *months))
    return Table(columns, tuple(rows), focus=0)


def _lines(f2: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = canvas("M", (14, 12, MAIN - 60, HEIGHT["M"] - 22))
    top = min(36.0, float(f2["months"].max()) * 1.1)
    ends: list[float] = []
    for visits, part in sorted(f2.groupby("visits"), reverse=True):
        hard = visits == HARDEST
        colour = COLOUR["accent"] if hard else COLOUR["mark"]
        (line,) = axes.plot(part["share"], part["months"], color=colour, lw=LINE["main"] if hard else LINE["second"])
        mark(line, f"visits_{visits}")
        end = float(part["months"].iloc[-1])
        while any(abs(end - other) < top * 0.07 for other in ends):
            end -= top * 0.07
        ends.append(end)
        axes.text(
            1.02, end, voice.say("basket.ids.visits", n=int(str(visits))), va="center", size=TYPE["label"],
            color=COLOUR["accent"] if hard else COLOUR["text2"], weight="bold" if hard else "regular",
        )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, top), xticks=[0.1, 0.3, 0.5, 0.7, 0.9])
    axes.set_xticklabels([voice.number(tick, "pct0") for tick in (0.1, 0.3, 0.5, 0.7, 0.9)])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y")
    axes.tick_params(length=0)
    axes.text(0, top * 1.07, voice.say("basket.ids.axis"), size=TYPE["small"], color=COLOUR["text2"])
    return figure
