"""Segments: how large the client's own groups of customers are, what they buy, and how far they overlap."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping

import pandas as pd

from crm_helpers.data.conditions import flagged
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.params.periods import Periods
from crm_helpers.params.schema import Condition, Segment


@needs("order_lines.customer_id")
def patterns(
    tables: Tables, segments: Mapping[str, Segment], *, as_of: datetime.date, periods: Periods | None, currency: str
) -> pd.DataFrame | Unavailable:
    """Everybody by the set of segments they are in.

    Everybody is who is in the member master or has ever bought. Never to be printed as it is: cells may be few people.

    Returns:
        One boolean column a segment (tags left out), `customers`, `buyers` and `sales` (minor units) of the current period.
    """
    shown = [name for name, segment in segments.items() if not segment.tag]
    if not shown:
        return Unavailable("segments.patterns", reason="segments.none")
    if periods is None:
        return Unavailable("segments.patterns", reason="sales.too_short")
    wheres: dict[str, Condition] = {name: segment.where for name, segment in segments.items()}
    flags = flagged(wheres, tables=tables, as_of=as_of, currency=currency)
    named = ", ".join(f'flags."{name}"' for name in shown)
    return tables.sql(
        f"""
        with flags as ({flags.text}),
        bought as (
          select customer_id, cast(sum(orders) as bigint) as orders, cast(sum(amount) as bigint) as amount
          from customer_day where ordered_on between :start and :end group by customer_id)
        select {named}, count(*) as customers,
               cast(sum(case when bought.orders > 0 then 1 else 0 end) as bigint) as buyers,
               cast(coalesce(sum(bought.amount), 0) as bigint) as sales
        from flags left join bought on bought.customer_id = flags.customer_id
        group by {named} order by {named}
        """,
        start=periods.current.start,
        end=periods.current.end,
        **flags.values,
    )


def sizes(found: pd.DataFrame | Unavailable, *, k: int) -> pd.DataFrame | Unavailable:
    """How large each segment is, in the order of params, and who is in none (`none`).

    Returns:
        `segment`, `customers`, `share` (of everybody), `buyers`, `sales`, `sales_share` (of identified sales); NA where it
        counts fewer than `k` people, of the smallest other one when a single one is hidden, and of `none` where it would tell
        a hidden overlap (everybody less `none` less the segments). Beside them, the same in every
        row, what the shares are of: `everybody` and `identified_sales`.
    """
    if isinstance(found, Unavailable):
        return found
    names = _names(found)
    masks = {name: found[name].astype(bool) for name in names}
    masks["none"] = ~found[names].astype(bool).any(axis=1)
    rows = [
        {"segment": name, **{c: int(found.loc[mask, c].sum()) for c in ("customers", "buyers", "sales")}}
        for name, mask in masks.items()
    ]
    table = pd.DataFrame(rows).astype({"customers": "Int64", "buyers": "Int64", "sales": "Int64"})
    table["share"] = table["customers"].astype(float) / found["customers"].sum()
    table["sales_share"] = table["sales"].astype(float) / found["sales"].sum() if found["sales"].sum() > 0 else pd.NA
    few = table["customers"].between(1, k - 1) | table["buyers"].between(1, k - 1)
    if int(few.sum()) == 1 and len(table) > 1:
        few |= table.index == table.loc[~few, "customers"].astype(int).idxmin()
    if not few.any() and _gives_an_overlap_away(found, names, k):  # with a size hidden nothing adds up
        few |= table["segment"] == "none"
    table.loc[few, ["customers", "buyers", "sales", "share", "sales_share"]] = pd.NA
    table["everybody"], table["identified_sales"] = int(found["customers"].sum()), int(found["sales"].sum())
    return table[["segment", "customers", "share", "buyers", "sales", "sales_share", "everybody", "identified_sales"]]


def overlaps(found: pd.DataFrame | Unavailable, *, k: int) -> pd.DataFrame | Unavailable:
    """How many of each segment are also in another.

    Returns:
        `segment`, `other`, `both` (customers) and `share` (of the segment); NA where `both`, or the rest of the segment,
        counts 1 to k − 1 people: one gives the other away.
    """
    if isinstance(found, Unavailable):
        return found
    names = _names(found)
    rows = []
    for name in names:
        mine = found[found[name].astype(bool)]
        whole = int(mine["customers"].sum())
        for other in names:
            both = int(mine.loc[mine[other].astype(bool), "customers"].sum())
            told = other == name or (not 0 < both < k and not 0 < whole - both < k)
            rows.append({"segment": name, "other": other, "both": both if told else pd.NA, "whole": whole})
    table = pd.DataFrame(rows).astype({"both": "Int64"})
    table["share"] = table["both"].astype("Float64") / table["whole"].where(table["whole"] > 0)
    return table.drop(columns="whole")


def _gives_an_overlap_away(found: pd.DataFrame, names: list[str], k: int) -> bool:
    """Whether the overlaps that are hidden are one pair, or fewer than `k` people together."""
    hidden = []
    for one, other in itertools.combinations(names, 2):
        mine, theirs = found[one].astype(bool), found[other].astype(bool)
        both = int(found.loc[mine & theirs, "customers"].sum())
        rests = (int(found.loc[mine, "customers"].sum()) - both, int(found.loc[theirs, "customers"].sum()) - both)
        if any(0 < n < k for n in (both, *rests)):
            hidden.append(both)
    return len(hidden) == 1 or 0 < sum(hidden) < k


def _names(found: pd.DataFrame) -> list[str]:
    return [str(name) for name in found.columns if name not in ("customers", "buyers", "sales")]
