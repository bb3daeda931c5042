"""The demo client, imported once."""

from __future__ import annotations

import pytest

from crm_helpers.data.tables import Tables, open_tables
from crm_helpers.params.load import load


@pytest.fixture(scope="session")
def demo() -> Tables:
    return open_tables(load("demo"))
