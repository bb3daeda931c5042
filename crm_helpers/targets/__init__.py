"""A campaign's list of people: whether it may be made, who is on it, who is left out for comparison, and the file."""
