"""What the effect review costs: every metric of chapter 05 over campaigns with hold-outs, in CPU seconds of all cores.

    python benchmarks/effects.py [customers] [campaigns] [contacts-per-campaign]

A million customers with five order lines each over three years, fifty campaigns of a hundred thousand people each by default; a
tenth is left out. The tables are made with DuckDB from hashes: the same on every machine.
"""

from __future__ import annotations

import argparse
import datetime
import json
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb

AS_OF = datetime.date(2025, 12, 31)
FIRST = datetime.date(2023, 1, 1)
LINES = ("order_id", "line_no", "ordered_on", "ordered_at", "customer_id", "product_id", "quantity", "amount", "discount",
         "tax_percent")  # fmt: skip
TABLES = {
    "products": """
        select 'P' || i as product_id, 100 + i as unit_cost from range(300) t(i)""",
    "customers": """
        select printf('%08d', i) as customer_id, 'consumer' as kind, date '2022-06-01' as joined_on
        from range({customers}) t(i)""",
    "order_lines": """
        select 'O' || printf('%09d', i) as order_id, '1' as line_no, printf('%08d', hash(i, 1) % {customers}) as customer_id,
               date '2023-01-01' + cast(hash(i, 2) % 1096 as integer) as ordered_on,
               cast(null as timestamp) as ordered_at, 'P' || (hash(i, 3) % 300) as product_id, 1 + hash(i, 4) % 3 as quantity,
               cast((1 + hash(i, 4) % 3) * (500 + hash(i, 5) % 1500) as bigint) as amount,
               case when hash(i, 6) % 10 = 0 then 100 end as discount, 10 as tax_percent
        from range({customers} * 5) t(i)""",
    "campaigns": """
        select 'C' || printf('%03d', i) as campaign_id, 'campaign ' || i as name, 'active' as stage, 'frequency' as purpose,
               'kpi' as kpi, 's' || i as segment, 'mail' as channel, 'offer' || i as offer,
               date '2025-01-06' + cast(i * 6 as integer) as starts_on, 30 as window_days, {contacts} as eligible,
               10.0 as control_percent, 12.0 as expected_rate, 10.0 as expected_control_rate, 100000 as planned_cost,
               100000 as cost, 'text' as message
        from range({campaigns}) t(i)""",
    "contacts": """
        select 'K' || c || '-' || i as contact_id, 'C' || printf('%03d', c) as campaign_id,
               printf('%08d', (i * ({customers} // {contacts}) + c) % {customers}) as customer_id,
               cast(date '2025-01-06' + cast(c * 6 as integer) as timestamp) as assigned_at, 'mail' as channel,
               case when hash(c, i) % 10 = 0 then 'control' else 'treatment' end as arm,
               case when hash(c, i) % 10 = 0 then null
                    else cast(date '2025-01-06' + cast(c * 6 as integer) as timestamp) + interval 2 hour end as sent_at,
               true as delivered, case when hash(c, i, 1) % 4 = 0 then timestamp '2025-12-30' end as opened_at,
               case when hash(c, i, 2) % 400 = 0 then cast(date '2025-01-07' + cast(c * 6 as integer) as timestamp) end
                 as opted_out_at
        from range({contacts}) t(i), range({campaigns}) u(c)""",
}


def main() -> None:
    """Make the tables, run each metric as the notebook calls it, print what each cost."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("customers", type=int, nargs="?", default=1_000_000)
    asked.add_argument("campaigns", type=int, nargs="?", default=50)
    asked.add_argument("contacts", type=int, nargs="?", default=100_000)
    given = asked.parse_args()
    folder = Path(tempfile.gettempdir()) / f"crm-bench-effects-{given.customers}-{given.campaigns}-{given.contacts}"
    if not folder.is_dir():
        generate(folder, given.customers, given.campaigns, given.contacts)
    measure(folder)


def generate(folder: Path, customers: int, campaigns: int, contacts: int) -> None:
    """Write the tables as Parquet."""
    folder.mkdir()
    con = duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(folder)})
    for name, text in TABLES.items():
        rows = text.format(customers=customers, campaigns=campaigns, contacts=contacts)
        con.execute(f"copy ({rows}) to '{folder / name}.parquet' (format parquet)")
    con.close()


def measure(folder: Path) -> None:
    """Run the metrics in this process, in the order of the notebook."""
    from crm_helpers import metrics as m
    from crm_helpers.data.contract import TABLES as CONTRACT
    from crm_helpers.data.engine import DuckDBEngine
    from crm_helpers.data.tables import Tables
    from crm_helpers.document import Basis
    from crm_helpers.params.periods import Periods, month_key, months

    engine, filled = DuckDBEngine(), {}
    for name, table in CONTRACT.items():
        cells = {column.name: f"cast(null as {column.sql_type}) as {column.name}" for column in table.columns}
        if (folder / f"{name}.parquet").is_file():
            engine.attach(f"raw_{name}", folder / f"{name}.parquet")
            there = list(engine.sql(f"select * from raw_{name} limit 0").columns)
            rest = [text for column, text in cells.items() if column not in there]
            casts = [f"cast({c.name} as {c.sql_type}) as {c.name}" for c in table.columns if c.name in there]
            engine.materialise(name, f"select {', '.join(casts + rest)} from raw_{name}", None)
            filled[name] = [c.name for c in table.columns if c.name in there]
        else:
            engine.materialise(name, f"select {', '.join(cells.values())} where false", None)
    start = month_key(datetime.date(2025, 1, 1))
    periods = Periods(current=months(start, 12), compare=months(start - 12, 12))
    laps: dict[str, float] = {}
    told: dict[str, object] = {}

    def lap(name: str, step: Callable[[], object]) -> None:
        before = used()
        told[name] = step()
        laps[name] = round(used() - before, 2)

    with tempfile.TemporaryDirectory() as stored:
        tables = Tables(
            engine, as_of=AS_OF, filled=filled, span=(FIRST, AS_OF), basis=Basis(), fingerprint="", folder=Path(stored)
        )
        days = {"as_of": AS_OF, "tax_included": True}
        lap("results", lambda: m.effect.results(tables, periods=periods, **days))
        effects = told["results"]
        lap("contribution", lambda: m.programme.contribution(tables, effects=effects, periods=periods))
        lap("vintages", lambda: m.programme.vintages(tables, k=5, first_orders_known=True, **days))
        lap("long_run", lambda: m.after.long_run(tables, effects=effects, **days))
        lap("running", lambda: m.after.running(tables, effects=effects, **days))
        lap("ways", lambda: m.sensitivity.ways(tables, effects=effects, **days))
        lap("side effects", lambda: m.side_effects.by_campaign(tables, effects=effects, as_of=AS_OF, k=5))
        lap("refused", lambda: m.side_effects.sent_after_refusal(tables))
        lap("sends", lambda: m.contact_channels.sends(tables, as_of=AS_OF, periods=periods))
        lap("trials", lambda: m.trials.people(tables, as_of=AS_OF))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"campaigns": len(effects), "cpu_s": round(sum(laps.values()), 2), "peak_mb": round(peak), "laps": laps}))  # type: ignore[arg-type]


def used() -> float:
    """CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
