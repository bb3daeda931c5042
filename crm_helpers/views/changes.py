"""The page on the change in sales by part of the business: which part moved, by which driver, and the margin beside it."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.changes import DRIVERS, OTHERS, UNKNOWN
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.identification import warning
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, board, fit, mark, number, strip

SAID = 30.0  # mm of a headline that a part's name may take, at the size of a chart label
DRAWN = ("change", *DRIVERS, "rest")


@view
def by_part(table: pd.DataFrame, *, periods: Periods, shares: pd.DataFrame | None = None) -> Draft:
    """Bars of each part's change and of its drivers over a table with margins (`metrics.changes.by_part`)."""
    *rows, whole = records(table)
    named = [row for row in rows if row["part"] not in (OTHERS, UNKNOWN)]
    low, high = (pick(named, key=lambda row: int(row["change"])) for pick in (min, max))
    rate, rate_before = (_rate(whole, when) for when in ("", "_before"))
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "compare": str(periods.compare),
        "change": int(whole["change"]),
        "parts": len(rows),
        "low": _said(low),
        "low_value": int(low["change"]),
        "high": _said(high),
        "high_value": int(high["change"]),
        "low_driver": f"changes.phrase.{_driver(low)}",
        "low_driver_value": int(low[_driver(low)]),
        "high_driver": f"changes.phrase.{_driver(high)}",
        "high_driver_value": int(high[_driver(high)]),
    }
    margin = rate is not None and rate_before is not None
    if rate is not None and rate_before is not None:
        facts |= {
            "rate": rate,
            "points": rate - rate_before,
            "costed": whole["costed"] / whole["current"] if whole["current"] else None,
        }
    kind = "up_all" if low["change"] >= 0 else "down_all" if high["change"] <= 0 else "both"
    told = [Sentence("changes.note"), *([Sentence("changes.note_margin", facts)] if margin else [])]
    return Draft(
        name="changes.by_part",
        page="BA-04",
        headline=Sentence(f"changes.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("changes.title"), Sentence("changes.unit", facts), "M", lambda voice: _draw(rows, whole, voice)),
            TablePanel(
                Sentence("changes.table_margin" if margin else "changes.table"),
                Sentence("changes.table_unit", facts),
                _table([*rows, whole], periods, margin=margin),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("changes.key", facts),
            Sentence("sales.money_change", {"value": facts["low_value" if kind != "up_all" else "high_value"]}),
            Sentence("changes.key_margin" if margin else "changes.key_whole", facts),
        ),
        reading=(Sentence("changes.read"),),
        claim=(Sentence("changes.sure"), *warning(shares)),
        next_move=NextMove(Sentence("changes.next_up" if kind == "up_all" else "changes.next", facts)),
        note=tuple(told),
        sample=Sentence("changes.sample", facts),
        source=Sentence("changes.source_margin" if margin else "sales.source"),
        period=str(periods.current),
        largest=int(max(whole["compare"], whole["current"])),
        definitions=("DF-01", "DF-05", *(["DF-72"] if margin else [])),
        stake=abs(int(low["change"])) if kind != "up_all" else 0,
        rows=(_finding(facts, kind, periods),),
    )


def _driver(row: dict[str, Any]) -> str:
    """The driver that moved the part most in the direction of its change."""
    sign = 1 if row["change"] >= 0 else -1
    return max(DRAWN[1:], key=lambda name: sign * int(row[name]))


def _said(row: dict[str, Any]) -> str:
    return fit(str(row["part"]), SAID, TYPE["label"])


def _rate(row: dict[str, Any], when: str) -> float | None:
    net = row[f"net{when}"]
    return None if pd.isna(net) or not int(net) else float(row[f"margin{when}"]) / float(net)


def _table(rows: list[dict[str, Any]], periods: Periods, *, margin: bool) -> Table:
    columns = [
        plain_column("part", "changes.column.part", "text"),
        _period("compare", str(periods.compare)),
        _period("current", str(periods.current)),
        plain_column("change", "changes.column.change", "money_number_signed", "sales.unit.money"),
        plain_column("change_rate", "changes.column.rate", "pct1_number_signed", "sales.unit.percent"),
    ]
    if margin:
        columns += [
            plain_column("margin", "changes.column.margin", "money_number", "sales.unit.money"),
            plain_column("margin_rate", "changes.column.margin_rate", "pct1_number", "sales.unit.percent"),
            plain_column("margin_points", "changes.column.points", "pt1_number_signed", "changes.points"),
            plain_column("costed", "changes.column.costed", "pct0_number", "sales.unit.percent"),
        ]
    told: list[tuple[Fact, ...]] = []
    for row in rows:
        plain = [row["part"], *(int(row[name]) for name in ("compare", "current", "change"))]
        plain.append(row["change"] / row["compare"] if row["compare"] > 0 else None)
        now, before = _rate(row, ""), _rate(row, "_before")
        points = now - before if now is not None and before is not None else None
        share = row["costed"] / row["current"] if not pd.isna(row["costed"]) and row["current"] > 0 else None
        told.append((*plain, *([fact(row["margin"]), now, points, fact(share)] if margin else [])))
    forms = [("term" if str(row[0]).startswith("changes.") else "text", *(column.form for column in columns[1:])) for row in told]
    worst = min(range(len(rows) - 1), key=lambda i: rows[i]["change"])
    return Table(tuple(columns), tuple(told), focus=worst, total=True, forms=tuple(forms))


def _period(name: str, period: str) -> Any:
    column = plain_column(name, "changes.column.period", "money_number", "sales.unit.money")
    return type(column)(name, Sentence("changes.column.period", {"period": period}), column.unit, column.form)


# ---------------------------------------------------------------- drawing
NAMES, HEAD, GAP = 36.0, 9.0, 3.0  # mm: names of parts, column heads, white between columns
DROP = 1.05  # from the middle of a row to the baseline of its text


def _draw(rows: list[dict[str, Any]], whole: dict[str, Any], voice: Voice) -> Figure:
    """A column of bars for the change and for each driver, all on one scale; the largest loss in alert."""
    figure, axes = board("M")
    step = min(12.0, (HEIGHT["M"] - HEAD) / (len(rows) + 1))
    at = [HEIGHT["M"] - HEAD - step * (i + 0.5) for i in range(len(rows) + 1)]
    shown = [name for name in DRAWN if name == "change" or any(row[name] for row in rows)]
    wide = (MAIN - NAMES) / len(shown) - GAP
    reach = max((abs(int(row[name])) for row in rows for name in shown), default=0) or 1
    worst = min(((int(row[name]), i, name) for i, row in enumerate(rows) for name in shown[1:]), default=(0, 0, ""))
    small: dict[str, Any] = {"va": "baseline", "size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold"}
    axes.text(0, HEIGHT["M"] - 3 - DROP, voice.say("changes.column.part"), **small)
    for row, y in zip([*rows, whole], at, strict=True):
        last = row is whole
        name = voice.number(row["part"], "term") if str(row["part"]).startswith("changes.") else str(row["part"])
        weight = "bold" if last else "regular"
        axes.text(0, y - DROP, fit(name, NAMES - 2, TYPE["label"]), va="baseline", size=TYPE["label"], weight=weight)
        axes.plot([0, MAIN], [y - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
    axes.plot([0, MAIN], [at[-1] + step / 2] * 2, color=COLOUR["ink"], lw=LINE["rule"])
    for j, name in enumerate(shown):
        left = NAMES + j * (wide + GAP)
        panel = strip(figure, left, wide)
        panel.set_xlim(-1.6 * reach, 1.6 * reach)
        head = voice.say(f"changes.head.{name}")
        panel.text(0, HEIGHT["M"] - 3 - DROP, head, ha="center", **small)
        values = [int(row[name]) for row in rows]
        for i, (value, y) in enumerate(zip(values, at, strict=False)):
            focus = worst == (value, i, name) and value < 0
            strong = COLOUR["accent"] if value >= 0 else COLOUR["alert"]
            soft = COLOUR["accent_soft"] if value >= 0 else COLOUR["alert_soft"]
            fill = strong if focus or (j == 0 and value >= 0) else soft
            bars = panel.barh([y], [value], height=step * 0.5, color=fill, ec=strong, lw=LINE["axis"])
            mark(bars, f"{name}{i}")
            _value(panel, value, y, reach, voice, "bold" if focus or j == 0 else "regular")
        panel.plot([0, 0], [at[-1] + step / 2, HEIGHT["M"] - HEAD], color=COLOUR["ink"], lw=LINE["axis"])
        number(panel, 0, at[-1] - DROP, int(whole[name]), "money_number_signed", voice, ha="center", va="baseline",
               size=TYPE["label"], weight="bold")  # fmt: skip
    return figure


def _value(panel: Any, value: int, y: float, reach: int, voice: Voice, weight: str) -> None:
    """The number beside the end of its bar; nothing happened is told by a dash in the middle of the row."""
    left = value < 0
    number(panel, value + (-0.06 if left else 0.06) * reach, y - DROP, value, "money_number_signed", voice,
           ha="right" if left else "left", va="baseline", size=TYPE["label"], weight=weight)  # fmt: skip


def _finding(facts: dict[str, Fact], kind: str, periods: Periods) -> LedgerRow:
    """The page's sentence in the thread, with the part that lost and the one that gained most."""
    values: dict[str, dict[str, Fact]] = {
        name: {"value": facts[f"{name}_value"], "unit": "money", "n": facts["parts"], "period": str(periods.current),
               "definition": "change_by_part"}
        for name in ("low", "high")
    }  # fmt: skip
    text = Sentence(f"changes.headline.{kind}", facts)
    return LedgerRow(row_id("finding", "change_by_part"), "finding", text, values, "order_lines", (row_id("kpi", "sales"),))
