"""What was sold, of what, and where."""

from __future__ import annotations

from crm_helpers.data.contract.model import Column, Table, required

ORDER_LINES = Table(
    name="order_lines",
    about="One row an order line; the only table that is required.",
    key=("order_id", "line_no"),
    dated="ordered_on",
    log=True,
    columns=(
        Column("order_id", "id", "The order or receipt; when it is absent every line is its own order."),
        Column("line_no", "integer", "The line within its order; with order_id it finds lines that came twice."),
        required("ordered_on", "date", "Local day of the order."),
        Column("ordered_at", "time", "Local time of the order, HH:MM."),
        Column("customer_id", "id", "The customer; empty for a guest."),
        Column("account_id", "id", "The corporate account that ordered."),
        Column("store_id", "id", "The store that sold."),
        Column("product_id", "id", "The product sold."),
        Column("channel", "text", "Where it was sold, in the client's words."),
        Column("quantity", "quantity", "Items; negative for a return."),
        required("amount", "money", "What the customer paid for the line, in minor units; negative for a refund."),
        Column("discount", "money", "Reduction already taken off the amount, in minor units."),
        Column("points_used", "money", "Part of the amount that was paid with points, in minor units."),
        Column("tax_percent", "integer", "Consumption tax rate of the line, percent."),
        Column("coupon_id", "id", "The coupon used."),
        Column("campaign_id", "id", "The campaign that the client's system credits."),
        Column("contract_id", "id", "The contract that the line was shipped for."),
        Column("shipment_no", "integer", "The how-many-eth shipment of its contract, from 1."),
        Column("returned_order_id", "id", "Of a return: the order that it takes back."),
        Column("staff_id", "id", "Who sold."),
    ),
)

DAY_TOTALS = Table(
    name="day_totals",
    about="Sales that are known only as totals of a day, such as guests at the till; never also in order_lines.",
    key=("sold_on", "store_id", "channel", "category"),
    dated="sold_on",
    log=True,
    columns=(
        required("sold_on", "date", "Local day of the sales."),
        Column("store_id", "id", "The store that sold."),
        Column("channel", "text", "Where it was sold, in the client's words."),
        Column("category", "text", "The larger class of product."),
        Column("receipts", "integer", "Number of receipts."),
        Column("quantity", "quantity", "Items."),
        required("amount", "money", "What was paid, in minor units."),
        Column("discount", "money", "Reduction already taken off the amount, in minor units."),
    ),
)

PRODUCTS = Table(
    name="products",
    about="One row a product.",
    key=("product_id",),
    columns=(
        required("product_id", "id", "The product."),
        Column("name", "text", "Its name."),
        Column("category", "text", "The larger class."),
        Column("subcategory", "text", "The class within the larger class."),
        Column("unit_price", "money", "List price of one item, in minor units."),
        Column("unit_cost", "money", "Cost of one item, in minor units."),
        Column("tax_percent", "integer", "Consumption tax rate, percent."),
        Column("launched_on", "date", "First day on sale."),
        Column("ended_on", "date", "Last day on sale."),
    ),
)

STORES = Table(
    name="stores",
    about="One row a store.",
    key=("store_id",),
    columns=(
        required("store_id", "id", "The store."),
        Column("name", "text", "Its name."),
        Column("prefecture", "text", "The prefecture or region it stands in."),
        Column("opened_on", "date", "Day of opening."),
        Column("closed_on", "date", "Last day of business."),
        Column("format", "text", "Its type, in the client's words."),
    ),
)
