"""Contracts: the stock and what moves it, continuation shipment by shipment, offers, reasons, and what comes after cancelling.

A subscription by post is a contract of a customer (no corporate account) that has shipped. Contracts that started before the
data begin are in the stock but not in continuation, as those of them that ended early may not have been handed over.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import newcombe, wilson
from crm_helpers.metrics.lifetime_models import Array, Fit, fit_renewals, survival
from crm_helpers.metrics.repeat import FEWEST, kaplan_meier
from crm_helpers.params.periods import Periods, first_day

STEPS = 24  # shipments followed
UPGRADE_DAYS = 90
BEFORE_DAYS = 90  # signs looked for before a cancellation
AFTER_DAYS = 365
SHOWN = 6
NO_OFFER, OTHERS, NO_REASON, ALL = "subscription.no_offer", "subscription.others", "subscription.no_reason", "subscription.all"

_HELD = """
        with shipped as (
          select contract_id, max(shipment_no) as last_no from contract_changes where change = 'ship' group by contract_id),
        held as (
          select c.contract_id, c.customer_id, c.started_on, nullif(trim(c.offer), '') as offer, c.restarted_from,
                 case when c.cancelled_on <= :as_of then c.cancelled_on end as cancelled_on,
                 nullif(trim(c.cancel_reason), '') as reason, coalesce(s.last_no, c.shipments) as last_no,
                 coalesce(c.cycle_days, 30) as cycle_days
          from contracts as c left join shipped as s on s.contract_id = c.contract_id
          where c.account_id is null and c.customer_id is not null and coalesce(s.last_no, c.shipments) >= 1)
"""


# ---------------------------------------------------------------- stock
@needs("contracts.customer_id", "contracts.shipments")
def stock(tables: Tables, *, as_of: datetime.date, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Contracts running at month ends and what moved them, over both periods.

    Returns:
        Per `month` (ISO date of its first day), oldest first: `period` (compare, current), `start`, `new`, `restarted`,
        `cancelled`, `end`; and on all rows `paused` (running at `as_of` and paused) and `customers` of the running contracts.
    """
    if periods is None:
        return Unavailable("subscription.stock", reason="subscription.no_periods")
    found = tables.sql(
        _HELD
        + """,
        moves as (
          select year(started_on) * 12 + month(started_on) - 1 as month,
                 case when restarted_from is null then 1 else 0 end as new, case when restarted_from is null then 0 else 1 end
                   as restarted,
                 0 as cancelled from held
          union all
          select year(cancelled_on) * 12 + month(cancelled_on) - 1 as month, 0 as new, 0 as restarted, 1 as cancelled
          from held where cancelled_on is not null)
        select month, cast(sum(new) as bigint) as new, cast(sum(restarted) as bigint) as restarted,
               cast(sum(cancelled) as bigint) as cancelled
        from moves group by month order by month
        """,
        as_of=as_of,
    )
    if not len(found) or found["new"].sum() < FEWEST:
        return Unavailable("subscription.stock", reason="subscription.few", facts={"n": FEWEST})
    keys = range(int(found["month"].min()), as_of.year * 12 + as_of.month)
    table = found.set_index("month").reindex(keys, fill_value=0)
    table["end"] = (table["new"] + table["restarted"] - table["cancelled"]).cumsum()
    table["start"] = table["end"].shift(fill_value=0)
    days = [first_day(int(month)) for month in table.index]
    spans = (("compare", periods.compare), ("current", periods.current))
    table["period"] = [next((name for name, span in spans if span.start <= day <= span.end), "") for day in days]
    table["month"] = [day.isoformat() for day in days]
    now = tables.sql(
        _HELD
        + """,
        pauses as (
          select contract_id, max(case when change = 'pause' then changed_on end) as paused_on,
                 max(case when change = 'pause' then until end) as until, max(case when change = 'resume' then changed_on end)
                   as resumed_on
          from contract_changes where change in ('pause', 'resume') group by contract_id)
        select count(distinct h.customer_id) as customers,
               cast(coalesce(sum(case when p.paused_on is not null and (p.resumed_on is null or p.resumed_on < p.paused_on)
                 and (p.until is null or p.until >= :as_of) then 1 else 0 end), 0) as bigint) as paused
        from held as h left join pauses as p on p.contract_id = h.contract_id where h.cancelled_on is null
        """,
        as_of=as_of,
    ).iloc[0]
    paused = int(now["paused"])
    return (
        table[table["period"] != ""]
        .reset_index(drop=True)
        .assign(paused=paused if paused == 0 or paused >= k else np.nan, customers=int(now["customers"]))
    )


