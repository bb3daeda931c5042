"""Texts are complete: every language has every key, with the same facts, and every translation fits its source."""

import json
import re
import string
from pathlib import Path

import pytest
import yaml

import crm_helpers
from crm_helpers.text.catalogue import WORD, MissingText, Voice, keys, languages, texts
from crm_helpers.text.prose import digest, translated

PACKAGE = Path(crm_helpers.__file__).parent
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9][0-9]_*.ipynb"))
OWN = ("formats.", "notebooks.", "words.")  # patterns and words of one language, and translations of the Japanese notebooks


def facts(template):
    """The facts that a template quotes; words of the business are none, a language may need one where another does not."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name and not name.startswith("word.")}


def words(lang):
    return {key: text for key, text in keys(lang).items() if not key.startswith(OWN)}


@pytest.mark.parametrize("lang", languages())
def test_every_language_has_every_key(lang):
    assert sorted(set(words("ja")) ^ set(words(lang))) == []


UNITS = {"money_unit", "price_unit"}  # a language may need a unit where another writes none


@pytest.mark.parametrize("lang", languages())
def test_a_text_quotes_the_same_facts_in_every_language(lang):
    other = words(lang)
    differing = [key for key, text in words("ja").items() if (facts(text) ^ facts(other[key])) - UNITS and "sample" not in key]
    assert differing == []


@pytest.mark.parametrize("lang", [lang for lang in languages() if lang != "ja"])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_shipped_notebooks_are_translated_and_no_translation_is_stale_or_unused(lang, path):
    cells = {c["id"]: "".join(c["source"]) for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "markdown"}
    states = {cell: translated(lang, path.stem[:2], cell, source).state for cell, source in cells.items()}
    assert {cell: state for cell, state in states.items() if state != "written"} == {}
    assert set(texts(lang, "notebooks")[path.stem[:2]]) - set(cells) == set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_the_prose_with_words_of_a_business_reads_as_in_the_notebook_with_the_usual_ones(path):
    cells = {c["id"]: "".join(c["source"]) for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "markdown"}
    worded = texts("ja", "notebooks")[path.stem[:2]]
    assert {cell: Voice("ja").worded(told["text"]) for cell, told in worded.items()} == {cell: cells[cell] for cell in worded}
    assert [cell for cell, told in worded.items() if told["of"] != digest(cells[cell])] == []


def test_a_changed_source_makes_its_translation_stale_and_the_japanese_stands():
    told = translated("en", "02", "rfm-question", "## 別の問い")
    assert (told.text, told.state) == ("## 別の問い", "stale")
    assert translated("en", "02", "no-such-cell", "文").state == "missing"
    assert translated("ja", "02", "anything", "文").state == "written"
    assert digest("文\n") == digest("文"), "a trailing line feed is no change"


def test_a_missing_key_names_the_language():
    with pytest.raises(MissingText, match="en: sales.no_such"):
        Voice("en").say("sales.no_such")


@pytest.mark.parametrize("lang", languages())
def test_every_word_of_the_business_that_a_text_quotes_is_there_and_every_one_is_quoted(lang):
    quoted = {name[0].lower() + name[1:] for text in keys(lang).values() for name in WORD.findall(text)}
    assert quoted == set(texts(lang, "words"))


def test_the_words_of_a_business_come_before_the_usual_ones():
    clinic = Voice("en", own={"words.order": "visit", "words.orders": "visits"})
    assert clinic.say("hours.title") == "Visits by weekday and hour"
    assert clinic.template("rfm.orders.within") == "≤ {high} visits", "templates that are filled elsewhere are worded too"
    assert Voice("en").say("hours.title") == "Orders by weekday and hour"


def test_a_clients_own_text_is_quoted_as_a_term():
    voice = Voice("ja", own={"segments.name.vip": "常連"})
    assert voice.number("segments.name.vip", "term") == "常連"


def test_facts_are_written_in_their_form():
    voice = Voice("ja", "JPY", 71_749_164)
    told = voice.say("kpi.headline.up_all_up", sales=71_749_164, compare="2023-01-01/2023-06-30", diff=2_102_190, rate=0.0301835,
                     top="kpi.phrase.price_per_item", top_value=1_763_536)  # fmt: skip
    assert told == (
        "売上は7,175万円で、|1〜6月より|210万円（3.0%）|増えた。/すべての要素が|増加側に寄与し、|最大は1点単価の|+176万円"
    )


def test_japanese_headlines_may_break_and_english_ones_carry_no_marks():
    for key, text in keys("en").items():
        if ".headline." in key:
            assert not re.search(r"[|/]", re.sub(r"\{[^}]*\}", "", text)), key
    for key, text in keys("ja").items():
        if ".headline." in key:
            assert text.count("/") == 1, f"{key}: one forced break, between the fact and its consequence"


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.yaml")), ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_no_key_stands_twice(file):
    """YAML lets the second silently replace the first: two definitions of one number would be one."""

    def look(node):
        if isinstance(node, yaml.MappingNode):
            names = [key.value for key, _ in node.value]
            assert len(names) == len(set(names)), {name for name in names if names.count(name) > 1}
        for part in node.value if isinstance(node.value, list) else ():
            for one in part if isinstance(part, tuple) else (part,):
                look(one)

    look(yaml.compose(file.read_text("utf-8"), yaml.CSafeLoader))
