"""Conditions on customers: each field worked by hand, and whole conditions against plain Python."""

import datetime
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_helpers.data.conditions import BEHAVIOUR, compiled, fields, read_value, shifted
from crm_helpers.data.tables import Tables
from crm_helpers.params.schema import Condition

D = datetime.date
AS_OF = D(2026, 3, 31)
LINES = pd.DataFrame(
    [
        ("o1", "2025-01-10", "A", "P1", "S1", "EC", 2, 1000),
        ("o2", "2026-03-01", "A", "P2", "S1", "店舗", 1, 3000),
        ("o3", "2026-03-31", "B", "P1", "S2", "EC", 1, 500),
        ("o4", "2025-03-31", "C", "P2", "S1", "店舗", 1, 200),
        ("o5", "2026-01-05", None, "P1", "S1", "店舗", 1, 9999),
        ("o6", "2026-02-01", "C", "P1", "S1", "店舗", -1, -200),
    ],
    columns=["order_id", "ordered_on", "customer_id", "product_id", "store_id", "channel", "quantity", "amount"],
)
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["A", "B", "D"],
        "gender": ["F", None, "M'); drop table customers; --"],
        "birth_year": [1990, None, 1960],
        "rank": ["金", "銀", "金"],
        "joined_on": ["2024-04-01", "2026-03-31", "2020-01-01"],
    }
)
PRODUCTS = pd.DataFrame({"product_id": ["P1", "P2"], "category": ["豆", "器具"]})
CONSENTS = pd.DataFrame(
    [
        ("A", "mail", True, "2025-01-01 10:00"),
        ("A", "mail", False, "2025-06-01 10:00"),
        ("B", "mail", True, "2025-01-01 10:00"),
        ("B", "line", False, "2025-01-01 10:00"),
        ("D", "line", True, "2025-01-01 10:00"),
        ("D", "line", False, "2025-01-01 10:00"),  # at the same moment: the refusal holds
    ],
    columns=["customer_id", "channel", "agreed", "changed_at"],
)
CONTRACTS = pd.DataFrame(
    [("K1", "A", "2025-01-01", "月1回", 5, None), ("K2", "B", "2025-01-01", "月1回", 2, "2025-05-01")],
    columns=["contract_id", "customer_id", "started_on", "plan", "shipments", "cancelled_on"],
)
TABLES = Tables.of(
    order_lines=LINES, customers=CUSTOMERS, products=PRODUCTS, consents=CONSENTS, contracts=CONTRACTS, as_of=AS_OF
)


def who(where, tables=TABLES, segments=None, currency="JPY"):
    condition = Condition.model_validate(where)
    named = {name: Condition.model_validate(w) for name, w in (segments or {}).items()}
    query = compiled(condition, tables=tables, as_of=AS_OF, currency=currency, segments=named)
    return sorted(tables.sql(query.text, **query.values)["customer_id"])


def field(name, op, *value, **more):
    return {"field": name, "op": op, "value": [str(v) for v in value], **more}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (field("orders", "at_least", 2), ["A"]),
        (field("orders", "at_most", 0), ["D"]),
        (field("orders", "is", 0, within="90d"), ["C", "D"]),
        (field("orders", "is", 1, within="1d"), ["B"]),
        (field("orders", "is", 1, within="1y"), ["A", "B"]),
        (field("orders", "at_least", 1, within="366d"), ["A", "B", "C"]),
        (field("spend", "over", 3999), ["A"]),
        (field("spend", "is", 0), ["C", "D"]),
        (field("spend", "between", 1, 500), ["B"]),
        (field("first_order_on", "before", "as_of-1y"), ["A"]),
        (field("first_order_on", "is", "as_of-1y"), ["C"]),
        (field("last_order_on", "after", "2026-03-01"), ["B"]),
        (field("last_order_on", "between", "2026-03-01", "as_of"), ["A", "B"]),
        (field("last_order_on", "known", "false"), ["D"]),
        (field("bought_category", "any_of", "豆"), ["A", "B"]),
        (field("bought_category", "any_of", "豆", within="1y"), ["B"]),
        (field("bought_by_channel", "any_of", "店舗"), ["A", "C"]),
        (field("bought_at_store", "any_of", "S2", "S9"), ["B"]),
        (field("rank", "in", "金", "銅"), ["A", "D"]),
        (field("rank", "is_not", "金"), ["B"]),
        (field("gender", "known", "true"), ["A", "D"]),
        (field("gender", "starts_with", "M'"), ["D"]),
        (field("gender", "is", "M'); drop table customers; --"), ["D"]),
        (field("age", "at_least", 40), ["D"]),
        (field("joined_on", "is", "as_of"), ["B"]),
        (field("consent", "any_of", "mail"), ["B"]),
        (field("consent", "any_of", "mail", "line"), ["B"]),
        (field("running_contracts", "at_least", 1), ["A"]),
        (field("contract_plan", "any_of", "月1回"), ["A", "B"]),
        (field("shipments", "over", 2), ["A"]),
        (field("cancelled_on", "known", "true"), ["B"]),
        ({"not": field("rank", "is", "金")}, ["B", "C"]),
        ({"not": {"not": field("rank", "is", "金")}}, ["A", "D"]),
        ({"all": [field("rank", "is", "金"), field("orders", "at_least", 1)]}, ["A"]),
        ({"any": [field("rank", "is", "銀"), field("spend", "is", 0)]}, ["B", "C", "D"]),
        ({"segment": "gold"}, ["A", "D"]),
    ],
)
def test_a_condition_finds_the_customers_of_whom_it_is_true(where, expected):
    assert who(where, segments={"gold": field("rank", "is", "金")}) == expected


