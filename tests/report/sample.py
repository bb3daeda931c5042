"""A small worded report, in Japanese and English, with what breaks renderers: marks of markup, long text and tables."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import cache
from itertools import pairwise

from matplotlib import font_manager, rc_context
from matplotlib.figure import Figure

from crm_helpers.fonts import font_files
from crm_helpers.look import TOKENS
from crm_helpers.report.pages import (
    Chapter,
    Cover,
    Page,
    PageChart,
    PagePanel,
    PageTable,
    Rail,
    RailFigure,
    Report,
    Section,
    TableColumn,
)

HOSTILE = r"""<b>&"' #set text(red) $x$ @a \n \u{41} *b* _i_ `c` [d] {{ 7*7 }} {% x %} ]]> -- ... <script>alert(1)</script>"""
ROWS = 60  # of the long basis table

UI = {
    "ja": {"read": "読み方", "sure": "確からしさ", "next": "次の一手", "comment": "担当者より", "contents": "目次",
           "basis": "前提と定義", "colophon": "奥付", "confidential": "取扱注意", "question": "問い", "page": "ページ", "skip": "本文へ移動"},
    "en": {"read": "How to read", "sure": "Evidence", "next": "Next move", "comment": "From your consultant",
           "contents": "Contents", "basis": "Basis and definitions", "colophon": "Colophon",
           "confidential": "Confidential", "question": "Question", "page": "Page", "skip": "Skip to the report"},
}  # fmt: skip

