"""The pages on the self-check: what was examined, how mature CRM is, where the holes are, and what holds it back."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.audit import AXES, GUIDE, IDIC, SHORT_AXES, STEPS, TOGETHER, instrument
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column
from crm_helpers.views.theme import COLOUR, HATCH, LINE, RAMP, TYPE, board, fit, ink_on, number

TOP = 4.0  # the highest level
LOWEST = 6  # items of the table under the heat map
SURE = {"sure": (), "reference": (Sentence("audit.note_reference"),), "hidden": (Sentence("audit.note_reference"),)}
MATURITY = row_id("kpi", "crm_maturity")

OVERALL = "AU-02"  # also where nobody has answered yet


def item_name(item: str) -> str:
    """The text key of an item's short name."""
    return f"audit.item.{item}"


def department_name(department: str) -> str:
    """A department, or merged ones, as the page writes it."""
    return department.replace(TOGETHER, "・")


def guide(respondents: int) -> tuple[Sentence, ...]:
    """That the scores are a guide only, where two people or fewer answered."""
    return (Sentence("audit.note_guide", {"respondents": respondents}),) if respondents <= GUIDE else ()


def people_sample(people: pd.DataFrame) -> Sentence:
    """How many answered, in how many departments."""
    told: dict[str, Fact] = {"respondents": int(people["respondents"].sum()), "departments": len(people)}
    return Sentence("audit.sample", told)


# ---------------------------------------------------------------- scope
DOCUMENT_STATES = ("exists", "partly", "none", "unknown")


def scope(received: pd.DataFrame, people: pd.DataFrame | Unavailable, papers: pd.DataFrame | Unavailable) -> Draft:
    """What the diagnosis rests on: what came of the forms and the data, over the answers by department.

    Args:
        received: metrics.proof.received; people: metrics.audit.people; papers: metrics.papers.documents.
    """
    answered = isinstance(people, pd.DataFrame)
    given = received[received["count"] > 0]
    seen = papers if isinstance(papers, pd.DataFrame) else pd.DataFrame({"state": pd.Series(dtype=str)})
    facts: dict[str, Fact] = {
        "respondents": int(people["respondents"].sum()) if isinstance(people, pd.DataFrame) else 0,
        "departments": len(people) if isinstance(people, pd.DataFrame) else 0,
        "documents": int(seen["state"].isin(("exists", "partly")).sum()),
        "lacking": int(seen["state"].isin(("none", "unknown")).sum()),
        "forms": int((given["kind"] == "form").sum()),
        "data": int((given["kind"] == "data").sum()),
        "of": len(received),
    }
    kind = "answered" if answered and len(seen) else "no_papers" if answered else "unanswered"
    below = _answers_table(people) if isinstance(people, pd.DataFrame) else _blank_form()
    return Draft(
        name="audit.scope",
        page="AU-01",
        headline=Sentence(f"audit.scope.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("audit.scope.title"), Sentence("audit.scope.unit"), "M", lambda v: _draw_received(received, v)),
            TablePanel(
                Sentence(f"audit.scope.table_{'answers' if answered else 'form'}"), Sentence("audit.scope.table_unit"), below
            ),
        ),
        key_figure=KeyFigure(
            Sentence("audit.scope.key"), Sentence("audit.scope.key_number", facts), Sentence("audit.scope.key_compare", facts)
        ),
        reading=(),
        claim=(Sentence(f"audit.scope.sure_{kind}"),),
        next_move=NextMove(Sentence(f"audit.scope.next_{kind}", facts)),
        note=guide(int(facts["respondents"] or 0)) if answered else (),
        sample=people_sample(people) if isinstance(people, pd.DataFrame) else Sentence("audit.sample_none"),
        source=Sentence("audit.scope.source"),
        period="",
    )


