"""The page on purchase intervals: the chance to return by days of silence, what became of the same forecast, and the gaps."""

from __future__ import annotations

import datetime

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.gaps import WATCHED, half
from crm_helpers.metrics.states import calibrated
from crm_helpers.params.periods import Period
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

WIDEST = 0.25  # an interval wider than this says too little to be drawn
GONE = 0.05  # the axis ends where fewer return
LONGEST = 540  # days
LEFT, CURVE, GAP, BOTTOM, TOP = 11.0, 108.0, 29.0, 11.0, 8.0  # mm
STEPS = (10, 15, 30, 60, 90)  # days between ticks


@view
def right_time(
    curve: pd.DataFrame,
    tested: pd.DataFrame,
    numbers: pd.DataFrame,
    *,
    as_of: datetime.date,
    horizon: int,
    k: int,
    first_orders_known: bool,
    contracts: bool,
) -> Draft:
    """The return curve beside its back-test over the gaps in numbers (`metrics.gaps.returning`, `back_test`, `quantiles`)."""
    rows = {row["gap"]: row for row in records(numbers)}
    later = rows["repeat"]
    shown = curve[curve["day"] <= _last(curve)]
    day, earliest, latest = half(shown)
    tested = tested[tested["customers"] >= k]
    facts: dict[str, Fact] = {
        "horizon": horizon,
        "median": fact(later["median"]),
        "q75": fact(later["q75"]),
        "n": int(later["closed"]),
        "open": int(later["open"]),
        "day": day,
        "earliest": earliest,
        "latest": latest,
        "at_once": fact(curve["chance"].iloc[0]),
        "reach": int(shown["day"].max()),
        "reached": fact(shown["chance"].iloc[-1]),
        "tested": int(tested["customers"].sum()),
        "error": fact((tested["predicted"] - tested["actual"]).abs().mul(tested["customers"]).sum() / tested["customers"].sum())
        if len(tested)
        else None,
    }
    kind = _kind(facts)
    told = "untested" if not len(tested) else "tested" if calibrated(tested) else "off"
    notes = [Sentence("gaps.note_naive"), *([Sentence("gaps.note_contracts")] if contracts else [])]
    return Draft(
        name="gaps.right_time",
        page="BA-13",
        headline=Sentence(f"gaps.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("gaps.title", facts),
                Sentence("gaps.unit" if len(tested) else "gaps.unit_alone", facts),
                "M",
                lambda voice: _draw(shown, tested, day, horizon, voice),
            ),
            TablePanel(Sentence("gaps.table"), Sentence("gaps.table_unit"), _table(rows, first_orders_known=first_orders_known)),
        ),
        key_figure=_key_figure(facts, kind),
        reading=(Sentence("gaps.read_horizon_test" if len(tested) else "gaps.read_horizon", facts),),
        claim=(Sentence(f"gaps.sure_{told}", facts),),
        next_move=NextMove(Sentence("gaps.next" if day is not None and day > 0 else "gaps.next_early", facts)),
        note=tuple(notes),
        sample=Sentence("gaps.sample", facts),
        source=Sentence("sales.source"),
        period=str(Period(as_of - datetime.timedelta(days=WATCHED - 1), as_of)),
        definitions=("DF-32", "DF-40", "DF-49"),
        rows=_rows(facts, kind),
        evidence="association",
    )


def _kind(facts: dict[str, Fact]) -> str:
    """Which sentence can be said: under half return from the start, from some day on, or on no day watched."""
    if facts["median"] is None:
        return "no_median" if facts["day"] else "seldom"
    if facts["day"] == 0:
        return "seldom"
    return "all" if facts["day"] else "stays"


def _last(curve: pd.DataFrame) -> int:
    """The last day drawn: where hardly anybody returns or the interval is too wide to say."""
    over = curve[(curve["chance"] < GONE) | (curve["high"] - curve["low"] > WIDEST)]
    reach = min(int(curve["day"].max()), LONGEST)
    return max(1, min(reach, int(over["day"].iloc[0]))) if len(over) else reach


