"""Who a paper is for. One execution serves several papers: the client's report, and beside it those with pages that are not, or
not yet, for the client.

A block says by `audience` who may see it first. Its paper shows what the papers before it show, and its own pages.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from crm_helpers.report.executed import Executed

CLIENT, SPONSOR, INTERNAL = "client", "sponsor", "internal"
AUDIENCES = (CLIENT, SPONSOR, INTERNAL)  # from the widest circle of readers to the narrowest


def for_audience(chapter: Executed, audience: str) -> Executed:
    """The chapter as that audience shows it: of the other pages nothing is left, their definitions neither."""
    shown = AUDIENCES[: AUDIENCES.index(audience) + 1]
    steps = tuple(
        dataclasses.replace(
            step, block=dataclasses.replace(step.block, more=tuple(b for b in step.block.more if b.audience in shown))
        )
        for step in chapter.document.steps
        if step.block.audience in shown
    )
    return dataclasses.replace(chapter, document=dataclasses.replace(chapter.document, steps=steps))


def has_pages_for(chapter: Executed, audience: str) -> bool:
    """Whether the chapter has a page that only this audience and narrower ones show."""
    return any(audience in (b.audience for b in (s.block, *s.block.more)) for s in chapter.document.steps)


def pages_added(chapters: Iterable[Executed]) -> list[str]:
    """The ids of the pages that the client's report does not have."""
    blocks = (block for chapter in chapters for s in chapter.document.steps for block in (s.block, *s.block.more))
    return [block.page for block in blocks if block.audience != CLIENT]


def further(chapters: Iterable[Executed]) -> tuple[str, ...]:
    """The audiences to make besides the client's: those with pages of their own."""
    made = tuple(chapters)
    return tuple(audience for audience in AUDIENCES[1:] if any(has_pages_for(chapter, audience) for chapter in made))
