"""The map of the journey: a sheet for each persona, stages across, what customers do, meet, think and feel down, every cell with
its

evidence. Nothing is invented: what no record, survey or workshop tells stays empty and says so.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.document import (
    Fact,
    KeyFigure,
    MapCell,
    MapItem,
    MapRow,
    MapStage,
    NextMove,
    Sentence,
    Sheet,
)
from crm_helpers.metrics.journey import personas
from crm_helpers.metrics.visits import ALL
from crm_helpers.params.journey import Journey, Stage
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import Draft, MapPanel, fact, view
from crm_helpers.views.journey import persona_key, stage_key
from crm_helpers.views.theme import COLOUR, LINE, TYPE, apply, mark, number

WIDE, TALL = 374.0, 46.0  # mm of the curve: all stages of an A3 page, and its row
FACTS = ("period", "action", "touch", "pain", "kpi")  # rows that state facts
DRAFT = 0.4  # a map with more than this share of its facts from the workshop alone is called a draft
ACTIONS, TOUCHES, REASONS, CAMPAIGNS = 3, 4, 3, 2  # that a cell holds
WEAK = ("C", "D")
LOWEST = -1.3  # a score under which its number stands above the point


@dataclass(frozen=True)
class _Known:
    """What is known for one persona, by stage."""

    journey: Journey
    steps: dict[str, dict[str, Any]]  # rows of reach
    found: pd.DataFrame  # rows of evidence
    notes: dict[tuple[str, str], dict[str, Any]]
    campaigns: dict[str, list[dict[str, Any]]]
    listed: bool  # the client sent its campaigns
    visits: dict[str, list[dict[str, Any]]]

    def rows(self, stage: str, row: str) -> list[dict[str, Any]]:
        """Evidence of one kind for a stage, most people first."""
        mine = self.found[(self.found["stage"] == stage) & (self.found["row"] == row)]
        return records(mine.sort_values(["people", "label"], ascending=[False, True]))

    def onward(self, stage: str) -> dict[str, Any] | None:
        """The step from a stage to the next on the way, where it is measured."""
        steps = [row for row in self.steps.values() if row["start"] == stage and row["kind"] == "way"]
        return next((row for row in steps if not math.isnan(row["rate"])), None)


@view
def sheets(
    found: pd.DataFrame,
    reach: pd.DataFrame,
    stakes: pd.DataFrame,
    *,
    journey: Journey,
    periods: Periods,
    told: Mapping[str, pd.DataFrame | Unavailable],
) -> Draft:
    """One map for each persona (`metrics.journey_map`); the headline is that of the first.

    `told`: `who`, `notes` and `campaigns` of `metrics.journey_map`, and `visits` (`metrics.visits.steps`), as far as there are.
    """
    tables = {name: table for name, table in told.items() if isinstance(table, pd.DataFrame)}
    who, notes, campaigns, visits = tables["who"], tables["notes"], tables.get("campaigns"), tables.get("visits")
    panels = []
    for i, persona in enumerate(personas(journey)):
        known = _known(persona, journey, found, reach, notes, campaigns, visits)
        mine = stakes[stakes["persona"] == persona]
        size = next((row for row in records(who) if row["persona"] == persona), {"people": 0, "sales": 0, "share": math.nan})
        panels.append(_panel(known, records(mine)[:1], persona, "ABC"[i], size, periods))
    first = panels[0]
    facts = first.sheet.headline.facts
    return Draft(
        name="journey_map.sheets",
        page="CJ-02",
        headline=first.sheet.headline,
        panels=tuple(panels),
        key_figure=KeyFigure(
            Sentence("journey_map.key", facts),
            Sentence("journey_map.key_number", facts),
            Sentence("journey_map.key_compare", facts),
        ),
        reading=(Sentence("journey_map.read"),),
        claim=(Sentence("journey_map.sure"),),
        next_move=NextMove(Sentence("journey_map.next", facts)),
        note=(Sentence("journey_map.note"),),
        sample=Sentence("journey_map.sample", {"people": int(who["people"].max()) if len(who) else 0}),
        source=Sentence("journey_map.source"),
        period=str(periods.current),
        largest=int(who["sales"].max()) if len(who) else 1,
        definitions=("DF-120", "DF-121", "DF-122", "DF-123", "DF-124"),
    )


def _known(
    persona: str,
    journey: Journey,
    found: pd.DataFrame,
    reach: pd.DataFrame,
    notes: pd.DataFrame,
    campaigns: pd.DataFrame | None,
    visits: pd.DataFrame | None,
) -> _Known:
    by: dict[str, list[dict[str, Any]]] = {}
    for row in records(campaigns) if campaigns is not None else []:
        by.setdefault(str(row["stage"]), []).append(row)
    seen: dict[str, list[dict[str, Any]]] = {}
    for row in records(visits[visits["channel"] == ALL]) if visits is not None else []:
        seen.setdefault(str(row["stage"]), []).append(row)
    return _Known(
        journey=journey,
        steps={str(row["stage"]): row for row in records(reach[reach["persona"] == persona])},
        found=found[found["persona"] == persona],
        notes={(str(row["stage"]), str(row["row"])): row for row in records(notes)},
        campaigns=by,
        listed=campaigns is not None,
        visits=seen,
    )


def _panel(
    known: _Known, worst: list[dict[str, Any]], persona: str, code: str, size: dict[str, Any], periods: Periods
) -> MapPanel:
    stages = known.journey.stages
    lost = str(worst[0]["start"]) if worst else ""
    rows = tuple(MapRow(name, tuple(make(known, stage, i) for i, stage in enumerate(stages))) for name, make in ROWS.items())
    cells = [cell for row in rows if row.name in FACTS for cell in row.cells]
    hypotheses = sum(cell.evidence == "D" for cell in cells) / max(1, sum(bool(cell.evidence) for cell in cells))
    kind, facts = _headline(known, worst)
    draft = "draft_" if hypotheses > DRAFT else ""
    persona_facts: dict[str, Fact] = {
        "code": code,
        "name": persona_key(persona),
        "people": int(size["people"]),
        "sales": int(size["sales"]),
        "share": fact(size["share"]),
        "current": str(periods.current),
        "hypotheses": hypotheses,
    }
    sheet = Sheet(
        kicker=Sentence("journey_map.kicker"),
        headline=Sentence(f"journey_map.headline.{draft}{kind}", facts),
        persona=tuple(
            (Sentence(f"journey_map.persona.{name}", persona_facts), Sentence(f"journey_map.persona.{name}_value", persona_facts))
            for name in ("name", "people", "share", "period", "facts")
        ),
        stages=tuple(MapStage(Sentence(stage_key(s.id)), _sub(known, s), s.id == lost) for s in stages),
        rows=rows,
    )
    points = [_point(known, stage) for stage in stages]
    return MapPanel(
        Sentence("journey_map.title", persona_facts),
        Sentence("journey_map.unit"),
        sheet,
        lambda voice: _draw(points, [s.id == lost for s in stages], voice),
    )


def _headline(known: _Known, worst: list[dict[str, Any]]) -> tuple[str, dict[str, Fact]]:
    """Where the most money is lost, with the first reason that those who left gave; else where the most people stop."""
    if not worst:
        return "nothing", {"stages": len(known.journey.stages), "rate": None}
    told = worst[0]
    facts: dict[str, Fact] = {
        "start": stage_key(str(told["start"])),
        "stage": stage_key(str(told["stage"])),
        "rate": float(told["rate"]),
        "low": float(told["rate_low"]),
        "high": float(told["rate_high"]),
        "lost": int(told["lost"]),
        "n": int(told["n"]),
    }
    reasons = known.rows(str(told["start"]), "cancel")
    if not reasons:
        return "plain", facts
    first = reasons[0]
    return "reason", facts | {"reason": str(first["label"]), "share": float(first["share"]), "cancels": int(first["of"])}


def _sub(known: _Known, stage: Stage) -> Sentence:
    row = known.steps.get(stage.id)
    if not row or not row["measured"]:
        return Sentence("journey_map.sub_none")
    if math.isnan(row["rate"]):
        return Sentence("journey_map.sub_first", {"n": int(row["people"])})
    return Sentence("journey_map.sub", {"n": int(row["people"]), "rate": float(row["rate"])})


# ---------------------------------------------------------------- cells
def _own(text: object) -> Sentence:
    return Sentence("journey.own", {"text": str(text)})


def _note(known: _Known, stage: Stage, row: str) -> Sentence | None:
    told = known.notes.get((stage.id, row))
    return _own(told["note"]) if told else None


def _period(known: _Known, stage: Stage, _: int) -> MapCell:
    row = known.onward(stage.id)
    if row is None or math.isnan(row["median"]):
        return MapCell(text=Sentence("journey_map.unmeasured"))
    days: dict[str, Fact] = {"low": int(row["q25"]), "high": int(row["q75"]), "median": int(row["median"])}
    key = "journey_map.days" if days["low"] != days["high"] else "journey_map.day"
    return MapCell(Sentence(key, days), Sentence("journey_map.median", days), evidence="A")


def _goal(known: _Known, stage: Stage, _: int) -> MapCell:
    return MapCell(text=_note(known, stage, "goal") or Sentence(f"journey.goal.{stage.id}"), evidence="D")


def _action(known: _Known, stage: Stage, _: int) -> MapCell:
    if seen := known.visits.get(stage.id):
        items = tuple(MapItem(_own(row["event"]), float(row["share"])) for row in seen[1 : ACTIONS + 1])
        return MapCell(items=items, text=Sentence("journey_map.anonymous"), evidence="B", n=int(seen[0]["visits"]))
    if changes := known.rows(stage.id, "change")[:ACTIONS]:
        items = tuple(MapItem(Sentence(f"journey_map.change.{row['label']}"), float(row["share"])) for row in changes)
        return MapCell(items=items, evidence="A", n=int(changes[0]["of"]))
    told = _note(known, stage, "action") or Sentence(f"journey.action.{stage.id}")
    return MapCell(items=(MapItem(told),), evidence="D")


def _touch(known: _Known, stage: Stage, _: int) -> MapCell:
    sent = [MapItem(_own(row["label"]), float(row["share"])) for row in known.rows(stage.id, "contact")]
    asked = [
        MapItem(Sentence("journey_map.asked", {"reason": row["label"]}), float(row["share"]))
        for row in known.rows(stage.id, "inquiry")
    ]
    items = tuple((sent + asked)[:TOUCHES])
    note = _note(known, stage, "touchpoint")
    unmeasured = (MapItem(note),) if note and len(items) < TOUCHES else ()
    return MapCell(items=items + unmeasured, evidence="A" if items else "D" if unmeasured else "")


def _thought(known: _Known, stage: Stage, _: int) -> MapCell:
    note = _note(known, stage, "thought")
    return MapCell(text=note or Sentence("journey_map.no_survey"), evidence="D" if note else "")


def _pain(known: _Known, stage: Stage, _: int) -> MapCell:
    row = known.onward(stage.id)
    reasons = known.rows(stage.id, "cancel")[:REASONS]
    items = tuple(MapItem(_own(reason["label"]), float(reason["share"])) for reason in reasons)
    note = _note(known, stage, "pain")
    if not items and note:
        items = (MapItem(note),)
    if row is None:
        mark, n = ("A", int(reasons[0]["of"])) if reasons else ("D" if items else "", None)
        return MapCell(text=None if items else Sentence("journey_map.unmeasured"), items=items, evidence=mark, n=n)
    facts: dict[str, Fact] = {
        "stage": stage_key(str(row["stage"])),
        "rate": 1 - float(row["rate"]),
        "lost": round(int(row["n"]) * (1 - float(row["rate"]))),
    }
    return MapCell(Sentence("journey_map.lost", facts), Sentence("journey_map.not_on", facts), items, "A", int(row["n"]))


def _idea(known: _Known, stage: Stage, i: int) -> MapCell:
    note = _note(known, stage, "idea")
    if note is None:
        return MapCell(text=Sentence("journey_map.no_idea"))
    return MapCell(Sentence("journey_map.idea", {"i": i + 1}), note, evidence="D")


def _campaign(known: _Known, stage: Stage, _: int) -> MapCell:
    mine = known.campaigns.get(stage.id, [])[:CAMPAIGNS]
    items = tuple(MapItem(_own(f"{row['campaign_id']} {row['name']}")) for row in mine)
    if items:
        return MapCell(items=items)
    return (
        MapCell(text=Sentence("journey_map.gap"), mark="gap") if known.listed else MapCell(text=Sentence("journey_map.unlisted"))
    )


def _kpi(known: _Known, stage: Stage, _: int) -> MapCell:
    row = known.onward(stage.id)
    if row is None:
        note = _note(known, stage, "kpi")
        return MapCell(text=note or Sentence("journey_map.unmeasured"), evidence="D" if note else "")
    facts: dict[str, Fact] = {"stage": stage_key(str(row["stage"])), "rate": float(row["rate"])}
    to = next(s for s in known.journey.stages if s.id == row["stage"])
    if to.target is None:
        return MapCell(Sentence("journey_map.kpi_now", facts), Sentence("journey_map.kpi", facts), evidence="A")
    facts["target"] = to.target / 100
    return MapCell(Sentence("journey_map.kpi_to", facts), Sentence("journey_map.kpi", facts), evidence="A", mark="changed")


def _owner(known: _Known, stage: Stage, _: int) -> MapCell:
    return MapCell(text=_note(known, stage, "owner") or Sentence(f"journey_map.owner.{stage.owner}"))


ROWS = {
    "period": _period,
    "goal": _goal,
    "action": _action,
    "touch": _touch,
    "thought": _thought,
    "pain": _pain,
    "idea": _idea,
    "campaign": _campaign,
    "kpi": _kpi,
    "owner": _owner,
}
"""The rows of a map in their order; the curve of feelings stands between thought and pain."""


# ---------------------------------------------------------------- the curve of feelings
@dataclass(frozen=True)
class _Point:
    """A score on −2 … +2 with its interval (none for what the workshop thinks) and the class of its evidence."""

    score: float
    low: float | None
    high: float | None
    evidence: str
    n: int


def _point(known: _Known, stage: Stage) -> _Point | None:
    if told := known.rows(stage.id, "feeling"):
        row = told[0]
        return _Point(float(row["score"]), float(row["low"]), float(row["high"]), str(row["evidence"]), int(row["people"]))
    note = known.notes.get((stage.id, "emotion"))
    if note and not math.isnan(note["score"]):
        return _Point(float(note["score"]), None, None, "D", int(note["count"]))
    return None


def monotone(x: NDArray[np.float64], y: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The monotone cubic through the points (Fritsch and Carlson 1980): it never goes beyond two neighbouring points."""
    if len(x) == 2:
        return np.interp(at, x, y)
    gaps, slopes = np.diff(x), np.diff(y) / np.diff(x)
    tangents = np.concatenate([[slopes[0]], np.zeros(len(x) - 2), [slopes[-1]]])
    for i in range(1, len(x) - 1):
        if slopes[i - 1] * slopes[i] > 0:
            one, two = 2 * gaps[i] + gaps[i - 1], gaps[i] + 2 * gaps[i - 1]
            tangents[i] = (one + two) / (one / slopes[i - 1] + two / slopes[i])
    k = np.clip(np.searchsorted(x, at, "right") - 1, 0, len(gaps) - 1)
    t = (at - x[k]) / gaps[k]
    rising = t * t * (3 - 2 * t) * y[k + 1] + t * t * (t - 1) * gaps[k] * tangents[k + 1]
    found: NDArray[np.float64] = (1 + 2 * t) * (1 - t) ** 2 * y[k] + t * (1 - t) ** 2 * gaps[k] * tangents[k] + rising
    return found


