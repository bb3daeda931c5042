"""The campaigns, who was assigned, and what came back; only counts before fiscal 2025."""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo import arms
from tools.demo.chance import Chance
from tools.demo.days import APP_LAUNCH, CLOSING, FIRST, LAST, LOGGED_FROM, day, months, of
from tools.demo.orders import EC, Order
from tools.demo.people import Member
from tools.demo.subscriptions import Contract

MAIL, LINE, POST = "メール", "LINE", "DM"
RATES = {MAIL: (2300, 260, 14), LINE: (5200, 520, 0), POST: (0, 0, 0)}
"""Opened, clicked, opted out, of 10,000 delivered."""
PRICE = {MAIL: 0, LINE: 3, POST: 95}


@dataclass
class Campaign:
    """A campaign with its brief."""

    id: str
    name: str
    stage: str
    purpose: str
    kpi: str
    segment: str
    channel: str
    offer: str
    message: str
    first: int
    last: int
    trigger: str = ""
    eligible: int = 0
    control: float | None = None
    expected: float | None = None
    expected_control: float | None = None
    window: int = 14
    planned: int = 0
    spent: int = 0
    owner: str = "マーケティング部"


@dataclass(slots=True)
class Contact:
    """One contact; a member of the control arm has no `sent`."""

    campaign: str
    customer: str
    when: int
    minute: int
    channel: str
    treated: bool = True
    delivered: bool = True
    opened: tuple[int, int] | None = None
    clicked: tuple[int, int] | None = None
    responded: tuple[int, int] | None = None
    out: tuple[int, int] | None = None


def campaigns() -> list[Campaign]:
    """The briefs of fiscal 2025, and the monthly sales of the years before, of which only the frame is known."""
    found = []
    for year, month in months():
        first = day(year, month, arms.SALE_FIRST)
        sale = Campaign(arms.sale(first), f"{month}月 全員20%OFF", "全体", "売上の上積み", "期間中の購入率", "メール許諾のある全員",
                        MAIL, "通販全品20%OFF", f"{month}月20日から4日間、通販全品20%OFF", first, first + 3, window=4)  # fmt: skip
        if first >= LOGGED_FROM:
            sale.eligible, sale.control, sale.expected, sale.expected_control = 4300, 10.0, 3.0, 2.0
            sale.planned = sale.spent = 60_000
        found.append(sale)
    return found + _briefs()


def _briefs() -> list[Campaign]:
    y = 2025
    return [
        Campaign("C2504-F2", "初回のお礼と2杯目のご案内", "新規", "2回目の購入", "90日以内の2回目購入率", "初回購入から21日",
                 LINE, "なし", "初回の豆はいかがでしたか。次は深煎りもお試しください", day(y, 4, 1), LAST, "初回購入の21日後",
                 900, None, 30.0, None, 60, 40_000, 38_000),
        Campaign("C2504-BIRTH", "お誕生月のご案内", "現役", "記念日の利用", "当月の購入率", "誕生月のアプリ・LINE会員",
                 LINE, "焼き菓子1個", "お誕生月おめでとうございます。焼き菓子をご用意しました", day(y, 4, 1), LAST, "誕生月の1日",
                 2000, None, 20.0, None, 30, 180_000, 171_000, "店舗運営部"),
        Campaign("C2506-APP", "アプリ会員証のご案内", "全体", "会員証のアプリ化", "30日以内の登録率", "LINE許諾のある全員",
                 LINE, "登録で100ポイント", "会員証がアプリになりました。登録で100ポイント", APP_LAUNCH, APP_LAUNCH + 30, "",
                 3000, None, 25.0, None, 30, 350_000, 342_000),
        Campaign("C2506-GIFT", "お中元カタログ", "優良", "ギフトの利用", "期間中のギフト購入率", "昨年ギフトを購入したDM許諾者",
                 POST, "送料無料", "夏のごあいさつに、昨年お選びいただいた品をご用意しました", day(y, 6, 16), day(y, 7, 20), "",
                 700, None, 20.0, None, 35, 90_000, 88_000),
        Campaign(arms.INTERVAL, "お届け間隔の変更案内", "定期便", "2回目の継続", "2回目のお届け率", "2回目のお届けを控えた定期便",
                 MAIL, "なし(間隔の変更)", "豆は足りていますか。次のお届けを2週間先にできます", arms.INTERVAL_FIRST - 10,
                 arms.INTERVAL_LAST, "2回目のお届けの10日前", 400, 50.0, 80.0, 65.0, 30, 120_000, 118_000),
        Campaign("C2508-OMIYA", "大宮店 閉店のごあいさつ", "全体", "近隣店・通販への移行", "閉店後90日の購入率", "大宮店を使うメール許諾者",
                 MAIL, "通販の送料無料", "大宮店は8月31日に閉店します。通販でも同じ豆をお届けします", CLOSING - 16, CLOSING, "",
                 300, None, 40.0, None, 90, 20_000, 20_000, "店舗運営部"),
        Campaign(arms.BULK, "秋のまとめ買い15%OFF", "現役", "売上の上積み", "期間中の購入率", "メール許諾のある通販会員",
                 MAIL, "5,000円以上15%OFF", "秋の1週間、まとめ買いで15%OFF", arms.BULK_FIRST, arms.BULK_LAST, "",
                 4200, 40.0, 9.0, 3.0, 7, 150_000, 149_000),
        Campaign("C2511-GIFT", "お歳暮カタログ", "優良", "ギフトの利用", "期間中のギフト購入率", "昨年ギフトを購入したDM許諾者",
                 POST, "送料無料", "年末のごあいさつに、昨年お選びいただいた品をご用意しました", day(y, 11, 17), day(y, 12, 20), "",
                 900, None, 22.0, None, 35, 110_000, 107_000),
        Campaign("C2601-BACK", "お久しぶりです", "休眠", "再購入", "30日以内の購入率", "最終購入から181〜365日のメール許諾者",
                 MAIL, "送料無料", "半年ぶりのご注文は送料無料でお届けします", day(2026, 1, 14), day(2026, 2, 13), "",
                 600, 20.0, 6.0, 4.0, 30, 15_000, 15_000),
    ]  # fmt: skip


