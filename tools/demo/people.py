"""The members: who they are, how they came, where they buy, what they agreed to."""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo.chance import Chance
from tools.demo.days import APP_LAUNCH, FIRST, LAST, SNS_START, day

CONSUMERS = 9000
BASE = 2600  # members of before the first day
SNS, SEARCH, NATURAL, FRIEND, STORE, CLASS = "SNS広告", "検索広告", "自然検索", "紹介", "店頭", "教室"
PREFECTURES = (
    *(("東京都", 22), ("神奈川県", 18), ("兵庫県", 16), ("大阪府", 10), ("埼玉県", 8)),
    *(("千葉県", 7), ("愛知県", 6), ("福岡県", 5), ("京都府", 4), ("北海道", 4)),
)
POSTAL = {
    **{"東京都": "180", "神奈川県": "231", "兵庫県": "650", "大阪府": "530", "埼玉県": "330"},
    **{"千葉県": "260", "愛知県": "460", "福岡県": "810", "京都府": "600", "北海道": "060"},
}
AROUND = {
    "001": (("神奈川県", 85), ("東京都", 15)),
    "002": (("東京都", 88), ("埼玉県", 12)),
    "003": (("埼玉県", 92), ("東京都", 8)),
}
PACE = ((21, 12), (30, 22), (45, 26), (60, 20), (90, 14), (120, 6))  # days between orders
BASE_PACE = ((30, 14), (45, 24), (60, 28), (90, 22), (120, 12))


@dataclass(slots=True)
class Member:
    """One member."""

    id: str
    kind: str
    joined: int
    route: str
    buys: str  # ec, store or both
    home: str  # the store of a store customer
    prefecture: str
    gender: str
    birth_year: int
    birth_month: int
    pace: int
    mail: bool
    line: bool
    post: bool
    app: int | None  # day of registering the app
    card: str
    account: str = ""
    left: int | None = None
    friend: str = ""

    @property
    def base(self) -> bool:
        """Member before the first day of the data."""
        return self.joined < FIRST


def consumers() -> list[Member]:
    """All consumers in the order of joining, with numbers that rise with it."""
    drawn = sorted((_joined(i), i) for i in range(CONSUMERS))
    found: list[Member] = []
    for rank, (joined, _) in enumerate(drawn):
        found.append(_member(f"{10_001 + rank:08d}", joined, found))
    return found


def others() -> list[Member]:
    """Accounts of the staff and of tests."""
    kinds = ["staff"] * 12 + ["test"] * 3
    return [
        Member(
            f"{80_001 + i:08d}", kind, day(2022, 4, 1), "", "ec", "", "神奈川県", "", 1985, 4, 60, False, False, False, None, "A"
        )
        for i, kind in enumerate(kinds)
    ]


def _joined(number: int) -> int:
    chance = Chance("joined", number)
    if number < BASE:
        return FIRST - 1 - chance.below(1080)
    year = FIRST if number < BASE + 1950 else day(2024, 4, 1) if number < BASE + 3800 else day(2025, 4, 1)
    return year + chance.below(365)


def _member(number: str, joined: int, before: list[Member]) -> Member:
    chance = Chance("member", number)
    buys = chance.pick((("ec", 60), ("store", 30), ("both", 10)))
    route = _route(chance, buys, joined)
    buys = "ec" if route == SNS else buys
    home = "" if buys == "ec" else chance.pick((("001", 45), ("002", 30), ("003", 25)))
    if home == "003" and joined > day(2025, 8, 20):
        home = "002"
    prefecture = chance.pick(AROUND[home]) if home else chance.pick(PREFECTURES)
    app = _app(chance, joined, home)
    member = Member(
        id=number,
        kind="consumer",
        joined=joined,
        route=route,
        buys=buys,
        home=home,
        prefecture=prefecture,
        gender=chance.pick((("女性", 54), ("男性", 38), ("回答しない", 5), ("", 3))),
        birth_year=chance.between(1948, 2004),
        birth_month=chance.between(1, 12),
        pace=chance.pick(BASE_PACE if joined < FIRST else PACE),
        mail=chance.happens(8200 if buys != "store" else 3500),
        line=chance.happens(4200),
        post=chance.happens(5500),
        app=app,
        card=chance.pick((("A", 1), ("B", 1), ("C", 1))),
    )
    if route == FRIEND and len(before) > 100:
        member.friend = before[chance.below(len(before))].id
    if joined < LAST - 200 and chance.happens(180):
        member.left = max(FIRST, joined) + 60 + chance.below(LAST - 60 - max(FIRST, joined))
    return member


def _route(chance: Chance, buys: str, joined: int) -> str:
    if buys == "store":
        return chance.pick(((STORE, 88), (FRIEND, 6), (CLASS, 6)))
    sns = 0 if joined < SNS_START else 24 if joined < day(2025, 4, 1) else 60
    return chance.pick(((SNS, sns), (SEARCH, 30), (NATURAL, 28), (FRIEND, 9), (CLASS, 3)))


def _app(chance: Chance, joined: int, home: str) -> int | None:
    start = max(joined, APP_LAUNCH)
    if start > LAST or not chance.happens(5500 if home else 3400):
        return None
    registered = start + (chance.below(60) if joined < APP_LAUNCH else 0)
    return registered if registered <= LAST else None
