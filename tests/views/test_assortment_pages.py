"""The pages on ABC and price bands speak and draw in both languages."""

import dataclasses

import pandas as pd
import pytest

from crm_helpers import metrics, views
from crm_helpers.text.catalogue import Voice
from tests.metrics.sample import HALVES
from tests.metrics.test_assortment import NOW, ROWS, SPEND, priced, sold, tables

COSTS = pd.DataFrame({"product_id": list(SPEND), "unit_cost": 5, "name": ["とても長い商品の名前で欄に入りきらないもの"] * 10})


def abc(frame, **others):
    return views.assortment.abc(metrics.assortment.abc(tables(frame, **others), periods=HALVES), periods=HALVES)


def bands(*groups):
    table = metrics.assortment.price_bands(tables(priced(*groups)), periods=HALVES)
    return views.assortment.price_bands(table, periods=HALVES, tax="included")


def four(*items):
    """Items at 100, 400 and 2000 before and now."""
    days = ["2025-01-05"] * 3 + ["2025-04-05"] * 3
    return [(day, price, n) for day, price, n in zip(days, [100, 400, 2000] * 2, items, strict=True)]


PAGES = {
    "abc.headline.plain": lambda: abc(sold(*NOW)),
    "abc.headline.margin": lambda: abc(sold(*ROWS), products=COSTS),
    "bands.headline.up_under": lambda: bands(*four(20, 40, 40, 60, 20, 20)),
    "bands.headline.down_under": lambda: bands(*four(60, 20, 20, 20, 40, 40)),
    "bands.headline.up_between": lambda: bands(*four(40, 20, 40, 20, 60, 20)),
    "bands.headline.down_between": lambda: bands(*four(20, 60, 20, 40, 20, 40)),
    "bands.headline.up_over": lambda: bands(*four(40, 40, 20, 20, 20, 60)),
    "bands.headline.down_over": lambda: bands(*four(20, 20, 60, 40, 40, 20)),
}


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("kind", PAGES)
def test_the_page_says_what_is_so(kind, lang):
    page = PAGES[kind]()
    assert page.headline.key == f"assortment.{kind}"
    voice = Voice(lang, "JPY", page.largest)
    page.panels[0].draw(voice)
    sentences = [page.headline, *page.reading, *page.claim, *page.note, page.next_move.what, page.sample, page.source]
    sentences += [getattr(page.key_figure, f.name) for f in dataclasses.fields(page.key_figure)]
    assert all(voice.say(s.key, **s.facts) for s in sentences)
    table = page.panels[1].table
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert voice.cells(table.rows, table.cell_forms)
