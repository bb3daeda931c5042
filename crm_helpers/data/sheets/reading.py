"""A returned form as keyed values with their places, and everything that cannot be read for certain as a fault.

Places are found by the form's defined names, which move with inserted rows and columns; where the names are lost (the sheet
was copied into a new workbook), by the labels in any language. A name whose label says something else is not believed. Rows
may be inserted, sorted and left blank; a given row is known by its hidden key and by its words, which must agree.
"""

from __future__ import annotations

import datetime
import functools
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter as letter
from openpyxl.utils.cell import coordinate_from_string
from openpyxl.utils.cell import column_index_from_string as column_number
from openpyxl.worksheet.worksheet import Worksheet

from crm_helpers.data.sheets import values
from crm_helpers.data.sheets.definition import Entry, Form, Row, fills, forms
from crm_helpers.data.sheets.values import Unsure, empty, folded, written
from crm_helpers.data.sheets.writing import FORM, write
from crm_helpers.document import Sentence
from crm_helpers.domain import content
from crm_helpers.errors import CrmError
from crm_helpers.params.load import nearest
from crm_helpers.text.catalogue import languages

Cell = tuple[int, int]
QUOTED = 40  # characters of a value that a message repeats
HALF = 0.5  # of a form's labels must be found where its marks are lost
PRIVATE = ("id", "text", "long")  # what people write in words is never repeated: it may name somebody
SAID = ("value", "hidden_value", "choice", "choice_twice", "ditto", "short", "company_reason", "formula", "error_cell")
"""Faults of cells in which somebody wrote something."""
NAME = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!(\$?[A-Z]{1,3}\$?\d+)")


@dataclass(frozen=True)
class Found:
    """One row for the contract: its values as text, and where it stands."""

    values: Mapping[str, str]
    sheet: str
    row: int


@dataclass
class Returned:
    """What a returned form says.

    Args:
        identity: who returned it: the values of the form's identity fields.
        keys: for each row that must be the only one of its kind, its name and its place.
        done, of: required fields and given rows that are filled in, and how many there are.
    """

    form: Form
    file: str
    sheet: str = ""
    language: str = ""
    rows: list[Found] = field(default_factory=list)
    identity: tuple[str, ...] = ()
    keys: dict[tuple[str, ...], str] = field(default_factory=dict)
    faults: list[CrmError] = field(default_factory=list)
    noticed: list[Sentence] = field(default_factory=list)
    done: int = 0
    of: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The contract columns that this form can fill, in the contract's order."""
        return fills(self.form)


def read(content: bytes, shown: str, *, table: str = "", business_type: str = "") -> list[Returned]:
    """What a workbook says; one `Returned`, or one a sheet of a form without a table.

    Args:
        shown: the file as messages name it.
        table: the contract table that the form must fill; any when empty.
        business_type: whose words the form has, where the file does not say.

    Raises:
        CrmError: it is no workbook, or no form, or one that fills another table.
    """
    book = _opened(content, shown)
    marks = _marks(book)
    known = forms(marks.get("business_type") or business_type)
    if marks and marks.get("form") not in known:
        found = marks.get("form", "")
        raise CrmError("forms.unknown_form", where=shown, found=found, has=list(known), nearest=nearest(found, list(known)))
    sheets = [_Sheet.of(sheet) for sheet in book.worksheets if not sheet.title.startswith("_")]
    fitting = {name: form for name, form in known.items() if table in ("", form.table)}
    form = known[marks["form"]] if marks else _by_labels(fitting, sheets, shown)
    if table not in ("", form.table):
        wanted = next(iter(fitting.values()), form)
        lang = marks.get("language", "ja")
        told = {"found": form.title.get(lang, form.id), "wanted": wanted.title.get(lang, wanted.id)}
        raise CrmError("forms.other_form", where=shown, **told)
    groups = [sheets] if form.grid else [[sheet] for sheet in sheets if _likeness(form, [sheet]) >= HALF] or [sheets]
    results = functools.cache(lambda: _opened(content, shown, results=True))
    return [_Reading(form, shown, group, book, results, marks).returned() for group in groups]


