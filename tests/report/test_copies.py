"""Three versions of a chapter, cell by cell: what the analyst changed, what we changed since, what both did."""

import json

import pytest

from crm_helpers.errors import CrmError
from crm_helpers.report.copies import chapter_of, three_way, unified


def cell(name, source, kind="code", tags=()):
    return {"id": name, "cell_type": kind, "source": source, "metadata": {"tags": list(tags)} if tags else {}}


def notebook(*cells):
    return {"cells": list(cells)}


A, B, C = cell("a", "a = 1"), cell("b", "b = 1"), cell("c", "c = 1")
BASE = notebook(A, B, C)


def told(copy, shipped, base=BASE):
    """Cell → (by the analyst, by us)."""
    return {d.cell: (d.by_analyst, d.by_us) for d in three_way(base, copy, shipped)}


def how(copy, base=BASE):
    return {d.cell: d.how(d.copy) for d in three_way(base, copy, base)}


def test_an_untouched_copy_of_an_unchanged_chapter_has_no_differences():
    assert told(BASE, BASE) == {}


@pytest.mark.parametrize(
    ("copy", "shipped", "found"),
    [
        (notebook(A, cell("b", "b = 2"), C), BASE, {"b": (True, False)}),
        (BASE, notebook(A, cell("b", "b = 3"), C), {"b": (False, True)}),
        (notebook(A, cell("b", "b = 2"), C), notebook(A, cell("b", "b = 3"), C), {"b": (True, True)}),
        (notebook(A, cell("b", "b = 2"), C), notebook(A, cell("b", "b = 2"), C), {}),
        (notebook(A, cell("b", "b = 2"), C), notebook(cell("a", "a = 9"), B, C), {"a": (False, True), "b": (True, False)}),
        (notebook(A, C), notebook(A, cell("b", "b = 3"), C), {"b": (True, True)}),
        (notebook(A, C), notebook(A, C), {}),
    ],
    ids=["theirs", "ours", "both", "both the same", "each another cell", "removed and changed", "removed by both"],
)
def test_who_changed_a_cell(copy, shipped, found):
    assert told(copy, shipped) == found


def test_what_happened_to_a_cell():
    assert how(notebook(A, cell("b", "b = 2"), cell("d", "d = 1"))) == {"b": "changed", "d": "added", "c": "removed"}
    assert how(notebook(A, B, cell("c", "c = 1", tags=["parameters"]))) == {"c": "changed"}
    assert how(notebook(C, A, B)) == {"c": "moved"}


def test_an_added_cell_moves_no_other_and_stands_in_the_copys_order():
    copy = notebook(cell("new", "n = 1"), A, B, cell("c", "c = 2"))
    assert list(how(copy)) == ["new", "c"]


def test_sources_count_not_how_they_were_saved():
    saved = notebook(cell("a", ["a = 1"]), {**B, "outputs": [1], "metadata": {"collapsed": True}}, C)
    assert told(saved, BASE) == {}


def test_the_diff_shows_both_sides_against_the_original():
    (found,) = three_way(BASE, notebook(A, cell("b", "b = 2"), C), notebook(A, cell("b", "b = 3"), C))
    assert list(unified(found)) == [
        *("--- original", "+++ copy", "@@ -1 +1 @@", "-b = 1", "+b = 2"),
        *("--- original", "+++ shipped", "@@ -1 +1 @@", "-b = 1", "+b = 3"),
    ]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one shipped chapter; `write` puts a notebook somewhere in it."""
    (tmp_path / "params").mkdir()
    monkeypatch.chdir(tmp_path)

    def write(path, *cells):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(notebook(*cells)), "utf-8")
        return file

    return write


SHIPPED, COPY, ORIGINAL = "notebooks/02_x.ipynb", "data/acme/notebooks/02_x.ipynb", "data/acme/notebooks/.base/02_x.ipynb"


def test_a_copy_is_used_only_when_an_analyst_changed_it(project):
    shipped = project(SHIPPED, A, B)
    assert chapter_of("acme", shipped).path == shipped
    copy = project(COPY, A, B)
    project(ORIGINAL, A, B)
    assert chapter_of("acme", shipped).path == shipped
    project(COPY, A, cell("b", "b = 2"))
    chosen = chapter_of("acme", shipped)
    assert (chosen.path, chosen.changed, chosen.behind) == (copy, (("b", "changed"),), False)


def test_an_untouched_copy_of_an_older_chapter_gives_way_to_the_shipped_one(project):
    shipped = project(SHIPPED, A, cell("b", "b = 3"))
    project(COPY, A, B)
    project(ORIGINAL, A, B)
    chosen = chapter_of("acme", shipped)
    assert (chosen.path, chosen.changed, chosen.behind) == (shipped, (), False)


def test_a_changed_copy_is_behind_until_it_takes_over_what_we_changed(project):
    shipped = project(SHIPPED, A, cell("b", "b = 3"))
    project(ORIGINAL, A, B)
    project(COPY, cell("a", "a = 2"), B)
    assert chapter_of("acme", shipped).behind
    project(COPY, cell("a", "a = 2"), cell("b", "b = 3"))
    chosen = chapter_of("acme", shipped)
    assert (chosen.behind, chosen.changed) == (False, (("a", "changed"),))


def test_a_copy_without_its_original_is_compared_with_the_shipped_chapter(project):
    shipped = project(SHIPPED, A, B)
    project(COPY, A, cell("b", "b = 2"))
    assert chapter_of("acme", shipped).changed == (("b", "changed"),)


def test_the_client_of_the_parameters_cell_is_no_change(project):
    parameters = cell("p", ['client = "retail"\n', 'lang = "ja"'], tags=["parameters"])
    shipped = project(SHIPPED, parameters, B)
    project(COPY, {**parameters, "source": 'client = "acme"\nlang = "ja"'}, B)
    assert chapter_of("acme", shipped).path == shipped


def test_a_file_that_is_no_notebook_is_told_with_its_path(project):
    shipped = project(SHIPPED, A)
    project(COPY, A).write_text("<<<<<<< HEAD", "utf-8")
    with pytest.raises(CrmError) as caught:
        chapter_of("acme", shipped)
    assert (caught.value.key, caught.value.where) == ("lab.unreadable", COPY)
