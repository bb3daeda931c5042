"""A respondent who fills a form in with openpyxl, as Excel would: into the cells that the form marks."""

import datetime
import functools
import io

from openpyxl import load_workbook
from openpyxl.utils.cell import coordinate_from_string
from openpyxl.utils.cell import column_index_from_string as column_number

from crm_helpers.data.sheets.definition import form
from crm_helpers.data.sheets.reading import read
from crm_helpers.data.sheets.writing import write

WRITTEN = {"id": "A01", "text": "店舗営業部", "long": "毎週の会議で確かめ、記録に残している", "integer": 1200, "number": 12.5, "percent": 12.5, "money": 350000,
           "date": datetime.datetime(2026, 4, 10)}  # fmt: skip
READ = {"id": "A01", "text": "店舗営業部", "long": "毎週の会議で確かめ、記録に残している", "integer": "1200", "number": "12.5", "percent": "12.5", "money": "350000",
        "date": "2026-04-10"}  # fmt: skip


@functools.cache
def blank(name, lang):
    return write(form(name), lang)


class Sheet:
    """A form that lies open: `put` fills a field or a column's cell in, `back` reads what was returned."""

    def __init__(self, name, lang="ja", **how):
        self.form, self.lang = form(name), lang
        content = write(self.form, lang, **how) if how else blank(name, lang)
        self.book = load_workbook(io.BytesIO(content))

    def place(self, name):
        sheet, cell = self.book.defined_names[name].attr_text.replace("$", "").rsplit("!", 1)
        letters, row = coordinate_from_string(cell)
        return self.book[sheet.strip("'")], row, column_number(letters)

    @property
    def table(self):
        return self.place("crm_key")[0]

    def field(self, key, value):
        sheet, row, column = self.place(f"crm_field_{key}")
        sheet.cell(row, column).value = value
        return self

    def cell(self, key, number):
        """The cell of a column in the row of that number, from 1."""
        sheet, row, column = self.place(f"crm_column_{key}")
        return sheet.cell(row + number, column)

    def put(self, key, number, value):
        self.cell(key, number).value = value
        return self

    def column(self, key):
        return self.place(f"crm_column_{key}")[2]

    def row_of(self, key):
        sheet, head, column = self.place("crm_key")
        return next(row - head for row in range(head + 1, sheet.max_row + 1) if sheet.cell(row, column).value == key)

    def bytes(self):
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()

    def back(self, **how):
        return read(self.bytes(), "forms/returned.xlsx", **how)


def answer(entry, number=0, lang="ja"):
    """(what is written, what must be read) of an entry."""
    if entry.choices:
        choice = entry.choices[number % len(entry.choices)]
        return choice.label[lang], dict(choice.gives) or {entry.key: choice.code}
    written, read_back = WRITTEN[entry.kind], READ[entry.kind]
    if entry.kind == "id":
        written, read_back = f"A{number:02d}", f"A{number:02d}"
    return written, {entry.key: read_back}


def filled(name, lang="ja", **how):
    """The whole form filled in, and the rows that must be read; free rows: three of them."""
    sheet = Sheet(name, lang, **how)
    made = sheet.form
    fields = {}
    for i, entry in enumerate(made.fields):
        written, told = answer(entry, i, lang)
        sheet.field(entry.key, written)
        fields |= told
    if made.grid is None:
        return sheet, [fields]
    rows = []
    given = made.grid.rows
    for number in range(1, len(given) + min(3, made.grid.blank) + 1):
        row = given[number - 1] if number <= len(given) else None
        told = dict(fields)
        if row and made.grid.key:
            told[made.grid.key] = row.key
        for entry in made.grid.columns:
            if entry.shown:
                continue
            said = row.cells.get(entry.key) if row else None
            if isinstance(said, str):
                told |= {entry.key: said}
            elif said is None:
                written, back = answer(entry, number, lang)
                if entry.kind == "text":
                    written = f"{written}{number}"
                    back = {entry.key: written}
                sheet.put(entry.key, number, written)
                told |= back
        if made.grid.numbered:
            told[made.grid.numbered] = f"{fields[made.grid.numbered_by]}-{number}"
        rows.append(told)
    return sheet, rows
