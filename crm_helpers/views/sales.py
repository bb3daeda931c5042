"""The page on sales: the trend by month with both periods side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.identification import jumped, warning
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

FLAT = 0.01  # a change under 1 % of the compared sales is told as level
LABELLED = 18  # up to this many months each bar carries its number


# ---------------------------------------------------------------- BA-02 trend
@view
def trend(months: pd.DataFrame, both: pd.DataFrame, *, periods: Periods, shares: pd.DataFrame | None = None) -> Draft:
    """Sales by month over the two compared periods side by side (`metrics.sales.by_month`, `metrics.sales.totals`)."""
    compare, current = records(both)
    change = int(current["sales"] - compare["sales"])
    rate = rate_of(current["sales"], compare["sales"])
    whole = months[months["complete"]]
    peak = (whole if len(whole) else months).sort_values("sales").iloc[-1]
    seasons = _seasons(months)
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "compare": str(periods.compare),
        "sales": int(current["sales"]),
        "diff": abs(change),
        "rate": fact(abs(rate)),
        "day_rate": fact(rate_of(current["sales_per_day"], compare["sales_per_day"])),
        "peak": str(peak["first"]),
        "peak_sales": int(peak["sales"]),
    }
    return Draft(
        name="sales.trend",
        page="BA-02",
        headline=Sentence(f"sales.trend.headline.{direction(rate)}", facts),
        panels=(
            ChartPanel(
                Sentence("sales.trend.title"),
                Sentence("sales.trend.unit"),
                "M",
                lambda voice: _draw_trend(months, voice),
            ),
            TablePanel(
                Sentence("sales.trend.table"),
                Sentence("sales.trend.table_unit"),
                _period_table(compare, current, periods),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("sales.trend.key", {"compare": str(periods.compare)}),
            Sentence("sales.money_change", {"value": change}),
            Sentence("sales.trend.key_compare", {"rate": fact(rate), "day_rate": facts["day_rate"]}),
        ),
        reading=(Sentence("sales.trend.read_year" if seasons else "sales.trend.read_mean"),),
        claim=(Sentence("sales.trend.sure_year" if seasons else "sales.trend.sure_no_year"), *warning(shares)),
        next_move=NextMove(Sentence("sales.trend.next")),
        note=(Sentence("sales.trend.note", {"current": int(current["days"]), "compare": int(compare["days"])}), *jumped(shares)),
        sample=Sentence("sales.sample", {"customers": int(current["customers"]), "orders": int(current["orders"])}),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=int(max(both["sales"])),
        definitions=("DF-01", "DF-02", "DF-06"),
        stake=abs(change),
        rows=(kpi_row("sales", current["sales"], "money", periods, int(current["orders"])),),
    )


def _seasons(months: pd.DataFrame) -> bool:
    """Whether every month of the current period can be compared with the same month a year earlier."""
    return bool(months.loc[months["period"] == "current", "year_before"].notna().all())


def direction(rate: float) -> str:
    return "flat" if abs(rate) < FLAT else "up" if rate > 0 else "down"


def rate_of(now: float, before: float) -> float:
    return now / before - 1 if before else float("nan")


def _period_table(compare: dict[str, Any], current: dict[str, Any], periods: Periods) -> Table:
    """Measures by period with difference and rate of change; each row in its own form."""
    measures = [
        ("sales", "money", "money"),
        ("sales_per_day", "price", "money_day"),
        ("orders", "int", "orders"),
        ("customers", "int", "people"),
        ("aov", "price", "money_base"),
        ("identified_share", "pct1_number", "percent"),
    ]
    for row in (compare, current):
        row["aov"] = row["sales"] / row["orders"] if row["orders"] else None
    rows, forms = [], []
    for name, form, unit in measures:
        was, now = fact(compare[name]), fact(current[name])
        known = isinstance(was, (int, float)) and isinstance(now, (int, float))
        gap = now - was if known else None  # type: ignore[operator]
        rate = None if form == "pct1_number" or not known else fact(rate_of(float(now), float(was)))  # type: ignore[arg-type]
        rows.append((f"sales.measure.{name}", f"sales.unit.{unit}", was, now, gap, rate))
        bare = form.replace("money", "money_number").replace("price", "price_number")
        forms.append(("term", "term", bare, bare, "pt1_signed" if form == "pct1_number" else f"{bare}_signed", "pct1_signed"))
    columns = (
        plain_column("measure", "sales.trend.column.measure", "term"),
        plain_column("unit", "sales.trend.column.unit", "term"),
        _period_column("compare", str(periods.compare)),
        _period_column("current", str(periods.current)),
        plain_column("gap", "sales.trend.column.gap", "text"),
        plain_column("rate", "sales.trend.column.rate", "text"),
    )
    return Table(columns, tuple(rows), focus=0, forms=tuple(forms))


def _period_column(name: str, period: str) -> Any:
    column = plain_column(name, "sales.trend.column.period", "text")
    return type(column)(name, Sentence("sales.trend.column.period", {"period": period}), None, "text")


def _draw_trend(months: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = canvas("M", (0.5, 13, MAIN - 1, HEIGHT["M"] - 15))
    top = float(max(months["sales"].max(), months["year_before"].max() if _seasons(months) else 0))
    groups = [("", COLOUR["hair"]), ("compare", COLOUR["mark"]), ("current", COLOUR["accent"])]
    at = np.arange(len(months))
    for name, colour in groups:
        inside = ((months["period"] == name) & months["complete"]).to_numpy()
        if inside.any():
            bars = axes.bar(at[inside], months.loc[inside, "sales"].to_numpy(), width=0.62, color=colour)
            mark(bars, f"sales_{name or 'earlier'}")
    partial = ~months["complete"].to_numpy()
    if partial.any():
        bars = axes.bar(
            at[partial],
            months.loc[partial, "sales"].to_numpy(),
            width=0.62,
            fc="none",
            ec=COLOUR["mark"],
            hatch=HATCH,
            lw=0.6,
        )
        mark(bars, "sales_partial")
    if _seasons(months):
        _year_before_ticks(axes, months, at)
    _bar_numbers(axes, months, at, top, voice)
    _period_means(axes, months, at, voice)
    axes.set(xlim=(-0.6, len(months) - 0.4), ylim=(0, top * 1.2), yticks=[])
    axes.spines["left"].set_visible(False)
    form = "month_axis" if len(at) <= LABELLED else "month_short"
    axes.set_xticks(at, [voice.number(day, form) for day in months["first"]])
    axes.tick_params(axis="x", length=0, pad=3)
    _year_labels(axes, months, at, voice)
    return figure


def _year_before_ticks(axes: Axes, months: pd.DataFrame, at: np.ndarray) -> None:
    """A short ink line at last year's height of the same month."""
    known = months["year_before"].notna().to_numpy()
    for x, value in zip(at[known], months.loc[known, "year_before"].astype(float), strict=True):
        axes.plot([x - 0.4, x + 0.4], [value, value], color=COLOUR["ink"], lw=LINE["interval"], solid_capstyle="butt")


