"""Returned forms as sources of a client: every table has its rows, and a damaged form is told with file, sheet and cell."""

import io
import sys
import zipfile

import pytest

from crm_helpers import cli
from crm_helpers.data.contract import TABLES
from crm_helpers.data.sheets.definition import filled as columns_of
from crm_helpers.data.sheets.definition import forms
from crm_helpers.errors import Faults
from tests.data.conftest import HEAD
from tests.data.sheets.respondent import Sheet, filled

ASKED = {
    "audit_answers": "forms/自己診断*.xlsx",
    "interviews": "forms/ヒアリング*.xlsx",
    "five_c": "forms/5C*.xlsx",
    "data_map": "forms/データマップ.xlsx",
    "campaigns": "forms/施策*.xlsx",
    "budget": "forms/予算.xlsx",
}
TABLES_ASKED = {name: {"files": files, "format": "form"} for name, files in ASKED.items()}


def answers(number, lang="ja"):
    """The self-check of the respondent of that number: all 42 items."""
    return filled("self_check", lang)[0].field("wave", "2023-10").field("respondent", number).field("answered_on", "2023/10/2")


def briefs():
    sheet, (row,) = filled("campaign_brief")
    twin = sheet.book.copy_worksheet(sheet.place("crm_field_campaign_id")[0])
    _, at, column = sheet.place("crm_field_campaign_id")
    twin.cell(at, column).value = "FY26-002"
    return sheet, row


def budget():
    sheet = Sheet("budget").field("filled_on", "2023/3/1")
    _, head, _ = sheet.place("crm_key")
    first = next(c.column for c in sheet.table[head] if str(c.value).endswith("年4月"))
    sheet.table.cell(head + 1, first).value = "1,200万円"
    sheet.table.cell(head + 2, first + 1).value = 350
    return sheet


@pytest.fixture
def client(project):
    """A client who has sent everything back; days of the answers lie before as_of."""
    project.write("a.csv", HEAD + "1,2023-01-01,A,100\n")
    for number in ("1", "2", "3"):
        project.write(f"forms/自己診断{number}.xlsx", answers(number, "en" if number == "3" else "ja").bytes())
    project.write("forms/ヒアリング_店長.xlsx", filled("interview")[0].field("held_on", "令和5年10月3日").bytes())
    project.write("forms/5C.xlsx", filled("five_c")[0].bytes())
    project.write("forms/データマップ.xlsx", filled("data_map")[0].bytes())
    project.write("forms/施策企画書.xlsx", briefs()[0].bytes())
    project.write("forms/予算.xlsx", budget().bytes())
    return project


def rows(tables, query):
    return [tuple(row) for row in tables.sql(query).itertuples(index=False)]


def test_every_form_becomes_the_rows_of_its_contract_table(client):
    tables = client.open(tables=TABLES_ASKED, as_of="2026-12-31")
    assert {part.table: (part.read, part.accepted) for part in tables.basis.received if part.table in ("five_c", "data_map")} == {
        "five_c": (len(filled("five_c")[1]),) * 2,
        "data_map": (len(filled("data_map")[1]),) * 2,
    }
    assert tables.basis.set_aside == ()
    levels = "select respondent, count(*) as n, count(level) as levels from audit_answers group by respondent order by respondent"
    told = rows(tables, levels)
    assert [(n, levels) for _, n, levels in told] == [(42, told[0][2])] * 3
    assert 0 < told[0][2] < 42, "not known and not applicable are no level"
    held = "select count(*) as n, min(cast(held_on as varchar)) as first from interviews"
    assert rows(tables, held) == [(len(filled("interview")[1]), "2023-10-03")]
    assert rows(tables, "select distinct c from five_c order by c") == [
        ("collaborator",), ("company",), ("competitor",), ("context",), ("customer",)]  # fmt: skip
    assert rows(tables, "select campaign_id from campaigns order by campaign_id") == [
        (briefs()[1]["campaign_id"],),
        ("FY26-002",),
    ]
    months = "select cast(month as varchar) as month, item, amount, count from budget order by month, item"
    assert [(m[5:10], item) for m, item, *_ in rows(tables, months)] == [("04-01", "sales"), ("05-01", "new_customers")]
    assert rows(tables, "select amount from budget where item = 'sales'") == [(12_000_000,)]
    assert rows(tables, "select count from budget where item = 'new_customers'") == [(350,)]
    places = {part.file for part in tables.basis.received if part.table == "campaigns"}
    assert len(places) == 2, "each sheet of a file is a part of its own"


