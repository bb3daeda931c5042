"""Season: sales a day of each month of the year over those of its year, from two whole years on.

Each year is twelve months that end with the last whole month. The growth from year to year is taken out as a steady rate, within
the years too, or the last month of a growing business would look like its season; what is left in a month is season,
campaigns of that month, and chance. With two or three years there is no honest interval: every year is shown.
"""

from __future__ import annotations

import calendar
import datetime
import math

import numpy as np
import pandas as pd

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.params.periods import first_day, whole_months

YEARS = (2, 3)  # fewest and most years of twelve months
LEAST_SHARE = 0.01  # categories under this share of sales have no season told
FASTEST = 3.0  # growth beyond this is the start or the end of something, not a steady rate
ALL = ""


def by_month(tables: Tables, *, as_of: datetime.date) -> pd.DataFrame | Unavailable:
    """The index of sales a day by month of the year, each year apart (100 = the mean day of that year).

    Returns:
        One row a `category` (ALL is the empty text: all sales; categories of the product master of at least LEAST_SHARE of
        sales, largest first), `month` (1–12) and `year` (0 the oldest): `index`, `sales` (minor units), `first` (ISO, the month's
        first day).
    """
    if tables.span is None:
        return Unavailable("season.by_month", reason="season.short", facts={"months": 12 * YEARS[0]})
    start, count = whole_months(tables.span[0], as_of)
    years = min(YEARS[1], count // 12)
    if years < YEARS[0]:
        return Unavailable("season.by_month", reason="season.short", facts={"months": 12 * YEARS[0]})
    begin = start + count - 12 * years
    found = _sold(tables, first_day(begin), first_day(start + count) - datetime.timedelta(days=1))
    whole = found.groupby("key")["sales"].sum().rename("sales").reset_index().assign(category=ALL)
    total = float(whole["sales"].sum())
    sizes = found[found["category"] != ""].groupby("category")["sales"].sum().sort_values(ascending=False, kind="stable")
    told = [name for name in sizes.index if total > 0 and sizes[name] >= LEAST_SHARE * total]
    parts = [whole, *(found[found["category"] == name] for name in told)]
    return pd.concat([_indices(part, begin, years) for part in parts], ignore_index=True)


def _sold(tables: Tables, first: datetime.date, last: datetime.date) -> pd.DataFrame:
    return tables.sql(
        """
        with kinds as (select product_id, min(nullif(trim(category), '')) as category from products group by product_id),
        sold as (
          select kinds.category, b.ordered_on as sold_on, b.amount from bought as b
          left join kinds on kinds.product_id = b.product_id
          union all select nullif(trim(category), ''), sold_on, amount from day_totals)
        select coalesce(category, '') as category, year(sold_on) * 12 + month(sold_on) - 1 as key,
               cast(sum(amount) as bigint) as sales
        from sold where sold_on between :first and :last
        group by category, year(sold_on) * 12 + month(sold_on) - 1 order by category, key
        """,
        first=first,
        last=last,
    )


def _indices(part: pd.DataFrame, begin: int, years: int) -> pd.DataFrame:
    """Sales a day of every month over those of its year; NaN in a year without sales."""
    sales = part.set_index("key")["sales"].reindex(range(begin, begin + 12 * years), fill_value=0)
    days = np.array([_days(key) for key in sales.index])
    steady = sales.to_numpy(dtype=float) / _growth(sales, years) ** (np.arange(12 * years) / 12)
    rows = []
    for at, (key, amount) in enumerate(sales.items()):
        year = slice(at // 12 * 12, at // 12 * 12 + 12)
        mean = steady[year].sum() / days[year].sum()
        rows.append(
            {
                "category": part["category"].iloc[0],
                "month": int(str(key)) % 12 + 1,
                "year": at // 12,
                "first": first_day(int(str(key))).isoformat(),
                "sales": int(amount),
                "index": float(100 * steady[at] / days[at] / mean) if mean > 0 else math.nan,
            }
        )
    return pd.DataFrame(rows)


def _growth(sales: pd.Series, years: int) -> float:
    """The factor a year by which sales grew from the first to the last year; 1 where it cannot be told."""
    first, last = float(sales.iloc[:12].sum()), float(sales.iloc[-12:].sum())
    if min(first, last) <= 0:
        return 1.0
    return float(np.clip((last / first) ** (1 / (years - 1)), 1 / FASTEST, FASTEST))


def _days(key: int) -> int:
    return calendar.monthrange(key // 12, key % 12 + 1)[1]
