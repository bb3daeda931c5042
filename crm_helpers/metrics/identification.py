"""How much of the sales has a member number, month by month: when that moves, some new members are former guests.

The share is of the sales that do not stand apart (`metrics.sales`). A jump is a month from which
on the level stays another: the cut that leaves the least absolute deviations from the medians before and after it, when the
medians differ by more than SHIFT and by JUMP robust standard deviations (1.4826 × median absolute deviation) and the step in that
month alone makes half of it; a slow rise does not pass. The level is the share at a fixed mix of sales with and without a store.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.tables import Tables
from crm_helpers.params.periods import Periods, first_day

SHIFT = 0.03  # periods whose shares differ by more than 3 points are not compared without a word
JUMP = 4.0
SIDE = 3  # months on each side of a jump: fewer are no level
MAD = 1.4826  # makes the median absolute deviation a standard deviation of normal values


def shares(tables: Tables, *, periods: Periods | None) -> pd.DataFrame:
    """Sales and identified sales by month of both periods, oldest first; nothing without periods or without customer ids.

    Returns:
        `first` (ISO date), `period` (compare or current), `sales`, `identified` (minor units, without those apart), `share`,
        `level` (the share at the mix of all months; NaN where a part of the mix has no sales).
    """
    columns = ["first", "period", "sales", "identified", "share", "level"]
    if periods is None or not tables.has("order_lines.customer_id"):
        return pd.DataFrame(columns=columns)
    found = tables.sql(
        """
        with seen as (
          select year(ordered_on) * 12 + month(ordered_on) - 1 as month, store_id is not null as shop, amount, customer_id,
                 case when ordered_on between :start and :end then 'current' else 'compare' end as period
          from orders where apart_id is null
            and (ordered_on between :start and :end or ordered_on between :before and :before_end))
        select month, period, shop, cast(sum(amount) as bigint) as sales,
               cast(sum(case when customer_id is not null then amount else 0 end) as bigint) as identified
        from seen group by month, period, shop order by month, shop
        """,
        start=periods.current.start,
        end=periods.current.end,
        before=periods.compare.start,
        before_end=periods.compare.end,
    )
    sold, known = (found.pivot(index=["month", "period"], columns="shop", values=name) for name in ("sales", "identified"))
    weights = sold.sum() / sold.sum().sum()
    table = pd.DataFrame({"sales": sold.sum(axis=1).astype("int64"), "identified": known.sum(axis=1).astype("int64")})
    table["share"] = table["identified"] / table["sales"].where(table["sales"] > 0)
    table["level"] = (known / sold.where(sold > 0) * weights).sum(axis=1, skipna=False)
    table = table.reset_index()
    table["first"] = [first_day(int(month)).isoformat() for month in table["month"]]
    return table[columns]


def moved(table: pd.DataFrame) -> tuple[float, float] | None:
    """The shares of the compared and the current period when they differ by more than SHIFT; else None."""
    sums = table.groupby("period")[["sales", "identified"]].sum()
    if set(sums.index) != {"compare", "current"} or int(sums["sales"].min()) <= 0:
        return None
    rates = sums["identified"].astype(float) / sums["sales"]
    before, now = float(rates["compare"]), float(rates["current"])
    return (before, now) if abs(now - before) > SHIFT else None


def jump(table: pd.DataFrame) -> tuple[str, float] | None:
    """The month (ISO date of its first day) in which the level jumped, and by how much (a rate); None when none stands out."""
    level = table["level"].to_numpy(dtype=float)
    if len(level) < 2 * SIDE or np.isnan(level).any():
        return None
    cuts = range(SIDE, len(level) - SIDE + 1)
    at = min(cuts, key=lambda cut: float(np.abs(_left(level, cut)).sum()))
    size = float(np.median(level[at:]) - np.median(level[:at]))
    noise = MAD * float(np.median(np.abs(_left(level, at))))
    abrupt = (level[at] - level[at - 1]) / size >= 0.5 if size else False
    return (str(table["first"].iloc[at]), size) if abs(size) > max(SHIFT, JUMP * noise) and abrupt else None


def _left(level: NDArray[np.float64], cut: int) -> NDArray[np.float64]:
    """What is left of each month when the median of its side of the cut is taken away."""
    return np.concatenate([level[:cut] - np.median(level[:cut]), level[cut:] - np.median(level[cut:])])
