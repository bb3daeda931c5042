"""The pages of docs/ that are made from the code: `crm store` writes them, `crm store --check` tells which are out of date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from crm_helpers.data.conditions import ANY_OF, BEHAVIOUR, OPS, SOURCES, Field, own_fields
from crm_helpers.data.contract import EXPONENT, TABLES, Column, Table
from crm_helpers.data.quality.references import references_of
from crm_helpers.domain.glossary import terms
from crm_helpers.params import paths
from crm_helpers.report.needed import contents
from crm_helpers.text.catalogue import Voice


def glossary() -> str:
    """`docs/glossary.md` from `crm_helpers/domain/glossary.csv`."""
    rows = [(t.term_ja, t.term_en, f"`{t.identifier}`", t.definition_ja, t.definition_en) for t in terms()]
    return _page(
        "Glossary",
        "crm_helpers/domain/glossary.csv",
        _table(("日本語", "English", "identifier", "定義", "definition"), rows),
    )


def data_contract() -> str:
    """`docs/data_contract.md` from `crm_helpers/data/contract/`, the references, and what the metrics say they need."""
    kinds = ", ".join(f"{currency} {digits}" for currency, digits in EXPONENT.items())
    head = (
        "The tables a client can give. What is not here is never imported; there is no column for a person's name, mail,\n"
        "telephone or address. `params/<client>.yaml` says which column of an export is which (`data:`). A row\n"
        f"that lacks a required column is set aside and counted. Money is in minor units (decimal places: {kinds}); dates are\n"
        "local dates. `crm check <client>` tells what does not fit, with file and line. Under a table stand the contents of the\n"
        "reports that need it; a content whose tables or columns are lacking is left out, and the report says so."
    )
    return _page("Data contract", "crm_helpers/data/contract/", head, *(_contract_table(t) for t in TABLES.values()))


def condition_fields() -> str:
    """`docs/conditions.md` from `crm_helpers/data/conditions.py`."""
    head = (
        "A segment in `params/<client>.yaml` is a condition on customers. A comparison has a `field`, an `op`, a `value` (a\n"
        "list where several may stand) and, for behaviour, `within` (`90d`, `6m`, `1y`: the days up to `as_of`, inclusive).\n"
        "`all`, `any` and `not` put conditions together; `segment` names another one. What is not known compares as false.\n"
        "Days are dates or `as_of`, `as_of-180d`, `as_of-6m`, `as_of-1y`. Money is in the currency's unit, no separators."
    )
    rows = [
        (f"`{name}`", "names" if f.named else f.sort, _code(ANY_OF if f.named else OPS[f.sort]), _within(f), f"`{f.needs}`")
        for name, f in {**own_fields(), **BEHAVIOUR}.items()
    ]
    table = _table(("field", "kind", "op", "within", "needs"), rows)
    return _page("Conditions", "crm_helpers/data/conditions.py", head, EXAMPLE, table)


EXAMPLE = """```yaml
segments:
  lapsing_regulars:
    name: {ja: 足が遠のいた常連, en: Regulars who stay away}
    where:
      all:
        - {field: orders, op: at_least, value: 4, within: 1y}
        - not: {field: orders, op: at_least, value: 1, within: 90d}
        - {field: consent, op: any_of, value: [mail, line]}
```"""


def _within(field: Field) -> str:
    return f"`{SOURCES[field.source].day}`" if SOURCES[field.source].day else ""


PAGES: dict[str, Callable[[], str]] = {
    "docs/glossary.md": glossary,
    "docs/data_contract.md": data_contract,
    "docs/conditions.md": condition_fields,
}


def write() -> list[Path]:
    """Write the pages that are out of date; the files written."""
    written = stale()
    for path in written:
        path.parent.mkdir(exist_ok=True)
        path.write_text(PAGES[paths.shown(path)](), "utf-8")
    return written


def stale() -> list[Path]:
    """The files that are not what the code says."""
    files = ((paths.root() / name, made()) for name, made in PAGES.items())
    return [path for path, text in files if not path.is_file() or path.read_text("utf-8") != text]


def _contract_table(table: Table) -> str:
    told = [f"{table.about} Key: {_code(table.key)}."]
    if table.dated:
        told.append(f"Rows after `as_of` are set aside, by {_code([table.dated])}.")
    named = {r.column: f"`{r.target}.{r.key}`" for r in references_of(table.name)}
    rows = [
        (f"`{c.name}`", c.kind, f"`{c.sql_type}`", "yes" if c.required else "", named.get(c.name, ""), _meaning(c))
        for c in table.columns
    ]
    head = ("column", "kind", "stored as", "required", "names", "meaning")
    return "\n\n".join((f"## {table.name}", " ".join(told), _table(head, rows), *_feeds(table)))


def _meaning(column: Column) -> str:
    """What it means, what a choice may say, and whether its day may lie ahead."""
    choices = f" One of {_code(column.choices)}." if column.choices else ""
    return f"{column.about}{choices}{' May lie after `as_of`.' if column.planned else ''}"


def _feeds(table: Table) -> list[str]:
    """The contents of the reports that cannot do without the table, each with all it needs."""
    voice, needed = Voice("en"), dict[str, dict[str, None]]()
    for content in contents():
        if any(name.partition(".")[0] == table.name for name in content.needs):
            needed.setdefault(voice.say(content.words), {}).update(dict.fromkeys(content.needs))
    lines = [f"- {words}: {_code(names)}" for words, names in needed.items()]
    return ["Needed by:\n\n" + "\n".join(lines)] if lines else []


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _page(title: str, source: str, *parts: str) -> str:
    note = f"<!-- Made from {source} by `crm store`. Change it there. -->"
    return "\n\n".join((f"# {title}", note, *parts)) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_row(cells) for cells in (head, ["---"] * len(head), *rows))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
