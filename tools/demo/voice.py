"""What customers say: surveys after purchases and twice a year, and inquiries."""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo.chance import Chance
from tools.demo.days import CLOSING, FIRST, LAST, day, of
from tools.demo.orders import BOX, EC, TILL, Order
from tools.demo.people import Member
from tools.demo.subscriptions import Contract

WAVES = (
    ("2024年6月", day(2024, 6, 10)),
    ("2024年12月", day(2024, 12, 9)),
    ("2025年6月", day(2025, 6, 9)),
    ("2025年12月", day(2025, 12, 8)),
)
GOOD = (
    "香りがよく毎朝の楽しみです。", "届くのが早くて助かります。", "スタッフの説明が丁寧でした。", "深煎りの味が気に入っています。",
    "包装がきれいで贈り物に使えました。", "豆の鮮度がよいと感じます。", "教室で淹れ方を教わり、味が変わりました。",
)  # fmt: skip
MIDDLING = (
    "味はよいですが少し高くなりました。", "種類が多くて選びにくいです。", "送料がもう少し安いと助かります。", "ポイントの使い方が分かりにくいです。",
    "特に不満はありません。", "次も同じものを買うと思います。",
)  # fmt: skip
BAD = (
    "アプリの支払いで何度もエラーになりました。", "豆が余っているのに次が届いてしまいました。", "値上げが続くのは困ります。",
    "お届けの間隔を変える場所が見つかりません。", "問い合わせの返事が遅いです。", "メールが多すぎます。",
)  # fmt: skip
REASONS = (("お届け間隔・休止", 24), ("アプリの支払い", 18), ("配送", 20), ("商品・味", 12), ("解約", 14), ("ポイント", 12))
MEMOS = {
    "お届け間隔・休止": "豆が余っているため次回を遅らせたい。間隔変更の場所を案内。",
    "アプリの支払い": "支払い方法の選択で画面が戻る。Webでの注文を案内。",
    "配送": "置き配の希望。次回から対応と回答。",
    "商品・味": "酸味が強いとの声。深煎りをご案内。",
    "解約": "2回目の前に解約したい。理由は余っているため。",
    "ポイント": "期限の確認。アプリの画面を案内。",
}


@dataclass
class Answer:
    """One answer of a survey."""

    response: str
    wave: str
    customer: str
    when: int
    measure: str
    question: str
    touchpoint: str
    channel: str
    score: int | None
    comment: str = ""
    publish: str = ""
    store: str = ""


@dataclass
class Inquiry:
    """One inquiry."""

    customer: str
    opened: tuple[int, int]
    replied: tuple[int, int]
    closed: tuple[int, int] | None
    channel: str
    reason: str
    complaint: bool
    order: str
    contract: str
    store: str
    memo: str


def answers(members: list[Member], orders: list[Order]) -> list[Answer]:
    """NPS in four waves; satisfaction and effort after orders of the shop since April 2024."""
    found: list[Answer] = []
    by_wave = {wave: _buyers(orders, when) for wave, when in WAVES}
    known = {m.id: m for m in members if m.kind == "consumer" and m.mail}
    for wave, when in WAVES:
        for customer in by_wave[wave]:
            chance = Chance("nps", wave, customer)
            if customer in known and chance.happens(1900):
                answered = when + chance.below(10)
                score = _nps(chance, known[customer], when)
                name = f"N{of(when):%y%m}{customer}"
                found.append(Answer(name, wave, customer, answered, "推奨度", "友人に薦めたいか", "全体", "メール", score))
                if chance.happens(3200):
                    said = chance.one(GOOD if score >= 9 else MIDDLING if score >= 7 else BAD)
                    if chance.happens(150):
                        said += "連絡先は 000-1234-5678 です。"
                    yes = chance.one(("可", "不可"))
                    found.append(Answer(name, wave, customer, answered, "自由回答", "理由", "全体", "メール", None, said, yes))
    return found + _after_orders(orders, known)


