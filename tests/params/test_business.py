"""The kind of business in params: its defaults, their origin, its words; a new kind is one file."""

from pathlib import Path

import pytest

from crm_helpers.domain import business
from crm_helpers.errors import CrmError, Faults
from crm_helpers.params.load import origins, parse
from crm_helpers.params.own_texts import own_texts
from crm_helpers.text.catalogue import Voice

TEXT = """\
client: acme
name: {ja: 例, en: Example}
as_of: 2026-03-31
data:
  order_lines:
    files: orders.csv
    columns: {ordered_on: 受注日, amount: 金額}
"""


def loaded(more="", *sets):
    return parse(TEXT + more, Path("params/acme.yaml"), client="acme", sets=sets)


def came_from(made):
    return {key: origin for key, _, origin in origins(made)}


def test_a_pack_gives_windows_and_bands_and_the_file_comes_before_it():
    made = loaded("type: salon\nrfm: {window_months: 12}\n")
    assert (made.params.states.active_days, made.params.states.clock) == (90, "visit")
    assert (made.params.rfm.window_months, made.params.rfm.recency_days) == (12, [45, 90, 120, 365])
    told = came_from(made)
    assert told["rfm.recency_days"] == told["states.active_days"] == "pack"
    assert told["rfm.window_months"] == "params/acme.yaml:9"


def test_set_comes_before_the_pack_and_may_choose_it():
    made = loaded("", "type=b2b", "states.active_days=100")
    assert (made.params.states.active_days, made.params.states.at_risk_days) == (100, 180)
    assert came_from(made)["states.active_days"] == "--set"


def test_without_a_kind_of_business_the_defaults_stand():
    told = came_from(loaded())
    assert set(told.values()) == {"default"} | {v for v in told.values() if v.startswith("params/acme.yaml:")}
    assert {key.partition(".")[0] for key in own_texts(loaded().params, "ja")} == {"journey", "audit_item"}, (
        "the stages of a shop, the items of the audit"
    )


def test_an_unknown_kind_of_business_is_told_with_those_there_are():
    with pytest.raises(Faults) as caught:
        loaded("type: saloon\n")
    (fault,) = caught.value.faults
    assert fault.where == "params/acme.yaml:8"
    assert (fault.values["has"], fault.values["nearest"]) == (business.names(), "salon")


def test_windows_that_do_not_rise_against_the_packs_are_told():
    with pytest.raises(Faults) as caught:
        loaded("type: salon\nstates: {active_days: 400}\n")
    assert [fault.where for fault in caught.value.faults] == ["params/acme.yaml:9"]


def test_two_packs_say_the_same_thing_in_their_own_words():
    def said(kind, lang):
        return Voice(lang, own=own_texts(loaded(f"type: {kind}\n").params, lang)).say("kpi.next.customers")

    assert said("salon", "ja") == "来店しなくなったお客様を、最終来店日と利用店舗で分けて確かめる"
    assert said("clinic", "ja") == "受診しなくなった患者を、最終受診日と利用院で分けて確かめる"
    assert said("b2b", "en") == "Look at clients who stopped ordering, by last purchase and branch"
    assert said("store", "ja") == Voice("ja").say("kpi.next.customers"), "a shop speaks as usual"


def test_a_new_pack_is_one_file(tmp_path, monkeypatch):
    for path in business.PACKS.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / "salon.yaml").read_text("utf-8").replace("windows: beauty_salon", "windows: hotel_travel")
    (tmp_path / "hotel.yaml").write_text(text.replace("order: 来店", "order: 宿泊"), "utf-8")
    monkeypatch.setattr(business, "PACKS", tmp_path)
    params = loaded("type: hotel\n").params
    assert (params.states.clock, params.states.dormant_days) == ("stay", 1095)
    assert Voice("ja", own=own_texts(params, "ja")).say("hours.title") == "曜日×時間帯の宿泊件数"


def test_a_mistyped_word_of_a_new_pack_is_told(tmp_path, monkeypatch):
    text = (business.PACKS / "salon.yaml").read_text("utf-8").replace("    member: お客様", "    menber: お客様")
    (tmp_path / "spa.yaml").write_text(text, "utf-8")
    monkeypatch.setattr(business, "PACKS", tmp_path)
    with pytest.raises(CrmError) as caught:
        loaded("type: spa\n")
    (fault,) = caught.value.faults
    assert (fault.key, fault.where, fault.values["nearest"]) == ("params.pack_word", "packs/spa.yaml", "member")


def test_a_name_of_a_segment_keeps_to_one_line_and_to_no_sign_of_ours():
    where = "where: {field: orders, op: over, value: 3}"
    more = f'segments: {{vip: {{name: {{ja: "A/B|{{x}}\\n 常連", en: "A/B"}}, {where}}}}}\n'
    told = own_texts(loaded(more).params, "ja")["segments.name.vip"]
    assert told == "A／B｜（x） 常連"
    voice = Voice("ja", own={"segments.name.vip": told * 9})
    assert len(voice.number("segments.name.vip", "term_short")) < 24
