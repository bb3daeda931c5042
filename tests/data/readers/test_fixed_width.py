from __future__ import annotations

import pytest

from crm_helpers.errors import Faults
from tests.data.conftest import Project, amounts, aside

LINES = {
    "format": "fixed_width",
    "header": "false",
    "files": "a.txt",
    "columns": {"customer_id": "1-4", "channel": "5-10", "ordered_on": "11-18", "amount": "19-24"},
}


def test_full_width_characters_take_two_positions(project: Project) -> None:
    body = "0001店舗  20230105   100\r\n0002EC    20230106   200\r\n0003店ｱｲ  20230107   300\r\n"
    for encoding in ("cp932", "utf-8"):
        project.write("a.txt", body, encoding)
        tables = project.open(lines=LINES)
        assert amounts(tables) == [100, 200, 300]
        frame = tables.sql("select channel from order_lines order by ordered_on")
        assert frame["channel"].tolist() == ["店舗", "EC", "店ｱｲ"]


def test_short_lines_are_set_aside_and_blank_ones_are_no_rows(project: Project) -> None:
    project.write("a.txt", "0001EC    20230105   100\n\n合計\n   \n0002EC    2023xx06   200\n0003EC    20230107   3\n")
    tables = project.open(lines=LINES)
    assert amounts(tables) == [3, 100]
    assert aside(tables) == {"wrong_columns": (1, "a.txt:3"), "bad_date": (1, "a.txt:5")}
    assert tables.basis.received[0].read == 4


def test_a_header_line_is_skipped(project: Project) -> None:
    project.write("a.txt", "HEAD HEAD HEAD HEAD HEAD HEAD\n0001EC    2023xx06   200\n0001EC    20230105   100\n")
    tables = project.open(lines=LINES | {"header": "true"})
    assert amounts(tables) == [100]
    assert aside(tables) == {"bad_date": (1, "a.txt:2")}


@pytest.mark.parametrize("position", ["5", "10-5", "0-3", "a-b"])
def test_what_is_no_position_is_told(project: Project, position: str) -> None:
    project.write("a.txt", "0001EC    20230105   100\n")
    with pytest.raises(Faults) as caught:
        project.open(lines=LINES | {"columns": LINES["columns"] | {"channel": position}})
    assert [(f.key, f.values["found"]) for f in caught.value.faults] == [("data.position", position)]
