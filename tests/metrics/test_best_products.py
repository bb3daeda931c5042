"""Products of the best customers: the index of the categories, product by product, corrected for the number of looks."""

import numpy as np
import pandas as pd

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import products
from tests.metrics.sample import AS_OF, HALVES


def bought(seed=1, dear=0.8, n=300):
    """Every third customer spends ten times as much; `dear` of that on the product d, and a third of everybody's on each other."""
    chance = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        rich = i % 3 == 0
        for product in chance.choice(["a", "b", "c"], 4):
            rows.append((f"c{i}", product, 100))
        if chance.random() < (dear if rich else 0.2):
            rows.append((f"c{i}", "d", 3000 if rich else 100))
    frame = pd.DataFrame(rows, columns=["customer_id", "product_id", "amount"])
    return frame.assign(order_id=[f"o{k}" for k in range(len(frame))], ordered_on=pd.Timestamp("2025-05-01"))


MASTER = pd.DataFrame({"product_id": list("abcd"), "category": list("abcd"), "name": ["豆", "器", None, "贈"]})


def best(frame, **others):
    return products.best_products(Tables.of(order_lines=frame, as_of=AS_OF, **others), periods=HALVES)


def test_the_index_is_that_of_the_categories_when_each_holds_one_product():
    frame = bought()
    by_category = products.categories(Tables.of(order_lines=frame, products=MASTER, as_of=AS_OF), periods=HALVES, k=5)
    by_product = best(frame, products=MASTER)
    for name in ("index", "low", "high"):
        expected = by_category[by_category["known"]].set_index("category")[name].sort_index()
        pd.testing.assert_series_equal(
            by_product.set_index("product_id")[name].sort_index(), expected, check_names=False, check_dtype=False
        )
    assert by_product["name"].tolist().count("c") == 1, "a product without a name goes by its id"


def test_what_the_best_buy_is_told_and_chance_is_not():
    table = best(bought()).set_index("product_id")
    assert table.index[0] == "d"
    assert table.loc["d", "told"]
    assert table.loc["d", "low"] > 100
    told = [bool(best(random_spend(seed))["told"].any()) for seed in range(20)]
    assert sum(told) <= 3, "at most a few of twenty scans of nothing find something"


def random_spend(seed):
    chance = np.random.default_rng(seed)
    names = np.repeat([f"c{i}" for i in range(300)], 6)
    frame = pd.DataFrame({"customer_id": names, "product_id": chance.choice(list("abcde"), len(names)), "amount": 100})
    frame["amount"] += np.repeat(chance.integers(0, 300, 300), 6)
    return frame.assign(order_id=[f"o{k}" for k in range(len(frame))], ordered_on=pd.Timestamp("2025-05-01"))


def test_rows_in_another_order_change_nothing_and_guests_do_not_count():
    frame = bought()
    guests = frame.head(50).assign(customer_id=None, order_id=[f"g{n}" for n in range(50)])
    pd.testing.assert_frame_equal(best(frame), best(pd.concat([guests, frame.sample(frac=1, random_state=2)])))


def test_few_people_and_few_products_are_left_out():
    rare = bought().assign(product_id=lambda f: f["product_id"].where(f.index != 0, "rare"))
    assert "rare" not in set(best(rare)["product_id"])
    few = best(bought(n=60))
    assert isinstance(few, Unavailable)
    assert few.reason == "products.few_best"
    assert best(bought().drop(columns="product_id")).missing == ("order_lines.product_id",)
