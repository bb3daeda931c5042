"""Concentration: customers in groups of equal heads by what they spent, and where last period's first group stands now.

Only customers with an order and net sales above 0 in the period are ranked; the others are counted apart. Equal spend is
ordered by a hash of the id, which depends neither on the order of rows nor on the age of the number; `tied` says how many
customers stand at a boundary that parts equal spend. Gini: Σ(2i − n − 1)·x_i / (n·Σx), x ascending.
"""

from __future__ import annotations

import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.params.periods import Period, Periods

TENTHS, THIRDS = 10, 3
MOVES = ("first", "lower", "gone")


@needs("order_lines.customer_id")
def deciles(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Customers of the current period in ten groups of equal heads (three when there are fewer than 10 × k of them).

    Returns:
        One row a `group`, 1 = the most spent: `customers` (sizes differ by at most 1), `sales`, `orders`, `share` (of the
        ranked customers' sales), `cumulative` (with `group` the Lorenz points from the top), `lowest`, `highest` (minor
        units, single customers' spend: never to be printed), `entry` (mean of the group's `k` lowest, minor units), `tied`
        (customers whose equal spend lies on both sides of the boundary under the group; 0 when it parts nobody equal),
        `outside` (buyers with net sales of 0 or less) and `gini` of the customers, the same in every row.
    """
    if periods is None:
        return Unavailable("concentration.deciles", reason="sales.too_short")
    ranked, outside = _heads(tables, periods.current)
    groups = groups_of(ranked, k)
    if not groups:
        return Unavailable("concentration.deciles", reason="concentration.too_few", facts={"k": THIRDS * k})
    table = tables.sql(
        f"""
        with {RANKED.format(name="ranked", start="start", end="end")},
        placed as (
          select ranked.*, row_number() over (partition by grp order by sales, place desc) as from_below from ranked)
        select grp, count(*) as customers, cast(sum(sales) as bigint) as sales, cast(sum(orders) as bigint) as orders,
               min(sales) as lowest, max(sales) as highest,
               cast(sum(case when from_below <= :k then sales else 0 end) as bigint) as entry,
               sum(cast(n + 1 - 2 * place as double) * sales) as weighed
        from placed group by grp order by grp
        """,
        start=periods.current.start,
        end=periods.current.end,
        groups=groups,
        k=k,
    ).rename(columns={"grp": "group"})
    total = int(table["sales"].sum())
    table["entry"] = table["entry"] / k
    table["share"] = table["sales"] / total
    table["cumulative"] = table["sales"].cumsum() / total
    table["tied"] = _tied(tables, table, periods.current)
    table["outside"] = outside
    table["gini"] = float(table["weighed"].sum()) / (ranked * total)
    return table.drop(columns="weighed")


def groups_of(customers: int, k: int) -> int:
    """How many groups of at least `k` people each: 10, 3, or 0 when there are too few people."""
    return next((groups for groups in (TENTHS, THIRDS) if customers >= groups * k), 0)


@needs("order_lines.customer_id")
def moves(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Where the first group of the compared period stands in the current one.

    Returns:
        Rows `to`: first (in the first group again), lower (bought, but not in it), gone (no order in the current period);
        `customers`, `compare` and `current` (their sales of the two periods, minor units). When one of them is under `k`
        people, lower and gone are one row `out`; no rows when that does not help, or when the compared period has too few
        customers for as many groups as the current one.
    """
    if periods is None:
        return Unavailable("concentration.moves", reason="sales.too_short")
    groups = groups_of(_heads(tables, periods.current)[0], k)
    table = pd.DataFrame({"to": MOVES, "customers": 0, "compare": 0, "current": 0})
    if not groups or _heads(tables, periods.compare)[0] < groups * k:
        return table.iloc[:0]
    found = tables.sql(
        f"""
        with {RANKED.format(name="was", start="a", end="b")}, {RANKED.format(name="is_now", start="c", end="d")},
        bought as (
          select customer_id, cast(sum(orders) as bigint) as orders, cast(sum(amount) as bigint) as sales
          from customer_day where ordered_on between :c and :d group by customer_id)
        select case when is_now.grp = 1 then 'first' when bought.orders > 0 then 'lower' else 'gone' end as move,
               count(*) as customers, cast(sum(was.sales) as bigint) as compare,
               cast(sum(coalesce(bought.sales, 0)) as bigint) as current
        from was left join is_now on was.customer_id = is_now.customer_id
                 left join bought on was.customer_id = bought.customer_id
        where was.grp = 1
        group by case when is_now.grp = 1 then 'first' when bought.orders > 0 then 'lower' else 'gone' end
        """,
        a=periods.compare.start,
        b=periods.compare.end,
        c=periods.current.start,
        d=periods.current.end,
        groups=groups,
    )
    table = found.set_index("move").reindex(list(MOVES), fill_value=0).rename_axis("to").reset_index()
    return _told(table, k)


def _told(table: pd.DataFrame, k: int) -> pd.DataFrame:
    """No row under `k` people: those who left the first group become one row, or nothing is told."""
    if not _small(table, k):
        return table
    merged = table.assign(to=table["to"].replace({"lower": "out", "gone": "out"})).groupby("to", sort=False).sum().reset_index()
    return merged.iloc[:0] if _small(merged, k) else merged


def _small(table: pd.DataFrame, k: int) -> bool:
    return bool(table["customers"].between(1, k - 1).any())


# A period's buyers with net sales above 0, in order of spend, in :groups groups of equal heads.
RANKED = """
  {name}_bought as (
    select customer_id, cast(sum(amount) as bigint) as sales, cast(sum(orders) as bigint) as orders
    from customer_day where ordered_on between :{start} and :{end}
    group by customer_id having sum(orders) > 0 and sum(amount) > 0),
  {name}_placed as (
    select customer_id, sales, orders, count(*) over () as n,
           row_number() over (order by sales desc, md5(customer_id), customer_id) as place
    from {name}_bought),
  {name} as (
    select customer_id, sales, orders, n, place,
           cast(floor(cast((place - 1) * :groups as double) / n) as bigint) + 1 as grp
    from {name}_placed)
"""


def _heads(tables: Tables, span: Period) -> tuple[int, int]:
    """Buyers of a period with net sales above 0, and the other buyers."""
    row = tables.sql(
        """
        with bought as (
          select customer_id, sum(amount) as sales from customer_day where ordered_on between :start and :end
          group by customer_id having sum(orders) > 0)
        select cast(coalesce(sum(case when sales > 0 then 1 end), 0) as bigint) as ranked,
               cast(coalesce(sum(case when sales <= 0 then 1 end), 0) as bigint) as outside
        from bought
        """,
        start=span.start,
        end=span.end,
    ).iloc[0]
    return int(row["ranked"]), int(row["outside"])


def _tied(tables: Tables, table: pd.DataFrame, span: Period) -> list[int]:
    """Customers of the spend at each boundary, where the spend is the same on both sides of it."""
    below = table["highest"].shift(-1)
    parted = [int(low) for low, high in zip(table["lowest"], below, strict=True) if low == high]
    found = tables.sql(
        """
        with bought as (
          select customer_id, cast(sum(amount) as bigint) as sales from customer_day
          where ordered_on between :start and :end group by customer_id having sum(orders) > 0)
        select sales, count(*) as customers from bought where sales in (:parted) group by sales
        """,
        start=span.start,
        end=span.end,
        parted=parted,
    ).set_index("sales")["customers"]
    return [int(found[low]) if low == high else 0 for low, high in zip(table["lowest"], below, strict=True)]
