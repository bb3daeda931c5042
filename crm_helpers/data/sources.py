"""Which files a source means: plain files, folders, globs and members of zips, in one fixed order.

A zip counts as a folder: `exports.zip/売上*.csv` are members, `exports.zip` alone is all of them. Names are compared in
Unicode NFC, because macOS hands over decomposed names.
"""

from __future__ import annotations

import contextlib
import fnmatch
import io
import os
import shutil
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from crm_helpers.errors import CrmError, UsageError
from crm_helpers.params import load, paths
from crm_helpers.params.schema import Source

UTF8_NAME = 0x800  # general purpose flag of a zip member: its name is UTF-8
LOCKED = 0x1
MEMBER = "member"  # name of an unpacked member
SHOWN = 12  # a message names at most so many files


@dataclass(frozen=True)
class InputFile:
    """One file to read. `shown` is its name in messages and in the report, relative to the client's data folder."""

    shown: str
    path: Path
    member: str | None = None

    def open(self) -> IO[bytes]:
        """The bytes, as a stream that the caller closes."""
        if self.member is None:
            return self.path.open("rb")
        with zipfile.ZipFile(self.path) as archive:
            return archive.open(next(i for i in archive.infolist() if i.orig_filename == self.member))


def of(loaded: load.Loaded) -> Iterator[tuple[str, load.Place, Source]]:
    """Every source as (table, its place in the params file, source); a table may have several."""
    for table, several in loaded.params.data.items():
        for i, source in enumerate(several):
            listed = ("data", table, i) in loaded.said
            yield table, ("data", table, i) if listed else ("data", table), source


def resolve(loaded: load.Loaded, place: Sequence[str | int], patterns: Sequence[str]) -> list[InputFile]:
    """The files of `patterns`, each once, ordered by pattern and then by name.

    Args:
        place: where in the params file the patterns are said, for messages.

    Raises:
        CrmError: a pattern matches nothing, or an archive cannot be used.
    """
    folder = paths.data_folder(loaded.params.client)
    found: dict[str, InputFile] = {}
    for i, pattern in enumerate(patterns):
        where = loaded.where(*place, i)
        matches = _matches(folder, pattern, where)
        if not matches:
            raise _no_file(folder, pattern, where)
        found.update({file.shown: file for file in matches if file.shown not in found})
    return list(found.values())


