"""The `crm` command: arguments to calls, faults to words. No work of its own; imports stay inside the commands."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from crm_helpers.errors import CrmError, Faults

app = typer.Typer(
    name="crm",
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Diagnose a client's CRM: check the exports, run the notebooks, publish the reports.",
)

Client = Annotated[str, typer.Argument(help="the client: params/<client>.yaml", show_default=False)]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="override one setting for this call; may be repeated"),
]
OWN_FAULT, INTERRUPTED = 3, 130


def main() -> None:
    """Run the command and leave with its exit code: 0 right, 1 a check or notebook failed, 2 wrong use, 3 our fault."""
    debug = "--debug" in sys.argv
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    try:
        sys.exit(app(arguments, standalone_mode=False) or 0)
    except CrmError as error:
        _print_fault(error)
        code = error.exit_code
    except typer.Exit as stop:
        code = stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _say_error("interrupted")
        code = INTERRUPTED
    except Exception as error:
        code = _usage(error)
        if code == OWN_FAULT:
            if debug:
                raise
            _say_error("ours", file=_record(error))
    sys.exit(code)


@app.command()
def check(client: Client, sets: Sets = None) -> None:
    """Check the params file and the exports; no notebook runs."""
    from crm_helpers.data.checks import reconcile
    from crm_helpers.data.tables import open_tables

    loaded = _load(client, sets)
    tables = open_tables(loaded)
    for row in tables.basis.received:
        _say("check.line", table=f"basis.table.{row.table}", file=row.file, read=row.read, accepted=row.accepted)
    for aside in tables.basis.set_aside:
        _say("check.aside", rows=aside.rows, reason=f"data.reasons.{aside.reason}", first=aside.first)
    for statement in tables.basis.statements:
        _say("check.warning", text=_voice().say(statement.key, **statement.facts))
    supplied = [line for line in reconcile(tables, loaded) if line.client is not None]
    differing = sum(line.client != line.ours for line in supplied)
    if supplied:
        _say("check.reconciled", n=len(supplied), m=differing)
    if differing:
        raise typer.Exit(1)
    _say("check.ok", client=client)


@app.command()
def run(
    client: Client,
    chapters: Annotated[list[str] | None, typer.Argument(help="only these chapters, such as 02", show_default=False)] = None,
    sets: Sets = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="execute again even when nothing changed")] = False,
) -> None:
    """Check, execute, verify, render and publish; what has not changed is not done again."""
    from crm_helpers.report.pipeline import run as run_client

    outcome = run_client(_load(client, sets), chapters or (), fresh=fresh, tell=_say)
    _finish(outcome.folder, outcome.reports, outcome.faults)


@app.command()
def render(client: Client, sets: Sets = None) -> None:
    """Make the pages again from the notebooks as last executed; nothing is executed."""
    from crm_helpers.report.pipeline import render as render_client

    outcome = render_client(_load(client, sets), tell=_say)
    _finish(outcome.folder, outcome.reports, outcome.faults)


@app.command("list")
def list_clients() -> None:
    """List the clients and their newest reports."""
    from crm_helpers.params import paths
    from crm_helpers.params.load import load
    from crm_helpers.report.publish import published

    for client in paths.clients():
        try:
            name = load(client).params.name.in_language(_lang())
        except CrmError as error:
            name = _told(error.faults[0] if isinstance(error, Faults) else error)
        _print("list.client", client=client, name=name)
        folder = published(client)
        _print(*(("list.report",) if folder else ("list.none",)), run=folder.name if folder else "")


@app.command()
def params(client: Client, sets: Sets = None) -> None:
    """Show every setting, its value and where it came from: default, file:line or --set."""
    from crm_helpers.params.load import origins

    for key, value, origin in origins(_load(client, sets)):
        _print("params.line", key=key, value=value, origin=origin)


@app.command()
def store(
    names: Annotated[list[str] | None, typer.Argument(help="notebook files; default: all chapters", show_default=False)] = None,
    only_check: Annotated[bool, typer.Option("--check", help="change nothing; tell what is not in stored form")] = False,
) -> None:
    """Write the chapters' stored form and ledger, executed for their example client, and the generated pages of docs/."""
    from crm_helpers.params.paths import shown
    from crm_helpers.report import generated
    from crm_helpers.report.execute import notebooks, slim_imports
    from crm_helpers.report.stored_form import faults, store

    chosen = [Path(name) for name in names] if names else notebooks()
    if only_check:
        found = [fault for path in chosen for fault in faults(path)]
        found += [CrmError("store.stale", where=shown(page)) for page in generated.stale()]
        if found:
            raise Faults(found)
        return
    for page in generated.write():
        _say("store.written", name=shown(page))
    slim_imports()
    for path in chosen:
        _say("store.written" if store(path) else "store.same", name=path.name)


