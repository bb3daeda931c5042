"""The contract: the tables a client can give, their columns, and what each column means.

What is not here is never imported, but for the columns that a client declares as dimensions. There is deliberately no
column for a person's name, mail, telephone or address. Only `order_lines` is required.
"""

from __future__ import annotations

from crm_helpers.data.contract.contacts import CAMPAIGNS, CONTACT_TOTALS, CONTACTS, EVENTS, INQUIRIES, SURVEYS
from crm_helpers.data.contract.management import (
    ACQUISITION_COST,
    AUDIT_ANSWERS,
    BUDGET,
    DATA_MAP,
    DATA_REQUEST,
    DEFINITIONS,
    DOCUMENTS,
    FEATURE_USE,
    FIVE_C,
    INTERVIEWS,
    PRODUCT_FIT,
    WORKSHOP,
)
from crm_helpers.data.contract.model import EXPONENT, SQL_TYPE, WORDED, Column, Kind, Table
from crm_helpers.data.contract.people import ACCOUNTS, CONSENTS, CUSTOMERS, POINTS, STOPS
from crm_helpers.data.contract.recurring import CONTRACT_CHANGES, CONTRACTS, DEAL_STAGES, DEALS, LEADS, RESERVATIONS, USAGE
from crm_helpers.data.contract.sales import DAY_TOTALS, ORDER_LINES, PRODUCTS, STORES

__all__ = ["EXPONENT", "SQL_TYPE", "TABLES", "WORDED", "Column", "Kind", "Table"]

TABLES = {
    table.name: table
    for table in (
        *(ORDER_LINES, DAY_TOTALS, CUSTOMERS, ACCOUNTS, PRODUCTS, STORES),
        *(CAMPAIGNS, CONTACTS, CONTACT_TOTALS, EVENTS, SURVEYS, INQUIRIES),
        *(CONTRACTS, CONTRACT_CHANGES, RESERVATIONS, USAGE, LEADS, DEALS, DEAL_STAGES),
        *(POINTS, CONSENTS, STOPS),
        *(BUDGET, ACQUISITION_COST, AUDIT_ANSWERS, INTERVIEWS, WORKSHOP),
        *(DOCUMENTS, DATA_MAP, FIVE_C, FEATURE_USE, PRODUCT_FIT, DATA_REQUEST, DEFINITIONS),
    )
}
"""Every contract table by name."""
