"""The pages on the assortment: ABC of the products, and price bands."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.assortment import Classes, largest_change
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, fit, mark, number

TOTAL = "assortment.total"


# ---------------------------------------------------------------- ABC
@view
def abc(found: Classes, *, periods: Periods) -> Draft:
    """The Pareto curve beside the largest products, over the classes (`metrics.assortment.abc`)."""
    rows = {row["class"]: row for row in records(found.classes)}
    whole, first, last = rows["all"], rows["A"], rows["C"]
    margin = not pd.isna(whole["margin"]) and int(whole["margin"]) > 0
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "n": int(whole["products"]),
        "a": int(first["products"]),
        "a_share": first["products"] / whole["products"],
        "a_sales": float(first["share"]),
        "c": int(last["products"]),
        "c_share": last["products"] / whole["products"],
        "c_sales": float(last["share"]),
        "c_margin": int(last["margin"]) / int(whole["margin"]) if margin and not pd.isna(last["margin"]) else None,
        "cut_a": found.cuts[0],
        "cut_b": found.cuts[1],
        "covered": fact(found.covered),
    }
    kind = "margin" if facts["c_margin"] is not None else "plain"
    return Draft(
        name="assortment.abc",
        page="BA-14",
        headline=Sentence(f"assortment.abc.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("assortment.abc.title"),
                Sentence("assortment.abc.unit", facts),
                "M",
                lambda voice: _draw_abc(found, voice),
            ),
            TablePanel(
                Sentence("assortment.abc.table"), Sentence("assortment.abc.table_unit", facts), _classes(rows, margin=margin)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("assortment.abc.key", facts),
            Sentence("assortment.abc.number", facts),
            Sentence("assortment.abc.key_compare", facts),
        ),
        reading=(Sentence("assortment.abc.read", facts),),
        claim=(Sentence("assortment.abc.sure", facts),),
        next_move=NextMove(Sentence("assortment.abc.next", facts)),
        note=(Sentence("assortment.abc.note"), *([Sentence("assortment.abc.note_margin")] if margin else [])),
        sample=Sentence("assortment.abc.sample", facts),
        source=Sentence("changes.source_margin"),
        period=str(periods.current),
        largest=int(whole["sales"]),
        definitions=("DF-01", "DF-74", *(["DF-72"] if margin else [])),
        rows=(_finding("abc", facts, f"assortment.abc.headline.{kind}", periods, facts["a_sales"], "ratio"),),
    )


def _classes(rows: dict[str, dict[str, Any]], *, margin: bool) -> Table:
    whole = rows["all"]
    columns = [
        plain_column("class", "assortment.abc.column.class", "term"),
        plain_column("products", "assortment.abc.column.products", "int", "assortment.products"),
        plain_column("product_share", "assortment.abc.column.product_share", "pct1_number", "sales.unit.percent"),
        plain_column("sales", "assortment.abc.column.sales", "money_number", "sales.unit.money"),
        plain_column("share", "assortment.abc.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("stayed", "assortment.abc.column.stayed", "int", "assortment.products"),
    ]
    if margin:
        columns += [
            plain_column("margin", "assortment.abc.column.margin", "money_number", "sales.unit.money"),
            plain_column("margin_share", "assortment.abc.column.margin_share", "pct1_number", "sales.unit.percent"),
            plain_column("margin_rate", "assortment.abc.column.margin_rate", "pct1_number", "sales.unit.percent"),
        ]
    told: list[tuple[Fact, ...]] = []
    for name in ("A", "B", "C", "all"):
        row = rows[name]
        plain = [
            int(row["products"]),
            row["products"] / whole["products"],
            int(row["sales"]),
            float(row["share"]),
            int(row["stayed"]),
        ]
        known = margin and not pd.isna(row["margin"]) and int(row["net"]) > 0
        money = [int(row["margin"]), row["margin"] / whole["margin"], row["margin"] / row["net"]] if known else [None] * 3
        told.append(
            (f"assortment.abc.class.{name}", *plain, *([fact(value) if known else None for value in money] if margin else []))
        )
    return Table(tuple(columns), tuple(told), focus=0, total=True)


def _draw_abc(found: Classes, voice: Voice) -> Figure:
    """The curve with its two cuts on the left, the largest products as bars on the right."""
    figure, axes = canvas("M", (14, 11, 80, HEIGHT["M"] - 15))
    points = pd.concat([pd.DataFrame({"products": [0.0], "sales": [0.0]}), found.curve])
    (line,) = axes.plot(points["products"], points["sales"], color=COLOUR["accent"], lw=LINE["main"])
    mark(line, "curve")
    shares = found.classes.set_index("class")
    x, y = 0.0, 0.0
    for name in "AB":
        x, y = x + shares["products"][name] / shares["products"]["all"], y + float(shares["share"][name])
        axes.plot([x, x], [0, y], color=COLOUR["mark"], lw=LINE["axis"])
        axes.plot([0, x], [y, y], color=COLOUR["mark"], lw=LINE["axis"])
        number(axes, x + 0.015, y - 0.055, y, "pct1", voice, within=f"{name}  {{}}", size=TYPE["label"], weight="bold",
               color=COLOUR["accent"])  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    axes.set_xticklabels([voice.number(v, "pct0") for v in (0.0, 0.5, 1.0)])
    axes.set_yticklabels([voice.number(v, "pct0") for v in (0.0, 0.5, 1.0)])
    axes.tick_params(length=0)
    axes.set_xlabel(voice.say("assortment.abc.across"), size=TYPE["small"], labelpad=1)
    _largest(figure, found.top, voice)
    return figure


def _largest(figure: Figure, top: pd.DataFrame, voice: Voice) -> None:
    high = HEIGHT["M"]
    left, names = 104.0, 44.0
    axes = figure.add_axes(((left + names) / MAIN, 4 / high, (MAIN - left - names - 1) / MAIN, (high - 13) / high))
    at = [-i for i in range(len(top))]
    mark(axes.barh(at, top["share"].to_numpy(), 0.6, color=COLOUR["mark"]), "top")
    reach = float(top["share"].max())
    axes.set(xlim=(0, 1.75 * reach), ylim=(at[-1] - 0.6, 0.6), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    for y, row in zip(at, records(top), strict=True):
        name = fit(str(row["name"]), names - 2, TYPE["label"])
        axes.text(-0.04 * reach, y, name, ha="right", va="center_baseline", size=TYPE["label"])
        told = voice.number(float(row["share"]), "pct1")
        number(axes, row["share"] + 0.03 * reach, y, int(row["sales"]), "money_number", voice, within=f"{{}}  {told}",
               va="center_baseline", size=TYPE["label"])  # fmt: skip
    axes.text(-names / (MAIN - left - names - 1) * 1.75 * reach, 0.95, voice.say("assortment.abc.largest"), va="bottom",
              size=TYPE["label"], weight="bold")  # fmt: skip


# ---------------------------------------------------------------- BA-16 price bands
@view
def price_bands(table: pd.DataFrame, *, periods: Periods, tax: str) -> Draft:
    """Share of the items by price in both periods over the table (`metrics.assortment.price_bands`)."""
    *rows, whole = records(table)
    moved = largest_change(table)
    top = max(rows, key=lambda row: row["share"])
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "compare": str(periods.compare),
        "items": int(whole["items"]),
        "bands": len(rows),
        **{f"moved_{name}": fact(moved[name]) for name in ("low", "high", "share", "share_before", "change")},
        "points": abs(float(str(moved["change"]))),
        "top_low": fact(top["low"]),
        "top_high": fact(top["high"]),
        "top_share": float(top["share"]),
        "mean": round(whole["sales"] / whole["items"]),
        "mean_before": round(whole["sales_before"] / whole["items_before"]),
    }
    end = "under" if facts["moved_low"] is None else "over" if facts["moved_high"] is None else "between"
    kind = f"{'up' if float(str(moved['change'])) >= 0 else 'down'}_{end}"
    return Draft(
        name="assortment.price_bands",
        page="BA-16",
        headline=Sentence(f"assortment.bands.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("assortment.bands.title"),
                Sentence("assortment.bands.unit", facts),
                "M",
                lambda voice: _draw_bands(rows, voice),
            ),
            TablePanel(Sentence("assortment.bands.table"), Sentence("assortment.bands.table_unit", facts), _bands(rows, whole)),
        ),
        key_figure=KeyFigure(
            Sentence("assortment.bands.key"),
            Sentence("assortment.bands.number", facts),
            Sentence("assortment.bands.key_compare", facts),
        ),
        reading=(Sentence("assortment.bands.read"),),
        claim=(Sentence("assortment.bands.sure"),),
        next_move=NextMove(Sentence("assortment.bands.next")),
        note=(Sentence("assortment.bands.note"), Sentence(f"basis.statements.tax_{tax}")),
        sample=Sentence("assortment.bands.sample", facts),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=int(max(whole["sales"], whole["sales_before"])),
        definitions=("DF-75",),
        rows=(_finding("price_bands", facts, f"assortment.bands.headline.{kind}", periods, facts["moved_change"], "ratio"),),
    )


def band_name(row: dict[str, Any], voice: Voice) -> str:
    """`1,000〜1,499円`: a band's name."""
    low, high = (None if pd.isna(row[name]) else int(row[name]) for name in ("low", "high"))
    kind = "under" if low is None else "over" if high is None else "between"
    return voice.say(f"assortment.bands.name.{kind}", low=low, high=high)


