"""A first params file for a new client: the pattern, with the tables and columns that the names in its files suggest.

Names are compared with `domain/column_names.yaml`. A column that identifies a person is never proposed. What could not be
found is left as a comment with the file's column names, so that a person only has to choose.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crm_helpers.data import clean, decode, sources, staging, suspicion
from crm_helpers.data.asks import Asked, asked
from crm_helpers.data.contract import TABLES
from crm_helpers.data.engine import connect
from crm_helpers.data.sources import InputFile
from crm_helpers.data.staging import Part, plain
from crm_helpers.domain import business as packs
from crm_helpers.domain import column_names, named_constants, telling_columns, usual_values
from crm_helpers.domain.privacy import ColumnWords, identifying_columns, words
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import nearest
from crm_helpers.params.schema import Source

HEAD = 256 * 1024  # bytes of a text in which its header is looked for
NEEDED = ("ordered_on", "amount")
MOST_VALUES = 12  # a column with more different values has no fixed set of them; they are not shown


@dataclass(frozen=True)
class Header:
    """The column names of one file as they stand in it; `sheets` have them when the file is a workbook of several."""

    file: InputFile
    names: tuple[str, ...]
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposed:
    """Files that look like one contract table, the columns that were recognised, and the file's other names.

    Args:
        constants: contract columns that the name of another says for all rows (`LINE許諾`: the channel is LINE).
        values: contract column → the file's value → the contract's; empty when the value's meaning is not known.
    """

    table: str
    files: tuple[str, ...]
    found: Mapping[str, str]
    others: tuple[str, ...]
    personal: tuple[str, ...]
    sheets: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The recognised columns of the contract, each with the file's."""
        return [f"{ours}={theirs}" for ours, theirs in self.found.items()]


@dataclass(frozen=True)
class Created:
    """The new params file, what it proposes, files without readable column names or a table, settings left to say, what to ask for."""

    file: str
    proposed: tuple[Proposed, ...]
    unread: tuple[str, ...]
    unplaced: tuple[str, ...]
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
    proposed = [_valued(one, headers) for one in propose(headers)]
    placed = {(file, p.sheets) for p in proposed for file in p.files}
    unplaced = [header for header in headers if (header.file.shown, header.sheets) not in placed]
    as_of = _last_day(proposed, headers)
    text = filled(client, as_of, proposed, unplaced, business)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8") as out:
        out.write(text)
    lines = next(p for p in proposed if p.table == "order_lines")
    left = [f"data.order_lines.columns.{name}" for name in NEEDED if name not in lines.found]
    shown = tuple(header.file.shown for header in unplaced)
    wishes = tuple(asked(packs.pack(business), _there(proposed))) if business else ()
    return Created(paths.shown(target), tuple(proposed), tuple(unread), shown, (*(() if as_of else ("as_of",)), *left), wishes)


def propose(headers: Sequence[Header]) -> list[Proposed]:
    """What the files are. Files with the same column names are one source of a table; order lines are always proposed."""
    alike: dict[tuple[object, ...], list[Header]] = {}
    for header in headers:
        alike.setdefault((header.names, header.sheets), []).append(header)
    found: list[Proposed] = []
    for group in sorted(alike.values(), key=lambda group: -len(group)):
        fitting = {table: match(table, group[0].names) for table in telling_columns() if fits(table, group[0].names)}
        own = [table for table in fitting if table not in named_constants()] or list(fitting)
        best = max(own, key=lambda table: len(fitting[table]), default=None)
        for table in fitting:
            if table == best or table in named_constants():  # consents stand in the members' own file, too
                found += _proposed(table, group, fitting[table])
    if not any(p.table == "order_lines" for p in found):
        taken = {file for p in found for file in p.files}
        groups = [group for group in alike.values() if group[0].file.shown not in taken] or list(alike.values())
        best_group = max(groups, key=lambda group: len(match("order_lines", group[0].names)))
        found += _proposed("order_lines", best_group, match("order_lines", best_group[0].names))
    return sorted(found, key=lambda p: list(TABLES).index(p.table))


def fits(table: str, names: Sequence[str]) -> bool:
    """Whether a file has all that the contract requires of the table and something that tells it."""
    matched = match(table, names)
    said = {*matched, *_constants(table, matched)}
    required = {column.name for column in TABLES[table].columns if column.required}
    return required <= said and bool({*telling_columns()[table]} & set(matched))


def match(table: str, names: Sequence[str]) -> dict[str, str]:
    """Contract column → the file's column that its name suggests; each of the file's once, none that names a person."""
    free = {plain(name).casefold(): name for name in names if not is_personal(name)}
    found: dict[str, str] = {}
    for column, usual in column_names()[table].items():
        theirs = next((free.pop(key) for word in usual if (key := plain(word).casefold()) in free), None)
        if theirs is not None:
            found[column] = theirs
    return found


def _constants(table: str, matched: Mapping[str, str]) -> dict[str, str]:
    """What the names of matched columns say of other columns, for all rows."""
    found: dict[str, str] = {}
    for column, told in named_constants().get(table, {}).items():
        for other, words in told.items():
            name = plain(matched.get(column, "")).casefold()
            value = next((value for word, value in words.items() if plain(word).casefold() in name), None)
            if value is not None and other not in matched:
                found[other] = value
    return found


