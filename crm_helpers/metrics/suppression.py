"""Small cells: a published count of people has n ≥ k, and no hidden cell can be worked out from a printed total."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Cell = tuple[int, int]
TRIALS = 60_000  # combinations looked at before the quick way is taken: a 5 × 5 table needs far fewer


def hidden_cells(counts: NDArray[np.int64], k: int, groups: Sequence[Sequence[Cell]] = ()) -> NDArray[np.bool_]:
    """Which cells of a table of head-counts must not be printed.

    Primary: 0 < n < k. Secondary: as few further cells as possible (of those, the fewest people), so that no row, no
    column and none of `groups` (cells whose sum is printed) holds exactly one hidden cell, which a subtraction would
    give away.
    """
    rows, columns = counts.shape
    sums = [[(r, c) for c in range(columns)] for r in range(rows)] + [[(r, c) for r in range(rows)] for c in range(columns)]
    masks = [sum(1 << (r * columns + c) for r, c in cells) for cells in (*sums, *groups) if len(cells) > 1]
    heads = [int(n) for n in counts.ravel()]
    primary = sum(1 << i for i, n in enumerate(heads) if 0 < n < k)
    hidden = primary | _fewest(heads, primary, masks)
    return np.array([bool(hidden >> i & 1) for i in range(len(heads))]).reshape(counts.shape)


def _fewest(heads: Sequence[int], primary: int, masks: Sequence[int]) -> int:
    """The cheapest set of further cells, as a bit mask."""
    free = [i for i in range(len(heads)) if not primary >> i & 1]
    for size in range(len(free) + 1):
        if math.comb(len(free), size) > TRIALS:
            return _quick(heads, primary, masks)
        fitting = [chosen for chosen in itertools.combinations(free, size) if not _gives_away(primary | _bits(chosen), masks)]
        if fitting:
            return _bits(min(fitting, key=lambda chosen: (sum(heads[i] for i in chosen), chosen)))
    return 0


def _quick(heads: Sequence[int], primary: int, masks: Sequence[int]) -> int:
    """One cell at a time, the smallest of a sum that still gives a cell away."""
    hidden = primary
    while single := next((m for m in masks if (m & hidden).bit_count() == 1), None):
        hidden |= 1 << min((i for i in range(len(heads)) if (single & ~hidden) >> i & 1), key=lambda i: heads[i])
    return hidden


def _gives_away(hidden: int, masks: Sequence[int]) -> bool:
    return any((mask & hidden).bit_count() == 1 for mask in masks)


def _bits(cells: Iterable[int]) -> int:
    return sum(1 << i for i in cells)


def sealed(counts: NDArray[np.int64], k: int, sums: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
    """Which of a long list of head-counts must not be printed, for tables too large for `hidden_cells` to search.

    Primary: 0 < n < k. Further cells, the smallest first, until the hidden cells of every printed sum (`sums`, places in
    `counts`) hold together no one or at least `k` people, and no hidden cell follows from the sums by linear equations.
    """
    hidden = (counts > 0) & (counts < k)
    parts = [np.array(sorted(part)) for part in sums if len(part)]
    while short := [part for part in parts if 0 < int(counts[part][hidden[part]].sum()) < k and not hidden[part].all()]:
        hidden[_smallest(counts, short[0], hidden)] = True
    known = np.zeros((len(parts), len(counts)))
    for row, part in zip(known, parts, strict=True):
        row[part] = 1
    while hidden.any():
        places = np.flatnonzero(hidden)
        among = known[:, hidden]
        told = places[np.isclose(np.diag(np.linalg.pinv(among) @ among), 1.0)]  # these follow from the equations
        open_parts = [part for part in parts if np.isin(told, part).any() and not hidden[part].all()]
        if not len(told) or not open_parts:
            return hidden
        bare = min(open_parts, key=lambda part: int(hidden[part].sum()))  # a cell hidden alone is told first
        hidden[_smallest(counts, bare, hidden)] = True
    return hidden


def _smallest(counts: NDArray[np.int64], part: NDArray[np.int64], hidden: NDArray[np.bool_]) -> int:
    """The place in `part` not hidden yet with the fewest people, people before nobody."""
    free = part[~hidden[part]]
    return int(min(free, key=lambda i: (counts[i] == 0, counts[i], i)))
