"""The year plan: the target and what is missing, what each lever could bring, and what the campaigns are to bring.

A lever's room is the client's own history: the quantile of its months (season taken out) against the mean of the last 12, never
more than MOST. Each lever is put alone into the flow of `forecast`, then all together; what is shown is net of their overlap.
A campaign's increment is contacts × (rate with − rate without) × sales of a response: never its total sales. An offer that net
sales already carry (coupons, price cuts) is not charged a second time.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm_helpers.data.conditions import flagged
from crm_helpers.data.frames import given, records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.document import LedgerRow
from crm_helpers.domain.plan import CASES, LEVERS, budget_words, channel, consent_of, content, counts, lane, lane_of_state, lanes
from crm_helpers.domain.privacy import flat
from crm_helpers.metrics.forecast import YEAR, Drivers, History, chosen, drivers, simulate
from crm_helpers.metrics.power import rates_people, rates_smallest
from crm_helpers.params.periods import first_day, month_key
from crm_helpers.params.schema import Condition, Segment

MOST = 0.20  # a lever goes no further in one year
LATE = 6  # months of silence from which on a return is a win-back
SOON = 3  # months within which a second order, or the next one, is looked for
LOW, HIGH = 0.5, 1.5  # of the assumed difference, where nothing has been measured
NEAR = 7  # days between two campaigns within which they meet the same people
BITS = 60  # flags that one integer holds
Floats = NDArray[np.float64]


# ---------------------------------------------------------------- target and gap
@needs("budget.amount")
def gap(tables: Tables, base: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """The budgeted sales of the months to come beside what they bring by themselves (`forecast.baseline`).

    Returns:
        The rows of `base` with `target` (minor units; NaN where no budget names the month) and `gap` = target − sales.
    """
    if isinstance(base, Unavailable):
        return dataclasses.replace(base, would_show="plan.gap")
    money = budgeted(tables, "sales").set_index("month")["amount"]
    table = base.assign(target=base["month"].map(money).astype(float))
    if table["target"].isna().any():
        known = int(table["target"].notna().sum())
        return Unavailable("plan.gap", reason="plan.no_target", facts={"found": known})
    return table.assign(gap=table["target"] - table["sales"])


def where_known(table: pd.DataFrame | Unavailable) -> pd.DataFrame | None:
    """A table that a page can do without."""
    return None if isinstance(table, Unavailable) else table


def promotion(tables: Tables, missing: pd.DataFrame | Unavailable) -> int | None:
    """The year's budget of sales promotion, minor units; None without one."""
    if isinstance(missing, Unavailable) or not tables.has("budget.amount"):
        return None
    found = budgeted(tables, "promotion")
    mine = found[found["month"].isin(missing["month"])]["amount"]
    return int(mine.sum()) if len(mine) and mine.notna().any() else None


def budgeted(tables: Tables, figure: str) -> pd.DataFrame:
    """A figure of the budget by month: `month` (key), `amount`, `count`; the sum of its parts and stores."""
    rows = tables.sql(
        """
        select item, year(month) * 12 + month(month) - 1 as month, cast(sum(amount) as bigint) as amount,
               cast(sum(count) as bigint) as count
        from budget group by item, year(month) * 12 + month(month) - 1
        """
    )
    mine = rows[[flat(str(item)) in budget_words(figure) for item in rows["item"]]]
    return mine.groupby("month", as_index=False)[["amount", "count"]].sum(min_count=1)


# ---------------------------------------------------------------- levers
@dataclass(frozen=True)
class Lever:
    """One lever: its level now, how far it has been in own months by case, and what that would bring.

    Args:
        now: mean of the last 12 months, in `unit` (people, rate, times, items, money).
        change: case → relative change. sales: case → sales of the year if it moves alone.
    """

    name: str
    unit: str
    now: float
    change: Mapping[str, float]
    sales: Mapping[str, float]


def levers(past: History | Unavailable) -> tuple[Lever, ...]:
    """Every lever that the history can speak of; none without a history."""
    if isinstance(past, Unavailable):
        return ()
    made = drivers(past, damped=chosen(past)[0])
    alone = float(simulate(made)["sales"].sum())
    found = []
    for name, (unit, series) in _series(past).items():
        now = float(np.mean(series[-YEAR:]))
        if not now > 0:
            continue
        change = {case: _room(_seasonless(series), q) for case, q in CASES.items()}
        sales = {case: float(simulate(pulled(made, {name: by}))["sales"].sum()) - alone for case, by in change.items()}
        found.append(Lever(name, unit, now, change, sales))
    return tuple(found)


