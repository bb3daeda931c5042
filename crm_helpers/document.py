"""The document model: what a notebook hands to the renderers, free of any language.

A notebook cell emits one `Block` (as JSON in a MIME bundle). Words are text keys with their facts (`Sentence`); only the
charts are drawn once per language. `report/wording.py` turns a `Document` into words, and both renderers read those.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

BLOCK_MIME = "application/vnd.crm.block+json"
BOOK_MIME = "application/vnd.crm.book+json"

T = TypeVar("T")
Fact = str | int | float | bool | None


@dataclass(frozen=True)
class Sentence:
    """A text key and the facts its template quotes. Dates are ISO strings, periods `start/end`, names are text keys."""

    key: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Money:
    """The page's one money unit: every amount is in minor units of `currency`; `largest` decides 円, 万円 or 百万円."""

    currency: str
    largest: int


@dataclass(frozen=True)
class KeyFigure:
    """The number of the rail: its name, the number as `number` formats it, and what it compares with."""

    label: Sentence
    number: Sentence
    compare: Sentence


@dataclass(frozen=True)
class NextMove:
    """What to do next. Who and by when come from the client's params (`next_moves`), or are left to the meeting."""

    what: Sentence


@dataclass(frozen=True)
class Column:
    """One table column: its name, unit, how a cell is written (a format of `text/formats.py`), and its share of the width.

    Without a `weight` the first column is a little wider than the others, which are alike.
    """

    name: str
    title: Sentence
    unit: Sentence | None = None
    form: str = "text"
    weight: float | None = None


@dataclass(frozen=True)
class Table:
    """Rows of raw values in column order; `focus` is the row the headline speaks of, `total` says the last row is a sum.

    `forms` overrides the columns' forms row by row, for tables whose rows are different measures.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Fact, ...], ...]
    focus: int | None = None
    total: bool = False
    forms: tuple[tuple[str, ...], ...] = ()

    @property
    def cell_forms(self) -> tuple[tuple[str, ...], ...]:
        """How each cell is written, row by row."""
        return self.forms or tuple(tuple(column.form for column in self.columns) for _ in self.rows)


@dataclass(frozen=True)
class Chart:
    """One drawing per language, `height` S, M or L of theme.json; `svg` has text as text."""

    height: str
    svg: Mapping[str, str]


@dataclass(frozen=True)
class MapItem:
    """One of several things in a map's cell: what, and the share of people it concerns; None where it is not measured."""

    label: Sentence
    share: float | None = None


@dataclass(frozen=True)
class MapCell:
    """One cell of a journey map. `evidence` is A to D (D: a hypothesis) or empty; `mark` is gap, changed or empty."""

    lead: Sentence | None = None
    text: Sentence | None = None
    items: tuple[MapItem, ...] = ()
    evidence: str = ""
    n: int | None = None
    mark: str = ""


@dataclass(frozen=True)
class MapRow:
    """One row of a map over all its stages; `name` is period, goal, action, touch, thought, pain, idea, campaign, kpi, owner."""

    name: str
    cells: tuple[MapCell, ...]


@dataclass(frozen=True)
class MapStage:
    """The head of one column; `worst` is the one that the headline names."""

    name: Sentence
    sub: Sentence
    worst: bool = False


@dataclass(frozen=True)
class Sheet:
    """A journey map: whose it is (label and value pairs), its stages and its rows. Its chart is the curve of feelings."""

    kicker: Sentence
    headline: Sentence
    persona: tuple[tuple[Sentence, Sentence], ...]
    stages: tuple[MapStage, ...]
    rows: tuple[MapRow, ...]


@dataclass(frozen=True)
class Panel:
    """A sub-headed part of the page: one chart or one table, or a map with its curve as the chart, which fills a page of its
    own."""

    title: Sentence
    unit: Sentence
    chart: Chart | None = None
    table: Table | None = None
    sheet: Sheet | None = None


@dataclass(frozen=True)
class Span:
    """Something on the year page from `first` to `last`, in months from the first day of the year (0 to 12)."""

    label: Sentence
    first: float
    last: float


@dataclass(frozen=True)
class Strip:
    """A campaign on the year page. `channel` and `lever` are text keys of their chips; `decision` is the day of judgement."""

    name: Sentence
    first: float
    last: float
    channel: str
    lever: str
    always: bool
    tested: bool
    decision: float | None = None


@dataclass(frozen=True)
class Lane:
    """A stage of the customer's life on the year page: its campaigns, its gaps of over three months, its KPI from now to goal."""

    title: Sentence
    stance: Sentence
    size: Sentence | None = None
    kpi: Sentence | None = None
    money: Sentence | None = None
    strips: tuple[Strip, ...] = ()
    gaps: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Monthly:
    """A row of bars by month: values with their form, a cap or a second value a month, and what stands at the right."""

    title: Sentence
    unit: Sentence
    form: str
    values: tuple[float, ...]
    line: tuple[float, ...] = ()
    cap: float | None = None
    beneath: tuple[Sentence, ...] = ()
    total: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Calendar:
    """The year on one page (A3): each renderer lays it out. `months` are ISO days of the twelve months."""

    months: tuple[str, ...]
    events: tuple[Span, ...] = ()
    reviews: tuple[Span, ...] = ()
    seasons: tuple[Span, ...] = ()
    above: tuple[Monthly, ...] = ()
    lanes: tuple[Lane, ...] = ()
    below: tuple[Monthly, ...] = ()
    foot: Sentence | None = None


