"""Orders and their lines, and their numbers once all of them are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tools.demo.catalogue import Product
from tools.demo.days import of

EC, TILL, BOX, TRADE = "EC", "店舗", "定期便", "卸売"
LETTER = {EC: "E", TILL: "P", BOX: "T", TRADE: "W"}


@dataclass(slots=True)
class Line:
    """One line; `amount` is what was paid, with tax, after `discount`."""

    product: Product
    quantity: int
    amount: int
    discount: int = 0
    points: int = 0


@dataclass(slots=True)
class Order:
    """One order or receipt."""

    day: int
    minute: int
    channel: str
    customer: str
    lines: list[Line]
    account: str = ""
    store: str = ""
    coupon: str = ""
    campaign: str = ""
    contract: str = ""
    shipment: int | None = None
    returned: Order | None = None
    staff: str = ""
    box: str = ""
    gift: bool = False
    number: str = field(default="", compare=False)

    @property
    def amount(self) -> int:
        """What the order comes to."""
        return sum(line.amount for line in self.lines)


def line_of(product: Product, when: int, quantity: int, off: int = 0) -> Line:
    """A line at the day's price, less `off` percent."""
    full = product.at(when) * quantity
    less = full * off // 100
    return Line(product, quantity, full - less, less)


def numbered(orders: Iterable[Order]) -> list[Order]:
    """All orders in the order of their days, each with its number."""
    ranked = sorted(orders, key=lambda o: (o.day, o.minute, o.channel, o.customer, o.account, o.contract, o.amount))
    taken: dict[tuple[str, int], int] = {}
    for order in ranked:
        letter = "R" if order.returned else LETTER[order.channel]
        taken[letter, order.day] = count = taken.get((letter, order.day), 0) + 1
        order.number = f"{letter}{of(order.day):%y%m%d}-{count:04d}"
    return ranked
