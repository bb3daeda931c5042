"""Response: counts by hand, customers as units of chance, what is not recorded is not zero."""

import datetime

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.metrics import response
from tests.metrics.sample import HALVES

AS_OF = datetime.date(2025, 6, 30)


def tables(messages, orders=(), contract=None):
    """`messages`: (customer, channel, sent, opened, opted out, arm); `orders`: (customer, day)."""
    rows = [
        (f"m{n}", "A", who, f"{sent} 09:00", channel, arm, f"{sent} 09:00" if arm != "control" else None, arm != "control",
         f"{sent} 10:00" if opened else None, f"{sent} 11:00" if out else None)
        for n, (who, channel, sent, opened, out, arm) in enumerate(messages)
    ]  # fmt: skip
    names = [
        "contact_id",
        "campaign_id",
        "customer_id",
        "assigned_at",
        "channel",
        "arm",
        "sent_at",
        "delivered",
        "opened_at",
        "opted_out_at",
    ]
    contacts = pd.DataFrame(rows, columns=names)
    for name in ("assigned_at", "sent_at", "opened_at", "opted_out_at"):
        contacts[name] = pd.to_datetime(contacts[name])
    days = [*orders, ("other", "2025-01-01")]
    lines = pd.DataFrame([(f"o{n}", day, who, 100, contract) for n, (who, day) in enumerate(days)],
                         columns=["order_id", "ordered_on", "customer_id", "amount", "contract_id"])  # fmt: skip
    return Tables.of(order_lines=lines.assign(ordered_on=pd.to_datetime(lines["ordered_on"])), contacts=contacts, as_of=AS_OF)


def found(*args, k=5, **kwargs):
    return response.by_channel(tables(*args, **kwargs), as_of=AS_OF, periods=HALVES, k=k).set_index("channel")


MAIL = [(f"c{n}", "メール", "2025-05-01", n < 20, n < 6, None) for n in range(40)]


def test_rates_by_hand():
    table = found(MAIL, [(f"c{n}", "2025-05-15") for n in range(10)] + [(f"c{n}", "2025-05-16") for n in range(10, 40)])
    row = table.loc["メール"]
    assert row[["sent", "customers", "delivered", "opened", "bought", "opted_out"]].tolist() == [40, 40, 40, 20, 10, 6]
    assert row["bought_rate"] == 0.25, "the fourteenth day counts, the fifteenth does not"
    assert row["bought_low"] < 0.25 < row["bought_high"]


def test_what_a_channel_does_not_record_is_unknown_and_not_zero():
    table = found([*MAIL, *((f"d{n}", "DM", "2025-05-01", False, False, None) for n in range(40))])
    assert pd.isna(table.loc["DM", "opened"])
    assert pd.isna(table.loc["DM", "opened_rate"])
    assert table.loc["DM", ["bought", "bought_rate"]].tolist() == [0, 0], "orders are known, there were none"


def test_people_left_out_for_comparison_and_messages_too_young_are_not_here():
    control = [(f"x{n}", "メール", "2025-05-01", False, False, "control") for n in range(50)]
    young = [(f"y{n}", "メール", "2025-06-20", False, False, None) for n in range(50)]
    assert found([*MAIL, *control, *young]).loc["メール", "sent"] == 40


def test_deliveries_of_a_contract_are_not_bought():
    assert found(MAIL, [("c1", "2025-05-03")], contract="k").loc["メール", "bought"] == 0


def test_many_messages_to_the_same_people_are_not_many_people():
    once = found(MAIL, [(f"c{n}", "2025-05-05") for n in range(10)]).loc["メール"]
    again = [(who, channel, "2025-05-02", *rest) for who, channel, _, *rest in MAIL]
    twice = found([*MAIL, *again], [(f"c{n}", "2025-05-05") for n in range(10)]).loc["メール"]
    assert twice["bought_rate"] == once["bought_rate"] == 0.25
    assert twice["bought_high"] == pytest.approx(once["bought_high"]), "the same forty people"


def test_few_people_are_not_told():
    few = found([*MAIL[6:], *((f"c{n}", "メール", "2025-05-01", False, n < 2, None) for n in range(6))]).loc["メール"]
    assert few["opted_out_few"]
    assert pd.isna(few["opted_out"])
    none = response.by_channel(tables(MAIL[:20]), as_of=AS_OF, periods=HALVES, k=5)
    assert isinstance(none, Unavailable)
    assert none.reason == "response.few"
