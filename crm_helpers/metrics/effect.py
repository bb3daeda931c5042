"""What a campaign added: people assigned to it against people left out at random (hold-outs), per assigned customer.

Everybody assigned counts, opened or not (intention to treat), with all that they bought in the window, channels and returns
included. Grades of evidence: A a random hold-out whose checks hold; B the arms differed before, and a difference in differences
with a level placebo is left; X a check failed and nothing is judged; C nobody was left out: what came in is a response,
never an effect. Sends of one kind (same aim, people, channel, offer and window) are read together, each against its own
hold-out. Reductions are inside the sales of both arms, so an offer's cost is not charged twice.
"""

from __future__ import annotations

import datetime
import itertools
import math
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.arms import Estimate, Moments, differences, rate_gap, sample_ratio, total, unbalanced
from crm_helpers.metrics.estimates import benjamini_hochberg
from crm_helpers.metrics.power import means_people, rates_people
from crm_helpers.params.periods import Period, Periods

WINDOW = 30  # days that count where the brief names none
AFTER = 28  # days after the window in which what was only brought forward is missing again
FOLLOWED = 180  # days after the assignment up to which people are followed
BEFORE = 365  # days before the assignment whose spending foretells
RATIO_P = 0.001  # a split as uneven as this, or more so, once in a thousand: something chose who was left out
LEAKED = 0.01  # share of those left out who were sent it all the same
APART, APART_P = 0.1, 0.001  # standardised difference before, and how rarely chance makes it
COSTED = 0.8  # share of sales with a known unit cost from which gross profit is told
SURE = 0.8  # chance of a gain with which a campaign goes on
FEWEST = 50  # buyers in each arm from which the interval of money keeps what it promises (tests/metrics/test_arms.py)
KEPT = 0.5  # share of the gain that must be left after the window
NUMBERED = re.compile(r"[\d\s月年度第回号期弾#・/_-]*")  # what names of sends of one kind may differ in
SAME = ("stage", "purpose", "kpi", "segment", "channel", "offer", "window_days")


@needs("order_lines.customer_id", "campaigns")
def results(tables: Tables, *, as_of: datetime.date, periods: Periods | None, tax_included: bool) -> pd.DataFrame | Unavailable:
    """Every campaign of the current period with its grade, estimates, checks and the decision that the rule gives.

    Returns:
        One row a campaign or kind of send (`id`: its first campaign): `name`, `sends`, `ids` (joined by a space), `origin`
        (brief or recorded), `channel`, `owner` (department), `first`, `last` (ISO days of the first and last assignment),
        `window` (days), `treated`,
        `left_out`, `waiting` (assigned, window not over), `grade`, `failed` (check), the rate of buyers `rate`, `base` (of those
        left out), `gap`, `gap_low`, `gap_high`, `p`, `told` (BH at 5 % over the grades A and B), `few` (too few buyers to judge
        money); for `sales` and `profit` (gross, NaN where unit costs are unknown) in minor units, all treated together: `<m>`,
        `<m>_low`, `<m>_high`, `<m>_error`; the same as `after` (profit in the 28 days after), `inside` (profit of the sends
        watched that long), `whole` and `whole_sales` (window and 28 days), `plain` (profit without CUPED); `pulled` (yes, maybe,
        no, or empty: not watched that long); `cost`, `net`, `net_low`, `net_high` (profit less cost), `chance` (of a gain),
        `needed` (people for a verdict), the plan's `eligible`, `expected_rate`, `expected_control_rate`, `control_percent` (0–1)
        and `planned_cost`, how many sends have a `result`, a decision (`decided`), an expected rate (`expected`), a `message`,
        and `decision` with its `reason`.
    """
    span = periods.current if periods else None
    kinds = [kind for kind in _kinds(tables, span) if not kind[0]["universal"]]
    if not kinds:
        return Unavailable("effect.results", reason="effect.no_campaigns")
    arms = _arms(tables, as_of, tax_included)
    costed = profit_known(tables)
    rows = [_row(kind, arms, costed=costed) for kind in kinds]
    judged = [row for row in rows if row["grade"] in ("A", "B")]
    for row, told in zip(judged, benjamini_hochberg([row["p"] for row in judged]) if judged else [], strict=True):
        row["told"] = told
    for row in rows:
        row["decision"], row["reason"] = decide(row)
    order = ["widen", "continue", "mend", "stop", "hold"]
    rows.sort(key=lambda r: (r["grade"] == "C", order.index(r["decision"]), -_size(r), r["id"]))
    return pd.DataFrame(rows)


