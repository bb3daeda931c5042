"""The page on concentration: shares of groups of equal heads, and where last period's first group stands now."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.concentration import TENTHS
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

BANDS = {  # last group of each row of the table
    "tenths": {"top10": 1, "to20": 2, "to30": 3, "to50": 5, "rest": 10},
    "thirds": {"upper": 1, "middle": 2, "lower": 3},
}

ROOM = 1.1  # last period's first group is larger than this one's by more than this: the page says how many could stay


@view
def deciles(table: pd.DataFrame, moves: pd.DataFrame, *, periods: Periods, k: int) -> Draft:
    """Shares by group beside the way of last period's first group (`metrics.concentration.deciles` and `moves`)."""
    kind = "tenths" if len(table) == TENTHS else "thirds"
    going = {row["to"]: row for row in records(moves)}
    facts = _facts(table, going, kind, periods)
    told = "moves" if going else "plain"
    return Draft(
        name="concentration.deciles",
        page="BA-07",
        headline=Sentence(f"concentration.headline.{told}", facts),
        panels=(
            ChartPanel(
                Sentence("concentration.title"),
                Sentence(f"concentration.unit.{kind}", facts),
                "M",
                lambda voice: _draw(table, going, kind, facts, voice),
            ),
            TablePanel(Sentence("concentration.table"), Sentence("concentration.table_unit", {"k": k}), _table(table, kind)),
        ),
        key_figure=KeyFigure(
            Sentence(f"concentration.key.{told}", facts),
            Sentence(f"concentration.key_number.{told}", facts),
            Sentence(f"concentration.key_compare.{'room' if facts['room'] else told}", facts),
        ),
        reading=(Sentence("concentration.read_room", facts),) if facts["room"] else (),
        claim=(Sentence(f"concentration.sure_{told}"),),
        next_move=NextMove(Sentence(f"concentration.next.{'left' if facts['left'] else 'stayed'}", facts)),
        note=tuple(_notes(table, facts, told, k)),
        sample=Sentence("concentration.sample", {"customers": int(table["customers"].sum())}),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=int(table["sales"].sum()),
        definitions=("DF-01", "DF-24", "DF-25"),
        stake=int(table["sales"].iloc[0]),
        rows=(_finding(facts, told, int(table["customers"].sum()), periods),),
    )


def _facts(table: pd.DataFrame, going: dict[str, Any], kind: str, periods: Periods) -> dict[str, Fact]:
    """What the sentences quote; the moves are None when they are not told."""
    before = sum(int(row["customers"]) for row in going.values())
    stayed = int(going["first"]["customers"]) if "first" in going else None
    places = int(table["customers"].iloc[0])
    return {
        "current": str(periods.current),
        "compare": str(periods.compare),
        "top": f"concentration.top.{kind}",
        "customers": places,
        "share": float(table["share"].iloc[0]),
        "before": before or None,
        "stayed": stayed,
        "stay": stayed / before if stayed is not None else None,
        "left": before - stayed if stayed is not None else None,
        "room": places / before if before > places * ROOM else None,  # fewer places than people: not all can stay
    }


def _notes(table: pd.DataFrame, facts: dict[str, Fact], told: str, k: int) -> list[Sentence]:
    tied, outside = int(table["tied"].iloc[0]), int(table["outside"].iloc[0])
    notes = []
    if tied:
        key = "concentration.note_tied" if tied >= k else "concentration.note_tied_few"
        notes.append(Sentence(key, {"top": facts["top"], "tied": tied if tied >= k else None}))
    if outside:
        notes.append(Sentence("concentration.note_outside"))
    if told == "plain":
        notes.append(Sentence("concentration.note_no_moves"))
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
LEFT, RIGHT, GAP = 126.0, 58.0, 13.5  # mm: the bars, the way of the first group, the white between
REACH = 1.55  # right edge of the way's axis: a bar of 100 %, its number and its heads
FOOT = 14.0  # mm under the bars: names and cumulative shares


def _draw(table: pd.DataFrame, going: dict[str, Any], kind: str, facts: dict[str, Fact], voice: Voice) -> Figure:
    wide = LEFT if going else MAIN - 0.5
    figure, axes = canvas("M", (MARGIN, FOOT, wide - MARGIN, HEIGHT["M"] - FOOT - 2))
    _draw_shares(axes, table, kind, wide - MARGIN, voice)
    if going:
        tall = HEIGHT["M"]
        place = ((wide + GAP) / MAIN, FOOT / tall, RIGHT / MAIN, (tall - FOOT - 2) / tall)
        _draw_moves(figure.add_axes(place), going, facts, voice)
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


def _draw_moves(axes: Axes, going: dict[str, Any], facts: dict[str, Fact], voice: Voice) -> None:
    """Last period's first group: how many are in it again, how many are lower, how many did not buy."""
    axes.set(xlim=(0, REACH), ylim=(len(going) - 0.5, -0.95), xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.text(0, -0.78, voice.say("concentration.way", **facts), va="center", size=TYPE["body"], weight="bold")
    before = sum(int(row["customers"]) for row in going.values())
    shares = [int(row["customers"]) / before for row in going.values()]
    colours = [COLOUR["accent"], *[COLOUR["mark"]] * (len(going) - 1)]
    bars = axes.barh([i + 0.14 for i in range(len(going))], shares, height=0.36, color=colours)
    mark(bars, "moves")
    axes.spines["left"].set_color(COLOUR["ink"])
    axes.spines["left"].set_linewidth(LINE["axis"])
    axes.spines["left"].set_bounds(-0.4, len(going) - 0.55)
    for i, (row, share) in enumerate(zip(going.values(), shares, strict=True)):
        axes.text(0.01, i - 0.24, voice.say(f"concentration.to.{row['to']}", **facts), va="center", size=TYPE["label"])
        strong = {"weight": "bold", "color": COLOUR["accent"]} if row["to"] == "first" else {"color": COLOUR["ink"]}
        number(axes, share + 0.02, i + 0.14, share, "pct1", voice, va="center", size=TYPE["label"], **strong)
        number(
            axes,
            REACH,
            i + 0.14,
            int(row["customers"]),
            "int",
            voice,
            va="center",
            ha="right",
            size=TYPE["small"],
            color=COLOUR["text2"],
            within=voice.template("concentration.people"),
        )


# ---------------------------------------------------------------- the thread
FINDING = row_id("finding", "concentration")


def _finding(facts: dict[str, Fact], told: str, n: int, periods: Periods) -> LedgerRow:
    """The page's sentence in the thread: how much the first group carries, and how many of the last one are in it again."""

    def value(name: str, people: Fact) -> dict[str, Fact]:
        of = {"value": facts[name], "unit": "ratio", "n": people, "period": str(periods.current)}
        return of | {"definition": f"concentration_{name}"}

    values = {"share": value("share", n)} | ({"stay": value("stay", facts["before"])} if told == "moves" else {})
    text = Sentence(f"concentration.headline.{told}", facts)
    return LedgerRow(FINDING, "finding", text, values, "order_lines", (row_id("kpi", "customers"),))
