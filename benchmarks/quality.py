"""How long all data checks take on 10 million order lines, beside the same figures in plain pandas and polars.

    python benchmarks/quality.py [lines] [folder]

The lines are made by DuckDB straight into Parquet (800,000 customers, 20,000 products, 200 stores, 36 months). Every engine
runs in a process of its own; CPU seconds and peak memory are the process's. The peers compute the figures that the checks of
order lines need (fill rates, rules, months by store and channel, first purchases, references, prices), not the words.
`pip install -r benchmarks/requirements.txt` brings the peers.
"""

from __future__ import annotations

import datetime
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AS_OF = datetime.date(2025, 12, 31)
TABLES = ("order_lines", "customers", "products", "stores")
MONTHS, CUSTOMERS, PRODUCTS, STORES = 36, 800_000, 20_000, 200


def generate(folder: Path, lines: int) -> None:
    """The four tables with the contract's columns, sorted by day as an import leaves them."""
    import duckdb

    from crm_helpers.data.contract import TABLES as CONTRACT

    folder.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    made = {
        "order_lines": f"""
            select 'O' || lpad(cast(i // 5 as varchar), 9, '0') as order_id, i % 5 + 1 as line_no,
              date '2023-01-01' + cast(i * 1096 // {lines} as integer) as ordered_on,
              lpad(cast(8 + hash(i // 5) % 13 as varchar), 2, '0') || ':30' as ordered_at,
              case when hash(i // 5, 1) % 100 < 80
                then 'C' || lpad(cast(cast(floor(pow((hash(i // 5, 2) % 1000000) / 1000000.0, 2) * {CUSTOMERS} * 1.001) as bigint)
                as varchar), 8, '0') end as customer_id,
              'S' || lpad(cast(hash(i // 5, 3) % {STORES} as varchar), 3, '0') as store_id,
              'P' || lpad(cast(hash(i, 4) % {PRODUCTS + 100} as varchar), 6, '0') as product_id,
              case when hash(i // 5, 5) % 4 = 0 then 'ec' else 'store' end as channel,
              1 + cast(hash(i, 6) % 3 as bigint) as quantity,
              (1 + cast(hash(i, 6) % 3 as bigint)) * (100 + cast(hash(hash(i, 4) % {PRODUCTS + 100}) % 5000 as bigint)) as amount,
              0 as discount, 10 as tax_percent from range({lines}) t(i)""",
        "customers": f"""
            select 'C' || lpad(cast(i as varchar), 8, '0') as customer_id,
              date '2015-01-01' + cast(hash(i) % 4000 as integer) as joined_on,
              1940 + cast(hash(i, 1) % 65 as bigint) as birth_year,
              1 + cast(hash(i, 2) % 12 as bigint) as birth_month, case when hash(i, 3) % 2 = 0 then 'F' else 'M' end as gender,
              lpad(cast(hash(i, 4) % 900 as varchar), 3, '0') as postal_area from range({CUSTOMERS}) t(i)""",
        "products": f"""
            select 'P' || lpad(cast(i as varchar), 6, '0') as product_id, 'k' || i % 30 as category,
              100 + cast(hash(i::ubigint) % 5000 as bigint) as unit_price from range({PRODUCTS}) t(i)""",
        "stores": f"select 'S' || lpad(cast(i as varchar), 3, '0') as store_id, 'n' || i as name from range({STORES}) t(i)",
    }
    for name, text in made.items():
        given = {column[0] for column in con.execute(f"describe ({text})").fetchall()}
        cells = ", ".join(
            f"cast({c.name if c.name in given else 'null'} as {c.sql_type}) as {c.name}" for c in CONTRACT[name].columns
        )
        con.execute(f"copy (select {cells} from ({text})) to '{folder / name}.parquet' (format parquet, compression zstd)")


def ours(folder: Path) -> object:
    """All checks, through `examine`."""
    from crm_helpers.data.contract import TABLES as CONTRACT
    from crm_helpers.data.engine import DuckDBEngine
    from crm_helpers.data.quality.examine import examine
    from crm_helpers.data.tables import Tables
    from crm_helpers.document import Basis

    engine = DuckDBEngine()
    filled = {}
    for name, table in CONTRACT.items():
        cells = ", ".join(f"cast(null as {column.sql_type}) as {column.name}" for column in table.columns)
        if name in TABLES:
            engine.attach(name, folder / f"{name}.parquet")
            counts = engine.sql(f"select {', '.join(f'count({c}) as {c}' for c in table.names)} from {name}").iloc[0]
            filled[name] = [c for c in table.names if counts[c]]
        else:
            engine.materialise(name, f"select {cells} where false", None)
    span = (datetime.date(2023, 1, 1), AS_OF)
    tables = Tables(engine, as_of=AS_OF, filled=filled, span=span, basis=Basis(), fingerprint="")
    before = used()
    found = examine(tables)
    print(json.dumps({"checks_only": used() - before}), file=sys.stderr)
    return [(f.id, f.affected) for f in found.findings]


