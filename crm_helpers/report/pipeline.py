"""check → execute → verify → render → publish, for one client; what has not changed is not done again."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crm_helpers import ledger
from crm_helpers.data import access_log
from crm_helpers.data.fingerprint import file_hashes
from crm_helpers.data.mapping import faults
from crm_helpers.errors import CrmError, Faults, UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded
from crm_helpers.report import editions, fingerprint, manifest, publish
from crm_helpers.report.audiences import AUDIENCES, CLIENT, for_audience, further, has_pages_for, pages_added
from crm_helpers.report.copies import Chapter, chapter_of
from crm_helpers.report.execute import execute, notebooks
from crm_helpers.report.executed import Executed, executed, in_order, keep_changed, needs, needs_before, number
from crm_helpers.report.page_set import arranged
from crm_helpers.report.pages import Report

BOOK = "book"
KEPT = "executed"  # data/<client>/.cache/executed/<notebook>-<fingerprint>.ipynb
KEPT_EACH = 3  # of a chapter: who tries a setting and takes it back need not execute again

AUDIENCES_TOLD = "audiences"  # in the manifest of what is not for the client: audience → its further pages

Tell = Callable[..., None]
Paper = tuple[str, list[Executed]]  # the file's name and the chapters in it


@dataclass
class Outcome:
    """What a run did: the published folder, or the faults of failed notebooks; whether an earlier set stands.

    `audiences` are those that are not for the client: name → the pages that they have besides.
    """

    folder: Path | None
    reports: list[Path] = field(default_factory=list)
    faults: list[CrmError] = field(default_factory=list)
    executed: int = 0
    stands: bool = False
    audiences: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The path of `current`, which a person opens."""
        return paths.shown(self.folder.parent) + f"/{publish.POINTER}" if self.folder else ""

    @property
    def shown_restricted(self) -> str:
        """The path of what is not for the client; it has no `current`."""
        return paths.shown(publish.restricted(self.folder)) if self.folder else ""

    @property
    def shown_reports(self) -> list[str]:
        """The reports' paths below `current`."""
        return [f"{self.shown}/{r.relative_to(self.folder).as_posix()}" for r in self.reports] if self.folder else []


@dataclass
class _Run:
    loaded: Loaded
    chosen: list[Chapter]
    inputs: Mapping[str, str]
    prints: dict[str, str]
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def client(self) -> str:
        return self.loaded.params.client

    @property
    def edition(self) -> str:
        return self.loaded.params.edition

    @property
    def set_print(self) -> str:
        return fingerprint.of_set(self.prints, self.loaded)

    @property
    def name(self) -> str:
        return f"{self.loaded.params.as_of.isoformat()}-{self.set_print[:8]}"


def run(loaded: Loaded, only: Sequence[str] = (), *, fresh: bool = False, tell: Tell) -> Outcome:
    """Make and publish the client's report set.

    `only` names chapters by number; `fresh` executes them even when nothing changed; `tell(key, **facts)` hears progress.
    """
    plan = _plan(loaded, only)
    _tell_copies(plan, tell)
    if not fresh and (whole := _already(plan)):
        tell("run.unchanged", run=whole.name)
        return _published(whole)
    with publish.alone(plan.client), _staged(plan) as staged:
        return _make(plan, staged, fresh, tell)


def render(loaded: Loaded, *, tell: Tell) -> Outcome:
    """Make the pages again from the notebooks as they were last executed; nothing is executed."""
    plan = _plan(loaded, ())
    kept = {chapter.name: newest for chapter in plan.chosen if (newest := _newest(plan, chapter.name))}
    if not kept:
        raise UsageError("render.nothing", where=loaded.where(), client=plan.client)
    with publish.alone(plan.client), _staged(plan) as staged:
        return _published(_pages(plan, [_as(plan, name, kept[name]) for name in sorted(kept)], staged, tell))


@contextlib.contextmanager
def _staged(plan: _Run) -> Iterator[Path]:
    """A staging folder that is gone afterwards, whatever happens."""
    publish.sweep(plan.client)
    staged = publish.staging(plan.client, plan.name)
    try:
        yield staged
    finally:
        for folder in (staged, publish.restricted(staged)):
            shutil.rmtree(folder, ignore_errors=True)


