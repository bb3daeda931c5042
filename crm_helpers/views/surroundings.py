"""The pages on what surrounds CRM: the 5C, fit of products, tools, and voices of interviews beside the scores."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crm_helpers.data.frames import records
from crm_helpers.document import Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.ledger import row_id
from crm_helpers.metrics.surroundings import CS, FAMILIES, TRAITS, USES
from crm_helpers.text.catalogue import Voice
from crm_helpers.text.formats import wrapped
from crm_helpers.views.block import ChartPanel, Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.theme import COLOUR, LINE, MAIN, TYPE, board, fit, mark, number

# ---------------------------------------------------------------- 5C
COLUMN, CARD = MAIN / 5, 31.0  # mm
EM = 25.4 / 72  # mm of a point


@view
def five_c(facts_of: pd.DataFrame) -> Draft:
    """Five columns of at most three facts, the customer's first ones counted here; what each means for CRM.

    Args: `metrics.surroundings.five_c`.
    """
    written = facts_of[facts_of["key"] == ""]
    facts: dict[str, Fact] = {
        "n": len(facts_of),
        "changes": int(facts_of["changes"].sum()),
        "guesses": int((facts_of["kind"] == "hypothesis").sum()),
        "counted": len(facts_of) - len(written),
        "blank": len(CS) - facts_of["c"].nunique(),
    }
    kind = "written" if len(written) else "counted"
    return Draft(
        name="surroundings.five_c",
        page="AU-09",
        headline=Sentence(f"surroundings.five_c.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("surroundings.five_c.title"),
                Sentence("surroundings.five_c.unit"),
                "L",
                lambda v: _draw_five(facts_of, v),
            ),
        ),
        key_figure=KeyFigure(
            Sentence("surroundings.five_c.key"),
            Sentence("surroundings.five_c.key_number", facts),
            Sentence("surroundings.five_c.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("surroundings.five_c.sure"),),
        next_move=NextMove(Sentence(f"surroundings.five_c.next_{kind}", facts)),
        sample=Sentence("surroundings.five_c.sample", facts),
        source=Sentence("surroundings.five_c.source"),
        period="",
        rows=(
            LedgerRow(
                row_id("kpi", "five_c"),
                "kpi",
                Sentence("surroundings.five_c.key"),
                {
                    "current": {
                        "value": facts["changes"],
                        "unit": "int",
                        "n": facts["n"],
                        "definition": "facts_that_change_policy",
                    }
                },
                "five_c",
            ),
        ),
    )


def _draw_five(facts_of: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = board("L")
    for c, name in enumerate(CS):
        left = c * COLUMN
        part = facts_of[facts_of["c"] == name]
        axes.add_patch(Rectangle((left + 0.8, 139), COLUMN - 1.6, 8, fc=COLOUR["accent"], ec="none"))
        number(
            axes,
            left + COLUMN / 2,
            143,
            len(part),
            "int",
            voice,
            ha="center",
            va="center",
            size=TYPE["label"],
            weight="bold",
            color=COLOUR["paper"],
            within=voice.say(f"surroundings.c.{name}") + "  {}",
        )
        for i, row in enumerate(records(part)):
            _card(axes, left, 136 - i * (CARD + 2), row, voice)
        if not len(part):
            axes.text(
                left + COLUMN / 2,
                120,
                voice.say("surroundings.five_c.wait"),
                ha="center",
                va="center",
                size=TYPE["small"],
                color=COLOUR["mute"],
            )
        _meaning(axes, left, part)
    axes.text(
        0.8,
        36.4,
        voice.say("surroundings.five_c.meaning"),
        size=TYPE["label"],
        weight="bold",
        color=COLOUR["accent"],
        va="center",
    )
    return figure


def _card(axes: Axes, left: float, top: float, row: dict[str, Any], voice: Voice) -> None:
    """A fact on a card; a hypothesis is dashed and says so."""
    guess = row["kind"] == "hypothesis"
    edge = COLOUR["accent"] if row["changes"] else COLOUR["rule"]
    axes.add_patch(
        Rectangle(
            (left + 0.8, top - CARD),
            COLUMN - 1.6,
            CARD,
            fc=COLOUR["paper"] if guess else COLOUR["wash"],
            ec=edge,
            lw=LINE["outline"] if row["changes"] else LINE["axis"],
            ls=(0, (3, 2)) if guess else "solid",
        )
    )
    tag = voice.say(f"surroundings.kind.{row['kind']}")
    axes.text(left + 2.4, top - 3, tag, size=TYPE["foot"], va="center", weight="bold", color=COLOUR["text2"])
    if row["changes"]:
        axes.text(
            left + COLUMN - 2.4,
            top - 3,
            voice.say("surroundings.five_c.changes"),
            size=TYPE["foot"],
            va="center",
            ha="right",
            weight="bold",
            color=COLOUR["accent"],
        )
    wide = (COLUMN - 4.8) / (TYPE["small"] * EM)
    if row["key"]:
        number(
            axes,
            left + 2.4,
            top - 10,
            row["value"],
            "pct0",
            voice,
            size=TYPE["headline"],
            weight="bold",
            color=COLOUR["accent"],
            va="center",
        )
        axes.text(
            left + 2.4,
            top - 15,
            "\n".join(wrapped(voice.say(f"surroundings.counted.{row['key']}"), wide, 3)),
            size=TYPE["small"],
            va="top",
            linespacing=1.3,
        )
        source = voice.say("surroundings.five_c.from_data")
    else:
        axes.text(
            left + 2.4, top - 6, "\n".join(wrapped(str(row["fact"]), wide, 5)), size=TYPE["small"], va="top", linespacing=1.35
        )
        source = str(row["source"])
    axes.text(
        left + 2.4, top - CARD + 2.6, fit(source, COLUMN - 5, TYPE["foot"]), size=TYPE["foot"], va="center", color=COLOUR["mute"]
    )


def _meaning(axes: Axes, left: float, part: pd.DataFrame) -> None:
    """The foot of a column: what the weightiest fact means for CRM."""
    told = [str(text) for text in part["implication"] if isinstance(text, str) and text]
    axes.plot([left + 0.8, left + COLUMN - 0.8], [33, 33], color=COLOUR["accent"], lw=LINE["outline"])
    words = "\n".join(wrapped(told[0], (COLUMN - 3) / (TYPE["small"] * EM), 5)) if told else "—"
    axes.text(left + 1.2, 30.5, words, size=TYPE["small"], va="top", weight="bold", linespacing=1.35)


# ---------------------------------------------------------------- fit
LEFT = 46.0


@view
def suits(fits: pd.DataFrame) -> Draft:
    """Traits by business as a question, and what CRM can still move; no verdict on a trade (`metrics.surroundings.fit`)."""
    full = fits.assign(very=fits["fit"] == 2, no=fits["fit"] == 0)
    by = full.groupby("business", sort=True)[["very", "no"]].sum()
    best, least = str(by["very"].idxmax()), str(by.sort_values(["very"], kind="stable").index[0])
    facts: dict[str, Fact] = {
        "best": best,
        "best_n": int(by["very"][best]),
        "least": least,
        "least_n": int(by["very"][least]),
        "businesses": len(by),
        "traits": int(fits["trait"].nunique()),
    }
    kind = "several" if len(by) > 1 else "one"
    lacking = full[(full["business"] == least) & (full["fit"] != 2) & full["fit"].notna()]
    return Draft(
        name="surroundings.suits",
        page="AU-16",
        headline=Sentence(f"surroundings.suits.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("surroundings.suits.title"), Sentence("surroundings.suits.unit"), "M", lambda v: _draw_fit(fits, v)
            ),
            TablePanel(Sentence("surroundings.suits.table", facts), Sentence("surroundings.suits.table_unit"), _movable(lacking)),
        ),
        key_figure=KeyFigure(
            Sentence("surroundings.suits.key", facts),
            Sentence("surroundings.suits.key_number", facts),
            Sentence("surroundings.suits.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("surroundings.suits.sure"),),
        next_move=NextMove(Sentence("surroundings.suits.next", facts)),
        sample=Sentence("surroundings.suits.sample", facts),
        source=Sentence("surroundings.suits.source"),
        period="",
    )


MOST = 6  # businesses that the drawing has room for


def _draw_fit(fits: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = board("M")
    names = sorted(fits["business"].unique())[:MOST]
    wide = (MAIN - LEFT) / len(TRAITS)
    tall = min(15.0, 62.0 / len(names))
    told = {(row["business"], row["trait"]): row["fit"] for row in records(fits)}
    for c, trait in enumerate(TRAITS):
        axes.text(
            LEFT + (c + 0.5) * wide,
            74,
            voice.say(f"surroundings.trait.{trait}"),
            ha="center",
            va="center",
            size=TYPE["foot"],
            linespacing=1.25,
            color=COLOUR["text2"],
        )
    axes.plot([0, MAIN], [67, 67], color=COLOUR["ink"], lw=LINE["rule"])
    for r, name in enumerate(names):
        y = 67 - (r + 0.5) * tall
        axes.text(0.5, y, fit(str(name), LEFT - 3, TYPE["label"]), va="center", size=TYPE["label"], weight="bold")
        for c, trait in enumerate(TRAITS):
            value = fact(told.get((name, trait)))
            _sign(axes, LEFT + (c + 0.5) * wide, y, value, voice)
        axes.plot([0, MAIN], [y - tall / 2, y - tall / 2], color=COLOUR["rule"], lw=LINE["hair"])
    return figure


def _sign(axes: Axes, x: float, y: float, value: float | None, voice: Voice) -> None:
    """A full disc is very true, a ring partly, a bar not true, a question mark not known."""
    if value is None:
        axes.text(x, y, "?", ha="center", va="center", size=TYPE["label"], color=COLOUR["mute"])
        return
    if value == 0:
        axes.plot([x - 2, x + 2], [y, y], color=COLOUR["alert"], lw=LINE["main"])
    else:
        axes.plot(
            [x],
            [y],
            "o",
            ms=11,
            mec=COLOUR["accent"],
            mfc=COLOUR["accent"] if value == 2 else COLOUR["paper"],
            mew=LINE["outline"],
        )
    number(
        axes,
        x,
        y - 5.4 if value == 0 else y,
        value,
        "int",
        voice,
        ha="center",
        va="center",
        size=TYPE["foot"],
        color=COLOUR["paper"] if value == 2 else COLOUR["text2"],
    )


def _movable(lacking: pd.DataFrame) -> Table:
    columns = (
        plain_column("trait", "surroundings.column.trait", "term", weight=1.6),
        plain_column("fit", "surroundings.column.fit", "int", weight=0.5),
        plain_column("move", "surroundings.column.move", "term", weight=2.8),
    )
    ordered = lacking.assign(place=lacking["trait"].map(TRAITS.index)).sort_values(["fit", "place"]).head(6)
    rows = tuple(
        (f"surroundings.trait_long.{row['trait']}", int(row["fit"]), f"surroundings.move.{row['trait']}")
        for row in records(ordered)
    )
    return Table(columns, rows)


# ---------------------------------------------------------------- tools
@view
def tools(features: pd.DataFrame, symptoms: pd.DataFrame) -> Draft:
    """Features used, idle, done by hand and not there, over the symptoms and the kind of tool that works on each.

    Args: `metrics.surroundings.features` and `symptoms`.
    """
    lacking = features[features["class"] == "lacking"]
    facts: dict[str, Fact] = {
        "n": len(features),
        "lacking": len(lacking),
        "idle": int((features["use"] == "never").sum()),
        "hours": fact(features.loc[features["use"] == "by_hand", "hours"].sum()),
        "worse": int((symptoms["way"] == "worse").sum()),
        "symptoms": len(symptoms),
    }
    kind = "lacking" if len(lacking) else "enough"
    below = (
        [
            TablePanel(
                Sentence("surroundings.tools.table"), Sentence("surroundings.tools.table_unit", facts), _lacking_table(lacking)
            )
        ]
        if len(lacking)
        else []
    )
    if len(symptoms):
        below.append(
            TablePanel(
                Sentence("surroundings.tools.symptoms"), Sentence("surroundings.tools.symptoms_unit"), _symptom_table(symptoms)
            )
        )
    return Draft(
        name="surroundings.tools",
        page="AU-17",
        headline=Sentence(f"surroundings.tools.headline.{kind}", facts),
        panels=(
            ChartPanel(
                Sentence("surroundings.tools.title"), Sentence("surroundings.tools.unit"), "S", lambda v: _draw_uses(features, v)
            ),
            *below,
        ),
        key_figure=KeyFigure(
            Sentence("surroundings.tools.key"),
            Sentence("surroundings.tools.key_number", facts),
            Sentence("surroundings.tools.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("surroundings.tools.sure"),),
        next_move=NextMove(Sentence(f"surroundings.tools.next_{kind}", facts)),
        note=(Sentence("surroundings.tools.note"),),
        sample=Sentence("surroundings.tools.sample", facts),
        source=Sentence("surroundings.tools.source"),
        period="",
    )


FILL = {"often": "accent", "sometimes": "accent_soft", "never": "mark", "by_hand": "alert_soft", "absent": "paper"}


def _draw_uses(features: pd.DataFrame, voice: Voice) -> Figure:
    figure, axes = board("S")
    x = 30.0
    for use in USES:
        axes.add_patch(Rectangle((x, 52.5), 4, 3, fc=COLOUR[FILL[use]], ec=COLOUR["text2"], lw=LINE["hair"]))
        axes.text(x + 5.5, 54, voice.say(f"surroundings.use.{use}"), va="center", size=TYPE["foot"])
        x += 34
    counts = features.groupby(["family", "use"]).size().unstack(fill_value=0).reindex(columns=list(USES), fill_value=0)
    shown = [family for family in FAMILIES if family in counts.index]
    most = int(counts.sum(axis=1).max())
    tall = 47.0 / max(len(shown), 1)
    for i, family in enumerate(shown):
        y, left = 49 - (i + 0.5) * tall, 30.0
        axes.text(27, y, voice.say(f"surroundings.family.{family}"), ha="right", va="center", size=TYPE["label"], weight="bold")
        for use in USES:
            n = int(counts[use][family])
            if not n:
                continue
            wide = n * (MAIN - 32) / most
            bar = axes.barh([y], [wide], 0.62 * tall, left=left, color=COLOUR[FILL[use]], ec=COLOUR["text2"], lw=LINE["hair"])
            mark(bar, f"{family}_{use}")
            number(
                axes,
                left + wide / 2,
                y,
                n,
                "int",
                voice,
                ha="center",
                va="center",
                size=TYPE["label"],
                weight="bold",
                color=COLOUR["paper"] if use == "often" else COLOUR["ink"],
            )
            left += wide
    axes.set(xlim=(0, MAIN), ylim=(0, 58))
    return figure


def _lacking_table(lacking: pd.DataFrame) -> Table:
    columns = (
        plain_column("feature", "surroundings.column.feature", "text", weight=2.0),
        plain_column("department", "surroundings.column.department", "text", weight=1.1),
        plain_column("use", "surroundings.column.use", "term", weight=0.9),
        plain_column("hours", "surroundings.column.hours", "int", weight=0.9),
        plain_column("obstacle", "surroundings.column.obstacle", "text", weight=1.9),
    )
    rows = tuple(
        (
            str(row["feature"]),
            str(row["department"] or "—"),
            f"surroundings.use.{row['use']}",
            fact(row["hours"]),
            _told(row["obstacle"]),
        )
        for row in records(lacking.head(6))
    )
    return Table(columns, rows)


def _told(text: object) -> str:
    return text if isinstance(text, str) and text else "—"


def _symptom_table(symptoms: pd.DataFrame) -> Table:
    columns = (
        plain_column("symptom", "surroundings.column.symptom", "term", weight=2.3),
        plain_column("compare", "surroundings.column.compare", "pct1", weight=0.6),
        plain_column("n_before", "surroundings.column.n", "int", weight=0.5),
        plain_column("current", "surroundings.column.current", "pct1", weight=0.6),
        plain_column("n", "surroundings.column.n", "int", weight=0.5),
        plain_column("way", "surroundings.column.way", "term", weight=1.2),
        plain_column("tool", "surroundings.column.tool", "term", weight=1.5),
    )
    rows = tuple(
        (
            f"surroundings.symptom.{r['symptom']}",
            r["compare"],
            int(r["n_before"]),
            r["current"],
            int(r["n"]),
            f"surroundings.way.{r['way']}",
            f"surroundings.works.{r['tool']}",
        )
        for r in records(symptoms)
    )
    return Table(columns, rows)


# ---------------------------------------------------------------- voices
QUESTIONS = 8


@view
def voices(said: pd.DataFrame) -> Draft:
    """What each side said beside the score of what it is about (`metrics.surroundings.voices`)."""
    shown = said.head(QUESTIONS)
    facts: dict[str, Fact] = {
        "questions": len(said),
        "answers": int(said["answers"].sum()),
        "both": int(((said["office"] != "") & (said["front"] != "")).sum()),
    }
    columns = (
        plain_column("question", "surroundings.column.question", "text", weight=1.5),
        plain_column("topic", "surroundings.column.topic", "term", weight=0.8),
        plain_column("answers", "surroundings.column.answers", "int", weight=0.45),
        plain_column("score", "audit.column.score", "dec1", weight=0.45),
        plain_column("office", "surroundings.column.office", "text", weight=2.2),
        plain_column("front", "surroundings.column.front", "text", weight=2.2),
    )
    rows = tuple(
        (
            str(row["question"]),
            f"surroundings.topic.{row['topic'] or 'other'}",
            int(row["answers"]),
            fact(row["score"]),
            row["office"] or "—",
            row["front"] or "—",
        )
        for row in records(shown)
    )
    return Draft(
        name="surroundings.voices",
        page="AU-18",
        headline=Sentence("surroundings.voices.headline", facts),
        panels=(TablePanel(Sentence("surroundings.voices.title"), Sentence("surroundings.voices.unit"), Table(columns, rows)),),
        key_figure=KeyFigure(
            Sentence("surroundings.voices.key"),
            Sentence("surroundings.voices.key_number", facts),
            Sentence("surroundings.voices.key_compare", facts),
        ),
        reading=(),
        claim=(Sentence("surroundings.voices.sure"),),
        next_move=NextMove(Sentence("surroundings.voices.next")),
        sample=Sentence("surroundings.voices.sample", facts),
        source=Sentence("surroundings.voices.source"),
        period="",
    )
