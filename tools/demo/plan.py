"""What the company means to do in fiscal 2026: its budget and the briefs of its campaigns, none of them a blanket discount."""

from __future__ import annotations

from tools.demo.days import day, slashed
from tools.demo.management import BUDGETED, SEASON, STORES
from tools.demo.writing import csv

LEVEL = 107  # of the yearly budget of fiscal 2025, percent
OPEN = [store for store in STORES if store[0] != "003"]  # the third store is closed
FIRST, LAST = day(2026, 4, 1), day(2027, 3, 31)
MAIL, LINE, POST, BOX, APP = "メール", "LINE", "DM", "同梱", "アプリ"
MARKETING, SHOPS, SERVICE = "マーケティング部", "店舗運営部", "お客様サポート"

HEAD = (
    "施策コード 施策名 施策名英語 段階 目的 KPI 対象 根拠 なぜ私に なぜ私に英語 なぜ今 なぜ今英語 手段 特典 文面 文面英語 開始日 終了日 きっかけ"
    " 対象人数 対照群比率 想定率 対照想定率 判定日数 1件の売上 予算 通信単価 特典単価 特典は値引 配信回数 人日 担当部門 承認日 済んだ工程 先に始める施策"
).split()

# code, name, English, stage, aim, KPI, segment, because
# why me, why now (Japanese, English), channel, offer, sentence (Japanese, English), first day, last day, trigger
# eligible, hold-out %, expected %, without %, days, sales a response, cost, a contact, an offer, offer in net sales, sends, person-days, owner, approved
BRIEFS = (
    ("FY26-RET-001", "お届け間隔の変更案内", "Change the box interval", "新規", "継続", "2回目のお届け率", "box_new",
     "pain:stage:stage=second learning:C2507-INTV finding:cohort",
     "初めての定期便の豆が、まだ残っているから。", "Because beans of your first box are still left.",
     "2回目のお届けの10日前で、間隔を変えられる時期だから。", "Because the second box is ten days away and can still be moved.",
     MAIL, "なし", "豆は足りていますか。次のお届けを2週間先にできます", "Enough beans? Your next box can come two weeks later",
     FIRST, LAST, "2回目のお届けの10日前", 560, 20, 85, 66, 30, 11_400, 60_000, 0, 0, "", 1, 6, MARKETING, day(2026, 3, 12)),
    ("FY26-F2-001", "初回のお礼と2杯目のご案内", "Thanks, and a second cup", "新規", "2回目", "60日以内の2回目購入率", "first_buyers",
     "finding:f2 finding:f2_source",
     "初めて選んだ豆が、ちょうど半分ほど減った頃だから。", "Because about half of the first beans you chose are gone.",
     "初回のご注文から21日で、次を選ぶ時期だから。", "Because 21 days after a first order it is time to choose the next.",
     MAIL, "なし", "初回の豆はいかがでしたか。次の一袋を一緒に選びます", "How were the first beans? Let us choose the next bag together",
     FIRST, LAST, "初回購入の21日後", 2_000, 40, 41, 33, 60, 6_800, 40_000, 0, 0, "", 1, 5, MARKETING, day(2026, 3, 12)),
    ("FY26-NEW-001", "アプリの支払い手順の見直し", "Payment step of the app", "見込み", "新規", "初回注文の完了率", "アプリの支払い画面に来て、30日以内に初回の注文がない人",
     "pain:visit:channel=アプリ finding:bridge",
     "登録したのに、支払いの画面で止まったことがあるから。", "Because you signed up and stopped at the payment step.",
     "支払い方法を選び直せる画面に変わったから。", "Because the payment step now lets you choose again.",
     APP, "なし", "お支払いの画面を、1回で終わる形に直しました", "Paying now takes one step only",
     day(2026, 6, 1), day(2026, 8, 31), "", 2_600, 50, 11, 7, 30, 11_400, 300_000, 0, 0, "", 1, 24, MARKETING, None),
    ("FY26-NEW-002", "お友だちへの飲み比べ袋", "Tasting bag for a friend", "見込み", "新規", "紹介による初回購入数", "regulars",
     "finding:bridge finding:f2_source",
     "1年に6回以上選んでくれて、味の違いを話せる人だから。", "Because you ordered six times or more and can tell the beans apart.",
     "新しい季節の豆が、次の箱に入る時期だから。", "Because the beans of the season come with your next box.",
     BOX, "飲み比べ袋1つ", "飲み比べ袋を1つ、お友だちの分もお入れしました", "A tasting bag is enclosed, one for a friend",
     FIRST, LAST, "4回目ごとのお届け", 1_100, 30, 11, 7, 60, 11_400, 60_000, 40, 200, "否", 2, 8, MARKETING, None),
    ("FY26-FRQ-001", "飲み切る頃のお知らせ", "When your beans run out", "現役", "回数", "30日以内の購入率", "active_buyers",
     "finding:gaps",
     "前回の豆を、いつもの間隔なら飲み切る頃だから。", "Because at your usual pace the last beans are nearly gone.",
     "前回のご注文から28日がたったから。", "Because 28 days have passed since your last order.",
     MAIL, "なし", "そろそろ豆がなくなる頃です。前回と同じ豆はこちら", "Your beans should be running out. The same again?",
     FIRST, LAST, "前回購入の28日後", 2_600, 40, 40, 33, 30, 4_700, 60_000, 0, 0, "", 6, 6, MARKETING, None),
    ("FY26-FRQ-002", "定期便への切り替え案内", "From single orders to a box", "現役", "回数", "60日以内の定期便申込率", "steady_without_box",
     "finding:categories",
     "毎月のように同じ豆を選んでいるから。", "Because you choose the same beans nearly every month.",
     "次の3か月分を、まとめて予約できる時期だから。", "Because the next three months can be booked now.",
     MAIL, "初回の箱代", "いつもの豆を、いつもの間隔で。やめるのもいつでも", "Your usual beans at your usual pace; stop any time",
     day(2026, 9, 7), day(2026, 10, 31), "", 900, 30, 10, 5, 60, 22_000, 70_000, 0, 300, "否", 2, 6, MARKETING, None),
    ("FY26-ITM-001", "水出しに合う一袋の提案", "One more bag for cold brew", "現役", "点数", "30日以内の2点以上購入率", "bean_buyers",
     "finding:categories kpi:items_per_order",
     "昨年の夏に、同じ豆を2回以上選んでいたから。", "Because last summer you chose the same beans twice or more.",
     "水出しを始める時期で、挽き方を変えられるから。", "Because it is the time for cold brew and the grind can be changed.",
     MAIL, "なし", "いつもの豆に、水出し用の一袋を添えませんか", "Add a cold-brew bag to your usual beans",
     day(2026, 6, 15), day(2026, 7, 12), "", 2_400, 40, 14, 10, 30, 2_600, 40_000, 0, 0, "", 2, 5, MARKETING, None),
    ("FY26-PRC-001", "お中元の贈り先リスト", "Mid-year gifts: your list", "現役", "単価", "期間中のギフト購入率", "gift_buyers",
     "finding:states",
     "昨年、お中元を贈った先の控えが残っているから。", "Because your list of last year's receivers is kept.",
     "7月15日までに届けるには、今が申し込みの時期だから。", "Because gifts due by 15 July are ordered now.",
     POST, "送料無料", "昨年の贈り先を控えてあります。確かめるだけで手配できます", "Your list of last year is ready; only confirm it",
     day(2026, 6, 15), day(2026, 7, 20), "", 700, 10, 30, 22, 35, 9_800, 30_000, 95, 550, "否", 1, 8, MARKETING, None),
    ("FY26-PRC-002", "お歳暮の贈り先リスト", "Year-end gifts: your list", "現役", "単価", "期間中のギフト購入率", "gift_buyers",
     "finding:states",
     "昨年、お歳暮を贈った先の控えが残っているから。", "Because your list of last year's receivers is kept.",
     "12月20日までに届けるには、今が申し込みの時期だから。", "Because gifts due by 20 December are ordered now.",
     POST, "送料無料", "昨年の贈り先を控えてあります。確かめるだけで手配できます", "Your list of last year is ready; only confirm it",
     day(2026, 11, 16), day(2026, 12, 20), "", 900, 10, 32, 24, 35, 9_800, 30_000, 95, 550, "否", 1, 9, MARKETING, None),
    ("FY26-RET-002", "お誕生月のご案内", "Birthday month", "優良", "継続", "当月の購入率", "birthday_known",
     "finding:rfm",
     "お誕生月を教えてくださっているから。", "Because you told us the month of your birthday.",
     "今月がお誕生月で、店でお渡しできるから。", "Because it is your month and a cake waits in the store.",
     LINE, "焼き菓子1個", "お誕生月おめでとうございます。焼き菓子をご用意しました", "Happy birthday: a cake is waiting for you",
     FIRST, LAST, "誕生月の1日", 2_000, 15, 33, 29, 30, 4_300, 20_000, 3, 180, "否", 1, 7, SHOPS, day(2026, 3, 12)),
    ("FY26-RET-003", "新豆の先行案内", "New crop, first for you", "優良", "継続", "90日以内の購入率", "regulars",
     "finding:concentration finding:rfm",
     "1年に6回以上、深煎りも浅煎りも選んでいるから。", "Because you ordered six times or more in a year.",
     "秋の新豆が焙煎所に届く週だから。", "Because the new crop reaches the roastery this week.",
     LINE, "先行予約", "今年の新豆を、3日早くご案内します", "This year's crop, three days before the others",
     day(2026, 10, 5), day(2026, 10, 25), "", 1_100, 20, 78, 75, 90, 5_400, 20_000, 3, 0, "", 1, 5, MARKETING, None),
    ("FY26-RET-004", "教室のあとの一杯", "A cup after the class", "優良", "継続", "60日以内の購入率", "class_goers",
     "finding:stores",
     "教室で淹れた豆の名前を、手元の紙に残しているから。", "Because the name of the beans you brewed is on your sheet.",
     "教室の翌日で、淹れ方を覚えているうちだから。", "Because it is the day after the class.",
     MAIL, "なし", "昨日の豆と、淹れ方の動画をお送りします", "Yesterday's beans, and a film of the brewing",
     FIRST, LAST, "来店の翌日", 500, 20, 34, 29, 60, 4_200, 20_000, 0, 0, "", 1, 4, SHOPS, None),
    ("FY26-RSK-001", "ご無沙汰している常連の方へ", "To regulars who stay away", "離反予備軍", "継続", "60日以内の購入率", "lapsing_regulars",
     "finding:gaps finding:bridge",
     "1年に4回以上選んでいたのに、90日ほど間が空いたから。", "Because you ordered four times a year and 90 days have passed.",
     "前に選んだ豆の、次の焙煎日が決まったから。", "Because the next roasting day of your beans is set.",
     MAIL, "なし", "前にお選びの豆を、次はいつ焙煎しましょうか", "When shall we roast your beans next?",
     FIRST, LAST, "最終購入の91日後", 1_200, 40, 24, 17, 60, 4_900, 40_000, 0, 0, "", 1, 5, MARKETING, None),
    ("FY26-WIN-001", "半年ぶりの豆だより", "News after half a year", "休眠", "復活", "60日以内の購入率", "dormant_half_year",
     "learning:C2601-BACK finding:states",
     "半年前に選んだ豆が、味を変えて戻ってきたから。", "Because the beans you chose half a year ago are back.",
     "前のご注文から半年で、好みを選び直せるから。", "Because after half a year you can choose anew.",
     MAIL, "送料無料", "半年ぶりに、好みをひとつだけ教えてください", "After half a year: tell us one thing you like",
     day(2026, 5, 11), day(2026, 6, 14), "", 700, 50, 10, 5, 60, 4_600, 20_000, 0, 300, "否", 1, 4, MARKETING, None),
    ("FY26-WIN-002", "大宮店をご利用だった方へ", "To those of the Omiya store", "休眠", "復活", "90日以内の購入率", "closed_store",
     "finding:stores",
     "大宮店で選んでいた豆を、通販でも同じ日に焙煎しているから。", "Because your beans of Omiya are roasted the same day for post.",
     "店の棚と同じ並びの案内ができたから。", "Because a list in the order of the shelf is ready.",
     POST, "送料無料", "大宮店の棚と同じ並びで、お届けできる豆をまとめました", "The shelf of Omiya, now by post",
     day(2026, 5, 18), day(2026, 6, 30), "", 300, 20, 18, 10, 90, 5_000, 15_000, 95, 550, "否", 1, 4, SHOPS, None),
    ("FY26-CON-001", "連絡手段の選び直し", "Choose how we reach you", "全体", "許諾", "許諾のある会員の割合", "unreachable",
     "finding:bridge",
     "メールもLINEも、まだ選んでいないから。", "Because you have chosen neither mail nor LINE yet.",
     "次のお届けに、返信はがきを入れられるから。", "Because a reply card can come with your next box.",
     BOX, "ドリップ1袋", "お知らせの受け取り方を、はがき1枚で選べます", "Choose how you hear from us, with one card",
     day(2026, 9, 1), day(2027, 1, 31), "", 900, None, 22, None, 90, 0, 30_000, 20, 60, "否", 1, 5, SERVICE, None),
)  # fmt: skip

