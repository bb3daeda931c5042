"""The forms of a client: `data/<client>/forms/`, where they are written and where they come back."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crm_helpers.data import sources
from crm_helpers.data.sheets.definition import Form, forms
from crm_helpers.data.sheets.reading import Returned, read, together
from crm_helpers.data.sheets.writing import write
from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded, nearest
from crm_helpers.text.catalogue import Voice

FOLDER = "forms"
BEING_EDITED = "~$"  # how Excel calls its lock files


@dataclass(frozen=True)
class HandedOut:
    """A form in the client's folder.

    Args:
        state: `written` now, the `same` as before, or `kept`, since somebody has begun to fill it in.
    """

    form: Form
    path: Path
    state: Literal["written", "same", "kept"]


def hand_out(
    loaded: Loaded, lang: str, names: Sequence[str] = (), *, business_type: str = "", short: bool = False
) -> Iterator[HandedOut]:
    """Write the forms of these names, or all, into the client's folder; a form that is filled in is never overwritten.

    Args:
        short: the self-check with its short list of items.

    Raises:
        UsageError: there is no form of a name.
    """
    known = forms(business_type)
    for name in names:
        if name not in known:
            raise UsageError("forms.unknown_form", found=name, has=list(known), nearest=nearest(name, list(known)))
    folder = paths.data_folder(loaded.params.client) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for form in (known[name] for name in (names or known)):
        path = folder / form.file_name(lang)
        content = write(
            form,
            lang,
            business_type=business_type,
            short=short,
            values={"wave": f"{loaded.params.as_of:%Y-%m}"} if any(e.key == "wave" for e in form.fields) else {},
            told=_received(loaded, lang) if form.id == "data_request" else {},
            first_month=_next_year(loaded),
        )
        yield HandedOut(form, path, _put(path, content))


def returned(client: str, *, business_type: str = "") -> tuple[list[Returned], list[CrmError]]:
    """Every form in the client's folder, and every fault of them, those between files included."""
    folder = paths.data_folder(client) / FOLDER
    found: list[Returned] = []
    faults: list[CrmError] = []
    for path in sorted(folder.rglob("*.xls*")):
        if path.name.startswith(BEING_EDITED):
            continue
        try:
            found += read(path.read_bytes(), paths.shown(path), business_type=business_type)
        except CrmError as fault:
            faults.append(fault)
    return found, [*faults, *(fault for told in found for fault in told.faults), *together(found)]


def _put(path: Path, content: bytes) -> Literal["written", "same", "kept"]:
    """Write a form unless one that is begun lies there; what cannot be read counts as begun."""
    if path.is_file():
        there = path.read_bytes()
        if there == content:
            return "same"
        if not _untouched(there, path):
            return "kept"
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)
    return "written"


def _untouched(content: bytes, path: Path) -> bool:
    try:
        told = read(content, path.name)
    except CrmError:
        return False
    return all({notice.key for notice in form.noticed} == {"forms.noticed.empty"} and not form.faults for form in told)


def _received(loaded: Loaded, lang: str) -> Mapping[str, Mapping[str, str]]:
    """Row of the data request → what has come: the files that `data:` names and that lie there."""
    voice = Voice(lang)
    told: dict[str, Mapping[str, str]] = {}
    for row in (row.key for row in forms()["data_request"].grid.rows):  # type: ignore[union-attr]
        files = _files(loaded, row)
        said = voice.say("forms.sheet.received", n=len(files), first=files[0]) if files else voice.say("forms.sheet.missing")
        told[row] = {"received": said}
    return told


def _files(loaded: Loaded, name: str) -> list[str]:
    wanted = [((*place, "files"), source.files) for table, place, source in sources.of(loaded) if table == name]
    if name == "control_totals" and loaded.params.control_totals is not None:
        wanted = [(("control_totals", "file"), [loaded.params.control_totals.file])]
    try:
        return sorted({file for place, patterns in wanted if patterns for file in sources.on_disk(loaded, place, patterns)})
    except CrmError:
        return []


def _next_year(loaded: Loaded) -> datetime.date:
    """First day of the fiscal year after as_of."""
    as_of, month = loaded.params.as_of, loaded.params.fiscal_year_start
    return datetime.date(as_of.year + (as_of.month >= month), month, 1)
