"""The same client as two kinds of business: other pages, other words, other windows, no code changed."""

import io
import json
import re
import shutil

import pytest
from pypdf import PdfReader

NAME = "02_customer_analysis"


@pytest.fixture(scope="module")
def made(project, tmp_path_factory):
    """The reports, the thread's rows and the settings of the retail client as a store and as a clinic."""
    found = {}
    rfm = "rfm:\n  window_months: 12\n  recency_days: [7, 14, 30, 90]\n  orders: [11, 23, 51, 103]"
    own_bands = next(
        line for line in (project.folder / "params" / "retail.yaml").read_text("utf-8").splitlines() if "orders: [" in line
    )
    for kind in ("store", "clinic"):
        undo = project.edit("params/retail.yaml", "currency: JPY", f"currency: JPY\ntype: {kind}")
        project.edit("params/retail.yaml", rfm + own_bands.partition("]")[2], "")
        try:
            done = project.crm("run", "retail", "02")
            assert done.returncode == 0, done.stderr
            kept = tmp_path_factory.mktemp(kind)
            shutil.copytree(project.folder / "reports" / "retail" / "current", kept / "set")
            rows = json.loads((kept / "set" / "ledger" / "02.json").read_text("utf-8"))
            found[kind] = (kept / "set", {row["id"] for row in rows}, project.crm("params", "retail").stdout)
        finally:
            undo()
    assert project.crm("run", "retail").returncode == 0, "afterwards everything is as shipped again"
    return found


def text(folder, lang):
    reader = PdfReader(io.BytesIO((folder / lang / f"{NAME}.pdf").read_bytes()))
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in reader.pages))


def pages(folder):
    return re.findall(r'id="02-([a-z0-9-]+)" aria', (folder / "ja" / f"{NAME}.html").read_text("utf-8"))


def test_the_pages_differ(made):
    store, clinic = pages(made["store"][0]), pages(made["clinic"][0])
    assert {"concentration", "categories"} <= set(store)
    assert not {"concentration", "categories"} & set(clinic)
    assert clinic.index("rfm-ranks") == clinic.index("rfm") + 1 > clinic.index("hours"), "in its appendix"
    assert "業態「クリニック・歯科」の診断では使わない内容のため。" in text(made["clinic"][0], "ja")
    assert "finding:concentration" in made["store"][1] - made["clinic"][1]


def test_the_words_differ(made):
    assert "今期未受診の患者" in text(made["clinic"][0], "ja")
    assert "今期未購入の会員" in text(made["store"][0], "ja")
    assert "Visitsbyweekdayandhour" in text(made["clinic"][0], "en")
    assert "Ordersbyweekdayandhour" in text(made["store"][0], "en")


def test_the_windows_differ_and_their_origin_is_told(made):
    assert "rfm.recency_days = [90, 180, 270, 540]  (pack)" in made["clinic"][2]
    assert "rfm.recency_days = [90, 180, 365, 730]  (pack)" in made["store"][2]
    assert "states.clock = visit  (pack)" in made["clinic"][2]
