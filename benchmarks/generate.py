"""Order lines as a Japanese shop system exports them: cp932, CRLF, quotes with commas inside, about 100 bytes a line.

`python benchmarks/generate.py 1000000 clean.csv` and `... --dirty 0.01`, with which each cleaning rule that a line can
break is broken in that share of the lines. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import duckdb

BLOCK = 4 * 1024 * 1024
HEAD = "注文番号,行番号,受注日,受注時刻,会員番号,店舗コード,商品コード,商品名,チャネル,数量,金額,状態"
NAMES = ["有機コーヒー豆 200g, 深煎り", "アールグレイ茶葉 50包", "はちみつ飴, 大袋", "国産りんごジャム", "抹茶ラテの素 12本入"]

# Three lines an order. h is a hash of the line and of a salt, so that every choice is the same on every machine.
LINES = """
select n, n // 3 as o, n % 3 + 1 as line, hash(n // 3, 1) as ho, hash(n, 2) as hl from range({lines}) t(n)
"""
CLEAN = """
select n, hl, 'O' || lpad(cast(o as varchar), 8, '0') as order_id, cast(line as varchar) as line_no,
  date '2023-04-01' + cast(o * 1095 // ({lines} // 3 + 1) as integer) as day,
  lpad(cast(9 + ho % 12 as varchar), 2, '0') || ':' || lpad(cast(ho // 12 % 60 as varchar), 2, '0') as clock,
  case when ho % 10 = 0 then '' else lpad(cast(1 + ho // 720 % ({lines} // 20 + 10) as varchar), 8, '0') end as customer,
  'S' || lpad(cast(ho // 7 % 40 as varchar), 3, '0') as store,
  'P' || lpad(cast(hl // 11 % 3000 as varchar), 5, '0') as product,
  {names}[cast(hl // 5 % 5 as integer) + 1] as name,
  case ho % 4 when 0 then 'オンラインストア' when 1 then 'アプリ' else '店舗' end as channel,
  1 + hl % 3 as items, (1 + hl % 3) * (198 + hl // 3 % 40 * 50) as yen, '完了' as status
from ({rows})
"""
# Each test takes another part of the hash: which rules a line breaks are independent of each other.
DIRTY = """
select n, order_id, line_no,
  case when p1 then '令和' || (year(day) - 2018) || '年' || month(day) || '月' || day(day) || '日'
       when p2 then strftime(day, '%Y/%-m/%-d') else strftime(day, '%Y-%m-%d') end as day,
  case when p3 then '25:30' else clock end as clock,
  case when p4 then ltrim(customer, '0') when p5 then customer || '.0' when p6 then 'guest' else customer end as customer,
  store, product, name, case when p7 then 'ｱﾌﾟﾘ' when p8 then '店舗　' else channel end as channel,
  case when p9 then '２' else cast(items as varchar) end as items,
  case when p10 then '▲' || yen when p11 then '￥' || format('{{:,}}', yen) || '円' when p12 then '0'
       else format('{{:,}}', yen) end as yen,
  case when p13 then 'キャンセル' else status end as status, p14 as twice
from (select *, {tests} from ({clean}))
"""
BROKEN = 14


def main() -> None:
    """Write one file."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("lines", type=int)
    asked.add_argument("target", type=Path)
    asked.add_argument("--dirty", type=float, default=0.0, help="share of the lines in which each rule is broken")
    given = asked.parse_args()
    generate(given.lines, given.target, given.dirty)


def generate(lines: int, target: Path, dirty: float) -> None:
    """Write `lines` order lines (a few more where lines come twice)."""
    clean = CLEAN.format(lines=lines, names=NAMES, rows=LINES.format(lines=lines))
    rows = f"select *, strftime(day, '%Y-%m-%d') as d from ({clean})"
    cells = [
        "order_id",
        "line_no",
        "d",
        "clock",
        "customer",
        "store",
        "product",
        "name",
        "channel",
        "items",
        "format('{:,}', yen)",
    ]
    if dirty:
        tests = [f"hash(n, {100 + i}) % 1000000 < {round(dirty * 1_000_000)} as p{i}" for i in range(1, BROKEN + 1)]
        rows = DIRTY.format(tests=", ".join(tests), clean=clean)
        rows = f"select * from ({rows}) t, range(1 + cast(twice as integer))"
        cells[2], cells[10] = "day", "yen"
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        text = Path(folder) / "text.csv"
        con = duckdb.connect(config={"memory_limit": "2GB", "temp_directory": folder})
        con.execute(
            f"copy (select {', '.join(f'{cell} as c{i}' for i, cell in enumerate(cells))}, status from ({rows}) order by n)"
            f" to '{text}' (format csv, header false)"
        )
        con.close()
        with text.open(encoding="utf-8", newline="") as source, target.open("wb") as out:
            out.write(f"{HEAD}\r\n".encode("cp932"))
            while block := source.read(BLOCK):
                out.write(block.replace("\n", "\r\n").encode("cp932"))


if __name__ == "__main__":
    main()
