"""Products: which categories carry the change in sales, and which weigh more among the best customers.

Sales are the sum of `amount`; lines whose product has no category stand apart, so that the rows add up to the sales.
"""

from __future__ import annotations

import math

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.estimates import share_index
from crm_helpers.params.periods import Period, Periods

Z95 = 1.959964  # standard normal, 97.5 %
ENOUGH = 30  # an index is an estimate over customers; under this many best customers or buyers it is not told

CATEGORY = """
  (select product_id, min(nullif(trim(category), '')) as category from products group by product_id)
"""


@needs("order_lines.product_id", "products.category")
def categories(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Sales by category in both periods, largest current sales first, and each category's index among the best customers.

    Best customers are the top third of identified customers by spend in the current period; who spends as much as the
    last of them is one too. Index = 100 × (category's share of their spend) / (its share of all identified spend). Its
    95 % interval is the delta method over customers on the logarithm of the index, the cut being taken as fixed
    (linearised ratio: Särndal, Swensson and Wretman 1992, §5.6; the same figure as the jackknife's to first order).

    Returns:
        One row a category, the lines without one last (`category` empty, `known` False; only if there are any):
        `compare`, `current`, `change` (minor units), `share`, `share_before` (of sales), `customers`, `customers_before`
        (identified, with an amount above 0; NA when they are fewer than `k` or unknown), `few` (0 < customers < k in a
        period), `index`, `low`, `high` (100 = all; NA where the customers are too few or the
        sales not positive), and
        on every row `base` and `best`: identified customers with spend, and the best of them.
    """
    if periods is None:
        return Unavailable("products.categories", reason="sales.too_short")
    table = _sales(tables, periods)
    if int(table["known"].sum()) < 2:
        return Unavailable("products.categories", reason="products.one_category")
    identified = tables.has("order_lines.customer_id")
    heads = table[["customers", "customers_before"]]
    table["few"] = ((heads > 0) & (heads < k)).any(axis=1)
    for name in heads:
        table[name] = heads[name].astype("Int64").mask((heads[name] > 0) & (heads[name] < k) | (not identified))
    for name, sales in (("share", "current"), ("share_before", "compare")):
        whole = int(table[sales].sum())
        table[name] = table[sales] / whole if whole > 0 else math.nan
    return _with_index(table, tables, periods.current) if identified else _without_index(table)


def _sales(tables: Tables, periods: Periods) -> pd.DataFrame:
    found = tables.sql(
        f"""
        with sold as (
          select category.category, line.customer_id, line.amount,
                 line.ordered_on between :start and :end as now
          from bought as line left join {CATEGORY} as category on category.product_id = line.product_id
          where line.ordered_on between :start and :end or line.ordered_on between :before and :before_end
          union all
          select nullif(trim(category), ''), cast(null as varchar), amount, sold_on between :start and :end
          from day_totals where sold_on between :start and :end or sold_on between :before and :before_end)
        select coalesce(category, '') as category, category is not null as known,
               cast(sum(case when now then 0 else amount end) as bigint) as compare,
               cast(sum(case when now then amount else 0 end) as bigint) as current,
               count(distinct case when now and amount > 0 then customer_id end) as customers,
               count(distinct case when not now and amount > 0 then customer_id end) as customers_before
        from sold group by category
        """,
        start=periods.current.start,
        end=periods.current.end,
        before=periods.compare.start,
        before_end=periods.compare.end,
    )
    found["change"] = found["current"] - found["compare"]
    order = ["known", "current", "compare", "category"]
    return found.sort_values(order, ascending=[False, False, False, True]).reset_index(drop=True)


def _without_index(table: pd.DataFrame, base: int = 0, best: int = 0) -> pd.DataFrame:
    return table.assign(index=math.nan, low=math.nan, high=math.nan, base=base, best=best)


def _with_index(table: pd.DataFrame, tables: Tables, current: Period) -> pd.DataFrame:
    """`table` with index and interval from sums over customers: nothing larger than the categories leaves the engine."""
    cut = best_from(tables, current)
    if cut is None:
        return _without_index(table)
    parts = _moments(tables, current, cut)
    spend = parts[parts["category"].isna()].set_index("best")  # the rows of all spend
    base, best = int(spend["n"].sum()), int(spend["n"].get(True, 0))
    table = _without_index(table, base, best)
    if best < ENOUGH or best == base:
        return table
    for at, row in enumerate(records(table)):
        own = parts[parts["category"] == row["category"]].set_index("best")
        if row["known"] and own["n"].sum() >= ENOUGH:
            told = share_index(own, spend)
            table.loc[at, ["index", "low", "high"]] = 100 * told.value, 100 * told.low, 100 * told.high
    return table


def best_from(tables: Tables, current: Period) -> int | None:
    """What the last of the top third spends, in minor units; None when no identified customer spends anything."""
    heads = """with spend as (
      select customer_id, cast(sum(amount) as bigint) as spend from bought
      where customer_id is not null and ordered_on between :start and :end group by customer_id having sum(amount) > 0)"""
    days = {"start": current.start, "end": current.end}
    n = int(tables.sql(f"{heads} select count(*) as n from spend", **days)["n"].iloc[0])
    if not n:
        return None
    ranked = f"{heads}, ranked as (select spend, row_number() over (order by spend desc) as place from spend)"
    found = tables.sql(f"{ranked} select spend from ranked where place = :place", place=math.ceil(n / 3), **days)
    return int(found["spend"].iloc[0])


def _moments(tables: Tables, current: Period, cut: int) -> pd.DataFrame:
    """Per category (and over all, `category` missing) and best or not: n, Σx, Σx², Σxy; x is spend there, y spend overall."""
    return tables.sql(
        f"""
        with spend as (
          select customer_id, cast(sum(amount) as double) as y from bought
          where customer_id is not null and ordered_on between :start and :end group by customer_id having sum(amount) > 0),
        parts as (
          select category.category, line.customer_id, cast(sum(line.amount) as double) as x
          from bought as line join {CATEGORY} as category on category.product_id = line.product_id
          where category.category is not null and line.ordered_on between :start and :end
          group by category.category, line.customer_id),
        both_kinds as (
          select parts.category, spend.y >= :cut as best, parts.x, spend.y
          from parts join spend on spend.customer_id = parts.customer_id
          union all select cast(null as varchar), y >= :cut, y, y from spend)
        select category, best, count(*) as n, sum(x) as x, sum(x * x) as xx, sum(x * y) as xy
        from both_kinds group by category, best
        """,
        start=current.start,
        end=current.end,
        cut=cut,
    )
