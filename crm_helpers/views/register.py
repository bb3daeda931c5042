"""The page on the campaigns that were run: when which stage of customers heard from the client, and what is on record."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.register import KNOWN, STAGES
from crm_helpers.params.periods import Periods, first_day, month_key
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.theme import COLOUR, LINE, MAIN, TYPE, board, number

LIFE = ("prospect", "new", "active", "best", "at_risk", "dormant")  # always shown: a blank row is the finding
LEFT, TOP, BOTTOM = 30.0, 72.0, 3.0  # mm
BIGGEST = 9.0  # mm, diameter of the largest bubble


@view
def inventory(campaigns: pd.DataFrame, by_month: pd.DataFrame, *, periods: Periods) -> Draft:
    """Bubbles of contacts by stage and month over what is on record (`metrics.register.campaigns`, `by_month`)."""
    blank = [stage for stage in LIFE if stage not in set(campaigns["stage"])]
    largest = campaigns.groupby("stage")["sent"].sum().sort_values(ascending=False)
    total = float(campaigns["sent"].sum())
    facts: dict[str, Fact] = {
        "n": len(campaigns),
        **{name: int(campaigns[name].sum()) for name in KNOWN},
        "blank": len(blank),
        "first_blank": f"register.stage.{blank[0]}" if blank else None,
        "top": f"register.stage.{largest.index[0]}" if len(largest) and total else None,
        "top_share": float(largest.iloc[0]) / total if total else None,
        "span": str(periods.current),
    }
    kind = "blank" if blank else "full"
    return Draft(
        name="register.inventory",
        page="AU-08",
        headline=Sentence(f"register.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("register.title"),
                Sentence("register.unit", facts),
                "M",
                lambda v: _draw(campaigns, by_month, periods, v),
            ),
            TablePanel(Sentence("register.table"), Sentence("register.table_unit"), _table(campaigns)),
        ),
        key_figure=KeyFigure(
            Sentence("register.key"), Sentence("register.key_number", facts), Sentence("register.key_compare", facts)
        ),
        reading=(),
        claim=(Sentence("register.sure" if facts["result"] else "register.sure_no_result"),),
        next_move=NextMove(
            Sentence("register.next_control" if int(facts["control"] or 0) < len(campaigns) else "register.next_result", facts)
        ),
        sample=Sentence("register.sample", facts),
        source=Sentence("register.source"),
        period=str(periods.current),
        definitions=("DF-89",),
        rows=_rows(facts, kind, blank),
    )


def _rows(facts: dict[str, Fact], kind: str, blank: list[str]) -> tuple[LedgerRow, ...]:
    """Share of campaigns with each part of a record as KPIs, the sentence, and stages without a campaign as gaps."""
    parent = row_id("kpi", "campaigns")
    kpis = [
        LedgerRow(
            parent,
            "kpi",
            Sentence("register.node"),
            {"current": {"value": facts["n"], "unit": "int", "period": facts["span"], "definition": "campaigns"}},
            "campaigns",
        )
    ]
    kpis += [
        LedgerRow(
            row_id("kpi", "campaigns", known=name),
            "kpi",
            Sentence(f"register.known.{name}"),
            {
                "current": {
                    "value": facts[name],
                    "unit": "int",
                    "n": facts["n"],
                    "period": facts["span"],
                    "definition": f"campaigns_with_{name}",
                }
            },
            "campaigns",
            (parent,),
        )
        for name in KNOWN
    ]
    gaps = [
        LedgerRow(
            row_id("gap", "stage_without_campaign", stage=stage),
            "gap",
            Sentence(f"register.stage.{stage}"),
            {},
            "campaigns",
            (parent,),
        )
        for stage in blank
    ]
    finding = LedgerRow(
        row_id("finding", "campaign_inventory"),
        "finding",
        Sentence(f"register.headline.{kind}", facts),
        {"current": {"value": facts["control"], "unit": "int", "n": facts["n"], "definition": "campaigns_with_control"}},
        "campaigns",
        (parent,),
    )
    return (*kpis, *gaps, finding)


def _draw(campaigns: pd.DataFrame, by_month: pd.DataFrame, periods: Periods, voice: Voice) -> Figure:
    """A row a stage, a column a month; the area is the contacts, the number the campaigns; a ring where contacts are not told."""
    figure, axes = board("M")
    shown = [stage for stage in STAGES if stage in LIFE or stage in set(campaigns["stage"])]
    keys = _keys(periods)
    wide, tall = (MAIN - LEFT - 24) / len(keys), (TOP - BOTTOM) / len(shown)
    for c, key in enumerate(keys):
        name = voice.number(first_day(key).isoformat(), "month_axis")
        axes.text(LEFT + (c + 0.5) * wide, TOP + 4, name, ha="center", va="center", size=TYPE["small"], color=COLOUR["text2"])
    axes.text(
        MAIN - 0.5,
        TOP + 4,
        voice.say("register.sent"),
        ha="right",
        va="center",
        size=TYPE["small"],
        weight="bold",
        color=COLOUR["text2"],
    )
    axes.plot([0, MAIN], [TOP, TOP], color=COLOUR["ink"], lw=LINE["rule"])
    most = max(int(by_month["sent"].max()), 1) if len(by_month) else 1
    size = min(BIGGEST, tall - 1.0)
    told = {(row["stage"], int(row["month"])): row for row in records(by_month)}
    for r, stage in enumerate(shown):
        y = TOP - (r + 0.5) * tall
        runs = [told.get((stage, key)) for key in keys]
        empty = not any(runs)
        axes.text(
            0.5,
            y,
            voice.say(f"register.stage.{stage}"),
            va="center",
            size=TYPE["label"],
            weight="bold",
            color=COLOUR["alert"] if empty else COLOUR["ink"],
        )
        if empty:
            axes.text(LEFT + 2, y, voice.say("register.no_campaign"), va="center", size=TYPE["small"], color=COLOUR["alert"])
        for c, run in enumerate(runs):
            if run is not None:
                _bubble(
                    axes,
                    LEFT + (c + 0.5) * wide,
                    y,
                    int(run["sent"]),
                    int(run["campaigns"]),
                    size * math.sqrt(run["sent"] / most),
                    voice,
                )
        number(
            axes,
            MAIN - 0.5,
            y,
            sum(int(run["sent"]) for run in runs if run is not None),
            "int",
            voice,
            ha="right",
            va="center",
            size=TYPE["label"],
        )
        axes.plot([0, MAIN], [y - tall / 2, y - tall / 2], color=COLOUR["rule"], lw=LINE["hair"])
    return figure


def _keys(periods: Periods) -> list[int]:
    return list(range(month_key(periods.current.start), month_key(periods.current.end) + 1))


INSIDE = 4.2  # mm: from this diameter on the number stands in the bubble


def _bubble(axes: Axes, x: float, y: float, sent: int, campaigns: int, across: float, voice: Voice) -> None:
    points = max(across, 1.6) * 72 / 25.4
    axes.plot([x], [y], "o", ms=points, mfc=COLOUR["accent"] if sent else COLOUR["paper"], mec=COLOUR["accent"], mew=LINE["axis"])
    inside = across >= INSIDE
    number(
        axes,
        x if inside else x + max(across, 1.6) / 2 + 1.0,
        y,
        campaigns,
        "int",
        voice,
        ha="center" if inside else "left",
        va="center",
        size=TYPE["foot"],
        weight="bold",
        color=COLOUR["paper"] if inside else COLOUR["accent"],
    )


def _table(campaigns: pd.DataFrame) -> Table:
    """By stage: campaigns, and how many have each part on record."""
    columns = (
        plain_column("stage", "register.column.stage", "term"),
        plain_column("campaigns", "register.column.campaigns", "int", "register.unit_campaigns"),
        *(plain_column(name, f"register.known.{name}", "int", "register.unit_campaigns") for name in KNOWN),
    )
    rows: list[tuple[Fact, ...]] = []
    for stage in (s for s in STAGES if s in set(campaigns["stage"])):
        part = campaigns[campaigns["stage"] == stage]
        rows.append((f"register.stage.{stage}", len(part), *(int(part[name].sum()) for name in KNOWN)))
    rows.append(("register.total", len(campaigns), *(int(campaigns[name].sum()) for name in KNOWN)))
    return Table(columns, tuple(rows), total=True)
