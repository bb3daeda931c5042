"""Age and gender of those who bought: how much each group carries, and what one of them spends, against all others.

A birth date that nobody has (a default of the form) is not believed: ages below 0 or over 100, and a January of one year that
holds many times the people of the Januaries around it (1 January is what systems write when the day is not known). They
stand with those whose date is not there, and are counted.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.metrics.estimates import ENOUGH, Estimate, benjamini_hochberg, chance, mean, quotient
from crm_helpers.metrics.suppression import hidden_cells
from crm_helpers.params.periods import Periods, period_days

EDGES = (0, 20, 30, 40, 50, 60, 70, 80, 101)  # years of age at which bands begin; the last is the first not believed
OLDEST = 100
HEAP, HEAP_LEAST = 5, 20  # a heap: so many times the Januaries of the years around, and at least so many people
AROUND, FEWEST_AROUND = 5, 3  # years before and after that are around; so many must have a January to compare with
UNKNOWN, OTHERS, ALL = "profile.unknown", "profile.others", "profile.all"
WOMEN, MEN = "profile.women", "profile.men"
GENDERS = {
    **dict.fromkeys(("女性", "女", "おんな", "f", "female", "woman", "2"), WOMEN),  # 1, 2, 0, 9 as in ISO 5218
    **dict.fromkeys(("男性", "男", "おとこ", "m", "male", "man", "1"), MEN),
    **dict.fromkeys(("", "不明", "未設定", "未入力", "未登録", "unknown", "0", "9"), UNKNOWN),
}
SUMS = ("customers", "sales", "squares", "before", "sales_before")


@needs("order_lines.customer_id")
def ages(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Buyers of the current period by age at its end, against those of the compared period by age at its end.

    Bands of ten years, merged with the next until each has ENOUGH (and `k`) people, so that a small client has few bands
    rather than hidden ones.

    Returns:
        One row a `band` ("30–39", "–19", "80–"; then UNKNOWN when there are any, and ALL): `customers`, `share` (of sales),
        `share_before`, `per_head` (sales a buyer, minor units) with `low`, `high` (95 %), `index` (per head over all others'),
        `told` (different from all others, BH at 5 % over the bands), `before` (buyers of the compared period), `sales`; on
        every row `impossible` and `heaped` (members whose birth date is not believed). Numbers of a row with under `k`
        people, and of one that would give it away, are NaN.
    """
    if periods is None:
        return Unavailable("profile.ages", reason="sales.too_short")
    if not tables.has("customers.birth_year"):
        return Unavailable("profile.ages", ("customers.birth_year",))
    born = _births(tables)
    heaps = _heaps(born)
    found = _spend(tables, periods)
    ends = {True: periods.current.end, False: periods.compare.end}
    found["age"] = [
        _age(row["birth_year"], row["birth_month"], ends[bool(row["now"])].year, ends[bool(row["now"])].month, heaps)
        for row in records(found)
    ]
    known = found[found["age"].notna()]
    floor = max(ENOUGH, k)
    if int(known.loc[known["now"], "n"].sum()) < 2 * floor:
        return Unavailable("profile.ages", reason="profile.few", facts={"n": 2 * floor})
    bands = _bands(known, floor)
    parts = [_sums(known[known["age"].between(low, high - 1)]) | {"band": _written(low, high)} for low, high in bands]
    table = _table(parts, _sums(found[found["age"].isna()]), "band", k)
    last = periods.current.end
    impossible = born["birth_year"].notna() & ~(last.year - born["birth_year"]).between(0, OLDEST)
    in_heap = np.array([(row["birth_year"], row["birth_month"]) in heaps for row in records(born)], dtype=bool)
    return table.assign(impossible=int(born.loc[impossible, "n"].sum()), heaped=int(born.loc[in_heap & ~impossible, "n"].sum()))


@needs("order_lines.customer_id", "customers.gender")
def genders(tables: Tables, *, periods: Periods | None, k: int) -> pd.DataFrame | Unavailable:
    """Buyers of the current period by gender, as in `ages` with the column `gender`: WOMEN, MEN, OTHERS (any other answer,
    among them not to tell), UNKNOWN (no answer), ALL. A gender of under ENOUGH (or `k`) people is among OTHERS.
    """
    if periods is None:
        return Unavailable("profile.genders", reason="sales.too_short")
    found = _spend(tables, periods)
    found["gender"] = [gender_of(word) for word in found["gender"]]
    floor = max(ENOUGH, k)
    sizes = found[found["now"] & found["gender"].isin([WOMEN, MEN])].groupby("gender")["n"].sum()
    own = [name for name in (WOMEN, MEN) if sizes.get(name, 0) >= floor]
    if not own:
        return Unavailable("profile.genders", reason="profile.few", facts={"n": floor})
    parts = [_sums(found[found["gender"] == name]) | {"gender": name} for name in own]
    rest = found[~found["gender"].isin([*own, UNKNOWN])]
    parts += [_sums(rest) | {"gender": OTHERS}] if len(rest) else []
    return _table(parts, _sums(found[found["gender"] == UNKNOWN]), "gender", k)


def gender_of(word: str) -> str:
    """WOMEN, MEN, UNKNOWN or OTHERS for the client's word."""
    return GENDERS.get(unicodedata.normalize("NFKC", word).strip().lower(), OTHERS)