def _bar_numbers(axes: Axes, months: pd.DataFrame, at: np.ndarray, top: float, voice: Voice) -> None:
    values = months["sales"].to_numpy()
    shown = set(at) if len(at) <= LABELLED else {int(values.argmax()), int(values.argmin()), int(at[-1])}
    for x in sorted(shown):
        row = months.iloc[int(x)]
        current = row["period"] == "current"
        number(
            axes,
            x,
            float(row["sales"]) + top * 0.02,
            int(row["sales"]),
            "money_number",
            voice,
            ha="center",
            va="bottom",
            size=TYPE["label"],
            weight="bold" if current else "regular",
            color=COLOUR["ink"] if current else COLOUR["text2"],
        )


def _period_means(axes: Axes, months: pd.DataFrame, at: np.ndarray, voice: Voice) -> None:
    """The monthly mean of each period as a dashed level with its number above the bars."""
    top = float(months["sales"].max())
    for name, colour in (("compare", COLOUR["text2"]), ("current", COLOUR["accent"])):
        inside = (months["period"] == name).to_numpy()
        if not inside.any():
            continue
        mean, first, last = float(months.loc[inside, "sales"].mean()), at[inside][0] - 0.31, at[inside][-1] + 0.31
        axes.plot([first, last], [top * 1.12, top * 1.12], color=colour, lw=LINE["rule"])
        label = voice.say("sales.trend.mean", period=_span(months[inside]))
        number(
            axes,
            (first + last) / 2,
            top * 1.135,
            round(mean),
            "money",
            voice,
            within=label + " {}",
            ha="center",
            va="bottom",
            size=TYPE["label"],
            weight="bold",
            color=colour,
        )


def _span(months: pd.DataFrame) -> str:
    last = pd.Timestamp(months["first"].iloc[-1]) + pd.offsets.MonthEnd(0)
    return f"{months['first'].iloc[0]}/{last.date().isoformat()}"


def _year_labels(axes: Axes, months: pd.DataFrame, at: np.ndarray, voice: Voice) -> None:
    years = months["first"].str[:4]
    for year in dict.fromkeys(years):
        inside = at[(years == year).to_numpy()]
        axes.text(
            float(inside.mean()),
            -0.145,
            voice.say("sales.trend.year", year=year),
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="center",
            size=TYPE["small"],
            color=COLOUR["text2"],
        )
        if inside[0] > 0:
            axes.plot(
                [inside[0] - 0.5] * 2,
                [0, -0.18],
                transform=axes.get_xaxis_transform(),
                color=COLOUR["rule"],
                lw=LINE["axis"],
                clip_on=False,
            )


def kpi_row(node: str, value: float, unit: str, periods: Periods, n: int, parents: tuple[str, ...] = ()) -> LedgerRow:
    told = {"value": fact(value), "unit": unit, "n": n, "period": str(periods.current), "definition": node}
    return LedgerRow(row_id("kpi", node), "kpi", Sentence(f"kpi.node.{node}"), {"current": told}, "order_lines", parents)
