"""One opened client in a notebook: its tables, days and settings; `show` puts a page on the screen and into the report.

`book = open_book(client, lang)` works the same in JupyterLab, Papermill, nbval and pytest, from any working directory.
"""

from __future__ import annotations

import datetime
import decimal
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from IPython.display import display

from crm_helpers import ledger
from crm_helpers.data import conditions
from crm_helpers.data.checks import reconcile
from crm_helpers.data.quality.examine import quality
from crm_helpers.data.tables import Tables, open_tables
from crm_helpers.document import BOOK_MIME, Basis, Fact, LedgerRow, Opened, Sentence, to_json
from crm_helpers.domain import schedule
from crm_helpers.domain.holidays import holidays
from crm_helpers.errors import Faults
from crm_helpers.metrics.kpi import TREE
from crm_helpers.metrics.quality import data_start, starts_in_the_middle
from crm_helpers.metrics.rfm import Bands
from crm_helpers.metrics.sales import few_apart
from crm_helpers.metrics.states import Windows, windows
from crm_helpers.params import paths
from crm_helpers.params.definitions import definitions
from crm_helpers.params.journey import Journey, journey
from crm_helpers.params.load import Loaded, load, sets_of_the_run
from crm_helpers.params.own_texts import own_texts
from crm_helpers.params.periods import Period, Periods, default_periods
from crm_helpers.params.schema import AuditItem, Loyalty, Params, PlanSettings, Segment
from crm_helpers.text.catalogue import texts
from crm_helpers.text.prose import SOURCE_LANGUAGE
from crm_helpers.views.block import Context, Draft, LeftOut, bundle, mode


