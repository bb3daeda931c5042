"""The key table of a real client whose data are entrusted: pseudonym → the client's own number.

It lies beside the key, in the user's own settings, never in the project, and is made only for a client for whom lists are to be
written (`delivery.folder`): the import adds the ids that it replaced, a list of people looks its own up, and a purge deletes it.
Pseudonymised data have none: nobody is ever to be found again from them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from crm_helpers.data import keys
from crm_helpers.data.staging import quoted
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params.load import Loaded

PSEUDONYM = re.compile(rf"{keys.MARK}[0-9a-f]{{{keys.DIGITS}}}")


def file_of(client: str) -> Path:
    """Where the client's key table lies in this user's settings."""
    return keys.key_file(client).with_suffix(".members")


def kept(loaded: Loaded) -> bool:
    """Whether this client's ids are ever to be found again."""
    params = loaded.params
    return params.privacy.data_status == "entrusted" and params.delivery.folder is not None and not params.example


def keep(loaded: Loaded, con: duckdb.DuckDBPyConnection, made: str) -> None:
    """Add the rows (raw, made) of a table of `con` that the key table lacks; readable by its owner only."""
    if not kept(loaded):
        return
    file = file_of(loaded.params.client)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    rows = f"select made, raw from {made}"
    if file.is_file():
        rows = f"select made, raw from read_parquet({quoted(str(file))}) union {rows}"
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    con.execute(f"copy (select made, min(raw) as raw from ({rows}) group by made order by made) to {quoted(str(partial))} (format parquet)")
    partial.chmod(0o600)
    partial.replace(file)


def looked_up(loaded: Loaded, ids: Sequence[str]) -> tuple[list[str], int]:
    """The client's own number of each id, and how many of them were looked up: ids that no import replaced are their own.

    Raises:
        CrmError: there is no key table, or it lacks some of the ids.
    """
    hidden = [place for place, id_ in enumerate(ids) if id_[:1] == keys.MARK and PSEUDONYM.fullmatch(id_)]
    if not hidden:
        return list(ids), 0
    file, client = file_of(loaded.params.client), loaded.params.client
    if not file.is_file():
        raise UsageError("targets.no_key_table", where=str(file), client=client)
    con = duckdb.connect()
    try:
        con.execute("create table asked as select unnest($1) as made", [[ids[place] for place in hidden]])
        found = con.execute(
            f"select made, raw from read_parquet({quoted(str(file))}) where made in (select made from asked)"
        ).fetchall()
    finally:
        con.close()
    own = dict(found)
    lacking = sum(1 for place in hidden if ids[place] not in own)
    if lacking:
        raise CrmError("targets.not_in_key_table", where=str(file), n=lacking, client=client)
    told = list(ids)
    for place in hidden:
        told[place] = own[ids[place]]
    return told, len(hidden)
