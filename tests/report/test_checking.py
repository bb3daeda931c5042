"""`crm check` for what a person sees of it, and the contents that data can and cannot feed."""

from __future__ import annotations

import importlib

import pytest

from crm_helpers.data.checks import reconcile
from crm_helpers.data.quality.examine import quality
from crm_helpers.data.tables import open_tables
from crm_helpers.document import Basis, Finding, Opened, Score
from crm_helpers.params.load import load
from crm_helpers.report import basis
from crm_helpers.report.checking import check
from crm_helpers.report.generated import data_contract
from crm_helpers.report.needed import contents
from crm_helpers.text.catalogue import Voice
from tests.data.conftest import COLUMNS, Project

LINES = {"columns": COLUMNS | {"product_id": "商品"}}
PRODUCTS = {"products": {"files": "p.txt", "columns": {"product_id": "商品"}}}


@pytest.fixture
def project(tmp_path, monkeypatch):
    made = Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return made


def told(project: Project, *, everything: bool = False, **settings):
    """What `crm check` says: (key, values) in order, and its outcome."""
    said: list[tuple[str, dict]] = []

    def hear(key, /, **values):
        said.append((key, values))

    loaded = project.load(lines=LINES, tables=PRODUCTS, **settings)
    outcome = check(loaded, everything=everything, lang="en", tell=hear, result=hear)
    return said, outcome


def dirty(project: Project) -> None:
    project.write("a.csv", "注文,日付,顧客,商品,金額\n1,2023-12-30,A,Q,1200\n2,2023-12-31,A,P,100\n3,いつか,A,P,1\n")
    project.write("p.txt", "商品\nP\n")


def test_a_stop_is_told_first_with_its_yen_and_place_and_ends_the_check(project: Project) -> None:
    dirty(project)
    said, outcome = told(project)
    first = next(values for key, values in said if key == "check.finding")
    assert (first["severity"], first["id"]) == ("quality.severity.stop", "unresolved:order_lines.product_id")
    assert first["told"] == "  (JPY 1,200  a.csv:2)"
    assert outcome.stopped
    assert not outcome.faults
    assert said[-1] == ("check.workbook", {"path": "data/acme/quality.xlsx"})
    assert (project.data / "quality.xlsx").is_file()


def test_one_screen_of_findings_unless_all_are_asked_for(project: Project, monkeypatch) -> None:
    dirty(project)
    monkeypatch.setattr("crm_helpers.report.checking.SCREEN", 2)
    short, long = told(project)[0], told(project, everything=True)[0]
    n = sum(key == "check.finding" for key, _ in long)
    assert sum(key == "check.finding" for key, _ in short) == 2
    assert dict(short)["check.more"] == {"n": n - 2, "client": "acme"}
    assert "check.more" not in dict(long)
    assert ("check.aside", {"rows": 1, "reason": "data.reasons.bad_date", "first": "a.csv:4"}) in long


def test_what_the_data_cannot_feed_is_told_with_what_is_lacking(project: Project) -> None:
    dirty(project)
    lacking = {values["content"]: values["names"] for key, values in told(project)[0] if key == "check.lacking"}
    assert lacking["hours.would_show.by_hour"] == ["order_lines.ordered_at"]
    assert lacking["products.would_show.categories"] == ["products.category"]
    assert "rfm.would_show.cells" not in lacking


def test_contents_are_what_the_metrics_say_they_need(project: Project) -> None:
    """Every decorated metric is found, and each has its words; asked of the metrics themselves, which the report may not import."""
    assert len(contents()) >= 13
    for content in contents():
        module, _, metric = content.words.split(".")
        assert hasattr(getattr(importlib.import_module(f"crm_helpers.metrics.{module}"), metric), "__wrapped__")
        assert all(Voice(lang).has(content.words) for lang in ("ja", "en"))


def test_the_contracts_page_says_what_feeds_what() -> None:
    page = data_contract()
    lines = page.split("\n## ")
    section = {part.split("\n")[0]: part for part in lines}
    assert "Orders by weekday and hour: `order_lines.ordered_at`" in section["order_lines"]
    assert "| `products.product_id` |" in section["order_lines"]
    assert "One of `mail`, `sms`" in section["consents"]
    assert "May lie after `as_of`." in section["contracts"]


# ---------------------------------------------------------------- the basis page
def finding(severity: str, money: int | None, n: int = 1) -> Finding:
    return Finding(
        f"unresolved:{n}", "unresolved", "consistency", "order_lines", ("product_id",), severity, 5, 10, money,
        facts={"target": "contract.tables.products", "ids": 2},
    )  # fmt: skip


SCORES = (Score("accuracy", "order_lines", 0.99996, 3),)


def sections(*found: Finding, scores=SCORES):
    opened = Opened("acme", ("ja", "en"), "2023-12-31", "", "", "JPY", Basis(findings=found, scores=scores))
    return basis._quality(load("retail").params, opened, "en")


def test_the_basis_page_prints_what_is_grave_and_counts_the_rest() -> None:
    findings, scores = sections(*(finding("warn", 12_300_000, n) for n in range(10)), finding("note", None))
    assert findings.table is not None
    assert len(findings.table.rows) == 8
    assert findings.paragraphs == ("There are 3 more findings (quality.xlsx).",)
    severity, what, _money, means = findings.table.rows[0]
    assert (severity, what) == ("warning", "order lines: 2 values of product code (5 rows, 50.0%) are not in products")
    assert means
    assert scores.table is not None
    assert scores.table.rows == (("order lines", "—", "—", "99.9", "—", "—"),), "cut, not rounded: something was found"


def test_a_basis_without_checks_has_no_section() -> None:
    assert sections(scores=()) == []
    (findings, _) = sections()
    assert (findings.table, findings.paragraphs) == (None, ("No stops or warnings.",))


# ---------------------------------------------------------------- the example clients
def examined(client: str):
    loaded = load(client)
    tables = open_tables(loaded)
    return quality(tables, loaded, reconcile(tables, loaded))


def test_retail_as_we_looked_at_it() -> None:
    """The last member joined on 12 February; a fifteenth of sales is without a card; five stores have a month that breaks."""
    found = {f.id: f for f in examined("retail").findings}
    assert set(found) == {"late:customers.joined_on", "guests:order_lines.customer_id", "part_break:order_lines.store_id"}
    assert found["late:customers.joined_on"].facts == {"days": 322, "last": "2023-02-12"}
    guests = found["guests:order_lines.customer_id"]
    assert (guests.affected, guests.of, guests.money) == (25686, 440307, 9095889)
    assert found["part_break:order_lines.store_id"].facts["names"] == "S14045, S14012, S12053, S13019, S14023"


def test_cdnow_as_we_looked_at_it() -> None:
    """Everybody's first purchase lies in January to March 1997: the later decline is life, not a break of the export."""
    found = examined("cdnow")
    assert [f.id for f in found.findings] == ["no_line_no:order_lines.line_no"]
    assert not found.stops
