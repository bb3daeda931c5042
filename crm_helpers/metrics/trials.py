"""The next test before it is sent: how small a rise the people on hand can show, and how many a given rise needs."""

from __future__ import annotations

import datetime

import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import wilson
from crm_helpers.metrics.power import rates_people, rates_smallest

WINDOW = 30  # days in which a purchase counts
YEAR = 365
SHARES = (0.5, 0.2, 0.1)  # left out
RISES = (0.1, 0.2, 0.3, 0.5)  # of the rate, relative
FEWEST = 100  # people under whom nothing is promised
STEPS = 25  # sizes of a list on the curve


@needs("order_lines.customer_id")
def people(tables: Tables, *, as_of: datetime.date) -> pd.DataFrame | Unavailable:
    """Who could be in a test, and how many of them buy within 30 days anyway: the rate that a campaign must raise.

    Returns:
        One row: `people` (bought in the year up to 30 days ago), `buyers` (of them, in the last 30 days), `rate`, `low`, `high`
        (Wilson), `start`, `end` (ISO, the 30 days), `recorded` (whether arms of a campaign are on record at all).
    """
    start = as_of - datetime.timedelta(days=WINDOW - 1)
    found = tables.sql(
        """
        with known as (
          select customer_id, max(case when ordered_on < :start then 1 else 0 end) as had,
                 max(case when ordered_on >= :start then 1 else 0 end) as buys
          from customer_day where orders > 0 and ordered_on between :year and :as_of group by customer_id)
        select cast(coalesce(sum(had), 0) as bigint) as people, cast(coalesce(sum(had * buys), 0) as bigint) as buyers from known
        """,
        start=start,
        year=start - datetime.timedelta(days=YEAR),
        as_of=as_of,
    )
    n, buyers = int(found["people"].iloc[0]), int(found["buyers"].iloc[0])
    if n < FEWEST or not 0 < buyers < n:
        return Unavailable("trials.people", reason="trials.few", facts={"n": FEWEST})
    low, high = wilson(buyers, n)
    recorded = tables.has("contacts.arm")
    return found.assign(rate=buyers / n, low=low, high=high, start=start.isoformat(), end=as_of.isoformat(), recorded=recorded)


def needed(base: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """People in both arms by the rise to be seen (80 % power): `rise` (relative), `points`, `left_out` (share), `people`."""
    if isinstance(base, Unavailable):
        return base
    rate = float(base["rate"].iloc[0])
    rows = [
        {"rise": rise, "points": rate * rise, "left_out": share, "people": rates_people(rate * (1 + rise), rate, share=1 - share)}
        for rise in RISES
        for share in SHARES
        if rate * (1 + rise) < 1
    ]
    return pd.DataFrame(rows)


def smallest(base: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """The smallest rise that a list shows, from a twentieth of the people on hand to all of them.

    Returns:
        `people` (both arms), `left_out` (share), `points` (0–1, NaN where no rise could be seen).
    """
    if isinstance(base, Unavailable):
        return base
    n, rate = int(base["people"].iloc[0]), float(base["rate"].iloc[0])
    sizes = sorted({max(20, round(n * (step + 1) / (STEPS + 1))) for step in range(1, STEPS)} | {n})
    rows = [
        {"people": size, "left_out": share, "points": rates_smallest(rate, size * (1 - share), size * share)}
        for share in SHARES
        for size in sizes
    ]
    return pd.DataFrame(rows).astype({"points": "float64"})
