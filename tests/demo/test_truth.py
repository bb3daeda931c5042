"""What was planted in the demo client can be seen in plain SQL, and what was not planted cannot."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml

FACTS = yaml.safe_load(Path("data/demo/truth.yaml").read_text("utf-8"))
PLANTED = 10


def far(x: float, freedom: int) -> float:
    """The chance that chi-square with 2 or 3 degrees of freedom is at least x."""
    tail = math.exp(-x / 2)
    return tail if freedom == 2 else math.erfc(math.sqrt(x / 2)) + math.sqrt(2 * x / math.pi) * tail


def chi_square(counts: list[list[float]]) -> float:
    rows, columns = [sum(r) for r in counts], [sum(c) for c in zip(*counts, strict=True)]
    expected = [[r * c / sum(rows) for c in columns] for r in rows]
    pairs = [(n, e) for row, wanted in zip(counts, expected, strict=True) for n, e in zip(row, wanted, strict=True)]
    return sum((n - e) ** 2 / e for n, e in pairs)


@pytest.mark.parametrize("fact", FACTS, ids=[fact["id"] for fact in FACTS])
def test_a_planted_fact_shows(demo, fact) -> None:
    row = demo.sql(fact["sql"])
    assert len(row) == 1
    assert set(row.columns) == set(fact["expected"])
    found = {column: float(row[column].iloc[0]) for column in fact["expected"]}
    off = {c: v for c, v in found.items() if not abs(v - fact["expected"][c]["value"]) <= fact["expected"][c]["tolerance"]}
    assert off == {}, found


def test_there_are_enough_facts_and_each_can_be_told_from_chance() -> None:
    assert sum(not fact["id"].startswith("random_") for fact in FACTS) >= PLANTED
    assert all(fact["power"] >= 0.95 and fact["ja"] and fact["en"] for fact in FACTS)


def test_the_design_of_the_card_tells_nothing(demo) -> None:
    counts = demo.sql("""
        with n as (select c.card_design, c.customer_id, count(distinct d.ordered_on) as days
          from customers c join customer_day d on c.customer_id = d.customer_id where c.kind = 'consumer'
          group by c.card_design, c.customer_id)
        select card_design, sum(case when days > 1 then 1.0 else 0.0 end) as again, sum(case when days = 1 then 1.0 else 0.0 end) as once
        from n group by card_design order by card_design
    """)
    assert counts["card_design"].tolist() == ["A", "B", "C"]
    assert far(chi_square(counts[["again", "once"]].to_numpy().tolist()), 2) > 0.01


def test_the_colour_of_the_box_tells_nothing(demo) -> None:
    counts = demo.sql("""
        with o as (select order_id, max(box_colour) as colour, max(case when coupon_id is not null then 1.0 else 0.0 end) as coupon
          from order_lines where channel = 'EC' and returned_order_id is null and box_colour is not null group by order_id)
        select colour, sum(coupon) as reduced, count(*) - sum(coupon) as full_price from o group by colour order by colour
    """)
    assert len(counts) == 4
    assert far(chi_square(counts[["reduced", "full_price"]].to_numpy().tolist()), 3) > 0.01
