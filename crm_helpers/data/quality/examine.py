"""Every check of a client's tables, in few scans: a table's own figures are one folded statement, a reference is another.

A check answers `affected` of `of`; what it found becomes a finding, what it looked at goes into the score of its
characteristic and table: 1 − Σ w·affected/of ÷ Σ w over the checks, w being the weight of the column (`weights.py`). A score
compares the parts of one delivery and the deliveries of one client; it is no grade, and says nothing of what was not checked.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from crm_helpers.data.contract import TABLES
from crm_helpers.data.frames import records
from crm_helpers.data.quality import months, persons, places
from crm_helpers.data.quality.by_month import sales_by_month
from crm_helpers.data.quality.checked import Checked, Quality, missing
from crm_helpers.data.quality.references import REFERENCES, Reference
from crm_helpers.data.quality.rules import CHARACTERISTICS, SEVERITIES, Rule, counts, rules_of
from crm_helpers.data.quality.weights import expected_full, weight
from crm_helpers.data.mapping import complete, together
from crm_helpers.data.tables import Tables
from crm_helpers.document import Fact, Finding, Reconciled, Score, from_json, to_json
from crm_helpers.params.load import Loaded
from crm_helpers.params.periods import FIRST_TRADING_DAY, first_day, month_key

KEPT = "quality.json"
LATE = {  # days that the last row of a table may lie before as_of
    "order_lines": 3, "day_totals": 3, "reservations": 7, "usage": 7, "events": 7, "customers": 31, "contacts": 31,
    "contact_totals": 31, "points": 31, "inquiries": 31, "contract_changes": 31,
}  # fmt: skip
HEAPED = (("customers", "joined_on"), ("customers", "birth_year"), ("contracts", "started_on"), ("accounts", "since"))
HEAP, HEAP_ROWS = 0.20, 100  # one value in a fifth of at least a hundred rows was put in by a system, not by life
FILLED_ENOUGH = 0.95
STOPS, WARNS = 0.10, 0.001  # share of rows set aside for what they hold
UNRESOLVED_STOPS, UNRESOLVED_WARNS = 0.50, 0.01
GUESTS_WARN = 0.50
PRICE_LOW, PRICE_HIGH, PRICE_SHARE = 0.2, 1.2, 0.01  # paid plus discount against list price times quantity; tax lies within
LARGE_LINE, LARGE_WARNS, LARGE_LINES = 0.01, 0.05, 1000
YEAR = 365


def quality(tables: Tables, loaded: Loaded, reconciled: Sequence[Reconciled] = ()) -> Quality:
    """The client's findings and scores; examined once for an import, then kept beside its tables.

    Args:
        reconciled: our figures beside the client's (`checks.reconcile`).
    """
    file = tables.folder / KEPT if tables.folder else None
    if file is not None and file.is_file():
        kept = from_json(Quality, json.loads(file.read_text(encoding="utf-8")))
    else:
        kept = examine(tables, {name: tuple(together(several).columns) for name, several in complete(loaded).params.data.items()})
        if file is not None:
            _keep(kept, file)
    told = [*kept.findings, *findings(_reconciled(reconciled))]
    known = loaded.params.quality.explained
    return Quality(_ordered([replace(f, severity="note") if f.id in known else f for f in told]), kept.scores)


def _keep(found: Quality, file: Path) -> None:
    """Keep it beside the tables; a cache that cannot be written costs time, nothing else."""
    with contextlib.suppress(OSError):
        partial = file.with_name(f".{file.name}.{os.getpid()}")
        partial.write_text(json.dumps(to_json(found), ensure_ascii=False), encoding="utf-8")
        partial.replace(file)


def examine(tables: Tables, mapped: Mapping[str, Sequence[str]] | None = None) -> Quality:
    """All checks of the tables.

    Args:
        mapped: contract table → the columns that the client's files are said to hold; without it, those that hold a value.
    """
    checked: list[Checked] = []
    for name, columns in (mapped or tables.filled).items():
        checked += _of_table(tables, name, [column for column in columns if column in TABLES[name].names])
    checked += [found for reference in _asked(tables) if (found := _unresolved(tables, reference))]
    checked += [*sales_by_month(tables), *_first_seen(tables), *_prices(tables), *_heaps(tables)]
    checked += [*_accounts(tables), *_shipments(tables), *_persons(tables), *_imported(tables)]
    return Quality(_ordered(_placed(tables, findings(checked))), scores(checked))


def findings(checked: Iterable[Checked]) -> list[Finding]:
    """What was found."""
    return [
        Finding(c.id, c.check, c.characteristic, c.table, c.columns, c.severity, c.affected, c.of, c.money, c.first, c.facts)
        for c in checked
        if c.severity and c.affected
    ]


def scores(checked: Iterable[Checked]) -> tuple[Score, ...]:
    """The score of each characteristic of each table that any check looked at; see the head of this module."""
    seen: dict[tuple[str, str], list[Checked]] = {}
    for one in checked:
        if one.scored and one.of:
            seen.setdefault((one.table, one.characteristic), []).append(one)
    found = []
    for table in TABLES:
        for characteristic in CHARACTERISTICS:
            if group := seen.get((table, characteristic)):
                weights = [weight(table, one.columns) for one in group]
                lost = sum(w * min(1.0, one.affected / one.of) for w, one in zip(weights, group, strict=True))
                found.append(Score(characteristic, table, 1 - lost / sum(weights), len(group)))
    return tuple(found)


def _ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Gravest first, then by the sales concerned, then by the share of rows."""
    ranks: dict[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    return tuple(sorted(found, key=lambda f: (ranks[f.severity], -abs(f.money or 0), -f.affected / max(f.of, 1), f.id)))


def _placed(tables: Tables, found: list[Finding]) -> list[Finding]:
    """The findings with the first place of their rows, where the import kept one."""
    first = places.first(tables.folder)
    return [replace(f, first=f.first or first.get(f.id, "")) for f in found]


# ---------------------------------------------------------------- one table
def _of_table(tables: Tables, name: str, mapped: Sequence[str]) -> list[Checked]:
    """Fill rates, rules and freshness of a table, from one statement."""
    table = TABLES[name]
    given = [column for column in mapped if tables.has(f"{name}.{column}")]
    rules = rules_of(name, set(given))
    money = name == "order_lines"
    cells = ["count(*)", *(f"count({column})" for column in given), *counts(rules, "amount" if money else "")]
    if money:
        cells += ["sum(amount)", "sum(case when customer_id is null then amount else 0 end)", "max(abs(amount))"]
    figures = ", ".join(f"cast(coalesce({cell}, 0) as bigint) as c{i}" for i, cell in enumerate(cells))
    last = f"max(cast({table.dated} as date))" if table.dated in given else "null"
    values = {"as_of": tables.as_of} if any(":as_of" in rule.test for rule in rules) else {}
    row = records(tables.sql(f"select {figures}, cast({last} as date) as last from {name}", **values))[0]
    numbers = [int(row[f"c{i}"]) for i in range(len(cells))]
    rows, filled = numbers[0], dict(zip(given, numbers[1:], strict=False))
    told = numbers[1 + len(given) :]
    found = [_fill(name, column, filled.get(column, 0), rows) for column in mapped]
    found += [_broken(rule, *told[3 * i : 3 * i + 3], money=money) for i, rule in enumerate(rules)]
    if name in LATE and rows and not missing(row["last"]):
        found.append(_fresh(tables, name, row["last"].date()))
    return found + (_of_lines(tables, mapped, filled, rows, *told[3 * len(rules) :]) if money and rows else [])


def _fill(table: str, column: str, filled: int, rows: int) -> Checked:
    empty, wanted = rows - filled, column in expected_full(table)
    severity = ""
    if rows and not filled:
        severity = "warn" if wanted else "note"
    elif wanted and filled < FILLED_ENOUGH * rows:
        severity = "warn" if weight(table, (column,)) > 1 else "note"
    check = "empty" if not filled else "partly_filled"
    return Checked(check, "completeness", table, (column,), empty, rows, severity, scored=wanted)


def _broken(rule: Rule, affected: int, of: int, amount: int, *, money: bool) -> Checked:
    severity = rule.severity if affected and affected >= rule.share * of else ""
    told = amount if money else None
    return Checked(rule.check, rule.characteristic, rule.table, rule.columns, affected, of, severity, told, "", rule.facts)


def _fresh(tables: Tables, name: str, last: datetime.date) -> Checked:
    late = max(0, (tables.as_of - last).days)
    severity = "" if late <= LATE[name] else "warn"
    dated = (str(TABLES[name].dated),)
    return Checked("late", "currency", name, dated, min(late, YEAR), YEAR, severity, facts={"days": late, "last": last.isoformat()})


def _of_lines(
    tables: Tables, mapped: Sequence[str], filled: Mapping[str, int], rows: int, sales: int, guest_sales: int, largest: int
) -> list[Checked]:
    """What only order lines are asked: guests, one line that outweighs all, line numbers, whole months at both ends."""
    found: list[Checked] = []
    guests = rows - filled.get("customer_id", 0)
    if "customer_id" in mapped:
        share = guest_sales / sales if sales else 0.0
        severity = "warn" if share >= GUESTS_WARN else "note"
        column = ("customer_id",)
        told: dict[str, Fact] = {"share": share}
        found.append(
            Checked("guests", "completeness", "order_lines", column, guests, rows, severity, guest_sales, "", told, scored=False)
        )
    if sales > 0 and rows >= LARGE_LINES and largest / sales >= LARGE_LINE:
        severity = "warn" if largest / sales >= LARGE_WARNS else "note"
        told = {"share": largest / sales}
        found.append(Checked("large_line", "credibility", "order_lines", ("amount",), 1, rows, severity, largest, "", told, False))
    if "order_id" in mapped and "line_no" not in mapped:
        found.append(Checked("no_line_no", "consistency", "order_lines", ("line_no",), rows, rows, "note", scored=False))
    if tables.span:
        first, end = tables.span[0], tables.as_of + datetime.timedelta(days=1)
        partial = [("partial_first", first)] if first.day > FIRST_TRADING_DAY else []
        partial += [("partial_last", tables.as_of)] if end.day != 1 else []
        found += [
            Checked(check, "currency", "order_lines", ("ordered_on",), 1, 1, "note", facts={"day": day.isoformat()}, scored=False)
            for check, day in partial
        ]
    return found


# ---------------------------------------------------------------- references
def _asked(tables: Tables) -> list[Reference]:
    """The references whose column is filled and whose table was sent; buyers are asked with their first day."""
    sent = [r for r in REFERENCES if tables.has(r.target) and tables.has(f"{r.table}.{r.column}") and tables.has(f"{r.target}.{r.key}")]
    return [r for r in sent if (r.table, r.column) != ("order_lines", "customer_id")]


def _unresolved(tables: Tables, reference: Reference) -> Checked:
    column, table = reference.column, reference.table
    amount = "sum(amount)" if table == "order_lines" else "0"
    row = records(
        tables.sql(f"""
        with named as (
          select {column} as id, count(*) as n, cast({amount} as bigint) as money from {table}
          where {column} is not null group by {column}
        ), known as (select distinct {reference.key} as known_id from {reference.target})
        select cast(coalesce(sum(n), 0) as bigint) as n,
          cast(coalesce(sum(case when known_id is null then n else 0 end), 0) as bigint) as lost,
          cast(coalesce(sum(case when known_id is null then money else 0 end), 0) as bigint) as money,
          cast(coalesce(sum(case when known_id is null then 1 else 0 end), 0) as bigint) as ids
        from named left join known on id = known_id
        """)
    )[0]
    return _lost(reference, int(row["n"]), int(row["lost"]), int(row["ids"]), int(row["money"]))


def _lost(reference: Reference, rows: int, lost: int, ids: int, money: int) -> Checked:
    share = lost / rows if rows else 0.0
    severity = "stop" if share >= UNRESOLVED_STOPS else "warn" if share >= UNRESOLVED_WARNS else "note"
    return Checked(
        "unresolved", "consistency", reference.table, (reference.column,), lost, rows, severity,
        money if reference.table == "order_lines" else None, "", {"target": f"contract.tables.{reference.target}", "ids": ids},
    )  # fmt: skip


def _first_seen(tables: Tables) -> list[Checked]:
    """Buyers by the month and the form of their number: numbers that the master lacks, and a change of system."""
    if not tables.has("order_lines.customer_id"):
        return []
    initial = "case when substr(customer_id, 1, 1) between '0' and '9' then '9' else substr(customer_id, 1, 1) end"
    master = tables.has("customers")
    frame = tables.sql(f"""
        with firsts as (
          select customer_id, min(ordered_on) as first_on, count(*) as n, cast(sum(amount) as bigint) as money
          from order_lines where customer_id is not null group by customer_id
        )
        select extract(year from first_on) * 12 + extract(month from first_on) - 1 as month, length(customer_id) as size,
          {initial} as initial, count(*) as buyers, cast(sum(n) as bigint) as n,
          cast(sum(case when known_id is null then 1 else 0 end) as bigint) as ids,
          cast(sum(case when known_id is null then n else 0 end) as bigint) as lost,
          cast(sum(case when known_id is null then money else 0 end) as bigint) as money
        from firsts left join (select distinct customer_id as known_id from customers) as known on customer_id = known_id
        group by extract(year from first_on) * 12 + extract(month from first_on) - 1, length(customer_id), {initial}
    """)
    rows = records(frame)
    total = {name: int(sum(row[name] for row in rows)) for name in ("buyers", "n", "ids", "lost", "money")}
    reference = Reference("order_lines", "customer_id", "customers", "customer_id")
    found = [_lost(reference, total["n"], total["lost"], total["ids"], total["money"])] if master else []
    by_month: dict[int, dict[tuple[int, str], int]] = {}
    for row in rows:
        by_month.setdefault(int(row["month"]), {})[int(row["size"]), str(row["initial"])] = int(row["buyers"])
    series = {month: sum(forms.values()) for month, forms in by_month.items()}
    for month in months.spikes(series):
        before = {form for earlier, forms in by_month.items() if earlier < month for form in forms}
        fresh = sum(n for form, n in by_month[month].items() if form not in before)
        check = "cut_over" if fresh * 2 > series[month] else "new_spike"
        facts: dict[str, Fact] = {"month": first_day(month).isoformat(), "fresh": fresh}
        severity = "warn" if check == "cut_over" else "note"
        found.append(
            Checked(check, "credibility", "order_lines", ("customer_id",), series[month], total["buyers"], severity, facts=facts)
        )
    return found


# ---------------------------------------------------------------- across tables
def _prices(tables: Tables) -> list[Checked]:
    """Lines that cost far more or far less than list price times quantity."""
    names = ("order_lines.quantity", "order_lines.product_id", "products.unit_price")
    if not all(tables.has(name) for name in names):
        return []
    row = records(
        tables.sql(
            """
            with listed as (select product_id, max(unit_price) as price from products where unit_price > 0 group by product_id),
            lines as (
              select amount, (amount + coalesce(discount, 0)) * 1.0 / (price * quantity) as ratio
              from order_lines join listed on order_lines.product_id = listed.product_id where quantity > 0 and amount > 0
            )
            select count(*) as n, cast(coalesce(sum(case when ratio < :low or ratio > :high then 1 else 0 end), 0) as bigint) as odd,
              cast(coalesce(sum(case when ratio < :low or ratio > :high then amount else 0 end), 0) as bigint) as money from lines
            """,
            low=PRICE_LOW,
            high=PRICE_HIGH,
        )
    )[0]
    odd, n = int(row["odd"]), int(row["n"])
    severity = "warn" if odd and odd >= PRICE_SHARE * n else "note"
    facts: dict[str, Fact] = {"low": PRICE_LOW, "high": PRICE_HIGH}
    return [Checked("price", "accuracy", "order_lines", ("amount",), odd, n, severity, int(row["money"]), facts=facts)]


def _heaps(tables: Tables) -> list[Checked]:
    """One day or year that too many rows share: a date of migration or a value by default."""
    found = []
    for table, column in HEAPED:
        if not tables.has(f"{table}.{column}"):
            continue
        top = records(
            tables.sql(f"""
            with held as (select {column} as value, count(*) as n from {table} where {column} is not null group by {column}),
            whole as (select cast(sum(n) as bigint) as rows_held from held)
            select value, n, rows_held from held cross join whole order by n desc, value limit 1
            """)
        )[0]
        n, rows = int(top["n"]), int(top["rows_held"])
        heaped = rows >= HEAP_ROWS and n >= HEAP * rows
        value = top["value"].date().isoformat() if hasattr(top["value"], "date") else str(int(top["value"]))
        found.append(
            Checked(
                "heap", "credibility", table, (column,), n if heaped else 0, rows, "warn" if heaped else "", facts={"value": value}
            )
        )
    return found


def _accounts(tables: Tables) -> list[Checked]:
    """Accounts that stand, link by link, under themselves; the circle is cut at its smallest number."""
    if not tables.has("accounts.parent_id"):
        return []
    row = records(
        tables.sql("""
        select count(*) as n, cast(coalesce(sum(case when depth = 0 and up.account_id is not null then 1 else 0 end), 0) as bigint) as cut
        from account_roots join accounts on account_roots.account_id = accounts.account_id
        left join (select account_id from accounts) as up
          on up.account_id = accounts.parent_id and accounts.parent_id <> accounts.account_id
        """)
    )[0]
    cut = int(row["cut"])
    return [Checked("cycle", "consistency", "accounts", ("parent_id",), cut, int(row["n"]), "warn" if cut else "")]


def _shipments(tables: Tables) -> list[Checked]:
    """Contracts whose shipment numbers skip one, between the first and the last that the data hold."""
    found = []
    for table, where in (("contract_changes", "change = 'ship'"), ("order_lines", "contract_id is not null")):
        if not (tables.has(f"{table}.shipment_no") and tables.has(f"{table}.contract_id")):
            continue
        row = records(
            tables.sql(f"""
            with numbered as (
              select contract_id, max(shipment_no) - min(shipment_no) + 1 as wanted, count(distinct shipment_no) as held
              from {table} where {where} and shipment_no is not null group by contract_id
            )
            select count(*) as n, cast(coalesce(sum(case when wanted <> held then 1 else 0 end), 0) as bigint) as gaps from numbered
            """)
        )[0]
        gaps = int(row["gaps"])
        found.append(
            Checked("shipment_gap", "consistency", table, ("shipment_no",), gaps, int(row["n"]), "warn" if gaps else "", scored=False)
        )
    return found


def _persons(tables: Tables) -> list[Checked]:
    counted = persons.counted(tables)
    if counted is None:
        return []
    groups, members = counted
    facts: dict[str, Fact] = {"groups": groups}
    of = tables.customers.count()
    return [Checked("same_person", "consistency", "customers", ("customer_id",), members, of, "note", facts=facts)]


# ---------------------------------------------------------------- what the import saw
SIDES = {"missing": "completeness", "bad": "accuracy", "wrong": "accuracy", "duplicate": "consistency", "future": "currency"}


def _imported(tables: Tables) -> list[Checked]:
    """Rows set aside, cells that could not be read, order numbers that mix orders."""
    found: list[Checked] = []
    read: dict[str, int] = {}
    kept: dict[str, int] = {}
    for file in tables.basis.received:
        read[file.table] = read.get(file.table, 0) + file.read
        kept[file.table] = kept.get(file.table, 0) + file.accepted
    for aside in tables.basis.set_aside:
        side = aside.reason.partition("_")[0]
        if side not in SIDES:
            continue  # rows left out for another cause than their quality, such as a person's request
        share = aside.rows / read[aside.table]
        severity = "note" if side in ("duplicate", "future") or share < WARNS else "warn" if share < STOPS else "stop"
        facts: dict[str, Fact] = {"reason": f"data.reasons.{aside.reason}"}
        found.append(
            replace(
                Checked("set_aside", SIDES[side], aside.table, (), aside.rows, read[aside.table], severity, None, aside.first, facts),
                columns=(aside.reason,),
            )
        )
    for told in tables.basis.statements:
        n, first = int(told.facts.get("n") or 0), str(told.facts.get("first") or "")
        if told.key == "data.noticed.unread":
            table, column = (str(told.facts[part]).rpartition(".")[2] for part in ("table", "column"))
            severity = "warn" if n > (1 - FILLED_ENOUGH) * kept[table] else "note"
            found.append(Checked("unread", "accuracy", table, (column,), n, kept[table], severity, None, first))
        elif told.key == "data.noticed.mixed_orders":
            found.append(Checked("mixed_orders", "consistency", "order_lines", ("order_id",), n, 0, "warn", scored=False))
    return found


def _reconciled(lines: Sequence[Reconciled]) -> list[Checked]:
    """The client's own figures that are not ours."""
    supplied = [line for line in lines if line.client is not None]
    differing = [line for line in supplied if line.client != line.ours]
    money = [abs((line.client or 0) - line.ours) for line in differing if line.measure == "sales" and line.month != "total"]
    facts: dict[str, Fact] = {"label": differing[0].month} if differing else {}
    severity = "stop" if differing else ""
    told = sum(money) if money else None
    return [Checked("reconciled", "credibility", "order_lines", (), len(differing), len(supplied), severity, told, facts=facts)]