def _room(level: Floats, quantile: float) -> float:
    """How far a quantile of the last 12, or of the last 24 months, lies above the mean of the last 12; never more than MOST."""
    reached = max(float(np.quantile(level[-YEAR:], quantile)), float(np.quantile(level, quantile)))
    return float(np.clip(reached / float(np.mean(level[-YEAR:])) - 1, 0.0, MOST))


def pulled(made: Drivers, by: Mapping[str, float]) -> Drivers:
    """The drivers with each lever moved by a relative change."""
    chance, values, new = made.chance.copy(), made.values.copy(), made.new.copy()
    new = new * (1 + by.get("new", 0.0))
    chance[0, :SOON] *= 1 + by.get("f2", 0.0)
    chance[1, :SOON] *= 1 + by.get("retention", 0.0)
    chance[:, LATE:] *= 1 + by.get("winback", 0.0)
    for name in ("frequency", "items", "price"):
        values = values * (1 + by.get(name, 0.0))
    return dataclasses.replace(made, new=new, chance=chance, values=values)


def _series(past: History) -> dict[str, tuple[str, Floats]]:
    """Each lever by month: its unit and its values."""
    buyers = past.new + past.bought.sum(axis=(1, 2))
    orders, items, money = (part.sum(axis=1) for part in (past.orders, past.items, past.values))
    at_risk = past.stock[:-1]
    rates = {
        "f2": (past.bought[:, 0, :SOON].sum(axis=1), at_risk[:, 0, :SOON].sum(axis=1)),
        "retention": (past.bought[:, 1, :SOON].sum(axis=1), at_risk[:, 1, :SOON].sum(axis=1)),
        "winback": (past.bought[:, :, LATE:].sum(axis=(1, 2)), at_risk[:, :, LATE:].sum(axis=(1, 2))),
    }
    found = {"new": ("people", past.new)}
    found |= {name: ("rate", came / np.maximum(all_, 1)) for name, (came, all_) in rates.items()}
    found["frequency"] = ("times", orders / np.maximum(buyers, 1))
    if items.sum() > 0:
        found["items"] = ("items", items / np.maximum(orders, 1))
        found["price"] = ("money", money / np.maximum(items, 1))
    else:
        found["price"] = ("money", money / np.maximum(orders, 1))
    return found


def _seasonless(series: Floats) -> Floats:
    """A series without the mean course of its last two years."""
    last = series[-2 * YEAR :]
    calendar = np.arange(len(last)) % YEAR
    course = np.array(
        [np.mean([last[i] / max(_year_mean(last, int(i)), 1e-12) for i in np.flatnonzero(calendar == m)]) for m in range(YEAR)]
    )
    flat_: Floats = last / np.maximum(course[calendar], 1e-12)
    return flat_


