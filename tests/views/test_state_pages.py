"""The pages on customer flow, states and purchase intervals: they say what the numbers say, in odd cases too."""

import dataclasses
import datetime
import math

import numpy as np
import pandas as pd
import pytest

from crm_helpers import metrics, views
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.states import Windows
from crm_helpers.params.periods import Period, Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import LeftOut, TablePanel, digest
from tests.metrics.test_gaps import bought, simulated
from tests.metrics.test_migration import LINES as SHORT
from tests.metrics.test_migration import YEAR, moved
from tests.metrics.test_states import AS_OF, LINES, PEOPLE

D = datetime.date
HALVES = Periods(current=Period(D(2023, 7, 1), AS_OF), compare=Period(D(2023, 1, 1), D(2023, 6, 30)))


def flow(tables, as_of=AS_OF, periods=HALVES, lines=LINES, k=1, known=True):
    moves = metrics.states.flow(tables, as_of=as_of, lines=lines, first_orders_known=known)
    return views.states.flow(moves, metrics.states.by_period(moves, periods=periods), lines=lines, k=k)


def stack(tables, as_of=AS_OF, periods=HALVES, lines=LINES, k=1, known=True):
    told = {"lines": lines, "first_orders_known": known}
    months = metrics.states.by_month(tables, as_of=as_of, **told)
    sold = metrics.states.sales_by_state(tables, periods=periods, **told)
    moved = metrics.states.moved_lines(tables, as_of=as_of, lines=lines)
    return views.states.stack(months, sold, moved, periods=periods, lines=lines, k=k)


def right_time(tables, as_of, k=5, known=True, contracts=False):
    horizon = metrics.gaps.longest(tables, as_of=as_of)
    curve = metrics.gaps.returning(tables, as_of=as_of, horizon=horizon)
    tested = metrics.gaps.back_test(tables, as_of=as_of, horizon=horizon)
    numbers = metrics.gaps.quantiles(tables, as_of=as_of)
    kept = {"as_of": as_of, "horizon": horizon, "k": k, "first_orders_known": known, "contracts": contracts}
    return views.gaps.right_time(curve, tested, numbers, **kept)


def many(count, months, seed=3):
    """Customers with one to nine days of purchase over so many months from January 2023."""
    random = np.random.default_rng(seed)
    whole = int(months * 30.4)
    return {f"c{n}": sorted({int(d) for d in random.integers(0, whole, random.integers(1, 10))}) for n in range(count)}


def with_contracts(days, as_of):
    """Every fifth customer has a contract from the first day on."""
    holders = list(days)[::5]
    contracts = pd.DataFrame({"contract_id": holders, "customer_id": holders, "started_on": [D(2023, 1, 1)] * len(holders)})
    rows = [(f"{who}-{day}", D(2023, 1, 1) + datetime.timedelta(days=day), who, 100) for who, on in days.items() for day in on]
    frame = pd.DataFrame(rows, columns=["order_id", "ordered_on", "customer_id", "amount"])
    return Tables.of(order_lines=frame, contracts=contracts, as_of=as_of)


LATE, LATER = D(2024, 6, 30), D(2025, 12, 31)
YEARS = Periods(current=Period(D(2025, 1, 1), LATER), compare=Period(D(2024, 1, 1), D(2024, 12, 31)))
NINE = Periods(current=Period(D(2023, 10, 1), LATE), compare=Period(D(2023, 1, 1), D(2023, 9, 30)))
GONE = {f"c{n}": [n % 20, 20 + n % 9] for n in range(40)}
CASES = {
    "flow: by hand": lambda: flow(bought(PEOPLE, AS_OF)),
    "flow: 18 months": lambda: flow(bought(many(300, 18), LATE), LATE, NINE),
    "flow: 36 months": lambda: flow(bought(many(3000, 36), LATER), LATER, YEARS, k=5),
    "flow: contracts": lambda: flow(with_contracts(many(300, 36), LATER), LATER, YEARS, k=5),
    "flow: all lapsed": lambda: flow(bought(GONE, AS_OF)),
    "states: by hand": lambda: stack(bought(PEOPLE, AS_OF)),
    "states: 18 months": lambda: stack(bought(many(300, 18), LATE), LATE, NINE),
    "states: 36 months": lambda: stack(bought(many(3000, 36), LATER), LATER, YEARS, k=5),
    "states: contracts": lambda: stack(with_contracts(many(300, 36), LATER), LATER, YEARS, k=5),
    "states: all lapsed": lambda: stack(bought(GONE, AS_OF)),
    "gaps: 18 months": lambda: right_time(simulated(1500, 2), D(2024, 12, 30)),
    "gaps: 48 months": lambda: right_time(simulated(4000, 4), D(2026, 12, 30), contracts=True),
    "gaps: begins in the middle": lambda: right_time(simulated(4000, 4), D(2026, 12, 30), known=False),
    "gaps: untested": lambda: right_time(bought(every(12, 8), D(2023, 6, 30)), D(2023, 6, 30)),
    "gaps: everybody returns": lambda: right_time(bought(every(60, 7), D(2024, 6, 30)), D(2024, 6, 30)),
}  # fmt: skip


