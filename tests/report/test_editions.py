"""A monthly edition takes its own steps of a chapter, ends with a month, and lies apart from the year's report."""

import datetime
import json
from pathlib import Path

import pytest

from crm_helpers import ledger
from crm_helpers.errors import UsageError
from crm_helpers.params import paths
from crm_helpers.params.definitions import definitions
from crm_helpers.params.load import load
from crm_helpers.report import editions, publish
from crm_helpers.report.executed import in_order
from tests.report.test_publish import made, project  # noqa: F401

D = datetime.date


def cell(name, source, *tags, kind="code"):
    return {"id": name, "cell_type": kind, "source": [source], "metadata": {"tags": list(tags)} if tags else {}}


def prose(name, source):
    return cell(name, source, kind="markdown")


CHAPTER = {
    "cells": [
        prose("title", "# 章"), cell("parameters", "client = 1", "parameters"), cell("open", "book = client"),
        prose("a-q", "## A"), cell("a", "book.show(a)", "monthly:2"), prose("a-r", "読み方: A"),
        prose("b-q", "## B"), cell("b", "book.show(b)"), prose("b-r", "読み方: B"),
        prose("c-q", "## C"), prose("c-p", "前置き"), cell("c", "book.show(c)", "appendix", "monthly:1"), prose("c-r", "読み方: C"),
    ]
}  # fmt: skip


def test_the_edition_takes_whole_steps_in_the_order_of_their_pages():
    kept = [c["id"] for c in editions.cut(CHAPTER, "monthly")["cells"]]
    assert kept == ["title", "parameters", "open", "c-q", "c-p", "c", "c-r", "a-q", "a", "a-r"]


def test_a_chapter_without_such_steps_is_not_of_the_edition(tmp_path):
    path = tmp_path / "02_x.ipynb"
    path.write_text(json.dumps({"cells": CHAPTER["cells"][6:9]}), "utf-8")
    assert not editions.has_steps(path, "monthly")
    assert editions.has_steps(path, paths.YEARLY)


@pytest.mark.parametrize("day", ["2025-12-31", "2024-02-29", "2025-06-30"])
def test_a_month_end_is_right(day):
    editions.check(load("demo", editions.settings("monthly", day)))


@pytest.mark.parametrize(
    ("day", "has"), [("2024-02-28", ["2024-01-31", "2024-02-29"]), ("2026-01-01", ["2025-12-31", "2026-01-31"])]
)
def test_another_day_is_told_with_the_month_ends_around_it(day, has):
    with pytest.raises(UsageError) as told:
        editions.check(load("demo", editions.settings("monthly", day)))
    assert (told.value.key, told.value.values["has"]) == ("run.month_end", has)


def test_the_years_report_may_end_on_any_day():
    editions.check(load("demo", editions.settings(None, "2026-01-15")))


def test_the_month_compares_its_own_twelve_months_whatever_the_file_says():
    assert load("demo").params.periods is not None
    assert load("demo", editions.settings("monthly", "2026-02-28")).params.periods is None


def test_a_monthly_set_lies_apart_and_leaves_the_years_where_it_is(project):  # noqa: F811
    year = publish.publish(made("y"), "acme", "y")
    month = publish.publish(made("m"), "acme", "m", "monthly")
    assert publish.published("acme") == year.resolve()
    assert publish.published("acme", "monthly") == month.resolve()
    assert month.relative_to(project).as_posix() == "reports/acme/monthly/m"


def test_a_year_does_not_read_a_months_rows(project):  # noqa: F811
    ledger.write(paths.ledger_folder("acme", "monthly") / "2026-02-28", "05", ())
    assert ledger.read(paths.ledger_folder("acme"), D(2026, 3, 31), "05") is None
    assert ledger.read(paths.ledger_folder("acme", "monthly"), D(2026, 3, 31), "05") == ()


def test_what_the_run_has_made_is_not_taken_for_published(project, monkeypatch, tmp_path):  # noqa: F811
    monkeypatch.setenv(ledger.STAGING, str(tmp_path / "staging"))
    ledger.write(tmp_path / "staging" / "ledger", "04", ())
    assert ledger.read(paths.ledger_folder("acme"), D(2026, 3, 31), "04") == ()
    assert ledger.read(paths.ledger_folder("acme"), D(2026, 3, 31), "04", published=True) is None


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("states.at_risk_days=300", "states"),
        ("segments.gift_givers.where={field: orders, op: at_least, value: 2}", "segment:gift_givers"),
        ("privacy.k=10", "privacy_k"),
        ("sales.tax=excluded", "sales"),
        ("data.day_totals.signs={amount: [x]}", "table:day_totals"),
    ],
)
def test_a_setting_that_decides_what_is_counted_is_a_definition(setting, name):
    before, now = (definitions(load("demo", sets).params) for sets in ((), [setting]))
    assert [key for key in now if now[key] != before[key]] == [name]


@pytest.mark.parametrize("setting", ["as_of=2025-12-31", "report.version=2", "run.cell_seconds=5"])
def test_a_setting_that_does_not_is_none(setting):
    assert definitions(load("demo", [setting]).params) == definitions(load("demo").params)


def test_the_plan_is_executed_after_the_review():
    root = Path(__file__).parents[2] / "notebooks"
    assert [p.name[:2] for p in in_order(sorted(root.glob("0*.ipynb")))][-2:] == ["05", "04"]
