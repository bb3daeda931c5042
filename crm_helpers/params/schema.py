"""What `params/<client>.yaml` may say: every setting, its type, its default.

The loader hands over text exactly as it was typed; the types are decided here, so `0123` stays a store code and `NO` a
country. Field names are the keys of the file; `crm params <client>` prints them all with their origin.
"""

from __future__ import annotations

import datetime
import decimal
import itertools
import re
import zoneinfo
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationInfo,
    WrapSerializer,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

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


def _decimal(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"\d{1,12}(\.\d{1,4})?", value):
        raise ValueError("decimal")
    return decimal.Decimal(value) if isinstance(value, str) else value


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


def _zone(value: str) -> str:
    if value not in zoneinfo.available_timezones():
        raise ValueError("zone")
    return value


def _business(value: str) -> str:
    if value not in business.names():
        raise ValueError("business")
    return value


def _journey(value: str) -> str:
    if value not in business.journeys():
        raise ValueError("journey")
    return value


def readers() -> list[str]:
    """The kinds of file that can be read: the modules of `data/readers/`, found by name."""
    return sorted(p.stem for p in READERS.glob("[a-z]*.py"))


Day = Annotated[datetime.date, BeforeValidator(_day)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Whole = Annotated[int, BeforeValidator(_whole)]
Amount = Annotated[decimal.Decimal, BeforeValidator(_decimal)]
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
    """Where the rows of one contract table come from, which of the columns are which, and what is done with their cells."""

    files: Annotated[list[FilePattern], BeforeValidator(_list)] = Field(default_factory=list)
    connection: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,60}$")] | None = None
    table: Annotated[str, StringConstraints(pattern=r"^[^\W\d][\w$]*(\.[^\W\d][\w$]*)?$")] | None = None
    query: Text | None = None
    format: Annotated[str, AfterValidator(_reader)] | None = None
    encoding: Text | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    header: Truth = True
    sheet: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)
    header_row: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    columns: dict[str, Annotated[list[Text], BeforeValidator(_list), Field(min_length=1)]] = Field(None, validate_default=True)
    constants: dict[str, Text] = Field(default_factory=dict)
    formats: dict[str, Text] = Field(default_factory=dict)
    values: dict[str, dict[str, Text]] = Field(default_factory=dict)
    signs: dict[Text, Annotated[list[Text], BeforeValidator(_list), Field(min_length=1)]] = Field(default_factory=dict)
    tax: Literal["included", "excluded"] | None = None
    tax_rate: Annotated[Whole, Field(ge=0, le=100)] | None = None
    rounding: Literal["half_up", "down", "up"] = "half_up"
    dimensions: dict[Name, Annotated[list[Text], BeforeValidator(_list), Field(min_length=1)]] = Field(default_factory=dict)
    guests: Annotated[list[str], BeforeValidator(_list)] = Field(default_factory=list)

    @field_validator("columns", mode="before")
    @classmethod
    def _a_form_has_its_own(cls, value: object, info: ValidationInfo) -> object:
        if value is None and info.data.get("format") == "form":
            return {}
        if value is None:
            raise PydanticCustomError("missing", "columns are needed")
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        if bool(self.files) == bool(self.connection):
            raise ValueError("origin")
        if self.connection is not None and (self.table is None) == (self.query is None):
            raise ValueError("selection")
        return self


def _sources(value: object) -> object:
    return [value] if isinstance(value, dict) else value


def _one_or_several(value: object, dump: SerializerFunctionWrapHandler) -> Any:
    dumped = dump(value)
    return dumped[0] if len(dumped) == 1 else dumped


Sources = Annotated[list[Source], BeforeValidator(_sources), WrapSerializer(_one_or_several), Field(min_length=1)]
"""A table's sources: one mapping, or a list of them (a shop system and a till, each with its own columns)."""


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
    """Cells that count fewer than `k` people are not printed; what the client's data are in law decides how ids are kept."""

    k: Annotated[Whole, Field(ge=1, le=1000)] = 5
    data_status: Literal["entrusted", "pseudonymised"] | None = None
    customer_kind: Literal["consumer", "corporate"] = "consumer"
    sensitive_approved: SensitiveApproval | None = None


class Entrustment(_Part):
    """On what contract the data are here, what for, until when, and who may see them; a real client's must be whole."""

    contract: Text | None = None
    purpose: Text | None = None
    received_on: Day | None = None
    delete_by: Day | None = None
    persons: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)


class QualitySettings(_Part):
    """Findings of the checks that the client has explained, by id: they stay notes, with the explanation."""

    explained: dict[str, Words] = Field(default_factory=dict)


class Sales(_Part):
    """What the amounts are; printed on the basis page."""

    tax: Literal["included", "excluded", "unstated"] = "unstated"


class Cancelled(_Part):
    """Which values of which column of the order lines say that a line was cancelled."""

    column: Name
    values: Annotated[list[Text], BeforeValidator(_list), Field(min_length=1)]


