"""The page on concentration: board figures only, no single customer's spend, no small group."""

import numpy as np
import pytest

from crm_helpers import metrics, views
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import Context, LeftOut, bundle
from tests.metrics.sample import HALVES, lines, shop
from tests.metrics.test_concentration import spend

RANDOM = np.random.default_rng(8)
BEFORE = spend(RANDOM.integers(1, 90_000, 100), "2025-02-01")
NOW = spend(RANDOM.integers(1, 90_000, 100), "2025-05-01")
FEW = spend(range(5000, 5030), "2025-05-01")
SAME = [*BEFORE, *((f"n{order}", "2025-05-01", customer, 1, amount) for order, _, customer, _, amount in BEFORE)]


def page(rows, k=5):
    groups = metrics.concentration.deciles(shop(lines(*rows)), periods=HALVES, k=k)
    return views.concentration.deciles(groups, periods=HALVES, k=k)


def moves(rows, k=1):
    tables = shop(lines(*rows))
    groups = metrics.concentration.deciles(tables, periods=HALVES, k=k)
    return views.moves.matrix(metrics.concentration.moves(tables, periods=HALVES, k=k), groups, periods=HALVES, k=k)


def table(made):
    return {row[0].rsplit(".", 1)[-1]: row[1:] for row in made.panels[1].table.rows}


def test_the_headline_quotes_the_first_group_and_the_half():
    made = page(SAME)
    said = Voice("ja", "JPY", made.largest).say(made.headline.key, **made.headline.facts).replace("|", "")
    assert said.startswith("上位10%の10人が会員売上の")
    assert made.stake == int(table(made)["top10"][1])
    assert made.headline.facts["half"] >= 5


def test_the_same_spend_again_moves_nobody():
    made = moves(SAME)
    assert made.headline.facts["near"] == 100
    assert made.headline.facts["stay"] == 1
    assert {row[0]: row[1] for row in made.panels[1].table.rows}["moves.total"] == 100
    assert made.next_move.what.key == "moves.next_plain"


def test_nobody_without_an_earlier_order_is_called_new():
    keys = [row[0] for row in moves([*BEFORE, *NOW]).panels[1].table.rows]
    assert "moves.came" in keys
    assert "新規" not in Voice("ja").say("moves.came")


def test_the_bands_add_up_to_the_whole():
    told = table(page([*BEFORE, *NOW]))
    total = told.pop("total")
    for column in (0, 1, 2):
        assert sum(row[column] for row in told.values()) == pytest.approx(total[column])
    assert told["rest"][3] == pytest.approx(1)


def test_no_single_customers_spend_is_printed():
    """Bounds are means of k people; the largest and the smallest spend stand nowhere."""
    spent = {row[4] for row in FEW}
    printed = {value for row in table(page(FEW)).values() for value in row if isinstance(value, float)}
    assert not spent & {p for p in printed if p in (max(spent), min(spent))}
    assert table(page(FEW))["upper"][-1] == np.mean(sorted(spent)[20:25])


def test_fewer_places_than_people_say_how_many_could_stay():
    made = moves([*spend(range(1, 301), "2025-02-01"), *NOW])
    assert [line.key for line in made.reading] == ["moves.read_room"]
    assert made.reading[0].facts["room"] == pytest.approx(10 / 30)
    assert made.key_figure.compare.key == "moves.key_compare.room"
    assert moves(SAME).reading == ()


@pytest.mark.parametrize(
    ("rows", "kind", "bars"),
    [
        ([*BEFORE, *NOW], "half", 10),
        (NOW, "half", 10),
        (FEW, "half", 3),
        (spend([7] * 60), "half", 10),
        (spend([10**9, *range(1, 60)]), "plain", 10),
    ],
)
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_case_draws_and_speaks(rows, kind, bars, lang, monkeypatch):
    monkeypatch.setenv("CRM_DISPLAY", "lab")
    made = page(rows)
    assert made.headline.key == f"concentration.headline.{kind}"
    assert bundle(made, Context("2025-06-30", "JPY", ("ja", "en"), lang))
    voice = Voice(lang, "JPY", made.largest)
    assert len(made.panels[0].draw(voice).axes[0].patches) == bars
    said = [made.headline, *made.note, *made.claim, *made.reading, made.next_move.what]
    said += [made.key_figure.label, made.key_figure.number, made.key_figure.compare]
    assert all(voice.say(s.key, **s.facts) for s in said)


@pytest.mark.parametrize("rows", [[*BEFORE, *NOW], SAME, [*BEFORE[:70], *NOW[:60]], [*FEW, *spend(range(9, 80), "2025-02-01")]])
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_matrix_draws_and_speaks(rows, k, lang, monkeypatch):
    monkeypatch.setenv("CRM_DISPLAY", "lab")
    made = moves(rows, k)
    assert bundle(made, Context("2025-06-30", "JPY", ("ja", "en"), lang))
    voice = Voice(lang, "JPY", made.largest)
    said = [made.headline, *made.note, *made.claim, *made.reading, made.next_move.what, made.sample]
    said += [made.key_figure.label, made.key_figure.number, made.key_figure.compare]
    assert all(voice.say(s.key, **s.facts) for s in said)


def test_gini_is_never_printed():
    made = page([*BEFORE, *NOW])
    groups = metrics.concentration.deciles(shop(lines(*BEFORE, *NOW)), periods=HALVES, k=5)
    figures = [value for row in table(made).values() for value in row] + list(made.headline.facts.values())
    assert groups["gini"].iloc[0] not in figures


def test_ties_at_the_edge_of_the_first_group_are_told():
    assert page(spend([7] * 60)).note[0].key == "concentration.note_tied"
    edge = spend([*range(1000, 1005), 500, 500, *range(1, 44)])
    assert page(edge).note == (), "the two equal ones are both in the second group"
    edge = spend([*range(1000, 1004), 500, 500, *range(1, 45)])
    assert page(edge).note[0].key == "concentration.note_tied_few"
    assert page(edge).note[0].facts["tied"] is None


def test_too_few_customers_leave_the_page_out():
    assert isinstance(page(spend(range(1, 10))), LeftOut)
