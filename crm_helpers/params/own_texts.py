"""The texts that a client brings along: its business's words, its journey, the names in its settings; and the audit's items."""

from __future__ import annotations

from crm_helpers.domain.content import audit
from crm_helpers.params.journey import journey
from crm_helpers.params.schema import Params


def own_texts(params: Params, lang: str) -> dict[str, str]:
    """Text key → the client's text in `lang`; a `Voice` takes them before the shipped ones."""
    pack = params.business
    told = {f"segments.name.{name}": _plain(segment.name.in_language(lang)) for name, segment in params.segments.items()}
    told |= {
        f"audit_item.{item['id']}.{part}": _plain(str(item[f"{name}_{lang if lang == 'ja' else 'en'}"]))
        for item in audit()["items"]
        for part, name in (("step", "first_step"), ("proof", "evidence"))
    }
    for stage in journey(params).stages:
        parts = (("stage", stage.names), ("goal", stage.goal), ("action", stage.action))
        told |= {f"journey.{part}.{stage.id}": _plain(words.get(lang) or next(iter(words.values()))) for part, words in parts}
    if pack:
        told |= {f"words.{word}": text for word, text in pack.words.get(lang, {}).items()}
        told["business.name"] = pack.names.get(lang) or next(iter(pack.names.values()))
    return told


def _plain(text: str) -> str:
    """A name on one line, without the signs that mean something in a template or a headline."""
    return " ".join(text.translate(SIGNS).split())


SIGNS = str.maketrans({"{": "（", "}": "）", "|": "｜", "/": "／"})
