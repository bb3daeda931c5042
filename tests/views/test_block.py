"""What a cell displays, and that its line of numbers is read back from the drawing."""

import json

import pytest
from matplotlib.figure import Figure

from crm_helpers.data.needs import Unavailable
from crm_helpers.document import BLOCK_MIME, Block, Column, KeyFigure, NextMove, Sentence, Table, from_json, to_json
from crm_helpers.text.catalogue import Voice
from crm_helpers.views import theme
from crm_helpers.views.block import ChartPanel, Context, Draft, LeftOut, TablePanel, bundle, fact, view

CONTEXT = Context("2025-06-30", "JPY", ("ja", "en"))
WORD = Sentence("rfm.total")


def draft(draw, table=None):
    panels = [ChartPanel(WORD, WORD, "S", draw)]
    if table:
        panels.append(TablePanel(WORD, WORD, table))
    return Draft(
        name="a.page", page="BA-00", headline=Sentence("rfm.under", {"k": 5}), panels=tuple(panels),
        key_figure=KeyFigure(WORD, Sentence("rfm.under", {"k": 5}), WORD), reading=(), claim=(), next_move=NextMove(WORD),
        sample=WORD, source=WORD, period="2025-06-30", largest=1000,
    )  # fmt: skip


def bars(values, more=()):
    def draw(voice: Voice) -> Figure:
        figure, axes = theme.canvas("S")
        theme.mark(axes.bar(range(len(values)), values), "sales")
        for at, value in more:
            theme.number(axes, at, 1, value, "int", voice)
        axes.plot([0, 1], [5, 5])  # a line around the numbers, not one of them
        return figure

    return draw


def line(made, monkeypatch, mode="digest"):
    monkeypatch.setenv("CRM_DISPLAY", mode)
    return bundle(made, CONTEXT)


def test_the_digest_is_read_back_from_the_bars_and_the_written_numbers(monkeypatch):
    shown = line(draft(bars([1.0, 2.0, 3.5], [(0, 7)])), monkeypatch)
    assert list(shown) == ["text/plain"]
    assert shown["text/plain"].startswith("a.page: headline=under sales(n=3 sum=6.5 last=3.5 #")
    assert "written(n=1 sum=7 last=7 #" in shown["text/plain"]


@pytest.mark.parametrize("other", [[1.0, 2.0, 3.4], [2.0, 1.0, 3.5], [1.0, 2.0]])
def test_another_column_or_another_order_gives_another_digest(other, monkeypatch):
    assert line(draft(bars([1.0, 2.0, 3.5])), monkeypatch) != line(draft(bars(other)), monkeypatch)


def test_noise_in_the_last_bits_does_not_change_the_digest(monkeypatch):
    assert line(draft(bars([0.1 + 0.2])), monkeypatch) == line(draft(bars([0.3])), monkeypatch)


def test_a_chart_without_marked_numbers_fails(monkeypatch):
    def nothing(voice: Voice) -> Figure:
        return theme.canvas("S")[0]

    with pytest.raises(AssertionError, match="no marked numbers"):
        line(draft(nothing), monkeypatch)


def test_a_chart_that_differs_between_languages_fails(monkeypatch):
    def draw(voice: Voice) -> Figure:
        return bars([1.0 if voice.lang == "ja" else 2.0])(voice)

    with pytest.raises(AssertionError, match="another language"):
        line(draft(draw), monkeypatch)


def test_numbers_of_a_table_are_in_the_digest(monkeypatch):
    table = Table((Column("name", WORD), Column("heads", WORD, form="int")), (("rfm.total", 4), ("rfm.total", None)))
    assert "heads(n=1 sum=4 last=- #" in line(draft(bars([1.0]), table), monkeypatch)["text/plain"]


def test_a_run_emits_the_whole_block_in_all_languages(monkeypatch):
    shown = line(draft(bars([1.0])), monkeypatch, "run")
    block = from_json(Block, json.loads(json.dumps(shown[BLOCK_MIME])))
    assert set(block.panels[0].chart.svg) == {"ja", "en"}
    assert "<text" in line(draft(bars([1.0], [(0, 12345)])), monkeypatch, "run")[BLOCK_MIME]["panels"][0]["chart"]["svg"]["ja"]
    assert json.loads(json.dumps(to_json(block))) == to_json(block)


def test_drawing_twice_gives_the_same_bytes(monkeypatch):
    assert line(draft(bars([1.0, 2.0])), monkeypatch, "run") == line(draft(bars([1.0, 2.0])), monkeypatch, "run")


def test_jupyterlab_gets_a_picture_and_the_table(monkeypatch):
    table = Table((Column("heads", WORD, form="int"),), ((1234,),))
    shown = line(draft(bars([1.0]), table), monkeypatch, "lab")
    assert "data:image/png;base64," in shown["text/html"]
    assert "<td>1,234</td>" in shown["text/html"]


def test_an_unknown_display_mode_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="may be lab, digest, run"):
        line(draft(bars([1.0])), monkeypatch, "pretty")


def test_a_view_passes_an_unavailable_metric_through(monkeypatch):
    @view
    def tree(table):
        raise AssertionError("not reached")

    left = tree(Unavailable("kpi.tree", ("order_lines.customer_id",)))
    assert isinstance(left, LeftOut)
    shown = line(left, monkeypatch, "run")
    assert shown["text/plain"].endswith(
        "left out: basis.column_not_sent(contract.tables.order_lines, contract.columns.customer_id)"
    )
    assert shown[BLOCK_MIME]["kind"] == "left_out"


def test_facts_become_plain_json_numbers():
    import numpy as np
    import pandas as pd

    assert [fact(v) for v in (np.int64(3), np.float64(0.5), pd.NA, float("nan"), None)] == [3, 0.5, None, None, None]


def test_white_or_black_on_every_step_of_the_ramp_reads_at_four_and_a_half_to_one():
    for step in range(101):
        colour = theme.RAMP(step / 100)
        assert theme.contrast(theme.ink_on(colour), colour) >= 4.5
