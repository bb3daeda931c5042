"""Prices against volume: what the change in sales would have been at the compared period's prices.

An item is a product in a channel (a wholesale price is another price), of totals of a day a category in a store; its price in a
period is amount by quantity. Items sold in both periods are matched. Laspeyres weighs the ratio of their prices by the
quantities of the compared period, Paasche by those of the current one; the two bound the rise, and Fisher's index, their
geometric mean, is the headline's (ILO et al., Consumer Price Index Manual 2020, ch. 1). No interval: all sales are there.
"""

from __future__ import annotations

import math

import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import sales
from crm_helpers.metrics.decomposition import whole
from crm_helpers.params.periods import Periods

COVERED = 0.5  # an index over less than half of the sales does not speak for them
OTHER_ITEM = 3.0  # a price three times or a third as high is another pack or another unit under the same code
PARTS = ("price", "volume", "range", "unpriced")


@needs("order_lines.product_id", "order_lines.quantity")
def split(tables: Tables, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """The change in sales as price, volume and mix of the same items, new and ended items, and lines without a price.

    At the compared period's prices the matched items' current sales are V₁/F, F being Fisher's index. Price = V₁ − V₁/F, volume
    (with the mix of the matched items) = V₁/F − V₀, range = new items − ended ones; they add up to the minor unit.

    Returns:
        One row a category (`category`, empty for items without one), largest current sales first, and last the total
        (`category` missing): `compare`, `current` (minor units, lines without a price included in the total only),
        `laspeyres`, `paasche`, `fisher` (ratios; NaN without matched items), `price`, `volume`, `range`, `unpriced`
        (minor units), `real` (change of sales at the compared period's prices, a rate), `items` (matched), `new_items`,
        `ended_items` `pooled` (share of current matched sales that is known by category and store only) and
        `by_item` (there are no categories: the rows are items).
    """
    both = sales.totals(tables, periods=periods)
    if isinstance(both, Unavailable) or periods is None:
        return Unavailable("prices.split", reason="sales.too_short")
    found = _sums(tables, periods)
    compare, current = (int(amount) for amount in both.set_index("period").loc[["compare", "current"], "sales"])
    matched = found[["matched_before", "matched_now"]].sum()
    if min(compare, current) <= 0 or matched["matched_before"] < COVERED * compare or matched["matched_now"] < COVERED * current:
        return Unavailable("prices.split", reason="prices.few")
    rows = [_row(str(row["category"]), row, _sold(row, "before"), _sold(row, "now")) for _, row in found.iterrows()]
    everything = found.drop(columns="category").sum()
    return pd.DataFrame([*rows, _row(None, everything, compare, current)]).assign(by_item=not tables.has("products.category"))


def _sums(tables: Tables, periods: Periods) -> pd.DataFrame:
    """Per category over its items: sales of matched, new and ended ones, and the matched at the other period's prices."""
    own = "named.category" if tables.has("products.category") else "coalesce(named.name, what)"
    # Quotients are summed as decimals: sums of fractions in floating point depend on the order of rows in the last digit.
    return tables.sql(
        f"""
        with named as (
          select product_id, min(nullif(trim(name), '')) as name, min(nullif(trim(category), '')) as category
          from products group by product_id),
        sold as (
          select product_id as what, coalesce(channel, '') as place, 'item' as kind, ordered_on >= :start as now, amount, quantity
          from bought where product_id is not null and quantity is not null and amount <> 0
            and (ordered_on between :start and :end or ordered_on between :before and :before_end)
          union all
          select coalesce(nullif(trim(category), ''), ''), concat(coalesce(store_id, ''), ' ', coalesce(channel, '')), 'total',
                 sold_on >= :start, amount, quantity
          from day_totals where quantity is not null and amount <> 0
            and (sold_on between :start and :end or sold_on between :before and :before_end)),
        items as (
          select what, place, kind,
                 cast(sum(case when now then amount else 0 end) as double) as a1,
                 cast(sum(case when now then quantity else 0 end) as double) as q1,
                 cast(sum(case when now then 0 else amount end) as double) as a0,
                 cast(sum(case when now then 0 else quantity end) as double) as q0
          from sold group by what, place, kind),
        priced as (
          select what, kind, a0, a1, q0, q1,
                 case when a0 > 0 and a1 > 0 and q0 > 0 and q1 > 0 then a1 * q0 between a0 * q1 / :far and a0 * q1 * :far
                      else false end as same
          from items)
        select case when kind = 'item' then coalesce({own}, '') else what end as category,
               sum(case when same then a0 else 0 end) as matched_before, sum(case when same then a1 else 0 end) as matched_now,
               cast(sum(case when same then cast(a1 / q1 * q0 as decimal(24, 4)) else 0 end) as double) as before_at_new,
               cast(sum(case when same then cast(a0 / q0 * q1 as decimal(24, 4)) else 0 end) as double) as now_at_old,
               sum(case when same then 0 else a0 end) as ended, sum(case when same then 0 else a1 end) as new,
               cast(sum(case when same then 1 else 0 end) as bigint) as items,
               cast(sum(case when not same and a1 > 0 then 1 else 0 end) as bigint) as new_items,
               cast(sum(case when not same and a0 > 0 then 1 else 0 end) as bigint) as ended_items,
               sum(case when same and kind = 'total' then a1 else 0 end) as pooled
        from priced left join named on named.product_id = priced.what and priced.kind = 'item'
        group by case when kind = 'item' then coalesce({own}, '') else what end
        order by sum(a1) desc, category
        """,
        start=periods.current.start,
        end=periods.current.end,
        before=periods.compare.start,
        before_end=periods.compare.end,
        far=OTHER_ITEM,
    )


def _sold(row: pd.Series, when: str) -> int:
    matched, alone = ("matched_before", "ended") if when == "before" else ("matched_now", "new")
    return round(float(row[matched]) + float(row[alone]))


def _row(category: str | None, row: pd.Series, compare: int, current: int) -> dict[str, object]:
    """Indices and parts of a category or of everything; `compare` and `current` are its sales in minor units."""
    before, now = float(row["matched_before"]), float(row["matched_now"])
    laspeyres = float(row["before_at_new"]) / before if before else math.nan
    paasche = now / float(row["now_at_old"]) if row["now_at_old"] else math.nan
    fisher = math.sqrt(laspeyres * paasche)
    deflated = now / fisher if before else 0.0
    unpriced = current - compare - (_sold(row, "now") - _sold(row, "before"))
    parts = [now - deflated, deflated - before, float(row["new"]) - float(row["ended"]), float(unpriced)]
    price, volume, new_and_ended, rest = whole(parts, current - compare)
    return {
        "category": category,
        "compare": compare,
        "current": current,
        "laspeyres": laspeyres,
        "paasche": paasche,
        "fisher": fisher,
        "price": price,
        "volume": volume,
        "range": new_and_ended,
        "unpriced": rest,
        "real": (current - price) / compare - 1 if compare > 0 else math.nan,
        "items": int(row["items"]),
        "new_items": int(row["new_items"]),
        "ended_items": int(row["ended_items"]),
        "pooled": float(row["pooled"]) / now if now else 0.0,
    }
