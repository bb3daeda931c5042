"""The member programme replayed on what was bought: who would have held which rank, who moved, and what it would have cost.

A rank is decided at the end of a review month by the sales of the window before it (`params/schema.Loyalty`); it holds to the
next review. Replayed on purchases as they were: nobody bought more because of a rank, so a replay shows size and cost of a
programme, never its effect.

One pass over the orders: a month's sales enter at the first review at or after it and leave at the first one after the window,
so that a running sum over these events gives each customer's standing; only changes are counted, and heads follow by adding up.
"""

from __future__ import annotations

import datetime
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from crm_helpers.data.contract.model import EXPONENT
from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import newcombe, wilson
from crm_helpers.metrics.plan import gross_margin
from crm_helpers.params.periods import first_day, whole_months
from crm_helpers.params.schema import Benefit, Loyalty

REPLAYED = 24  # months
YEAR = 12
NONE = -1  # the rank of who has not reached the lowest one


@dataclass(frozen=True)
class Bands:
    """Sales cut into bands: each rank's are parted into those near the next rank and the others.

    `cuts` are lower bounds, rising, in minor units; `ranks` and `near` say of each band which rank it is (NONE below the
    lowest), and whether it is near the next one. The first band has no lower bound.
    """

    cuts: tuple[int, ...]
    ranks: tuple[int, ...]
    near: tuple[bool, ...]