def universal(tables: Tables, *, as_of: datetime.date, periods: Periods | None, tax_included: bool) -> dict[str, Any] | None:
    """What all campaigns together added, against the people who are kept out of all of them (universal hold-out).

    In the log it is an assignment with two arms in which nobody is sent anything; its brief's window says how long it holds. None
    where there is none in the period, or where its checks fail.

    Returns:
        A row of `results`: the rate of buyers, sales and profit of all who may be written to, against those left out.
    """
    kinds = [kind for kind in _kinds(tables, periods.current if periods else None) if kind[0]["universal"]]
    if not kinds:
        return None
    rows = [_row(kind, _arms(tables, as_of, tax_included), costed=profit_known(tables)) for kind in kinds]
    return next((row for row in rows if row["grade"] == "A" and not math.isnan(row["sales"])), None)


def against_plan(effects: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """Buyers added as planned and as measured, and which factor of people × (rate − rate of those left out) made the gap.

    The split takes each factor at the mean of plan and fact (Bennet 1920, Journal of the Royal Statistical Society 83:455), which
    is exact and, unlike LMDI, holds where a difference of rates is 0 or negative.

    Returns:
        Per judged campaign with both rates in its brief, largest gap first: `id`, `name`, `people`, `planned_people` (treated),
        `rate`, `base`, `expected_rate`, `expected_control_rate`, `actual` with `low` and `high` and `planned` (buyers added), and
        of the gap `reach`, `response` (rate of the treated), `natural` (rate of those left out) and the largest, `main`.
    """
    if isinstance(effects, Unavailable):
        return Unavailable("effect.against_plan", effects.missing, effects.reason, effects.facts)
    rows = []
    for row in records(effects):
        if any(math.isnan(row[name]) for name in ("gap", "expected_rate", "expected_control_rate", "eligible")):
            continue
        left_out = 0.0 if math.isnan(row["control_percent"]) else row["control_percent"]
        planned_people, lift = row["eligible"] * (1 - left_out), row["expected_rate"] - row["expected_control_rate"]
        middle = (planned_people + row["treated"]) / 2
        parts = {
            "reach": (row["treated"] - planned_people) * (lift + row["gap"]) / 2,
            "response": middle * (row["rate"] - row["expected_rate"]),
            "natural": middle * (row["expected_control_rate"] - row["base"]),
        }
        told = {name: row[name] for name in ("id", "name", "rate", "base", "expected_rate", "expected_control_rate")}
        told |= {"people": int(row["treated"]), "planned_people": planned_people, "planned": planned_people * lift}
        told |= {"actual": row["treated"] * row["gap"], "low": row["treated"] * row["gap_low"]}
        told |= {"high": row["treated"] * row["gap_high"], **parts, "main": max(parts, key=lambda name: abs(parts[name]))}
        rows.append(told)
    if not rows:
        return Unavailable("effect.against_plan", reason="effect.no_plan")
    rows.sort(key=lambda told: (-abs(told["actual"] - told["planned"]), told["id"]))
    return pd.DataFrame(rows)


def responded(effects: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """The campaigns of `results` whose people are on record one by one, so that it is known who bought; highest rate first."""
    if isinstance(effects, Unavailable):
        return Unavailable("effect.responded", effects.missing, effects.reason, effects.facts)
    known = effects[effects["rate"].notna()].sort_values(["rate", "id"], ascending=[False, True], ignore_index=True)
    return known if len(known) else Unavailable("effect.responded", reason="effect.no_people")


def paid(effects: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """`results` again when the profit and the cost of a campaign at least are known."""
    if isinstance(effects, Unavailable):
        return Unavailable("effect.paid", effects.missing, effects.reason, effects.facts)
    return effects if effects["net"].notna().any() else Unavailable("effect.paid", reason="effect.no_net")


def profit_known(tables: Tables) -> bool:
    """Whether the unit costs cover enough of the customers' sales to speak of gross profit."""
    if not all(tables.has(name) for name in ("products.unit_cost", "order_lines.product_id", "order_lines.quantity")):
        return False
    found = tables.sql(
        """
        select cast(coalesce(sum(l.amount), 0) as bigint) as sales,
               cast(coalesce(sum(case when p.unit_cost is not null then l.amount end), 0) as bigint) as costed
        from order_lines as l left join products as p on p.product_id = l.product_id where l.customer_id is not null
        """
    ).iloc[0]
    return bool(found["sales"] > 0 and found["costed"] / found["sales"] >= COSTED)


def decide(row: dict[str, Any]) -> tuple[str, str]:
    """The decision of the rule and the reason for it, both as keys.

    widen: the interval of profit less cost lies above 0, and the gain stays. continue: a gain is likely (80 %). mend: it moves
    customers but does not pay, or only brings sales forward. stop: the interval lies below 0. hold: anything else.
    """
    pulled = row["pulled"] in ("yes", "maybe")
    rules = (
        (row["grade"] == "C", "hold", "no_control"),
        (row["grade"] == "X", "hold", f"check_{row['failed']}"),
        (row["few"], "hold", "too_few"),
        (math.isnan(row["profit"]), "hold", "no_margin"),
        (math.isnan(row["cost"]), "hold", "no_cost"),
        (pulled and row["whole_high"] < row["cost"], "stop", "pulled_loss"),
        (pulled, "mend", "pulled"),
        (row["net_low"] > 0 and row["told"], "widen", "gain"),
        (row["net"] > 0 and row["chance"] >= SURE, "continue", "likely"),
        (row["told"] and row["gap"] > 0, "mend", "moves_not_pays"),
        (row["net_high"] < 0, "stop", "loss"),
    )
    return next(((decision, reason) for holds, decision, reason in rules if holds), ("hold", "open"))


# ---------------------------------------------------------------- campaigns
def _kinds(tables: Tables, span: Period | None) -> list[list[dict[str, Any]]]:
    """Campaigns of the period, those of one kind together; each with its brief, or marked as only recorded."""
    found = tables.sql(
        """
        with seen as (
          select campaign_id, cast(min(assigned_at) as date) as first_on, cast(max(assigned_at) as date) as last_on,
                 cast(sum(cost) as bigint) as spent, count(distinct customer_id) as people,
                 case when count(distinct arm) = 2 and count(sent_at) = 0 then 1 else 0 end as silent
          from contacts where customer_id not in (select customer_id from apart) group by campaign_id),
        counted as (
          select campaign_id, min(sent_on) as first_on, max(sent_on) as last_on, cast(sum(sent) as bigint) as sent
          from contact_totals group by campaign_id),
        named as (
          select campaign_id from campaigns union select campaign_id from seen union select campaign_id from counted)
        select n.campaign_id, c.name, c.stage, c.purpose, c.kpi, c.segment, c.channel, c.offer, c.window_days, c.eligible,
               c.owner_department as owner,
               c.control_percent, c.expected_rate, c.expected_control_rate, c.planned_cost, c.cost, seen.spent, seen.people,
               coalesce(seen.silent, 0) as universal,
               coalesce(counted.sent, c.reached) as sent, c.result, c.decision as decided, c.message,
               case when c.campaign_id is null then 'recorded' else 'brief' end as origin,
               coalesce(seen.first_on, counted.first_on, c.starts_on) as first_on,
               coalesce(seen.last_on, counted.last_on, c.ends_on) as last_on
        from named n left join campaigns c on c.campaign_id = n.campaign_id
        left join seen on seen.campaign_id = n.campaign_id left join counted on counted.campaign_id = n.campaign_id
        where n.campaign_id is not null
        order by first_on, n.campaign_id
        """
    )
    found["universal"] = found["universal"].eq(1) & tables.has("contacts.sent_at")  # without the column nothing is known of sends
    kinds: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in records(found):
        day = row["first_on"]
        if pd.isna(day) or (span and not span.start <= day.date() <= span.end):
            continue
        same = tuple(None if pd.isna(row[name]) else row[name] for name in SAME)
        alone = (
            row["universal"] or row["origin"] == "recorded" or same[3] is None or same[5] is None
        )  # who and what are not known to be the same
        kinds.setdefault((row["campaign_id"],) if alone else same, []).append(row)
    return list(kinds.values())


def _name(kind: Sequence[dict[str, Any]]) -> str:
    """The name of one campaign; of several, what their names have in common, without what is left of a month or a number."""
    names = [str(row["campaign_id"]) if pd.isna(row["name"]) else str(row["name"]) for row in kind]
    common = max(_shared(names), _shared([name[::-1] for name in names])[::-1], key=len)
    rest = "".join(name.replace(common, "", 1) for name in names)
    common = common.strip(" 　月年度第回号期弾#・/_-")
    return common if len(common) > 1 and NUMBERED.fullmatch(rest) else names[0]


def _shared(names: Sequence[str]) -> str:
    """The characters with which all begin."""
    return "".join(letters[0] for letters in itertools.takewhile(lambda at: len(set(at)) == 1, zip(*names, strict=False)))


# ---------------------------------------------------------------- arms
def _arms(tables: Tables, as_of: datetime.date, tax_included: bool) -> dict[tuple[str, bool], dict[str, Any]]:
    """Sums over the people of each campaign and arm: counts of all, and of those whose window (and 28 days more) is over.

    Who bought nothing adds to the counts alone.
    """
    counted = tables.sql(
        f"""
        select campaign_id, held, min(case when watched >= days - 1 then 1 else 0 end) as all_over, count(*) as assigned,
               cast(sum(sent) as bigint) as sent, cast(sum(early) as bigint) as early,
               cast(sum(case when watched >= days - 1 then 1 else 0 end) as bigint) as n,
               cast(sum(case when watched >= days + :after - 1 then 1 else 0 end) as bigint) as n_late
        from (select *, date_diff('day', since, :as_of) as watched from {people(tables)}) as assigned group by campaign_id, held
        """,
        as_of=as_of,
        after=AFTER,
    )
    summed = tables.sql(
        f"""
        with people as (
          select campaign_id, held, case when watched >= days - 1 then 1 else 0 end as over,
                 case when watched >= days + :after - 1 then 1 else 0 end as late, b, s, g, f, x, g + f as v, s + h as w,
                 g - g1 as c, g1 - g2 as e
          from {sums(tables, as_of=as_of, tax_included=tax_included)})
        select campaign_id, held, cast(sum(over * b) as bigint) as buyers,
               {", ".join(_sums("over", "s", "x"))}, {", ".join(_sums("over", "g", "x"))},
               {", ".join(_sums("late", "f", "x", "late_"))}, {", ".join(_sums("late", "g", "x", "late_"))},
               {", ".join(_sums("late", "v", "x", "late_"))}, {", ".join(_sums("late", "w", "x", "late_"))},
               {", ".join(_sums("over", "c", "x"))}, {", ".join(_sums("over", "e", "x"))}
        from people group by campaign_id, held
        """,
        after=AFTER,
    )
    found = counted.merge(summed, on=["campaign_id", "held"], how="left")
    found = found.fillna(dict.fromkeys(summed.columns.drop(["campaign_id", "held"]), 0))
    return {(str(row["campaign_id"]), bool(row["held"])): row for row in records(found)}


def people(tables: Tables) -> str:
    """The table of who was assigned to what: campaign and customer → since, held (left out), sent, early, days (the window)."""
    return tables.hold(
        "assigned",
        """
        select k.campaign_id, k.customer_id, cast(min(k.assigned_at) as date) as since,
               max(case when k.arm = 'control' then 1 else 0 end) as held,
               max(case when k.sent_at is not null or k.arm = 'treatment' then 1 else 0 end) as sent,
               max(case when k.sent_at < k.assigned_at then 1 else 0 end) as early, min(coalesce(c.window_days, :window)) as days
        from contacts k left join campaigns c on c.campaign_id = k.campaign_id
        where k.customer_id not in (select customer_id from apart) group by k.campaign_id, k.customer_id
        """,
        window=WINDOW,
    )


def sums(tables: Tables, *, as_of: datetime.date, tax_included: bool) -> str:
    """The table of what each of those who bought did, from a year (and two windows) before the assignment to half a year after.

    Campaign and customer → held, since, days, watched; b (bought), s (sales), g (gross profit) in the window, h and f the same in
    the 28 days after it, x sales of the year before, g1 and g2 gross profit one and two windows before.
    """
    return tables.hold(
        "bought_around",
        f"""
        with around as (
          select a.campaign_id, a.customer_id, a.held, a.since, a.days, date_diff('day', a.since, d.ordered_on) as day, d.buys,
                 d.sales, d.profit
          from {people(tables)} a join {money_days(tables, tax_included=tax_included)} d on d.customer_id = a.customer_id
            and date_diff('day', a.since, d.ordered_on) between -:before - 2 * a.days and a.days + :most - 1)
        select campaign_id, customer_id, min(held) as held, min(since) as since, min(days) as days,
               date_diff('day', min(since), :as_of) as watched,
               max(case when day between 0 and days - 1 then buys else 0 end) as b,
               cast(sum(case when day between 0 and days - 1 then sales else 0 end) as double) as s,
               cast(sum(case when day between 0 and days - 1 then profit else 0 end) as double) as g,
               cast(sum(case when day between days and days + :after - 1 then profit else 0 end) as double) as f,
               cast(sum(case when day between days and days + :after - 1 then sales else 0 end) as double) as h,
               cast(sum(case when day between -:before and -1 then sales else 0 end) as double) as x,
               cast(sum(case when day between -days and -1 then profit else 0 end) as double) as g1,
               cast(sum(case when day between -2 * days and -days - 1 then profit else 0 end) as double) as g2
        from around group by campaign_id, customer_id
        """,
        as_of=as_of,
        after=AFTER,
        before=BEFORE,
        most=FOLLOWED,
    )


def money_days(tables: Tables, *, tax_included: bool) -> str:
    """The table of customer and day → sales, gross profit of lines with a known unit cost (without tax), buys."""
    return tables.hold(
        "money_day",
        """
        select l.customer_id, l.ordered_on, cast(sum(l.amount) as bigint) as sales,
               cast(sum(case when p.unit_cost is null then 0
                             else cast(round(l.amount * 100.0 / (100 + :taxed * coalesce(l.tax_percent, 0))) as bigint)
                                  - l.quantity * p.unit_cost end) as bigint) as profit,
               max(case when l.amount > 0 then 1 else 0 end) as buys
        from order_lines l left join products p on p.product_id = l.product_id
        where l.customer_id is not null group by l.customer_id, l.ordered_on
        """,
        taxed=1 if tax_included else 0,
    )


def _sums(among: str, y: str, x: str, head: str = "") -> list[str]:
    """Sums of a measure, its square, and with the spending before, over the people of `among`."""
    name = f"{head}{y}"
    return [
        f"sum({among} * {y}) as {name}_y",
        f"sum({among} * {y} * {y}) as {name}_yy",
        f"sum({among} * {x}) as {name}_x",
        f"sum({among} * {x} * {x}) as {name}_xx",
        f"sum({among} * {x} * {y}) as {name}_xy",
    ]


def _moments(arm: dict[str, Any], name: str, n: str = "n") -> Moments:
    y, yy, x, xx, xy = (float(arm[f"{name}_{part}"]) for part in ("y", "yy", "x", "xx", "xy"))
    return Moments(int(arm[n]), y, yy, x, xx, xy)


# ---------------------------------------------------------------- one row
def _row(kind: list[dict[str, Any]], arms: dict[tuple[str, bool], dict[str, Any]], *, costed: bool) -> dict[str, Any]:
    ids = [str(row["campaign_id"]) for row in kind]
    treated = [arms[(i, False)] for i in ids if (i, False) in arms]
    left_out = [arms[(i, True)] for i in ids if (i, True) in arms]
    pairs = [(arms[(i, False)], arms[(i, True)]) for i in ids if (i, False) in arms and (i, True) in arms]
    pairs = [pair for pair in pairs if min(arm["n"] for arm in pair) > 1]
    row: dict[str, Any] = {
        "id": ids[0],
        "name": _name(kind),
        "sends": len(kind),
        "ids": " ".join(ids),
        "origin": kind[0]["origin"],
        "channel": None if pd.isna(kind[0]["channel"]) else str(kind[0]["channel"]),
        "owner": None if pd.isna(kind[0]["owner"]) else str(kind[0]["owner"]),
        "first": kind[0]["first_on"].date().isoformat(),
        "last": max(r["last_on"] for r in kind).date().isoformat(),
        "window": WINDOW if pd.isna(kind[0]["window_days"]) else int(kind[0]["window_days"]),
        "treated": sum(int(arm["n"]) for arm in treated) or sum(int(r["sent"]) for r in kind if not pd.isna(r["sent"])),
        "left_out": sum(int(arm["n"]) for arm in left_out),
        "waiting": sum(int(arm["assigned"] - arm["n"]) for arm in (*treated, *left_out)),
        "grade": "C",
        "failed": "",
        "told": False,
        "few": False,
        "pulled": "",
        "cost": _cost(kind),
        "result": sum(not pd.isna(r["result"]) for r in kind),
        "decided": sum(not pd.isna(r["decided"]) for r in kind),
        "message": sum(not pd.isna(r["message"]) for r in kind),
        "expected": sum(not pd.isna(r["expected_rate"]) for r in kind),
    }
    row |= _plan(kind) | dict.fromkeys(_ESTIMATED, math.nan)
    watched = sum(int(arm["n"]) for arm in treated)
    row["rate"] = sum(int(arm["buyers"]) for arm in treated) / watched if watched else math.nan
    if pairs:
        row |= _judged(pairs, kind, costed=costed)
        row |= _net(row)
    return row


_MONEY = ("sales", "profit", "after", "inside", "whole", "whole_sales")
_ESTIMATED = (
    *("base", "gap", "gap_low", "gap_high", "p", "net", "net_low", "net_high", "chance", "needed"),
    *("plain", "plain_low", "plain_high"),
    *(f"{name}{end}" for name in _MONEY for end in ("", "_low", "_high", "_error")),
)


def _judged(pairs: list[tuple[dict[str, Any], dict[str, Any]]], kind: list[dict[str, Any]], *, costed: bool) -> dict[str, Any]:
    """Grade, checks and estimates of sends with a hold-out; nothing but the grade where a check fails."""
    failed = _failed(pairs, kind)
    told: dict[str, Any] = {"grade": "X" if failed else "A", "failed": failed}
    if failed == "balance" and len(pairs) == 1:
        change, placebo = (tuple(_moments(arm, name) for arm in pairs[0]) for name in ("c", "e"))
        moved, level = differences((change[0], change[1]), (placebo[0], placebo[1]))
        if costed and level.low <= 0 <= level.high:
            told |= {"grade": "B", "failed": ""} | _named("profit", moved)
            failed = ""
    if failed:
        return told
    counts = [(int(t["buyers"]), int(t["n"]), int(c["buyers"]), int(c["n"])) for t, c in pairs]
    gap = rate_gap(counts)
    told["rate"] = sum(count for count, _, _, _ in counts) / sum(n for _, n, _, _ in counts)
    told |= {"base": told["rate"] - gap.value, "gap": gap.value, "gap_low": gap.low, "gap_high": gap.high, "p": gap.p}
    told["few"] = min(sum(count for count, _, _, _ in counts), sum(count for _, _, count, _ in counts)) < FEWEST
    if told["few"]:
        return told | _people_needed(pairs, counts, told["base"], _cost(kind), costed=costed)
    told |= _named("sales", total([(_moments(t, "s"), _moments(c, "s")) for t, c in pairs]))
    if costed and told["grade"] == "A":
        own = [(_moments(t, "g"), _moments(c, "g")) for t, c in pairs]
        plain = total(own, adjusted=False)
        told |= _named("profit", total(own)) | {"plain": plain.value, "plain_low": plain.low, "plain_high": plain.high}
        told |= _later([pair for pair in pairs if min(arm["n_late"] for arm in pair) > 1])
    return told


def _people_needed(
    pairs: list[tuple[dict[str, Any], dict[str, Any]]],
    counts: list[tuple[int, int, int, int]],
    base: float,
    cost: float,
    *,
    costed: bool,
) -> dict[str, float]:
    """People that would show the rise of the rate with which the cost comes back, at the profit that a buyer brings."""
    buyers = sum(count + other for count, _, other, _ in counts)
    profit = math.fsum(float(arm["g_y"]) for pair in pairs for arm in pair)
    n, other_n = sum(n for _, n, _, _ in counts), sum(n for _, _, _, n in counts)
    if not costed or not buyers or profit <= 0 or not cost > 0:
        return {}
    rise = cost / n / (profit / buyers)
    share = n / (n + other_n)
    return {"needed": rates_people(base + rise, base, share=share)} if base > 0 and base + rise < 1 else {}


def _later(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    """Profit after the window, and with it; whether what the window brought is missing afterwards."""
    if not pairs:
        return {}
    after, inside, whole, sales = (
        total([(_moments(t, f"late_{name}", "n_late"), _moments(c, f"late_{name}", "n_late")) for t, c in pairs])
        for name in ("f", "g", "v", "w")
    )
    pulled = "no"
    if inside.low > 0:
        pulled = "yes" if after.high < 0 else "maybe" if whole.value < KEPT * inside.value else "no"
    told = _named("after", after) | _named("inside", inside) | _named("whole", whole) | _named("whole_sales", sales)
    return told | {"pulled": pulled}


def _named(name: str, told: Estimate) -> dict[str, float]:
    return {name: told.value, f"{name}_low": told.low, f"{name}_high": told.high, f"{name}_error": told.error}


def _failed(pairs: list[tuple[dict[str, Any], dict[str, Any]]], kind: list[dict[str, Any]]) -> str:
    """The first check that fails: ratio, leak, early, balance; empty when all hold."""
    wanted = {str(row["campaign_id"]): row["control_percent"] for row in kind}
    held = sum(int(c["assigned"]) for _, c in pairs)
    for treated, control in pairs:
        percent = wanted[str(control["campaign_id"])]
        assigned = int(treated["assigned"]), int(control["assigned"])
        if not pd.isna(percent) and sample_ratio(*assigned, float(percent) / 100) < RATIO_P / len(pairs):
            return "ratio"
    if sum(int(c["sent"]) for _, c in pairs) > LEAKED * held:
        return "leak"
    if sum(int(t["early"]) for t, _ in pairs) > LEAKED * sum(int(t["assigned"]) for t, _ in pairs):
        return "early"
    apart = [unbalanced(_moments(t, "s"), _moments(c, "s")) for t, c in pairs]
    return "balance" if any(abs(gap) >= APART and p < APART_P / len(pairs) for gap, p in apart) else ""


def _cost(kind: list[dict[str, Any]]) -> float:
    """What the sends cost: the brief's actual figure, else what the log adds up to, else the plan; NaN when one is unknown."""
    told = [
        next((float(row[name]) for name in ("cost", "spent", "planned_cost") if not pd.isna(row[name])), math.nan) for row in kind
    ]
    return math.fsum(told)


def _plan(kind: list[dict[str, Any]]) -> dict[str, float]:
    """The plan of all sends together: people and money added up, rates as in the first brief that says them."""
    eligible = [float(row["eligible"]) for row in kind if not pd.isna(row["eligible"])]
    told: dict[str, float] = {"eligible": math.fsum(eligible) if len(eligible) == len(kind) else math.nan}
    for name in ("expected_rate", "expected_control_rate", "control_percent"):
        given = [float(row[name]) / 100 for row in kind if not pd.isna(row[name])]
        told[name] = given[0] if given else math.nan
    planned = [float(row["planned_cost"]) for row in kind]
    return told | {"planned_cost": math.fsum(planned)}


def _net(row: dict[str, Any]) -> dict[str, float]:
    """Profit less cost with its interval (the cost is known), the chance of a gain, and how many people a verdict needs."""
    if math.isnan(row.get("profit", math.nan)) or math.isnan(row["cost"]):
        return {}
    told = {end: row[f"profit{end}"] - row["cost"] for end in ("", "_low", "_high")}
    error = row["profit_error"]
    chance = 0.5 * math.erfc(-told[""] / error / math.sqrt(2)) if error else float(told[""] > 0)
    n, other = row["treated"], row["left_out"]
    deviation = error / n / math.sqrt(1 / n + 1 / other)
    least = row["cost"] / n
    needed = means_people(least, deviation, share=n / (n + other)) if least else math.nan
    return {"net": told[""], "net_low": told["_low"], "net_high": told["_high"], "chance": chance, "needed": needed}


def _size(row: dict[str, Any]) -> float:
    return -math.inf if math.isnan(row["net"]) else abs(float(row["net"]))
