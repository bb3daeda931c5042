"""The year on one page (A3): months, stages of the customer's life, seasons, targets, contacts, money and work."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import (
    Calendar,
    Fact,
    KeyFigure,
    Lane,
    Monthly,
    NextMove,
    Sentence,
    Span,
    Strip,
    Table,
)
from crm_helpers.domain import seasons
from crm_helpers.domain.plan import lane_of_state, lanes
from crm_helpers.metrics.plan import by_month
from crm_helpers.params.periods import first_day, month_key
from crm_helpers.params.schema import PlanSettings
from crm_helpers.text.catalogue import Voice, in_languages
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.campaigns import SOURCE, name_of
from crm_helpers.views.plan import UNIT_FORM, span
from crm_helpers.views.theme import COLOUR, HEIGHT, MAIN, TYPE, canvas, mark, number

EMPTY = 3  # months without a campaign from which on a lane has a gap
SEASONS = 2  # a month
JUDGED = 5  # days after the window in which a result is decided on
YEAR = 12
LEVER_OF_LANE = {
    "prospect": "new",
    "new": "f2",
    "active": "items",
    "best": "frequency",
    "at_risk": "retention",
    "dormant": "winback",
}


@view
def calendar(
    planned: pd.DataFrame,
    contacts: pd.DataFrame | None = None,
    *,
    missing: pd.DataFrame | None = None,
    levers: pd.DataFrame | None = None,
    states: pd.DataFrame | None = None,
    work: pd.DataFrame | None = None,
    settings: PlanSettings,
) -> Draft:
    """The year page (`metrics.plan.briefs`, `load`, `gap`, `cascade`; `metrics.states.by_month`, `metrics.schedule.work`).

    What is None stays blank.
    """
    first = month_key(planned["starts_on"].min()) if missing is None else int(missing["month"].iloc[0])
    rows = records(planned)
    days = tuple(0.0 for _ in range(YEAR)) if work is None else _days(work, first)
    made = Calendar(
        months=tuple(first_day(first + t).isoformat() for t in range(YEAR)),
        events=tuple(_event(event, first) for event in settings.events),
        reviews=tuple(_review(day, first) for day in settings.reviews if 0 <= _place(day, first) <= YEAR),
        seasons=tuple(_seasons(first)),
        above=() if missing is None else (_targets(missing),),
        lanes=tuple(_lane(name, rows, first, levers, states) for name in lanes()),
        below=tuple(_below(planned, first, contacts, days, settings)),
        foot=Sentence("year.foot"),
    )
    facts = _facts(planned, made, days, settings, first)
    return Draft(
        name="year.calendar",
        page="AP-04",
        headline=Sentence(f"year.headline.{_kind(facts)}", facts),
        panels=(TablePanel(Sentence("year.table"), Sentence("year.table_unit"), _schedule(planned)),),
        key_figure=KeyFigure(
            Sentence("year.key"), Sentence("year.key_number", {"value": len(planned)}), Sentence("year.key_compare", facts)
        ),
        reading=(Sentence("year.read"),),
        claim=(Sentence("year.sure"),),
        next_move=NextMove(Sentence("year.next", facts)),
        sample=Sentence("campaigns.sample", facts),
        source=Sentence(SOURCE),
        period=span(first),
        largest=int(max(float(planned["spend"].sum()), 0.0 if missing is None else float(missing["target"].sum()))),
        definitions=("DF-148", "DF-154", "DF-156"),
        calendar=made,
    )


def _days(work: pd.DataFrame, first: int) -> tuple[float, ...]:
    """Person-days of the year's months."""
    told = dict(zip(work["month"], work["total"], strict=True))
    return tuple(round(float(told.get(first + t, 0.0)), 1) for t in range(YEAR))


def _place(day: Any, first: int) -> float:
    """A day in months from the start of the year."""
    when = day.date() if isinstance(day, datetime.datetime) else day
    start = first_day(month_key(when))
    length = (first_day(month_key(when) + 1) - start).days
    return month_key(when) - first + (when - start).days / length


def _inside(at: float) -> float:
    return min(max(at, 0.0), float(YEAR))


def _event(event: Any, first: int) -> Span:
    words = Sentence("year.said", {"words": in_languages(**event.name.root)})
    return Span(words, _inside(_place(event.start, first)), _inside(_place(event.end + datetime.timedelta(days=1), first)))


