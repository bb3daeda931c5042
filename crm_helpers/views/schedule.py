"""The pages of the schedule: the chain of work of each campaign on a calendar, and what cannot be done in time."""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from crm_helpers.data.frames import given, records
from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.domain import business_days
from crm_helpers.domain.schedule import LAUNCH, RESULT
from crm_helpers.look import TOKENS
from crm_helpers.params.periods import first_day, month_key
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.campaigns import name_of
from crm_helpers.views.plan import span
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, canvas, fit, ink_on, mark, number, strip, width

WEEKS = 26  # drawn
BACK = 8  # weeks before as_of at most
MOST = 14  # campaigns drawn
LEFT, RIGHT = 46.0, 20.0  # mm: names, and the column of slack
HEAD, LEGEND, LOAD = 10.0, 7.0, 25.0  # mm
TIGHT = 5  # business days of slack under which a campaign is tight
YEAR = 12  # months drawn
LISTED = 6  # rows of the table
RAMP, EDGE = TOKENS["ramp"], COLOUR["accent"]
FILL = {
    "run": (RAMP[1], RAMP[2]), "brief": (RAMP[1], EDGE), "targets": (RAMP[1], EDGE), "creative": (RAMP[2], EDGE),
    "approval": (COLOUR["paper"], EDGE), "set_up": (RAMP[3], EDGE), "test": (RAMP[3], EDGE), "print": (RAMP[3], EDGE),
    "send": (EDGE, EDGE), "result": (RAMP[1], EDGE), "done": (COLOUR["rule"], COLOUR["mark"]),
    "late": (COLOUR["alert_soft"], COLOUR["alert"]),
}  # fmt: skip
Box = tuple[float, float, float, float]


def campaigns(tasks: pd.DataFrame) -> list[dict[str, Any]]:
    """One row a campaign, by its first day: slack, first day that can be kept, late steps and the first open one."""
    found = []
    for _, mine in tasks.groupby(["starts_on", "campaign_id"], sort=True):
        rows = records(mine)
        ahead = [row for row in rows if not row["done"] and row["step"] not in (LAUNCH, RESULT)]
        first = min(ahead, key=lambda row: row["due"]) if ahead else None
        found.append(rows[0] | {"late": sum(row["state"] == "late" for row in rows), "open": first, "tasks": rows})
    return found


def _facts(told: list[dict[str, Any]], work: pd.DataFrame | None, as_of: datetime.date) -> dict[str, Fact]:
    missed = [row for row in told if row["slack"] < 0]
    tight = [row for row in told if 0 <= row["slack"] < TIGHT and row["open"] is not None]
    latest = max(missed, key=lambda row: (row["earliest"] - row["starts_on"], row["campaign_id"])) if missed else None
    least = min(told, key=lambda row: row["slack"])
    facts: dict[str, Fact] = {
        "n": len(told),
        "missed": len(missed),
        "tight": len(tight),
        "late": sum(int(row["late"]) for row in told),
        "days": TIGHT,
        "name": None if latest is None else name_of(latest),
        "planned": None if latest is None else latest["starts_on"].date().isoformat(),
        "earliest": None if latest is None else latest["earliest"].date().isoformat(),
        "least": name_of(least),
        "slack": int(least["slack"]),
        "as_of": as_of.isoformat(),
        "soon": sum(row["starts_on"].date() <= as_of + datetime.timedelta(days=31) for row in told),
    }
    if work is not None:
        over = work[work["over"]]
        worst = max(records(work), key=lambda row: row["total"])
        facts |= {
            "over": len(over),
            "month": first_day(int(worst["month"])).isoformat(),
            "peak": float(worst["total"]),
            "cap": fact(worst["cap"]),
            "carried": float(work["carried"].sum()),
            "total": float(work["total"].sum()),
            "done": float(work.attrs["done"]),
            "later": float(work["total"][YEAR:].sum()),
        }
    else:
        facts |= dict.fromkeys(("over", "month", "peak", "cap", "carried", "total", "done", "later"))
    return facts


def _kind(facts: Mapping[str, Fact]) -> str:
    first = "late" if facts["missed"] else "tight" if facts["tight"] else "even"
    return f"{first}_over" if facts["over"] else first


