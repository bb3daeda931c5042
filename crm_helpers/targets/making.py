"""`crm targets`: from a campaign's brief to the file that its channel needs, its receipt, and what is put on record.

Refusals come first, all of them. Then the people, the arms, the client's own numbers; the access log is written before the
files appear, because what is not on record must not happen, and the ledger's row after.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

import yaml

from crm_helpers import ledger
from crm_helpers.data import access_log, conditions, key_table, keys
from crm_helpers.data.private import locked
from crm_helpers.data.tables import Tables, open_tables
from crm_helpers.document import Fact, LedgerRow, Sentence
from crm_helpers.domain import plan
from crm_helpers.errors import CrmError, Faults, UsageError
from crm_helpers.params import paths
from crm_helpers.params.load import Loaded
from crm_helpers.targets import files, people, record, refusals, split
from crm_helpers.targets.campaign import Campaign, campaign, condition
from crm_helpers.text.catalogue import Voice, in_languages

LEDGER = "lists"  # the file of the ledger that holds these rows
LOCK = ".lock"
Tell = Callable[..., None]


@dataclass(frozen=True)
class Counts:
    """How many people the list found, left out by each test, and put into each arm."""

    found: int
    left_out: Mapping[str, int]
    sent: int
    held: int


def make(loaded: Loaded, wanted: str, *, on: datetime.date | None, today: datetime.date, tell: Tell, result: Tell) -> Counts:
    """Make a campaign's list.

    Args:
        on: the day of sending; without one today, for an example client the day after `as_of`.

    Raises:
        UsageError: a campaign that is not there, settings or a key that lack.
        CrmError, Faults: the list may not be made; every reason with its rule.
    """
    day = _day(loaded, on, today)
    tables = open_tables(loaded)
    asked = campaign(loaded, tables, wanted)
    if mistaken := conditions.faults(loaded, tables):
        raise Faults(mistaken)
    if refused := refusals.refusals(loaded, tables, asked, day):
        raise refused[0] if len(refused) == 1 else Faults(refused)
    if lacking := refusals.without_condition(loaded, asked):
        raise lacking
    folder, client = files.folder_of(loaded), loaded.params.client
    for old in record.lying(client, before=day):
        tell("targets.expired", path=paths.shown(old))
    with locked(paths.data_folder(client) / record.FOLDER / LOCK, wait=True):
        if loaded.params.privacy.data_status == "pseudonymised":
            return _counts_only(loaded, tables, asked, day, folder, tell, result)
        return _list(loaded, tables, asked, day, folder, tell, result)


def _day(loaded: Loaded, on: datetime.date | None, today: datetime.date) -> datetime.date:
    if loaded.params.example:  # invented people, whose time stands still
        return on or loaded.params.as_of + datetime.timedelta(days=1)
    if on is not None and on < today:
        raise UsageError("targets.past", found=on.isoformat(), day=today.isoformat())
    return on or today


def _list(loaded: Loaded, tables: Tables, asked: Campaign, day: datetime.date, folder: Path, tell: Tell, result: Tell) -> Counts:
    """The list of entrusted data: the client's own numbers, in a file."""
    secret, key = files.password(loaded), _key(loaded)
    client = loaded.params.client
    earlier = record.earlier(client, asked.id, day, as_of=tables.as_of, window=people.WINDOW)
    chosen = people.chosen(loaded, tables, asked, day, earlier)
    before = [earlier.arms.get(id_) or arm.rpartition(" ")[2] for id_, arm in zip(chosen.ids, chosen.first_arm, strict=True)]
    out = split.left_out(chosen.ids, chosen.stratum, before, share=asked.share, key=key, campaign=asked.id)
    counts = Counts(chosen.found, chosen.left_out, int((~out).sum()), int(out.sum()))
    _told(counts, tell)
    if not counts.sent:
        raise CrmError("targets.nobody", campaign=asked.id)
    members, looked_up = key_table.looked_up(loaded, chosen.ids)
    if looked_up:
        access_log.record(client, "key_table", {"campaign": asked.id, "looked_up": looked_up}, purpose=_purpose(loaded, asked))
    hours = tables.has("customers.quiet_from") or tables.has("customers.quiet_until")
    columns = dict(zip(("member", "quiet_from", "quiet_until"), (members, *chosen.quiet), strict=True))
    wanted = files.needed(asked, hours=hours)
    voice, stem = Voice(loaded.params.languages[0]), files.stem(asked, day.isoformat())
    made = []
    for name, arm in (("send", ~out), ("hold_out", out)):
        if arm.any():
            cells = {voice.say(f"targets.column.{head}"): list(compress(columns[head], arm.tolist())) for head in wanted}
            made.append(files.listed(loaded, f"{stem}_{name}.csv", cells))
    if secret is not None:
        made = [files.zipped(f"{stem}.zip", made, secret)]
    record.keep(
        client,
        earlier.number,
        campaign=asked.id,
        on=day,
        counts=_counted(asked),
        ids=chosen.ids,
        out=out.tolist(),
        files=[folder / file.name for file in made],
        expires=_expires(loaded, day),
    )
    said = _facts(loaded, asked, day, counts, voice) | _of_files(loaded, made, voice)
    receipt = files.receipt(f"{stem}_receipt.txt", said)
    what = {
        "campaign": asked.id,
        "on": day.isoformat(),
        "files": {file.name: file.sha256 for file in made},
        "rows": {"send": counts.sent, "hold_out": counts.held},
        "columns": list(wanted),
        "expires": _expires(loaded, day).isoformat(),
        "rules": ["PR16", "PR17", "PR20", "PR21", "PR22", "PR24", "PR40"],
    }
    return _finish(loaded, tables, asked, day, counts, folder, made, receipt, what, result)


