"""The page on sales: the trend by month with both periods side by side."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.params.periods import Periods, month_key
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.identification import jumped, warning
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, TYPE, canvas, fit, mark, number, width

FLAT = 0.01  # a change under 1 % of the compared sales is told as level
LABELLED = 18  # up to this many months each bar carries its number


# ---------------------------------------------------------------- BA-02 trend
@view
def trend(
    months: pd.DataFrame,
    both: pd.DataFrame,
    *,
    periods: Periods,
    shares: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
) -> Draft:
    """Sales by month over the two compared periods side by side (`metrics.sales`: by_month, totals with holidays, events)."""
    compare, current = records(both)
    change = int(current["sales"] - compare["sales"])
    rate = rate_of(current["sales"], compare["sales"])
    whole = months[months["complete"]]
    peak = (whole if len(whole) else months).sort_values("sales").iloc[-1]
    seasons = _seasons(months)
    told = events if events is not None and len(events) else None
    comparable = compare["sales"] * current["load"] / compare["load"]
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "compare": str(periods.compare),
        "sales": int(current["sales"]),
        "diff": abs(change),
        "rate": fact(abs(rate)),
        "alike_rate": fact(rate_of(current["sales"], comparable)),
        "peak": str(peak["first"]),
        "peak_sales": int(peak["sales"]),
    }
    if seasons:
        facts |= _extremes(months)
    return Draft(
        name="sales.trend",
        page="BA-02",
        headline=Sentence(f"sales.trend.headline.{direction(rate)}{'_year' if seasons else ''}", facts),
        panels=(
            ChartPanel(
                Sentence("sales.trend.title"),
                Sentence("sales.trend.unit"),
                "M",
                lambda voice: _draw_trend(months, told, voice),
            ),
            TablePanel(
                Sentence("sales.trend.table"),
                Sentence("sales.trend.table_unit"),
                _period_table(compare, current, periods, comparable),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("sales.trend.key", {"compare": str(periods.compare)}),
            Sentence("sales.money_change", {"value": change}),
            Sentence("sales.trend.key_compare", {"rate": fact(rate), "alike_rate": facts["alike_rate"]}),
        ),
        reading=(
            Sentence("sales.trend.read_year" if seasons else "sales.trend.read_mean"),
            *([Sentence("sales.trend.read_events")] if told is not None else []),
        ),
        claim=(Sentence("sales.trend.sure_year" if seasons else "sales.trend.sure_no_year"), *warning(shares)),
        next_move=NextMove(Sentence("sales.trend.next")),
        note=(Sentence("sales.trend.note", {"current": int(current["days"]), "compare": int(compare["days"])}), *jumped(shares)),
        sample=Sentence("sales.sample", {"customers": int(current["customers"]), "orders": int(current["orders"])}),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=int(max(both["sales"])),
        definitions=("DF-01", "DF-02", "DF-06", "DF-71"),
        stake=abs(change),
        rows=(kpi_row("sales", current["sales"], "money", periods, int(current["orders"])),),
    )


def _seasons(months: pd.DataFrame) -> bool:
    """Whether every month of the current period can be compared with the same month a year earlier."""
    now = months[months["period"] == "current"]
    return bool(now["expected"].gt(0).fillna(False).all() and now["complete"].any())


def _extremes(months: pd.DataFrame) -> dict[str, Fact]:
    """The months of the current period that fell and rose most against the same month a year before, calendars made alike."""
    now = records(months[(months["period"] == "current") & months["complete"]])
    told = sorted((rate_of(row["sales"], row["expected"]), str(row["first"])) for row in now)
    (low_rate, low), (high_rate, high) = told[0], told[-1]
    return {"low": low, "low_rate": low_rate, "high": high, "high_rate": high_rate}


def direction(rate: float) -> str:
    return "flat" if abs(rate) < FLAT else "up" if rate > 0 else "down"


def rate_of(now: float, before: float) -> float:
    return now / before - 1 if before else float("nan")


def _period_table(compare: dict[str, Any], current: dict[str, Any], periods: Periods, comparable: float) -> Table:
    """Measures by period with difference and rate of change; each row in its own form. `comparable`: sales of the compared
    period with the weekdays and holidays of the current one."""
    compare, current = compare | {"sales_alike": round(comparable)}, current | {"sales_alike": current["sales"]}
    measures = [
        ("sales", "money", "money"),
        ("sales_alike", "money", "money"),
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


LANE = 4.2  # mm of a row of events


def _draw_trend(months: pd.DataFrame, events: pd.DataFrame | None, voice: Voice) -> Figure:
    placed = _lanes(events, months, voice) if events is not None else []
    rows = 1 + max((row for row, *_ in placed), default=-1)
    foot = 13 + rows * LANE + (1 if rows else 0)
    figure, axes = canvas("M", (0.5, foot, MAIN - 1, HEIGHT["M"] - foot - 2))
    tall = HEIGHT["M"] - foot - 2
    top = float(max(months["sales"].max(), months["expected"].max() if _seasons(months) else 0))
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
    _year_labels(axes, months, at, tall, voice)
    _draw_events(axes, placed, tall)
    return figure


def _lanes(events: pd.DataFrame, months: pd.DataFrame, voice: Voice) -> list[tuple[int, float, float, str, bool]]:
    """Row, first and last place on the axis of months, words, and whether the words stand left of it, of each event."""
    start = month_key(datetime.date.fromisoformat(str(months["first"].iloc[0])))
    slot = (MAIN - 1) / len(months)
    busy: list[list[tuple[float, float]]] = []
    placed = []
    for event in records(events):
        first, last = (_place(str(event[name]), start) for name in ("start", "end"))
        words = voice.say(f"sales.trend.event.{event['kind']}", name=fit(str(event["name"]), 44.0, TYPE["foot"]))
        wide = (width(words, TYPE["foot"]) + 2.5) / slot
        left = last + wide > len(months) - 0.4
        span = (first - wide, last + 0.1) if left else (first - 0.1, last + wide)
        row = next((i for i, taken in enumerate(busy) if all(b <= span[0] or a >= span[1] for a, b in taken)), len(busy))
        busy += [[]] if row == len(busy) else []
        busy[row].append(span)
        placed.append((row, first, last, words, left))
    return placed


def _place(day: str, start: int) -> float:
    """Where a day lies on the axis of months, whose bars stand at whole numbers."""
    told = datetime.date.fromisoformat(day)
    return month_key(told) - start - 0.5 + (told.day - 1) / 31


def _draw_events(axes: Axes, placed: list[tuple[int, float, float, str, bool]], tall: float) -> None:
    for row, first, last, words, left in placed:
        y = -(12.5 + LANE * (row + 0.5)) / tall
        shown: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "clip_on": False}
        axes.plot([first, max(last, first + 0.12)], [y, y], color=COLOUR["ink"], lw=LINE["focus"], **shown)
        axes.text(first - 0.12 if left else max(last, first + 0.12) + 0.12, y, words, ha="right" if left else "left",
                  va="center_baseline", size=TYPE["foot"], color=COLOUR["text2"], **shown)  # fmt: skip


def _year_before_ticks(axes: Axes, months: pd.DataFrame, at: np.ndarray) -> None:
    """A short ink line at last year's height of the same month, made alike in weekdays and holidays."""
    known = months["expected"].notna().to_numpy()
    values = months.loc[known, "expected"].to_numpy(dtype=float)
    wide = 0.8 * (MAIN - 1) / len(months) * 72 / 25.4  # four fifths of a month's slot, in pt
    (ticks,) = axes.plot(at[known], values, ls="none", marker="_", ms=wide, mew=LINE["interval"], color=COLOUR["ink"])
    mark(ticks, "expected")


