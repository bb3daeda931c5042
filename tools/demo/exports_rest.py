"""The exports of the other tools: messages, boxes, web, surveys, call centre, sales tool, and the papers of the office."""

from __future__ import annotations

from tools.demo import journey, management, papers, voice, wholesale
from tools.demo.campaigns import PRICE, Campaign, Contact
from tools.demo.days import LOGGED_FROM, day, last_of, moment, months, slashed
from tools.demo.exports_people import bare
from tools.demo.subscriptions import Contract
from tools.demo.writing import csv

CHANGES = {
    **{"start": "開始", "ship": "出荷", "skip": "スキップ", "pause": "休止", "resume": "再開", "cycle": "間隔変更"},
    **{"seats": "席数変更", "cancel": "解約", "restart": "再契約"},
}
ROWS = {
    **{"goal": "目的", "action": "行動", "touchpoint": "接点", "thought": "思考", "emotion": "感情"},
    **{"pain": "困りごと", "idea": "機会", "owner": "担当", "kpi": "KPI"},
}


def _at(told: tuple[int, int] | None) -> str:
    return moment(*told) if told else ""


def messages(
    plans: list[Campaign], log: list[Contact], totals: list[tuple[str, int, str, int, int, int, int, int]]
) -> dict[str, bytes]:
    """The briefs, the send log of fiscal 2025 by month, and the counts of before."""
    brief = [
        (c.id, c.name, c.stage, c.purpose, c.kpi, c.segment, c.channel, c.offer, c.message, slashed(c.first), slashed(c.last), c.trigger,
         c.eligible or "", "" if c.control is None else c.control, "" if c.expected is None else c.expected,
         "" if c.expected_control is None else c.expected_control, c.window, c.planned or "", c.spent or "", c.owner,
         slashed(c.first - 30) if c.first >= LOGGED_FROM else "")
        for c in plans
    ]  # fmt: skip
    brief_head = "施策コード 施策名 段階 目的 KPI 対象 手段 特典 文面 開始日 終了日 きっかけ 対象人数 対照群比率 想定率 対照想定率 判定日数 予算 実績費用 担当部門 承認日".split()
    files = {
        "施策一覧.csv": csv(brief_head, brief),
        "配信集計_2023-2024年度.csv": csv(
            "施策コード 配信日 手段 配信数 到達数 開封数 クリック数 配信停止数".split(),
            [(code, slashed(when), *rest) for code, when, *rest in totals],
        ),
    }
    head = "配信番号 施策コード 会員番号 割付日時 手段 群 送信日時 到達 開封日時 クリック日時 反応日時 停止日時 費用".split()
    rows = [
        (c.when, (f"M{n:06d}", c.campaign, c.customer, moment(c.when, c.minute), c.channel, "配信" if c.treated else "対照",
         moment(c.when, c.minute) if c.treated else "", ("○" if c.delivered else "×") if c.treated else "", _at(c.opened), _at(c.clicked),
         _at(c.responded), _at(c.out), PRICE[c.channel] if c.treated else 0))
        for n, c in enumerate(log, start=1)
    ]  # fmt: skip
    for year, month in months():
        if day(year, month, 1) >= LOGGED_FROM:
            part = [row for when, row in rows if day(year, month, 1) <= when <= last_of(year, month)]
            files[f"配信ログ_{year}{month:02d}.csv"] = csv(head, part)
    return files


def boxes(contracts: list[Contract], services: list[Contract]) -> dict[str, bytes]:
    """Contracts of consumers and accounts, and the log of their changes."""
    held = [*contracts, *services]
    rows = [
        (c.number, c.customer, c.account, slashed(c.started), c.plan, c.product.id, c.offer, c.product.at(10**6), c.cycle, c.seats or "",
         c.shipments, "" if c.cancelled else slashed(c.due), slashed(c.cancelled), c.reason, c.again.number if c.again else "")
        for c in held
    ]  # fmt: skip
    changes = [
        (c.number, slashed(x.when), CHANGES[x.change], x.shipment or "", slashed(x.until), x.old, x.new, x.offer, x.reason)
        for c in held
        for x in sorted(c.changes, key=lambda x: (x.when, x.change))
    ]
    head = "契約番号 会員番号 取引先コード 開始日 プラン 商品コード 初回特典 価格 お届け間隔 席数 お届け回数 次回予定日 解約日 解約理由 再契約元".split()
    return {
        "契約一覧.csv": csv(head, rows),
        "契約履歴.csv": csv("契約番号 日付 内容 お届け回 休止終了 変更前 変更後 案内 理由".split(), changes),
    }


