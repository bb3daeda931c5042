"""The page on what each RFM cell did next: the share that bought in the period after the score."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.intervals import wilson
from crm_helpers.metrics.rfm import SEGMENTS, Bands, matrix
from crm_helpers.metrics.suppression import hidden_cells
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.rfm import BOTTOM, FOCUS, LEFT, RIGHT, TOP, axis_names, border, segment_key, segment_names
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, RAMP, TYPE, board, ink_on, number


@view
def heat_map(cells: pd.DataFrame, *, periods: Periods, bands: Bands, k: int, first_orders_known: bool) -> Draft:
    """The share of each cell that bought in the current period over the segments (`metrics.rfm.response`)."""
    segments = _segments(cells, k)
    once = bands.orders[0] == 1 and first_orders_known
    total = {name: int(cells[name].sum()) for name in ("customers", "buyers", "sales")}
    rest = int(cells["rest"].iloc[0])
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "day": (periods.current.start - datetime.timedelta(days=1)).isoformat(),
        "months": int(cells["months"].iloc[0]),
        "n": total["customers"],
        "rate": total["buyers"] / total["customers"],
        "share": total["sales"] / (total["sales"] + rest) if total["sales"] + rest > 0 else None,
        "k": k,
    }
    for name in ("best", FOCUS, "lapsed"):
        row = segments.loc[name]
        facts |= {name: fact(row["customers"]), f"{name}_rate": fact(row["rate"])}
    for bound in ("low", "high"):
        facts[f"focus_{bound}"] = fact(segments.loc[FOCUS, bound])
    told = all(facts[f"{name}_rate"] is not None for name in ("best", FOCUS, "lapsed"))
    kind = "plain" if told else "whole"
    hidden = [Sentence("rfm.note_hidden", {"k": k})] if bool(cells["hidden"].any()) else []
    return Draft(
        name="rfm_response.heat_map",
        page="BA-08",
        headline=Sentence(f"rfm_response.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("rfm_response.title"),
                Sentence("rfm_response.unit", facts),
                "M",
                lambda voice: _draw(cells, bands, once, k, voice),
            ),
            TablePanel(
                Sentence("rfm_response.table"), Sentence("rfm_response.table_unit", facts), _table(segments, total, rest, once)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("rfm_response.key" if told else "rfm_response.key_whole", facts),
            Sentence("rfm_response.number", {"value": facts[f"{FOCUS}_rate" if told else "rate"]}),
            Sentence("rfm_response.key_between" if told else "rfm_response.key_people", facts),
        ),
        reading=(Sentence("rfm_response.read", facts),),
        claim=(Sentence("rfm_response.sure"),),
        next_move=NextMove(Sentence("rfm_response.next", facts)),
        note=(Sentence("rfm_response.note", facts), *hidden),
        sample=Sentence("rfm_response.sample", facts),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=max(total["sales"], 1),
        definitions=("DF-11", "DF-33"),
        rows=(_finding(facts, kind, periods),),
    )


def _segments(cells: pd.DataFrame, k: int) -> pd.DataFrame:
    """Customers, buyers, sales, rate and interval by segment; a segment under `k`, or one a total would tell, is NA."""
    summed = cells.groupby("segment")[["customers", "buyers", "sales"]].sum().reindex(list(SEGMENTS))
    small = hidden_cells(summed[["customers"]].to_numpy(dtype="int64").T, k)[0]
    bounds = [wilson(int(came), int(n)) for came, n in zip(summed["buyers"], summed["customers"], strict=True)]
    table = summed.astype("Float64")
    table["rate"] = table["buyers"] / table["customers"].where(table["customers"] > 0)
    table["low"], table["high"] = ([bound[i] for bound in bounds] for i in (0, 1))
    table.loc[small] = pd.NA
    return table


def _table(segments: pd.DataFrame, total: dict[str, int], rest: int, once: bool) -> Table:
    columns = (
        plain_column("segment", "rfm.column.segment", "term"),
        plain_column("customers", "rfm_response.column.customers", "int", "sales.unit.people"),
        plain_column("buyers", "rfm_response.column.buyers", "int", "sales.unit.people"),
        plain_column("rate", "rfm_response.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("low", "rfm_response.column.low", "pct1_number", "sales.unit.percent"),
        plain_column("high", "rfm_response.column.high", "pct1_number", "sales.unit.percent"),
        plain_column("sales", "rfm_response.column.sales", "money_number", "sales.unit.money"),
        plain_column("share", "rfm_response.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("per_head", "rfm_response.column.per_head", "price_number", "sales.unit.money_base"),
    )
    whole = total["sales"] + rest
    rows: list[tuple[Fact, ...]] = []
    for name, row in segments.iterrows():
        heads, buyers, sales = (fact(row[column]) for column in ("customers", "buyers", "sales"))
        each = sales / heads if sales is not None and heads else None
        share = sales / whole if sales is not None and whole > 0 else None
        counts = [None if count is None else int(count) for count in (heads, buyers)]
        rows.append((segment_key(str(name), once), *counts, *(fact(row[c]) for c in ("rate", "low", "high")),
                     None if sales is None else int(sales), share, each))  # fmt: skip
    low, high = wilson(total["buyers"], total["customers"])
    told = None if segments["customers"].isna().any() else total["sales"]
    rows.append(("rfm_response.total", total["customers"], total["buyers"], total["buyers"] / total["customers"], low, high,
                 told, told / whole if told is not None and whole > 0 else None,
                 told / total["customers"] if told is not None else None))  # fmt: skip
    return Table(columns, tuple(rows), focus=list(segments.index).index(FOCUS), total=True)


# ---------------------------------------------------------------- drawing
def _draw(cells: pd.DataFrame, bands: Bands, once: bool, k: int, voice: Voice) -> Figure:
    """The rate of each cell, its people under it; segments by their borders, as on the page of heads."""
    figure, axes = board("M")
    wide, high = (MAIN - LEFT - RIGHT) / 5, (HEIGHT["M"] - BOTTOM - TOP) / 5
    heads, rates, hidden = (matrix(cells, name) for name in ("customers", "rate", "hidden"))
    owner = {cell: name for name, part in SEGMENTS.items() for cell in part}
    fills: dict[tuple[int, int], Any] = {}
    for (row, column), n in np.ndenumerate(heads):
        x, y = LEFT + column * wide, BOTTOM + (4 - row) * high
        secret = bool(hidden[row, column])
        shown = not secret and n > 0
        fills[row, column] = RAMP(0.8 * float(rates[row, column])) if shown else COLOUR["paper"]
        edge = COLOUR["mark"] if secret else COLOUR["paper"]
        axes.add_patch(
            Rectangle((x, y), wide, high, fc=fills[row, column], ec=edge, lw=LINE["axis"], hatch=HATCH if secret else None)
        )
        ink = ink_on(fills[row, column])
        number(axes, x + wide - 2, y + high - 5.2, fact(rates[row, column]) if shown else None, "pct0", voice, ha="right",
               va="center", size=TYPE["subhead"], weight="bold", color=ink, within="{}" if shown else "")  # fmt: skip
        if secret:
            told = voice.say("rfm.under", k=k) if 0 < n < k else voice.say("rfm.withheld")
            axes.text(x + wide - 2, y + 3.0, told, ha="right", va="center", size=TYPE["foot"], color=COLOUR["text2"],
                      bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 0.6})  # fmt: skip
        else:
            number(axes, x + wide - 2, y + 3.0, int(n), "int", voice, within=voice.template("ranks.people"), ha="right",
                   va="center", size=TYPE["foot"], color=ink)  # fmt: skip
        border(axes, owner, (row, column), x, y, wide, high)
    axes.add_patch(Rectangle((LEFT, BOTTOM), 5 * wide, 5 * high, fill=False, ec=COLOUR["ink"], lw=LINE["outline"], zorder=4))
    segment_names(axes, fills, hidden, once, voice)
    axis_names(axes, bands, voice)
    _margins(axes, cells, wide, high, voice)
    return figure


def _margins(axes: Any, cells: pd.DataFrame, wide: float, high: float, voice: Voice) -> None:
    """The rate of each row and column, and of everybody."""
    small: dict[str, Any] = {"va": "center", "ha": "right", "size": TYPE["label"], "color": COLOUR["text2"]}
    heads, buyers = (matrix(cells, name) for name in ("customers", "buyers"))
    for i in range(5):
        row, column = ((int(buyers[part].sum()), int(heads[part].sum())) for part in ((i, slice(None)), (slice(None), i)))
        number(axes, MAIN - 1, BOTTOM + (4.5 - i) * high, _rate(*row), "pct0", voice, **small)
        number(axes, LEFT + (i + 1) * wide - 2, BOTTOM - 3.6, _rate(*column), "pct0", voice, **small)
    whole = small | {"weight": "bold", "color": COLOUR["ink"]}
    number(axes, MAIN - 1, BOTTOM - 3.6, _rate(int(buyers.sum()), int(heads.sum())), "pct0", voice, **whole)
    axes.text(LEFT - 2, BOTTOM - 3.6, voice.say("rfm.total"), **small)
    axes.text(MAIN - 1, HEIGHT["M"] - TOP + 3.2, voice.say("rfm.total"), **small)


def _rate(buyers: int, heads: int) -> float | None:
    return buyers / heads if heads else None


def _finding(facts: dict[str, Fact], kind: str, periods: Periods) -> LedgerRow:
    """How many of those at risk bought again, under the KPI of their number."""
    told: dict[str, Fact] = {
        "value": facts[f"{FOCUS}_rate"],
        "unit": "percent",
        "n": facts[FOCUS],
        "low": facts["focus_low"],
        "high": facts["focus_high"],
        "period": str(periods.current),
        "definition": "rfm_response",
    }
    text = Sentence(f"rfm_response.headline.{kind}", facts)
    return LedgerRow(
        row_id("finding", "rfm_response"), "finding", text, {"at_risk": told}, "order_lines", (row_id("kpi", "customers"),)
    )