# code: the last step of the chain of work that is done, campaigns that must have begun before
PROGRESS = {
    "FY26-RET-001": ("テスト", ""),
    "FY26-F2-001": ("テスト", ""),
    "FY26-RET-002": ("配信の設定", ""),
    "FY26-FRQ-001": ("制作", ""),
    "FY26-NEW-002": ("制作", ""),
    "FY26-RET-004": ("対象者の確定", ""),
    "FY26-RSK-001": ("企画", ""),
    "FY26-WIN-001": ("企画", ""),
    "FY26-WIN-002": ("企画", ""),
    "FY26-NEW-001": ("企画", ""),
    "FY26-RET-003": ("", "FY26-CON-001"),
    "FY26-FRQ-002": ("", "FY26-RET-001"),
}


def budget() -> list[tuple[str, str, str, str, int | None, int | None]]:
    """Month, item, part of the business, store, yen, number."""
    found: list[tuple[str, str, str, str, int | None, int | None]] = []
    open_share = sum(share for _, share in OPEN)
    for n in range(12):
        year, month = 2026 + (3 + n) // 12, (3 + n) % 12 + 1
        for part, yearly in BUDGETED.items():
            planned = yearly * 10_000 * SEASON[month] * LEVEL // (1200 * 100)
            stores = OPEN if part == "店舗" else [("", open_share)]
            found += [
                (f"{year}/{month:02d}", "売上", part, store, planned * share // open_share, None) for store, share in stores
            ]
        found.append((f"{year}/{month:02d}", "新規会員", "全社", "", None, 190))
        found.append((f"{year}/{month:02d}", "販促費", "全社", "", 520_000, None))
    return found


def sheets() -> dict[str, bytes]:
    """One file a sheet."""
    money = [
        (month, item, part, store, "" if yen is None else yen, "" if count is None else count)
        for month, item, part, store, yen, count in budget()
    ]
    return {
        "予算_2026年度.csv": csv("年月 項目 部門 店舗コード 金額 件数".split(), money),
        "年間計画案_2026年度.csv": csv(HEAD, [_told(brief) for brief in BRIEFS]),
    }


def _told(brief: tuple[object, ...]) -> list[object]:
    cells = ["" if cell is None else cell for cell in brief]
    for name in ("開始日", "終了日", "承認日"):
        at = HEAD.index(name)
        when = cells[at]
        cells[at] = slashed(when) if isinstance(when, int) else ""
    return [*cells, *PROGRESS.get(str(brief[0]), ("", ""))]
