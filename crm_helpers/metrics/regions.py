"""Regions: what each prefecture of residence carries, and whether its buyers order more or less often than a year ago.

Forty-seven looks: each prefecture's change in orders a buyer is tested against that of all others together, and the p-values
are corrected (Benjamini and Hochberg). Deliveries of a contract are no orders here: nobody decides on them at that time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.domain.prefectures import code_of
from crm_helpers.metrics.estimates import ENOUGH, UNKNOWN, Estimate, benjamini_hochberg, chance, quotient
from crm_helpers.params.periods import Periods, period_days

ELSEWHERE, OTHERS, ALL = "regions.unknown", "regions.others", "regions.all"


@needs("order_lines.customer_id", "customers.prefecture")
def prefectures(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Identified buyers of both periods by prefecture of residence, most sales first; ALL last.

    The interval of a change takes customers as units: of log (orders/buyers now) − log (orders/buyers before) customer i
    carries uᵢ = o₁/O₁ − b₁/B₁ − o₀/O₀ + b₀/B₀, and its variance is n/(n−1) Σu², so that those who bought in both periods are
    not counted as two.

    Returns:
        One row a `code` (JIS), then OTHERS (prefectures of under `k` people in either period) and ELSEWHERE (not known or
        abroad, where there are any), then ALL: `customers`, `before` (buyers), `sales`, `sales_before` (minor units),
        `share`, `orders`, `orders_before` (a buyer, contracts' deliveries left out), `change` with `low`, `high` (95 %; NaN
        under ENOUGH buyers in either period), `rest` (the change of all others together), `told`, and on every row `looks`.
    """
    if periods is None:
        return Unavailable("regions.prefectures", reason="sales.too_short")
    found = _sums(tables, periods)
    found["code"] = [code_of(name) or ELSEWHERE for name in found["prefecture"]]
    sums = found.drop(columns="prefecture").groupby("code").sum().reset_index()
    few = (sums["code"] != ELSEWHERE) & (sums[["customers", "before"]].min(axis=1) < max(1, k))
    sums.loc[few, "code"] = OTHERS
    sums = sums.groupby("code").sum().reset_index()
    sums = _pooled(sums, k)
    whole = sums.drop(columns="code").sum()
    floor = max(ENOUGH, k)
    looked = sums[~sums["code"].isin([OTHERS, ELSEWHERE]) & (sums[["b1", "b0"]].min(axis=1) >= floor)]
    if len(looked) < 2:
        return Unavailable("regions.prefectures", reason="regions.few", facts={"n": floor})
    rows, chances = [], []
    for row in records(sums):
        told = row["code"] in set(looked["code"])
        own, rest = _change(row), _change({name: whole[name] - row[name] for name in whole.index})
        chances += [chance(quotient(own, rest))] if told else []
        rows.append(_row(row, own if told else UNKNOWN, rest if told else UNKNOWN, whole))
    table = pd.DataFrame(rows)
    table["told"] = False
    table.loc[table["code"].isin(looked["code"]), "told"] = benjamini_hochberg(chances)
    last = table["code"].map({OTHERS: 1, ELSEWHERE: 2}).fillna(0)
    table = table.assign(last=last).sort_values(["last", "sales", "code"], ascending=[True, False, True]).drop(columns="last")
    everybody = pd.DataFrame([_row(whole.to_dict() | {"code": ALL}, _change(whole.to_dict()), UNKNOWN, whole) | {"told": False}])
    return pd.concat([table, everybody], ignore_index=True).assign(looks=len(looked))


