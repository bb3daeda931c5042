"""The page on moves between states: from each state at the start of the current period to each at its end."""

from __future__ import annotations

import datetime

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.intervals import wilson
from crm_helpers.metrics.states import GONE, KINDS, PLACES, STOCK, Windows
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.moves import cell
from crm_helpers.views.states import source_of, window_facts
from crm_helpers.views.theme import COLOUR, HEIGHT, MAIN, TYPE, board, number


@view
def matrix(table: pd.DataFrame, *, periods: Periods, lines: Windows, k: int) -> Draft:
    """Shares of each state over the states a period later (`metrics.states.migration`)."""
    sums = table.groupby("kind")[["customers", "sales"]].sum().reindex(list(KINDS), fill_value=0)
    secret = table.groupby("kind")["kind_hidden"].any().reindex(list(KINDS), fill_value=False)
    people = {name: None if secret[name] else int(sums["customers"].loc[name]) for name in KINDS}
    held, gone = (int(table.loc[table["was"].isin(part), "customers"].sum()) for part in ((*STOCK, "outside"), GONE))
    kept, back = people["kept"], people["revived"]
    low, high = wilson(kept, held) if kept is not None else (None, None)
    facts: dict[str, Fact] = {
        "start": (periods.current.start - datetime.timedelta(days=1)).isoformat(),
        "end": periods.current.end.isoformat(),
        "held": held,
        "gone": gone,
        **people,
        "keep": kept / held if kept is not None and held else None,
        "low": low,
        "high": high,
        "lose": people["lost"] / held if people["lost"] is not None and held else None,
        "revive": back / gone if back is not None and gone else None,
        "k": k,
    }
    kind = "few" if not held or None in (kept, people["lost"]) else "plain" if back is not None and gone else "held"
    notes = [Sentence("migration.note"), *([Sentence("migration.note_hidden", facts)] if bool(table["hidden"].any()) else [])]
    return Draft(
        name="migration.matrix",
        page="BA-09",
        headline=Sentence(f"migration.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("migration.title"),
                Sentence("migration.unit", {**window_facts(lines), **facts}),
                "M",
                lambda voice: _draw(table, voice),
            ),
            TablePanel(Sentence("migration.table"), Sentence("migration.table_unit", facts), _table(sums, secret)),
        ),
        key_figure=KeyFigure(
            Sentence("migration.key" if kind != "few" else "migration.key_few", facts),
            Sentence("migration.number" if kind != "few" else "migration.number_few", facts),
            Sentence("migration.key_between" if kind != "few" else "migration.key_people", facts),
        ),
        reading=(source_of(lines),),
        claim=(Sentence("migration.sure"),),
        next_move=NextMove(Sentence("migration.next" if people["lost"] else "migration.next_plain", facts)),
        note=tuple(notes),
        sample=Sentence("migration.sample", {"n": int(table["customers"].sum()), **facts}),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=max(1, int(sums["sales"].abs().sum())),
        definitions=("DF-33", "DF-37", "DF-38"),
        rows=(_finding(facts, kind, periods),),
    )


def _table(sums: pd.DataFrame, secret: pd.Series) -> Table:
    """People and sales of each kind of move; what is not told is told in no column."""
    columns = (
        plain_column("kind", "migration.column.kind", "term"),
        plain_column("customers", "migration.column.customers", "int", "sales.unit.people"),
        plain_column("sales", "migration.column.sales", "money_number", "sales.unit.money"),
        plain_column("share", "migration.column.share", "pct1_number", "sales.unit.percent"),
    )
    whole = int(sums["sales"].sum())
    rows: list[tuple[Fact, ...]] = []
    for name in KINDS:
        heads, money = int(sums["customers"].loc[name]), int(sums["sales"].loc[name])
        told = (None, None, None) if secret[name] else (heads, money, money / whole if whole > 0 else None)
        rows.append((f"migration.kind.{name}", *told))
    rows.append(("migration.total", int(sums["customers"].sum()), whole, 1.0 if whole > 0 else None))
    return Table(columns, tuple(rows), focus=KINDS.index("lost"), total=True)


# ---------------------------------------------------------------- drawing
LEFT, HEADS, HEAD, GAP = 34.0, 16.0, 11.5, 1.5  # mm: names of rows, their people, names of columns, white before the last row


def _draw(table: pd.DataFrame, voice: Voice) -> Figure:
    """Each row adds up to 100 %; a line round those who stand where they stood, first buyers apart at the foot."""
    figure, axes = board("M")
    rows, columns = ([s for s in PLACES if s in set(table[axis])] for axis in ("was", "now_in"))
    people = table.groupby("was")["customers"].sum()
    wide = (MAIN - LEFT - HEADS - 0.5) / len(columns)
    high = min(12.0, (HEIGHT["M"] - HEAD - GAP - 3) / len(rows))
    cells = {(row["was"], row["now_in"]): row for row in records(table)}
    top = max((c["customers"] / people[w] for (w, _), c in cells.items() if not c["hidden"] and people[w]), default=1.0)
    style = {"va": "center", "size": TYPE["small"]}
    y = HEIGHT["M"] - HEAD + 2.4
    axes.text(LEFT - 2, y, voice.say("migration.rows"), ha="right", color=COLOUR["mute"], **style)
    axes.text(LEFT + HEADS - 3, y, voice.say("moves.people"), ha="right", color=COLOUR["mute"], **style)
    axes.text(LEFT + HEADS + len(columns) * wide / 2, y + 5.4, voice.say("migration.columns"), ha="center", color=COLOUR["mute"],
              **style)  # fmt: skip
    for j, now in enumerate(columns):
        x = LEFT + HEADS + (j + 0.5) * wide
        axes.text(x, y, voice.say(f"states.state.{now}"), ha="center", weight="bold" if now == "active" else "regular", **style)
    for i, was in enumerate(rows):
        y = HEIGHT["M"] - HEAD - (i + 1) * high - (GAP if was == "first" else 0)
        weight = "bold" if was == "active" else "regular"
        axes.text(LEFT - 2, y + high / 2, voice.say(f"states.state.{was}"), ha="right", weight=weight, **style)
        number(axes, LEFT + HEADS - 3, y + high / 2, int(people[was]), "int", voice, ha="right", color=COLOUR["text2"], **style)
        for j, now in enumerate(columns):
            cell(axes, cells[was, now], (LEFT + HEADS + j * wide, y, wide, high), int(people[was]), top or 1.0, voice)
    return figure


def _finding(facts: dict[str, Fact], kind: str, periods: Periods) -> LedgerRow:
    """How many in stock at the start are so at the end, under the customers in stock."""
    keep: dict[str, Fact] = {
        "value": facts["keep"],
        "unit": "ratio",
        "n": facts["held"],
        "low": facts["low"],
        "high": facts["high"],
        "period": str(periods.current),
        "definition": "state_kept",
    }
    text = Sentence(f"migration.headline.{kind}", facts)
    parent = (row_id("kpi", "active_customers"),)
    return LedgerRow(row_id("finding", "migration"), "finding", text, {"keep": keep}, "order_lines", parent)
