"""Pages on the planned campaigns: what they bring, their money, whether they can be measured, how often people are met."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.domain.plan import lanes
from crm_helpers.ledger import row_id
from crm_helpers.metrics.plan import HIGH, LOW, NEAR
from crm_helpers.params.periods import first_day
from crm_helpers.text.catalogue import Voice, in_languages
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.plan import GAP, lever_gap, lever_parent, span
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, RAMP, TYPE, canvas, fit, ink_on, mark, number

MOST_ROWS = 15  # campaigns drawn on one page; the others are summed up in the table
NAME, HEAD, FOOT = 52.0, 8.0, 6.0  # mm: the names at the left, the heads above and the axis below the rows
COLUMN = 17.0  # mm of a column of numbers at the right
SHARED = 0.2  # of the smaller campaign: less overlap is left blank
SOURCE = "plan.source"
KINDS = ("finding", "gap", "pain", "learning")  # what a campaign may answer


def name_of(row: dict[str, Any]) -> str:
    """A campaign's name in the languages that it has."""
    return in_languages(ja=_text(row.get("name")), en=_text(row.get("name_en")))


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NA or (not isinstance(value, str) and pd.isna(value)) else str(value)


def _whole(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else round(float(value))


# ---------------------------------------------------------------- AP-05
@view
def overview(planned: pd.DataFrame, missing: pd.DataFrame | None = None, *, known: Sequence[LedgerRow] = ()) -> Draft:
    """What the campaigns are to bring, the largest first (`metrics.plan.briefs`).

    `missing` is `metrics.plan.gap` where there is one.
    """
    table = planned.sort_values("sales", ascending=False, kind="stable").reset_index(drop=True)
    facts = _facts(planned, missing)
    top = records(table)[0]
    facts |= {"top": name_of(top), "top_sales": _whole(top["sales"])}
    kind = "no_target" if facts["gap"] is None else "over" if int(facts["gap"] or 0) <= 0 else "share"
    return Draft(
        name="campaigns.overview",
        page="AP-05",
        headline=Sentence(f"campaigns.overview.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("campaigns.overview.title", facts),
                Sentence("campaigns.overview.unit"),
                "M",
                lambda voice: _draw_increments(table, voice),
            ),
            TablePanel(Sentence("campaigns.overview.table"), Sentence("campaigns.overview.table_unit"), _by_lane(planned)),
        ),
        key_figure=KeyFigure(
            Sentence("campaigns.overview.key"),
            Sentence("campaigns.money", {"value": facts["sales"]}),
            Sentence("campaigns.overview.key_compare", facts),
        ),
        reading=(Sentence("campaigns.overview.read"),),
        claim=(Sentence("campaigns.overview.sure", facts),),
        next_move=NextMove(Sentence("campaigns.overview.next", facts)),
        note=_notes(planned, table),
        sample=Sentence("campaigns.sample", facts),
        source=Sentence(SOURCE),
        period=str(facts["year"]),
        largest=_largest(table, missing),
        definitions=("DF-147", "DF-148"),
        rows=_thread_rows(planned, known, gap_known=missing is not None),
        evidence="association",
    )


def _facts(planned: pd.DataFrame, missing: pd.DataFrame | None) -> dict[str, Fact]:
    sales, low, high = (float(planned[c].fillna(0).sum()) for c in ("sales", "low", "high"))
    spend, profit = float(planned["spend"].fillna(0).sum()), float(planned["profit"].fillna(0).sum())
    gap_ = None if missing is None else round(float(missing["gap"].sum()))
    month = planned["starts_on"].min()
    return {
        "year": span(month.year * 12 + month.month - 1),
        "n": len(planned),
        "always": int(planned["always"].sum()),
        "spots": int((~planned["always"]).sum()),
        "tested": int((planned["share"] > 0).sum()),
        "sales": round(sales),
        "low": round(low),
        "high": round(high),
        "profit": round(profit) if not planned["margin"].isna().all() else None,
        "spend": round(spend),
        "roi": (profit - spend) / spend if spend > 0 and not planned["margin"].isna().all() else None,
        "margin": fact(planned["margin"].iloc[0]),
        "people": round(float(planned["people"].fillna(0).sum())),
        "gap": gap_,
        "part": sales / gap_ if gap_ else None,
        "under": LOW,
        "over": HIGH,
    }


