"""What is looked at every month: the KPI tree against plan, new customers by month of their first order, what changed.

Made of the same definitions as the year's chapters: `metrics.kpi`, `metrics.repeat`, `metrics.cohort`, `metrics.effect`. A
month is the last whole one up to `as_of`; the year to date begins with the fiscal year that holds it.
"""

from __future__ import annotations

import datetime
import hashlib
import math
from collections.abc import Mapping, Sequence

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.document import LedgerRow
from crm_helpers.ledger import row_id
from crm_helpers.metrics import cohort, kpi, learnings, repeat
from crm_helpers.metrics.plan import budgeted
from crm_helpers.params.periods import Periods, first_day, month_key, months, whole_months

YEAR = 12
SHOWN = 18  # months of first orders: the newest watched for 90 days beside the same month a year before
DEFINITIONS = row_id("definition", "all")  # the row of the thread that keeps what the figures rested on
AGES = (1, 3, 6)  # months after the first order
PLANNED = {"sales": ("sales", "amount"), "new": ("new_customers", "count")}  # node → figure of the budget and its column
TERMS = (
    *("DF-01", "DF-02", "DF-03", "DF-04", "DF-05", "DF-50", "DF-31", "DF-32", "DF-33", "DF-34", "DF-35"),
    *("DF-160", "DF-161", "DF-162", "DF-163", "DF-175"),
)  # what the pages of this module, and the scorecard beside them, call their definitions
URGENT = ("stop", "widen", "mend", "continue", "hold")


def spans(as_of: datetime.date, fiscal_year_start: int) -> dict[str, Periods]:
    """The last whole month and the fiscal year up to its end, each against the same days a year before."""
    last = month_key(as_of + datetime.timedelta(days=1)) - 1
    begins = last - (last % YEAR + 1 - fiscal_year_start) % YEAR
    return {
        "month": Periods(months(last, 1), months(last - YEAR, 1)),
        "to_date": Periods(months(begins, last - begins + 1), months(begins - YEAR, last - begins + 1)),
    }


@needs("order_lines.customer_id", "budget.amount")
def against_plan(
    tables: Tables, *, as_of: datetime.date, fiscal_year_start: int, first_orders_known: bool, nodes: Sequence[str]
) -> pd.DataFrame | Unavailable:
    """The KPI tree (`metrics.kpi.tree`) of the last whole month and of the fiscal year to date, with the budget beside it.

    Returns:
        The rows of `metrics.kpi.tree` once for each `span` (month, to_date), with `period`, `before` (ISO spans) and `plan`: the
        budgeted sales (minor units) and new customers, NaN for a node that the budget does not name in each of its months.
    """
    found = []
    for name, periods in spans(as_of, fiscal_year_start).items():
        if not _covered(tables, periods):
            return Unavailable("monthly.against_plan", reason="monthly.no_year_before")
        table = kpi.tree(tables, periods=periods, first_orders_known=first_orders_known, nodes=nodes)
        if isinstance(table, Unavailable):
            return Unavailable("monthly.against_plan", table.missing, table.reason, table.facts)
        first, count = month_key(periods.current.start), month_key(periods.current.end) - month_key(periods.current.start) + 1
        plan = {node: _budget(tables, figure, column, first, count) for node, (figure, column) in PLANNED.items()}
        span = {"span": name, "period": str(periods.current), "before": str(periods.compare)}
        found.append(table.assign(**span, plan=table["node"].map(plan).astype(float)))
    told = pd.concat(found, ignore_index=True)
    if told.loc[told["node"] == "sales", "plan"].isna().any():
        return Unavailable("monthly.against_plan", reason="monthly.no_plan")
    return told


def _covered(tables: Tables, periods: Periods) -> bool:
    """Whether the data hold all of the compared months."""
    if tables.span is None:
        return False
    start, _ = whole_months(tables.span[0], periods.compare.end)
    return first_day(start) <= periods.compare.start


def _budget(tables: Tables, figure: str, column: str, first: int, count: int) -> float:
    """The budget of `count` months from `first`; NaN where one of them is not named."""
    by = budgeted(tables, figure).set_index("month")[column].dropna()
    wanted = range(first, first + count)
    return float(by[list(wanted)].sum()) if set(wanted) <= set(by.index) else math.nan


def by_month(tables: Tables, *, as_of: datetime.date, fiscal_year_start: int) -> pd.DataFrame | Unavailable:
    """Sales of the fiscal year by month, beside the budget and the year before.

    Returns:
        12 rows: `first` (ISO day), `sales`, `before`, `plan` in minor units; `sales` is NaN for a month that is not over.
    """
    if not tables.has("budget.amount"):
        return Unavailable("monthly.against_plan", ("budget.amount",))
    begins = month_key(spans(as_of, fiscal_year_start)["to_date"].current.start)
    last = month_key(as_of + datetime.timedelta(days=1)) - 1
    found = tables.sql(
        """
        select year(ordered_on) * 12 + month(ordered_on) - 1 as month, cast(sum(amount) as bigint) as sales
        from orders where ordered_on between :start and :end group by 1
        """,
        start=first_day(begins - YEAR),
        end=as_of,
    ).set_index("month")["sales"]
    plan = budgeted(tables, "sales").set_index("month")["amount"]
    rows = [
        {
            "first": first_day(month).isoformat(),
            "sales": float(found.get(month, 0)) if month <= last else math.nan,
            "before": float(found.get(month - YEAR, 0)),
            "plan": float(plan.get(month, math.nan)),
        }
        for month in range(begins, begins + YEAR)
    ]
    return pd.DataFrame(rows)