# ---------------------------------------------------------------- continuation
@needs("contracts.customer_id", "contracts.shipments")
def continuation(tables: Tables, *, as_of: datetime.date) -> pd.DataFrame | Unavailable:
    """Of contracts that had their k-th shipment, the share that got the next; who waits for it is not counted yet.

    Returns:
        Per `shipment` k: `at_risk` (decided: shipped again or cancelled before), `went`, `waiting`, `rate`, `low`, `high`
        (Wilson), `reached` (share of all that get the k-th, product of the rates; 1 for the first). Steps of FEWEST and more.
    """
    lost, went, waiting = _steps(tables, as_of, as_of)
    rows, reached = [], 1.0
    for k in range(STEPS):
        decided = int(went[k] + lost[k])
        if decided < FEWEST:
            break
        low, high = wilson(int(went[k]), decided)
        rate = went[k] / decided
        rows.append(
            {
                "shipment": k + 1,
                "at_risk": decided,
                "went": int(went[k]),
                "waiting": int(waiting[k]),
                "rate": rate,
                "low": low,
                "high": high,
                "reached": reached,
            }
        )
        reached *= rate
    if len(rows) < 2:
        return Unavailable("subscription.continuation", reason="subscription.few", facts={"n": FEWEST})
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Renewals:
    """How many shipments a new contract is to be expected to get, or why that is not said.

    `told` is False where the model failed: `error` is total predicted ÷ actual − 1 of the contracts that went on over the test.
    """

    told: bool
    expected: float
    fit: Fit | None
    error: float
    missed: float
    n: int
    horizon: int


