"""`index.html` of a set: one page that leads to every report in every language."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from crm_helpers.look import TOKENS
from crm_helpers.report.pages import Report
from crm_helpers.text.catalogue import Voice


def to_index(reports: Mapping[tuple[str, str], Report]) -> str:
    """The index of the reports, by (name, language)."""
    first = next(iter(reports.values()))
    languages = dict.fromkeys(lang for _, lang in reports)
    parts = [_language(lang, [(name, r) for (name, of), r in reports.items() if of == lang]) for lang in languages]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><style>{_style()}</style>'
    title = escape(first.title)
    return (
        f'<!DOCTYPE html>\n<html lang="{first.lang}"><head>{head}<title>{title}</title></head>\n'
        f"<body><main><h1>{title}</h1>\n{chr(10).join(parts)}\n</main></body></html>\n"
    )


def _style() -> str:
    colour, font = TOKENS["colour"], TOKENS["font"]["css"]
    return (
        f"body{{font-family:{font};color:{colour['ink']};background:{colour['paper']};max-width:44rem;margin:4rem auto;"
        f"padding:0 1rem;line-height:1.7}}a{{color:{colour['accent']}}}h1{{font-size:1.6rem}}h2{{font-size:1.1rem}}"
        f"section{{border-top:1px solid {colour['rule']};padding:1rem 0}}"
    )


def _language(lang: str, reports: list[tuple[str, Report]]) -> str:
    name = escape(Voice(lang).say("report.index.language"))
    items = "".join(
        f'<li>{escape(report.cover.subtitle)}: <a href="{lang}/{file}.html">HTML</a> · <a href="{lang}/{file}.pdf">PDF</a></li>'
        for file, report in reports
    )
    return f'<section lang="{lang}"><h2>{name}</h2><ul>{items}</ul></section>'
