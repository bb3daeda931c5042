"""F2: the second order, on another day than the first, by days since the first order.

`f2_rate` speaks of first buyers only and of a fixed number of days; it is not the repeat rate of all customers. A first
buyer who has not come back is watched up to `as_of` and no longer (censored). SQL counts days → people, so the size of the
client does not matter to the estimator.
"""

from __future__ import annotations

import datetime
import itertools
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import Z, newcombe, wilson
from crm_helpers.metrics.suppression import hidden_cells
from crm_helpers.params.periods import Periods, first_day, month_key, months

WINDOWS = (30, 60, 90, 180)  # days since the first order
HORIZON = WINDOWS[-1]
FEWEST = 30  # first buyers under whom a curve says nothing
MONTHS_SHOWN = 36
STEPS = 6  # from the first purchase to the seventh


@needs("order_lines.customer_id")
def curves(
    tables: Tables, *, as_of: datetime.date, periods: Periods | None, first_orders_known: bool
) -> pd.DataFrame | Unavailable:
    """The share of first buyers who have ordered again, by days since the first order (Kaplan–Meier).

    Two groups when the current period has first buyers all watched to the end of the axis: those months against the months
    at the same place in the compared period. Else one group, all first buyers there are, censored at `as_of`. The axis ends
    at 180 days, or earlier where nobody was watched that long.

    Returns:
        One row a `group` (compare, current; or all) and `day` from 0: `span` (first orders, `start/end`), `customers`,
        `at_risk` (before that day's orders), `events` (second orders that day), `rate` (0–1) with the 95 % bounds `low`
        and `high`.
    """
    if not first_orders_known:
        return Unavailable("repeat.curves", reason="repeat.starts_in_the_middle")
    counted = _histogram(tables, as_of, periods)
    chosen, horizon = _groups(counted, periods)
    if not horizon:
        return Unavailable("repeat.curves", reason="repeat.few", facts={"n": FEWEST, "days": WINDOWS[0]})
    parts = []
    for name, part in chosen.items():
        people = int(part[["events", "censored"]].to_numpy().sum())
        estimate = _curve(part.groupby("day", as_index=False)[["events", "censored"]].sum()).iloc[: horizon + 1]
        parts.append(estimate.assign(group=name, span=_span(part["month"]), customers=people))
    return pd.concat(parts, ignore_index=True)


@needs("order_lines.customer_id")
def by_month(
    tables: Tables, *, as_of: datetime.date, periods: Periods | None, k: int, first_orders_known: bool
) -> pd.DataFrame | Unavailable:
    """F2 within 30, 60, 90 and 180 days by month of the first order, the last 36 months that have first buyers.

    Returns:
        Per `month` (year × 12 + month − 1): `first` (ISO date), `customers`, `current` (the month begins in the current
        period), `hidden` (under `k` people, or a month that would give one away), and for each window of days `w`
        `rate_w`, `low_w`, `high_w` (Wilson); NaN while not all of the month have been watched for `w` days, or if hidden.
    """
    if not first_orders_known:
        return Unavailable("repeat.by_month", reason="repeat.starts_in_the_middle")
    counted = _histogram(tables, as_of, periods)
    if not len(counted):
        return Unavailable("repeat.by_month", reason="repeat.few", facts={"n": FEWEST, "days": WINDOWS[0]})
    by = records(counted.groupby("month")[["events", "censored"]].sum().reset_index())
    sizes = {int(row["month"]): int(row["events"] + row["censored"]) for row in by}
    hidden = hidden_cells(np.array([list(sizes.values())]), k)[0]
    rows = []
    for (month, size), small in zip(sizes.items(), hidden, strict=True):
        part = counted[counted["month"] == month]
        row = {
            "month": month,
            "first": first_day(month).isoformat(),
            "customers": size,
            "current": periods is not None and periods.current.start <= first_day(month) <= periods.current.end,
            "hidden": bool(small),
        }
        for window in WINDOWS:
            told = int(part["watched"].iloc[0]) >= window and not small
            came = int(part.loc[part["day"] <= window, "events"].sum())
            low, high = wilson(came, size) if told else (np.nan, np.nan)
            row |= {f"rate_{window}": came / size if told else np.nan, f"low_{window}": low, f"high_{window}": high}
        rows.append(row)
    return pd.DataFrame(rows).tail(MONTHS_SHOWN).reset_index(drop=True)


