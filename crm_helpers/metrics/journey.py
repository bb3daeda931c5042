"""The stages of the customers' journey: who reaches each, how many go on, and how long it takes.

The records that show a stage are those of `params.journey` (`Reached`); a stage without one is not measured, never guessed.
Going on from one measured stage to the next is a curve by Kaplan and Meier over the days since the first was reached: who has
not gone on yet is watched to `as_of`. Who cancelled or stays away is not taken out: they can still come, and leaving is what
the curve is to show.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from crm_helpers.data.conditions import flagged
from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.repeat import FEWEST, kaplan_meier
from crm_helpers.params.journey import Journey, Stage
from crm_helpers.params.periods import Periods
from crm_helpers.params.schema import Condition, Reached, Segment

WINDOW = 180  # days within which going on is counted
WINDOWS = (WINDOW, 90, 60, 30)  # the longest that was watched
EVERYBODY = ""  # the persona of a client that names none

RECORDS = {
    "orders": ("order_lines.customer_id",),
    "shipments": ("contracts.customer_id", "contract_changes.shipment_no"),
    "bookings": ("reservations.customer_id", "reservations.booked_at"),
    "visits": ("reservations.customer_id", "reservations.status"),
    "categories": ("order_lines.customer_id", "order_lines.product_id", "products.category"),
    "contract_started": ("contracts.customer_id", "contracts.started_on"),
    "contract_cancelled": ("contracts.customer_id", "contracts.cancelled_on"),
    "events": ("events.customer_id",),
}
"""How a stage can be reached (`Reached.by`) → what the client must have sent."""

FIRSTS = {
    "orders": "select customer_id, ordered_on as reached_on from visits where nth = :nth_{0}",
    "shipments": """select c.customer_id, min(x.changed_on) as reached_on from contract_changes as x
        join contracts as c on c.contract_id = x.contract_id
        where x.change = 'ship' and x.shipment_no = :nth_{0} and c.customer_id is not null and c.account_id is null
          and c.restarted_from is null group by c.customer_id""",
    "bookings": """select customer_id, reached_on from (select customer_id, cast(booked_at as date) as reached_on,
        row_number() over (partition by customer_id order by booked_at, reservation_id) as nth
        from reservations where customer_id is not null and booked_at is not null) as booked where nth = :nth_{0}""",
    "visits": """select customer_id, reached_on from (select customer_id, cast(visit_at as date) as reached_on,
        row_number() over (partition by customer_id order by visit_at, reservation_id) as nth
        from reservations where customer_id is not null and status = 'kept') as kept where nth = :nth_{0}""",
    "categories": """select customer_id, reached_on from (select b.customer_id, p.category, min(b.ordered_on) as reached_on,
        row_number() over (partition by b.customer_id order by min(b.ordered_on), p.category) as nth
        from bought as b join (select product_id, min(category) as category from products group by product_id) as p
          on p.product_id = b.product_id where b.customer_id is not null and b.amount > 0 and p.category is not null
        group by b.customer_id, p.category) as tried where nth = :nth_{0}""",
    "contract_started": """select customer_id, reached_on from (select customer_id, started_on as reached_on,
        row_number() over (partition by customer_id order by started_on, contract_id) as nth
        from contracts where customer_id is not null and account_id is null) as begun where nth = :nth_{0}""",
    "contract_cancelled": """select customer_id, reached_on from (select customer_id, cancelled_on as reached_on,
        row_number() over (partition by customer_id order by cancelled_on, contract_id) as nth
        from contracts where customer_id is not null and account_id is null and cancelled_on is not null) as ended
        where nth = :nth_{0}""",
    "events": """select customer_id, reached_on from (select customer_id, cast(happened_at as date) as reached_on,
        row_number() over (partition by customer_id order by happened_at, event_id) as nth
        from events where customer_id is not null and event in (:events_{0})) as seen where nth = :nth_{0}""",
}
"""How a stage can be reached → the query of `customer_id` and the first day there, for stage number {0}."""


def rule_of(stage: Stage, tables: Tables) -> Reached | None:
    """How the client's data show that a stage was reached; None where they do not.

    A shipment of a client that sends no contracts is an order: the nth is the nth.
    """
    rule = stage.reached
    if rule and rule.by == "shipments" and not all(tables.has(name) for name in RECORDS["shipments"]):
        rule = Reached(by="orders", nth=rule.nth)
    return rule if rule and all(tables.has(name) for name in RECORDS[rule.by]) else None


def measured(journey: Journey, tables: Tables, *, first_orders_known: bool) -> list[Stage]:
    """The stages that the client's data can show, in their order; orders count only where the first one is known."""
    found = []
    for stage in journey.stages:
        rule = rule_of(stage, tables)
        if rule and (rule.by not in ("orders", "categories") or first_orders_known):
            found.append(stage)
    return found


