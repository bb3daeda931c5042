"""The pages on value, contracts, accounts, bookings, pairs, the score and findings speak and draw in both languages."""

import dataclasses
import datetime
import re

import pandas as pd
import pytest

from crm_helpers import views
from crm_helpers.metrics import accounts, cross_purchase, findings, health, lifetime_value, reservation, subscription
from crm_helpers.params.periods import Period, Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views import theme
from crm_helpers.views.block import TablePanel
from tests.metrics import test_accounts as trade
from tests.metrics import test_cross_purchase as market
from tests.metrics import test_findings as parts
from tests.metrics import test_health as score
from tests.metrics import test_lifetime_value as value
from tests.metrics import test_reservation as bookings
from tests.metrics import test_subscription as boxes

SPAN = "2024-01-01/2025-12-31"
YEARS = Periods(
    Period(datetime.date(2025, 1, 1), datetime.date(2025, 12, 31)), Period(datetime.date(2024, 1, 1), datetime.date(2024, 12, 31))
)
AS_OF = YEARS.current.end
KNOWN = {"as_of": AS_OF, "first_orders_known": True, "tax": "included"}


def actual(**given):
    shop = value.shop(**given)
    return views.lifetime_value.actual(lifetime_value.cumulative(shop, **KNOWN), lifetime_value.by_source(shop, k=5, **KNOWN))


def unvalued():
    told = value.forecast(value.buyers(3))
    return dataclasses.replace(told, now=told.now.assign(value=float("nan")))


def contracts():
    rows = [
        *boxes.many(100, lost=40, offer="半額", name="h", reason="余っている"),
        *boxes.many(100, lost=20, offer="通常", name="n", reason="高い"),
    ]
    rows = [*rows, *boxes.many(40, went=14, name="long", start="2024-02-01")]
    rows += [boxes.contract(f"p{i}", "2025-01-01", 4, "2025-06-01", reason="高い") for i in range(20)]
    return boxes.shop(rows)


def companies():
    rows = [("kept", 1, None), ("gone", 2, "2025-05-01"), *((f"k{i}", 1, None) for i in range(5))]
    told = [boxes.contract(n, "2023-06-01", 0, c, seats=s, account_id=f"acc-{n}") | {"customer_id": None} for n, s, c in rows]
    return subscription.recurring(boxes.shop(told), periods=YEARS, k=5)


def due(kept_by_phone):
    rows = [(f"c{i}", "2025-05-01", "2025-06-01", "kept" if i < kept_by_phone else "no_show", "電話") for i in range(40)]
    rows += [(f"d{i}", "2025-05-01", "2025-06-01", "kept" if i < 38 else "cancelled", "Web") for i in range(40)]
    return views.reservation.outcomes(reservation.outcomes(bookings.book(rows), as_of=AS_OF, k=5))


def visits():
    rows = [(f"c{i}", "2024-05-01", "2024-06-01", "kept", "Web") for i in range(100)]
    return bookings.book([*rows, *((f"c{i}", "2024-06-01", "2024-07-01", "kept", "Web") for i in range(40))])


PAGES = {
    "lifetime_value.headline.paid": actual,
    "lifetime_value.headline.plain": lambda: actual(costs=False, products=False),
    "lifetime_value.forecast.headline.valued": lambda: views.lifetime_value.forecast(value.forecast(value.buyers(3))),
    "lifetime_value.forecast.headline.orders": lambda: views.lifetime_value.forecast(unvalued()),
    "findings.headline.change": lambda: views.findings.findings(parts.scan(parts.market(2, slow=("兵庫県",))), periods=YEARS),
    "findings.headline.none": lambda: views.findings.findings(parts.scan(parts.market(104, people=300)), periods=YEARS),
    "subscription.stock.headline.up": lambda: views.subscription.stock(
        subscription.stock(contracts(), as_of=AS_OF, periods=YEARS, k=5), periods=YEARS
    ),
    "subscription.continuation.headline.long": lambda: views.subscription.continuation(
        subscription.continuation(contracts(), as_of=AS_OF), subscription.renewals(contracts(), as_of=AS_OF), span=SPAN
    ),
    "subscription.offers.headline.lower": lambda: views.subscription.offers(
        subscription.offers(contracts(), as_of=AS_OF, k=5), span=SPAN
    ),
    "subscription.reasons.headline.signs": lambda: views.subscription.reasons(
        subscription.reasons(contracts(), as_of=AS_OF, k=5), span=SPAN
    ),
    "subscription.after.headline": lambda: views.subscription.after(subscription.after(contracts(), as_of=AS_OF), span=SPAN),
    "subscription.recurring.headline.down": lambda: views.subscription.recurring(companies(), periods=YEARS),
    "cross_purchase.headline.told": lambda: views.cross_purchase.pairs(
        cross_purchase.pairs(market.market(2, pulled=0.5), periods=YEARS, k=5), k=5
    ),
    "cross_purchase.headline.none": lambda: views.cross_purchase.pairs(
        cross_purchase.pairs(market.market(1), periods=YEARS, k=5), k=5
    ),
    "accounts.headline": lambda: views.accounts.parents(
        accounts.parents(trade.trade(trade.SOLD, trade.TREE), periods=YEARS), periods=YEARS
    ),
    "accounts.growth.headline": lambda: views.accounts.growth(
        accounts.growth(trade.trade(trade.SOLD, trade.TREE), periods=YEARS), periods=YEARS
    ),
    "accounts.stages.headline": lambda: views.accounts.stages(accounts.stages(trade.pipeline(), as_of=AS_OF), span=SPAN),
    "accounts.days.headline": lambda: views.accounts.days_to_contract(
        accounts.days_to_contract(trade.pipeline(), as_of=AS_OF), span=SPAN
    ),
    "reservation.headline.apart": lambda: due(20),
    "reservation.headline.together": lambda: due(37),
    "reservation.returning.headline": lambda: views.reservation.returning(
        reservation.returning(visits(), as_of=AS_OF), span=SPAN
    ),
    "reservation.ahead.headline": lambda: views.reservation.next_booking(
        reservation.next_booking(visits(), as_of=AS_OF, k=5), span=SPAN
    ),
    "health.headline.better": lambda: views.health.score(health.validated(score.market(1), as_of=AS_OF, k=5)),
    "health.headline.same": lambda: views.health.score(
        health.validated(score.market(1), as_of=AS_OF, k=5).assign(gain_low=-0.01)
    ),
}