@app.command()
def lab(client: Client, browser: Annotated[bool, typer.Option(help="open JupyterLab, not only make the copies")] = True) -> None:
    """Copy the chapters for a client and open them in JupyterLab."""
    from crm_helpers.report.workshop import open_lab, prepare

    folder = prepare(_load(client, None).params.client)
    _say("lab.ready", folder=folder)
    if browser:
        raise typer.Exit(open_lab(folder))


@app.command()
def diff(client: Client) -> None:
    """Show, cell by cell, what an analyst changed in the client's copies and what we changed since; exit 1 when anything."""
    from crm_helpers.report.copies import chapter_of, unified
    from crm_helpers.report.execute import notebooks

    client = _load(client, None).params.client
    chapters = [chapter_of(client, path) for path in notebooks()]
    for chapter in chapters:
        for cell in chapter.differences:
            side = "both" if cell.by_analyst and cell.by_us else "copy" if cell.by_analyst else "shipped"
            _print(f"diff.cell.{side}", name=chapter.name, cell=cell.cell)
            lines = list(unified(cell))
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            if not lines:
                how = cell.how(cell.copy if cell.by_analyst else cell.shipped)
                _print("diff.same", how=f"cli.diff.how.{how}")
    if any(chapter.differences for chapter in chapters):
        raise typer.Exit(1)
    _say("diff.none", client=client)


# ---------------------------------------------------------------- words
def _load(client: str, sets: list[str] | None) -> Any:
    from crm_helpers.params.load import load
    from crm_helpers.report.execute import slim_imports

    slim_imports()
    return load(client, sets or ())


def _finish(folder: Path | None, reports: list[Path], faults: list[CrmError]) -> None:
    """Say what was published (paths on standard output), or what failed."""
    from crm_helpers.params.paths import shown

    if faults:
        _print_fault(Faults(faults))
        _say_error("run.not_made")
        raise typer.Exit(1)
    assert folder is not None
    current = folder.parent / "current"
    _say("run.published", folder=shown_link(current))
    for report in reports:
        sys.stdout.write(f"{shown_link(current)}/{shown(report).removeprefix(shown(folder) + '/')}\n")


def shown_link(link: Path) -> str:
    """A link's own path, relative to the project: `shown` would follow it."""
    from crm_helpers.params.paths import root

    return link.absolute().relative_to(root()).as_posix()


def _lang() -> str:
    """The person's language, from the locale, when there is a folder of texts for it; else English."""
    from crm_helpers.text.catalogue import languages

    told = next((v for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(name))), "")
    lang = told[:2].lower()
    return lang if lang in languages() else "en"


def _voice() -> Any:
    from crm_helpers.text.catalogue import Voice

    return Voice(_lang())


def _say(key: str, /, **facts: Any) -> None:
    """Progress goes to standard error, so that standard output holds only paths."""
    sys.stderr.write(_voice().say(f"cli.{key}", **facts).rstrip() + "\n")
    sys.stderr.flush()


def _print(text: str, /, **facts: Any) -> None:
    sys.stdout.write(_voice().say(f"cli.{text}", **facts).rstrip() + "\n")


def _say_error(key: str, /, **facts: Any) -> None:
    sys.stderr.write(_voice().say(f"errors.{key}", **facts).rstrip() + "\n")


def _print_fault(error: CrmError) -> None:
    for fault in error.faults if isinstance(error, Faults) else (error,):
        sys.stderr.write(_told(fault) + "\n")


def _told(fault: CrmError) -> str:
    voice = _voice()
    values = dict(fault.values)
    if "expected" in values:
        values["allowed"] = voice.say(f"errors.params.expected.{values['expected']}", **values)
    key = f"errors.{fault.key}"
    text = voice.say(key if voice.has(key) else _data_key(fault.key), **values)
    return f"{fault.where}: {text}".rstrip() if fault.where else text.rstrip()


def _data_key(key: str) -> str:
    """Messages of the data layer stand beside its other words."""
    return f"data.errors.{key.partition('.')[2]}"


def _usage(error: Exception) -> int:
    """Wrong arguments are told by typer's own message; anything else is our fault."""
    show: Callable[[], None] | None = getattr(error, "show", None)
    if show is None:
        return OWN_FAULT
    show()
    return 2


def _record(error: Exception) -> str:
    """Keep the traceback in a file, and its path for the message."""
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".txt", prefix="crm-fault-", delete=False, encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    return file.name
