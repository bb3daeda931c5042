"""The page on who came and who did not buy again: the money bridge between two periods."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Column, Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.bridge import OTHERS
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views import waterfall
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.identification import warning
from crm_helpers.views.waterfall import Brace, Part

FORM = {"orders_per_customer": "dec2", "items_per_order": "dec2", "price_per_item": "price_number", "aov": "price_number"}
CAME = ("new", "reactivated", "unseen")


@view
def bridge(table: pd.DataFrame, both: pd.DataFrame, *, periods: Periods, shares: pd.DataFrame | None = None) -> Draft:
    """The bridge of sales over the table of its groups (`metrics.bridge.bridge`, `metrics.sales.totals`)."""
    groups = {row["part"]: row for row in records(table[table["parent"] == ""])}
    factors = records(table[table["parent"] != ""])
    totals = {row["period"]: row for row in records(both)}
    before, now = (int(totals[period]["sales"]) for period in ("compare", "current"))
    facts = _facts(groups, totals, periods)
    kind = _kind(groups, facts)
    first = next(iter(groups.values()))
    bars = _bars(groups, factors)
    return Draft(
        name="bridge.bridge",
        page="BA-05b",
        headline=Sentence(f"bridge.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("bridge.title"),
                Sentence("bridge.unit", facts),
                "M",
                lambda voice: _draw(before, bars, groups, periods, voice),
            ),
            TablePanel(Sentence("bridge.table"), Sentence("bridge.table_unit", facts), _table(groups, before, now, periods)),
        ),
        key_figure=KeyFigure(
            Sentence(f"bridge.key.{first['part']}"),
            Sentence("sales.money_change", {"value": int(first["change"])}),
            Sentence(f"bridge.key_compare.{first['part']}", facts),
        ),
        reading=(Sentence("bridge.read_sum", {"change": now - before}),),
        claim=(Sentence("bridge.sure"), *warning(shares)),
        next_move=NextMove(Sentence(f"bridge.next.{kind}", facts)),
        note=tuple(_notes(table, groups, factors)),
        sample=Sentence("kpi.sample", {"customers": int(totals["current"]["customers"]), "before": facts["buyers"]}),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=max(abs(before), abs(now)),
        definitions=("DF-01", "DF-05", "DF-21", "DF-22", "DF-23", *(("DF-50",) if "apart" in groups else ())),
        stake=abs(int(first["change"])),
        rows=(_finding(facts, kind, periods), *(_row(row, periods) for name, row in groups.items() if name not in OTHERS)),
    )


def _facts(groups: dict[str, Any], totals: dict[str, Any], periods: Periods) -> dict[str, Fact]:
    """What the sentences quote; None for what small groups must not tell."""
    buyers, lapsed = int(totals["compare"]["customers"]), groups.get("lapsed")
    came = [groups[name] for name in CAME if name in groups]
    bought = int(totals["compare"]["identified_sales"])
    return {
        "current": str(periods.current),
        "compare": str(periods.compare),
        "buyers": buyers,
        "lapsed": fact(lapsed["heads"]) if lapsed else None,
        "rate": float(lapsed["heads"]) / buyers if lapsed else None,
        "lapsed_sales": fact(lapsed["compare"]) if lapsed else None,
        "sales_share": float(lapsed["compare"]) / bought if lapsed and bought else None,
        "came": sum(int(row["heads"]) for row in came) if came else None,
        "came_sales": sum(int(row["change"]) for row in came) if came else None,
        "moved": fact(groups["moved"]["change"]) if "moved" in groups else None,
        "stayed": fact(groups["retained"]["heads"]),
        "stayed_change": int(groups["retained"]["change"]),
    }


def _kind(groups: dict[str, Any], facts: dict[str, Fact]) -> str:
    if "moved" in groups:
        return "merged"
    if not facts["stayed"]:
        return "none_stayed"
    return {(True, True): "both", (True, False): "gone", (False, True): "came", (False, False): "same"}[
        bool(facts["lapsed"]), bool(facts["came"])
    ]


def _notes(table: pd.DataFrame, groups: dict[str, Any], factors: list[dict[str, Any]]) -> list[Sentence]:
    notes = []
    if "unseen" in groups:
        notes.append(Sentence("bridge.note_unseen"))
    if "moved" in groups:
        notes.append(Sentence("bridge.note_moved"))
    if factors and bool(table["methods_differ"].iloc[0]):
        main = max(factors, key=lambda row: abs(int(row["change"])))
        facts: dict[str, Fact] = {"driver": f"kpi.phrase.{main['part']}", "value": int(main["shapley"])}
        notes.append(Sentence("kpi.note_methods_differ", facts))
    elif factors:
        notes.append(Sentence(f"bridge.note_{table['method'].iloc[0]}"))
    return notes


def _table(groups: dict[str, Any], before: int, now: int, periods: Periods) -> Table:
    """Heads and sales of each group in both periods; the last column adds up to the rate of change of sales."""
    columns = (
        plain_column("part", "bridge.column.part", "term"),
        plain_column("heads", "bridge.column.heads", "int", "sales.unit.people"),
        _period_column("compare", str(periods.compare), "money_number", "sales.unit.money"),
        plain_column("share", "bridge.column.share", "pct1_number", "sales.unit.percent"),
        _period_column("current", str(periods.current), "money_number", "sales.unit.money"),
        plain_column("change", "bridge.column.change", "money_number_signed", "sales.unit.money"),
        plain_column("rate", "bridge.column.rate", "pct1_number_signed", "sales.unit.percent"),
    )

    def told(label: str, heads: Any, was: Any, is_now: Any, change: Any) -> tuple[Fact, ...]:
        share, rate = (float(part) / before if before and not pd.isna(part) else None for part in (was, change))
        return (label, fact(heads), fact(was), share, fact(is_now), fact(change), rate)

    rows = [
        told(f"bridge.group.{name}", row["heads"], row["compare"], row["current"], row["change"]) for name, row in groups.items()
    ]
    rows.append(told("bridge.group.total", _all_heads(groups), before, now, now - before))
    return Table(columns, tuple(rows), focus=0, total=True)


def _all_heads(groups: dict[str, Any]) -> int | None:
    """People of all groups; None when a group's heads are not told."""
    heads = [row["heads"] for name, row in groups.items() if name not in OTHERS]
    return None if any(pd.isna(n) for n in heads) else int(sum(heads))


