"""Which stages of the journey the campaigns of the period serve, and which none does."""

from __future__ import annotations

import pandas as pd

from crm_helpers.data.needs import Unavailable
from crm_helpers.params.journey import Journey

NONE = ""  # the stage of campaigns that the settings give to no stage


def stages(
    assigned: pd.DataFrame | Unavailable, campaigns: pd.DataFrame | Unavailable, journey: Journey
) -> pd.DataFrame | Unavailable:
    """Campaigns of the current period by the stage they serve.

    Args:
        assigned: `metrics.journey_map.campaigns`; campaigns: `metrics.register.campaigns`.

    Returns:
        One row a stage of the journey, in its order, and last those that serve none (`NONE`): `campaigns`, `controlled` (with a
        control group), `sent` (contacts of the period that are on record), `names` (of the campaigns, by their first day).
    """
    if isinstance(campaigns, Unavailable):
        return campaigns
    if isinstance(assigned, Unavailable):
        return assigned
    if not len(assigned):
        return Unavailable("coverage.stages", reason="coverage.nothing_assigned")
    given = assigned[["stage", "campaign_id"]].rename(columns={"stage": "serves", "campaign_id": "campaign"})
    every = campaigns.merge(given, on="campaign", how="left").fillna({"serves": NONE})
    rows = []
    for stage in (*(stage.id for stage in journey.stages), NONE):
        mine = every[every["serves"] == stage]
        rows.append(
            {
                "stage": stage,
                "campaigns": len(mine),
                "controlled": int(mine["control"].astype(bool).sum()),
                "sent": int(mine["sent"].fillna(0).sum()),
                "names": tuple(str(name) for name in mine["name"]),
            }
        )
    return pd.DataFrame(rows)
