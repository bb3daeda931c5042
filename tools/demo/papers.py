"""What the departments hand in about their own work: documents, places of data, surroundings, tools, products, requests, words."""

from __future__ import annotations

from tools.demo.days import day, slashed
from tools.demo.writing import csv

FILLED = slashed(day(2026, 2, 20))
DOCUMENTS = (
    ("CRM戦略書", "strategy", "none", None, "", "経営", "", ""),
    (
        "年間販促計画",
        "plan",
        "exists",
        day(2025, 3, 20),
        "月ごとの施策と予算。対象と効果の見方はない。",
        "マーケティング部",
        "共有フォルダ",
        "some",
    ),
    ("配信カレンダー", "practice", "exists", day(2026, 1, 30), "メールとLINEの送信予定。", "マーケティング部", "表計算", "all"),
    (
        "個人情報取扱規程",
        "foundation",
        "exists",
        day(2022, 6, 1),
        "同意の取り方まで。消去の手順はない。",
        "経営",
        "共有フォルダ",
        "all",
    ),
    ("定期便解約理由の集計", "practice", "partly", day(2025, 9, 5), "電話の分だけ。", "お客様サポート", "表計算", "owner"),
)
PLACES = (
    (
        "D1",
        "通販カート",
        "ec_cart",
        "マーケティング部",
        "責任者",
        "カート会社",
        "member",
        "注文",
        "会員番号",
        "D2",
        "by_channel_with_log",
        "配信と受注",
    ),
    ("D2", "メール配信", "ma", "マーケティング部", "担当", "配信会社", "member", "配信", "会員番号", "D1", "flag_only", "配信"),
    ("D3", "店舗レジ", "pos", "店舗運営部", "店長", "レジ会社", "buyer_nonmember", "レシート", "会員証", "D1", "none", "日商"),
    ("D4", "教室予約台帳", "spreadsheet", "店舗運営部", "担当", "", "member", "予約", "電話番号", "", "none", "予約の確認"),
    (
        "D5",
        "問い合わせ管理",
        "helpdesk",
        "お客様サポート",
        "担当",
        "管理会社",
        "member",
        "問い合わせ",
        "会員番号",
        "D1",
        "none",
        "返信",
    ),
    ("D6", "卸売の商談表", "sfa", "卸売部", "担当", "営業支援会社", "account", "商談", "取引先番号", "", "none", "見積"),
)
SURROUNDINGS = (
    (
        "customer",
        "Q01",
        "定期便の解約理由で最も多いのは『豆が余る』",
        "契約の変更履歴 2025年度",
        "fact",
        "お届け間隔を選べることを先に伝える",
        "yes",
    ),
    ("company", "Q04", "2025年4月に豆の価格を改定した", "商品マスタ", "fact", "値上げ分と数量を分けて読む", "yes"),
    ("competitor", "Q07", "近隣に豆の量り売り店が増えた", "店長の見聞き", "hypothesis", "店舗ごとに確かめる", "unknown"),
    ("collaborator", "Q10", "アプリの支払い画面は外部の会社が作っている", "契約書", "fact", "改修の時期を先に決める", "yes"),
    ("context", "Q13", "7月と12月に贈答が増える", "受注明細", "fact", "贈る人と飲む人を分けて見る", "no"),
)
FEATURES = (
    ("マーケティング部", "ma", "対象を条件で絞って送る", "メール配信", "sometimes", "must", 6, "条件を組める人が1人だけ"),
    ("マーケティング部", "ma", "送らない組を残す", "メール配信", "sometimes", "must", 2, ""),
    ("マーケティング部", "ma", "自動で送るシナリオ", "メール配信", "never", "useful", 0, "使い方が分からない"),
    ("お客様サポート", "cs", "問い合わせ理由の集計", "問い合わせ管理", "by_hand", "must", 10, "理由の選択肢がそろっていない"),
    ("卸売部", "sfa", "商談の段階の記録", "営業支援", "often", "must", 0, ""),
)
FIT = (
    ("豆の通販", "くり返し買う", 2, "定期便と都度の注文がある", "マーケティング部"),
    ("豆の通販", "一人ひとり好みが違う", 2, "豆と挽き方の選択がある", "マーケティング部"),
    ("店舗の飲料", "立地と価格で選ばれる", 2, "通勤の途中の購入が多い", "店舗運営部"),
    ("卸売", "担当者との関係で続く", 1, "見積と納期で決まることも多い", "卸売部"),
)
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
            "番号 名称 種類 部門 役割 委託先 対象 単位 顧客キー 連携先 同意 用途 記入日".split(),
            [(*row, FILLED) for row in PLACES],
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
