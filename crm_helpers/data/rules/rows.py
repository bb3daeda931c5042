"""Rules of whole rows, over the typed table `cleaned_<table>` and the masters that have been written.

Each rule finds the rows it is met in as `met` (their rowids). What is told has their number, their money and the first
place; a rule that sets rows aside gives them its reason, and no row ever has two.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from crm_helpers.data import checks, kept
from crm_helpers.data.contract import Table
from crm_helpers.data.rules import ids, tax
from crm_helpers.data.rules.model import FILE, Met
from crm_helpers.data.staging import quoted
from crm_helpers.params.schema import Cleaning, Source

FEES = "送料|配送料|手数料|代引|ラッピング|包装料|包装代|レジ袋|ポイント利用|ポイント値引|クーポン値引|値引き"
SHARE_OF_LINES, TIMES_OF_HIGHEST = 0.05, 50
FEWEST_CUSTOMERS, FEWEST_LINES = 20, 100
"""A "customer" above the share, or above so many times the 99th percentile, is told; not in data smaller than this."""
FIXED = 0.9
"""Share of a code's rows that have one width for it to be a code of fixed width."""
LAG = 3
"""Days without a sale at the end of the last month that need no telling: closed days."""


@dataclass(frozen=True)
class Cleaned:
    """A typed table and what its rules may ask of.

    Args:
        folder: where the masters of this import are written.
        files: how many files the rows came from.
        counted: columns whose values are counted (`values`) since rows last changed.
    """

    con: duckdb.DuckDBPyConnection
    table: Table
    source: Source
    cleaning: Cleaning
    folder: Path
    files: int
    as_of: datetime.date
    counted: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The table's name in the connection."""
        return f"cleaned_{self.table.name}"

    def given(self, *columns: str) -> bool:
        """Whether the mapping fills these columns."""
        return all(column in self.source.columns or column in self.source.dimensions for column in columns)

    def master(self, table: str) -> str | None:
        """SQL of a master of this import."""
        path = self.folder / f"{table}.parquet"
        return f"read_parquet({quoted(str(path))})" if path.is_file() else None

    def one(self, query: str) -> tuple[object, ...]:
        """The one row of a query."""
        return self.con.execute(query).fetchone() or ()

    def find(self, rule: str, query: str, column: str = "") -> list[Met]:
        """Keep the rowids of the query as `met`; the rule with its rows, money and first place, or nothing."""
        money = "cast(sum(amount) as bigint)" if "amount" in self.table.names else "null"
        self.con.execute(f"create or replace temp table met as {query}")
        rows, amount, place = self.one(
            f"select count(*), {money}, min(file_no * {FILE} + row_no) from {self.name} c join met on c.rowid = met.place"
        )
        if not rows:
            return []
        return [Met(rule, _int(rows), _int(place), column, None if amount is None else _int(amount))]

    def rows(self, test: str) -> str:
        """The rows that count and pass a test, as a query of places."""
        return f"select rowid as place from {self.name} where aside is null and ({test})"

    def values(self, column: str) -> str:
        """A table of the column's values in rows that count (`value`) and their number of rows (`n`)."""
        if column not in self.counted:
            self.con.execute(
                f"create or replace temp table values_of_{column} as select {column} as value, count(*) as n from {self.name}"
                f" where aside is null and {column} is not null group by 1"
            )
            self.counted.add(column)
        return f"values_of_{column}"

    def set(self, **said: str) -> None:
        """Change the rows of `met`: column → SQL."""
        kept.change(self.con, self.name, "select place from met", said)
        self.counted.clear()


Rule = Callable[[Cleaned], Iterator[Met]]


def apply(cleaned: Cleaned) -> list[Met]:
    """Every rule of the table, in their order; the rows that came twice are marked among them."""
    lines = cleaned.table.name == "order_lines"
    before: Sequence[Rule] = (zeros, cancelled, accounts, non_goods) if lines else (zeros,)
    after: Sequence[Rule] = (overlapping, anonymous, returns, taxed, reversals, zero_yen, partial_month) if lines else ()
    met = [found for rule in before for found in rule(cleaned)]
    policy = cleaned.cleaning.duplicates.get(cleaned.table.name)
    if checks.mark_duplicates(cleaned.con, cleaned.table, policy):
        cleaned.counted.clear()
    return met + [found for rule in after for found in rule(cleaned)]


