"""The whole company: members, accounts, orders, contracts, made in the order in which one needs the other."""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo import buying, orders, people, subscriptions, tills, wholesale
from tools.demo.days import FIRST, LAST


@dataclass(frozen=True)
class World:
    """What happened; `orders` are numbered and in the order of their days."""

    members: list[people.Member]
    accounts: list[wholesale.Account]
    contracts: list[subscriptions.Contract]
    services: list[subscriptions.Contract]
    orders: list[orders.Order]
    day_totals: list[tuple[int, str, str, int, int, int]]


def world() -> World:
    """Everything, in a few seconds."""
    consumers, inside, held = people.consumers(), people.others(), wholesale.accounts()
    bought = wholesale.buyers(held)
    boxes, services = subscriptions.contracts(consumers), wholesale.services(held, bought)
    shop = [order for member in consumers for order in buying.shopping(member)]
    shop += [order for member in inside for order in buying.staff_and_tests(member)] + buying.guests()
    trade = [order for account, buyer in zip(held, bought, strict=True) for order in wholesale.orders(account, buyer)]
    shipped = [order for contract in (*boxes, *services) for order in contract.orders]
    found = [order for order in (*shop, *buying.returned(shop), *trade, *shipped) if FIRST <= order.day <= LAST]
    return World([*consumers, *inside, *bought], held, boxes, services, orders.numbered(found), tills.day_totals())
