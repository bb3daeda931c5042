"""From a project on disk to files, receipt, ledger and log: what is in them, what is not, who may read them."""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import json
import shutil
import subprocess

import pytest

from crm_helpers.data import access_log, key_table, keys
from crm_helpers.data.tables import open_tables
from crm_helpers.errors import CrmError, Faults, UsageError
from crm_helpers.targets import files, record
from crm_helpers.targets.making import make
from tests.targets.conftest import ON, SETTINGS

MAIL = "invented.person{:03d}@example.jp"
FORMULAS = ["=1+1", "+81", "-5", "@SUM", "＝cmd", " =x"]
STATED = {"control_percent": "対照"}
CAMPAIGN = "番号,名,目的,対象,手段,開始,終了,対照,承認\n{}\n"
ONE = "C1,二度目のご案内,f2,購入者,メール,2024-01-01,2024-03-31,20,2023-12-20"
COLUMNS = {"campaign_id": "番号", "name": "名", "purpose": "目的", "segment": "対象", "channel": "手段", "starts_on": "開始", "ends_on": "終了",
           "control_percent": "対照", "approved_on": "承認"}  # fmt: skip


class Said:
    """What a command told."""

    def __init__(self):
        self.lines = []

    def __call__(self, key, /, **values):
        self.lines.append((key, values))

    def paths(self):
        return [values["path"] for key, values in self.lines if key == "targets.file"]


class Shop:
    """A project whose members can be told apart, and its lists."""

    def __init__(self, project, ids, campaigns=(ONE,), **params):
        self.project, self.ids, self.params = project, list(ids), SETTINGS | params
        quoted_ = [f'"{id_}"' for id_ in self.ids]
        project.write(
            "a.csv", "注文,日付,顧客,金額\n" + "".join(f"o{n},2023-11-01,{id_},1000\n" for n, id_ in enumerate(quoted_))
        )
        project.write("campaigns.csv", CAMPAIGN.format("\n".join(campaigns)))
        project.write("consents.csv", "会員,手段,同意,日時\n" + "".join(f"{id_},mail,同意,2023-01-01 10:00\n" for id_ in quoted_))
        project.write("stops.csv", f"会員,理由\n{quoted_[0]},complaint\n")
        project.write("people.csv", "会員,から,まで\n" + "".join(f"{id_},21:00,\n" for id_ in quoted_[:3]))

    def load(self, **params):
        tables = {
            "campaigns": {"files": "campaigns.csv", "columns": COLUMNS},
            "consents": {"files": "consents.csv", "columns": {"customer_id": "会員", "channel": "手段", "agreed": "同意", "changed_at": "日時"}},
            "stops": {"files": "stops.csv", "columns": {"customer_id": "会員", "reason": "理由"}},
            "customers": {"files": "people.csv", "columns": {"customer_id": "会員", "quiet_from": "から", "quiet_until": "まで"}},
        }  # fmt: skip
        return self.project.load(tables=tables, lines={"files": "a.csv"}, **(self.params | params))

    def make(self, campaign="C1", on=ON, today=ON, **params):
        said = Said()
        self.counts = make(self.load(**params), campaign, on=on, today=today, tell=said, result=said)
        return [self.project.root / path for path in said.paths()]


def rows(path, encoding="utf-8-sig"):
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding))))


@pytest.fixture
def shop(project):
    return Shop(project, [f"{n:08d}" for n in range(1, 102)])


def test_a_list_holds_numbers_and_hours_and_nothing_else(shop):
    send, held, receipt = shop.make()
    assert (send.name, held.name, receipt.name) == (
        "C1_2024-01-01_send.csv",
        "C1_2024-01-01_hold_out.csv",
        "C1_2024-01-01_receipt.txt",
    )
    assert rows(send)[0] == ["会員番号", "連絡を控える時間(開始)", "連絡を控える時間(終了)"]
    people = [row[0] for path in (send, held) for row in rows(path)[1:]]
    assert sorted(people) == shop.ids[1:], "everybody once, and not who complained"
    assert (len(rows(send)) - 1, len(rows(held)) - 1) == (80, 20) == (shop.counts.sent, shop.counts.held)
    hours = {row[0]: row[1:] for path in (send, held) for row in rows(path)[1:] if row[1:] != ["", ""]}
    assert hours == {"00000002": ["21:00", ""], "00000003": ["21:00", ""]}


