"""The page on F2: how many first buyers come back, and how fast, over the same by month of the first order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence
from crm_helpers.ledger import row_id
from crm_helpers.metrics.repeat import WINDOWS, gap, half_day
from crm_helpers.params.periods import months as whole_months
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, fact, view
from crm_helpers.views.identification import warning
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

FEW_MONTHS = 6  # up to this many cohorts every window has its dot, beyond only the window of the headline
LEFT, RIGHT = 11.0, 40.0
QUARTERS = ("01", "04", "07", "10")  # the months named where there is no room for all
STEPS = (0.01, 0.02, 0.05, 0.10, 0.20)


@view
def f2(curves: pd.DataFrame, months: pd.DataFrame, *, k: int, shares: pd.DataFrame | None = None) -> Draft:
    """Curves of the second order over the rate by month (`metrics.repeat.curves`, `metrics.repeat.by_month`)."""
    last = int(curves["day"].max())
    window = min(last, 90)
    pair = "current" in set(curves["group"])
    main = "current" if pair else "all"
    at = {row["group"]: row for row in records(curves[curves["day"] == window])}
    now, compare = at[main], at.get("compare")
    facts: dict[str, Fact] = {
        "window": window,
        "rate": fact(now["rate"]),
        "low": fact(now["low"]),
        "high": fact(now["high"]),
        "n": int(now["customers"]),
        "span": str(now["span"]),
        "half": half_day(curves, main, window),
        "last": last,
    }
    if compare is not None:
        told = gap(curves, window)
        facts |= {"before": fact(compare["rate"]), "before_span": str(compare["span"]), "before_n": int(compare["customers"])}
        facts |= dict(zip(("gap", "gap_low", "gap_high"), map(fact, told), strict=True))
        facts["points"] = fact(abs(told[0]))
    kind = "nobody" if facts["half"] is None else _verdict(facts) if pair else "all"
    shown = WINDOWS if len(months) <= FEW_MONTHS else (window,)
    hidden = [Sentence("repeat.note_hidden", {"k": k})] if bool(months["hidden"].any()) else []
    return Draft(
        name="repeat.f2",
        page="BA-10",
        headline=Sentence(f"repeat.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("repeat.title"), Sentence("repeat.unit"), "M", lambda voice: _draw_curves(curves, window, voice)),
            ChartPanel(
                Sentence("repeat.title2" if len(shown) > 1 else "repeat.title2_one", facts),
                Sentence("repeat.unit2", {"span": _span(months)}),
                "S",
                lambda voice: _draw_months(months, shown, pair=pair, voice=voice),
            ),
        ),
        key_figure=_key_figure(facts, pair=pair),
        reading=(Sentence("repeat.read_pair" if pair else "repeat.read_all", facts),),
        claim=(
            Sentence(f"repeat.sure_{kind}", facts),
            *([Sentence("repeat.sure_season")] if pair and not _same_months(facts) else []),
            *warning(shares),
        ),
        next_move=NextMove(Sentence(f"repeat.next_{'nobody' if kind == 'nobody' else 'test'}", facts)),
        note=(Sentence("repeat.note"), *hidden),
        sample=Sentence("repeat.sample_pair" if pair else "repeat.sample_all", facts),
        source=Sentence("sales.source"),
        period=str(now["span"]),
        definitions=("DF-31", "DF-32", "DF-33"),
        rows=_rows(facts, kind),
    )


def _span(months: pd.DataFrame) -> str:
    keys = months["month"]
    return str(whole_months(int(keys.min()), int(keys.max() - keys.min()) + 1))


def _same_months(facts: dict[str, Fact]) -> bool:
    """Whether both groups first bought in the same months of the year."""
    return str(facts["span"])[5:7] == str(facts["before_span"])[5:7]


def _verdict(facts: dict[str, Fact]) -> str:
    """Lower or higher only where the interval of the difference leaves out 0."""
    low, high = float(facts["gap_low"] or 0), float(facts["gap_high"] or 0)
    return "higher" if low > 0 else "lower" if high < 0 else "same"


def _key_figure(facts: dict[str, Fact], *, pair: bool) -> KeyFigure:
    if not pair:
        return KeyFigure(
            Sentence("repeat.key", facts), Sentence("repeat.key_number", facts), Sentence("repeat.key_compare", facts)
        )
    return KeyFigure(Sentence("repeat.key_pair", facts), Sentence("repeat.key_gap", facts), Sentence("repeat.key_between", facts))


def _rows(facts: dict[str, Fact], kind: str) -> tuple[LedgerRow, ...]:
    """The rate in the thread, under the KPI of customers, and the page's sentence under the rate."""
    told: dict[str, Fact] = {
        "value": facts["rate"],
        "unit": "percent",
        "n": facts["n"],
        "low": facts["low"],
        "high": facts["high"],
        "period": facts["span"],
        "definition": "f2_rate",
    }
    values = {"current": told}
    if "before" in facts:
        values["compare"] = {
            "value": facts["before"],
            "unit": "percent",
            "n": facts["before_n"],
            "period": facts["before_span"],
            "definition": "f2_rate",
        }
    kpi = row_id("kpi", "f2_rate", days=str(facts["window"]))
    return (
        LedgerRow(kpi, "kpi", Sentence("repeat.node", facts), values, "order_lines", (row_id("kpi", "customers"),)),
        LedgerRow(
            row_id("finding", "f2"),
            "finding",
            Sentence(f"repeat.headline.{kind}", facts),
            {"f2_rate": told},
            "order_lines",
            (kpi,),
        ),
    )


