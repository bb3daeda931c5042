"""How people move from event to event until they finish: transitions, the most common paths, and who turns back.

A path is what one person does from event to event, over all visits, until the last event of the stage whose events are steps of
a visit (an order); after it a new path begins. The same event several times in a row counts once. A person is a customer, else a
visitor, else a visit.
"""

from __future__ import annotations

import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.repeat import FEWEST
from crm_helpers.metrics.visits import in_visit
from crm_helpers.params.journey import Journey
from crm_helpers.params.periods import Periods

LONGEST = 6  # steps of a path that are told apart; longer ones are one kind by their beginning
SHOWN = 8
END = ""  # of a path that was not finished by the end of the period

PERSON = "coalesce(customer_id, visitor_id, session_id, event_id)"
WALKED = f"""
  seen as (
    select {PERSON} as person, event, happened_at, event_id,
           coalesce(sum(case when event = :done then 1 else 0 end) over (partition by {PERSON}
             order by happened_at, event_id rows between unbounded preceding and 1 preceding), 0) as path
    from events where event in (:events) and cast(happened_at as date) between :start and :end),
  after as (
    select person, path, event, happened_at, event_id,
           lag(event) over (partition by person, path order by happened_at, event_id) as before
    from seen),
  steps as (
    select person, path, event,
           row_number() over (partition by person, path order by happened_at, event_id) as nth,
           lag(event) over (partition by person, path order by happened_at, event_id) as source,
           lag(event, 2) over (partition by person, path order by happened_at, event_id) as earlier,
           lead(event) over (partition by person, path order by happened_at, event_id) as next
    from after where before is null or before <> event)"""
"""The steps of each path, numbered: where from, what came before that, and what comes next."""


@needs("events")
def transitions(tables: Tables, journey: Journey, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """From which event people go on to which, in the current period.

    Returns:
        One row a pair of `source` and `target` (END: nothing more), in the order of the journey's events: `n`, `share` of all
        that leaves the source, `back` (times that they return to where they came from: A, B, A).
    """
    asked = _asked(journey, periods)
    if isinstance(asked, Unavailable):
        return asked
    found = tables.sql(
        f"""
        with {WALKED}
        select source, event as target, count(*) as n, cast(sum(case when event = earlier then 1 else 0 end) as bigint) as back
        from steps where source is not null group by source, event
        union all
        select event as source, '{END}' as target, count(*) as n, cast(0 as bigint) as back
        from steps where next is null and event <> :done group by event
        """,
        **asked,
    )
    if not len(found) or int(found["n"].sum()) < FEWEST:
        return Unavailable("paths.transitions", reason="paths.few", facts={"n": FEWEST})
    stage = in_visit(journey)
    order = {event: i for i, event in enumerate((*(stage.events if stage else ()), END))}
    found = found.assign(share=found["n"] / found.groupby("source")["n"].transform("sum"))
    return found.sort_values(["source", "target"], key=lambda names: names.map(order), ignore_index=True)


@needs("events")
def common(tables: Tables, journey: Journey, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """The most common paths of the current period.

    Returns:
        Up to SHOWN rows, most people first: `steps` (the events in their order, LONGEST at most), `longer` (there is more),
        `done` (the path was finished), `n`, `share` of all `paths`; in every row `paths`, `finished` (paths), `looped` (paths
        that come back to an event after another one). Paths of fewer than `k` people are left out.
    """
    asked = _asked(journey, periods)
    if isinstance(asked, Unavailable):
        return asked
    places = range(1, LONGEST + 1)
    each = ", ".join(f"max(case when nth = {i} then event end) as step_{i}" for i in places)
    names = ", ".join(f"coalesce(step_{i}, '') as step_{i}" for i in places)
    keys = ", ".join(f"coalesce(step_{i}, '')" for i in places)
    found = tables.sql(
        f"""
        with {WALKED},
        paths as (
          select person, path, {each}, max(nth) as length, max(case when event = :done then 1 else 0 end) as done,
                 case when count(*) > count(distinct event) then 1 else 0 end as looped
          from steps group by person, path)
        select {names}, case when length > {LONGEST} then 1 else 0 end as longer, done, count(*) as n,
               cast(sum(looped) as bigint) as looped, count(distinct person) as people
        from paths group by {keys}, case when length > {LONGEST} then 1 else 0 end, done
        order by n desc, {keys}
        """,
        **asked,
    )
    paths = int(found["n"].sum()) if len(found) else 0
    shown = found[found["people"] >= k].head(SHOWN)
    if paths < FEWEST or not len(shown):
        return Unavailable("paths.common", reason="paths.few", facts={"n": FEWEST})
    steps = [tuple(event for event in row if event) for row in shown[[f"step_{i}" for i in places]].itertuples(index=False)]
    return pd.DataFrame(
        {
            "steps": steps,
            "longer": shown["longer"].to_numpy() == 1,
            "done": shown["done"].to_numpy() == 1,
            "n": shown["n"].to_numpy(),
            "share": shown["n"].to_numpy() / paths,
        }
    ).assign(paths=paths, finished=int(found.loc[found["done"] == 1, "n"].sum()), looped=int(found["looped"].sum()))


def _asked(journey: Journey, periods: Periods | None) -> dict[str, object] | Unavailable:
    stage = in_visit(journey)
    if stage is None:
        return Unavailable("paths.common", reason="visits.no_steps")
    if periods is None:
        return Unavailable("paths.common", reason="sales.too_short")
    days = {"start": periods.current.start, "end": periods.current.end}
    return {"done": stage.events[-1], "events": list(stage.events), **days}
