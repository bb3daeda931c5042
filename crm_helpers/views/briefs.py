"""Pages that a campaign is approved by: its brief, the chain it hangs on, and what the board is asked to decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.document import Column, Fact, KeyFigure, LedgerRow, NextMove, Sentence, Table
from crm_helpers.domain.plan import consent_of, legal_checks
from crm_helpers.domain.privacy import rules
from crm_helpers.text.catalogue import as_fact, in_languages
from crm_helpers.views.block import Draft, TablePanel, fact, plain_column, view
from crm_helpers.views.campaigns import SOURCE, answers, name_of
from crm_helpers.views.plan import span

MOST_CHAINS = 12  # rows of the page of chains


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NA or (not isinstance(value, str) and pd.isna(value)) else str(value)


def _both(row: dict[str, Any], name: str) -> str:
    return in_languages(ja=_text(row.get(name)), en=_text(row.get(f"{name}_en")))


def _day(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else value.date().isoformat()


def _whole(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else round(float(value))


# ---------------------------------------------------------------- AP-06
@view
def sheets(planned: pd.DataFrame, missing: pd.DataFrame | None = None, *, known: Sequence[LedgerRow] = ()) -> Draft:
    """One page a campaign (`metrics.plan.briefs`): who, what, why me, why now, cost, and how it is judged."""
    ids = {row.id: row for row in known}
    largest = int(
        max(
            float(planned["spend"].sum()),
            float(planned["high"].fillna(0).sum()),
            0.0 if missing is None else float(missing["target"].sum()),
        )
    )
    pages = [_sheet(row, ids, largest, nth, len(planned)) for nth, row in enumerate(records(planned), start=1)]
    first, *others = pages
    return Draft(**{**first.__dict__, "more": tuple(others)})


def _sheet(row: dict[str, Any], known: dict[str, LedgerRow], largest: int, nth: int, of: int) -> Draft:
    facts: dict[str, Fact] = {
        "name": name_of(row),
        "me": _both(row, "why_me"),
        "now": _both(row, "why_now"),
        "nth": nth,
        "of": of,
        "sales": _whole(row["sales"]),
        "low": _whole(row["low"]),
        "high": _whole(row["high"]),
        "people": _whole(row["people"]),
        "state": "briefs.approved" if _day(row["approved_on"]) else "briefs.draft",
        "code": str(row["campaign_id"]),
    }
    whole = facts["me"] != "{}" and facts["now"] != "{}"
    month = row["starts_on"].year * 12 + row["starts_on"].month - 1
    return Draft(
        name="briefs.sheets",
        page="AP-06",
        headline=Sentence("briefs.headline.why" if whole else "briefs.headline.no_why", facts),
        panels=(
            TablePanel(Sentence("briefs.who", facts), Sentence("briefs.who_unit", facts), _who(row, known)),
            TablePanel(Sentence("briefs.cost"), Sentence("briefs.cost_unit"), _cost(row)),
        ),
        key_figure=KeyFigure(
            Sentence("briefs.key"),
            Sentence("campaigns.money" if facts["sales"] is not None else "briefs.no_money", {"value": facts["sales"]}),
            Sentence("briefs.key_compare" if facts["sales"] is not None else "briefs.key_no_money", facts),
        ),
        reading=(Sentence("briefs.read"),),
        claim=(Sentence(f"briefs.sure.{row['verdict']}", facts),),
        next_move=NextMove(Sentence("briefs.next_draft" if not _day(row["approved_on"]) else "briefs.next", facts)),
        note=tuple(Sentence("briefs.rule", {"id": r.id, "words": in_languages(ja=r.ja, en=r.en)}) for r in _rules(row)),
        sample=Sentence("briefs.sample", facts),
        source=Sentence(SOURCE),
        period=span(month),
        largest=largest,
        definitions=("DF-147", "DF-151", "DF-159"),
        evidence="association",
    )


def _rules(row: dict[str, Any]) -> list[Any]:
    text = " ".join(_text(row.get(name)) for name in ("name", "offer", "message", "segment"))
    cost = 0.0 if pd.isna(row["offer_cost"]) else float(row["offer_cost"])
    in_net = not pd.isna(row["offer_in_net"]) and bool(row["offer_in_net"])
    wanted = legal_checks(channel_code=row["channel_code"], offer_cost=cost, offer_in_net=in_net, text=text)
    return [rule for rule in rules() if rule.id in wanted]


TWO = (plain_column("item", "briefs.column.item", "term"), plain_column("told", "briefs.column.told", "said"))


def _who(row: dict[str, Any], known: dict[str, LedgerRow]) -> Table:
    segment = (f"segments.name.{row['segment_name']}", "term") if row["segment_name"] else (_text(row["segment"]), "text")
    because = answers(row, set(known))
    reason = as_fact(known[because[0]].text.key, known[because[0]].text.facts) if because else None
    basis = f"briefs.consent.{consent_of(row['channel_code']) or 'none'}"
    lines: list[tuple[str, Fact, str]] = [
        ("name", name_of(row), "said"),
        ("segment", *segment),
        ("found", fact(row["found"]) if row["found"] is not None else None, "int"),
        ("reach", fact(row["reach"]) if row["reach"] is not None else None, "int"),
        ("because", reason, "sentence"),
        ("why_me", _both(row, "why_me"), "said"),
        ("why_now", _both(row, "why_now"), "said"),
        ("message", _both(row, "message"), "said"),
        ("offer", _text(row["offer"]) or None, "text"),
        ("channel", _text(row["channel"]) or None, "text"),
        ("consent", basis, "term"),
        ("trigger", _text(row["trigger"]) or None, "text"),
    ]
    return Table(
        TWO,
        tuple((f"briefs.item.{name}", value) for name, value, _ in lines),
        forms=tuple(("term", form if value is not None else "text") for _, value, form in lines),
    )


def _cost(row: dict[str, Any]) -> Table:
    """Two pairs of item and value a row."""
    lines: list[tuple[str, Fact, str]] = [
        ("starts_on", _day(row["starts_on"]), "date"),
        ("ends_on", _day(row["ends_on"]), "date"),
        ("kpi", _text(row["kpi"]) or None, "text"),
        ("window", _whole(row["window_days"]), "int"),
        ("rate", fact(row["rate"]), "pct1"),
        ("base_rate", fact(row["base_rate"]), "pct1"),
        ("share", float(row["share"]), "pct0"),
        ("people", _whole(row["people"]), "int"),
        ("approved_on", _day(row["approved_on"]), "date"),
        ("owner", _text(row["owner_department"]) or None, "text"),
        ("needed", _whole(row["needed"]), "int"),
        ("smallest", fact(row["smallest"]), "pt1"),
        ("spend", _whole(row["spend"]), "money"),
        ("profit", _whole(row["profit"]), "money"),
        ("roi", fact(row["roi"]), "pct0_signed"),
        ("break_even", fact(row["break_even"]), "pt1"),
    ]
    half = len(lines) // 2
    columns = (
        *TWO,
        Column("item2", Sentence("briefs.column.item"), None, "term"),
        Column("told2", Sentence("briefs.column.told"), None, "text"),
    )
    pairs = list(zip(lines[:half], lines[half:], strict=True))
    rows = tuple((f"briefs.item.{a[0]}", a[1], f"briefs.item.{b[0]}", b[1]) for a, b in pairs)
    return Table(columns, rows, forms=tuple(("term", a[2], "term", b[2]) for a, b in pairs))


# ---------------------------------------------------------------- the thread
@view
def chains(planned: pd.DataFrame, missing: pd.DataFrame | None = None, *, known: Sequence[LedgerRow] = ()) -> Draft:
    """What each campaign hangs on: lever, finding or pain, people (`metrics.plan.briefs` and the rows of other chapters)."""
    ids = {row.id: row for row in known}
    rows = records(planned)
    held = [row for row in rows if answers(row, set(ids))]
    loose = len(rows) - len(held)
    facts: dict[str, Fact] = {"n": len(rows), "held": len(held), "loose": loose, "rows": len(ids)}
    facts["people"] = _whole(planned["people"].sum())
    kind = "whole" if not loose else "loose"
    month = planned["starts_on"].min()
    columns = (
        plain_column("lever", "briefs.chain.lever", "term"),
        plain_column("because", "briefs.chain.because", "sentence"),
        plain_column("segment", "briefs.chain.segment", "term_short"),
        plain_column("campaign", "briefs.chain.campaign", "said"),
        plain_column("held", "briefs.chain.held", "int", "sales.unit.people"),
        plain_column("sales", "briefs.chain.sales", "money_number", "sales.unit.money"),
    )
    shown = sorted(rows, key=lambda row: -(0.0 if pd.isna(row["sales"]) else float(row["sales"])))[:MOST_CHAINS]
    table = Table(columns, tuple(_chain(row, ids) for row in shown))
    sums = [float(planned[c].fillna(0).sum()) for c in ("high", "spend")]
    return Draft(
        name="briefs.chains",
        page="AP-14",
        headline=Sentence(f"briefs.chain.headline.{kind}", facts),
        panels=(TablePanel(Sentence("briefs.chain.title"), Sentence("briefs.chain.unit"), table),),
        key_figure=KeyFigure(
            Sentence("briefs.chain.key"),
            Sentence("briefs.chain.key_number", {"value": len(held)}),
            Sentence("briefs.chain.key_compare", facts),
        ),
        reading=(Sentence("briefs.chain.read"),),
        claim=(Sentence("briefs.chain.sure"),),
        next_move=NextMove(Sentence("briefs.chain.next_loose" if loose else "briefs.chain.next", facts)),
        note=(Sentence("briefs.chain.note", {"n": len(rows) - MOST_CHAINS}),) if len(rows) > MOST_CHAINS else (),
        sample=Sentence("campaigns.sample", facts),
        source=Sentence("briefs.chain.source"),
        period=span(month.year * 12 + month.month - 1),
        largest=int(max(*sums, 0.0 if missing is None else float(missing["target"].sum()))),
        definitions=("DF-158",),
    )


def _chain(row: dict[str, Any], known: dict[str, LedgerRow]) -> tuple[Fact, ...]:
    because = answers(row, set(known))
    told = known[because[0]].text if because else None
    return (
        f"plan.lever.{row['lever']}" if row["lever"] else "year.lever.other",
        as_fact(told.key, told.facts) if told else None,
        f"segments.name.{row['segment_name']}" if row["segment_name"] else "briefs.in_words",
        name_of(row),
        _whole(row["held"]),
        _whole(row["sales"]),
    )


# ---------------------------------------------------------------- AP-13
@view
def approvals(table: pd.DataFrame, planned: pd.DataFrame, missing: pd.DataFrame | None = None) -> Draft:
    """What the board is asked to decide (`metrics.plan.approvals`)."""
    month = planned["starts_on"].min()
    facts: dict[str, Fact] = {
        "n": len(table),
        "campaigns": len(planned),
        "drafts": int(planned["approved_on"].isna().sum()),
        "spend": _whole(planned["spend"].sum()),
        "people": _whole(planned["people"].sum()),
        "first": f"briefs.approve.short.{table['item'].iloc[0]}" if len(table) else None,
    }
    columns = (
        plain_column("item", "briefs.approve.item", "term"),
        plain_column("count", "briefs.approve.count", "int"),
        plain_column("amount", "briefs.approve.amount", "money_number", "sales.unit.money"),
        plain_column("recommended", "briefs.approve.recommended", "term"),
        plain_column("other", "briefs.approve.other", "term"),
    )
    rows = tuple(
        (
            f"briefs.approve.what.{r['item']}",
            int(r["count"]),
            _whole(r["amount"]),
            f"briefs.approve.do.{r['item']}",
            f"briefs.approve.else.{r['item']}",
        )
        for r in records(table)
    )
    sign = (
        plain_column("item", "briefs.approve.sign_item", "term"),
        *(plain_column(name, f"briefs.approve.{name}", "text") for name in ("by", "on", "version")),
    )
    box = tuple((f"briefs.approve.sign.{who}", "", "", "") for who in ("president", "finance", "owner"))
    sums = [float(planned["spend"].sum()), 0.0 if missing is None else float(missing["target"].sum())]
    return Draft(
        name="briefs.approvals",
        page="AP-13",
        headline=Sentence("briefs.approve.headline.asked" if len(table) else "briefs.approve.headline.nothing", facts),
        panels=(
            TablePanel(Sentence("briefs.approve.title"), Sentence("briefs.approve.unit"), Table(columns, rows)),
            TablePanel(Sentence("briefs.approve.sign_title"), Sentence("briefs.approve.sign_unit"), Table(sign, box)),
        ),
        key_figure=KeyFigure(
            Sentence("briefs.approve.key"),
            Sentence("briefs.approve.key_number", {"value": len(table)}),
            Sentence("briefs.approve.key_compare", facts),
        ),
        reading=(Sentence("briefs.approve.read"),),
        claim=(Sentence("briefs.approve.sure"),),
        next_move=NextMove(Sentence("briefs.approve.next", facts)),
        sample=Sentence("campaigns.sample", {"n": len(planned), "people": facts["people"]}),
        source=Sentence(SOURCE),
        period=span(month.year * 12 + month.month - 1),
        largest=int(max(sums)),
        definitions=("DF-145", "DF-151"),
        audience="client",
    )