class NonGoods(_Part):
    """Codes that are no goods (postage, fees, wrapping): `apart` keeps the money without product and quantity."""

    products: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)
    names: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)
    treat: Literal["apart", "set_aside"] = "apart"


class Tax(_Part):
    """Consumption tax of a line that has no rate: by its day, and by the categories that are taxed at the reduced rate."""

    derive: Truth = False
    reduced: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)


class Accounts(_Part):
    """Staff and test accounts: those of customers.kind and of the stops, and these."""

    staff: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)
    test: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)
    treat_staff: Literal["guest", "keep", "set_aside"] = "guest"
    treat_test: Literal["set_aside", "guest", "keep"] = "set_aside"


class Cleaning(_Part):
    """What is done about dirt; `crm check` and the basis page tell each rule that was met."""

    spellings: Truth = True
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Tokyo"
    late_hours: Literal["same_day", "next_day"] = "same_day"
    day_starts_at: Annotated[Whole, Field(ge=0, le=11)] = 0
    units: dict[str, Literal["written", "1000", "10000", "1000000"]] = Field(default_factory=dict)
    restore_zeros: Truth = True
    anonymous: Truth = True
    duplicates: dict[str, Literal["smallest", "first", "last", "keep"]] = Field(default_factory=dict)
    cancelled: Cancelled | None = None
    accounts: Accounts = Accounts()
    non_goods: NonGoods = NonGoods()
    returns: Literal["booking", "origin"] = "booking"
    reversals: Literal["tell", "set_aside"] = "tell"
    reversal_days: Annotated[Whole, Field(ge=0, le=366)] = 7
    tax: Tax = Tax()


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


class Reached(_Part):
    """Which record shows that somebody reached a stage: the nth of its kind. `events` are those of the stage itself."""

    by: Literal["orders", "shipments", "bookings", "visits", "categories", "contract_started", "contract_cancelled", "events"]
    nth: Annotated[Whole, Field(ge=1, le=1000)] = 1


class JourneyStage(_Part):
    """What of the client's data belongs to one stage of the journey, in the client's words."""

    name: Words | None = None
    reached: Reached | None = None
    known_as: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)
    events: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)
    touchpoints: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)
    reasons: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)
    campaigns: Annotated[list[Text], BeforeValidator(_list)] = Field(default_factory=list)
    target: Annotated[Whole, Field(ge=0, le=100)] | None = None


class JourneySettings(_Part):
    """The journey map: its stages, and the segments whose maps are drawn, at most three."""

    type: Annotated[str, AfterValidator(_journey)] | None = None
    personas: Annotated[list[Name], BeforeValidator(_list), Field(max_length=3)] = Field(default_factory=list)
    stages: dict[Name, JourneyStage] = Field(default_factory=dict)


class AuditItem(_Part):
    """What the consultant sets for an item of the self-check instead of its usual value: a level, and 1 to 5."""

    target: Annotated[Whole, Field(ge=0, le=4)] | None = None
    effort: Annotated[Whole, Field(ge=1, le=5)] | None = None
    impact: Annotated[Whole, Field(ge=1, le=5)] | None = None


class AuditSettings(_Part):
    """The consultant's own targets and weights, by the item's id (`S01`); the pages print that they were set."""

    items: dict[Text, AuditItem] = Field(default_factory=dict)


class Event(_Part):
    """A day or a span of the company's own: a launch, a closure, a stocktaking."""

    name: Words
    start: Day
    end: Day

    @model_validator(mode="after")
    def _ordered(self) -> Event:
        if self.end < self.start:
            raise ValueError("ordered")
        return self


class ChainStep(_Part):
    """A client's own length of a step in business days, and its weight in a campaign's person-days; 0 days leave it out."""

    days: Annotated[Whole, Field(ge=0, le=250)] | None = None
    work: Annotated[Whole, Field(ge=0, le=1000)] | None = None


class PlanSettings(_Part):
    """What bounds the year plan: contacts a person and month, person-days a month, the company's events and review days.

    `chain` changes steps of the chain of work (`domain/schedule.yaml`), `closed` are days on which the company does not work.
    """

    contacts_a_month: Annotated[Whole, Field(ge=1, le=60)] | None = None
    work_days_a_month: Annotated[Whole, Field(ge=1, le=10_000)] | None = None
    events: Annotated[list[Event], Field(max_length=12)] = Field(default_factory=list)
    reviews: Annotated[list[Day], BeforeValidator(_list), Field(max_length=12)] = Field(default_factory=list)
    chain: dict[Literal["brief", "targets", "creative", "approval", "set_up", "test", "print", "send", "result"], ChainStep] = (
        Field(default_factory=dict)
    )
    closed: Annotated[list[Span], Field(max_length=50)] = Field(default_factory=list)


