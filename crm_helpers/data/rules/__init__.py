"""Cleaning as declared rules: each has an id, words (`rules.told.<id>`), a safe default, and is counted where it is met.

The order is fixed, because a later rule sees what an earlier one made:

1. cells, when a table is read: `text` (spellings of one value), `dates`, `numbers`, `ids` (floats, exponents);
2. rows that cannot count: unreadable, after as_of (`clean`), cancelled, test accounts, non-goods, lines that came twice;
3. rows that count otherwise than written: ids that lost their zeros, anonymous numbers, staff, returns by origin, tax;
4. what is only told: a day in two files, reversals, zero-yen lines, impossible tax rates, a last month that is cut short.

Cell rules are tested over a column's distinct odd values, never over its rows; row rules share one scan. A rule that
nothing breaks costs no more than its share of that scan.
"""
