"""Channels of ordering: what each carries, who uses several, and what those spend beside those who use one.

Customers of several channels buy more often to begin with: nobody with one order can use two channels. So the comparison is
also made between customers with the same number of orders. It stays a difference, never an effect of the channel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.estimates import ENOUGH, Estimate, mean, quotient
from crm_helpers.metrics.estimates import UNKNOWN as NOT_KNOWN
from crm_helpers.params.periods import Periods, period_days

UNKNOWN, OTHERS, ALL = "channels.unknown", "channels.others", "channels.all"
SHOWN = 5  # channels with a row of their own
PATTERNS = 7  # combinations shown
STRATA = (2, 3, 4, 6, 10)  # orders at which a stratum of like frequency begins


@needs("order_lines.channel")
def by_channel(tables: Tables, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """Sales of both periods by channel of ordering, most first; all sales, those of guests and companies too.

    Returns:
        One row a `channel` (the client's word, then OTHERS beyond SHOWN, UNKNOWN): `sales`, `sales_before` (minor units),
        `share`, `share_before`. They add up to the sales.
    """
    if periods is None:
        return Unavailable("channels.by_channel", reason="sales.too_short")
    found = tables.sql(
        """
        with sold as (
          select nullif(trim(channel), '') as channel, ordered_on as sold_on, amount from order_lines
          union all select nullif(trim(channel), ''), sold_on, amount from day_totals)
        select coalesce(channel, '') as channel,
               cast(sum(case when sold_on between :start and :end then amount else 0 end) as bigint) as sales,
               cast(sum(case when sold_on between :start and :end then 0 else amount end) as bigint) as sales_before
        from sold where sold_on between :start and :end or sold_on between :before and :before_end
        group by channel order by sales desc, channel
        """,
        **period_days(periods),
    )
    named = found[found["channel"] != ""]
    if len(named) < 2:
        return Unavailable("channels.by_channel", reason="channels.one")
    own, rest = named.head(SHOWN), named.iloc[SHOWN:]
    parts = [own]
    parts += [pd.DataFrame([rest[["sales", "sales_before"]].sum().to_dict() | {"channel": OTHERS}])] if len(rest) else []
    parts += [found[found["channel"] == ""].assign(channel=UNKNOWN)] if (found["channel"] == "").any() else []
    table = pd.concat(parts, ignore_index=True)
    for name, sales in (("share", "sales"), ("share_before", "sales_before")):
        whole = int(table[sales].sum())
        table[name] = table[sales] / whole if whole > 0 else math.nan
    return table


@needs("order_lines.channel", "order_lines.customer_id")
def overlap(
    tables: Tables, channels: pd.DataFrame | Unavailable, *, periods: Periods | None, k: int
) -> pd.DataFrame | Unavailable:
    """Identified buyers of the current period by the set of channels they ordered through (of those of `by_channel`).

    Returns:
        One row a set, most people first, then OTHERS (sets of under `k` people or beyond PATTERNS) and ALL: `used` (a string
        of 0 and 1, one for each named channel of `channels`; empty for OTHERS and ALL), `several` (more than one), `customers`,
        `share`, `sales`, `sales_share`, `per_head` with `low`, `high`, `orders_each`; on every row `people` (who use
        several), `ratio` with `ratio_low`, `ratio_high` (spend a head, several over one channel) and `like` with `like_low`,
        `like_high` (the same between customers with the same number of orders; NaN where too few).
    """
    if isinstance(channels, Unavailable) or periods is None:
        return channels if isinstance(channels, Unavailable) else Unavailable("channels.overlap", reason="sales.too_short")
    named = [str(name) for name in channels["channel"] if name not in (OTHERS, UNKNOWN)]
    found = _sets(tables, periods, named)
    if int(found["n"].sum()) < max(ENOUGH, k):
        return Unavailable("channels.overlap", reason="channels.few", facts={"n": max(ENOUGH, k)})
    sums = found.groupby("used")[["n", "x", "xx", "orders"]].sum().reset_index()
    sums = sums.sort_values(["n", "used"], ascending=[False, True]).reset_index(drop=True)
    fine = sums[(sums["n"] >= k)].head(PATTERNS)
    rest = sums.drop(fine.index)
    while len(rest) and 0 < int(rest["n"].sum()) < k and len(fine) > 1:
        rest, fine = pd.concat([rest, fine.tail(1)]), fine.iloc[:-1]
    whole = sums[["n", "x", "xx", "orders"]].sum()
    rows = [_row(row, str(row["used"]), whole) for row in records(fine)]
    rows += [_row(rest[["n", "x", "xx", "orders"]].sum().to_dict(), OTHERS, whole)] if len(rest) else []
    rows += [_row(whole.to_dict(), ALL, whole)]
    several = found["used"].str.count("1") > 1
    people = int(found.loc[several, "n"].sum())
    raw = quotient(_mean(found[several]), _mean(found[~several]))
    like = _like(found, several)
    told: dict[str, Any] = {"people": people if people >= k else pd.NA}
    for name, estimate in (("ratio", raw), ("like", like)):
        told |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    return pd.DataFrame(rows).assign(**told)


def _sets(tables: Tables, periods: Periods, named: list[str]) -> pd.DataFrame:
    """Per set of channels (`used`) and `stratum` of orders: customers `n`, sales Σx, Σx², `orders`."""
    flags = ", ".join(f"max(case when trim(channel) = :c{i} then 1 else 0 end) as c{i}" for i in range(len(named)))
    written = ", ".join(f"cast(c{i} as varchar)" for i in range(len(named)))
    steps = " ".join(f"when orders >= {at} then {at}" for at in reversed(STRATA))
    return tables.sql(
        f"""
        with each as (
          select customer_id, {flags}, cast(sum(amount) as double) as x,
                 count(distinct case when amount > 0 then order_id end) as orders
          from bought where customer_id is not null and ordered_on between :start and :end
          group by customer_id having sum(amount) > 0),
        marked as (select concat({written}) as used, case {steps} else 1 end as stratum, x, orders from each)
        select used, stratum, count(*) as n, sum(x) as x, sum(x * x) as xx, cast(sum(orders) as bigint) as orders
        from marked group by used, stratum order by used, stratum
        """,
        start=periods.current.start,
        end=periods.current.end,
        **{f"c{i}": name for i, name in enumerate(named)},
    )


def _mean(part: pd.DataFrame) -> Estimate:
    return mean(int(part["n"].sum()), float(part["x"].sum()), float(part["xx"].sum()))


def _like(found: pd.DataFrame, several: pd.Series) -> Estimate:
    """Spend a head of several over one channel, strata of equal orders weighted by those who use several (standardised)."""
    above = below = above_square = below_square = 0.0
    for _, part in found[found["stratum"] > 1].groupby("stratum"):
        both, one = part[several[part.index]], part[~several[part.index]]
        if min(both["n"].sum(), one["n"].sum()) < ENOUGH:
            continue
        weight, spent, alone = int(both["n"].sum()), _mean(both), _mean(one)
        above, below = above + weight * spent.value, below + weight * alone.value
        above_square += (weight * spent.value * spent.spread) ** 2
        below_square += (weight * alone.value * alone.spread) ** 2
    if not above or math.isnan(above + below):
        return NOT_KNOWN
    return Estimate(above / below, math.sqrt(above_square / above**2 + below_square / below**2))


def _row(s: Mapping[Any, Any], used: str, whole: pd.Series) -> dict[str, Any]:
    each = mean(s["n"], s["x"], s["xx"]) if s["n"] >= ENOUGH else NOT_KNOWN
    return {
        "used": used,
        "several": used.count("1") > 1,
        "customers": int(s["n"]),
        "share": s["n"] / whole["n"],
        "sales": int(s["x"]),
        "sales_share": s["x"] / whole["x"],
        "per_head": s["x"] / s["n"],
        "low": each.low,
        "high": each.high,
        "orders_each": s["orders"] / s["n"],
    }
