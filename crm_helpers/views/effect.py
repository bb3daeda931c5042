"""The pages on campaigns against those left out: the scorecard of decisions, response beside effect, money beside its cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.formats import shortened
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.dot_rows import Layout, Row, draw
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, canvas, fit, number, strip

MOST = 9  # rows on a page
COARSE = 30  # money one unit coarser than its size asks for: intervals are wide
NAME_EM = 11  # of a campaign's name in a headline
SHAPE = {"A": "o", "B": "s", "C": "D", "X": "X"}
TOLD = ("stop", "widen", "mend", "continue")  # which decision the page speaks of, the costliest first
TABLES = "campaigns, contacts, order_lines"


@view
def scorecard(results: pd.DataFrame, *, periods: Periods | None, planned: Sequence[LedgerRow] = ()) -> Draft:
    """Every campaign with its decision, the profit it added, and where its cost comes back (`metrics.effect.results`).

    `planned`: the rows of the plan that the campaigns were in, whose parents they keep in the thread.
    """
    rows = records(results)
    main, kind = _main(rows)
    facts = told(main) | {name: _count(rows, name) for name in ("widen", "continue", "mend", "stop", "hold")}
    facts |= {"n": len(rows), "judged": sum(r["grade"] in ("A", "B") for r in rows), "go": facts["widen"] + facts["continue"]}  # type: ignore[operator]
    money = kind in TOLD
    moved = f"effect.next_{main['decision']}" if money else f"effect.next_{kind}"
    return Draft(
        name="effect.scorecard",
        page="ER-01",
        headline=Sentence(f"effect.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("effect.title"), Sentence("effect.unit"), "L", lambda voice: _draw_scorecard(rows[:MOST], main, voice)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("effect.key_net" if money else "effect.key_judged", facts),
            Sentence("effect.key_net_number" if money else "effect.key_judged_number", facts),
            Sentence("effect.key_net_compare" if money else "effect.key_judged_compare", facts),
        ),
        reading=(Sentence("effect.read_grades"),),
        claim=(Sentence("effect.sure_cause" if facts["judged"] else "effect.sure_none"), *_guards(rows)),
        next_move=NextMove(Sentence(moved, facts)),
        note=(Sentence("effect.note"), *([Sentence("effect.note_more", {"n": len(rows) - MOST})] if len(rows) > MOST else [])),
        sample=Sentence("effect.sample", facts | {"treated": sum(_whole(r["treated"]) for r in rows)}),
        source=Sentence("effect.source"),
        period=str(periods.current) if periods else "",
        largest=_largest(rows),
        definitions=("DF-160", "DF-161", "DF-162", "DF-163"),
        rows=thread_rows(rows, str(periods.current) if periods else "", planned),
        stake=abs(round(main["net"])) if money else 0,
        evidence="cause" if facts["judged"] else "fact",
    )


@view
def response(results: pd.DataFrame, *, periods: Periods | None) -> Draft:
    """The share that bought of those contacted, beside what a hold-out says of it (`metrics.effect.responded`)."""
    rows = records(results)[:MOST]
    judged = [row for row in rows if not math.isnan(row["gap"])]
    moved = max(judged, key=lambda row: row["gap"]) if judged else rows[0]
    blind = next((row for row in rows if row["grade"] == "C"), None)
    kind = "none" if not judged else "same" if blind is None else "apart"
    top = blind or rows[0]
    facts = told(moved) | {"top": shortened(str(top["name"]), NAME_EM), "top_rate": fact(top["rate"])}
    facts |= {"top_n": _whole(top["treated"]), "n": len(rows), "judged": len(judged)}
    return Draft(
        name="effect.response",
        page="ER-03",
        headline=Sentence(f"effect.headline.response_{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("effect.response.title"),
                Sentence("effect.response.unit"),
                "L",
                lambda voice: draw("L", [_response_row(row, voice) for row in rows], RESPONSE, voice),
            ),
        ),
        key_figure=KeyFigure(
            Sentence(f"effect.response.key_{'gap' if judged else 'rate'}", facts),
            Sentence(f"effect.response.number_{'gap' if judged else 'rate'}", facts),
            Sentence(f"effect.response.compare_{'gap' if judged else 'rate'}", facts),
        ),
        reading=(),
        claim=(Sentence("effect.response.sure"),),
        next_move=NextMove(Sentence(f"effect.response.next_{'all' if len(judged) == len(rows) else 'some'}", facts)),
        note=(Sentence("effect.response.note"),),
        sample=Sentence("effect.sample", {"n": len(rows), "treated": sum(_whole(row["treated"]) for row in rows)}),
        source=Sentence("effect.source"),
        period=str(periods.current) if periods else "",
        definitions=("DF-161", "DF-163", "DF-164"),
        evidence="cause" if judged else "fact",
    )


RESPONSE = Layout(
    58.0,
    62.0,
    ("effect.response.people", "effect.response.rate", "effect.response.base", "effect.response.gap"),
    "pt0_signed",
    "effect.column.campaign",
)


def _response_row(row: dict[str, Any], voice: Voice) -> Row:
    judged = not math.isnan(row["gap"])
    clear = judged and bool(row["told"])
    return Row(
        str(row["name"]),
        voice.say("effect.response.within", days=int(row["window"])),
        fact(row["gap"]),
        fact(row["gap_low"]),
        fact(row["gap_high"]),
        blank=voice.say(f"effect.blank.{'X' if row['grade'] == 'X' else 'C'}"),
        colour="accent" if clear and row["gap"] > 0 else "alert" if clear else "text2",
        hollow=not clear,
        cells=(
            (_whole(row["treated"]), "int"),
            (fact(row["rate"]), "pct1"),
            (fact(row["base"]), "pct1"),
            (fact(row["gap"]), "pt1_signed"),
        ),
    )


@view
def plan(compared: pd.DataFrame, *, periods: Periods | None) -> Draft:
    """Buyers added as planned and as measured, and the factor that made the gap (`metrics.effect.against_plan`)."""
    rows = records(compared)[:MOST]
    main = rows[0]
    planned, actual = (math.fsum(row[name] for row in rows) for name in ("planned", "actual"))
    low, high = (math.sqrt(math.fsum((row["actual"] - row[end]) ** 2 for row in rows)) for end in ("low", "high"))
    facts: dict[str, Fact] = {"n": len(rows), "planned": round(planned), "actual": round(actual), "gap": round(actual - planned)}
    facts |= {"low": round(actual - low), "high": round(actual + high), "name": shortened(str(main["name"]), NAME_EM)}
    facts |= {"main": f"effect.plan.factor.{main['main']}", "main_value": round(main[main["main"]])}
    facts |= {"one_planned": round(main["planned"]), "one": round(main["actual"]), "people": sum(int(r["people"]) for r in rows)}
    return Draft(
        name="effect.plan",
        page="ER-02",
        headline=Sentence(
            f"effect.headline.plan_{'short' if actual + high < planned else 'open' if actual < planned else 'met'}", facts
        ),
        panels=(
            ChartPanel(
                Sentence("effect.plan.title"),
                Sentence("effect.plan.unit"),
                "M",
                lambda voice: draw("M", [_plan_row(row) for row in rows], PLAN, voice),
            ),
            TablePanel(Sentence("effect.plan.table"), Sentence("effect.plan.table_unit"), _plan_table(rows)),
        ),
        key_figure=KeyFigure(
            Sentence("effect.plan.key", facts),
            Sentence("effect.plan.key_number", facts),
            Sentence("effect.plan.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("effect.plan.sure"),),
        next_move=NextMove(Sentence(f"effect.plan.next_{main['main']}", facts)),
        note=(Sentence("effect.plan.note"),),
        sample=Sentence("effect.plan.sample", facts),
        source=Sentence("effect.source"),
        period=str(periods.current) if periods else "",
        definitions=("DF-163", "DF-165"),
        evidence="cause",
    )


PLAN = Layout(
    58.0,
    80.0,
    ("effect.plan.planned", "effect.plan.actual", "effect.plan.gap"),
    "int",
    "effect.column.campaign",
    "effect.plan.tick",
)


def _plan_row(row: dict[str, Any]) -> Row:
    short = row["high"] < row["planned"]
    return Row(
        str(row["name"]),
        "",
        fact(row["actual"]),
        fact(row["low"]),
        fact(row["high"]),
        tick=fact(row["planned"]),
        colour="alert" if short else "accent",
        cells=(
            (round(row["planned"]), "int"),
            (round(row["actual"]), "int_signed"),
            (round(row["actual"] - row["planned"]), "int_signed"),
        ),
    )


def _plan_table(rows: list[dict[str, Any]]) -> Table:
    """What was planned and came of each factor, and its part in the gap."""
    columns = (
        plain_column("name", "effect.column.campaign", "text"),
        plain_column("planned_people", "effect.plan.people_planned", "int", "sales.unit.people"),
        plain_column("people", "effect.plan.people", "int", "sales.unit.people"),
        plain_column("reach", "effect.plan.part.reach", "int_signed", "sales.unit.people"),
        plain_column("rates_planned", "effect.plan.rates_planned", "pct1", ""),
        plain_column("rate", "effect.plan.rate", "pct1", ""),
        plain_column("response", "effect.plan.part.response", "int_signed", "sales.unit.people"),
        plain_column("base_planned", "effect.plan.base_planned", "pct1", ""),
        plain_column("base", "effect.plan.base", "pct1", ""),
        plain_column("natural", "effect.plan.part.natural", "int_signed", "sales.unit.people"),
    )
    names = ("expected_rate", "rate", "response", "expected_control_rate", "base", "natural")
    cells = [
        (
            shortened(str(row["name"]), NAME_EM),
            round(row["planned_people"]),
            int(row["people"]),
            round(row["reach"]),
            *(round(row[name]) if name in ("response", "natural") else fact(row[name]) for name in names),
        )
        for row in rows[:7]
    ]
    return Table(columns, tuple(cells), focus=0)


@view
def money(results: pd.DataFrame, *, periods: Periods | None) -> Draft:
    """Added profit over cost, with the line on which the cost is just earned (`metrics.effect.paid`)."""
    rows = [row for row in records(results) if not math.isnan(row["net"])]
    earned = [row for row in rows if row["net_low"] > 0 and row["pulled"] not in ("yes", "maybe")]
    main = min(rows, key=lambda row: row["net"])
    cost, unjudged = math.fsum(row["cost"] for row in rows), records(results[results["grade"] == "C"])
    blind = math.fsum(row["cost"] for row in unjudged if not math.isnan(row["cost"]))
    facts = told(main) | {"n": len(rows), "earned": len(earned), "spent": round(cost), "blind": round(blind), "c": len(unjudged)}
    facts["each"] = fact(main["profit"] / main["cost"]) if main["cost"] else None
    return Draft(
        name="effect.money",
        page="ER-05",
        headline=Sentence(f"effect.headline.money_{'some' if earned else 'none'}", facts),
        panels=(
            ChartPanel(
                Sentence("effect.money.title"), Sentence("effect.money.unit"), "L", lambda voice: _draw_money(rows, voice)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("effect.money.key", facts),
            Sentence("effect.money.key_number", facts),
            Sentence("effect.money.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("effect.money.sure", facts),),
        next_move=NextMove(Sentence("effect.money.next", facts)),
        note=(Sentence("effect.money.note"),),
        sample=Sentence("effect.sample", {"n": len(rows), "treated": sum(_whole(row["treated"]) for row in rows)}),
        source=Sentence("effect.source"),
        period=str(periods.current) if periods else "",
        largest=_largest(rows),
        definitions=("DF-160",),
        stake=round(blind),
        evidence="cause",
    )


def _draw_money(rows: list[dict[str, Any]], voice: Voice) -> Figure:
    figure, axes = canvas("L", (20, 14, MAIN - 24, HEIGHT["L"] - 20))
    right = 1.25 * max(row["cost"] for row in rows) or 1.0
    low, high = min(0.0, *(row["profit_low"] for row in rows)), max(0.0, *(row["profit_high"] for row in rows))
    room = 0.08 * (high - low or 1.0)
    axes.set(xlim=(0, right), ylim=(low - room, high + room))
    axes.axhline(0, color=COLOUR["ink"], lw=LINE["axis"])
    reach = min(right, high + room)
    axes.plot([0, reach], [0, reach], color=COLOUR["ink"], lw=LINE["second"], ls=(0, (5, 3)))
    axes.text(0.6 * reach, 0.6 * reach + room * 0.5, voice.say("effect.money.line"), ha="right", size=TYPE["small"],
              color=COLOUR["text2"])  # fmt: skip
    for row in rows:
        colour = COLOUR["alert"] if row["net_high"] < 0 else COLOUR["accent"] if row["net_low"] > 0 else COLOUR["text2"]
        axes.plot([row["cost"]] * 2, [row["profit_low"], row["profit_high"]], color=colour, lw=LINE["interval"])
        axes.plot(row["cost"], row["profit"], SHAPE[str(row["grade"])], ms=7, color=colour)
        left = row["cost"] > 0.7 * right
        side, shift = ("right", -0.012) if left else ("left", 0.012)
        axes.text(row["cost"] + shift * right, row["profit"], fit(str(row["name"]), 48, TYPE["label"]), ha=side, va="bottom",
                  size=TYPE["label"], weight="bold", color=colour)  # fmt: skip
        number(axes, row["cost"] + shift * right, row["profit"] - 0.2 * room, fact(row["profit"]), "money_number_signed", voice,
               ha=side, va="top", size=TYPE["small"], color=COLOUR["text2"])  # fmt: skip
    axes.set_xlabel(voice.say("effect.money.across"))
    axes.xaxis.set_major_formatter(lambda value, _: voice.number(value, "money_number"))
    axes.yaxis.set_major_formatter(lambda value, _: voice.number(value, "money_number_signed"))
    axes.locator_params(nbins=6)
    return figure


def told(row: dict[str, Any]) -> dict[str, Fact]:
    """What sentences quote of a campaign."""
    names = ("rate", "base", "gap", "gap_low", "gap_high", "profit", "profit_low", "profit_high", "net", "net_low", "net_high")
    numbers = {name: fact(row[name]) for name in (*names, "cost", "needed", "after", "whole")}
    facts: dict[str, Fact] = {"name": shortened(str(row["name"]), NAME_EM), "treated": _whole(row["treated"])}
    return facts | {"left_out": _whole(row["left_out"]), "window": int(row["window"])} | numbers


def thread_rows(rows: list[dict[str, Any]], period: str, before: Sequence[LedgerRow] = ()) -> tuple[LedgerRow, ...]:
    """The thread: each campaign under what it was planned for, else the KPI; under it the effect where a hold-out showed one."""
    known = {row.id: row.parents for row in before if row.kind == "campaign"}
    found = []
    for row in rows:
        campaign = row_id("campaign", str(row["id"]))
        planned: dict[str, dict[str, Fact]] = {
            "treated": {"value": _whole(row["treated"]), "unit": "people", "period": f"{row['first']}/{row['last']}"},
            "left_out": {"value": _whole(row["left_out"]), "unit": "people", "period": f"{row['first']}/{row['last']}"},
            "cost": {"value": fact(row["cost"]), "unit": "money", "period": period},
            "decision": {"value": str(row["decision"]), "unit": "decision"},
            "ids": {"value": str(row["ids"]), "unit": "ids"},
        }
        text = Sentence("effect.row_campaign", {"name": str(row["name"])})
        parents = known.get(campaign, (row_id("kpi", "sales"),))
        found.append(LedgerRow(campaign, "campaign", text, planned, TABLES, parents, f"origin: {row['origin']}"))
        if row["grade"] not in ("A", "B") or math.isnan(row["gap"]):
            continue
        n = _whole(row["treated"]) + _whole(row["left_out"])
        values = {
            name: _interval(row, column, unit, n, period)
            for name, column, unit in (("buyer_rate", "gap", "points"), ("profit", "profit", "money"), ("net", "net", "money"))
            if not math.isnan(row[column])
        }
        text = Sentence(f"effect.row_effect_{row['grade']}", told(row))
        found.append(
            LedgerRow(row_id("effect", str(row["id"])), "effect", text, values, TABLES, (campaign,), str(row["decision"]))
        )
    return tuple(found)


def _interval(row: dict[str, Any], column: str, unit: str, n: int, period: str) -> dict[str, Fact]:
    ends: dict[str, Fact] = {"value": fact(row[column]), "low": fact(row[f"{column}_low"]), "high": fact(row[f"{column}_high"])}
    return ends | {"unit": unit, "n": n, "period": period, "definition": f"effect_{column}"}


def _main(rows: list[dict[str, Any]]) -> tuple[dict[str, Any], str]:
    """The campaign that the page speaks of and the kind of its sentence."""
    for decision in TOLD:
        found = [row for row in rows if row["decision"] == decision]
        if found:
            return max(found, key=lambda row: abs(row["net"])), decision
    judged = [row for row in rows if row["grade"] in ("A", "B")]
    if judged:
        return max(judged, key=lambda row: _whole(row["treated"])), "open"
    return rows[0], "none" if all(row["grade"] == "C" for row in rows) else "failed"


def _guards(rows: list[dict[str, Any]]) -> list[Sentence]:
    """What the page may not say: a hold is no absence of effect; a failed check; sends whose window is not over."""
    found = [Sentence("effect.sure_hold")] if any(row["reason"] in ("too_few", "open") for row in rows) else []
    failed = [row for row in rows if row["grade"] == "X"]
    found += [Sentence("effect.sure_failed", {"n": len(failed)})] if failed else []
    waiting = sum(_whole(row["waiting"]) for row in rows)
    return found + ([Sentence("effect.sure_waiting", {"n": waiting})] if waiting else [])


def _count(rows: list[dict[str, Any]], decision: str) -> int:
    return sum(row["decision"] == decision for row in rows)


def _whole(value: Any) -> int:
    return 0 if pd.isna(value) else int(value)


def _largest(rows: list[dict[str, Any]]) -> int:
    names = ("profit_low", "profit_high", "cost", "net_low", "net_high")
    amounts = [abs(float(row[name])) for row in rows for name in names if not math.isnan(row[name])]
    return round(COARSE * max(amounts, default=0.0)) or 1


# ---------------------------------------------------------------- scorecard
HEAD, CHIP, NAME, NAME_WIDE, GRADE, PEOPLE, LEFT, WIDE = 9.0, 15.0, 18.0, 45.0, 66.0, 92.0, 97.0, 48.0
PROFIT, INTERVAL, NET = 159.0, 181.5, 198.0  # right edges of the columns, in mm
ROW = 17.0  # the tallest row


def _draw_scorecard(rows: list[dict[str, Any]], main: dict[str, Any], voice: Voice) -> Figure:
    """One row a campaign: decision, name and reason, grade, people, the interval beside the cost, and the numbers."""
    figure, axes = board("L")
    top = HEIGHT["L"] - HEAD
    high = min(ROW, (top - 0.5) / len(rows))
    dots = strip(figure, LEFT, WIDE)
    dots.set_xlim(*_reach(rows))
    _head(axes, dots, top, len(rows) * high, voice)
    axes.hlines([top - (i + 1) * high for i in range(len(rows))], 0, MAIN, color=COLOUR["rule"], lw=LINE["hair"])
    named = False  # the cost's level is named once
    for i, row in enumerate(rows):
        y = top - (i + 0.5) * high
        draw_decision(axes, y, str(row["decision"]), voice)
        _words(axes, y, row, voice)
        named = _dot(dots, y, high, row, voice, named=named) or named
        _numbers(axes, y, row, strong=row["id"] == main["id"], voice=voice)
    return figure


def _reach(rows: list[dict[str, Any]]) -> tuple[float, float]:
    names = ("profit_low", "profit_high", "cost")
    amounts = [float(row[name]) for row in rows for name in names if not math.isnan(row[name])]
    low, high = min([0.0, *amounts]), max([0.0, *amounts])
    room = 0.06 * (high - low or 1.0)
    return low - room, high + room


def _head(axes: Axes, dots: Axes, top: float, tall: float, voice: Voice) -> None:
    style = {"size": TYPE["small"], "weight": "bold", "color": COLOUR["text2"], "va": "center"}
    y = top + 3.2
    for x, key, side in (
        (0.0, "decision", "left"), (NAME, "name", "left"), (GRADE, "grade", "left"), (PEOPLE, "people", "right"),
        (PROFIT, "profit", "right"), (INTERVAL, "interval", "right"), (NET, "net", "right"),
    ):  # fmt: skip
        axes.text(x, y, voice.say(f"effect.column.{key}"), ha=side, **style)
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    dots.plot([0, 0], [top - tall, top], color=COLOUR["ink"], lw=LINE["axis"], zorder=1)
    dots.text(0, y, "0", ha="center", va="center", size=TYPE["small"], color=COLOUR["text2"])


CHIPS = {  # fill, edge, words
    "widen": ("accent", "accent", "paper"),
    "continue": ("accent_soft", "accent_soft", "accent"),
    "mend": ("paper", "text2", "ink"),
    "hold": ("paper", "mark", "text2"),
    "stop": ("alert", "alert", "paper"),
}


def ruled(columns: Mapping[str, float], heads: str, right: str, count: int, voice: Voice) -> tuple[Figure, Axes, list[float]]:
    """A board with the heads of a list (`<heads>.<column>`; the column `right` ends at its place) and a rule under each of its
    `count` rows; the heights of their middles."""
    figure, axes = board("L")
    top = HEIGHT["L"] - 9
    high = min(17.0, (top - 0.5) / count)
    for name, x in columns.items():
        side = "right" if name == right else "left"
        axes.text(x, top + 3.2, voice.say(f"{heads}.{name}"), ha=side, va="center", size=TYPE["small"], weight="bold",
                  color=COLOUR["text2"])  # fmt: skip
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    middles = [top - (i + 0.5) * high for i in range(count)]
    for y in middles:
        axes.plot([0, MAIN], [y - high / 2] * 2, color=COLOUR["rule"], lw=LINE["hair"])
    return figure, axes, middles


def draw_decision(axes: Axes, y: float, decision: str, voice: Voice) -> None:
    """The decision as a small field at the left edge: filled, outlined or dashed, and always in words."""
    fill, edge, words = (COLOUR[name] for name in CHIPS[decision])
    style = (0, (3, 2)) if decision == "hold" else "solid"
    axes.add_patch(Rectangle((0.2, y - 2.6), CHIP - 0.4, 5.2, fc=fill, ec=edge, lw=LINE["axis"], ls=style))
    axes.text(CHIP / 2, y, voice.say(f"effect.decision.{decision}"), ha="center", va="center", size=TYPE["small"], weight="bold",
              color=words)  # fmt: skip


def _words(axes: Axes, y: float, row: dict[str, Any], voice: Voice) -> None:
    name = str(row["name"]) if row["sends"] == 1 else voice.say("effect.times", name=str(row["name"]), n=int(row["sends"]))
    axes.text(NAME, y + 2.1, fit(name, NAME_WIDE, TYPE["label"]), va="center", size=TYPE["label"], weight="bold")
    reason = voice.say(f"effect.reason.{row['reason']}", needed=hundreds(row["needed"]))
    axes.text(NAME, y - 2.1, fit(reason, NAME_WIDE + 1, TYPE["foot"]), va="center", size=TYPE["foot"], color=COLOUR["text2"])
    grade = str(row["grade"])
    colour = COLOUR["ink"] if grade in ("A", "B") else COLOUR["mute"]
    hollow = grade == "C"
    axes.plot(GRADE + 2, y, SHAPE[grade], ms=5, mfc=COLOUR["paper"] if hollow else colour, mec=colour, mew=LINE["axis"])
    axes.text(GRADE + 5, y, grade if grade != "X" else "–", va="center", size=TYPE["label"], color=colour)
    number(axes, PEOPLE, y + 2.1, _whole(row["treated"]), "int", voice, ha="right", va="center", size=TYPE["small"])
    number(axes, PEOPLE, y - 2.1, _whole(row["left_out"]) or None, "int", voice, ha="right", va="center", size=TYPE["small"],
           color=COLOUR["text2"])  # fmt: skip


def hundreds(people: float) -> int | None:
    """People for a plan: rounded up to two digits."""
    if pd.isna(people) or math.isinf(people):
        return None
    step = 10 ** max(0, len(str(int(people))) - 2)
    return int(math.ceil(people / step) * step)


def _dot(dots: Axes, y: float, high: float, row: dict[str, Any], voice: Voice, *, named: bool) -> bool:
    """The profit with its interval, and the cost as a tick; words where there is nothing to draw. Whether the tick was named."""
    if math.isnan(row["profit"]):
        words = voice.say(f"effect.blank.{row['grade'] if row['grade'] in 'CX' else 'few' if row['few'] else 'margin'}")
        at = dots.get_xlim()[0]
        dots.text(at, y, " " + words, va="center", size=TYPE["foot"], color=COLOUR["mute"])
        return False
    colour = {"stop": COLOUR["alert"], "mend": COLOUR["text2"], "hold": COLOUR["text2"]}.get(row["decision"], COLOUR["accent"])
    hollow = row["decision"] in ("mend", "hold")
    dots.plot([row["profit_low"], row["profit_high"]], [y, y], color=colour, lw=LINE["interval"])
    dots.plot(row["profit"], y, SHAPE[str(row["grade"])], ms=6.5, mfc=COLOUR["paper"] if hollow else colour, mec=colour,
              mew=LINE["interval"])  # fmt: skip
    if math.isnan(row["cost"]):
        return False
    tall = min(4.2, high / 2 - 1)
    dots.plot([row["cost"]] * 2, [y - tall, y + tall], color=COLOUR["ink"], lw=LINE["main"])
    if not named:
        low, high = dots.get_xlim()
        end = row["cost"] > low + 0.8 * (high - low)
        dots.annotate(voice.say("effect.cost"), (row["cost"], y + tall), xytext=(-2 if end else 2, 0), textcoords="offset points",
                      ha="right" if end else "left", va="center", size=TYPE["foot"], color=COLOUR["ink"])  # fmt: skip
    return True


def _numbers(axes: Axes, y: float, row: dict[str, Any], *, strong: bool, voice: Voice) -> None:
    colour = COLOUR["alert"] if row["decision"] == "stop" else COLOUR["accent"] if strong else COLOUR["ink"]
    number(axes, PROFIT, y, fact(row["profit"]), "money_number_signed", voice, ha="right", va="center", weight="bold",
           size=TYPE["label"], color=colour)  # fmt: skip
    number(axes, NET, y, fact(row["net"]), "money_number_signed", voice, ha="right", va="center", size=TYPE["label"])
    if not math.isnan(row["profit"]):
        words = voice.say("effect.interval", low=fact(row["profit_low"]), high=fact(row["profit_high"]))
        text = number(axes, INTERVAL, y, fact(row["profit_low"]), "money_number", voice, ha="right", va="center",
                      size=TYPE["small"], color=COLOUR["text2"])  # fmt: skip
        text.set_text(words)
