"""The page on channels: what each carries, and which are used together, as bars over a matrix of dots (UpSet)."""

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
from crm_helpers.metrics.channels import ALL, OTHERS, UNKNOWN
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number

SAID = 34.0  # mm of a headline or rail that a channel's name may take, at the size of a chart label
PLUS = "＋"


@view
def overlap(channels: pd.DataFrame, sets: pd.DataFrame, *, periods: Periods, k: int) -> Draft:
    """Shares of the channels beside the sets of channels that customers use (`metrics.channels`)."""
    sold = records(channels)
    named = [row for row in sold if row["channel"] not in (OTHERS, UNKNOWN)]
    *rows, whole = records(sets)
    told = not pd.isna(whole["people"]) and not math.isnan(whole["ratio"])
    kind = "none" if not told else "plain" if math.isnan(whole["like"]) else "like"
    facts: dict[str, Fact] = {
        "top": fit(str(named[0]["channel"]), SAID, TYPE["label"]),
        "share": float(named[0]["share"]),
        "points": fact(named[0]["share"] - named[0]["share_before"]),
        "n": int(whole["customers"]),
        "people": fact(whole["people"]),
        "people_share": fact(whole["people"] / whole["customers"]) if told else None,
        "channels": len(named),
        "k": k,
        "current": str(periods.current),
        "compare": str(periods.compare),
        **{name: fact(whole[name]) for name in ("ratio", "ratio_low", "ratio_high", "like", "like_low", "like_high")},
    }
    return Draft(
        name="channels.overlap",
        page="BA-19",
        headline=Sentence(f"channels.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("channels.title"), Sentence("channels.unit", facts), "M", lambda voice: _draw(sold, rows, voice)),
            TablePanel(Sentence("channels.table"), Sentence("channels.table_unit", facts), _table(rows, whole, named)),
        ),
        key_figure=KeyFigure(
            Sentence("channels.key_several" if told else "channels.key_top", facts),
            Sentence("channels.number_several" if told else "channels.number_top", facts),
            Sentence("channels.key_ratio" if told else "channels.key_points", facts),
        ),
        reading=(Sentence("channels.read"),),
        claim=(Sentence(f"channels.sure_{kind}", facts),),
        next_move=NextMove(Sentence("channels.next_several" if told else "channels.next_none", facts)),
        note=(Sentence("channels.note", facts),),
        sample=Sentence("channels.sample", facts),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=int(sum(row["sales"] for row in sold)),
        definitions=("DF-60", "DF-63"),
        evidence="association",
        rows=(_finding(facts, kind, periods),),
    )


def _label(used: str, named: list[dict[str, Any]]) -> str:
    """The channels of a set by name, or the key of a row that is none."""
    if used in (OTHERS, ALL):
        return used
    names = [str(row["channel"]) for row, flag in zip(named, used, strict=True) if flag == "1"]
    return fit(PLUS.join(names), SAID + 12, TYPE["label"]) if names else UNKNOWN


