"""The page of the money bridge says what its numbers say, and tells nothing of small groups."""

import json

import pytest

from crm_helpers import metrics, views
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import Context, LeftOut, bundle
from tests.metrics.sample import HALVES, SHOP, shop
from tests.metrics.test_bridge import TOY, many


def page(frame=TOY, *, known=True, k=1):
    tables = shop(frame)
    moves = metrics.bridge.bridge(tables, periods=HALVES, first_orders_known=known, k=k)
    return views.bridge.bridge(moves, metrics.sales.totals(tables, periods=HALVES), periods=HALVES)


def rows(made):
    return {row[0]: row[1:] for row in made.panels[1].table.rows}


def test_the_headline_says_who_left_who_came_and_what_the_others_changed():
    made = page()
    assert Voice("ja", "JPY", made.largest).say(made.headline.key, **made.headline.facts).replace("|", "") == (
        "前期の購入者の25.0%、1人が今期未購入で、前期の売上は5,000円だった。/"
        "前期に購入のない2人の3,800円が加わり、続けて買った3人は▲600円"
    )


def test_the_table_adds_up_to_the_change_of_sales():
    told = rows(page(SHOP))
    total = told.pop("bridge.group.total")
    for column in (1, 3, 4):
        assert sum(row[column] for row in told.values()) == total[column]
    assert sum(row[5] for row in told.values()) == pytest.approx(total[5])


def test_nobody_is_called_new_when_first_orders_are_not_known():
    made = page(known=False)
    assert "bridge.group.new" not in rows(made)
    assert "bridge.note_unseen" in [note.key for note in made.note]


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (TOY, "both"), (many(5, 0, 5), "gone"), (many(0, 5, 5), "came"), (many(0, 0, 5), "same"),
        (many(5, 5, 0), "none_stayed"), (SHOP.drop(columns="quantity"), "both"), (SHOP[SHOP["amount"] > 0], "both"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["digest", "lab"])
def test_every_case_draws_and_speaks_in_both_languages(frame, kind, mode, monkeypatch):
    monkeypatch.setenv("CRM_DISPLAY", mode)
    made = page(frame)
    assert made.headline.key == f"bridge.headline.{kind}"
    for lang in ("ja", "en"):
        assert bundle(made, Context("2025-06-30", "JPY", ("ja", "en"), lang))
        voice = Voice(lang, "JPY", made.largest)
        said = [made.headline, *made.note, *made.claim, *made.reading, made.next_move.what]
        said += [made.key_figure.label, made.key_figure.number, made.key_figure.compare]
        assert all(voice.say(s.key, **s.facts) for s in said)


def test_no_number_of_a_small_group_leaves_the_page():
    made = page(many(2, 3, 5), k=5)
    assert made.headline.key == "bridge.headline.merged"
    assert rows(made)["bridge.group.moved"][:4] == (None, None, None, None)
    assert rows(made)["bridge.group.retained"][:4] == (None, None, None, None)
    assert rows(made)["bridge.group.total"][0] is None
    told = json.dumps([dict(row.values) for row in made.rows])
    assert '"n": 2' not in told
    assert '"n": 3' not in told
    assert isinstance(page(many(2, 2, 9), k=5), LeftOut)


def test_the_waterfall_draws_sales_below_zero():
    """A period of returns only: nothing is cut off at the bottom."""
    frame = SHOP.assign(amount=SHOP["amount"].where(SHOP["order_id"] != "r1", -30_000))
    figure = page(frame).panels[0].draw(Voice("ja", "JPY", 30_000))
    axes = figure.axes[0]
    low = min(bar.get_y() + min(bar.get_height(), 0) for bars in axes.containers for bar in bars)
    assert axes.get_ylim()[0] <= low < 0


def test_the_rows_of_the_thread_stand_under_sales_and_customers():
    ids = {row.id: row.parents for row in page(SHOP).rows}
    assert ids["finding:bridge"] == ("kpi:customers",)
    assert ids["kpi:lapsed_sales"] == ids["kpi:retained_sales"] == ("kpi:sales",)
    assert "kpi:guests_sales" not in ids, "the KPI tree has it"
