from __future__ import annotations

import unicodedata
import zipfile
from pathlib import Path

import pytest

from crm_helpers.data import sources
from crm_helpers.errors import CrmError, UsageError
from tests.data.conftest import Project

PLACE = ("data", "order_lines", "files")


def shown(project: Project, *patterns: str) -> list[str]:
    return [file.shown for file in sources.resolve(project.load(), PLACE, patterns)]


class RawName(zipfile.ZipInfo):
    """A member whose name is written as bytes of an encoding without saying so, as Windows and macOS do."""

    encoding = "cp932"

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode(self.encoding), 0


def make_zip(path: Path, *names: str, flag: bool = True, encoding: str = "cp932") -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo(name) if flag else RawName(name)
            if isinstance(info, RawName):
                info.encoding = encoding
            archive.writestr(info, b"x")


def test_plain_file_folder_and_glob_in_name_order(project: Project) -> None:
    for name in ("b.csv", "a.csv", "sub/2.csv", "sub/1.csv", ".hidden.csv", "~$a.csv", "__MACOSX/a.csv"):
        project.write(name, "x")
    assert shown(project, "*.csv") == ["a.csv", "b.csv"]
    assert shown(project, "sub") == ["sub/1.csv", "sub/2.csv"]
    assert shown(project, "sub/2.csv", "sub/*.csv") == ["sub/2.csv", "sub/1.csv"]


def test_decomposed_names_of_macos_are_found(project: Project) -> None:
    project.write(unicodedata.normalize("NFD", "データ.csv"), "x")
    assert shown(project, "データ.csv") == ["データ.csv"]


@pytest.mark.parametrize(("flag", "encoding"), [(True, "utf-8"), (False, "cp932"), (False, "utf-8")])
def test_members_are_found_by_their_real_names(project: Project, flag: bool, encoding: str) -> None:
    make_zip(project.data / "e.zip", "売上_表.csv", "売上_ソ.csv", "会員.csv", flag=flag, encoding=encoding)
    assert shown(project, "e.zip/売上*.csv") == ["e.zip/売上_ソ.csv", "e.zip/売上_表.csv"]
    assert shown(project, "*.zip") == ["e.zip/会員.csv", "e.zip/売上_ソ.csv", "e.zip/売上_表.csv"]
    with sources.resolve(project.load(), PLACE, ["e.zip/売上_表.csv"])[0].open() as stream:
        assert stream.read() == b"x"


def test_litter_in_a_zip_is_ignored(project: Project) -> None:
    make_zip(project.data / "e.zip", "a.csv", "__MACOSX/a.csv", ".DS_Store", "~$a.csv")
    assert shown(project, "e.zip") == ["e.zip/a.csv"]


@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "x/../../a.csv", "C:/a.csv"])
def test_a_member_that_climbs_out_is_refused(project: Project, name: str) -> None:
    make_zip(project.data / "e.zip", name)
    with pytest.raises(CrmError) as caught:
        shown(project, "e.zip")
    assert caught.value.key == "data.zip_member"


def test_what_is_no_zip_is_told(project: Project) -> None:
    project.write("e.zip", b"not a zip")
    with pytest.raises(CrmError) as caught:
        shown(project, "e.zip/*.csv")
    assert (caught.value.key, caught.value.where) == ("data.zip", "params/acme.yaml:8")


def test_no_match_names_the_line_the_files_and_the_nearest(project: Project) -> None:
    project.write("orders.csv", "x")
    project.write("items.csv", "x")
    with pytest.raises(UsageError) as caught:
        shown(project, "order.csv")
    assert caught.value.key == "data.no_file"
    assert caught.value.where == "params/acme.yaml:8"
    assert caught.value.values["has"] == ["orders.csv", "items.csv"]
    assert caught.value.values["nearest"] == "orders.csv"


def test_no_match_inside_a_zip_names_its_members(project: Project) -> None:
    make_zip(project.data / "e.zip", "売上.csv", flag=False)
    with pytest.raises(UsageError) as caught:
        shown(project, "e.zip/売り上げ.csv")
    assert caught.value.values["has"] == ["e.zip/売上.csv"]
