"""The pages on where to begin: impact × effort, the roadmap, and the decisions requested."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.metrics.priority import HORIZONS, LITTLE, MUCH, ZONES
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.formats import wrapped
from crm_helpers.views.audit import guide, item_name, people_sample
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, LINE, MAIN, TYPE, board, fit, number

LEFT, BOTTOM, WIDE, HIGH = 9.0, 10.0, MAIN - 9.5, 70.0  # mm of the matrix
EFFORTS = 5
APART = 4.6  # mm between labels of one column
NAME = 33.0  # mm that a name may take


@view
def matrix(planned: pd.DataFrame, people: pd.DataFrame) -> Draft:
    """Impact × effort of every gap, the chosen ones by name with arrows from what comes first (`metrics.priority.plan`)."""
    chosen = planned[planned["chosen"]]
    facts: dict[str, Fact] = {
        "n": len(chosen),
        "all": len(planned),
        "gates": int((chosen["gate"] != "").sum()),
        "quick": int(((chosen["zone"] == "quick") & (chosen["gate"] == "")).sum()),
        "major": int(((chosen["zone"] == "major") & (chosen["gate"] == "")).sum()),
        "first": item_name(str(chosen["item"].iloc[0])) if len(chosen) else None,
    }
    kind = "gates" if facts["gates"] else "quick"
    facts["own"] = int((planned["own"] != "").sum())
    return Draft(
        name="priority.matrix",
        page="AU-11",
        headline=Sentence(f"priority.matrix.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("priority.matrix.title"), Sentence("priority.matrix.unit"), "M", lambda v: _draw_matrix(planned, v)
            ),
            TablePanel(Sentence("priority.matrix.table"), Sentence("priority.matrix.table_unit"), _chosen_table(chosen)),
        ),
        key_figure=KeyFigure(
            Sentence("priority.matrix.key"),
            Sentence("priority.matrix.key_number", facts),
            Sentence("priority.matrix.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("priority.matrix.sure_own" if facts["own"] else "priority.matrix.sure", facts),),
        next_move=NextMove(Sentence("priority.matrix.next", facts)),
        note=guide(int(people["respondents"].sum())),
        sample=people_sample(people),
        source=Sentence("audit.source"),
        period="",
        definitions=("DF-85", "DF-90"),
    )


def _place(row: dict[str, Any]) -> tuple[float, float]:
    return LEFT + (row["effort"] - 0.78) * WIDE / EFFORTS, BOTTOM + row["impact"] / 5 * HIGH


def _draw_matrix(planned: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = board("M")
    split_x, split_y = LEFT + LITTLE * WIDE / EFFORTS, BOTTOM + MUCH / 5 * HIGH
    corners = {"quick": (LEFT, split_y), "major": (split_x, split_y), "fill_in": (LEFT, BOTTOM), "later": (split_x, BOTTOM)}
    for zone in ZONES:
        x, y = corners[zone]
        right = split_x if x == LEFT else LEFT + WIDE
        top = BOTTOM + HIGH if y == split_y else split_y
        axes.add_patch(
            Rectangle(
                (x, y),
                right - x,
                top - y,
                fc=COLOUR["accent_soft"] if zone == "quick" else COLOUR["wash"] if zone == "major" else COLOUR["paper"],
                ec=COLOUR["rule"],
                lw=LINE["axis"],
            )
        )
        axes.text(
            right - 1.5,
            y + 2.6,
            voice.say(f"priority.zone.{zone}"),
            ha="right",
            va="center",
            size=TYPE["small"],
            weight="bold",
            color=COLOUR["text2"],
        )
    for effort in range(1, EFFORTS + 1):
        axes.text(
            LEFT + (effort - 0.78) * WIDE / EFFORTS,
            BOTTOM - 3,
            str(effort),
            ha="center",
            va="center",
            size=TYPE["small"],
            color=COLOUR["text2"],
        )
    axes.text(
        LEFT + WIDE, 2.2, voice.say("priority.matrix.effort"), ha="right", va="center", size=TYPE["small"], color=COLOUR["text2"]
    )
    axes.text(
        3.5,
        BOTTOM + HIGH / 2,
        voice.say("priority.matrix.impact"),
        ha="center",
        va="center",
        size=TYPE["small"],
        color=COLOUR["text2"],
        rotation=90,
    )
    others = planned[~planned["chosen"]]
    for row in records(others):
        x, y = _place(row)
        axes.plot([x], [y], "o", ms=4, color=COLOUR["mark"], zorder=2)
    _named(axes, planned[planned["chosen"]], voice)
    return figure


def _named(axes: Axes, chosen: pd.DataFrame, voice: Voice) -> None:
    """The chosen ones by number and name; labels of one column stand apart; an arrow leads from what comes first."""
    places: dict[str, tuple[float, float]] = {}
    numbers = {str(item): i + 1 for i, item in enumerate(chosen["item"])}
    for _, column in chosen.groupby("effort"):
        top = 200.0
        for row in sorted(records(column), key=lambda r: (-r["impact"], numbers[r["item"]])):
            x, y = _place(row)
            top = min(y, BOTTOM + HIGH - 3, top - APART)
            places[row["item"]] = (x, top)
    for row in records(chosen):
        for first in row["waits_for"]:
            if first in places:
                axes.add_patch(
                    FancyArrowPatch(
                        places[first],
                        places[row["item"]],
                        arrowstyle="-|>",
                        mutation_scale=7,
                        color=COLOUR["text2"],
                        lw=LINE["second"],
                        connectionstyle="arc3,rad=0.25",
                        shrinkA=4,
                        shrinkB=5,
                        zorder=3,
                    )
                )
    for row in records(chosen):
        x, y = places[row["item"]]
        colour = COLOUR["alert"] if row["gate"] else COLOUR["accent"]
        axes.plot([x], [y], "o", ms=9.5, color=colour, zorder=4)
        number(
            axes,
            x,
            y,
            numbers[row["item"]],
            "int",
            voice,
            ha="center",
            va="center",
            size=TYPE["foot"],
            weight="bold",
            color=COLOUR["paper"],
            zorder=5,
        )
        last = x + 2.6 + NAME > MAIN  # at the right edge the name stands before its number
        axes.text(
            x - 2.6 if last else x + 2.6,
            y,
            fit(voice.say(item_name(row["item"])), NAME, TYPE["small"]),
            ha="right" if last else "left",
            va="center",
            size=TYPE["small"],
            weight="bold",
            color=colour,
            zorder=5,
            bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 0.3, "alpha": 0.8},
        )


def _chosen_table(chosen: pd.DataFrame) -> Table:
    own = bool((chosen["own"] != "").any())
    columns = (
        plain_column("item", "audit.column.item", "term", weight=2.3),
        plain_column("zone", "priority.column.zone", "term", weight=2.0),
        plain_column("score", "audit.column.score", "dec1", weight=0.7),
        plain_column("target", "audit.column.target", "int", weight=0.7),
        plain_column("effort", "priority.column.effort", "int", weight=0.7),
        plain_column("waits_for", "priority.column.waits_for", "term", weight=1.8),
        *((plain_column("own", "priority.column.own", "term", weight=1.3),) if own else ()),
    )
    rows = tuple(
        (
            item_name(row["item"]),
            f"priority.gate.{row['gate']}" if row["gate"] else f"priority.zone.{row['zone']}",
            fact(row["score"]),
            int(row["target"]),
            int(row["effort"]),
            item_name(row["waits_for"][0]) if len(row["waits_for"]) else "priority.nothing",
            *((own_key(row["own"]),) if own else ()),
        )
        for row in records(chosen)
    )
    return Table(columns, rows)


def own_key(own: str) -> str:
    """Text key of what the consultant set of an item."""
    return f"priority.own.{own.replace(',', '_')}" if own else "priority.nothing"


# ---------------------------------------------------------------- roadmap
@view
def roadmap(planned: pd.DataFrame, people: pd.DataFrame) -> Draft:
    """The chosen ones in 30 days, 90 days and a year, each with its first step, the proof that it is done and an owner."""
    chosen = planned[planned["chosen"]].sort_values("horizon", kind="stable")
    counts = {days: int((chosen["horizon"] == days).sum()) for days in HORIZONS}
    facts: dict[str, Fact] = {
        **{f"in_{days}": n for days, n in counts.items()},
        "n": len(chosen),
        "first": item_name(str(chosen["item"].iloc[0])),
    }
    return Draft(
        name="priority.roadmap",
        page="AU-12",
        headline=Sentence("priority.roadmap.headline.plan", facts),
        panels=(
            ChartPanel(
                Sentence("priority.roadmap.title"), Sentence("priority.roadmap.unit"), "L", lambda v: _draw_lanes(chosen, v)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("priority.roadmap.key"),
            Sentence("priority.roadmap.key_number", facts),
            Sentence("priority.roadmap.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("priority.roadmap.sure"),),
        next_move=NextMove(Sentence("priority.roadmap.next", facts)),
        note=(*guide(int(people["respondents"].sum())), Sentence("priority.roadmap.note")),
        sample=people_sample(people),
        source=Sentence("audit.source"),
        period="",
        definitions=("DF-90",),
    )


CARD = 34.0  # mm, the tallest
EM = 25.4 / 72  # mm of a point


def _draw_lanes(chosen: pd.DataFrame, voice: Voice) -> Figure:
    """Three columns, a card an item: from where to where, its first step, the proof that it is done, and an owner."""
    figure, axes = board("L")
    wide = MAIN / len(HORIZONS)
    for c, days in enumerate(HORIZONS):
        left = c * wide
        axes.add_patch(Rectangle((left + 0.5, 139.5), wide - 3, 8, fc=COLOUR["accent"], ec="none"))
        axes.text(
            left + (wide - 2) / 2,
            143.5,
            voice.say(f"priority.horizon.{days}"),
            ha="center",
            va="center",
            size=TYPE["label"],
            weight="bold",
            color=COLOUR["paper"],
        )
        axes.plot(
            [left + wide - 2.2, left + wide - 0.4, left + wide - 2.2],
            [147.5, 143.5, 139.5],
            color=COLOUR["accent"],
            lw=LINE["outline"],
        )
        part = chosen[chosen["horizon"] == days]
        tall = min(CARD, 137.0 / max(len(part), 1))
        for i, row in enumerate(records(part)):
            _card(axes, left + 0.5, 137.5 - (i + 1) * tall, wide - 3, tall - 2, row, voice)
        if not len(part):
            axes.text(
                left + (wide - 2) / 2,
                125,
                voice.say("priority.roadmap.none"),
                ha="center",
                va="center",
                size=TYPE["small"],
                color=COLOUR["mute"],
            )
    return figure


def _card(axes: Axes, x: float, y: float, wide: float, tall: float, row: dict[str, Any], voice: Voice) -> None:
    colour = COLOUR["alert"] if row["gate"] else COLOUR["accent"]
    axes.add_patch(Rectangle((x, y), wide, tall, fc=COLOUR["paper"], ec=COLOUR["rule"], lw=LINE["axis"]))
    axes.add_patch(Rectangle((x, y), 1.4, tall, fc=colour, ec="none"))
    top = y + tall - 3.4
    axes.text(
        x + 3.2,
        top,
        fit(voice.say(item_name(row["item"])), wide - 20, TYPE["label"]),
        va="center",
        size=TYPE["label"],
        weight="bold",
        color=colour,
    )
    number(
        axes,
        x + wide - 8.5,
        top,
        fact(row["score"]),
        "dec1",
        voice,
        ha="right",
        va="center",
        size=TYPE["small"],
        color=COLOUR["text2"],
    )
    number(
        axes,
        x + wide - 1.5,
        top,
        int(row["target"]),
        "int",
        voice,
        ha="right",
        va="center",
        size=TYPE["small"],
        weight="bold",
        within="→ {}",
    )
    room = (wide - 5) / (TYPE["small"] * EM)
    lines = max(1, min(3, int((tall - 15) / 3.9)))
    axes.text(
        x + 3.2,
        top - 3.6,
        "\n".join(wrapped(voice.say(f"audit_item.{row['item']}.step"), room, lines)),
        va="top",
        size=TYPE["small"],
        linespacing=1.3,
    )
    small = (wide - 5) / (TYPE["foot"] * EM)
    proof = wrapped(
        voice.say("priority.roadmap.proof", proof=voice.say(f"audit_item.{row['item']}.proof")), small, 2 if tall > 25 else 1
    )
    axes.text(x + 3.2, y + 5.4, "\n".join(proof), va="bottom", size=TYPE["foot"], color=COLOUR["text2"], linespacing=1.25)
    axes.text(
        x + 3.2,
        y + 2.8,
        voice.say("priority.roadmap.owner", owner=voice.say(f"audit.role.{row['owner']}")),
        va="center",
        size=TYPE["foot"],
        color=COLOUR["text2"],
    )


# ---------------------------------------------------------------- decisions
@view
def decisions(asked: pd.DataFrame, people: pd.DataFrame) -> Draft:
    """What must be decided, with the other choice and what follows from it (`metrics.priority.decisions`)."""
    facts: dict[str, Fact] = {
        "n": len(asked),
        "by": str(asked["by"].min()),
        "first": item_name(str(asked["item"].iloc[0])),
        "last": str(asked["by"].max()),
    }
    columns = (
        plain_column("item", "priority.column.decide", "term", weight=1.3),
        plain_column("step", "priority.column.recommended", "term", weight=2.4),
        plain_column("other", "priority.column.other", "term", weight=1.4),
        plain_column("follows", "priority.column.follows", "term", weight=2.1),
        plain_column("owner", "priority.column.decider", "term", weight=1.2),
        plain_column("by", "priority.column.by", "date", weight=1.1),
        plain_column("number", "priority.column.number", "int", weight=0.4),
    )
    rows = tuple(
        (
            item_name(a["item"]),
            f"audit_item.{a['item']}.step",
            f"priority.other.{a['kind']}",
            f"priority.follows.{a['kind']}",
            f"audit.role.{a['owner']}",
            str(a["by"]),
            i,
        )
        for i, a in enumerate(records(asked), start=1)
    )
    return Draft(
        name="priority.decisions",
        page="AU-13",
        headline=Sentence("priority.decisions.headline.asked", facts),
        panels=(TablePanel(Sentence("priority.decisions.title"), Sentence("priority.decisions.unit"), Table(columns, rows)),),
        key_figure=KeyFigure(
            Sentence("priority.decisions.key"),
            Sentence("priority.decisions.key_number", facts),
            Sentence("priority.decisions.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("priority.decisions.sure"),),
        next_move=NextMove(Sentence("priority.decisions.next")),
        note=guide(int(people["respondents"].sum())),
        sample=people_sample(people),
        source=Sentence("audit.source"),
        period="",
        definitions=("DF-90",),
    )
