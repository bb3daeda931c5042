"""Small result tables as plain rows."""

from __future__ import annotations

from typing import Any, cast

import pandas as pd


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The table's rows, each as {column: value}."""
    return cast("list[dict[str, Any]]", table.to_dict("records"))


def given(value: Any) -> bool:
    """Whether a cell holds a value; an empty text is none."""
    return not (value is None or value is pd.NA or (not isinstance(value, str) and bool(pd.isna(value))) or value == "")
