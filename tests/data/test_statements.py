from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.statements import bind
from crm_helpers.data.tables import Tables

TABLES = Tables.of(
    order_lines=pd.DataFrame({"ordered_on": ["2023-01-05", "2023-02-05"], "customer_id": ["A", "O'B"], "amount": [1, -2]})
)


def count(where: str, **values: object) -> int:
    return int(TABLES.sql(f"select count(*) as n from order_lines where {where}", **values)["n"].item())


@pytest.mark.parametrize(
    ("where", "value", "n"),
    [
        ("ordered_on <= :v", datetime.date(2023, 1, 31), 1),
        ("ordered_on <= :v", pd.Timestamp("2023-01-31"), 1),
        ("amount = :v", -2, 1),
        ("amount = :v", np.int64(-2), 1),
        ("amount - :v > 0", -1.5, 1),
        ("customer_id = :v", "O'B", 1),
        ("customer_id = :v", "x' or 1 = 1 --", 0),
        ("(customer_id = 'A') = :v", True, 1),
        ("coalesce(:v, amount) = 1", None, 1),
        ("customer_id in (:v)", ["A", "O'B"], 2),
        ("customer_id not in (:v)", ("A",), 1),
        ("customer_id in (:v)", [], 0),
        ("customer_id not in (:v)", [], 2),
        ("amount in (:v)", np.array([1, 5]), 1),
    ],
)
def test_values_become_literals(where: str, value: object, n: int) -> None:
    assert count(where, v=value) == n


@pytest.mark.parametrize(
    ("where", "values"),
    [
        ("amount = :a", {}),
        ("amount = :a", {"a": 1, "b": 2}),
        ("amount = :a", {"a": [1]}),
        ("amount = :a", {"a": object()}),
        ("ordered_on = :a", {"a": datetime.datetime(2023, 1, 5, 1)}),
    ],
)
def test_wrong_values_are_errors(where: str, values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        count(where, **values)


@pytest.mark.parametrize("text", ["drop table order_lines", "select 1; select 2", "", "copy order_lines to 'x'"])
def test_only_one_query(text: str) -> None:
    with pytest.raises(ValueError, match="one query"):
        TABLES.sql(text)


def test_tables_named_are_found_without_common_table_expressions() -> None:
    text = "with a as (select * from orders) select * from a join (select * from customer_day) as d using (customer_id)"
    assert bind(text, {}).tables == ("customer_day", "orders")
