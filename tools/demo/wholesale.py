"""The wholesale side: accounts and what stands above them, their orders, services and the ordering portal, leads and deals."""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo.catalogue import BY_ID, WHOLESALE
from tools.demo.chance import Chance
from tools.demo.days import FIRST, LAST, PRICE_RISE, day
from tools.demo.orders import TRADE, Order, line_of
from tools.demo.people import Member
from tools.demo.subscriptions import Change, Contract

ACCOUNTS = 120
GROUPS = 22  # accounts at the top that hold others
INDUSTRIES = (("喫茶店", 34), ("レストラン", 24), ("ホテル", 12), ("オフィス", 18), ("小売", 12))
PREFECTURES = (("神奈川県", 40), ("東京都", 38), ("埼玉県", 12), ("千葉県", 10))
SIZES = (("10人未満", 50), ("10〜49人", 32), ("50〜299人", 13), ("300人以上", 5))
SHELF = tuple((product, weight) for product, weight in zip(WHOLESALE[:4], (40, 30, 14, 16), strict=True))
FEATURES = (("発注", 60), ("在庫照会", 22), ("請求書", 12), ("レポート", 6))
STAGES = ("初回訪問", "試飲", "見積", "契約交渉", "受注")


@dataclass
class Account:
    """One corporate account."""

    id: str
    parent: str
    name: str
    industry: str
    size: str
    prefecture: str
    since: int
    pace: int
    ends: int | None


@dataclass
class Lead:
    """One prospective account."""

    id: str
    account: str
    created: int
    source: str
    status: str
    qualified: int | None
    converted: int | None
    reason: str


@dataclass
class Deal:
    """One deal with the stages it went through."""

    id: str
    lead: str
    account: str
    opened: int
    amount: int
    expected: int
    stages: list[tuple[str, int, int]]
    won: int | None
    lost: int | None
    reason: str


def accounts() -> list[Account]:
    """120 accounts; 22 hold others, five of those stand under another themselves."""
    found: list[Account] = []
    for number in range(ACCOUNTS):
        chance = Chance("account", number)
        top = number < GROUPS
        parent = "" if top and number >= 5 else f"A{chance.between(6, GROUPS):04d}"
        if not top and not chance.happens(5200):
            parent = ""
        since = day(2019, 4, 1) + chance.below(FIRST - day(2019, 4, 1)) if number < 104 else FIRST + chance.below(900)
        ends = FIRST + 200 + chance.below(850) if chance.happens(1100) else None
        industry = chance.pick(INDUSTRIES)
        name = f"架空{industry}{'グループ' if top else ''}{number + 1:03d}"
        size, prefecture = chance.pick(SIZES), chance.pick(PREFECTURES)
        pace = chance.pick(((14, 30), (21, 30), (30, 40)))
        found.append(Account(f"A{number + 1:04d}", parent, name, industry, size, prefecture, since, pace, ends))
    return found


def buyers(held: list[Account]) -> list[Member]:
    """The member account with which each company buys."""
    return [
        Member(
            f"{90_000 + i:08d}", "corporate", account.since, "営業", "ec", "", account.prefecture, "", 0, 0, account.pace,
            mail=False, line=False, post=True, app=None, card="", account=account.id,
        )
        for i, account in enumerate(held, start=1)
    ]  # fmt: skip


