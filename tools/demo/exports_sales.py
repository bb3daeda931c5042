"""The exports of the sales system: order lines by month with their quirks, the tills' totals, and the control totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tools.demo.catalogue import STORES
from tools.demo.days import clock, day, last_of, months, slashed
from tools.demo.orders import BOX, Line, Order
from tools.demo.world import World
from tools.demo.writing import csv

GUEST = "99999999"  # what the sales system writes where nobody is signed in
TWICE = day(2024, 9, 30)  # a day that is in two monthly files
WIDE = (2024, 5)  # a month that was exported with full-width digits
SUMMED = (2023, 12)  # a month whose file ends with a line of totals
NARROW = (2023, 6)  # a month of the tills with half-width kana
HEAD = "受注番号 行番号 受注日 受注時刻 販路 店舗コード 会員番号 取引先コード 商品コード 数量 販売金額 値引額 ポイント利用額 税率 クーポン 販促コード 契約番号 お届け回数 元受注番号 担当者 箱の色".split()
TILL_HEAD = "営業日 店舗コード 販路 大分類 客数 点数 売上 値引".split()
KANA = str.maketrans({"コ": "ｺ", "ー": "ｰ", "ヒ": "ﾋ", "リ": "ﾘ", "キ": "ｷ", "ッ": "ｯ", "ド": "ﾄﾞ"})
FULL = str.maketrans("0123456789,", "０１２３４５６７８９，")


def sales(world: World) -> dict[int, dict[str, bytes]]:
    """Fiscal year → the monthly files of its zip."""
    by_month: dict[tuple[int, int], list[tuple[str, ...]]] = {month: [] for month in months()}
    spans = {month: (day(*month, 1), last_of(*month)) for month in months()}
    order = iter(world.orders)
    held = next(order, None)
    repeated: list[tuple[str, ...]] = []
    for month in months():
        rows = by_month[month]
        rows += repeated
        repeated = []
        while held is not None and held.day <= spans[month][1]:
            lines = list(_rows(held))
            rows += lines
            repeated += lines if held.day == TWICE else []
            held = next(order, None)
    found: dict[int, dict[str, bytes]] = {2023: {}, 2024: {}, 2025: {}}
    for (year, number), rows in by_month.items():
        found[year - (number < 4)][f"売上明細_{year}{number:02d}.csv"] = csv(HEAD, _quirks((year, number), rows))
    return found


def _rows(order: Order) -> Iterator[tuple[str, ...]]:
    for number, line in enumerate(order.lines, start=1):
        yield (
            *(
                order.number,
                str(number),
                slashed(order.day),
                "" if order.channel == BOX else clock(order.minute),
                order.channel,
                order.store,
            ),
            *(order.customer or GUEST, order.account, line.product.id, str(line.quantity), _yen(line)),
            *(str(line.discount), str(line.points), str(line.product.tax), order.coupon, order.campaign, order.contract),
            *(str(order.shipment or ""), order.returned.number if order.returned else "", order.staff, order.box),
        )


def _yen(line: Line) -> str:
    return f"▲{-line.amount:,}" if line.amount < 0 else str(line.amount)


def _quirks(month: tuple[int, int], rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    if month == WIDE:
        return [(*row[:6], *(cell.translate(FULL) for cell in row[6:7]), *row[7:9], *(c.translate(FULL) for c in row[9:11]), *row[11:])
                for row in rows]  # fmt: skip
    if month == SUMMED:
        total = sum(int(row[10].replace("▲", "-").replace(",", "")) for row in rows)
        return [*rows, ("合計", *[""] * 9, str(total), *[""] * 10)]
    return rows


def tills(world: World) -> dict[str, bytes]:
    """The tills' totals by fiscal year."""
    files: dict[str, bytes] = {}
    for year in (2023, 2024, 2025):
        first, last = day(year, 4, 1), day(year + 1, 3, 31)
        narrow = (day(*NARROW, 1), last_of(*NARROW))
        rows = [
            (
                slashed(when),
                store,
                "店舗",
                category.translate(KANA) if narrow[0] <= when <= narrow[1] else category,
                receipts,
                items,
                yen,
                0,
            )
            for when, store, category, receipts, items, yen in world.day_totals
            if first <= when <= last
        ]
        files[f"レジ日計_{year}年度.csv"] = csv(TILL_HEAD, rows)
    return files


def control_totals(world: World) -> bytes:
    """What the accounts say of each month, tills included: lines, receipts, buying members, items, yen, each counted once.

    The accounts know no test orders, and staff are not members.
    """
    kinds = {member.id: member.kind for member in world.members}
    rows = []
    for year, month in months():
        first, last = day(year, month, 1), last_of(year, month)
        held = [o for o in world.orders if first <= o.day <= last and kinds.get(o.customer) != "test"]
        lines = [line for o in held for line in o.lines]
        people = {o.customer for o in held if o.customer and kinds.get(o.customer) != "staff"}
        till = [row for row in world.day_totals if first <= row[0] <= last]
        orders = sum(o.amount >= 0 for o in held) + sum(row[3] for row in till)
        items = sum(line.quantity for line in lines) + sum(row[4] for row in till)
        yen = sum(line.amount for line in lines) + sum(row[5] for row in till)
        rows.append((f"{year}-{month:02d}", len(lines), orders, len(people), items, yen))
    return csv("年月 明細数 受注数 購入会員数 点数 売上".split(), rows, "utf-8")


def masters_of_stores() -> tuple[list[str], list[tuple[object, ...]]]:
    """The stores as a sheet: header and rows."""
    head = "店舗コード 店舗名 都道府県 開店日 閉店日 形態".split()
    return head, [(s.id, s.name, s.prefecture, slashed(s.opened), slashed(s.closed), s.format) for s in STORES]


def spent(world: World) -> Mapping[str, int]:
    """Yen of each member in the last year."""
    found: dict[str, int] = {}
    for order in world.orders:
        if order.customer and order.day >= day(2025, 4, 1):
            found[order.customer] = found.get(order.customer, 0) + order.amount
    return found
