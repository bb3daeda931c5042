"""The page on segments: whom it speaks of, what it hides, long names, many segments."""

import dataclasses

import pandas as pd
import pytest

from crm_helpers.data.needs import Unavailable
from crm_helpers.metrics import segments
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import LeftOut, digest
from crm_helpers.views.segments import overview
from tests.metrics.sample import HALVES

LONG = "とても長い名前のお客様のためだけに用意された、季節ごとに見直す特別な顧客の集まり"


def found(*rows, names=("a", "b")):
    """Patterns from (flags …, customers, buyers, sales)."""
    return pd.DataFrame(rows, columns=[*names, "customers", "buyers", "sales"]).astype(dict.fromkeys(names, bool))


USUAL = found((1, 0, 40, 40, 5000), (0, 1, 60, 20, 1000), (1, 1, 20, 20, 3000), (0, 0, 80, 30, 1000))


def page(table=USUAL, k=5):
    return overview(segments.sizes(table, k=k), segments.overlaps(table, k=k), periods=HALVES, k=k)


def own(*names, text="常連"):
    return {f"segments.name.{name}": text for name in names}


def said(sentence, lang="ja", names=("a", "b"), text="常連"):
    return Voice(lang, "JPY", 10_000, own(*names, text=text)).say(sentence.key, **sentence.facts)


def test_the_headline_speaks_of_the_segment_that_buys_most_unlike_its_size():
    made = page()
    assert said(made.headline).replace("|", "") == (
        "「常連」は60人（会員の30.0%）で、今期の会員売上の80.0%を占める。/どの層にも入らない80人（40.0%）は売上の10.0%"
    )
    assert made.headline.facts["segment"] == "segments.name.a"


def test_a_segment_that_bought_nothing_is_told_only_where_no_other_is():
    idle = found((1, 0, 90, 0, 0), (0, 1, 10, 10, 1000), (0, 0, 100, 50, 4000))
    assert page(idle).headline.facts["segment"] == "segments.name.b"
    only = found((1, 90, 0, 0), (0, 10, 10, 1000), names=("a",))
    assert page(only).headline.facts["segment"] == "segments.name.a"


def test_the_rows_of_the_thread_are_named_by_the_segment():
    rows = {row.id: row for row in page().rows}
    assert set(rows) == {"segment:a", "segment:b"}
    assert rows["segment:a"].values["customers"] == {
        "value": 60, "unit": "people", "n": 60, "period": str(HALVES.current), "definition": "segment_customers",
    }  # fmt: skip
    assert rows["segment:a"].values["sales_share"]["value"] == 0.8


def test_the_table_tells_the_share_of_the_row_and_nothing_of_a_segment_in_itself():
    rows = next(panel.table for panel in page().panels if hasattr(panel, "table")).rows
    assert rows[0] == ("segments.name.a", 1, 60, 8000, 8000 / 60, None, 20 / 60)
    assert rows[1][-2:] == (0.25, None)
    assert rows[2] == ("segments.in_none", None, 80, 1000, 12.5, None, None)


def test_a_hidden_segment_stands_in_no_column_and_no_row():
    few = found((1, 0, 3, 3, 500), (0, 1, 60, 20, 1000), (0, 0, 80, 30, 1000))
    rows = next(panel.table for panel in page(few).panels if hasattr(panel, "table")).rows
    assert rows[0][2:] == (None,) * 5, "three people"
    assert sum(row[2] is None for row in rows) == 2, "the sum would tell a single one"
    assert "segments.note_hidden" in {s.key for s in page(few).note}
    assert page(few).rows[0].values["customers"]["value"] is None


def test_the_rest_is_not_told_where_it_would_tell_a_small_overlap():
    table = found((1, 0, 40, 40, 5000), (0, 1, 60, 20, 1000), (1, 1, 2, 2, 300), (0, 0, 80, 30, 1000))
    sizes = segments.sizes(table, k=5).set_index("segment")["customers"]
    assert sizes["a"] + sizes["b"] == 104
    assert pd.isna(sizes["none"]), "182 − 80 − 102 would be known: two are in both"
    assert page(table).headline.key == "segments.headline.none_hidden"


def test_a_page_of_small_segments_says_only_that():
    few = found((1, 0, 3, 3, 500), (0, 1, 4, 4, 1000), (0, 0, 80, 30, 1000))
    assert page(few).headline.key == "segments.headline.hidden"


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("text", ["常連", LONG])
@pytest.mark.parametrize("many", [1, 2, 4, 9])
def test_the_page_draws_and_speaks_with_any_names_and_number_of_segments(lang, text, many):
    names = [f"s{i}" for i in range(many)]
    rows = [(*(int(i == j) for j in range(many)), 10 + i, 10, -500 if i == 1 else 900) for i in range(many)]
    table = found(*rows, (*([0] * many), 80, 30, 1000), names=names)
    made = page(table)
    voice = Voice(lang, "JPY", made.largest, own(*names, text=text))
    digest(made, [panel.draw(voice) if hasattr(panel, "draw") else None for panel in made.panels])
    told = [made.headline, *made.reading, *made.claim, *made.note, made.next_move.what, made.sample, made.source]
    told += [getattr(made.key_figure, f.name) for f in dataclasses.fields(made.key_figure)]
    assert all(said(sentence, lang, names, text) for sentence in told)
    lines = said(made.headline, lang, names, text).replace("|", "").split("/")
    assert max(map(len, lines)) <= (50 if lang == "ja" else 200)
    tabled = next(panel.table for panel in made.panels if hasattr(panel, "table"))
    assert len(tabled.rows) <= 8
    assert all(len(cell) < 36 for row in voice.cells(tabled.rows, tabled.cell_forms) for cell in row)
    assert ("segments.note_more" in {s.key for s in made.note}) == (many == 9)


def test_without_segments_the_page_is_left_out():
    absent = Unavailable("segments.patterns", reason="segments.none")
    assert isinstance(page(absent), LeftOut)
