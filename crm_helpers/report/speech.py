"""Sentences and next moves in words: what the pages and the summary both say."""

from __future__ import annotations

from crm_helpers.document import Sentence
from crm_helpers.params.own_texts import own_texts
from crm_helpers.params.schema import Params
from crm_helpers.text.catalogue import Voice


def voice_of(params: Params, lang: str, largest: int = 0) -> Voice:
    """The client's voice in a language, on a page whose largest amount is `largest` (minor units)."""
    return Voice(lang, params.currency, largest, own_texts(params, lang))


def say(voice: Voice, sentence: Sentence) -> str:
    """A sentence with its facts in the voice's language."""
    return voice.say(sentence.key, **sentence.facts)


def who_and_when(params: Params, step: str, voice: Voice) -> str:
    """Who does a step's next move, and by when; left to the meeting when the params do not say."""
    move = params.next_moves.get(step)
    if move is None:
        return voice.say("report.next_open")
    return voice.say("report.next_who", who=move.who.in_language(voice.lang), by=move.by.isoformat())