WORDS = {
    "ja": {
        "client": "見本珈琲株式会社", "book": "CRM診断レポート 2025年度", "chapter": "基礎分析", "second": "施策の検証",
        "stamp": "見本・架空の数値", "question": "売上はなぜ{}減ったのですか。",
        "headline": "売上は|1,756百万円で、|前年度より|85百万円（4.6%）|減った。/新規客8,300人減の|寄与▲109百万円を、|"
                    "単価上昇の|+90百万円では|補えていない",
        "long": "優良顧客は|28,560人（14.2%）で、|24か月の売上の|55.9%を占め、|前年度より|620人少ない。/"
                "増えている要注意の|20,470人を、|次の90日に|働きかける|優先対象とし、|クーポンの有無で|分けて|検証する|"
                "計画を|6月までに|まとめる",
        "chart": "売上増減の要因分解", "unit": "百万円、2024年度 → 2025年度", "table": "顧客層別の構成",
        "read": "左の値は、右の枝の掛け算（×）または足し算（+）に一致する。",
        "sure": "内訳の事実。新規客が減った原因は示さない。95%信頼区間は[▲4.6, ▲3.0]。",
        "next": "新規獲得の経路別に、人数と獲得費を並べて見直す", "who": "EC担当・5月31日まで",
        "note": "1点単価には値上げのほか商品構成の変化を含む。分解は LMDI 法（残差なし）。",
        "comment": "店長会議では、モール経由の客の質が話題になりました。次回までに経路別の2回目購入を見ておきます。",
        "label": "新規客の寄与", "value": "▲109", "money": "百万円", "compare": "売上増減▲85百万円の内訳",
        "foot": ("出典: 受注明細（返品控除後・税抜）", "購入者131,900人、注文472,202件", "基準日: 2026年3月31日",
                 "定義: DF-01, DF-04"),
        "segments": ("優良", "育成", "新規", "▶ 要注意", "休眠優良", "休眠一般", "初回離れ", "計"),
        "columns": ("顧客層", "人数", "構成比", "売上", "1人当たり"), "units": ("", "人", "%", "百万円", "円"),
        "prose": "この頁の段落は、分析者がノートブックに書いたものである。人数と金額の両方を見てから結論を読んでください。",
        "basis": ("受領データ", "定義", "突合"), "item": "受注明細{}月分", "kept": "採用", "cover": "顧客基礎分析と施策の効果検証",
        "facts": (("対象期間", "2025年4月1日〜2026年3月31日"), ("基準日", "2026年3月31日"), ("版", "第1.0版"),
                  ("作成", "見本コンサルティング株式会社")),
        "handling": "本書は貴社内の検討のために作成したものです。社外への開示・転載はお控えください。",
        "statement": "本書の数値は架空のもので、実在の企業とは関係ありません。",
    },
    "en": {
        "client": "Mihon Coffee Co., Ltd.", "book": "CRM review FY2025", "chapter": "Customer analysis",
        "second": "Campaign tests", "stamp": "SAMPLE – FICTIONAL NUMBERS", "question": "Why did sales {} fall?",
        "headline": "Sales were JPY 1,756 m, down 85 m (4.6%) on last year. The loss of 8,300 new customers took 109 m; "
                    "higher prices per item (+90 m) did not make up for it",
        "long": "28,560 best customers (14.2%) bring 55.9% of 24-month sales, and there are 620 fewer of them than a year "
                "ago. The at-risk group has grown to 20,470: make it the first target of the next 90 days, and test the "
                "offer with and without a coupon before June",
        "chart": "What explains the change in sales", "unit": "JPY m, FY2024 → FY2025", "table": "Segments",
        "read": "Each value on the left equals the product (×) or sum (+) of its branches.",
        "sure": "A decomposition. It does not say why new customers fell. 95% interval [−4.6, −3.0].",
        "next": "Put heads and acquisition cost side by side for each channel", "who": "E-commerce lead, by 31 May",
        "note": "Price per item includes mix as well as price rises. LMDI decomposition, no residual.",
        "comment": "The store managers asked about the quality of mall customers. I will bring second orders by channel.",
        "label": "Contribution of new customers", "value": "−109", "money": "JPY m", "compare": "of a total change of −85 m",
        "foot": ("Source: order lines (net of returns, ex tax)", "131,900 buyers, 472,202 orders",
                 "As of: 31 March 2026", "Definitions: DF-01, DF-04"),
        "segments": ("Best", "Growing", "New", "▶ At risk", "Lapsed best", "Lapsed", "Once only", "Total"),
        "columns": ("Segment", "Customers", "Share", "Sales", "Per head"), "units": ("", "", "%", "JPY m", "JPY"),
        "prose": "The analyst wrote this paragraph into the notebook. Read heads and money together before the conclusion.",
        "basis": ("Data received", "Definitions", "Reconciliation"), "item": "Order lines, month {}", "kept": "kept",
        "cover": "Customer analysis and campaign tests",
        "facts": (("Period", "1 April 2025 – 31 March 2026"), ("As of", "31 March 2026"), ("Version", "1.0"),
                  ("Author", "Mihon Consulting")),
        "handling": "Made for your company's internal use. Please do not pass it on.",
        "statement": "All numbers are fictional and describe no real company.",
    },
}  # fmt: skip

FIGURES = (("28,560", "14.2", "2,011", "70,413"), ("23,820", "11.9", "289", "12,133"), ("9,600", "4.8", "35", "3,646"),
           ("20,470", "10.2", "395", "19,297"), ("4,500", "2.2", "198", "44,000"), ("41,430", "20.7", "410", "9,896"),
           ("72,070", "36.0", "259", "3,594"), ("200,450", "100.0", "3,597", "17,945"))  # fmt: skip


