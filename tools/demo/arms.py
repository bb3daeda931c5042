"""Which campaign treats whom: known before anybody buys, because it decides who gets a reduction."""

from __future__ import annotations

from tools.demo.chance import happens
from tools.demo.days import FIRST, day, fiscal, of
from tools.demo.people import Member

SALE_FIRST, SALE_LAST = 20, 23  # days of the month of the 20 % off for everybody
SALE_HELD = 1000  # of 10,000, in fiscal 2025
BULK, BULK_HELD = "C2510-BULK", 4000
BULK_FIRST, BULK_LAST = day(2025, 10, 8), day(2025, 10, 14)
BULK_AFTER = BULK_LAST + 28
INTERVAL, INTERVAL_HELD = "C2507-INTV", 5000
INTERVAL_FIRST, INTERVAL_LAST = day(2025, 7, 1), day(2026, 2, 28)  # days on which the second shipment is due


def sale(when: int) -> str:
    """The campaign of the monthly 20 % off that runs on the day, or nothing."""
    date = of(when)
    return f"C{date:%y%m}-SALE" if SALE_FIRST <= date.day <= SALE_LAST else ""


def mailed(member: Member, when: int) -> bool:
    """Whether the member is on the mailing list of the shop on the day."""
    left = member.left is not None and member.left <= when
    return member.kind == "consumer" and member.buys != "store" and member.mail and member.joined < when and not left


def held(campaign: str, member: str, share: int) -> bool:
    """Whether the member is left out of the campaign for comparison."""
    return happens(share, "arm", campaign, member)


def reduced(member: Member, when: int) -> str:
    """The campaign whose 20 % the member gets on an order of the day in the shop, or nothing."""
    campaign = sale(when)
    if not campaign or when < FIRST:
        return ""
    start = when - (of(when).day - SALE_FIRST)
    if not mailed(member, start) or (fiscal(when) == 2025 and held(campaign, member.id, SALE_HELD)):
        return ""
    return campaign


def in_bulk(member: Member) -> bool:
    """Whether the member was assigned to the autumn bulk offer."""
    return mailed(member, BULK_FIRST) and member.joined < BULK_FIRST - 30
