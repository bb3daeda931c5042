"""Look a worded report over before it is rendered: what must not leave, and what could not be read."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator

from crm_helpers.document import Document
from crm_helpers.errors import CrmError, Faults
from crm_helpers.fonts import missing_glyphs
from crm_helpers.report.pages import Report, strings

PERSONAL = ("customer_id", "order_id", "line_no")  # columns that name one person or one purchase
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
PHONE = re.compile(r"(?<![\d-])0\d{1,4}-\d{1,4}-\d{3,4}(?![\d-])")
MARK = re.compile(r"<(path|g|text|rect)\b")


def verify(document: Document, reports: Iterable[Report]) -> None:
    """Check one chapter in all its languages.

    Raises:
        Faults: a chart without marks, a column of ids in a page that leaves us, a mail address or telephone number, a character
            without a glyph: each with the step it stands in.
    """
    faults = [*_blocks(document), *(f for report in reports for f in _texts(report))]
    if faults:
        raise Faults(faults)


def _blocks(document: Document) -> Iterator[CrmError]:
    for step in document.steps:
        where = f"{document.notebook}: {step.id}"
        for panel in step.block.panels:
            drawings = panel.chart.svg.items() if panel.chart else ()
            yield from (
                CrmError("verify.no_marks", where=where, lang=lang) for lang, svg in drawings if len(MARK.findall(svg)) < 3
            )
            ids = [c.name for c in panel.table.columns if c.name in PERSONAL] if panel.table else []
            if ids and step.block.audience != "internal":
                yield CrmError("verify.personal", where=where, found=ids)


def _texts(report: Report) -> Iterator[CrmError]:
    for chapter in report.chapters:
        for page in chapter.pages:
            yield from _page_faults("\n".join(strings(page)), f"{chapter.number}: {page.anchor}", report.lang)
    rest = dataclasses.replace(report, chapters=tuple(dataclasses.replace(c, pages=()) for c in report.chapters))
    yield from _page_faults("\n".join(strings(rest)), report.lang, report.lang)


def _page_faults(text: str, where: str, lang: str) -> Iterator[CrmError]:
    visible = re.sub(r"<style.*?</style>|<[^>]*>", " ", text, flags=re.S)
    for pattern in (MAIL, PHONE):
        if pattern.search(visible):
            yield CrmError("verify.contact", where=where, lang=lang)
    if unknown := missing_glyphs(visible):
        yield CrmError("verify.glyphs", where=where, found=" ".join(f"U+{ord(c):04X}" for c in unknown), lang=lang)