def _after_orders(orders: list[Order], known: dict[str, Member]) -> list[Answer]:
    found = []
    for order in orders:
        chance = Chance("after", order.number)
        if order.customer not in known or order.returned or order.day < day(2024, 4, 1) or not chance.happens(320):
            continue
        when = order.day + chance.between(4, 8)
        if when > LAST or order.channel not in (EC, TILL, BOX):
            continue
        app = order.channel == EC and known[order.customer].app is not None and order.day > (known[order.customer].app or 0)
        touch = {EC: "アプリでの注文" if app else "Webでの注文", TILL: "店舗での会計", BOX: "定期便の受け取り"}[order.channel]
        csat = chance.pick(
            ((5, 30), (4, 42), (3, 18), (2, 7), (1, 3)) if not app else ((5, 18), (4, 30), (3, 26), (2, 17), (1, 9))
        )
        ces = chance.pick(
            ((7, 24), (6, 34), (5, 24), (4, 12), (2, 6)) if not app else ((7, 10), (6, 18), (5, 24), (4, 24), (2, 24))
        )
        name = f"S{order.number}"
        found.append(
            Answer(name, "購入後", order.customer, when, "満足度", "満足したか", touch, "メール", csat, store=order.store)
        )
        found.append(
            Answer(
                name, "購入後", order.customer, when, "手間", "手間はかからなかったか", touch, "メール", ces, store=order.store
            )
        )
    return found


def _buyers(orders: list[Order], when: int) -> list[str]:
    return list(dict.fromkeys(o.customer for o in orders if o.customer and when - 180 <= o.day < when))


def _nps(chance: Chance, member: Member, when: int) -> int:
    weights = ((10, 18), (9, 16), (8, 24), (7, 18), (6, 10), (5, 8), (3, 4), (0, 2))
    if member.home == "003" and when > CLOSING:
        weights = ((10, 6), (9, 8), (8, 18), (7, 20), (6, 18), (5, 16), (3, 10), (0, 4))
    return chance.pick(weights)


def inquiries(orders: list[Order], contracts: list[Contract]) -> list[Inquiry]:
    """Inquiries after orders of the shop and on contracts."""
    found = []
    for order in orders:
        chance = Chance("asks", order.number)
        if order.channel == EC and order.customer and chance.happens(260):
            found.append(_inquiry(chance, order.customer, order.day + chance.below(6), order.number, "", None))
    for contract in contracts:
        chance = Chance("asks", contract.number)
        if contract.cancelled and contract.cancelled > FIRST + 3 and chance.happens(4200):
            reason = "解約" if chance.happens(6000) else "お届け間隔・休止"
            found.append(_inquiry(chance, contract.customer, contract.cancelled - chance.below(3), "", contract.number, reason))
    return sorted((i for i in found if i.opened[0] <= LAST), key=lambda i: (i.opened, i.customer, i.reason))


def _inquiry(chance: Chance, customer: str, when: int, order: str, contract: str, reason: str | None) -> Inquiry:
    told = reason or chance.pick([r for r in REASONS if when >= day(2025, 6, 1) or r[0] not in ("アプリの支払い", "ポイント")])
    minute = chance.between(560, 1080)
    hours = chance.pick(((2, 40), (6, 30), (24, 20), (60, 10)))
    replied = (when + (minute // 60 + hours) // 24, (minute + hours * 60) % 1440)
    closed = (replied[0] + chance.below(4), replied[1]) if chance.happens(9600) else None
    if closed and closed[0] > LAST:
        closed = None
    store = chance.one(("001", "002")) if told == "商品・味" and chance.happens(4000) else ""
    channel = chance.pick((("メール", 45), ("電話", 30), ("LINE", 25)))
    return Inquiry(
        customer, (when, minute), replied, closed, channel, told, chance.happens(2200), order, contract, store, MEMOS[told]
    )
