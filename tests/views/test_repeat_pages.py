"""The pages on F2 and cohorts: they say what the numbers say, for one cohort and for many."""

import datetime
import math

import pytest

from crm_helpers import metrics, views
from crm_helpers.params.periods import Period, Periods
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import LeftOut, digest
from tests.metrics.sample import lines, shop
from tests.metrics.test_cohort import TWO, two_years
from tests.metrics.test_repeat import buyers

D = datetime.date
YEARS = Periods(current=Period(D(2025, 4, 1), D(2026, 3, 31)), compare=Period(D(2024, 4, 1), D(2025, 3, 31)))


def f2(frame, as_of, periods=None, k=5, known=True):
    told = {"as_of": as_of, "periods": periods, "first_orders_known": known}
    tables = shop(frame, as_of)
    return views.repeat.f2(metrics.repeat.curves(tables, **told), metrics.repeat.by_month(tables, k=k, **told), k=k)


def triangle(frame, as_of, k=5, known=True, measure="sales"):
    cohorts = metrics.cohort.by_month(shop(frame, as_of), as_of=as_of, k=k, first_orders_known=known, measure=measure)
    return views.cohort.triangle(cohorts, k=k)


def said(made, lang):
    voice = Voice(lang, "JPY", made.largest)
    key = made.key_figure
    sentences = [made.headline, *made.reading, *made.claim, *made.note, made.next_move.what, made.sample, made.source]
    sentences += [key.label, key.number, key.compare, *(p.title for p in made.panels), *(p.unit for p in made.panels)]
    sentences += [row.text for row in made.rows]
    return [voice.say(s.key, **s.facts) for s in sentences]


def drawn(made, lang="ja"):
    return [panel.draw(Voice(lang, "JPY", made.largest)) for panel in made.panels]


def written(figure):
    return [t.get_text() for axes in figure.axes for t in axes.texts]


TOLD = {
    "f2: one cohort": lambda: f2(lines(*buyers("2025-01", 40, 30, 10)), D(2025, 12, 31)),
    "f2: young cohorts": lambda: f2(TWO, D(2025, 4, 15)),
    "f2: nobody came back": lambda: f2(lines(*buyers("2025-01", 40)), D(2025, 12, 31)),
    "f2: two years": lambda: f2(two_years(20, 10), D(2026, 3, 31), YEARS),
    "f2: a hidden month": lambda: f2(lines(*buyers("2025-01", 40, 30, 10), *buyers("2025-02", 3)), D(2025, 12, 31)),
    "cohort: one": lambda: triangle(lines(*buyers("2025-01", 40, 31, 10)), D(2025, 2, 28)),
    "cohort: two": lambda: triangle(TWO, D(2025, 6, 30)),
    "cohort: 24, lower": lambda: triangle(two_years(20, 10), D(2026, 3, 31)),
    "cohort: 24, even": lambda: triangle(two_years(20, 20), D(2026, 3, 31)),
    "cohort: hidden": lambda: triangle(lines(*buyers("2025-01", 40, 31, 9), *buyers("2025-02", 3), *buyers("2025-03", 9)), D(2025, 6, 30)),
    "cohort: orders": lambda: triangle(two_years(20, 10), D(2026, 3, 31), measure="orders"),
    "cohort: items, few": lambda: triangle(TWO, D(2025, 6, 30), measure="items"),
    "cohort: nobody came back": lambda: triangle(lines(*buyers("2025-01", 40)), D(2025, 6, 30)),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_every_page_draws_the_same_numbers_and_speaks_in_every_language(case):
    made = TOLD[case]()
    assert digest(made, drawn(made, "ja")) == digest(made, drawn(made, "en"))
    for lang in ("ja", "en"):
        assert all(said(made, lang))
        assert "—" not in "".join(said(made, lang)), "nothing unknown is quoted"
    assert len(said(made, "en")[0]) <= 150
    lines_told = [sum(0.5 if c.isascii() else 1 for c in line) for line in said(made, "ja")[0].replace("|", "").split("/")]
    assert max(lines_told) <= 40


def test_f2_is_told_by_its_own_name_and_number():
    made = f2(lines(*buyers("2025-01", 40, 30, 10)), D(2025, 12, 31))
    assert made.headline.key == "repeat.headline.all"
    assert (made.headline.facts["rate"], made.headline.facts["half"], made.headline.facts["n"]) == (pytest.approx(0.25), 30, 40)
    assert not any("リピート" in text for text in [*said(made, "ja")[:1], said(made, "ja")[-1]])


def test_a_difference_is_called_lower_only_when_its_interval_leaves_out_zero():
    frame = [row for m in range(4, 10) for y, n in ((2024, 30), (2025, 10)) for row in buyers(f"{y}-{m:02d}", 50, 20, n)]
    assert f2(lines(*frame), D(2026, 3, 31), YEARS).headline.key == "repeat.headline.lower"
    even = [row for m in range(4, 10) for y, n in ((2024, 20), (2025, 19)) for row in buyers(f"{y}-{m:02d}", 50, 20, n)]
    assert f2(lines(*even), D(2026, 3, 31), YEARS).headline.key == "repeat.headline.same"


def test_different_months_of_the_year_are_told():
    halves = Periods(current=Period(D(2025, 7, 1), D(2025, 12, 31)), compare=Period(D(2025, 1, 1), D(2025, 6, 30)))
    made = f2(lines(*buyers("2025-01", 40, 30, 10), *buyers("2025-07", 40, 30, 10)), D(2025, 12, 31), halves)
    assert [s.key for s in made.claim] == ["repeat.sure_same", "repeat.sure_season"]
    assert len(f2(two_years(20, 20), D(2026, 3, 31), YEARS).claim) == 1


def test_a_month_still_being_watched_is_hatched_and_has_no_number():
    _, figure = drawn(f2(TWO, D(2025, 4, 15)))
    dots = {line.get_gid(): line.get_ydata() for line in figure.axes[0].get_lines() if line.get_gid()}
    assert [math.isnan(v) for v in dots["data-f2_60"]] == [False, True]
    assert all(math.isnan(v) for v in dots["data-f2_90"])
    assert any(patch.get_hatch() for patch in figure.axes[0].patches)
    assert "観察中\n(90日未満)" in written(figure)


def test_cells_that_have_not_happened_have_no_number():
    (figure,) = drawn(triangle(two_years(20, 20), D(2026, 3, 31)))
    cells = [t.get_text() for t in figure.axes[0].texts if getattr(t, "crm_value", None) is not None]
    assert sum(text in ("40", "0") for text in cells) == 23 * 24 // 2
    assert len(drawn(triangle(TWO, D(2025, 6, 30)))) == 1


def test_the_people_of_a_hidden_month_are_not_printed():
    (figure,) = drawn(TOLD["cohort: hidden"]())
    texts = written(figure)
    assert "3" not in texts
    assert texts.count("非表示") == 4, "two months, so that no subtraction tells one, in both blocks"


def test_pages_are_left_out_where_first_orders_are_not_known():
    for made in (f2(TWO, D(2025, 12, 31), known=False), triangle(TWO, D(2025, 12, 31), known=False)):
        assert isinstance(made, LeftOut)
        assert made.because[0].key == "repeat.unavailable.starts_in_the_middle"
        for lang in ("ja", "en"):
            assert Voice(lang).say(made.because[0].key)
            assert Voice(lang).say(made.would_show.key)
