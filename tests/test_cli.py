"""The command as a person uses it: exit codes, one-screen messages, no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crm_helpers.domain import business

ROOT = Path(__file__).parents[1]
CRM = [str(Path(sys.executable).parent / "crm")]


def crm(*arguments, cwd=ROOT, lang="C"):
    env = {**os.environ, "LANG": lang, "LC_ALL": lang}
    return subprocess.run([*CRM, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def shop(tmp_path):
    """A project folder of its own with one small client."""
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "02_customer_analysis.ipynb").write_bytes(
        (ROOT / "notebooks/02_customer_analysis.ipynb").read_bytes()
    )
    (tmp_path / "data" / "acme").mkdir(parents=True)
    (tmp_path / "data" / "acme" / "orders.csv").write_text("受注日,金額\n2026-01-05,1200\n2026-02-05,800\n", "cp932")
    (tmp_path / "params" / "acme.yaml").write_text(
        "client: acme\nname: {ja: アクメ, en: Acme}\nas_of: 2026-03-31\ndata:\n  order_lines:\n    files: orders.csv\n"
        "    columns: {ordered_on: 受注日, amount: 金額}\nexample: true\n",
        "utf-8",
    )
    return tmp_path


def test_check_of_a_good_client_says_what_it_found(shop):
    done = crm("check", "acme", cwd=shop)
    assert done.returncode == 0, done.stderr
    assert "2 of 2 rows accepted" in done.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("金額}", "金がく}"), ["params/acme.yaml:7", "金がく", "受注日, 金額", "Did you mean 金額?"]),
        (("orders.csv", "order.csv"), ["params/acme.yaml:6", "order.csv", "orders.csv"]),
        (("as_of", "as_off"), ["params/acme.yaml:3", "as_off", "Did you mean as_of?"]),
        (("2026-03-31", "March"), ["params/acme.yaml:3", "March", "2026-03-31"]),
    ],
)
def test_a_broken_params_file_is_told_with_its_line_and_what_to_do(shop, change, words):
    path = shop / "params" / "acme.yaml"
    path.write_text(path.read_text("utf-8").replace(*change), "utf-8")
    done = crm("check", "acme", cwd=shop)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3
    assert all(word in done.stderr for word in words), done.stderr


def test_messages_follow_the_persons_language(shop):
    done = crm("check", "nobody", cwd=shop, lang="ja_JP.UTF-8")
    assert done.returncode == 2
    assert "がありません" in done.stderr


@pytest.mark.parametrize("arguments", [["check"], ["no-such-command"], ["run", "acme", "--no-such-option"], ["check", "../acme"]])
def test_wrong_use_exits_with_two(shop, arguments):
    done = crm(*arguments, cwd=shop)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_params_shows_each_setting_with_its_origin(shop):
    done = crm("params", "acme", "--set", "privacy.k=10", cwd=shop)
    assert done.returncode == 0, done.stderr
    assert "as_of = 2026-03-31  (params/acme.yaml:3)" in done.stdout
    assert "privacy.k = 10  (--set)" in done.stdout
    assert "currency = JPY  (default)" in done.stdout


def test_list_names_the_clients(shop):
    done = crm("list", cwd=shop)
    assert done.stdout.splitlines() == ["acme  Acme", "  no report yet"]


def test_render_before_any_run_says_to_run_first(shop):
    done = crm("render", "acme", cwd=shop)
    assert done.returncode == 2
    assert "crm run acme" in done.stderr


def test_lab_copies_the_chapters_for_the_client_and_keeps_work(shop):
    assert crm("lab", "acme", "--no-browser", cwd=shop).returncode == 0
    copy = shop / "data/acme/notebooks/02_customer_analysis.ipynb"
    assert 'client = \\"acme\\"' in copy.read_text("utf-8")
    worked = copy.read_text("utf-8").replace("売上はどう動いたか", "売上の推移")
    copy.write_text(worked, "utf-8")
    assert crm("lab", "acme", "--no-browser", cwd=shop).returncode == 0
    assert copy.read_text("utf-8") == worked


def test_our_own_fault_is_told_without_a_traceback_and_kept_in_a_file(shop, monkeypatch):
    (shop / "params" / "acme.yaml").chmod(0o644)
    code = "import crm_helpers.params.load as l; l.load = lambda *a: 1/0\nimport sys; sys.argv = ['crm', 'check', 'acme']\n"
    code += "from crm_helpers.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=shop, capture_output=True, text=True, check=False, env={**os.environ, "LANG": "C"}
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    record = done.stderr.split("The record is in ")[1].split(";")[0]
    assert "ZeroDivisionError" in Path(record).read_text("utf-8")
    Path(record).unlink()


@pytest.mark.parametrize("place", ["before", "after"])
def test_switches_stand_before_or_after_the_command(shop, place):
    plain = ["check", "acme"]
    quiet = crm(*(["--quiet", *plain] if place == "before" else [*plain, "--quiet"]), cwd=shop)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    found = [line.rpartition("[")[2] for line in quiet.stdout.splitlines()]
    assert found == ["late:order_lines.ordered_on]", "partial_first:order_lines.ordered_on]"], "findings are results"
    told = crm(*(["--json", *plain] if place == "before" else [*plain, "--json"]), cwd=shop)
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert told.stderr == ""
    assert lines[-1] == {
        "event": "progress", "where": "", "key": "check.ok", "message": "acme  nothing that stops a report", "values": {"client": "acme"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chek", "acme"], ["chek", "check の間違い"]),
        (["check"], ["CLIENT の指定がありません", "crm check --help"]),
        (["run", "acme", "--frsh"], ["--frsh というオプションはありません"]),
    ],
)
def test_wrong_use_is_told_in_the_persons_language(shop, arguments, words):
    done = crm(*arguments, cwd=shop, lang="ja_JP.UTF-8")
    assert done.returncode == 2
    assert [word for word in words if word not in done.stderr] == []


def test_a_new_client_can_be_checked_at_once(shop):
    (shop / "params" / "acme.yaml").unlink()
    made = crm("new", "acme", cwd=shop)
    assert (made.returncode, made.stdout) == (0, "params/acme.yaml\n"), made.stderr
    asked = crm("check", "acme", cwd=shop)
    assert asked.returncode == 2
    assert asked.stderr.count("\n") == 1
    assert "privacy.data_status, entrustment.contract, entrustment.purpose, entrustment.received_on" in asked.stderr
    assert crm("check", "acme", "--set", "example=true", cwd=shop).returncode == 0
    again = crm("new", "acme", cwd=shop)
    assert again.returncode == 2
    assert "was not changed" in again.stderr


def test_figures_that_differ_from_the_clients_own_are_named(shop):
    (shop / "data" / "acme" / "totals.csv").write_text("年月,売上\n2026-01,1200\n2026-02,900\n", "cp932")
    with (shop / "params" / "acme.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "control_totals:\n  file: totals.csv\n  columns: {month: 年月, sales: 売上}\n  stated_by: {ja: 表, en: sheet}\n"
        )
    done = crm("check", "acme", "--quiet", cwd=shop)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "params/acme.yaml:11: “売上” of 2026-02: the client states 900, the import has 800. Look at the rows set aside and at what the"
        " figure counts (returns, tax, stores)."
    ]


def test_the_help_is_quick(shop):
    before = os.times()
    done = crm("--help", cwd=shop)
    after = os.times()
    assert "--quiet" in done.stdout
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent <= 0.4, "0.2 s on a quiet machine"


def test_a_new_client_of_a_kind_of_business_is_told_what_to_ask_for(shop):
    (shop / "params" / "acme.yaml").unlink()
    (shop / "params" / "template.yaml").write_bytes((ROOT / "params" / "template.yaml").read_bytes())
    done = crm("new", "acme", "--type", "salon", cwd=shop)
    assert done.returncode == 0, done.stderr
    assert "to ask the client for  bookings" in done.stderr
    assert "type: salon" in (shop / "params" / "acme.yaml").read_text("utf-8")
    forms = shop / "data" / "acme" / "forms"
    assert len(list(forms.glob("*.xlsx"))) == len(business.pack("salon").forms)
    assert "data/acme/forms  11 forms written\n" in done.stderr
    told = crm("check", "acme", "--set", "example=true", cwd=shop)
    assert told.returncode == 0, told.stderr
    assert "not sent  bookings" in told.stderr
    again = crm("forms", "acme", cwd=shop)
    assert (again.returncode, again.stderr.split(" forms.")[0]) == (0, "acme  11"), "the forms of this business, not all"


def test_forms_are_written_though_the_settings_are_not_whole(shop):
    (shop / "params" / "acme.yaml").unlink()
    (shop / "data" / "acme" / "orders.csv").write_text("受注日,金額\n不明,1200\n", "cp932")
    (shop / "params" / "template.yaml").write_bytes((ROOT / "params" / "template.yaml").read_bytes())
    done = crm("new", "acme", "--type", "clinic", cwd=shop)
    assert done.returncode == 0, done.stderr
    assert "their year counted from today" in done.stderr
    assert len(list((shop / "data" / "acme" / "forms").glob("*.xlsx"))) == len(business.pack("clinic").forms)


def test_check_tells_faults_of_conditions(shop):
    path = shop / "params" / "acme.yaml"
    path.write_text(
        path.read_text("utf-8")
        + "segments:\n  vip: {name: {ja: 常連, en: Regulars}, where: {field: oders, op: over, value: 3}}\n",
        "utf-8",
    )
    done = crm("check", "acme", cwd=shop)
    assert done.returncode == 2
    assert "params/acme.yaml:10" in done.stderr
    assert "oders" in done.stderr