def _counts_only(
    loaded: Loaded, tables: Tables, asked: Campaign, day: datetime.date, folder: Path, tell: Tell, result: Tell
) -> Counts:
    """Of pseudonymised data: the conditions, for the client to carry out, how many people they found, and why no list."""
    earlier = record.Earlier(0)
    chosen = people.chosen(loaded, tables, asked, day, earlier)
    held = round(len(chosen.ids) * asked.share)
    counts = Counts(chosen.found, chosen.left_out, len(chosen.ids) - held, held)
    _told(counts, tell, k=loaded.params.privacy.k)
    voice = Voice(loaded.params.languages[0])
    where, wheres = condition(loaded, asked)
    named = {asked.segment: where} | {name: wheres[name] for name in _referred(where.model_dump_json(), wheres)}
    told = {name: part.model_dump(mode="json", by_alias=True, exclude_defaults=True) for name, part in named.items()}
    said = {voice.say("targets.receipt.why"): voice.say("targets.receipt.pseudonymised")}
    said |= _facts(loaded, asked, day, counts, voice, k=loaded.params.privacy.k)
    rules = yaml.safe_dump(told, allow_unicode=True, sort_keys=False, default_flow_style=False).rstrip("\n")
    said[voice.say("targets.receipt.conditions")] = "\r\n" + rules.replace("\n", "\r\n")
    receipt = files.receipt(f"{files.stem(asked, day.isoformat())}_conditions.txt", said)
    tell("targets.pseudonymised", rule="PR23")
    what = {"campaign": asked.id, "on": day.isoformat(), "files": {receipt.name: receipt.sha256}, "rules": ["PR23"]}
    return _finish(loaded, tables, asked, day, counts, folder, [], receipt, what, result)


def _finish(
    loaded: Loaded,
    tables: Tables,
    asked: Campaign,
    day: datetime.date,
    counts: Counts,
    folder: Path,
    made: Sequence[files.Made],
    receipt: files.Made,
    what: Mapping[str, object],
    result: Tell,
) -> Counts:
    """Put it on record, let the files appear, add the ledger's row."""
    where = paths.shown(folder)
    access_log.record(loaded.params.client, "extract", what, purpose=_purpose(loaded, asked), destination=where)
    for path in files.deliver(folder, made, receipt):
        result("targets.file", path=paths.shown(path))
    _add_row(loaded, tables, asked, day, counts, made or [receipt])
    return counts


def _referred(text: str, wheres: Mapping[str, object]) -> list[str]:
    """The conditions that a condition names, directly or through others."""
    found: list[str] = []
    waiting = [text]
    while waiting:
        told = waiting.pop()
        for name, where in wheres.items():
            if f'"segment":"{name}"' in told and name not in found:
                found.append(name)
                waiting.append(where.model_dump_json())  # type: ignore[attr-defined]
    return found


# ---------------------------------------------------------------- small parts
def _key(loaded: Loaded) -> str:
    key = keys.key_of(loaded)
    if key is None:
        raise UsageError("targets.no_key", client=loaded.params.client)
    return key


def _counted(asked: Campaign) -> bool:
    """Whether being on this list counts towards the cap."""
    return plan.counts(asked.channel) and not asked.transactional


