"""The page on age and gender: which group carries sales, and what one buyer of it spends against all others."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.profile import OTHERS, UNKNOWN
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.interval_rows import Heads, IntervalRow, interval_rows

MANY_UNKNOWN = 0.10  # share of buyers of unknown age or gender from which the page says that the known may not be like all


@view
def people(ages: pd.DataFrame, *, periods: Periods, k: int, genders: pd.DataFrame | None = None) -> Draft:
    """Bands of age with spend per buyer over a table of the genders; `ages` may be the table of genders where there is no age.

    `metrics.profile.ages`, `metrics.profile.genders`; choose with `chosen`.
    """
    kind = "age" if "band" in ages else "gender"
    name = "band" if kind == "age" else "gender"
    *rows, whole = records(ages)
    named = [row for row in rows if row[name] not in (UNKNOWN, OTHERS) and not math.isnan(row["customers"])]
    top = max(named, key=lambda row: row["share"])
    told = [row for row in named if row["told"]]
    far = max(told, key=lambda row: abs(math.log(row["index"]))) if told else None
    way = "same" if far is None else "high" if far["index"] > 1 else "low"
    unknown = next((row for row in rows if row[name] == UNKNOWN), None)
    facts: dict[str, Fact] = {
        "top": str(top[name]),
        "share": float(top["share"]),
        "points": fact(top["share"] - top["share_before"]),
        "groups": len(named),
        "told": len(told),
        "n": int(whole["customers"]),
        "per_head": fact(whole["per_head"]),
        "k": k,
        "current": str(periods.current),
        "compare": str(periods.compare),
        "unknown": fact(unknown["customers"] / whole["customers"]) if unknown else 0.0,
        "impossible": int(ages["impossible"].iloc[0]) if kind == "age" else 0,
        "heaped": int(ages["heaped"].iloc[0]) if kind == "age" else 0,
    }
    if far:
        facts |= {
            "far": str(far[name]),
            "far_value": float(far["per_head"]),
            "far_low": float(far["low"]),
            "far_high": float(far["high"]),
            "gap": abs(float(far["index"]) - 1),
            "far_n": int(far["customers"]),
        }
    facts["fake"] = int(facts["impossible"] or 0) + int(facts["heaped"] or 0)
    shown = ages if genders is None or kind == "gender" else genders
    return Draft(
        name="profile.people",
        page="BA-17",
        headline=Sentence(f"profile.headline.{kind}_{way}", facts),
        panels=(
            ChartPanel(
                Sentence(f"profile.title_{kind}"),
                Sentence("profile.unit", facts),
                "M",
                lambda voice: _draw(rows, whole, name, voice),
            ),
            TablePanel(
                Sentence(f"profile.table_{'age' if shown is ages and kind == 'age' else 'gender'}"),
                Sentence("profile.table_unit", facts),
                _table(shown),
            ),
        ),
        key_figure=KeyFigure(
            Sentence(f"profile.key_{kind}", facts),
            Sentence("profile.number", {"value": facts["share"]}),
            Sentence("profile.key_compare", facts),
        ),
        reading=(Sentence("profile.read", facts),),
        claim=(
            Sentence("profile.sure_told" if far else "profile.sure_same", facts),
            *([Sentence("profile.sure_unknown", facts)] if float(facts["unknown"] or 0) >= MANY_UNKNOWN else []),
        ),
        next_move=NextMove(Sentence(f"profile.next_{kind}_{'told' if far else 'same'}", facts)),
        note=_notes(facts, kind, rows),
        sample=Sentence("profile.sample", facts),
        source=Sentence("profile.source"),
        period=str(periods.current),
        largest=0,
        definitions=("DF-60", "DF-61"),
        evidence="association",
        rows=(_finding(facts, kind, way, periods),),
    )


def _notes(facts: dict[str, Fact], kind: str, rows: list[dict[str, Any]]) -> tuple[Sentence, ...]:
    told = [Sentence("profile.note_age")] if kind == "age" else []
    told += [Sentence("profile.note_fake", facts)] if facts["fake"] else []
    told += [Sentence("profile.note_hidden", facts)] if any(math.isnan(row["customers"]) for row in rows) else []
    return tuple(told)


def chosen(ages: pd.DataFrame | Unavailable, genders: pd.DataFrame | Unavailable) -> dict[str, Any]:
    """What `people` takes: ages over genders where both are there, the one that is there, or why neither is."""
    if isinstance(ages, Unavailable):
        return {"ages": ages if isinstance(genders, Unavailable) else genders}
    return {"ages": ages} | ({} if isinstance(genders, Unavailable) else {"genders": genders})


def _table(table: pd.DataFrame) -> Table:
    name = "band" if "band" in table else "gender"
    columns = (
        plain_column("group", f"profile.column.{name}", "text"),
        plain_column("customers", "profile.column.customers", "int", "sales.unit.people"),
        plain_column("before", "profile.column.before", "int", "sales.unit.people"),
        plain_column("share", "profile.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("points", "profile.column.points", "pt1_number_signed", "entries.points"),
        plain_column("per_head", "profile.column.per_head", "price_number", "sales.unit.money_base"),
        plain_column("low", "profile.column.low", "price_number", "sales.unit.money_base"),
        plain_column("high", "profile.column.high", "price_number", "sales.unit.money_base"),
    )
    rows = records(table.assign(points=table["share"] - table["share_before"]))
    cells = []
    for row in rows:
        heads = (_count(row["customers"]), _count(row["before"]))
        rest = (fact(row[column]) for column in ("share", "points", "per_head", "low", "high"))
        cells.append((str(row[name]), *heads, *rest))
    forms = tuple((_form(str(row[0])), *(column.form for column in columns[1:])) for row in cells)
    focus = max(range(len(rows) - 1), key=lambda i: -1.0 if math.isnan(rows[i]["share"]) else rows[i]["share"], default=None)
    return Table(columns, tuple(cells), focus=focus, total=True, forms=forms)


def _count(value: float) -> int | None:
    return None if math.isnan(value) else int(value)


def _form(name: str) -> str:
    """How a group's name is written: a text key, or a band of years as it is."""
    return "term" if name.startswith("profile.") else "text"


