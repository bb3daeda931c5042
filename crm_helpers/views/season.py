"""The page on season: sales a day by month of the year with every year as a dot, over the categories' peaks."""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.domain.seasons import seasons
from crm_helpers.ledger import row_id
from crm_helpers.metrics.season import ALL
from crm_helpers.params.periods import month_key
from crm_helpers.params.periods import months as whole_months
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, TYPE, canvas, fit, mark, number

PEAK = 110.0  # a month above this in every year is a peak that the page names
STRONG = 150.0  # a category whose month is above this in every year is named in the headline
ROWS = 7
SAID = 34.0  # mm of a headline that a category's name may take


@view
def months(table: pd.DataFrame) -> Draft:
    """Twelve months of all sales with each year's value, over the peaks of the categories (`metrics.season.by_month`)."""
    whole = _summed(table[table["category"] == ALL])
    order = sorted(whole, key=lambda row: row["mean"], reverse=True)
    top, second, bottom = order[0], order[1], order[-1]
    steady = [row for row in order if row["low"] > 100][:2]
    peaks = [_peak(name, part) for name, part in table[table["category"] != ALL].groupby("category", sort=False)]
    strong = max((p for p in peaks if p["low"] > STRONG), key=lambda p: p["low"], default=None)
    kind = "gift" if strong else "peak" if len(steady) == 2 and top["low"] > PEAK else "flat"
    years = int(table["year"].max()) + 1
    begin = datetime.date.fromisoformat(table["first"].min())
    span = str(whole_months(month_key(begin), 12 * years))
    facts: dict[str, Fact] = {
        "top": f"season.month.m{top['month']}",
        "top_index": top["mean"],
        "second": f"season.month.m{second['month']}",
        "second_index": second["mean"],
        "bottom": f"season.month.m{bottom['month']}",
        "bottom_index": bottom["mean"],
        "top_low": top["low"],
        "top_high": top["high"],
        "event": f"season.event.{_event(top['month'])}",
        "years": years,
        "span": span,
    }
    if strong:
        facts |= {
            "category": fit(str(strong["category"]), SAID, TYPE["label"]),
            "peak": f"season.month.m{strong['month']}",
            "peak_times": strong["mean"] / 100,
            "peak_share": strong["share"],
            "also": f"season.month.m{strong['next']}",
            "also_times": strong["next_mean"] / 100,
            "peak_event": f"season.event.{_event(strong['month'])}",
        }
    return Draft(
        name="season.months",
        page="BA-20b",
        headline=Sentence(f"season.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("season.title"), Sentence("season.unit", facts), "M", lambda voice: _draw(table, whole, top, voice)
            ),
            TablePanel(
                Sentence("season.table" if peaks else "season.table_months"),
                Sentence("season.table_unit", facts),
                _table(peaks, strong) if peaks else _month_table(order),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("season.key", facts), Sentence("season.number", {"value": top["mean"]}), Sentence("season.key_range", facts)
        ),
        reading=(Sentence("season.read", facts),),
        claim=(Sentence("season.sure", facts),),
        next_move=NextMove(Sentence(f"season.next_{kind}", facts)),
        note=(Sentence("season.note"),),
        sample=Sentence("season.sample", facts),
        source=Sentence("season.source"),
        period=span,
        definitions=("DF-64",),
        rows=(_finding(facts, kind, span, years),),
    )


def _event(month: int) -> str:
    return next(iter(seasons()[month]))