def is_personal(name: str) -> bool:
    """Whether a column's name says that it identifies a person; consent to be contacted does not."""
    if plain(name).casefold() in {plain(word).casefold() for word in column_names()["consents"]["agreed"]}:
        return False
    told = (*identifying_columns().values(), ColumnWords(contains=words("unproposed"), exact=(), ascii=()))
    return any(kind.match(name) for kind in told)


def filled(
    client: str,
    as_of: datetime.date | None,
    proposed: Sequence[Proposed],
    unplaced: Sequence[Header] = (),
    business: str | None = None,
) -> str:
    """The pattern with the client's name, last day, tables and kind of business, and what that asks for besides."""
    text = _pattern().read_text("utf-8")
    day = as_of.isoformat() if as_of else ""
    head, mark, rest = text.partition("<data>\n")
    head = head.replace("client: <client>", f"client: {_scalar(client)}").replace(": <client>\n", f": {_scalar(client)}\n")
    if business is not None:
        head = re.sub(r"^#type: .*$", f"type: {business}", head, flags=re.M)
    tables = {p.table: [other for other in proposed if other.table == p.table] for p in proposed}
    blocks = "".join(_block(table, several) for table, several in tables.items())
    comments = "".join([*map(_unplaced, unplaced), *_wishes(business, proposed)])
    return head.replace("as_of: <as_of>", f"as_of: {day}".rstrip()) + (blocks + comments if mark else "") + rest


def _unplaced(header: Header) -> str:
    where = f"{header.file.shown} ({', '.join(header.sheets)})" if header.sheets else header.file.shown
    told = f"どの表か分からなかったファイル / not placed: {_flat(where)}"
    return f"  ## {told}: {', '.join(map(_flat, header.names))}\n"


def _wishes(business: str | None, proposed: Sequence[Proposed]) -> Iterator[str]:
    """A comment for each table that the kind of business asks for and the files do not hold."""
    if business is not None:
        for wish in asked(packs.pack(business), _there(proposed)):
            yield f"  ## この業態で頼む項目 / to ask for in this business: {wish.table} ({', '.join(wish.columns)})\n"


def _there(proposed: Sequence[Proposed]) -> dict[str, set[str]]:
    """Table → the columns that any of its files has."""
    there: dict[str, set[str]] = {}
    for one in proposed:
        there.setdefault(one.table, set()).update(one.found)
    return there


def _pattern() -> Path:
    own = paths.root() / "params" / f"{paths.TEMPLATE}.yaml"
    return own if own.is_file() else Path(__file__).resolve().parents[2] / "params" / own.name


def _proposed(table: str, group: Sequence[Header], matched: Mapping[str, str]) -> list[Proposed]:
    """The source that a group of files is; several when several of its columns say the same thing of different channels."""
    names = group[0].names
    several = [dict(matched)]
    for column in named_constants().get(table, {}):
        usual = {plain(word).casefold() for word in column_names()[table][column]}
        more = [name for name in names if plain(name).casefold() in usual and name not in matched.values()]
        several += [{**matched, column: name} for name in more if _constants(table, {**matched, column: name})]
    used = {theirs for found in several for theirs in found.values()}
    others = [name for name in names if name not in used]
    return [
        Proposed(
            table,
            tuple(sorted(header.file.shown for header in group)),
            found,
            tuple(name for name in others if not is_personal(name)),
            tuple(name for name in others if is_personal(name)),
            group[0].sheets,
            _constants(table, found),
        )
        for found in several
    ]


def _block(table: str, several: Sequence[Proposed]) -> str:
    """One table of `data:`, its sources as a list when there are several."""
    listed = len(several) > 1
    text = f"  {table}:\n"
    for proposed in several:
        lines = _source_lines(proposed)
        if listed and table == "order_lines" and "channel" not in proposed.found:
            lines.append("## constants: {channel: EC}   ## どの販路のファイルか / which channel the file is of")
        margins = ["    - ", *["      "] * (len(lines) - 1)] if listed else ["    "] * len(lines)
        text += "".join(f"{margin}{line}\n" for margin, line in zip(margins, lines, strict=True))
    return text


