"""Cross purchase: who buys one class of product buys which other, and what is bought next.

Whoever buys often meets everything, so the plain lift is large for every pair. The ratio here is Mantel and Haenszel's over
strata
of days with an order (variance: Greenland and Robins 1985): within the same number of purchases, how many times as many of the
buyers of A buy B as of those who do not buy A. All ordered pairs are one family, corrected by Benjamini and Hochberg.
"""

from __future__ import annotations

import datetime
import math
import re
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.rules.rows import FEES
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.findings import adjusted
from crm_helpers.metrics.intervals import Z, wilson
from crm_helpers.metrics.repeat import FEWEST
from crm_helpers.params.periods import Periods

DAYS = 90
CLASSES = 12  # most bought
STRATA = (1, 2, 3, 5, 9)  # days with an order, from … on
NEARLY_ALL = 0.8  # of the buyers: nobody is left to sell it to
TOLD = 0.05  # share of false among the pairs told


@needs("order_lines.customer_id", "order_lines.product_id", "products.category")
def pairs(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Ordered pairs of product classes in the current period (the last 12 months without periods), strongest first.

    Classes are the subcategories (categories where there are none); fees, gifts of 0 yen and what was only returned do not
    count, nor does B when nearly all buy it. Pairs need FEWEST (or `k`) buyers of A, of B, and expect at least 5 who buy both.

    Returns:
        One row a pair `a`, `b`: `n_a`, `n_b`, `both`, `customers`, `rate` (of A's buyers those who buy B), `rate_all`, `lift`
        (plain: rate by rate_all), `ratio` (stratified) with `low`, `high` (95 %), `q`, `told` (q ≤ 5 % and ratio above 1),
        `next_n` (buyers of A watched for 90 days), `next_rate` (bought B on a later day within 90 days) with `next_low`,
        `next_high`; `family` on all rows.
    """
    end = periods.current.end if periods else tables.as_of
    start = periods.current.start if periods else end - datetime.timedelta(days=364)
    floor = max(FEWEST, k)
    sold = tables.sql(
        f"""
        with goods as (select product_id, {_CLASS} as class from products where category is not null),
        held as (
          select distinct l.customer_id, g.class from bought as l join goods as g on g.product_id = l.product_id {_COUNTED})
        select class, count(*) as n from held group by class having count(*) >= :floor order by n desc, class
        """,
        start=start,
        end=end,
        floor=floor,
    )
    chosen = [str(name) for name in sold["class"] if not re.search(FEES, str(name))][:CLASSES]
    if len(chosen) < 2:
        return Unavailable("cross_purchase.pairs", reason="cross_purchase.few", facts={"n": floor})
    days = _days(tables, chosen, start, end)
    sets = _sets(tables, days, len(chosen))
    people = _by_stratum(sets)
    own = {a: _by_stratum(sets[sets[f"c{i}"] == 1]) for i, a in enumerate(chosen)}
    met = {
        (a, b): _by_stratum(sets[(sets[f"c{i}"] == 1) & (sets[f"c{j}"] == 1)])
        for i, a in enumerate(chosen)
        for j, b in enumerate(chosen)
        if i != j
    }
    after = _next(tables, days, chosen, end)
    rows = []
    for a in chosen:
        for b in chosen:
            if a == b or own[a].sum() * own[b].sum() / people.sum() < 5 or own[b].sum() > NEARLY_ALL * people.sum():
                continue
            both = met[a, b]
            ratio, error = mantel_haenszel(both, own[a], own[b] - both, people - own[a])
            if math.isnan(error) or error == 0:
                continue
            rate, overall = both.sum() / own[a].sum(), own[b].sum() / people.sum()
            came, n = after.get((a, b), 0), after.get((a, a), 0)
            low, high = wilson(came, n)
            rows.append(
                {
                    "a": a,
                    "b": b,
                    "n_a": int(own[a].sum()),
                    "n_b": int(own[b].sum()),
                    "both": int(both.sum()),
                    "customers": int(people.sum()),
                    "rate": rate,
                    "rate_all": overall,
                    "lift": rate / overall,
                    "ratio": ratio,
                    "low": ratio * math.exp(-Z * error),
                    "high": ratio * math.exp(Z * error),
                    "p": 2 * NormalDist().cdf(-abs(math.log(ratio) / error)),
                    "next_n": n,
                    "next_rate": came / n if n else math.nan,
                    "next_low": low,
                    "next_high": high,
                }
            )
    if not rows:
        return Unavailable("cross_purchase.pairs", reason="cross_purchase.few", facts={"n": floor})
    table = pd.DataFrame(rows)
    table["q"] = adjusted(table["p"].to_numpy())
    table["told"] = (table["q"] <= TOLD) & (table["ratio"] > 1)
    hidden = table["both"] < k
    table = table[~hidden].sort_values(["told", "ratio", "a", "b"], ascending=[False, False, True, True])
    return table.drop(columns="p").reset_index(drop=True).assign(family=len(rows), start=start.isoformat(), end=end.isoformat())


def mantel_haenszel(
    count: NDArray[np.float64], n: NDArray[np.float64], other: NDArray[np.float64], other_n: NDArray[np.float64]
) -> tuple[float, float]:
    """The ratio of two risks over strata, and the standard error of its logarithm; NaN where it cannot be told."""
    whole = np.where(n + other_n > 0, n + other_n, 1)
    one, two = float((count * other_n / whole).sum()), float((other * n / whole).sum())
    if one <= 0 or two <= 0:
        return math.nan, math.nan
    spread = float(((n * other_n * (count + other) - count * other * whole) / whole**2).sum())
    return one / two, math.sqrt(max(0.0, spread / (one * two)))


_CLASS = "concat(category, case when nullif(trim(subcategory), '') is null then '' else concat('・', trim(subcategory)) end)"
_COUNTED = "where l.customer_id is not null and l.amount > 0 and l.contract_id is null and l.ordered_on between :start and :end"


def _days(tables: Tables, chosen: list[str], start: datetime.date, end: datetime.date) -> str:
    """The table of each customer's days with an order: whether each of the `chosen` classes was among it (c0, c1 …: 0, 1)."""
    codes = " ".join(f"when :c{i} then {i}" for i in range(len(chosen)))
    flags = ", ".join(f"max(case when g.code = {i} then 1 else 0 end) as c{i}" for i in range(len(chosen)))
    return tables.hold(
        "class_days",
        f"""
        with goods as (select product_id, case {_CLASS} {codes} else -1 end as code from products where category is not null)
        select l.customer_id, l.ordered_on, {flags}
        from bought as l join goods as g on g.product_id = l.product_id {_COUNTED} group by l.customer_id, l.ordered_on
        """,
        start=start,
        end=end,
        **{f"c{i}": name for i, name in enumerate(chosen)},
    )


def _sets(tables: Tables, days: str, count: int) -> pd.DataFrame:
    """Customers `n` by the set of chosen classes they bought (`c0`, `c1`, … of 0 and 1) and `stratum` of days."""
    names = ", ".join(f"c{i}" for i in range(count))
    ever = ", ".join(f"max(c{i}) as c{i}" for i in range(count))
    steps = " ".join(f"when days >= {STRATA[at]} then {at}" for at in range(len(STRATA) - 1, 0, -1))
    return tables.sql(
        f"""
        with people as (select customer_id, count(*) as days, {ever} from {days} group by customer_id),
        placed as (select case {steps} else 0 end as stratum, {names} from people)
        select stratum, {names}, count(*) as n from placed group by stratum, {names} order by stratum, {names}
        """
    )


def _by_stratum(part: pd.DataFrame) -> NDArray[np.float64]:
    held = np.zeros(len(STRATA))
    np.add.at(held, part["stratum"].to_numpy(int), part["n"].to_numpy(float))
    return held


def _next(tables: Tables, days: str, chosen: list[str], end: datetime.date) -> dict[tuple[str, str], int]:
    """Buyers of A watched for 90 days since their first A (a, a), and of them those with B on a later day within them (a, b)."""
    ever = ", ".join(f"max(d.c{i}) as c{i}" for i in range(len(chosen)))
    sums = ", ".join(f"cast(sum(coalesce(c{i}, 0)) as bigint) as c{i}" for i in range(len(chosen)))
    firsts = " union all ".join(
        f"select customer_id, {i} as a, min(ordered_on) as first_on from {days} where c{i} = 1 group by customer_id"
        for i in range(len(chosen))
    )
    found = tables.sql(
        f"""
        with firsts as ({firsts}),
        watched as (select customer_id, a, first_on from firsts where date_diff('day', first_on, :end) >= :days),
        later as (
          select w.customer_id, w.a, {ever} from watched as w left join {days} as d
          on d.customer_id = w.customer_id and date_diff('day', w.first_on, d.ordered_on) between 1 and :days
          group by w.customer_id, w.a)
        select a, count(*) as n, {sums} from later group by a order by a
        """,
        end=end,
        days=DAYS,
    )
    counts: dict[tuple[str, str], int] = {}
    for row in records(found):
        a = chosen[row["a"]]
        counts |= {(a, b): int(row[f"c{i}"]) for i, b in enumerate(chosen)} | {(a, a): int(row["n"])}
    return counts