def bands(programme: Loyalty, currency: str) -> Bands:
    """The bands of a programme; the lowest rank needs sales, be it one yen."""
    floors = _floors(programme, currency)
    cuts: list[int] = []
    ranks, near = [NONE], [False]
    for at, floor in enumerate(floors):
        below = max(-(-floor * (100 - programme.near_percent) // 100), floors[at - 1] if at else 1)
        if below < floor:
            cuts.append(below)
            ranks.append(at - 1)
            near.append(True)
        cuts.append(floor)
        ranks.append(at)
        near.append(False)
    return Bands(tuple(cuts), tuple(ranks), tuple(near))


def _floors(programme: Loyalty, currency: str) -> list[int]:
    """The sales from which each rank is held, minor units."""
    return [max(rank.sales * 10 ** EXPONENT[currency], 1) for rank in programme.ranks]


def reviews(programme: Loyalty, first: datetime.date, as_of: datetime.date, *, months: int = REPLAYED) -> tuple[int, ...]:
    """Month keys of the reviews of the last `months` months whose whole window lies in the data, with the one they begin from."""
    begun, count = whole_months(first, as_of)
    held = [key for key in range(begun + programme.window_months - 1, begun + count) if key % 12 + 1 in programme.reviewed_after]
    return tuple(key for key in held if held[-1] - key <= months)


def flows(tables: Tables, cut: Bands, at: Sequence[int], *, window: int) -> pd.DataFrame:
    """Customers who bought or whose standing changed, by review and by the band before and after it; one pass over the orders.

    Returns:
        `review` (month key), `was`, `band` (indexes of `cut`; at the first review `was` holds what came before it),
        `customers`, `gained` (their sales since the review before), `spent`, `spent_before` (of the window, minor units).
    """
    names = {f"r{n}": key for n, key in enumerate(at)}
    values = {f"c{n}": value for n, value in enumerate(cut.cuts)}

    def review(month: str) -> str:
        return "case " + " ".join(f"when {month} <= :{name} then :{name}" for name in names) + " end"

    def band(amount: str) -> str:
        return (
            "case " + " ".join(f"when {amount} < :{name} then {n}" for n, name in enumerate(values)) + f" else {len(values)} end"
        )

    return tables.sql(
        f"""
        with months as (
          select customer_id, year(ordered_on) * 12 + month(ordered_on) - 1 as month, cast(sum(amount) as bigint) as amount
          from orders where customer_id is not null and ordered_on >= :start and ordered_on <= :end
          group by customer_id, year(ordered_on) * 12 + month(ordered_on) - 1),
        events as (
          select customer_id, {review("month")} as review, amount as held, amount as gained from months
          union all
          select customer_id, {review("(month + :window)")} as review, -amount as held, 0 as gained from months
          where month + :window <= :last),
        net as (
          select customer_id, review, cast(sum(held) as bigint) as held, cast(sum(gained) as bigint) as gained
          from events where review is not null group by customer_id, review),
        run as (
          select customer_id, review, held, gained, cast(sum(held) over (
            partition by customer_id order by review rows between unbounded preceding and current row) as bigint) as spent
          from net)
        select review, {band("(spent - held)")} as was, {band("spent")} as band, count(*) as customers,
               cast(sum(gained) as bigint) as gained, cast(sum(spent) as bigint) as spent,
               cast(sum(spent - held) as bigint) as spent_before
        from run group by review, {band("(spent - held)")}, {band("spent")} order by review, was, band
        """,
        start=first_day(at[0] - window + 1),
        end=first_day(at[-1] + 1) - datetime.timedelta(days=1),
        window=window,
        last=at[-1],
        **names,
        **values,
    )


@dataclass(frozen=True)
class Replay:
    """A programme replayed.

    Attributes:
        reviews: month keys.
        heads: one row a review and rank: `review`, `rank`, `customers`, `sales` (of their windows), `near` (customers of it near
            the next rank).
        moves: one row a review but the first, and pair of ranks: `review`, `was`, `rank` (NONE: in none), `customers`, `gained`
            (sales since the one before). Who neither moved nor bought is not here.
    """

    reviews: tuple[int, ...]
    heads: pd.DataFrame
    moves: pd.DataFrame


def replay_of(found: pd.DataFrame, cut: Bands, at: Sequence[int]) -> Replay:
    """Heads and moves from the changes that `flows` counted."""
    told = found.assign(
        rank_was=[cut.ranks[n] for n in found["was"]],
        rank=[cut.ranks[n] for n in found["band"]],
        near_was=[cut.near[n] for n in found["was"]],
        near=[cut.near[n] for n in found["band"]],
    )
    top = max(cut.ranks)
    heads, held = [], {rank: [0, 0, 0] for rank in range(top + 1)}
    for review in at:
        for row in records(told[told["review"] == review]):
            for rank, near, sign, spent in (
                (row["rank_was"], row["near_was"], -1, row["spent_before"]),
                (row["rank"], row["near"], 1, row["spent"]),
            ):
                if rank != NONE:
                    now = held[rank]
                    held[rank] = [
                        now[0] + sign * row["customers"],
                        now[1] + sign * spent,
                        now[2] + sign * row["customers"] * near,
                    ]
        heads += [(review, rank, *held[rank]) for rank in held]
    moves = (
        told[told["review"] > at[0]]
        .groupby(["review", "rank_was", "rank"], as_index=False)[["customers", "gained"]]
        .sum()
        .rename(columns={"rank_was": "was"})
    )
    return Replay(tuple(at), pd.DataFrame(heads, columns=["review", "rank", "customers", "sales", "near"]), moves)


@needs("order_lines.customer_id")
def ranks(
    tables: Tables, programme: Loyalty | None, *, as_of: datetime.date, currency: str, k: int
) -> pd.DataFrame | Unavailable:
    """Each rank at each review: who holds it, who came and went since the one before, and what its benefits cost.

    Returns:
        One row a `review` (month key; the first is the standing from which the replay begins) and `rank` (0: the lowest):
        `customers`, `sales` (minor units, of the window), `near` (customers of it near the next rank), `up` (from a lower rank or
        none since the review before), `down` (went to a lower rank, or to none), `stayed`, `held_sales` (sales since
        the review before of who held the rank then), `cost` (of its benefits since then, minor units); the last four are NaN at
        the first review. Of the whole: `margin` (gross; NaN without costs). Numbers of 1 to `k` − 1 people are NaN.
    """
    made = _replayed(tables, programme, as_of=as_of, currency=currency, would="loyalty.ranks")
    if isinstance(made, Unavailable):
        return made
    assert programme is not None
    told, margin = made, gross_margin(tables, as_of=as_of)
    before: dict[int, int] = {}
    rows = []
    for n, review in enumerate(told.reviews):
        standing = told.heads[told.heads["review"] == review]
        moved = told.moves[told.moves["review"] == review]
        months = review - told.reviews[n - 1] if n else 0
        for row in records(standing):
            rank = row["rank"]
            came = int(moved.loc[(moved["rank"] == rank) & (moved["was"] < rank), "customers"].sum())
            went = int(moved.loc[(moved["was"] == rank) & (moved["rank"] < rank), "customers"].sum())
            left = int(moved.loc[(moved["was"] == rank) & (moved["rank"] != rank), "customers"].sum())
            bought = int(moved.loc[moved["was"] == rank, "gained"].sum())
            heads = before.get(rank, 0)
            cost = sum(_cost(benefit, bought, heads, months, currency) for benefit in programme.ranks[rank].benefits)
            since = (came, went, heads - left, bought, cost) if n else (math.nan,) * 5
            rows.append((review, rank, row["customers"], row["sales"], row["near"], *since))
        before = dict(zip(standing["rank"], standing["customers"], strict=True))
    names = ["review", "rank", "customers", "sales", "near", "up", "down", "stayed", "held_sales", "cost"]
    table = pd.DataFrame(rows, columns=names).assign(margin=margin)
    for name in ("customers", "near", "up", "down", "stayed"):
        table[name] = table[name].astype(float).mask(table[name].between(1, k - 1))
    few = table["customers"].isna()
    table.loc[few, ["sales", "near", "held_sales", "cost"]] = math.nan
    return table


def _replayed(
    tables: Tables, programme: Loyalty | None, *, as_of: datetime.date, currency: str, would: str
) -> Replay | Unavailable:
    if programme is None:
        return Unavailable(would, reason="loyalty.not_declared")
    first = tables.span[0] if tables.span else as_of
    at = reviews(programme, first, as_of)
    if len(at) < 2:
        return Unavailable(would, reason="loyalty.short", facts={"months": programme.window_months})
    cut = bands(programme, currency)
    return replay_of(flows(tables, cut, at, window=programme.window_months), cut, at)


def _cost(benefit: Benefit, sales: int, heads: int, months: int, currency: str) -> int:
    """What a benefit cost between two reviews, minor units."""
    if benefit.percent_of_sales is not None:
        share = benefit.percent_of_sales / 100 * benefit.taken_percent / 100
        return round(Decimal(max(sales, 0)) * share)
    assert benefit.each_year is not None
    yearly = Decimal(heads) * benefit.each_year * Decimal(10 ** EXPONENT[currency])
    return round(yearly * months * benefit.taken_percent / (100 * YEAR))


@needs("order_lines.customer_id")
def year_moves(tables: Tables, programme: Loyalty | None, *, as_of: datetime.date, currency: str) -> pd.DataFrame | Unavailable:
    """Which ranks the holders of each rank stood in a year later, at the last review and, where data go so far, a year before it.

    Returns:
        One row a `year` (0: the last, 1: the one before) and `rank`: `held` (a year earlier), `kept` (the same rank or a higher
        one), `rate` with `low`, `high` (Wilson); in year 0 also `gap`, `gap_low`, `gap_high` on the year before (Newcombe; NaN
        without one).
    """
    if programme is None:
        return Unavailable("loyalty.ranks", reason="loyalty.not_declared")
    first = tables.span[0] if tables.span else as_of
    held = reviews(programme, first, as_of)
    at = [key for key in (held[-1] - 2 * YEAR, held[-1] - YEAR, held[-1]) if key in held] if held else []
    if len(at) < 2:
        return Unavailable("loyalty.ranks", reason="loyalty.short", facts={"months": programme.window_months})
    cut = bands(programme, currency)
    told = replay_of(flows(tables, cut, at, window=programme.window_months), cut, at)
    rows = []
    for year, (earlier, later) in enumerate(reversed(list(itertools.pairwise(at)))):
        for row in records(told.heads[told.heads["review"] == earlier]):
            moved = told.moves[(told.moves["review"] == later) & (told.moves["was"] == row["rank"])]
            kept = int(row["customers"]) - int(moved.loc[moved["rank"] < row["rank"], "customers"].sum())
            n = int(row["customers"])
            rows.append((year, row["rank"], n, kept, kept / n if n else math.nan, *wilson(kept, n)))
    table = pd.DataFrame(rows, columns=["year", "rank", "held", "kept", "rate", "low", "high"])
    return table.join(pd.DataFrame(_gaps(table), columns=["gap", "gap_low", "gap_high"]))


def _gaps(table: pd.DataFrame) -> list[tuple[float, float, float]]:
    old = {row["rank"]: (row["kept"], row["held"]) for row in records(table[table["year"] == 1])}
    return [
        newcombe(row["kept"], row["held"], *old[row["rank"]]) if row["year"] == 0 and row["rank"] in old else (math.nan,) * 3
        for row in records(table)
    ]


# ---------------------------------------------------------------- service by rank
@needs("order_lines.customer_id")
def service(
    tables: Tables, programme: Loyalty | None, *, as_of: datetime.date, currency: str, k: int
) -> pd.DataFrame | Unavailable:
    """How each rank is served and how much work that is, by the ranks of the last review and the inquiries of its year.

    Returns:
        One row a `rank` (the lowest first): `customers`, `inquiries`, `watched` (with a first reply or watched for the
        promised hours), `replied` (of them, in time), `rate`, `low`, `high` (Wilson), `hours_inquiries` and
        `hours_contacts` (work a month, hours), `cap` (hours a month there are; NaN where none is set), `last` (month key of
        the review). Without inquiries their columns are NaN; cells of 1 to `k` − 1 people or inquiries are NaN.
    """
    if programme is None:
        return Unavailable("loyalty.service", reason="loyalty.not_declared")
    if all(rank.service is None for rank in programme.ranks):
        return Unavailable("loyalty.service", reason="loyalty.no_service")
    first = tables.span[0] if tables.span else as_of
    at = reviews(programme, first, as_of)
    if not at:
        return Unavailable("loyalty.service", reason="loyalty.short", facts={"months": programme.window_months})
    cut = bands(programme, currency)
    told = replay_of(flows(tables, cut, at, window=programme.window_months), cut, at)
    now = told.heads[told.heads["review"] == at[-1]].set_index("rank")["customers"]
    asked = _asked(tables, programme, at[-1], as_of=as_of, currency=currency) if tables.has("inquiries.customer_id") else None
    rows = []
    for rank, declared in enumerate(programme.ranks):
        how, heads = declared.service, int(now.get(rank, 0))
        mine = asked[asked["rank"] == rank] if asked is not None else None
        inquiries = int(mine["inquiries"].sum()) if mine is not None else math.nan
        replied, watched = (int(mine[name].sum()) for name in ("replied", "watched")) if mine is not None else (0, 0)
        timed = how is not None and how.reply_hours is not None and watched >= k
        spans = wilson(replied, watched) if timed else (math.nan, math.nan)
        rows.append(
            {
                "rank": rank,
                "customers": heads if heads == 0 or heads >= k else math.nan,
                "inquiries": inquiries if not 0 < inquiries < k else math.nan,
                "replied": replied if timed else math.nan,
                "watched": watched if timed else math.nan,
                "rate": replied / watched if timed else math.nan,
                "low": spans[0],
                "high": spans[1],
                "hours_inquiries": inquiries * how.minutes / 60 / YEAR if how else math.nan,
                "hours_contacts": heads * how.contacts_a_year * how.contact_minutes / 60 / YEAR if how else math.nan,
            }
        )
    cap = programme.service_hours_a_month
    return pd.DataFrame(rows).assign(cap=math.nan if cap is None else float(cap), last=at[-1])


def _asked(tables: Tables, programme: Loyalty, last: int, *, as_of: datetime.date, currency: str) -> pd.DataFrame:
    """Inquiries of the last twelve months by the rank of the last review, and how many were answered in the promised time."""
    floors = {f"t{n}": floor for n, floor in enumerate(_floors(programme, currency))}
    rank = "case " + " ".join(f"when s.spent >= :t{n} then {n}" for n in reversed(range(len(floors)))) + " end"
    hours = [rank_.service.reply_hours if rank_.service else None for rank_ in programme.ranks]
    late = "case " + " ".join(f"when rank = {n} then {hour}" for n, hour in enumerate(hours) if hour is not None) + " end"
    late = late if any(hour is not None for hour in hours) else "cast(null as bigint)"
    return tables.sql(
        f"""
        with spent as (
          select customer_id, cast(sum(amount) as bigint) as spent from orders
          where customer_id is not null and ordered_on >= :start and ordered_on <= :end group by customer_id),
        asked as (
          select {rank} as rank, date_diff('minute', i.opened_at, i.first_reply_at) as took,
                 date_diff('minute', i.opened_at, cast(:after as timestamp)) as seen
          from inquiries i join spent s on s.customer_id = i.customer_id
          where cast(i.opened_at as date) >= :year and cast(i.opened_at as date) <= :end),
        held as (select rank, took, seen, 60 * ({late}) as most from asked where rank is not null)
        select rank, count(*) as inquiries,
               cast(sum(case when took <= most then 1 else 0 end) as bigint) as replied,
               cast(sum(case when took is not null and most is not null or seen >= most then 1 else 0 end) as bigint) as watched
        from held group by rank order by rank
        """,
        start=first_day(last - programme.window_months + 1),
        end=first_day(last + 1) - datetime.timedelta(days=1),
        year=first_day(last - YEAR + 1),
        after=as_of + datetime.timedelta(days=1),
        **floors,
    )