def _draw_received(received: pd.DataFrame, voice: Voice) -> Figure:
    """Two columns, forms and data: a filled dot and a count where something came, a hollow one where not yet."""
    figure, axes = board("M")
    for left, kind in ((0.5, "form"), (102.0, "data")):
        axes.text(
            left,
            78.5,
            voice.say(f"audit.scope.kind.{kind}"),
            va="center",
            size=TYPE["label"],
            weight="bold",
            color=COLOUR["text2"],
        )
        axes.plot([left, left + 93], [75, 75], color=COLOUR["ink"], lw=LINE["rule"])
        part = received[received["kind"] == kind]
        for i, row in enumerate(records(part)):
            y = 70 - i * 10.2
            _input_row(axes, left, y, row, voice)
            axes.plot([left, left + 93], [y - 5.1, y - 5.1], color=COLOUR["rule"], lw=LINE["hair"])
    return figure


def _input_row(axes: Axes, left: float, y: float, row: dict[str, Any], voice: Voice) -> None:
    came = row["count"] > 0
    axes.plot(
        [left + 2], [y], "o", ms=7, mfc=COLOUR["accent"] if came else COLOUR["paper"], mec=COLOUR["accent" if came else "mark"]
    )
    axes.text(
        left + 6,
        y + 1.9,
        fit(voice.say(f"contract.tables.{row['input']}"), 60, TYPE["label"]),
        va="center",
        size=TYPE["label"],
        weight="bold" if came else "regular",
    )
    axes.text(
        left + 6,
        y - 2.1,
        fit(voice.say(f"audit.scope.for.{row['input']}"), 66, TYPE["foot"]),
        va="center",
        size=TYPE["foot"],
        color=COLOUR["mute"],
    )
    style = {"va": "center", "ha": "right", "size": TYPE["label"], "weight": "bold" if came else "regular"}
    if came:
        number(
            axes,
            left + 92,
            y,
            int(row["count"]),
            "int",
            voice,
            within=voice.template(f"audit.scope.count.{row['input']}"),
            **style,
        )
    else:
        axes.text(left + 92, y, voice.say("audit.scope.not_yet"), color=COLOUR["mute"], **style)


def _answers_table(people: pd.DataFrame) -> Table:
    columns = (
        plain_column("department", "audit.column.department", "text"),
        plain_column("respondents", "audit.column.respondents", "int", "audit.unit.people"),
        plain_column("asked", "audit.column.asked", "int", "audit.unit.answers"),
        plain_column("scored", "audit.column.scored", "int", "audit.unit.answers"),
        plain_column("not_known", "audit.column.not_known", "int", "audit.unit.answers"),
    )
    rows = tuple(
        (department_name(p["department"]), int(p["respondents"]), int(p["asked"]), int(p["scored"]), int(p["not_known"]))
        for p in records(people)
    )
    return Table(columns, rows)


def _blank_form() -> Table:
    """The form that waits to be filled in: its questions by area."""
    listed = instrument()
    columns = (
        plain_column("axis", "audit.column.axis", "term"),
        plain_column("items", "audit.column.items", "int", "audit.unit.items"),
        plain_column("short", "audit.column.short", "int", "audit.unit.items"),
        plain_column("gates", "audit.column.gates", "int", "audit.unit.items"),
    )
    rows: list[tuple[Fact, ...]] = []
    for axis in AXES:
        part = listed[listed["axis"] == axis]
        rows.append((f"audit.axis.{axis}", len(part), int(part["short_form"].sum()), int(part["gate"].sum())))
    rows.append(("audit.all", len(listed), int(listed["short_form"].sum()), int(listed["gate"].sum())))
    return Table(columns, tuple(rows), total=True)