def _table(rows: list[dict[str, Any]], whole: dict[str, Any], named: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("used", "channels.column.used", "text"),
        plain_column("customers", "channels.column.customers", "int", "sales.unit.people"),
        plain_column("share", "channels.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("sales_share", "channels.column.sales_share", "pct1_number", "sales.unit.percent"),
        plain_column("orders_each", "channels.column.orders_each", "dec1", "regions.times"),
        plain_column("per_head", "channels.column.per_head", "price_number", "sales.unit.money_base"),
        plain_column("low", "channels.column.low", "price_number", "sales.unit.money_base"),
        plain_column("high", "channels.column.high", "price_number", "sales.unit.money_base"),
    )
    names = ("share", "sales_share", "orders_each", "per_head", "low", "high")
    cells = [(_label(row["used"], named), int(row["customers"]), *(fact(row[name]) for name in names)) for row in [*rows, whole]]
    rest = tuple(column.form for column in columns[1:])
    forms = tuple(("term" if str(row[0]).startswith("channels.") else "text", *rest) for row in cells)
    focus = next((i for i, row in enumerate(rows) if row["several"]), None)
    return Table(columns, tuple(cells), focus=focus, total=True, forms=forms)


# ---------------------------------------------------------------- drawing
LEFT, BAR, MATRIX = 30.0, 34.0, 92.0  # mm: names, widest bar of a channel, left of the matrix
TALLEST, MATRIX_HIGH = 9.0, 42.0  # mm of a row, and of all rows together


def _draw(sold: list[dict[str, Any]], rows: list[dict[str, Any]], voice: Voice) -> Figure:
    _, axes = board("M")
    named = [row for row in sold if row["channel"] not in (OTHERS, UNKNOWN)]
    row_high = min(TALLEST, MATRIX_HIGH / len(sold))
    bottom = row_high * len(sold)
    head = {"size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold", "va": "center"}
    axes.text(0, bottom + 4, voice.say("channels.head.sales"), **head)
    axes.text(MATRIX, HEIGHT["M"] - 3, voice.say("channels.head.people"), **head)
    at = {row["channel"]: bottom - row_high * (i + 0.5) for i, row in enumerate(sold)}
    _bars(axes, sold, at, row_high, voice)
    shown = [row for row in rows if row["used"] != OTHERS and "1" in row["used"]]
    step = min(14.0, (MAIN - MATRIX) / max(len(shown), 1))
    top = HEIGHT["M"] - bottom - 16
    most = max(row["customers"] for row in shown)
    for i, row in enumerate(shown):
        x = MATRIX + step * (i + 0.5)
        colour = COLOUR["accent"] if row["several"] else COLOUR["mark"]
        high = top * row["customers"] / most
        axes.add_patch(Rectangle((x - step * 0.3, bottom + 2), step * 0.6, high, fc=colour, lw=0))
        number(
            axes, x, bottom + 2 + high + 2.2, int(row["customers"]), "int", voice, ha="center", va="center", size=TYPE["small"]
        )
        used = [at[channel["channel"]] for channel, flag in zip(named, row["used"], strict=True) if flag == "1"]
        spare = [at[channel["channel"]] for channel, flag in zip(named, row["used"], strict=True) if flag == "0"]
        axes.plot([x] * len(spare), spare, "o", ms=4, mfc=COLOUR["hair"], mec=COLOUR["hair"])
        (dots,) = axes.plot([x] * len(used), used, "o-", ms=6, lw=LINE["main"], color=colour)
        mark(dots, "used")
    axes.plot([MATRIX, MATRIX + step * len(shown)], [bottom + 2] * 2, color=COLOUR["ink"], lw=LINE["rule"])
    return axes.figure  # type: ignore[return-value]


def _bars(axes: Axes, sold: list[dict[str, Any]], at: dict[str, float], row_high: float, voice: Voice) -> None:
    """Share of all sales by channel; the tick is the compared period."""
    most = max(max(float(row["share"]), float(row["share_before"])) for row in sold)
    for row in sold:
        y, name = at[row["channel"]], str(row["channel"])
        label = voice.say(name) if name in (OTHERS, UNKNOWN) else name
        axes.text(0, y, fit(label, LEFT - 2, TYPE["label"]), va="center", size=TYPE["label"])
        wide = BAR * max(0.0, float(row["share"])) / most
        axes.add_patch(Rectangle((LEFT, y - 1.8), wide, 3.6, fc=COLOUR["accent"], lw=0))
        before = LEFT + BAR * max(0.0, float(row["share_before"])) / most
        axes.plot([before, before], [y - 2.6, y + 2.6], color=COLOUR["ink"], lw=LINE["interval"])
        number(
            axes, LEFT + BAR + 14, y, float(row["share"]), "pct1", voice, ha="right", va="center", size=TYPE["label"]
        )  # fmt: skip
        axes.plot([0, MAIN], [y - row_high / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)


def _finding(facts: dict[str, Fact], kind: str, periods: Periods) -> LedgerRow:
    period = str(periods.current)
    top = {"value": facts["share"], "unit": "share", "n": facts["n"], "period": period, "definition": "channel_share"}
    values = {"share": top}
    if kind != "none":
        ends = {"low": facts["ratio_low"], "high": facts["ratio_high"]}
        values["ratio"] = {"value": facts["ratio"], "unit": "ratio", "n": facts["people"], "period": period, **ends} | {
            "definition": "several_channels_spend"
        }
    sentence = Sentence(f"channels.headline.{kind}", facts)
    return LedgerRow(row_id("finding", "channels"), "finding", sentence, values, "order_lines", (row_id("kpi", "sales"),))
