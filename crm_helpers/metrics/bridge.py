"""The money bridge between two periods: who came, who did not buy again, and what those who stayed changed.

S¹ − S⁰ =
new + reactivated − not bought again + change of the retained + guests + those apart. The retained are the same people in both
periods, so their change has no head-count in it and is split over orders each, items per order and price per item by
LMDI-I (`metrics/decomposition.py`). The form is that of growth accounting (Hsu 2015: new, resurrected, churned, retained).
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.decomposition import lmdi, methods_differ, shapley, whole
from crm_helpers.metrics.sales import few_apart
from crm_helpers.params.periods import Periods

OTHERS = ("guests", "apart")
GROUPS = ("lapsed", "new", "reactivated", "unseen", "moved", "retained", "guests", "apart")


@needs("order_lines.customer_id")
def bridge(tables: Tables, *, periods: Periods | None, first_orders_known: bool, k: int) -> pd.DataFrame | Unavailable:
    """The groups whose changes add up to the change of sales, and the split of the retained, to the minor unit.

    A buyer of a period has at least one order in it. `lapsed`: bought in the compared period, not in the current one;
    `retained`: in both; `new`: first order ever in the current one; `reactivated`: bought before, not in the compared one;
    `unseen`: new and reactivated together, when first orders are not known or one of the two is under `k` people;
    `moved`: lapsed and unseen together, without heads and totals, when one of the two is under `k`; `guests`: sales
    without a customer id, and of members with returns but without an order in both periods; `apart`: sales of identified buyers
    who are not counted as customers (`metrics.sales`).

    Returns:
        One row a `part`. Groups have `parent` empty, `heads`, `compare` and `current` (their sales of the two periods, minor
        units) and `change`. The factors of the retained have `parent` retained, `compare` and `current` (orders each, items
        per order, price per item or value per order in minor units) and `change`; no heads. NA: not to be told. `method`
        (lmdi or shapley), `shapley` (the factors' guard, minor units) and `methods_differ` speak of the retained's split.
    """
    if periods is None:
        return Unavailable("bridge.bridge", reason="sales.too_short")
    groups = _groups(tables, periods)
    if not int(groups.loc[["lapsed", "retained"], "heads"].sum()):
        return Unavailable("bridge.bridge", reason="bridge.no_customers")
    parts = _told(groups, first_orders_known=first_orders_known, k=k)
    if parts is None:
        return Unavailable("bridge.bridge", reason="bridge.too_few", facts={"k": k})
    stayed = _row_of(groups, "retained")
    factors = _factors(stayed, with_items=tables.has("order_lines.quantity")) if stayed["heads"] else []
    table = pd.DataFrame([*parts, *factors], columns=["part", "parent", "heads", "compare", "current", "change", "shapley"])
    for column in ("heads", "change", "shapley"):
        table[column] = table[column].astype("Int64")
    for column in ("compare", "current"):
        table[column] = table[column].astype("Float64")
    before, after = ([row[at] for row in factors] for at in ("compare", "current"))
    use_lmdi = bool(factors) and min(*before, *after) > 0
    table["method"] = "lmdi" if use_lmdi else "shapley"
    table["methods_differ"] = use_lmdi and methods_differ([1.0, *before], [1.0, *after])
    return table


def _groups(tables: Tables, periods: Periods) -> pd.DataFrame:
    """Heads, sales, orders and items of both periods by group; rows of 0 for a group without anybody."""
    spans = {"a": periods.compare.start, "b": periods.compare.end, "c": periods.current.start, "d": periods.current.end}
    found = tables.sql(
        """
        with days as (
          select customer_id, min(case when orders > 0 then ordered_on end) as first_on,
                 cast(sum(case when ordered_on between :a and :b then orders else 0 end) as bigint) as compare_orders,
                 cast(sum(case when ordered_on between :c and :d then orders else 0 end) as bigint) as current_orders,
                 cast(sum(case when ordered_on between :a and :b then amount else 0 end) as bigint) as compare,
                 cast(sum(case when ordered_on between :c and :d then amount else 0 end) as bigint) as current,
                 cast(sum(case when ordered_on between :a and :b then items else 0 end) as bigint) as compare_items,
                 cast(sum(case when ordered_on between :c and :d then items else 0 end) as bigint) as current_items
          from customer_day group by customer_id),
        grouped as (
          select case when compare_orders > 0 and current_orders > 0 then 'retained'
                      when compare_orders > 0 then 'lapsed'
                      when current_orders > 0 and first_on >= :c then 'new'
                      when current_orders > 0 then 'reactivated'
                      else 'guests' end as part,
                 customer_id, compare, current, compare_orders, current_orders, compare_items, current_items
          from days)
        select part, count(*) as heads, cast(sum(compare) as bigint) as compare, cast(sum(current) as bigint) as current,
               cast(sum(compare_orders) as bigint) as compare_orders, cast(sum(current_orders) as bigint) as current_orders,
               cast(coalesce(sum(compare_items), 0) as bigint) as compare_items,
               cast(coalesce(sum(current_items), 0) as bigint) as current_items
        from grouped group by part
        """,
        **spans,
    )
    others = tables.sql(
        """
        select case when apart_id is null or :few then 'guests' else 'apart' end as part,
               cast(coalesce(sum(case when ordered_on between :a and :b then amount end), 0) as bigint) as compare,
               cast(coalesce(sum(case when ordered_on between :c and :d then amount end), 0) as bigint) as current
        from orders where customer_id is null
        group by case when apart_id is null or :few then 'guests' else 'apart' end
        """,
        few=few_apart(tables, periods),
        **spans,
    ).set_index("part")
    table = found.set_index("part").reindex(list(GROUPS), fill_value=0).astype("int64")
    for part in others.index:
        table.loc[part, ["compare", "current"]] += others.loc[part, ["compare", "current"]].astype("int64")
    return table


def _told(groups: pd.DataFrame, *, first_orders_known: bool, k: int) -> list[dict[str, Any]] | None:
    """The groups as they may be printed: small ones merged until no head-count or sum of few people can be worked out."""
    groups = groups.copy()
    came = ["new", "reactivated"]
    if not first_orders_known or groups.loc[came, "heads"].between(1, k - 1).any():
        groups.loc["unseen"] = groups.loc[came].sum()
        names = ["lapsed", "unseen", "retained", *OTHERS]
    else:
        names = ["lapsed", *came, "retained", *OTHERS]
    gone, stayed = _row_of(groups, "lapsed")["heads"], _row_of(groups, "retained")["heads"]
    arrived = int(groups.loc[came, "heads"].sum())
    merged = 0 < gone < k or 0 < arrived < k
    if 0 < stayed < k or (merged and gone + arrived < k):
        return None
    if merged:
        groups.loc["moved"] = groups.loc[["lapsed", *came]].sum()
        names = ["moved", "retained", *OTHERS]
    names = [name for name in names if name not in OTHERS or groups.loc[name, ["compare", "current"]].any()]
    return [_group_row(name, _row_of(groups, name), told=not merged or name in OTHERS) for name in names]


def _row_of(groups: pd.DataFrame, name: str) -> dict[str, int]:
    return {str(column): int(groups[column].loc[name]) for column in groups}


def _group_row(name: str, group: dict[str, int], *, told: bool) -> dict[str, Any]:
    row = {"part": name, "parent": "", "change": int(group["current"] - group["compare"])}
    sums = {"compare": float(group["compare"]), "current": float(group["current"])} if told else {}
    heads = {"heads": int(group["heads"])} if told and name not in OTHERS else {}
    return row | sums | heads


def _factors(stayed: dict[str, int], *, with_items: bool) -> list[dict[str, Any]]:
    """Orders each × items per order × price per item of the retained, with exact parts of their change."""
    values = {period: _factor_values(stayed, period) for period in ("compare", "current")}
    with_items = with_items and all(v["items_per_order"] for v in values.values())
    names = ["orders_per_customer", *(["items_per_order", "price_per_item"] if with_items else ["aov"])]
    heads, change = float(stayed["heads"]), int(stayed["current"] - stayed["compare"])
    before, after = ([heads, *(values[p][name] for name in names)] for p in ("compare", "current"))
    method = lmdi if min(*before, *after) > 0 else shapley
    parts, guard = (whole(split(before, after)[1:], change) for split in (method, shapley))
    return [
        {
            "part": name,
            "parent": "retained",
            "compare": values["compare"][name],
            "current": values["current"][name],
            "change": parts[i],
            "shapley": guard[i],
        }
        for i, name in enumerate(names)
    ]


def _factor_values(stayed: dict[str, int], period: str) -> dict[str, float]:
    sales, orders, items = (float(stayed[name]) for name in (period, f"{period}_orders", f"{period}_items"))
    return {
        "orders_per_customer": orders / float(stayed["heads"]),
        "aov": sales / orders,
        "items_per_order": items / orders,
        "price_per_item": sales / items if items else 0.0,
    }
