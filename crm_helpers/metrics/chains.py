"""Paths as Markov chains: figures of an absorbing chain, a test of its order, and attribution to media by removal and by Shapley.

All of it describes the paths that were seen. None of it says what would happen without a medium: for that there are hold-outs.
Absorbing chain: Grinstead and Snell, Introduction to Probability, ch. 11.2. Removal effect: Anderl et al. 2016 (IJRM 33:457).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.repeat import FEWEST
from crm_helpers.metrics.visits import VISIT, in_visit
from crm_helpers.params.journey import Journey
from crm_helpers.params.periods import Periods

START, DONE, LOST = "(start)", "(done)", "(lost)"
MOST = 8  # media apart; Shapley looks at every set of them
OTHERS = "(others)"


def absorbing(
    inside: NDArray[np.float64], out: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of a chain with transient states `inside` (Q) and absorbing ones `out` (R): N = (I − Q)⁻¹, the steps t = N·1 and B = N·R.

    >>> n, t, b = absorbing(np.array([[0, .5, 0], [.5, 0, .5], [0, .5, 0]]), np.array([[.5, 0], [0, 0], [0, .5]]))
    >>> t.tolist()
    [3.0, 4.0, 3.0]
    """
    visits = np.asarray(np.linalg.inv(np.eye(len(inside)) - inside), dtype=np.float64)
    return visits, visits.sum(axis=1), visits @ out


def done_chance(counts: Mapping[tuple[str, str], float], without: str = "") -> float:
    """The chance to end in DONE from START, by the transitions counted; every path into `without` is lost."""
    kept = _without(counts, without)
    states = sorted({source for source, _ in kept} | {target for _, target in kept if target not in (DONE, LOST)})
    place = {state: i for i, state in enumerate(states)}
    inside, out = np.zeros((len(states), len(states))), np.zeros((len(states), 1))
    for state in states:
        whole = sum(n for (source, _), n in kept.items() if source == state)
        for (source, target), n in kept.items():
            if source == state and target in place:
                inside[place[state], place[target]] = n / whole
            elif source == state and target == DONE:
                out[place[state], 0] = n / whole
    return float(absorbing(inside, out)[2][place[START], 0]) if START in place else 0.0