def _plan(loaded: Loaded, only: Sequence[str]) -> _Run:
    editions.check(loaded)
    every = [path for path in notebooks() if editions.has_steps(path, loaded.params.edition)]
    unknown = [name for name in only if name not in {number(p.stem) for p in every}]
    if unknown:
        raise UsageError("run.no_chapter", found=unknown[0], has=[number(p.stem) for p in every])
    chosen = [chapter_of(loaded.params.client, p) for p in in_order([p for p in every if not only or number(p.stem) in only])]
    if mistaken := faults(loaded):
        raise Faults(mistaken)
    inputs = file_hashes(loaded)
    prints: dict[str, str] = {}
    for c in chosen:  # a chapter that reads another's rows is made again when that one is
        own = fingerprint.of_text(fingerprint.of_notebook(c.path, loaded, inputs, ()), fingerprint.as_json(c.changed))
        above = _read_by(c.path, prints, loaded)
        prints[c.name] = fingerprint.of_text(own, *above) if above else own
    return _Run(loaded, chosen, inputs, prints)


def _read_by(notebook: Path, prints: Mapping[str, str], loaded: Loaded) -> list[str]:
    """What the rows that a chapter reads depend on: the fingerprints of chapters of this run, else the rows as published; and
    the rows of an earlier day."""
    made = {number(name): told for name, told in prints.items()}
    folder, as_of = paths.ledger_folder(loaded.params.client), loaded.params.as_of
    found = []
    for needed in needs(notebook):
        file = ledger.find(folder, as_of, needed)
        found.append(made[needed] if needed in made else file.read_text("utf-8") if file else "")
    folder = paths.ledger_folder(loaded.params.client, loaded.params.edition)
    for needed in needs_before(notebook):
        file = ledger.find(folder, as_of - datetime.timedelta(days=1), needed, published=True)
        found.append(file.read_text("utf-8") if file else "")
    return found


def _tell_copies(plan: _Run, tell: Tell) -> None:
    for chapter in plan.chosen:
        if chapter.changed:
            tell("run.copy", name=chapter.name, cells=[cell for cell, _ in chapter.changed])
        if chapter.behind:
            tell("run.behind", name=chapter.name, client=plan.client)


def _already(plan: _Run) -> Path | None:
    """The published set, when it was made from exactly this."""
    whole = publish.published(plan.client, plan.edition)
    told = json.loads((whole / publish.WHOLE).read_text("utf-8")) if whole else {}
    return whole if told.get("fingerprint") == plan.set_print else None


def _make(plan: _Run, staged: Path, fresh: bool, tell: Tell) -> Outcome:
    started = time.perf_counter()
    tell("run.reading")
    _check(plan, tell)
    plan.seconds["check"] = time.perf_counter() - started
    chapters, failed, ran = [], [], 0
    for i, chapter in enumerate(plan.chosen, start=1):
        started = time.perf_counter()
        name = chapter.name
        kept = _kept(plan, name)
        try:
            done = kept.is_file() and not fresh
            if not done:
                tell("run.running", i=i, n=len(plan.chosen), name=name)
                _execute(plan, chapter, kept, staged)
                ran += 1
            os.utime(kept)  # the newest is what `crm render` shows
            chapters.append(_as(plan, name, kept))
            _stage_ledger(chapters[-1:], staged)  # the chapters after this one read it
        except CrmError as fault:
            failed.append(fault)
            tell("run.failed", i=i, n=len(plan.chosen), name=name)
            continue
        plan.seconds[name] = time.perf_counter() - started
        shown, out = (sum((s.block.kind == "left_out") is left for s in chapters[-1].document.steps) for left in (False, True))
        key = "run.kept" if done else "run.done"
        tell(key, i=i, n=len(plan.chosen), name=name, seconds=plan.seconds[name], pages=shown, left_out=out)
    if failed or not chapters:
        return Outcome(None, faults=failed, executed=ran, stands=publish.published(plan.client, plan.edition) is not None)
    tell("run.rendering")
    chapters.sort(key=lambda chapter: chapter.document.notebook)
    return dataclasses.replace(_published(_pages(plan, chapters, staged, tell)), executed=ran)


def _check(plan: _Run, tell: Tell) -> None:
    from crm_helpers.data.fingerprint import fingerprint as of_inputs
    from crm_helpers.data.importing import imported

    _, facts = imported(plan.loaded, of_inputs(plan.loaded))
    rows = sum(r.read for r in facts.basis.received if r.table == "order_lines")
    tell("run.check", rows=rows, set_aside=sum(s.rows for s in facts.basis.set_aside), files=len(facts.basis.received))


