"""The glossary is whole: every term in both languages, one identifier each, and the KPI tree's names are in it."""

import re
from dataclasses import astuple

from crm_helpers.domain.glossary import terms
from crm_helpers.metrics import kpi


def test_every_term_is_whole_and_named_once():
    assert all(all(field.strip() == field and field for field in astuple(term)) for term in terms())
    for names in ([t.identifier for t in terms()], [t.term_ja for t in terms()], [t.term_en for t in terms()]):
        assert sorted({name for name in names if names.count(name) > 1}) == []


def test_identifiers_can_stand_in_code_and_definitions_are_sentences():
    for term in terms():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", term.identifier), term.identifier
        assert term.definition_ja.endswith("。"), term.term_ja
        assert term.definition_en.endswith("."), term.term_en
        assert not re.search(r"[()]", term.term_ja + term.definition_ja), f"{term.term_ja}: full-width signs in Japanese"


def test_drivers_of_sales_are_called_by_their_term():
    drivers = {"customers", "orders_per_customer", "aov", "items_per_order", "price_per_item", "guest_sales"}
    assert drivers <= {term.identifier for term in terms()}
    assert drivers <= set(kpi.TREE)