def _bar_numbers(axes: Axes, months: pd.DataFrame, at: np.ndarray, top: float, voice: Voice) -> None:
    values = months["sales"].to_numpy()
    shown = set(at) if len(at) <= LABELLED else {int(values.argmax()), int(values.argmin()), int(at[-1])}
    for x in sorted(shown):
        row = months.iloc[int(x)]
        current = row["period"] == "current"
        edge = 0 if len(at) <= LABELLED else -1 if x == at[0] else int(x == at[-1])  # a number wider than its bar stays inside
        number(
            axes,
            x + 0.4 * edge,
            float(row["sales"]) + top * 0.02,
            int(row["sales"]),
            "money_number",
            voice,
            ha=("center", "right", "left")[edge],
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


def _year_labels(axes: Axes, months: pd.DataFrame, at: np.ndarray, tall: float, voice: Voice) -> None:
    years = months["first"].str[:4]
    for year in dict.fromkeys(years):
        inside = at[(years == year).to_numpy()]
        axes.text(
            float(inside.mean()),
            -9.7 / tall,
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
                [0, -12 / tall],
                transform=axes.get_xaxis_transform(),
                color=COLOUR["rule"],
                lw=LINE["axis"],
                clip_on=False,
            )


def kpi_row(node: str, value: float, unit: str, periods: Periods, n: int, parents: tuple[str, ...] = ()) -> LedgerRow:
    told = {"value": fact(value), "unit": unit, "n": n, "period": str(periods.current), "definition": node}
    return LedgerRow(row_id("kpi", node), "kpi", Sentence(f"kpi.node.{node}"), {"current": told}, "order_lines", parents)
