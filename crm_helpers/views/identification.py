"""What pages say when more of the sales have a member number than before: some new members are former guests."""

from __future__ import annotations

import pandas as pd

from crm_helpers.document import Fact, Sentence
from crm_helpers.metrics.identification import jump, moved


def warning(shares: pd.DataFrame | None) -> tuple[Sentence, ...]:
    """The sentence under 確からしさ, with the lowest and the highest month; nothing where the share did not move."""
    told = moved(shares) if shares is not None else None
    if shares is None or told is None:
        return ()
    known = shares[shares["share"].notna()].sort_values(["share", "first"])
    facts: dict[str, Fact] = {
        "before": told[0],
        "now": told[1],
        "low": float(known["share"].iloc[0]),
        "low_month": str(known["first"].iloc[0]),
        "high": float(known["share"].iloc[-1]),
        "high_month": str(known["first"].iloc[-1]),
    }
    return (Sentence(f"identification.{'risen' if told[1] > told[0] else 'fallen'}", facts),)


def jumped(shares: pd.DataFrame | None) -> tuple[Sentence, ...]:
    """The note that names the month in which the share jumped; nothing where no month stands out."""
    told = jump(shares) if shares is not None else None
    return (Sentence("identification.jumped", {"month": told[0], "size": told[1]}),) if told else ()