def _period_column(name: str, period: str, form: str, unit: str) -> Column:
    return Column(name, Sentence("bridge.column.period", {"period": period}), Sentence(unit), form)


# ---------------------------------------------------------------- drawing
def _bars(groups: dict[str, Any], factors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is drawn: groups with anybody in them, the retained as their factors."""
    bars: list[dict[str, Any]] = []
    for name, row in groups.items():
        if name == "retained" and factors:
            bars += factors
        elif name in ("moved", *OTHERS) or int(row["heads"]):
            bars.append(row)
    return bars


def _draw(before: int, bars: list[dict[str, Any]], groups: dict[str, Any], periods: Periods, voice: Voice) -> Figure:
    parts = [Part(voice.say(f"bridge.bar.{row['part']}"), int(row["change"]), _moved(row, voice)) for row in bars]
    main = max(range(len(parts)), key=lambda i: abs(parts[i].money))
    return waterfall.draw(before, parts, main, periods, voice, _brace(bars, groups["retained"], voice))


def _moved(row: dict[str, Any], voice: Voice) -> str:
    """Under a factor what moved, under a group its heads."""
    if row["parent"]:
        was, now = (voice.number(fact(row[p]), FORM[row["part"]]) for p in ("compare", "current"))
        return voice.say(f"kpi.driver.{row['part']}", was=was, now=now)
    return "" if pd.isna(row["heads"]) else voice.say("bridge.people", heads=int(row["heads"]))


def _brace(bars: list[dict[str, Any]], retained: dict[str, Any], voice: Voice) -> Brace | None:
    """The bars of the retained are one group."""
    inside = [i for i, row in enumerate(bars) if row["parent"]]
    if not inside:
        return None
    heads, change = fact(retained["heads"]), int(retained["change"])
    key = "bridge.brace" if heads is not None else "bridge.brace_untold"
    return Brace(inside[0], inside[-1], voice.say(key, heads=heads, change=change))


# ---------------------------------------------------------------- the thread
FINDING = row_id("finding", "bridge")


def _finding(facts: dict[str, Fact], kind: str, periods: Periods) -> LedgerRow:
    """The page's sentence in the thread: who came and who did not buy again, under the KPI of the number of customers."""
    told = {
        name: {
            "value": facts[name],
            "unit": "people",
            "n": facts["buyers"],
            "period": str(periods.current),
            "definition": f"bridge_{name}",
        }
        for name in ("lapsed", "came")
    }
    return LedgerRow(
        FINDING, "finding", Sentence(f"bridge.headline.{kind}", facts), told, "order_lines", (row_id("kpi", "customers"),)
    )


def _row(row: dict[str, Any], periods: Periods) -> LedgerRow:
    """The money of a group, under sales: both periods and the change."""
    name = f"{row['part']}_sales"
    told = {
        key: {
            "value": fact(row[key]),
            "unit": "money",
            "n": fact(row["heads"]),
            "period": str(periods.compare if key == "compare" else periods.current),
            "definition": name,
        }
        for key in ("current", "compare", "change")
    }
    text = Sentence(f"bridge.group.{row['part']}")
    return LedgerRow(row_id("kpi", name), "kpi", text, told, "order_lines", (row_id("kpi", "sales"),))
