"""The exports on members, products, accounts and the member programme. Names and addresses are plainly invented."""

from __future__ import annotations

from tools.demo.catalogue import ALL
from tools.demo.chance import Chance
from tools.demo.days import era, moment, slashed
from tools.demo.exports_sales import masters_of_stores, spent
from tools.demo.people import POSTAL, Member
from tools.demo.programme import Movement
from tools.demo.world import World
from tools.demo.writing import Rows, csv, workbook

SURNAMES, GIVEN = ("架空", "見本", "仮野", "例田", "試山"), "一 二葉 三郎 四季 五月 六花 七海 八重".split()
KINDS = {"consumer": "一般", "corporate": "法人", "staff": "社員", "test": "テスト"}
MEMBER_HEAD = "会員番号 会員区分 氏名 メールアドレス 電話番号 郵便番号 住所 都道府県 郵便番号上3桁 国 性別 生年 誕生月 入会日 入会店舗 入会経路 取引先コード 希望連絡手段 連絡不可開始 連絡不可終了 紹介者 ランク 退会日 アプリ登録日 会員証デザイン".split()
NARROW = "S013"  # a product whose category was typed in half-width kana
MOVES = {"granted": "付与", "used": "利用", "expired": "失効", "returned": "取消"}


def masters(world: World) -> dict[str, bytes]:
    """The masters of the shop system."""
    money = spent(world)
    return {
        "会員マスタ.csv": csv(MEMBER_HEAD, [_member(m, money.get(m.id, 0)) for m in world.members]),
        "商品マスタ.csv": csv(*products()),
        "取引先マスタ.csv": csv(
            "取引先コード 親取引先コード 取引先名 業種 規模 都道府県 担当部門 取引開始日".split(),
            [(a.id, a.parent, a.name, a.industry, a.size, a.prefecture, "卸売部", era(a.since)) for a in world.accounts],
        ),
    }


def products() -> tuple[list[str], list[tuple[object, ...]]]:
    """The products as a sheet: header and rows, prices of today."""
    head = "商品コード 商品名 大分類 中分類 販売価格 原価 税率 発売日 終売日".split()
    rows: list[tuple[object, ...]] = []
    for p in ALL:
        price, category = p.at(10**6), "菓子　" if p.id == NARROW else p.category
        rows.append(
            (p.id, p.name, category, p.subcategory, price, price * p.cost // 100, p.tax, slashed(p.launched), slashed(p.ended))
        )
    return head, rows


def stores_workbook() -> bytes:
    """The stores as an Excel workbook."""
    return workbook("店舗一覧", "店舗一覧(2026年3月末)", *masters_of_stores())


def _member(m: Member, money: int) -> tuple[object, ...]:
    chance = Chance("card", m.id)
    number = int(m.id)
    name = f"{chance.one(SURNAMES)} {chance.one(GIVEN)}"
    three = POSTAL.get(m.prefecture, "")
    late = ("21:00", "09:00") if chance.happens(600) else ("", "")
    wish = ("メール" if m.mail else "") or ("LINE" if m.line else "") or ("郵送" if m.post else "")
    rank = "" if m.kind != "consumer" else "ゴールド" if money >= 40_000 else "シルバー" if money >= 15_000 else "レギュラー"
    return (
        *(m.id, KINDS[m.kind], name, f"m{number}@example.jp", f"000-{number // 10000:04d}-{number % 10000:04d}"),
        *(
            f"{three}-0000" if three else "",
            f"{m.prefecture}架空市見本町{number % 30 + 1}-{number % 9 + 1}",
            m.prefecture,
            three,
            "日本",
        ),
        *(m.gender, m.birth_year or "", m.birth_month or "", slashed(m.joined), m.home if m.buys == "store" else "", m.route),
        *(m.account, wish, *late, m.friend, rank, slashed(m.left), slashed(m.app), m.card),
    )


def programme(
    movements: list[Movement], consents: list[tuple[str, str, bool, int, int, str, str]], stops: list[tuple[str, str, int]]
) -> dict[str, bytes]:
    """Points, consents and stops."""
    points = [
        (f"PT{n:06d}", m.customer, slashed(m.when), MOVES[m.kind], m.points, m.reason, m.order, slashed(m.expires))
        for n, m in enumerate(movements, start=1)
    ]
    agreed: Rows = [
        (who, how, "同意" if yes else "拒否", moment(on, at), source, text) for who, how, yes, on, at, source, text in consents
    ]
    return {
        "ポイント履歴.csv": csv("履歴番号 会員番号 日付 区分 ポイント数 理由 受注番号 有効期限".split(), points),
        "同意履歴.csv": csv("会員番号 手段 同意 日時 取得元 文言の版".split(), agreed),
        "停止リスト.csv": csv(("会員番号", "理由", "受付日"), [(who, why, slashed(on)) for who, why, on in stops]),
    }


def bare(number: str) -> str:
    """A member number as Excel leaves it: without its leading zeros."""
    return number.lstrip("0")
