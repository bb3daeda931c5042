"""Notebooks are built of steps: a question heading, one page, a reading; and hold no logic."""

import ast
import builtins
import json
import re
from pathlib import Path

import pytest

from crm_helpers.report.editions import MONTHLY, cut
from crm_helpers.report.executed import needs, needs_before
from crm_helpers.report.stored_form import faults

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9][0-9]_*.ipynb"))
LOGIC = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.Try, ast.With, ast.Lambda, ast.ListComp, ast.DictComp)


def cells(path):
    for number, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"], 1):
        yield number, cell, "".join(cell["source"])


def code_faults(number, source):
    tree = ast.parse(source)
    found = sorted({type(n).__name__ for n in ast.walk(tree) if isinstance(n, LOGIC)})
    if found:
        yield f"cell {number} holds logic ({', '.join(found)}); move it into crm_helpers"
    if len(source.splitlines()) > 12:
        yield f"cell {number} is {len(source.splitlines())} lines; 12 is the limit"
    if "pandas" in source:
        yield f"cell {number} uses pandas; move it into crm_helpers"


def step_faults(listed):
    for i, (number, cell, source) in enumerate(listed):
        if cell["cell_type"] == "code" and "book.show(" in source:
            before, after = listed[i - 1][1:], listed[i + 1][1:] if i + 1 < len(listed) else ({"cell_type": ""}, "")
            if before[0]["cell_type"] != "markdown" or "## " not in before[1]:
                yield f"cell {number} shows a page but no question stands before it"
            if after[0]["cell_type"] != "markdown" or not after[1].startswith("読み方"):
                yield f"cell {number} shows a page but no 読み方 follows"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_keeps_the_grammar(path):
    listed = list(cells(path))
    tagged = [source for _, cell, source in listed if "parameters" in cell["metadata"].get("tags", [])]
    found = [f for n, cell, source in listed if cell["cell_type"] == "code" for f in code_faults(n, source)]
    found += list(step_faults(listed))
    if len(tagged) != 1:
        found.append(f"{len(tagged)} cells are tagged 'parameters'; papermill needs exactly one")
    names = [node.targets[0].id for source in tagged for node in ast.parse(source).body]
    if names != ["client", "lang"]:
        found.append(f"the parameters are {names}; they must be client and lang, all else stands in params/")
    assert not found, f"{path.name}: " + "; ".join(found)


READS = re.compile(r"\bbook\.rows\(\"(\d\d)\"\)")
READS_BEFORE = re.compile(r"\bbook\.rows_before\(\"(\d\d)\"\)")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_chapter_that_reads_anothers_rows_says_so(path):
    """Else it would not be made again when they change (`needs` and `before` are part of its fingerprint)."""
    read = {name for _, _, source in cells(path) for name in READS.findall(source)}
    assert read - {path.name[:2]} <= set(needs(path)), f"tag the parameters cell with needs:{'/'.join(sorted(read))}"
    before = {name for _, _, source in cells(path) for name in READS_BEFORE.findall(source)}
    assert before == set(needs_before(path)), f"tag the parameters cell with before:{'/'.join(sorted(before))}"


def test_the_grammar_names_the_cell_that_breaks_it():
    assert list(code_faults(7, "for x in y:\n    pass")) == ["cell 7 holds logic (For); move it into crm_helpers"]
    assert len(list(code_faults(8, "\n".join("a = 1" for _ in range(13))))) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_is_in_stored_form(path):
    assert [str(fault) for fault in faults(path)] == []


def made_and_used(source):
    names = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    made = {n.id for n in names if isinstance(n.ctx, ast.Store)} | {
        (a.asname or a.name) for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names
    }
    return made, {n.id for n in names if isinstance(n.ctx, ast.Load)}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_an_editions_steps_use_only_what_the_edition_makes(path):
    known, code = (
        set(dir(builtins)),
        [c for c in cut(json.loads(path.read_text("utf-8")), MONTHLY)["cells"] if c["cell_type"] == "code"],
    )
    for cell in code:
        made, used = made_and_used("".join(cell["source"]))
        assert not used - made - known, (
            f"{path.name}: {cell['id']}: {sorted(used - made - known)} is made by no step of the edition"
        )
        known |= made


def test_the_monthly_edition_has_four_pages_in_order():
    pages = [
        c["id"]
        for path in NOTEBOOKS
        for c in cut(json.loads(path.read_text("utf-8")), MONTHLY)["cells"]
        if "book.show(" in "".join(c["source"])
    ]
    assert pages == ["plan-to-date", "vintages-by-month", "effect-scorecard", "agenda"]
