"""Days between purchases, and the chance that a silent customer returns.

A gap runs from one day with an order to the next, or to `as_of` where there is none yet (censored). The curve is Kaplan and
Meier's over the gaps of repeat buyers (from the second day on), **each gap counted once**: weighting customers instead makes
the curve far too low. It tells what customers did in the last WATCHED days: a gap that began before comes under watch at
its age on that day (delayed entry), because a base that ages does not behave as it did when it was young (tried: on simulated
shops the error of the prediction falls by half). R_H(t) = 1 − S(t + H) / S(t) is the chance to return within H days after
t days of silence.

The interval of R_H is a delete-a-group jackknife over 16 groups of customers (by a hash of the id): gaps of one customer are
not independent, and Greenwood's variance would take them so.
"""

from __future__ import annotations

import datetime
import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import Z, wilson

HORIZON = 365  # days within which a return is counted
HORIZONS = (HORIZON, 180, 90)  # the longest that the history can test is shown
FEWEST = 1000  # gaps under which a curve says too little to set windows by
GROUPS = 16
WATCHED = 365  # days up to as_of whose purchases and silences make the curve
IDLE = (0, 15, 30, 60, 90, 120, 180, 270, 365, 545)  # edges of the bins of the back-test, days

HISTOGRAM = """
  with seen as (
    select customer_id, case when nth = 1 then 1 else 2 end as nth, ordered_on,
           case when next_on <= :as_of then next_on end as next_on
    from visits where ordered_on <= :as_of),
  watched as (
    select substr(md5(customer_id), 1, 1) as part, nth,
           case when ordered_on < :start then date_diff('day', ordered_on, :start) else 0 end as entry,
           date_diff('day', ordered_on, coalesce(next_on, :as_of)) as day, case when next_on is null then 0 else 1 end as event
    from seen where next_on is null or next_on >= :start)
  select part, nth, entry, day, cast(sum(event) as bigint) as events, cast(sum(1 - event) as bigint) as censored
  from watched group by part, nth, entry, day
"""


@dataclass(frozen=True)
class Gaps:
    """Gaps by day, once for all customers and once for each jackknife group.

    Args:
        repeat: gaps from the second day on; `first`: from the first day to the second. Shape (GROUPS, days, 3): the last
            axis is those who come under watch at that age, events, and censored.
    """

    repeat: NDArray[np.int64]
    first: NDArray[np.int64]

    @property
    def closed(self) -> int:
        """Finished gaps of repeat buyers."""
        return int(self.repeat[:, :, 1].sum())

    @property
    def days(self) -> int:
        """Days after which nobody has been watched."""
        return int(self.repeat.shape[1])


def gaps(tables: Tables, *, as_of: datetime.date) -> Gaps:
    """All gaps up to `as_of`, later purchases unseen."""
    found = tables.sql(HISTOGRAM, as_of=as_of, start=as_of - datetime.timedelta(days=WATCHED))
    days = int(found["day"].max()) + 1 if len(found) else 1
    cube = np.zeros((2, GROUPS, days, 3), dtype=np.int64)
    kind, part = found["nth"].to_numpy() - 1, found["part"].map(lambda digit: int(digit, 16)).to_numpy(dtype=int)
    events, censored = found["events"].to_numpy(), found["censored"].to_numpy()
    np.add.at(cube[..., 0], (kind, part, found["entry"].to_numpy()), events + censored)
    np.add.at(cube[..., 1], (kind, part, found["day"].to_numpy()), events)
    np.add.at(cube[..., 2], (kind, part, found["day"].to_numpy()), censored)
    return Gaps(repeat=cube[1], first=cube[0])


