from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

from crm_helpers.data import fingerprint
from crm_helpers.errors import UsageError
from tests.data.conftest import HEAD, Project


def test_hashes_are_those_of_the_files_control_totals_included(project: Project) -> None:
    project.write("a.csv", HEAD)
    project.write("c.txt", "x")
    project.write("unused.txt", "y")
    control = {"file": "c.txt", "columns": {"month": "m"}, "stated_by": {"ja": "x", "en": "x"}}
    loaded = project.load(control_totals=control)
    assert fingerprint.file_hashes(loaded) == {
        "a.csv": hashlib.sha256(HEAD.encode("cp932")).hexdigest(),
        "c.txt": hashlib.sha256(b"x").hexdigest(),
    }


def test_a_file_is_read_again_only_when_it_changed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    file = project.write("a.csv", HEAD)
    before = fingerprint.file_hashes(project.load())
    monkeypatch.setattr(fingerprint, "_sha256", lambda path: f"read {path.name}")
    assert fingerprint.file_hashes(project.load()) == before
    os.utime(file, ns=(1, 1))
    assert fingerprint.file_hashes(project.load()) == {"a.csv": "read a.csv"}


def test_a_missing_file_is_told(project: Project) -> None:
    with pytest.raises(UsageError) as caught:
        fingerprint.file_hashes(project.load())
    assert caught.value.key == "data.no_file"


def test_it_imports_nothing_heavy() -> None:
    code = "import sys, crm_helpers.data.fingerprint; print({'duckdb', 'pandas', 'numpy', 'sqlglot'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
