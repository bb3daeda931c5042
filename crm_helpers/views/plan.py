"""Pages of the year plan on money to be found: the gap to the target, the levers that could fill it, what could break."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.domain.plan import content
from crm_helpers.ledger import row_id
from crm_helpers.params.periods import first_day, months
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

QUARTER = 3
GAP = row_id("gap", "sales")
LEVEL = 0.005  # of the target: a gap under it is none
UNIT_FORM = {"people": "int", "rate": "pct1", "times": "dec2", "items": "dec2", "money": "price_number"}
BRIDGE, SIDE, BOTTOM, TOP = 66.0, 14.0, 12.0, 7.0  # mm


def span(first: int) -> str:
    """The twelve months from a month key, as facts write a period."""
    return str(months(first, 12))


# ---------------------------------------------------------------- AP-01
@view
def gap(table: pd.DataFrame) -> Draft:
    """Last year, what comes by itself, what is missing and the target, beside the same by month (`metrics.plan.gap`)."""
    facts = _gap_facts(table)
    kind = _gap_kind(facts)
    return Draft(
        name="plan.gap",
        page="AP-01",
        headline=Sentence(f"plan.gap.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("plan.gap.title", facts), Sentence("plan.gap.unit", facts), "M", lambda v: _draw_gap(table, v)),
            TablePanel(Sentence("plan.gap.table"), Sentence("plan.gap.table_unit", facts), _quarters(table)),
        ),
        key_figure=KeyFigure(
            Sentence("plan.gap.key", facts),
            Sentence("plan.gap.key_number", {"value": abs(int(facts["gap"] or 0))}),
            Sentence("plan.gap.key_compare" if facts["half"] is not None else "plan.gap.key_untested", facts),
        ),
        reading=(Sentence("plan.gap.read", facts),),
        claim=(Sentence("plan.gap.sure" if facts["half"] is not None else "plan.gap.sure_untested", facts),),
        next_move=NextMove(Sentence(f"plan.gap.next.{kind}", facts)),
        note=(Sentence("plan.gap.note", facts),),
        sample=Sentence("plan.gap.sample", facts),
        source=Sentence("plan.source"),
        period=str(facts["year"]),
        largest=int(max(table["target"].sum(), table["before"].sum())),
        definitions=("DF-140", "DF-141", "DF-142"),
        rows=_gap_rows(facts, kind),
        stake=max(int(facts["gap"] or 0), 0),
        evidence="association",
    )


def _gap_facts(table: pd.DataFrame) -> dict[str, Fact]:
    base, target, before = (round(float(table[c].sum())) for c in ("sales", "target", "before"))
    half = float(table["half"].iloc[0])
    tested = not np.isnan(half)
    worst = records(table)[int(table["gap"].to_numpy().argmax())]
    missing = target - base
    return {
        "year": span(int(table["month"].iloc[0])),
        "base": base,
        "target": target,
        "before": before,
        "gap": missing,
        "rate": missing / target if target else None,
        "growth": base / before - 1 if before else None,
        "wanted": target / before - 1 if before else None,
        "half": half if tested else None,
        "low": round(base * (1 - half)) if tested else None,
        "high": round(base * (1 + half)) if tested else None,
        "gap_low": round(target - base * (1 + half)) if tested else None,
        "gap_high": round(target - base * (1 - half)) if tested else None,
        "tested": int(table["tested"].iloc[0]),
        "damped": float(table["damped"].iloc[0]),
        "worst": first_day(int(worst["month"])).isoformat(),
        "worst_gap": round(float(worst["gap"])),
        "new": round(float(table["new"].sum())),
    }


def _gap_kind(facts: dict[str, Fact]) -> str:
    rate, low, high = float(facts["rate"] or 0), facts["gap_low"], facts["gap_high"]
    if abs(rate) < LEVEL or (low is not None and high is not None and float(low) <= 0 <= float(high)):
        return "level"
    return "missing" if rate > 0 else "over"


def _quarters(table: pd.DataFrame) -> Table:
    columns = (
        plain_column("quarter", "plan.gap.column.quarter", "period_label"),
        plain_column("before", "plan.gap.column.before", "money_number", "sales.unit.money"),
        plain_column("base", "plan.gap.column.base", "money_number", "sales.unit.money"),
        plain_column("target", "plan.gap.column.target", "money_number", "sales.unit.money"),
        plain_column("gap", "plan.gap.column.gap", "money_number", "sales.unit.money"),
        plain_column("rate", "plan.gap.column.rate", "pct1_number", "sales.unit.percent"),
        plain_column("new", "plan.gap.column.new", "int", "sales.unit.people"),
    )
    parts = [table.iloc[at : at + QUARTER] for at in range(0, len(table), QUARTER)]
    rows = [_quarter(str(months(int(p["month"].iloc[0]), QUARTER)), p) for p in parts]
    worst = max(range(len(rows)), key=lambda i: float(rows[i][4] or 0))
    return Table(columns, (*rows, _quarter(span(int(table["month"].iloc[0])), table)), focus=worst, total=True)


def _quarter(name: str, part: pd.DataFrame) -> tuple[Fact, ...]:
    before, base, target, gap_, new = (float(part[c].sum()) for c in ("before", "sales", "target", "gap", "new"))
    return (name, *(round(v) for v in (before, base, target, gap_)), gap_ / target if target else None, round(new))


def _draw_gap(table: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = canvas("M", (0.5, BOTTOM, BRIDGE, HEIGHT["M"] - BOTTOM - TOP))
    _draw_bridge(axes, table, voice)
    left = BRIDGE + SIDE
    other = figure.add_axes(
        (left / MAIN, BOTTOM / HEIGHT["M"], (MAIN - left - 1) / MAIN, (HEIGHT["M"] - BOTTOM - TOP) / HEIGHT["M"]), label="months"
    )
    _draw_months(other, table, voice)
    return figure


def _draw_bridge(axes: Axes, table: pd.DataFrame, voice: Voice) -> None:
    before, base, target = (float(table[c].sum()) for c in ("before", "sales", "target"))
    bottom = min(before, base, target)
    floor = max(0.0, bottom - 3 * (max(before, base, target) - bottom))
    tops = (before, base, target, target)
    colours = (COLOUR["mark"], COLOUR["accent_soft"], COLOUR["alert"], COLOUR["text2"])
    lows = (floor, floor, min(base, target), floor)
    shown = (before, base, abs(target - base), target)
    half = float(table["half"].iloc[0])
    reach = (0.0, 0.0 if np.isnan(half) else base * half, 0.0, 0.0)  # the interval over the bar
    for at, (top, low, colour, value) in enumerate(
        zip((before, base, max(base, target), target), lows, colours, shown, strict=True)
    ):
        bars = axes.bar(at, top - low, bottom=low, width=0.62, color=colour, ec=COLOUR["accent"] if at == 1 else colour, lw=0.6)
        mark(bars, f"bridge{at}")
        number(axes, at, top + reach[at] + (max(tops) - floor) * 0.02, round(value), "money_number", voice, ha="center",
               weight="bold", size=TYPE["subhead"], color=COLOUR["alert"] if at == 2 else COLOUR["ink"])  # fmt: skip
    if not np.isnan(half):
        axes.plot([1, 1], [base * (1 - half), base * (1 + half)], color=COLOUR["ink"], lw=LINE["interval"])
    axes.set(
        xlim=(-0.5, 3.5), ylim=(floor, floor + (max(tops) * (1 + (0 if np.isnan(half) else half)) - floor) * 1.12), yticks=[]
    )
    axes.spines["left"].set_visible(False)
    names = [voice.say(f"plan.gap.bar.{name}") for name in ("before", "base", "missing" if target >= base else "over", "target")]
    axes.set_xticks(range(4), names, size=TYPE["small"], weight="bold", color=COLOUR["ink"])
    axes.tick_params(axis="x", length=0, pad=3)
    if floor > 0:
        axes.text(-0.45, -0.13, voice.say("plan.gap.cut", floor=int(floor)), transform=axes.get_xaxis_transform(), ha="left",
                  va="center", size=TYPE["foot"], color=COLOUR["mute"])  # fmt: skip


def _draw_months(axes: Axes, table: pd.DataFrame, voice: Voice) -> None:
    at = np.arange(len(table))
    bars = axes.bar(at, table["sales"], width=0.62, color=COLOUR["accent_soft"], ec=COLOUR["accent"], lw=0.6)
    mark(bars, "base")
    short = np.maximum(table["gap"].to_numpy(), 0.0)
    over = axes.bar(at, short, bottom=table["sales"], width=0.62, color=COLOUR["alert"])
    mark(over, "missing")
    for x, target, before in zip(at, table["target"], table["before"], strict=True):
        axes.plot([x - 0.4, x + 0.4], [target, target], color=COLOUR["ink"], lw=LINE["outline"])
        axes.plot([x - 0.31, x + 0.31], [before, before], color=COLOUR["mark"], lw=LINE["second"])
    days = [first_day(int(m)).isoformat() for m in table["month"]]
    axes.set_xticks(at, [voice.number(day, "month_axis") for day in days])
    axes.tick_params(axis="x", length=0)
    axes.set(xlim=(-0.6, len(table) - 0.4), ylim=(0, float(table[["target", "sales", "before"]].max().max()) * 1.12), yticks=[])
    axes.spines["left"].set_visible(False)
    top = float(axes.get_ylim()[1])
    for x, value in zip(at, table["gap"], strict=True):
        if value > 0:
            over_both = max(float(table["target"].iloc[x]), float(table["before"].iloc[x])) + top * 0.015
            number(axes, float(x), over_both, round(value), "money_number", voice, ha="center", va="bottom",
                   size=TYPE["small"], color=COLOUR["alert"])  # fmt: skip
    axes.text(0, 1.02, voice.say("plan.gap.marks"), transform=axes.transAxes, size=TYPE["small"], color=COLOUR["text2"])


def _gap_rows(facts: dict[str, Fact], kind: str) -> tuple[LedgerRow, ...]:
    told: dict[str, Fact] = {
        "value": facts["gap"],
        "unit": "money",
        "n": facts["tested"],
        "low": facts["gap_low"],
        "high": facts["gap_high"],
        "period": facts["year"],
        "definition": "sales_gap",
    }
    values = {"gap": told, "target": {**told, "value": facts["target"], "low": None, "high": None, "definition": "sales_target"}}
    values["baseline"] = {
        **told,
        "value": facts["base"],
        "low": facts["low"],
        "high": facts["high"],
        "definition": "sales_baseline",
    }
    return (LedgerRow(GAP, "gap", Sentence(f"plan.gap.headline.{kind}", facts), values, "budget", ("kpi:sales",)),)


# ---------------------------------------------------------------- AP-02
@view
def cascade(table: pd.DataFrame, *, known: Sequence[LedgerRow] = ()) -> Draft:
    """What each lever could bring, what its campaigns are to bring, and what stays unfilled (`metrics.plan.cascade`).

    `known`: rows of the customer analysis, for the parents of the thread.
    """
    table = table.sort_values("net", ascending=False, kind="stable").reset_index(drop=True)
    facts = _cascade_facts(table)
    return Draft(
        name="plan.cascade",
        page="AP-02",
        headline=Sentence(f"plan.cascade.headline.{_cascade_kind(facts)}", facts),
        panels=(
            ChartPanel(
                Sentence("plan.cascade.title"), Sentence("plan.cascade.unit", facts), "M", lambda v: _draw_levers(table, v)
            ),
            TablePanel(Sentence("plan.cascade.table"), Sentence("plan.cascade.table_unit"), _lever_table(table)),
        ),
        key_figure=KeyFigure(
            Sentence("plan.cascade.key"),
            Sentence("plan.cascade.key_number", {"value": facts["unfilled"]}),
            Sentence("plan.cascade.key_compare", facts),
        ),
        reading=(Sentence("plan.cascade.read", facts),),
        claim=(Sentence("plan.cascade.sure", facts),),
        next_move=NextMove(Sentence("plan.cascade.next" if int(facts["unfilled"] or 0) else "plan.cascade.next_filled", facts)),
        note=(Sentence("plan.cascade.note", facts),),
        sample=Sentence("plan.cascade.sample", {"n": len(table)}),
        source=Sentence("plan.source"),
        period=str(facts["year"]),
        largest=int(max(abs(float(facts["gap"] or 0)), abs(float(facts["joint"] or 0)))),
        definitions=("DF-143", "DF-144", "DF-145"),
        rows=_lever_rows(table, facts, {row.id for row in known}),
        evidence="association",
    )


def _cascade_facts(table: pd.DataFrame) -> dict[str, Fact]:
    first = table.iloc[0]
    second = table.iloc[1] if len(table) > 1 else first
    gap_, planned = float(first["gap"]), float(table["planned"].fillna(0).sum())
    return {
        "year": span(int(first["month"])),
        "gap": round(gap_),
        "joint": round(float(first["joint"])),
        "joint_low": round(float(first["joint_low"])),
        "joint_high": round(float(first["joint_high"])),
        "overlap": round(float(first["overlap"])),
        "planned": round(planned),
        "share": planned / gap_ if gap_ > 0 else None,
        "unfilled": max(0, round(gap_ - planned)),
        "lever1": f"plan.lever.{first['lever']}",
        "net1": round(float(first["net"])),
        "lever2": f"plan.lever.{second['lever']}",
        "net2": round(float(second["net"])),
    }


def _cascade_kind(facts: dict[str, Fact]) -> str:
    if int(facts["gap"] or 0) <= 0:
        return "no_gap"
    if int(facts["joint"] or 0) < int(facts["gap"] or 0):
        return "short"
    return "unfilled" if int(facts["unfilled"] or 0) else "filled"


def _draw_levers(table: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = canvas("M", (46, 4, MAIN - 46 - 24, HEIGHT["M"] - 14))
    places = np.arange(len(table))[::-1]
    wide = float(np.nanmax(table[["high", "net", "planned"]].to_numpy())) or 1.0
    bars = axes.barh(places + 0.17, table["net"], height=0.34, color=COLOUR["accent_soft"], ec=COLOUR["accent"], lw=0.6)
    mark(bars, "net")
    done = axes.barh(places - 0.21, table["planned"].fillna(0), height=0.26, color=COLOUR["accent"])
    mark(done, "planned")
    for y, row in zip(places, records(table), strict=True):
        axes.plot([row["low"], row["high"]], [y + 0.17, y + 0.17], color=COLOUR["ink"], lw=LINE["interval"])
        axes.text(
            -0.01 * wide, y, voice.say(f"plan.lever.{row['lever']}"), ha="right", va="center", size=TYPE["label"], weight="bold"
        )
        edge = max(row["high"], row["net"])
        number(axes, edge + 0.012 * wide, y + 0.17, round(row["net"]), "money_number", voice, va="center", size=TYPE["label"])
        if not np.isnan(row["planned"]) and row["planned"]:
            number(axes, row["planned"] + 0.012 * wide, y - 0.21, round(row["planned"]), "money_number", voice, va="center",
                   size=TYPE["small"], color=COLOUR["accent"], weight="bold")  # fmt: skip
    axes.set(xlim=(0, wide * 1.1), ylim=(-0.6, len(table) - 0.4), xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.text(0, 1.02, voice.say("plan.cascade.marks"), transform=axes.transAxes, size=TYPE["small"], color=COLOUR["text2"])
    return figure


def _lever_table(table: pd.DataFrame) -> Table:
    columns = (
        plain_column("lever", "plan.cascade.column.lever", "term"),
        plain_column("now", "plan.cascade.column.now", "int"),
        plain_column("goal", "plan.cascade.column.goal", "int"),
        plain_column("change", "plan.cascade.column.change", "pct1_number_signed", "sales.unit.percent"),
        plain_column("net", "plan.cascade.column.net", "money_number", "sales.unit.money"),
        plain_column("planned", "plan.cascade.column.planned", "money_number", "sales.unit.money"),
        plain_column("cost", "plan.cascade.column.cost", "money_number", "sales.unit.money"),
    )
    rows = [
        (f"plan.lever.{r['lever']}", r["now"], r["goal"], r["change"], *(_whole(r[c]) for c in ("net", "planned", "cost")))
        for r in records(table)
    ]
    forms = [("term", UNIT_FORM[r["unit"]], UNIT_FORM[r["unit"]], *(c.form for c in columns[3:])) for r in records(table)]
    totals = ("plan.cascade.total", None, None, None, *(_whole(table[c].sum()) for c in ("net", "planned", "cost")))
    return Table(columns, (*rows, totals), focus=0, total=True, forms=(*forms, tuple(c.form for c in columns)))


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else round(float(value))


def lever_gap(lever: str) -> str:
    """The id of what a lever is to bring."""
    return row_id("gap", "lever", name=lever)


def lever_parent(lever: str, known: set[str]) -> str:
    """The node of the thread that a lever moves: the first one there is; sales where none is."""
    wanted = content()["levers"].get(lever, [])
    return next((name for name in wanted if name in known), "kpi:sales")


def _lever_rows(table: pd.DataFrame, facts: dict[str, Fact], known: set[str]) -> tuple[LedgerRow, ...]:
    def told(row: dict[str, Any]) -> dict[str, dict[str, Fact]]:
        net: dict[str, Fact] = {
            "value": _whole(row["net"]),
            "unit": "money",
            "low": _whole(row["low"]),
            "high": _whole(row["high"]),
            "period": facts["year"],
            "definition": "lever_sales",
        }
        level: dict[str, Fact] = {
            "value": fact(row["goal"]),
            "unit": row["unit"],
            "period": facts["year"],
            "definition": "lever_goal",
        }
        return {"sales": net, "goal": level, "now": {**level, "value": fact(row["now"]), "definition": "lever_now"}}

    return tuple(
        LedgerRow(
            lever_gap(row["lever"]),
            "gap",
            Sentence(f"plan.lever.{row['lever']}"),
            told(row),
            "order_lines",
            tuple(dict.fromkeys((GAP, lever_parent(row["lever"], known)))),
        )
        for row in records(table)
    )


# ---------------------------------------------------------------- AP-12
@view
def tornado(table: pd.DataFrame, base: pd.DataFrame) -> Draft:
    """How far the year moves when one assumption is as bad or as good as its own months (`metrics.plan.tornado`)."""
    total = float(base["sales"].sum())
    first = table.iloc[0]
    facts: dict[str, Fact] = {
        "year": span(int(base["month"].iloc[0])),
        "base": round(total),
        "lever": f"plan.assumption.{first['lever']}",
        "low": round(float(first["low"])),
        "high": round(float(first["high"])),
        "low_rate": float(first["low"]) / total if total else None,
        "high_rate": float(first["high"]) / total if total else None,
        "n": len(table),
    }
    return Draft(
        name="plan.tornado",
        page="AP-12",
        headline=Sentence("plan.tornado.headline.first", facts),
        panels=(
            ChartPanel(
                Sentence("plan.tornado.title"), Sentence("plan.tornado.unit", facts), "M", lambda v: _draw_tornado(table, v)
            ),
            TablePanel(Sentence("plan.tornado.table"), Sentence("plan.tornado.table_unit"), _tornado_table(table)),
        ),
        key_figure=KeyFigure(
            Sentence("plan.tornado.key", facts),
            Sentence("sales.money_change", {"value": facts["low"]}),
            Sentence("plan.tornado.key_compare", facts),
        ),
        reading=(Sentence("plan.tornado.read"),),
        claim=(Sentence("plan.tornado.sure"),),
        next_move=NextMove(Sentence("plan.tornado.next", facts)),
        note=(Sentence("plan.tornado.note"),),
        sample=Sentence("plan.tornado.sample", facts),
        source=Sentence("sales.source"),
        period=str(facts["year"]),
        largest=int(total),
        definitions=("DF-140", "DF-146"),
        evidence="association",
    )


def _draw_tornado(table: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = canvas("M", (50, 4, MAIN - 50 - 20, HEIGHT["M"] - 14))
    places = np.arange(len(table))[::-1]
    wide = float(np.abs(table[["low", "high"]].to_numpy()).max()) or 1.0
    worse = axes.barh(places, table["low"], height=0.56, color=COLOUR["alert_soft"], ec=COLOUR["alert"], lw=0.6)
    better = axes.barh(places, table["high"], height=0.56, color=COLOUR["accent"])
    mark(worse, "low")
    mark(better, "high")
    for y, row in zip(places, records(table), strict=True):
        axes.text(
            -1.42 * wide,
            y,
            voice.say(f"plan.assumption.{row['lever']}"),
            ha="right",
            va="center",
            size=TYPE["label"],
            weight="bold",
        )
        for name, side in (("low", "right"), ("high", "left")):
            shift = -0.012 if side == "right" else 0.012
            number(axes, row[name] + shift * wide, y, round(row[name]), "money_number_signed", voice, ha=side, va="center",
                   size=TYPE["label"])  # fmt: skip
    axes.axvline(0, color=COLOUR["ink"], lw=LINE["axis"])
    axes.set(xlim=(-1.4 * wide, 1.2 * wide), ylim=(-0.6, len(table) - 0.4), xticks=[], yticks=[])
    for side in ("bottom", "left"):
        axes.spines[side].set_visible(False)
    axes.text(
        0.5,
        1.02,
        voice.say("plan.tornado.marks"),
        transform=axes.transAxes,
        ha="center",
        size=TYPE["small"],
        color=COLOUR["text2"],
    )
    return figure


def _tornado_table(table: pd.DataFrame) -> Table:
    columns = (
        plain_column("lever", "plan.tornado.column.lever", "term"),
        *(plain_column(name, f"plan.tornado.column.{name}", "int") for name in ("at_low", "now", "at_high")),
        *(
            plain_column(name, f"plan.tornado.column.{name}_sales", "money_number_signed", "sales.unit.money")
            for name in ("low", "high")
        ),
    )
    rows = tuple(
        (f"plan.assumption.{r['lever']}", r["at_low"], r["now"], r["at_high"], _whole(r["low"]), _whole(r["high"]))
        for r in records(table)
    )
    forms = tuple(("term", *(UNIT_FORM[r["unit"]],) * 3, *("money_number_signed",) * 2) for r in records(table))
    return Table(columns, rows, focus=0, forms=forms)
