"""The three lists of packages say the same; the lock names no index and has a hash for everything."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
WANTED = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def test_environment_yml_lists_every_dependency_with_pyprojects_range():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    assert f"python{PROJECT['project']['requires-python']}" in listed
    assert listed[-1]["pip"] == [*WANTED, "-e ."]


def test_every_dependency_and_the_build_backend_are_locked():
    locked = set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", LOCK, flags=re.M))
    names = {re.match(r"[A-Za-z0-9._-]+", want).group().lower() for want in WANTED + PROJECT["build-system"]["requires"]}
    assert names - locked == set()


def test_the_lock_has_hashes_and_no_address():
    entries = re.split(r"\n(?=[a-z0-9])", LOCK)
    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry)
    assert "://" not in LOCK
    assert "index" not in re.sub(r"#.*", "", LOCK)
