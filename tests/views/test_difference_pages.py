"""The pages on who, where, when and through what: they speak and draw in both languages, and no two pages share an id."""

import ast
import dataclasses
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from crm_helpers import metrics, views
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Context, LeftOut, TablePanel, bundle
from tests.metrics import (
    test_basket,
    test_channels,
    test_difference,
    test_profile,
    test_regions,
    test_response,
    test_season,
    test_stated,
)
from tests.metrics.sample import HALVES

AGES = ((40, 1995, 6, "女性", 200), (40, 1995, 7, "男性", 100), (40, 1970, 1, "女性", 300))
LEVEL = [test_regions.orders(p, 100, (4, 5, 3), (4, 3, 5)) for p in test_regions.LEVEL]


def profile(*groups):
    data = test_profile.people(*groups)
    found = (metric(data, periods=HALVES, k=5) for metric in (metrics.profile.ages, metrics.profile.genders))
    return views.profile.people(**views.profile.chosen(*found), periods=HALVES, k=5)


def regions(*parts):
    return views.regions.prefectures(test_regions.found(*parts), periods=HALVES, k=5)


def channels(*rows):
    data = test_channels.tables(*rows)
    sold = metrics.channels.by_channel(data, periods=HALVES)
    return views.channels.overlap(sold, metrics.channels.overlap(data, sold, periods=HALVES, k=5), periods=HALVES, k=5)


def season(of_day):
    return views.season.months(metrics.season.by_month(test_season.tables(of_day), as_of=test_season.AS_OF))


def stated(bought):
    return views.stated.intentions(test_stated.intentions(test_stated.SAID, bought), metrics.stated.channels(
        test_stated.tables(test_stated.SAID), periods=HALVES, k=5))  # fmt: skip


def receipts(*parts):
    data = test_basket.tables(*parts)
    change, spread = metrics.basket.change(data, periods=HALVES), metrics.basket.spread(data, periods=HALVES, k=5)
    return views.basket.receipts(change, spread, periods=HALVES)


SEVERAL = [(f"e{n}", "EC", 1 + n % 3, 100, test_channels.NOW) for n in range(120)]
SEVERAL += [
    (f"b{n}", channel, 1 + n % 2, 500, test_channels.NOW) for n in range(90) for channel in ("EC", "とても長い名前のチャネル")
]
PAGES = {
    "age_high": lambda: profile(*((30, year, 3, "女性", s) for year in (1990, 1975) for s in (90, 110)), (60, 1960, 3, "女性", 300)),
    "age_same": lambda: profile(*((30, year, 3, "女性", spend) for year in (1990, 1960) for spend in (90, 110))),
    "gender_same": lambda: profile(*((30, None, None, g, spend) for g in ("女性", "男性") for spend in (90, 110))),
    "fell": lambda: regions(test_regions.orders("兵庫県", 100, (4, 5, 3), (3, 2, 3)), *LEVEL),
    "rose": lambda: regions(test_regions.orders("兵庫県", 100, (4, 5, 3), (6, 7, 7)), *LEVEL),
    "same": lambda: regions(*LEVEL),
    "like": lambda: channels(*SEVERAL),
    "none": lambda: channels(*SEVERAL[:120], ("x", "店", 1, 1, test_channels.NOW)),
    "peak": lambda: season(lambda day: {"p": 200 if day.month in (7, 12) else 100}),
    "flat": lambda: season(lambda day: {"p": 100 + day.month % 3}),
    "low_word": lambda: views.difference.scan(test_difference.scan(test_difference.company(1)), periods=HALVES),
    "several": lambda: views.response.by_channel(test_response.found(
        [*test_response.MAIL, *((f"d{n}", "DM", "2025-05-01", False, False, None) for n in range(40))],
        [(f"c{n}", "2025-05-05") for n in range(10)]).reset_index(), contact_totals=True),
    "one": lambda: views.response.by_channel(test_response.found(test_response.MAIL).reset_index()),
    "more_plain": lambda: stated([(f"p{n}", "2025-02-01") for n in range(35)]),
    "same_plain": lambda: stated(test_stated.BOUGHT[:20] + [(f"d{n}", "2025-02-01") for n in range(15)]),
    "up": lambda: receipts((10, "2025-02-01", 2, 200), (12, "2025-05-01", 3, 330)),
    "down": lambda: receipts((12, "2025-02-01", None, 330), (10, "2025-05-01", None, 200)),
    "when": lambda: views.basket.with_ids(
        metrics.basket.with_ids(test_basket.tables((300, "2025-05-01", 1, 10), (9, "2025-02-01", 1, 1)), periods=HALVES), periods=HALVES
    ),
}  # fmt: skip


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("kind", PAGES)
def test_the_page_says_what_happened(kind, lang):
    page = PAGES[kind]()
    assert not isinstance(page, LeftOut), page
    assert page.headline.key.endswith(f".headline.{kind}")
    voice = Voice(lang, "JPY", page.largest)
    sentences = [page.headline, *page.reading, *page.claim, *page.note, page.next_move.what, page.sample, page.source]
    sentences += [getattr(page.key_figure, f.name) for f in dataclasses.fields(page.key_figure)]
    assert all(voice.say(s.key, **s.facts) for s in sentences)
    assert len(voice.say(page.headline.key, **page.headline.facts)) <= 190
    for panel in page.panels:
        if isinstance(panel, ChartPanel):
            assert len(views.theme.svg(panel.draw(voice)).encode()) <= 25_000
        if isinstance(panel, TablePanel):
            assert len(panel.table.rows) <= 8
            assert all(len(row) == len(panel.table.columns) for row in panel.table.rows)
            assert panel.table.focus is None or panel.table.focus < len(panel.table.rows)
            assert voice.cells(panel.table.rows, panel.table.cell_forms)


@pytest.mark.parametrize("kind", PAGES)
def test_every_language_draws_the_same_numbers(kind):
    assert bundle(PAGES[kind](), Context("2025-06-30", "JPY", ("ja", "en")))["text/plain"]


def test_no_page_says_effect_or_cause_of_a_difference():
    for kind in ("like", "several", "one", "more_plain", "low_word"):
        assert PAGES[kind]().evidence == "association", kind


def test_no_two_pages_share_an_id():
    ids = Counter()
    for path in Path(views.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "page" and isinstance(node.value, ast.Constant):
                ids[node.value.value] += 1
    assert len(ids) > 20
    assert [page for page, count in ids.items() if count > 1] == []


def test_the_page_on_prices_speaks_of_items_where_there_are_no_categories():
    days = [
        ("2025-02-01", "薔薇", 10, 1000),
        ("2025-05-01", "薔薇", 10, 1100),
        ("2025-02-01", "菊", 5, 500),
        ("2025-05-01", "菊", 6, 600),
    ]
    frame = pd.DataFrame(days, columns=["ordered_on", "product_id", "quantity", "amount"]).assign(order_id=list("abcd"))
    data = metrics.prices.Tables.of(
        order_lines=frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"])), as_of=test_season.AS_OF
    )
    page = views.prices.split(metrics.prices.split(data, periods=HALVES), periods=HALVES)
    assert page.panels[1].title.key == "prices.table_items"
    assert [row[0] for row in page.panels[1].table.rows] == ["薔薇", "菊", "prices.total"]
    assert page.panels[1].table.focus is None
