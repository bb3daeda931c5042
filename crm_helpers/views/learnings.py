"""The pages that close the year: the record kept, the register of learnings, what the next plan changes, and the thread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrow, Rectangle

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.formats import shortened
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.dot_rows import Layout, Row, draw
from crm_helpers.views.effect import COARSE, MOST, NAME_EM, TABLES, draw_decision, hundreds, ruled, told
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number


# ---------------------------------------------------------------- record
@view
def record(steps: pd.DataFrame, *, periods: Periods | None) -> Draft:
    """How many sends were planned, measured, read and decided (`metrics.learnings.record`)."""
    counts = {str(row["step"]): int(row["count"]) for row in records(steps)}
    facts: dict[str, Fact] = {**counts, "open": counts["sends"] - counts["result"]}
    facts["share"] = counts["result"] / counts["sends"] if counts["sends"] else None
    none = "none" if counts["control"] else "bare"
    kind = "closed" if counts["result"] == counts["sends"] else "some" if counts["result"] else none
    return Draft(
        name="learnings.record",
        page="ER-12",
        headline=Sentence(f"learnings.headline.record_{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("learnings.record_title"),
                Sentence("learnings.record_unit"),
                "L",
                lambda voice: _draw_record(records(steps), voice),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("learnings.record_key"),
            Sentence("learnings.record_number", facts),
            Sentence("learnings.record_compare", facts),
        ),
        reading=(),
        claim=(Sentence("learnings.record_sure"),),
        next_move=NextMove(Sentence(f"learnings.record_next_{'keep' if kind == 'closed' else 'close'}")),
        note=(Sentence("learnings.record_note"),),
        sample=Sentence("learnings.record_sample", facts),
        source=Sentence("learnings.record_source"),
        period=str(periods.current) if periods else "",
        definitions=("DF-172",),
    )


def _draw_record(steps: Sequence[dict[str, Any]], voice: Voice) -> Figure:
    figure, axes = board("L")
    whole = max(1, int(steps[0]["count"]))
    left, wide, high = 62.0, 110.0, (HEIGHT["L"] - 6) / len(steps)
    for i, step in enumerate(steps):
        y, count = HEIGHT["L"] - 3 - (i + 0.5) * high, int(step["count"])
        colour = COLOUR["alert"] if not count else COLOUR["mark"] if i == 0 else COLOUR["accent"]
        axes.text(0, y + 2.4, voice.say(f"learnings.step.{step['step']}"), va="center", size=TYPE["body"], weight="bold")
        axes.text(
            0, y - 2.8, voice.say(f"learnings.step_why.{step['step']}"), va="center", size=TYPE["foot"], color=COLOUR["text2"]
        )
        axes.add_patch(Rectangle((left, y - 4), wide, 8, fc=COLOUR["wash"], lw=0))
        mark(axes.barh([y], [wide * count / whole], left=left, height=8, color=colour), f"step{i}")
        number(axes, left + wide + 4, y, count, "int", voice, va="center", size=TYPE["headline"], weight="bold", color=colour)
        axes.text(left + wide + 14, y, voice.say("learnings.of", n=whole), va="center", size=TYPE["small"], color=COLOUR["text2"])
    return figure


# ---------------------------------------------------------------- register
@view
def register(learned: pd.DataFrame, *, periods: Periods | None) -> Draft:
    """One learning a judged campaign, with its evidence, status and day of expiry (`metrics.learnings.register`)."""
    rows = records(learned)
    adopted = [row for row in rows if row["status"] == "adopted"]
    main = max(adopted or rows, key=lambda row: abs(row["gap"]) if not adopted else abs(row["net"]))
    facts = told(main) | {"n": len(rows), "adopted": len(adopted), "retest": len(rows) - len(adopted)}
    facts["expires"] = str(main["expires"])
    period = str(periods.current) if periods else ""
    return Draft(
        name="learnings.register",
        page="ER-09",
        headline=Sentence(f"learnings.headline.{'adopted' if adopted else 'retest'}", facts),
        panels=(
            ChartPanel(
                Sentence("learnings.title"),
                Sentence("learnings.unit"),
                "M",
                lambda voice: draw("M", [_learning(row, voice) for row in rows[:LEARNED]], REGISTER, voice),
            ),
            TablePanel(Sentence("learnings.rates"), Sentence("learnings.rates_unit"), _rates(rows[:LEARNED])),
        ),
        key_figure=KeyFigure(
            Sentence("learnings.key"), Sentence("learnings.key_number", facts), Sentence("learnings.key_compare", facts)
        ),
        reading=(),
        claim=(Sentence("learnings.sure"),),
        next_move=NextMove(Sentence("learnings.next")),
        note=(Sentence("learnings.note"),),
        sample=Sentence("learnings.sample", facts | {"people": sum(int(r["treated"] + r["left_out"]) for r in rows)}),
        source=Sentence("effect.source"),
        period=period,
        largest=round(COARSE * max((abs(row["net"]) for row in rows if not math.isnan(row["net"])), default=0)) or 1,
        definitions=("DF-161", "DF-173"),
        rows=tuple(_learning_row(row, period) for row in rows),
        evidence="cause",
    )


LEARNED = 6


def _rates(rows: Sequence[dict[str, Any]]) -> Table:
    """The rates that the next plan starts from, by the learning's id."""
    columns = (
        plain_column("id", "learnings.column.id", "text"),
        plain_column("rate", "learnings.column.rate", "pct1", ""),
        plain_column("base", "learnings.column.base", "pct1", ""),
        plain_column("gap", "learnings.column.gap", "pt1_signed", ""),
        plain_column("low", "after.column.low", "pt1_number", ""),
        plain_column("high", "after.column.high", "pt1_number", ""),
        plain_column("n", "learnings.column.n", "int"),
        plain_column("expires", "learnings.column.expires", "month_year"),
    )
    names = ("rate", "base", "gap", "gap_low", "gap_high")
    cells = [
        (
            row_id("learning", str(row["id"])),
            *(fact(row[name]) for name in names),
            int(row["treated"] + row["left_out"]),
            row["expires"],
        )
        for row in rows
    ]
    return Table(columns, tuple(cells))