def _draw(rows: list[dict[str, Any]], whole: dict[str, Any], name: str, voice: Voice) -> Figure:
    shown = [
        IntervalRow(
            voice.say(row[name]) if _form(row[name]) == "term" else str(row[name]),
            _count(row["customers"]),
            float(row["per_head"]),
            float(row["low"]),
            float(row["high"]),
            0 if not row["told"] else 1 if row["index"] > 1 else -1,
            weight=float(row["share"]),
            hidden=math.isnan(row["customers"]),
        )
        for row in rows
    ]
    heads = Heads(
        f"profile.column.{name}", "profile.head.customers", "profile.head.per_head", "profile.head.interval", "profile.level",
        "profile.head.share",
    )  # fmt: skip
    return interval_rows(shown, heads, level=float(whole["per_head"]), form="price", voice=voice)


def _finding(facts: dict[str, Fact], kind: str, way: str, periods: Periods) -> LedgerRow:
    period = str(periods.current)
    share = {"value": facts["share"], "unit": "share", "n": facts["n"], "period": period, "definition": f"{kind}_share"}
    values = {"share": share}
    if "far" in facts:
        ends = {"low": facts["far_low"], "high": facts["far_high"]}
        told = {"value": facts["far_value"], "unit": "money", "n": facts["far_n"], "period": period, **ends}
        values["per_head"] = told | {"definition": f"{kind}_per_head"}
    sentence = Sentence(f"profile.headline.{kind}_{way}", facts)
    return LedgerRow(row_id("finding", "profile"), "finding", sentence, values, "customers", (row_id("kpi", "customers"),))