def _review(day: datetime.date, first: int) -> Span:
    return Span(Sentence("year.review", {"day": day.isoformat()}), _place(day, first), _place(day, first))


def _seasons(first: int) -> list[Span]:
    found = []
    for t in range(YEAR):
        day = first_day(first + t)
        for season in seasons.of_month(day.year, day.month)[:SEASONS]:
            dated = season.day is not None
            facts: dict[str, Fact] = {
                "words": in_languages(ja=season.ja, en=season.en),
                "day": season.day.day if season.day else None,
            }
            found.append(Span(Sentence("year.season" if dated else "year.said", facts), t, t + 1))
    return found


def _targets(missing: pd.DataFrame) -> Monthly:
    new = [Sentence("year.new", {"new": round(v)}) for v in missing["new"]]
    total: dict[str, Fact] = {
        "before": int(missing["before"].sum()),
        "target": int(missing["target"].sum()),
        "new": round(float(missing["new"].sum())),
    }
    return Monthly(
        Sentence("year.targets"),
        Sentence("year.targets_unit"),
        "money_number",
        tuple(float(v) for v in missing["target"]),
        tuple(float(v) for v in missing["sales"]),
        beneath=tuple(new),
        total=(Sentence("year.targets_total", total), Sentence("year.new_total", total)),
    )


def _lane(name: str, rows: list[dict[str, Any]], first: int, levers: pd.DataFrame | None, states: pd.DataFrame | None) -> Lane:
    mine = sorted((row for row in rows if row["lane"] == name), key=lambda row: (not row["always"], row["starts_on"]))
    strips = tuple(_strip(row, first) for row in mine)
    kpi = None
    if levers is not None and name in LEVER_OF_LANE:
        lever = next((r for r in records(levers) if r["lever"] == LEVER_OF_LANE[name]), None)
        if lever is not None:
            facts: dict[str, Fact] = {
                "lever": f"plan.lever.{lever['lever']}",
                "now": fact(lever["now"]),
                "goal": fact(lever["goal"]),
            }
            kpi = Sentence(f"year.kpi.{UNIT_FORM[lever['unit']]}", facts)
    sales = sum(float(row["sales"]) for row in mine if not pd.isna(row["sales"]))
    stance = str(lanes()[name]["stance"])
    return Lane(
        Sentence(f"year.lane.{name}"),
        Sentence(f"year.stance.{stance}"),
        _size(name, states),
        kpi,
        Sentence("year.lane_money", {"sales": round(sales)}) if sales else None,
        strips,
        tuple(_gaps(strips)) if stance != "economise" else (),
    )


def _size(name: str, states: pd.DataFrame | None) -> Sentence | None:
    if states is None:
        return None
    last = states[states["day"] == states["day"].max()]
    mine = last[[lane_of_state(str(state)) == name for state in last["state"]]]
    return Sentence("year.people", {"n": int(mine["customers"].sum())}) if len(mine) else None


def _strip(row: dict[str, Any], first: int) -> Strip:
    end = row["ends_on"] if not pd.isna(row["ends_on"]) else row["starts_on"]
    last = _inside(_place(end + datetime.timedelta(days=1), first))
    judged = None
    if row["share"] > 0 and not row["always"]:
        window = 0 if pd.isna(row["window_days"]) else int(row["window_days"])
        at = _place(end + datetime.timedelta(days=window + JUDGED), first)
        judged = at if at <= YEAR else None
    return Strip(
        Sentence("year.said", {"words": name_of(row)}),
        _inside(_place(row["starts_on"], first)),
        last,
        f"year.channel.{row['channel_code'] or 'other'}",
        f"year.lever.{row['lever']}" if row["lever"] else "year.lever.other",
        bool(row["always"]),
        bool(row["share"] > 0),
        judged,
    )


def _gaps(strips: Sequence[Strip]) -> list[Span]:
    """Stretches of more than EMPTY months without a campaign."""
    busy = sorted((strip.first, strip.last) for strip in strips)
    found, at = [], 0.0
    for begin, end in [*busy, (float(YEAR), float(YEAR))]:
        if begin - at > EMPTY:
            found.append(Span(Sentence("year.gap", {"months": round(begin - at)}), at, begin))
        at = max(at, end)
    return found