def survival(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """S(t) for t = 0, 1, … from entries, events and censored by day; NaN once nobody is at risk.

    Kaplan and Meier 1958, with delayed entry (Kalbfleisch and Prentice 2002, §1.3).
    """
    left = counts[:, 1] + counts[:, 2]
    at_risk = np.cumsum(counts[:, 0]) - np.concatenate([[0], np.cumsum(left)[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.cumprod(1 - counts[:, 1] / np.where(at_risk > 0, at_risk, np.nan), dtype=np.float64)


def chance(kept: NDArray[np.float64], horizon: int = HORIZON) -> NDArray[np.float64]:
    """R_H(t) for every t for which S(t + H) is known; 0 where nobody of the silent is left who ever returns."""
    if len(kept) <= horizon:
        return np.empty(0)
    now, later = kept[:-horizon], kept[horizon:]
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = np.where(now > 0, 1 - later / now, np.nan)
    return found[~np.isnan(found)] if np.isnan(found).any() else found


def longest(tables: Tables, *, as_of: datetime.date) -> int:
    """The longest horizon, days, whose prediction the history can test; the shortest where it can test none."""
    return next((days for days in HORIZONS if len(back_test(tables, as_of=as_of, horizon=days))), HORIZONS[-1])


@needs("order_lines.customer_id")
def returning(tables: Tables, *, as_of: datetime.date, horizon: int = HORIZON) -> pd.DataFrame | Unavailable:
    """The chance of a repeat buyer to return within `horizon` days, by days of silence.

    Returns:
        `day` from 0, `survival` (no purchase yet after so many days), `chance` with its 95 % bounds `low` and `high`
        (jackknife over groups of customers); only days for which the horizon was watched.
    """
    counted = gaps(tables, as_of=as_of)
    if counted.closed < FEWEST:
        return Unavailable("gaps.returning", reason="gaps.few", facts={"n": FEWEST, "found": counted.closed})
    kept = survival(counted.repeat.sum(axis=0))
    whole = chance(kept, horizon)
    if not len(whole):
        return Unavailable("gaps.returning", reason="gaps.short", facts={"days": horizon})
    whole, spread = _jackknifed(counted.repeat, horizon, whole)
    return pd.DataFrame(
        {
            "day": np.arange(len(whole)),
            "survival": kept[: len(whole)],
            "chance": whole,
            "low": np.clip(whole - Z * spread, 0, 1),
            "high": np.clip(whole + Z * spread, 0, 1),
        }
    )


def _jackknifed(
    counts: NDArray[np.int64], horizon: int, whole: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The curve and its standard error as far as every leave-one-group-out curve reaches."""
    used = [g for g in range(GROUPS) if counts[g].any()]
    left = [chance(survival(np.delete(counts, g, axis=0).sum(axis=0)), horizon) for g in used]
    reach = min(len(whole), *(len(part) for part in left))
    parts = np.stack([part[:reach] for part in left])
    factor = (len(used) - 1) / len(used)
    spread: NDArray[np.float64] = np.sqrt(factor * ((parts - parts.mean(axis=0)) ** 2).sum(axis=0))
    return whole[:reach], spread


@needs("order_lines.customer_id")
def quantiles(tables: Tables, *, as_of: datetime.date) -> pd.DataFrame | Unavailable:
    """Gaps in numbers: first to second purchase apart from later ones.

    Returns:
        Rows `first`, `repeat`: `closed` (finished gaps), `open` (censored), `q25`, `median`, `q75`, `q90` in days by Kaplan
        and Meier (NaN where the curve does not reach them), and `observed_q90` of finished gaps only, which is too short
        because long gaps are not finished yet.
    """
    counted = gaps(tables, as_of=as_of)
    rows = []
    for name, cube in (("first", counted.first), ("repeat", counted.repeat)):
        counts = cube.sum(axis=0)
        kept = survival(counts)
        row: dict[str, object] = {"gap": name, "closed": int(counts[:, 1].sum()), "open": int(counts[:, 2].sum())}
        row |= {label: _first_below(kept, 1 - q) for label, q in (("q25", 0.25), ("median", 0.5), ("q75", 0.75), ("q90", 0.9))}
        rows.append(row | {"observed_q90": _observed(counts[:, 1], 0.9)})
    table = pd.DataFrame(rows)
    if not int(table["closed"].sum()):
        return Unavailable("gaps.quantiles", reason="gaps.few", facts={"n": FEWEST, "found": 0})
    return table


def half(curve: pd.DataFrame) -> tuple[int | None, int | None, int | None]:
    """The first day of silence on which under half return (`returning`), with the days on which its bounds say so.

    The lower bound of the chance gives the earliest day, the upper one the latest; None where the curve does not get there.
    """
    days = [np.flatnonzero(curve[name].to_numpy() < 0.5) for name in ("chance", "low", "high")]
    found, earliest, latest = (int(under[0]) if len(under) else None for under in days)
    return found, earliest, latest


def histogram(tables: Tables, *, as_of: datetime.date) -> pd.DataFrame:
    """Finished gaps of repeat buyers by day: `day`, `gaps`."""
    closed = gaps(tables, as_of=as_of).repeat.sum(axis=0)[:, 1]
    return pd.DataFrame({"day": np.arange(len(closed)), "gaps": closed})


def back_test(tables: Tables, *, as_of: datetime.date, horizon: int = HORIZON) -> pd.DataFrame:
    """What the curve of `horizon` days ago said against what then happened.

    Repeat buyers as they stood `horizon` days before `as_of`, in bins of their silence; the prediction is the mean R_H of
    the bin by the curve estimated from what was known on that day.

    Returns:
        `first`, `last` (days of silence), `customers`, `predicted`, `actual` with its 95 % bounds `low` and `high` (Wilson).
        Empty when the history before that day is too short for a prediction.
    """
    cut = as_of - datetime.timedelta(days=horizon)
    told = chance(survival(gaps(tables, as_of=cut).repeat.sum(axis=0)), horizon)
    silent = tables.sql(
        """
        select date_diff('day', ordered_on, :cut) as idle, count(*) as customers,
               cast(sum(case when next_on <= :as_of then 1 else 0 end) as bigint) as returned
        from visits where nth >= 2 and ordered_on <= :cut and (next_on is null or next_on > :cut)
        group by date_diff('day', ordered_on, :cut) order by idle
        """,
        cut=cut,
        as_of=as_of,
    )
    rows = []
    for first, last in itertools.pairwise(IDLE):
        inside = silent[silent["idle"].between(first, last - 1) & (silent["idle"] < len(told))]
        people = int(inside["customers"].sum())
        if not people:
            continue
        came = int(inside["returned"].sum())
        predicted = float((told[inside["idle"].to_numpy()] * inside["customers"]).sum() / people)
        low, high = wilson(came, people)
        rows.append((first, last - 1, people, predicted, came / people, low, high))
    return pd.DataFrame(rows, columns=["first", "last", "customers", "predicted", "actual", "low", "high"])


def _first_below(kept: NDArray[np.float64], level: float) -> float:
    below = np.flatnonzero(kept <= level + 1e-12)
    return float(below[0]) if len(below) else math.nan


def _observed(closed: NDArray[np.int64], share: float) -> float:
    total = closed.sum()
    return float(np.searchsorted(np.cumsum(closed), share * total)) if total else math.nan
