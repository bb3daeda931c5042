"""The pages on who came into and out of the stock of customers, and on the states in which all of them stand."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.states import GONE, STATES, STOCK, Windows
from crm_helpers.metrics.suppression import hidden_cells
from crm_helpers.params.periods import Periods, first_day, months
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, plain_column, view
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, RAMP, TYPE, canvas, mark, number

RIGHT = 33.0  # mm for the names at the ends
DIGIT = 1.75  # mm of a digit at the smallest size
MOST_ROWS = 8  # of a table under a chart, the total included


def window_facts(lines: Windows) -> dict[str, Fact]:
    """What a sentence on the windows quotes."""
    return {"new_days": lines.new, "active_days": lines.active, "at_risk_days": lines.at_risk, "dormant_days": lines.dormant}


def source_of(lines: Windows) -> Sentence:
    """Where the windows come from, and why not from the client's own curve."""
    return Sentence(f"states.lines_{lines.source}" + (f"_{lines.why}" if lines.why else ""), window_facts(lines))


# ---------------------------------------------------------------- flow
@view
def flow(moves: pd.DataFrame, sums: pd.DataFrame, *, lines: Windows, k: int) -> Draft:
    """Customers in stock and who came and went, month by month (`metrics.states.flow`, `by_period`)."""
    now = records(sums)[-1]
    before = next((row for row in records(sums) if row["period"] == "compare"), None)
    span = months(int(now["first"]), int(now["last"] - now["first"]) + 1)
    facts: dict[str, Fact] = {"span": str(span), **{name: int(now[name]) for name in ("start", "new", "returned", "left", "end")}}
    change = int(now["end"] - now["start"])
    facts |= {"change": change, "size": abs(change), "rate": change / int(now["start"]) if now["start"] else None}
    direction = "up" if now["end"] > now["start"] else "down" if now["end"] < now["start"] else "level"
    kind = direction if now["new"] else f"{direction}_none_new"
    if before is not None:
        facts |= {
            "before": int(before["end"] - before["start"]),
            "before_new": int(before["new"]),
            "before_left": int(before["left"]),
        }
    return Draft(
        name="states.flow",
        page="BA-05",
        headline=Sentence(f"states.flow.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("states.flow.title"),
                Sentence("states.flow.unit", window_facts(lines)),
                "M",
                lambda voice: _draw_flow(moves, now, k, voice),
            ),
            TablePanel(Sentence("states.flow.table"), Sentence("states.flow.table_unit"), _flow_table(sums, k)),
        ),
        key_figure=KeyFigure(
            Sentence("states.flow.key", facts),
            Sentence("states.flow.key_number", facts),
            Sentence(f"states.flow.key_{'none' if not now['start'] else 'rate' if before is None else 'before'}", facts),
        ),
        reading=(Sentence("states.flow.identity", facts), source_of(lines)),
        claim=(Sentence("states.flow.sure"),),
        next_move=NextMove(Sentence("states.flow.next_up" if direction == "up" else "states.flow.next", facts)),
        note=(Sentence("states.flow.note"),),
        sample=Sentence("states.flow.sample", facts),
        source=Sentence("sales.source"),
        period=str(span),
        definitions=("DF-37", "DF-38", "DF-39"),
        rows=_flow_rows(facts, kind),
    )


def _flow_table(sums: pd.DataFrame, k: int) -> Table:
    """One row a span, the current period last; small counts and those that give them away are hidden."""
    columns = (
        plain_column("span", "states.flow.column.span", "period_label"),
        plain_column("start", "states.flow.column.start", "int", "sales.unit.people"),
        *(
            plain_column(name, f"states.flow.column.{name}", "int_signed", "states.flow.unit_moves")
            for name in ("new", "returned", "left")
        ),
        plain_column("end", "states.flow.column.end", "int", "sales.unit.people"),
        plain_column("change", "states.flow.column.change", "int_signed", "sales.unit.people"),
    )
    secret = _hidden_moves(sums, k)
    rows = []
    for row, small in zip(records(sums), secret, strict=True):
        span = str(months(int(row["first"]), int(row["last"] - row["first"]) + 1))
        told = [int(row["new"]), int(row["returned"]), -int(row["left"])]
        shown = [None if hide else value for value, hide in zip(told, small, strict=True)]
        rows.append((span, int(row["start"]), *shown, int(row["end"]), int(row["end"] - row["start"])))
    return Table(columns, tuple(rows), focus=len(rows) - 1)


