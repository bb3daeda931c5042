"""Sales at the tills that no card was shown for: totals of a day, store and category."""

from __future__ import annotations

from tools.demo.catalogue import GIFTS, PRODUCTS, STORES, TILL_SHELF
from tools.demo.chance import Chance
from tools.demo.days import APP_LAUNCH, FIRST, LAST, day, fiscal, of

ITEMS = {"001": 48, "002": 35, "003": 24}
"""Items a day that go without a card, before the app."""
AFTER = 81  # percent of it since the app
SHARES = (("コーヒー豆", 34), ("ドリップバッグ", 24), ("菓子", 30), ("リキッド", 8), ("器具", 4))
WEEKDAY = (88, 86, 90, 92, 104, 124, 116)
MONTH = {1: 94, 2: 95, 3: 101, 4: 100, 5: 103, 6: 96, 7: 101, 8: 92, 9: 97, 10: 104, 11: 104, 12: 112}
YEAR = {2023: 93, 2024: 100, 2025: 99}
GIFTS_A_DAY = {7: 7, 12: 9}


def _unit(category: str, when: int) -> int:
    """Mean price of an item of a category at the till."""
    sold = [(p, w) for p, w in TILL_SHELF if p.category == category] or [
        (p, 1) for p in (*PRODUCTS, *GIFTS) if p.category == category
    ]
    return sum(p.at(when) * w for p, w in sold) // sum(w for _, w in sold)


def day_totals() -> list[tuple[int, str, str, int, int, int]]:
    """Day, store, category, receipts, items, yen."""
    found = []
    for when in range(FIRST, LAST + 1):
        date = of(when)
        if (date.month, date.day) in ((1, 1), (1, 2), (1, 3)):
            continue
        for store in STORES:
            if store.closed and when > store.closed:
                continue
            chance = Chance("till-day", store.id, when)
            level = ITEMS[store.id] * WEEKDAY[date.weekday()] * MONTH[date.month] * YEAR[fiscal(when)] * chance.between(88, 112)
            level = level * (AFTER if when >= APP_LAUNCH else 100) // 100
            if store.id == "002" and when > day(2025, 9, 1):
                level = level * 106 // 100
            for category, share in SHARES:
                quantity = level * share // 10**10 + chance.below(2)
                found += _row(when, store.id, category, quantity)
            if date.month in GIFTS_A_DAY and date.day <= 20:
                found += _row(when, store.id, "ギフト", chance.below(GIFTS_A_DAY[date.month]))
    return found


def _row(when: int, store: str, category: str, quantity: int) -> list[tuple[int, str, str, int, int, int]]:
    if not quantity:
        return []
    return [(when, store, category, max(1, quantity * 2 // 3), quantity, quantity * _unit(category, when))]
