"""The CRM workbook's helper package. A notebook needs `open_book`, `metrics` and `views`."""
