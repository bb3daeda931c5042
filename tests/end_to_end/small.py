"""Two clients that have little: a small shop with one Excel file and telephone numbers, and a till that knows nobody."""

import datetime
import random

import openpyxl

ROWS, PEOPLE = 3000, 400
FIRST, LAST = datetime.date(2024, 4, 1), datetime.date(2026, 3, 31)
GOODS = {
    "季節の花束": 3300,
    "仏花": 880,
    "鉢植え": 2200,
    "アレンジメント": 4400,
    "一輪": 330,
    "開店祝い": 11000,
    "苗": 440,
    "肥料": 990,
}
SMALL = """\
client: small
name: {ja: 町の花屋, en: A small florist}
example: true
as_of: 2026-03-31
history_complete: true
data:
  order_lines:
    files: 売上帳.xlsx
    columns: {order_id: 伝票番号, ordered_on: 日付, customer_id: 電話番号, product_id: 品名, quantity: 数量, amount: 金額}
"""
NAMELESS = """\
client: nameless
name: {ja: 会員証のない店, en: A shop without ids}
example: true
as_of: 2026-03-31
data:
  order_lines:
    files: till.csv
    columns: {order_id: レシート, ordered_on: 日付, ordered_at: 時刻, store_id: 店舗, product_id: 商品, quantity: 点数, amount: 金額}
  products:
    files: products.csv
    columns: {product_id: 商品, category: 分類}
"""


def small(folder):
    """3,000 rows of 400 customers in one sheet: a title, names nobody may read, a telephone number as the key, a total row."""
    chance = random.Random(20260331)
    rows = []
    for day, order, person in sorted(_visits(chance)):
        phone = f"0{70 + person % 3 * 10}-{1000 + person:04d}-{(person * 7919) % 10000:04d}"
        for _ in range(order[1]):
            goods = chance.choices(list(GOODS), weights=[6, 8, 3, 3, 5, 1, 4, 2])[0]
            count = chance.choice([1, 1, 1, 2, 3])
            price = round(GOODS[goods] * (1.08 if day >= datetime.date(2025, 10, 1) else 1), -1)
            rows.append([day, f"D{order[0]:05d}", f"花井{person}", phone, goods, count, count * price])
    kept = sorted(chance.sample(range(len(rows)), ROWS))
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["売上帳"])
    sheet.append(["日付", "伝票番号", "お名前", "電話番号", "品名", "数量", "金額"])
    for place in kept:
        sheet.append(rows[place])
    amounts = [row[6].value for row in sheet.iter_rows(min_row=3)]
    sheet.append(["合計", None, None, None, None, None, sum(amounts)])
    data = folder / "data" / "small"
    data.mkdir(parents=True)
    book.save(data / "売上帳.xlsx")
    (folder / "params" / "small.yaml").write_text(SMALL, "utf-8")


def _visits(chance):
    """(day, (number, lines), person): a few come often, most seldom, and they leave after a while; the shop opened in 2024."""
    number = 0
    for person in range(PEOPLE):
        joined = FIRST + datetime.timedelta(days=round(700 * chance.random() ** 1.6))
        leaves = joined + datetime.timedelta(days=round(chance.expovariate(1 / 400)))
        gap = chance.choice([9, 15, 30, 60, 120])
        day = joined
        while day <= min(LAST, max(leaves, joined)):
            number += 1
            yield day, (number, chance.choice([1, 1, 1, 2])), person
            day += datetime.timedelta(days=max(1, round(chance.expovariate(1 / gap))))


def nameless(folder):
    """Two years of receipts of three shops without any customer number."""
    chance = random.Random(7)
    lines, goods = [], {f"P{n:02d}": (n % 5, 100 + 37 * n) for n in range(30)}
    day, receipt = FIRST, 0
    while day <= LAST:
        for store in ("本店", "駅前店", "南店"):
            for _ in range(chance.randrange(5, 12)):
                receipt += 1
                time = f"{chance.choice([9, 10, 11, 12, 15, 16, 17, 18, 19]):02d}:{chance.randrange(60):02d}"
                for product in chance.sample(sorted(goods), chance.choice([1, 1, 2, 3, 4, 6])):
                    price = round(goods[product][1] * (1.05 if day >= datetime.date(2025, 4, 1) else 1))
                    count = chance.choice([1, 1, 2])
                    lines.append(f"R{receipt:06d},{day},{time},{store},{product},{count},{price * count}")
        day += datetime.timedelta(days=1)
    data = folder / "data" / "nameless"
    data.mkdir(parents=True)
    (data / "till.csv").write_text("レシート,日付,時刻,店舗,商品,点数,金額\n" + "\n".join(lines) + "\n", "cp932")
    kinds = "".join(f"{product},分類{kind}\n" for product, (kind, _) in goods.items())
    (data / "products.csv").write_text("商品,分類\n" + kinds, "cp932")
    (folder / "params" / "nameless.yaml").write_text(NAMELESS, "utf-8")
