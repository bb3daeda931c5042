"""The RFM page: heads by recency and number of orders, with named segments."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.rfm import SEGMENTS, Bands, matrix
from crm_helpers.metrics.suppression import Cell, hidden_cells
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, RAMP, TYPE, board, ink_on, number

FOCUS = "at_risk"  # the segment the page speaks of
LEFT, RIGHT, BOTTOM, TOP = 31.0, 20.0, 8.0, 8.0


@view
def heat_map(cells: pd.DataFrame, *, as_of: datetime.date, bands: Bands, k: int, first_orders_known: bool) -> Draft:
    """Heads of the 25 cells over the table of segments (`metrics.rfm.cells`).

    `first_orders_known`: the data hold every purchase since the first, so that one order means a new customer.
    """
    segments, day = _segments(cells, k), as_of.isoformat()
    total = {name: int(cells[name].sum()) for name in ("customers", "sales")}
    best, focus = segments.loc["best"], segments.loc[FOCUS]
    once = bands.orders[0] == 1 and first_orders_known
    facts: dict[str, Fact] = {
        "best": fact(best["customers"]),
        "best_share": _share(best["customers"], total["customers"]),
        "months": bands.window_months,
        "best_sales": _share(best["sales"], total["sales"]),
        "focus": fact(focus["customers"]),
        "focus_share": _share(focus["sales"], total["sales"]),
        "from": bands.recency_days[1] + 1,
        "to": bands.recency_days[2],
    }
    kind = "small" if None in (facts["best"], facts["focus"]) else "plain" if facts["focus"] else "no_focus"
    return Draft(
        name="rfm.heat_map",
        page="BA-08",
        headline=Sentence(f"rfm.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("rfm.title"),
                Sentence("rfm.unit", facts),
                "M",
                lambda voice: _draw(cells, bands, once, k, voice),
            ),
            TablePanel(Sentence("rfm.table"), Sentence("rfm.table_unit", facts), _table(segments, total, once)),
        ),
        key_figure=KeyFigure(
            Sentence("rfm.key"),
            Sentence("rfm.key_number", {"value": facts["focus"]}),
            Sentence("rfm.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("rfm.sure"),),
        next_move=NextMove(Sentence("rfm.next", facts)),
        note=(
            Sentence("rfm.note", facts),
            *([] if once else [Sentence("rfm.note_bands" if first_orders_known else "rfm.note_middle")]),
            *_hidden_note(cells, k),
        ),
        sample=Sentence("rfm.sample", {"customers": total["customers"], "months": bands.window_months}),
        source=Sentence("sales.source"),
        period=day,
        largest=total["sales"],
        definitions=("DF-02", "DF-11"),
        stake=int(fact(focus["sales"]) or 0),
        rows=(
            _finding(facts, kind, total["customers"], day),
            *(_row(str(name), row, day, once) for name, row in segments.iterrows()),
        ),
    )


def _hidden_note(cells: pd.DataFrame, k: int) -> list[Sentence]:
    return [Sentence("rfm.note_hidden", {"k": k})] if bool(cells["hidden"].any()) else []


def _share(part: Any, whole: Any) -> float | None:
    return None if pd.isna(part) or not whole else float(part) / float(whole)


def _segments(cells: pd.DataFrame, k: int) -> pd.DataFrame:
    """Heads, orders and sales by segment in the order of SEGMENTS.

    A segment under k heads is not told, nor one that the total would give away.
    """
    summed = cells.groupby("segment")[["customers", "orders", "sales"]].sum().reindex(list(SEGMENTS))
    small = hidden_cells(summed[["customers"]].to_numpy().T, k)[0]
    table = summed.astype("Int64")
    if cells["customers_before"].notna().all():
        table["before"] = cells.groupby("segment")["customers_before"].sum().reindex(list(SEGMENTS)).astype("Int64")
    table.loc[small] = pd.NA
    return table


def segment_key(name: str, once: bool) -> str:
    """Text key of a segment; without known first orders "new" and "once" are only "few orders"."""
    return f"rfm.segment.{name}" if once or name not in ("new", "once") else f"rfm.segment.few_{name}"


def _table(segments: pd.DataFrame, total: dict[str, int], once: bool) -> Table:
    columns = [
        plain_column("segment", "rfm.column.segment", "term"),
        plain_column("customers", "rfm.column.customers", "int", "sales.unit.people"),
        plain_column("share", "rfm.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("sales", "rfm.column.sales", "money_number", "sales.unit.money"),
        plain_column("sales_share", "rfm.column.sales_share", "pct1_number", "sales.unit.percent"),
        plain_column("per_head", "rfm.column.per_head", "price_number", "sales.unit.money_base"),
        plain_column("orders_each", "rfm.column.orders_each", "dec1", "sales.unit.times"),
    ]
    compared = "before" in segments
    if compared:
        columns.append(plain_column("change", "rfm.column.change", "int_signed", "sales.unit.people"))
    whole = segments.sum(min_count=len(segments))  # NA when a part is not told, so that it cannot be worked out
    shown = pd.concat([segments, whole.rename("total").to_frame().T])
    rows = []
    for name, row in shown.iterrows():
        heads, sales = row["customers"], row["sales"]
        label = "rfm.total" if name == "total" else segment_key(str(name), once)
        told = [
            label,
            fact(heads),
            _share(heads, total["customers"]),
            fact(sales),
            _share(sales, total["sales"]),
            _share(sales, heads),
            _share(row["orders"], heads),
        ]
        rows.append((*told, fact(heads - row["before"])) if compared else tuple(told))
    return Table(tuple(columns), tuple(rows), focus=list(segments.index).index(FOCUS), total=True)


# ---------------------------------------------------------------- drawing
def _draw(cells: pd.DataFrame, bands: Bands, once: bool, k: int, voice: Voice) -> Figure:
    figure, axes = board("M")
    wide, high = (MAIN - LEFT - RIGHT) / 5, (HEIGHT["M"] - BOTTOM - TOP) / 5
    heads, hidden = matrix(cells, "customers"), matrix(cells, "hidden")
    fill = np.sqrt(heads / max(1, heads.max()))  # square root: the cells span three decades
    owner = {cell: name for name, part in SEGMENTS.items() for cell in part}
    for (row, column), n in np.ndenumerate(heads):
        x, y = LEFT + column * wide, BOTTOM + (4 - row) * high
        colour = COLOUR["paper"] if hidden[row, column] else RAMP(0.75 * fill[row, column])
        axes.add_patch(
            Rectangle(
                (x, y),
                wide,
                high,
                fc=colour,
                ec=COLOUR["mark"] if hidden[row, column] else COLOUR["paper"],
                lw=LINE["axis"],
                hatch=HATCH if hidden[row, column] else None,
            )
        )
        _cell_number(axes, x + wide - 2, y + 3.2, int(n), bool(hidden[row, column]), k, colour, voice)
        border(axes, owner, (row, column), x, y, wide, high)
    axes.add_patch(Rectangle((LEFT, BOTTOM), 5 * wide, 5 * high, fill=False, ec=COLOUR["ink"], lw=LINE["outline"], zorder=4))
    fills = {cell: COLOUR["paper"] if hidden[cell] else RAMP(0.75 * fill[cell]) for cell in owner}
    segment_names(axes, fills, hidden, once, voice)
    _margins(axes, heads, bands, wide, high, voice)
    return figure


def segment_names(axes: Axes, fills: dict[Cell, Any], hidden: np.ndarray, once: bool, voice: Voice) -> None:
    """The name of each segment in its first cell, and the border of the one that the page speaks of."""
    wide, high = (MAIN - LEFT - RIGHT) / 5, (HEIGHT["M"] - BOTTOM - TOP) / 5
    for name, part in SEGMENTS.items():
        row, column = min(part)
        text = ("▶ " if name == FOCUS else "") + voice.say(segment_key(name, once))
        axes.text(
            LEFT + column * wide + 2,
            BOTTOM + (5 - row) * high - 3.6,
            text,
            va="center",
            size=TYPE["body"],
            weight="bold",
            color=ink_on(fills[row, column]),
            zorder=5,
            bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 0.8} if hidden[row, column] else None,
        )
    axes.add_patch(
        Rectangle((LEFT + wide, BOTTOM + 2 * high), 4 * wide, high, fill=False, ec=COLOUR["alert"], lw=LINE["focus"], zorder=6)
    )


def _cell_number(axes: Axes, x: float, y: float, n: int, hidden: bool, k: int, colour: object, voice: Voice) -> None:
    style = {"ha": "right", "va": "center", "size": TYPE["body"]}
    if not hidden:
        number(axes, x, y, n, "int", voice, color=ink_on(colour), **style)
        return
    told = voice.say("rfm.under", k=k) if 0 < n < k else voice.say("rfm.withheld")
    text = number(axes, x, y, None, "int", voice, within="{}", color=COLOUR["text2"], **style)
    text.set_text(told)
    text.set_bbox({"fc": COLOUR["paper"], "ec": "none", "pad": 0.8})


def border(
    axes: Axes, owner: dict[tuple[int, int], str], cell: tuple[int, int], x: float, y: float, wide: float, high: float
) -> None:
    """An ink line where the next cell to the right or below belongs to another segment."""
    row, column = cell
    for neighbour, ends in (
        ((row, column + 1), ((x + wide, x + wide), (y, y + high))),
        ((row + 1, column), ((x, x + wide), (y, y))),
    ):
        if neighbour in owner and owner[neighbour] != owner[cell]:
            axes.plot(*ends, color=COLOUR["ink"], lw=LINE["outline"], zorder=4, solid_capstyle="projecting")


def axis_names(axes: Axes, bands: Bands, voice: Voice) -> None:
    """The bands beside the rows and over the columns."""
    wide, high = (MAIN - LEFT - RIGHT) / 5, (HEIGHT["M"] - BOTTOM - TOP) / 5
    small: dict[str, Any] = {"va": "center", "size": TYPE["label"]}
    above = HEIGHT["M"] - TOP + 3.2
    for i in range(5):
        y = BOTTOM + (4.5 - i) * high
        axes.text(LEFT - 2, y, band_label("recency", bands.recency_days, i, voice), ha="right", **small)
        axes.text(LEFT + (i + 0.5) * wide, above, band_label("orders", bands.orders, i, voice), ha="center", **small)
    axes.text(LEFT - 2, above, voice.say("rfm.corner"), ha="right", va="center", size=TYPE["small"], color=COLOUR["mute"])


def _margins(axes: Axes, heads: np.ndarray, bands: Bands, wide: float, high: float, voice: Voice) -> None:
    axis_names(axes, bands, voice)
    small = {"va": "center", "size": TYPE["label"]}
    for row in range(5):
        y = BOTTOM + (4.5 - row) * high
        number(axes, MAIN - 1, y, int(heads[row].sum()), "int", voice, ha="right", color=COLOUR["text2"], **small)
    for column in range(5):
        x = LEFT + column * wide
        number(
            axes,
            x + wide - 2,
            BOTTOM - 3.6,
            int(heads[:, column].sum()),
            "int",
            voice,
            ha="right",
            color=COLOUR["text2"],
            **small,
        )
    axes.text(LEFT - 2, BOTTOM - 3.6, voice.say("rfm.total"), ha="right", color=COLOUR["text2"], **small)
    number(axes, MAIN - 1, BOTTOM - 3.6, int(heads.sum()), "int", voice, ha="right", weight="bold", **small)
    axes.text(MAIN - 1, HEIGHT["M"] - TOP + 3.2, voice.say("rfm.total"), ha="right", color=COLOUR["text2"], **small)


def band_label(axis: str, bounds: tuple[int, ...], i: int, voice: Voice) -> str:
    """`8〜14日`, `1回`, `104回以上`: the i-th band of an axis (`recency` or `orders`)."""
    if i == len(bounds):
        return voice.say(f"rfm.{axis}.beyond", low=bounds[-1] + 1)
    low, high = (bounds[i - 1] + 1 if i else 1), bounds[i]
    if high == 0:
        return voice.say("rfm.recency.same_day")
    if i == 0 and (axis == "recency" or high > 1):
        return voice.say(f"rfm.{axis}.within", high=high)
    kind = "between" if low < high else "one" if high == 1 else "exactly"
    return voice.say(f"rfm.{axis}.{kind}", low=low, high=high)


FINDING = row_id("finding", "rfm")


def _finding(facts: dict[str, Fact], kind: str, n: int, as_of: str) -> LedgerRow:
    """The page's sentence in the thread: where the customers stand, under the KPI of their number."""
    told = {
        name: {"value": facts[name], "unit": "people", "n": n, "period": as_of, "definition": "rfm"} for name in ("best", "focus")
    }
    return LedgerRow(
        FINDING, "finding", Sentence(f"rfm.headline.{kind}", facts), told, "order_lines", (row_id("kpi", "customers"),)
    )


def _row(name: str, row: pd.Series, as_of: str, once: bool) -> LedgerRow:
    told = {
        "value": fact(row["customers"]),
        "unit": "people",
        "n": fact(row["customers"]),
        "period": as_of,
        "definition": "rfm",
    }
    money = {
        "value": fact(row["sales"]),
        "unit": "money",
        "n": fact(row["customers"]),
        "period": as_of,
        "definition": "rfm",
    }
    return LedgerRow(
        row_id("segment", "rfm", name=name),
        "segment",
        Sentence(segment_key(name, once)),
        {"customers": told, "sales": money},
        "order_lines",
        (FINDING,),
    )
