"""From exports full of people to published reports: nobody is in anything that was written or said; files are their owner's."""

import pytest

from tests import people


@pytest.fixture(scope="module")
def proof(project, tmp_path_factory):
    settings = tmp_path_factory.mktemp("settings")
    env = {"XDG_CONFIG_HOME": str(settings), "CRM_KEY": "", "LANG": "ja_JP.UTF-8", "LC_ALL": "ja_JP.UTF-8"}
    people.write(project.folder)
    return lambda *arguments: project.crm(*arguments, **env)


def test_a_whole_run_says_nothing_of_anybody(project, proof):
    refused = proof("check", people.CLIENT)
    assert refused.returncode == 2
    assert f"crm key {people.CLIENT}" in refused.stderr
    done = [refused, *(proof(*command) for command in (("key", people.CLIENT), ("check", people.CLIENT), ("run", people.CLIENT)))]
    assert [d.returncode for d in done[1:]] == [0, 1, 0], (
        "phones and cards are no member numbers: the check stops, the run does not"
    )
    told = proof("log", people.CLIENT)
    assert told.returncode == 0
    assert [line.split()[3] for line in told.stdout.splitlines()] == ["import", "check", "publish"]
    said = [("messages", d.stdout + d.stderr) for d in [*done, told]]
    assert people.leaks(said) == []
    home = project.folder
    for folder in (home / "data" / people.CLIENT, home / "reports" / people.CLIENT):
        assert people.leaks(people.written(folder)) == []
    pages = [name for name, _ in people.written(home / "reports" / people.CLIENT) if name.endswith(".pdf")]
    assert pages, "reports were looked at"


def test_what_a_run_writes_is_its_owners_alone(project, proof):
    written = [project.folder / "data" / people.CLIENT / ".cache", project.folder / "reports" / people.CLIENT]
    files = [path for folder in written for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    files.append(project.folder / "data" / people.CLIENT / "access_log.jsonl")
    assert len(files) > 20
    assert [path for path in files if path.stat().st_mode & 0o077] == []


def test_a_page_that_names_somebody_is_not_published(project, proof):
    before = (project.folder / "reports" / people.CLIENT / "current").resolve()
    leak = people.PEOPLE[3]
    file = project.folder / "params" / f"{people.CLIENT}.yaml"
    text = file.read_text("utf-8")
    file.write_text(text + f"notes:\n  sales-trend: {{ja: '{leak.address}', en: 'x'}}\n", "utf-8")
    done = proof("run", people.CLIENT)
    file.write_text(text, "utf-8")
    assert done.returncode == 1, done.stderr
    assert people.leaks([("messages", done.stdout + done.stderr)]) == []
    assert "住所" in done.stderr
    assert (project.folder / "reports" / people.CLIENT / "current").resolve() == before


def test_a_purge_leaves_reports_and_a_certificate(project, proof):
    asked = proof("purge", people.CLIENT)
    assert asked.returncode == 2
    assert (project.folder / "data" / people.CLIENT / "order_lines.csv").is_file()
    done = proof("purge", people.CLIENT, "--yes")
    assert done.returncode == 0, done.stderr
    home = project.folder / "data" / people.CLIENT
    assert {path.name for path in home.iterdir()} == {"ledger", "access_log.jsonl", ".access_log.lock"}
    assert list((project.folder / "reports" / people.CLIENT / "current").glob("??/*.pdf"))
    assert list((project.folder / "reports" / people.CLIENT).glob("deletion-*/certificate.ja.html"))
    assert people.leaks(people.written(project.folder / "reports" / people.CLIENT)) == []
    assert proof("log", people.CLIENT).returncode == 0


def test_after_the_day_of_deletion_nothing_runs(project, proof):
    done = proof("run", people.CLIENT, "--set", "entrustment.delete_by=2024-02-01")
    assert done.returncode == 1
    assert "crm purge" in done.stderr
