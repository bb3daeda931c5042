"""What the client plans, spends and says about its own work."""

from __future__ import annotations

from crm_helpers.data.contract.model import Column, Table, required

BUDGET = Table(
    name="budget",
    about="One row a month, item and part of the business: what was planned.",
    key=("month", "item", "channel", "store_id"),
    columns=(
        required("month", "month", "The month, as its first day."),
        required("item", "text", "What is planned: sales, new customers, cost of sales promotion …"),
        Column("channel", "text", "Part of the business, in the client's words."),
        Column("store_id", "id", "The store."),
        Column("amount", "money", "Planned money, in minor units."),
        Column("count", "integer", "Planned number."),
    ),
)

ACQUISITION_COST = Table(
    name="acquisition_cost",
    about="One row a month and medium: what winning new customers cost.",
    key=("month", "medium"),
    dated="month",
    log=True,
    columns=(
        required("month", "month", "The month, as its first day."),
        required("medium", "text", "The medium or route, in the words of customers.joined_by."),
        required("amount", "money", "Cost, in minor units."),
        Column("new_customers", "integer", "New customers that the client counts for it."),
    ),
)

AUDIT_ANSWERS = Table(
    name="audit_answers",
    about="One row a respondent and item of the self-check.",
    key=("wave", "respondent", "item_id"),
    dated="answered_on",
    log=True,
    columns=(
        required("wave", "text", "The round of asking."),
        required("respondent", "id", "The respondent, as a number; never a name."),
        Column("department", "text", "The respondent's department."),
        Column("answered_on", "date", "Day of the answer."),
        required("item_id", "id", "The item of the self-check."),
        Column("level", "integer", "0 to 4; empty for not known or not applicable."),
        Column("evidence", "choice", "Set after the documents were seen.", choices=("confirmed", "partly", "none", "contradicted")),
        Column("comment", "free_text", "Why; masked at import."),
    ),
)

INTERVIEWS = Table(
    name="interviews",
    about="One row a role and question of the interviews.",
    key=("interview_id", "question"),
    dated="held_on",
    log=True,
    columns=(
        required("interview_id", "id", "The interview."),
        Column("held_on", "date", "Day of the interview."),
        Column("department", "text", "The department."),
        Column("role", "text", "The role; never a name."),
        required("question", "text", "The question."),
        Column("answer", "free_text", "What was said, in short; masked at import."),
    ),
)

WORKSHOP = Table(
    name="workshop",
    about="One row a note of the journey workshop.",
    key=("note_id",),
    dated="held_on",
    log=True,
    columns=(
        required("note_id", "id", "The note."),
        Column("held_on", "date", "Day of the workshop."),
        Column("segment", "text", "Whose journey."),
        required("stage", "text", "The stage of the journey."),
        required(
            "row",
            "choice",
            "What the note is.",
            choices=("goal", "action", "touchpoint", "thought", "emotion", "pain", "idea", "owner", "kpi"),
        ),
        required("note", "free_text", "What was written; masked at import."),
        Column("score", "integer", "Of an emotion: −2 to 2."),
        Column("department", "text", "The department that wrote it."),
    ),
)
