"""Receipts: what can be said of sales without knowing who bought. Counted are receipts, not people.

The change of sales is split into receipts, items a receipt and price an item, as in the KPI tree (`metrics.decomposition`), but
over all sales. Distributions take the receipts whose lines are known, returns left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import sales
from crm_helpers.metrics.decomposition import lmdi, shapley, whole
from crm_helpers.params.periods import Periods, period_days

MOST_KNOWN = 0.5  # from this identified share of sales on, pages on customers say more than pages on receipts
ITEMS = (1, 2, 3, 4, 5, 6, 10)  # items of a receipt at which a band begins
BANDS = 8  # bands of value at most
FEWEST_MONTHS = 1  # gathering takes at least a month


def without_names(tables: Tables, *, periods: Periods | None) -> Unavailable | None:
    """Why receipts are no page of this client: most of its sales are those of customers who are known."""
    both = sales.totals(tables, periods=periods)
    if isinstance(both, Unavailable):
        return Unavailable("basket.change", reason="sales.too_short")
    share = float(both["identified_share"].iloc[-1]) if tables.has("order_lines.customer_id") else 0.0
    return Unavailable("basket.change", reason="basket.known", facts={"share": share}) if share >= MOST_KNOWN else None


@needs("order_lines")
def change(tables: Tables, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """Sales of both periods as receipts × items a receipt × price an item; without quantities as receipts × value.

    Returns:
        One row a `node`: sales, receipts, then items_per_receipt and price_per_item, or value_per_receipt: `compare`, `current`
        (minor units for money), `contribution` (minor units; of sales the whole change). Contributions add up to it.
    """
    if (no := without_names(tables, periods=periods)) is not None or periods is None:
        return no or Unavailable("basket.change", reason="sales.too_short")
    found = tables.sql(
        """
        select ordered_on between :start and :end as now, cast(sum(amount) as bigint) as sales,
               cast(sum(receipts) as bigint) as receipts, cast(sum(coalesce(items, 0)) as bigint) as items
        from orders where ordered_on between :start and :end or ordered_on between :before and :before_end
        group by ordered_on between :start and :end order by now
        """,
        **period_days(periods),
    )
    if len(found) < 2 or int(found["receipts"].min()) <= 0 or int(found["sales"].min()) <= 0:
        return Unavailable("basket.change", reason="basket.empty")
    compare, current = records(found)
    with_items = tables.has("order_lines.quantity") and min(compare["items"], current["items"]) > 0
    factors = [_factors(row, with_items=with_items) for row in (compare, current)]
    before, after = (list(parts.values()) for parts in factors)
    total = int(current["sales"] - compare["sales"])
    method = lmdi if min(*before, *after) > 0 else shapley
    parts = whole(method(before, after), total)
    rows = [{"node": "sales", "compare": float(compare["sales"]), "current": float(current["sales"]), "contribution": total}]
    for name, was, now, part in zip(factors[0], before, after, parts, strict=True):
        rows.append({"node": name, "compare": was, "current": now, "contribution": part})
    value = {"node": "value_per_receipt", "compare": compare["sales"] / compare["receipts"]}
    value |= {"current": current["sales"] / current["receipts"], "contribution": sum(parts[1:])}
    return pd.DataFrame([*rows, value] if with_items else rows)


def _factors(row: dict[str, Any], *, with_items: bool) -> dict[str, float]:
    receipts = float(row["receipts"])
    if not with_items:
        return {"receipts": receipts, "value_per_receipt": row["sales"] / receipts}
    items = float(row["items"])
    return {"receipts": receipts, "items_per_receipt": items / receipts, "price_per_item": row["sales"] / items}


@needs("order_lines")
def spread(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Receipts of both periods by items and by value.

    Returns:
        One row a `measure` (items, value) and band [`low`, `high`) in items or minor units (`high` NaN: open): `receipts`,
        `share`, `share_before`. Bands of under `k` receipts in either period are merged with the band below.
    """
    if periods is None:
        return Unavailable("basket.spread", reason="sales.too_short")
    found = tables.sql(
        """
        select ordered_on between :start and :end as now, coalesce(items, 0) as items, amount, count(*) as n from orders
        where is_order and lines > 0 and amount > 0
          and (ordered_on between :start and :end or ordered_on between :before and :before_end)
        group by ordered_on between :start and :end, coalesce(items, 0), amount
        """,
        **period_days(periods),
    )
    if found.empty or found["now"].nunique() < 2:
        return Unavailable("basket.spread", reason="basket.empty")
    parts = [_banded(found.assign(size=found["amount"]), "value", _edges(found), k)]
    if tables.has("order_lines.quantity") and int(found["items"].max()) > 1:
        parts.insert(0, _banded(found[found["items"] > 0].assign(size=found["items"]), "items", ITEMS, k))
    return pd.concat(parts, ignore_index=True)