def _largest(planned: pd.DataFrame, missing: pd.DataFrame | None) -> int:
    """The amount that sets the money unit: the target where there is one, so that all pages of the plan share a unit."""
    sums = [float(planned[c].fillna(0).sum()) for c in ("high", "spend")]
    return int(max(*sums, 0.0 if missing is None else float(missing["target"].sum())))


def _notes(planned: pd.DataFrame, table: pd.DataFrame) -> tuple[Sentence, ...]:
    notes = list(_more(table))
    if words := int((planned["segment_name"] == "").sum()):
        notes.append(Sentence("campaigns.note_words", {"n": words}))
    if learnt := int(planned["learnt"].sum()):
        notes.append(Sentence("campaigns.note_learnt", {"n": learnt}))
    if valued := int((planned["valued"] & planned["sales"].notna()).sum()):
        notes.append(Sentence("campaigns.note_valued", {"n": valued}))
    if none := int(planned["sales"].isna().sum()):
        notes.append(Sentence("campaigns.note_no_money", {"n": none}))
    return tuple(notes)


def _more(table: pd.DataFrame) -> tuple[Sentence, ...]:
    """That some campaigns are not drawn."""
    return (Sentence("campaigns.note_more", {"n": len(table) - MOST_ROWS}),) if len(table) > MOST_ROWS else ()


def _by_lane(planned: pd.DataFrame) -> Table:
    columns = (
        plain_column("lane", "campaigns.column.lane", "term"),
        plain_column("n", "campaigns.column.n", "int", "campaigns.unit.campaigns"),
        plain_column("always", "campaigns.column.always", "int", "campaigns.unit.campaigns"),
        plain_column("people", "campaigns.column.people", "int", "campaigns.unit.person_times"),
        plain_column("sales", "campaigns.column.sales", "money_number", "sales.unit.money"),
        plain_column("low", "campaigns.column.low", "money_number", "sales.unit.money"),
        plain_column("high", "campaigns.column.high", "money_number", "sales.unit.money"),
        plain_column("spend", "campaigns.column.spend", "money_number", "sales.unit.money"),
    )
    shown = [name for name in lanes() if (planned["lane"] == name).any()]
    rows = [_lane_row(f"year.lane.{name}", planned[planned["lane"] == name]) for name in shown]
    return Table(columns, (*rows, _lane_row("campaigns.total", planned)), total=True)


def _lane_row(name: str, part: pd.DataFrame) -> tuple[Fact, ...]:
    sums = (_whole(part[c].sum(min_count=1)) for c in ("people", "sales", "low", "high", "spend"))
    return (name, len(part), int(part["always"].sum()), *sums)