def _spend(tables: Tables, periods: Periods) -> pd.DataFrame:
    """Per gender, birth and period (`now`): buyers `n`, their sales `x`, Σx² `xx`."""
    return tables.sql(
        """
        with people as (
          select customer_id, min(nullif(trim(gender), '')) as gender,
                 min(birth_year) as birth_year, min(birth_month) as birth_month
          from customers group by customer_id),
        spend as (
          select customer_id, ordered_on between :start and :end as now, cast(sum(amount) as double) as x
          from customer_day
          where ordered_on between :start and :end or ordered_on between :before and :before_end
          group by customer_id, ordered_on between :start and :end having sum(orders) > 0),
        known as (
          select coalesce(people.gender, '') as gender, people.birth_year, coalesce(people.birth_month, 0) as birth_month,
                 spend.now, spend.x
          from spend left join people on people.customer_id = spend.customer_id)
        select gender, birth_year, birth_month, now, count(*) as n, sum(x) as x, sum(x * x) as xx from known
        group by gender, birth_year, birth_month, now order by gender, birth_year, birth_month, now
        """,
        **period_days(periods),
    )


def _births(tables: Tables) -> pd.DataFrame:
    """Members by year and month of birth."""
    return tables.sql(
        """
        select birth_year, coalesce(birth_month, 0) as birth_month, count(distinct customer_id) as n from customers
        where birth_year is not null group by birth_year, coalesce(birth_month, 0) order by birth_year, birth_month
        """
    )


def _heaps(born: pd.DataFrame) -> set[tuple[float, float]]:
    """(year, 1) of Januaries that hold many times the people of the Januaries around them."""
    januaries = born[born["birth_month"] == 1].set_index("birth_year")["n"]
    heaps = set()
    years = januaries.index.to_numpy(dtype=float)
    for year, n in zip(years, januaries, strict=True):
        near = januaries[(np.abs(years - year) <= AROUND) & (years != year)]
        if n >= HEAP_LEAST and len(near) >= FEWEST_AROUND and n > HEAP * max(float(np.median(near)), 1.0):
            heaps.add((float(year), 1.0))
    return heaps


def _age(year: float, month: float, last_year: int, last_month: int, heaps: set[tuple[float, float]]) -> float:
    """Age in full years at the end of a period; NaN when the birth date is not there or not believed."""
    if year is None or math.isnan(year) or (year, month) in heaps:
        return math.nan
    age = last_year - year - (month > last_month)
    return age if 0 <= age <= OLDEST else math.nan


def _bands(known: pd.DataFrame, floor: int) -> list[tuple[int, int]]:
    """Bands [low, high) of EDGES, each merged with the smaller of its neighbours until it has `floor` current buyers."""
    now = known[known["now"]]
    bands = list(pairwise(EDGES))

    def size(band: tuple[int, int]) -> int:
        return int(now.loc[now["age"].between(band[0], band[1] - 1), "n"].sum())

    while len(bands) > 1 and min(map(size, bands)) < floor:
        at = min(range(len(bands)), key=lambda i: size(bands[i]))
        beside = [i for i in (at - 1, at + 1) if 0 <= i < len(bands)]
        other = min(beside, key=lambda i: size(bands[i]))
        first, second = min(at, other), max(at, other)
        bands[first : second + 1] = [(bands[first][0], bands[second][1])]
    return bands


def _written(low: int, high: int) -> str:
    if low == EDGES[0]:
        return f"–{high - 1}"
    return f"{low}–" if high == EDGES[-1] else f"{low}–{high - 1}"


def _sums(part: pd.DataFrame) -> dict[str, Any]:
    now, was = part[part["now"]], part[~part["now"].astype(bool)]
    return {
        "customers": int(now["n"].sum()),
        "sales": float(now["x"].sum()),
        "squares": float(now["xx"].sum()),
        "before": int(was["n"].sum()),
        "sales_before": float(was["x"].sum()),
    }


def _table(parts: list[dict[str, Any]], unknown: dict[str, Any], name: str, k: int) -> pd.DataFrame:
    known = {column: sum(part[column] for part in parts) for column in SUMS}
    whole = {column: known[column] + unknown[column] for column in SUMS}
    rows, chances = [], []
    groups = [*parts, *([unknown | {name: UNKNOWN}] if unknown["customers"] or unknown["before"] else []), whole | {name: ALL}]
    for group in groups:
        each = _per_head(group)
        others = (
            quotient(each, _per_head({column: known[column] - group[column] for column in SUMS}))
            if group in parts and len(parts) > 1
            else None
        )
        chances += [chance(others)] if group in parts and others else []
        rows.append(
            {
                name: group[name],
                "customers": group["customers"],
                "before": group["before"],
                "sales": int(group["sales"]),
                "share": group["sales"] / whole["sales"] if whole["sales"] > 0 else math.nan,
                "share_before": group["sales_before"] / whole["sales_before"] if whole["sales_before"] > 0 else math.nan,
                "per_head": each.value,
                "low": each.low,
                "high": each.high,
                "index": others.value if others else math.nan,
            }
        )
    table = pd.DataFrame(rows)
    told = benjamini_hochberg(chances)
    table["told"] = [*told, *[False] * (len(table) - len(told))]
    return _withheld(table, k)


def _per_head(group: Mapping[str, float]) -> Estimate:
    return mean(group["customers"], group["sales"], group["squares"])


def _withheld(table: pd.DataFrame, k: int) -> pd.DataFrame:
    """Rows of too few people in either period lose their numbers, with those that would give them away."""
    counts = table.loc[table.index[:-1], ["customers", "before"]].to_numpy().T
    hidden = [*(bool(column.any()) for column in hidden_cells(counts, k).T), False] if len(table) > 1 else [False]
    numbers = ["customers", "before", "sales", "share", "share_before", "per_head", "low", "high", "index"]
    table[numbers] = table[numbers].astype(float).mask(pd.Series(hidden), axis=0)
    table["told"] &= ~pd.Series(hidden)
    return table
