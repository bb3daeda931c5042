"""A client whose exports are full of invented people: names, mails, telephones, addresses, card numbers in every table."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml
from pypdf import PdfReader

from crm_helpers.data import personal

CLIENT = "proof"
FAMILY = ["佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤"]
GIVEN = ["花子", "一郎", "健太", "美咲"]
DAY = datetime.date(2022, 1, 3)


@dataclass(frozen=True)
class Person:
    """Someone who does not exist."""

    number: int

    @property
    def name(self) -> str:
        return FAMILY[self.number % 10] + GIVEN[self.number // 10 % 4]

    @property
    def mail(self) -> str:
        return f"invented.person{self.number:03d}@example.jp"

    @property
    def phone(self) -> str:
        return f"090-5550-{self.number:04d}"

    @property
    def address(self) -> str:
        return f"東京都架空区見本町{self.number % 9 + 1}-{self.number + 11}-7"

    @property
    def card(self) -> str:
        body = f"4929{self.number:011d}"
        return next(body + digit for digit in "0123456789" if personal.luhn(body + digit))

    @property
    def identity(self) -> dict[str, str]:
        """The columns that every export of this client carries and no mapping names."""
        return {"氏名": self.name, "メール": self.mail, "電話": self.phone, "住所": self.address, "カード": self.card}

    @property
    def words(self) -> str:
        """What people write into free text."""
        return (
            f"{self.name}様より {self.phone} {self.mail} {self.address} カード{self.card}、担当は{FAMILY[self.number % 10]}さん"
        )

    @property
    def traces(self) -> list[str]:
        """What must be nowhere in what we write."""
        return [self.name, self.mail, self.phone, self.phone.replace("-", ""), self.address[3:], self.card]


PEOPLE = [Person(number) for number in range(40)]


def write(root: Path) -> None:
    """`data/proof/` and `params/proof.yaml` of a project."""
    folder = root / "data" / CLIENT
    folder.mkdir(parents=True)
    mapped: dict[str, object] = {}
    for table, (columns, rows) in _tables().items():
        text = io.StringIO()
        made = [{**row, **person.identity} for person, row in rows]
        writer = csv.DictWriter(text, list(made[0]))
        writer.writeheader()
        writer.writerows(made)
        (folder / f"{table}.csv").write_bytes(text.getvalue().encode("cp932"))
        dimensions = {"note": "備考"} if "備考" in made[0] else {}
        mapped[table] = {"files": f"{table}.csv", "columns": columns, "dimensions": dimensions}
    params = {
        "client": CLIENT,
        "name": {"ja": "架空商店", "en": "Invented Shop"},
        "as_of": "2023-12-31",
        "history_complete": "true",
        "privacy": {"data_status": "entrusted"},
        "entrustment": {
            "contract": "K-1",
            "purpose": "分析",
            "received_on": "2024-01-05",
            "delete_by": "2999-01-01",
            "persons": ["担当"],
        },
        "data": mapped,
    }
    file = root / "params" / f"{CLIENT}.yaml"
    file.write_text(yaml.safe_dump(params, allow_unicode=True, sort_keys=False), "utf-8")


def _tables() -> dict[str, tuple[dict[str, str], list[tuple[Person, dict[str, object]]]]]:
    def rows(make) -> list[tuple[Person, dict[str, object]]]:
        return [(person, make(person)) for person in PEOPLE]

    orders = [
        (p, {"番号": f"R{p.number:03d}{n:02d}", "日": DAY + datetime.timedelta(days=7 * p.number % 60 + n * (20 + p.number)),
             "顧客": p.mail if n % 2 else p.mail.upper(), "金額": 1000 + 10 * p.number, "備考": p.mail if (p.number, n) == (4, 3) else f"備考{n}"})
        for p in PEOPLE for n in range(12)
    ]  # fmt: skip
    day = DAY.isoformat()
    return {
        "order_lines": ({"order_id": "番号", "ordered_on": "日", "customer_id": "顧客", "amount": "金額"}, orders),
        "customers": (
            {"customer_id": "顧客", "joined_on": "入会", "birth_year": "生年月日", "postal_area": "郵便番号"},
            rows(lambda p: {"顧客": p.mail, "入会": day, "生年月日": f"19{50 + p.number}-04-0{p.number % 9 + 1}", "郵便番号": "105-0011"}),
        ),
        "products": (
            {"product_id": "番号", "name": "名"},
            rows(lambda p: {"番号": f"P{p.number}", "名": p.phone if p.number == 1 else f"商品{p.number}"}),
        ),
        "stores": (
            {"store_id": "番号", "name": "名"},
            rows(lambda p: {"番号": f"S{p.number}", "名": f"店{p.number} {p.mail}" if p.number == 1 else f"店{p.number}"}),
        ),
        "accounts": ({"account_id": "番号", "name": "取引先"}, rows(lambda p: {"番号": f"T{p.number}", "取引先": p.name})),
        "surveys": (
            {"answered_on": "日", "measure": "種類", "comment": "感想", "customer_id": "顧客"},
            rows(lambda p: {"日": day, "種類": "text", "感想": p.words, "顧客": p.phone}),
        ),
        "inquiries": (
            {"opened_at": "日", "memo": "内容", "reason": "理由", "customer_id": "顧客"},
            rows(lambda p: {"日": day, "内容": p.words, "理由": p.mail if p.number == 2 else "配送", "顧客": p.card}),
        ),
        "usage": (
            {"contract_id": "契約", "user_id": "利用者", "used_on": "日", "uses": "回"},
            rows(lambda p: {"契約": f"K{p.number}", "利用者": p.mail, "日": day, "回": 1}),
        ),
        "points": (
            {"customer_id": "顧客", "booked_on": "日", "kind": "種類", "points": "点", "reason": "備考"},
            rows(lambda p: {"顧客": p.mail, "日": day, "種類": "granted", "点": 5, "備考": p.phone if p.number == 5 else "購入"}),
        ),
        "workshop": (
            {"note_id": "番号", "stage": "段階", "row": "種類", "note": "内容"},
            rows(lambda p: {"番号": p.number, "段階": "購入", "種類": "pain", "内容": p.words}),
        ),
        "interviews": (
            {"interview_id": "番号", "question": "問", "answer": "答"},
            rows(lambda p: {"番号": p.number, "問": "課題", "答": p.words}),
        ),
    }  # fmt: skip


def leaks(texts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Where a trace of anyone stands."""
    traces = [trace for person in PEOPLE for trace in person.traces]
    return [(place, trace) for place, text in texts for trace in traces if trace in text or trace.upper() in text]


def written(root: Path) -> Iterable[tuple[str, str]]:
    """Everything in a project that is no export of the client: name and text, Parquet through DuckDB, PDF through pypdf."""
    exports = {f"{table}.csv" for table in _tables()}
    for file in sorted(root.rglob("*")):
        if not file.is_file() or (file.parent.name == CLIENT and file.name in exports):
            continue
        yield file.relative_to(root).as_posix(), text_of(file)


def text_of(file: Path) -> str:
    """What a file says."""
    if file.suffix == ".parquet":
        return "\n".join(str(row) for row in duckdb.sql(f"select * from '{file}'").fetchall())
    if file.suffix == ".pdf":
        reader = PdfReader(file)
        return "\n".join([str(reader.metadata), *(page.extract_text() for page in reader.pages)])
    data = file.read_bytes()
    return "\n".join(data.decode(encoding, "ignore") for encoding in ("utf-8", "cp932"))
