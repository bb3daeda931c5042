"""Customer states by days of silence, and the client's windows for them.

States, by the number of days with an order and the days since the last: `new` (one, within new_days), `one_time` (one, up to
dormant_days), `active`, `at_risk`, `dormant` (two or more, up to the window of that name), `lapsed` (longer). Who has a
running contract (`contract`) or a booking ahead (`booked`) is not silent and stands outside. Members who never bought are
`prospect`. A state is computed for each day from what was known on that day.

Windows come from the client's own return curve where it can carry them (`gaps.returning`): active while the chance to return
is at least 78 % of the one right after a purchase, at risk to 55 %, dormant to 11 %. Otherwise they are the declared ones or
the starting points of the industry, and the page names them as such.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import gaps
from crm_helpers.metrics.suppression import hidden_cells, sealed
from crm_helpers.params.periods import Period, Periods, first_day, month_key

CUTS = {"active": 0.78, "at_risk": 0.55, "dormant": 0.11}  # of R_H(0)
ROUND = (14, 30, 45, 60, 90, 120, 150, 180, 240, 300, 365, 455, 540, 730, 1095)
SECOND = 0.80  # of the second purchases that ever come within the horizon: until then a first buyer is new
CALIBRATED = 0.05  # mean error of the back-test, weighted by customers, with which the curve is believed
FAR = 0.10  # error of any bin of at least ENOUGH customers with which it is not
ENOUGH = 200
STATES = ("new", "active", "one_time", "at_risk", "dormant", "lapsed", "contract", "booked", "prospect")
STOCK = ("new", "active", "contract", "booked")
GONE = ("dormant", "lapsed")
MONTHS_SHOWN = 24
QUARTER = 3  # months


@dataclass(frozen=True)
class Windows:
    """Last day of each state, days since the last order, inclusive.

    Args:
        source: derived, declared or industry.
        why: why they are not derived (few, short, miscalibrated); empty when they are, or declared.
    """

    new: int
    active: int
    at_risk: int
    dormant: int
    source: str = "declared"
    why: str = ""

    def moved(self, days: int) -> Windows:
        """The same with every line `days` later, never under 1 day."""
        new, active, at_risk, dormant = (max(1, line + days) for line in (self.new, self.active, self.at_risk, self.dormant))
        return Windows(new, active, at_risk, dormant, self.source, self.why)


def windows(
    tables: Tables, *, as_of: datetime.date, default: Windows, declared: Windows | None = None, horizon: int = gaps.HORIZON
) -> Windows:
    """The windows to use: declared ones, else derived from the client's curve, else the industry's with the reason."""
    if declared is not None:
        return declared
    counted = gaps.gaps(tables, as_of=as_of)
    if counted.closed < gaps.FEWEST:
        return _instead(default, "few")
    curve = gaps.chance(gaps.survival(counted.repeat.sum(axis=0)), horizon)
    if not len(curve) or not curve[0] > 0:
        return _instead(default, "short")
    lines = {name: _crossing(curve, cut * curve[0]) for name, cut in CUTS.items()}
    if None in lines.values() or counted.days < 3 * int(lines["dormant"] or 0):
        return _instead(default, "short")
    tested = gaps.back_test(tables, as_of=as_of, horizon=horizon)
    if not calibrated(tested):
        return _instead(default, "miscalibrated")
    median = gaps.survival(counted.repeat.sum(axis=0))
    half = int(np.flatnonzero(median <= 0.5)[0]) if (median <= 0.5).any() else 0
    active = _rounded(max(int(lines["active"] or 0), round(1.5 * half)))
    at_risk = max(_rounded(int(lines["at_risk"] or 0)), _next(active))
    dormant = max(_rounded(int(lines["dormant"] or 0)), _next(at_risk))
    new = _rounded(_second(counted.first.sum(axis=0), horizon))
    return Windows(new, active, at_risk, dormant, source="derived")


def calibrated(tested: pd.DataFrame) -> bool:
    """Whether the curve said what then happened; a curve that could not be tested is taken as it is."""
    error = (tested["predicted"] - tested["actual"]).abs()
    heavy = tested["customers"] >= ENOUGH
    mean = float((error * tested["customers"]).sum() / tested["customers"].sum()) if len(tested) else 0.0
    return mean <= CALIBRATED and not bool((error[heavy] > FAR).any())


def _instead(default: Windows, why: str) -> Windows:
    return Windows(default.new, default.active, default.at_risk, default.dormant, source="industry", why=why)


def _crossing(curve: NDArray[np.float64], level: float) -> int | None:
    """The first day on which the chance is under the level; None when it stays above."""
    under = np.flatnonzero(curve < level)
    return int(under[0]) if len(under) else None


def _second(first: NDArray[np.int64], horizon: int) -> int:
    """The day by which 80 % of the second purchases that come within the horizon have been made."""
    came = 1 - gaps.survival(first)[: horizon + 1]
    came = came[~np.isnan(came)]
    return int(np.flatnonzero(came >= SECOND * came[-1])[0]) if len(came) and came[-1] > 0 else ROUND[0]


def _rounded(days: int) -> int:
    return next((line for line in ROUND if line >= days), ROUND[-1])


def _next(days: int) -> int:
    return next((line for line in ROUND if line > days), 2 * days)


STATE = """case when outside.state is not null then outside.state
      when held.nth = 1 and held.idle <= :new then 'new' when held.nth = 1 and held.idle <= :dormant then 'one_time'
      when held.nth = 1 then 'lapsed' when held.idle <= :active then 'active' when held.idle <= :at_risk then 'at_risk'
      when held.idle <= :dormant then 'dormant' else 'lapsed' end"""


def _stated(days: Sequence[datetime.date], lines: Windows) -> tuple[str, dict[str, object]]:
    """Common table expressions ending in `stated` (day, customer_id, state) for the given days, and their values."""
    points = " union all ".join(f"select cast(:day{i} as date) as day" for i in range(len(days)))
    text = f"""
    points as ({points}),
    held as (
      select points.day, v.customer_id, v.nth, date_diff('day', v.ordered_on, points.day) as idle
      from points join visits as v on v.ordered_on <= points.day and (v.next_on is null or v.next_on > points.day)),
    outside as (
      select day, customer_id, min(state) as state from (
        select points.day, c.customer_id, 'contract' as state
        from points join contracts as c on c.started_on <= points.day and (c.cancelled_on is null or c.cancelled_on > points.day)
        union all
        select points.day, r.customer_id, 'booked' as state
        from points join reservations as r on cast(r.booked_at as date) <= points.day and cast(r.visit_at as date) > points.day
          and (r.cancelled_at is null or cast(r.cancelled_at as date) > points.day)) as bound
      where customer_id is not null and customer_id not in (select customer_id from apart) group by day, customer_id),
    stated as (
      select held.day, held.customer_id, {STATE} as state
      from held left join outside on outside.day = held.day and outside.customer_id = held.customer_id
      union all
      select outside.day, outside.customer_id, outside.state
      from outside left join held on held.day = outside.day and held.customer_id = outside.customer_id
      where held.customer_id is null)"""
    named: dict[str, object] = {f"day{i}": day for i, day in enumerate(days)}
    return text, named | {"new": lines.new, "active": lines.active, "at_risk": lines.at_risk, "dormant": lines.dormant}


@needs("order_lines.customer_id")
def by_month(tables: Tables, *, as_of: datetime.date, lines: Windows, first_orders_known: bool) -> pd.DataFrame | Unavailable:
    """Customers by state at the end of each of the last 24 whole months, oldest first.

    Months whose end lies less than the dormant window after the start of the data are left out unless first orders are known:
    who was silent before would not be there.

    Returns:
        `day`, `state` (of STATES that occur), `customers`.
    """
    days = _month_ends(tables, as_of, lines, first_orders_known)
    if len(days) < 2:
        return Unavailable("states.by_month", reason="states.short", facts={"days": lines.dormant})
    text, values = _stated(days, lines)
    return tables.sql(
        f"with {text} select day, state, count(*) as customers from stated group by day, state order by day, state", **values
    )


def _month_ends(tables: Tables, as_of: datetime.date, lines: Windows, first_orders_known: bool) -> list[datetime.date]:
    if tables.span is None:
        return []
    begins = tables.span[0] if first_orders_known else tables.span[0] + datetime.timedelta(days=lines.dormant)
    stop = month_key(as_of + datetime.timedelta(days=1))
    ends = [first_day(key) - datetime.timedelta(days=1) for key in range(stop - MONTHS_SHOWN, stop + 1)]
    return [day for day in ends if day >= begins]


@needs("order_lines.customer_id")
def flow(tables: Tables, *, as_of: datetime.date, lines: Windows, first_orders_known: bool) -> pd.DataFrame | Unavailable:
    """Stock of customers (new, active, contract or booking) at each month end, and who came and went in between.

    start + new + returned − left = end, by month; the moves of several months summed are person-times.

    Returns:
        `month` (key), `start`, `new` (first order in that month), `returned` (in stock again), `left`, `end`.
    """
    days = _month_ends(tables, as_of, lines, first_orders_known)
    if not first_orders_known:
        return Unavailable("states.flow", reason="states.starts_in_the_middle")
    if len(days) < 3:
        return Unavailable("states.flow", reason="states.short", facts={"days": lines.dormant})
    text, values = _stated(days, lines)
    moves = tables.sql(
        f"""
        with {text},
        stock as (
          select stated.customer_id, year(stated.day) * 12 + month(stated.day) - 1 as month,
                 year(firsts.first_on) * 12 + month(firsts.first_on) - 1 as first_month
          from stated left join (select distinct customer_id, first_on from visits) as firsts
            on firsts.customer_id = stated.customer_id
          where stated.state in (:stock)),
        beside as (
          select customer_id, month, first_month, lead(month) over (partition by customer_id order by month) as after,
                 coalesce(lag(month) over (partition by customer_id order by month) < month - 1, true) as came
          from stock)
        select month, count(*) as stock,
               cast(sum(case when came and first_month = month then 1 else 0 end) as bigint) as new,
               cast(sum(case when came and coalesce(first_month, 0) <> month then 1 else 0 end) as bigint) as returned,
               cast(sum(case when after is null or after > month + 1 then 1 else 0 end) as bigint) as leaving
        from beside group by month order by month
        """,
        stock=list(STOCK),
        **values,
    ).set_index("month")
    keys = [month_key(day) for day in days]
    table = moves.reindex(keys, fill_value=0).rename(columns={"stock": "end"}).reset_index()
    table["start"], table["left"] = table["end"].shift(fill_value=0), table["leaving"].shift(fill_value=0)
    return table.loc[1:, ["month", "start", "new", "returned", "left", "end"]].reset_index(drop=True)


def by_period(moves: pd.DataFrame | Unavailable, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """The months of `flow` summed: the compared period where it is covered, quarters of the current one, and the current one.

    Returns:
        `period` (compare, quarter, current), `first`, `last` (month keys), `start`, `new`, `returned`, `left`, `end`; in each
        row start + new + returned − left = end. The returned and the left are person-times.
    """
    if isinstance(moves, Unavailable):
        return moves
    if periods is None:
        return Unavailable("states.flow", reason="sales.too_short")
    spans = [("compare", periods.compare), ("current", periods.current)]
    rows = [row for name, period in spans for row in _parts(moves, name, *_whole_months(period))]
    if not rows or rows[-1]["period"] != "current":
        return Unavailable("states.flow", reason="states.uncovered")
    return pd.DataFrame(rows)


def _whole_months(period: Period) -> tuple[int, int]:
    """The first and the last month that lie wholly in the period."""
    first = month_key(period.start) + (period.start.day > 1)
    return first, month_key(period.end + datetime.timedelta(days=1)) - 1


def _parts(moves: pd.DataFrame, name: str, first: int, last: int) -> list[dict[str, object]]:
    """The sums of a period, after those of its quarters when it is the current one and holds several; none if not covered."""
    inside = moves[moves["month"].between(first, last)]
    if not len(inside) or len(inside) != last - first + 1:
        return []
    steps = range(first, last + 1, QUARTER) if name == "current" and len(inside) > QUARTER and not len(inside) % QUARTER else []
    spans = [*(("quarter", step, step + QUARTER - 1) for step in steps), (name, first, last)]
    return [_summed(inside[inside["month"].between(a, b)], part, a, b) for part, a, b in spans]


def _summed(part: pd.DataFrame, name: str, first: int, last: int) -> dict[str, object]:
    sums = {column: int(part[column].sum()) for column in ("new", "returned", "left")}
    start, end = int(part["start"].iloc[0]), int(part["end"].iloc[-1])
    return {"period": name, "first": first, "last": last, "start": start, **sums, "end": end}


@needs("order_lines.customer_id")
def sales_by_state(
    tables: Tables, *, periods: Periods | None, lines: Windows, first_orders_known: bool
) -> pd.DataFrame | Unavailable:
    """Sales of the current period by the state in which the customer stood when it began.

    The state at the end would be a tautology: active customers are those who bought.

    Returns:
        `state` (STATES, and `first` for those whose first order lies in the period), `customers` (at the start, or first
        buyers), `buyers` (of them, in the period), `sales` (minor units), `share` (of identified sales).
    """
    if periods is None:
        return Unavailable("states.sales_by_state", reason="sales.too_short")
    start = periods.current.start - datetime.timedelta(days=1)
    if tables.span is None or (not first_orders_known and (start - tables.span[0]).days < lines.dormant):
        return Unavailable("states.sales_by_state", reason="states.short", facts={"days": lines.dormant})
    text, values = _stated([start], lines)
    table = tables.sql(
        f"""
        with {text},
        bought as (
          select customer_id, cast(sum(orders) as bigint) as orders, cast(sum(amount) as bigint) as amount
          from customer_day where ordered_on between :start and :end group by customer_id),
        people as (select customer_id from stated union select customer_id from bought)
        select coalesce(stated.state, 'first') as state, count(*) as customers,
               cast(sum(case when bought.orders > 0 then 1 else 0 end) as bigint) as buyers,
               cast(coalesce(sum(bought.amount), 0) as bigint) as sales
        from people left join stated on stated.customer_id = people.customer_id
          left join bought on bought.customer_id = people.customer_id
        group by coalesce(stated.state, 'first')
        """,
        start=periods.current.start,
        end=periods.current.end,
        **values,
    ).set_index("state")
    table = table.reindex([s for s in ("first", *STATES) if s in table.index]).reset_index()
    total = int(table["sales"].sum())
    table["share"] = table["sales"] / total if total > 0 else np.nan
    return table


@needs("order_lines.customer_id")
def migration(
    tables: Tables, *, periods: Periods | None, lines: Windows, k: int, first_orders_known: bool
) -> pd.DataFrame | Unavailable:
    """In which state the customers of each state at the start of the current period stand at its end.

    Returns:
        A row for each `was` (PLACES, `first` for those who were no customers yet) and `now_in` of those that occur:
        `customers`, `sales` (of the current period, minor units), `kind` (`kind_of_move`), `hidden` (a head-count below `k`,
        or one that the heads of rows, columns or kinds would give away), and `kind_hidden` likewise.
    """
    if periods is None:
        return Unavailable("states.migration", reason="sales.too_short")
    start = periods.current.start - datetime.timedelta(days=1)
    if tables.span is None or (not first_orders_known and (start - tables.span[0]).days < lines.dormant):
        return Unavailable("states.migration", reason="states.short", facts={"days": lines.dormant})
    text, values = _stated([start, periods.current.end], lines)
    found = tables.sql(
        f"""
        with {text},
        bought as (
          select customer_id, cast(sum(amount) as bigint) as amount
          from customer_day where ordered_on between :start and :end group by customer_id),
        both as (
          select customer_id, max(case when day = :day0 then state end) as was,
                 max(case when day = :day1 then state end) as now_in
          from stated group by customer_id)
        select coalesce(was, 'first') as was, now_in, count(*) as customers, cast(coalesce(sum(amount), 0) as bigint) as sales
        from both left join bought on bought.customer_id = both.customer_id
        where now_in is not null group by coalesce(was, 'first'), now_in
        """,
        start=periods.current.start,
        end=periods.current.end,
        **values,
    )
    bound = dict.fromkeys(("contract", "booked"), "outside")
    found = found.replace({"was": bound, "now_in": bound}).groupby(["was", "now_in"], as_index=False).sum()
    if not len(found) or set(found["was"]) == {"first"}:
        return Unavailable("states.migration", reason="states.nobody")
    places = [[s for s in PLACES if s in set(found[axis])] for axis in ("was", "now_in")]
    grid = pd.MultiIndex.from_product(places, names=["was", "now_in"])
    table = found.set_index(["was", "now_in"]).reindex(grid, fill_value=0).reset_index()
    table["kind"] = [kind_of_move(was, now) for was, now in zip(table["was"], table["now_in"], strict=True)]
    heads = table.groupby("kind")["customers"].sum()
    few = pd.Series(hidden_cells(heads.to_numpy(dtype="int64").reshape(1, -1), k)[0], heads.index)
    told = [table.index[table["kind"] == kind] for kind in heads.index[~few]]
    sums = [table.index[table[axis] == place] for axis, part in zip(("was", "now_in"), places, strict=True) for place in part]
    table["hidden"] = sealed(table["customers"].to_numpy(dtype="int64"), k, [list(part) for part in (*sums, *told)])
    table["kind_hidden"] = table["kind"].map(few)
    return table


PLACES = (
    "new",
    "active",
    "one_time",
    "at_risk",
    "dormant",
    "lapsed",
    "outside",
    "prospect",
    "first",
)  # outside: contract or booked
KINDS = ("kept", "fell", "lost", "returned", "revived", "away", "first")


def kind_of_move(was: str, now_in: str) -> str:
    """`kept` in stock, `fell` out of it, `lost` to dormant or lapsed, `returned` from between, `revived` from dormant or
    lapsed, `away` before and after, or `first` (no customer at the start)."""
    if was == "first":
        return "first"
    held = (*STOCK, "outside")
    if was in held:
        return "kept" if now_in in held else "lost" if now_in in GONE else "fell"
    return "away" if now_in not in held else "revived" if was in GONE else "returned"


@needs("order_lines.customer_id")
def moved_lines(tables: Tables, *, as_of: datetime.date, lines: Windows, by: int = 30) -> pd.DataFrame | Unavailable:
    """How many stand in each state at `as_of` when every line lies `by` days earlier or later.

    Returns:
        `moved` (−by, 0, by), `state`, `customers`.
    """
    parts = []
    for days in (-by, 0, by):
        text, values = _stated([as_of], lines.moved(days))
        found = tables.sql(f"with {text} select state, count(*) as customers from stated group by state order by state", **values)
        parts.append(found.assign(moved=days))
    return pd.concat(parts, ignore_index=True)[["moved", "state", "customers"]]
