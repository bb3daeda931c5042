"""The page on cohorts: who of each month's first buyers still buys, month after month."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence
from crm_helpers.ledger import row_id
from crm_helpers.metrics import cohort
from crm_helpers.metrics.intervals import wilson
from crm_helpers.params.periods import months
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, fact, view
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, RAMP, TYPE, board, ink_on, mark, number

FEW_COHORTS = 8  # up to this many the page has room for sales under retention
LEFT = 33.0
LABEL, SIZE = LEFT - 15.0, LEFT - 2.0  # right edges of the month's name and of its number of people
WIDEST, TALLEST = 24.0, 64.0  # a column and the curve, in mm
HEAD = 7.0  # the row of ages over a block
TOLD_AGES = (1, 3, 6, 12)
SALES_AGES = (0, 1, 2, 3, 6, 9, 12, 15, 18, 23)


@dataclass(frozen=True)
class Block:
    """Where the cells of a block lie, in mm: row 0 is the uppermost."""

    top: float
    wide: float
    high: float
    columns: int

    @property
    def right(self) -> float:
        """Its right edge."""
        return LEFT + self.columns * self.wide

    def corner(self, row: float, column: float) -> tuple[float, float]:
        """Lower left corner of a cell."""
        return LEFT + column * self.wide, self.top - (row + 1) * self.high


VALUES = {"orders": "dec1", "items": "dec1", "margin": "price"}  # measures beside sales, in the form of a cell


@view
def triangle(table: pd.DataFrame, *, k: int) -> Draft:
    """Retention by month of the first order and age; with few cohorts cumulative sales under it (`metrics.cohort.by_month`).

    Of another measure than sales: what a first buyer brings up to each age.
    """
    if str(table["measure"].iloc[0]) in VALUES:
        return _of_measure(table, k)
    sizes = table.drop_duplicates("month")
    first, last = int(sizes["month"].min()), int(sizes["month"].max())
    mean, age, change = cohort.pooled(table), cohort.common_age(table), cohort.change(table)
    few = len(sizes) <= FEW_COHORTS
    spent, begun, people = cohort.lifetime(table, age)
    facts: dict[str, Fact] = {
        "span": str(months(first, last - first + 1)),
        "n": int(sizes["size"].sum()),
        "next_month": fact(mean["rate"][1]),
        "next_people": int(mean["customers"][1]),
        "age": age,
        "later": fact(mean["rate"][age]),
        "spent": round(spent),
        "begun": fact(begun / spent) if spent > 0 else None,
        "people": people,
    }
    facts |= dict(zip(("low", "high"), wilson(int(mean["active"][1]), int(mean["customers"][1])), strict=True))
    if change is not None:
        start = int(sizes["month"].iloc[change.now.start])
        facts |= {
            "late": fact(change.rate),
            "late_span": str(months(start, cohort.HALF_YEAR)),
            "gap": change.gap,
            "gap_low": change.low,
            "gap_high": change.high,
            "points": abs(change.gap),
        }
    kind = _kind(age, change)
    notes = [Sentence("cohort.note"), *([Sentence("cohort.note_hidden", {"k": k})] if bool(sizes["hidden"].any()) else [])]
    return Draft(
        name="cohort.triangle",
        page="BA-11",
        headline=Sentence(f"cohort.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("cohort.title_sales" if few else "cohort.title"),
                Sentence("cohort.unit_sales" if few else "cohort.unit", facts),
                "L",
                lambda voice: _draw_few(table, voice) if few else _draw_many(table, change, voice),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("cohort.key" if change is None else "cohort.key_late", facts),
            Sentence("cohort.key_number", {"value": facts["next_month" if change is None else "late"]}),
            Sentence("cohort.key_compare" if change is None else "cohort.key_between", facts),
        ),
        reading=(Sentence("cohort.read_sales"),) if few else (Sentence("cohort.read_halves"),) if change else (),
        claim=(Sentence("cohort.sure" if change is None else f"cohort.sure_{kind}"),),
        next_move=NextMove(Sentence("cohort.next" if change is None else f"cohort.next_{kind}", facts)),
        note=tuple(notes),
        sample=Sentence("cohort.sample", facts),
        source=Sentence("sales.source"),
        period=str(facts["span"]),
        definitions=("DF-33", "DF-34", "DF-35", *(["DF-36"] if few or kind in ("plain", "short") else [])),
        stake=round(max(0.0, spent - begun) * people) if kind == "plain" else 0,  # what came after the first month
        rows=_rows(facts, kind),
    )


def _of_measure(table: pd.DataFrame, k: int) -> Draft:
    """The cumulative measure per first buyer by month of the first order, at chosen ages."""
    measure = str(table["measure"].iloc[0])
    sizes, age = table.drop_duplicates("month"), cohort.common_age(table)
    first, last = int(sizes["month"].min()), int(sizes["month"].max())
    whole, begun, people = cohort.lifetime(table, age)
    facts: dict[str, Fact] = {
        "span": str(months(first, last - first + 1)),
        "n": int(sizes["size"].sum()),
        "measure": f"cohort.measure.{measure}",
        "age": age,
        "value": round(whole) if measure == "margin" else whole,
        "begun": fact(begun / whole) if whole > 0 else None,
        "people": people,
    }
    kind = "money" if measure == "margin" else "count"
    text = Sentence(f"cohort.value.headline.{kind}", facts)
    told: dict[str, Fact] = {"value": facts["value"], "unit": "price" if kind == "money" else "times", "n": people,
                             "period": facts["span"], "definition": f"cumulative_{measure}"}  # fmt: skip
    parent = (row_id("kpi", "customers"),)
    return Draft(
        name="cohort.triangle",
        page="BA-11",
        headline=text,
        panels=(
            ChartPanel(
                Sentence("cohort.value.title", facts),
                Sentence(f"cohort.value.unit_{kind}", facts),
                "L",
                lambda voice: _draw_value(table, VALUES[measure], voice),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("cohort.value.key", facts),
            Sentence(f"cohort.value.number_{kind}", facts),
            Sentence("cohort.value.key_compare", facts),
        ),
        reading=(Sentence("cohort.value.read"),),
        claim=(Sentence("cohort.sure"),),
        next_move=NextMove(Sentence("cohort.next")),
        note=(
            Sentence("cohort.value.note"),
            *([Sentence("cohort.note_hidden", {"k": k})] if bool(sizes["hidden"].any()) else []),
        ),
        sample=Sentence("cohort.sample", facts),
        source=Sentence("changes.source_margin" if measure == "margin" else "sales.source"),
        period=str(facts["span"]),
        definitions=("DF-34", "DF-36", *(["DF-72"] if measure == "margin" else [])),
        rows=(LedgerRow(row_id("finding", f"cohort_{measure}"), "finding", text, {measure: told}, "order_lines", parent),),
    )


def _kind(age: int, change: cohort.Change | None) -> str:
    """Lower or higher only where the interval of the difference leaves out 0."""
    if change is not None:
        return "higher" if change.low > 0 else "lower" if change.high < 0 else "same"
    return "plain" if age > 1 else "short"


def _rows(facts: dict[str, Fact], kind: str) -> tuple[LedgerRow, ...]:
    """Retention in the month after the first order in the thread, and the page's sentence under it."""
    told: dict[str, Fact] = {
        "value": facts["next_month"],
        "unit": "percent",
        "n": facts["next_people"],
        "low": facts["low"],
        "high": facts["high"],
        "period": facts["span"],
        "definition": "retention",
    }
    spent: dict[str, Fact] = {
        "value": facts["spent"],
        "unit": "price",
        "n": facts["people"],
        "period": facts["span"],
        "definition": "cumulative_sales",
    }
    kpi = row_id("kpi", "retention", month="1")
    parent = (row_id("kpi", "customers"),)
    return (
        LedgerRow(kpi, "kpi", Sentence("cohort.node", facts), {"current": told}, "order_lines", parent),
        LedgerRow(
            row_id("finding", "cohort"),
            "finding",
            Sentence(f"cohort.headline.{kind}", facts),
            {"retention": told, "cumulative_sales": spent},
            "order_lines",
            (kpi,),
        ),
    )


