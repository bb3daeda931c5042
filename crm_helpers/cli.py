"""The `crm` command: arguments to calls, faults to words. No work of its own; imports stay inside the commands."""

from __future__ import annotations

import datetime
import functools
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_helpers.data.private import close_to_others
from crm_helpers.errors import CrmError, Faults, UsageError, from_system

if TYPE_CHECKING:
    from crm_helpers.params.load import Loaded
    from crm_helpers.report.pipeline import Outcome
    from crm_helpers.terminal import Terminal

app = typer.Typer(
    name="crm",
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Diagnose a client's CRM: check the exports, run the notebooks, publish the reports.",
    epilog="Before or after any command: --quiet (only faults and results), --json (one JSON object a line on standard output),"
    " --debug (the traceback of our own faults).",
)

Client = Annotated[str, typer.Argument(help="the client: params/<client>.yaml", show_default=False)]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="override one setting for this call; may be repeated"),
]
SWITCHES = ("--quiet", "--json", "--debug")
WRONG_USE, OWN_FAULT, INTERRUPTED = 2, 3, 130


def main() -> None:
    """Run the command and leave with its exit code: 0 right, 1 a check or notebook failed, 2 wrong use, 3 our fault, 130."""
    _out.cache_clear()
    close_to_others()
    arguments = [argument for argument in sys.argv[1:] if argument not in SWITCHES]
    try:
        code = app(arguments, standalone_mode=False) or 0
        if code == INTERRUPTED:  # the parser turns Ctrl-C into this code, without a word
            raise KeyboardInterrupt
    except CrmError as error:
        _out().fault(error)
        code = error.exit_code
    except typer.Exit as stop:
        code = stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _out().fault(CrmError("interrupted"))
        code = INTERRUPTED
    except Exception as error:
        code = _unexpected(error)
    sys.exit(code)


@app.command()
def new(
    client: Client,
    business: Annotated[str | None, typer.Option("--type", help="kind of business, such as store or salon")] = None,
) -> None:
    """Write params/<client>.yaml, with what the files in data/<client>/ tell, and with --type the forms of that business;
    an existing file is never changed."""
    from crm_helpers.data.proposal import create

    made = create(client, business)
    for proposed in made.proposed:
        _out().progress("new.table", table=f"contract.tables.{proposed.table}", file=proposed.files, columns=proposed.columns)
    for unread in made.unread:
        _out().progress("new.unread", file=unread)
    for unplaced in made.unplaced:
        _out().progress("new.unplaced", file=unplaced)
    for wish in made.wishes:
        _out().progress("new.ask", table=f"contract.tables.{wish.table}", columns=list(wish.columns))
    _out().result("new.file", path=made.file)
    if business is not None:
        _hand_out_first(client, business)
    _out().progress("new.record", path=made.file)
    _out().progress("new.left" if made.left else "new.ready", client=client, path=made.file, n=len(made.left), keys=made.left)


def _hand_out_first(client: str, business: str) -> None:
    """Write the forms of a kind of business for a new client, whose settings may not be whole yet."""
    from crm_helpers.data.sheets.folder import FOLDER, hand_out
    from crm_helpers.domain.business import pack
    from crm_helpers.params.load import bare, load
    from crm_helpers.params.paths import data_folder, shown

    try:
        loaded, told = load(client), "new.forms"
    except CrmError:  # such as no last day in the exports; the file says what is left to fill in
        loaded, told = bare(client, _today()), "new.forms_bare"
    made = list(hand_out(loaded, loaded.params.languages[0], pack(business).forms, business_type=business))
    _out().progress(told, folder=shown(data_folder(client) / FOLDER), n=len(made), client=client)


