"""The page on concentration: shares of groups of equal heads, and the Lorenz curve through them."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.concentration import TENTHS
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

BANDS = {  # last group of each row of the table
    "tenths": {"top10": 1, "to20": 2, "to30": 3, "to50": 5, "rest": 10},
    "thirds": {"upper": 1, "middle": 2, "lower": 3},
}


@view
def deciles(table: pd.DataFrame, *, periods: Periods, k: int) -> Draft:
    """Shares by group beside their Lorenz curve, over the table (`metrics.concentration.deciles`)."""
    kind = "tenths" if len(table) == TENTHS else "thirds"
    half, heads = fact(table["half"].iloc[0]), int(table["customers"].sum())
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "top": f"concentration.top.{kind}",
        "customers": int(table["customers"].iloc[0]),
        "share": float(table["share"].iloc[0]),
        "half": half,
        "half_share": half / heads if half else None,
        "heads": heads,
    }
    told = "half" if half else "plain"
    return Draft(
        name="concentration.deciles",
        page="BA-07",
        headline=Sentence(f"concentration.headline.{told}", facts),
        panels=(
            ChartPanel(
                Sentence("concentration.title"),
                Sentence(f"concentration.unit.{kind}", facts),
                "M",
                lambda voice: _draw(table, kind, voice),
            ),
            TablePanel(Sentence("concentration.table"), Sentence("concentration.table_unit", {"k": k}), _table(table, kind)),
        ),
        key_figure=KeyFigure(
            Sentence("concentration.key", facts),
            Sentence("concentration.key_number", facts),
            Sentence("concentration.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("concentration.sure"),),
        next_move=NextMove(Sentence("concentration.next", facts)),
        note=tuple(_notes(table, facts, k)),
        sample=Sentence("concentration.sample", {"customers": heads}),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=int(table["sales"].sum()),
        definitions=("DF-01", "DF-24", "DF-25", "DF-26"),
        stake=int(table["sales"].iloc[0]),
        rows=(_finding(facts, told, heads, periods),),
    )


def _notes(table: pd.DataFrame, facts: dict[str, Fact], k: int) -> list[Sentence]:
    tied, outside = int(table["tied"].iloc[0]), int(table["outside"].iloc[0])
    notes = []
    if tied:
        key = "concentration.note_tied" if tied >= k else "concentration.note_tied_few"
        notes.append(Sentence(key, {"top": facts["top"], "tied": tied if tied >= k else None}))
    if outside:
        notes.append(Sentence("concentration.note_outside"))
    return notes


def _table(table: pd.DataFrame, kind: str) -> Table:
    """Bands of groups with their cumulative share; the last row is the whole."""
    columns = (
        plain_column("band", "concentration.column.band", "term"),
        plain_column("customers", "concentration.column.customers", "int", "sales.unit.people"),
        plain_column("sales", "concentration.column.sales", "money_number", "sales.unit.money"),
        plain_column("share", "concentration.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("cumulative", "concentration.column.cumulative", "pct1_number", "sales.unit.percent"),
        plain_column("per_head", "concentration.column.per_head", "price_number", "sales.unit.money_base"),
        plain_column("orders_each", "concentration.column.orders_each", "dec1", "sales.unit.times"),
        plain_column("order_value", "concentration.column.order_value", "price_number", "sales.unit.money_base"),
        plain_column("entry", "concentration.column.entry", "price_number", "sales.unit.money_base"),
    )
    rows, start = [], 0
    for name, last in BANDS[kind].items():
        inside = table[table["group"].between(start + 1, last)]
        end = inside.iloc[-1]
        rows.append(_band(f"concentration.band.{name}", inside, float(end["cumulative"]), float(end["entry"])))
        start = last
    rows.append(_band("concentration.band.total", table, None, None))
    return Table(columns, tuple(rows), focus=0, total=True)


def _band(label: str, inside: pd.DataFrame, cumulative: float | None, entry: float | None) -> tuple[Fact, ...]:
    heads, sales, orders = (int(inside[name].sum()) for name in ("customers", "sales", "orders"))
    return (label, heads, sales, float(inside["share"].sum()), cumulative, sales / heads, orders / heads, sales / orders, entry)


# ---------------------------------------------------------------- drawing
MARGIN = 17.0  # mm left of the bars, for the names of the two rows under them
LEFT = 124.0  # mm: right edge of the bars
SQUARE, SIDE = (137.0, 14.0), 54.0  # mm: lower left corner and side of the Lorenz curve
FOOT = 14.0  # mm under the bars: names and cumulative shares


def _draw(table: pd.DataFrame, kind: str, voice: Voice) -> Figure:
    figure, axes = canvas("M", (MARGIN, FOOT, LEFT - MARGIN, HEIGHT["M"] - FOOT - 2))
    _draw_shares(axes, table, kind, LEFT - MARGIN, voice)
    place = (SQUARE[0] / MAIN, SQUARE[1] / HEIGHT["M"], SIDE / MAIN, SIDE / HEIGHT["M"])
    _draw_curve(figure.add_axes(place), table, kind, voice)
    return figure


def _draw_shares(axes: Axes, table: pd.DataFrame, kind: str, width: float, voice: Voice) -> None:
    """Shares of sales on `width` mm, the first group in the accent; names and cumulative shares in two rows under the bars."""
    shares = table["share"].to_numpy(dtype=float)
    at = range(len(table))
    bars = axes.bar(at, shares, width=0.62, color=[COLOUR["accent"], *[COLOUR["mark"]] * (len(table) - 1)])
    mark(bars, "share")
    top = float(shares.max())
    axes.set(xlim=(-0.5, len(table) - 0.5), ylim=(0, top * 1.12), yticks=[], xticks=[])
    axes.spines["left"].set_visible(False)
    tall = HEIGHT["M"] - FOOT - 2
    words: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "va": "center"}
    for i, (share, cumulative) in enumerate(zip(shares, table["cumulative"], strict=True)):
        strong = {"weight": "bold", "color": COLOUR["accent"]} if i == 0 else {"color": COLOUR["ink"]}
        number(axes, i, share + top * 0.02, float(share), "pct1_number", voice, ha="center", size=TYPE["label"], **strong)
        axes.text(
            i,
            -4.0 / tall,
            str(i + 1) if kind == "tenths" else _third(i, voice),
            ha="center",
            size=TYPE["small"],
            weight="bold",
            **words,
        )
        number(
            axes,
            i,
            -9.2 / tall,
            float(cumulative),
            "pct1_number",
            voice,
            ha="center",
            size=TYPE["small"],
            color=COLOUR["text2"],
            **words,
        )
    for depth, key in ((4.0, f"concentration.names.{kind}"), (9.2, "concentration.cumulative")):
        axes.text(
            -0.5 - 2.0 * len(table) / width,
            -depth / tall,
            voice.say(key),
            transform=axes.get_xaxis_transform(),
            ha="right",
            va="center",
            size=TYPE["small"],
            color=COLOUR["text2"],
        )


def _third(i: int, voice: Voice) -> str:
    return voice.say(f"concentration.band.{list(BANDS['thirds'])[i]}")


LABELLED = {"tenths": (1, 3, 5), "thirds": (1, 2)}  # groups from the top at which the curve is quoted


def _draw_curve(axes: Axes, table: pd.DataFrame, kind: str, voice: Voice) -> None:
    """Cumulative share of sales over that of heads, biggest spenders first, with the line on which all spend the same."""
    heads = [0.0, *(table["customers"].cumsum() / table["customers"].sum())]
    sales = [0.0, *table["cumulative"].astype(float)]
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    axes.set_xticklabels(["0", "50", "100%"])
    axes.set_yticklabels(["0", "50", "100%"])
    axes.tick_params(length=0)
    axes.text(0, 1.12, voice.say("concentration.curve"), va="center", size=TYPE["body"], weight="bold")
    axes.text(1, -0.13, voice.say("concentration.along"), ha="right", va="top", size=TYPE["small"], color=COLOUR["text2"])
    axes.plot([0, 1], [0, 1], color=COLOUR["mark"], lw=LINE["second"], clip_on=False)
    axes.text(0.99, 0.14, voice.say("concentration.equal"), ha="right", va="center", size=TYPE["small"], color=COLOUR["text2"])
    (line,) = axes.plot(heads, sales, color=COLOUR["accent"], lw=LINE["main"], clip_on=False)
    mark(line, "lorenz")
    for group in LABELLED[kind]:
        x, y = heads[group], sales[group]
        axes.plot(x, y, "o", color=COLOUR["accent"], ms=4.5, zorder=5)
        strong = {"weight": "bold", "color": COLOUR["accent"]} if group == 1 else {"color": COLOUR["ink"]}
        within = voice.template(f"concentration.point.{kind}_{group}")
        number(axes, x + 0.035, y - 0.04, y, "pct1", voice, within=within, va="center", size=TYPE["label"],
               zorder=4, bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 0.6}, **strong)  # fmt: skip


# ---------------------------------------------------------------- the thread
FINDING = row_id("finding", "concentration")


def _finding(facts: dict[str, Fact], told: str, n: int, periods: Periods) -> LedgerRow:
    """The page's sentence in the thread: how much the first group carries."""
    share: dict[str, Fact] = {"value": facts["share"], "unit": "ratio", "n": n, "period": str(periods.current)}
    values = {"share": share | {"definition": "concentration_share"}}
    text = Sentence(f"concentration.headline.{told}", facts)
    return LedgerRow(FINDING, "finding", text, values, "order_lines", (row_id("kpi", "customers"),))