def test_money_is_typed_in_the_currencys_unit():
    assert who(field("spend", "at_least", "5"), currency="USD") == ["A", "B"]
    assert who(field("spend", "at_least", "5.01"), currency="USD") == ["A"]
    with pytest.raises(ValueError, match="5.001"):
        read_value("money", "5.001", as_of=AS_OF, currency="USD")


def test_comparisons_of_one_source_and_window_share_one_scan():
    both = Condition.model_validate({"all": [field("orders", "over", 0, within="90d"), field("spend", "over", 0, within="90d")]})
    text = compiled(both, tables=TABLES, as_of=AS_OF, currency="JPY").text
    assert text.count("from customer_day where") == 2, "one for everybody, one for both comparisons"


def test_every_field_can_be_asked_of_a_client_who_sent_everything():
    known = fields(TABLES)
    assert set(BEHAVIOUR) <= set(known)
    for name, asked in known.items():
        value = {"date": "as_of", "flag": "true"}.get(asked.sort, "1")
        where = field(name, "any_of", value) if asked.named else field(name, "is", value)
        assert isinstance(who(where), list), name


@pytest.mark.parametrize(
    ("span", "day"),
    [("1d", D(2026, 3, 30)), ("1m", D(2026, 2, 28)), ("13m", D(2025, 2, 28)), ("2y", D(2024, 3, 31)), ("0d", AS_OF)],
)
def test_a_span_before_the_end_of_a_month(span, day):
    assert shifted(AS_OF, span) == day


@pytest.mark.parametrize("value", ["1e400", "nan", "inf", "a", " ", "1,000", "as_of", "9" * 16])
def test_a_number_that_is_none_is_refused(value):
    with pytest.raises(ValueError, match=re.escape(value)):
        read_value("number", value, as_of=AS_OF, currency="JPY")


# ---------------------------------------------------------------- against plain Python
def spend_of(person, days=None):
    rows = LINES[LINES["customer_id"] == person]
    if days is not None:
        rows = rows[pd.to_datetime(rows["ordered_on"]) > pd.Timestamp(AS_OF) - pd.Timedelta(days=days)]
    return int(rows["amount"].sum())


def holds(where, person):
    """The same condition asked of one person in Python."""
    if "all" in where:
        return all(holds(part, person) for part in where["all"])
    if "any" in where:
        return any(holds(part, person) for part in where["any"])
    if "not" in where:
        return not holds(where["not"], person)
    value = where["value"]
    if where["field"] == "spend":
        days = int(where["within"][:-1]) if where.get("within") else None
        return {"under": int.__lt__, "at_least": int.__ge__, "is": int.__eq__}[where["op"]](spend_of(person, days), int(value[0]))
    cell = dict(zip(CUSTOMERS["customer_id"], CUSTOMERS[where["field"]], strict=True)).get(person)
    if not isinstance(cell, str):
        return False
    return {"in": cell in value, "is_not": cell != value[0], "starts_with": cell.startswith(value[0])}[where["op"]]


texts = st.sampled_from(["金", "銀", "M", "F", "%", "_", "'", '"; --', "M'); drop table customers; --", ":v0", ""]) | st.text(max_size=5)
spends = st.fixed_dictionaries(
    {
        "field": st.just("spend"),
        "op": st.sampled_from(["under", "at_least", "is"]),
        "value": st.integers(-300, 5000).map(lambda n: [str(n)]),
        "within": st.none() | st.integers(1, 500).map(lambda n: f"{n}d"),
    }
)
words = st.fixed_dictionaries(
    {
        "field": st.sampled_from(["rank", "gender"]),
        "op": st.sampled_from(["in", "is_not", "starts_with"]),
        "value": texts.filter(lambda t: bool(t) and t.isprintable()).map(lambda t: [t]),
    }
)
conditions = st.recursive(
    spends | words,
    lambda inner: st.fixed_dictionaries({"not": inner})
    | st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)})
    | st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(conditions)
def test_any_condition_finds_whom_plain_python_finds(where):
    assert who(where) == [person for person in ("A", "B", "C", "D") if holds(where, person)]
