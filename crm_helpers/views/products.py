"""The pages on what carries the change in sales, and on what weighs more among the best customers: categories, products."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.interval_rows import Heads, IntervalRow, interval_rows
from crm_helpers.views.sales import direction, rate_of
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip

ROWS = 7  # rows above the total of a table of eight
UNKNOWN, OTHERS = "products.unknown", "products.others"
SAID = 34.0  # mm of a headline or rail that a category's name may take, at the size of a chart label


@view
def categories(table: pd.DataFrame, *, periods: Periods, k: int) -> Draft:
    """Change by category beside its index among the best customers, over the table (`metrics.products.categories`)."""
    rows = records(_shown(table))
    total = {name: int(table[name].sum()) for name in ("compare", "current", "change")}
    rate = rate_of(total["current"], total["compare"])
    way = direction(rate) if not math.isnan(rate) else "up"
    main = _main(rows, way)
    high = _high(rows)
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "compare": str(periods.compare),
        "diff": abs(total["change"]),
        "rate": fact(abs(rate)),
        "top": _said(main),
        "top_value": int(main["change"]),
        "high": _said(high) if high else None,
        **{name: fact(high[name]) if high else None for name in ("index", "low", "high_end")},
    }
    first = "unknown" if not main["known"] else way
    second = "high" if high else "none" if any(told(row["index"]) for row in rows) else "no_index"
    kind = first if first == "unknown" else f"{first}_{second}"
    base, best = int(table["base"].iloc[0]), int(table["best"].iloc[0])
    heads: dict[str, Fact] = {"base": base, "best": best, "k": k, "others": len(table) - len(rows) + 1}
    return Draft(
        name="products.categories",
        page="BA-14",
        headline=Sentence(f"products.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("products.title"),
                Sentence("products.unit" if second != "no_index" else "products.unit_plain", facts),
                "M",
                lambda voice: _draw(rows, main, second != "no_index", voice),
            ),
            TablePanel(Sentence("products.table"), Sentence("products.table_unit", facts), _table(rows, total, main)),
        ),
        key_figure=KeyFigure(
            Sentence("products.key" if main["known"] else "products.key_unknown", facts),
            Sentence("sales.money_change", {"value": int(main["change"])}),
            Sentence("products.key_compare", {"change": total["change"]}),
        ),
        reading=(Sentence("products.read", heads),) if second != "no_index" else (),
        claim=(Sentence("products.sure" if second != "no_index" else "products.sure_plain"),),
        next_move=NextMove(Sentence("products.next" if main["known"] else "products.next_unknown", facts)),
        note=tuple(_notes(rows, heads, second)),
        sample=Sentence(
            "products.sample" if base else "products.sample_plain", {**heads, "categories": int(table["known"].sum())}
        ),
        source=Sentence("products.source"),
        period=str(periods.current),
        largest=max(abs(total["current"]), abs(total["compare"])),
        definitions=("DF-01", "DF-41", "DF-42", "DF-43") if base else ("DF-01", "DF-43"),
        stake=abs(int(main["change"])),
        rows=(_finding(facts, kind, total, main, int(table["known"].sum()), periods),),
    )


def told(value: Any) -> bool:
    """Whether a number is known."""
    return not pd.isna(value)


def _rate(row: dict[str, Any]) -> int | float | None:
    """Rate of change; a rate from or to negative sales says nothing."""
    return fact(rate_of(row["current"], row["compare"])) if row["compare"] > 0 and row["current"] >= 0 else None


def _said(row: dict[str, Any]) -> str:
    return fit(str(row["category"]), SAID, TYPE["label"])


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """At most seven rows, by size: the largest categories, the others as one row, the lines without a category.

    The categories with the largest gain and loss are always shown; those of fewer than k customers are among the others.
    """
    table = table.assign(kind="category").rename(columns={"high": "high_end"})
    known, unknown = table[table["known"]], table[~table["known"]].assign(kind="unknown")
    room = ROWS - len(unknown)
    fine = known[~known["few"]]
    size = fine[["current", "compare"]].abs().max(axis=1)
    if len(fine) < len(known) or len(fine) > room:
        moved = fine["change"]
        must = list(dict.fromkeys([moved.idxmax(), moved.idxmin()])) if len(fine) else []
        order = [*must, *(at for at in size.sort_values(ascending=False, kind="stable").index if at not in must)]
        fine = fine.loc[sorted(order[: room - 1])]
    rest = known.drop(fine.index)
    parts = [fine, *([_others(rest)] if len(rest) else []), *([unknown] if len(unknown) else [])]
    return pd.concat(parts, ignore_index=True)


def _others(rest: pd.DataFrame) -> pd.DataFrame:
    """The rest as one row: sums add up; distinct customers and an index do not."""
    row: dict[str, Any] = {name: rest[name].sum() for name in ("compare", "current", "change")}
    row |= {name: rest[name].sum(min_count=1) for name in ("share", "share_before")}
    row |= {"category": "", "known": True, "kind": "others", "few": False, "customers": pd.NA, "customers_before": pd.NA}
    return pd.DataFrame([row | dict.fromkeys(("index", "low", "high_end"), math.nan)])


def _main(rows: list[dict[str, Any]], way: str) -> dict[str, Any]:
    """The row that the headline speaks of: the largest mover in the direction of the sales."""
    named = [row for row in rows if row["kind"] != "others"] or rows
    signs = {"up": 1, "down": -1}
    return max(named, key=lambda row: row["change"] * signs[way] if way in signs else abs(row["change"]))


def _high(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The category whose index among the best customers stands highest above 100 with its whole interval."""
    above = [row for row in rows if told(row["low"]) and row["low"] > 100]
    return max(above, key=lambda row: row["low"]) if above else None


