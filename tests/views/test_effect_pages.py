"""The pages of the effect review speak and draw in both languages, and never call a response an effect."""

import dataclasses
import functools

import pytest

from crm_helpers import metrics, views
from crm_helpers.data.needs import Unavailable
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, LeftOut, TablePanel
from crm_helpers.views.theme import svg
from tests.metrics.test_effect import AS_OF, YEAR, Shop

LONG = "とても長い名前の付いた、表にもグラフにも収まらないかもしれない季節の案内"
SHOPS = {
    "widen": lambda: Shop().campaign(buys=200, held_buys=100),
    "pulled": lambda: Shop().campaign(buys=300, held_buys=100, later=(60, 260), name=LONG),
    "stop": lambda: Shop().campaign(treated=4000, control=4000, buys=800, held_buys=800, cost=200_000, eligible=8000),
    "few": lambda: Shop().campaign(buys=30, held_buys=20),
    "response": lambda: Shop().campaign(control=0, buys=900),
    "failed": lambda: Shop().campaign(treated=1000, control=850, buys=300, held_buys=100),
    "many": lambda: functools.reduce(
        lambda shop, i: shop.campaign(f"C{i}", offer=f"特典{i}", treated=200, control=200 * (i % 2), buys=100, held_buys=50),
        range(12),
        Shop(),
    ),
}


@functools.cache
def pages(kind):
    shop = SHOPS[kind]()
    tables = shop.tables()
    effects = metrics.effect.results(tables, as_of=AS_OF, periods=YEAR, tax_included=False)
    told = {"effects": effects, "as_of": AS_OF, "tax_included": False}
    changed, learned = metrics.learnings.changes(effects), metrics.learnings.register(effects)
    sends = metrics.contact_channels.sends(tables, as_of=AS_OF, periods=YEAR)
    base = metrics.trials.people(tables, as_of=AS_OF)
    quarters = metrics.programme.vintages(tables, as_of=AS_OF, k=5, first_orders_known=True, tax_included=False)
    return {
        "scorecard": views.effect.scorecard(effects, periods=YEAR),
        "contribution": views.programme.contribution(
            metrics.programme.contribution(tables, effects=effects, periods=YEAR), periods=YEAR
        ),
        "next_plan": views.learnings.next_plan(changed, periods=YEAR),
        "plan": views.effect.plan(metrics.effect.against_plan(effects), periods=YEAR),
        "vintages": views.programme.vintages(quarters, metrics.after.long_run(tables, **told), periods=YEAR),
        "response": views.effect.response(metrics.effect.responded(effects), periods=YEAR),
        "after": views.after.curve(metrics.after.running(tables, **told), periods=YEAR),
        "sensitivity": views.sensitivity.ways(metrics.sensitivity.ways(tables, **told), periods=YEAR),
        "money": views.effect.money(metrics.effect.paid(effects), periods=YEAR),
        "side_effects": views.side_effects.overview(
            metrics.side_effects.by_campaign(tables, effects=effects, as_of=AS_OF, k=5),
            metrics.side_effects.sent_after_refusal(tables),
            periods=YEAR,
            k=5,
        ),
        "channels": views.contact_channels.compare(
            sends, metrics.contact_channels.compared(sends), metrics.contact_channels.breadth(sends), periods=YEAR
        ),
        "learnings": views.learnings.register(learned, periods=YEAR),
        "record": views.learnings.record(metrics.learnings.record(effects), periods=YEAR),
        "trials": views.trials.people(base, metrics.trials.smallest(base), metrics.trials.needed(base)),
        "thread": views.learnings.thread(learned, changed, (), periods=YEAR),
    }


def sentences(page):
    yield from (page.headline, *page.reading, *page.claim, *page.note, page.next_move.what, page.sample, page.source)
    yield from (getattr(page.key_figure, f.name) for f in dataclasses.fields(page.key_figure))
    for panel in page.panels:
        yield from (panel.title, panel.unit)


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("kind", SHOPS)
def test_every_page_can_be_said_and_drawn(kind, lang):
    for name, page in pages(kind).items():
        if isinstance(page, LeftOut):
            assert all(Voice(lang).say(s.key, **s.facts) for s in (page.would_show, *page.because)), name
            continue
        voice = Voice(lang, "JPY", page.largest)
        assert all(voice.say(s.key, **s.facts) for s in sentences(page)), name
        assert len(voice.say(page.headline.key, **page.headline.facts)) <= 210, name
        for panel in page.panels:
            if isinstance(panel, ChartPanel):
                assert len(svg(panel.draw(voice)).encode()) < 34_000, name
            else:
                assert isinstance(panel, TablePanel)
                assert len(panel.table.rows) <= 8, name
                assert all(len(row) == len(panel.table.columns) for row in panel.table.rows), name
                assert voice.cells(panel.table.rows, panel.table.cell_forms), name
        for row in page.rows:
            assert voice.say(row.text.key, **row.text.facts), name


@pytest.mark.parametrize("kind", ["widen", "pulled", "stop"])
def test_the_headline_gives_number_interval_and_people(kind):
    page = pages(kind)["scorecard"]
    assert page.headline.key == f"effect.headline.{'mend' if kind == 'pulled' else kind}"
    assert {"net", "net_low", "net_high", "left_out"} <= set(page.headline.facts)
    text = Voice("ja", "JPY", page.largest).say(page.headline.key, **page.headline.facts)
    assert "[" in text
    assert f"{page.headline.facts['left_out']:,}人" in text


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_campaign_without_a_hold_out_never_gets_the_word_effect(lang):
    """Headlines, key figures, reasons and rows; the caveats say that a response is none."""
    word = {"ja": "効果", "en": "effect"}[lang]
    for name, page in pages("response").items():
        if isinstance(page, LeftOut):
            continue
        voice = Voice(lang, "JPY", page.largest)
        told = [voice.say(s.key, **s.facts) for s in (page.headline, page.key_figure.label, page.next_move.what)]
        told += [voice.say(row.text.key, **row.text.facts) for row in page.rows]
        assert not [text for text in told if word in text.lower()], name
        assert not [row for row in page.rows if row.kind in ("effect", "learning")], name


def test_the_thread_has_no_orphan():
    told = pages("widen")
    rows = {row.id: row for page in told.values() if not isinstance(page, LeftOut) for row in page.rows}
    assert {row.kind for row in rows.values()} == {"campaign", "effect", "learning", "finding"}
    outside = {parent for row in rows.values() for parent in row.parents} - set(rows)
    assert outside == {"kpi:sales"}
    assert rows["learning:C1"].parents == ("effect:C1",)
    assert rows["effect:C1"].parents == ("campaign:C1",)
    assert rows["effect:C1"].values["profit"]["n"] == 2000


def test_without_campaigns_every_page_but_the_next_test_says_why_it_is_not_there():
    nothing = Unavailable("effect.results", ("campaigns",))
    assert isinstance(views.effect.scorecard(nothing, periods=YEAR), LeftOut)
    assert isinstance(metrics.learnings.changes(nothing), Unavailable)
    assert len(metrics.after.long_run(None, effects=nothing, as_of=AS_OF, tax_included=False)) == 0
