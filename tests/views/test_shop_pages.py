"""The pages on categories, stores and hours: what they say, and clients of every shape."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from crm_helpers import metrics, views
from crm_helpers.data.tables import Tables
from crm_helpers.text.catalogue import Voice
from crm_helpers.views import theme
from crm_helpers.views.block import LeftOut, TablePanel
from tests.metrics.sample import AS_OF, HALVES, SHOP


def chain(*, stores=4, categories=3, customers=400, orders=6000, seed=1):
    """A chain in which the first category gains, the second falls below zero and the last two appear and vanish."""
    random = np.random.default_rng(seed)
    days = pd.date_range("2025-01-01", "2025-06-30")
    at, kind = random.integers(0, len(days), orders), random.integers(0, categories, orders)
    frame = pd.DataFrame(
        {
            "order_id": [f"o{n}" for n in range(orders)],
            "ordered_on": days[at],
            "ordered_at": [f"{hour:02d}:30" for hour in random.integers(10, 20, orders)],
            "customer_id": [f"c{n}" for n in random.integers(0, customers, orders)],
            "store_id": [f"S{n:03d}" for n in random.integers(0, stores, orders)],
            "product_id": [f"p{n}" for n in kind],
            "amount": random.integers(500, 3000, orders),
        }
    )
    now = frame["ordered_on"] >= "2025-04-01"
    frame.loc[now & (kind == 0), "amount"] *= 2
    frame.loc[now & (kind == 1), "amount"] *= -1
    return frame[~(now & (kind == categories - 1)) & ~(~now & (kind == categories - 2) & (categories > 3))]


def masters(*, stores=4, categories=3):
    names = ["同じ名の店" if n < 2 else f"とても長い名前で表に収まらないかもしれない店舗その{n}" for n in range(stores)]
    kinds = [f"とても長い名前で表に収まらないかもしれない分類その{n}" for n in range(categories)]
    return {
        "products": pd.DataFrame({"product_id": [f"p{n}" for n in range(categories)], "category": kinds}),
        "stores": pd.DataFrame({"store_id": [f"S{n:03d}" for n in range(stores)], "name": names}),
    }


def pages(frame, k=5, **tables):
    data = Tables.of(order_lines=frame, as_of=AS_OF, **tables)
    found = metrics.stores.by_store(data, periods=HALVES, k=k)
    groups = metrics.stores.groups(data, found, periods=HALVES, k=k)
    return (
        views.products.categories(metrics.products.categories(data, periods=HALVES, k=k), periods=HALVES, k=k),
        views.stores.like_for_like(found, groups, periods=HALVES, k=k),
        views.hours.heat_map(metrics.hours.by_hour(data, periods=HALVES, k=k), periods=HALVES, k=k),
    )


def rows(page):
    return next(panel.table for panel in page.panels if isinstance(panel, TablePanel)).rows


SHAPES = {
    "plain": (chain(), masters()),
    "many": (chain(stores=60, categories=200, customers=3000, orders=40000), masters(stores=60, categories=200)),
    "no customers": (chain().assign(customer_id=None), masters()),
    "no masters of stores": (chain(), {"products": masters()["products"]}),
    "half of the products": (chain(categories=6), masters(categories=3)),
    "one store": (chain(stores=1), masters(stores=1)),
    "one category": (chain(categories=1), masters(categories=1)),
}


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_client_draws_and_speaks(shape, lang):
    frame, tables = SHAPES[shape]
    for page in pages(frame, **tables):
        if isinstance(page, LeftOut):
            assert all(Voice(lang).say(s.key, **s.facts) for s in page.because)
            continue
        voice = Voice(lang, "JPY", page.largest)
        sentences = [page.headline, *page.reading, *page.claim, *page.note, page.next_move.what, page.sample, page.source]
        sentences += [getattr(page.key_figure, f.name) for f in dataclasses.fields(page.key_figure)]
        assert all(voice.say(s.key, **s.facts) for s in sentences)
        assert len(rows(page)) <= 8
        page.panels[0].draw(voice)
        headline = voice.say(page.headline.key, **page.headline.facts)
        assert len(headline) <= 150


def test_one_store_or_one_category_leaves_that_page_out():
    assert [isinstance(page, LeftOut) for page in pages(*SHAPES["one store"][:1], **SHAPES["one store"][1])] == [
        False,
        True,
        False,
    ]
    frame, tables = SHAPES["one category"]
    assert isinstance(pages(frame, **tables)[0], LeftOut)


def test_a_client_with_orders_only_gets_all_three_left_out():
    assert all(isinstance(page, LeftOut) for page in pages(SHOP))


@pytest.mark.parametrize("shape", ["plain", "many", "half of the products"])
def test_the_rows_of_both_tables_add_up_to_the_sales(shape):
    frame, tables = SHAPES[shape]
    products, stores, _ = pages(frame, **tables)
    *parts, total = rows(products)
    assert [sum(row[i] for row in parts) for i in (1, 2, 3)] == list(total[1:4])
    assert total[2] == frame.loc[frame["ordered_on"] >= "2025-04-01", "amount"].sum()
    told = {row[0].rsplit(".", 1)[-1]: row for row in rows(stores)}
    whole = told.pop("total")
    assert sum(row[4] for name, row in told.items() if name not in ("grown", "shrunk")) == whole[4] == total[3]


def test_the_headline_names_the_largest_mover_which_is_always_a_row():
    frame, tables = SHAPES["many"]
    page = pages(frame, **tables)[0]
    changes = [row[3] for row in rows(page)[:-1] if row[0] not in ("products.others", "products.unknown")]
    sign = 1 if rows(page)[-1][3] > 0 else -1
    assert page.headline.facts["top_value"] * sign == max(change * sign for change in changes)
    data = Tables.of(order_lines=frame, as_of=AS_OF, **tables)
    every = metrics.products.categories(data, periods=HALVES, k=5)["change"]
    assert page.headline.facts["top_value"] * sign == max(every * sign)


def test_lines_without_a_category_that_move_most_are_said_first():
    frame, _ = SHAPES["plain"]
    page = pages(frame, **masters(categories=3) | {"products": masters()["products"].iloc[1:].assign(category=["茶", "菓子"])})[0]
    assert page.headline.key == "products.headline.unknown" or page.headline.facts["top"] in ("茶", "菓子")
    assert rows(page)[-2][0] == "products.unknown"


def test_two_stores_of_one_name_carry_their_ids():
    found = metrics.stores.by_store(Tables.of(order_lines=chain(), as_of=AS_OF, **masters()), periods=HALVES, k=5)
    labels = {row["store_id"]: row["label"] for row in views.stores._named(found[found["printed"]], found)}
    assert labels["S000"] == "同じ名の店 (S000)"
    assert labels["S003"].endswith("その3")


def test_the_busiest_hours_are_ten_and_their_share_is_of_the_mean_week():
    facts = pages(chain(), **masters())[2].headline.facts
    assert facts["hours"] == 10
    assert facts["traded"] == 70
    assert 10 / 70 < facts["share"] < 0.3


def test_a_name_is_cut_to_its_room():
    assert theme.fit("短い店", 40, 8.5) == "短い店"
    cut = theme.fit("とても長い名前で表に収まらないかもしれない店", 30, 8.5)
    assert cut.endswith("…")
    assert len(cut) <= 10


def closing(store="S003", unplaced=()):
    """The chain with one store closed in May, and some sales without a store."""
    frame = chain()
    frame = frame[~((frame["store_id"] == store) & (frame["ordered_on"] >= "2025-05-01"))].copy()
    frame.loc[frame["order_id"].isin(unplaced), "store_id"] = None
    return frame


def test_sales_without_a_store_are_no_opening_and_a_closed_store_has_its_name():
    placed = pages(closing(), **masters())[1].headline
    assert placed.key.startswith("stores.headline.one_closed_")
    assert placed.facts["outside"] == 0
    assert "閉店した" in Voice("ja", "JPY", 10**7).say(placed.key, **placed.facts)
    both = pages(closing(unplaced=[f"o{n}" for n in range(0, 6000, 3)]), **masters())[1].headline
    assert both.key == "stores.headline.one_closed_outside"
    assert both.facts["own"] + both.facts["rest"] + both.facts["outside"] == both.facts["total"]
    only = pages(chain().assign(store_id=lambda f: f["store_id"].where(f.index % 3 > 0)), **masters())[1].headline
    assert only.key.startswith("stores.headline.outside_")
    assert only.facts["own"] + only.facts["outside"] == only.facts["total"]
