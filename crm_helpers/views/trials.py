"""The page on the next test: the smallest rise that the people on hand can show, and how many a given rise needs."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, NextMove, Sentence, Table
from crm_helpers.metrics.trials import SHARES, WINDOW
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

RIGHT = 36.0


@view
def people(base: pd.DataFrame, smallest: pd.DataFrame, needed: pd.DataFrame) -> Draft:
    """Smallest rise by length of the list, over the people that a rise needs (`metrics.trials`: people, smallest, needed)."""
    told = records(base)[0]
    whole = {row["left_out"]: row["points"] for row in records(smallest[smallest["people"] == told["people"]])}
    even, tenth = whole[SHARES[0]], whole[SHARES[-1]]
    facts: dict[str, Fact] = {
        "n": int(told["people"]),
        "rate": fact(told["rate"]),
        "low": fact(told["low"]),
        "high": fact(told["high"]),
    }
    facts |= {"days": WINDOW, "even": fact(even), "tenth": fact(tenth), "start": str(told["start"]), "end": str(told["end"])}
    facts["relative"] = fact(even / told["rate"])
    kind = "none" if math.isnan(even) else "half" if math.isnan(tenth) else "both"
    return Draft(
        name="trials.people",
        page="ER-13",
        headline=Sentence(f"trials.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("trials.title"), Sentence("trials.unit"), "M", lambda voice: _draw(smallest, voice)),
            TablePanel(Sentence("trials.table"), Sentence("trials.table_unit", facts), _table(needed, int(told["people"]))),
        ),
        key_figure=KeyFigure(
            Sentence("trials.key", facts), Sentence("trials.key_number", facts), Sentence("trials.key_compare", facts)
        ),
        reading=(),
        claim=(Sentence("trials.sure", facts), *([] if told["recorded"] else [Sentence("trials.sure_record")])),
        next_move=NextMove(Sentence("trials.next" if told["recorded"] else "trials.next_record")),
        note=(Sentence("trials.note"),),
        sample=Sentence("trials.sample", facts),
        source=Sentence("sales.source"),
        period=f"{told['start']}/{told['end']}",
        definitions=("DF-171",),
    )


def _table(needed: pd.DataFrame, on_hand: int) -> Table:
    """People by rise and share left out, and whether those on hand are enough."""
    columns = (
        plain_column("rise", "trials.column.rise", "pct0_signed", ""),
        plain_column("points", "trials.column.points", "pt1_signed", ""),
        *(
            plain_column(f"people_{i}", f"trials.column.share_{round(share * 100)}", "int", "sales.unit.people")
            for i, share in enumerate(SHARES)
        ),
        plain_column("enough", "trials.column.enough", "term"),
    )
    rows = []
    for rise, part in needed.groupby("rise", sort=False):
        by = {row["left_out"]: row["people"] for row in records(part)}
        enough = [share for share in SHARES if by[share] <= on_hand]
        verdict = "trials.enough.none" if not enough else f"trials.enough.share_{round(min(enough) * 100)}"
        rows.append((float(rise), fact(part["points"].iloc[0]), *(math.ceil(by[share]) for share in SHARES), verdict))  # type: ignore[arg-type]
    return Table(columns, tuple(rows))


def _draw(smallest: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = canvas("M", (14, 13, MAIN - 14 - RIGHT, HEIGHT["M"] - 16))
    top = float(smallest["points"].max(skipna=True)) if smallest["points"].notna().any() else 0.1
    colours = (COLOUR["accent"], COLOUR["text2"], COLOUR["mark"])
    right = int(smallest["people"].max())
    ends: list[float] = []
    for share, colour in zip(SHARES, colours, strict=True):
        part = smallest[smallest["left_out"] == share]
        (line,) = axes.plot(part["people"], part["points"], color=colour, lw=LINE["main" if share == SHARES[0] else "second"])
        mark(line, f"points_{round(share * 100)}")
        end = part[part["people"] == right]["points"].iloc[0]
        if math.isnan(end):
            continue
        y = max(float(end), (ends[-1] + 0.16 * top) if ends else 0.0)
        ends.append(y)
        axes.plot(right, end, "o", color=colour, ms=4.5, clip_on=False)
        axes.annotate(voice.say("trials.share", share=share), (right * 1.015, y), va="bottom", size=TYPE["small"],
                      color=COLOUR["text2"], annotation_clip=False)  # fmt: skip
        number(axes, right * 1.015, y - 0.005 * top, fact(end), "pt1_signed", voice, va="top", size=TYPE["label"], weight="bold",
               color=colour if share != SHARES[-1] else COLOUR["text2"])  # fmt: skip
    axes.set(xlim=(0, right), ylim=(0, top * 1.05))
    axes.set_xlabel(voice.say("trials.across"))
    axes.xaxis.set_major_formatter(lambda v, _: voice.number(v, "int"))
    axes.yaxis.set_major_formatter(lambda v, _: voice.number(v, "pt0"))
    axes.locator_params(nbins=6)
    axes.yaxis.grid(True)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure
