"""The page on stores: which way existing stores moved, and what opened and closed stores add to the change."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.stores import FLOOR
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.sales import direction
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip

LISTED = 12  # up to this many stores each has its row; of more the ends, and the others as dots of one row
ENDS = 5
SAID = 30.0  # mm of a headline that a store's name may take, at the size of a chart label


@view
def like_for_like(stores: pd.DataFrame, groups: pd.DataFrame, *, periods: Periods, k: int) -> Draft:
    """Rates of existing stores with their mean as a level, over the groups (`metrics.stores.by_store`, `.groups`)."""
    by_group = {row["group"]: row for row in records(groups)}
    own, total = by_group["like_for_like"], by_group["total"]
    shown = _named(stores[stores["printed"]].sort_values(["rate", "store_id"], ascending=[False, True]), stores)
    apart = [row for row in shown if not row["low"] <= own["rate"] <= row["high"]]
    far = max(apart, key=lambda row: abs(row["rate"] - own["rate"])) if apart else None
    secret = pd.isna(own["change"])
    outside = 0 if secret or "unknown" not in by_group else int(by_group["unknown"]["change"])
    rest = 0 if secret else int(total["change"]) - int(own["change"]) - outside
    moved = not secret and int(own["change"]) != int(total["change"])
    alone = _alone(by_group, stores)
    existing = stores[stores["group"] == "like_for_like"]
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "compare": str(periods.compare),
        "stores": len(existing),
        "rate": abs(float(own["rate"])),
        "own_rate": float(own["rate"]),
        "diff": None if secret else abs(int(own["change"])),
        "own": None if secret else int(own["change"]),
        "total": int(total["change"]),
        "rest": None if secret else rest,
        "outside": None if secret else outside,
        "store": fit(alone[1], SAID, TYPE["label"]) if alone else None,
        "tested": len(shown),
        "apart": len(apart),
        "far": fit(str(far["label"]), SAID, TYPE["label"]) if far else None,
        "far_rate": fact(far["rate"]) if far else None,
        "unprinted": len(existing) - len(shown),
        "floor": max(FLOOR, k),
    }
    way = "rate" if secret else _way(rest, outside, alone[0] if alone else "") if moved else direction(float(own["rate"]))
    kind = way if rest and outside else f"{way}_{'apart' if far else 'together'}"
    return Draft(
        name="stores.like_for_like",
        page="BA-19b",
        headline=Sentence(f"stores.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("stores.title"),
                Sentence("stores.unit", facts),
                "M",
                lambda voice: _draw(shown, float(own["rate"]), voice),
            ),
            TablePanel(Sentence("stores.table"), Sentence("stores.table_unit", facts), _table(list(by_group.values()))),
        ),
        key_figure=KeyFigure(
            Sentence("stores.key", facts),
            Sentence("stores.key_number", {"value": fact(own["rate"])}),
            Sentence(
                "stores.key_compare_outside" if "unknown" in by_group else "stores.key_compare", {"total": fact(total["rate"])}
            ),
        ),
        reading=(Sentence("stores.read"),),
        claim=(Sentence("stores.sure"),),
        next_move=NextMove(Sentence("stores.next_apart" if far else "stores.next_together", facts)),
        note=tuple(_notes(by_group, facts)),
        sample=Sentence("stores.sample", {"stores": int(total["stores"]), "orders": int(total["orders"])}),
        source=Sentence("stores.source"),
        period=str(periods.current),
        largest=max(abs(int(total["current"])), abs(int(total["compare"]))),
        definitions=("DF-01", "DF-44", "DF-45", "DF-46", *(("DF-51",) if "unknown" in by_group else ())),
        stake=abs(int(own["change"])) if moved else 0,  # all of the change in sales is the trend's to tell
        rows=(_finding(facts, kind, periods),),
    )


def _alone(groups: dict[str, Any], stores: pd.DataFrame) -> tuple[str, str] | None:
    """The group and the name of the store that alone opened, closed or paused, where its group may be told."""
    told = [name for name in ("opened", "closed", "interrupted") if name in groups and int(groups[name]["stores"])]
    if len(told) != 1 or int(groups[told[0]]["stores"]) != 1 or pd.isna(groups[told[0]]["change"]):
        return None
    row = stores[stores["group"] == told[0]].iloc[0]
    return told[0], str(row["name"] or row["store_id"])


def _way(rest: int, outside: int, alone: str) -> str:
    """What besides the existing stores made the change: stores that opened or closed, sales without a store, or both."""
    if not rest:
        return "outside"
    name = f"one_{alone}" if alone else "parts"
    return f"{name}_outside" if outside else name


def _named(shown: pd.DataFrame, stores: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows with a `label`: the store's name, its id where there is no name or two stores share it."""
    uses = stores["name"].value_counts()
    rows = records(shown)
    for row in rows:
        name, code = str(row["name"]), str(row["store_id"])
        row["label"] = code if not name else f"{name} ({code})" if uses[name] > 1 else name
    return rows


def _notes(groups: dict[str, Any], facts: dict[str, Fact]) -> list[Sentence]:
    notes = [Sentence("stores.note_floor", facts)] if facts["unprinted"] else []
    notes += [Sentence("stores.note_hidden", facts)] if any(pd.isna(row["change"]) for row in groups.values()) else []
    notes += [Sentence("stores.note_outside")] if "unknown" in groups else []
    return [*notes, Sentence("stores.note_parts")]


def _table(groups: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("group", "stores.column.group", "term"),
        plain_column("stores", "stores.column.stores", "int", "stores.count"),
        plain_column("compare", "stores.column.compare", "money_number", "sales.unit.money"),
        plain_column("current", "stores.column.current", "money_number", "sales.unit.money"),
        plain_column("change", "stores.column.change", "money_number_signed", "sales.unit.money"),
        plain_column("rate", "stores.column.rate", "pct1_number_signed", "sales.unit.percent"),
        plain_column("orders", "stores.column.orders", "int", "sales.unit.orders"),
        plain_column("customers", "stores.column.customers", "int", "sales.unit.people"),
        plain_column("aov", "stores.column.aov", "price_number", "sales.unit.money_base"),
    )
    rows = []
    for row in groups:
        orders, current = fact(row["orders"]), fact(row["current"])
        aov = current / orders if orders and current is not None else None
        told = (fact(row[name]) for name in ("stores", "compare", "current", "change", "rate"))
        rows.append((f"stores.group.{row['group']}", *told, orders, fact(row["customers"]), aov))
    return Table(columns, tuple(rows), focus=0, total=True)


# ---------------------------------------------------------------- drawing
NAMES, DOTS, SALES, RATE, INTERVAL, PEOPLE = 48.0, (51.0, 76.0), 142.0, 157.0, 184.0, MAIN - 1
HEAD = 9.0  # mm of column heads above the rows
DROP = 1.05  # mm from the middle of a row to the baseline of its text: brackets must not lift a number above its neighbours
WIDEST = 1.5  # an interval that reaches beyond ±150 % is cut at the edge; its column has the numbers