# ---------------------------------------------------------------- drawing
def _draw_many(table: pd.DataFrame, change: cohort.Change | None, voice: Voice) -> Figure:
    """The triangle under its mean curve on the same columns; half-years in the empty corner."""
    figure, axes = board("L")
    shares = cohort.retention(table)[:, 1:]
    rows, columns = shares.shape
    high = min(9.0, 112 / rows)
    height = min(HEIGHT["L"] - 2 - rows * high - HEAD, TALLEST)
    block = _block(HEIGHT["L"] - height - HEAD, columns, high)
    _retention_head(axes, table, block, height, voice)
    _cells(axes, table, shares, block, _share_form(shares), voice)
    parts = cohort.halves(table)
    for part in parts[1:] if change else ():  # a white bar between half-years
        y = block.top - part.start * high
        axes.plot([LEFT, block.right], [y, y], color=COLOUR["paper"], lw=3.2, zorder=3)
    if change is not None:
        _focus(axes, change, block, voice)
    if rows >= 18 and bool(np.isnan(shares[int(rows * 0.6) :, int(columns * 0.42) :]).all()):
        _half_years(axes, table, parts, change, voice)
    return figure


def _draw_few(table: pd.DataFrame, voice: Voice) -> Figure:
    """Retention under its mean curve, and cumulative sales per initial customer at chosen ages."""
    figure, axes = board("L")
    shares, spent = cohort.retention(table)[:, 1:], cohort.cumulative(table)
    rows, columns = shares.shape
    high = min(9.0, 36 / rows)
    ages = [age for age in SALES_AGES if age < spent.shape[1]]
    height = min(HEIGHT["L"] - 2 - 2 * rows * high - 2 * HEAD - 15, TALLEST)
    upper = _block(HEIGHT["L"] - height - HEAD, columns, high)
    lower = _block(upper.top - rows * high - 15 - HEAD, len(ages), high)
    _retention_head(axes, table, upper, height, voice)
    _cells(axes, table, shares, upper, _share_form(shares), voice)
    axes.text(0, lower.top + HEAD + 4.5, voice.say("cohort.sales_title"), va="center", size=TYPE["subhead"], weight="bold")
    _heads(axes, lower, ages, voice)
    _cells(axes, table, spent[:, ages], lower, "price_number", voice)
    return figure


