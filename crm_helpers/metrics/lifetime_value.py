"""What a new customer is worth: gross profit since the first order, set against what winning the customer cost.

The actual value counts everybody who bought a first time, also those who never came back, and only ages that all of a group
have reached. The forecast (BG/NBD or MBG/NBD for orders, Gamma-Gamma for their amount) is fitted on the orders before a
hold-out and is passed on only when it foretold the hold-out.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import Z
from crm_helpers.metrics.lifetime_models import (
    MODELS,
    Array,
    Fit,
    expected_money,
    expected_orders,
    fit_money,
    fit_orders,
    probability_alive,
)
from crm_helpers.metrics.repeat import FEWEST
from crm_helpers.params.periods import first_day, month_key, months

YEAR = 12  # months of age at which value is told
COVERED = 0.8  # share of sales whose cost must be known for a gross profit
SHOWN = 5  # sources with a row of their own
ALL, OTHERS, UNKNOWN = "lifetime_value.all", "lifetime_value.others", "lifetime_value.unknown"
FAR_OFF = 0.15  # a forecast whose total is further from what happened is not printed
MISSED = 0.20  # nor one whose groups are, in the mean
DISTINCT = 50_000  # more different customers than this are counted in whole weeks
BANDS = (0, 1, 2, 4, 8)  # orders after the first, from … on


# ---------------------------------------------------------------- what was
@needs("order_lines.customer_id")
def cumulative(tables: Tables, *, as_of: datetime.date, first_orders_known: bool, tax: str) -> pd.DataFrame | Unavailable:
    """Gross profit a first buyer since the first order, by months of age, of cohorts and of all watched for a year.

    An age of m months is 365·m/12 days; the first day is age 0. Cohorts are half-years of first orders counted back from the
    last whole month. Lines without a cost count as without gross profit; where the cost of under 80 % of sales is known, the
    amounts are sales (`basis`). Tax is taken off where amounts include it and lines say their rate.

    Returns:
        One row a `group` (ALL: those of whole months watched for a year; else a cohort, `start/end`) and `age`: `customers`,
        `value` (minor units a customer, mean), `low`, `high` (95 %, normal); on all rows `basis` (profit, sales), `span`
        (first orders of ALL) and `cost` (acquisition cost a customer of ALL; NaN where not known).
    """
    told = _by_month(tables, as_of, first_orders_known, tax, "lifetime_value.cumulative")
    if isinstance(told, Unavailable):
        return told
    counted, sums, basis, _ = told
    watched = counted[counted["month"] <= _last_month(as_of, YEAR)]
    parts = [_curve(sums, watched, YEAR).assign(group=ALL)]
    newest = _last_month(as_of, 0)
    for start in range(newest - 5, int(counted["month"].min()) - 1, -6):
        cohort = counted[counted["month"].between(start, start + 5)]
        reached = min(24, _ages(as_of - _end(start + 5)))
        if reached >= 3 and cohort["customers"].sum() >= FEWEST:
            parts.append(_curve(sums, cohort, reached).assign(group=str(months(start, 6))))
    span = months(int(watched["month"].min()), int(watched["month"].max() - watched["month"].min()) + 1)
    cost = _costs(tables, watched)
    paid = sum(cost.values()) / int(watched["customers"].sum()) if cost else math.nan
    return pd.concat(parts, ignore_index=True).assign(basis=basis, span=str(span), cost=paid)


@needs("order_lines.customer_id")
def by_source(tables: Tables, *, as_of: datetime.date, k: int, first_orders_known: bool, tax: str) -> pd.DataFrame | Unavailable:
    """Value at 12 months against acquisition cost by source (`customers.joined_by` = `acquisition_cost.medium`).

    The same first buyers as ALL of `cumulative`; without sources or costs there is only the row ALL. Sources under FEWEST (or
      `k`) people and those beyond SHOWN are one row.

    Returns:
        One row a `source` (text of the client, UNKNOWN, OTHERS; ALL last): `customers`, `first` (value of the first day),
        `value`, `low`, `high` (12 months), `cost` (a first buyer; NaN where none is recorded), `payback` (first age at which
        the value reaches the cost; NaN while it does not), and `verdict`: paid, short, open (the interval holds the cost),
        free (no cost recorded).
    """
    told = _by_month(tables, as_of, first_orders_known, tax, "lifetime_value.by_source")
    if isinstance(told, Unavailable):
        return told
    counted, sums, _, _ = told
    watched = counted[counted["month"] <= _last_month(as_of, YEAR)]
    cost = _costs(tables, watched)
    size = watched.groupby("source")["customers"].sum().sort_values(ascending=False, kind="stable")
    floor = max(FEWEST, k)
    own = [str(name) for name in size.index if size[name] >= floor]
    own = [name for name in own if name in cost][:SHOWN] + [name for name in own if name not in cost][: max(0, SHOWN - len(cost))]
    rest = [str(name) for name in size.index if name not in own]
    while rest and own and size[rest].sum() < floor:
        rest.append(own.pop())
    if not cost or not tables.has("customers.joined_by"):
        own = rest = []
    groups = [([name], name or UNKNOWN) for name in sorted(own, key=lambda name: -int(size[name]))]
    groups += [(rest, OTHERS)] if rest else []
    rows = []
    for names, label in [*groups, ([str(name) for name in size.index], ALL)]:
        curve = _curve(sums, watched[watched["source"].isin(names)], YEAR)
        paid = sum(cost.get(name, 0) for name in names)
        each = paid / int(curve["customers"].iloc[0]) if paid else math.nan
        rows.append(_verdict(curve, each) | {"source": label})
    return pd.DataFrame(rows)


def payback(curve: pd.DataFrame, cost: float, column: str = "value") -> float:
    """The first age (months) at which the value reaches the cost; NaN while it does not or no cost is known."""
    reached = curve.loc[curve[column] >= cost, "age"]
    return float(reached.iloc[0]) if len(reached) and not math.isnan(cost) else math.nan


def _verdict(curve: pd.DataFrame, cost: float) -> dict[str, object]:
    last = curve.iloc[-1]
    kind = "free" if math.isnan(cost) else "paid" if last["low"] >= cost else "short" if last["high"] < cost else "open"
    return {
        "customers": int(last["customers"]),
        "first": float(curve["value"].iloc[0]),
        "value": float(last["value"]),
        "low": float(last["low"]),
        "high": float(last["high"]),
        "cost": cost,
        "payback": payback(curve, cost),
        "verdict": kind,
    }


def _last_month(as_of: datetime.date, age: int) -> int:
    """The last month whose first buyers have all reached this age (months)."""
    month = month_key(as_of + datetime.timedelta(days=1)) - 1
    while _ages(as_of - _end(month)) < age:
        month -= 1
    return month


def _end(month: int) -> datetime.date:
    return first_day(month + 1) - datetime.timedelta(days=1)


def _ages(watched: datetime.timedelta) -> int:
    """Whole months of age (365/12 days) in the days watched."""
    return max(a for a in range(400) if 365 * a // 12 <= max(0, watched.days))


def _curve(sums: pd.DataFrame, cohort: pd.DataFrame, last: int) -> pd.DataFrame:
    """Mean and interval by age from sums of amounts and what they add to the squares of what is cumulative."""
    n = int(cohort["customers"].sum())
    held = sums.merge(cohort[["month", "source"]], on=["month", "source"])
    by_age = held.groupby("age")[["amount", "squares"]].sum().reindex(range(last + 1), fill_value=0).cumsum()
    mean = by_age["amount"] / n
    spread = Z * np.sqrt(np.maximum(0, by_age["squares"] / n - mean**2) / max(1, n - 1))
    frame = pd.DataFrame({"age": range(last + 1), "customers": n, "value": mean, "low": mean - spread, "high": mean + spread})
    return frame.reset_index(drop=True)


def _by_month(
    tables: Tables, as_of: datetime.date, first_orders_known: bool, tax: str, name: str
) -> tuple[pd.DataFrame, pd.DataFrame, str, datetime.date] | Unavailable:
    """First buyers by month and source, and their amounts by age; Unavailable where nobody was watched for a year."""
    if not first_orders_known or tables.span is None:
        return Unavailable(name, reason="repeat.starts_in_the_middle")
    basis = _basis(tables)
    begins = tables.span[0]
    counted, sums = _sums(tables, begins, basis, tax)
    enough = counted[counted["month"] <= _last_month(as_of, YEAR)] if len(counted) else counted
    if not len(enough) or enough["customers"].sum() < FEWEST:
        return Unavailable(name, reason="lifetime_value.few", facts={"n": FEWEST, "months": YEAR})
    return counted, sums, basis, begins


def _basis(tables: Tables) -> str:
    """profit where the cost of enough of the sales is known, else sales."""
    if not tables.has("products") or not tables.has("products.unit_cost") or not tables.has("order_lines.product_id"):
        return "sales"
    found = tables.sql(
        """
        select cast(coalesce(sum(case when p.unit_cost is not null then b.amount end), 0) as bigint) as known,
               cast(coalesce(sum(b.amount), 0) as bigint) as sales
        from bought as b left join products as p on p.product_id = b.product_id where b.customer_id is not null
        """
    ).iloc[0]
    return "profit" if found["sales"] > 0 and found["known"] / found["sales"] >= COVERED else "sales"


_NET = "cast(round(case when :taxed = 1 then l.amount * 100.0 / (100 + coalesce(l.tax_percent, 0)) else l.amount end) as bigint)"
_COST = "case when :profit = 0 then 0 when p.unit_cost is null then {net} else coalesce(l.quantity, 0) * p.unit_cost end"
_PEOPLE = """
        with joined as (
          select customer_id, min(nullif(trim(joined_by), '')) as source, min(joined_on) as joined_on
          from customers group by customer_id),
        firsts as (
          select v.customer_id, v.first_on, coalesce(j.source, '') as source
          from visits as v left join joined as j on j.customer_id = v.customer_id
          where v.nth = 1 and (j.joined_on is null or j.joined_on >= :begins))
