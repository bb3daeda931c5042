"""Who the customers are, what they agreed to, and what they hold."""

from __future__ import annotations

from crm_helpers.data.contract.model import Column, Table, required

CHANNELS = ("mail", "sms", "line", "push", "post", "phone")

CUSTOMERS = Table(
    name="customers",
    about="One row a member.",
    key=("customer_id",),
    dated="joined_on",
    columns=(
        required("customer_id", "id", "The member."),
        Column("account_id", "id", "The corporate account that the member belongs to."),
        Column("kind", "choice", "What sort of customer.", choices=("consumer", "corporate", "staff", "test")),
        Column("joined_on", "date", "Day of joining."),
        Column("joined_store_id", "id", "The store of joining."),
        Column("joined_by", "text", "How the member came: medium or route of joining."),
        Column("gender", "text", "Gender, in the client's words."),
        Column("birth_year", "year", "Year of birth; of a full date only the year is kept."),
        Column("birth_month", "integer", "Month of birth, 1 to 12; of a full date only the month is kept."),
        Column("prefecture", "text", "Prefecture of residence."),
        Column("postal_area", "text", "First three digits of the postal code; of a full code only these are kept."),
        Column("country", "text", "Country of residence."),
        Column("rank", "text", "Rank in the member programme."),
        Column("preferred_channel", "choice", "How the member prefers to be contacted.", choices=CHANNELS),
        Column("quiet_from", "time", "Begin of the hours without contact, HH:MM."),
        Column("quiet_until", "time", "End of the hours without contact, HH:MM."),
        Column("referred_by", "id", "The member who brought this one."),
        Column("left_on", "date", "Day of leaving."),
    ),
)

ACCOUNTS = Table(
    name="accounts",
    about="One row a corporate account; accounts may stand under accounts, as deep as they do.",
    key=("account_id",),
    dated="since",
    columns=(
        required("account_id", "id", "The account."),
        Column("parent_id", "id", "The account it belongs to; empty at the top."),
        Column("name", "text", "The company's name; kept only where privacy.customer_kind is corporate."),
        Column("industry", "text", "Its industry."),
        Column("size", "text", "Its size class."),
        Column("prefecture", "text", "The prefecture it stands in."),
        Column("owner_department", "text", "The department that looks after it."),
        Column("since", "date", "First day of business with it."),
    ),
)

CONSENTS = Table(
    name="consents",
    about="One row a member, channel and change; the last one before a day holds on that day.",
    key=("customer_id", "channel", "changed_at"),
    dated="changed_at",
    log=True,
    columns=(
        required("customer_id", "id", "The member."),
        required("channel", "choice", "The channel.", choices=CHANNELS),
        required("agreed", "flag", "Whether the member agreed; false for a refusal, a block or an opt-out."),
        Column("changed_at", "moment", "When."),
        Column("source", "text", "Where and how it was captured."),
        Column("wording", "text", "Version of the text shown."),
    ),
)

POINTS = Table(
    name="points",
    about="One row a movement of points.",
    key=("point_id",),
    dated="booked_on",
    log=True,
    columns=(
        Column("point_id", "id", "The movement."),
        required("customer_id", "id", "The member."),
        required("booked_on", "date", "Day of the movement."),
        required("kind", "choice", "What happened.", choices=("granted", "used", "expired", "returned")),
        required("points", "integer", "How many; above 0 whatever happened."),
        Column("reason", "text", "Why."),
        Column("order_id", "id", "The order it belongs to."),
        Column("expires_on", "date", "Of granted points: last day of use.", planned=True),
    ),
)

STOPS = Table(
    name="stops",
    about="Members who must not be contacted; with the reason `erase` or `stop_use` they are removed from every table at import.",
    key=("customer_id", "reason"),
    dated="asked_on",
    columns=(
        required("customer_id", "id", "The member."),
        required(
            "reason",
            "choice",
            "Why.",
            choices=("erase", "stop_use", "opt_out", "complaint", "bounce", "deceased", "staff", "test", "fraud", "minor"),
        ),
        Column("asked_on", "date", "Since when."),
    ),
)