def _draw_value(table: pd.DataFrame, form: str, voice: Voice) -> Figure:
    """The cumulative measure per first buyer at chosen ages, a row a cohort."""
    figure, axes = board("L")
    values = cohort.cumulative(table)
    ages = [age for age in SALES_AGES if age < values.shape[1]]
    block = _block(HEIGHT["L"] - HEAD - 4, len(ages), min(9.0, (HEIGHT["L"] - 8 - HEAD) / len(values)))
    _heads(axes, block, ages, voice)
    _cells(axes, table, values[:, ages], block, f"{form}_number" if form == "price" else form, voice)
    return figure


def _share_form(shares: NDArray[np.float64]) -> str:
    """Whole per cents; where all are small a decimal, or every cell would say 1."""
    return "pct0_number" if float(np.nanmax(shares)) >= 0.05 else "pct1_number"


def _block(top: float, columns: int, high: float) -> Block:
    return Block(top, min((MAIN - LEFT) / columns, WIDEST), high, columns)


def _retention_head(axes: Axes, table: pd.DataFrame, block: Block, height: float, voice: Voice) -> None:
    """The mean of the complete cells as a curve over the columns, with its number at the ages a board asks for."""
    pooled = cohort.pooled(table).set_index("age").iloc[1:]
    mean, people = pooled["rate"], pooled["customers"]
    _heads(axes, block, list(mean.index), voice)
    floor = block.top + HEAD
    scale = (height - 7) / max(float(mean.max()), 0.01)
    curve = axes.inset_axes(
        (LEFT, floor, block.right - LEFT, height), transform=axes.transData, xlim=(0.5, len(mean) + 0.5), ylim=(0, height / scale)
    )
    curve.axis("off")
    (line,) = curve.plot(mean.index, mean, color=COLOUR["text2"], lw=LINE["second"], marker="o", ms=3)
    mark(line, "retention_mean")
    told = people[people * 2 >= people.max()].index  # the thin end of the curve is drawn but not quoted
    for age in sorted({*(a for a in TOLD_AGES if a in told), int(told[-1])}):
        if not math.isnan(mean[age]):
            x = LEFT + (age - 0.5) * block.wide
            near = np.interp(age + np.array([-4.5, 0, 4.5]) / block.wide, mean.index, mean)  # clear of the line beside it
            y = floor + float(np.nanmax(near)) * scale + 2.4
            number(axes, min(x, MAIN - 4.5), y, fact(mean[age]), "pct1", voice, ha="center", va="center",
                   size=TYPE["small"], weight="bold", color=COLOUR["text2"])  # fmt: skip
    axes.plot([LEFT, block.right], [floor, floor], color=COLOUR["mark"], lw=LINE["axis"])
    axes.text(SIZE, floor + (height - 7) * 0.75, voice.say("cohort.mean"), ha="right", va="center", size=TYPE["small"],
              color=COLOUR["text2"])  # fmt: skip


