"""What the data themselves say of the audit's subjects: a proof number for each letter of IDIC, and what was received.

Measures of IDIC (each a share with its n): identify: sales by identified customers; differentiate: campaigns with a target of
their own; interact: customers of the current period who agreed to be contacted by some channel; customize: contacts set off
by the customer's own time (a campaign with a trigger). What the client has not sent has no number.
"""

from __future__ import annotations

import pandas as pd

from crm_helpers.data.tables import Tables
from crm_helpers.params.periods import Periods

FORMS = {  # contract table → what is counted of it
    "audit_answers": "count(distinct respondent)",
    "interviews": "count(distinct interview_id)",
    "documents": "count(*)",
    "data_map": "count(*)",
    "five_c": "count(*)",
    "feature_use": "count(*)",
    "product_fit": "count(distinct business)",
}
DATA = {
    "order_lines": "count(*)",
    "customers": "count(*)",
    "campaigns": "count(*)",
    "contacts": "count(*)",
    "consents": "count(*)",
    "inquiries": "count(*)",
    "surveys": "count(*)",
}


def received(tables: Tables) -> pd.DataFrame:
    """What the diagnosis rests on: `input` (a contract table), `kind` (form, data), `count` (0 when it was not sent)."""
    rows = []
    for kind, wanted in (("form", FORMS), ("data", DATA)):
        for name, counting in wanted.items():
            count = int(tables.sql(f"select {counting} as n from {name}")["n"].iloc[0]) if tables.has(name) else 0
            rows.append({"input": name, "kind": kind, "count": count})
    return pd.DataFrame(rows)


def idic(tables: Tables, *, periods: Periods | None) -> pd.DataFrame:
    """One row a letter: `idic`, `share`, `part`, `n` (the share is part of n; NA where the data cannot tell).

    Identify counts money (minor units), differentiate campaigns, interact customers, customize contacts.
    """
    found = {
        "identify": _identified(tables, periods),
        "differentiate": _targeted(tables, periods),
        "interact": _agreed(tables, periods),
        "customize": _own_time(tables, periods),
    }
    rows = [
        {"idic": letter, "part": told[0], "n": told[1], "share": told[0] / told[1]} if told else {"idic": letter}
        for letter, told in found.items()
    ]
    return pd.DataFrame(rows, columns=["idic", "part", "n", "share"]).astype({"part": "Int64", "n": "Int64", "share": "Float64"})


def _two(tables: Tables, text: str, **values: object) -> tuple[int, int] | None:
    row = tables.sql(text, **values).iloc[0]
    part, n = int(row["part"] or 0), int(row["n"] or 0)
    return (part, n) if n > 0 else None


def _identified(tables: Tables, periods: Periods | None) -> tuple[int, int] | None:
    if periods is None:
        return None
    return _two(
        tables,
        """
        select cast(coalesce(sum(case when customer_id is not null then amount end), 0) as bigint) as part,
               cast(coalesce(sum(amount), 0) as bigint) as n
        from orders where ordered_on between :start and :end
        """,
        start=periods.current.start,
        end=periods.current.end,
    )


def _targeted(tables: Tables, periods: Periods | None) -> tuple[int, int] | None:
    if periods is None or not tables.has("campaigns.segment"):
        return None
    return _two(
        tables,
        """
        select cast(coalesce(sum(case when segment is not null and segment not like '%全員%' and segment not like '%all%'
                 and coalesce(stage, '') not in ('全体', 'all') then 1 else 0 end), 0) as bigint) as part, count(*) as n
        from campaigns where starts_on between :start and :end
        """,
        start=periods.current.start,
        end=periods.current.end,
    )


def _agreed(tables: Tables, periods: Periods | None) -> tuple[int, int] | None:
    if periods is None or not (tables.has("consents") and tables.has("order_lines.customer_id")):
        return None
    return _two(
        tables,
        """
        with bought as (
          select distinct customer_id from customer_day where orders > 0 and ordered_on between :start and :end),
        latest as (
          select customer_id, channel, agreed, row_number() over (
            partition by customer_id, channel order by changed_at desc, agreed) as nth from consents),
        agreeing as (select distinct customer_id from latest where nth = 1 and agreed)
        select cast(coalesce(sum(case when agreeing.customer_id is not null then 1 else 0 end), 0) as bigint) as part,
               count(*) as n
        from bought left join agreeing on agreeing.customer_id = bought.customer_id
        """,
        start=periods.current.start,
        end=periods.current.end,
    )


def _own_time(tables: Tables, periods: Periods | None) -> tuple[int, int] | None:
    if periods is None or not (tables.has("contacts") and tables.has("campaigns")):
        return None
    return _two(
        tables,
        """
        select cast(coalesce(sum(case when k.trigger is not null then 1 else 0 end), 0) as bigint) as part, count(*) as n
        from contacts c join campaigns k on k.campaign_id = c.campaign_id
        where c.sent_at is not null and cast(c.sent_at as date) between :start and :end
        """,
        start=periods.current.start,
        end=periods.current.end,
    )
