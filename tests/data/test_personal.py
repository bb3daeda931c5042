"""Personal data in Japanese text, each sentence worked out by hand; and what looks like them and is not."""

from __future__ import annotations

import pytest

from crm_helpers.data import personal

MASKED = [
    ("店員の田中さんが親切でした", "店員の[name]さんが親切でした"),
    ("佐藤花子様にもお伝えください", "[name]様にもお伝えください"),
    ("山田 太郎さんの対応", "[name]さんの対応"),
    ("スミス・ジョンさん", "[name]さん"),
    ("山田太郎と申します", "[name]と申します"),
    ("鈴木と申します", "[name]と申します"),
    ("氏名：高橋一郎、よろしく", "氏名：[name]、よろしく"),
    ("Ms. Tanaka was kind", "Ms. [name] was kind"),
    ("電話は090-1234-5678まで", "電話は[phone]まで"),
    ("０３−１２３４−５６７８に", "[phone]に"),
    ("03(1234)5678です", "[phone]です"),
    ("090ー1234ー5678", "[phone]"),
    ("携帯09012345678", "携帯[phone]"),
    ("携帯番号は09012345678です", "携帯番号は[phone]です"),
    ("+81 90-1234-5678", "[phone]"),
    ("連絡はtaro.yamada@example.co.jpへ", "連絡は[mail]へ"),
    ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ", "[mail]"),
    ("〒105-0011 東京都港区芝公園4-2-8に住む", "[postal] [address]に住む"),
    ("港区芝公園四丁目2番8号です", "[address]です"),
    ("さいたま市浦和区高砂3-15-1", "[address]"),
    ("カードは4111 1111 1111 1111です", "カードは[card]です"),
    ("４１１１１１１１１１１１１１１１", "[card]"),
    ("https://shop.example/item?uid=99 を見た", "[url] を見た"),
    ("会員番号は12です", "会員番号は[id]です"),
    ("M00123の者です", "[id]の者です"),
]
KEPT = [
    "お客様の声を皆様に。神様ではない。王様、奥様、お嬢様、お母さん、赤ちゃん",
    "様々な様子、仕様と模様、同様に多様で、有様だ",
    "担当者さん、配送業者さん、パン屋さん、スタッフさん、店員さんありがとう",
    "たくさん買いました。彼氏と来た。氏名は不要",
    "注文番号0312345678が届かない",
    "注文番号 123-4567 と品番123-4567",
    "受注番号 4111111111111112",
    "JAN 4901234567894",
    "価格は12,000円、合計 1234567円",
    "2023-01-05 10:30、2023年12月31日",
    "この市販品を3-4個、1日2-3回",
    "https://shop.example/about",
    "東京都港区に引っ越した",
    "0120円ではなく120円",
]


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_personal_data_are_masked(text: str, expected: str) -> None:
    assert personal.masked(text, is_own_id={"M00123"}.__contains__)[0] == expected


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_them_stays(text: str) -> None:
    assert personal.masked(text, is_own_id={"M00123"}.__contains__) == (text, {})


def test_what_was_masked_is_counted_by_kind() -> None:
    assert personal.masked("田中さんと佐藤さん、090-1234-5678")[1] == {"name": 2, "phone": 1}


def test_luhn() -> None:
    """The examples of ISO/IEC 7812-1 as published: 79927398713 is valid, its neighbours are not."""
    assert [n for n in range(79927398710, 79927398720) if personal.luhn(str(n))] == [79927398713]
    assert personal.is_card("4111-1111-1111-1111")
    assert not personal.is_card("2023010512345678"), "begins as no card does"
    assert not personal.is_card("4111111111111112")
    assert not personal.is_card("79927398713"), "too short"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Taro@Example.jp", "mail"), ("09012345678", "phone"), ("03-1234-5678", "phone"), ("U" + "0af1" * 8, "line"),
        ("5555555555554444", "card"), ("CS001212000018", None), ("0000123456", None), ("1234567890", None), ("20230105-S14-001", None),
        ("090", None), ("00001", None),
    ],
)  # fmt: skip
def test_ids_that_are_contacts(value: str, kind: str | None) -> None:
    assert personal.contact_kind(value) == kind


def test_one_person_is_written_in_many_ways() -> None:
    ways = ["090-1234-5678", "09012345678", "０９０－１２３４－５６７８", "+81 90-1234-5678", "+819012345678"]
    assert {personal.normalised(way) for way in ways} == {"09012345678"}
    assert personal.normalised(" Ｔaro@Example.JP ") == personal.normalised("taro@example.jp")
    assert personal.normalised("A-001") != personal.normalised("A001")


def test_companies_and_sole_traders() -> None:
    people = ["田中太郎", "山田 花子", "サトウハナコ", "西園寺 公望"]
    companies = ["株式会社田中", "田中商店", "鈴木工業(株)", "Acme Inc.", "トヨタ", "日本放送"]
    assert [name for name in people + companies if personal.is_person_name(name)] == people
