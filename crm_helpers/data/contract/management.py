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
        Column("role", "text", "The respondent's role; never a name."),
        Column("answered_on", "date", "Day of the answer."),
        required("item_id", "id", "The item of the self-check."),
        Column("level", "integer", "0 to 4; empty for not known or not applicable."),
        Column("no_level", "choice", "Why there is no level.", choices=("not_known", "not_applicable")),
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
        Column("topic", "text", "What it is about: strategy, plan, practice, data …"),
        Column("answer", "free_text", "What was said, in short; masked at import."),
        Column("quote", "free_text", "What was said, word for word; masked at import."),
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

DOCUMENTS = Table(
    name="documents",
    about="One row a document that the diagnosis asks for; a missing one is a finding.",
    key=("document_id",),
    columns=(
        required("document_id", "text", "The document."),
        Column("axis", "choice", "What it belongs to.", choices=("strategy", "plan", "practice", "foundation")),
        Column("state", "choice", "Whether it exists.", choices=("exists", "partly", "none", "unknown")),
        Column("updated_on", "date", "Day of its last update."),
        Column("covers", "free_text", "What it covers; masked at import."),
        Column("owner_department", "text", "The department that looks after it."),
        Column("place", "text", "Where it lies."),
        Column("shared", "choice", "Who has it.", choices=("all", "some", "owner")),
        Column("filled_on", "date", "Day of the register."),
    ),
)

_HOLDS = {
    "identity": "member numbers and attributes",
    "contact": "contacts",
    "consent": "consent",
    "purchase": "purchases",
    "contact_history": "what was sent",
    "inquiry": "inquiries",
    "web": "behaviour on the web",
    "points": "points",
}

DATA_MAP = Table(
    name="data_map",
    about="One row a place where customer information lies, paper and spreadsheets included.",
    key=("system_id",),
    columns=(
        required("system_id", "id", "The place."),
        required("system_name", "text", "Its name."),
        Column("kind", "text", "What it is: pos, ec_cart, crm, spreadsheet, paper …"),
        Column("owner_department", "text", "The department that looks after it."),
        Column("owner_role", "text", "The role that does; never a name."),
        Column("vendor", "text", "Vendor or processor."),
        Column("subject", "text", "Whose data: member, buyer_nonmember, prospect …"),
        Column("grain", "text", "What one of its rows is."),
        Column("customer_key", "text", "By what it knows a customer."),
        Column("main_fields", "text", "Names of its fields."),
        Column("record_count", "integer", "How many records."),
        Column("first_on", "date", "Day of its oldest record."),
        Column(
            "refresh",
            "choice",
            "How often it is refreshed.",
            choices=("realtime", "daily", "weekly", "monthly", "on_demand", "stopped"),
        ),
        Column("links_to", "text", "Ids of the places that it gives data to."),
        Column(
            "link_method",
            "choice",
            "How.",
            choices=("realtime_api", "batch_daily", "batch_weekly", "batch_monthly", "manual_csv", "rekey", "none"),
        ),
        Column("match_percent", "number", "Share of its records that find their partner, percent."),
        Column(
            "pd_class",
            "text",
            "Class of personal data: PD1_direct, PD2_pseudonymous, PD3_behavioural_linkable, PD4_sensitive, PD5_statistical, PD0_none.",
        ),
        Column("consent_held", "choice", "What it knows of consent.", choices=("by_channel_with_log", "flag_only", "none")),
        Column("retention", "text", "How long records are kept; empty where it is not decided."),
        Column("export_way", "text", "How data come out of it, and their encoding."),
        *(
            Column(f"holds_{group}", "choice", f"Whether it holds {what}, as master or as copy.", choices=("master", "copy"))
            for group, what in _HOLDS.items()
        ),
        Column("used_for", "text", "What it is used for."),
        Column("quality_issue", "free_text", "Known trouble; masked at import."),
        Column("filled_on", "date", "Day of the map."),
    ),
)

FIVE_C = Table(
    name="five_c",
    about="One row a fact on customers, company, competitors, collaborators or context.",
    key=(),
    columns=(
        required("c", "choice", "Which C.", choices=("customer", "company", "competitor", "collaborator", "context")),
        required("question_id", "id", "The question it answers."),
        required("fact", "free_text", "The fact, with figure and date; masked at import."),
        required("source", "text", "Where it is from."),
        Column("kind", "choice", "How sure it is.", choices=("fact", "interpretation", "hypothesis")),
        Column("implication", "free_text", "What it means for CRM; masked at import."),
        Column("changes_policy", "choice", "Whether it changes the policy.", choices=("yes", "no", "unknown")),
        Column("department", "text", "The department that wrote it."),
        Column("filled_on", "date", "Day of the sheet."),
    ),
)

FEATURE_USE = Table(
    name="feature_use",
    about="One row a department, feature and tool: what is used and what is needed.",
    key=("department", "feature", "tool"),
    columns=(
        Column("department", "text", "The department asked."),
        Column("family", "text", "Kind of tool: crm, ma, sfa, cs, bi."),
        required("feature", "text", "The feature."),
        Column("tool", "text", "The tool."),
        required("use", "choice", "How it is used.", choices=("often", "sometimes", "never", "by_hand", "absent")),
        Column("need", "choice", "How much it is needed.", choices=("must", "useful", "none")),
        Column("hours", "number", "Hours a month that it takes by hand."),
        Column("obstacle", "free_text", "What stands in the way; masked at import."),
        Column("filled_on", "date", "Day of the answer."),
    ),
)

PRODUCT_FIT = Table(
    name="product_fit",
    about="One row a business and trait: how far CRM can work for it.",
    key=("business", "trait"),
    columns=(
        required("business", "text", "The business or group of products."),
        required("trait", "text", "The trait."),
        Column("fit", "integer", "2 very true, 1 partly, 0 not true; empty for not known."),
        Column("reason", "free_text", "The fact behind it; masked at import."),
        Column("department", "text", "The department asked."),
        Column("filled_on", "date", "Day of the answer."),
    ),
)

DATA_REQUEST = Table(
    name="data_request",
    about="One row a thing asked for: whether the client has it.",
    key=("data",),
    columns=(
        required("data", "text", "What was asked for; a contract table where there is one."),
        Column("state", "choice", "What the client says.", choices=("given", "later", "partly", "none")),
        Column("due_on", "date", "When it is to come.", planned=True),
        Column("owner_department", "text", "The department that has it."),
        Column("remark", "free_text", "A remark; masked at import."),
        Column("department", "text", "The department in charge of all of them."),
        Column("filled_on", "date", "Day of the answer."),
    ),
)

DEFINITIONS = Table(
    name="definitions",
    about="One row a term: what the client means by it, and what was agreed.",
    key=("term", "department"),
    columns=(
        required("term", "text", "The term."),
        Column("state", "choice", "The client's use of it.", choices=("same", "differs", "none", "undecided")),
        Column("own_definition", "free_text", "The client's definition; masked at import."),
        Column("agreed_definition", "free_text", "What was agreed for the reports; masked at import."),
        Column("department", "text", "The department asked."),
        Column("filled_on", "date", "Day of the answer."),
    ),
)