# ---------------------------------------------------------------- overall
def overall(
    whole: pd.DataFrame | Unavailable,
    groups: pd.DataFrame | Unavailable,
    gates: pd.DataFrame | Unavailable,
    people: pd.DataFrame | Unavailable,
) -> Draft:
    """The level of maturity with the three axes and the foundations, over the gates; without answers a form that invites.

    Args: `metrics.audit.overall`, `groups`, `gates` and `people`.
    """
    if any(isinstance(table, Unavailable) for table in (whole, groups, gates, people)):
        return _invitation()
    assert isinstance(whole, pd.DataFrame) and isinstance(groups, pd.DataFrame)  # noqa: PT018 - for the types
    assert isinstance(gates, pd.DataFrame) and isinstance(people, pd.DataFrame)  # noqa: PT018
    row = records(whole)[0]
    axes = groups[groups["kind"] == "axis"].set_index("axis")
    known = axes["score"].dropna()
    facts: dict[str, Fact] = {
        "score": fact(row["score"]),
        "level": _level_key(row["level"]),
        "by_score": _level_key(row["level_by_score"]),
        "best": f"audit.axis.{known.idxmax()}" if len(known) else None,
        "best_score": fact(known.max()) if len(known) else None,
        "worst": f"audit.axis.{known.idxmin()}" if len(known) else None,
        "worst_score": fact(known.min()) if len(known) else None,
        "failed": int(row["failed"]),
        "unconfirmed": int(row["unconfirmed"]),
        "coverage": fact(row["coverage"]),
        "respondents": int(people["respondents"].sum()),
    }
    capped = row["level"] != row["level_by_score"]
    gated = "failed" if row["failed"] else "unconfirmed" if row["unconfirmed"] else "met"
    kind = "unscored" if not len(known) else gated
    focus = 0 if gated != "met" else None
    notes = (*guide(int(facts["respondents"] or 0)), *SURE[str(row["state"])], Sentence("audit.overall.note"))
    return Draft(
        name="audit.overall",
        page=OVERALL,
        headline=Sentence(f"audit.overall.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("audit.overall.title"), Sentence("audit.overall.unit"), "M", lambda v: _draw_overall(axes, row, v)
            ),
            TablePanel(Sentence("audit.overall.table"), Sentence("audit.overall.table_unit"), _gate_table(gates, focus)),
        ),
        key_figure=KeyFigure(
            Sentence("audit.overall.key"),
            Sentence("audit.overall.key_number", facts),
            Sentence("audit.overall.key_capped" if capped else "audit.overall.key_level", facts),
        ),
        reading=(),
        claim=(Sentence("audit.overall.sure", facts),),
        next_move=NextMove(Sentence(f"audit.overall.next_{gated}", facts)),
        note=notes,
        sample=people_sample(people),
        source=Sentence("audit.source"),
        period="",
        definitions=("DF-81", "DF-82", "DF-83"),
        rows=_overall_rows(row, axes, facts, kind),
    )


def _level_key(level: int | None) -> str | None:
    return None if level is None or pd.isna(level) else f"audit.level.{int(level)}"


def _overall_rows(row: dict[str, Any], axes: pd.DataFrame, facts: dict[str, Fact], kind: str) -> tuple[LedgerRow, ...]:
    """Maturity as a KPI, its axes below it, and the page's sentence."""

    def value(score: Any, coverage: Any) -> dict[str, Fact]:
        return {
            "value": fact(score),
            "unit": "dec1",
            "n": facts["respondents"],
            "definition": "maturity",
            "coverage": fact(coverage),
        }

    kpis = [
        LedgerRow(
            MATURITY,
            "kpi",
            Sentence("audit.node.crm_maturity"),
            {"current": value(row["score"], row["coverage"])},
            "audit_answers",
        )
    ]
    kpis += [
        LedgerRow(
            row_id("kpi", "crm_maturity", axis=str(axis)),
            "kpi",
            Sentence(f"audit.axis.{axis}"),
            {"current": value(told["score"], told["coverage"])},
            "audit_answers",
            (MATURITY,),
        )
        for axis, told in axes.iterrows()
    ]
    text = Sentence(f"audit.overall.headline.{kind}", facts)
    finding = LedgerRow(
        row_id("finding", "crm_maturity"),
        "finding",
        text,
        {"current": value(row["score"], row["coverage"])},
        "audit_answers",
        (MATURITY,),
    )
    return (*kpis, finding)


