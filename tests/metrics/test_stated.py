"""Stated against actual: groups and days by hand, the last answer counts, channels asked for in the client's words."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import stated
from crm_helpers.metrics.intervals import newcombe, wilson
from tests.metrics.sample import HALVES

AS_OF = datetime.date(2025, 6, 30)


def tables(answers, orders=(), **others):
    surveys = pd.DataFrame(answers, columns=["customer_id", "answered_on", "score"]).assign(measure="nps", question="q")
    surveys["response_id"] = [f"r{n}" for n in range(len(surveys))]
    surveys["answered_on"] = pd.to_datetime(surveys["answered_on"])
    days = [*orders, ("other", "2024-01-01")]
    lines = pd.DataFrame([(f"o{n}", day, who, 1) for n, (who, day) in enumerate(days)],
                         columns=["order_id", "ordered_on", "customer_id", "amount"])  # fmt: skip
    lines["ordered_on"] = pd.to_datetime(lines["ordered_on"])
    return Tables.of(order_lines=lines, surveys=surveys, as_of=AS_OF, **others)


SAID = [(f"p{n}", "2025-01-10", 9) for n in range(40)] + [(f"d{n}", "2025-01-10", 3) for n in range(30)]
SAID += [(f"n{n}", "2025-01-10", 8) for n in range(10)]
BOUGHT = [(f"p{n}", "2025-02-01") for n in range(20)] + [(f"d{n}", "2025-02-01") for n in range(5)]


def intentions(*args):
    return stated.intentions(tables(*args), as_of=AS_OF, k=5)


def test_groups_by_hand():
    table = intentions(SAID, BOUGHT).set_index("group")
    assert table["customers"].to_dict() == {"promoter": 40, "passive": 10, "detractor": 30, "all": 80}
    assert table.loc["promoter", ["rate", "low", "high"]].tolist() == pytest.approx([0.5, *wilson(20, 40)])
    assert table[["gap", "gap_low", "gap_high"]].iloc[0].tolist() == pytest.approx(newcombe(20, 40, 5, 30))
    assert (table["first"] == "2025-01-10").all()


def test_an_order_counts_from_the_day_after_to_the_ninetieth():
    days = {"2025-01-10": 0, "2025-01-11": 1, "2025-04-10": 1, "2025-04-11": 0}
    for day, counts in days.items():
        assert intentions(SAID, [("p0", day)]).set_index("group").loc["promoter", "bought"] == counts, day


def test_the_last_answer_that_was_watched_long_enough_counts():
    again = [("p0", "2025-02-10", 2), ("p1", "2025-06-01", 2)]
    table = intentions([*SAID, *again]).set_index("group")
    assert table["customers"].to_dict() == {"promoter": 39, "passive": 10, "detractor": 31, "all": 80}


def test_few_answers_are_no_page():
    few = intentions(SAID[:60])
    assert isinstance(few, Unavailable)
    assert few.reason == "stated.few"


def test_channels_asked_for_and_used():
    members = pd.DataFrame({"customer_id": [f"m{n}" for n in range(12)], "preferred_channel": ["mail"] * 6 + ["post"] * 6})
    rows = [(f"m{n}", "メール", "2025-05-01") for n in range(12)] + [(f"m{n}", "DM", "2025-05-02") for n in range(6, 12)]
    rows += [("m0", "LINE", "2025-05-03"), ("m1", "メール", "2024-05-03")]
    contacts = pd.DataFrame(rows, columns=["customer_id", "channel", "sent_at"]).assign(campaign_id="A")
    contacts["sent_at"] = contacts["assigned_at"] = pd.to_datetime(contacts["sent_at"])
    data = tables(SAID, customers=members, contacts=contacts)
    table = stated.channels(data, periods=HALVES, k=5).set_index("preferred")
    assert table.loc["mail", ["customers", "messages", "matched", "reached"]].tolist() == [6, 7, 6, 6]
    assert table.loc["post", ["customers", "messages", "matched", "reach_rate"]].tolist() == [6, 12, 6, 1.0], "DM is post"