def _edges(found: pd.DataFrame) -> list[int]:
    """Round steps of 1, 2, 5 that part the receipts into at most BANDS."""
    order = found.sort_values("amount")
    reach = order["n"].cumsum() / order["n"].sum()
    top = float(order.loc[reach >= 0.95, "amount"].iloc[0])
    power = 10 ** math.floor(math.log10(max(top, 10)))
    steps = sorted(step * power // scale for step in (1, 2, 5) for scale in (1, 10))
    step = next((s for s in steps if s and top / s <= BANDS - 1), steps[-1])
    return [0, *range(int(step), int(step) * BANDS, int(step))]


def _banded(found: pd.DataFrame, measure: str, edges: Sequence[int], k: int) -> pd.DataFrame:
    place = np.searchsorted(np.array(edges), found["size"].to_numpy(), side="right") - 1
    sums = found.assign(place=place).groupby(["place", "now"])["n"].sum().unstack(fill_value=0)
    bands = [{"low": edges[int(str(at))], "now": int(row[True]), "was": int(row[False])} for at, row in sums.iterrows()]
    while len(bands) > 1 and (small := next((i for i, b in enumerate(bands) if min(b["now"], b["was"]) < k), None)) is not None:
        other = small - 1 if small else 1
        first = min(bands[small]["low"], bands[other]["low"])
        merged = {"low": first, **{name: bands[small][name] + bands[other][name] for name in ("now", "was")}}
        bands = [*bands[: min(small, other)], merged, *bands[max(small, other) + 1 :]]
    ends = [*(band["low"] for band in bands[1:]), math.nan]
    now, was = sum(b["now"] for b in bands), sum(b["was"] for b in bands)
    return pd.DataFrame(
        {
            "measure": measure, "low": band["low"], "high": high, "receipts": band["now"],
            "share": band["now"] / now if now else math.nan, "share_before": band["was"] / was if was else math.nan,
        }
        for band, high in zip(bands, ends, strict=True)
    )  # fmt: skip


AIMS = {"f2": (385, 3), "lapse": (385, 12), "test": (3136, 3), "ltv": (1068, 12)}
"""What could be measured → people needed, and months they are watched. 385: a rate within ±5 points at 95 % (.25 · 1.96² / .05²);
1,068: within ±3; 3,136: two groups of 1,568, to see a difference of 5 points with 80 % power."""
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
VISITS = (1, 2, 4)  # receipts that one person has in a month: scenarios, since nobody is known yet


@needs("order_lines")
def with_ids(tables: Tables, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """In how many months what could be measured if a share of the receipts carried a customer id.

    share × receipts a month / visits of one person a month are the different people that a month can bring. How often one
    comes is not known yet, so three scenarios are worked out; nothing here is an estimate.

    Returns:
        One row an `aim`, `share` and `visits` (scenario): `people` needed, `months` (gathering and watching), and on every
        row `receipts` (a month, current period).
    """
    if (no := without_names(tables, periods=periods)) is not None or periods is None:
        reason = no or Unavailable("basket.with_ids", reason="sales.too_short")
        return Unavailable("basket.with_ids", reason=reason.reason, facts=reason.facts)
    found = tables.sql(
        "select cast(coalesce(sum(receipts), 0) as bigint) as n from orders where ordered_on between :start and :end",
        start=periods.current.start,
        end=periods.current.end,
    )
    monthly = float(found["n"].iloc[0]) / (periods.current.days / 30.4375)
    if monthly < 1:
        return Unavailable("basket.with_ids", reason="basket.empty")
    rows = [
        {
            "aim": aim, "share": share, "visits": visits, "people": people,
            "months": max(FEWEST_MONTHS, math.ceil(people * visits / (monthly * share))) + watched,
        }
        for aim, (people, watched) in AIMS.items() for share in SHARES for visits in VISITS
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(receipts=monthly)
