"""A book of several chapters says once what all of them rest on."""

from __future__ import annotations

from crm_helpers.report.pages import Chapter, Section
from crm_helpers.report.wording import _said_once


def test_what_every_chapter_rests_on_stands_in_the_last_alone() -> None:
    received, own, other = (Section(title, paragraphs=(title,)) for title in ("received", "own", "other"))
    first, last = Chapter("01", "a", (), (received, own)), Chapter("02", "b", (), (received, other))
    assert [c.sections for c in _said_once([first, last])] == [(own,), (received, other)]
    assert _said_once([last]) == (last,), "a chapter by itself keeps all"
