"""Change and difference: what moved in one part of the customers or of the sales as it did not move in the others.

Every value (element) of every dimension, the client's own fields included, is compared with the rest: how its buyers, their
orders and the money an order changed between the periods (change), and how many of its people came back (difference). The
unit is the customer. Standard errors are those of the Poisson bootstrap over customers to the first order, from sums of
squares, so that size does not matter. All comparisons are one family, corrected by Benjamini and Hochberg (1995); a finding
must besides point the same way in both halves of the customers (split by hash) and be worth a share of the sales.
"""

from __future__ import annotations

import datetime
import itertools
import math
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.estimates import benjamini_hochberg
from crm_helpers.metrics.intervals import Z, newcombe
from crm_helpers.metrics.repeat import FEWEST
from crm_helpers.params.periods import Period, Periods

FALSE_SHARE = 0.10  # of the findings that are told at most so many are chance
MATTERS = 0.001  # of the sales: under this a difference is not told
HALVES = 0.05  # one-sided: each half of the customers must show it by itself
SURE = 0.01  # adjusted: confidence is high
CLEAR = 4.0  # standard errors from which an element no longer counts among the rest of the others
FIRST = 7  # findings that go on
F2_DAYS = 180
SHIFTED = 0.03  # a channel whose identified share moved by more is not compared between the periods
CHANGES = ("buyers", "frequency", "basket")
SALES = "sales"
RATES = ("stay", "f2")
FIELDS = ("b0", "b1", "o0", "o1", "s0", "s1")
PAIRS = tuple(itertools.combinations_with_replacement(range(len(FIELDS)), 2))
PRODUCTS = tuple(f"m{i}{j}" for i, j in PAIRS)
PEOPLE = ("gender", "prefecture", "joined_by", "joined_store_id", "preferred_channel")
AGE, CATEGORY = "age", "category"


