"""What is sold, where, and at which price."""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo.days import CLOSING, PRICE_RISE, day


@dataclass(frozen=True)
class Store:
    """A store with a till."""

    id: str
    name: str
    prefecture: str
    opened: int
    closed: int | None
    format: str


STORES = (
    Store("001", "横浜本店", "神奈川県", day(2016, 4, 15), None, "路面店"),
    Store("002", "吉祥寺店", "東京都", day(2018, 10, 5), None, "路面店"),
    Store("003", "大宮店", "埼玉県", day(2020, 3, 20), CLOSING, "駅ビル"),
)


@dataclass(frozen=True)
class Product:
    """A product: price with tax in yen, its rise in April 2025 in percent, and how often each channel sells it."""

    id: str
    name: str
    category: str
    subcategory: str
    price: int
    rise: int
    cost: int  # percent of the price
    ec: int
    till: int
    tax: int = 8
    launched: int | None = None
    ended: int | None = None

    def at(self, when: int) -> int:
        """Price on a day, in whole tens."""
        return (self.price * (100 + self.rise) + 500) // 1000 * 10 if when >= PRICE_RISE else self.price

    def sold(self, when: int) -> bool:
        """Whether it is on sale on the day."""
        return (self.launched is None or when >= self.launched) and (self.ended is None or when <= self.ended)


BEANS = (
    "みなとブレンド",
    "深煎りブレンド",
    "朝のブレンド",
    "エチオピア",
    "グアテマラ",
    "ブラジル",
    "コロンビア",
    "カフェインレス",
)


def _beans() -> list[Product]:
    found = []
    for number, name in enumerate(BEANS, start=1):
        kind = "ブレンド" if number <= 3 else "シングルオリジン"
        base = 980 if number <= 3 else 1180
        for size, (grams, factor, ec, till) in enumerate(((100, 100, 5, 10), (200, 185, 9, 8), (500, 430, 5, 2)), start=1):
            price = base * factor // 1000 * 10
            weight = 2 if number <= 3 else 1
            found.append(
                Product(f"B{number:02d}{size}", f"{name} {grams}g", "コーヒー豆", kind, price, 7, 42, ec * weight, till * weight)
            )
    return found


PRODUCTS = (
    *_beans(),
    Product("D011", "ドリップバッグ 10袋", "ドリップバッグ", "定番", 1480, 6, 45, 16, 10),
    Product("D012", "ドリップバッグ 30袋", "ドリップバッグ", "定番", 3980, 6, 44, 9, 2),
    Product("D013", "ドリップバッグ アソート 5袋", "ドリップバッグ", "アソート", 860, 6, 48, 6, 12),
    Product("D014", "水出しバッグ 6個", "ドリップバッグ", "季節", 1280, 6, 44, 5, 4),
    Product("L011", "アイスコーヒー 無糖 1L", "リキッド", "ボトル", 980, 5, 40, 6, 4),
    Product("L012", "カフェオレベース 500ml", "リキッド", "ベース", 1380, 5, 41, 5, 4),
    Product("S011", "焼き菓子 3個", "菓子", "焼き菓子", 780, 3, 50, 4, 12),
    Product("S012", "コーヒーゼリー 4個", "菓子", "ゼリー", 1480, 3, 48, 2, 4),
    Product("S013", "キャラメルナッツ", "菓子", "豆菓子", 640, 3, 46, 2, 6, ended=day(2024, 9, 30)),
    Product("S014", "オーツクッキー", "菓子", "焼き菓子", 680, 3, 47, 3, 7, launched=day(2024, 10, 1)),
    Product("K011", "ペーパーフィルター 100枚", "器具", "消耗品", 480, 0, 45, 5, 4, tax=10),
    Product("K012", "ドリッパー", "器具", "抽出", 1980, 0, 55, 1, 1, tax=10),
    Product("K013", "手挽きミル", "器具", "ミル", 6800, 0, 58, 1, 0, tax=10),
    Product("K014", "保存缶 200g", "器具", "保存", 1650, 0, 52, 1, 1, tax=10),
)
GIFTS = (
    Product("G011", "ギフトセット 豆2種", "ギフト", "豆", 3480, 5, 44, 5, 4),
    Product("G012", "ギフトセット ドリップ20袋", "ギフト", "ドリップ", 4200, 5, 45, 6, 3),
    Product("G013", "ギフトセット リキッド3本", "ギフト", "リキッド", 3980, 5, 43, 4, 2),
    Product("G014", "ギフトセット 豆と器具", "ギフト", "豆と器具", 7800, 4, 50, 2, 1, tax=10),
)
SUBSCRIBED = (
    Product("T011", "定期便 おまかせ200g×2", "定期便", "豆", 3200, 7, 43, 0, 0),
    Product("T012", "定期便 おまかせ500g", "定期便", "豆", 3900, 7, 42, 0, 0),
    Product("T013", "定期便 ドリップ30袋", "定期便", "ドリップ", 3580, 6, 44, 0, 0),
)
WHOLESALE = (
    Product("W011", "業務用ブレンド 1kg", "業務用", "豆", 3300, 6, 58, 0, 0),
    Product("W012", "業務用深煎り 1kg", "業務用", "豆", 3450, 6, 58, 0, 0),
    Product("W013", "業務用ドリップ 200袋", "業務用", "ドリップ", 11800, 5, 60, 0, 0),
    Product("W014", "業務用フィルター 1000枚", "業務用", "消耗品", 3600, 0, 62, 0, 0, tax=10),
    Product("W021", "抽出機器 保守", "保守", "年間", 132000, 0, 35, 0, 0, tax=10),
    Product("W022", "発注ポータル 利用料", "保守", "月額", 3300, 0, 20, 0, 0, tax=10),
)
SHIPPING = Product("SHIP", "送料", "送料", "送料", 550, 0, 100, 0, 0, tax=10)
SAMPLE = Product("X001", "非売品 メジャースプーン", "非売品", "おまけ", 0, 0, 0, 0, 0, tax=10)
TRIAL = Product("X999", "テスト商品", "非売品", "テスト", 1, 0, 0, 0, 0, tax=10)
ALL = (*PRODUCTS, *GIFTS, *SUBSCRIBED, *WHOLESALE, SHIPPING, SAMPLE, TRIAL)
BY_ID = {product.id: product for product in ALL}
EC_SHELF = (*((product, product.ec) for product in PRODUCTS), *((gift, 1) for gift in GIFTS[:3]))
TILL_SHELF = tuple((product, product.till) for product in PRODUCTS if product.till)
