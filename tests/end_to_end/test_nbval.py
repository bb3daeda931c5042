"""nbval guards the numbers: it passes unchanged, and names the cell when a chart or a metric changes."""

import pytest


def test_unchanged_notebooks_pass(project):
    done = project.nbval()
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize(
    ("path", "old", "new", "cell", "cells"),
    [
        ("crm_helpers/views/sales.py", 'months.loc[inside, "sales"].to_numpy(), width', 'months.loc[inside, "guest_sales"].to_numpy(), width', "sales.trend", 1),
        ("crm_helpers/metrics/rfm.py", "when idle <= :r3 then 3", "when idle < :r3 then 3", "rfm.heat_map", 3),  # and the pages on the next period and on the two bandings
    ],
    ids=["a plotted column", "a metric"],
)  # fmt: skip
def test_a_changed_number_fails_and_the_cell_is_named(project, path, old, new, cell, cells):
    undo = project.edit(path, old, new)
    try:
        done = project.nbval("notebooks/02_customer_analysis.ipynb")
    finally:
        undo()
    assert done.returncode == 1, done.stdout[-2000:]
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert len(failed) == cells, done.stdout[-2000:]
    assert cell in done.stdout
