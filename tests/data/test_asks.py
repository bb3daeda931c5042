"""What a kind of business asks for and the settings do not name."""

from __future__ import annotations

from crm_helpers.data.asks import Asked, asked, lacking
from crm_helpers.domain import business
from tests.data.conftest import COLUMNS, Project


def test_a_table_that_is_there_is_asked_only_for_what_it_lacks(project: Project) -> None:
    project.write("a.csv", "x")
    stores = {"files": "a.csv", "columns": {"store_id": "店", "name": "店名"}}
    told = {wish.table: wish.columns for wish in lacking(project.load(type="clinic", tables={"stores": stores}))}
    assert told["stores"] == ("opened_on", "closed_on")
    assert told["reservations"] == business.pack("clinic").asks["reservations"]


def test_nothing_is_asked_without_a_kind_of_business_or_when_all_is_there(project: Project) -> None:
    assert lacking(project.load(lines={"columns": COLUMNS})) == []
    pack = business.pack("store")
    there = {table: set(columns) for table, columns in pack.asks.items()}
    assert asked(pack, there) == []
    assert asked(pack, there | {"stores": {"name"}}) == [Asked("stores", ("opened_on", "closed_on"))]
