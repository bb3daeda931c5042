"""check → execute → verify → render → publish, for one client; what has not changed is not done again."""

from __future__ import annotations

import contextlib
import dataclasses
import json
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
from crm_helpers.report.copies import Chapter, chapter_of
from crm_helpers.report.execute import execute, notebooks
from crm_helpers.report.executed import Executed, executed, in_order, keep_changed, needs, number
from crm_helpers.report.page_set import arranged
from crm_helpers.report.pages import Report, characters_of

KEPT = "executed"  # data/<client>/.cache/executed/<notebook>-<fingerprint>.ipynb

Tell = Callable[..., None]


@dataclass
class Outcome:
    """What a run did: the published folder, or the faults of failed notebooks; whether an earlier set stands."""

    folder: Path | None
    reports: list[Path] = field(default_factory=list)
    faults: list[CrmError] = field(default_factory=list)
    executed: int = 0
    stands: bool = False

    @property
    def shown(self) -> str:
        """The path of `current`, which a person opens."""
        return paths.shown(self.folder.parent) + f"/{publish.POINTER}" if self.folder else ""

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
        return Outcome(whole, _reports(whole))
    with publish.alone(plan.client), _staged(plan) as staged:
        return _make(plan, staged, fresh, tell)


def render(loaded: Loaded, *, tell: Tell) -> Outcome:
    """Make the pages again from the notebooks as they were last executed; nothing is executed."""
    plan = _plan(loaded, ())
    kept = {chapter.name: newest for chapter in plan.chosen if (newest := _newest(plan, chapter.name))}
    if not kept:
        raise UsageError("render.nothing", where=loaded.where(), client=plan.client)
    with publish.alone(plan.client), _staged(plan) as staged:
        return Outcome(*_pages(plan, [_as(plan, name, kept[name]) for name in sorted(kept)], staged, tell))


@contextlib.contextmanager
def _staged(plan: _Run) -> Iterator[Path]:
    """A staging folder that is gone afterwards, whatever happens."""
    publish.sweep(plan.client)
    staged = publish.staging(plan.client, plan.name)
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


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
    """What the rows that a chapter reads depend on: the fingerprints of chapters of this run, else the rows as published."""
    made = {number(name): told for name, told in prints.items()}
    folder, as_of = paths.ledger_folder(loaded.params.client), loaded.params.as_of
    found = []
    for needed in needs(notebook):
        file = ledger.find(folder, as_of, needed)
        found.append(made[needed] if needed in made else file.read_text("utf-8") if file else "")
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
    folder, reports = _pages(plan, chapters, staged, tell)
    return Outcome(folder, reports, executed=ran)


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
    for old in kept.parent.glob(f"{chapter.name}-*.ipynb"):
        old.unlink()
    made.replace(kept)


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
    return max(found, key=lambda p: p.stat().st_mtime, default=None)


def _as(plan: _Run, name: str, path: Path) -> Executed:
    """The executed chapter as the kind of business wants it; an edition has no appendix, and its pages keep their order."""
    read = executed(json.loads(path.read_text("utf-8")), name)
    return arranged(read, plan.loaded.params) if plan.edition == paths.YEARLY else dataclasses.replace(read, appendix=())


# ---------------------------------------------------------------- pages
def _pages(plan: _Run, chapters: Sequence[Executed], staged: Path, tell: Tell) -> tuple[Path, list[Path]]:
    """Word, verify, render and publish."""
    from crm_helpers.report.verify import verify
    from crm_helpers.report.wording import Made, report_of

    started = time.perf_counter()
    params = plan.loaded.params
    made = Made(
        run=plan.name,
        data=fingerprint.of_text(fingerprint.as_json(dict(plan.inputs)))[:16],
        software=manifest.software(),
    )
    books = [("book", list(chapters))] if len(chapters) > 1 else []
    apart = [(c.document.notebook, [c]) for c in chapters]
    wanted = [*books, *apart] if plan.edition == paths.YEARLY else [(plan.edition, list(chapters))]
    worded = {(name, lang): report_of(part, params, lang, made) for name, part in wanted for lang in params.languages}
    for name, part in wanted:
        for chapter in part if name != "book" else ():
            verify(chapter.document, [worded[name, lang].report for lang in params.languages])
    untranslated = sorted({cell for w in worded.values() for cell in w.untranslated})
    if untranslated:
        tell("run.untranslated", cells=untranslated)
    plan.seconds["words"] = time.perf_counter() - started
    shared = characters_of(*(w.report for w in worded.values()))
    _write(plan, {key: w.report for key, w in worded.items()}, shared, staged)
    _stage_ledger(chapters, staged)
    _scan(plan, staged)
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
    folder = publish.publish(staged, plan.client, plan.name, plan.edition)
    _record(plan, folder)
    for chapter in chapters:
        _move_ledger(plan, folder, number(chapter.document.notebook))
    return folder, _reports(folder)


def _scan(plan: _Run, staged: Path) -> None:
    """Refuse pages that hold personal data, paths or code."""
    from crm_helpers.data.fingerprint import fingerprint as of_inputs
    from crm_helpers.data.importing import imported
    from crm_helpers.report.scan import scan

    started = time.perf_counter()
    tables, _ = imported(plan.loaded, of_inputs(plan.loaded))
    if found := scan(staged, tables):
        raise Faults(found)
    plan.seconds["scan"] = time.perf_counter() - started


def _record(plan: _Run, folder: Path) -> None:
    """Put the publication on record: the run and the hashes of its files."""
    told = json.loads((folder / publish.WHOLE).read_text("utf-8"))
    access_log.record(
        plan.client,
        "publish",
        {"run": folder.name, "files": told["outputs"]},
        purpose=plan.loaded.params.entrustment.purpose or "",
        destination=paths.shown(folder),
    )


def _write(plan: _Run, reports: Mapping[tuple[str, str], Report], shared: str, staged: Path) -> None:
    from crm_helpers.report.render_html import to_html
    from crm_helpers.report.render_index import to_index
    from crm_helpers.report.render_pdf import to_pdf

    for (name, lang), report in reports.items():
        folder = staged / lang
        folder.mkdir(exist_ok=True)
        for kind, write in (("html", lambda r: to_html(r, characters=shared).encode()), ("pdf", to_pdf)):
            started = time.perf_counter()
            (folder / f"{name}.{kind}").write_bytes(write(report))
            plan.seconds[kind] = plan.seconds.get(kind, 0.0) + time.perf_counter() - started
    (staged / "index.html").write_text(to_index(reports), "utf-8")


def _stage_ledger(chapters: Sequence[Executed], staged: Path) -> None:
    for chapter in chapters:
        ledger.write(staged / "ledger", number(chapter.document.notebook), chapter.rows)


def _move_ledger(plan: _Run, folder: Path, name: str) -> None:
    """The thread's rows of a published set become the client's: the same bytes, by one rename."""
    target = paths.ledger_folder(plan.client, plan.edition) / plan.loaded.params.as_of.isoformat() / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    shutil.copyfile(folder / "ledger" / f"{name}.json", fresh)
    fresh.replace(target)


def _reports(folder: Path) -> list[Path]:
    return sorted(f for f in folder.glob("??/*") if f.suffix in (".html", ".pdf"))
