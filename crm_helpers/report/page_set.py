"""Which pages a kind of business has: the main report in its order, the appendix, and what is not of this business."""

from __future__ import annotations

import dataclasses

from crm_helpers.document import Block, Sentence, Step
from crm_helpers.domain.business import Pages
from crm_helpers.params.schema import Params
from crm_helpers.report.executed import Executed


def arranged(chapter: Executed, params: Params) -> Executed:
    """The chapter as the client's kind of business wants it; without one it stays as it is.

    A page left out leaves nothing behind, no rows of the thread either: the basis page names it with the reason.
    """
    if params.business is None:
        return chapter
    pages = params.business.pages
    steps = sorted(chapter.document.steps, key=lambda step: _place(step.id, pages))  # stable: others stay as they follow
    shown = tuple(_left_out(step) if step.id in pages.left_out else step for step in steps)
    return dataclasses.replace(
        chapter, document=dataclasses.replace(chapter.document, steps=shown), appendix=(*chapter.appendix, *pages.appendix)
    )


def _place(step: str, pages: Pages) -> tuple[int, int]:
    for part, named in ((0, pages.main), (2, pages.appendix), (3, pages.left_out)):
        if step in named:
            return part, named.index(step)
    return 1, 0


def _left_out(step: Step) -> Step:
    """The step without its page; one that the data could not give keeps that reason."""
    block = step.block
    if block.kind == "left_out":
        return step
    nothing = Sentence("basis.nothing")
    because = Sentence("basis.not_of_business", {"business": "business.name"})
    told = Block(block.name, "left_out", "", block.panels[0].title, nothing, nothing, block.as_of, "", missing=(because,))
    return dataclasses.replace(step, block=told)
