"""The pages of every month: the KPI tree against plan, new customers by month of their first order, what changed and who acts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence
from crm_helpers.ledger import row_id
from crm_helpers.metrics.intervals import newcombe
from crm_helpers.metrics.monthly import AGES, DEFINITIONS
from crm_helpers.params.periods import Period, Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.formats import shortened
from crm_helpers.views.block import ChartPanel, Draft, fact, view
from crm_helpers.views.effect import MOST, NAME_EM, draw_decision, ruled
from crm_helpers.views.kpi import draw_tree
from crm_helpers.views.sales import rate_of
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, TYPE, canvas, fit, mark, number

NEAR = 0.005  # of the plan: nearer is on plan
WINDOW = 90  # days of F2 that the headline speaks of
WORDS = {"segment": "segments.name", "table": "contract.tables"}  # where a definition's name stands in words
LISTED = 4  # names of changed definitions printed; the others are counted


# ---------------------------------------------------------------- KPI tree against plan
@view
def plan(table: pd.DataFrame, months: pd.DataFrame, defined: pd.DataFrame) -> Draft:
    """The KPI tree of the month over the sales of the fiscal year by month, beside the budget (`metrics.monthly`).

    `defined`: what the figures rest on (`metrics.monthly.definitions`); what changed since the last edition is named here.
    """
    by = {str(name): part for name, part in table.groupby("span")}
    nodes, so_far = ({row["node"]: row for row in records(by[name])} for name in ("month", "to_date"))
    parts = by["month"][by["month"]["leaf"]].set_index("node")["contribution"].astype(int)
    main = str(parts.abs().idxmax())
    sales, year = nodes["sales"], so_far["sales"]
    rate, year_rate = rate_of(sales["current"], sales["plan"]), rate_of(year["current"], year["plan"])
    facts: dict[str, Fact] = {
        "month": str(sales["period"]),
        "to_date": str(year["period"]),
        "before": str(sales["before"]),
        "sales": int(sales["current"]),
        "plan": round(sales["plan"]),
        "diff": abs(round(sales["current"] - sales["plan"])),
        "rate": abs(rate),
        "signed": rate,
        "year_rate": year_rate,
        "year_diff": round(year["current"] - year["plan"]),
        "year_sales": int(year["current"]),
        "main": f"kpi.phrase.{main}",
        "main_value": int(parts[main]),
        "customers": int(nodes["customers"]["current"]),
    }
    kind = "on" if abs(rate) < NEAR else "over" if rate > 0 else "short"
    plans = {row["node"]: float(row["plan"]) for row in nodes.values() if not math.isnan(row["plan"])}
    return Draft(
        name="monthly.plan",
        page="ER-15",
        headline=Sentence(f"monthly.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("monthly.tree"),
                Sentence("monthly.tree_unit", facts),
                "S",
                lambda voice: draw_tree(nodes, main, _spans(sales), voice, plans),
            ),
            ChartPanel(
                Sentence("monthly.months"), Sentence("monthly.months_unit"), "M", lambda voice: _draw_months(months, voice)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("monthly.key", facts), Sentence("monthly.key_number", facts), Sentence("monthly.key_compare", facts)
        ),
        reading=_redefined(defined),
        claim=(Sentence("monthly.sure"),),
        next_move=NextMove(Sentence("monthly.next_keep" if kind == "over" else "monthly.next", facts)),
        note=(Sentence("monthly.note", facts),),
        sample=Sentence("monthly.sample", facts),
        source=Sentence("monthly.source"),
        period=str(sales["period"]),
        largest=int(max(year["current"], year["plan"])),
        definitions=("DF-01", "DF-02", "DF-03", "DF-04", "DF-05", "DF-175"),
        rows=(_kpi_row(sales, year, int(nodes["customers"]["current"])), _definition_row(defined)),
        stake=abs(round(sales["current"] - sales["plan"])),
        evidence="fact",
    )


def _spans(row: Mapping[str, Any]) -> Periods:
    """The two months that the tree compares."""
    current, compare = (Period(*map(pd.Timestamp.date, map(pd.Timestamp, str(row[n]).split("/")))) for n in ("period", "before"))
    return Periods(current, compare)


def _redefined(defined: pd.DataFrame) -> tuple[Sentence, ...]:
    """What was redefined since the last edition, by kind; that nothing was; or that there is nothing to compare with."""
    if not len(defined) or (defined["state"] == "").all():
        return (Sentence("monthly.redefined.first"),)
    names = [str(name) for name in defined.loc[defined["state"] != "same", "name"]]
    if not names:
        return (Sentence("monthly.redefined.none"),)
    gone = set(defined.loc[defined["state"] == "gone", "name"])
    told = [_named(name, gone=name in gone) for name in names[:LISTED]]
    rest = len(names) - LISTED
    more = [Sentence("monthly.redefined.more", {"n": rest})] if rest > 0 else []
    return (Sentence("monthly.redefined.some", {"n": len(names)}), *told, *more)


def _named(name: str, *, gone: bool) -> Sentence:
    """A definition in words; of a segment that is gone the settings hold no name any more."""
    family, _, rest = name.partition(":")
    if family == "segment" and gone:
        return Sentence("monthly.redefined.segment_gone", {"name": rest})
    if rest:
        return Sentence(f"monthly.redefined.{family}", {"name": f"{WORDS[family]}.{rest}"})
    if name.startswith("DF-"):
        return Sentence("monthly.redefined.term", {"name": f"definitions.{name}.term"})
    return Sentence("monthly.redefined.setting", {"name": f"monthly.setting.{name}"})


def _kpi_row(sales: Mapping[str, Any], year: Mapping[str, Any], n: int) -> LedgerRow:
    values: dict[str, dict[str, Fact]] = {}
    for name, row in (("month", sales), ("to_date", year)):
        told: dict[str, Fact] = {"unit": "money", "n": n, "period": str(row["period"])}
        values[name] = told | {"value": int(row["current"]), "definition": "sales"}
        values[f"{name}_plan"] = told | {"value": round(row["plan"]), "definition": "budget"}
    return LedgerRow(row_id("kpi", "sales"), "kpi", Sentence("kpi.node.sales"), values, "order_lines, budget")


def _definition_row(defined: pd.DataFrame) -> LedgerRow:
    """What the figures rested on, for the next edition to compare with."""
    values: dict[str, dict[str, Fact]] = {
        str(row["name"]): {"value": str(row["digest"]), "unit": "digest"} for row in records(defined) if row["digest"]
    }
    return LedgerRow(DEFINITIONS, "definition", Sentence("monthly.row"), values, "params")


def _draw_months(months: pd.DataFrame, voice: Voice) -> Figure:
    """Sales as bars, the budget as a step over each, the year before as a dot; months to come have their budget only."""
    figure, axes = canvas("M", (1, 13, MAIN - 2, HEIGHT["M"] - 23))
    at = np.arange(len(months))
    over = months["sales"].notna().to_numpy()
    last = int(np.flatnonzero(over)[-1])
    colours = [COLOUR["accent"] if i == last else COLOUR["accent_soft"] for i in at[over]]
    mark(axes.bar(at[over], months.loc[over, "sales"], width=0.62, color=colours), "sales")
    axes.bar(at[~over], months.loc[~over, "plan"].fillna(0), width=0.62, fc="none", ec=COLOUR["mark"], hatch=HATCH, lw=0)
    for x, value in enumerate(months["plan"]):
        axes.plot([x - 0.4, x + 0.4], [value, value], color=COLOUR["ink"], lw=LINE["interval"], solid_capstyle="butt", zorder=4)
    (planned,) = axes.plot(at, months["plan"], lw=0)
    mark(planned, "plan")
    (before,) = axes.plot(at, months["before"], "o", ms=3.6, mfc=COLOUR["paper"], mec=COLOUR["text2"], mew=LINE["axis"], zorder=5)
    mark(before, "before")
    top = float(np.nanmax(months[["sales", "before", "plan"]].to_numpy()))
    for i, row in enumerate(records(months)):
        if math.isnan(row["sales"]):
            continue
        rate = rate_of(row["sales"], row["plan"]) if not math.isnan(row["plan"]) else math.nan
        strong = i == last
        place = max(value for value in (row["sales"], row["before"], row["plan"]) if not math.isnan(value)) + 0.03 * top
        number(axes, i, place, fact(rate), "pct0_signed", voice, ha="center", va="bottom",
               size=TYPE["label"] if strong else TYPE["small"], weight="bold" if strong else "normal",
               color=COLOUR["alert"] if rate < -NEAR else COLOUR["ink"])  # fmt: skip
        number(axes, i, -0.135 * top, row["sales"], "money_number", voice, ha="center", va="top", size=TYPE["foot"],
               color=COLOUR["text2"])  # fmt: skip
    axes.set_xticks(at, [voice.number(day, "month_axis") for day in months["first"]])
    axes.tick_params(axis="x", length=0)
    axes.set(xlim=(-0.6, len(months) - 0.4), ylim=(0, top * 1.12), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.text(-0.6, top * 1.3, voice.say("monthly.legend"), va="top", size=TYPE["small"], color=COLOUR["text2"], clip_on=False)
    return figure


# ---------------------------------------------------------------- F2 and retention by month of the first order
@view
def vintages(table: pd.DataFrame, *, k: int) -> Draft:
    """F2 within 30 and 90 days over the share that still orders, by month of the first order (`metrics.monthly.vintages`)."""
    rows = records(table)
    known = [row for row in rows if not math.isnan(row[f"rate_{WINDOW}"])]
    window = WINDOW if known else next(w for w in (60, 30) if any(not math.isnan(row[f"rate_{w}"]) for row in rows))
    last = [row for row in rows if not math.isnan(row[f"rate_{window}"])][-1]
    partner = next((row for row in rows if row["month"] == last["month"] - 12 and not math.isnan(row[f"rate_{window}"])), None)
    facts: dict[str, Fact] = {
        "first": str(last["first"]),
        "window": window,
        "n": int(last["customers"]),
        "rate": fact(last[f"rate_{window}"]),
        "low": fact(last[f"low_{window}"]),
        "high": fact(last[f"high_{window}"]),
        "people": sum(int(row["customers"]) for row in rows),
        "months": len(rows),
        "k": k,
    }
    kind = "alone"
    if partner is not None:
        counts = [(round(row[f"rate_{window}"] * row["customers"]), int(row["customers"])) for row in (last, partner)]
        gap, low, high = newcombe(*counts[0], *counts[1])
        facts |= {"before": fact(partner[f"rate_{window}"]), "gap": gap, "gap_low": low, "gap_high": high}
        facts |= {"before_first": str(partner["first"]), "before_n": int(partner["customers"])}
        kind = "higher" if low > 0 else "lower" if high < 0 else "same"
    kept = next((age for age in reversed(AGES) if table[f"kept_{age}"].notna().any()), None)
    hidden = [Sentence("repeat.note_hidden", {"k": k})] if bool(table["hidden"].any()) else []
    second = [] if kept is None else [_retention(table)]
    return Draft(
        name="monthly.vintages",
        page="ER-16",
        headline=Sentence(f"monthly.headline.vintage_{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("monthly.second"),
                Sentence("monthly.second_unit"),
                "M",
                lambda voice: _draw_second(table, last, window, voice),
            ),
            *second,
        ),
        key_figure=KeyFigure(
            Sentence("monthly.vintage_key", facts),
            Sentence("monthly.vintage_number", facts),
            Sentence(f"monthly.vintage_compare_{'alone' if partner is None else 'gap'}", facts),
        ),
        reading=(Sentence("monthly.vintage_read", facts),),
        claim=(Sentence("monthly.vintage_sure"),),
        next_move=NextMove(Sentence(f"monthly.vintage_next_{'lower' if kind == 'lower' else 'keep'}", facts)),
        note=(Sentence("monthly.vintage_note", facts), *hidden),
        sample=Sentence("monthly.vintage_sample", facts),
        source=Sentence("sales.source"),
        period=str(last["first"]),
        definitions=("DF-31", "DF-33", "DF-34"),
    )


def _retention(table: pd.DataFrame) -> ChartPanel:
    return ChartPanel(Sentence("monthly.kept"), Sentence("monthly.kept_unit"), "S", lambda voice: _draw_kept(table, voice))


def _month_ticks(axes: Axes, table: pd.DataFrame, voice: Voice, *, sizes: bool) -> None:
    key = "monthly.tick" if sizes else "monthly.tick_bare"
    told = [(str(row["first"]), None if row["hidden"] else int(row["customers"])) for row in records(table)]
    labels = [voice.say(key, first=first, year=first[:4], n=n) for first, n in told]
    axes.set_xticks(range(len(table)), [label.replace("|", "\n") for label in labels])
    axes.tick_params(axis="both", length=0, labelsize=TYPE["foot"])
    axes.set_xlim(-0.6, len(table) - 0.4)


def _draw_second(table: pd.DataFrame, last: Mapping[str, Any], window: int, voice: Voice) -> Figure:
    """F2 of each month with its interval; the newest known month and its partner in colour, months not watched hatched."""
    figure, axes = canvas("M", (9, 13, MAIN - 32, HEIGHT["M"] - 16))
    top = float(np.nanmax([table[f"high_{window}"].max(), table["rate_30"].max()]))
    if window != 30:
        (soon,) = axes.plot(range(len(table)), table["rate_30"], color=COLOUR["mark"], lw=LINE["second"], marker="o", ms=3)
        mark(soon, "f2_30")
        _end(axes, table["rate_30"], voice.say("monthly.within", days=30), COLOUR["text2"])
    (line,) = axes.plot(range(len(table)), table[f"rate_{window}"], color=COLOUR["accent_soft"], lw=LINE["second"])
    mark(line, f"f2_{window}")
    _end(axes, table[f"rate_{window}"], voice.say("monthly.within", days=window), COLOUR["accent"])
    for i, row in enumerate(records(table)):
        rate = row[f"rate_{window}"]
        if math.isnan(rate):
            axes.bar(i, top * 1.1, width=0.9, fc="none", ec=COLOUR["mark"], hatch=HATCH, lw=0, zorder=0)
            continue
        mine, partner = row["month"] == last["month"], row["month"] == last["month"] - 12
        colour = COLOUR["accent"] if mine else COLOUR["text2"] if partner else COLOUR["mark"]
        axes.plot([i, i], [row[f"low_{window}"], row[f"high_{window}"]], color=colour, lw=LINE["interval"], zorder=3)
        axes.plot(i, rate, "o", color=colour, ms=6 if mine else 4.5, zorder=4)
        number(axes, i, row[f"high_{window}"] + 0.02 * top, rate, "pct0_number", voice, ha="center", va="bottom",
               size=TYPE["subhead"] if mine else TYPE["foot"], weight="bold" if mine else "normal",
               color=COLOUR["accent"] if mine else COLOUR["text2"])  # fmt: skip
    axes.set_ylim(0, top * 1.16)
    _percent(axes, voice)
    _month_ticks(axes, table, voice, sizes=True)
    return figure


def _draw_kept(table: pd.DataFrame, voice: Voice) -> Figure:
    """Lines of the share that ordered 1, 3 and 6 months after the month of the first order."""
    figure, axes = canvas("S", (9, 8, MAIN - 32, HEIGHT["S"] - 11))
    ends: list[tuple[float, str, str]] = []
    for age, name in zip(AGES, ("accent", "text2", "mark"), strict=True):
        values = table[f"kept_{age}"]
        if values.isna().all():
            continue
        (line,) = axes.plot(range(len(table)), values, color=COLOUR[name], lw=LINE["second"], marker="o", ms=3)
        mark(line, f"kept_{age}")
        place = _last_known(values)
        ends.append(
            (
                float(values.iloc[place]),
                voice.say("monthly.after", months=age),
                COLOUR["text2"] if name == "mark" else COLOUR[name],
            )
        )
        axes.plot(place, float(values.iloc[place]), "o", color=COLOUR[name], ms=4.5)
    top = float(np.nanmax(table[[f"kept_{age}" for age in AGES]].to_numpy())) * 1.18
    apart, at = top * 4.2 / (HEIGHT["S"] - 11), 0.0
    for value, words, colour in sorted(ends):
        at = max(value, at + apart)
        axes.text(len(table) - 0.3, at, words, va="center", size=TYPE["small"], color=colour, clip_on=False)
    axes.set_ylim(0, top)
    _percent(axes, voice)
    _month_ticks(axes, table, voice, sizes=False)
    return figure


def _last_known(values: pd.Series) -> int:
    return int(np.flatnonzero(values.notna().to_numpy())[-1])


def _end(axes: Axes, values: pd.Series, words: str, colour: str) -> None:
    """Name a line at the height of its last known point."""
    at = float(values.iloc[_last_known(values)])
    axes.text(len(values) - 0.3, at, words, va="center", size=TYPE["small"], color=colour, clip_on=False)


def _percent(axes: Axes, voice: Voice) -> None:
    axes.yaxis.set_major_formatter(lambda value, _: voice.number(value, "pct0"))
    axes.locator_params(axis="y", nbins=4)
    axes.yaxis.grid(True)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


# ---------------------------------------------------------------- what changed and who acts
PLACES = {"decision": 0.0, "name": 18.0, "was": 70.0, "what": 99.0, "owner": 142.0, "due": MAIN}


@view
def agenda(table: pd.DataFrame, *, review: str | None) -> Draft:
    """The campaigns whose decision changed or stands, what is to be done and who does it (`metrics.monthly.agenda`).

    `review`: ISO day of the next meeting that decides, where the settings name one.
    """
    rows = records(table)
    counts = {kind: sum(row["kind"] == kind for row in rows) for kind in ("changed", "standing", "waiting")}
    first = rows[0]
    owners = {str(row["owner"]) for row in rows if row["kind"] != "waiting" and isinstance(row["owner"], str)}
    facts: dict[str, Fact] = {**counts, "n": len(rows), "name": shortened(str(first["name"]), NAME_EM)}
    facts |= {
        "decision": f"effect.decision.{first['decision']}",
        "reason": f"monthly.field.{first['field']}",
        "owners": len(owners),
    }
    facts |= {"unowned": sum(not isinstance(row["owner"], str) for row in rows if row["kind"] != "waiting"), "review": review}
    facts["todo"] = counts["changed"] + counts["standing"]
    kind = next((kind for kind in ("changed", "standing") if counts[kind]), "waiting")
    kind = "new" if kind == "changed" and not counts["standing"] else kind
    notes = [Sentence("monthly.agenda_note")]
    notes += [Sentence("effect.note_more", {"n": len(rows) - MOST})] if len(rows) > MOST else []
    return Draft(
        name="monthly.agenda",
        page="ER-17",
        headline=Sentence(f"monthly.headline.agenda_{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("monthly.agenda"),
                Sentence("monthly.agenda_unit"),
                "L",
                lambda voice: _draw_agenda(rows[:MOST], review, voice),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("monthly.agenda_key"), Sentence("monthly.agenda_number", facts), Sentence("monthly.agenda_compare", facts)
        ),
        reading=(),
        claim=(Sentence("monthly.agenda_sure"),),
        next_move=NextMove(Sentence("monthly.agenda_next_owner" if facts["unowned"] else "monthly.agenda_next", facts)),
        note=tuple(notes),
        sample=Sentence("monthly.agenda_sample", facts),
        source=Sentence("effect.source"),
        period="",
        definitions=("DF-162",),
    )


def _draw_agenda(rows: Sequence[Mapping[str, Any]], review: str | None, voice: Voice) -> Figure:
    figure, axes, middles = ruled(PLACES, "monthly.column", "due", len(rows), voice)
    for row, y in zip(rows, middles, strict=True):
        strong = row["kind"] == "changed"
        draw_decision(axes, y, str(row["decision"]), voice)
        _cell(axes, "name", y + 2.1, str(row["name"]), 50, strong=True)
        told = next(key for key in ("learnings.short", "effect.reason") if voice.has(f"{key}.{row['reason']}"))
        _cell(axes, "name", y - 2.1, voice.say(f"{told}.{row['reason']}"), 50, small=True)
        was = voice.say(f"effect.decision.{row['was']}") if row["was"] else voice.say("monthly.was_none")
        _cell(axes, "was", y, voice.say(f"monthly.kind.{row['kind']}", was=was), 28, strong=strong, accent=strong)
        what = voice.say("monthly.wait") if row["kind"] == "waiting" else voice.say(f"monthly.field.{row['field']}")
        _cell(axes, "what", y, what, 42)
        _cell(axes, "owner", y, str(row["owner"]) if isinstance(row["owner"], str) else voice.say("monthly.no_owner"), 36)
        day = row["due"] if row["kind"] == "waiting" else review
        text = voice.number(day, "date") if day else voice.say("monthly.at_meeting")
        axes.text(PLACES["due"], y, text, ha="right", va="center", size=TYPE["label"])
    at = np.arange(len(rows))
    (days,) = axes.plot(at, [URGENCY[str(row["kind"])] for row in rows], lw=0, ms=0)
    mark(days, "kind")
    return figure


URGENCY = {"changed": 0, "standing": 1, "waiting": 2}


def _cell(
    axes: Axes, column: str, y: float, text: str, wide: float, *, strong: bool = False, small: bool = False, accent: bool = False
) -> None:
    size = TYPE["foot" if small else "label"]
    colour = COLOUR["accent"] if accent else COLOUR["text2"] if small else COLOUR["ink"]
    axes.text(
        PLACES[column], y, fit(text, wide, size), va="center", size=size, weight="bold" if strong else "normal", color=colour
    )
