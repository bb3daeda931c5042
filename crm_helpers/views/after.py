"""The page on what follows a campaign: whether the gain stays, or was only brought forward."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.metrics.effect import AFTER
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.formats import shortened
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.effect import COARSE, NAME_EM
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

LEFT, RIGHT = 14.0, 30.0
ROWS = 6


@view
def curve(running: pd.DataFrame, *, periods: Periods | None) -> Draft:
    """The difference to the hold-out day by day, over the other campaigns' at two days (`metrics.after.running`)."""
    first = str(running["id"].iloc[0])
    mine = running[running["id"] == first]
    window = int(mine["window"].iloc[0])
    at = {int(row["day"]): row for row in records(mine)}
    end, last = at[window], at[window + AFTER]
    kind = {"yes": "pulled", "maybe": "maybe"}.get(str(end["pulled"]), "stays" if last["low"] > 0 else "open")
    facts: dict[str, Fact] = {"name": shortened(str(end["name"]), NAME_EM), "window": window, "after": AFTER}
    facts |= {f"in_{name}": fact(end[name]) for name in ("value", "low", "high")}
    facts |= {f"out_{name}": fact(last[name]) for name in ("value", "low", "high")}
    facts |= {"treated": int(last["treated"]), "left_out": int(last["left_out"])}
    facts["kept"] = fact(last["value"] / end["value"]) if end["value"] > 0 else None
    return Draft(
        name="after.curve",
        page="ER-06",
        headline=Sentence(f"after.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("after.title", facts), Sentence("after.unit"), "M", lambda voice: _draw(mine, window, voice)),
            TablePanel(Sentence("after.table"), Sentence("after.table_unit", facts), _table(running, first)),
        ),
        key_figure=KeyFigure(
            Sentence("after.key", facts), Sentence("after.key_number", facts), Sentence("after.key_compare", facts)
        ),
        reading=(Sentence("after.read", facts),),
        claim=(Sentence(f"after.sure_{kind}", facts),),
        next_move=NextMove(Sentence(f"after.next_{'mend' if kind in ('pulled', 'maybe') else 'watch'}", facts)),
        note=(Sentence("after.note"),),
        sample=Sentence("after.sample", facts),
        source=Sentence("effect.source"),
        period=str(periods.current) if periods else "",
        largest=round(COARSE * float(mine[["low", "high"]].abs().to_numpy().max())) or 1,
        definitions=("DF-160", "DF-166"),
        stake=abs(round(end["value"] - last["value"])) if kind == "pulled" else 0,
        evidence="cause",
    )


def _table(running: pd.DataFrame, first: str) -> Table:
    """Each campaign at the end of its window and 28 days later."""
    columns = (
        plain_column("name", "effect.column.campaign", "text"),
        plain_column("treated", "after.column.treated", "int", "sales.unit.people"),
        plain_column("inside", "after.column.inside", "money_number_signed", "sales.unit.money"),
        plain_column("inside_low", "after.column.low", "money_number", "sales.unit.money"),
        plain_column("inside_high", "after.column.high", "money_number", "sales.unit.money"),
        plain_column("whole", "after.column.whole", "money_number_signed", "sales.unit.money"),
        plain_column("whole_low", "after.column.low", "money_number", "sales.unit.money"),
        plain_column("whole_high", "after.column.high", "money_number", "sales.unit.money"),
    )
    rows: list[tuple[Fact, ...]] = []
    for _, part in running.groupby("id", sort=False):
        told: list[dict[str, Any]] = [
            records(part[part["day"] == day])[0] for day in (int(part["window"].iloc[0]), int(part["window"].iloc[0]) + AFTER)
        ]
        numbers = [fact(one[name]) for one in told for name in ("value", "low", "high")]
        rows.append((shortened(str(told[0]["name"]), NAME_EM), int(told[0]["treated"]), *numbers))
    focus = list(dict.fromkeys(running["id"])).index(first)
    return Table(columns, tuple(rows[:ROWS]), focus=focus)


def _draw(mine: pd.DataFrame, window: int, voice: Voice) -> Figure:
    figure, axes = canvas("M", (LEFT, 10, MAIN - LEFT - RIGHT, HEIGHT["M"] - 15))
    days = [0, *mine["day"]]
    value, low, high = ([0.0, *mine[name]] for name in ("value", "low", "high"))
    axes.axvspan(window, days[-1], color=COLOUR["wash"], lw=0)
    axes.fill_between(days, low, high, color=COLOUR["accent"], alpha=0.18, lw=0)
    (line,) = axes.plot(days, value, color=COLOUR["accent"], lw=LINE["main"])
    mark(line, "difference")
    axes.axhline(0, color=COLOUR["ink"], lw=LINE["axis"])
    cost = float(mine["cost"].iloc[0])
    bottom, top = min(low), max(high)
    if not math.isnan(cost) and bottom < cost < 1.2 * top:
        axes.plot([0, days[-1]], [cost, cost], color=COLOUR["ink"], lw=LINE["second"], ls=(0, (5, 3)))
        axes.text(days[-1] * 1.01, cost, voice.say("effect.cost"), va="center", size=TYPE["label"])
    room = 0.08 * (top - bottom or 1.0)
    for day, colour, side in ((window, COLOUR["accent"], "left"), (days[-1], COLOUR["alert"], "right")):
        at = days.index(day)
        axes.plot(day, value[at], "o", color=colour, ms=5, clip_on=False, zorder=5)
        x = day + 0.5 if side == "left" else day * 1.01
        number(axes, x, value[at] + (room if side == "left" else -room), value[at], "money_number_signed", voice, ha="left",
               va="center", size=TYPE["subhead"], weight="bold", color=colour)  # fmt: skip
    axes.text(
        window / 2, top + room, voice.say("after.inside"), ha="center", va="center", size=TYPE["small"], color=COLOUR["text2"]
    )
    axes.text((window + days[-1]) / 2, top + room, voice.say("after.outside", days=AFTER), ha="center", va="center",
              size=TYPE["small"], color=COLOUR["text2"])  # fmt: skip
    ticks = sorted({window, *range(7 * math.ceil((window + 7) / 7), days[-1], 7), days[-1]})
    axes.set(xlim=(0, days[-1]), ylim=(bottom - room, top + 2 * room))
    axes.set_xticks(ticks, [voice.say("after.day", n=tick) if tick in (window, days[-1]) else str(tick) for tick in ticks])
    axes.yaxis.set_major_formatter(lambda v, _: voice.number(v, "money_number"))
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.grid(True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure
