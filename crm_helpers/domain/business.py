"""Kinds of business as packs: one file `packs/<name>.yaml` says how a kind of business counts, speaks and is reported.

A pack gives defaults; the client's own settings come before it. A new kind of business is one more file.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from crm_helpers.errors import UsageError

HERE = Path(__file__).parent
PACKS = HERE / "packs"
FORMS = HERE / "forms"

Word = Annotated[str, StringConstraints(pattern=r"^[^|/{}]+$", max_length=20)]  # headlines break at | and /


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pages(_Part):
    """Steps of the customer analysis: the main report and its order, the appendix, what is not of this business.

    A step that no list names follows the main ones, so that a new page shows before any pack knows it.
    """

    main: tuple[str, ...] = ()
    appendix: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Pages:
        named = (*self.main, *self.appendix, *self.left_out)
        if len(set(named)) < len(named):
            raise ValueError("a step is named twice")
        return self


class Bands(_Part):
    """RFM bands, as in the client's settings."""

    window_months: int
    recency_days: tuple[int, int, int, int]
    orders: tuple[int, int, int, int]


class Pack(_Part):
    """One kind of business.

    Args:
        kpi: nodes of the KPI tree below the customers' sales, in the order of the chart.
        windows: an industry of `state_windows.yaml`: the clock of customer states and their days.
        journey: a type of `journey_stages.yaml`.
        asks: contract tables and columns to ask the client for, besides the order lines.
        forms: forms of `forms/` that the client is handed, in their order.
        refuses: parts of column names that are not imported without approval.
        words: language → word of `text/<lang>/words.yaml` → what this business says.
    """

    names: dict[str, str]
    kpi: Annotated[tuple[str, ...], Field(min_length=1)]
    windows: str
    rfm: Bands
    journey: str
    asks: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    forms: tuple[str, ...] = ()
    pages: Pages = Pages()
    refuses: tuple[str, ...] = ()
    words: dict[str, dict[str, Word]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known(self) -> Pack:
        if self.windows not in windows():
            raise ValueError(f"windows: {self.windows}")
        if self.journey not in journeys():
            raise ValueError(f"journey: {self.journey}")
        if unknown := [form for form in self.forms if not (FORMS / f"{form}.yaml").is_file()]:
            raise ValueError(f"forms: {unknown[0]}")
        return self

    @property
    def defaults(self) -> Mapping[str, Mapping[str, Any]]:
        """What stands in the client's settings unless they say otherwise: section → setting → value."""
        days = ("clock", "new_days", "active_days", "at_risk_days", "dormant_days")
        return {"rfm": self.rfm.model_dump(), "states": {name: windows()[self.windows][name] for name in days}}

    def refused(self, column: str) -> bool:
        """Whether a column's name says that this business does not hand it out."""
        told = column.casefold()
        return any(part.casefold() in told for part in self.refuses)


def names() -> list[str]:
    """The kinds of business that there are: the files of `packs/`."""
    return sorted(path.stem for path in PACKS.glob("*.yaml"))


def pack(name: str) -> Pack:
    """A kind of business by name.

    Raises:
        UsageError: its file says something that cannot be used.
    """
    return _read(PACKS / f"{name}.yaml")


@functools.cache
def windows() -> Mapping[str, Mapping[str, Any]]:
    """Industry → its name, its clock and the days of its customer states."""
    industries: Mapping[str, Mapping[str, Any]] = _yaml(HERE / "state_windows.yaml")["industries"]
    return industries


@functools.cache
def journeys() -> Mapping[str, Mapping[str, Any]]:
    """Type of journey → its name and its stages, each a hypothesis until evidence is attached."""
    types: Mapping[str, Mapping[str, Any]] = _yaml(HERE / "journey_stages.yaml")["types"]
    return types


@functools.cache
def _read(file: Path) -> Pack:
    try:
        return Pack.model_validate(_yaml(file))
    except ValidationError as error:
        first = error.errors()[0]
        said = first.get("ctx", {}).get("error", first["type"])
        found = " ".join([".".join(map(str, first["loc"])), str(said)]).strip()
        raise UsageError("params.pack", where=f"packs/{file.name}", found=found) from None


def _yaml(file: Path) -> Any:
    return yaml.safe_load(file.read_text("utf-8"))
