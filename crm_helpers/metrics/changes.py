"""The change in sales by part of the business (a channel, a store, or a trait of the customers), each split into drivers.

Within a part the members' sales are customers × orders each × value of an order, split by LMDI-I (Ang 2005; Shapley where a
factor is 0 or negative); everybody else's sales stand beside. The parts and their drivers add up to the change of all sales
to the minor unit: LMDI is consistent in aggregation.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.decomposition import lmdi, shapley, whole
from crm_helpers.metrics.margins import COSTED, INCLUDED, NEEDED
from crm_helpers.params.periods import Periods

SHOWN = 6  # parts with a row of their own
OTHERS = "changes.others"
UNKNOWN = "changes.unknown"
ALL = "changes.all"
DRIVERS = ("customers", "frequency", "value")
OF_ORDERS = ("channel", "store")
OF_CUSTOMERS = ("prefecture", "gender", "rank", "joined_by", "country")

LINES = {
    "channel": "select nullif(trim(channel), '') as part, {columns} from {lines} as l",
    "store": "select coalesce(s.name, l.store_id) as part, {columns} from {lines} as l"
    " left join (select store_id, min(name) as name from stores group by store_id) as s on s.store_id = l.store_id",
}
OF_WHOM = (
    "select c.part, {columns} from {lines} as l left join"
    " (select customer_id, min(nullif(trim({part}), '')) as part from customers group by customer_id) as c"
    " on c.customer_id = l.customer_id"
)


@needs("order_lines.customer_id")
def by_part(
    tables: Tables, *, periods: Periods | None, k: int, part: str = "channel", tax: str = ""
) -> pd.DataFrame | Unavailable:
    """Sales of both periods by `part`, the change split into drivers, and the margin where it is known.

    Args:
        part: channel or store (of the order), or prefecture, gender, rank, joined_by, country (of the customer).
        tax: the setting `sales.tax`.

    Returns:
        One row a part, largest sales first (those beyond SHOWN, and those of fewer than `k` members, as OTHERS; UNKNOWN
        without a value), and last ALL: `part`, `compare`, `current`, `change` (minor units), its parts `customers`,
        `frequency`, `value` and `rest` (sales of guests and of those apart), and where costs are known `margin_before`,
        `margin`, `net_before`, `net` (sales without tax of the lines with a margin) and `costed` (their current amounts).
    """
    if periods is None:
        return Unavailable("changes.by_part", reason="sales.too_short")
    if part not in (*OF_ORDERS, *OF_CUSTOMERS):
        raise ValueError(f"part may be {', '.join((*OF_ORDERS, *OF_CUSTOMERS))}, not {part!r}")
    column = {"channel": "order_lines.channel", "store": "order_lines.store_id"}.get(part, f"customers.{part}")
    if not tables.has(column):
        return Unavailable("changes.by_part", missing=(column,))
    found = _pooled(_counts(tables, periods, part), k)
    if len(found) < 2 or set(found["part"]) <= {OTHERS, UNKNOWN}:
        return Unavailable("changes.by_part", reason="changes.one_part")
    rows = [_row(row) for row in records(found)]
    table = pd.DataFrame([*rows, {name: sum(row[name] for row in rows) for name in rows[0] if name != "part"} | {"part": ALL}])
    margins = _margins(tables, periods, part, tax, list(found["part"]))
    return table.merge(margins, on="part", how="left")


def _from(part: str, columns: str, lines: str) -> str:
    return LINES.get(part, OF_WHOM).format(columns=columns, lines=lines, part=part)


def _counts(tables: Tables, periods: Periods, part: str) -> pd.DataFrame:
    """Per part (missing where unknown), for the compared (0) and the current (1) period: sales, and of members sales, orders
    and heads."""
    when = "l.ordered_on between :start and :end or l.ordered_on between :before and :before_end"
    columns = "l.order_id, l.customer_id, l.ordered_on >= :start as now, l.amount"
    totals = "union all select null, null, null, sold_on >= :start, amount from day_totals"
    if part in OF_ORDERS:
        held = "nullif(trim(l.channel), '')" if part == "channel" else "coalesce(s.name, l.store_id)"
        names = (
            ""
            if part == "channel"
            else (" left join (select store_id, min(name) as name from stores group by store_id) as s on s.store_id = l.store_id")
        )
        totals = f"union all select {held}, null, null, l.sold_on >= :start, l.amount from day_totals as l{names}"
    spans = "sold_on between :start and :end or sold_on between :before and :before_end"
    return tables.sql(
        f"""
        with sold as ({_from(part, columns, "bought")} where {when} {totals} where {spans}),
        placed as (
          select part, order_id, customer_id, now, sum(amount) as amount from sold group by part, order_id, customer_id, now)
        select part,
               cast(coalesce(sum(case when not now then amount end), 0) as bigint) as sales_0,
               cast(coalesce(sum(case when now then amount end), 0) as bigint) as sales_1,
               cast(coalesce(sum(case when not now and customer_id is not null then amount end), 0) as bigint) as members_0,
               cast(coalesce(sum(case when now and customer_id is not null then amount end), 0) as bigint) as members_1,
               cast(coalesce(sum(case when not now and customer_id is not null and amount >= 0 then 1 end), 0) as bigint)
                 as orders_0,
               cast(coalesce(sum(case when now and customer_id is not null and amount >= 0 then 1 end), 0) as bigint)
                 as orders_1,
               count(distinct case when not now and amount >= 0 then customer_id end) as heads_0,
               count(distinct case when now and amount >= 0 then customer_id end) as heads_1
        from placed group by part
        """,
        start=periods.current.start,
        end=periods.current.end,
        before=periods.compare.start,
        before_end=periods.compare.end,
    )


def _pooled(found: pd.DataFrame, k: int) -> pd.DataFrame:
    """Parts large enough, and the rest as one in which no period has a few members only."""
    found = found.assign(part=found["part"].fillna(UNKNOWN), size=found[["sales_0", "sales_1"]].max(axis=1))
    found = found.sort_values(["size", "part"], ascending=[False, True])
    few = ((found[["heads_0", "heads_1"]] > 0) & (found[["heads_0", "heads_1"]] < k)).any(axis=1)
    order = pd.concat([found[~few], found[few]])
    own = min(int((~few).sum()), SHOWN if len(order) > SHOWN + 1 or few.any() else len(order))
    while 0 < own < len(order) and _few(order.iloc[own:], k):
        own -= 1
    rest = order.iloc[own:]
    if not len(rest):
        return order
    others = rest.drop(columns=["part", "size"]).sum().to_frame().T.assign(part=OTHERS)
    return pd.concat([order.iloc[:own], others], ignore_index=True)


def _few(rest: pd.DataFrame, k: int) -> bool:
    return any(0 < int(rest[name].sum()) < k for name in ("heads_0", "heads_1"))


def _row(row: dict[str, int]) -> dict[str, int]:
    """One part's change and its drivers, in whole minor units."""
    before, after = (_factors(row, period) for period in (0, 1))
    change, members = row["sales_1"] - row["sales_0"], row["members_1"] - row["members_0"]
    parts = lmdi(before, after) if min(*before, *after) > 0 else shapley(before, after)
    drivers = dict(zip(DRIVERS, whole(parts, members), strict=True))
    told = {"part": row["part"], "compare": int(row["sales_0"]), "current": int(row["sales_1"]), "change": int(change)}
    return told | drivers | {"rest": int(change - members)}


