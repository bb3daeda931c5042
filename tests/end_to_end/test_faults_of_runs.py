"""What can go wrong while a run works: the published set stays whole, the message says what to do, the next run goes on.

One tiny client, settled once; each test breaks something from outside (signals, limits of the system, a changed metric).
The tests build on each other's state in the order of the file, as a person's bad day would.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CRM = str(Path(sys.executable).parent / "crm")
MARK = "CRM_TEST_OF_FAULTS"
METRIC = "crm_helpers/metrics/sales.py"
FIRST = "    if periods is None or tables.span is None:\n"
SOON = 90

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


class Bench:
    """A copy of the project with one tiny client whose processes can be found again."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {**os.environ, "PYTHONPATH": str(folder), "LANG": "C", "LC_ALL": "C", MARK: str(folder)}
        self.env.pop("CRM_DISPLAY", None)
        self.sets = folder / "reports" / "tiny"
        self.cache = folder / "data" / "tiny" / ".cache"

    def start(self, *arguments, **how):
        return subprocess.Popen(
            [CRM, *arguments], cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how
        )

    def end(self, process):
        """(exit code, what was said)."""
        out, err = process.communicate(timeout=SOON)
        assert "Traceback" not in err, err
        return process.returncode, out + err

    def crm(self, *arguments, **how):
        return self.end(self.start(*arguments, **how))

    def published(self):
        """The bytes of every published file, by name."""
        shown = (self.sets / "current").resolve()
        return shown.name, {f.relative_to(shown).as_posix(): f.read_bytes() for f in shown.rglob("*") if f.is_file()}

    def ours(self):
        """Processes of this bench: the command and its kernels."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if f"{MARK}={self.folder}".encode() in (folder / "environ").read_bytes() and (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

    def break_metric(self, line):
        """Let the first metric of the chapter do `line` when it is called; returns how to mend it."""
        file = self.folder / METRIC
        text = file.read_text("utf-8")
        assert FIRST in text
        file.write_text(text.replace(FIRST, f"    {line}\n{FIRST}"), "utf-8")
        return lambda: file.write_text(text, "utf-8")


def _now(what):
    try:
        return what()
    except FileNotFoundError:  # a folder went while it was looked into
        return None


def until(what, process=None):
    """Wait for a moment of a run."""
    end = time.monotonic() + SOON
    while not (met := _now(what)):
        assert time.monotonic() < end, "it never came"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.005)
    return met


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    shutil.copytree(ROOT / "crm_helpers", folder / "crm_helpers", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "02_customer_analysis.ipynb", folder / "notebooks")  # a fault of one chapter is enough
    (folder / "params").mkdir()
    (folder / "data" / "tiny").mkdir(parents=True)
    days = [f"2025-{month:02d}-{day:02d}" for month in range(1, 7) for day in (1, 11, 21, 28)]
    lines = "".join(f"{day},{1000 + n}\n" for day in days for n in range(2500))
    (folder / "data" / "tiny" / "orders.csv").write_text("受注日,金額\n" + lines, "cp932")
    (folder / "params" / "tiny.yaml").write_text(
        "client: tiny\nname: {ja: 小さな店, en: Tiny Shop}\nas_of: 2025-06-30\nexample: true\ndata:\n  order_lines:\n    files: orders.csv\n"
        "    columns: {ordered_on: 受注日, amount: 金額}\nprivacy: {k: 5}\n",
        "utf-8",
    )
    made = Bench(folder)
    code, said = made.crm("run", "tiny")
    assert code == 0, said
    yield made
    for process in made.ours():
        os.kill(process, signal.SIGKILL)


@pytest.fixture(autouse=True)
def stands(bench):
    """Whatever a test does: the set that was published before it is whole after it, and nothing of a run is left over."""
    name, files = bench.published()
    yield
    kept = bench.sets / name
    assert {f.relative_to(kept).as_posix(): f.read_bytes() for f in kept.rglob("*") if f.is_file()} == files
    assert "manifest.json" in bench.published()[1]
    until(lambda: not bench.ours())


def test_killed_while_it_imports_executes_and_renders_then_goes_on(bench):
    """Three kills of one run, each time further on; the last run does only what is left."""
    before = bench.published()
    moments = (
        lambda: next(bench.cache.glob("tables/.importing-*"), None),
        lambda: next(bench.sets.glob(".staging-*/02_*.ipynb"), None),
        lambda: next(bench.sets.glob(".staging-*/ja/*.html"), None),
    )
    settings = ("run", "tiny", "--set", "as_of=2025-06-29", "--set", "fiscal_year_start=1")
    for moment in moments:
        process = bench.start(*settings)
        until(moment, process)
        process.kill()
        process.communicate()
        until(lambda: not bench.ours())  # a kernel ends with the run that started it
        assert bench.published() == before
    imported = {f.name: f.stat().st_mtime_ns for f in bench.cache.glob("tables/*/order_lines.parquet")}
    code, said = bench.crm(*settings)
    assert code == 0, said
    assert "02_customer_analysis  unchanged" in said
    assert {f.name: f.stat().st_mtime_ns for f in bench.cache.glob("tables/*/order_lines.parquet")} == imported
    assert not list(bench.sets.glob(".staging-*"))
    assert bench.published()[0].startswith("2025-06-29")


def limited(size):
    import resource

    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize(
    ("setting", "size"),
    [("as_of=2025-06-28", 20_000), ("report.version=2", 60_000)],
    ids=["while importing", "while rendering"],
)
def test_a_full_disk(bench, setting, size):
    settings = ("run", "tiny", "--set", setting)
    if setting.startswith("report"):
        bench.crm("run", "tiny")
    before = bench.published()
    code, said = bench.crm(*settings, preexec_fn=limited(size))
    assert code == 1, said
    assert "disk is full" in said
    assert bench.published() == before
    assert not list(bench.sets.glob(".staging-*"))
    assert not list(bench.cache.glob("tables/.importing-*"))
    if setting.startswith("report"):
        code, said = bench.crm(*settings)
        assert (code, "02_customer_analysis  unchanged" in said) == (0, True), said


def test_two_runs_at_once(bench):
    settings = ("run", "tiny", "--set", "report.version=3")
    both = [bench.start(*settings) for _ in range(2)]
    ends = sorted(bench.end(process) for process in both)
    assert [code for code, _ in ends] in ([0, 0], [0, 1]), ends
    assert all("under way" in said for code, said in ends if code)
    assert not list(bench.sets.glob(".staging-*"))
    assert bench.crm(*settings)[0] == 0


def test_a_kernel_that_dies(bench):
    before = bench.published()
    mend = bench.break_metric("__import__('os')._exit(9)")
    try:
        code, said = bench.crm("run", "tiny")
    finally:
        mend()
    assert code == 1, said
    assert "02_customer_analysis" in said
    assert "run crm run again" in said
    assert bench.published() == before
    assert not list(bench.sets.glob(".staging-*"))


def heeding_ctrl_c():
    """Also where the tests were started in the background of a shell, which then tells its children to ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_step_that_hangs_and_a_person_who_stops_it(bench):
    before = bench.published()
    mend = bench.break_metric("__import__('pathlib').Path('hangs').touch(); __import__('time').sleep(600)")
    reached = bench.folder / "hangs"
    try:
        code, said = bench.crm("run", "tiny", "--set", "run.cell_seconds=8")
        assert code == 1, said
        assert "8 seconds" in said
        assert "run.cell_seconds" in said
        assert reached.exists()
        reached.unlink()
        process = bench.start("run", "tiny", preexec_fn=heeding_ctrl_c)
        until(reached.exists, process)
        process.send_signal(signal.SIGINT)
        code, said = bench.end(process)
    finally:
        mend()
    assert code == 130, said
    assert "interrupted" in said
    assert bench.published() == before
    assert not list(bench.sets.glob(".staging-*"))
    until(lambda: not bench.ours())
    code, said = bench.crm("run", "tiny")
    assert code == 0, said
