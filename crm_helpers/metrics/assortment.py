"""The assortment: which products carry the sales (ABC, Pareto), and at which prices things are bought.

Only lines with a product count; the share of the sales that they are is told. Products sold at 0 or less (gifts, returns
only) are in no class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.margins import COSTED, INCLUDED, NEEDED
from crm_helpers.params.periods import Period, Periods

CUTS = (0.7, 0.9)  # of the cumulative sales: products before them are A, then B, then C
FEWEST = 10  # products under which classes say nothing
TOP = 8  # products named
POINTS = 60  # of the curve at most
STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)  # edges of price bands, times powers of ten
BANDS = 7
SMALLEST = 0.05  # of the items of both periods in a band, else it joins its smaller neighbour


@dataclass(frozen=True)
class Classes:
    """Products by their share of sales.

    `classes`: A, B, C and last all: `products`, `sales` (minor units), `share`, `stayed` (of the products, in the same class
    in the compared period), `margin`, `net` (minor units, of lines with a known cost; NA without). `curve`: `products` and
    `sales`, cumulative shares from the largest product on, thinned out. `top`: `name`, `sales`, `share` of the largest.
    `covered`: share of all sales that has a product. `cuts`: the cut points used.
    """

    classes: pd.DataFrame
    curve: pd.DataFrame
    top: pd.DataFrame
    covered: float
    cuts: tuple[float, float]


@needs("order_lines.product_id")
def abc(tables: Tables, *, periods: Periods | None, tax: str = "", cuts: tuple[float, float] = CUTS) -> Classes | Unavailable:
    """Products of the current period in classes by cumulative sales; equal sales are always in one class.

    A product is in the class in which the sales of all larger products end: the one that crosses a cut belongs before it.
    """
    if periods is None:
        return Unavailable("assortment.abc", reason="sales.too_short")
    found, before = (_sold(tables, span, cuts) for span in (periods.current, periods.compare))
    if len(found) < FEWEST:
        return Unavailable("assortment.abc", reason="assortment.few", facts={"n": FEWEST})
    was = before.set_index("product_id")["class"]
    found["stayed"] = found["product_id"].map(was) == found["class"]
    total = int(found["sales"].sum())
    classes = found.groupby("class").agg(products=("sales", "size"), sales=("sales", "sum"), stayed=("stayed", "sum"))
    classes = classes.reindex(list("ABC"), fill_value=0)
    margins = _margins(tables, periods.current, found, tax)
    classes = classes.join(margins)
    classes.loc["all"] = classes.sum(min_count=1)
    classes = classes.reset_index(names="class").assign(share=lambda table: table["sales"] / total)
    counted = pd.Series(np.arange(1, len(found) + 1) / len(found), name="products")
    curve = pd.DataFrame({"products": counted, "sales": found["sales"].cumsum() / total})
    thin = np.unique(np.linspace(0, len(curve) - 1, min(POINTS, len(curve))).round().astype(int))
    top = found.head(TOP)[["name", "sales"]].assign(share=found["sales"].head(TOP) / total)
    whole = tables.sql(
        "select cast(coalesce(sum(amount), 0) as bigint) as sales from orders where ordered_on between :start and :end",
        start=periods.current.start,
        end=periods.current.end,
    )["sales"].iloc[0]
    return Classes(classes, curve.iloc[thin].reset_index(drop=True), top, total / int(whole) if whole > 0 else math.nan, cuts)


def _sold(tables: Tables, span: Period, cuts: tuple[float, float]) -> pd.DataFrame:
    """Products with sales above 0, largest first (equal ones by id): `product_id`, `name`, `sales`, `class`."""
    return tables.sql(
        """
        with named as (select product_id, min(nullif(trim(name), '')) as name from products group by product_id),
        sold as (
          select product_id, cast(sum(amount) as bigint) as sales from bought
          where product_id is not null and ordered_on between :start and :end group by product_id having sum(amount) > 0),
        placed as (
          select product_id, sales, cast(sum(sales) over (order by sales desc) as double) - sum(sales) over (partition by sales)
                   as larger, cast(sum(sales) over () as double) as whole
          from sold)
        select placed.product_id, coalesce(named.name, placed.product_id) as name, sales,
               case when larger < :a * whole then 'A' when larger < :b * whole then 'B' else 'C' end as class
        from placed left join named on named.product_id = placed.product_id order by sales desc, placed.product_id
        """,
        start=span.start,
        end=span.end,
        a=cuts[0],
        b=cuts[1],
    )


def _margins(tables: Tables, span: Period, found: pd.DataFrame, tax: str) -> pd.DataFrame:
    """`margin` and `net` by class, NA where no cost is known."""
    names = ["margin", "net"]
    if not all(tables.has(name) for name in NEEDED):
        return pd.DataFrame({name: pd.array([None] * 3, "Int64") for name in names}, index=list("ABC"))
    costed = tables.sql(
        f"""
        with {COSTED}
        select product_id, cast(sum(margin) as bigint) as margin, cast(sum(net) as bigint) as net
        from costed where ordered_on between :start and :end group by product_id
        """,
        start=span.start,
        end=span.end,
        taxed=tax == INCLUDED,
    )
    joined = found.merge(costed, on="product_id", how="left")
    return joined.groupby("class")[names].sum(min_count=1).reindex(list("ABC")).astype("Int64")


@needs("order_lines.product_id", "order_lines.quantity")
def price_bands(tables: Tables, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """Items and sales by what one item cost, in both periods; bands are the same for both and never hold under 5 % of the items.

    The price of a line is its amount by its quantity; lines of 0 or less, and returns, are left out.

    Returns:
        One row a band, cheapest first, and last all: `low` (inclusive) and `high` (exclusive; NA at the ends and for all),
        `items_before`, `items`, `sales_before`, `sales` (minor units), `share_before`, `share` (of items), `change` (of the
        share of items).
    """
    if periods is None:
        return Unavailable("assortment.price_bands", reason="sales.too_short")
    found = tables.sql(
        """
        select cast(floor(cast(amount as double) / quantity) as bigint) as price, ordered_on >= :start as now,
               cast(sum(quantity) as bigint) as items, cast(sum(amount) as bigint) as sales
        from bought
        where product_id is not null and quantity > 0 and amount > 0
          and (ordered_on between :start and :end or ordered_on between :before and :before_end)
        group by cast(floor(cast(amount as double) / quantity) as bigint), ordered_on >= :start
        """,
        start=periods.current.start,
        end=periods.current.end,
        before=periods.compare.start,
        before_end=periods.compare.end,
    )
    if found["now"].nunique() < 2:
        return Unavailable("assortment.price_bands", reason="assortment.one_period")
    edges = _edges(found.groupby("price")["items"].sum())
    if len(edges) < 1:
        return Unavailable("assortment.price_bands", reason="assortment.one_price")
    found["band"] = np.searchsorted(edges, found["price"], side="right")
    sums = found.pivot_table(index="band", columns="now", values=["items", "sales"], aggfunc="sum", fill_value=0)
    table = pd.DataFrame(
        {
            "low": pd.array([None, *edges], "Int64"),
            "high": pd.array([*edges, None], "Int64"),
            **{f"{name}_before": sums[name, False].to_numpy() for name in ("items", "sales")},
            **{name: sums[name, True].to_numpy() for name in ("items", "sales")},
        }
    )
    table = pd.concat([table, table.drop(columns=["low", "high"]).sum().to_frame().T], ignore_index=True)
    for name, items in (("share_before", "items_before"), ("share", "items")):
        table[name] = table[items] / table[items].iloc[-1]
    return table.assign(change=table["share"] - table["share_before"]).astype({"low": "Int64", "high": "Int64"})


def _edges(items: pd.Series) -> list[int]:
    """Round prices that part the items into at most BANDS bands of at least SMALLEST each."""
    ladder = sorted({math.ceil(step * 10**power) for power in range(13) for step in STEPS})
    inside = [edge for edge in ladder if items.index.min() < edge <= items.index.max()]
    total = int(items.sum())
    while inside:
        band = pd.Series(np.searchsorted(inside, items.index.to_numpy(), side="right"))
        sizes = items.reset_index(drop=True).groupby(band).sum().reindex(range(len(inside) + 1), fill_value=0).tolist()
        least = int(np.argmin(sizes))
        if len(sizes) <= BANDS and sizes[least] >= SMALLEST * total:
            break
        left = least > 0 and (least == len(sizes) - 1 or sizes[least - 1] <= sizes[least + 1])
        del inside[least - 1 if left else least]
    return inside


def largest_change(table: pd.DataFrame) -> dict[str, object]:
    """The band whose share of the items moved most (`price_bands`); the cheaper of equals."""
    return max(records(table)[:-1], key=lambda row: abs(row["change"]))