@needs("order_lines.customer_id")
def steps(
    tables: Tables, *, as_of: datetime.date, periods: Periods | None, k: int, first_orders_known: bool
) -> pd.DataFrame | Unavailable:
    """How many go on from the first purchase to the second, from the second to the third, … (F2 … Fn), on other days.

    First buyers since the start of the compared period: who is first seen when the data begin may have bought before. Each
    step is estimated by Kaplan and Meier from the day of its purchase, whoever has not gone on being censored at `as_of`. The
    window is the longest of WINDOWS that every step shown was watched for.

    Returns:
        One row a `step` (1 = from the first to the second purchase), up to STEPS as long as FEWEST (or `k`) people have
        taken the steps before: `customers` (who made the purchase), `rate` within the window with its 95 % bounds `low`
        and `high`, `rate_90` (within 90 days, NaN where that is the window), `half` (the day by which half of those who go
        on within the window have done so; NA when nobody does), `of_100` (of 100 first buyers, who make the step's second
        purchase when each step has its window: the product of the rates), and on every row `window` and `begins` (ISO day of
        the first orders counted).
    """
    if not first_orders_known or tables.span is None:
        return Unavailable("repeat.steps", reason="repeat.starts_in_the_middle")
    begins = periods.compare.start if periods else tables.span[0]
    found = tables.sql(
        """
        with waited as (
          select nth, date_diff('day', ordered_on, coalesce(next_on, :as_of)) as days,
                 case when next_on is null then 0 else 1 end as returned
          from visits where nth <= :steps and ordered_on <= :as_of and first_on >= :begins)
        select nth, case when days < :horizon then days else :horizon end as day,
               cast(sum(case when returned = 1 and days <= :horizon then 1 else 0 end) as bigint) as events,
               cast(sum(case when returned = 1 and days <= :horizon then 0 else 1 end) as bigint) as censored
        from waited group by nth, case when days < :horizon then days else :horizon end
        """,
        as_of=as_of,
        begins=begins,
        steps=STEPS,
        horizon=HORIZON,
    )
    people = found.groupby("nth")[["events", "censored"]].sum().sum(axis=1)
    shown = list(itertools.takewhile(lambda step: people.get(step, 0) >= max(FEWEST, k), range(1, STEPS + 1)))
    curves_by_step = [_curve(found[found["nth"] == step]) for step in shown]
    window = next((w for w in reversed(WINDOWS) if curves_by_step and all(c["rate"].notna()[w] for c in curves_by_step)), 0)
    if not window:
        return Unavailable("repeat.steps", reason="repeat.few", facts={"n": max(FEWEST, k), "days": WINDOWS[0]})
    rows, kept = [], 100.0
    for step, curve in zip(shown, curves_by_step, strict=True):
        at = records(curve)[window]
        kept *= at["rate"]
        rows.append(
            {
                "step": step,
                "customers": int(people[step]),
                **{name: at[name] for name in ("rate", "low", "high")},
                "rate_90": records(curve)[90]["rate"] if window > 90 else math.nan,
                "half": half_day(curve.assign(group=step), step, window),
                "of_100": kept,
            }
        )
    return pd.DataFrame(rows).astype({"half": "Int64"}).assign(window=window, begins=begins.isoformat())


def _curve(part: pd.DataFrame) -> pd.DataFrame:
    days = part.set_index("day")[["events", "censored"]].reindex(range(HORIZON + 1), fill_value=0)
    return kaplan_meier(days["events"].to_numpy(), days["censored"].to_numpy())


def gap(found: pd.DataFrame, day: int) -> tuple[float, float, float]:
    """F2 within `day` days of the current group less the compared one, with its 95 % bounds (Newcombe).

    Every member of both groups was watched to the end of the axis, so the estimates are plain rates.
    """
    counts = []
    for name in ("current", "compare"):
        part = found[(found["group"] == name) & (found["day"] <= day)]
        counts += [int(part["events"].sum()), int(part["customers"].iloc[0])]
    return newcombe(*counts)


def half_day(found: pd.DataFrame, group: str | int, day: int) -> int | None:
    """The day by which half of those who come back within `day` days have done so; None when nobody does."""
    rate = found[found["group"] == group].set_index("day")["rate"]
    return int((rate >= rate[day] / 2).idxmax()) if rate[day] > 0 else None


