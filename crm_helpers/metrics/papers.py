"""The documents of the audit: which exist, how old they are; a missing one is a finding."""

from __future__ import annotations

import datetime

import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables

OLD_DAYS = 730  # since its last update: older than two years


@needs("documents")
def documents(tables: Tables, *, as_of: datetime.date) -> pd.DataFrame | Unavailable:
    """One row a document, by axis and then those that lack first.

    Returns:
        `document`, `axis`, `state` (exists, partly, none, unknown), `updated_on`, `age` (days; NA when it was not told),
        `old` (more than two years), `shared`, `department`, `covers`.
    """
    found = tables.sql(
        """
        select document_id as document, coalesce(axis, 'foundation') as axis, coalesce(state, 'unknown') as state, updated_on,
               date_diff('day', updated_on, :as_of) as age, shared, owner_department as department, covers
        from documents order by document_id
        """,
        as_of=as_of,
    )
    order = {name: i for i, name in enumerate(("strategy", "plan", "practice", "foundation"))}
    lacking = {name: i for i, name in enumerate(("none", "unknown", "partly", "exists"))}
    keyed = found.assign(a=found["axis"].map(order), s=found["state"].map(lacking), old=found["age"] > OLD_DAYS)
    return keyed.sort_values(["a", "s", "document"]).drop(columns=["a", "s"]).reset_index(drop=True)