@dataclass(frozen=True)
class Book:
    """A client's book: what every step of every notebook needs, and nothing that one step alone does."""

    params: Params
    tables: Tables
    periods: Periods | None
    lang: str
    start: pd.DataFrame  # metrics.quality.data_start: who is first seen in the first month
    states_declared: bool = False  # the settings name the lines between states

    @property
    def as_of(self) -> datetime.date:
        """The last day that counts."""
        return self.params.as_of

    @property
    def k(self) -> int:
        """Groups under this many people are not printed."""
        return self.params.privacy.k

    @property
    def data_span(self) -> str:
        """From the first day of the data to the last that counts, as a period."""
        return str(Period(self.tables.span[0] if self.tables.span else self.as_of, self.as_of))

    @property
    def rfm_bands(self) -> Bands:
        """The client's RFM cut points."""
        rfm = self.params.rfm
        return Bands(tuple(rfm.recency_days), tuple(rfm.orders), rfm.window_months)

    @property
    def segments(self) -> Mapping[str, Segment]:
        """The client's own groups of customers, as its settings name them."""
        return self.params.segments

    @property
    def journey(self) -> Journey:
        """The stages of the client's journey, and whose maps are drawn."""
        return journey(self.params)

    @property
    def journey_asked(self) -> dict[str, Any]:
        """What every metric of the journey asks for besides the tables, the stages and the segments."""
        return {
            "as_of": self.as_of,
            "periods": self.periods,
            "currency": self.params.currency,
            "first_orders_known": self.first_orders_known,
        }

    @property
    def kpi_nodes(self) -> Sequence[str]:
        """The nodes of the KPI tree that suit the client's kind of business, in its order."""
        return self.params.business.kpi if self.params.business else tuple(TREE)

    @property
    def holidays(self) -> frozenset[datetime.date]:
        """The public holidays of the data's years where the money is Japan's; else weekdays are all that is known."""
        span = self.tables.span
        return holidays(span[0], self.as_of) if span and self.params.currency == "JPY" else frozenset()

    @property
    def first_orders_known(self) -> bool:
        """The data hold first purchases, so that new customers, F2 and cohorts can be spoken of."""
        return not starts_in_the_middle(self.start, history_complete=self.params.history_complete)

    @property
    def windows_default(self) -> Windows:
        """The lines of the states that the settings say: the client's own, or starting points of the kind of business."""
        lines = self.params.states
        source = "declared" if self.states_declared else "industry"
        return Windows(lines.new_days, lines.active_days, lines.at_risk_days, lines.dormant_days, source=source)

    @property
    def tax_included(self) -> bool:
        """The amounts hold consumption tax."""
        return self.params.sales.tax == "included"

    @property
    def reviewed(self) -> Mapping[str, AuditItem]:
        """Targets, efforts and impacts of the self-check that the consultant set for this client, by item."""
        return self.params.audit.items

    @property
    def plan(self) -> PlanSettings:
        """What bounds the year plan."""
        return self.params.plan

    @property
    def chain(self) -> tuple[schedule.WorkStep, ...]:
        """The chain of work of a campaign: the usual one with the client's own lengths."""
        return schedule.chain({name: step.model_dump(exclude_none=True) for name, step in self.plan.chain.items()})

    @property
    def closed_days(self) -> frozenset[datetime.date]:
        """Days without work besides weekends, from a year before `as_of` to two years after it."""
        start, end = (self.as_of.replace(month=1, day=1, year=self.as_of.year + years) for years in (-1, 3))
        also = [(closed.start, closed.end) for closed in self.plan.closed]
        return schedule.closed_days(start, end, japanese=self.params.currency == "JPY", also=also)

    @property
    def loyalty(self) -> Loyalty | None:
        """The member programme, where the settings name one."""
        return self.params.loyalty

    @property
    def point_value(self) -> decimal.Decimal | None:
        """What a point is worth in the currency's own unit, where the settings say."""
        return self.loyalty.point_value if self.loyalty else None

    @property
    def next_review(self) -> str | None:
        """The first day after `as_of` on which results are decided on; None where the settings name none."""
        days = [day for day in self.params.plan.reviews if day > self.as_of]
        return min(days).isoformat() if days else None

    def rows(self, notebook: str) -> tuple[LedgerRow, ...]:
        """The thread's rows of another chapter; none where it was never made, as with a table that was not sent."""
        return ledger.read(paths.ledger_folder(self.params.client), self.as_of, notebook) or ()

    def rows_before(self, notebook: str) -> tuple[LedgerRow, ...]:
        """The rows of a chapter in the last edition of an earlier as-of day: last year's learnings, or those of the last monthly
        edition in a monthly one; none where there was none."""
        folder = paths.ledger_folder(self.params.client, self.params.edition)
        return ledger.read(folder, self.as_of - datetime.timedelta(days=1), notebook, published=True) or ()

    @property
    def definitions(self) -> Mapping[str, str]:
        """What the figures rest on, for the comparison with another edition: settings, the lines of the states, defined terms."""
        lines = self.windows
        told = {"states": f"{lines.source} {lines.new} {lines.active} {lines.at_risk} {lines.dormant}"}
        terms = {name: str(term["text"]) for name, term in texts(SOURCE_LANGUAGE, "definitions").items()}
        return definitions(self.params) | told | terms

    @functools.cached_property
    def windows(self) -> Windows:
        """The windows of the states: declared, or from the client's own return curve where it carries them; computed once."""
        default = self.windows_default
        return windows(self.tables, as_of=self.as_of, default=default, declared=default if self.states_declared else None)

    def show(self, draft: Draft | LeftOut) -> None:
        """Display a page: a picture in JupyterLab, one line of numbers for nbval, the whole block in a run."""
        own = {lang: own_texts(self.params, lang) for lang in self.params.languages}
        context = Context(self.as_of.isoformat(), self.params.currency, tuple(self.params.languages), self.lang, own)
        display(bundle(draft, context), raw=True)


def open_book(client: str, lang: str = "ja") -> Book:
    """Open a client by name; imports the exports first when they are new.

    Raises:
        UsageError, Faults: the params file or the exports cannot be used; the message says where and why.
    """
    loaded = load(client, sets_of_the_run())
    tables = open_tables(loaded)
    if mistaken := conditions.faults(loaded, tables):
        raise Faults(mistaken)
    params = loaded.params
    periods = _periods(params, tables)
    book = Book(params, tables, periods, lang, data_start(tables), states_declared=("states",) in loaded.said)
    _announce(book, loaded)
    return book


