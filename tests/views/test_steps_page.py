"""The page on Fn speaks and draws in both languages."""

import dataclasses
import datetime

import pandas as pd
import pytest

from crm_helpers import views
from crm_helpers.text.catalogue import Voice

ROW = {
    "customers": 100,
    "low": 0.2,
    "high": 0.6,
    "rate_90": 0.2,
    "half": 30,
    "of_100": 30.0,
    "window": 180,
    "begins": "2024-04-01",
}


def steps(*rates):
    rows = [ROW | {"step": n, "rate": rate} for n, rate in enumerate(rates, 1)]
    return pd.DataFrame(rows).astype({"half": "Int64"})


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize(("kind", "rates"), [("first", (0.3, 0.5, 0.6)), ("later", (0.5, 0.3, 0.6)), ("one", (0.4,))])
def test_the_page_names_the_step_that_loses_most(kind, rates, lang):
    page = views.steps.ladder(steps(*rates), as_of=datetime.date(2026, 3, 31))
    assert page.headline.key == f"steps.headline.{kind}"
    voice = Voice(lang, "JPY")
    page.panels[0].draw(voice)
    sentences = [page.headline, *page.reading, *page.claim, *page.note, page.next_move.what, page.sample]
    sentences += [getattr(page.key_figure, f.name) for f in dataclasses.fields(page.key_figure)]
    assert all(voice.say(s.key, **s.facts) for s in sentences)
    assert page.headline.facts["weak"] == min(rates)
    assert page.panels[1].table.focus == rates.index(min(rates))


def test_nobody_goes_on():
    page = views.steps.ladder(steps(0.0).assign(half=pd.array([None], "Int64")), as_of=datetime.date(2026, 3, 31))
    assert page.next_move.what.key == "steps.next_none"
    page.panels[0].draw(Voice("ja", "JPY"))
