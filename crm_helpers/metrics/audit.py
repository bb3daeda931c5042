"""The self-check scored: items, axes, foundations, gates and the level of maturity.

The instrument is `domain/audit_items.yaml` (own wording; answers 0 to 4, not applicable, not known). Scoring:

1. An answer of 3 or 4 without evidence is held at 2; without a review it stands and is marked. An answer of 2 or more that
   the data contradict is held at 1: what level 2 describes is in place somewhere, and the record shows that it is not.
2. The score of an item is the median over departments of the median within each department, so that no department with many
   respondents decides. Departments of one respondent are merged (`departments`), so that no person's answers are shown.
3. Not applicable leaves the item out. Not known (and blank) counts against: from half of the answers on the item has no score.
4. A group's score is the weighted mean of its scored items; coverage is the weight scored of the weight applicable.
5. The whole is the mean of the three axes and the foundations. A gate under 2, or one that nobody could answer, holds the
   level at 2.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crm_helpers.data.needs import Unavailable, needs
from crm_helpers.data.tables import Tables
from crm_helpers.domain.content import audit, audit_plan
from crm_helpers.params.schema import AuditItem

AXES = ("strategy", "plan", "practice", "foundation")
SHORT_AXES = AXES[:3]
IDIC = ("identify", "differentiate", "interact", "customize")
FOUNDATIONS = ("data", "organisation", "privacy", "technology", "measurement")
HELD, CONTRADICTED = 2, 1  # where an answer without evidence stands, and one that the data contradict
UNKNOWN_SHARE = 0.5  # of the answers: from here on nobody knows
REFERENCE, PRINTED = 0.6, 0.3  # coverage under which a score is for reference, and under which it is not printed
GATE = 2  # a gate under it, or unanswered, holds the level here
STEPS = (0.5, 1.5, 2.5, 3.5)  # scores at which levels 1 to 4 begin
GUIDE = 2  # with no more respondents the scores are a guide only
WIDE = 2  # levels between departments that are talked about, not averaged
TOGETHER = "+"  # between the names of merged departments


@functools.cache
def instrument() -> pd.DataFrame:
    """The items by id: axis, idic, foundation, weight, gate, short_form, target, effort, impact (1 to 5), owner (a role)."""
    rows = [
        {
            "item": item["id"],
            **{name: item[name] for name in ("axis", "idic", "foundation", "weight", "gate", "short_form")},
            "target": item["target_level"],
            "effort": item["default_effort"],
            "impact": item["default_impact"],
            "owner": item["respondents"][0],
        }
        for item in audit()["items"]
    ]
    return pd.DataFrame(rows).set_index("item")


def weighed(reviewed: Mapping[str, AuditItem]) -> pd.DataFrame:
    """The instrument with what the consultant set for this client; `own` names what was set (`target,effort`)."""
    table = instrument().assign(own="")
    for item, told in reviewed.items():
        said = {name: value for name, value in told.model_dump().items() if value is not None}
        for name, value in said.items():
            table.loc[item, name] = value
        table.loc[item, "own"] = ",".join(said)
    return table


@needs("audit_answers")
def answers(tables: Tables, *, wave: str | None = None) -> pd.DataFrame | Unavailable:
    """The answers of a wave (the last by default), after the evidence rule.

    Returns:
        `wave`, `respondent`, `department` (merged so that two or more people stand behind it), `item`, `given` (0 to 4 as
        answered), `level` (after the evidence rule), `state` (scored, not_known, not_applicable), `evidence` (confirmed,
        partly, none, contradicted, unseen), `held` (the level was lowered).
    """
    found = tables.sql(
        "select wave, respondent, department, role, item_id as item, level, no_level, evidence, answered_on from audit_answers"
    )
    found = found[found["item"].isin(instrument().index)]
    chosen = wave if wave is not None else last_waves(found)[-1] if len(found) else None
    return prepared(found[found["wave"] == chosen])


def last_waves(found: pd.DataFrame) -> list[str]:
    """The waves by their last day of answering, the oldest first; by name where days are not told."""
    days = found.assign(day=pd.to_datetime(found["answered_on"])).groupby("wave")["day"].max()
    return [str(wave) for wave in days.reset_index().sort_values(["day", "wave"], na_position="first")["wave"]]


def prepared(found: pd.DataFrame) -> pd.DataFrame:
    """Answers as they came, with the evidence rule applied and small departments merged."""
    table = found.reset_index(drop=True)
    given = pd.to_numeric(table["level"], errors="coerce")
    given = given.where(given.between(0, 4))
    evidence = table["evidence"].astype("object").where(table["evidence"].notna(), "unseen")
    level = given.where(~((evidence == "none") & (given > HELD)), HELD)
    level = level.where(~((evidence == "contradicted") & (given > CONTRADICTED)), CONTRADICTED)
    state = pd.Series("not_known", index=table.index).where(given.isna(), "scored")
    state = state.where(~(given.isna() & (table["no_level"] == "not_applicable")), "not_applicable")
    return pd.DataFrame(
        {
            "wave": table["wave"],
            "respondent": table["respondent"].astype(str),
            "department": table["respondent"].astype(str).map(departments(table)),
            "item": table["item"],
            "given": given,
            "level": level,
            "state": state,
            "evidence": evidence,
            "held": level < given,
        }
    )


def departments(table: pd.DataFrame) -> Mapping[str, str]:
    """Respondent → department, so merged that each has two respondents or more where there are as many.

    Lone respondents join each other, those who set policy apart from those who meet customers; one who stays alone joins
    the smallest department of the same side, or the smallest of all.
    """
    people = table.drop_duplicates("respondent").assign(respondent=lambda t: t["respondent"].astype(str))
    names = people["department"].astype("object").where(people["department"].notna(), "")
    roles = people["role"] if "role" in people else pd.Series("", index=people.index)
    members: dict[str, list[str]] = {}
    sides: dict[str, str] = {}
    for who, name, role in zip(people["respondent"], names, roles, strict=True):
        members.setdefault(str(name), []).append(who)
        sides.setdefault(str(name), side(str(name), role))
    while len(members) > 1 and (lone := sorted(name for name in members if len(members[name]) == 1)):
        one = lone[0]
        others = [name for name in members if name != one]
        near = min(others, key=lambda name: (sides[name] != sides[one], len(members[name]), name))
        joined = TOGETHER.join(part for part in (near, one) if part)
        members[joined], sides[joined] = members.pop(near) + members.pop(one), sides.pop(near)
        sides.pop(one, None)
    return {who: name for name, people_of in members.items() for who in people_of}


def side(department: str, role: object = "") -> str:
    """`office` sets policy, `front` meets customers; empty when neither role nor name tells, or merged departments differ."""
    sides: Mapping[str, Any] = audit_plan()["sides"]
    by_role = [name for name, told in sides.items() if role in told["roles"]]
    found = {_side_of_name(part, sides) for part in department.split(TOGETHER)}
    return by_role[0] if by_role else found.pop() if len(found) == 1 else ""


def _side_of_name(name: str, sides: Mapping[str, Any]) -> str:
    told = name.casefold()
    return next((found for found, has in sides.items() if any(word.casefold() in told for word in has["words"])), "")


def people(answered: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """Respondents by department: `department`, `respondents`, `asked` (answers due), `scored`, `not_known`."""
    if isinstance(answered, Unavailable):
        return answered
    grouped = answered.groupby("department", sort=True)
    return pd.DataFrame(
        {
            "respondents": grouped["respondent"].nunique(),
            "asked": grouped.size(),
            "scored": grouped["state"].agg(lambda s: int((s == "scored").sum())),
            "not_known": grouped["state"].agg(lambda s: int((s == "not_known").sum())),
        }
    ).reset_index()


def items(answered: pd.DataFrame | Unavailable, reviewed: Mapping[str, AuditItem] | None = None) -> pd.DataFrame | Unavailable:
    """One row an item that was asked, in the order of the instrument; `reviewed` is what the consultant set instead of it.

    Returns:
        `item` and the columns of `weighed`; `answers`, `not_known`, `not_applicable` (counts), `score` (0 to 4; NaN without),
        `state` (scored, not_known, not_applicable, unasked), `held` (answers lowered by the evidence rule), `unseen` (a score
        of 3 or more that rests on answers without a review), `contradicted`, `low`, `high` (medians of departments),
        `low_in`, `high_in` (their names).
    """
    if isinstance(answered, Unavailable):
        return answered
    listed = weighed(reviewed or {})
    beyond = set(answered["item"]) - set(listed.index[listed["short_form"]])
    if not beyond:  # the short form alone was handed out
        listed = listed[listed["short_form"]]
    rows = [{"item": item, **listed.loc[item], **_item(answered[answered["item"] == item])} for item in listed.index]
    return pd.DataFrame(rows)


def _item(told: pd.DataFrame) -> dict[str, Any]:
    scored = told[told["state"] == "scored"]
    counts = {name: int((told["state"] == name).sum()) for name in ("not_known", "not_applicable")}
    applicable = len(scored) + counts["not_known"]
    medians = scored.groupby("department")["level"].median()
    state = "scored"
    if not len(told):
        state = "unasked"
    elif not applicable:
        state = "not_applicable"
    elif counts["not_known"] / applicable >= UNKNOWN_SHARE:
        state = "not_known"
    score = float(medians.median()) if state == "scored" else np.nan
    return {
        "answers": len(scored),
        **counts,
        "score": score,
        "state": state,
        "held": int(scored["held"].sum()),
        "unseen": bool(score >= HELD + 1 and not scored["evidence"].isin(("confirmed", "partly")).any()),
        "contradicted": bool((scored["evidence"] == "contradicted").any()),
        "low": float(medians.min()) if len(medians) else np.nan,
        "high": float(medians.max()) if len(medians) else np.nan,
        "low_in": str(medians.idxmin()) if len(medians) else "",
        "high_in": str(medians.idxmax()) if len(medians) else "",
    }


def groups(scored: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """Weighted means of the items: each axis, foundation and letter of IDIC, and each axis × IDIC.

    Returns:
        `kind` (axis, foundation, idic, cell), `axis`, `idic`, `foundation` (empty where it is not split), `score` (NaN when
        coverage is under 30 %), `coverage`, `state` (sure, reference, hidden), `items`.
    """
    if isinstance(scored, Unavailable):
        return scored
    rows = [{"kind": "axis", "axis": axis, **_group(scored[scored["axis"] == axis])} for axis in AXES]
    rows += [{"kind": "foundation", "foundation": part, **_group(scored[scored["foundation"] == part])} for part in FOUNDATIONS]
    rows += [{"kind": "idic", "idic": letter, **_group(scored[scored["idic"] == letter])} for letter in IDIC]
    rows += [
        {"kind": "cell", "axis": axis, "idic": letter, **_group(scored[(scored["axis"] == axis) & (scored["idic"] == letter)])}
        for axis in SHORT_AXES
        for letter in IDIC
    ]
    return pd.DataFrame(rows).fillna({"axis": "", "idic": "", "foundation": ""})


def _group(part: pd.DataFrame) -> dict[str, Any]:
    applicable = part[part["state"] != "not_applicable"]
    known = applicable[applicable["state"] == "scored"]
    weight = float(applicable["weight"].sum())
    coverage = float(known["weight"].sum()) / weight if weight else 0.0
    score = float((known["weight"] * known["score"]).sum() / known["weight"].sum()) if len(known) else np.nan
    target = float((applicable["weight"] * applicable["target"]).sum() / weight) if weight else np.nan
    state = "hidden" if coverage < PRINTED else "reference" if coverage < REFERENCE else "sure"
    told = np.nan if state == "hidden" else score
    return {"score": told, "coverage": coverage, "state": state, "items": len(applicable), "target": target}


def gates(scored: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """The legal must-haves: `item`, `score`, `state` (met, failed, unconfirmed), `contradicted`; failed first, then unconfirmed.

    A gate that was not asked, or that nobody could answer, is unconfirmed and never met; not applicable is no answer either.
    """
    if isinstance(scored, Unavailable):
        return scored
    told = scored.set_index("item").reindex(instrument().index[instrument()["gate"]])
    score = told["score"]
    state = pd.Series("met", index=told.index).where(score >= GATE, "failed").where(score.notna(), "unconfirmed")
    table = pd.DataFrame({"score": score, "state": state, "contradicted": told["contradicted"].eq(True)}).reset_index()
    order = table["state"].map({"failed": 0, "unconfirmed": 1, "met": 2})
    return table.assign(order=order).sort_values(["order", "item"]).drop(columns="order").reset_index(drop=True)


def overall(scored: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """The whole in one row: `score`, `level` (after the gates), `level_by_score`, `failed`, `unconfirmed` (gates), `coverage`,
    `state` (sure, reference, hidden), `target`."""
    if isinstance(scored, Unavailable):
        return scored
    parts = groups(scored)
    assert isinstance(parts, pd.DataFrame)
    axes = parts[parts["kind"] == "axis"]
    known = axes[axes["score"].notna()]
    score = float(known["score"].mean()) if len(known) else np.nan
    told = gates(scored)
    assert isinstance(told, pd.DataFrame)
    failed, unconfirmed = (int((told["state"] == name).sum()) for name in ("failed", "unconfirmed"))
    by_score = level(score)
    capped = by_score if by_score is None or not failed + unconfirmed else min(by_score, GATE)
    sure = len(known) == len(AXES) and bool((axes["state"] == "sure").all())
    row = {
        "score": score,
        "level": capped,
        "level_by_score": by_score,
        "failed": failed,
        "unconfirmed": unconfirmed,
        "coverage": float(axes["coverage"].mean()),
        "state": "hidden" if not len(known) else "sure" if sure else "reference",
        "target": float(axes["target"].mean()),
    }
    return pd.DataFrame([row])


def level(score: float) -> int | None:
    """0 to 4: absent, ad hoc, partial, managed, optimising."""
    return None if np.isnan(score) else int(np.searchsorted(STEPS, score, side="right"))


def leave_one_out(answered: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """The whole computed again without each respondent: one row `score`, `low`, `high`, `respondents`. For internal eyes."""
    if isinstance(answered, Unavailable):
        return answered
    who = sorted(set(answered["respondent"]))
    whole = _score(answered)
    without = [_score(answered[answered["respondent"] != one]) for one in who] if len(who) > 1 else [whole]
    return pd.DataFrame(
        [{"score": whole, "low": float(np.nanmin(without)), "high": float(np.nanmax(without)), "respondents": len(who)}]
    )


def _score(answered: pd.DataFrame) -> float:
    found = overall(items(answered))
    assert isinstance(found, pd.DataFrame)
    return float(found["score"].iloc[0])


def alpha(answered: pd.DataFrame | Unavailable) -> float | Unavailable:
    """Krippendorff's alpha of the answers as given, for ordinal data; NaN where nothing can be compared. For internal eyes.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011); items are units, respondents observers.
    """
    if isinstance(answered, Unavailable):
        return answered
    table = answered.pivot_table(index="item", columns="respondent", values="given", aggfunc="first")
    return krippendorff(table.to_numpy(dtype=float))


def krippendorff(units: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Alpha for ordinal data of a table unit × observer with NaN for missing values."""
    values = np.unique(units[~np.isnan(units)])
    coincidences = np.zeros((len(values), len(values)))
    for row in units:
        told = np.searchsorted(values, row[~np.isnan(row)])
        if len(told) < 2:
            continue
        counts = np.bincount(told, minlength=len(values)).astype(float)
        coincidences += (np.outer(counts, counts) - np.diag(counts)) / (len(told) - 1)
    margins = coincidences.sum(axis=0)
    total = margins.sum()
    if total <= 1:
        return float("nan")
    upto = np.cumsum(margins) - margins / 2
    apart = (upto[:, None] - upto[None, :]) ** 2  # ordinal: how many ranks lie between
    expected = float((np.outer(margins, margins) * apart).sum())
    return 1 - (total - 1) * float((coincidences * apart).sum()) / expected if expected else float("nan")