def together(returned: Sequence[Returned]) -> list[CrmError]:
    """Faults between files: two of the same respondent, and rows that two files of a kind both say."""
    faults: list[CrmError] = []
    seen: dict[tuple[str, tuple[str, ...]], Returned] = {}
    rows: dict[tuple[str, ...], str] = {}
    for told in returned:
        form = told.form
        if form.identity and all(told.identity):
            other = seen.setdefault((form.id, told.identity), told)
            if other is not told:
                label = next(e.label for e in form.fields if e.key == form.identity[-1]).get(told.language or "ja", "")
                found = " / ".join(told.identity)
                where = f"{told.file}:{told.sheet}"
                faults.append(CrmError("forms.same_respondent", where=where, label=label, found=found, other=other.file))
                continue
        if not form.identity:
            for key, place in told.keys.items():
                first = rows.setdefault((form.table, *key), place)
                if first != place:
                    found = " / ".join(part for part in key if part)
                    faults.append(CrmError("forms.same_row", where=place, found=found, other=first))
    return faults


# ---------------------------------------------------------------- the workbook
def _opened(content: bytes, shown: str, *, results: bool = False) -> Workbook:
    """The workbook; with `results` its formulas are their saved results."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of decoration that it cannot keep
            return load_workbook(io.BytesIO(content), data_only=results)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, SyntaxError, EOFError, AttributeError):
        raise CrmError("forms.not_a_workbook", where=shown) from None


def _marks(book: Workbook) -> dict[str, str]:
    """What the hidden sheet says: form, version, language, kind of business."""
    if FORM not in book.sheetnames:
        return {}
    told = {str(key): written(value or "") for key, value in book[FORM].iter_rows(max_col=2, values_only=True) if key}
    return told if told.get("form") else {}


@dataclass(frozen=True)
class _Sheet:
    """A sheet's cells that say anything, and its merged ranges as (top, left, bottom, right)."""

    name: str
    sheet: Worksheet
    cells: Mapping[Cell, Any]
    merged: tuple[tuple[int, int, int, int], ...]

    @classmethod
    def of(cls, sheet: Worksheet) -> _Sheet:
        cells = {(c.row, c.column): c.value for row in sheet.iter_rows() for c in row if not empty(c.value)}
        merged = tuple((r.min_row, r.min_col, r.max_row, r.max_col) for r in sheet.merged_cells.ranges)
        return cls(sheet.title, sheet, cells, merged)

    def text(self, cell: Cell) -> str:
        """A cell as people compare it."""
        value = self.cells.get(cell)
        return folded(written(value)) if value is not None else ""

    def after(self, cell: Cell) -> Cell:
        """The cell to the right, behind what the cell is merged with."""
        row, column = cell
        right = next((r for top, left, bottom, r in self.merged if top <= row <= bottom and left <= column <= r), column)
        return row, right + 1


def _labels(entries: Sequence[Entry]) -> dict[str, str]:
    return {folded(label): entry.key for entry in entries for label in entry.label.values()}


def _likeness(form: Form, sheets: Sequence[_Sheet]) -> float:
    """Which part of the form's labels the sheets have."""
    fields, columns = _labels(form.fields), _labels(form.columns)
    texts = [{folded(written(value)) for value in sheet.cells.values()} for sheet in sheets]
    found = {key for said in texts for label, key in {**fields, **columns}.items() if label in said}
    return len(found) / max(1, len(form.fields) + len(form.columns))


def _by_labels(known: Mapping[str, Form], sheets: Sequence[_Sheet], shown: str) -> Form:
    """The one form that the labels fit best."""
    ranked = sorted(((_likeness(form, sheets), name) for name, form in known.items()), reverse=True)
    if not ranked or ranked[0][0] < HALF or (len(ranked) > 1 and ranked[1][0] == ranked[0][0]):
        raise CrmError("forms.not_a_form", where=shown)
    return known[ranked[0][1]]


@functools.cache
def _printed(name: str, business_type: str) -> frozenset[str]:
    """Every text that the form itself says, in every language."""
    form = forms(business_type)[name]
    said: set[str] = set()
    for lang in languages():
        book = load_workbook(io.BytesIO(write(form, lang, business_type=business_type)))
        said |= {folded(str(c)) for sheet in book.worksheets for row in sheet.iter_rows(values_only=True) for c in row if c}
    return frozenset(said)


