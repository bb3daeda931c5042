"""The page on time: orders by weekday and hour, per day of that weekday."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.hours import matrix
from crm_helpers.metrics.suppression import hidden_cells
from crm_helpers.params.periods import Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.sales import rate_of
from crm_helpers.views.theme import COLOUR, HATCH, HEIGHT, LINE, MAIN, RAMP, TYPE, board, ink_on, number

BUSIEST = 10
LEVEL = 0.05  # weekend days within 5 % of weekdays are told as level
WORKDAYS = 5  # Monday to Friday; Saturday and Sunday are the weekend


@dataclass(frozen=True)
class _Week:
    """The mean week: orders per day by weekday (7) and hour (24), and sums by weekday; `before` is the compared period."""

    rate: np.ndarray
    before: np.ndarray
    orders: np.ndarray
    days: np.ndarray
    hidden: np.ndarray

    @property
    def busiest(self) -> list[tuple[int, int]]:
        """The ten busiest hours of the mean week that are shown, busiest first."""
        shown = np.where(self.hidden, 0.0, self.rate)
        order = np.argsort(-shown, axis=None, kind="stable")[:BUSIEST]
        return [(int(cell) // 24, int(cell) % 24) for cell in order if shown.flat[cell] > 0]

    def share(self, rate: np.ndarray) -> float | None:
        """Share of a mean week's orders in the busiest hours of the current one."""
        whole = float(rate.sum())
        return sum(float(rate[cell]) for cell in self.busiest) / whole if whole else None


def _week(table: pd.DataFrame) -> _Week:
    days, before = (matrix(table, f"days{suffix}").astype(float) for suffix in ("", "_before"))
    orders, earlier = matrix(table, "orders"), matrix(table, "orders_before")
    rate, past = (np.divide(n, d, out=np.zeros((7, 24)), where=d > 0) for n, d in ((orders, days), (earlier, before)))
    return _Week(rate, past, orders, days[:, 0], matrix(table, "hidden"))


@view
def heat_map(table: pd.DataFrame, *, periods: Periods, k: int) -> Draft:
    """The week by hour over the weekdays compared (`metrics.hours.by_hour`)."""
    week = _week(table)
    peak = week.busiest[0]
    by_kind = [_mean(week, part) for part in (slice(0, WORKDAYS), slice(WORKDAYS, 7))]
    gap = rate_of(by_kind[1], by_kind[0]) if min(by_kind) > 0 else float("nan")
    kind = "plain" if np.isnan(gap) else "flat" if abs(gap) < LEVEL else "up" if gap > 0 else "down"
    traded = int((week.rate > 0).sum())
    facts: dict[str, Fact] = {
        "current": str(periods.current),
        "compare": str(periods.compare),
        "day": f"hours.weekday_long.{peak[0]}",
        "clock": f"hours.clock.{peak[1]}",
        "times": float(week.rate[peak]) / float(week.rate[week.rate > 0].mean()),
        "hours": len(week.busiest),
        "traded": traded,
        "share": week.share(week.rate),
        "share_before": week.share(week.before),
        "gap": fact(abs(gap)),
        "k": k,
        "untimed": int(table["untimed"].iloc[0]),
        "shipped": int(table["shipped"].iloc[0]),
    }
    orders = int(table["orders"].sum())
    notes = [Sentence("hours.note_days")]
    notes += [Sentence("hours.note_hidden", facts)] if bool(week.hidden.any()) else []
    notes += [Sentence("hours.note_shipped", facts)] if facts["shipped"] else []
    notes += [Sentence("hours.note_untimed", facts)] if facts["untimed"] else []
    return Draft(
        name="hours.heat_map",
        page="BA-20",
        headline=Sentence(f"hours.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("hours.title"), Sentence("hours.unit", facts), "M", lambda voice: _draw(week, k, voice)),
            TablePanel(Sentence("hours.table"), Sentence("hours.table_unit", facts), _table(table, week, peak[0], k)),
        ),
        key_figure=KeyFigure(
            Sentence("hours.key", facts),
            Sentence("hours.key_number", {"value": facts["share"]}),
            Sentence("hours.key_compare" if facts["share_before"] is not None else "hours.key_alone", facts),
        ),
        reading=(Sentence("hours.read", facts),),
        claim=(Sentence("hours.sure"),),
        next_move=NextMove(Sentence("hours.next", facts)),
        note=tuple(notes),
        sample=Sentence("hours.sample", {"orders": orders}),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=int(max(table["sales"].groupby(table["weekday"]).sum() / week.days.clip(min=1))),
        definitions=("DF-47", "DF-48"),
        rows=(_finding(facts, kind, orders, periods),),
    )


