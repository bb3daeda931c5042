"""The pages on where customer information lies: places and links, what each holds, and what needs care."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.data_map import BY_HAND, DIRECT, HOLDS
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, LINE, MAIN, TYPE, board, fit, number

BOX, TALL = 37.0, 10.5  # mm of a place
AROUND, ALONE = 8, 6  # linked places around the hub and isolated ones that the page has room for
CENTRE, REACH = (76.0, 42.0), (56.0, 31.0)  # mm: the hub, and how far the others stand
LONE = 160.0  # mm: left edge of the column of isolated places
STYLE = {
    "realtime_api": "solid",
    "batch_daily": "solid",
    "batch_weekly": "solid",
    "batch_monthly": "solid",
    "manual_csv": (0, (4, 2)),
    "rekey": (0, (1, 1.5)),
}


@view
def places(found: pd.DataFrame, links: pd.DataFrame, matrix: pd.DataFrame) -> Draft:
    """The places as a graph of links over what each holds (`metrics.data_map.places`, `links`, `matrix`)."""
    alone = found[~found["linked"]]
    by_hand = links[links["method"].isin(BY_HAND)]
    twice = matrix[matrix["masters"] > 1]["group"].nunique() if len(matrix) else 0
    facts: dict[str, Fact] = {
        "places": len(found),
        "alone": len(alone),
        "by_hand": len(by_hand),
        "links": len(links),
        "twice": int(twice),
        "direct": int(found["pd_class"].isin(DIRECT).sum()),
        "shown": min(len(found) - len(alone), AROUND + 1) + min(len(alone), ALONE),
    }
    kind = "alone" if len(alone) else "linked"
    told = len(matrix) > 0
    panels: tuple[ChartPanel | TablePanel, ...] = (
        ChartPanel(
            Sentence("data_map.places.title"), Sentence("data_map.places.unit"), "M", lambda v: _draw_graph(found, links, v)
        ),
    )
    if told:
        panels += (
            ChartPanel(
                Sentence("data_map.places.matrix"),
                Sentence("data_map.places.matrix_unit"),
                "S",
                lambda v: _draw_matrix(found, matrix, v),
            ),
        )
    return Draft(
        name="data_map.places",
        page="AU-07",
        headline=Sentence(f"data_map.places.headline.{kind}", facts),
        panels=panels,
        key_figure=KeyFigure(
            Sentence("data_map.places.key"),
            Sentence("data_map.places.key_number", facts),
            Sentence("data_map.places.key_compare", facts),
        ),
        reading=(Sentence("data_map.places.read"), *((Sentence("data_map.places.read_matrix"),) if told else ())),
        claim=(Sentence("data_map.places.sure", facts),),
        next_move=NextMove(Sentence(f"data_map.places.next_{kind}", facts)),
        note=(Sentence("data_map.places.note_more", facts),) if int(facts["shown"] or 0) < len(found) else (),
        sample=Sentence("data_map.sample", facts),
        source=Sentence("data_map.source"),
        period="",
        definitions=("DF-88",),
        rows=(
            LedgerRow(
                row_id("finding", "data_places"),
                "finding",
                Sentence(f"data_map.places.headline.{kind}", facts),
                {"current": {"value": facts["alone"], "unit": "int", "n": facts["places"], "definition": "places_without_link"}},
                "data_map",
                (row_id("kpi", "data_places"),),
            ),
            LedgerRow(
                row_id("kpi", "data_places"),
                "kpi",
                Sentence("data_map.node"),
                {"current": {"value": facts["places"], "unit": "int", "definition": "data_places"}},
                "data_map",
            ),
        ),
    )


def _draw_graph(found: pd.DataFrame, links: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = board("M")
    where = _layout(found, links)
    _draw_lines(axes, links, where, voice)
    for row in records(found):
        if row["system"] in where:
            _draw_place(axes, row, where[row["system"]], voice)
    if bool((~found["linked"]).any()):
        axes.text(
            LONE, 78.5, voice.say("data_map.places.alone"), va="center", size=TYPE["label"], weight="bold", color=COLOUR["alert"]
        )
    _draw_key(axes, voice)
    return figure


def _layout(found: pd.DataFrame, links: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Middles of the boxes: the place with the most links in the centre, the others around it, isolated ones in a column."""
    degree = pd.concat([links["one"], links["other"]]).value_counts()
    linked = [str(s) for s in found.loc[found["linked"], "system"]]
    ranked = sorted(linked, key=lambda s: (-int(degree.get(s, 0)), s))
    hub, others = ranked[:1], _ring(sorted(ranked[1 : AROUND + 1]), links)
    where = dict.fromkeys(hub, CENTRE)
    for i, system in enumerate(others):
        turn = math.pi * 0.78 - 2 * math.pi * i / max(len(others), 1)
        where[system] = (CENTRE[0] + REACH[0] * math.cos(turn), CENTRE[1] + REACH[1] * math.sin(turn))
    for i, system in enumerate([str(s) for s in found.loc[~found["linked"], "system"]][:ALONE]):
        where[system] = (LONE + BOX / 2, 69.0 - i * (TALL + 2.5))
    return where


