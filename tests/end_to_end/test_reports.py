"""`crm run` of the example clients: what a client would open, in both languages."""

import io
import json
import re

import pytest
from pypdf import PdfReader

NAME = "02_customer_analysis"
LANGUAGES = ("ja", "en")
A4 = (841.89, 595.28)


def pdf(folder, lang):
    return PdfReader(io.BytesIO((folder / lang / f"{NAME}.pdf").read_bytes()))


def html(folder, lang):
    return (folder / lang / f"{NAME}.html").read_text("utf-8")


def flat(text):
    return re.sub(r"\s+", "", text)


def fonts(reader):
    return {font["/BaseFont"]: font for page in reader.pages for font in page["/Resources"].get("/Font", {}).values()}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pdf_is_a4_landscape_small_and_has_its_fonts_inside(retail, lang):
    reader = pdf(retail, lang)
    assert (retail / lang / f"{NAME}.pdf").stat().st_size <= 1_500_000
    for page in reader.pages:
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(A4, abs=1)
    found = fonts(reader)
    assert found
    for font in found.values():
        descendant = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert any(name in descendant for name in ("/FontFile", "/FontFile2", "/FontFile3"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_html_is_small_and_asks_nothing_of_the_network(retail, lang):
    text = html(retail, lang)
    assert len(text.encode()) <= 1_200_000
    assert not re.findall(
        r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//|url\(["']?(?:https?:)?//|@import|<script\b[^>]*src""", text
    )


def test_japanese_text_can_be_searched_in_the_pdf(retail):
    text = flat("".join(page.extract_text() for page in pdf(retail, "ja").pages))
    for words in (
        "売上は7,175万円で、1〜6月より210万円（3.0%）増えた。",
        "優良顧客は287人（47.8%）",
        "前提と定義",
        "見本スーパー株式会社",
    ):
        assert flat(words) in text, words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_contents_and_bookmarks_lead_to_the_pages_they_name(retail, lang):
    reader = pdf(retail, lang)
    questions = {"ja": ("売上はどう動いたか", "誰が売上を支えているか"), "en": ("How did sales move?", "Who carries sales?")}[
        lang
    ]
    told = {}

    def walk(items):
        for item in items:
            if isinstance(item, list):
                walk(item)
            else:
                told[item["/Title"]] = reader.get_destination_page_number(item) + 1

    walk(reader.outline)
    contents = flat(reader.pages[1].extract_text())
    for question in questions:
        page = next(number for title, number in told.items() if question in title)
        assert re.search(rf"{re.escape(flat(question))}.*?{page}", contents), f"{question}: page {page}"


def test_the_figures_reconcile_to_the_clients_own(retail):
    ledger = {row["id"]: row for row in json.loads((retail / "ledger" / "02.json").read_text("utf-8"))}
    current, compare = (ledger["kpi:sales"]["values"][p]["value"] for p in ("current", "compare"))
    assert current + compare == 141_396_138
    parts = [row["values"]["contribution"]["value"] for row in ledger.values() if "contribution" in row["values"]]
    assert sum(parts) == current - compare
    text = flat(html(retail, "ja"))
    for figure in ("440,307", "43,448", "600", "141,396,138"):
        assert f">{figure}<" in text
    assert "すべてで、差は0" in text


def test_retail_says_why_it_does_not_speak_of_new_customers(retail):
    text = flat(re.sub(r"<[^>]*>", "", html(retail, "ja")))
    assert "新規客・F2転換・コホート" in text
    assert "全会員の87.0%（522人/600人）がすでに購入しており" in text
    assert "新規客の寄与" not in text
    for content in ("F2転換率と2回目までの日数", "初回購入月別の継続率と累計売上"):
        assert f"{content}データが購買の途中から始まり、初回購入の日が分からないため。" in text


def test_both_languages_carry_the_same_numbers(retail):
    def numbers(lang):
        chart = re.findall(r"<svg.*?</svg>", html(retail, lang), flags=re.S)
        texts = [t for svg in chart for t in re.findall(r">([^<>]+)</(?:text|tspan)>", svg)]
        return sorted(n.replace(".", "").replace(",", "") for t in texts for n in re.findall(r"[\d,.]*\d", t) if len(n) > 3)

    assert numbers("ja")
    money = lambda found: [n.lstrip("0") for n in found]  # noqa: E731
    assert set(money(numbers("ja"))) - {"2023"} <= set(money(numbers("en"))) | {"2023"}


def test_cdnow_reconciles_and_speaks_of_new_customers(cdnow):
    ledger = {row["id"]: row for row in json.loads((cdnow / "ledger" / "02.json").read_text("utf-8"))}
    assert ledger["kpi:new"]["values"]["compare"]["value"] == 2357
    assert sum(ledger["kpi:sales"]["values"][p]["value"] for p in ("current", "compare")) == 24_409_194
    assert ledger["kpi:f2_rate:days=90"]["values"]["current"]["value"] == pytest.approx(687 / 2357)
    assert ledger["kpi:retention:month=1"]["values"]["current"]["value"] == pytest.approx(345 / 2357)
    text = flat(html(cdnow, "en"))
    for figure in ("6,919", "2,357", "244,091.94", "29.1%", "14.6%"):
        assert figure in text


def test_the_manifest_tells_what_went_in_and_came_out(retail):
    told = json.loads((retail / "manifest.json").read_text("utf-8"))
    assert set(told["inputs"]) >= {"exports_2023.zip", "control_totals.csv"}
    assert set(told["outputs"]) >= {f"{lang}/{NAME}.{kind}" for lang in LANGUAGES for kind in ("html", "pdf")}
    assert told["untranslated"] == []


def test_no_member_number_reaches_a_report(retail):
    for file in (f for f in retail.rglob("*") if f.suffix in (".html", ".json")):
        assert not re.search(r"CS\d{12}|ZZ0{6}", file.read_text("utf-8")), file.name
    for lang in LANGUAGES:
        assert not re.search(r"CS\d{12}", "".join(page.extract_text() for page in pdf(retail, lang).pages))


def test_nbconvert_makes_the_same_pages_from_an_executed_notebook(project, retail):
    import subprocess
    import sys

    made = next((project.folder / "data/retail/.cache/executed").glob("02_*.ipynb"))
    for kind, suffix in (("crm_html", "html"), ("crm_pdf", "pdf")):
        target = project.folder / f"by_nbconvert.{suffix}"
        command = [sys.executable, "-m", "nbconvert", "--to", kind, "--output", str(target), str(made)]
        done = subprocess.run(command, cwd=project.folder, env=project.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-800:]
        assert target.stat().st_size > 50_000


@pytest.mark.parametrize(("lang", "words"), [("ja", "ご判断いただきたいこと"), ("en", "Decisions requested")])
def test_the_summary_stands_first_with_conclusions_and_decisions(retail, lang, words):
    page = flat(pdf(retail, lang).pages[2].extract_text())
    assert flat(words) in page
    assert "SM-01" in page
    assert len(re.findall(r"p\.\d", page)) == 3
    text = html(retail, lang)
    assert text.index('id="summary"') < text.index('id="chapter-1"')
