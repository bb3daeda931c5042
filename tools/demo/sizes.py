"""How many of each there are in the company that was made: what the power of the planted facts rests on."""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo import arms
from tools.demo.campaigns import Contact
from tools.demo.days import APP_LAUNCH, CLOSING, FIRST, LAST, day, fiscal
from tools.demo.journey import PAYMENT, Event
from tools.demo.orders import EC, TILL, Order
from tools.demo.people import SNS
from tools.demo.world import World

Pair = tuple[int, int]


@dataclass(frozen=True)
class Sizes:
    """Sizes of the two groups of each fact."""

    items: Pair
    second: Pair
    sale: Pair
    boxes: Pair
    interval: Pair
    prefecture: Pair
    receipts: Pair
    closed: Pair
    bulk: Pair
    payment: Pair
    opted_out: Pair
    cards: Pair
    colours: Pair


def sizes(world: World, log: list[Contact], events: list[Event]) -> Sizes:
    """Count them."""
    orders = [order for order in world.orders if not order.returned]
    members = {member.id: member for member in world.members if member.kind == "consumer"}
    firsts: dict[str, int] = {}
    for order in orders:
        firsts.setdefault(order.customer, order.day)
    new = [members[c] for c, when in firsts.items() if c in members and members[c].joined >= FIRST and when <= LAST - 180]
    started = [c for c in world.contracts if not c.again and FIRST <= c.started <= day(2025, 4, 30)]
    shop = [order for order in orders if order.channel == EC]
    paying = [event.channel for event in events if event.event == PAYMENT]
    out = len({contact.customer for contact in log if contact.out and contact.out[0] < day(2026, 1, 1)})
    cards = [members[c].card for c in firsts if c in members]
    colours = [order.box for order in orders]
    return Sizes(
        items=_items(world),
        second=(sum(m.route == SNS for m in new), sum(m.route != SNS for m in new)),
        sale=_arms([c for c in log if c.campaign.endswith("-SALE")]),
        boxes=(len(started), sum(c.shipments > 1 for c in started)),
        interval=_arms([c for c in log if c.campaign == arms.INTERVAL]),
        prefecture=_buyers(shop, {m.id for m in members.values() if m.prefecture == "兵庫県"}),
        receipts=_receipts(world),
        closed=_closed(orders),
        bulk=_arms([c for c in log if c.campaign == arms.BULK]),
        payment=(paying.count("アプリ"), paying.count("Web")),
        opted_out=(out, out),
        cards=(cards.count("A"), cards.count("C")),
        colours=(colours.count("茶"), colours.count("紺")),
    )


def _arms(contacts: list[Contact]) -> Pair:
    treated = sum(contact.treated for contact in contacts)
    return treated, len(contacts) - treated


def _items(world: World) -> Pair:
    found = {2023: 0, 2024: 0, 2025: 0}
    for order in world.orders:
        found[fiscal(order.day)] += sum(line.quantity for line in order.lines)
    for when, _, _, _, items, _ in world.day_totals:
        found[fiscal(when)] += items
    return found[2024], found[2025]


def _buyers(orders: list[Order], among: set[str]) -> Pair:
    years = {year: {o.customer for o in orders if fiscal(o.day) == year and o.customer in among} for year in (2024, 2025)}
    return len(years[2024]), len(years[2025])


def _receipts(world: World) -> Pair:
    days = [o.day for o in world.orders if o.channel == TILL and o.day >= day(2024, 6, 1)]
    for when, _, _, receipts, _, _ in world.day_totals:
        days += [when] * receipts if when >= day(2024, 6, 1) else []
    before = sum(when < APP_LAUNCH for when in days)
    return before, len(days) - before


def _closed(orders: list[Order]) -> Pair:
    shopped = [(o.customer, o.store) for o in orders if o.store and CLOSING - 180 < o.day <= CLOSING]
    gone = {customer for customer, store in shopped if store == "003"}
    return len(gone), len({customer for customer, _ in shopped} - gone)