@needs("order_lines.customer_id")
def reach(
    tables: Tables,
    journey: Journey,
    segments: Mapping[str, Segment],
    *,
    as_of: datetime.date,
    periods: Periods | None,
    currency: str,
    k: int,
    first_orders_known: bool,
) -> pd.DataFrame | Unavailable:
    """Who reaches each stage and goes on to the next, for each persona (all customers, `EVERYBODY`, when none is named).

    A stage of leaving follows the first measured stage. The window is the longest of WINDOWS that the people of the current
    period were watched for in every step.

    Returns:
        One row a `persona` and `stage` in the journey's order: `measured`, `kind`, `people` (first there in the current
        period), `ever` (up to `as_of`), `start` (the measured stage it is reached from; empty for the first), and of the people
        who were at `start` in the current period: `n`, `went` (of them within the window, seen so far), `rate` (within `window`
        days, Kaplan and Meier) with its 95 % bounds `low`, `high`, `q25`, `median`, `q75` (days of those who go on within the
        window), the compared period's `before_n`, `before_rate`, and `gap`, `gap_low`, `gap_high` to it. NaN where under `k`
        people or under FEWEST were at the start, or nobody was watched for the window.
    """
    if periods is None:
        return Unavailable("journey.reach", reason="sales.too_short")
    shown = measured(journey, tables, first_orders_known=first_orders_known)
    if len([stage for stage in shown if stage.kind == "way"]) < 2:
        return Unavailable("journey.reach", reason="journey.one_stage")
    whose = Placed(tables, journey, segments, as_of=as_of, currency=currency, first_orders_known=first_orders_known)
    found = _counted(whose, periods)
    way = next(stage for stage in shown if stage.kind == "way")
    rows: list[dict[str, object]] = []
    for persona in personas(journey):
        mine = found[found["persona"] == persona]
        people = {str(row["stage"]): (int(row["events"]), int(row["censored"])) for row in records(mine[mine["day"] < 0])}
        for stage in journey.stages:
            begins = start_of(stage, shown)
            row: dict[str, object] = {"persona": persona, "stage": stage.id, "measured": stage in shown, "kind": stage.kind}
            row["people"], row["ever"] = people.get(stage.id, (0, 0))
            row["start"] = begins.id if begins else ""
            step = _step(mine, str(row["start"]), stage.id, k)
            if people.get(way.id, (0, 0))[0] < FEWEST:  # nobody begins any more: those who go on are other people than before
                step |= dict.fromkeys(("before_rate", "gap", "gap_low", "gap_high"), math.nan)
            rows.append(row | step)
    table = pd.DataFrame(rows)
    if not (table["n"] >= max(k, FEWEST)).any():
        return Unavailable("journey.reach", reason="journey.few", facts={"n": max(k, FEWEST)})
    return table


def personas(journey: Journey) -> tuple[str, ...]:
    """Whose journeys are told: segments, or everybody."""
    return journey.personas or (EVERYBODY,)


