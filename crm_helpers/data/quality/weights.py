"""How much a column weighs in a score: 3 where the diagnosis stands on it, 2 where pages need it, 1 where it helps.

A column that is not here weighs nothing in completeness, because it is rightly empty in many rows (a coupon, a day of
leaving); in the other characteristics it weighs 1. The weights are our judgement, not a standard; they are here to be read.
"""

from __future__ import annotations

WEIGHTS: dict[str, dict[str, int]] = {
    "order_lines": {"order_id": 3, "ordered_on": 3, "amount": 3, "product_id": 2, "store_id": 2, "quantity": 2, "channel": 2,
                    "line_no": 1, "ordered_at": 1, "tax_percent": 1},
    "day_totals": {"sold_on": 3, "amount": 3, "store_id": 2, "receipts": 1},
    "customers": {"customer_id": 3, "joined_on": 2, "kind": 1, "joined_store_id": 1, "joined_by": 1, "gender": 1, "birth_year": 1,
                  "prefecture": 1, "postal_area": 1, "rank": 1},
    "accounts": {"account_id": 3, "industry": 1, "size": 1, "since": 1},
    "products": {"product_id": 3, "category": 2, "name": 1, "subcategory": 1, "unit_price": 1, "unit_cost": 1},
    "stores": {"store_id": 3, "name": 2, "prefecture": 1, "opened_on": 1},
    "campaigns": {"campaign_id": 3, "name": 3, "purpose": 2, "channel": 2, "starts_on": 2, "ends_on": 2, "kpi": 2, "cost": 1},
    "contacts": {"campaign_id": 3, "customer_id": 3, "assigned_at": 3, "channel": 2, "arm": 2, "sent_at": 1, "delivered": 1},
    "contact_totals": {"campaign_id": 3, "sent_on": 3, "sent": 3, "delivered": 1, "opened": 1, "clicked": 1},
    "events": {"happened_at": 3, "event": 3, "visitor_id": 2, "session_id": 1, "channel": 1},
    "surveys": {"answered_on": 3, "measure": 3, "wave": 2, "touchpoint": 1},
    "inquiries": {"opened_at": 3, "reason": 2, "channel": 1, "complaint": 1, "first_reply_at": 1},
    "contracts": {"contract_id": 3, "started_on": 3, "plan": 2, "price": 2, "cycle_days": 2},
    "contract_changes": {"contract_id": 3, "changed_on": 3, "change": 3},
    "reservations": {"visit_at": 3, "status": 2, "booked_at": 2, "store_id": 1, "channel": 1},
    "usage": {"contract_id": 3, "used_on": 3, "uses": 3, "user_id": 1, "feature": 1},
    "leads": {"lead_id": 3, "created_on": 3, "source": 2, "status": 2},
    "deals": {"deal_id": 3, "opened_on": 3, "stage": 2, "amount": 2, "account_id": 2},
    "deal_stages": {"deal_id": 3, "stage": 3, "entered_on": 3},
    "points": {"customer_id": 3, "booked_on": 3, "kind": 3, "points": 3, "reason": 1},
    "consents": {"customer_id": 3, "channel": 3, "agreed": 3, "changed_at": 2, "source": 1, "wording": 1},
    "stops": {"customer_id": 3, "reason": 3, "asked_on": 1},
    "budget": {"month": 3, "item": 3},
    "acquisition_cost": {"month": 3, "medium": 3, "amount": 3, "new_customers": 1},
    "audit_answers": {"wave": 3, "respondent": 3, "item_id": 3, "level": 1},
    "interviews": {"interview_id": 3, "question": 3, "answer": 2},
    "workshop": {"note_id": 3, "stage": 3, "row": 3, "note": 3},
    "documents": {"document_id": 3, "state": 2, "axis": 1, "owner_department": 1},
    "data_map": {"system_id": 3, "system_name": 3, "owner_department": 2, "customer_key": 2, "kind": 1, "consent_held": 1},
    "five_c": {"c": 3, "question_id": 3, "fact": 3, "source": 3, "kind": 2},
    "feature_use": {"feature": 3, "use": 3, "need": 2, "department": 1},
    "product_fit": {"business": 3, "trait": 3, "fit": 2, "reason": 1},
    "data_request": {"data": 3, "state": 2},
    "definitions": {"term": 3, "state": 2},
}  # fmt: skip


def weight(table: str, columns: tuple[str, ...]) -> int:
    """The weight of what a check looks at: that of its weightiest column, at least 1."""
    return max([1, *(WEIGHTS[table].get(column, 0) for column in columns)])


def expected_full(table: str) -> dict[str, int]:
    """The columns of a table that every row should fill, with their weights."""
    return WEIGHTS[table]
