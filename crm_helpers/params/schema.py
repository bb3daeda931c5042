"""What `params/<client>.yaml` may say: every setting, its type, its default.

The loader hands over text exactly as it was typed; the types are decided here, so `0123` stays a store code and `NO` a
country. Field names are the keys of the file; `crm params <client>` prints them all with their origin.
"""

from __future__ import annotations

import datetime
import itertools
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel, StringConstraints, model_validator

from crm_helpers.domain import business

READERS = Path(__file__).resolve().parents[1] / "data" / "readers"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _day(value: object) -> object:
    if isinstance(value, str) and not DAY.fullmatch(value):
        raise ValueError("day")
    return value


def _truth(value: object) -> object:
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError("truth")
    return value == "true" if isinstance(value, str) else value


def _whole(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"-?\d{1,15}", value):
        raise ValueError("whole")
    return value


def _list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _inside(value: str) -> str:
    parts = re.split(r"[/\\]", value)
    if not value.strip() or value.startswith(("/", "\\", "~")) or ".." in parts or re.match(r"[A-Za-z]:", value):
        raise ValueError("inside")
    return value


def _reader(value: str) -> str:
    if value not in readers():
        raise ValueError("reader")
    return value


def _business(value: str) -> str:
    if value not in business.names():
        raise ValueError("business")
    return value


def readers() -> list[str]:
    """The kinds of file that can be read: the modules of `data/readers/`, found by name."""
    return sorted(p.stem for p in READERS.glob("[a-z]*.py"))