@app.command()
def check(
    client: Client,
    sets: Sets = None,
    everything: Annotated[bool, typer.Option("--all", help="tell every file, finding and row set aside")] = False,
) -> None:
    """Check the params file and the exports, and write data/<client>/quality.xlsx; no notebook runs."""
    from crm_helpers.data import access_log
    from crm_helpers.report.checking import check as check_client
    from crm_helpers.terminal import language

    loaded = _load(client, sets, in_time=True)
    outcome = check_client(loaded, everything=everything, lang=language(), tell=_out().progress, result=_out().result)
    purpose = loaded.params.entrustment.purpose or ""
    access_log.record(client, "check", {"tables": outcome.fingerprint}, purpose=purpose)
    if outcome.faults:
        raise Faults(outcome.faults)
    if outcome.stopped:
        raise CrmError("data.stopped", where=loaded.where("data"), client=client)
    _out().progress("check.ok", client=client)


@app.command()
def run(
    client: Client,
    chapters: Annotated[list[str] | None, typer.Argument(help="only these chapters, such as 02", show_default=False)] = None,
    sets: Sets = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="execute again even when nothing changed")] = False,
    edition: Annotated[
        str | None,
        typer.Option("--edition", metavar="yearly|monthly", help="monthly: four pages, published apart, in monthly/"),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="the last day that counts; a month end for monthly")
    ] = None,
) -> None:
    """Check, execute, verify, render and publish; what has not changed is not done again."""
    from crm_helpers.report.editions import settings
    from crm_helpers.report.pipeline import run as run_client

    loaded = _load(client, [*settings(edition, as_of), *(sets or [])], in_time=True)
    _finish(run_client(loaded, chapters or (), fresh=fresh, tell=_out().progress))


@app.command()
def render(client: Client, sets: Sets = None) -> None:
    """Make the pages again from the notebooks as last executed; nothing is executed."""
    from crm_helpers.report.pipeline import render as render_client

    _finish(render_client(_load(client, sets, in_time=True), tell=_out().progress))


@app.command("list")
def list_clients() -> None:
    """List the clients and their newest reports."""
    from crm_helpers.params import paths
    from crm_helpers.params.load import load
    from crm_helpers.report.publish import published
    from crm_helpers.terminal import language

    for client in paths.clients():
        try:
            name = load(client).params.name.in_language(language())
        except CrmError as error:
            name = _out().told(error.faults[0] if isinstance(error, Faults) else error)
        _out().result("list.client", client=client, name=name)
        folder = published(client)
        _out().result("list.report" if folder else "list.none", run=folder.name if folder else "")


@app.command()
def params(client: Client, sets: Sets = None) -> None:
    """Show every setting, its value and where it came from: default, pack (the kind of business), file:line or --set."""
    from crm_helpers.params.load import origins

    for key, value, origin in origins(_load(client, sets)):
        _out().result("params.line", key=key, value=value, origin=origin)


@app.command()
def store(
    names: Annotated[list[str] | None, typer.Argument(help="notebook files; default: all chapters", show_default=False)] = None,
    only_check: Annotated[bool, typer.Option("--check", help="change nothing; tell what is not in stored form")] = False,
) -> None:
    """Write the chapters' stored form and ledger, executed for their example client, and the generated pages of docs/."""
    from crm_helpers.params.paths import shown
    from crm_helpers.report import generated
    from crm_helpers.report.execute import notebooks, slim_imports
    from crm_helpers.report.executed import in_order
    from crm_helpers.report.stored_form import faults, store

    chosen = [Path(name) for name in names] if names else notebooks()
    if only_check:
        found = [fault for path in chosen for fault in faults(path)]
        found += [CrmError("store.stale", where=shown(page)) for page in generated.stale()]
        if found:
            raise Faults(found)
        return
    for page in generated.write():
        _out().progress("store.written", name=shown(page))
    slim_imports()
    for path in in_order(chosen):
        _out().progress("store.written" if store(path) else "store.same", name=path.name)


@app.command()
def lab(client: Client, browser: Annotated[bool, typer.Option(help="open JupyterLab, not only make the copies")] = True) -> None:
    """Copy the chapters for a client and open them in JupyterLab."""
    from crm_helpers.report.workshop import open_lab, prepare

    folder = prepare(_load(client, None, in_time=True).params.client)
    _out().progress("lab.ready", folder=folder)
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
            _out().result(f"diff.cell.{side}", name=chapter.name, cell=cell.cell)
            lines = list(unified(cell))
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            if not lines:
                how = cell.how(cell.copy if cell.by_analyst else cell.shipped)
                _out().result("diff.same", how=f"cli.diff.how.{how}")
    if any(chapter.differences for chapter in chapters):
        raise typer.Exit(1)
    _out().progress("diff.none", client=client)


