"""What happens to personal data at import, table by table, before anything is written.

Of one cleaned table: people who asked to be erased are set aside; columns that identify people or are sensitive are refused;
ids that are ways to reach a person become pseudonyms; free text is masked, and in other text a stray mail address, telephone or
card number. Each table is looked through once with tests that cost nothing where nothing is found; only what those
tests let through is read value by value, each value once.

Whether an id becomes a pseudonym depends on the value and the params file alone, never on the table, so joins hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

import duckdb

from crm_helpers.data import asking, kept, key_table, keys, personal
from crm_helpers.data.contract import TABLES, Column, Table
from crm_helpers.data.staging import quoted
from crm_helpers.document import Sentence
from crm_helpers.domain.privacy import flat, identifying_columns, sensitive_columns, sensitive_values, words
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params.load import Loaded
from crm_helpers.params.schema import Source

PERSON_IDS = ("customer_id", "referred_by", "user_id", "visitor_id", "respondent")
ACCOUNT_IDS = ("account_id", "parent_id")
ERASED = "erased"  # the reason of rows of people who asked to be erased
ASKED = ("erase", "stop_use")
THINGS = ("products", "stores", "campaigns", "day_totals", "budget", "acquisition_cost")  # tables of things, not of people
CHUNK = 50_000  # values read, worked on and written at a time
SAMPLE = 20_000  # rows, evenly spread, of which a column's distinct values are looked at
LOOKED_AT = 2_000  # distinct values of them
SHARE = 0.2  # of the values looked at: from here on the column is one of identifiers
FEWEST = 3  # such values; a place called like a person is no column of names
CARDS = 0.5  # share of card numbers among an id's values; by chance one number in ten passes the Luhn test
HIDDEN = 0.05  # share of sensitive values from which on a column is sensitive

SHORTEST_TEXT = 10  # bytes of a telephone number, the shortest besides a mail address
IN_TEXT = f"contains({{0}}, '@') or contains({{0}}, '＠') or (strlen({{0}}) >= {SHORTEST_TEXT} and regexp_matches({{0}}, '{{1}}'))"
NUMBERS = "[0-9０-９][-0-9０-９()（） ‐‑–—−－ー]{7,}[0-9０-９]"
# a telephone number begins with 0 or +, a card with 2 to 6; most ids fail on their length or first sign
IN_PERSON_ID = (
    "contains({0}, '@') or (strlen({0}) = 33 and starts_with({0}, 'U')) or (strlen({0}) between 10 and 20"
    " and (starts_with({0}, '0') or starts_with({0}, '+') or starts_with({0}, '(') or ({0}[1] between '2' and '6' and strlen({0}) >= 14)))"
)
IN_OTHER_ID = "contains({0}, '@') or (strlen({0}) = 33 and starts_with({0}, 'U'))"
IN_CARD_ID = "strlen({0}) between 14 and 19 and {0}[1] between '2' and '6'"


class Protection:
    """The privacy of one import: its settings, and what it has learnt from the tables so far."""

    def __init__(self, loaded: Loaded, con: duckdb.DuckDBPyConnection, work: Path) -> None:
        self._loaded, self._con, self._work = loaded, con, work
        self._suspected: set[str] = set()  # columns of the table at hand with values that must be looked at

    def apply(self, table: Table, source: Source, file: str) -> tuple[list[CrmError], list[Sentence]]:
        """Protect `cleaned_<table>`; the faults of columns that must not be imported, and what was done.

        Args:
            file: the table's first file, for messages.
        """
        mapped = [column for column in table.columns if column.name in (*source.columns, *source.dimensions)]
        self._sample(table, [column.name for column in mapped if column.kind in ("text", "id")])
        faults = [fault for column in mapped if (fault := self._refused(table, source, column, file))]
        if faults:
            return faults, []
        changes: dict[str, str] = {}
        told: list[Sentence] = []
        tests = {column.name: (column.name, test) for column in mapped if (test := self._test(source, column))}
        self._suspected = asking.holding(self._con, f"cleaned_{table.name}", tests)
        try:
            for column in mapped:
                told += self._change(table, source, column, changes)
        except UsageError as fault:
            return [fault], []
        if changes:
            self._rewrite(table, changes)
        told += self._erase(table)
        return [], [*told, *self._notices(table)]

    # ------------------------------------------------------------ refused columns
    def _refused(self, table: Table, source: Source, column: Column, file: str) -> CrmError | None:
        """Why a column must not be imported: sensitive, or made of direct identifiers."""
        if column.kind not in ("text", "id"):
            return None
        parts = (source.columns | source.dimensions)[column.name]
        place = "dimensions" if column.name in source.dimensions else "columns"
        where = self._loaded.where("data", table.name, place, column.name)
        theirs = ", ".join(parts)
        values = self._sampled(column.name)
        if table.name not in THINGS and not self._loaded.params.privacy.sensitive_approved and _sensitive(parts, values):
            return UsageError("privacy.sensitive", where=where, column=theirs, file=file)
        kind = self._identifies(table, column, parts, values)
        if kind is None:
            return None
        return UsageError("privacy.column", where=where, column=theirs, file=file, kind=f"privacy.kinds.{kind}")

    def _identifies(self, table: Table, column: Column, parts: Sequence[str], values: Sequence[str]) -> str | None:
        """The kind of direct identifier that a column holds, by its values or, where values do not tell, by its name."""
        if not values:
            return None
        if column.kind == "id":
            cards = sum(map(personal.is_card, values)) if column.name not in PERSON_IDS else 0
            return "card" if cards >= FEWEST and cards >= CARDS * len(values) else None
        if column.name in ("name", "postal_area"):  # a company's name has its own rule, a postal code is cut at import
            return self._by_value(values, personal.CONTACTS)
        kinds = personal.CONTACTS if table.name in THINGS else (*personal.CONTACTS, "address", "name", "kana")
        named = [kind for kind, told in identifying_columns().items() if any(map(told.match, parts))]
        by_name = next((kind for kind in named if kind in kinds and kind not in ("mail", "phone")), None)
        return by_name or self._by_value(values, kinds)

    def _by_value(self, values: Sequence[str], kinds: Sequence[str]) -> str | None:
        met = Counter(personal.person_kind(value) for value in values)
        most = max(kinds, key=lambda kind: met[kind])
        return most if met[most] >= min(FEWEST, len(values)) and met[most] >= SHARE * len(values) else None

    def _sample(self, table: Table, names: Sequence[str]) -> None:
        """Keep rows spread evenly over the table, the same ones every time, as `sampled`."""
        step = max(1, self._count(f"cleaned_{table.name}") // SAMPLE)
        self._con.execute(
            f"create or replace temp table sampled as select {', '.join(names) or '1'} from cleaned_{table.name} where rowid % {step} = 0"
        )

    def _sampled(self, name: str) -> list[str]:
        """Distinct values of the sample."""
        query = f"select distinct {name} from sampled where {name} is not null order by 1 limit {LOOKED_AT}"
        return [value for (value,) in self._con.execute(query).fetchall()]

    # ------------------------------------------------------------ changed values
    def _change(self, table: Table, source: Source, column: Column, changes: dict[str, str]) -> list[Sentence]:
        """The expression that a column becomes, into `changes` (nothing when it stays), and what to tell of it."""
        if column.kind == "id":
            return self._change_id(table, source, column, changes)
        if table.name == "accounts" and column.name == "name":
            return self._change_company(changes)
        if column.kind in ("free_text", "text"):
            return self._change_text(table, source, column, changes)
        return []

    def _test(self, source: Source, column: Column) -> str | None:
        """The test, at no great cost, of the values that must be looked at one by one."""
        if column.kind == "id":
            person = self._is_person(source, column)
            whole = person and self._all_pseudonyms
            return f"{column.name} is not null" if whole else (IN_PERSON_ID if person else IN_OTHER_ID).format(column.name)
        if column.kind in ("free_text", "text"):
            return f"{column.name} is not null" if column.kind == "free_text" else IN_TEXT.format(column.name, NUMBERS)
        return None

    def _change_id(self, table: Table, source: Source, column: Column, changes: dict[str, str]) -> list[Sentence]:
        name = column.name
        if name not in self._suspected:
            return []
        whole = self._is_person(source, column) and self._all_pseudonyms
        raw = f"select distinct {name} as raw from cleaned_{table.name} where {self._test(source, column)}"
        if self._key is None:
            kinds = (personal.contact_kind(value) for value in self._values(raw))
            if not whole and not any(kinds):
                return []
            parts = (source.columns | source.dimensions)[column.name]
            where = self._loaded.where("data", table.name, "columns", column.name)
            raise UsageError("privacy.no_key", where=where, column=", ".join(parts), client=self._loaded.params.client)
        key = self._key
        made = self._made(name, raw, lambda id_: keys.pseudonym(key, id_) if whole or personal.contact_kind(id_) else id_)
        if not made:
            return []
        if name == "customer_id":
            key_table.keep(self._loaded, self._con, f"made_{name}")
        changes[name] = _replaced(name)
        return [_told("hashed", table, column.name, made)]

    def _is_person(self, source: Source, column: Column) -> bool:
        """Whether an id names a person, or is put together from a column that does."""
        people = (*PERSON_IDS, *(() if self._loaded.params.privacy.customer_kind == "corporate" else ACCOUNT_IDS))
        if column.name in people:
            return True
        theirs = {part for name in people for part in source.columns.get(name, ())}
        return bool(theirs & set(source.columns.get(column.name, ())))

    @cached_property
    def _all_pseudonyms(self) -> bool:
        """All ids of people, whatever they look like: pseudonymised data, or a mapped column that is called a contact."""
        params = self._loaded.params
        if params.privacy.data_status == "pseudonymised":
            return True
        parts = [
            part for several in params.data.values() for source in several for name in PERSON_IDS for part in source.columns.get(name, ())
        ]  # fmt: skip
        return any(told.match(part) for told in identifying_columns().values() for part in parts)

    @cached_property
    def _key(self) -> str | None:
        return keys.key_of(self._loaded)

    def _change_company(self, changes: dict[str, str]) -> list[Sentence]:
        """Names of companies stay where customers are companies; a sole trader is a person."""
        found = self._con.execute("select distinct name from cleaned_accounts where name is not null").fetchall()
        names = [name for (name,) in found]
        if self._loaded.params.privacy.customer_kind != "corporate":
            changes["name"] = "null::varchar"
            return [Sentence("privacy.noticed.company_names", {"n": len(names)})] if names else []
        people = [name for name in names if personal.is_person_name(name)]
        if not people:
            return []
        self._con.execute("create or replace table sole_traders as select unnest($1) as raw", [people])
        changes["name"] = "case when c.name not in (from sole_traders) then c.name end"
        return [Sentence("privacy.noticed.sole_traders", {"n": len(people)})]

    def _change_text(self, table: Table, source: Source, column: Column, changes: dict[str, str]) -> list[Sentence]:
        name, free = column.name, column.kind == "free_text"
        if name not in self._suspected:
            return []
        raw = f"select distinct {name} as raw from cleaned_{table.name} where {self._test(source, column)}"
        kinds = personal.KINDS if free else personal.CONTACTS
        own = self._customers_in(table, name) if free else set()
        met: Counter[str] = Counter()

        def mask(text: str) -> str:
            made, counts = personal.masked(text, kinds, own.__contains__)
            met.update(counts)
            return made

        if not self._made(name, raw, mask):
            return []
        changes[name] = _replaced(name)
        return [_told("masked", table, column.name, n, kind=f"privacy.kinds.{kind}") for kind, n in sorted(met.items())]

    def _customers_in(self, table: Table, name: str) -> set[str]:
        """The words of a free text that are ids of the client's customers, as they stand in the text."""
        known = [self._work / f"{other}.parquet" for other in ("customers", "order_lines")]
        lists = [f"select customer_id from read_parquet({quoted(str(f))})" for f in known if f.is_file()]
        if not lists:
            return set()
        words_ = f"select distinct unnest(regexp_extract_all({name}, '[A-Za-z0-9][A-Za-z0-9_-]{{4,40}}')) from cleaned_{table.name}"
        key = self._key if self._all_pseudonyms else None
        by_id = {keys.pseudonym(key, word) if key else word: word for word in self._values(words_)}
        known_ids = f"select distinct customer_id from ({' union all '.join(lists)}) where customer_id in (select unnest($1))"
        return {by_id[found] for (found,) in self._con.execute(known_ids, [list(by_id)]).fetchall()}

    def _values(self, query: str) -> Iterable[str]:
        """The values of a query, without all of them in memory; other statements may run meanwhile."""
        reader = self._con.cursor()
        reader.execute(query)
        while rows := reader.fetchmany(CHUNK):
            yield from (value for (value,) in rows)

    def _made(self, name: str, query: str, make: Callable[[str], str]) -> int:
        """Keep what `make` makes of each value of the query as `made_<name>`, where it differs; how many do."""
        self._con.execute(f"create or replace table made_{name} (raw varchar, made varchar)")
        count = 0
        for chunk in _chunks(self._values(query)):
            pairs = [(raw, made) for raw in chunk if (made := make(raw)) != raw]
            if pairs:
                raws, results = zip(*pairs, strict=True)
                self._con.execute(f"insert into made_{name} select unnest($1), unnest($2)", [list(raws), list(results)])
                count += len(pairs)
        return count

    def _rewrite(self, table: Table, changes: Mapping[str, str]) -> None:
        """The cleaned table with the changed columns, in one pass."""
        cells = ", ".join(f"{made} as {name}" for name, made in changes.items())
        joins = " ".join(
            f"left join made_{name} on made_{name}.raw = c.{name}" for name, made in changes.items() if f"made_{name}" in made
        )
        cleaned = f"cleaned_{table.name}"
        if kept.is_view(self._con, cleaned):
            rows = f"select c.* exclude (rowid) replace ({cells}) from {cleaned} c {joins}"
            kept.of_files(self._con, cleaned, [kept.written(self._con, rows, self._work)])
        else:
            self._con.execute(f"create table safe_{table.name} as select c.* replace ({cells}) from {cleaned} c {joins}")
            self._con.execute(f"drop table {cleaned}")
            self._con.execute(f"alter table safe_{table.name} rename to {cleaned}")
        for name in changes:
            self._con.execute(f"drop table if exists made_{name}")

    # ------------------------------------------------------------ people who asked to be erased
    def _erase(self, table: Table) -> list[Sentence]:
        """Set aside the rows of people who asked to be erased or that their data are no longer used; they are only counted."""
        if table.name == "stops":
            asked = ", ".join(map(quoted, ASKED))
            self._con.execute(
                "create or replace table gone as select distinct customer_id from cleaned_stops"
                f" where reason in ({asked}) and customer_id is not null"
            )
            self._con.execute("create or replace table gone_contracts (contract_id varchar)")
        if "stops" not in self._loaded.params.data or not self._any("from gone"):
            return []
        key = "customer_id" if "customer_id" in table.names else "contract_id" if "contract_id" in table.names else ""
        if key:
            listed = "gone" if key == "customer_id" else "gone_contracts"
            if table.name == "contracts":
                self._con.execute(
                    "insert into gone_contracts select contract_id from cleaned_contracts where customer_id in (from gone)"
                )
            where = f"aside is null and {key} in (from {listed})"
            places = f"select rowid from cleaned_{table.name} where {where}"
            if self._any(places):
                kept.change(self._con, f"cleaned_{table.name}", places, {"aside": f"'{ERASED}'"})
        if table.name == "customers":
            places = "select rowid from cleaned_customers where referred_by in (from gone)"
            kept.change(self._con, "cleaned_customers", places, {"referred_by": "null"})
        return [Sentence("privacy.noticed.erased", {"n": self._count("gone")})] if table.name == "stops" else []

    # ------------------------------------------------------------ notices
    def _notices(self, table: Table) -> list[Sentence]:
        """What the consultant must ask about: residents of other countries, and logs of the web or an app."""
        if table.name == "events":
            return [Sentence("privacy.noticed.web_logs")]
        if table.name != "customers":
            return []
        met = self._con.execute(
            "select country, count(*) from cleaned_customers where country is not null and aside is null group by 1 order by 1"
        ).fetchall()
        abroad = {country: n for country, n in met if flat(country) not in words("japan")}
        facts = {"n": sum(abroad.values()), "countries": ", ".join(list(abroad)[:10])}
        return [Sentence("privacy.noticed.abroad", facts)] if abroad else []

    # ------------------------------------------------------------ small parts
    def _any(self, query: str) -> bool:
        return self._con.execute(f"{query} limit 1").fetchone() is not None

    def _count(self, rows: str) -> int:
        found = self._con.execute(f"select count(*) from {rows}").fetchone()
        return int(found[0]) if found else 0


