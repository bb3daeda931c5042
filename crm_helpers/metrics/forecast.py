"""What the next twelve months bring without new action: a flow of customers by months of silence, month by month.

Each month every customer who has bought before stands at `j` months since the last month with an order, once bought or more
often. The chance to buy again in a month is that of the own history at the same `j`, times the season of the calendar month,
times a level; buyers start again at 1, new customers come in, the others grow a month older. Sales are buyers times sales a
buyer and month, plus the sales without a customer number. Levels are means of the last 12 months times the change to the 12
before, damped by a power (Gardner and McKenzie 1985 damp trends likewise): the one of DAMPED that would have erred least.

How far to believe it is read from the same forecast made in earlier months (`back_test`): the band is the largest error of
those years, no less. They overlap, so it is told as what it is and not as a 95 % interval; with under TESTS there is none.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.params.periods import whole_months

OLDEST = 24  # months of silence; longer ones are together
YEAR = 12
LEARN = 18  # months that a forecast must have learnt from: in the first half year old customers pass for new ones
TESTS = 3  # tested years under which nothing is said of the error
NEEDED = 2 * YEAR  # months of data under which there is no forecast: the season could not be told from the rest
DAMPED = (0.0, 0.25, 0.5)  # powers of last year's change that may be carried on: the one with the smallest tested error
LIKELIEST = 4.0  # a calendar month's season is between a quarter and four times the mean

Cells = NDArray[np.float64]

HISTORY = """
with months as (
  select customer_id, year(ordered_on) * 12 + month(ordered_on) - 1 as month, cast(sum(orders) as bigint) as orders,
         cast(sum(items) as bigint) as items, cast(sum(amount) as bigint) as amount
  from customer_day where ordered_on between :start and :end
  group by customer_id, year(ordered_on) * 12 + month(ordered_on) - 1
  having sum(orders) > 0),
beside as (
  select month, orders, items, amount, row_number() over (partition by customer_id order by month) as nth,
         lead(month) over (partition by customer_id order by month) as after
  from months)
select month, case when nth = 1 then 0 else 1 end as kind, coalesce(after - month, 0) as gap, count(*) as people,
       cast(sum(orders) as bigint) as orders, cast(sum(items) as bigint) as items, cast(sum(amount) as bigint) as amount