def every(times, days):
    """Customers who buy so many times, a purchase about every so many days."""
    return {f"c{n}": [n % 30 + t * days + (n * 7 + t * 3) % 5 for t in range(times)] for n in range(300)}


def said(made, lang):
    voice = Voice(lang, "JPY", made.largest)
    key = made.key_figure
    sentences = [made.headline, *made.reading, *made.claim, *made.note, made.next_move.what, made.sample, made.source]
    sentences += [key.label, key.number, key.compare, *(p.title for p in made.panels), *(p.unit for p in made.panels)]
    sentences += [row.text for row in made.rows]
    return [voice.say(s.key, **s.facts) for s in sentences]


def drawn(made, lang="ja"):
    return [None if isinstance(p, TablePanel) else p.draw(Voice(lang, "JPY", made.largest)) for p in made.panels]


def table_of(made):
    return {row[0]: row[1:] for row in next(p.table for p in made.panels if isinstance(p, TablePanel)).rows}


@pytest.mark.parametrize("case", CASES)
def test_every_page_draws_the_same_numbers_and_speaks_in_every_language(case):
    made = CASES[case]()
    assert digest(made, drawn(made, "ja")) == digest(made, drawn(made, "en"))
    for lang in ("ja", "en"):
        assert all(said(made, lang))
        unknown = [text for text in said(made, lang) if "—" in text and "—は" not in text and "— is" not in text]
        assert unknown == [], "nothing unknown is quoted"
    assert len(said(made, "en")[0]) <= 150
    lines_told = [sum(0.5 if c.isascii() else 1 for c in line) for line in said(made, "ja")[0].replace("|", "").split("/")]
    assert max(lines_told) <= 40
    table = next(p.table for p in made.panels if isinstance(p, TablePanel))
    assert len(table.rows) <= 8
    voice = Voice("ja", "JPY", made.largest)
    assert voice.cells(table.rows, table.cell_forms)


def test_the_flow_by_hand():
    facts = flow(bought(PEOPLE, AS_OF)).headline.facts
    assert facts["start"] + facts["new"] + facts["returned"] - facts["left"] == facts["end"]
    assert (facts["start"], facts["new"], facts["returned"], facts["left"], facts["end"]) == (0, 2, 5, 4, 3)
    for row in table_of(flow(bought(PEOPLE, AS_OF))).values():
        start, *moves, end, change = row
        assert start + sum(moves) == end
        assert end - start == change


def test_the_quarters_add_up_to_the_period_and_an_uncovered_period_is_not_told():
    moves = metrics.states.flow(bought(PEOPLE, AS_OF), as_of=AS_OF, lines=LINES, first_orders_known=True)
    sums = metrics.states.by_period(moves, periods=HALVES)
    assert sums["period"].tolist() == ["quarter", "quarter", "current"], "the month of the first start is not there"
    for name in ("new", "returned", "left"):
        assert sums[name].iloc[:2].sum() == sums[name].iloc[2]
    early = Periods(current=HALVES.compare, compare=HALVES.compare)
    assert metrics.states.by_period(moves, periods=early).reason == "states.uncovered"


