"""What people did on the web and in the app, and the classes they booked."""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo.chance import Chance, happens
from tools.demo.days import LAST, day
from tools.demo.orders import EC, Order
from tools.demo.people import Member

EVENTS_FROM = day(2025, 10, 1)
VIEW, CART, PAYMENT, DONE = "商品閲覧", "カート投入", "支払い方法の選択", "注文完了"
PAYS_APP, PAYS_WEB = 5200, 8100
"""Of the visits that reach the payment, of 10,000: how many finish the order in the app and on the web."""
MEDIA = (("自然検索", 34), ("検索広告", 20), ("SNS広告", 18), ("メール", 14), ("直接", 14))
MENUS = (("はじめてのハンドドリップ", 3300, 50), ("焙煎見学", 2200, 25), ("ラテアート入門", 4400, 25))


@dataclass
class Event:
    """One event."""

    visitor: str
    session: str
    customer: str
    when: int
    minute: int
    event: str
    channel: str
    medium: str
    product: str = ""


@dataclass
class Booking:
    """One booking of a class."""

    customer: str
    store: str
    booked: int
    minute: int
    visit: int
    hour: int
    status: str
    cancelled: int | None
    staff: str
    menu: str
    channel: str
    people: int
    amount: int


def events(members: list[Member], orders: list[Order]) -> list[Event]:
    """Visits of the last six months: each order of the shop as a visit, and the visits that ended before."""
    app = {m.id for m in members if m.app is not None}
    found: list[Event] = []
    for order in orders:
        if order.channel != EC or order.returned or not order.customer or order.day < EVENTS_FROM:
            continue
        in_app = order.customer in app and happens(8500, "in-app", order.customer)
        pays = PAYS_APP if in_app else PAYS_WEB
        found += _visit(order, 0, 4, in_app)
        chance = Chance("left", order.number)
        lost = (10_000 - pays) * 10_000 // pays
        for again in range(1, 1 + lost // 10_000 + chance.happens(lost % 10_000)):
            found += _visit(order, again, 3, in_app)
        for again in range(10, 10 + chance.pick(((0, 55), (1, 45)))):
            found += _visit(order, again, 2, in_app)
        for again in range(20, 20 + chance.pick(((0, 30), (1, 45), (2, 25)))):
            found += _visit(order, again, 1, in_app)
    return sorted(found, key=lambda e: (e.when, e.minute, e.session, (VIEW, CART, PAYMENT, DONE).index(e.event)))


def _visit(order: Order, again: int, steps: int, in_app: bool) -> list[Event]:
    """A visit of so many steps; one that did not end in the order is another person's, or the same a day before."""
    chance = Chance("visit", order.number, again)
    when = order.day if not again else max(EVENTS_FROM, order.day - chance.between(1, 9))
    minute = order.minute if not again else chance.between(420, 1380)
    known = not again or chance.happens(3500)
    visitor = f"V{Chance('visitor', order.customer if known else (order.number, again)).below(10**8):08d}"
    session = f"{visitor}-{when % 10000}{again:02d}"
    medium = "アプリ通知" if in_app and chance.happens(4000) else chance.pick(MEDIA)
    product = order.lines[0].product.id
    return [
        Event(visitor, session, order.customer if known else "", when, max(0, minute - 3 * (steps - 1 - step)), name,
              "アプリ" if in_app else "Web", medium, product)
        for step, name in enumerate((VIEW, CART, PAYMENT, DONE)[:steps])
    ]  # fmt: skip


def bookings(members: list[Member]) -> list[Booking]:
    """Bookings of classes in the three stores since October 2023; those of the coming weeks are still open."""
    found = []
    near = [m for m in members if m.home or m.route == "教室"]
    for week in range(130):
        for store in ("001", "002", "003"):
            chance = Chance("class", store, week)
            visit = day(2023, 10, 7) + week * 7 + chance.below(2)
            if store == "003" and visit > day(2025, 8, 24):
                continue
            menu, price, _ = chance.pick([(m, m[2]) for m in MENUS])
            for seat in range(chance.between(2, 5)):
                member = near[chance.below(len(near))]
                booked = visit - chance.between(3, 30)
                if member.joined > booked or booked > LAST or (member.left and member.left < visit):
                    continue
                people = chance.pick(((1, 70), (2, 30)))
                status = chance.pick((("来店", 82), ("キャンセル", 12), ("無断キャンセル", 6))) if visit <= LAST else "予約"
                gone = visit - chance.between(1, 3) if status == "キャンセル" else None
                found.append(
                    Booking(member.id, store, booked, chance.between(600, 1300), visit, 14 * 60 + seat % 2 * 120, status,
                            gone if gone is None or gone >= booked else booked, f"S{store}01", menu, chance.one(("Web", "LINE", "電話")),
                            people, price * people if status in ("来店", "予約") else 0)
                )  # fmt: skip
    return sorted(found, key=lambda b: (b.booked, b.minute, b.customer, b.visit))
