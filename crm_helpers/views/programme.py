"""The pages on the programme as a whole: what campaigns added to the year, and what new customers are worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.after import LONG
from crm_helpers.metrics.programme import AGE
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.formats import shortened
from crm_helpers.views import waterfall
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

BARS = 4  # campaigns with a bar of their own
APART = 6  # rows of the second table


@view
def contribution(parts: pd.DataFrame, *, periods: Periods) -> Draft:
    """Last year's sales, what moved without campaigns, what campaigns added, this year's (`metrics.programme.contribution`)."""
    rows = records(parts)
    effects = sorted((row for row in rows if row["part"] == "effect"), key=lambda row: (-abs(row["value"]), row["id"]))
    total = sum(int(row["value"]) for row in effects)
    down, up = (math.sqrt(math.fsum((row["value"] - row[end]) ** 2 for row in effects)) for end in ("low", "high"))
    by = {str(row["part"]): int(row["value"]) for row in rows if row["part"] != "effect"}
    whole = next((row for row in rows if row["part"] == "overlap"), None)
    summed = total
    if whole is not None:  # known from the people kept out of everything, and so is its interval
        total, down, up = total + by["overlap"], total + by["overlap"] - whole["low"], whole["high"] - total - by["overlap"]
    facts: dict[str, Fact] = {"total": total, "low": round(total - down), "high": round(total + up), "n": len(effects)}
    facts |= {"change": by["total_current"] - by["total_compare"], "drift": by["drift"], "guests": by["guests"]}
    facts |= {"sales": by["total_current"], "current": str(periods.current), "compare": str(periods.compare)}
    facts |= {"summed": summed, "factor": total / summed if summed else None}
    kind = "added" if total - down > 0 else "lost" if total + up < 0 else "open"
    shown = _shown(effects)
    return Draft(
        name="programme.contribution",
        page="ER-04",
        headline=Sentence(f"programme.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("programme.title"),
                Sentence("programme.unit"),
                "M",
                lambda voice: _draw(by, shown, periods, voice),
            ),
            TablePanel(Sentence("programme.table"), Sentence("programme.table_unit"), _table(by, effects)),
        ),
        key_figure=KeyFigure(
            Sentence("programme.key"), Sentence("programme.key_number", facts), Sentence("programme.key_compare", facts)
        ),
        reading=(Sentence("programme.read"),),
        claim=(Sentence("programme.sure"), Sentence(f"programme.sure_{'overlap' if whole is None else 'whole'}", facts)),
        next_move=NextMove(Sentence("programme.next" if whole is None else "programme.next_whole")),
        note=(Sentence("programme.note"),),
        sample=Sentence("programme.sample", facts),
        source=Sentence("effect.source"),
        period=str(periods.current),
        largest=by["total_current"],
        definitions=("DF-160", "DF-167"),
        rows=(_row(facts, periods),),
        stake=abs(total),
        evidence="cause",
    )


def _row(facts: dict[str, Fact], periods: Periods) -> LedgerRow:
    value: dict[str, Fact] = {"value": facts["total"], "low": facts["low"], "high": facts["high"], "unit": "money"}
    told = {"sales_added": value | {"n": facts["n"], "period": str(periods.current), "definition": "campaign_contribution"}}
    finding = row_id("finding", "contribution")
    return LedgerRow(finding, "finding", Sentence("programme.row", facts), told, "campaigns", (row_id("kpi", "sales"),))


def _shown(effects: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The largest campaigns; the rest as one."""
    own, rest = list(effects[:BARS]), effects[BARS:]
    if rest:
        told: dict[str, Any] = {"id": "", "name": "", "value": sum(int(row["value"]) for row in rest)}
        for end, sign in (("low", -1), ("high", 1)):
            told[end] = told["value"] + sign * math.sqrt(math.fsum((row["value"] - row[end]) ** 2 for row in rest))
        own.append(told)
    return own


def _draw(by: dict[str, int], shown: Sequence[dict[str, Any]], periods: Periods, voice: Voice) -> Figure:
    named = [shortened(str(row["name"]), 9) if row["name"] else voice.say("programme.others") for row in shown]
    parts = [waterfall.Part(voice.say(f"programme.part.{name}").replace("|", "\n"), by[name]) for name in ("guests", "drift")]
    parts += [waterfall.Part(name, int(row["value"])) for name, row in zip(named, shown, strict=True)]
    if "overlap" in by:
        parts.append(waterfall.Part(voice.say("programme.part.overlap").replace("|", "\n"), by["overlap"]))
    main = 2 + max(range(len(shown)), key=lambda i: abs(shown[i]["value"]))
    brace = waterfall.Brace(2, len(parts) - 1, voice.say("programme.brace"))
    figure = waterfall.draw(by["total_compare"], parts, main, periods, voice, brace)
    axes, level = figure.axes[0], by["total_compare"] + by["guests"] + by["drift"]
    for position, row in enumerate(shown, start=3):
        x = position + waterfall.WIDTH / 2 - 0.06
        axes.plot([x, x], [level + row["low"], level + row["high"]], color=COLOUR["ink"], lw=LINE["interval"], zorder=6)
        level += int(row["value"])
    return figure


def _table(by: dict[str, int], effects: Sequence[dict[str, Any]]) -> Table:
    columns = (
        plain_column("name", "effect.column.campaign", "text"),
        plain_column("value", "programme.column.value", "money_number_signed", "sales.unit.money"),
        plain_column("low", "after.column.low", "money_number", "sales.unit.money"),
        plain_column("high", "after.column.high", "money_number", "sales.unit.money"),
        plain_column("share", "programme.column.share", "pct2", ""),
    )
    rows = tuple(
        (
            shortened(str(row["name"]), 20),
            int(row["value"]),
            fact(row["low"]),
            fact(row["high"]),
            row["value"] / by["total_current"] if by["total_current"] else None,
        )
        for row in effects[:6]
    )
    return Table(columns, rows, focus=0)


