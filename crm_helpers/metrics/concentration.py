"""Concentration: customers in groups of equal heads by what they spent, and how they moved between two periods.

Only customers with an order and net sales above 0 in the period are ranked; the others are counted apart. Equal spend is
ordered by a hash of the id, which depends neither on the order of rows nor on the age of the number; `tied` says how many
customers stand at a boundary that parts equal spend. Gini: Σ(2i − n − 1)·x_i / (n·Σx), x ascending.
"""

from __future__ import annotations

import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.suppression import hidden_cells, sealed
from crm_helpers.params.periods import Period, Periods

TENTHS, THIRDS = 10, 3
NEAR_FAR = {TENTHS: (1, 3), THIRDS: (0, 1)}  # groups moved: still near, and already far
KINDS = ("near", "some", "rose", "fell", "gone", "came")


@needs("order_lines.customer_id")
def deciles(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Customers of the current period in ten groups of equal heads (three when there are fewer than 10 × k of them).

    Returns:
        One row a `group`, 1 = the most spent: `customers` (sizes differ by at most 1), `sales`, `orders`, `share` (of the
        ranked customers' sales), `cumulative` (with `group` the Lorenz points from the top), `lowest`, `highest` (minor
        units, single customers' spend: never to be printed), `entry` (mean of the group's `k` lowest, minor units), `tied`
        (customers whose equal spend lies on both sides of the boundary under the group; 0 when it parts nobody equal),
        `outside` (buyers with net sales of 0 or less), `half` (the biggest spenders who together make half of the sales; NA
        under `k` people), and `gini` of the customers, the same in every row.
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
          select ranked.*, row_number() over (partition by grp order by sales, place desc) as from_below,
                 cast(sum(sales) over (order by place) as bigint) - sales as above, cast(sum(sales) over () as bigint) as whole
          from ranked)
        select grp, count(*) as customers, cast(sum(sales) as bigint) as sales, cast(sum(orders) as bigint) as orders,
               min(sales) as lowest, max(sales) as highest,
               cast(sum(case when from_below <= :k then sales else 0 end) as bigint) as entry,
               sum(cast(n + 1 - 2 * place as double) * sales) as weighed,
               cast(sum(case when 2 * above < whole then 1 else 0 end) as bigint) as half
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
    half = int(table["half"].sum())
    table["half"] = pd.Series(half if half >= k else pd.NA, table.index, "Int64")
    table["gini"] = float(table["weighed"].sum()) / (ranked * total)
    return table.drop(columns="weighed")


def groups_of(customers: int, k: int) -> int:
    """How many groups of at least `k` people each: 10, 3, or 0 when there are too few people."""
    return next((groups for groups in (TENTHS, THIRDS) if customers >= groups * k), 0)


@needs("order_lines.customer_id")
def moves(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Which group of the current period the customers of each group of the compared one stand in.

    Ten groups when both periods have at least 100 × k ranked customers, so that a cell has k people in the mean, else three.

    Returns:
        A row for each `was` and `now_in` (1 = the most spent, 0 = no spend above 0 in that period; not both 0): `customers`,
        `compare` and `current` (their sales of the two periods, minor units), `kind` (`kind_of`), `hidden` (a head-count
        below `k`, or one that the heads of rows, columns or kinds would give away), and `kind_hidden` likewise.
    """
    if periods is None:
        return Unavailable("concentration.moves", reason="sales.too_short")
    ranked = min(_heads(tables, span)[0] for span in (periods.compare, periods.current))
    groups = next((n for n in (TENTHS, THIRDS) if ranked >= n * n * k), 0)
    if not groups:
        return Unavailable("concentration.moves", reason="concentration.few_moves", facts={"k": THIRDS * THIRDS * k})
    found = tables.sql(
        f"""
        with {RANKED.format(name="earlier", start="a", end="b")}, {RANKED.format(name="later", start="c", end="d")},
        either as (
          select customer_id, grp as was, 0 as now_in, sales as compare, 0 as current from earlier
          union all select customer_id, 0 as was, grp as now_in, 0 as compare, sales as current from later),
        one as (
          select customer_id, max(was) as was, max(now_in) as now_in, max(compare) as compare, max(current) as current
          from either group by customer_id)
        select was, now_in, count(*) as customers, cast(sum(compare) as bigint) as compare,
               cast(sum(current) as bigint) as current
        from one group by was, now_in
        """,
        a=periods.compare.start,
        b=periods.compare.end,
        c=periods.current.start,
        d=periods.current.end,
        groups=groups,
    )
    places = [*range(1, groups + 1), 0]
    grid = pd.MultiIndex.from_tuples([(w, n) for w in places for n in places if w or n], names=["was", "now_in"])
    table = found.set_index(["was", "now_in"]).reindex(grid, fill_value=0).reset_index()
    table["kind"] = [kind_of(int(w), int(n), groups) for w, n in zip(table["was"], table["now_in"], strict=True)]
    heads = table.groupby("kind")["customers"].sum()
    few = pd.Series(hidden_cells(heads.to_numpy(dtype="int64").reshape(1, -1), k)[0], heads.index)
    told = [table.index[table["kind"] == kind] for kind in heads.index[~few]]
    lines = [table.index[table[axis] == place] for axis in ("was", "now_in") for place in places]
    table["hidden"] = sealed(table["customers"].to_numpy(dtype="int64"), k, [list(part) for part in (*lines, *told)])
    table["kind_hidden"] = table["kind"].map(few)
    return table


def kind_of(was: int, now_in: int, groups: int) -> str:
    """How far a customer moved: near (same or next group), some (two groups), rose or fell (three or more), gone, or came.

    Of three groups only the same one is near, and any other is rose or fell.
    """
    if not was or not now_in:
        return "gone" if was else "came"
    up = was - now_in
    near, far = NEAR_FAR[groups]
    return "near" if abs(up) <= near else "some" if abs(up) < far else "rose" if up > 0 else "fell"


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