def _execute(plan: _Run, chapter: Chapter, kept: Path, staged: Path) -> None:
    made = staged / f"{chapter.name}.ipynb"
    with _source(plan, chapter, staged) as source:
        execute(source, made, plan.loaded, staging=staged, chapter=chapter.path)
    keep_changed(made, chapter.changed)
    kept.parent.mkdir(parents=True, exist_ok=True)
    made.replace(kept)
    for old in sorted(kept.parent.glob(f"{chapter.name}-*.ipynb"), key=_age, reverse=True)[KEPT_EACH:]:
        old.unlink()


def _age(path: Path) -> float:
    return path.stat().st_mtime


@contextlib.contextmanager
def _source(plan: _Run, chapter: Chapter, staged: Path) -> Iterator[Path]:
    """The chapter to execute: the whole file, or what an edition takes of it."""
    if plan.edition == paths.YEARLY:
        yield chapter.path
        return
    path = staged / plan.edition / f"{chapter.name}.ipynb"
    path.parent.mkdir()
    cells = editions.cut(json.loads(chapter.path.read_text("utf-8")), plan.edition)
    path.write_text(json.dumps(cells, ensure_ascii=False), "utf-8")
    yield path
    shutil.rmtree(path.parent)


def _home(plan: _Run) -> Path:
    """Where executed chapters are kept, for each edition."""
    home = paths.cache_folder(plan.client) / KEPT
    return home if plan.edition == paths.YEARLY else home / plan.edition


def _kept(plan: _Run, name: str) -> Path:
    return _home(plan) / f"{name}-{plan.prints[name][:16]}.ipynb"


def _newest(plan: _Run, name: str) -> Path | None:
    found = _home(plan).glob(f"{name}-*.ipynb")
    return max(found, key=_age, default=None)


def _as(plan: _Run, name: str, path: Path) -> Executed:
    """The executed chapter as the kind of business wants it; an edition has no appendix, and its pages keep their order."""
    read = executed(json.loads(path.read_text("utf-8")), name)
    return arranged(read, plan.loaded.params) if plan.edition == paths.YEARLY else dataclasses.replace(read, appendix=())


# ---------------------------------------------------------------- pages
def _pages(plan: _Run, chapters: Sequence[Executed], staged: Path, tell: Tell) -> Path:
    """Word, verify, render and publish: the client's reports, and those with pages that are not for the client."""
    from crm_helpers.report.verify import verify
    from crm_helpers.report.wording import Made, report_of

    started = time.perf_counter()
    params = plan.loaded.params
    made = Made(
        run=plan.name,
        data=fingerprint.of_text(fingerprint.as_json(dict(plan.inputs)))[:16],
        software=manifest.software(),
    )
    papers = _papers(plan.edition, chapters)
    worded = {
        audience: {
            (name, lang): report_of(part, params, lang, made, audience=audience)
            for name, part in parts
            for lang in params.languages
        }
        for audience, parts in papers.items()
    }
    for name, part in papers[CLIENT]:
        for chapter in part if name != BOOK else ():
            verify(chapter.document, [w.report for made_of in worded.values() for (of, _), w in made_of.items() if of == name])
    untranslated = sorted({cell for made_of in worded.values() for w in made_of.values() for cell in w.untranslated})
    if untranslated:
        tell("run.untranslated", cells=untranslated)
    plan.seconds["words"] = time.perf_counter() - started
    for audience, made_of in worded.items():
        _write(plan, {key: w.report for key, w in made_of.items()}, audience, staged)
    _stage_ledger([for_audience(chapter, CLIENT) for chapter in chapters], staged)
    _scan(plan, staged, publish.restricted(staged))
    told = {
        "client": plan.client,
        "edition": plan.edition,
        "as_of": params.as_of.isoformat(),
        "run": plan.name,
        "fingerprint": plan.set_print,
        "inputs": dict(plan.inputs),
        "notebooks": plan.prints,
        "languages": list(params.languages),
        "untranslated": untranslated,
        "changed": {c.document.notebook: [cell for cell, _ in c.changed] for c in chapters if c.changed},
    }
    manifest.write(staged, told, plan.seconds)
    if apart := {name: _added(name, parts) for name, parts in papers.items() if name != CLIENT}:
        manifest.write(publish.restricted(staged), told | {AUDIENCES_TOLD: apart}, plan.seconds)
    folder = publish.publish(staged, plan.client, plan.name, plan.edition)
    for made_set in (folder, publish.restricted(folder)):
        _record(plan, made_set)
    for chapter in chapters:
        _keep_ledger(plan, chapter)
    return folder


