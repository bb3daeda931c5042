"""What the map of the journey knows of each stage: feelings, changes, contacts, inquiries, reasons of leaving, money at stake.

Evidence has a class: A the log of identified customers, B surveys and inquiries with n (and logs of visits without a name), C
fewer than TALKS answers, D what the company itself thinks (notes of the workshop). Feelings are means on −2 … +2 of what people
answered (CSAT 1–5, CES 1–7 where 7 is easy, NPS 0–10, each spread evenly over the scale); rates of leaving or of complaints are
not turned into feelings, as no scale says how unhappy a cancellation is.

Money at stake is what those who went on spent within WINDOW days of the stage before, less what those who did not spent, times
those who did not in the current period: an upper bound of what keeping them could bring, as who goes on differs in more than
that.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import Z
from crm_helpers.metrics.journey import EVERYBODY, WINDOW, Placed, measured, personas
from crm_helpers.params.journey import Journey
from crm_helpers.params.periods import Periods
from crm_helpers.params.schema import Segment

TALKS = 10  # answers under which a mean is a talk with a few people (class C)
SCALES = "case s.measure when 'csat' then s.score - 3.0 when 'ces' then (s.score - 4) * 2.0 / 3 else (s.score - 5) * 2.0 / 5 end"
CHANGES = ("skip", "pause", "cycle")
LOSSES_SHOWN = 4  # pains on a page
SOURCES = ("surveys", "inquiries", "contacts", "contract_changes", "workshop")
COLUMNS = ["persona", "stage", "row", "label", "people", "of", "share", "score", "low", "high", "evidence"]

PARTS = {
    "feeling": """
      select 'feeling' as part, persona, stage, cast('' as varchar) as label, count(*) as people,
             sum(z) as total, sum(z * z) as squares
      from (select {whose} as persona, told.stage, s.response_id, avg(cast({scale} as double)) as z
        from surveys as s join told on told.kind = 'touchpoint' and told.word = s.touchpoint {inside}
        where s.score is not null and s.measure <> 'text' and s.answered_on between :start and :end
        group by {whose}, told.stage, s.response_id) as answers
      group by persona, stage""",
    "change": """
      select 'change' as part, p.persona, p.stage, x.change as label, count(distinct p.customer_id) as people,
             cast(0 as double) as total, cast(0 as double) as squares
      from placed as p join contracts as c on c.customer_id = p.customer_id
      join contract_changes as x on x.contract_id = c.contract_id and x.changed_on >= p.reached_on and x.change in (:changes)
      left join links on links.start = p.stage
      left join placed as n on n.persona = p.persona and n.customer_id = p.customer_id and n.stage = links.stage
      where p.reached_on between :start and :end and (n.reached_on is null or x.changed_on < n.reached_on)
      group by p.persona, p.stage, x.change""",
    "contact": """
      select 'contact' as part, p.persona, told.stage, coalesce(k.channel, '') as label, count(distinct p.customer_id) as people,
             cast(0 as double) as total, cast(0 as double) as squares
      from begun as p join contacts as k on k.customer_id = p.customer_id and k.sent_at is not null
      join told on told.kind = 'campaign' and told.word = k.campaign_id
      where cast(k.sent_at as date) between :start and :end group by p.persona, told.stage, coalesce(k.channel, '')""",
    "inquiry": """
      select 'inquiry' as part, p.persona, told.stage, i.reason as label, count(distinct p.customer_id) as people,
             cast(0 as double) as total, cast(0 as double) as squares
      from begun as p join inquiries as i on i.customer_id = p.customer_id
      join told on told.kind = 'reason' and told.word = i.reason
      where cast(i.opened_at as date) between :start and :end group by p.persona, told.stage, i.reason""",
    "cancel": """
      select 'cancel' as part, persona, stage, label, count(*) as people,
             cast(0 as double) as total, cast(0 as double) as squares
      from (select p.persona, c.contract_id, coalesce(c.cancel_reason, '') as label, p.stage,
              row_number() over (partition by p.persona, c.contract_id order by p.reached_on desc, w.place desc) as back
            from contracts as c join placed as p on p.customer_id = c.customer_id and p.reached_on <= c.cancelled_on
            join way as w on w.stage = p.stage
            where c.cancelled_on between :start and :end and c.account_id is null) as left_at
      where back = 1 group by persona, stage, label""",
    "worth": """
      select 'worth' as part, persona, stage, label, count(*) as people, sum(spent) as total, sum(spent * spent) as squares
      from (select a.persona, links.stage, a.customer_id,
              case when n.reached_on <= a.reached_on + :window then 'went' else 'stayed' end as label,
              cast(coalesce(sum(d.amount), 0) as double) as spent
            from links join placed as a on a.stage = links.start
            left join placed as n on n.persona = a.persona and n.customer_id = a.customer_id and n.stage = links.stage
            left join customer_day as d on d.customer_id = a.customer_id
              and d.ordered_on between a.reached_on and a.reached_on + :window
            where a.reached_on between :since and :until
            group by a.persona, links.stage, a.customer_id,
              case when n.reached_on <= a.reached_on + :window then 'went' else 'stayed' end) as each_one
      group by persona, stage, label""",
}
"""Counts by persona, stage and label: the parts of one statement, each with the tables that it needs."""

PART_NEEDS = {
    "feeling": ("surveys.touchpoint", "surveys.score", "surveys.response_id"),
    "change": ("contract_changes", "contracts.customer_id"),
    "contact": ("contacts.sent_at",),
    "inquiry": ("inquiries.customer_id", "inquiries.reason"),
    "cancel": ("contracts.customer_id", "contracts.cancelled_on"),
    "worth": ("order_lines.customer_id",),
}


def evidence(
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
    """What is known of each stage for each persona in the current period.

    Returns:
        One row a `persona`, `stage`, `row` and `label`. `row` is `feeling` (`score` −2 … +2 with `low`, `high`), `change`,
        `contact`, `inquiry` and `cancel` (`people` and their `share` of `of`: people at the stage, people who began, or
        cancellations there), and `worth` (`score` with `low`, `high`: money at stake per person who does not go on, minor
        units; for the stage not reached). `label` is the client's word or the kind of change; `evidence` A to C. Labels under
        `k` people are left out. Unavailable where the client sent none of SOURCES: an order log alone makes no map.
    """
    if periods is None:
        return Unavailable("journey_map.evidence", reason="sales.too_short")
    if not any(tables.has(name) for name in SOURCES):
        return Unavailable("journey_map.evidence", reason="journey.no_voices")
    whose = Placed(tables, journey, segments, as_of=as_of, currency=currency, first_orders_known=first_orders_known)
    way = [stage.id for stage in whose.stages if stage.kind == "way"]
    if not way:
        return Unavailable("journey_map.evidence", reason="journey.one_stage")
    found = _counted(whose, journey, way, periods)
    sizes = {(row["persona"], row["label"]): int(row["people"]) for row in records(found[found["part"] == "size"])}
    rows = []
    for (part, persona, stage), group in found.groupby(["part", "persona", "stage"], sort=False):
        if part == "feeling":
            rows += [_feeling(row, k) for row in records(group)]
        elif part == "worth":
            rows += _worth(group, k)
        elif part != "size":
            whole = int(group["people"].sum())
            of = whole if part == "cancel" else sizes.get((persona, stage if part == "change" else way[0]), 0)
            told = [row for row in records(group) if row["people"] >= k and row["label"] and of]
            if part == "cancel":
                told = _none_given_away(told, whole, k)
            else:
                told = [row for row in told if not 0 < of - int(row["people"]) < k]
            rows += [
                _row(persona, stage, part, row["label"], int(row["people"]), of, "B" if part == "inquiry" else "A")
                for row in told
            ]
    return pd.DataFrame([row for row in rows if row], columns=COLUMNS)


def _none_given_away(told: list[dict[str, Any]], whole: int, k: int) -> list[dict[str, Any]]:
    """The reasons that may be printed: what is left of the whole is nobody, or at least `k`."""
    while told and 0 < whole - sum(int(row["people"]) for row in told) < k:
        told = told[:-1]
    return told


def _row(persona: object, stage: object, row: object, label: str, people: int, of: int, mark: str) -> dict[str, object]:
    told = {"persona": persona, "stage": stage, "row": row, "label": label, "people": people, "of": of, "evidence": mark}
    return told | {"share": people / of}


def _counted(whose: Placed, journey: Journey, way: list[str], periods: Periods) -> pd.DataFrame:
    everybody = personas(journey) == (EVERYBODY,)
    shown = [part for part, names in PART_NEEDS.items() if all(whose.tables.has(name) for name in names)]
    told = [
        (kind, word, stage.id)
        for stage in journey.stages
        for kind, words in (("touchpoint", stage.touchpoints), ("reason", stage.reasons), ("campaign", stage.campaigns))
        for word in words
    ] or [("", "", "")]
    values: dict[str, object] = {f"word_{i}": word for i, (_, word, _) in enumerate(told)}
    words = " union all ".join(
        f"select '{kind}' as kind, cast(:word_{i} as varchar) as word, '{stage}' as stage"
        for i, (kind, _, stage) in enumerate(told)
    )
    places = " union all ".join(f"select '{stage}' as stage, {i} as place" for i, stage in enumerate(way))
    inside = "" if everybody else "join inside on inside.customer_id = s.customer_id"
    person = f"'{EVERYBODY}'" if everybody else "inside.persona"
    parts = " union all ".join(PARTS[part].format(whose=person, inside=inside, scale=SCALES) for part in shown)
    values |= {"changes": list(CHANGES)} if "change" in shown else {}
    if "worth" in shown:
        values |= {"window": WINDOW, "since": periods.compare.start}
        values |= {"until": whose.as_of - datetime.timedelta(days=WINDOW)}
    links = whose.links() or "select '' as start, '' as stage"
    return whose.sql(
        f"""
        links as ({links}), way as ({places}), told as ({words}),
        begun as (select * from placed where stage = '{way[0]}' and reached_on between :start and :end),
        parts as ({parts})
        select part, persona, stage, label, people, total, squares from parts
        union all
        select 'size' as part, persona, '' as stage, stage as label, count(*) as people, cast(0 as double) as total,
               cast(0 as double) as squares
        from placed where reached_on between :start and :end group by persona, stage
        order by part, persona, stage, people desc, label
        """,
        start=periods.current.start,
        end=periods.current.end,
        **values,
    )


def _feeling(row: Mapping[str, object], k: int) -> dict[str, object]:
    n, mean, spread = _moments(row)
    if n < max(k, 2):
        return {}
    half = Z * spread / math.sqrt(n)
    told = _row(row["persona"], row["stage"], "feeling", "", n, n, "C" if n < TALKS else "B")
    return told | {"score": mean, "low": max(-2.0, mean - half), "high": min(2.0, mean + half)}


def _worth(group: pd.DataFrame, k: int) -> list[dict[str, object]]:
    """What one who goes on spends more than one who does not, with the interval of a difference of means (Welch)."""
    by = {str(row["label"]): _moments(row) for row in records(group)}
    if {"went", "stayed"} - set(by) or min(n for n, _, _ in by.values()) < max(k, TALKS):
        return []
    (n, mean, spread), (other_n, other, other_spread) = by["went"], by["stayed"]
    half = Z * math.hypot(spread / math.sqrt(n), other_spread / math.sqrt(other_n))
    first = records(group)[0]
    told = _row(first["persona"], first["stage"], "worth", "", n, n + other_n, "A")
    return [told | {"score": mean - other, "low": mean - other - half, "high": mean - other + half}]


def _moments(row: Mapping[str, object]) -> tuple[int, float, float]:
    """n, mean and standard deviation from n, sum and sum of squares."""
    n, total, squares = int(str(row["people"])), float(str(row["total"])), float(str(row["squares"]))
    mean = total / n
    return n, mean, math.sqrt(max(0.0, (squares - n * mean * mean) / (n - 1))) if n > 1 else math.nan


def stakes(reach: pd.DataFrame | Unavailable, found: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """The pains of each persona, largest stake first: who stops before a stage, and the money that goes with them.

    Returns:
        `persona`, `stage` (not reached), `start`, `n`, `lost` (people of the current period, estimated), `rate` (lost, of n)
        with `rate_low`, `rate_high`, `per_head`, `stake`, `stake_low`, `stake_high` (minor units; an upper bound, see the
        module) for the steps on the way; NaN where money cannot be told.
    """
    if isinstance(reach, Unavailable):
        return reach
    if isinstance(found, Unavailable):
        return found
    worth = {(row["persona"], row["stage"]): row for row in records(found[found["row"] == "worth"])}
    rows = []
    for row in records(reach[(reach["kind"] == "way") & reach["rate"].notna()]):
        lost = row["n"] * (1 - row["rate"])
        money = worth.get((row["persona"], row["stage"]), {})
        value = {name: float(money.get(name, math.nan)) for name in ("score", "low", "high")}
        rows.append(
            {
                **{name: row[name] for name in ("persona", "stage", "start", "n")},
                "lost": round(lost),
                "rate": 1 - row["rate"],
                "rate_low": 1 - row["high"],
                "rate_high": 1 - row["low"],
                "per_head": value["score"],
                "stake": lost * value["score"],
                "stake_low": lost * value["low"],
                "stake_high": lost * value["high"],
            }
        )
    table = pd.DataFrame(rows)
    order = np.argsort(-table["stake"].fillna(-1).to_numpy(dtype=float), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def who(
    tables: Tables,
    journey: Journey,
    segments: Mapping[str, Segment],
    *,
    as_of: datetime.date,
    periods: Periods | None,
    currency: str,
    first_orders_known: bool,
) -> pd.DataFrame:
    """How large each persona is: `persona`, `people` (ever at a stage), `sales` (minor units, current period), `share` of the

    sales with a customer id. Empty where no stage is measured.
    """
    if periods is None or not measured(journey, tables, first_orders_known=first_orders_known):
        return pd.DataFrame(columns=["persona", "people", "sales", "share"])
    whose = Placed(tables, journey, segments, as_of=as_of, currency=currency, first_orders_known=first_orders_known)
    return whose.sql(
        """
        those as (select persona, customer_id from placed group by persona, customer_id),
        spent as (select customer_id, cast(sum(amount) as bigint) as amount from customer_day
          where ordered_on between :start and :end group by customer_id),
        whole as (select sum(amount) as amount from spent)
        select those.persona, count(*) as people, cast(coalesce(sum(spent.amount), 0) as bigint) as sales,
               sum(spent.amount) * 1.0 / max(whole.amount) as share
        from those left join spent on spent.customer_id = those.customer_id cross join whole
        group by those.persona order by those.persona
        """,
        start=periods.current.start,
        end=periods.current.end,
    )


NOTES = ("goal", "action", "touchpoint", "thought", "emotion", "pain", "idea", "owner", "kpi")


def notes(tables: Tables, journey: Journey) -> pd.DataFrame:
    """The workshop's notes by stage: what the company thinks, a hypothesis each; the oldest wave gives way to the newest day.

    Returns:
        `stage`, `row` (of NOTES), `note`, `score` (of an emotion, the mean), `count` (notes of that row); the first note stands
        for its row. Empty without a workshop.
    """
    columns = ["stage", "row", "note", "score", "count"]
    if not tables.has("workshop"):
        return pd.DataFrame(columns=columns)
    found = tables.sql(
        """
        select stage, "row", note, score from workshop
        where held_on is null or held_on = (select max(held_on) from workshop) order by note_id
        """
    )
    rows = []
    for stage in journey.stages:
        mine = found[found["stage"].map(stage.is_called)]
        for kind in NOTES:
            part = mine[mine["row"] == kind]
            if len(part):
                mean = float(part["score"].mean()) if part["score"].notna().any() else math.nan
                rows.append((stage.id, kind, str(part["note"].iloc[0]), mean, len(part)))
    return pd.DataFrame(rows, columns=columns)


@needs("campaigns")
def campaigns(tables: Tables, journey: Journey, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """Campaigns of the current period by the stage they serve: `stage`, `campaign_id`, `name`."""
    if periods is None:
        return Unavailable("journey_map.campaigns", reason="sales.too_short")
    found = tables.sql(
        """
        select campaign_id, name from campaigns
        where (starts_on is null or starts_on <= :end) and (ends_on is null or ends_on >= :start)
        """,
        start=periods.current.start,
        end=periods.current.end,
    )
    names = dict(zip(found["campaign_id"], found["name"], strict=True))
    rows = [(stage.id, code, names[code]) for stage in journey.stages for code in stage.campaigns if code in names]
    return pd.DataFrame(rows, columns=["stage", "campaign_id", "name"])
