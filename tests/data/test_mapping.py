from __future__ import annotations

import pytest

from crm_helpers.data.mapping import faults
from crm_helpers.errors import Faults
from tests.data.conftest import COLUMNS, Project


@pytest.mark.parametrize(
    ("lines", "key", "where"),
    [
        ({"columns": COLUMNS | {"氏名": "氏名"}}, "data.contract_column", 14),
        ({"columns": {"ordered_on": "日付"}}, "data.required", 9),
        ({"columns": COLUMNS | {"amount": ["金額", "税"]}}, "data.one_column", 13),
        ({"encoding": "jis-x"}, "data.encoding", 14),
        ({"formats": {"ordered_on": "yyyymmdd"}}, "data.format", 15),
        ({"formats": {"ordered_on": "%Y%Q"}}, "data.format", 15),
        ({"formats": {"amount": "%Y"}}, "data.format_column", 15),
        ({"formats": {"ordered_at": "%H"}}, "data.format_column", 15),
    ],
)
def test_faults_have_their_line(project: Project, lines: dict[str, object], key: str, where: int) -> None:
    project.write("a.csv", "x")
    (fault,) = faults(project.load(lines=lines))
    assert (fault.key, fault.where) == (key, f"params/acme.yaml:{where}")


def test_the_encoding_of_control_totals_is_looked_at(project: Project) -> None:
    project.write("a.csv", "x")
    control = {"file": "a.csv", "encoding": "x", "columns": {"month": "m"}, "stated_by": {"ja": "x", "en": "x"}}
    assert [f.key for f in faults(project.load(control_totals=control))] == ["data.encoding"]


CLINIC = {"columns": COLUMNS, "dimensions": {"symptom": "主訴", "seat": "診察室"}}


def test_a_clinic_hands_out_no_diagnosis_unless_somebody_approved_it(project: Project) -> None:
    project.write("a.csv", "x")
    told = faults(project.load(type="clinic", lines=CLINIC))
    assert [(f.key, f.where, f.values["found"]) for f in told] == [("data.refused", "params/acme.yaml:15", "主訴")]
    assert faults(project.load(type="salon", lines=CLINIC)) == []
    approved = {"sensitive_approved": {"by": "個人情報保護管理者", "on": "2023-11-01"}}
    assert faults(project.load(type="clinic", lines=CLINIC, privacy=approved)) == []


def test_a_contract_column_made_of_a_diagnosis_is_refused_too(project: Project) -> None:
    project.write("a.csv", "x")
    mapped = {"columns": COLUMNS | {"product_id": "処方薬コード"}}
    assert [f.key for f in faults(project.load(type="clinic", lines=mapped))] == ["data.refused"]


def test_a_good_mapping_has_none(project: Project) -> None:
    project.write("a.csv", "x")
    assert faults(project.load()) == []


def test_files_and_columns_are_told_together(project: Project) -> None:
    with pytest.raises(Faults) as caught:
        project.open(lines={"columns": COLUMNS | {"氏名": "氏名"}})
    assert [f.key for f in caught.value.faults] == ["data.no_file", "data.contract_column"]
