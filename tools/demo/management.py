"""What the company plans, spends and says of itself: budget, cost of winning customers, self-check, interviews, workshop."""

from __future__ import annotations

from collections.abc import Mapping

from tools.demo.chance import Chance
from tools.demo.days import SNS_START, day, months
from tools.demo.people import SEARCH, SNS, Member

ITEMS = (
    *(f"S{i:02d}" for i in range(1, 10)), *(f"P{i:02d}" for i in range(1, 11)), *(f"X{i:02d}" for i in range(1, 11)),
    *("D01", "D02", "D03", "O01", "O02", "O03", "R01", "R02", "R03", "T01", "T02", "M01", "M02"),
)  # fmt: skip
RESPONDENTS = (
    *((1, "経営"), (2, "マーケティング部"), (3, "マーケティング部"), (4, "店舗運営部"), (5, "店舗運営部")),
    *((6, "お客様サポート"), (7, "お客様サポート")),
)
WAVES = (("2025-04", day(2025, 4, 14)), ("2026-02", day(2026, 2, 9)))
CONTRADICTED = "X02"  # leaving out who opted out: rated 4, while the send log shows the contrary
LEVELS = {"S": 18, "P": 15, "X": 17, "D": 20, "O": 16, "R": 22, "T": 19, "M": 13}  # tenths
OVERRATED = "停止の依頼は配信ツールが毎回除いている"
APART = {"S03": (16, -8), "O02": (14, -8), "X06": (12, -6), "X07": (-6, 14)}  # tenths of office and front: views differ
OFFICE = ("経営", "マーケティング部")
FRONT_KNOWS_NOT = "R03"  # retention and processors: no department that meets customers can say
BUDGETED = {"EC": 5_200, "定期便": 1_750, "店舗": 6_050, "卸売": 4_250}  # ten thousand yen, fiscal 2025
STORES = (("001", 45), ("002", 33), ("003", 22))
SEASON = {4: 96, 5: 97, 6: 98, 7: 108, 8: 92, 9: 96, 10: 99, 11: 101, 12: 122, 1: 94, 2: 95, 3: 102}
QUESTIONS = (
    "お客様とは誰のことですか", "いちばん困っていることは", "毎月の20%OFFは何のためですか",
    "定期便をやめる人は何と言いますか", "効果はどう確かめていますか", "来年度いちばん変えたいことは",
)  # fmt: skip
ROLES = (
    ("I01", day(2026, 2, 12), "経営", "代表", (
        "会員全員です。定義は決めていません。", "売上は伸びているのに粗利が残らないことです。", "毎月の山を作るためです。やめるのは怖い。",
        "理由までは聞いていません。", "前年比で見ています。", "値引きに頼らない形にしたい。")),
    ("I02", day(2026, 2, 13), "マーケティング部", "責任者", (
        "メールの届く人です。", "SNS広告の獲得単価が上がり、続きません。", "配信すれば注文が入るからです。",
        "豆が余るという声が多い。間隔の案内は効きました。", "一部だけ送らない組を残しています。", "2回目までの流れを直したい。")),
    ("I03", day(2026, 2, 13), "店舗運営部", "店長", (
        "会員証を出してくれる人です。", "大宮の常連がどこへ行ったか分かりません。", "店には来ない施策です。",
        "店では分かりません。", "見る数字は日商だけです。", "アプリの会員証をもっと薦めたい。")),
    ("I04", day(2026, 2, 16), "お客様サポート", "担当", (
        "問い合わせてくださる方です。", "アプリの支払いで止まる電話が多い。", "20%OFFの日は問い合わせも増えます。",
        "2回目が来る前に、まだあるから止めたいと言われます。", "件数だけ報告しています。", "間隔を画面の一番上に出してほしい。")),
    ("I05", day(2026, 2, 17), "卸売部", "担当", (
        "取引先の担当者です。", "ポータルを使わず電話が来ます。", "卸売には関係ありません。",
        "該当しません。", "受注件数です。", "見積から契約までの日数を縮めたい。")),
)  # fmt: skip
STAGES = ("知る", "試す(初回)", "届く・開ける", "2回目(F2)", "定着", "解約・休止")
NOTES: Mapping[str, tuple[str, ...]] = {
    "goal": (
        "自分に合う豆を知る",
        "損せず試す",
        "おいしく淹れる",
        "飲み切る頃に次が届く",
        "選ぶ手間なく続ける",
        "余りを解消する",
    ),
    "action": (
        "SNSや検索で見比べる",
        "初回半額で申し込む",
        "淹れ方の紙を読む",
        "次のお届け日を見る",
        "味を変えてみる",
        "解約の画面を探す",
    ),
    "touchpoint": ("SNS広告", "申し込み画面", "箱とリーフレット", "お届け予告メール", "マイページ", "電話・LINE"),
    "thought": (
        "高くないか",
        "支払いがうまくいかない",
        "香りがよい",
        "まだ豆が残っている",
        "おまかせが楽しい",
        "止め方が分からない",
    ),
    "pain": (
        "違いが分からない",
        "アプリの支払いで止まる",
        "淹れ方が難しい",
        "2回目の前に豆が余る",
        "値上げ",
        "間隔変更が見つからない",
    ),
    "idea": (
        "飲み比べの案内",
        "支払い画面の見直し",
        "動画で淹れ方",
        "間隔の変更案内を10日前に",
        "会員だけの限定豆",
        "解約前に間隔変更を出す",
    ),
    "owner": ("マーケティング部", "マーケティング部", "店舗運営部", "マーケティング部", "マーケティング部", "お客様サポート"),
    "kpi": ("訪問数", "初回申し込み数", "使い始め率", "2回目継続率", "6回目継続率", "解約率"),
}
EMOTIONS = (0, -1, 2, -2, 1, -1)


