"""Conditions on customers, written in params, compiled to one portable query.

A condition is a comparison (`field`, `op`, `value`, and for behaviour `within`), or `all`, `any`, `not` of conditions, or
`segment: <name>` of another one. Each comparison is true or false of every customer: what is not known compares as false,
and `not` turns that into true; `known` asks for it. Values are bound as literals, never pasted into the text.

Everybody who is in `customers` or has bought is asked. Days are relative to as_of: `as_of`, `as_of-180d`, `as_of-6m`,
`as_of-1y`, or a date. `within: 90d` means the last 90 days, as_of included.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Literal

from crm_helpers.data.contract import EXPONENT, TABLES
from crm_helpers.data.tables import Tables
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params.load import Loaded, nearest
from crm_helpers.params.schema import Condition

Sort = Literal["number", "money", "date", "text", "flag"]

COMPARE = {"is": "=", "is_not": "<>", "under": "<", "at_most": "<=", "over": ">", "at_least": ">="}
OPS: dict[Sort, tuple[str, ...]] = {
    "number": (*COMPARE, "between", "in", "known"),
    "money": (*COMPARE, "between", "known"),
    "date": ("is", "before", "after", "between", "known"),
    "text": ("is", "is_not", "in", "starts_with", "known"),
    "flag": ("is", "known"),
}
ANY_OF = ("any_of",)  # behaviour that names things: bought any of these categories
DATE_OPS = {"is": "=", "before": "<", "after": ">"}
SPAN = re.compile(r"(\d{1,4})([dmy])")
RELATIVE = re.compile(r"as_of(?:-(\d{1,4}[dmy]))?")


@dataclass(frozen=True)
class Field:
    """What a comparison may ask of a customer.

    Args:
        sort: decides the operators and how values are read.
        source: where it comes from (a key of SOURCES).
        value: SQL of one customer's value: an aggregate over the source's rows, or a column of `customers`.
        needs: the table or column without which nothing can be said.
        absent: the value of a customer without any row; None for unknown.
        named: the comparison names things (`any_of`), and the value counts the rows that match `value in (...)`.
    """

    sort: Sort
    source: str
    value: str
    needs: str
    absent: int | None = None
    named: bool = False


@dataclass(frozen=True)
class Source:
    """Rows with a customer_id, and the day of a row where `within` can narrow them."""

    rows: str
    day: str | None = None


SOURCES = {
    "customers": Source("customers"),
    "days": Source("customer_day", "ordered_on"),
    "lines": Source(
        "(select l.customer_id, l.ordered_on, l.product_id, l.store_id, l.channel, p.category, p.subcategory from order_lines as l"
        " left join (select product_id, min(category) as category, min(subcategory) as subcategory from products"
        " group by product_id) as p on p.product_id = l.product_id where l.amount > 0) as bought",
        "ordered_on",
    ),
    "contracts": Source("contracts", "started_on"),
    "reservations": Source("reservations", "visit_at"),
    "contacts": Source("(select * from contacts where sent_at is not null) as sent", "sent_at"),
    "responses": Source("(select * from contacts where responded_at is not null) as answered", "responded_at"),
    "inquiries": Source("inquiries", "opened_at"),
    "scores": Source("(select * from surveys where measure = 'nps') as asked", "answered_on"),
    "points": Source("points", "booked_on"),
    "stops": Source("stops"),
    "consents": Source(
        "(select c.customer_id, c.channel, min(case when c.agreed then 1 else 0 end) as agreed from consents as c"
        " join (select customer_id, channel, max(changed_at) as changed_at from consents group by customer_id, channel) as last"
        " on last.customer_id = c.customer_id and last.channel = c.channel"
        " and (last.changed_at = c.changed_at or last.changed_at is null)"
        " group by c.customer_id, c.channel having min(case when c.agreed then 1 else 0 end) = 1) as agreed_to"
    ),
}

BEHAVIOUR = {
    "orders": Field("number", "days", "cast(sum(orders) as bigint)", "order_lines.customer_id", 0),
    "spend": Field("money", "days", "cast(sum(amount) as bigint)", "order_lines.customer_id", 0),
    "items": Field("number", "days", "cast(sum(items) as bigint)", "order_lines.quantity", 0),
    "first_order_on": Field("date", "days", "min(case when orders > 0 then ordered_on end)", "order_lines.customer_id"),
    "last_order_on": Field("date", "days", "max(case when orders > 0 then ordered_on end)", "order_lines.customer_id"),
    "bought_product": Field("text", "lines", "product_id", "order_lines.product_id", 0, named=True),
    "bought_category": Field("text", "lines", "category", "products.category", 0, named=True),
    "bought_subcategory": Field("text", "lines", "subcategory", "products.subcategory", 0, named=True),
    "bought_at_store": Field("text", "lines", "store_id", "order_lines.store_id", 0, named=True),
    "bought_by_channel": Field("text", "lines", "channel", "order_lines.channel", 0, named=True),
    "running_contracts": Field(
        "number", "contracts", "cast(sum(case when cancelled_on is null then 1 else 0 end) as bigint)", "contracts", 0
    ),
    "contract_plan": Field("text", "contracts", "plan", "contracts.plan", 0, named=True),
    "shipments": Field("number", "contracts", "max(shipments)", "contracts.shipments"),
    "next_due_on": Field("date", "contracts", "min(case when cancelled_on is null then next_due_on end)", "contracts.next_due_on"),
    "cancelled_on": Field("date", "contracts", "max(cancelled_on)", "contracts.cancelled_on"),
    "last_visit_on": Field(
        "date", "reservations", "max(case when status = 'kept' then cast(visit_at as date) end)", "reservations"
    ),
    "next_visit_on": Field(
        "date", "reservations", "min(case when status = 'booked' then cast(visit_at as date) end)", "reservations.status"
    ),
    "no_shows": Field(
        "number", "reservations", "cast(sum(case when status = 'no_show' then 1 else 0 end) as bigint)", "reservations.status", 0
    ),
    "contacts": Field("number", "contacts", "count(*)", "contacts", 0),
    "contacted_by": Field("text", "contacts", "campaign_id", "contacts", 0, named=True),
    "responded_to": Field("text", "responses", "campaign_id", "contacts.responded_at", 0, named=True),
    "consent": Field("text", "consents", "channel", "consents", 0, named=True),
    "stopped": Field("text", "stops", "reason", "stops", 0, named=True),
    "inquiries": Field("number", "inquiries", "count(*)", "inquiries", 0),
    "complaints": Field(
        "number", "inquiries", "cast(sum(case when complaint then 1 else 0 end) as bigint)", "inquiries.complaint", 0
    ),
    "lowest_nps": Field("number", "scores", "min(score)", "surveys.score"),
    "points": Field(
        "number",
        "points",
        "cast(sum(case when kind in ('granted', 'returned') then points else -points end) as bigint)",
        "points",
        0,
    ),
}
"""Every field of behaviour by name. The columns of `customers` and the client's dimensions of it come beside them."""