def zeros(cleaned: Cleaned) -> Iterator[Met]:
    """Codes shorter than the fixed width of their master: restored where the master has them with zeros, else told."""
    for column, table in ids.MASTERS.items():
        if column not in cleaned.source.columns or cleaned.table.name == table:
            continue
        master = cleaned.master(table)
        width = _width(cleaned, column, master)
        if width is None:
            continue
        short = f"strlen({column}) < {width} and regexp_full_match({column}, '[0-9]+')"
        if not cleaned.one(f"select count(*) from (select value as {column} from {cleaned.values(column)}) where {short}")[0]:
            continue
        if master:
            short += f" and {column} not in (select {column} from {master})"
            known = f"{short} and lpad({column}, {width}, '0') in (select {column} from {master})"
            if cleaned.cleaning.restore_zeros and (restored := cleaned.find("ids.zeros", cleaned.rows(known), column)):
                cleaned.set(**{column: f"lpad({column}, {width}, '0')"})
                yield from restored
        yield from cleaned.find("ids.zeros_lost", cleaned.rows(f"{short} and not regexp_full_match({column}, '0+')"), column)


def _width(cleaned: Cleaned, column: str, master: str | None) -> int | None:
    """The fixed width of a code of digits, some of which begin with a zero; None when it has none."""
    own = f"select {column} as value, 1 as n from {master} where {column} is not null" if master else cleaned.values(column)
    found = cleaned.one(
        "select w, n, z, sum(n) over () from (select strlen(value) as w, sum(n) as n, sum(n) filter (value like '0%') as z"
        f" from ({own}) group by 1) order by n desc, w limit 1"
    )
    if not found:
        return None
    width, rows, with_zero, held = (_int(n or 0) for n in found)
    return width if with_zero and width > 1 and rows >= FIXED * held else None


def cancelled(cleaned: Cleaned) -> Iterator[Met]:
    """Lines that the declared column calls cancelled are set aside."""
    declared = cleaned.cleaning.cancelled
    if declared is not None and cleaned.given(declared.column):
        yield from _aside(cleaned, "rows.cancelled", "cancelled", f"{declared.column} in ({_listed(declared.values)})")


def accounts(cleaned: Cleaned) -> Iterator[Met]:
    """Test and staff accounts: of the members' kind, of the stops, and as declared."""
    if not cleaned.given("customer_id"):
        return
    told = cleaned.cleaning.accounts
    for kind, declared, treat in (("test", told.test, told.treat_test), ("staff", told.staff, told.treat_staff)):
        whose = [f"select unnest([{_listed(declared)}])"] if declared else []
        whose += [
            f"select customer_id from {master} where {column} = '{kind}'"
            for name, column in (("customers", "kind"), ("stops", "reason"))
            if (master := cleaned.master(name))
        ]
        if not whose:
            continue
        test = f"customer_id in ({' union all '.join(whose)})"
        if treat == "set_aside":
            yield from _aside(cleaned, f"rows.{kind}_aside", f"{kind}_account", test)
        elif found := cleaned.find(f"rows.{kind}_{treat}", cleaned.rows(test)):
            if treat == "guest":
                cleaned.set(customer_id="null")
            yield from found


def non_goods(cleaned: Cleaned) -> Iterator[Met]:
    """Postage, fees and wrapping among the products: as declared; undeclared names that look so are told."""
    if not cleaned.given("product_id"):
        return
    declared = cleaned.cleaning.non_goods
    master = cleaned.master("products")
    tests = [f"product_id in ({_listed(declared.products)})"] if declared.products else []
    if master and declared.names:
        words = " or ".join(f"contains(name, {quoted(word)})" for word in declared.names)
        tests.append(f"product_id in (select product_id from {master} where {words})")
    if tests and declared.treat == "set_aside":
        yield from _aside(cleaned, "rows.non_goods_aside", "non_goods", " or ".join(tests))
    elif tests and (found := cleaned.find("rows.non_goods", cleaned.rows(" or ".join(tests)))):
        cleaned.set(product_id="null", quantity="null")
        yield from found
    if master:
        looks = f"product_id in (select product_id from {master} where regexp_matches(name, '{FEES}'))"
        yield from cleaned.find("rows.non_goods_suspected", cleaned.rows(looks))