def _ring(systems: list[str], links: pd.DataFrame) -> list[str]:
    """The order around the hub in which linked places stand beside each other, so that no line runs behind the hub."""
    if len(systems) < 3:
        return systems
    pairs = [(one, other) for one, other in zip(links["one"], links["other"], strict=True) if {one, other} <= set(systems)]

    def apart(order: tuple[str, ...]) -> int:
        place = {system: i for i, system in enumerate(order)}
        steps = [abs(place[one] - place[other]) for one, other in pairs]
        return sum(min(step, len(order) - step) for step in steps)

    orders: list[tuple[str, ...]] = [(systems[0], *rest) for rest in itertools.permutations(systems[1:])]
    return list(sorted(orders, key=apart)[0])


def _draw_lines(axes: Axes, links: pd.DataFrame, where: dict[str, tuple[float, float]], voice: Voice) -> None:
    for row in records(links):
        if row["one"] not in where or row["other"] not in where:
            continue
        (x, y), (u, v) = where[row["one"]], where[row["other"]]
        hand = row["method"] in BY_HAND
        axes.plot(
            [x, u],
            [y, v],
            color=COLOUR["alert"] if hand else COLOUR["accent"],
            lw=LINE["interval"],
            ls=STYLE.get(row["method"], "solid"),
            zorder=1,
        )
        share = fact(row["match"])
        if share is not None:
            number(
                axes,
                (x + u) / 2,
                (y + v) / 2,
                share,
                "pct0",
                voice,
                ha="center",
                va="center",
                size=TYPE["foot"],
                zorder=2,
                color=COLOUR["alert"] if hand else COLOUR["ink"],
                bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 0.6},
            )


def _draw_place(axes: Axes, row: dict[str, Any], middle: tuple[float, float], voice: Voice) -> None:
    """Filled: names or contacts in it; hollow: numbers only. Outlined in alert: no link."""
    left, bottom = middle[0] - BOX / 2, middle[1] - TALL / 2
    direct = row["pd_class"] in DIRECT
    fill = COLOUR["accent_soft"] if direct else COLOUR["paper"]
    edge = COLOUR["accent"] if row["linked"] else COLOUR["alert"]
    axes.add_patch(
        FancyBboxPatch(
            (left, bottom), BOX, TALL, boxstyle="round,pad=0,rounding_size=1.2", fc=fill, ec=edge, lw=LINE["outline"], zorder=3
        )
    )
    axes.text(
        middle[0],
        middle[1] + 2.2,
        fit(f"{row['system']} {row['name']}", BOX - 2, TYPE["small"]),
        ha="center",
        va="center",
        size=TYPE["small"],
        weight="bold",
        zorder=4,
    )
    kind = f"data_map.kind.{row['kind']}"
    told = voice.say(kind) if voice.has(kind) else str(row["kind"] or "")
    if fact(row["records"]) is None:
        axes.text(
            middle[0],
            middle[1] - 2.4,
            fit(told, BOX - 2, TYPE["foot"]),
            ha="center",
            va="center",
            size=TYPE["foot"],
            color=COLOUR["text2"],
            zorder=4,
        )
        return
    number(
        axes,
        middle[0],
        middle[1] - 2.4,
        int(row["records"]),
        "int",
        voice,
        ha="center",
        va="center",
        size=TYPE["foot"],
        color=COLOUR["text2"],
        zorder=4,
        within=fit(told, 18, TYPE["foot"]) + "  " + voice.template("data_map.places.records"),
    )


def _draw_key(axes: Axes, voice: Voice) -> None:
    """What the lines mean, at the foot of the drawing."""
    x = 0.5
    for method, colour in (("batch_daily", "accent"), ("manual_csv", "alert"), ("rekey", "alert")):
        axes.plot([x, x + 9], [1.5, 1.5], color=COLOUR[colour], lw=LINE["interval"], ls=STYLE[method])
        axes.text(x + 11, 1.5, voice.say(f"data_map.method.{method}"), va="center", size=TYPE["foot"], color=COLOUR["text2"])
        x += 39
    for fill, key in (("accent_soft", "direct"), ("paper", "indirect")):
        axes.add_patch(Rectangle((x, 0.2), 5, 2.8, fc=COLOUR[fill], ec=COLOUR["accent"], lw=LINE["axis"]))
        axes.text(x + 7, 1.5, voice.say(f"data_map.places.{key}"), va="center", size=TYPE["foot"], color=COLOUR["text2"])
        x += 41


SYSTEMS = 14  # columns of the matrix


