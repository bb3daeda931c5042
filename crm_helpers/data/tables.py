"""What every metric takes first: the client's tables behind one `sql`, and nothing later than as_of.

Statements are written in the portable part of DuckDB's SQL. `:name` stands for a value. Besides the contract's tables
there are derived ones, made when a statement first names them:

- `apart`: customers who are not counted as customers, by the setting `customers_are` (companies, staff, tests where consumers
  are meant): customer_id, kind. Their money is in every total; their ids are in no count.
- `bought`: the order lines as they count: order_id, customer_id (NULL for guests and for those apart), apart_id (the id of
  those apart), ordered_on, store_id, channel, product_id, contract_id, quantity, amount.
- `orders`: one row an order: order_id, customer_id and apart_id (as in `bought`), contract_id, store_id, ordered_on,
  ordered_at, lines, pieces, items (the pieces that were paid for: no gifts, no samples), amount, discount, is_order, receipts.
  A negative total is money but no order. Sales known only as totals of a day (`day_totals`) are one row a day, store and
  channel: money of guests and no order that could be looked at, but `receipts` counts theirs too.
- `customer_day`: identified customers only: customer_id, ordered_on, orders, items, amount.
- `visits`: identified customers' days with an order: customer_id, ordered_on, nth (1 = the first), first_on, next_on (of the
  next such day; NULL for the last).
- `timeline`: all that happened with identified customers, for internal eyes only: customer_id, happened_at, kind (order,
  return, contact, open, click, response, opt_out, event, inquiry, survey, reservation), what, channel, reference, amount.
- `account_roots`: one row an account: account_id, root_id (the account at the top, itself where it is the top), depth (0 at
  the top). A parent that is not there makes a top; links that run in a circle are cut at its smallest number.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from crm_helpers.data import importing, mapping, statements
from crm_helpers.data.contract import TABLES, Table
from crm_helpers.data.engine import DuckDBEngine, Engine
from crm_helpers.data.fingerprint import fingerprint
from crm_helpers.data.private import close_to_others
from crm_helpers.document import Basis
from crm_helpers.errors import Faults
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded

MOMENTS = {
    "contact": "sent_at",
    "open": "opened_at",
    "click": "clicked_at",
    "response": "responded_at",
    "opt_out": "opted_out_at",
}


def _contact_rows(kind: str, moment: str) -> str:
    return (
        f" union all select customer_id, {moment}, '{kind}', campaign_id, channel, contact_id, cast(null as bigint)"
        f" from contacts where {moment} is not null"
    )


DERIVED = {
    "apart": """
select customer_id, min(kind) as kind from customers where kind in (:kinds) group by customer_id order by customer_id
""",
    "bought": """
select l.order_id, case when apart.customer_id is null then l.customer_id end as customer_id, apart.customer_id as apart_id,
  l.ordered_on, l.store_id, l.channel, l.product_id, l.contract_id, l.quantity, l.amount
from order_lines as l left join apart on apart.customer_id = l.customer_id
""",
    "orders": """
with placed as (
  select order_id, min(customer_id) as customer_id, min(contract_id) as contract_id, min(store_id) as store_id,
    min(ordered_on) as ordered_on, min(ordered_at) as ordered_at, count(*) as lines,
    cast(sum(quantity) as bigint) as pieces,
    cast(sum(case when amount = 0 and quantity is not null then 0 else quantity end) as bigint) as items,
    cast(sum(amount) as bigint) as amount, cast(sum(discount) as bigint) as discount, sum(amount) >= 0 as is_order,
    cast(case when sum(amount) >= 0 then 1 else 0 end as bigint) as receipts
  from order_lines group by order_id
)
select placed.order_id, case when apart.customer_id is null then placed.customer_id end as customer_id,
  apart.customer_id as apart_id, placed.contract_id, placed.store_id, placed.ordered_on, placed.ordered_at, placed.lines,
  placed.pieces, placed.items, placed.amount, placed.discount, placed.is_order, placed.receipts
from placed left join apart on apart.customer_id = placed.customer_id
union all
select concat('day ', cast(sold_on as varchar), ' ', coalesce(store_id, ''), ' ', coalesce(channel, '')) as order_id,
  cast(null as varchar) as customer_id, cast(null as varchar) as apart_id, cast(null as varchar) as contract_id, store_id,
  sold_on as ordered_on, cast(null as varchar) as ordered_at,
  cast(0 as bigint) as lines, cast(sum(quantity) as bigint) as pieces,
  cast(sum(case when amount = 0 and quantity is not null then 0 else quantity end) as bigint) as items,
  cast(sum(amount) as bigint) as amount,
  cast(sum(discount) as bigint) as discount, false as is_order, cast(coalesce(sum(receipts), 0) as bigint) as receipts
