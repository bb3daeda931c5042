"""What must not leave the house is found before it is rendered."""

import dataclasses

import pytest

from crm_helpers.document import Basis as DocumentBasis
from crm_helpers.document import Block, Chart, Column, Document, Opened, Panel, Sentence, Step, Table
from crm_helpers.errors import Faults
from crm_helpers.report.verify import verify
from tests.report.sample import report

WORD = Sentence("rfm.total")
SVG = "<svg><path d=''/><path d=''/><g/></svg>"


def document(**changes):
    block = Block(
        "a.page", "chart", "BA-00", WORD, WORD, WORD, "2025-06-30", "", (Panel(WORD, WORD, chart=Chart("S", {"ja": SVG})),)
    )
    step = Step("a-step", "## 問い", (), dataclasses.replace(block, **changes))
    return Document("02_chapter", "章", Opened("acme", ("ja",), "2025-06-30", "", "", "JPY", DocumentBasis()), (step,))


def keys(document_, *reports):
    with pytest.raises(Faults) as caught:
        verify(document_, reports)
    return [fault.key for fault in caught.value.faults]


def with_headline(text):
    whole = report("ja")
    chapter = whole.chapters[0]
    page = dataclasses.replace(chapter.pages[0], headline=text)
    return dataclasses.replace(whole, chapters=(dataclasses.replace(chapter, pages=(page,)),))


def test_a_good_report_passes():
    verify(document(), [report("ja"), report("en")])


def test_an_empty_chart_is_found():
    assert keys(document(panels=(Panel(WORD, WORD, chart=Chart("S", {"ja": "<svg></svg>"})),))) == ["verify.no_marks"]


def test_a_column_of_customer_ids_is_found_in_a_clients_page_only():
    table = Panel(WORD, WORD, table=Table((Column("customer_id", WORD),), (("C1",),)))
    assert keys(document(panels=(table,))) == ["verify.personal"]
    verify(document(panels=(table,), audience="internal"), [])


@pytest.mark.parametrize("text", ["連絡先は taro@example.co.jp", "電話 03-1234-5678 へ"])
def test_a_mail_address_or_telephone_number_is_found(text):
    assert keys(document(), with_headline(text)) == ["verify.contact"]


def test_dates_and_amounts_are_not_telephone_numbers():
    verify(document(), [with_headline("2025-06-30 までの 01,234,567円、exports_2023-01-31.csv")])


def test_a_character_without_a_glyph_is_found():
    assert keys(document(), with_headline("絵文字 🦄")) == ["verify.glyphs"]