# ---------------------------------------------------------------- curves
def _draw_curves(curves: pd.DataFrame, window: int, voice: Voice) -> Figure:
    figure, axes = canvas("M", (LEFT, 7, MAIN - LEFT - RIGHT, HEIGHT["M"] - 9))
    last = int(curves["day"].max())
    groups = {str(name): part.set_index("day") for name, part in curves.groupby("group")}
    top = _percent_axis(axes, 0, float(curves["high"].max()))
    for name, part in groups.items():
        colour = COLOUR["mark"] if name == "compare" else COLOUR["accent"]
        axes.fill_between(part.index, part["low"], part["high"], step="post", color=colour, alpha=0.22, lw=0)
        (line,) = axes.step(
            part.index, part["rate"], where="post", color=colour, lw=LINE["second" if name == "compare" else "main"]
        )
        mark(line, f"f2_{name}")
    days = [day for day in ((30, 90) if len(groups) > 1 else WINDOWS) if day <= last]
    for day in days:
        axes.axvline(day, color=COLOUR["rule"], lw=LINE["axis"], zorder=0)
        if len(groups) > 1:
            _gap_bar(axes, groups, day, top, gap(curves, day), voice)
        else:
            _point(axes, groups["all"], day, window, top, voice)
    _end_labels(axes, groups, last, top, voice)
    ticks = list(range(0, last + 1, 30))
    axes.set(xlim=(0, last), xticks=ticks)
    axes.set_xticklabels([*map(str, ticks[:-1]), voice.say("repeat.days", n=ticks[-1])])
    return figure


def _percent_axis(axes: Axes, low: float, high: float) -> float:
    """Round ticks around `low` to `high` (0–1), the sign at the top one only; the top of the axis."""
    reach = max(high - low, 0.05)
    step = next((s for s in STEPS if reach / s <= 5), STEPS[-1])
    bottom, top = math.floor(low / step) * step, low + 1.12 * reach
    ticks = np.arange(round(bottom / step), math.floor(top / step) + 1) * step
    axes.set(ylim=(bottom, top), yticks=ticks)
    labels = [f"{tick * 100:.0f}" for tick in ticks]
    axes.set_yticklabels([*labels[:-1], labels[-1] + "%"])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.yaxis.grid(True)
    axes.set_axisbelow(True)
    return top