def _hidden_moves(sums: pd.DataFrame, k: int) -> np.ndarray:
    """Which moves are not printed: their row adds up to the end, and the quarters to the period."""
    counts = sums[["new", "returned", "left"]].to_numpy(dtype="int64")
    whole = [i for i, name in enumerate(sums["period"]) if name != "compare"]
    groups = [[(i, column) for i in whole] for column in range(3)] if len(whole) > 1 else []
    return hidden_cells(counts, k, groups)


def _draw_flow(moves: pd.DataFrame, now: Mapping[str, Any], k: int, voice: Voice) -> Figure:
    """The stock as a line over bars of those who came (up) and went (down)."""
    high = HEIGHT["M"]
    figure, axes = canvas("M", (2, 10, MAIN - 2 - RIGHT, 42))
    upper = figure.add_axes((2 / MAIN, 56 / high, (MAIN - 2 - RIGHT) / MAIN, 20 / high))
    at = np.arange(len(moves))
    current = moves["month"].between(now["first"], now["last"]).to_numpy()
    slot = (MAIN - 2 - RIGHT) / len(moves)
    _bars(axes, at, moves, slot, k, voice)
    _stock(upper, at, moves, slot, voice)
    for part in (axes, upper):
        part.set_xlim(-0.6, len(moves) - 0.4)
        part.spines["left"].set_visible(False)
        if not current[0]:
            part.axvline(np.flatnonzero(current)[0] - 0.5, color=COLOUR["text2"], lw=LINE["axis"], zorder=0.4)
    upper.text(np.flatnonzero(current)[0] - 0.4, 1.16, voice.say("states.flow.current"), transform=upper.get_xaxis_transform(),
               size=TYPE["small"], color=COLOUR["text2"], va="center")  # fmt: skip
    _months(axes, moves["month"].tolist(), slot, voice)
    return figure


def _bars(axes: Axes, at: np.ndarray, moves: pd.DataFrame, slot: float, k: int, voice: Voice) -> None:
    new, back, gone = (moves[name].to_numpy() for name in ("new", "returned", "left"))
    fills = {"new": COLOUR["accent"], "returned": RAMP(0.42), "left": COLOUR["mark"]}
    ground = np.zeros(len(at))
    heights = {"new": (new, ground), "returned": (back, new), "left": (-gone, ground)}
    for name, (height, bottom) in heights.items():
        mark(axes.bar(at, height, 0.68, bottom=bottom, color=fills[name], lw=0), name)
    top, low = max(1, int((new + back).max())), max(1, int(gone.max()))
    axes.set(ylim=(-1.22 * low, 1.2 * top), yticks=[])
    axes.axhline(0, color=COLOUR["ink"], lw=LINE["axis"])
    axes.spines["bottom"].set_visible(False)
    counts = np.stack([new, back, gone], axis=1)
    for i, told in _told(at, max(top, low), slot):
        small = bool(((counts[i] > 0) & (counts[i] < k)).any())
        if not told or small:
            continue
        style = {"ha": "center", "size": TYPE["foot"]}
        number(axes, i, new[i] + back[i] + 0.02 * (top + low), int(new[i] + back[i]), "int", voice, va="bottom", **style)
        number(axes, i, -gone[i] - 0.02 * (top + low), int(gone[i]), "int", voice, va="top", color=COLOUR["text2"], **style)
    _bar_names(axes, len(at) - 0.3, {name: int(moves[name].iloc[-1]) for name in fills}, voice)


