from __future__ import annotations

import pandas as pd

from crm_helpers.data.tables import Tables

LINES = pd.DataFrame({"ordered_on": ["2023-01-01"], "amount": [1]})


def roots(**parents: str | None) -> dict[str, tuple[str, int]]:
    accounts = pd.DataFrame({"account_id": list(parents), "parent_id": pd.Series(list(parents.values()), dtype="str")})
    frame = Tables.of(order_lines=LINES, accounts=accounts).sql("select * from account_roots")
    return {row.account_id: (row.root_id, row.depth) for row in frame.itertuples()}


def test_every_account_has_its_top_and_its_depth() -> None:
    assert roots(A=None, B="A", C="B", D="C", E=None) == {"A": ("A", 0), "B": ("A", 1), "C": ("A", 2), "D": ("A", 3), "E": ("E", 0)}


def test_a_parent_that_is_not_there_makes_a_top() -> None:
    assert roots(A="X", B="A", C="C") == {"A": ("A", 0), "B": ("A", 1), "C": ("C", 0)}


def test_circles_are_cut_at_the_smallest_number_and_lose_nobody() -> None:
    assert roots(D="B", B="C", C="D", E="D", F="E", Y="Z", Z="Y") == {
        "B": ("B", 0), "D": ("B", 1), "C": ("B", 2), "E": ("B", 2), "F": ("B", 3), "Y": ("Y", 0), "Z": ("Y", 1)
    }  # fmt: skip


def test_a_chain_as_deep_as_it_likes() -> None:
    chain = {f"a{i:03d}": f"a{i - 1:03d}" if i else None for i in range(60)}
    assert roots(**chain)["a059"] == ("a000", 59)
