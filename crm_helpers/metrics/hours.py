"""Hours: orders by weekday and hour, per day of that weekday, so that a month with five Mondays does not weigh more."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.suppression import hidden_cells
from crm_helpers.params.periods import Period, Periods

MONDAY = datetime.date(1900, 1, 1)  # weekday 0 of all statements here


@needs("order_lines.ordered_at")
def by_hour(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Orders of the 168 hours of the week in both periods.

    Returns:
        168 rows: `weekday` (0 Monday), `hour` (0–23), `orders`, `orders_before`, `sales`, `sales_before` (minor units, returns
        included), `days`, `days_before` (days of that weekday which the data cover), `hidden` (fewer than `k` people, or a
        cell that would give such a count away; a guest's receipt counts as one person), and on every row `untimed`: the
        current period's orders without a time, and `shipped`: those of a contract, whose time is that of a shipping batch and no
        customer's choice; neither are in a cell.
    """
    if periods is None or tables.span is None:
        return Unavailable("hours.by_hour", reason="sales.too_short")
    spans = {"": periods.current, "_before": periods.compare}
    first, last = tables.span[0], tables.as_of
    covered = {suffix: Period(max(span.start, first), min(span.end, last)) for suffix, span in spans.items()}
    counts = {suffix: _count(tables, span) for suffix, span in covered.items()}
    earlier = counts["_before"].drop(columns="people").add_suffix("_before")
    table = counts[""].join(earlier).reset_index()
    if not int(table["orders"].sum()):
        return Unavailable("hours.by_hour", reason="hours.no_times")
    for suffix, span in covered.items():
        table[f"days{suffix}"] = [weekdays(span)[day] for day in table["weekday"]]
    table["hidden"] = hidden_cells(table.pop("people").to_numpy().reshape(7, 24), k).ravel()
    if 2 * int((table["hidden"] & (table["orders"] > 0)).sum()) >= int((table["orders"] > 0).sum()):
        return Unavailable("hours.by_hour", reason="hours.too_few", facts={"k": k})
    return table.assign(**_left_out(tables, periods.current))


def weekdays(span: Period) -> list[int]:
    """How many Mondays, Tuesdays … Sundays a period has."""
    weeks, rest = divmod(max(0, span.days), 7)
    extra = {(span.start.weekday() + n) % 7 for n in range(rest)}
    return [weeks + (day in extra) for day in range(7)]


def matrix(table: pd.DataFrame, column: str) -> np.ndarray:
    """A column of `by_hour` as 7 × 24: Monday first, midnight first."""
    return table[column].to_numpy().reshape(7, 24)


def _count(tables: Tables, span: Period) -> pd.DataFrame:
    found = tables.sql(
        """
        with timed as (
          select date_diff('day', :monday, ordered_on) % 7 as weekday, cast(substr(ordered_at, 1, 2) as bigint) as hour,
                 coalesce(customer_id, apart_id) as customer_id, amount, is_order
          from orders where ordered_at is not null and contract_id is null and ordered_on between :start and :end)
        select weekday, hour, cast(sum(case when is_order then 1 else 0 end) as bigint) as orders,
               cast(sum(amount) as bigint) as sales,
               count(distinct case when is_order then customer_id end)
                 + cast(sum(case when is_order and customer_id is null then 1 else 0 end) as bigint) as people
        from timed group by weekday, hour
        """,
        monday=MONDAY,
        start=span.start,
        end=span.end,
    )
    grid = pd.MultiIndex.from_product([range(7), range(24)], names=["weekday", "hour"])
    return found.set_index(["weekday", "hour"]).reindex(grid, fill_value=0)


def _left_out(tables: Tables, span: Period) -> dict[str, int]:
    """The period's orders of contracts, and of the others those without a time."""
    found = tables.sql(
        """
        select count(contract_id) as shipped, cast(coalesce(sum(case when contract_id is null then 1 end), 0) as bigint) as loose,
               cast(coalesce(sum(case when contract_id is null and ordered_at is not null then 1 end), 0) as bigint) as timed
        from orders where is_order and ordered_on between :start and :end
        """,
        start=span.start,
        end=span.end,
    ).iloc[0]
    return {"untimed": int(found["loose"] - found["timed"]), "shipped": int(found["shipped"])}