def test_shares_of_sales_are_told_by_the_state_at_the_start_and_add_up():
    made = stack(bought(PEOPLE, AS_OF))
    facts = made.headline.facts
    assert facts["held_at_start"] + facts["first"] + facts["back"] == pytest.approx(1)
    assert facts["first"] == pytest.approx(2 / 7), "new and one_time of seven sales of 100 since July"
    assert facts["held"] == 3
    assert facts["gone"] == 3
    table = table_of(made)
    assert table["states.state.total"][4] == 8
    assert sum(row[4] for name, row in table.items() if name != "states.state.total" and row[4] is not None) == 8


@pytest.mark.parametrize("seed", range(6))
def test_nobody_under_k_is_told_or_given_away(seed):
    rows = table_of(stack(bought(many(60, 12, seed), AS_OF), k=5))
    for column in (0, 1, 4, 5, 6):
        cells = [row[column] for name, row in rows.items() if name not in ("states.state.total", "states.state.first")]
        assert all(n is None or n == 0 or n >= 5 for n in cells)
        assert sum(n is None for n in cells) != 1


def test_a_contract_stands_outside_the_days_of_silence():
    made = stack(with_contracts(many(300, 36), LATER), LATER, YEARS)
    assert table_of(made)["states.state.outside"][4] == 60
    assert "kpi:contract" in {row.id for row in made.rows}
    assert {row.parents for row in made.rows if row.kind == "kpi"} == {("kpi:customers",)}


def test_where_the_windows_come_from_is_said():
    for source, why, key in (
        ("derived", "", "states.lines_derived"),
        ("declared", "", "states.lines_declared"),
        ("industry", "few", "states.lines_industry_few"),
    ):
        made = flow(bought(PEOPLE, AS_OF), lines=Windows(30, 60, 90, 120, source, why))
        assert key in {s.key for s in made.reading}


def test_pages_that_cannot_be_made_are_left_out_with_their_reason():
    tables = bought(PEOPLE, AS_OF)
    assert flow(tables, known=False).because[0].key == "states.unavailable.starts_in_the_middle"
    assert stack(tables, known=False, lines=Windows(90, 180, 365, 730)).because[0].key == "states.unavailable.short"
    assert isinstance(right_time(tables, AS_OF), LeftOut)


def test_the_longest_horizon_that_can_be_tested_is_shown():
    assert metrics.gaps.longest(simulated(4000, 4), as_of=D(2026, 12, 30)) == 365
    assert metrics.gaps.longest(bought(every(12, 8), D(2023, 6, 30)), as_of=D(2023, 6, 30)) == 90


def test_the_half_is_the_first_day_under_it_with_the_days_of_its_bounds():
    curve = pd.DataFrame({"chance": [0.7, 0.55, 0.48, 0.3], "low": [0.6, 0.49, 0.4, 0.2], "high": [0.8, 0.6, 0.56, 0.4]})
    assert metrics.gaps.half(curve) == (2, 1, 3)
    assert metrics.gaps.half(curve.head(2)) == (None, 1, None)


def test_the_dots_are_those_of_the_back_test():
    made = CASES["gaps: 48 months"]()
    figure = drawn(made)[0]
    dots = {line.get_gid(): line.get_xdata() for axes in figure.axes for line in axes.get_lines() if line.get_gid()}
    tested = metrics.gaps.back_test(simulated(4000, 4), as_of=D(2026, 12, 30), horizon=365)
    assert np.allclose(dots["data-actual"], tested["actual"])
    assert np.allclose(dots["data-predicted"], tested["predicted"])
    assert not math.isnan(made.headline.facts["median"])


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize(("k", "kind"), [(5, "plain"), (7, "few")])
def test_moves_between_states_are_told_unless_they_are_few(lang, k, kind):
    page = views.migration.matrix(moved(k=k), periods=YEAR, lines=SHORT, k=k)
    assert page.headline.key == f"migration.headline.{kind}"
    voice = Voice(lang, "JPY", page.largest)
    page.panels[0].draw(voice)
    sentences = [page.headline, *page.reading, *page.claim, *page.note, page.next_move.what, page.sample]
    sentences += [getattr(page.key_figure, f.name) for f in dataclasses.fields(page.key_figure)]
    assert all(voice.say(s.key, **s.facts) for s in sentences)
    table = page.panels[1].table
    assert voice.cells(table.rows, table.cell_forms)
    if kind == "plain":
        assert page.headline.facts["keep"] == pytest.approx(6 / 11)
        assert page.headline.facts["revive"] == pytest.approx(7 / 16)
