"""Run a notebook as a process through Papermill, with a clear fault when a cell fails, hangs or its kernel dies."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from crm_helpers.errors import CrmError
from crm_helpers.ledger import STAGING
from crm_helpers.params import paths
from crm_helpers.params.load import SETS, Loaded

LOGGERS = ("papermill", "traitlets", "asyncio")  # what they would write of a dead or stopped kernel is told as a fault
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def notebooks() -> list[Path]:
    """The chapters, in reading order, found by their number."""
    return sorted((paths.root() / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def execute(
    notebook: Path, target: Path, loaded: Loaded, *, staging: Path, lang: str = "ja", chapter: Path | None = None
) -> None:
    """Execute `notebook` for a client, with the settings of this run, into `target`, emitting whole blocks.

    `chapter` is the file that faults name, where `notebook` was cut from it.

    Papermill's API takes the two parameters as strings (its `-p` would turn client 007 into 7).

    Raises:
        CrmError: a cell failed (with its step and the error's last line), or the kernel died.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    chapter = chapter or notebook
    target.parent.mkdir(parents=True, exist_ok=True)
    cell_seconds = loaded.params.run.cell_seconds
    parameters = {"client": loaded.params.client, "lang": lang}
    try:
        with _environment(CRM_DISPLAY="run", MPLBACKEND="agg", **{STAGING: str(staging), SETS: json.dumps(loaded.sets)}):
            papermill.execute_notebook(
                str(notebook),
                str(target),
                parameters=parameters,
                progress_bar=False,
                kernel_name="python3",
                cwd=str(paths.root()),
                execution_timeout=cell_seconds,
                kernel_manager_class=_quiet_kernels(),
            )
    except papermill.PapermillExecutionError as error:
        raise _told(error, chapter, target) from None
    except DeadKernelError:
        raise CrmError("run.kernel_died", where=paths.shown(chapter), kept=paths.shown(target)) from None
    except CellTimeoutError:
        raise CrmError("run.cell_hangs", where=paths.shown(chapter), seconds=cell_seconds, kept=paths.shown(target)) from None


def _told(error: Any, notebook: Path, target: Path) -> CrmError:
    step = _step(target, int(error.cell_index)) if target.is_file() else str(error.cell_index)
    message = ANSI.sub("", str(error.evalue)).strip() or str(error.ename)
    return CrmError(
        "run.cell_failed",
        where=f"{paths.shown(notebook)}: {step}",
        found=f"{error.ename}: {message}",
        kept=paths.shown(target),
    )


def _step(target: Path, index: int) -> str:
    import json

    cells = json.loads(target.read_text("utf-8"))["cells"]
    return str(cells[index].get("id", index)) if index < len(cells) else str(index)


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _quiet_kernels() -> type:
    """A kernel manager whose kernels do not write their start-up notes over our progress lines."""
    from jupyter_client.manager import AsyncKernelManager

    class QuietKernelManager(AsyncKernelManager):
        async def _async_launch_kernel(self, kernel_cmd: list[str], **kwargs: Any) -> None:
            kwargs.setdefault("stderr", subprocess.DEVNULL)
            await super()._async_launch_kernel(kernel_cmd, **kwargs)

    return QuietKernelManager


def slim_imports() -> None:
    """Keep jsonschema from building 35 grammars for a format that no Jupyter schema uses: 1.2 CPU seconds a process."""
    sys.modules.setdefault("rfc3987_syntax", cast(ModuleType, None))
