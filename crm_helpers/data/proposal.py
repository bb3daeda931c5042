"""A first params file for a new client: the pattern, with the tables and columns that the names in its files suggest.

Names are compared with `domain/column_names.yaml`. A column that identifies a person is never proposed. What could not be
found is left as a comment with the file's column names, so that a person only has to choose.
"""

from __future__ import annotations

import datetime
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crm_helpers.data import clean, decode, sources, suspicion
from crm_helpers.data.asks import Asked, asked
from crm_helpers.data.contract import TABLES
from crm_helpers.data.engine import connect
from crm_helpers.data.sources import InputFile
from crm_helpers.data.staging import plain, reader
from crm_helpers.domain import business as packs
from crm_helpers.domain import column_names, personal_words
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import nearest
from crm_helpers.params.schema import Source

HEAD = 256 * 1024  # bytes of a file in which its header is looked for
TELLING = {  # a file is taken for a table when it has all of the first and any of the second
    "order_lines": (("ordered_on", "amount"), ("ordered_on",)),
    "customers": (("customer_id",), ("joined_on", "gender", "birth_year", "joined_store_id")),
    "products": (("product_id",), ("name", "category", "subcategory", "unit_cost")),
    "stores": (("store_id",), ("name", "prefecture", "opened_on")),
}
NEEDED = ("ordered_on", "amount")


@dataclass(frozen=True)
class Header:
    """The column names of one file, as they stand in it."""

    file: InputFile
    names: tuple[str, ...]


@dataclass(frozen=True)
class Proposed:
    """Files that look like one contract table, the columns that were recognised, and the file's other names."""

    table: str
    files: tuple[str, ...]
    found: Mapping[str, str]
    others: tuple[str, ...]
    personal: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """The recognised columns of the contract, each with the file's."""
        return [f"{ours}={theirs}" for ours, theirs in self.found.items()]


@dataclass(frozen=True)
class Created:
    """The new params file, what it proposes, files without readable column names, settings left to say, what to ask for."""

    file: str
    proposed: tuple[Proposed, ...]
    unread: tuple[str, ...]
    left: tuple[str, ...]
    wishes: tuple[Asked, ...] = ()


def create(client: str, business: str | None = None) -> Created:
    """Write `params/<client>.yaml`; `business` is its kind (`domain/packs/`).

    Raises:
        UsageError: the file exists, there is no such kind of business, or the client's folder holds nothing that can be read.
    """
    if business is not None and business not in packs.names():
        near = nearest(business, packs.names())
        raise UsageError("client.type", found=business, has=packs.names(), nearest=near)
    target = paths.params_file(client)
    if target.exists():
        raise UsageError("client.exists", where=paths.shown(target))
    headers, unread = _headers(paths.data_folder(client))
    if not headers:
        raise UsageError("client.no_data", where=paths.shown(paths.data_folder(client)))
    proposed = propose(headers)
    as_of = _last_day(proposed, headers)
    text = filled(client, as_of, proposed, business)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8") as out:
        out.write(text)
    lines = next(p for p in proposed if p.table == "order_lines")
    left = [f"data.order_lines.columns.{name}" for name in NEEDED if name not in lines.found]
    wishes = asked(packs.pack(business), {p.table: set(p.found) for p in proposed}) if business else []
    return Created(paths.shown(target), tuple(proposed), tuple(unread), (*(() if as_of else ("as_of",)), *left), tuple(wishes))


def propose(headers: Sequence[Header]) -> list[Proposed]:
    """What the files are. Files with the same column names are one table; order lines are always proposed."""
    alike: dict[tuple[str, ...], list[Header]] = {}
    for header in headers:
        alike.setdefault(header.names, []).append(header)
    found: dict[str, Proposed] = {}
    for names, group in sorted(alike.items(), key=lambda item: -len(item[1])):
        for table in TELLING:
            matched = match(table, names)
            needed, telling = TELLING[table]
            if table not in found and set(needed) <= set(matched) and set(telling) & set(matched):
                found[table] = _proposed(table, group, matched)
                break
    if "order_lines" not in found:
        taken = {file for p in found.values() for file in p.files}
        groups = [group for group in alike.values() if group[0].file.shown not in taken] or list(alike.values())
        best = max(groups, key=lambda group: len(match("order_lines", group[0].names)))
        found["order_lines"] = _proposed("order_lines", best, match("order_lines", best[0].names))
    return [found[table] for table in TABLES if table in found]


def match(table: str, names: Sequence[str]) -> dict[str, str]:
    """Contract column → the file's column that its name suggests; each of the file's once, none that names a person."""
    free = {plain(name).casefold(): name for name in names if not is_personal(name)}
    found: dict[str, str] = {}
    for column, usual in column_names()[table].items():
        theirs = next((free.pop(key) for word in usual if (key := plain(word).casefold()) in free), None)
        if theirs is not None:
            found[column] = theirs
    return found


def is_personal(name: str) -> bool:
    """Whether a column's name says that it identifies a person."""
    told = plain(name).casefold()
    return any(plain(word).casefold() in told for word in personal_words())


