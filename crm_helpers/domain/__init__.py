"""Consulting content as data: what practitioners agree on, in files that a consultant can read and mend."""
