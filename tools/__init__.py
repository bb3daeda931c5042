"""Programs that make what the repository holds; nothing of the product imports them."""
