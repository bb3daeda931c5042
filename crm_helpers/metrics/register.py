"""The campaigns that were run: what is known of each, and when which stage of customers heard from the client."""

from __future__ import annotations

import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.domain.content import audit_plan
from crm_helpers.params.periods import Periods

STAGES = ("prospect", "new", "active", "best", "at_risk", "dormant", "all", "unknown")
KNOWN = ("purpose", "target", "kpi", "control", "result")


@needs("campaigns.starts_on")
def campaigns(tables: Tables, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """One row a campaign that ran in the current period, by its first day.

    Returns:
        `campaign`, `name`, `stage` (of STAGES), `starts_on`, `purpose`, `target`, `kpi`, `control`, `result` (whether each is on
        record; a control also when the log holds one), `sent` (contacts of the period, NA where nothing tells).
    """
    if periods is None:
        return Unavailable("register.campaigns", reason="sales.too_short")
    found = tables.sql(
        """
        with logged as (
          select campaign_id, count(sent_at) as sent, cast(sum(case when arm = 'control' then 1 else 0 end) as bigint) as left_out
          from contacts where cast(coalesce(sent_at, assigned_at) as date) between :start and :end group by campaign_id),
        counted as (
          select campaign_id, cast(sum(sent) as bigint) as sent from contact_totals where sent_on between :start and :end
          group by campaign_id)
        select k.campaign_id as campaign, k.name, k.stage, k.segment, k.starts_on,
               k.purpose is not null as purpose, k.segment is not null as target, k.kpi is not null as kpi,
               coalesce(k.control_percent, 0) > 0 or coalesce(logged.left_out, 0) > 0 as control,
               k.result is not null or coalesce(k.decision, 'none') <> 'none' as result,
               coalesce(logged.sent, counted.sent, k.reached) as sent
        from campaigns k left join logged on logged.campaign_id = k.campaign_id
          left join counted on counted.campaign_id = k.campaign_id
        where k.starts_on <= :end and coalesce(k.ends_on, k.starts_on) >= :start
        order by k.starts_on, k.campaign_id
        """,
        start=periods.current.start,
        end=periods.current.end,
    )
    if not len(found):
        return Unavailable("register.campaigns", reason="register.none")
    stages = [stage(told, target) for told, target in zip(found["stage"], found["segment"], strict=True)]
    return found.assign(stage=stages).drop(columns="segment")


def stage(told: object, target: object) -> str:
    """The stage that a campaign's own words name; its target speaks where the stage is not told."""
    for text in (told, target):
        if isinstance(text, str) and text:
            words = text.casefold()
            return next(
                (name for name, has in audit_plan()["stages"].items() if any(w.casefold() in words for w in has)), "unknown"
            )
    return "unknown"


def by_month(tables: Tables, found: pd.DataFrame | Unavailable, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """Campaigns and contacts by stage and month of the current period.

    Returns:
        `stage`, `month` (key), `campaigns` (that sent in the month, or began in it), `sent` (contacts; 0 where only the
        start is known).
    """
    if isinstance(found, Unavailable) or periods is None:
        return found
    sends = tables.sql(
        """
        select campaign_id as campaign, month, cast(sum(sent) as bigint) as sent from (
          select campaign_id, year(sent_at) * 12 + month(sent_at) - 1 as month, 1 as sent from contacts
          where sent_at is not null and cast(sent_at as date) between :start and :end
          union all
          select campaign_id, year(sent_on) * 12 + month(sent_on) - 1 as month, sent from contact_totals
          where sent_on between :start and :end
            and campaign_id not in (select distinct campaign_id from contacts where sent_at is not null)) as told
        group by campaign_id, month
        """,
        start=periods.current.start,
        end=periods.current.end,
    )
    begun = found[~found["campaign"].isin(sends["campaign"])]
    start = pd.Timestamp(periods.current.start)
    days = pd.to_datetime(begun["starts_on"])
    days = days.where(days >= start, start)
    quiet = pd.DataFrame({"campaign": begun["campaign"], "month": days.dt.year * 12 + days.dt.month - 1, "sent": 0})
    every = pd.concat([sends, quiet], ignore_index=True).merge(found[["campaign", "stage"]], on="campaign")
    table = every.groupby(["stage", "month"], as_index=False).agg(campaigns=("campaign", "nunique"), sent=("sent", "sum"))
    return table.astype({"month": "int64", "campaigns": "int64", "sent": "int64"})
