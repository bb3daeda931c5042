"""Gross margin: what is left of a sale after the cost of its goods, where the product master knows the cost.

Margin of a line = amount without consumption tax − `products.unit_cost` × quantity, in minor units. The master holds one cost
a product, today's, so a change in margin is one of prices, discounts and mix, never of costs. Lines without product,
quantity or cost (and, where amounts include tax, without a rate) have no margin: they are left out and the share told.
"""

from __future__ import annotations

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
