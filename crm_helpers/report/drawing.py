"""A drawing inside an HTML page: its ids and styles are its own, it can neither run nor load anything, and it is small.

matplotlib names every group and repeats every style; a page of many marks would be mostly that. Kept is what is seen.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter

from markupsafe import Markup

SVG = "{http://www.w3.org/2000/svg}"
HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
KEPT_ELEMENTS = frozenset(
    SVG + name
    for name in (
        *("svg", "g", "defs", "style", "title", "desc", "text", "tspan", "use", "symbol", "image"),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "clipPath", "mask", "pattern", "marker"),
        *("linearGradient", "radialGradient", "stop"),
    )
)
WORDED = {"text", "tspan", "title", "desc", "style"}
URL = re.compile(r"url\(\s*['\"]?(#?)([^)'\"]*)['\"]?\s*\)")
NUMBER = re.compile(r"-?\d+\.\d+")


def inline_svg(svg: str, prefix: str, alt: str) -> Markup:
    """An SVG file as an element of the page.

    Raises:
        xml.etree.ElementTree.ParseError: if it is not a valid SVG.
    """
    root = ET.fromstring(svg)
    _drop_foreign(root)
    names = {name: f"{prefix}-{at}" for at, name in enumerate(_referenced(root))}
    for element in root.iter():
        _clean_attributes(element, names)
        if element.tag == SVG + "style":
            element.text = _scoped(element.text or "", f"#svg-{prefix}", names)
        element.tag = element.tag.removeprefix(SVG)
        if element.tag not in WORDED:
            element.text = None
        element.tail = None if not (element.tail or "").strip() else element.tail
        if "d" in element.attrib:
            element.set("d", _short_path(element.get("d", "")))
    _unwrap(root)
    attributes = {"id": f"svg-{prefix}", "viewBox": root.get("viewBox", ""), "role": "img", "aria-label": alt}
    root.attrib.clear()
    root.attrib.update(attributes)
    _share_styles(root, f"svg-{prefix}")
    return Markup(ET.tostring(root, encoding="unicode"))


def _drop_foreign(element: ET.Element) -> None:
    """Take out all elements a drawing does not need: scripts, metadata, foreign objects."""
    for child in list(element):
        if child.tag in KEPT_ELEMENTS:
            _drop_foreign(child)
        else:
            element.remove(child)


def _referenced(root: ET.Element) -> dict[str, None]:
    """The ids that something in the drawing points to, in order."""
    found: dict[str, None] = {}
    for element in root.iter():
        for name, value in element.attrib.items():
            if name in HREFS and value.startswith("#"):
                found[value[1:]] = None
            elif name not in HREFS:
                found |= {address: None for own, address in URL.findall(value) if own}
        if element.tag == SVG + "style":
            found |= {address: None for own, address in URL.findall(element.text or "") if own}
    return found


def _clean_attributes(element: ET.Element, names: dict[str, str]) -> None:
    """Keep the ids that are pointed to, under new names; drop handlers, foreign names, and addresses outside the figure."""
    cleaned: dict[str, str] = {}
    for name, value in element.attrib.items():
        if name in HREFS:
            if value.startswith("#"):
                cleaned["href"] = f"#{names[value[1:]]}"
            elif value.startswith("data:image/png;base64,"):
                cleaned["href"] = value
        elif name == "id":
            if value in names:
                cleaned["id"] = names[value]
        elif not name.startswith(("{", "on")):
            cleaned[name] = _own_urls(value, names)
    element.attrib.clear()
    element.attrib.update(cleaned)


def _own_urls(value: str, names: dict[str, str]) -> str:
    """`url(#x)` gets its new name; any other `url(…)` goes."""
    return URL.sub(lambda found: f"url(#{names[found[2]]})" if found[1] else "none", value)


def _scoped(css: str, scope: str, names: dict[str, str]) -> str:
    """A figure's style rules (matplotlib writes `*{…}`) held within the figure."""
    rules = re.findall(r"([^{}@<]+)\{([^{}<]*)\}", _own_urls(css, names))
    return "".join(f"{scope} {selector.strip()}{{{body}}}" for selector, body in rules)


def _short_path(path: str) -> str:
    """A path to a tenth of a point (a thirtieth of a millimetre), without the spaces that nothing needs."""
    rounded = NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), path)
    return re.sub(r"\s*([A-Za-z])\s*", r"\1", rounded).strip()


def _unwrap(element: ET.Element) -> None:
    """Take groups away that group nothing: their children stand in their place."""
    kept: list[ET.Element] = []
    for child in element:
        _unwrap(child)
        kept += list(child) if child.tag == "g" and not child.attrib else [child]
    element[:] = kept


def _share_styles(root: ET.Element, scope: str) -> None:
    """Styles that several marks share become classes; the font of nearly every text is said once."""
    marks = [element for element in root.iter() if "style" in element.attrib]
    for element in marks:
        if element.tag == "text":
            element.set("style", re.sub(r"font-family: [^;]*(; )?", "", element.get("style", "")).removesuffix("; "))
    looks = Counter(_look(element) for element in marks)
    classes = {look: f"s{at}" for at, (look, times) in enumerate(looks.items()) if times > 1}
    for element in marks:
        if name := classes.get(_look(element)):
            for attribute in ("style", "clip-path"):
                element.attrib.pop(attribute, None)
            element.set("class", name)
    if classes:
        style = ET.Element("style")
        style.text = "".join(f"#{scope} .{name}{{{look}}}" for look, name in classes.items())
        root.insert(0, style)


def _look(element: ET.Element) -> str:
    clip = element.get("clip-path")
    return element.get("style", "") + (f"; clip-path: {clip}" if clip else "")