SORTS: dict[str, Sort] = {"date": "date", "integer": "number", "year": "number", "number": "number", "money": "money", "flag": "flag"}


@dataclass(frozen=True)
class Compiled:
    """A query with one row a customer, and its values."""

    text: str
    values: Mapping[str, object]


class UnknownSegment(KeyError):
    """A segment that params does not name."""


def faults(loaded: Loaded, tables: Tables) -> list[CrmError]:
    """Every fault of `segments:`, each with its line: unknown fields, operators, values, data not sent, circles."""
    found: list[CrmError] = []
    segments = {name: segment.where for name, segment in loaded.params.segments.items()}
    for name, where in segments.items():
        place = ("segments", name, "where")
        for at, leaf in _leaves(where, place):
            found += _leaf_faults(loaded, tables, at, leaf, segments)
        if name in _reached(name, segments):
            found.append(UsageError("conditions.circle", where=loaded.where(*place), found=name))
    return found


def compiled(
    where: Condition, *, tables: Tables, as_of: datetime.date, currency: str, segments: Mapping[str, Condition] | None = None
) -> Compiled:
    """The query of the customers of whom the condition is true.

    Raises:
        KeyError: a field or segment that does not exist (`faults` tells it with its line).
        ValueError: a value that cannot be read.
    """
    job = _Job(tables, as_of, currency, segments or {})
    test = job.test(where)
    return Compiled(f"{job.read('everybody.customer_id')} where {test}", job.values)


def flagged(wheres: Mapping[str, Condition], *, tables: Tables, as_of: datetime.date, currency: str) -> Compiled:
    """A query of everybody: `customer_id` and, by its name, whether each condition is true; one scan serves them all.

    Raises:
        As `compiled`.
    """
    job = _Job(tables, as_of, currency, wheres)
    tests = [f'{job.test(where)} as "{name}"' for name, where in wheres.items()]
    return Compiled(job.read(", ".join(["everybody.customer_id", *tests])), job.values)


EVERYBODY = (
    "select customer_id from customers where customer_id is not null and customer_id not in (select customer_id from apart)"
    " union select customer_id from customer_day where customer_id is not null"
)


