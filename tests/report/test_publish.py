"""A reader sees the old set or the whole new one."""

import json

import pytest

from crm_helpers.errors import CrmError
from crm_helpers.report import publish


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "02_chapter.ipynb").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(run, text="page"):
    folder = publish.staging("acme", run)
    (folder / "ja").mkdir()
    (folder / "ja" / "page.html").write_text(text)
    (folder / "manifest.json").write_text(json.dumps({"run": run}))
    return folder


def test_current_shows_the_newest_whole_set(project):
    publish.publish(made("2025-12-31-aaaa", "old"), "acme", "2025-12-31-aaaa")
    publish.publish(made("2025-12-31-bbbb", "new"), "acme", "2025-12-31-bbbb")
    assert (project / "reports/acme/current/ja/page.html").read_text() == "new"
    assert (project / "reports/acme/2025-12-31-aaaa/ja/page.html").read_text() == "old", "what was published stays"


def test_a_run_made_again_never_changes_a_published_file(project):
    first = publish.publish(made("r", "old"), "acme", "r")
    again = publish.publish(made("r", "new"), "acme", "r")
    assert (first.name, again.name) == ("r", "r-2")
    assert (first / "ja/page.html").read_text() == "old"


def test_a_set_without_its_manifest_is_not_taken_for_published(project):
    folder = made("r")
    (folder / "manifest.json").unlink()
    publish.publish(folder, "acme", "r")
    assert publish.published("acme") is None


def test_systems_without_links_get_a_pointer_file(project, monkeypatch):
    def no_links(*_, **__):
        raise OSError("no privilege")

    monkeypatch.setattr("pathlib.Path.symlink_to", no_links)
    folder = publish.publish(made("r"), "acme", "r")
    assert (project / "reports/acme/current").read_text() == "r\n"
    assert publish.published("acme") == folder.resolve()


def test_what_killed_runs_left_is_swept_and_published_sets_are_not(project):
    shown = publish.publish(made("r"), "acme", "r")
    left = publish.staging("acme", "killed")
    publish.sweep("acme")
    assert not left.exists()
    assert (shown / "ja/page.html").is_file()


def test_only_one_run_of_a_client_at_once(project):
    with publish.alone("acme"):
        with pytest.raises(CrmError) as caught, publish.alone("acme"):
            pass
        assert caught.value.key == "run.under_way"
        with publish.alone("other"):
            pass
    with publish.alone("acme"):
        pass