def budget() -> list[tuple[str, str, str, str, int | None, int | None]]:
    """Month, item, part of the business, store, yen, number."""
    found: list[tuple[str, str, str, str, int | None, int | None]] = []
    for year, month in months():
        level = {2023: 94, 2024: 97, 2025: 100}[year - (month < 4)]
        for part, yearly in BUDGETED.items():
            planned = yearly * 10_000 * SEASON[month] * level // (1200 * 100)
            stores = STORES if part == "店舗" else (("", 100),)
            found += [(f"{year}/{month:02d}", "売上", part, store, planned * share // 100, None) for store, share in stores]
        found.append((f"{year}/{month:02d}", "新規会員", "全社", "", None, 175 * level // 100))
        found.append((f"{year}/{month:02d}", "販促費", "全社", "", 620_000 * level // 100, None))
    return found


def acquisition(members: list[Member]) -> list[tuple[str, str, int, int]]:
    """Month, medium, yen, new customers as the company counts them."""
    found = []
    for year, month in months():
        for medium, cost in ((SNS, 6_800), (SEARCH, 4_900), ("紹介", 1_000), ("教室", 2_200)):
            first, last = day(year, month, 1), day(year + month // 12, month % 12 + 1, 1) - 1
            won = sum(m.route == medium and first <= m.joined <= last for m in members)
            if medium == SNS and last < SNS_START:
                continue
            spent = won * cost * Chance("spent", year, month, medium).between(92, 108) // 100
            found.append((f"{year}/{month:02d}", medium, spent, won))
    return found


def self_check() -> list[tuple[str, int, str, int, str, int | None, str, str]]:
    """Wave, respondent, department, day, item, level, evidence, comment: 42 items, seven respondents, two waves."""
    found: list[tuple[str, int, str, int, str, int | None, str, str]] = []
    for number, (wave, first) in enumerate(WAVES):
        for respondent, department in RESPONDENTS:
            for item in ITEMS:
                chance = Chance("check", number, respondent, item)
                tenths = LEVELS[item[0]] + 3 * number + (6 if department == "経営" else 0) + Chance("item", item).between(-6, 6)
                tenths += APART.get(item, (0, 0))[department not in OFFICE] * number  # in the second wave only
                level: int | None = min(4, max(0, (tenths + chance.between(-5, 5)) // 10))
                evidence, comment = chance.pick((("", 60), ("確認済み", 20), ("一部確認", 15), ("資料なし", 5))), ""
                if item == CONTRADICTED:
                    level, evidence = (4 if department in ("経営", "マーケティング部") else 3), "データと相違" if number else ""
                    comment = OVERRATED if department == "マーケティング部" else ""
                elif chance.happens(500) or (number and item == FRONT_KNOWS_NOT and department not in OFFICE):
                    level = None
                found.append((wave, respondent, department, first + respondent - 1, item, level, evidence, comment))
    return found


def interviews() -> list[tuple[str, int, str, str, str, str]]:
    """Interview, day, department, role, question, answer."""
    return [
        (number, when, department, role, question, answer)
        for number, when, department, role, told in ROLES
        for question, answer in zip(QUESTIONS, told, strict=True)
    ]


def workshop() -> list[tuple[str, int, str, str, str, str, int | None, str]]:
    """Note, day, segment, stage, row, text, score, department: one note a stage and row."""
    found: list[tuple[str, int, str, str, str, str, int | None, str]] = []
    for number, stage in enumerate(STAGES):
        cells = [(row, told[number], None) for row, told in NOTES.items()] + [("emotion", "気持ち", EMOTIONS[number])]
        for row, note, score in cells:
            department = RESPONDENTS[(number + len(found)) % len(RESPONDENTS)][1]
            found.append((f"J{len(found) + 1:03d}", day(2026, 2, 20), "定期便の初回客", stage, row, note, score, department))
    return found