def _draw(shown: list[dict[str, Any]], level: float, voice: Voice) -> Figure:
    figure, axes = board("M")
    everyone = len(shown) <= LISTED
    listed = shown if everyone else [*shown[:ENDS], *shown[-ENDS:]]
    middle = [] if everyone else shown[ENDS:-ENDS]
    slots = len(listed) + (1 if middle else 0)
    step = min(12.0, (HEIGHT["M"] - HEAD) / slots)
    at = [HEIGHT["M"] - HEAD - step * (i + 0.5) for i in range(slots)]
    dots = strip(figure, *DOTS)
    low = max(min(row["low"] for row in listed), -1.0)
    high = min(max(row["high"] for row in listed), WIDEST)
    dots.set_xlim(min(low, -0.02) * 1.04, max(high, 0.02) * 1.04)
    bottom = at[-1] - step / 2
    for x, colour, lw in ((0.0, COLOUR["mark"], LINE["hair"]), (level, COLOUR["ink"], LINE["interval"])):
        dots.plot([x, x], [bottom, HEIGHT["M"] - HEAD + 1], color=colour, lw=lw, zorder=1)
    _heads(axes, dots, level, voice)
    positions = [*at[:ENDS], *at[ENDS + 1 :]] if middle else at
    for row, y in zip(listed, positions, strict=True):
        _row(axes, dots, row, y, level, voice)
    for y in at:
        axes.plot([0, MAIN], [y - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    if middle:
        _middle(axes, dots, middle, at[ENDS], voice)
    return figure


def _heads(axes: Axes, dots: Axes, level: float, voice: Voice) -> None:
    style = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y = HEIGHT["M"] - 3 - DROP
    axes.text(0, y, voice.say("stores.head.store"), **style)
    for name, x in (("sales", SALES), ("rate", RATE), ("interval", INTERVAL), ("people", PEOPLE)):
        axes.text(x, y, voice.say(f"stores.head.{name}"), ha="right", **style)
    axes.plot([0, MAIN], [HEIGHT["M"] - HEAD + 1] * 2, color=COLOUR["ink"], lw=LINE["rule"])
    number(dots, level, y, level, "pct1_signed", voice, within=voice.say("stores.level") + " {}", ha="center", **style)


def _row(axes: Axes, dots: Axes, row: dict[str, Any], y: float, level: float, voice: Voice) -> None:
    apart = not row["low"] <= level <= row["high"]
    colour = COLOUR["text2"] if not apart else COLOUR["accent"] if row["rate"] > level else COLOUR["alert"]
    weight = "bold" if apart else "regular"
    style = {"va": "baseline", "ha": "right", "size": TYPE["label"]}
    axes.text(0, y - DROP, fit(row["label"], NAMES, TYPE["label"]), size=TYPE["label"], weight=weight)
    dots.plot([row["low"], row["high"]], [y, y], color=colour, lw=LINE["interval"])
    fill = colour if apart else COLOUR["paper"]
    (dot,) = dots.plot([row["rate"]], [y], "o", ms=5, mfc=fill, mec=colour, mew=LINE["interval"])
    mark(dot, "rate", along="x")
    number(axes, SALES, y - DROP, int(row["current"]), "money_number", voice, **style)
    number(axes, RATE, y - DROP, float(row["rate"]), "pct1_number_signed", voice, weight=weight, **style)
    ends = voice.number(float(row["low"]), "pct1_number"), voice.number(float(row["high"]), "pct1_number")
    axes.text(INTERVAL, y - DROP, f"[{ends[0]}, {ends[1]}]", color=COLOUR["text2"], **style)
    number(axes, PEOPLE, y - DROP, fact(row["customers"]), "int", voice, color=COLOUR["text2"], **style)


def _middle(axes: Axes, dots: Axes, middle: list[dict[str, Any]], y: float, voice: Voice) -> None:
    """The stores between the ends: one dot each, without names."""
    style = {"size": TYPE["label"], "color": COLOUR["text2"]}
    axes.text(0, y - DROP, voice.say("stores.between", n=len(middle)), **style)
    rates = [float(row["rate"]) for row in middle]
    (line,) = dots.plot(rates, [y] * len(rates), "|", ms=7, mew=LINE["second"], color=COLOUR["text2"], ls="none")
    mark(line, "between", along="x")
    low, high = (voice.number(value, "pct1_number_signed") for value in (rates[-1], rates[0]))
    axes.text(INTERVAL, y - DROP, voice.say("stores.span", low=low, high=high), ha="right", **style)


def _finding(facts: dict[str, Fact], kind: str, periods: Periods) -> LedgerRow:
    period = str(periods.current)
    rate = {"value": facts["own_rate"], "unit": "rate", "n": facts["stores"], "period": period, "definition": "like_for_like"}
    apart = {"value": facts["apart"], "unit": "stores", "n": facts["tested"], "period": period, "definition": "store_interval"}
    return LedgerRow(
        row_id("finding", "stores"),
        "finding",
        Sentence(f"stores.headline.{kind}", facts),
        {"rate": rate, "apart": apart},
        "order_lines",
        (row_id("kpi", "sales"),),
    )
