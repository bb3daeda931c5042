"""The page on law and personal data: what must be mended now, said by shape and words."""

from __future__ import annotations

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.compliance import ORDER
from crm_helpers.views.audit import item_name
from crm_helpers.views.block import Draft, TablePanel, fact, plain_column, view


@view
def rules(checks: pd.DataFrame, *, k: int) -> Draft:
    """Each check with its state in shape and words, the urgent first (`metrics.compliance.checks`)."""
    counts = {state: int((checks["state"] == state).sum()) for state in ORDER}
    first = records(checks)[0]
    facts: dict[str, Fact] = {**counts, "n": len(checks), "k": k, "first": _name(first)}
    kind = next(state for state in ORDER if counts[state])
    hidden = any(_hidden(c, k) for c in records(checks))
    return Draft(
        name="compliance.rules",
        page="AU-10",
        headline=Sentence(f"compliance.headline.{kind}", facts),
        panels=(
            TablePanel(
                Sentence("compliance.title"), Sentence("compliance.unit"), _table(checks, k, focus=0 if kind == "mend" else None)
            ),
        ),
        key_figure=KeyFigure(
            Sentence("compliance.key"), Sentence("compliance.key_number", facts), Sentence("compliance.key_compare", facts)
        ),
        reading=(Sentence("compliance.read"),),
        claim=(Sentence("compliance.sure"),),
        next_move=NextMove(Sentence(f"compliance.next.{kind}", facts)),
        note=(Sentence("compliance.note_hidden", facts),) if hidden else (),
        sample=Sentence("compliance.sample", facts),
        source=Sentence("compliance.source"),
        period="",
        rows=(
            *(
                LedgerRow(
                    row_id("gap", "compliance", check=str(c["check"])),
                    "gap",
                    Sentence(_name(c)),
                    {
                        "broken": {
                            "value": None if _hidden(c, k) else fact(c["broken"]),
                            "unit": "int",
                            "n": fact(c["of"]),
                            "definition": str(c["state"]),
                        }
                    },
                    "tables" if c["kind"] == "data" else "audit_answers",
                    (row_id("kpi", "compliance_open"),),
                )
                for c in records(checks)
                if c["state"] in ("mend", "confirm", "unconfirmed")
            ),
            LedgerRow(
                row_id("kpi", "compliance_open"),
                "kpi",
                Sentence("compliance.key"),
                {"current": {"value": counts["mend"], "unit": "int", "n": len(checks), "definition": "checks_to_mend"}},
                "tables",
            ),
        ),
    )


def _name(check: dict[str, object]) -> str:
    return item_name(str(check["check"])) if check["kind"] == "gate" else f"compliance.check.{check['check']}"


def _hidden(check: dict[str, object], k: int) -> bool:
    """A few people are not counted in print; that there are any the state says."""
    broken = fact(check["broken"])
    return bool(check["people"]) and broken is not None and 0 < broken < k


def _table(checks: pd.DataFrame, k: int, *, focus: int | None) -> Table:
    columns = (
        plain_column("check", "compliance.column.check", "term", weight=1.8),
        plain_column("state", "compliance.column.state", "term", weight=1.1),
        plain_column("broken", "compliance.column.broken", "int", weight=0.6),
        plain_column("of", "compliance.column.of", "int", weight=0.7),
        plain_column("basis", "compliance.column.basis", "term", weight=1.4),
        plain_column("mend", "compliance.column.mend", "term", weight=2.6),
    )
    rows = []
    for c in records(checks):
        gate = c["kind"] == "gate"
        basis = "compliance.basis.answers" if gate else f"compliance.basis.{c['check']}"
        todo = (
            "compliance.nothing_to_do"
            if c["state"] == "fine"
            else f"audit_item.{c['check']}.proof"
            if gate
            else f"compliance.mend.{c['check']}"
        )
        rows.append(
            (
                _name(c),
                f"compliance.state.{'met' if gate and c['state'] == 'fine' else c['state']}",
                None if _hidden(c, k) else fact(c["broken"]),
                fact(c["of"]),
                basis,
                todo,
            )
        )
    return Table(columns, tuple(rows), focus=focus)