def _periods(params: Params, tables: Tables) -> Periods | None:
    if params.periods and params.periods.current.end <= params.as_of:  # an earlier as_of than the file's asks for other months
        current, compare = params.periods.current, params.periods.compare
        return Periods(Period(current.start, current.end), Period(compare.start, compare.end))
    return default_periods(tables.span[0], params.as_of) if tables.span else None


def _announce(book: Book, loaded: Loaded) -> None:
    """Emit the head of the document: whose book, which days, what was received and how it reconciles."""
    tables, params = book.tables, book.params
    told = tables.basis
    reconciled = reconcile(tables, loaded)
    found = quality(tables, loaded, reconciled)
    statements = (*_statements(book), *told.statements)
    basis = Basis(told.received, told.set_aside, reconciled, statements, found.findings, found.scores)
    current, compare = (str(book.periods.current), str(book.periods.compare)) if book.periods else ("", "")
    opened = Opened(params.client, tuple(params.languages), params.as_of.isoformat(), current, compare, params.currency, basis)
    read = sum(r.read for r in basis.received if r.table == "order_lines")
    accepted = sum(r.accepted for r in basis.received if r.table == "order_lines")
    gaps = sum(1 for r in basis.reconciled if r.client is not None and r.client != r.ours)
    line = f"{params.client}: as_of={params.as_of} current={current} compare={compare} lines={read} accepted={accepted} " + (
        f"reconciled={len(basis.reconciled)} differing={gaps}"
    )
    shown: dict[str, object] = {"text/plain": line}
    if mode() == "run":
        shown[BOOK_MIME] = to_json(opened)
    display(shown, raw=True)


def _statements(book: Book) -> tuple[Sentence, ...]:
    """What the figures rest on, in sentences; the ones about what is left out carry the key of the content first."""
    told = [Sentence("basis.statements.as_of", {"as_of": book.as_of.isoformat()})]
    if book.periods:
        days = {"current": str(book.periods.current), "compare": str(book.periods.compare)}
        told.append(Sentence("basis.statements.periods", days))
    else:
        told.append(Sentence("basis.statements.no_periods"))
    told.append(Sentence(f"basis.statements.tax_{book.params.sales.tax}"))
    if book.periods and (share := _guest_share(book.tables, book.periods.current)):
        told.append(Sentence("basis.statements.guests", {"share": share, "period": str(book.periods.current)}))
    if book.periods and book.tables.apart_kinds:
        told.append(_apart(book.tables, book.periods))
    told.append(Sentence("basis.statements.few_people", {"k": book.k}))
    if not book.first_orders_known and len(book.start):
        start = book.start.iloc[0]
        facts = {
            "share": float(start["share"]),
            "first": int(start["first_month_customers"]),
            "customers": int(start["customers"]),
        }
        told.append(Sentence("basis.statements.starts_in_the_middle", facts))
    return tuple(told)


def _apart(tables: Tables, periods: Periods) -> Sentence:
    """Who is not counted as a customer, how many and how much; without figures when they are few."""
    if few_apart(tables, periods):
        return Sentence("basis.statements.apart_few")
    found = tables.sql(
        """
        select count(distinct apart_id) as customers, cast(coalesce(sum(amount), 0) as bigint) as sales,
               cast(coalesce(sum(case when apart_id is not null then amount end), 0) as bigint) as apart
        from orders where ordered_on between :start and :end
        """,
        start=periods.current.start,
        end=periods.current.end,
    ).iloc[0]
    share = float(found["apart"] / found["sales"]) if found["sales"] else 0.0
    facts: dict[str, Fact] = {"n": int(found["customers"]), "share": share, "period": str(periods.current)}
    return Sentence("basis.statements.apart", facts)


def _guest_share(tables: Tables, period: Period) -> float:
    found = tables.sql(
        """
        select cast(coalesce(sum(case when customer_id is null and apart_id is null then amount end), 0) as bigint) as guests,
               cast(coalesce(sum(amount), 0) as bigint) as sales
        from orders where ordered_on between :start and :end
        """,
        start=period.start,
        end=period.end,
    ).iloc[0]
    return float(found["guests"] / found["sales"]) if found["sales"] else 0.0
