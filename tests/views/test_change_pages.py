"""The page on the change by part speaks and draws in both languages."""

import dataclasses

import pandas as pd
import pytest

from crm_helpers import views
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import TablePanel
from tests.metrics.sample import HALVES
from tests.metrics.test_changes import ROWS, bought, by_part, people

LOSS = [*people("2025-01-10", "EC", 8, 300), *people("2025-04-10", "EC", 7, 300)]
SHOP_LOSS = [*people("2025-01-10", "店", 8, 300), *people("2025-04-10", "店", 5, 300)]
COST = pd.DataFrame({"product_id": ["豆"], "unit_cost": [40]})
FRAMES = {
    "both": bought(*ROWS, *people("2025-01-10", "とても長い販路の名前で列に入らないもの", 9, 900)),
    "up_all": bought(*ROWS).assign(product_id="豆", quantity=1),
    "down_all": bought(*LOSS, *SHOP_LOSS),
}


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("kind", FRAMES)
def test_the_page_says_which_part_moved(kind, lang):
    page = views.changes.by_part(by_part(FRAMES[kind], products=COST), periods=HALVES)
    assert page.headline.key == f"changes.headline.{kind}"
    voice = Voice(lang, "JPY", page.largest)
    sentences = [page.headline, *page.reading, *page.claim, *page.note, page.next_move.what, page.sample, page.source]
    sentences += [getattr(page.key_figure, f.name) for f in dataclasses.fields(page.key_figure)]
    assert all(voice.say(s.key, **s.facts) for s in sentences)
    page.panels[0].draw(voice)
    table = next(panel.table for panel in page.panels if isinstance(panel, TablePanel))
    assert voice.cells(table.rows, table.cell_forms)
    assert len(table.columns) == (9 if kind == "up_all" else 5), "margins only where costs are known"
