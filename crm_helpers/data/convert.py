"""What a mapping says to do with cells before they are cleaned: constants, words for codes, signs of returns, tax.

Cells stay text here, so that what cannot be read is found and told in one place, when it is cleaned. Tax is converted once,
line by line, from the figure as the file has it, and rounded by the source's rule: `half_up` 四捨五入, `down` 切り捨て and
`up` 切り上げ, all by size, so that a return is the sale with its sign changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crm_helpers.data import clean
from crm_helpers.data.contract import EXPONENT, WORDED, Table
from crm_helpers.data.staging import quoted
from crm_helpers.params.schema import Source

SIGNED = ("amount", "quantity")
TAXED = ("amount", "discount")


def columns(source: Source) -> dict[str, list[str]]:
    """Contract columns and dimensions, each with the file's columns; without constants."""
    return source.columns | source.dimensions


def wanted(source: Source) -> list[str]:
    """The file's columns that the mapping uses, each once."""
    used = [part for parts in columns(source).values() for part in parts] + list(source.signs)
    return list(dict.fromkeys(used))


def select(source: Source, table: Table, rows: str, *, currency: str, basis: str) -> tuple[str, dict[str, list[str]]]:
    """A query of the staged rows with the converted cells, and contract column → its cells in that query.

    Args:
        rows: query of staged rows with file_no, row_no and `s0, s1, …` in the order of `wanted`.
        basis: `sales.tax`, what the report's amounts are to be.
    """
    places = {name: f"s{i}" for i, name in enumerate(wanted(source))}
    cells = {name: [places[part] for part in parts] for name, parts in columns(source).items()}
    made = {name: quoted(value) for name, value in source.constants.items()}
    for name, mapped in source.values.items():
        if name in cells and table.column(name).kind in WORDED:
            made[name] = _worded(f"tidy({cells[name][0]})", mapped)
    for name in sorted({*TAXED, *SIGNED} & set(cells)):
        figure = cells[name][0]
        if name in TAXED and taxed(source, basis):
            rate = f"(100 + {_rate(source, cells, made)})"
            times, over = (rate, "100") if basis == "included" else ("100", rate)
            figure = _rounded(figure, source, EXPONENT[currency], times=times, over=over)
        elif name in TAXED and source.rounding != "half_up":
            figure = _rounded(figure, source, EXPONENT[currency])
        if name in SIGNED and source.signs:
            figure = _signed(figure, [(places[column], values) for column, values in source.signs.items()])
        if figure != cells[name][0]:
            made[name] = figure
    own = "".join(f", {made[name]} as m_{name}" for name in sorted(made))
    return f"select *{own} from ({rows})", cells | {name: [f"m_{name}"] for name in made}


def taxed(source: Source, basis: str) -> bool:
    """Whether the source's amounts are not what the report is to have."""
    return source.tax is not None and basis in ("included", "excluded") and source.tax != basis


def _worded(text: str, mapped: Mapping[str, str]) -> str:
    cases = " ".join(f"when {quoted(_key(theirs))} then {quoted(ours)}" for theirs, ours in mapped.items())
    return f"case lower(fold({text})) {cases} else {text} end"


def _key(word: str) -> str:
    """A word as `lower(fold(tidy(x)))` gives it."""
    return word.strip(clean.EDGES).translate(clean.FOLD).lower()


def _rate(source: Source, cells: Mapping[str, Sequence[str]], made: Mapping[str, str]) -> str:
    """The line's tax rate, percent: its own, else the source's."""
    whole = str(source.tax_rate)
    if "tax_percent" not in cells and "tax_percent" not in made:
        return whole
    own = made.get("tax_percent") or cells["tax_percent"][0]
    return f"coalesce(try_cast(rtrim(fold(tidy({own})), '% ') as decimal(9, 3)), {whole})"


def _rounded(text: str, source: Source, places: int, *, times: str = "1", over: str = "1") -> str:
    """SQL of a figure times `times` over `over` in whole minor units by the source's rule, as text and without floats.

    What is no number stays as it is; `times` and `over` have up to three decimals.
    """
    micro = f"cast(try_cast(digits(tidy({text})) as decimal(24, 6)) * 1000000 as hugeint)"
    above = f"abs({micro}) * {10**places} * cast({times} * 1000 as hugeint)"
    below = f"1000000 * cast({over} * 1000 as hugeint)"
    whole = {
        "half_up": f"(2 * {above} + {below}) // (2 * {below})",
        "down": f"({above}) // ({below})",
        "up": f"({above} + {below} - 1) // ({below})",
    }[source.rounding]
    unit = f"({whole}) // {10**places}"
    cents = f" || '.' || lpad(cast(({whole}) % {10**places} as varchar), {places}, '0')" if places else ""
    return f"coalesce(case when {micro} < 0 then '-' else '' end || cast({unit} as varchar){cents}, {text})"


def _signed(text: str, where: Sequence[tuple[str, Sequence[str]]]) -> str:
    """SQL of minus the size of a figure in rows where a column holds one of the values."""
    tests = [f"lower(fold(tidy({place}))) in ({', '.join(quoted(_key(v)) for v in values)})" for place, values in where]
    plain = f"digits(tidy({text}))"
    return f"case when ({' or '.join(tests)}) and {plain} is not null then '-' || ltrim({plain}, '-') else {text} end"