def _key_figure(facts: dict[str, Fact], kind: str) -> KeyFigure:
    if kind in ("all", "no_median"):
        bounds = "gaps.key_between" if facts["earliest"] is not None and facts["latest"] is not None else "gaps.key_wide"
        return KeyFigure(Sentence("gaps.key", facts), Sentence("gaps.key_day", facts), Sentence(bounds, facts))
    if kind == "stays":
        return KeyFigure(Sentence("gaps.key_gap"), Sentence("gaps.key_median", facts), Sentence("gaps.key_gaps", facts))
    return KeyFigure(Sentence("gaps.key_chance", facts), Sentence("gaps.key_at_once", facts), Sentence("gaps.key_gaps", facts))


def _table(rows: dict[str, dict[str, object]], *, first_orders_known: bool) -> Table:
    """The gaps in numbers; the first one only where the first orders are known."""
    columns = (
        plain_column("gap", "gaps.column.gap", "term"),
        plain_column("closed", "gaps.column.closed", "int", "gaps.times"),
        plain_column("open", "gaps.column.open", "int", "gaps.times"),
        *(plain_column(name, f"gaps.column.{name}", "int", "gaps.days") for name in ("q25", "median", "q75", "q90")),
        plain_column("observed_q90", "gaps.column.observed_q90", "int", "gaps.days_naive"),
    )
    shown = [name for name in ("first", "repeat") if name == "repeat" or first_orders_known]
    told = [tuple(fact(rows[name][column.name]) for column in columns[1:]) for name in shown]
    named = (f"gaps.gap.{name}" if first_orders_known else "gaps.gap.any" for name in shown)
    return Table(columns, tuple((label, *row) for label, row in zip(named, told, strict=True)), focus=len(shown) - 1)


# ---------------------------------------------------------------- drawing
def _draw(curve: pd.DataFrame, tested: pd.DataFrame, day: int | None, horizon: int, voice: Voice) -> Figure:
    wide = CURVE if len(tested) else MAIN - LEFT - 4
    figure, axes = canvas("M", (LEFT, BOTTOM, wide, HEIGHT["M"] - BOTTOM - TOP))
    last = int(curve["day"].max())
    axes.fill_between(curve["day"], curve["low"], curve["high"], color=COLOUR["accent"], alpha=0.22, lw=0)
    (line,) = axes.plot(curve["day"], curve["chance"], color=COLOUR["accent"], lw=LINE["main"])
    mark(line, "chance")
    _percent_axis(axes)
    step = next((s for s in STEPS if last / s <= 7), STEPS[-1])
    ticks = list(range(0, last + 1, step))
    axes.set(xlim=(0, max(last, 1)), xticks=ticks)
    axes.set_xlabel(voice.say("gaps.silence"), labelpad=2)
    axes.axhline(0.5, color=COLOUR["text2"], lw=LINE["axis"], zorder=1)
    _point(axes, 0, float(curve["chance"].iloc[0]), last, voice)
    if day is not None and 0 < day <= last:
        axes.plot([day, day], [0, 0.5], color=COLOUR["alert"], lw=LINE["second"], zorder=3)
        axes.plot(day, 0.5, "o", color=COLOUR["alert"], ms=5, zorder=5)
        side, shift = ("right", -1) if day > 0.75 * last else ("left", 1)
        y = 0.57 if side == "left" else 0.06
        number(
            axes, day + shift * 0.015 * last, y, day, "int", voice, within=voice.template("gaps.half"), ha=side, va="center",
            size=TYPE["subhead"], weight="bold", color=COLOUR["alert"],
        )  # fmt: skip
    if len(tested):
        _draw_test(figure, tested, horizon, voice)
    return figure


def _percent_axis(axes: Axes) -> None:
    axes.set(ylim=(0, 1.02), yticks=[0, 0.25, 0.5, 0.75, 1])
    axes.set_yticklabels(["0", "25", "50", "75", "100%"])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.yaxis.grid(True)
    axes.set_axisbelow(True)


