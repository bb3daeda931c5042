"""Kinds of business: every pack can be used, names only what exists, and a new one is one file."""

import json
from pathlib import Path

import pytest

from crm_helpers.data.contract import TABLES
from crm_helpers.domain import business
from crm_helpers.errors import CrmError
from crm_helpers.metrics.kpi import TREE
from crm_helpers.text.catalogue import languages, texts

ROOT = Path(__file__).parents[2]
STEPS = {cell["id"] for cell in json.loads((ROOT / "notebooks" / "02_customer_analysis.ipynb").read_text("utf-8"))["cells"]}
PACKS = business.names()


def test_the_kinds_of_business_are_there():
    assert PACKS == ["b2b", "clinic", "ec", "gift", "salon", "store", "subscription"]


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_names_only_what_there_is(name):
    pack = business.pack(name)
    pages = (*pack.pages.main, *pack.pages.appendix, *pack.pages.left_out)
    assert set(pages) <= STEPS
    assert {"sales-trend", "kpi-tree", "segments"} <= set(pack.pages.main), "no business does without"
    assert set(pack.kpi) <= set(TREE)
    assert {table: set(columns) - set(TABLES[table].names) for table, columns in pack.asks.items() if columns} == {
        table: set() for table in pack.asks
    }
    assert set(pack.forms) <= {path.stem for path in business.FORMS.glob("*.yaml")}
    assert {"data_request", "self_check", "interview"} <= set(pack.forms)
    assert set(pack.names) == set(languages())


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("name", PACKS)
def test_a_pack_says_only_words_that_texts_quote_and_only_those_that_differ(name, lang):
    usual = texts(lang, "words")
    words = business.pack(name).words.get(lang, {})
    assert set(words) <= set(usual)
    assert [word for word, text in words.items() if text == usual[word]] == []


@pytest.mark.parametrize("name", PACKS)
def test_the_windows_of_a_pack_rise(name):
    days = business.pack(name).defaults["states"]
    assert days["active_days"] < days["at_risk_days"] < days["dormant_days"]


def test_every_industry_has_a_clock_and_every_journey_its_stages():
    assert all(told["clock"] and told["new_days"] > 0 for told in business.windows().values())
    assert all(
        {"id", "name", "goal", "action"} <= set(stage) for told in business.journeys().values() for stage in told["stages"]
    )


@pytest.mark.parametrize(
    "column", ["病名", "傷病名コード", "主たる診断", "処方薬", "投薬内容", "Diagnosis code", "prescription", "ICD10", "診療内容"]
)
def test_a_clinic_refuses_diagnoses_and_medication(column):
    assert business.pack("clinic").refused(column)


@pytest.mark.parametrize("column", ["診療日", "患者番号", "会計金額", "薬局名", "予約日時", "patient_no"])
def test_a_clinic_takes_what_says_nothing_of_health(column):
    assert not business.pack("clinic").refused(column)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("windows: apparel", "windows: appparel"), "windows: appparel"),
        (("journey: retail_store", "journey: shop"), "journey: shop"),
        (("kpi:", "kpis:"), "kpi"),
        (("forms: [data_request", "forms: [data_requests"), "forms: data_requests"),
        (("appendix: [rfm-ranks", "appendix: [rfm, rfm-ranks"), "a step is named twice"),
    ],
)
def test_a_mistake_in_a_pack_is_told(change, found, tmp_path, monkeypatch):
    text = (business.PACKS / "store.yaml").read_text("utf-8")
    assert change[0] in text
    (tmp_path / "odd.yaml").write_text(text.replace(*change), "utf-8")
    monkeypatch.setattr(business, "PACKS", tmp_path)
    with pytest.raises(CrmError) as caught:
        business.pack("odd")
    assert (caught.value.key, caught.value.where) == ("params.pack", "packs/odd.yaml")
    assert found in caught.value.values["found"]


def test_a_word_with_a_sign_that_breaks_lines_is_refused(tmp_path, monkeypatch):
    text = (business.PACKS / "store.yaml").read_text("utf-8") + "words: {ja: {order: 受注|発注}}\n"
    (tmp_path / "odd.yaml").write_text(text, "utf-8")
    monkeypatch.setattr(business, "PACKS", tmp_path)
    with pytest.raises(CrmError):
        business.pack("odd")