# ---------------------------------------------------------------- Gantt
@view
def gantt(
    tasks: pd.DataFrame,
    work: pd.DataFrame | None = None,
    *,
    links: pd.DataFrame,
    as_of: datetime.date,
    closed: Collection[datetime.date],
) -> Draft:
    """Half a year of the chains of work, closed days, and what waits for what (`metrics.schedule.tasks`, `work`, `links`)."""
    told = campaigns(tasks)
    start, end = _window(tasks, as_of)
    within = [row for row in told if min(task["start"] for task in row["tasks"]).date() <= end]
    shown = within[:MOST]
    facts = _facts(told, work, as_of) | {"shown": len(shown), "rest": len(told) - len(shown)}
    crossed = int((~links["kept"]).sum()) if len(links) else 0
    notes = [Sentence("schedule.note_rest", facts)] if facts["rest"] else []
    notes += [Sentence("schedule.note_links", {"n": len(links), "crossed": crossed})] if len(links) else []
    return Draft(
        name="schedule.gantt",
        page="AP-11",
        headline=Sentence(f"schedule.headline.{_kind(facts)}", facts),
        panels=(
            ChartPanel(
                Sentence("schedule.title", {"period": f"{start}/{end}"}),
                Sentence("schedule.unit"),
                "L",
                lambda voice: _draw(shown, work, links, (start, end), as_of, closed, voice),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("schedule.key"),
            Sentence("schedule.key_number", {"value": facts["missed"]}),
            Sentence("schedule.key_compare", facts),
        ),
        reading=(Sentence("schedule.read"),),
        claim=(Sentence("schedule.sure"),),
        next_move=NextMove(Sentence(f"schedule.next.{_kind(facts)}", facts)),
        note=tuple(notes),
        sample=Sentence("schedule.sample", facts),
        source=Sentence("schedule.source"),
        period=f"{start}/{end}",
        definitions=("DF-206", "DF-207"),
    )


def _window(tasks: pd.DataFrame, as_of: datetime.date) -> tuple[datetime.date, datetime.date]:
    """Weeks from the Monday before the first open step, or before `as_of`."""
    opened = tasks.loc[~tasks["done"], "start"]
    first = min(opened.min().date(), as_of) if len(opened) else as_of
    first = max(first, as_of - datetime.timedelta(weeks=BACK))
    monday = first - datetime.timedelta(days=first.weekday())
    return monday, monday + datetime.timedelta(weeks=WEEKS, days=-1)


def _boxes(axes: Axes, boxes: Iterable[Box], **style: Any) -> None:
    """Rectangles (left, bottom, right, top) as one path: a small file."""
    corners, codes = [], []
    for left, bottom, right, top in boxes:
        corners += [(left, bottom), (left, top), (right, top), (right, bottom), (left, bottom)]
        codes += [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY]
    if corners:
        axes.add_patch(PathPatch(Path(corners, codes), **style))


def _draw(
    told: list[dict[str, Any]],
    work: pd.DataFrame | None,
    links: pd.DataFrame,
    window: tuple[datetime.date, datetime.date],
    as_of: datetime.date,
    closed: Collection[datetime.date],
    voice: Voice,
) -> Figure:
    figure, axes = board("L")
    start, end = window
    days = (end - start).days + 1
    wide = MAIN - LEFT - RIGHT
    foot = LEGEND + (LOAD if work is not None else 0.0)
    top = HEIGHT["L"] - HEAD
    step = min(11.0, (top - foot) / len(told))
    bottom = top - step * len(told)

    def x(day: datetime.date) -> float:
        return LEFT + wide * min(max((day - start).days / days, 0.0), 1.0)

    off = [day for n in range(days) if not business_days.is_open(day := start + datetime.timedelta(days=n), closed)]
    _boxes(axes, ((x(a), bottom, x(b + business_days.DAY), top) for a, b in _runs(off)), fc=COLOUR["wash"], lw=0, zorder=0)
    _dates(axes, window, x, top, bottom, voice)
    today = x(as_of + business_days.DAY)
    axes.plot([today, today], [bottom, top + 1], color=COLOUR["alert"], lw=LINE["second"], zorder=4)
    axes.text(today, bottom - 1.0, voice.say("schedule.today"), ha="center", va="top", size=TYPE["foot"], weight="bold",
              color=COLOUR["alert"])  # fmt: skip
    axes.text(
        MAIN - 0.5, top + 1.6, voice.say("schedule.slack"), ha="right", size=TYPE["foot"], color=COLOUR["text2"], weight="bold"
    )
    places = {row["campaign_id"]: top - step * (i + 0.5) for i, row in enumerate(told)}
    boxes: dict[str, list[Box]] = {}
    for row in told:
        _campaign(axes, row, places[row["campaign_id"]], step, window, x, boxes, voice)
    for kind, drawn in boxes.items():
        _boxes(axes, drawn, fc=FILL[kind][0], ec=FILL[kind][1], lw=LINE["rule"], zorder=2 if kind != "run" else 1.5)
    _arrows(axes, told, links[links["other"].isin(places)], places, (start, end), x, step)
    _legend(axes, voice)
    if work is not None:
        _load(figure, axes, work, window, x, voice)
    return figure


def _runs(days: list[datetime.date]) -> list[tuple[datetime.date, datetime.date]]:
    """Days in a row as first and last."""
    found: list[tuple[datetime.date, datetime.date]] = []
    for day in days:
        if found and day - found[-1][1] == business_days.DAY:
            found[-1] = found[-1][0], day
        else:
            found.append((day, day))
    return found


def _dates(axes: Axes, window: tuple[datetime.date, datetime.date], x: Any, top: float, bottom: float, voice: Voice) -> None:
    start, end = window
    for key in range(month_key(start), month_key(end) + 1):
        day = max(first_day(key), start)
        if key > month_key(start):
            axes.plot([x(day), x(day)], [bottom, top + HEAD - 4.5], color=COLOUR["mark"], lw=LINE["rule"], zorder=1)
        if (end - day).days > 10 and (first_day(key + 1) - day).days > 10:
            month = voice.number(day.isoformat(), "month_axis")
            axes.text(x(day) + 0.8, top + HEAD - 3.4, month, size=TYPE["label"], weight="bold", va="center")
    for n in range(0, WEEKS, 2):
        day = start + datetime.timedelta(weeks=n)
        axes.text(x(day), top + 1.6, str(day.day), size=TYPE["foot"], color=COLOUR["text2"], ha="left")
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])