def _point(axes: Axes, day: int, chance: float, last: int, voice: Voice) -> None:
    """The chance on this day, beside the curve."""
    axes.plot(day, chance, "o", color=COLOUR["accent"], ms=4, clip_on=False, zorder=5)
    y = chance + 0.05 if chance < 0.9 else chance - 0.10
    x = day + 0.025 * last if chance < 0.9 else day + 0.008 * last
    form = "pct0" if chance < 0.995 else "pct1"
    number(axes, x, y, chance, form, voice, ha="left", va="center", size=TYPE["label"], weight="bold", color=COLOUR["accent"])


def _draw_test(figure: Figure, tested: pd.DataFrame, horizon: int, voice: Voice) -> None:
    """One line a bin of silence: the forecast hollow, what happened as a dot with its interval, and n."""
    left, right = LEFT + CURVE + GAP, 13.0
    high = HEIGHT["M"]
    axes = figure.add_axes(
        (left / MAIN, BOTTOM / high, (MAIN - left - right) / MAIN, (high - BOTTOM - TOP) / high), label="back_test"
    )
    rows = records(tested)
    places = list(range(len(rows)))[::-1]
    (told,) = axes.plot(
        tested["predicted"],
        places,
        "D",
        mfc=COLOUR["paper"],
        mec=COLOUR["ink"],
        mew=LINE["second"],
        ms=6,
        zorder=3,
        clip_on=False,
    )
    mark(told, "predicted", along="x")
    for y, row in zip(places, rows, strict=True):
        axes.plot([row["low"], row["high"]], [y, y], color=COLOUR["accent"], lw=LINE["interval"], zorder=2, clip_on=False)
        axes.text(
            -0.05, y, voice.say("gaps.bin", first=row["first"], last=row["last"]), ha="right", va="center", size=TYPE["small"],
            color=COLOUR["text2"],
        )  # fmt: skip
        number(
            axes, 1.30, y, int(row["customers"]), "int", voice, ha="right", va="center", size=TYPE["small"], color=COLOUR["text2"]
        )
    (came,) = axes.plot(tested["actual"], places, "o", color=COLOUR["accent"], ms=4, zorder=4, clip_on=False)
    mark(came, "actual", along="x")
    axes.set(xlim=(0, 1), ylim=(-0.6, len(rows) - 0.4), xticks=[0, 0.5, 1], yticks=[])
    axes.set_xticklabels(["0", "50", "100%"])
    axes.spines["left"].set_visible(False)
    axes.xaxis.grid(True)
    axes.set_axisbelow(True)
    small = {"va": "bottom", "size": TYPE["small"], "color": COLOUR["text2"], "transform": axes.get_yaxis_transform()}
    top = 3.0 / (high - BOTTOM - TOP) + 1
    axes.text(-0.05, top, voice.say("gaps.bins"), ha="right", **{**small, "transform": axes.transAxes})
    axes.text(1.30, top, voice.say("gaps.people"), ha="right", **{**small, "transform": axes.transAxes})
    axes.text(
        0.5, top, voice.say("gaps.key_marks"), ha="center", **{**small, "transform": axes.transAxes, "color": COLOUR["ink"]}
    )
    axes.set_xlabel(voice.say("gaps.returned", days=horizon), labelpad=2)


# ---------------------------------------------------------------- the thread
def _rows(facts: dict[str, Fact], kind: str) -> tuple[LedgerRow, ...]:
    """The median gap and the silence after which under half return, under the KPI of orders, and the page's sentence."""
    parent = (row_id("kpi", "orders_per_customer"),)
    days: dict[str, dict[str, Fact]] = {
        "median_gap": {"value": facts["median"], "unit": "days", "n": facts["n"], "definition": "median_gap"},
        "half_return": {
            "value": facts["day"],
            "unit": "days",
            "n": facts["n"],
            "low": facts["earliest"],
            "high": facts["latest"],
            "definition": "half_return",
        },
    }
    kpis = tuple(
        LedgerRow(row_id("kpi", name), "kpi", Sentence(f"gaps.node.{name}", facts), {"current": told}, "order_lines", parent)
        for name, told in days.items()
    )
    ids = tuple(row.id for row in kpis)
    return (
        *kpis,
        LedgerRow(row_id("finding", "gaps"), "finding", Sentence(f"gaps.headline.{kind}", facts), days, "order_lines", ids),
    )