def _year_mean(last: Floats, at: int) -> float:
    year = (at // YEAR) * YEAR
    return float(np.mean(last[year : year + YEAR]))


def cascade(
    past: History | Unavailable, missing: pd.DataFrame | Unavailable, planned: pd.DataFrame | Unavailable
) -> pd.DataFrame | Unavailable:
    """Which levers fill the gap, net of their overlap.

    Returns:
        One row a lever: `lever`, `unit`, `now`, `goal`, `change`, `alone`, `net` (of overlap, case base), `low`, `high` (net,
        other cases), `cost` of its campaigns (NaN without), `planned` (increment of its campaigns, base), `taken` (of the
        gap, filled in order of yield per cost); beside them the same in every row: `month` (key of the first), `gap`,
        `joint` (with `joint_low`, `joint_high`), `overlap`, `unfilled`.
    """
    if isinstance(past, Unavailable):
        return dataclasses.replace(past, would_show="plan.cascade")
    if isinstance(missing, Unavailable):
        return dataclasses.replace(missing, would_show="plan.cascade")
    found = levers(past)
    made = drivers(past, damped=chosen(past)[0])
    alone = float(simulate(made)["sales"].sum())
    joint = {
        case: float(simulate(pulled(made, {lever.name: lever.change[case] for lever in found}))["sales"].sum()) - alone
        for case in CASES
    }
    summed = {case: sum(lever.sales[case] for lever in found) for case in CASES}
    scale = {case: joint[case] / summed[case] if summed[case] > 0 else 0.0 for case in CASES}
    briefs = None if isinstance(planned, Unavailable) else planned
    rows = []
    for lever in found:
        mine = briefs[briefs["lever"] == lever.name] if briefs is not None else None
        rows.append(
            {
                "lever": lever.name,
                "unit": lever.unit,
                "now": lever.now,
                "change": lever.change["base"],
                "goal": lever.now * (1 + lever.change["base"]),
                "alone": lever.sales["base"],
                "net": lever.sales["base"] * scale["base"],
                "low": lever.sales["low"] * scale["low"],
                "high": lever.sales["high"] * scale["high"],
                "cost": float(mine["spend"].sum()) if mine is not None and len(mine) else math.nan,
                "planned": float(mine["sales"].sum()) if mine is not None else math.nan,
            }
        )
    table = pd.DataFrame(rows)
    table["taken"] = _taken(table, max(0.0, float(missing["gap"].sum())))
    table["month"] = int(missing["month"].iloc[0])
    table["gap"], table["joint"] = float(missing["gap"].sum()), joint["base"]
    table["joint_low"], table["joint_high"] = joint["low"], joint["high"]
    table["overlap"] = joint["base"] - summed["base"]
    table["unfilled"] = max(0.0, float(missing["gap"].sum()) - float(table["taken"].sum()))
    return table


def _taken(table: pd.DataFrame, wanted: float) -> list[float]:
    """What each lever gives to the gap: those with a cost first, most sales per cost first; then the others, largest first."""
    yields = table["net"] / table["cost"].where(table["cost"] > 0)
    order = sorted(table.index, key=lambda i: (pd.isna(yields[i]), -yields[i] if not pd.isna(yields[i]) else -table["net"][i]))
    given = dict.fromkeys(table.index, 0.0)
    for i in order:
        given[i] = min(max(float(table["net"][i]), 0.0), wanted)
        wanted -= given[i]
    return [given[i] for i in table.index]


# ---------------------------------------------------------------- campaigns
def first_month(as_of: datetime.date) -> int:
    """Key of the first month of the plan: the one after the last whole month."""
    return month_key(as_of + datetime.timedelta(days=1))


@dataclass(frozen=True)
class People:
    """Everybody by what they are in: `masks` are the flags (patterns × names) and `counts` how many share them."""

    names: tuple[str, ...]
    masks: NDArray[np.bool_]
    counts: NDArray[np.int64]

    def flag(self, name: str) -> NDArray[np.bool_]:
        """Who has a flag; everybody for a name that is not asked."""
        whole: NDArray[np.bool_] = np.ones(len(self.counts), dtype=bool)
        return self.masks[:, self.names.index(name)] if name in self.names else whole

    def size(self, who: NDArray[np.bool_]) -> int:
        """How many people."""
        return int(self.counts[who].sum())


@needs("order_lines.customer_id")
def people(tables: Tables, segments: Mapping[str, Segment], *, as_of: datetime.date, currency: str) -> People | Unavailable:
    """Everybody by segment, by consent (`consent:mail` …) and by whether they asked for no contact (`stopped`).

    Who is on the stop list for any reason is not contacted.
    """
    wheres: dict[str, Condition] = {name: segment.where for name, segment in segments.items()}
    if tables.has("consents"):
        codes = sorted({str(told["consent"]) for told in content()["channels"].values() if told["consent"]})
        wheres |= {f"consent:{code}": Condition(field="consent", op="any_of", value=[code]) for code in codes}
    if not wheres:
        return People((), np.zeros((0, 0), dtype=bool), np.zeros(0, dtype=np.int64))
    flags = flagged(wheres, tables=tables, as_of=as_of, currency=currency)
    names = (*wheres, "stopped")
    tests = [*(f'flags."{name}"' for name in wheres), "stopped.customer_id is not null"]
    words = [tests[at : at + BITS] for at in range(0, len(tests), BITS)]
    shown = [
        " + ".join(f"case when {test} then cast({2**bit} as bigint) else 0 end" for bit, test in enumerate(part))
        for part in words
    ]
    columns = ", ".join(f"{sql} as word{n}" for n, sql in enumerate(shown))
    keys = ", ".join(f"word{n}" for n in range(len(shown)))
    found = tables.sql(
        f"""
        with flags as ({flags.text}), stopped as (select distinct customer_id from stops where customer_id is not null),
        held as (select {columns} from flags left join stopped on stopped.customer_id = flags.customer_id)
        select {keys}, count(*) as customers from held group by {keys} order by {keys}
        """,
        **flags.values,
    )
    bits = [(found[f"word{at // BITS}"].to_numpy(dtype=np.int64) >> np.int64(at % BITS)) & 1 == 1 for at in range(len(names))]
    return People(names, np.stack(bits, axis=1), found["customers"].to_numpy(dtype=np.int64))


@needs("campaigns.starts_on")
def briefs(
    tables: Tables,
    who: People | Unavailable,
    segments: Mapping[str, Segment],
    *,
    as_of: datetime.date,
    learned: Sequence[LedgerRow] = (),
) -> pd.DataFrame | Unavailable:
    """The campaigns that begin or still run after `as_of`, always-on ones first, with what they are to bring and cost.

    Where a brief names no rates they are those of the adopted learning that it answers (`learned`: rows of the effect review);
    where it does not say what a response is worth, the mean order of the last year's members stands for it.

    Returns:
        The columns of `campaigns`; `lever`, `lane`, `channel_code`, `segment_name` (of params, empty for a rule in words),
        `always` (set off by an event), `found` (people of the segment today; NA without a condition), `reach` (of them, those
        who may be contacted), `people` (counted on in the year), `treated`, `held`, `share` (held out), `rate`, `base_rate`,
        `contacts`, `responses` (more than without), `sales`, `low`, `high` (increment, minor units), `margin`, `profit` (gross,
        before cost), `spend` (all cost) and its parts `fixed`, `sending`, `offers`; `roi`, `break_even` (difference of rates),
        `needed` (people of both arms), `smallest` (difference that can be seen), `verdict` (yes, half, no, none); `learnt` and
        `valued` (the rates are a learning's, the worth of a response is the mean order's).
    """
    if isinstance(who, Unavailable):
        return dataclasses.replace(who, would_show="plan.briefs")
    start = first_day(first_month(as_of))
    rows = tables.sql(
        """
        select * from campaigns
        where starts_on >= :start and starts_on < :stop order by starts_on, campaign_id
        """,
        start=start,
        stop=first_day(month_key(start) + YEAR),
    )
    if not len(rows):
        return Unavailable("plan.briefs", reason="plan.no_briefs")
    margin = gross_margin(tables, as_of=as_of)
    named = segment_words(segments)
    rates, order = adopted(learned, as_of=as_of), mean_order(tables, as_of=as_of)
    told = [_brief(row, who, named, margin, rates, order) for row in records(rows)]
    table = pd.concat([rows.reset_index(drop=True), pd.DataFrame(told)], axis=1)
    return table.sort_values(["always", "starts_on", "campaign_id"], ascending=[False, True, True], ignore_index=True)


def segment_words(segments: Mapping[str, Segment]) -> dict[str, str]:
    """What a brief may call a segment, as `flat` writes it → its name in params."""
    return {flat(word): name for name, segment in segments.items() for word in (name, *segment.name.root.values())}


def adopted(learned: Sequence[LedgerRow], *, as_of: datetime.date) -> dict[str, tuple[float, float]]:
    """Learning → rate of the treated and of those left out (0–1), of adopted learnings that have not expired."""
    found = {}
    for row in learned:
        values = {name: told.get("value") for name, told in row.values.items()}
        rate, base = values.get("rate"), values.get("control_rate")
        fresh = str(values.get("expires") or "") >= as_of.isoformat()
        if row.kind == "learning" and row.status == "adopted" and fresh and rate is not None and base is not None:
            found[row.id] = (float(rate), float(base))
    return found


def retests(learned: Sequence[LedgerRow], planned: pd.DataFrame | Unavailable) -> pd.DataFrame | None:
    """The learnings that are to be tested again, and the planned campaigns that answer each; None without a plan.

    Returns:
        `id` of the learning, `campaigns` (their ids, joined by a space; empty where none does) and `held` (one of them leaves
        people out).
    """
    if isinstance(planned, Unavailable):
        return None
    rows = []
    for row in learned:
        if row.kind != "learning" or row.status != "retest":
            continue
        mine = [brief for brief in records(planned) if row.id in _words(brief["because"])]
        ids = " ".join(str(brief["campaign_id"]) for brief in mine)
        rows.append({"id": row.id, "campaigns": ids, "held": any(brief["share"] > 0 for brief in mine)})
    return pd.DataFrame(rows, columns=["id", "campaigns", "held"])


def _words(because: object) -> list[str]:
    return str(because).replace(",", " ").split() if given(because) else []


def mean_order(tables: Tables, *, as_of: datetime.date) -> float:
    """The mean value of a member's order in the last year, in minor units; NaN without one."""
    found = tables.sql(
        """
        select cast(sum(amount) as bigint) as amount, count(*) as orders from orders
        where customer_id is not null and is_order and ordered_on between :start and :end
        """,
        start=as_of - datetime.timedelta(days=364),
        end=as_of,
    ).iloc[0]
    return float(found["amount"]) / float(found["orders"]) if found["orders"] else math.nan


def gross_margin(tables: Tables, *, as_of: datetime.date) -> float:
    """Gross profit as a share of sales of the last year's lines whose product has a cost; NaN where none has."""
    if not (tables.has("products.unit_cost") and tables.has("order_lines.quantity")):
        return math.nan
    found = tables.sql(
        """
        select cast(sum(l.amount) as bigint) as sales, cast(sum(l.quantity * p.unit_cost) as bigint) as cost
        from bought as l join (select product_id, min(unit_cost) as unit_cost from products group by product_id) as p
          on p.product_id = l.product_id
        where p.unit_cost is not null and l.quantity is not null and l.ordered_on between :start and :end
        """,
        start=as_of - datetime.timedelta(days=364),
        end=as_of,
    ).iloc[0]
    return 1 - float(found["cost"]) / float(found["sales"]) if float(found["sales"] or 0) > 0 else math.nan


def _brief(
    row: Mapping[str, Any],
    who: People,
    named: Mapping[str, str],
    margin: float,
    learned: Mapping[str, tuple[float, float]],
    order: float,
) -> dict[str, Any]:
    segment = named.get(flat(str(row["segment"])), "") if given(row["segment"]) else ""
    code, always = channel(row["channel"]), given(row["trigger"])
    mine, reachable = _reachable(who, segment, code)
    found = who.size(mine) if segment else None
    reach = who.size(reachable) if segment else None
    counted = _number(row["eligible"]) if always or found is None else float(found)
    part = reach / found if found and reach is not None else 1.0
    people_ = counted * part
    share = min(max(_number(row["control_percent"], 0.0) / 100, 0.0), 1.0)
    treated, held = people_ * (1 - share), people_ * share
    rate, base = _number(row["expected_rate"]) / 100, _number(row["expected_control_rate"]) / 100
    learnt = next((learned[name] for name in _words(row["because"]) if name in learned), None) if math.isnan(rate) else None
    rate, base = learnt or (rate, base)
    worth = _number(row["response_value"])
    sends = max(_number(row["sends"], 1.0), 1.0)
    money = increment(
        treated,
        rate,
        base,
        value=order if math.isnan(worth) else worth,
        margin=margin,
        fixed=_number(row["planned_cost"], 0.0),
        contact=_number(row["contact_cost"], 0.0) * sends,
        offer=_number(row["offer_cost"], 0.0),
        offer_in_net=given(row["offer_in_net"]) and bool(row["offer_in_net"]),
    )
    return {
        "lever": str(row["purpose"]) if given(row["purpose"]) and row["purpose"] in LEVERS else "",  # not in free words
        "lane": lane(row["stage"]) if given(row["stage"]) else "all",
        "channel_code": code,
        "segment_name": segment,
        "always": always,
        "found": found,
        "reach": reach,
        "people": people_,
        "share": share,
        "treated": treated,
        "held": held,
        "rate": rate,
        "base_rate": base,
        "contacts": treated * sends,
        **money,
        **measurable(people_, share, rate, base),
        "learnt": learnt is not None,
        "valued": math.isnan(worth),
    }


def _reachable(who: People, segment: str, code: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Who is in the segment, and who of them may be contacted by the channel."""
    mine = who.flag(segment)
    asked = f"consent:{consent_of(code)}"
    may = who.flag(asked) if asked in who.names else np.ones_like(mine)
    free = ~who.flag("stopped") if "stopped" in who.names else np.ones_like(mine)
    return mine, mine & may & free


def increment(
    treated: float,
    rate: float,
    base: float,
    *,
    value: float,
    margin: float,
    fixed: float,
    contact: float,
    offer: float,
    offer_in_net: bool,
) -> dict[str, float]:
    """What a campaign brings over those left out, and what it costs.

    `offer` is paid to everybody who takes it up, also to those who would have bought anyway; it is 0 here when net sales
    already carry it.
    """
    responses = treated * (rate - base)
    sales = responses * value
    offers = 0.0 if offer_in_net else treated * rate * offer
    sending = treated * contact
    offers, sending = (0.0 if math.isnan(part) else part for part in (offers, sending))
    cost = fixed + sending + offers
    profit = sales * margin
    each = treated * value * margin
    return {
        "responses": responses,
        "sales": sales,
        "low": sales * LOW,
        "high": sales * HIGH,
        "margin": margin,
        "profit": profit,
        "fixed": fixed,
        "sending": sending,
        "offers": offers,
        "spend": cost,
        "roi": (profit - cost) / cost if cost > 0 else math.nan,
        "break_even": cost / each if each > 0 else math.nan,
    }


def measurable(count: float, share: float, rate: float, base: float) -> dict[str, Any]:
    """Whether `count` people with `share` held out show the assumed difference; else what would.

    `verdict`: yes; half (only when halves are held out); no (too few whatever the share); none (nobody is held out).
    """
    unknown = any(math.isnan(part) for part in (count, rate, base)) or rate == base
    if share <= 0 or unknown:
        return {"needed": math.nan, "needed_half": math.nan, "smallest": math.nan, "verdict": "none"}
    needed = rates_people(rate, base, share=1 - share)
    half = rates_people(rate, base)
    verdict = "yes" if count >= needed else "half" if count >= half else "no"
    smallest = rates_smallest(base, count * (1 - share), count * share) if count >= 2 else None
    return {"needed": needed, "needed_half": half, "smallest": math.nan if smallest is None else smallest, "verdict": verdict}


# ---------------------------------------------------------------- contact load
def sends_by_month(planned: pd.DataFrame, *, first: int) -> Floats:
    """Contacts of one reached person by campaign and month, (campaigns, 12); an event's campaign as its mean over the year.

    Channels that do not disturb (with a box, on a screen) do not count.
    """
    table = np.zeros((len(planned), YEAR))
    for n, row in enumerate(records(planned)):
        if not counts(row["channel_code"]):
            continue
        begin = max(month_key(row["starts_on"]) - first, 0)
        end = min(month_key(row["ends_on"] if given(row["ends_on"]) else row["starts_on"]) - first, YEAR - 1)
        months = max(end - begin + 1, 1)
        sends = max(_number(row["sends"], 1.0), 1.0)
        if row["always"]:
            reach = float(row["reach"]) if given(row["reach"]) and row["reach"] else row["people"]
            table[n, begin : begin + months] = row["people"] * (1 - row["share"]) / max(reach, 1.0) * sends / months
        else:
            for send in range(int(sends)):
                table[n, begin + min(send * months // int(sends), months - 1)] += 1 - row["share"]
    return table


def load(
    planned: pd.DataFrame | Unavailable, who: People | Unavailable, *, first: int, cap: int | None
) -> pd.DataFrame | Unavailable:
    """Contacts of a person and month under the plan.

    Returns:
        By month: `month` (key), `mean` (of everybody who gets any in the year), `most` (of any pattern of at least one person),
        `over` (people over the cap), `reached` (people who get any that month), `everybody`, `cap`.
    """
    if isinstance(planned, Unavailable):
        return dataclasses.replace(planned, would_show="plan.load")
    if isinstance(who, Unavailable) or not planned["segment_name"].ne("").any():
        return Unavailable("plan.load", reason="plan.no_conditions")
    each = _contacts(planned, who, first)
    any_ = each.sum(axis=1) > 0
    people_ = who.counts[any_]
    rows = []
    for t in range(YEAR):
        month = each[any_, t]
        over = int(people_[month > cap].sum()) if cap is not None else 0
        mean = float((month * people_).sum() / people_.sum()) if people_.sum() else 0.0
        rows.append((first + t, mean, float(month.max(initial=0.0)), over, int(people_[month > 0].sum()), int(people_.sum())))
    table = pd.DataFrame(rows, columns=["month", "mean", "most", "over", "reached", "everybody"])
    return table.assign(cap=math.nan if cap is None else cap)


def _contacts(planned: pd.DataFrame, who: People, first: int) -> Floats:
    """Expected contacts by pattern of people and month; a campaign without a condition reaches nobody known."""
    member = np.stack([_reachable(who, s, c)[1] if s else np.zeros(len(who.counts), dtype=bool)
                       for s, c in zip(planned["segment_name"], planned["channel_code"], strict=True)], axis=1)  # fmt: skip
    each: Floats = member.astype(float) @ sends_by_month(planned, first=first)
    return each


def overlaps(planned: pd.DataFrame | Unavailable, who: People | Unavailable, *, k: int) -> pd.DataFrame | Unavailable:
    """How many people two campaigns reach within NEAR days of each other.

    Returns:
        `one`, `other` (campaign ids), `both` (people; NA for 1 to k − 1), `share` (of the smaller one).
    """
    if isinstance(planned, Unavailable):
        return dataclasses.replace(planned, would_show="plan.load")
    if isinstance(who, Unavailable):
        return dataclasses.replace(who, would_show="plan.load")
    rows = records(planned)
    members = {r["campaign_id"]: _reachable(who, r["segment_name"], r["channel_code"])[1] for r in rows if r["segment_name"]}
    found = []
    for i, one in enumerate(rows):
        for other in rows[i + 1 :]:
            a, b = one["campaign_id"], other["campaign_id"]
            if a not in members or b not in members or not _meet(one, other):
                continue
            both, smaller = who.size(members[a] & members[b]), min(who.size(members[a]), who.size(members[b]))
            hidden = 0 < both < k or 0 < smaller - both < k
            share = both / smaller if smaller and not hidden else math.nan
            found.append((a, b, pd.NA if hidden else both, share))
    return pd.DataFrame(found, columns=["one", "other", "both", "share"]).astype({"both": "Int64"})


def _meet(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two campaigns run within NEAR days of each other."""
    ends = [row["ends_on"] if given(row["ends_on"]) else row["starts_on"] for row in (one, other)]
    near = pd.Timedelta(days=NEAR)
    return bool(one["starts_on"] <= ends[1] + near and other["starts_on"] <= ends[0] + near)


# ---------------------------------------------------------------- what could break
def tornado(past: History | Unavailable) -> pd.DataFrame | Unavailable:
    """The year's sales when one assumption lies at the 10th or the 90th percentile of its own months, the largest first.

    Returns:
        `lever`, `unit`, `now`, `at_low`, `at_high` (its level), `low`, `high` (change of the year's sales, minor units).
    """
    if isinstance(past, Unavailable):
        return dataclasses.replace(past, would_show="plan.tornado")
    made = drivers(past, damped=chosen(past)[0])
    alone = float(simulate(made)["sales"].sum())
    rows = []
    for name, (unit, series) in _series(past).items():
        now, level = float(np.mean(series[-YEAR:])), _seasonless(series)[-YEAR:]
        if not now > 0:
            continue
        by = [float(np.quantile(level, q) / np.mean(level) - 1) for q in (0.1, 0.9)]
        moved = [float(simulate(pulled(made, {name: part}))["sales"].sum()) - alone for part in by]
        rows.append((name, unit, now, now * (1 + by[0]), now * (1 + by[1]), *moved))
    table = pd.DataFrame(rows, columns=["lever", "unit", "now", "at_low", "at_high", "low", "high"])
    order = (table["high"] - table["low"]).abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


# ---------------------------------------------------------------- splitting money
def equal_margins(weights: Sequence[float], budget: float) -> list[float]:
    """A budget over campaigns whose response is a√b: equal marginal return gives each the square of its a as a share.

    >>> equal_margins([3, 2, 1], 140)
    [90.0, 40.0, 10.0]
    """
    squares = [weight * weight for weight in weights]
    total = sum(squares)
    return [budget * square / total if total else 0.0 for square in squares]


# ---------------------------------------------------------------- stances
def policy(
    states: pd.DataFrame | Unavailable, sold: pd.DataFrame | Unavailable, planned: pd.DataFrame | Unavailable
) -> pd.DataFrame | Unavailable:
    """Each stage of the customer's life: how much it sells, and how much of the plan goes to it.

    `states` and `sold` are `states.by_month` and `states.sales_by_state`. The best customers are counted among the active ones:
    the states do not part them.

    Returns:
        `lane`, `stance`, `customers` (now), `sales`, `sales_share` (of identified sales in the current period, by the state in
        which people stood when it began), `campaigns`, `contacts`, `contact_share`, `spend_share`, `main` (id of the campaign
        with the largest increment; empty without one).
    """
    for other in (states, sold, planned):
        if isinstance(other, Unavailable):
            return dataclasses.replace(other, would_show="plan.policy")
    assert isinstance(states, pd.DataFrame)
    assert isinstance(sold, pd.DataFrame)
    assert isinstance(planned, pd.DataFrame)
    now = states[states["day"] == states["day"].max()]
    lane_now = now["state"].map(lambda state: lane_of_state(str(state)))
    lane_sold = sold["state"].map(lambda state: "new" if state == "first" else lane_of_state(str(state)))
    lane_plan = planned["lane"].replace({"best": "active"})
    whole, contacts, spend = (float(part.sum()) for part in (sold["sales"], planned["contacts"], planned["spend"]))
    rows = []
    for name, told in lanes().items():
        mine = planned[lane_plan == name]
        if name in ("best", "all") or not (len(mine) or (lane_now == name).any()):
            continue
        best = mine["campaign_id"].iloc[int(mine["sales"].fillna(-1).to_numpy().argmax())] if len(mine) else ""
        sales = int(sold.loc[lane_sold == name, "sales"].sum())
        rows.append(
            {
                "lane": name,
                "stance": told["stance"],
                "customers": int(now.loc[lane_now == name, "customers"].sum()),
                "sales": sales,
                "sales_share": sales / whole if whole > 0 else math.nan,
                "campaigns": len(mine),
                "contacts": float(mine["contacts"].sum()),
                "contact_share": float(mine["contacts"].sum()) / contacts if contacts > 0 else math.nan,
                "spend_share": float(mine["spend"].sum()) / spend if spend > 0 else math.nan,
                "main": str(best),
            }
        )
    return pd.DataFrame(rows)


# ---------------------------------------------------------------- what is to be decided
def approvals(
    planned: pd.DataFrame | Unavailable, missing: pd.DataFrame | Unavailable, work: int | None
) -> pd.DataFrame | Unavailable:
    """What the board is asked to decide, the weightiest first; `work` is how many months take more work than there is.

    Returns:
        `item` (drafts, unfilled, blind, loss, work), `count`, `amount` (minor units; NaN where it has none).
    """
    if isinstance(planned, Unavailable):
        return dataclasses.replace(planned, would_show="plan.approvals")
    drafts = planned[planned["approved_on"].isna()]
    blind = planned[planned["verdict"].isin(["half", "no", "none"])]
    loss = planned[planned["profit"] < planned["spend"]]
    rows: list[tuple[str, int, float]] = []
    if not isinstance(missing, Unavailable):
        short = float(missing["gap"].sum()) - float(planned["sales"].fillna(0).sum())
        rows.append(("unfilled", 1 if short > 0 else 0, max(short, 0.0)))
    rows.append(("drafts", len(drafts), float(drafts["spend"].sum())))
    rows.append(("blind", len(blind), float(blind["spend"].sum())))
    rows.append(("loss", len(loss), float(loss["spend"].sum())))
    if work:
        rows.append(("work", work, math.nan))
    asked = [row for row in rows if row[1]]
    return pd.DataFrame(asked, columns=["item", "count", "amount"])


def by_month(planned: pd.DataFrame, column: str, *, first: int) -> Floats:
    """A yearly figure of the campaigns by month: always-on ones evenly over their months, the others in their first month."""
    found = np.zeros(YEAR)
    for row in records(planned):
        if not given(row[column]):
            continue
        begin = int(min(max(month_key(row["starts_on"]) - first, 0), YEAR - 1))
        end = row["ends_on"] if given(row["ends_on"]) else row["starts_on"]
        last = int(min(max(month_key(end) - first, begin), YEAR - 1)) if row["always"] else begin
        found[begin : last + 1] += float(row[column]) / (last - begin + 1)
    return found


def _number(value: Any, empty: float = math.nan) -> float:
    return float(value) if given(value) else empty