def start_of(stage: Stage, shown: Sequence[Stage]) -> Stage | None:
    """The measured stage on the way that a measured stage is reached from; people leave from the first one."""
    way = [step for step in shown if step.kind == "way"]
    if stage not in shown or stage == way[0]:
        return None
    if stage.kind == "leaving":
        return way[0]
    return [step for step in way if shown.index(step) < shown.index(stage)][-1]


class Placed:
    """Who was where when: named queries that statements on the journey begin with.

    `text` names `reached` (`stage`, `customer_id`, `reached_on`: the first day there), `inside` (`persona`, `customer_id`) and
    `placed` (both together, up to `as_of`); `values` are theirs. One scan of the customers serves all personas.
    """

    def __init__(
        self,
        tables: Tables,
        journey: Journey,
        segments: Mapping[str, Segment],
        *,
        as_of: datetime.date,
        currency: str,
        first_orders_known: bool,
    ) -> None:
        self.tables, self.as_of = tables, as_of
        self.stages = measured(journey, tables, first_orders_known=first_orders_known)
        self.values: dict[str, object] = {"as_of": as_of}
        parts = [self._reached(stage, i) for i, stage in enumerate(self.stages)]
        inside = "select cast('' as varchar) as persona, customer_id from reached group by customer_id"
        flags = ""
        if journey.personas:
            wheres: dict[str, Condition] = {name: segment.where for name, segment in segments.items()}
            compiled = flagged(wheres, tables=tables, as_of=as_of, currency=currency)
            flags, self.values = f"flags as ({compiled.text}), ", self.values | dict(compiled.values)
            inside = " union all ".join(
                f"select '{name}' as persona, customer_id from flags where \"{name}\"" for name in journey.personas
            )
        self.text = f"""reached as (select * from ({" union all ".join(parts)}) as every_stage
            where reached_on <= :as_of and customer_id not in (select customer_id from apart)),
          {flags}inside as ({inside}),
          placed as (select inside.persona, reached.stage, reached.customer_id, reached.reached_on
            from reached join inside on inside.customer_id = reached.customer_id)"""

    def _reached(self, stage: Stage, i: int) -> str:
        rule = rule_of(stage, self.tables)
        assert rule is not None, "only measured stages"
        self.values |= {f"stage_{i}": stage.id, f"nth_{i}": rule.nth}
        if rule.by == "events":
            self.values[f"events_{i}"] = list(stage.events)
        return f"select customer_id, :stage_{i} as stage, reached_on from ({FIRSTS[rule.by].format(i)}) as by_{i}"

    def links(self) -> str:
        """The steps as a query of `start`, `stage`."""
        pairs = [(begins.id, stage.id) for stage in self.stages if (begins := start_of(stage, self.stages))]
        return " union all ".join(f"select '{start}' as start, '{stage}' as stage" for start, stage in pairs)

    def sql(self, text: str, **values: object) -> pd.DataFrame:
        """The result of a query that goes on after the named ones."""
        return self.tables.sql(f"with {self.text}, {text}", **self.values, **values)


def _counted(whose: Placed, periods: Periods) -> pd.DataFrame:
    """Days waited by `persona` and step (`start`, `stage`, `period`, `day`, `events`, `censored`).

    Rows of day −1 count people by stage: `events` first there in the current period, `censored` ever.
    """
    return whose.sql(
        f"""
        links as ({whose.links()}),
        waited as (
          select a.persona, links.start, links.stage,
                 case when a.reached_on >= :start then 'current' else 'compare' end as period,
                 case when b.reached_on is null then date_diff('day', a.reached_on, :as_of)
                      else greatest(0, date_diff('day', a.reached_on, b.reached_on)) end as day,
                 case when b.reached_on is null then 0 else 1 end as event
          from links join placed as a on a.stage = links.start
          left join placed as b on b.stage = links.stage and b.customer_id = a.customer_id and b.persona = a.persona
          where a.reached_on between :start and :end or a.reached_on between :before and :before_end)
        select persona, start, stage, period, day, cast(sum(event) as bigint) as events,
               cast(sum(1 - event) as bigint) as censored
        from waited group by persona, start, stage, period, day
        union all
        select persona, '' as start, stage, 'people' as period, -1 as day,
               cast(sum(case when reached_on between :start and :end then 1 else 0 end) as bigint) as events,
               count(*) as censored
        from placed group by persona, stage
        """,
        start=periods.current.start,
        end=periods.current.end,
        before=periods.compare.start,
        before_end=periods.compare.end,
    )


