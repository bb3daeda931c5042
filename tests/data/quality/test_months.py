from __future__ import annotations

from crm_helpers.data.quality.months import breaks, gaps, jump, spikes


def series(*counts: int) -> dict[int, int]:
    return {24000 + i: n for i, n in enumerate(counts) if n}


def test_gaps_lie_between_the_first_and_the_last() -> None:
    assert gaps(series(0, 5, 0, 0, 5, 0)) == [24002, 24003]
    assert gaps({}) == []


def test_a_break_is_told_by_the_median_so_one_giant_hides_nothing() -> None:
    assert breaks(series(100, 9000, 100, 39, 100, 100, 100)) == [24003]
    assert breaks(series(100, 9000, 100, 41, 100, 100, 100)) == []
    assert breaks(series(29, 29, 29, 1, 29, 29, 29)) == [], "small series say nothing"


def test_the_first_month_is_no_spike() -> None:
    assert spikes(series(900, 50, 40, 45, 50, 200, 45, 50)) == [24005]
    assert spikes(series(900, 300, 200, 150, 120, 100, 90, 80)) == [], "the decline after the data start"


def test_a_jump_lasts_and_exceeds_the_usual_change() -> None:
    level = {24000 + i: v for i, v in enumerate([0.80, 0.81, 0.80, 0.79, 0.60, 0.61, 0.60, 0.60])}
    assert jump(level) == (24004, 0.80, 0.60)
    outlier = {24000 + i: v for i, v in enumerate([0.80, 0.81, 0.80, 0.79, 0.60, 0.80, 0.81, 0.80])}
    assert jump(outlier) is None
    restless = {24000 + i: v for i, v in enumerate([0.8, 0.6, 0.8, 0.6, 0.7, 0.6, 0.7, 0.5])}
    assert jump(restless) is None
    assert jump(dict(list(level.items())[:5])) is None
