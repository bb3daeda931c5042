"""What the core analyses cost, beside openretailscience, polars and pandas.

    python benchmarks/analyses.py [lines] [folder] [--peers python-of-another-environment]

The lines are those of `quality.py`. Every engine runs in a process of its own; ours first from nothing, then one page (RFM)
again from the tables that the first run stored. CPU seconds are those of all cores, without imports of libraries.
openretailscience wants other versions than ours: `pip install openretailscience polars` into an environment of its own, and name
its Python; without one only ours is measured. polars and pandas do four analyses (RFM, cohorts, gaps, new and lapsed) as an
analyst would write them.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from quality import generate

AS_OF = datetime.date(2025, 12, 31)
FIRST = datetime.date(2023, 1, 1)
STORED = "stored"  # our derived tables, in a folder beside the lines
Step = tuple[str, Callable[[], object]]


def ours(folder: Path) -> Iterator[Step]:
    """Our metrics, as the notebook calls them."""
    from crm_helpers import metrics
    from crm_helpers.data.contract import TABLES
    from crm_helpers.data.engine import DuckDBEngine
    from crm_helpers.data.tables import Tables
    from crm_helpers.document import Basis
    from crm_helpers.params.periods import Periods, month_key, months

    engine, filled = DuckDBEngine(), {}
    for name, table in TABLES.items():
        if (folder / f"{name}.parquet").is_file():
            engine.attach(name, folder / f"{name}.parquet")
            filled[name] = list(table.names) if name != "order_lines" else [c for c in table.names if c in LINES]
        else:
            cells = ", ".join(f"cast(null as {column.sql_type}) as {column.name}" for column in table.columns)
            engine.materialise(name, f"select {cells} where false", None)
    (folder / STORED).mkdir(exist_ok=True)
    tables = Tables(
        engine, as_of=AS_OF, filled=filled, span=(FIRST, AS_OF), basis=Basis(), fingerprint="", folder=folder / STORED
    )
    start = month_key(datetime.date(2025, 1, 1))
    periods = Periods(current=months(start, 12), compare=months(start - 12, 12))
    known = {"first_orders_known": True}
    m = metrics
    bands = m.rfm.Bands(recency_days=(30, 60, 90, 180), orders=(2, 3, 5, 8), window_months=24)
    yield "rfm", lambda: m.rfm.cells(tables, as_of=AS_OF, bands=bands, k=5)
    yield "cohort", lambda: m.cohort.by_month(tables, as_of=AS_OF, k=5, **known)
    yield "tree", lambda: m.kpi.tree(tables, periods=periods, **known)
    yield "gaps", lambda: m.gaps.quantiles(tables, as_of=AS_OF)
    yield "second order (Kaplan-Meier)", lambda: m.repeat.curves(tables, as_of=AS_OF, periods=periods, **known)
    yield "return by purchase number", lambda: m.repeat.steps(tables, as_of=AS_OF, periods=periods, k=5, **known)
    yield "new, retained, lapsed", lambda: m.bridge.bridge(tables, periods=periods, k=5, **known)
    yield "lifetime summary", lambda: m.lifetime_value.summary(tables, AS_OF, AS_OF)
    yield "channel table", lambda: m.channels.by_channel(tables, periods=periods)
    channels = functools.cache(lambda: m.channels.by_channel(tables, periods=periods))
    yield "channels overlap", lambda: m.channels.overlap(tables, channels(), periods=periods, k=5)
    yield "baskets", lambda: m.cross_purchase.pairs(tables, periods=periods, k=5)


def retailscience(folder: Path) -> Iterator[Step]:
    """openretailscience on a lazy table, its fastest way."""
    import ibis
    from openretailscience.analysis.cohort import CohortAnalysis
    from openretailscience.analysis.cross_shop import CrossShop
    from openretailscience.analysis.customer import DaysBetweenPurchases, TransactionChurn
    from openretailscience.analysis.product_association import ProductAssociation
    from openretailscience.analysis.revenue_tree import RevenueTree
    from openretailscience.experimental import clv
    from openretailscience.segmentation import nlr
    from openretailscience.segmentation.rfm import RFMSegmentation
    from openretailscience.segmentation.segstats import SegTransactionStats

    read = ibis.duckdb.connect().read_parquet(folder / "order_lines.parquet")
    lines = read.filter(read.customer_id.notnull()).mutate(
        transaction_id=read.order_id,
        transaction_date=read.ordered_on.cast("timestamp"),
        unit_quantity=read.quantity,
        unit_spend=read.amount,
        unit_price=read.amount / read.quantity,
        yr=read.ordered_on.year(),
    )
    summary = next(c for c in vars(clv).values() if isinstance(c, type) and hasattr(c, "_compute_summary"))
    flow = next(c for n, c in vars(nlr).items() if isinstance(c, type) and n.lower().startswith(("nlr", "new")))
    yield "rfm", lambda: RFMSegmentation(lines, current_date="2025-12-31", r_segments=5, f_segments=5, m_segments=5).df
    yield "lifetime summary", lambda: summary(lines, period="day", observation_period_end="2025-12-31").df
    yield "cohort", lambda: CohortAnalysis(lines, "customer_id").df
    yield "tree", lambda: RevenueTree(lines, "yr", 2024, 2025).df
    yield "gaps", lambda: DaysBetweenPurchases(lines).df
    yield "return by purchase number", lambda: TransactionChurn(lines, churn_period=365).df
    yield "new, retained, lapsed", lambda: flow(lines, "yr", 2024, 2025).df
    yield (
        "channels overlap",
        lambda: (
            CrossShop(
                lines, group_1_col="channel", group_1_val="store", group_2_val="ec", group_3_val="app", labels=["a", "b", "c"]
            ).cross_shop_df
        ),
    )
    yield "channel table", lambda: SegTransactionStats(lines, "channel", calc_total=False).df
    yield (
        "baskets",
        lambda: ProductAssociation(lines, value_col="product_id", group_col="transaction_id", min_support=0.0001).df,
    )


def with_polars(folder: Path) -> Iterator[Step]:
    """Four of them in lazy polars."""
    import polars as pl

    lines = pl.scan_parquet(folder / "order_lines.parquet").filter(pl.col("customer_id").is_not_null())
    day, who = pl.col("ordered_on"), "customer_id"
    month = day.dt.year().cast(pl.Int32) * 12 + day.dt.month()
    first = lines.group_by(who).agg(day.min().alias("first"))
    money = pl.col("amount").sum()
    yield (
        "rfm",
        lambda: (
            lines.group_by(who)
            .agg(day.max().alias("last"), pl.col("order_id").n_unique().alias("orders"), money)
            .with_columns(pl.col("last").rank("dense"), pl.col("orders").rank("dense"))
            .collect()
        ),
    )
    yield (
        "cohort",
        lambda: (
            lines.join(first, on=who)
            .group_by(pl.col("first").dt.truncate("1mo"), month.alias("month"))
            .agg(pl.col(who).n_unique())
            .collect()
        ),
    )
    yield (
        "gaps",
        lambda: (
            lines.select(who, "ordered_on")
            .unique()
            .sort(who, "ordered_on")
            .with_columns(day.diff().over(who).alias("gap"))
            .select(pl.col("gap").quantile(0.5))
            .collect()
        ),
    )
    yield (
        "new, retained, lapsed",
        lambda: lines.group_by(who, day.dt.year()).agg(money).collect().pivot("ordered_on", index=who, values="amount"),
    )


def with_pandas(folder: Path) -> Iterator[Step]:
    """Four of them in pandas; the reading counts with the first."""
    import pandas as pd

    kept: dict[str, pd.DataFrame] = {}

    def lines() -> pd.DataFrame:
        if not kept:
            wanted = ["order_id", "customer_id", "ordered_on", "amount"]
            kept["lines"] = pd.read_parquet(folder / "order_lines.parquet", columns=wanted).dropna(subset="customer_id")
            kept["lines"]["ordered_on"] = pd.to_datetime(kept["lines"]["ordered_on"])
        return kept["lines"]

    def cohort() -> object:
        frame = lines()
        first = frame.groupby("customer_id")["ordered_on"].transform("min").dt.to_period("M")
        return frame.groupby([first, frame["ordered_on"].dt.to_period("M")])["customer_id"].nunique()

    def flow() -> object:
        return lines().groupby(["customer_id", lines()["ordered_on"].dt.year])["amount"].sum()

    def gaps() -> object:
        days = lines()[["customer_id", "ordered_on"]].drop_duplicates().sort_values(["customer_id", "ordered_on"])
        return days.groupby("customer_id")["ordered_on"].diff().quantile(0.5)

    yield (
        "rfm",
        lambda: lines().groupby("customer_id").agg({"ordered_on": "max", "order_id": "nunique", "amount": "sum"}).rank(),
    )
    yield "cohort", cohort
    yield "gaps", gaps
    yield "new, retained, lapsed", flow


LINES = ("order_id", "line_no", "ordered_on", "ordered_at", "customer_id", "store_id", "product_id", "channel", "quantity",
         "amount", "discount", "tax_percent")  # fmt: skip
ENGINES = {"crm": ours, "openretailscience": retailscience, "polars": with_polars, "pandas": with_pandas}


def used() -> float:
    """CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(engine: str, folder: Path, only: str | None) -> None:
    """Run one engine's analyses in this process and print what each cost."""
    steps = list(ENGINES[engine](folder))
    laps: dict[str, float] = {}
    for name, step in steps:
        if only in (None, name):
            before = used()
            step()
            laps[name] = round(used() - before, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"engine": engine, "analyses": len(laps), "cpu_s": round(sum(laps.values()), 2), "peak_mb": round(peak)}
    print(json.dumps(told | {"laps": laps}), flush=True)


def main() -> None:
    """Make the lines when they are not there, then run each engine in a process of its own."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("lines", type=int, nargs="?", default=10_000_000)
    asked.add_argument("folder", type=Path, nargs="?")
    asked.add_argument("--peers", help="the Python of an environment with openretailscience and polars")
    asked.add_argument("--run", choices=ENGINES, help=argparse.SUPPRESS)
    asked.add_argument("--only", help=argparse.SUPPRESS)
    given = asked.parse_args()
    folder = given.folder or Path(tempfile.gettempdir()) / f"crm-bench-{given.lines}"
    if given.run:
        measure(given.run, folder, given.only)
        return
    if not (folder / "stores.parquet").is_file():
        generate(folder, given.lines)
    shutil.rmtree(folder / STORED, ignore_errors=True)
    runs = [("crm", None), ("crm", "rfm"), *((name, None) for name in ENGINES if given.peers and name != "crm")]
    for engine, only in runs:
        python = sys.executable if engine == "crm" else given.peers
        command = [python, __file__, str(given.lines), str(folder), "--run", engine, *(["--only", only] if only else [])]
        subprocess.run(command, check=False)


if __name__ == "__main__":
    main()
