"""Delete what is personal of a client and certify it (消去証明書), by the day on which the contract says so.

Deleted: everything below `data/<client>/` but the ledger and the access log, the client's key and key table, lists of people
in the agreed folder, and below `reports/<client>/` everything but the published pages, their manifests and the certificates.
What is about to go is written down first, so that a purge that was killed goes on where it stopped and still certifies every
file.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import getpass
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from crm_helpers.data import access_log, key_table, keys
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.look import TOKENS
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded
from crm_helpers.report import publish
from crm_helpers.report.editions import MONTHLY
from crm_helpers.targets import record
from crm_helpers.text.catalogue import Voice

STAYS = ("ledger", access_log.NAME, access_log.LOCK)  # below data/<client>/
JOURNAL = ".purge.json"  # below reports/<client>/: what a purge that is under way has set out to delete
CERTIFICATES = "deletion-"
PAGES = (".html", ".pdf")
CHUNK = 1 << 20


@dataclass(frozen=True)
class Doomed:
    """A file to delete; a secret's hash is not told."""

    path: str
    shown: str
    size: int
    sha256: str


def plan(loaded: Loaded) -> list[Doomed]:
    """What a purge deletes, with what an interrupted one had set out to delete.

    Raises:
        UsageError: an example client.
    """
    client = loaded.params.client
    if loaded.params.example:
        raise UsageError("purge.example", where=loaded.where("example"), client=client)
    left = {file.path: file for file in _journal(client)[1]}
    return list((left | {str(path): _doomed(path) for path in _files(client) if str(path) not in left}).values())


def purge(loaded: Loaded, files: Sequence[Doomed]) -> list[str]:
    """Delete the files, write the certificates, put it on record; the certificates' paths.

    Raises:
        CrmError: a run is under way, or files cannot be deleted; then nothing is certified and a second purge goes on.
    """
    client = loaded.params.client
    with publish.alone(client):
        begun = _journal(client)[0] or _now()
        _keep(client, begun, files)
        stuck = [file.shown for file in files if not _delete(Path(file.path))]
        if stuck:
            raise CrmError("purge.left", n=len(stuck), has=stuck)
        for folder in (paths.data_folder(client), paths.reports_folder(client)):
            _drop_empty(folder)
        folder = paths.reports_folder(client) / f"{CERTIFICATES}{begun[:10]}-{begun[11:19].replace(':', '')}"
        made = _certify(folder, _told(loaded, files))
        record = {"files": {file.shown: file.sha256 for file in files}, "certificate": _sha256(folder / "certificate.json")}
        purpose = loaded.params.entrustment.purpose or ""
        access_log.record(client, "purge", record, purpose=purpose, destination=paths.shown(folder))
        (paths.reports_folder(client) / JOURNAL).unlink(missing_ok=True)
    return made


def _files(client: str) -> Iterator[Path]:
    """Every file that goes, in a fixed order."""
    data, reports = paths.data_folder(client), paths.reports_folder(client)
    yield from (path for path in _walk(data) if path.relative_to(data).parts[0] not in STAYS)
    for path in _walk(reports):
        inside = path.relative_to(reports).parts
        if not (_is_published(reports, path, inside) or inside[0] in (JOURNAL, publish.LOCK, publish.POINTER)):
            yield path
    lists = record.lying(client)  # also in the agreed folder; those of reports/ came up above
    yield from (file for file in lists if not file.is_relative_to(reports.resolve()))
    yield from (file for file in (keys.key_file(client), key_table.file_of(client)) if file.is_file())


def _is_published(reports: Path, path: Path, inside: Sequence[str]) -> bool:
    """A page, a manifest or the ledger of a whole set, or a certificate."""
    if inside[0] == MONTHLY:
        return inside[1:] == (publish.POINTER,) or _is_published(reports / MONTHLY, path, inside[1:])
    if len(inside) == 1 or inside[0].startswith("."):
        return False
    if inside[0].startswith(CERTIFICATES):
        return True
    whole = (reports / inside[0] / publish.WHOLE).is_file()
    return whole and (path.suffix in PAGES or path.name == publish.WHOLE or inside[1] == "ledger")


def _walk(folder: Path) -> Iterator[Path]:
    """Files and links below a folder; what a link leads to is not ours."""
    for here, folders, files in os.walk(folder):
        folders.sort()
        links = [name for name in folders if (Path(here) / name).is_symlink()]
        yield from (Path(here) / name for name in sorted([*files, *links]))


