"""Codes that a spreadsheet spoiled: floats, exponents, lost zeros; and numbers that stand for nobody.

What cannot be known again is never made up: an exponent (1.23457E+12) stands for many codes, so it counts as empty.
Lost zeros come back only when the restored code is in the master and the short one is not.
"""

from __future__ import annotations

from crm_helpers.data.rules.model import CellRule

FLOAT = r"^\d+\.0+$"
EXPONENT = r"^\d(\.\d+)?[eE]\+?\d{1,2}$"
LOST = r"^\d\.\d+[eE]\+\d{1,2}$"
MASTERS = {"customer_id": "customers", "product_id": "products", "store_id": "stores", "account_id": "accounts"}
WORDS = (
    *(
        "guest",
        "ゲスト",
        "非会員",
        "会員外",
        "未登録",
        "匿名",
        "anonymous",
        "unknown",
        "不明",
        "none",
        "null",
        "n/a",
        "nan",
        "dummy",
    ),
    *("ダミー", "なし", "一般客"),
)
NOBODY = "regexp_full_match({0}, '0+')"
NINES = "regexp_full_match({0}, '9{{4,}}')"

RULES = (
    CellRule("ids.exponent", f"regexp_matches(fold(x), '{LOST}')", read=None),
    CellRule("ids.float", f"regexp_matches(fold(x), '{FLOAT}')"),
)
