"""What the year taught and what the next plan changes: a learning a judged campaign, a change a campaign, the record kept.

A learning is adopted when the rule could decide (widen, continue, stop), and is to be tested again where it could not, or where
the campaign is to be mended. It expires two years after the last send: customers and prices change.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.metrics.effect import AFTER
from crm_helpers.metrics.power import rates_smallest

YEARS = 2
ADOPTED = ("widen", "continue", "stop")


def register(effects: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """One learning a campaign with a hold-out that holds.

    Returns:
        The columns of `metrics.effect.results`, and `status` (adopted or retest) and `expires` (ISO day).
    """
    if isinstance(effects, Unavailable):
        return Unavailable("learnings.register", effects.missing, effects.reason, effects.facts)
    judged = effects[effects["grade"].isin(["A", "B"]) & effects["gap"].notna()].reset_index(drop=True)
    if not len(judged):
        return Unavailable("learnings.register", reason="learnings.none_judged")
    last = pd.to_datetime(judged["last"]) + pd.DateOffset(years=YEARS)
    status = ["adopted" if decision in ADOPTED else "retest" for decision in judged["decision"]]
    return judged.assign(status=status, expires=last.dt.strftime("%Y-%m-%d"))


def changes(effects: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """What the next plan changes for each campaign: one field of its brief, as it was, as measured, as it is to be.

    Returns:
        `id`, `name`, `sends`, `decision`, `reason`, `field` (sends, window, cost, rates, people, control, checks, data) and in
        the field's unit `before`, `measured`, `after` (NaN where there is none), with `before_base`, `measured_base` and
        `after_base` for the rates of those left out, and the smallest rise `shown` that half of the people left out would tell.
    """
    if isinstance(effects, Unavailable):
        return Unavailable("learnings.changes", effects.missing, effects.reason, effects.facts)
    return pd.DataFrame([_change(row) for row in records(effects)])


def record(effects: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """How far the sends of the period were planned, measured and closed.

    Returns:
        `step` (sends, message, expected, control, result, decided) and `count` of sends.
    """
    if isinstance(effects, Unavailable):
        return Unavailable("learnings.record", effects.missing, effects.reason, effects.facts)
    held = int(effects.loc[effects["left_out"] > 0, "sends"].sum())
    counts = {name: int(effects[name].sum()) for name in ("sends", "message", "expected", "result", "decided")} | {
        "control": held
    }
    steps = ("sends", "message", "expected", "control", "result", "decided")
    return pd.DataFrame([{"step": step, "count": counts[step]} for step in steps])


FIELDS = {
    "loss": "sends", "pulled_loss": "sends", "pulled": "window", "moves_not_pays": "cost", "gain": "rates", "likely": "rates",
    "too_few": "people", "open": "people", "no_control": "control", "no_margin": "data", "no_cost": "data",
}  # fmt: skip


def _change(row: dict[str, Any]) -> dict[str, Any]:
    field = FIELDS.get(str(row["reason"]), "checks")
    told = {name: row[name] for name in ("id", "name", "sends", "decision", "reason")} | {"field": field}
    told |= dict.fromkeys(("before", "measured", "after", "before_base", "measured_base", "after_base", "shown"), math.nan)
    people = row["treated"] + row["left_out"]
    if field == "sends":
        told |= {"before": row["sends"], "measured": row["net"], "after": 0}
    elif field == "window":
        told |= {"before": row["window"], "measured": row["window"] + AFTER, "after": row["window"] + AFTER}
    elif field == "cost":
        told |= {"before": row["cost"] / row["treated"], "measured": row["profit"] / row["treated"]}
        told["after"] = max(0.0, told["measured"])
    elif field == "rates":
        told |= {"before": row["expected_rate"], "measured": row["rate"], "after": row["rate"]}
        told |= {"before_base": row["expected_control_rate"], "measured_base": row["base"], "after_base": row["base"]}
    elif field == "people":
        told |= {"before": people, "measured": people, "after": row["needed"]}
    elif field == "control":
        known = not math.isnan(row["rate"]) and row["treated"] > 1
        least = rates_smallest(row["rate"], row["treated"] / 2, row["treated"] / 2) if known else None
        told |= {"measured": row["rate"], "after": 0.5, "shown": math.nan if least is None else least}
    return told