def _heads(axes: Axes, block: Block, ages: list[int], voice: Voice) -> None:
    """The row over a block: what stands left of it and the age of each column."""
    y = block.top + 2.6
    small = {"va": "center", "size": TYPE["small"]}
    axes.text(LABEL, y, voice.say("cohort.first_month"), ha="right", color=COLOUR["mute"], **small)
    axes.text(SIZE, y, voice.say("cohort.people"), ha="right", color=COLOUR["mute"], **small)
    for column, age in enumerate(ages):
        told = voice.say("cohort.age" if age else "cohort.age_first", n=age) if block.wide >= 15 else str(age)
        axes.text(LEFT + (column + 0.5) * block.wide, y, told, ha="center", color=COLOUR["text2"], **small)
    if block.wide < 15:
        axes.text(SIZE, y + 5.4, voice.say("cohort.ages"), ha="right", color=COLOUR["mute"], **small)


def _cells(axes: Axes, table: pd.DataFrame, values: NDArray[np.float64], block: Block, form: str, voice: Voice) -> None:
    """Each month's name, people and numbers; what has not happened is blank, a hidden month hatched."""
    known = values[~np.isnan(values)]
    low, reach = (float(known.min()), float(np.ptp(known)) or 1.0) if len(known) else (0.0, 1.0)
    for row, (_, month) in enumerate(table.drop_duplicates("month").iterrows()):
        y = block.top - (row + 0.52) * block.high
        day = str(month["first"])
        key = "cohort.with_year" if row == 0 or day[5:7] == "01" else "cohort.month"
        axes.text(LABEL, y, voice.say(key, year=day[:4], first=day), ha="right", va="center", size=TYPE["small"])
        number(axes, SIZE, y, None if month["hidden"] else int(month["size"]), "int", voice, ha="right", va="center",
               size=TYPE["small"], color=COLOUR["text2"])  # fmt: skip
        if month["hidden"]:
            _hidden_row(axes, block, row, values.shape[1], voice)
        for column in np.flatnonzero(~np.isnan(values[row])):
            x, corner = block.corner(row, int(column))
            fill = RAMP(0.05 + 0.95 * (values[row, column] - low) / reach)
            axes.add_patch(Rectangle((x, corner), block.wide, block.high, fc=fill, ec=COLOUR["paper"], lw=LINE["rule"]))
            number(axes, x + block.wide / 2, y, fact(values[row, column]), form, voice, ha="center", va="center",
                   size=TYPE["foot"], color=ink_on(fill))  # fmt: skip


