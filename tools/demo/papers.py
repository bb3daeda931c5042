"""What the departments hand in about their own work: documents, places of data, surroundings, tools, products, requests, words."""

from __future__ import annotations

from tools.demo.days import day, slashed
from tools.demo.writing import csv

FILLED = slashed(day(2026, 2, 20))
DOCUMENTS = (
    ("CRM戦略書", "strategy", "none", None, "", "経営", "", ""),
    ("中期経営計画", "strategy", "exists", day(2024, 5, 10), "売上と粗利の目標。顧客の目標はない。", "経営", "共有フォルダ", "some"),
    ("顧客の定義書", "strategy", "partly", day(2025, 10, 2), "会員と新規だけ。", "マーケティング部", "表計算", "owner"),
    ("年間販促計画", "plan", "exists", day(2025, 3, 20), "月ごとの施策と予算。対象と効果の見方はない。", "マーケティング部", "共有フォルダ", "some"),
    ("施策企画書", "plan", "partly", day(2026, 1, 15), "大きい施策だけ。", "マーケティング部", "共有フォルダ", "some"),
    ("配信カレンダー", "practice", "exists", day(2026, 1, 30), "メールとLINEの送信予定。", "マーケティング部", "表計算", "all"),
    ("停止・除外の手順書", "practice", "none", None, "", "マーケティング部", "", ""),
    ("定期便解約理由の集計", "practice", "partly", day(2025, 9, 5), "電話の分だけ。", "お客様サポート", "表計算", "owner"),
    ("個人情報取扱規程", "foundation", "exists", day(2022, 6, 1), "同意の取り方まで。消去の手順はない。", "経営", "共有フォルダ", "all"),
    ("プライバシーポリシー", "foundation", "exists", day(2024, 4, 1), "公開中。", "経営", "サイト", "all"),
    ("委託先との契約", "foundation", "partly", day(2023, 11, 20), "配信会社の分だけ。", "経営", "書庫", "owner"),
    ("システム構成図", "foundation", "unknown", None, "", "マーケティング部", "", ""),
)  # fmt: skip
# number, name, kind, department, role, processor, whose, one row is, key, gives to, how, matched %, refreshed, records,
# personal data, consent, kept for, used for, trouble; then what it holds: id contact consent purchase sent inquiry web points
PLACES = (
    (("D1", "通販カート", "ec_cart", "マーケティング部", "責任者", "カート会社", "member", "注文", "会員番号", "D2、D9"),
     ("batch_daily", 100, "daily", 9_131, "PD1_direct", "by_channel_with_log", "退会後3年", "受注と配信", ""), "◎◎◎◎   ◎"),
    (("D2", "メール配信", "ma", "マーケティング部", "担当", "配信会社", "member", "配信", "会員番号", "D1"),
     ("batch_daily", 97, "daily", 6_420, "PD1_direct", "flag_only", "", "配信", "停止の反映が翌月になることがある"), " ○○ ◎   "),
    (("D3", "店舗レジ", "pos", "店舗運営部", "店長", "レジ会社", "buyer_nonmember", "レシート", "会員証", "D1"),
     ("manual_csv", 31, "daily", 48_393, "PD3_behavioural_linkable", "none", "7年", "日商", "会員証の提示がない購入が多い"), "   ◎    "),
    (("D4", "教室予約台帳", "spreadsheet", "店舗運営部", "担当", "", "member", "予約", "電話番号", ""),
     ("none", None, "on_demand", 1_180, "PD1_direct", "none", "", "予約の確認と案内", "同じ人が別の番号で載る"), "○◎      "),
    (("D5", "問い合わせ管理", "call_center", "お客様サポート", "担当", "管理会社", "member", "問い合わせ", "会員番号", "D1"),
     ("rekey", 82, "realtime", 1_219, "PD1_direct", "none", "3年", "返信", "理由の選択肢がそろっていない"), "○○   ◎  "),
    (("D6", "卸売の商談表", "sfa", "卸売部", "担当", "営業支援会社", "corporate_contact", "商談", "取引先番号", ""),
     ("none", None, "weekly", 214, "PD1_direct", "none", "5年", "見積", ""), "◎◎ ○    "),
    (("D7", "LINE配信", "line_tool", "マーケティング部", "担当", "配信会社", "member", "友だち", "LINEのID", "D9"),
     ("batch_daily", 74, "realtime", 5_310, "PD2_pseudonymous", "by_channel_with_log", "1年", "配信", ""), "  ◎ ◎   "),
    (("D8", "紙の入会申込書", "paper", "店舗運営部", "店長", "", "member", "申込", "なし", ""),
     ("none", None, "stopped", 2_600, "PD1_direct", "flag_only", "", "保管のみ", "店の棚にある"), "○○◎     "),
    (("D9", "アプリ会員証", "app", "マーケティング部", "担当", "アプリ会社", "member", "会員", "会員番号", "D3"),
     ("realtime_api", 96, "realtime", 3_050, "PD2_pseudonymous", "by_channel_with_log", "退会後1年", "会員証と配信", ""), "○ ○   ◎○"),
)  # fmt: skip
HELD = {"◎": "master", "○": "copy", " ": ""}
SURROUNDINGS = (
    ("customer", "C1-2", "定期便の解約理由で最も多いのは『豆が余る』", "契約の変更履歴 2025年度", "fact", "お届け間隔を選べることを先に伝える", "yes"),
    ("customer", "C1-4", "アンケートでは『味』、解約では『量』が理由になる", "アンケートと解約理由 2025年度", "interpretation", "声は理由の種類を分けて読む", "unknown"),
    ("company", "C2-1", "2025年4月に豆の価格を改定した", "商品マスタ", "fact", "値上げ分と数量を分けて読む", "yes"),
    ("company", "C2-3", "配信の条件を組める人は1人", "機能の利用状況 2026年2月", "fact", "手順書を作り、2人にする", "yes"),
    ("competitor", "C3-1", "近隣に豆の量り売り店が増えた", "店長の見聞き", "hypothesis", "店舗ごとに確かめる", "unknown"),
    ("collaborator", "C4-1", "アプリの支払い画面は外部の会社が作っている", "契約書", "fact", "改修の時期を先に決める", "yes"),
    ("context", "C5-2", "7月と12月に贈答が増える", "受注明細", "fact", "贈る人と飲む人を分けて見る", "no"),
)  # fmt: skip
FEATURES = (
    ("マーケティング部", "ma", "対象を条件で絞って送る", "メール配信", "sometimes", "must", 6, "条件を組める人が1人だけ"),
    ("マーケティング部", "ma", "送らない組を残す", "メール配信", "sometimes", "must", 2, ""),
    ("マーケティング部", "ma", "自動で送るシナリオ", "メール配信", "never", "useful", 0, "使い方が分からない"),
    ("マーケティング部", "ma", "内容の出し分け", "メール配信", "never", "none", 0, ""),
    ("マーケティング部", "crm", "手段別の同意・停止の管理", "", "by_hand", "must", 8, "道具ごとに停止を入れ直す"),
    ("店舗運営部", "crm", "顧客の基本情報と購入履歴の閲覧", "", "absent", "must", 0, "レジでは会員番号しか見えない"),
    ("お客様サポート", "cs", "問い合わせ理由の集計", "問い合わせ管理", "by_hand", "must", 10, "理由の選択肢がそろっていない"),
    ("お客様サポート", "cs", "応対時の購入履歴の参照", "問い合わせ管理", "never", "useful", 0, ""),
    ("卸売部", "sfa", "商談の段階の記録", "営業支援", "often", "must", 0, ""),
    ("経営", "bi", "月次KPIのダッシュボード", "", "by_hand", "useful", 12, "毎月表計算で作っている"),
)  # fmt: skip
FIT = tuple(
    (business, trait, fit, why, department)
    for business, department, told in (
        ("豆の通販・定期便", "マーケティング部", (
            ("repeat", 2, "定期便と都度の注文がある"), ("service", 1, "淹れ方の相談がある"), ("not_price", 2, "量り売りより高いが選ばれる"),
            ("not_place", 2, "全国に送る"), ("not_range", 1, ""), ("identified", 2, "ほぼ全員が会員"), ("margin", 2, ""),
            ("differ", 2, "豆と挽き方の選択がある"), ("breadth", 2, "器具と教室がある"), ("reach", 2, "許諾を取れる"))),
        ("店舗の飲料", "店舗運営部", (
            ("repeat", 2, "通勤の途中に寄る"), ("service", 1, ""), ("not_price", 1, ""), ("not_place", 0, "駅からの近さで選ばれる"),
            ("not_range", 1, ""), ("identified", 0, "会員証の提示は3割"), ("margin", 0, "1杯の粗利が小さい"), ("differ", 1, ""),
            ("breadth", 1, ""), ("reach", 1, "アプリの会員証"))),
        ("卸売", "卸売部", (
            ("repeat", 2, "毎月の注文がある"), ("service", 2, "担当者との関係で続く"), ("not_price", 1, "見積と納期で決まることも多い"),
            ("not_place", 2, ""), ("not_range", 1, ""), ("identified", 2, "取引先番号がある"), ("margin", 1, ""), ("differ", 2, ""),
            ("breadth", 1, ""), ("reach", None, ""))),
    )
    for trait, fit, why in told
)  # fmt: skip
REQUESTS = (
    ("order_lines", "given", "", "マーケティング部", ""), ("customers", "given", "", "マーケティング部", "住所は都道府県まで"),
    ("contacts", "partly", slashed(day(2026, 4, 10)), "マーケティング部", "直近12か月より前は件数だけ"), ("surveys", "given", "", "お客様サポート", ""),
    ("usage", "given", "", "卸売部", "発注画面の分"), ("control_totals", "given", "", "経営", "月次の実績"),
)  # fmt: skip
TERMS = (
    ("会員", "differs", "会員証かアプリを持つ人", "購入の有無によらず登録のある人"),
    ("新規客", "undecided", "", "期間内に初めて注文した人"),
    ("休眠", "none", "", "データから決めた日数を超えて注文のない人"),
    ("売上", "same", "", "税込、値引後、返品を引いた額"),
)


