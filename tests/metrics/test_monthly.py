"""The month: its tree beside the budget, new customers by month, what changed since the last edition. Worked by hand."""

import datetime
import math

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.data.tables import Tables
from crm_helpers.document import LedgerRow, Sentence
from crm_helpers.metrics import effect, kpi, monthly
from crm_helpers.params.periods import Period
from tests.metrics.test_effect import YEAR, Shop

D = datetime.date
AS_OF = D(2025, 12, 31)
APRIL = D(2025, 4, 1)
NODES = tuple(kpi.TREE)


def shop(budget=None, as_of=AS_OF, **others):
    """One old customer buys for 1,000 each month from January 2024; in December 2025 a second, new one for 500."""
    days = [D(year, month, 10) for year in (2024, 2025) for month in range(1, 13)]
    rows = [
        {"order_id": f"o{n}", "ordered_on": day, "customer_id": "old", "quantity": 1, "amount": 1000}
        for n, day in enumerate(days)
    ]
    rows += [{"order_id": "new", "ordered_on": D(2025, 12, 20), "customer_id": "new", "quantity": 1, "amount": 500}]
    frames = {"budget": budget} if budget is not None else {}
    return Tables.of(order_lines=pd.DataFrame(rows), as_of=as_of, **frames, **others)


def budget(amounts, first=APRIL, item="売上", column="amount"):
    months = pd.date_range(first, periods=len(amounts), freq="MS").date
    return pd.DataFrame({"month": months, "item": item, column: amounts})


@pytest.mark.parametrize(
    ("as_of", "starts", "month", "to_date"),
    [
        (D(2025, 12, 31), 4, D(2025, 12, 1), D(2025, 4, 1)),
        (D(2026, 3, 31), 4, D(2026, 3, 1), D(2025, 4, 1)),
        (D(2026, 4, 30), 4, D(2026, 4, 1), D(2026, 4, 1)),
        (D(2026, 1, 31), 1, D(2026, 1, 1), D(2026, 1, 1)),
        (D(2025, 12, 30), 4, D(2025, 11, 1), D(2025, 4, 1)),
    ],
)
def test_the_month_is_the_last_whole_one_and_the_year_begins_with_the_fiscal_year(as_of, starts, month, to_date):
    found = monthly.spans(as_of, starts)
    assert found["month"].current.start == month
    assert found["to_date"].current == Period(to_date, found["month"].current.end)
    assert found["to_date"].compare.start == to_date.replace(year=to_date.year - 1)


def test_the_tree_of_the_month_stands_beside_the_budget():
    plan = pd.concat([budget([1000] * 8 + [2000]), budget([1], D(2025, 12, 1), "新規会員", "count")])
    tables = shop(plan)
    told = monthly.against_plan(tables, as_of=AS_OF, fiscal_year_start=4, first_orders_known=True, nodes=NODES)
    month, year = (told[told["span"] == name].set_index("node") for name in ("month", "to_date"))
    assert (month.loc["sales", "current"], month.loc["sales", "compare"], month.loc["sales", "plan"]) == (1500, 1000, 2000)
    assert (year.loc["sales", "current"], year.loc["sales", "plan"]) == (9500, 10000)
    assert (month.loc["new", "current"], month.loc["new", "plan"]) == (1, 1)
    assert math.isnan(year.loc["new", "plan"]), "the budget of new customers names one month of nine"
    assert month["contribution"].dropna().sum() == 500
    assert (month["period"].iloc[0], month["before"].iloc[0]) == ("2025-12-01/2025-12-31", "2024-12-01/2024-12-31")


@pytest.mark.parametrize(
    ("amounts", "as_of", "reason"),
    [
        ([1000] * 8, AS_OF, "monthly.no_plan"),  # no budget for December
        ([1000] * 9, D(2024, 12, 31), "monthly.no_year_before"),
    ],
)
def test_without_a_plan_or_the_year_before_the_page_is_left_out(amounts, as_of, reason):
    found = monthly.against_plan(
        shop(budget(amounts), as_of), as_of=as_of, fiscal_year_start=4, first_orders_known=True, nodes=NODES
    )
    assert isinstance(found, Unavailable)
    assert found.reason == reason


def test_a_month_to_come_is_blank_and_not_zero():
    rows = monthly.by_month(shop(budget([1000] * 12)), as_of=AS_OF, fiscal_year_start=4)
    assert rows["first"][0] == "2025-04-01"
    assert rows["sales"].tolist()[:9] == [1000] * 8 + [1500]
    assert rows["sales"].isna().tolist() == [False] * 9 + [True] * 3
    assert rows["before"].tolist() == [1000] * 9 + [1000] * 2 + [1000], "January to March a year before are 2025"
    assert rows["plan"].tolist() == [1000] * 12


