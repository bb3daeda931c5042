"""What the client said to customers, and what came back."""

from __future__ import annotations

from crm_helpers.data.contract.model import Column, Table, required

CAMPAIGNS = Table(
    name="campaigns",
    about="One row a campaign, with the brief that was written before it.",
    key=("campaign_id",),
    columns=(
        required("campaign_id", "id", "The campaign."),
        required("name", "text", "Its name."),
        Column("name_en", "text", "Its name in English, for the English edition."),
        Column("stage", "text", "Stage of the customer's life it aims at."),
        Column("purpose", "text", "What it is for."),
        Column("kpi", "text", "The KPI it is judged by."),
        Column("segment", "text", "Who it is for: the name of one of the settings' segments, or a rule in words."),
        Column("because", "text", "Why it exists: ids of findings, gaps, pains or learnings in the ledger, with spaces between."),
        Column("why_me", "text", "Why this customer: a fact that the customer recognises."),
        Column("why_me_en", "text", "The same in English."),
        Column("why_now", "text", "Why now: the customer's own time or event."),
        Column("why_now_en", "text", "The same in English."),
        Column("channel", "text", "How it is sent, in the client's words."),
        Column("offer", "text", "What is offered."),
        Column("message", "text", "The sentence that the customer reads."),
        Column("message_en", "text", "The same in English."),
        Column("starts_on", "date", "First day.", planned=True),
        Column("ends_on", "date", "Last day.", planned=True),
        Column("trigger", "text", "What sets it off; empty for a fixed day."),
        Column("eligible", "integer", "How many people the plan counts on."),
        Column("control_percent", "number", "Share of the eligible that is left out for comparison, percent."),
        Column("expected_rate", "number", "Expected rate of the KPI among the contacted, percent."),
        Column("expected_control_rate", "number", "Expected rate of the KPI among those left out, percent."),
        Column("window_days", "integer", "Days after assignment that count."),
        Column("response_value", "money", "Sales that one response of the KPI is worth, net, in minor units."),
        Column("planned_cost", "money", "Planned cost, in minor units; where the next ones are given, the fixed part of it."),
        Column("contact_cost", "money", "Planned cost of one contact, in minor units."),
        Column("offer_cost", "money", "Planned cost of one offer taken up, in minor units."),
        Column("offer_in_net", "flag", "Whether the offer is already deducted from net sales: coupons and price cuts are."),
        Column("sends", "integer", "How many times one person is contacted; 1 when empty."),
        Column("work_days", "number", "Person-days that it takes."),
        Column("cost", "money", "Actual cost, in minor units."),
        Column("reached", "integer", "How many people it reached."),
        Column("result", "text", "What is known of its result, in the client's words."),
        Column(
            "decision", "choice", "What was decided from the result.", choices=("widen", "continue", "fix", "stop", "none")
        ),
        Column("owner_department", "text", "The department that runs it."),
        Column("approved_on", "date", "Day of approval; without one it is a draft."),
    ),
)

CONTACTS = Table(
    name="contacts",
    about="One row a customer and contact; assigned but left out has the arm `control` and no sent_at.",
    key=("contact_id",),
    dated="assigned_at",
    log=True,
    columns=(
        Column("contact_id", "id", "The contact."),
        required("campaign_id", "id", "The campaign."),
        required("customer_id", "id", "The customer."),
        required("assigned_at", "moment", "When the customer was assigned; the time of sending where nobody was left out."),
        Column("channel", "text", "How it was sent, in the client's words."),
        Column("arm", "choice", "Contacted or left out for comparison; a campaign with both and no send at all is the universal hold-out.", choices=("treatment", "control")),
        Column("sent_at", "moment", "When it was sent."),
        Column("delivered", "flag", "Whether it arrived."),
        Column("opened_at", "moment", "When it was first opened."),
        Column("clicked_at", "moment", "When it was first clicked."),
        Column("responded_at", "moment", "When the customer first did what was asked."),
        Column("opted_out_at", "moment", "When the customer opted out through it."),
        Column("cost", "money", "Its cost, in minor units."),
    ),
)

CONTACT_TOTALS = Table(
    name="contact_totals",
    about="Contacts of which only counts are left; never also in contacts.",
    key=("campaign_id", "channel", "sent_on"),
    dated="sent_on",
    log=True,
    columns=(
        required("campaign_id", "id", "The campaign."),
        required("sent_on", "date", "Day of sending."),
        Column("channel", "text", "How it was sent, in the client's words."),
        required("sent", "integer", "How many were sent."),
        Column("delivered", "integer", "How many arrived."),
        Column("opened", "integer", "How many were opened."),
        Column("clicked", "integer", "How many were clicked."),
        Column("opted_out", "integer", "How many opted out."),
    ),
)

EVENTS = Table(
    name="events",
    about="One row an action on the web, in the app or in a store.",
    key=("event_id",),
    dated="happened_at",
    log=True,
    columns=(
        Column("event_id", "id", "The event."),
        Column("customer_id", "id", "The customer; empty when not signed in."),
        Column("visitor_id", "id", "The browser or device; a pseudonym of the client's."),
        Column("session_id", "id", "The visit."),
        required("happened_at", "moment", "When."),
        required("event", "text", "What, in the client's words."),
        Column("touchpoint", "text", "Where: page, screen or place."),
        Column("channel", "text", "Web, app, store …, in the client's words."),
        Column("medium", "text", "What brought the visitor."),
        Column("campaign_id", "id", "The campaign that brought the visitor."),
        Column("product_id", "id", "The product concerned."),
        Column("store_id", "id", "The store concerned."),
    ),
)

SURVEYS = Table(
    name="surveys",
    about="One row an answer: a score, a free text, or both.",
    key=("response_id", "question"),
    dated="answered_on",
    log=True,
    columns=(
        Column("response_id", "id", "The response; several questions may share it."),
        Column("wave", "text", "The round of asking."),
        Column("customer_id", "id", "The customer; empty for an anonymous survey."),
        required("answered_on", "date", "Day of the answer."),
        required("measure", "choice", "What was asked.", choices=("nps", "csat", "ces", "text")),
        Column("question", "text", "The question, in short."),
        Column("touchpoint", "text", "What the question was about."),
        Column("store_id", "id", "The store concerned."),
        Column("channel", "text", "How it was asked, in the client's words."),
        Column("score", "integer", "0 to 10 for NPS, 1 to 5 for CSAT, 1 to 7 for CES."),
        Column("comment", "free_text", "What the customer wrote; masked at import."),
        Column("may_publish", "flag", "Whether the customer allowed the comment to be quoted."),
    ),
)

INQUIRIES = Table(
    name="inquiries",
    about="One row an inquiry or complaint.",
    key=("inquiry_id",),
    dated="opened_at",
    log=True,
    columns=(
        Column("inquiry_id", "id", "The inquiry."),
        Column("customer_id", "id", "The customer; empty when unknown."),
        required("opened_at", "moment", "When it came in."),
        Column("first_reply_at", "moment", "When it was first answered."),
        Column("closed_at", "moment", "When it was settled; empty while it is open."),
        Column("channel", "text", "How it came in, in the client's words."),
        Column("reason", "text", "Its reason, in the client's words."),
        Column("complaint", "flag", "Whether it was a complaint."),
        Column("order_id", "id", "The order concerned."),
        Column("contract_id", "id", "The contract concerned."),
        Column("store_id", "id", "The store concerned."),
        Column("memo", "free_text", "What was noted; masked at import."),
    ),
)