def sheets() -> dict[str, bytes]:
    """One file a sheet."""
    documents = [
        (n, a, s, slashed(when), covers, where, place, shared, FILLED)
        for n, a, s, when, covers, where, place, shared in DOCUMENTS
    ]
    return {
        "資料一覧.csv": csv("資料 区分 有無 更新日 内容 部門 場所 共有 記入日".split(), documents),
        "データの所在.csv": csv(
            "番号 名称 種類 部門 役割 委託先 対象 単位 顧客キー 連携先 方法 突合率 更新 件数 区分 同意 保存期間 用途 問題".split()
            + [f"もつ情報{n}" for n in range(1, 9)]
            + ["記入日"],
            [(*row, *more, *(HELD[sign] for sign in held), FILLED) for row, more, held in PLACES],
        ),
        "5C.csv": csv(
            "区分 問い 事実 出典 確かさ 意味 方針の変更 部門 記入日".split(), [(*row, "経営", FILLED) for row in SURROUNDINGS]
        ),
        "機能の利用.csv": csv("部門 種類 機能 道具 利用 必要 時間 妨げ 記入日".split(), [(*row, FILLED) for row in FEATURES]),
        "商材の適合.csv": csv("事業 特性 程度 根拠 部門 記入日".split(), [(*row, FILLED) for row in FIT]),
        "依頼データ.csv": csv(
            "データ 状況 予定日 部門 備考 窓口 記入日".split(), [(*row, "マーケティング部", FILLED) for row in REQUESTS]
        ),
        "用語.csv": csv(
            "用語 状況 貴社の定義 合意した定義 部門 記入日".split(), [(*row, "マーケティング部", FILLED) for row in TERMS]
        ),
    }
