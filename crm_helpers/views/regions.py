"""The page on regions: a grid of equal tiles beside the change in orders a head, over the largest prefectures."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.domain.prefectures import tiles
from crm_helpers.ledger import row_id
from crm_helpers.metrics.regions import ELSEWHERE, OTHERS
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.identification import warning
from crm_helpers.views.sales import rate_of
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, RAMP, TYPE, board, fit, ink_on, mark, number, strip

FIRST = 3  # prefectures that the headline sums up
ROWS = 7  # rows above the total


@view
def prefectures(table: pd.DataFrame, *, periods: Periods, k: int, shares: pd.DataFrame | None = None) -> Draft:
    """Tiles by share of sales and dots of the change in orders a head (`metrics.regions.prefectures`)."""
    *rows, whole = records(table)
    named = [row for row in rows if row["code"] not in (OTHERS, ELSEWHERE)]
    told = [row for row in named if row["told"]]
    far = max(told, key=lambda row: abs(math.log1p(row["change"]) - math.log1p(row["rest"]))) if told else None
    way = "same" if far is None else "fell" if far["change"] < 0 else "rose"
    first = named[:FIRST]
    facts: dict[str, Fact] = {
        "first": len(first),
        "share": sum(float(row["share"]) for row in first),
        "top": name_key(named[0]["code"]),
        "top_share": float(named[0]["share"]),
        "n": int(whole["customers"]),
        "looks": int(whole["looks"]),
        "told": len(told),
        "k": k,
        "current": str(periods.current),
        "compare": str(periods.compare),
    }
    if far:
        bounds = sorted((abs(float(far["low"])), abs(float(far["high"]))))
        facts |= {
            "far": name_key(far["code"]),
            "far_now": float(far["orders"]),
            "far_before": float(far["orders_before"]),
            "far_change": float(far["change"]),
            "change": abs(float(far["change"])),
            "small": bounds[0],
            "large": bounds[1],
            "far_low": float(far["low"]),
            "far_high": float(far["high"]),
            "far_n": int(far["customers"]),
            "rest": float(far["rest"]),
        }
    kind = "far" if far else "same"
    notes = [Sentence("regions.note_contract")]
    notes += [Sentence("regions.note_hidden", facts)] if any(row["code"] == OTHERS for row in rows) else []
    return Draft(
        name="regions.prefectures",
        page="BA-18",
        headline=Sentence(f"regions.headline.{way}", facts),
        panels=(
            ChartPanel(
                Sentence("regions.title"), Sentence("regions.unit", facts), "M", lambda voice: _draw(named, whole, far, voice)
            ),
            TablePanel(Sentence("regions.table"), Sentence("regions.table_unit", facts), _table(rows, whole, far)),
        ),
        key_figure=KeyFigure(
            Sentence(f"regions.key_{kind}", facts),
            Sentence(f"regions.number_{kind}", facts),
            Sentence("regions.key_between" if far else "regions.key_top", facts),
        ),
        reading=(Sentence("regions.read", facts),),
        claim=(Sentence("regions.sure_told" if far else "regions.sure_same", facts), *warning(shares)),
        next_move=NextMove(Sentence(f"regions.next_{way}", facts)),
        note=tuple(notes),
        sample=Sentence("regions.sample", facts),
        source=Sentence("regions.source"),
        period=str(periods.current),
        largest=int(whole["sales"]),
        definitions=("DF-03", "DF-61", "DF-62"),
        stake=_stake(far),
        evidence="association",
        rows=(_finding(facts, way, periods),),
    )


def name_key(code: str) -> str:
    """The text key of a prefecture's name; other rows are keys already."""
    return code if code.startswith("regions.") else f"regions.name.p{code}"


def _stake(far: dict[str, Any] | None) -> int:
    """The sales that the change in orders moved in the prefecture of the headline."""
    return int(abs(far["sales"] * far["change"] / (1 + far["change"]))) if far else 0