def _papers(edition: str, chapters: Sequence[Executed]) -> dict[str, Sequence[Paper]]:
    """Audience → its papers: for the client each chapter and the book of all; of the others the chapters with pages of their
    own, as the rest is the same. A monthly edition is one paper."""
    if edition != paths.YEARLY:
        return {audience: [(edition, list(chapters))] for audience in (CLIENT, *further(chapters))}
    books: list[Paper] = [(BOOK, list(chapters))] if len(chapters) > 1 else []
    apart = {
        audience: [(c.document.notebook, [c]) for c in chapters if has_pages_for(c, audience)] for audience in further(chapters)
    }
    return {CLIENT: [*books, *((c.document.notebook, [c]) for c in chapters)], **apart}


def _added(audience: str, papers: Sequence[Paper]) -> list[str]:
    return pages_added(for_audience(chapter, audience) for _, part in papers for chapter in part)


def _scan(plan: _Run, *folders: Path) -> None:
    """Refuse pages that hold personal data, paths or code, whoever they are for."""
    from crm_helpers.data.fingerprint import fingerprint as of_inputs
    from crm_helpers.data.importing import imported
    from crm_helpers.report.scan import scan

    started = time.perf_counter()
    tables, _ = imported(plan.loaded, of_inputs(plan.loaded))
    if found := [fault for folder in folders if folder.is_dir() for fault in scan(folder, tables)]:
        raise Faults(found)
    plan.seconds["scan"] = time.perf_counter() - started


def _record(plan: _Run, folder: Path) -> None:
    """Put a publication on record: the run and the hashes of its files."""
    if not folder.is_dir():
        return
    told = json.loads((folder / publish.WHOLE).read_text("utf-8"))
    access_log.record(
        plan.client,
        "publish",
        {"run": folder.name, "files": told["outputs"]},
        purpose=plan.loaded.params.entrustment.purpose or "",
        destination=paths.shown(folder),
    )


def _write(plan: _Run, reports: Mapping[tuple[str, str], Report], audience: str, staged: Path) -> None:
    """Render the papers of an audience: the client's into the set, others into a folder beside it, named after it."""
    from crm_helpers.report.render_html import to_html
    from crm_helpers.report.render_index import to_index
    from crm_helpers.report.render_pdf import to_pdf

    home, end = (staged, "") if audience == CLIENT else (publish.restricted(staged) / audience, f"-{audience}")
    for (name, lang), report in reports.items():
        folder = home / lang
        folder.mkdir(parents=True, exist_ok=True)
        for kind, write in (("html", lambda r: to_html(r).encode()), ("pdf", to_pdf)):
            started = time.perf_counter()
            (folder / f"{name}{end}.{kind}").write_bytes(write(report))
            plan.seconds[kind] = plan.seconds.get(kind, 0.0) + time.perf_counter() - started
    if audience == CLIENT:
        (staged / "index.html").write_text(to_index(reports), "utf-8")


def _stage_ledger(chapters: Sequence[Executed], staged: Path) -> None:
    for chapter in chapters:
        ledger.write(staged / "ledger", number(chapter.document.notebook), chapter.rows)


def _keep_ledger(plan: _Run, chapter: Executed) -> None:
    """The thread's rows of a published set become the client's by one rename: all of them, those of restricted pages too."""
    name = number(chapter.document.notebook)
    folder = paths.ledger_folder(plan.client, plan.edition) / plan.loaded.params.as_of.isoformat()
    ledger.write(folder, f".{name}", chapter.rows).replace(folder / f"{name}.json")


def _published(folder: Path) -> Outcome:
    beside = publish.restricted(folder) / publish.WHOLE
    apart = json.loads(beside.read_text("utf-8"))[AUDIENCES_TOLD] if beside.is_file() else {}
    return Outcome(folder, _reports(folder), audiences={name: apart[name] for name in AUDIENCES if name in apart})


def _reports(folder: Path) -> list[Path]:
    return sorted(f for f in folder.glob("??/*") if f.suffix in (".html", ".pdf"))
