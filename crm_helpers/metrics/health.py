"""A health score, made on one period and judged on the next, against the one thing everybody has: days since the last order.

Logistic regression (Newton's method with a small ridge) on what was known by a day, for an order within the days after it. It is
fitted two horizons before `as_of` and tested one horizon before it, on what came then: never on a random split. The areas under
the two curves are compared in pairs (DeLong, DeLong and Clarke-Pearson 1988, by ranks: Sun and Xu 2014).
"""

from __future__ import annotations

import datetime
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import Z, wilson

HORIZON = 180
LOOK_BACK = 365  # days: who bought nothing for longer is not scored
FEWEST = 300
GROUPS = 10
RIDGE = 1e-3
ALERT = 0.1  # the tenth with the lowest score

Array = NDArray[np.float64]


@needs("order_lines.customer_id")
def validated(tables: Tables, *, as_of: datetime.date, k: int) -> pd.DataFrame | Unavailable:
    """The score on the test period by tenths of the score, lowest first, and how well it ranks.

    Returns:
        Per `group` 1–10: `customers`, `predicted`, `actual`, `low`, `high` (share with an order within the horizon; Wilson);
        on all rows `auc`, `auc_low`, `auc_high`, `base` (AUC of days since the last order), `base_low`, `base_high`, `gain`,
        `gain_low`,
        `gain_high`, `brier`, `brier_base` (of the mean share), `alert` (share of the lowest tenth that did not order), `lost`
        (of all),
        `n`, `made` and `tested` (ISO days), `horizon`.
    """
    test_day = as_of - datetime.timedelta(days=HORIZON)
    made_day = test_day - datetime.timedelta(days=HORIZON)
    if tables.span is None or (made_day - tables.span[0]).days < 365:
        return Unavailable("health.validated", reason="health.short", facts={"days": 365 + 2 * HORIZON})
    made, tested = (_known(tables, day, as_of) for day in (made_day, test_day))
    if min(len(made), len(tested)) < FEWEST or not 0 < made["came"].mean() < 1 or not 0 < tested["came"].mean() < 1:
        return Unavailable("health.validated", reason="health.few", facts={"n": FEWEST})
    past, future = _features(made), _features(tested)
    middle, spread = past.mean(axis=0), past.std(axis=0)
    spread[spread == 0] = 1
    weights = logistic((past - middle) / spread, made["came"].to_numpy(float))
    score = 1 / (1 + np.exp(-(np.column_stack([np.ones(len(future)), (future - middle) / spread]) @ weights)))
    came = tested["came"].to_numpy(bool)
    recency = -tested["recency"].to_numpy(float)
    (auc, base), covariance = delong(np.vstack([score, recency]), came)
    gain, error = auc - base, math.sqrt(max(0.0, covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]))
    group = np.minimum((pd.Series(score).rank(method="average", pct=True).to_numpy() * GROUPS).astype(int), GROUPS - 1)
    rows = []
    for g in range(GROUPS):
        here = group == g
        n, rate = int(here.sum()), float(came[here].mean()) if here.any() else math.nan
        if n < k:
            continue
        low, high = wilson(int(came[here].sum()), n)
        rows.append(
            {"group": g + 1, "customers": n, "predicted": float(score[here].mean()), "actual": rate, "low": low, "high": high}
        )
    errors = np.sqrt(np.diag(covariance))
    lowest = group == 0
    return pd.DataFrame(rows).assign(
        auc=auc,
        auc_low=auc - Z * errors[0],
        auc_high=min(1.0, auc + Z * errors[0]),
        base=base,
        base_low=base - Z * errors[1],
        base_high=min(1.0, base + Z * errors[1]),
        gain=gain,
        gain_low=gain - Z * error,
        gain_high=gain + Z * error,
        brier=float(((score - came) ** 2).mean()),
        brier_base=float(((came.mean() - came) ** 2).mean()),
        alert=float(1 - came[lowest].mean()) if lowest.any() else math.nan,
        lost=float(1 - came.mean()),
        n=len(tested),
        made=made_day.isoformat(),
        tested=test_day.isoformat(),
        horizon=HORIZON,
    )


def logistic(features: Array, came: Array, *, steps: int = 50) -> Array:
    """Weights (the first is the constant) of a logistic regression with a small ridge on all but the constant."""
    columns = np.column_stack([np.ones(len(features)), features])
    ridge = RIDGE * len(features) * np.eye(columns.shape[1])
    ridge[0, 0] = 0
    weights = np.zeros(columns.shape[1])
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-np.clip(columns @ weights, -30, 30)))
        slope = columns.T @ (came - chance) - ridge @ weights
        curve = (columns * (chance * (1 - chance))[:, None]).T @ columns + ridge
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if float(np.max(np.abs(step))) < 1e-8:
            break
    return np.asarray(weights)


def delong(scores: Array, came: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Areas under the ROC curves of the rows of `scores` (higher: sooner to come) and their covariance; ties count half."""
    own, other = scores[:, came], scores[:, ~came]
    m, n = own.shape[1], other.shape[1]
    rank = np.array([pd.Series(row).rank().to_numpy() for row in np.hstack([own, other])])
    own_rank = np.array([pd.Series(row).rank().to_numpy() for row in own])
    other_rank = np.array([pd.Series(row).rank().to_numpy() for row in other])
    areas = (rank[:, :m].mean(axis=1) - (m + 1) / 2) / n
    one, two = (rank[:, :m] - own_rank) / n, 1 - (rank[:, m:] - other_rank) / m
    return areas, np.atleast_2d(np.cov(one)) / m + np.atleast_2d(np.cov(two)) / n


def _known(tables: Tables, day: datetime.date, as_of: datetime.date) -> pd.DataFrame:
    """What was known by `day` of those who had bought in the year before, and whether they bought within the horizon."""
    found: pd.DataFrame = tables.sql(
        """
        with seen as (
          select customer_id, date_diff('day', ordered_on, :day) as ago, amount from customer_day
          where orders > 0 and ordered_on <= :until)
        select min(case when ago >= 0 then ago end) as recency, max(case when ago >= 0 then ago end) as age,
               cast(sum(case when ago between 0 and 90 then 1 else 0 end) as bigint) as orders_90,
               cast(sum(case when ago between 91 and 180 then 1 else 0 end) as bigint) as orders_180,
               cast(sum(case when ago between 0 and 365 then 1 else 0 end) as bigint) as orders_365,
               cast(sum(case when ago between 0 and 730 then 1 else 0 end) as bigint) as orders_730,
               cast(sum(case when ago between 0 and 365 then amount else 0 end) as bigint) as amount_365,
               max(case when ago < 0 then 1 else 0 end) as came
        from seen group by customer_id having min(case when ago >= 0 then ago end) <= :back order by customer_id
        """,
        day=day,
        until=min(as_of, day + datetime.timedelta(days=HORIZON)),
        back=LOOK_BACK,
    )
    return found


def _features(known: pd.DataFrame) -> Array:
    counts = known[["orders_90", "orders_365", "orders_730"]].to_numpy(float)
    money = np.maximum(known["amount_365"].to_numpy(float), 0)
    slowing = np.log1p(known["orders_90"].to_numpy(float)) - np.log1p(known["orders_180"].to_numpy(float))
    days = np.log1p(known[["recency", "age"]].to_numpy(float))
    return np.column_stack([days[:, 0], np.log1p(counts), np.log1p(money), days[:, 1], slowing])