def _table(rows: list[dict[str, Any]], whole: dict[str, Any], far: dict[str, Any] | None) -> Table:
    columns = (
        plain_column("prefecture", "regions.column.prefecture", "term"),
        plain_column("customers", "regions.column.customers", "int", "sales.unit.people"),
        plain_column("sales", "regions.column.sales", "money_number", "sales.unit.money"),
        plain_column("share", "regions.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("change", "regions.column.change", "pct1_number_signed", "sales.unit.percent"),
        plain_column("orders_before", "regions.column.orders_before", "dec1", "regions.times"),
        plain_column("orders", "regions.column.orders", "dec1", "regions.times"),
        plain_column("orders_change", "regions.column.orders_change", "pct1_number_signed", "sales.unit.percent"),
    )
    shown = rows[:ROWS]
    if far and far not in shown:
        shown = [*shown[:-1], far]
    cells = []
    for row in [*shown, whole]:
        change = rate_of(row["sales"], row["sales_before"]) if row["sales_before"] > 0 else None
        told = (row["share"], change, row["orders_before"], row["orders"], row["change"])
        cells.append((name_key(row["code"]), int(row["customers"]), int(row["sales"]), *map(fact, told)))
    return Table(columns, tuple(cells), focus=shown.index(far) if far else 0, total=True)


# ---------------------------------------------------------------- drawing
TILE = 8.5, 6.3  # mm
DOTS, NAMES, VALUE = (138.0, 36.0), 122.0, MAIN - 1
HEAD, RANKED = 9.0, 9


def _draw(rows: list[dict[str, Any]], whole: dict[str, Any], far: dict[str, Any] | None, voice: Voice) -> Figure:
    figure, axes = board("M")
    _tiles(axes, {row["code"]: row for row in rows}, voice)
    ranked = rows[:RANKED] if far is None or far in rows[:RANKED] else [*rows[: RANKED - 1], far]
    _ranking(figure, axes, ranked, whole, voice)
    return figure


def _tiles(axes: Axes, rows: dict[str, dict[str, Any]], voice: Voice) -> None:
    """Tiles of one colour are one shape: a drawing of 47 rectangles would be half of the page's size."""
    most = max(float(row["share"]) for row in rows.values())
    wide, high = TILE
    fills: dict[str, list[str]] = {}
    for code in tiles():
        level = math.ceil(4 * math.sqrt(max(0.0, float(rows[code]["share"])) / most)) / 4 * 0.75 if code in rows else -1.0
        fills.setdefault(COLOUR["wash"] if level < 0 else _hex(level), []).append(code)
    for fill, codes in fills.items():
        shape = Path.make_compound_path(*(_square(code) for code in codes))
        axes.add_patch(PathPatch(shape, fc=fill, ec=COLOUR["paper"], lw=LINE["rule"]))
        for code in codes:
            x, y = _corner(code)
            ink = ink_on(fill)
            style = {"ha": "center", "va": "center", "size": TYPE["foot"], "color": ink}
            axes.text(x + wide / 2, y + high * 0.7, voice.say(f"regions.short.p{code}"), **style)
            if code in rows:
                number(axes, x + wide / 2, y + high * 0.27, float(rows[code]["share"]), "pct1_number", voice, **style)
    for code in (code for code, row in rows.items() if row["told"]):
        edge = COLOUR["alert"] if rows[code]["change"] < rows[code]["rest"] else COLOUR["accent"]
        axes.add_patch(Rectangle(_corner(code), wide, high, fill=False, ec=edge, lw=LINE["focus"], zorder=5))
    axes.text(0, HEIGHT["M"] - 4, voice.say("regions.tiles"), size=TYPE["small"], color=COLOUR["text2"], va="center")


def _hex(level: float) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in RAMP(level)[:3])


def _corner(code: str) -> tuple[float, float]:
    column, row = tiles()[code]
    return column * TILE[0], HEIGHT["M"] - (row + 1) * TILE[1] - 6


def _square(code: str) -> Path:
    (x, y), (wide, high) = _corner(code), TILE
    return Path([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high), (x, y)], closed=True)


def _ranking(figure: Figure, axes: Axes, rows: list[dict[str, Any]], whole: dict[str, Any], voice: Voice) -> None:
    step = (HEIGHT["M"] - HEAD) / (len(rows) + 0.2)
    at = [HEIGHT["M"] - HEAD - step * (i + 0.5) for i in range(len(rows))]
    dots = strip(figure, *DOTS)
    known = [row for row in rows if not math.isnan(row["change"])]
    ends = [float(row[name]) for row in known for name in ("low", "high")] + [0.0]
    room = (max(ends) - min(ends)) * 0.05
    dots.set_xlim(min(ends) - room, max(ends) + room)
    bottom, top = at[-1] - step / 2, HEIGHT["M"] - HEAD + 1
    dots.plot([0, 0], [bottom, top], color=COLOUR["mark"], lw=LINE["rule"], zorder=1)
    level = float(whole["change"])
    dots.plot([level, level], [bottom, top], color=COLOUR["ink"], lw=LINE["interval"], zorder=1)
    head = {"size": TYPE["small"], "color": COLOUR["text2"], "weight": "bold", "va": "center"}
    axes.text(NAMES, HEIGHT["M"] - 4, voice.say("regions.ranking"), **head)
    number(
        axes, VALUE, HEIGHT["M"] - 4, level, "pct1_signed", voice, within=voice.say("regions.rest") + " {}", ha="right", **head
    )
    axes.plot([NAMES, MAIN], [top, top], color=COLOUR["ink"], lw=LINE["rule"])
    for row, y in zip(rows, at, strict=True):
        told = bool(row["told"])
        colour = COLOUR["text2"] if not told else COLOUR["alert"] if row["change"] < row["rest"] else COLOUR["accent"]
        style = {"va": "center", "size": TYPE["label"], "weight": "bold" if told else "regular"}
        axes.text(NAMES, y, fit(voice.say(name_key(row["code"])), DOTS[0] - NAMES, TYPE["label"]), **style)
        axes.plot([NAMES, MAIN], [y - step / 2] * 2, color=COLOUR["hair"], lw=LINE["hair"], zorder=0)
        number(axes, VALUE, y, fact(row["change"]), "pct1_signed", voice, ha="right", **style)
        if math.isnan(row["change"]):
            continue
        dots.plot([row["low"], row["high"]], [y, y], color=colour, lw=LINE["interval"])
        fill = colour if told else COLOUR["paper"]
        (dot,) = dots.plot([row["change"]], [y], "o", ms=5, mfc=fill, mec=colour, mew=LINE["interval"])
        mark(dot, "change", along="x")


def _finding(facts: dict[str, Fact], way: str, periods: Periods) -> LedgerRow:
    period = str(periods.current)
    told = {"value": facts["share"], "unit": "share", "n": facts["n"], "period": period, "definition": "first_prefectures"}
    if "far" in facts:
        ends = {"low": facts["far_low"], "high": facts["far_high"], "n": facts["far_n"]}
        told |= ends | {"value": facts["far_change"], "definition": "orders_per_customer_change"}
    sentence = Sentence(f"regions.headline.{way}", facts)
    return LedgerRow(
        row_id("finding", "regions"), "finding", sentence, {"region": told}, "customers", (row_id("kpi", "orders_per_customer"),)
    )