def overlapping(cleaned: Cleaned) -> Iterator[Met]:
    """A day exported in two files: where no key can prove it, rows that are equal in both are told, and still count."""
    keyed = cleaned.given(*cleaned.table.key)
    if cleaned.files < 2 or keyed or cleaned.cleaning.duplicates.get(cleaned.table.name) == "keep":
        return
    names = ", ".join(name for name in cleaned.table.names if cleaned.given(name))
    days = f"select ordered_on from {cleaned.name} where aside is null group by 1 having min(file_no) <> max(file_no)"
    if not cleaned.one(f"select count(*) from ({days})")[0]:
        return
    # The nth equal row of a file meets the nth of an earlier one; a day counts when half of the file's rows of it do so.
    numbered = (
        f"select rowid as place, file_no, ordered_on, hash({names}) as content,"
        f" row_number() over (partition by file_no, {names}) as nth"
        f" from {cleaned.name} where aside is null and ordered_on in ({days})"
    )
    again = "select *, row_number() over (partition by content, nth order by file_no) as copy from numbered"
    share = "sum(case when copy > 1 then 1 else 0 end) over (partition by file_no, ordered_on) * 2"
    yield from cleaned.find(
        "rows.overlapping",
        f"with numbered as ({numbered}), again as ({again}), told as (select *, {share} >="
        " count(*) over (partition by file_no, ordered_on) as half from again)"
        " select place from told where copy > 1 and half",
    )


def anonymous(cleaned: Cleaned) -> Iterator[Met]:
    """Numbers of nobody count as guests when they are well known; other "customers" far too large are told."""
    if not cleaned.given("customer_id"):
        return
    loads = f"create or replace temp table loads as select value as customer_id, n from {cleaned.values('customer_id')}"
    cleaned.con.execute(loads)
    customers, lines, high = map(
        _int, cleaned.one("select count(*), coalesce(sum(n), 0), coalesce(quantile_disc(n, 0.99), 0) from loads")
    )
    nobody = (
        f"lower(customer_id) in ({_listed(ids.WORDS)}) or {ids.NOBODY.format('customer_id')}"
        f" or ({ids.NINES.format('customer_id')} and n > {high})"
    )
    if cleaned.cleaning.anonymous and cleaned.one(f"select count(*) from loads where {nobody}")[0]:
        found = cleaned.find("ids.nobody", cleaned.rows(f"customer_id in (select customer_id from loads where {nobody})"))
        cleaned.set(customer_id="null")
        cleaned.con.execute(f"delete from loads where {nobody}")
        yield from found
    most = f"n >= {FEWEST_LINES} and (n > {SHARE_OF_LINES} * {lines} or n > {TIMES_OF_HIGHEST} * {high})"
    if customers >= FEWEST_CUSTOMERS and cleaned.one(f"select count(*) from loads where {most}")[0]:
        yield from cleaned.find("ids.anonymous", cleaned.rows(f"customer_id in (select customer_id from loads where {most})"))


def returns(cleaned: Cleaned) -> Iterator[Met]:
    """Returns count on their own day, or, as declared, on the day of the order that they take back."""
    if cleaned.cleaning.returns == "booking" or not cleaned.given("order_id", "returned_order_id"):
        return
    days = f"select order_id as origin, min(ordered_on) as day from {cleaned.name} where aside is null group by 1"
    moved = cleaned.find(
        "rows.returns_moved",
        f"select c.rowid as place from {cleaned.name} c join ({days}) on returned_order_id = origin"
        " where aside is null and day < ordered_on",
    )
    if moved:
        cleaned.con.execute(f"create or replace temp table origins as {days}")
        cleaned.set(ordered_on="(select day from origins where origin = returned_order_id)")
        yield from moved
    known = f"select order_id from {cleaned.name} where order_id is not null"
    lost = f"returned_order_id is not null and returned_order_id not in ({known})"
    yield from cleaned.find("rows.returns_lost", cleaned.rows(lost))


