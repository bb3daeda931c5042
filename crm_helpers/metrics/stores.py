"""Stores: the change in sales as that of existing stores (like for like) plus opened, closed and interrupted ones.

An existing store (既存店) sold in every month of both periods. Of the others, a store without sales in the last month is
closed, one without sales in the first month opened, and one that paused in between interrupted. Sales without a store
stand apart, so that the groups add up to the sales.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.products import Z95
from crm_helpers.params.periods import Period, Periods, month_key, period_days

FLOOR = 30  # a figure of fewer customers than this speaks of the few people who work and buy in that store
GROUPS = ("like_for_like", "opened", "closed", "interrupted", "unknown")


@needs("order_lines.store_id")
def by_store(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Both periods of every store, largest current sales first.

    The interval of a store's rate takes its customers (and guests' receipts) as the units that could have been others:
    var(log R) = n/(n−1) Σ(xᵢ − R yᵢ)² / (Σx)², R = Σx/Σy (linearised ratio, as in `metrics.products`).

    Returns:
        `store_id` (empty for sales without a store), `name` (empty without a master), `group` (of GROUPS), `compare`,
        `current`, `change` (minor units), `orders`, `orders_before`, `customers`, `customers_before` (identified; NA when
        the client has no ids), `rate` with `low` and `high` (95 %), NA unless both sums are positive, and `printed`: an existing
        store with a rate and at least FLOOR (or `k`) customers in each period (receipts when there are no ids); never
        all but one of the existing stores, which a subtraction would give away.
    """
    if periods is None:
        return Unavailable("stores.by_store", reason="sales.too_short")
    table = _both(tables, periods).merge(_squares(tables, periods), on="store_id", how="left")
    table["change"] = table["current"] - table["compare"]
    _add_rate(table)
    table["group"] = [_group(row, periods) for row in table.itertuples()]
    identified = tables.has("order_lines.customer_id")
    people = table[["customers", "customers_before"] if identified else ["orders", "orders_before"]].min(axis=1)
    table["printed"] = _printed(table, people, max(FLOOR, k))
    if not identified:
        table[["customers", "customers_before"]] = pd.NA
    if int(table["printed"].sum()) < 2:
        return Unavailable("stores.by_store", reason="stores.too_few", facts={"floor": max(FLOOR, k)})
    kept = ["store_id", "name", "group", "compare", "current", "change", "orders", "orders_before"]
    return table[[*kept, "customers", "customers_before", "rate", "low", "high", "printed"]]


def _both(tables: Tables, periods: Periods) -> pd.DataFrame:
    found = tables.sql(
        """
        with seen as (
          select coalesce(store_id, '') as store_id, customer_id, amount, is_order, receipts,
                 year(ordered_on) * 12 + month(ordered_on) - 1 as month, ordered_on between :start and :end as now
          from orders where ordered_on between :start and :end or ordered_on between :before and :before_end),
        named as (select store_id, min(name) as name from stores group by store_id)
        select seen.store_id, coalesce(min(named.name), '') as name,
               cast(sum(case when now then 0 else amount end) as bigint) as compare,
               cast(sum(case when now then amount else 0 end) as bigint) as current,
               cast(sum(case when now then receipts else 0 end) as bigint) as orders,
               cast(sum(case when now then 0 else receipts end) as bigint) as orders_before,
               count(distinct case when now and is_order then customer_id end) as customers,
               count(distinct case when not now and is_order then customer_id end) as customers_before,
               count(distinct case when now then month end) as months,
               count(distinct case when not now then month end) as months_before,
               min(month) as first_month, max(month) as last_month
        from seen left join named on named.store_id = seen.store_id group by seen.store_id
        """,
        **period_days(periods),
    )
    return found.sort_values(["current", "compare", "store_id"], ascending=[False, False, True]).reset_index(drop=True)


def _squares(tables: Tables, periods: Periods) -> pd.DataFrame:
    """Per store over its customers and guests' receipts: n, Σx², Σxy, Σy²; x is the current, y the compared period."""
    return tables.sql(
        """
        with units as (
          select coalesce(store_id, '') as store_id, coalesce(customer_id, apart_id) as who,
                 case when customer_id is null and apart_id is null then order_id end as guest,
                 cast(sum(case when ordered_on between :start and :end then amount else 0 end) as double) as x,
                 cast(sum(case when ordered_on between :start and :end then 0 else amount end) as double) as y
          from orders where ordered_on between :start and :end or ordered_on between :before and :before_end
          group by coalesce(store_id, ''), coalesce(customer_id, apart_id),
                   case when customer_id is null and apart_id is null then order_id end)
        select store_id, count(*) as n, sum(x * x) as xx, sum(x * y) as xy, sum(y * y) as yy from units group by store_id
        """,
        **period_days(periods),
    )


def _add_rate(table: pd.DataFrame) -> None:
    x, y, n = (table[name].astype(float) for name in ("current", "compare", "n"))
    usable = (x > 0) & (y > 0) & (n > 1)
    ratio = (x / y).where(usable)
    squares = (table["xx"] - 2 * ratio * table["xy"] + ratio**2 * table["yy"]).clip(lower=0)
    half = Z95 * np.sqrt(squares * n / (n - 1)) / x
    table["rate"], table["low"], table["high"] = ratio - 1, ratio * np.exp(-half) - 1, ratio * np.exp(half) - 1


