"""The pages on the member programme: ranks replayed on past purchases, and how each rank is served."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Column, Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.metrics.loyalty import YEAR
from crm_helpers.params.periods import first_day, months
from crm_helpers.params.schema import Loyalty
from crm_helpers.text.catalogue import Voice, in_languages
from crm_helpers.text.formats import MINOR
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip

NAME = 36.0  # mm: a rank and what it takes
HEAD = 9.0  # mm
DROP = 1.05  # mm from the middle of a row to its base line


def _name(programme: Loyalty, rank: int) -> str:
    return in_languages(**programme.ranks[rank].name.root)


# ---------------------------------------------------------------- ranks
@view
def ranks(table: pd.DataFrame, kept: pd.DataFrame | None = None, *, programme: Loyalty | None, currency: str, k: int) -> Draft:
    """Heads by rank and review, moves of the last one, cost and who is near (`metrics.loyalty.ranks`, `year_moves`)."""
    assert programme is not None, "without a programme there is no table"
    at = sorted({int(review) for review in table["review"]})
    last, top = at[-1], len(programme.ranks) - 1
    now = {int(row["rank"]): row for row in records(table[table["review"] == last])}
    year = table[(table["review"] > last - YEAR) & table["cost"].notna()]
    margin = float(table["margin"].iloc[0])
    stayed = {} if kept is None else {int(row["rank"]): row for row in records(kept[kept["year"] == 0])}
    mine = stayed.get(top)
    if mine is not None and mine["held"] < k:
        mine = None
    cost, sales = float(year["cost"].sum()), float(year["held_sales"].sum())
    share = cost / (sales * margin) if sales * margin > 0 else math.nan
    cap = programme.cost_cap_percent
    near = [row["near"] for rank, row in now.items() if rank < top]
    facts: dict[str, Fact] = {
        "top": _name(programme, top),
        "n": fact(now[top]["customers"]),
        "before": fact(table.loc[(table["review"] == at[0]) & (table["rank"] == top), "customers"].iloc[0]),
        "members": fact(sum(0 if math.isnan(row["customers"]) else row["customers"] for row in now.values())),
        "near": round(sum(0 if math.isnan(n) else n for n in near)),
        "near_percent": programme.near_percent / 100,
        "cost": round(cost),
        "share": fact(share),
        "cap": None if cap is None else cap / 100,
        "rate": None if mine is None else fact(mine["rate"]),
        "low": None if mine is None else fact(mine["low"]),
        "high": None if mine is None else fact(mine["high"]),
        "held": None if mine is None else int(mine["held"]),
        "gap": None if mine is None else fact(mine["gap"]),
        "gap_low": None if mine is None else fact(mine["gap_low"]),
        "gap_high": None if mine is None else fact(mine["gap_high"]),
        "months": programme.window_months,
        "last": first_day(last).isoformat(),
        "first": first_day(at[0]).isoformat(),
        "reviews": len(at) - 1,
        "margin": fact(margin),
    }
    over = cap is not None and not math.isnan(share) and share > cap / 100
    kind = (
        "no_year"
        if mine is None
        else "no_margin"
        if math.isnan(share)
        else "over"
        if over
        else "kept"
        if cap is None
        else "within"
    )
    return Draft(
        name="loyalty.ranks",
        page="AP-10",
        headline=Sentence(f"loyalty.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("loyalty.title"), Sentence("loyalty.unit", facts), "M", lambda v: _draw_ranks(table, at, programme, v)
            ),
            TablePanel(
                Sentence("loyalty.table"),
                Sentence("loyalty.table_unit", facts),
                _rank_table(now, year, stayed, programme, currency, k),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("loyalty.key" if mine is not None else "loyalty.key_cost", facts),
            Sentence(
                "loyalty.key_number" if mine is not None else "loyalty.money",
                {"value": facts["rate"] if mine is not None else facts["cost"]},
            ),
            Sentence(_compare(mine, facts), facts),
        ),
        reading=(Sentence("loyalty.read", facts),),
        claim=(Sentence("loyalty.sure"), Sentence("loyalty.sure_moves", facts)),
        next_move=NextMove(Sentence("loyalty.next_over" if over else "loyalty.next", facts)),
        note=(Sentence("loyalty.note" if not math.isnan(margin) else "loyalty.note_no_margin", facts),),
        sample=Sentence("loyalty.sample", facts),
        source=Sentence("loyalty.source"),
        period=str(months(at[0] + 1, last - at[0])),
        largest=int(max(cost, float(year["cost"].max() if len(year) else 0))),
        definitions=("DF-200", "DF-201", "DF-202"),
    )


def _compare(mine: dict[str, Any] | None, facts: dict[str, Fact]) -> str:
    if mine is None:
        return "loyalty.key_compare_cost" if facts["share"] is not None else "loyalty.key_compare_no_margin"
    if facts["gap"] is None:
        return "loyalty.key_compare_alone"
    clear = float(facts["gap_low"] or 0) > 0 or float(facts["gap_high"] or 0) < 0
    return "loyalty.key_compare" if clear else "loyalty.key_compare_same"


def _rank_table(
    now: dict[int, dict[str, Any]],
    year: pd.DataFrame,
    stayed: dict[int, dict[str, Any]],
    programme: Loyalty,
    currency: str,
    k: int,
) -> Table:
    columns = (
        plain_column("rank", "loyalty.column.rank", "said"),
        plain_column("from", "loyalty.column.from", "price_number", "loyalty.unit_price"),
        plain_column("customers", "loyalty.column.customers", "int", "sales.unit.people"),
        Column("near", Sentence("loyalty.column.near"), Sentence("sales.unit.people"), "int"),
        plain_column("rate", "loyalty.column.rate", "pct0_number", "sales.unit.percent"),
        plain_column("low", "loyalty.column.low", "pct0_number", "sales.unit.percent"),
        plain_column("high", "loyalty.column.high", "pct0_number", "sales.unit.percent"),
        plain_column("cost", "loyalty.column.cost", "money_number", "sales.unit.money"),
        plain_column("share", "loyalty.column.share", "pct1_number", "sales.unit.percent"),
    )
    rows: list[tuple[Fact, ...]] = []
    margin = float(year["margin"].iloc[0]) if len(year) else math.nan
    for rank in reversed(range(len(programme.ranks))):
        mine = year[year["rank"] == rank]
        cost, sales = float(mine["cost"].sum()), float(mine["held_sales"].sum())
        told = stayed.get(rank)
        shown = told if told is not None and told["held"] >= k else None
        rows.append(
            (
                _name(programme, rank),
                programme.ranks[rank].sales * 10 ** MINOR[currency],
                fact(now[rank]["customers"]),
                None if rank == len(programme.ranks) - 1 else fact(now[rank]["near"]),
                *(None if shown is None else fact(shown[name]) for name in ("rate", "low", "high")),
                round(cost),
                fact(cost / (sales * margin) if sales * margin > 0 else math.nan),
            )
        )
    cost, sales = float(year["cost"].sum()), float(year["held_sales"].sum())
    people = [row["customers"] for row in now.values()]
    nears = [row["near"] for rank, row in now.items() if rank < len(programme.ranks) - 1]
    total = ("campaigns.total", None, fact(_sum(people)), fact(_sum(nears)), None, None, None)
    rows.append((*total, round(cost), fact(cost / (sales * margin) if sales * margin > 0 else math.nan)))
    forms = tuple(column.form for column in columns)
    return Table(columns, tuple(rows), focus=0, total=True, forms=(*(forms,) * (len(rows) - 1), ("term", *forms[1:])))


def _sum(values: Sequence[float]) -> float:
    """A sum; unknown where one of its parts is hidden."""
    return math.nan if any(math.isnan(value) for value in values) else float(sum(values))


def _draw_ranks(table: pd.DataFrame, at: Sequence[int], programme: Loyalty, voice: Voice) -> Figure:
    figure, axes = board("M")
    ranks_ = list(reversed(range(len(programme.ranks))))
    step = (HEIGHT["M"] - HEAD) / len(ranks_)
    left, wide = NAME + 2, 92.0
    bars = strip(figure, left, wide)
    bars.set_xlim(-0.5, len(at) - 0.5)
    each = 1 if len(at) <= 8 else 3 if len(at) <= 16 else 6
    named = [n for n in range(len(at)) if (len(at) - 1 - n) % each == 0]
    columns = {"up": 150.0, "stayed": 173.0, "down": MAIN - 1}
    style: dict[str, Any] = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y = HEIGHT["M"] - 3.5 - DROP
    axes.text(0, y, voice.say("loyalty.head.rank"), **style)
    for n in named:
        day = first_day(at[n])
        bars.text(n, y, voice.say("loyalty.review", first=day.isoformat(), year=day.year), ha="center", **style)
    for name, x in columns.items():
        axes.text(x, y, voice.say(f"loyalty.head.{name}"), ha="right", **style)
    top = HEIGHT["M"] - HEAD + 1.5
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    for i, rank in enumerate(ranks_):
        mine = table[table["rank"] == rank].sort_values("review")
        foot = HEIGHT["M"] - HEAD - step * (i + 1) + 1.2
        people = mine["customers"].to_list()
        scale = (step - 7.5) / max([1.0, *(value for value in people if not math.isnan(value))])
        tall = [0.0 if math.isnan(value) else value * scale for value in people]
        colours = [COLOUR["mark"]] * (len(at) - 1) + [COLOUR["accent"]]
        bars.bar(range(len(at)), tall, bottom=foot, width=0.62, color=colours)
        for n in named:
            lastly = n == len(at) - 1
            number(bars, n, foot + tall[n] + 0.7, fact(people[n]), "int", voice, ha="center", va="bottom",
                   size=TYPE["label"], weight="bold" if lastly else "normal",
                   color=COLOUR["accent"] if lastly else COLOUR["text2"])  # fmt: skip
        middle = foot + (step - 2.4) / 2
        axes.text(0, middle + 0.4, fit(voice.number(_name(programme, rank), "said"), NAME, TYPE["body"]), size=TYPE["body"],
                  weight="bold", va="bottom")  # fmt: skip
        axes.text(0, middle - 0.6, _condition(programme, rank, voice), size=TYPE["small"], color=COLOUR["text2"], va="top")
        lastly_row = records(mine)[-1]
        for name, x in columns.items():
            colour = {"up": COLOUR["accent"], "down": COLOUR["alert"]}.get(name, COLOUR["ink"])
            number(axes, x, middle - DROP, fact(lastly_row[name]), "int", voice, ha="right", va="baseline",
                   size=TYPE["subhead"], weight="bold", color=colour)  # fmt: skip
        axes.plot([0, MAIN], [foot - 1.2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    return figure


def _condition(programme: Loyalty, rank: int, voice: Voice) -> str:
    floor = programme.ranks[rank].sales
    if not floor:
        return voice.say("loyalty.any_sales")
    return voice.say("loyalty.from_sales", sales=floor * (voice.formats.base.divide if voice.formats.base else 1))


# ---------------------------------------------------------------- service
@view
def service(table: pd.DataFrame, *, programme: Loyalty | None) -> Draft:
    """How fast each rank is answered against what is promised, and the hours that it takes (`metrics.loyalty.service`)."""
    assert programme is not None, "without a programme there is no table"
    rows = [row for row in records(table) if programme.ranks[int(row["rank"])].service is not None]
    goals = {int(row["rank"]): programme.ranks[int(row["rank"])].service for row in rows}
    timed = [row for row in rows if not math.isnan(row["rate"])]
    below = [row for row in timed if row["high"] < _goal(goals, row)]
    worst = min(below or timed, key=lambda row: row["rate"] - _goal(goals, row)) if timed else None
    hours = sum(0.0 if math.isnan(row[name]) else row[name] for row in rows for name in ("hours_inquiries", "hours_contacts"))
    cap = float(table["cap"].iloc[0])
    over = not math.isnan(cap) and hours > cap
    best = None if worst is None else goals[int(worst["rank"])]
    facts: dict[str, Fact] = {
        "rank": None if worst is None else _name(programme, int(worst["rank"])),
        "rate": None if worst is None else fact(worst["rate"]),
        "low": None if worst is None else fact(worst["low"]),
        "high": None if worst is None else fact(worst["high"]),
        "n": None if worst is None else int(worst["watched"]),
        "goal": None if worst is None else _goal(goals, worst),
        "promised": None if best is None else best.reply_hours,
        "hours": hours,
        "cap": fact(cap),
        "used": hours / cap if cap > 0 else None,
        "inquiries": fact(_sum([row["inquiries"] for row in rows])),
        "customers": fact(_sum([row["customers"] for row in rows])),
        "below": len(below),
    }
    kind = ("short" if below else "met") if worst is not None else "hours"
    fits = "over" if over else "fits" if not math.isnan(cap) else "open"
    return Draft(
        name="loyalty.service",
        page="AP-10b",
        headline=Sentence(f"loyalty.service.headline.{kind}_{fits}", facts),
        panels=(
            ChartPanel(
                Sentence("loyalty.service.title"),
                Sentence("loyalty.service.unit"),
                "M",
                lambda voice: _draw_service(rows, programme, cap, voice),
            ),
            TablePanel(
                Sentence("loyalty.service.table"), Sentence("loyalty.service.table_unit"), _service_table(rows, programme)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("loyalty.service.key" if worst is not None else "loyalty.service.key_hours", facts),
            Sentence("loyalty.key_number", {"value": facts["rate"]})
            if worst is not None
            else Sentence("loyalty.service.hours_number", {"value": hours}),
            Sentence("loyalty.service.key_compare" if worst is not None else "loyalty.service.key_compare_hours", facts),
        ),
        reading=(Sentence("loyalty.service.read"),),
        claim=(Sentence("loyalty.service.sure"),),
        next_move=NextMove(Sentence(f"loyalty.service.next_{'over' if over else kind}", facts)),
        note=(Sentence("loyalty.service.note"),),
        sample=Sentence("loyalty.service.sample" if facts["inquiries"] is not None else "loyalty.service.sample_few", facts),
        source=Sentence("loyalty.service.source"),
        period=str(months(int(table["last"].iloc[0]) - YEAR + 1, YEAR)),
        definitions=("DF-200", "DF-203"),
    )


def _goal(goals: dict[int, Any], row: dict[str, Any]) -> float:
    return float(goals[int(row["rank"])].within_percent) / 100


def _draw_service(rows: list[dict[str, Any]], programme: Loyalty, cap: float, voice: Voice) -> Figure:
    figure, axes = board("M")
    told = list(reversed(rows))
    step = min(15.0, (HEIGHT["M"] - HEAD - 18) / len(told))
    at = [HEIGHT["M"] - HEAD - step * (i + 0.5) for i in range(len(told))]
    dots, load = strip(figure, NAME + 24, 46), strip(figure, 132, 52)
    dots.set_xlim(0, 1)
    whole = sum(_hours(row) for row in told)
    load.set_xlim(0, max([whole, 0.0 if math.isnan(cap) else cap]) * 1.04 or 1)
    style: dict[str, Any] = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y = HEIGHT["M"] - 3.5 - DROP
    for name, x, side in (("rank", 0, "left"), ("promise", NAME, "left"), ("dots", NAME + 24, "left"),
                          ("rate", 126, "right"), ("work", 132, "left"), ("hours", MAIN - 1, "right")):  # fmt: skip
        axes.text(x, y, voice.say(f"loyalty.service.head.{name}"), ha=side, **style)
    top = HEIGHT["M"] - HEAD + 1.5
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    edge = at[-1] - step / 2
    for x in (0, 0.5, 1):
        dots.plot([x, x], [edge, top], color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
        dots.text(x, edge - 1.2, voice.number(x, "pct0"), ha="center", va="top", size=TYPE["foot"], color=COLOUR["mute"])
    for row, place in zip(told, at, strict=True):
        rank = int(row["rank"])
        how = programme.ranks[rank].service
        assert how is not None
        axes.text(0, place - DROP, fit(voice.number(_name(programme, rank), "said"), NAME - 2, TYPE["label"]), size=TYPE["label"],
                  weight="bold", va="baseline")  # fmt: skip
        if how.reply_hours is not None:
            promise = voice.say("loyalty.service.promise", hours=how.reply_hours, goal=how.within_percent / 100)
            axes.text(NAME, place - DROP, promise, size=TYPE["small"], color=COLOUR["text2"], va="baseline")
        if not math.isnan(row["rate"]):
            short = row["high"] < how.within_percent / 100
            colour = COLOUR["alert"] if short else COLOUR["accent"]
            dots.plot([row["low"], row["high"]], [place, place], color=colour, lw=LINE["interval"])
            (dot,) = dots.plot([row["rate"]], [place], "o", ms=5.5, color=colour)
            mark(dot, "rate", along="x")
            goal = how.within_percent / 100
            dots.plot([goal, goal], [place - 2.6, place + 2.6], color=COLOUR["ink"], lw=LINE["main"])
            number(axes, 126, place - DROP, fact(row["rate"]), "pct0_number", voice, ha="right", va="baseline",
                   size=TYPE["label"], weight="bold", color=colour)  # fmt: skip
        begin = 0.0
        for name, colour in (("hours_inquiries", COLOUR["mark"]), ("hours_contacts", COLOUR["accent"])):
            value = 0.0 if math.isnan(row[name]) else row[name]
            bar = load.barh([place], [value], left=begin, height=min(5.0, step * 0.45), color=colour)
            mark(bar, name)
            begin += value
        number(axes, MAIN - 1, place - DROP, begin, "dec1", voice, ha="right", va="baseline", size=TYPE["label"], weight="bold")
        axes.plot([0, MAIN], [place - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    foot = edge - 7.5
    over = not math.isnan(cap) and whole > cap
    total = load.barh([foot], [whole], height=5.0, color=COLOUR["alert"] if over else COLOUR["text2"])
    mark(total, "hours")
    axes.text(126, foot - DROP, voice.say("loyalty.service.all"), ha="right", va="baseline", size=TYPE["label"], weight="bold")
    number(axes, MAIN - 1, foot - DROP, whole, "dec1", voice, ha="right", va="baseline", size=TYPE["label"], weight="bold",
           color=COLOUR["alert"] if over else COLOUR["ink"])  # fmt: skip
    if not math.isnan(cap):
        load.plot([cap, cap], [foot - 3.6, foot + 3.6], color=COLOUR["ink"], lw=LINE["main"])
        load.text(cap, foot - 4.2, voice.say("loyalty.service.cap", cap=cap), ha="right", va="top", size=TYPE["foot"],
                  color=COLOUR["text2"])  # fmt: skip
    axes.text(0, foot - DROP, voice.say("loyalty.service.marks"), va="baseline", size=TYPE["foot"], color=COLOUR["mute"])
    return figure


def _hours(row: dict[str, Any]) -> float:
    return sum(0.0 if math.isnan(row[name]) else float(row[name]) for name in ("hours_inquiries", "hours_contacts"))


def _service_table(rows: list[dict[str, Any]], programme: Loyalty) -> Table:
    columns = (
        plain_column("rank", "loyalty.column.rank", "said"),
        plain_column("by", "loyalty.service.column.by", "said"),
        plain_column("customers", "loyalty.column.customers", "int", "sales.unit.people"),
        plain_column("inquiries", "loyalty.service.column.inquiries", "int", "loyalty.service.cases"),
        plain_column("minutes", "loyalty.service.column.minutes", "int", "loyalty.service.minutes"),
        plain_column("contacts", "loyalty.service.column.contacts", "int", "loyalty.service.times"),
        plain_column("hours", "loyalty.service.column.hours", "dec1", "loyalty.service.hours"),
        plain_column("each", "loyalty.service.column.each", "dec1", "loyalty.service.minutes"),
    )
    told: list[tuple[Fact, ...]] = []
    for row in reversed(rows):
        how = programme.ranks[int(row["rank"])].service
        assert how is not None
        known = not math.isnan(row["customers"]) and row["customers"] > 0
        told.append(
            (
                _name(programme, int(row["rank"])),
                in_languages(**how.by.root),
                fact(row["customers"]),
                fact(row["inquiries"]),
                how.minutes,
                how.contacts_a_year,
                _hours(row),
                _hours(row) * 60 * YEAR / row["customers"] if known else None,
            )
        )
    return Table(columns, tuple(told), focus=0)
