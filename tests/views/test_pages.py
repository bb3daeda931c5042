"""The three pages: headline, key figure and hidden cells say what the numbers say."""

import dataclasses
import datetime

import pandas as pd
import pytest

from crm_helpers import metrics, views
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.rfm import Bands
from crm_helpers.params.periods import Period, Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import LeftOut
from tests.metrics.sample import AS_OF, HALVES, SHOP, lines, shop

D = datetime.date
BANDS = Bands((30, 90, 180, 365), (1, 2, 5, 11), 24)


def said(sentence, lang="ja", largest=10_000_000):
    return Voice(lang, "JPY", largest).say(sentence.key, **sentence.facts)


def tree(frame=SHOP, *, known=True):
    return views.kpi.tree(metrics.kpi.tree(shop(frame), periods=HALVES, first_orders_known=known), periods=HALVES)


def trend(frame=SHOP):
    tables = shop(frame)
    months = metrics.sales.by_month(tables, as_of=AS_OF, periods=HALVES)
    return views.sales.trend(months, metrics.sales.totals(tables, periods=HALVES, holidays=()), periods=HALVES)


def heat_map(frame=SHOP, k=5, known=True):
    cells = metrics.rfm.cells(shop(frame), as_of=AS_OF, bands=BANDS, k=k)
    return views.rfm.heat_map(cells, as_of=AS_OF, bands=BANDS, k=k, first_orders_known=known)


def test_the_trend_says_how_much_by_how_much_and_per_day():
    made = trend()
    assert made.headline.key == "sales.trend.headline.up"
    assert said(made.headline, largest=7200).startswith("2025年4〜6月の売上は|7,200円で、|1〜3月より|1,700円（30.9%）|増えた。")
    both = metrics.sales.totals(shop(), periods=HALVES, holidays=())
    assert made.headline.facts["alike_rate"] == pytest.approx((7200 / both["load"].iloc[1]) / (5500 / both["load"].iloc[0]) - 1)
    assert made.claim[0].key == "sales.trend.sure_no_year", "no year before: season cannot be told apart"


def test_two_years_are_compared_month_by_month_and_events_stand_under_them():
    days = [f"{year}-{month:02d}-02" for year in (2024, 2025) for month in range(1, 13)]
    rows = [
        (f"o{n}", day, "佐藤", 1, 1000 + (500 if day == "2025-06-02" else -300 if day == "2025-11-02" else 0))
        for n, day in enumerate(days)
    ]
    years = Periods(current=Period(D(2025, 1, 1), D(2025, 12, 31)), compare=Period(D(2024, 1, 1), D(2024, 12, 31)))
    tables = Tables.of(order_lines=lines(*rows), as_of=D(2025, 12, 31),
                       stores=pd.DataFrame({"store_id": ["1"], "name": ["とても長い名前の駅前店" * 3], "closed_on": ["2025-12-31"]}))  # fmt: skip
    months = metrics.sales.by_month(tables, as_of=D(2025, 12, 31), periods=years)
    both = metrics.sales.totals(tables, periods=years, holidays=())
    made = views.sales.trend(months, both, periods=years, events=metrics.sales.events(tables, months=months))
    assert made.headline.key == "sales.trend.headline.up_year"
    assert (made.headline.facts["high"], made.headline.facts["low"]) == ("2025-06-01", "2025-11-01")
    figure = made.panels[0].draw(Voice("ja", "JPY", made.largest))
    (name,) = (text for text in figure.axes[0].texts if "閉店" in text.get_text())
    assert name.get_ha() == "right", "there is no room on the right of the last month"


def test_a_change_under_one_per_cent_is_level():
    even = lines(("a", "2025-01-01", "佐藤", 1, 1000), ("b", "2025-06-30", "佐藤", 1, 1005))
    assert trend(even).headline.key == "sales.trend.headline.flat"


def test_the_tree_quotes_the_largest_gain_and_the_largest_loss():
    made = tree(known=False)
    parts = metrics.kpi.tree(shop(), periods=HALVES, first_orders_known=False).set_index("node")["contribution"].dropna()
    assert made.headline.facts["top_value"] == parts.max()
    assert made.headline.facts["low_value"] == parts.min() == -500
    assert made.headline.facts["low"] == "kpi.phrase.guest_sales"


def test_every_kpi_node_has_a_row_whose_parent_is_a_row():
    rows = {row.id: row for row in tree().rows}
    assert set(rows) == {f"kpi:{node}" for node in metrics.kpi.TREE if node != "apart_sales"}
    assert all(parent in rows for row in rows.values() for parent in row.parents)
    assert [row.id for row in rows.values() if not row.parents] == ["kpi:sales"]


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_page_draws_and_speaks_in_every_language(lang):
    for made in (trend(), tree(), tree(SHOP.drop(columns="quantity")), heat_map(), heat_map(k=1)):
        voice = Voice(lang, "JPY", made.largest)
        for panel in made.panels:
            if hasattr(panel, "draw"):
                panel.draw(voice)
        sentences = [made.headline, *made.reading, *made.claim, *made.note, made.next_move.what, made.sample, made.source]
        sentences += [getattr(made.key_figure, f.name) for f in dataclasses.fields(made.key_figure)]
        assert all(voice.say(s.key, **s.facts) for s in sentences)


