"""Rows of a client's database: one SELECT over a connection that may only read, kept as text like any other export.

The params file names an environment variable (`connection: CRM_DB_URL`) that holds the address; a password never stands in a
file. Only the mapped columns leave the database. The rows are kept under `.cache/database/` by their content, which is
also their fingerprint; processes started by this one read the same rows, so that all chapters of a report see one state.
SQLAlchemy, an optional extra, makes the connection, and the database's own driver must be installed with it.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_helpers.data import convert
from crm_helpers.data.sources import InputFile
from crm_helpers.data.staging import plain
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded, nearest
from crm_helpers.params.schema import Source

if TYPE_CHECKING:
    import sqlalchemy

READ_ONLY = {  # what makes a session read-only, by SQLAlchemy's name of the database
    "sqlite": "pragma query_only = on",
    "postgresql": "set session characteristics as transaction read only",
}
DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}  # sqlglot's names of the same
AT_ONCE = 10_000  # rows fetched in one go
FETCHED = "CRM_FETCHED_"  # names, for processes started by this one, the rows that were fetched


def fetched(loaded: Loaded, place: Sequence[str | int], source: Source) -> tuple[InputFile, str]:
    """The rows of a source as a CSV file, and the sha256 of its content; the database is asked once a command.

    Raises:
        UsageError: no such variable, not one SELECT, a column that the result lacks.
        CrmError: the database cannot be used or reached.
    """
    told = json.dumps([loaded.params.client, source.model_dump(mode="json")], sort_keys=True)
    name = FETCHED + hashlib.sha256(told.encode()).hexdigest()[:16].upper()
    folder = paths.cache_folder(loaded.params.client) / "database"
    shown = f"{source.connection}!{source.table or 'query'}"
    digest = os.environ.get(name, "")
    if not digest or not (folder / f"{digest}.csv").is_file():
        digest = _fetch(loaded, place, source, folder)
        os.environ[name] = digest
    return InputFile(shown, folder / f"{digest}.csv"), digest


def one_select(text: str, dialect: str) -> bool:
    """Whether a text is exactly one query that changes nothing."""
    import sqlglot
    from sqlglot import exp

    try:
        trees = [tree for tree in sqlglot.parse(text, read=DIALECTS[dialect]) if tree is not None]
    except sqlglot.errors.SqlglotError:
        return False
    changing = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.DDL, exp.Command, exp.Into, exp.Lock)
    allowed = (exp.Select, exp.SetOperation, exp.Subquery)
    if len(trees) != 1 or not isinstance(trees[0], allowed):
        return False
    return not any(isinstance(node, changing) for node in trees[0].walk())


def _fetch(loaded: Loaded, place: Sequence[str | int], source: Source, folder: Path) -> str:
    where = loaded.where(*place, "connection")
    engine = _engine(source, where)
    try:
        with engine.connect() as con:
            con.exec_driver_sql(READ_ONLY[engine.dialect.name])
            con.commit()
            return _kept(_rows(con, loaded, place, source), folder)
    except CrmError:
        raise
    except Exception as error:
        # The driver's own words may quote the address with its password, or rows; only the kind of error is told.
        raise CrmError("data.database", where=where, found=source.connection, error=type(error).__name__) from None
    finally:
        engine.dispose()


def _engine(source: Source, where: str) -> sqlalchemy.Engine:
    address = os.environ.get(source.connection or "", "")
    if not address:
        raise UsageError("data.no_connection", where=where, found=source.connection)
    try:
        import sqlalchemy

        engine = sqlalchemy.create_engine(address)
    except ModuleNotFoundError as missing:
        raise CrmError("data.no_driver", where=where, found=missing.name) from None
    except Exception:
        raise UsageError("data.address", where=where, found=source.connection, has=list(READ_ONLY)) from None
    if engine.dialect.name not in READ_ONLY:
        raise UsageError("data.address", where=where, found=source.connection, has=list(READ_ONLY))
    return engine


def _rows(con: sqlalchemy.Connection, loaded: Loaded, place: Sequence[str | int], source: Source) -> Iterable[Sequence[Any]]:
    """The header and the rows, of the mapped columns only."""
    quote = con.dialect.identifier_preparer.quote_identifier
    if source.query is not None and not one_select(source.query, con.dialect.name):
        raise UsageError("data.not_select", where=loaded.where(*place, "query"))
    inner = source.query.strip().rstrip(";") if source.query else f"select * from {'.'.join(map(quote, str(source.table).split('.')))}"
    has = list(con.exec_driver_sql(f"select * from ({inner}\n) as asked where 1 = 0").keys())
    theirs = {plain(name): name for name in has}
    wanted = convert.wanted(source)
    for name, parts in convert.columns(source).items():
        for part in parts:
            if plain(part) not in theirs:
                section = "dimensions" if name in source.dimensions else "columns"
                told = {"column": name, "found": part, "has": has, "nearest": nearest(plain(part), has)}
                shown = f"{source.connection}!{source.table or 'query'}"
                raise UsageError("data.column", where=loaded.where(*place, section, name), file=shown, **told)
    cells = ", ".join(quote(theirs[plain(name)]) for name in wanted)
    yield [plain(name) for name in wanted]
    order = ", ".join(str(i + 1) for i in range(len(wanted)))  # the same rows give the same file, whatever the database does
    found = con.exec_driver_sql(f"select {cells} from ({inner}\n) as asked order by {order}")
    while rows := found.fetchmany(AT_ONCE):
        yield from rows


def _kept(rows: Iterable[Sequence[Any]], folder: Path) -> str:
    """Write the rows as CSV under the sha256 of their content."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{uuid.uuid4().hex}"
    try:
        with partial.open("x", encoding="utf-8", newline="") as out:
            partial.chmod(0o600)
            write = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
            write.writerows([_text(cell) for cell in row] for row in rows)
        digest = hashlib.sha256(partial.read_bytes()).hexdigest()
        for old in folder.glob("*.csv"):
            if old.stem != digest and not any(old.stem == kept for name, kept in os.environ.items() if name.startswith(FETCHED)):
                old.unlink(missing_ok=True)
        partial.replace(folder / f"{digest}.csv")
    finally:
        partial.unlink(missing_ok=True)
    return digest


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return format(cell, ".15g") if "e" not in format(cell, ".15g") else f"{cell:f}"
    return str(cell)