def _step(waits: pd.DataFrame, start: str, stage: str, k: int) -> dict[str, object]:
    """One step of the journey: of those at `start`, who goes on to `stage`."""
    mine = waits[(waits["start"] == start) & (waits["stage"] == stage)]
    now, before = (_curve(mine[mine["period"] == period], k) for period in ("current", "compare"))
    window = now["window"]
    if window and (before["window"] or 0) < window:
        before = dict.fromkeys(before, math.nan) | {"n": before["n"]}
    row = now | {"before_n": before["n"]}
    row |= {"before_rate": math.nan, "gap": math.nan, "gap_low": math.nan, "gap_high": math.nan}
    if window and before["n"] and not math.isnan(before["rate"]):
        told = _curve(mine[mine["period"] == "compare"], k, int(window))
        gap = now["rate"] - told["rate"]
        row |= {
            "before_rate": told["rate"],
            "gap": gap,
            "gap_low": gap - math.hypot(now["rate"] - now["low"], told["high"] - told["rate"]),
            "gap_high": gap + math.hypot(now["high"] - now["rate"], told["rate"] - told["low"]),
        }
    return dict(row)


def _curve(part: pd.DataFrame, k: int, window: int | None = None) -> dict[str, float]:
    """Kaplan and Meier of a step, at the longest window that was watched (or at `window`)."""
    n = int(part[["events", "censored"]].to_numpy().sum()) if len(part) else 0
    row: dict[str, float] = dict.fromkeys(("window", "went", "rate", "low", "high", "q25", "median", "q75"), math.nan)
    row["n"], row["window"] = n, 0
    if n < max(k, FEWEST):
        return row
    by_day = part.groupby("day")[["events", "censored"]].sum().reindex(range(int(part["day"].max()) + 1), fill_value=0)
    curve = kaplan_meier(by_day["events"].to_numpy(), by_day["censored"].to_numpy())
    days, at_risk, rates = len(curve) - 1, curve["at_risk"].to_numpy(), curve["rate"].to_numpy()
    watched = [w for w in ([window] if window else WINDOWS) if w <= days and at_risk[w] >= k]
    closed = not by_day["censored"].sum()  # everybody went on: the last step is the end of the curve
    if not watched and not closed:
        return row
    chosen = watched[0] if watched else window or WINDOW
    at = min(chosen, days)
    row |= {"window": chosen, "went": int(by_day["events"].to_numpy()[: chosen + 1].sum())}
    row |= {name: float(curve[name].to_numpy()[at]) for name in ("rate", "low", "high")}
    for name, share in (("q25", 0.25), ("median", 0.5), ("q75", 0.75)):
        row[name] = float(np.argmax(rates >= share * row["rate"])) if row["rate"] > 0 else math.nan
    return row


def weakest(table: pd.DataFrame) -> str:
    """The stage that the most people of the first persona do not go on to (`reach`), on the way only; empty if none."""
    mine = table[(table["persona"] == table["persona"].iloc[0]) & (table["kind"] == "way") & table["rate"].notna()]
    if not len(mine):
        return ""
    lost = (mine["n"] * (1 - mine["rate"])).to_numpy(dtype=float)
    return str(mine["stage"].iloc[int(np.argmax(lost))])