from day_totals group by sold_on, store_id, channel
order by ordered_on, order_id
""",
    "customer_day": """
select customer_id, ordered_on, cast(sum(case when is_order then 1 else 0 end) as bigint) as orders,
  cast(sum(items) as bigint) as items, cast(sum(amount) as bigint) as amount
from orders where customer_id is not null group by customer_id, ordered_on order by customer_id, ordered_on
""",
    "visits": """
select customer_id, ordered_on, row_number() over (partition by customer_id order by ordered_on) as nth,
  min(ordered_on) over (partition by customer_id) as first_on,
  lead(ordered_on) over (partition by customer_id order by ordered_on) as next_on
from customer_day where orders > 0 order by customer_id, ordered_on
""",
    "timeline": f"""
select * from (
  select coalesce(customer_id, apart_id) as customer_id, cast(concat(cast(ordered_on as varchar), ' ', coalesce(ordered_at, '00:00'), ':00') as timestamp)
      as happened_at, case when is_order then 'order' else 'return' end as kind, cast(null as varchar) as what,
    store_id as channel, order_id as reference, amount from orders
  {"".join(_contact_rows(kind, moment) for kind, moment in MOMENTS.items())}
  union all select customer_id, happened_at, 'event', event, channel, event_id, cast(null as bigint) from events
  union all select customer_id, opened_at, 'inquiry', reason, channel, inquiry_id, cast(null as bigint) from inquiries
  union all select customer_id, cast(answered_on as timestamp), 'survey', measure, channel, response_id,
    cast(null as bigint) from surveys
  union all select customer_id, visit_at, 'reservation', coalesce(status, 'booked'), channel, reservation_id, amount
    from reservations) as happened
where customer_id is not null and happened_at is not null order by customer_id, happened_at, kind, reference
""",
    # above: everything an account stands under, itself first when links run in a circle. A circle is cut at its smallest number.
    "account_roots": """
with recursive links as (
  select a.account_id, case when a.parent_id <> a.account_id then p.account_id end as parent_id
  from accounts a left join accounts p on p.account_id = a.parent_id
), above as (
  select account_id, parent_id as upper_id from links where parent_id is not null
  union
  select above.account_id, links.parent_id from above join links on links.account_id = above.upper_id
  where links.parent_id is not null
), circling as (select account_id from above where account_id = upper_id),
cut as (
  select above.account_id from above join circling on circling.account_id = above.account_id
  join circling as others on others.account_id = above.upper_id
  group by above.account_id having above.account_id = min(above.upper_id)
), trees as (
  select links.account_id, case when cut.account_id is null then links.parent_id end as parent_id
  from links left join cut on cut.account_id = links.account_id
), climbing as (
  select account_id, account_id as root_id, 0 as depth from trees where parent_id is null
  union all
  select trees.account_id, climbing.root_id, climbing.depth + 1 from climbing join trees on trees.parent_id = climbing.account_id
)
select account_id, root_id, cast(depth as bigint) as depth from climbing order by account_id
""",
}
VIEWS = {"bought"}  # as long as the order lines and cheap to make: kept nowhere


class TableHandle:
    """One table, for a look at it."""

    def __init__(self, tables: Tables, name: str) -> None:
        self._tables, self._name = tables, name

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names."""
        return tuple(self.head(0).columns)

    def head(self, n: int = 5) -> pd.DataFrame:
        """The first `n` rows."""
        return self._tables.sql(f"select * from {self._name} limit :n", n=n)

    def count(self) -> int:
        """How many rows there are."""
        return int(self._tables.sql(f"select count(*) as n from {self._name}")["n"].iloc[0])

    def to_pandas(self, *, limit: int) -> pd.DataFrame:
        """Up to `limit` rows: the whole table need not fit into memory, so say how much may come."""
        return self.head(limit)


