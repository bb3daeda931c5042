"""A worded report as one HTML file that asks the network for nothing: fonts, charts and style are inside."""

from __future__ import annotations

import math
import re
import unicodedata
from functools import cache as once
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from crm_helpers.fonts import subset_woff
from crm_helpers.look import TOKENS
from crm_helpers.report.drawing import inline_svg
from crm_helpers.report.pages import Report, characters_of

TEMPLATES = Path(__file__).parent / "templates"
NAME = "crm"  # the template's folder
LATIN_EM = 0.5  # mean width of a Latin letter or digit in bold
MIN_CHART_TEXT_PX = 11  # smaller than that a chart scrolls sideways


def to_html(report: Report) -> str:
    """The HTML of `report`; the fonts inside cover its own characters (a tenth of a second, and a page as small as can be).

    Raises:
        CrmError: `fonts.missing`, if a font package is not installed.
        xml.etree.ElementTree.ParseError: if a chart is not a valid SVG.
    """
    resources = {NAME: context(report)}
    return _environment().get_template(f"{NAME}/index.html.j2").render(resources=resources)


def context(report: Report) -> dict[str, Any]:
    """What the template reads: the report and its style sheet."""
    regular, bold = subset_woff(characters_of(report))
    css = "\n".join((_font_faces(regular, bold), custom_properties(), _style_sheet()))
    return {"report": report, "css": Markup(css)}


def prepare(environment: jinja2.Environment) -> jinja2.Environment:
    """Give an environment the template's filters, and escape every text: a client's words may hold any sign."""
    environment.autoescape = True
    environment.filters.update(inline_svg=inline_svg, chunks=chunks, flat=flat, key_figure=key_figure, whole=whole)
    environment.tests["long_headline"] = is_long
    return environment


def custom_properties() -> str:
    """The design tokens as CSS custom properties. One rem is the body size, on paper and on a screen."""
    kinds: list[tuple[str, object]] = [(name.replace("_", "-"), value) for name, value in TOKENS["colour"].items()]
    kinds += [(f"ramp-{step}", value) for step, value in enumerate(TOKENS["ramp"])]
    kinds += [(f"type-{name}", f"{size / TOKENS['type']['body']:.4f}rem") for name, size in TOKENS["type"].items()]
    kinds += [(f"leading-{name}", value) for name, value in TOKENS["leading"].items()]
    kinds += [(f"mm-{name}", f"{value}mm") for name, value in TOKENS["page_mm"].items()]
    kinds += [(f"fr-{name}", f"{TOKENS['page_mm'][name]}fr") for name in ("main", "rail")]
    least = MIN_CHART_TEXT_PX / TOKENS["type"]["min"] * TOKENS["page_mm"]["main"] / 25.4 * 72
    kinds += [
        ("print-body", f"{TOKENS['type']['body']}pt"),
        ("chart-min", f"{least:.0f}px"),
        ("font", TOKENS["font"]["css"]),
    ]
    return ":root{" + ";".join(f"--{name}:{value}" for name, value in kinds) + "}"


def chunks(headline: str, lang: str) -> Markup:
    """A headline that breaks only at `|` and must at `/` (Japanese); English is set as it is."""
    if lang != "ja":
        return escape(headline)
    rows = (Markup().join(map(_chunk, filter(None, row.split("|")))) for row in headline.split("/"))
    return Markup("<br>").join(rows)


def flat(headline: str, lang: str) -> str:
    """A headline without its marks for line breaks."""
    return headline.replace("|", "").replace("/", "") if lang == "ja" else headline


def whole(words: str) -> Markup:
    """Words whose intervals and signed numbers, such as [▲4.6, ▲3.0] and ▲2.5pt, are never parted at a line end."""
    parts = re.split(r"(\[[^\[\]]{1,20}\]|[▲−+][0-9][0-9,.]*[%a-z]*)", words)
    marked = (Markup('<span class="whole">{}</span>').format(p) if at % 2 else escape(p) for at, p in enumerate(parts))
    return Markup().join(marked)


def is_long(headline: str, lang: str) -> bool:
    """Whether a headline takes more than two lines of A4 at its full size."""
    rows = headline.replace("|", "").split("/") if lang == "ja" else [headline]
    page = TOKENS["page_mm"]
    line: float = (page["width"] - page["left"] - page["right"]) / 25.4 * 72 / TOKENS["type"]["headline"]
    widths = (sum(1.0 if unicodedata.east_asian_width(sign) in "WFA" else LATIN_EM for sign in row) for row in rows)
    return sum(math.ceil(width / line) for width in widths) > 2


def key_figure(value: str) -> Markup:
    """A key figure whose ▲, a full-width sign, is smaller than the digits."""
    return Markup("<small>▲</small>{}").format(value[1:]) if value.startswith("▲") else escape(value)


def _chunk(words: str) -> Markup:
    return Markup('<span class="chunk">{}</span>').format(words)


@once
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader([TEMPLATES, TEMPLATES / NAME])  # as nbconvert looks for them
    return prepare(jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, autoescape=True))


@once
def _style_sheet() -> str:
    """The style sheets without comments and indents."""
    whole = "\n".join((TEMPLATES / NAME / name).read_text("utf-8") for name in ("report.css", "map.css"))
    css = re.sub(r"/\*.*?\*/", "", whole, flags=re.DOTALL)
    return "\n".join(line.strip() for line in css.splitlines() if line.strip())


def _font_faces(regular: str, bold: str) -> str:
    family = TOKENS["font"]["family"]
    return "\n".join(
        f"@font-face{{font-family:'{family}';font-weight:{weight};src:url(data:font/woff;base64,{font}) format('woff')}}"
        for weight, font in ((400, regular), (700, bold))
    )