def test_files_are_their_owners_and_open_in_a_spreadsheet(shop):
    made = shop.make()
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
    assert (shop.project.root / "out").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (shop.project.root / "out").iterdir() if path.name.startswith(".")] == []
    content = made[0].read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == 81
    assert (
        shop.make(delivery=SETTINGS["delivery"] | {"encoding": "cp932"})[0].read_bytes().startswith("会員番号,".encode("cp932"))
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_no_cell_is_run_by_a_spreadsheet(loaded, encoding):
    made = files.listed(loaded, "x.csv", {"会員番号": [*FORMULAS, "\t=1", "\r=1", "\n-1", "山田A1", "0012", 'a"b,c', "1-2"]})
    text = made.content.decode("utf-8-sig")
    back = [row[0] for row in csv.reader(io.StringIO(text, newline=""))]
    assert back[1:] == [*(f"'{cell}" for cell in [*FORMULAS, "\t=1", "\r=1", "\n-1"]), "山田A1", "0012", 'a"b,c', "1-2"]
    assert made.guarded == 9
    assert not [cell for cell in back if cell.lstrip(" ").startswith(files.STARTS)]


@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice (soffice); .ci/run has it")
@pytest.mark.parametrize(("encoding", "charset"), [("utf-8-sig", 76), ("cp932", 64)])
def test_a_spreadsheet_opens_a_list_in_japanese_and_computes_nothing(project, tmp_path, encoding, charset):
    loaded = project.load(**(SETTINGS | {"delivery": SETTINGS["delivery"] | {"encoding": encoding}}))
    cells = ["=1+1", "+2*3", "-5+1", "@SUM(1)", "＝1+1", "山田A1"]
    (tmp_path / "list.csv").write_bytes(files.listed(loaded, "list.csv", {"会員番号": cells}).content)
    command = ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{tmp_path}/profile"]
    how = [f"--infilter=CSV:44,34,{charset}", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", "shown"]
    subprocess.run([*command, *how, "list.csv"], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    shown = (tmp_path / "shown" / "list.csv").read_text("utf-8-sig").split()
    assert shown == ["会員番号", *(f"'{cell}" for cell in cells[:5]), "山田A1"]


def test_what_the_agreed_encoding_cannot_write_is_said(project):
    loaded = project.load(**(SETTINGS | {"delivery": SETTINGS["delivery"] | {"encoding": "cp932"}}))
    with pytest.raises(UsageError, match=r"targets\.encoding"):
        files.listed(loaded, "x.csv", {"会員番号": ["\U00020bb7田"]})


def test_receipt_log_and_ledger_carry_counts_and_hashes_and_nobody(shop):
    send, held, receipt = shop.make()
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (send, held)]
    told = receipt.read_bytes().decode("utf-8-sig")
    for words in (
        "C1 二度目のご案内",
        "商品のご案内",
        "K-1",
        "このリストを消す日: 2024-01-31",
        "送る人: 80",
        "PR16",
        "PR17",
        *hashes,
    ):
        assert words in told
    entry = access_log.history("acme").entries[-1]
    assert (entry.action, entry.purpose, entry.destination) == ("extract", "商品のご案内", "out")
    assert entry.what["files"] == {send.name: hashes[0], held.name: hashes[1]}
    assert entry.what["rows"] == {"send": 80, "hold_out": 20}
    assert entry.what["columns"] == ["member", "quiet_from", "quiet_until"]
    (row,) = json.loads((shop.project.data / "ledger/2023-12-31/lists.json").read_text("utf-8"))
    assert (row["id"], row["kind"], row["parents"]) == ("list:C1:on=2024-01-01", "list", ["campaign:C1"])
    assert {name: value["value"] for name, value in row["values"].items()} == {"found": 101, "people": 80, "held": 20}
    written = [told, access_log.log_file("acme").read_text("utf-8"), json.dumps(row, ensure_ascii=False)]
    assert not [id_ for id_ in shop.ids for text in written if id_ in text]


def test_fewer_than_k_people_are_no_number_in_the_ledger(project):
    Shop(project, [f"m{n}" for n in range(5)]).make()
    (row,) = json.loads((project.data / "ledger/2023-12-31/lists.json").read_text("utf-8"))
    assert {name: value["value"] for name, value in row["values"].items()} == {"found": 5, "people": None, "held": None}


def test_the_same_input_gives_the_same_list_on_any_machine(shop, project, tmp_path):
    first = [path.read_bytes() for path in shop.make()]
    assert [path.read_bytes() for path in shop.make()] == first
    for path in (project.data / record.FOLDER).iterdir():
        path.unlink()
    assert [path.read_bytes() for path in shop.make()] == first


def test_as_the_list_grows_everybody_keeps_their_arm(project):
    ids = [f"m{n:04d}" for n in range(300)]
    arms = {}
    for step, n in enumerate((50, 51, 170, 300)):
        made = Shop(project, ["nobody", *reversed(ids[:n])]).make(on=ON, today=ON)
        now = {row[0]: path.name for path in made[:2] for row in rows(path)[1:]}
        assert len(now) == n, "nobody in both"
        assert {id_: now[id_] for id_ in arms} == arms, step
        arms = now
    assert abs(sum("hold_out" in name for name in arms.values()) - 60) <= 3


def test_lists_of_one_day_keep_to_the_cap_together_and_can_be_made_again(project):
    four = [ONE.replace("C1", f"C{n}") for n in range(1, 5)]
    shop = Shop(project, [f"m{n}" for n in range(40)], campaigns=four, plan={"contacts_a_month": 2})
    made = {name: shop.make(name) for name in ("C1", "C2", "C3")}
    kept = {name: [path.read_bytes() for path in paths] for name, paths in made.items()}
    listed = [row[0] for name in made for row in rows(made[name][0])[1:]]
    assert max(map(listed.count, listed)) == 2
    assert shop.counts.left_out["cap"] > 0
    assert [path.read_bytes() for path in shop.make("C1")] == kept["C1"], "later lists do not change an earlier one"
    assert [path.read_bytes() for path in shop.make("C3")] == kept["C3"]


def test_nothing_goes_that_may_not_and_nothing_is_written(shop):
    with pytest.raises(CrmError, match=r"targets\.stale") as refused:
        shop.make(on=datetime.date(2024, 1, 5))
    assert (refused.value.exit_code, refused.value.values["rule"]) == (1, "PR17")
    with pytest.raises(Faults):
        shop.make(on=datetime.date(2024, 5, 1))
    with pytest.raises(UsageError, match=r"targets\.campaign"):
        shop.make("C9")
    with pytest.raises(UsageError, match=r"targets\.no_folder"):
        shop.make(delivery={"purposes": SETTINGS["delivery"]["purposes"]})
    with pytest.raises(UsageError, match=r"targets\.folder"):
        shop.make(delivery=SETTINGS["delivery"] | {"folder": "data/acme/lists"})
    assert not (shop.project.root / "out").exists()
    assert not (shop.project.data / "ledger").exists()
    assert {entry.action for entry in access_log.history("acme").entries} == {"import"}


def test_what_cannot_be_put_on_record_is_not_written(shop, monkeypatch):
    open_tables(shop.load())

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(access_log, "record", full)
    with pytest.raises(OSError, match="No space"):
        shop.make()
    assert list((shop.project.root / "out").iterdir()) == []


def test_a_killed_write_leaves_the_old_file(tmp_path, monkeypatch):
    record.write(tmp_path / "a.csv", b"old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        record.write(tmp_path / "a.csv", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.csv", b"old")]


def test_a_zip_is_encrypted_and_its_receipt_lies_beside_it(shop, monkeypatch):
    import pyzipper

    zip_ = SETTINGS["delivery"] | {"zip": True}
    monkeypatch.setenv(files.PASSWORD, "short")
    with pytest.raises(UsageError, match=r"targets\.password"):
        shop.make(delivery=zip_)
    monkeypatch.setenv(files.PASSWORD, "long enough a secret")
    packed, receipt = shop.make(delivery=zip_)
    assert (packed.name, receipt.name) == ("C1_2024-01-01.zip", "C1_2024-01-01_receipt.txt")
    assert hashlib.sha256(packed.read_bytes()).hexdigest() in receipt.read_text("utf-8-sig")
    assert b"00000002" not in packed.read_bytes()
    with pyzipper.AESZipFile(packed) as archive:
        assert {info.wz_aes_strength for info in archive.infolist()} == {3}, "256 bits"
        with pytest.raises(RuntimeError):
            archive.read("C1_2024-01-01_send.csv", pwd=b"wrong")
        text = archive.read("C1_2024-01-01_send.csv", pwd=b"long enough a secret").decode("utf-8-sig")
    assert len(text.splitlines()) == 81


# ---------------------------------------------------------------- a real client
REAL = {
    "example": False,
    "entrustment": {
        "contract": "K-1",
        "purpose": "分析",
        "received_on": "2024-01-01",
        "delete_by": "2024-01-10",
        "persons": ["担当"],
    },
}


@pytest.fixture
def real(project):
    keys.make("acme")
    return Shop(project, [MAIL.format(n) for n in range(30)], **REAL)


def test_entrusted_numbers_come_back_from_the_key_table_outside_the_project(real):
    send, held, receipt = real.make(on=None, today=ON)
    assert sorted(row[0] for path in (send, held) for row in rows(path)[1:]) == sorted(real.ids[1:])
    table = key_table.file_of("acme")
    assert table.is_relative_to(real.project.root / "settings")
    assert table.stat().st_mode & 0o777 == 0o600
    actions = [(entry.action, entry.what.get("looked_up")) for entry in access_log.history("acme").entries]
    assert actions == [("import", None), ("key_table", 29), ("extract", None)]
    assert "このリストを消す日: 2024-01-10" in receipt.read_text("utf-8-sig"), "never after the data themselves"
    kept = [path for path in real.project.data.rglob("*") if path.is_file() and path.suffix != ".csv"]
    assert not [path for path in kept if b"invented.person" in path.read_bytes()]
    table.unlink()
    with pytest.raises(UsageError, match=r"targets\.no_key_table"):
        real.make(on=None, today=ON)


def test_a_day_that_has_passed_is_no_day_of_sending(real):
    with pytest.raises(UsageError, match=r"targets\.past"):
        real.make(on=ON, today=ON + datetime.timedelta(days=3))


def test_pseudonymised_data_give_conditions_and_counts_and_say_why(real):
    real.params = real.params | {"privacy": {"data_status": "pseudonymised"}}
    (told,) = real.make(on=None, today=ON)
    text = told.read_text("utf-8-sig")
    assert told.name == "C1_2024-01-01_conditions.txt"
    assert "PR23" in text
    assert "field: orders" in text
    assert "条件に合う人: 30" in text
    assert "停止リスト(PR17): <5" in text
    assert "invented" not in text
    assert not key_table.file_of("acme").exists()
    assert not list((real.project.data / record.FOLDER).glob("*.arms"))


def test_a_purge_takes_the_lists_and_the_key_table_along(real):
    from crm_helpers.report import purge

    made = real.make(on=None, today=ON)
    doomed = {file.path for file in purge.plan(real.load())}
    assert {str(path) for path in made[:2]} | {str(key_table.file_of("acme"))} <= doomed
    assert next(file.sha256 for file in purge.plan(real.load()) if file.path == str(key_table.file_of("acme"))) == ""


def test_a_list_past_its_day_is_told_and_who_was_on_it_is_not_listed_again(shop):
    days = SETTINGS["delivery"] | {"fresh_days": 20}
    shop.make(delivery=days | {"expires_days": 1})
    late, said = ON + datetime.timedelta(days=5), Said()
    with pytest.raises(CrmError, match=r"targets\.nobody"):
        make(shop.load(delivery=days), "C1", on=late, today=late, tell=said, result=said)
    old = [values["path"] for key, values in said.lines if key == "targets.expired"]
    assert old == ["out/C1_2024-01-01_send.csv", "out/C1_2024-01-01_hold_out.csv"]
    assert {values["test"]: values["n"] for key, values in said.lines if key == "targets.left_out"} == {
        "cli.targets.test.already": "80",
        "cli.targets.test.stopped": "1",
    }
