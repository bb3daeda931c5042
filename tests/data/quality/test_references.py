from __future__ import annotations

from crm_helpers.data.contract import TABLES
from crm_helpers.data.quality.references import REFERENCES, named_first


def test_references_name_keys_that_the_contract_has() -> None:
    for reference in REFERENCES:
        assert TABLES[reference.table].column(reference.column).kind == "id"
        assert TABLES[reference.target].column(reference.key).kind == "id"
    assert len({(r.table, r.column) for r in REFERENCES}) == len(REFERENCES)


def test_every_table_comes_after_those_it_names() -> None:
    order = named_first(TABLES)
    assert sorted(order) == sorted(TABLES)
    late = [(r.table, r.target) for r in REFERENCES if r.table != r.target and order.index(r.target) > order.index(r.table)]
    assert late == []
