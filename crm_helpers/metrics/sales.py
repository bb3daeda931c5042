"""Sales: what happened by month, and two periods side by side.

Sales are the sum of `amount` of all lines and day totals up to `as_of`. An order with a negative total is money but no
order. Customers are identified buyers; sales without a customer id are guest sales, and those of identified buyers who are not
counted as customers (companies, staff: `Tables`, `apart`) stand apart. Fewer than `tables.k` of these are told with the guests.
"""

from __future__ import annotations

import datetime

import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.params.periods import FIRST_TRADING_DAY, Periods, first_day, month_key

MONTHS_SHOWN = 36


@needs("order_lines")
def by_month(tables: Tables, *, as_of: datetime.date, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """Sales of the last 36 months, oldest first.

    Returns:
        `month` (year × 12 + month − 1), `first` (ISO date), `sales`, `guest_sales`, `apart_sales` (minor units), `orders`,
        `customers`, `complete` (the month is whole: neither cut by the start of the data nor by `as_of`), `period` (current,
        compare or
        empty), `year_before` (sales of the same month a year earlier; None where the data do not reach).
    """
    if periods is None or tables.span is None:
        return Unavailable("sales.by_month", reason="sales.too_short")
    last = month_key(as_of)
    found = tables.sql(
        """
        select year(ordered_on) * 12 + month(ordered_on) - 1 as month, cast(sum(amount) as bigint) as sales,
               cast(sum(case when customer_id is null and apart_id is null then amount else 0 end) as bigint) as guest_sales,
               cast(sum(case when apart_id is not null then amount else 0 end) as bigint) as apart_sales,
               cast(sum(receipts) as bigint) as orders,
               count(distinct case when is_order then customer_id end) as customers
        from orders where ordered_on >= :start
        group by year(ordered_on) * 12 + month(ordered_on) - 1
        """,
        start=first_day(last - MONTHS_SHOWN - 11),
    )
    begins = tables.span[0]
    start = max(month_key(begins), last - MONTHS_SHOWN + 1)
    cut_first = month_key(begins) + (begins.day > FIRST_TRADING_DAY)
    cut_last = month_key(as_of + datetime.timedelta(days=1))
    keyed = found.set_index("month")
    table = keyed.reindex(range(start, last + 1), fill_value=0).rename_axis("month").reset_index()
    if few_apart(tables, periods):
        table["guest_sales"] += table["apart_sales"]
        table["apart_sales"] = 0
    table["first"] = [first_day(int(m)).isoformat() for m in table["month"]]
    table["complete"] = table["month"].between(cut_first, cut_last - 1)
    table["period"] = [_period_of(int(m), periods) for m in table["month"]]
    year_before = keyed["sales"].reindex(table["month"] - 12).to_numpy()
    table["year_before"] = pd.array(year_before, dtype="Float64").astype("Int64")
    table.loc[table["month"] - 12 < cut_first, "year_before"] = pd.NA
    return table


def _period_of(month: int, periods: Periods) -> str:
    for name, period in (("current", periods.current), ("compare", periods.compare)):
        if period.start <= first_day(month) <= period.end:
            return name
    return ""


@needs("order_lines")
def totals(tables: Tables, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """Both periods side by side, `compare` first.

    Returns:
        Per `period`: `days`, `sales`, `sales_per_day` (minor units), `orders`, `customers`, `identified_sales`, `guest_sales`,
        `apart_sales`, `identified_share` (of the sales that do not stand apart), and of the identified part
        `identified_orders` and `items`. `items` leaves out
        lines of amount 0 (gifts, samples) and is missing (NA) when the client has no quantities.
    """
    if periods is None:
        return Unavailable("sales.totals", reason="sales.too_short")
    spans = {"compare": periods.compare, "current": periods.current}
    rows = []
    for name, span in spans.items():
        money = tables.sql(
            """
            select cast(coalesce(sum(amount), 0) as bigint) as sales,
                   cast(coalesce(sum(case when customer_id is not null then amount end), 0) as bigint) as identified_sales,
                   cast(coalesce(sum(case when apart_id is not null then amount end), 0) as bigint) as apart_sales,
                   cast(coalesce(sum(receipts), 0) as bigint) as orders,
                   cast(coalesce(sum(case when is_order and customer_id is not null then 1 end), 0) as bigint)
                     as identified_orders,
                   cast(coalesce(sum(case when customer_id is not null then items end), 0) as bigint) as items,
                   count(distinct case when is_order then customer_id end) as customers
            from orders where ordered_on between :start and :end
            """,
            start=span.start,
            end=span.end,
        ).iloc[0]
        rows.append({"period": name, "days": span.days, **money.to_dict()})
    table = pd.DataFrame(rows)
    if few_apart(tables, periods):
        table["apart_sales"] = 0
    others = table["sales"] - table["apart_sales"]
    table["guest_sales"] = others - table["identified_sales"]
    table["sales_per_day"] = table["sales"] / table["days"]
    table["identified_share"] = table["identified_sales"] / others.where(others != 0)
    if not tables.has("order_lines.quantity"):
        table["items"] = None
    return table


def few_apart(tables: Tables, periods: Periods) -> bool:
    """Whether those apart are too few in a period (but not nobody) for their sales to be told; a sum of few tells of each."""
    found = tables.sql(
        """
        select count(distinct case when ordered_on between :start and :end then apart_id end) as current,
               count(distinct case when ordered_on between :before and :before_end then apart_id end) as compare
        from orders where apart_id is not null
        """,
        start=periods.current.start,
        end=periods.current.end,
        before=periods.compare.start,
        before_end=periods.compare.end,
    ).iloc[0]
    return any(0 < int(people) < tables.k for people in found)