def _below(
    planned: pd.DataFrame, first: int, contacts: pd.DataFrame | None, work: tuple[float, ...], settings: PlanSettings
) -> list[Monthly]:
    found = []
    if contacts is not None:
        most = tuple(float(v) for v in contacts["most"])
        cap = settings.contacts_a_month
        told: dict[str, Fact] = {"most": max(most), "cap": cap, "over": int(contacts["over"].max())}
        total = Sentence("year.load_cap" if cap is not None else "year.load_total", told)
        found.append(Monthly(Sentence("year.load"), Sentence("year.load_unit"), "dec1", most,
                             tuple(float(v) for v in contacts["mean"]), None if cap is None else float(cap),
                             total=(total,)))  # fmt: skip
    spend = tuple(by_month(planned, "spend", first=first))
    found.append(
        Monthly(Sentence("year.budget"), Sentence("year.budget_unit"), "money_number", spend,
                total=(Sentence("year.budget_total", {"spend": round(sum(spend))}),))
    )  # fmt: skip
    if sum(work):
        cap = settings.work_days_a_month
        facts: dict[str, Fact] = {
            "days": sum(work),
            "cap": cap,
            "over": sum(1 for v in work if cap is not None and v > cap),
        }
        total = Sentence("year.work_cap" if cap is not None else "year.work_total", facts)
        found.append(Monthly(Sentence("year.work"), Sentence("year.work_unit"), "dec0", work, (),
                             None if cap is None else float(cap), total=(total,)))  # fmt: skip
    return found


def _facts(planned: pd.DataFrame, made: Calendar, work: tuple[float, ...], settings: PlanSettings, first: int) -> dict[str, Fact]:
    cap = settings.work_days_a_month
    worst = max(range(YEAR), key=lambda t: work[t])
    gaps = [(lane, gap) for lane in made.lanes for gap in lane.gaps]
    people = float(planned["people"].fillna(0).sum())
    theirs = float(planned.loc[planned["always"], "contacts"].fillna(0).sum())
    contacts = float(planned["contacts"].fillna(0).sum())
    return {
        "n": len(planned),
        "always": int(planned["always"].sum()),
        "spots": int((~planned["always"]).sum()),
        "tests": int((planned["share"] > 0).sum()),
        "people": round(people),
        "programme": theirs / contacts if contacts else None,
        "over": sum(1 for days in work if cap is not None and days > cap),
        "month": first_day(first + worst).isoformat(),
        "days": work[worst],
        "cap": cap,
        "gaps": len(gaps),
        "lane": gaps[0][0].title.key if gaps else None,
        "months": gaps[0][1].label.facts["months"] if gaps else None,
    }


def _kind(facts: dict[str, Fact]) -> str:
    if int(facts["over"] or 0):
        return "work"
    return "gap" if int(facts["gaps"] or 0) else "even"


def _schedule(planned: pd.DataFrame) -> Table:
    """The same as a table: for readers who do not see the drawing."""
    columns = (
        plain_column("name", "year.column.name", "said"),
        plain_column("lane", "campaigns.column.lane", "term"),
        plain_column("lever", "year.column.lever", "term"),
        plain_column("starts_on", "year.column.starts_on", "date"),
        plain_column("ends_on", "year.column.ends_on", "date"),
        plain_column("share", "year.column.share", "pct0_number", "sales.unit.percent"),
        plain_column("people", "campaigns.column.people", "int", "campaigns.unit.person_times"),
    )
    rows = tuple(
        (
            name_of(row),
            f"year.lane.{row['lane']}",
            f"plan.lever.{row['lever']}" if row["lever"] else "year.lever.other",
            row["starts_on"].date().isoformat(),
            None if pd.isna(row["ends_on"]) else row["ends_on"].date().isoformat(),
            float(row["share"]),
            fact(round(row["people"])) if not pd.isna(row["people"]) else None,
        )
        for row in records(planned)
    )
    return Table(columns, rows)


