"""matplotlib set by the design tokens: canvases in millimetres, marks that can be read back, SVG with text as text."""

from __future__ import annotations

import functools
import io
import re
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from crm_helpers.fonts import font_files
from crm_helpers.look import TOKENS
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.formats import ems, shortened

COLOUR, TYPE, LINE = TOKENS["colour"], TOKENS["type"], TOKENS["line_pt"]
MAIN: float = TOKENS["page_mm"]["main"]
HEIGHT: dict[str, float] = TOKENS["chart_mm"]
RAMP = LinearSegmentedColormap.from_list("ramp", TOKENS["ramp"])
HATCH = "/////"  # one meaning: not complete, or n under k
DATA = "data-"  # artists with this id carry numbers of the analysis; the others are lines and words around them


@functools.cache
def apply() -> None:
    """Set every default once; chart functions only choose what differs."""
    for path in font_files():
        font_manager.fontManager.addfont(path)
    sns.set_theme(
        style="white",
        rc={
            "font.family": [TOKENS["font"]["family"]],
            "font.size": TYPE["label"],
            "svg.fonttype": "none",
            "svg.hashsalt": "crm",
            "axes.unicode_minus": True,
            "axes.edgecolor": COLOUR["mark"],
            "axes.linewidth": LINE["axis"],
            "axes.labelsize": TYPE["small"],
            "axes.spines.top": False,
            "axes.spines.right": False,
            "text.color": COLOUR["ink"],
            "axes.labelcolor": COLOUR["text2"],
            "xtick.color": COLOUR["text2"],
            "ytick.color": COLOUR["text2"],
            "xtick.labelsize": TYPE["small"],
            "ytick.labelsize": TYPE["small"],
            "grid.color": COLOUR["hair"],
            "grid.linewidth": LINE["hair"],
            "lines.linewidth": LINE["main"],
            "lines.solid_capstyle": "butt",
            "hatch.linewidth": LINE["hatch"],
            "hatch.color": COLOUR["mark"],
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.facecolor": "none",
        },
    )


def canvas(height: str, axes_mm: tuple[float, float, float, float] | None = None) -> tuple[Figure, Axes]:
    """A figure 198 mm wide and S, M or L high, and one axes at (left, bottom, width, height) in mm."""
    apply()
    high = HEIGHT[height]
    figure = Figure(figsize=(MAIN / 25.4, high / 25.4))
    left, bottom, width, tall = axes_mm or (0, 0, MAIN, high)
    return figure, figure.add_axes((left / MAIN, bottom / high, width / MAIN, tall / high))


def board(height: str) -> tuple[Figure, Axes]:
    """A drawing board: one unit is one millimetre from the lower left corner, nothing is drawn by itself."""
    figure, axes = canvas(height)
    axes.set(xlim=(0, MAIN), ylim=(0, HEIGHT[height]))
    axes.axis("off")
    return figure, axes


def strip(figure: Figure, left: float, wide: float) -> Axes:
    """A part of a board, `left` and `wide` in mm: x counts in data, y still in millimetres of the board."""
    axes = figure.add_axes((left / MAIN, 0, wide / MAIN, 1))
    axes.set(ylim=(0, figure.get_figheight() * 25.4), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def fit(text: str, wide: float, size: float) -> str:
    """`text` cut to `wide` mm at `size` pt, with … where it was cut; names come from the client and may be long."""
    return shortened(text, wide / (size * 25.4 / 72))


def width(text: str, size: float) -> float:
    """About how wide `text` is at `size` pt, in mm."""
    return ems(text) * size * 25.4 / 72


def mark(artist: Any, name: str, *, along: str = "y") -> None:
    """Say that this line or bar container draws numbers of the analysis; the digest reads them back from it.

    `along`: the axis on which a line's numbers lie; a bar container knows it by itself.
    """
    if isinstance(artist, Artist):
        artist.set_gid(DATA + name)
        artist.crm_along = along  # type: ignore[attr-defined]
    else:
        artist.set_label(DATA + name)


def number(axes: Axes, x: float, y: float, value: float | int | None, form: str, voice: Voice, **style: Any) -> Text:
    """Write a number of the analysis; the digest reads the value back from this very text."""
    template = style.pop("within", "{}")
    text = axes.text(x, y, template.format(voice.number(value, form)), **style)
    text.crm_value = value  # type: ignore[attr-defined]
    return text


def svg(figure: Figure) -> str:
    """The figure as SVG at its true size; the same bytes each time."""
    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "crm"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = re.sub(r"(\d\.\d\d)\d+", r"\1", out.getvalue())  # a hundredth of a point is enough
    return re.sub(r' transform="rotate\(-0 [^"]*"', "", text)


def png(figure: Figure) -> bytes:
    """The figure as a picture for JupyterLab."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110, facecolor="white")
    return out.getvalue()


def _luminance(colour: Any) -> float:
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Any, other: Any = "#FFFFFF") -> float:
    """WCAG contrast of two colours."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(fill: Any) -> str:
    """White or black: with pure black one of the two always reaches 4.5:1 (with a softer ink it does not)."""
    return "#FFFFFF" if contrast("#FFFFFF", fill) >= 4.5 else "#000000"
