"""What marks the best customers: a scan of everything known about them, corrected for the number of looks.

Of what a customer is (age, gender, prefecture, way in, declared fields) the index compares shares of people; of what a customer
buys (category, channel, store, time, declared fields of lines) it compares shares of order lines, so that those who buy more
do not show everything higher. Either way the customer is the unit of chance. A scan finds differences, never causes.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.domain.prefectures import code_of
from crm_helpers.metrics.estimates import ENOUGH, benjamini_hochberg, chance, share_index
from crm_helpers.metrics.products import best_from
from crm_helpers.metrics.profile import EDGES, OLDEST, gender_of
from crm_helpers.params.periods import Periods

LEVELS = 15  # values of one dimension that are looked at, those of the most customers
NEAR = 0.10  # a share within a tenth of that of all is no mark, however sure
FEWEST = 5  # looks under which there is nothing to scan
OWN = "difference.dimension.own"
GENDER, PREFECTURE, AGE = "difference.dimension.gender", "difference.dimension.prefecture", "difference.dimension.age"


PRODUCTS = """
left join (select product_id, min(category) as category from products group by product_id) as p on p.product_id = l.product_id"""
STORES = "left join (select store_id, min(name) as name from stores group by store_id) as s on s.store_id = l.store_id"


@dataclass(frozen=True)
class _Look:
    """One dimension: its text key, where its value comes from and, of a person, whether the value is one."""

    dimension: str
    value: str
    of_people: bool
    prefix: str = ""
    join: str = ""


@needs("order_lines.customer_id")
def scan(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Every value of every dimension: its share among the best customers (top third by spend) over that among all.

    Returns:
        One row a `dimension` (text key) and `value` (a text key or the client's word), the surest first: `people`
        (customers with it), `index` (100 = as among all) with `low`, `high` (95 %), `p`, `told` (BH at 5 % over all rows and
        at least NEAR away from 100), `sure` (how far the nearer end of the interval lies from 100, on the logarithm), and on
        every row `looks` (how many there are), `customers`, `best`.
        Values of under ENOUGH (or `k`) customers are no rows.
    """
    if periods is None:
        return Unavailable("difference.scan", reason="sales.too_short")
    cut = best_from(tables, periods.current)
    days = {"start": periods.current.start, "end": periods.current.end}
    floor = max(ENOUGH, k)
    if cut is None:
        return Unavailable("difference.scan", reason="difference.few", facts={"n": floor})
    rows = []
    for look in _looks(tables, periods):
        found = _moments(tables, look, cut, days)
        whole = found[found["value"].isna()].set_index("best")
        if whole["n"].get(True, 0) < floor or whole["n"].get(False, 0) < floor:
            continue
        own = found[found["value"].notna()]
        sizes = own.groupby("value")["n"].sum().sort_values(ascending=False, kind="stable")
        for value in [name for name in sizes.index if sizes[name] >= floor][:LEVELS]:
            told = share_index(own[own["value"] == value].set_index("best"), whole)
            if not math.isnan(told.value) and len(sizes) > 1:
                rows.append(
                    {
                        "dimension": look.dimension,
                        "value": _written(look, str(value)),
                        "people": int(sizes[value]),
                        "index": 100 * told.value,
                        "low": 100 * told.low,
                        "high": 100 * told.high,
                        "p": chance(told),
                    }
                )
    if len(rows) < FEWEST:
        return Unavailable("difference.scan", reason="difference.nothing", facts={"n": floor})
    table = pd.DataFrame(rows)
    away = (table["index"] - 100).abs() >= 100 * NEAR
    table["told"] = pd.Series(benjamini_hochberg(list(table["p"]))) & away
    heads = _heads(tables, cut, days)
    table = table.assign(looks=len(table), customers=heads[0], best=heads[1])
    table["sure"] = np.maximum(np.log(np.maximum(table["low"], 1e-9) / 100), -np.log(table["high"] / 100))
    order = ["told", "sure", "dimension", "value"]
    return table.sort_values(order, ascending=[False, False, True, True]).reset_index(drop=True)


