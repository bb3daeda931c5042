"""Gross margin: what is left of a sale after the cost of its goods, where the product master knows the cost.

Margin of a line = amount without consumption tax − `products.unit_cost` × quantity, in minor units. The master holds one cost
a product, today's, so a change in margin is one of prices, discounts and mix, never of costs. Lines without product,
quantity or cost (and, where amounts include tax, without a rate) have no margin: they are left out and the share told.
"""

from __future__ import annotations

import pandas as pd

from crm_helpers.data.tables import Tables
from crm_helpers.params.periods import Periods

INCLUDED = "included"  # the setting sales.tax: amounts hold the tax

COSTED = """
  costs as (
    select product_id, min(unit_cost) as unit_cost, min(tax_percent) as tax_percent from products
    where unit_cost is not null group by product_id),
  untaxed as (
    select l.order_id, l.customer_id, l.ordered_on, l.store_id, l.channel, l.product_id, l.amount,
           costs.unit_cost * l.quantity as cost,
           cast(round(cast(l.amount as double) * 100
             / (100 + case when :taxed then coalesce(l.tax_percent, costs.tax_percent) else 0 end)) as bigint) as net
    from order_lines as l join costs on costs.product_id = l.product_id
    where l.quantity is not null and (not :taxed or l.tax_percent is not null or costs.tax_percent is not null)),
  costed as (
    select u.order_id, case when apart.customer_id is null then u.customer_id end as customer_id, u.ordered_on, u.store_id,
           u.channel, u.product_id, u.amount, u.net, u.net - u.cost as margin
    from untaxed as u left join apart on apart.customer_id = u.customer_id)
"""
"""Common table expressions ending in `costed`, the lines with a margin (`net`: without tax); `:taxed`: amounts include tax."""

NEEDED = ("order_lines.product_id", "order_lines.quantity", "products.unit_cost")


def totals(tables: Tables, *, periods: Periods | None, tax: str) -> pd.DataFrame | None:
    """Margin of both periods where costs are known; None when no cost, or nothing sold with one in a period, is known.

    Returns:
        Rows compare, current: `margin`, `net` (sales without tax of the lines with a margin, minor units), `rate`, and
        `covered` (the amounts of these lines by all sales).
    """
    if periods is None or not all(tables.has(name) for name in NEEDED):
        return None
    rows = []
    for name, span in (("compare", periods.compare), ("current", periods.current)):
        found = tables.sql(
            f"""
            with {COSTED}
            select cast(coalesce(sum(margin), 0) as bigint) as margin, cast(coalesce(sum(net), 0) as bigint) as net,
                   cast(coalesce(sum(amount), 0) as bigint) as amount
            from costed where ordered_on between :start and :end
            """,
            start=span.start,
            end=span.end,
            taxed=tax == INCLUDED,
        ).iloc[0]
        whole = tables.sql(
            "select cast(coalesce(sum(amount), 0) as bigint) as sales from orders where ordered_on between :start and :end",
            start=span.start,
            end=span.end,
        )["sales"].iloc[0]
        if int(found["net"]) <= 0 or int(whole) <= 0:
            return None
        rate, covered = found["margin"] / found["net"], found["amount"] / whole
        rows.append({"period": name, "margin": int(found["margin"]), "net": int(found["net"]), "rate": rate, "covered": covered})
    return pd.DataFrame(rows)
