"""Where a project's folders are, the same from JupyterLab, Papermill, nbval and pytest and from any working directory."""

from __future__ import annotations

import re
from pathlib import Path

from crm_helpers.errors import UsageError

QUALITY = "quality.xlsx"  # ours, in the client's folder; never an export
YEARLY = "yearly"  # the edition that lies where no other name is said
TEMPLATE = "template"  # params/template.yaml is the pattern of all
CLIENT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?")


def root(start: Path | None = None) -> Path:
    """The project folder: the nearest one above `start` (default: the working directory) that holds params/ and chapters.

    Falls back to the folder of the installed package, so that a notebook opened elsewhere still finds its client.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "params").is_dir() and any((folder / "notebooks").glob("[0-9][0-9]_*.ipynb")):
            return folder
    return Path(__file__).resolve().parents[2]


def check_name(client: str) -> str:
    """The client's name, refused when it could leave the client's folders (`../x`, `a/b`, an absolute path)."""
    if not CLIENT_NAME.fullmatch(client) or client == TEMPLATE:
        raise UsageError("client.name", found=client)
    return client


def params_file(client: str) -> Path:
    """`params/<client>.yaml`."""
    return root() / "params" / f"{check_name(client)}.yaml"


def data_folder(client: str) -> Path:
    """`data/<client>/`: exports, ledger, cache."""
    return root() / "data" / check_name(client)


def cache_folder(client: str) -> Path:
    """`data/<client>/.cache/`: all of it can be thrown away."""
    return data_folder(client) / ".cache"


def quality_file(client: str) -> Path:
    """`data/<client>/quality.xlsx`: what the client is asked about the data."""
    return data_folder(client) / QUALITY


def reports_folder(client: str, edition: str = YEARLY) -> Path:
    """`reports/<client>/`: published sets and `current`; another edition than the year's has a folder of its own in it."""
    home = root() / "reports" / check_name(client)
    return home if edition == YEARLY else home / edition


def ledger_folder(client: str, edition: str = YEARLY) -> Path:
    """`data/<client>/ledger/`: a folder a day; another edition than the year's has a folder of its own in it."""
    home = data_folder(client) / "ledger"
    return home if edition == YEARLY else home / edition


def clients() -> list[str]:
    """The clients that have a params file, by name."""
    return sorted(p.stem for p in (root() / "params").glob("*.yaml") if CLIENT_NAME.fullmatch(p.stem) and p.stem != TEMPLATE)


def shown(path: Path) -> str:
    """A path as messages print it: relative to the project, with forward slashes."""
    try:
        return path.resolve().relative_to(root()).as_posix()
    except ValueError:
        return path.as_posix()