class Benefit(_Part):
    """What a rank gives: a share of the sales of those who hold it, or money a head and year for the share that takes it up.

    Amounts are in the currency's own unit (yen, dollars), percents of sales may have two decimals.
    """

    name: Words
    percent_of_sales: Annotated[Amount, Field(ge=0, le=100)] | None = None
    each_year: Annotated[Amount, Field(ge=0)] | None = None
    taken_percent: Annotated[Whole, Field(ge=0, le=100)] = 100

    @model_validator(mode="after")
    def _one_cost(self) -> Benefit:
        if (self.percent_of_sales is None) == (self.each_year is None):
            raise ValueError("benefit")
        return self


class Service(_Part):
    """How a rank is served: the reply that is promised, by whom, and the minutes that it takes."""

    by: Words
    reply_hours: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    within_percent: Annotated[Whole, Field(ge=1, le=100)] = 80
    minutes: Annotated[Whole, Field(ge=0, le=600)] = 0
    contacts_a_year: Annotated[Whole, Field(ge=0, le=366)] = 0
    contact_minutes: Annotated[Whole, Field(ge=0, le=600)] = 0


class Rank(_Part):
    """One rank of the member programme: reached with `sales` (in the currency's own unit) of the window, or more."""

    name: Words
    sales: Annotated[Whole, Field(ge=0)]
    benefits: Annotated[list[Benefit], Field(max_length=8)] = Field(default_factory=list)
    service: Service | None = None


class Loyalty(_Part):
    """The member programme: its ranks from the lowest up, when they are decided, and what bounds them.

    Ranks are decided at the end of each month of `reviewed_after` by the sales of the last `window_months`: [3] with 12 is a
    programme by the fiscal year, all twelve months a rolling one.
    """

    ranks: Annotated[list[Rank], Field(min_length=2, max_length=5)]
    window_months: Annotated[Whole, Field(ge=1, le=36)] = 12
    reviewed_after: Annotated[list[Annotated[Whole, Field(ge=1, le=12)]], BeforeValidator(_list), Field(min_length=1)] = [3]
    near_percent: Annotated[Whole, Field(ge=1, le=50)] = 10
    cost_cap_percent: Annotated[Whole, Field(ge=1, le=100)] | None = None
    point_value: Annotated[Amount, Field(ge=0)] | None = None
    service_hours_a_month: Annotated[Whole, Field(ge=1, le=100_000)] | None = None

    @model_validator(mode="after")
    def _rising(self) -> Loyalty:
        if any(b.sales <= a.sales for a, b in itertools.pairwise(self.ranks)):
            raise ValueError("rising")
        return self


class DeliverySettings(_Part):
    """How lists of people leave the house: where to, in what form, until when, and for which of the published purposes.

    `purposes` names, for each purpose of a campaign, the published purpose of use that covers it. `fresh_days` is how many days
    after `as_of` a list may be sent: consents and stops are known up to then.
    """

    folder: Text | None = None
    zip: Truth = False
    encoding: Literal["utf-8-sig", "cp932"] = "utf-8-sig"
    expires_days: Annotated[Whole, Field(ge=1, le=30)] = 30
    fresh_days: Annotated[Whole, Field(ge=0, le=31)] = 1
    purposes: dict[Text, Words] = Field(default_factory=dict)


class RunSettings(_Part):
    """How notebooks are executed; nothing in a report depends on it."""

    cell_seconds: Annotated[Whole, Field(ge=1, le=86400)] = 1800


class Params(_Part):
    """All settings of one client."""

    client: Text
    name: Words
    as_of: Day
    data: dict[str, Sources]
    type: Annotated[str, AfterValidator(_business)] | None = None
    edition: Literal["yearly", "monthly"] = "yearly"
    example: Truth = False
    statement: Words | None = None
    languages: Annotated[list[Language], BeforeValidator(_list), Field(min_length=1)] = ["ja", "en"]
    currency: Literal["JPY", "USD", "EUR"] = "JPY"
    fiscal_year_start: Annotated[Whole, Field(ge=1, le=12)] = 4
    periods: Compared | None = None
    history_complete: Truth = False
    customers_are: Literal["consumer", "corporate", "all"] | None = None
    sales: Sales = Sales()
    control_totals: ControlTotals | None = None
    cleaning: Cleaning = Cleaning()
    rfm: Rfm = Rfm()
    states: States = States()
    quality: QualitySettings = QualitySettings()
    privacy: Privacy = Privacy()
    entrustment: Entrustment = Entrustment()
    report: ReportSettings = ReportSettings()
    notes: dict[str, Words] = Field(default_factory=dict)
    next_moves: dict[str, NextMoveSettings] = Field(default_factory=dict)
    decisions: Annotated[list[Decision], Field(max_length=3)] = Field(default_factory=list)
    segments: dict[Name, Segment] = Field(default_factory=dict)
    journey: JourneySettings = JourneySettings()
    audit: AuditSettings = AuditSettings()
    plan: PlanSettings = PlanSettings()
    loyalty: Loyalty | None = None
    delivery: DeliverySettings = DeliverySettings()
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
