"""How the journey should change: the steps with a goal of their own, and how many more people that would be."""

from __future__ import annotations

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.params.journey import Journey


def targets(reach: pd.DataFrame | Unavailable, journey: Journey) -> pd.DataFrame | Unavailable:
    """The steps of the first persona whose stage has a goal in the settings (`journey.stages.<stage>.target`).

    Args:
        reach: `metrics.journey.reach`.

    Returns:
        `start`, `stage`, `n`, `window`, `rate` with `low`, `high`, `target` (a share), `more` (people of the current period who
        would go on besides; 0 where the goal is reached), `inside` (the goal lies within the interval of today's rate), most
        people first.
    """
    if isinstance(reach, Unavailable):
        return reach
    goals = {stage.id: stage.target / 100 for stage in journey.stages if stage.target is not None}
    mine = reach[(reach["persona"] == reach["persona"].iloc[0]) & reach["rate"].notna() & reach["stage"].isin(goals)]
    if not len(mine):
        return Unavailable("to_be.targets", reason="to_be.no_goals")
    rows = [
        {
            **{name: row[name] for name in ("start", "stage", "n", "window", "rate", "low", "high")},
            "target": goals[str(row["stage"])],
            "more": max(0, round(row["n"] * (goals[str(row["stage"])] - row["rate"]))),
            "inside": bool(row["low"] <= goals[str(row["stage"])] <= row["high"]),
        }
        for row in records(mine)
    ]
    return pd.DataFrame(rows).sort_values("more", ascending=False, kind="stable").reset_index(drop=True)