class Tables:
    """The tables of one client up to and including `as_of`.

    Args:
        filled: contract table → its columns that hold a value.
        span: first and last day of the order lines; None without lines.
        basis: what was received and set aside.
        apart: the kinds of customers (`customers.kind`) who are not counted as customers.
        k: groups under this many people are not told.
        fingerprint: changes when the content could.
        folder: where derived tables are kept; None keeps them in the engine.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        as_of: datetime.date,
        filled: Mapping[str, Sequence[str]],
        span: tuple[datetime.date, datetime.date] | None,
        basis: Basis,
        fingerprint: str,
        folder: Path | None = None,
        apart: Sequence[str] = (),
        k: int = 5,
    ) -> None:
        self.apart_kinds, self.k = tuple(apart), k
        self.as_of, self.span, self.basis, self.fingerprint = as_of, span, basis, fingerprint
        self._engine, self._filled, self._folder = engine, filled, folder
        self._made: set[str] = set()

    @classmethod
    def of(
        cls,
        *,
        order_lines: pd.DataFrame,
        as_of: datetime.date | None = None,
        customers_are: str | None = None,
        **others: pd.DataFrame,
    ) -> Tables:
        """Tables from frames with the contract's columns, for tests and analysts; `others` are named as in the contract.

        Money is already in minor units; columns may be missing; an empty customer_id is a guest. `as_of` defaults to
        the last day there is; later rows are not seen. `customers_are` as in the params file.

        Raises:
            ValueError: a required column is missing, or a table or column is not in the contract.
        """
        given = {"order_lines": order_lines, **others}
        if strange := sorted(set(given) - set(TABLES)):
            raise ValueError(f"not in the contract: {strange}")
        days = pd.to_datetime(order_lines["ordered_on"]) if "ordered_on" in order_lines else pd.Series(dtype="datetime64[us]")
        last = as_of or (days.max().date() if days.notna().any() else datetime.date(1, 1, 1))
        engine = DuckDBEngine()
        for name, table in TABLES.items():
            _load(engine, table, given.get(name), last)
        return cls(
            engine,
            as_of=last,
            filled={name: _filled(engine, TABLES[name]) for name in given},
            span=_span(engine),
            basis=Basis(),
            fingerprint="",
            apart=_kinds_apart(engine, customers_are, "consumer"),
        )

    def sql(self, text: str, **values: object) -> pd.DataFrame:
        """The result of one query.

        Args:
            text: a query with `:name` for each value.
            values: date, int, float, str, bool, None, or a list of them for `in (:name)`.

        Returns:
            Integers as int64 (float64 where a column has NULLs), dates as datetime64, text as str.

        Raises:
            ValueError: not one query, a value that the text lacks or that is missing, a type that has no literal.
            TypeError: a sum that was not cast to bigint.
        """
        statement = statements.bind(text, values)
        for name in statement.tables:
            self._make(name)
        return self._engine.sql(statement.text)

    def hold(self, name: str, text: str, **values: object) -> str:
        """Keep the result of a query in the engine for the queries to come, under the name that is returned.

        The same query is run once, however many metrics ask for it; nothing of it outlives these tables.

        Args:
            name: what the result is; text, values: as for `sql`.
        """
        statement = statements.bind(text, values)
        held = f"{name}_{hashlib.sha256(statement.text.encode()).hexdigest()[:12]}"
        if held not in self._made:
            for needed in statement.tables:
                self._make(needed)
            self._engine.materialise(held, statement.text, None)
            self._made.add(held)
        return held

    def has(self, name: str) -> bool:
        """Whether the client gave a table (`customers`) or a column with any value (`order_lines.customer_id`).

        Raises:
            KeyError: neither the contract nor the client's dimensions have such a table or column.
        """
        table, _, column = name.partition(".")
        if column:
            held = column in self._filled.get(table, ())
            if not held:
                TABLES[table].column(column)
            return held
        return TABLES[table].name in self._filled

    def dimensions(self, name: str) -> tuple[str, ...]:
        """The columns of a table that the client declared besides the contract's and that hold a value."""
        return tuple(column for column in self._filled.get(name, ()) if column not in TABLES[name].names)

    def __getattr__(self, name: str) -> TableHandle:
        """A table by its name: `tables.order_lines`, `tables.customer_day`."""
        if name in TABLES or name in DERIVED:
            return TableHandle(self, name)
        raise AttributeError(f"no table {name!r}; there are {', '.join([*TABLES, *DERIVED])}")

    def __dir__(self) -> list[str]:
        """What completion offers: the methods, the tables that the client gave, and the derived ones."""
        return [*super().__dir__(), *self._filled, *DERIVED]

    @property
    def filled(self) -> Mapping[str, Sequence[str]]:
        """Contract table → its columns that hold a value, for the tables that the client gave."""
        return self._filled

    @property
    def folder(self) -> Path | None:
        """Where the import keeps these tables; None for tables of frames."""
        return self._folder

    def close(self) -> None:
        """Let go of the engine."""
        self._engine.close()

    def _make(self, name: str) -> None:
        if name not in DERIVED or name in self._made:
            return
        # a kind is never an empty text: nobody is apart where no kinds are
        statement = statements.bind(DERIVED[name], {"kinds": list(self.apart_kinds) or [""]} if name == "apart" else {})
        for needed in statement.tables:
            self._make(needed)
        if name in VIEWS:
            self._engine.view(name, statement.text)
        else:
            self._engine.materialise(name, statement.text, self._folder / f"{name}.parquet" if self._folder else None)
        self._made.add(name)