def test_a_later_row_is_not_seen():
    late = shop(budget([1000] * 12), as_of=D(2025, 11, 30))
    rows = monthly.by_month(late, as_of=D(2025, 11, 30), fiscal_year_start=4)
    assert rows["sales"].tolist()[:8] == [1000] * 8
    assert math.isnan(rows["sales"][8])


def first_buyers():
    """40 first buyers in January, of whom 10 buy again after 20 days and 10 others in April; 40 in June, none again."""
    rows = []
    for i in range(40):
        rows.append((f"a{i}", D(2025, 1, 5)))
        rows += [(f"a{i}", D(2025, 1, 25))] if i < 10 else [(f"a{i}", D(2025, 4, 10))] if i < 20 else []
        rows.append((f"b{i}", D(2025, 6, 1)))
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_on"])
    return frame.assign(order_id=[f"o{i}" for i in range(len(frame))], amount=100)


def test_f2_and_retention_are_those_of_the_year_and_blank_until_a_month_is_over():
    tables = Tables.of(order_lines=first_buyers(), as_of=D(2025, 8, 31))
    told = monthly.vintages(tables, as_of=D(2025, 8, 31), periods=None, k=5, first_orders_known=True).set_index("first")
    assert told.loc["2025-01-01", ["rate_30", "rate_90", "kept_1", "kept_3"]].tolist() == [0.25, 0.25, 0.0, 0.25]
    assert told.loc["2025-06-01", "rate_30"] == 0
    assert math.isnan(told.loc["2025-06-01", "rate_90"]), "not watched for 90 days"
    assert math.isnan(told.loc["2025-06-01", "kept_3"]), "September is not over"
    assert told.loc["2025-06-01", "kept_1"] == 0


def row(ids, decision):
    values = {"decision": {"value": decision, "unit": "decision"}, "ids": {"value": " ".join(ids), "unit": "ids"}}
    return LedgerRow(f"campaign:{ids[0]}", "campaign", Sentence("x"), values, "campaigns")


@pytest.fixture(scope="module")
def effects():
    made = Shop().campaign("C1", day="2026-02-20", offer="a", buys=400, held_buys=100)  # decided on 1 March
    made.campaign("C2", day="2026-03-28", offer="b", buys=400, held_buys=100)  # its window of 10 days runs on
    made.campaign("C3", day="2025-06-01", control=0, buys=400, owner_department="店舗運営部")  # without a hold-out
    return effect.results(made.tables(), as_of=D(2026, 3, 31), periods=YEAR, tax_included=False)


def listed(effects, before=()):
    told = monthly.agenda(effects, before, as_of=D(2026, 3, 31))
    return {row["id"]: (row["kind"], row["was"]) for row in told.to_dict("records")}


def test_what_fell_due_in_the_month_has_changed_when_there_is_no_edition_before(effects):
    assert listed(effects) == {"C1": ("changed", ""), "C2": ("waiting", ""), "C3": ("standing", "")}


def test_a_decision_is_compared_with_that_of_the_last_edition(effects):
    decided = effects.set_index("id")["decision"]
    before = [row(["C0", "C1"], "hold"), row(["C3"], decided["C3"])]  # C1 was read together with a send that is gone by now
    assert decided["C1"] != "hold"
    assert listed(effects, before) == {"C1": ("changed", "hold"), "C2": ("waiting", ""), "C3": ("standing", decided["C3"])}


def test_who_acts_is_the_department_of_the_brief(effects):
    told = monthly.agenda(effects, (), as_of=D(2026, 3, 31)).set_index("id")
    assert told.loc["C3", "owner"] == "店舗運営部"
    assert pd.isna(told.loc["C1", "owner"])
    assert told.loc["C1", "due"] == "2026-03-01"


def states(told, before):
    return dict(monthly.definitions(told, before)[["name", "state"]].to_numpy().tolist())


def test_what_was_redefined_is_told_by_name():
    first = monthly.definitions({"rfm": "a", "states": "b", "DF-01": "c", "DF-999": "no page of ours"}, ())
    assert set(first["state"]) == {""}
    values = {str(r["name"]): {"value": str(r["digest"])} for r in first.to_dict("records")}
    before = [LedgerRow(monthly.DEFINITIONS, "definition", Sentence("x"), values, "params")]
    assert states({"rfm": "a", "states": "b", "DF-01": "c"}, before) == {"rfm": "same", "states": "same", "DF-01": "same"}
    now = {"rfm": "a", "states": "B", "segment:x": "d"}
    assert states(now, before) == {"rfm": "same", "states": "changed", "segment:x": "new", "DF-01": "gone"}