def _invitation() -> Draft:
    """The empty form: what is asked, and what an answer of fifteen minutes would show."""
    listed = instrument()
    facts: dict[str, Fact] = {"items": len(listed), "short": int(listed["short_form"].sum()), "gates": int(listed["gate"].sum())}
    blank = pd.DataFrame({"score": math.nan, "state": "none", "target": 3.0, "coverage": 0.0}, index=pd.Index(AXES, name="axis"))
    gates = pd.DataFrame({"item": listed.index[listed["gate"]], "score": math.nan, "state": "unconfirmed", "contradicted": False})
    row = {"level": None, "level_by_score": None, "score": math.nan}
    return Draft(
        name="audit.overall",
        page=OVERALL,
        headline=Sentence("audit.overall.headline.invitation", facts),
        panels=(
            ChartPanel(
                Sentence("audit.overall.title"), Sentence("audit.overall.unit_blank"), "M", lambda v: _draw_overall(blank, row, v)
            ),
            TablePanel(Sentence("audit.overall.table"), Sentence("audit.overall.table_unit"), _gate_table(gates, None)),
        ),
        key_figure=KeyFigure(
            Sentence("audit.overall.key_form"),
            Sentence("audit.overall.key_questions", facts),
            Sentence("audit.overall.key_minutes"),
        ),
        reading=(),
        claim=(Sentence("audit.overall.sure_blank"),),
        next_move=NextMove(Sentence("audit.overall.next_invitation", facts)),
        sample=Sentence("audit.sample_none"),
        source=Sentence("audit.source_form"),
        period="",
    )


LEVEL_LEFT, LEVEL_WIDE = 38.0, 104.0  # mm of the scale 0 to 4
STAMP_LEFT = 152.0


def _draw_overall(axes_of: pd.DataFrame, row: dict[str, Any], voice: Voice) -> Figure:
    """Four bars on the scale of the levels with the target, and the level as a stamp."""
    figure, axes = board("M")
    at = LEVEL_WIDE / TOP
    edges = (0.0, *STEPS, TOP)
    for level in range(5):
        left, right = (LEVEL_LEFT + edges[i] * at for i in (level, level + 1))
        axes.add_patch(
            Rectangle((left, 4), right - left, 68, fc=COLOUR["wash"] if level % 2 == 0 else COLOUR["paper"], ec="none")
        )
        axes.text(
            (left + right) / 2, 79, str(level), ha="center", va="center", size=TYPE["label"], weight="bold", color=COLOUR["text2"]
        )
        axes.text(
            (left + right) / 2,
            75,
            voice.say(f"audit.level.{level}"),
            ha="center",
            va="center",
            size=TYPE["foot"],
            color=COLOUR["text2"],
        )
    axes.plot([LEVEL_LEFT, LEVEL_LEFT], [4, 72], color=COLOUR["ink"], lw=LINE["axis"])
    known = axes_of["score"].dropna()
    worst = known.idxmin() if len(known) else None
    for i, (name, told) in enumerate(axes_of.iterrows()):
        y = 63.5 - i * 17
        axes.text(LEVEL_LEFT - 3, y, voice.say(f"audit.axis.{name}"), ha="right", va="center", size=TYPE["label"], weight="bold")
        _score_bar(axes, y, told, at, focus=name == worst, voice=voice)
    _stamp(axes, row, voice)
    return figure


def _score_bar(axes: Axes, y: float, told: Any, at: float, *, focus: bool, voice: Voice) -> None:
    goal = LEVEL_LEFT + float(told["target"]) * at
    axes.plot([goal, goal], [y - 6, y + 6], color=COLOUR["ink"], lw=LINE["outline"], ls=(0, (2, 1.5)))
    if pd.isna(told["score"]):
        axes.add_patch(
            Rectangle((LEVEL_LEFT, y - 4.5), LEVEL_WIDE, 9, fc="none", ec=COLOUR["mark"], lw=LINE["axis"], ls=(0, (3, 2)))
        )
        number(
            axes,
            LEVEL_LEFT + 3,
            y,
            None,
            "dec1",
            voice,
            va="center",
            size=TYPE["label"],
            color=COLOUR["text2"],
            within=voice.say("audit.unanswered"),
        )
        return
    length = float(told["score"]) * at
    colour = COLOUR["alert"] if focus else COLOUR["accent"]
    hatched = told["state"] == "reference"
    axes.add_patch(
        Rectangle(
            (LEVEL_LEFT, y - 4.5),
            length,
            9,
            fc=COLOUR["paper"] if hatched else colour,
            ec=colour,
            lw=LINE["axis"],
            hatch=HATCH if hatched else None,
        )
    )
    number(
        axes,
        LEVEL_LEFT + length + 2,
        y,
        float(told["score"]),
        "dec1",
        voice,
        va="center",
        size=TYPE["subhead"],
        weight="bold",
        color=colour,
        bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 0.4},
    )


