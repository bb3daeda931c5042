"""The pattern of a params file names every setting, explains each in both languages, and can be used once filled."""

import re
import typing
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, RootModel

from crm_helpers.params import paths
from crm_helpers.params.load import _bare, _one, parse
from crm_helpers.params.schema import Params

PATTERN = (Path(__file__).parents[2] / "params" / "template.yaml").read_text("utf-8")
KANA = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
DATA = "  order_lines:\n    files: orders.csv\n    columns: {ordered_on: 受注日, amount: 金額}\n"


def filled(text=PATTERN):
    text = text.replace("<client>", "acme").replace("<as_of>", "2026-03-31")
    return text.replace("<data>\n", DATA)


def everything():
    """The pattern with every setting in use."""
    used = re.sub(r"^#(?!#)", "", PATTERN.replace("<data>\n", ""), flags=re.M)
    return filled(used)


def keys(model, place="", above=()):
    """Every dotted key that the schema knows; `*` stands for any name. A condition within a condition is named once."""
    for name, field in model.model_fields.items():
        here = f"{place}{field.alias or name}"
        yield here
        kind = _bare(field.annotation)
        if typing.get_origin(kind) is dict:
            kind, here = _one(_bare(typing.get_args(kind)[1])), f"{here}.*"
        if (
            isinstance(kind, type)
            and issubclass(kind, BaseModel)
            and not issubclass(kind, RootModel)
            and kind not in (*above, model)
        ):
            yield from keys(kind, f"{here}.", (*above, model))


def named(tree, place=""):
    for key, value in tree.items():
        yield f"{place}{key}"
        yield f"{place}*"
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                yield from named(part, f"{place}{key}.")
                yield from named(part, f"{place}*.")
                if key in ("all", "any"):  # conditions within conditions
                    yield from named(part, place)


def test_the_pattern_can_be_used_once_filled():
    assert parse(filled(), Path("params/acme.yaml"), client="acme").params.client == "acme"


def test_every_setting_of_the_pattern_can_be_used():
    params = parse(everything(), Path("params/acme.yaml"), client="acme").params
    assert (params.privacy.k, params.run.cell_seconds, params.currency) == (5, 1800, "JPY")


def test_values_of_settings_not_in_use_are_the_defaults():
    """Whoever removes a # changes nothing that was not meant as an example."""
    default = parse(filled(), Path("params/acme.yaml"), client="acme").params
    used = parse(everything(), Path("params/acme.yaml"), client="acme").params
    for name in ("languages", "currency", "fiscal_year_start", "history_complete", "sales", "rfm", "states", "run", "example"):
        assert getattr(used, name) == getattr(default, name), name
    assert (used.privacy.k, used.privacy.customer_kind) == (default.privacy.k, default.privacy.customer_kind)


def test_the_pattern_names_every_key_of_the_schema():
    present = set(named(yaml.safe_load(everything())))
    assert sorted(set(keys(Params)) - present) == []


@pytest.mark.parametrize("name", [key for key in Params.model_fields if key != "data"])
def test_every_key_is_explained_in_both_languages(name):
    lines = PATTERN.splitlines()
    at = next(i for i, line in enumerate(lines) if re.match(rf"#?{name}:", line))
    told = lines[at - 1]
    assert told.startswith("## ")
    japanese, slash, english = told.partition(" / ")
    assert slash
    assert KANA.search(japanese)
    assert re.search("[A-Za-z]{3}", english)
    assert not KANA.search(english)


def test_the_pattern_is_no_client():
    assert paths.TEMPLATE not in paths.clients()
