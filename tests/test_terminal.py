"""What is said, and how: one screen, one object a line, one line rewritten on a terminal."""

import io
import json
import sys
import time

import pytest

from crm_helpers.document import Sentence
from crm_helpers.errors import CrmError, Faults, UsageError
from crm_helpers.terminal import CLEAR, Terminal, language

KEYS = ["event", "where", "key", "message", "values"]


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")


def faults(n):
    return Faults(
        [UsageError("params.unknown", where=f"params/a.yaml:{i}", found="x", has=["a"] * 60, nearest="") for i in range(n)]
    )


def test_results_go_out_and_the_rest_to_standard_error(capsys):
    out = Terminal()
    out.progress("check.ok", client="acme")
    out.result("run.report", path="reports/x.html")
    out.fault(CrmError("system.full", where="a.csv"))
    said = capsys.readouterr()
    assert said.out == "reports/x.html\n"
    assert said.err.splitlines()[0] == "acme  nothing that stops a report"
    assert said.err.splitlines()[1].startswith("a.csv: the disk is full")


def test_quiet_says_only_faults_and_results(capsys):
    out = Terminal(quiet=True)
    out.progress("check.ok", client="acme")
    out.result("run.report", path="reports/x.html")
    out.fault(CrmError("interrupted"))
    said = capsys.readouterr()
    assert said.out == "reports/x.html\n"
    assert said.err.startswith("interrupted")


def test_json_is_one_object_a_line_with_the_same_keys(capsys):
    out = Terminal(as_json=True)
    out.progress("check.warning", statement=Sentence("data.noticed.mixed_orders", {"n": 3}))
    out.result("run.report", path="reports/x.html")
    out.fault(faults(40))
    said = capsys.readouterr()
    told = [json.loads(line) for line in said.out.splitlines()]
    assert said.err == ""
    assert len(told) == 42
    assert all(list(line) == KEYS for line in told)
    assert told[0]["event"] == "progress"
    assert "3 order numbers" in told[0]["message"]
    assert (told[1]["event"], told[1]["values"]) == ("result", {"path": "reports/x.html"})
    assert (told[2]["where"], told[2]["key"], told[2]["values"]["found"]) == ("params/a.yaml:0", "params.unknown", "x")


def test_many_faults_fill_one_screen_and_the_rest_is_counted(capsys):
    Terminal().fault(faults(60))
    lines = capsys.readouterr().err.splitlines()
    assert sum(-(-len(line) // 80) for line in lines) <= 24
    assert f"and {60 - len(lines) + 1} more faults" in lines[-1]
    assert "48 more" in lines[0], "a long list of names is cut too"


def test_a_long_or_broken_value_stays_on_its_line(capsys):
    Terminal().fault(UsageError("params.unknown", where="x:1", found="a\nb" * 500, has=[], nearest=""))
    assert len(capsys.readouterr().err.splitlines()) == 1


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_one_line_is_rewritten_until_the_next_word(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    out = Terminal()
    out.progress("run.running", i=1, n=2, name="02_x")
    time.sleep(1.2)
    out.progress("run.stands")
    said = screen.getvalue()
    assert f"{CLEAR} 1 of 2  02_x  running  1 s" in said
    assert said.endswith(f"{CLEAR} the report was not made again; the previous one stands as it was\n")
    assert said.count("\n") == 1


def test_elsewhere_lines_are_plain(capsys):
    Terminal().progress("run.running", i=1, n=2, name="02_x")
    assert capsys.readouterr().err == " 1 of 2  02_x  running\n"


def test_a_console_without_japanese_gets_the_rest(monkeypatch):
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    Terminal().result("run.report", path="reports/見本.html")
    narrow.seek(0)
    assert narrow.read() == "reports/??.html\n"


@pytest.mark.parametrize(("told", "lang"), [("ja_JP.UTF-8", "ja"), ("C", "en"), ("fr_FR", "en"), ("JA", "ja")])
def test_the_language_is_the_locales(monkeypatch, told, lang):
    monkeypatch.setenv("LC_ALL", told)
    assert language() == lang