def runs(points: Sequence[_Point | None]) -> list[list[int]]:
    """Stages with a score that stand side by side: the curve never bridges a stage without one."""
    found: list[list[int]] = []
    for i, point in enumerate(points):
        if point is None:
            continue
        if found and found[-1][-1] == i - 1:
            found[-1].append(i)
        else:
            found.append([i])
    return found


def _draw(points: Sequence[_Point | None], worst: Sequence[bool], voice: Voice) -> Figure:
    apply()
    figure = Figure(figsize=(WIDE / 25.4, TALL / 25.4))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, len(points)), ylim=(-2.15, 2.15))
    axes.axis("off")
    for level in (-1, 1):
        axes.axhline(level, color=COLOUR["hair"], lw=LINE["hair"], ls=(0, (2, 2)))
    axes.axhline(0, color=COLOUR["mark"], lw=LINE["axis"])
    for i in range(len(points)):
        if worst[i]:
            axes.axvspan(i, i + 1, color=COLOUR["alert_soft"], alpha=0.5, lw=0, zorder=0)
        if i:
            axes.axvline(i, color=COLOUR["hair"], lw=LINE["hair"])
    for run in runs(points):
        _curve(axes, [(i, point) for i in run if (point := points[i]) is not None])
    for i, point in enumerate(points):
        if point is None:
            axes.text(i + 0.5, 0.12, voice.say("journey_map.unscored"), ha="center", size=TYPE["foot"], color=COLOUR["mute"])
        else:
            _mark(axes, i, point, voice)
    if not any(points):
        mark(axes.plot([0], [np.nan])[0], "feeling")
    return figure


