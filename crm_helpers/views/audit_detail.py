"""The pages behind the level: foundations, gaps to the target, where departments differ, change since the last wave, checks."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.audit import AXES, FOUNDATIONS
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.audit import MATURITY, TOP, department_name, guide, item_name, people_sample
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HATCH, LINE, MAIN, TYPE, board, fit, mark, number, strip

SPOKES = 8  # more cannot be read
GAPS = 10  # items of the gap page
DIFFERING = 8  # items of the page on departments


def _source() -> Sentence:
    return Sentence("audit.source")


# ---------------------------------------------------------------- foundations
@view
def foundations(groups: pd.DataFrame, blocked: pd.DataFrame, people: pd.DataFrame) -> Draft:
    """The five foundations as a radar and as bars, over what the lowest holds back (`metrics.audit.groups`, `blocked`)."""
    parts = groups[groups["kind"] == "foundation"].set_index("foundation").loc[list(FOUNDATIONS)]
    low = str(blocked["foundation"].iloc[0])
    held = blocked[blocked["score"] < blocked["target"]]
    score, target = (float(parts[name][low]) for name in ("score", "target"))
    facts: dict[str, Fact] = {
        "worst": f"audit.foundation.{low}",
        "score": score,
        "target": target,
        "gap": target - score,
        "held": len(held),
        "first": item_name(str(held.sort_values(["score", "item"])["item"].iloc[0])) if len(held) else None,
    }
    kind = "low" if score < target and len(held) else "fair"
    return Draft(
        name="audit_detail.foundations",
        page="AU-04",
        headline=Sentence(f"audit_detail.foundations.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("audit_detail.foundations.title"),
                Sentence("audit_detail.unit"),
                "M",
                lambda v: _draw_radar(parts, low, v),
            ),
            TablePanel(
                Sentence("audit_detail.foundations.table", facts), Sentence("audit_detail.unit_plain"), _held_table(blocked)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("audit_detail.foundations.key", facts),
            Sentence("audit.heat_map.key_number_cell", facts),
            Sentence("audit_detail.key_target", facts),
        ),
        reading=(),
        claim=(Sentence("audit_detail.foundations.sure"),),
        next_move=NextMove(Sentence(f"audit_detail.foundations.next.{low}")),
        note=(*guide(int(people["respondents"].sum())), Sentence("audit_detail.foundations.note")),
        sample=people_sample(people),
        source=_source(),
        period="",
        definitions=("DF-81", "DF-82"),
        rows=tuple(
            LedgerRow(
                row_id("kpi", "crm_maturity", foundation=str(name)),
                "kpi",
                Sentence(f"audit.foundation.{name}"),
                {"current": {"value": fact(told["score"]), "unit": "dec1", "definition": "maturity"}},
                "audit_answers",
                (MATURITY,),
            )
            for name, told in parts.iterrows()
        ),
    )


def _draw_radar(parts: pd.DataFrame, low: str, voice: Voice) -> Figure:
    """At most eight spokes on one scale; the same values as bars at the right, for print in grey."""
    assert len(parts) <= SPOKES, "a radar of more spokes cannot be read"
    figure, axes = board("M")
    centre, radius = (49.0, 37.0), 27.0
    turns = [math.pi / 2 - 2 * math.pi * i / len(parts) for i in range(len(parts))]
    places = [(math.cos(t), math.sin(t)) for t in turns]
    for ring in range(1, 5):
        around = [(centre[0] + radius * ring / TOP * x, centre[1] + radius * ring / TOP * y) for x, y in places]
        axes.add_patch(Polygon(around, fill=False, ec=COLOUR["rule"], lw=LINE["hair"]))
        if ring < TOP:  # the outermost would stand in the label
            axes.text(centre[0] + 0.8, around[0][1] + 0.2, str(ring), size=TYPE["foot"], color=COLOUR["mute"], va="bottom")
    goal = [_spoke(centre, radius, t, p) for t, p in zip(parts["target"], places, strict=True)]
    told = [_spoke(centre, radius, 0.0 if pd.isna(s) else s, p) for s, p in zip(parts["score"], places, strict=True)]
    axes.add_patch(Polygon(goal, fill=False, ec=COLOUR["ink"], lw=LINE["outline"], ls=(0, (3, 2))))
    axes.add_patch(Polygon(told, fc=COLOUR["accent_soft"], ec=COLOUR["accent"], lw=LINE["main"], alpha=0.9))
    for (name, row), (x, y) in zip(parts.iterrows(), places, strict=True):
        colour = COLOUR["alert"] if name == low else COLOUR["ink"]
        axes.plot([centre[0], centre[0] + radius * x], [centre[1], centre[1] + radius * y], color=COLOUR["rule"], lw=LINE["hair"])
        side = "center" if abs(x) < 0.3 else "left" if x > 0 else "right"
        number(
            axes,
            centre[0] + (radius + 3) * x,
            centre[1] + (radius + 6) * y,
            fact(row["score"]),
            "dec1",
            voice,
            ha=side,
            va="center",
            size=TYPE["label"],
            weight="bold",
            color=colour,
            within=voice.say(f"audit.foundation.{name}") + "\n{}",
            linespacing=1.3,
        )
    _radar_bars(axes, parts, low, voice)
    return figure


def _spoke(centre: tuple[float, float], radius: float, value: float, place: tuple[float, float]) -> tuple[float, float]:
    return centre[0] + radius * value / TOP * place[0], centre[1] + radius * value / TOP * place[1]


def _radar_bars(axes: Axes, parts: pd.DataFrame, low: str, voice: Voice) -> None:
    left, wide = 132.0, 58.0
    for ring in range(5):
        x = left + wide * ring / TOP
        axes.plot(
            [x, x],
            [6, 71],
            color=COLOUR["ink"] if ring == 0 else COLOUR["hair"],
            lw=LINE["hair"] if ring else LINE["axis"],
            zorder=1,
        )
        axes.text(x, 74.5, str(ring), ha="center", va="center", size=TYPE["small"], color=COLOUR["text2"])
    ordered = parts.sort_values("score", ascending=False, na_position="last", kind="stable")
    for i, (name, row) in enumerate(ordered.iterrows()):
        y = 64.5 - i * 13
        colour = COLOUR["alert"] if name == low else COLOUR["accent"]
        axes.text(left - 3, y, voice.say(f"audit.foundation.{name}"), ha="right", va="center", size=TYPE["label"], weight="bold")
        goal = left + wide * float(row["target"]) / TOP
        if pd.notna(row["score"]):
            sure = row["state"] == "sure"
            axes.add_patch(
                Rectangle(
                    (left, y - 3.6),
                    wide * float(row["score"]) / TOP,
                    7.2,
                    fc=colour if sure else COLOUR["paper"],
                    ec=colour,
                    lw=LINE["axis"],
                    hatch=None if sure else HATCH,
                    zorder=2,
                )
            )
        axes.plot([goal, goal], [y - 5, y + 5], color=COLOUR["ink"], lw=LINE["outline"], ls=(0, (2, 1.5)), zorder=3)
        at = left + wide * (0.0 if pd.isna(row["score"]) else float(row["score"])) / TOP
        number(
            axes,
            at + 1.5,
            y,
            fact(row["score"]),
            "dec1",
            voice,
            va="center",
            size=TYPE["label"],
            weight="bold",
            color=colour,
            zorder=4,
            bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 0.3},
        )


def _held_table(blocked: pd.DataFrame) -> Table:
    columns = (
        plain_column("item", "audit_detail.column.held", "term", weight=1.3),
        plain_column("score", "audit.column.score", "dec1", weight=0.5),
        plain_column("target", "audit.column.target", "int", weight=0.5),
        plain_column("step", "audit_detail.column.step", "term", weight=3.2),
    )
    rows = tuple(
        (item_name(b["item"]), fact(b["score"]), int(b["target"]), f"audit_item.{b['item']}.step") for b in records(blocked)
    )
    return Table(columns, rows)


# ---------------------------------------------------------------- gap to the target
@view
def gap(gaps: pd.DataFrame, people: pd.DataFrame) -> Draft:
    """Now and target of the items with the largest weighted gaps (`metrics.audit.gaps`); every gap is a row of the thread."""
    shown = gaps.head(GAPS)
    facts: dict[str, Fact] = {
        "n": len(shown),
        "share": fact(shown["share"].sum()),
        "all": len(gaps),
        "first": item_name(str(gaps["item"].iloc[0])) if len(gaps) else None,
        "score": fact(gaps["score"].iloc[0]) if len(gaps) else None,
        "target": int(gaps["target"].iloc[0]) if len(gaps) else None,
        "gap": fact(gaps["gap"].iloc[0]) if len(gaps) else None,
    }
    kind = "some" if len(gaps) else "none"
    return Draft(
        name="audit_detail.gap",
        page="AU-05",
        headline=Sentence(f"audit_detail.gap.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("audit_detail.gap.title"), Sentence("audit_detail.gap.unit"), "L", lambda v: _draw_gaps(shown, v)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("audit_detail.gap.key", facts),
            Sentence("audit_detail.gap.key_number", facts),
            Sentence("audit_detail.gap.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("audit_detail.gap.sure"),),
        next_move=NextMove(Sentence("audit_detail.gap.next", facts)),
        note=(*guide(int(people["respondents"].sum())), *own_targets(shown)),
        sample=people_sample(people),
        source=_source(),
        period="",
        definitions=("DF-81", "DF-85"),
        rows=tuple(_gap_row(g) for g in records(gaps)),
    )


def own_targets(gaps: pd.DataFrame) -> tuple[Sentence, ...]:
    """How many of the targets shown the consultant set for this client; nothing where none."""
    n = int(gaps["own"].str.contains("target").sum())
    return (Sentence("audit_detail.gap.own", {"n": n}),) if n else ()


def gap_id(item: str) -> str:
    """The id of an item's gap in the thread, by which the annual plan knows it."""
    return row_id("gap", "audit", item=item)


