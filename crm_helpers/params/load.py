"""Read `params/<client>.yaml`: text as typed, every fault with file, line, what was found, what is allowed.

Precedence, four levels: schema default < pack of the kind of business < file < `--set`.
"""

from __future__ import annotations

import datetime
import difflib
import json
import os
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from crm_helpers.domain import business
from crm_helpers.domain.content import audit
from crm_helpers.errors import CrmError, Faults, UsageError
from crm_helpers.params import paths
from crm_helpers.params.journey import journey
from crm_helpers.params.schema import Params, Words, readers
from crm_helpers.text.catalogue import languages, texts

Place = tuple[str | int, ...]
NULLS = ("", "~", "null")
SETS = "CRM_SET"  # the `--set` of a run, for the notebooks that it executes: a JSON list
PACK = "pack"  # the origin of a setting that the kind of business says


@dataclass(frozen=True)
class Loaded:
    """The settings and, for each place in the file, where it was said (`params/acme.yaml:14` or `--set`)."""

    params: Params
    said: Mapping[Place, str]
    file: Path
    sets: tuple[str, ...] = ()  # as `--set` gave them

    def where(self, *place: str | int) -> str:
        """File and line of a setting, or of the nearest thing above it that the file says."""
        for length in range(len(place), -1, -1):
            if place[:length] in self.said:
                return self.said[place[:length]]
        return paths.shown(self.file)


def load(client: str, sets: Sequence[str] = ()) -> Loaded:
    """The client's settings.

    Raises:
        UsageError, Faults: all faults of the file at once, each with its line.
    """
    file = paths.params_file(client)
    if not file.is_file():
        raise UsageError("client.unknown", found=client, has=paths.clients(), nearest=nearest(client, paths.clients()))
    return parse(_text(file), file, client=client, sets=sets)


def parse(text: str, file: Path, *, client: str, sets: Sequence[str] = ()) -> Loaded:
    """`load` for a text that is already read."""
    tree, said = _tree(text, paths.shown(file))
    for setting in sets:
        _put(tree, said, setting)
    _add_pack(tree, said)
    try:
        params = Params.model_validate(tree)
    except ValidationError as error:
        raise Faults([_fault(e, tree, said, paths.shown(file)) for e in error.errors()]) from None
    loaded = Loaded(params, said, file, tuple(sets))
    _check_names(loaded, client)
    return loaded


def sets_of_the_run() -> list[str]:
    """What `--set` gave to the run that executes this notebook; nothing in JupyterLab."""
    return [str(setting) for setting in json.loads(os.environ.get(SETS, "[]"))]


def bare(client: str, as_of: datetime.date) -> Loaded:
    """Settings that say a client's name and last day only, for what must go on while its file cannot be read yet."""
    told: dict[str, Any] = {"client": client, "name": dict.fromkeys(languages(), client), "as_of": as_of.isoformat()}
    told["data"] = {"order_lines": {"files": "*", "columns": {"ordered_on": "*", "amount": "*"}}}
    return Loaded(Params.model_validate(told), {}, paths.params_file(client))


def origins(loaded: Loaded) -> list[tuple[str, str, str]]:
    """Every setting as (dotted key, value, origin): `default`, `pack`, `file:line` or `--set`."""
    return [
        (".".join(map(str, place)), str(value), loaded.said.get(place, "default"))
        for place, value in _leaves(loaded.params.model_dump(mode="json"), ())
    ]


def nearest(word: str, among: Sequence[str]) -> str:
    """The most similar of `among`, or nothing."""
    return next(iter(difflib.get_close_matches(word, among, n=1, cutoff=0.4)), "")


# ---------------------------------------------------------------- reading
def _text(file: Path) -> str:
    data = file.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError("params.encoding", where=f"{paths.shown(file)}:{line}") from None


