"""The papers say what is there: every command, every file they name, the same sections in both languages."""

import re
from pathlib import Path

import pytest

from crm_helpers.cli import app

ROOT = Path(__file__).parents[1]
PAPERS = ["README.md", "README.ja.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/adding.md"]
COMMANDS = sorted(c.name or c.callback.__name__ for c in app.registered_commands)


def text(name):
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_readme_lists_every_command(name):
    assert sorted(set(re.findall(r"^\| `crm (\w+)", text(name), flags=re.M))) == COMMANDS


def test_both_readmes_have_the_same_sections_commands_and_map():
    shapes = []
    for name in ("README.md", "README.ja.md"):
        blocks = re.findall(r"```\n(.*?)```", text(name), flags=re.S)
        commands = [line.split("#")[0].split("  ")[0].strip() for block in blocks for line in block.splitlines()]
        shapes.append((len(re.findall(r"^## ", text(name), flags=re.M)), [c for c in commands if c.isascii() and c]))
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("name", PAPERS)
def test_every_file_that_is_named_is_there(name):
    named = re.findall(r"`((?:crm_helpers|tests|docs|params|data|notebooks|\.ci)/[^`]*|[A-Z]+(?:\.ja)?\.md)`", text(name))
    named += re.findall(r"\]\((?!http)([^)#]+)\)", text(name))
    inside = [path.split(":")[0] for path in named if not re.search(r"[<>{}]|notebooks/06|data/retail/notebooks", path)]
    assert inside
    assert [path for path in inside if not list(ROOT.glob(path.rstrip("/")))] == []


def test_a_recipe_is_short():
    for recipe in text("docs/adding.md").split("\n## ")[1:]:
        title, *lines = recipe.strip().splitlines()
        assert len([line for line in lines if line]) <= 12, title