def test_columns_may_be_left_out_for_a_form_only(client):
    assert client.load(tables=TABLES_ASKED).params.data["five_c"][0].columns == {}
    with pytest.raises(Faults) as told:
        client.load(tables={"five_c": {"files": "forms/5C*.xlsx"}})
    (fault,) = told.value.faults
    assert (fault.key, fault.values["found"]) == ("params.missing", "data.five_c.columns")
    with pytest.raises(Faults) as told:
        client.open(tables={"stores": {"files": "forms/5C*.xlsx", "format": "form"}})
    assert [fault.key for fault in told.value.faults] == ["data.no_form"]


@pytest.mark.parametrize("table", sorted({form.table for form in forms().values()}))
def test_the_forms_of_a_table_fill_what_it_requires(table):
    assert {column.name for column in TABLES[table].columns if column.required} <= set(columns_of(table))


def test_constants_stand_for_columns_of_a_form(client):
    source = {"files": "forms/5C*.xlsx", "format": "form", "constants": {"department": "本部"}}
    tables = client.open(tables={"five_c": source}, as_of="2026-12-31")
    assert rows(tables, "select distinct department from five_c") == [("本部",)]


def test_faults_of_several_forms_are_told_together(client):
    client.write("forms/自己診断2.xlsx", answers("2").put("answer", 3, "だいたい").put("answer", 5, "〃").bytes())
    client.write("forms/5C.xlsx", filled("campaign_inventory")[0].bytes())
    with pytest.raises(Faults) as told:
        client.open(tables=TABLES_ASKED)
    found = [(fault.key, fault.where) for fault in told.value.faults]
    assert [key for key, _ in found] == ["forms.choice", "forms.ditto", "forms.other_form"]
    assert found[0][1].startswith("data/acme/forms/自己診断2.xlsx:") and "!" in found[0][1]
    assert found[2][1] == "data/acme/forms/5C.xlsx"


def test_two_files_of_one_respondent_stop_the_import(client):
    client.write("forms/自己診断_再送.xlsx", answers("2").bytes())
    with pytest.raises(Faults) as told:
        client.open(tables=TABLES_ASKED)
    (fault,) = told.value.faults
    assert (fault.key, fault.values["other"]) == ("forms.same_respondent", "data/acme/forms/自己診断2.xlsx")


def test_what_a_form_tells_of_itself_is_on_the_basis_page(client):
    sheet, _ = filled("five_c")
    sheet.book["_form"]["B2"] = "0.9"
    sheet.place("crm_field_filled_on")[0]["D40"] = "別紙をご覧ください"
    client.write("forms/5C.xlsx", sheet.bytes())
    tables = client.open(tables={"five_c": TABLES_ASKED["five_c"]}, as_of="2026-12-31")
    told = {s.key: dict(s.facts) for s in tables.basis.statements if "form_" in s.key}
    assert told["data.noticed.form_older"]["names"] == "0.9"
    assert told["data.noticed.form_outside"]["n"] == 1
    assert str(told["data.noticed.form_outside"]["first"]).startswith("forms/5C.xlsx!")


def test_a_form_in_a_zip_is_told_by_its_name_there(client):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("5C.xlsx", filled("five_c")[0].put("kind", 1, "たぶん").bytes())
    client.write("returned.zip", out.getvalue())
    with pytest.raises(Faults) as told:
        client.open(tables={"five_c": {"files": "returned.zip/5C.xlsx", "format": "form"}})
    assert [fault.where for fault in told.value.faults] == ["data/acme/returned.zip/5C.xlsx:事実!G4"]


@pytest.mark.parametrize(("locale", "words"), [("ja_JP.UTF-8", "選択肢にありません"), ("en_GB.UTF-8", "is no answer")])
def test_check_names_file_sheet_and_cell_and_publishes_nothing(client, monkeypatch, capsys, locale, words):
    client.write("forms/5C.xlsx", filled("five_c")[0].put("kind", 1, "たぶん").bytes())
    client.load(tables=TABLES_ASKED)
    monkeypatch.setattr(sys, "argv", ["crm", "check", "acme"])
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.delenv("LANGUAGE", raising=False)
    with pytest.raises(SystemExit) as left:
        cli.main()
    told = capsys.readouterr().err
    assert left.value.code == 1
    assert "data/acme/forms/5C.xlsx:事実!G4" in told
    assert words in told
    assert not list((client.data / ".cache").rglob("*.parquet"))
    assert not (client.root / "reports").exists()
    assert not (client.data / "quality.xlsx").exists()