@app.command()
def key(client: Client) -> None:
    """Make the secret key with which contact-like ids of a client become pseudonyms; kept in your own settings."""
    from crm_helpers.data.keys import make

    _out().result("key.made", path=str(make(client)))
    _out().progress("key.advice")


@app.command()
def targets(
    client: Client,
    campaign: Annotated[str, typer.Argument(help="the campaign's number, as in its brief", show_default=False)],
    sets: Sets = None,
    on: Annotated[
        datetime.datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], metavar="DAY", help="day of sending; default: today", show_default=False),
    ] = None,
) -> None:
    """Write the list of people of an approved campaign, with who is left out for comparison and a receipt, into the agreed
    folder; or tell, rule by rule, why it may not go."""
    from crm_helpers.targets.making import make

    loaded = _load(client, sets, in_time=True)
    make(loaded, campaign, on=on.date() if on else None, today=_today(), tell=_out().progress, result=_out().result)
    _out().progress("targets.done", client=client, campaign=campaign)


@app.command()
def log(
    client: Client,
    verify: Annotated[bool, typer.Option("--verify", help="show no entries, only whether the chain is whole")] = False,
) -> None:
    """Show a client's access log and verify its chain; exit 1 when an entry was changed, removed or put in, and say where."""
    from crm_helpers.data.access_log import history, log_file
    from crm_helpers.params.paths import shown

    told = history(client)
    for entry in () if verify else told.entries:
        if entry.torn:
            _out().result("log.torn", line=entry.line)
        _out().result("log.entry", **vars(entry))
    if told.torn_end:
        _out().progress("log.torn_end")
    if told.broken:
        raise Faults([CrmError("log.broken", where=f"{shown(log_file(client))}:{line}", found=line) for line in told.broken])
    _out().progress("log.whole" if told.entries else "log.none", n=len(told.entries))


@app.command()
def purge(client: Client, yes: Annotated[bool, typer.Option("--yes", help="delete without asking")] = False) -> None:
    """Delete a client's data and write a certificate of deletion; reports, ledger, settings and access log remain."""
    from crm_helpers.report.purge import plan
    from crm_helpers.report.purge import purge as delete

    loaded = _load(client, None)
    files = plan(loaded)
    for file in files:
        _out().result("purge.file", file=file.shown, size=file.size)
    _out().progress("purge.total", n=len(files))
    if not (yes or (sys.stdin.isatty() and typer.confirm(_out().say("cli.purge.question", client=client)))):
        raise UsageError("purge.ask")
    for path in delete(loaded, files):
        _out().result("purge.certificate", path=path)
    _out().progress("purge.done", n=len(files))


@app.command()
def forms(
    client: Client,
    lang: Annotated[
        str | None, typer.Option("--lang", help="ja or en; default: the first of languages:", show_default=False)
    ] = None,
    names: Annotated[
        list[str] | None, typer.Option("--form", metavar="FORM", help="only this form, such as self_check; may be repeated")
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="the self-check with its 21 most telling items only")] = False,
    only_check: Annotated[bool, typer.Option("--check", help="write nothing; read the forms that came back")] = False,
) -> None:
    """Write the Excel forms of the kind of business, or all, into data/<client>/forms/, never over a filled one; or check
    those that came back."""
    from crm_helpers.data.sheets.folder import hand_out, returned
    from crm_helpers.params.paths import shown
    from crm_helpers.text.catalogue import languages

    loaded = _load(client, None)
    if only_check:
        found, faults = returned(client, business_type=loaded.params.type or "")
        for told in found:
            title = told.form.title.get(told.language) or next(iter(told.form.title.values()))
            _out().result("forms.line", file=told.file, title=title, done=told.done, of=told.of, rows=len(told.rows))
            for statement in told.noticed:
                _out().progress("forms.noticed", statement=statement)
        if faults:
            raise Faults(faults)
        _out().progress("forms.ok" if found else "forms.none", client=client, n=len(found))
        return
    lang = lang or loaded.params.languages[0]
    if lang not in languages():
        raise UsageError("forms.language", found=lang, has=languages())
    pack = loaded.params.business
    names = names or list(pack.forms if pack else ())
    made = list(hand_out(loaded, lang, names, business_type=loaded.params.type or "", short=short))
    for form in made:
        _out().result(f"forms.{form.state}", path=shown(form.path))
    _out().progress("forms.handed_out", client=client, n=len(made))