@dataclass(frozen=True)
class LedgerRow:
    """A row of the thread: KPI nodes, findings, segments … Its id is made from meaning, never from order."""

    id: str
    kind: str
    text: Sentence
    values: Mapping[str, Mapping[str, Fact]]
    source: str
    parents: tuple[str, ...] = ()
    status: str = "open"


@dataclass(frozen=True)
class Block:
    """What one step shows: everything a page needs, in numbers and keys.

    `stake` is the money (minor units) that the headline speaks of, by which the summary orders its conclusions; stakes of
    different pages overlap and are never summed. `evidence` is fact, decomposition, association or cause. `more` are further
    pages of the same step, as one a campaign.
    """

    name: str
    kind: str
    page: str
    headline: Sentence
    source: Sentence
    sample: Sentence
    as_of: str
    period: str
    panels: tuple[Panel, ...] = ()
    key_figure: KeyFigure | None = None
    reading: tuple[Sentence, ...] = ()
    claim: tuple[Sentence, ...] = ()
    next_move: NextMove | None = None
    note: tuple[Sentence, ...] = ()
    money: Money | None = None
    definitions: tuple[str, ...] = ()
    audience: str = "client"
    rows: tuple[LedgerRow, ...] = ()
    data_hash: str = ""
    missing: tuple[Sentence, ...] = ()
    stake: int = 0
    evidence: str = "fact"
    calendar: Calendar | None = None
    more: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Received:
    """One export as it came: rows read = accepted + set aside, and the days its rows cover (`start/end`)."""

    table: str
    file: str
    read: int
    accepted: int
    set_aside: int
    period: str = ""


@dataclass(frozen=True)
class SetAside:
    """Rows left out for one reason, with the first place where it was met."""

    table: str
    reason: str
    rows: int
    first: str


@dataclass(frozen=True)
class Reconciled:
    """One line of the comparison with the client's own figures; None where the client gave none."""

    month: str
    measure: str
    client: int | None
    ours: int


@dataclass(frozen=True)
class Finding:
    """What a check of the data found.

    `check` names its words, `quality.checks.<check>`; `affected` of `of` rows (or months, days, members) break it, with sales
    of `money` minor units where order lines are concerned; `first` is the first place. severity: stop, warn or note.
    """

    id: str
    check: str
    characteristic: str
    table: str
    columns: tuple[str, ...]
    severity: str
    affected: int
    of: int
    money: int | None = None
    first: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """Share of what was checked that holds, weighted by column: one characteristic of one table."""

    characteristic: str
    table: str
    share: float
    checks: int


@dataclass(frozen=True)
class Basis:
    """What the figures rest on: the basis page (前提と定義)."""

    received: tuple[Received, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    reconciled: tuple[Reconciled, ...] = ()
    statements: tuple[Sentence, ...] = ()
    findings: tuple[Finding, ...] = ()
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True)
class Opened:
    """The head of a document: whose book it is and which days it speaks of. Emitted by `open_book`."""

    client: str
    languages: tuple[str, ...]
    as_of: str
    current: str
    compare: str
    currency: str
    basis: Basis


@dataclass(frozen=True)
class Step:
    """One step of a notebook. `id` is the code cell's id; heading and prose are markdown in the notebook's language."""

    id: str
    heading: str
    prose: tuple[str, ...]
    block: Block


@dataclass(frozen=True)
class Document:
    """One executed notebook."""

    notebook: str
    title: str
    opened: Opened
    steps: tuple[Step, ...]


def to_json(thing: Any) -> Any:
    """Plain dicts, lists and scalars of a dataclass of this module."""
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return {f.name: to_json(getattr(thing, f.name)) for f in dataclasses.fields(thing)}
    if isinstance(thing, Mapping):
        return {str(key): to_json(value) for key, value in thing.items()}
    if isinstance(thing, (tuple, list)):
        return [to_json(item) for item in thing]
    return thing


def from_json(kind: type[T], data: Mapping[str, Any]) -> T:
    """The dataclass `kind` back from what `to_json` made."""
    hints = typing.get_type_hints(kind)
    return kind(**{name: _value(hints[name], data[name]) for name in hints if name in data})


def _value(hint: Any, data: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [a for a in arguments if dataclasses.is_dataclass(a)]
        return _value(inner[0], data) if inner and isinstance(data, Mapping) else data
    if dataclasses.is_dataclass(hint):
        return from_json(typing.cast(type, hint), data)
    if origin is tuple:
        kinds = arguments[:1] * len(data) if arguments[1:] == (...,) else arguments
        return tuple(_value(kind, item) for kind, item in zip(kinds, data, strict=True))
    return data