# ---------------------------------------------------------------- rows of campaigns
@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers beside the rows: its head (a text key) and its values with their form."""

    head: str
    values: Iterable[Any]
    form: str


def _rows(
    table: pd.DataFrame, columns: Sequence[NumberColumn], voice: Voice, paint: Callable[[Axes, Sequence[float]], None]
) -> tuple[Figure, Axes]:
    """One row a campaign: its name, what `paint` draws at its place, and numbers at the right."""
    shown = table.head(MOST_ROWS)
    wide = MAIN - NAME - COLUMN * len(columns) - 2
    figure, axes = canvas("M", (NAME, FOOT, wide, HEIGHT["M"] - HEAD - FOOT))
    places = [float(n) for n in range(len(shown))][::-1]
    paint(axes, places)
    axes.set(ylim=(-0.6, len(shown) - 0.4), yticks=[])
    axes.spines["left"].set_visible(False)
    left, right = axes.get_xlim()
    per_mm = (right - left) / wide
    size = TYPE["small"] if len(shown) > 12 else TYPE["label"]
    for y, row in zip(places, records(shown), strict=True):
        told = fit(voice.number(name_of(row), "said"), NAME - 3, size)
        axes.text(left - (NAME - 0.5) * per_mm, y, told, ha="left", va="center", size=size)
    top = len(shown) - 0.25
    for at, column in enumerate(columns):
        x = right + (COLUMN * (at + 1) - 1) * per_mm
        axes.text(x, top, voice.say(column.head), ha="right", va="bottom", size=TYPE["foot"], color=COLOUR["text2"])
        for y, value in zip(places, list(column.values)[: len(shown)], strict=True):
            number(axes, x, y, fact(value), column.form, voice, ha="right", va="center", size=size)
    return figure, axes


def _lines(axes: Axes, start: Any, stop: Any, places: Any, **style: Any) -> None:
    """One level line a row as a single path: many small paths make a drawing heavy."""
    begin, end, y = (np.asarray(part, dtype=float) for part in (start, stop, places))
    nothing = np.full(len(y), np.nan)
    axes.plot(np.stack([begin, end, nothing], 1).ravel(), np.stack([y, y, nothing], 1).ravel(), **style)


def _draw_increments(table: pd.DataFrame, voice: Voice) -> Figure:
    shown = table.head(MOST_ROWS)

    def paint(axes: Axes, places: Sequence[float]) -> None:
        wide = float(shown["high"].max()) or 1.0
        _lines(axes, shown["low"], shown["high"], places, color=COLOUR["accent"], lw=LINE["interval"])
        (dots,) = axes.plot(shown["sales"], places, "o", color=COLOUR["accent"], ms=5)
        mark(dots, "sales", along="x")
        axes.axvline(0, color=COLOUR["ink"], lw=LINE["axis"])
        axes.set(xlim=(min(0.0, float(shown["low"].min())) - 0.01 * wide, wide * 1.05), xticks=[])
        axes.spines["bottom"].set_visible(False)

    columns = (
        NumberColumn("campaigns.head.treated", shown["treated"].round(), "int"),
        NumberColumn("campaigns.head.base_rate", shown["base_rate"], "pct1"),
        NumberColumn("campaigns.head.rate", shown["rate"], "pct1"),
        NumberColumn("campaigns.head.sales", shown["sales"].round(), "money_number"),
    )
    return _rows(shown, columns, voice, paint)[0]


# ---------------------------------------------------------------- AP-08
@view
def money(planned: pd.DataFrame, missing: pd.DataFrame | None = None, promotion: int | None = None) -> Draft:
    """Cost against gross profit of the increment (`metrics.plan.briefs`); `promotion` is the budget of sales promotion.

    `missing` (`metrics.plan.gap`) only sets the money unit, so that the plan's pages share one.
    """
    table = planned.sort_values("spend", ascending=False, kind="stable").reset_index(drop=True)
    facts = _facts(planned, None)
    priced = planned[planned["profit"].notna() & (planned["spend"] > 0)]
    loss = priced[priced["profit"] < priced["spend"]]
    facts |= {
        "loss": len(loss),
        "loss_spend": _whole(loss["spend"].sum()),
        "offers": _whole(planned["offers"].sum()),
        "low_profit": _whole(planned["profit"].sum() * LOW),
        "low_roi": (float(planned["profit"].sum()) * LOW - float(facts["spend"] or 0)) / float(facts["spend"] or 1),
        "budget": promotion,
        "budget_share": float(facts["spend"] or 0) / promotion if promotion else None,
        "in_net": int(planned["offer_in_net"].fillna(False).astype(bool).sum()),
    }
    kind = "no_margin" if facts["profit"] is None else "pays" if float(facts["roi"] or 0) > 0 else "loses"
    return Draft(
        name="campaigns.money",
        page="AP-08",
        headline=Sentence(f"campaigns.money_page.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("campaigns.money_page.title"),
                Sentence("campaigns.money_page.unit"),
                "M",
                lambda v: _draw_money(table, v),
            ),
            TablePanel(
                Sentence("campaigns.money_page.table"), Sentence("campaigns.money_page.table_unit", facts), _cost_table(planned)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("campaigns.money_page.key"),
            Sentence("campaigns.money_page.key_number", {"value": facts["roi"]}),
            Sentence("campaigns.money_page.key_compare", facts),
        ),
        reading=(Sentence("campaigns.money_page.read"),),
        claim=(Sentence("campaigns.money_page.sure", facts),),
        next_move=NextMove(Sentence("campaigns.money_page.next_loss" if len(loss) else "campaigns.money_page.next", facts)),
        note=(Sentence("campaigns.money_page.note", facts), *_more(table)),
        sample=Sentence("campaigns.sample", facts),
        source=Sentence(SOURCE),
        period=str(facts["year"]),
        largest=_largest(table, missing),
        definitions=("DF-147", "DF-149", "DF-150"),
        stake=abs(int(facts["profit"] or 0) - int(facts["spend"] or 0)),
        evidence="association",
    )


def _draw_money(table: pd.DataFrame, voice: Voice) -> Figure:
    shown = table.head(MOST_ROWS)

    def paint(axes: Axes, places: Sequence[float]) -> None:
        up = np.array(places)
        wide = float(np.nanmax([shown["spend"].max(), (shown["profit"] * HIGH).max()])) or 1.0
        cost = axes.barh(up + 0.16, shown["spend"], height=0.28, color=COLOUR["mark"])
        gain = axes.barh(up - 0.16, shown["profit"].fillna(0), height=0.28,
                         color=[COLOUR["accent"] if (p >= s or pd.isna(p)) else COLOUR["alert"]
                                for p, s in zip(shown["profit"], shown["spend"], strict=True)])  # fmt: skip
        mark(cost, "spend")
        mark(gain, "profit")
        _lines(axes, shown["profit"] * LOW, shown["profit"] * HIGH, up - 0.16, color=COLOUR["ink"], lw=LINE["second"])
        axes.axvline(0, color=COLOUR["ink"], lw=LINE["axis"])
        axes.set(xlim=(-0.01 * wide, wide * 1.05), xticks=[])
        axes.spines["bottom"].set_visible(False)

    columns = (
        NumberColumn("campaigns.head.spend", shown["spend"].round(), "money_number"),
        NumberColumn("campaigns.head.profit", shown["profit"].round(), "money_number"),
        NumberColumn("campaigns.head.roi", shown["roi"], "pct0_signed"),
        NumberColumn("campaigns.head.break_even", shown["break_even"], "pt1"),
        NumberColumn("campaigns.head.lift", shown["rate"] - shown["base_rate"], "pt1"),
    )
    return _rows(shown, columns, voice, paint)[0]


def _cost_table(planned: pd.DataFrame) -> Table:
    columns = (
        plain_column("lane", "campaigns.column.lane", "term"),
        *(
            plain_column(c, f"campaigns.column.{c}", "money_number", "sales.unit.money")
            for c in ("fixed", "sending", "offers", "spend")
        ),
        *(plain_column(c, f"campaigns.column.{c}", "money_number", "sales.unit.money") for c in ("sales", "profit")),
        plain_column("roi", "campaigns.column.roi", "pct0_number_signed", "sales.unit.percent"),
    )
    shown = [name for name in lanes() if (planned["lane"] == name).any()]
    rows = [_cost_row(f"year.lane.{name}", planned[planned["lane"] == name]) for name in shown]
    return Table(columns, (*rows, _cost_row("campaigns.total", planned)), total=True)


def _cost_row(name: str, part: pd.DataFrame) -> tuple[Fact, ...]:
    sums = [part[c].sum(min_count=1) for c in ("fixed", "sending", "offers", "spend", "sales", "profit")]
    spend, profit = float(sums[3]), sums[5]
    roi = (float(profit) - spend) / spend if spend > 0 and not pd.isna(profit) else None
    return (name, *(_whole(value) for value in sums), roi)


# ---------------------------------------------------------------- AP-09
@view
def measurability(planned: pd.DataFrame, missing: pd.DataFrame | None = None, *, again: pd.DataFrame | None = None) -> Draft:
    """Whether the people that there are can show the assumed difference (`metrics.plan.briefs`).

    `again`: the learnings to be tested again and who does (`metrics.plan.retests`).
    """
    rank = {"yes": 0, "half": 1, "no": 2, "none": 3}
    table = planned.assign(rank=planned["verdict"].map(rank), lift=planned["rate"] - planned["base_rate"])
    table = table.sort_values(["rank", "needed"], kind="stable").reset_index(drop=True)
    counts = {name: int((planned["verdict"] == name).sum()) for name in rank}
    blind = planned[planned["verdict"].isin(["half", "no", "none"])]
    facts = (
        _facts(planned, None)
        | counts
        | {
            "blind": len(blind),
            "blind_spend": _whole(blind["spend"].sum()),
            "weeks": 0,
        }
    )
    kind = "all" if not len(blind) else "some" if counts["yes"] else "none"
    return Draft(
        name="campaigns.measurability",
        page="AP-09",
        headline=Sentence(f"campaigns.tests.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("campaigns.tests.title"), Sentence("campaigns.tests.unit"), "M", lambda v: _draw_tests(table, v)),
            TablePanel(Sentence("campaigns.tests.table"), Sentence("campaigns.tests.table_unit"), _verdicts(planned)),
        ),
        key_figure=KeyFigure(
            Sentence("campaigns.tests.key"),
            Sentence("campaigns.tests.key_number", {"value": counts["yes"]}),
            Sentence("campaigns.tests.key_compare", facts),
        ),
        reading=(Sentence("campaigns.tests.read"), *_again(again)),
        claim=(Sentence("campaigns.tests.sure", facts),),
        next_move=NextMove(Sentence("campaigns.tests.next_half" if counts["half"] else "campaigns.tests.next", facts)),
        note=(Sentence("campaigns.tests.note", facts), *_more(table)),
        sample=Sentence("campaigns.sample", facts),
        source=Sentence(SOURCE),
        period=str(facts["year"]),
        largest=_largest(planned, missing),
        definitions=("DF-151", "DF-152", "DF-153"),
        evidence="association",
    )


def _again(again: pd.DataFrame | None) -> tuple[Sentence, ...]:
    """How many learnings are to be tested again, and how many of them the plan tests."""
    if again is None or not len(again):
        return ()
    counts: dict[str, Fact] = {"n": len(again), "held": int(again["held"].sum())}
    open_ = [str(row["id"]) for row in records(again) if not row["held"]]
    told = [Sentence("campaigns.tests.again", counts)]
    return (*told, *([Sentence("campaigns.tests.again_open", {"names": ", ".join(open_)})] if open_ else []))


def _draw_tests(table: pd.DataFrame, voice: Voice) -> Figure:
    shown = table.head(MOST_ROWS)

    def paint(axes: Axes, places: Sequence[float]) -> None:
        wide = float(np.nanmax([shown["smallest"].max(), shown["lift"].max()])) or 0.1
        up, held = np.array(places), shown["smallest"].notna().to_numpy()
        _lines(axes, shown["smallest"] * 0, shown["smallest"], up, color=COLOUR["hair"], lw=5, solid_capstyle="butt", zorder=1)
        axes.plot(shown["smallest"], up, "|", color=COLOUR["ink"], ms=9, mew=LINE["outline"], zorder=3)
        seen = (shown["lift"] >= shown["smallest"]).to_numpy()
        for told, face in ((held & seen, "accent"), (held & ~seen, "paper")):
            axes.plot(shown["lift"][told], up[told], "o", ms=5, zorder=4, mfc=COLOUR[face], mec=COLOUR["accent"], mew=1.2)
        for y in up[~held]:
            axes.text(
                0.01 * wide, y, voice.say("campaigns.tests.no_control"), va="center", size=TYPE["foot"], color=COLOUR["mute"]
            )
        (dots,) = axes.plot(shown["lift"], places, "o", ms=0.1, color=COLOUR["accent"])
        mark(dots, "lift", along="x")
        axes.axvline(0, color=COLOUR["ink"], lw=LINE["axis"])
        axes.set(xlim=(-0.003, wide * 1.06), xticks=[])
        axes.spines["bottom"].set_visible(False)
        axes.text(0, -1.35, voice.say("campaigns.tests.marks"), size=TYPE["small"], color=COLOUR["text2"], va="top")

    columns = (
        NumberColumn("campaigns.head.people", shown["people"].round(), "int"),
        NumberColumn("campaigns.head.share", shown["share"].where(shown["share"] > 0), "pct0"),
        NumberColumn("campaigns.head.needed", np.ceil(shown["needed"]), "int"),
        NumberColumn("campaigns.head.needed_half", np.ceil(shown["needed_half"]), "int"),
        NumberColumn("campaigns.head.smallest", shown["smallest"], "pt1"),
    )
    return _rows(shown, columns, voice, paint)[0]


def _verdicts(planned: pd.DataFrame) -> Table:
    columns = (
        plain_column("verdict", "campaigns.tests.column.verdict", "term"),
        plain_column("n", "campaigns.column.n", "int", "campaigns.unit.campaigns"),
        plain_column("spend", "campaigns.column.spend", "money_number", "sales.unit.money"),
        plain_column("sales", "campaigns.column.sales", "money_number", "sales.unit.money"),
        plain_column("instead", "campaigns.tests.column.instead", "term"),
    )
    rows = []
    for name in ("yes", "half", "no", "none"):
        part = planned[planned["verdict"] == name]
        if len(part):
            rows.append((f"campaigns.tests.verdict.{name}", len(part), _whole(part["spend"].sum()),
                         _whole(part["sales"].sum(min_count=1)), f"campaigns.tests.instead.{name}"))  # fmt: skip
    return Table(columns, tuple(rows))


# ---------------------------------------------------------------- AP-07
@view
def load(table: pd.DataFrame, overlaps: pd.DataFrame, planned: pd.DataFrame) -> Draft:
    """Contacts of a person and month against the cap, over who meets the same people (`metrics.plan.load`, `overlaps`)."""
    worst = records(table)[int(table["most"].to_numpy().argmax())]
    cap = fact(table["cap"].iloc[0])
    over = int(table["over"].max())
    told = overlaps.dropna(subset=["both"])
    pair = records(told)[int(told["both"].to_numpy(dtype=int).argmax())] if len(told) and told["both"].max() > 0 else None
    names = {row["campaign_id"]: name_of(row) for row in records(planned)}
    facts: dict[str, Fact] = {
        "year": span(int(table["month"].iloc[0])),
        "cap": cap,
        "most": float(worst["most"]),
        "month": first_day(int(worst["month"])).isoformat(),
        "mean": float(table["mean"].mean()),
        "over": over,
        "share": over / int(table["everybody"].iloc[0]) if int(table["everybody"].iloc[0]) else 0.0,
        "everybody": int(table["everybody"].iloc[0]),
        "pairs": int((told["both"] > 0).sum()),
        "one": names[pair["one"]] if pair is not None else None,
        "other": names[pair["other"]] if pair is not None else None,
        "both": int(pair["both"]) if pair is not None else None,
        "near": NEAR,
        "least": SHARED,
    }
    kind = ("no_cap" if cap is None else "over" if over else "within") + ("" if pair is not None else "_alone")
    return Draft(
        name="campaigns.load",
        page="AP-07",
        headline=Sentence(f"campaigns.load.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("campaigns.load.title"), Sentence("campaigns.load.unit", facts), "S", lambda v: _draw_load(table, v)
            ),
            ChartPanel(
                Sentence("campaigns.load.title2"),
                Sentence("campaigns.load.unit2", facts),
                "M",
                lambda v: _draw_overlaps(overlaps, planned, v),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("campaigns.load.key", facts),
            Sentence("campaigns.load.key_number", {"value": facts["most"]}),
            Sentence("campaigns.load.key_compare" if cap is not None else "campaigns.load.key_no_cap", facts),
        ),
        reading=(Sentence("campaigns.load.read"),),
        claim=(Sentence("campaigns.load.sure"),),
        next_move=NextMove(Sentence("campaigns.load.next_over" if over else "campaigns.load.next", facts)),
        note=(Sentence("campaigns.load.note"),),
        sample=Sentence("campaigns.load.sample", facts),
        source=Sentence(SOURCE),
        period=str(facts["year"]),
        definitions=("DF-154", "DF-155"),
    )


def _draw_load(table: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = canvas("S", (16, 7, MAIN - 30, HEIGHT["S"] - 14))
    at = np.arange(len(table))
    cap = float(table["cap"].iloc[0])
    top = float(np.nanmax([table["most"].max(), 0.0 if np.isnan(cap) else cap])) or 1.0
    over = table["over"].to_numpy() > 0
    most = axes.bar(at, table["most"], width=0.62, color=[COLOUR["alert"] if o else COLOUR["accent_soft"] for o in over])
    mark(most, "most")
    mean = axes.bar(at, table["mean"], width=0.34, color=COLOUR["accent"])
    mark(mean, "mean")
    for x, row in zip(at, records(table), strict=True):
        number(axes, float(x), row["most"] + top * 0.02, row["most"], "dec1", voice, ha="center", va="bottom", size=TYPE["label"])
    if not np.isnan(cap):
        axes.axhline(cap, color=COLOUR["alert"], lw=LINE["second"])
        axes.text(
            len(table) - 0.45,
            cap,
            voice.say("campaigns.load.cap", cap=int(cap)),
            va="center",
            size=TYPE["label"],
            color=COLOUR["alert"],
        )
    axes.set_xticks(at, [voice.number(first_day(int(m)).isoformat(), "month_axis") for m in table["month"]])
    axes.tick_params(axis="x", length=0)
    axes.set(xlim=(-0.6, len(table) - 0.4), ylim=(0, top * 1.18), yticks=[])
    axes.spines["left"].set_visible(False)
    return figure


def _draw_overlaps(overlaps: pd.DataFrame, planned: pd.DataFrame, voice: Voice) -> Figure:
    """A triangle of shares: how much of the smaller campaign's people the other one meets too."""
    rows = [row for row in records(planned) if row["segment_name"]][:MOST_ROWS]
    ids = [row["campaign_id"] for row in rows]
    figure, axes = canvas("M", (NAME, 2, MAIN - NAME - 2, HEIGHT["M"] - 8))
    found = {(o["one"], o["other"]): o for o in records(overlaps)}
    for y, one in enumerate(ids):
        axes.text(-0.62, y, fit(f"{y + 1} " + voice.number(name_of(rows[y]), "said"), NAME - 4, TYPE["small"]), ha="right",
                  va="center", size=TYPE["small"])  # fmt: skip
        axes.text(y, -0.75, str(y + 1), ha="center", va="bottom", size=TYPE["small"], color=COLOUR["text2"])
        for x, other in enumerate(ids):
            told = found.get((one, other)) or found.get((other, one))
            if x < y and told is not None and not pd.isna(told["share"]) and told["share"] >= SHARED:
                share = float(told["share"])
                colour = RAMP(min(1.0, share * 0.85))
                axes.add_patch(Rectangle((x - 0.47, y - 0.44), 0.94, 0.88, fc=colour, lw=0))
                number(axes, x, y, share, "pct0_number", voice, ha="center", va="center", size=TYPE["foot"], color=ink_on(colour))
    axes.set(xlim=(-0.6, max(len(ids) - 0.4, 1)), ylim=(len(ids) - 0.4, -1.2), xticks=[], yticks=[])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    return figure