REGISTER = Layout(
    88.0,
    44.0,
    ("learnings.column.grade", "learnings.column.status", "learnings.column.expires"),
    "pt0_signed",
    "learnings.column.learning",
)


def _learning(row: dict[str, Any], voice: Voice) -> Row:
    adopted = row["status"] == "adopted"
    cells: tuple[tuple[Fact, str], ...] = (
        (str(row["grade"]), "text"),
        (voice.say(f"learnings.status.{row['status']}"), "text"),
        (voice.number(row["expires"], "month_year"), "text"),
    )
    statement = voice.say(f"learnings.statement.{row['reason']}", **told(row))
    gap, low, high = (fact(row[name]) for name in ("gap", "gap_low", "gap_high"))
    colour = "accent" if adopted and row["decision"] != "stop" else "alert" if adopted else "text2"
    return Row(str(row["name"]), statement, gap, low, high, colour=colour, hollow=not adopted, cells=cells)


def _learning_row(row: dict[str, Any], period: str) -> LedgerRow:
    """The learning in the thread: the rates that the next plan starts from, and until when it may."""
    n = int(row["treated"] + row["left_out"])
    base: dict[str, Fact] = {"unit": "ratio", "n": n, "period": period}
    values: dict[str, dict[str, Fact]] = {
        "rate": base | {"value": fact(row["rate"]), "definition": "buyer_rate"},
        "control_rate": base | {"value": fact(row["base"]), "definition": "buyer_rate"},
        "gap": base | {"value": fact(row["gap"]), "low": fact(row["gap_low"]), "high": fact(row["gap_high"])},
        "expires": {"value": str(row["expires"]), "unit": "date"},
    }
    sentence = Sentence(f"learnings.statement.{row['reason']}", told(row))
    parent = row_id("effect", str(row["id"]))
    return LedgerRow(row_id("learning", str(row["id"])), "learning", sentence, values, TABLES, (parent,), str(row["status"]))


