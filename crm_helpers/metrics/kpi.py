"""The KPI tree: sales as customers × orders × items × price, and the exact split of their change.

Formulas and their sources: `metrics/decomposition.py`. Definitions of the sums: `metrics/sales.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import sales
from crm_helpers.metrics.decomposition import lmdi, log_mean, methods_differ, shapley, whole
from crm_helpers.params.periods import Periods

TREE = {
    "sales": "",
    "identified_sales": "sales",
    "customers": "identified_sales",
    "new": "customers",
    "existing": "customers",
    "orders_per_customer": "identified_sales",
    "aov": "identified_sales",
    "items_per_order": "aov",
    "price_per_item": "aov",
    "guest_sales": "sales",
    "apart_sales": "sales",
}
OTHERS = ("guest_sales", "apart_sales")  # beside the members'
ALWAYS = ("sales", "identified_sales", *OTHERS)  # sales are whole in every kind of business


@needs("order_lines.customer_id")
def tree(
    tables: Tables, *, periods: Periods | None, first_orders_known: bool, nodes: Sequence[str] = tuple(TREE)
) -> pd.DataFrame | Unavailable:
    """Sales as customers × orders per customer × items per order × price per item, plus the sales of guests and of those apart.

    Contributions of the four factors are LMDI-I additive (Shapley where a factor is 0 or negative) over identified sales; the
    customers' part is divided into new and existing in proportion to the change of their heads. All leaf contributions,
    guests included, add up to the change of sales to the minor unit. `nodes` of the kind of business: which drivers there
    are, in which order; without both item nodes the tree stops at the value of an order.

    Returns:
        One row a `node`: `parent`, `compare`, `current` (minor units for money, plain numbers else), `contribution` (minor
        units; NA for nodes above the leaves), `shapley` (the same by Shapley, the guard), `leaf`, `method` (lmdi or shapley),
        `methods_differ`, `no_quantity` and `no_firsts` (the data do not hold items, or first orders). `new` and `existing`
        are there only when the data can tell them apart; `items_per_order` and `price_per_item` only with quantities;
        `guest_sales` and `apart_sales` (`metrics.sales`) only when there are any, `identified_sales` only beside one of them.
    """
    both = sales.totals(tables, periods=periods)
    if isinstance(both, Unavailable) or periods is None:
        return Unavailable("kpi.tree", reason="sales.too_short")
    values = {row["period"]: _nodes(row) for row in records(both)}
    if not values["compare"]["customers"] or not values["current"]["customers"]:
        return Unavailable("kpi.tree", reason="kpi.no_customers")
    has_items = tables.has("order_lines.quantity") and all(v["items_per_order"] for v in values.values())
    with_items = has_items and {"items_per_order", "price_per_item"} <= set(nodes)
    factors = ["customers", "orders_per_customer", *(["items_per_order", "price_per_item"] if with_items else ["aov"])]
    before, after = ([values[p][f] for f in factors] for p in ("compare", "current"))
    use_lmdi = min(*before, *after) > 0
    change = int(values["current"]["identified_sales"] - values["compare"]["identified_sales"])
    if first_orders_known and {"new", "existing"} <= set(nodes):
        for period, heads in _new_and_existing(tables, periods).items():
            values[period] |= heads
    others = {name: int(values["current"][name] - values["compare"][name]) for name in OTHERS}
    split, guard = (
        _whole(dict(zip(factors, method(before, after), strict=True)), values, change) | others
        for method in (lmdi if use_lmdi else shapley, shapley)
    )
    shown = _shown(values, nodes, with_items=with_items)
    table = pd.DataFrame(
        {
            "node": shown,
            "parent": ["" if n == "sales" else TREE[n] if TREE[n] in shown else "sales" for n in shown],
            "compare": [float(values["compare"][n]) for n in shown],
            "current": [float(values["current"][n]) for n in shown],
            "contribution": pd.array([split.get(n) for n in shown], dtype="Int64"),
            "shapley": pd.array([guard.get(n) for n in shown], dtype="Int64"),
        }
    )
    table["leaf"] = table["contribution"].notna()
    table["method"] = "lmdi" if use_lmdi else "shapley"
    table["no_quantity"], table["no_firsts"] = not has_items, not first_orders_known
    table["methods_differ"] = use_lmdi and methods_differ(before, after)
    return table


def _shown(values: dict[str, dict[str, float]], nodes: Sequence[str], *, with_items: bool) -> list[str]:
    """The nodes of this client: items only with quantities, the other sales (and the members' beside them) if any.

    Customers, orders and their value are in every tree: sales are their product.
    """
    none = {name for name in OTHERS if not any(period[name] for period in values.values())}
    absent = set() if with_items else {"items_per_order", "price_per_item"}
    absent |= none | ({"identified_sales"} if len(none) == len(OTHERS) else set())
    drivers = [node for node in nodes if node in TREE and node not in ALWAYS]
    drivers += [node for node in ("customers", "orders_per_customer", "aov") if node not in drivers]
    ordered = ["sales", "identified_sales", *drivers, *OTHERS]
    return [node for node in ordered if node in values["current"] and node not in absent]


def _whole(parts: dict[str, float], values: dict[str, dict[str, float]], change: int) -> dict[str, int]:
    """Contributions in whole minor units that add up to the change; the customers' divided when they can be told apart."""
    if "new" in values["current"]:
        parts = _divide_customers(parts, values)
    return dict(zip(parts, whole(list(parts.values()), change), strict=True))


def _nodes(row: dict[str, float]) -> dict[str, float]:
    """The node values of one period; aov and price in minor units."""
    orders, customers, items = row["identified_orders"], row["customers"], row["items"] or 0
    bought = row["identified_sales"]
    return {
        "sales": row["sales"],
        "identified_sales": bought,
        "guest_sales": row["guest_sales"],
        "apart_sales": row["apart_sales"],
        "customers": customers,
        "orders_per_customer": orders / customers if customers else 0.0,
        "aov": bought / orders if orders else 0.0,
        "items_per_order": items / orders if orders else 0.0,
        "price_per_item": bought / items if items else 0.0,
    }


def _new_and_existing(tables: Tables, periods: Periods) -> dict[str, dict[str, float]]:
    """Buyers of each period whose first order ever lies in it, and the others."""
    heads = {}
    for name, span in (("compare", periods.compare), ("current", periods.current)):
        row = tables.sql(
            """
            with seen as (
              select customer_id, min(ordered_on) as first_on,
                     max(case when ordered_on between :start and :end then 1 else 0 end) as bought
              from customer_day where orders > 0 group by customer_id)
            select cast(coalesce(sum(case when first_on between :start and :end then 1 end), 0) as bigint) as new,
                   cast(coalesce(sum(bought), 0) as bigint) as customers
            from seen
            """,
            start=span.start,
            end=span.end,
        ).iloc[0]
        heads[name] = {"new": float(row["new"]), "existing": float(row["customers"] - row["new"])}
    return heads


def _divide_customers(parts: dict[str, float], values: dict[str, dict[str, float]]) -> dict[str, float]:
    """The customers' contribution by heads, each head carrying the same money."""
    compare, current = values["compare"], values["current"]
    moved = current["customers"] - compare["customers"]
    a_head = parts["customers"] / moved if moved else _money_of_a_head(compare, current)
    divided = {kind: a_head * (current[kind] - compare[kind]) for kind in ("new", "existing")}
    return divided | {name: part for name, part in parts.items() if name != "customers"}


def _money_of_a_head(compare: dict[str, float], current: dict[str, float]) -> float:
    """What one customer more or less weighs when their number did not change: the limit of LMDI, the mean for Shapley."""
    sales = (current["identified_sales"], compare["identified_sales"])
    return (log_mean(*sales) if min(sales) > 0 else sum(sales) / 2) / current["customers"]
