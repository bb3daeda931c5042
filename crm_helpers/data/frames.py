"""Small result tables as plain rows."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The table's rows, each as {column: value}."""
    return cast("list[dict[str, Any]]", table.to_dict("records"))