# ---------------------------------------------------------------- one form
class _Reading:
    """One form being read from its sheets."""

    def __init__(
        self,
        form: Form,
        shown: str,
        sheets: Sequence[_Sheet],
        book: Workbook,
        results: Callable[[], Workbook],
        marks: Mapping[str, str],
    ) -> None:
        self._form, self._sheets, self._marks = form, {sheet.name: sheet for sheet in sheets}, marks
        self._book, self._results = book, results
        self._told = Returned(form, shown, language=marks.get("language", ""))
        self._used: set[tuple[str, Cell]] = set()
        self._labels = {**_labels(form.fields), **_labels(form.columns)}

    def returned(self) -> Returned:
        """What the form says."""
        told = self._told
        self._version()
        head = self._head() if self._form.grid else None
        told.sheet = head[0].name if head else next(iter(self._sheets))
        fields, lacking = self._fields(head)
        if self._form.grid is None:
            if fields:
                told.rows.append(Found(self._known(fields), told.sheet, 1))
        elif head:
            self._table(*head, fields)
        own = {key for key, value in fields.items() if self._marks.get(f"given_{key}") != value}
        if not own and not told.rows and not self._touched():
            told.faults = [fault for fault in told.faults if fault.key.endswith(("_missing", "_twice", "_unsure"))]
            told.noticed.append(Sentence("forms.noticed.empty", {}))
        else:
            told.faults += lacking
        told.identity = tuple(fields.get(name, "") for name in self._form.identity)
        self._outside()
        return told

    def _touched(self) -> bool:
        return any(fault.key.rpartition(".")[2] in SAID for fault in self._told.faults)

    def _version(self) -> None:
        current, found = self._form.version, self._marks.get("version", "")
        if not self._marks:
            self._told.noticed.append(Sentence("forms.noticed.by_labels", {}))
        elif found != current:
            key = "newer" if _numbers(found) > _numbers(current) else "older"
            self._told.noticed.append(Sentence(f"forms.noticed.{key}", {"found": found, "current": current}))

    # ------------------------------------------------------------ places
    def _named(self, name: str) -> tuple[_Sheet, Cell] | None:
        """Where a defined name points to, when it points into these sheets."""
        defined = self._book.defined_names.get(name)
        for sheet in self._sheets.values():
            defined = sheet.sheet.defined_names.get(name) or defined
        found = NAME.fullmatch(defined.attr_text or "") if defined else None
        title = (found[1] or found[2]).replace("''", "'") if found else ""
        if not found or title not in self._sheets:
            return None
        column, row = coordinate_from_string(found[3].replace("$", ""))
        return self._sheets[title], (row, column_number(column))

    def _fields(self, head: tuple[_Sheet, int, dict[str, int]] | None) -> tuple[dict[str, str], list[CrmError]]:
        """The values of the fields that are filled in, and a fault for each required one that is not."""
        found: dict[str, str] = {}
        lacking: list[CrmError] = []
        for entry in self._form.fields:
            place = self._field(entry, head)
            self._told.of += entry.required
            if place is None:
                continue
            sheet, cell = place
            self._used.add((sheet.name, cell))
            read = self._cell(entry, sheet, cell)
            if read is None and entry.required and not self._faulty(sheet, cell):
                lacking.append(self._fault("required", sheet, cell, entry))
            if read is not None:
                self._told.done += entry.required
                found |= read
        return found, lacking

    def _field(self, entry: Entry, head: tuple[_Sheet, int, dict[str, int]] | None) -> tuple[_Sheet, Cell] | None:
        own = {folded(label) for label in entry.label.values()}
        hits = [
            (sheet, cell)
            for sheet in self._sheets.values()
            for cell in sorted(sheet.cells)
            if sheet.text(cell) in own and not (head and sheet is head[0] and cell[0] >= head[1])
        ]
        named = self._named(f"crm_field_{entry.key}")
        if named:
            sheet, (row, column) = named
            said = next((text for c in range(column - 1, 0, -1) if (text := sheet.text((row, c)))), "")
            if said in own:
                return named
            if said in self._labels or hits:
                told = {"label": self._label(entry), "found": said[:QUOTED]}
                self._told.faults.append(CrmError("forms.field_unsure", where=self._place(sheet, (row, column)), **told))
                return None
            return named
        if len(hits) == 1:
            return hits[0][0], hits[0][0].after(hits[0][1])
        key = "forms.field_twice" if hits else "forms.field_missing"
        many = {"n": len(hits)} if hits else {}
        self._told.faults.append(CrmError(key, where=self._told.file, label=self._label(entry), **many))
        return None

    def _head(self) -> tuple[_Sheet, int, dict[str, int]] | None:
        """The sheet and row of the table's header, and key → column."""
        labels = _labels(self._form.columns)
        named = {entry.key: place for entry in self._form.columns if (place := self._named(f"crm_column_{entry.key}"))}
        rows: dict[tuple[str, int], set[str]] = {}
        for sheet in self._sheets.values():
            for cell in sheet.cells:
                if key := labels.get(sheet.text(cell)):
                    rows.setdefault((sheet.name, cell[0]), set()).add(key)
        for sheet, (row, _) in named.values():
            rows.setdefault((sheet.name, row), set())
        best = sorted(rows, key=lambda place: (-len(rows[place]) - self._names_in(named, place), place))
        if not best or len(rows[best[0]]) + self._names_in(named, best[0]) < max(2, len(self._form.columns) * HALF):
            missing = next(entry for entry in self._form.columns if not entry.shown)
            self._told.faults.append(CrmError("forms.column_missing", where=self._told.file, label=self._label(missing)))
            return None
        name, row = best[0]
        twins = [place for place in best[1:] if len(rows[place]) >= max(2, len(rows[best[0]]) * 0.8)]
        if twins:
            where = f"{self._told.file}:{name}"
            others = ", ".join(f"{sheet}!{at}" for sheet, at in twins)
            self._told.faults.append(CrmError("forms.sheet_twice", where=where, found=others))
            return None
        return self._sheets[name], row, self._columns(self._sheets[name], row, named)

    @staticmethod
    def _names_in(named: Mapping[str, tuple[_Sheet, Cell]], place: tuple[str, int]) -> int:
        return sum((sheet.name, cell[0]) == place for sheet, cell in named.values())

    def _columns(self, sheet: _Sheet, row: int, named: Mapping[str, tuple[_Sheet, Cell]]) -> dict[str, int]:
        labels = _labels(self._form.columns)
        found: dict[str, int] = {}
        for entry in self._form.columns:
            hits = [c for (r, c) in sorted(sheet.cells) if r == row and labels.get(sheet.text((r, c))) == entry.key]
            place = named.get(entry.key)
            column = place[1][1] if place and place[0] is sheet and place[1][0] == row else None
            if column is not None and column not in hits:
                said = sheet.text((row, column))
                if said in labels or hits:
                    where = self._place(sheet, (row, column))
                    told = {"label": self._label(entry), "found": written(sheet.cells.get((row, column), ""))[:QUOTED]}
                    self._told.faults.append(CrmError("forms.column_unsure", where=where, **told))
                    continue
                hits = [column]
            if len(hits) == 1:
                found[entry.key] = hits[0]
            elif not entry.shown:
                key = "forms.column_twice" if hits else "forms.column_missing"
                many = {"n": len(hits)} if hits else {}
                where = self._place(sheet, (row, (hits or [1])[0]))
                self._told.faults.append(CrmError(key, where=where, label=self._label(entry), **many))
        return found

    # ------------------------------------------------------------ the table
    def _table(self, sheet: _Sheet, head: int, columns: dict[str, int], fields: Mapping[str, str]) -> None:
        grid = self._form.grid
        assert grid is not None
        inputs = {entry.key: entry for entry in grid.columns if not entry.shown and entry.key in columns}
        months = self._months(sheet, head, set(columns.values()))
        spread = self._spread_over(sheet, head, {*(columns[key] for key in inputs), *months.values()})
        last = max((row for row, _ in sheet.cells), default=head)
        numbers = self._numbers(sheet, head, last, columns)
        given_seen: set[str] = set()
        for row in range(head + 1, last + 1):
            cells = {key: (row, columns[key]) for key in inputs} | {name: (row, c) for name, c in months.items()}
            self._used |= {(sheet.name, cell) for cell in cells.values()}
            given = self._given(sheet, row, head, columns)
            if given:
                given_seen.add(given.key)
            own = [c for key, c in cells.items() if not (given and key in given.cells)]
            if all(empty(sheet.cells.get(cell)) for cell in own):
                continue
            if row in spread:
                self._told.faults.append(CrmError("forms.merged", where=self._place(sheet, spread[row][0]), found=spread[row][1]))
                continue
            if given is None and self._strange(sheet, row, head, columns, inputs):
                continue
            if (said := self._row(sheet, row, given, inputs, columns)) is None:
                continue
            values_of_row = {**fields, **({grid.key: given.key} if given and grid.key else {}), **said}
            if grid.numbered:
                values_of_row[grid.numbered] = f"{fields.get(grid.numbered_by, '')}-{numbers[row]}"
            self._add(sheet, row, values_of_row, months)
        self._told.of += len(given_seen) if grid.counts else 0

    def _strange(self, sheet: _Sheet, row: int, head: int, columns: Mapping[str, int], inputs: Mapping[str, Entry]) -> bool:
        """Tell a row that is none of the given ones and no free one either."""
        grid = self._form.grid
        assert grid is not None
        hidden = self._hidden_key(sheet, row, head)
        labelled = self._labelled(sheet, row, columns)
        if hidden or labelled or (grid.rows and not grid.blank):
            key, told = ("row_mixed", {"found": hidden or ", ".join(sorted(labelled))}) if hidden or labelled else ("row_unknown", {})
            self._told.faults.append(CrmError(f"forms.{key}", where=self._place(sheet, (row, 1)), **told))
            return True
        for key, entry in inputs.items():
            text = sheet.text((row, columns[key]))
            if entry.kind in PRIVATE and values.TOTALS.fullmatch(text):
                where = self._place(sheet, (row, columns[key]))
                self._told.faults.append(CrmError("forms.total_row", where=where, found=text))
                return True
        return False

    def _row(
        self, sheet: _Sheet, row: int, given: Row | None, inputs: Mapping[str, Entry], columns: Mapping[str, int]
    ) -> dict[str, str] | None:
        """What the cells of a row say; None when what was given in it was changed."""
        grid = self._form.grid
        assert grid is not None
        found: dict[str, str] = {}
        for key, entry in inputs.items():
            cell = (row, columns[key])
            said = given.cells.get(key) if given else None
            if said is not None:
                if isinstance(said, str):
                    if not self._unchanged(entry, sheet, cell, said):
                        where = self._place(sheet, cell)
                        self._told.faults.append(CrmError("forms.row_mixed", where=where, found=given.key if given else ""))
                        return None
                    found |= next((dict(c.gives) or {key: c.code} for c in entry.choices if c.code == said), {key: said})
                continue
            read = self._cell(entry, sheet, cell)
            if read is None and entry.required and not self._faulty(sheet, cell):
                self._told.faults.append(self._fault("required", sheet, cell, entry))
            if given and key == grid.counts and read is not None:
                self._told.done += 1
            found |= read or {}
        return found

    def _unchanged(self, entry: Entry, sheet: _Sheet, cell: Cell, said: str) -> bool:
        value = sheet.cells.get(cell)
        if empty(value):
            return True
        try:
            return values.read(entry, value) == values.read(entry, said)
        except Unsure:
            return False

    def _add(self, sheet: _Sheet, row: int, said: dict[str, str], months: Mapping[str, int]) -> None:
        """Keep a row, or of a table of months one row a filled cell; tell a second row of the same name."""
        grid = self._form.grid
        assert grid is not None
        unique = (*grid.unique, *((grid.numbered,) if grid.numbered else ()))
        if unique:
            key = tuple(said.get(name, "") for name in unique)
            place = self._place(sheet, (row, 1))
            other = self._told.keys.setdefault(key, place)
            if other != place:
                found = " / ".join(part for part in key if part)
                self._told.faults.append(CrmError("forms.row_twice", where=place, found=found, other=other))
                return
        if not grid.months:
            self._told.rows.append(Found(self._known(said), sheet.name, row))
            return
        measure = said.get("measure", "")
        kind: Any = "money" if measure == "amount" else "integer"
        for month, column in months.items():
            entry = Entry(key=measure, label={"ja": month, "en": month}, kind=kind)
            if measure and (read := self._cell(entry, sheet, (row, column))):
                self._told.rows.append(Found({**self._known(said), "month": month, **read}, sheet.name, row))

    def _known(self, said: Mapping[str, str]) -> dict[str, str]:
        """The values that the contract has a column for."""
        own = self._told.columns
        return {name: said[name] for name in own if name in said}

    # ------------------------------------------------------------ rows
    def _given(self, sheet: _Sheet, row: int, head: int, columns: Mapping[str, int]) -> Row | None:
        """The given row that this is, when its key and its words agree."""
        grid = self._form.grid
        assert grid is not None
        by_key = {given.key: given for given in grid.rows}
        hidden = self._hidden_key(sheet, row, head)
        labelled = self._labelled(sheet, row, columns)
        if hidden:
            words = [key for key in _naming(self._form) if key in columns and sheet.text((row, columns[key]))]
            return by_key.get(hidden) if not words or labelled == {hidden} else None
        return by_key[next(iter(labelled))] if len(labelled) == 1 and "" not in labelled else None

    def _hidden_key(self, sheet: _Sheet, row: int, head: int) -> str:
        named = self._named("crm_key")
        column = named[1][1] if named and named[0] is sheet and named[1][0] == head else None
        if column is None:
            column = next((c for (r, c) in sheet.cells if r == head and sheet.text((r, c)) == "key"), None)
        return written(sheet.cells.get((row, column), "")) if column else ""

    def _labelled(self, sheet: _Sheet, row: int, columns: Mapping[str, int]) -> set[str]:
        """The given rows that the words of this row name; with "" for words that name none beside words that do."""
        found: set[str] = set()
        unknown = False
        for key, words in _naming(self._form).items():
            text = sheet.text((row, columns[key])) if key in columns else ""
            if text in words:
                found.add(words[text])
            elif text:
                unknown = True
        return found | {""} if found and unknown else found

    def _numbers(self, sheet: _Sheet, head: int, last: int, columns: Mapping[str, int]) -> dict[int, int]:
        """Row → its printed number; rows without one count on behind the largest."""
        column = columns.get("number")
        told = {r: int(text) for r in range(head + 1, last + 1) if column and (text := sheet.text((r, column))).isdecimal()}
        most = max(told.values(), default=0)
        free = [r for r in range(head + 1, last + 1) if r not in told]
        return told | {r: most + i for i, r in enumerate(free, start=1)}

    def _months(self, sheet: _Sheet, head: int, taken: set[int]) -> dict[str, int]:
        """Month → column, from the headings behind the table's own columns."""
        grid = self._form.grid
        found: dict[str, int] = {}
        if grid is None or not grid.months:
            return found
        for row, column in sorted(sheet.cells):
            if row != head or column in taken or column <= max(taken, default=0):
                continue
            source = self._result(sheet, (row, column))
            value = source.value if source else ""
            try:
                month = values.month(value, self._epoch())
            except Unsure:
                where = self._place(sheet, (row, column))
                self._told.faults.append(CrmError("forms.month", where=where, found=written(value)[:QUOTED]))
                continue
            if month in found:
                where = self._place(sheet, (row, column))
                self._told.faults.append(CrmError("forms.month_twice", where=where, found=month))
            found.setdefault(month, column)
            self._used.add((sheet.name, (row, column)))
        return found

    def _spread_over(self, sheet: _Sheet, head: int, columns: set[int]) -> dict[int, tuple[Cell, str]]:
        """Rows below the header that share a merged cell of the columns to be filled in."""
        found: dict[int, tuple[Cell, str]] = {}
        for top, left, bottom, right in sheet.merged:
            if bottom > head and columns & set(range(left, right + 1)) and (top, left) in sheet.cells:
                cells = f"{letter(left)}{top}:{letter(right)}{bottom}"
                found |= {row: ((top, left), cells) for row in range(max(top, head + 1), bottom + 1)}
        return found

    # ------------------------------------------------------------ cells
    def _cell(self, entry: Entry, sheet: _Sheet, cell: Cell) -> dict[str, str] | None:
        """What a cell says; None for nothing, and for what is told as a fault."""
        source = self._result(sheet, cell)
        if source is None:
            self._told.faults.append(self._fault("formula", sheet, cell, entry))
            return None
        if empty(source.value):
            return None
        if source.data_type == "e":
            self._told.faults.append(self._fault("error_cell", sheet, cell, entry, found=str(source.value)))
            return None
        try:
            return values.read(entry, source.value, source.number_format, self._epoch())
        except Unsure as unsure:
            self._told.faults.append(self._unsure(unsure.why, entry, sheet, cell, source.value))
            return None

    def _result(self, sheet: _Sheet, cell: Cell) -> Any:
        """The cell, of a formula with its saved result; None when none was saved."""
        source = sheet.sheet.cell(*cell)
        if source.data_type != "f":
            return source
        source = self._results()[sheet.name].cell(*cell)
        return source if source.value is not None else None

    def _unsure(self, why: str, entry: Entry, sheet: _Sheet, cell: Cell, value: Any) -> CrmError:
        found = written(value)[:QUOTED]
        if why in ("choice", "choice_twice"):
            labels = [choice.label[self._language()] for choice in entry.choices]
            near = {"nearest": nearest(found, labels)} if why == "choice" else {}
            return self._fault(why, sheet, cell, entry, found=found, has=labels, **near)
        if why == "short":
            return self._fault(why, sheet, cell, entry, n=len(folded(found)), least=entry.least)
        if why == "company_reason":
            return self._fault(why, sheet, cell, entry, found=content.company_reason(written(value)))
        if why == "ditto":
            return self._fault(why, sheet, cell, entry, found=found)
        should = f"forms.should.{why}"
        if entry.kind in PRIVATE:
            return self._fault("hidden_value", sheet, cell, entry, should=should)
        return self._fault("value", sheet, cell, entry, found=found, should=should)

    def _fault(self, key: str, sheet: _Sheet, cell: Cell, entry: Entry, **told: object) -> CrmError:
        return CrmError(f"forms.{key}", where=self._place(sheet, cell), label=self._label(entry), **told)

    def _faulty(self, sheet: _Sheet, cell: Cell) -> bool:
        place = self._place(sheet, cell)
        return any(fault.where == place for fault in self._told.faults)

    def _outside(self) -> None:
        """Tell what people wrote beside the cells to be filled in."""
        printed = _printed(self._form.id, self._marks.get("business_type", ""))
        found = sorted(
            (sheet.name, cell)
            for sheet in self._sheets.values()
            for cell in sheet.cells
            if (sheet.name, cell) not in self._used
            and sheet.text(cell)
            and sheet.text(cell) not in printed
            and sheet.sheet.cell(*cell).data_type != "f"
            and not (self._form.grid and sheet.text(cell) in self._received())
        )
        if found:
            name, cell = found[0]
            first = f"{name}!{letter(cell[1])}{cell[0]}"
            self._told.noticed.append(Sentence("forms.noticed.outside", {"n": len(found), "first": first}))

    def _received(self) -> set[str]:
        """What the software itself wrote into printed cells."""
        entries = [entry.key for entry in self._form.columns if entry.shown]
        found: set[str] = set()
        for sheet in self._sheets.values():
            for key in entries:
                if place := self._named(f"crm_column_{key}"):
                    column = place[1][1]
                    found |= {sheet.text(cell) for cell in sheet.cells if place[0] is sheet and cell[1] == column}
        return found

    def _place(self, sheet: _Sheet, cell: Cell) -> str:
        return f"{self._told.file}:{sheet.name}!{letter(cell[1])}{cell[0]}"

    def _language(self) -> str:
        return self._told.language if self._told.language in languages() else "ja"

    def _label(self, entry: Entry) -> str:
        return entry.label[self._language()]

    def _epoch(self) -> datetime.datetime:
        epoch: datetime.datetime = self._book.epoch
        return epoch


def _naming(form: Form) -> dict[str, dict[str, str]]:
    """Columns whose printed words name a given row: column → folded words → the row's key."""
    grid = form.grid
    assert grid is not None
    found: dict[str, dict[str, str]] = {}
    for entry in grid.columns:
        said = [(row.key, row.cells.get(entry.key)) for row in grid.rows]
        if entry.choices or not said or not all(words for _, words in said):
            continue
        texts = [(folded(text), key) for key, words in said for text in (words.values() if isinstance(words, dict) else [words or ""])]
        if len({(text, key) for text, key in texts}) == len({text for text, _ in texts}):
            found[entry.key] = dict(texts)
    return found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
