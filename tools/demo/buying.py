"""What consumers buy in the shop and at the tills, without the boxes that are shipped by contract."""

from __future__ import annotations

from collections.abc import Sequence

from tools.demo import arms
from tools.demo.catalogue import EC_SHELF, GIFTS, SHIPPING, TILL_SHELF, TRIAL, Product
from tools.demo.chance import Chance, happens
from tools.demo.days import APP_LAUNCH, CLOSING, FIRST, LAST, PRICE_RISE, day, fiscal
from tools.demo.orders import EC, TILL, Line, Order, line_of
from tools.demo.people import CLASS, FRIEND, NATURAL, SEARCH, SNS, STORE, Member
from tools.demo.subscriptions import begins

SECOND = {SNS: 1200, SEARCH: 3900, NATURAL: 4300, FRIEND: 4700, CLASS: 4900, STORE: 4800}
"""Chance of a second order by route, of 10,000: the planted truth on F2."""
STAYS_SECOND, STAYS, STAYS_BASE = 8400, 9300, 9420
SHAPE = (35, 55, 70, 80, 90, 100, 110, 125, 145, 190)  # spread of the days between orders, percent; mean 100
FALLING, SLOWER = "兵庫県", 150  # percent of the pace in fiscal 2025
ELSEWHERE = 77
SHOWN_BEFORE, SHOWN_AFTER = 5600, 8800  # the card at the till, before and after the app
MOVES_AWAY = 2200  # of the closed store's customers
PULLED = 6000  # orders of the four weeks after the bulk offer that come forward into it
FREE_FROM = 2980  # yen from which shipping is free
BOXES = (("茶", 1), ("白", 1), ("紺", 1), ("緑", 1))
GIFT_SEASONS = ((7, 1, 15, 1500), (12, 1, 18, 1900))


def shopping(member: Member) -> list[Order]:
    """All orders of a consumer outside the boxes."""
    if not member.base and happens(500, "never", member.id):
        return []
    found: list[Order] = []
    boxed = begins(member)
    if member.buys != "store" and (not boxed or happens(4000, "also", member.id)):
        found += _shop(member)
    if member.home:
        found += _till(member)
    return found + _gifts(member, found)


def staff_and_tests(member: Member) -> list[Order]:
    """Orders of staff with 30 % off, and of test accounts."""
    chance = Chance("inside", member.id)
    days = sorted(FIRST + chance.below(LAST - FIRST) for _ in range(24 if member.kind == "staff" else 2))
    if member.kind == "test":
        return [Order(when, 660, EC, member.id, [line_of(TRIAL, when, 1)]) for when in days]
    return [_order(member, when, chance, EC, off=30) for when in days]


def guests() -> list[Order]:
    """Orders in the shop without membership."""
    chance = Chance("guests")
    found = []
    for when in range(FIRST, LAST + 1):
        if chance.happens(7000):
            order = Order(when, _hour(chance, EC), EC, "", _lines(chance, when, EC, 0), box=chance.pick(BOXES))
            _ship(order)
            found.append(order)
    return found


def returned(orders: Sequence[Order]) -> list[Order]:
    """Returns: one line of some orders of the shop comes back within two weeks."""
    found = []
    for order in orders:
        chance = Chance("return", order.customer, order.day, order.minute)
        if order.channel != EC or not order.customer or not chance.happens(110):
            continue
        line, when = order.lines[0], order.day + chance.between(5, 14)
        if when <= LAST and line.amount > 0:
            back = Line(line.product, -line.quantity, -line.amount, -line.discount)
            found.append(Order(when, 600, EC, order.customer, [back], returned=order))
    return found


def _shop(member: Member) -> list[Order]:
    chance = Chance("shop", member.id)
    days = _days(member, chance, 100 if member.buys == "ec" else 150, first=member.buys == "ec" or not member.home)
    found = []
    for when in days:
        moved = _moved(member, when)
        campaign = arms.reduced(member, moved)
        order = _order(member, moved, chance, EC, off=20 if campaign else 0)
        order.campaign, order.coupon = (campaign, "OFF20") if campaign else ("", "")
        if moved != when:
            order.campaign, order.coupon = arms.BULK, "BULK15"
        found.append(order)
    return found