def _summed(part: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean, lowest and highest year by month of the year."""
    found = part.groupby("month")["index"].agg(["mean", "min", "max"])
    return [
        {"month": int(str(month)), "mean": float(row["mean"]), "low": float(row["min"]), "high": float(row["max"])}
        for month, row in found.iterrows()
    ]


def _peak(name: Any, part: pd.DataFrame) -> dict[str, Any]:
    """The month in which a category sells most a day, the next one, and the weakest."""
    order = sorted(_summed(part), key=lambda row: row["mean"], reverse=True)
    top = order[0]
    share = part.loc[part["month"] == top["month"], "sales"].sum() / part["sales"].sum()
    return {
        "category": name, **top, "share": float(share), "next": order[1]["month"], "next_mean": order[1]["mean"],
        "weak": order[-1]["month"], "weak_mean": order[-1]["mean"],
    }  # fmt: skip


def _table(peaks: list[dict[str, Any]], strong: dict[str, Any] | None) -> Table:
    columns = (
        plain_column("category", "season.column.category", "text"),
        plain_column("peak", "season.column.peak", "term"),
        plain_column("index", "season.column.index", "int", "season.hundred"),
        plain_column("low", "season.column.low", "int", "season.hundred"),
        plain_column("share", "season.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("weak", "season.column.weak", "term"),
        plain_column("weak_index", "season.column.index", "int", "season.hundred"),
        plain_column("event", "season.column.event", "term"),
    )
    shown = peaks[:ROWS] if strong is None or strong in peaks[:ROWS] else [*peaks[: ROWS - 1], strong]
    rows = tuple(
        (
            fit(str(p["category"]), SAID, TYPE["label"]), f"season.month.m{p['month']}", fact(p["mean"]), fact(p["low"]),
            p["share"], f"season.month.m{p['weak']}", fact(p["weak_mean"]),
            f"season.event.{_event(p['month'])}" if p["low"] > PEAK else "season.none",
        )
        for p in shown
    )  # fmt: skip
    return Table(columns, rows, focus=shown.index(strong) if strong else None)


def _month_table(order: list[dict[str, Any]]) -> Table:
    """The strongest months, where there are no categories to speak of."""
    columns = (
        plain_column("month", "season.column.month", "term"),
        plain_column("index", "season.column.index", "dec1", "season.hundred"),
        plain_column("low", "season.column.low", "dec1", "season.hundred"),
        plain_column("high", "season.column.high", "dec1", "season.hundred"),
        plain_column("event", "season.column.event", "term"),
    )
    rows = tuple(
        (f"season.month.m{r['month']}", r["mean"], r["low"], r["high"], f"season.event.{_event(r['month'])}")
        for r in order[:ROWS]
    )
    return Table(columns, rows, focus=0)


# ---------------------------------------------------------------- drawing
AXES = (10.0, 17.0, 186.0)  # left, bottom, width in mm
OFFSET = 0.16  # of a month, between the dots of the years


def _draw(table: pd.DataFrame, whole: list[dict[str, Any]], top: dict[str, Any], voice: Voice) -> Figure:
    figure, axes = canvas("M", (AXES[0], AXES[1], AXES[2], HEIGHT["M"] - AXES[1] - 4))
    start = int(table[table["year"] == 0]["month"].iloc[0])
    order = [(start - 1 + i) % 12 + 1 for i in range(12)]
    by = {row["month"]: row for row in whole}
    means = [by[month]["mean"] for month in order]
    colours = [COLOUR["accent"] if by[month]["low"] > 100 else COLOUR["accent_soft"] for month in order]
    mark(axes.bar(range(12), means, width=0.62, color=colours), "index")
    axes.axhline(100, color=COLOUR["ink"], lw=LINE["axis"], zorder=3)
    parts = table[table["category"] == ALL]
    years = int(parts["year"].max()) + 1
    for year in range(years):
        values = parts[parts["year"] == year].set_index("month")["index"]
        places = [i + OFFSET * (year - (years - 1) / 2) for i in range(12)]
        (dots,) = axes.plot(
            places, [values[month] for month in order], "o", ms=3.6, mfc=COLOUR["paper"], mec=COLOUR["ink"], mew=LINE["rule"]
        )
        mark(dots, f"year_{year}")
    highest = max(row["high"] for row in whole)
    axes.set(xlim=(-0.6, 11.6), ylim=(0, highest * 1.12), xticks=range(12), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.set_xticklabels([voice.say(f"season.short.m{month}") for month in order])
    axes.tick_params(length=0)
    for i, month in enumerate(order):
        inside = "#FFFFFF" if by[month]["low"] > 100 else COLOUR["ink"]
        bold = "bold" if month == top["month"] else "regular"
        style = {"ha": "center", "weight": bold, "size": TYPE["label"], "color": inside}
        number(axes, i, highest * 0.04, by[month]["mean"], "int", voice, **style)
        said = voice.say(f"season.label.m{month}").replace("|", "\n")
        axes.text(i, -highest * 0.12, said, ha="center", va="top", size=TYPE["foot"], color=COLOUR["text2"])
    axes.text(-0.58, 100, "100", ha="right", va="center", size=TYPE["small"], color=COLOUR["text2"])
    return figure


def _finding(facts: dict[str, Fact], kind: str, span: str, years: int) -> LedgerRow:
    told = {"value": facts["top_index"], "unit": "index", "n": years, "period": span, "definition": "month_index"}
    ends = {"low": facts["top_low"], "high": facts["top_high"]}
    sentence = Sentence(f"season.headline.{kind}", facts)
    return LedgerRow(
        row_id("finding", "season"), "finding", sentence, {"index": told | ends}, "order_lines", (row_id("kpi", "sales"),)
    )
