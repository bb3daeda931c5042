"""The day of deletion is compared with a day that is handed in; results know no clock."""

from __future__ import annotations

import datetime

import pytest

from crm_helpers.data import entrustment
from tests.data.conftest import Project

RECORD = {"contract": "K-1", "purpose": "分析", "received_on": "2023-01-01", "delete_by": "2024-01-31", "persons": ["担当"]}


@pytest.mark.parametrize(
    ("today", "late", "left"),
    [("2024-02-01", True, None), ("2024-01-31", False, 0), ("2024-01-01", False, 30), ("2023-12-31", False, None)],
)
def test_after_the_day_of_deletion_nothing_runs(project: Project, today: str, late: bool, left: int | None) -> None:
    loaded = project.load(example=False, entrustment=RECORD)
    day = datetime.date.fromisoformat(today)
    found = entrustment.overdue(loaded, day)
    assert (found is not None, entrustment.days_left(loaded, day)) == (late, left)
    if found:
        assert (found.key, found.exit_code, found.where) == ("privacy.overdue", 1, loaded.where("entrustment", "delete_by"))


def test_examples_have_no_such_day(project: Project) -> None:
    loaded = project.load(entrustment=RECORD)
    assert entrustment.overdue(loaded, datetime.date(2030, 1, 1)) is None
    assert entrustment.days_left(loaded, datetime.date(2024, 1, 31)) is None
