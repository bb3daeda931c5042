"""What a rule is and what it says when it was met."""

from __future__ import annotations

from dataclasses import dataclass

FILE = 10**12
"""A place is one number: file number times this, plus the row within the file."""


@dataclass(frozen=True)
class CellRule:
    """A rule of one cell.

    Args:
        id: `<family>.<name>`; its words are `rules.told.<id>`.
        test: SQL over `x`, the tidied cell; it is asked of each distinct odd value once.
        read: count only cells that could be read (what cannot be is set aside or told as unread), or only those that
            could not; None counts both.
    """

    id: str
    test: str
    read: bool | None = True


@dataclass(frozen=True)
class Met:
    """A rule that was met in a table.

    Args:
        place: of the first, `file * FILE + row`; None when the rule speaks of the whole table.
        column: the column it speaks of, if one.
        amount: the money of those rows in minor units; None where money has no part in it.
        facts: what else its words quote.
    """

    id: str
    rows: int
    place: int | None = None
    column: str = ""
    amount: int | None = None
    facts: tuple[tuple[str, int | float | str], ...] = ()
