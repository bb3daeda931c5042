"""What the imported tables depend on, as hashes.

Nothing here may import DuckDB, pandas or sqlglot: a run in which nothing changed must end before those are needed.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
from pathlib import Path

from crm_helpers.data import keys, sources
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded

CHUNK = 1024 * 1024


def file_hashes(loaded: Loaded) -> dict[str, str]:
    """The sha256 of every file that the mapping reads, control totals included, by shown name; a zip is one file.

    A hash is kept by path, size and time of change, so that a large export is read once. Of a database it is that of the rows.

    Raises:
        CrmError: a pattern matches nothing, or a database cannot be read.
    """
    kept_file = paths.cache_folder(loaded.params.client) / "hashes.json"
    kept = _kept(kept_file)
    hashes: dict[str, str] = {}
    fresh: dict[str, list[str]] = {}
    for shown, path in sorted(_inputs(loaded).items()):
        stat = path.stat()
        state = f"{stat.st_size} {stat.st_mtime_ns}"
        known = kept.get(str(path), [])
        hashes[shown] = known[1] if known and known[0] == state else _sha256(path)
        fresh[str(path)] = [state, hashes[shown]]
    if fresh != kept:
        _keep(kept_file, fresh)
    return hashes | _databases(loaded)


def fingerprint(loaded: Loaded) -> str:
    """32 hex digits that change when the imported tables could: files, mapping, as_of, currency, the import's code."""
    params = loaded.params.model_dump(mode="json", include={"data", "as_of", "currency", "cleaning", "privacy", "customers_are"})
    params["privacy"].pop("k")  # decides what is printed, not what is imported
    params["lists"] = loaded.params.delivery.folder is not None  # then the import keeps a key table
    told = json.dumps([params, keys.mark(loaded), file_hashes(loaded), _code()], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _inputs(loaded: Loaded) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for _, place, source in sources.of(loaded):
        found.update(sources.on_disk(loaded, (*place, "files"), source.files))
    if loaded.params.control_totals is not None:
        found.update(sources.on_disk(loaded, ("control_totals", "file"), [loaded.params.control_totals.file]))
    return found


def _databases(loaded: Loaded) -> dict[str, str]:
    asked = [(place, source) for _, place, source in sources.of(loaded) if source.connection]
    if not asked:
        return {}
    from crm_helpers.data import database  # only such a client pays for its imports

    rows = [database.fetched(loaded, place, source) for place, source in asked]
    return {file.shown: digest for file, digest in rows}


def _kept(file: Path) -> dict[str, list[str]]:
    try:
        kept: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept


def _keep(file: Path, hashes: dict[str, list[str]]) -> None:
    """A cache that cannot be written (read-only project) costs time, nothing else."""
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f".{file.name}.{os.getpid()}")
        partial.write_text(json.dumps(hashes, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        partial.replace(file)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@functools.cache
def _code() -> str:
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for file in sorted([*here.rglob("*.py"), *(here.parent / "domain").rglob("*.yaml")]):
        digest.update(file.read_bytes())
    return digest.hexdigest()