def kaplan_meier(events: NDArray[np.int64], censored: NDArray[np.int64]) -> pd.DataFrame:
    """Kaplan and Meier's estimate from counts by day (index 0, 1, …): who has the event by then.

    An event counts before a censoring of the same day. The variance is Greenwood's, the interval log-log (Kalbfleisch and
    Prentice), which stays inside 0 and 1. From the day on which nobody is at risk any more the estimate is NaN.

    Returns:
        `day`, `at_risk`, `events`, `rate` (1 − survival), `low`, `high`.
    """
    left = events + censored
    at_risk = left.sum() - np.concatenate([[0], np.cumsum(left)[:-1]])
    known = np.where(at_risk > 0, at_risk, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - events / known)
        spread = Z * np.sqrt(np.cumsum(events / (known * (known - events)))) / np.log(survival)
        low, high = survival ** np.exp(-spread), survival ** np.exp(spread)  # spread is negative: log(survival) is
    certain = (survival == 1) | (survival == 0)
    low, high = np.where(certain, survival, low), np.where(certain, survival, high)
    return pd.DataFrame(
        {
            "day": np.arange(len(events)),
            "at_risk": at_risk,
            "events": events,
            "rate": 1 - survival,
            "low": 1 - np.maximum(low, high),
            "high": 1 - np.minimum(low, high),
        }
    )


def _histogram(tables: Tables, as_of: datetime.date, periods: Periods | None) -> pd.DataFrame:
    """First buyers by `month`, `period` (current, compare or empty) and `day`: `events`, `censored`, `watched`.

    Nobody is watched beyond 180 days. `watched` is how many days the youngest of the month can have been watched.
    """
    nowhere = as_of + datetime.timedelta(days=1)  # without periods nobody lies in one: no order is later than as_of
    found = tables.sql(
        """
        with ranked as (
          select customer_id, ordered_on, row_number() over (partition by customer_id order by ordered_on) as nth
          from customer_day where orders > 0 and ordered_on <= :as_of),
        firsts as (
          select min(case when nth = 1 then ordered_on end) as first_on, min(case when nth = 2 then ordered_on end) as second_on
          from ranked where nth <= 2 group by customer_id),
        spans as (
          select first_on, date_diff('day', first_on, :as_of) as watched,
                 date_diff('day', first_on, coalesce(second_on, :as_of)) as waited,
                 case when second_on is null then 0 else 1 end as returned
          from firsts),
        counted as (
          select year(first_on) * 12 + month(first_on) - 1 as month,
                 case when first_on between :start and :end then 'current'
                      when first_on between :was_start and :was_end then 'compare' else '' end as period,
                 case when waited < :horizon then waited else :horizon end as day,
                 case when returned = 1 and waited <= :horizon then 1 else 0 end as event
          from spans)
        select month, period, day, cast(sum(event) as bigint) as events, cast(sum(1 - event) as bigint) as censored
        from counted group by month, period, day order by month, period, day
        """,
        as_of=as_of,
        horizon=HORIZON,
        start=periods.current.start if periods else nowhere,
        end=periods.current.end if periods else nowhere,
        was_start=periods.compare.start if periods else nowhere,
        was_end=periods.compare.end if periods else nowhere,
    )
    ends = {int(m): first_day(int(m) + 1) - datetime.timedelta(days=1) for m in found["month"].unique()}
    found["watched"] = [(as_of - ends[int(m)]).days for m in found["month"]]
    return found


def _groups(counted: pd.DataFrame, periods: Periods | None) -> tuple[dict[str, pd.DataFrame], int]:
    """The groups to draw and the last day of the axis; 0 when too few people were watched for 30 days."""
    for horizon in (HORIZON, 90):
        pair = _pair(counted, periods, horizon) if periods else {}
        if pair and min(_people(part) for part in pair.values()) >= FEWEST:
            return pair, horizon
    for horizon in reversed(WINDOWS):
        if _people(counted[counted["watched"] >= horizon]) >= FEWEST:
            return {"all": counted}, horizon
    return {}, 0


def _pair(counted: pd.DataFrame, periods: Periods, horizon: int) -> dict[str, pd.DataFrame]:
    """First buyers of the current months watched to `horizon`, and of the months at the same place in the compared period."""
    shift = month_key(periods.current.start) - month_key(periods.compare.start)
    current = counted[(counted["period"] == "current") & (counted["watched"] >= horizon)]
    compare = counted[(counted["period"] == "compare") & (counted["month"] + shift).isin(current["month"])]
    return {"compare": compare, "current": current}


def _people(part: pd.DataFrame) -> int:
    return int(part[["events", "censored"]].to_numpy().sum())


def _span(keys: pd.Series) -> str:
    return str(months(int(keys.min()), int(keys.max() - keys.min()) + 1))
