"""Corporate accounts rolled up to the top of their trees, and deals: where they stop and how long they take.

Open deals are censored: they count for as long as they were watched. Winning and losing compete, so the share won by a day is
Aalen and Johansen's estimate, not one less Kaplan and Meier's, which would take the lost for still open.
"""

from __future__ import annotations

import datetime
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import wilson
from crm_helpers.params.periods import Periods, month_key

SHOWN = 8  # parents with a row of their own
FEWEST_DEALS = 20
DRAWS = 400
OTHERS = "accounts.others"
RUNNING_DOWN = 3  # months in a row under the year before


@needs("order_lines.account_id", "accounts")
def parents(tables: Tables, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """Sales of corporate accounts by the account at the top, this period's largest first; the rest as one row.

    Returns:
        One row a parent: `label` (the name where it is kept, else empty), `rank`, `sites` (accounts under it that bought in
        either
        period), `before`, `now` (minor units), `share`; on all rows `accounts` (parents with sales this period), `all_sites`,
        `total`, `total_before`, `half` (how many parents make half of the sales).
    """
    found = _by_parent(tables, periods)
    if isinstance(found, Unavailable):
        return found
    total, before = int(found["now"].sum()), int(found["before"].sum())
    now = found[found["now"] > 0].sort_values(["now", "root_id"], ascending=[False, True]).reset_index(drop=True)
    half = int((now["now"].cumsum() < total / 2).sum()) + 1
    own = now.head(SHOWN).assign(rank=range(1, min(SHOWN, len(now)) + 1))
    rest = found[~found["root_id"].isin(own["root_id"])]
    rows = own.to_dict("records")
    if len(rest):
        rows.append(
            {
                "label": OTHERS,
                "rank": 0,
                "sites": int(rest["sites"].sum()),
                "before": int(rest["before"].sum()),
                "now": int(rest["now"].sum()),
            }
        )
    table = pd.DataFrame(rows)[["label", "rank", "sites", "before", "now"]]
    return table.assign(
        share=table["now"] / total,
        accounts=len(now),
        all_sites=int(found["sites"].sum()),
        total=total,
        total_before=before,
        half=half,
    )


@needs("order_lines.account_id", "accounts")
def growth(tables: Tables, *, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """Parents that are new, grew, shrank or stopped against the period before, in number and money.

    Returns:
        One row a `move` (new, expansion, contraction, stopped): `accounts`, `before`, `now`, `change`; on all rows `total`,
        `total_before`, `running_down` (parents whose last three months are each under the same month a year before, among
        `watched` with sales in both).
    """
    found = _by_parent(tables, periods)
    if isinstance(found, Unavailable):
        return found
    assert periods is not None
    change = found["now"] - found["before"]
    move = np.select([found["before"] <= 0, found["now"] <= 0, change >= 0], ["new", "stopped", "expansion"], "contraction")
    found = found.assign(change=change, move=move)
    table = (
        found.groupby("move")[["before", "now", "change"]]
        .sum()
        .reindex(["new", "expansion", "contraction", "stopped"], fill_value=0)
    )
    table["accounts"] = found["move"].value_counts().reindex(table.index, fill_value=0)
    months = tables.sql(
        """
        select r.root_id, year(l.ordered_on) * 12 + month(l.ordered_on) - 1 as month, cast(sum(l.amount) as bigint) as amount
        from order_lines as l join account_roots as r on r.account_id = l.account_id
        where l.ordered_on <= :end group by r.root_id, year(l.ordered_on) * 12 + month(l.ordered_on) - 1
        """,
        end=periods.current.end,
    )
    last = month_key(periods.current.end)
    wide = months.pivot(index="root_id", columns="month", values="amount").reindex(columns=range(last - 14, last + 1)).fillna(0)
    both = wide[(wide[list(range(last - 14, last - 11))] > 0).all(axis=1)]
    down = sum(bool(all(row[last - i] < row[last - 12 - i] for i in range(RUNNING_DOWN))) for _, row in both.iterrows())
    return table.reset_index().assign(
        total=int(found["now"].sum()), total_before=int(found["before"].sum()), running_down=down, watched=len(both)
    )


def _by_parent(tables: Tables, periods: Periods | None) -> pd.DataFrame | Unavailable:
    if periods is None:
        return Unavailable("accounts.parents", reason="accounts.no_periods")
    named = tables.has("accounts.name")
    found = tables.sql(
        f"""
        select r.root_id, {"min(a.name)" if named else "''"} as label, count(distinct l.account_id) as sites,
               cast(sum(case when l.ordered_on < :start then l.amount else 0 end) as bigint) as before,
               cast(sum(case when l.ordered_on >= :start then l.amount else 0 end) as bigint) as now
        from order_lines as l join account_roots as r on r.account_id = l.account_id left join accounts as a on a.account_id =
          r.root_id
        where l.ordered_on between :start and :end or l.ordered_on between :before and :before_end
        group by r.root_id order by r.root_id
        """,
        start=periods.current.start,
        end=periods.current.end,
        before=periods.compare.start,
        before_end=periods.compare.end,
    )
    if len(found) < 5 or found["now"].sum() <= 0:
        return Unavailable("accounts.parents", reason="accounts.few", facts={"n": 5})
    return found


# ---------------------------------------------------------------- deals
@needs("deals", "deal_stages")
def stages(tables: Tables, *, as_of: datetime.date) -> pd.DataFrame | Unavailable:
    """From stage to stage: of the deals that left a stage, the share that went on; open deals wait.

    The order of the stages is that in which deals reach them (the mean place among a deal's stages).

    Returns:
        One row a `stage` but the last: `reached`, `went` (reached a later stage or were won), `lost`, `waiting`, `rate`,
        `low`, `high`
        (Wilson); on all rows `won`, `decided`, `open`, `win_rate`, `win_low`, `win_high`, `won_amount` (mean, minor units).
    """
    reached = tables.sql(
        """
        with steps as (
          select deal_id, stage, min(entered_on) as entered_on from deal_stages where entered_on <= :as_of group by deal_id,
            stage),
        placed as (select deal_id, stage, row_number() over (partition by deal_id order by entered_on, stage) as place from steps)
        select p.deal_id, p.stage, p.place, case when d.won_on <= :as_of then 1 else 0 end as won,
               case when d.lost_on <= :as_of then 1 else 0 end as lost, d.amount
        from placed as p join deals as d on d.deal_id = p.deal_id order by p.deal_id, p.place
        """,
        as_of=as_of,
    )
    deals = reached.drop_duplicates("deal_id")
    if len(deals) < FEWEST_DEALS:
        return Unavailable("accounts.stages", reason="accounts.few_deals", facts={"n": FEWEST_DEALS})
    order = reached.groupby("stage")["place"].mean().sort_values(kind="stable").index.tolist()
    rank = {stage: i for i, stage in enumerate(order)}
    reached["rank"] = reached["stage"].map(rank)
    furthest = reached.groupby("deal_id")["rank"].max()
    state = deals.set_index("deal_id")
    rows = []
    for i, stage in enumerate(order[:-1]):
        at = furthest >= i
        here = (furthest == i) & (state["won"].reindex(furthest.index) == 0)
        lost = int((here & (state["lost"].reindex(furthest.index) == 1)).sum())
        waiting = int(here.sum()) - lost
        went = int(at.sum()) - int(here.sum())
        low, high = wilson(went, went + lost)
        rows.append(
            {
                "stage": stage,
                "next": order[i + 1],
                "reached": int(at.sum()),
                "went": went,
                "lost": lost,
                "waiting": waiting,
                "rate": went / (went + lost) if went + lost else math.nan,
                "low": low,
                "high": high,
            }
        )
    won, lost = int(deals["won"].sum()), int(deals["lost"].sum())
    low, high = wilson(won, won + lost)
    amount = deals.loc[deals["won"] == 1, "amount"]
    return pd.DataFrame(rows).assign(
        won=won,
        decided=won + lost,
        open=len(deals) - won - lost,
        win_rate=won / (won + lost) if won + lost else math.nan,
        win_low=low,
        win_high=high,
        won_amount=float(amount.mean()) if len(amount) else math.nan,
    )


@needs("deals.opened_on", "deals.won_on")
def days_to_contract(tables: Tables, *, as_of: datetime.date) -> pd.DataFrame | Unavailable:
    """The share of deals won, and lost, by days since opening (Aalen–Johansen), and the median of the days to winning.

    The median is the day by which half of what is won in the end has been won; its interval is a bootstrap over deals.

    Returns:
        One row a `kind` (won, lost) and `day`: `rate`, `low`, `high` (bootstrap, 95 %); on all rows `deals`, `open`, `won`,
        `median`,
        `median_low`, `median_high`, `wins` (share won at the end).
    """
    found = tables.sql(
        """
        select date_diff('day', opened_on, coalesce(won_on, lost_on, :as_of)) as day,
               case when won_on <= :as_of then 1 when lost_on <= :as_of then 2 else 0 end as ended
        from deals where opened_on <= :as_of order by day, ended
        """,
        as_of=as_of,
    )
    if len(found) < FEWEST_DEALS or (found["ended"] == 1).sum() < 10:
        return Unavailable("accounts.days_to_contract", reason="accounts.few_deals", facts={"n": FEWEST_DEALS})
    day, ended = found["day"].to_numpy(int), found["ended"].to_numpy(int)
    last = int(day[ended > 0].max())
    own = incidence(day, ended, last)
    rng = np.random.default_rng(0)
    drawn = [incidence(day[pick], ended[pick], last) for pick in (rng.integers(0, len(day), len(day)) for _ in range(DRAWS))]
    medians = [half for curve in drawn if (half := _half(curve[0])) is not None]
    low, high = np.quantile(medians, [0.025, 0.975]) if medians else (math.nan, math.nan)
    parts = []
    for i, kind in enumerate(("won", "lost")):
        bounds = np.quantile(np.array([curve[i] for curve in drawn]), [0.025, 0.975], axis=0)
        parts.append(pd.DataFrame({"kind": kind, "day": range(last + 1), "rate": own[i], "low": bounds[0], "high": bounds[1]}))
    return pd.concat(parts, ignore_index=True).assign(
        deals=len(found),
        open=int((ended == 0).sum()),
        won=int((ended == 1).sum()),
        median=_half(own[0]),
        median_low=float(low),
        median_high=float(high),
        wins=float(own[0][-1]),
    )


def incidence(day: NDArray[np.int64], ended: NDArray[np.int64], last: int) -> NDArray[np.float64]:
    """Aalen and Johansen's cumulative incidence of two competing ends (1, 2; 0 is censored) for the days 0 … `last`."""
    counts = np.array([np.bincount(day[ended == kind], minlength=last + 1)[: last + 1] for kind in (0, 1, 2)])
    left = counts.sum(axis=0)
    at_risk = len(day) - np.concatenate([[0], np.cumsum(left)[:-1]])
    at = np.where(at_risk > 0, at_risk, 1)
    survival = np.cumprod(1 - (counts[1] + counts[2]) / at)
    before = np.concatenate([[1.0], survival[:-1]])
    return np.asarray(np.cumsum(before * counts[1:] / at, axis=1))


def _half(curve: NDArray[np.float64]) -> int | None:
    return int(np.argmax(curve >= curve[-1] / 2)) if curve[-1] > 0 else None
