"""What a row must keep to, declared as data: plausible ranges, the order of days, what goes together.

A rule's `test` is SQL over the columns of its own table that is true for a row that breaks it; `:as_of` stands for the last
day that counts. A rule is asked only where the client gave all of its columns. The names of the characteristics are those of
ISO/IEC 25012 (inherent data quality): accuracy is its syntactic kind, since no file knows the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Characteristic = Literal["completeness", "consistency", "accuracy", "currency", "credibility"]
Severity = Literal["stop", "warn", "note"]
CHARACTERISTICS: tuple[Characteristic, ...] = ("completeness", "consistency", "accuracy", "currency", "credibility")
SEVERITIES: tuple[Severity, ...] = ("stop", "warn", "note")


@dataclass(frozen=True)
class Rule:
    """One rule of the rows of a table.

    Args:
        check: its words are `quality.checks.<check>`.
        columns: what it looks at; a workbook shows the values of the first two.
        severity: of a finding; `share` is the share of rows from which it is one (0: from the first row).
    """

    check: str
    characteristic: Characteristic
    table: str
    columns: tuple[str, ...]
    test: str
    severity: Severity = "warn"
    share: float = 0.0
    facts: dict[str, int | float | str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Made from meaning: `date_order:customers.joined_on.left_on`."""
        return f"{self.check}:{self.table}.{'.'.join(self.columns)}"


def _outside(table: str, column: str, low: int, high: int | None = None, severity: Severity = "warn") -> Rule:
    """A number that cannot be: below `low`, or above `high`."""
    if high is None:
        return Rule("below", "accuracy", table, (column,), f"{column} < {low}", severity, facts={"low": low})
    test = f"{column} < {low} or {column} > {high}"
    return Rule("outside", "accuracy", table, (column,), test, severity, facts={"low": low, "high": high})


def _later(table: str, first: str, then: str, severity: Severity = "warn") -> Rule:
    """`then` lies before `first`, compared by day: exports often carry a time in one of them only."""
    test = f"cast({then} as date) < cast({first} as date)"
    return Rule("date_order", "consistency", table, (first, then), test, severity)


def _more(table: str, part: str, whole: str) -> Rule:
    """A part that is larger than its whole."""
    return Rule("part_of", "consistency", table, (part, whole), f"{part} > {whole}")


SIGNS = (
    Rule("sign", "consistency", "order_lines", ("quantity", "amount"),
         "(quantity < 0 and amount > 0) or (quantity > 0 and amount < 0)", share=0.001),
    Rule("zero_amount", "credibility", "order_lines", ("amount",), "amount = 0", "note", share=0.01),
)  # fmt: skip

RANGES = (
    Rule("age", "accuracy", "customers", ("birth_year",),
         "birth_year > extract(year from :as_of) or birth_year < extract(year from :as_of) - 110"),
    _outside("customers", "birth_month", 1, 12),
    _outside("order_lines", "discount", 0, severity="note"),
    _outside("order_lines", "points_used", 0, severity="note"),
    _outside("order_lines", "tax_percent", 0, 30),
    _outside("order_lines", "shipment_no", 1),
    _outside("order_lines", "quantity", -10000, 10000),
    _outside("products", "unit_price", 0),
    _outside("products", "unit_cost", 0),
    _outside("products", "tax_percent", 0, 30),
    _outside("campaigns", "control_percent", 0, 100),
    _outside("campaigns", "expected_rate", 0, 100),
    _outside("campaigns", "expected_control_rate", 0, 100),
    _outside("campaigns", "cost", 0),
    _outside("contacts", "cost", 0),
    _outside("contact_totals", "sent", 0),
    Rule("scale", "accuracy", "surveys", ("score", "measure"),
         "(measure = 'nps' and (score < 0 or score > 10)) or (measure = 'csat' and (score < 1 or score > 5))"
         " or (measure = 'ces' and (score < 1 or score > 7))"),
    _outside("contracts", "price", 0),
    _outside("contracts", "cycle_days", 1),
    _outside("contracts", "seats", 1),
    _outside("contracts", "shipments", 0),
    _outside("contract_changes", "shipment_no", 1),
    _outside("reservations", "people", 1),
    _outside("reservations", "amount", 0, severity="note"),
    _outside("usage", "uses", 0),
    _outside("deals", "amount", 0, severity="note"),
    _outside("points", "points", 1),
    _outside("acquisition_cost", "amount", 0),
    _outside("acquisition_cost", "new_customers", 0),
    _outside("day_totals", "receipts", 0),
    _outside("audit_answers", "level", 0, 4),
    _outside("workshop", "score", -2, 2),
)  # fmt: skip

ORDERS = (
    _later("customers", "joined_on", "left_on"),
    _later("products", "launched_on", "ended_on", "note"),
    _later("stores", "opened_on", "closed_on"),
    _later("campaigns", "starts_on", "ends_on"),
    _later("contacts", "sent_at", "opened_at"),
    _later("contacts", "sent_at", "clicked_at"),
    _later("contacts", "assigned_at", "sent_at"),
    _later("contacts", "assigned_at", "responded_at"),
    _later("inquiries", "opened_at", "first_reply_at"),
    _later("inquiries", "opened_at", "closed_at"),
    _later("contracts", "started_on", "cancelled_on"),
    _later("contracts", "started_on", "next_due_on"),
    _later("contract_changes", "changed_on", "until"),
    _later("reservations", "booked_at", "visit_at"),
    _later("reservations", "booked_at", "cancelled_at"),
    _later("leads", "created_on", "qualified_on"),
    _later("leads", "created_on", "converted_on"),
    _later("deals", "opened_on", "won_on"),
    _later("deals", "opened_on", "lost_on"),
    _later("points", "booked_on", "expires_on"),
)

TOGETHER = (
    _more("contact_totals", "delivered", "sent"),
    _more("contact_totals", "opened", "delivered"),
    _more("contact_totals", "clicked", "opened"),
    _more("products", "unit_cost", "unit_price"),
    Rule("both", "consistency", "deals", ("won_on", "lost_on"), "won_on is not null and lost_on is not null"),
    Rule("both", "consistency", "contracts", ("cancelled_on", "next_due_on"),
         "cancelled_on is not null and next_due_on > cancelled_on", "note"),
    Rule("own_parent", "consistency", "accounts", ("account_id", "parent_id"), "account_id = parent_id", "note"),
    Rule("own_parent", "consistency", "customers", ("customer_id", "referred_by"), "customer_id = referred_by", "note"),
)  # fmt: skip

RULES: tuple[Rule, ...] = (*SIGNS, *RANGES, *ORDERS, *TOGETHER)


def rules_of(table: str, given: set[str]) -> list[Rule]:
    """The rules of a table that can be asked with the columns given."""
    return [rule for rule in RULES if rule.table == table and given >= set(rule.columns)]


def counts(rules: list[Rule], amount: str = "") -> list[str]:
    """For each rule its cells of one folded statement: rows that break it, rows it looks at, and their `amount`."""
    cells = []
    for rule in rules:
        held = " and ".join(f"{column} is not null" for column in rule.columns)
        cells += [f"sum(case when {rule.test} then 1 else 0 end)", f"sum(case when {held} then 1 else 0 end)"]
        cells += [f"sum(case when {rule.test} then {amount} else 0 end)" if amount else "0"]
    return cells
