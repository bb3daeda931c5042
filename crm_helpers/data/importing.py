"""From a client's files to Parquet, once: decode, read, clean, set aside, write.

The result is a folder of one Parquet file a contract table and `import.json`; it appears by one rename, so a killed
import leaves nothing that is taken for whole, and of two imports at once the second finds the work done.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
import uuid
from pathlib import Path

import duckdb

from crm_helpers.data import access_log, clean, mapping, privacy
from crm_helpers.data.engine import connect
from crm_helpers.data.fingerprint import file_hashes
from crm_helpers.data.job import Imported, Job
from crm_helpers.data.private import tighten
from crm_helpers.data.quality import references
from crm_helpers.document import Basis, from_json, to_json
from crm_helpers.errors import FULL_WORDS, CrmError
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded

FACTS = "import.json"
PARTIAL = ".importing-"
MEMORY = "700MB"  # of DuckDB alone: with what the process holds besides, an import of 1 GB stays below 1 GB (benchmarks/)
UNUSED = 3600  # seconds without being opened after which a folder is taken to be in nobody's use


def imported(loaded: Loaded, fingerprint: str) -> tuple[Path, Imported]:
    """The folder of the client's imported tables and their facts; imports when there is none of this fingerprint.

    Raises:
        CrmError, Faults: the mapping or the files cannot be used.
    """
    store = paths.cache_folder(loaded.params.client) / "tables"
    folder = store / fingerprint
    if not (folder / FACTS).is_file():
        work = store / f"{PARTIAL}{uuid.uuid4().hex}-{os.getpid()}"
        work.mkdir(parents=True)
        tighten(store.parent)
        _forget(store, keep=fingerprint)  # first what killed imports left: it may be what fills the disk
        try:
            _import(loaded, work)
            _publish(work, folder)
            _record(loaded, folder)
        except duckdb.Error as error:
            raise _of_engine(error, work) from None
        finally:
            shutil.rmtree(work, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.utime(folder)
    return folder, _facts(folder)


def _record(loaded: Loaded, folder: Path) -> None:
    """Put the import on record (PR32): files with hashes, rows and columns of each table."""
    facts = _facts(folder)
    rows = {name: sum(part.accepted for part in facts.basis.received if part.table == name) for name in facts.filled}
    access_log.record(
        loaded.params.client,
        "import",
        {"files": file_hashes(loaded), "rows": rows, "columns": facts.filled},
        purpose=loaded.params.entrustment.purpose or "",
        destination=paths.shown(folder),
    )


def _of_engine(error: duckdb.Error, work: Path) -> Exception:
    """What DuckDB says of a full disk or too little memory, as a fault; anything else as it is."""
    if any(words in str(error) for words in FULL_WORDS):
        return CrmError("system.full", where=paths.shown(work.parent))
    return CrmError("data.memory", where=paths.shown(work.parent)) if isinstance(error, duckdb.OutOfMemoryException) else error


def _facts(folder: Path) -> Imported:
    told = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    return Imported(told["filled"], told["first"], told["last"], from_json(Basis, told["basis"]))


def _publish(work: Path, folder: Path) -> None:
    try:
        work.rename(folder)
    except OSError:
        if not (folder / FACTS).is_file():  # not another process that was quicker
            raise


def _forget(store: Path, keep: str) -> None:
    """Remove older imports and what killed imports left, but none that another process may be reading or making."""
    for old in store.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process was quicker
            if old.name != keep and (_orphaned(old) or time.time() - old.stat().st_mtime > UNUSED):
                shutil.rmtree(old, ignore_errors=True)


def _orphaned(folder: Path) -> bool:
    """Whether a partial import is of a process that no longer lives; where a process cannot be asked for, its age decides."""
    process = folder.name.rpartition("-")[2]
    if not folder.name.startswith(PARTIAL) or not process.isdigit() or os.name != "posix":
        return False
    try:
        os.kill(int(process), 0)
    except OSError as error:
        return isinstance(error, ProcessLookupError)
    return False


def _import(loaded: Loaded, work: Path) -> None:
    con = connect(work / "spill", threads=1, memory=MEMORY)  # a second one costs more than it gives (tried)
    try:
        for macro in clean.MACROS:
            con.execute(macro)
        job = Job(loaded, con, work)
        named = references.named_first(loaded.params.data)  # so that a row's references can be asked at once
        for name in privacy.order({name: loaded.params.data[name] for name in named}):
            job.table(mapping.contract_table(name, loaded.params.data[name]))
        facts = job.finish()
    finally:
        con.close()
    shutil.rmtree(work / "spill", ignore_errors=True)
    (work / FACTS).write_text(json.dumps(to_json(facts), ensure_ascii=False), encoding="utf-8")
