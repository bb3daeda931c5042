"""The pages on lifetime value: what first buyers have brought against their cost, and what is to be expected."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.lifetime_value import ALL, YEAR, Forecast, payback
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.dots import Frame, Row, add_rows
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, canvas, fit, mark, number

SAID = 30.0  # mm of a headline that a source's name may take, at the size of a chart label


@view
def actual(curves: pd.DataFrame, sources: pd.DataFrame) -> Draft:
    """Value by age and by source against the cost (`metrics.lifetime_value.cumulative`, `.by_source`)."""
    whole = curves[curves["group"] == ALL]
    *own, total = records(sources)
    short = [row for row in own if row["verdict"] == "short"]
    worst = max(short, key=lambda row: (row["cost"] - row["value"]) * row["customers"]) if short else None
    first, last = whole.iloc[0], whole.iloc[-1]
    back = payback(whole, float(first["cost"]))
    facts: dict[str, Fact] = {
        "months": YEAR,
        "value": fact(round(float(last["value"]))),
        "low": fact(round(float(last["low"]))),
        "high": fact(round(float(last["high"]))),
        "first": fact(round(float(first["value"]))),
        "times": fact(float(last["value"]) / float(first["value"])) if first["value"] > 0 else None,
        "n": int(first["customers"]),
        "span": str(first["span"]),
        "basis": f"lifetime_value.basis.{first['basis']}",
        "cost": None if math.isnan(first["cost"]) else round(float(first["cost"])),
        "payback": None if math.isnan(back) else max(1, int(back)),
        "paid": sum(row["verdict"] == "paid" for row in own),
        "costed": sum(row["verdict"] in ("paid", "short", "open") for row in own),
    }
    kind = "plain" if facts["cost"] is None else "unpaid" if facts["payback"] is None else "short" if worst else "paid"
    if worst:
        facts |= {
            "source": fit(str(worst["source"]), SAID, TYPE["label"]),
            "source_cost": round(worst["cost"]),
            "source_value": round(worst["value"]),
            "source_low": round(worst["low"]),
            "source_high": round(worst["high"]),
            "source_n": int(worst["customers"]),
            "lack": round(worst["cost"] - worst["value"]),
            "at_stake": round((worst["cost"] - worst["value"]) * worst["customers"]),
        }
    table = _by_source([*own, total]) if own else _by_cohort(curves)
    return Draft(
        name="lifetime_value.actual",
        page="BA-12",
        headline=Sentence(f"lifetime_value.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("lifetime_value.title", facts),
                Sentence("lifetime_value.unit_sources" if own else "lifetime_value.unit", facts),
                "M",
                lambda voice: _draw(curves, own, voice),
            ),
            TablePanel(
                Sentence(f"lifetime_value.table_{'sources' if own else 'cohorts'}", facts),
                Sentence("lifetime_value.table_unit", facts),
                table,
            ),
        ),
        key_figure=KeyFigure(
            Sentence("lifetime_value.key_source" if worst else "lifetime_value.key", facts),
            Sentence("lifetime_value.key_source_number" if worst else "lifetime_value.key_number", facts),
            Sentence("lifetime_value.key_source_between" if worst else "lifetime_value.key_between", facts),
        ),
        reading=(Sentence("lifetime_value.read_sources" if own else "lifetime_value.read", facts),),
        claim=(Sentence("lifetime_value.sure_sources" if own else "lifetime_value.sure", facts),),
        next_move=NextMove(Sentence(f"lifetime_value.next_{kind}", facts)),
        note=(Sentence(f"lifetime_value.note_{first['basis']}"), *([Sentence("lifetime_value.note_cost")] if own else [])),
        sample=Sentence("lifetime_value.sample", facts),
        source=Sentence("lifetime_value.source_cost" if own else "lifetime_value.source"),
        period=str(first["span"]),
        definitions=("DF-80", "DF-181") if own else ("DF-80",),
        rows=_rows(facts, kind),
        stake=int(facts.get("at_stake") or 0),
        evidence="fact",
    )


def _by_source(rows: list[dict[str, Any]]) -> Table:
    columns = (
        plain_column("source", "lifetime_value.column.source", "term"),
        plain_column("customers", "lifetime_value.column.customers", "int", "sales.unit.people"),
        plain_column("first", "lifetime_value.column.first", "price_number", "lifetime_value.price"),
        plain_column("value", "lifetime_value.column.value", "price_number", "lifetime_value.price"),
        plain_column("low", "lifetime_value.column.low", "price_number", "lifetime_value.price"),
        plain_column("high", "lifetime_value.column.high", "price_number", "lifetime_value.price"),
        plain_column("cost", "lifetime_value.column.cost", "price_number", "lifetime_value.price"),
        plain_column("payback", "lifetime_value.column.payback", "int", "lifetime_value.month"),
        plain_column("verdict", "lifetime_value.column.verdict", "term"),
    )
    told = []
    for row in rows:
        money = (None if math.isnan(row[name]) else round(row[name]) for name in ("first", "value", "low", "high", "cost"))
        back = None if math.isnan(row["payback"]) else max(1, int(row["payback"]))
        told.append((row["source"], int(row["customers"]), *money, back, f"lifetime_value.verdict.{row['verdict']}"))
    rest = tuple(column.form for column in columns[1:])
    forms = tuple(("term" if str(row[0]).startswith("lifetime_value.") else "text", *rest) for row in told)
    focus = next((i for i, row in enumerate(rows[:-1]) if row["verdict"] == "short"), None)
    return Table(columns, tuple(told), focus=focus, total=True, forms=forms)


def _by_cohort(curves: pd.DataFrame) -> Table:
    ages = (0, 3, 6, 12)
    columns = (
        plain_column("group", "lifetime_value.column.group", "period"),
        plain_column("customers", "lifetime_value.column.customers", "int", "sales.unit.people"),
        *(plain_column(f"age_{a}", f"lifetime_value.column.age_{a}", "price_number", "lifetime_value.price") for a in ages),
    )
    rows = []
    for group, part in curves.groupby("group", sort=False):
        at = part.set_index("age")["value"]
        label = part["span"].iloc[0] if group == ALL else group
        rows.append((str(label), int(part["customers"].iloc[0]), *(round(at[a]) if a in at.index else None for a in ages)))
    return Table(columns, tuple(dict.fromkeys(rows)))


def _rows(facts: dict[str, Fact], kind: str) -> tuple[LedgerRow, ...]:
    told: dict[str, Fact] = {
        "value": facts["value"],
        "unit": "money",
        "n": facts["n"],
        "low": facts["low"],
        "high": facts["high"],
        "period": facts["span"],
        "definition": "ltv",
    }
    values = {"current": told}
    if facts["cost"] is not None:
        values["cost"] = {"value": facts["cost"], "unit": "money", "n": facts["n"], "definition": "cpa", "period": facts["span"]}
    kpi = row_id("kpi", "ltv", months=str(YEAR))
    sentence = Sentence(f"lifetime_value.headline.{kind}", facts)
    return (
        LedgerRow(kpi, "kpi", Sentence("lifetime_value.node", facts), values, "order_lines", (row_id("kpi", "customers"),)),
        LedgerRow(row_id("finding", "ltv"), "finding", sentence, {"ltv": told}, "order_lines", (kpi,)),
    )


# ---------------------------------------------------------------- drawing what was
LEFT, BOTTOM, TOP = 13.0, 11.0, 6.0


def _draw(curves: pd.DataFrame, own: list[dict[str, Any]], voice: Voice) -> Figure:
    wide = 78.0 if own else MAIN - LEFT - 34
    figure, sheet = board("M")
    high = HEIGHT["M"]
    axes = figure.add_axes((LEFT / MAIN, BOTTOM / high, wide / MAIN, (high - BOTTOM - TOP) / high), label="curve")
    whole = curves[curves["group"] == ALL]
    cohorts = [(str(g), part) for g, part in curves[curves["group"] != ALL].groupby("group", sort=True)]
    axes.fill_between(whole["age"], whole["low"], whole["high"], color=COLOUR["accent"], alpha=0.22, lw=0)
    (line,) = axes.plot(whole["age"], whole["value"], color=COLOUR["accent"], lw=LINE["main"], zorder=4)
    mark(line, "value")
    newest = cohorts[-1][1] if cohorts and cohorts[-1][0].split("/")[1] > str(whole["span"].iloc[0]).split("/")[1] else None
    if newest is not None and newest["age"].max() < YEAR:
        (recent,) = axes.plot(newest["age"], newest["value"], color=COLOUR["text2"], lw=LINE["second"], ls=(0, (4, 2)), zorder=5)
        mark(recent, "newest")
        axes.text(
            newest["age"].iloc[-1],
            newest["value"].iloc[-1] * 1.05,
            voice.say("lifetime_value.newest", span=cohorts[-1][0]),
            ha="right",
            va="bottom",
            size=TYPE["foot"],
            color=COLOUR["text2"],
            weight="bold",
        )
    top = 1.16 * max(
        float(whole["high"].max()),
        float(whole["cost"].fillna(0).iloc[0]),
        float(newest["value"].max()) if newest is not None else 0,
    )
    last = whole.iloc[-1]
    number(
        axes,
        YEAR,
        float(last["high"]) + 0.02 * top,
        round(float(last["value"])),
        "price",
        voice,
        ha="right",
        va="bottom",
        size=TYPE["subhead"],
        weight="bold",
        color=COLOUR["accent"],
    )
    cost = float(whole["cost"].iloc[0])
    if not math.isnan(cost):
        axes.axhline(cost, color=COLOUR["ink"], lw=LINE["second"], zorder=2)
        number(
            axes,
            YEAR,
            cost - 0.02 * top,
            round(cost),
            "price",
            voice,
            within=voice.say("lifetime_value.cost_line") + " {}",
            ha="right",
            va="top",
            size=TYPE["label"],
            weight="bold",
        )
        back = payback(whole, cost)
        if back > 0:
            axes.plot(back, float(whole["value"].iloc[int(back)]), "o", color=COLOUR["ink"], ms=5, zorder=6)
    axes.set(xlim=(0, YEAR + 0.2), ylim=(0, top), xticks=range(0, YEAR + 1, 3))
    axes.set_xlabel(voice.say("lifetime_value.age"), labelpad=2)
    axes.set_yticks(ticks := _ticks(top), [voice.number(t, "price_number") for t in ticks])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.yaxis.grid(True)
    axes.set_axisbelow(True)
    if own:
        _draw_sources(figure, sheet, own, voice)
    return figure


def _ticks(top: float) -> list[int]:
    step = 10 ** math.floor(math.log10(max(top, 1)))
    step = step // 2 if top / step < 3 and step >= 2 else step
    while top / step > 6:
        step *= 2
    return list(range(0, int(top) + 1, int(max(1, step))))


def _draw_sources(figure: Figure, sheet: Axes, own: list[dict[str, Any]], voice: Voice) -> None:
    most = max(max(row["high"], 0 if math.isnan(row["cost"]) else row["cost"]) for row in own)
    rows = [
        Row(
            voice.number(row["source"], "term") if str(row["source"]).startswith("lifetime_value.") else str(row["source"]),
            row["value"],
            row["low"],
            row["high"],
            {"short": "against", "paid": "told"}.get(row["verdict"], "open"),
            ((round(row["value"]), "price_number"), (None if math.isnan(row["cost"]) else round(row["cost"]), "price_number")),
            row["cost"],
        )
        for row in own
    ]
    heads = ("lifetime_value.head.value", "lifetime_value.head.cost")
    frame = Frame(
        22.0,
        (126.0, 44.0),
        (184.0, MAIN),
        heads,
        "lifetime_value.column.source",
        (0, most * 1.05),
        left=102.0,
        dots_head="lifetime_value.head.marks",
    )
    add_rows(figure, sheet, rows, frame, voice, name="sources")


# ---------------------------------------------------------------- what is to be expected
@view
def forecast(told: Forecast) -> Draft:
    """The forecast beside its hold-out, over the customers there are now by repeats (`metrics.lifetime_value.forecast`)."""
    now, tested = told.now, told.tested
    orders = now["orders"] * now["customers"]
    top = now.iloc[-1]
    value = now["value"] * now["customers"]
    valued = not now["value"].isna().any()
    facts: dict[str, Fact] = {
        "days": told.days,
        "orders": round(float(orders.sum())),
        "each": fact(float(orders.sum() / now["customers"].sum())),
        "value": round(float(value.sum())) if valued else None,
        "n": int(now["customers"].sum()),
        "from": int(top["first"]),
        "people": int(top["customers"]),
        "people_share": fact(float(top["customers"] / now["customers"].sum())),
        "share": fact(float(orders.iloc[-1] / orders.sum())),
        "error": fact(told.error),
        "off": fact(abs(told.error)),
        "missed": fact(told.missed),
        "model": f"lifetime_value.model.{told.model}",
        "tested": int(tested["customers"].sum()),
        "correlation": fact(told.correlation),
        "split": told.split.isoformat(),
        "once": int(now["customers"].iloc[0]),
        "once_alive": fact(float(now["alive"].iloc[0])),
    }
    period = f"{told.split.isoformat()}/{(told.split + pd.Timedelta(days=told.days)).isoformat()}"
    kind = "valued" if valued else "orders"
    return Draft(
        name="lifetime_value.forecast",
        page="BA-12b",
        headline=Sentence(f"lifetime_value.forecast.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("lifetime_value.forecast.title"),
                Sentence("lifetime_value.forecast.unit", facts),
                "M",
                lambda voice: _draw_forecast(told, voice),
            ),
            TablePanel(
                Sentence("lifetime_value.forecast.table", facts),
                Sentence("lifetime_value.forecast.table_unit", facts),
                _now(now, valued=valued),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("lifetime_value.forecast.key", facts),
            Sentence("lifetime_value.forecast.key_number", facts),
            Sentence("lifetime_value.forecast.key_compare", facts),
        ),
        reading=(Sentence("lifetime_value.forecast.read", facts),),
        claim=(Sentence("lifetime_value.forecast.sure", facts),),
        next_move=NextMove(Sentence("lifetime_value.forecast.next", facts)),
        note=(Sentence("lifetime_value.forecast.note", facts),),
        sample=Sentence("lifetime_value.forecast.sample", facts),
        source=Sentence("lifetime_value.source"),
        period=period,
        largest=int(value.sum()) if valued else 0,
        definitions=("DF-182", "DF-183"),
        rows=(
            LedgerRow(
                row_id("finding", "ltv_forecast"),
                "finding",
                Sentence(f"lifetime_value.forecast.headline.{kind}", facts),
                {
                    "orders": {
                        "value": facts["orders"],
                        "unit": "orders",
                        "n": facts["n"],
                        "definition": "ltv_forecast",
                        "period": period,
                    }
                },
                "order_lines",
                (row_id("kpi", "orders_per_customer"),),
            ),
        ),
        evidence="association",
    )


def _now(now: pd.DataFrame, *, valued: bool) -> Table:
    columns = [
        plain_column("band", "lifetime_value.forecast.column.band", "text"),
        plain_column("customers", "lifetime_value.forecast.column.customers", "int", "sales.unit.people"),
        plain_column("alive", "lifetime_value.forecast.column.alive", "pct0_number", "sales.unit.percent"),
        plain_column("orders", "lifetime_value.forecast.column.orders", "dec2", "lifetime_value.forecast.times"),
        plain_column("low", "lifetime_value.column.low", "dec2", "lifetime_value.forecast.times"),
        plain_column("high", "lifetime_value.column.high", "dec2", "lifetime_value.forecast.times"),
    ]
    if valued:
        columns.append(plain_column("value", "lifetime_value.forecast.column.value", "price_number", "lifetime_value.price"))
    rows = []
    for i, row in enumerate(records(now)):
        end = int(now["first"].iloc[i + 1]) - 1 if i + 1 < len(now) else None
        cells = [
            _band(int(row["first"]), end),
            int(row["customers"]),
            *(float(row[c]) for c in ("alive", "orders", "low", "high")),
        ]
        rows.append((*cells, *([round(row["value"])] if valued else [])))
    return Table(tuple(columns), tuple(rows), focus=len(rows) - 1)


def _band(first: int, end: int | None) -> str:
    return f"{first}+" if end is None else str(first) if end == first else f"{first}–{end}"


def _draw_forecast(told: Forecast, voice: Voice) -> Figure:
    figure, axes = canvas("M", (LEFT, BOTTOM, 78.0, HEIGHT["M"] - BOTTOM - TOP))
    tracked = told.tracked
    (came,) = axes.plot(tracked["day"], tracked["actual"], color=COLOUR["accent"], lw=LINE["main"])
    mark(came, "actual")
    (foretold,) = axes.plot(tracked["day"], tracked["predicted"], color=COLOUR["ink"], lw=LINE["second"], ls=(0, (4, 2)))
    mark(foretold, "predicted")
    top = 1.15 * float(tracked[["actual", "predicted"]].to_numpy().max())
    axes.set(xlim=(0, told.days), ylim=(0, top), xticks=np.linspace(0, told.days, 5).round().astype(int))
    axes.set_yticks(ticks := _ticks(top), [voice.number(t, "int") for t in ticks])
    axes.set_xlabel(voice.say("lifetime_value.forecast.day"), labelpad=2)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.yaxis.grid(True)
    axes.set_axisbelow(True)
    for key, y, colour in (("actual", 0.95, COLOUR["accent"]), ("predicted", 0.87, COLOUR["ink"])):
        number(
            axes,
            0.03 * told.days,
            y * top,
            round(float(tracked[key].iloc[-1])),
            "int",
            voice,
            va="center",
            within=voice.say(f"lifetime_value.forecast.{key}") + " {}",
            size=TYPE["label"],
            weight="bold",
            color=colour,
        )
    sheet = figure.add_axes((0, 0, 1, 1), label="rows", xlim=(0, MAIN), ylim=(0, HEIGHT["M"]))
    sheet.axis("off")
    tested = records(told.tested)
    most = max(max(row["high"], row["predicted"]) for row in tested)
    rows = []
    for i, row in enumerate(tested):
        end = int(tested[i + 1]["first"]) - 1 if i + 1 < len(tested) else None
        label = voice.say("lifetime_value.forecast.repeats", band=_band(int(row["first"]), end))
        cells: tuple[tuple[Fact, str], ...] = ((float(row["predicted"]), "dec2"), (float(row["actual"]), "dec2"))
        rows.append(Row(label, row["actual"], row["low"], row["high"], "told", cells, row["predicted"]))
    heads = ("lifetime_value.forecast.head.predicted", "lifetime_value.forecast.head.actual")
    frame = Frame(
        20.0,
        (124.0, 46.0),
        (184.0, MAIN),
        heads,
        "lifetime_value.forecast.column.band",
        (0, most * 1.05),
        left=102.0,
        dots_head="lifetime_value.forecast.marks",
    )
    add_rows(figure, sheet, rows, frame, voice, name="calibration")
    return figure