@needs("order_lines.customer_id")
def vintages(
    tables: Tables, *, as_of: datetime.date, periods: Periods | None, k: int, first_orders_known: bool
) -> pd.DataFrame | Unavailable:
    """F2 (`metrics.repeat.by_month`) and retention (`metrics.cohort.by_month`) by month of the first order, the last 18 months.

    Returns:
        The columns of `metrics.repeat.by_month`, and `kept_1`, `kept_3`, `kept_6`: the share that ordered in that month after
        the first order; NaN while a month is not over, or where hidden.
    """
    second = repeat.by_month(tables, as_of=as_of, periods=periods, k=k, first_orders_known=first_orders_known)
    if isinstance(second, Unavailable):
        return Unavailable("monthly.vintages", second.missing, second.reason, second.facts)
    told = second.tail(SHOWN).reset_index(drop=True)
    kept = cohort.by_month(tables, as_of=as_of, k=k, first_orders_known=first_orders_known)
    shares: dict[tuple[int, int], float] = {}
    if not isinstance(kept, Unavailable):
        shown = kept[~kept["hidden"] & kept["size"].gt(0)]
        shares = {(int(r["month"]), int(r["age"])): r["active"] / r["size"] for r in records(shown)}
    for age in AGES:
        values = [shares.get((int(month), age), math.nan) for month in told["month"]]
        told[f"kept_{age}"] = pd.Series(values, dtype=float).where(~told["hidden"])
    rates = told[[f"rate_{days}" for days in (30, 60, 90)]]
    if rates.isna().all(axis=None):
        return Unavailable("monthly.vintages", reason="repeat.few", facts={"n": repeat.FEWEST, "days": repeat.WINDOWS[0]})
    return told


def agenda(
    effects: pd.DataFrame | Unavailable, before: Sequence[LedgerRow], *, as_of: datetime.date
) -> pd.DataFrame | Unavailable:
    """Campaigns whose decision changed since the last edition or fell due in the last month; those that stand; those that run.

    Args:
        effects: `metrics.effect.results`.
        before: the rows of the last edition; without any, what fell due in the month counts as changed.

    Returns:
        Per campaign: `kind` (changed, standing, waiting), `was` (the decision of the last edition, empty where there was none),
        the `due` day on which the last window is over, `owner` (the department of the brief, None where it names none), and of
        `metrics.learnings.changes` `id`, `name`, `sends`, `decision`, `reason`, `field`.
    """
    if isinstance(effects, Unavailable):
        return Unavailable("monthly.agenda", effects.missing, effects.reason, effects.facts)
    changed = learnings.changes(effects)
    assert not isinstance(changed, Unavailable), "there are changes where there are effects"
    kept = [row.values for row in before if row.kind == "campaign" and {"decision", "ids"} <= set(row.values)]
    told = {name: str(row["decision"]["value"]) for row in kept for name in str(row["ids"]["value"]).split()}
    month = spans(as_of, 1)["month"].current
    rows = []
    for row, change in zip(records(effects), records(changed), strict=True):
        due = datetime.date.fromisoformat(row["last"]) + datetime.timedelta(days=int(row["window"]) - 1)
        was = next((told[name] for name in str(row["ids"]).split() if name in told), "")  # the first of a kind changes
        moved = was != row["decision"] if told else month.start <= due <= month.end
        kind = "waiting" if due > as_of else "changed" if moved else "standing"
        names = {name: change[name] for name in ("id", "name", "sends", "decision", "reason", "field")}
        rows.append(names | {"kind": kind, "was": was, "due": due.isoformat(), "owner": row["owner"]})
    order = ("changed", "standing", "waiting")
    rows.sort(key=lambda r: (order.index(r["kind"]), URGENT.index(r["decision"]), r["due"], r["id"]))
    return pd.DataFrame(rows)


def definitions(told: Mapping[str, str], before: Sequence[LedgerRow]) -> pd.DataFrame:
    """What the figures of these pages rest on, and what of it is not as in the last edition.

    Args:
        told: name → text, of settings and of defined terms; of the terms only those of these pages count.
        before: the rows of the last edition.

    Returns:
        `name`, `digest` (12 hex of the text; empty for one that is gone), `state` (same, changed, new, gone; empty where there
        is no edition to compare with).
    """
    now = {name: _digest(text) for name, text in told.items() if not name.startswith("DF-") or name in TERMS}
    was = next((row.values for row in before if row.id == DEFINITIONS), None)
    rows = []
    for name in sorted({*now, *(was or {})}):
        old = str(was[name]["value"]) if was is not None and name in was else ""
        new = now.get(name, "")
        state = "" if was is None else "same" if old == new else "new" if not old else "changed" if new else "gone"
        rows.append({"name": name, "digest": new, "state": state})
    return pd.DataFrame(rows)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
