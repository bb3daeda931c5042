"""The one thing that executes SQL. DuckDB by default; any engine that has these three methods will do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import duckdb

from crm_helpers.data.staging import quoted

if TYPE_CHECKING:  # an import of exports needs no pandas, and pandas takes half a second to load
    import pandas as pd

MEMORY = "4GB"
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


class Engine(Protocol):
    """Runs statements in the engine's own dialect."""

    def sql(self, text: str) -> pd.DataFrame:
        """The result of a query."""

    def materialise(self, name: str, text: str, path: Path | None) -> None:
        """Keep the result of a query as the table `name`, in the Parquet file `path` or, without one, in the engine."""

    def view(self, name: str, text: str) -> None:
        """Give a query the name `name`; nothing is kept."""

    def close(self) -> None:
        """Let go of everything."""


def connect(spill: Path | None, threads: int | None = None, memory: str = MEMORY) -> duckdb.DuckDBPyConnection:
    """A DuckDB that keeps to `memory`, spills to `spill` (default: the system's folder) and never calls home."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "autoinstall_known_extensions": "false",
    }
    if threads is not None:
        config["threads"] = threads
    if spill is not None:
        config["temp_directory"] = str(spill)
    return duckdb.connect(config=config)


class DuckDBEngine:
    """DuckDB inside this process."""

    def __init__(self, spill: Path | None = None) -> None:
        self._con = connect(spill)

    def sql(self, text: str) -> pd.DataFrame:
        """The result: integers as int64 (float64 where a column has NULLs), dates as datetime64, text as str.

        Raises:
            TypeError: a column is a 128-bit integer, which pandas would get as an inexact float.
        """
        result = self._con.execute(text)
        kinds = {str(name): str(kind) for name, kind, *_ in result.description or ()}
        wide = [name for name, kind in kinds.items() if "HUGEINT" in kind]
        if wide:
            raise TypeError(f"128-bit integer columns {', '.join(wide)}: write cast(sum(x) as bigint)")
        frame = result.df()
        whole = {name: "float64" if frame[name].hasnans else "int64" for name, kind in kinds.items() if kind in INTEGERS}
        return frame.astype(whole | {name: "str" for name, kind in kinds.items() if kind == "VARCHAR"})

    def materialise(self, name: str, text: str, path: Path | None) -> None:
        """See `Engine`. The file appears whole or not at all, also when two processes make it at once.

        Who makes a table goes on with it as it lies in memory; who finds its file reads that.
        """
        if path is not None and path.exists():
            self.attach(name, path)
            return
        self._con.execute(f"create table {name} as {text}")
        if path is not None:
            partial = path.with_name(f".{path.name}.{os.getpid()}")
            self._con.execute(f"copy {name} to {quoted(str(partial))} (format parquet, compression zstd)")
            partial.replace(path)

    def view(self, name: str, text: str) -> None:
        """See `Engine`."""
        self._con.execute(f"create view {name} as {text}")

    def attach(self, name: str, path: Path, columns: Sequence[str] = ("*",)) -> None:
        """Give these columns of the Parquet file the name `name`."""
        self.view(name, f"select {', '.join(columns)} from read_parquet({quoted(str(path))})")

    def load(self, name: str, frame: pd.DataFrame, text: str) -> None:
        """Keep the result of the query `text` over the frame, which it calls `frame`, as the table `name`."""
        self._con.register("frame", frame)
        self._con.execute(f"create table {name} as {text}")
        self._con.unregister("frame")

    def close(self) -> None:
        """Close the connection."""
        self._con.close()