"""


def _sums(tables: Tables, begins: datetime.date, basis: str, tax: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    counted = tables.sql(
        _PEOPLE
        + """
        select year(first_on) * 12 + month(first_on) - 1 as month, source, count(*) as customers
        from firsts group by year(first_on) * 12 + month(first_on) - 1, source order by month, source
        """,
        begins=begins,
    )
    # squares: (C + p)² − C² = p · (2C + p), summed: what the age adds to the squares of the cumulative amounts
    sums = tables.sql(
        _PEOPLE
        + f""",
        aged as (
          select f.customer_id, year(f.first_on) * 12 + month(f.first_on) - 1 as month, f.source,
                 cast(ceil(date_diff('day', f.first_on, l.ordered_on) * 12 / 365.0) as bigint) as age,
                 cast(sum({_NET} - {_COST.format(net=_NET)}) as bigint) as amount
          from firsts as f join order_lines as l on l.customer_id = f.customer_id and l.ordered_on >= f.first_on
          left join products as p on p.product_id = l.product_id
          group by f.customer_id, f.first_on, f.source, cast(ceil(date_diff('day', f.first_on, l.ordered_on) * 12 / 365.0) as
            bigint)),
        grown as (
          select month, source, age, amount,
                 sum(amount) over (partition by customer_id order by age rows between unbounded preceding and current row) as
                   reached
          from aged where age <= 24)
        select month, source, age, cast(sum(amount) as bigint) as amount,
               sum(cast(amount as double) * (2.0 * cast(reached as double) - amount)) as squares
        from grown group by month, source, age order by month, source, age
        """,
        begins=begins,
        profit=int(basis == "profit"),
        taxed=int(tax == "included"),
    )
    return counted, sums


def _costs(tables: Tables, watched: pd.DataFrame) -> dict[str, int]:
    """Cost by medium in the months of these first buyers."""
    if not tables.has("acquisition_cost"):
        return {}
    found = tables.sql(
        """
        select trim(medium) as medium, cast(sum(amount) as bigint) as amount from acquisition_cost
        where year(month) * 12 + month(month) - 1 between :first and :last group by trim(medium) order by medium
        """,
        first=int(watched["month"].min()),
        last=int(watched["month"].max()),
    )
    return {str(row["medium"]): int(row["amount"]) for row in records(found) if row["amount"] > 0}


# ---------------------------------------------------------------- what is to be expected
@dataclass(frozen=True)
class Forecast:
    """A forecast that stood its test.

    Attributes:
        model: bgnbd or mbgnbd, the likelier one on the orders before the hold-out.
        tested: by `band` of repeat orders before the hold-out: `customers`, `predicted`, `actual` (orders a customer in the
            hold-out), `low`, `high` (95 % of the actual).
        tracked: by `day` of the hold-out: `predicted`, `actual` orders of all, cumulative.
        now: by band of repeat orders up to today: `customers`, `alive` (mean chance), `orders`, `low`, `high` (a customer in
            the `days` to come; 95 % of the parameters), `value` (money a customer: sales).
        fit, money: the models on all orders.
        days: length of hold-out and forecast.
        error: total predicted ÷ actual − 1. missed: mean distance of the groups, by actual.
        correlation: of repeat orders and mean amount, which Gamma-Gamma takes to be 0.
    """

    model: str
    tested: pd.DataFrame
    tracked: pd.DataFrame
    now: pd.DataFrame
    fit: Fit
    money: Fit | None
    days: int
    split: datetime.date
    error: float
    missed: float
    correlation: float


@needs("order_lines.customer_id")
def forecast(tables: Tables, *, as_of: datetime.date, k: int, first_orders_known: bool) -> Forecast | Unavailable:
    """Orders and sales of the customers there are, over the year to come (or half of the data's length).

    Deliveries of contracts are not counted: they do not come by choice. Members who joined before the data begin are left out.
    Unavailable when a model runs to the boundary, or when the forecast of the hold-out was off: in total by over 15 %, or in
    the mean of the groups by over 20 %.
    """
    name = "lifetime_value.forecast"
    if not first_orders_known or tables.span is None:
        return Unavailable(name, reason="repeat.starts_in_the_middle")
    days = min(365, ((as_of - tables.span[0]).days + 1) // 2)
    split = as_of - datetime.timedelta(days=days)
    before = summary(tables, split, as_of)
    if before["n"].sum() < 10 * FEWEST or (before["x"] > 0).sum() < FEWEST or not before["later"].sum():
        return Unavailable(name, reason="lifetime_value.few_repeats", facts={"n": 10 * FEWEST})
    fits = [fit_orders(model, *_columns(before)) for model in MODELS]
    sound = [fit for fit in fits if fit.sound]
    if not sound:
        return Unavailable(name, reason="lifetime_value.boundary")
    best = max(sound, key=lambda fit: fit.log_likelihood)
    tested = _tested(before, best, days, max(FEWEST, k))
    predicted, actual = (float((tested[c] * tested["customers"]).sum()) for c in ("predicted", "actual"))
    error = predicted / actual - 1
    missed = float((tested["customers"] * (tested["predicted"] - tested["actual"]).abs()).sum()) / actual
    if abs(error) > FAR_OFF or missed > MISSED:
        facts: dict[str, int | float | str] = {"error": error, "missed": missed, "days": days, "n": int(before["n"].sum())}
        return Unavailable(name, reason="lifetime_value.failed", facts=facts)
    today = summary(tables, as_of, as_of)
    fit = fit_orders(best.model, *_columns(today))
    if not fit.sound:
        return Unavailable(name, reason="lifetime_value.boundary")
    money, correlation = _money(today)
    now = _standing(today, fit, money, days, max(FEWEST, k))
    tracked = _tracked(tables, before, best, split, days)
    return Forecast(best.model, tested, tracked, now, fit, money, days, split, error, missed, correlation)


_DAYS = """
        with joined as (select customer_id, min(joined_on) as joined_on from customers group by customer_id),
        days as (
          select o.customer_id, o.ordered_on, cast(sum(o.amount) as bigint) as amount,
                 min(o.ordered_on) over (partition by o.customer_id) as first_on
          from orders as o left join joined as j on j.customer_id = o.customer_id
          where o.customer_id is not null and o.is_order and o.contract_id is null and o.ordered_on <= :as_of
            and (j.joined_on is null or j.joined_on >= :begins)
          group by o.customer_id, o.ordered_on)
"""


def summary(tables: Tables, end: datetime.date, as_of: datetime.date) -> pd.DataFrame:
    """What the models of orders read: customers up to `end` alike in what matters, with their number `n`.

    Returns:
        `x` (repeat days), `t_x` and `age` (weeks from the first order to the last and to `end`), `amount` (of the repeats,
        minor units; it makes rows of repeat buyers nearly single, and Gamma-Gamma needs it), `n`, and of the days with an
        order after `end` up to `as_of` the sums `later` and `squares`.
    """
    assert tables.span is not None
    found = tables.sql(
        _DAYS
        + """,
        people as (
          select customer_id, first_on, max(case when ordered_on <= :end then ordered_on end) as last_on,
                 cast(sum(case when ordered_on <= :end and ordered_on > first_on then 1 else 0 end) as bigint) as x,
                 cast(sum(case when ordered_on <= :end and ordered_on > first_on then amount else 0 end) as bigint) as amount,
                 cast(sum(case when ordered_on > :end then 1 else 0 end) as bigint) as later
          from days where first_on <= :end group by customer_id, first_on)
        select x, date_diff('day', first_on, last_on) as t_x, date_diff('day', first_on, :end) as age, amount,
               count(*) as n, cast(sum(later) as bigint) as later, cast(sum(later * later) as bigint) as squares
        from people group by x, date_diff('day', first_on, last_on), date_diff('day', first_on, :end), amount
        order by x, t_x, age, amount
        """,
        begins=tables.span[0],
        as_of=as_of,
        end=end,
    )
    return found.assign(t_x=found["t_x"] / 7, age=found["age"] / 7)


def _columns(counts: pd.DataFrame) -> tuple[Array, Array, Array, Array]:
    """x, t_x, age, n without the amounts; in whole weeks where there are very many different ones."""
    told = counts[["x", "t_x", "age", "n"]]
    if len(told) > DISTINCT:
        told = told.assign(t_x=told["t_x"].round(), age=told["age"].round())
        told = told.assign(age=np.maximum(told["age"], told["t_x"]))
    held = told.groupby(["x", "t_x", "age"])["n"].sum().reset_index()
    x, t_x, age, n = (held[c].to_numpy(float) for c in ("x", "t_x", "age", "n"))
    return x, t_x, age, n


def _bands(x: pd.Series, n: pd.Series, floor: int) -> list[int]:
    """First repeats of each band; bands of too few people join the one before."""
    starts: list[int] = []
    for start, stop in zip(BANDS, [*BANDS[1:], math.inf], strict=True):
        if starts and n[(x >= start) & (x < stop)].sum() < floor:
            continue
        starts.append(start)
    return starts


def _banded(counts: pd.DataFrame, floor: int) -> pd.DataFrame:
    starts = _bands(counts["x"], counts["n"], floor)
    place = np.searchsorted(starts, counts["x"].to_numpy(), side="right") - 1
    return counts.assign(band=place, first=np.array(starts)[place])


def _per_row(counts: pd.DataFrame, tell: Callable[[Array, Array, Array], Array]) -> NDArray[np.float64]:
    """A forecast for each row, worked out once for equal x, t_x and age."""
    if len(counts) > DISTINCT:
        t_x = counts["t_x"].round()
        counts = counts.assign(t_x=t_x, age=np.maximum(counts["age"].round(), t_x))
    keys = counts.groupby(["x", "t_x", "age"], sort=False)
    distinct = keys.size().index.to_frame(index=False)
    told = tell(*(distinct[c].to_numpy(float) for c in ("x", "t_x", "age")))
    return np.asarray(told[keys.ngroup().to_numpy()])


def _tested(counts: pd.DataFrame, fit: Fit, days: int, floor: int) -> pd.DataFrame:
    weeks = days / 7
    foretold = _per_row(counts, lambda x, t_x, age: expected_orders(fit.model, fit.values, x, t_x, age, weeks))
    rows = _banded(counts.assign(predicted=foretold * counts["n"]), floor).groupby("band")
    found = rows.agg(
        first=("first", "min"),
        top=("x", "max"),
        customers=("n", "sum"),
        later=("later", "sum"),
        squares=("squares", "sum"),
        predicted=("predicted", "sum"),
    )
    found[["predicted", "actual"]] = found[["predicted", "later"]].to_numpy() / found[["customers"]].to_numpy()
    variance = found["squares"] / found["customers"] - found["actual"] ** 2
    spread = Z * np.sqrt(np.maximum(variance, 0) / np.maximum(found["customers"] - 1, 1))
    found = found.assign(low=np.maximum(0, found["actual"] - spread), high=found["actual"] + spread)
    return found.drop(columns=["later", "squares"]).reset_index(drop=True)


def _money(counts: pd.DataFrame) -> tuple[Fit | None, float]:
    """Gamma-Gamma on the repeat buyers, and how far its assumption is from the data; None where it cannot be fitted."""
    bought = counts[(counts["x"] > 0) & (counts["amount"] > 0)]
    x, n = bought["x"].to_numpy(float), bought["n"].to_numpy(float)
    mean = bought["amount"].to_numpy(float) / x
    if len(bought) > DISTINCT:  # a grid of 1 % steps of the mean says the same
        step = np.round(np.log(mean) / 0.01).astype(int)
        held = pd.DataFrame({"x": x, "step": step, "n": n}).groupby(["x", "step"], as_index=False)["n"].sum()
        x, mean, n = held["x"].to_numpy(float), np.exp(held["step"].to_numpy(float) * 0.01), held["n"].to_numpy(float)
    middle = np.average(np.column_stack([x, mean]), axis=0, weights=n)
    apart = np.column_stack([x, mean]) - middle
    moments = (apart * n[:, None]).T @ apart
    correlation = float(moments[0, 1] / math.sqrt(moments[0, 0] * moments[1, 1])) if moments[0, 0] > 0 < moments[1, 1] else 0.0
    scale = float(middle[1])
    fit = fit_money(x, mean / scale, n)  # in mean orders: the same shape whatever the currency
    values = fit.values * np.array([1, 1, scale])
    fit = Fit(fit.model, values, fit.covariance, fit.log_likelihood - float(n.sum()) * math.log(scale), fit.sound)
    return (fit if fit.sound and fit.values[1] > 1 else None), correlation


def _standing(counts: pd.DataFrame, fit: Fit, money: Fit | None, days: int, floor: int) -> pd.DataFrame:
    weeks = days / 7

    def orders(values: Array) -> NDArray[np.float64]:
        return _per_row(counts, lambda x, t_x, age: expected_orders(fit.model, values, x, t_x, age, weeks))

    told = orders(fit.values)
    alive = _per_row(counts, lambda x, t_x, age: probability_alive(fit, x, t_x, age))
    x = counts["x"].to_numpy(float)
    mean = np.divide(counts["amount"].to_numpy(float), x, out=np.zeros_like(x), where=x > 0)
    each = expected_money(money.values, x, np.maximum(mean, 0)) if money else np.full_like(x, np.nan)
    n = counts["n"].to_numpy(float)
    banded = _banded(counts.assign(alive=alive * n, orders=told * n, value=told * each * n), floor)
    rows = banded.groupby("band").agg(
        first=("first", "min"),
        top=("x", "max"),
        customers=("n", "sum"),
        alive=("alive", "sum"),
        orders=("orders", "sum"),
        value=("value", lambda part: part.sum(skipna=False)),
    )
    rows[["alive", "orders", "value"]] = rows[["alive", "orders", "value"]].div(rows["customers"], axis=0)
    slopes = []
    for i in range(len(fit.values)):  # delta method in the logarithms of the parameters
        up, down = (fit.values * np.exp(s * 0.01 * np.eye(len(fit.values))[i]) for s in (1, -1))
        slopes.append(
            pd.Series((orders(up) - orders(down)) / 0.02 * n).groupby(banded["band"].to_numpy()).sum() / rows["customers"]
        )
    slope = np.column_stack(slopes)
    spread = Z * np.sqrt(np.einsum("ij,jk,ik->i", slope, fit.covariance, slope))
    return rows.assign(low=np.maximum(0, rows["orders"] - spread), high=rows["orders"] + spread).reset_index(drop=True)


def _tracked(tables: Tables, before: pd.DataFrame, fit: Fit, split: datetime.date, days: int) -> pd.DataFrame:
    """Orders of all customers known at the split, cumulative over the hold-out at 13 days spread over it."""
    assert tables.span is not None
    found = tables.sql(
        _DAYS
        + """
        select date_diff('day', :split, ordered_on) as day, count(*) as orders from days
        where first_on <= :split and ordered_on > :split group by date_diff('day', :split, ordered_on) order by day
        """,
        begins=tables.span[0],
        as_of=split + datetime.timedelta(days=days),
        split=split,
    )
    actual = found.set_index("day")["orders"].reindex(range(1, days + 1), fill_value=0).cumsum()
    n = before["n"].to_numpy(float)
    rows = [{"day": 0, "predicted": 0.0, "actual": 0.0}]
    for part in range(1, 14):
        day = round(days * part / 13)
        told = _per_row(before, lambda x, t_x, age, d=day: expected_orders(fit.model, fit.values, x, t_x, age, d / 7))  # type: ignore[misc]
        rows.append({"day": day, "predicted": float(n @ told), "actual": float(actual[day])})
    return pd.DataFrame(rows)
