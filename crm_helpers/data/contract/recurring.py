"""What goes on over time: contracts, bookings, use, and sales to companies."""

from __future__ import annotations

from crm_helpers.data.contract.model import Column, Table, required

CONTRACTS = Table(
    name="contracts",
    about="One row a contract: a subscription by post, a service, a software contract.",
    key=("contract_id",),
    dated="started_on",
    columns=(
        required("contract_id", "id", "The contract."),
        Column("customer_id", "id", "The customer."),
        Column("account_id", "id", "The corporate account."),
        required("started_on", "date", "First day."),
        Column("plan", "text", "The plan, in the client's words."),
        Column("product_id", "id", "The product shipped."),
        Column("offer", "text", "The offer it began with."),
        Column("price", "money", "Price of one shipment or one billing period, in minor units."),
        Column("cycle_days", "integer", "Days between shipments or bills; 30 for a month, 365 for a year."),
        Column("seats", "integer", "Users or units it covers."),
        Column("shipments", "integer", "Shipments so far."),
        Column("next_due_on", "date", "Day of the next shipment or bill.", planned=True),
        Column("cancelled_on", "date", "Day of cancelling; empty while it runs."),
        Column("cancel_reason", "text", "Why it was cancelled, in the client's words."),
        Column("restarted_from", "id", "The cancelled contract that this one takes up again."),
    ),
)

CONTRACT_CHANGES = Table(
    name="contract_changes",
    about="One row a change of a contract: shipments, skips, pauses, plans, cancelling, restarting.",
    key=("contract_id", "changed_on", "change"),
    dated="changed_on",
    log=True,
    columns=(
        required("contract_id", "id", "The contract."),
        required("changed_on", "date", "Day of the change."),
        required(
            "change",
            "choice",
            "What changed.",
            choices=("start", "ship", "skip", "pause", "resume", "plan", "cycle", "price", "seats", "cancel", "restart"),
        ),
        Column("shipment_no", "integer", "The shipment concerned, from 1."),
        Column("until", "date", "Of a pause: its last day.", planned=True),
        Column("old_value", "text", "What was before."),
        Column("new_value", "text", "What is after."),
        Column("offer", "text", "The offer that brought the change about."),
        Column("reason", "text", "Why, in the client's words."),
    ),
)

RESERVATIONS = Table(
    name="reservations",
    about="One row a booking.",
    key=("reservation_id",),
    dated="booked_at",
    log=True,
    columns=(
        Column("reservation_id", "id", "The booking."),
        Column("customer_id", "id", "The customer."),
        Column("store_id", "id", "Where."),
        Column("booked_at", "moment", "When it was made."),
        Column("visit_at", "moment", "When the visit is or was due.", required=True, planned=True),
        Column("status", "choice", "What became of it.", choices=("booked", "kept", "cancelled", "no_show")),
        Column("cancelled_at", "moment", "When it was cancelled."),
        Column("staff_id", "id", "Who serves."),
        Column("menu", "text", "What was booked."),
        Column("channel", "text", "How it was made, in the client's words."),
        Column("people", "integer", "How many people."),
        Column("amount", "money", "What was paid or is due, in minor units."),
    ),
)

USAGE = Table(
    name="usage",
    about="One row a contract, user, day and feature used.",
    key=("contract_id", "user_id", "used_on", "feature"),
    dated="used_on",
    log=True,
    columns=(
        required("contract_id", "id", "The contract."),
        Column("user_id", "id", "The user."),
        required("used_on", "date", "Day of use."),
        Column("feature", "text", "What was used."),
        required("uses", "integer", "How often."),
    ),
)

LEADS = Table(
    name="leads",
    about="One row a prospective customer.",
    key=("lead_id",),
    dated="created_on",
    columns=(
        required("lead_id", "id", "The lead."),
        Column("account_id", "id", "The account, once there is one."),
        required("created_on", "date", "First day."),
        Column("source", "text", "Where it came from."),
        Column("owner_department", "text", "The department that looks after it."),
        Column("status", "choice", "Where it stands.", choices=("open", "qualified", "converted", "lost")),
        Column("qualified_on", "date", "Day of qualification."),
        Column("converted_on", "date", "Day it became a deal."),
        Column("lost_reason", "text", "Why it was lost."),
    ),
)

DEALS = Table(
    name="deals",
    about="One row a deal.",
    key=("deal_id",),
    dated="opened_on",
    columns=(
        required("deal_id", "id", "The deal."),
        Column("lead_id", "id", "The lead it came from."),
        Column("account_id", "id", "The account."),
        Column("owner_department", "text", "The department that looks after it."),
        required("opened_on", "date", "First day."),
        Column("stage", "text", "Where it stands, in the client's words."),
        Column("amount", "money", "Expected or contracted amount, in minor units."),
        Column("expected_on", "date", "Expected day of closing.", planned=True),
        Column("won_on", "date", "Day it was won."),
        Column("lost_on", "date", "Day it was lost."),
        Column("lost_reason", "text", "Why it was lost."),
    ),
)

DEAL_STAGES = Table(
    name="deal_stages",
    about="One row a deal and stage reached.",
    key=("deal_id", "stage", "entered_on"),
    dated="entered_on",
    log=True,
    columns=(
        required("deal_id", "id", "The deal."),
        required("stage", "text", "The stage, in the client's words."),
        required("entered_on", "date", "Day it was reached."),
        Column("amount", "money", "Expected amount at that time, in minor units."),
    ),
)