@pytest.fixture(scope="module", params=PAGES)
def told(request):
    return request.param, PAGES[request.param]()


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page_says_what_happened(told, lang):
    kind, page = told
    assert page.headline.key == kind
    voice = Voice(lang, "JPY", page.largest)
    sentences = [page.headline, *page.reading, *page.claim, *page.note, page.next_move.what, page.sample, page.source]
    sentences += [getattr(page.key_figure, f.name) for f in dataclasses.fields(page.key_figure)]
    sentences += [row.text for row in page.rows]
    said = [voice.say(s.key, **s.facts) for s in sentences]
    assert all(said)
    assert not any(re.search(r"\bnan\b|\bNone\b(?! of)", text) for text in said)
    assert len(said[0]) <= 170
    for panel in page.panels:
        assert voice.say(panel.title.key, **panel.title.facts)
        assert voice.say(panel.unit.key, **panel.unit.facts)
        if isinstance(panel, TablePanel):
            assert len(panel.table.rows) <= 9
            assert voice.cells(panel.table.rows, panel.table.cell_forms)
            assert all(voice.say(column.title.key) for column in panel.table.columns)
        else:
            assert len(theme.svg(panel.draw(voice)).encode()) <= 25_000


def test_of_an_element_the_ledger_has_the_finding_and_of_people_the_segment_under_it():
    page = views.findings.findings(parts.scan(parts.market(2, slow=("兵庫県",))), periods=YEARS)
    ids = {row.id: row for row in page.rows}
    finding = "finding:difference:dimension=prefecture:element=兵庫県:measure=frequency"
    assert ids[finding].parents == ("kpi:orders_per_customer",)
    assert ids["segment:difference:dimension=prefecture:element=兵庫県"].parents[0] == finding
    assert len(ids) == len(page.rows), "one segment an element, whatever is found of it"
    assert sum(row.kind == "finding" for row in page.rows) <= findings.FIRST
    assert page.stake == abs(ids[finding].values["stake"]["value"]), "the page is worth its lead, never a sum"


def test_a_forecast_that_failed_is_said_with_its_numbers():
    left = views.lifetime_value.forecast(value.forecast(value.buyers(3, stop_after=420)))
    for lang in ("ja", "en"):
        reason = Voice(lang).say(left.because[0].key, **left.because[0].facts)
        assert "15%" in reason
        assert f"{left.because[0].facts['n']:,}" in reason


def test_a_model_of_contracts_that_failed_is_said_and_not_printed():
    steps = subscription.continuation(contracts(), as_of=AS_OF)
    failed = subscription.Renewals(told=False, expected=3.0, fit=None, error=0.4, missed=0.4, n=50, horizon=12)
    page = views.subscription.continuation(steps, failed, span=SPAN)
    assert [s.key for s in page.claim] == ["subscription.continuation.sure", "subscription.continuation.failed"]
    assert "DF-89" not in page.definitions


def test_the_sources_that_cost_more_than_they_bring_make_the_headline():
    curves = lifetime_value.cumulative(value.shop(), **KNOWN)
    sources = lifetime_value.by_source(value.shop(), k=5, **KNOWN)
    dear = pd.concat(
        [sources.iloc[:1].assign(source="SNS", verdict="short", cost=2000.0, payback=float("nan")), sources.iloc[1:]]
    )
    page = views.lifetime_value.actual(curves, dear)
    assert page.headline.key == "lifetime_value.headline.short"
    assert (page.headline.facts["source"], page.headline.facts["lack"], page.stake) == ("SNS", 1100, 44_000)
