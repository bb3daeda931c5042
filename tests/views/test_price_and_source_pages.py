"""The pages on prices and on F2 by source speak and draw in both languages."""

import dataclasses

import pandas as pd
import pytest

from crm_helpers import views
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import TablePanel
from tests.metrics.sample import HALVES
from tests.metrics.test_entries import found
from tests.metrics.test_prices import KINDS, sold, split

LEVEL = tuple((day, product, n, 100 * n) for day, product, n in (("2025-01-05", "tea", 5), ("2025-05-05", "tea", 7)))
CUT = (("2025-01-05", "tea", 5, 500), ("2025-05-05", "tea", 7, 600))
PAGES = {
    "rise": lambda: views.prices.split(split(products=KINDS), periods=HALVES),
    "level": lambda: views.prices.split(split(sold(*LEVEL)), periods=HALVES),
    "cut": lambda: views.prices.split(split(sold(*CUT)), periods=HALVES),
    "lower": lambda: views.entries.by_source(found({"SNS": (100, 20), "紹介": (200, 120), "店頭": (200, 118)}), k=5),
    "higher": lambda: views.entries.by_source(
        found({"とても長い名前で表に収まらないかもしれない経路": (100, 95), "A": (200, 100), "B": (190, 96)}), k=5
    ),
    "same": lambda: views.entries.by_source(found({"SNS": (100, 50), "紹介": (100, 51)}), k=5),
}


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("kind", PAGES)
def test_the_page_says_what_happened(kind, lang):
    page = PAGES[kind]()
    assert page.headline.key.endswith(f".headline.{kind}")
    voice = Voice(lang, "JPY", page.largest)
    sentences = [page.headline, *page.reading, *page.claim, *page.note, page.next_move.what, page.sample, page.source]
    sentences += [getattr(page.key_figure, f.name) for f in dataclasses.fields(page.key_figure)]
    assert all(voice.say(s.key, **s.facts) for s in sentences)
    assert len(voice.say(page.headline.key, **page.headline.facts)) <= 150
    table = next(panel.table for panel in page.panels if isinstance(panel, TablePanel))
    assert len(table.rows) <= 8
    assert all(len(row) == len(table.columns) for row in table.rows)
    page.panels[0].draw(voice)


def test_the_row_of_the_headline_is_the_one_in_focus():
    page = PAGES["lower"]()
    table = page.panels[1].table
    assert table.rows[table.focus][0] == "SNS"
    assert PAGES["same"]().panels[1].table.focus is None


def test_categories_beyond_the_largest_are_one_row():
    rows = [(day, f"p{n}", 1, 100 + n) for n in range(12) for day in ("2025-01-05", "2025-05-05")]
    kinds = pd.DataFrame({"product_id": [f"p{n}" for n in range(12)], "category": [f"c{n}" for n in range(12)]})
    page = views.prices.split(split(sold(*rows), products=kinds), periods=HALVES)
    told = page.panels[1].table.rows
    assert [row[0] for row in told[-2:]] == ["prices.others", "prices.total"]
    assert sum(row[1] for row in told[:-1]) == told[-1][1]