def with_pandas(folder: Path) -> object:
    """The figures of the checks, as an analyst would write them."""
    import pandas as pd

    wanted = ["order_id", "line_no", "ordered_on", "ordered_at", "customer_id", "store_id", "product_id", "channel", "quantity",
              "amount", "discount", "tax_percent"]  # fmt: skip
    lines = pd.read_parquet(folder / "order_lines.parquet", columns=wanted)
    masters = {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES[1:]}
    lines["ordered_on"] = pd.to_datetime(lines["ordered_on"])
    fill = lines.notna().sum()
    sign = int(((lines["quantity"] < 0) & (lines["amount"] > 0) | (lines["quantity"] > 0) & (lines["amount"] < 0)).sum())
    zero = int((lines["amount"] == 0).sum())
    odd = [int((lines["discount"] < 0).sum()), int((~lines["tax_percent"].between(0, 30)).sum()),
           int((~lines["quantity"].between(-10000, 10000)).sum())]  # fmt: skip
    month = lines["ordered_on"].dt.year * 12 + lines["ordered_on"].dt.month - 1
    member = lines["amount"].where(lines["customer_id"].notna(), 0)
    by_month = lines.assign(month=month, member=member).groupby(["month", "store_id", "channel"]).agg(
        n=("amount", "size"), money=("amount", "sum"), members=("member", "sum"))  # fmt: skip
    firsts = lines.groupby("customer_id").agg(first=("ordered_on", "min"), n=("amount", "size"), money=("amount", "sum"))
    lost = [int(firsts.loc[~firsts.index.isin(masters["customers"]["customer_id"]), "n"].sum())]
    for column, name in (("product_id", "products"), ("store_id", "stores")):
        lost.append(int((~lines[column].isin(masters[name][column])).sum()))
    priced = lines[["product_id", "quantity", "amount", "discount"]].merge(masters["products"][["product_id", "unit_price"]])
    ratio = (priced["amount"] + priced["discount"]) / (priced["unit_price"] * priced["quantity"])
    forms = firsts.groupby([firsts["first"].dt.year * 12 + firsts["first"].dt.month - 1, firsts.index.str.len()]).size()
    people = masters["customers"]
    alike = people.groupby(["birth_year", "birth_month", "gender", "postal_area", "joined_on"]).size()
    return [
        int(fill.sum()),
        sign,
        zero,
        odd,
        len(by_month),
        lost,
        int((~ratio.between(0.2, 1.2)).sum()),
        len(forms),
        int((alike > 1).sum()),
    ]


def with_polars(folder: Path) -> object:
    """The same figures, lazily."""
    import polars as pl

    lines = pl.scan_parquet(folder / "order_lines.parquet")
    masters = {name: pl.scan_parquet(folder / f"{name}.parquet") for name in TABLES[1:]}
    wanted = ["order_id", "line_no", "ordered_on", "ordered_at", "customer_id", "store_id", "product_id", "channel", "quantity",
              "amount", "discount", "tax_percent"]  # fmt: skip
    q, a = pl.col("quantity"), pl.col("amount")
    rules = lines.select(
        *(pl.col(name).count().alias(f"fill_{name}") for name in wanted),
        (((q < 0) & (a > 0)) | ((q > 0) & (a < 0))).sum().alias("sign"),
        (a == 0).sum().alias("zero"),
        (pl.col("discount") < 0).sum().alias("discount_below"),
        (~pl.col("tax_percent").is_between(0, 30)).sum().alias("tax_outside"),
        (~q.is_between(-10000, 10000)).sum().alias("quantity_outside"),
    )
    month = pl.col("ordered_on").dt.year() * 12 + pl.col("ordered_on").dt.month() - 1
    by_month = lines.group_by(month.alias("month"), "store_id", "channel").agg(
        pl.len(), a.sum().alias("money"), a.filter(pl.col("customer_id").is_not_null()).sum().alias("members"))  # fmt: skip
    firsts = lines.filter(pl.col("customer_id").is_not_null()).group_by("customer_id").agg(
        pl.col("ordered_on").min().alias("first"), pl.len().alias("n"), a.sum().alias("money"))  # fmt: skip
    lost = [firsts.join(masters["customers"], on="customer_id", how="anti").select(pl.col("n").sum())]
    for column, name in (("product_id", "products"), ("store_id", "stores")):
        lost.append(lines.group_by(column).len().join(masters[name], on=column, how="anti").select(pl.col("len").sum()))
    ratio = (a + pl.col("discount")) / (pl.col("unit_price") * q)
    price = lines.join(masters["products"].select("product_id", "unit_price"), on="product_id").select(
        (~ratio.is_between(0.2, 1.2)).sum()
    )
    first = pl.col("first").dt.year() * 12 + pl.col("first").dt.month() - 1
    forms = firsts.group_by(first, pl.col("customer_id").str.len_chars().alias("size")).len()
    alike = (
        masters["customers"]
        .group_by(["birth_year", "birth_month", "gender", "postal_area", "joined_on"])
        .len()
        .filter(pl.col("len") > 1)
    )
    parts = [rules, by_month, *lost, price, forms, alike]
    return [len(part) for part in pl.collect_all(parts)]


def used() -> float:
    """CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


ENGINES = {"crm": ours, "pandas": with_pandas, "polars": with_polars}


def main() -> None:
    """Make the lines when they are not there, then run each engine in a process of its own."""
    if sys.argv[1:2] == ["--run"]:
        engine, folder = sys.argv[2], Path(sys.argv[3])
        started = time.perf_counter()
        result = ENGINES[engine](folder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told = {
            "engine": engine,
            "cpu_s": round(used(), 2),
            "wall_s": round(time.perf_counter() - started, 2),
            "peak_mb": round(peak),
        }
        print(json.dumps(told | {"result": str(result)[:300]}))
        return
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.gettempdir()) / f"crm-bench-quality-{lines}"
    if not (folder / "stores.parquet").is_file():
        generate(folder, lines)
    for engine in ENGINES:
        subprocess.run([sys.executable, __file__, "--run", engine, str(folder)], check=False)


if __name__ == "__main__":
    main()