def _months(period: Period) -> range:
    return range(month_key(period.start), month_key(period.end) + 1)


def _group(row: object, periods: Periods) -> str:
    """The group of one store (a row of `_both`)."""
    current, compare = _months(periods.current), _months(periods.compare)
    if not row.store_id:  # type: ignore[attr-defined]
        return "unknown"
    if (row.months, row.months_before) == (len(current), len(compare)):  # type: ignore[attr-defined]
        return "like_for_like"
    if row.last_month < current[-1]:  # type: ignore[attr-defined]
        return "closed"
    return "opened" if row.first_month > compare[0] else "interrupted"  # type: ignore[attr-defined]


def _printed(table: pd.DataFrame, people: pd.Series, floor: int) -> pd.Series:
    existing = table["group"] == "like_for_like"
    printed = existing & (people >= floor) & table["rate"].notna()
    if int((existing & ~printed).sum()) == 1 and bool(printed.any()):
        printed &= table.index != people[printed].idxmin()
    return printed


def groups(tables: Tables, stores: pd.DataFrame | Unavailable, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """The groups of `by_store`: their changes add up to the change in sales, to the minor unit.

    Returns:
        One row a `group`: like_for_like, grown and shrunk (the existing stores parted by the sign of their change), opened,
        closed, interrupted and unknown (the last two only if there are any), total. `stores`, `compare`, `current`, `change`
        (minor units), `orders`, `customers` (identified, current period; NA when unknown or fewer than `k`), `rate`.
        Groups that speak of fewer than FLOOR people are merged (`other`) or their amounts NA, together with those that
        would give them away.
    """
    if isinstance(stores, Unavailable) or periods is None:
        return stores if isinstance(stores, Unavailable) else Unavailable("stores.groups", reason="sales.too_short")
    floor = max(FLOOR, k)
    existing = stores["group"] == "like_for_like"
    masks = {"like_for_like": existing, "grown": existing & (stores["change"] >= 0), "shrunk": existing & (stores["change"] < 0)}
    masks |= {name: stores["group"] == name for name in GROUPS[1:]}
    moved = [name for name in ("opened", "closed", "interrupted") if bool(masks[name].any())]
    people = {name: _people(tables, stores.loc[mask, "store_id"], periods) for name, mask in masks.items()}
    if any(people[name] < floor for name in moved):
        other = existing.mask(existing, False)
        for name in ("opened", "closed", "interrupted"):
            other |= masks.pop(name)
        masks = {name: masks[name] for name in ("like_for_like", "grown", "shrunk")} | {
            "other": other,
            "unknown": masks["unknown"],
        }
        people["other"] = _people(tables, stores.loc[other, "store_id"], periods)
    masks = {name: mask for name, mask in masks.items() if name not in ("interrupted", "unknown") or bool(mask.any())}
    masks["total"] = existing | True
    table = pd.DataFrame([_sum(tables, name, stores[mask], periods.current, k) for name, mask in masks.items()])
    return _withheld(table, people, floor)


def _people(tables: Tables, ids: pd.Series, periods: Periods) -> int:
    """The fewer of the two periods' identified customers of these stores, of periods with orders; receipts without ids."""
    who = "customer_id" if tables.has("order_lines.customer_id") else "order_id"
    found = tables.sql(
        f"""
        select count(distinct {who}) as people from orders where is_order and coalesce(store_id, '') in (:ids)
          and (ordered_on between :start and :end or ordered_on between :before and :before_end)
        group by ordered_on between :start and :end
        """,
        ids=list(ids),
        **period_days(periods),
    )
    return int(found["people"].min()) if len(found) else 0


def _sum(tables: Tables, name: str, stores: pd.DataFrame, current: Period, k: int) -> dict[str, object]:
    row: dict[str, object] = {"group": name, "stores": int((stores["store_id"] != "").sum())}
    row |= {column: int(stores[column].sum()) for column in ("compare", "current", "change", "orders")}
    found = tables.sql(
        """
        select count(distinct customer_id) as customers from orders
        where is_order and ordered_on between :start and :end and coalesce(store_id, '') in (:ids)
        """,
        start=current.start,
        end=current.end,
        ids=list(stores["store_id"]),
    )
    heads = int(found["customers"].iloc[0])
    known = tables.has("order_lines.customer_id") and not 0 < heads < k
    before, change = int(stores["compare"].sum()), int(stores["change"].sum())
    return row | {"customers": heads if known else pd.NA, "rate": change / before if before > 0 else math.nan}


AMOUNTS = ["compare", "current", "change", "orders", "customers"]


def _withheld(table: pd.DataFrame, people: dict[str, int], floor: int) -> pd.DataFrame:
    """Amounts of groups under the floor, and of those that would give them away, become NA; existing stores keep their rate."""
    table = table.astype(dict.fromkeys(AMOUNTS, "Int64")).set_index("group", drop=False)
    secret: set[str] = set()
    if any(0 < people[name] < floor for name in ("grown", "shrunk")):
        secret |= {"grown", "shrunk"}
    if 0 < people.get("other", 0) < floor:
        secret |= {"like_for_like", "grown", "shrunk", "other"}
    table.loc[sorted(secret), AMOUNTS] = pd.NA
    table.loc[sorted(secret - {"like_for_like"}), "rate"] = math.nan
    return table.reset_index(drop=True)
