"""Whose journeys are mapped: how large each persona is, and what sets it apart from all customers who bought."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.journey import EVERYBODY, Placed, measured
from crm_helpers.params.journey import Journey
from crm_helpers.params.periods import Periods
from crm_helpers.params.schema import Segment


@needs("order_lines.customer_id")
def sizes(
    tables: Tables,
    journey: Journey,
    segments: Mapping[str, Segment],
    *,
    as_of: datetime.date,
    periods: Periods | None,
    currency: str,
    k: int,
    first_orders_known: bool,
) -> pd.DataFrame | Unavailable:
    """Each persona beside all customers (`EVERYBODY`, the last row) in the current period.

    Returns:
        `persona`, `people` (ever at a stage; of EVERYBODY all who bought in the period), `buyers` (bought in the period),
        `orders`, `sales` (minor units), and `buyers_share`, `sales_share` (of EVERYBODY), `orders_each` (a buyer), `sales_each`
        (minor units a buyer). Personas with fewer than `k` buyers are left out.
    """
    if not journey.personas:
        return Unavailable("personas.sizes", reason="personas.nobody_named")
    if periods is None:
        return Unavailable("personas.sizes", reason="sales.too_short")
    if not measured(journey, tables, first_orders_known=first_orders_known):
        return Unavailable("personas.sizes", reason="journey.one_stage")
    whose = Placed(tables, journey, segments, as_of=as_of, currency=currency, first_orders_known=first_orders_known)
    found = whose.sql(
        """
        those as (select persona, customer_id from placed group by persona, customer_id),
        spent as (select customer_id, cast(sum(amount) as bigint) as amount from customer_day
          where ordered_on between :start and :end and customer_id not in (select customer_id from apart) group by customer_id),
        came as (select customer_id, count(*) as orders from orders
          where is_order and ordered_on between :start and :end and customer_id is not null group by customer_id),
        each_one as (select spent.customer_id, spent.amount, came.orders
          from spent join came on came.customer_id = spent.customer_id)
        select those.persona, count(*) as people, count(each_one.customer_id) as buyers,
               cast(coalesce(sum(each_one.orders), 0) as bigint) as orders,
               cast(coalesce(sum(each_one.amount), 0) as bigint) as sales
        from those left join each_one on each_one.customer_id = those.customer_id group by those.persona
        union all
        select cast('' as varchar), count(*), count(*), cast(sum(orders) as bigint), cast(sum(amount) as bigint) from each_one
        """,
        start=periods.current.start,
        end=periods.current.end,
    )
    order = {name: i for i, name in enumerate((*journey.personas, EVERYBODY))}
    found = found[found["buyers"] >= max(k, 1)]
    found = found.sort_values("persona", key=lambda names: names.map(order)).reset_index(drop=True)
    if len(found) < 2:
        return Unavailable("personas.sizes", reason="personas.few", facts={"k": k})
    whole = found.iloc[-1]
    return found.assign(
        buyers_share=found["buyers"] / whole["buyers"],
        sales_share=found["sales"] / whole["sales"],
        orders_each=found["orders"] / found["buyers"],
        sales_each=found["sales"] / found["buyers"],
    )