def renewals(tables: Tables, *, as_of: datetime.date, horizon: int = 12) -> Renewals | None:
    """Expected shipments among the first `horizon` (sBG), tested on contracts running a year ago; None without contracts.

    The test: fitted on what was known 365 days before `as_of`, the contracts running then are carried on by the model for as many
    shipments as a year holds, and compared by number of shipments with what became of them.
    """
    if not tables.has("contracts") or not tables.has("contracts.shipments"):
        return None
    then = as_of - datetime.timedelta(days=365)
    lost, went, waiting = _steps(tables, then, as_of)
    if lost.sum() < FEWEST or went.sum() < FEWEST:
        return None
    early = fit_renewals(*_lost_left(lost, waiting))
    running = tables.sql(
        _HELD
        + """,
        by_then as (select contract_id, max(shipment_no) as had from contract_changes
                 where change = 'ship' and changed_on <= :split group by contract_id)
        select t.had, h.cycle_days, count(*) as n, cast(sum(case when h.cancelled_on is null then 1 else 0 end) as bigint) as kept
        from held as h join by_then as t on t.contract_id = h.contract_id
        where h.started_on between :begins and :split and (h.cancelled_on is null or h.cancelled_on > :split)
        group by t.had, h.cycle_days order by t.had, h.cycle_days
        """,
        as_of=as_of,
        split=then,
        begins=_begins(tables),
    )
    if not len(running) or running["n"].sum() < FEWEST or not running["kept"].sum():
        return None
    alive = survival(early.values, 400)
    had, more = running["had"].to_numpy(int), (365 // running["cycle_days"]).to_numpy(int)
    chance = alive[np.minimum(had - 1 + more, 399)] / alive[np.minimum(had - 1, 399)]
    running["predicted"] = chance * running["n"]
    running["band"] = np.searchsorted([1, 3, 6, 12], had, side="right")
    bands = running.groupby("band")[["predicted", "kept"]].sum()
    actual = float(bands["kept"].sum())
    error = float(bands["predicted"].sum()) / actual - 1
    missed = float((bands["predicted"] - bands["kept"]).abs().sum()) / actual
    lost, went, waiting = _steps(tables, as_of, as_of)
    fit = fit_renewals(*_lost_left(lost, waiting))
    good = fit.sound and early.sound and abs(error) <= 0.15 and missed <= 0.20
    expected = float(survival(fit.values, horizon - 1).sum())
    return Renewals(good, expected, fit, error, missed, int(running["n"].sum()), horizon)


def _lost_left(lost: Array, waiting: Array) -> tuple[Array, Array]:
    """What sBG takes: at the t-th chance to renew so many were lost; so many left our sight having renewed t times."""
    left = np.zeros_like(waiting)
    left[:-1] = waiting[1:]  # who waits for shipment k + 1 after k has renewed k − 1 times; k = 1 has not faced a renewal
    return lost, left


def _begins(tables: Tables) -> datetime.date:
    return tables.span[0] if tables.span else datetime.date(1, 1, 1)


def _steps(tables: Tables, end: datetime.date, as_of: datetime.date) -> tuple[Array, Array, Array]:
    """At k − 1: contracts lost after k shipments, gone on to k + 1, waiting after k, as known on the day `end`."""
    found = tables.sql(
        _HELD
        + """,
        until as (select contract_id, max(shipment_no) as had from contract_changes
                  where change = 'ship' and changed_on <= :end group by contract_id),
        told as (
          select case when :today = 1 then h.last_no else u.had end as had, case when h.cancelled_on <= :end then 1 else 0 end
            as lost
          from held as h left join until as u on u.contract_id = h.contract_id
          where h.restarted_from is null and h.started_on between :begins and :end)
        select had, lost, count(*) as n from told where had >= 1 group by had, lost order by had, lost
        """,
        end=end,
        as_of=as_of,
        today=int(end == as_of),
        begins=_begins(tables),
    )
    size = max(STEPS, int(found["had"].max()) if len(found) else 0) + 1
    lost, waiting = np.zeros(size), np.zeros(size)
    for row in records(found):
        (lost if row["lost"] else waiting)[int(row["had"]) - 1] += row["n"]
    both = lost + waiting
    went = both.sum() - both.cumsum()
    return lost, went, waiting


# ---------------------------------------------------------------- offers
@needs("contracts.customer_id", "contracts.shipments", "contracts.offer")
def offers(tables: Tables, *, as_of: datetime.date, k: int) -> pd.DataFrame | Unavailable:
    """Upgrade from single orders, and continuation by the offer a contract began with.

    Returns:
        One row an `offer` (ALL last): `contracts`, `rate_2`, `low_2`, `high_2`, `rate_4`, `low_4`, `high_4` (share of contracts
        that reached the second, fourth shipment, of those decided), `gap`, `gap_low`, `gap_high` (of rate_2 to all others); on
        all rows `upgraded`, `buyers` (first buyers by single order watched for 90 days, and of them those with a contract by
        then).
    """
    found = tables.sql(
        _HELD
        + """
        select coalesce(offer, '') as offer, count(*) as contracts,
               cast(sum(case when last_no >= 2 then 1 else 0 end) as bigint) as c2,
               cast(sum(case when last_no >= 2 or cancelled_on is not null then 1 else 0 end) as bigint) as n2,
               cast(sum(case when last_no >= 4 then 1 else 0 end) as bigint) as c4,
               cast(sum(case when last_no >= 4 or cancelled_on is not null then 1 else 0 end) as bigint) as n4
        from held where restarted_from is null and started_on >= :begins group by coalesce(offer, '') order by offer
        """,
        as_of=as_of,
        begins=_begins(tables),
    )
    floor = max(FEWEST, k)
    own = found[found["n2"] >= floor].sort_values(["contracts", "offer"], ascending=[False, True]).head(SHOWN)
    if len(own) < 2:
        return Unavailable("subscription.offers", reason="subscription.few_offers", facts={"n": floor})
    whole = found[["contracts", "c2", "n2", "c4", "n4"]].sum()
    rows = []
    for row in [*records(own), {"offer": ALL} | {str(name): int(value) for name, value in whole.items()}]:
        rows.append(_offer(row, whole))
    up = tables.sql(
        """
        with firsts as (
          select o.customer_id, min(o.ordered_on) as first_on from orders as o
          where o.customer_id is not null and o.is_order and o.contract_id is null group by o.customer_id),
        started as (select customer_id, min(started_on) as started_on from contracts where account_id is null group by
          customer_id)
        select count(*) as buyers, cast(coalesce(sum(case when date_diff('day', f.first_on, s.started_on) between 0 and :days
          then 1 else 0 end), 0)
          as bigint) as upgraded
        from firsts as f left join started as s on s.customer_id = f.customer_id
        left join (select customer_id, min(joined_on) as joined_on from customers group by customer_id) as j on j.customer_id =
          f.customer_id
        where date_diff('day', f.first_on, :as_of) >= :days and (s.started_on is null or s.started_on >= f.first_on)
          and (j.joined_on is null or j.joined_on >= :begins)
        """,
        as_of=as_of,
        days=UPGRADE_DAYS,
        begins=_begins(tables),
    ).iloc[0]
    return pd.DataFrame(rows).assign(upgraded=int(up["upgraded"]), buyers=int(up["buyers"]))


def _offer(row: dict[str, object], whole: pd.Series) -> dict[str, object]:
    told: dict[str, object] = {"offer": row["offer"] or NO_OFFER, "contracts": row["contracts"]}
    for step in (2, 4):
        count, n = int(str(row[f"c{step}"])), int(str(row[f"n{step}"]))
        low, high = wilson(count, n)
        told |= {f"rate_{step}": count / n if n else math.nan, f"low_{step}": low, f"high_{step}": high, f"n_{step}": n}
    count, n = int(str(row["c2"])), int(str(row["n2"]))
    gap = newcombe(count, n, int(whole["c2"]) - count, int(whole["n2"]) - n)
    return told | dict(zip(("gap", "gap_low", "gap_high"), gap, strict=True))


# ---------------------------------------------------------------- reasons
@needs("contracts.customer_id", "contracts.shipments", "contracts.cancel_reason")
def reasons(tables: Tables, *, as_of: datetime.date, k: int) -> pd.DataFrame | Unavailable:
    """Why contracts were cancelled, of all and of those before the second shipment; reasons under `k` are one row.

    Returns:
        One row a `reason`, most frequent first: `n`, `rate`, `low`, `high` (of all cancellations), `early` (of those before the
        second shipment), `early_rate`, `early_low`, `early_high`; on all rows `cancelled`, `cancelled_early`, and for skips or
        pauses in the 90 days before: `signs` of the cancelled (after a second shipment), `signs_n`, `signs_still`,
        `signs_still_n` (the same 90 days up to `as_of` of contracts that still run).
    """
    found = tables.sql(
        _HELD
        + """
        select coalesce(reason, '') as reason, count(*) as n, cast(sum(case when last_no = 1 then 1 else 0 end) as bigint) as
          early
        from held where cancelled_on is not null and started_on >= :begins and restarted_from is null
        group by coalesce(reason, '') order by n desc, reason
        """,
        as_of=as_of,
        begins=_begins(tables),
    )
    total, early = int(found["n"].sum()), int(found["early"].sum())
    if total < FEWEST:
        return Unavailable("subscription.reasons", reason="subscription.few", facts={"n": FEWEST})
    rows = [row for row in records(found) if row["n"] >= k and row["early"] >= k][:SHOWN]
    rest = {c: int(found[c].sum()) - sum(row[c] for row in rows) for c in ("n", "early")}
    while rows and 0 < min(rest.values()) < k:
        row = rows.pop()
        rest = {c: rest[c] + row[c] for c in rest}
    told = []
    for row in [*rows, *([{"reason": OTHERS} | rest] if rest["n"] >= k else [])]:
        low, high = wilson(row["n"], total)
        early_low, early_high = wilson(row["early"], early)
        told.append(
            {
                "reason": row["reason"] or NO_REASON,
                "n": row["n"],
                "rate": row["n"] / total,
                "low": low,
                "high": high,
                "early": row["early"],
                "early_rate": row["early"] / early if early else math.nan,
                "early_low": early_low,
                "early_high": early_high,
            }
        )
    signs = _signs(tables, as_of)
    return pd.DataFrame(told).assign(cancelled=total, cancelled_early=early, **signs)


def _signs(tables: Tables, as_of: datetime.date) -> dict[str, float]:
    """Skips and pauses in the 90 days before cancelling, against the last 90 days of contracts that still run."""
    if not tables.has("contract_changes"):
        return {"signs": math.nan, "signs_n": 0, "signs_still": math.nan, "signs_still_n": 0}
    found = tables.sql(
        _HELD
        + """,
        ends as (
          select contract_id, coalesce(cancelled_on, :as_of) as end_on, case when cancelled_on is null then 0 else 1 end as gone
          from held where last_no >= 2 and date_diff('day', started_on, coalesce(cancelled_on, :as_of)) >= :days),
        seen as (
          select e.contract_id, e.gone, max(case when x.changed_on is not null then 1 else 0 end) as sign
          from ends as e left join contract_changes as x on x.contract_id = e.contract_id and x.change in ('skip', 'pause')
            and x.changed_on < e.end_on and date_diff('day', x.changed_on, e.end_on) <= :days
          group by e.contract_id, e.gone)
        select gone, count(*) as n, cast(sum(sign) as bigint) as signs from seen group by gone order by gone
        """,
        as_of=as_of,
        days=BEFORE_DAYS,
    )
    told = {int(row["gone"]): (int(row["signs"]), int(row["n"])) for row in records(found)}
    (still, still_n), (gone, gone_n) = told.get(0, (0, 0)), told.get(1, (0, 0))
    return {
        "signs": gone / gone_n if gone_n else math.nan,
        "signs_n": gone_n,
        "signs_still": still / still_n if still_n else math.nan,
        "signs_still_n": still_n,
    }


# ---------------------------------------------------------------- after
@needs("contracts.customer_id", "contracts.shipments")
def after(tables: Tables, *, as_of: datetime.date) -> pd.DataFrame | Unavailable:
    """After cancelling: who restarts a contract, and who goes on with single orders (Kaplan–Meier, both by themselves).

    Of a customer the last cancelled contract with no other running that day.

    Returns:
        One row a `kind` (restart, single) and `day` (0–365): `customers`, `rate`, `low`, `high`.
    """
    found = tables.sql(
        _HELD
        + """,
        ended as (
          select customer_id, max(cancelled_on) as cancelled_on from held where cancelled_on is not null group by customer_id),
        alone as (
          select e.customer_id, e.cancelled_on from ended as e
          left join held as o on o.customer_id = e.customer_id and o.started_on < e.cancelled_on
            and (o.cancelled_on is null or o.cancelled_on > e.cancelled_on)
          where o.customer_id is null),
        again as (
          select a.customer_id, a.cancelled_on,
                 (select min(h.started_on) from held as h where h.customer_id = a.customer_id and h.started_on >=
                   a.cancelled_on) as restart_on,
                 (select min(o.ordered_on) from orders as o where o.customer_id = a.customer_id and o.is_order and
                   o.contract_id is null
                    and o.ordered_on > a.cancelled_on) as single_on
          from alone as a),
        waited as (
          select 'restart' as kind, date_diff('day', cancelled_on, coalesce(restart_on, :as_of)) as day,
                 case when restart_on is null then 0 else 1 end as came from again
          union all
          select 'single' as kind, date_diff('day', cancelled_on, coalesce(single_on, :as_of)) as day,
                 case when single_on is null then 0 else 1 end as came from again)
        select kind, case when day < :most then day else :most end as day,
               cast(sum(case when day <= :most then came else 0 end) as bigint) as events,
               cast(sum(case when day <= :most then 1 - came else 1 end) as bigint) as censored
        from waited group by kind, case when day < :most then day else :most end order by kind, day
        """,
        as_of=as_of,
        most=AFTER_DAYS,
    )
    parts = []
    for kind in ("restart", "single"):
        days = (
            found[found["kind"] == kind].groupby("day")[["events", "censored"]].sum().reindex(range(AFTER_DAYS + 1), fill_value=0)
        )
        people = int(days.to_numpy().sum())
        if people < FEWEST:
            return Unavailable("subscription.after", reason="subscription.few", facts={"n": FEWEST})
        curve = kaplan_meier(days["events"].to_numpy(), days["censored"].to_numpy()).ffill()
        parts.append(curve.assign(kind=kind, customers=people)[["kind", "day", "customers", "rate", "low", "high"]])
    return pd.concat(parts, ignore_index=True)


# ---------------------------------------------------------------- recurring revenue of companies
@needs("contracts.account_id", "contracts.price")
def recurring(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Monthly recurring revenue of corporate contracts, its bridge over each period, and churn of accounts and of revenue.

    A contract brings price × seats × 30 ÷ cycle (365 days are 12 months) a month. Seats on a day are those before the next
    change after it.

    Returns:
        One row a `period` (compare, current): `accounts_start`, `accounts_end`, `start`, `new`, `expansion`, `contraction`,
        `churn`, `end` (minor units a month; start + the four = end), `lost` accounts, `logo_churn` with `low`, `high`
        (Wilson), `revenue_churn` (churn and contraction by start), `net_retention`.
    """
    if periods is None:
        return Unavailable("subscription.recurring", reason="subscription.no_periods")
    rows = []
    for name, span in (("compare", periods.compare), ("current", periods.current)):
        found = tables.sql(
            """
            with changes as (
              select contract_id, changed_on, cast(old_value as double) as old_seats,
                     row_number() over (partition by contract_id order by changed_on) as nth
              from contract_changes where change = 'seats' and changed_on > :before),
            later as (
              select contract_id, changed_on, cast(old_value as double) as old_seats,
                     row_number() over (partition by contract_id order by changed_on) as nth
              from contract_changes where change = 'seats' and changed_on > :end),
            months as (
              select c.account_id,
                     case when c.started_on <= :before and (c.cancelled_on is null or c.cancelled_on > :before)
                       then c.price * coalesce(f.old_seats, c.seats, 1) * 30.0 / case when coalesce(c.cycle_days, 30) = 365
                         then 360 else coalesce(c.cycle_days, 30) end
                       else 0 end as was,
                     case when c.started_on <= :end and (c.cancelled_on is null or c.cancelled_on > :end)
                       then c.price * coalesce(l.old_seats, c.seats, 1) * 30.0 / case when coalesce(c.cycle_days, 30) = 365
                         then 360 else coalesce(c.cycle_days, 30) end
                       else 0 end as now
              from contracts as c left join changes as f on f.contract_id = c.contract_id and f.nth = 1
              left join later as l on l.contract_id = c.contract_id and l.nth = 1 where c.account_id is not null),
            accounts as (
              select account_id, cast(round(sum(was)) as bigint) as was, cast(round(sum(now)) as bigint) as now
              from months group by account_id)
            select cast(sum(case when was > 0 then 1 else 0 end) as bigint) as accounts_start,
                   cast(sum(case when now > 0 then 1 else 0 end) as bigint) as accounts_end,
                   cast(sum(case when was > 0 and now = 0 then 1 else 0 end) as bigint) as lost,
                   cast(sum(case when was > 0 and now > was then 1 else 0 end) as bigint) as grown,
                   cast(sum(was) as bigint) as start, cast(sum(now) as bigint) as "end",
                   cast(sum(case when was = 0 then now else 0 end) as bigint) as new,
                   cast(sum(case when was > 0 and now > was then now - was else 0 end) as bigint) as expansion,
                   cast(sum(case when was > 0 and now > 0 and now < was then now - was else 0 end) as bigint) as contraction,
                   cast(sum(case when was > 0 and now = 0 then -was else 0 end) as bigint) as churn
            from accounts
            """,
            before=span.start - datetime.timedelta(days=1),
            end=span.end,
        ).iloc[0]
        n, lost = int(found["accounts_start"] or 0), int(found["lost"] or 0)
        low, high = wilson(lost, n)
        start = int(found["start"] or 0)
        rows.append(
            {
                "period": name,
                **{str(c): int(v or 0) for c, v in found.items()},
                "logo_churn": lost / n if n else math.nan,
                "low": low,
                "high": high,
                "revenue_churn": -int(found["churn"] + found["contraction"]) / start if start else math.nan,
                "net_retention": (start + int(found["expansion"] + found["contraction"] + found["churn"])) / start
                if start
                else math.nan,
            }
        )
    table = pd.DataFrame(rows)
    if table["accounts_start"].iloc[1] < k:
        return Unavailable("subscription.recurring", reason="subscription.few_accounts", facts={"n": k})
    return table
