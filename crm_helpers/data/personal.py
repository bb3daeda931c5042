"""Personal data in text: where they stand, and the text with them masked.

Signs are looked for in a copy in which full-width letters, digits and signs are half-width, character by character, so that
places are those of the original. A mask is a word in brackets that names the kind: `[phone]`. Family names come from
`domain/personal_data.yaml`; what stands before 様 or さん and is nobody's name (お客様, 皆様, 店員さん) stays.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from crm_helpers.domain.privacy import flat, surnames, words

FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
DASH = "[-‐‑‒–—−ー]"
KANJI = "一-龯々〆ヶ"
KANA = "ァ-ヴー"
KINDS = ("url", "mail", "card", "phone", "postal", "address", "name", "id")
CONTACTS = ("mail", "card", "phone")  # what never is anything else, and is masked in any text
IN_REPORTS = ("mail", "card", "phone", "address")
CARD_DIGITS = range(14, 17)
ISSUER = re.compile(r"3|4|5|6|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)")  # first digits of payment cards

URL = re.compile(r"https?://[^\s、。」』）)>\"'<]+")
URL_ID = re.compile(r"[?@=]|\d{3}|[0-9a-f]{16}")
MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
CARD = re.compile(r"(?<![A-Za-z0-9_-])\d(?:[ -]?\d){13,15}(?![A-Za-z0-9_-])")
PHONE = re.compile(
    rf"(?<![A-Za-z0-9_-])(?:\+81[- ]?\(?0?\)?[1-9]\d{{0,3}}|\(0\d{{1,4}}\)|0\d{{1,4}})(?:{DASH}|[ ()])?\d{{1,4}}(?:{DASH}|[ )])?\d{{3,4}}(?![A-Za-z0-9_-])"
)
MOBILE = re.compile(r"0[5789]0\d{8}")
LANDLINE = re.compile(r"0[1-9]\d{8}|0120\d{6}|0800\d{7}")
POSTAL = re.compile(rf"〒 ?\d{{3}}{DASH}?\d{{4}}(?!\d)|(?<![A-Za-z0-9_-])\d{{3}}{DASH}\d{{4}}(?![A-Za-z0-9_-])")
NUMBER_OF = re.compile(r"(?:番号|品番|型番|コード|No\.?|ID|#|伝票)(?:は|が|[:： ])*$", re.IGNORECASE)
NUMBER_OF_PERSON = re.compile(r"(?:電話|携帯|郵便)番号(?:は|が|[:： ])*$")
DIGIT = r"[\d一二三四五六七八九十]"
TAIL = rf"(?:{DIGIT}{{1,4}}(?:丁目|番地|番|号|の|{DASH})? ?)"
PLACE = rf"(?:{'|'.join(words('prefectures'))}) ?[^\s\d、。,]{{1,15}}?[市区町村郡][^\s\d、。,]{{0,15}}? ?{TAIL}{{1,4}}"
STREET = (
    rf"[{KANJI}{KANA}ぁ-ん]{{1,6}}[市区町村][^\s\d、。,]{{0,12}}? ?"
    rf"(?:{DIGIT}{{1,3}}(?:丁目|番地)(?: ?{TAIL}){{0,3}}|\d{{1,3}}{DASH}\d{{1,3}}{DASH}\d{{1,4}})"
)
ADDRESS = re.compile(f"{PLACE}|{STREET}")
HONORIFIC = r"(?:様(?![子式々相態])|さま|さん|氏(?![名族])|殿(?![堂下様]))"
NAMED = re.compile(rf"([{KANJI}]{{1,4}} ?[{KANJI}]{{0,4}}|[{KANA}]{{2,8}}(?:[ ・][{KANA}]{{2,8}})?) ?{HONORIFIC}")
FAMILY = "|".join(sorted(surnames(), key=len, reverse=True))
FAMILY_KANA = "|".join(sorted(set(surnames().values()), key=len, reverse=True))
INTRODUCED = r"(?:と申し|と言い|といい)"
FULL_NAME = re.compile(
    rf"(?:{FAMILY}) ?(?:[{KANJI}{KANA}ぁ-ん]{{1,4}}?(?= ?{HONORIFIC})|[{KANJI}{KANA}ぁ-ん]{{0,4}}?(?={INTRODUCED}))"
)
LABELLED = re.compile(r"(?:氏名|お?名前|宛名) ?[::] ?([^\s、。,]{2,10})")
TITLED = re.compile(r"\b(?:Mr|Ms|Mrs|Miss)\.? +([A-Z][a-z]+(?: [A-Z][a-z]+)?)")
TOKEN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9_-]{0,40}(?![A-Za-z0-9])")
MEASURED = re.compile(r" ?(?:円|年|月|日|個|点|件|%|回|人|時|分|枚|本|台|kg|g|ml|cm)")
ID_OF = re.compile(r"(?:会員|顧客|お客様|customer|member) ?(?:番号|ID|コード|No\.?|カード)(?:は|が|[:： ])*$", re.IGNORECASE)
LINE_ID = re.compile(r"U[0-9a-f]{32}")
PSEUDONYM = re.compile(r"h[0-9a-f]{32}")

JAPANESE_NAME = re.compile(rf"(?:{FAMILY})[  ]?[{KANJI}{KANA}ぁ-ん]{{1,4}}")
KANA_NAME = re.compile(rf"(?:{FAMILY_KANA})[  ]?[{KANA}]{{1,6}}")
PLACE_ENDING = tuple("県府都道市区町村店駅館園社部課線")
SPACED_NAME = re.compile(rf"[{KANJI}]{{1,3}}[  ][{KANJI}{KANA}ぁ-ん]{{1,4}}")


@dataclass(frozen=True)
class Found:
    """Personal data at text[start:end]."""

    kind: str
    start: int
    end: int


def half(text: str) -> str:
    """The text with full-width ASCII and the ideographic space made half-width, one character for one."""
    return text if text.isascii() else text.translate(FOLD)


def found(text: str, kinds: Collection[str] = KINDS, is_own_id: Callable[[str], bool] | None = None) -> list[Found]:
    """All personal data of these kinds, in order; of two that overlap the one whose kind comes first in `KINDS`.

    Args:
        is_own_id: whether a word is the id of one of the client's customers.
    """
    plain = half(text)
    taken: list[Found] = []
    for kind in KINDS:
        if kind not in kinds:
            continue
        places = _own_ids(plain, is_own_id) if kind == "id" else LOOKS[kind](plain)
        for start, end in places:
            if all(end <= other.start or start >= other.end for other in taken):
                taken.append(Found(kind, start, end))
    return sorted(taken, key=lambda one: one.start)


def masked(
    text: str, kinds: Collection[str] = KINDS, is_own_id: Callable[[str], bool] | None = None
) -> tuple[str, Mapping[str, int]]:
    """The text with `[kind]` in the place of personal data, and how many of each kind there were."""
    places = found(text, kinds, is_own_id)
    parts, at = [], 0
    for one in places:
        parts += [text[at : one.start], f"[{one.kind}]"]
        at = one.end
    return "".join([*parts, text[at:]]), Counter(one.kind for one in places)


def is_card(number: str) -> bool:
    """Whether 14 to 16 digits begin as payment cards do and pass the Luhn test (ISO/IEC 7812-1)."""
    digits = re.sub(r"\D", "", number)
    return len(digits) in CARD_DIGITS and ISSUER.match(digits) is not None and luhn(digits)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def contact_kind(value: str) -> str | None:
    """What an id is when it is a way to reach a person (`mail`, `phone`, `line`) or a payment card (`card`); else None."""
    text = half(value).strip()
    if MAIL.search(text):
        return "mail"
    if LINE_ID.fullmatch(text):
        return "line"
    if _is_phone(text):
        return "phone"
    return "card" if re.fullmatch(r"\d(?:[ -]?\d){13,15}", text) and is_card(text) else None


def person_kind(value: str) -> str | None:
    """What a whole value is when it identifies a person: name, kana, mail, phone, address, card; else None."""
    text = half(value).strip()
    kind = contact_kind(text)
    if kind in CONTACTS:
        return kind
    if ADDRESS.match(text):
        return "address"
    if KANA_NAME.fullmatch(unicodedata.normalize("NFKC", text)):
        return "kana"
    return "name" if JAPANESE_NAME.fullmatch(text) and not text.endswith(PLACE_ENDING) else None


def is_person_name(company: str) -> bool:
    """Whether a company's name is rather a person's: no word of companies in it, and the look of a name."""
    text = half(company).strip()
    if any(word in company or flat(word) in flat(company) for word in words("corporate")):
        return False
    return bool(JAPANESE_NAME.fullmatch(text) or KANA_NAME.fullmatch(text) or SPACED_NAME.fullmatch(text))


def normalised(value: str) -> str:
    """An id as it is hashed: NFKC, without spaces around, lower case; of a telephone number its national digits."""
    text = flat(value)
    return _national(text) if _is_phone(text) else text


def _national(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return "0" + digits.removeprefix("81").removeprefix("0") if text.startswith("+81") else digits


def _is_phone(text: str) -> bool:
    match = PHONE.fullmatch(text)
    if not match:
        return False
    digits = _national(text)
    return bool(MOBILE.fullmatch(digits) or LANDLINE.fullmatch(digits))


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for match in PHONE.finditer(text):
        bare = match[0].isdigit()
        before = text[max(0, match.start() - 12) : match.start()]
        numbered = bare and NUMBER_OF.search(before) and not NUMBER_OF_PERSON.search(before)
        if _is_phone(match[0]) and not numbered:
            yield match.span()


def _postal_codes(text: str) -> Iterator[tuple[int, int]]:
    for match in POSTAL.finditer(text):
        before = text[max(0, match.start() - 12) : match.start()]
        if match[0].startswith("〒") or not NUMBER_OF.search(before) or NUMBER_OF_PERSON.search(before):
            yield match.span()


def _names(text: str) -> Iterator[tuple[int, int]]:
    for match in FULL_NAME.finditer(text):
        yield match.span()
    for match in NAMED.finditer(text):
        name = match[1]
        if not _is_nobody(name):
            yield match.span(1)
    for pattern in (LABELLED, TITLED):
        for match in pattern.finditer(text):
            yield match.span(1)


def _is_nobody(name: str) -> bool:
    """Whether what stands before 様 or さん is a role, a trade or a part of another word."""
    if name in surnames():
        return False
    return _ends_as_nobody(name) or name.endswith(("屋", "店", "会社", "者", "員", "師", "手", "係"))


@functools.cache
def _ends_as_nobody(name: str) -> bool:
    listed = words("nobody")
    return name in listed or any(len(word) > 1 and name.endswith(word) for word in listed)


def _own_ids(text: str, is_own_id: Callable[[str], bool] | None) -> Iterator[tuple[int, int]]:
    """Words that are ids of customers. Bare numbers count only where they stand as one, and not as an amount or a day."""
    for match in TOKEN.finditer(text):
        word, named = match[0], ID_OF.search(text[max(0, match.start() - 16) : match.start()])
        short = len(word) < 5 or (word.isdigit() and (len(word) < 6 or MEASURED.match(text, match.end())))
        if named or (not short and (PSEUDONYM.fullmatch(word) or (is_own_id is not None and is_own_id(word)))):
            yield match.span()


def _matches(pattern: re.Pattern[str], test: Callable[[str], object] = bool) -> Callable[[str], Iterator[tuple[int, int]]]:
    return lambda text: (match.span() for match in pattern.finditer(text) if test(match[0]))


LOOKS: Mapping[str, Callable[[str], Iterator[tuple[int, int]]]] = {
    "url": _matches(URL, lambda url: URL_ID.search(url)),
    "mail": _matches(MAIL),
    "card": _matches(CARD, is_card),
    "phone": _phones,
    "postal": _postal_codes,
    "address": _matches(ADDRESS),
    "name": _names,
}