# ---------------------------------------------------------------- vintages
@view
def vintages(quarters: pd.DataFrame, apart: pd.DataFrame, *, periods: Periods | None) -> Draft:
    """What new customers bring in 180 days, by quarter, over treated against held out (`vintages`, `after.long_run`)."""
    rows = records(quarters)
    told = [row for row in rows if not math.isnan(row["value"])]
    last = told[-1]
    paired = not math.isnan(last["gap"])
    kind = "alone" if not paired else "higher" if last["gap_low"] > 0 else "lower" if last["gap_high"] < 0 else "same"
    facts: dict[str, Fact] = {name: fact(last[name]) for name in ("value", "low", "high", "gap", "gap_low", "gap_high")}
    facts |= {"first": str(last["first"]), "n": int(last["customers"]), "days": AGE, "before": fact(last["before"])}
    facts |= {"measure": f"programme.measure.{last['measure']}", "all": sum(int(row["customers"]) for row in told)}
    second = [TablePanel(Sentence("programme.apart"), Sentence("programme.apart_unit"), _apart(apart))] if len(apart) else []
    return Draft(
        name="programme.vintages",
        page="ER-07",
        headline=Sentence(f"programme.headline.vintage_{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("programme.vintage_title", facts),
                Sentence("programme.vintage_unit"),
                "M",
                lambda voice: _draw_vintages(rows, last, voice),
            ),
            *second,
        ),
        key_figure=KeyFigure(
            Sentence("programme.vintage_key", facts),
            Sentence("programme.vintage_number", facts),
            Sentence(f"programme.vintage_compare_{'gap' if paired else 'alone'}", facts),
        ),
        reading=(Sentence("programme.vintage_read", facts),),
        claim=(Sentence("programme.vintage_sure"), *([Sentence("programme.apart_sure")] if len(apart) else [])),
        next_move=NextMove(Sentence("programme.vintage_next")),
        note=(Sentence("programme.vintage_note", facts),),
        sample=Sentence("programme.vintage_sample", facts),
        source=Sentence("sales.source"),
        period=str(periods.current) if periods else "",
        definitions=("DF-168", "DF-160"),
        largest=1,
    )


def _apart(apart: pd.DataFrame) -> Table:
    """Profit per person of treated less held out, 30 days on and as late as there was."""
    columns = (
        plain_column("name", "effect.column.campaign", "text"),
        plain_column("days", "programme.column.days", "int", "programme.unit_days"),
        plain_column("treated", "after.column.treated", "int", "sales.unit.people"),
        plain_column("left_out", "programme.column.left_out", "int", "sales.unit.people"),
        plain_column("value", "programme.column.each", "price_number_signed", "sales.unit.money_base"),
        plain_column("low", "after.column.low", "price_number", "sales.unit.money_base"),
        plain_column("high", "after.column.high", "price_number", "sales.unit.money_base"),
    )
    longest = apart.groupby("id")["days"].max().to_dict()
    names = ("value", "low", "high")
    rows = tuple(
        (
            shortened(str(row["name"]), 10),
            int(row["days"]),
            int(row["treated"]),
            int(row["left_out"]),
            *(fact(row[n]) for n in names),
        )
        for row in records(apart)
        if row["days"] in (LONG[0], longest[row["id"]])
    )
    return Table(columns, rows[:APART])


def _quarter(row: dict[str, Any], voice: Voice) -> str:
    first = str(row["first"])
    return voice.say("programme.quarter", first=first, year=first[:4], n=int(row["customers"])).replace("|", "\n")


def _draw_vintages(rows: Sequence[dict[str, Any]], last: dict[str, Any], voice: Voice) -> Figure:
    """One dot a quarter with its interval; the same quarters of two years bear the same mark on the axis."""
    figure, axes = canvas("M", (14, 15, MAIN - 18, HEIGHT["M"] - 19))
    known = [row for row in rows if not math.isnan(row["value"])]
    (line,) = axes.plot(range(len(rows)), [row["value"] for row in rows], color=COLOUR["mark"], lw=LINE["second"])
    mark(line, "value")
    top, bottom = max(row["high"] for row in known), min(0.0, *(row["low"] for row in known))
    partner = str(int(str(last["first"])[:4]) - 1) + str(last["first"])[4:]
    for i, row in enumerate(rows):
        if math.isnan(row["value"]):
            axes.bar(i, top * 0.3, width=0.5, fc="none", ec=COLOUR["mark"], hatch=HATCH, lw=0)
            continue
        mine = row["first"] == last["first"]
        colour = COLOUR["accent"] if mine else COLOUR["text2"] if row["first"] == partner else COLOUR["mark"]
        axes.plot([i, i], [row["low"], row["high"]], color=colour, lw=LINE["interval"])
        axes.plot(i, row["value"], "o", color=colour, ms=6 if mine else 4.5)
        number(axes, i, row["high"] + 0.03 * top, fact(row["value"]), "price_number", voice, ha="center", va="bottom",
               size=TYPE["subhead"] if mine else TYPE["small"], weight="bold" if mine else "normal",
               color=COLOUR["accent"] if mine else COLOUR["text2"])  # fmt: skip
    axes.set(xlim=(-0.6, len(rows) - 0.4), ylim=(bottom, top * 1.18))
    labels = [_quarter(row, voice) for row in rows]
    axes.set_xticks(range(len(rows)), labels)
    axes.tick_params(axis="both", length=0)
    axes.yaxis.set_major_formatter(lambda v, _: voice.number(v, "price_number"))
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.grid(True)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    return figure