def _stamp(axes: Axes, row: dict[str, Any], voice: Voice) -> None:
    level = row["level"]
    known = level is not None and not pd.isna(level)
    edge = COLOUR["accent"] if known else COLOUR["mark"]
    axes.add_patch(Rectangle((STAMP_LEFT, 22), 45, 44, fc=COLOUR["paper"], ec=edge, lw=LINE["focus"]))
    middle = STAMP_LEFT + 22.5
    axes.text(middle, 60, voice.say("audit.overall.stamp"), ha="center", va="center", size=TYPE["label"], color=COLOUR["text2"])
    if not known:
        axes.text(
            middle,
            44,
            voice.say("audit.unanswered"),
            ha="center",
            va="center",
            size=TYPE["figure"] * 0.7,
            weight="bold",
            color=COLOUR["text2"],
        )
        return
    number(axes, middle, 48, int(level), "int", voice, ha="center", va="center", size=TYPE["cover"], weight="bold", color=edge)
    axes.text(
        middle,
        36.5,
        voice.say(f"audit.level.{int(level)}"),
        ha="center",
        va="center",
        size=TYPE["subhead"] * 1.15,
        weight="bold",
        color=edge,
    )
    if level != row["level_by_score"]:
        axes.text(
            middle,
            27.5,
            voice.say("audit.overall.capped"),
            ha="center",
            va="center",
            size=TYPE["small"],
            color=COLOUR["alert"],
            weight="bold",
        )


def _gate_table(gates: pd.DataFrame, focus: int | None) -> Table:
    columns = (
        plain_column("item", "audit.column.gate", "term", weight=1.3),
        plain_column("state", "audit.column.state", "term", weight=1.1),
        plain_column("score", "audit.column.score", "dec1"),
        plain_column("because", "audit.column.because", "term", weight=1.7),
    )
    rows = tuple(
        (
            item_name(g["item"]),
            f"audit.gate.{g['state']}",
            fact(g["score"]),
            f"audit.because.{'contradicted' if g['contradicted'] else g['state']}",
        )
        for g in records(gates)
    )
    return Table(columns, rows, focus=focus)


# ---------------------------------------------------------------- heat map
COLUMN, ROW, LEFT = 40.0, 16.5, 36.0  # mm of a cell, and of the names at the left


