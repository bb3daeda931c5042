"""Which column names a row of which table: declared once, for the checks, the order of import and the contract's page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crm_helpers.data.contract import TABLES

TARGETS = {  # a column of this name means this table wherever it stands, but for the table it names itself
    "customer_id": "customers",
    "account_id": "accounts",
    "product_id": "products",
    "store_id": "stores",
    "campaign_id": "campaigns",
    "contract_id": "contracts",
    "deal_id": "deals",
    "lead_id": "leads",
}
OTHERS = {  # column → table and column, where the names differ
    "customers.joined_store_id": "stores.store_id",
    "customers.referred_by": "customers.customer_id",
    "accounts.parent_id": "accounts.account_id",
    "contracts.restarted_from": "contracts.contract_id",
    "order_lines.returned_order_id": "order_lines.order_id",
    "points.order_id": "order_lines.order_id",
    "inquiries.order_id": "order_lines.order_id",
}


@dataclass(frozen=True)
class Reference:
    """`table.column` names the row of `target` whose `key` is the same."""

    table: str
    column: str
    target: str
    key: str


def _declared() -> tuple[Reference, ...]:
    found = [
        Reference(name, column, target, column)
        for name, table in TABLES.items()
        for column, target in TARGETS.items()
        if column in table.names and name != target
    ]
    pairs = [(*ours.split("."), *theirs.split(".")) for ours, theirs in OTHERS.items()]
    return (*found, *(Reference(*pair) for pair in pairs))


REFERENCES = _declared()


def references_of(table: str) -> list[Reference]:
    """What the columns of a table name."""
    return [reference for reference in REFERENCES if reference.table == table]


def named_first(tables: Iterable[str]) -> list[str]:
    """The tables in an order in which each comes after those that it names."""
    left, done = list(tables), list[str]()
    while left:
        free = [name for name in left if not {r.target for r in references_of(name)} & (set(left) - {name})]
        done += free or left
        left = [name for name in left if name not in done]
    return done
