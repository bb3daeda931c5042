"""What customers answer: satisfaction and effort by touchpoint, and the net promoter score by wave, with intervals.

NPS = 100 (p9–10 − p0–6), its variance (p + d − (p − d)²) / n of a score of +1, 0, −1; CSAT is the share of the two best answers
(Wilson); CES the mean of 1 to 7, where 7 is easy. Waves are compared with each other, not with other countries or businesses:
how a scale is used differs.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.intervals import Z, newcombe, wilson
from crm_helpers.metrics.repeat import FEWEST
from crm_helpers.params.periods import Periods

SHOWN = 7  # touchpoints with a row of their own, most answers first


@needs("surveys.score", "surveys.touchpoint")
def touchpoints(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Satisfaction and effort by touchpoint, answers of the current period, the least satisfied first.

    Returns:
        `touchpoint`, `answers`, `happy` (of 4 and 5), `csat` with `low`, `high`, `ces` with `ces_low`, `ces_high` and
        `ces_answers` (NaN without), and the difference of `csat` to all other touchpoints together with `gap_low`, `gap_high`
        (Newcombe). Touchpoints under FEWEST (or `k`) answers are left out.
    """
    if periods is None:
        return Unavailable("voices.touchpoints", reason="sales.too_short")
    found = tables.sql(
        """
        select touchpoint, measure, count(*) as answers,
               cast(sum(case when measure = 'csat' and score >= 4 then 1 else 0 end) as bigint) as happy,
               cast(sum(score) as bigint) as total, cast(sum(score * score) as bigint) as squares
        from surveys where measure in ('csat', 'ces') and score is not null and touchpoint is not null
          and answered_on between :start and :end group by touchpoint, measure
        """,
        start=periods.current.start,
        end=periods.current.end,
    )
    asked = {(str(row["touchpoint"]), str(row["measure"])): row for row in records(found)}
    rated = [row for (_, measure), row in asked.items() if measure == "csat" and row["answers"] >= max(k, FEWEST)]
    rated = sorted(rated, key=lambda row: (-row["answers"], row["touchpoint"]))[:SHOWN]
    if len(rated) < 2:
        return Unavailable("voices.touchpoints", reason="voices.few", facts={"n": max(k, FEWEST)})
    whole = [sum(int(row[name]) for row in rated) for name in ("happy", "answers")]
    rows = []
    for row in rated:
        n, happy = int(row["answers"]), int(row["happy"])
        low, high = wilson(happy, n)
        gap, gap_low, gap_high = newcombe(happy, n, whole[0] - happy, whole[1] - n)
        told = {"touchpoint": str(row["touchpoint"]), "answers": n, "happy": happy, "csat": happy / n, "low": low, "high": high}
        effort = _mean(asked.get((str(row["touchpoint"]), "ces")), max(k, FEWEST))
        rows.append(told | effort | {"gap": gap, "gap_low": gap_low, "gap_high": gap_high})
    return pd.DataFrame(rows).sort_values(["csat", "touchpoint"]).reset_index(drop=True)


def _mean(row: dict[str, Any] | None, fewest: int) -> dict[str, float]:
    """The mean of an answer with its normal interval; NaN under `fewest` answers."""
    n = int(row["answers"]) if row else 0
    if row is None or n < fewest:
        return {"ces": math.nan, "ces_low": math.nan, "ces_high": math.nan, "ces_answers": n}
    mean = float(row["total"]) / n
    half = Z * math.sqrt((float(row["squares"]) / n - mean * mean) / (n - 1))
    return {"ces": mean, "ces_low": mean - half, "ces_high": mean + half, "ces_answers": n}


def nps(tables: Tables, *, k: int) -> pd.DataFrame:
    """The net promoter score of each wave, oldest first.

    Returns:
        `wave`, `last` (ISO day of its last answer), `answers`, `nps` with `low`, `high` (points), and the change since the wave
        before with `change_low`, `change_high` (both variances; NaN for the first). Empty without such answers; waves under
        FEWEST (or `k`) answers are left out.
    """
    columns = ["wave", "last", "answers", "nps", "low", "high", "change", "change_low", "change_high"]
    if not tables.has("surveys.score"):
        return pd.DataFrame(columns=columns)
    found = tables.sql(
        """
        select coalesce(wave, '') as wave, max(answered_on) as last, count(*) as answers,
               cast(sum(case when score >= 9 then 1 else 0 end) as bigint) as promoters,
               cast(sum(case when score <= 6 then 1 else 0 end) as bigint) as detractors
        from surveys where measure = 'nps' and score is not null group by coalesce(wave, '') order by last, wave
        """
    )
    rows: list[tuple[Any, ...]] = []
    before: tuple[float, float] | None = None
    for row in records(found[found["answers"] >= max(k, FEWEST)]):
        score, variance = net(int(row["promoters"]), int(row["detractors"]), int(row["answers"]))
        half = Z * math.sqrt(variance)
        change = score - before[0] if before else math.nan
        spread = Z * math.sqrt(variance + before[1]) if before else math.nan
        rows.append(
            (
                *(row["wave"], str(row["last"])[:10], int(row["answers"]), score, score - half, score + half),
                *(change, change - spread, change + spread),
            )
        )
        before = score, variance
    return pd.DataFrame(rows, columns=columns)


def net(promoters: int, detractors: int, n: int) -> tuple[float, float]:
    """The net promoter score in points and its variance."""
    p, d = promoters / n, detractors / n
    return 100 * (p - d), 1e4 * (p + d - (p - d) ** 2) / n