def disagreements(scored: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """Items on which departments stand apart, the widest first, then by weight.

    Returns:
        `item`, `low`, `high`, `range`, `low_in`, `high_in`, `direction` (office_high: policy has not arrived; front_high: results
        are not reported; other), `weight`, `wide` (two levels or more).
    """
    if isinstance(scored, Unavailable):
        return scored
    table = scored.assign(range=scored["high"] - scored["low"])
    table = table[table["answers"] > 0]
    table["direction"] = [
        "office_high"
        if (side(high), side(low)) == ("office", "front")
        else "front_high"
        if (side(high), side(low)) == ("front", "office")
        else "other"
        for high, low in zip(table["high_in"], table["low_in"], strict=True)
    ]
    apart = table[table["range"] > 0].sort_values(["range", "weight", "item"], ascending=[False, False, True])
    apart["wide"] = apart["range"] >= WIDE
    return apart[["item", "low", "high", "range", "low_in", "high_in", "direction", "weight", "wide"]].reset_index(drop=True)


def by_department(answered: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """Medians of each department by item: `item`, `department`, `median`, `scored`, `not_known`, `not_applicable`, `blank` (no
    row)."""
    if isinstance(answered, Unavailable):
        return answered
    rows = []
    sizes = {str(name): n for name, n in answered.groupby("department")["respondent"].nunique().items()}
    for (item, name), told in answered.groupby(["item", "department"], sort=True):
        counts = told["state"].value_counts()
        seen = {state: int(counts.get(state, 0)) for state in ("scored", "not_known", "not_applicable")}
        middle = float(told["level"].median()) if seen["scored"] else np.nan
        rows.append({"item": item, "department": name, "median": middle, **seen, "blank": int(sizes[str(name)]) - len(told)})
    return pd.DataFrame(rows)


@needs("audit_answers")
def waves(tables: Tables) -> pd.DataFrame | Unavailable:
    """The last two waves side by side, on the items and respondents that both have with a level.

    Returns:
        `item`, `axis`, `weight`, `before`, `after` (scores as in `items`), `change`; attrs `before`, `after` (names of the
        waves), `respondents`, `pairs` (answers compared).
    """
    found = tables.sql(
        "select wave, respondent, department, role, item_id as item, level, no_level, evidence, answered_on from audit_answers"
    )
    found = found[found["item"].isin(instrument().index)]
    names = last_waves(found)[-2:]
    if len(names) < 2:
        return Unavailable("audit.waves", reason="audit.one_wave")
    return compared(found, *names)


def compared(found: pd.DataFrame, before: str, after: str) -> pd.DataFrame | Unavailable:
    """Scores of two waves on the answers that both have: the same respondent, the same item, a level in both."""
    levels = found[pd.to_numeric(found["level"], errors="coerce").between(0, 4)]
    both = set.intersection(*(set(_keys(levels[levels["wave"] == wave])) for wave in (before, after)))
    if not both:
        return Unavailable("audit.waves", reason="audit.nobody_twice")
    kept = levels[[key in both for key in _keys(levels)]]
    # one set of departments for both waves, as the later one has them
    last = kept[kept["wave"] == after].drop_duplicates("respondent").set_index("respondent")
    kept = kept.assign(**{name: kept["respondent"].map(last[name]) for name in ("department", "role")})
    scores = {wave: items(prepared(kept[kept["wave"] == wave])) for wave in (before, after)}
    old, new = (scores[wave].set_index("item") for wave in (before, after))  # type: ignore[union-attr]
    shared = [
        item for item in new.index if item in old.index and pd.notna(old.loc[item, "score"]) and pd.notna(new.loc[item, "score"])
    ]
    table = pd.DataFrame(
        {
            "item": shared,
            "axis": [new.loc[item, "axis"] for item in shared],
            "weight": [int(new.loc[item, "weight"]) for item in shared],
            "before": [float(old.loc[item, "score"]) for item in shared],
            "after": [float(new.loc[item, "score"]) for item in shared],
        }
    )
    table = table.assign(change=table["after"] - table["before"])
    table.attrs = {"before": before, "after": after, "respondents": int(kept["respondent"].nunique()), "pairs": len(both)}
    return table


def _keys(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(table["respondent"].astype(str), table["item"].astype(str), strict=True))


def gaps(scored: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """Items under their target by weight × gap, the largest first.

    Returns:
        `item`, `axis`, `foundation`, `weight`, `gate`, `score`, `target`, `gap`, `weighted` (weight × gap), `share` (of all
        weighted gaps), `effort`, `impact` (1 to 5, as the instrument has them or the consultant set them), `owner`, `own`.
    """
    if isinstance(scored, Unavailable):
        return scored
    table = scored.assign(gap=scored["target"] - scored["score"])
    table = table[table["gap"] > 0]
    table = table.assign(weighted=table["gap"] * table["weight"])
    table = table.assign(share=table["weighted"] / table["weighted"].sum())
    wanted = [
        "item",
        "axis",
        "foundation",
        "weight",
        "gate",
        "score",
        "target",
        "gap",
        "weighted",
        "share",
        "effort",
        "impact",
        "owner",
        "own",
    ]
    ordered = table.sort_values(["weighted", "gate", "item"], ascending=[False, False, True])
    return ordered[wanted].reset_index(drop=True)


def blocked(scored: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """What the foundation of the lowest score holds back: `foundation`, `item`, `score`, `target` (`audit_plan.yaml: blocks`)."""
    if isinstance(scored, Unavailable):
        return scored
    found = groups(scored)
    assert isinstance(found, pd.DataFrame)
    parts = found[(found["kind"] == "foundation") & found["score"].notna()].sort_values(["score", "foundation"])
    if not len(parts):
        return Unavailable("audit.blocked", reason="audit.few_answers")
    low = str(parts["foundation"].iloc[0])
    held = scored[scored["item"].isin(audit_plan()["blocks"][low])]
    return held.assign(foundation=low)[["foundation", "item", "score", "target"]].reset_index(drop=True)


STYLE = 1.0  # a respondent's mean this far from the others' on the same items answers in a style of his own


def styles(answered: pd.DataFrame | Unavailable) -> pd.DataFrame | Unavailable:
    """How many respondents answer in a style of their own: one row `respondents`, `apart` (mean over 1.0 from the others' on the
    items they share). Nobody is named, nothing is corrected. For internal eyes."""
    if isinstance(answered, Unavailable):
        return answered
    table = answered.pivot_table(index="item", columns="respondent", values="given", aggfunc="first")
    apart = 0
    for who in table:
        others = table.drop(columns=who).mean(axis=1)
        difference = (table[who] - others).mean()
        apart += int(pd.notna(difference) and abs(difference) > STYLE)
    return pd.DataFrame([{"respondents": table.shape[1], "apart": apart}])
