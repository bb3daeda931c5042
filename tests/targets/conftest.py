"""A shop of a few invented members, worked out by hand, as frames and as a project on disk."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import pytest

from crm_helpers.data.tables import Tables
from tests.data.conftest import Project

AS_OF = datetime.date(2023, 12, 31)
ON = datetime.date(2024, 1, 1)
SETTINGS = {
    "segments": {
        "buyers": {"name": {"ja": "購入者", "en": "Buyers"}, "where": {"field": "orders", "op": "at_least", "value": 1}},
    },
    "delivery": {"folder": "out", "purposes": {"f2": {"ja": "商品のご案内", "en": "News of goods"}, "reminder": {"ja": "予約の管理", "en": "Bookings"}}},
    "privacy": {"data_status": "entrusted"},
    "entrustment": {"contract": "K-1", "purpose": "分析"},
}  # fmt: skip


def campaign(**more):
    told = {
        "campaign_id": "C1", "name": "二度目のご案内", "name_en": "A second order", "purpose": "f2", "segment": "購入者", "channel": "メール",
        "starts_on": datetime.date(2024, 1, 1), "ends_on": datetime.date(2024, 3, 31), "control_percent": 20.0,
        "sends": 1, "approved_on": datetime.date(2023, 12, 20),
    }  # fmt: skip
    return told | more


def lines(ids):
    frame = pd.DataFrame({"order_id": [f"o{i}" for i in ids], "customer_id": list(ids)})
    return frame.assign(ordered_on=pd.Timestamp("2023-11-01"), quantity=1, amount=1000)


def tables(ids, **others):
    frames = {name: pd.DataFrame(rows) for name, rows in others.items() if name != "customers_are"}
    frames.setdefault("campaigns", pd.DataFrame([campaign()]))
    frames.setdefault("stops", pd.DataFrame([{"customer_id": "nobody", "reason": "test"}]))
    return Tables.of(order_lines=lines(ids), as_of=AS_OF, customers_are="all", **frames)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    made.write("a.csv", "注文,日付,顧客,金額\n")
    return made


@pytest.fixture
def loaded(project):
    return project.load(**SETTINGS)
