"""A worded report as PDF: A4 landscape, tagged (PDF/UA-1), fonts embedded, the same bytes each time."""

from __future__ import annotations

import dataclasses
import functools
import io
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from crm_helpers.fonts import font_files
from crm_helpers.look import THEME_FILE
from crm_helpers.report.pages import Report

TEMPLATES = Path(__file__).parent / "templates"


def to_pdf(report: Report) -> bytes:
    """The PDF of `report`.

    Raises:
        CrmError: `fonts.missing`, if a font package is not installed.
        typst.TypstError: if a chart is not a valid SVG.
    """
    import typst

    with tempfile.TemporaryDirectory(prefix="crm-pdf-") as folder:
        root = Path(folder)
        for template in TEMPLATES.glob("*.typ"):
            shutil.copy(template, root)
        shutil.copy(THEME_FILE, root / "theme.json")
        words = _with_charts_as_files(dataclasses.asdict(report), root)
        (root / "report.json").write_text(json.dumps(words, ensure_ascii=False), "utf-8")
        pdf: bytes = typst.compile(
            root / "report.typ",
            root=root,
            font_paths=_fonts(),
            format="pdf",
            pdf_standards=["ua-1"],
        )
    return _packed(pdf)


def _packed(pdf: bytes) -> bytes:
    """The same document at half its size: the objects of its tags, thousands of small ones, are compressed together.

    Typst writes each object plain, and has no setting for it.
    """
    import pikepdf

    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return packed.getvalue()


@functools.cache
def _fonts() -> Any:
    """The report's two fonts and no others, read once for all reports of a run."""
    import typst

    folders = [path.parent for path in font_files()]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def _with_charts_as_files(words: dict[str, Any], root: Path) -> dict[str, Any]:
    """Put each chart's SVG into a file of `root` and its name in the SVG's place."""
    panels = (panel for chapter in words["chapters"] for page in chapter["pages"] for panel in page["panels"])
    for number, chart in enumerate(panel["chart"] for panel in panels if panel["chart"]):
        name = f"chart-{number}.svg"
        (root / name).write_text(chart["svg"], "utf-8")
        chart["svg"] = name
    return words
