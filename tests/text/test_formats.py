"""How numbers, money and days are written."""

import pytest

from crm_helpers.text.catalogue import Voice


@pytest.mark.parametrize(
    ("lang", "currency", "largest", "value", "form", "told"),
    [
        ("ja", "JPY", 1_756_000_000, -109_000_000, "money_signed", "▲109百万円"),
        ("ja", "JPY", 71_749_164, 71_749_164, "money", "7,175万円"),
        ("ja", "JPY", 999_999, 999_999, "money", "999,999円"),
        ("ja", "JPY", 9_999_999, 1_735_770, "money", "173.6万円"),
        ("en", "JPY", 9_999_999, 1_735_770, "money", "JPY 1,736 k"),
        ("ja", "JPY", 2_000_000_000_000, 2_000_000_000_000, "money", "20,000億円"),
        ("en", "JPY", 1_756_000_000, -109_000_000, "money_signed", "−JPY 109 m"),
        ("en", "JPY", 71_749_164, 2_102_190, "money_number_signed", "+2.10"),
        ("en", "USD", 24_409_194, 24_409_194, "money", "USD 244,092"),
        ("ja", "USD", 24_409_194, 3_528.0, "price", "35.28ドル"),
        ("ja", None, 0, 0.0301835, "pct1", "3.0%"),
        ("ja", None, 0, -0.0151, "pt1_signed", "▲1.5pt"),
        ("en", None, 0, -0.0151, "pt1_signed", "−1.5 pt"),
        ("ja", None, 0, 0.00001, "pct1_signed", "0.0%"),
        ("ja", None, 0, None, "int", "—"),
        ("en", None, 0, float("nan"), "dec2", "—"),
        ("ja", None, 0, "2023-07-01/2023-12-31", "period", "2023年7〜12月"),
        ("en", None, 0, "2023-07-01/2023-12-31", "period", "July–December 2023"),
        ("ja", None, 0, "2022-04-01/2023-03-31", "period", "2022年4月〜2023年3月"),
        ("ja", None, 0, "2023-07-01/2023-07-31", "period", "2023年7月"),
        ("en", None, 0, "2023-07-03/2023-07-20", "period", "3 July 2023 – 20 July 2023"),
        ("en", None, 0, "2022-04-01/2023-03-31", "period_label", "Apr 2022–Mar 2023"),
        ("ja", None, 0, "2023-12-31", "date", "2023年12月31日"),
    ],
)
def test_a_value_is_written_as_its_language_writes_it(lang, currency, largest, value, form, told):
    assert Voice(lang, currency, largest).number(value, form) == told


def test_halves_round_away_from_zero():
    voice = Voice("ja", "JPY", 71_749_164)
    assert voice.number(5_000, "money") == "1万円"
    assert voice.number(-15_000, "money") == "▲2万円"
    assert voice.number(2.675, "dec2") == "2.68", "as printed, not as binary floats have it"


def test_printed_parts_add_up_to_the_printed_sum_and_the_quoted_part_keeps_its_own_rounding():
    formats = Voice("ja", "JPY", 71_749_164).formats
    parts = [562_018, -682_582, -743_183, 1_763_536, 1_202_401]
    shown = formats.rounded_parts(parts, keep=3)
    assert sum(shown) == 2_100_000
    assert shown[3] == 1_760_000
    assert all(abs(s - p) < 15_000 for s, p in zip(shown, parts, strict=True))


def test_three_thirds_still_add_up():
    assert sum(Voice("ja", "JPY", 20_000_000).formats.rounded_parts([3_333_333] * 3)) == 10_000_000