# ---------------------------------------------------------------- words and faults
@functools.cache
def _out() -> Terminal:
    """The voice of this call."""
    from crm_helpers.terminal import Terminal

    return Terminal(quiet="--quiet" in sys.argv, as_json="--json" in sys.argv)


def _load(client: str, sets: list[str] | None, *, in_time: bool = False) -> Loaded:
    """The client's settings; with `in_time` refused after the day on which the data should have been deleted."""
    from crm_helpers.data.entrustment import days_left, overdue
    from crm_helpers.params.load import load
    from crm_helpers.report.execute import slim_imports

    slim_imports()
    loaded = load(client, sets or ())
    if in_time:
        today = _today()
        if late := overdue(loaded, today):
            raise late
        if (days := days_left(loaded, today)) is not None:
            _out().progress("due.soon", days=days)
    return loaded


def _today() -> datetime.date:
    """Today, for the day of deletion; no result knows it."""
    return datetime.date.today()


def _finish(outcome: Outcome) -> None:
    """Say what was published, or what failed and what stands."""
    if outcome.faults:
        _out().fault(Faults(outcome.faults))
        _out().progress("run.stands" if outcome.stands else "run.none_yet")
        raise typer.Exit(1)
    _out().progress("run.published", folder=outcome.shown)
    for path in outcome.shown_reports:
        _out().result("run.report", path=path)
    for audience, pages in outcome.audiences.items():  # no result: what a script takes from here goes to the client
        mark = f"report.audience.{audience}.mark"
        _out().progress("run.audience", mark=mark, folder=f"{outcome.shown_restricted}/{audience}", pages=pages)


def _unexpected(error: Exception) -> int:
    """Tell wrong arguments, a full disk, and what is our own fault; the exit code."""
    if hasattr(error, "format_message"):  # the parser's own
        return _wrong_use(error)
    if isinstance(error, OSError) and (fault := from_system(error)):
        _out().fault(fault)
        return fault.exit_code
    if "--debug" in sys.argv:
        traceback.print_exception(error)
    _out().fault(CrmError("ours", file=_record(error)))
    return OWN_FAULT


def _wrong_use(error: Any) -> int:
    """The parser's fault in the person's language; `crm` alone shows the help."""
    kind = type(error).__name__
    if kind == "NoArgsIsHelpError":
        error.show()
    elif kind == "NoSuchOption":
        _out().fault(CrmError("usage.option", found=error.option_name, help=_help(error)))
    elif kind == "MissingParameter":
        _out().fault(CrmError("usage.missing", found=(error.param.name or "").upper(), help=_help(error)))
    elif error.message.startswith("No such command"):
        word = error.message.split("'")[1]
        has = sorted(command.name or command.callback.__name__ for command in app.registered_commands if command.callback)
        _out().fault(CrmError("usage.command", found=word, has=has, nearest=_nearest(word, has)))
    else:
        _out().fault(CrmError("usage.other", found=error.format_message(), help=_help(error)))
    return WRONG_USE


def _nearest(word: str, among: list[str]) -> str:
    from crm_helpers.params.load import nearest

    return nearest(word, among)


def _help(error: Any) -> str:
    return f"{error.ctx.command_path if error.ctx else 'crm'} --help"


def _record(error: Exception) -> str:
    """Keep the traceback in a file, and its path for the message."""
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".txt", prefix="crm-fault-", delete=False, encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    return file.name