def _till(member: Member) -> list[Order]:
    chance = Chance("till", member.id)
    found = []
    for number, when in enumerate(_days(member, chance, 100 if member.buys == "store" else 150, first=True)):
        store = member.home
        if store == "003" and when > CLOSING:
            if not happens(MOVES_AWAY, "moves", member.id):
                break
            store = "002"
        shown = chance.happens(SHOWN_BEFORE if when < APP_LAUNCH else SHOWN_AFTER)
        order = _order(member, when, chance, TILL)
        order.store, order.staff = store, f"S{store}{chance.between(1, 5):02d}"
        if shown or number == 0:
            found.append(order)
    return found


def _days(member: Member, chance: Chance, slower: int, *, first: bool) -> list[int]:
    """The days of ordering, from the first one to the day the member stops."""
    when = FIRST + chance.below(member.pace * 3 // 2) if member.base else member.joined + (0 if first else chance.below(40))
    found: list[int] = []
    end = min(LAST, member.left - 1 if member.left else LAST)
    while when <= end:
        found.append(when)
        count = len(found)
        stays = STAYS_BASE if member.base else SECOND[member.route] if count == 1 else STAYS_SECOND if count == 2 else STAYS
        if not chance.happens(stays):
            break
        gap = member.pace * slower * chance.one(SHAPE) // 10_000
        if fiscal(when) == 2025:
            gap = gap * (SLOWER if member.prefecture == FALLING and not member.home else ELSEWHERE) // 100
        when += max(2, gap)
    return found


def _moved(member: Member, when: int) -> int:
    """The day of an order, brought forward when the bulk offer reached the member."""
    if not arms.BULK_LAST < when <= arms.BULK_AFTER or not arms.in_bulk(member):
        return when
    if arms.held(arms.BULK, member.id, arms.BULK_HELD) or not happens(PULLED, "pulled", member.id, when):
        return when
    return arms.BULK_FIRST + Chance("to", member.id, when).below(7)


def _gifts(member: Member, orders: Sequence[Order]) -> list[Order]:
    if len(orders) < 2:
        return []
    found = []
    first, last = min(o.day for o in orders), max(o.day for o in orders)
    for year in (2023, 2024, 2025):
        for month, begin, days, share in GIFT_SEASONS:
            chance = Chance("gift", member.id, year, month)
            when = day(year, month, begin) + chance.below(days)
            if not first <= when <= last + 60 or not chance.happens(share) or (member.left and when >= member.left):
                continue
            lines = [line_of(chance.pick([(g, g.ec) for g in GIFTS]), when, chance.pick(((1, 60), (2, 25), (3, 15))))]
            till = bool(member.home) and member.buys == "store"
            if till and member.home == "003" and when > CLOSING:
                continue
            channel, store = (TILL, member.home) if till else (EC, "")
            order = Order(when, _hour(chance, channel), channel, member.id, lines, store=store, gift=True)
            order.box = "" if till else chance.pick(BOXES)
            order.staff = f"S{store}01" if till else ""
            found.append(order)
            if not till:
                _ship(order)
    return found


def _order(member: Member, when: int, chance: Chance, channel: str, off: int = 0) -> Order:
    order = Order(when, _hour(chance, channel), channel, member.id, _lines(chance, when, channel, off))
    if channel == EC:
        order.box = chance.pick(BOXES)
        _ship(order)
    return order


def _lines(chance: Chance, when: int, channel: str, off: int) -> list[Line]:
    shelf = EC_SHELF if channel == EC else TILL_SHELF
    count = chance.pick(((1, 56), (2, 30), (3, 10), (4, 4)) if channel == EC else ((1, 66), (2, 26), (3, 8)))
    dearer = when >= PRICE_RISE
    if count > 1 and dearer and chance.happens(1300):
        count -= 1
    chosen: dict[Product, int] = {}
    for _ in range(count):
        product = chance.pick(shelf)
        quantity = chance.pick(((1, 82), (2, 13), (3, 5)))
        if quantity > 1 and dearer and chance.happens(2500):
            quantity -= 1
        if product.sold(when):
            chosen.setdefault(product, quantity)
    if not chosen:
        chosen = {shelf[0][0]: 1}
    return [line_of(product, when, quantity, off) for product, quantity in chosen.items()]


def _ship(order: Order) -> None:
    if order.amount < FREE_FROM:
        order.lines.append(Line(SHIPPING, 1, SHIPPING.price))


def _hour(chance: Chance, channel: str) -> int:
    if channel == TILL:
        return chance.between(600, 1170)
    return chance.pick(((0, 10), (420, 20), (720, 22), (1020, 18), (1200, 30))) + chance.below(230)
