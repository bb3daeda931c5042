"""The page on moves between groups of spend: from each group of the compared period to each of the current one."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.concentration import KINDS, TENTHS
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, RAMP, TYPE, board, ink_on, number

ROOM = 1.1  # the compared first group is larger than the current one by more than this: the page says how many could stay


@view
def matrix(table: pd.DataFrame, groups: pd.DataFrame, *, periods: Periods, k: int) -> Draft:
    """Shares of each row over the kinds of move (`metrics.concentration.moves` and `deciles`).

    Who bought nothing in the compared period is named for that, and never called new: the first order may lie before it.
    """
    kind = "tenths" if int(table["was"].max()) == TENTHS else "thirds"
    sums = table.groupby("kind")[["customers", "compare", "current"]].sum().reindex(list(KINDS), fill_value=0)
    secret = table.groupby("kind")["kind_hidden"].any().reindex(list(KINDS), fill_value=False)
    before = int(table.loc[table["was"] > 0, "customers"].sum())
    first = records(table[(table["was"] == 1) & (table["now_in"] == 1)])[0]
    top, places = int(table.loc[table["was"] == 1, "customers"].sum()), int(groups["customers"].iloc[0])
    stayed = None if first["hidden"] else int(first["customers"])
    told = {name: None if secret[name] else int(sums["customers"].loc[name]) for name in KINDS}
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "compare": str(periods.compare),
        "top": f"concentration.top.{kind}",
        "before": before,
        **told,
        "near_share": told["near"] / before if told["near"] is not None else None,
        "first": top,
        "stayed": stayed,
        "stay": stayed / top if stayed is not None else None,
        "room": places / top if top > places * ROOM else None,
        "places": places,
        "k": k,
    }
    headline = "few" if None in told.values() else kind
    notes = [Sentence("moves.note_unranked")]
    notes += [Sentence("moves.note_hidden", facts)] if bool(table["hidden"].any()) else []
    compare = "room" if facts["room"] else "plain"
    return Draft(
        name="moves.matrix",
        page="BA-09",
        headline=Sentence(f"moves.headline.{headline}", facts),
        panels=(
            ChartPanel(Sentence("moves.title"), Sentence("moves.unit", facts), "M", lambda voice: _draw(table, kind, voice)),
            TablePanel(Sentence("moves.table"), Sentence("moves.table_unit", facts), _table(sums, secret, kind)),
        ),
        key_figure=KeyFigure(
            Sentence("moves.key" if stayed is not None else "moves.key_near", facts),
            Sentence("moves.key_number", {"value": facts["stay" if stayed is not None else "near_share"]}),
            Sentence(f"moves.key_compare.{compare}" if stayed is not None else "moves.key_compare.near", facts),
        ),
        reading=(Sentence("moves.read_room", facts),) if facts["room"] else (),
        claim=(Sentence("moves.sure"),),
        next_move=NextMove(Sentence("moves.next" if told["fell"] else "moves.next_plain", facts)),
        note=tuple(notes),
        sample=Sentence("moves.sample", {"before": before, "now": int(table.loc[table["now_in"] > 0, "customers"].sum())}),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=int(max(sums["compare"].sum(), sums["current"].sum())),
        definitions=("DF-24", "DF-27"),
        rows=(_finding(facts, headline, periods),),
    )


def _table(sums: pd.DataFrame, secret: pd.Series, kind: str) -> Table:
    """People and sales of each kind of move; what is not told is told in no column."""
    columns = (
        plain_column("kind", "moves.column.kind", "term"),
        plain_column("customers", "moves.column.customers", "int", "sales.unit.people"),
        plain_column("compare", "moves.column.compare", "money_number", "sales.unit.money"),
        plain_column("current", "moves.column.current", "money_number", "sales.unit.money"),
        plain_column("change", "moves.column.change", "money_number_signed", "sales.unit.money"),
    )
    kinds = [name for name in KINDS if kind == "tenths" or name != "some"]
    rows: list[tuple[Fact, ...]] = []
    for name in kinds:
        label = f"moves.{name}" if name in ("gone", "came") else f"moves.kind.{name}_{kind}"
        heads, compare, current = (int(sums[column].loc[name]) for column in ("customers", "compare", "current"))
        rows.append((label, *((None,) * 4 if secret[name] else (heads, compare, current, current - compare))))
    heads, compare, current = (int(sums[column].sum()) for column in ("customers", "compare", "current"))
    rows.append(("moves.total", heads, compare, current, current - compare))
    return Table(columns, tuple(rows), focus=kinds.index("fell"), total=True)


# ---------------------------------------------------------------- drawing
LEFT, HEADS, HEAD, GAP = 46.0, 14.0, 11.5, 1.5  # mm: names of rows, their people, names of columns, white before the last


def _draw(table: pd.DataFrame, kind: str, voice: Voice) -> Figure:
    """Each row adds up to 100 %; a line round the groups that stayed, white before those who bought in one period only."""
    figure, axes = board("M")
    rows = [*range(1, int(table["was"].max()) + 1), 0]
    people = table.groupby("was")["customers"].sum()
    rows = rows if people[0] else rows[:-1]
    columns = [*range(1, int(table["was"].max()) + 1), 0]
    wide = (MAIN - LEFT - HEADS - GAP - 0.5) / len(columns)
    high = min(12.0, (HEIGHT["M"] - HEAD - GAP - 0.5) / len(rows))
    cells = {(int(cell["was"]), int(cell["now_in"])): cell for cell in records(table)}
    top = max(c["customers"] / people[w] for (w, _), c in cells.items() if not c["hidden"] and people[w])
    _heads(axes, columns, wide, kind, voice)
    for i, was in enumerate(rows):
        y = HEIGHT["M"] - HEAD - (i + 1) * high - (GAP if not was else 0)
        style = {"va": "center", "size": TYPE["small"]}
        axes.text(LEFT - 2, y + high / 2, _name(was, kind, voice) if was else voice.say("moves.came"), ha="right",
                  weight="bold" if was == 1 else "regular", **style)  # fmt: skip
        for j, now in enumerate(columns):
            if (was, now) in cells:
                x = LEFT + HEADS + j * wide + (GAP if not now else 0)
                cell(axes, cells[was, now], (x, y, wide, high), int(people[was]), top, voice)
        shown = None if not people[was] else int(people[was])
        number(axes, LEFT + HEADS - 3, y + high / 2, shown, "int", voice, ha="right", color=COLOUR["text2"], **style)
    return figure


def _heads(axes: Axes, columns: list[int], wide: float, kind: str, voice: Voice) -> None:
    style = {"va": "center", "size": TYPE["small"]}
    y = HEIGHT["M"] - HEAD + 2.4
    axes.text(LEFT - 2, y, voice.say("moves.rows"), ha="right", color=COLOUR["mute"], **style)
    axes.text(LEFT + HEADS - 3, y, voice.say("moves.people"), ha="right", color=COLOUR["mute"], **style)
    middle = LEFT + HEADS + (len(columns) - 1) * wide / 2
    axes.text(middle, y + 5.4, voice.say("moves.columns"), ha="center", color=COLOUR["mute"], **style)
    for j, now in enumerate(columns):
        x = LEFT + HEADS + (j + 0.5) * wide + (GAP if not now else 0)
        label = (str(now) if kind == "tenths" else _name(now, kind, voice)) if now else voice.say("moves.gone_short")
        axes.text(x, y, label, ha="center", weight="bold" if now == 1 else "regular", **style)


def _name(group: int, kind: str, voice: Voice) -> str:
    return voice.say(f"moves.group.{kind}_{group}" if kind == "thirds" or group in (1, TENTHS) else "moves.group.plain", n=group)


def cell(
    axes: Axes, told: dict[str, Any], place: tuple[float, float, float, float], people: int, top: float, voice: Voice
) -> None:
    """Share of the row, or a hatch where it is not told; an empty cell stays white."""
    x, y, wide, high = place
    style = {"ha": "center", "va": "center", "size": TYPE["label"]}
    if told["was"] and told["was"] == told["now_in"]:
        axes.add_patch(Rectangle((x, y), wide, high, fill=False, ec=COLOUR["ink"], lw=LINE["outline"], zorder=4))
    if told["hidden"]:
        axes.add_patch(Rectangle((x, y), wide, high, fc="none", ec=COLOUR["rule"], hatch=HATCH, lw=LINE["hair"], zorder=1))
        number(axes, x + wide / 2, y + high / 2, None, "int", voice, within="", **style)
        return
    share = told["customers"] / people if people else 0.0
    fill = RAMP(0.9 * (share / top) ** 0.5) if told["customers"] else COLOUR["paper"]
    if told["customers"]:
        axes.add_patch(Rectangle((x, y), wide, high, fc=fill, ec=COLOUR["hair"], lw=LINE["hair"], zorder=1))
    form = "pct0_number" if share else "int"
    colour = ink_on(fill) if share else COLOUR["mute"]
    number(axes, x + wide / 2, y + high / 2 - 0.1, share, form, voice, color=colour, **style)


def _finding(facts: dict[str, Fact], headline: str, periods: Periods) -> LedgerRow:
    """The page's sentence in the thread: how many of the first group are in it again."""
    stay: dict[str, Fact] = {"value": facts["stay"], "unit": "ratio", "n": facts["first"], "period": str(periods.current)}
    values = {"stay": stay | {"definition": "concentration_stay"}}
    text = Sentence(f"moves.headline.{headline}", facts)
    return LedgerRow(row_id("finding", "moves"), "finding", text, values, "order_lines", (row_id("finding", "concentration"),))
