"""The page on RFM in quantile bands: who buys most compared with the others today, beside the fixed bands."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.metrics.rfm import SEGMENTS, Ranks
from crm_helpers.metrics.suppression import hidden_cells
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.rfm import band_label, segment_key
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, RAMP, TYPE, board, ink_on, number

LEFT, RIGHT, BOTTOM, TOP = 31.0, 20.0, 8.0, 8.0
FIFTHS = 5


@view
def heat_map(ranks: Ranks, fixed: pd.DataFrame, *, as_of: datetime.date, k: int, first_orders_known: bool) -> Draft:
    """Share of sales by cell over the segments in both bandings (`metrics.rfm.ranks`, and `cells` for the fixed bands)."""
    cells = ranks.cells
    total = {name: int(cells[name].sum()) for name in ("customers", "sales")}
    top = cells[(cells["r"] == cells["r"].max()) & (cells["f"] == cells["f"].max())].iloc[0]
    ranked = bool(ranks.orders and ranks.recency_days and not top["hidden"] and top["customers"] and total["sales"] > 0)
    merged = [name for name, cuts in (("recency", ranks.recency_days), ("orders", ranks.orders)) if len(cuts) < FIFTHS - 1]
    facts: dict[str, Fact] = {
        "best": int(top["customers"]) if ranked else None,
        "best_share": float(top["customers"]) / total["customers"] if ranked else None,
        "best_sales": float(top["sales"]) / total["sales"] if ranked else None,
        "changed": ranks.changed,
        "changed_share": ranks.changed / total["customers"] if ranks.changed is not None else None,
        "customers": total["customers"],
        "recency": len(ranks.recency_days) + 1,
        "orders": len(ranks.orders) + 1,
        "k": k,
    }
    kind = f"{'top' if ranked else 'plain'}_{'few' if ranks.changed is None else 'changed'}"
    once = ranks.orders[:1] == (1,) and first_orders_known
    notes = [Sentence("ranks.note_bands")]
    notes += [Sentence("ranks.note_hidden", facts)] if bool(cells["hidden"].any()) else []
    return Draft(
        name="ranks.heat_map",
        page="BA-08b",
        headline=Sentence(f"ranks.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("ranks.title"), Sentence("ranks.unit"), "M", lambda voice: _draw(ranks, total, voice)),
            TablePanel(Sentence("ranks.table"), Sentence("ranks.table_unit"), _table(cells, fixed, once, k)),
        ),
        key_figure=KeyFigure(
            Sentence("ranks.key"),
            Sentence("ranks.key_number", facts),
            Sentence("ranks.key_compare" if ranks.changed is not None else "ranks.key_few", facts),
        ),
        reading=tuple(Sentence(f"ranks.merged_{name}", facts) for name in merged),
        claim=(Sentence("ranks.sure"),),
        next_move=NextMove(Sentence("ranks.next")),
        note=tuple(notes),
        sample=Sentence("ranks.sample", facts),
        source=Sentence("sales.source"),
        period=as_of.isoformat(),
        largest=total["sales"],
        definitions=("DF-02", "DF-11", "DF-12"),
    )


def _segments(cells: pd.DataFrame, k: int) -> pd.DataFrame:
    """Heads and sales by segment; one under k heads is not told, nor one that the total would give away."""
    table = cells.groupby("segment")[["customers", "sales"]].sum().reindex(list(SEGMENTS), fill_value=0)
    small = hidden_cells(table[["customers"]].to_numpy(dtype="int64").T, k)[0]
    told = table.astype("Int64")
    told.loc[small] = pd.NA
    return told


def _table(cells: pd.DataFrame, fixed: pd.DataFrame, once: bool, k: int) -> Table:
    """The named segments in quantile and in fixed bands."""
    columns = (
        plain_column("segment", "rfm.column.segment", "term"),
        plain_column("customers", "ranks.column.customers", "int", "sales.unit.people"),
        plain_column("share", "ranks.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("sales_share", "ranks.column.sales_share", "pct1_number", "sales.unit.percent"),
        plain_column("fixed", "ranks.column.fixed", "int", "sales.unit.people"),
        plain_column("fixed_share", "ranks.column.fixed_share", "pct1_number", "sales.unit.percent"),
        plain_column("fixed_sales", "ranks.column.fixed_sales", "pct1_number", "sales.unit.percent"),
    )
    both = [_segments(table, k) for table in (cells, fixed)]
    whole = [{name: int(table[name].sum()) for name in ("customers", "sales")} for table in (cells, fixed)]
    rows = []
    for name in SEGMENTS:
        told: list[Fact] = [segment_key(name, once)]
        for segments, total in zip(both, whole, strict=True):
            heads, sales = segments.loc[name, "customers"], segments.loc[name, "sales"]
            told += [fact(heads), _share(heads, total["customers"]), _share(sales, total["sales"])]
        rows.append(tuple(told))
    rows.append(("rfm.total", *(value for total in whole for value in (total["customers"], 1.0, 1.0))))
    return Table(columns, tuple(rows), focus=0, total=True)


def _share(part: Any, whole: int) -> float | None:
    return None if pd.isna(part) or whole <= 0 else float(part) / whole


# ---------------------------------------------------------------- drawing
def _draw(ranks: Ranks, total: dict[str, int], voice: Voice) -> Figure:
    """Share of sales with the heads under it; as many rows and columns as the values allow."""
    figure, axes = board("M")
    rows, columns = len(ranks.recency_days) + 1, len(ranks.orders) + 1
    wide, high = (MAIN - LEFT - RIGHT) / columns, (HEIGHT["M"] - BOTTOM - TOP) / rows
    heads, sales, hidden, segment = (
        ranks.cells[name].to_numpy().reshape(rows, columns) for name in ("customers", "sales", "hidden", "segment")
    )
    shares = np.divide(sales.astype(float), total["sales"], out=np.zeros(sales.shape), where=total["sales"] > 0)
    top = max(float(shares[~hidden].max(initial=0)), 1e-9)
    for (row, column), n in np.ndenumerate(heads):
        x, y = LEFT + column * wide, BOTTOM + (rows - 1 - row) * high
        if hidden[row, column]:
            axes.add_patch(Rectangle((x, y), wide, high, fc=COLOUR["paper"], ec=COLOUR["mark"], hatch=HATCH, lw=LINE["axis"]))
            number(axes, x + wide / 2, y + high / 2, None, "int", voice, within=voice.say("rfm.withheld"), ha="center",
                   va="center", size=TYPE["small"], color=COLOUR["text2"],
                   bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 0.8})  # fmt: skip
        else:
            fill = RAMP(0.75 * max(float(shares[row, column]), 0.0) / top)
            axes.add_patch(Rectangle((x, y), wide, high, fc=fill, ec=COLOUR["paper"], lw=LINE["axis"]))
            ink = ink_on(fill)
            number(axes, x + wide / 2, y + high / 2 + 2.2, float(shares[row, column]) if n else None, "pct1", voice, ha="center",
                   va="center", size=TYPE["body"], weight="bold", color=ink)  # fmt: skip
            number(axes, x + wide / 2, y + high / 2 - 2.6, int(n), "int", voice, within=voice.template("ranks.people"),
                   ha="center", va="center", size=TYPE["small"], color=ink)  # fmt: skip
        for beside, ends in (
            ((row, column + 1), ((x + wide, x + wide), (y, y + high))),
            ((row + 1, column), ((x, x + wide), (y, y))),
        ):
            if beside[0] < rows and beside[1] < columns and segment[beside] != segment[row, column]:
                axes.plot(*ends, color=COLOUR["ink"], lw=LINE["outline"], zorder=4, solid_capstyle="projecting")
    axes.add_patch(
        Rectangle((LEFT, BOTTOM), columns * wide, rows * high, fill=False, ec=COLOUR["ink"], lw=LINE["outline"], zorder=4)
    )
    _margins(axes, ranks, heads, wide, high, voice)
    return figure


def _margins(axes: Axes, ranks: Ranks, heads: np.ndarray, wide: float, high: float, voice: Voice) -> None:
    """Cut points on both axes, and the heads of each band: equal values share one, so they differ."""
    small: dict[str, Any] = {"va": "center", "size": TYPE["label"]}
    people = {**small, "color": COLOUR["text2"], "within": voice.template("ranks.people")}
    above, rows = HEIGHT["M"] - TOP + 3.2, heads.shape[0]
    for row in range(rows):
        y = BOTTOM + (rows - 0.5 - row) * high
        axes.text(LEFT - 2, y, _label("recency", ranks.recency_days, row, voice), ha="right", **small)
        number(axes, MAIN - 1, y, int(heads[row].sum()), "int", voice, ha="right", **people)
    for column in range(heads.shape[1]):
        x = LEFT + (column + 0.5) * wide
        axes.text(x, above, _label("orders", ranks.orders, column, voice), ha="center", **small)
        number(axes, x, BOTTOM - 3.6, int(heads[:, column].sum()), "int", voice, ha="center", **people)
    axes.text(LEFT - 2, BOTTOM - 3.6, voice.say("rfm.total"), ha="right", color=COLOUR["text2"], **small)
    axes.text(MAIN - 1, above, voice.say("rfm.total"), ha="right", color=COLOUR["text2"], **small)
    number(axes, MAIN - 1, BOTTOM - 3.6, int(heads.sum()), "int", voice, ha="right", weight="bold", **people)
    axes.text(LEFT - 2, above, voice.say("rfm.corner"), ha="right", va="center", size=TYPE["small"], color=COLOUR["mute"])


def _label(axis: str, bounds: tuple[int, ...], i: int, voice: Voice) -> str:
    return band_label(axis, bounds, i, voice) if bounds else voice.say("ranks.one_band")
