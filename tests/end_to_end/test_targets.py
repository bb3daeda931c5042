"""Lists of people as a consultant makes them for the demo client: what goes, what may not and by which rule, and the log."""

import json
import re
import shutil

import pytest

APPROVED = ("FY26-RET-001", "FY26-F2-001", "FY26-RET-002")
REFUSED = {  # what may not go, and the rules that say so
    ("FY26-RSK-001",): {"PR40"},
    ("FY26-CON-001",): {"PR20", "PR40"},
    ("FY26-NEW-001",): {"PR16", "PR40"},
    ("FY26-F2-001", "--on", "2026-05-01"): {"PR17"},
}
JAPANESE = {"LANG": "ja_JP.UTF-8", "LC_ALL": "ja_JP.UTF-8"}


@pytest.fixture(scope="module")
def lists(project):
    shutil.rmtree(project.folder / "data/demo/.lists", ignore_errors=True)  # of whoever made lists in this working tree
    (project.folder / "data/demo/ledger/2026-03-31/lists.json").unlink(missing_ok=True)
    made = {campaign: project.crm("targets", "demo", campaign, **JAPANESE) for campaign in APPROVED}
    assert [done.returncode for done in made.values()] == [0, 0, 0], [done.stderr for done in made.values()]
    return made


def numbers(path):
    return [line.split(",")[0] for line in path.read_text("utf-8-sig").splitlines()[1:]]


def test_the_approved_campaigns_get_their_lists(project, lists):
    for campaign, done in lists.items():
        send, held, receipt = (project.folder / line for line in done.stdout.splitlines())
        assert f"{campaign}_2026-04-01" in receipt.name
        sent, left_out = numbers(send), numbers(held)
        assert not set(sent) & set(left_out)
        assert f"送る人  {len(sent):,}人" in done.stderr
        assert all(re.fullmatch(r"\d{8}", number) for number in sent + left_out), "member numbers, nothing else"
        assert {path.stat().st_mode & 0o777 for path in (send, held, receipt)} == {0o600}
    rows = json.loads((project.folder / "data/demo/ledger/2026-03-31/lists.json").read_text("utf-8"))
    assert [row["id"] for row in rows] == [f"list:{campaign}:on=2026-04-01" for campaign in sorted(APPROVED)]


@pytest.mark.parametrize("arguments", REFUSED, ids=lambda arguments: arguments[0])
def test_what_may_not_go_names_its_rule(project, lists, arguments):
    before = sorted((project.folder / "reports/demo/lists").iterdir())
    done = project.crm("targets", "demo", *arguments, "--json")
    faults = [json.loads(line) for line in done.stdout.splitlines() if '"fault"' in line]
    assert done.returncode == 1, done.stdout
    assert {fault["values"]["rule"] for fault in faults} == REFUSED[arguments]
    assert all(fault["message"].startswith(fault["values"]["rule"]) for fault in faults)
    assert sorted((project.folder / "reports/demo/lists").iterdir()) == before


def test_a_mistyped_campaign_and_a_mistyped_day_are_wrong_use(project, lists):
    done = project.crm("targets", "demo", "FY26-RET-0O1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean FY26-RET-001?" in done.stderr
    assert project.crm("targets", "demo", "FY26-RET-001", "--on", "1 April").returncode == 2


def test_the_log_says_where_its_chain_was_broken(project, lists):
    whole = project.crm("log", "demo", "--verify")
    assert (whole.returncode, whole.stdout) == (0, "")
    file = project.folder / "data/demo/access_log.jsonl"
    text = file.read_text("utf-8")
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if "FY26-F2-001" in line)
    lines[at] = lines[at].replace('"send": ', '"send": 1')
    file.write_text("\n".join(lines) + "\n", "utf-8")
    broken = project.crm("log", "demo", "--verify")
    file.write_text(text, "utf-8")
    assert broken.returncode == 1
    assert f"access_log.jsonl:{at + 1}: " in broken.stderr
