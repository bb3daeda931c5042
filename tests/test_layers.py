"""Modules import downwards only, and modules of one group not each other."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "crm_helpers"
LAYERS = [
    {"errors"}, {"look"}, {"text", "domain", "document", "fonts"}, {"params", "ledger"}, {"data"}, {"metrics"}, {"views"}, {"book"},
    {"targets"}, {"report"}, {"terminal"}, {"cli"},
]  # fmt: skip
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
MODULES = sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")


def layer(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module.count(".") else [f"{node.module}.{a.name}" for a in node.names]
        yield from (n.split(".")[1] for n in names if n.startswith("crm_helpers."))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path):
    own = layer(path)
    up = sorted({n for n in imported(path) if n != own and RANK[n] >= RANK[own]})
    assert not up, f"{path.name} ({own}) imports from its own or a higher layer: {', '.join(up)}"


def test_a_run_knows_no_metric_and_no_view():
    """Reports run notebooks as processes."""
    guilty = {p.name: sorted(set(imported(p)) & {"metrics", "views", "book"}) for p in (ROOT / "report").rglob("*.py")}
    assert not {name: found for name, found in guilty.items() if found}


def test_metrics_know_no_words_no_drawing_and_no_clock():
    for path in (ROOT / "metrics").rglob("*.py"):
        text = path.read_text("utf-8")
        assert not {"text", "views", "fonts"} & set(imported(path)), path.name
        assert "matplotlib" not in text, path.name
        assert not {"today(", "now("} & {call for call in ("today(", "now(") if call in text}, path.name


def test_no_room_without_a_name():
    assert not [p for p in ROOT.rglob("*.py") if p.stem in ("utils", "helpers", "misc", "common")]