@cache
def chart(height: str, word: str) -> str:
    """A bar chart of the true size with text as text, a clip path and a hatch."""
    for path in font_files():
        font_manager.fontManager.addfont(path)
    wide, high = TOKENS["page_mm"]["main"], TOKENS["chart_mm"][height]
    settings = {
        "font.family": [TOKENS["font"]["family"]],
        "svg.fonttype": "none",
        "svg.hashsalt": "crm",
        "font.size": 8.5,
    }
    with rc_context(settings):
        figure = Figure(figsize=(wide / 25.4, high / 25.4))
        axes = figure.add_axes((0.06, 0.12, 0.92, 0.8))
        axes.bar(range(6), [9, 4, 6, 2, 7, 3], color=TOKENS["colour"]["accent"], width=0.62)
        axes.bar([6], [5], fc="none", ec=TOKENS["colour"]["mark"], hatch="/////")
        axes.plot(range(7), [3, 5, 4, 6, 5, 7, 8], color=TOKENS["colour"]["alert"])
        axes.text(3, 8, f"{word} 1,756")
        axes.spines[["top", "right"]].set_visible(False)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return re.sub(r"(\d\.\d\d)\d+", r"\1", out.getvalue())


def segments(lang: str) -> PageTable:
    """Eight rows with a focus row and a total."""
    words = WORDS[lang]
    columns = tuple(
        TableColumn(title, unit, "right" if at else "left", 1.6 if at == 0 else 1.0)
        for at, (title, unit) in enumerate(zip(words["columns"], words["units"], strict=True))
    )
    rows = tuple((name, *figures) for name, figures in zip(words["segments"], FIGURES, strict=True))
    return PageTable(columns, rows, focus=3, total=True)


def long_table(lang: str, rows: int = ROWS) -> PageTable:
    """`rows` rows, each with a number of its own."""
    words = WORDS[lang]
    columns = (TableColumn(words["columns"][0], align="left", weight=2), TableColumn(words["columns"][1], words["units"][1]),
               TableColumn(words["kept"], align="left", weight=3))  # fmt: skip
    return PageTable(columns, tuple((words["item"].format(n), f"{n + 7000:,}", words["kept"]) for n in range(rows)))


def report(lang: str) -> Report:
    """Three pages in two chapters, a basis of three sections, hostile text in every kind of place."""
    words = WORDS[lang]
    rail = Rail(RailFigure(words["label"], words["value"], words["money"], words["compare"]), (words["read"],) * 2,
                (words["sure"],), words["next"], words["who"], note=words["note"])  # fmt: skip
    small, middle, large = (
        PagePanel(
            f"{words['chart']} {height}",
            words["unit"],
            PageChart(chart(height, words["client"]), height, words["chart"]),
        )
        for height in "SML"
    )
    table = PagePanel(words["table"], words["unit"], table=segments(lang))
    common = {"rail": rail, "foot_left": words["foot"]}
    first = Page("BA-01", "01-two-charts", words["question"].format("A"), words["headline"], (small, middle), **common)
    second = Page("BA-02", "02-table", words["question"].format("B"), words["long"], (middle, table), **common)
    third = Page(
        "CA-01", "03-large", words["question"].format("C " + HOSTILE), words["headline"], (replace(large, title=HOSTILE),),
        replace(rail, comment=f"{words['comment']} {HOSTILE}"), (*words["foot"], HOSTILE[:20]), (words["prose"], HOSTILE),
    )  # fmt: skip
    received, definitions, reconciled = words["basis"]
    sections = (
        Section(received, words["unit"], (words["prose"],), long_table(lang)),
        Section(definitions, "", (words["read"], words["sure"], HOSTILE)),
        Section(reconciled, words["unit"], (), segments(lang)),
    )
    return Report(
        lang, f"{words['client']} {words['book']}", words["client"], words["book"], words["facts"][-1][1], words["stamp"],
        "2026-04-20", UI[lang],
        Cover(words["client"], words["book"], words["cover"], words["facts"], UI[lang]["confidential"], words["handling"],
              words["statement"]),
        (Chapter("1", words["chapter"], (first, second), sections), Chapter("2", words["second"], (third,), ())),
        (*words["facts"], ("<key>", HOSTILE)),
    )  # fmt: skip


def in_order(text: str, parts: list[str]) -> bool:
    """Whether the parts stand in the text one after the other."""
    places = [text.find(part) for part in parts]
    return -1 not in places and all(one < other for one, other in pairwise(places))
