"""The executive summary: up to three conclusions ordered by the money they speak of, and the decisions requested.

It is put together from the blocks of all chapters when the report is worded; nothing is computed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crm_helpers.document import Block, LedgerRow
from crm_helpers.params.schema import Params
from crm_helpers.report.executed import Executed, number
from crm_helpers.report.pages import Conclusion, PageTable, Summary, TableColumn
from crm_helpers.report.speech import say, voice_of, who_and_when
from crm_helpers.text.catalogue import Voice

CONCLUSIONS = 3
KPIS = ("kpi:sales", "kpi:customers", "kpi:orders_per_customer", "kpi:aov", "kpi:price_per_item")
DECISION_WEIGHTS = (2.2, 3.6, 3.2, 1.0, 1.5)


def summary_of(chapters: Sequence[Executed], params: Params, lang: str) -> Summary | None:
    """The summary of the chapters in one language; None when no page speaks of money."""
    found = sorted(_pages(chapters), key=lambda page: (-page[2].stake, page[2].page))[:CONCLUSIONS]
    if not found:
        return None
    voice = voice_of(params, lang)
    conclusions = [_conclusion(*page, params, lang) for page in found]
    rows = [row for chapter in chapters for row in chapter.rows]
    sources = voice.template("formats.comma").join(dict.fromkeys(say(voice, block.source) for _, _, block in found))
    as_of = voice.number(params.as_of.isoformat(), "date")
    return Summary(
        title=voice.say("report.summary.title"),
        headline=_headline([c.title for c in conclusions], lang),
        subhead=voice.say("report.summary.conclusions"),
        unit=voice.say("report.summary.order"),
        conclusions=tuple(conclusions),
        decisions_title=voice.say("report.summary.decisions"),
        decisions=_decisions(params, voice),
        kpi_title=voice.say("report.summary.kpis"),
        kpis=tuple(_kpis(rows, params, lang)),
        read=(voice.say("report.summary.read_order"),),
        moves=tuple((say(voice, b.next_move.what), who_and_when(params, step, voice)) for _, step, b in found if b.next_move),
        note=voice.say("report.summary.note"),
        foot_left=(f"{voice.say('report.ui.source')}: {sources}", f"{voice.say('report.ui.as_of')}: {as_of}"),
    )


def _pages(chapters: Sequence[Executed]) -> Iterator[tuple[str, str, Block]]:
    """(chapter number, step id, block) of every page that may stand in the summary."""
    for chapter in chapters:
        for step in chapter.document.steps:
            block = step.block
            main = block.kind != "left_out" and block.audience == "client" and step.id not in chapter.appendix
            if block.stake and block.key_figure and main:
                yield number(chapter.document.notebook), step.id, block


def _conclusion(chapter: str, step: str, block: Block, params: Params, lang: str) -> Conclusion:
    voice = voice_of(params, lang, block.money.largest if block.money else 0)
    assert block.key_figure is not None
    value, _, unit = say(voice, block.key_figure.number).partition("|")
    title, text = _halves(say(voice, block.headline), lang)
    if block.evidence == "decomposition":  # the parts are what the page adds; the whole is another page's fact
        title, text = text, title
    return Conclusion(
        label=say(voice, block.key_figure.label),
        value=value,
        unit=unit,
        title=title,
        text=text,
        to=f"{chapter}-{step}",
        id=block.page,
        evidence=voice.say(f"report.evidence.{block.evidence}"),
    )


def _halves(headline: str, lang: str) -> tuple[str, str]:
    """The fact of a headline and what follows from it: parted by `/` in Japanese, by the first full stop in English."""
    if lang == "ja":
        fact, _, rest = headline.replace("|", "").partition("/")
        return fact.removesuffix("。"), rest
    fact, _, rest = headline.partition(". ")
    return fact, rest


def _headline(facts: Sequence[str], lang: str) -> str:
    """The two weightiest facts, one a line."""
    return "。/".join(facts[:2]) if lang == "ja" else ". ".join(facts[:2])


def _decisions(params: Params, voice: Voice) -> PageTable | None:
    """The table of decisions that the consultant asks for; the report itself proposes none."""
    if not params.decisions:
        return None
    names = ("what", "recommended", "other", "by", "who")
    columns = tuple(
        TableColumn(voice.say(f"report.summary.decision.{name}"), "", "left", weight)
        for name, weight in zip(names, DECISION_WEIGHTS, strict=True)
    )
    rows = tuple(
        (
            d.what.in_language(voice.lang),
            d.recommended.in_language(voice.lang),
            d.other.in_language(voice.lang),
            voice.number(d.by.isoformat(), "month_day"),
            d.who.in_language(voice.lang),
        )
        for d in params.decisions
    )
    return PageTable(columns, rows)


def _kpis(rows: Sequence[LedgerRow], params: Params, lang: str) -> Iterator[tuple[str, str, str]]:
    """Key figures of both periods from the thread: name, value, change."""
    known = {row.id: row for row in rows if row.kind == "kpi" and {"current", "compare"} <= set(row.values)}
    for row in (known[name] for name in KPIS if name in known):
        now, before = row.values["current"]["value"], row.values["compare"]["value"]
        form, node = str(row.values["current"]["unit"]), row.id.partition(":")[2]
        assert isinstance(now, (int, float))
        voice = voice_of(params, lang, int(now) if form == "money" else 0)
        change = voice.number(now / before - 1, "pct1_signed") if isinstance(before, (int, float)) and before else "—"
        written = voice.template(f"kpi.node_unit.{node}").format(voice.number(round(now) if form == "int" else now, form))
        yield say(voice, row.text), written, change