def _tree(text: str, name: str) -> tuple[dict[str, Any], dict[Place, str]]:
    try:
        if any(isinstance(e, yaml.events.AliasEvent) or getattr(e, "anchor", None) for e in yaml.parse(text, yaml.BaseLoader)):
            raise UsageError("params.anchor", where=name)
        node = yaml.compose(text, yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        problem = _problem(error.problem or "")
        mark = (error.context_mark if problem == "open" else None) or error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        frame = text.splitlines()[line - 1].strip() if mark and line <= len(text.splitlines()) else ""
        raise UsageError(
            "params.yaml", where=f"{name}:{line}", found=frame, problem=f"errors.params.problems.{problem}"
        ) from None
    except yaml.YAMLError:
        raise UsageError("params.yaml", where=name, found="", problem="errors.params.problems.other") from None
    said: dict[Place, str] = {}
    faults: list[CrmError] = []
    tree = _grow(node, (), name, said, faults) if node is not None else {}
    if faults:
        raise Faults(faults)
    if not isinstance(tree, dict):
        raise UsageError("params.mapping", where=f"{name}:1")
    return tree, said


def _problem(told: str) -> str:
    """Which sentence of `params.problems.*` says what the YAML reader met."""
    for words, problem in PROBLEMS.items():
        if words in told:
            return problem
    return "other"


PROBLEMS = {
    "'\\t'": "tab",
    "stream end": "open",
    "end of stream": "open",
    "expected ',' or": "open",
    "mapping values are not allowed": "colon",
    "could not find expected ':'": "colon",
}


def _grow(node: yaml.Node, place: Place, name: str, said: dict[Place, str], faults: list[CrmError]) -> Any:
    said.setdefault(place, f"{name}:{node.start_mark.line + 1}")
    if isinstance(node, yaml.SequenceNode):
        return [_grow(child, (*place, i), name, said, faults) for i, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        grown: dict[str, Any] = {}
        for key, child in node.value:
            line = f"{name}:{key.start_mark.line + 1}"
            if not isinstance(key, yaml.ScalarNode):
                faults.append(UsageError("params.key", where=line))
            elif key.value in grown:
                faults.append(UsageError("params.twice", where=line, found=key.value))
            else:
                said[(*place, key.value)] = line
                grown[key.value] = _grow(child, (*place, key.value), name, said, faults)
        return grown
    plain_null = isinstance(node, yaml.ScalarNode) and node.style is None and node.value in NULLS
    return None if plain_null else node.value


def _put(tree: dict[str, Any], said: dict[Place, str], setting: str) -> None:
    key, equals, value = setting.partition("=")
    if not equals or not key:
        raise UsageError("params.set", where="--set", found=setting)
    *above, last = key.split(".")
    here: Any = tree
    for part in above:
        here = here.setdefault(part, {}) if isinstance(here, dict) else None
        if not isinstance(here, dict):
            raise UsageError("params.set", where="--set", found=setting)
    faults: list[CrmError] = []
    node = yaml.compose(value, yaml.BaseLoader)
    place = (*above, last)
    for old in [p for p in said if p[: len(place)] == place]:
        del said[old]
    here[last] = _grow(node, place, "--set", said, faults) if node is not None else None
    for new in [p for p in said if p[: len(place)] == place]:
        said[new] = "--set"
    said[place] = "--set"


def _add_pack(tree: dict[str, Any], said: dict[Place, str]) -> None:
    """Put the defaults of the client's kind of business where neither the file nor `--set` says anything."""
    name = tree.get("type")
    if name not in business.names():
        return  # the schema tells
    for section, settings in business.pack(name).defaults.items():
        told = tree.setdefault(section, {})
        for setting, value in settings.items() if isinstance(told, dict) else ():
            if setting not in told:
                told[setting], said[section, setting] = value, PACK


# ---------------------------------------------------------------- faults
def _fault(error: ErrorDetails, tree: Any, said: Mapping[Place, str], name: str) -> CrmError:
    place = _real(error["loc"], tree) or ("data",)  # the one thing asked of all settings together is a table
    where = next((said[place[:n]] for n in range(len(place), 0, -1) if place[:n] in said), f"{name}:1")
    key, found = ".".join(map(str, place)), error["input"]
    if not error["loc"]:
        found = ", ".join(tree["data"])
    elif error["type"] == "value_error" and str(error["ctx"]["error"]) in ORIGINS:
        found = ", ".join(found)
    if error["type"] == "extra_forbidden":
        allowed = _keys(place[:-1])
        return UsageError("params.unknown", where=where, found=key, has=allowed, nearest=nearest(str(place[-1]), allowed))
    if error["type"] == "missing" or found is None:
        return UsageError("params.missing", where=where, found=key, has=_keys(place[:-1]))
    return UsageError("params.value", where=where, setting=key, found=found, **_expected(error))


def _real(loc: Sequence[str | int], tree: Any) -> Place:
    """Pydantic names keys of a mapping `[key]` and unions by type; keep what the file really holds, and the last name."""
    place: list[str | int] = []
    for i, part in enumerate(loc):
        if part == "[key]":
            continue
        inside = (isinstance(tree, dict) and part in tree) or (isinstance(tree, list) and isinstance(part, int))
        if inside or (i == len(loc) - 1 and not isinstance(part, int)):  # a list of one may be written as the one
            place.append(part)
            tree = tree[part] if inside else None
    return tuple(place)


def _journeys() -> list[str]:
    return sorted(business.journeys())


def _expected(error: ErrorDetails) -> dict[str, object]:
    """Which sentence of `params.expected.*` says what is allowed, and its numbers."""
    context = error.get("ctx", {})
    kind = str(context["error"]) if error["type"] == "value_error" else error["type"]
    named = {"reader": readers, "business": business.names, "journey": _journeys}
    choices = named[kind]() if kind in named else re.findall(r"'([^']*)'", str(context.get("expected", "")))
    if choices:
        return {"expected": "choice", "has": choices, "nearest": nearest(str(error["input"]), choices)}
    bounds = [context[name] for name in ("ge", "le", "min_length", "max_length") if name in context]
    return {"expected": EXPECTED.get(kind, kind), "bound": bounds[0] if bounds else ""}


ORIGINS = ("origin", "selection")  # what is asked of the keys of a source together

EXPECTED = {
    "model_type": "mapping",
    "model_attributes_type": "mapping",
    "dict_type": "mapping",
    "list_type": "list",
    "string_type": "text",
    "string_pattern_mismatch": "text",
    "string_too_short": "text",
    "string_too_long": "text",
    "int_type": "whole",
    "int_parsing": "whole",
    "bool_type": "truth",
    "too_short": "length",
    "too_long": "length",
    "date_type": "day",
    "date_parsing": "day",
    "date_from_datetime_parsing": "day",
    "date_from_datetime_inexact": "day",
}


def _keys(place: Place) -> list[str]:
    """The keys that the schema allows at a place."""
    kind: Any = Params
    for part in place:
        kind = _inner(kind, part)
    kind = _one(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return sorted(field.alias or name for name, field in kind.model_fields.items())
    arguments = typing.get_args(kind)
    if arguments and typing.get_origin(arguments[0]) is typing.Literal:
        return sorted(map(str, typing.get_args(arguments[0])))
    return []


def _inner(kind: Any, part: str | int) -> Any:
    kind = kind if isinstance(part, int) else _one(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = next((f for name, f in kind.model_fields.items() if (f.alias or name) == part), None)
        return _bare(field.annotation) if field else None
    arguments = typing.get_args(kind)
    return _bare(arguments[-1]) if arguments else None


def _one(kind: Any) -> Any:
    """What a list holds: a list of one may be written as the one."""
    return _bare(typing.get_args(kind)[0]) if typing.get_origin(kind) is list else kind


def _bare(kind: Any) -> Any:
    """Without `| None` and `Annotated`."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return _bare(next(a for a in typing.get_args(kind) if a is not type(None)))
    return _bare(typing.get_args(kind)[0]) if typing.get_origin(kind) is typing.Annotated else kind


def _check_names(loaded: Loaded, client: str) -> None:
    faults: list[CrmError] = []
    if loaded.params.client != client:
        faults.append(UsageError("params.client", where=loaded.where("client"), found=loaded.params.client, file=client))
    faults += [
        UsageError(
            "params.value",
            where=loaded.where("languages", i),
            setting=f"languages.{i}",
            found=lang,
            expected="choice",
            has=languages(),
            nearest=nearest(lang, languages()),
        )
        for i, lang in enumerate(loaded.params.languages)
        if lang not in languages()
    ]
    faults += list(_lacking(loaded.params, (), loaded))
    faults += list(_unknown_words(loaded))
    faults += list(_unknown_names(loaded))
    if faults:
        raise Faults(faults)


def _lacking(value: Any, place: Place, loaded: Loaded) -> Iterator[CrmError]:
    """Texts that are not given in every language of the report."""
    if isinstance(value, Words):
        for lang in (lang for lang in loaded.params.languages if lang in languages()):
            if lang not in value.root:
                setting = ".".join(map(str, (*place, lang)))
                yield UsageError("params.missing", where=loaded.where(*place), found=setting, has=loaded.params.languages)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _lacking(getattr(value, name), (*place, name), loaded)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _lacking(part, (*place, name), loaded)


def _unknown_words(loaded: Loaded) -> Iterator[CrmError]:
    """Words of the client's kind of business that no text quotes: most likely mistyped."""
    pack = loaded.params.business
    for lang, words in pack.words.items() if pack else ():
        usual = texts(lang, "words")
        for word in (word for word in words if word not in usual):
            where = f"packs/{loaded.params.type}.yaml"
            yield UsageError("params.pack_word", where=where, found=word, has=list(usual), nearest=nearest(word, list(usual)))


def _unknown_names(loaded: Loaded) -> Iterator[CrmError]:
    """Stages that the journey does not have, personas that are no segment, items that the self-check does not have."""
    told, items = loaded.params.journey, [str(item["id"]) for item in audit()["items"]]
    stages, segments = [stage.id for stage in journey(loaded.params).stages], list(loaded.params.segments)
    named: list[tuple[Place, str, list[str]]] = [(("journey", "stages", name), name, stages) for name in told.stages]
    named += [(("journey", "personas"), name, segments) for name in told.personas]
    named += [(("audit", "items", name), name, items) for name in loaded.params.audit.items]
    for place, name, known in named:
        if name not in known:
            facts = {
                "setting": ".".join(map(str, place)),
                "found": name,
                "expected": "choice",
                "has": known,
                "nearest": nearest(name, known),
            }
            yield UsageError("params.value", where=loaded.where(*place), **facts)


def _leaves(value: Any, place: Place) -> list[tuple[Place, Any]]:
    if isinstance(value, dict) and value:
        return [leaf for key, child in value.items() for leaf in _leaves(child, (*place, key))]
    if isinstance(value, list) and value and any(isinstance(v, (dict, list)) for v in value):
        return [leaf for i, child in enumerate(value) for leaf in _leaves(child, (*place, i))]
    return [(place, value)]
