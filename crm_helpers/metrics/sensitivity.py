"""Whether the added profit of a campaign stays what it is when it is estimated in another way.

Four ways for each judged campaign: adjusted by the spending before (the one that is reported), plain, with the largest half a
percent of the buyers' amounts cut down to that quantile, and by redrawing customers (bootstrap), which assumes no shape.
"""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.arms import Estimate, Moments, bootstrap, total
from crm_helpers.metrics.effect import people, sums

CUT = 0.995  # quantile of the buyers' amounts above which a winsorised amount does not go
DRAWN = 20_000  # buyers beyond whom redrawing adds nothing to the normal interval and costs seconds
SHOWN = 3  # campaigns
Arm = tuple[NDArray[np.float64], int]


def ways(
    tables: Tables, *, effects: pd.DataFrame | Unavailable, as_of: datetime.date, tax_included: bool
) -> pd.DataFrame | Unavailable:
    """Profit added by each way of estimating, of the three judged campaigns with the most money.

    Returns:
        `id`, `name`, `way` (cuped, plain, winsor, bootstrap), `value`, `low`, `high` (minor units, all treated), `cost`,
        `buyers`, `treated`, `left_out`; no row of the bootstrap beyond 20,000 buyers.
    """
    if isinstance(effects, Unavailable):
        return Unavailable("sensitivity.ways", effects.missing, effects.reason, effects.facts)
    judged = [row for row in records(effects) if row["grade"] == "A" and not pd.isna(row["profit"])]
    if not judged:
        return Unavailable("sensitivity.ways", reason="effect.no_net")
    judged = sorted(judged, key=lambda row: (-abs(row["profit"]), row["id"]))[:SHOWN]
    amounts = _amounts(tables, judged, as_of, tax_included)
    found = []
    for row in judged:
        pairs = [(amounts[i, 0], amounts[i, 1]) for i in str(row["ids"]).split() if (i, 0) in amounts and (i, 1) in amounts]
        buyers = sum(len(arm[0]) for pair in pairs for arm in pair)
        told = {"id": row["id"], "name": row["name"], "cost": row["cost"], "buyers": buyers}
        told |= {"treated": int(row["treated"]), "left_out": int(row["left_out"])}
        found.append(told | {"way": "cuped", "value": row["profit"], "low": row["profit_low"], "high": row["profit_high"]})
        for way, estimate in _others(pairs, buyers):
            found.append(told | {"way": way, "value": estimate.value, "low": estimate.low, "high": estimate.high})
    return pd.DataFrame(found)


def _others(pairs: list[tuple[Arm, Arm]], buyers: int) -> list[tuple[str, Estimate]]:
    amounts = np.concatenate([arm[0] for pair in pairs for arm in pair])
    top = float(np.quantile(amounts, CUT)) if len(amounts) else 0.0
    plain = [(_moments(*t), _moments(*c)) for t, c in pairs]
    cut = [(_moments(np.minimum(t[0], top), t[1]), _moments(np.minimum(c[0], top), c[1])) for t, c in pairs]
    told = [("plain", total(plain, adjusted=False)), ("winsor", total(cut, adjusted=False))]
    return told + ([("bootstrap", bootstrap([(*t, *c) for t, c in pairs]))] if buyers <= DRAWN else [])


def _moments(values: NDArray[np.float64], people: int) -> Moments:
    return Moments(people, float(values.sum()), float((values * values).sum()))


def _amounts(
    tables: Tables, judged: list[dict[str, Any]], as_of: datetime.date, tax_included: bool
) -> dict[tuple[str, int], Arm]:
    """By campaign and arm: the profits in the window that are not 0, and how many people there are."""
    ids = [i for row in judged for i in str(row["ids"]).split()]
    found = tables.sql(
        f"""
        select campaign_id, held, cast(g as bigint) as g, count(*) as n
        from {sums(tables, as_of=as_of, tax_included=tax_included)}
        where campaign_id in (:ids) and watched >= days - 1 and g <> 0
        group by campaign_id, held, g order by campaign_id, held, g
        """,
        ids=ids,
    )
    counted = tables.sql(
        f"""
        select campaign_id, held, count(*) as n from {people(tables)}
        where campaign_id in (:ids) and date_diff('day', since, :as_of) >= days - 1 group by campaign_id, held
        """,
        ids=ids,
        as_of=as_of,
    )
    parts: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for row in records(found):
        parts.setdefault((str(row["campaign_id"]), int(row["held"])), []).append((int(row["g"]), int(row["n"])))
    arms = {}
    for row in records(counted):
        key = str(row["campaign_id"]), int(row["held"])
        told = parts.get(key, [])
        arms[key] = (np.repeat(np.array([g for g, _ in told], float), [n for _, n in told]), int(row["n"]))
    return arms