from beside group by month, case when nth = 1 then 0 else 1 end, coalesce(after - month, 0)
"""


@dataclass(frozen=True)
class History:
    """A shop by month, all that the forecast learns from; months are counted from the first whole one.

    Args:
        first: key of the first month.
        stock: people at the start of the month, (months + 1, kind, j): kind 0 bought in one month, 1 in several; j from 1.
        bought: those of them who bought in the month, (months, kind, j).
        new: people whose first month it is. values: sales of new and of other buyers, (months, 2). orders, items: likewise.
        rest: sales without a customer number, and returns of customers who bought nothing that month.
    """

    first: int
    stock: Cells
    bought: Cells
    new: Cells
    values: Cells
    orders: Cells
    items: Cells
    rest: Cells

    @property
    def months(self) -> int:
        """How many months."""
        return len(self.new)

    @property
    def sales(self) -> Cells:
        """Sales by month."""
        total: Cells = self.values.sum(axis=1) + self.rest
        return total

    def until(self, months: int) -> History:
        """What was known after the first `months`."""
        cut = {name: getattr(self, name)[:months] for name in ("bought", "new", "values", "orders", "items", "rest")}
        return dataclasses.replace(self, stock=self.stock[: months + 1], **cut)


@dataclass(frozen=True)
class Drivers:
    """What a year is made of; the levers of a plan are factors on these.

    Args:
        first: key of the first month to come. stock: people by kind and j when it starts.
        new, rest: by month to come. chance: of buying in a month of the mean season, by kind and j.
        season: of the chance, by month to come. values: sales of a new and of another buyer, by month to come, (12, 2).
    """

    first: int
    stock: Cells
    new: Cells
    chance: Cells
    season: Cells
    values: Cells
    rest: Cells


@needs("order_lines.customer_id")
def history(tables: Tables, *, as_of: datetime.date, first_orders_known: bool) -> History | Unavailable:
    """The shop by month up to the last whole month at `as_of`."""
    if not first_orders_known:
        return Unavailable("forecast.history", reason="states.starts_in_the_middle")
    if tables.span is None:
        return Unavailable("forecast.history", reason="sales.too_short")
    first, count = whole_months(tables.span[0], as_of)
    if count < NEEDED:
        return Unavailable("forecast.history", reason="forecast.short", facts={"months": NEEDED, "found": count})
    last = first + count - 1
    start, end = datetime.date(first // 12, first % 12 + 1, 1), _end(last)
    cells = tables.sql(HISTORY, start=start, end=end)
    totals = tables.sql(
        """
        select year(ordered_on) * 12 + month(ordered_on) - 1 as month, cast(sum(amount) as bigint) as amount
        from orders where ordered_on between :start and :end group by year(ordered_on) * 12 + month(ordered_on) - 1
        """,
        start=start,
        end=end,
    )
    return _arranged(cells, totals, first, count)


def _end(key: int) -> datetime.date:
    return datetime.date((key + 1) // 12, (key + 1) % 12 + 1, 1) - datetime.timedelta(days=1)


def _arranged(cells: pd.DataFrame, totals: pd.DataFrame, first: int, count: int) -> History:
    stock, bought = np.zeros((count + 1, 2, OLDEST)), np.zeros((count, 2, OLDEST))
    sums = {name: np.zeros((count, 2)) for name in ("people", "orders", "items", "amount")}
    month, kind = (cells["month"] - first).to_numpy(dtype=int), cells["kind"].to_numpy(dtype=int)
    for name, cube in sums.items():
        np.add.at(cube, (month, kind), cells[name].to_numpy(dtype=float))
    gaps, people = cells["gap"].to_numpy(dtype=int), cells["people"].to_numpy(dtype=float)
    for m, k, gap, n in zip(month, kind, gaps, people, strict=True):
        silent = gap if gap else count - m
        ages = np.minimum(np.arange(1, silent + 1), OLDEST) - 1
        np.add.at(stock, (np.arange(m + 1, m + silent + 1), k, ages), n)
        if gap:
            bought[m + gap, k, min(gap, OLDEST) - 1] += n
    total = np.zeros(count)
    total[(totals["month"] - first).to_numpy(dtype=int)] = totals["amount"].to_numpy(dtype=float)
    values = sums["amount"]
    return History(first, stock, bought, sums["people"][:, 0], values, sums["orders"], sums["items"], total - values.sum(axis=1))


# ---------------------------------------------------------------- learning
def drivers(past: History, *, damped: float) -> Drivers:
    """What the next 12 months are made of, if nothing new is done."""
    used = slice(max(0, past.months - 2 * YEAR), past.months)
    at_risk, bought = past.stock[:-1][used].sum(axis=0), past.bought[used].sum(axis=0)
    chance = np.divide(bought, at_risk, out=np.zeros_like(bought), where=at_risk > 0)
    expected = (past.stock[:-1] * chance).sum(axis=(1, 2))
    came = past.bought.sum(axis=(1, 2))
    coming = (past.first + past.months + np.arange(YEAR)) % YEAR
    calendar = (past.first + np.arange(past.months)) % YEAR
    start = past.first + past.months
    each = past.values / np.maximum(_buyers(past), 1)
    return Drivers(
        first=start,
        stock=past.stock[-1],
        new=_ahead(past.new, calendar, coming, damped),
        chance=chance,
        season=_ahead(came / np.maximum(expected, 1e-9), calendar, coming, damped),
        values=np.stack([_ahead(each[:, kind], calendar, coming, damped) for kind in (0, 1)], axis=1),
        rest=_ahead(past.rest, calendar, coming, damped),
    )


def _buyers(past: History) -> Cells:
    """New and other buyers by month, (months, 2)."""
    return np.stack([past.new, past.bought.sum(axis=(1, 2))], axis=1)


def _ahead(series: Cells, calendar: NDArray[np.int64], coming: NDArray[np.int64], damped: float) -> Cells:
    """The next 12 months of a series: the mean of the last 12, its season, and a part of the change to the 12 before."""
    level = float(series[-YEAR:].mean())
    before = float(series[-2 * YEAR : -YEAR].mean()) if len(series) >= 2 * YEAR else level
    growth = (level / before) ** damped if before > 0 and level > 0 else 1.0
    return level * growth * _season(series, calendar)[coming]


def _season(series: Cells, calendar: NDArray[np.int64]) -> Cells:
    """Each calendar month against its year, over the last two years (one where there is no second); their mean is 1."""
    years = 2 if len(series) >= 2 * YEAR else 1
    parts = np.ones((years, YEAR))
    for year in range(years):
        stop = len(series) - year * YEAR
        piece, months = series[stop - YEAR : stop], calendar[stop - YEAR : stop]
        mean = float(piece.mean())
        parts[year, months] = piece / mean if mean > 0 else 1.0
    found = np.clip(parts.mean(axis=0), 1 / LIKELIEST, LIKELIEST)
    return np.asarray(found / found.mean(), dtype=np.float64)


# ---------------------------------------------------------------- a year
def simulate(made: Drivers) -> pd.DataFrame:
    """The next 12 months.

    Returns:
        `month` (key), `new`, `buyers` (who bought before), `active` (bought within 3 months), `sales`, `rest` (part of sales
        without a customer number); people and money as floats.
    """
    stock, rows = made.stock.copy(), []
    for t in range(YEAR):
        came = stock * np.minimum(made.chance * made.season[t], 1.0)
        buyers = came.sum()
        moved = np.zeros_like(stock)
        moved[:, 1:] = (stock - came)[:, :-1]
        moved[:, -1] += (stock - came)[:, -1]
        moved[0, 0] += made.new[t]
        moved[1, 0] += buyers
        stock = moved
        sales = made.new[t] * made.values[t, 0] + buyers * made.values[t, 1] + made.rest[t]
        rows.append((made.first + t, made.new[t], buyers, stock[:, :3].sum(), sales, made.rest[t]))
    return pd.DataFrame(rows, columns=["month", "new", "buyers", "active", "sales", "rest"])


def back_test(past: History, *, damped: float) -> pd.DataFrame:
    """The same forecast made at the end of each month that has a year after it and LEARN months before.

    Returns:
        `month` (key of the first month that was forecast), `predicted`, `actual` (sales of the 12 months), `error` (relative).
    """
    rows = []
    for cut in range(LEARN, past.months - YEAR + 1):
        told = float(simulate(drivers(past.until(cut), damped=damped))["sales"].sum())
        came = float(past.sales[cut : cut + YEAR].sum())
        if came > 0:
            rows.append((past.first + cut, told, came, told / came - 1))
    return pd.DataFrame(rows, columns=["month", "predicted", "actual", "error"])


def chosen(past: History) -> tuple[float, pd.DataFrame]:
    """The damping that would have erred least, and its tested years; the middle one where too few could be tested."""
    tested = {damped: back_test(past, damped=damped) for damped in DAMPED}
    if len(tested[DAMPED[0]]) < TESTS:
        return DAMPED[1], tested[DAMPED[1]].iloc[:0]
    best = min(DAMPED, key=lambda damped: (float((tested[damped]["error"] ** 2).mean()), damped))
    return best, tested[best]


def baseline(past: History | Unavailable) -> pd.DataFrame | Unavailable:
    """The next 12 months without new action.

    Returns:
        As `simulate`, and `before` (sales of the same month a year earlier); beside them, the same in every row: `half` (the
        largest error of a tested year, relative; NaN when too few were tested), `tested` (how many), `damped`.
    """
    if isinstance(past, Unavailable):
        return past
    damped, tested = chosen(past)
    table = simulate(drivers(past, damped=damped))
    table["before"] = past.sales[-YEAR:]
    table["half"] = float(tested["error"].abs().max()) if len(tested) else math.nan
    table["tested"], table["damped"] = len(tested), damped
    return table