def orders(account: Account, buyer: Member) -> list[Order]:
    """All orders of an account."""
    chance = Chance("trade", account.id)
    when = max(FIRST, account.since) + chance.below(account.pace)
    found = []
    while when <= min(LAST, account.ends or LAST):
        chosen = {
            chance.pick(SHELF): chance.pick(((1, 25), (2, 30), (3, 25), (4, 12), (6, 8))) for _ in range(chance.between(1, 3))
        }
        if when >= PRICE_RISE:
            chosen = {p: q - (q > 1 and chance.happens(1600)) for p, q in chosen.items()}
        lines = [line_of(product, when, quantity) for product, quantity in chosen.items()]
        found.append(Order(when, chance.between(540, 1020), TRADE, buyer.id, lines, account=account.id))
        when += max(3, account.pace * chance.between(70, 130) // 100)
    return found


def services(held: list[Account], bought: list[Member]) -> list[Contract]:
    """Yearly maintenance of machines for some accounts, and the ordering portal for forty."""
    found: list[Contract] = []
    for account, buyer in zip(held, bought, strict=True):
        chance = Chance("service", account.id)
        for product, cycle, share in ((BY_ID["W021"], 365, 1800), (BY_ID["W022"], 30, 3400)):
            if chance.happens(share):
                start = max(FIRST, account.since) + chance.between(20, 400)
                if start <= min(LAST, account.ends or LAST):
                    found.append(_service(account, buyer, product.id, cycle, start, chance))
    for number, contract in enumerate(found, start=1):
        contract.number = f"W{number:05d}"
        for order in contract.orders:
            order.contract = contract.number
    return found


def _service(account: Account, buyer: Member, product: str, cycle: int, start: int, chance: Chance) -> Contract:
    sold = BY_ID[product]
    seats = chance.between(1, 4) if cycle == 30 else None
    made = Contract(buyer.id, start, sold.name, sold, "", cycle, account=account.id, seats=seats)
    made.changes.append(Change(start, "start", new=sold.name))
    due, number = start, 1
    while due <= min(LAST, account.ends or LAST):
        made.changes.append(Change(due, "ship", shipment=number))
        made.orders.append(Order(due, 545, TRADE, buyer.id, [line_of(sold, due, 1)], account=account.id, shipment=number))
        made.shipments, number, due = number, number + 1, due + cycle
    made.due = due
    if account.ends:
        made.cancelled, made.due, made.reason = account.ends, None, "取引終了"
        made.changes.append(Change(account.ends, "cancel", reason=made.reason))
    elif seats and chance.happens(3000) and start + 200 <= LAST:
        made.seats = seats + 1
        made.changes.append(Change(start + 200, "seats", old=str(seats), new=str(seats + 1)))
    return made


def usage(made: list[Contract]) -> list[tuple[str, str, int, str, int]]:
    """Contract, user, day, feature and count of uses of the portal in fiscal 2025."""
    found = []
    for contract in made:
        if contract.cycle != 30:
            continue
        for user in range(1, (contract.seats or 1) + 1):
            chance = Chance("portal", contract.number, user)
            share = chance.between(600, 3200)
            for when in range(max(contract.started, day(2025, 4, 1)), min(LAST, contract.cancelled or LAST) + 1):
                if chance.happens(share):
                    feature = chance.pick(FEATURES)
                    found.append((contract.number, f"{contract.number}-{user}", when, feature, chance.between(1, 4)))
    return found


def leads() -> list[Lead]:
    """150 leads of fiscal 2024 and 2025; sixty become deals."""
    found = []
    for number in range(150):
        chance = Chance("lead", number)
        created = day(2024, 4, 1) + number * 700 // 150 + chance.below(5)
        source = chance.pick((("展示会", 30), ("問い合わせ", 34), ("紹介", 20), ("飛び込み", 16)))
        becomes = number % 5 in (1, 3)
        qualified: int | None = created + chance.between(5, 30)
        if created > LAST - 50:
            becomes, qualified = False, None
        status = "商談化" if becomes else "対応中" if created > LAST - 60 else chance.pick((("有望", 30), ("失注", 70)))
        lost = chance.pick((("価格", 40), ("時期尚早", 35), ("他社に決定", 25))) if status == "失注" else ""
        kept = qualified if becomes or status == "有望" else None
        account = f"A{105 + number % 16:04d}" if becomes and number % 2 else ""
        converted = qualified + 7 if becomes and qualified else None
        found.append(Lead(f"L{number + 1:04d}", account, created, source, status, kept, converted, lost))
    return found


def deals(found: list[Lead]) -> list[Deal]:
    """A deal for each converted lead."""
    made: list[Deal] = []
    for lead in found:
        if lead.converted is None:
            continue
        chance = Chance("deal", lead.id)
        amount = chance.between(20, 180) * 10_000
        reached = chance.pick(((2, 16), (3, 20), (4, 24), (5, 40)))
        stages: list[tuple[str, int, int]] = []
        when = lead.converted
        for stage in STAGES[:reached]:
            if when > LAST:
                break
            stages.append((stage, when, amount))
            when += chance.between(10, 35)
        done = len(stages) == len(STAGES)
        lost = None if done or when > LAST else when
        reason = chance.pick((("価格", 45), ("他社に決定", 35), ("計画中止", 20))) if lost else ""
        won = stages[-1][1] if done else None
        made.append(
            Deal(
                f"D{len(made) + 1:04d}",
                lead.id,
                lead.account,
                lead.converted,
                amount,
                lead.converted + 90,
                stages,
                won,
                lost,
                reason,
            )
        )
    return made