def heat_map(
    groups: pd.DataFrame | Unavailable, items: pd.DataFrame | Unavailable, proof: pd.DataFrame, people: pd.DataFrame | Unavailable
) -> Draft:
    """Axis × IDIC with a proof number from the data for each letter, over the items of the lowest scores.

    Without answers the cells stay blank, and the data's own numbers are what the page says.
    """
    answered = isinstance(groups, pd.DataFrame) and isinstance(items, pd.DataFrame) and isinstance(people, pd.DataFrame)
    cells = groups[groups["kind"] == "cell"] if isinstance(groups, pd.DataFrame) else _blank_cells()
    known = cells.dropna(subset=["score"]).sort_values(["score", "axis"], kind="stable")
    low = known.iloc[0] if len(known) else None
    shares = proof.set_index("idic")["share"]
    facts: dict[str, Fact] = {
        "axis": f"audit.axis_short.{low['axis']}" if low is not None else None,
        "idic": f"audit.idic.{low['idic']}" if low is not None else None,
        "score": fact(low["score"]) if low is not None else None,
        "cells": int((known["score"] < 2).sum()),
        "identify": fact(shares["identify"]),
        "told": int(shares.notna().sum()),
    }
    kind = "unanswered" if not answered else "none" if low is None else "low" if facts["cells"] else "fair"
    if isinstance(items, pd.DataFrame):
        weak = items[items["idic"].notna() & items["score"].notna()]
        below = _items_table(weak.sort_values(["score", "weight", "item"], ascending=[True, False, True]).head(LOWEST))
    else:
        below = _proof_table(proof)
    figure = "proof" if not answered else "cell"
    return Draft(
        name="audit.heat_map",
        page="AU-03",
        headline=Sentence(f"audit.heat_map.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("audit.heat_map.title"),
                Sentence(f"audit.heat_map.unit_{figure}"),
                "M",
                lambda v: _draw_cells(cells, proof, low, v),
            ),
            TablePanel(Sentence(f"audit.heat_map.table_{figure}"), Sentence(f"audit.heat_map.table_unit_{figure}"), below),
        ),
        key_figure=KeyFigure(
            Sentence(f"audit.heat_map.key_{figure}", facts),
            Sentence(f"audit.heat_map.key_number_{figure}", facts),
            Sentence(f"audit.heat_map.key_compare_{figure}", facts),
        ),
        reading=(Sentence("audit.heat_map.proofs"),),
        claim=(Sentence(f"audit.heat_map.sure_{figure}"),),
        next_move=NextMove(Sentence(f"audit.heat_map.next_{figure}", facts)),
        note=guide(int(people["respondents"].sum())) if isinstance(people, pd.DataFrame) else (),
        sample=people_sample(people) if isinstance(people, pd.DataFrame) else Sentence("audit.sample_none"),
        source=Sentence("audit.heat_map.source" if answered else "audit.heat_map.source_data"),
        period="",
        definitions=("DF-81", "DF-84") if answered else ("DF-84",),
        rows=_proof_rows(proof)
        + (
            (
                LedgerRow(
                    row_id("finding", "axis_idic"),
                    "finding",
                    Sentence(f"audit.heat_map.headline.{kind}", facts),
                    {"current": {"value": facts["score"], "unit": "dec1", "definition": "lowest_cell"}},
                    "audit_answers",
                    (MATURITY,),
                ),
            )
            if answered
            else ()
        ),
    )


def _blank_cells() -> pd.DataFrame:
    listed = instrument()
    rows = [
        {
            "axis": axis,
            "idic": letter,
            "score": math.nan,
            "state": "none",
            "items": int(((listed["axis"] == axis) & (listed["idic"] == letter)).sum()),
        }
        for axis in SHORT_AXES
        for letter in IDIC
    ]
    return pd.DataFrame(rows)


def _proof_table(proof: pd.DataFrame) -> Table:
    columns = (
        plain_column("idic", "audit.column.idic", "term"),
        plain_column("what", "audit.column.measured", "term", weight=3.0),
        plain_column("share", "audit.column.share", "pct1"),
    )
    rows = tuple((f"audit.idic.{p['idic']}", f"audit.proof_long.{p['idic']}", fact(p["share"])) for p in records(proof))
    return Table(columns, rows)


def _proof_rows(proof: pd.DataFrame) -> tuple[LedgerRow, ...]:
    """The data's own number of each letter as a KPI, so that two years compare."""
    return tuple(
        LedgerRow(
            row_id("kpi", "idic", letter=str(p["idic"])),
            "kpi",
            Sentence(f"audit.idic.{p['idic']}"),
            {"current": {"value": fact(p["share"]), "unit": "share", "n": fact(p["n"]), "definition": "DF-84"}},
            "tables",
        )
        for p in records(proof)
        if fact(p["share"]) is not None
    )


