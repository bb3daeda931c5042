"""What the data can carry: where they start, and what may therefore not be said."""

from __future__ import annotations

import pandas as pd

from crm_helpers.data.tables import Tables

MIDDLE = 0.20  # more than a fifth of all customers in the first month: the data start in the middle of their history


def data_start(tables: Tables) -> pd.DataFrame:
    """How many customers are first seen in the data's first month.

    Returns:
        One row: `customers`, `first_month_customers`, `share` (of all customers), `first_month` (integer key).
        Empty when no customer is identified.
    """
    return tables.sql("""
        with first_seen as (select customer_id, min(ordered_on) as first_on from customer_day group by customer_id),
        keyed as (select year(first_on) * 12 + month(first_on) - 1 as month from first_seen)
        select count(*) as customers,
               cast(sum(case when month = first_month then 1 else 0 end) as bigint) as first_month_customers,
               cast(sum(case when month = first_month then 1 else 0 end) as double) / count(*) as share, first_month
        from keyed cross join (select min(month) as first_month from keyed) as start
        group by first_month
    """)


def starts_in_the_middle(start: pd.DataFrame, *, history_complete: bool = False) -> bool:
    """Whether "new customer" would mean "first seen in this export" and must not be said.

    `start` is what `data_start` found; `history_complete` is the client's word (params) that the export holds every
    purchase since the first.
    """
    return not history_complete and (start.empty or float(start["share"].iloc[0]) > MIDDLE)