def _campaign(
    axes: Axes,
    row: Mapping[str, Any],
    y: float,
    step: float,
    window: tuple[datetime.date, datetime.date],
    x: Any,
    boxes: dict[str, list[Box]],
    voice: Voice,
) -> None:
    """The name, slack and letters of a row; its boxes go to `boxes` by kind, to be drawn together."""
    missed = row["slack"] < 0
    colour = COLOUR["alert"] if missed else COLOUR["ink"]
    name = fit(voice.number(name_of(dict(row)), "said"), LEFT - 2, TYPE["small"])
    axes.text(0, y + 0.3, name, size=TYPE["small"], weight="bold", va="bottom", color=colour)
    under = voice.say("schedule.under", day=row["starts_on"].date().isoformat(), code=str(row["campaign_id"]))
    axes.text(0, y - 0.5, fit(under, LEFT - 2, TYPE["foot"]), size=TYPE["foot"], va="top", color=COLOUR["mute"])
    axes.plot([0, MAIN], [y - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    high = min(4.4, step * 0.56)
    for task in row["tasks"]:
        first, last = task["start"].date(), task["due"].date()
        if last < window[0] or first > window[1]:
            continue
        left, right = x(first), x(last + business_days.DAY)
        if task["step"] == LAUNCH:
            boxes.setdefault("run", []).append((left, y - 0.1, right, y + high - 2.3))
            right = min(right, left + 5.0)
        beneath = task["step"] == "targets"
        kind = "done" if task["done"] else "late" if task["state"] == "late" else str(task["step"])
        box = (left, y - 3.0, right, y - 1.6) if beneath else (left, y - 1.2, right, y - 1.2 + high)
        boxes.setdefault(kind, []).append(box)
        covered = missed and task["step"] == LAUNCH and x(row["earliest"].date()) < right
        if not (beneath or task["done"] or covered) and right - left > 3.1:
            letter = voice.say(f"schedule.letter.{task['step']}")
            axes.text((left + right) / 2, y - 1.2 + high / 2, letter, size=TYPE["foot"], ha="center", va="center_baseline",
                      color=ink_on(FILL[kind][0]), zorder=3)  # fmt: skip
    if missed and window[0] <= row["earliest"].date() <= window[1]:
        axes.plot(x(row["earliest"].date()), y - 1.2 + high / 2, "D", ms=5, mfc=COLOUR["paper"], mec=COLOUR["alert"], mew=1.1,
                  zorder=5)  # fmt: skip
    slack = number(axes, MAIN - 0.5, y + 0.2, int(row["slack"]), "int", voice, within=voice.template("schedule.days"), ha="right",
                   va="bottom", size=TYPE["label"], weight="bold", color=colour)  # fmt: skip
    slack.set_zorder(5)
    if missed:
        told = voice.say("schedule.from", day=row["earliest"].date().isoformat())
        axes.text(MAIN - 0.5, y - 0.4, told, ha="right", va="top", size=TYPE["foot"], color=colour)


def _arrows(
    axes: Axes,
    told: list[dict[str, Any]],
    links: pd.DataFrame,
    places: Mapping[str, float],
    window: tuple[datetime.date, datetime.date],
    x: Any,
    step: float,
) -> None:
    starts = {
        row["campaign_id"]: min((t["start"] for t in row["tasks"] if t["step"] == "set_up"), default=row["starts_on"])
        for row in told
    }
    for link in records(links):
        day = starts[link["other"]].date()
        if link["one"] in places and window[0] <= day <= window[1]:
            at, colour = x(day) + 0.8, COLOUR["ink"] if link["kept"] else COLOUR["alert"]
            down = places[link["other"]] + min(4.4, step * 0.56) - 1.2
            axes.annotate("", (at, down), (at, places[link["one"]] - 1.2), zorder=4,
                          arrowprops={"arrowstyle": "-|>", "color": colour, "lw": LINE["rule"], "shrinkA": 0, "shrinkB": 0,
                                      "mutation_scale": 6})  # fmt: skip


def _legend(axes: Axes, voice: Voice) -> None:
    at = 0.0
    for name in ("brief", "creative", "approval", "set_up", "test", "print", "send", "result", "done", "late"):
        fill, edge = FILL[name]
        letter = voice.say(f"schedule.letter.{name}") if name not in ("done", "late") else ""
        words = voice.say(f"schedule.step.{name}" if letter else f"schedule.{name}")
        _boxes(axes, [(at, 1.6, at + 4.4, 5.2)], fc=fill, ec=edge, lw=LINE["rule"])
        axes.text(at + 2.2, 3.4, letter, size=TYPE["foot"], ha="center", va="center_baseline", color=ink_on(fill))
        axes.text(at + 5.2, 3.4, words, size=TYPE["foot"], va="center_baseline", color=COLOUR["text2"])
        at += 5.2 + width(words, TYPE["foot"]) + 2.6
    axes.plot(at + 1.5, 3.4, "D", ms=5, mfc=COLOUR["paper"], mec=COLOUR["alert"], mew=1.1)
    axes.text(at + 3.6, 3.4, voice.say("schedule.earliest"), size=TYPE["foot"], va="center_baseline", color=COLOUR["text2"])


def _load(
    figure: Figure, axes: Axes, work: pd.DataFrame, window: tuple[datetime.date, datetime.date], x: Any, voice: Voice
) -> None:
    """Person-days of the months that lie wholly ahead in the window, under the calendar."""
    foot, tall = LEGEND + 1.0, LOAD - 8.0
    rows = [
        row for row in records(work) if first_day(int(row["month"])) <= window[1] and first_day(int(row["month"]) + 1) > window[0]
    ]
    cap = float(work["cap"].iloc[0])
    scale = tall / max([row["total"] for row in rows] + ([] if math.isnan(cap) else [cap]) or [1.0])
    axes.text(0, foot + tall * 0.75, voice.say("schedule.work"), size=TYPE["small"], weight="bold", va="center")
    axes.text(0, foot + tall * 0.75 - 4.2, voice.say("schedule.work_unit", cap=fact(cap)) if not math.isnan(cap) else "",
              size=TYPE["foot"], color=COLOUR["mute"], va="center")  # fmt: skip
    bars = strip(figure, 0, MAIN)
    bars.set_xlim(0, MAIN)
    for row in rows:
        a, b = x(first_day(int(row["month"]))), x(first_day(int(row["month"]) + 1))
        colour = COLOUR["alert"] if row["over"] else COLOUR["mark"]
        bars.bar([(a + b) / 2], [row["total"] * scale], width=b - a - 1.2, bottom=foot, color=colour)
        number(bars, (a + b) / 2, foot + row["total"] * scale + 0.6, float(row["total"]), "dec1", voice, ha="center", va="bottom",
               size=TYPE["label"], weight="bold", color=COLOUR["alert"] if row["over"] else COLOUR["text2"])  # fmt: skip
    bars.plot([LEFT, MAIN - RIGHT], [foot, foot], color=COLOUR["ink"], lw=LINE["axis"])
    if not math.isnan(cap):
        bars.plot([LEFT, MAIN - RIGHT], [foot + cap * scale] * 2, color=COLOUR["ink"], lw=LINE["second"], ls=(0, (3, 2)))


# ---------------------------------------------------------------- what cannot be done in time
@view
def load(tasks: pd.DataFrame, work: pd.DataFrame, *, as_of: datetime.date) -> Draft:
    """Person-days of the year by month against what there is, over the campaigns with least slack (`metrics.schedule.work`)."""
    told = campaigns(tasks)
    facts = _facts(told, work, as_of)
    listed = sorted((row for row in told if row["open"] is not None), key=lambda row: (row["slack"], row["starts_on"]))[:LISTED]
    first = int(work["month"].iloc[0])
    kind = "over" if facts["over"] else "within" if facts["cap"] is not None else "no_cap"
    return Draft(
        name="schedule.load",
        page="AP-11b",
        headline=Sentence(f"schedule.load.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("schedule.load.title"), Sentence("schedule.load.unit", facts), "M", lambda v: _draw_load(work, v)
            ),
            TablePanel(Sentence("schedule.load.table"), Sentence("schedule.load.table_unit"), _late(listed)),
        ),
        key_figure=KeyFigure(
            Sentence("schedule.load.key", facts),
            Sentence("schedule.load.key_number", {"value": facts["peak"]}),
            Sentence("schedule.load.key_compare" if facts["cap"] is not None else "schedule.load.key_compare_no_cap", facts),
        ),
        reading=(Sentence("schedule.load.read"),),
        claim=(Sentence("schedule.load.sure", facts),),
        next_move=NextMove(Sentence(f"schedule.load.next_{kind}", facts)),
        note=(Sentence("schedule.load.note", facts),),
        sample=Sentence("schedule.sample", facts),
        source=Sentence("schedule.source"),
        period=span(first),
        definitions=("DF-206", "DF-208"),
    )


def _draw_load(work: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = canvas("M", (2, 10, MAIN - 4, HEIGHT["M"] - 18))
    work = work[:YEAR]
    rows = records(work)
    at = np.arange(len(rows))
    cap = float(work["cap"].iloc[0])
    colours = [COLOUR["alert"] if row["over"] else COLOUR["mark"] for row in rows]
    mark(axes.bar(at, work["planned"], 0.62, color=colours), "planned")
    edges = [COLOUR["alert"] if row["over"] else COLOUR["text2"] for row in rows]
    lines = [LINE["outline"] if row["carried"] else 0 for row in rows]
    carried = axes.bar(at, work["carried"], 0.62, bottom=work["planned"], color=COLOUR["alert_soft"], ec=edges, lw=lines)
    mark(carried, "carried")
    top = max(float(work["total"].max()), 0.0 if math.isnan(cap) else cap)
    for i, row in zip(at, rows, strict=True):
        number(axes, float(i), row["total"] + 0.02 * top, float(row["total"]), "dec1", voice, ha="center", va="bottom",
               size=TYPE["subhead"] if row["over"] else TYPE["label"], weight="bold" if row["over"] else "normal",
               color=COLOUR["alert"] if row["over"] else COLOUR["text2"])  # fmt: skip
    if not math.isnan(cap):
        axes.axhline(cap, color=COLOUR["ink"], lw=LINE["second"], ls=(0, (3, 2)))
        axes.text(len(rows) - 0.45, cap + 0.02 * top, voice.say("schedule.load.cap", cap=cap), ha="right", size=TYPE["small"],
                  color=COLOUR["ink"])  # fmt: skip
    axes.set(xlim=(-0.5, len(rows) - 0.4), ylim=(0, top * 1.15), yticks=[])
    axes.set_xticks(at, [voice.number(first_day(int(row["month"])).isoformat(), "month_axis") for row in rows])
    axes.tick_params(axis="x", length=0)
    axes.spines["left"].set_visible(False)
    axes.text(0, 1.03, voice.say("schedule.load.marks"), transform=axes.transAxes, size=TYPE["small"], color=COLOUR["text2"])
    return figure


def _late(listed: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("name", "year.column.name", "said", weight=2.5),
        plain_column("step", "schedule.load.column.step", "term", weight=1.2),
        plain_column("due", "schedule.load.column.due", "date", weight=1.3),
        plain_column("slack", "schedule.load.column.slack", "int", "schedule.load.business_days", weight=0.9),
        plain_column("starts_on", "schedule.load.column.starts_on", "date", weight=1.3),
        plain_column("earliest", "schedule.load.column.earliest", "date", weight=1.3),
        plain_column("owner", "schedule.load.column.owner", "text", weight=1.7),
    )
    rows = tuple(
        (
            name_of(row),
            f"schedule.step.{row['open']['step']}",
            row["open"]["due"].date().isoformat(),
            int(row["slack"]),
            row["starts_on"].date().isoformat(),
            row["earliest"].date().isoformat(),
            str(row["owner_department"]) if given(row["owner_department"]) else None,
        )
        for row in listed
    )
    return Table(columns, rows)
