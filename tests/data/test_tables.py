from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from crm_helpers.data.tables import Tables

DAY = datetime.date(2023, 1, 5)


def lines(**more: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": ["1", "1", "2", "3", "4"],
            "ordered_on": ["2023-01-05", "2023-01-05", "2023-01-06", "2023-01-06", "2023-02-01"],
            "customer_id": ["A", "A", "A", None, "B"],
            "quantity": [1, 2, -1, 1, 3],
            "amount": [100, 50, -80, 10, 0],
        }
        | more
    )


def test_orders_and_customer_days() -> None:
    tables = Tables.of(order_lines=lines())
    orders = tables.sql("select order_id, lines, items, amount, is_order from orders order by order_id")
    assert orders.values.tolist() == [
        ["1", 2, 3, 150, True],
        ["2", 1, -1, -80, False],
        ["3", 1, 1, 10, True],
        ["4", 1, 0, 0, True],
    ]
    days = tables.sql("select customer_id, orders, items, amount from customer_day order by 1, ordered_on")
    assert days.values.tolist() == [["A", 1, 3, 150], ["A", 0, -1, -80], ["B", 1, 0, 0]], "a gift is no item bought"
    assert {str(kind) for kind in days.dtypes[1:]} == {"int64"}


def test_nothing_after_as_of_is_seen() -> None:
    tables = Tables.of(order_lines=lines(), as_of=datetime.date(2023, 1, 6))
    assert tables.order_lines.count() == 4
    assert tables.span == (DAY, datetime.date(2023, 1, 6))
    assert Tables.of(order_lines=lines()).as_of == datetime.date(2023, 2, 1)


def test_absent_columns_are_typed_nulls() -> None:
    tables = Tables.of(order_lines=lines()[["ordered_on", "amount"]])
    assert not tables.has("order_lines.customer_id")
    assert tables.has("order_lines.amount")
    assert tables.orders.count() == 5
    frame = tables.sql("select l.discount + 1 as d, c.gender from order_lines l left join customers c using (customer_id)")
    assert frame["d"].isna().all()
    assert tables.customer_day.count() == 0


def test_whole_ids_that_met_a_missing_one_stay_whole() -> None:
    tables = Tables.of(order_lines=lines(customer_id=[1, 1, 1, np.nan, 2]))
    assert tables.sql("select distinct customer_id as c from order_lines where customer_id is not null order by 1")[
        "c"
    ].tolist() == ["1", "2"]


def test_an_empty_customer_is_a_guest() -> None:
    tables = Tables.of(order_lines=lines(customer_id=["A", "A", "", "", "B"]))
    assert tables.sql("select count(*) as n from order_lines where customer_id is null")["n"].item() == 2


@pytest.mark.parametrize("frame", [lines(mail="x"), lines().drop(columns="amount")])
def test_frames_keep_to_the_contract(frame: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="contract"):
        Tables.of(order_lines=frame)


def test_no_lines_at_all() -> None:
    tables = Tables.of(order_lines=lines().head(0))
    assert tables.span is None
    assert tables.orders.count() == 0


def test_handles() -> None:
    tables = Tables.of(order_lines=lines())
    assert tables.order_lines.columns[:3] == ("order_id", "line_no", "ordered_on")
    assert len(tables.order_lines.head(2)) == 2
    assert len(tables.customer_day.to_pandas(limit=10)) == 3
    assert tables.customers.count() == 0


def test_has_knows_the_contract() -> None:
    tables = Tables.of(order_lines=lines(), customers=pd.DataFrame({"customer_id": ["A"], "gender": [None]}))
    assert tables.has("customers")
    assert not tables.has("customers.gender")
    with pytest.raises(KeyError):
        tables.has("custmers")
    with pytest.raises(KeyError):
        tables.has("customers.mail")


def test_a_sum_that_was_not_cast_is_refused() -> None:
    with pytest.raises(TypeError, match="total"):
        Tables.of(order_lines=lines()).sql("select sum(amount) as total from order_lines")


def test_integers_come_back_as_int64() -> None:
    frame = Tables.of(order_lines=lines()).sql(
        "select 1 as a, extract(year from ordered_on) as y, count(*) as n, cast(sum(amount) as bigint) as s,"
        " max(line_no) as empty, min(customer_id) as c from order_lines group by ordered_on"
    )
    assert [str(kind) for kind in frame.dtypes] == ["int64", "int64", "int64", "int64", "float64", "str"]


def test_derived_tables_of_a_client_are_kept_as_files(project) -> None:
    tables = project.lines("1,2023-01-05,A,100\n")
    folder = project.data / ".cache" / "tables" / tables.fingerprint
    assert not (folder / "orders.parquet").exists()
    assert tables.customer_day.count() == 1
    assert (folder / "orders.parquet").exists()
    assert project.open().customer_day.count() == 1


def test_the_timeline_holds_all_that_happened_with_identified_customers_in_order() -> None:
    frames = {
        "order_lines": pd.DataFrame({"order_id": ["o1", "o2"], "ordered_on": ["2025-04-02"] * 2, "ordered_at": ["09:30", None],
                                     "customer_id": ["A", None], "amount": [100, 50]}),
        "contacts": pd.DataFrame({"campaign_id": ["C1"], "customer_id": ["A"], "assigned_at": ["2025-04-01 08:00"],
                                  "sent_at": ["2025-04-01 10:00"], "clicked_at": ["2025-04-01 12:00"], "channel": ["mail"]}),
        "inquiries": pd.DataFrame({"customer_id": ["A", None], "opened_at": ["2025-04-03 11:00"] * 2, "reason": ["配送", "配送"]}),
        "reservations": pd.DataFrame({"customer_id": ["A"], "visit_at": ["2025-05-01 18:00"], "status": ["booked"]}),
    }  # fmt: skip
    shown = Tables.of(**frames, as_of=datetime.date(2025, 4, 30)).sql("select * from timeline")
    assert list(zip(shown["kind"], shown["what"].fillna(""), strict=True)) == [
        ("contact", "C1"), ("click", "C1"), ("order", ""), ("inquiry", "配送"), ("reservation", "booked"),
    ]  # fmt: skip
