"""Where to begin: impact × effort of the audit's gaps, what waits for what, and by when.

Effort and impact (1 to 5) are those of the instrument, or what the consultant set for this client; impact counts as much as the
gap is of the widest gap. Zones: quick (much, with little effort), major, fill_in (little of both), later. Chosen are gates first,
then quick wins, then major ones, at most eight, four of them quick, with what they wait for. Horizons: 30 days for gates and
quick wins, 90 for definitions, register, control group and second order, a year for integration and programmes
(`audit_plan.yaml`).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable
from crm_helpers.domain.content import audit_plan
from crm_helpers.metrics.audit import weighed
from crm_helpers.params.schema import AuditItem

MOST, QUICK = 8, 4  # chosen, and quick wins among them: the rest is room for what takes longer
MUCH, LITTLE = 2.5, 2  # impact from here on is much; effort up to here is little
READY = 2.0  # an item that others wait for should stand here
ZONES = ("quick", "major", "fill_in", "later")
HORIZONS = (30, 90, 365)  # days
NEAR, FAR_EFFORT = 30, 4
DECIDED = 4  # decisions asked for at most


def plan(
    gaps: pd.DataFrame | Unavailable, gates: pd.DataFrame | Unavailable, reviewed: Mapping[str, AuditItem] | None = None
) -> pd.DataFrame | Unavailable:
    """One row a gap (and a gate nobody could confirm), the first to take up first.

    Returns:
        `item`, `score` (NaN for a gate not confirmed), `target`, `weighted`, `effort`, `impact` (1 to 5 scaled by the gap),
        `zone`, `gate` (failed, unconfirmed, or empty), `waits_for` (items under 2 that come first), `horizon` (days), `owner`,
        `chosen`, `own` (what the consultant set of target, effort and impact, as in `audit.weighed`).
    """
    if isinstance(gaps, Unavailable):
        return gaps
    if isinstance(gates, Unavailable):
        return gates
    open_gates = {str(g): str(s) for g, s in zip(gates["item"], gates["state"], strict=True) if s != "met"}
    rows = [{**row, "gate": open_gates.get(str(row["item"]), "")} for row in records(gaps)]
    known = {str(row["item"]) for row in rows}
    listed = weighed(reviewed or {})
    rows += [_unconfirmed(item, state, listed) for item, state in open_gates.items() if item not in known]
    if not rows:
        return Unavailable("priority.plan", reason="priority.no_gaps")
    widest = max((row["gap"] for row in rows if pd.notna(row["gap"])), default=1.0)
    scores = {str(row["item"]): row["score"] for row in rows}
    for row in rows:
        row["impact"] = float(row["impact"]) * (row["gap"] / widest if pd.notna(row["gap"]) else 1.0)
        row["zone"] = _zone(row["impact"], row["effort"])
        row["waits_for"] = _waits(str(row["item"]), scores)
        row["horizon"] = _horizon(row)
    ordered = sorted(rows, key=_rank)
    chosen = _chosen(ordered)
    # what comes first stands no later than what waits for it
    late = {row["item"]: row["horizon"] for row in ordered}
    for row in ordered:
        row["horizon"] = max([row["horizon"], *(late[item] for item in row["waits_for"] if item in chosen and not row["gate"])])
        row["chosen"] = row["item"] in chosen
    wanted = [
        "item",
        "score",
        "target",
        "weighted",
        "effort",
        "impact",
        "zone",
        "gate",
        "waits_for",
        "horizon",
        "owner",
        "chosen",
        "own",
    ]
    return pd.DataFrame(ordered)[wanted]


def _unconfirmed(item: str, state: str, listed: pd.DataFrame) -> dict[str, Any]:
    told = records(listed.loc[[item]])[0]
    return {
        "item": item,
        "score": float("nan"),
        "target": int(told["target"]),
        "gap": float("nan"),
        "weighted": float("nan"),
        "effort": int(told["effort"]),
        "impact": int(told["impact"]),
        "owner": told["owner"],
        "own": told["own"],
        "gate": state,
    }


def _zone(impact: float, effort: int) -> str:
    return ("quick" if effort <= LITTLE else "major") if impact >= MUCH else "fill_in" if effort <= LITTLE else "later"


def _waits(item: str, scores: dict[str, Any]) -> tuple[str, ...]:
    first = audit_plan()["prerequisites"].get(item, [])
    return tuple(name for name in first if name in scores and not scores[name] >= READY)


def _horizon(row: dict[str, Any]) -> int:
    told = audit_plan()
    if row["gate"]:
        return NEAR
    if row["item"] in told["year"] or row["effort"] >= FAR_EFFORT:
        return HORIZONS[2]
    return NEAR if row["zone"] == "quick" and row["item"] not in told["quarter"] else HORIZONS[1]


def _rank(row: dict[str, Any]) -> tuple[Any, ...]:
    weighted = row["weighted"] if pd.notna(row["weighted"]) else 0.0
    return not row["gate"], row["gate"] != "failed", ZONES.index(row["zone"]), -row["impact"], -weighted, row["item"]


def _chosen(ordered: list[dict[str, Any]]) -> set[str]:
    """The first ones in order, each after what it waits for, while there is room."""
    by = {str(row["item"]): row for row in ordered}
    chosen: list[str] = []
    quick = 0
    for row in ordered:
        quick += not row["gate"] and row["zone"] == "quick"
        if not row["gate"] and (row["zone"] in ("fill_in", "later") or (row["zone"] == "quick" and quick > QUICK)):
            continue
        needed = [item for item in _chain(str(row["item"]), by) if item not in chosen]
        if len(chosen) + len(needed) <= MOST:
            chosen += needed
    return set(chosen)


def _chain(item: str, by: dict[str, dict[str, Any]]) -> list[str]:
    """The item after everything that it waits for, directly or not."""
    return [*(name for first in by[item]["waits_for"] for name in _chain(first, by)), item]


def decisions(planned: pd.DataFrame | Unavailable, *, as_of: datetime.date) -> pd.DataFrame | Unavailable:
    """What must be decided: the open gates, then the first of each zone, at most four: `item`, `owner`, `by` (a day), `kind`
    (gate, quick, major)."""
    if isinstance(planned, Unavailable):
        return planned
    chosen = planned[planned["chosen"]]
    first = pd.concat([chosen[chosen["gate"] != ""], chosen[chosen["gate"] == ""].drop_duplicates("zone")]).head(DECIDED)
    if not len(first):
        return Unavailable("priority.decisions", reason="priority.no_gaps")
    days = [(as_of + datetime.timedelta(days=int(days))).isoformat() for days in first["horizon"]]
    kinds = ["gate" if gate else zone for gate, zone in zip(first["gate"], first["zone"], strict=True)]
    return (
        pd.DataFrame({"item": first["item"], "owner": first["owner"], "by": days, "kind": kinds})
        .sort_values(["by", "item"])
        .reset_index(drop=True)
    )