@needs("order_lines.customer_id")
def scan(
    tables: Tables, *, as_of: datetime.date, periods: Periods | None, k: int, first_orders_known: bool
) -> pd.DataFrame | Unavailable:
    """Every comparison there is enough data for, findings first by the money at stake (which overlaps and has no sum).

    Money at stake: what the element sold less than it would have with the rest's change (or sold more); of a rate, the people
    it lacks times what one who came back spent. Elements need FEWEST (or `k`) people on both sides.

    Returns:
        One row a comparison: `dimension`, `element`, `measure` (buyers, frequency, basket, sales: change; stay, f2: rates),
        `n` (people), `own`, `rest` (changes as rates −1…, or rates 0–1), `gap` (own − rest), `low`, `high` (95 %), `p`, `q`
        (adjusted), `stake` (minor units, signed), `stake_low`, `stake_high`, `found` (told), `people` (a part of people, not of
        sales), `sure` (high, medium), `label` (the element as people call it), `mix` and `within` (of frequency and basket: how
        all customers' mean moved by the shares of the elements, and within them); and on all rows `sales` (of all compared, this
        period), `family`, `halves` (first day of the second half of the current period) and `shifted` (channels left out of
        changes, joined by a comma).
    """
    if periods is None:
        return Unavailable("findings.scan", reason="findings.no_periods")
    shifted = _shifted(tables, periods)
    middle = periods.current.start + datetime.timedelta(days=periods.current.days // 2)
    floor = max(FEWEST, k)
    held = _held(tables, periods, middle, shifted, as_of)
    rows = [*_changes(held, floor), *_stays(held, floor, _spend(tables, Period(middle, periods.current.end)))]
    if first_orders_known and tables.span is not None:
        rows += _seconds(tables, as_of, floor, periods)
    table = pd.DataFrame(rows)
    if not len(table):
        return Unavailable("findings.scan", reason="findings.few", facts={"n": floor})
    table["q"] = adjusted(table["p"].to_numpy())
    least = MATTERS * abs(float(held.loc[held["dimension"] == "", "s1"].sum()))
    told = benjamini_hochberg(table["p"].tolist(), FALSE_SHARE)
    least_z = NormalDist().inv_cdf(1 - HALVES)
    both = (np.minimum(table["z_0"].abs(), table["z_1"].abs()) > least_z) & (table["z_0"] * table["z_1"] > 0)
    table["found"] = np.array(told) & both & (table["stake"].abs() >= least)
    table["sure"] = np.where(table["q"] < SURE, "high", "medium")
    table = table.assign(weight=table["stake"].abs(), kind=table["measure"].isin(RATES)).sort_values(
        ["found", "weight", "dimension", "element", "measure"], ascending=[False, False, True, True, True]
    )
    first = table[table["measure"] == "f2"]  # says more of new customers than who stayed does
    second = table["measure"].eq("stay") & table.set_index(["dimension", "element"]).index.isin(
        first.loc[first["found"]].set_index(["dimension", "element"]).index
    )
    again = table[~second].duplicated(["dimension", "element", "kind"]) | table[~second].duplicated(["element", "measure"])
    once = table["found"] & ~again.reindex(table.index, fill_value=True)  # of an element its weightiest change, and one rate
    table = pd.concat([table[once], table[~once].assign(found=False)]).reset_index(drop=True)
    table["people"] = table["dimension"].isin(list(_people(tables, as_of)))
    names = _store_names(tables)
    stores = table["dimension"].isin(("store_id", "joined_store_id"))
    table["label"] = table["element"].mask(stores, table["element"].map(lambda name: names.get(name, name)))
    table["label"] = table["label"].mask(table["dimension"] == AGE, table["element"].map(lambda age: f"{age}–{str(age)[:-1]}9"))
    return (
        table.reindex(columns=[*table.columns.drop(["mix", "within"], errors="ignore"), "mix", "within"])
        .drop(columns=["z", "z_0", "z_1", "weight", "kind"])
        .assign(
            sales=int(held.loc[held["dimension"] == "", "s1"].sum()),
            family=len(table),
            halves=middle.isoformat(),
            shifted=",".join(shifted),
        )
    )


def adjusted(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Benjamini and Hochberg's adjusted p-values, in the order given."""
    order = np.argsort(values)
    steps = values[order] * len(values) / np.arange(1, len(values) + 1)
    told = np.minimum(1.0, np.minimum.accumulate(steps[::-1])[::-1])
    return np.asarray(told[np.argsort(order)])


def mix_and_rate(weights: NDArray[np.float64], rates: NDArray[np.float64]) -> tuple[float, float]:
    """Kitagawa's split of the change of a mean: moved by the groups' shares (mix) and within the groups (rate).

    `weights` and `rates` have two rows, before and now; weights are heads. The parts add up to the change of the mean.
    """
    shares = weights / weights.sum(axis=1, keepdims=True)
    level, share = rates.mean(axis=0), shares.mean(axis=0)
    middle = float((shares * rates).sum(axis=1).mean())
    return float(((level - middle) * (shares[1] - shares[0])).sum()), float((share * (rates[1] - rates[0])).sum())


# ---------------------------------------------------------------- change
def _changes(held: pd.DataFrame, floor: int) -> list[dict[str, object]]:
    """Element against rest: the change of buyers, of orders a buyer and of money an order; of dimensions of sales the sales.

    (How many people bought a thing at all depends on how often they buy, so of things only the sales are compared.)
    """
    rows: list[dict[str, object]] = []
    for dimension, group in _dimensions(held):
        overlaps = bool(group["overlaps"].iloc[0])
        everybody = _halves(held[held["dimension"] == ""])
        parts = {str(element): _halves(part) for element, part in group.groupby("element", sort=True)}
        whole = _halves(group)
        for measure in (SALES,) if overlaps else CHANGES:
            rest, left, split = whole, dict(parts), {} if overlaps else _split(parts, measure)
            while left:  # the clearest element first; it leaves the rest that the others are compared with
                told = {
                    name: _change(part, _less(rest, part, everybody if overlaps else None), measure, floor)
                    for name, part in left.items()
                }
                kept = {name: row for name, row in told.items() if row is not None}
                clear = max(kept, key=lambda name: (abs(float(kept[name]["z"])), name), default=None)
                one = clear is not None and abs(float(kept[clear]["z"])) > CLEAR
                for name in [clear] if one else sorted(kept):
                    rows.append({"dimension": dimension, "element": str(name), "measure": measure, **kept[str(name)], **split})
                if not one or clear is None:
                    break
                rest = _less(rest, left.pop(clear), everybody if overlaps else None)
    return rows


def _change(
    told: dict[tuple[int, ...], Moments], rest: dict[tuple[int, ...], Moments], measure: str, floor: int
) -> dict[str, float] | None:
    """One comparison; None where a side has too few buyers or nothing sold."""
    own, other = told[0, 1], rest[0, 1]
    if min(own[0][:2].min(), other[0][:2].min()) < floor or min(own[0].min(), other[0].min()) <= 0:
        return None
    gap, error = _gap(own, other, measure)
    if error == 0:
        return None
    before, now = own[0][4:6]
    weight = (now - before) / math.log(now / before) if now != before else now
    base = _log(other, measure)
    return {
        "n": int(own[0][1]),
        "own": math.expm1(_log(own, measure)),
        "rest": math.expm1(base),
        "gap": math.expm1(base + gap) - math.expm1(base),
        "low": math.expm1(base + gap - Z * error) - math.expm1(base),
        "high": math.expm1(base + gap + Z * error) - math.expm1(base),
        "p": _p_value(gap / error, int(min(own[0][:2].min(), other[0][:2].min()))),
        "z": gap / error,
        "z_0": _z(told[0,], rest[0,], measure),
        "z_1": _z(told[1,], rest[1,], measure),
        "stake": weight * gap,
        "stake_low": weight * (gap - Z * error),
        "stake_high": weight * (gap + Z * error),
    }


def _split(parts: dict[str, dict[tuple[int, ...], Moments]], measure: str) -> dict[str, float]:
    """How the mean of all moved by the shares of the elements (mix) and within them (within); nothing for buyers."""
    if measure == "buyers":
        return {}
    i = CHANGES.index(measure)
    sums = np.array([part[0, 1][0] for part in parts.values()])
    if not (sums[:, 2 * i - 2 : 2 * i].sum(axis=0) > 0).all():
        return {}
    heads, rates = sums[:, 2 * i - 2 : 2 * i].T, (sums[:, 2 * i : 2 * i + 2] / np.maximum(sums[:, 2 * i - 2 : 2 * i], 1)).T
    mix, within = mix_and_rate(heads, rates)
    return {"mix": mix, "within": within}


def _dimensions(held: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return [(str(name), part) for name, part in held[held["dimension"] != ""].groupby("dimension", sort=True)]


Moments = tuple[NDArray[np.float64], NDArray[np.float64]]


def _halves(part: pd.DataFrame) -> dict[tuple[int, ...], Moments]:
    """The moments of all and of each half of the customers: sums of the six fields, and of their products over customers."""
    values, side = part[[*FIELDS, *PRODUCTS]].to_numpy(float), part["half"].to_numpy()
    one, other = (_moments(values[side == half].sum(axis=0)) for half in (0, 1))
    return {(0, 1): (one[0] + other[0], one[1] + other[1]), (0,): one, (1,): other}


def _moments(sums: NDArray[np.float64]) -> Moments:
    products = np.zeros((6, 6))
    for (i, j), value in zip(PAIRS, sums[6:], strict=True):
        products[i, j] = products[j, i] = value
    return sums[:6], products


def _less(
    whole: dict[tuple[int, ...], Moments], part: dict[tuple[int, ...], Moments], everybody: dict[tuple[int, ...], Moments] | None
) -> dict[tuple[int, ...], Moments]:
    """The rest. Where customers are in several elements their products do not subtract: those of all their sales stand in,
    which are larger, so that the error is told rather too large.
    """
    return {
        half: (whole[half][0] - part[half][0], everybody[half][1] if everybody else whole[half][1] - part[half][1])
        for half in whole
    }


def _weights(measure: str) -> NDArray[np.float64]:
    """How the logarithms of buyers, orders and sales make up the measure."""
    if measure == SALES:
        return np.array([0.0, 0.0, 1.0])
    i = CHANGES.index(measure)
    return np.asarray(np.eye(3)[i] - (np.eye(3)[i - 1] if i else 0))


def _log(told: Moments, measure: str) -> float:
    """The logarithm of the change: of buyers, of orders by buyers, of money by orders, or of sales."""
    return float(_weights(measure) @ np.log(told[0][1::2] / told[0][0::2]))


def _variance(told: Moments, measure: str) -> float:
    """Of `_log` when customers are drawn anew (Poisson): the sum over customers of the squared influence."""
    influence = np.repeat(_weights(measure), 2) * np.tile([-1.0, 1.0], 3) / told[0]
    return float(influence @ told[1] @ influence)


def _gap(told: Moments, rest: Moments, measure: str) -> tuple[float, float]:
    error = math.sqrt(max(0.0, _variance(told, measure) + _variance(rest, measure)))
    return _log(told, measure) - _log(rest, measure), error


def _p_value(z: float, people: int) -> float:
    """Two-sided, of Student's t with people − 1 degrees of freedom (Abramowitz and Stegun 26.7.8)."""
    df = people - 1
    return 2 * NormalDist().cdf(-abs(z) * (1 - 1 / (4 * df)) / math.sqrt(1 + z * z / (2 * df)))


def _z(told: Moments, rest: Moments, measure: str) -> float:
    if min(told[0].min(), rest[0].min()) <= 0:
        return 0.0
    gap, error = _gap(told, rest, measure)
    return gap / error if error else 0.0


# ---------------------------------------------------------------- difference
def _stays(held: pd.DataFrame, floor: int, spend: float) -> list[dict[str, object]]:
    """Of those who bought in the first half of the current period, the share that bought in the second."""
    return _rates(held.rename(columns={"early": "n", "stayed": "came"}), "stay", floor, spend)


def _rates(held: pd.DataFrame, measure: str, floor: int, spend: float) -> list[dict[str, object]]:
    """Element against rest, the clearest element leaving the rest of the others as in `_changes`."""
    rows: list[dict[str, object]] = []
    for dimension, group in _dimensions(held):
        left = {str(element): _by_half(part) for element, part in group.groupby("element", sort=True)}
        rest = _by_half(group)
        while left:
            told = {name: _rate(part, rest - part, floor, spend) for name, part in left.items()}
            kept = {name: row for name, row in told.items() if row is not None}
            clear = max(kept, key=lambda name: (abs(float(kept[name]["z"])), name), default=None)
            one = clear is not None and abs(float(kept[clear]["z"])) > CLEAR
            for name in [clear] if one else sorted(kept):
                rows.append({"dimension": dimension, "element": str(name), "measure": measure, **kept[str(name)]})
            if not one or clear is None:
                break
            rest = rest - left.pop(clear)
    return rows


def _by_half(part: pd.DataFrame) -> NDArray[np.int64]:
    """(n, came) of the two halves of the customers."""
    values, side = part[["n", "came"]].to_numpy(dtype=np.int64), part["half"].to_numpy()
    return np.array([values[side == half].sum(axis=0) for half in (0, 1)])


def _rate(own: NDArray[np.int64], rest: NDArray[np.int64], floor: int, spend: float) -> dict[str, float] | None:
    (n, came), (other_n, other) = (map(int, part.sum(axis=0)) for part in (own, rest))
    if min(n, other_n) < floor or not 0 < came + other < n + other_n:
        return None
    gap, low, high = newcombe(came, n, other, other_n)
    z = _two_rates(came, n, other, other_n)
    halves = [_two_rates(int(own[h, 1]), int(own[h, 0]), int(rest[h, 1]), int(rest[h, 0])) for h in (0, 1)]
    return {
        "n": n,
        "own": came / n,
        "rest": other / other_n,
        "gap": gap,
        "low": low,
        "high": high,
        "p": 2 * NormalDist().cdf(-abs(z)),
        "z": z,
        "z_0": halves[0],
        "z_1": halves[1],
        "stake": gap * n * spend,
        "stake_low": low * n * spend,
        "stake_high": high * n * spend,
    }


def _two_rates(count: int, n: int, other: int, other_n: int) -> float:
    """z of the difference of two rates with the pooled variance; 0 where there is nothing to compare."""
    if not n or not other_n:
        return 0.0
    pooled = (count + other) / (n + other_n)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / other_n))
    return (count / n - other / other_n) / error if error else 0.0


def _seconds(tables: Tables, as_of: datetime.date, floor: int, periods: Periods) -> list[dict[str, object]]:
    """F2 of first buyers by what they are; those who joined before the data begin are left out."""
    dimensions = _people(tables, as_of)
    if not dimensions:
        return []
    assert tables.span is not None
    found = tables.sql(
        f"""
        with {_attributes(dimensions)},
        joined as (select customer_id, min(joined_on) as joined_on from customers group by customer_id),
        firsts as (
          select v.customer_id, {_HALF.format(id="v.customer_id")} as half,
                 case when date_diff('day', v.ordered_on, v.next_on) <= :days then 1 else 0 end as came
          from visits as v left join joined as j on j.customer_id = v.customer_id
          where v.nth = 1 and date_diff('day', v.first_on, :as_of) >= :days and (j.joined_on is null or j.joined_on >= :begins))
        select a.dimension, a.element, f.half, count(*) as n, cast(sum(f.came) as bigint) as came
        from firsts as f join attributes as a on a.customer_id = f.customer_id group by a.dimension, a.element, f.half
        """,
        as_of=as_of,
        begins=tables.span[0],
        days=F2_DAYS,
    )
    years = max(1, (as_of - tables.span[0]).days - F2_DAYS) / 365  # money at stake is that of one year's first buyers
    return _rates(found, "f2", floor, _spend(tables, periods.current) / years)


def _store_names(tables: Tables) -> dict[str, str]:
    if not tables.has("stores") or not tables.has("stores.name"):
        return {}
    return {
        str(r["store_id"]): str(r["name"])
        for r in records(tables.sql("select store_id, name from stores where name is not null"))
    }


def _spend(tables: Tables, period: Period) -> float:
    """What a member who bought in these days spent in them."""
    found = tables.sql(
        """
        select cast(coalesce(sum(amount), 0) as bigint) as sales, count(distinct customer_id) as customers
        from customer_day where orders > 0 and ordered_on between :start and :end
        """,
        start=period.start,
        end=period.end,
    ).iloc[0]
    return float(found["sales"] / found["customers"]) if found["customers"] else 0.0


# ---------------------------------------------------------------- reading
_HALF = "case when substr(md5({id}), 1, 1) < '8' then 0 else 1 end"


def _people(tables: Tables, as_of: datetime.date) -> dict[str, str]:
    """Dimension → SQL over `customers` for what a member is; ranks are left out, as purchases make them."""
    if not tables.has("customers"):
        return {}
    told = {name: f"nullif(trim({name}), '')" for name in PEOPLE if tables.has(f"customers.{name}")}
    if tables.has("customers.birth_year"):
        told[AGE] = f"cast(cast(floor(({as_of.year} - birth_year) / 10.0) as bigint) * 10 as varchar)"
    return told | {name: f'cast("{name}" as varchar)' for name in tables.dimensions("customers")}


def _sold(tables: Tables) -> dict[str, str]:
    """Dimension → SQL over `order_lines` l and `products` p for what was bought where."""
    told = {name: f"l.{name}" for name in ("channel", "store_id") if tables.has(f"order_lines.{name}")}
    if tables.has("products") and tables.has("products.category") and tables.has("order_lines.product_id"):
        told[CATEGORY] = "p.category"
    return told | {name: f'cast(l."{name}" as varchar)' for name in tables.dimensions("order_lines")}


def _attributes(dimensions: dict[str, str]) -> str:
    parts = (f"select customer_id, '{name}' as dimension, {sql} as element from customers" for name, sql in dimensions.items())
    return f"attributes as (select * from ({' union all '.join(parts)}) as told where element is not null)"


def _held(
    tables: Tables, periods: Periods, middle: datetime.date, shifted: tuple[str, ...], as_of: datetime.date
) -> pd.DataFrame:
    """Per dimension, element and half of the customers: the sums of the fields and of their products, and who stayed.

    Dimension '' is everybody. `overlaps`: a customer may be in several elements (dimensions of sales); of the rates a customer
    is in one only, that of the last purchase in the first half, as who buys much would else be in all of them.
    """
    people, sold = _people(tables, as_of), _sold(tables)
    fields = ", ".join(f"cast(sum({name}) as bigint) as {name}" for name in FIELDS)
    products = ", ".join(f"sum(cast({FIELDS[i]} as double) * cast({FIELDS[j]} as double)) as m{i}{j}" for i, j in PAIRS)
    sums = f"{fields}, {products}, cast(sum(early) as bigint) as early, cast(sum(early * later) as bigint) as stayed"
    each = """
        cast(sum(case when fit = 1 and now = 0 and amount >= 0 then 1 else 0 end) as bigint) as o0,
        cast(sum(case when fit = 1 and now = 1 and amount >= 0 then 1 else 0 end) as bigint) as o1,
        cast(sum(case when fit = 1 and now = 0 then amount else 0 end) as bigint) as s0,
        cast(sum(case when fit = 1 and now = 1 then amount else 0 end) as bigint) as s1,
        max(case when now = 1 and fit = 1 and amount >= 0 then 1 else 0 end) as b1,
        max(case when now = 0 and fit = 1 and amount >= 0 then 1 else 0 end) as b0"""
    half = _HALF.format(id="customer_id")
    kept = ", ".join(f"c.{name}" for name in FIELDS)
    chosen = [f"select '' as dimension, '' as element, false as overlaps, c.half, {kept}, c.early, c.later from people as c"]
    if people:
        chosen.append(
            f"""select a.dimension, a.element, false as overlaps, c.half, {kept}, c.early, c.later from people as c
            join attributes as a on a.customer_id = c.customer_id"""
        )
    elements = " union all ".join(
        f"select customer_id, order_id, ordered_on, now, fit, '{name}' as dimension, {name} as element,"
        f" cast(sum(amount) as bigint)"
        f" as amount from lines where {name} is not null group by customer_id, order_id, ordered_on, now, fit, {name}"
        for name in sold
    )
    by_sold = (
        f""",
        parts as ({elements}),
        cells as (select customer_id, dimension, element, {each} from parts group by customer_id, dimension, element),
        latest as (
          select customer_id, dimension, element, row_number() over (
            partition by customer_id, dimension order by ordered_on desc, amount desc, element) as nth
          from parts where now = 1 and ordered_on < :middle and amount >= 0)"""
        if sold
        else ""
    )
    if sold:
        chosen.append(
            f"""select c.dimension, c.element, true as overlaps, t.half, {kept},
                     case when l.customer_id is null then 0 else t.early end as early, t.later
              from cells as c join people as t on t.customer_id = c.customer_id
              left join latest as l on l.customer_id = c.customer_id and l.dimension = c.dimension and l.element = c.element
                and l.nth = 1"""
        )
    own = "".join(f", {sql} as {name}" for name, sql in sold.items())
    return tables.sql(
        f"""
        with lines as (
          select l.customer_id, l.order_id, l.ordered_on, l.amount{own},
                 case when l.ordered_on >= :start then 1 else 0 end as now,
                 case when l.contract_id is not null or coalesce(l.channel, '') in (:shifted) then 0 else 1 end as fit
          from order_lines as l left join apart on apart.customer_id = l.customer_id
          left join products as p on p.product_id = l.product_id
          where l.customer_id is not null and apart.customer_id is null
            and (l.ordered_on between :start and :end or l.ordered_on between :before and :before_end)),
        placed as (
          select customer_id, order_id, ordered_on, now, fit, cast(sum(amount) as bigint) as amount
          from lines group by customer_id, order_id, ordered_on, now, fit),
        people as (
          select customer_id, {half} as half, {each},
            max(case when now = 1 and ordered_on < :middle and amount >= 0 then 1 else 0 end) as early,
            max(case when now = 1 and ordered_on >= :middle and amount >= 0 then 1 else 0 end) as later
          from placed group by customer_id){by_sold}
        {"," + _attributes(people) if people else ""}
        select dimension, element, overlaps, half, {sums} from ({" union all ".join(chosen)}) as told
        group by dimension, element, overlaps, half order by dimension, element, half
        """,
        start=periods.current.start,
        end=periods.current.end,
        before=periods.compare.start,
        before_end=periods.compare.end,
        middle=middle,
        shifted=list(shifted) or ["\n"],
    )


def _shifted(tables: Tables, periods: Periods) -> tuple[str, ...]:
    """Channels in which the share of sales with a member number moved by more than SHIFTED: other people are counted."""
    if not tables.has("order_lines.channel"):
        return ()
    found = tables.sql(
        """
        with sold as (
          select coalesce(channel, '') as channel, ordered_on as day, amount,
                 case when customer_id is null then 0 else 1 end as known from bought where apart_id is null
          union all
          select coalesce(channel, '') as channel, sold_on as day, amount, 0 as known from day_totals)
        select channel, case when day >= :start then 1 else 0 end as now, cast(sum(amount) as bigint) as sales,
               cast(sum(amount * known) as bigint) as known
        from sold where day between :start and :end or day between :before and :before_end
        group by channel, case when day >= :start then 1 else 0 end order by channel, now
        """,
        start=periods.current.start,
        end=periods.current.end,
        before=periods.compare.start,
        before_end=periods.compare.end,
    )
    share = {(str(r["channel"]), int(r["now"])): r["known"] / r["sales"] for r in records(found) if r["sales"] > 0}
    both = sorted({channel for channel, _ in share if (channel, 0) in share and (channel, 1) in share})
    return tuple(channel for channel in both if abs(share[channel, 1] - share[channel, 0]) > SHIFTED)