def _mean(week: _Week, part: slice) -> float:
    """Orders per day over some weekdays."""
    days = float(week.days[part].sum())
    return float(week.orders[part].sum()) / days if days else 0.0


def _table(table: pd.DataFrame, week: _Week, peak: int, k: int) -> Table:
    columns = (
        plain_column("weekday", "hours.column.weekday", "term"),
        plain_column("days", "hours.column.days", "int", "hours.days"),
        plain_column("orders", "hours.column.orders", "dec1", "hours.per_day"),
        plain_column("change", "hours.column.change", "pct1_number_signed", "sales.unit.percent"),
        plain_column("share", "hours.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("sales", "hours.column.sales", "money_number", "hours.money_day"),
        plain_column("aov", "hours.column.aov", "price_number", "sales.unit.money_base"),
        plain_column("busiest", "hours.column.busiest", "term"),
    )
    orders, before, sales = (matrix(table, name).sum(axis=1) for name in ("orders", "orders_before", "sales"))
    past_days = matrix(table, "days_before")[:, 0]
    small = hidden_cells(orders[None, :], k)[0]
    rows: list[tuple[Fact, ...]] = []
    for day in range(7):
        label, days = f"hours.weekday_long.{day}", int(week.days[day])
        if small[day] or not orders[day]:
            rows.append((label, days, *(None,) * 6))
            continue
        told = _measures(orders[day], before[day], sales[day], days, past_days[day], orders.sum())
        rows.append((label, days, *told, f"hours.clock.{int(week.rate[day].argmax())}"))
    whole = _measures(orders.sum(), before.sum(), sales.sum(), week.days.sum(), past_days.sum(), orders.sum())
    rows.append(("hours.total", int(week.days.sum()), *whole, f"hours.clock.{int(week.orders.sum(axis=0).argmax())}"))
    return Table(columns, tuple(rows), focus=peak, total=True)


def _measures(orders: float, before: float, sales: float, days: float, past_days: float, all_orders: float) -> tuple[Fact, ...]:
    """Orders per day, their change, share of all orders, sales per day, value per order."""
    each, past = orders / days, before / past_days if past_days else 0.0
    change = each / past - 1 if past else None
    return tuple(fact(value) for value in (each, change, orders / all_orders, sales / days, sales / orders))


# ---------------------------------------------------------------- drawing
LEFT, RIGHT, BOTTOM, TOP = 12.0, 17.0, 8.0, 8.0
WIDEST = 15.0  # mm of a cell; a shop of few hours would look like a chessboard


def _draw(week: _Week, k: int, voice: Voice) -> Figure:
    figure, axes = board("M")
    traded = np.flatnonzero(week.orders.sum(axis=0) > 0)
    hours = range(int(traded[0]), int(traded[-1]) + 1)
    wide, high = min(WIDEST, (MAIN - LEFT - RIGHT) / len(hours)), (HEIGHT["M"] - BOTTOM - TOP) / 7
    top = float(week.rate.max())
    for day in range(7):
        y = BOTTOM + (6 - day) * high
        axes.text(LEFT - 2, y + high / 2, voice.say(f"hours.weekday.{day}"), ha="right", va="center", size=TYPE["label"])
        for i, hour in enumerate(hours):
            if week.hidden[day, hour]:
                _hatched(axes, LEFT + i * wide, y, wide, high)
            elif week.orders[day, hour]:
                _cell(axes, LEFT + i * wide, y, wide, high, float(week.rate[day, hour]), top, voice)
    for place, (day, hour) in enumerate(week.busiest):
        corner = (LEFT + (hour - hours[0]) * wide, BOTTOM + (6 - day) * high)
        colour, lw = (COLOUR["alert"], LINE["focus"]) if place == 0 else (COLOUR["ink"], LINE["outline"])
        axes.add_patch(Rectangle(corner, wide, high, fill=False, ec=colour, lw=lw, zorder=6 if place == 0 else 5))
    _margins(axes, week, hours, wide, high, k, voice)
    return figure


def _cell(axes: Axes, x: float, y: float, wide: float, high: float, value: float, top: float, voice: Voice) -> None:
    colour = RAMP(0.75 * np.sqrt(value / top))  # square root: night and evening hours span two decades
    axes.add_patch(Rectangle((x, y), wide, high, fc=colour, ec=COLOUR["paper"], lw=LINE["axis"]))
    number(
        axes, x + wide / 2, y + high / 2, value, _form(value), voice, ha="center", va="center", size=TYPE["foot"],
        color=ink_on(colour), zorder=7,
    )  # fmt: skip


def _form(value: float) -> str:
    """One decimal below ten, none from there."""
    return "dec1" if round(value, 1) < 10 else "int"


def _hatched(axes: Axes, x: float, y: float, wide: float, high: float) -> None:
    axes.add_patch(Rectangle((x, y), wide, high, fc=COLOUR["paper"], ec=COLOUR["mark"], hatch=HATCH, lw=LINE["hair"]))


def _margins(axes: Axes, week: _Week, hours: range, wide: float, high: float, k: int, voice: Voice) -> None:
    """Hours above, orders per day of each hour below, of each weekday on the right."""
    small = {"va": "center", "size": TYPE["small"], "color": COLOUR["text2"]}
    right = LEFT + len(hours) * wide + 14
    secret_days, secret_hours = (hidden_cells(week.orders.sum(axis=axis)[None, :], k)[0] for axis in (1, 0))
    for i, hour in enumerate(hours):
        x = LEFT + (i + 0.5) * wide
        axes.text(x, HEIGHT["M"] - TOP + 3, str(hour), ha="center", **small)
        mean = float(week.orders[:, hour].sum()) / float(week.days.sum())
        if mean and not secret_hours[hour]:
            number(axes, x, BOTTOM - 3.6, mean, _form(mean), voice, ha="center", **{**small, "size": TYPE["foot"]})
    for day in range(7):
        each = float(week.rate[day].sum())
        if each and not secret_days[day]:
            number(axes, right, BOTTOM + (6.5 - day) * high, each, "dec1", voice, ha="right", **{**small, "size": TYPE["label"]})
    axes.text(right, HEIGHT["M"] - TOP + 3, voice.say("hours.day_sum"), ha="right", **small)
    axes.text(LEFT - 2, HEIGHT["M"] - TOP + 3, voice.say("hours.hour"), ha="right", **small)
    axes.text(LEFT - 2, BOTTOM - 3.6, voice.say("hours.mean"), ha="right", **small)
    total = float(week.orders.sum()) / float(week.days.sum())
    number(axes, right, BOTTOM - 3.6, total, "dec1", voice, ha="right", weight="bold", va="center", size=TYPE["label"])


def _finding(facts: dict[str, Fact], kind: str, orders: int, periods: Periods) -> LedgerRow:
    told = {"value": facts["share"], "unit": "share", "n": orders, "period": str(periods.current), "definition": "busiest_hours"}
    return LedgerRow(
        row_id("finding", "hours"),
        "finding",
        Sentence(f"hours.headline.{kind}", facts),
        {"share": told},
        "order_lines",
        (row_id("kpi", "orders_per_customer"),),
    )