def _point(axes: Axes, curve: pd.DataFrame, day: int, window: int, top: float, voice: Voice) -> None:
    """The share reached by this day, under the curve, with its interval."""
    at, end, focus = records(curve.loc[[day]])[0], day == curve.index[-1], day == window
    x, side = (day - 2, "right") if end else (day + 2, "left")
    under = min(float(at["rate"]), float(curve["low"].iloc[round(day * 0.82)])) if end else float(at["rate"])
    if under < 0.15 * top:  # no room above the axis: to the upper left, where a rising curve leaves room
        side, x, under = "right", day - 2, float(at["high"]) + 0.16 * top
    axes.plot(day, at["rate"], "o", color=COLOUR["accent"], ms=5 if focus else 4, clip_on=False, zorder=5)
    number(axes, x, under - top * 0.06, fact(at["rate"]), "pct1", voice, ha=side, va="center", weight="bold",
           size=TYPE["subhead"] if focus else TYPE["label"], color=COLOUR["accent"])  # fmt: skip
    interval = voice.say("repeat.interval", low=fact(at["low"]), high=fact(at["high"]))
    axes.text(x, under - top * 0.12, interval, ha=side, va="center", size=TYPE["foot"], color=COLOUR["text2"])


def _gap_bar(
    axes: Axes, groups: dict[str, pd.DataFrame], day: int, top: float, told: tuple[float, float, float], voice: Voice
) -> None:
    """Both shares at this day with the difference between them; in alert only where it is a clear loss."""
    now, before = (float(groups[name]["rate"].iloc[day]) for name in ("current", "compare"))
    clear = told[2] < 0 or told[1] > 0
    colour = COLOUR["alert"] if told[2] < 0 else COLOUR["accent"] if clear else COLOUR["text2"]
    axes.plot([day, day], [now, before], color=colour, lw=LINE["outline"], marker="_", ms=6, mew=LINE["outline"], zorder=5)
    upper, lower = max(now, before), min(now, before)
    room = lower > 0.16 * top  # else all to the upper left, where rising curves leave room
    values = {"compare": (before, "pct1", COLOUR["text2"], "regular"), "current": (now, "pct1", COLOUR["accent"], "bold")}
    high, low = ("compare", "current") if before >= now else ("current", "compare")
    written = [(values[high], 0.03 if room else 0.15), (values[low], -0.06 if room else 0.09)]
    written.append(((told[0], "pt1_signed", colour, "bold"), -0.12 if room else 0.03))
    for (value, form, ink, weight), shift in written:
        x, side = (day - 2, "right") if shift > 0 else (day + 2, "left")
        y = (upper if shift > 0 else lower) + shift * top
        number(axes, x, y, value, form, voice, ha=side, va="center", size=TYPE["label"], weight=weight, color=ink)


def _end_labels(axes: Axes, groups: dict[str, pd.DataFrame], last: int, top: float, voice: Voice) -> None:
    """Whose curve it is, right of its end; two close ends are moved apart."""
    ends = {name: float(part["rate"].iloc[last]) for name, part in groups.items()}
    order = sorted(ends, key=lambda name: ends[name])
    if len(order) > 1 and (lack := 0.21 * top - (ends[order[1]] - ends[order[0]])) > 0:
        low = min(max(ends[order[0]] - lack / 2, 0.09 * top), 0.70 * top)
        ends = {order[0]: low, order[1]: low + 0.21 * top}
    for name, y in ends.items():
        part = groups[name]
        label = voice.say(f"repeat.group.{name}", span=part["span"].iloc[0], n=int(part["customers"].iloc[0]))
        colour = COLOUR["text2"] if name == "compare" else COLOUR["accent"]
        axes.text(last * 1.015, min(y, top * 0.91), label.replace("|", "\n"), va="center", size=TYPE["label"], weight="bold",
                  color=colour, linespacing=1.45)  # fmt: skip


