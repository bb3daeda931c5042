"""Points since the app, consents by channel, and members who must not be contacted."""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo.chance import Chance
from tools.demo.days import APP_LAUNCH, FIRST, LAST, day
from tools.demo.orders import EC, TILL, Order
from tools.demo.people import Member

WELCOME, WELCOME_DAYS = 100, 90


@dataclass
class Movement:
    """One movement of points."""

    customer: str
    when: int
    kind: str
    points: int
    reason: str
    order: str = ""
    expires: int | None = None


def pay_with_points(members: list[Member], orders: list[Order]) -> list[Movement]:
    """One point a hundred yen since the app; the payments are noted on the orders' first lines."""
    app = {member.id: member.app for member in members if member.app is not None}
    held: dict[str, int] = {}
    found: list[Movement] = []
    for member in members:
        if member.app is not None:
            found += _welcome(member)
    for order in orders:
        registered = app.get(order.customer)
        if registered is None or order.day < max(APP_LAUNCH, registered) or order.channel not in (EC, TILL):
            continue
        balance = held.get(order.customer, 0)
        if order.returned:
            earned = -order.amount // 100
            taken = min(balance, earned)
            if taken:
                found.append(Movement(order.customer, order.day, "returned", taken, "返品", order.number))
                held[order.customer] = balance - taken
            continue
        paid = min(balance // 100 * 100, order.lines[0].amount)
        if paid >= 100 and Chance("pays", order.number).happens(4500):
            order.lines[0].points = paid
            found.append(Movement(order.customer, order.day, "used", paid, "お買い物", order.number))
            balance -= paid
        earned = (order.amount - order.lines[0].points) // 100
        if earned:
            found.append(Movement(order.customer, order.day, "granted", earned, "お買い物", order.number, order.day + 365))
            balance += earned
        held[order.customer] = balance
    return sorted(found, key=lambda m: (m.when, m.customer, m.kind, m.order))


def _welcome(member: Member) -> list[Movement]:
    """The points for registering the app, which most members never use."""
    when = member.app or LAST
    ends = when + WELCOME_DAYS
    found = [Movement(member.id, when, "granted", WELCOME, "アプリ登録", expires=ends)]
    chance = Chance("welcome", member.id)
    if chance.happens(3500):
        used = when + chance.below(WELCOME_DAYS)
        return [*found, Movement(member.id, used, "used", WELCOME, "アプリ登録")] if used <= LAST else found
    return [*found, Movement(member.id, ends + 1, "expired", WELCOME, "有効期限")] if ends < LAST else found


def consents(members: list[Member]) -> list[tuple[str, str, bool, int, int, str, str]]:
    """Customer, channel, agreed, day, minute, source, wording: what each said at joining, and opting out later."""
    found = []
    for member in members:
        if member.kind != "consumer":
            continue
        chance = Chance("consent", member.id)
        source = "店頭の申込書" if member.buys == "store" else "会員登録画面"
        wording = "2023-04" if member.joined < day(2025, 4, 1) else "2025-04"
        minute = chance.between(600, 1200)
        for channel, agreed in (("メール", member.mail), ("LINE", member.line), ("DM", member.post)):
            if channel == "LINE" and not agreed:
                continue
            found.append((member.id, channel, agreed, member.joined, minute, source, wording))
        if member.line and chance.happens(900):
            blocked = max(FIRST, member.joined) + chance.below(LAST - max(FIRST, member.joined) + 1)
            found.append((member.id, "LINE", False, blocked, 1290, "LINEのブロック", ""))
    return sorted(found, key=lambda c: (c[3], c[4], c[0], c[1]))


def opted_out(contacts: list[tuple[str, int, int]]) -> list[tuple[str, str, bool, int, int, str, str]]:
    """Refusals that came through a mail: customer, day, minute."""
    return [(who, "メール", False, when, minute, "配信停止の手続き", "") for who, when, minute in contacts]


def stops(members: list[Member]) -> list[tuple[str, str, int]]:
    """Customer, reason, day. Who asked to be erased has bought nothing, so that the totals stay as they were reported."""
    found: list[tuple[str, str, int]] = []
    erased = [m for m in members if m.kind == "consumer" and not m.base and Chance("never", m.id).happens(500)][:4]
    for member in erased:
        found.append((member.id, "消去請求", max(member.joined + 30, day(2025, 1, 15))))
    for member in members:
        chance = Chance("stop", member.id)
        if member.kind in ("staff", "test"):
            found.append((member.id, "社員" if member.kind == "staff" else "テスト", day(2023, 4, 1)))
        elif member.kind == "consumer" and member not in erased and chance.happens(110):
            when = max(FIRST, member.joined) + chance.below(LAST - max(FIRST, member.joined) + 1)
            found.append((member.id, chance.pick((("苦情", 15), ("不達", 70), ("逝去", 5), ("配信停止", 10))), when))
    return sorted(found, key=lambda s: (s[2], s[0]))
