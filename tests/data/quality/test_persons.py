from __future__ import annotations

import pandas as pd

from crm_helpers.data.quality.persons import candidates, counted
from crm_helpers.data.tables import Tables

LINES = pd.DataFrame({"ordered_on": ["2023-01-01"], "amount": [1]})
SAME = {"birth_year": 1980, "birth_month": 5, "gender": "F", "postal_area": "150", "joined_on": "2022-04-01"}


def people(*rows: dict[str, object]) -> Tables:
    return Tables.of(order_lines=LINES, customers=pd.DataFrame([{"customer_id": f"C{i}", **SAME, **row} for i, row in enumerate(rows)]))


def test_members_alike_in_every_fact_are_candidates_and_stay_two() -> None:
    tables = people({}, {}, {"birth_month": 6}, {"joined_on": "2022-04-02"}, {"gender": None}, {"gender": None})
    assert counted(tables) == (1, 2)
    assert candidates(tables, limit=1000).values.tolist() == [["joined_together", 1, "C0", 2], ["joined_together", 1, "C1", 2]]
    assert tables.customers.count() == 6


def test_a_mass_registration_is_no_person() -> None:
    assert counted(people(*({} for _ in range(6)))) == (0, 0)
    assert counted(people(*({} for _ in range(5)))) == (1, 5)


def test_an_account_is_a_reason_of_its_own() -> None:
    tables = people({"account_id": "X"}, {"account_id": "X", "joined_on": "2023-01-01"}, {"account_id": "Y", "joined_on": "2021-01-01"})
    assert candidates(tables, limit=1000)["reason"].tolist() == ["same_account", "same_account"]


def test_without_the_columns_nothing_is_asked() -> None:
    assert counted(Tables.of(order_lines=LINES, customers=pd.DataFrame({"customer_id": ["A"]}))) is None