# ---------------------------------------------------------------- months
def _draw_months(months: pd.DataFrame, windows: tuple[int, ...], *, pair: bool, voice: Voice) -> Figure:
    """A dot and its interval for each month, window by window; months still being watched are hatched and carry no value."""
    figure, axes = canvas("S", (LEFT, 11, MAIN - LEFT - 0.5, HEIGHT["S"] - 13))
    several, count = len(windows) > 1, len(months)
    rates, highs, lows = (months[[f"{name}_{w}" for w in windows]].to_numpy() for name in ("rate", "high", "low"))
    known = ~np.isnan(rates)
    ceiling, floor = (float(highs[known].max()), float(lows[known].min())) if known.any() else (0.1, 0.0)
    bottom = 0.0 if several else floor
    top = _percent_axis(axes, bottom, ceiling)
    colours = [COLOUR["accent"] if now or not pair else COLOUR["mark"] for now in months["current"]]
    labels: list[tuple[float, str]] = []
    for place, window in enumerate(windows):
        at = np.arange(count) + place * (count + 1)
        _dots(axes, at, months, window, colours, several=several, voice=voice)
        slot = (MAIN - LEFT) / (len(windows) * (count + 1))
        _watching(axes, at, months, window, (axes.get_ylim()[0], top), slot, voice)
        form = "month_axis" if count * len(windows) <= 24 else "month_short"
        days = [day if count <= 24 or day[5:7] in QUARTERS else "" for day in months["first"]]
        labels += [(float(x), voice.number(day, form) if day else "") for x, day in zip(at, days, strict=True)]
        if several:
            _under(axes, float(at.mean()), voice.say("repeat.within", days=window))
    if not several:
        _years(axes, months, voice)
    axes.set_xlim(-0.7, len(windows) * (count + 1) - 1.3)
    axes.set_xticks([x for x, _ in labels], [label for _, label in labels])
    axes.tick_params(axis="x", length=0)
    return figure


def _dots(
    axes: Axes, at: np.ndarray, months: pd.DataFrame, window: int, colours: list[str], *, several: bool, voice: Voice
) -> None:
    form = "pct1_number" if several or not months[f"rate_{window}"].max() >= 0.10 else "pct0_number"
    (line,) = axes.plot(at, months[f"rate_{window}"], linestyle="none")
    mark(line, f"f2_{window}")
    for x, (_, row), colour in zip(at, months.iterrows(), colours, strict=True):
        if math.isnan(row[f"rate_{window}"]):
            continue
        axes.plot([x, x], [row[f"low_{window}"], row[f"high_{window}"]], color=colour, lw=LINE["interval"])
        axes.plot(x, row[f"rate_{window}"], "o", color=colour, ms=4.5)
        number(axes, x, float(row[f"high_{window}"]), fact(row[f"rate_{window}"]),
                      form, voice, ha="center", va="bottom",
                      size=TYPE["small" if several else "foot"], color=COLOUR["text2"],
               bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 0.4}, zorder=4)  # fmt: skip


def _watching(
    axes: Axes, at: np.ndarray, months: pd.DataFrame, window: int, span: tuple[float, float], slot: float, voice: Voice
) -> None:
    """One hatched patch over each run of months without a value, the reason written in where there is room (`slot`: mm)."""
    blank = months[f"rate_{window}"].isna().to_numpy()
    for first in (i for i in range(len(at)) if blank[i] and not (i and blank[i - 1])):
        stop = next((i for i in range(first, len(at)) if not blank[i]), len(at))
        width, height = stop - first, span[1] - span[0]
        axes.add_patch(
            Rectangle((at[first] - 0.5, span[0]), width, height, fc="none", ec=COLOUR["mark"], hatch=HATCH, lw=0, zorder=0.5)
        )
        hidden = bool(months["hidden"].iloc[first:stop].all())
        if width * slot >= 14:
            label = voice.say("repeat.hidden" if hidden else "repeat.watching", days=window).replace("|", "\n")
            axes.text(at[first] - 0.5 + width / 2, sum(span) / 2, label, ha="center", va="center", size=TYPE["foot"],
                      weight="bold", color=COLOUR["text2"], linespacing=1.4,
                      bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 1.5})  # fmt: skip


def _under(axes: Axes, x: float, text: str, **style: Any) -> None:
    told = {"ha": "center", "va": "center", "size": TYPE["small"], "color": COLOUR["text2"], **style}
    axes.text(x, -0.2, text, transform=axes.get_xaxis_transform(), **told)


def _years(axes: Axes, months: pd.DataFrame, voice: Voice) -> None:
    years = months["first"].str[:4]
    for year in dict.fromkeys(years):
        inside = np.flatnonzero((years == year).to_numpy())
        _under(axes, float(inside.mean()), voice.say("repeat.year", year=year))
        if inside[0] > 0:
            axes.axvline(inside[0] - 0.5, color=COLOUR["rule"], lw=LINE["axis"], zorder=0.4)
