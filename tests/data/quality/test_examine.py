"""Hand-worked dirty tables: each check finds what was put in, counts it rightly, and is silent on clean tables."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest

from crm_helpers.data.quality.checked import Checked
from crm_helpers.data.quality.examine import examine, findings, scores
from crm_helpers.data.quality.rules import CHARACTERISTICS, RULES, SEVERITIES
from crm_helpers.data.quality.telling import sentence
from crm_helpers.data.quality.weights import WEIGHTS
from crm_helpers.data.contract import TABLES
from crm_helpers.data.tables import Tables
from crm_helpers.text.catalogue import Voice, keys

AS_OF = datetime.date(2023, 12, 31)
LINE = {"order_id": "1", "line_no": 1, "ordered_on": "2023-12-30", "amount": 100}


def lines(*changes: dict[str, object]) -> pd.DataFrame:
    """Order lines of one a change of the usual line, numbered."""
    return pd.DataFrame([LINE | {"order_id": str(i)} | change for i, change in enumerate(changes)])


def monthly(counts: list[int], **more: object) -> pd.DataFrame:
    """So many lines in each month of 2023, from January, on its first days."""
    days = [f"2023-{m:02d}-{1 + i % 28:02d}" for m, n in enumerate(counts, start=1) for i in range(n)]
    return lines(*({"ordered_on": day} | more for day in days))


def found(order_lines: pd.DataFrame | None = None, as_of: datetime.date = AS_OF, **tables: pd.DataFrame):
    """Findings by id of tables that are said to hold what they hold."""
    frame = lines({}) if order_lines is None else order_lines
    given = {"order_lines": frame, **tables}
    opened = Tables.of(order_lines=frame, as_of=as_of, **tables)
    told = examine(opened, {name: list(table.columns) for name, table in given.items()})
    opened.close()
    return {finding.id: finding for finding in told.findings}


def table(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(rows))


QUIET = {"partial_first:order_lines.ordered_on"}  # the usual line is one day of December


def test_clean_tables_have_no_finding() -> None:
    assert set(found()) == QUIET


# id, tables, affected, of, severity, money
DIRTY = {
    "sign:order_lines.quantity.amount": (
        {"order_lines": lines({"quantity": 1}, {"quantity": -1, "amount": 70}, {"quantity": 2, "amount": -5}, {"quantity": 0})}, 2, 4, "warn", 65),
    "zero_amount:order_lines.amount": ({"order_lines": lines({}, {"amount": 0})}, 1, 2, "note", 0),
    "below:order_lines.discount": ({"order_lines": lines({"discount": 0}, {"discount": -1})}, 1, 2, "note", 100),
    "outside:order_lines.tax_percent": ({"order_lines": lines({"tax_percent": 10}, {"tax_percent": 31})}, 1, 2, "warn", 100),
    "age:customers.birth_year": (
        {"customers": table({"customer_id": "A", "birth_year": 1913}, {"customer_id": "B", "birth_year": 1912}, {"customer_id": "C", "birth_year": 2024})}, 2, 3, "warn", None),
    "outside:customers.birth_month": ({"customers": table({"customer_id": "A", "birth_month": 13}, {"customer_id": "B", "birth_month": 12})}, 1, 2, "warn", None),
    "date_order:customers.joined_on.left_on": (
        {"customers": table({"customer_id": "A", "joined_on": "2023-12-05", "left_on": "2023-12-04"}, {"customer_id": "B", "joined_on": "2023-12-05", "left_on": "2023-12-05"})}, 1, 2, "warn", None),
    "date_order:inquiries.opened_at.first_reply_at": (
        {"inquiries": table({"inquiry_id": "1", "opened_at": "2023-12-30 10:00", "first_reply_at": "2023-12-29 09:00"}, {"inquiry_id": "2", "opened_at": "2023-12-30 10:00", "first_reply_at": "2023-12-30 00:00"})}, 1, 2, "warn", None),
    "date_order:contracts.started_on.cancelled_on": ({"contracts": table({"contract_id": "1", "started_on": "2023-05-01", "cancelled_on": "2023-04-01"})}, 1, 1, "warn", None),
    "below:contracts.shipments": ({"contracts": table({"contract_id": "1", "started_on": "2023-05-01", "shipments": -1})}, 1, 1, "warn", None),
    "scale:surveys.score.measure": (
        {"surveys": table(*({"response_id": str(i), "answered_on": "2023-12-30", "measure": m, "score": s} for i, (m, s) in enumerate((("nps", 0), ("nps", 11), ("csat", 0), ("csat", 5), ("ces", 7), ("ces", 8)))))}, 3, 6, "warn", None),
    "part_of:contact_totals.opened.delivered": ({"contact_totals": table({"campaign_id": "k", "sent_on": "2023-12-30", "sent": 9, "delivered": 5, "opened": 6})}, 1, 1, "warn", None),
    "both:deals.won_on.lost_on": ({"deals": table({"deal_id": "1", "opened_on": "2023-01-01", "won_on": "2023-02-01", "lost_on": "2023-02-02"})}, 1, 1, "warn", None),
    "own_parent:accounts.account_id.parent_id": ({"accounts": table({"account_id": "A", "parent_id": "A"}, {"account_id": "B", "parent_id": "A"})}, 1, 2, "note", None),
    "cycle:accounts.parent_id": (
        {"accounts": table({"account_id": "A", "parent_id": "B"}, {"account_id": "B", "parent_id": "A"}, {"account_id": "C", "parent_id": "A"}, {"account_id": "D", "parent_id": "D"})}, 1, 4, "warn", None),
    "unresolved:accounts.parent_id": ({"accounts": table({"account_id": "A", "parent_id": "X"}, {"account_id": "B", "parent_id": "A"})}, 1, 2, "stop", None),
    "unresolved:order_lines.product_id": (
        {"order_lines": lines({"product_id": "P"}, {"product_id": "Q", "amount": 30}, {"product_id": "Q"}, {"product_id": None}, {"product_id": "P"}), "products": table({"product_id": "P"})}, 2, 4, "stop", 130),
    "unresolved:order_lines.customer_id": (
        {"order_lines": lines(*({"customer_id": "A"} for _ in range(60)), {"customer_id": "B", "amount": 7}), "customers": table({"customer_id": "A"})}, 1, 61, "warn", 7),
    "unresolved:order_lines.returned_order_id": ({"order_lines": lines({}, {"returned_order_id": "0"}, {"returned_order_id": "9"})}, 1, 2, "stop", 100),
    "price:order_lines.amount": (
        {"order_lines": lines(*({"product_id": "P", "quantity": 2, "amount": a, "discount": d} for a, d in ((200, 0), (239, 0), (241, 0), (41, 0), (39, 0), (39, 100)))), "products": table({"product_id": "P", "unit_price": 100})}, 2, 6, "warn", 280),
    "guests:order_lines.customer_id": ({"order_lines": lines({"customer_id": "A"}, {"customer_id": None, "amount": 25})}, 1, 2, "note", 25),
    "empty:order_lines.store_id": ({"order_lines": lines({"store_id": None}, {"store_id": None})}, 2, 2, "warn", None),
    "partly_filled:order_lines.quantity": ({"order_lines": lines({"quantity": 1}, {"quantity": None})}, 1, 2, "warn", None),
    "no_line_no:order_lines.line_no": ({"order_lines": lines({}).drop(columns="line_no")}, 1, 1, "note", None),
    "late:order_lines.ordered_on": ({"order_lines": lines({"ordered_on": "2023-12-27"})}, 4, 365, "warn", None),
    "shipment_gap:contract_changes.shipment_no": (
        {"contract_changes": table(*({"contract_id": c, "changed_on": f"2023-{n:02d}-01", "change": "ship", "shipment_no": n} for c, n in (("A", 1), ("A", 3), ("B", 4), ("B", 5))))}, 1, 2, "warn", None),
    "month_gap:order_lines.ordered_on": ({"order_lines": monthly([2, 2, 0, 2, 0, 0, 2, 2, 2, 2, 2, 2])}, 3, 12, "warn", None),
    "month_break:order_lines.ordered_on": ({"order_lines": monthly([50, 50, 50, 50, 19, 50, 50, 50, 50, 50, 50, 50])}, 1, 12, "warn", None),
}  # fmt: skip


@pytest.mark.parametrize("id_", DIRTY)
def test_each_check_finds_what_was_put_in(id_: str) -> None:
    tables, affected, of, severity, money = DIRTY[id_]
    finding = found(**tables)[id_]
    assert (finding.affected, finding.of, finding.severity, finding.money) == (affected, of, severity, money)


def test_a_month_at_two_fifths_of_its_neighbours_is_no_break() -> None:
    assert "month_break:order_lines.ordered_on" not in found(monthly([50, 50, 50, 50, 20, 50, 50, 50, 50, 50, 50, 50]))


def test_a_store_that_misses_a_month_is_named() -> None:
    frame = pd.concat([monthly([40] * 12, store_id="A"), monthly([40] * 5 + [0] + [40] * 6, store_id="B")])
    finding = found(frame)["part_gap:order_lines.store_id"]
    assert (finding.affected, finding.of, finding.facts["names"], finding.facts["month"]) == (1, 2, "B", "2023-06-01")


def test_a_jump_of_the_identified_share_is_dated() -> None:
    parts = [monthly([0] * (m - 1) + [n], customer_id=who) for m in range(1, 13) for n, who in ((8 if m < 7 else 5, "A"), (2 if m < 7 else 5, None))]
    finding = found(pd.concat(parts))["share_jump:order_lines.customer_id"]
    assert finding.facts == {"month": "2023-07-01", "before": 0.8, "after": 0.5}


def test_new_numbers_of_another_form_are_a_cut_over() -> None:
    def newcomers(new: str) -> pd.DataFrame:
        days = [(m, i) for m in range(1, 13) for i in range(100 if m == 8 else 40)]
        ids = [f"{new}{i:05d}" if m == 8 else f"{m:02d}{i:04d}" for m, i in days]
        return lines(*({"ordered_on": f"2023-{m:02d}-01", "customer_id": id_} for (m, _), id_ in zip(days, ids, strict=True)))

    cut = found(newcomers("K"))["cut_over:order_lines.customer_id"]
    assert (cut.affected, cut.facts) == (100, {"month": "2023-08-01", "fresh": 100})
    assert "new_spike:order_lines.customer_id" in found(newcomers("9"))


def test_a_day_that_a_fifth_of_the_members_share_is_a_heap() -> None:
    days = ["2020-01-01"] * 25 + [f"2021-{1 + i % 12:02d}-{1 + i // 12:02d}" for i in range(75)]
    people = table(*({"customer_id": str(i), "joined_on": day} for i, day in enumerate(days)))
    finding = found(customers=people)["heap:customers.joined_on"]
    assert (finding.affected, finding.of, finding.facts["value"]) == (25, 100, "2020-01-01")


def test_one_line_that_outweighs_a_thousand() -> None:
    finding = found(lines(*({} for _ in range(1000)), {"amount": 10000}))["large_line:order_lines.amount"]
    assert (finding.severity, finding.money) == ("warn", 10000)


def test_months_that_are_cut_short_are_said_and_break_nothing() -> None:
    told = found(monthly([50] * 5 + [10]), as_of=datetime.date(2023, 6, 10))
    assert "partial_last:order_lines.ordered_on" in told
    assert "month_break:order_lines.ordered_on" not in told


def test_the_gravest_come_first_and_then_the_most_money() -> None:
    told = list(found(lines({"product_id": "Q", "store_id": "S", "amount": 5}, {"product_id": None, "store_id": "S"}),
                      products=table({"product_id": "P"}), stores=table({"store_id": "T"})).values())  # fmt: skip
    assert [(f.severity, f.money) for f in told[:2]] == [("stop", 105), ("stop", 5)]
    ranks = [SEVERITIES.index(f.severity) for f in told]
    assert ranks == sorted(ranks)


def test_a_score_weighs_columns() -> None:
    """amount weighs 3 and is whole, line_no weighs 1 and half of it is empty: 1 − 0.5 ÷ 4."""
    seen = [
        Checked("empty", "completeness", "order_lines", ("amount",), 0, 10),
        Checked("partly_filled", "completeness", "order_lines", ("line_no",), 5, 10, "note"),
        Checked("guests", "completeness", "order_lines", ("customer_id",), 10, 10, "note", scored=False),
        Checked("sign", "consistency", "order_lines", ("quantity", "amount"), 0, 0),
    ]
    (score,) = scores(seen)
    assert (score.characteristic, score.table, score.share, score.checks) == ("completeness", "order_lines", 1 - 0.5 / 4, 2)
    assert [f.check for f in findings(seen)] == ["partly_filled", "guests"]


# ---------------------------------------------------------------- declarations and words
def test_declarations_name_what_the_contract_has() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert set(rule.columns) <= set(TABLES[rule.table].names), rule
        assert rule.characteristic in CHARACTERISTICS
        assert rule.severity in SEVERITIES
    assert set(WEIGHTS) == set(TABLES)
    assert all(set(columns) <= set(TABLES[name].names) for name, columns in WEIGHTS.items())
    required = {(t.name, c.name) for t in TABLES.values() for c in t.columns if c.required}
    assert {(t, c) for t, c in required if not WEIGHTS[t].get(c)} <= {("points", "points")}


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_finding_can_be_said(lang: str) -> None:
    voice = Voice(lang)
    told = {finding.check: finding for tables, *_ in DIRTY.values() for finding in found(**tables).values()}
    for finding in told.values():
        for part in ("finding", "means", "ask"):
            said = sentence(finding, part)
            assert voice.say(said.key, **said.facts)


def test_every_check_has_its_words_in_both_languages() -> None:
    ours = [{key for key in keys(lang) if key.startswith("quality.")} for lang in ("ja", "en")]
    assert ours[0] == ours[1]
    named = {key.split(".")[2] for key in ours[0] if key.startswith("quality.checks.")}
    assert {rule.check for rule in RULES} <= named
    assert all({f"quality.checks.{check}.{part}" for part in ("finding", "means", "ask")} <= ours[0] for check in named)