def _source_lines(proposed: Proposed) -> list[str]:
    lines = [f"files: [{', '.join(map(_scalar, _patterns(proposed.files)))}]"]
    if proposed.sheets:
        lines.append(f"sheet: [{', '.join(map(_scalar, _patterns(proposed.sheets)))}]")
    needed = NEEDED if proposed.table == "order_lines" else ()
    lines += ["columns:", *(f"  {ours}: {_scalar(theirs)}" for ours, theirs in proposed.found.items())]
    lines += [
        f"  {name}:   ## この表に必要。下の列から選ぶ / required: choose from the columns below"
        for name in needed
        if name not in proposed.found
    ]
    free = [name for name in TABLES[proposed.table].names if name not in (*proposed.found, *proposed.constants, *needed)]
    if proposed.others:
        lines.append(f"  ## 対応づけていない列 / columns not in use: {', '.join(map(_flat, proposed.others))}")
        lines += [f"  ## まだ書ける項目 / keys still free: {', '.join(free)}"] if free else []
    if proposed.personal:
        lines.append(f"  ## 個人を特定するため読み込まない列 / personal, never read: {', '.join(map(_flat, proposed.personal))}")
    if proposed.constants:
        told = ", ".join(f"{name}: {_scalar(value)}" for name, value in proposed.constants.items())
        lines.append(f"constants: {{{told}}}   ## 列名から / from the column's name")
    known = {name: {a: b for a, b in words.items() if b} for name, words in proposed.values.items()}
    lines += ["values:"] if any(known.values()) else []
    for name, words in proposed.values.items():
        if known[name]:
            lines.append(f"  {name}: {{{', '.join(f'{_scalar(a)}: {b}' for a, b in known[name].items())}}}")
        unknown = [theirs for theirs, ours in words.items() if not ours]
        if unknown:
            choices = ", ".join(TABLES[proposed.table].column(name).choices)
            lines.append(f"  ## {name}: 対応の分からない値 / values to place among {choices}: {', '.join(map(_flat, unknown))}")
    return lines


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
            with _opened(file, HEAD) as parts:
                told = [(part.name, part.columns) for part in parts]
        except (CrmError, OSError, ValueError):
            told = []
        good: dict[tuple[str, ...], list[str]] = {}
        for sheet, names in told:
            if _are_names(names):
                good.setdefault(names, []).append(sheet)
        found += [Header(file, names, tuple(sheets) if len(told) > 1 else ()) for names, sheets in good.items()]
        unread += [] if good else [file.shown]
    return found, unread


def _are_names(names: Sequence[str]) -> bool:
    return len(names) > 1 and all(names) and len(set(names)) == len(names) and not any(map(_is_value, names))


@contextlib.contextmanager
def _opened(file: InputFile, size: int | None = None) -> Iterator[list[Part]]:
    """The tables of a file; of a text only the first lines when a size is given; none for a file of another kind."""
    with tempfile.TemporaryDirectory() as folder, sources.unpacking(file, ""):
        head = sources.head(file, 512).read()
        path = sources.local(file, Path(folder)) if suspicion.kind_of(head) else file.path
        kind = suspicion.kind_of_file(head, path)
        if kind is None:
            text = Path(folder) / "text"
            decode.decode((lambda: sources.head(file, size)) if size else file.open, text)
            yield list(staging.parts("csv_text", text, _source({})))
        elif kind == "workbook":
            from crm_helpers.data.readers import excel  # only a client with workbooks pays for its imports

            yield list(excel.sheets(path, _source({})))
        elif kind in suspicion.FORMATS:
            yield list(staging.parts(suspicion.FORMATS[kind][0], path, _source({})))
        else:
            yield []


def _is_value(name: str) -> bool:
    """Whether a name is rather a date, a number or an address: a file without a header, or not a table."""
    return bool(re.fullmatch(r"[\d\s,./:¥\\-]+", name)) or "�" in name or not name.isprintable()


def _last_day(proposed: Sequence[Proposed], headers: Sequence[Header]) -> datetime.date | None:
    """The last day in the proposed order lines; None when no day can be read."""
    day = f"max({clean.date('tidy(s0)', None)})"
    lines = [p for p in proposed if p.table == "order_lines" and "ordered_on" in p.found]
    days = [row[0] for p in lines for row in _asked(p, headers, "ordered_on", f"select {day} from stage") if row[0] is not None]
    return max(days, default=None)


def _valued(proposed: Proposed, headers: Sequence[Header]) -> Proposed:
    """With the values of its columns that have fixed ones, as far as the words are usual."""
    values: dict[str, dict[str, str]] = {}
    for column in TABLES[proposed.table].columns:
        if not column.choices or column.name not in proposed.found:
            continue
        query = f"select distinct tidy(s0) from stage where tidy(s0) is not null limit {MOST_VALUES + 1}"
        theirs = sorted({str(row[0]) for row in _asked(proposed, headers, column.name, query)})
        usual = {plain(word).casefold(): ours for word, ours in usual_values(proposed.table, column.name).items()}
        told = {word: usual.get(plain(word).casefold(), "") for word in theirs if plain(word).casefold() not in column.choices}
        if 0 < len(told) <= MOST_VALUES:
            values[column.name] = told
    return replace(proposed, values=values)


def _asked(proposed: Proposed, headers: Sequence[Header], column: str, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query of `stage(s0)`, the column as each of the source's files and sheets has it."""
    for header in headers:
        if header.file.shown not in proposed.files or header.sheets != proposed.sheets:
            continue
        with _opened(header.file) as parts:
            for part in parts:
                if part.columns == header.names:
                    con = connect(None)
                    try:
                        for macro in clean.MACROS:
                            con.execute(macro)
                        part.stage(con, "stage", [proposed.found[column]])
                        yield from con.execute(query).fetchall()
                    finally:
                        con.close()


def _source(columns: dict[str, list[str]]) -> Source:
    return Source(files=["*"], columns=columns)