@dataclass
class _Job:
    """One compilation: every source and window is read once, however many comparisons ask for it."""

    tables: Tables
    as_of: datetime.date
    currency: str
    segments: Mapping[str, Condition]
    values: dict[str, object] = field(default_factory=dict)
    columns: dict[tuple[str, str | None], dict[str, str]] = field(default_factory=dict)

    def test(self, where: Condition) -> str:
        """SQL of a condition: true or false, never unknown."""
        if where.all is not None:
            return _joined(" and ", [self.test(part) for part in where.all])
        if where.any is not None:
            return _joined(" or ", [self.test(part) for part in where.any])
        if where.not_ is not None:
            return f"not ({self.test(where.not_)})"
        if where.segment is not None:
            if where.segment not in self.segments:
                raise UnknownSegment(where.segment)
            return self.test(self.segments[where.segment])
        return f"coalesce({self._compared(where)}, false)"

    def read(self, shown: str) -> str:
        """The query that shows something of everybody, each beside what the tests ask; `test` comes before it."""
        parts = [f"everybody as ({EVERYBODY})", *self.sources()]
        joins = "".join(f" left join {name} on {name}.customer_id = everybody.customer_id" for name in self.names())
        return f"with {', '.join(parts)} select {shown} from everybody{joins}"

    def names(self) -> list[str]:
        """The sources asked, as they are named in the query."""
        return [f"s{number}" for number in range(len(self.columns))]

    def sources(self) -> Iterator[str]:
        """The common table expression of each source."""
        for name, ((source, within), columns) in zip(self.names(), self.columns.items(), strict=True):
            rows = SOURCES[source]
            shown = ", ".join(f"{sql} as {alias}" for alias, sql in columns.items())
            narrowed = [f"{rows.rows.split()[-1] + '.' if ' ' in rows.rows else ''}customer_id is not null"]
            if within is not None:
                start = self._value(shifted(self.as_of, within) + datetime.timedelta(days=1))
                narrowed.append(f"cast({rows.day} as date) between {start} and {self._value(self.as_of)}")
            grouped = "" if source == "customers" else " group by customer_id"
            yield f"{name} as (select customer_id, {shown} from {rows.rows} where {' and '.join(narrowed)}{grouped})"

    def _compared(self, where: Condition) -> str:
        asked = fields(self.tables)[str(where.field)]
        given = list(where.value)
        if asked.named:
            listed = self._value(given)
            return f"{self._column(asked, where, f'sum(case when {asked.value} in ({listed}) then 1 else 0 end)')} > 0"
        column = self._column(asked, where, asked.value)
        if where.op == "known":
            return f"({column} is not null) = {_truth(given[0])}"
        if asked.absent is not None:
            column = f"coalesce({column}, {asked.absent})"
        read = [self._value(self._read(asked.sort, value)) for value in given]
        return _operator(asked.sort, str(where.op), column, read)

    def _read(self, sort: Sort, value: str) -> object:
        return read_value(sort, value, as_of=self.as_of, currency=self.currency)

    def _column(self, asked: Field, where: Condition, sql: str) -> str:
        key = (asked.source, where.within)
        columns = self.columns.setdefault(key, {})
        alias = next((name for name, other in columns.items() if other == sql), f"c{len(columns)}")
        columns[alias] = sql
        return f"s{list(self.columns).index(key)}.{alias}"

    def _value(self, value: object) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def _joined(word: str, tests: Sequence[str]) -> str:
    return "(" + word.join(tests) + ")"


def _operator(sort: Sort, op: str, column: str, read: Sequence[str]) -> str:
    if op == "between":
        return f"{column} between {read[0]} and {read[1]}"
    if op == "in":
        return f"{column} in ({', '.join(read)})"
    if op == "starts_with":
        return f"substr({column}, 1, length({read[0]})) = {read[0]}"
    return f"{column} {(DATE_OPS if sort == 'date' else COMPARE)[op]} {read[0]}"


def fields(tables: Tables) -> dict[str, Field]:
    """Every field that a condition may name for this client: what `customers` holds, its dimensions, and behaviour."""
    declared = {name: Field("text", "customers", name, f"customers.{name}") for name in tables.dimensions("customers")}
    age = Field("number", "customers", f"{tables.as_of.year} - birth_year", "customers.birth_year")
    return {**declared, **own_fields(), "age": age, **BEHAVIOUR}


def own_fields() -> dict[str, Field]:
    """The columns of `customers` as fields."""
    return {
        column.name: Field(SORTS.get(column.kind, "text"), "customers", column.name, f"customers.{column.name}")
        for column in TABLES["customers"].columns
        if column.name != "customer_id"
    }


