"""What makes a chapter be executed again: a chapter that reads another's rows is, when that one or its rows change."""

import pytest

from crm_helpers import ledger
from crm_helpers.document import LedgerRow, Sentence
from crm_helpers.params.load import load
from crm_helpers.report import pipeline


@pytest.fixture
def home(tmp_path, monkeypatch):
    """`retail` with rows of its own."""
    found = ledger.find
    monkeypatch.setattr(pipeline.ledger, "find", lambda folder, *what, **how: found(tmp_path, *what, **how))
    return tmp_path / "2023-12-31"


def prints(only=()):
    """The fingerprints that a run would have, by chapter."""
    plan = pipeline._plan(load("retail"), only)
    return {name[:2]: told for name, told in plan.prints.items()}


def write(folder, value, chapter="02"):
    row = LedgerRow("segment:best", "segment", Sentence("rfm.key"), {"size": {"value": value, "unit": "people"}}, "order_lines")
    folder.mkdir(parents=True, exist_ok=True)
    ledger.write(folder, chapter, (row,))


@pytest.mark.parametrize("chapter", ["03", "04", "05"])
def test_a_chapter_is_made_again_when_the_rows_of_02_change(home, chapter):
    write(home, 1)
    before = prints([chapter])[chapter]
    assert prints([chapter])[chapter] == before
    write(home, 2)
    assert prints([chapter])[chapter] != before


def test_the_review_is_made_again_when_last_years_plan_changes(home):
    """The rows of an earlier day lie in the client's ledger, not in this run."""
    write(home.parent / "2022-12-31", 1, "04")
    before = prints(["05"])["05"]
    write(home.parent / "2022-12-31", 2, "04")
    assert prints(["05"])["05"] != before


def test_in_a_run_of_all_the_chapters_those_that_read_02_follow_it(home, monkeypatch):
    before = prints()
    real = pipeline.fingerprint.of_notebook

    def other(path, *rest):
        return real(path, *rest) + ("x" if path.name.startswith("02") else "")

    monkeypatch.setattr(pipeline.fingerprint, "of_notebook", other)
    after = prints()
    assert {name for name in before if before[name] != after[name]} == {"02", "03", "04", "05"}