def _sums(tables: Tables, periods: Periods) -> pd.DataFrame:
    """Per prefecture over customers: o is orders, b whether there is one, a sales; 1 the current, 0 the compared period."""
    return tables.sql(
        """
        with living as (
          select customer_id, min(nullif(trim(prefecture), '')) as prefecture from customers group by customer_id),
        each as (
          select customer_id,
                 cast(sum(case when ordered_on between :start and :end then amount else 0 end) as bigint) as a1,
                 cast(sum(case when ordered_on between :start and :end then 0 else amount end) as bigint) as a0,
                 max(case when is_order and ordered_on between :start and :end then 1 else 0 end) as c1,
                 max(case when is_order and ordered_on between :before and :before_end then 1 else 0 end) as c0,
                 sum(case when is_order and contract_id is null and ordered_on between :start and :end then 1.0 else 0 end) as o1,
                 sum(case when is_order and contract_id is null and ordered_on between :before and :before_end
                          then 1.0 else 0 end) as o0
          from orders where customer_id is not null
            and (ordered_on between :start and :end or ordered_on between :before and :before_end)
          group by customer_id),
        flagged as (
          select coalesce(living.prefecture, '') as prefecture, each.a1, each.a0, each.c1, each.c0,
                 cast(each.o1 as double) as o1, cast(each.o0 as double) as o0,
                 case when each.o1 > 0 then 1.0 else 0.0 end as b1, case when each.o0 > 0 then 1.0 else 0.0 end as b0
          from each left join living on living.customer_id = each.customer_id)
        select prefecture, count(*) as n, cast(sum(a1) as bigint) as sales, cast(sum(a0) as bigint) as sales_before,
               cast(sum(c1) as bigint) as customers, cast(sum(c0) as bigint) as before,
               cast(sum(o1) as double) as o1, cast(sum(o0) as double) as o0,
               cast(sum(b1) as double) as b1, cast(sum(b0) as double) as b0,
               cast(sum(o1 * o1) as double) as o1o1, cast(sum(o0 * o0) as double) as o0o0, cast(sum(o1 * o0) as double) as o1o0,
               cast(sum(o1 * b0) as double) as o1b0, cast(sum(b1 * o0) as double) as b1o0, cast(sum(b1 * b0) as double) as b1b0
        from flagged group by prefecture order by prefecture
        """,
        **period_days(periods),
    )


def _pooled(sums: pd.DataFrame, k: int) -> pd.DataFrame:
    """OTHERS and ELSEWHERE of under `k` people take in the smallest prefecture: nothing is told by subtraction from ALL."""
    for name in (OTHERS, ELSEWHERE):
        while True:
            row = sums[sums["code"] == name]
            rest = sums[~sums["code"].isin([OTHERS, ELSEWHERE])]
            if row.empty or int(row[["customers", "before"]].min(axis=1).iloc[0]) >= k or rest.empty:
                break
            smallest = rest.sort_values(["customers", "code"])["code"].iloc[0]
            sums["code"] = sums["code"].replace(
                {smallest: OTHERS, ELSEWHERE: OTHERS} if name == ELSEWHERE else {smallest: OTHERS}
            )
            sums = sums.groupby("code").sum().reset_index()
    return sums


def _change(s: Mapping[Any, Any]) -> Estimate:
    """Orders a buyer now over before, from the sums of one group."""
    o1, o0, b1, b0, n = (float(s[name]) for name in ("o1", "o0", "b1", "b0", "n"))
    if min(o1, o0, b1, b0) <= 0 or n < 2:
        return UNKNOWN
    squares = (
        s["o1o1"] / o1**2 + 1 / b1 + s["o0o0"] / o0**2 + 1 / b0
        - 2 / b1 - 2 / b0  # a buyer's orders lie wholly among the buyers': Σ o₁b₁ = O₁
        - 2 * s["o1o0"] / (o1 * o0) + 2 * s["o1b0"] / (o1 * b0) + 2 * s["b1o0"] / (b1 * o0) - 2 * s["b1b0"] / (b1 * b0)
    )  # fmt: skip
    return Estimate((o1 / b1) / (o0 / b0), math.sqrt(max(0.0, float(squares)) * n / (n - 1)))


def _row(s: Mapping[Any, Any], own: Estimate, rest: Estimate, whole: pd.Series) -> dict[str, Any]:
    return {
        "code": s["code"],
        "customers": int(s["customers"]),
        "before": int(s["before"]),
        "sales": int(s["sales"]),
        "sales_before": int(s["sales_before"]),
        "share": s["sales"] / whole["sales"] if whole["sales"] > 0 else math.nan,
        "orders": s["o1"] / s["b1"] if s["b1"] else math.nan,
        "orders_before": s["o0"] / s["b0"] if s["b0"] else math.nan,
        "change": own.value - 1,
        "low": own.low - 1,
        "high": own.high - 1,
        "rest": rest.value - 1,
    }