def taxed(cleaned: Cleaned) -> Iterator[Met]:
    """Rates that the law did not have on that day are told; where declared, a missing rate is worked out."""
    declared = cleaned.cleaning.tax
    master = cleaned.master("products")
    rate = tax.standard("ordered_on")
    if master and declared.reduced and cleaned.given("product_id"):
        food = f"product_id in (select product_id from {master} where category in ({_listed(declared.reduced)}))"
        rate = f"case when {food} then {tax.reduced('ordered_on')} else {rate} end"
    if cleaned.given("tax_percent"):
        yield from cleaned.find("tax.odd", cleaned.rows(f"not {tax.possible('tax_percent', 'ordered_on')}"))
        if declared.reduced and master:
            odd = f"{tax.possible('tax_percent', 'ordered_on')} and tax_percent <> 0 and tax_percent <> {rate}"
            yield from cleaned.find("tax.differs", cleaned.rows(odd))
    if declared.derive and (found := cleaned.find("tax.derived", cleaned.rows("tax_percent is null"))):
        cleaned.set(tax_percent=rate)
        yield from found


def reversals(cleaned: Cleaned) -> Iterator[Met]:
    """An order and its full reversal within the declared days, each in one pair only."""
    if not cleaned.given("order_id", "customer_id"):
        return
    if not cleaned.one(f"select count(*) from {cleaned.name} where aside is null and amount < 0")[0]:
        return
    days = cleaned.cleaning.reversal_days
    cleaned.con.execute(
        "create or replace temp table pairs as with o as ("
        f" select order_id, customer_id, min(ordered_on) as day, sum(amount) as total from {cleaned.name}"
        f" where aside is null and order_id is not null and customer_id in"
        f" (select customer_id from {cleaned.name} where aside is null and amount < 0)"
        " group by 1, 2), met as (select back.order_id as back, sold.order_id as sold, back.day, sold.total,"
        " row_number() over (partition by back.order_id order by sold.day desc, sold.order_id) as nearest"
        " from o back join o sold on back.customer_id = sold.customer_id and back.total = -sold.total"
        f" and back.total < 0 and back.order_id <> sold.order_id and back.day between sold.day and sold.day + {days}),"
        " once as (select *, row_number() over (partition by sold order by day, back) as nth from met where nearest = 1)"
        " select back, sold, total from once where nth = 1"
    )
    pairs, total = map(_int, cleaned.one("select count(*), coalesce(cast(sum(total) as bigint), 0) from pairs"))
    if not pairs:
        return
    whose = "order_id in (select back from pairs union all select sold from pairs)"
    treat = cleaned.cleaning.reversals
    rule = "rows.reversals" if treat == "tell" else "rows.reversals_aside"
    for met in cleaned.find(rule, cleaned.rows(whose)):
        if treat == "set_aside":
            cleaned.set(aside="'reversal'")
        yield Met(rule, met.rows, met.place, amount=total, facts=(("pairs", pairs), ("days", days)))


def zero_yen(cleaned: Cleaned) -> Iterator[Met]:
    """Lines of nothing (gifts, samples, parts of a set) count, and are told."""
    yield from (Met(met.id, met.rows, met.place) for met in cleaned.find("rows.zero", cleaned.rows("amount = 0")))


def partial_month(cleaned: Cleaned) -> Iterator[Met]:
    """The month of as_of is not whole: as_of lies within it, or the lines end well before it does."""
    last, rows = cleaned.one(f"select max(ordered_on), count(*) from {cleaned.name} where aside is null")
    as_of = cleaned.as_of
    if not isinstance(last, datetime.date) or (last.year, last.month) != (as_of.year, as_of.month):
        return
    end = as_of.replace(day=calendar.monthrange(as_of.year, as_of.month)[1])
    if as_of < end or last < end - datetime.timedelta(days=LAG):
        yield Met("rows.partial_month", _int(rows), facts=(("day", last.isoformat()),))


def _aside(cleaned: Cleaned, rule: str, reason: str, test: str) -> Iterator[Met]:
    found = cleaned.find(rule, cleaned.rows(test))
    if found:
        cleaned.set(aside=quoted(reason))
    yield from found


def _listed(words: Sequence[str]) -> str:
    return ", ".join(quoted(word) for word in words)


def _int(value: object) -> int:
    return int(str(value))