def _gap_row(row: dict[str, Any]) -> LedgerRow:
    def value(name: str, unit: str = "dec1") -> dict[str, Fact]:
        return {"value": fact(row[name]), "unit": unit, "definition": name}

    told: dict[str, dict[str, Fact]] = {
        "score": value("score"),
        "target": value("target", "int"),
        "gap": value("gap"),
        "weighted": value("weighted"),
        "effort": value("effort", "int"),
        "impact": value("impact", "int"),
        "gate": {"value": bool(row["gate"]), "definition": "gate"},
    }
    return LedgerRow(
        gap_id(str(row["item"])),
        "gap",
        Sentence(item_name(str(row["item"]))),
        told,
        "audit_answers",
        (row_id("kpi", "crm_maturity", axis=str(row["axis"])),),
    )


NAMES, SCALE, WIDE_MM = 0.5, 78.0, 62.0  # mm: names, the scale's left edge and width


def _draw_gaps(shown: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = board("L")
    heads = {
        NAMES: ("item", "left"),
        53.0: ("axis", "left"),
        156.0: ("gap", "right"),
        173.0: ("weight", "right"),
        197.0: ("weighted", "right"),
    }
    for x, (name, side) in heads.items():
        axes.text(
            x,
            143,
            voice.say(f"audit_detail.gap.head.{name}"),
            ha=side,
            va="center",
            size=TYPE["small"],
            weight="bold",
            color=COLOUR["text2"],
        )
    _scale(axes, 143, 4)
    axes.plot([0, MAIN], [138.5, 138.5], color=COLOUR["ink"], lw=LINE["rule"])
    tall = 134.0 / GAPS
    for i, row in enumerate(records(shown)):
        y = 138.5 - (i + 0.5) * tall
        main = i == 0
        axes.text(
            NAMES, y, fit(voice.say(item_name(row["item"])), 51, TYPE["label"]), va="center", size=TYPE["label"], weight="bold"
        )
        axes.text(53, y, voice.say(f"audit.axis_short.{row['axis']}"), va="center", size=TYPE["label"], color=COLOUR["text2"])
        _dumbbell(axes, y, float(row["score"]), float(row["target"]), COLOUR["alert"] if main else COLOUR["accent"])
        number(axes, 156, y, float(row["gap"]), "dec1", voice, ha="right", va="center", size=TYPE["label"])
        number(axes, 173, y, int(row["weight"]), "int", voice, ha="right", va="center", size=TYPE["label"])
        number(
            axes,
            197,
            y,
            float(row["weighted"]),
            "dec1",
            voice,
            ha="right",
            va="center",
            size=TYPE["label"],
            weight="bold",
            color=COLOUR["alert"] if main else COLOUR["ink"],
        )
        axes.plot([0, MAIN], [y - tall / 2, y - tall / 2], color=COLOUR["rule"], lw=LINE["hair"])
    return figure


def _scale(axes: Axes, y: float, bottom: float) -> None:
    for level in range(5):
        x = SCALE + WIDE_MM * level / TOP
        axes.text(x, y, str(level), ha="center", va="center", size=TYPE["small"], color=COLOUR["text2"])
        axes.plot([x, x], [bottom, y - 4.5], color=COLOUR["hair"], lw=LINE["rule"], zorder=1)


def _dumbbell(axes: Axes, y: float, was: float, now: float, colour: str) -> None:
    """A filled dot for where it stands, a hollow one for where it should."""
    left, right = (SCALE + WIDE_MM * v / TOP for v in (was, now))
    axes.plot([left, right], [y, y], color=colour, lw=LINE["main"], zorder=2)
    axes.plot([left], [y], "o", ms=7, color=colour, zorder=3)
    axes.plot([right], [y], "o", ms=7, mfc=COLOUR["paper"], mec=colour, mew=LINE["outline"], zorder=3)


# ---------------------------------------------------------------- departments
SHAPES = ("o", "s", "D", "^", "v", "P", "X", "h")


@view
def disagreement(apart: pd.DataFrame, by_department: pd.DataFrame, people: pd.DataFrame) -> Draft:
    """Items on which departments stand apart, a shape a department; for the sponsor first.

    Args: `metrics.audit.disagreements`, `by_department` and `people`.
    """
    shown, wide = apart.head(DIFFERING), apart[apart["wide"]]
    top = records(wide)[0] if len(wide) else None
    counts = wide["direction"].value_counts()
    facts: dict[str, Fact] = {
        "n": len(wide),
        "item": item_name(str(top["item"])) if top else None,
        "range": fact(top["range"]) if top else None,
        "high_in": department_name(str(top["high_in"])) if top else None,
        "low_in": department_name(str(top["low_in"])) if top else None,
        "departments": len(people),
        "office": int(counts.get("office_high", 0)),
        "front": int(counts.get("front_high", 0)),
    }
    meaning = "none" if not len(wide) else max(("office_high", "front_high", "other"), key=lambda d: int(counts.get(d, 0)))
    names = sorted(by_department["department"].unique())
    return Draft(
        name="audit_detail.disagreement",
        page="AU-06",
        headline=Sentence(f"audit_detail.disagreement.headline.{meaning}", facts),
        panels=(
            ChartPanel(
                Sentence("audit_detail.disagreement.title"),
                Sentence("audit_detail.disagreement.unit"),
                "L",
                lambda v: _draw_differing(shown, by_department, names, v),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("audit_detail.disagreement.key"),
            Sentence("audit_detail.disagreement.key_number", facts),
            Sentence("audit_detail.disagreement.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence(f"audit_detail.disagreement.means.{meaning}", facts),),
        next_move=NextMove(Sentence("audit_detail.disagreement.next" if top else "audit_detail.disagreement.next_none", facts)),
        note=guide(int(people["respondents"].sum())),
        sample=people_sample(people),
        source=_source(),
        period="",
        definitions=("DF-81",),
        audience="sponsor",
        rows=(
            LedgerRow(
                row_id("finding", "departments_differ"),
                "finding",
                Sentence(f"audit_detail.disagreement.headline.{meaning}", facts),
                {"current": {"value": len(wide), "unit": "int", "definition": "items_two_levels_apart"}},
                "audit_answers",
                (MATURITY,),
            ),
        ),
    )


def _draw_differing(shown: pd.DataFrame, by_department: pd.DataFrame, names: list[str], voice: Voice) -> Figure:
    figure, axes = board("L")
    for i, name in enumerate(names):  # the key: a shape a department
        x, y = 1.5 + (i % 3) * 66, 144.0 - (i // 3) * 5
        axes.plot([x], [y], SHAPES[i % len(SHAPES)], ms=6, color=COLOUR["accent"], mfc=_shape_fill(i))
        axes.text(x + 3, y, fit(department_name(name), 58, TYPE["small"]), va="center", size=TYPE["small"])
    top = 136.0 - 5 * ((len(names) - 1) // 3)
    _scale(axes, top, 4)
    axes.plot([0, MAIN], [top - 4.5, top - 4.5], color=COLOUR["ink"], lw=LINE["rule"])
    tall = min(16.0, (top - 8) / max(len(shown), 1))
    if not len(shown):
        number(
            axes,
            MAIN / 2,
            70,
            0,
            "int",
            voice,
            ha="center",
            va="center",
            size=TYPE["headline"],
            weight="bold",
            color=COLOUR["accent"],
            within=voice.template("audit_detail.disagreement.no_items"),
        )
    for i, row in enumerate(records(shown)):
        y = top - 4.5 - (i + 0.5) * tall
        axes.text(
            NAMES,
            y + 2.2,
            fit(voice.say(item_name(row["item"])), 70, TYPE["label"]),
            va="center",
            size=TYPE["label"],
            weight="bold",
        )
        axes.text(
            NAMES,
            y - 2.4,
            voice.say(f"audit_detail.disagreement.direction.{row['direction']}"),
            va="center",
            size=TYPE["foot"],
            color=COLOUR["text2"],
        )
        colour = COLOUR["alert"] if i == 0 and row["wide"] else COLOUR["accent"]
        ends = [SCALE + WIDE_MM * float(row[name]) / TOP for name in ("low", "high")]
        axes.plot(ends, [y, y], color=colour, lw=LINE["interval"], zorder=2)
        _dots(axes, y, by_department[by_department["item"] == row["item"]], names, colour)
        number(
            axes,
            168,
            y,
            float(row["range"]),
            "dec1",
            voice,
            ha="right",
            va="center",
            size=TYPE["subhead"],
            weight="bold",
            color=colour,
            within=voice.template("audit_detail.disagreement.levels"),
        )
        axes.plot([0, MAIN], [y - tall / 2, y - tall / 2], color=COLOUR["rule"], lw=LINE["hair"])
    return figure


def _shape_fill(i: int) -> str:
    return str(COLOUR["accent"] if i % 2 == 0 else COLOUR["paper"])


def _dots(axes: Axes, y: float, told: pd.DataFrame, names: list[str], colour: str) -> None:
    """A shape a department; those on the same level stand beside each other."""
    seen: dict[float, int] = {}
    for row in records(told.dropna(subset=["median"])):
        i = names.index(row["department"])
        beside = seen.get(row["median"], 0)
        seen[row["median"]] = beside + 1
        x = SCALE + WIDE_MM * float(row["median"]) / TOP
        axes.plot(
            [x],
            [y + 3.4 * beside],
            SHAPES[i % len(SHAPES)],
            ms=7,
            color=colour,
            mfc=colour if i % 2 == 0 else COLOUR["paper"],
            mew=LINE["outline"],
            zorder=3,
        )


# ---------------------------------------------------------------- change since the last wave
MOVED = 7  # items of the table


@view
def change(waves: pd.DataFrame) -> Draft:
    """Two waves on the same items and respondents: the axes as steps, over the items that moved most (`metrics.audit.waves`)."""
    told = waves.attrs
    weights = waves["weight"]
    axes_of = pd.DataFrame(
        [
            {
                "axis": axis,
                **{when: float((part[when] * part["weight"]).sum() / part["weight"].sum()) for when in ("before", "after")},
            }
            for axis in AXES
            if len(part := waves[waves["axis"] == axis])
        ]
    )
    before, after = (float((waves[w] * weights).sum() / weights.sum()) for w in ("before", "after"))
    facts: dict[str, Fact] = {
        "before": before,
        "after": after,
        "change": after - before,
        "up": int((waves["change"] > 0).sum()),
        "down": int((waves["change"] < 0).sum()),
        "items": len(waves),
        "respondents": int(told["respondents"]),
        "was": str(told["before"]),
        "now": str(told["after"]),
    }
    kind = "up" if after - before >= 0.05 else "down" if after - before <= -0.05 else "level"
    moved = (
        waves.assign(size=waves["change"].abs())
        .sort_values(["size", "weight", "item"], ascending=[False, False, True])
        .head(MOVED)
    )
    return Draft(
        name="audit_detail.change",
        page="AU-15",
        headline=Sentence(f"audit_detail.change.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("audit_detail.change.title"),
                Sentence("audit_detail.change.unit", facts),
                "S",
                lambda v: _draw_change(axes_of, v),
            ),
            TablePanel(Sentence("audit_detail.change.table"), Sentence("audit_detail.unit_plain"), _moved_table(moved)),
        ),
        key_figure=KeyFigure(
            Sentence("audit_detail.change.key"),
            Sentence("audit_detail.change.key_number", facts),
            Sentence("audit_detail.change.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("audit_detail.change.sure", facts),),
        next_move=NextMove(Sentence("audit_detail.change.next", facts)),
        sample=Sentence("audit_detail.change.sample", facts),
        source=_source(),
        period="",
        definitions=("DF-81", "DF-86"),
        note=guide(int(told["respondents"])),
        rows=(
            LedgerRow(
                row_id("finding", "maturity_change"),
                "finding",
                Sentence(f"audit_detail.change.headline.{kind}", facts),
                {
                    "current": {
                        "value": facts["after"],
                        "unit": "dec1",
                        "n": facts["respondents"],
                        "definition": "same_items_and_people",
                    },
                    "compare": {
                        "value": facts["before"],
                        "unit": "dec1",
                        "n": facts["respondents"],
                        "definition": "same_items_and_people",
                    },
                },
                "audit_answers",
                (MATURITY,),
            ),
        ),
    )


def _draw_change(axes_of: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = board("S")
    _scale(axes, 54, 3)
    axes.plot([0, MAIN], [49.5, 49.5], color=COLOUR["ink"], lw=LINE["rule"])
    for i, row in enumerate(records(axes_of)):
        y = 43.5 - i * 11.6
        moved = round(row["after"] - row["before"], 1)
        colour = COLOUR["alert"] if moved < 0 else COLOUR["accent"] if moved > 0 else COLOUR["text2"]
        left, right = (SCALE + WIDE_MM * row[w] / TOP for w in ("before", "after"))
        axes.text(NAMES, y, voice.say(f"audit.axis.{row['axis']}"), va="center", size=TYPE["label"], weight="bold")
        axes.plot([left, right], [y, y], color=colour, lw=LINE["main"], zorder=2)
        axes.plot([left], [y], "o", ms=7, mfc=COLOUR["paper"], mec=COLOUR["mark"], mew=LINE["outline"], zorder=3)
        axes.plot([right], [y], "o", ms=7, color=colour, zorder=3)
        number(axes, 155, y, row["before"], "dec1", voice, ha="right", va="center", size=TYPE["label"], color=COLOUR["text2"])
        axes.text(158.5, y, "→", ha="center", va="center", size=TYPE["label"], color=COLOUR["text2"])
        number(axes, 168, y, row["after"], "dec1", voice, ha="right", va="center", size=TYPE["label"], weight="bold")
        number(
            axes,
            193,
            y,
            row["after"] - row["before"],
            "dec1_signed",
            voice,
            ha="right",
            va="center",
            size=TYPE["subhead"],
            weight="bold",
            color=colour,
        )
        axes.plot([0, MAIN], [y - 5.8, y - 5.8], color=COLOUR["rule"], lw=LINE["hair"])
    return figure


def _moved_table(moved: pd.DataFrame) -> Table:
    columns = (
        plain_column("item", "audit.column.item", "term"),
        plain_column("axis", "audit.column.axis", "term"),
        plain_column("before", "audit_detail.column.before", "dec1"),
        plain_column("after", "audit_detail.column.after", "dec1"),
        plain_column("change", "audit_detail.column.change", "dec1_signed"),
    )
    rows = tuple(
        (item_name(m["item"]), f"audit.axis_short.{m['axis']}", m["before"], m["after"], m["change"]) for m in records(moved)
    )
    return Table(columns, rows)


# ---------------------------------------------------------------- checks, for internal eyes
@view
def checks(loo: pd.DataFrame, alpha: float, styles: pd.DataFrame, people: pd.DataFrame) -> Draft:
    """How far the score hangs on one respondent, and how much the respondents agree: for the consultant, not for a board."""
    row = records(loo)[0]
    facts: dict[str, Fact] = {
        "score": fact(row["score"]),
        "low": fact(row["low"]),
        "high": fact(row["high"]),
        "alpha": fact(alpha),
        "respondents": int(row["respondents"]),
        "apart": int(styles["apart"].iloc[0]),
        "not_known": int(people["not_known"].sum()),
        "asked": int(people["asked"].sum()),
    }
    return Draft(
        name="audit_detail.checks",
        page="AU-19",
        headline=Sentence("audit_detail.checks.headline", facts),
        panels=(
            ChartPanel(
                Sentence("audit_detail.checks.title"), Sentence("audit_detail.unit_plain"), "S", lambda v: _draw_range(row, v)
            ),
            TablePanel(Sentence("audit_detail.checks.table"), Sentence("audit.scope.table_unit"), _missing_table(people)),
        ),
        key_figure=KeyFigure(
            Sentence("audit_detail.checks.key"),
            Sentence("audit_detail.checks.key_number", facts),
            Sentence("audit_detail.checks.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("audit_detail.checks.sure"),),
        next_move=NextMove(Sentence("audit_detail.checks.next", facts)),
        sample=people_sample(people),
        source=_source(),
        period="",
        definitions=("DF-81", "DF-87"),
        audience="internal",
    )


def _draw_range(row: dict[str, Any], voice: Voice) -> Figure:
    """The score with the range that it takes when any one respondent is left out."""
    figure, _ = board("S")
    scale = strip(figure, 20, 158)
    scale.set(xlim=(0, TOP))
    for level in range(5):
        scale.plot([level, level], [14, 44], color=COLOUR["hair"], lw=LINE["rule"])
        scale.text(level, 8, str(level), ha="center", va="center", size=TYPE["small"], color=COLOUR["text2"])
    mark(
        scale.plot([row["low"], row["high"]], [29, 29], color=COLOUR["accent"], lw=LINE["interval"] * 2)[0],
        "range",
        along="x",
    )
    mark(scale.plot([row["score"]], [29], "o", ms=10, color=COLOUR["accent"])[0], "score", along="x")
    for name, lift, aside in (("low", -7, "right"), ("score", 9, "center"), ("high", -7, "left")):
        number(
            scale,
            row[name],
            29 + lift,
            row[name],
            "dec2",
            voice,
            ha=aside,
            va="center",
            size=TYPE["label"],
            weight="bold" if name == "score" else "regular",
        )
    return figure


def _missing_table(people: pd.DataFrame) -> Table:
    columns = (
        plain_column("department", "audit.column.department", "text"),
        plain_column("respondents", "audit.column.respondents", "int", "audit.unit.people"),
        plain_column("asked", "audit.column.asked", "int", "audit.unit.answers"),
        plain_column("not_known", "audit.column.not_known", "int", "audit.unit.answers"),
        plain_column("share", "audit_detail.column.share", "pct0"),
    )
    rows = tuple(
        (
            department_name(p["department"]),
            int(p["respondents"]),
            int(p["asked"]),
            int(p["not_known"]),
            p["not_known"] / p["asked"],
        )
        for p in records(people)
    )
    return Table(columns, rows)
