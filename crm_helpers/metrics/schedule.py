"""Who must have done what by when: each campaign's chain of work, counted back from its first day in business days.

The critical-path method (Kelley and Walker 1959) on `domain/schedule.yaml`: a step is due on the last business day before the
first step that waits for it begins. What is done, the brief says: its day of approval, and the last step that is done
(`campaigns.progress`), with all that had to be done before. Person-days of a brief are parted by the steps' weights and spread
evenly over the business days of each step; what is not done and lies before `as_of` is carried to the next business day.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from crm_helpers.data.frames import given, records
from crm_helpers.data.needs import Unavailable
from crm_helpers.domain import business_days
from crm_helpers.domain.schedule import APPROVAL, LAUNCH, RESULT, WorkStep, before, chain_of
from crm_helpers.params.periods import month_key

NAMES = ("campaign_id", "name", "name_en", "owner_department", "starts_on", "ends_on")
YEAR = 12
Days = Collection[datetime.date]


def tasks(
    planned: pd.DataFrame | Unavailable, *, as_of: datetime.date, chain: Sequence[WorkStep], closed: Days
) -> pd.DataFrame | Unavailable:
    """Every step of every planned campaign (`plan.briefs`), campaigns by their first day, steps in the chain's order.

    Returns:
        `campaign_id`, `name`, `name_en`, `owner_department`, `starts_on`, `ends_on`, `always`; `step`, `start`, `due` (dates: the
        latest that keep the first day), `work` (person-days; NaN where the brief has none), `done`, `state`: done, late (due
        before `as_of`, not done), running (to be under way), ahead; and of the campaign `slack` (business days that are left
        beyond what the open steps before the launch take; negative: the first day cannot be kept) and `earliest` (the first
        day that can be kept).
    """
    if isinstance(planned, Unavailable):
        return dataclasses.replace(planned, would_show="schedule.tasks")
    rows: list[dict[str, Any]] = []
    for row in sorted(records(planned), key=lambda row: (row["starts_on"], str(row["campaign_id"]))):
        rows += _campaign(row, as_of, chain_of(chain, row["channel_code"]), closed)
    table = pd.DataFrame(rows)
    return table.astype(dict.fromkeys(("starts_on", "ends_on", "start", "due", "earliest"), "datetime64[us]"))


def _campaign(row: Mapping[str, Any], as_of: datetime.date, chain: Sequence[WorkStep], closed: Days) -> list[dict[str, Any]]:
    launch = row["starts_on"].date()
    end = row["ends_on"].date() if given(row["ends_on"]) else launch
    watched = (launch if row["always"] else end) + datetime.timedelta(
        days=int(row["window_days"] if given(row["window_days"]) else 0)
    )
    spans = latest(chain, launch, end, watched, closed)
    done = _done(row, chain)
    slack, earliest = _slack(chain, done, launch, as_of, closed)
    whole = sum(step.work for step in chain)
    days = float(row["work_days"]) if given(row["work_days"]) else math.nan
    told = {name: row.get(name) for name in NAMES} | {"always": bool(row["always"]), "slack": slack, "earliest": earliest}
    return [
        {
            **told,
            "step": step.name,
            "start": spans[step.name][0],
            "due": spans[step.name][1],
            "work": days * step.work / whole if whole else math.nan,
            "done": step.name in done,
            "state": _state(spans[step.name], step.name in done, as_of),
        }
        for step in chain
    ]


def latest(
    chain: Sequence[WorkStep], launch: datetime.date, end: datetime.date, watched: datetime.date, closed: Days
) -> dict[str, tuple[datetime.date, datetime.date]]:
    """Each step's latest first and last day: back from `launch`; the sending from it to `end`, the result after `watched`."""
    days = {step.name: step.days for step in chain}
    spans = {LAUNCH: (launch, end)}
    if RESULT in days:
        spans[RESULT] = business_days.after(watched, 1, closed), business_days.after(watched, days[RESULT], closed)
    for step in reversed(chain):
        if step.name in spans:
            continue
        follow = [spans[other.name][0] for other in chain if step.name in other.after]
        due = business_days.before(min(follow, default=launch), 1, closed)
        spans[step.name] = business_days.before(due, step.days - 1, closed), due
    return spans


def _done(row: Mapping[str, Any], chain: Sequence[WorkStep]) -> frozenset[str]:
    """What the brief says is done."""
    told = before(str(row["progress"]), chain) if given(row.get("progress")) else frozenset[str]()
    return told | (before(APPROVAL, chain) if given(row.get("approved_on")) else frozenset())


