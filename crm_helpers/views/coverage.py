"""The page on coverage: which stages of the journey have a campaign, beside the money that is lost after each."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.journey import rounded, stage_key, unit_of
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip, width

NAMED = 3  # campaigns named in a row


def by_stage(table: pd.DataFrame | Unavailable, stakes: pd.DataFrame | Unavailable, *, periods: Periods) -> Any:
    """`stages` with the money at stake where it can be told."""
    lost = None if isinstance(stakes, Unavailable) else stakes
    return stages(table, lost, periods=periods)  # type: ignore[arg-type]


@view
def stages(table: pd.DataFrame, stakes: pd.DataFrame | None, *, periods: Periods) -> Draft:
    """Campaigns by stage (`metrics.coverage.stages`) beside the money lost after it (`metrics.journey_map.stakes`)."""
    *rows, others = records(table)
    lost = _lost(stakes)
    gaps = [row for row in rows if not row["campaigns"]]
    worst = max((row for row in rows if row["stage"] in lost), key=lambda row: lost[row["stage"]], default=None)
    facts: dict[str, Fact] = {
        "of": len(rows),
        "gaps": len(gaps),
        "serving": sum(int(row["campaigns"]) for row in rows),
        "others": int(others["campaigns"]),
        "others_sent": int(others["sent"]),
        "gap": stage_key(str(gaps[0]["stage"])) if gaps else None,
        "current": str(periods.current),
    }
    kind = "full" if not gaps else "plain"
    if worst is not None:
        stake = rounded(lost[worst["stage"]])
        facts |= {"worst": stage_key(str(worst["stage"])), "stake": stake, "there": int(worst["campaigns"])}
        kind = "money" if gaps else "full"
    return Draft(
        name="coverage.stages",
        page="CJ-09",
        headline=Sentence(f"coverage.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("coverage.title"), Sentence("coverage.unit", facts), "L" if len(rows) > 8 else "M",
                       lambda v: _draw(rows, lost, v)),
            TablePanel(Sentence("coverage.table"), Sentence("coverage.table_unit", facts), _table(rows, others)),
        ) if len(rows) <= 8 else (
            ChartPanel(Sentence("coverage.title"), Sentence("coverage.unit", facts), "L", lambda v: _draw(rows, lost, v)),
        ),
        key_figure=KeyFigure(
            Sentence("coverage.key"), Sentence("coverage.key_number", facts), Sentence("coverage.key_compare", facts)
        ),
        reading=(Sentence("coverage.read"),),
        claim=(Sentence("coverage.sure"),),
        next_move=NextMove(Sentence("coverage.next" if gaps else "coverage.next_full", facts)),
        note=(Sentence("coverage.note"),),
        sample=Sentence("coverage.sample", facts),
        source=Sentence("coverage.source"),
        period=str(periods.current),
        largest=unit_of(max(lost.values(), default=0)),
        definitions=("DF-124",) if lost else (),
    )  # fmt: skip


def _lost(stakes: pd.DataFrame | None) -> dict[str, float]:
    """The stage after which people stop → the money at stake, of the first persona."""
    if stakes is None or not len(stakes):
        return {}
    first = stakes["persona"].iloc[0]
    rows = records(stakes[stakes["persona"] == first])
    return {str(row["start"]): float(row["stake"]) for row in rows if not math.isnan(row["stake"])}


def _table(rows: list[dict[str, Any]], others: dict[str, Any]) -> Table:
    columns = (
        plain_column("stage", "coverage.column.stage", "term", weight=2.2),
        plain_column("campaigns", "coverage.column.campaigns", "int"),
        plain_column("controlled", "coverage.column.controlled", "int"),
        plain_column("sent", "coverage.column.sent", "int"),
    )
    shown = [row for row in rows if row["campaigns"]]
    told = [(stage_key(str(row["stage"])), int(row["campaigns"]), int(row["controlled"]), int(row["sent"])) for row in shown]
    told.append(("coverage.nowhere", int(others["campaigns"]), int(others["controlled"]), int(others["sent"])))
    return Table(columns, tuple(told))


# ---------------------------------------------------------------- drawing
NAMES, BARS, CHIPS, HEAD = 42.0, (44.0, 34.0), 100.0, 9.0  # mm


def _draw(rows: list[dict[str, Any]], lost: dict[str, float], voice: Voice) -> Figure:
    """A row a stage: the money lost after it as a bar, then its campaigns as boxes; a dashed box where there is none."""
    height = "L" if len(rows) > 8 else "M"
    figure, axes = board(height)
    step = min(12.0, (HEIGHT[height] - HEAD) / len(rows))
    at = [HEIGHT[height] - HEAD - step * (i + 0.5) for i in range(len(rows))]
    bars = strip(figure, *BARS)
    bars.set_xlim(0, max(lost.values(), default=1.0) * 1.45)
    style = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    y = HEIGHT[height] - 4
    heads = (("stage", 0.0), ("money", BARS[0]), ("campaigns", CHIPS))
    for key, x in heads if lost else (heads[0], heads[2]):
        axes.text(x, y, voice.say(f"coverage.head.{key}"), **style)
    top = HEIGHT[height] - HEAD + 1.5
    axes.plot([0, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    if lost:
        mark(bars.barh(at, [lost.get(str(row["stage"]), 0.0) for row in rows], height=step * 0.4, color=COLOUR["mark"]), "stake")
    for row, place in zip(rows, at, strict=True):
        axes.text(0, place, fit(voice.say(stage_key(str(row["stage"]))), NAMES, TYPE["label"]), size=TYPE["label"],
                  weight="bold", va="center")  # fmt: skip
        axes.plot([0, MAIN], [place - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
        if money := lost.get(str(row["stage"])):
            number(bars, money * 1.03, place, rounded(money), "money_number", voice, va="center", size=TYPE["small"])
        number(axes, CHIPS - 4, place, int(row["campaigns"]), "int", voice, ha="right", va="center", size=TYPE["label"],
               weight="bold", color=COLOUR["ink"] if row["campaigns"] else COLOUR["alert"])  # fmt: skip
        _chips(axes, row, place, step, voice)
    return figure


def _chips(axes: Any, row: dict[str, Any], place: float, step: float, voice: Voice) -> None:
    tall = step * 0.62
    if not row["campaigns"]:
        axes.add_patch(
            Rectangle((CHIPS, place - tall / 2), MAIN - CHIPS - 1, tall, fc="none", ec=COLOUR["alert"], ls=(0, (3, 2)),
                      lw=LINE["rule"])
        )  # fmt: skip
        axes.text(CHIPS + 3, place, voice.say("journey_map.gap"), va="center", size=TYPE["small"], weight="bold",
                  color=COLOUR["alert"])  # fmt: skip
        return
    x, names = CHIPS, list(row["names"])
    room = (MAIN - CHIPS - 1) / min(NAMED, len(names)) - 2
    for name in names[:NAMED]:
        told = fit(name, room - 4, TYPE["small"])
        wide = min(room, width(told, TYPE["small"]) + 4)
        axes.add_patch(Rectangle((x, place - tall / 2), wide, tall, fc=COLOUR["accent_soft"], ec="none"))
        axes.text(x + 2, place, told, va="center", size=TYPE["small"])
        x += wide + 2
    if len(names) > NAMED:
        axes.text(x, place, voice.say("coverage.more", n=len(names) - NAMED), va="center", size=TYPE["small"])