def _looks(tables: Tables, periods: Periods) -> Iterator[_Look]:
    """The dimensions that the client's data have."""
    for column in ("gender", "prefecture", "joined_by"):
        if tables.has(f"customers.{column}"):
            yield _Look(f"difference.dimension.{column}", f"nullif(trim({column}), '')", of_people=True)
    if tables.has("customers.birth_year"):
        yield _Look(AGE, _age_band(periods), of_people=True)
    for name in tables.dimensions("customers"):
        yield _Look(OWN, f"nullif(trim(cast({name} as varchar)), '')", of_people=True, prefix=f"{name}: ")
    if tables.has("order_lines.channel"):
        yield _Look("difference.dimension.channel", "nullif(trim(l.channel), '')", of_people=False)
    if tables.has("products.category"):
        yield _Look("difference.dimension.category", "nullif(trim(p.category), '')", of_people=False, join=PRODUCTS)
    if tables.has("order_lines.store_id") and tables.has("stores.name"):
        yield _Look("difference.dimension.store", "nullif(trim(s.name), '')", of_people=False, join=STORES)
    if tables.has("order_lines.ordered_at"):
        hour = "cast(substr(l.ordered_at, 1, 2) as integer)"
        yield _Look(
            "difference.dimension.time", f"case when l.contract_id is null then {_part_of_day(hour)} end", of_people=False
        )
    weekend = "case when dayofweek(l.ordered_on) in (0, 6) then 'difference.days.weekend' else 'difference.days.weekdays' end"
    yield _Look("difference.dimension.days", f"case when l.contract_id is null then {weekend} end", of_people=False)
    for name in tables.dimensions("order_lines"):
        yield _Look(OWN, f"nullif(trim(cast(l.{name} as varchar)), '')", of_people=False, prefix=f"{name}: ")


def _part_of_day(hour: str) -> str:
    parts = ((21, "late"), (17, "evening"), (12, "afternoon"), (6, "morning"))
    steps = " ".join(f"when {hour} >= {begins} then 'difference.time.{name}'" for begins, name in parts)
    return f"case {steps} else 'difference.time.late' end"


def _age_band(periods: Periods) -> str:
    """SQL of the band of age at the end of the current period, by where it begins; NULL where the birth is not believed."""
    end = periods.current.end
    age = f"({end.year} - birth_year - case when coalesce(birth_month, 0) > {end.month} then 1 else 0 end)"
    steps = " ".join(f"when {age} >= {low} then '{low:02d}'" for low in reversed(EDGES[:-1]))
    return f"case when birth_year is null or {age} < 0 or {age} > {OLDEST} then null {steps} end"


def _written(look: _Look, value: str) -> str:
    """The value as it is told: gender, prefecture and age in words of ours, all else as the client writes it."""
    if look.dimension == GENDER:
        return gender_of(value)
    if look.dimension == PREFECTURE:
        code = code_of(value)
        return f"regions.name.p{code}" if code else value
    if look.dimension == AGE:
        low = int(value)
        return f"–{EDGES[1] - 1}" if low == EDGES[0] else f"{low}–" if low == EDGES[-2] else f"{low}–{low + 9}"
    return look.prefix + value


SPEND = """
spend as (
  select customer_id, sum(amount) >= :cut as best from bought
  where customer_id is not null and ordered_on between :start and :end group by customer_id having sum(amount) > 0)"""


def _moments(tables: Tables, look: _Look, cut: int, days: Mapping[str, datetime.date]) -> pd.DataFrame:
    """Per value (and over all, `value` missing) and best: n, Σx, Σx², Σxy; x the lines (or the person) with it, y all of them."""
    people = f"select customer_id, min({look.value}) as value, 1.0 as x from customers group by customer_id"
    lines = (
        f"select l.customer_id, {look.value} as value, 1.0 * count(*) as x from order_lines as l {look.join}"
        f" where l.amount > 0 and l.ordered_on between :start and :end group by l.customer_id, {look.value}"
    )
    return tables.sql(
        f"""
        with {SPEND},
        told as ({people if look.of_people else lines}),
        parts as (
          select spend.customer_id, spend.best, told.value, cast(told.x as double) as x
          from told join spend on spend.customer_id = told.customer_id where told.value is not null),
        wholes as (select customer_id, sum(x) as y from parts group by customer_id)
        select parts.value, parts.best, count(*) as n, sum(parts.x) as x, sum(parts.x * parts.x) as xx,
               sum(parts.x * wholes.y) as xy
        from parts join wholes on wholes.customer_id = parts.customer_id group by parts.value, parts.best
        union all
        select cast(null as varchar), best, count(*), sum(y), sum(y * y), sum(y * y) from (
          select wholes.customer_id, spend.best, wholes.y
          from wholes join spend on spend.customer_id = wholes.customer_id) as all_of
        group by best
        """,
        cut=cut,
        **days,
    )


def _heads(tables: Tables, cut: int, days: Mapping[str, datetime.date]) -> tuple[int, int]:
    """All customers of the period and the best of them."""
    found = tables.sql(f"with {SPEND} select best, count(*) as n from spend group by best", cut=cut, **days)
    counts = {bool(row["best"]): int(row["n"]) for row in records(found)}
    return sum(counts.values()), counts.get(True, 0)