def _draw_cells(cells: pd.DataFrame, proof: pd.DataFrame, low: Any, voice: Voice) -> Figure:
    figure, axes = board("M")
    top = 82 - 8.5
    for c, letter in enumerate(IDIC):
        axes.text(
            LEFT + (c + 0.5) * COLUMN,
            top + 4,
            voice.say(f"audit.idic.{letter}"),
            ha="center",
            va="center",
            size=TYPE["label"],
            weight="bold",
        )
    by = cells.set_index(["axis", "idic"])
    for r, axis in enumerate(SHORT_AXES):
        y = top - (r + 1) * ROW
        axes.text(
            LEFT - 3,
            y + ROW / 2,
            voice.say(f"audit.axis_short.{axis}"),
            ha="right",
            va="center",
            size=TYPE["label"],
            weight="bold",
        )
        for c, letter in enumerate(IDIC):
            lowest = low is not None and (low["axis"], low["idic"]) == (axis, letter)
            _cell(axes, LEFT + c * COLUMN, y, by.loc[(axis, letter)], lowest=lowest, voice=voice)
    _proofs(axes, proof, voice)
    return figure


def _cell(axes: Axes, x: float, y: float, told: Any, *, lowest: bool, voice: Voice) -> None:
    sure = told["state"] == "sure"
    fill = RAMP(float(told["score"]) / TOP) if sure else COLOUR["paper"]
    edge = COLOUR["alert"] if lowest else COLOUR["paper"] if sure else COLOUR["rule"]
    axes.add_patch(
        Rectangle(
            (x + 0.5, y + 0.5),
            COLUMN - 1,
            ROW - 1,
            fc=fill,
            ec=edge,
            lw=LINE["focus"] if lowest else LINE["axis"],
            hatch=HATCH if told["state"] in ("reference", "hidden") else None,
            zorder=3 if lowest else 2,
        )
    )
    ink = ink_on(fill) if sure else COLOUR["ink"]
    back = {} if sure else {"bbox": {"fc": COLOUR["paper"], "ec": "none", "pad": 1.0}}
    number(
        axes,
        x + COLUMN / 2,
        y + ROW / 2 + 1.6,
        fact(told["score"]),
        "dec1",
        voice,
        ha="center",
        va="center",
        size=TYPE["subhead"] * 1.15,
        weight="bold",
        color=ink,
        zorder=4,
        within="▶ {}" if lowest else "{}",
        **back,
    )
    axes.text(
        x + COLUMN / 2,
        y + 3.4,
        voice.say("audit.heat_map.items", items=int(told["items"])),
        ha="center",
        va="center",
        size=TYPE["foot"],
        color=ink,
        zorder=4,
        **back,
    )


def _proofs(axes: Axes, proof: pd.DataFrame, voice: Voice) -> None:
    """The row of the data's own numbers, under a line: they are no answers."""
    axes.plot([0.5, LEFT + 4 * COLUMN - 0.5], [21.5, 21.5], color=COLOUR["ink"], lw=LINE["rule"])
    axes.text(
        LEFT - 3,
        12.5,
        voice.say("audit.heat_map.proof"),
        ha="right",
        va="center",
        size=TYPE["label"],
        weight="bold",
        color=COLOUR["accent"],
        linespacing=1.4,
    )
    for c, row in enumerate(records(proof)):
        x = LEFT + (c + 0.5) * COLUMN
        number(
            axes,
            x,
            15.8,
            fact(row["share"]),
            "pct1",
            voice,
            ha="center",
            va="center",
            size=TYPE["subhead"] * 1.15,
            weight="bold",
            color=COLOUR["accent"],
        )
        key = f"audit.proof.{row['idic']}" if fact(row["share"]) is not None else "audit.proof.none"
        axes.text(x, 7.6, voice.say(key), ha="center", va="center", size=TYPE["foot"], color=COLOUR["text2"], linespacing=1.4)


def _items_table(weak: pd.DataFrame) -> Table:
    columns = (
        plain_column("item", "audit.column.item", "term"),
        plain_column("axis", "audit.column.axis", "term"),
        plain_column("idic", "audit.column.idic", "term"),
        plain_column("score", "audit.column.score", "dec1"),
        plain_column("target", "audit.column.target", "int"),
        plain_column("answers", "audit.column.answers", "int", "audit.unit.people"),
    )
    rows = tuple(
        (
            item_name(i["item"]),
            f"audit.axis_short.{i['axis']}",
            f"audit.idic.{i['idic']}",
            fact(i["score"]),
            int(i["target"]),
            int(i["answers"]),
        )
        for i in records(weak)
    )
    return Table(columns, rows)
