"""The pages of the member programme and of points: what they say in every language, and when."""

from __future__ import annotations

import json
from decimal import Decimal

import pandas as pd
import pytest

from crm_helpers import views
from crm_helpers.document import Block, from_json
from crm_helpers.metrics import loyalty, points
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import Context, LeftOut, bundle
from tests.metrics import test_loyalty, test_points
from tests.metrics.test_loyalty import AS_OF, programme, words

SERVICE = {"by": words("窓口"), "reply_hours": 4, "within_percent": 90, "minutes": 30}
ASKED = {"as_of": AS_OF, "currency": "JPY"}
GOLD = {"2024-05-01": 12, "2025-05-01": 16}  # of forty
PEOPLE = (
    ("x", "2024-01-01", 1),
    *((f"{n}", day, 30_000 if n < gold else 10_000) for n in range(40) for day, gold in GOLD.items()),
)


def served(**more):
    ranks = [rank.model_dump() | {"service": SERVICE} for rank in programme().ranks]
    return programme(ranks=ranks, **more)


def ranks(told, rows=PEOPLE):
    held = test_loyalty.tables(rows)
    found = loyalty.ranks(held, told, **ASKED, k=5)
    return views.loyalty.ranks(found, loyalty.year_moves(held, told, **ASKED), programme=told, currency="JPY", k=5)


def asked():
    day = pd.Timestamp("2025-06-01 10:00")
    rows = [(f"q{n}", "1", day, day + pd.Timedelta(hours=30 if n else 1)) for n in range(9)]
    return pd.DataFrame(rows, columns=["inquiry_id", "customer_id", "opened_at", "first_reply_at"])


def service(told, **others):
    return views.loyalty.service(loyalty.service(test_loyalty.tables(PEOPLE, **others), told, **ASKED, k=5), programme=told)


def held(rows=test_points.ROWS, value=None):
    frame = test_points.tables(*rows)
    found = points.outstanding(frame, as_of=test_points.AS_OF, k=1, value=value)
    return views.points.liability(points.by_month(frame, as_of=test_points.AS_OF), found)


PAGES = {
    "ranks": ranks(programme()),
    "service": service(served(service_hours_a_month=40), inquiries=asked()),
    "hours": service(served()),
    "points": held(),
    "money": held(value=Decimal(1)),
}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_shown_in_every_language(name, monkeypatch):
    monkeypatch.setenv("CRM_DISPLAY", "run")
    shown = bundle(PAGES[name], Context("2025-12-31", "JPY", ("ja", "en")))
    block = from_json(Block, json.loads(json.dumps(shown["application/vnd.crm.block+json"])))
    for lang in ("ja", "en"):
        voice = Voice(lang, "JPY", block.money.largest if block.money else 0)
        told = (block.headline, *block.reading, *block.claim, *block.note, block.sample, block.source, block.next_move.what)
        assert all(voice.say(s.key, **s.facts) for s in told)
        for panel in block.panels:
            if panel.table:
                voice.cells(panel.table.rows, panel.table.cell_forms)
            else:
                assert len(panel.chart.svg[lang].encode()) < 25_000


def test_the_rank_page_says_who_stayed_and_what_it_cost():
    made = PAGES["ranks"]
    facts = made.headline.facts
    # 12 gold at the end of 2024, all gold a year later, with 4 more; half a year of 600 yen for half of 12 and of 16 heads;
    # of the 28 silver ones 24 bought for 10,000 and 4 for 30,000
    assert (facts["n"], facts["rate"], facts["held"]) == (16, 1.0, 12)
    assert facts["cost"] == 12 * 150 + 16 * 150 + round((24 * 10_000 + 4 * 30_000) * 0.015)
    assert made.headline.key == "loyalty.headline.no_margin", "no unit costs"


def test_the_cost_over_the_cap_is_said(monkeypatch):
    monkeypatch.setattr(loyalty, "gross_margin", lambda tables, as_of: 0.1)
    assert ranks(programme()).headline.key == "loyalty.headline.kept"
    assert ranks(programme(cost_cap_percent=50)).headline.key == "loyalty.headline.within"
    assert ranks(programme(cost_cap_percent=5)).headline.key == "loyalty.headline.over"


def test_service_names_the_rank_that_is_clearly_below_its_promise_and_the_hours():
    made = PAGES["service"]
    assert made.headline.key == "loyalty.service.headline.short_fits"
    assert (made.headline.facts["rate"], made.headline.facts["n"]) == (pytest.approx(1 / 9), 9)
    assert PAGES["hours"].headline.key == "loyalty.service.headline.hours_open", "no inquiries were sent"


def test_points_say_more_expired_than_used_and_the_money_where_it_is_known():
    assert PAGES["points"].headline.key == "points.headline.used_points"
    assert PAGES["money"].headline.key == "points.headline.used_money"
    lost = held(rows=(*test_points.ROWS, ("丁", "2025-10-02", "expired", 40, None)), value=Decimal(1))
    assert lost.headline.key == "points.headline.lost_money"
    assert {s.key for s in PAGES["points"].note} == {"points.note", "points.note_overdue", "points.note_short"}


def test_a_client_without_a_programme_gets_no_page_but_a_reason():
    for made in (ranks(None), service(None)):
        assert isinstance(made, LeftOut)
        assert "loyalty" in Voice("ja").say(made.because[0].key, **made.because[0].facts)