def test_a_segment_of_few_people_is_not_told_and_no_sum_gives_it_away():
    buyers = [(f"o{n}", "2025-06-01", f"客{n}", 1, 100) for n in range(9)]
    twice = [(f"p{n}-{day}", f"2025-06-{day}", f"常連{n}", 1, 100) for n in range(3) for day in (10, 20)]
    rows = {r[0]: r[1:] for r in next(p.table for p in heat_map(lines(*buyers, *twice)).panels if hasattr(p, "table")).rows}
    assert rows["rfm.segment.growing"] == (None,) * 6, "three people"
    assert rows["rfm.total"][0] is None, "12 − 9 would say 3"
    assert sum(told[0] is None for name, told in rows.items() if name != "rfm.total") == 2


def test_nobody_is_called_new_when_first_orders_are_not_known():
    names = {row[0] for row in next(p.table for p in heat_map(k=1, known=False).panels if hasattr(p, "table")).rows}
    assert "rfm.segment.few_new" in names
    assert "rfm.segment.new" not in names


def ranked(frame=SHOP, k=5):
    tables = shop(frame)
    ranks = metrics.rfm.ranks(tables, as_of=AS_OF, bands=BANDS, k=k)
    fixed = metrics.rfm.cells(tables, as_of=AS_OF, bands=BANDS, k=k)
    return views.ranks.heat_map(ranks, fixed, as_of=AS_OF, k=k, first_orders_known=True)


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_quantile_bands_warn_and_say_where_they_merged(lang, k):
    spread = [(f"o{n}-{t}", f"2025-0{1 + n % 6}-{1 + t:02d}", f"客{n}", 1, 100 + n) for n in range(80) for t in range(1 + n % 7)]
    for frame in (SHOP, lines(*((f"o{n}", "2025-06-01", f"客{n}", 1, 100) for n in range(9))), lines(*spread)):
        made = ranked(frame, k)
        voice = Voice(lang, "JPY", made.largest)
        made.panels[0].draw(voice)
        sentences = [made.headline, *made.reading, *made.claim, *made.note, made.next_move.what, made.sample]
        sentences += [getattr(made.key_figure, f.name) for f in dataclasses.fields(made.key_figure)]
        assert all(voice.say(s.key, **s.facts) for s in sentences)
        assert ("年をまたいで" if lang == "ja" else "between years") in voice.say(made.claim[0].key)
    assert [s.key for s in ranked(lines(*((f"o{n}", "2025-06-01", f"客{n}", 1, 1) for n in range(9)))).reading] == [
        "ranks.merged_recency",
        "ranks.merged_orders",
    ]


def answered(frame, k=5, known=True):
    tables = shop(frame)
    cells = metrics.rfm.response(tables, periods=HALVES, bands=BANDS, k=k)
    return views.rfm_response.heat_map(cells, periods=HALVES, bands=BANDS, k=k, first_orders_known=known)


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize(("k", "kind"), [(1, "plain"), (5, "whole")])
def test_the_response_of_the_cells_is_told_and_few_people_are_not(lang, k, kind):
    many = [(f"o{n}-{t}", f"2025-0{1 + n % 3}-{1 + t:02d}", f"客{n}", 1, 100) for n in range(40) for t in range(1 + n % 9)]
    old = [(f"a{n}-{t}", f"2024-{1 + n % 12:02d}-{1 + t:02d}", f"昔{n}", 1, 100) for n in range(30) for t in range(1 + n % 4)]
    again = [(f"p{n}", "2025-05-01", f"客{n}", 1, 100) for n in range(0, 40, 2)]
    three = [("a", "2024-12-20", "甲", 1, 100), ("b", "2025-03-01", "乙", 1, 100), ("c", "2025-04-20", "乙", 1, 100)]
    made = answered(lines(*many, *old, *again) if k == 1 else lines(*three), k, known=k == 1)
    assert made.headline.key == f"rfm_response.headline.{kind}"
    voice = Voice(lang, "JPY", made.largest)
    made.panels[0].draw(voice)
    sentences = [made.headline, *made.reading, *made.claim, *made.note, made.next_move.what, made.sample]
    sentences += [getattr(made.key_figure, f.name) for f in dataclasses.fields(made.key_figure)]
    assert all(voice.say(s.key, **s.facts) for s in sentences)
    table = made.panels[1].table
    assert voice.cells(table.rows, table.cell_forms)
    if k == 5:
        assert any(row[1] is None for row in table.rows), "a segment of one person is not told"
        assert table.rows[-1][6] is None, "nor the total that would tell it"


def test_a_client_without_customer_ids_gets_the_trend_and_two_pages_left_out():
    frame = SHOP.assign(customer_id=None)
    assert not isinstance(trend(frame), LeftOut)
    assert isinstance(tree(frame), LeftOut)
    assert isinstance(heat_map(frame), LeftOut)
