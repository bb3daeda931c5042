"""Clients who have little get a report they can use: a small shop with one Excel file, and a till that knows nobody."""

import io
import re

import pytest
from pypdf import PdfReader

from tests.end_to_end import small

NAME = "02_customer_analysis"


@pytest.fixture(scope="module")
def shop(project):
    """The published set of the small shop."""
    small.small(project.folder)
    done = project.crm("run", "small")
    assert done.returncode == 0, done.stderr
    return project.folder / "reports" / "small" / "current"


@pytest.fixture(scope="module")
def till(project):
    """The published set of the shop without ids."""
    small.nameless(project.folder)
    done = project.crm("run", "nameless")
    assert done.returncode == 0, done.stderr
    return project.folder / "reports" / "nameless" / "current"


def pages(folder):
    return re.findall(r'id="02-([a-z0-9-]+)" aria', (folder / "ja" / f"{NAME}.html").read_text("utf-8"))


def text(folder, lang):
    reader = PdfReader(io.BytesIO((folder / lang / f"{NAME}.pdf").read_bytes()))
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in reader.pages))


def test_a_small_shop_gets_ten_pages_and_more(shop):
    found = pages(shop)
    assert len(found) >= 10, found
    assert {"sales-trend", "kpi-tree", "prices", "bridge", "concentration", "rfm", "season", "f2"} <= set(found)


def test_the_total_row_is_no_record_and_nobodys_number_is_printed(shop):
    said = text(shop, "ja")
    assert "3,0013,0001" in said, "read, accepted and set aside"
    assert "合計・小計の行1" in said
    assert not re.search(r"0[789]0-1\d{3}-\d{4}", said), "telephone numbers are keys, never text"
    assert "花井" not in said, "nor are names"


def test_groups_of_a_small_shop_are_few_rather_than_hidden(shop):
    said = text(shop, "ja")
    assert "上位3分の1" in said, "thirds where tenths would be too small"
    assert "季節の花束" in said, "without a product master prices are told by item"


def test_a_till_without_ids_gets_receipts_time_products_stores_and_what_ids_would_tell(till):
    found = pages(till)
    assert {"sales-trend", "prices", "receipts", "categories", "stores", "hours", "season", "with-ids"} <= set(found)
    assert not {"rfm", "concentration", "f2", "bridge", "regions", "channels", "best-customers"} & set(found)
    assert "人ではなく会計の数" in text(till, "ja")
    assert "Receipts,notpeople" in text(till, "en")


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_what_is_left_out_has_its_reason(till, lang):
    reason = "受注明細に会員番号がないため。" if lang == "ja" else "Theorderlinesholdnomembernumber."
    assert text(till, lang).count(reason) >= 10
