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
    count, nor
    does B when nearly all buy it. Pairs need FEWEST (or `k`) buyers of A, of
    B, and expect at least 5 who buy both.

    Returns:
        One row a pair `a`, `b`: `n_a`, `n_b`, `both`, `customers`, `rate` (of A's buyers those who buy B), `rate_all`, `lift`
        (plain:
        rate by rate_all), `ratio` (stratified) with `low`, `high` (95 %), `q`, `told` (q ≤ 5 % and ratio above 1), `next_n`
        (buyers of A
        watched for 90 days), `next_rate` (bought B on a later day within 90 days) with `next_low`, `next_high`; `family` on
        all rows.
    """
    end = periods.current.end if periods else tables.as_of
    start = periods.current.start if periods else end - datetime.timedelta(days=364)
    counted = tables.sql(
        _HELD
        + """,
        people as (select customer_id, count(distinct ordered_on) as days from held group by customer_id),
        strata as (
          select customer_id, case when days >= :fourth then 4 when days >= :third then 3 when days >= :second then 2
                                   when days >= :first then 1 else 0 end as stratum from people),
        classes as (select distinct h.customer_id, h.class, s.stratum from held as h join strata as s on s.customer_id =
          h.customer_id)
        select a.class as a, b.class as b, a.stratum, count(*) as n
        from classes as a join classes as b on b.customer_id = a.customer_id group by a.class, b.class, a.stratum
        union all
        select '' as a, '' as b, stratum, count(*) as n from strata group by stratum order by a, b, stratum
        """,
        start=start,
        end=end,
        first=STRATA[1],
        second=STRATA[2],
        third=STRATA[3],
        fourth=STRATA[4],
    )
    floor = max(FEWEST, k)
    people = _by_stratum(counted[counted["a"] == ""])
    own = {str(a): _by_stratum(part) for a, part in counted[(counted["a"] == counted["b"]) & (counted["a"] != "")].groupby("a")}
    goods = [a for a in own if own[a].sum() >= floor and not re.search(FEES, a)]
    chosen = sorted(goods, key=lambda a: (-own[a].sum(), a))[:CLASSES]
    met = {(str(a), str(b)): _by_stratum(part) for (a, b), part in counted[counted["a"] != counted["b"]].groupby(["a", "b"])}
    after = _next(tables, start, end)
    rows = []
    for a in chosen:
        for b in chosen:
            if a == b or own[a].sum() * own[b].sum() / people.sum() < 5 or own[b].sum() > NEARLY_ALL * people.sum():
                continue
            both = met.get((a, b), np.zeros(len(STRATA)))
            ratio, error = mantel_haenszel(both, own[a], own[b] - both, people - own[a])
            if math.isnan(error) or error == 0:
                continue
            rate, overall = both.sum() / own[a].sum(), own[b].sum() / people.sum()
            came, n = after.get((a, b), 0), after.get((a, ""), 0)
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


_HELD = """
        with held as (
          select distinct l.customer_id, l.ordered_on, concat(p.category, case when nullif(trim(p.subcategory), '') is null
            then '' else concat('・', trim(p.subcategory)) end) as class
          from bought as l join products as p on p.product_id = l.product_id
          where l.customer_id is not null and l.amount > 0 and p.category is not null and l.contract_id is null
            and l.ordered_on between :start and :end)
"""


def _by_stratum(part: pd.DataFrame) -> NDArray[np.float64]:
    held = np.zeros(len(STRATA))
    held[part["stratum"].to_numpy(int)] = part["n"].to_numpy(float)
    return held


def _next(tables: Tables, start: datetime.date, end: datetime.date) -> dict[tuple[str, str], int]:
    """Buyers of A watched for 90 days since their first A (a, ''), and of them those with B on a later day within them (a, b)."""
    found = tables.sql(
        _HELD
        + """,
        firsts as (select customer_id, class, min(ordered_on) as first_on from held group by customer_id, class),
        watched as (select customer_id, class, first_on from firsts where date_diff('day', first_on, :end) >= :days)
        select w.class as a, h.class as b, count(distinct w.customer_id) as n
        from watched as w join held as h on h.customer_id = w.customer_id and h.class <> w.class
          and date_diff('day', w.first_on, h.ordered_on) between 1 and :days
        group by w.class, h.class
        union all
        select class as a, '' as b, count(*) as n from watched group by class order by a, b
        """,
        start=start,
        end=end,
        days=DAYS,
    )
    return {(str(row["a"]), str(row["b"])): int(row["n"]) for row in records(found)}
