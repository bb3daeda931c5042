"""The forms of a client: written without ever touching a filled one, read as they lie, and given to the import."""

import sys

import duckdb
import pytest
from openpyxl import load_workbook

from crm_helpers import cli
from crm_helpers.data.readers import form as reader
from crm_helpers.data.sheets.folder import hand_out, returned
from crm_helpers.errors import CrmError, Faults
from tests.data.conftest import HEAD
from tests.data.sheets.respondent import Sheet, filled


@pytest.fixture
def client(project):
    project.write("a.csv", HEAD + "1,2023-01-01,A,100\n")
    return project


def states(client, lang="ja", names=()):
    return {out.form.id: out.state for out in hand_out(client.load(), lang, names)}


def test_a_form_is_written_once_and_a_filled_one_never_again(client):
    assert set(states(client).values()) == {"written"}
    assert set(states(client).values()) == {"same"}
    path = client.data / "forms" / "5Cシート.xlsx"
    content = filled("five_c")[0].bytes()
    path.write_bytes(content)
    assert states(client)["five_c"] == "kept"
    assert path.read_bytes() == content
    path.write_bytes(b"damaged on the way")
    assert states(client)["five_c"] == "kept", "what cannot be read is not ours to overwrite"


def test_an_older_blank_form_is_renewed(client):
    (out,) = hand_out(client.load(), "ja", ["self_check"])
    sheet = Sheet("self_check")
    sheet.book["_form"]["B2"] = "0.1"
    out.path.write_bytes(sheet.bytes())
    assert states(client, names=["self_check"]) == {"self_check": "kept"}, "an older version is told, not replaced"
    out.path.write_bytes(Sheet("self_check", short=True).bytes())
    assert states(client, names=["self_check"]) == {"self_check": "written"}


def test_a_round_that_is_filled_in_beforehand_is_nobodys_answer(client):
    (out,) = hand_out(client.load(), "ja", ["self_check"])
    (told,), faults = returned("acme")
    assert (faults, [notice.key for notice in told.noticed]) == ([], ["forms.noticed.empty"])
    assert told.identity[0] == "2023-12"


def test_the_data_request_says_what_has_come(client):
    (out,) = hand_out(client.load(), "ja", ["data_request"])
    sheet = Sheet("data_request")
    sheet.book = load_workbook(out.path)
    assert sheet.cell("received", 1).value == "受領 1ファイル(a.csvほか)"
    assert sheet.cell("received", 5).value == "未受領"


def test_returned_forms_are_read_wherever_they_lie_and_all_faults_are_told(client):
    folder = client.data / "forms" / "返送"
    folder.mkdir(parents=True)
    sheet, rows = filled("five_c")
    (folder / "5C_田中様より.xlsx").write_bytes(sheet.bytes())
    (folder / "~$5C.xlsx").write_bytes(b"lock")
    (folder / "memo.xlsx").write_bytes(b"no workbook")
    (folder / "check.xlsx").write_bytes(Sheet("self_check").field("wave", "2026-04").put("answer", 1, "未着手").bytes())
    found, faults = returned("acme")
    assert [told.form.id for told in found] == ["five_c", "self_check"]
    assert len(found[0].rows) == len(rows)
    assert [fault.key for fault in faults] == ["forms.not_a_workbook", *["forms.required"] * 4]
    assert faults[0].where == "data/acme/forms/返送/memo.xlsx"


def test_the_reader_gives_the_contracts_own_columns_with_excels_rows(client):
    sheet, rows = filled("five_c")
    path = client.write("forms/5C.xlsx", sheet.bytes())
    (part,) = reader.parts(path, "five_c", "data/acme/forms/5C.xlsx")
    assert part.name == "事実"
    assert {"c", "question_id", "fact", "source"} <= set(part.columns)
    con = duckdb.connect()
    staged = part.stage(con, "stage_0", ["question_id", "fact", "filled_on"])
    assert con.execute("select * from stage_0 limit 1").fetchall() == [("C1-1", "毎週の会議で確かめ、記録に残している", "2026-04-10")]
    assert con.execute("select count(*) from stage_0").fetchone() == (len(rows),)
    assert staged.lines([0, 2]) == {0: 4, 2: 6}


def test_a_form_with_a_fault_gives_nothing(client):
    sheet, _ = filled("five_c")
    path = client.write("forms/5C.xlsx", sheet.put("kind", 1, "たぶん").bytes())
    with pytest.raises(Faults) as told:
        list(reader.parts(path, "five_c", "data/acme/forms/5C.xlsx"))
    assert [fault.where for fault in told.value.faults] == ["data/acme/forms/5C.xlsx:事実!G4"]


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["crm", *arguments])
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code


def test_the_command_writes_and_checks(client, monkeypatch, capsys):
    client.load()
    assert call(monkeypatch, "forms", "acme", "--form", "five_c", "--lang", "en") == 0
    assert capsys.readouterr().out == "  data/acme/forms/5C sheet.xlsx  書き出しました\n"
    sheet, _ = filled("five_c")
    (client.data / "forms" / "5C sheet.xlsx").write_bytes(sheet.put("kind", 1, "たぶん").bytes())
    assert call(monkeypatch, "forms", "acme", "--check") == 1
    told = capsys.readouterr()
    assert "5Cシート  記入 16/16  読めた行 18" in told.out
    assert "5C sheet.xlsx:事実!G4: 「確からしさ」の「たぶん」は選択肢にありません。使えるもの: 事実、解釈、仮説。" in told.err
    assert call(monkeypatch, "forms", "acme", "--lang", "fr") == 2
    with pytest.raises(CrmError, match="unknown_form"):
        list(hand_out(client.load(), "ja", ["five"]))


def test_the_short_self_check_is_written_when_asked_for(client, monkeypatch, capsys):
    client.load()
    assert call(monkeypatch, "forms", "acme", "--form", "self_check", "--short") == 0
    (told,), faults = returned("acme")
    sheet = Sheet("self_check")
    sheet.book = load_workbook(next((client.data / "forms").glob("*.xlsx")))
    assert faults == []
    assert sum(bool(sheet.cell("item_id", n).value) for n in range(1, 60)) == 21