def _notes(rows: list[dict[str, Any]], heads: dict[str, Fact], second: str) -> list[Sentence]:
    kinds = {row["kind"] for row in rows}
    notes = [Sentence("products.note_index")] if second != "no_index" else []
    notes += [Sentence("products.note_others", heads)] if "others" in kinds else []
    notes += [Sentence("products.note_unknown")] if "unknown" in kinds else []
    return notes


def _name(row: dict[str, Any]) -> tuple[str, str]:
    """The name of a row and how it is written."""
    if row["kind"] == "category":
        return str(row["category"]), "text"
    return (OTHERS if row["kind"] == "others" else UNKNOWN), "term"


def _table(rows: list[dict[str, Any]], total: dict[str, int], main: dict[str, Any]) -> Table:
    columns = (
        plain_column("category", "products.column.category", "text"),
        plain_column("compare", "products.column.compare", "money_number", "sales.unit.money"),
        plain_column("current", "products.column.current", "money_number", "sales.unit.money"),
        plain_column("change", "products.column.change", "money_number_signed", "sales.unit.money"),
        plain_column("rate", "products.column.rate", "pct1_number_signed", "sales.unit.percent"),
        plain_column("share", "products.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("customers", "products.column.customers", "int", "sales.unit.people"),
        plain_column("index", "products.column.index", "dec1", "products.all_100"),
    )
    whole = {**total, "kind": "total", "share": 1.0 if total["current"] > 0 else None, "customers": None, "index": None}
    cells, forms = [], []
    for row in [*rows, whole]:
        name, form = ("products.total", "term") if row["kind"] == "total" else _name(row)
        label = fit(name, SAID, TYPE["label"]) if form == "text" else name
        money = [int(row[column]) for column in ("compare", "current", "change")]
        cells.append((label, *money, _rate(row), *(fact(row[column]) for column in ("share", "customers", "index"))))
        forms.append((form, *(column.form for column in columns[1:])))
    return Table(columns, tuple(cells), focus=rows.index(main), total=True, forms=tuple(forms))


# ---------------------------------------------------------------- drawing
NAMES, BARS, RATES, DOTS, INDEX = 40.0, (42.0, 66.0), 122.0, (130.0, 44.0), MAIN - 1
HEAD = 9.0  # mm of column heads above the rows


def _draw(rows: list[dict[str, Any]], main: dict[str, Any], with_index: bool, voice: Voice) -> Figure:
    figure, axes = board("M")
    order = [r for r in rows if r["kind"] == "category"]
    order.sort(key=lambda row: row["change"], reverse=True)
    order += [r for r in rows if r["kind"] != "category"]
    step = min(12.0, (HEIGHT["M"] - HEAD) / len(order))
    at = [HEIGHT["M"] - HEAD - step * (i + 0.5) for i in range(len(order))]
    wide = BARS[1] if with_index else RATES + DOTS[1] - BARS[0]
    rates = RATES if with_index else INDEX
    _heads(axes, BARS[0] + wide / 2, rates, with_index, voice)
    for row, y in zip(order, at, strict=True):
        name, form = _name(row)
        label = fit(name if form == "text" else voice.say(name), NAMES, TYPE["body"])
        axes.text(0, y, label, va="center", size=TYPE["body"], weight="bold" if row is main else "regular")
        number(axes, rates, y, _rate(row), "pct1_signed", voice, ha="right", va="center", color=COLOUR["text2"])
        axes.plot([0, MAIN], [y - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
        if with_index and row["kind"] == "category":
            number(axes, INDEX, y, fact(row["index"]), "dec1", voice, ha="right", va="center")
    _bars(strip(figure, BARS[0], wide), order, at, main, step, voice)
    if with_index:
        _dots(strip(figure, *DOTS), order, at, step, voice)
    return figure


def _heads(axes: Axes, bars: float, rates: float, with_index: bool, voice: Voice) -> None:
    style = {"va": "center", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y = HEIGHT["M"] - 3
    axes.text(bars, y, voice.say("products.head.change"), ha="center", **style)
    axes.text(rates, y, voice.say("products.head.rate"), ha="right", **style)
    if with_index:
        axes.text(INDEX, y, voice.say("products.head.index"), ha="right", **style)
    axes.plot([0, MAIN], [HEIGHT["M"] - HEAD + 1] * 2, color=COLOUR["ink"], lw=LINE["rule"])


def _bars(axes: Axes, rows: list[dict[str, Any]], at: list[float], main: dict[str, Any], step: float, voice: Voice) -> None:
    """Gains solid; the largest loss solid alert, other losses outlined: three things also in grey."""
    values = [float(row["change"]) for row in rows]
    worst = min(values)
    best = max(values)
    reach = max(best, 0.0) - min(worst, 0.0) or 1.0
    fills = [COLOUR["accent"] if v >= 0 else COLOUR["alert"] if v == worst else COLOUR["alert_soft"] for v in values]
    edges = [COLOUR["accent"] if v >= 0 else COLOUR["alert"] for v in values]
    mark(axes.barh(at, values, height=min(6.2, step * 0.62), color=fills, edgecolor=edges, lw=LINE["second"]), "change")
    axes.plot([0, 0], [at[-1] - step / 2, HEIGHT["M"] - HEAD + 1], color=COLOUR["ink"], lw=LINE["axis"])
    for row, y, value in zip(rows, at, values, strict=True):
        number(
            axes,
            value + math.copysign(reach * 0.015, value),
            y,
            int(row["change"]),
            "money_number_signed",
            voice,
            ha="left" if value >= 0 else "right",
            va="center",
            weight="bold" if row is main else "regular",
            color=COLOUR["accent"] if value >= 0 else COLOUR["alert"],
        )
    low, high = min(worst, 0.0), max(best, 0.0)
    axes.set_xlim(low - reach * (0.3 if low else 0.02), high + reach * (0.3 if high else 0.02))


def _dots(axes: Axes, rows: list[dict[str, Any]], at: list[float], step: float, voice: Voice) -> None:
    known = [(row, y) for row, y in zip(rows, at, strict=True) if told(row["index"])]
    far = max(max(row["high_end"] - 100, 100 - row["low"]) for row, _ in known)
    reach = max(5.0, min(far, 100.0)) * 1.05
    axes.set_xlim(100 - reach, 100 + reach)
    axes.plot([100, 100], [at[-1] - step / 2, HEIGHT["M"] - HEAD + 1], color=COLOUR["ink"], lw=LINE["axis"])
    head = {"ha": "center", "va": "center", "size": TYPE["small"], "color": COLOUR["text2"]}
    axes.text(100, HEIGHT["M"] - 3, voice.say("products.head.all"), **head)
    for row, y in known:
        apart = row["low"] > 100 or row["high_end"] < 100
        colour = COLOUR["accent"] if apart else COLOUR["text2"]
        axes.plot([row["low"], row["high_end"]], [y, y], color=colour, lw=LINE["interval"])
        fill = colour if apart else COLOUR["paper"]
        (dot,) = axes.plot([row["index"]], [y], "o", ms=5.5, mfc=fill, mec=colour, mew=LINE["interval"])
        mark(dot, "index", along="x")


def _finding(
    facts: dict[str, Fact], kind: str, total: dict[str, int], main: dict[str, Any], n: int, periods: Periods
) -> LedgerRow:
    period = str(periods.current)
    part: dict[str, Fact] = {"value": int(main["change"]), "unit": "money", "n": n, "period": period, "definition": "category"}
    whole: dict[str, Fact] = {"value": total["change"], "unit": "money", "n": n, "period": period, "definition": "sales_change"}
    return LedgerRow(
        row_id("finding", "categories"),
        "finding",
        Sentence(f"products.headline.{kind}", facts),
        {"category": part, "sales": whole},
        "order_lines",
        (row_id("kpi", "sales"),),
    )


# ---------------------------------------------------------------- products of the best customers
FEWER, MORE = 3, 5  # products told below and above the level, at most


@view
def best(table: pd.DataFrame, *, periods: Periods) -> Draft:
    """Products that weigh more or less among the best customers, with their intervals (`metrics.products.best_products`)."""
    every = records(table)
    up, down = ([row for row in every if row["told"] and (row["index"] > 100) is above] for above in (True, False))
    shown = [*up[:MORE], *down[-FEWER:]] or sorted(every, key=lambda row: -row["share"])[: MORE + FEWER]
    shown.sort(key=lambda row: -row["index"])
    kind = "high" if up else "low" if down else "same"
    far = up[0] if up else down[-1] if down else shown[0]
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "product": fit(str(far["name"]), SAID, TYPE["label"]),
        **{name: float(far[name]) for name in ("index", "low", "high")},
        "products": len(every),
        "up": len(up),
        "down": len(down),
        "best": int(far["best"]),
        "base": int(far["base"]),
    }
    told: dict[str, Fact] = {"value": facts["index"], "unit": "index", "n": facts["best"], "low": facts["low"],
                             "high": facts["high"], "period": str(periods.current), "definition": "index_best"}  # fmt: skip
    text = Sentence(f"products.best.headline.{kind}", facts)
    heads = Heads(
        "products.best.name", "products.best.people", "products.best.index", "products.best.interval", "products.best.level"
    )
    return Draft(
        name="products.best",
        page="BA-14c",
        headline=text,
        panels=(
            ChartPanel(
                Sentence("products.best.title", facts),
                Sentence("products.best.unit", facts),
                "M",
                lambda voice: interval_rows(_best_rows(shown), heads, level=100.0, form="dec1", voice=voice, from_zero=False),
            ),
            TablePanel(Sentence("products.best.table"), Sentence("products.best.table_unit", facts), _best_table(shown)),
        ),
        key_figure=KeyFigure(
            Sentence("products.best.key", facts),
            Sentence("products.best.number", facts),
            Sentence("products.best.between", facts),
        ),
        reading=(Sentence("products.best.read", facts),),
        claim=(Sentence("products.best.sure"),),
        next_move=NextMove(Sentence(f"products.best.next_{kind}", facts)),
        note=(Sentence("products.note_index"),),
        sample=Sentence("products.best.sample", facts),
        source=Sentence("products.source"),
        period=str(periods.current),
        definitions=("DF-41", "DF-42"),
        rows=(
            LedgerRow(
                row_id("finding", "best_products"), "finding", text, {"index": told}, "order_lines", (row_id("kpi", "sales"),)
            ),
        ),
    )


def _best_rows(shown: list[dict[str, Any]]) -> list[IntervalRow]:
    return [
        IntervalRow(
            str(row["name"]),
            int(row["customers"]),
            float(row["index"]),
            float(row["low"]),
            float(row["high"]),
            0 if not row["told"] else 1 if row["index"] > 100 else -1,
        )
        for row in shown
    ]


def _best_table(shown: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("name", "products.best.name", "text"),
        plain_column("customers", "products.best.people", "int", "sales.unit.people"),
        plain_column("share", "products.best.share", "pct1_number", "sales.unit.percent"),
        plain_column("index", "products.best.index", "dec1"),
        plain_column("low", "entries.column.low", "dec1"),
        plain_column("high", "entries.column.high", "dec1"),
        plain_column("told", "entries.column.told", "term"),
    )
    numbers = ("share", "index", "low", "high")
    rows = [
        (row["name"], int(row["customers"]), *(float(row[n]) for n in numbers), f"entries.told_{bool(row['told'])}".lower())
        for row in shown
    ]
    return Table(columns, tuple(rows), focus=0 if shown[0]["told"] and shown[0]["index"] > 100 else None)