@contextlib.contextmanager
def unpacking(file: InputFile, where: str) -> Iterator[None]:
    """Turn what a damaged or unusual zip raises while it is read into a fault."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise CrmError("data.zip", where=where, file=file.shown) from None
    except NotImplementedError:
        raise CrmError("data.zip_method", where=where, file=file.shown) from None


def every(folder: Path) -> list[InputFile]:
    """Every file below the folder, members of zips included; a zip that cannot be used is one file."""
    found: list[InputFile] = []
    for shown, path in _walk(folder):
        try:
            members = _members(path, shown, "") if path.suffix.lower() == ".zip" else []
        except CrmError:
            members = []
        found += [InputFile(f"{shown}/{name}", path, member) for name, member in members] or [InputFile(shown, path)]
    return found


def head(file: InputFile, size: int) -> IO[bytes]:
    """The first whole lines of a file, at most `size` bytes of them, or as many bytes when no line ends before."""
    with file.open() as stream:
        data = stream.read(size)
    return io.BytesIO(data if len(data) < size else data[: data.rfind(b"\n") + 1 or size])


def local(file: InputFile, folder: Path) -> Path:
    """The file on disk; a member of a zip is unpacked into the folder."""
    if file.member is None:
        return file.path
    target = folder / MEMBER
    with file.open() as stream, target.open("wb") as out:
        shutil.copyfileobj(stream, out)
    return target


def on_disk(loaded: load.Loaded, place: Sequence[str | int], patterns: Sequence[str]) -> dict[str, Path]:
    """The files on disk that `resolve` would read from, by shown name; a zip is not opened.

    Raises:
        CrmError: a pattern matches nothing.
    """
    folder = paths.data_folder(loaded.params.client)
    found: dict[str, Path] = {}
    for i, pattern in enumerate(patterns):
        outer, _ = _split(pattern)
        files = {shown: path for shown, path in _walk(folder) if _matched(shown, outer)}
        if not files:
            raise _no_file(folder, pattern, loaded.where(*place, i))
        found.update(files)
    return found


def _matches(folder: Path, pattern: str, where: str) -> list[InputFile]:
    outer, inner = _split(pattern)
    found: list[InputFile] = []
    for shown, path in _walk(folder):
        if not _matched(shown, outer):
            continue
        if path.suffix.lower() != ".zip":
            found += [InputFile(shown, path)] if inner is None else []
            continue
        for name, member in _members(path, shown, where):
            if inner is None or _matched(name, inner):
                found.append(InputFile(f"{shown}/{name}", path, member))
    return sorted(found, key=lambda file: file.shown)


def _split(pattern: str) -> tuple[str, str | None]:
    """The part of a pattern that is on disk, and the part inside a zip."""
    parts = _plain(pattern).split("/")
    for i, part in enumerate(parts[:-1]):
        if part.lower().endswith(".zip"):
            return "/".join(parts[: i + 1]), "/".join(parts[i + 1 :])
    return "/".join(parts), None


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).replace("\\", "/").removeprefix("./").rstrip("/")


def _matched(name: str, pattern: str) -> bool:
    """Whether the pattern, or a folder of that name, holds the file; `*` stays within one folder."""
    parts, wanted = name.split("/"), pattern.split("/")
    if len(parts) not in (len(wanted), len(wanted) + 1):
        return False
    return all(fnmatch.fnmatchcase(p, w) for p, w in zip(parts, wanted, strict=False))


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file below the folder with its NFC name, without what systems and Office leave lying about."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _litter(name))
        for name in sorted(files):
            path = Path(here) / name
            if not _litter(name):
                yield unicodedata.normalize("NFC", path.relative_to(folder).as_posix()), path


def _litter(name: str) -> bool:
    return name.startswith((".", "~$")) or name in ("__MACOSX", "access_log.jsonl", paths.QUALITY)


def _members(path: Path, shown: str, where: str) -> list[tuple[str, str]]:
    """The members of a zip as (real name, name that zipfile knows it by)."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [i for i in archive.infolist() if not i.is_dir()]
    except zipfile.BadZipFile:
        raise CrmError("data.zip", where=where, file=shown) from None
    found: list[tuple[str, str]] = []
    for info in members:
        name = _real_name(info)
        if any(_litter(part) for part in name.split("/") if part != ".."):
            continue
        if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0]:
            raise CrmError("data.zip_member", where=where, file=shown, found=name)
        if info.flag_bits & LOCKED:
            raise CrmError("data.zip_locked", where=where, file=shown)
        found.append((name, info.orig_filename))
    return found


def _real_name(info: zipfile.ZipInfo) -> str:
    """The member's name as its maker meant it.

    Windows Explorer in Japan writes cp932 without saying so and zipfile then reads cp437. UTF-8 is tried first: macOS
    does not set the flag either, and Japanese cp932 is practically never valid UTF-8, while the reverse often decodes.
    """
    name = info.orig_filename
    if not info.flag_bits & UTF8_NAME:
        raw = name.encode("cp437")
        for encoding in ("utf-8", "cp932"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return _plain(name)


def _no_file(folder: Path, pattern: str, where: str) -> CrmError:
    outer, inner = _split(pattern)
    has = [shown for shown, _ in _walk(folder)]
    if inner is not None:
        zips = [(shown, path) for shown, path in _walk(folder) if _matched(shown, outer) and path.suffix.lower() == ".zip"]
        has = [f"{shown}/{name}" for shown, path in zips for name, _ in _members(path, shown, where)] or has
    near = load.nearest(_plain(pattern), has)
    shown_names = sorted(has, key=lambda name: (name != near, name))[:SHOWN]
    return UsageError(
        "data.no_file",
        where=where,
        found=pattern,
        folder=paths.shown(folder),
        has=shown_names,
        n=len(has),
        nearest=near,
    )