def _curve(axes: Axes, run: list[tuple[int, _Point]]) -> None:
    """The line through neighbouring scores, dotted where an end is weak, and the band where both ends have an interval."""
    x, y = np.array([i + 0.5 for i, _ in run]), np.array([point.score for _, point in run])
    for (i, one), (j, other) in itertools.pairwise(run):
        at = np.linspace(i + 0.5, j + 0.5, 24)
        if None not in (one.low, one.high, other.low, other.high):
            ends = np.array([i + 0.5, j + 0.5])
            low, high = (np.array([float(getattr(p, side)) for p in (one, other)]) for side in ("low", "high"))
            axes.fill_between(at, monotone(ends, low, at), monotone(ends, high, at), color=COLOUR["accent_soft"], lw=0)
        weak = one.evidence in WEAK or other.evidence in WEAK
        axes.plot(at, monotone(x, y, at), color=COLOUR["accent"], lw=LINE["second" if weak else "main"],
                  ls=(0, (1.2, 1.8)) if weak else "-")  # fmt: skip


def _mark(axes: Axes, i: int, point: _Point, voice: Voice) -> None:
    weak, x = point.evidence in WEAK, i + 0.5
    if point.low is not None and point.high is not None:
        axes.plot([x, x], [point.low, point.high], color=COLOUR["accent"], lw=LINE["interval"], zorder=3)
    (dot,) = axes.plot(x, point.score, "o", ms=6.5, mfc=COLOUR["paper"] if weak else COLOUR["accent"], mec=COLOUR["accent"],
                       mew=LINE["interval"], zorder=5)  # fmt: skip
    mark(dot, "feeling")
    up = point.score >= 0 or point.score < LOWEST
    edge = (point.high if up else point.low) if point.low is not None else point.score
    y = min(max(float(edge or 0) + (0.18 if up else -0.18), -1.5), 1.65)
    number(axes, x, y, point.score, "dec1_signed", voice, ha="center", va="bottom" if up else "top", size=TYPE["label"],
           weight="bold", color=COLOUR["accent"])  # fmt: skip
    said = voice.say("journey_map.point_d" if point.evidence == "D" else "journey_map.point", mark=point.evidence, n=point.n)
    axes.text(i + 0.96, -2.05, said, ha="right", va="bottom", size=TYPE["foot"], color=COLOUR["mute"])
