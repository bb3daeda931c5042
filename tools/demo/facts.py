"""The planted facts: what is true, how to see it in plain SQL, and that the data are large enough to show it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tools.demo import queries
from tools.demo.power import ENOUGH, Comparison, Counts, Means, Shares
from tools.demo.sizes import Sizes


@dataclass(frozen=True)
class Fact:
    """One planted fact.

    Args:
        where: the tables that show it.
        sql: gives one row.
        expected: column of that row → value and how far off it may be.
        shown: the comparison at the size of the data.
    """

    id: str
    ja: str
    en: str
    where: str
    sql: str
    expected: Mapping[str, tuple[float, float]]
    shown: Comparison


def facts(n: Sizes) -> list[Fact]:
    """All planted facts; their sizes are those of the company that was made."""
    return [
        Fact(
            "price_not_volume",
            "2025年度の売上は前年比+2.0%。だが値上げ分を除くと▲3.4%。",
            "Sales of fiscal 2025 rose by 2.0 %; at last year's prices they fell by 3.4 %.",
            "order_lines, day_totals",
            queries.PRICE,
            {"sales_percent": (1.9, 0.5), "volume_percent": (-3.4, 0.5)},
            Counts(-0.034, 3.0, n.items),
        ),
        Fact(
            "sns_second_order",
            "SNS広告で来た初回客は、180日以内に2回目を買う人が約17%。ほかの経路は約50%。",
            "Of first buyers who came by social media advertising some 17 % order again within 180 days; of the others about half.",
            "customers.joined_by, order_lines",
            queries.SECOND,
            {"sns_percent": (17, 5), "others_percent": (49, 5)},
            Shares(0.17, 0.49, n.second),
        ),
        Fact(
            "sale_no_effect",
            "毎月の全員20%OFFは、送らなかった人と比べて期間中の購入率を上げていない。",
            "The monthly 20 % off for everybody does not raise the share that buys, compared with those left out.",
            "contacts, order_lines",
            queries.SALE,
            {"difference_points": (0, 0.6)},
            Shares(0.018, 0.028, n.sale),
        ),
        Fact(
            "second_box_cancelled",
            "定期便は約3分の1が2回目のお届け前に解約し、その約6割の理由は「豆が余っている」。",
            "A third of the boxes are cancelled before the second shipment, some 60 % of these because of beans left over.",
            "contracts, contract_changes",
            queries.BOX,
            {"before_second_percent": (35, 4), "before_third_percent": (15, 4), "left_over_percent": (62, 7)},
            Shares(0.35, 0.13, n.boxes),
        ),
        Fact(
            "interval_offer",
            "お届け間隔の変更案内を送った定期便は2回目に届いた割合が約87%。送らなかった組は約66%。",
            "Of the boxes that got the offer to change the interval 87 % reached the second shipment; 66 % of those left out.",
            "contacts, contracts, contract_changes",
            queries.INTERVAL,
            {"offered_percent": (87, 6), "left_out_percent": (66, 7)},
            Shares(0.87, 0.65, n.interval),
        ),
        Fact(
            "prefecture_slows",
            "通販の購入回数は全体では横ばいだが、兵庫県では約3分の1減った。",
            "Orders a buyer in the shop stay level as a whole, but fell by about a third in Hyogo.",
            "customers.prefecture, order_lines",
            queries.PREFECTURE,
            {"hyogo_percent": (-33, 8), "all_percent": (-2, 3)},
            Means(4.0, 2.7, (3.4, 2.4), n.prefecture),
        ),
        Fact(
            "identified_share",
            "アプリ会員証の開始(2025年6月)で、店舗売上のうち会員のわかる割合が約20%から約31%に上がった。",
            "With the card in the app (June 2025) the identified share of the stores' sales rose from some 20 % to some 31 %.",
            "order_lines, day_totals",
            queries.IDENTIFIED,
            {"before_percent": (20, 3), "after_percent": (31, 3)},
            Shares(0.20, 0.31, n.receipts),
        ),
        Fact(
            "closed_store",
            "2025年8月に閉じた大宮店の客は、その後180日に買った人が約24%。ほかの2店の客は約68%。",
            "Of the customers of the store that closed in August 2025 some 24 % bought in the next 180 days; 68 % of the other stores'.",
            "stores, order_lines",
            queries.CLOSED,
            {"closed_percent": (24, 7), "others_percent": (68, 7)},
            Shares(0.24, 0.68, n.closed),
        ),
        Fact(
            "pulled_forward",
            "秋のまとめ買いは期間中の購入率を上げたが、その後4週間で同じだけ下がった(前倒し)。",
            "The autumn bulk offer raised the share that bought in its week, and lowered it as much in the four weeks after.",
            "contacts, order_lines",
            queries.BULK,
            {"during_points": (6.5, 2.5), "after_points": (-6.5, 2.5), "whole_points": (0, 3.5)},
            Shares(0.094, 0.029, n.bulk),
        ),
        Fact(
            "app_payment",
            "支払い方法を選ぶところまで来た訪問のうち、注文を終えるのはWebで約81%、アプリで約52%。",
            "Of the visits that reach the payment, 81 % end in an order on the web and 52 % in the app.",
            "events",
            queries.PAYMENT,
            {"app_percent": (52, 3), "web_percent": (81, 3)},
            Shares(0.52, 0.81, n.payment),
        ),
        Fact(
            "opt_out_ignored",
            "自己評価では「停止の人を毎回除外」は3以上だが、メールを停止した人のほぼ全員にその後も送っている。",
            "The self-check rates leaving out who opted out at 3 or more, yet nearly all who opted out of mail were sent mail afterwards.",
            "audit_answers, contacts",
            queries.OPT_OUT,
            {"median_level": (3, 1), "still_sent_percent": (98, 5)},
            Shares(0.98, 0.02, n.opted_out),
        ),
        Fact(
            "random_card_design",
            "会員証のデザインは無作為で、1人当たりの購入回数に差はない。",
            "The design of the card is random: it makes no difference to orders a member.",
            "customers.card_design, order_lines",
            queries.CARD,
            {"a_to_c_percent": (0, 12)},
            Means(8.4, 7.4, (8.0, 8.0), n.cards),
        ),
        Fact(
            "random_box_colour",
            "箱の色は無作為で、ギフトの割合に差はない。",
            "The colour of the box is random: it makes no difference to the share of gifts.",
            "order_lines.box_colour",
            queries.COLOUR,
            {"brown_to_navy_points": (0, 1.0)},
            Shares(0.06, 0.075, n.colours),
        ),
    ]


def as_yaml(found: list[Fact]) -> str:
    """The facts as data/demo/truth.yaml; every one of them must be large enough to be seen."""
    lines = ["# What is true of this client, planted on purpose; made by tools/demo, tested by tests/demo/test_truth.py."]
    lines += ["# power: two-sided 5 %, of seeing the planted difference (for facts of no difference: one worth acting on)."]
    for fact in found:
        power = fact.shown.power()
        if power < ENOUGH:
            raise AssertionError(f"{fact.id}: power {power:.3f} at n = {fact.shown.n}")
        lines += [f"- id: {fact.id}", f"  ja: {_quoted(fact.ja)}", f"  en: {_quoted(fact.en)}", f"  where: {_quoted(fact.where)}"]
        lines += ["  expected:"]
        lines += [f"    {column}: {{value: {value}, tolerance: {off}}}" for column, (value, off) in fact.expected.items()]
        lines += [
            f"  n: [{', '.join(map(str, fact.shown.n))}]",
            f"  power: {min(0.99, math.floor(power * 100) / 100)}",
            "  sql: |",
        ]
        lines += [f"    {line}" for line in fact.sql.strip().splitlines()]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