# ---------------------------------------------------------------- next plan
COLUMNS = {"decision": 0.0, "name": 18.0, "field": 66.0, "before": 106.0, "measured": 133.0, "after": MAIN}


@view
def next_plan(changed: pd.DataFrame, *, periods: Periods | None) -> Draft:
    """What the next plan changes for each campaign: as it was, as measured, as it is to be (`metrics.learnings.changes`)."""
    rows = records(changed)
    fields = [str(row["field"]) for row in rows]
    first = min(
        rows, key=lambda row: ("sends", "window", "cost", "rates", "people", "control", "checks", "data").index(row["field"])
    )
    facts: dict[str, Fact] = {"n": len(rows), "name": shortened(str(first["name"]), NAME_EM), "control": fields.count("control")}
    facts |= {"stop": fields.count("sends"), "others": len(rows) - fields.count("control") - fields.count("sends")}
    amounts = [abs(row["measured"]) for row in rows if row["field"] == "sends"]
    return Draft(
        name="learnings.next_plan",
        page="ER-10",
        headline=Sentence(
            f"learnings.headline.plan_{'stop' if facts['stop'] else 'control' if facts['control'] else 'mend'}", facts
        ),
        panels=(
            ChartPanel(
                Sentence("learnings.plan_title"),
                Sentence("learnings.plan_unit"),
                "L",
                lambda voice: _draw_plan(rows[:MOST], voice),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("learnings.plan_key"), Sentence("learnings.plan_number", facts), Sentence("learnings.plan_compare", facts)
        ),
        reading=(),
        claim=(Sentence("learnings.plan_sure"),),
        next_move=NextMove(Sentence("learnings.plan_next")),
        note=(Sentence("learnings.plan_note"),),
        sample=Sentence("learnings.plan_sample", facts),
        source=Sentence("effect.source"),
        period=str(periods.current) if periods else "",
        largest=round(COARSE * max(amounts, default=0)) or 1,
        definitions=("DF-162", "DF-171", "DF-173"),
    )


def _draw_plan(rows: Sequence[dict[str, Any]], voice: Voice) -> Figure:
    figure, axes, middles = ruled(COLUMNS, "learnings.column", "after", len(rows), voice)
    for row, y in zip(rows, middles, strict=True):
        draw_decision(axes, y, str(row["decision"]), voice)
        axes.text(COLUMNS["name"], y, fit(str(row["name"]), 47, TYPE["label"]), va="center", size=TYPE["label"], weight="bold")
        axes.text(
            COLUMNS["field"],
            y,
            fit(voice.say(f"learnings.field.{row['field']}"), 39, TYPE["label"]),
            va="center",
            size=TYPE["label"],
        )
        for name in ("before", "measured", "after"):
            strong = name == "after"
            value = fact(row[name])
            text = number(axes, COLUMNS[name], y, value, "int", voice, ha="right" if strong else "left", va="center",
                          size=TYPE["label"], weight="bold" if strong else "normal",
                          color=COLOUR["accent"] if strong else COLOUR["ink"])  # fmt: skip
            text.set_text(_told(row, name, voice))
    return figure


def _told(row: dict[str, Any], name: str, voice: Voice) -> str:
    """A cell of the next plan in the field's own unit; — where there is nothing to say."""
    field, value = str(row["field"]), row[name]
    if field in ("checks", "data"):
        return voice.say(f"learnings.cell.{field}") if name == "after" else "—"
    if field == "control" and name == "before":
        return voice.say("learnings.cell.no_control")
    if pd.isna(value):
        return "—"
    facts: dict[str, Fact] = {"value": fact(value), "base": fact(row.get(f"{name}_base")), "shown": fact(row["shown"])}
    if field == "people" and name == "after":
        facts["value"] = hundreds(value)
    key = f"learnings.cell.{field}_{name}" if voice.has(f"learnings.cell.{field}_{name}") else f"learnings.cell.{field}"
    return voice.say(key, **facts)


# ---------------------------------------------------------------- thread
LANES = 3
CARD = ("campaign", "arms", "effect", "learning", "plan")


@view
def thread(learned: pd.DataFrame, changed: pd.DataFrame, earlier: Sequence[LedgerRow], *, periods: Periods | None) -> Draft:
    """From the KPI over campaign, hold-out, effect and learning to the next plan, a lane a campaign, and the rows behind it.

    Args:
        learned, changed: `metrics.learnings.register` and `changes`.
        earlier: the rows of the customer analysis, where the KPI stands.
    """
    rows = records(learned)[:LANES]
    plans = {row["id"]: row for row in records(changed)}
    sales = next((row for row in earlier if row.id == row_id("kpi", "sales")), None)
    adopted = sum(row["status"] == "adopted" for row in records(learned))
    facts: dict[str, Fact] = {"n": len(learned), "adopted": adopted, "retest": len(learned) - adopted, "lanes": len(rows)}
    facts["people"] = sum(int(row["treated"] + row["left_out"]) for row in rows)
    amounts = [float(row[name]) for row in rows for name in ("net", "profit") if not math.isnan(row[name])]
    return Draft(
        name="learnings.thread",
        page="TH-01",
        headline=Sentence("learnings.headline.thread", facts),
        panels=(
            ChartPanel(
                Sentence("learnings.thread_title"),
                Sentence("learnings.thread_unit"),
                "M",
                lambda voice: _draw_thread(rows, plans, sales, voice),
            ),
            TablePanel(Sentence("learnings.thread_table"), Sentence("learnings.thread_table_unit"), _thread_table(rows)),
        ),
        key_figure=KeyFigure(
            Sentence("learnings.thread_key"),
            Sentence("learnings.thread_number", facts),
            Sentence("learnings.thread_compare", facts),
        ),
        reading=(),
        claim=(Sentence("learnings.thread_sure"),),
        next_move=NextMove(Sentence("learnings.thread_next")),
        note=(Sentence("learnings.thread_note"),),
        sample=Sentence("learnings.sample", facts),
        source=Sentence("learnings.thread_source"),
        period=str(periods.current) if periods else "",
        largest=round(COARSE * max(map(abs, amounts), default=0)) or 1,
        definitions=("DF-161", "DF-173"),
        evidence="cause",
    )


def _thread_table(rows: Sequence[dict[str, Any]]) -> Table:
    columns = (
        plain_column("id", "learnings.column.id", "text"),
        plain_column("parent", "learnings.column.parent", "text"),
        plain_column("value", "learnings.column.gap", "pt1_signed", ""),
        plain_column("low", "after.column.low", "pt1_number", ""),
        plain_column("high", "after.column.high", "pt1_number", ""),
        plain_column("n", "learnings.column.n", "int"),
    )
    cells: list[tuple[Fact, ...]] = []
    for row in rows[:2]:
        ids = [row_id(kind, str(row["id"])) for kind in ("campaign", "effect", "learning")]
        n = int(row["treated"] + row["left_out"])
        numbers = (fact(row["gap"]), fact(row["gap_low"]), fact(row["gap_high"]))
        cells += [
            (ids[0], row_id("kpi", "sales"), None, None, None, n),
            (ids[1], ids[0], *numbers, n),
            (ids[2], ids[1], *numbers, n),
        ]
    return Table(columns, tuple(cells))


def _draw_thread(
    rows: Sequence[dict[str, Any]], plans: dict[str, dict[str, Any]], sales: LedgerRow | None, voice: Voice
) -> Figure:
    """The KPI on the left, then one lane a campaign of five cards with arrows between them."""
    figure, axes = board("M")
    tall, head, gap = HEIGHT["M"], 6.0, 5.0
    wide = (MAIN - 5 * gap) / 6
    for i, key in enumerate(("kpi", *CARD)):
        axes.text(i * (wide + gap), tall - 3, voice.say(f"learnings.card.{key}"), va="center", size=TYPE["small"], weight="bold",
                  color=COLOUR["accent"])  # fmt: skip
    lane = (tall - head) / len(rows)
    _kpi(axes, wide, 0.5, tall - head - 1.0, sales, voice)
    for i, row in enumerate(rows):
        foot, high = tall - head - (i + 1) * lane + 0.5, lane - 2.5
        cards = _cards(row, plans[row["id"]], voice)
        for j, (big, value, form, words) in enumerate(cards, start=1):
            left = j * (wide + gap)
            axes.add_patch(FancyArrow(left - gap + 0.8, foot + high / 2, gap - 2.4, 0, width=0.5, head_width=2.2, head_length=1.6,
                                      length_includes_head=True, color=COLOUR["mark"], lw=0))  # fmt: skip
            strong = CARD[j - 1] == "effect"
            axes.add_patch(Rectangle((left, foot), wide, high, fc=COLOUR["accent_soft"] if strong else COLOUR["paper"],
                                     ec=COLOUR["accent"] if strong else COLOUR["rule"], lw=LINE["axis"]))  # fmt: skip
            ink = COLOUR["accent"] if strong else COLOUR["ink"]
            text = number(axes, left + 1.5, foot + high * 0.70, value, form, voice, va="center", size=TYPE["subhead"],
                          weight="bold", color=ink)  # fmt: skip
            if big:
                text.set_text(fit(big, wide - 2.5, TYPE["subhead"]))
            axes.text(left + 1.5, foot + high * 0.28, fit(words, wide - 2.0, TYPE["foot"]), va="center", size=TYPE["foot"],
                      color=COLOUR["text2"])  # fmt: skip
    return figure


def _kpi(axes: Axes, wide: float, foot: float, high: float, sales: LedgerRow | None, voice: Voice) -> None:
    axes.add_patch(Rectangle((0, foot), wide, high, fc=COLOUR["wash"], ec=COLOUR["ink"], lw=LINE["axis"]))
    axes.text(1.5, foot + high * 0.72, voice.say("learnings.sales"), va="center", size=TYPE["subhead"], weight="bold")
    if sales and {"current", "compare"} <= set(sales.values):
        now, before = (sales.values[name]["value"] for name in ("current", "compare"))
        if isinstance(now, (int, float)) and isinstance(before, (int, float)) and before:
            number(axes, 1.5, foot + high * 0.5, now / before - 1, "pct1_signed", voice, va="center", size=TYPE["headline"],
                   weight="bold", color=COLOUR["accent"])  # fmt: skip
            axes.text(
                1.5, foot + high * 0.34, voice.say("learnings.against"), va="center", size=TYPE["foot"], color=COLOUR["text2"]
            )


def _cards(row: dict[str, Any], plan: dict[str, Any], voice: Voice) -> list[tuple[str, float | None, str, str]]:
    """Words or number, its value and form, and the line under it, of the five cards of a lane."""
    facts = told(row)
    return [
        (str(row["name"]), int(row["sends"]), "int", voice.say("learnings.under.campaign", sends=int(row["sends"]))),
        ("", int(row["treated"]), "int", voice.say("learnings.under.arms", grade=str(row["grade"]), **facts)),
        ("", fact(row["gap"]), "pt1_signed", voice.say("learnings.under.effect", **facts)),
        (voice.say(f"learnings.status.{row['status']}"), None, "int", voice.say(f"learnings.short.{row['reason']}")),
        (_told(plan, "after", voice), fact(plan["after"]), "int", voice.say(f"learnings.field.{plan['field']}")),
    ]
