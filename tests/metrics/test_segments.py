"""Segments of a tiny shop, worked by hand."""

import pandas as pd

from crm_helpers.data.needs import Unavailable
from crm_helpers.metrics import segments
from crm_helpers.params.schema import Segment
from tests.metrics.sample import AS_OF, HALVES, shop


def segment(field, op, *value, tag=False, **more):
    where = {"field": field, "op": op, "value": list(value), **more}
    return Segment.model_validate({"name": {"ja": "層"}, "where": where, "tag": tag})


TWO = {
    "often": segment("orders", "at_least", "3"),
    "recent": segment("orders", "at_least", "1", within="91d"),
    "part": segment("spend", "over", "0", tag=True),
}


def found(named=TWO):
    return segments.patterns(shop(), named, as_of=AS_OF, periods=HALVES, currency="JPY")


def test_everybody_stands_in_exactly_one_pattern():
    table = found()  # 佐藤 bought 3 times, last in April; 鈴木 once in March; 田中 3 times in Q2
    assert table.values.tolist() == [[False, False, 1, 0, 0], [True, True, 2, 2, 7200]]
    assert list(table.columns) == ["often", "recent", "customers", "buyers", "sales"]


def test_sizes_count_each_segment_and_who_is_in_none():
    table = segments.sizes(found(), k=1).set_index("segment")
    assert table["customers"].tolist() == [2, 2, 1]
    assert table["sales_share"].tolist() == [1.0, 1.0, 0.0]
    assert table.loc["none", "share"] == 1 / 3


def test_a_small_segment_is_hidden_together_with_one_that_would_give_it_away():
    table = segments.sizes(found(), k=2)
    assert table["customers"].isna().tolist() == [True, False, True]


def test_an_overlap_tells_the_share_of_the_row():
    table = segments.overlaps(found(), k=1).set_index(["segment", "other"])
    assert table.loc[("often", "recent"), ["both", "share"]].tolist() == [2, 1.0]
    assert len(table) == 4


def test_an_overlap_is_hidden_when_it_or_the_rest_is_few():
    frame = pd.DataFrame({"a": [True, True], "b": [True, False], "customers": [20, 3], "buyers": [20, 3], "sales": [1, 1]})
    table = segments.overlaps(frame, k=5).set_index(["segment", "other"])
    assert table["both"].isna().loc[("a", "b")]
    assert table.loc[("b", "a"), "both"] == 20


def test_without_segments_the_page_says_so():
    only_tag = {"part": TWO["part"]}
    assert found(only_tag) == Unavailable("segments.patterns", reason="segments.none")