# ---------------------------------------------------------------- the thread
def campaign_id(row: dict[str, Any]) -> str:
    """The id of a campaign in the thread."""
    return row_id("campaign", str(row["campaign_id"]))


def answers(row: dict[str, Any], known: set[str]) -> list[str]:
    """The rows of the thread that a campaign answers, of those that there are.

    A brief names a row by its id, or by parts of it that tell it apart: `pain:stage:stage=first` is the pain of that stage
    whatever the persona; the first by id stands for several.
    """
    found = []
    for name in _text(row.get("because")).replace(",", " ").split():
        parts = set(name.split(":"))
        mine = name if name in known else min((other for other in known if parts <= set(other.split(":"))), default="")
        if mine:
            found.append(mine)
    return list(dict.fromkeys(found))


def _thread_rows(planned: pd.DataFrame, known: Sequence[LedgerRow], *, gap_known: bool) -> tuple[LedgerRow, ...]:
    """Each campaign under its KPI, its segment and what it answers; segments that no chapter has told yet stand here."""
    ids = {row.id for row in known}
    found: dict[str, LedgerRow] = {}
    for row in records(planned):
        because = answers(row, ids)
        kpi = lever_parent(row["lever"], ids)
        gaps = [lever_gap(row["lever"])] if gap_known and row["lever"] not in ("", "consent") else [GAP] if gap_known else []
        parents = [kpi]
        if row["segment_name"]:
            segment = row_id("segment", row["segment_name"])
            parents.append(segment)
            if segment not in ids:
                before = found.get(segment)
                above = dict.fromkeys((*(before.parents if before else ()), *(because or [kpi])))
                told: dict[str, dict[str, Fact]] = {
                    "customers": {"value": _whole(row["found"]), "unit": "people", "definition": "segment"}
                }
                name = Sentence(f"segments.name.{row['segment_name']}")
                found[segment] = LedgerRow(segment, "segment", name, told, "order_lines", tuple(above))
        parents += [*because, *gaps]
        text = Sentence("campaigns.row", {"name": name_of(row)})
        found[campaign_id(row)] = LedgerRow(
            campaign_id(row), "campaign", text, _values(row), "campaigns", tuple(dict.fromkeys(parents)), _status(row)
        )
    return tuple(found.values())


def _status(row: dict[str, Any]) -> str:
    return "draft" if not _text(row.get("approved_on")) else "approved"


def _values(row: dict[str, Any]) -> dict[str, dict[str, Fact]]:
    period = f"{_day(row['starts_on'])}/{_day(row['ends_on']) or _day(row['starts_on'])}"

    def told(value: Any, unit: str, definition: str, **more: Fact) -> dict[str, Fact]:
        return {
            "value": fact(value),
            "unit": unit,
            "n": _whole(row["people"]),
            "period": period,
            "definition": definition,
            **more,
        }

    return {
        "sales": told(_whole(row["sales"]), "money", "planned_increment", low=_whole(row["low"]), high=_whole(row["high"])),
        "rate": told(row["rate"], "percent", "planned_rate"),
        "base_rate": told(row["base_rate"], "percent", "planned_base_rate"),
        "share": told(row["share"], "percent", "hold_out"),
        "spend": told(_whole(row["spend"]), "money", "planned_cost"),
        "needed": told(_whole(row["needed"]), "people", "people_needed"),
    }


def _day(value: Any) -> str:
    return (
        "" if value is None or pd.isna(value) else (value.date() if isinstance(value, datetime.datetime) else value).isoformat()
    )