def order(data: Mapping[str, Sequence[Source]]) -> list[str]:
    """Tables in an order in which they can be protected: who is to be erased first, what only follows others last.

    Free text needs the ids of all customers, changes and use of contracts need the contracts.
    """

    def turn(name: str) -> tuple[bool, bool]:
        written = {column for source in data[name] for column in source.columns}
        free = [column.name for column in TABLES[name].columns if column.kind == "free_text" and column.name in written]
        return name != "stops", bool(free) or name in ("contract_changes", "usage")

    return sorted(data, key=turn)


def _chunks(values: Iterable[str]) -> Iterable[list[str]]:
    here = iter(values)
    while chunk := list(islice(here, CHUNK)):
        yield chunk


def _replaced(name: str) -> str:
    return f"coalesce(made_{name}.made, c.{name})"


def _told(key: str, table: Table, name: str, n: int, **more: str) -> Sentence:
    column = name if name in TABLES[table.name].names else ""
    facts: dict[str, str | int] = {"table": f"contract.tables.{table.name}", "n": n, **more}
    facts["column"] = f"contract.columns.{column}" if column else "privacy.own_column"
    return Sentence(f"privacy.noticed.{key}", facts)


def _sensitive(parts: Sequence[str], values: Sequence[str]) -> bool:
    """Whether a column's name or a part of its values says that it is sensitive personal information."""
    if values and any(map(sensitive_columns().match, parts)):
        return True
    met = sum(any(word in value for word in sensitive_values()) for value in values)
    return met > 0 and met >= HIDDEN * len(values)
