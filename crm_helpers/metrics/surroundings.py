"""What surrounds CRM: the 5C, how far products suit it, the tools, and what people said in interviews."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crm_helpers.data.frames import records
from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.domain.content import audit_plan
from crm_helpers.metrics.audit import side
from crm_helpers.metrics.intervals import newcombe
from crm_helpers.params.periods import Period, Periods

CS = ("customer", "company", "competitor", "collaborator", "context")
FACTS = 3  # a C
EIGHTY = 0.80
TRAITS = ("repeat", "service", "not_price", "not_place", "not_range", "identified", "margin", "differ", "breadth", "reach")
FAMILIES = ("crm", "ma", "sfa", "cs", "bi")
USES = ("often", "sometimes", "never", "by_hand", "absent")
TOOL = {
    "converted": ("ma", False),
    "win_rate": ("sfa", False),
    "cancelled": ("cs", True),
}  # symptom → kind of tool, whether more hurts


def five_c(tables: Tables, *, k: int, periods: Periods | None) -> pd.DataFrame | Unavailable:
    """Facts by C, those that change the policy first, at most three each; of the customer two come from the data.

    Returns:
        `c` (of CS), `key` (carries_80, bought_again: counted here; empty: as written), `value` (share; NA as written), `fact`,
        `source`, `kind` (fact, interpretation, hypothesis), `implication`, `changes` (the policy).
    """
    counted = _customer_facts(tables, k, periods)
    written = (
        tables.sql("select c, fact, source, kind, implication, changes_policy from five_c") if tables.has("five_c") else None
    )
    if written is None and not counted:
        return Unavailable("surroundings.five_c", ("five_c",))
    rows = list(counted)
    for row in records(written) if written is not None else []:
        rows.append(
            {**row, "key": "", "value": None, "kind": row["kind"] or "hypothesis", "changes": row["changes_policy"] == "yes"}
        )
    table = pd.DataFrame(rows, columns=["c", "key", "value", "fact", "source", "kind", "implication", "changes"])
    keyed = table.assign(c_order=table["c"].map(CS.index), own=table["key"] == "", last=~table["changes"].astype(bool))
    ordered = keyed.sort_values(["c_order", "own", "last"], kind="stable").drop(columns=["c_order", "own", "last"])
    return ordered.groupby("c", sort=False).head(FACTS).reset_index(drop=True)


def _customer_facts(tables: Tables, k: int, periods: Periods | None) -> list[dict[str, Any]]:
    """The share of buyers who bring 80 % of identified sales, and of those who bought twice or more."""
    if periods is None or not tables.has("order_lines.customer_id"):
        return []
    found = tables.sql(
        """
        with spent as (
          select customer_id, cast(sum(amount) as bigint) as amount, cast(sum(orders) as bigint) as orders from customer_day
          where ordered_on between :start and :end group by customer_id),
        ranked as (
          select amount, orders, cast(sum(amount) over (order by amount desc, customer_id) as bigint) - amount as above,
                 cast(sum(amount) over () as bigint) as total
          from spent where orders > 0)
        select count(*) as buyers, cast(sum(case when above < total * :eighty then 1 else 0 end) as bigint) as carrying,
               cast(sum(case when orders > 1 then 1 else 0 end) as bigint) as again
        from ranked
        """,
        start=periods.current.start,
        end=periods.current.end,
        eighty=EIGHTY,
    ).iloc[0]
    buyers = int(found["buyers"] or 0)
    if buyers < k:
        return []
    told = {"carries_80": int(found["carrying"]), "bought_again": int(found["again"])}
    return [
        {
            "c": "customer",
            "key": key,
            "value": part / buyers,
            "fact": "",
            "source": "",
            "kind": "fact",
            "implication": "",
            "changes": False,
        }
        for key, part in told.items()
    ]


@needs("product_fit")
def fit(tables: Tables) -> pd.DataFrame | Unavailable:
    """How true each trait is of each business: `business`, `trait` (of TRAITS), `fit` (2 very, 1 partly, 0 not; NA not known).

    Raises nothing for traits of the client's own words: only those of the form are counted.
    """
    found = tables.sql("select business, trait, fit from product_fit order by business")
    found = found[found["trait"].isin(TRAITS)]
    if not len(found):
        return Unavailable("surroundings.fit", reason="surroundings.own_traits")
    return found.reset_index(drop=True)


@needs("feature_use")
def features(tables: Tables) -> pd.DataFrame | Unavailable:
    """One row a feature, tool and department: `department`, `family`, `feature`, `tool`, `use` (of USES), `need`, `hours` (a
    month, by hand), `obstacle`, `class` (used, lacking: a must that is not used, idle: bought and not used,
    needless: used and not needed)."""
    found = tables.sql(
        """
        select department, coalesce(family, 'crm') as family, feature, tool, use, need, hours, obstacle from feature_use
        order by family, feature
        """
    )
    used = found["use"].isin(("often", "sometimes"))
    kinds = pd.Series("used", index=found.index).where(used, "idle").mask(found["use"].isin(("absent", "by_hand")), "missing")
    kinds = kinds.mask(~used & (found["need"] == "must"), "lacking").mask(used & (found["need"] == "none"), "needless")
    return found.assign(**{"class": kinds})


def symptoms(tables: Tables, *, periods: Periods | None) -> pd.DataFrame:
    """Numbers that say which kind of tool works on what hurts, for both periods.

    Returns:
        `symptom` (win_rate: of deals closed, lower hurts, SFA; cancelled: of contracts running at the start, higher hurts,
        CS; converted: of leads that came, lower hurts, MA), `tool`, `current`, `compare` (shares), `n`, `n_before`, `way` (worse,
        better, unclear: the 95 % interval of the difference holds 0; Newcombe). A symptom is no order to buy: the tool at hand
        may do.
    """
    rows = []
    for name, (tool, higher_hurts) in TOOL.items() if periods is not None else ():
        now, before = (_symptom(tables, name, period) for period in (periods.current, periods.compare))  # type: ignore[union-attr]
        if now is None or before is None:
            continue
        _, low, high = newcombe(*now, *before)
        way = "unclear" if low <= 0 <= high else "worse" if (low > 0) == higher_hurts else "better"
        shares = {"current": now[0] / now[1], "compare": before[0] / before[1], "n": now[1], "n_before": before[1]}
        rows.append({"symptom": name, "tool": tool, **shares, "way": way})
    return pd.DataFrame(rows, columns=["symptom", "tool", "current", "compare", "n", "n_before", "way"])


FEWEST = 10  # cases under which a share says nothing
COUNTED = {
    "converted": """select cast(sum(case when converted_on between :start and :end then 1 else 0 end) as bigint) as part,
        count(*) as n from leads where created_on between :start and :end""",
    "win_rate": """select cast(sum(case when won_on between :start and :end then 1 else 0 end) as bigint) as part, count(*) as n
      from deals where won_on between :start and :end or lost_on between :start and :end""",
    "cancelled": """select cast(sum(case when cancelled_on between :start and :end then 1 else 0 end) as bigint) as part,
        count(*) as n from contracts where started_on < :start and (cancelled_on is null or cancelled_on >= :start)""",
}
NEEDED = {"converted": "leads", "win_rate": "deals", "cancelled": "contracts"}


def _symptom(tables: Tables, name: str, period: Period) -> tuple[int, int] | None:
    if not tables.has(NEEDED[name]):
        return None
    row = tables.sql(COUNTED[name], start=period.start, end=period.end).iloc[0]
    return (int(row["part"] or 0), int(row["n"])) if int(row["n"] or 0) >= FEWEST else None


@needs("interviews")
def voices(tables: Tables, groups: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """What was said, one row a question: `question`, `topic` (an axis or foundation; empty when nothing tells), `score` (of that
    topic in `metrics.audit.groups`; None without), `answers`, `office`, `front` (the fullest answer of each side; empty where
    only one person stands on it).

    A side with one interview is not quoted: its words would name the person.
    """
    found = tables.sql(
        "select interview_id, department, role, question, topic, answer, quote from interviews order by interview_id"
    )
    found["side"] = [side(str(d or ""), r) for d, r in zip(found["department"], found["role"], strict=True)]
    people = found.drop_duplicates("interview_id")["side"].value_counts()
    scores = _scores(groups)
    quoted = {name for name, n in people.items() if n > 1}
    rows = []
    for question, told in found.groupby("question", sort=False):
        words = told["quote"].where(told["quote"].notna(), told["answer"])
        said = {
            name: words[(told["side"] == name) & words.notna()] if name in quoted else words.iloc[:0]
            for name in ("office", "front")
        }
        topic = next((t for t in told["topic"] if isinstance(t, str)), _topic(str(question)))
        rows.append(
            {
                "question": question,
                "topic": topic,
                "score": scores.get(topic),
                "answers": int(words.notna().sum()),
                **{name: max(map(str, part), key=len) if len(part) else "" for name, part in said.items()},
            }
        )
    if not any(row["office"] or row["front"] for row in rows):
        return Unavailable("surroundings.voices", reason="surroundings.one_person")
    return pd.DataFrame(rows)


def _scores(groups: pd.DataFrame | Unavailable) -> dict[str, float | None]:
    if isinstance(groups, Unavailable):
        return {}
    parts = groups[groups["kind"].isin(("axis", "foundation")) & groups["score"].notna()]
    return {str(row["foundation"] or row["axis"]): float(row["score"]) for row in parts.to_dict("records")}


def _topic(question: str) -> str:
    words = question.casefold()
    return next((topic for topic, has in audit_plan()["topics"].items() if any(w.casefold() in words for w in has)), "")