Day = Annotated[datetime.date, BeforeValidator(_day)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Whole = Annotated[int, BeforeValidator(_whole)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
FilePattern = Annotated[str, AfterValidator(_inside)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


class Words(RootModel[dict[Language, Text]]):
    """A text in every language of the report; `load.py` tells where one is lacking."""

    model_config = ConfigDict(frozen=True)

    def in_language(self, lang: str) -> str:
        """The text in `lang`, in the first language written where `lang` is not (a terminal may speak another)."""
        return self.root.get(lang) or next(iter(self.root.values()))


class Span(_Part):
    """First and last day, both inclusive."""

    start: Day
    end: Day

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if self.end < self.start:
            raise ValueError("ordered")
        return self


class Compared(_Part):
    """The two periods that the report compares; left out, they follow from the data."""

    current: Span
    compare: Span


class Source(_Part):
    """Where one contract table comes from and which of its columns are which."""

    files: Annotated[list[FilePattern], BeforeValidator(_list), Field(min_length=1)]
    format: Annotated[str, AfterValidator(_reader)] = "csv_text"
    encoding: Text | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    header: Truth = True
    columns: dict[str, Annotated[list[Text], BeforeValidator(_list), Field(min_length=1)]]
    formats: dict[str, Text] = Field(default_factory=dict)
    values: dict[str, dict[str, Text]] = Field(default_factory=dict)
    dimensions: dict[Name, Annotated[list[Text], BeforeValidator(_list), Field(min_length=1)]] = Field(default_factory=dict)
    guests: Annotated[list[str], BeforeValidator(_list)] = Field(default_factory=list)


class ControlTotals(_Part):
    """The client's own figures by month, to which the import is reconciled."""

    file: FilePattern
    encoding: Text | None = None
    columns: dict[Literal["month", "lines", "orders", "customers", "items", "sales"], Text]
    stated_by: Words


class Rfm(_Part):
    """Absolute bands, so that years compare: upper bounds, inclusive, of all bands but the last."""

    window_months: Annotated[Whole, Field(ge=1, le=120)] = 24
    recency_days: Annotated[list[Whole], Field(min_length=4, max_length=4)] = [30, 90, 180, 365]
    orders: Annotated[list[Whole], Field(min_length=4, max_length=4)] = [1, 2, 5, 11]

    @model_validator(mode="after")
    def _rising(self) -> Rfm:
        for bounds in (self.recency_days, self.orders):
            if any(b <= a for a, b in itertools.pairwise(bounds)):
                raise ValueError("rising")
        return self


class States(_Part):
    """Days that part customer states: inclusive upper bounds since the first order (`new_days`) or the last one (the others).

    `clock` is what counts as being there: a purchase, a visit, a running contract.
    """

    clock: Text = "purchase"
    new_days: Annotated[Whole, Field(ge=1)] = 90
    active_days: Annotated[Whole, Field(ge=1)] = 180
    at_risk_days: Annotated[Whole, Field(ge=1)] = 365
    dormant_days: Annotated[Whole, Field(ge=1)] = 730

    @model_validator(mode="after")
    def _rising(self) -> States:
        if not self.active_days < self.at_risk_days < self.dormant_days:
            raise ValueError("rising")
        return self


class SensitiveApproval(_Part):
    """Who allowed sensitive personal information into the analysis, and when."""

    by: Text
    on: Day


class Privacy(_Part):
    """Cells that count fewer than `k` people are not printed."""

    k: Annotated[Whole, Field(ge=1, le=1000)] = 5
    sensitive_approved: SensitiveApproval | None = None


class Sales(_Part):
    """What the amounts are; printed on the basis page."""

    tax: Literal["included", "excluded", "unstated"] = "unstated"


class ReportSettings(_Part):
    """Cover and colophon; a title and an author that are not given come from `text/<lang>/report.yaml`."""

    title: Words | None = None
    author: Words | None = None
    issued: Day | None = None
    version: Text = "1.0"
    stamp: Words | None = None


class NextMoveSettings(_Part):
    """Who does a page's next move, and by when."""

    who: Words
    by: Day


class Decision(_Part):
    """A decision requested from the board; printed on the summary page."""

    what: Words
    recommended: Words
    other: Words
    by: Day
    who: Words


class Condition(_Part):
    """A condition on a customer: a comparison, `all`, `any` or `not` of conditions, or another segment's.

    What fields and operators there are, `data/conditions.py` says: they depend on the client's tables.
    """

    all: Annotated[list[Condition] | None, Field(min_length=1)] = None
    any: Annotated[list[Condition] | None, Field(min_length=1)] = None
    not_: Annotated[Condition | None, Field(alias="not")] = None
    segment: Text | None = None
    field: Text | None = None
    op: Text | None = None
    value: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)
    within: Annotated[str, StringConstraints(pattern=r"^\d{1,4}[dmy]$")] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Condition:
        kinds = [self.all, self.any, self.not_, self.segment, self.field]
        if sum(kind is not None for kind in kinds) != 1 or (self.field is None) != (self.op is None):
            raise ValueError("condition")
        if self.field is None and (self.value or self.within):
            raise ValueError("condition")
        return self


class Segment(_Part):
    """A named group of customers. A `tag` is only a building block of other segments and of lists: no page shows it."""

    name: Words
    where: Condition
    tag: Truth = False


class RunSettings(_Part):
    """How notebooks are executed; nothing in a report depends on it."""

    cell_seconds: Annotated[Whole, Field(ge=1, le=86400)] = 1800


class Params(_Part):
    """All settings of one client."""

    client: Text
    name: Words
    as_of: Day
    data: dict[str, Source]
    type: Annotated[str, AfterValidator(_business)] | None = None
    example: Truth = False
    statement: Words | None = None
    languages: Annotated[list[Language], BeforeValidator(_list), Field(min_length=1)] = ["ja", "en"]
    currency: Literal["JPY", "USD", "EUR"] = "JPY"
    fiscal_year_start: Annotated[Whole, Field(ge=1, le=12)] = 4
    periods: Compared | None = None
    history_complete: Truth = False
    sales: Sales = Sales()
    control_totals: ControlTotals | None = None
    rfm: Rfm = Rfm()
    states: States = States()
    privacy: Privacy = Privacy()
    report: ReportSettings = ReportSettings()
    notes: dict[str, Words] = Field(default_factory=dict)
    next_moves: dict[str, NextMoveSettings] = Field(default_factory=dict)
    decisions: Annotated[list[Decision], Field(max_length=3)] = Field(default_factory=list)
    segments: dict[Name, Segment] = Field(default_factory=dict)
    run: RunSettings = RunSettings()

    @property
    def business(self) -> business.Pack | None:
        """The pack of the client's kind of business."""
        return business.pack(self.type) if self.type else None

    @model_validator(mode="after")
    def _has_lines(self) -> Params:
        if "order_lines" not in self.data:
            raise ValueError("order_lines")
        return self
