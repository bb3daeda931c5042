"""The contract: the tables a client can give, their columns, and what each column means.

What is not here is never imported. There is deliberately no column for a person's name, mail, telephone or address.

Units: money is a BIGINT of minor units of the client's currency (`EXPONENT`), rounded half away from zero once, at
import. A quantity is a BIGINT number of items; a line sold by weight (0.350) counts as one item, with its sign. Dates
are local dates. A time is text `HH:MM`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crm_helpers.text.formats import MINOR

Kind = Literal["id", "text", "integer", "quantity", "money", "date", "time", "year"]

EXPONENT = MINOR
"""Decimal places of the minor unit of each currency."""

SQL_TYPE: dict[Kind, str] = {
    "id": "varchar",
    "text": "varchar",
    "integer": "bigint",
    "quantity": "bigint",
    "money": "bigint",
    "date": "date",
    "time": "varchar",
    "year": "bigint",
}


@dataclass(frozen=True)
class Column:
    """One column: its kind decides how it is read; a row without a `required` column is set aside."""

    name: str
    kind: Kind
    about: str
    required: bool = False

    @property
    def sql_type(self) -> str:
        """Its type in every engine."""
        return SQL_TYPE[self.kind]


@dataclass(frozen=True)
class Table:
    """One contract table. `key` names its rows; `dated` is the column that `as_of` is compared with."""

    name: str
    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    dated: str | None = None

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: the contract has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(column.name for column in self.columns)


ORDER_LINES = Table(
    name="order_lines",
    about="One row an order line; the only table that is required.",
    key=("order_id", "line_no"),
    dated="ordered_on",
    columns=(
        Column("order_id", "id", "The order or receipt; when it is absent every line is its own order."),
        Column("line_no", "integer", "The line within its order; with order_id it finds lines that came twice."),
        Column("ordered_on", "date", "Local day of the order.", required=True),
        Column("ordered_at", "time", "Local time of the order, HH:MM."),
        Column("customer_id", "id", "The customer; empty for a guest."),
        Column("store_id", "id", "The store that sold."),
        Column("product_id", "id", "The product sold."),
        Column("channel", "text", "Where it was sold, in the client's words."),
        Column("quantity", "quantity", "Items; negative for a return."),
        Column(
            "amount",
            "money",
            "What the customer paid for the line, in minor units; negative for a refund.",
            required=True,
        ),
        Column("discount", "money", "Reduction already taken off the amount, in minor units."),
    ),
)

CUSTOMERS = Table(
    name="customers",
    about="One row a member.",
    key=("customer_id",),
    dated="joined_on",
    columns=(
        Column("customer_id", "id", "The member.", required=True),
        Column("joined_on", "date", "Day of joining."),
        Column("joined_store_id", "id", "The store of joining."),
        Column("gender", "text", "Gender, in the client's words."),
        Column("birth_year", "year", "Year of birth; of a full date only the year is kept."),
    ),
)

PRODUCTS = Table(
    name="products",
    about="One row a product.",
    key=("product_id",),
    columns=(
        Column("product_id", "id", "The product.", required=True),
        Column("name", "text", "Its name."),
        Column("category", "text", "The larger class."),
        Column("subcategory", "text", "The class within the larger class."),
        Column("unit_cost", "money", "Cost of one item, in minor units."),
    ),
)

STORES = Table(
    name="stores",
    about="One row a store.",
    key=("store_id",),
    columns=(
        Column("store_id", "id", "The store.", required=True),
        Column("name", "text", "Its name."),
        Column("prefecture", "text", "The prefecture or region it stands in."),
        Column("opened_on", "date", "Day of opening."),
    ),
)

TABLES = {table.name: table for table in (ORDER_LINES, CUSTOMERS, PRODUCTS, STORES)}
"""Every contract table by name."""