def web(found: list[journey.Event]) -> dict[str, bytes]:
    """The log of web and app, by month."""
    head = "イベント番号 日時 イベント 画面 経路 流入 会員番号 訪問者 セッション 商品コード 施策コード 店舗コード".split()
    files = {}
    for year, month in [m for m in months() if day(*m, 1) >= journey.EVENTS_FROM]:
        rows = [
            (f"E{n:06d}", moment(e.when, e.minute), e.event, f"{e.channel}:{e.event}", e.channel, e.medium, e.customer, e.visitor, e.session,
             e.product, f"C{year % 100:02d}{month:02d}-SALE" if e.medium == "メール" else "",
             "001" if e.channel == "アプリ" and n % 97 == 0 else "")
            for n, e in enumerate(found, start=1)
            if day(year, month, 1) <= e.when <= last_of(year, month)
        ]  # fmt: skip
        files[f"行動ログ_{year}{month:02d}.csv"] = csv(head, rows, "utf-8")
    return files


def voices(answers: list[voice.Answer], inquiries: list[voice.Inquiry]) -> dict[str, bytes]:
    """Surveys and inquiries."""
    said = [
        (a.response, a.wave, a.customer, slashed(a.when), a.measure, a.question, a.touchpoint, a.store, a.channel,
         "" if a.score is None else a.score, a.comment, a.publish)
        for a in answers
    ]  # fmt: skip
    asked = [
        (f"Q{n:05d}", i.customer, _at(i.opened), _at(i.replied), _at(i.closed), i.channel, i.reason, "有" if i.complaint else "無", i.order,
         i.contract, i.store, i.memo)
        for n, i in enumerate(inquiries, start=1)
    ]  # fmt: skip
    head = "回答番号 回 会員番号 回答日 種別 設問 接点 店舗コード 方法 点数 自由記述 掲載可否".split()
    return {
        "アンケート回答.csv": csv(head, said),
        "問い合わせ.csv": csv(
            "受付番号 会員番号 受付日時 初回返信 完了日時 手段 用件 苦情 受注番号 契約番号 店舗コード メモ".split(),
            asked,
        ),
    }


def bookings(found: list[journey.Booking]) -> bytes:
    """The book of the classes, kept in Excel: it took the zeros off the member numbers."""
    rows = [
        (f"K{n:05d}", bare(b.customer), b.store, moment(b.booked, b.minute), moment(b.visit, b.hour), b.status,
         moment(b.cancelled, 720) if b.cancelled else "", b.staff, b.menu, b.channel, b.people, b.amount)
        for n, b in enumerate(found, start=1)
    ]  # fmt: skip
    head = "予約番号 会員番号 店舗コード 受付日時 来店日時 状態 取消日時 担当者 教室 受付方法 人数 金額".split()
    return csv(head, rows)


def trade(services: list[Contract]) -> dict[str, bytes]:
    """Use of the portal, leads, deals and the stages of the deals."""
    leads = wholesale.leads()
    deals = wholesale.deals(leads)
    return {
        "ポータル利用.csv": csv(
            ("契約番号", "利用者", "日付", "機能", "回数"), [(c, u, slashed(w), f, n) for c, u, w, f, n in wholesale.usage(services)]
        ),
        "リード.csv": csv(
            "リード番号 取引先コード 発生日 きっかけ 担当部門 状態 見極め日 商談化日 失注理由".split(),
            [(x.id, x.account, slashed(x.created), x.source, "卸売部", x.status, slashed(x.qualified), slashed(x.converted), x.reason)
             for x in leads],
        ),
        "商談.csv": csv(
            "商談番号 リード番号 取引先コード 担当部門 開始日 段階 金額 予定日 受注日 失注日 失注理由".split(),
            [(d.id, d.lead, d.account, "卸売部", slashed(d.opened), d.stages[-1][0], d.amount, slashed(d.expected), slashed(d.won),
              slashed(d.lost), d.reason) for d in deals],
        ),
        "商談履歴.csv": csv(
            ("商談番号", "段階", "到達日", "金額"), [(d.id, stage, slashed(when), yen) for d in deals for stage, when, yen in d.stages]
        ),
    }  # fmt: skip


def office(acquisition: list[tuple[str, str, int, int]]) -> dict[str, bytes]:
    """Budget, cost of winning customers, self-check, interviews, workshop, and the departments' papers."""
    checks = [
        (wave, who, where, slashed(when), item, "" if level is None else level, seen, why)
        for wave, who, where, when, item, level, seen, why in management.self_check()
    ]
    notes = [
        (note, slashed(when), who, stage, ROWS[row], text, "" if score is None else score, where)
        for note, when, who, stage, row, text, score, where in management.workshop()
    ]
    budget = [
        (month, item, part, store, "" if yen is None else yen, "" if count is None else count)
        for month, item, part, store, yen, count in management.budget()
    ]
    return {
        "予算.csv": csv("年月 項目 部門 店舗コード 金額 件数".split(), budget),
        "獲得費.csv": csv(("年月", "媒体", "費用", "獲得数"), acquisition),
        "診断票.csv": csv("回 回答者 部門 回答日 設問 水準 資料確認 コメント".split(), checks),
        "ヒアリング.csv": csv(
            "番号 実施日 部門 役割 質問 回答".split(),
            [(n, slashed(w), d, r, q, a) for n, w, d, r, q, a in management.interviews()],
        ),
        "ワークショップ.csv": csv("番号 実施日 対象 段階 行 内容 気持ち 部門".split(), notes),
        **papers.sheets(),
    }