def _bands(rows: list[dict[str, Any]], whole: dict[str, Any]) -> Table:
    columns = (
        plain_column("low", "assortment.bands.column.low", "price_number", "sales.unit.money_base"),
        plain_column("high", "assortment.bands.column.high", "price_number", "sales.unit.money_base"),
        plain_column("items_before", "assortment.bands.column.items_before", "int", "assortment.items"),
        plain_column("items", "assortment.bands.column.items", "int", "assortment.items"),
        plain_column("share_before", "assortment.bands.column.share_before", "pct1_number", "sales.unit.percent"),
        plain_column("share", "assortment.bands.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("change", "assortment.bands.column.change", "pt1_number_signed", "changes.points"),
        plain_column("sales", "assortment.bands.column.sales", "money_number", "sales.unit.money"),
    )
    names = ("items_before", "items", "share_before", "share", "change", "sales")
    counts = ("items_before", "items", "sales")
    told: list[tuple[Fact, ...]] = []
    for row in [*rows, whole]:
        values = [int(row[name]) if name in counts else fact(row[name]) for name in names]
        ends: list[Fact] = [TOTAL, None] if row is whole else [fact(row["low"]), fact(row["high"])]
        told.append(
            (*ends, *(None if row is whole and name == "change" else value for name, value in zip(names, values, strict=True)))
        )
    plain = tuple(column.form for column in columns)
    forms = (*(plain for _ in rows), ("term", *plain[1:]))
    focus = max(range(len(rows)), key=lambda i: abs(rows[i]["change"]))
    return Table(columns, tuple(told), focus=focus, total=True, forms=forms)


def _draw_bands(rows: list[dict[str, Any]], voice: Voice) -> Figure:
    """Two bars a band, the compared period grey and the current one dark, with the change above."""
    figure, axes = canvas("M", (0.5, 9, MAIN - 1, HEIGHT["M"] - 12))
    at = list(range(len(rows)))
    focus = max(at, key=lambda i: abs(rows[i]["change"]))
    for name, shift, colour in (("share_before", -0.19, COLOUR["mark"]), ("share", 0.19, COLOUR["accent"])):
        mark(axes.bar([i + shift for i in at], [row[name] for row in rows], 0.36, color=colour), name)
        for i, row in enumerate(rows):
            _share(axes, i + shift, float(row[name]), name == "share", voice)
    top = max(max(row["share"], row["share_before"]) for row in rows)
    for i, row in enumerate(rows):
        colour = COLOUR["text2"] if i != focus else COLOUR["accent"] if row["change"] >= 0 else COLOUR["alert"]
        over = max(row["share"], row["share_before"]) + 0.1 * top
        size = TYPE["subhead"] if i == focus else TYPE["label"]
        number(
            axes,
            i,
            over,
            float(row["change"]),
            "pt1_signed",
            voice,
            ha="center",
            va="bottom",
            size=size,
            weight="bold",
            color=colour,
        )
    axes.set(xlim=(-0.5, len(rows) - 0.5), ylim=(0, 1.22 * top), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.set_xticks(at, [band_name(row, voice) for row in rows])
    axes.tick_params(axis="x", length=0, pad=3)
    return figure


def _share(axes: Axes, x: float, value: float, now: bool, voice: Voice) -> None:
    number(axes, x, value, value, "pct1_number", voice, ha="center", va="bottom", size=TYPE["label"],
           color=COLOUR["ink"] if now else COLOUR["text2"], weight="bold" if now else "regular")  # fmt: skip


def _finding(name: str, facts: dict[str, Fact], key: str, periods: Periods, value: Fact, unit: str) -> LedgerRow:
    n = facts["n"] if "n" in facts else facts["items"]
    told: dict[str, Fact] = {"value": value, "unit": unit, "n": n, "period": str(periods.current), "definition": name}
    return LedgerRow(
        row_id("finding", name), "finding", Sentence(key, facts), {name: told}, "order_lines", (row_id("kpi", "sales"),)
    )