def _bar_names(axes: Axes, x: float, last: Mapping[str, int], voice: Voice) -> None:
    """Names of the parts beside the last bars, never closer than a line."""
    low, high = axes.get_ylim()
    apart = (high - low) * 4.3 / 42
    new = max(last["new"] / 2, 0.5 * apart)
    places = {
        "new": (new, COLOUR["accent"]),
        "returned": (max(last["new"] + last["returned"] / 2, new + apart), COLOUR["text2"]),
        "left": (min(-last["left"] / 2, -0.6 * apart), COLOUR["text2"]),
    }
    for name, (y, colour) in places.items():
        axes.text(x, y, voice.say(f"states.flow.bar.{name}"), va="center", size=TYPE["label"], weight="bold", color=colour)


def _told(at: np.ndarray, largest: int, slot: float) -> list[tuple[int, bool]]:
    """Which months carry their figure: all where they fit, else every so many, counted from the last."""
    wide = DIGIT * len(f"{largest:,}") + 0.6
    every = int(np.ceil(wide / slot))
    return [(int(i), (len(at) - 1 - int(i)) % every == 0) for i in at]


def _stock(axes: Axes, at: np.ndarray, moves: pd.DataFrame, slot: float, voice: Voice) -> None:
    end = moves["end"].to_numpy()
    (line,) = axes.plot(at, end, color=COLOUR["ink"], lw=LINE["second"], marker="o", ms=2.6)
    mark(line, "stock")
    reach = max(int(end.max() - end.min()), 1)
    axes.set(ylim=(end.min() - 0.25 * reach, end.max() + 0.55 * reach), xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    for i, told in _told(at, int(end.max()) * 10, slot):
        if told:
            number(axes, i, end[i] + 0.12 * reach, int(end[i]), "int", voice, ha="center", va="bottom", size=TYPE["foot"],
                   weight="bold" if i == len(at) - 1 else "regular")  # fmt: skip
    axes.text(
        len(at) - 0.3,
        end[-1],
        voice.say("states.flow.end_label"),
        va="center",
        size=TYPE["label"],
        weight="bold",
        linespacing=1.4,
    )


def _months(axes: Axes, keys: list[int], slot: float, voice: Voice) -> None:
    """Months under the columns and their years under these."""
    form = "month_axis" if slot >= 6.2 else "month_short"
    axes.set_xticks(range(len(keys)), [voice.number(first_day(key).isoformat(), form) for key in keys])
    axes.tick_params(axis="x", length=0, pad=2, labelsize=TYPE["foot"])
    years = [key // 12 for key in keys]
    for year in dict.fromkeys(years):
        inside = [i for i, other in enumerate(years) if other == year]
        axes.annotate(
            voice.say("states.year", year=year), (sum(inside) / len(inside), 0), xycoords=axes.get_xaxis_transform(),
            xytext=(0, -19), textcoords="offset points", ha="center", va="center", size=TYPE["small"], color=COLOUR["text2"],
        )  # fmt: skip


def _flow_rows(facts: dict[str, Fact], kind: str) -> tuple[LedgerRow, ...]:
    parts = {
        name: {"value": facts[name], "unit": "people", "n": facts["end"], "period": facts["span"], "definition": f"flow_{name}"}
        for name in ("start", "new", "returned", "left", "end")
    }
    text = Sentence(f"states.flow.headline.{kind}", facts)
    return (LedgerRow(row_id("finding", "flow"), "finding", text, parts, "order_lines", (row_id("kpi", "customers"),)),)


# ---------------------------------------------------------------- states
@view
def stack(by_month: pd.DataFrame, sold: pd.DataFrame, moved: pd.DataFrame, *, periods: Periods, lines: Windows, k: int) -> Draft:
    """All customers by state at month ends over the sales by state (`metrics.states`: by_month, sales_by_state, moved_lines)."""
    people = {(row["moved"], row["state"]): int(row["customers"]) for row in records(moved)}
    rows = {row["state"]: row for row in records(sold)}
    by = int(moved["moved"].max())
    sales = {name: sum(int(rows[s]["sales"]) for s in group if s in rows) for name, group in GROUPS.items()}
    total = sum(sales.values())
    held = {name: sum(people.get((0, s), 0) for s in group) for name, group in {"stock": STOCK, "gone": GONE}.items()}
    facts: dict[str, Fact] = {
        "span": str(periods.current),
        "start": (periods.current.start - datetime.timedelta(days=1)).isoformat(),
        "total": total,
        **{f"{name}_sales": value for name, value in sales.items()},
        **{name: value / total if total > 0 else None for name, value in sales.items()},
        "held": held["stock"],
        "gone": held["gone"],
        "people": sum(n for (days, _), n in people.items() if days == 0),
        "by": by,
        "fewer": sum(people.get((-by, s), 0) for s in STOCK),
        "more": sum(people.get((by, s), 0) for s in STOCK),
    }
    kind = "nothing" if total <= 0 else "all" if sales["first"] > 0 else "none_new"
    return Draft(
        name="states.stack",
        page="BA-06",
        headline=Sentence(f"states.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("states.title"),
                Sentence("states.unit", window_facts(lines)),
                "M",
                lambda voice: _draw_stack(by_month, periods, k, voice),
            ),
            TablePanel(Sentence("states.table", facts), Sentence("states.table_unit", facts), _table(sold, people, k)),
        ),
        key_figure=_key_figure(facts, kind),
        reading=(source_of(lines),),
        claim=(Sentence("states.sure_moved", facts), Sentence("states.sure")),
        next_move=NextMove(Sentence("states.next", facts)),
        note=(Sentence("states.note"), *([Sentence("states.note_hidden", {"k": k})] if _any_hidden(sold, people, k) else [])),
        sample=Sentence("states.sample", facts),
        source=Sentence("sales.source"),
        period=str(periods.current),
        largest=max(abs(total), 1),
        definitions=("DF-01", "DF-37", "DF-38"),
        stake=sales["back"],
        rows=_rows(people, facts, kind, k),
    )


def _key_figure(facts: dict[str, Fact], kind: str) -> KeyFigure:
    if kind == "nothing":
        return KeyFigure(Sentence("states.key_held"), Sentence("states.key_heads", facts), Sentence("states.key_people", facts))
    number = Sentence("states.key_number", {"value": facts["held_at_start"]})
    return KeyFigure(Sentence("states.key"), number, Sentence("states.key_compare", facts))


OUTSIDE = ("contract", "booked")
GROUPS = {"first": ("first",), "held_at_start": STOCK, "back": ("one_time", "at_risk", "dormant", "lapsed", "prospect")}


def _lines_of_table(sold: pd.DataFrame, people: dict[tuple[int, str], int]) -> list[tuple[str, tuple[str, ...]]]:
    """The rows: a name and its states. Contracts and bookings are one; dormant and lapsed too where the rows are too many."""
    there = set(sold["state"]) | {state for _, state in people}
    single = [(s, (s,)) for s in ("first", *STATES) if s in there and s not in OUTSIDE]
    rows = [*single, *([("outside", OUTSIDE)] if there & set(OUTSIDE) else [])]
    if len(rows) + 1 <= MOST_ROWS:
        return rows
    place = next(i for i, (name, _) in enumerate(rows) if name in GONE)
    rest = [row for row in rows if row[0] not in GONE]
    return [*rest[:place], ("gone", GONE), *rest[place:]]


def _counts(sold: pd.DataFrame, people: dict[tuple[int, str], int]) -> tuple[list[str], np.ndarray]:
    """Names of the rows and their numbers: customers and buyers at the start, sales, people with each set of windows."""
    rows = _lines_of_table(sold, people)
    by = max(days for days, _ in people)
    start = {row["state"]: row for row in records(sold)}
    found = [
        [
            *(sum(int(start[s][column]) for s in group if s in start) for column in ("customers", "buyers", "sales")),
            *(sum(people.get((days, s), 0) for s in group) for days in (-by, 0, by)),
        ]
        for _, group in rows
    ]
    return [name for name, _ in rows], np.array(found, dtype="int64")


def _hidden(names: list[str], counts: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose customers at the start are not told, and cells of the people at the end that are not.

    First buyers are in no state at the start or the end, so the totals of those columns are sums of the other rows.
    """
    customers, buyers = counts[:, 0], counts[:, 1]
    standing = np.array([name != "first" for name in names])
    start = np.asarray(hidden_cells(np.stack([buyers, np.maximum(customers - buyers, 0)], axis=1), k).any(axis=1))
    start[standing] |= hidden_cells(customers[None, standing], k)[0]
    if int(start[standing].sum()) == 1:  # the other hidden row is that of first buyers
        free = np.flatnonzero(standing & ~start)
        start[free[np.argmin(customers[free])]] = True
    end = np.zeros((len(counts), 3), dtype=bool)
    for place, column in enumerate((3, 4, 5)):
        end[standing, place] = hidden_cells(counts[None, standing, column], k)[0]
    return start, end


def _any_hidden(sold: pd.DataFrame, people: dict[tuple[int, str], int], k: int) -> bool:
    return any(bool(part.any()) for part in _hidden(*_counts(sold, people), k))


def _table(sold: pd.DataFrame, people: dict[tuple[int, str], int], k: int) -> Table:
    """Customers at the start, what they bought, and where people stand at the end with the windows 30 days earlier or later."""
    columns = (
        plain_column("state", "states.column.state", "term"),
        plain_column("customers", "states.column.customers", "int", "sales.unit.people"),
        plain_column("buyers", "states.column.buyers", "int", "sales.unit.people"),
        plain_column("sales", "states.column.sales", "money_number", "sales.unit.money"),
        plain_column("share", "states.column.share", "pct1_number", "sales.unit.percent"),
        plain_column("end", "states.column.end", "int", "sales.unit.people"),
        plain_column("minus", "states.column.minus", "int", "sales.unit.people"),
        plain_column("plus", "states.column.plus", "int", "sales.unit.people"),
    )
    names, counts = _counts(sold, people)
    start, end = _hidden(names, counts, k)
    total = int(counts[:, 2].sum())
    rows: list[tuple[Fact, ...]] = []
    for name, row, small, later in zip(names, counts.tolist(), start, end, strict=True):
        share = row[2] / total if total > 0 else None
        # first buyers are in no state at the start, and in another at the end
        bought = [None] * 4 if small else [None if name == "first" else row[0], row[1], row[2], share]
        after = [
            None if name == "first" or hide else n for n, hide in zip((row[4], row[3], row[5]), later[[1, 0, 2]], strict=True)
        ]
        rows.append((f"states.state.{name}", *bought, *after))
    sums = counts.sum(axis=0).tolist()
    at_start = sums[0] - sum(row[0] for name, row in zip(names, counts.tolist(), strict=True) if name == "first")
    rows.append(("states.state.total", at_start, sums[1], sums[2], 1.0 if total > 0 else None, sums[4], sums[3], sums[5]))
    return Table(columns, tuple(rows), focus=names.index("active") if "active" in names else None, total=True)


FILL = {
    "active": COLOUR["accent"],
    "new": RAMP(0.55),
    "outside": COLOUR["hair"],
    "one_time": COLOUR["mark"],
    "at_risk": RAMP(0.22),
    "dormant": RAMP(0.72),
    "lapsed": COLOUR["wash"],
}


def _draw_stack(by_month: pd.DataFrame, periods: Periods, k: int, voice: Voice) -> Figure:
    """Columns of people by state, the stock below; their names beside the last one."""
    figure, axes = canvas("M", (13, 10, MAIN - 13 - RIGHT - 9, HEIGHT["M"] - 16))
    wide = by_month.assign(state=by_month["state"].replace(dict.fromkeys(OUTSIDE, "outside")))
    table = wide.pivot_table(index="day", columns="state", values="customers", aggfunc="sum", fill_value=0).sort_index()
    days = [pd.Timestamp(day).date() for day in table.index]
    keys = [day.year * 12 + day.month - 1 for day in days]
    at, base = np.arange(len(keys)), np.zeros(len(keys))
    ends: list[tuple[str, float, int]] = []
    for state in (s for s in FILL if s in table.columns):
        heads = table[state].to_numpy()
        mark(axes.bar(at, heads, 0.8, bottom=base, color=FILL[state], ec=COLOUR["text2"], lw=LINE["hair"]), state)
        ends.append((state, float(base[-1] + heads[-1] / 2), int(heads[-1])))
        base = base + heads
    top = float(base.max())
    axes.set(xlim=(-0.6, len(at) - 0.4), ylim=(0, 1.02 * top))
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.yaxis.grid(True)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: voice.number(int(value), "int"))
    start = periods.current.start - datetime.timedelta(days=1)
    if start in days:
        place = days.index(start)
        axes.text(place, base[place] + 0.02 * top, voice.say("states.start_label"), ha="center", va="bottom", size=TYPE["small"],
                  weight="bold")  # fmt: skip
        axes.set_ylim(0, 1.09 * top)
    _end_labels(axes, ends, len(at) - 0.5, axes.get_ylim()[1], k, voice)
    _months(axes, keys, (MAIN - 13 - RIGHT - 9) / len(keys), voice)
    return figure


def _end_labels(axes: Axes, ends: list[tuple[str, float, int]], x: float, top: float, k: int, voice: Voice) -> None:
    """Name and people beside each band of the last column, moved apart where bands are thin, with a line to the band."""
    apart = top * 4.3 / (HEIGHT["M"] - 16)
    places = [y for _, y, _ in ends]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + apart)
    over = max(0.0, places[-1] - (top - apart / 2))
    for i in reversed(range(len(places))):
        places[i] = min(places[i], top - apart / 2 - apart * (len(places) - 1 - i)) if over else places[i]
    small = hidden_cells(np.array([[heads for _, _, heads in ends]]), k)[0]
    for (state, y, heads), place, hide in zip(ends, places, small, strict=True):
        axes.plot([x, x + 0.35], [y, place], color=COLOUR["mark"], lw=LINE["hair"], clip_on=False)
        style = {"va": "center", "size": TYPE["label"], "weight": "bold" if state == "active" else "regular"}
        name = voice.say(f"states.state.{state}")
        if hide:
            axes.text(x + 0.45, place, f"{name}  {voice.say('states.hidden')}", **style)
        else:
            number(axes, x + 0.45, place, heads, "int", voice, within=name + "  {}", **style)


def _rows(people: dict[tuple[int, str], int], facts: dict[str, Fact], kind: str, k: int) -> tuple[LedgerRow, ...]:
    """People by state under the KPI of customers, and the page's sentence under them."""
    states = [state for state in STATES if (0, state) in people]
    small = hidden_cells(np.array([[people[0, state] for state in states]]), k)[0] if states else []
    heads: dict[str, int | None] = {s: None if hide else people[0, s] for s, hide in zip(states, small, strict=True)}
    told = {"active_customers": facts["held"], **{f"state_{state}": n for state, n in heads.items()}}
    parent = (row_id("kpi", "customers"),)
    kpis = tuple(
        LedgerRow(
            row_id("kpi", name.removeprefix("state_")),
            "kpi",
            Sentence(
                "states.node.active_customers" if name == "active_customers" else f"states.state.{name.removeprefix('state_')}"
            ),
            {"current": {"value": value, "unit": "people", "n": facts["people"], "period": facts["span"], "definition": name}},
            "order_lines",
            parent,
        )
        for name, value in told.items()
    )
    shares: dict[str, dict[str, Fact]] = {
        name: {
            "value": facts[name],
            "unit": "share",
            "n": facts["people"],
            "period": facts["span"],
            "definition": f"sales_{name}",
        }
        for name in GROUPS
    }
    text = Sentence(f"states.headline.{kind}", facts)
    return (
        *kpis,
        LedgerRow(row_id("finding", "states"), "finding", text, shares, "order_lines", (row_id("kpi", "active_customers"),)),
    )
