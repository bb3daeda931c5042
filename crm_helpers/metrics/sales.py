"""Sales: what happened by month, and two periods side by side.

Sales are the sum of `amount` of all lines and day totals up to `as_of`. An order with a negative total is money but no
order. Customers are identified buyers; sales without a customer id are guest sales, and those of identified buyers who are not
counted as customers (companies, staff: `Tables`, `apart`) stand apart. Fewer than `tables.k` of these are told with the guests.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection

import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.params.periods import FIRST_TRADING_DAY, Periods, first_day, month_key, months

MONTHS_SHOWN = 36
HOLIDAY = 7  # the kind of day after Monday (0) to Sunday (6)
FEWEST_HOLIDAYS = 8  # under so many in both periods their mean says little, and they count as their weekday
EVENTS_SHOWN = 5
LONGEST_EVENT = 92  # days; what runs longer is no event that a month could show


@needs("order_lines")
def by_month(
    tables: Tables, *, as_of: datetime.date, periods: Periods | None, holidays: Collection[datetime.date] = ()
) -> pd.DataFrame | Unavailable:
    """Sales of the last 36 months, oldest first.

    Returns:
        `month` (year × 12 + month − 1), `first` (ISO date), `sales`, `guest_sales`, `apart_sales` (minor units), `orders`,
        `customers`, `complete` (the month is whole: neither cut by the start of the data nor by `as_of`), `period` (current,
        compare or empty), `year_before` (sales of the same month a year earlier; None where the data do not reach) and
        `expected` (these with this year's weekdays and holidays: times the ratio of both months' loads, `day_loads`).
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
    loads = day_loads(tables, periods=periods, holidays=holidays)
    ratio = [_load(loads, int(m), holidays) / (_load(loads, int(m) - 12, holidays) or 1.0) for m in table["month"]]
    table["expected"] = table["year_before"].astype("Float64") * pd.Series(ratio, table.index)
    return table


def day_loads(tables: Tables, *, periods: Periods, holidays: Collection[datetime.date] = ()) -> pd.Series:
    """What a day of each kind sells, by kind (0 Monday … 6 Sunday, 7 holiday): the mean of both periods over the mean day's.

    Days without sales count. A month or a period with loads of Σ1 is expected to sell Σ1 / Σ0 times what one of loads Σ0 did
    (direct standardisation). Too few holidays count as their weekday. All 1 where there are no sales above 0.
    """
    found = tables.sql(
        """
        select ordered_on, cast(sum(amount) as bigint) as sales from orders
        where ordered_on between :a and :b or ordered_on between :c and :d group by ordered_on
        """,
        a=periods.compare.start,
        b=periods.compare.end,
        c=periods.current.start,
        d=periods.current.end,
    )
    first, second = (pd.date_range(span.start, span.end) for span in (periods.compare, periods.current))
    days = pd.DatetimeIndex(first.append(second))
    sales = found.set_index("ordered_on")["sales"].reindex(days, fill_value=0)
    off = days.isin(pd.to_datetime(list(holidays)))
    kinds = days.day_of_week.where(~off, HOLIDAY) if off.sum() >= FEWEST_HOLIDAYS else days.day_of_week
    means = sales.groupby(kinds).mean()
    return means / sales.mean() if sales.mean() > 0 else means * 0 + 1.0


def period_load(loads: pd.Series, start: datetime.date, end: datetime.date, holidays: Collection[datetime.date] = ()) -> float:
    """The sum of the loads of the days from `start` to `end`."""
    days = pd.date_range(start, end)
    kinds = days.day_of_week
    if HOLIDAY in loads.index:
        kinds = kinds.where(~days.isin(pd.to_datetime(list(holidays))), HOLIDAY)
    return float(loads.reindex(kinds).fillna(1.0).sum())


def _load(loads: pd.Series, month: int, holidays: Collection[datetime.date]) -> float:
    span = months(month, 1)
    return period_load(loads, span.start, span.end, holidays)


def events(tables: Tables, *, months: pd.DataFrame | Unavailable) -> pd.DataFrame:
    """What the client's own tables say happened in the months of `by_month`: stores opened and closed, and campaigns.

    Campaigns of at most LONGEST_EVENT days, those of the highest cost (else the most people) first; EVENTS_SHOWN together.

    Returns:
        `kind` (opened, closed, campaign), `name` (the client's), `start`, `end` (ISO days; equal for stores), by `start`.
    """
    if isinstance(months, Unavailable):
        return pd.DataFrame(columns=["kind", "name", "start", "end"])
    first = datetime.date.fromisoformat(str(months["first"].iloc[0]))
    found = tables.sql(
        """
        with happened as (
          select 'opened' as kind, name, opened_on as start_on, opened_on as end_on, cast(0 as bigint) as place from stores
          union all select 'closed', name, closed_on, closed_on, cast(0 as bigint) from stores
          union all
          select 'campaign', name, starts_on, coalesce(ends_on, starts_on),
                 row_number() over (order by coalesce(cost, planned_cost, 0) desc, coalesce(eligible, 0) desc,
                                    starts_on desc, campaign_id) as place
          from campaigns
          where starts_on between :first and :last and date_diff('day', starts_on, coalesce(ends_on, starts_on)) < :longest)
        select kind, name, start_on, end_on, place from happened
        where name is not null and start_on between :first and :last order by place, start_on desc, name
        """,
        first=first,
        last=tables.as_of,
        longest=LONGEST_EVENT,
    ).head(EVENTS_SHOWN)
    days = {name: pd.to_datetime(found[f"{name}_on"]).dt.strftime("%Y-%m-%d") for name in ("start", "end")}
    return found[["kind", "name"]].assign(**days).sort_values(["start", "name"]).reset_index(drop=True)


def _period_of(month: int, periods: Periods) -> str:
    for name, period in (("current", periods.current), ("compare", periods.compare)):
        if period.start <= first_day(month) <= period.end:
            return name
    return ""


@needs("order_lines")
def totals(
    tables: Tables, *, periods: Periods | None, holidays: Collection[datetime.date] | None = None
) -> pd.DataFrame | Unavailable:
    """Both periods side by side, `compare` first.

    Returns:
        Per `period`: `days`, `sales`, `sales_per_day` (minor units), `orders`, `customers`, `identified_sales`, `guest_sales`,
        `apart_sales`, `identified_share` (of the sales that do not stand apart), and of the identified part
        `identified_orders` and `items`. `items` leaves out
        lines of amount 0 (gifts, samples) and is missing (NA) when the client has no quantities. With `holidays` (none is
        an empty set) also `load`: what the weekdays and holidays of the period weigh (`day_loads`).
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
    if holidays is not None:
        loads = day_loads(tables, periods=periods, holidays=holidays)
        table["load"] = [period_load(loads, span.start, span.end, holidays) for span in spans.values()]
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