def _factors(row: dict[str, int], period: int) -> list[float]:
    heads, orders, sales = (row[f"{name}_{period}"] for name in ("heads", "orders", "members"))
    return [float(heads), orders / heads if heads else 0.0, sales / orders if orders else 0.0]


def _margins(tables: Tables, periods: Periods, part: str, tax: str, shown: Sequence[str]) -> pd.DataFrame:
    """Margin of both periods by part, pooled as `shown` and over all; without rows when no cost is known."""
    names = ("margin_before", "margin", "net_before", "net", "costed")
    if not all(tables.has(name) for name in NEEDED):
        return pd.DataFrame(columns=["part", *names]).astype(dict.fromkeys(names, "Int64"))
    columns = "l.ordered_on >= :start as now, l.amount, l.net, l.margin"
    when = "l.ordered_on between :start and :end or l.ordered_on between :before and :before_end"
    found = tables.sql(
        f"""
        with {COSTED}, sold as ({_from(part, columns, "costed")} where {when})
        select part, cast(coalesce(sum(case when not now then margin end), 0) as bigint) as margin_before,
               cast(coalesce(sum(case when now then margin end), 0) as bigint) as margin,
               cast(coalesce(sum(case when not now then net end), 0) as bigint) as net_before,
               cast(coalesce(sum(case when now then net end), 0) as bigint) as net,
               cast(coalesce(sum(case when now then amount end), 0) as bigint) as costed
        from sold group by part
        """,
        start=periods.current.start,
        end=periods.current.end,
        before=periods.compare.start,
        before_end=periods.compare.end,
        taxed=tax == INCLUDED,
    )
    found["part"] = found["part"].fillna(UNKNOWN)
    found["part"] = found["part"].where(found["part"].isin(list(shown)), OTHERS)
    summed = found.groupby("part", as_index=False)[list(names)].sum()
    return pd.concat([summed, summed[list(names)].sum().to_frame().T.assign(part=ALL)]).astype(dict.fromkeys(names, "Int64"))
