"""A stock at the start, what came and went, the stock at the end: bars that add up, of heads or of money."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from crm_helpers.text.catalogue import Voice
from crm_helpers.views.theme import COLOUR, HEIGHT, LINE, MAIN, TYPE, canvas, mark, number

FOOT, WIDTH = 9.0, 0.6


def draw_flow(parts: Sequence[tuple[str, int]], form: str, voice: Voice, *, name: str = "flow") -> Figure:
    """`parts`: (text key, value); the first is the stock at the start, the last the stock at the end, between are signed moves.

    The axis is cut under the bars of the stocks where moves would else be too small to see; the cut is marked on both.
    """
    figure, axes = canvas("M", (0.5, FOOT, MAIN - 1, HEIGHT["M"] - FOOT - 3))
    levels = [parts[0][1]]
    for _, value in parts[1:-1]:
        levels.append(levels[-1] + value)
    assert levels[-1] == parts[-1][1], f"{name}: {levels} does not lead to {parts[-1]}"
    low, high = min(levels), max(levels)
    floor = 0 if low <= 0 or high - low > 0.25 * high else int(low - 1.2 * (high - low or high))
    floor = max(0, floor)
    reach = (high - floor) or 1
    drawn = []
    for i, (_, value) in enumerate(parts):
        stock = i in (0, len(parts) - 1)
        bottom = floor if stock else min(levels[i - 1], levels[i])
        tall = value - floor if stock else abs(value)
        colour = COLOUR["text2"] if stock else COLOUR["accent"] if value >= 0 else COLOUR["alert"]
        drawn.append((i, bottom, tall, colour))
        y = (bottom + tall) if stock or value >= 0 else bottom
        up = stock or value >= 0
        number(
            axes,
            i,
            y + (0.02 if up else -0.02) * reach,
            value,
            form if stock else f"{form}_signed",
            voice,
            ha="center",
            va="bottom" if up else "top",
            size=TYPE["subhead"],
            weight="bold",
            color=COLOUR["ink"] if stock or value >= 0 else COLOUR["alert"],
        )
    bars = axes.bar([d[0] for d in drawn], [d[2] for d in drawn], WIDTH, [d[1] for d in drawn], color=[d[3] for d in drawn])
    mark(bars, name)
    for i in range(len(parts) - 1):
        level = levels[min(i, len(levels) - 1)]
        axes.plot([i + WIDTH / 2, i + 1 - WIDTH / 2], [level, level], color=COLOUR["mark"], lw=LINE["axis"])
    for i in (0, len(parts) - 1) if floor else ():
        axes.plot([i - WIDTH / 2, i + WIDTH / 2], [floor + 0.05 * reach] * 2, color=COLOUR["paper"], lw=3)
    axes.set(xlim=(-0.5, len(parts) - 0.5), ylim=(floor - (0.04 * reach if floor else 0), floor + reach * 1.12), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.set_xticks(
        range(len(parts)), [voice.say(key) for key, _ in parts], size=TYPE["label"], weight="bold", color=COLOUR["ink"]
    )
    axes.tick_params(axis="x", length=0, pad=4)
    return figure
