"""What changes is done again, what does not is not; a fault leaves the published set as it was."""

import json
import re

from pypdf import PdfReader


def texts(folder):
    return {
        f.relative_to(folder).as_posix(): f.read_bytes()
        for f in sorted(folder.rglob("*"))
        if f.is_file() and f.name != "manifest.json"
    }


def test_an_unchanged_run_executes_nothing_and_prints_the_same_paths(project, retail):
    before = retail.resolve()
    done = project.crm("run", "retail")
    assert done.returncode == 0
    assert "nothing changed" in done.stderr
    assert retail.resolve() == before
    assert "reports/retail/current/ja/02_customer_analysis.pdf" in done.stdout.splitlines()


def test_a_fresh_run_gives_the_same_bytes(project, retail):
    before = texts(retail)
    assert project.crm("run", "retail", "--fresh").returncode == 0
    assert texts(retail) == before


def test_a_note_is_joined_without_executing(project, retail):
    undo = project.edit("params/retail.yaml", "rfm:\n", "notes: {rfm: {ja: 担当からの一言です。, en: A word from us.}}\nrfm:\n")
    try:
        done = project.crm("run", "retail")
        assert "unchanged" in done.stderr
        assert "担当からの一言です。" in (retail / "ja" / "02_customer_analysis.html").read_text("utf-8")
    finally:
        undo()
        project.crm("run", "retail")


def test_a_changed_setting_executes_again_and_one_taken_back_does_not(project, retail):
    done = project.crm("run", "retail", "02", "--set", "rfm.window_months=6")
    assert "02_customer_analysis  ok" in done.stderr
    assert "02_customer_analysis  unchanged" in project.crm("run", "retail").stderr, "taken back, it is there still"


def test_a_failing_step_is_named_and_the_published_set_stands(project, retail):
    before, shown = texts(retail), retail.resolve()
    undo = project.edit("crm_helpers/metrics/rfm.py", "now = _count(tables, as_of, bands)", "now = _count(tables, as_of, None)")
    try:
        done = project.crm("run", "retail", "02")
        assert done.returncode == 1
        assert "notebooks/02_customer_analysis.ipynb: rfm" in done.stderr
        assert "stands as it was" in done.stderr
        assert (retail.resolve(), texts(retail)) == (shown, before)
    finally:
        undo()
    assert project.crm("run", "retail").returncode == 0
    assert not list((project.folder / "reports" / "retail").glob(".staging-*"))


def test_render_makes_the_pages_again_from_the_executed_notebook(project, retail):
    before = texts(retail)
    done = project.crm("render", "retail")
    assert done.returncode == 0, done.stderr
    assert texts(retail) == before


def test_a_client_with_nothing_but_days_and_amounts_gets_a_report_that_says_what_is_left_out(project):
    folder = project.folder / "data" / "tiny"
    folder.mkdir()
    rows = "\n".join(f"2025-{month:02d}-{day:02d},{month * 1000 + day}" for month in range(1, 7) for day in (1, 11, 21, 28))
    (folder / "orders.csv").write_text("受注日,金額\n" + rows + "\n", "cp932")
    (project.folder / "params" / "tiny.yaml").write_text(
        "client: tiny\nname: {ja: 小さな店, en: Tiny Shop}\nas_of: 2025-06-30\nexample: true\ndata:\n  order_lines:\n    files: orders.csv\n"
        "    columns: {ordered_on: 受注日, amount: 金額}\n",
        "utf-8",
    )
    done = project.crm("run", "tiny")
    assert done.returncode == 0, done.stderr
    assert re.search(r"3 pages, \d+ left out", done.stderr)
    text = (project.folder / "reports/tiny/current/en/02_customer_analysis.html").read_text("utf-8")
    assert "KPI tree and decomposition" in text
    assert "The order lines hold no member number." in text


def test_the_ledger_of_a_published_set_becomes_the_clients(project, retail):
    kept = project.folder / "data/retail/ledger/2023-12-31/02.json"
    assert kept.read_bytes() == (retail / "ledger/02.json").read_bytes()
    rows = json.loads(kept.read_text("utf-8"))
    ids = {row["id"] for row in rows}
    assert all(parent in ids for row in rows for parent in row["parents"]), "no orphan"


def test_a_setting_of_the_run_reaches_the_notebooks(project, cdnow):
    done = project.crm("run", "cdnow", "02", "--set", "as_of=1998-03-31", "--set", "control_totals=")
    assert done.returncode == 0, done.stderr
    page = (cdnow / "ja" / "02_customer_analysis.html").read_text("utf-8")
    assert "1998年3月31日" in page
    assert "1998年6月30日" not in page
    assert project.crm("run", "cdnow").returncode == 0, "afterwards everything is as shipped again"


def test_pages_for_others_lie_beside_the_set_and_come_from_the_same_execution(project, retail):
    undo = project.edit("crm_helpers/views/sales.py", 'name="sales.trend",', 'name="sales.trend",\n        audience="sponsor",')
    undo_too = project.edit(
        "crm_helpers/views/rfm.py", 'name="rfm.heat_map",', 'name="rfm.heat_map",\n        audience="internal",'
    )
    try:
        done = project.crm("run", "retail", "02")
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("02_customer_analysis  ok") == 1
        beside = retail.resolve().with_name(retail.resolve().name + "-restricted")
        assert f"{beside.name}/sponsor" in done.stderr
        assert "restricted" not in done.stdout, "what a script hands on is the client's"
        page = {"ja": ("売上はどう動いたか", "誰が売上を支えているか"), "en": ("How did sales move?", "Who carries sales?")}
        shows = {"": (), "-sponsor": (0,), "-internal": (0, 1)}
        for lang, questions in page.items():
            for end, wanted in shows.items():
                folder = beside / end[1:] / lang if end else retail / lang
                html = (folder / f"02_customer_analysis{end}.html").read_text("utf-8")
                reader = PdfReader(folder / f"02_customer_analysis{end}.pdf")
                pdf = re.sub(r"\s+", "", "".join(sheet.extract_text() for sheet in reader.pages))
                for i, question in enumerate(questions):
                    assert (question in html, re.sub(r"\s+", "", question) in pdf) == (i in wanted, i in wanted), (end, question)
        assert not [f for f in retail.rglob("*") if "sponsor" in f.name or "internal" in f.name]
        kept = project.folder / "data/retail/ledger/2023-12-31/02.json"
        assert '"finding:rfm"' in kept.read_text("utf-8"), "the thread goes on with every row"
        assert '"id": "finding:rfm"' not in (retail / "ledger/02.json").read_text("utf-8"), "the set has those of its pages"
        assert all(f.stat().st_mode & 0o077 == 0 for f in beside.rglob("*"))
        again = project.crm("run", "retail", "02")
        assert "nothing changed" in again.stderr
        assert f"{beside.name}/internal" in again.stderr
    finally:
        undo()
        undo_too()
        project.crm("run", "retail")
    assert not retail.resolve().with_name(retail.resolve().name + "-restricted").exists(), "shipped, it has no such pages"