def contacts(members: list[Member], orders: list[Order], boxes: list[Contract]) -> list[Contact]:
    """The full log of fiscal 2025, in the order of assignment."""
    bought: dict[str, list[Order]] = {}
    for order in orders:
        if order.customer and not order.returned:
            bought.setdefault(order.customer, []).append(order)
    consumers = [m for m in members if m.kind == "consumer"]
    found: list[Contact] = []
    for year, month in months():
        first = day(year, month, arms.SALE_FIRST)
        if first >= LOGGED_FROM:
            found += [
                _contact(arms.sale(first), m.id, first, 540, MAIL, arms.SALE_HELD) for m in consumers if arms.mailed(m, first)
            ]
    found += [_contact(arms.BULK, m.id, arms.BULK_FIRST, 480, MAIL, arms.BULK_HELD) for m in consumers if arms.in_bulk(m)]
    for box in boxes:
        if box.assigned is not None:
            found.append(_contact(arms.INTERVAL, box.customer, box.assigned, 600, MAIL, arms.INTERVAL_HELD))
    for member in consumers:
        found += _personal(member, bought.get(member.id, []))
    for contact in found:
        _response(contact, bought.get(contact.customer, []))
    return sorted(found, key=lambda c: (c.when, c.minute, c.campaign, c.customer))


def _contact(campaign: str, customer: str, when: int, minute: int, channel: str, held: int = 0) -> Contact:
    """A contact with what the receiver did; nothing for those left out."""
    contact = Contact(campaign, customer, when, minute, channel, not (held and arms.held(campaign, customer, held)))
    if not contact.treated:
        return contact
    chance = Chance("contact", campaign, customer, when)
    opens, clicks, leaves = RATES[channel]
    contact.delivered = not chance.happens(120)
    if contact.delivered and chance.happens(opens):
        contact.opened = _later(chance, when, minute)
        if chance.happens(clicks * 10_000 // opens):
            contact.clicked = (contact.opened[0], min(1439, contact.opened[1] + chance.between(1, 9)))
        elif chance.happens(leaves * 10_000 // opens):
            contact.out = (contact.opened[0], min(1439, contact.opened[1] + 2))
    return contact


def _later(chance: Chance, when: int, minute: int) -> tuple[int, int]:
    """A moment some time after sending, mostly within hours, never after the last day."""
    later = minute + chance.pick(((60, 45), (300, 30), (900, 15), (2600, 10))) * chance.between(5, 100) // 100
    return (when + later // 1440, later % 1440) if when + later // 1440 <= LAST else (LAST, 1430)


def _personal(member: Member, orders: list[Order]) -> list[Contact]:
    """Contacts that a member's own doings set off."""
    found = []
    first = orders[0].day if orders else None
    if first and member.line and LOGGED_FROM <= first + 21 <= LAST and not member.base:
        found.append(_contact("C2504-F2", member.id, first + 21, 1140, LINE))
    year = 2025 if member.birth_month >= 4 else 2026
    if member.line and member.app and member.app < day(year, member.birth_month, 1):
        found.append(_contact("C2504-BIRTH", member.id, day(year, member.birth_month, 1), 600, LINE))
    if member.line and member.joined < APP_LAUNCH:
        found.append(_contact("C2506-APP", member.id, APP_LAUNCH, 660, LINE))
    for campaign, when in (("C2506-GIFT", day(2025, 6, 16)), ("C2511-GIFT", day(2025, 11, 17))):
        if member.post and any(o.gift and when - 400 <= o.day < when for o in orders):
            found.append(_contact(campaign, member.id, when, 540, POST))
    if member.mail and any(o.store == "003" and CLOSING - 365 <= o.day <= CLOSING - 16 for o in orders):
        found.append(_contact("C2508-OMIYA", member.id, CLOSING - 16, 600, MAIL))
    back = day(2026, 1, 14)
    before = [o.day for o in orders if o.day < back]
    if arms.mailed(member, back) and before and 181 <= back - before[-1] <= 365:
        found.append(_contact("C2601-BACK", member.id, back, 600, MAIL, 2000))
    return found


def _response(contact: Contact, orders: list[Order]) -> None:
    """The first order after a click that the client's tool credits."""
    if contact.clicked is None:
        return
    day_, minute = contact.clicked
    for order in orders:
        if order.channel == EC and (order.day, order.minute) > (day_, minute) and order.day <= day_ + 7:
            contact.responded = (order.day, order.minute)
            return


def totals(members: list[Member]) -> list[tuple[str, int, str, int, int, int, int, int]]:
    """Campaign, day, channel, sent, delivered, opened, clicked, opted out: fiscal 2023 and 2024."""
    found = []
    for year, month in months():
        when = day(year, month, arms.SALE_FIRST)
        if FIRST <= when < LOGGED_FROM:
            chance = Chance("totals", year, month)
            sent = sum(arms.mailed(m, when) for m in members)
            delivered = sent * chance.between(984, 990) // 1000
            opened = delivered * chance.between(225, 262) // 1000
            clicked, out = delivered * chance.between(24, 32) // 1000, delivered * chance.between(10, 18) // 10_000
            found.append((f"C{of(when):%y%m}-SALE", when, MAIL, sent, delivered, opened, clicked, out))
    return found