def _hidden_row(axes: Axes, block: Block, row: int, columns: int, voice: Voice) -> None:
    x, y = block.corner(row, 0)
    wide = min(columns * block.wide, WIDEST)
    axes.add_patch(Rectangle((x, y), wide, block.high, fc="none", ec=COLOUR["mark"], hatch=HATCH, lw=0))
    axes.text(x + wide / 2, y + block.high * 0.48, voice.say("cohort.hidden"), ha="center", va="center", size=TYPE["foot"],
              color=COLOUR["text2"], bbox={"fc": COLOUR["paper"], "ec": "none", "pad": 0.6})  # fmt: skip


def _focus(axes: Axes, change: cohort.Change, block: Block, voice: Voice) -> None:
    """A border round the newest half-year's first column, and its difference to the year before in the blank beside it."""
    if change.low <= 0 <= change.high:
        return
    colour = COLOUR["alert"] if change.gap < 0 else COLOUR["accent"]
    x, y = block.corner(change.now.stop - 1, 0)
    rows = change.now.stop - change.now.start
    axes.add_patch(Rectangle((x, y), block.wide, rows * block.high, fill=False, ec=colour, lw=LINE["focus"], zorder=6))
    text = voice.template("cohort.focus")
    number(axes, x + 2.4 * block.wide, y + block.high * 0.5, change.gap, "pt1_signed", voice, within=text, va="center",
           size=TYPE["label"], weight="bold", color=colour)  # fmt: skip
    axes.plot([x + 1.1 * block.wide, x + 2.25 * block.wide], [y + block.high * 0.5] * 2, color=colour, lw=LINE["second"])


def _half_years(axes: Axes, table: pd.DataFrame, parts: list[slice], change: cohort.Change | None, voice: Voice) -> None:
    """What a board reads: a row a half-year, only ages that all its months have reached."""
    shares, first = cohort.matrix(table, "active"), table["month"].drop_duplicates().to_numpy()
    right, columns = MAIN - 1.5, 4
    left = right - 85
    y = 2 + 6.0 * len(parts) + 3.5
    axes.text(left, y + 5.5, voice.say("cohort.halves"), va="center", size=TYPE["label"], weight="bold")
    for column, age in enumerate(TOLD_AGES):
        axes.text(right - (columns - 1 - column) * 14, y, voice.say("cohort.half_age", n=age), ha="right", va="center",
                  size=TYPE["small"], color=COLOUR["text2"])  # fmt: skip
    axes.plot([left, right], [y - 3, y - 3], color=COLOUR["ink"], lw=LINE["rule"])
    for part in parts:
        y -= 6.0
        months_told = str(months(int(first[part][0]), int(first[part][-1] - first[part][0]) + 1))
        axes.text(left, y, voice.number(months_told, "period_label"), va="center", size=TYPE["label"])
        pooled = cohort.pooled(table, part).set_index("age")["rate"]
        visible = ~np.isnan(shares[part, 0])
        for column, age in enumerate(TOLD_AGES):
            reached = age in pooled.index and bool(visible.any()) and not bool(np.isnan(shares[part, age][visible]).any())
            focus = change is not None and part == change.now and age == 1 and not change.low <= 0 <= change.high
            colour = (COLOUR["alert"] if change.gap < 0 else COLOUR["accent"]) if focus and change else COLOUR["ink"]
            number(axes, right - (columns - 1 - column) * 14, y, fact(pooled[age]) if reached else None, "pct1_number", voice,
                   ha="right", va="center", size=TYPE["label"], weight="bold" if focus else "regular",
                   color=colour if reached else COLOUR["mute"])  # fmt: skip
        axes.plot([left, right], [y - 3, y - 3], color=COLOUR["rule"], lw=LINE["hair"])
