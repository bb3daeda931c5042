"""Steps of visits, worked by hand."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.visits import ALL, farthest, order_value, steps
from crm_helpers.params.journey import Journey, Stage
from crm_helpers.params.periods import Period, Periods
from tests.metrics.sample import HALVES, shop

D = datetime.date
WEEK = Periods(current=Period(D(2025, 4, 1), D(2025, 4, 30)), compare=Period(D(2025, 3, 1), D(2025, 3, 31)))
JOURNEY = Journey((Stage("buy", {"ja": "買う", "en": "Buy"}, events=("view", "cart", "done")),))
LINES = pd.DataFrame({"ordered_on": pd.to_datetime(["2025-03-01", "2025-04-30"]), "amount": [1, 1], "customer_id": ["a", "a"]})


def tables(rows):
    """Events from (customer, session, event, minute, medium or channel)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "session_id", "event", "minute", "medium"])
    frame["happened_at"] = pd.Timestamp("2025-04-02") + pd.to_timedelta(frame["minute"], unit="min")
    frame["channel"], frame["event_id"] = frame["medium"], [f"e{i}" for i in range(len(frame))]
    return Tables.of(order_lines=LINES, events=frame.drop(columns="minute"), as_of=D(2025, 4, 30))


def visits(channel, views, carts, done):
    names = [f"{channel}{i}" for i in range(views)]
    steps_of = (("view", views), ("cart", carts), ("done", done))
    return [(None, name, event, at, channel) for at, (event, n) in enumerate(steps_of) for name in names[:n]]


TWO = visits("web", 100, 80, 60) + visits("app", 60, 50, 15)


def test_each_step_counts_visits_with_it_of_those_with_the_one_before():
    found = steps(tables([*TWO, (None, "web0", "view", 9, "web")]), JOURNEY, periods=WEEK)
    at = {(row.channel, row.event): row for row in found.itertuples()}
    assert at[ALL, "view"].visits == 160, "an action counts once a visit"
    assert (at["app", "done"].n, at["app", "done"].went, at["app", "done"].rate) == (50, 15, 0.3)
    assert (at["web", "done"].n, at["web", "done"].rate) == (80, 0.75)
    assert at[ALL, "cart"].rate == pytest.approx(130 / 160)
    assert at["app", "done"].low < 0.3 < at["app", "done"].high
    assert list(found["first"].unique()) == ["2025-04-02"]


def test_the_channel_that_falls_behind_is_named_with_its_interval():
    told = farthest(steps(tables(TWO), JOURNEY, periods=WEEK))
    assert (told["event"], told["lower_channel"], told["higher_channel"]) == ("done", "app", "web")
    assert told["gap"] == pytest.approx(-0.45)
    assert told["gap_high"] < 0
    assert farthest(steps(tables(visits("web", 60, 40, 20) + visits("app", 60, 41, 20)), JOURNEY, periods=WEEK)) is None


def test_the_order_of_rows_does_not_matter():
    one, other = (steps(tables(rows), JOURNEY, periods=WEEK) for rows in (TWO, TWO[::-1]))
    pd.testing.assert_frame_equal(one, other)


def test_what_cannot_be_told_is_said():
    assert steps(shop(), JOURNEY, periods=HALVES) == Unavailable("visits.steps", ("events",))
    assert steps(tables(TWO), Journey((Stage("buy", {"ja": "買う"}),)), periods=WEEK).reason == "visits.no_steps"
    assert steps(tables(TWO[:5]), JOURNEY, periods=WEEK).reason == "visits.few"
    assert steps(tables(TWO), JOURNEY, periods=None).reason == "sales.too_short"


def test_the_mean_order_is_that_of_customers():
    """Second quarter: 1,200 + 2,000 + 2,000 + 2,600 over four orders; the return is no order."""
    assert order_value(shop(), periods=HALVES) == 1950
    assert order_value(shop(), periods=None) is None
