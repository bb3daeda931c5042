"""Boxes by contract: beginning, shipments, the cancellation before the second one, and the offer that mends it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.demo import arms
from tools.demo.catalogue import SAMPLE, SUBSCRIBED, Product
from tools.demo.chance import Chance, happens
from tools.demo.days import FIRST, LAST, day
from tools.demo.orders import BOX, Line, Order, line_of
from tools.demo.people import SNS, Member

BEFORE_SECOND, BEFORE_SECOND_OFFERED = 3500, 1300
"""Chance of cancelling before the second shipment, of 10,000: as it was, and with the interval offer."""
LATER = {3: 1300, 4: 900}
EVER_AFTER, HABIT = 420, 300
TOO_MUCH = "豆が余っている"
EARLY_REASONS = ((TOO_MUCH, 62), ("味が好みと合わない", 12), ("価格が高い", 12), ("未回答", 14))
LATE_REASONS = ((TOO_MUCH, 20), ("価格が高い", 30), ("味が好みと合わない", 12), ("生活の変化", 22), ("未回答", 16))


@dataclass
class Change:
    """One entry of a contract's log."""

    when: int
    change: str
    shipment: int | None = None
    until: int | None = None
    old: str = ""
    new: str = ""
    offer: str = ""
    reason: str = ""


@dataclass
class Contract:
    """One contract, of a consumer or of an account."""

    customer: str
    started: int
    plan: str
    product: Product
    offer: str
    cycle: int
    account: str = ""
    seats: int | None = None
    again: Contract | None = None
    shipments: int = 0
    due: int | None = None
    cancelled: int | None = None
    reason: str = ""
    arm: str = ""
    assigned: int | None = None
    changes: list[Change] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    number: str = ""


def begins(member: Member) -> int | None:
    """The day on which the member's first box begins, or None."""
    if member.buys == "store" or member.kind != "consumer":
        return None
    chance = Chance("subscribes", member.id)
    if member.base:
        return FIRST - 20 - chance.below(330) if chance.happens(1100) else None
    share = 800 if member.route == SNS else 2600 if member.joined < day(2025, 4, 1) else 4800
    return member.joined if chance.happens(share) and not happens(500, "never", member.id) else None


def contracts(members: list[Member]) -> list[Contract]:
    """All contracts of consumers with what became of them, numbered by their first day."""
    found: list[Contract] = []
    for member in members:
        start = begins(member)
        if start is None:
            continue
        contract = _run(member, start, None)
        found.append(contract)
        chance = Chance("again", member.id)
        if contract.cancelled and chance.happens(700):
            again = contract.cancelled + chance.between(50, 150)
            if again <= LAST and not (member.left and again >= member.left):
                found.append(_run(member, again, contract))
    found.sort(key=lambda c: (c.started, c.customer))
    for number, contract in enumerate(found, start=1):
        contract.number = f"T{number:06d}"
        for order in contract.orders:
            order.contract = contract.number
    return found


def _run(member: Member, start: int, again: Contract | None) -> Contract:
    chance = Chance("box", member.id, start)
    product = chance.pick(((SUBSCRIBED[0], 55), (SUBSCRIBED[1], 25), (SUBSCRIBED[2], 20)))
    offer = "" if again else chance.pick((("初回半額", 55), ("通常", 45)))
    contract = Contract(member.id, start, product.name, product, offer, chance.pick(((30, 82), (45, 18))), again=again)
    contract.changes.append(Change(start, "restart" if again else "start", new=product.name, offer=offer))
    due, number = start, 1
    while due <= LAST:
        if number > 1 and _cancels(member, contract, chance, due, number):
            return contract
        if contract.due is not None and contract.due > due:  # put off
            due = contract.due
            continue
        _ship(contract, chance, due, number)
        number, due, contract.due = number + 1, due + contract.cycle, None
    if number > 1 and due - 10 <= LAST:  # the next one is near: its hazard belongs to the days after the data
        contract.due = due
    contract.due = max(due, LAST + 1)
    return contract


def _cancels(member: Member, contract: Contract, chance: Chance, due: int, number: int) -> bool:
    """Decide on the shipment that is due; True when the contract ends before it. May put the shipment off."""
    if contract.due is not None and contract.due == due:
        return False  # already decided when it was put off
    hazard = LATER.get(number, EVER_AFTER)
    if member.base or contract.again:
        hazard = HABIT
    elif number == 2:
        hazard = _second(contract, due)
    when = due - chance.between(2, 8)
    leaves = member.left is not None and member.left <= due
    if (chance.happens(hazard) or leaves) and when > contract.started and when <= LAST:
        contract.cancelled = when if due > FIRST else None
        if contract.cancelled is None:
            return False
        contract.reason = "退会" if leaves else chance.pick(EARLY_REASONS if number == 2 else LATE_REASONS)
        contract.changes.append(Change(when, "cancel", shipment=number, reason=contract.reason))
        return True
    if contract.arm == "treatment" and number == 2 and chance.happens(4500):
        old, contract.cycle = contract.cycle, 45 if contract.cycle == 30 else 60
        contract.changes.append(Change(due - 6, "cycle", old=f"{old}日", new=f"{contract.cycle}日", offer=arms.INTERVAL))
        contract.due = due + contract.cycle - old
    elif number > 2 and chance.happens(450) and due - 5 <= LAST:
        contract.changes.append(Change(due - 5, "skip", shipment=number, reason=TOO_MUCH))
        contract.due = due + contract.cycle
    elif number > 3 and chance.happens(90) and due - 5 <= LAST:
        contract.changes.append(Change(due - 5, "pause", until=due + 59, reason="長期不在"))
        contract.due = due + 60
        if due + 60 <= LAST:
            contract.changes.append(Change(due + 60, "resume"))
    return False


def _second(contract: Contract, due: int) -> int:
    """The chance of cancelling before the second shipment, and the arm where the interval offer runs."""
    if not arms.INTERVAL_FIRST <= due <= arms.INTERVAL_LAST:
        return BEFORE_SECOND
    contract.assigned = due - 10
    contract.arm = "control" if arms.held(arms.INTERVAL, contract.customer, arms.INTERVAL_HELD) else "treatment"
    return BEFORE_SECOND if contract.arm == "control" else BEFORE_SECOND_OFFERED


def _ship(contract: Contract, chance: Chance, due: int, number: int) -> None:
    contract.shipments = number
    contract.changes.append(Change(due, "ship", shipment=number))
    if due < FIRST:
        return
    lines = [line_of(contract.product, due, 1, 50 if number == 1 and contract.offer == "初回半額" else 0)]
    if number == 1:
        lines.append(Line(SAMPLE, 1, 0))
    minute = chance.between(480, 540)
    contract.orders.append(
        Order(due, minute, BOX, contract.customer, lines, shipment=number, box=chance.one(("茶", "白", "紺", "緑")))
    )
