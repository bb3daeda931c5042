"""The page on the client's own segments: how large each is beside what it buys, and how far they overlap."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Column, Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, TYPE, canvas, fit, mark, number

MOST = 7  # segments on the page, in the order of params; with those in none they fill the table
NAMED = 4  # up to here the table repeats the names; beyond it their columns would be too narrow, and numbers stand for them
NONE = "none"  # who is in no segment
TABLE = "order_lines"


@view
def overview(sizes: pd.DataFrame, overlaps: pd.DataFrame, *, periods: Periods, k: int) -> Draft:
    """Share of people beside share of sales, over who is in which other segment (`metrics.segments.sizes`, `overlaps`)."""
    every = [str(name) for name in sizes["segment"] if name != NONE]
    shown = every[:MOST]
    table = sizes[sizes["segment"].isin([*shown, NONE])].reset_index(drop=True)
    told = _told(table)
    kind = _kind(told, table)
    facts = _facts(told, table, periods)
    people = int(sizes["everybody"].iloc[0])
    return Draft(
        name="segments.overview",
        page="BA-08c",
        headline=Sentence(f"segments.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("segments.title"),
                Sentence("segments.unit", facts),
                _height(table),
                lambda voice: _draw(table, told, voice),
            ),
            TablePanel(Sentence("segments.table"), Sentence("segments.table_unit"), _table(table, overlaps, shown, told)),
        ),
        key_figure=KeyFigure(
            Sentence("segments.key" if told else "segments.key_none", facts),
            Sentence("segments.key_number", {"value": facts["customers"]}),
            Sentence("segments.key_compare" if told else "segments.key_hidden", facts),
        ),
        reading=(Sentence("segments.read"),) if len(shown) > 1 else (),
        claim=(Sentence("segments.sure"),),
        next_move=NextMove(Sentence("segments.next" if told else "segments.next_none", facts)),
        note=tuple(_notes(table, overlaps, len(every) - len(shown), k)),
        sample=Sentence("segments.sample", {"customers": people}),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=int(sizes["identified_sales"].iloc[0]),
        definitions=("DF-28", "DF-29"),
        rows=tuple(_row(row, people, periods) for row in records(sizes) if row["segment"] != NONE),
    )


def name_key(segment: str) -> str:
    """Text key of a segment's name: the client's own, and ours for those in none."""
    return "segments.in_none" if segment == NONE else f"segments.name.{segment}"


def _told(table: pd.DataFrame) -> str:
    """The segment the page speaks of: of those that bought, the one whose share of sales is farthest from its share of people.

    A segment that bought nothing is told only where no other can be; empty when all are hidden.
    """
    open_ = table[(table["segment"] != NONE) & table["customers"].notna() & (table["customers"] > 0)]
    open_ = open_[open_["sales"] > 0] if (open_["sales"] > 0).any() else open_
    if not len(open_):
        return ""
    apart = (open_["sales_share"].astype("Float64").fillna(0) - open_["share"].astype("Float64")).abs()
    return str(open_["segment"].iloc[int(apart.to_numpy(dtype=float).argmax())])


def _kind(told: str, table: pd.DataFrame) -> str:
    if not told:
        return "hidden"
    none = table.loc[table["segment"] == NONE, "customers"].iloc[0]
    return "none_hidden" if pd.isna(none) else "rest" if none else "all"


def _facts(told: str, table: pd.DataFrame, periods: Periods) -> dict[str, Fact]:
    rows = {str(row["segment"]): row for row in records(table)}
    mine, none = rows.get(told, {}), rows[NONE]
    return {
        "segment": name_key(told) if told else None,
        "customers": fact(mine.get("customers")),
        "share": fact(mine.get("share")),
        "sales": fact(mine.get("sales")),
        "sales_share": fact(mine.get("sales_share")),
        "rest": fact(none["customers"]),
        "rest_share": fact(none["share"]),
        "rest_sales": fact(none["sales_share"]),
        "current": str(periods.current),
    }


def _notes(table: pd.DataFrame, overlaps: pd.DataFrame, more: int, k: int) -> list[Sentence]:
    notes = [Sentence("segments.note_more", {"n": more})] if more else []
    if table["customers"].isna().any() or overlaps["both"].isna().any():
        notes.append(Sentence("segments.note_hidden", {"k": k}))
    return notes


def _table(table: pd.DataFrame, overlaps: pd.DataFrame, shown: list[str], told: str) -> Table:
    """Heads, money and, for each other segment by its number, the share of the row that is in it too."""
    named = len(shown) <= NAMED
    columns = [
        plain_column("segment", "segments.column.segment", "term_short"),
        *([plain_column("number", "segments.column.number", "int")] if named else []),
        plain_column("customers", "segments.column.customers", "int", "sales.unit.people"),
        plain_column("sales", "segments.column.sales", "money_number", "sales.unit.money"),
        plain_column("per_head", "segments.column.per_head", "price_number", "sales.unit.money_base"),
    ]
    others = shown if len(shown) > 1 else []
    columns += [
        Column(f"in_{i}", Sentence("segments.column.other", {"number": i}), Sentence("sales.unit.percent"), "pct0_number")
        for i, _ in enumerate(others, start=1)
    ]
    hidden = set(table.loc[table["customers"].isna(), "segment"])
    both = {(row["segment"], row["other"]): fact(row["share"]) for row in records(overlaps)}
    rows = []
    for i, row in enumerate(records(table), start=1):
        name = str(row["segment"])
        heads, sales = fact(row["customers"]), fact(row["sales"])
        per_head = sales / heads if heads and sales is not None else None
        also = [None if name in (other, NONE) or {name, other} & hidden else both.get((name, other)) for other in others]
        label = (name_key(name), None if name == NONE else i) if named else (name_key(name) if name == NONE else i,)
        rows.append((*label, heads, sales, per_head, *also))
    names = [str(name) for name in table["segment"]]
    usual = tuple(column.form for column in columns)
    forms = () if named else tuple(("term_short" if name == NONE else "int", *usual[1:]) for name in names)
    return Table(tuple(columns), tuple(rows), focus=names.index(told) if told else None, forms=forms)


# ---------------------------------------------------------------- drawing
FEW = 4  # so many bars and fewer take the low chart, as thick as four are
NAMES, GAP, HEAD = 62.0, 10.0, 9.0  # mm: the names, the white between the two sides, the heads over them
REACH = 1.42  # of the longest bar: room for its number


def _height(table: pd.DataFrame) -> str:
    return "S" if len(table) <= FEW else "M"


def _draw(table: pd.DataFrame, told: str, voice: Voice) -> Figure:
    """Two sides with one scale: share of people, share of sales; the segment told of in the accent."""
    wide = (MAIN - NAMES - GAP) / 2
    tall = HEIGHT[_height(table)]
    figure, people = canvas(_height(table), (NAMES, 1, wide, tall - HEAD - 1))
    money = figure.add_axes(((NAMES + wide + GAP) / MAIN, 1 / tall, wide / MAIN, (tall - HEAD - 1) / tall))
    shares = table[["share", "sales_share"]].astype("Float64")
    top = max(0.01, float(shares.max().max())) if shares.notna().any().any() else 1.0
    low = min(0.0, float(shares.min().min())) if shares.notna().any().any() else 0.0
    for axes, column, head in ((people, "share", "segments.side.people"), (money, "sales_share", "segments.side.sales")):
        axes.set(xlim=(low * REACH, top * REACH), ylim=(max(len(table), FEW) - 0.5, -0.5), xticks=[], yticks=[])
        axes.spines["bottom"].set_visible(False)
        axes.spines["left"].set(position=("data", 0), color=COLOUR["ink"], linewidth=LINE["axis"])
        axes.text(0, 1.03, voice.say(head), transform=axes.transAxes, size=TYPE["body"], weight="bold", va="bottom")
        _draw_side(axes, table, column, told, voice)
    for i, name in enumerate(table["segment"]):
        label = f"{i + 1}  " if name != NONE else ""
        people.annotate(
            label + fit(voice.say(name_key(str(name))), NAMES - 10, TYPE["label"]),
            (0, i),
            xycoords=("axes fraction", "data"),
            xytext=(-NAMES / 25.4 * 72, 0),
            textcoords="offset points",
            va="center",
            size=TYPE["label"],
            weight="bold" if name == told else "normal",
        )
    return figure


def _draw_side(axes: Axes, table: pd.DataFrame, column: str, told: str, voice: Voice) -> None:
    values = [fact(value) for value in table[column]]
    colours = [COLOUR["accent"] if name == told else COLOUR["mark"] for name in table["segment"]]
    mark(axes.barh(range(len(values)), [value or 0.0 for value in values], height=0.56, color=colours), column)
    reach = axes.get_xlim()[1]
    for i, (row, value) in enumerate(zip(records(table), values, strict=True)):
        strong = {"weight": "bold", "color": COLOUR["accent"]} if row["segment"] == told else {"color": COLOUR["ink"]}
        if pd.isna(row["customers"]):
            axes.barh([i], [reach * 0.12], height=0.56, fc="none", ec=COLOUR["mark"], hatch=HATCH, lw=0)
            text = number(axes, reach * 0.14, i, None, "pct1", voice, va="center", size=TYPE["small"], color=COLOUR["text2"])
            text.set_text(voice.say("segments.hidden"))
            continue
        beyond = max(value or 0.0, 0.0) + reach * 0.02
        within = voice.say("segments.beside_people", n=int(row["customers"])) if column == "share" else "{}"
        number(axes, beyond, i, value, "pct1", voice, va="center", size=TYPE["label"], within=within, **strong)


# ---------------------------------------------------------------- the thread
def _row(row: dict[str, object], people: int, periods: Periods) -> LedgerRow:
    """A segment in the thread: its size now and what it bought in the period; empty where it is too small to be told."""
    heads = fact(row["customers"])

    def value(name: str, unit: str, n: Fact) -> dict[str, Fact]:
        return {"value": fact(row[name]), "unit": unit, "n": n, "period": str(periods.current), "definition": f"segment_{name}"}

    values = {
        "customers": value("customers", "people", heads),
        "share": value("share", "ratio", people),
        "sales": value("sales", "money", heads),
        "sales_share": value("sales_share", "ratio", heads),
    }
    name = str(row["segment"])
    return LedgerRow(row_id("segment", name), "segment", Sentence(name_key(name)), values, TABLE, (row_id("kpi", "customers"),))