def shifted(day: datetime.date, span: str) -> datetime.date:
    """The day a span before: `90d`, `6m`, `1y`; the last day of a shorter month stands for the 29th to 31st.

    Raises:
        ValueError: not a span.
    """
    found = SPAN.fullmatch(span)
    if not found:
        raise ValueError(span)
    count, unit = int(found[1]), found[2]
    if unit == "d":
        return day - datetime.timedelta(days=count)
    months = day.year * 12 + day.month - 1 - count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def read_value(sort: Sort, text: str, *, as_of: datetime.date, currency: str) -> object:
    """A value as it was typed, read as the field's sort; money in major units becomes minor units.

    Raises:
        ValueError: it cannot be read.
    """
    readers: dict[Sort, Callable[[], object]] = {
        "number": lambda: _number(text),
        "money": lambda: _minor(text, EXPONENT[currency]),
        "date": lambda: _day(text, as_of),
        "text": lambda: text,
        "flag": lambda: _truth(text) == "true",
    }
    return readers[sort]()


def _number(text: str) -> int | float:
    number = _decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)


def _minor(text: str, places: int) -> int:
    minor = _decimal(text) * 10**places
    if minor != minor.to_integral_value():
        raise ValueError(text)
    return int(minor)


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise ValueError(text)
    return number


def _day(text: str, as_of: datetime.date) -> datetime.date:
    found = RELATIVE.fullmatch(text.replace(" ", ""))
    if found:
        return shifted(as_of, found[1]) if found[1] else as_of
    return datetime.date.fromisoformat(text)


def _truth(text: str) -> str:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text


# ---------------------------------------------------------------- faults
def _leaves(where: Condition, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Condition]]:
    for name, parts in (("all", where.all), ("any", where.any)):
        for number, part in enumerate(parts or ()):
            yield from _leaves(part, (*place, name, number))
    if where.not_ is not None:
        yield from _leaves(where.not_, (*place, "not"))
    if where.field is not None or where.segment is not None:
        yield place, where


def _reached(name: str, segments: Mapping[str, Condition]) -> set[str]:
    """Every segment that a segment refers to, directly or through others."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        where = segments.get(waiting.pop())
        named = [leaf.segment for _, leaf in _leaves(where, ()) if leaf.segment] if where else []
        waiting += [segment for segment in named if segment not in found]
        found.update(named)
    return found


def _leaf_faults(
    loaded: Loaded, tables: Tables, place: tuple[str | int, ...], leaf: Condition, segments: Mapping[str, Condition]
) -> list[CrmError]:
    if leaf.segment is not None:
        if leaf.segment in segments:
            return []
        near = nearest(leaf.segment, list(segments))
        where = loaded.where(*place, "segment")
        return [UsageError("conditions.segment", where=where, found=leaf.segment, has=list(segments), nearest=near)]
    known = fields(tables)
    if leaf.field not in known:
        near = nearest(str(leaf.field), list(known))
        where = loaded.where(*place, "field")
        return [UsageError("conditions.field", where=where, found=leaf.field, has=sorted(known), nearest=near)]
    asked = known[leaf.field]
    ops = ANY_OF if asked.named else OPS[asked.sort]
    if leaf.op not in ops:
        where = loaded.where(*place, "op")
        return [UsageError("conditions.op", where=where, found=leaf.op or "", field=leaf.field, has=list(ops))]
    return [*_value_faults(loaded, place, leaf, asked), *_missing(loaded, tables, place, leaf, asked)]


def _value_faults(loaded: Loaded, place: tuple[str | int, ...], leaf: Condition, asked: Field) -> list[CrmError]:
    wanted = {"between": 2, "in": None, "any_of": None}.get(str(leaf.op), 1)
    where = loaded.where(*place, "value")
    if not leaf.value or (wanted is not None and len(leaf.value) != wanted):
        return [UsageError("conditions.count", where=where, found=len(leaf.value), field=leaf.field, op=leaf.op, wanted=wanted or 1)]
    sort: Sort = "flag" if leaf.op == "known" else "text" if asked.named else asked.sort
    for value in leaf.value:
        try:
            read_value(sort, value, as_of=loaded.params.as_of, currency=loaded.params.currency)
        except ValueError:
            should = f"errors.conditions.should.{sort}"
            return [UsageError("conditions.value", where=where, found=value, field=leaf.field, should=should)]
    if leaf.within is not None and SOURCES[asked.source].day is None:
        return [UsageError("conditions.within", where=loaded.where(*place, "within"), field=leaf.field)]
    return []


def _missing(loaded: Loaded, tables: Tables, place: tuple[str | int, ...], leaf: Condition, asked: Field) -> list[CrmError]:
    if tables.has(asked.needs):
        return []
    return [UsageError("conditions.not_sent", where=loaded.where(*place, "field"), field=leaf.field, needs=asked.needs)]