def _draw_matrix(found: pd.DataFrame, matrix: pd.DataFrame, voice: Voice) -> Figure:
    """Kinds of information by place: a filled disc for a master, a ring for a copy; more than one master in alert."""
    figure, axes = board("S")
    systems = [str(s) for s in found["system"]][:SYSTEMS]
    left, wide, tall = 44.0, (MAIN - 44.0 - 20.0) / len(systems), 6.1
    held = {(row["group"], row["system"]): row["held"] for row in records(matrix)}
    masters = matrix.drop_duplicates("group").set_index("group")["masters"]
    for c, system in enumerate(systems):
        axes.text(
            left + (c + 0.5) * wide,
            54.5,
            system,
            ha="center",
            va="center",
            size=TYPE["small"],
            weight="bold",
            color=COLOUR["text2"],
        )
    axes.text(
        MAIN - 1,
        54.5,
        voice.say("data_map.places.masters"),
        ha="right",
        va="center",
        size=TYPE["small"],
        weight="bold",
        color=COLOUR["text2"],
    )
    axes.plot([0, MAIN], [51, 51], color=COLOUR["ink"], lw=LINE["rule"])
    for r, group in enumerate(HOLDS):
        y = 51 - (r + 0.5) * tall
        many = int(masters.get(group, 0))
        colour = COLOUR["alert"] if many > 1 else COLOUR["accent"]
        axes.text(0.5, y, voice.say(f"data_map.holds.{group}"), va="center", size=TYPE["label"])
        for c, system in enumerate(systems):
            if told := held.get((group, system)):
                axes.plot(
                    [left + (c + 0.5) * wide],
                    [y],
                    "o",
                    ms=8,
                    mec=colour,
                    mew=LINE["outline"],
                    mfc=colour if told == "master" else COLOUR["paper"],
                )
        number(
            axes,
            MAIN - 1,
            y,
            many,
            "int",
            voice,
            ha="right",
            va="center",
            size=TYPE["label"],
            weight="bold" if many > 1 else "regular",
            color=colour if many > 1 else COLOUR["ink"],
        )
        axes.plot([0, MAIN], [y - tall / 2, y - tall / 2], color=COLOUR["rule"], lw=LINE["hair"])
    return figure


# ---------------------------------------------------------------- what needs care
MOST_RISKS = 10


@view
def care(found: pd.DataFrame, risks: pd.DataFrame, questions: pd.DataFrame) -> Draft:
    """The five questions over the places that need care (`metrics.data_map.places`, `risks`, `five_questions`)."""
    shown = risks.head(MOST_RISKS)
    facts: dict[str, Fact] = {
        "risks": len(risks),
        "at_risk": int(risks["system"].nunique()),
        "places": len(found),
        "loose": int((risks["risk"] == "loose").sum()),
        "asked": fact(questions.set_index("question")["n"]["asked_again"]),
        "kinds": fact(questions.set_index("question")["of"]["asked_again"]),
    }
    kind = "some" if len(risks) else "none"
    return Draft(
        name="data_map.care",
        page="AU-07B",
        headline=Sentence(f"data_map.care.headline.{kind}", facts),
        panels=(
            TablePanel(
                Sentence("data_map.care.questions"), Sentence("data_map.care.questions_unit"), _questions_table(questions)
            ),
            TablePanel(Sentence("data_map.care.title"), Sentence("data_map.care.unit", facts), _risk_table(shown)),
        ),
        key_figure=KeyFigure(
            Sentence("data_map.care.key"),
            Sentence("data_map.care.key_number", facts),
            Sentence("data_map.care.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("data_map.care.sure"),),
        next_move=NextMove(Sentence("data_map.care.next_loose" if facts["loose"] else f"data_map.care.next_{kind}", facts)),
        note=(Sentence("data_map.care.note"),),
        sample=Sentence("data_map.sample", facts),
        source=Sentence("data_map.care.source"),
        period="",
        definitions=("DF-88",),
        rows=tuple(
            LedgerRow(
                row_id("gap", "data_place", place=str(r["system"]), risk=str(r["risk"])),
                "gap",
                Sentence(f"data_map.risk.{r['risk']}"),
                {"records": {"value": fact(r["records"]), "unit": "int", "definition": "records"}},
                "data_map",
                (row_id("kpi", "data_places"),),
            )
            for r in records(risks)
        ),
    )


def _questions_table(questions: pd.DataFrame) -> Table:
    columns = (
        plain_column("question", "data_map.column.question", "term", weight=2.0),
        plain_column("answer", "data_map.column.answer", "term", weight=2.3),
        plain_column("n", "data_map.column.n", "int", weight=0.6),
        plain_column("of", "data_map.column.of", "int", weight=0.6),
    )
    rows = tuple(
        (
            f"data_map.question.{q['question']}",
            f"data_map.counted.{q['question']}" if fact(q["n"]) is not None else "data_map.not_told",
            fact(q["n"]),
            fact(q["of"]),
        )
        for q in records(questions)
    )
    return Table(columns, rows)


def _risk_table(shown: pd.DataFrame) -> Table:
    columns = (
        plain_column("risk", "data_map.column.risk", "term", weight=2.0),
        plain_column("place", "data_map.column.place", "text", weight=1.3),
        plain_column("department", "data_map.column.department", "text", weight=1.2),
        plain_column("records", "data_map.column.records", "int", weight=0.6),
        plain_column("mend", "data_map.column.mend", "term", weight=1.9),
    )
    rows = tuple(
        (
            f"data_map.risk.{r['risk']}",
            f"{r['system']} {r['name']}",
            str(r["department"] or "—"),
            fact(r["records"]),
            f"data_map.mend.{r['risk']}",
        )
        for r in records(shown)
    )
    return Table(columns, rows)
