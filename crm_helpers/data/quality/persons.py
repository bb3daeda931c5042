"""Members who may be one person (名寄せ候補): listed for the client to judge, never merged here.

Only what the contract keeps is compared, so a reason is a coincidence of facts, not of a name or an address.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from crm_helpers.data.tables import Tables

LARGEST = 5  # more members alike are a mass registration, not one person


@dataclass(frozen=True)
class Alike:
    """Members are alike when these columns of theirs are filled and the same; `quality.alike.<name>` says so."""

    name: str
    columns: tuple[str, ...]


RULES = (
    Alike("joined_together", ("birth_year", "birth_month", "gender", "postal_area", "joined_on")),
    Alike("same_account", ("account_id", "birth_year", "birth_month", "gender")),
)


def candidates(tables: Tables, *, limit: int) -> pd.DataFrame:
    """Groups of members who may be one person.

    Returns:
        Columns reason, nth (of the group within its reason, from 1), customer_id, members (of the group); ordered; at most
        about `limit` rows, groups whole.
    """
    found = [_groups(tables, rule, limit) for rule in RULES if _asked(tables, rule)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["reason", "nth", "customer_id", "members"])


def counted(tables: Tables) -> tuple[int, int] | None:
    """Groups and members in them, over all rules; None when the columns are not there."""
    asked = [rule for rule in RULES if _asked(tables, rule)]
    if not asked:
        return None
    groups = members = 0
    for rule in asked:
        row = tables.sql(
            f"select count(*) as groups, cast(coalesce(sum(members), 0) as bigint) as members from ({_sizes(rule)}) as g"
        ).iloc[0]
        groups, members = groups + int(row["groups"]), members + int(row["members"])
    return groups, members


def _asked(tables: Tables, rule: Alike) -> bool:
    return all(tables.has(f"customers.{column}") for column in rule.columns)


def _sizes(rule: Alike) -> str:
    key = ", ".join(rule.columns)
    filled = " and ".join(f"{column} is not null" for column in rule.columns)
    return (
        f"select {key}, count(*) as members, min(customer_id) as head from customers where {filled} group by {key}"
        f" having count(*) between 2 and {LARGEST}"
    )


def _groups(tables: Tables, rule: Alike, limit: int) -> pd.DataFrame:
    same = " and ".join(f"c.{column} = g.{column}" for column in rule.columns)
    return tables.sql(
        f"with sizes as ({_sizes(rule)}), g as (select *, row_number() over (order by head) as nth from sizes)"
        f" select '{rule.name}' as reason, g.nth, c.customer_id, g.members from g join customers c on {same}"
        f" where g.nth <= :groups order by g.nth, c.customer_id",
        groups=max(1, limit // 2),
    ).head(limit)
