"""The page on documents: axis by document, what lacks and what is old; a missing document is a finding."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.audit import AXES
from crm_helpers.text.catalogue import Voice
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, LINE, MAIN, TYPE, board, number

STATES = ("exists", "partly", "none", "unknown")
MOST = 12  # rows of the table


@view
def documents(found: pd.DataFrame) -> Draft:
    """How many documents of each axis there are, over the documents themselves (`metrics.papers.documents`)."""
    lacking = found[found["state"].isin(("none", "unknown"))]
    facts: dict[str, Fact] = {
        "n": len(found),
        "exists": int((found["state"] == "exists").sum()),
        "partly": int((found["state"] == "partly").sum()),
        "lacking": len(lacking),
        "old": int(found["old"].sum()),
        "shared": int((found["shared"] == "all").sum()),
        "first": str(lacking["document"].iloc[0]) if len(lacking) else None,
    }
    kind = "lacking" if len(lacking) else "whole"
    order = {"none": 0, "unknown": 1, "partly": 2, "exists": 3}
    shown = found.assign(place=found["state"].map(order) * 2 - found["old"]).sort_values("place", kind="stable").head(MOST)
    return Draft(
        name="papers.documents",
        page="AU-14",
        headline=Sentence(f"papers.headline.{kind}", facts),
        panels=(
            ChartPanel(Sentence("papers.title"), Sentence("papers.unit"), "S", lambda v: _draw(found, v)),
            TablePanel(Sentence("papers.table"), Sentence("papers.table_unit", facts), _table(shown)),
        ),
        key_figure=KeyFigure(Sentence("papers.key"), Sentence("papers.key_number", facts), Sentence("papers.key_compare", facts)),
        reading=(),
        claim=(Sentence("papers.sure"),),
        next_move=NextMove(Sentence(f"papers.next_{kind}", facts)),
        sample=Sentence("papers.sample", facts),
        source=Sentence("papers.source"),
        period="",
        rows=(
            LedgerRow(
                row_id("kpi", "documents"),
                "kpi",
                Sentence("papers.key"),
                {"current": {"value": facts["lacking"], "unit": "int", "n": facts["n"], "definition": "documents_lacking"}},
                "documents",
            ),
        ),
    )


def _draw(found: pd.DataFrame, voice: Voice) -> Figure:
    """A row an axis, a column a state: how many documents, a dot each."""
    figure, axes = board("S")
    left, wide, tall = 40.0, (MAIN - 40.0) / len(STATES), 11.0
    counts = found.groupby(["axis", "state"]).size()
    for c, state in enumerate(STATES):
        axes.text(left + c * wide + 2, 53.5, voice.say(f"papers.state.{state}"), va="center", size=TYPE["label"], weight="bold")
    axes.plot([0, MAIN], [50, 50], color=COLOUR["ink"], lw=LINE["rule"])
    for r, axis in enumerate(AXES):
        y = 50 - (r + 0.5) * tall
        axes.text(0.5, y, voice.say(f"audit.axis.{axis}"), va="center", size=TYPE["label"], weight="bold")
        for c, state in enumerate(STATES):
            n = int(counts.get((axis, state), 0))
            lacks = state in ("none", "unknown") and n > 0
            colour = COLOUR["alert"] if lacks else COLOUR["accent"]
            x = left + c * wide + 2
            style = {"va": "center", "size": TYPE["subhead"], "weight": "bold", "color": colour if n else COLOUR["mute"]}
            number(axes, x, y, n, "int", voice, **style)
            for i in range(min(n, 8)):
                face = COLOUR["paper"] if state in ("partly", "unknown") else colour
                axes.plot([x + 7 + i * 3.6], [y], "o", ms=6, mec=colour, mfc=face, mew=LINE["outline"])
        axes.plot([0, MAIN], [y - tall / 2, y - tall / 2], color=COLOUR["rule"], lw=LINE["hair"])
    return figure


def _table(shown: pd.DataFrame) -> Table:
    columns = (
        plain_column("document", "papers.column.document", "text", weight=1.9),
        plain_column("axis", "audit.column.axis", "term", weight=0.8),
        plain_column("state", "papers.column.state", "term", weight=1.1),
        plain_column("updated", "papers.column.updated", "date", weight=1.5),
        plain_column("age", "papers.column.age", "dec1", weight=0.6),
        plain_column("department", "papers.column.department", "text", weight=1.6),
        plain_column("covers", "papers.column.covers", "text", weight=2.6),
    )
    rows = []
    for row in records(shown):
        day = None if pd.isna(row["updated_on"]) else pd.Timestamp(row["updated_on"]).date().isoformat()
        age = fact(row["age"])
        state = "old" if row["old"] else row["state"]
        told = [row[name] if isinstance(row[name], str) and row[name] else "—" for name in ("department", "covers")]
        years = None if age is None else age / 365.25
        rows.append((str(row["document"]), f"audit.axis_short.{row['axis']}", f"papers.state.{state}", day, years, *told))
    return Table(columns, tuple(rows))
