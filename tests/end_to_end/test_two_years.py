"""Two years of one client: what the first planned is measured in the second, and its plan starts from what was learned.

A run of the demo client takes minutes: only the chapters of the thread are made, once for the module, and only where `CRM_SLOW` asks.
"""

import json
import os
import shutil

import pytest

from tests.end_to_end.conftest import Project

pytestmark = pytest.mark.skipif("CRM_SLOW" not in os.environ, reason="two runs of the demo client; .ci/run asks for them")
FIRST, SECOND = "2025-03-31", "2026-03-31"


@pytest.fixture(scope="module")
def years(project, tmp_path_factory):
    """Each year's rows, all chapters together, made one after the other in a project of their own without any rows to begin with."""
    folder = tmp_path_factory.mktemp("years") / "project"
    shutil.copytree(project.folder, folder, ignore=shutil.ignore_patterns("reports", ".cache", "ledger"))
    own, found = Project(folder), {}
    for as_of in (FIRST, SECOND):
        done = own.crm("run", "demo", "02", "04", "05", "--set", f"as_of={as_of}")
        assert done.returncode == 0, done.stderr
        files = sorted((folder / "data/demo/ledger" / as_of).glob("*.json"))
        found[as_of] = {row["id"]: row for file in files for row in json.loads(file.read_text("utf-8"))}
    return own, found


@pytest.fixture(scope="module")
def month(years):
    """A monthly edition after both years, with the year's set as it was before."""
    own, _ = years
    pointer = own.folder / "reports/demo/current"
    before = pointer.resolve()
    done = own.crm("run", "demo", "--edition", "monthly", "--as-of", "2026-02-28")
    assert done.returncode == 0, done.stderr
    assert "4 pages, 0 left out" in done.stderr
    assert pointer.resolve() == before, "the year's report stands"
    return own.folder


def above(rows, row):
    """Everything that a row stands under, itself first."""
    seen, open_ = {}, [row]
    while open_:
        name = open_.pop()
        if name not in seen:
            seen[name] = rows[name]["kind"]
            open_ += rows[name]["parents"]
    return seen


def test_no_row_of_either_year_has_a_parent_that_is_not_there(years):
    _, years = years
    assert [(row["id"], p) for row in years[FIRST].values() for p in row["parents"] if p not in years[FIRST]] == []
    both = years[FIRST] | years[SECOND]
    assert [(row["id"], p) for row in years[SECOND].values() for p in row["parents"] if p not in both] == []


def test_the_second_year_measures_what_the_first_planned(years):
    _, years = years
    planned = {name for name, row in years[FIRST].items() if row["kind"] == "campaign"}
    measured = {row["parents"][0] for row in years[SECOND].values() if row["kind"] == "effect"}
    assert measured
    assert measured <= planned
    for name in measured:
        assert years[SECOND][name]["parents"] == years[FIRST][name]["parents"], "it keeps what it was planned for"


def test_the_thread_runs_from_the_figure_over_the_effect_to_the_next_plan(years):
    _, years = years
    both = years[FIRST] | years[SECOND]
    kinds = set(above(both, "campaign:FY26-RET-001").values())
    assert {"kpi", "gap", "learning", "effect", "campaign"} <= kinds
    assert "learning:C2507-INTV" in years[SECOND]["campaign:FY26-RET-001"]["parents"]


def test_nothing_of_the_second_year_is_in_the_first(years):
    _, years = years
    told = json.dumps(list(years[FIRST].values()))
    assert "FY26" not in told
    assert not [row for row in years[FIRST].values() if row["kind"] in ("effect", "learning")], (
        "nobody was left out before April 2025"
    )


def test_the_month_lies_apart_in_both_languages_and_sees_nothing_later(month):
    home = month / "reports/demo/monthly/current"
    assert sorted(f.relative_to(home).as_posix() for f in home.glob("??/*")) == [
        "en/monthly.html", "en/monthly.pdf", "ja/monthly.html", "ja/monthly.pdf",
    ]  # fmt: skip
    page = (home / "en/monthly.html").read_text("utf-8")
    assert "Sales of February 2026 were" in page
    assert "31 March 2026" not in page
    rows = json.loads((month / "data/demo/ledger/monthly/2026-02-28/05.json").read_text("utf-8"))
    assert {"definition", "campaign", "effect", "kpi"} <= {row["kind"] for row in rows}
    assert not (month / "data/demo/ledger/2026-02-28").exists()
