"""What a list of a million people costs: condition, basis, cap, stop list, arms and files, on tables that are already imported.

    python benchmarks/targets.py [people] [folder]

The people are made by DuckDB straight into Parquet: 4 order lines, 1.5 consents and 1 contact each, one in 50 on the stop list.
CPU seconds are those of the process, all cores.
"""

from __future__ import annotations

import datetime
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AS_OF = datetime.date(2025, 12, 31)
PARAMS = """\
client: bench
name: {ja: 計測, en: Bench}
example: true
as_of: 2025-12-31
privacy: {data_status: entrusted}
entrustment: {contract: K-1, purpose: bench}
segments:
  buyers: {name: {ja: 購入者, en: Buyers}, where: {field: orders, op: at_least, value: 1, within: 1y}}
delivery: {folder: out, purposes: {f2: {ja: ご案内, en: News}}}
data: {order_lines: {files: none.csv, columns: {ordered_on: a, amount: b}}}
"""


def generate(folder: Path, people: int) -> None:
    """The tables with the contract's columns, and the derived one that every import keeps."""
    import duckdb

    from crm_helpers.data.contract import TABLES
    from crm_helpers.data.tables import DERIVED

    folder.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    who = "'C' || lpad(cast(hash(i{0}) % {1} as varchar), 8, '0')"
    made = {
        "order_lines": f"""select 'O' || i as order_id, 1 as line_no, {who.format("", people)} as customer_id, 1 as quantity,
            date '2024-01-01' + cast(hash(i, 1) % 731 as integer) as ordered_on, 100 + cast(hash(i, 2) % 9000 as bigint) as amount
            from range({4 * people}) t(i)""",
        "customers": f"""select 'C' || lpad(cast(i as varchar), 8, '0') as customer_id, 'consumer' as kind,
            case when hash(i, 1) % 10 = 0 then '21:00' end as quiet_from,
            case when hash(i, 1) % 10 = 0 then '09:00' end as quiet_until,
            case when hash(i, 2) % 5 = 0 then 'line' when hash(i, 2) % 5 < 3 then 'mail' end as preferred_channel
            from range({people}) t(i)""",
        "consents": f"""select {who.format(", 7", people)} as customer_id, 'mail' as channel, hash(i, 8) % 10 < 8 as agreed,
            timestamp '2024-01-01' + interval (hash(i, 9) % 700) day as changed_at from range({3 * people // 2}) t(i)""",
        "contacts": f"""select 'M' || i as contact_id, 'OLD' as campaign_id, {who.format(", 4", people)} as customer_id,
            'メール' as channel, 'treatment' as arm, timestamp '2025-11-01' + interval (hash(i, 5) % 60) day as assigned_at,
            timestamp '2025-11-01' + interval (hash(i, 5) % 60) day as sent_at from range({people}) t(i)""",
        "stops": f"""select 'C' || lpad(cast(i * 50 as varchar), 8, '0') as customer_id, 'opt_out' as reason
            from range({people // 50}) t(i)""",
        "campaigns": """select 'C1' as campaign_id, '計測' as name, 'f2' as purpose, '購入者' as segment, 'メール' as channel,
            date '2026-01-01' as starts_on, 20.0 as control_percent, date '2025-12-01' as approved_on""",
    }  # fmt: skip
    for name, table in TABLES.items():
        text = made.get(name, "select 1 where false")
        given = {column[0] for column in con.execute(f"describe ({text})").fetchall()}
        cells = ", ".join(f"cast({c.name if c.name in given else 'null'} as {c.sql_type}) as {c.name}" for c in table.columns)
        con.execute(f"copy (select {cells} from ({text})) to '{folder / name}.parquet' (format parquet, compression zstd)")
        con.execute(f"create view {name} as from '{folder / name}.parquet'")
    con.execute("create view apart as select '' as customer_id, '' as kind where false")
    for name in ("orders", "customer_day"):
        con.execute(f"copy ({DERIVED[name]}) to '{folder / name}.parquet' (format parquet, compression zstd)")
        con.execute(f"create view {name} as from '{folder / name}.parquet'")


def measured(folder: Path) -> dict[str, object]:
    """Make the list in a project of its own; the CPU seconds of its steps."""
    from crm_helpers.data.contract import TABLES
    from crm_helpers.data.engine import DuckDBEngine
    from crm_helpers.data.tables import Tables
    from crm_helpers.document import Basis
    from crm_helpers.params.load import load
    from crm_helpers.targets import making

    with tempfile.TemporaryDirectory() as root:
        os.chdir(root)
        for name in ("params", "notebooks", "data/bench"):
            Path(name).mkdir(parents=True)
        Path("notebooks/01_x.ipynb").touch()
        Path("params/bench.yaml").write_text(PARAMS, "utf-8")
        engine = DuckDBEngine()
        for name in TABLES:
            engine.attach(name, folder / f"{name}.parquet")
        filled = {"consents": ["agreed"], "stops": ["reason"], "contacts": ["sent_at"], "campaigns": ["segment"],
                  "customers": ["customer_id", "quiet_from", "quiet_until"], "order_lines": ["customer_id"]}  # fmt: skip
        span = (datetime.date(2024, 1, 1), AS_OF)
        tables = Tables(engine, as_of=AS_OF, filled=filled, span=span, basis=Basis(), fingerprint="", folder=folder)
        making.open_tables = lambda _: tables
        loaded, said = load("bench"), []
        before, started = used(), time.perf_counter()
        counts = making.make(
            loaded, "C1", on=None, today=AS_OF, tell=lambda *_, **__: None, result=lambda _, **told: said.append(told)
        )
        spent, clock = used() - before, time.perf_counter() - started
        size = sum(Path(told["path"]).stat().st_size for told in said)
        again = used()
        making.make(loaded, "C1", on=None, today=AS_OF, tell=lambda *_, **__: None, result=lambda *_, **__: None)
        return {
            "found": counts.found,
            "sent": counts.sent,
            "held": counts.held,
            "mb": round(size / 1e6, 1),
            "cpu_s": round(spent, 2),
            "clock_s": round(clock, 2),
            "again_cpu_s": round(used() - again, 2),
            "with_imports_cpu_s": round(before + spent, 2),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "load": round(os.getloadavg()[0], 1),
        }


def used() -> float:
    """CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Make the tables when they are not there, then measure in a process of its own."""
    if sys.argv[1:2] == ["--run"]:
        print(json.dumps(measured(Path(sys.argv[2]))))
        return
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    folder = Path(sys.argv[2] if len(sys.argv) > 2 else f"{tempfile.gettempdir()}/crm-bench-targets-{people}").resolve()
    if not (folder / "customer_day.parquet").is_file():
        generate(folder, people)
    subprocess.run([sys.executable, __file__, "--run", str(folder)], check=True)


if __name__ == "__main__":
    main()