def open_tables(loaded: Loaded) -> Tables:
    """The client's tables, imported when their files, mapping or as_of have changed since.

    Raises:
        CrmError, Faults: the mapping or the files cannot be used; each fault names its line in the params file.
    """
    close_to_others()
    loaded = mapping.complete(loaded)
    faults = mapping.faults(loaded)
    if faults:
        raise Faults(faults)
    mark = fingerprint(loaded)
    folder, facts = importing.imported(loaded, mark)
    engine = DuckDBEngine(spill=paths.cache_folder(loaded.params.client) / "spill")
    for name, table in TABLES.items():
        if name in facts.filled:
            engine.attach(name, folder / f"{name}.parquet", mapping.contract_table(name, loaded.params.data[name]).names)
        else:
            engine.materialise(name, _nothing(table), None)
    span = (datetime.date.fromisoformat(facts.first), datetime.date.fromisoformat(facts.last)) if facts.first else None
    return Tables(
        engine,
        as_of=loaded.params.as_of,
        filled=facts.filled,
        span=span,
        basis=facts.basis,
        fingerprint=mark,
        folder=folder,
        apart=_kinds_apart(engine, loaded.params.customers_are, loaded.params.privacy.customer_kind),
        k=loaded.params.privacy.k,
    )


def _kinds_apart(engine: Engine, chosen: str | None, usual: str) -> list[str]:
    """The kinds of customers who stand apart; without a choice all but the `usual` kind, where there is anybody of it."""
    held = [str(kind) for kind in engine.sql("select distinct kind from customers where kind is not null order by kind")["kind"]]
    counted = chosen or (usual if usual in held else "all")
    return [] if counted == "all" else [kind for kind in held if kind != counted]


def _nothing(table: Table) -> str:
    cells = ", ".join(f"cast(null as {column.sql_type}) as {column.name}" for column in table.columns)
    return f"select {cells} where false"


def _load(engine: DuckDBEngine, table: Table, frame: pd.DataFrame | None, as_of: datetime.date) -> None:
    if frame is None:
        engine.materialise(table.name, _nothing(table), None)
        return
    strange = sorted(set(frame.columns) - set(table.names))
    lacking = [column.name for column in table.columns if column.required and column.name not in frame]
    if strange or lacking:
        raise ValueError(f"{table.name}: not in the contract: {strange}; required and missing: {lacking}")
    ids = {c.name for c in table.columns if c.kind == "id" and c.name in frame}
    frame = frame.astype({name: "Int64" for name in ids if frame[name].dtype.kind == "f"})  # whole ids that met a NaN
    cells = {c.name: f"cast({c.name if c.name in frame else 'null'} as {c.sql_type})" for c in table.columns}
    cells |= {name: f"nullif({cells[name]}, '')" for name in ids}
    if table.name == "order_lines":
        order = ", ".join(name for name in table.names if name in frame)
        cells["order_id"] = f"coalesce({cells['order_id']}, '#' || row_number() over (order by {order}))"
    seen = f" where {cells[table.dated]} is null or cast({cells[table.dated]} as date) <= date '{as_of}'" if table.dated else ""
    engine.load(table.name, frame, f"select {', '.join(f'{cell} as {name}' for name, cell in cells.items())} from frame{seen}")


def _filled(engine: Engine, table: Table) -> list[str]:
    counts = engine.sql(f"select {', '.join(f'count({name}) as {name}' for name in table.names)} from {table.name}")
    return [name for name in table.names if counts.loc[0, name]]


def _span(engine: Engine) -> tuple[datetime.date, datetime.date] | None:
    days = engine.sql("select min(ordered_on) as first, max(ordered_on) as last from order_lines").dropna()
    found = [day.date() for name in ("first", "last") for day in days[name]]
    return (found[0], found[1]) if found else None
