"""What an import costs: CPU seconds and peak memory of the real one, beside plain reads by pandas and polars.

`python benchmarks/ingest.py clean.csv dirty.csv --peers` runs each in a process of its own and asks the operating system
for what that process used.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PARAMS = """
client: bench
name: {ja: 計測, en: Benchmark}
as_of: 2026-03-31
privacy: {data_status: entrusted}
entrustment:
  contract: bench
  purpose: benchmark
  received_on: 2026-04-01
  delete_by: 2199-12-31
  persons: [bench]
data:
  order_lines:
    files: lines.csv
    columns:
      order_id: 注文番号
      line_no: 行番号
      ordered_on: 受注日
      ordered_at: 受注時刻
      customer_id: 会員番号
      store_id: 店舗コード
      product_id: 商品コード
      channel: チャネル
      quantity: 数量
      amount: 金額
"""
WAYS = {
    "import": "from crm_helpers.params.load import load; from crm_helpers.data.tables import open_tables;"
    " open_tables(load('bench'))",
    "pandas": "import pandas; pandas.read_csv('data/bench/lines.csv', encoding='cp932', dtype=str)",
    "polars": "import polars; polars.read_csv('data/bench/lines.csv', encoding='cp932', infer_schema=False)"
    ".write_parquet('out.parquet')",
}


@dataclass(frozen=True)
class Cost:
    """Of one process: processor seconds (both cores), seconds on the clock, peak memory in megabytes."""

    cpu: float
    wall: float
    peak: float


def main() -> None:
    """Print a line a file and way."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("files", type=Path, nargs="+")
    asked.add_argument("--peers", action="store_true", help="also plain reads by pandas and polars (benchmarks/requirements.txt)")
    given = asked.parse_args()
    print(f"{'file':<28}{'MB':>7}{'way':>9}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}")
    for file in given.files:
        for way in WAYS if given.peers else ["import"]:
            cost = measured(file, way)
            size = file.stat().st_size / 1e6
            print(f"{file.name:<28}{size:7.0f}{way:>9}{cost.cpu:8.1f}{cost.wall:8.1f}{cost.peak:9.0f}", flush=True)


def measured(file: Path, way: str) -> Cost:
    """Run one way over the file in a project folder made for it."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        root = Path(folder)
        for name in ("params", "notebooks", "data/bench"):
            (root / name).mkdir(parents=True)
        (root / "notebooks" / "01_x.ipynb").touch()  # what makes a folder a project
        (root / "data" / "bench" / "lines.csv").symlink_to(file.resolve())
        (root / "params" / "bench.yaml").write_text(PARAMS, encoding="utf-8")
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-c", WAYS[way]], cwd=root, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    if status:
        raise SystemExit(f"{way} failed on {file}")
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
