"""A scratch copy of the whole project, run once for all tests of this folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CRM = str(Path(sys.executable).parent / "crm")


class Project:
    """A copy of the project in which things may be changed."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {**os.environ, "PYTHONPATH": str(folder), "LANG": "C", "LC_ALL": "C"}
        self.env.pop("CRM_DISPLAY", None)

    def crm(self, *arguments, **env):
        done = subprocess.run(
            [CRM, *arguments], cwd=self.folder, env=self.env | env, capture_output=True, text=True, timeout=600, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def nbval(self, notebooks="notebooks"):
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-o",
            "addopts=",
            "--nbval",
            "--nbval-current-env",
        ]
        return subprocess.run(
            [*command, notebooks], cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=600, check=False
        )

    def edit(self, path, old, new):
        file = self.folder / path
        text = file.read_text("utf-8")
        assert old in text, f"{old!r} is not in {path} any more"
        file.write_text(text.replace(old, new), "utf-8")
        return lambda: file.write_text(text, "utf-8")


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    for name in ("crm_helpers", "notebooks", "params", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "executed", "notebooks"))
    for name in ("conftest.py", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    return Project(folder)


@pytest.fixture(scope="session")
def retail(project):
    """The published set of `retail`."""
    done = project.crm("run", "retail")
    assert done.returncode == 0, done.stderr
    return project.folder / "reports" / "retail" / "current"


@pytest.fixture(scope="session")
def cdnow(project):
    """The published set of `cdnow`."""
    done = project.crm("run", "cdnow")
    assert done.returncode == 0, done.stderr
    return project.folder / "reports" / "cdnow" / "current"
