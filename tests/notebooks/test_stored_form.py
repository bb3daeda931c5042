"""The stored form: the same notebook gives the same bytes, however JupyterLab saved it."""

import copy
import json
from pathlib import Path

import pytest

from crm_helpers.report.stored_form import as_text, client_of, faults, stored

PATH = next((Path(__file__).parents[2] / "notebooks").glob("02_*.ipynb"))


@pytest.fixture
def dirty():
    """The chapter as JupyterLab saves it after a day's work."""
    notebook = json.loads(PATH.read_text("utf-8"))
    notebook = copy.deepcopy(notebook)
    notebook["metadata"]["language_info"]["version"] = "3.13.1"
    for n, cell in enumerate(notebook["cells"]):
        cell["metadata"]["collapsed"] = False
        cell["source"] = "".join(cell["source"])
        if cell["cell_type"] == "code":
            cell["execution_count"] = n
            for output in cell["outputs"]:
                output["data"]["image/png"] = "iVBORw0KGgo="
    return notebook


def test_a_saved_copy_comes_back_to_the_same_bytes(dirty):
    assert as_text(stored(dirty)) == PATH.read_text("utf-8")


def test_a_saved_copy_is_told_to_be_stored_again(dirty, tmp_path):
    path = tmp_path / "02_dirty.ipynb"
    path.write_text(json.dumps(dirty), "utf-8")
    assert [fault.key for fault in faults(path)] == ["store.form"]


def test_a_stripped_notebook_is_refused_because_nbval_would_compare_nothing(dirty, tmp_path):
    for cell in dirty["cells"]:
        cell.get("outputs", []).clear()
    path = tmp_path / "02_stripped.ipynb"
    path.write_text(as_text(stored(dirty)), "utf-8")
    assert {fault.key for fault in faults(path)} == {"store.no_output"}


def test_a_mail_address_in_an_output_is_refused(dirty, tmp_path):
    output = next(cell for cell in dirty["cells"] if cell.get("outputs"))["outputs"][0]
    output["data"]["text/plain"] = ["taro.yamada@example.co.jp"]
    path = tmp_path / "02_private.ipynb"
    path.write_text(as_text(stored(dirty)), "utf-8")
    assert [fault.key for fault in faults(path)] == ["store.private"]


def test_the_client_is_read_from_the_parameters_cell():
    assert client_of(PATH) == "retail"