def removal(counts: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """The share of each medium in what its removal would take away, 1 − P(done without it) / P(done); they add up to 1."""
    whole = done_chance(counts)
    media = sorted({state for pair in counts for state in pair} - {START, DONE, LOST})
    effects = {medium: 1 - done_chance(counts, medium) / whole if whole else 0.0 for medium in media}
    total = sum(effects.values())
    return {medium: effect / total if total else 0.0 for medium, effect in effects.items()}


def shapley(values: Mapping[frozenset[str], float]) -> dict[str, float]:
    """Each player's Shapley value in the game whose coalitions are worth `values` (missing ones 0): exact, for up to MOST
    players.

    >>> shapley({frozenset("a"): 1.0, frozenset("b"): 0.0, frozenset("ab"): 3.0})
    {'a': 2.0, 'b': 1.0}
    """
    players = sorted(set().union(*values)) if values else []
    found = dict.fromkeys(players, 0.0)
    for player in players:
        others = [other for other in players if other != player]
        for size in range(len(others) + 1):
            weight = math.factorial(size) * math.factorial(len(others) - size) / math.factorial(len(players))
            for chosen in itertools.combinations(others, size):
                before = frozenset(chosen)
                found[player] += weight * (values.get(before | {player}, 0.0) - values.get(before, 0.0))
    return found


def order_test(triples: Mapping[tuple[str, str, str], int]) -> tuple[float, int, float]:
    """Whether the step before the last one matters: order 2 against order 1 on counts of three steps in a row.

    Returns:
        The likelihood ratio statistic, its degrees of freedom, and BIC(order 1) − BIC(order 2): above 0 order 2 is the better
        one.
    """
    pairs: dict[tuple[str, str], int] = {}
    onward: dict[tuple[str, str], int] = {}
    middle: dict[str, int] = {}
    for (a, b, c), n in triples.items():
        pairs[a, b] = pairs.get((a, b), 0) + n
        onward[b, c] = onward.get((b, c), 0) + n
        middle[b] = middle.get(b, 0) + n
    ratio = 2 * sum(n * math.log((n / pairs[a, b]) / (onward[b, c] / middle[b])) for (a, b, c), n in triples.items() if n)
    free = 0
    for b in middle:
        before, after = sum(1 for pair in pairs if pair[1] == b), sum(1 for pair in onward if pair[0] == b)
        free += (before - 1) * (after - 1)
    total = sum(triples.values())
    return ratio, free, ratio - free * math.log(total) if total else 0.0


@needs("events.medium")
def media(tables: Tables, journey: Journey, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """What the media of visits are credited with, visits of the current period up to each one that is finished.

    A path is a person's visits since the last finished one (a visit is finished with the last event of the stage). Persons are
    customers, else visitors.

    Returns:
        One row a `medium` (the MOST − 1 largest, OTHERS): `visits`, `last` (share of finished visits by the medium of the visit
        itself), `removal` and `shapley` (shares, adding up to 1), and in every row `paths`, `done`, `order` (the BIC difference
        of `order_test`: above 0 the chain's assumption does not hold).
    """
    stage = in_visit(journey)
    if stage is None:
        return Unavailable("chains.media", reason="visits.no_steps")
    if periods is None:
        return Unavailable("chains.media", reason="sales.too_short")
    person = "coalesce(customer_id, visitor_id, session_id, event_id)"
    found = tables.sql(
        f"""
        with visits as (
          select {person} as person, {VISIT} as visit, min(happened_at) as at, coalesce(min(medium), '') as medium,
                 max(case when event = :done then 1 else 0 end) as done
          from events where cast(happened_at as date) between :start and :end group by {person}, {VISIT}),
        large as (select medium, row_number() over (order by count(*) desc, medium) as place from visits group by medium),
        named as (
          select v.person, v.visit, v.at, v.done, case when l.place < :most and v.medium <> '' then v.medium else :others end
          as medium,
                 coalesce(sum(v.done) over (partition by v.person order by v.at, v.visit
                   rows between unbounded preceding and 1 preceding), 0) as path
          from visits as v join large as l on l.medium = v.medium),
        steps as (
          select person, path, medium, done, lag(medium) over w as before, lag(medium, 2) over w as earlier,
                 lead(medium) over w as next
          from named window w as (partition by person, path order by at, visit))
        select coalesce(earlier, '') as earlier, coalesce(before, '') as before, medium, done,
               case when next is null then 1 else 0 end as ends, count(*) as visits
        from steps group by coalesce(earlier, ''), coalesce(before, ''), medium, done, case when next is null then 1 else 0 end
        """,
        done=stage.events[-1],
        start=periods.current.start,
        end=periods.current.end,
        most=MOST,
        others=OTHERS,
    )
    paths = int(found.loc[found["ends"] == 1, "visits"].sum())
    done = int(found.loc[found["done"] == 1, "visits"].sum())
    if done < FEWEST:
        return Unavailable("chains.media", reason="visits.few", facts={"n": FEWEST})
    counts: dict[tuple[str, str], float] = {}
    triples: dict[tuple[str, str, str], int] = {}
    for row in records(found):
        n = int(row["visits"])
        steps = [((row["before"] or START), row["medium"])]
        steps += [(row["medium"], DONE if row["done"] else LOST)] if row["ends"] else []
        for step in steps:
            counts[step] = counts.get(step, 0) + n
        if row["before"]:
            triple = (row["earlier"] or START, row["before"], row["medium"])
            triples[triple] = triples.get(triple, 0) + n
    by = found.groupby("medium")["visits"].sum()
    finished = found[found["done"] == 1].groupby("medium")["visits"].sum().reindex(by.index, fill_value=0)
    removed, shares = removal(counts), _shares(counts, list(by.index))
    return pd.DataFrame(
        {
            "medium": by.index,
            "visits": by.to_numpy(),
            "last": (finished / done).to_numpy(),
            "removal": [removed.get(str(name), 0.0) for name in by.index],
            "shapley": [shares.get(str(name), 0.0) for name in by.index],
        }
    ).sort_values(["visits", "medium"], ascending=[False, True], ignore_index=True).assign(
        paths=paths, done=done, order=order_test(triples)[2]
    )  # fmt: skip


def _shares(counts: Mapping[tuple[str, str], float], names: Sequence[str]) -> dict[str, float]:
    """Shapley shares in the game where a set of media is worth the chance to finish when all others are taken away."""
    worth: dict[frozenset[str], float] = {}
    for size in range(len(names) + 1):
        for chosen in itertools.combinations(names, size):
            kept = dict(counts)
            for gone in set(names) - set(chosen):
                kept = _without(kept, gone)
            worth[frozenset(chosen)] = done_chance(kept)
    found = shapley(worth)
    total = sum(found.values())
    return {name: value / total if total else 0.0 for name, value in found.items()}


def _without(counts: Mapping[tuple[str, str], float], gone: str) -> dict[tuple[str, str], float]:
    """The transitions with every step into `gone` lost."""
    kept: dict[tuple[str, str], float] = {}
    for (source, target), n in counts.items():
        if source != gone:
            to = LOST if target == gone else target
            kept[source, to] = kept.get((source, to), 0) + n
    return kept