def _purpose(loaded: Loaded, asked: Campaign) -> str:
    return asked.published.in_language(loaded.params.languages[0]) if asked.published else ""


def _expires(loaded: Loaded, day: datetime.date) -> datetime.date:
    """The day by which a list is to be deleted: never after that of all the data."""
    due = day + datetime.timedelta(days=loaded.params.delivery.expires_days)
    last = loaded.params.entrustment.delete_by
    return min(due, last) if last else due


def _told(counts: Counts, tell: Tell, *, k: int = 0) -> None:
    tell("targets.found", n=_hidden(counts.found, k))
    for name, n in counts.left_out.items():
        if n:
            tell("targets.left_out", test=f"cli.targets.test.{name}", n=_hidden(n, k))
    tell("targets.arms", sent=_hidden(counts.sent, k), held=_hidden(counts.held, k))


def _hidden(n: int, k: int) -> str:
    """A count, or that it is of fewer than k people."""
    return f"<{k}" if 0 < n < k else f"{n:,}"


def _facts(loaded: Loaded, asked: Campaign, day: datetime.date, counts: Counts, voice: Voice, *, k: int = 0) -> dict[str, str]:
    """What the receipt says of the list, under its words; nothing that tells of a person."""
    told: dict[str, str] = {
        "campaign": f"{asked.id} {asked.name.in_language(voice.lang)}",
        "channel": asked.told_channel,
        "basis": voice.say(f"targets.basis.{asked.basis}"),
        "purpose": _purpose(loaded, asked),
        "contract": loaded.params.entrustment.contract or "",
        "data_until": loaded.params.as_of.isoformat(),
        "send_on": day.isoformat(),
        "send_until": (loaded.params.as_of + datetime.timedelta(days=loaded.params.delivery.fresh_days)).isoformat(),
        "expires": _expires(loaded, day).isoformat(),
        "found": _hidden(counts.found, k),
        **{f"without_{name}": _hidden(n, k) for name, n in counts.left_out.items() if n},
        "n": _hidden(counts.sent, k),
        "held": _hidden(counts.held, k),
    }
    return {voice.say(f"targets.receipt.{name}"): value for name, value in told.items()}


def _of_files(loaded: Loaded, made: Sequence[files.Made], voice: Voice) -> dict[str, str]:
    told = {f"SHA-256 {file.name}": file.sha256 for file in made}
    told[voice.say("targets.receipt.format")] = "AES-256 zip, " * loaded.params.delivery.zip + loaded.params.delivery.encoding
    if guarded := sum(file.guarded for file in made):
        told[voice.say("targets.receipt.guarded")] = voice.say("targets.receipt.guarded_text", n=guarded)
    told[voice.say("targets.receipt.handling")] = voice.say("targets.receipt.handling_text")
    return told


def _add_row(
    loaded: Loaded, tables: Tables, asked: Campaign, day: datetime.date, counts: Counts, made: Sequence[files.Made]
) -> None:
    """The list in the ledger: counts, never people; the rows of other lists stay."""
    k = loaded.params.privacy.k
    period = f"{tables.as_of.isoformat()}/{day.isoformat()}"

    def value(n: int, definition: str) -> dict[str, Fact]:
        return {"value": None if 0 < n < k else n, "unit": "people", "n": None, "period": period, "definition": definition}

    status = "pseudonymised" if loaded.params.privacy.data_status == "pseudonymised" else "made"
    values = {"found": value(counts.found, "segment_people"), "people": value(counts.sent, "list_people")}
    values["held"] = value(counts.held, "hold_out_people")
    facts: dict[str, Fact] = {
        "name": in_languages(**asked.name.root),
        "on": day.isoformat(),
        "expires": _expires(loaded, day).isoformat(),
        "sha256": ", ".join(file.sha256 for file in made),
        "purpose": in_languages(**asked.published.root) if asked.published else "",
    }
    parents = (ledger.row_id("campaign", asked.id),)
    own = ledger.row_id("list", asked.id, on=day.isoformat())
    row = LedgerRow(own, "list", Sentence("targets.row", facts), values, "campaigns", parents, status)
    home = paths.ledger_folder(loaded.params.client)
    today = home / tables.as_of.isoformat()
    file = ledger.find(home, tables.as_of, LEDGER)
    known = {}
    if file == today / f"{LEDGER}.json":  # an older day's file stays that day's
        known = {old.id: old for old in ledger.read(home, tables.as_of, LEDGER) or ()}
    ledger.write(today, LEDGER, (known | {row.id: row}).values())