# ---------------------------------------------------------------- AP-03
@view
def policy(table: pd.DataFrame, planned: pd.DataFrame) -> Draft:
    """The stance to each stage, and whether the plan's contacts go where sales are (`metrics.plan.policy`)."""
    rows = records(table)
    names = {row["campaign_id"]: name_of(row) for row in records(planned)}
    top = max(rows, key=lambda row: row["sales_share"] if row["sales_share"] == row["sales_share"] else 0.0)
    apart = max(rows, key=lambda row: abs(float(row["contact_share"]) - float(row["sales_share"])) if row is not top else -1.0)
    facts: dict[str, Fact] = {
        "lane": f"year.lane.{top['lane']}",
        "stance": f"year.stance.{top['stance']}",
        "sales_share": fact(top["sales_share"]),
        "contact_share": fact(top["contact_share"]),
        "customers": int(top["customers"]),
        "other": f"year.lane.{apart['lane']}",
        "other_stance": f"year.stance.{apart['stance']}",
        "other_sales": fact(apart["sales_share"]),
        "other_contacts": fact(apart["contact_share"]),
        "people": int(table["customers"].sum()),
    }
    start = planned["starts_on"].min()
    return Draft(
        name="year.policy",
        page="AP-03",
        headline=Sentence("year.policy.headline.first", facts),
        panels=(
            ChartPanel(
                Sentence("year.policy.title"), Sentence("year.policy.unit"), "M", lambda voice: _draw_policy(table, voice)
            ),
            TablePanel(Sentence("year.policy.table"), Sentence("year.policy.table_unit"), _policy_table(rows, names)),
        ),
        key_figure=KeyFigure(
            Sentence("year.policy.key", facts),
            Sentence("year.policy.key_number", {"value": facts["contact_share"]}),
            Sentence("year.policy.key_compare", facts),
        ),
        reading=(Sentence("year.policy.read"),),
        claim=(Sentence("year.policy.sure"),),
        next_move=NextMove(Sentence("year.policy.next", facts)),
        note=(Sentence("year.policy.note"),),
        sample=Sentence("year.policy.sample", {"n": facts["people"]}),
        source=Sentence(SOURCE),
        period=span(start.year * 12 + start.month - 1),
        largest=int(table["sales"].max()),
        definitions=("DF-37", "DF-156", "DF-157"),
    )


def _draw_policy(table: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = canvas("M", (44, 4, MAIN - 44 - 14, HEIGHT["M"] - 14))
    places = np.arange(len(table))[::-1]
    kinds = (("sales_share", 0.25, "mark"), ("contact_share", 0.0, "accent"), ("spend_share", -0.25, "accent_soft"))
    wide = float(np.nanmax(table[[name for name, _, _ in kinds]].to_numpy(dtype=float))) or 1.0
    for name, shift, colour in kinds:
        bars = axes.barh(
            places + shift,
            table[name].fillna(0),
            height=0.23,
            color=COLOUR[colour],
            ec=COLOUR["accent"] if colour == "accent_soft" else COLOUR[colour],
            lw=0.5,
        )
        mark(bars, name)
        for y, value in zip(places + shift, table[name], strict=True):
            number(
                axes,
                (0 if np.isnan(value) else value) + 0.008 * wide,
                y,
                fact(value),
                "pct0",
                voice,
                va="center",
                size=TYPE["small"],
            )
    for y, row in zip(places, records(table), strict=True):
        axes.text(
            -0.01 * wide,
            y + 0.12,
            voice.say(f"year.lane.{row['lane']}"),
            ha="right",
            va="center",
            size=TYPE["label"],
            weight="bold",
        )
        axes.text(
            -0.01 * wide,
            y - 0.22,
            voice.say(f"year.stance.{row['stance']}"),
            ha="right",
            va="center",
            size=TYPE["small"],
            color=COLOUR["text2"],
        )
    axes.set(xlim=(0, wide * 1.08), ylim=(-0.6, len(table) - 0.4), xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.text(0, 1.02, voice.say("year.policy.marks"), transform=axes.transAxes, size=TYPE["small"], color=COLOUR["text2"])
    return figure


def _policy_table(rows: list[dict[str, Any]], names: dict[str, str]) -> Table:
    columns = (
        plain_column("lane", "campaigns.column.lane", "term"),
        plain_column("stance", "year.stance_title", "term"),
        plain_column("customers", "year.policy.customers", "int", "sales.unit.people"),
        plain_column("sales", "year.policy.sales", "money_number", "sales.unit.money"),
        plain_column("campaigns", "campaigns.column.n", "int", "campaigns.unit.campaigns"),
        plain_column("contacts", "year.policy.contacts", "int", "campaigns.unit.person_times"),
        plain_column("main", "year.policy.main", "said"),
    )
    return Table(
        columns,
        tuple(
            (f"year.lane.{r['lane']}", f"year.stance.{r['stance']}", int(r["customers"]), int(r["sales"]), int(r["campaigns"]),
             round(r["contacts"]), names.get(r["main"]))
            for r in rows
        ),
    )  # fmt: skip
