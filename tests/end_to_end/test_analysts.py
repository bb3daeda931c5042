"""An analyst changes a chart for one client: its report has it and says so; no other report and no notebook of ours changes."""

import json

import pytest

COPY = "data/retail/notebooks/02_customer_analysis.ipynb"
NAME = "02_customer_analysis"


@pytest.fixture
def worked(project, retail, cdnow):
    """`retail` with its own copies; afterwards everything is as shipped again."""
    import shutil

    assert project.crm("lab", "retail", "--no-browser").returncode == 0
    yield project
    shutil.rmtree(project.folder / "data/retail/notebooks")
    assert project.crm("run", "retail").returncode == 0


def change(project, cell, old, new):
    """Edit one cell of the copy, as JupyterLab would save it."""
    file = project.folder / COPY
    notebook = json.loads(file.read_text("utf-8"))
    found = next(c for c in notebook["cells"] if c["id"] == cell)
    source = "".join(found["source"])
    assert old in source, f"{cell} holds no {old!r} any more"
    found["source"] = source.replace(old, new).splitlines(keepends=True)
    file.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), "utf-8")


def html(folder, lang):
    return (folder / lang / f"{NAME}.html").read_text("utf-8")


def test_copies_that_nobody_changed_change_nothing(worked, retail):
    before = retail.resolve()
    assert "nothing changed" in worked.crm("run", "retail").stderr
    assert retail.resolve() == before
    assert worked.crm("diff", "retail").returncode == 0


def test_a_changed_step_is_on_the_page_in_the_colophon_and_in_the_diff(worked, retail, cdnow):
    other = cdnow.resolve()
    change(worked, "sales-trend-question", "## 売上はどう動いたか", "## 下期の売上はどう動いたか")
    change(worked, "sales-trend", "**known)\nboth", "**known).tail(6)\nboth")

    done = worked.crm("run", "retail", "02")
    assert done.returncode == 0, done.stderr
    assert "the client's own copy  02_customer_analysis  changed: sales-trend-question, sales-trend" in done.stderr
    assert "left in Japanese" in done.stderr
    assert "下期の売上はどう動いたか" in html(retail, "ja")
    assert "<dt>変更したステップ</dt><dd>sales-trend-question、sales-trend</dd>" in html(retail, "ja")
    assert "日本語のままの文" not in html(retail, "ja")
    assert "下期の売上はどう動いたか" in html(retail, "en"), "no translation fits: the Japanese stands"
    assert "<dt>Steps changed</dt><dd>sales-trend-question, sales-trend</dd>" in html(retail, "en")
    assert "<dt>Left in Japanese</dt><dd>sales-trend-question</dd>" in html(retail, "en")
    told = json.loads((retail / "manifest.json").read_text("utf-8"))
    assert told["changed"] == {NAME: ["sales-trend-question", "sales-trend"]}
    assert "sales_compare" not in _digest(worked, "sales-trend"), "six months: the bars of the period before are gone"

    assert worked.crm("render", "retail").returncode == 0
    assert "<dd>sales-trend-question, sales-trend</dd>" in html(retail, "en"), "also when only the pages are made again"
    assert "nothing changed" in worked.crm("run", "cdnow").stderr
    assert cdnow.resolve() == other
    assert worked.nbval().returncode == 0


def test_what_we_change_meanwhile_is_told_and_crm_diff_shows_both_sides(worked, retail):
    change(worked, "sales-trend-question", "## 売上はどう動いたか", "## 下期の売上はどう動いたか")
    undo = worked.edit(f"notebooks/{NAME}.ipynb", "## 売上はどう動いたか", "## 売上の動き")
    try:
        done = worked.crm("run", "retail", "02")
        assert done.returncode == 0, done.stderr
        assert "the shipped chapter has changed since the copy was made  02_customer_analysis  crm diff retail" in done.stderr
        shown = worked.crm("diff", "retail")
    finally:
        undo()
    assert shown.returncode == 1
    assert shown.stdout.splitlines() == [
        "02_customer_analysis: sales-trend-question  conflict: changed in the copy and in the shipped chapter",
        *("--- original", "+++ copy", "@@ -1 +1 @@", "-## 売上はどう動いたか", "+## 下期の売上はどう動いたか"),
        *("--- original", "+++ shipped", "@@ -1 +1 @@", "-## 売上はどう動いたか", "+## 売上の動き"),
    ]


def test_a_step_that_fails_is_named_in_the_clients_copy(worked, retail):
    change(
        worked, "kpi-tree", "views.kpi.tree(tree, periods=book.periods, shares=shares, margins=margins)", "views.kpi.tree(tree)"
    )
    done = worked.crm("run", "retail", "02")
    assert done.returncode == 1
    assert f"{COPY}: kpi-tree" in done.stderr


def _digest(project, cell):
    made = max((project.folder / "data/retail/.cache/executed").glob("02_*.ipynb"), key=lambda file: file.stat().st_mtime)
    cells = {c["id"]: c for c in json.loads(made.read_text("utf-8"))["cells"]}
    return "".join(cells[cell]["outputs"][0]["data"]["text/plain"])