def filled(
    client: str, as_of: datetime.date | None, proposed: Sequence[Proposed], business: str | None = None
) -> str:
    """The pattern with the client's name, last day, tables and kind of business, and what that asks for besides."""
    text = _pattern().read_text("utf-8")
    day = as_of.isoformat() if as_of else ""
    head, mark, rest = text.partition("<data>\n")
    head = head.replace("client: <client>", f"client: {_scalar(client)}").replace(": <client>\n", f": {_scalar(client)}\n")
    if business is not None:
        head = re.sub(r"^#type: .*$", f"type: {business}", head, flags=re.M)
    head = head.replace("as_of: <as_of>", f"as_of: {day}".rstrip())
    return head + ("".join([*map(_block, proposed), *_wishes(business, proposed)]) if mark else "") + rest


def _wishes(business: str | None, proposed: Sequence[Proposed]) -> Iterator[str]:
    """A comment for each table that the kind of business asks for and the files do not hold."""
    if business is not None:
        for wish in asked(packs.pack(business), {p.table: set(p.found) for p in proposed}):
            yield f"  ## この業態で頼む項目 / to ask for in this business: {wish.table} ({', '.join(wish.columns)})\n"


def _pattern() -> Path:
    own = paths.root() / "params" / f"{paths.TEMPLATE}.yaml"
    return own if own.is_file() else Path(__file__).resolve().parents[2] / "params" / own.name


def _proposed(table: str, group: Sequence[Header], matched: Mapping[str, str]) -> Proposed:
    names = group[0].names
    others = [name for name in names if name not in matched.values()]
    return Proposed(
        table,
        tuple(sorted(header.file.shown for header in group)),
        matched,
        tuple(name for name in others if not is_personal(name)),
        tuple(name for name in others if is_personal(name)),
    )


def _block(proposed: Proposed) -> str:
    """One table of `data:`."""
    files = ", ".join(map(_scalar, _patterns(proposed.files)))
    lines = [f"  {proposed.table}:", f"    files: [{files}]", "    columns:"]
    lines += [f"      {ours}: {_scalar(theirs)}" for ours, theirs in proposed.found.items()]
    lines += [
        f"      {name}:   ## この表に必要。下の列から選ぶ / required: choose from the columns below"
        for name in (NEEDED if proposed.table == "order_lines" else ())
        if name not in proposed.found
    ]
    free = [name for name in TABLES[proposed.table].names if name not in (*proposed.found, *NEEDED)]
    if proposed.others:
        lines.append(f"      ## 対応づけていない列 / columns not in use: {', '.join(map(_flat, proposed.others))}")
        lines.append(f"      ## まだ書ける項目 / keys still free: {', '.join(free)}" if free else "")
    if proposed.personal:
        lines.append(f"      ## 個人を特定するため読み込まない列 / personal, never read: {', '.join(map(_flat, proposed.personal))}")
    return "\n".join(filter(None, lines)) + "\n"


def _patterns(files: Sequence[str]) -> Sequence[str]:
    """One pattern for files that differ only in a number, such as one a month, so that the next month needs no change."""
    patterns = {re.sub(r"\d+(?=\D*$)", "*", file) for file in files}
    return sorted(patterns) if len(files) > 1 and len(patterns) == 1 else files


def _scalar(text: str) -> str:
    """A YAML scalar that reads back as the same text."""
    return text if re.fullmatch(r"[^\W\d_][\w./（）-]*", text) else json.dumps(text, ensure_ascii=False)


def _flat(text: str) -> str:
    return " ".join(text.split())


# ---------------------------------------------------------------- looking into the files
def _headers(folder: Path) -> tuple[list[Header], list[str]]:
    """The column names of every file of the client, and the files without any that can be read."""
    found: list[Header] = []
    unread: list[str] = []
    for file in sources.every(folder):
        try:
            names = _names(file)
        except (CrmError, OSError, ValueError):
            names = ()
        if len(names) > 1 and all(names) and len(set(names)) == len(names) and not any(map(_is_value, names)):
            found.append(Header(file, names))
        else:
            unread.append(file.shown)
    return found, unread


def _names(file: InputFile) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder, sources.unpacking(file, ""):
        text = Path(folder) / "text"
        if suspicion.kind_of(sources.head(file, HEAD).read()):
            return ()
        decode.decode(lambda: sources.head(file, HEAD), text)
        return reader("csv_text").columns(text, _source({}))


def _is_value(name: str) -> bool:
    """Whether a name is rather a date, a number or an address: a file without a header, or not a table."""
    return bool(re.fullmatch(r"[\d\s,./:¥\\-]+", name)) or "�" in name or not name.isprintable()


def _last_day(proposed: Sequence[Proposed], headers: Sequence[Header]) -> datetime.date | None:
    """The last day in the proposed order lines; None when no day can be read."""
    lines = next(p for p in proposed if p.table == "order_lines")
    column = lines.found.get("ordered_on")
    if column is None:
        return None
    days = [day for header in headers if header.file.shown in lines.files for day in _days(header.file, column)]
    return max(days, default=None)


def _days(file: InputFile, column: str) -> Iterator[datetime.date]:
    source = _source({"ordered_on": [column]})
    with tempfile.TemporaryDirectory() as folder, sources.unpacking(file, ""):
        text = Path(folder) / "text"
        decode.decode(file.open, text)
        con = connect(None)
        try:
            for macro in clean.MACROS:
                con.execute(macro)
            reader("csv_text").stage(con, "stage", text, source, [column])
            day = clean.date("tidy(s0)", None)
            found = con.execute(f"select max({day}) from stage").fetchone()
        finally:
            con.close()
    if found and found[0] is not None:
        yield found[0]


def _source(columns: dict[str, list[str]]) -> Source:
    return Source(files=["*"], columns=columns)
