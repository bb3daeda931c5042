"""Params: what was typed is kept, and every fault is told with its line."""

import datetime
from pathlib import Path

import pytest

from crm_helpers.errors import CrmError, Faults, UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import load, origins, parse

GOOD = """\
client: acme
name: {ja: 株式会社アクメ, en: Acme Inc.}
as_of: 2026-03-31
data:
  order_lines:
    files: orders.csv
    columns: {ordered_on: 受注日, amount: 金額}
"""
FILE = Path("params/acme.yaml")


def parsed(text, *sets):
    return parse(text, FILE, client="acme", sets=sets)


def told(text, *sets):
    """(key, line) of every fault."""
    with pytest.raises(CrmError) as caught:
        parsed(text, *sets)
    faults = caught.value.faults if isinstance(caught.value, Faults) else (caught.value,)
    assert caught.value.exit_code == 2
    return [(f.key, f.where.rpartition(":")[2]) for f in faults]


def test_a_short_file_is_enough():
    params = parsed(GOOD).params
    assert params.as_of == datetime.date(2026, 3, 31)
    assert (params.currency, params.fiscal_year_start, params.languages, params.privacy.k) == ("JPY", 4, ["ja", "en"], 5)


@pytest.mark.parametrize("typed", ["0123", "NO", "12:30", "1e5", "2026-04-01", "0o17", "1_000", "~x", "null-ish"])
def test_a_value_is_kept_as_it_was_typed(typed):
    text = GOOD + f"report: {{version: {typed}}}\n"
    assert parsed(text).params.report.version == typed
    guests = GOOD.replace("    files:", f"    guests: [{typed}]\n    files:")
    assert parsed(guests).params.data["order_lines"][0].guests == [typed]


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (("as_of:", "as_off:"), [("params.missing", "1"), ("params.unknown", "3")]),
        (("2026-03-31", "2026-3-31"), [("params.value", "3")]),
        (("2026-03-31", "2026-02-30"), [("params.value", "3")]),
        (("2026-03-31", "20260331"), [("params.value", "3")]),
        (("2026-03-31", ""), [("params.missing", "3")]),
        (("orders.csv", "../secret.csv"), [("params.value", "6")]),
        (("orders.csv", "/etc/passwd"), [("params.value", "6")]),
        (("orders.csv", "C:/x.csv"), [("params.value", "6")]),
        (("order_lines:", "orderlines:"), [("params.value", "4")]),
        (("columns:", "colums:"), [("params.missing", "5"), ("params.unknown", "7")]),
        (("client: acme", "client: acme\nclient: other"), [("params.twice", "2")]),
        (("client: acme", "client: other"), [("params.client", "1")]),
        (("client: acme", "client: &a acme"), [("params.anchor", "params/acme.yaml")]),
        (("{ordered_on: 受注日", "{ordered_on: [受注日"), [("params.yaml", "7")]),
        (("data:", "example: NO\ndata:"), [("params.value", "4")]),
        (("data:", "languages: [ja, zz]\ndata:"), [("params.value", "4")]),
        ((", en: Acme Inc.", ""), [("params.missing", "2")]),
        (("data:", "notes: {rfm: {ja: 一言}}\ndata:"), [("params.missing", "4")]),
        (("data:", "notes: {rfm: {japanese: 一言}}\ndata:"), [("params.value", "4")]),
        (("data:", "rfm: {orders: [1, 1, 2, 3]}\ndata:"), [("params.value", "4")]),
        (("data:", "rfm: {orders: [1, 2, 3]}\ndata:"), [("params.value", "4")]),
        (("data:", "rfm: {window_months: 1e5}\ndata:"), [("params.value", "4")]),
        (("data:", "fiscal_year_start: 13\ndata:"), [("params.value", "4")]),
        (("data:", "currency: Yen\ndata:"), [("params.value", "4")]),
        (("data:", "periods:\n  current: {start: 2026-01-01, end: 2025-12-31}\ndata:"), [("params.value", "5"), ("params.missing", "4")]),
    ],
)  # fmt: skip
def test_each_fault_is_told_with_its_line(change, faults):
    assert sorted(told(GOOD.replace(*change))) == sorted(faults)


def test_all_faults_are_told_at_once():
    text = GOOD.replace("2026-03-31", "tomorrow").replace("files:", "file:") + "curency: JPY\n"
    assert len(told(text)) == 3


@pytest.mark.parametrize(
    ("text", "key"), [("", "params.missing"), ("- a\n- b\n", "params.mapping"), ("a: [1\n", "params.yaml"), ("just words", "params.mapping")]
)  # fmt: skip
def test_a_file_of_another_shape_is_told(text, key):
    assert {k for k, _ in told(text)} == {key}


def test_a_text_is_asked_for_only_in_the_languages_of_the_report():
    params = parsed(GOOD.replace(", en: Acme Inc.", "") + "languages: ja\n").params
    assert params.name.in_language("en") == "株式会社アクメ", "a terminal may speak another language"


def test_the_nearest_name_is_proposed():
    with pytest.raises(Faults) as caught:
        parsed(GOOD + "currancy: JPY\n")
    assert caught.value.faults[0].values["nearest"] == "currency"


def test_set_overrides_the_file_and_is_typed_by_the_schema():
    loaded = parsed(GOOD, "as_of=2025-12-31", "report.version=007", "rfm.window_months=6")
    assert loaded.params.as_of == datetime.date(2025, 12, 31)
    assert loaded.params.report.version == "007"
    assert loaded.params.rfm.window_months == 6
    where = {key: origin for key, _, origin in origins(loaded)}
    assert (where["as_of"], where["client"], where["currency"]) == ("--set", "params/acme.yaml:1", "default")


def test_a_wrong_set_is_told_as_such():
    with pytest.raises(Faults) as caught:
        parsed(GOOD, "as_of=soon")
    assert caught.value.faults[0].where == "--set"
    with pytest.raises(UsageError) as caught:
        parsed(GOOD, "as_of")
    assert caught.value.key == "params.set"


@pytest.mark.parametrize("name", ["../x", "a/b", "", "Ü", "A", "-x", "x" * 41, "..", "a b", "/etc"])
def test_a_client_name_cannot_leave_its_folders(name):
    with pytest.raises(UsageError) as caught:
        paths.params_file(name)
    assert caught.value.key == "client.name"


def test_an_unknown_client_is_told_with_the_nearest():
    with pytest.raises(UsageError) as caught:
        load("retial")
    assert (caught.value.key, caught.value.values["nearest"]) == ("client.unknown", "retail")


def test_bytes_that_are_not_utf8_are_told_with_their_line(tmp_path, monkeypatch):
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "02_chapter.ipynb").touch()
    (tmp_path / "params" / "acme.yaml").write_bytes(GOOD.encode("cp932"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        load("acme")
    assert (caught.value.key, caught.value.where) == ("params.encoding", "params/acme.yaml:2")


@pytest.mark.parametrize("client", ["retail", "cdnow"])
def test_the_example_clients_load(client):
    assert load(client).params.example


def test_the_project_is_found_from_any_folder_inside_it(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    assert (paths.root() / "params" / "retail.yaml").is_file()
