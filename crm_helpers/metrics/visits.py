"""What people do in one visit to the web, the app or a store: how far they get, and where they stop.

A visit is a session of the events (`session_id`), else a visitor's or customer's day. Its steps are the events of a journey's
stage, in the order in which the client's settings name them. All events are read in one pass.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import newcombe, wilson
from crm_helpers.metrics.repeat import FEWEST
from crm_helpers.params.journey import Journey, Stage
from crm_helpers.params.periods import Periods

ALL = ""  # all channels together
CHANNELS = 4  # channels with a row of their own, most visits first
VISIT = (
    "coalesce(session_id, concat(coalesce(visitor_id, customer_id, event_id), ' ', cast(cast(happened_at as date) as varchar)))"
)


def in_visit(journey: Journey) -> Stage | None:
    """The stage whose events are steps of a visit: the first with two or more."""
    return next((stage for stage in journey.stages if len(stage.events) > 1), None)


@needs("events")
def steps(tables: Tables, journey: Journey, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """Visits of the current period by step, for all channels (`ALL`) and each of the largest.

    Returns:
        One row a `channel` and step: `stage`, `place` (0 first), `event`, `visits` (with this event), `share` (of the visits of
        the channel), and of the visits with the event before: `n`, `went`, `rate` with its 95 % bounds `low`, `high` (Wilson;
        NaN for the first step and under FEWEST), and `first`, `last` (ISO days of the events seen).
    """
    stage = in_visit(journey)
    if stage is None:
        return Unavailable("visits.steps", reason="visits.no_steps")
    if periods is None:
        return Unavailable("visits.steps", reason="sales.too_short")
    found = _counted(tables, stage.events, periods)
    if not len(found) or int(found["visits"].sum()) < FEWEST:
        return Unavailable("visits.steps", reason="visits.few", facts={"n": FEWEST})
    first, last = (str(found[name].agg(how))[:10] for name, how in (("first", "min"), ("last", "max")))
    counts = found.drop(columns=["first", "last"]).groupby("channel").sum()
    shown = [str(name) for name in counts.sort_values("visits", ascending=False).index[:CHANNELS] if name]
    whole = {str(name): int(n) for name, n in counts.sum().items()}
    each = {str(row["channel"]): row for row in records(counts.reset_index())}
    parts = {ALL: whole} | {name: each[name] for name in shown if len(shown) > 1}
    rows = []
    for channel, part in parts.items():
        for place, event in enumerate(stage.events):
            n, went = (int(part[f"seen_{place - 1}"]), int(part[f"both_{place}"])) if place else (0, 0)
            low, high = wilson(went, n) if n >= FEWEST else (float("nan"), float("nan"))
            rows.append(
                {
                    "channel": channel,
                    "stage": stage.id,
                    "place": place,
                    "event": event,
                    "visits": int(part[f"seen_{place}"]),
                    "share": int(part[f"seen_{place}"]) / int(part["visits"]),
                    "n": n,
                    "went": went,
                    "rate": went / n if n >= FEWEST else float("nan"),
                    "low": low,
                    "high": high,
                }
            )
    return pd.DataFrame(rows).assign(first=first, last=last)


def _counted(tables: Tables, events: Sequence[str], periods: Periods) -> pd.DataFrame:
    """Per channel: `visits`, `seen_i` (with step i), `both_i` (with step i and the one before), `first`, `last` day."""
    holds = ", ".join(f"max(case when event = :event_{i} then 1 else 0 end) as has_{i}" for i in range(len(events)))
    seen = ", ".join(f"cast(sum(has_{i}) as bigint) as seen_{i}" for i in range(len(events)))
    both = ", ".join(f"cast(sum(has_{i - 1} * has_{i}) as bigint) as both_{i}" for i in range(1, len(events)))
    channel = "coalesce(channel, '')"
    return tables.sql(
        f"""
        with visits as (
          select {VISIT} as visit, {channel} as channel, min(happened_at) as first, max(happened_at) as last, {holds}
          from events where event in (:events) and cast(happened_at as date) between :start and :end
          group by {VISIT}, {channel})
        select channel, count(*) as visits, min(first) as first, max(last) as last, {seen}, {both} from visits group by channel
        """,
        start=periods.current.start,
        end=periods.current.end,
        events=list(events),
        **{f"event_{i}": event for i, event in enumerate(events)},
    )


def order_value(tables: Tables, *, periods: Periods | None) -> int | None:
    """The mean order of customers in the current period, minor units; None without orders."""
    if periods is None:
        return None
    found = tables.sql(
        """
        select cast(round(sum(amount) * 1.0 / count(*)) as bigint) as mean, count(*) as n from orders
        where is_order and customer_id is not null and ordered_on between :start and :end
        """,
        start=periods.current.start,
        end=periods.current.end,
    )
    return int(found["mean"].iloc[0]) if int(found["n"].iloc[0]) else None


def farthest(table: pd.DataFrame) -> dict[str, object] | None:
    """The step at which two channels differ most, where the interval of the difference leaves out 0; None where none does.

    Returns:
        `place`, `event`, `before`, the `lower` and the `higher` channel, their `n`, `went`, `rate` (`lower_n` …), and `gap`
        (lower less higher) with its 95 % bounds (Newcombe), of `pairs` comparisons.
    """
    told: list[dict[str, object]] = []
    steps_of = records(table[(table["channel"] != ALL) & table["rate"].notna()])
    pairs = [(a, b) for a, b in itertools.combinations(steps_of, 2) if a["place"] == b["place"]]
    for one, other in pairs:
        lower, higher = sorted((one, other), key=lambda row: float(row["rate"]))
        gap, low, high = newcombe(lower["went"], lower["n"], higher["went"], higher["n"])
        if high < 0:
            told.append(
                {
                    **{name: lower[name] for name in ("place", "event")},
                    **{f"lower_{name}": lower[name] for name in ("channel", "n", "went", "rate")},
                    **{f"higher_{name}": higher[name] for name in ("channel", "n", "went", "rate")},
                    **{"gap": gap, "gap_low": low, "gap_high": high, "pairs": len(pairs)},
                }
            )
    return min(told, key=lambda row: float(str(row["gap"]))) if told else None