def _state(span: tuple[datetime.date, datetime.date], done: bool, as_of: datetime.date) -> str:
    if done:
        return "done"
    return "late" if span[1] < as_of else "running" if span[0] <= as_of else "ahead"


def _slack(
    chain: Sequence[WorkStep], done: frozenset[str], launch: datetime.date, as_of: datetime.date, closed: Days
) -> tuple[int, datetime.date]:
    """Business days left over, and the first day that can be kept when every open step is begun anew after `as_of`."""
    needs: dict[str, int] = {}
    for step in chain:
        if step.name == LAUNCH:
            break
        longest = max((needs[name] for name in step.after), default=0)
        needs[step.name] = longest + (0 if step.name in done else step.days)
    wanted = max(needs.values(), default=0)
    tomorrow, eve = as_of + business_days.DAY, launch - business_days.DAY
    slack = len(business_days.between(tomorrow, eve, closed)) - wanted
    return slack, launch if slack >= 0 else business_days.after(as_of, wanted + 1, closed)


def links(planned: pd.DataFrame | Unavailable, tasks_: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """Which campaign waits for which: the other one must have begun before this one is set up (its first step after approval).

    Returns:
        `one` (id, to come first), `other`, `free` (calendar days between the two; not positive: they cross), `kept`.
    """
    if isinstance(planned, Unavailable):
        return dataclasses.replace(planned, would_show="schedule.tasks")
    assert isinstance(tasks_, pd.DataFrame)
    begun = {row["campaign_id"]: row["starts_on"] for row in records(planned)}
    rows = []
    for row in records(planned):
        mine = tasks_[(tasks_["campaign_id"] == row["campaign_id"]) & ~tasks_["step"].isin([LAUNCH, RESULT])]
        waited = str(row["waits_for"]).split() if given(row.get("waits_for")) else []
        for one in (name for name in waited if name in begun):
            behind = mine[mine["step"].isin(["set_up", "test", "print"])]
            start = behind["start"].min() if len(behind) else row["starts_on"]
            free = (start - begun[one]).days
            rows.append((one, row["campaign_id"], free, free > 0))
    return pd.DataFrame(rows, columns=["one", "other", "free", "kept"])


def work(
    tasks_: pd.DataFrame | Unavailable, *, as_of: datetime.date, first: int, cap: int | None, closed: Days
) -> pd.DataFrame | Unavailable:
    """Person-days by month against what there is.

    Returns:
        `month` (key; twelve from `first`, more where work lies later), `planned`, `carried` (not done by `as_of`; in
        the month of the next business day), `total`, `cap`, `over` (total above the cap, to a tenth of a day). The table's
        `attrs["done"]` are the person-days that lie behind: they, `planned` and `carried` sum to those of the briefs.
    """
    if isinstance(tasks_, Unavailable):
        return dataclasses.replace(tasks_, would_show="schedule.work")
    if tasks_["work"].isna().all():
        return Unavailable("schedule.work", reason="schedule.no_work")
    following = month_key(business_days.after(as_of, 1, closed))
    planned, carried, behind = dict[int, float](), dict[int, float](), 0.0
    for row in records(tasks_):
        if not given(row["work"]) or not row["work"]:
            continue
        days = business_days.between(row["start"].date(), row["due"].date(), closed) or [row["start"].date()]
        for day in days:
            part = row["work"] / len(days)
            if row["done"]:
                behind += part
            elif day <= as_of:
                carried[following] = carried.get(following, 0.0) + part
            else:
                planned[month_key(day)] = planned.get(month_key(day), 0.0) + part
    months = range(min(first, *planned, *carried), max(first + YEAR - 1, *planned, *carried) + 1)
    rows = [(month, planned.get(month, 0.0), carried.get(month, 0.0)) for month in months]
    table = pd.DataFrame(rows, columns=["month", "planned", "carried"])
    table["total"] = table["planned"] + table["carried"]
    table["cap"] = math.nan if cap is None else float(cap)
    table["over"] = table["total"].round(1) > table["cap"]
    table.attrs["done"] = behind
    return table


def crowded(work_: pd.DataFrame | Unavailable) -> int | None:
    """How many months take more person-days than there are; None where no cap is set or nothing is planned."""
    if isinstance(work_, Unavailable) or work_["cap"].isna().all():
        return None
    return int(work_["over"].sum())