def _doomed(path: Path) -> Doomed:
    secret = path.suffix in (".key", ".members") and path.parent == keys.key_file("any").parent
    if path.is_symlink():
        return Doomed(str(path), paths.shown(path.parent) + f"/{path.name}", 0, "")
    return Doomed(str(path), paths.shown(path), path.stat().st_size, "" if secret else _sha256(path))


def _delete(path: Path) -> bool:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    return not path.exists() or path.is_symlink()


def _drop_empty(folder: Path) -> None:
    for here, _, _ in sorted(os.walk(folder, topdown=False), reverse=True, key=lambda found: len(found[0])):
        if Path(here) != folder:
            with contextlib.suppress(OSError):  # it is not empty
                Path(here).rmdir()


def _journal(client: str) -> tuple[str, list[Doomed]]:
    """When an interrupted purge began and what it had set out to delete."""
    try:
        told = json.loads((paths.reports_folder(client) / JOURNAL).read_text("utf-8"))
        return told["begun"], [Doomed(**file) for file in told["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return "", []


def _keep(client: str, begun: str, files: Sequence[Doomed]) -> None:
    journal = paths.reports_folder(client) / JOURNAL
    fresh = journal.with_suffix(".new")
    told = {"begun": begun, "files": [dataclasses.asdict(file) for file in files]}
    with fresh.open("w", encoding="utf-8") as out:
        json.dump(told, out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(journal)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


# ---------------------------------------------------------------- the certificate
def _told(loaded: Loaded, files: Sequence[Doomed]) -> dict[str, Any]:
    record = loaded.params.entrustment
    return {
        "client": loaded.params.client,
        "name": loaded.params.name.root,
        "contract": record.contract or "",
        "purpose": record.purpose or "",
        "received_on": record.received_on.isoformat() if record.received_on else "",
        "delete_by": record.delete_by.isoformat() if record.delete_by else "",
        "erased_at": _now(),
        "person": getpass.getuser(),
        "files": [{"file": file.shown, "size": file.size, "sha256": file.sha256} for file in files],
    }


def _certify(folder: Path, told: Mapping[str, Any]) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    made = {"certificate.json": json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"}
    made |= {f"certificate.{lang}.html": _page(told, lang) for lang in told["name"]}
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")
    return [paths.shown(folder / name) for name in sorted(made)]


def _page(told: Mapping[str, Any], lang: str) -> str:
    """The certificate as one HTML file for the client: nothing in it is loaded from elsewhere."""
    voice = Voice(lang)

    def say(key: str, **facts: object) -> str:
        return escape(voice.say(f"privacy.certificate.{key}", **facts))

    facts = ("contract", "purpose", ("received", "received_on"), ("due", "delete_by"), ("erased", "erased_at"), "person")
    pairs = [(fact, fact) if isinstance(fact, str) else fact for fact in facts]
    head = "".join(f"<tr><th>{say(key)}</th><td>{escape(told[name]) or '—'}</td></tr>" for key, name in pairs)
    rows = "".join(
        f"<tr><td>{escape(file['file'])}</td><td class=n>{voice.number(file['size'], 'int')}</td>"
        f"<td class=h>{file['sha256'] or say('secret')}</td></tr>"
        for file in told["files"]
    )
    columns = "".join(f"<th>{say(f'columns.{name}')}</th>" for name in ("file", "size", "sha256"))
    size = sum(file["size"] for file in told["files"])
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8"><title>{say("title")}</title>'
        f"<style>{_style()}</style></head>\n<body><main><h1>{say('title')}</h1>"
        f"<p>{say('head', client=told['name'][lang])}</p><table>{head}</table>"
        f"<h2>{say('files', n=len(told['files']), size=size)}</h2><table><tr>{columns}</tr>{rows}</table>"
        f"<h2>{say('kept')}</h2><p>{say('kept_text')}</p><p>{say('limits')}</p></main></body></html>\n"
    )


def _style() -> str:
    colour, font = TOKENS["colour"], TOKENS["font"]["css"]
    return (
        f"body{{font-family:{font};color:{colour['ink']};background:{colour['paper']};max-width:60rem;"
        f"margin:3rem auto;padding:0 1rem;line-height:1.7}}table{{border-collapse:collapse;width:100%}}"
        f"th,td{{border-top:1px solid {colour['rule']};"
        "text-align:left;padding:.2rem .6rem;vertical-align:top;overflow-wrap:anywhere}"
        ".n{text-align:right;white-space:nowrap}.h{font-size:.75em}"
    )
